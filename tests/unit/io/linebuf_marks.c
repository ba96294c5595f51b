/* SPDX-License-Identifier: MIT */
/* linebuf with marks: several inputs behind each other. Expected are the inputs that were put
 * together. */
#include "io/linebuf.h"
#include "scratch.h"
#include "tap.h"

#include <inttypes.h>

enum { SHOWN_BYTES = 512, MAX_LINE = 8 };

/* What was read: [line], <piece of an over-long one>, + or - for a mark, with what stands before it
 * in (). */
struct reading {
    char shown[SHOWN_BYTES];
    size_t used;
};

static void show(struct reading *r, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && r->used + 1 < sizeof r->shown; i++)
        r->shown[r->used++] = bytes[i] == '\0' ? '0' : bytes[i];
    r->shown[r->used] = '\0';
}

static void show_in(struct reading *r, const char *brackets, struct slice text)
{
    show(r, brackets, 1);
    show(r, text.at, text.len);
    show(r, brackets + 1, 1);
}

static void show_number(struct reading *r, uint64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRIu64, number);

    show(r, text, (size_t)len);
}

static void take(struct reading *r, struct linebuf *in)
{
    struct line line;

    while (linebuf_next(in, &line)) {
        if (line.mark == LINE_NO_MARK) {
            show_in(r, line.overlong ? "<>" : "[]", line.text);
            continue;
        }
        if (line_has_rest(&line))
            show_in(r, line.overlong ? "{}" : "()", line.text);
        show(r, line.mark == LINE_MARK ? "+" : "-", 1);
        show_number(r, linebuf_input_bytes(in));
        linebuf_next_input(in);
    }
}

/* Reads the input, in pieces of `step` bytes; '0' stands for a NUL. */
static struct reading read_all(const char *input, const char *token, size_t step)
{
    struct reading r = {{0}, 0};
    size_t len = strlen(input);
    int end[2];

    make_pipe(end);
    struct linebuf *in = linebuf_open(end[0], MAX_LINE);
    linebuf_expect_marks(in, slice_of(token));
    for (size_t from = 0; from < len; from += step) {
        for (size_t i = from; i < len && i < from + step; i++)
            put_all(end[1], input[i] == '0' ? "" : input + i, 1);
        linebuf_fill(in, -1);
        take(&r, in);
    }
    close(end[1]);
    linebuf_close(in);
    close(end[0]);
    return r;
}

static const struct {
    const char *name, *token, *input, *expected;
} CASES[] = {
    {"two whole inputs", "T", "a\nb\n0T+\nc\n0T+\n", "[a][b]+4[c]+2"},
    {"an input that was cut", "T", "a\nbc0T-\nd\n0T+\n", "[a](bc)-4[d]+2"},
    {"an unterminated last line", "T", "a\nbc0T+\n", "[a](bc)+4"},
    {"empty inputs", "T", "0T+\n0T-\n0T+\n", "+0-0+0"},
    {"a NUL and a token elsewhere", "T", "a0T+b\n0\na0\n0T\nT+\n0T+\n",
     "[a0T+b][0][a0][0T][T+]+17"},
    {"a token of another group", "TT", "a0T+\n0UU+\n0TT+\n", "[a0T+][0UU+]+10"},
    {"a token begun twice", "T", "0T0T+\n", "(0T)+2"},
    {"without a token, a line of one NUL", "", "a\n0\nb0\n00\n0\n", "[a]+2[b0][00]+6"},
};

/* The pieces of an over-long line depend on the reads: they are put together. */
static void check_overlong(size_t step)
{
    struct reading r = read_all("123456789abc0T+\nd\n0T-\n", "T", step);
    char text[SHOWN_BYTES] = "", *to = text;

    for (const char *at = r.shown; *at; at++)
        if (!strchr("<>{}", *at))
            *to++ = *at;
    *to = '\0';
    ok(strcmp(text, "123456789abc+12[d]-2") == 0, "an over-long line ends at its mark, by %zu: %s",
       step, text);
}

int main(void)
{
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        for (size_t step = 1; step < 24; step++) {
            struct reading r = read_all(CASES[i].input, CASES[i].token, step);
            ok(strcmp(r.shown, CASES[i].expected) == 0, "%s, by %zu: %s", CASES[i].name, step,
               r.shown);
        }
    }
    for (size_t step = 1; step < 24; step++)
        check_overlong(step);
    return done_testing();
}
