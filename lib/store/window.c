/* SPDX-License-Identifier: MIT */
#include "store/window.h"

enum {
    BATCH_RECORDS = WINDOW_RECORDS / 3,
    STREAMS = 2 * (WINDOW_BATCHES + 1), /* bytes that it usually holds, in batches */
    REPLAY_AHEAD =
        32 /* a full server refuses each once, and what was sent behind it is sent again */
};

/*
 * A quiet batch is silent until its last set is done: on a new connection,
 * whose speed is unknown, it has one set only.
 */
void window_begin_connection(struct window *window)
{
    window->distance = window->way == WAY_QUIET ? 1 : window->most;
    window->draining = false;
    window->failures = 0;
}

bool window_init(struct window *window, enum way way, const struct store_options *options)
{
    size_t most = options->batch_records > 0 ? options->batch_records : BATCH_RECORDS;

    *window = (struct window){.options = options, .way = way, .most = most};
    window_begin_connection(window);
    return ring_init(&window->ring, (WINDOW_BATCHES + 1) * (window->most + 1) + 1,
                     (size_t)STREAMS * WINDOW_WIRE_BYTES, (size_t)STREAMS * WINDOW_LINE_BYTES);
}

void window_free(struct window *window)
{
    ring_free(&window->ring);
}

/* ---- outcomes */

static void settle(struct window *window, enum store_outcome outcome)
{
    uint64_t index = window->ring.head;

    if (!ring_is_barrier(&window->ring, index)) {
        struct batch_record record = ring_record(&window->ring, index);
        window->pending--;
        window->options->on_outcome(window->options->context, outcome, &record);
    }
    window->ring.head++;
    window->next = window->ring.head;
    window->memory_refused = false;
}

void window_give_up(struct window *window)
{
    while (window->ring.head < window->ring.put)
        settle(window, STORE_UNDELIVERED);
    window->upto = window->closed = window->ring.put;
    window->batches = window->sets = 0;
}

/* ---- the batch that is filled */

bool window_is_large(const struct batch_record *record)
{
    return ring_set_bytes(record) > WINDOW_WIRE_BYTES || record->line.len > WINDOW_LINE_BYTES;
}

static uint64_t filled_bytes(const struct window *window)
{
    return window->ring.wire.end - ring_begin(&window->ring, window->closed);
}

static uint64_t filled_line_bytes(const struct window *window)
{
    return window->sets == 0
               ? 0
               : window->ring.lines.end - ring_at(&window->ring, window->closed)->line;
}

bool window_is_full_with(const struct window *window, const struct batch_record *record)
{
    return window->sets > 0 && (window_batch_is_full(window) ||
                                filled_bytes(window) + ring_set_bytes(record) > WINDOW_WIRE_BYTES ||
                                filled_line_bytes(window) + record->line.len > WINDOW_LINE_BYTES);
}

/* What is before it may be forgotten: it is settled and sent. */
static uint64_t wire_kept(const struct window *window)
{
    uint64_t begin = ring_begin(&window->ring, window->ring.head);

    return window->sent < begin ? window->sent : begin;
}

bool window_put(struct window *window, const struct batch_record *record, int64_t expiry)
{
    if (!ring_put_set(&window->ring, window->way, record, expiry, wire_kept(window)))
        return false;
    window->pending++;
    window->sets++;
    return true;
}

static void forget_settled_batches(struct window *window)
{
    size_t settled = 0;

    while (settled < window->batches && window->batch[settled].end <= window->ring.head)
        settled++;
    for (size_t i = settled; i < window->batches; i++)
        window->batch[i - settled] = window->batch[i];
    window->batches -= settled;
}

bool window_close_batch(struct window *window)
{
    if (window->way == WAY_QUIET && !ring_put_barrier(&window->ring, wire_kept(window)))
        return false;
    forget_settled_batches(window);
    window->closed = window->ring.put;
    window->batch[window->batches++] = (struct sent_batch){window->closed, window->sets};
    window->sets = 0;
    return true;
}

uint64_t window_must_settle(const struct window *window)
{
    size_t sets = 0, settled = 0;

    for (size_t i = 0; i < window->batches; i++)
        sets += window->batch[i].sets;
    while (window->batches - settled > WINDOW_BATCHES || sets + window->most > WINDOW_RECORDS)
        sets -= window->batch[settled++].sets;
    return settled > 0 ? window->batch[settled - 1].end : window->ring.head;
}

/* ---- what may be sent */

/* How far may be sent now. */
static void advance(struct window *window)
{
    uint64_t ahead = window->ring.head + REPLAY_AHEAD;

    if (window->draining)
        return;
    if (window->ring.head >= window->replay_end)
        window->upto = window->closed;
    else if (ahead > window->upto)
        window->upto = ahead < window->replay_end ? ahead : window->replay_end;
}

struct slice window_to_send(struct window *window)
{
    advance(window);
    if (window_is_all_sent(window))
        return (struct slice){0};
    return ring_wire(&window->ring, window->sent, ring_begin(&window->ring, window->upto));
}

void window_rewind(struct window *window)
{
    for (uint64_t i = window->ring.head; i < window->closed; i++)
        ring_unquiet(&window->ring, i);
    window->next = window->upto = window->ring.head;
    window->replay_end = window->closed;
    window->sent = ring_begin(&window->ring, window->ring.head);
    window->draining = false;
    window->failures = 0;
    advance(window);
}

/* Sends to the end of the batch that is begun, for its answers, and no more. */
static void start_draining(struct window *window)
{
    if (window->draining)
        return;
    window->draining = true;
    window->drained_by = CONN_OK;
    for (size_t i = 0; i < window->batches; i++) {
        uint64_t end = window->batch[i].end;
        if (end < window->upto && end > window->next &&
            ring_begin(&window->ring, end) >= window->sent) {
            window->upto = end;
            return;
        }
    }
}

/* ---- answers */

static bool is_begun(const struct window *window, uint64_t index)
{
    return window->sent > ring_begin(&window->ring, index);
}

static bool is_sent(const struct window *window, uint64_t index)
{
    return window->sent >= ring_end(&window->ring, index);
}

/* The request whose answer was due is done. */
static void move_on(struct window *window, enum store_outcome outcome)
{
    window->failures = 0;
    if (window->draining)
        window->next++;
    else
        settle(window, outcome);
}

/*
 * A batch shall be answered long before the timeout, however slow the server
 * is. One that was smaller than the distance proves nothing for it.
 */
static void adapt_distance(struct window *window, uint64_t end, int64_t waited_ms, int timeout_ms)
{
    size_t sets = 0;

    for (size_t i = 0; i < window->batches; i++)
        if (window->batch[i].end == end)
            sets = window->batch[i].sets;
    if (sets == 0)
        return;
    if (waited_ms > timeout_ms / 4)
        window->distance = sets / 2 > 1 ? sets / 2 : 1;
    else if (sets >= window->distance && waited_ms <= timeout_ms / 8)
        window->distance =
            2 * window->distance < window->most ? 2 * window->distance : window->most;
}

static enum conn_status pass_barrier(struct window *window, bool is_version, int64_t waited_ms,
                                     int timeout_ms)
{
    uint64_t barrier = window->next;
    bool quiet = ring_at(&window->ring, barrier)->quiet;

    while (barrier < window->upto && ring_at(&window->ring, barrier)->quiet)
        barrier++;
    if (barrier == window->upto || !ring_is_barrier(&window->ring, barrier) ||
        ring_barrier_is_version(ring_at(&window->ring, barrier)->number) != is_version ||
        !is_sent(window, barrier))
        return CONN_PROTOCOL;
    if (quiet)
        adapt_distance(window, barrier + 1, waited_ms, timeout_ms);
    while (window->next <= barrier)
        move_on(window, STORE_STORED);
    return CONN_OK;
}

static enum conn_status take_stored(struct window *window, struct slice key)
{
    const struct request *due = ring_at(&window->ring, window->next);

    if (due->quiet || due->key_len == 0 || !is_sent(window, window->next))
        return CONN_PROTOCOL;
    if ((window->way == WAY_CLASSIC) != !key.at)
        return CONN_PROTOCOL;
    if (key.at && !slice_equal(key, ring_key(&window->ring, window->next)))
        return CONN_PROTOCOL;
    move_on(window, STORE_STORED);
    return CONN_OK;
}

/* A failure of a set, which one is not known: of the quiet ones before the next barrier. */
static enum conn_status take_quiet_failure(struct window *window, const struct answer *answer)
{
    start_draining(window);
    if (answer->kind == ANSWER_RETRY && answer->why == CONN_BEHIND)
        window->drained_by = CONN_BEHIND;
    return ++window->failures > BATCH_RECORDS_MAX ? CONN_PROTOCOL : CONN_OK;
}

static enum conn_status take_failure(struct window *window, const struct answer *answer)
{
    const struct request *due = ring_at(&window->ring, window->next);

    if (due->key_len == 0 || !is_begun(window, window->next))
        return CONN_PROTOCOL;
    if (due->quiet)
        return take_quiet_failure(window, answer);
    if (answer->kind == ANSWER_RETRY) {
        if (!window->draining && answer->why == CONN_OUT_OF_MEMORY) {
            if (window->memory_refused)
                return CONN_OUT_OF_MEMORY;
            window->memory_refused = true;
        }
        start_draining(window);
        if (answer->why == CONN_BEHIND)
            window->drained_by = CONN_BEHIND;
    }
    move_on(window, STORE_REFUSED);
    return CONN_OK;
}

enum conn_status window_take_line(struct window *window, struct slice line, int64_t waited_ms,
                                  int timeout_ms)
{
    struct answer answer = answer_of(line);

    if (window->next == window->upto)
        return CONN_PROTOCOL; /* nothing is owed */
    switch (answer.kind) {
    case ANSWER_BARRIER:
    case ANSWER_VERSION:
        return pass_barrier(window, answer.kind == ANSWER_VERSION, waited_ms, timeout_ms);
    case ANSWER_STORED:
        return take_stored(window, answer.key);
    case ANSWER_TOO_LARGE:
    case ANSWER_RETRY:
        return take_failure(window, &answer);
    case ANSWER_FAILED:
        break;
    }
    return answer.why;
}
