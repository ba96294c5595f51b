/* SPDX-License-Identifier: MIT */
/*
 * encode: a record as memcached's key and value.
 *
 * The value is `UserApps` of proto/appsinstalled.proto in protobuf's wire
 * format (protobuf.dev, "Encoding"), the bytes that protobuf-c's own serializer
 * gives: fields in the order of their numbers, apps not packed (proto2), lat and
 * lon always present. This code and apps.c write them for this one message only,
 * because protobuf-c's general serializer costs a tenth of the time of a whole
 * load. Tests compare the bytes of both.
 */
#ifndef MEMC_ENCODE_H
#define MEMC_ENCODE_H

#include "record/record.h"

/* `dev_type:dev_id` into key, at most RECORD_KEY_MAX bytes, no NUL; returns its length. */
size_t encode_key(const struct record *record, char *key);

/* An upper bound: bytes of the value of any line with at most line_bytes bytes. */
size_t encode_value_max(size_t line_bytes);

/* Writes the value; there must be room for encode_value_max. Returns its length. */
size_t encode_value(const struct record *record, char *value);

/* An upper bound: bytes of the text of any line with at most line_bytes bytes. */
size_t encode_text_max(size_t line_bytes);

/*
 * Writes the record in protobuf's text format on one line, without LF:
 * `apps: 1 apps: 2 lat: 0.5 lon: -1`. There must be room for encode_text_max. A
 * double is printed as the shortest decimal that reads back as the same double.
 * Returns the length.
 */
size_t encode_text(const struct record *record, char *text);

/*
 * The text of a value that any program may have made, as protobuf-c decodes it. A
 * field that the value lacks is left out, and unknown fields, too. Returns the text,
 * malloced, and its length. NULL: errno is EBADMSG (no such message) or ENOMEM.
 */
char *encode_value_text(struct slice value, size_t *len);

/* --test: encodes a built-in sample; protobuf-c must decode it to the same fields, and must encode
 * them to the same bytes. */
bool encode_self_test(void);

#endif
