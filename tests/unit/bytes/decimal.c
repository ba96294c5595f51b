/* SPDX-License-Identifier: MIT */
/*
 * decimal: doubles, bit for bit. What is expected stands here as a hexadecimal
 * constant, or is what strtod(3) reads from the same text.
 */
#include "bytes/decimal.h"
#include "scratch.h"
#include "tap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

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

static void test_grammar(void)
{
    static const struct slice BAD[] = {
        TEXT(""),
        TEXT("+"),
        TEXT("-"),
        TEXT("."),
        TEXT("-."),
        TEXT("e5"),
        TEXT(".e5"),
        TEXT("1e"),
        TEXT("1e+"),
        TEXT("1E-"),
        TEXT("1e5."),
        TEXT("1.2.3"),
        TEXT("12345.678.9"),
        TEXT("1.23456789."),
        TEXT("12345678..9"),
        TEXT(" 1"),
        TEXT("1 "),
        TEXT("1\t"),
        TEXT("0x1p3"),
        TEXT("0x10"),
        TEXT("0X1"),
        TEXT("nan"),
        TEXT("NaN"),
        TEXT("nan(1)"),
        TEXT("inf"),
        TEXT("-inf"),
        TEXT("infinity"),
        TEXT("1,5"),
        TEXT("1_0.5"),
        TEXT("1'000"),
        TEXT("++1"),
        TEXT("+-1"),
        TEXT("--1"),
        TEXT("1e5e5"),
        TEXT("1e 5"),
        TEXT("1e--5"),
        TEXT("1f"),
        TEXT("1.0L"),
        TEXT("1d0"),
        TEXT("1-"),
        TEXT("1e5-"),
        TEXT("1\0"),
        TEXT("1\0002"),
        TEXT("1e5\0"),
        TEXT("\0"),
        TEXT("\xd9\xa1"),
        TEXT("\xe2\x88\x92"
             "1"),
        TEXT("1\n"),
        TEXT("(1)"),
        TEXT("1%"),
        TEXT("1e309"),
        TEXT("-1e309"),
        TEXT("1e400"),
        TEXT("1e99999999999999999999999"),
        TEXT("1.7976931348623159e308"),
        TEXT("0.001e312"),
    };
    static const struct {
        const char *text;
        double value;
    } GOOD[] = {
        {"5.", 5},
        {".5", 0.5},
        {"+5", 5},
        {"-5.", -5},
        {"5.e3", 5000},
        {".5e3", 500},
        {"007", 7},
        {"1E5", 100000},
        {"1e+05", 100000},
        {"-.5E-2", -0x1.47ae147ae147bp-8},
        {"0", 0.0},
        {"-0", -0.0},
        {"+0", 0.0},
        {"-0.0", -0.0},
        {"-0e5", -0.0},
        {"-.0", -0.0},
        {"0e99999999999999999999", 0.0},
        {"-0.000e-99999999999999999999", -0.0},
        {"179.9", 0x1.67ccccccccccdp+7},
        {"-180", -180},
        {"1e0", 1},
        {"1e-0", 1},
    };

    for (size_t i = 0; i < COUNT(BAD); i++)
        refuses(BAD[i], BAD[i].at);
    for (size_t i = 0; i < COUNT(GOOD); i++)
        reads(GOOD[i].text, GOOD[i].value, GOOD[i].text);
}

static void test_corners(void)
{
    static const struct {
        const char *text;
        double value;
    } CASE[] = {
        {"9007199254740991", 0x1.fffffffffffffp52},
        {"9007199254740992", 0x1p53},
        {"9007199254740993", 0x1p53}, /* half way: to the even one */
        {"9007199254740993.00000000000000000000000000000000000001", 0x1.0000000000001p53},
        {"9007199254740992.99999999999999999999999999999999999999", 0x1p53},
        {"9007199254740994", 0x1.0000000000001p53},
        {"9007199254740995", 0x1.0000000000002p53},
        {"1.00000000000000011102230246251565404236316680908203125", 1.0}, /* 1 + 2^-53 */
        {"1.00000000000000011102230246251565404236316680908203126", 0x1.0000000000001p0},
        {"1.00000000000000011102230246251565404236316680908203124", 1.0},
        {"1.00000000000000033306690738754696212708950042724609375", 0x1.0000000000002p0},
        {"2.2250738585072014e-308", 0x1p-1022},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"4.9406564584124654e-324", 0x1p-1074},
        {"5e-324", 0x1p-1074},
        {"3e-324", 0x1p-1074},
        {"2.4703282292062328e-324", 0x1p-1074},
        {"2.4703282292062327e-324", 0.0},
        {"-2.4703282292062327e-324", -0.0},
        {"7.4109846876186982e-324", 0x1p-1073}, /* a little more than 3 halves of it */
        {"1e-400", 0.0},
        {"-1e-99999999999999999999999", -0.0},
        {"1.7976931348623157e308", DBL_MAX},
        {"1.7976931348623158e308", DBL_MAX},
        {"1e22", 0x1.0f0cf064dd592p73},
        {"1e23", 0x1.52d02c7e14af6p76},
        {"9007199254740991e22", 0x1.0f0cf064dd591p126},
        {"9007199254740993e1", 0x1.4000000000001p56},
        {"9007199254740992e-22", 0x1.e392010175ee6p-21},
        {"0.1", 0x1.999999999999ap-4},
        {"0.30000000000000004", 0x1.3333333333334p-2},
        {"123456789012345678901234567890", 0x1.8ee90ff6c373ep96},
        {"18446744.073709551617", 0x1.19799812dea11p+24}, /* 2^64 + 1 without its point */
        {"184467.44073709551617", 0x1.6849b86a12b9bp+17},
        {"55.55", 0x1.bc66666666666p5},
        {"42.42", 0x1.535c28f5c28f6p5},
    };

    for (size_t i = 0; i < COUNT(CASE); i++)
        reads(CASE[i].text, CASE[i].value, CASE[i].text);
}

static uint64_t random_bits(void)
{
    static uint64_t state = UINT64_C(0x9e3779b97f4a7c15); /* xorshift64, the same in every run */

    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static bool same_as_strtod(const char *text)
{
    double value = 42, expected = strtod(text, NULL);
    bool taken = decimal_double(slice_of(text), &value);
    bool same = taken == (bool)isfinite(expected) &&
                (!taken || memcmp(&value, &expected, sizeof value) == 0);

    if (!same)
        ok(false, "random: %s as strtod reads it (%a), not %a", text, expected, value);
    return same;
}

static void test_round_trips(void)
{
    static const char *const FORMAT[] = {"%.17g", "%.16e", "%.25e", "%.5f", "%.15g", "%.766e"};
    char text[1200];
    size_t wrong = 0;

    for (int i = 0; i < 60000 && wrong < 10; i++) {
        uint64_t bits = random_bits();
        double number;
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number))
            continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, FORMAT[i % (i % 50 == 0 ? 6 : 5)], number);
#pragma GCC diagnostic pop
        wrong += !same_as_strtod(text);
    }
    is_u64(wrong, 0, "60,000 random doubles, printed, are read as strtod reads them");
}

static void test_random_texts(void)
{
    char text[128];
    size_t wrong = 0;

    for (int i = 0; i < 200000 && wrong < 10; i++) {
        size_t digits = 1 + random_bits() % 30, point = random_bits() % (digits + 2), used = 0;
        if (random_bits() % 2)
            text[used++] = '-';
        for (size_t d = 0; d < digits; d++) {
            if (d == point)
                text[used++] = '.';
            text[used++] = (char)('0' + random_bits() % 10);
        }
        int exponent = i % 2 ? (int)(random_bits() % 60) - 30 : (int)(random_bits() % 700) - 350;
        snprintf(text + used, sizeof text - used, i % 3 ? "e%d" : "E%+d", exponent);
        wrong += !same_as_strtod(text);
    }
    is_u64(wrong, 0, "200,000 random decimals are read as strtod reads them");
}

/* Every length in front of the point and behind it; then one byte, anywhere, that is no digit. */
static void test_lengths(void)
{
    static const char NO_DIGIT[] = "/:x\xb9";
    size_t wrong = 0, taken = 0;
    char text[64];
    double value = 42;

    for (size_t i = 0; i < (size_t)11 * 21 * 100; i++) {
        size_t whole = 1 + i % 11, fraction = i / 11 % 21, used = 0;
        if (i / 11 / 21 % 2)
            text[used++] = '-';
        size_t begin = used;
        for (size_t d = 0; d < whole + fraction; d++) {
            if (d == whole)
                text[used++] = '.';
            text[used++] = (char)('0' + random_bits() % 10);
        }
        text[used] = '\0';
        wrong += !same_as_strtod(text);
        text[begin + random_bits() % (used - begin)] = NO_DIGIT[i % (sizeof NO_DIGIT - 1)];
        struct slice exact = exact_copy((struct slice){text, used});
        taken += decimal_double(exact, &value);
        exact_free(exact);
    }
    is_u64(wrong, 0, "every length is read as strtod reads it");
    is_u64(taken, 0, "none is taken with a byte that does not belong there");
}

int main(void)
{
    test_grammar();
    test_corners();
    test_round_trips();
    test_lengths();
    test_random_texts();
    return done_testing();
}
