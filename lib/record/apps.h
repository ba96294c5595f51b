/* SPDX-License-Identifier: MIT */
/*
 * apps: reads a list of app ids, `1423,43,567`, and encodes them as the field
 * `repeated uint32 apps = 1` of a protobuf message, not packed: a tag and a varint
 * for each (protobuf.dev, "Encoding").
 *
 * If the CPU has AVX2, usual ids are processed many at a time (apps_avx2.h). The
 * functions named plain never do that; their results are the same.
 */
#ifndef MEMC_APPS_H
#define MEMC_APPS_H

#include "bytes/slice.h"

#include <stdint.h>

/* How many numbers apps_read may write for a list, or a line, of `bytes` bytes. */
size_t apps_room(size_t bytes);

/*
 * Reads the elements that are a decimal up to 2^32 - 1, in their order. White space
 * around an element is ignored, except TAB. *dropped becomes the number of other
 * elements. The list must be the end of a longer line that begins at `line`: at least
 * four bytes stand before the list, and the last of them is a TAB. Returns the number
 * of ids read.
 */
size_t apps_read(struct slice list, const char *line, uint32_t *apps, size_t *dropped);
size_t apps_read_plain(struct slice list, uint32_t *apps, size_t *dropped);

/* Writes the field for these apps, at most 6 bytes each, and returns its end. Up to 16 bytes behind
 * the end may be overwritten. */
char *apps_encode(const uint32_t *apps, size_t count, char *at);
char *apps_encode_plain(const uint32_t *apps, size_t count, char *at);

#endif
