/* SPDX-License-Identifier: MIT */
/*
 * reader: asks a server for keys, many at a time, and compares the values or hands them out.
 *
 * By meta: `mg KEY v k q O<n>` a key and `mn` behind them: a key that is not
 * there is not answered, so key and n tell whose value it is. By classic text:
 * one `get` a key, sent together and answered in order, through proxies too.
 * By binary: libmemcached's mget.
 * Source of the formats: memcached's doc/protocol.txt.
 */
#ifndef MEMC_READER_H
#define MEMC_READER_H

#include "store/batch.h"
#include "store/channel.h"

enum reader_found { READER_MISSING, READER_SAME, READER_DIFFERS };

/* Of the records of the batch, each in its turn. False: stop; errno is set. */
typedef bool reader_fn(void *context, enum reader_found found, const struct batch_record *record);

/* The next bytes of the value of the record at the cursor; all of them come before its reader_fn.
 * A connection that breaks may leave them incomplete. */
typedef void reader_value_fn(void *context, struct slice piece);

/*
 * Asks for the records of the batch from *cursor on, on a connected channel,
 * and moves the cursor behind each that was told. CONN_OK: all were. Else the
 * connection is to be dropped, with errno as conn_strerror wants it.
 */
enum conn_status reader_read(struct channel *channel, const struct batch *batch, size_t *cursor,
                             reader_fn *each, void *context);

/* The same, and hands out the values. */
enum conn_status reader_get(struct channel *channel, const struct batch *batch, size_t *cursor,
                            reader_value_fn *value, reader_fn *each, void *context);

/* Only whether they are there: MISSING, or one of the others. Meta sends no value. */
enum conn_status reader_look(struct channel *channel, const struct batch *batch, size_t *cursor,
                             reader_fn *each, void *context);

#endif
