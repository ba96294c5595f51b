/*
 * delivery: where the valid records of memc_sink go, and what became of each.
 *
 * A destination is a handful of functions: there is one that stores, one that
 * reads back and compares (--verify), and one that sends nothing (--dry-run).
 * Each record's outcome is counted here, at once or later, and a record that
 * fails is given back here.
 */
#ifndef MEMC_DELIVERY_H
#define MEMC_DELIVERY_H

#include "filter/rejects.h"
#include "record/record.h"
#include "sink/dry_run.h"
#include "sink/item_sizes.h"
#include "sink/sink_options.h"
#include "sink/sink_tally.h"
#include "sink/verify.h"
#include "store/store.h"

struct delivery;

struct destination {
    const char *mode; /* as the counters call it */

    /* False: out of memory. */
    bool (*open)(struct delivery *d);

    /* Reaches the server. CONN_OK or why it gave up. */
    enum conn_status (*connect)(struct delivery *d);

    /* Takes one record: as it is sent, and as it was parsed. */
    void (*put)(struct delivery *d, const struct batch_record *put, const struct record *record);

    /* Waits until every record taken has its outcome. */
    void (*flush)(struct delivery *d);

    /* True while one has none. */
    bool (*pending)(const struct delivery *d);

    /* CONN_OK, or why the server was given up, with errno. */
    enum conn_status (*failure)(const struct delivery *d);

    /* The counters of the moment go into the tally. */
    void (*count)(struct delivery *d);

    /* Flushes, and ends the connection or the output. Returns 0 or the exit status. */
    int (*finish)(struct delivery *d);

    /* Frees. Also of what was not opened. */
    void (*close)(struct delivery *d);
};

struct delivery {
    const struct destination *to;
    const struct sink_options *options;
    struct sink_tally *tally;
    struct rejects *rejects;
    struct linefile undelivered;
    struct server server;
    struct store *store;   /* to store */
    struct verify *verify; /* to verify */
    struct verify_counts verified;
    struct dry_run *dry_run; /* of a dry run with -v */
    struct item_sizes item_sizes;
};

/* Chooses the destination. All pointers must outlive the delivery. */
void delivery_init(struct delivery *d, const struct sink_options *options, struct sink_tally *tally,
                   struct rejects *rejects);

/* Writes what is gathered of the undelivered lines, too, after the records. */
void delivery_flush(struct delivery *d);
bool delivery_pending(const struct delivery *d);

/* Without a place for what cannot be delivered any more there is no use in reading on. */
bool delivery_is_over(const struct delivery *d);

/* True if nobody is given lines back: then they need not be kept. */
bool delivery_keeps_no_lines(const struct delivery *d);

#endif
