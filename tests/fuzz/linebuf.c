/* SPDX-License-Identifier: MIT */
/*
 * fuzz: the line reader. The input is
 *
 *     max_line  scale  mode  cut cut cut cut  text
 *
 * a byte each but the text. Every byte of the text stands for `scale` of them,
 * LF and NUL for one, so that the buffer's edges are near. The text goes through
 * a pipe in pieces of the lengths `cut`, over and over, each read before the
 * next is written; a 0 is a look at a pipe with nothing in it.
 *
 * The lines are those of the text cut at its LFs, whole or, if longer than
 * max_line, in marked pieces; none is held back; no more than max_line + 1
 * bytes wait for an LF; each has its number and offset; sentinel and
 * unterminated rest are what stands there.
 */
#define _GNU_SOURCE /* pipe2 */
#include "io/linebuf.h"

#include "fuzz.h"
#include "process/timing.h"

#include <fcntl.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 512, SCALE_BITS = 8, CUTS = 4, PIPE_BYTES = 65536, BUDGET_MS = 60000 };

enum { MODE_SENTINEL = 1, MODE_NONBLOCKING = 2, MODE_FINISH = 4 };

struct run {
    struct linebuf *in;
    int end[2];
    size_t max_line;
    struct slice text;
    size_t fed;     /* bytes of the text written to the pipe */
    size_t at;      /* bytes of the text that came back, LFs included */
    size_t begin;   /* where the line at `at` begins: its offset */
    size_t length;  /* of all lines, the last one's without its sentinel */
    uint64_t lines; /* that ended */
};

/* Where the line that begins at `from` ends: at its LF or at the end. */
static size_t line_end(const struct run *run, size_t from)
{
    const char *lf =
        from < run->length ? memchr(run->text.at + from, '\n', run->length - from) : NULL;

    return lf ? (size_t)(lf - run->text.at) : run->length;
}

static void check_line(struct run *run, const struct line *line, bool is_rest)
{
    size_t end = line_end(run, run->begin);

    must(line->overlong == (end - run->begin > run->max_line));
    must(line->overlong || (run->at == run->begin && line->ends));
    must(line->ends || line->text.len > 0);
    must(line->text.len <= end - run->at);
    must(line->text.len == 0 || memcmp(line->text.at, run->text.at + run->at, line->text.len) == 0);
    must(line->place.number == run->lines + 1 && line->place.offset == run->begin);
    run->at += line->text.len;
    if (!line->ends)
        return;
    must(run->at == end && (is_rest || end < run->fed));
    run->at += !is_rest;
    run->begin = run->at;
    run->lines++;
}

/* All lines that are there, and then none is left that could have come. */
static void drain(struct run *run)
{
    struct line line;

    while (linebuf_next(run->in, &line))
        check_line(run, &line, false);
    must(line_end(run, run->at) >= run->fed || run->fed > run->length);
    must(run->fed - run->at <= run->max_line + 1);
}

static void feed(struct run *run, size_t len)
{
    must(write(run->end[1], run->text.at + run->fed, len) == (ssize_t)len);
    run->fed += len;
}

/* One piece, which may need several reads. */
static void take_piece(struct run *run, size_t len)
{
    uint64_t before = linebuf_bytes(run->in);

    feed(run, len);
    while (linebuf_bytes(run->in) < before + len) {
        must(linebuf_fill(run->in, 0) == LINEBUF_FILLED);
        drain(run);
    }
}

/* After the last piece: end of file, sentinel, rest. */
static void take_end(struct run *run, bool ask_sentinel)
{
    bool sentinel = run->length < run->text.len;
    struct line line;

    close(run->end[1]);
    must(linebuf_fill(run->in, -1) == LINEBUF_END);
    drain(run);
    if (ask_sentinel)
        must(linebuf_take_sentinel(run->in) == sentinel);
    bool rest = linebuf_rest(run->in, &line);
    must(rest == (run->begin < run->length));
    if (rest)
        check_line(run, &line, true);
    must(run->at == run->length && !linebuf_rest(run->in, &line));
    must(linebuf_bytes(run->in) == run->length);
}

/* Everything is in the pipe: linebuf_finish takes the line that has begun, and not a byte more. */
static void finish_line(struct run *run)
{
    struct budget budget = budget_start(BUDGET_MS);
    size_t end = line_end(run, run->begin), len = run->text.len - run->fed;
    size_t wanted = run->fed > run->at ? end + 1 : run->fed; /* a line has begun, or not */
    char left[PIPE_BYTES];
    bool goes_on;

    feed(run, len);
    close(run->end[1]);
    do {
        goes_on = linebuf_finish(run->in, &budget);
        struct line line;
        while (linebuf_next(run->in, &line))
            check_line(run, &line, false);
    } while (goes_on);
    if (wanted > run->text.len)
        wanted = run->text.len;
    must(linebuf_bytes(run->in) == wanted);
    len = run->text.len - wanted;
    must(read(run->end[0], left, sizeof left) == (ssize_t)len);
    must(memcmp(left, run->text.at + wanted, len) == 0);
}

static void read_all(struct run *run, const unsigned *cut, unsigned mode)
{
    size_t zeros = 0;

    for (size_t i = 0; run->fed < run->text.len; i++) {
        size_t left = run->text.len - run->fed, len = cut[i % CUTS];
        if (len == 0 && zeros++ < CUTS) {
            must(linebuf_fill(run->in, 0) == LINEBUF_IDLE);
            continue;
        }
        if (i >= CUTS && mode & MODE_FINISH && left <= PIPE_BYTES / 16) {
            finish_line(run);
            return;
        }
        if (len == 0 || len > left)
            len = left;
        take_piece(run, len < PIPE_BYTES ? len : PIPE_BYTES);
    }
    take_end(run, mode & MODE_SENTINEL);
}

/* The text that the input stands for, to be freed. */
static struct slice expand(struct slice input, size_t scale)
{
    char *text = fuzz_memory(input.len * scale);
    size_t used = 0;

    for (size_t i = 0; i < input.len; i++) {
        size_t times = input.at[i] == '\n' || input.at[i] == '\0' ? 1 : scale;
        memset(text + used, input.at[i], times);
        used += times;
    }
    return (struct slice){text, used};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size < INPUT_BYTES_MAX ? size : INPUT_BYTES_MAX};
    struct run run = {.in = NULL};
    unsigned cut[CUTS];

    run.max_line = 1 + fuzz_byte(&input);
    size_t scale = (size_t)1 << fuzz_byte(&input) % SCALE_BITS;
    unsigned mode = fuzz_byte(&input);
    for (int i = 0; i < CUTS; i++)
        cut[i] = fuzz_byte(&input) * (unsigned)scale;
    run.max_line = (run.max_line - 1) * scale + 1;
    run.text = expand(input, scale);
    run.length = run.text.len;
    if (mode & MODE_SENTINEL && run.length > 0 && run.text.at[run.length - 1] == '\0')
        run.length--;
    /* Nothing is promised of a sentinel when the line is finished before the end of the input. */
    if (mode & MODE_SENTINEL)
        mode &= ~(unsigned)MODE_FINISH;
    must(pipe2(run.end, mode & MODE_NONBLOCKING ? O_NONBLOCK : 0) == 0);
    must((run.in = linebuf_open(run.end[0], run.max_line)) != NULL);
    read_all(&run, cut, mode);
    linebuf_close(run.in);
    close(run.end[0]);
    free((void *)(uintptr_t)run.text.at);
    return 0;
}
