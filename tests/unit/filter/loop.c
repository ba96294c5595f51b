/* SPDX-License-Identifier: MIT */
/*
 * loop: which of a program's calls come in which order. The program is a list
 * of what it was asked for; its input is a pipe, which the test fills.
 */
#include "filter/loop.h"
#include "process/diag.h"
#include "process/signals.h"
#include "said.h"

#include <signal.h>

struct program {
    struct linebuf *in;
    char log[512];
    bool over, pending, marks;
    int rest_status, raises; /* a signal, with the first line */
    enum linebuf_result stopping;
};

static struct program program;

static void note(const char *word)
{
    size_t len = strlen(program.log);

    snprintf(program.log + len, sizeof program.log - len, "%s ", word);
}

static bool take(void *self)
{
    struct program *p = self;
    struct line line;
    char text[64];

    while (linebuf_next(p->in, &line)) {
        snprintf(text, sizeof text, "line=%.*s", (int)line.text.len, line.text.at);
        note(text);
        if (p->raises)
            raise(p->raises);
        p->raises = 0;
        if (line.mark != LINE_NO_MARK)
            return true;
    }
    return false;
}

static void next(void *self)
{
    (void)self;
    note("next");
}

static bool is_over(const void *self)
{
    return ((const struct program *)self)->over;
}

static bool is_pending(const void *self)
{
    return ((const struct program *)self)->pending;
}

static void flush(void *self)
{
    ((struct program *)self)->pending = false;
    note("flush");
}

static void tell(void *self, const struct loop_counts *counts, char *text, struct json *json)
{
    (void)self;
    snprintf(text, SUMMARY_BYTES, "%" PRIu64 " bytes, exit %d", counts->bytes_in, counts->exit);
    note(json ? "report" : "show");
    if (!json)
        return;
    json_begin(json);
    json_count_or_null(json, "exit", counts->exit);
}

static enum linebuf_result stopping(void *self)
{
    struct program *p = self;

    note("stopping");
    if (p->stopping != LINEBUF_END)
        return p->stopping;
    signals_forgive();
    while (linebuf_fill(p->in, 0) != LINEBUF_END)
        take(self);
    return LINEBUF_END;
}

static int rest(void *self)
{
    struct program *p = self;
    struct line line;

    note(linebuf_rest(p->in, &line) ? "rest" : "no-rest");
    return p->rest_status;
}

static const struct loop_calls CALLS = {take,  next, is_over,  is_pending,
                                        flush, tell, stopping, rest};
static const struct loop_calls FEW = {
    .take = take, .is_pending = is_pending, .flush = flush, .tell = tell, .rest = rest};

/* '@' stands for a NUL. */
static void put_text(int fd, const char *text)
{
    for (; *text; text++)
        put_all(fd, *text == '@' ? "" : text, 1);
}

/* A whole run over a text; returns its exit status. Descriptor 2 is listened to. */
static int run(const char *text, const struct loop_calls *calls, struct common_options options)
{
    struct loop loop;
    int end[2];

    make_pipe(end);
    put_text(end[1], text);
    close(end[1]);
    program.in = linebuf_open(end[0], 100);
    if (program.marks)
        linebuf_expect_marks(program.in, (struct slice){NULL, 0});
    program.log[0] = '\0';
    listen_begin();
    loop_start(&loop, &options, calls, &program);
    loop_run(&loop, program.in, "input");
    int status = loop_end(&loop);
    linebuf_close(program.in);
    close(end[0]);
    return status;
}

static void test_end(void)
{
    struct common_options options = {.linger_ms = 100};

    program = (struct program){0};
    is_u64((uint64_t)run("a\nb\nc", &CALLS, options), 0, "a whole input");
    said("t: 5 bytes, exit 0\n", "the line is said once");
    is_str(program.log, "line=a line=b rest flush report ", "lines, the rest, a flush, the report");

    program = (struct program){.rest_status = 74};
    options.quiet = true;
    is_u64((uint64_t)run("a\n", &FEW, options), 74, "the rest has a status");
    said("", "quiet");
    is_str(program.log, "line=a no-rest flush report ", "two calls may be missing");

    program = (struct program){.over = true};
    run("a\nb", &CALLS, options);
    listen_end();
    is_str(program.log, "flush report ", "no read and no rest where there is no use in reading on");
}

/* Marks: each input is flushed and reported before the next one's lines are taken. */
static void test_marks(void)
{
    struct common_options options = {.linger_ms = 100, .quiet = true, .marks = true};

    program = (struct program){.marks = true};
    run("a\nb\n", &CALLS, options);
    is_str(program.log, "line=a line=b no-rest flush report ", "marks are expected, none comes");
    program.marks = true;
    run("a\n@\nb\n@\n", &CALLS, options);
    is_str(program.log,
           "line=a line= flush report next line=b line= flush report next no-rest flush report ",
           "two inputs");
    listen_end();
}

static void test_linger(void)
{
    struct common_options options = {.linger_ms = 0, .quiet = true};

    program = (struct program){.pending = true};
    run("a\n", &CALLS, options);
    listen_end();
    is_str(program.log, "flush line=a no-rest flush report ",
           "what waits is flushed before the next read when its time is over");
    options.linger_ms = 60000;
    program = (struct program){.pending = true};
    run("a\n", &CALLS, options);
    listen_end();
    is_str(program.log, "line=a no-rest flush report ", "... and not before");
}

static void test_broken(void)
{
    struct common_options options = {.quiet = true};
    struct loop loop;
    int folder = scratch_open(".", O_RDONLY | O_DIRECTORY);

    program = (struct program){.in = linebuf_open(folder, 100)};
    listen_begin();
    loop_start(&loop, &options, &CALLS, &program);
    loop_run(&loop, program.in, "input");
    is_u64((uint64_t)loop_end(&loop), 74, "an input that cannot be read");
    said("t: input: unable to read after line 0: Is a directory\n", "is said");
    is_str(program.log, "flush report ", "and has no rest");
    linebuf_close(program.in);
    close(folder);
}

static void test_counters_asked(void)
{
    struct common_options options = {.stats = "stats"};
    char json[64];

    program = (struct program){.raises = SIGUSR1};
    is_u64((uint64_t)run("a\n", &CALLS, options), 0, "USR1");
    said("t: 2 bytes, exit -1\nt: 2 bytes, exit 0\n", "the counters come twice");
    is_str(program.log, "line=a report no-rest flush report ", "the first time at once");
    is_bytes(json, scratch_read("stats", json, sizeof json), "{\"exit\":0}\n", 11,
             "the file has the last ones");
}

static void test_signal(void)
{
    struct common_options options = {.quiet = true};

    program = (struct program){.raises = SIGTERM, .stopping = LINEBUF_STOPPED};
    is_u64((uint64_t)run("a\nb", &CALLS, options), 128 + SIGTERM, "TERM");
    listen_end();
    is_str(program.log, "line=a stopping flush report ", "ends it, and what is unterminated stays");
    program = (struct program){.stopping = LINEBUF_END};
    run("a\nb", &CALLS, options);
    listen_end();
    is_str(program.log, "stopping line=a rest flush report ",
           "before the first read, too; the program may have found the end meanwhile");
    signals_forgive();
}

int main(void)
{
    scratch_enter();
    diag_prefix("t", NULL);
    signals_prepare();
    test_end();
    test_marks();
    test_linger();
    test_broken();
    test_counters_asked();
    test_signal();
    return done_testing();
}
