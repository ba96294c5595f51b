/* SPDX-License-Identifier: MIT */
/* timing: waits by arithmetic; the test moves the clock's last reading back instead of sleeping. */
#include "process/timing.h"
#include "tap.h"

enum { LONG_AGO_MS = 1000 * 1000 };

/* As if so much time had passed since the last step. */
static void pass(struct budget *p, int64_t ms)
{
    p->since_ms -= ms;
}

static void test_step(void)
{
    struct budget p = budget_start(1000);

    ok(p.left_ms == 1000 && budget_slice(&p, 100) == 100, "all is left at first");
    pass(&p, LONG_AGO_MS);
    ok(budget_spend(&p, 100) && p.left_ms == 900, "a long pause spends one step only");
    for (int i = 0; i < 8; i++) {
        pass(&p, LONG_AGO_MS);
        budget_spend(&p, 100);
    }
    ok(p.left_ms == 100 && budget_slice(&p, 100) == 100 && budget_slice(&p, 150) == 100 &&
           budget_slice(&p, 70) == 70,
       "a slice is what is left, or the limit");
    pass(&p, LONG_AGO_MS);
    ok(!budget_spend(&p, 100) && p.left_ms == 0, "nothing is left in the end");
    ok(!budget_spend(&p, 100) && p.left_ms == 0 && budget_slice(&p, 100) == 0, "... and stays so");
    p = budget_start(50);
    pass(&p, LONG_AGO_MS);
    ok(!budget_spend(&p, 100) && p.left_ms == 0, "never less than nothing");
}

static void test_ends(void)
{
    struct budget p = budget_start(0);

    ok(!budget_spend(&p, 100) && budget_slice(&p, 100) == 0, "a budget of nothing");
    p = budget_start(-1);
    for (int i = 0; i < 100; i++)
        pass(&p, LONG_AGO_MS);
    ok(budget_spend(&p, LONG_AGO_MS) && budget_slice(&p, 100) == 100, "a budget without limit");
    p = budget_start(INT64_MAX / 2);
    pass(&p, LONG_AGO_MS);
    ok(budget_spend(&p, 100) && p.left_ms == INT64_MAX / 2 - 100 && budget_slice(&p, 100) == 100,
       "the largest budget");
}

/* The clock is handed in: the test must also hold on a machine that was just started. */
static void test_linger(void)
{
    struct linger_timer g = {.limit_ms = 1000000, .since_ms = -1};

    ok(linger_timer_left(&g, false, 5) == -1, "nothing is gathered: no limit");
    ok(linger_timer_left(&g, true, 10) == 1000000, "the first lines: all of the limit is left");
    ok(linger_timer_left(&g, true, 400010) == 600000, "more lines do not start it again");
    ok(linger_timer_left(&g, true, 1000009) == 1, "one millisecond is left");
    ok(linger_timer_left(&g, true, 1000010) == 0, "it is time to send");
    ok(linger_timer_left(&g, true, 1600010) == 0, "... and never less than that");
    linger_timer_reset(&g);
    ok(linger_timer_left(&g, true, 1600010) == 1000000, "sent: the next lines start it again");
    ok(linger_timer_left(&g, false, 2200010) == -1 &&
           linger_timer_left(&g, true, 2200020) == 1000000,
       "so does a moment without lines");
    g = (struct linger_timer){.limit_ms = 0, .since_ms = -1};
    ok(linger_timer_left(&g, true, 0) == 0, "no company wanted: send at once");
    g = (struct linger_timer){.limit_ms = 10, .since_ms = -1};
    ok(linger_timer_left(&g, true, 0) == 10 && linger_timer_left(&g, true, 4) == 6,
       "the clock may begin at 0");
}

static void test_progress(void)
{
    struct progress off = {.on = false, .since_ms = -LONG_AGO_MS};
    struct progress on = {.on = true, .since_ms = timing_now_ms() - LONG_AGO_MS};

    ok(!progress_is_due(&off), "no progress is wanted");
    ok(progress_is_due(&on), "it is due");
    on.since_ms += LONG_AGO_MS;
    ok(!progress_is_due(&on), "not within the same second");
}

int main(void)
{
    int64_t before = timing_now_ms();

    test_step();
    test_ends();
    test_linger();
    test_progress();
    ok(before >= 0 && timing_now_ms() >= before, "the clock goes forward");
    return done_testing();
}
