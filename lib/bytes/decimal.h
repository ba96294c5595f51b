/* SPDX-License-Identifier: MIT */
/*
 * decimal: a decimal in text as the nearest double.
 */
#ifndef MEMC_DECIMAL_H
#define MEMC_DECIMAL_H

#include "bytes/slice.h"

/*
 * [+-] digits [. digits] [(e|E) [+-] digits], also `5.` and `.5`; finite. The
 * result is the nearest double, bit for bit, with ties to even (IEEE 754 round to
 * nearest); -0 stays negative. The fast path is exact: Clinger, "How to read
 * floating point numbers accurately", 1990. All other decimals go to strtod(3).
 */
bool decimal_double(struct slice text, double *value);

#endif
