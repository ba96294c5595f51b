/*
 * doubt: what two readings of a server's counters prove.
 *
 * An acknowledged record can be gone a moment later: evicted, flushed, or with
 * the process that held it. Only the server's own counters before the first
 * and after the last store tell.
 */
#ifndef MEMC_DOUBT_H
#define MEMC_DOUBT_H

#include "server/counters.h"

enum doubt {
    DOUBT_NONE,
    DOUBT_RESTARTED, /* pid or start time moved */
    DOUBT_FLUSHED,   /* cmd_flush grew */
    DOUBT_EVICTED,   /* a counter of evictions grew */
    DOUBT_UNPROVEN,  /* a counter fell (stats reset), or could not be read */
};

/* "restarted" and so on; NULL for DOUBT_NONE. */
const char *doubt_name(enum doubt doubt);

/* True if both were read and tell of different processes. */
bool counters_restarted(const struct counters *before, const struct counters *after);

/* Items evicted between two readings; -1 if unknown. */
int64_t counters_evicted(const struct counters *before, const struct counters *after);

/*
 * Why records acknowledged between the two readings may be gone; the first of
 * the list that applies. A counter that is not needed may be missing in both
 * readings; one that only one of them has could not be read in the other.
 * allow_evictions excuses evictions and unreadable counters, nothing else.
 */
enum doubt counters_doubt(const struct counters *before, const struct counters *after,
                          bool allow_evictions);

#endif
