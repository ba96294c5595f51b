/* SPDX-License-Identifier: MIT */
/*
 * slice: bytes by pointer and length. The bytes may have any value, also NUL.
 *
 * A slice owns nothing: it is valid as long as the bytes it points to.
 */
#ifndef MEMC_SLICE_H
#define MEMC_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *at;
    size_t len;
};

/* The bytes of a C string, without its NUL. */
struct slice slice_of(const char *text);

bool slice_equal(struct slice a, struct slice b);

/* White space of a record: space, \t, \v, \f, \r. */
static inline bool slice_is_white(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f' || byte == '\r';
}

/* The slice without white space at both ends. */
static inline struct slice slice_strip(struct slice s)
{
    for (; s.len > 0 && slice_is_white(s.at[0]); s.len--)
        s.at++;
    while (s.len > 0 && slice_is_white(s.at[s.len - 1]))
        s.len--;
    return s;
}

/*
 * Splits *rest at the first `byte`: returns what stands before it; *rest becomes
 * what stands behind it. If there is no such byte, returns all, and *rest
 * becomes {NULL, 0}. So a loop `while (rest.at)` sees every field, also empty ones.
 */
static inline struct slice slice_cut(struct slice *rest, char byte)
{
    struct slice head = *rest;
    const char *found = rest->len > 0 ? memchr(rest->at, byte, rest->len) : NULL;

    if (found) {
        head.len = (size_t)(found - rest->at);
        rest->at = found + 1;
        rest->len -= head.len + 1;
    } else {
        *rest = (struct slice){NULL, 0};
    }
    return head;
}

#endif
