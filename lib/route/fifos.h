/* SPDX-License-Identifier: MIT */
/*
 * fifos: the FIFOs of memc_route, one a device type; types that share a
 * pipe share one descriptor.
 *
 * A line counts as routed when all of it is written. When a reader dies, the lines
 * of its types that were not written are undelivered, and the other types go on.
 */
#ifndef MEMC_FIFOS_H
#define MEMC_FIFOS_H

#include "io/outfile.h"
#include "route/route_options.h"
#include "route/route_tally.h"

#include <limits.h>
#include <sys/stat.h>

struct fifo {
    char path[PATH_MAX];
    struct stat pipe;   /* of the open descriptor */
    struct outbuf *out; /* NULL: not open, or shared with another type */
    bool reported;      /* fifos_failure has returned its failure */
};

struct fifos {
    struct route_tally *tally;
    struct fifo *of[DEVTYPE_COUNT]; /* NULL: not routed */
    struct fifo fifo[DEVTYPE_COUNT];
};

/*
 * Opens the FIFOs of the types in options->only and waits for a reader of each;
 * with make_fifos it makes missing ones first. On failure *name is the one that
 * failed: its path, or its type if the path is /dev/fd/N. Call fifos_close then, too.
 */
enum outfile_result fifos_open(struct fifos *fifos, const struct route_options *options,
                               struct route_tally *tally, const char **name);

/* Routes one line and counts it: routed or undelivered. */
void fifos_put(struct fifos *fifos, enum devtype type, struct slice line);

/* Writes what is gathered, and then a mark to each open FIFO: a line of one NUL, which counts as no
 * line. */
void fifos_mark(struct fifos *fifos);

/* Writes the gathered lines. */
void fifos_flush(struct fifos *fifos);
bool fifos_pending(const struct fifos *fifos);

/* The name and errno of a FIFO whose failure was not returned yet; NULL: there is none. */
const char *fifos_failure(struct fifos *fifos, int *error);

/* Flushes and closes. Call fifos_failure before. */
void fifos_close(struct fifos *fifos);

#endif
