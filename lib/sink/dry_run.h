/*
 * printout: the records of a dry run, a line each on standard output:
 *
 *     SERVER - KEY -> apps: 1 apps: 2 lat: 0.5 lon: -1
 *
 * Several processes may print to one pipe or file: their lines do not mix.
 */
#ifndef MEMC_PRINTOUT_H
#define MEMC_PRINTOUT_H

#include "record/record.h"

struct printout;

/*
 * max_line: of the lines that the records come from; server must outlive it. NULL: no memory or
 * descriptor. printout_close(NULL) is fine.
 */
struct printout *printout_open(const char *server, size_t max_line);

/* key: the record's. What cannot be written is told by printout_close. */
void printout_record(struct printout *out, struct slice key, const struct record *record);

void printout_flush(struct printout *out);
bool printout_pending(const struct printout *out);

/* Writes the rest, and frees. Returns 0 or errno. */
int printout_close(struct printout *out);

#endif
