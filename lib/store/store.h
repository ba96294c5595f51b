/* SPDX-License-Identifier: MIT */
/*
 * store: records into one memcached server, each with its own acknowledgement.
 *
 * Two stores stand behind it, chosen at the first connection by what the server
 * speaks: one on a ring of requests (meta, classic text), one over
 * libmemcached (binary). Every record ends with exactly one outcome, in the
 * order of store_put:
 *
 *   STORE_STORED       the server answered that it stored this record
 *   STORE_REFUSED      it never will: too large for it
 *   STORE_UNDELIVERED  given up: server gone, silent, out of memory, ...
 *
 * If the connection breaks, a new one is made, and what was not acknowledged is
 * sent again in order, so the last value of a key stays the last. The algorithms
 * and their reasons: docs/protocols.md.
 */
#ifndef MEMC_STORE_H
#define MEMC_STORE_H

#include "server/server.h"
#include "store/batch.h"
#include "store/channel.h"

struct store;

/* The server is connected by its first use here; it must outlive the store. NULL: out of memory. */
struct store *store_open(struct server *server, const struct store_options *options);

/* Connects, with retries; also before the first store_put. CONN_OK or why it gave up. */
enum conn_status store_connect(struct store *store);

/*
 * Takes one record and copies its bytes. Outcomes of earlier ones may come meanwhile. Once given
 * up, the outcome is STORE_UNDELIVERED at once, unless server_resume says to try again.
 */
void store_put(struct store *store, const struct batch_record *record);

/* Sends the partial batch, and waits until every record has its outcome. */
void store_flush(struct store *store);

/* Records put that have no outcome yet. */
size_t store_pending(const struct store *store);

/* "meta", "binary" or "text": what the server is spoken to by. NULL: it was never connected. */
const char *store_protocol(const struct store *store);

/*
 * Flushes. CONN_OK: every record put has a true outcome. The connection stays where its protocol
 * allows that.
 */
enum conn_status store_finish(struct store *store);

/* The connection. After store_finish other questions may go over it. */
struct channel *store_channel(struct store *store);

/* As store_finish, ends the connection and frees. NULL-safe. */
void store_close(struct store *store);

#endif
