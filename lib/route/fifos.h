/*
 * outlets: the FIFOs of memc_route, one a device type; types that share a
 * pipe share one descriptor.
 *
 * A line counts as routed when it is wholly written. When a reader dies, the
 * lines of its types that were not are undelivered, and the others go on.
 */
#ifndef MEMC_OUTLETS_H
#define MEMC_OUTLETS_H

#include "filter/options.h"
#include "io/outfile.h"
#include "route/route_tally.h"

#include <limits.h>
#include <sys/types.h>

struct outlet {
    char path[PATH_MAX];
    dev_t device; /* of the open pipe, with its inode */
    ino_t inode;
    struct outbuf *out; /* NULL: not open, or shared with another type */
    bool told;          /* its failure has been returned by outlets_failure */
};

struct outlets {
    struct route_tally *tally;
    struct outlet *of[DEVTYPE_COUNT]; /* NULL: not routed */
    struct outlet outlet[DEVTYPE_COUNT];
};

/*
 * Makes (with make_fifos) and opens the FIFOs of the types in options->only,
 * each with its wait for a reader. On failure *name is that of the one: its
 * path, or its type where the path is a descriptor that was handed over; what
 * was opened before is closed by outlets_close.
 */
enum outfile_result outlets_open(struct outlets *outlets, const struct route_options *options,
                                 struct route_tally *tally, const char **name);

/* Routes one line and counts it: routed or undelivered. */
void outlets_put(struct outlets *outlets, enum devtype type, struct slice line);

/* Writes what is gathered. */
void outlets_flush(struct outlets *outlets);
bool outlets_pending(const struct outlets *outlets);

/* The name and errno of an outlet that failed since the last call; NULL: none. */
const char *outlets_failure(struct outlets *outlets, int *error);

/* Flushes and closes; ask outlets_failure before. */
void outlets_close(struct outlets *outlets);

#endif
