/* SPDX-License-Identifier: MIT */
/*
 * timing: a budget of waiting time, which only waiting spends.
 *
 * One step spends at most `step_ms`. So a process that is stopped (Ctrl-Z) and
 * continued, or a machine that sleeps, does not use up its budget meanwhile.
 * The clock is CLOCK_MONOTONIC_COARSE: setting the system's time has no influence.
 */
#ifndef MEMC_TIMING_H
#define MEMC_TIMING_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    int64_t left_ms; /* negative at start: endless */
    int64_t since_ms;
};

/* Milliseconds of a clock that only goes forward, in steps of a few milliseconds. */
int64_t timing_now_ms(void);

/* Microseconds of the same clock, read exactly: for waits of a few milliseconds. */
int64_t timing_now_us(void);

/* Milliseconds since 1970 by the system's clock, which can be set: for people and logs only. */
int64_t timing_unix_ms(void);

/* limit_ms < 0: endless. */
struct budget budget_start(int64_t limit_ms);

/* Spends what passed since the last step, at most step_ms. False: nothing is left. */
bool budget_spend(struct budget *p, int step_ms);

/* The smaller of what is left and limit_ms, for poll(2). */
int budget_slice(const struct budget *p, int limit_ms);

/*
 * Linger: how long a partial batch waits for more input before it is sent. The
 * time starts with its first line.
 */
struct linger_timer {
    int64_t limit_ms;
    int64_t since_ms; /* -1: nothing waits */
};

/*
 * Call it before each wait for input. Returns -1: nothing is gathered, wait
 * without limit; 0: send now; else the milliseconds that are left. now_ms is
 * timing_now_ms(), or any other time that is not negative and does not go back.
 */
int linger_timer_left(struct linger_timer *linger, bool gathered, int64_t now_ms);

/* All that was gathered is sent. */
void linger_timer_reset(struct linger_timer *linger);

/* The live line of --progress: once a second. */
struct progress {
    bool on;
    int64_t since_ms;
};

bool progress_is_due(struct progress *progress);

#endif
