/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* F_OFD_SETLKW, memrchr */
#include "io/outbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CAPACITY_BYTES = 64 * 1024 };

struct outbuf {
    int fd;
    bool locking;
    bool open_line;   /* the last piece did not end its line */
    bool holding;     /* the lock is held for that line */
    off_t line_start; /* where that line begins in the file; -1: it cannot be removed */
    int error;
    size_t used;
    char buffer[CAPACITY_BYTES];
};

struct outbuf *outbuf_open(int fd, bool locking)
{
    struct outbuf *out = malloc(sizeof *out);

    if (!out)
        return NULL;
    out->fd = fd;
    out->locking = locking;
    out->open_line = false;
    out->holding = false;
    out->line_start = -1;
    out->error = 0;
    out->used = 0;
    return out;
}

/* Writes all bytes; *written is the number that were written. Returns 0 or errno. */
static int write_all(int fd, const char *bytes, size_t len, size_t *written)
{
    for (*written = 0; *written < len;) {
        ssize_t put = write(fd, bytes + *written, len - *written);
        if (put > 0) {
            *written += (size_t)put;
        } else if (put < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (put == 0 || errno != EINTR) {
            return put == 0 ? EIO : errno;
        }
    }
    return 0;
}

/* Waits for the lock without a limit: the other writer must finish its line first. */
static int set_lock(const struct outbuf *out, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};

    if (!out->locking || out->holding)
        return 0;
    while (fcntl(out->fd, F_OFD_SETLKW, &whole) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/* After a failure: keeps the lines that were not written as a whole. */
static void keep_unwritten(struct outbuf *out, size_t written)
{
    const char *lf = written > 0 ? memrchr(out->buffer, '\n', written) : NULL;
    size_t gone = lf ? (size_t)(lf - out->buffer) + 1 : 0;

    memmove(out->buffer, out->buffer + gone, out->used - gone);
    out->used -= gone;
}

bool outbuf_flush(struct outbuf *out)
{
    size_t written = 0;

    if (out->error)
        return false;
    if (out->used == 0)
        return true;
    out->error = set_lock(out, F_WRLCK);
    if (!out->error) {
        out->error = write_all(out->fd, out->buffer, out->used, &written);
        set_lock(out, F_UNLCK);
    }
    if (out->error)
        keep_unwritten(out, written);
    else
        out->used = 0;
    return !out->error;
}

/* A shared O_APPEND file: only what one call writes stays together. So the line and its LF go out
 * by one writev(2). */
static int write_with_lf(int fd, struct slice line)
{
    struct iovec pieces[] = {{(void *)(uintptr_t)line.at, line.len}, {(void *)(uintptr_t) "\n", 1}};
    ssize_t put = writev(fd, pieces, 2);
    size_t done = put > 0 ? (size_t)put : 0, written;
    int error = 0;

    if (done < line.len)
        error = write_all(fd, line.at + done, line.len - done, &written);
    return !error && done <= line.len ? write_all(fd, "\n", 1, &written) : error;
}

/* Writes a line longer than the buffer directly from the caller's memory, under one lock. */
static bool write_long_line(struct outbuf *out, struct slice line)
{
    if (!outbuf_flush(out))
        return false;
    out->error = set_lock(out, F_WRLCK);
    if (out->error)
        return false;
    out->error = write_with_lf(out->fd, line);
    set_lock(out, F_UNLCK);
    return !out->error;
}

/* Slow path. A function of its own, so that outbuf_line stays short and saves few registers. */
__attribute__((noinline)) static bool line_without_room(struct outbuf *out, struct slice line)
{
    if (line.len >= CAPACITY_BYTES)
        return write_long_line(out, line);
    return outbuf_flush(out) && outbuf_line(out, line);
}

bool outbuf_line(struct outbuf *out, struct slice line)
{
    if (out->error || line.len >= CAPACITY_BYTES - out->used)
        return line_without_room(out, line);
    memcpy(out->buffer + out->used, line.at, line.len);
    out->used += line.len;
    out->buffer[out->used++] = '\n';
    return true;
}

/* Takes the lock for a line in pieces. end_pieces or outbuf_cancel releases it. */
static void begin_pieces(struct outbuf *out)
{
    if (!outbuf_flush(out))
        return;
    out->error = set_lock(out, F_WRLCK);
    out->line_start = lseek(out->fd, 0, SEEK_END);
    out->holding = true;
}

static void end_pieces(struct outbuf *out)
{
    outbuf_flush(out);
    out->holding = false;
    set_lock(out, F_UNLCK);
}

static void append(struct outbuf *out, struct slice piece)
{
    while (!out->error && piece.len > 0) {
        size_t room = CAPACITY_BYTES - out->used;
        size_t part = piece.len < room ? piece.len : room;
        memcpy(out->buffer + out->used, piece.at, part);
        out->used += part;
        piece.at += part;
        piece.len -= part;
        if (out->used == CAPACITY_BYTES)
            outbuf_flush(out);
    }
}

bool outbuf_piece(struct outbuf *out, struct slice piece, bool ends)
{
    if (out->locking && !out->holding)
        begin_pieces(out);
    out->open_line = !ends;
    append(out, piece);
    if (ends)
        append(out, (struct slice){"\n", 1});
    if (ends && out->holding)
        end_pieces(out);
    return !out->error;
}

bool outbuf_cancel(struct outbuf *out)
{
    if (!out->open_line)
        return !out->error;
    if (out->line_start < 0)
        return outbuf_piece(out, (struct slice){NULL, 0}, true);
    out->used = 0;
    if (ftruncate(out->fd, out->line_start) < 0 || lseek(out->fd, out->line_start, SEEK_SET) < 0)
        out->error = errno;
    out->open_line = false;
    end_pieces(out);
    return !out->error;
}

int outbuf_descriptor(const struct outbuf *out)
{
    return out->fd;
}

bool outbuf_pending(const struct outbuf *out)
{
    return out->used > 0 && !out->error;
}

int outbuf_error(const struct outbuf *out)
{
    return out->error;
}

struct slice outbuf_unwritten(const struct outbuf *out)
{
    return (struct slice){out->buffer, out->used};
}

int outbuf_close(struct outbuf *out)
{
    if (!out)
        return 0;
    if (out->open_line)
        outbuf_piece(out, (struct slice){NULL, 0}, true);
    outbuf_flush(out);
    int error = out->error;
    if (close(out->fd) < 0 && errno != EINTR && !error)
        error = errno;
    free(out);
    return error;
}
