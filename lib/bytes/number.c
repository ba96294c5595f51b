/* SPDX-License-Identifier: MIT */
#include "bytes/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool number_u64(struct slice text, uint64_t *value)
{
    uint64_t sum = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!number_is_digit(text.at[i]))
            return false;
        uint64_t digit = (uint64_t)(text.at[i] - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool number_u32(struct slice text, uint32_t *value)
{
    uint64_t wide;

    if (!number_u64(text, &wide) || wide > UINT32_MAX)
        return false;
    *value = (uint32_t)wide;
    return true;
}

static bool ends_with(struct slice text, const char *suffix)
{
    size_t len = strlen(suffix);

    return text.len >= len && memcmp(text.at + text.len - len, suffix, len) == 0;
}

/* A whole number, followed by one of the suffixes, times its unit. The last suffix is "", which
 * matches always. */
static bool scaled(struct slice text, const char *const suffix[], const uint64_t unit[],
                   uint64_t limit, uint64_t *value)
{
    uint64_t count;
    size_t i = 0;

    while (!ends_with(text, suffix[i]))
        i++;
    text.len -= strlen(suffix[i]);
    if (!number_u64(text, &count) || count > limit / unit[i])
        return false;
    *value = count * unit[i];
    return true;
}

bool number_duration(struct slice text, int64_t *ms)
{
    static const char *const SUFFIX[] = {"ms", "s", "m", "h", "d", ""};
    static const uint64_t UNIT[] = {1, 1000, 60000, 3600000, 86400000, 1000};
    uint64_t value;

    if (!scaled(text, SUFFIX, UNIT, INT64_MAX / 2, &value))
        return false;
    *ms = (int64_t)value;
    return true;
}

const char *number_duration_text(int64_t ms, char text[NUMBER_DURATION_BYTES])
{
    static const char *const SUFFIX[] = {"d", "h", "m", "s", "ms"};
    static const int64_t UNIT[] = {86400000, 3600000, 60000, 1000, 1};
    size_t i = ms == 0 ? 3 : 0;

    while (ms % UNIT[i] != 0)
        i++;
    snprintf(text, NUMBER_DURATION_BYTES, "%" PRId64 "%s", ms / UNIT[i], SUFFIX[i]);
    return text;
}

bool number_size(struct slice text, uint64_t *bytes)
{
    static const char *const SUFFIX[] = {"K", "M", "G", ""};
    static const uint64_t UNIT[] = {1 << 10, 1 << 20, 1 << 30, 1};

    return scaled(text, SUFFIX, UNIT, INT64_MAX, bytes);
}

bool number_count(struct slice text, uint64_t *count)
{
    static const char *const SUFFIX[] = {"K", "M", ""};
    static const uint64_t UNIT[] = {1000, 1000000, 1};

    return scaled(text, SUFFIX, UNIT, INT64_MAX, count);
}

bool number_ratio(struct slice text, struct ratio *value)
{
    struct ratio r = {0, 1};
    bool point = false;
    size_t digits = 0;

    if (ends_with(text, "%")) {
        r.denominator = 100;
        text.len--;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!number_is_digit(text.at[i]) || ++digits > RATIO_DIGITS)
            return false;
        r.numerator = r.numerator * 10 + (uint64_t)(text.at[i] - '0');
        r.denominator *= point ? 10 : 1;
    }
    if (digits == 0)
        return false;
    *value = r;
    return true;
}
