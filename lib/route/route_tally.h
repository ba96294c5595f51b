/* SPDX-License-Identifier: MIT */
/*
 * route_tally: the counters of memc_route by outcome, the check that they add up to the
 * number of lines, and their two forms: JSON for programs, one line for people.
 */
#ifndef MEMC_ROUTE_TALLY_H
#define MEMC_ROUTE_TALLY_H

#include "bytes/json.h"
#include "filter/rejects.h"
#include "record/devtype.h"

/* lines = blank + invalid + unknown + skipped + routed + undelivered */
struct route_tally {
    const char *label; /* NULL: none */
    union {            /* the same, under two names */
        struct line_counts counts;
        struct {
            uint64_t lines, blank, invalid;
        };
    };
    uint64_t unknown, skipped, undelivered;
    uint64_t routed[DEVTYPE_COUNT];
    uint64_t zero_bytes; /* in long runs: damage */
    uint64_t bytes_in;
    int64_t ms;
    int64_t start_ms, end_ms;      /* Unix time */
    int exit;                      /* -1 while it runs: null */
    const struct reasons *reasons; /* NULL: not reported */
};

uint64_t route_tally_routed(const struct route_tally *t);
bool route_tally_holds(const struct route_tally *t);
void route_tally_json(const struct route_tally *t, struct json *json);

/* Writes the counters in words on one line, cut off at size. */
void route_tally_text(const struct route_tally *t, char *text, size_t size);

#endif
