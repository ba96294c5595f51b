/* SPDX-License-Identifier: MIT */
/*
 * apps_avx2: processes usual app ids many at a time, on a CPU that has AVX2.
 *
 * An id is usual if it has one to four digits as text, and one or two bytes as a
 * varint of protobuf. Both functions stop at a group of ids that are not all usual
 * and leave it to the plain loops of apps.c, which work for any id.
 */
#ifndef MEMC_APPS_AVX2_H
#define MEMC_APPS_AVX2_H

#include "bytes/slice.h"

#include <stdint.h>

enum { APPS_TAG = 1 << 3 }; /* before each app: field 1, wire type 0, a varint */

/* So many numbers, or bytes, behind the result may be overwritten. */
enum { APPS_AVX2_SPARE = 16 };

/* True if the CPU can run the functions below. */
bool apps_avx2_runs_here(void);

/*
 * Reads ids from *list, which must begin with an element. *list becomes the rest; its
 * `at` becomes NULL if nothing is left. *next moves behind the ids, and
 * APPS_AVX2_SPARE numbers behind it may be overwritten. The bytes from `line` on must
 * be readable: at least four before the list, of which the last is a TAB or a comma.
 *
 * Up to 60 bytes at the end of the list are left if the list ends with a comma, or
 * less than 64 bytes behind `line`.
 */
void apps_avx2_read(struct slice *list, const char *line, uint32_t **next);

/*
 * Writes ids as the field of the message; *next moves behind them. Returns the end of
 * the bytes; APPS_AVX2_SPARE more may be overwritten.
 */
char *apps_avx2_encode(const uint32_t **next, const uint32_t *end, char *at);

#endif
