/* SPDX-License-Identifier: MIT */
/* diag: what arrives on descriptor 2. */
#include "process/diag.h"
#include "scratch.h"
#include "tap.h"

static char got[8192];
static int kept_stderr;
static int end[2];

/* From here to `heard` descriptor 2 is a pipe. */
static void listen(void)
{
    make_pipe(end);
    kept_stderr = dup(STDERR_FILENO);
    dup2(end[1], STDERR_FILENO);
    close(end[1]);
}

static void heard(const char *expected, const char *name)
{
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    size_t len = get_all(end[0], got, sizeof got);
    close(end[0]);
    is_bytes(got, len, expected, strlen(expected), "%s", name);
}

static void test_messages(void)
{
    listen();
    diag_prefix("tool", NULL);
    diag("unable to open %s: %d", "file", 7);
    heard("tool: unable to open file: 7\n", "a message with its prefix");
    listen();
    diag_prefix("tool", "day.tsv.gz");
    diag("%s", "word");
    heard("tool: day.tsv.gz: word\n", "... and with a label");
    listen();
    diag("%s", "a\nb\tc\x1b[31md\x7f\xc3\xa9");
    heard("tool: day.tsv.gz: a?b?c?[31md?\xc3\xa9\n", "control bytes are not passed on");
    listen();
    diag_prefix("tool", "a\nb");
    diag("x");
    heard("tool: a?b: x\n", "... nor those of a label");
    diag_prefix("tool", NULL);
}

/* One write, one line: a pipe whose end is read once gives it whole. */
static void test_one_write(void)
{
    static char text[10000];

    listen();
    errno = ENOENT;
    diag("%s", strerror(errno));
    int saved = errno;
    heard("tool: No such file or directory\n", "a reason");
    is_u64((uint64_t)saved, ENOENT, "errno is kept");
    memset(text, 'x', sizeof text - 1);
    listen();
    diag("%s", text);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    ssize_t len = read(end[0], got, sizeof got);
    ok(len > 1000 && got[len - 1] == '\n' && strncmp(got, "tool: xxx", 9) == 0,
       "a long message is cut, and ends with LF");
    ok(memchr(got, '\n', (size_t)len) == got + len - 1 && read(end[0], got, 1) == 0,
       "... and is one line");
    close(end[0]);
}

static void test_live_line(void)
{
    listen();
    diag_live("10 lines");
    diag_live("20 lines");
    diag_live("");
    heard("\r10 lines\033[K\r20 lines\033[K\n", "a live line is replaced and ended");
    listen();
    diag_live("10 lines");
    diag("oops");
    diag("again");
    heard("\r10 lines\033[K\ntool: oops\ntool: again\n", "a message begins on a line of its own");
    listen();
    diag_live("10 lines");
    diag("done");
    diag_live("");
    heard("\r10 lines\033[K\ntool: done\n", "after a message there is no live line to end");
    listen();
    diag_live("");
    heard("", "nothing to end");
}

static void test_closed(void)
{
    pid_t pid = fork_child();

    if (pid == 0) {
        close(STDERR_FILENO);
        diag("nobody hears");
        diag_live("x");
        _exit(0);
    }
    is_u64((uint64_t)wait_child(pid), 0, "a closed descriptor does no harm");
}

static void test_repeats(void)
{
    uint64_t shown = 0;
    int told = 0;

    for (int i = 0; i < 1000; i++)
        told += diag_may_repeat(&shown);
    is_u64((uint64_t)told, 10, "ten of a kind are told");
    is_u64(shown, 1000, "... and all are counted");
}

int main(void)
{
    scratch_enter();
    test_messages();
    test_one_write();
    test_live_line();
    test_closed();
    test_repeats();
    return done_testing();
}
