/* SPDX-License-Identifier: MIT */
/*
 * fence: waits until a server has closed its end of a connection that broke.
 *
 * Closing a connection does not cancel the requests sent over it: the server may
 * still execute them, even after their replay. `stats conns` lists the connections
 * of a server; when the old one is gone, none of its requests is left.
 */
#ifndef MEMC_FENCE_H
#define MEMC_FENCE_H

#include "process/timing.h"
#include "server/address.h"
#include "server/conn_status.h"

#include <netinet/in.h>

/*
 * Asks, on connections of its own, until the server no longer lists the old
 * connection: CONN_OK. The ports of our ends identify the connections.
 * CONN_NO_FENCE: the server does not list the new connection either, so the list
 * proves nothing. When the budget is spent: CONN_HELD, or CONN_SILENT where the last question
 * was not answered. timeout_ms: for each question. A wait of more than a second is reported, and
 * sets *told.
 */
enum conn_status fence_wait(const struct address *address, in_port_t old_port, in_port_t new_port,
                            int timeout_ms, struct budget *budget, bool *told);

#endif
