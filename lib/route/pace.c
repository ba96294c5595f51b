/* SPDX-License-Identifier: MIT */
#include "route/pace.h"

enum { SECOND_US = 1000000 };

void pace_start(struct pace *pace, uint64_t rate, int64_t now_us)
{
    *pace = (struct pace){.rate = rate, .start_us = now_us};
}

size_t pace_read_bytes(const struct pace *pace)
{
    uint64_t bytes = pace->rate * PACE_STEP_US / SECOND_US * PACE_LINE_BYTES;

    if (bytes < PACE_READ_LEAST)
        return PACE_READ_LEAST;
    return bytes < PACE_READ_MOST ? (size_t)bytes : PACE_READ_MOST;
}

int64_t pace_wait_us(struct pace *pace, uint64_t lines, int64_t now_us)
{
    pace->done += lines;
    /* Whole seconds are taken off, so that the product below stays small and exact. */
    pace->start_us += (int64_t)(pace->done / pace->rate) * SECOND_US;
    pace->done %= pace->rate;

    int64_t due_us = pace->start_us + (int64_t)(pace->done * SECOND_US / pace->rate);
    if (due_us > now_us)
        return due_us - now_us;
    if (now_us - due_us > PACE_LATE_US)
        pace->start_us += now_us - due_us - PACE_LATE_US;
    return 0;
}
