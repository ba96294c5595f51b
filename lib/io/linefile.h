/*
 * linefile: a file of input lines that are given back: rejects, undelivered.
 *
 * Its failure is told at once, once, and remembered for the exit status.
 */
#ifndef MEMC_LINEFILE_H
#define MEMC_LINEFILE_H

#include "bytes/slice.h"

#include <stdint.h>

struct outbuf;

struct linefile {
    const char *path;
    struct outbuf *out; /* NULL: nobody asked for it */
    int status;         /* 0, or the exit status of its failure */
};

/*
 * path NULL: everything below does nothing. Opened by outfile_open's rule; it
 * must not be the file that input_fd reads. Returns 0 or the exit status.
 */
int linefile_open(struct linefile *report, const char *path, bool append, int64_t wait_ms,
                  int input_fd);

/* A line in pieces, as it was; an LF is added at its end. */
void linefile_piece(struct linefile *report, struct slice piece, bool ends);

void linefile_line(struct linefile *report, struct slice line);

/* Takes the pieces of the line that has not ended back, where the file allows it: else they stay,
 * with an LF. */
void linefile_cancel(struct linefile *report);

/* Writes what is gathered; pending: there is something. */
void linefile_flush(struct linefile *report);
bool linefile_pending(const struct linefile *report);

/* Open, and a regular file that its path leads to, not `-` or a descriptor handed over. */
bool linefile_is_file(const struct linefile *report);

/* The descriptor of an open report. */
int linefile_descriptor(const struct linefile *report);

/* Returns report->status. */
int linefile_close(struct linefile *report);

#endif
