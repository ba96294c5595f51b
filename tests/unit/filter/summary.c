/* SPDX-License-Identifier: MIT */
/* summary: which of line and JSON are told, and where the JSON of a run that goes on may go. */
#include "filter/summary.h"
#include "process/diag.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include <signal.h>

enum { WAIT_MS = 10000 };

static char got[256];
static int told;

/* What one call told on descriptor 2 is in `got`. */
static int tell(bool quiet, const char *stats, bool goes_on, const char *json)
{
    struct common_options options = {.quiet = quiet, .stats = stats, .wait_ms = WAIT_MS};
    int kept = dup(STDERR_FILENO);
    int end[2];

    make_pipe(end);
    dup2(end[1], STDERR_FILENO);
    close(end[1]);
    int status = summary_report(&options, goes_on, "7 lines", json);
    dup2(kept, STDERR_FILENO);
    close(kept);
    told = (int)get_all(end[0], got, sizeof got);
    close(end[0]);
    return status;
}

static void is_told(const char *expected, const char *name)
{
    is_bytes(got, (size_t)told, expected, strlen(expected), "%s", name);
}

static void is_in_file(const char *expected, const char *name)
{
    char bytes[256];
    size_t len = scratch_read("stats", bytes, sizeof bytes);

    is_bytes(bytes, len, expected, strlen(expected), "%s", name);
}

static void test_line_and_file(void)
{
    is_u64((uint64_t)tell(false, NULL, false, "{}"), 0, "no file asked for");
    is_told("tool: 7 lines\n", "the line is told");
    tell(false, "stats", true, "{\"exit\":null}");
    is_told("tool: 7 lines\n", "so it is while the run goes on");
    is_in_file("{\"exit\":null}\n", "and the file is brought up to date");
    tell(true, "stats", false, "{\"exit\":0}");
    is_told("", "quiet: no line");
    is_in_file("{\"exit\":0}\n", "but the file");
    is_u64((uint64_t)tell(true, "none/stats", false, "{}"), 74, "a file that cannot be made");
    ok(told > 0, "is told, whatever is asked for");
}

static void test_pipe(void)
{
    char bytes[64];

    if (mkfifo("fifo", 0600) < 0)
        scratch_bail("mkfifo");
    int reader = scratch_open("fifo", O_RDONLY | O_NONBLOCK);
    is_u64((uint64_t)tell(true, "fifo", true, "{\"exit\":null}"), 0, "a FIFO, while it goes on");
    ok(read(reader, bytes, sizeof bytes) == 0, "gets nothing");
    is_u64((uint64_t)tell(true, "fifo", false, "{\"exit\":0}"), 0, "a FIFO, in the end");
    ssize_t len = read(reader, bytes, sizeof bytes);
    is_bytes(bytes, len < 0 ? 0 : (size_t)len, "{\"exit\":0}\n", 11, "gets the last one");
    close(reader);
}

static void test_occasions(void)
{
    struct progress off = {.on = false};
    struct progress on = {.on = true, .since_ms = timing_now_ms() - 1000000};

    is_u64(summary_due(&off), SUMMARY_NOT_NOW, "not asked for");
    is_u64(summary_due(&on), SUMMARY_LIVE, "a second has passed");
    is_u64(summary_due(&on), SUMMARY_NOT_NOW, "... and no other since");
    signals_prepare();
    raise(SIGUSR1);
    signals_sleep(0);
    is_u64(summary_due(&off), SUMMARY_ASKED, "USR1 came");
    is_u64(summary_due(&off), SUMMARY_NOT_NOW, "... once");
}

int main(void)
{
    scratch_enter();
    diag_prefix("tool", NULL);
    test_line_and_file();
    test_pipe();
    test_occasions();
    return done_testing();
}
