/* SPDX-License-Identifier: MIT */
#include "server/counters.h"

#include "bytes/number.h"
#include "server/server_stats.h"

#define AT(member) offsetof(struct counters, member)

const struct counters COUNTERS_UNKNOWN = {-1, -1, -1, -1, -1, -1, -1, -1,
                                          -1, -1, -1, -1, -1, -1, -1};

/* stat, member, offset, needed, evicts, grows */
const struct counter COUNTERS[] = {
    {"pid", "pid", AT(pid), true, false, false},
    {NULL, "start", AT(start), true, false, false},
    {"time", "time", AT(time), true, false, true},
    {"uptime", "uptime", AT(uptime), true, false, true},
    {"total_items", "total_items", AT(total_items), false, false, true},
    {"evictions", "evictions", AT(evictions), true, true, true},
    /* Since 1.6.34 memcached counts these among the evictions. */
    {"slab_reassign_evictions_nomem", "nomem", AT(nomem), false, true, true},
    {"cmd_flush", "cmd_flush", AT(cmd_flush), true, false, true},
    {NULL, "item_size_max", AT(item_size_max), false, false, false},
    {"slab_reassign_busy_deletes", "slab_reassign_busy_deletes", AT(busy_deletes), false, true,
     true},
    {"extstore_objects_evicted", "extstore_objects_evicted", AT(ext_evicted), false, true, true},
    {"extstore_compact_lost", "extstore_compact_lost", AT(ext_lost), false, true, true},
    {"extstore_compact_skipped", "extstore_compact_skipped", AT(ext_skipped), false, true, true},
    {"badcrc_from_extstore", "badcrc_from_extstore", AT(ext_bad), false, true, true},
    {"delete_hits", "delete_hits", AT(delete_hits), false, false, true},
    {NULL, NULL, 0, false, false, false},
};

/* What is taken of `stats`: the counters of the table, and what the list itself is judged by. */
struct general {
    struct counters counters;
    int64_t proxied;
};

int64_t *counters_place(struct counters *c, const struct counter *counter)
{
    return (int64_t *)(void *)((char *)c + counter->offset);
}

int64_t counters_value(const struct counters *c, const struct counter *counter)
{
    return *(const int64_t *)(const void *)((const char *)c + counter->offset);
}

bool counters_known(const struct counters *c)
{
    for (const struct counter *each = COUNTERS; each->member; each++)
        if (each->needed && counters_value(c, each) < 0)
            return false;
    return true;
}

static void take(struct slice name, struct slice value, const char *wanted, int64_t *into)
{
    uint64_t number;

    if (slice_equal(name, slice_of(wanted)) && number_u64(value, &number) && number <= INT64_MAX)
        *into = (int64_t)number;
}

static void take_general(void *context, struct slice name, struct slice value)
{
    struct general *general = context;

    for (const struct counter *each = COUNTERS; each->member; each++)
        if (each->stat)
            take(name, value, each->stat, counters_place(&general->counters, each));
    take(name, value, "proxy_conn_requests", &general->proxied);
}

static void take_setting(void *context, struct slice name, struct slice value)
{
    take(name, value, "item_size_max", context);
}

/* memcached's own proxy reports its own counters, not those of the servers that store. */
static struct counters judge(const struct general *general)
{
    struct counters c = general->counters;

    if (general->proxied >= 0)
        return COUNTERS_UNKNOWN;
    if (c.time >= 0 && c.uptime >= 0)
        c.start = c.time - c.uptime;
    return c;
}

enum conn_status counters_read(const struct address *address, int timeout_ms,
                               struct counters *counters)
{
    struct general general = {COUNTERS_UNKNOWN, -1};

    *counters = COUNTERS_UNKNOWN;
    enum conn_status conn = stats_read(address, "stats", timeout_ms, take_general, &general);
    if (conn != CONN_OK)
        return conn;
    conn = stats_read(address, "stats settings", timeout_ms, take_setting,
                      &general.counters.item_size_max);
    *counters = judge(&general);
    return conn;
}

enum conn_status counters_ask(int fd, int timeout_ms, struct counters *counters)
{
    struct general general = {COUNTERS_UNKNOWN, -1};

    *counters = COUNTERS_UNKNOWN;
    enum conn_status conn = stats_ask(fd, "stats", timeout_ms, take_general, &general);
    if (conn != CONN_OK)
        return conn;
    conn =
        stats_ask(fd, "stats settings", timeout_ms, take_setting, &general.counters.item_size_max);
    *counters = judge(&general);
    return conn;
}
