/*
 * prefetch: asks the CPU for memory that is needed a little later.
 *
 * Batches and buffers are larger than the near caches, and the parts of a load
 * take turns in them: what a sink wrote a thousand records ago is far away. A
 * hint: it changes no result. The bytes must be there, but need not be set: so
 * a buffer is allocated longer by what may be fetched behind its end. One look
 * every 64 bytes: where `at` stands within a line of the cache, the last few
 * bytes may be left out.
 */
#ifndef MEMC_PREFETCH_H
#define MEMC_PREFETCH_H

#include <stddef.h>

enum { PREFETCH_STEP = 64 }; /* bytes in a line of the cache */

static inline void prefetch_to_read(const void *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += PREFETCH_STEP)
        __builtin_prefetch((const char *)at + i, 0);
}

static inline void prefetch_to_write(void *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += PREFETCH_STEP)
        __builtin_prefetch((char *)at + i, 1);
}

#endif
