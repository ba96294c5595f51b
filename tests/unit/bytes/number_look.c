/* SPDX-License-Identifier: MIT */
/* number: the fast looks at digits in front and at the end. */
#include "bytes/number.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Digit by digit: the plain way, for comparison with the fast one. */
static size_t look_plainly(const unsigned char *at, uint32_t *value)
{
    size_t len = 0;

    for (*value = 0; len < NUMBER_LOOK_BYTES && at[len] >= '0' && at[len] <= '9'; len++)
        *value = *value * 10 + (uint32_t)(at[len] - '0');
    return len;
}

/* Every byte at every place, among digits and among bytes that carry most when they are added. */
static void test_look(void)
{
    static const unsigned char AROUND[] = {'0', '9', '5', 0xff, 0x00, ':', '/', 0xb9, 0x8a};
    size_t wrong = 0, wrong_four = 0;

    for (size_t i = 0; i < 256 * COUNT(AROUND) * NUMBER_LOOK_BYTES * 9; i++) {
        unsigned char text[NUMBER_LOOK_BYTES];
        uint32_t value = 0, expected;
        size_t place = i / 256 % NUMBER_LOOK_BYTES, rest = i / 256 / NUMBER_LOOK_BYTES;
        for (size_t at = 0; at < sizeof text; at++)
            text[at] = at < rest / COUNT(AROUND) ? (unsigned char)('1' + at)
                                                 : AROUND[rest % COUNT(AROUND)];
        text[place] = (unsigned char)(i % 256);
        size_t len = look_plainly(text, &expected);
        wrong += number_look((const char *)text, &value) != len || (len > 0 && value != expected);
        bool four = number_four((const char *)text, &value);
        wrong_four += four != (len >= 4);
        text[4] = ' ';
        look_plainly(text, &expected);
        wrong_four += four && value != expected;
    }
    is_u64(wrong, 0, "number_look, every byte at every place");
    is_u64(wrong_four, 0, "number_four, likewise");
}

static void test_last(void)
{
    static const unsigned char AROUND[] = {'0', '9', '5', 0xff, 0x00, ':', '/', 0xb9, 0x8a};
    size_t wrong = 0;

    for (size_t i = 0; i < 256 * COUNT(AROUND) * NUMBER_LOOK_BYTES * NUMBER_LOOK_BYTES; i++) {
        unsigned char text[NUMBER_LOOK_BYTES + 1] = "12345678";
        size_t place = i / 256 % NUMBER_LOOK_BYTES, rest = i / 256 / NUMBER_LOOK_BYTES;
        size_t count = 1 + rest / COUNT(AROUND);
        uint32_t value = 0, expected;
        memset(text, AROUND[rest % COUNT(AROUND)], NUMBER_LOOK_BYTES - count);
        text[place] = (unsigned char)(i % 256);
        const unsigned char *last = text + NUMBER_LOOK_BYTES - count;
        bool digits = look_plainly(last, &expected) == count;
        bool taken = number_last((const char *)text + NUMBER_LOOK_BYTES, count, &value);
        wrong += taken != digits || (taken && value != expected);
    }
    is_u64(wrong, 0, "number_last, every count, every byte at every place");
}

int main(void)
{
    test_look();
    test_last();
    return done_testing();
}
