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
    enum conn_status failure;        /* given up before that */
    int failure_errno;
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

    if (store->options.protocol == PROTOCOL_AUTO)
        channel_report(&store->channel);
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
    if (store->failure != CONN_OK)
        return store->failure;
    store->failure = server_connect(store->channel.server, CONN_OK, false);
    if (store->failure == CONN_OK)
        store->failure = choose(store);
    store->failure_errno = errno;
    return store->failure;
}

void store_put(struct store *store, const struct batch_record *record)
{
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

enum conn_status store_failure(const struct store *store)
{
    if (store->self)
        return store->calls->failure(store->self);
    errno = store->failure_errno;
    return store->failure;
}

const char *store_protocol(const struct store *store)
{
    return channel_protocol(&store->channel);
}

enum conn_status store_finish(struct store *store)
{
    return store->self ? store->calls->finish(store->self) : store->failure;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_finish(store);
    if (store->self)
        store->calls->close(store->self);
    free(store);
}
