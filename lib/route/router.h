/* SPDX-License-Identifier: MIT */
/*
 * router: what becomes of one line of memc_route: routed to its type's FIFO,
 * skipped, or rejected.
 */
#ifndef MEMC_ROUTER_H
#define MEMC_ROUTER_H

#include "filter/loop.h"
#include "filter/rejects.h"
#include "route/fifos.h"
#include "route/pace.h"
#include "route/route_options.h"
#include "route/route_tally.h"

struct router {
    struct route_options *options;
    struct linebuf *in;
    struct fifos fifos;
    struct rejects rejects;
    struct route_tally tally;
    size_t input; /* its number, from 0, where there are several */
    bool input_cut;
    struct pace pace;     /* of --rate */
    uint64_t paced_lines; /* tally.lines at the last look at the pace */
    int status;           /* of the failures so far */
};

/* After this, all functions work on a router that was never opened. The options must outlive it. */
void router_init(struct router *router, struct route_options *options);

/* Opens all files, and the FIFOs, for whose readers it waits. Reports a failure. Returns 0 or the
 * exit status. */
int router_open(struct router *router);

/* Takes a line, or a piece of an over-long one, and counts its outcome. */
void router_line(struct router *router, const struct line *line);

/* For loop_start, with the router as `self`. */
extern const struct loop_calls ROUTER_CALLS;

/* Writes the gathered lines, closes all outputs, checks the sum. Returns the exit status. */
int router_end(struct router *router);

/* Frees the memory. */
void router_close(struct router *router);

#endif
