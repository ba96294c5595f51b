/* SPDX-License-Identifier: MIT */
/*
 * sink_tally: the counters of memc_sink by outcome, the check that they add up to the
 * number of lines, and their two forms: JSON for programs, one line for people.
 */
#ifndef MEMC_SINK_TALLY_H
#define MEMC_SINK_TALLY_H

#include "bytes/json.h"
#include "bytes/number.h"
#include "filter/rejects.h"
#include "server/doubt.h"
#include "sink/item_sizes.h"

/* lines = blank + invalid + refused + stored + verified + missing + differing + undelivered */
struct sink_tally {
    const char *label; /* NULL: none */
    const char *mode;  /* "load", "dry-run" or "verify" */
    const char *type;  /* NULL: any */
    const char *server;
    const char *protocol; /* NULL: the server was never reached */
    union {               /* the same, under two names */
        struct line_counts counts;
        struct {
            uint64_t lines, blank, invalid;
        };
    };
    uint64_t stored, refused, undelivered;
    uint64_t verified, missing, differing; /* by --verify only */
    uint64_t apps_dropped;                 /* elements of lists of apps that are no app ids */
    uint64_t apps_dropped_records;         /* records that lost some of theirs */
    uint64_t retries;
    int64_t evictions; /* -1: unknown */
    enum doubt doubt;
    uint64_t sampled, sample_missing; /* keys read back at the end; of them not there */
    uint64_t zero_bytes;              /* in long runs: damage */
    uint64_t bytes_in, bytes_out;
    int64_t ms;
    int64_t start_ms, end_ms; /* Unix time */
    int timeout_ms;
    const struct ratio *limit;           /* of the error rate; NULL: none */
    int exit;                            /* -1 while it runs: null */
    const struct reasons *reasons;       /* NULL: not reported */
    const struct item_sizes *item_sizes; /* of a dry run; NULL: none */
};

bool sink_tally_holds(const struct sink_tally *t);
void sink_tally_json(const struct sink_tally *t, struct json *json);
void sink_tally_text(const struct sink_tally *t, char *text, size_t size);

/*
 * Without errors it passes. Otherwise errors / stored must be less than the limit,
 * compared in integers; with errors and nothing stored it fails. limit NULL: none.
 */
bool sink_tally_rate_passes(uint64_t errors, uint64_t stored, const struct ratio *limit);

#endif
