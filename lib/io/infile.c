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

static enum infile_result close_with(int fd, enum infile_result result)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return result;
}

enum infile_result infile_open(const char *path, bool keep_open, struct infile *file)
{
    struct stat info;
    bool standard = !path || strcmp(path, "-") == 0;

    if (standard && keep_open)
        return INFILE_NOT_FIFO;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return INFILE_ERRNO;
    if (fstat(fd, &info) < 0)
        return close_with(fd, INFILE_ERRNO);
    if (S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return close_with(fd, INFILE_ERRNO);
    }
    bool fifo = S_ISFIFO(info.st_mode);
    if (!standard && (fifo || S_ISREG(info.st_mode)) && flock(fd, LOCK_EX | LOCK_NB) < 0)
        return close_with(fd, errno == EWOULDBLOCK ? INFILE_LOCKED : INFILE_ERRNO);
    if (keep_open && !fifo)
        return close_with(fd, INFILE_NOT_FIFO);
    *file = (struct infile){fd, -1, fifo && !standard && descriptors_named(path) < 0};
    if (keep_open) {
        file->keeper = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        file->waits = false;
        if (file->keeper < 0)
            return close_with(fd, INFILE_ERRNO);
    }
    if (fifo)
        descriptors_widen_pipe(fd);
    return INFILE_OK;
}

/*
 * A read of an empty FIFO tells whether it has a writer: without one it is 0,
 * with a silent one EAGAIN. POLLHUP is set once a writer has come and gone.
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

void infile_let_go(struct infile *file)
{
    close(file->keeper);
    file->keeper = -1;
}

bool infile_is_abandoned(const struct infile *file)
{
    struct pollfd ready = {.fd = file->fd, .events = POLLIN};

    return poll(&ready, 1, 0) > 0 && ready.revents & POLLHUP;
}
