/*
 * timing: a limit on waiting that is spent by waiting only.
 *
 * A process that is stopped (Ctrl-Z) and continued, or a machine that sleeps,
 * does not lose its patience meanwhile: one step spends at most `step_ms`.
 * The clock is CLOCK_MONOTONIC_COARSE: setting the time changes nothing.
 */
#ifndef MEMC_TIMING_H
#define MEMC_TIMING_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    int64_t left_ms; /* negative at start: endless */
    int64_t since_ms;
};

/* Milliseconds of a clock that only goes forward, a few apart. */
int64_t timing_now_ms(void);

/* limit_ms < 0: endless. */
struct budget budget_start(int64_t limit_ms);

/* Spends what passed since the last step, at most step_ms. False: nothing is left. */
bool budget_spend(struct budget *p, int step_ms);

/* The smaller of what is left and limit_ms, for poll(2). */
int budget_slice(const struct budget *p, int limit_ms);

/*
 * The other way round: how long gathered lines may wait for company while
 * input is idle. Starts with the first of them.
 */
struct linger_timer {
    int64_t limit_ms;
    int64_t since_ms; /* -1: nothing waits */
};

/*
 * Called before each wait for input. -1: nothing is gathered, wait without
 * limit; 0: it is time to send; else so many milliseconds are left.
 */
int linger_timer_left(struct linger_timer *linger, bool gathered);

/* All that was gathered is sent. */
void linger_timer_reset(struct linger_timer *linger);

/* The live line of --progress: once a second. */
struct progress {
    bool on;
    int64_t since_ms;
};

bool progress_is_due(struct progress *progress);

#endif
