/* SPDX-License-Identifier: MIT */
#include "io/infile.h"

#include "io/descriptors.h"
#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "process/timing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITER_POLL_MS = 20 };

const char *infile_strerror(enum infile_result result)
{
    switch (result) {
    case INFILE_OK:
        return "success";
    case INFILE_LOCKED:
        return "another process reads it already, and two would split its lines";
    case INFILE_NOT_FIFO:
        return "is not a FIFO, and --keep-open needs one: mkfifo makes it";
    case INFILE_NO_WRITER:
        return "no writer came: is its memc_route running?";
    case INFILE_STOPPED:
        return "stopped by a signal";
    case INFILE_ERRNO:
        break;
    }
    return strerror(errno);
}

int infile_status(enum infile_result result)
{
    if (result == INFILE_OK || result == INFILE_STOPPED)
        return STATUS_OK;
    return result == INFILE_ERRNO ? status_of_errno(errno, STATUS_NOINPUT) : STATUS_CANTCREAT;
}

int infile_check_stdin(bool closed, const char *example, const char *program)
{
    if (closed)
        return diag_fail("standard input", "is closed", STATUS_NOINPUT);
    if (!isatty(STDIN_FILENO))
        return STATUS_OK;
    diag("standard input is a terminal; try: %s (%s --help)", example, program);
    return STATUS_USAGE;
}

/* Directories can be opened, but not read. */
static enum infile_result refuse_directory(const struct stat *info)
{
    if (!S_ISDIR(info->st_mode))
        return INFILE_OK;
    errno = EISDIR;
    return INFILE_ERRNO;
}

/* Two readers of one FIFO or file would split or repeat its lines. */
static enum infile_result lock(int fd, const struct stat *info)
{
    if (!S_ISFIFO(info->st_mode) && !S_ISREG(info->st_mode))
        return INFILE_OK;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return INFILE_OK;
    return errno == EWOULDBLOCK ? INFILE_LOCKED : INFILE_ERRNO;
}

/* Opens the FIFO for writing, too, so that it does not end when its writers close. */
static enum infile_result open_own_writer(const char *path, const struct stat *info, int *fd)
{
    if (!S_ISFIFO(info->st_mode))
        return INFILE_NOT_FIFO;
    *fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return *fd >= 0 ? INFILE_OK : INFILE_ERRNO;
}

/* file->fd is open. path NULL: it is standard input. */
static enum infile_result prepare(const char *path, bool keep_open, struct infile *file)
{
    struct stat info;

    if (fstat(file->fd, &info) < 0)
        return INFILE_ERRNO;
    enum infile_result result = refuse_directory(&info);
    if (result == INFILE_OK && path)
        result = lock(file->fd, &info); /* only its holder may open an own writer */
    if (result == INFILE_OK && keep_open)
        result = open_own_writer(path, &info, &file->own_writer);
    if (result == INFILE_OK && S_ISFIFO(info.st_mode)) {
        file->waits = path && !keep_open && descriptors_named(path) < 0;
        descriptors_widen_pipe(file->fd);
    }
    return result;
}

enum infile_result infile_open(const char *path, bool keep_open, struct infile *file)
{
    bool standard = !path || strcmp(path, "-") == 0;
    struct infile opened = {.fd = STDIN_FILENO, .own_writer = -1};

    if (standard && keep_open)
        return INFILE_NOT_FIFO;
    if (!standard)
        opened.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (opened.fd < 0)
        return INFILE_ERRNO;
    enum infile_result result = prepare(standard ? NULL : path, keep_open, &opened);
    if (result == INFILE_OK)
        *file = opened;
    else
        descriptors_close(opened.fd);
    return result;
}

/*
 * read(2) of an empty FIFO returns 0 if it has no writer, and fails with EAGAIN if
 * it has one that has written nothing. poll(2) sets POLLHUP when a writer has come
 * and gone.
 */
enum infile_result infile_wait_writer(const struct infile *file, struct linebuf *in,
                                      int64_t wait_ms)
{
    struct budget budget = budget_start(wait_ms);

    while (file->waits) {
        switch (linebuf_fill(in, 0)) {
        case LINEBUF_FILLED:
        case LINEBUF_IDLE:
            return INFILE_OK;
        case LINEBUF_STOPPED:
            return INFILE_STOPPED;
        case LINEBUF_ERROR:
            return INFILE_ERRNO;
        case LINEBUF_END:
        case LINEBUF_SIGNAL:
            break;
        }
        struct pollfd ready = {.fd = file->fd, .events = POLLIN};
        if (signals_poll(&ready, budget_slice(&budget, WRITER_POLL_MS)) > 0)
            return INFILE_OK;
        if (!budget_spend(&budget, 5 * WRITER_POLL_MS))
            return INFILE_NO_WRITER;
    }
    return INFILE_OK;
}

void infile_close_own_writer(struct infile *file)
{
    close(file->own_writer);
    file->own_writer = -1;
}

bool infile_has_no_writer(const struct infile *file)
{
    struct pollfd ready = {.fd = file->fd, .events = POLLIN};

    return poll(&ready, 1, 0) > 0 && ready.revents & POLLHUP;
}
