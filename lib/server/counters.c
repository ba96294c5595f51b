#include "server/counters.h"

#include "bytes/number.h"
#include "server/server_stats.h"

#define AT(member) offsetof(struct counters, member)

/* stat, member, offset, needed, evicts */
const struct counter COUNTERS[] = {
    {"pid", "pid", AT(pid), true, false},
    {NULL, "start", AT(start), true, false},
    {"evictions", "evictions", AT(evictions), true, true},
    /* Since 1.6.34 memcached counts these among the evictions. */
    {"slab_reassign_evictions_nomem", "nomem", AT(nomem), false, true},
    {"cmd_flush", "cmd_flush", AT(cmd_flush), true, false},
    {NULL, "item_size_max", AT(item_size_max), false, false},
    {NULL, NULL, 0, false, false},
};

/* What is taken of `stats`: the counters of the table, and what the list itself is judged by. */
struct general {
    struct counters counters;
    int64_t now, uptime, proxied;
};

static int64_t *member(struct counters *c, const struct counter *counter)
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
            take(name, value, each->stat, member(&general->counters, each));
    take(name, value, "time", &general->now);
    take(name, value, "uptime", &general->uptime);
    take(name, value, "proxy_conn_requests", &general->proxied);
}

static void take_setting(void *context, struct slice name, struct slice value)
{
    take(name, value, "item_size_max", context);
}

enum conn_status counters_read(const struct address *address, int timeout_ms,
                               struct counters *counters)
{
    struct general general = {COUNTERS_UNKNOWN, -1, -1, -1};
    struct counters *c = &general.counters;

    *counters = COUNTERS_UNKNOWN;
    enum conn_status conn = stats_read(address, "stats", timeout_ms, take_general, &general);
    if (conn != CONN_OK)
        return conn;
    conn = stats_read(address, "stats settings", timeout_ms, take_setting, &c->item_size_max);
    if (general.now >= 0 && general.uptime >= 0)
        c->start = general.now - general.uptime;
    /* memcached's own proxy tells of itself, not of the servers that store. */
    if (general.proxied < 0)
        *counters = *c;
    return conn;
}
