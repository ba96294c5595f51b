/* SPDX-License-Identifier: MIT */
/* ring: the bytes of each request, by memcached's doc/protocol.txt, and that they stay while they
 * are needed. */
#include "store/ring.h"
#include "scratch.h"
#include "tap.h"

static struct ring ring;

static struct batch_record record_of(const char *key, const char *value, const char *line)
{
    return (struct batch_record){slice_of(key), slice_of(value), slice_of(line), 7, 700, 70};
}

static bool is_wire(uint64_t from, uint64_t to, const char *expected, const char *name)
{
    struct slice wire = ring_wire(&ring, from, to);

    return is_bytes(wire.at, wire.len, expected, strlen(expected), "%s", name);
}

static void start(size_t requests, size_t wire, size_t lines)
{
    ring_free(&ring);
    if (!ring_init(&ring, requests, wire, lines))
        scratch_bail("ring_init");
}

static void test_bytes(void)
{
    static const struct {
        enum way way;
        int64_t expiry;
        const char *key, *value, *expected;
    } CASE[] = {
        {WAY_QUIET, 0, "key", "value", "ms key 5 q\r\nvalue\r\n"},
        {WAY_QUIET, 60, "key", "value", "ms key 5 T60 q\r\nvalue\r\n"},
        {WAY_LOUD, 0, "key", "value", "ms key 5 k\r\nvalue\r\n"},
        {WAY_LOUD, 4102444800, "a", "", "ms a 0 T4102444800 k\r\n\r\n"},
        {WAY_CLASSIC, 0, "key", "value", "set key 0 0 5\r\nvalue\r\n"},
        {WAY_CLASSIC, INT64_MAX, "a", "0123456789",
         "set a 0 9223372036854775807 10\r\n0123456789\r\n"},
    };

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        start(4, 1000, 1000);
        struct batch_record record = record_of(CASE[i].key, CASE[i].value, "its line");
        ok(ring_put_set(&ring, CASE[i].way, &record, CASE[i].expiry, 0), "a set");
        is_wire(0, ring_end(&ring, 0), CASE[i].expected, "its bytes");
        ok(strlen(CASE[i].expected) <= ring_set_bytes(&record), "it has room");
        struct batch_record back = ring_record(&ring, 0);
        ok(slice_equal(back.key, record.key) && slice_equal(back.value, record.value) &&
               slice_equal(back.line, record.line) && back.number == 7 && back.offset == 700 &&
               back.tag == 70,
           "the record comes back");
        ok(!ring_is_barrier(&ring, 0), "it is no barrier");
    }
}

/* A set of "q" with eight bytes has 20, a barrier 4. */
static void test_unquiet(void)
{
    struct batch_record trap = record_of("q", " q\r\nms q", "");

    start(4, 1000, 1000);
    ring_put_set(&ring, WAY_QUIET, &trap, 0, 0);
    ring_put_set(&ring, WAY_LOUD, &trap, 0, 0);
    ring_put_barrier(&ring, 0);
    ok(ring_is_barrier(&ring, 2), "a barrier");
    ok(ring_begin(&ring, 1) == 20 && ring_begin(&ring, 2) == 40 && ring_end(&ring, 2) == 44 &&
           ring_begin(&ring, 3) == 44,
       "requests stand one behind the other");
    for (int again = 0; again < 2; again++) {
        for (uint64_t i = 0; i < 3; i++)
            ring_unquiet(&ring, i);
        is_wire(0, 44, "ms q 8 k\r\n q\r\nms q\r\nms q 8 k\r\n q\r\nms q\r\nmn\r\n",
                "made loud: one byte of the quiet one is another, however often");
    }
}

/* By turns, whatever stands between them. */
static void test_barriers(void)
{
    struct batch_record record = record_of("a", "1", "");

    start(8, 1000, 1000);
    ring_put_barrier(&ring, 0);
    ring_put_barrier(&ring, 0);
    ring_put_set(&ring, WAY_QUIET, &record, 0, 0);
    ring_put_barrier(&ring, 0);
    is_wire(0, 30, "mn\r\nversion\r\nms a 1 q\r\n1\r\nmn\r\n",
            "no barrier has the word of the one before");
    ok(slice_equal(ring_barrier(3), slice_of("version\r\n")) && ring_barrier_is_version(3) &&
           !ring_barrier_is_version(2),
       "nor has the next");
}

/* Sets of 16 bytes, of which three are kept; each number is in its value and its line. */
static void test_moves(void)
{
    enum { SETS = 1000, BYTES = 16, LINE = 6 };
    char value[16], line[16];
    size_t wrong = 0, largest = 0;

    start(4, 300, 20);
    for (unsigned n = 0; n < SETS; n++) {
        snprintf(value, sizeof value, "%04u", n);
        snprintf(line, sizeof line, "l %04u", n);
        if (ring.put - ring.head == 3)
            ring.head++;
        struct batch_record record = record_of("a", value, line);
        wrong += !ring_put_set(&ring, WAY_QUIET, &record, 0, ring_begin(&ring, ring.head));
        for (uint64_t i = ring.head; i < ring.put; i++) {
            struct batch_record back = ring_record(&ring, i);
            snprintf(value, sizeof value, "%04u", (unsigned)i);
            snprintf(line, sizeof line, "l %04u", (unsigned)i);
            wrong += !slice_equal(back.value, slice_of(value)) ||
                     !slice_equal(back.line, slice_of(line)) || ring_begin(&ring, i) != i * BYTES;
        }
        largest = ring.lines.capacity > largest ? ring.lines.capacity : largest;
    }
    is_u64(wrong, 0, "three of a thousand at a time: each keeps its bytes and its place");
    is_u64(ring.wire.end, (uint64_t)SETS * BYTES, "places only grow");
    is_u64(ring.lines.end, (uint64_t)SETS * LINE, "... of the lines too");
    is_u64(ring.wire.capacity, 300, "the memory does not");
    ok(largest <= 3 * LINE + 20, "... more than what is kept needs (%zu)", largest);
}

/* Settled, and not yet wholly sent: its bytes stay, its line goes. */
static void test_keep(void)
{
    struct batch_record first = record_of("a", "0000", "line 1");
    struct batch_record second = record_of("a", "1111", "line 2");

    start(4, 100, 8);
    ring_put_set(&ring, WAY_QUIET, &first, 0, 0);
    ring.head = 1;
    for (size_t i = 0; i < 3; i++) {
        ring_put_set(&ring, WAY_QUIET, &second, 0, 5);
        ring.head = ring.put - 1;
    }
    is_wire(5, 21, "4 q\r\n0000\r\nms a ", "bytes from the first one that is needed are there");
    ok(ring.lines.base >= 6, "the line of a settled record is forgotten");
}

static void test_swells(void)
{
    static char big[100000];
    struct batch_record large = {slice_of("a"), {big, sizeof big}, {big, sizeof big - 1}, 1, 1, 1};
    struct batch_record small = record_of("b", "1", "line");

    memset(big, 'v', sizeof big);
    start(4, 200, 100);
    ring_put_set(&ring, WAY_QUIET, &small, 0, 0);
    ok(ring_put_set(&ring, WAY_CLASSIC, &large, 0, 0), "a record larger than all memory");
    is_wire(0, 13, "ms b 1 q\r\n1\r\n", "what was there is still there");
    struct batch_record back = ring_record(&ring, 1);
    is_bytes(back.value.at, back.value.len, big, sizeof big, "its value");
    is_bytes(back.line.at, back.line.len, big, sizeof big - 1, "its line");
    ok(ring.wire.capacity > sizeof big, "it has memory of its own");
    ring.head = ring.put;
    ring_put_set(&ring, WAY_QUIET, &small, 0, ring.wire.end);
    ok(ring.wire.capacity == 200 && ring.lines.capacity == 100, "which is given back after it");
    is_wire(ring_begin(&ring, 2), ring_end(&ring, 2), "ms b 1 q\r\n1\r\n", "the next one is whole");
}

/* So the bytes stay in the processor's cache: 256 KiB are used, a quarter of it or less is kept. */
static void test_moves_early(void)
{
    enum { PART = 64 * 1024 };
    static char big[PART];
    struct batch_record part = {slice_of("a"), {big, sizeof big}, {NULL, 0}, 1, 1, 1};

    start(16, 16 * (size_t)PART, 100);
    for (size_t i = 0; i < 4; i++)
        ring_put_set(&ring, WAY_QUIET, &part, 0, 0);
    ring_put_set(&ring, WAY_QUIET, &part, 0, ring_begin(&ring, 2));
    is_u64(ring.wire.base, 0, "half is kept: nothing moves");
    ring.head = 4;
    uint64_t kept = ring_begin(&ring, 4);
    ring_put_set(&ring, WAY_QUIET, &part, 0, kept);
    is_u64(ring.wire.base, kept, "a fifth is kept: it moves to the front");
    is_wire(kept, kept + 14, "ms a 65536 q\r\n", "and is whole");
}

int main(void)
{
    test_bytes();
    test_unquiet();
    test_barriers();
    test_moves();
    test_keep();
    test_swells();
    test_moves_early();
    ring_free(&ring);
    return done_testing();
}
