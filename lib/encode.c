#include "encode.h"

#include "appsinstalled.pb-c.h"
#include "number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t encode_key(const struct record *record, char *key)
{
    const char *type = devtype_name(record->type);
    size_t len = strlen(type);

    memcpy(key, type, len);
    key[len++] = ':';
    memcpy(key + len, record->id.at, record->id.len);
    return len + record->id.len;
}

size_t encode_value_max(size_t line_bytes)
{
    /* A tag and a varint never take more bytes than the decimal and its comma; each double takes
     * nine. */
    return line_bytes + 18;
}

size_t encode_value(const struct record *record, char *value)
{
    UserApps message = USER_APPS__INIT;

    message.n_apps = record->apps_count;
    message.apps = record->apps;
    message.has_lat = message.has_lon = 1;
    message.lat = record->lat;
    message.lon = record->lon;
    return user_apps__pack(&message, (uint8_t *)value);
}

static void print_double(const char *name, double number, struct outbuf *out)
{
    char digits[32], text[64];
    double back;

    for (int precision = isnormal(number) ? DBL_DIG : 1; precision <= DBL_DECIMAL_DIG;
         precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (number_double(slice_of(digits), &back) && memcmp(&back, &number, sizeof back) == 0)
            break;
    }
    snprintf(text, sizeof text, "%s: %s", name, digits);
    outbuf_piece(out, slice_of(text), false);
}

void encode_text(const struct record *record, struct outbuf *out)
{
    char text[32];

    for (size_t i = 0; i < record->apps_count; i++) {
        snprintf(text, sizeof text, "apps: %" PRIu32 " ", record->apps[i]);
        outbuf_piece(out, slice_of(text), false);
    }
    print_double("lat", record->lat, out);
    print_double(" lon", record->lon, out);
}

static bool same_message(const UserApps *message, const struct record *record)
{
    return message->n_apps == record->apps_count &&
           memcmp(message->apps, record->apps, record->apps_count * sizeof *record->apps) == 0 &&
           message->has_lat && message->has_lon &&
           memcmp(&message->lat, &record->lat, sizeof record->lat) == 0 &&
           memcmp(&message->lon, &record->lon, sizeof record->lon) == 0;
}

bool encode_self_test(void)
{
    static const char SAMPLE[] = "idfa\t1rfw452y52g2gq4g\t55.55\t42.42\t1423,43,567,3,7,23";
    char value[sizeof SAMPLE + 18];
    uint32_t apps[sizeof SAMPLE];
    struct record record;

    if (record_parse(slice_of(SAMPLE), apps, &record) != RECORD_OK || record.apps_count != 6)
        return false;
    size_t len = encode_value(&record, value);
    UserApps *message = user_apps__unpack(NULL, len, (const uint8_t *)value);
    if (!message)
        return false;
    bool same = same_message(message, &record);
    user_apps__free_unpacked(message, NULL);
    return same;
}
