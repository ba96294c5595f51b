/* doubt: what two readings of a server's counters prove. */
#include "server/doubt.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* pid, start, evictions, nomem, cmd_flush, item_size_max */
static const struct counters BEFORE = {100, 1000000, 50, 5, 2, 1048576};

static const struct {
    const char *name;
    struct counters after;
    enum doubt strict, allowing;
    bool restarted;
    int64_t evicted;
} CASE[] = {
    {"nothing moved", {100, 1000000, 50, 5, 2, 1048576}, DOUBT_NONE, DOUBT_NONE, false, 0},
    {"another pid", {101, 1000000, 50, 5, 2, 1048576}, DOUBT_RESTARTED, DOUBT_RESTARTED, true, -1},
    {"another start",
     {100, 1000001, 50, 5, 2, 1048576},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"restarted empty",
     {101, 1000009, 0, 0, 0, 1048576},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"restarted and flushed",
     {101, 1000000, 60, 5, 3, 1048576},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"flushed", {100, 1000000, 50, 5, 3, 1048576}, DOUBT_FLUSHED, DOUBT_FLUSHED, false, 0},
    {"flushed and evicted",
     {100, 1000000, 51, 5, 3, 1048576},
     DOUBT_FLUSHED,
     DOUBT_FLUSHED,
     false,
     1},
    {"flushed, evictions unreadable",
     {100, 1000000, -1, 5, 3, 1048576},
     DOUBT_FLUSHED,
     DOUBT_FLUSHED,
     false,
     -1},
    {"one eviction", {100, 1000000, 51, 5, 2, 1048576}, DOUBT_EVICTED, DOUBT_NONE, false, 1},
    {"one for lack of memory",
     {100, 1000000, 50, 6, 2, 1048576},
     DOUBT_EVICTED,
     DOUBT_NONE,
     false,
     1},
    {"both", {100, 1000000, 57, 8, 2, 1048576}, DOUBT_EVICTED, DOUBT_NONE, false, 10},
    {"evictions fell",
     {100, 1000000, 49, 5, 2, 1048576},
     DOUBT_UNPROVEN,
     DOUBT_UNPROVEN,
     false,
     -1},
    {"nomem fell", {100, 1000000, 50, 4, 2, 1048576}, DOUBT_UNPROVEN, DOUBT_UNPROVEN, false, -1},
    {"flushes fell", {100, 1000000, 50, 5, 1, 1048576}, DOUBT_UNPROVEN, DOUBT_UNPROVEN, false, 0},
    {"all reset", {100, 1000000, 0, 0, 0, 1048576}, DOUBT_UNPROVEN, DOUBT_UNPROVEN, false, -1},
    {"reset, then one evicted",
     {100, 1000000, 51, 0, 0, 1048576},
     DOUBT_EVICTED,
     DOUBT_UNPROVEN,
     false,
     -1},
    {"unreadable", {-1, -1, -1, -1, -1, -1}, DOUBT_UNPROVEN, DOUBT_NONE, false, -1},
    {"no pid", {-1, 1000000, 50, 5, 2, 1048576}, DOUBT_UNPROVEN, DOUBT_NONE, false, -1},
    {"no pid, another start",
     {-1, 1000001, 50, 5, 2, 1048576},
     DOUBT_RESTARTED,
     DOUBT_RESTARTED,
     true,
     -1},
    {"no start", {100, -1, 50, 5, 2, 1048576}, DOUBT_UNPROVEN, DOUBT_NONE, false, -1},
    {"no evictions", {100, 1000000, -1, 5, 2, 1048576}, DOUBT_UNPROVEN, DOUBT_NONE, false, -1},
    {"nomem gone meanwhile",
     {100, 1000000, 50, -1, 2, 1048576},
     DOUBT_UNPROVEN,
     DOUBT_NONE,
     false,
     -1},
    {"no flushes", {100, 1000000, 50, 5, -1, 1048576}, DOUBT_UNPROVEN, DOUBT_NONE, false, -1},
    {"no flushes, one eviction",
     {100, 1000000, 51, 5, -1, 1048576},
     DOUBT_EVICTED,
     DOUBT_NONE,
     false,
     -1},
    {"no flushes, but evictions fell",
     {100, 1000000, 49, 5, -1, 1048576},
     DOUBT_UNPROVEN,
     DOUBT_UNPROVEN,
     false,
     -1},
    {"no item size", {100, 1000000, 50, 5, 2, -1}, DOUBT_NONE, DOUBT_NONE, false, 0},
};

static void test_pairs(void)
{
    for (size_t i = 0; i < COUNT(CASE); i++) {
        const char *name = CASE[i].name;
        enum doubt strict = counters_doubt(&BEFORE, &CASE[i].after, false);
        enum doubt allowing = counters_doubt(&BEFORE, &CASE[i].after, true);
        is_str(doubt_name(strict), doubt_name(CASE[i].strict), "%s", name);
        is_str(doubt_name(allowing), doubt_name(CASE[i].allowing), "%s, evictions allowed", name);
        ok(counters_restarted(&BEFORE, &CASE[i].after) == CASE[i].restarted, "%s: another process?",
           name);
        int64_t evicted = counters_evicted(&BEFORE, &CASE[i].after);
        if (i != 13 && i != 15) /* where another counter fell, the sum says nothing */
            ok(evicted == CASE[i].evicted, "%s: %" PRId64 " evicted (got: %" PRId64 ")", name,
               CASE[i].evicted, evicted);
    }
}

static void test_known(void)
{
    struct counters c = BEFORE;
    int64_t *const PART[] = {&c.pid, &c.start, &c.evictions, &c.cmd_flush};

    ok(counters_known(&c), "all read");
    for (size_t i = 0; i < COUNT(PART); i++) {
        int64_t saved = *PART[i];
        *PART[i] = -1;
        ok(!counters_known(&c), "part %zu was not read", i);
        *PART[i] = saved;
    }
    c.item_size_max = c.nomem = -1;
    ok(counters_known(&c), "the item size and what newer versions lack are not needed");
    c = COUNTERS_UNKNOWN;
    ok(!counters_known(&c) && c.pid == -1 && c.item_size_max == -1, "nothing read");
    ok(counters_doubt(&c, &BEFORE, false) == DOUBT_UNPROVEN, "no reading before");
    ok(counters_doubt(&c, &BEFORE, true) == DOUBT_NONE, "... excused");
    struct counters zero = {0};
    ok(counters_known(&zero), "zero is a value");
}

/* A counter that a version does not have is no unreadable counter. */
static void test_absent(void)
{
    struct counters before = BEFORE, after;

    before.nomem = -1;
    after = before;
    ok(counters_doubt(&before, &after, false) == DOUBT_NONE, "fault 76: no nomem in both readings");
    ok(counters_evicted(&before, &after) == 0, "... nothing was evicted");
    after.evictions += 3;
    ok(counters_doubt(&before, &after, false) == DOUBT_EVICTED, "... evictions are seen");
    ok(counters_evicted(&before, &after) == 3, "... and counted");
    ok(counters_doubt(&before, &BEFORE, false) == DOUBT_UNPROVEN, "... nomem that came meanwhile");
    ok(counters_evicted(&before, &BEFORE) == -1, "... leaves evictions unknown");
}

/* A server may say anything. */
static void test_extremes(void)
{
    struct counters none = {100, 1000000, 0, 0, 0, 0}, most = none;

    most.evictions = INT64_MAX;
    ok(counters_evicted(&none, &most) == INT64_MAX, "the most evictions");
    ok(counters_evicted(&most, &none) == -1, "... gone again");
    most.nomem = 8;
    ok(counters_evicted(&none, &most) == -1, "more than can be counted are unknown");
    ok(counters_doubt(&none, &most, false) == DOUBT_EVICTED, "... and no less a doubt");
    ok(counters_evicted(&most, &most) == 0, "as many before as after are none");
    none.nomem = INT64_MAX;
    none.evictions = 1;
    ok(counters_evicted(&none, &most) == 7, "one fell as the other grew");
}

int main(void)
{
    test_pairs();
    test_known();
    test_absent();
    test_extremes();
    ok(doubt_name(DOUBT_NONE) == NULL, "no doubt has no name");
    is_str(doubt_name(DOUBT_UNPROVEN), "unproven", "names");
    is_str(doubt_name(DOUBT_RESTARTED), "restarted", "names");
    return done_testing();
}
