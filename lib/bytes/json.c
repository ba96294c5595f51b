/* SPDX-License-Identifier: MIT */
#include "bytes/json.h"

#include "bytes/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CLOSING_BYTES = 8 }; /* reserved for the closing braces and the NUL */

void json_begin(struct json *json)
{
    json->used = 0;
    json->depth = 0;
    json->comma = false;
    json->text[json->used++] = '{';
}

/* Appends the whole text, or nothing and returns false. */
static bool append(struct json *json, const char *text)
{
    size_t len = strlen(text);

    if (json->used + len > JSON_BYTES_MAX - CLOSING_BYTES)
        return false;
    memcpy(json->text + json->used, text, len);
    json->used += len;
    return true;
}

/* The length of the UTF-8 sequence (RFC 3629) at `at`, 0 if there is none. */
static size_t utf8_sequence(const unsigned char *at)
{
    size_t len = at[0] < 0x80   ? 1
                 : at[0] < 0xc2 ? 0
                 : at[0] < 0xe0 ? 2
                 : at[0] < 0xf0 ? 3
                 : at[0] < 0xf5 ? 4
                                : 0;

    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool beyond = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || beyond ? 0 : len;
}

static bool append_escaped(struct json *json, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;
    char piece[8];

    while (*at) {
        size_t len = utf8_sequence(at);
        if (len == 0)
            snprintf(piece, sizeof piece, "\\ufffd");
        else if (*at < 0x20 || *at == 0x7f)
            snprintf(piece, sizeof piece, "\\u%04x", *at);
        else if (*at == '"' || *at == '\\')
            snprintf(piece, sizeof piece, "\\%c", *at);
        else
            snprintf(piece, sizeof piece, "%.*s", (int)len, (const char *)at);
        if (!append(json, piece))
            return false;
        at += len ? len : 1;
    }
    return true;
}

/* Appends `"key":`. If the member does not fit, end_member removes all of it again. */
static bool begin_member(struct json *json, const char *key)
{
    return append(json, json->comma ? ",\"" : "\"") && append(json, key) && append(json, "\":");
}

static void end_member(struct json *json, size_t before, bool fits)
{
    if (fits)
        json->comma = true;
    else
        json->used = before;
}

static void raw_member(struct json *json, const char *key, const char *value)
{
    size_t before = json->used;

    end_member(json, before, begin_member(json, key) && append(json, value));
}

void json_string(struct json *json, const char *key, const char *value)
{
    size_t before = json->used;

    if (!value)
        raw_member(json, key, "null");
    else
        end_member(json, before,
                   begin_member(json, key) && append(json, "\"") && append_escaped(json, value) &&
                       append(json, "\""));
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    raw_member(json, key, text);
}

void json_count_or_null(struct json *json, const char *key, int64_t value)
{
    if (value < 0)
        raw_member(json, key, "null");
    else
        json_uint(json, key, (uint64_t)value);
}

void json_seconds(struct json *json, const char *key, int64_t ms)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
    raw_member(json, key, text);
}

void json_open_object(struct json *json, const char *key)
{
    size_t before = json->used;
    bool fits = begin_member(json, key) && append(json, "{");

    end_member(json, before, fits);
    json->depth += fits;
    json->comma = !fits;
}

void json_close_object(struct json *json)
{
    if (json->depth == 0)
        return;
    json->depth--;
    json->text[json->used++] = '}';
    json->comma = true;
}

const char *json_end(struct json *json)
{
    while (json->depth > 0)
        json_close_object(json);
    json->text[json->used++] = '}';
    json->text[json->used] = '\0';
    return json->text;
}

/* The digits that text begins with. */
static struct slice leading_digits(struct slice text)
{
    size_t len = 0;

    while (len < text.len && text.at[len] >= '0' && text.at[len] <= '9')
        len++;
    return (struct slice){text.at, len};
}

bool json_find_count(struct slice text, const char *key, int64_t *value)
{
    char quoted[80];
    uint64_t number;
    size_t len = (size_t)snprintf(quoted, sizeof quoted, "\"%s\":", key);

    for (; text.len >= len; text.at++, text.len--) {
        if (memcmp(text.at, quoted, len) != 0)
            continue;
        struct slice behind = {text.at + len, text.len - len};
        if (number_u64(leading_digits(behind), &number) && number <= INT64_MAX) {
            *value = (int64_t)number;
            return true;
        }
    }
    return false;
}
