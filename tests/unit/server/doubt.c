/* SPDX-License-Identifier: MIT */
/* doubt: what two readings of a server's counters prove. */
#include "server/doubt.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* The first reading: at 1003600 the server is up for an hour. */
#define READ(p, s, e, n, f)                                                                        \
    .pid = (p), .start = (s), .evictions = (e), .nomem = (n), .cmd_flush = (f),                    \
    .item_size_max = 1048576
#define REST                                                                                       \
    .time = 1003610, .uptime = 3610, .total_items = 1100, .busy_deletes = 3, .ext_evicted = 30,    \
    .ext_lost = 1, .ext_skipped = 4, .ext_bad = 2, .delete_hits = 9

static const struct counters BEFORE = {READ(100, 1000000, 50, 5, 2),
                                       .time = 1003600,
                                       .uptime = 3600,
                                       .total_items = 1000,
                                       .busy_deletes = 3,
                                       .ext_evicted = 30,
                                       .ext_lost = 1,
                                       .ext_skipped = 4,
                                       .ext_bad = 2,
                                       .delete_hits = 9};

enum { STORED = 100 };

static const struct {
    const char *name;
    struct counters after;
    enum doubt strict, allowing;
    bool restarted;
    int64_t evicted;
} CASE[] = {
    {"nothing moved", {READ(100, 1000000, 50, 5, 2), REST}, DOUBT_NONE, DOUBT_NONE, false, 0},
    {"another pid, begun meanwhile",
     {READ(101, 1003605, 50, 5, 2), REST},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"another pid, begun just before the first reading, as it says",
     {READ(101, 1003597, 50, 5, 2), REST},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"another pid, up for long",
     {READ(101, 1003596, 50, 5, 2), REST},
     DOUBT_OTHER_SERVER,
     DOUBT_OTHER_SERVER,
     true,
     -1},
    {"another start",
     {READ(100, 1003605, 50, 5, 2), REST},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"the same pid in another container",
     {READ(100, 900000, 50, 5, 2), REST},
     DOUBT_OTHER_SERVER,
     DOUBT_OTHER_SERVER,
     true,
     -1},
    {"restarted and flushed",
     {READ(101, 1003605, 60, 5, 3), REST},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"another server, flushed",
     {READ(101, 900000, 60, 5, 3), REST},
     DOUBT_OTHER_SERVER,
     DOUBT_OTHER_SERVER,
     true,
     -1},
    {"flushed", {READ(100, 1000000, 50, 5, 3), REST}, DOUBT_FLUSHED, DOUBT_FLUSHED, false, 0},
    {"flushed and evicted",
     {READ(100, 1000000, 51, 5, 3), REST},
     DOUBT_FLUSHED,
     DOUBT_FLUSHED,
     false,
     1},
    {"flushed, evictions unreadable",
     {READ(100, 1000000, -1, 5, 3), REST},
     DOUBT_FLUSHED,
     DOUBT_FLUSHED,
     false,
     -1},
    {"one eviction", {READ(100, 1000000, 51, 5, 2), REST}, DOUBT_EVICTED, DOUBT_NONE, false, 1},
    {"one for lack of memory",
     {READ(100, 1000000, 50, 6, 2), REST},
     DOUBT_EVICTED,
     DOUBT_NONE,
     false,
     1},
    {"both", {READ(100, 1000000, 57, 8, 2), REST}, DOUBT_EVICTED, DOUBT_NONE, false, 10},
    {"evictions fell", {READ(100, 1000000, 49, 5, 2), REST}, DOUBT_RESET, DOUBT_RESET, false, -1},
    {"nomem fell", {READ(100, 1000000, 50, 4, 2), REST}, DOUBT_RESET, DOUBT_RESET, false, -1},
    {"flushes fell", {READ(100, 1000000, 50, 5, 1), REST}, DOUBT_RESET, DOUBT_RESET, false, 0},
    {"reset, then one evicted",
     {READ(100, 1000000, 51, 4, 0), REST},
     DOUBT_EVICTED,
     DOUBT_RESET,
     false,
     0},
    {"no pid", {READ(-1, 1000000, 50, 5, 2), REST}, DOUBT_UNREADABLE, DOUBT_NONE, false, -1},
    {"no pid, another start",
     {READ(-1, 1003605, 50, 5, 2), REST},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"no start", {READ(100, -1, 50, 5, 2), REST}, DOUBT_UNREADABLE, DOUBT_NONE, false, -1},
    {"no evictions", {READ(100, 1000000, -1, 5, 2), REST}, DOUBT_UNREADABLE, DOUBT_NONE, false, -1},
    {"nomem gone meanwhile",
     {READ(100, 1000000, 50, -1, 2), REST},
     DOUBT_UNREADABLE,
     DOUBT_NONE,
     false,
     -1},
    {"no flushes", {READ(100, 1000000, 50, 5, -1), REST}, DOUBT_UNREADABLE, DOUBT_NONE, false, -1},
    {"no flushes, one eviction",
     {READ(100, 1000000, 51, 5, -1), REST},
     DOUBT_EVICTED,
     DOUBT_NONE,
     false,
     -1},
    {"no flushes, and evictions fell",
     {READ(100, 1000000, 49, 5, -1), REST},
     DOUBT_RESET,
     DOUBT_RESET,
     false,
     -1},
};

static void test_pairs(void)
{
    for (size_t i = 0; i < COUNT(CASE); i++) {
        const char *name = CASE[i].name;
        enum doubt strict = counters_doubt(&BEFORE, &CASE[i].after, STORED, false);
        enum doubt allowing = counters_doubt(&BEFORE, &CASE[i].after, STORED, true);
        ok(strict == CASE[i].strict, "%s", name);
        ok(allowing == CASE[i].allowing, "%s, evictions allowed", name);
        ok(counters_restarted(&BEFORE, &CASE[i].after) == CASE[i].restarted, "%s: another process?",
           name);
        int64_t evicted = counters_evicted(&BEFORE, &CASE[i].after);
        ok(evicted == CASE[i].evicted, "%s: %" PRId64 " evicted (got: %" PRId64 ")", name,
           CASE[i].evicted, evicted);
    }
}

/* Every counter of evictions counts, wherever both readings have it. */
static void test_losses(void)
{
    const struct counters last = {READ(100, 1000000, 50, 5, 2), REST};
    size_t losses = 0;

    for (const struct counter *each = COUNTERS; each->member; each++) {
        struct counters after = last;
        if (!each->evicts)
            continue;
        losses++;
        *counters_place(&after, each) += 7;
        ok(counters_doubt(&BEFORE, &after, STORED, false) == DOUBT_EVICTED, "%s grew: evicted",
           each->member);
        ok(counters_evicted(&BEFORE, &after) == 7, "%s: so many", each->member);
        *counters_place(&after, each) = counters_value(&BEFORE, each) - 1;
        ok(counters_doubt(&BEFORE, &after, STORED, true) == DOUBT_RESET, "%s fell: reset",
           each->member);
    }
    is_u64(losses, 7, "counters of evictions");
}

/* Each acknowledged store is one more in total_items. */
static void test_total(void)
{
    struct counters after = {READ(100, 1000000, 50, 5, 2), REST};

    ok(counters_doubt(&BEFORE, &after, 100, false) == DOUBT_NONE, "as many as were stored");
    ok(counters_doubt(&BEFORE, &after, 99, false) == DOUBT_NONE, "more: others stored, too");
    ok(counters_doubt(&BEFORE, &after, 101, false) == DOUBT_RESET, "one less: reset meanwhile");
    ok(counters_doubt(&BEFORE, &after, 101, true) == DOUBT_RESET, "... whatever is allowed");
    after.total_items = 999;
    ok(counters_doubt(&BEFORE, &after, 0, false) == DOUBT_RESET, "fell");
    after.total_items = -1;
    ok(counters_doubt(&BEFORE, &after, 101, false) == DOUBT_NONE, "not told");
}

static void test_known(void)
{
    struct counters c = BEFORE;
    int64_t *const PART[] = {&c.pid, &c.start, &c.time, &c.uptime, &c.evictions, &c.cmd_flush};

    ok(counters_known(&c), "all read");
    for (size_t i = 0; i < COUNT(PART); i++) {
        int64_t saved = *PART[i];
        *PART[i] = -1;
        ok(!counters_known(&c), "part %zu was not read", i);
        *PART[i] = saved;
    }
    c = COUNTERS_UNKNOWN;
    ok(!counters_known(&c) && c.pid == -1 && c.item_size_max == -1 && c.delete_hits == -1,
       "nothing read");
    for (const struct counter *each = COUNTERS; each->member; each++)
        ok(counters_value(&c, each) == -1, "... no %s", each->member);
    ok(counters_doubt(&c, &BEFORE, 0, false) == DOUBT_UNREADABLE, "no reading before");
    ok(counters_doubt(&c, &BEFORE, 0, true) == DOUBT_NONE, "... excused");
    ok(counters_doubt(&BEFORE, &c, 0, false) == DOUBT_UNREADABLE, "no reading after");
    struct counters zero = {0};
    ok(counters_known(&zero), "zero is a value");
}

/* A counter that a version does not have is no unreadable counter. */
static void test_absent(void)
{
    struct counters before = BEFORE, after;

    before.nomem = -1;
    after = before;
    ok(counters_doubt(&before, &after, 0, false) == DOUBT_NONE,
       "fault 76: no nomem in both readings");
    ok(counters_evicted(&before, &after) == 0, "... nothing was evicted");
    after.evictions += 3;
    ok(counters_doubt(&before, &after, 0, false) == DOUBT_EVICTED, "... evictions are seen");
    ok(counters_evicted(&before, &after) == 3, "... and counted");
    ok(counters_doubt(&before, &BEFORE, 0, false) == DOUBT_UNREADABLE,
       "... nomem that came meanwhile");
    ok(counters_evicted(&before, &BEFORE) == -1, "... leaves evictions unknown");
}

static void test_merge(void)
{
    ok(doubt_merge(DOUBT_NONE, DOUBT_LOST) == DOUBT_LOST, "a doubt before none");
    ok(doubt_merge(DOUBT_LOST, DOUBT_NONE) == DOUBT_LOST, "... on either side");
    ok(doubt_merge(DOUBT_LOST, DOUBT_EVICTED) == DOUBT_EVICTED, "evicted before lost");
    ok(doubt_merge(DOUBT_UNREADABLE, DOUBT_LOST) == DOUBT_LOST, "lost before unproven");
    ok(doubt_merge(DOUBT_NONE, DOUBT_NONE) == DOUBT_NONE, "none");
}

/* A server may say anything. */
static void test_extremes(void)
{
    struct counters none = {READ(100, 1000000, 0, 0, 0)}, most = none;

    most.evictions = INT64_MAX;
    ok(counters_evicted(&none, &most) == INT64_MAX, "the most evictions");
    ok(counters_evicted(&most, &none) == -1, "... gone again");
    most.nomem = 8;
    ok(counters_evicted(&none, &most) == -1, "more than can be counted are unknown");
    ok(counters_doubt(&none, &most, 0, false) == DOUBT_EVICTED, "... and no less a doubt");
    ok(counters_evicted(&most, &most) == 0, "as many before as after are none");
    none.nomem = INT64_MAX;
    none.evictions = 1;
    ok(counters_evicted(&none, &most) == 7, "one fell as the other grew");
}

int main(void)
{
    test_pairs();
    test_losses();
    test_total();
    test_known();
    test_absent();
    test_merge();
    test_extremes();
    ok(doubt_name(DOUBT_NONE) == NULL, "no doubt has no name");
    is_str(doubt_name(DOUBT_RESET), "unproven", "names");
    is_str(doubt_name(DOUBT_OTHER_SERVER), "unproven", "names");
    is_str(doubt_name(DOUBT_UNREADABLE), "unproven", "names");
    is_str(doubt_name(DOUBT_LOST), "lost", "names");
    is_str(doubt_name(DOUBT_RESTARTED), "restarted", "names");
    return done_testing();
}
