/* SPDX-License-Identifier: MIT */
#include "server/fence.h"

#include "process/diag.h"
#include "process/signals.h"
#include "server/server_stats.h"

#include <stdio.h>

enum { POLL_MS = 10, TELL_MS = 1000 };

/* What `stats conns` says of two connections. */
struct fence {
    struct slice old_port, new_port;
    bool old_seen, new_seen;
};

/* STAT N:addr tcp:127.0.0.1:54321 */
static void see_connection(void *context, struct slice name, struct slice value)
{
    struct fence *fence = context;
    struct slice port = value;

    slice_cut(&name, ':');
    if (!name.at || !slice_equal(name, slice_of("addr")))
        return;
    for (struct slice left = value; left.at;)
        port = slice_cut(&left, ':');
    fence->old_seen |= slice_equal(port, fence->old_port);
    fence->new_seen |= slice_equal(port, fence->new_port);
}

/*
 * CONN_HELD, CONN_SILENT: ask again. The new one is missing where addresses are translated on the
 * way. It may be gone now if it was seen before: a server that ends idle connections can end both
 * at once.
 */
static enum conn_status look(const struct address *address, struct fence *fence, int timeout_ms)
{
    fence->old_seen = false;
    enum conn_status conn = stats_read(address, "stats conns", timeout_ms, see_connection, fence);
    if (conn != CONN_OK)
        return CONN_SILENT;
    if (fence->old_seen)
        return CONN_HELD;
    return fence->new_seen ? CONN_OK : CONN_NO_FENCE;
}

enum conn_status fence_wait(const struct address *address, in_port_t old_port, in_port_t new_port,
                            int timeout_ms, struct budget *budget, bool *told)
{
    char old_text[8], new_text[8];
    int64_t since_ms = timing_now_ms();
    bool reported = false;

    snprintf(old_text, sizeof old_text, "%u", (unsigned)old_port);
    snprintf(new_text, sizeof new_text, "%u", (unsigned)new_port);
    struct fence fence = {slice_of(old_text), slice_of(new_text), false, false};
    for (;;) {
        enum conn_status conn = look(address, &fence, timeout_ms);
        if (conn != CONN_HELD && conn != CONN_SILENT)
            return conn;
        if (!budget_spend(budget, 4 * timeout_ms))
            return conn;
        if (!reported && timing_now_ms() - since_ms > TELL_MS) {
            diag("%s: waiting until the server has closed the connection that broke; then what was "
                 "on its way is sent again",
                 address->text);
            *told = reported = true;
        }
        signals_sleep(POLL_MS);
        if (signals_stopped_by())
            return CONN_STOPPED;
    }
}
