/* SPDX-License-Identifier: MIT */
#include "bytes/decimal.h"

#include "bytes/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The first 768 significant digits, and whether any digit but 0 follows, determine
 * the nearest double. 16 more digits cost nothing.
 */
enum { DIGITS_KEPT = 784, MANTISSA_DIGITS = 19 };

/* Larger than the number of digits of any line: beyond it the result is infinite or zero anyway. */
static const int64_t EXPONENT_CAP = 1000000000000;

/* The decimal before rounding: the integer of all its significant digits, times 10^exponent. */
struct decimal {
    bool negative;
    uint64_t mantissa;  /* the first MANTISSA_DIGITS significant digits */
    size_t significant; /* number of digits after the leading zeros */
    int64_t exponent;
    struct slice written; /* the digits and perhaps a point, as text */
};

static bool scan_exponent(struct slice text, size_t at, int64_t *exponent)
{
    bool negative = at < text.len && text.at[at] == '-';
    int64_t sum = 0;

    if (at < text.len && (text.at[at] == '-' || text.at[at] == '+'))
        at++;
    if (at == text.len)
        return false;
    for (; at < text.len; at++) {
        if (!number_is_digit(text.at[at]))
            return false;
        if (sum < EXPONENT_CAP)
            sum = sum * 10 + (text.at[at] - '0');
    }
    *exponent += negative ? -sum : sum;
    return true;
}

/* Scans sign, digits and point; *rest becomes the offset behind them. False: there is no digit. */
static bool scan_digits(struct slice text, struct decimal *d, size_t *rest)
{
    size_t at = text.len > 0 && (text.at[0] == '-' || text.at[0] == '+');
    size_t begin = at, digits = 0, after_point = 0;
    bool point = false;

    d->negative = at && text.at[0] == '-';
    for (; at < text.len; at++) {
        char byte = text.at[at];
        if (number_is_digit(byte)) {
            d->significant += d->significant > 0 || byte != '0';
            if (d->significant <= MANTISSA_DIGITS)
                d->mantissa = d->mantissa * 10 + (uint64_t)(byte - '0');
            digits++;
            after_point += point;
        } else if (byte == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    d->exponent = -(int64_t)after_point;
    d->written = (struct slice){text.at + begin, at - begin};
    *rest = at;
    return digits > 0;
}

static bool scan_decimal(struct slice text, struct decimal *d)
{
    size_t at;

    *d = (struct decimal){.negative = false};
    if (!scan_digits(text, d, &at))
        return false;
    if (at == text.len)
        return true;
    return (text.at[at] == 'e' || text.at[at] == 'E') && scan_exponent(text, at + 1, &d->exponent);
}

/* Copies the significant digits without the point, at most DIGITS_KEPT. If a digit but 0 is left
 * out, the last one becomes 1. */
static size_t copy_digits(struct slice written, char *digits)
{
    size_t kept = 0;

    for (size_t i = 0; i < written.len; i++) {
        char byte = written.at[i];
        if (byte == '.' || (byte == '0' && kept == 0))
            continue;
        if (kept < DIGITS_KEPT)
            digits[kept++] = byte;
        else if (byte != '0')
            digits[DIGITS_KEPT - 1] = '1';
    }
    return kept;
}

/* Slow path, always correct: writes the decimal without a point, so that strtod reads it in any
 * locale. */
static double decimal_strtod(const struct decimal *d)
{
    char text[DIGITS_KEPT + 32];
    size_t kept = copy_digits(d->written, text);
    int64_t exponent = d->exponent + (int64_t)(d->significant - kept);

    snprintf(text + kept, sizeof text - kept, "e%lld", (long long)exponent);
    return strtod(text, NULL);
}

/* The powers of ten that a double holds exactly. */
static const double POWER[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const uint32_t TEN[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* Appends the 1 to 16 digits between `at` and `end` to those of *sum. The eight bytes before `end`
 * must be readable. False: not all are digits, or there are more than 16. */
static bool add_digits(const char *at, const char *end, uint64_t *sum)
{
    size_t count = (size_t)(end - at);
    uint32_t part;

    if (count > NUMBER_LOOK_BYTES) {
        if (count > (size_t)2 * NUMBER_LOOK_BYTES || number_look(at, &part) != NUMBER_LOOK_BYTES)
            return false;
        *sum = *sum * TEN[NUMBER_LOOK_BYTES] + part;
        count -= NUMBER_LOOK_BYTES;
    }
    if (!number_last(end, count, &part))
        return false;
    *sum = *sum * TEN[count] + part;
    return true;
}

/*
 * Fast path for most decimals: [-]digits.digits, of more than 8 bytes (so that eight
 * can be read behind a sign), and of so few digits that their integer and the power
 * of ten are both exact as doubles.
 */
static bool fast_double(struct slice text, double *value)
{
    static const double SIGN[] = {1, -1};
    uint32_t whole;

    if (text.len <= NUMBER_LOOK_BYTES)
        return false;
    bool negative = text.at[0] == '-';
    size_t digits = number_look(text.at + negative, &whole);
    size_t point = negative + digits;
    if (digits == 0 || point + 1 >= text.len || text.at[point] != '.')
        return false;
    uint64_t mantissa = whole;
    size_t after_point = text.len - point - 1;
    if (digits + after_point > MANTISSA_DIGITS ||
        !add_digits(text.at + point + 1, text.at + text.len, &mantissa) ||
        mantissa > UINT64_C(1) << 53)
        return false;
    *value = SIGN[negative] * ((double)mantissa / POWER[after_point]);
    return true;
}

bool decimal_double(struct slice text, double *value)
{
    struct decimal d;
    double result;

    if (fast_double(text, value))
        return true;
    if (!scan_decimal(text, &d))
        return false;
    if (d.mantissa == 0)
        result = 0.0;
    else if (d.significant <= MANTISSA_DIGITS && d.mantissa <= (UINT64_C(1) << 53) &&
             d.exponent >= -22 && d.exponent <= 22)
        result = d.exponent < 0 ? (double)d.mantissa / POWER[-d.exponent]
                                : (double)d.mantissa * POWER[d.exponent];
    else
        result = decimal_strtod(&d);
    if (!isfinite(result))
        return false;
    *value = d.negative ? -result : result;
    return true;
}
