/* SPDX-License-Identifier: MIT */
/*
 * fuzz: a server's counters, from its answers to `stats` and `stats settings`.
 * The input is that of fuzz_dial.h.
 *
 * A list is taken exactly if it is complete: lines STAT name value of less than
 * 4096 bytes, then END; however it is cut into pieces. The names and values are
 * those of the text. What two readings prove is no matter of their size.
 */
#include "fuzz_dial.h"
#include "plain.h"
#include "server/doubt.h"
#include "server/server.h"
#include "server/server_stats.h"

enum { LINE_BYTES = 4096, STATS_MAX = 1024 };

struct stat_seen {
    struct slice name, value;
};

struct plain_list {
    struct stat_seen stat[STATS_MAX];
    size_t count;
    enum conn_status peer;
};

/* The list as the text has it, line by line. */
static void plain_stats(struct slice text, bool silent, struct plain_list *list)
{
    list->count = 0;
    for (list->peer = CONN_STOPPED; list->peer == CONN_STOPPED;) {
        size_t seen = text.len < LINE_BYTES ? text.len : LINE_BYTES;
        const char *lf = seen > 0 ? memchr(text.at, '\n', seen) : NULL;
        if (!lf) {
            list->peer = seen == LINE_BYTES ? CONN_PROTOCOL : silent ? CONN_SILENT : CONN_LOST;
            return;
        }
        struct slice line = plain_strip((struct slice){text.at, (size_t)(lf - text.at)});
        text.len -= (size_t)(lf + 1 - text.at);
        text.at = lf + 1;
        if (line.len == 3 && memcmp(line.at, "END", 3) == 0) {
            list->peer = CONN_OK;
        } else if (line.len < 5 || memcmp(line.at, "STAT ", 5) != 0) {
            list->peer = CONN_PROTOCOL;
        } else if (list->count < STATS_MAX) {
            struct slice name = {line.at + 5, 0};
            while (5 + name.len < line.len && name.at[name.len] != ' ')
                name.len++;
            size_t used = 5 + name.len < line.len ? 6 + name.len : line.len;
            list->stat[list->count++] = (struct stat_seen){name, {line.at + used, line.len - used}};
        }
    }
}

struct watcher {
    const struct plain_list *expected;
    size_t count;
};

static void watch(void *context, struct slice name, struct slice value)
{
    struct watcher *watcher = context;
    const struct stat_seen *stat = &watcher->expected->stat[watcher->count];

    if (watcher->count < STATS_MAX) {
        must(watcher->count < watcher->expected->count);
        must(slice_equal(name, stat->name) && slice_equal(value, stat->value));
        watcher->count++;
    }
}

/* The last good value of a name; -1 without one. */
static int64_t last_counter(const struct plain_list *list, const char *name)
{
    int64_t last = -1;
    uint64_t value;

    for (size_t i = 0; i < list->count; i++)
        if (slice_equal(list->stat[i].name, slice_of(name)) &&
            plain_unsigned(list->stat[i].value, INT64_MAX, &value))
            last = (int64_t)value;
    return last;
}

/* Of a proxy, or of a list without its END, nothing is believed. */
static bool believed;

static int64_t plain_counter(const struct plain_list *list, const char *name)
{
    return believed ? last_counter(list, name) : -1;
}

static void check_counters(const struct plain_list *general, const struct plain_list *settings,
                           const struct counters *c)
{
    believed = general->peer == CONN_OK && last_counter(general, "proxy_conn_requests") < 0;
    int64_t now = plain_counter(general, "time"), uptime = plain_counter(general, "uptime");

    must(c->pid == plain_counter(general, "pid"));
    must(c->evictions == plain_counter(general, "evictions"));
    must(c->nomem == plain_counter(general, "slab_reassign_evictions_nomem"));
    must(c->cmd_flush == plain_counter(general, "cmd_flush"));
    must(c->time == now && c->uptime == uptime);
    must(c->total_items == plain_counter(general, "total_items"));
    must(c->ext_evicted == plain_counter(general, "extstore_objects_evicted"));
    must(c->start == (now >= 0 && uptime >= 0 ? now - uptime : -1));
    must(c->item_size_max == plain_counter(settings, "item_size_max"));
}

/* Two servers, or one twice. */
static void check_proof(const struct counters *before, const struct counters *after)
{
    enum doubt doubt = counters_doubt(before, after, 0, false);
    int64_t evicted = counters_evicted(before, after);

    must(evicted >= -1);
    must(doubt == DOUBT_NONE || doubt_name(doubt));
    if (doubt == DOUBT_NONE)
        must(counters_known(before) && counters_known(after) && evicted == 0);
    if (counters_doubt(before, after, 0, true) == DOUBT_RESTARTED)
        must(doubt == DOUBT_RESTARTED && evicted == -1);
    must(counters_doubt(before, before, 0, false) ==
         (counters_known(before) ? DOUBT_NONE : DOUBT_UNREADABLE));
    must(!counters_known(before) || counters_evicted(before, before) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct address ADDRESS = {.text = "127.0.0.1:1", .host = "127.0.0.1", .port = 1};
    static struct plain_list general, settings;
    struct watcher watcher = {&general, 0};
    struct counters counters, other;

    dial_prepare((struct slice){(const char *)data, size});
    plain_stats(dialled.answers[0], dialled.silent, &general);
    plain_stats(dialled.answers[1], dialled.silent, &settings);
    must(stats_read(&ADDRESS, "stats", 1000, watch, &watcher) == general.peer);
    must(watcher.count == general.count);
    if (general.count == STATS_MAX || settings.count == STATS_MAX)
        return 0;
    dialled.asked = 0;
    enum conn_status peer = counters_read(&ADDRESS, 1000, &counters);
    must(peer == (general.peer == CONN_OK ? settings.peer : general.peer));
    check_counters(&general, &settings, &counters);

    struct slice first = dialled.answers[0];
    dialled.answers[0] = dialled.answers[1];
    dialled.answers[1] = first;
    dialled.asked = 0;
    counters_read(&ADDRESS, 1000, &other);
    check_proof(&counters, &other);
    return 0;
}
