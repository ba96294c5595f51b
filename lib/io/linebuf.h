/* SPDX-License-Identifier: MIT */
/*
 * linebuf: a descriptor's bytes as lines, in bounded memory.
 *
 * Two steps, so that the caller decides what happens before a wait:
 *
 *     do
 *         while (linebuf_next(in, &line))
 *             ...
 *     while (linebuf_fill(in, wait_ms) == LINEBUF_FILLED);
 *
 * A line ends with LF, which is not part of its text. A line of more than
 * max_line bytes comes in pieces, so memory is constant for it, too.
 */
#ifndef MEMC_LINEBUF_H
#define MEMC_LINEBUF_H

#include "bytes/slice.h"

#include <stdint.h>

struct linebuf;
struct budget;

/* The place of a line in the input: its number, from 1; the offset of its first byte, from 0. */
struct place {
    uint64_t number, offset;
};

/* The end of one input of several that come one after the other: see linebuf_expect_marks. */
enum line_mark {
    LINE_NO_MARK,
    LINE_MARK,     /* the input is whole */
    LINE_MARK_CUT, /* the writer failed: the input is cut */
};

struct line {
    struct slice text; /* valid until the next linebuf_fill or linebuf_finish */
    bool overlong;     /* this is a piece of a line longer than max_line */
    bool ends;         /* the line ends with this piece */
    struct place place;
    enum line_mark mark; /* a mark ends this line: text is the unterminated last line before it */
};

/* True if the mark stands behind an unterminated line. */
static inline bool line_has_rest(const struct line *line)
{
    return line->text.len > 0 || line->overlong;
}

enum linebuf_result {
    LINEBUF_FILLED,  /* there are new bytes */
    LINEBUF_IDLE,    /* nothing came within the wait */
    LINEBUF_SIGNAL,  /* nothing yet: a signal came, but not one that asks for the end (USR1) */
    LINEBUF_END,     /* end of file: linebuf_rest returns what is behind the last LF */
    LINEBUF_STOPPED, /* a signal asked for the end */
    LINEBUF_ERROR,   /* errno is set */
};

/* True if there is, or may come, more to read. */
static inline bool linebuf_goes_on(enum linebuf_result result)
{
    return result == LINEBUF_FILLED || result == LINEBUF_IDLE || result == LINEBUF_SIGNAL;
}

/* Reads from fd, which the caller closes. NULL: out of memory. linebuf_close(NULL) is fine. */
struct linebuf *linebuf_open(int fd, size_t max_line);
void linebuf_close(struct linebuf *in);

/* The longest token of a mark, in bytes. */
enum { LINEBUF_TOKEN_MAX = 64 };

/*
 * From now on several inputs follow each other, and a mark ends each. With a
 * token a mark is the end of a line: NUL, the token, `+` or `-`, and LF; `-`
 * says that the input was cut. Without (len 0) it is a line of one NUL. The
 * token must not stand in any input, and must outlive the linebuf.
 */
void linebuf_expect_marks(struct linebuf *in, struct slice token);

/* After a mark: numbers, offsets and bytes are those of the next input. */
void linebuf_next_input(struct linebuf *in);

/* After a mark, before linebuf_next_input: the bytes of the input that it ended. */
uint64_t linebuf_input_bytes(const struct linebuf *in);

/* From now on one read(2) takes at most `bytes`; more than the usual number changes nothing. */
void linebuf_read_at_most(struct linebuf *in, size_t bytes);

/* The next line, or piece of a line, that is in memory. False: call linebuf_fill. */
bool linebuf_next(struct linebuf *in, struct line *line);

/* Reads once; waits at most wait_ms for bytes (< 0: no limit). */
enum linebuf_result linebuf_fill(struct linebuf *in, int wait_ms);

/* After LINEBUF_END: the last line if it has no LF. False: the input ended with LF or was empty. */
bool linebuf_rest(struct linebuf *in, struct line *line);

/* After LINEBUF_END, before linebuf_rest: removes one NUL at the very end. False: there is none. */
bool linebuf_take_sentinel(struct linebuf *in);

/*
 * Reads the rest of a line that has begun, byte by byte, so that nothing behind its
 * LF is taken from the pipe. It reads even if a signal has asked for the end. True:
 * the buffer is full; take the pieces with linebuf_next and call again. False: the LF
 * has come, the budget is spent, or there is nothing more to read.
 */
bool linebuf_finish(struct linebuf *in, struct budget *budget);

/* Where it reads from. */
int linebuf_descriptor(const struct linebuf *in);

/* The number of the line returned last; the bytes read so far. */
uint64_t linebuf_number(const struct linebuf *in);
uint64_t linebuf_bytes(const struct linebuf *in);

#endif
