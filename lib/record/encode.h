/*
 * encode: a record as memcached's key and value.
 *
 * The value is `UserApps` of proto/appsinstalled.proto in protobuf's wire
 * format (protobuf.dev, "Encoding"), the bytes that protobuf-c's own serializer
 * gives: fields in the order of their numbers, apps not packed (proto2), lat and
 * lon always there. They are written here and in apps.c, for this one message,
 * because a general serializer takes a tenth of a whole load; tests compare the two.
 */
#ifndef MEMC_ENCODE_H
#define MEMC_ENCODE_H

#include "record/record.h"

/* `dev_type:dev_id` into key, at most RECORD_KEY_MAX bytes, no NUL; returns its length. */
size_t encode_key(const struct record *record, char *key);

/* The most bytes that the value of a line of this length can have, or of a shorter one. */
size_t encode_value_max(size_t line_bytes);

/* The value into memory with room for it; returns its length. */
size_t encode_value(const struct record *record, char *value);

/* The most bytes that the text of a line of this length, or of a shorter one, can have. */
size_t encode_text_max(size_t line_bytes);

/*
 * The record as protobuf's text format on one line, without an LF, into memory
 * with room for it: `apps: 1 apps: 2 lat: 0.5 lon: -1`. A double is the
 * shortest decimal that reads back as the same one. Returns its length.
 */
size_t encode_text(const struct record *record, char *text);

/* Encodes a built-in sample, decodes it by protobuf-c and compares; its serializer must agree. */
bool encode_self_test(void);

#endif
