/* SPDX-License-Identifier: MIT */
/*
 * outbuf: whole lines to a descriptor.
 *
 * Lines are gathered and written many at once. With locking, each write(2) is
 * made under an open-file-description lock (fcntl(2), F_OFD_SETLKW) that is
 * held from a line's first byte to its LF, so that the lines of several
 * writers of one FIFO never interleave, whatever their length.
 */
#ifndef MEMC_OUTBUF_H
#define MEMC_OUTBUF_H

#include "bytes/slice.h"

struct outbuf;

/* Writes to fd, which outbuf_close closes. NULL: out of memory. */
struct outbuf *outbuf_open(int fd, bool locking);

/*
 * Appends the line and an LF. False: writing failed, now or before, and this line
 * is not written; outbuf_error has the reason.
 */
bool outbuf_line(struct outbuf *out, struct slice line);

/*
 * The same for a line in pieces, which may be longer than memory. The LF follows
 * the last piece (`ends`). With locking, the lock is held from the first piece to
 * the last.
 */
bool outbuf_piece(struct outbuf *out, struct slice piece, bool ends);

/* Removes the pieces of an unfinished line from a regular file. In other files they stay, and an LF
 * ends them. */
bool outbuf_cancel(struct outbuf *out);

/* Writes the gathered lines. False: as above. */
bool outbuf_flush(struct outbuf *out);

/* The descriptor that it writes to. */
int outbuf_descriptor(const struct outbuf *out);

/* True if lines are gathered that outbuf_flush would write. */
bool outbuf_pending(const struct outbuf *out);

/* 0, or the errno of the first failure. After a failure nothing more is written. EPIPE: no reader
 * is left. */
int outbuf_error(const struct outbuf *out);

/*
 * After a failure: the lines that outbuf_line had accepted and that were not
 * written as a whole, each with its LF. Valid until outbuf_close.
 */
struct slice outbuf_unwritten(const struct outbuf *out);

/* Ends an open line with LF, flushes, closes; returns 0 or the errno of the first failure. NULL: 0.
 */
int outbuf_close(struct outbuf *out);

#endif
