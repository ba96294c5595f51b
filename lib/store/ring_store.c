/* SPDX-License-Identifier: MIT */
#include "store/ring_store.h"

#include "process/signals.h"
#include "store/window.h"

#include <errno.h>
#include <stdlib.h>

struct ring_store {
    struct channel *channel;
    struct server *server;         /* of the channel */
    struct connection *connection; /* of the channel */
    struct store_options options;
    struct window window;
};

static enum way way_of(const struct channel *channel)
{
    if (channel_is_quiet(channel))
        return WAY_QUIET;
    return channel->protocol == PROTOCOL_TEXT ? WAY_CLASSIC : WAY_LOUD;
}

void *ring_store_open(struct channel *channel, const struct store_options *options)
{
    struct ring_store *store = calloc(1, sizeof *store);

    if (!store)
        return NULL;
    store->channel = channel;
    store->server = channel->server;
    store->connection = &channel->connection;
    store->options = *options;
    if (window_init(&store->window, way_of(channel), &store->options))
        return store;
    free(store);
    return NULL;
}

static void give_up(struct ring_store *store, enum conn_status why)
{
    server_give_up(store->server, why, window_is_on_way(&store->window));
    window_give_up(&store->window);
}

/* ---- what goes out and what comes in */

static enum conn_status take_lines(struct ring_store *store)
{
    struct slice line;

    while (connection_line(store->connection, &line)) {
        enum conn_status conn =
            window_take_line(&store->window, line, connection_waited_ms(store->connection),
                             store->server->timeout_ms);
        if (conn != CONN_OK)
            return conn;
        connection_moves(store->connection);
        if (!store->window.draining)
            server_is_well(store->server);
    }
    return CONN_OK;
}

/* All answers that have come, also those before the end of the connection. */
static enum conn_status receive(struct ring_store *store)
{
    enum conn_status ended;
    size_t got;

    do {
        size_t before = store->connection->used - store->connection->read;
        ended = connection_receive(store->connection);
        got = store->connection->used - before;
        enum conn_status conn = take_lines(store);
        if (conn != CONN_OK)
            return conn;
    } while (ended == CONN_OK && got == CONNECTION_BUFFER_BYTES);
    return ended;
}

static enum conn_status transmit(struct ring_store *store)
{
    struct slice bytes = window_to_send(&store->window);

    if (bytes.len == 0)
        return CONN_OK;
    enum conn_status conn = connection_send(store->connection, bytes, &store->window.sent);
    if (conn == CONN_LOST) { /* answers may have come before the end */
        enum conn_status last = receive(store);
        return last == CONN_OK ? CONN_LOST : last;
    }
    return conn;
}

/* One turn without waiting. */
static enum conn_status exchange_once(struct ring_store *store)
{
    enum conn_status conn = receive(store);

    if (conn == CONN_OK)
        conn = transmit(store);
    if (conn != CONN_OK || !window_is_drained(&store->window))
        return conn;
    enum conn_status by = store->window.drained_by;
    window_rewind(&store->window);
    return by == CONN_OK ? transmit(store) : by;
}

/* Sends what may be sent, and takes answers until requests before `until` are settled. */
static enum conn_status exchange(struct ring_store *store, uint64_t until)
{
    server_skip_idle_time(store->server);
    for (;;) {
        enum conn_status conn = exchange_once(store);
        if (conn != CONN_OK)
            return conn;
        if (store->window.ring.head >= until) {
            connection_rests(store->connection);
            return CONN_OK;
        }
        conn = connection_await(store->connection, !window_is_all_sent(&store->window));
        if (conn != CONN_OK)
            return conn;
        server_report_silence(store->server, connection_waited_ms(store->connection));
    }
}

/* ---- an answer too many */

/* The last question is one more barrier; classic text has none. */
static struct slice question(enum way way, uint64_t barrier)
{
    return way == WAY_CLASSIC ? slice_of("get " PROBE_KEY "\r\n") : ring_barrier(barrier);
}

static bool is_its_answer(enum way way, uint64_t barrier, struct slice line)
{
    if (way == WAY_CLASSIC)
        return slice_equal(line, slice_of("END"));
    return answer_of(line).kind ==
           (ring_barrier_is_version(barrier) ? ANSWER_VERSION : ANSWER_BARRIER);
}

/* One that may have stood for another, which is missing. What else comes says nothing of records.
 */
static bool is_answer_too_many(struct slice line)
{
    struct answer answer = answer_of(line);

    return answer.kind == ANSWER_BARRIER || answer.kind == ANSWER_VERSION ||
           answer.kind == ANSWER_STORED || answer.kind == ANSWER_TOO_LARGE ||
           slice_equal(line, slice_of("HD"));
}

/* Nothing is owed, and the connection may be dead: so nothing is asked. It is closed; more may
 * come. */
static bool has_left_answer(struct ring_store *store)
{
    struct slice line;

    connection_moves(store->connection);
    bool found = connection_receive(store->connection) == CONN_OK &&
                 connection_line(store->connection, &line) && is_answer_too_many(line);
    server_lost(store->server, CONN_OK);
    return found;
}

/* Nothing is owed: an answer too many comes before the answer to this last question. */
static bool has_unowed_answer(struct ring_store *store)
{
    enum way way = store->window.way;
    struct slice line;
    size_t sent = 0;

    if (connection_is_stale(store->connection))
        return has_left_answer(store);
    uint64_t barrier = store->window.ring.barriers++;
    connection_moves(store->connection);
    enum conn_status conn = connection_send(store->connection, question(way, barrier), &sent);
    while (conn == CONN_OK && !connection_line(store->connection, &line)) {
        conn = connection_await(store->connection, false);
        if (conn == CONN_OK)
            conn = connection_receive(store->connection);
    }
    if (conn == CONN_OK && is_its_answer(way, barrier, line))
        return false;
    server_lost(store->server, CONN_OK); /* more may come */
    return conn == CONN_OK && is_answer_too_many(line);
}

/* ---- the connection */

static enum conn_status reconnect(struct ring_store *store)
{
    if (store->server->failure != CONN_OK)
        return store->server->failure;
    enum conn_status conn = server_connect(store->server, window_is_on_way(&store->window));
    if (conn != CONN_OK) {
        give_up(store, conn);
        return conn;
    }
    window_begin_connection(&store->window);
    window_rewind(&store->window);
    return conn;
}

/* As channel_renew, and looks for an answer too many. */
static void renew(struct ring_store *store)
{
    if (!window_is_on_way(&store->window) && store->server->connected &&
        connection_is_stale(store->connection) && has_left_answer(store))
        give_up(store, CONN_PROTOCOL);
}

static void settle_until(struct ring_store *store, uint64_t until)
{
    renew(store);
    while (store->server->failure == CONN_OK) {
        if (!store->server->connected && reconnect(store) != CONN_OK)
            return;
        enum conn_status conn = exchange(store, until);
        if (conn == CONN_OK)
            break;
        server_lost(store->server, conn);
        if (!conn_may_pass(conn))
            give_up(store, conn);
    }
}

static void no_memory(struct ring_store *store)
{
    errno = ENOMEM;
    give_up(store, CONN_NO_RESOURCES);
}

/* Closes the batch that was filled, if there is one, and sends it. */
static void send_batch(struct ring_store *store)
{
    if (store->window.sets == 0)
        return;
    if (window_close_batch(&store->window))
        settle_until(store, window_must_settle(&store->window));
    else
        no_memory(store);
}

static void settle_all(struct ring_store *store)
{
    const struct ring *ring = &store->window.ring;

    send_batch(store);
    if (ring->head < ring->put)
        settle_until(store, ring->put);
}

static void put(void *self, const struct batch_record *record)
{
    struct ring_store *store = self;
    struct window *window = &store->window;
    bool large = window_is_large(record);
    int64_t expiry = store_expiry(store->server, store->options.ttl_seconds);

    if (large)
        settle_all(store); /* it goes alone, in memory of its own */
    else if (window_is_full_with(window, record))
        send_batch(store);
    if (store->server->failure == CONN_OK && !window_put(window, record, expiry))
        no_memory(store);
    if (store->server->failure != CONN_OK) {
        store->options.on_outcome(store->options.context, STORE_UNDELIVERED, record);
        return;
    }
    if (large)
        settle_all(store);
    else if (window_batch_is_full(window))
        send_batch(store);
}

static void flush(void *self)
{
    settle_all(self);
}

static size_t pending(const void *self)
{
    const struct ring_store *store = self;

    return store->window.pending;
}

static enum conn_status connect_now(void *self)
{
    struct ring_store *store = self;

    return store->server->connected ? CONN_OK : reconnect(store);
}

static enum conn_status finish(void *self)
{
    struct ring_store *store = self;

    settle_all(store);
    if (store->server->failure == CONN_OK && store->server->connected && has_unowed_answer(store))
        give_up(store, CONN_PROTOCOL);
    if (store->server->failure != CONN_OK)
        server_drop(store->server);
    return store->server->failure;
}

static void close_store(void *self)
{
    struct ring_store *store = self;

    window_free(&store->window);
    free(store);
}

const struct store_calls RING_STORE = {connect_now, put, flush, pending, finish, close_store};
