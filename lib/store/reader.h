/*
 * reader: asks a server for keys, many at a time, and compares the values.
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

/* Of the records of the batch, each in its turn. False: stop, for lack of memory. */
typedef bool reader_fn(void *context, enum reader_found found, const struct batch_record *record);

/*
 * Asks for the records of the batch from *cursor on, on a connected channel,
 * and moves the cursor behind each that was told. CONN_OK: all were. Else the
 * connection is to be dropped, with errno as conn_strerror wants it.
 */
enum conn_status reader_read(struct channel *channel, const struct batch *batch, size_t *cursor,
                             reader_fn *each, void *context);

#endif
