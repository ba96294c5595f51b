/* SPDX-License-Identifier: MIT */
#include "record/guess.h"

#include "bytes/decimal.h"

#include <string.h>

/* RFC 1952: ID1 and ID2. */
static bool is_gzip(struct slice line)
{
    return line.len >= 2 && memcmp(line.at, "\x1f\x8b", 2) == 0;
}

/* A byte order mark, or ASCII with zero bytes in between. A line behind an LF of UTF-16LE begins
 * with the LF's second byte. */
static bool is_utf16(struct slice line)
{
    if (line.len >= 2 &&
        (memcmp(line.at, "\xff\xfe", 2) == 0 || memcmp(line.at, "\xfe\xff", 2) == 0))
        return true;
    if (line.len < 4)
        return false;
    bool even = !line.at[0] && line.at[1] && !line.at[2] && line.at[3];
    bool odd = line.at[0] && !line.at[1] && line.at[2] && !line.at[3];
    return even || odd;
}

/* Five fields or more, the first of them a word. */
static bool is_separated_by(struct slice line, char byte)
{
    enum { FIELDS = 5 };
    struct slice first = slice_cut(&line, byte);
    int fields = 1;

    for (; line.at; fields++)
        slice_cut(&line, byte);
    return fields >= FIELDS && first.len > 0 && !memchr(first.at, ' ', first.len);
}

static bool is_binary(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.at[i] < ' ')
            return true;
    return false;
}

/* Five fields, with words where the numbers should be. */
static bool is_header(struct slice line)
{
    enum { LAT = 2, LON = 3, FIELDS = 5 };
    double number;
    bool words = true;

    for (int i = 0; i < FIELDS; i++) {
        if (!line.at)
            return false;
        struct slice field = slice_strip(slice_cut(&line, '\t'));
        if (i == LAT || i == LON)
            words &= field.len > 0 && !decimal_double(field, &number);
    }
    return words && !line.at;
}

const char *guess_reason(struct slice line, enum record_result result)
{
    if (result != RECORD_TYPE && result != RECORD_FIELD_COUNT && result != RECORD_NUL_BYTE)
        return record_strerror(result);
    if (is_gzip(line))
        return "gzip data: compressed twice? or not decompressed?";
    if (is_utf16(line))
        return "UTF-16 text: only UTF-8 is read";
    line = slice_strip(line);
    if (!is_binary(line) && is_separated_by(line, ','))
        return "commas where TABs are expected";
    if (!is_binary(line) && is_separated_by(line, ';'))
        return "semicolons where TABs are expected";
    if (result == RECORD_TYPE && is_header(line))
        return "unknown device type, and words for numbers: a header?";
    return record_strerror(result);
}
