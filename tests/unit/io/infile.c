/* SPDX-License-Identifier: MIT */
/* infile: what memc_sink reads. */
#define _GNU_SOURCE /* F_GETPIPE_SZ */
#include "io/infile.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include <signal.h>
#include <sys/file.h>

static enum infile_result try_open(const char *path, bool keep_open, struct infile *file)
{
    *file = (struct infile){-42, -42, true};
    return infile_open(path, keep_open, file);
}

static void close_both(const struct infile *file)
{
    close(file->fd);
    if (file->own_writer >= 0)
        close(file->own_writer);
}

static void test_files(void)
{
    struct infile file, second;

    scratch_write("plain", "a\n", 2);
    ok(try_open("plain", false, &file) == INFILE_OK && file.own_writer == -1 && !file.waits,
       "a plain file");
    ok(fcntl(file.fd, F_GETFD) == FD_CLOEXEC, "... is not passed on");
    ok(try_open("plain", false, &second) == INFILE_LOCKED && second.fd == -42,
       "... has one reader only");
    close_both(&file);
    ok(try_open("plain", true, &file) == INFILE_NOT_FIFO, "... cannot be kept open");
    int lock = scratch_open("plain", O_RDONLY);
    ok(flock(lock, LOCK_EX | LOCK_NB) == 0, "... and is not locked after that refusal");
    ok(try_open("plain", false, &file) == INFILE_LOCKED, "anyone's lock counts");
    close(lock);
    ok(try_open("missing", false, &file) == INFILE_ERRNO && errno == ENOENT, "a missing file");
    ok(mkdir("folder", 0700) == 0 && try_open("folder", false, &file) == INFILE_ERRNO &&
           errno == EISDIR,
       "a folder");
    ok(try_open("/dev/null", false, &file) == INFILE_OK && !file.waits, "a device");
    close_both(&file);
}

static void test_standard_input(void)
{
    struct infile file;

    ok(try_open(NULL, false, &file) == INFILE_OK && file.fd == STDIN_FILENO && !file.waits,
       "standard input");
    ok(try_open("-", false, &file) == INFILE_OK && file.fd == STDIN_FILENO && !file.waits,
       "... as -");
}

static void test_fifo(void)
{
    struct infile file, second;
    struct linebuf *in;

    if (mkfifo("fifo", 0600) < 0)
        scratch_bail("mkfifo");
    ok(try_open("fifo", false, &file) == INFILE_OK && file.waits && file.own_writer == -1,
       "a FIFO waits for its writer");
    ok(try_open("fifo", false, &second) == INFILE_LOCKED &&
           try_open("fifo", true, &second) == INFILE_LOCKED,
       "... has one reader only");
    in = linebuf_open(file.fd, 100);
    ok(infile_wait_writer(&file, in, 0) == INFILE_NO_WRITER, "no writer came");
    int writer = scratch_open("fifo", O_WRONLY);
    ok(infile_wait_writer(&file, in, 0) == INFILE_OK, "a silent writer is a writer");
    close(writer);
    ok(linebuf_fill(in, -1) == LINEBUF_END, "... when it goes, the input ends");
    linebuf_close(in);
    close_both(&file);
}

static void test_gone_writer(void)
{
    struct infile file;
    struct line line;

    try_open("fifo", false, &file);
    struct linebuf *in = linebuf_open(file.fd, 100);
    close(scratch_open("fifo", O_WRONLY));
    ok(infile_wait_writer(&file, in, 0) == INFILE_OK, "a writer that came and went without a byte");
    ok(linebuf_fill(in, -1) == LINEBUF_END, "... leaves an end");
    linebuf_close(in);
    close_both(&file);
    try_open("fifo", false, &file);
    in = linebuf_open(file.fd, 100);
    int writer = scratch_open("fifo", O_WRONLY);
    put_all(writer, "a\nb", 3);
    close(writer);
    ok(infile_wait_writer(&file, in, 0) == INFILE_OK, "one that left bytes");
    ok(linebuf_next(in, &line) && slice_equal(line.text, slice_of("a")), "... which are read");
    ok(linebuf_fill(in, -1) == LINEBUF_END && linebuf_rest(in, &line), "... to the end");
    linebuf_close(in);
    close_both(&file);
}

static void test_keep_open(void)
{
    struct infile file;

    ok(try_open("fifo", true, &file) == INFILE_OK && file.own_writer >= 0 && !file.waits,
       "kept open: does not wait");
    ok(fcntl(file.own_writer, F_GETFD) == FD_CLOEXEC, "... its own write end is not passed on");
    struct linebuf *in = linebuf_open(file.fd, 100);
    int writer = scratch_open("fifo", O_WRONLY);
    put_all(writer, "a\n", 2);
    close(writer);
    ok(linebuf_fill(in, 0) == LINEBUF_FILLED && linebuf_fill(in, 0) == LINEBUF_IDLE,
       "... never ends with a writer");
    close(file.own_writer);
    ok(linebuf_fill(in, -1) == LINEBUF_END, "... but with its own end");
    linebuf_close(in);
    close(file.fd);
    ok(try_open(NULL, true, &file) == INFILE_NOT_FIFO, "standard input cannot be kept open");
    ok(fcntl(STDIN_FILENO, F_GETFD) >= 0, "... and is left open by that refusal");
}

static bool let_go(struct infile *file)
{
    infile_close_own_writer(file);
    return infile_has_no_writer(file);
}

/* A sink that ends: is anybody left who may write? */
static void test_let_go(void)
{
    struct infile file;
    struct line line;

    try_open("fifo", true, &file);
    int writer = scratch_open("fifo", O_WRONLY);
    ok(!let_go(&file) && file.own_writer == -1, "let go: another writer holds the FIFO");
    close_both(&file);
    try_open("fifo", true, &file);
    put_all(writer, "a\n", 2);
    ok(!let_go(&file), "let go: it holds it, and has left bytes");
    close_both(&file);
    close(writer);
    try_open("fifo", true, &file);
    writer = scratch_open("fifo", O_WRONLY);
    put_all(writer, "a\n", 2);
    close(writer);
    ok(let_go(&file), "let go: no writer is left, only bytes");
    struct linebuf *in = linebuf_open(file.fd, 100);
    ok(linebuf_fill(in, -1) == LINEBUF_FILLED && linebuf_next(in, &line) &&
           linebuf_fill(in, -1) == LINEBUF_END,
       "... which can be read to the end");
    linebuf_close(in);
    close_both(&file);
    try_open("fifo", true, &file);
    ok(let_go(&file), "let go: no writer ever came");
    close_both(&file);
}

static void test_descriptor_path(void)
{
    struct infile file;
    char path[32];
    int end[2];

    make_pipe(end);
    snprintf(path, sizeof path, "/dev/fd/%d", end[0]);
    ok(try_open(path, false, &file) == INFILE_OK && !file.waits,
       "/dev/fd/N has its writer already");
    close_both(&file);
    close(end[0]);
    close(end[1]);
}

static void test_stop(void)
{
    struct infile file;

    try_open("fifo", false, &file);
    struct linebuf *in = linebuf_open(file.fd, 100);
    raise(SIGINT);
    ok(infile_wait_writer(&file, in, -1) == INFILE_STOPPED, "stopped while no writer comes");
    signals_forgive();
    linebuf_close(in);
    close_both(&file);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    test_files();
    test_standard_input();
    test_fifo();
    test_gone_writer();
    test_keep_open();
    test_let_go();
    test_descriptor_path();
    test_stop();
    return done_testing();
}
