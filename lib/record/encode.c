/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* htole64 */
#include "record/encode.h"

#include "appsinstalled.pb-c.h"
#include "bytes/decimal.h"
#include "record/apps.h"

#include <endian.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t encode_key(const struct record *record, char *key)
{
    size_t len = DEVTYPE_NAME_BYTES;

    memcpy(key, devtype_name(record->type), len);
    key[len++] = ':';
    memcpy(key + len, record->id.at, record->id.len);
    return len + record->id.len;
}

size_t encode_value_max(size_t line_bytes)
{
    /* An app: its tag and varint never have more bytes than its decimal and the comma. Each double
     * takes nine bytes; these 18 are also enough for what apps_encode may overwrite behind the
     * apps.
     */
    return line_bytes + 18;
}

/* Tags: field number, and wire type 1 (eight bytes follow). */
enum { TAG_LAT = 2 << 3 | 1, TAG_LON = 3 << 3 | 1 };

static char *put_double(char *at, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    bits = htole64(bits);
    memcpy(at, &bits, sizeof bits);
    return at + sizeof bits;
}

size_t encode_value(const struct record *record, char *value)
{
    char *at = apps_encode(record->apps, record->apps_count, value);

    *at++ = TAG_LAT;
    at = put_double(at, record->lat);
    *at++ = TAG_LON;
    at = put_double(at, record->lon);
    return (size_t)(at - value);
}

/* Both include the NUL. */
enum { APP_TEXT_BYTES = sizeof "apps: 4294967295 ", DOUBLE_TEXT_BYTES = 64 };

/* Tries precisions from short to long until the text reads back as the same double. A space ends
 * it. Returns its length. */
static size_t print_double(const char *name, double number, char *text)
{
    char digits[DOUBLE_TEXT_BYTES / 2];
    double back;

    for (int precision = isnormal(number) ? DBL_DIG : 1; precision <= DBL_DECIMAL_DIG;
         precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (decimal_double(slice_of(digits), &back) && memcmp(&back, &number, sizeof back) == 0)
            break;
    }
    return (size_t)snprintf(text, DOUBLE_TEXT_BYTES, "%s: %s ", name, digits);
}

/* An app of one digit and its comma become 8 bytes, four times as many; longer ones grow less. */
size_t encode_text_max(size_t line_bytes)
{
    return 4 * (line_bytes + 1) + (size_t)2 * DOUBLE_TEXT_BYTES;
}

/* Either double may be NULL. A space ends each field but the last. */
static size_t print_fields(const uint32_t *apps, size_t count, const double *lat, const double *lon,
                           char *text)
{
    char *at = text;

    for (size_t i = 0; i < count; i++)
        at += snprintf(at, APP_TEXT_BYTES, "apps: %" PRIu32 " ", apps[i]);
    if (lat)
        at += print_double("lat", *lat, at);
    if (lon)
        at += print_double("lon", *lon, at);
    return at > text ? (size_t)(at - text) - 1 : 0;
}

size_t encode_text(const struct record *record, char *text)
{
    return print_fields(record->apps, record->apps_count, &record->lat, &record->lon, text);
}

char *encode_value_text(struct slice value, size_t *len)
{
    UserApps *message = user_apps__unpack(NULL, value.len, (const uint8_t *)value.at);

    if (!message) {
        errno = EBADMSG;
        return NULL;
    }
    char *text = malloc(message->n_apps * APP_TEXT_BYTES + (size_t)2 * DOUBLE_TEXT_BYTES);
    if (text)
        *len = print_fields(message->apps, message->n_apps, message->has_lat ? &message->lat : NULL,
                            message->has_lon ? &message->lon : NULL, text);
    else
        errno = ENOMEM;
    user_apps__free_unpacked(message, NULL);
    return text;
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

    if (apps_room(sizeof SAMPLE) > sizeof apps / sizeof *apps ||
        record_parse(slice_of(SAMPLE), apps, &record) != RECORD_OK || record.apps_count != 6)
        return false;
    size_t len = encode_value(&record, value);
    UserApps *message = user_apps__unpack(NULL, len, (const uint8_t *)value);
    if (!message)
        return false;
    bool same = same_message(message, &record) && user_apps__get_packed_size(message) == len;
    if (same) {
        char packed[sizeof value];
        user_apps__pack(message, (uint8_t *)packed);
        same = memcmp(packed, value, len) == 0;
    }
    user_apps__free_unpacked(message, NULL);
    return same;
}
