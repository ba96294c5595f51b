/* SPDX-License-Identifier: MIT */
#include "record/apps.h"

#include "bytes/number.h"
#include "record/apps_avx2.h"

#include <string.h>

size_t apps_room(size_t bytes)
{
    return bytes / 2 + 1 + APPS_AVX2_SPARE; /* an element has at least a digit and a comma */
}

/* Reads one element of any form, up to its comma. Returns its end; *valid: it is an app id. */
static const char *read_any(const char *at, const char *end, uint32_t *app, bool *valid)
{
    const char *comma = memchr(at, ',', (size_t)(end - at));
    const char *stop = comma ? comma : end;
    struct slice text = {at, (size_t)(stop - at)};

    *valid = !memchr(text.at, '\t', text.len) && number_u32(slice_strip(text), app);
    return stop;
}

/*
 * Fast path: up to 8 digits and a comma, read in one step. Four digits are tried
 * first, because then the CPU knows the start of the next element at once. Returns
 * the number of digits; 0: the element has another form, use read_any.
 */
static size_t read_short(const char *at, uint32_t *app)
{
    if (at[4] == ',' && number_four(at, app))
        return 4;
    size_t digits = number_look(at, app);
    return at[digits] == ',' ? digits : 0;
}

/* Reads at most `most` elements. *list becomes the rest; its `at` becomes NULL if nothing is left.
 */
static void read_elements(struct slice *list, size_t most, uint32_t **next, size_t *dropped)
{
    const char *at = list->at, *end = at + list->len;

    for (; most > 0; most--, at++) {
        size_t digits = end - at > NUMBER_LOOK_BYTES ? read_short(at, *next) : 0;
        if (digits > 0) {
            ++*next;
            at += digits;
            continue;
        }
        bool valid;
        at = read_any(at, end, *next, &valid);
        *next += valid;
        *dropped += !valid;
        if (at == end) {
            list->at = NULL;
            return;
        }
    }
    *list = (struct slice){at, (size_t)(end - at)};
}

/* Number of ids that the plain loop processes before AVX2 is tried again. */
enum { FEW = 16 };

size_t apps_read(struct slice list, const char *line, uint32_t *apps, size_t *dropped)
{
    bool many = apps_avx2_runs_here();
    uint32_t *next = apps;

    *dropped = 0;
    while (list.at) {
        if (many)
            apps_avx2_read(&list, line, &next);
        if (list.at)
            read_elements(&list, many ? FEW : SIZE_MAX, &next, dropped);
    }
    return (size_t)(next - apps);
}

size_t apps_read_plain(struct slice list, uint32_t *apps, size_t *dropped)
{
    uint32_t *next = apps;

    *dropped = 0;
    read_elements(&list, SIZE_MAX, &next, dropped);
    return (size_t)(next - apps);
}

/* Writes a tag and a varint: seven bits a byte, the lowest first; a set high bit: more bytes
 * follow. */
static char *append_app(char *at, uint32_t app)
{
    *at++ = APPS_TAG;
    if (app >= 0x80 && app < 0x4000) { /* most ids have two bytes: no loop for them */
        *at++ = (char)(app | 0x80);
        *at++ = (char)(app >> 7);
        return at;
    }
    for (; app >= 0x80; app >>= 7)
        *at++ = (char)(app | 0x80);
    *at++ = (char)app;
    return at;
}

char *apps_encode_plain(const uint32_t *apps, size_t count, char *at)
{
    while (count-- > 0)
        at = append_app(at, *apps++);
    return at;
}

char *apps_encode(const uint32_t *apps, size_t count, char *at)
{
    const uint32_t *end = apps + count;
    bool many = apps_avx2_runs_here();

    while (apps < end) {
        if (many)
            at = apps_avx2_encode(&apps, end, at);
        size_t left = (size_t)(end - apps);
        size_t some = many && left > FEW ? FEW : left;
        at = apps_encode_plain(apps, some, at);
        apps += some;
    }
    return at;
}
