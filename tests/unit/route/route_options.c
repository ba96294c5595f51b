/* SPDX-License-Identifier: MIT */
/* route_options: the command line of memc_route. */
#include "route/route_options.h"
#include "tap.h"

#include <stdlib.h>

enum { ARGS_MAX = 13 };

/* argv of a NULL-terminated list; getopt_long(3) may change its order. */
static enum options_result parse(const char *const list[ARGS_MAX], struct route_options *options,
                                 struct options_error *error)
{
    static char text[ARGS_MAX][128];
    char *argv[ARGS_MAX + 2];
    int argc = 0;

    argv[argc++] = text[0];
    snprintf(text[0], sizeof text[0], "memc_route");
    for (; list[argc - 1]; argc++) {
        snprintf(text[argc], sizeof text[argc], "%s", list[argc - 1]);
        argv[argc] = text[argc];
    }
    argv[argc] = NULL;
    *error->text = '\0';
    return route_options_parse(argc, argv, options, error);
}

static void test_defaults(void)
{
    static const char *const NONE[ARGS_MAX] = {NULL};
    struct options_error error;
    struct route_options o;

    ok(parse(NONE, &o, &error) == OPTIONS_RUN, "no option");
    is_str(o.directory, ".", "the FIFOs are here");
    is_u64(o.only, 15, "all types");
    ok(!o.path[0] && !o.path[1] && !o.path[2] && !o.path[3], "no paths of their own");
    ok(!o.make_fifos && !o.sentinel && !o.common.progress && !o.common.quiet && !o.common.verbose &&
           !o.common.append,
       "no flag");
    ok(!o.common.label && !o.common.rejects && !o.common.stats, "no files");
    is_u64((uint64_t)o.common.linger_ms, 100, "linger 100 ms");
    is_u64((uint64_t)o.common.wait_ms, 30000, "wait 30 s");
    is_u64(o.common.max_line, 1048576, "lines of 1 MiB");
    is_u64((uint64_t)o.common.nice, 10, "ten nicer");
}

static void test_all(void)
{
    static const char *const LONG[ARGS_MAX] = {"--dir=run", "--only",     "gaid,dvid", "--mkfifo",
                                               "--wait=5m", "--sentinel", "--rejects", "bad",
                                               "--gaid=/x", "--dvid",     "/dev/fd/5", NULL};
    static const char *const COMMON[ARGS_MAX] = {
        "--stats=-", "--progress", "--linger=0", "--max-line=8M", "--label",   "day 1", "--append",
        "--quiet",   "--verbose",  "--idfa=i",   "--adid=a",      "--nice=19", NULL};
    static const char *const SHORT[ARGS_MAX] = {"-drun", "-mE", "-o", "idfa", "-w", "1",
                                                "-pqv",  "-r",  "-",  "-s",   "x",  NULL};
    struct options_error error;
    struct route_options o;

    ok(parse(LONG, &o, &error) == OPTIONS_RUN, "long options: %s", error.text);
    ok(strcmp(o.directory, "run") == 0 && o.only == 10 && o.make_fifos && o.sentinel &&
           o.common.wait_ms == 300000,
       "their values");
    is_str(o.common.rejects, "bad", "rejects");
    is_str(o.path[DEVTYPE_GAID], "/x", "a type's path");
    is_str(o.path[DEVTYPE_DVID], "/dev/fd/5", "another's");
    ok(!o.path[DEVTYPE_IDFA] && !o.path[DEVTYPE_ADID], "the others have none");
    ok(parse(COMMON, &o, &error) == OPTIONS_RUN, "common options: %s", error.text);
    ok(o.common.linger_ms == 0 && o.common.max_line == 8388608 && o.common.progress &&
           o.common.append && o.common.quiet && o.common.verbose,
       "their values");
    is_str(o.common.stats, "-", "stats");
    is_str(o.common.label, "day 1", "label");
    is_str(o.path[DEVTYPE_IDFA], "i", "idfa's path");
    is_str(o.path[DEVTYPE_ADID], "a", "adid's path");
    is_u64((uint64_t)o.common.nice, 19, "nice");
    ok(parse(SHORT, &o, &error) == OPTIONS_RUN, "short options: %s", error.text);
    ok(strcmp(o.directory, "run") == 0 && o.make_fifos && o.sentinel && o.only == 1 &&
           o.common.wait_ms == 1000 && o.common.progress && o.common.quiet && o.common.verbose &&
           strcmp(o.common.rejects, "-") == 0 && strcmp(o.common.stats, "x") == 0,
       "their values");
}

static void test_ends(void)
{
    static const char *const HELP[ARGS_MAX] = {"-q", "--help", NULL}, *const VERSION[ARGS_MAX] = {
                                                                          "-V", NULL};
    struct options_error error;
    struct route_options o;

    ok(parse(HELP, &o, &error) == OPTIONS_HELP, "--help");
    ok(parse(VERSION, &o, &error) == OPTIONS_VERSION, "-V");
}

/* Each with a word that the message must have, so that it says which option is wrong. */
static void test_bad(void)
{
    static const struct {
        const char *list[ARGS_MAX];
        const char *named;
    } CASE[] = {
        {{"file", NULL}, "file"},
        {{"--", "-q", NULL}, "-q"},
        {{"--only=idfa,x", NULL}, "--only"},
        {{"--only", "", NULL}, "--only"},
        {{"-o", "IDFA", NULL}, "--only"},
        {{"--wait=5x", NULL}, "--wait"},
        {{"--wait=-1s", NULL}, "--wait"},
        {{"--wait=", NULL}, "--wait"},
        {{"--linger=1.5s", NULL}, "--linger"},
        {{"--linger=25d", NULL}, "--linger"},
        {{"--max-line=0", NULL}, "--max-line"},
        {{"--max-line=1T", NULL}, "--max-line"},
        {{"--max-line=9223372036854775807", NULL}, "--max-line"},
        {{"--nice=20", NULL}, "--nice"},
        {{"--nice=-1", NULL}, "--nice"},
        {{"--dir", NULL}, "--dir"},
        {{"-d", "", NULL}, "--dir"},
        {{"-d", NULL}, "-d"},
        {{"--unknown", NULL}, "--unknown"},
        {{"-Z", NULL}, "-Z"},
        {{"-qZ", NULL}, "Z"},
        {{"--s", NULL}, "--s"},
        {{"--quiet=yes", NULL}, "--quiet"},
        {{"--append=yes", NULL}, "--append"},
        {{"--mkfifo=yes", NULL}, "--mkfifo"},
        {{"--type=idfa", NULL}, "--type"},
    };
    struct options_error error;
    struct route_options o;

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        ok(parse(CASE[i].list, &o, &error) == OPTIONS_BAD, "wrong: %s", CASE[i].list[0]);
        ok(strstr(error.text, CASE[i].named) && !strchr(error.text, '\n'), "... says so: %s",
           error.text);
    }
}

int main(void)
{
    test_defaults();
    test_all();
    test_ends();
    test_bad();
    ok(strncmp(ROUTE_HELP, "Usage: memc_route ", 18) == 0, "the help begins with the usage");
    return done_testing();
}
