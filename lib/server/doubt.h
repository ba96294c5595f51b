/*
 * doubt: what a server says of itself, and what two readings prove.
 *
 * An acknowledged record can be gone a moment later: evicted, flushed, or with
 * the process that held it. Only the server's own counters before the first
 * and after the last store tell.
 */
#ifndef MEMC_DOUBT_H
#define MEMC_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

/* Each -1 if it could not be read. Names of memcached's doc/protocol.txt. */
struct counters {
    int64_t pid;
    int64_t start; /* time - uptime: seconds since 1970 */
    int64_t evictions;
    int64_t nomem; /* slab_reassign_evictions_nomem */
    int64_t cmd_flush;
    int64_t item_size_max; /* bytes */
};

#define COUNTERS_UNKNOWN ((struct counters){-1, -1, -1, -1, -1, -1})

enum doubt {
    DOUBT_NONE,
    DOUBT_RESTARTED, /* pid or start time moved */
    DOUBT_FLUSHED,   /* cmd_flush grew */
    DOUBT_EVICTED,   /* evictions + nomem grew */
    DOUBT_UNPROVEN,  /* a counter fell (stats reset) or could not be read */
};

/* "restarted" and so on; NULL for DOUBT_NONE. */
const char *doubt_name(enum doubt doubt);

/* True if all of pid, start, evictions, nomem and cmd_flush were read. */
bool counters_known(const struct counters *c);

/* True if both were read and tell of different processes. */
bool counters_restarted(const struct counters *before, const struct counters *after);

/* Items evicted between two readings; -1 if unknown. */
int64_t counters_evicted(const struct counters *before, const struct counters *after);

/*
 * Why records acknowledged between the two readings may be gone; the first of
 * the list that applies. allow_evictions excuses evictions and unreadable
 * counters, nothing else.
 */
enum doubt counters_doubt(const struct counters *before, const struct counters *after,
                          bool allow_evictions);

#endif
