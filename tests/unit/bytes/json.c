/* SPDX-License-Identifier: MIT */
/* json: one flat object, well formed whatever is put into it. */
#include "bytes/json.h"
#include "tap.h"

#include <stdlib.h>

static void test_members(void)
{
    static struct json json;

    json_begin(&json);
    is_str(json_end(&json), "{}", "an empty object");
    json_begin(&json);
    json_uint(&json, "lines", 42);
    json_uint(&json, "most", UINT64_MAX);
    json_string(&json, "none", NULL);
    json_string(&json, "empty", "");
    json_count_or_null(&json, "known", 0);
    json_count_or_null(&json, "large", INT64_MAX);
    json_count_or_null(&json, "unknown", -1);
    json_seconds(&json, "a", 0);
    json_seconds(&json, "b", 1);
    json_seconds(&json, "c", 61050);
    is_str(json_end(&json),
           "{\"lines\":42,\"most\":18446744073709551615,\"none\":null,\"empty\":\"\",\"known\":0,"
           "\"large\":9223372036854775807,\"unknown\":null,\"a\":0.000,\"b\":0.001,\"c\":61.050}",
           "all kinds of members");
}

static void test_objects(void)
{
    static struct json json;

    json_begin(&json);
    json_open_object(&json, "routed");
    json_uint(&json, "idfa", 1);
    json_uint(&json, "gaid", 2);
    json_close_object(&json);
    json_open_object(&json, "empty");
    json_close_object(&json);
    json_uint(&json, "exit", 0);
    is_str(json_end(&json), "{\"routed\":{\"idfa\":1,\"gaid\":2},\"empty\":{},\"exit\":0}",
           "objects within");
    json_begin(&json);
    json_open_object(&json, "a");
    json_open_object(&json, "b");
    json_uint(&json, "c", 1);
    is_str(json_end(&json), "{\"a\":{\"b\":{\"c\":1}}}", "the end closes what is open");
}

/* U+FFFD for each byte that begins no sequence of RFC 3629. */
static void test_strings(void)
{
    static const struct {
        const char *bytes, *text;
    } CASE[] = {
        {"plain", "plain"},
        {"\"\\/", "\\\"\\\\/"},
        {"a\nb\tc\x01\x1f", "a\\u000ab\\u0009c\\u0001\\u001f"},
        {"\x7f", "\\u007f"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"\xe2\x82\xac", "\xe2\x82\xac"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        {"\xc2\x80", "\xc2\x80"},
        {"\xe0\xa0\x80", "\xe0\xa0\x80"},
        {"\xed\x9f\xbf", "\xed\x9f\xbf"},
        {"\x80", "\\ufffd"},
        {"\xff", "\\ufffd"},
        {"a\xfe"
         "b",
         "a\\ufffdb"},
        {"\xc3", "\\ufffd"},
        {"\xc3(", "\\ufffd("},
        {"\xc0\xaf", "\\ufffd\\ufffd"},
        {"\xc1\xbf", "\\ufffd\\ufffd"},
        {"\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd"},
        {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
        {"\xf0\x80\x80\xaf", "\\ufffd\\ufffd\\ufffd\\ufffd"},
        {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
        {"\xf5\x80", "\\ufffd\\ufffd"},
        {"\xe2\x82", "\\ufffd\\ufffd"},
        {"\xf0\x9f\x98", "\\ufffd\\ufffd\\ufffd"},
    };
    static struct json json;
    char expected[128];

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        json_begin(&json);
        json_string(&json, "s", CASE[i].bytes);
        snprintf(expected, sizeof expected, "{\"s\":\"%s\"}", CASE[i].text);
        is_str(json_end(&json), expected, "string %zu", i);
    }
}

/* Braces match, no comma is too much or missing, quotes are closed: of the flat texts made here. */
static bool is_well_formed(const char *text)
{
    int depth = 0;
    bool quoted = false;

    for (const char *at = text; *at; at++) {
        if (quoted && *at == '\\')
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && (*at == '{' || *at == '}'))
            depth += *at == '{' ? 1 : -1;
        if (!quoted && *at == ',' && at[1] != '"')
            return false;
        if (!quoted && at > text && *at == '"' && at[1] != ':' && at[1] != ',' && at[1] != '}' &&
            at[-1] != '{' && at[-1] != ',' && at[-1] != ':')
            return false;
        if (depth == 0 && at[1])
            return false;
    }
    return depth == 0 && !quoted && *text == '{';
}

/* An object that is nearly full; behind it memory that must not change. */
struct guarded {
    struct json json;
    char guard[256];
};

static bool fill(struct guarded *g, size_t len)
{
    static char label[2 * JSON_BYTES_MAX];

    memset(g, '#', sizeof *g);
    memset(label, 'x', len);
    label[len] = '\0';
    json_begin(&g->json);
    json_string(&g->json, "label", label);
    json_open_object(&g->json, "routed");
    json_uint(&g->json, "idfa", UINT64_MAX);
    json_uint(&g->json, "i", 0);
    json_close_object(&g->json);
    json_uint(&g->json, "bytes_in", UINT64_MAX);
    json_seconds(&g->json, "seconds", INT64_C(123456789012));
    json_string(&g->json, "more", "more");
    json_uint(&g->json, "exit", 0);
    const char *text = json_end(&g->json);
    for (size_t i = 0; i < sizeof g->guard; i++)
        if (g->guard[i] != '#')
            return false;
    return strlen(text) < JSON_BYTES_MAX && is_well_formed(text);
}

/* Every length of the first string around the one that fills the buffer: each member in turn meets
 * the end. */
static void test_overflow(void)
{
    static struct guarded guarded;
    size_t wrong = 0, first = 0;

    for (size_t len = JSON_BYTES_MAX - 300; len < JSON_BYTES_MAX + 10; len++) {
        if (fill(&guarded, len))
            continue;
        first = first ? first : len;
        wrong++;
    }
    is_u64(wrong, 0,
           "too much text is cut between members (the first label with trouble has %zu bytes)",
           first);
    ok(fill(&guarded, 10) && strstr(guarded.json.text, "\"exit\":0}"),
       "with little text all members are there");
}

/* What jq reads is what was put in. Since 1.7 it prints a number as it was written, so one is
 * doubled. */
static void test_jq(void)
{
    static struct json json;
    char command[512], got[64] = "";

    json_begin(&json);
    json_string(&json, "s", "\"\\\n\x01\xff\x7f \xc3\xa9");
    json_seconds(&json, "t", 1500);
    json_open_object(&json, "o");
    json_uint(&json, "n", 7);
    snprintf(command, sizeof command,
             "command -v jq >/dev/null && jq -r '[(.s|explode|map(tostring)|join(\" "
             "\")),.t*2,.o.n]|join(\",\")' <<'E'\n%s\nE\n",
             json_end(&json));
    FILE *jq = popen(command, "r");
    if (!jq || !fgets(got, sizeof got, jq))
        snprintf(got, sizeof got, "-");
    if (jq)
        pclose(jq);
    if (*got == '-')
        ok(true, "jq reads it # skip no jq");
    else
        is_str(got, "34 92 10 1 65533 127 32 233,3,7\n", "jq reads it");
}

static int64_t find(const char *text, const char *key)
{
    int64_t value = -7;

    return json_find_count(slice_of(text), key, &value) ? value : value == -7 ? -1 : -2;
}

static void test_find(void)
{
    static const char TEXT[] = "{\"a\":12,\"server\":\"\\\"b\\\":5\",\"b\":0,\"c\":null,\"d\":-1,"
                               "\"o\":{\"e\":\"3\"},\"e\":9223372036854775807,"
                               "\"f\":9223372036854775808,\"g\":7";
    static const struct {
        const char *key;
        int64_t value;
    } CASE[] = {{"a", 12}, {"b", 0}, {"c", -1}, {"d", -1},    {"e", INT64_MAX},
                {"f", -1}, {"g", 7}, {"h", -1}, {"erver", -1}};

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++)
        ok(find(TEXT, CASE[i].key) == CASE[i].value, "count %s", CASE[i].key);
    ok(find("{\"e\":9223372036854775807}", "e") == INT64_MAX, "the largest count");
    ok(find("", "a") == -1 && find("{\"a\":", "a") == -1, "nothing");
}

int main(void)
{
    test_members();
    test_objects();
    test_strings();
    test_find();
    test_overflow();
    test_jq();
    return done_testing();
}
