/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* CLOCK_MONOTONIC_COARSE */
#include "process/timing.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t timing_now_ms(void)
{
    return read_clock(CLOCK_MONOTONIC_COARSE);
}

int64_t timing_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t timing_unix_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

struct budget budget_start(int64_t limit_ms)
{
    return (struct budget){limit_ms, timing_now_ms()};
}

bool budget_spend(struct budget *p, int step_ms)
{
    int64_t now = timing_now_ms();
    int64_t spent = now - p->since_ms;

    p->since_ms = now;
    if (p->left_ms < 0)
        return true;
    spent = spent < step_ms ? spent : step_ms;
    p->left_ms = spent < p->left_ms ? p->left_ms - spent : 0;
    return p->left_ms > 0;
}

int budget_slice(const struct budget *p, int limit_ms)
{
    return p->left_ms < 0 || p->left_ms > limit_ms ? limit_ms : (int)p->left_ms;
}

int linger_timer_left(struct linger_timer *linger, bool gathered, int64_t now_ms)
{
    if (!gathered) {
        linger->since_ms = -1;
        return -1;
    }
    if (linger->since_ms < 0)
        linger->since_ms = now_ms;
    int64_t left = linger->since_ms + linger->limit_ms - now_ms;
    return left > 0 ? (int)left : 0;
}

void linger_timer_reset(struct linger_timer *linger)
{
    linger->since_ms = -1;
}

bool progress_is_due(struct progress *progress)
{
    enum { PERIOD_MS = 1000 };

    if (!progress->on || timing_now_ms() - progress->since_ms < PERIOD_MS)
        return false;
    progress->since_ms = timing_now_ms();
    return true;
}
