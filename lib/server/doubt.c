#include "server/doubt.h"

const char *doubt_name(enum doubt doubt)
{
    static const char *const NAME[] = {NULL, "restarted", "flushed", "evicted", "unproven"};

    return NAME[doubt];
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

enum doubt counters_doubt(const struct counters *before, const struct counters *after,
                          bool allow_evictions)
{
    if (counters_restarted(before, after))
        return DOUBT_RESTARTED;
    if (grew(before->cmd_flush, after->cmd_flush))
        return DOUBT_FLUSHED;
    if (!allow_evictions && any_eviction_grew(before, after))
        return DOUBT_EVICTED;
    if (any_eviction_grew(after, before) || grew(after->cmd_flush, before->cmd_flush))
        return DOUBT_UNPROVEN;
    return allow_evictions || is_readable(before, after) ? DOUBT_NONE : DOUBT_UNPROVEN;
}
