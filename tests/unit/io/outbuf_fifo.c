/* SPDX-License-Identifier: MIT */
/*
 * outbuf: several processes on one FIFO. Each line is made of one letter, its
 * writer's, and its length follows from its number: so the reader knows each
 * line that must come, and a torn or mixed one betrays itself.
 */
#include "io/outbuf.h"
#include "scratch.h"
#include "tap.h"

#include <signal.h>

enum { WRITERS = 3, LINES = 250, LONG_BYTES = 200000 };

/* Mostly short ones, some around the pipe's 4 KiB and 64 KiB, some of 200 kB. */
static size_t length_of(int writer, int number)
{
    static const size_t LEN[] = {1,    2,          80,    300,  1000,  4094,  4095,
                                 4096, 4097,       30000, 5000, 65535, 65536, 2000,
                                 7,    LONG_BYTES, 1,     1,    9000,  12};

    return LEN[(size_t)(number * 7 + writer * 3) % (sizeof LEN / sizeof *LEN)];
}

__attribute__((noreturn)) static void write_lines(int writer, int flags)
{
    static char line[LONG_BYTES];
    int fd = scratch_open("fifo", O_WRONLY);
    bool good = true;

    fcntl(fd, F_SETFL, flags);
    struct outbuf *out = outbuf_open(fd, true);
    memset(line, 'A' + writer, sizeof line);
    for (int number = 0; number < LINES && good; number++) {
        good = outbuf_line(out, (struct slice){line, length_of(writer, number)});
        if (number % 5 == writer)
            good = outbuf_flush(out) && good;
    }
    _exit(outbuf_close(out) == 0 && good ? 0 : 1);
}

static bool is_uniform(const char *line, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (line[i] != line[0])
            return false;
    return len > 0;
}

/* Counts the lines of each writer; false at the first that is not the next one of its writer. */
static bool count_lines(FILE *fifo, int count[WRITERS])
{
    char *line = NULL;
    size_t size = 0;
    ssize_t got;
    bool good = true;

    while (good && (got = getline(&line, &size, fifo)) > 0) {
        size_t len = (size_t)got - 1;
        int writer = line[0] - 'A';
        good = line[len] == '\n' && writer >= 0 && writer < WRITERS && is_uniform(line, len) &&
               len == length_of(writer, count[writer]++);
    }
    free(line);
    return good;
}

static void test_interleaving(int flags, const char *name)
{
    pid_t pid[WRITERS];
    int count[WRITERS] = {0};

    if (mkfifo("fifo", 0600) < 0)
        scratch_bail("mkfifo");
    int keeper = scratch_open("fifo", O_RDWR); /* so that no open has to wait */
    for (int writer = 0; writer < WRITERS; writer++) {
        pid[writer] = fork_child();
        if (pid[writer] == 0)
            write_lines(writer, flags);
    }
    FILE *fifo = fdopen(scratch_open("fifo", O_RDONLY | O_NONBLOCK), "r");
    if (!fifo)
        scratch_bail("fdopen");
    fcntl(fileno(fifo), F_SETFL, O_RDONLY);
    pid_t closer = fork_child();
    if (closer == 0) /* the end of file comes when the last writer and this one have closed */
        _exit(0);
    close(keeper);
    ok(count_lines(fifo, count), "%s: every line is whole and its writer's next one", name);
    for (int writer = 0; writer < WRITERS; writer++) {
        is_u64((uint64_t)count[writer], LINES, "%s: all lines of writer %d", name, writer);
        ok(wait_child(pid[writer]) == 0, "%s: writer %d ended well", name, writer);
    }
    wait_child(closer);
    fclose(fifo);
    unlink("fifo");
}

/* The reader takes some bytes and goes: what stands in the pipe is lost, but no line is counted
 * twice. */
static void test_dying_reader(size_t taken)
{
    enum { PIPE_BYTES = 65536 };
    static char line[1000], got[300000];
    int end[2];
    size_t given = 0;

    make_pipe(end);
    pid_t reader = fork_child();
    if (reader == 0) {
        close(end[1]);
        _exit(get_all(end[0], got, taken) == taken ? 0 : 1);
    }
    close(end[0]);
    struct outbuf *out = outbuf_open(end[1], true);
    memset(line, 'x', sizeof line);
    while (outbuf_line(out, (struct slice){line, sizeof line}) && given < 10000)
        given++;
    struct slice rest = outbuf_unwritten(out);
    size_t written = given * 1001 - rest.len;
    ok(outbuf_error(out) == EPIPE, "a reader goes after %zu bytes", taken);
    ok(rest.len % 1001 == 0, "... whole lines are unwritten");
    ok(written + 1000 >= taken, "... none of those that it read");
    ok(written <= taken + PIPE_BYTES, "... and all that the pipe cannot hold");
    outbuf_close(out);
    is_u64((uint64_t)wait_child(reader), 0, "... it had its bytes");
}

int main(void)
{
    scratch_enter();
    signal(SIGPIPE, SIG_IGN);
    test_interleaving(O_WRONLY, "blocking");
    test_interleaving(O_WRONLY | O_NONBLOCK, "non-blocking");
    test_dying_reader(0);
    test_dying_reader(1);
    test_dying_reader(100100);
    test_dying_reader(200000);
    return done_testing();
}
