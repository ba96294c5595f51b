/* SPDX-License-Identifier: MIT */
/*
 * prefetch: asks the CPU to load memory that is needed a little later.
 *
 * Batches and buffers are larger than the L1 and L2 caches, and the processes
 * of a load share the caches: what a sink wrote a thousand records ago is no
 * longer there. A prefetch is only a hint and changes no result. The memory
 * must be allocated, but need not be initialized; so a buffer is allocated
 * longer by what may be prefetched behind its end. There is one prefetch every
 * 64 bytes from `at`: if `at` is not at the start of a cache line, the last
 * cache line may be left out.
 */
#ifndef MEMC_PREFETCH_H
#define MEMC_PREFETCH_H

#include <stddef.h>

enum { PREFETCH_STEP = 64 }; /* bytes in a cache line */

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
