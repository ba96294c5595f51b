/*
 * apps_avx2: the usual app ids, many at a time, on a CPU that has AVX2.
 *
 * Usual is what has one to four digits as text, and one or two bytes as
 * protobuf's varint. Both functions stop before a few with anything else among
 * them, and leave those to the plain loops of apps.c, which do the same for any
 * id.
 */
#ifndef MEMC_APPS_AVX2_H
#define MEMC_APPS_AVX2_H

#include "bytes/slice.h"

#include <stdint.h>

enum { APPS_TAG = 1 << 3 }; /* before each app: field 1, wire type 0, a varint */

/* So many numbers, or bytes, behind what is asked for may be written over. */
enum { APPS_AVX2_SPARE = 16 };

/* Whether the others may be called. */
bool apps_avx2_runs_here(void);

/*
 * Reads ids from what is left of a list, where an element begins. *list becomes
 * what is left then, its `at` NULL when nothing is; *next moves behind the ids,
 * and APPS_AVX2_SPARE numbers behind it may be written over. `line` is where the
 * bytes that can be read begin: at least four before the list. The last one
 * before it is a TAB or a comma.
 *
 * The last 60 bytes or fewer are left when the list ends in a comma, or less
 * than 64 bytes behind `line`.
 */
void apps_avx2_read(struct slice *list, const char *line, uint32_t **next);

/*
 * Appends ids as the message's field; *next moves behind them. Returns where the
 * bytes end; APPS_AVX2_SPARE more may be written over.
 */
char *apps_avx2_encode(const uint32_t **next, const uint32_t *end, char *at);

#endif
