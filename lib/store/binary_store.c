/* SPDX-License-Identifier: MIT */
#include "store/binary_store.h"

#include "process/signals.h"
#include "store/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/*
 * What is on its way at most, so that neither side's full buffers can block
 * the other: two batches of 64 KiB over a Unix socket, over TCP 2,048 records.
 */
enum { BATCH_BYTES_LOCAL = 64 * 1024, BATCH_BYTES_TCP = 256 * 1024 };

/*
 * Two batches by turns: `filling` takes records; the other one, `on_way`, has
 * been sent. Records leave in order: first those of `on_way`, then of
 * `filling`. head and sent count both through: records [0, head) have their
 * outcome, [head, sent) are in the library, the rest is still to be sent.
 */
struct binary_store {
    struct channel *channel;
    struct server *server; /* of the channel */
    struct store_options options;
    size_t batch_bytes; /* on the connection; in memory, with lines, twice as much */
    struct batch *filling, *on_way;
    size_t head, sent;
    bool memory_refused; /* the head was refused for lack of memory once */
    struct wire wire;
    struct batch batches[2];
};

void *binary_store_open(struct channel *channel, const struct store_options *options)
{
    struct binary_store *store = calloc(1, sizeof *store);
    bool local = address_is_local_socket(channel->server->address);

    if (!store)
        return NULL;
    store->channel = channel;
    store->server = channel->server;
    store->options = *options;
    if (store->options.batch_records == 0)
        store->options.batch_records = BATCH_RECORDS_MAX;
    store->batch_bytes = local ? BATCH_BYTES_LOCAL : BATCH_BYTES_TCP;
    store->on_way = &store->batches[0];
    store->filling = &store->batches[1];
    batch_init(store->on_way, 2 * store->batch_bytes);
    batch_init(store->filling, 2 * store->batch_bytes);
    wire_open(&store->wire, channel->memc);
    return store;
}

static size_t total(const struct binary_store *store)
{
    return store->on_way->count + store->filling->count;
}

static const struct batch_record *record_at(const struct binary_store *store, size_t index)
{
    const struct batch *on_way = store->on_way;

    return index < on_way->count ? &on_way->record[index]
                                 : &store->filling->record[index - on_way->count];
}

static void settle(struct binary_store *store, enum store_outcome outcome)
{
    const struct batch_record *record = record_at(store, store->head);

    store->head++;
    if (store->sent < store->head)
        store->sent = store->head;
    store->options.on_outcome(store->options.context, outcome, record);
}

static void give_up(struct binary_store *store, enum conn_status why)
{
    server_give_up(store->server, why, store->sent > store->head);
    while (store->head < total(store))
        settle(store, STORE_UNDELIVERED);
}

/* The head's answer has come. */
static enum conn_status take_in(struct binary_store *store, bool stored, int64_t *since_ms)
{
    server_is_well(store->server);
    store->memory_refused = false;
    settle(store, stored ? STORE_STORED : STORE_REFUSED);
    return server_answered(store->server, since_ms);
}

/* Reads one answer: that of the head, since answers come in order. */
static enum conn_status take_answer(struct binary_store *store, int64_t *since_ms)
{
    bool stored;
    enum conn_status conn = wire_answer(&store->wire, &stored);

    return conn == CONN_OK ? take_in(store, stored, since_ms) : conn;
}

/* Waits for something to read. The library has a buffer of its own, of which it does not tell what
 * is in it: so this is possible only while no earlier answers are owed. */
static enum conn_status await_first(struct binary_store *store)
{
    struct connection *connection = &store->channel->connection;

    connection_moves(connection);
    while (connection->fd >= 0 && connection_look(connection) == CONN_OK) {
        enum conn_status conn = connection_await(connection, false);
        if (conn != CONN_OK)
            return conn;
        server_report_silence(store->server, connection_waited_ms(connection));
    }
    return CONN_OK;
}

/* Sends all that is put and reads answers until at most `keep` are owed. */
static enum conn_status exchange(struct binary_store *store, size_t keep)
{
    enum conn_status conn = CONN_OK;
    bool owes_nothing = store->sent == store->head;

    /* A new one, too: its server was asked for its counters meanwhile, which takes its time. */
    if (owes_nothing && connection_look(&store->channel->connection) == CONN_LOST)
        return CONN_LOST;
    server_skip_idle_time(store->server);
    while (conn == CONN_OK && store->sent < total(store)) {
        conn = wire_send(&store->wire, record_at(store, store->sent++),
                         (time_t)store_expiry(store->server, store->options.ttl_seconds));
    }
    if (conn == CONN_OK)
        conn = wire_flush(&store->wire);
    if (conn == CONN_OK && owes_nothing && store->sent - store->head > keep)
        conn = await_first(store);
    int64_t since_ms = timing_now_ms();
    while (conn == CONN_OK && store->sent - store->head > keep)
        conn = take_answer(store, &since_ms);
    if (conn == CONN_OK)
        connection_rests(&store->channel->connection);
    return conn;
}

/* Takes the answers that have come already, unless what broke it says that they are not to be
 * trusted. */
static void drop_connection(struct binary_store *store, enum conn_status why)
{
    bool trusted = why != CONN_PROTOCOL;
    int64_t since_ms = timing_now_ms();
    int saved = errno;

    wire_stop_waiting(&store->wire);
    while (trusted && wire_owed(&store->wire) > 0)
        trusted = take_answer(store, &since_ms) == CONN_OK;
    wire_close(&store->wire);
    server_lost(store->server, why);
    errno = saved;
}

static bool may_retry(struct binary_store *store, enum conn_status why)
{
    if (why == CONN_OUT_OF_MEMORY && !store->memory_refused) {
        store->memory_refused = true;
        return true;
    }
    return conn_may_pass(why);
}

static enum conn_status reconnect(struct binary_store *store)
{
    bool sent = store->sent > store->head;

    if (store->server->failure != CONN_OK)
        return store->server->failure;
    store->sent = store->head;
    enum conn_status conn = server_connect(store->server, sent);
    if (conn == CONN_NO_FENCE && store->memory_refused)
        conn = CONN_OUT_OF_MEMORY; /* what broke the connection, and what to mend */
    if (conn != CONN_OK) {
        give_up(store, conn);
        return conn;
    }
    wire_open(&store->wire, store->channel->memc);
    return conn;
}

/* A connection that owes nothing: as channel_renew, but the wire ends with it. One that has ended
 * is no reason to wait for a fence. */
static void renew(struct binary_store *store)
{
    const struct connection *connection = &store->channel->connection;

    if (store->sent > store->head || !store->server->connected)
        return;
    enum conn_status conn = connection_look(connection);
    if (conn == CONN_OK && !connection_is_stale(connection))
        return;
    drop_connection(store, conn);
    if (conn == CONN_PROTOCOL)
        give_up(store, conn);
}

static void exchange_until_owed(struct binary_store *store, size_t keep)
{
    renew(store);
    while (store->server->failure == CONN_OK &&
           (store->sent < total(store) || store->sent - store->head > keep)) {
        if (!store->server->connected && reconnect(store) != CONN_OK)
            return;
        enum conn_status conn = exchange(store, keep);
        if (conn == CONN_OK)
            return;
        drop_connection(store, conn);
        if (!may_retry(store, conn))
            give_up(store, conn);
    }
}

/* Forgets the records of `on_way`, all settled, and lets the batches change places. */
static void swap_batches(struct binary_store *store)
{
    struct batch *empty = store->on_way;

    store->head -= empty->count;
    store->sent -= empty->count;
    batch_clear(empty);
    store->on_way = store->filling;
    store->filling = empty;
}

/* Everything that was put is settled: both batches are empty. */
static void settle_all(struct binary_store *store)
{
    exchange_until_owed(store, 0);
    swap_batches(store);
    swap_batches(store);
}

static size_t batch_wire_bytes(const struct batch *batch)
{
    return batch->count * WIRE_HEADER_BYTES + batch->payload;
}

/* Sends the batch that was filled, and waits for the answers of the one before. */
static void send_batch(struct binary_store *store)
{
    exchange_until_owed(store, store->filling->count);
    swap_batches(store);
}

static void put(void *self, const struct batch_record *record)
{
    struct binary_store *store = self;
    struct batch *filling = store->filling;
    bool large = wire_bytes(record) > store->batch_bytes;

    /* A large one goes alone: only then it cannot block both sides. */
    if (large)
        settle_all(store);
    else if (!batch_has_room(filling, record) ||
             batch_wire_bytes(filling) + wire_bytes(record) > store->batch_bytes)
        send_batch(store);
    if (store->server->failure == CONN_OK && !batch_add(store->filling, record)) {
        errno = ENOMEM;
        give_up(store, CONN_NO_RESOURCES);
    }
    if (store->server->failure != CONN_OK) {
        store->options.on_outcome(store->options.context, STORE_UNDELIVERED, record);
        return;
    }
    if (large)
        settle_all(store);
    else if (store->filling->count == store->options.batch_records)
        send_batch(store);
}

static void flush(void *self)
{
    settle_all(self);
}

static size_t pending(const void *self)
{
    const struct binary_store *store = self;

    return total(store) - store->head;
}

static enum conn_status finish(void *self)
{
    struct binary_store *store = self;

    settle_all(store);
    if (!store->server->connected)
        return store->server->failure;
    if (store->server->failure == CONN_OK && wire_has_unowed_answer(&store->wire))
        give_up(store, CONN_PROTOCOL);
    drop_connection(store, store->server->failure);
    return store->server->failure;
}

static enum conn_status connect_now(void *self)
{
    struct binary_store *store = self;

    return store->server->connected ? CONN_OK : reconnect(store);
}

static void close_store(void *self)
{
    struct binary_store *store = self;

    batch_free(&store->batches[0]);
    batch_free(&store->batches[1]);
    free(store);
}

const struct store_calls BINARY_STORE = {connect_now, put, flush, pending, finish, close_store};
