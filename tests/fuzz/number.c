/* SPDX-License-Identifier: MIT */
/*
 * fuzz: numbers of a record. The input is the text.
 *
 * decimal_double takes what the grammar says and gives strtod's double, bit for
 * bit; number_u64 and number_u32 give what plain arithmetic does; number_look
 * and number_four see what a look digit by digit sees.
 */
#include "bytes/number.h"
#include "bytes/decimal.h"
#include "plain.h"

enum { LOOKS_MAX = 32 };

static void check_double(struct slice text)
{
    double value = 42, expected;
    bool good = plain_double(text, &expected);

    must(decimal_double(text, &value) == good);
    must(plain_same_double(value, good ? expected : 42));
}

static void check_unsigned(struct slice text)
{
    uint64_t wide = 42, expected;
    uint32_t narrow = 42;

    bool good = plain_unsigned(text, UINT64_MAX, &expected);
    must(number_u64(text, &wide) == good && wide == (good ? expected : 42));
    good = plain_unsigned(text, UINT32_MAX, &expected);
    must(number_u32(text, &narrow) == good && narrow == (good ? expected : 42));
}

static void check_looks(struct slice text)
{
    struct slice eight = {text.at, NUMBER_LOOK_BYTES};
    uint32_t value = 0;
    uint64_t expected;

    size_t len = number_look(text.at, &value);
    must(len == plain_digits(eight, 0));
    if (len > 0)
        must(plain_unsigned((struct slice){text.at, len}, UINT32_MAX, &expected) &&
             value == expected);
    bool four = number_four(text.at, &value);
    must(four == (len >= 4));
    if (four)
        must(plain_unsigned((struct slice){text.at, 4}, UINT32_MAX, &expected) &&
             value == expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};

    check_double(text);
    check_unsigned(text);
    for (size_t looks = 0; text.len >= NUMBER_LOOK_BYTES && looks < LOOKS_MAX; looks++) {
        check_looks(text);
        text.at++;
        text.len--;
    }
    return 0;
}
