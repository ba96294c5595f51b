/* SPDX-License-Identifier: MIT */
/*
 * number: strict whole numbers, durations, sizes and ratios in text. The number must
 * be the whole slice: no white space, no digit separators, no locale. If a function
 * returns false, it has written nothing.
 */
#ifndef MEMC_NUMBER_H
#define MEMC_NUMBER_H

#include "bytes/slice.h"

#include <stdint.h>
#include <string.h>

static inline bool number_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* ASCII digits only; leading zeros are fine. False: empty, other bytes, or too large. */
bool number_u64(struct slice text, uint64_t *value);
bool number_u32(struct slice text, uint32_t *value);

/*
 * Fast path for short numbers: reads NUMBER_LOOK_BYTES bytes, which must all be
 * readable, and returns how many of them, from the first on, are digits: 0 to 8.
 * *value becomes their number (undefined for 0). What follows is not examined.
 */
enum { NUMBER_LOOK_BYTES = 8 };
static inline size_t number_look(const char *at, uint32_t *value);

/* The same for exactly four bytes. False: they are not all digits, and *value is undefined. */
static inline bool number_four(const char *at, uint32_t *value);

/* The number in the last `count` bytes before `end`; count is 1 to 8, and the eight bytes before
 * `end` must be readable. False: they are not all digits, and *value is undefined. */
static inline bool number_last(const char *end, size_t count, uint32_t *value);

/* A whole number with ms, s, m, h or d; without a unit it is seconds. *ms is at most INT64_MAX / 2.
 */
bool number_duration(struct slice text, int64_t *ms);

/* The reverse: a duration as text, in the largest unit that divides it: 90s, 5m. */
enum { NUMBER_DURATION_BYTES = 24 };
const char *number_duration_text(int64_t ms, char text[NUMBER_DURATION_BYTES]);

/* A whole number of bytes, with K, M or G = 1024, 1024^2, 1024^3. At most INT64_MAX. */
bool number_size(struct slice text, uint64_t *bytes);

/* A whole number of things, with K or M = 1,000, 1,000,000. At most INT64_MAX. */
bool number_count(struct slice text, uint64_t *count);

/* numerator / denominator, exactly as written. */
struct ratio {
    uint64_t numerator;
    uint64_t denominator;
};

/* `0.01`, `.5`, `2` or `1%`, `0.1%`: digits and at most one point, at most RATIO_DIGITS digits. */
#define RATIO_DIGITS 17
bool number_ratio(struct slice text, struct ratio *value);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/*
 * Tests eight bytes at a time. `word` holds them, the first byte lowest, after an
 * exclusive or with '0' each. So a digit is 0 to 9; adding 0x76 sets the high bit of
 * every other byte. A carry changes only bytes behind the first non-digit.
 */
static inline uint64_t number_others(uint64_t word)
{
    return (word | (word + 0x7676767676767676)) & 0x8080808080808080;
}

/* Joins single digits to numbers of two, then four, then eight digits, by one multiplication each.
 */
static inline uint32_t number_join(uint64_t word)
{
    word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ff;
    word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffff;
    return (uint32_t)(word * 10000 + (word >> 32));
}

static inline size_t number_look(const char *at, uint32_t *value)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    word ^= 0x3030303030303030;
    uint64_t others = number_others(word);
    unsigned bits = others ? (unsigned)__builtin_ctzll(others) & ~7u : 64;
    if (bits == 0)
        return 0;
    *value = number_join(word << (64 - bits)); /* zeros in front are digits too */
    return bits / 8;
}

static inline bool number_last(const char *end, size_t count, uint32_t *value)
{
    uint64_t word;

    memcpy(&word, end - sizeof word, sizeof word);
    word = (word ^ 0x3030303030303030) & ~UINT64_C(0) << (64 - 8 * count);
    *value = number_join(word);
    return number_others(word) == 0;
}

static inline bool number_four(const char *at, uint32_t *value)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
    word ^= 0x30303030;
    if ((word | (word + 0x76767676)) & 0x80808080)
        return false;
    word = (word * 10 + (word >> 8)) & 0x00ff00ff;
    *value = (word * 100 + (word >> 16)) & 0xffff;
    return true;
}
#else
static inline size_t number_look(const char *at, uint32_t *value)
{
    size_t len = 0;

    for (*value = 0; len < NUMBER_LOOK_BYTES && at[len] >= '0' && at[len] <= '9'; len++)
        *value = *value * 10 + (uint32_t)(at[len] - '0');
    return len;
}

static inline bool number_four(const char *at, uint32_t *value)
{
    return number_u32((struct slice){at, 4}, value);
}

static inline bool number_last(const char *end, size_t count, uint32_t *value)
{
    return number_u32((struct slice){end - count, count}, value);
}
#endif

#endif
