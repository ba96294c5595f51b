/* SPDX-License-Identifier: MIT */
/*
 * fuzz: durations, sizes and ratios of the command line. The input is two
 * counts of eight bytes, and the text.
 *
 * What number.c makes of the text is what plain arithmetic makes of it, and an
 * error rate passes exactly if errors / stored < ratio.
 */
#include "bytes/number.h"
#include "plain.h"
#include "sink/sink_tally.h"

__extension__ typedef unsigned __int128 wide;

struct unit {
    const char *suffix;
    uint64_t worth;
};

/* Digits and then exactly one of the suffixes. */
static bool plain_amount(struct slice text, const struct unit *units, uint64_t most,
                         uint64_t *value)
{
    struct slice digits = {text.at, plain_digits(text, 0)};
    size_t rest = text.len - digits.len;
    uint64_t count;

    if (!plain_unsigned(digits, most, &count))
        return false;
    for (; units->suffix; units++)
        if (strlen(units->suffix) == rest &&
            (rest == 0 || memcmp(units->suffix, text.at + digits.len, rest) == 0))
            break;
    if (!units->suffix || (wide)count * units->worth > most)
        return false;
    *value = count * units->worth;
    return true;
}

static void check_duration(struct slice text)
{
    static const struct unit UNITS[] = {{"ms", 1},       {"s", 1000}, {"m", 60000}, {"h", 3600000},
                                        {"d", 86400000}, {"", 1000},  {NULL, 0}};
    uint64_t expected = 0;
    int64_t ms = -1;
    bool good = plain_amount(text, UNITS, INT64_MAX / 2, &expected);

    must(number_duration(text, &ms) == good);
    must(good ? (uint64_t)ms == expected : ms == -1);
}

static void check_size(struct slice text)
{
    static const struct unit UNITS[] = {
        {"K", 1024}, {"M", 1048576}, {"G", 1073741824}, {"", 1}, {NULL, 0}};
    uint64_t expected = 0, bytes = 42;
    bool good = plain_amount(text, UNITS, INT64_MAX, &expected);

    must(number_size(text, &bytes) == good);
    must(bytes == (good ? expected : 42));
}

static void check_count(struct slice text)
{
    static const struct unit UNITS[] = {{"K", 1000}, {"M", 1000000}, {"", 1}, {NULL, 0}};
    uint64_t expected = 0, count = 42;
    bool good = plain_amount(text, UNITS, INT64_MAX, &expected);

    must(number_count(text, &count) == good);
    must(count == (good ? expected : 42));
}

/* Digits with at most one point among them, and perhaps a % at the end. */
static bool plain_ratio(struct slice text, struct ratio *ratio)
{
    bool percent = text.len > 0 && text.at[text.len - 1] == '%';
    size_t len = text.len - percent, whole = plain_digits(text, 0);
    bool point = whole < len && text.at[whole] == '.';
    size_t after = point ? plain_digits(text, whole + 1) : 0;
    struct ratio sum = {0, percent ? 100 : 1};

    if (whole + after == 0 || whole + after > 17 || whole + point + after != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (i != whole)
            sum.numerator = sum.numerator * 10 + (unsigned char)(text.at[i] - '0');
    while (after-- > 0)
        sum.denominator *= 10;
    *ratio = sum;
    return true;
}

static uint64_t take_count(struct slice *input)
{
    uint64_t count = 0;

    for (int i = 0; i < 8; i++)
        count = count << 8 | fuzz_byte(input);
    return count;
}

/* errors / stored < n / d: whole part of errors * d / stored below n, since n is whole. */
static bool plain_passes(uint64_t errors, uint64_t stored, struct ratio ratio)
{
    if (errors == 0)
        return true;
    if (stored == 0)
        return false;
    wide product = (wide)errors * ratio.denominator;
    return product / stored < ratio.numerator;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct ratio ratio = {42, 42}, expected = {42, 42};

    uint64_t errors = take_count(&text), stored = take_count(&text);
    check_duration(text);
    check_size(text);
    check_count(text);
    bool good = plain_ratio(text, &expected);
    must(number_ratio(text, &ratio) == good);
    must(ratio.numerator == expected.numerator && ratio.denominator == expected.denominator);
    if (good)
        must(sink_tally_rate_passes(errors, stored, &ratio) == plain_passes(errors, stored, ratio));
    must(sink_tally_rate_passes(errors, stored, NULL));
    return 0;
}
