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

/* Writes to fd, which it closes in the end. NULL: out of memory. */
struct outbuf *outbuf_open(int fd, bool locking);

/*
 * Appends the line and an LF. False: writing failed, now or before (then
 * outbuf_error tells), and this line is not written.
 */
bool outbuf_line(struct outbuf *out, struct slice line);

/*
 * The same in pieces: a line longer than memory. The last piece ends it with
 * the LF. With locking the lock is held meanwhile.
 */
bool outbuf_piece(struct outbuf *out, struct slice piece, bool ends);

/* Takes the pieces of an open line back from a regular file; elsewhere they stay, ended by an LF.
 */
bool outbuf_cancel(struct outbuf *out);

/* Writes what is gathered. False: as above. */
bool outbuf_flush(struct outbuf *out);

/* The descriptor that it writes to. */
int outbuf_descriptor(const struct outbuf *out);

/* True if lines are gathered that outbuf_flush would write. */
bool outbuf_pending(const struct outbuf *out);

/* 0, or the errno of the failure; after it nothing is written any more. EPIPE: no reader is left.
 */
int outbuf_error(const struct outbuf *out);

/*
 * After a failure: the lines, each with its LF, that outbuf_line had accepted
 * and that were not wholly written. Valid until outbuf_close.
 */
struct slice outbuf_unwritten(const struct outbuf *out);

/* Ends an open line with LF, flushes, closes; returns 0 or the errno of the first failure. NULL: 0.
 */
int outbuf_close(struct outbuf *out);

#endif
