/* SPDX-License-Identifier: MIT */
/*
 * pace: how long a router waits after the lines of one read, so that it writes
 * at most `rate` lines a second, evenly: a read is made so small that it gives
 * about what may pass in PACE_STEP_US. Pure: the caller reads the clock, takes
 * the lines and waits.
 *
 * Time lost by waiting for input or for a reader is not made up for by a burst,
 * except for PACE_LATE_US, so that a late wake-up does not slow the run down.
 */
#ifndef MEMC_PACE_H
#define MEMC_PACE_H

#include <stddef.h>
#include <stdint.h>

enum { PACE_STEP_US = 5000, PACE_LATE_US = 10000 };

/* Bytes of a read: those of a step's lines, if they are as long as usual, or of one long line. */
enum { PACE_LINE_BYTES = 256, PACE_READ_LEAST = 512, PACE_READ_MOST = 256 * 1024 };

struct pace {
    uint64_t rate; /* lines a second */
    uint64_t done; /* lines since start_us */
    int64_t start_us;
};

/* rate: 1 to PACE_RATE_MAX. */
#define PACE_RATE_MAX UINT64_C(1000000000000)
void pace_start(struct pace *pace, uint64_t rate, int64_t now_us);

/* The most bytes that may be read at a time. */
size_t pace_read_bytes(const struct pace *pace);

/* `lines` were taken. Returns the microseconds until the next one is due, 0: at once. */
int64_t pace_wait_us(struct pace *pace, uint64_t lines, int64_t now_us);

#endif
