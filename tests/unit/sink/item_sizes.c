/* census: each size is counted in the smallest class that takes it; reasons are counted each. */
#include "sink/item_sizes.h"
#include "server/server.h"
#include "tap.h"

#include <stdio.h>

static struct json json;
static struct item_sizes census;

/* The JSON of one item of this size must be `expected`. */
static void counts_as(size_t bytes, const char *expected)
{
    census = (struct item_sizes){.items = {0}};
    item_sizes_add(&census, bytes);
    json_begin(&json);
    item_sizes_json(&census, &json);
    is_str(json_end(&json), expected, "%zu bytes", bytes);
}

#define ITEMS(members) "{\"reasons\":{},\"items\":{" members "}}"

static void test_classes(void)
{
    counts_as(0, ITEMS("\"8\":1"));
    counts_as(8, ITEMS("\"8\":1"));
    counts_as(9, ITEMS("\"16\":1"));
    counts_as(1016, ITEMS("\"1016\":1"));
    counts_as(1017, ITEMS("\"1024\":1"));
    counts_as(1024, ITEMS("\"1024\":1"));
    counts_as(1025, ITEMS("\"1056\":1")); /* 1024 + 1024 / 32 */
    counts_as(2016, ITEMS("\"2016\":1"));
    counts_as(2017, ITEMS("\"2048\":1"));
    counts_as(2049, ITEMS("\"2112\":1")); /* 2048 + 2048 / 32 */
    counts_as(1048577, ITEMS("\"1081344\":1"));
    counts_as((size_t)1 << 31, ITEMS("\"2147483648\":1"));
    counts_as((size_t)1 << 40, ITEMS("\"2147483648\":1"));
}

/* No class is more than a 32nd, or 7 bytes, too large. */
static void test_precision(void)
{
    bool precise = true;
    unsigned long counted;

    for (size_t bytes = 1; bytes < 3000000 && precise; bytes += 1 + bytes / 1000) {
        census = (struct item_sizes){.items = {0}};
        item_sizes_add(&census, bytes);
        json_begin(&json);
        item_sizes_json(&census, &json);
        if (sscanf(json_end(&json), "{\"reasons\":{},\"items\":{\"%lu\":1}}", &counted) != 1)
            precise = false;
        else
            precise = counted >= bytes && counted - bytes <= (bytes / 32 > 7 ? bytes / 32 : 7);
    }
    ok(precise, "1 to 3,000,000 bytes");
}

static void test_sums(void)
{
    char other[] = "white"; /* the text counts, not where it stands */

    census = (struct item_sizes){.items = {0}};
    item_sizes_reason(&census, "white");
    item_sizes_reason(&census, "black");
    item_sizes_reason(&census, other);
    item_sizes_add(&census, 100);
    item_sizes_add(&census, 97);
    item_sizes_add(&census, 96);
    json_begin(&json);
    json_uint(&json, "lines", 6);
    item_sizes_json(&census, &json);
    is_str(json_end(&json),
           "{\"lines\":6,\"reasons\":{\"white\":2,\"black\":1},\"items\":{\"96\":1,\"104\":2}}",
           "both together");
}

static void test_many_reasons(void)
{
    static char text[ITEM_SIZES_REASONS_MAX + 2][8];

    census = (struct item_sizes){.items = {0}};
    for (int i = 0; i < ITEM_SIZES_REASONS_MAX + 2; i++) {
        snprintf(text[i], sizeof text[i], "r%d", i);
        item_sizes_reason(&census, text[i]);
    }
    is_str(census.reasons[ITEM_SIZES_REASONS_MAX - 1].text, "r15", "the last one that has room");
    is_u64(census.reasons[ITEM_SIZES_REASONS_MAX - 1].count, 3, "counts those that have none");
}

int main(void)
{
    /* memcached 1.6.18, its own word: `stats sizes` of a 1-byte key and a 1-byte value */
    is_u64(server_item_bytes(1, 1), 61, "an item");
    test_classes();
    test_precision();
    test_sums();
    test_many_reasons();
    return done_testing();
}
