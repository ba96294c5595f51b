/* SPDX-License-Identifier: MIT */
#include "io/linebuf.h"

#include "process/signals.h"
#include "process/timing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One read(2) at most; larger than any pipe gives at once by default. */
enum { CHUNK_BYTES = 256 * 1024, CHEAP_MOVE_BYTES = 4096 };

/*
 * When a line is found, the bytes that begin FETCH_FROM bytes behind it are prefetched, one cache
 * line a step, so that most lines are in the cache when their turn comes. The buffer is allocated
 * that much longer.
 */
enum { FETCH_FROM = 384, FETCH_STEP = 64, FETCH_END = FETCH_FROM + 5 * FETCH_STEP };

/*
 * The buffer: [begin, end) was read and not yet returned; [begin, searched) is known
 * to have no LF. There is room for max_line bytes, for what is held back behind them,
 * for one byte more (which shows that a line is too long), and for a chunk.
 */
enum { HELD_BACK_MAX = LINEBUF_TOKEN_MAX + 2 };

struct linebuf {
    int fd;
    bool nonblocking; /* then read(2) comes first and poll(2) only when it has nothing */
    size_t max_line;
    size_t capacity;
    size_t chunk; /* bytes of one read(2) at most */
    size_t begin, searched, end;
    bool in_overlong;
    bool at_line_start; /* the piece returned last ended its line */
    uint64_t offset;    /* of the buffer's first byte, in the input */
    struct place place; /* of the line that has begun, or comes next */
    bool marks;         /* the input has some */
    struct slice token;
    uint64_t input_bytes; /* before the last mark */
    char *buffer;
};

struct linebuf *linebuf_open(int fd, size_t max_line)
{
    struct linebuf *in = calloc(1, sizeof *in);

    if (!in)
        return NULL;
    *in = (struct linebuf){.fd = fd, .max_line = max_line, .at_line_start = true, .place = {1, 0}};
    in->nonblocking = fcntl(fd, F_GETFL) & O_NONBLOCK;
    in->chunk = CHUNK_BYTES;
    in->capacity = max_line + HELD_BACK_MAX + 1 + CHUNK_BYTES;
    in->buffer = max_line < SIZE_MAX / 4 ? malloc(in->capacity + FETCH_END) : NULL;
    if (!in->buffer) {
        free(in);
        return NULL;
    }
    return in;
}

void linebuf_read_at_most(struct linebuf *in, size_t bytes)
{
    in->chunk = bytes < CHUNK_BYTES ? bytes : CHUNK_BYTES;
}

void linebuf_close(struct linebuf *in)
{
    if (in)
        free(in->buffer);
    free(in);
}

static void take(struct linebuf *in, size_t len, bool overlong, bool ends, struct line *line)
{
    *line = (struct line){{in->buffer + in->begin, len}, overlong, ends, in->place, LINE_NO_MARK};
    in->begin += len;
    in->place.number += ends;
    in->at_line_start = ends;
    in->in_overlong = overlong && !ends;
}

void linebuf_expect_marks(struct linebuf *in, struct slice token)
{
    in->marks = true;
    in->token = token;
}

/* Bytes at the end of what was read that may be no part of a line: a sentinel, or a mark. */
static size_t held_back(const struct linebuf *in)
{
    return in->token.len > 0 ? in->token.len + 2 : 1;
}

/* The mark of the line that ends at lf, with its bytes before the LF; 0 bytes: there is none. */
static size_t find_mark(const struct linebuf *in, const char *lf, enum line_mark *mark)
{
    size_t len = (size_t)(lf - in->buffer) - in->begin;
    size_t tail = in->token.len + 2;

    if (in->token.len == 0) {
        *mark = LINE_MARK;
        return len == 1 && in->at_line_start && lf[-1] == '\0' ? 1 : 0;
    }
    if (len < tail || (lf[-1] != '+' && lf[-1] != '-') || *(lf - tail) != '\0' ||
        memcmp(lf - tail + 1, in->token.at, in->token.len) != 0)
        return 0;
    *mark = lf[-1] == '+' ? LINE_MARK : LINE_MARK_CUT;
    return tail;
}

/* Takes what stands before the mark, if lf ends one. */
static bool take_mark(struct linebuf *in, const char *lf, struct line *line)
{
    enum line_mark mark;
    size_t tail = find_mark(in, lf, &mark);

    if (tail == 0)
        return false;
    size_t len = (size_t)(lf - in->buffer) - in->begin - tail;
    take(in, len, in->in_overlong || len > in->max_line, true, line);
    line->mark = mark;
    in->input_bytes = in->offset + in->begin;
    in->begin += tail + 1;
    in->searched = in->begin;
    return true;
}

void linebuf_next_input(struct linebuf *in)
{
    in->offset = 0 - in->begin; /* so that what follows has the offset 0 */
    in->place = (struct place){1, 0};
}

uint64_t linebuf_input_bytes(const struct linebuf *in)
{
    return in->input_bytes;
}

bool linebuf_next(struct linebuf *in, struct line *line)
{
    char *lf = in->searched < in->end
                   ? memchr(in->buffer + in->searched, '\n', in->end - in->searched)
                   : NULL;
    size_t pending = in->end - in->begin;

    if (lf && in->marks && take_mark(in, lf, line))
        return true;
    if (lf) {
        size_t len = (size_t)(lf - in->buffer) - in->begin;
        take(in, len, in->in_overlong || len > in->max_line, true, line);
        in->begin++; /* the LF */
        in->searched = in->begin;
        in->place.offset = in->offset + in->begin;
        for (size_t ahead = FETCH_FROM; ahead < FETCH_END; ahead += FETCH_STEP)
            __builtin_prefetch(lf + ahead);
        return true;
    }
    in->searched = in->end;
    if (pending > (in->in_overlong ? 0 : in->max_line) + held_back(in)) {
        take(in, pending - held_back(in), true, false, line);
        return true;
    }
    return false;
}

/* Moves what is left to the front: when it is cheap, or when there is no room. */
static void make_room(struct linebuf *in)
{
    size_t pending = in->end - in->begin;

    if (pending > CHEAP_MOVE_BYTES && in->capacity - in->end >= CHUNK_BYTES)
        return;
    memmove(in->buffer, in->buffer + in->begin, pending);
    in->searched -= in->begin;
    in->offset += in->begin;
    in->begin = 0;
    in->end = pending;
}

static enum linebuf_result read_some(struct linebuf *in, size_t limit)
{
    ssize_t got = read(in->fd, in->buffer + in->end, limit);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? LINEBUF_IDLE : LINEBUF_ERROR;
    if (got == 0)
        return LINEBUF_END;
    in->end += (size_t)got;
    return LINEBUF_FILLED;
}

/* Waits until read(2) has something to say. */
static enum linebuf_result wait_ready(struct linebuf *in, int wait_ms)
{
    struct pollfd ready = {.fd = in->fd, .events = POLLIN};

    int count = signals_poll(&ready, wait_ms);

    if (signals_stopped_by()) /* also when bytes have come with it: those are not taken */
        return LINEBUF_STOPPED;
    if (count > 0)
        return LINEBUF_FILLED;
    if (count == 0)
        return LINEBUF_IDLE;
    return errno == EINTR ? LINEBUF_SIGNAL : LINEBUF_ERROR;
}

enum linebuf_result linebuf_fill(struct linebuf *in, int wait_ms)
{
    enum linebuf_result result = LINEBUF_IDLE;

    make_room(in);
    if (signals_stopped_by())
        return LINEBUF_STOPPED;
    if (in->nonblocking)
        result = read_some(in, in->chunk);
    while (result == LINEBUF_IDLE) {
        result = wait_ready(in, wait_ms);
        if (result != LINEBUF_FILLED)
            break;
        result = read_some(in, in->chunk);
    }
    return result;
}

bool linebuf_rest(struct linebuf *in, struct line *line)
{
    size_t pending = in->end - in->begin;

    if (pending == 0 && in->at_line_start)
        return false;
    take(in, pending, in->in_overlong || pending > in->max_line, true, line);
    in->searched = in->end;
    return true;
}

bool linebuf_take_sentinel(struct linebuf *in)
{
    if (in->end == in->begin || in->buffer[in->end - 1] != '\0')
        return false;
    in->end--;
    return true;
}

bool linebuf_finish(struct linebuf *in, struct budget *budget)
{
    enum { SLICE_MS = 100 };

    make_room(in);
    while (in->end > in->begin && in->buffer[in->end - 1] != '\n') {
        struct pollfd ready = {.fd = in->fd, .events = POLLIN};
        if (in->end == in->capacity)
            return true;
        if (!budget_spend(budget, SLICE_MS))
            return false;
        if (poll(&ready, 1, budget_slice(budget, SLICE_MS)) > 0 && read_some(in, 1) > LINEBUF_IDLE)
            return false;
    }
    return false;
}

int linebuf_descriptor(const struct linebuf *in)
{
    return in->fd;
}

uint64_t linebuf_number(const struct linebuf *in)
{
    return in->at_line_start ? in->place.number - 1 : in->place.number;
}

uint64_t linebuf_bytes(const struct linebuf *in)
{
    return in->offset + in->end;
}
