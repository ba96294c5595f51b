/* SPDX-License-Identifier: MIT */
/*
 * wire: a connection by libmemcached in the binary protocol, in its buffered
 * mode: sets on their way and the answers that come back. Opened so that the
 * library's traps are shut.
 *
 * Answers come in the order of the sets, and only this order links an answer to
 * its set. So the number of answers owed is checked after each step. The reason
 * of each odd-looking line: docs/protocols.md.
 */
#ifndef MEMC_WIRE_H
#define MEMC_WIRE_H

#include "server/address.h"
#include "server/conn_status.h"
#include "store/batch.h"

#include <libmemcached/memcached.h>
#include <netinet/in.h>

#include <time.h>

enum { WIRE_HEADER_BYTES = 24 + 8 }; /* of a set: header, flags, expiry */

struct wire {
    memcached_st *memc;
    const memcached_instance_st *instance; /* the library's view of it, until the connection ends */
    size_t owed;                           /* answers */
    size_t unflushed;                      /* bytes that stand in the library's write buffer */
    memcached_result_st result;
};

/*
 * Connects to a server that speaks binary, by a question that stores nothing.
 * connect_ms: the longest wait for that; timeout_ms: for an answer afterwards. *fd: a duplicate of
 * the library's socket, which the caller closes before the connection is ended; -1: not found.
 */
enum conn_status wire_connect(const struct address *address, int connect_ms, int timeout_ms,
                              memcached_st **memc, int *fd);
in_port_t wire_port(const memcached_st *memc);

/*
 * Ends the connection at once, without sending what is still buffered: sending it again would
 * store spliced bytes. Frees the handle.
 */
void wire_disconnect(memcached_st *memc);

/* On a connection that owes nothing; it must outlive the wire. */
void wire_open(struct wire *wire, memcached_st *memc);

/* The connection is left as it is. */
void wire_close(struct wire *wire);

/* A set's bytes on the connection. */
size_t wire_bytes(const struct batch_record *record);

/* Hands a set to the library, which keeps the bytes or sends them. */
enum conn_status wire_send(struct wire *wire, const struct batch_record *record, time_t expiry);

/* Sends what the library has kept. To be called before any answer is read. */
enum conn_status wire_flush(struct wire *wire);

/* Reads the next answer: stored, or refused as too large. Not CONN_OK: there is none. */
enum conn_status wire_answer(struct wire *wire, bool *stored);

/* From now on no answer is waited for: only those that have come are read. */
void wire_stop_waiting(struct wire *wire);

/* Answers that are owed by this count and by the library's; 0 if these differ. */
size_t wire_owed(const struct wire *wire);

/* All answers are taken: one more would mean that they did not belong where they were put. */
bool wire_has_unowed_answer(struct wire *wire);

#endif
