/* SPDX-License-Identifier: MIT */
/*
 * sample: some of the keys that were stored, spread evenly over all of them.
 *
 * A key belongs to it if its hash is below a bound. The bound begins above all
 * hashes and is halved whenever 2N keys are in it, so that between N and 2N
 * keys remain of however many there were, each distinct key as likely as any
 * other, and a key that comes again is in it once. Keys only; pure.
 */
#ifndef MEMC_SAMPLE_H
#define MEMC_SAMPLE_H

#include "bytes/slice.h"

#include <stdint.h>
#include <string.h>

enum { SAMPLE_DEFAULT = 1000, SAMPLE_MAX = 100000 };

struct sample {
    uint64_t bound; /* hashes below it belong to it; 0: none does */
    uint64_t seed;
    struct sample_keys *keys; /* NULL: of no size */
};

/* About `size` keys, at most SAMPLE_MAX; 0: none. False: out of memory. */
bool sample_open(struct sample *sample, size_t size, uint64_t seed);
void sample_close(struct sample *sample);

static inline uint64_t sample_word(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* Eight bytes a step; what matters are the high bits. A key has 6 bytes at least: "idfa:x". */
static inline uint64_t sample_hash(const struct sample *sample, struct slice key)
{
    static const uint64_t FACTOR = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = sample->seed ^ key.len, last = 0;
    size_t at = 0;

    for (; at + 8 <= key.len; at += 8)
        hash = (hash ^ sample_word(key.at + at)) * FACTOR;
    if (key.len >= 8)
        last = sample_word(key.at + key.len - 8);
    else
        memcpy(&last, key.at, key.len);
    hash = (hash ^ last) * FACTOR;
    return (hash ^ hash >> 32) * FACTOR;
}

/* For the two below. */
void sample_add(struct sample *sample, uint64_t hash, struct slice key);
void sample_remove(struct sample *sample, uint64_t hash, struct slice key);

/* The key, of this hash, was acknowledged. */
static inline void sample_stored(struct sample *sample, uint64_t hash, struct slice key)
{
    if (hash < sample->bound)
        sample_add(sample, hash, key);
}

/* A later record of the key failed, and may have dropped what was stored. */
static inline void sample_failed(struct sample *sample, uint64_t hash, struct slice key)
{
    if (hash < sample->bound)
        sample_remove(sample, hash, key);
}

/* The keys in it; valid until the next change. */
size_t sample_count(const struct sample *sample);
struct slice sample_key(const struct sample *sample, size_t index);

#endif
