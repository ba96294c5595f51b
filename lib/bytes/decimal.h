/*
 * decimal: a decimal in text as the nearest double.
 */
#ifndef MEMC_DECIMAL_H
#define MEMC_DECIMAL_H

#include "bytes/slice.h"

/*
 * [+-] digits [. digits] [(e|E) [+-] digits], `5.` and `.5` too; finite. The
 * double is the nearest one, ties to even (IEEE 754 round to nearest), bit for
 * bit; -0 stays negative. The short way is exact by Clinger, "How to read
 * floating point numbers accurately", 1990; all else goes to strtod(3).
 */
bool decimal_double(struct slice text, double *value);

#endif
