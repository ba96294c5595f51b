/* SPDX-License-Identifier: MIT */
/*
 * linefile: a file that input lines are written back to: rejects, undelivered.
 *
 * A failure to write is reported at once, but only once, and is remembered for the exit status.
 */
#ifndef MEMC_LINEFILE_H
#define MEMC_LINEFILE_H

#include "bytes/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct outbuf;

struct linefile {
    const char *path;
    char *own_path;     /* NULL; or equal to path, and linefile_close frees it */
    struct outbuf *out; /* NULL: not asked for */
    int status;         /* 0, or the exit status of its failure */
};

/*
 * path NULL: all functions below do nothing. The file is opened as outfile_open
 * does it, and must not be the file that input_fd reads. Returns 0 or the exit
 * status.
 */
int linefile_open(struct linefile *file, const char *path, bool append, int64_t wait_ms,
                  int input_fd);

/*
 * Opens FILE.why if `file` is open and is a regular file named by its path; else
 * opens nothing. FILE.why has one line for each line in FILE:
 *
 *     number <TAB> offset <TAB> reason
 *
 * with the members of struct place. An old FILE.why is removed, unless lines are appended.
 */
int linefile_open_why(struct linefile *why, const struct linefile *file, bool append,
                      int64_t wait_ms, int input_fd);
void linefile_why(struct linefile *why, uint64_t number, uint64_t offset, const char *reason);

/* A line in pieces, as it was; an LF is added at its end. */
void linefile_piece(struct linefile *file, struct slice piece, bool ends);

void linefile_line(struct linefile *file, struct slice line);

/* For a line that has not ended: removes its pieces from a regular file; in other files they stay,
 * and an LF ends them. */
void linefile_cancel(struct linefile *file);

/* Writes the gathered lines; pending: there are some. */
void linefile_flush(struct linefile *file);
bool linefile_pending(const struct linefile *file);

/* True if it is open and a regular file named by its path, not `-` or /dev/fd/N. */
bool linefile_is_file(const struct linefile *file);

/* The descriptor; the file must be open. */
int linefile_descriptor(const struct linefile *file);

/* Writes the rest, closes, and returns file->status. */
int linefile_close(struct linefile *file);

#endif
