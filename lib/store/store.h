/*
 * store: records into one memcached server, each with its own acknowledgement.
 *
 * Records are sent in batches, two of them on their way at a time; to a server
 * that speaks text only, one at a time, which is said once. Every
 * record ends with exactly one outcome, in the order of store_put:
 *
 *   STORE_STORED       the server answered that it stored this record
 *   STORE_REFUSED      it never will: too large for it
 *   STORE_UNDELIVERED  given up: server gone, silent, out of memory, ...
 *
 * A broken connection is made anew and what was not acknowledged is sent
 * again in order, so the last value of a key stays the last. The algorithm
 * and its reasons: docs/libmemcached.md.
 */
#ifndef MEMC_STORE_H
#define MEMC_STORE_H

#include "server/server.h"
#include "store/batch.h"

enum store_outcome { STORE_STORED, STORE_REFUSED, STORE_UNDELIVERED };

/* The record's slices are valid during the call. */
typedef void store_outcome_fn(void *context, enum store_outcome outcome,
                              const struct batch_record *record);

struct store_options {
    size_t batch_records; /* 1 to BATCH_RECORDS_MAX */
    int64_t ttl_seconds;  /* 0: no expiry */
    store_outcome_fn *on_outcome;
    void *context;
};

struct store;

/* The server is connected by its first use here; it must outlive the store. NULL: out of memory. */
struct store *store_open(struct server *server, const struct store_options *options);

/* Connects, patiently; nothing need have been put. CONN_OK or why it gave up. */
enum conn_status store_connect(struct store *store);

/*
 * Takes one record and copies its bytes. Outcomes of earlier ones may come meanwhile. Once given
 * up, the outcome is STORE_UNDELIVERED at once.
 */
void store_put(struct store *store, const struct batch_record *record);

/* Sends what waits for company, and waits until every record has its outcome. */
void store_flush(struct store *store);

/* Records put that have no outcome yet. */
size_t store_pending(const struct store *store);

/* CONN_OK, or why it gave up; sets errno to that of the moment, for conn_strerror. */
enum conn_status store_failure(const struct store *store);

/* Flushes and ends the connection. CONN_OK: every record put has a true outcome. */
enum conn_status store_finish(struct store *store);

/* The same, and frees. NULL-safe. */
void store_close(struct store *store);

#endif
