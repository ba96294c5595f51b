/* SPDX-License-Identifier: MIT */
/* report: rejects and undelivered lines. */
#include "io/linefile.h"
#include "scratch.h"
#include "tap.h"

static void holds(const char *path, const char *text, const char *name)
{
    char bytes[256];

    is_bytes(bytes, scratch_read(path, bytes, sizeof bytes), text, strlen(text), "%s", name);
}

static void test_none(void)
{
    struct linefile report;

    ok(linefile_open(&report, NULL, false, 0, STDIN_FILENO) == 0 && !report.out,
       "no report was asked for");
    linefile_line(&report, slice_of("x"));
    is_u64((uint64_t)linefile_close(&report), 0, "nothing happens");
}

static void test_lines(void)
{
    struct linefile report;

    ok(linefile_open(&report, "rejects", false, 0, STDIN_FILENO) == 0, "a new file");
    linefile_line(&report, slice_of("one\r"));
    linefile_piece(&report, slice_of("t"), false);
    linefile_piece(&report, slice_of("w"), false);
    linefile_piece(&report, slice_of("o"), true);
    linefile_line(&report, slice_of(""));
    linefile_piece(&report, slice_of("open"), false);
    is_u64((uint64_t)linefile_close(&report), 0, "lines and pieces");
    holds("rejects", "one\r\ntwo\n\nopen\n", "... each line as it was, with its LF");
    is_u64((uint64_t)linefile_open(&report, "empty", false, 0, STDIN_FILENO), 0,
           "a file for nothing");
    is_u64((uint64_t)linefile_close(&report), 0, "... closed");
    holds("empty", "", "... is kept");
}

/* A piece larger than any buffer, then the rest of its line. */
static void test_long_line(void)
{
    static char piece[300000], back[700000];
    struct linefile report;

    memset(piece, 'x', sizeof piece);
    linefile_open(&report, "long", false, 0, STDIN_FILENO);
    linefile_piece(&report, (struct slice){piece, sizeof piece}, false);
    linefile_piece(&report, (struct slice){piece, sizeof piece}, false);
    linefile_piece(&report, slice_of("end"), true);
    is_u64((uint64_t)linefile_close(&report), 0, "a line of 600,003 bytes");
    size_t len = scratch_read("long", back, sizeof back);
    ok(len == 600004 && memcmp(back + 600000, "end\n", 4) == 0 && !memchr(back, 'e', 600000),
       "... is written once");
}

/* Messages go to descriptor 2: the tests that make some look away. */
static void test_refusals(void)
{
    struct linefile report;
    int quiet = scratch_open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO);

    dup2(quiet, STDERR_FILENO);
    scratch_write("there", "old\n", 4);
    int input = scratch_open("there", O_RDONLY);
    int other = linefile_open(&report, "there", false, 0, STDIN_FILENO);
    int same = linefile_open(&report, "there", true, 0, input);
    linefile_line(&report, slice_of("x"));
    int closed = linefile_close(&report);
    int missing = linefile_open(&report, "missing/file", false, 0, STDIN_FILENO);
    int full = linefile_open(&report, "/dev/full", false, 0, STDIN_FILENO);
    linefile_line(&report, slice_of("x"));
    int lost = linefile_close(&report);
    dup2(kept, STDERR_FILENO);
    is_u64((uint64_t)other, 73, "an existing file is refused");
    is_u64((uint64_t)same, 73, "the input itself is refused, even to append");
    is_u64((uint64_t)closed, 73, "... which closing tells again");
    holds("there", "old\n", "... and it is unchanged");
    is_u64((uint64_t)missing, 73, "no such folder");
    is_u64((uint64_t)full, 0, "a full device opens");
    is_u64((uint64_t)lost, 74, "... and its lines are lost: 74");
    is_u64((uint64_t)linefile_open(&report, "there", true, 0, STDIN_FILENO), 0, "--append");
    linefile_line(&report, slice_of("new"));
    is_u64((uint64_t)linefile_close(&report), 0, "... adds");
    holds("there", "old\nnew\n", "... at the end");
}

int main(void)
{
    scratch_enter();
    test_none();
    test_lines();
    test_long_line();
    test_refusals();
    return done_testing();
}
