/* SPDX-License-Identifier: MIT */
/* encode: keys, values and text. The values' bytes were worked out by hand and by `protoc
 * --encode`. */
#include "record/encode.h"

#include "appsinstalled.pb-c.h"
#include "bytes/number.h"
#include "scratch.h"
#include "tap.h"

#include <float.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define BYTES(literal) literal, sizeof(literal) - 1

enum { APPS_MAX = 8 };

/* Tag 0x08 and a varint an app; 0x11 and 0x19 before the doubles, little endian. */
static const struct {
    uint32_t apps[APPS_MAX];
    size_t count;
    double lat, lon;
    const char *bytes;
    size_t len;
} VALUE[] = {
    {{1423, 43, 567, 3, 7, 23},
     6,
     55.55,
     42.42,
     BYTES("\x08\x8f\x0b\x08\x2b\x08\xb7\x04\x08\x03\x08\x07\x08\x17"
           "\x11\x66\x66\x66\x66\x66\xc6\x4b\x40\x19\xf6\x28\x5c\x8f\xc2\x35\x45\x40")},
    {{0}, 0, 0.0, -0.0, BYTES("\x11\0\0\0\0\0\0\0\0\x19\0\0\0\0\0\0\0\x80")},
    {{0}, 1, 1.0, -1.0, BYTES("\x08\x00\x11\0\0\0\0\0\0\xf0\x3f\x19\0\0\0\0\0\0\xf0\xbf")},
    {{127, 128, 16383, 16384},
     4,
     0.0,
     0.0,
     BYTES("\x08\x7f\x08\x80\x01\x08\xff\x7f\x08\x80\x80\x01\x11\0\0\0\0\0\0\0\0\x19\0\0\0\0\0\0\0"
           "\0")},
    {{2097151, 2097152, 268435455, 268435456, 4294967295u},
     5,
     0x1p-1074,
     DBL_MAX,
     BYTES("\x08\xff\xff\x7f\x08\x80\x80\x80\x01\x08\xff\xff\xff\x7f\x08\x80\x80\x80\x80\x01\x08"
           "\xff\xff\xff\xff\x0f"
           "\x11\x01\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\xef\x7f")},
    {{5, 5, 5},
     3,
     179.9,
     -180.0,
     BYTES(
         "\x08\x05\x08\x05\x08\x05\x11\xcd\xcc\xcc\xcc\xcc\x7c\x66\x40\x19\0\0\0\0\0\x80\x66\xc0")},
};

static struct record record_of(size_t i, uint32_t apps[APPS_MAX])
{
    memcpy(apps, VALUE[i].apps, sizeof VALUE[i].apps);
    return (struct record){.type = DEVTYPE_IDFA,
                           .id = {"x", 1},
                           .lat = VALUE[i].lat,
                           .lon = VALUE[i].lon,
                           .apps = apps,
                           .apps_count = VALUE[i].count};
}

static void test_values(void)
{
    for (size_t i = 0; i < COUNT(VALUE); i++) {
        uint32_t apps[APPS_MAX];
        struct record record = record_of(i, apps);
        char *value = malloc(VALUE[i].len);
        if (!value)
            scratch_bail("malloc");
        size_t len = encode_value(&record, value);
        is_bytes(value, len, VALUE[i].bytes, VALUE[i].len, "value %zu", i);
        free(value);
    }
}

static void test_keys(void)
{
    static const struct {
        enum devtype type;
        struct slice id;
        const char *key;
        size_t len;
    } CASE[] = {
        {DEVTYPE_IDFA, {"1rfw452y52g2gq4g", 16}, BYTES("idfa:1rfw452y52g2gq4g")},
        {DEVTYPE_GAID, {"x", 1}, BYTES("gaid:x")},
        {DEVTYPE_ADID, {":", 1}, BYTES("adid::")},
        {DEVTYPE_DVID, {"\xff\x80", 2}, BYTES("dvid:\xff\x80")},
    };
    char *key = malloc(RECORD_KEY_MAX);
    char id[RECORD_KEY_MAX - 5];

    if (!key)
        scratch_bail("malloc");
    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct record record = {.type = CASE[i].type, .id = CASE[i].id};
        size_t len = encode_key(&record, key);
        is_bytes(key, len, CASE[i].key, CASE[i].len, "key %zu", i);
    }
    memset(id, 'i', sizeof id);
    struct record record = {.type = DEVTYPE_IDFA, .id = {id, sizeof id}};
    size_t len = encode_key(&record, key);
    ok(len == 250 && memcmp(key, "idfa:i", 6) == 0 && key[249] == 'i', "a key of 250 bytes");
    free(key);
}

/* The shortest texts of the apps whose varints grow: nothing encodes longer for its line than
 * these. */
static void test_value_max(void)
{
    static const char *const APP[] = {"0",        "9",         "99",        "128",       "999",
                                      "9999",     "16384",     "99999",     "999999",    "2097152",
                                      "99999999", "268435456", "999999999", "4294967295"};
    static char line[20000], value[20000];
    static uint32_t apps[10000];

    for (size_t i = 0; i < COUNT(APP); i++) {
        size_t used = (size_t)snprintf(line, sizeof line, "idfa\tx\t1\t2\t%s", APP[i]);
        for (int more = 0; more < 1000; more++)
            used += (size_t)snprintf(line + used, sizeof line - used, ",%s", APP[i]);
        struct record record;
        enum record_result result = record_parse((struct slice){line, used}, apps, &record);
        size_t len = encode_value(&record, value);
        ok(result == RECORD_OK && record.apps_count == 1001 && len <= encode_value_max(used),
           "1,001 apps of \"%s\" fit into encode_value_max", APP[i]);
    }
}

static void text_of(const struct record *record, char *text)
{
    text[encode_text(record, text)] = '\0';
}

static void test_text(void)
{
    static const struct {
        double lat, lon;
        const char *text;
    } CASE[] = {
        {0.5, -1, "lat: 0.5 lon: -1"},
        {100, -180, "lat: 100 lon: -180"},
        {10.5, 20000, "lat: 10.5 lon: 20000"},
        {0.1, 0.30000000000000004, "lat: 0.1 lon: 0.30000000000000004"},
        {0.0, -0.0, "lat: 0 lon: -0"},
        {55.55, -179.9, "lat: 55.55 lon: -179.9"},
        {123456789012345.0, 9007199254740993.0, "lat: 123456789012345 lon: 9007199254740992"},
        {2.2250738585072014e-308, 1.7976931348623157e308,
         "lat: 2.2250738585072014e-308 lon: 1.7976931348623157e+308"},
        {5e-324, 1e-320, "lat: 5e-324 lon: 1e-320"},
    };
    uint32_t apps[] = {1, 4294967295u};
    char text[256];

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct record record = {.lat = CASE[i].lat, .lon = CASE[i].lon};
        text_of(&record, text);
        is_str(text, CASE[i].text, "text %zu, the shortest decimals", i);
    }
    struct record record = {.apps = apps, .apps_count = 2, .lat = 1, .lon = 2};
    text_of(&record, text);
    is_str(text, "apps: 1 apps: 4294967295 lat: 1 lon: 2", "a text with apps");
}

/* The values by hand, of the encoding's own rules: a tag, and a varint or eight bytes. */
static void test_value_text(void)
{
    static const struct {
        const char *value;
        size_t len;
        const char *text; /* NULL: none */
    } CASE[] = {
        {"", 0, ""},
        {"\x08\x07", 2, "apps: 7"},
        {"\x0a\x03\x01\xac\x02", 5, "apps: 1 apps: 300"},
        {"\x11\0\0\0\0\0\0\xf0\x3f", 9, "lat: 1"},
        {"\x19\0\0\0\0\0\0\0\xc0\x08\x01", 11, "apps: 1 lon: -2"},
        {"\x08\x01\x20\x05", 4, "apps: 1"},
        {"\x08", 1, NULL},
        {"\x12\x01\x20", 3, NULL},
        {"text", 4, NULL},
    };

    for (size_t i = 0; i < COUNT(CASE); i++) {
        size_t len = 0;
        char got[64] = "none",
             *text = encode_value_text((struct slice){CASE[i].value, CASE[i].len}, &len);
        if (text)
            snprintf(got, sizeof got, "%.*s", (int)len, text);
        is_str(got, CASE[i].text ? CASE[i].text : "none", "value %zu as text", i);
        free(text);
    }
}

/* strtod(3) reads the printed double back. */
static void test_text_reads_back(void)
{
    uint64_t state = 88172645463325252u; /* xorshift64, the same in every run */
    size_t wrong = 0;
    char text[256], *lat, *lon;

    for (int i = 0; i < 2000; i++) {
        struct record record = {.lat = 0};
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        record.lat = (double)(state >> 11) * 0x1p-45 - 180;
        record.lon = (double)(state & 0xffffffff) * 0x1p-1060;
        text_of(&record, text);
        lat = strstr(text, "lat: "), lon = strstr(text, "lon: ");
        wrong += !lat || !lon || strtod(lat + 5, NULL) != record.lat ||
                 strtod(lon + 5, NULL) != record.lon;
    }
    is_u64(wrong, 0, "2,000 random pairs read back from their text");
}

/* The same numbers in each run (Knuth's MMIX generator, its upper half). */
static uint32_t next_random(void)
{
    static uint64_t state = 20261122;

    state = state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(state >> 32);
}

/* Ids of every length, any bits as doubles, none to a hundred ids: protobuf-c packs the same bytes.
 */
static void test_against_protobuf_c(void)
{
    enum { RECORDS = 20000, MOST = 100 };
    uint32_t apps[MOST];
    size_t wrong = 0;

    for (size_t i = 0; i < RECORDS; i++) {
        UserApps message = USER_APPS__INIT;
        char value[6 * MOST + 18];
        uint8_t packed[sizeof value];
        uint64_t bits[2] = {(uint64_t)next_random() << 32 | next_random(),
                            (uint64_t)next_random() << 32 | next_random()};
        struct record record = {.apps = apps, .apps_count = next_random() % (MOST + 1)};
        for (size_t app = 0; app < record.apps_count; app++)
            apps[app] = i % 2 ? next_random() % 10000 : next_random() >> next_random() % 32;
        memcpy(&record.lat, &bits[0], sizeof record.lat);
        memcpy(&record.lon, &bits[1], sizeof record.lon);
        message.n_apps = record.apps_count;
        message.apps = apps;
        message.has_lat = message.has_lon = 1;
        message.lat = record.lat;
        message.lon = record.lon;
        size_t expected = user_apps__pack(&message, packed);
        size_t len = encode_value(&record, value);
        wrong += len != expected || memcmp(value, packed, len) != 0;
    }
    is_u64(wrong, 0, "records of which protobuf-c packs other bytes, out of %d", RECORDS);
}

int main(void)
{
    test_values();
    test_keys();
    test_value_max();
    test_text();
    test_text_reads_back();
    test_value_text();
    ok(encode_self_test(), "the built-in sample");
    test_against_protobuf_c();
    return done_testing();
}
