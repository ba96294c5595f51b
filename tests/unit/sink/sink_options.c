/* SPDX-License-Identifier: MIT */
/* sink_options: the command line of memc_sink. */
#include "sink/sink_options.h"
#include "tap.h"

#include <stdlib.h>

enum { ARGS_MAX = 12 };

static enum options_result parse(const char *const list[ARGS_MAX], struct sink_options *options,
                                 struct options_error *error)
{
    static char text[ARGS_MAX][160];
    char *argv[ARGS_MAX + 2];
    int argc = 0;

    argv[argc++] = text[0];
    snprintf(text[0], sizeof text[0], "memc_sink");
    for (; list[argc - 1]; argc++) {
        snprintf(text[argc], sizeof text[argc], "%s", list[argc - 1]);
        argv[argc] = text[argc];
    }
    argv[argc] = NULL;
    *error->text = '\0';
    return sink_options_parse(argc, argv, options, error);
}

static void test_defaults(void)
{
    static const char *const SERVER[ARGS_MAX] = {"h:1", NULL};
    struct options_error error;
    struct sink_options o;

    ok(parse(SERVER, &o, &error) == OPTIONS_RUN && o.mode == SINK_LOAD, "a server: %s", error.text);
    is_str(o.address.host, "h", "its host");
    is_u64(o.address.port, 1, "its port");
    ok(!o.input && !o.undelivered && !o.common.rejects && !o.common.stats && !o.common.label,
       "no files");
    ok(o.any_type && o.batch == 0 && o.protocol == PROTOCOL_AUTO,
       "any type, the protocol found, its batch");
    is_u64((uint64_t)o.timeout_ms, 5000, "timeout 5 s");
    is_u64((uint64_t)o.retry_ms, 30000, "retries for 30 s");
    is_u64((uint64_t)o.common.wait_ms, 30000, "waits for 30 s");
    is_u64((uint64_t)o.common.nice, 15, "fifteen nicer");
    ok(o.ttl_seconds == 0, "no expiry");
    ok(o.limited && o.error_rate.numerator * 100 == o.error_rate.denominator,
       "at most one error in a hundred");
    ok(!o.keep_open && !o.whole_lines && !o.allow_evictions, "no flag");
}

static void test_all(void)
{
    static const char *const SHORT[ARGS_MAX] = {"-Tgaid", "-b1024", "-t300ms", "-R0", "-e",   "1%",
                                                "-u",     "left",   "-k",      "./s", "fifo", NULL};
    static const char *const LONG[ARGS_MAX] = {"--type=dvid",       "--batch=1",
                                               "--timeout",         "1m",
                                               "--retry-for=2h",    "--max-error-rate=none",
                                               "--undelivered=u",   "--ttl=31d",
                                               "--allow-evictions", "--whole-lines",
                                               "[::1]:2",           NULL};
    struct options_error error;
    struct sink_options o;

    ok(parse(SHORT, &o, &error) == OPTIONS_RUN, "short options: %s", error.text);
    ok(!o.any_type && o.type == DEVTYPE_GAID && o.batch == 1024 && o.timeout_ms == 300 &&
           o.retry_ms == 0 && o.limited &&
           o.error_rate.numerator * 100 == o.error_rate.denominator && o.keep_open,
       "their values");
    is_str(o.undelivered, "left", "undelivered");
    is_str(o.input, "fifo", "the file");
    ok(address_is_local_socket(&o.address), "a local socket");
    ok(parse(LONG, &o, &error) == OPTIONS_RUN, "long options: %s", error.text);
    ok(!o.any_type && o.type == DEVTYPE_DVID && o.batch == 1 && o.timeout_ms == 60000 &&
           o.retry_ms == 7200000 && !o.limited && o.ttl_seconds == 2678400 && o.allow_evictions &&
           o.whole_lines && !o.keep_open && !o.input,
       "their values");
    is_str(o.address.host, "::1", "an IPv6 address");
}

static void test_modes(void)
{
    static const struct {
        const char *list[ARGS_MAX];
        enum sink_mode mode;
    } CASE[] = {
        {{"-n", "h:1", NULL}, SINK_DRY_RUN},
        {{"--dry-run", "h:1", NULL}, SINK_DRY_RUN},
        {{"--verify", "h:1", NULL}, SINK_VERIFY},
        {{"--get", "h:1", "idfa:a", "gaid:b", NULL}, SINK_GET},
        {{"--counters", "h:1", NULL}, SINK_COUNTERS},
        {{"h:1", "--counters", NULL}, SINK_COUNTERS},
        {{"--since", "f", "--counters", "h:1", NULL}, SINK_COUNTERS},
        {{"--test", NULL}, SINK_TEST},
        {{"--verify", "--verify", "h:1", NULL}, SINK_VERIFY},
    };
    static const char *const HELP[ARGS_MAX] = {"-h", NULL}, *const VERSION[ARGS_MAX] = {"--version",
                                                                                        NULL};
    struct options_error error;
    struct sink_options o;

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++)
        ok(parse(CASE[i].list, &o, &error) == OPTIONS_RUN && o.mode == CASE[i].mode, "mode %zu: %s",
           i, error.text);
    ok(parse(HELP, &o, &error) == OPTIONS_HELP, "-h, without a server");
    ok(parse(VERSION, &o, &error) == OPTIONS_VERSION, "--version, without a server");
}

/* Each with a word that the message must have. */
static void test_bad(void)
{
    static const struct {
        const char *list[ARGS_MAX];
        const char *named;
    } CASE[] = {
        {{NULL}, "server"},
        {{"h", NULL}, "port"},
        {{"h:0", NULL}, "port"},
        {{"h:65536", NULL}, "port"},
        {{"::1:80", NULL}, "IPv6"},
        {{"h:1", "a", "b", NULL}, "'b'"},
        {{"--get", "h:1", NULL}, "keys are missing"},
        {{"--get", "h:1", "idfa:a", "", NULL}, "key 2"},
        {{"--get", "h:1", "idfa: a", NULL}, "key 1"},
        {{"--get", "--verify", "h:1", "a", NULL}, "--get"},
        {{"-k", "h:1", NULL}, "--keep-open"},
        {{"--since=f", "h:1", NULL}, "--since"},
        {{"-b0", "h:1", NULL}, "--batch"},
        {{"-b1025", "h:1", NULL}, "--batch"},
        {{"--batch=x", "h:1", NULL}, "--batch"},
        {{"-t299ms", "h:1", NULL}, "--timeout"},
        {{"-t0", "h:1", NULL}, "--timeout"},
        {{"--timeout=100d", "h:1", NULL}, "--timeout"},
        {{"-R-1", "h:1", NULL}, "--retry-for"},
        {{"-e1.2.3", "h:1", NULL}, "--max-error-rate"},
        {{"-e-1", "h:1", NULL}, "--max-error-rate"},
        {{"--max-error-rate=None", "h:1", NULL}, "--max-error-rate"},
        {{"--ttl=0", "h:1", NULL}, "--ttl"},
        {{"--ttl=999ms", "h:1", NULL}, "--ttl"},
        {{"--ttl=1500ms", "h:1", NULL}, "--ttl"},
        {{"--ttl=100000d", "h:1", NULL}, "--ttl"},
        {{"-T", "IDFA", "h:1", NULL}, "--type"},
        {{"--type=idfa,gaid", "h:1", NULL}, "--type"},
        {{"-n", "--verify", "h:1", NULL}, "--verify"},
        {{"--counters", "--test", "h:1", NULL}, "--test"},
        {{"h:1", "--undelivered", NULL}, "--undelivered"},
        {{"--mkfifo", "h:1", NULL}, "--mkfifo"},
        {{"--ver", "h:1", NULL}, "--ver"},
        {{"--verify=1", "h:1", NULL}, "--verify"},
        {{"--dry-run=1", "h:1", NULL}, "--dry-run"},
    };
    struct options_error error;
    struct sink_options o;

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        const char *first = CASE[i].list[0] ? CASE[i].list[0] : "nothing";
        ok(parse(CASE[i].list, &o, &error) == OPTIONS_BAD, "wrong: %s", first);
        ok(strstr(error.text, CASE[i].named) && !strchr(error.text, '\n'), "... says so: %s",
           error.text);
    }
}

static void test_edges(void)
{
    static const char *const GOOD[][ARGS_MAX] = {
        {"--ttl=1s", "h:1", NULL}, {"--ttl=1000ms", "h:1", NULL}, {"--ttl=30d", "h:1", NULL},
        {"-t300ms", "h:1", NULL},  {"-e0", "h:1", NULL},          {"-e100%", "h:1", NULL},
        {"-w0", "h:1", NULL},      {"h:1", "--", "-q", NULL},     {"--max-line=1", "h:1", NULL},
    };
    struct options_error error;
    struct sink_options o;

    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++)
        ok(parse(GOOD[i], &o, &error) == OPTIONS_RUN, "right: %s %s", GOOD[i][0], error.text);
    is_str(o.input, NULL, "no file");
    ok(parse(GOOD[7], &o, &error) == OPTIONS_RUN, "behind -- all are operands");
    is_str(o.input, "-q", "... even with a dash");
}

int main(void)
{
    test_defaults();
    test_all();
    test_modes();
    test_bad();
    test_edges();
    ok(strncmp(SINK_HELP, "Usage: memc_sink ", 17) == 0, "the help begins with the usage");
    return done_testing();
}
