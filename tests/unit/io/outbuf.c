/* SPDX-License-Identifier: MIT */
/* outbuf: whole lines to a descriptor, and an exact account of those that did not get there. */
#include "io/outbuf.h"
#include "scratch.h"
#include "tap.h"

#include <signal.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { BIG_BYTES = 4 * 1024 * 1024 };

static char big[BIG_BYTES];

static struct slice letters(char letter, size_t len)
{
    static char line[512 * 1024];

    memset(line, letter, len);
    return (struct slice){line, len};
}

static void test_lines(void)
{
    struct outbuf *out = outbuf_open(scratch_open("lines", O_WRONLY | O_CREAT), false);

    ok(!outbuf_pending(out) && outbuf_error(out) == 0, "nothing is gathered at first");
    ok(outbuf_flush(out), "nothing to flush is fine");
    ok(outbuf_line(out, slice_of("one")) && outbuf_line(out, slice_of("")) &&
           outbuf_line(out, (struct slice){"t\0o", 3}),
       "lines are taken");
    ok(outbuf_pending(out), "they are gathered");
    ok(scratch_read("lines", big, sizeof big) == 0, "... and not written yet");
    ok(outbuf_flush(out) && !outbuf_pending(out), "flushed");
    is_bytes(big, scratch_read("lines", big, sizeof big), "one\n\nt\0o\n", 9, "each with its LF");
    ok(outbuf_line(out, slice_of("last")), "one more");
    is_u64((uint64_t)outbuf_close(out), 0, "closing flushes");
    is_bytes(big, scratch_read("lines", big, sizeof big), "one\n\nt\0o\nlast\n", 14,
             "the whole file");
    is_u64((uint64_t)outbuf_close(NULL), 0, "closing nothing");
}

/* All of the lengths around the buffer's 64 KiB, one behind the other, locked and not. */
static void test_lengths(bool locking)
{
    static const size_t LEN[] = {0,     1,     65533, 1,      0,      65534,  65535,
                                 65536, 65537, 3,     131072, 200000, 32767,  32767,
                                 1,     32768, 32768, 65535,  65535,  500000, 2};
    struct outbuf *out =
        outbuf_open(scratch_open("lengths", O_WRONLY | O_CREAT | O_TRUNC), locking);
    size_t used = 0, at = 0;
    bool taken = true, right = true;

    for (size_t i = 0; i < COUNT(LEN); i++)
        taken = outbuf_line(out, letters((char)('a' + i), LEN[i])) && taken;
    ok(taken && outbuf_close(out) == 0, "lines of all lengths%s", locking ? ", locked" : "");
    used = scratch_read("lengths", big, sizeof big);
    for (size_t i = 0; i < COUNT(LEN); i++) {
        for (size_t byte = 0; byte < LEN[i]; byte++)
            right = right && at < used && big[at++] == (char)('a' + i);
        right = right && at < used && big[at++] == '\n';
    }
    ok(right && at == used, "... are in the file, in order");
}

static void test_pieces(void)
{
    static const struct {
        const char *piece;
        bool ends;
    } PIECE[] = {{"a", false}, {"", false}, {"b", true},    {"", true},
                 {"c", true},  {"", false}, {"open", false}};
    struct outbuf *out = outbuf_open(scratch_open("pieces", O_WRONLY | O_CREAT), false);
    size_t used;

    for (size_t i = 0; i < COUNT(PIECE); i++)
        outbuf_piece(out, slice_of(PIECE[i].piece), PIECE[i].ends);
    is_u64((uint64_t)outbuf_close(out), 0, "pieces");
    is_bytes(big, scratch_read("pieces", big, sizeof big), "ab\n\nc\nopen\n", 11,
             "an open line ends with LF, an ended one not twice");
    out = outbuf_open(scratch_open("pieces", O_WRONLY | O_TRUNC), false);
    ok(outbuf_piece(out, slice_of("be"), false) && outbuf_flush(out) && !outbuf_pending(out),
       "an open line is flushed");
    ok(outbuf_piece(out, slice_of("gun"), true) && outbuf_close(out) == 0, "... and ended");
    is_bytes(big, scratch_read("pieces", big, sizeof big), "begun\n", 6,
             "... its begin is written once");
    out = outbuf_open(scratch_open("pieces", O_WRONLY | O_TRUNC), false);
    for (int i = 0; i < 16; i++)
        outbuf_piece(out, letters('p', 65536), i == 15);
    outbuf_piece(out, letters('q', 65535), true);
    is_u64((uint64_t)outbuf_close(out), 0, "a line of 1 MiB in pieces as large as the buffer");
    used = scratch_read("pieces", big, sizeof big);
    ok(used == (1 << 20) + 1 + 65536 && big[1 << 20] == '\n' && big[used - 1] == '\n' &&
           !memchr(big, '\n', 1 << 20),
       "... and the next one");
}

/* Lines "n=0", "n=1", ... of the letter's length; every tenth one is long. */
static size_t numbered(char *line, size_t size, int n)
{
    return (size_t)snprintf(line, size, "n=%d %0*d", n, n % 10 == 9 ? 3000 : 1 + n % 7, 0);
}

/*
 * A file that may not grow beyond `limit` bytes takes exactly so many. Of the
 * lines that had been accepted those count as unwritten that do not stand in
 * it with their LF.
 */
static void check_limit(size_t limit, int lines)
{
    struct rlimit before, less;
    char line[4096], *expected = big;
    size_t len = 0, whole = 0, kept_from = 0;
    struct outbuf *out = outbuf_open(scratch_open("limit", O_WRONLY | O_CREAT | O_TRUNC), false);
    bool taken = true;

    getrlimit(RLIMIT_FSIZE, &before);
    less = (struct rlimit){.rlim_cur = limit, .rlim_max = before.rlim_max};
    for (int n = 0; n < lines; n++) {
        size_t bytes = numbered(line, sizeof line, n);
        taken = outbuf_line(out, (struct slice){line, bytes}) && taken;
        memcpy(expected + len, line, bytes);
        expected[len + bytes] = '\n';
        len += bytes + 1;
        whole += len <= limit;
        kept_from = len <= limit ? len : kept_from;
    }
    setrlimit(RLIMIT_FSIZE, &less);
    bool flushed = outbuf_flush(out);
    setrlimit(RLIMIT_FSIZE, &before);
    ok(taken && !flushed && outbuf_error(out) == EFBIG, "a limit of %zu bytes: the error", limit);
    ok(!outbuf_pending(out), "... nothing more is to be written");
    struct slice rest = outbuf_unwritten(out);
    is_bytes(rest.at, rest.len, expected + kept_from, len - kept_from,
             "... %zu lines written, the others not", whole);
    ok(!outbuf_line(out, slice_of("more")), "... no more are taken");
    ok(outbuf_unwritten(out).len == len - kept_from,
       "... and a refused line is not among the unwritten");
    is_u64((uint64_t)outbuf_close(out), EFBIG, "... closing tells it");
}

static void test_account(void)
{
    signal(SIGXFSZ, SIG_IGN);
    /* "n=0 0\n" is 6 bytes, "n=1 00\n" 7, "n=2 000\n" 8: the ends of lines are at 6, 13, 21. */
    static const size_t LIMIT[] = {0, 1, 5, 6, 7, 12, 13, 14, 20, 21, 100, 3000, 20000};

    for (size_t i = 0; i < COUNT(LIMIT); i++)
        check_limit(LIMIT[i], 100);
}

/* No reader: all that was gathered is unwritten, and the line that made it notice is not. */
static void test_no_reader(bool locking)
{
    int end[2];

    signal(SIGPIPE, SIG_IGN);
    make_pipe(end);
    struct outbuf *out = outbuf_open(end[1], locking);
    outbuf_line(out, slice_of("one"));
    outbuf_line(out, slice_of("two"));
    close(end[0]);
    ok(!outbuf_line(out, letters('x', 65536)), "a line that has to be written at once is refused");
    ok(outbuf_error(out) == EPIPE, "... since the reader has gone");
    struct slice rest = outbuf_unwritten(out);
    is_bytes(rest.at, rest.len, "one\ntwo\n", 8, "... those before it are unwritten");
    ok(!outbuf_flush(out) && !outbuf_line(out, slice_of("x")) &&
           !outbuf_piece(out, slice_of("x"), true),
       "... and all else fails too");
    ok(outbuf_unwritten(out).len == 8, "... without a change");
    is_u64((uint64_t)outbuf_close(out), EPIPE, "... closing tells it");
}

/* A long line after the reader has gone: it is not among the unwritten, since outbuf_line said so.
 */
static void test_long_without_reader(void)
{
    int end[2];

    make_pipe(end);
    struct outbuf *out = outbuf_open(end[1], true);
    close(end[0]);
    ok(!outbuf_line(out, letters('x', 200000)) && outbuf_error(out) == EPIPE,
       "a long line without reader");
    ok(outbuf_unwritten(out).len == 0, "... nothing else was lost");
    outbuf_close(out);
}

static void test_full_device(void)
{
    struct outbuf *out = outbuf_open(scratch_open("/dev/full", O_WRONLY), false);

    ok(outbuf_line(out, slice_of("x")) && !outbuf_flush(out) && outbuf_error(out) == ENOSPC,
       "a full device");
    is_u64((uint64_t)outbuf_close(out), ENOSPC, "... closing tells it");
    out = outbuf_open(scratch_open("/dev/full", O_WRONLY), false);
    outbuf_piece(out, slice_of("open"), false);
    is_u64((uint64_t)outbuf_close(out), ENOSPC, "... also when closing is the first to write");
}

int main(void)
{
    scratch_enter();
    test_lines();
    test_lengths(false);
    test_lengths(true);
    test_pieces();
    test_account();
    test_no_reader(false);
    test_no_reader(true);
    test_long_without_reader();
    test_full_device();
    return done_testing();
}
