/* SPDX-License-Identifier: MIT */
/*
 * verdict: decides at the end of the input whether the load succeeded: whether the
 * server kept what it acknowledged, and whether the errors are few enough.
 */
#ifndef MEMC_VERDICT_H
#define MEMC_VERDICT_H

#include "sink/sink.h"

/*
 * Reports whether the server was given up and why. Reads its counters again and
 * compares them with those at the first connection; this fills the tally's
 * evictions and doubt. Judges the tally: sum, error rate, undelivered,
 * differences. To be called when every line has its outcome. Returns the exit status.
 */
int verdict(struct sink *sink);

/* The last of these three alone. */
int verdict_on_tally(const struct sink *sink);

#endif
