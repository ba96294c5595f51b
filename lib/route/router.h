/*
 * router: what becomes of one line of memc_route: routed to its type's FIFO,
 * skipped, or rejected.
 */
#ifndef MEMC_ROUTER_H
#define MEMC_ROUTER_H

#include "filter/loop.h"
#include "filter/rejects.h"
#include "route/fifos.h"
#include "route/route_options.h"
#include "route/route_tally.h"

struct router {
    struct route_options *options;
    struct linebuf *in;
    struct fifos fifos;
    struct rejects rejects;
    struct route_tally tally;
    int status; /* of the failures so far */
};

/* Makes the tally and all else tell the truth about a router that is not open. The options must
 * outlive it. */
void router_init(struct router *router, struct route_options *options);

/* Opens the FIFOs, with their waits for readers, and all else; says what fails. Returns 0 or the
 * exit status. */
int router_open(struct router *router);

/* Takes a line, or a piece of an over-long one, and counts its outcome. */
void router_line(struct router *router, const struct line *line);

/* The calls of a loop whose self is a router. */
extern const struct loop_calls ROUTER_CALLS;

/* Writes what is gathered, closes all outputs, proves the sum; returns the exit status. */
int router_end(struct router *router);

/* Frees what is left. */
void router_close(struct router *router);

#endif
