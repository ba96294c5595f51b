/* SPDX-License-Identifier: MIT */
/*
 * window: what each answer does to the sets that are on their way, without any
 * connection: "sent" is how far the test says it is. A quiet set of "a" with
 * four bytes has 16 bytes on the wire; barriers have 4 and 9 by turns.
 */
#include "store/window.h"
#include "scratch.h"
#include "tap.h"

enum { TIMEOUT_MS = 8000, SET_BYTES = 16, OUTCOMES_MAX = 4096 };

static struct window window;
static char told[OUTCOMES_MAX + 1]; /* a letter each: Stored, Refused, Undelivered */
static size_t told_count;
static bool in_order;

static void on_outcome(void *context, enum store_outcome outcome, const struct batch_record *record)
{
    (void)context;
    in_order = in_order && record->number == told_count;
    told[told_count++] = "SRU"[outcome];
    told[told_count] = '\0';
}

static void start_with(enum way way, size_t batch_records, size_t distance)
{
    static struct store_options options = {.on_outcome = on_outcome};

    options.batch_records = batch_records;

    window_free(&window);
    if (!window_init(&window, way, &options))
        scratch_bail("window_init");
    window.distance = distance;
    told_count = 0;
    told[0] = '\0';
    in_order = true;
}

static void start(enum way way, size_t distance)
{
    start_with(way, 0, distance);
}

/* Sets of the same key, in one batch. */
static void put_batch(size_t sets)
{
    for (size_t i = 0; i < sets; i++) {
        struct batch_record record = {
            slice_of("a"), slice_of("0123"), {NULL, 0}, told_count + window.pending, 0, 0};
        window_put(&window, &record, 0);
    }
    window_close_batch(&window);
}

static void send_all(void)
{
    window.sent += window_to_send(&window).len;
}

static enum conn_status take_after(const char *line, int waited_ms)
{
    return window_take_line(&window, slice_of(line), waited_ms, TIMEOUT_MS);
}

static enum conn_status take(const char *line)
{
    return take_after(line, 0);
}

static const char TOO_LARGE[] = "SERVER_ERROR object too large for cache";
static const char VERSION[] = "VERSION 1.6.18";
static const char NO_MEMORY[] = "SERVER_ERROR out of memory storing object";
static const char BEHIND[] = "SERVER_ERROR Connection refused";

static void test_quiet(void)
{
    start(WAY_QUIET, 3);
    put_batch(3);
    ok(take("MN") == CONN_PROTOCOL && told_count == 0, "MN before anything was sent");
    window.sent = 3 * SET_BYTES + 3;
    window.upto = window.closed;
    ok(take("MN") == CONN_PROTOCOL && told_count == 0,
       "MN before its barrier's last byte was sent");
    ok(take("HD ka") == CONN_PROTOCOL && take("STORED") == CONN_PROTOCOL && told_count == 0,
       "a quiet set is not answered by success");
    send_all();
    ok(take("MN") == CONN_OK, "MN");
    is_str(told, "SSS", "all of its batch are stored");
    ok(window.pending == 0 && take("MN") == CONN_PROTOCOL, "MN when nothing is owed");
    put_batch(2);
    put_batch(1);
    send_all();
    ok(take("MN") == CONN_PROTOCOL && told_count == 3, "the same answer again");
    take(VERSION);
    is_str(told, "SSSSS", "a barrier proves its own batch only");
    ok(take(VERSION) == CONN_PROTOCOL && told_count == 5, "its answer again");
    ok(take("MN") == CONN_OK && in_order && window.pending == 0, "the next one proves the next");
}

static void test_loud(enum way way, const char *stored, const char *other)
{
    start(way, 256);
    put_batch(2);
    struct slice bytes = window_to_send(&window);
    size_t set = bytes.len / 2;
    ok(take(stored) == CONN_PROTOCOL, "%s before it was sent", stored);
    window.sent = set - 1;
    ok(take(stored) == CONN_PROTOCOL, "... before its last byte was");
    ok(take(other) == CONN_PROTOCOL && take("MN") == CONN_PROTOCOL && told_count == 0, "%s", other);
    window.sent = set;
    ok(take(stored) == CONN_OK && take(stored) == CONN_PROTOCOL, "once, and not for the next");
    is_str(told, "S", "the first is stored");
    ok(take(TOO_LARGE) == CONN_PROTOCOL, "a failure of what is not begun");
    window.sent++;
    ok(take(TOO_LARGE) == CONN_OK && !window.draining, "of what is begun it may come");
    is_str(told, "SR", "that one is refused");
    ok(take(stored) == CONN_PROTOCOL, "nothing is owed");
}

/* Which of them failed is not known: nothing is settled, all answers are awaited, then all is loud.
 */
static void test_drains(const char *failure)
{
    note_case("%s", failure);
    start(WAY_QUIET, 3);
    put_batch(2);
    put_batch(2);
    send_all();
    ok(take(failure) == CONN_OK && window.draining && !window_is_drained(&window), "it drains");
    ok(take("MN") == CONN_OK && told_count == 0 && !window_is_drained(&window),
       "a barrier settles nothing then");
    ok(take("MN") == CONN_PROTOCOL && take(VERSION) == CONN_OK && told_count == 0 &&
           window_is_drained(&window),
       "until all are in");
    ok(take("MN") == CONN_PROTOCOL, "one more is one too many");
    ok((window.drained_by == CONN_BEHIND) == (failure == BEHIND), "why");
    window_rewind(&window);
    struct slice bytes = window_to_send(&window);
    static const char LOUD[] = "ms a 4 k\r\n0123\r\nms a 4 k\r\n0123\r\nmn\r\n"
                               "ms a 4 k\r\n0123\r\nms a 4 k\r\n0123\r\nversion\r\n";
    is_bytes(bytes.at, bytes.len, LOUD, sizeof LOUD - 1, "all is sent again, in order, loud");
    send_all();
    ok(take("MN") == CONN_PROTOCOL, "now each set is owed an answer");
    ok(take("HD ka") == CONN_OK && take(TOO_LARGE) == CONN_OK && take("MN") == CONN_OK &&
           take("HD ka") == CONN_OK && take("HD ka") == CONN_OK && take(VERSION) == CONN_OK,
       "and gets it");
    is_str(told, "SRSS", "one outcome a record");
    ok(in_order && window.pending == 0, "in order");
}

/* A failure can come before its request was wholly sent: the rest goes out before it starts anew.
 */
static void test_half_sent(void)
{
    start(WAY_QUIET, 3);
    put_batch(2);
    put_batch(2);
    window_to_send(&window);
    window.sent = SET_BYTES + 3;
    ok(take(TOO_LARGE) == CONN_OK && window.draining, "a failure, one and a half sets were sent");
    struct slice rest = window_to_send(&window);
    is_u64(rest.len, SET_BYTES - 3 + 4, "the rest of this batch goes out, and no other");
    window.sent += rest.len - 4;
    ok(take("MN") == CONN_PROTOCOL, "MN before the barrier");
    window.sent += 4;
    ok(!window_is_drained(&window) && take("MN") == CONN_OK && window_is_drained(&window),
       "drained by its barrier");
    start(WAY_LOUD, 256);
    put_batch(1);
    window_to_send(&window);
    window.sent = 5;
    ok(take(NO_MEMORY) == CONN_OK && !window_is_drained(&window), "answered, and not wholly sent");
    send_all();
    ok(window_is_drained(&window), "it is drained when it is sent");
}

/* One more try for memory, of the record at the head and not of another. */
static void test_memory(void)
{
    start(WAY_LOUD, 256);
    put_batch(3);
    for (size_t i = 0; i < 3; i++) {
        send_all();
        ok(take(NO_MEMORY) == CONN_OK && told_count == i, "refused for memory: once");
        for (size_t behind = i + 1; behind < 3; behind++)
            take(behind == 1 ? NO_MEMORY : "HD ka");
        ok(window_is_drained(&window) && told_count == i, "what is behind it counts for nothing");
        window_rewind(&window);
        send_all();
        ok(take("HD ka") == CONN_OK && told_count == i + 1, "stored then");
    }
    put_batch(1);
    send_all();
    take(NO_MEMORY);
    window_rewind(&window);
    send_all();
    ok(take(NO_MEMORY) == CONN_OUT_OF_MEMORY, "the second time it is given up");
    window_give_up(&window);
    is_str(told, "SSSU", "and has its outcome");
    ok(in_order && window.pending == 0 && !window_is_on_way(&window), "nothing is left");
}

static void test_endless(void)
{
    size_t taken = 0;

    start(WAY_QUIET, 3);
    put_batch(3);
    send_all();
    while (taken < 5000 && take(TOO_LARGE) == CONN_OK)
        taken++;
    is_u64(taken, BATCH_RECORDS_MAX, "failures without end are none of a batch");
    window_give_up(&window);
    is_str(told, "UUU", "and nothing was stored by them");
}

/* Eighths and quarters of the timeout of 8 s: 1 s and 2 s. */
static void test_distance(void)
{
    start_with(WAY_QUIET, BATCH_RECORDS_MAX, 1);
    static const struct {
        size_t sets;
        int waited_ms;
        size_t then;
    } STEP[] = {{1, 1000, 2}, {1, 0, 2},     {2, 1001, 2},  {2, 1000, 4},   {4, 2000, 4},
                {4, 0, 8},    {8, 2001, 4},  {1, 2001, 1},  {1, 8000, 1},   {1, 0, 2},
                {2, 0, 4},    {4, 0, 8},     {8, 0, 16},    {16, 0, 32},    {32, 0, 64},
                {64, 0, 128}, {128, 0, 256}, {256, 0, 512}, {512, 0, 1024}, {1024, 0, 1024}};

    for (size_t i = 0; i < sizeof STEP / sizeof *STEP; i++) {
        put_batch(STEP[i].sets);
        send_all();
        take_after(i % 2 == 0 ? "MN" : VERSION, STEP[i].waited_ms);
        is_u64(window.distance, STEP[i].then, "a batch of %zu was waited for %d ms", STEP[i].sets,
               STEP[i].waited_ms);
    }
    window_begin_connection(&window);
    is_u64(window.distance, 1, "the speed of a new connection is unknown");
}

static void test_bounds(void)
{
    start(WAY_QUIET, 1);
    for (size_t i = 0; i < WINDOW_BATCHES; i++) {
        put_batch(1);
        ok(window_must_settle(&window) == window.ring.head, "batch %zu may be on its way", i + 1);
    }
    put_batch(1);
    is_u64(window_must_settle(&window), 2, "with one more the first must be settled");
    static const struct {
        size_t wanted, sets, batches;
    } LIMIT[] = {{0, 682, 3}, {1024, 1024, 2}, {1000, 1000, 2}, {600, 600, 3}, {512, 512, 4}};
    for (size_t n = 0; n < sizeof LIMIT / sizeof *LIMIT; n++) {
        start_with(WAY_QUIET, LIMIT[n].wanted, LIMIT[n].sets);
        is_u64(window.most, LIMIT[n].sets, "--batch %zu", LIMIT[n].wanted);
        for (size_t i = 1; i < LIMIT[n].batches; i++)
            put_batch(LIMIT[n].sets);
        ok(window_must_settle(&window) == window.ring.head, "... %zu batches leave room for one",
           LIMIT[n].batches - 1);
        put_batch(LIMIT[n].sets);
        is_u64(window_must_settle(&window), LIMIT[n].sets + 1,
               "... with it the first must be settled: at most 2,048 records are on their way");
    }
    start(WAY_QUIET, 256);
    put_batch(40);
    send_all();
    take(TOO_LARGE);
    take("MN");
    window_rewind(&window);
    is_u64(window_to_send(&window).len, 32 * SET_BYTES, "a replay goes 32 requests ahead");
    send_all();
    take("HD ka");
    is_u64(window_to_send(&window).len, SET_BYTES, "... of its answers");
}

int main(void)
{
    test_quiet();
    note_case("meta with answers");
    test_loud(WAY_LOUD, "HD ka", "HD kb");
    note_case("classic text");
    test_loud(WAY_CLASSIC, "STORED", "HD ka");
    test_drains(TOO_LARGE);
    test_drains(NO_MEMORY);
    test_drains(BEHIND);
    test_half_sent();
    test_memory();
    test_endless();
    test_distance();
    test_bounds();
    window_free(&window);
    return done_testing();
}
