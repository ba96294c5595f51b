/*
 * summary: the counters as they are told, by both filters: a line on standard
 * error and JSON to the file of --stats; in the end, every second with
 * --progress, and whenever USR1 asks.
 */
#ifndef MEMC_SUMMARY_H
#define MEMC_SUMMARY_H

#include "filter/options.h"
#include "io/linefile.h"
#include "process/timing.h"

/* The longest line, and its NUL. */
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
 * Finds out at the start whether the file of --stats, if there is one, can be
 * written, and that it replaces neither the input nor a report (the second may
 * be NULL). Returns 0 or the exit status; then options->stats becomes NULL, so
 * that it is not written in the end either.
 */
int summary_check_file(struct common_options *options, int input_fd, const struct linefile *one,
                       const struct linefile *other);

/* True if the file of --stats is the very file of another path; either may be NULL. */
bool summary_file_is(const char *path, const char *other);

/* LIVE: a second has passed; ASKED: USR1 has come since the last call. */
enum summary_occasion { SUMMARY_NOT_NOW, SUMMARY_LIVE, SUMMARY_ASKED };
enum summary_occasion summary_due(struct progress *progress);

/* --progress: the line, written over the one before. */
void summary_show(const char *text);

/*
 * Writes the line, unless --quiet, and the JSON. While the run goes on, the JSON
 * is written only to a file that it replaces: a pipe gets the last one. Returns
 * 0 or the exit status.
 */
int summary_report(const struct common_options *options, bool goes_on, const char *text,
                   const char *json);

#endif
