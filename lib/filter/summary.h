/* SPDX-License-Identifier: MIT */
/*
 * summary: how both filters report their counters: as a line on standard error and
 * as JSON to the file of --stats; at the end, and whenever USR1 asks. With
 * --progress the line is also shown every second.
 */
#ifndef MEMC_SUMMARY_H
#define MEMC_SUMMARY_H

#include "filter/options.h"
#include "io/linefile.h"
#include "process/timing.h"

/* The longest line, with its NUL. */
enum { SUMMARY_BYTES = 512 };

static inline double summary_seconds(int64_t ms)
{
    return (double)ms / 1000;
}

static inline uint64_t summary_per_second(uint64_t count, int64_t ms)
{
    return ms > 0 ? (uint64_t)((double)count * 1000 / (double)ms) : count;
}

/*
 * Checks at the start that the file of --stats, if there is one, can be written, and
 * that it is neither the input nor one of the two line files (the second may be
 * NULL). Returns 0 or the exit status. On failure options->stats becomes NULL, so
 * that it is not written at the end.
 */
int summary_check_file(struct common_options *options, int input_fd, const struct linefile *one,
                       const struct linefile *other);

/* True if both paths lead to the same file. Either may be NULL. */
bool summary_file_is(const char *path, const char *other);

/* LIVE: a second has passed; ASKED: USR1 has come since the last call. */
enum summary_occasion { SUMMARY_NOT_NOW, SUMMARY_LIVE, SUMMARY_ASKED };
enum summary_occasion summary_due(struct progress *progress);

/* --progress: shows the line in place of the one before. */
void summary_show(const char *text);

/*
 * Prints the line, unless --quiet, and writes the JSON. While the run goes on
 * (goes_on), the JSON is written only if it replaces a regular file: a pipe gets
 * only the last one. Returns 0 or the exit status.
 */
int summary_report(const struct common_options *options, bool goes_on, const char *text,
                   const char *json);

#endif
