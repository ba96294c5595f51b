/* SPDX-License-Identifier: MIT */
/*
 * doubt: what two readings of a server's counters prove.
 *
 * An acknowledged record can be gone a moment later: evicted, flushed, or lost with
 * the process that held it. What shows it: the server's own counters, read before the
 * first and after the last store, and a sample that is read back.
 */
#ifndef MEMC_DOUBT_H
#define MEMC_DOUBT_H

#include "server/counters.h"

/* If several apply, the first one counts. */
enum doubt {
    DOUBT_NONE,
    DOUBT_RESTARTED,    /* another process, begun after the first reading */
    DOUBT_FLUSHED,      /* cmd_flush grew */
    DOUBT_EVICTED,      /* a counter of evictions grew */
    DOUBT_LOST,         /* keys of the sample are not there */
    DOUBT_OTHER_SERVER, /* unproven: the readings are of two servers */
    DOUBT_RESET,        /* unproven: a counter fell, or total_items grew by too little */
    DOUBT_UNREADABLE,   /* unproven: a counter could not be read */
};

/* "restarted" and so on; the last three are "unproven". NULL for DOUBT_NONE. */
const char *doubt_name(enum doubt doubt);

/* The one of two that counts. */
enum doubt doubt_merge(enum doubt a, enum doubt b);

/* True if both were read and show different processes. */
bool counters_restarted(const struct counters *before, const struct counters *after);

/* True also for a process that went on with another one's memory (memcached -e). */
bool counters_same_start(const struct counters *before, const struct counters *after);

/* Items that the server removed between two readings; -1 if unknown. */
int64_t counters_evicted(const struct counters *before, const struct counters *after);

/*
 * Why records acknowledged between the two readings may be gone. stored: their number.
 * A counter that is not needed may be missing in both readings. If only one reading has it, it
 * could not be read in the other. allow_evictions excuses evictions and unreadable counters,
 * nothing else.
 */
enum doubt counters_doubt(const struct counters *before, const struct counters *after,
                          uint64_t stored, bool allow_evictions);

#endif
