/* SPDX-License-Identifier: MIT */
/*
 * json: one flat object (RFC 8259) on one line, built into a fixed buffer.
 *
 *     struct json json;
 *     json_begin(&json);
 *     json_uint(&json, "lines", 42);
 *     puts(json_end(&json));
 *
 * A member that no longer fits is left out as a whole, so the object stays well formed.
 */
#ifndef MEMC_JSON_H
#define MEMC_JSON_H

#include "bytes/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_BYTES_MAX = 32 * 1024 };

struct json {
    size_t used;
    unsigned depth;
    bool comma; /* the next member needs a comma before it */
    char text[JSON_BYTES_MAX];
};

void json_begin(struct json *json);

/* NULL is null. Bytes that are not UTF-8 become U+FFFD. */
void json_string(struct json *json, const char *key, const char *value);
void json_uint(struct json *json, const char *key, uint64_t value);

/* A negative value is null. */
void json_count_or_null(struct json *json, const char *key, int64_t value);

/* Milliseconds as seconds with three decimals. */
void json_seconds(struct json *json, const char *key, int64_t ms);

/* Begins a nested object: the members until json_close_object belong to it. */
void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);

/* Ends the object; the text is valid as long as *json. */
const char *json_end(struct json *json);

/*
 * The member of a flat object on one line, as json_end made it, whose value is a
 * whole number of 0 or more. A member of a nested object is found, too; what looks
 * like a member within text is not. False: there is none; *value is untouched.
 */
bool json_find_count(struct slice text, const char *key, int64_t *value);

#endif
