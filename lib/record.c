#include "record.h"

#include "number.h"

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

size_t record_apps_max(size_t line_bytes)
{
    return line_bytes / 2 + 1; /* a digit and a comma each */
}

bool record_is_blank(struct slice line)
{
    return slice_strip(line).len == 0;
}

struct slice record_first_field(struct slice line)
{
    while (line.len > 0 && slice_is_white(line.at[0])) {
        line.at++;
        line.len--;
    }
    return slice_strip(slice_cut(&line, '\t'));
}

bool record_has_mark(struct slice line)
{
    return line.len >= 3 && memcmp(line.at, "\xEF\xBB\xBF", 3) == 0;
}

static bool split(struct slice line, struct slice field[FIELD_COUNT])
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!line.at)
            return false;
        field[i] = slice_strip(slice_cut(&line, '\t'));
    }
    return !line.at;
}

static enum record_result check_id(struct slice id, enum devtype type)
{
    if (id.len == 0)
        return RECORD_ID_EMPTY;
    for (size_t i = 0; i < id.len; i++)
        if ((unsigned char)id.at[i] <= 0x20 || id.at[i] == 0x7f)
            return RECORD_ID_BYTE;
    return strlen(devtype_name(type)) + 1 + id.len > RECORD_KEY_MAX ? RECORD_KEY_LENGTH : RECORD_OK;
}

/* One element of any form, up to its comma. Returns where it ends; *valid: it is an app. */
static const char *read_app(const char *at, const char *end, uint32_t *app, bool *valid)
{
    const char *comma = memchr(at, ',', (size_t)(end - at));
    const char *stop = comma ? comma : end;
    struct slice text = {at, (size_t)(stop - at)};

    *valid = number_u32(slice_strip(text), app);
    return stop;
}

static void read_apps(struct slice list, struct record *record)
{
    const char *at = list.at, *end = list.at + list.len;
    uint32_t *next = record->apps;

    for (;; at++) {
        /* As it mostly is: up to 8 digits and a comma, seen in one look. */
        if (end - at > NUMBER_LOOK_BYTES) {
            size_t digits = number_look(at, next);
            if (digits > 0 && at[digits] == ',') {
                next++;
                at += digits;
                continue;
            }
        }
        bool valid;
        at = read_app(at, end, next, &valid);
        next += valid;
        record->apps_dropped += !valid;
        if (at == end)
            break;
    }
    record->apps_count = (size_t)(next - record->apps);
}

enum record_result record_parse(struct slice line, uint32_t *apps, struct record *record)
{
    struct slice field[FIELD_COUNT];

    *record = (struct record){.apps = apps};
    line = slice_strip(line);
    if (line.len == 0)
        return RECORD_BLANK;
    if (memchr(line.at, '\0', line.len))
        return RECORD_NUL_BYTE;
    if (record_has_mark(line))
        return RECORD_BYTE_ORDER_MARK;
    if (!split(line, field))
        return RECORD_FIELD_COUNT;
    if (!devtype_find(field[FIELD_TYPE], &record->type))
        return RECORD_TYPE;
    record->id = field[FIELD_ID];
    enum record_result result = check_id(record->id, record->type);
    if (result != RECORD_OK)
        return result;
    if (!number_double(field[FIELD_LAT], &record->lat))
        return RECORD_LAT;
    if (!number_double(field[FIELD_LON], &record->lon))
        return RECORD_LON;
    read_apps(field[FIELD_APPS], record);
    return RECORD_OK;
}
