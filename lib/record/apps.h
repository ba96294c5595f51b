/*
 * apps: a list of app ids, `1423,43,567`, as numbers; and those as the field
 * `repeated uint32 apps = 1` of a protobuf message, not packed: a tag and a
 * varint each (protobuf.dev, "Encoding").
 *
 * Where the CPU has AVX2, the usual ids are done many at a time (apps_avx2.h).
 * The functions named plain never do that; their results are the same.
 */
#ifndef MEMC_APPS_H
#define MEMC_APPS_H

#include "bytes/slice.h"

#include <stdint.h>

/* How many numbers apps_read may write for a list, or a line, of this many bytes. */
size_t apps_room(size_t bytes);

/*
 * The list's elements that are a decimal up to 2^32 - 1, in their order; white
 * space around them, but for TABs, counts nothing. *dropped: how many others it
 * has. The list is the end of a longer line: at least four bytes before it, from
 * `line` on, can be read, and the last of them is a TAB. Returns how many numbers.
 */
size_t apps_read(struct slice list, const char *line, uint32_t *apps, size_t *dropped);
size_t apps_read_plain(struct slice list, uint32_t *apps, size_t *dropped);

/* Appends the field's bytes, at most 6 an app; returns where they end. Sixteen more may be written
 * over. */
char *apps_encode(const uint32_t *apps, size_t count, char *at);
char *apps_encode_plain(const uint32_t *apps, size_t count, char *at);

#endif
