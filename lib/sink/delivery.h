/* SPDX-License-Identifier: MIT */
/*
 * delivery: where the valid records of memc_sink go, and what became of each.
 *
 * A destination is a set of functions: one destination stores, one reads back and
 * compares (--verify), and one sends nothing (--dry-run). The outcome of each record
 * is counted here, at once or later, and the line of a record that fails is written
 * back here.
 */
#ifndef MEMC_DELIVERY_H
#define MEMC_DELIVERY_H

#include "filter/rejects.h"
#include "record/record.h"
#include "record/sample.h"
#include "sink/dry_run.h"
#include "sink/item_sizes.h"
#include "sink/sink_options.h"
#include "sink/sink_tally.h"
#include "sink/verify.h"
#include "store/store.h"

struct delivery;

struct destination {
    const char *mode; /* its name in the counters */

    /* False: out of memory. */
    bool (*open)(struct delivery *d);

    /* Connects to the server. CONN_OK, or why it gave up. */
    enum conn_status (*connect)(struct delivery *d);

    /* Takes one record, encoded and parsed. */
    void (*put)(struct delivery *d, const struct batch_record *put, const struct record *record);

    /* Waits until every record that was taken has its outcome. */
    void (*flush)(struct delivery *d);

    /* True while a record has no outcome. */
    bool (*pending)(const struct delivery *d);

    /* Brings the counters in the tally up to date. */
    void (*count)(struct delivery *d);

    /* Flushes, and ends the connection or the output. Returns 0 or the exit status. */
    int (*finish)(struct delivery *d);

    /* Frees the memory; works even if open was not called. */
    void (*close)(struct delivery *d);
};

struct delivery {
    const struct destination *to;
    const struct sink_options *options;
    struct sink_tally *tally;
    struct rejects *rejects;
    struct linefile undelivered; /* to verify also missing and differing lines ... */
    struct linefile why;         /* ... and then what each of them is */
    struct server server;
    struct store *store;   /* to store */
    struct sample sample;  /* of the keys that were stored */
    int64_t connected_ms;  /* the first time */
    int64_t sampled_ms;    /* when the sample was read back while the load went on; 0: never */
    struct verify *verify; /* to verify */
    struct verify_counts verified;
    struct dry_run *dry_run; /* of a dry run with -v */
    struct item_sizes item_sizes;
};

/* Chooses the destination. All pointers must outlive the delivery. */
void delivery_init(struct delivery *d, const struct sink_options *options, struct sink_tally *tally,
                   struct rejects *rejects);

/* Flushes the records, then the file of undelivered lines. */
void delivery_flush(struct delivery *d);
bool delivery_pending(const struct delivery *d);

/* True if the server was given up and there is no file for undelivered lines: then reading on is
 * useless. */
bool delivery_is_over(const struct delivery *d);

/* True if no lines are written back (no -r, no -u): then they need not be kept. */
bool delivery_keeps_no_lines(const struct delivery *d);

#endif
