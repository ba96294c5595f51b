/* SPDX-License-Identifier: MIT */
/*
 * rejects: writes bad lines to the file of --rejects, unchanged, and prints a message
 * for each, with line number and reason but no byte of the line. Only the first
 * messages are printed, then they are counted. All reasons are counted.
 *
 * FILE.why beside the file has the place and the reason of each: see linefile_open_why.
 *
 * Long runs of zero bytes in bad lines are counted: they are damage.
 */
#ifndef MEMC_REJECTS_H
#define MEMC_REJECTS_H

#include "filter/reasons.h"
#include "io/linebuf.h"
#include "io/linefile.h"

/* This many zero bytes in a row are damage, not a bad line: a file system leaves them in a file
 * after a power cut. */
enum { REJECTS_ZERO_RUN = 4096 };

struct rejects {
    struct linefile lines, reasons_file;
    const char *type; /* for messages: line numbers count this type's lines only; NULL: all lines */
    bool verbose;     /* print all messages */
    bool silent;      /* no message for a line */
    uint64_t complaints;
    struct reasons reasons;
    bool blank_so_far;   /* all pieces of the current over-long line were white space */
    uint64_t zero_run;   /* zero bytes in a row, up to here */
    uint64_t zero_bytes; /* in all runs of REJECTS_ZERO_RUN and more */
    uint64_t zero_line;  /* the first line with such a run */
};

void rejects_init(struct rejects *rejects, const char *type, bool verbose);

/* As linefile_open, with FILE.why. */
int rejects_open(struct rejects *rejects, const char *path, bool append, int64_t wait_ms,
                 int input_fd);

void rejects_line(struct rejects *rejects, struct slice line, struct place place,
                  const char *reason);

/* Those of a program's counters that rejects_overlong and rejects_cut change. */
struct line_counts {
    uint64_t lines, blank, invalid;
};

/* Takes the next piece of a line longer than --max-line, and counts the line at its end. */
void rejects_overlong(struct rejects *rejects, const struct line *line, struct line_counts *counts);

/*
 * Takes and counts the last line of a cut input, which has no LF. It is no record and is
 * not written to the rejects; earlier pieces of it are removed.
 */
void rejects_cut(struct rejects *rejects, const struct line *line, struct line_counts *counts);

/* Before the lines of another input: reports how many messages were suppressed, and the damage, and
 * starts to count again. */
void rejects_next(struct rejects *rejects);

void rejects_flush(struct rejects *rejects);
bool rejects_pending(const struct rejects *rejects);

/* Reports how many messages were suppressed, and the damage; closes the files. Returns 0 or the
 * exit status. */
int rejects_close(struct rejects *rejects);

#endif
