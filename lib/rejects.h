/*
 * rejects: bad lines: given back as their own bytes, and complained about with
 * line number and reason, never with a byte of the line. Complaints are capped
 * and then counted.
 */
#ifndef MEMC_REJECTS_H
#define MEMC_REJECTS_H

#include "linebuf.h"
#include "report.h"

struct rejects {
    struct report report;
    const char *type; /* lines are counted among this type's only; NULL: among all */
    bool verbose;     /* no cap */
    uint64_t complaints;
    bool blank_so_far; /* of an over-long line: its pieces are white */
};

/* The report is opened by the caller. */
void rejects_init(struct rejects *rejects, const char *type, bool verbose);

void rejects_line(struct rejects *rejects, struct slice line, uint64_t number, const char *reason);

/* A piece of a line longer than --max-line, as it comes; when the line has ended, what it was. */
enum overlong { OVERLONG_GOES_ON, OVERLONG_BLANK, OVERLONG_REJECTED };
enum overlong rejects_overlong(struct rejects *rejects, const struct line *line, uint64_t number);

/*
 * The unterminated last line of a cut input: no record, not given back; its
 * earlier pieces are taken back. True if it is only blank.
 */
bool rejects_cut(struct rejects *rejects, const struct line *line);

/* Tells how many complaints were passed over; closes the report and returns its exit status. */
int rejects_close(struct rejects *rejects);

#endif
