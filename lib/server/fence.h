/*
 * fence: has a server let go of a connection that broke?
 *
 * Closing a connection does not cancel what was sent over it: the server may
 * still execute it, after its replay. `stats conns` lists the connections that
 * a server has; once the old one is gone, so are its requests.
 */
#ifndef MEMC_FENCE_H
#define MEMC_FENCE_H

#include "process/timing.h"
#include "server/address.h"
#include "server/conn_status.h"

#include <netinet/in.h>

/*
 * Asks, on connections of its own, until the server no longer lists the old
 * connection: CONN_OK. The two are known by our ends' ports. CONN_NO_FENCE:
 * it does not even list the new one, so the list proves nothing. CONN_SILENT:
 * no patience is left. timeout_ms: for each question.
 */
enum conn_status fence_wait(const struct address *address, in_port_t old_port, in_port_t new_port,
                            int timeout_ms, struct budget *budget);

#endif
