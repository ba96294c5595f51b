/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* mkostemp */
#include "io/outfile.h"

#include "io/descriptors.h"
#include "io/outbuf.h"
#include "process/signals.h"
#include "process/status.h"
#include "process/timing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READER_POLL_MS = 20, FIRST_FREE_FD = 3 };

const char *outfile_strerror(enum outfile_result result)
{
    switch (result) {
    case OUTFILE_OK:
        return "success";
    case OUTFILE_EXISTS:
        return "exists already: --append adds to it, or name another file";
    case OUTFILE_NOT_FIFO:
        return "is neither a FIFO nor a pipe, and was left unchanged: name another path, or make a "
               "FIFO with mkfifo";
    case OUTFILE_NO_READER:
        return "no reader came within --wait";
    case OUTFILE_STOPPED:
        return "stopped by a signal";
    case OUTFILE_ERRNO:
        break;
    }
    return strerror(errno);
}

int outfile_status(enum outfile_result result)
{
    if (result == OUTFILE_OK)
        return STATUS_OK;
    return result == OUTFILE_ERRNO ? STATUS_IOERR : STATUS_CANTCREAT;
}

int outfile_open_status(enum outfile_result result)
{
    if (result == OUTFILE_OK || result == OUTFILE_STOPPED)
        return STATUS_OK;
    return result == OUTFILE_ERRNO ? status_of_errno(errno, STATUS_CANTCREAT) : STATUS_CANTCREAT;
}

/* For a path that names an open descriptor of this process. */
static int duplicate(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
}

/* A non-blocking open of a FIFO without reader fails with ENXIO. A socket's does so, too, but
 * always. */
static bool lacks_reader(const char *path)
{
    struct stat info;

    return errno == ENXIO && stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
}

/* A pipe by /dev/fd/N whose reader is gone already is accepted: its first write fails with EPIPE.
 */
static enum outfile_result open_waiting(const char *path, int64_t wait_ms, int *fd)
{
    struct budget budget = budget_start(wait_ms);
    int handed_over = descriptors_named(path);

    for (;;) {
        *fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (*fd < 0 && handed_over >= 0 && lacks_reader(path))
            *fd = duplicate(handed_over);
        if (*fd >= 0)
            return OUTFILE_OK;
        if (handed_over >= 0 || !lacks_reader(path))
            return OUTFILE_ERRNO;
        if (!budget_spend(&budget, 5 * READER_POLL_MS))
            return OUTFILE_NO_READER;
        signals_sleep(budget_slice(&budget, READER_POLL_MS));
        if (signals_stopped_by())
            return OUTFILE_STOPPED;
    }
}

static void make_blocking(int fd, int more_flags)
{
    fcntl(fd, F_SETFL, (fcntl(fd, F_GETFL) & ~O_NONBLOCK) | more_flags);
}

static enum outfile_result accept_fifo(int fd)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return OUTFILE_ERRNO;
    if (!S_ISFIFO(info.st_mode))
        return OUTFILE_NOT_FIFO;
    make_blocking(fd, 0);
    descriptors_widen_pipe(fd);
    return OUTFILE_OK;
}

/* Hands over what was opened and accepted, else closes it; errno stays. */
static enum outfile_result hand_over(int opened, enum outfile_result result, int *fd)
{
    if (result == OUTFILE_OK)
        *fd = opened;
    else
        descriptors_close(opened);
    return result;
}

enum outfile_result outfile_open_fifo(const char *path, int64_t wait_ms, int *fd)
{
    int opened;

    enum outfile_result result = open_waiting(path, wait_ms, &opened);
    if (result != OUTFILE_OK)
        return errno == EISDIR ? OUTFILE_NOT_FIFO : result;
    return hand_over(opened, accept_fifo(opened), fd);
}

/* The descriptor that the path names (`-`: standard output), or -1. */
static int descriptor_of(const char *path)
{
    return strcmp(path, "-") == 0 ? STDOUT_FILENO : descriptors_named(path);
}

static enum outfile_result accept_existing(int fd, bool append)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return OUTFILE_ERRNO;
    if (S_ISREG(info.st_mode) && !append)
        return OUTFILE_EXISTS;
    make_blocking(fd, S_ISREG(info.st_mode) ? O_APPEND : 0);
    return OUTFILE_OK;
}

static enum outfile_result open_existing(const char *path, bool append, int64_t wait_ms, int *fd)
{
    int opened;

    enum outfile_result result = open_waiting(path, wait_ms, &opened);
    if (result != OUTFILE_OK)
        return errno == ENOENT ? OUTFILE_EXISTS : result; /* a link to nothing */
    return hand_over(opened, accept_existing(opened, append), fd);
}

enum outfile_result outfile_open(const char *path, bool append, int64_t wait_ms, int *fd)
{
    int number = descriptor_of(path);
    int opened = number >= 0
                     ? duplicate(number)
                     : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (opened < 0 && number < 0 && errno == EEXIST)
        return open_existing(path, append, wait_ms, fd);
    if (opened < 0)
        return OUTFILE_ERRNO;
    if (number < 0)
        fchmod(opened, S_IRUSR | S_IWUSR);
    *fd = opened;
    return OUTFILE_OK;
}

bool outfile_is_replaceable(const char *path)
{
    struct stat info;

    return descriptor_of(path) < 0 &&
           (lstat(path, &info) < 0 || S_ISREG(info.st_mode) ||
            (S_ISLNK(info.st_mode) && (stat(path, &info) < 0 || S_ISREG(info.st_mode))));
}

static int create_beside(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    int directory_len = slash ? (int)(slash - path) + 1 : 0;

    if (snprintf(name, size, "%.*s.memc-XXXXXX", directory_len, path) >= (int)size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        fchmod(fd, S_IRUSR | S_IWUSR); /* whatever the umask */
    return fd;
}

enum outfile_result outfile_replace_check(const char *path)
{
    char name[PATH_MAX];
    struct stat info;

    if (!outfile_is_replaceable(path)) {
        if (descriptor_of(path) >= 0 || (stat(path, &info) == 0 && !S_ISDIR(info.st_mode)))
            return OUTFILE_OK;
        errno = EISDIR;
        return OUTFILE_ERRNO;
    }
    int fd = create_beside(path, name, sizeof name);
    if (fd < 0)
        return OUTFILE_ERRNO;
    unlink(name);
    close(fd);
    return OUTFILE_OK;
}

static enum outfile_result write_text(int fd, const char *text)
{
    struct outbuf *out = outbuf_open(fd, false);

    if (!out) {
        descriptors_close(fd);
        return OUTFILE_ERRNO;
    }
    outbuf_line(out, slice_of(text));
    int error = outbuf_close(out);
    if (error)
        errno = error;
    return error ? OUTFILE_ERRNO : OUTFILE_OK;
}

enum outfile_result outfile_replace(const char *path, const char *text, int64_t wait_ms)
{
    char name[PATH_MAX];
    int fd;

    if (!outfile_is_replaceable(path)) {
        enum outfile_result result = outfile_open(path, true, wait_ms, &fd);
        return result == OUTFILE_OK ? write_text(fd, text) : result;
    }
    fd = create_beside(path, name, sizeof name);
    if (fd < 0)
        return OUTFILE_ERRNO;
    enum outfile_result result = write_text(fd, text);
    if (result == OUTFILE_OK && rename(name, path) < 0)
        result = OUTFILE_ERRNO;
    int saved = errno;
    if (result != OUTFILE_OK)
        unlink(name);
    errno = saved;
    return result;
}

enum outfile_result outfile_print(const char *text)
{
    return outfile_replace("-", text, 0);
}
