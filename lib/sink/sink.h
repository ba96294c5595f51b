/* SPDX-License-Identifier: MIT */
/*
 * sink: what becomes of one line of memc_sink: parsed, encoded, delivered or
 * rejected.
 */
#ifndef MEMC_SINK_H
#define MEMC_SINK_H

#include "filter/loop.h"
#include "io/infile.h"
#include "sink/delivery.h"

enum { SINK_DROPPED_LINES = 5 };

struct sink {
    struct sink_options *options;
    struct infile *file;
    struct linebuf *in;
    struct sink_tally tally;                   /* of the input that is read */
    size_t input;                              /* its number, from 0, where there are several */
    uint64_t earlier_stored;                   /* of the inputs before it */
    uint64_t dropped_line[SINK_DROPPED_LINES]; /* the first that lost elements of their apps */
    struct rejects rejects;
    struct delivery delivery;
    uint32_t *apps; /* room for the apps of the longest line */
    char *value;    /* room for its value */
};

/* After this, all functions work on a sink that was never opened. The options must outlive it. */
void sink_init(struct sink *sink, struct sink_options *options);

/*
 * Opens the files of rejects and undelivered lines, and all buffers; says what
 * fails. Returns 0 or the exit status. The file, open, and `in`, which reads
 * it, must outlive the sink.
 */
int sink_open(struct sink *sink, struct infile *file, struct linebuf *in);

/* Connects to the server, where the mode has one. CONN_OK or why it gave up. */
enum conn_status sink_connect(struct sink *sink);

/* Takes a line or a piece of an over-long one, and counts its outcome, at once or later. */
void sink_line(struct sink *sink, const struct line *line);

/* For loop_start, with the sink as `self`. */
extern const struct loop_calls SINK_CALLS;

/* True if reading on is useless. */
bool sink_is_over(const void *self);

/* CONN_OK, or why the server was given up, with errno. */
enum conn_status sink_failure(const struct sink *sink);

/*
 * Waits for the last outcomes and ends the connection. The TERM that ends a
 * standing sink is forgiven then. Returns 0 or the exit status.
 */
int sink_finish(struct sink *sink);

/* Closes the files of rejects and undelivered lines. Returns 0 or the exit status. */
int sink_end_files(struct sink *sink);

/* Frees. */
void sink_close(struct sink *sink);

#endif
