/* SPDX-License-Identifier: MIT */
/*
 * loop: how both filters run: read, take the lines, flush what waited long
 * enough, tell the counters; until the input ends, breaks, or a signal comes.
 *
 * It knows neither records nor servers: what is done with the lines is the
 * program's own, by the calls below. Each is called once a read or less, never
 * once a line.
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

/* `self` is that of loop_start. Those that may be NULL are then not called. */
struct loop_calls {
    /* Takes the lines that stand in memory, or those up to a mark. True: a mark has ended an
     * input. */
    bool (*take)(void *self);

    /* After a mark, when the counters of the input before it are told: the next one begins. NULL
     * if the program was not told to expect marks. */
    void (*next)(void *self);

    /* True if there is no use in reading on. May be NULL. */
    bool (*is_over)(const void *self);

    /* True while something that was taken waits for more, and flush would end that wait. */
    bool (*is_pending)(const void *self);
    void (*flush)(void *self);

    /* Writes the counters: as text of SUMMARY_BYTES, and as an object in json, unless it is NULL,
     * without its end. */
    void (*tell)(void *self, const struct loop_counts *counts, char *text, struct json *json);

    /* A signal asked for the end: what is still read, if anything. Returns how the input ended
     * then. May be NULL. */
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
    uint64_t status_bytes;           /* notify_status was told when so many had been read ... */
    int64_t status_ms;               /* ... at this time */
    int read_error;                  /* errno after the last read */
    struct linefile rows;            /* of --stats, where there are marks: a row an input */
    int status;                      /* of all that happened so far */
};

/* Makes the process nicer, and starts the clock. All pointers must outlive the loop. */
void loop_start(struct loop *loop, const struct common_options *options,
                const struct loop_calls *calls, void *self);

/* Of several statuses one is reported: see status_merge. */
void loop_merge_status(struct loop *loop, int status);

/*
 * Reads `in` to its end, and flushes. name: the input's, for messages. With
 * options->marks the counters of each input are told at its mark, and are a
 * line of the file of --stats.
 */
void loop_run(struct loop *loop, struct linebuf *in, const char *name);

/* Tells the counters for the last time; returns the exit status. */
int loop_end(struct loop *loop);

#endif
