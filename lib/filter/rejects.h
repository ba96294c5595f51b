/*
 * rejects: bad lines: given back as their own bytes, and complained about with
 * line number and reason, never with a byte of the line. Complaints are capped
 * and then counted; all reasons are counted.
 *
 * Beside a file of rejects stands FILE.why, for each of its lines a line:
 *
 *     number <TAB> offset <TAB> reason
 *
 * number and offset as in struct place. One that is left of earlier rejects
 * gives way, unless it is added to.
 */
#ifndef MEMC_REJECTS_H
#define MEMC_REJECTS_H

#include "filter/reasons.h"
#include "io/linebuf.h"
#include "io/linefile.h"

struct rejects {
    struct linefile report, why;
    char *why_path;
    const char *type; /* lines are counted among this type's only; NULL: among all */
    bool verbose;     /* no cap */
    uint64_t complaints;
    struct reasons reasons;
    bool blank_so_far; /* of an over-long line: its pieces are white */
};

void rejects_init(struct rejects *rejects, const char *type, bool verbose);

/* As linefile_open; beside anything but a regular file named by its path there is no FILE.why. */
int rejects_open(struct rejects *rejects, const char *path, bool append, int64_t wait_ms,
                 int input_fd);

void rejects_line(struct rejects *rejects, struct slice line, struct place place,
                  const char *reason);

/* A piece of a line longer than --max-line, as it comes; when the line has ended, what it was. */
enum overlong { OVERLONG_GOES_ON, OVERLONG_BLANK, OVERLONG_REJECTED };
enum overlong rejects_overlong(struct rejects *rejects, const struct line *line);

/*
 * The unterminated last line of a cut input: no record, not given back; its
 * earlier pieces are taken back. True if it is only blank.
 */
bool rejects_cut(struct rejects *rejects, const struct line *line);

void rejects_flush(struct rejects *rejects);
bool rejects_pending(const struct rejects *rejects);

/* Tells how many complaints were passed over; closes all and returns the worse exit status. */
int rejects_close(struct rejects *rejects);

#endif
