/* SPDX-License-Identifier: MIT */
#include "server/doubt.h"

/* A new process takes its start from a whole second, and puts it 2 s into the past. */
enum { START_SLACK_S = 3 };

const char *doubt_name(enum doubt doubt)
{
    static const char *const NAME[] = {NULL,   "restarted", "flushed",  "evicted",
                                       "lost", "unproven",  "unproven", "unproven"};

    return NAME[doubt];
}

enum doubt doubt_merge(enum doubt a, enum doubt b)
{
    if (a == DOUBT_NONE || b == DOUBT_NONE)
        return a == DOUBT_NONE ? b : a;
    return a < b ? a : b;
}

static bool both_known(int64_t before, int64_t after)
{
    return before >= 0 && after >= 0;
}

static bool moved(int64_t before, int64_t after)
{
    return both_known(before, after) && before != after;
}

static bool grew(int64_t before, int64_t after)
{
    return both_known(before, after) && before < after;
}

bool counters_restarted(const struct counters *before, const struct counters *after)
{
    return moved(before->pid, after->pid) || moved(before->start, after->start);
}

bool counters_same_start(const struct counters *before, const struct counters *after)
{
    return both_known(before->start, after->start) && before->start == after->start;
}

/* The process of the second reading ran before the first reading was made. */
static bool ran_before(const struct counters *before, const struct counters *after)
{
    return before->time >= 0 && after->start >= 0 && after->start < before->time - START_SLACK_S;
}

/* All that is needed was read twice, and nothing is missing in one of them only. */
static bool is_readable(const struct counters *before, const struct counters *after)
{
    for (const struct counter *each = COUNTERS; each->member; each++)
        if (each->evicts && (counters_value(before, each) < 0) != (counters_value(after, each) < 0))
            return false;
    return counters_known(before) && counters_known(after);
}

int64_t counters_evicted(const struct counters *before, const struct counters *after)
{
    int64_t sum = 0;

    if (!is_readable(before, after) || counters_restarted(before, after))
        return -1;
    /* Each difference is in range, since none is negative that was read, and -1 stands in both. */
    for (const struct counter *each = COUNTERS; each->member; each++)
        if (each->evicts &&
            __builtin_add_overflow(sum, counters_value(after, each) - counters_value(before, each),
                                   &sum))
            return -1;
    return sum < 0 ? -1 : sum;
}

static bool any_eviction_grew(const struct counters *before, const struct counters *after)
{
    for (const struct counter *each = COUNTERS; each->member; each++)
        if (each->evicts && grew(counters_value(before, each), counters_value(after, each)))
            return true;
    return false;
}

/* Each acknowledged store is one more in total_items, so a smaller growth means a reset. */
static bool went_back(const struct counters *before, const struct counters *after, uint64_t stored)
{
    for (const struct counter *each = COUNTERS; each->member; each++)
        if (each->grows && grew(counters_value(after, each), counters_value(before, each)))
            return true;
    return both_known(before->total_items, after->total_items) &&
           (uint64_t)(after->total_items - before->total_items) < stored;
}

enum doubt counters_doubt(const struct counters *before, const struct counters *after,
                          uint64_t stored, bool allow_evictions)
{
    if (counters_restarted(before, after))
        return ran_before(before, after) ? DOUBT_OTHER_SERVER : DOUBT_RESTARTED;
    if (grew(before->cmd_flush, after->cmd_flush))
        return DOUBT_FLUSHED;
    if (!allow_evictions && any_eviction_grew(before, after))
        return DOUBT_EVICTED;
    if (went_back(before, after, stored))
        return DOUBT_RESET;
    return allow_evictions || is_readable(before, after) ? DOUBT_NONE : DOUBT_UNREADABLE;
}
