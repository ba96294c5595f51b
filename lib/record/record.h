/* SPDX-License-Identifier: MIT */
/*
 * record: one line of the log.
 *
 *     dev_type <TAB> dev_id <TAB> lat <TAB> lon <TAB> app,app,...
 *
 * White space (slice_is_white) is stripped at both ends of the line and of
 * every field. Pure: no I/O, no allocation, no state.
 */
#ifndef MEMC_RECORD_H
#define MEMC_RECORD_H

#include "bytes/slice.h"
#include "record/devtype.h"

#include <stdint.h>

/* memcached's limit for a key, here `dev_type:dev_id`. */
enum { RECORD_KEY_MAX = 250 };

struct record {
    enum devtype type;
    struct slice id; /* bytes of the line itself */
    double lat, lon; /* degrees, finite; their range is not checked */
    uint32_t *apps;  /* the caller's memory */
    size_t apps_count;
    size_t apps_dropped; /* elements of the list that are no decimal up to 2^32 - 1: left out */
};

enum record_result {
    RECORD_OK,
    RECORD_BLANK, /* nothing but white space */
    RECORD_NUL_BYTE,
    RECORD_BYTE_ORDER_MARK,
    RECORD_FIELD_COUNT,
    RECORD_TYPE,
    RECORD_ID_EMPTY,
    RECORD_ID_BYTE,
    RECORD_KEY_LENGTH,
    RECORD_LAT,
    RECORD_LON,
};

/* The reason in words, without any byte of the record. */
const char *record_strerror(enum record_result result);

/* The device type in the first field, which is all that routing needs. False: it is none. */
bool record_type(struct slice line, enum devtype *type);

/* True if the line is only white space. Then it has no type either. */
bool record_is_blank(struct slice line);

/* True if the line begins with UTF-8's byte order mark, EF BB BF. */
bool record_has_mark(struct slice line);

/*
 * Parses the line (without its LF). `apps` must have room for apps_room(line.len)
 * numbers (apps.h). Unless the result is RECORD_OK, *record is undefined.
 */
enum record_result record_parse(struct slice line, uint32_t *apps, struct record *record);

#endif
