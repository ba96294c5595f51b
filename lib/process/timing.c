#define _GNU_SOURCE /* CLOCK_MONOTONIC_COARSE */
#include "process/timing.h"

#include <time.h>

int64_t patience_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct patience patience_start(int64_t limit_ms)
{
    return (struct patience){limit_ms, patience_clock_ms()};
}

bool patience_step(struct patience *p, int step_ms)
{
    int64_t now = patience_clock_ms();
    int64_t spent = now - p->since_ms;

    p->since_ms = now;
    if (p->left_ms < 0)
        return true;
    spent = spent < step_ms ? spent : step_ms;
    p->left_ms = spent < p->left_ms ? p->left_ms - spent : 0;
    return p->left_ms > 0;
}

int patience_slice(const struct patience *p, int limit_ms)
{
    return p->left_ms < 0 || p->left_ms > limit_ms ? limit_ms : (int)p->left_ms;
}

int gather_left(struct gather *gather, bool gathered)
{
    int64_t now = patience_clock_ms();

    if (!gathered) {
        gather->since_ms = -1;
        return -1;
    }
    if (gather->since_ms < 0)
        gather->since_ms = now;
    int64_t left = gather->since_ms + gather->limit_ms - now;
    return left > 0 ? (int)left : 0;
}

void gather_reset(struct gather *gather)
{
    gather->since_ms = -1;
}

bool progress_is_due(struct progress *progress)
{
    enum { PERIOD_MS = 1000 };

    if (!progress->on || patience_clock_ms() - progress->since_ms < PERIOD_MS)
        return false;
    progress->since_ms = patience_clock_ms();
    return true;
}
