#include "server/doubt.h"

#include <stddef.h>

const char *doubt_name(enum doubt doubt)
{
    static const char *const NAME[] = {NULL, "restarted", "flushed", "evicted", "unproven"};

    return NAME[doubt];
}

bool counters_known(const struct counters *c)
{
    return c->pid >= 0 && c->start >= 0 && c->evictions >= 0 && c->nomem >= 0 && c->cmd_flush >= 0;
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

int64_t counters_evicted(const struct counters *before, const struct counters *after)
{
    if (!counters_known(before) || !counters_known(after) || counters_restarted(before, after))
        return -1;
    /* Counters that were read are not negative, so that each difference is in range; their sum may
     * not be. */
    int64_t evictions = after->evictions - before->evictions, nomem = after->nomem - before->nomem;
    int64_t delta;
    return __builtin_add_overflow(evictions, nomem, &delta) || delta < 0 ? -1 : delta;
}

enum doubt counters_doubt(const struct counters *before, const struct counters *after,
                          bool allow_evictions)
{
    bool known = counters_known(before) && counters_known(after);

    if (counters_restarted(before, after))
        return DOUBT_RESTARTED;
    if (grew(before->cmd_flush, after->cmd_flush))
        return DOUBT_FLUSHED;
    if (!allow_evictions &&
        (grew(before->evictions, after->evictions) || grew(before->nomem, after->nomem)))
        return DOUBT_EVICTED;
    if (grew(after->evictions, before->evictions) || grew(after->nomem, before->nomem) ||
        grew(after->cmd_flush, before->cmd_flush))
        return DOUBT_UNPROVEN;
    return known || allow_evictions ? DOUBT_NONE : DOUBT_UNPROVEN;
}
