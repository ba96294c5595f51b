/*
 * stats_file: where --stats goes, for both filters.
 */
#ifndef MEMC_STATS_FILE_H
#define MEMC_STATS_FILE_H

#include "io/linefile.h"

/*
 * Finds out at the start whether it can be written, and that it replaces
 * neither the input nor a report. path NULL: nobody asked for it; so may be
 * the second report. Returns 0 or the exit status.
 */
int stats_file_check(const char *path, int input_fd, const struct linefile *one,
                     const struct linefile *other);

/* True if it is the very file of another path, either of which may be NULL. */
bool stats_file_is(const char *path, const char *other);

/* Writes the JSON of a run that goes on, if it replaces a file: a pipe gets only the last one. */
int stats_file_write_so_far(const char *path, const char *json);

/* Writes the JSON at the end. Returns 0 or the exit status. */
int stats_file_write(const char *path, const char *json, int64_t wait_ms);

#endif
