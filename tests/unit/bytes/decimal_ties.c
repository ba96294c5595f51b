/* SPDX-License-Identifier: MIT */
/*
 * decimal: doubles of very many digits. (2k + 1) * 2^-1075 lies exactly between
 * two doubles and has up to 768 digits; here they are multiplied out one by
 * one, and what is expected stands as a hexadecimal constant.
 */
#include "bytes/decimal.h"
#include "tap.h"

#include <float.h>
#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void reads(const char *text, double expected, const char *name)
{
    double value = 42;

    ok(decimal_double(slice_of(text), &value), "%s: taken", name);
    is_double(value, expected, "%s: its double", name);
}

static void refuses(struct slice text, const char *name)
{
    double value = 42;

    ok(!decimal_double(text, &value) && value == 42, "refused, and nothing written: \"%s\"", name);
}

/* A whole number in decimal digits, most significant last while it grows. */
struct big {
    size_t len;
    unsigned char digit[1200];
};

static void big_times(struct big *big, uint64_t factor)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < big->len; i++) {
        carry += big->digit[i] * factor;
        big->digit[i] = (unsigned char)(carry % 10);
        carry /= 10;
    }
    for (; carry > 0; carry /= 10)
        big->digit[big->len++] = (unsigned char)(carry % 10);
}

static struct big big_power(uint64_t odd, uint64_t base, unsigned exponent)
{
    struct big big = {.len = 1, .digit = {1}};

    while (exponent-- > 0)
        big_times(&big, base);
    big_times(&big, odd);
    return big;
}

/* The digits, then `zeros` zeros and the tail, then the exponent as it has to be with them. */
static char *big_text(const struct big *big, int nudge, size_t zeros, const char *tail,
                      long exponent)
{
    static char text[4096];
    size_t used = 0;

    for (size_t i = big->len; i-- > 0;)
        text[used++] = (char)('0' + big->digit[i]);
    text[used - 1] = (char)(text[used - 1] + nudge);
    memset(text + used, '0', zeros);
    used += zeros;
    snprintf(text + used, sizeof text - used, "%se%ld", tail,
             exponent - (long)zeros - (long)strlen(tail));
    return text;
}

/* Exactly between two neighbours, just below and just above it, with tails of up to 3,000 digits.
 */
static void around_tie(const struct big *tie, long exponent, const double expect[3],
                       const char *name)
{
    static const size_t ZEROS[] = {0, 1, 16, 17, 18, 50, 400, 1000, 2500};
    char title[128];

    reads(big_text(tie, 0, 0, "", exponent), expect[1], name);
    reads(big_text(tie, -1, 0, "", exponent), expect[0], name);
    reads(big_text(tie, 1, 0, "", exponent), expect[2], name);
    for (size_t i = 0; i < COUNT(ZEROS); i++) {
        snprintf(title, sizeof title, "%s, %zu zeros behind it", name, ZEROS[i]);
        reads(big_text(tie, 0, ZEROS[i], "0", exponent), expect[1], title);
        reads(big_text(tie, 0, ZEROS[i], "1", exponent), expect[2], title);
        reads(big_text(tie, -1, ZEROS[i], "9", exponent), expect[0], title);
        reads(big_text(tie, 0, ZEROS[i], "90", exponent), expect[2], title);
    }
}

static void test_ties(void)
{
    /* odd * 2^-1075 = odd * 5^1075 * 10^-1075 */
    static const struct {
        uint64_t odd;
        double expect[3]; /* below, at, above */
        const char *name;
    } CASE[] = {
        {1, {0.0, 0.0, 0x1p-1074}, "half of the least subnormal"},
        {3, {0x1p-1074, 0x1p-1073, 0x1p-1073}, "three halves of it"},
        {(UINT64_C(1) << 53) - 1,
         {0x0.fffffffffffffp-1022, 0x1p-1022, 0x1p-1022},
         "below the least normal"},
        {(UINT64_C(1) << 54) - 1,
         {0x1.fffffffffffffp-1022, 0x1p-1021, 0x1p-1021},
         "a tie of 768 digits"},
        {(UINT64_C(1) << 54) - 3,
         {0x1.ffffffffffffep-1022, 0x1.ffffffffffffep-1022, 0x1.fffffffffffffp-1022},
         "a tie of 768 digits to the even one below"},
    };

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct big tie = big_power(CASE[i].odd, 5, 1075);
        around_tie(&tie, -1075, CASE[i].expect, CASE[i].name);
    }
    struct big longest = big_power((UINT64_C(1) << 54) - 1, 5, 1075);
    is_u64(longest.len, 768, "the longest tie has as many digits as expected");
}

/* 2^1024 - 2^970 is the first that rounds to infinity. */
static void test_overflow(void)
{
    struct big edge = big_power((UINT64_C(1) << 54) - 1, 2, 970);

    refuses(slice_of(big_text(&edge, 0, 0, "", 0)), "2^1024 - 2^970");
    refuses(slice_of(big_text(&edge, 0, 900, "1", 0)), "a little more");
    reads(big_text(&edge, -1, 0, "", 0), DBL_MAX, "one less is the largest double");
    reads(big_text(&edge, -1, 900, "9", 0), DBL_MAX, "... also with 900 digits behind it");
}

static void test_many_digits(void)
{
    char text[1300];

    memset(text, '3', 400);
    strcpy(text + 400, "e-400");
    reads(text, strtod(text, NULL), "400 digits");
    snprintf(text, sizeof text, "0.%0400d1e401", 0);
    reads(text, 1.0, "400 zeros behind the point and an exponent that takes them back");
    snprintf(text, sizeof text, "1%0400de-400", 0);
    reads(text, 1.0, "400 zeros before the point likewise");
    snprintf(text, sizeof text, "-0.%0400d1", 0);
    reads(text, -0.0, "1e-401 written out");
    snprintf(text, sizeof text, "1%0400d", 0);
    refuses(slice_of(text), "1e400 written out");
    snprintf(text, sizeof text, "%0500d.%0500d", 12, 0);
    reads(text, 12.0, "500 leading and 500 trailing zeros");
    snprintf(text, sizeof text, "9007199254740993.%01000d1", 0);
    reads(text, 0x1.0000000000001p53, "2^53 + 1 with a sticky digit 1,000 places on");
}

int main(void)
{
    test_ties();
    test_overflow();
    test_many_digits();
    return done_testing();
}
