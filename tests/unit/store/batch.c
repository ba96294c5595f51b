/* SPDX-License-Identifier: MIT */
/* batch: records with their bytes in one block. */
#include "store/batch.h"
#include "scratch.h"
#include "tap.h"

static struct batch batch; /* it has places for 1,024 records */

static char filler[5000];

static struct batch_record record_of(size_t key, size_t value, size_t line)
{
    return (struct batch_record){{filler, key}, {filler + 1, value}, {filler + 2, line}, 7, 700, 7};
}

static bool holds(size_t index, const char *key, const char *value, const char *line,
                  uint64_t number)
{
    const struct batch_record *r = &batch.record[index];

    return slice_equal(r->key, slice_of(key)) && slice_equal(r->value, slice_of(value)) &&
           slice_equal(r->line, slice_of(line)) && r->number == number &&
           r->offset == 100 * number && r->tag == number;
}

static void test_copies(void)
{
    char key[] = "k1", value[] = "value", line[] = "a line";
    struct batch_record first = {slice_of(key), slice_of(value), slice_of(line), 1, 100, 1};
    struct batch_record second = {slice_of("k2"), {NULL, 0},        {NULL, 0},
                                  UINT64_MAX,     100 * UINT64_MAX, UINT64_MAX};

    batch_init(&batch, 1000);
    ok(batch.count == 0 && batch.payload == 0, "empty at first");
    ok(batch_has_room(&batch, &first) && batch_add(&batch, &first), "one record");
    ok(batch_has_room(&batch, &second) && batch_add(&batch, &second), "one without value and line");
    memset(key, '#', sizeof key - 1);
    memset(value, '#', sizeof value - 1);
    memset(line, '#', sizeof line - 1);
    ok(holds(0, "k1", "value", "a line", 1), "the bytes are copies");
    ok(holds(1, "k2", "", "", UINT64_MAX), "... also of nothing");
    is_u64(batch.count, 2, "two records");
    is_u64(batch.payload, 2 + 5 + 2, "... of nine bytes in keys and values");
    batch_clear(&batch);
    ok(batch.count == 0 && batch.payload == 0, "cleared");
    batch_free(&batch);
}

/* 1,000 bytes hold ten records of 100 exactly. */
static void test_room(void)
{
    struct batch_record hundred = record_of(10, 50, 40), one = record_of(1, 0, 0),
                        most = record_of(250, 500, 250);

    batch_init(&batch, 1000);
    for (int i = 0; i < 9; i++)
        batch_add(&batch, &hundred);
    ok(batch_has_room(&batch, &hundred) && batch_add(&batch, &hundred), "the tenth of ten fits");
    ok(!batch_has_room(&batch, &one), "... then not even one byte");
    batch_clear(&batch);
    ok(batch_has_room(&batch, &most) && batch_add(&batch, &most), "1,000 bytes at once");
    ok(!batch_has_room(&batch, &one), "... are all");
    batch_free(&batch);
}

/* A larger one finds its room when nothing else is there; afterwards the block is as usual. */
static void test_large(void)
{
    struct batch_record large = record_of(200, 4000, 300), hundred = record_of(10, 50, 40);

    batch_init(&batch, 1000);
    batch_add(&batch, &hundred);
    ok(!batch_has_room(&batch, &large), "a large record beside another");
    batch_clear(&batch);
    ok(batch_has_room(&batch, &large) && batch_add(&batch, &large), "... alone it fits");
    ok(memcmp(batch.record[0].value.at, filler + 1, 4000) == 0 && batch.payload == 4200,
       "... whole");
    ok(!batch_has_room(&batch, &hundred), "... and fills the batch");
    batch_clear(&batch);
    batch_add(&batch, &hundred);
    is_u64(batch.capacity, 1000, "afterwards the block is as usual");
    batch_free(&batch);
}

static void test_count(void)
{
    struct batch_record empty = record_of(1, 0, 0);
    bool good = true;

    batch_init(&batch, 100000);
    for (int i = 0; i < BATCH_RECORDS_MAX; i++)
        good = batch_has_room(&batch, &empty) && batch_add(&batch, &empty) && good;
    ok(good && batch.count == 1024, "1,024 records");
    ok(!batch_has_room(&batch, &empty), "... are all, whatever their size");
    batch_free(&batch);
}

int main(void)
{
    for (size_t i = 0; i < sizeof filler; i++)
        filler[i] = (char)(i * 7);
    test_copies();
    test_room();
    test_large();
    test_count();
    return done_testing();
}
