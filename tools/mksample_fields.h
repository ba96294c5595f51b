/* SPDX-License-Identifier: MIT */
/*
 * mksample_fields.h - the fields of a line: random ids, coordinates and apps.
 *
 * All arithmetic is in integers, so that they are the same on any machine. Random numbers come from
 * splitmix64 (Sebastiano Vigna, 2015, public domain, https://prng.di.unimi.it/splitmix64.c), which
 * is the generator of: Guy L. Steele Jr., Doug Lea, Christine H. Flood, "Fast Splittable
 * Pseudorandom Number Generators", OOPSLA 2014.
 *
 * Each function put_... writes at AT and returns the end.
 */
#ifndef MKSAMPLE_FIELDS_H
#define MKSAMPLE_FIELDS_H

#include "mksample_options.h"

enum { APP_TABLE_SIZE = 1 << 16 }; /* numbers below this are written from a table */

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15U;

    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

/* The start of the stream of number INDEX among those of one seed and one use. */
static uint64_t stream_of(uint64_t seed, uint64_t use, uint64_t index)
{
    uint64_t state = seed;
    uint64_t start = splitmix64(&state) ^ use;

    start = splitmix64(&start) + index;
    return splitmix64(&start);
}

/* Uniform below LIMIT, 1 to 2^32, from 32 random bits. */
static uint32_t scaled(uint64_t bits32, uint64_t limit)
{
    return (uint32_t)(((bits32 & UINT32_MAX) * limit) >> 32);
}

static uint32_t below(uint64_t *state, uint64_t limit)
{
    return scaled(splitmix64(state) >> 32, limit);
}

static char *put_bytes(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static char *put_unsigned(char *at, uint64_t value)
{
    char digits[20];
    size_t first = sizeof digits;

    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return put_bytes(at, digits + first, sizeof digits - first);
}

static char *put_id(char *at, const struct options *options, uint64_t *state)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t own = options->keys == 0
                       ? *state
                       : stream_of(options->seed, 2, splitmix64(state) % options->keys);
    uint64_t bits = 0;

    for (uint64_t digit = 0; digit < options->id_digits; digit++) {
        if (digit % 16 == 0) {
            bits = splitmix64(&own);
        }
        *at++ = hex[bits >> 60];
        bits <<= 4;
    }
    if (options->keys == 0) {
        *state = own;
    }
    return at;
}

/*
 * A point and FRACTION / UNIT, UNIT being a power of ten, in at most PLACES significant digits and
 * with no trailing zero: with no digit left, no point either. SIGNIFICANT: so are its first zeros.
 */
static char *put_fraction(char *at, uint64_t fraction, uint64_t unit, uint64_t places,
                          bool significant)
{
    char *end = at;

    *at++ = '.';
    for (; unit > 1 && places > 0; at++) {
        unit /= 10;
        *at = (char)('0' + fraction / unit);
        fraction %= unit;
        significant = significant || *at != '0';
        places -= significant ? 1 : 0;
        end = *at != '0' ? at + 1 : end;
    }
    return end;
}

/*
 * Uniform in ±range with at most options->digits significant digits and no trailing zero, as
 * printf's "%.12g" writes 12 of them, but never with an exponent. The magnitude is drawn in units
 * of 10^-n, as fine as 64 bits allow.
 */
static char *put_coordinate(char *at, const struct options *options, uint64_t *state)
{
    uint64_t unit = 1;
    uint64_t bits = splitmix64(state);
    uint64_t places = options->digits;

    while (unit <= (uint64_t)INT64_MAX / 10 / options->range) {
        unit *= 10;
    }
    uint64_t magnitude = (bits >> 1) % (options->range * unit + 1);
    uint64_t whole = magnitude / unit;
    if ((bits & 1) != 0 && magnitude != 0) {
        *at++ = '-';
    }
    at = put_unsigned(at, whole);
    for (uint64_t left = whole; left != 0 && places != 0; left /= 10) {
        places--;
    }
    return put_fraction(at, magnitude % unit, unit, places, whole != 0);
}

/* The digits of a number below APP_TABLE_SIZE and a comma, to be copied as eight bytes at once. */
struct app_text {
    char bytes[7];
    unsigned char length;
};

static struct app_text app_table[APP_TABLE_SIZE];

static void fill_app_table(void)
{
    for (uint64_t app = 0; app < APP_TABLE_SIZE; app++) {
        char *end = put_unsigned(app_table[app].bytes, app);

        *end++ = ',';
        app_table[app].length = (unsigned char)(end - app_table[app].bytes);
    }
}

static char *put_app(char *at, uint32_t app)
{
    if (app >= APP_TABLE_SIZE) {
        at = put_unsigned(at, app);
        *at++ = ',';
        return at;
    }
    memcpy(at, &app_table[app], sizeof app_table[app]);
    return at + app_table[app].length;
}

static char *put_apps(char *at, const struct options *options, uint64_t *state)
{
    uint64_t count = options->min_apps + below(state, options->max_apps - options->min_apps + 1);

    for (; count > 1; count -= 2) {
        uint64_t bits = splitmix64(state);

        at = put_app(at, scaled(bits, options->app_limit));
        at = put_app(at, scaled(bits >> 32, options->app_limit));
    }
    if (count == 1) {
        at = put_app(at, below(state, options->app_limit));
    }
    return at - 1; /* the last comma */
}

#endif
