/*
 * report: a file of input lines that are given back: rejects, undelivered.
 *
 * Its failure is told at once, once, and remembered for the exit status.
 */
#ifndef MEMC_REPORT_H
#define MEMC_REPORT_H

#include "bytes/slice.h"

#include <stdint.h>

struct outbuf;

struct report {
    const char *path;
    struct outbuf *out; /* NULL: nobody asked for it */
    int status;         /* 0, or the exit status of its failure */
};

/*
 * path NULL: everything below does nothing. Opened by outfile_open's rule; it
 * must not be the file that input_fd reads. Returns 0 or the exit status.
 */
int report_open(struct report *report, const char *path, bool append, int64_t wait_ms,
                int input_fd);

/* A line in pieces, as it was; an LF is added at its end. */
void report_piece(struct report *report, struct slice piece, bool ends);

void report_line(struct report *report, struct slice line);

/* Takes the pieces of the line that has not ended back, where the file allows it: else they stay,
 * with an LF. */
void report_cancel(struct report *report);

/* Writes what is gathered; pending: there is something. */
void report_flush(struct report *report);
bool report_pending(const struct report *report);

/* Open, and a regular file that its path leads to, not `-` or a descriptor handed over. */
bool report_is_file(const struct report *report);

/* The descriptor of an open report. */
int report_descriptor(const struct report *report);

/* Returns report->status. */
int report_close(struct report *report);

#endif
