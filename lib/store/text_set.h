/*
 * text_set: one set in the text protocol and its answer, by libmemcached.
 *
 * For servers and proxies that speak nothing else. The library can have only
 * one such set on its way: it throws the answers to others away.
 * Source of the answers: memcached's doc/protocol.txt, twemproxy's nc_message.c.
 */
#ifndef MEMC_TEXT_SET_H
#define MEMC_TEXT_SET_H

#include "server/server.h"
#include "store/batch.h"

#include <time.h>

/*
 * On a connected server that speaks text only. CONN_OK: answered, *stored
 * tells whether it was stored or refused as too large. Else nothing is known
 * of the record, but where text_set_is_undone.
 */
enum conn_status text_set(struct server *server, const struct batch_record *record, time_t expiry,
                          bool *stored);

/* The answer was that this record is not stored and will not be: sending it again is harmless. */
bool text_set_is_undone(enum conn_status conn);

#endif
