/*
 * fifos: the FIFOs of memc_route, one a device type; types that share a
 * pipe share one descriptor.
 *
 * A line counts as routed when it is wholly written. When a reader dies, the
 * lines of its types that were not are undelivered, and the others go on.
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
    struct stat pipe;   /* the open one */
    struct outbuf *out; /* NULL: not open, or shared with another type */
    bool told;          /* its failure has been returned by fifos_failure */
};

struct fifos {
    struct route_tally *tally;
    struct fifo *of[DEVTYPE_COUNT]; /* NULL: not routed */
    struct fifo fifo[DEVTYPE_COUNT];
};

/*
 * Makes (with make_fifos) and opens the FIFOs of the types in options->only,
 * each with its wait for a reader. On failure *name is that of the one: its
 * path, or its type where the path is a descriptor that was handed over; what
 * was opened before is closed by fifos_close.
 */
enum outfile_result fifos_open(struct fifos *fifos, const struct route_options *options,
                               struct route_tally *tally, const char **name);

/* Routes one line and counts it: routed or undelivered. */
void fifos_put(struct fifos *fifos, enum devtype type, struct slice line);

/* Writes what is gathered. */
void fifos_flush(struct fifos *fifos);
bool fifos_pending(const struct fifos *fifos);

/* The name and errno of an outlet that failed since the last call; NULL: none. */
const char *fifos_failure(struct fifos *fifos, int *error);

/* Flushes and closes; ask fifos_failure before. */
void fifos_close(struct fifos *fifos);

#endif
