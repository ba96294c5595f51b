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

bool record_type(struct slice line, enum devtype *type)
{
    /* As it mostly is: four letters and a TAB. */
    if (line.len > DEVTYPE_NAME_BYTES && line.at[DEVTYPE_NAME_BYTES] == '\t' &&
        devtype_find((struct slice){line.at, DEVTYPE_NAME_BYTES}, type))
        return true;
    while (line.len > 0 && slice_is_white(line.at[0])) {
        line.at++;
        line.len--;
    }
    return devtype_find(slice_strip(slice_cut(&line, '\t')), type);
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

static enum record_result check_id(struct slice id)
{
    bool bad = false;

    if (id.len == 0)
        return RECORD_ID_EMPTY;
    for (size_t i = 0; i < id.len; i++)
        bad |= (unsigned char)id.at[i] <= 0x20 || id.at[i] == 0x7f;
    if (bad)
        return RECORD_ID_BYTE;
    return DEVTYPE_NAME_BYTES + 1 + id.len > RECORD_KEY_MAX ? RECORD_KEY_LENGTH : RECORD_OK;
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

/*
 * As it mostly is: up to 8 digits and a comma, seen in one look. Where they are
 * four, nothing of the next look has to wait for the length of this one.
 * Returns how many digits; 0: it is another form, for read_app.
 */
static size_t read_short_app(const char *at, uint32_t *app)
{
    if (at[4] == ',' && number_four(at, app))
        return 4;
    size_t digits = number_look(at, app);
    return at[digits] == ',' ? digits : 0;
}

static void read_apps(struct slice list, struct record *record)
{
    const char *at = list.at, *end = list.at + list.len;
    uint32_t *next = record->apps;

    for (;; at++) {
        size_t digits = end - at > NUMBER_LOOK_BYTES ? read_short_app(at, next) : 0;
        if (digits > 0) {
            next++;
            at += digits;
            continue;
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
    if (!number_double(field[FIELD_LAT], &record->lat))
        return RECORD_LAT;
    if (!number_double(field[FIELD_LON], &record->lon))
        return RECORD_LON;
    read_apps(field[FIELD_APPS], record);
    return RECORD_OK;
}

enum record_result record_parse(struct slice line, uint32_t *apps, struct record *record)
{
    *record = (struct record){.apps = apps};
    line = slice_strip(line);
    if (line.len == 0)
        return RECORD_BLANK;
    enum record_result result = parse_fields(line, record);
    /* Any field with a NUL is bad, and any app: without either there is none to look for. */
    if ((result != RECORD_OK || record->apps_dropped > 0) && memchr(line.at, '\0', line.len))
        return RECORD_NUL_BYTE;
    return result;
}
