/* SPDX-License-Identifier: MIT */
/*
 * window: the sets that have no outcome yet, from the one that is filled into a
 * batch to the one whose answer is due; and what each answer does to them.
 *
 * Memory only: the caller sends the bytes that may be sent and hands in the
 * answers. After a failure among quiet sets it drains: nothing is settled until
 * all answers owed are in, and then all from the first unsettled set on is sent
 * again, in order, each answered by itself. The states, and why it is exact:
 * docs/protocols.md.
 */
#ifndef MEMC_WINDOW_H
#define MEMC_WINDOW_H

#include "store/answer.h"
#include "store/channel.h"
#include "store/ring.h"

/*
 * Limits of memory, and of what is in doubt after a failure. Client and server
 * cannot block each other, since each wait also waits for answers.
 */
enum {
    WINDOW_RECORDS = 2048, /* on their way at a time */
    WINDOW_BATCHES = 3,    /* ... while another batch is filled */
    WINDOW_WIRE_BYTES = 256 * 1024,
    WINDOW_LINE_BYTES = 512 * 1024,
};

struct sent_batch {
    uint64_t end; /* index of the request behind it */
    size_t sets;
};

/* head <= next <= upto <= closed <= put: indexes of requests, of which the ring has head and put.
 */
struct window {
    const struct store_options *options;
    enum way way;
    struct ring ring;
    uint64_t next;       /* whose answer is due; head unless draining */
    uint64_t upto;       /* requests before it may be sent: closed, or fewer (replay, draining) */
    uint64_t closed;     /* from here on: the batch that is being filled */
    uint64_t replay_end; /* requests before it are sent again */
    uint64_t sent;       /* position on the wire: what is before it is the kernel's */
    struct sent_batch batch[WINDOW_BATCHES + 1];
    size_t batches;
    size_t sets;                 /* in the batch that is being filled */
    size_t distance;             /* number of sets in a batch now */
    size_t most;                 /* ... and its upper limit */
    size_t failures;             /* lines of failure since an answer moved `next` */
    size_t pending;              /* records without an outcome */
    bool draining;               /* a failure: nothing is settled until all answers owed are in */
    enum conn_status drained_by; /* CONN_BEHIND: and then a new connection; else CONN_OK */
    bool memory_refused;         /* the head was refused for lack of memory once */
};

/* The options must outlive it. False: out of memory. */
bool window_init(struct window *window, enum way way, const struct store_options *options);
void window_free(struct window *window);

/* ---- to fill it */

/* True for a record that goes alone: the window must be empty before it, and settled after it. */
bool window_is_large(const struct batch_record *record);

/* True if the batch must be closed before this record is put. */
bool window_is_full_with(const struct window *window, const struct batch_record *record);

/* Puts a set into the batch that is being filled; expiry as in ring_put_set. False: out of memory.
 */
bool window_put(struct window *window, const struct batch_record *record, int64_t expiry);

static inline bool window_batch_is_full(const struct window *window)
{
    return window->sets >= window->distance;
}

/* Closes the batch, which may be sent then. False: out of memory. */
bool window_close_batch(struct window *window);

/* Requests up to this index must be settled before another batch is filled. */
uint64_t window_must_settle(const struct window *window);

/* ---- to send it: bytes from `sent` on, which the caller moves */

/* The bytes that may be sent now. */
struct slice window_to_send(struct window *window);

static inline bool window_is_all_sent(const struct window *window)
{
    return window->sent >= ring_begin(&window->ring, window->upto);
}

/* True if requests without an outcome are on their way. */
static inline bool window_is_on_way(const struct window *window)
{
    return window->sent > ring_begin(&window->ring, window->ring.head);
}

/* ---- its answers */

/*
 * Takes a line of the server. waited_ms: how long it was waited for; timeout_ms:
 * the longest wait. Not CONN_OK: the connection cannot be used any more.
 */
enum conn_status window_take_line(struct window *window, struct slice line, int64_t waited_ms,
                                  int timeout_ms);

/* True after a failure when all answers are in: time for window_rewind. */
static inline bool window_is_drained(const struct window *window)
{
    return window->draining && window->next == window->upto && window_is_all_sent(window);
}

/* When nothing is on its way: all sets without an outcome become loud, to be sent again. */
void window_rewind(struct window *window);

/* A new connection, of unknown speed. */
void window_begin_connection(struct window *window);

/* All sets without an outcome become undelivered. */
void window_give_up(struct window *window);

#endif
