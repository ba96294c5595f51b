/*
 * slice: bytes by pointer and length; they may hold any value, NUL too.
 *
 * A slice owns nothing: it is valid as long as the bytes that it points to.
 */
#ifndef MEMC_SLICE_H
#define MEMC_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
    const char *at;
    size_t len;
};

/* The bytes of a C string, without its NUL. */
struct slice slice_of(const char *text);

bool slice_equal(struct slice a, struct slice b);

/* White space of a record: space, \t, \v, \f, \r. */
bool slice_is_white(char byte);

/* The slice without white space at both ends. */
struct slice slice_strip(struct slice s);

/*
 * Takes what stands before the first `byte` off the front of *rest, and the
 * byte with it. Without one it takes all, and *rest becomes {NULL, 0}: so a
 * loop `while (rest.at)` sees every field, empty ones too.
 */
struct slice slice_cut(struct slice *rest, char byte);

#endif
