/* SPDX-License-Identifier: MIT */
/*
 * loop: how both filters run. They read, take the lines, flush what has waited
 * long enough, and report the counters, until the input ends or breaks, or a
 * signal comes.
 *
 * It knows neither records nor servers: each program handles the lines itself,
 * in the calls below. Each is called at most once a read, never once a line.
 */
#ifndef MEMC_LOOP_H
#define MEMC_LOOP_H

#include "bytes/json.h"
#include "filter/summary.h"
#include "io/linebuf.h"

/* What the loop adds to a program's counters. */
struct loop_counts {
    uint64_t bytes_in;
    int64_t ms;               /* since the input began */
    int64_t start_ms, end_ms; /* Unix time of its beginning, and of this reading */
    int exit;                 /* -1: the run goes on */
};

/* `self` is that of loop_start. A call that is NULL is left out. */
struct loop_calls {
    /* Takes the lines that stand in memory, or those up to a mark. True: a mark has ended an
     * input. */
    bool (*take)(void *self);

    /* After a mark, when the counters of the input before it have been reported: the next input
     * begins. NULL if the program does not expect marks. */
    void (*next)(void *self);

    /* True if reading on is useless. May be NULL. */
    bool (*is_over)(const void *self);

    /* True while lines that were taken wait for more lines; flush ends that wait. */
    bool (*is_pending)(const void *self);
    void (*flush)(void *self);

    /* Writes the counters: as text of at most SUMMARY_BYTES, and into json, unless it is NULL, as
     * an object that is not ended. */
    void (*tell)(void *self, const struct loop_counts *counts, char *text, struct json *json);

    /* A signal asked for the end: reads what must still be read. Returns how the input ended. May
     * be NULL. */
    enum linebuf_result (*stopping)(void *self);

    /* The input has ended: takes what stands behind its last LF. Returns 0 or the exit status. */
    int (*rest)(void *self);
};

struct loop {
    const struct common_options *options;
    const struct loop_calls *calls;
    void *self;
    struct linebuf *in; /* NULL: loop_run has not been called */
    struct linger_timer linger;
    struct progress progress;
    int64_t start_ms, start_unix_ms; /* of the input */
    uint64_t status_bytes;           /* bytes read when notify_status was last called ... */
    int64_t status_ms;               /* ... at this time */
    int read_error;                  /* errno after the last read */
    struct linefile rows;            /* of --stats, where there are marks: a row an input */
    int status;                      /* of all that happened so far */
};

/* Makes the process nicer, and starts the clock. All pointers must outlive the loop. */
void loop_start(struct loop *loop, const struct common_options *options,
                const struct loop_calls *calls, void *self);

/* Adds a status; one of several is reported: see status_merge. */
void loop_merge_status(struct loop *loop, int status);

/*
 * Reads `in` to its end, and flushes. name: the input's, for messages. With
 * options->marks the counters of each input are reported at its mark, and are
 * one line in the file of --stats.
 */
void loop_run(struct loop *loop, struct linebuf *in, const char *name);

/* Reports the counters for the last time; returns the exit status. */
int loop_end(struct loop *loop);

#endif
