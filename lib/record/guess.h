/* SPDX-License-Identifier: MIT */
/*
 * guess: what a bad line looks like, where that says more than the first thing that is wrong with
 * it. It depends on the line alone, so that the line gets the same reason when its file of rejects
 * is read again.
 */
#ifndef MEMC_GUESS_H
#define MEMC_GUESS_H

#include "record/record.h"

/* The reason in words why this line is no record: as record_strerror, or more precise. */
const char *guess_reason(struct slice line, enum record_result result);

#endif
