/* SPDX-License-Identifier: MIT */
/*
 * fuzz: a label in the counters. The input is a file's name, any bytes up to a
 * NUL, and two bytes behind it: how full the object is already.
 *
 * The object stays well formed whatever is cut off; what was good UTF-8 reads
 * back as it was, each other byte is U+FFFD.
 */
#include "bytes/json.h"

#include "fuzz.h"

/* RFC 3629 by the code point: how many bytes of good UTF-8 stand at `at`. */
static size_t plain_utf8(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = byte[0] < 0x80         ? 1
                 : byte[0] >> 5 == 0x06 ? 2
                 : byte[0] >> 4 == 0x0e ? 3
                 : byte[0] >> 3 == 0x1e ? 4
                                        : 0;

    if (len <= 1)
        return len;
    uint32_t code = byte[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (byte[i] >> 6 != 0x02)
            return 0;
        code = code << 6 | (byte[i] & 0x3f);
    }
    return code < LEAST[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : len;
}

/* The string that begins at the quote *at, unescaped; *at is then behind its closing quote. */
static char *unescape(const char **at)
{
    char *text = fuzz_memory(JSON_BYTES_MAX), *end = text;
    unsigned code;

    must(*(*at)++ == '"');
    while (**at != '"') {
        must((unsigned char)**at >= 0x20);
        if (**at != '\\') {
            *end++ = *(*at)++;
        } else if ((*at)[1] == '"' || (*at)[1] == '\\') {
            *end++ = (*at)[1];
            *at += 2;
        } else {
            must((*at)[1] == 'u' && sscanf(*at + 2, "%4x", &code) == 1);
            must(code == 0xfffd || code < 0x20 || code == 0x7f);
            if (code == 0xfffd)
                end = (char *)memcpy(end, "\xef\xbf\xbd", 3) + 3;
            else
                *end++ = (char)code;
            *at += 6;
        }
    }
    *end = '\0';
    (*at)++;
    return text;
}

static char *expected_text(const char *name)
{
    char *text = fuzz_memory(3 * strlen(name) + 1), *end = text;

    while (*name) {
        size_t len = plain_utf8(name);
        if (len == 0)
            end = (char *)memcpy(end, "\xef\xbf\xbd", 3) + 3;
        else
            end = (char *)memcpy(end, name, len) + len;
        name += len > 0 ? len : 1;
    }
    *end = '\0';
    return text;
}

static void check_object(const char *json, const char *name, bool must_fit)
{
    static const char LABEL[] = ",\"label\":";
    const char *at = strstr(json, LABEL);

    must(strncmp(json, "{\"", 2) == 0 || strcmp(json, "{}") == 0);
    must(json[strlen(json) - 1] == '}' && !strchr(json, '\n'));
    must(at || !must_fit);
    if (!at)
        return;
    at += strlen(LABEL);
    char *got = unescape(&at), *expected = expected_text(name);
    must(strcmp(got, expected) == 0);
    must(strcmp(at, ",\"lines\":18446744073709551615}") == 0 || strcmp(at, "}") == 0);
    free(got);
    free(expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char fill[JSON_BYTES_MAX];
    static struct json json;
    char *name = fuzz_string((struct slice){(const char *)data, size});
    size_t len = strlen(name), fill_len = 0;

    for (size_t i = len + 1; i < size && i < len + 3; i++)
        fill_len = fill_len << 8 | data[i];
    fill_len %= sizeof fill;
    memset(fill, 'x', fill_len);
    fill[fill_len] = '\0';
    json_begin(&json);
    json_uint(&json, fill, 1);
    json_string(&json, "label", name);
    json_uint(&json, "lines", UINT64_MAX);
    check_object(json_end(&json), name, fill_len + 6 * len + 64 < JSON_BYTES_MAX);
    free(name);
    return 0;
}
