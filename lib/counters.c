#include "counters.h"

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

static bool moved(int64_t before, int64_t after)
{
    return before >= 0 && after >= 0 && before != after;
}

bool counters_restarted(const struct counters *before, const struct counters *after)
{
    return moved(before->pid, after->pid) || moved(before->start, after->start);
}

int64_t counters_evicted(const struct counters *before, const struct counters *after)
{
    if (!counters_known(before) || !counters_known(after) || counters_restarted(before, after))
        return -1;
    int64_t delta = after->evictions + after->nomem - before->evictions - before->nomem;
    return delta < 0 ? -1 : delta;
}

enum doubt counters_doubt(const struct counters *before, const struct counters *after,
                          bool allow_evictions)
{
    if (counters_restarted(before, after))
        return DOUBT_RESTARTED;
    if (before->cmd_flush >= 0 && after->cmd_flush > before->cmd_flush)
        return DOUBT_FLUSHED;
    if (!counters_known(before) || !counters_known(after))
        return allow_evictions ? DOUBT_NONE : DOUBT_UNPROVEN;
    if (after->evictions > before->evictions || after->nomem > before->nomem) {
        if (!allow_evictions)
            return DOUBT_EVICTED;
    }
    if (after->evictions < before->evictions || after->nomem < before->nomem ||
        after->cmd_flush < before->cmd_flush)
        return DOUBT_UNPROVEN;
    return DOUBT_NONE;
}
