/* SPDX-License-Identifier: MIT */
/* item_sizes: each size is counted in the smallest class that takes it. */
#include "sink/item_sizes.h"
#include "server/server.h"
#include "tap.h"

#include <stdio.h>

static struct json json;
static struct item_sizes sizes;

/* The JSON of one item of this size must be `expected`. */
static void counts_as(size_t bytes, const char *expected)
{
    sizes = (struct item_sizes){.items = {0}};
    item_sizes_add(&sizes, bytes);
    json_begin(&json);
    item_sizes_json(&sizes, &json);
    is_str(json_end(&json), expected, "%zu bytes", bytes);
}

#define ITEMS(members) "{\"items\":{" members "}}"

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
        sizes = (struct item_sizes){.items = {0}};
        item_sizes_add(&sizes, bytes);
        json_begin(&json);
        item_sizes_json(&sizes, &json);
        if (sscanf(json_end(&json), "{\"items\":{\"%lu\":1}}", &counted) != 1)
            precise = false;
        else
            precise = counted >= bytes && counted - bytes <= (bytes / 32 > 7 ? bytes / 32 : 7);
    }
    ok(precise, "1 to 3,000,000 bytes");
}

static void test_sums(void)
{
    sizes = (struct item_sizes){.items = {0}};
    item_sizes_add(&sizes, 100);
    item_sizes_add(&sizes, 97);
    item_sizes_add(&sizes, 96);
    json_begin(&json);
    json_uint(&json, "lines", 6);
    item_sizes_json(&sizes, &json);
    is_str(json_end(&json), "{\"lines\":6,\"items\":{\"96\":1,\"104\":2}}", "by class");
}

int main(void)
{
    /* memcached 1.6.18, its own word: `stats sizes` of a 1-byte key and a 1-byte value */
    is_u64(server_item_bytes(1, 1), 61, "an item");
    test_classes();
    test_precision();
    test_sums();
    return done_testing();
}
