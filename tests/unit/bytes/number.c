/* SPDX-License-Identifier: MIT */
/* number: whole numbers, durations, sizes and ratios. Doubles: decimal_double.c. */
#include "bytes/number.h"
#include "bytes/decimal.h"
#include "tap.h"

#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* A text with its length, so that NULs can stand in it. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static void test_u64(void)
{
    static const struct {
        struct slice text;
        uint64_t value;
    } GOOD[] = {
        {TEXT("0"), 0},
        {TEXT("7"), 7},
        {TEXT("007"), 7},
        {TEXT("00000000000000000000000000000000000000001"), 1},
        {TEXT("4294967296"), UINT64_C(4294967296)},
        {TEXT("9999999999999999999"), UINT64_C(9999999999999999999)},
        {TEXT("18446744073709551614"), UINT64_MAX - 1},
        {TEXT("18446744073709551615"), UINT64_MAX},
    };
    static const struct slice BAD[] = {
        TEXT(""),
        TEXT(" "),
        TEXT(" 7"),
        TEXT("7 "),
        TEXT("+7"),
        TEXT("-7"),
        TEXT("-0"),
        TEXT("0x7"),
        TEXT("7."),
        TEXT("1.0"),
        TEXT("1e3"),
        TEXT("1_000"),
        TEXT("1,0"),
        TEXT("a"),
        TEXT("7\0"),
        TEXT("\0007"),
        TEXT("7\n"),
        TEXT("\xd9\xa7"),
        TEXT("18446744073709551616"),
        TEXT("18446744073709551620"),
        TEXT("18446744073709551625"),
        TEXT("99999999999999999999"),
        TEXT("184467440737095516150"),
        TEXT("36893488147419103232"),
        TEXT("/"),
        TEXT(":"),
    };
    uint64_t value;

    for (size_t i = 0; i < COUNT(GOOD); i++) {
        value = 42;
        ok(number_u64(GOOD[i].text, &value), "u64 takes \"%s\"", GOOD[i].text.at);
        is_u64(value, GOOD[i].value, "... as its value");
    }
    for (size_t i = 0; i < COUNT(BAD); i++) {
        value = 42;
        ok(!number_u64(BAD[i], &value) && value == 42,
           "u64 refuses case %zu \"%s\", and writes nothing", i, BAD[i].at);
    }
}

static void test_u32(void)
{
    static const struct slice BAD[] = {TEXT(""), TEXT("4294967296"), TEXT("18446744073709551616"),
                                       TEXT("-1"), TEXT("4294967295.")};
    uint32_t value = 0;

    ok(number_u32(slice_of("4294967295"), &value) && value == UINT32_MAX, "u32 takes 2^32 - 1");
    ok(number_u32(slice_of("0004294967295"), &value) && value == UINT32_MAX,
       "... with leading zeros");
    ok(number_u32(slice_of("0"), &value) && value == 0, "u32 takes 0");
    for (size_t i = 0; i < COUNT(BAD); i++) {
        value = 42;
        ok(!number_u32(BAD[i], &value) && value == 42, "u32 refuses \"%s\"", BAD[i].at);
    }
}

/* INT64_MAX / 2 = 4611686018427387903 ms. */
static void test_duration(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } GOOD[] = {
        {"0", 0},
        {"5", 5000},
        {"300ms", 300},
        {"1s", 1000},
        {"2m", 120000},
        {"3h", 10800000},
        {"30d", INT64_C(2592000000)},
        {"0ms", 0},
        {"007s", 7000},
        {"4611686018427387903ms", INT64_C(4611686018427387903)},
        {"4611686018427387s", INT64_C(4611686018427387000)},
        {"53375995583d", INT64_C(4611686018371200000)},
    };
    static const char *const BAD[] = {
        "",
        "s",
        "ms",
        "d",
        "-1",
        "+1s",
        "1.5s",
        "1 s",
        " 1s",
        "1s ",
        "1S",
        "1M",
        "1H",
        "1D",
        "1w",
        "1us",
        "1ns",
        "1mss",
        "1sm",
        "1msms",
        "1min",
        "1h30m",
        "0x1s",
        "inf",
        "1e3",
        "4611686018427387904ms",
        "4611686018427388s",
        "53375995584d",
        "18446744073709551616ms",
        "18446744073709551615d",
    };
    int64_t ms;

    for (size_t i = 0; i < COUNT(GOOD); i++) {
        ms = -42;
        ok(number_duration(slice_of(GOOD[i].text), &ms) && ms == GOOD[i].ms,
           "duration %s is %" PRId64 " ms", GOOD[i].text, GOOD[i].ms);
    }
    for (size_t i = 0; i < COUNT(BAD); i++) {
        ms = -42;
        ok(!number_duration(slice_of(BAD[i]), &ms) && ms == -42, "no duration: \"%s\"", BAD[i]);
    }
}

/* INT64_MAX = 9223372036854775807; 2^63 = 8589934592 G, which is one too many. */
static void test_size(void)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } GOOD[] = {
        {"0", 0},
        {"1", 1},
        {"1K", 1024},
        {"8M", 8388608},
        {"1G", 1073741824},
        {"0G", 0},
        {"9223372036854775807", INT64_MAX},
        {"8589934591G", UINT64_C(9223372035781033984)},
        {"9007199254740991K", UINT64_C(9223372036854774784)},
    };
    static const char *const BAD[] = {
        "",
        "K",
        "1k",
        "1KB",
        "1KiB",
        "1B",
        "1T",
        "-1",
        "+1",
        "1.5M",
        "1 M",
        " 1",
        "1KK",
        "0x10",
        "9223372036854775808",
        "9007199254740992K",
        "8796093022208M",
        "8589934592G",
        "18446744073709551616",
    };
    uint64_t bytes;

    for (size_t i = 0; i < COUNT(GOOD); i++) {
        bytes = 42;
        ok(number_size(slice_of(GOOD[i].text), &bytes), "size %s is taken", GOOD[i].text);
        is_u64(bytes, GOOD[i].bytes, "... as its value");
    }
    for (size_t i = 0; i < COUNT(BAD); i++) {
        bytes = 42;
        ok(!number_size(slice_of(BAD[i]), &bytes) && bytes == 42, "no size: \"%s\"", BAD[i]);
    }
}

static void test_count(void)
{
    static const char *const BAD[] = {
        "", "K", "1k", "1G", "1KM", "-1", "1.5K", " 1", "9223372036854775808", "9223372036854776K"};
    uint64_t count = 0;

    ok(number_count(slice_of("7"), &count) && count == 7, "count 7");
    ok(number_count(slice_of("200K"), &count) && count == 200000, "count 200K");
    ok(number_count(slice_of("12M"), &count) && count == 12000000, "count 12M");
    ok(number_count(slice_of("9223372036854775K"), &count) &&
           count == UINT64_C(9223372036854775000),
       "the largest");
    for (size_t i = 0; i < COUNT(BAD); i++) {
        count = 42;
        ok(!number_count(slice_of(BAD[i]), &count) && count == 42, "no count: \"%s\"", BAD[i]);
    }
}

/* Equal as fractions: a/b = c/d exactly when a*d = c*b; all of these are small. */
static void test_ratio(void)
{
    static const struct {
        const char *text;
        uint64_t numerator, denominator;
    } GOOD[] = {
        {"0.01", 1, 100}, {"1%", 1, 100},    {".5", 1, 2},      {"5.", 5, 1},     {"2", 2, 1},
        {"0", 0, 1},      {"0%", 0, 1},      {"0.1%", 1, 1000}, {".1%", 1, 1000}, {"100%", 1, 1},
        {"12.5%", 1, 8},  {"000.250", 1, 4}, {"1.%", 1, 100},
    };
    static const char *const BAD[] = {
        "",
        ".",
        "%",
        ".%",
        "-1",
        "+1",
        "1e-2",
        "1,5",
        " 1",
        "1 ",
        "1 %",
        "1%%",
        "%1",
        "1.2.3",
        "0x1",
        "nan",
        "none",
        "1/2",
        "0.123456789012345678",
        "123456789012345678",
        "0.00000000000000000",
        "18446744073709551617",
    };
    struct ratio r;

    for (size_t i = 0; i < COUNT(GOOD); i++) {
        r = (struct ratio){42, 43};
        ok(number_ratio(slice_of(GOOD[i].text), &r), "ratio %s is taken", GOOD[i].text);
        ok(r.denominator > 0, "... with a denominator");
        is_u64(r.numerator * GOOD[i].denominator, GOOD[i].numerator * r.denominator,
               "... as its value");
    }
    for (size_t i = 0; i < COUNT(BAD); i++) {
        r = (struct ratio){42, 43};
        ok(!number_ratio(slice_of(BAD[i]), &r) && r.numerator == 42 && r.denominator == 43,
           "no ratio: \"%s\"", BAD[i]);
    }
}

/* Seventeen digits and a percent sign: the largest denominator is 10^16 * 100, or 10^17 * 100 with
 * no digit before the point. */
static void test_ratio_limits(void)
{
    struct ratio r = {0, 0};

    ok(number_ratio(slice_of("0.0000000000000001%"), &r), "a ratio of 17 digits");
    is_u64(r.numerator, 1, "... its numerator");
    is_u64(r.denominator, UINT64_C(1000000000000000000), "... its denominator");
    ok(number_ratio(slice_of(".00000000000000001%"), &r), "17 digits behind the point");
    is_u64(r.numerator, 1, "... their numerator");
    is_u64(r.denominator, UINT64_C(10000000000000000000), "... their denominator");
    ok(number_ratio(slice_of("99999999999999999"), &r), "17 digits before the point");
    is_u64(r.numerator, UINT64_C(99999999999999999), "... their numerator");
}

static void test_duration_text(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } CASE[] = {{0, "0s"},         {1, "1ms"},
                {1500, "1500ms"},  {30000, "30s"},
                {90000, "90s"},    {300000, "5m"},
                {3600000, "1h"},   {86400000, "1d"},
                {90000000, "25h"}, {INT64_MAX / 2, "4611686018427387903ms"}};
    char text[NUMBER_DURATION_BYTES];
    int64_t ms;

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        is_str(number_duration_text(CASE[i].ms, text), CASE[i].text, "a duration in words");
        ok(number_duration(slice_of(text), &ms) && ms == CASE[i].ms, "... and back");
    }
}

int main(void)
{
    test_u64();
    test_u32();
    test_duration();
    test_duration_text();
    test_size();
    test_count();
    test_ratio();
    test_ratio_limits();
    return done_testing();
}
