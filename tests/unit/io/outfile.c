/* SPDX-License-Identifier: MIT */
/* outfile: what may be written to, and how new files come to be. */
#define _GNU_SOURCE /* F_GETPIPE_SZ */
#include "io/outfile.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include <signal.h>

enum { NOBODY = 65534 };

static mode_t mode_of(const char *path)
{
    struct stat info;

    return lstat(path, &info) < 0 ? 0 : info.st_mode;
}

static void holds(const char *path, const char *text, const char *name)
{
    char bytes[256];

    is_bytes(bytes, scratch_read(path, bytes, sizeof bytes), text, strlen(text), "%s", name);
}

/* Opens, writes one word, closes; the result. */
static enum outfile_result write_word(const char *path, bool append, const char *word)
{
    int fd = -42;
    enum outfile_result result = outfile_open(path, append, 0, &fd);

    if (result == OUTFILE_OK) {
        put_all(fd, word, strlen(word));
        close(fd);
    } else if (fd != -42) {
        ok(false, "%s: the descriptor is untouched on failure", path);
    }
    return result;
}

static void test_new_file(void)
{
    static const mode_t MASK[] = {0, 022, 077, 0777};
    char path[32];
    int fd;

    for (size_t i = 0; i < sizeof MASK / sizeof *MASK; i++) {
        mode_t before = umask(MASK[i]);
        snprintf(path, sizeof path, "new-%03o", (unsigned)MASK[i]);
        ok(outfile_open(path, i % 2, 0, &fd) == OUTFILE_OK, "a new file, umask %03o",
           (unsigned)MASK[i]);
        umask(before);
        ok(mode_of(path) == (S_IFREG | 0600), "... is 0600 (%06o)", (unsigned)mode_of(path));
        ok(fcntl(fd, F_GETFD) == FD_CLOEXEC, "... and is not passed on");
        close(fd);
    }
}

static void test_existing(void)
{
    scratch_write("there", "old\n", 4);
    ok(write_word("there", false, "new") == OUTFILE_EXISTS, "an existing file is refused");
    holds("there", "old\n", "... and unchanged");
    ok(write_word("there", true, "new\n") == OUTFILE_OK, "--append adds to it");
    holds("there", "old\nnew\n", "... at its end");
    ok(symlink("there", "link") == 0 && write_word("link", false, "x") == OUTFILE_EXISTS,
       "a link to it is refused");
    ok(write_word("link", true, "more\n") == OUTFILE_OK, "... without --append");
    holds("there", "old\nnew\nmore\n", "... which writes to its end");
    ok(symlink("nothing", "dangling") == 0 && write_word("dangling", false, "x") != OUTFILE_OK,
       "a link to nothing is refused");
    ok(write_word("dangling", true, "x") != OUTFILE_OK && mode_of("nothing") == 0,
       "... always, and nothing is made behind it");
    scratch_write("empty", "", 0);
    ok(write_word("empty", false, "x") == OUTFILE_EXISTS, "an empty file is a file");
    errno = 0;
    ok(mkdir("folder", 0700) == 0 && write_word("folder", true, "x") == OUTFILE_ERRNO &&
           errno == EISDIR,
       "a folder is refused");
    ok(write_word("missing/file", false, "x") == OUTFILE_ERRNO && errno == ENOENT,
       "no such folder");
    ok(write_word("there/file", false, "x") == OUTFILE_ERRNO && errno == ENOTDIR,
       "no folder at all");
    ok(write_word("/dev/null", false, "x") == OUTFILE_OK, "a device is written to");
}

/* As a user who may not: permissions do not bind root. */
static bool as_nobody(bool (*check)(void))
{
    pid_t pid = fork_child();

    if (pid == 0)
        _exit((geteuid() == 0 && setuid(NOBODY) < 0) || !check() ? 1 : 0);
    return wait_child(pid) == 0;
}

static bool is_denied(void)
{
    int fd;

    return outfile_open("locked/file", false, 0, &fd) == OUTFILE_ERRNO && errno == EACCES &&
           outfile_replace_check("locked/file") == OUTFILE_ERRNO && errno == EACCES &&
           outfile_replace("locked/file", "x", 0) == OUTFILE_ERRNO && errno == EACCES &&
           outfile_open("readonly", true, 0, &fd) == OUTFILE_ERRNO && errno == EACCES;
}

static void test_permissions(void)
{
    scratch_write("readonly", "x\n", 2);
    ok(chmod("readonly", 0400) == 0 && mkdir("locked", 0500) == 0 && chmod(".", 0755) == 0,
       "set up");
    ok(as_nobody(is_denied), "an unwritable folder or file is EACCES everywhere");
    chmod("locked", 0700);
}

static void test_fifo(void)
{
    char got[16];
    int fd = -42;

    if (mkfifo("fifo", 0600) < 0)
        scratch_bail("mkfifo");
    ok(outfile_open("fifo", false, 0, &fd) == OUTFILE_NO_READER && fd == -42,
       "a FIFO that nobody reads");
    ok(outfile_open_fifo("fifo", 0, &fd) == OUTFILE_NO_READER && fd == -42, "... as a FIFO");
    int reader = scratch_open("fifo", O_RDONLY | O_NONBLOCK);
    ok(write_word("fifo", false, "word") == OUTFILE_OK && get_all(reader, got, 4) == 4,
       "one with a reader");
    ok(outfile_open_fifo("fifo", 0, &fd) == OUTFILE_OK, "... as a FIFO");
    ok((fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == O_WRONLY, "... whose descriptor blocks");
    ok(fcntl(fd, F_GETFD) == FD_CLOEXEC, "... and is not passed on");
    ok(fcntl(fd, F_GETPIPE_SZ) >= 65536, "... and is not small");
    close(fd);
    ok(symlink("fifo", "fifo-link") == 0 && outfile_open_fifo("fifo-link", 0, &fd) == OUTFILE_OK &&
           close(fd) == 0,
       "a link to one is as good");
    ok(write_word("fifo-link", false, "word") == OUTFILE_OK && get_all(reader, got, 4) == 4,
       "... and fine where a file is");
    close(reader);
}

static void test_no_fifo(void)
{
    static const char *const PATH[] = {"there", "folder", "/dev/null", "link"};
    int fd = -42;

    for (size_t i = 0; i < sizeof PATH / sizeof *PATH; i++)
        ok(outfile_open_fifo(PATH[i], 0, &fd) == OUTFILE_NOT_FIFO && fd == -42, "%s is no FIFO",
           PATH[i]);
    ok(outfile_open_fifo("missing", 0, &fd) == OUTFILE_ERRNO && errno == ENOENT && fd == -42,
       "a missing one is not made");
    holds("there", "old\nnew\nmore\n", "nothing was truncated");
}

static void test_descriptors(void)
{
    char path[32], got[16];
    int end[2], fd;

    make_pipe(end);
    snprintf(path, sizeof path, "/dev/fd/%d", end[1]);
    ok(write_word(path, false, "abc") == OUTFILE_OK && get_all(end[0], got, 3) == 3,
       "/dev/fd/N of a pipe");
    ok(outfile_open_fifo(path, 0, &fd) == OUTFILE_OK, "... is a FIFO, too");
    close(fd);
    close(end[0]);
    ok(outfile_open_fifo(path, -1, &fd) == OUTFILE_OK && fd != end[1],
       "... whose reader has gone: nobody waits for another");
    signal(SIGPIPE, SIG_IGN);
    ok(write(fd, "abc", 3) < 0 && errno == EPIPE, "... and the first write tells");
    close(fd);
    close(end[1]);
    int file = scratch_open("by-number", O_RDWR | O_CREAT);
    snprintf(path, sizeof path, "/dev/fd/%d", file);
    put_all(file, "one\n", 4);
    ok(write_word(path, false, "two\n") == OUTFILE_OK, "/dev/fd/N of a file");
    holds("by-number", "one\ntwo\n", "... goes on where it stands");
    ok(outfile_open_fifo(path, 0, &fd) == OUTFILE_NOT_FIFO, "... is no FIFO");
    close(file);
    ok(outfile_open(path, false, 0, &fd) == OUTFILE_ERRNO && errno == EBADF, "a closed N");
}

static void test_replace(void)
{
    char got[16];

    ok(outfile_replace_check("stats") == OUTFILE_OK && mode_of("stats") == 0,
       "a check makes nothing");
    ok(outfile_replace("stats", "one", 0) == OUTFILE_OK, "a new file");
    holds("stats", "one\n", "... has the text and an LF");
    ok(mode_of("stats") == (S_IFREG | 0600), "... is 0600");
    ok(link("stats", "old-stats") == 0 && outfile_replace("stats", "two", 0) == OUTFILE_OK,
       "replaced");
    holds("stats", "two\n", "... by the new text");
    holds("old-stats", "one\n", "... in one step: the old file itself is untouched");
    mode_t before = umask(0777);
    ok(outfile_replace("masked", "x", 0) == OUTFILE_OK, "a new file, umask 777");
    umask(before);
    ok(mode_of("masked") == (S_IFREG | 0600), "... is 0600 (%06o)", (unsigned)mode_of("masked"));
    ok(outfile_replace_check("folder") == OUTFILE_ERRNO && errno == EISDIR, "no folder");
    ok(outfile_replace_check("missing/stats") == OUTFILE_ERRNO && errno == ENOENT,
       "no file in no folder");
    ok(outfile_replace("missing/stats", "x", 0) == OUTFILE_ERRNO && errno == ENOENT,
       "... nor in earnest");
    ok(outfile_replace("fifo", "x", 0) == OUTFILE_NO_READER, "a FIFO that nobody reads");
    int reader = scratch_open("fifo", O_RDONLY | O_NONBLOCK);
    ok(outfile_replace_check("fifo") == OUTFILE_OK && outfile_replace("fifo", "x", 0) == OUTFILE_OK,
       "a FIFO is written to");
    ok(get_all(reader, got, sizeof got) == 2 && S_ISFIFO(mode_of("fifo")), "... and stays one");
    close(reader);
    ok(outfile_replace("/dev/full", "x", 0) == OUTFILE_ERRNO && errno == ENOSPC, "a full device");
    DIR *here = opendir(".");
    size_t left = 0;
    for (struct dirent *entry; here && (entry = readdir(here));)
        left += strncmp(entry->d_name, ".memc", 5) == 0;
    closedir(here);
    is_u64(left, 0, "no temporary file is left");
}

/* A request to stop ends the wait for a reader, even an endless one. */
static void test_stop(void)
{
    int fd = -42;

    raise(SIGTERM);
    ok(outfile_open_fifo("fifo", -1, &fd) == OUTFILE_STOPPED && fd == -42,
       "stopped while no reader comes");
    signals_forgive();
}

/* To be told when all is done: 73 impossible to create, 74 not written. */
static void test_status(void)
{
    ok(outfile_status(OUTFILE_OK) == 0 && outfile_status(OUTFILE_ERRNO) == 74 &&
           outfile_status(OUTFILE_NO_READER) == 73 && outfile_status(OUTFILE_EXISTS) == 73,
       "exit statuses");
}

int main(void)
{
    test_status();
    scratch_enter();
    signals_prepare();
    test_new_file();
    test_existing();
    test_permissions();
    test_fifo();
    test_no_fifo();
    test_descriptors();
    test_replace();
    test_stop();
    return done_testing();
}
