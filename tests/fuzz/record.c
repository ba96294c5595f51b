/* SPDX-License-Identifier: MIT */
/*
 * fuzz: a line of the log. The input is the line, up to an LF.
 *
 * It is valid exactly if a plain reading says so, with the same fields; what is
 * encoded is what protobuf-c packs and comes back from its unpack; as text it
 * reads back, too. record_type and record_is_blank agree with record_parse.
 */
#define _GNU_SOURCE /* memfd_create */
#include "record/record.h"

#include "appsinstalled.pb-c.h"
#include "plain.h"
#include "record/apps.h"
#include "record/encode.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PLAIN_FIELDS = 5, LINE_BYTES_MAX = 8192 };

/* The fields, stripped; false: not five. */
static bool plain_fields(struct slice line, struct slice field[PLAIN_FIELDS])
{
    size_t count = 0, begin = 0;

    for (size_t i = 0; i <= line.len; i++) {
        if (i < line.len && line.at[i] != '\t')
            continue;
        if (count == PLAIN_FIELDS)
            return false;
        field[count++] = plain_strip((struct slice){line.at + begin, i - begin});
        begin = i + 1;
    }
    return count == PLAIN_FIELDS;
}

static bool plain_is_type(struct slice name)
{
    static const char *const NAME[] = {"idfa", "gaid", "adid", "dvid"};

    for (int i = 0; i < 4; i++)
        if (name.len == 4 && memcmp(name.at, NAME[i], 4) == 0)
            return true;
    return false;
}

static bool plain_is_id(struct slice id)
{
    for (size_t i = 0; i < id.len; i++)
        if ((unsigned char)id.at[i] <= 0x20 || id.at[i] == 0x7f)
            return false;
    return id.len >= 1 && id.len <= 250 - strlen("idfa:");
}

static bool plain_record(struct slice line, struct slice field[PLAIN_FIELDS], double *lat,
                         double *lon)
{
    line = plain_strip(line);
    return plain_fields(line, field) && !memchr(line.at, '\0', line.len) &&
           plain_is_type(field[0]) && plain_is_id(field[1]) && plain_double(field[2], lat) &&
           plain_double(field[3], lon);
}

static void check_apps(struct slice list, const struct record *record)
{
    size_t kept = 0, dropped = 0, begin = 0;
    uint64_t app;

    for (size_t i = 0; i <= list.len; i++) {
        if (i < list.len && list.at[i] != ',')
            continue;
        struct slice element = plain_strip((struct slice){list.at + begin, i - begin});
        if (plain_unsigned(element, UINT32_MAX, &app))
            must(kept < record->apps_count && record->apps[kept++] == app);
        else
            dropped++;
        begin = i + 1;
    }
    must(kept == record->apps_count && dropped == record->apps_dropped);
}

static void check_key(const struct slice field[PLAIN_FIELDS], const struct record *record)
{
    char key[RECORD_KEY_MAX], expected[RECORD_KEY_MAX + 1];

    int len = snprintf(expected, sizeof expected, "%.4s:%.*s", field[0].at, (int)field[1].len,
                       field[1].at);
    must(encode_key(record, key) == (size_t)len && memcmp(key, expected, (size_t)len) == 0);
}

/* The text of a value is that of its record. */
static void check_read_back(struct slice value, const struct record *record, size_t line_bytes)
{
    char *text = fuzz_memory(encode_text_max(line_bytes));
    size_t len = encode_text(record, text), back_len = 0;
    char *back = encode_value_text(value, &back_len);

    must(back && back_len == len && memcmp(back, text, len) == 0);
    free(back);
    free(text);
}

static void check_value(struct slice line, const struct record *record)
{
    UserApps message = USER_APPS__INIT;
    uint8_t *value = fuzz_memory(encode_value_max(line.len));
    size_t len = encode_value(record, (char *)value);

    must(len <= encode_value_max(line.len));
    message.n_apps = record->apps_count;
    message.apps = record->apps;
    message.has_lat = message.has_lon = true;
    message.lat = record->lat;
    message.lon = record->lon;
    must(user_apps__get_packed_size(&message) == len);
    uint8_t *packed = fuzz_memory(len);
    user_apps__pack(&message, packed);
    must(memcmp(packed, value, len) == 0);

    UserApps *back = user_apps__unpack(NULL, len, value);
    must(back && back->n_apps == record->apps_count && back->has_lat && back->has_lon);
    for (size_t i = 0; i < record->apps_count; i++)
        must(back->apps[i] == record->apps[i]);
    must(plain_same_double(back->lat, record->lat) && plain_same_double(back->lon, record->lon));
    user_apps__free_unpacked(back, NULL);
    check_read_back((struct slice){(char *)value, len}, record, line.len);
    free(packed);
    free(value);
}

/* `apps: 1 apps: 2 lat: 0.5 lon: -1` */
static void check_text(const struct record *record, size_t line_bytes)
{
    char *text = fuzz_memory(encode_text_max(line_bytes) + 1), *at = text;
    double lat, lon;
    int end = -1;

    size_t len = encode_text(record, text);
    must(len <= encode_text_max(line_bytes));
    text[len] = '\0';
    for (size_t i = 0; i < record->apps_count; i++) {
        must(strncmp(at, "apps: ", 6) == 0 && strtoul(at + 6, &at, 10) == record->apps[i]);
        must(*at++ == ' ');
    }
    must(sscanf(at, "lat: %lf lon: %lf%n", &lat, &lon, &end) == 2 && end > 0);
    must(at[end] == '\0');
    must(plain_same_double(lat, record->lat) && plain_same_double(lon, record->lon));
    free(text);
}

/* A type is what routing sees; it is there from the check of the type on. */
static void check_type(struct slice line, enum record_result result, const struct record *record)
{
    enum devtype type = DEVTYPE_COUNT;
    bool found = record_type(line, &type);

    must(found ? type < DEVTYPE_COUNT : type == DEVTYPE_COUNT);
    must(record_is_blank(line) == (result == RECORD_BLANK));
    must((plain_strip(line).len == 0) == (result == RECORD_BLANK));
    if (result == RECORD_BLANK || result == RECORD_BYTE_ORDER_MARK || result == RECORD_TYPE)
        must(!found);
    else if (result != RECORD_FIELD_COUNT && result != RECORD_NUL_BYTE)
        must(found && type == record->type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size < LINE_BYTES_MAX ? size : LINE_BYTES_MAX};
    struct slice field[PLAIN_FIELDS], line = slice_cut(&input, '\n');
    uint32_t *apps = fuzz_memory(apps_room(line.len) * sizeof *apps);
    struct record record;
    double lat, lon;

    enum record_result result = record_parse(line, apps, &record);
    must((result == RECORD_OK) == plain_record(line, field, &lat, &lon));
    check_type(line, result, &record);
    if (result == RECORD_OK) {
        must(memcmp(devtype_name(record.type), field[0].at, 4) == 0);
        must(plain_same_double(record.lat, lat) && plain_same_double(record.lon, lon));
        must(record.apps_count <= line.len / 2 + 1); /* a digit and a comma each */
        check_apps(field[4], &record);
        check_key(field, &record);
        check_value(line, &record);
        check_text(&record, line.len);
    } else {
        must(record_strerror(result));
    }
    free(apps);
    return 0;
}
