#include "server/fence.h"

#include "process/signals.h"
#include "server/server_stats.h"

#include <stdio.h>

enum { POLL_MS = 10 };

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

/* PEER_SILENT: ask again. The new one is missing where addresses are translated on the way. */
static enum peer look(const struct address *address, in_port_t old_port, in_port_t new_port,
                      int timeout_ms)
{
    char old_text[8], new_text[8];
    struct fence fence = {.old_seen = false};

    snprintf(old_text, sizeof old_text, "%u", (unsigned)old_port);
    snprintf(new_text, sizeof new_text, "%u", (unsigned)new_port);
    fence.old_port = slice_of(old_text);
    fence.new_port = slice_of(new_text);
    enum peer peer = stats_read(address, "stats conns", timeout_ms, see_connection, &fence);
    if (peer != PEER_OK || fence.old_seen)
        return PEER_SILENT;
    return fence.new_seen ? PEER_OK : PEER_NO_FENCE;
}

enum peer fence_wait(const struct address *address, in_port_t old_port, in_port_t new_port,
                     int timeout_ms, struct patience *patience)
{
    enum peer peer;

    while ((peer = look(address, old_port, new_port, timeout_ms)) == PEER_SILENT) {
        if (!patience_step(patience, 4 * timeout_ms))
            return PEER_SILENT;
        stop_sleep(POLL_MS);
        if (stop_signal())
            return PEER_STOPPED;
    }
    return peer;
}
