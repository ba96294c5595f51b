/* SPDX-License-Identifier: MIT */
/*
 * ring: requests to a server in order, each as the bytes that are sent, until
 * it is settled. Memory only.
 *
 * A request is a set or a barrier. It is known by its index, its bytes by their
 * position in the stream of all bytes ever put; indexes and positions only
 * grow. Bytes below the positions that the caller still needs make room for
 * new ones, so the bytes of a range of requests always stand together.
 * Source of the formats: memcached's doc/protocol.txt.
 */
#ifndef MEMC_RING_H
#define MEMC_RING_H

#include "bytes/slice.h"
#include "store/batch.h"

#include <stdint.h>

enum way {
    WAY_QUIET,  /* ms KEY LEN q: only a failure is answered; then mn, answered MN */
    WAY_LOUD,   /* ms KEY LEN k: answered HD with the key */
    WAY_CLASSIC /* set KEY 0 EXPIRY LEN: answered STORED */
};

struct request {
    uint64_t begin, line;      /* positions of its bytes and of its input line */
    uint32_t bytes, value_len; /* of the whole request; of the value in it */
    uint32_t line_len;
    uint16_t key_at, key_len; /* key_len 0: a barrier */
    bool quiet;
    uint64_t number;      /* as in struct batch_record; of a barrier: how many were put before it */
    uint64_t offset, tag; /* as in struct batch_record */
};

/* Bytes [base, end) of all that were put are in memory. */
struct stream {
    char *bytes;
    size_t usual, capacity;
    uint64_t base, end;
};

struct ring {
    struct request *request;
    size_t mask;
    uint64_t head, put; /* requests [head, put) are not settled */
    uint64_t barriers;  /* ever put */
    struct stream wire, lines;
};

/*
 * Room for `requests`, rounded up to a power of two. wire_bytes, line_bytes: the usual size of each
 * stream, which may grow for a time. False: out of memory.
 */
bool ring_init(struct ring *ring, size_t requests, size_t wire_bytes, size_t line_bytes);
void ring_free(struct ring *ring);

/* The greatest number of bytes of a set, by any protocol. */
size_t ring_set_bytes(const struct batch_record *record);

/*
 * Puts a set; expiry as the protocol has it, 0: none. keep: the first position
 * of the wire that is still needed. There must be room for one more request.
 * False: out of memory.
 */
bool ring_put_set(struct ring *ring, enum way way, const struct batch_record *record,
                  int64_t expiry, uint64_t keep);

/*
 * Barriers are "mn" and "version" by turns, answered MN and VERSION: then an
 * answer that comes twice, or too early, is not taken for that of the next one.
 */
bool ring_put_barrier(struct ring *ring, uint64_t keep);

static inline bool ring_barrier_is_version(uint64_t number)
{
    return number % 2 != 0;
}

/* The bytes of this barrier, the first one is 0. */
static inline struct slice ring_barrier(uint64_t number)
{
    return slice_of(ring_barrier_is_version(number) ? "version\r\n" : "mn\r\n");
}

static inline struct request *ring_at(const struct ring *ring, uint64_t index)
{
    return &ring->request[index & ring->mask];
}

/* The position where this request begins; of `put`: where the next one will. */
static inline uint64_t ring_begin(const struct ring *ring, uint64_t index)
{
    return index == ring->put ? ring->wire.end : ring_at(ring, index)->begin;
}

static inline uint64_t ring_end(const struct ring *ring, uint64_t index)
{
    const struct request *request = ring_at(ring, index);

    return request->begin + request->bytes;
}

static inline bool ring_is_barrier(const struct ring *ring, uint64_t index)
{
    return ring_at(ring, index)->key_len == 0;
}

/* A quiet set will be answered when it is sent again. */
void ring_unquiet(struct ring *ring, uint64_t index);

struct slice ring_key(const struct ring *ring, uint64_t index);

/* The record of a set; its slices are valid until the next put. */
struct batch_record ring_record(const struct ring *ring, uint64_t index);

/* Bytes [from, to) of the wire; valid until the next put. */
struct slice ring_wire(const struct ring *ring, uint64_t from, uint64_t to);

#endif
