/*
 * sink: what becomes of one line: parsed, encoded, and stored, verified or
 * only counted; rejected or given back where that fails.
 */
#ifndef MEMC_SINK_H
#define MEMC_SINK_H

#include "filter/options.h"
#include "filter/rejects.h"
#include "io/linebuf.h"
#include "sink/dry_run.h"
#include "sink/item_sizes.h"
#include "sink/sink_tally.h"
#include "store/store.h"
#include "store/verify.h"

struct sink {
    const struct sink_options *options;
    const struct linebuf *in; /* for line numbers */
    struct sink_tally tally;
    struct item_sizes item_sizes; /* in a dry run */
    struct rejects rejects;
    struct linefile undelivered;
    struct server server;
    struct store *store;   /* in mode load */
    struct verify *verify; /* in mode verify */
    struct verify_counts verified;
    struct dry_run *dry_run; /* dry run with -v */
    uint32_t *apps;          /* room for the apps of the longest line */
    char *value;             /* room for its value */
};

/* Makes the tally and all else tell the truth about a sink that is not open. The options must
 * outlive it. */
void sink_init(struct sink *sink, const struct sink_options *options);

/* False: out of memory. The linebuf must outlive the sink. */
bool sink_open(struct sink *sink, const struct linebuf *in);
void sink_close(struct sink *sink);

/* Connects to the server, where the mode has one. CONN_OK or why it gave up. */
enum conn_status sink_connect(struct sink *sink);

/* Takes a line or a piece of an over-long one, and counts its outcome, at once or later. */
void sink_take(struct sink *sink, const struct line *line);

/* The unterminated last line of an input that was cut: no record. */
void sink_take_cut(struct sink *sink, const struct line *line);

/* Waits until every line taken has its outcome. */
void sink_flush(struct sink *sink);

/* True while records wait for company or for their outcome. */
bool sink_pending(const struct sink *sink);

/* CONN_OK, or why the server was given up, with errno. */
enum conn_status sink_failure(const struct sink *sink);

#endif
