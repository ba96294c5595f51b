/* SPDX-License-Identifier: MIT */
/*
 * verdict: decides at the end of the input whether the load succeeded: whether the
 * server kept what it acknowledged, and whether the errors are few enough.
 */
#ifndef MEMC_VERDICT_H
#define MEMC_VERDICT_H

#include "sink/sink.h"

/*
 * Says whether the server was given up and why; reads its counters again and
 * compares them with those at the first connection, which fills the tally's
 * evictions and doubt; judges the tally: sum, error rate, undelivered,
 * differences. To be called when all has its outcome. Returns the exit status.
 */
int verdict(struct sink *sink);

/* The last of these three alone. */
int verdict_on_tally(const struct sink *sink);

#endif
