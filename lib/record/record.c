/* SPDX-License-Identifier: MIT */
#include "record/record.h"

#include "bytes/decimal.h"
#include "record/apps.h"

#include <string.h>

enum { FIELD_TYPE, FIELD_ID, FIELD_LAT, FIELD_LON, FIELD_APPS, FIELD_COUNT };

const char *record_strerror(enum record_result result)
{
    switch (result) {
    case RECORD_OK:
        return "valid";
    case RECORD_BLANK:
        return "blank";
    case RECORD_NUL_BYTE:
        return "NUL byte";
    case RECORD_BYTE_ORDER_MARK:
        return "begins with a UTF-8 byte order mark";
    case RECORD_FIELD_COUNT:
        return "not five TAB-separated fields";
    case RECORD_TYPE:
        return "unknown device type";
    case RECORD_ID_EMPTY:
        return "empty device id";
    case RECORD_ID_BYTE:
        return "white space or control byte in the device id";
    case RECORD_KEY_LENGTH:
        return "key longer than 250 bytes";
    case RECORD_LAT:
        return "latitude is not a finite decimal";
    case RECORD_LON:
        return "longitude is not a finite decimal";
    }
    return "unknown reason";
}

bool record_is_blank(struct slice line)
{
    return slice_strip(line).len == 0;
}

/* Slow path. A function of its own, so that record_type is short enough to be inlined. */
__attribute__((noinline)) static bool find_any_type(struct slice line, enum devtype *type)
{
    while (line.len > 0 && slice_is_white(line.at[0])) {
        line.at++;
        line.len--;
    }
    return devtype_find(slice_strip(slice_cut(&line, '\t')), type);
}

bool record_type(struct slice line, enum devtype *type)
{
    /* Fast path: the line starts with a four-letter type and a TAB. */
    if (line.len > DEVTYPE_NAME_BYTES && line.at[DEVTYPE_NAME_BYTES] == '\t' &&
        devtype_find((struct slice){line.at, DEVTYPE_NAME_BYTES}, type))
        return true;
    return find_any_type(line, type);
}

bool record_has_mark(struct slice line)
{
    return line.len >= 3 && memcmp(line.at, "\xEF\xBB\xBF", 3) == 0;
}

/* The last field is the whole rest, not stripped. Whether it holds another TAB is checked later. */
static bool split(struct slice line, struct slice field[FIELD_COUNT])
{
    for (int i = 0; i < FIELD_APPS; i++) {
        field[i] = slice_strip(slice_cut(&line, '\t'));
        if (!line.at)
            return false;
    }
    field[FIELD_APPS] = line;
    return true;
}

static bool has_more_fields(struct slice line)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        slice_cut(&line, '\t');
    return line.at;
}

/* Tests eight bytes at a time for white space and control bytes (up to 0x20, and 0x7f). Not 0 if
 * there is one: then the high bit of the first such byte is set. A higher byte may be set by a
 * borrow. */
static uint64_t forbidden_id_bytes(uint64_t eight)
{
    const uint64_t each = 0x0101010101010101, high = 0x80 * each;
    uint64_t del = eight ^ 0x7f * each;

    return (((eight - 0x21 * each) & ~eight) | ((del - each) & ~del)) & high;
}

static enum record_result check_id(struct slice id)
{
    uint64_t bad = 0, eight;
    size_t i = 0;

    if (id.len == 0)
        return RECORD_ID_EMPTY;
    for (; i + sizeof eight <= id.len; i += sizeof eight) {
        memcpy(&eight, id.at + i, sizeof eight);
        bad |= forbidden_id_bytes(eight);
    }
    for (; i < id.len; i++)
        bad |= (unsigned char)id.at[i] <= 0x20 || id.at[i] == 0x7f;
    if (bad)
        return RECORD_ID_BYTE;
    return DEVTYPE_NAME_BYTES + 1 + id.len > RECORD_KEY_MAX ? RECORD_KEY_LENGTH : RECORD_OK;
}

static enum record_result parse_fields(struct slice line, struct record *record)
{
    struct slice field[FIELD_COUNT];

    if (record_has_mark(line))
        return RECORD_BYTE_ORDER_MARK;
    if (!split(line, field))
        return RECORD_FIELD_COUNT;
    if (!devtype_find(field[FIELD_TYPE], &record->type))
        return RECORD_TYPE;
    record->id = field[FIELD_ID];
    enum record_result result = check_id(record->id);
    if (result != RECORD_OK)
        return result;
    if (!decimal_double(field[FIELD_LAT], &record->lat))
        return RECORD_LAT;
    if (!decimal_double(field[FIELD_LON], &record->lon))
        return RECORD_LON;
    record->apps_count = apps_read(field[FIELD_APPS], line.at, record->apps, &record->apps_dropped);
    return RECORD_OK;
}

enum record_result record_parse(struct slice line, uint32_t *apps, struct record *record)
{
    *record = (struct record){.apps = apps};
    line = slice_strip(line);
    if (line.len == 0)
        return RECORD_BLANK;
    enum record_result result = parse_fields(line, record);
    if (result == RECORD_OK && record->apps_dropped == 0)
        return result;
    /* A NUL makes its field bad or its app dropped, and so does a TAB in the list of apps. So only
     * lines with such a defect need to be searched for NUL and TAB. */
    if (memchr(line.at, '\0', line.len))
        return RECORD_NUL_BYTE;
    return result != RECORD_BYTE_ORDER_MARK && has_more_fields(line) ? RECORD_FIELD_COUNT : result;
}
