/* SPDX-License-Identifier: MIT */
/*
 * channel: the connection to a server, by the protocol that both speak.
 *
 * The protocol is chosen at the first connection and kept, because the requests
 * on their way are in its form. Meta and classic text go over a socket of our
 * own, binary over libmemcached's.
 */
#ifndef MEMC_CHANNEL_H
#define MEMC_CHANNEL_H

#include "server/connection.h"
#include "server/probe.h"
#include "server/server.h"

#include "store/batch.h"

struct memcached_st; /* libmemcached's */

struct channel {
    struct server *server;
    enum protocol wanted;         /* --protocol; once connected, what it was then */
    enum protocol protocol;       /* AUTO: never connected */
    struct connection connection; /* by binary a duplicate of the library's, if that is known */
    struct memcached_st *memc;    /* binary; NULL: not connected */
};

/* From now on the server connects by it; both must stay where they are. */
void channel_init(struct channel *channel, struct server *server, enum protocol wanted);

/*
 * Reports once which slower protocol was chosen, unless an option named it, and
 * why. To be called after the first connection.
 */
void channel_report(const struct channel *channel);

/*
 * Ends a connection that owes nothing and has rested for so long that something on the way may have
 * forgotten it. For binary, connection_rests must be called as for a connection of our own.
 */
void channel_renew(struct channel *channel);

/*
 * True for a server that speaks meta and reports its counters. Quiet sets need a
 * fence, which shows when the server has executed what was on its way.
 */
bool channel_is_quiet(const struct channel *channel);

struct store_options {
    enum protocol protocol; /* PROTOCOL_AUTO: what the server speaks */
    size_t batch_records;   /* 1 to BATCH_RECORDS_MAX; 0: the best of the protocol */
    int64_t ttl_seconds;    /* 0: no expiry */
    bool mute;              /* no word about a slower protocol or another clock */
    store_outcome_fn *on_outcome;
    void *context;
};

/* What a store of one protocol does; self is the store. Each as in store.h, on a connected channel.
 */
struct store_calls {
    enum conn_status (*connect)(void *self);
    void (*put)(void *self, const struct batch_record *record);
    void (*flush)(void *self);
    size_t (*pending)(const void *self);
    enum conn_status (*finish)(void *self);
    void (*close)(void *self); /* after finish: frees */
};

/*
 * The expiry in the protocol's form, from now. For more than 30 days memcached
 * needs an absolute Unix time, by the server's clock.
 */
int64_t store_expiry(const struct server *server, int64_t ttl_seconds);

/* Reports a clock of the server that differs much from ours, if that matters. To be called after
 * the first connection. */
void store_report_clock(const struct server *server, int64_t ttl_seconds);

/* "meta", "binary" or "text"; NULL: never connected. */
const char *channel_protocol(const struct channel *channel);

#endif
