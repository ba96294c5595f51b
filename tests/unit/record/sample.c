/* SPDX-License-Identifier: MIT */
/* sample: which keys are in it, held against a plain set of all. */
#include "record/sample.h"
#include "tap.h"

#include <stdlib.h>

enum { SIZE = 50 };

static struct slice key_number(char *text, size_t size, unsigned number)
{
    return (struct slice){text, (size_t)snprintf(text, size, "idfa:%x", number)};
}

/* True if exactly those of the keys 0 to `keys` are in it that are below its bound. */
static bool is_exact(const struct sample *sample, unsigned keys, bool (*gone)(unsigned))
{
    char text[32];
    size_t expected = 0, found = 0;

    for (unsigned n = 0; n < keys; n++) {
        struct slice key = key_number(text, sizeof text, n);
        if (sample_hash(sample, key) >= sample->bound || (gone && gone(n)))
            continue;
        expected++;
        for (size_t i = 0; i < sample_count(sample); i++)
            found += slice_equal(sample_key(sample, i), key);
    }
    return expected == found && found == sample_count(sample);
}

static void stored(struct sample *sample, struct slice key)
{
    sample_stored(sample, sample_hash(sample, key), key);
}

static void failed(struct sample *sample, struct slice key)
{
    sample_failed(sample, sample_hash(sample, key), key);
}

static bool is_third(unsigned number)
{
    return number % 3 == 0;
}

static void test_growth(void)
{
    struct sample sample;
    char text[32];
    bool exact = true, bounded = true;

    ok(sample_open(&sample, SIZE, 1), "opened");
    for (unsigned n = 0; n < 20000; n++) {
        stored(&sample, key_number(text, sizeof text, n));
        if (n % 7 == 0) /* some come again */
            stored(&sample, key_number(text, sizeof text, n / 2));
        bounded = bounded && sample_count(&sample) <= 2 * SIZE;
        if (n % 997 == 0 || n < 300)
            exact = exact && is_exact(&sample, n + 1, NULL);
    }
    ok(bounded, "never more than twice the size");
    ok(exact, "always exactly the keys below the bound, each once");
    ok(sample_count(&sample) >= SIZE / 2, "%zu of 20,000 keys", sample_count(&sample));
    for (unsigned n = 0; n < 20000; n += 3)
        failed(&sample, key_number(text, sizeof text, n));
    ok(is_exact(&sample, 20000, is_third), "keys that failed later have left");
    for (unsigned n = 0; n < 20000; n += 3)
        stored(&sample, key_number(text, sizeof text, n));
    ok(is_exact(&sample, 20000, NULL), "... and come back when stored again");
    sample_close(&sample);
    sample_close(&sample);
}

/* Keys as they are in logs: long, and alike but for a few digits. The high bits decide. */
static void test_spread(void)
{
    enum { KEYS = 100000, PARTS = 16 };
    static unsigned count[PARTS];
    struct sample sample;
    char text[64];
    bool even = true;

    sample_open(&sample, 1, 42);
    for (unsigned n = 0; n < KEYS; n++) {
        int len = snprintf(text, sizeof text, "gaid:%032u", n);
        count[sample_hash(&sample, (struct slice){text, (size_t)len}) >> 60]++;
    }
    /* 6,250 a part; their standard deviation is 77. */
    for (size_t i = 0; i < PARTS; i++)
        even = even && count[i] > 6250 - 400 && count[i] < 6250 + 400;
    ok(even, "hashes are spread evenly");
    sample_close(&sample);
}

static void test_edges(void)
{
    static const char LONG[251] = "idfa:";
    struct sample sample, other;
    const struct slice key = slice_of("idfa:x");

    ok(sample_open(&sample, 0, 1) && !sample.keys, "a sample of none");
    stored(&sample, key);
    failed(&sample, key);
    ok(sample_count(&sample) == 0, "... stays empty");
    sample_close(&sample);
    sample_open(&sample, 1, 1);
    failed(&sample, key);
    stored(&sample, (struct slice){LONG, 250});
    ok(sample_count(&sample) == 1 && sample_key(&sample, 0).len == 250, "the longest key");
    failed(&sample, key);
    failed(&sample, (struct slice){LONG, 250});
    ok(sample_count(&sample) == 0, "... leaves");
    sample_open(&other, 1, 2);
    ok(sample_hash(&sample, key) != sample_hash(&other, key), "another seed, another sample");
    sample_close(&other);
    sample_close(&sample);
}

int main(void)
{
    test_growth();
    test_spread();
    test_edges();
    return done_testing();
}
