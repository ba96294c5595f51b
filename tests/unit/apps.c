/* apps: lists of ids as numbers, and those as a message's field, by eights and one at a time. */
#include "apps.h"

#include "apps_avx2.h"
#include "appsinstalled.pb-c.h"
#include "scratch.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

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
    char text[8 + ELEMENTS_MOST * ELEMENT_BYTES]; /* the list begins at [8], behind a TAB */
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
    char *at = made->text + 8 + made->len;
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
    memcpy(made->text, "xxxxxxx\t", 8);
    made->len = made->count = made->dropped = 0;
    for (size_t i = 0; i < elements; i++) {
        if (i > 0)
            made->text[8 + made->len++] = ',';
        add_element(made, odd_of_1000);
    }
}

typedef size_t read_function(struct slice, uint32_t *, size_t *);

/* By exact copies and exactly the room that is asked for. */
static bool reads_as_made(const struct made *made, read_function *read)
{
    struct slice copy = exact_copy((struct slice){made->text, 8 + made->len});
    struct slice list = {copy.at + 8, made->len};
    uint32_t *apps = malloc(apps_room(list.len) * sizeof *apps);
    size_t dropped;

    if (!apps)
        scratch_bail("malloc");
    size_t count = read(list, apps, &dropped);
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
        wrong += !reads_as_made(&made, apps_read);
        wrong_plain += !reads_as_made(&made, apps_read_plain);
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
                made.len += (size_t)sprintf(made.text + 8 + made.len, "%s%s", i ? "," : "",
                                            i == before ? ODD[odd].text
                                            : i % 3     ? "1234"
                                                        : "567");
                int64_t worth = i == before ? ODD[odd].worth : i % 3 ? 1234 : 567;
                if (worth >= 0)
                    made.apps[made.count++] = (uint32_t)worth;
                made.dropped += worth < 0;
            }
            wrong += !reads_as_made(&made, apps_read);
        }
    is_u64(wrong, 0, "odd elements at each place, read wrong");
}

typedef char *put_function(const uint32_t *, size_t, char *);

static bool puts_as(const uint32_t *apps, size_t count, put_function *put, const uint8_t *expected,
                    size_t expected_len)
{
    char bytes[ROOM + 4];
    const char *end = put(apps, count, bytes);

    return (size_t)(end - bytes) == expected_len && memcmp(bytes, expected, expected_len) == 0;
}

/* Against protobuf-c's own serializer. */
static void test_putting(void)
{
    size_t wrong = 0, wrong_plain = 0;
    uint32_t apps[ELEMENTS_MOST];

    for (size_t i = 0; i < LISTS; i++) {
        UserApps message = USER_APPS__INIT;
        uint8_t packed[ROOM];
        message.apps = apps;
        message.n_apps = i % ELEMENTS_MOST;
        for (size_t app = 0; app < message.n_apps; app++)
            apps[app] = i % 3 ? next_random() % 10000 : next_random() >> next_random() % 32;
        size_t len = user_apps__pack(&message, packed);
        wrong += !puts_as(apps, message.n_apps, apps_put, packed, len);
        wrong_plain += !puts_as(apps, message.n_apps, apps_put_plain, packed, len);
    }
    is_u64(wrong, 0, "lists of which protobuf-c packs other bytes, of %d", LISTS);
    is_u64(wrong_plain, 0, "... one at a time");
}

/* Otherwise nothing above would have seen them. */
static void test_eights(void)
{
    struct made made;
    struct slice list;
    uint32_t apps[ELEMENTS_MOST + APPS_AVX2_LANES], *next = apps;
    char bytes[ROOM];

    make_list(&made, ELEMENTS_MOST, 0);
    list = (struct slice){made.text + 8, made.len};
    apps_avx2_read(&list, &next);
    ok(!list.at && next == apps + ELEMENTS_MOST, "a usual list is read by eights, to its end");
    for (size_t i = 0; i < ELEMENTS_MOST; i++)
        apps[i] = 128 + next_random() % 9000;
    const uint32_t *put = apps;
    const char *end = apps_avx2_put(&put, apps + 19, bytes);
    ok(put == apps + 16 && end == bytes + 48, "usual ids are put by eights, two of nineteen");
}

int main(void)
{
    test_reading(0);
    test_reading(20);
    test_reading(500);
    test_places();
    test_putting();
    if (apps_avx2_runs_here())
        test_eights();
    return done_testing();
}
