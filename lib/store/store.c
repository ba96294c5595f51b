/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include "store/binary_store.h"
#include "store/channel.h"
#include "store/ring_store.h"

#include <errno.h>
#include <stdlib.h>

struct store {
    struct store_options options;
    struct channel channel;
    const struct store_calls *calls; /* of the store behind it */
    void *self;                      /* NULL: never connected */
    bool finished;                   /* and nothing was put since */
};

struct store *store_open(struct server *server, const struct store_options *options)
{
    struct store *store = calloc(1, sizeof *store);

    if (!store)
        return NULL;
    store->options = *options;
    channel_init(&store->channel, server, options->protocol);
    return store;
}

/* The connection is made: now it is known what it speaks. */
static enum conn_status choose(struct store *store)
{
    bool binary = store->channel.protocol == PROTOCOL_BINARY;

    if (store->options.protocol == PROTOCOL_AUTO && !store->options.mute)
        channel_report(&store->channel);
    if (!store->options.mute)
        store_report_clock(store->channel.server, store->options.ttl_seconds);
    store->calls = binary ? &BINARY_STORE : &RING_STORE;
    store->self = binary ? binary_store_open(&store->channel, &store->options)
                         : ring_store_open(&store->channel, &store->options);
    if (store->self)
        return CONN_OK;
    server_drop(store->channel.server);
    errno = ENOMEM;
    return CONN_NO_RESOURCES;
}

enum conn_status store_connect(struct store *store)
{
    if (store->self)
        return store->calls->connect(store->self);
    struct server *server = store->channel.server;
    if (server->failure != CONN_OK)
        return server->failure;
    enum conn_status conn = server_connect(server, false);
    if (conn == CONN_OK)
        conn = choose(store);
    if (conn != CONN_OK)
        server_give_up(server, conn, false);
    return conn;
}

void store_put(struct store *store, const struct batch_record *record)
{
    store->finished = false;
    if (store->channel.server->failure != CONN_OK && server_resume(store->channel.server))
        store_connect(store);
    if (store->self || store_connect(store) == CONN_OK)
        store->calls->put(store->self, record);
    else
        store->options.on_outcome(store->options.context, STORE_UNDELIVERED, record);
}

void store_flush(struct store *store)
{
    if (store->self)
        store->calls->flush(store->self);
}

size_t store_pending(const struct store *store)
{
    return store->self ? store->calls->pending(store->self) : 0;
}

const char *store_protocol(const struct store *store)
{
    return channel_protocol(&store->channel);
}

enum conn_status store_finish(struct store *store)
{
    if (store->self && !store->finished)
        store->calls->finish(store->self);
    store->finished = true;
    return store->channel.server->failure;
}

struct channel *store_channel(struct store *store)
{
    return &store->channel;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_finish(store);
    server_drop(store->channel.server);
    if (store->self)
        store->calls->close(store->self);
    free(store);
}
