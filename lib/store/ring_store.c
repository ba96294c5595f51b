#include "store/ring_store.h"

#include "process/signals.h"
#include "store/answer.h"
#include "store/ring.h"

#include <errno.h>
#include <stdlib.h>

/*
 * Bounds for memory and for what is in doubt after a failure; nothing on its
 * way can block both sides, since each wait is for answers too.
 */
enum {
    BATCHES_ON_WAY = 8,
    BATCH_QUIET_SETS = 256,
    BATCH_WIRE_BYTES = 64 * 1024,
    BATCH_LINE_BYTES = 128 * 1024,
    REPLAY_AHEAD =
        32 /* a full server refuses each once, and what was sent behind it is sent again */
};

struct sent_batch {
    uint64_t end; /* index of the request behind it */
    size_t sets;
};

/* head <= next <= upto <= closed <= put: indexes of requests, of which the ring has head and put.
 */
struct ring_store {
    struct channel *channel;
    struct server *server;         /* of the channel */
    struct connection *connection; /* of the channel */
    struct store_options options;
    enum way way;
    struct ring ring;
    uint64_t next;       /* whose answer is due; head unless draining */
    uint64_t upto;       /* requests before it may be sent; closed, but in a replay and draining */
    uint64_t closed;     /* from here on: the batch that is being filled */
    uint64_t replay_end; /* requests before it are sent again */
    uint64_t sent;       /* position on the wire: what is before it is the kernel's */
    struct sent_batch batch[BATCHES_ON_WAY + 1];
    size_t batches;
    size_t sets;                 /* in the batch that is being filled */
    size_t distance;             /* so many sets make a batch now */
    size_t failures;             /* lines of failure since an answer moved `next` */
    size_t pending;              /* records without an outcome */
    bool draining;               /* a failure: nothing is settled until all answers owed are in */
    enum conn_status drained_by; /* CONN_BEHIND: and then a new connection; else CONN_OK */
    bool left_on_way;            /* given up with requests on their way */
    bool memory_refused;         /* the head was refused for lack of memory once */
    enum conn_status broken_by;  /* what ended the last connection */
};

static size_t batch_records(const struct ring_store *store)
{
    size_t wanted = store->options.batch_records;

    if (wanted == 0)
        return BATCH_QUIET_SETS;
    return store->way == WAY_QUIET && wanted > BATCH_QUIET_SETS ? BATCH_QUIET_SETS : wanted;
}

/*
 * A quiet batch is silent until its last set is done: on a new connection,
 * whose speed is unknown, it has one set only.
 */
static void begin_connection(struct ring_store *store)
{
    store->distance = store->way == WAY_QUIET ? 1 : batch_records(store);
    store->draining = false;
    store->failures = 0;
}

void *ring_store_open(struct channel *channel, const struct store_options *options)
{
    struct ring_store *store = calloc(1, sizeof *store);
    enum { STREAMS = 2 * (BATCHES_ON_WAY + 1) };

    if (!store)
        return NULL;
    store->channel = channel;
    store->server = channel->server;
    store->connection = &channel->connection;
    store->options = *options;
    store->way = channel->protocol == PROTOCOL_TEXT ? WAY_CLASSIC : WAY_LOUD;
    if (channel_is_quiet(channel))
        store->way = WAY_QUIET;
    begin_connection(store);
    size_t requests = (BATCHES_ON_WAY + 1) * (batch_records(store) + 1) + 1;
    if (ring_init(&store->ring, requests, (size_t)STREAMS * BATCH_WIRE_BYTES,
                  (size_t)STREAMS * BATCH_LINE_BYTES))
        return store;
    free(store);
    return NULL;
}

/* ---- outcomes */

static void settle(struct ring_store *store, enum store_outcome outcome)
{
    uint64_t index = store->ring.head;

    if (!ring_is_barrier(&store->ring, index)) {
        struct batch_record record = ring_record(&store->ring, index);
        store->pending--;
        store->options.on_outcome(store->options.context, outcome, &record);
    }
    store->ring.head++;
    store->next = store->ring.head;
    store->memory_refused = false;
}

/* Requests without an outcome are on their way. */
static bool is_on_way(const struct ring_store *store)
{
    return store->sent > ring_begin(&store->ring, store->ring.head);
}

static void give_up(struct ring_store *store, enum conn_status why)
{
    store->left_on_way |= is_on_way(store);
    server_give_up(store->server, why);
    while (store->ring.head < store->ring.put)
        settle(store, STORE_UNDELIVERED);
    store->upto = store->closed = store->ring.put;
    store->batches = store->sets = 0;
}

static void forget_settled_batches(struct ring_store *store)
{
    size_t settled = 0;

    while (settled < store->batches && store->batch[settled].end <= store->ring.head)
        settled++;
    for (size_t i = settled; i < store->batches; i++)
        store->batch[i - settled] = store->batch[i];
    store->batches -= settled;
}

/* ---- from the first unsettled request on once more */

/* How far may be sent now. */
static void advance(struct ring_store *store)
{
    uint64_t ahead = store->ring.head + REPLAY_AHEAD;

    if (store->draining)
        return;
    if (store->ring.head >= store->replay_end)
        store->upto = store->closed;
    else if (ahead > store->upto)
        store->upto = ahead < store->replay_end ? ahead : store->replay_end;
}

/* Nothing of it is on its way: all becomes loud and is sent again in order. */
static void rewind_to_head(struct ring_store *store)
{
    for (uint64_t i = store->ring.head; i < store->closed; i++)
        ring_unquiet(&store->ring, i);
    store->next = store->upto = store->ring.head;
    store->replay_end = store->closed;
    store->sent = ring_begin(&store->ring, store->ring.head);
    store->draining = false;
    store->failures = 0;
    advance(store);
}

/* Sends to the end of the batch that is begun, for its answers, and no more. */
static void start_draining(struct ring_store *store)
{
    if (store->draining)
        return;
    store->draining = true;
    store->drained_by = CONN_OK;
    for (size_t i = 0; i < store->batches; i++) {
        uint64_t end = store->batch[i].end;
        if (end < store->upto && end > store->next &&
            ring_begin(&store->ring, end) >= store->sent) {
            store->upto = end;
            return;
        }
    }
}

static bool is_all_sent(const struct ring_store *store)
{
    return store->sent >= ring_begin(&store->ring, store->upto);
}

static bool is_drained(const struct ring_store *store)
{
    return store->draining && store->next == store->upto && is_all_sent(store);
}

/* ---- answers */

static bool is_begun(const struct ring_store *store, uint64_t index)
{
    return store->sent > ring_begin(&store->ring, index);
}

static bool is_sent(const struct ring_store *store, uint64_t index)
{
    return store->sent >= ring_end(&store->ring, index);
}

/* The request whose answer was due is done. */
static void move_on(struct ring_store *store, enum store_outcome outcome)
{
    store->failures = 0;
    if (store->draining)
        store->next++;
    else
        settle(store, outcome);
}

/*
 * A batch shall be answered long before the timeout, however slow the server
 * is. One that was smaller than the distance proves nothing for it.
 */
static void adapt_distance(struct ring_store *store, uint64_t end)
{
    int64_t waited_ms = connection_waited_ms(store->connection);
    size_t most = batch_records(store), sets = 0;

    for (size_t i = 0; i < store->batches; i++)
        if (store->batch[i].end == end)
            sets = store->batch[i].sets;
    if (sets == 0)
        return;
    if (waited_ms > store->server->timeout_ms / 4)
        store->distance = sets / 2 > 1 ? sets / 2 : 1;
    else if (sets >= store->distance && waited_ms <= store->server->timeout_ms / 8)
        store->distance = 2 * store->distance < most ? 2 * store->distance : most;
}

static enum conn_status pass_barrier(struct ring_store *store)
{
    uint64_t barrier = store->next;
    bool quiet = ring_at(&store->ring, barrier)->quiet;

    while (barrier < store->upto && ring_at(&store->ring, barrier)->quiet)
        barrier++;
    if (barrier == store->upto || !ring_is_barrier(&store->ring, barrier) ||
        !is_sent(store, barrier))
        return CONN_PROTOCOL;
    if (quiet)
        adapt_distance(store, barrier + 1);
    while (store->next <= barrier)
        move_on(store, STORE_STORED);
    return CONN_OK;
}

static enum conn_status take_stored(struct ring_store *store, struct slice key)
{
    const struct request *due = ring_at(&store->ring, store->next);

    if (due->quiet || due->key_len == 0 || !is_sent(store, store->next))
        return CONN_PROTOCOL;
    if ((store->way == WAY_CLASSIC) != !key.at)
        return CONN_PROTOCOL;
    if (key.at && !slice_equal(key, ring_key(&store->ring, store->next)))
        return CONN_PROTOCOL;
    move_on(store, STORE_STORED);
    return CONN_OK;
}

/* A failure of a set, which one is not known: of the quiet ones before the next barrier. */
static enum conn_status take_quiet_failure(struct ring_store *store, const struct answer *answer)
{
    start_draining(store);
    if (answer->kind == ANSWER_RETRY && answer->why == CONN_BEHIND)
        store->drained_by = CONN_BEHIND;
    return ++store->failures > BATCH_RECORDS_MAX ? CONN_PROTOCOL : CONN_OK;
}

static enum conn_status take_failure(struct ring_store *store, const struct answer *answer)
{
    const struct request *due = ring_at(&store->ring, store->next);

    if (due->key_len == 0 || !is_begun(store, store->next))
        return CONN_PROTOCOL;
    if (due->quiet)
        return take_quiet_failure(store, answer);
    if (answer->kind == ANSWER_RETRY) {
        if (!store->draining && answer->why == CONN_OUT_OF_MEMORY) {
            if (store->memory_refused)
                return CONN_OUT_OF_MEMORY;
            store->memory_refused = true;
        }
        start_draining(store);
        if (answer->why == CONN_BEHIND)
            store->drained_by = CONN_BEHIND;
    }
    move_on(store, STORE_REFUSED);
    return CONN_OK;
}

static enum conn_status take_line(struct ring_store *store, struct slice line)
{
    struct answer answer = answer_of(line);

    if (store->next == store->upto)
        return CONN_PROTOCOL; /* nothing is owed */
    switch (answer.kind) {
    case ANSWER_BARRIER:
        return pass_barrier(store);
    case ANSWER_STORED:
        return take_stored(store, answer.key);
    case ANSWER_TOO_LARGE:
    case ANSWER_RETRY:
        return take_failure(store, &answer);
    case ANSWER_FAILED:
        break;
    }
    return answer.why;
}

static enum conn_status take_lines(struct ring_store *store)
{
    struct slice line;

    while (connection_line(store->connection, &line)) {
        enum conn_status conn = take_line(store, line);
        if (conn != CONN_OK)
            return conn;
        connection_moves(store->connection);
        if (!store->draining)
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
    advance(store);
    if (is_all_sent(store))
        return CONN_OK;
    struct slice bytes =
        ring_wire(&store->ring, store->sent, ring_begin(&store->ring, store->upto));
    enum conn_status conn = connection_send(store->connection, bytes, &store->sent);
    if (conn == CONN_LOST) { /* answers may have come before the end */
        enum conn_status last = receive(store);
        return last == CONN_OK ? CONN_LOST : last;
    }
    return conn;
}

/* One turn without waiting. */
static enum conn_status turn(struct ring_store *store)
{
    enum conn_status conn = receive(store);

    if (conn == CONN_OK)
        conn = transmit(store);
    if (conn != CONN_OK || !is_drained(store))
        return conn;
    enum conn_status by = store->drained_by;
    rewind_to_head(store);
    return by == CONN_OK ? transmit(store) : by;
}

/* Sends what may be sent, and takes answers until requests before `until` are settled. */
static enum conn_status exchange(struct ring_store *store, uint64_t until)
{
    server_works(store->server);
    for (;;) {
        enum conn_status conn = turn(store);
        if (conn != CONN_OK)
            return conn;
        if (store->ring.head >= until) {
            connection_rests(store->connection);
            return CONN_OK;
        }
        conn = connection_await(store->connection, !is_all_sent(store));
        if (conn != CONN_OK)
            return conn;
    }
}

/* ---- the connection */

static enum conn_status reconnect(struct ring_store *store)
{
    bool on_way = is_on_way(store) || store->left_on_way;

    if (store->server->failure != CONN_OK)
        return store->server->failure;
    enum conn_status conn = server_connect(store->server, store->broken_by, on_way);
    if (conn != CONN_OK) {
        give_up(store, conn);
        return conn;
    }
    store->left_on_way = false;
    begin_connection(store);
    rewind_to_head(store);
    return conn;
}

/* A connection that owes nothing and was unused for long is made anew unasked. */
static void renew_stale(struct ring_store *store)
{
    if (is_on_way(store) || !store->server->connected || !connection_is_stale(store->connection))
        return;
    server_drop(store->server);
    store->broken_by = CONN_OK;
}

static void pump(struct ring_store *store, uint64_t until)
{
    renew_stale(store);
    while (store->server->failure == CONN_OK) {
        if (!store->server->connected && reconnect(store) != CONN_OK)
            return;
        enum conn_status conn = exchange(store, until);
        if (conn == CONN_OK)
            break;
        store->broken_by = conn;
        server_drop(store->server);
        if (!conn_may_pass(conn))
            give_up(store, conn);
    }
    forget_settled_batches(store);
}

static void no_memory(struct ring_store *store)
{
    errno = ENOMEM;
    give_up(store, CONN_NO_RESOURCES);
}

/* What is before it may be forgotten: it is settled and sent. */
static uint64_t wire_kept(const struct ring_store *store)
{
    uint64_t begin = ring_begin(&store->ring, store->ring.head);

    return store->sent < begin ? store->sent : begin;
}

/* Closes the batch that was filled, if there is one, and sends it. */
static void send_batch(struct ring_store *store)
{
    if (store->sets == 0)
        return;
    if (store->way == WAY_QUIET && !ring_put_barrier(&store->ring, wire_kept(store))) {
        no_memory(store);
        return;
    }
    store->closed = store->ring.put;
    store->batch[store->batches++] = (struct sent_batch){store->closed, store->sets};
    store->sets = 0;
    bool many = store->batches > BATCHES_ON_WAY;
    pump(store, many ? store->batch[0].end : store->ring.head);
}

static void settle_all(struct ring_store *store)
{
    send_batch(store);
    if (store->ring.head < store->ring.put)
        pump(store, store->ring.put);
}

static uint64_t filled_bytes(const struct ring_store *store)
{
    return store->ring.wire.end - ring_begin(&store->ring, store->closed);
}

static uint64_t filled_line_bytes(const struct ring_store *store)
{
    return store->sets == 0 ? 0
                            : store->ring.lines.end - ring_at(&store->ring, store->closed)->line;
}

static bool is_full_with(const struct ring_store *store, const struct batch_record *record)
{
    return store->sets >= store->distance ||
           filled_bytes(store) + ring_set_bytes(record) > BATCH_WIRE_BYTES ||
           filled_line_bytes(store) + record->line.len > BATCH_LINE_BYTES;
}

static void put(void *self, const struct batch_record *record)
{
    struct ring_store *store = self;
    bool large = ring_set_bytes(record) > BATCH_WIRE_BYTES || record->line.len > BATCH_LINE_BYTES;
    int64_t expiry = store_expiry(store->server, store->options.ttl_seconds);

    if (large)
        settle_all(store); /* it goes alone, in memory of its own */
    else if (store->sets > 0 && is_full_with(store, record))
        send_batch(store);
    if (store->server->failure == CONN_OK &&
        !ring_put_set(&store->ring, store->way, record, expiry, wire_kept(store)))
        no_memory(store);
    if (store->server->failure != CONN_OK) {
        store->options.on_outcome(store->options.context, STORE_UNDELIVERED, record);
        return;
    }
    store->pending++;
    store->sets++;
    if (large)
        settle_all(store);
    else if (store->sets >= store->distance)
        send_batch(store);
}

static void flush(void *self)
{
    settle_all(self);
}

static size_t pending(const void *self)
{
    const struct ring_store *store = self;

    return store->pending;
}

static enum conn_status connect_now(void *self)
{
    struct ring_store *store = self;

    return store->server->connected ? CONN_OK : reconnect(store);
}

/*
 * Nothing is owed. An answer too many may have stood for one that is missing:
 * it comes before the answer to this last question. Whatever else comes, or
 * nothing, says nothing of the records.
 */
static bool has_stray_answer(struct ring_store *store)
{
    const char *question =
        store->way == WAY_CLASSIC ? "get " PROBE_KEY "\r\n" : "mg " PROBE_KEY_BASE64 " b\r\n";
    struct slice line;
    size_t sent = 0;

    connection_moves(store->connection);
    enum conn_status conn = connection_send(store->connection, slice_of(question), &sent);
    while (conn == CONN_OK && !connection_line(store->connection, &line)) {
        conn = connection_await(store->connection, false);
        if (conn == CONN_OK)
            conn = connection_receive(store->connection);
    }
    if (conn != CONN_OK)
        return false;
    struct answer answer = answer_of(line);
    return answer.kind == ANSWER_BARRIER || answer.kind == ANSWER_STORED ||
           answer.kind == ANSWER_TOO_LARGE || slice_equal(line, slice_of("HD"));
}

static enum conn_status finish(void *self)
{
    struct ring_store *store = self;

    settle_all(store);
    if (store->server->failure == CONN_OK && store->server->connected && has_stray_answer(store))
        give_up(store, CONN_PROTOCOL);
    server_drop(store->server);
    return store->server->failure;
}

static void close_store(void *self)
{
    struct ring_store *store = self;

    ring_free(&store->ring);
    free(store);
}

const struct store_calls RING_STORE = {connect_now, put, flush, pending, finish, close_store};
