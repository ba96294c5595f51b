/* SPDX-License-Identifier: MIT */
/* sink: the one outcome of each line, in a dry run, which needs no server. */
#include "sink/sink.h"
#include "process/diag.h"
#include "process/signals.h"
#include "said.h"
#include "sink/verdict.h"

static struct sink sink;
static struct sink_options options;
static const struct sink_options DRY_RUN = {.common = {.max_line = 60, .quiet = true},
                                            .mode = SINK_DRY_RUN,
                                            .address = {.text = "s"},
                                            .any_type = true,
                                            .limited = false};

/* A whole run; returns its exit status, but for the verdict. What is said is listened to. */
static int run(const char *input)
{
    struct loop loop;
    struct infile file;

    scratch_write("input", input, strlen(input));
    unlink("rejects");
    unlink("rejects.why");
    if (infile_open("input", false, &file) != INFILE_OK)
        scratch_bail("input");
    struct linebuf *in = linebuf_open(file.fd, options.common.max_line);
    listen_begin();
    sink_init(&sink, &options);
    loop_start(&loop, &options.common, &SINK_CALLS, &sink);
    loop_merge_status(&loop, sink_open(&sink, &file, in));
    if (loop.status == 0 && sink_connect(&sink) == CONN_OK)
        loop_run(&loop, in, "input");
    loop_merge_status(&loop, sink_finish(&sink));
    loop_merge_status(&loop, sink_end_files(&sink));
    int status = loop_end(&loop);
    sink_close(&sink);
    linebuf_close(in);
    close(file.fd);
    return status;
}

static const struct {
    const char *line;
    char outcome; /* stored, blank, invalid */
    const char *reason;
} CASE[] = {
    {"idfa\tx\t1\t2\t3,4", 's', NULL},
    {"  dvid\tx\t-180\t1e2\t\t\t", 'i', "not five TAB-separated fields"},
    {"adid \t x \t 5. \t .5 \t 3 , abc\r", 's', NULL},
    {"", 'b', NULL},
    {" \t\v\f\r", 'b', NULL},
    {"xfa\tx\t1\t2\t3", 'i', "unknown device type"},
    {"idfa\t\t1\t2\t3", 'i', "empty device id"},
    {"idfa\tx\tnan\t2\t3", 'i', "latitude is not a finite decimal"},
    {"idfa\tx\t1\t1e999\t3", 'i', "longitude is not a finite decimal"},
    {"idfa\tx\t1\t2\t3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3", 'i',
     "longer than --max-line"},
};

static void test_lines(void)
{
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        char input[128], rejects[128], expected[128], line[160];
        const struct sink_tally *t = &sink.tally;

        options = DRY_RUN;
        options.common.rejects = "rejects";
        snprintf(input, sizeof input, "%s\n", CASE[i].line);
        is_u64((uint64_t)run(input), 0, "case %zu", i);
        snprintf(line, sizeof line, "t: line 1: %s\n", CASE[i].reason);
        /* A record that lost elements of its list of apps is told of at the end. */
        if (t->apps_dropped > 0)
            snprintf(line, sizeof line,
                     "t: %" PRIu64 " elements of the lists of apps, in 1 records, are no app ids "
                     "and were left out; line 1\n",
                     t->apps_dropped);
        said(CASE[i].reason || t->apps_dropped > 0 ? line : "", "... what is said");
        ok(t->lines == 1 && t->stored == (CASE[i].outcome == 's') &&
               t->blank == (CASE[i].outcome == 'b') && t->invalid == (CASE[i].outcome == 'i') &&
               sink_tally_holds(t),
           "... its outcome");
        snprintf(expected, sizeof expected, "%s", CASE[i].reason ? input : "");
        is_bytes(rejects, scratch_read("rejects", rejects, sizeof rejects), expected,
                 strlen(expected), "... what is given back");
        is_str(sink.rejects.reasons.of[0].text, CASE[i].reason, "... and counted by reason");
    }
}

static void test_counters(void)
{
    options = DRY_RUN;
    run("idfa\ta\t1\t2\t3,x,4,\ngaid\tb\t1\t2\t5\n\n");
    listen_end();
    is_u64(sink.tally.apps_dropped, 2, "elements that are no app");
    /* by protoc --encode: 2 apps are 4 bytes, a double is 9 */
    is_u64(sink.tally.bytes_out, 22 + 20, "bytes of the values");
    is_u64(sink.tally.bytes_in, 18 + 13 + 1, "bytes of the input");
    is_u64(sink.tally.lines, 3, "lines");
    is_str(sink.tally.mode, "dry-run", "the mode's word");
    ok(sink.tally.item_sizes != NULL, "a dry run tells more");
}

static void test_type(void)
{
    options = DRY_RUN;
    options.any_type = false;
    options.type = DEVTYPE_GAID;
    run("idfa\ta\t1\t2\t3\ngaid\tb\t1\t2\t3\n");
    said("t: gaid line 1: another device type than --type\n", "another type");
    ok(sink.tally.invalid == 1 && sink.tally.stored == 1, "... is invalid");
}

static void test_rest(void)
{
    static const char CUT[] = "idfa\ta\t1\t2\t3\nidfa\tb\t1\t2\t3";

    options = DRY_RUN;
    is_u64((uint64_t)run(CUT), 0, "an unterminated last line");
    said("", "... is a line");
    is_u64(sink.tally.stored, 2, "... like others");
    options.whole_lines = true;
    options.common.rejects = "rejects";
    is_u64((uint64_t)run(CUT), 74, "with --whole-lines it was cut");
    said("t: the input was cut in its line 2: no LF at its end\n", "... which is said");
    ok(sink.tally.stored == 1 && sink.tally.invalid == 1, "... and it is invalid");
    char rejects[8];
    is_u64(scratch_read("rejects", rejects, sizeof rejects), 0, "... and not given back");
    is_u64((uint64_t)run("idfa\ta\t1\t2\t3\n  "), 74, "so is a blank one");
    listen_end();
    ok(sink.tally.stored == 1 && sink.tally.blank == 1, "... which stays blank");
    is_u64((uint64_t)run("idfa\ta\t1\t2\t3\n"), 0, "a whole input");
    said("", "... is whole");
}

static void test_unopened(void)
{
    options = DRY_RUN;
    options.common.rejects = "none/rejects";
    is_u64((uint64_t)run("x\n"), 73, "rejects that cannot be made");
    said("t: none/rejects: No such file or directory\n", "... are told");
    is_u64(sink.tally.lines, 0, "... before anything is read");
    options = DRY_RUN;
    options.common.stats = "input";
    is_u64((uint64_t)run("x\n"), 73, "counters over the input");
    listen_end();
    char bytes[8];
    is_u64(scratch_read("input", bytes, sizeof bytes), 2, "... are not written");
}

int main(void)
{
    scratch_enter();
    diag_prefix("t", NULL);
    signals_prepare();
    test_lines();
    test_counters();
    test_type();
    test_rest();
    test_unopened();
    return done_testing();
}
