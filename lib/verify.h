/*
 * verify: reads keys back from one memcached server and compares the values.
 *
 * Keys are asked for in batches; nothing is stored. An older line of a key
 * that was written again differs until a later line of the key is found
 * equal; then it counts as verified too.
 */
#ifndef MEMC_VERIFY_H
#define MEMC_VERIFY_H

#include "server.h"
#include "slice.h"

struct verify_counts {
    uint64_t verified;
    uint64_t missing;
    uint64_t differing;
    uint64_t undelivered; /* never compared: the server was lost */
};

struct verify;

/* counts must outlive it. batch_records as in store. NULL: out of memory. */
struct verify *verify_open(struct server *server, size_t batch_records,
                           struct verify_counts *counts);

/* Connects, patiently. PEER_OK or why it gave up. */
enum peer verify_connect(struct verify *verify);

/* Takes one pair; key of 1 to 250 bytes. The bytes are copied. */
void verify_put(struct verify *verify, struct slice key, struct slice value);

/* Compares all that was put. */
void verify_flush(struct verify *verify);

/* Pairs put and not yet compared. */
size_t verify_pending(const struct verify *verify);

/*
 * PEER_OK, or why it gave up, with errno. PEER_NO_RESOURCES with ENOMEM: more
 * differing keys than VERIFY_DIFFERING_BYTES hold.
 */
enum { VERIFY_DIFFERING_BYTES = 8 * 1024 * 1024 };
enum peer verify_failure(const struct verify *verify);

/* Flushes, ends the connection, frees. NULL-safe. */
void verify_close(struct verify *verify);

#endif
