/* SPDX-License-Identifier: MIT */
/* apps: lists of ids as numbers, and those as a message's field, many and one at a time. */
#include "record/apps.h"

#include "appsinstalled.pb-c.h"
#include "record/apps_avx2.h"
#include "scratch.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* What stands before a list: fields that may be taken for elements, were they looked at. */
static const char FIELDS[] =
    "idfa\t,,x12,34567,1,0123456789abcdef0123456789abcdef\t-12.5\t33.264559\t";

enum { BEFORE = sizeof FIELDS - 1, BEFORE_LEAST = 4 };
enum { ELEMENTS_MOST = 120, ELEMENT_BYTES = 24, LISTS = 40000, ROOM = 4096 };

/* The same numbers in each run (Knuth's MMIX generator, its upper half). */
static uint32_t next_random(void)
{
    static uint64_t state = 20261122;

    state = state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(state >> 32);
}

/* A list, and what it is worth by its making. */
struct made {
    char text[BEFORE + ELEMENTS_MOST * ELEMENT_BYTES]; /* the list begins at [BEFORE] */
    size_t len;
    uint32_t apps[ELEMENTS_MOST];
    size_t count, dropped;
};

/* Elements of other forms than one to four digits; worth is -1 where none. */
static const struct {
    const char *text;
    int64_t worth;
} ODD[] = {
    {"", -1},
    {"x", -1},
    {"12x4", -1},
    {"-5", -1},
    {"+5", -1},
    {"1.0", -1},
    {" 7", 7},
    {"8 ", 8},
    {" 9\r", 9},
    {"9\t", -1},
    {"\t9", -1},
    {"1 2", -1},
    {"12345", 12345},
    {"00012", 12},
    {"0000", 0},
    {"007", 7},
    {"999999", 999999},
    {"12345678", 12345678},
    {"123456789", 123456789},
    {"4294967295", 4294967295},
    {"4294967296", -1},
    {"00000000000000000001", 1},
    {"\xff\xff", -1},
    {"12\xb2", -1},
    {"/1", -1},
    {":1", -1},
    {"1;2", -1},
    {"1\r", 1},
    {"16383", 16383},
    {"16384", 16384},
};

static void add_element(struct made *made, uint32_t odd_of_1000)
{
    char *at = made->text + BEFORE + made->len;
    int64_t worth;
    int len;

    if (next_random() % 1000 < odd_of_1000) {
        size_t odd = next_random() % COUNT(ODD);
        worth = ODD[odd].worth;
        len = snprintf(at, ELEMENT_BYTES, "%s", ODD[odd].text);
    } else {
        static const uint32_t BELOW[] = {10000, 10000, 10000, 10, 128, 1000};
        worth = next_random() % BELOW[next_random() % COUNT(BELOW)];
        len = snprintf(at, ELEMENT_BYTES, "%d", (int)worth);
    }
    made->len += (size_t)len;
    if (worth >= 0)
        made->apps[made->count++] = (uint32_t)worth;
    else
        made->dropped++;
}

static void make_list(struct made *made, size_t elements, uint32_t odd_of_1000)
{
    memcpy(made->text, FIELDS, BEFORE);
    made->len = made->count = made->dropped = 0;
    for (size_t i = 0; i < elements; i++) {
        if (i > 0)
            made->text[BEFORE + made->len++] = ',';
        add_element(made, odd_of_1000);
    }
}

/* By exact copies, with so many bytes before the list, and exactly the room that is asked for. */
static bool reads_as_made(const struct made *made, size_t before, bool plain)
{
    struct slice copy =
        exact_copy((struct slice){made->text + BEFORE - before, before + made->len});
    struct slice list = {copy.at + before, made->len};
    uint32_t *apps = malloc(apps_room(list.len) * sizeof *apps);
    size_t dropped;

    if (!apps)
        scratch_bail("malloc");
    size_t count =
        plain ? apps_read_plain(list, apps, &dropped) : apps_read(list, copy.at, apps, &dropped);
    bool same = count == made->count && dropped == made->dropped &&
                memcmp(apps, made->apps, count * sizeof *apps) == 0;
    free(apps);
    exact_free(copy);
    return same;
}

static void test_reading(uint32_t odd_of_1000)
{
    size_t wrong = 0, wrong_plain = 0;
    static struct made made;

    for (size_t i = 0; i < LISTS; i++) {
        make_list(&made, 1 + i % ELEMENTS_MOST, odd_of_1000);
        wrong += !reads_as_made(&made, i % 3 ? BEFORE : BEFORE_LEAST, false);
        wrong_plain += !reads_as_made(&made, BEFORE, true);
    }
    is_u64(wrong, 0, "lists with %u odd elements in 1,000, of %d, read wrong", odd_of_1000, LISTS);
    is_u64(wrong_plain, 0, "... one at a time");
}

/* Each odd element at each place of a window, before and behind usual ones. */
static void test_places(void)
{
    size_t wrong = 0;
    static struct made made;

    for (size_t odd = 0; odd < COUNT(ODD); odd++)
        for (size_t before = 0; before < 40; before++) {
            make_list(&made, 0, 0);
            for (size_t i = 0; i < before + 40; i++) {
                made.len += (size_t)sprintf(made.text + BEFORE + made.len, "%s%s", i ? "," : "",
                                            i == before ? ODD[odd].text
                                            : i % 3     ? "1234"
                                                        : "567");
                int64_t worth = i == before ? ODD[odd].worth : i % 3 ? 1234 : 567;
                if (worth >= 0)
                    made.apps[made.count++] = (uint32_t)worth;
                made.dropped += worth < 0;
            }
            wrong += !reads_as_made(&made, odd % 2 ? BEFORE : BEFORE_LEAST, false);
        }
    is_u64(wrong, 0, "odd elements at each place, read wrong");
}

typedef char *put_function(const uint32_t *, size_t, char *);

static bool puts_as(const uint32_t *apps, size_t count, put_function *put, const uint8_t *expected,
                    size_t expected_len)
{
    char *bytes = malloc(expected_len + 16); /* exactly the room that is asked for */

    if (!bytes)
        scratch_bail("malloc");
    const char *end = put(apps, count, bytes);
    bool same = (size_t)(end - bytes) == expected_len && memcmp(bytes, expected, expected_len) == 0;
    free(bytes);
    return same;
}

/* Against protobuf-c's own serializer. */
static void test_putting(void)
{
    static const uint32_t BELOW[] = {10000, 128, 20000, 200};
    size_t wrong = 0, wrong_plain = 0;
    uint32_t apps[ELEMENTS_MOST];

    for (size_t i = 0; i < LISTS; i++) {
        UserApps message = USER_APPS__INIT;
        uint8_t packed[ROOM];
        message.apps = apps;
        message.n_apps = i % ELEMENTS_MOST;
        for (size_t app = 0; app < message.n_apps; app++)
            apps[app] = i % 3 ? next_random() % BELOW[i % COUNT(BELOW)]
                              : next_random() >> next_random() % 32;
        size_t len = user_apps__pack(&message, packed);
        wrong += !puts_as(apps, message.n_apps, apps_encode, packed, len);
        wrong_plain += !puts_as(apps, message.n_apps, apps_encode_plain, packed, len);
    }
    is_u64(wrong, 0, "lists of which protobuf-c packs other bytes, of %d", LISTS);
    is_u64(wrong_plain, 0, "... one at a time");
}

/* Otherwise nothing above would have seen them. */
static void test_many(void)
{
    struct made made;
    struct slice list;
    uint32_t apps[ELEMENTS_MOST + APPS_AVX2_SPARE], *next = apps;
    char bytes[ROOM];

    make_list(&made, ELEMENTS_MOST, 0);
    list = (struct slice){made.text + BEFORE, made.len};
    apps_avx2_read(&list, made.text, &next);
    ok(!list.at && next == apps + ELEMENTS_MOST, "a usual list is read many at a time, to its end");
    make_list(&made, 3, 0);
    list = (struct slice){made.text + BEFORE, made.len};
    next = apps;
    apps_avx2_read(&list, made.text, &next);
    ok(!list.at && next == apps + 3, "... a short one, too");
    for (size_t i = 0; i < ELEMENTS_MOST; i++)
        apps[i] = i % 19 == 2 ? 127 : 128;
    const uint32_t *put = apps;
    const char *end = apps_avx2_encode(&put, apps + 19, bytes);
    ok(put == apps + 19 && end == bytes + 18 * 3 + 2, "usual ids are put many at a time, nineteen");
}

int main(void)
{
    test_reading(0);
    test_reading(20);
    test_reading(500);
    test_places();
    test_putting();
    if (apps_avx2_runs_here())
        test_many();
    return done_testing();
}
