/* SPDX-License-Identifier: MIT */
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

/* Each is -1 if the server did not report it. */
struct counters {
    int64_t pid;
    int64_t start; /* time - uptime: seconds since 1970 */
    int64_t evictions;
    int64_t nomem; /* slab_reassign_evictions_nomem */
    int64_t cmd_flush;
    int64_t item_size_max; /* bytes */
    int64_t time;          /* the server's clock: seconds since 1970 */
    int64_t uptime;        /* seconds */
    int64_t total_items;   /* stored since the start; `stats reset` sets it to 0 */
    int64_t
        busy_deletes;    /* slab_reassign_busy_deletes: a page moved while a client held the item */
    int64_t ext_evicted; /* extstore_objects_evicted: its page of the disk was needed */
    int64_t ext_lost;    /* extstore_compact_lost: no room to rescue the item */
    int64_t ext_skipped; /* extstore_compact_skipped: ext_drop_unread */
    int64_t ext_bad;     /* badcrc_from_extstore: it came back from the disk damaged */
    int64_t delete_hits; /* by any client; we delete nothing */
};

extern const struct counters COUNTERS_UNKNOWN;

struct counter {
    const char *stat;   /* memcached's name in `stats`; NULL: worked out from others */
    const char *member; /* its name in the JSON of memc_sink --counters */
    size_t offset;      /* in struct counters */
    bool needed;        /* without it nothing is proved */
    bool evicts;        /* counts valid items that the server removed by itself */
    bool grows;         /* in one process it never falls, unless somebody resets it */
};

/* Ends with a NULL member. */
extern const struct counter COUNTERS[];

int64_t counters_value(const struct counters *c, const struct counter *counter);
int64_t *counters_place(struct counters *c, const struct counter *counter);

/* True if all that are needed were read. */
bool counters_known(const struct counters *c);

/*
 * Reads the counters, on new connections. Returns CONN_OK, or why not all were read.
 * A list without its END is not used at all, because it may have been cut off.
 */
enum conn_status counters_read(const struct address *address, int timeout_ms,
                               struct counters *counters);

/* The same on a connection that owes nothing, so it is this server that is asked; after a failure
 * the connection is to be dropped. */
enum conn_status counters_ask(int fd, int timeout_ms, struct counters *counters);

#endif
