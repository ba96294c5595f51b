/* SPDX-License-Identifier: MIT */
/*
 * plain.h - numbers and white space a second time: byte by byte, the slow way,
 * with nothing of lib/.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "fuzz.h"

#include <math.h>
#include <stdbool.h>

static inline bool plain_is_digit(char byte)
{
    return strchr("0123456789", byte) != NULL && byte != '\0';
}

static inline bool plain_is_white(char byte)
{
    return strchr(" \t\v\f\r", byte) != NULL && byte != '\0';
}

static inline struct slice plain_strip(struct slice text)
{
    size_t from = 0, to = text.len;

    while (from < to && plain_is_white(text.at[from]))
        from++;
    while (to > from && plain_is_white(text.at[to - 1]))
        to--;
    return (struct slice){text.at + from, to - from};
}

/* How many digits stand at `at`. */
static inline size_t plain_digits(struct slice text, size_t at)
{
    size_t count = 0;

    while (at + count < text.len && plain_is_digit(text.at[at + count]))
        count++;
    return count;
}

/* A run of digits worth at most `most`. */
static inline bool plain_unsigned(struct slice text, uint64_t most, uint64_t *value)
{
    __extension__ unsigned __int128 sum = 0;

    if (text.len == 0 || plain_digits(text, 0) != text.len)
        return false;
    for (size_t i = 0; i < text.len && sum <= most; i++)
        sum = sum * 10 + (unsigned char)(text.at[i] - '0');
    *value = (uint64_t)sum;
    return sum <= most;
}

static inline size_t plain_sign(struct slice text, size_t at)
{
    return at < text.len && (text.at[at] == '+' || text.at[at] == '-');
}

/* [+-] digits [. digits] [(e|E) [+-] digits], a digit before the exponent, and nothing else. */
static inline bool plain_is_decimal(struct slice text)
{
    size_t at = plain_sign(text, 0);
    size_t digits = plain_digits(text, at);

    at += digits;
    if (at < text.len && text.at[at] == '.') {
        size_t more = plain_digits(text, at + 1);
        digits += more;
        at += more + 1;
    }
    if (digits > 0 && at < text.len && (text.at[at] == 'e' || text.at[at] == 'E')) {
        at += 1 + plain_sign(text, at + 1);
        size_t exponent = plain_digits(text, at);
        digits = exponent;
        at += exponent;
    }
    return digits > 0 && at == text.len;
}

/* What strtod(3) reads of such a text in the C locale, where it is finite. */
static inline bool plain_double(struct slice text, double *value)
{
    if (!plain_is_decimal(text))
        return false;
    char *copy = fuzz_string(text);
    *value = strtod(copy, NULL);
    free(copy);
    return isfinite(*value);
}

static inline bool plain_same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

#endif
