/* SPDX-License-Identifier: MIT */
/* pace: the arithmetic of an even rate, by a clock that the test turns. */
#include "route/pace.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Takes so many lines at a time for so long, waiting exactly as told; returns how many in all. */
static uint64_t lines_within(uint64_t rate, uint64_t portion, int64_t start_us, int64_t for_us)
{
    struct pace pace;
    int64_t now_us = start_us;
    uint64_t lines = 0;

    pace_start(&pace, rate, now_us);
    while (now_us < start_us + for_us) {
        lines += portion;
        now_us += pace_wait_us(&pace, portion, now_us);
    }
    return lines;
}

static void test_rates(void)
{
    /* Ten seconds hold ten times the rate; the first portion comes at once. */
    static const uint64_t RATE[] = {1,    3,    199,    200,     333,    1000,
                                    1001, 7777, 100000, 1000000, 3333333};
    static const uint64_t PORTION[] = {1, 7, 5000};

    for (size_t i = 0; i < COUNT(RATE); i++)
        for (size_t k = 0; k < COUNT(PORTION); k++) {
            uint64_t rate = RATE[i], portion = PORTION[k];
            uint64_t got = lines_within(rate, portion, 123456789, 10000000);
            ok(got >= rate * 10 && got <= rate * 10 + portion,
               "rate %" PRIu64 ", %" PRIu64 " at a time: %" PRIu64 " lines in ten seconds", rate,
               portion, got);
        }
    is_u64(lines_within(1, 1, 0, 3600 * INT64_C(1000000)), 3600, "one a second, for an hour");
}

static void test_waits(void)
{
    struct pace pace;

    pace_start(&pace, 1000, 50);
    is_u64((uint64_t)pace_wait_us(&pace, 5, 50), 5000, "five lines of 1,000 a second: 5 ms");
    is_u64((uint64_t)pace_wait_us(&pace, 5, 5050), 5000, "and again");
    is_u64((uint64_t)pace_wait_us(&pace, 5, 12050), 3000, "a wake-up 2 ms late is made up for");
    is_u64((uint64_t)pace_wait_us(&pace, 5, 12050), 8000, "lines taken too early add up");
    is_u64((uint64_t)pace_wait_us(&pace, 0, 12050), 8000, "no lines, no wait more");
    pace_start(&pace, 3, 0);
    is_u64((uint64_t)pace_wait_us(&pace, 1, 0), 333333, "thirds of a second, rounded down");
    is_u64((uint64_t)pace_wait_us(&pace, 1, 333333), 333333, "...");
    is_u64((uint64_t)pace_wait_us(&pace, 1, 666666), 333334, "and nothing is lost by that");
}

/* After a stall, only PACE_LATE_US is made up for. */
static void test_stall(void)
{
    struct pace pace;
    int64_t now_us = 60 * INT64_C(1000000);
    unsigned at_once = 0;

    pace_start(&pace, 1000, 0);
    while (at_once < 100 && pace_wait_us(&pace, 5, now_us) == 0)
        at_once++;
    is_u64(at_once, 3, "a minute's stall: late by more, by ten and by five milliseconds");
    pace_start(&pace, PACE_RATE_MAX, 0);
    ok(pace_wait_us(&pace, PACE_RATE_MAX - 1, 0) == 999999, "the largest rate does not overflow");
}

static void test_reads(void)
{
    static const struct {
        uint64_t rate;
        size_t bytes;
    } CASE[] = {
        {1, 512}, {1000, 1280}, {100000, 128000}, {1000000, 262144}, {PACE_RATE_MAX, 262144}};
    struct pace pace;

    for (size_t i = 0; i < COUNT(CASE); i++) {
        pace_start(&pace, CASE[i].rate, 0);
        is_u64(pace_read_bytes(&pace), CASE[i].bytes, "rate %" PRIu64 ": bytes of a read",
               CASE[i].rate);
    }
}

int main(void)
{
    test_rates();
    test_waits();
    test_stall();
    test_reads();
    return done_testing();
}
