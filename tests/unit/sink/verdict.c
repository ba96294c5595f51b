/* verdict: the exit status that follows from a sink's tally. What it says on descriptor 2 is not
 * looked at. */
#include "sink/verdict.h"
#include "scratch.h"
#include "tap.h"

static const struct {
    const char *name;
    struct sink_tally tally;
    bool limited; /* by 1% */
    int status;
} CASE[] = {
    {"nothing at all", {.lines = 0}, true, 0},
    {"all stored", {.lines = 100, .stored = 99, .blank = 1}, true, 0},
    {"one of 100 is bad", {.lines = 101, .stored = 100, .invalid = 1}, true, 65},
    {"one of 101 is bad", {.lines = 102, .stored = 101, .invalid = 1}, true, 0},
    {"a refused one is bad, too", {.lines = 101, .stored = 100, .refused = 1}, true, 65},
    {"both together", {.lines = 201, .stored = 199, .refused = 1, .invalid = 1}, true, 65},
    {"nothing but bad lines", {.lines = 1, .invalid = 1}, true, 65},
    {"... without a limit", {.lines = 1, .invalid = 1}, false, 0},
    {"blank lines only", {.lines = 5, .blank = 5}, true, 0},
    {"one undelivered", {.lines = 1000, .stored = 999, .undelivered = 1}, true, 75},
    {"undelivered before bad", {.lines = 2, .invalid = 1, .undelivered = 1}, true, 75},
    {"undelivered without a limit", {.lines = 1, .undelivered = 1}, false, 75},
    {"undelivered are no errors", {.lines = 101, .stored = 1, .undelivered = 100}, true, 75},
    {"all verified", {.lines = 10, .verified = 10}, true, 0},
    {"one missing", {.lines = 1000, .verified = 999, .missing = 1}, true, 65},
    {"one differing", {.lines = 1000, .verified = 999, .differing = 1}, false, 65},
    {"the sum is too small", {.lines = 100, .stored = 99}, true, 70},
    {"the sum is too large", {.lines = 100, .stored = 101}, false, 70},
    {"... before all else", {.lines = 100, .undelivered = 5, .invalid = 5}, true, 70},
};

int main(void)
{
    static struct sink_options options = {.error_rate = {1, 100}};
    static struct sink sink;
    int quiet = scratch_open("/dev/null", O_WRONLY);

    dup2(quiet, STDERR_FILENO);
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        options.limited = CASE[i].limited;
        sink_init(&sink, &options);
        sink.tally = CASE[i].tally;
        sink.tally.server = "server";
        is_u64((uint64_t)verdict_on_tally(&sink), (uint64_t)CASE[i].status, "%s: %d", CASE[i].name,
               CASE[i].status);
    }
    return done_testing();
}
