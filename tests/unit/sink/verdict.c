/* SPDX-License-Identifier: MIT */
/* verdict: the exit status of a sink, and what is said: by its tally, by how it stands with the
 * server, and by what happened to a real server between the first record and the last. */
#include "sink/verdict.h"
#include "process/diag.h"
#include "process/signals.h"
#include "said.h"

#include <signal.h>

#include "memcached.h"

static struct sink_options options;
static struct sink sink;

#define RATE(bad, good)                                                                            \
    "t: error rate too high: " bad " bad lines to " good " good ones; --rejects keeps the bad "    \
    "ones, --max-error-rate is the limit\n"
#define BUG "t: the sum of the outcomes is not the number of lines: a bug, please report it\n"

static const struct {
    const char *name;
    struct sink_tally tally;
    bool limited; /* by 1% */
    int status;
    const char *said;
} CASE[] = {
    {"nothing at all", {.lines = 0}, true, 0, ""},
    {"all stored", {.lines = 100, .stored = 99, .blank = 1}, true, 0, ""},
    {"one of 100 is bad", {.lines = 101, .stored = 100, .invalid = 1}, true, 65, RATE("1", "100")},
    {"one of 101 is bad", {.lines = 102, .stored = 101, .invalid = 1}, true, 0, ""},
    {"a refused one is bad, too",
     {.lines = 101, .stored = 100, .refused = 1},
     true,
     65,
     RATE("1", "100")},
    {"both together",
     {.lines = 201, .stored = 199, .refused = 1, .invalid = 1},
     true,
     65,
     RATE("2", "199")},
    {"nothing but bad lines", {.lines = 1, .invalid = 1}, true, 65, RATE("1", "0")},
    {"... without a limit", {.lines = 1, .invalid = 1}, false, 0, ""},
    {"blank lines only", {.lines = 5, .blank = 5}, true, 0, ""},
    {"one undelivered", {.lines = 1000, .stored = 999, .undelivered = 1}, true, 75, ""},
    {"undelivered before bad",
     {.lines = 2, .invalid = 1, .undelivered = 1},
     true,
     75,
     RATE("1", "0")},
    {"undelivered without a limit", {.lines = 1, .undelivered = 1}, false, 75, ""},
    {"undelivered are no errors", {.lines = 101, .stored = 1, .undelivered = 100}, true, 75, ""},
    {"all verified", {.lines = 10, .verified = 10}, true, 0, ""},
    {"one missing", {.lines = 1000, .verified = 999, .missing = 1}, true, 65, ""},
    {"one differing", {.lines = 1000, .verified = 999, .differing = 1}, false, 65, ""},
    {"the sum is too small", {.lines = 100, .stored = 99}, true, 70, BUG},
    {"the sum is too large", {.lines = 100, .stored = 101}, false, 70, BUG},
    {"... before all else",
     {.lines = 100, .undelivered = 5, .invalid = 5},
     true,
     70,
     RATE("5", "0") BUG},
};

static void test_tally(void)
{
    options = (struct sink_options){.error_rate = {1, 100}};
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        options.limited = CASE[i].limited;
        sink_init(&sink, &options);
        sink.tally = CASE[i].tally;
        sink.tally.server = "server";
        listen_begin();
        is_u64((uint64_t)verdict_on_tally(&sink), (uint64_t)CASE[i].status, "%s: %d", CASE[i].name,
               CASE[i].status);
        said(CASE[i].said, "... what is said");
    }
}

/* A sink whose records go to this server. */
static enum conn_status begin_with(const struct test_server *at, enum sink_mode mode,
                                   int64_t retry_ms)
{
    options = (struct sink_options){.common = {.max_line = 1000},
                                    .mode = mode,
                                    .address = at->address,
                                    .any_type = true,
                                    .batch = 2,
                                    .timeout_ms = 5000,
                                    .retry_ms = retry_ms};
    sink_init(&sink, &options);
    if (!sink.delivery.to->open(&sink.delivery))
        scratch_bail("open");
    return sink_connect(&sink);
}

static enum conn_status begin(const struct test_server *at, enum sink_mode mode)
{
    return begin_with(at, mode, 0);
}

static void put(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct record record = {.type = DEVTYPE_IDFA};
        struct batch_record put = {
            slice_of("idfa:a"), slice_of("value"), slice_of(""), i + 1, 0, 0};
        sink.delivery.to->put(&sink.delivery, &put, &record);
    }
    sink.tally.lines += count;
    delivery_flush(&sink.delivery);
}

/* The end of a run: its status and what is said of the server, by line. */
static void judged(int status, const char *words, const char *name)
{
    char expected[512] = "";
    struct slice rest = slice_of(words);

    for (size_t used = 0; rest.len > 0;) {
        struct slice line = slice_cut(&rest, '\n');
        used += (size_t)snprintf(expected + used, sizeof expected - used, "t: %s%.*s\n",
                                 options.address.text, (int)line.len, line.at);
    }
    sink_finish(&sink);
    listen_begin();
    int got = verdict(&sink);
    const char *text = listen_end();
    is_u64((uint64_t)got, (uint64_t)status, "%s: %d", name, status);
    is_str(text, expected, "... what is said");
    sink_close(&sink);
}

static void flush_all(const struct test_server *at)
{
    char line[64];

    server_say(at, "flush_all\r\n", line, sizeof line);
    if (strcmp(line, "OK") != 0)
        scratch_bail("flush_all");
}

#define FLUSHED ": was flushed meanwhile: what was stored may be gone; load it again\n"

static void test_kept(const struct test_server *at)
{
    begin(at, SINK_LOAD);
    put(3);
    judged(0, "", "all is kept");
    is_u64((uint64_t)sink.tally.evictions, 0, "... with no evictions, which were looked up");
    is_str(doubt_name(sink.tally.doubt), NULL, "... and no doubt");

    begin(at, SINK_LOAD);
    put(3);
    flush_all(at);
    judged(65, FLUSHED, "a flush");
    is_str(doubt_name(sink.tally.doubt), "flushed", "... its word in the counters");

    begin(at, SINK_LOAD);
    put(3);
    flush_all(at);
    sink.options->allow_evictions = true;
    judged(65, FLUSHED, "a flush, which --allow-evictions does not excuse");

    begin(at, SINK_LOAD);
    flush_all(at);
    judged(0, "", "a flush before anything is stored");

    begin(at, SINK_VERIFY);
    flush_all(at);
    judged(0, "", "a flush while nothing is stored, but compared");

    begin(at, SINK_DRY_RUN);
    put(3);
    judged(0, "", "a dry run");
    is_u64((uint64_t)sink.tally.evictions, UINT64_MAX, "... knows of no evictions");

    begin(at, SINK_LOAD);
    put(3);
    flush_all(at);
    sink.tally.lines++;
    sink.tally.undelivered++;
    judged(75, FLUSHED, "a flush, and undelivered records");
}

static void test_restarted(struct test_server *at)
{
    begin(at, SINK_LOAD);
    put(3);
    server_kill(at);
    server_start(at, false);
    judged(65,
           ": was restarted: what was stored before is gone\n"
           ": was restarted meanwhile: what was stored before is gone; load it again\n",
           "a restart, said when it is found and as the verdict");
    is_str(doubt_name(sink.tally.doubt), "restarted", "... its word in the counters");
}

#define UNREADABLE                                                                                 \
    ": its counters cannot be read: unproven whether it kept what was stored; --verify "           \
    "tells\n"

/* The server is gone from here on. */
static void test_gone(struct test_server *at)
{
    begin(at, SINK_LOAD);
    put(3);
    server_kill(at);
    judged(65, UNREADABLE, "no server any more");
    is_str(doubt_name(sink.tally.doubt), "unproven", "... its word in the counters");
    is_u64((uint64_t)sink.tally.evictions, UINT64_MAX, "... and no number of evictions");

    listen_begin();
    begin(at, SINK_LOAD);
    listen_end();
    judged(69, ": Connection refused: is memcached running there?\n", "never reached");

    server_start(at, false);
    begin(at, SINK_LOAD);
    put(3);
    server_kill(at);
    sink.options->allow_evictions = true;
    judged(0, "", "no server any more, which --allow-evictions excuses");
}

/* Lost with a record that has no answer. */
static void test_given_up(struct test_server *at)
{
    begin(at, SINK_LOAD);
    put(2);
    server_kill(at);
    listen_begin();
    put(2);
    listen_end();
    sink_finish(&sink);
    listen_begin();
    int status = verdict(&sink);
    const char *text = listen_end();
    is_u64((uint64_t)status, 75, "a server that is given up: 75");
    ok(strncmp(text, "t: 127.0.0.1:", 13) == 0 && strstr(text, "is memcached running there?\n"),
       "... what is said first");
    ok(strstr(text, "its counters cannot be read"), "... and then");
    is_u64(sink.tally.undelivered, 2, "... what it did not take");
    sink_close(&sink);
}

/* A signal ends the tries to reach a server: it is no failure of the server's. */
static void test_stopped(const struct test_server *gone)
{
    signals_prepare();
    raise(SIGTERM);
    listen_begin();
    enum conn_status conn = begin_with(gone, SINK_LOAD, 60000);
    listen_end();
    ok(conn == CONN_STOPPED, "a signal while a server is waited for: %s", conn_strerror(conn));
    judged(69, "", "... it was not reached, which is not said");
}

int main(void)
{
    struct test_server at = {.pid = 0};

    scratch_enter();
    diag_prefix("t", NULL);
    test_tally();
    server_start(&at, false);
    test_kept(&at);
    test_restarted(&at);
    test_gone(&at);
    server_start(&at, false);
    test_given_up(&at);
    test_stopped(&at);
    return done_testing();
}
