/* SPDX-License-Identifier: MIT */
/* linebuf: waits, ends, and linebuf_finish. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "io/linebuf.h"
#include "process/signals.h"
#include "process/timing.h"
#include "scratch.h"
#include "tap.h"

#include <signal.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void put(int fd, const char *text)
{
    put_all(fd, text, strlen(text));
}

static bool next_is(struct linebuf *in, const char *text)
{
    struct line line;

    return linebuf_next(in, &line) && line.ends && slice_equal(line.text, slice_of(text));
}

static void test_results(int flags, const char *name)
{
    struct line line;
    int end[2];

    make_pipe(end);
    fcntl(end[0], F_SETFL, flags);
    struct linebuf *in = linebuf_open(end[0], 100);
    ok(linebuf_fill(in, 0) == LINEBUF_IDLE, "%s: an empty pipe with a writer is idle", name);
    put(end[1], "a\nb");
    ok(linebuf_fill(in, 0) == LINEBUF_FILLED, "%s: bytes", name);
    ok(next_is(in, "a") && linebuf_number(in) == 1, "%s: line 1", name);
    ok(!linebuf_next(in, &line) && linebuf_number(in) == 1, "%s: line 2 has no end yet", name);
    put(end[1], "c");
    ok(linebuf_fill(in, -1) == LINEBUF_FILLED && !linebuf_next(in, &line), "%s: still none", name);
    close(end[1]);
    ok(linebuf_fill(in, -1) == LINEBUF_END && !linebuf_next(in, &line), "%s: the end", name);
    ok(linebuf_rest(in, &line) && slice_equal(line.text, slice_of("bc")) && line.ends &&
           !line.overlong,
       "%s: the rest", name);
    ok(!linebuf_rest(in, &line), "%s: the rest comes once", name);
    is_u64(linebuf_number(in), 2, "%s: it is line 2", name);
    is_u64(linebuf_bytes(in), 4, "%s: four bytes", name);
    linebuf_close(in);
    close(end[0]);
}

static void test_error(void)
{
    int end[2];

    make_pipe(end);
    struct linebuf *in = linebuf_open(end[0], 100);
    close(end[0]);
    close(end[1]);
    ok(linebuf_fill(in, -1) == LINEBUF_ERROR && errno == EBADF, "a closed descriptor");
    linebuf_close(in);
    int folder = scratch_open(".", O_RDONLY);
    in = linebuf_open(folder, 100);
    ok(linebuf_fill(in, -1) == LINEBUF_ERROR && errno == EISDIR, "a folder");
    linebuf_close(in);
    close(folder);
}

/* A request to stop comes before the bytes that are there; forgiven, they are read. */
static bool stops(int flags)
{
    int end[2];

    make_pipe(end);
    fcntl(end[0], F_SETFL, flags);
    struct linebuf *in = linebuf_open(end[0], 100);
    put(end[1], "a\n");
    raise(SIGTERM);
    bool stopped = linebuf_fill(in, -1) == LINEBUF_STOPPED && linebuf_bytes(in) == 0;
    signals_forgive();
    return stopped && linebuf_fill(in, -1) == LINEBUF_FILLED && next_is(in, "a");
}

/* Begins with `begun`, then finishes with `more` in the pipe; *left is what is there afterwards. */
static struct linebuf *finish(const char *begun, const char *more, char *left, size_t size)
{
    struct budget budget = budget_start(60000);
    struct line line;
    int end[2];

    make_pipe(end);
    fcntl(end[1], F_SETPIPE_SZ, 1024 * 1024);
    struct linebuf *in = linebuf_open(end[0], 4);
    if (*begun) {
        put(end[1], begun);
        linebuf_fill(in, -1);
        while (linebuf_next(in, &line))
            ;
    }
    put(end[1], more);
    close(end[1]);
    while (linebuf_finish(in, &budget))
        while (linebuf_next(in, &line))
            ;
    left[get_all(end[0], left, size - 1)] = '\0';
    close(end[0]);
    return in;
}

static void test_finish(void)
{
    static const struct {
        const char *begun, *more;
        const char *line; /* NULL: none */
        const char *left;
    } CASE[] = {
        {"ab", "cd\nnext\n", "abcd", "next\n"},
        {"x\nab", "\nnext\n", "ab", "next\n"},
        {"x\n", "next\n", NULL, "next\n"},
        {"", "next\n", NULL, "next\n"},
        {"ab", "cd", NULL, ""},
        {"ab", "", NULL, ""},
        {"abcdefgh", "ij\nnext\n", "hij", "next\n"}, /* the last piece of an over-long line */
    };
    char left[64];

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct line line;
        struct linebuf *in = finish(CASE[i].begun, CASE[i].more, left, sizeof left);
        if (CASE[i].line)
            ok(next_is(in, CASE[i].line), "finish %zu: the line is whole", i);
        else
            ok(!linebuf_next(in, &line), "finish %zu: no line", i);
        is_str(left, CASE[i].left, "finish %zu: the rest stays in the pipe", i);
        linebuf_close(in);
    }
}

/* With no time left nothing is waited for; what was begun stays as it is. */
static void test_finish_limit(void)
{
    struct line line;
    int end[2];

    make_pipe(end);
    struct linebuf *in = linebuf_open(end[0], 100);
    put(end[1], "ab");
    linebuf_fill(in, -1);
    struct budget budget = budget_start(0);
    ok(!linebuf_finish(in, &budget), "no time, no byte");
    ok(!linebuf_next(in, &line), "no line within the limit");
    close(end[1]);
    ok(linebuf_fill(in, -1) == LINEBUF_END && linebuf_rest(in, &line) &&
           slice_equal(line.text, slice_of("ab")),
       "what was begun is still there");
    linebuf_close(in);
    close(end[0]);
}

/* A line far longer than the buffer: after its LF the pipe stands at the next line. */
static void test_finish_overlong(void)
{
    enum { LONG = 600 * 1024 };
    static char more[LONG + 8], left[LONG + 8];
    struct line line;
    bool ended = false;

    memset(more, 'x', LONG);
    strcpy(more + LONG, "\nnext\n");
    struct linebuf *in = finish("abcdefgh", more, left, sizeof left);
    while (linebuf_next(in, &line))
        ended = line.ends;
    ok(ended, "an over-long line of 600 KiB is finished");
    ok(strcmp(left, "next\n") == 0, "... and nothing of it is left in the pipe (%zu bytes are)",
       strlen(left));
    linebuf_close(in);
}

/* In children: a second signal would end the process. */
static void test_stop(void)
{
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        pid_t pid = fork_child();
        if (pid == 0)
            _exit(stops(nonblocking ? O_NONBLOCK : 0) ? 0 : 1);
        is_u64((uint64_t)wait_child(pid), 0, "stopped while reading, %sblocking",
               nonblocking ? "non-" : "");
    }
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    test_results(O_RDONLY, "blocking");
    test_results(O_RDONLY | O_NONBLOCK, "non-blocking");
    test_error();
    test_stop();
    test_finish();
    test_finish_limit();
    test_finish_overlong();
    return done_testing();
}
