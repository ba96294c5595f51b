/* SPDX-License-Identifier: MIT */
/*
 * server_stats: a server's answer to `stats`, in the text protocol.
 *
 * On a connection of its own or on an existing one, with one time limit for the whole list. The
 * list counts only if it came as far as its END. Source of the format: memcached's
 * doc/protocol.txt.
 */
#ifndef MEMC_SERVER_STATS_H
#define MEMC_SERVER_STATS_H

#include "bytes/slice.h"
#include "server/address.h"
#include "server/conn_status.h"

/* One line of it: STAT name value. The slices are valid during the call. */
typedef void stats_fn(void *context, struct slice name, struct slice value);

/*
 * command: "stats", "stats settings", "stats conns". CONN_OK: the list is
 * complete. Otherwise `each` has not got all of it. A server without text
 * protocol is CONN_LOST or CONN_PROTOCOL.
 */
enum conn_status stats_read(const struct address *address, const char *command, int timeout_ms,
                            stats_fn *each, void *context);

/* The same on a connection that owes nothing. Not CONN_OK: the rest of the answer may still come.
 */
enum conn_status stats_ask(int fd, const char *command, int timeout_ms, stats_fn *each,
                           void *context);

#endif
