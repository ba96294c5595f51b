/* SPDX-License-Identifier: MIT */
/* record: one line of the log, by the rules of the README's section on records. */
#include "record/record.h"

#include "record/apps.h"
#include "scratch.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/* Parses exact copies, with exactly the room for apps that is asked for, so that a sanitizer sees
 * any step beyond. */
static enum record_result parse(struct slice line, uint32_t **apps, struct slice *copy,
                                struct record *record)
{
    *copy = exact_copy(line);
    *apps = calloc(apps_room(line.len), sizeof **apps);
    if (!*apps)
        scratch_bail("calloc");
    return record_parse(*copy, *apps, record);
}

static void test_verdicts(void)
{
    static const struct {
        struct slice line;
        enum record_result result;
    } CASE[] = {
        {TEXT("idfa\tx\t1\t2\t3"), RECORD_OK},
        {TEXT("gaid\tx\t1\t2\t3"), RECORD_OK},
        {TEXT("adid\tx\t1\t2\t3"), RECORD_OK},
        {TEXT("dvid\tx\t1\t2\t3"), RECORD_OK},
        {TEXT("idfa\tx\t1\t2\t3\r"), RECORD_OK},
        {TEXT(" \r\t\v\f idfa \t x \t 1\v\t\f2 \t 3 \t\t \r"), RECORD_OK},
        {TEXT("idfa\t\xff\x80\t1\t2\t3"), RECORD_OK},
        {TEXT("idfa\tx\t1e3\t-.5\tabc"), RECORD_OK},
        {TEXT("idfa\tx\t1\t2\t,"), RECORD_OK},
        {TEXT("idfa\t:\t1e308\t-1e308\t0"), RECORD_OK},
        {TEXT(""), RECORD_BLANK},
        {TEXT(" \t\v\f\r"), RECORD_BLANK},
        {TEXT("\t\t\t\t"), RECORD_BLANK},
        {TEXT("\0"), RECORD_NUL_BYTE},
        {TEXT(" \0 "), RECORD_NUL_BYTE},
        {TEXT("idfa\tx\t1\t2\t3\0"), RECORD_NUL_BYTE},
        {TEXT("idfa\tx\t1\0\t2\t3"), RECORD_NUL_BYTE},
        {TEXT("\0idfa\tx\t1\t2\t3"), RECORD_NUL_BYTE},
        {TEXT("\xef\xbb\xbfidfa\tx\t1\t2\t3"), RECORD_BYTE_ORDER_MARK},
        {TEXT("idfa"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2\t"), RECORD_FIELD_COUNT},
        {TEXT("\tidfa\tx\t1\t2"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2\t3\t4"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t\t1\t2\t3"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2\t\t3"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2\t \t 3"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2\t3\t,4"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2\t3,\t4"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2\t3,x\t"
              "4"),
         RECORD_FIELD_COUNT},
        {TEXT("idfx\tx\t1\t2\t3\t4"), RECORD_FIELD_COUNT},
        {TEXT("idfa\t\t1\t2\t3\t4"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\tx\t3\t4\t5"), RECORD_FIELD_COUNT},
        {TEXT("idfa\tx\t1\t2\t3\0\t4"), RECORD_NUL_BYTE},
        {TEXT("\xef\xbb\xbfidfa\tx\t1\t2\t3\t4"), RECORD_BYTE_ORDER_MARK},
        {TEXT("IDFA\tx\t1\t2\t3"), RECORD_TYPE},
        {TEXT("Idfa\tx\t1\t2\t3"), RECORD_TYPE},
        {TEXT("idf\tx\t1\t2\t3"), RECORD_TYPE},
        {TEXT("idfaa\tx\t1\t2\t3"), RECORD_TYPE},
        {TEXT("x\t\t1\t2\t3"), RECORD_TYPE},
        {TEXT("idfa\t\t1\t2\t3"), RECORD_ID_EMPTY},
        {TEXT("idfa\t \v\t1\t2\t3"), RECORD_ID_EMPTY},
        {TEXT("idfa\ta b\t1\t2\t3"), RECORD_ID_BYTE},
        {TEXT("idfa\ta\x01\t1\t2\t3"), RECORD_ID_BYTE},
        {TEXT("idfa\t\x1f"
              "a\t1\t2\t3"),
         RECORD_ID_BYTE},
        {TEXT("idfa\ta\x7f"
              "b\t1\t2\t3"),
         RECORD_ID_BYTE},
        {TEXT("idfa\ta\nb\t1\t2\t3"), RECORD_ID_BYTE},
        {TEXT("idfa\ta\rb\t1\t2\t3"), RECORD_ID_BYTE},
        {TEXT("idfa\tx\tnan\t2\t3"), RECORD_LAT},
        {TEXT("idfa\tx\t\t2\t3"), RECORD_LAT},
        {TEXT("idfa\tx\t1e400\t2\t3"), RECORD_LAT},
        {TEXT("idfa\tx\t1,5\t2\t3"), RECORD_LAT},
        {TEXT("idfa\tx\t0x1p3\t2\t3"), RECORD_LAT},
        {TEXT("idfa\tx\t1\tinf\t3"), RECORD_LON},
        {TEXT("idfa\tx\t1\t\t3"), RECORD_LON},
        {TEXT("idfa\tx\t1\t1_0.5\t3"), RECORD_LON},
    };

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct record record;
        struct slice copy;
        uint32_t *apps;
        enum record_result got = parse(CASE[i].line, &apps, &copy, &record);
        ok(got == CASE[i].result, "verdict %zu: %s (got: %s)", i, record_strerror(CASE[i].result),
           record_strerror(got));
        free(apps);
        exact_free(copy);
    }
}

/* A TAB before or behind any id of a list that is long enough to be read many at a time. */
static void test_tab_in_list(void)
{
    static const char HEAD[] = "idfa\tx\t1\t2\t";
    static const char APPS[] = "1,22,333,4444,5,66,777,8888,9,10,1234,5678,90,123,4567,8901,2,34";
    char line[sizeof HEAD + 3 * sizeof APPS];
    size_t wrong = 0, size = sizeof APPS - 1, made;

    for (size_t at = 0; at < 2 * size; at++) {
        made = (size_t)snprintf(line, sizeof line, "%s%s,%s", HEAD, APPS, APPS);
        char *tab = line + sizeof HEAD - 1 + at;
        memmove(tab + 1, tab, made++ - (size_t)(tab - line));
        *tab = '\t';
        struct record record;
        struct slice copy;
        uint32_t *apps;
        wrong += parse((struct slice){line, made}, &apps, &copy, &record) != RECORD_FIELD_COUNT;
        free(apps);
        exact_free(copy);
    }
    is_u64(wrong, 0, "a TAB at any place of the list is one field more");
}

static void test_content(void)
{
    struct slice line = TEXT(" dvid\t id:7\xff \t-0.0 \t+179.9\t 1, 2\r");
    struct record record;
    struct slice copy;
    uint32_t *apps;

    ok(parse(line, &apps, &copy, &record) == RECORD_OK,
       "a line with white space around all fields");
    ok(record.type == DEVTYPE_DVID, "its type");
    is_bytes(record.id.at, record.id.len, "id:7\xff", 5,
             "its id, stripped, bytes above 0x7f unchanged");
    is_double(record.lat, -0.0, "its latitude: minus zero");
    is_double(record.lon, 0x1.67ccccccccccdp+7, "its longitude: no range check");
    ok(record.apps == apps && record.apps_count == 2 && apps[0] == 1 && apps[1] == 2, "its apps");
    ok(record.apps_dropped == 0, "none dropped");
    free(apps);
    exact_free(copy);
}

/* The apps of a list, as text, and the number of dropped ones behind a bar. */
static void read_list(struct slice list, char *shown, size_t size)
{
    static const char HEAD[] = "idfa\tx\t1\t2\t";
    char line[512];
    struct record record;
    struct slice copy;
    uint32_t *apps;
    size_t used = 0;

    memcpy(line, HEAD, sizeof HEAD - 1);
    memcpy(line + sizeof HEAD - 1, list.at, list.len);
    enum record_result result =
        parse((struct slice){line, sizeof HEAD - 1 + list.len}, &apps, &copy, &record);
    if (result != RECORD_OK)
        snprintf(shown, size, "%s", record_strerror(result));
    for (size_t i = 0; result == RECORD_OK && i < record.apps_count; i++)
        used += (size_t)snprintf(shown + used, size - used, "%" PRIu32 " ", apps[i]);
    if (result == RECORD_OK)
        snprintf(shown + used, size - used, "|%zu", record.apps_dropped);
    free(apps);
    exact_free(copy);
}

static void test_apps(void)
{
    static const struct {
        const char *list, *expected;
    } CASE[] = {
        {"1", "1 |0"},
        {"0", "0 |0"},
        {"1,2,3", "1 2 3 |0"},
        {"3,1,3", "3 1 3 |0"},
        {"007", "7 |0"},
        {"000000000000000000000000000007,1", "7 1 |0"},
        {"4294967295", "4294967295 |0"},
        {"4294967296", "|1"},
        {"04294967295,04294967296", "4294967295 |1"},
        {"999999999,1000000000,9999999999", "999999999 1000000000 |1"},
        {"18446744073709551616,18446744073709551617", "|2"},
        {"99999999999999999999999999999999999999999,5", "5 |1"},
        {"-5", "|1"},
        {"+5", "|1"},
        {"-0", "|1"},
        {"1.0", "|1"},
        {"1e3,0x10,1_000", "|3"},
        {"abc", "|1"},
        {"abc,5", "5 |1"},
        {"5,abc", "5 |1"},
        {"5a,a5,5", "5 |2"},
        {"1,,2", "1 2 |1"},
        {",", "|2"},
        {",,,", "|4"},
        {"1,", "1 |1"},
        {",1", "1 |1"},
        {" 7 , 8 ", "7 8 |0"},
        {"\v7\f,\r8", "7 8 |0"},
        {"7 8", "|1"},
        {"7, ,8", "7 8 |1"},
        {"123456789 ,1234567890 ,12345678901 ", "123456789 1234567890 |1"},
        {"\xd9\xa7,7", "7 |1"},
        {"7\n,8", "8 |1"},
        {"1;2", "|1"},
        {"123456789x,1", "1 |1"},
    };
    char shown[512];

    for (size_t i = 0; i < COUNT(CASE); i++) {
        read_list(slice_of(CASE[i].list), shown, sizeof shown);
        is_str(shown, CASE[i].expected, "apps \"%s\"", CASE[i].list);
    }
}

/* A list in which every second byte is an app fills the room exactly. */
static void test_most_apps(void)
{
    enum { APPS = 100000 };
    static char line[sizeof "idfa\tx\t1\t2\t" + 2 * APPS];
    size_t used = (size_t)snprintf(line, sizeof line, "idfa\tx\t1\t2\t");
    struct record record;
    struct slice copy;
    uint32_t *apps;

    for (int i = 0; i < APPS; i++) {
        line[used++] = (char)('0' + i % 10);
        line[used++] = ',';
    }
    ok(parse((struct slice){line, used - 1}, &apps, &copy, &record) == RECORD_OK, "100,000 apps");
    is_u64(record.apps_count, APPS, "... all of them");
    ok(apps[0] == 0 && apps[APPS - 1] == 9, "... the first and the last");
    free(apps);
    exact_free(copy);
}

/* The key is "dvid:" and the id: 245 bytes fit, 246 do not. */
static void test_key_length(void)
{
    static const struct {
        int id_bytes;
        enum record_result result;
    } CASE[] = {{1, RECORD_OK},
                {244, RECORD_OK},
                {245, RECORD_OK},
                {246, RECORD_KEY_LENGTH},
                {5000, RECORD_KEY_LENGTH}};
    static char line[6000];

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct record record;
        struct slice copy;
        uint32_t *apps;
        int len = snprintf(line, sizeof line, "dvid\t%0*d\t1\t2\t3", CASE[i].id_bytes, 0);
        ok(parse((struct slice){line, (size_t)len}, &apps, &copy, &record) == CASE[i].result,
           "an id of %d bytes: %s", CASE[i].id_bytes, record_strerror(CASE[i].result));
        free(apps);
        exact_free(copy);
    }
}

static void test_type(void)
{
    static const struct {
        struct slice line;
        int type; /* -1: none */
        bool blank;
    } CASE[] = {
        {TEXT("idfa\tx"), DEVTYPE_IDFA, false},
        {TEXT("gaid\t"), DEVTYPE_GAID, false},
        {TEXT("adid"), DEVTYPE_ADID, false},
        {TEXT(" \t dvid \tx"), DEVTYPE_DVID, false},
        {TEXT("idfa \tx"), DEVTYPE_IDFA, false},
        {TEXT("\t\tidfa\tx"), DEVTYPE_IDFA, false},
        {TEXT("idfa\r"), DEVTYPE_IDFA, false},
        {TEXT("a b\tc"), -1, false},
        {TEXT("IDFA\tx"), -1, false},
        {TEXT("idfa2\tx"), -1, false},
        {TEXT("x\tidfa\tx"), -1, false},
        {TEXT("idf"), -1, false},
        {TEXT("idf\ta\tx"), -1, false},
        {TEXT(""), -1, true},
        {TEXT(" \t\r"), -1, true},
        {TEXT("\v\f"), -1, true},
        {TEXT("   \t\t"), -1, true},
        {TEXT("x\t\t"), -1, false},
    };

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct slice copy = exact_copy(CASE[i].line);
        enum devtype type = DEVTYPE_COUNT;
        bool found = record_type(copy, &type);
        ok(found == (CASE[i].type >= 0) && (!found || (int)type == CASE[i].type),
           "the type of line %zu", i);
        ok(record_is_blank(copy) == CASE[i].blank, "is line %zu blank?", i);
        exact_free(copy);
    }
}

static void test_mark(void)
{
    static const struct {
        struct slice line;
        bool mark;
    } CASE[] = {{TEXT("\xef\xbb\xbf"), true},
                {TEXT("\xef\xbb\xbfidfa"), true},
                {TEXT("\xef\xbb"), false},
                {TEXT("idfa\xef\xbb\xbf"), false},
                {TEXT(""), false}};

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct slice copy = exact_copy(CASE[i].line);
        ok(record_has_mark(copy) == CASE[i].mark, "byte order mark, line %zu", i);
        exact_free(copy);
    }
}

static void test_reasons(void)
{
    for (int a = RECORD_OK; a <= RECORD_LON; a++)
        for (int b = RECORD_OK; b < a; b++)
            if (strcmp(record_strerror((enum record_result)a),
                       record_strerror((enum record_result)b)) == 0)
                ok(false, "results %d and %d have the same words", a, b);
}

int main(void)
{
    test_verdicts();
    test_tab_in_list();
    test_content();
    test_apps();
    test_most_apps();
    test_key_length();
    test_type();
    test_mark();
    test_reasons();
    return done_testing();
}
