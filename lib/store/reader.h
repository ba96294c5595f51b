/* SPDX-License-Identifier: MIT */
/*
 * reader: asks a server for keys, many at a time, and compares the values or hands them out.
 *
 * By meta: one `mg KEY v k` for each key, and `mn` behind them. By classic text: one
 * `get` for each key. All are sent together and answered in order, through proxies
 * too; a key that is not there is answered as well, so that a slow server is not silent.
 * By binary: libmemcached's mget.
 * Source of the formats: memcached's doc/protocol.txt.
 */
#ifndef MEMC_READER_H
#define MEMC_READER_H

#include "store/batch.h"
#include "store/channel.h"

enum reader_found { READER_MISSING, READER_SAME, READER_DIFFERS };

/* Called for each record of the batch, in order. Returns false to stop; errno is set. */
typedef bool reader_fn(void *context, enum reader_found found, const struct batch_record *record);

/* The next bytes of the value of the record at the cursor; all of them come before its reader_fn.
 * A connection that breaks may leave them incomplete. */
typedef void reader_value_fn(void *context, struct slice piece);

/*
 * Asks for the records of the batch from *cursor on, on a connected channel,
 * and moves the cursor behind each record that was reported. CONN_OK: all were.
 * Otherwise drop the connection; errno is as conn_strerror needs it.
 */
enum conn_status reader_read(struct channel *channel, const struct batch *batch, size_t *cursor,
                             reader_fn *each, void *context);

/* The same, and hands out the values. */
enum conn_status reader_get(struct channel *channel, const struct batch *batch, size_t *cursor,
                            reader_value_fn *value, reader_fn *each, void *context);

/* Only whether the keys are there: READER_MISSING, or one of the others. By meta no value is sent,
 * unless the server may have it on a disk, which can lose it. */
enum conn_status reader_look(struct channel *channel, const struct batch *batch, size_t *cursor,
                             reader_fn *each, void *context);

#endif
