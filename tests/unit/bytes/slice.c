/* SPDX-License-Identifier: MIT */
/* slice: bytes by pointer and length. */
#include "bytes/slice.h"
#include "scratch.h"
#include "tap.h"

static void test_equal(void)
{
    static const struct {
        struct slice a, b;
        bool equal;
    } CASE[] = {
        {{"abc", 3}, {"abc", 3}, true},    {{"abc", 3}, {"abd", 3}, false},
        {{"abc", 3}, {"abc", 2}, false},   {{"a\0b", 3}, {"a\0b", 3}, true},
        {{"a\0b", 3}, {"a\0c", 3}, false}, {{"", 0}, {NULL, 0}, true},
        {{NULL, 0}, {NULL, 0}, true},      {{"\0", 1}, {"", 0}, false},
        {{"\xff", 1}, {"\x7f", 1}, false},
    };

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++)
        ok(slice_equal(CASE[i].a, CASE[i].b) == CASE[i].equal, "slice_equal, pair %zu", i);
}

static void test_of(void)
{
    struct slice word = slice_of("word"), empty = slice_of("");

    is_bytes(word.at, word.len, "word", 4, "slice_of takes a C string without its NUL");
    ok(empty.at != NULL && empty.len == 0, "slice_of of an empty string is empty, not absent");
}

/* White are 0x20, \t, \v, \f, \r; not LF, which ends a line, nor any byte above 0x7f. */
static void test_is_white(void)
{
    for (int byte = 0; byte < 256; byte++) {
        bool white = byte == 0x20 || byte == 0x09 || byte == 0x0b || byte == 0x0c || byte == 0x0d;
        if (slice_is_white((char)byte) != white) {
            ok(false, "slice_is_white of byte 0x%02x", (unsigned)byte);
            return;
        }
    }
    ok(true, "slice_is_white of all 256 bytes");
}

static void test_strip(void)
{
    static const struct {
        const char *text;
        size_t len;
        const char *stripped;
        size_t stripped_len;
    } CASE[] = {
        {"", 0, "", 0},
        {" ", 1, "", 0},
        {"\t\v\f\r ", 5, "", 0},
        {"a", 1, "a", 1},
        {" a", 2, "a", 1},
        {"a ", 2, "a", 1},
        {"\r\n", 2, "\n", 1},
        {"\t a b \r", 7, "a b", 3},
        {"\0", 1, "\0", 1},
        {" \0 ", 3, "\0", 1},
        {"\xa0"
         "x",
         2,
         "\xa0"
         "x",
         2},
    };

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct slice copy = exact_copy((struct slice){CASE[i].text, CASE[i].len});
        struct slice got = slice_strip(copy);
        is_bytes(got.at, got.len, CASE[i].stripped, CASE[i].stripped_len, "slice_strip, case %zu",
                 i);
        exact_free(copy);
    }
}

/* All fields of a text, each shown in brackets. */
static void cut_all(struct slice rest, char byte, char *shown)
{
    *shown = '\0';
    while (rest.at) {
        struct slice field = slice_cut(&rest, byte);
        strcat(shown, "[");
        strncat(shown, field.at, field.len);
        strcat(shown, "]");
    }
}

static void test_cut(void)
{
    static const struct {
        const char *text, *fields;
    } CASE[] = {
        {"", "[]"},      {"a", "[a]"},    {",", "[][]"},        {"a,b", "[a][b]"},
        {",a", "[][a]"}, {"a,", "[a][]"}, {"a,,b", "[a][][b]"}, {",,,", "[][][][]"},
    };
    char shown[64];

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct slice copy = exact_copy(slice_of(CASE[i].text));
        cut_all(copy, ',', shown);
        is_str(shown, CASE[i].fields, "slice_cut of \"%s\"", CASE[i].text);
        exact_free(copy);
    }
    struct slice rest = {"a\0b", 3};
    struct slice head = slice_cut(&rest, '\0');
    ok(head.len == 1 && rest.len == 1 && *rest.at == 'b', "slice_cut at a NUL");
    rest = (struct slice){NULL, 0};
    head = slice_cut(&rest, ',');
    ok(head.len == 0 && !rest.at && rest.len == 0, "slice_cut of nothing");
}

int main(void)
{
    test_equal();
    test_of();
    test_is_white();
    test_strip();
    test_cut();
    return done_testing();
}
