/*
 * counters: the counters of one server that we use, and their names.
 *
 * The table COUNTERS is the one place that knows in which names memcached's
 * versions differ. A counter that a version does not have is not needed: it is
 * -1 and counts as 0.
 */
#ifndef MEMC_COUNTERS_H
#define MEMC_COUNTERS_H

#include "server/address.h"
#include "server/conn_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each is -1 if the server did not tell it. */
struct counters {
    int64_t pid;
    int64_t start; /* time - uptime: seconds since 1970 */
    int64_t evictions;
    int64_t nomem; /* slab_reassign_evictions_nomem */
    int64_t cmd_flush;
    int64_t item_size_max; /* bytes */
};

#define COUNTERS_UNKNOWN ((struct counters){-1, -1, -1, -1, -1, -1})

struct counter {
    const char *stat;   /* memcached's name in `stats`; NULL: worked out from others */
    const char *member; /* its name in the JSON of memc_sink --counters */
    size_t offset;      /* in struct counters */
    bool needed;        /* without it nothing is proved */
    bool evicts;        /* counts items that were dropped for lack of room */
};

/* Ends with a NULL member. */
extern const struct counter COUNTERS[];

int64_t counters_value(const struct counters *c, const struct counter *counter);

/* True if all that are needed were read. */
bool counters_known(const struct counters *c);

/*
 * Reads the counters on connections of their own. Returns CONN_OK or why not
 * all was read. Of a list without its END nothing is known: what is missing
 * there may have been cut off.
 */
enum conn_status counters_read(const struct address *address, int timeout_ms,
                               struct counters *counters);

#endif
