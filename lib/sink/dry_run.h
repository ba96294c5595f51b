/* SPDX-License-Identifier: MIT */
/*
 * dry_run: prints the records of a dry run, or of --get, on standard output, one line each:
 *
 *     SERVER - KEY -> apps: 1 apps: 2 lat: 0.5 lon: -1
 *
 * Several processes may print to one pipe or file: their lines do not mix.
 */
#ifndef MEMC_DRY_RUN_H
#define MEMC_DRY_RUN_H

#include "record/record.h"

struct dry_run;

/*
 * max_line: of the lines that the records come from; server must outlive it. NULL: no memory or
 * descriptor. dry_run_close(NULL) is fine.
 */
struct dry_run *dry_run_open(const char *server, size_t max_line);

/* Prints one record. dry_run_close returns a failure to write. */
void dry_run_record(struct dry_run *out, struct slice key, const struct record *record);

/* The same for a record that is text already, of any length. */
void dry_run_text(struct dry_run *out, struct slice key, struct slice text);

void dry_run_flush(struct dry_run *out);
bool dry_run_pending(const struct dry_run *out);

/* Writes the rest, and frees. Returns 0 or errno. */
int dry_run_close(struct dry_run *out);

#endif
