/* SPDX-License-Identifier: MIT */
/*
 * verify: reads keys back from one memcached server and compares the values.
 *
 * Keys are asked for in batches; nothing is stored. An older line of a key
 * that was written again differs until a later line of the key is found
 * equal; then it counts as verified too.
 *
 * Lines that are not found are given back in their order, so that they can be
 * loaded: those that differ, and all behind them, at the end, when none of them
 * can be found equal any more. Until then they stand in a temporary file.
 */
#ifndef MEMC_VERIFY_H
#define MEMC_VERIFY_H

#include "server/probe.h"
#include "server/server.h"
#include "store/batch.h"

struct verify_counts {
    uint64_t verified;
    uint64_t missing;
    uint64_t differing;
    uint64_t undelivered; /* never compared: the server was lost */
};

enum verify_why { VERIFY_UNDELIVERED, VERIFY_MISSING, VERIFY_DIFFERING };

/* Gives a record back; it has only the line and its place. Missing and differing ones are given
 * back only if they have a line. */
typedef void verify_back_fn(void *context, enum verify_why why, const struct batch_record *record);

struct verify;

/* counts must outlive it. protocol and batch_records as in store. NULL: out of memory. */
struct verify *verify_open(struct server *server, enum protocol protocol, size_t batch_records,
                           struct verify_counts *counts, verify_back_fn *on_back, void *context);

/* Connects, with retries. CONN_OK or why it gave up. */
enum conn_status verify_connect(struct verify *verify);

/* Takes one pair, and the line it came from. The bytes are copied. */
void verify_put(struct verify *verify, const struct batch_record *record);

/* Compares all that was put. */
void verify_flush(struct verify *verify);

/* Compares, and gives back the rest. False: not all of it could be; a message says so. */
bool verify_finish(struct verify *verify);

/* Pairs put and not yet compared. */
size_t verify_pending(const struct verify *verify);

/* If more keys differ than fit in: CONN_NO_RESOURCES, with ENOMEM. */
enum { VERIFY_DIFFERING_BYTES = 8 * 1024 * 1024 };

/* As store_protocol. */
const char *verify_protocol(const struct verify *verify);

/* Finishes, ends the connection, frees. NULL-safe. */
void verify_close(struct verify *verify);

#endif
