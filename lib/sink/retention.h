/* SPDX-License-Identifier: MIT */
/*
 * retention: whether the server kept what it acknowledged.
 *
 * Its counters are read again and compared with those at the first connection,
 * and a sample of the keys is read back. Either is reported if it leaves a doubt.
 */
#ifndef MEMC_RETENTION_H
#define MEMC_RETENTION_H

#include "sink/delivery.h"

/*
 * To be called when every line has its outcome. earlier_stored: records stored for inputs that are
 * not in the tally. Fills the tally's evictions, sampled, sample_missing and doubt. Returns the
 * exit status.
 */
int retention_verdict(struct delivery *d, uint64_t earlier_stored);

/* While the load goes on: reads the sample back, at most once a minute. */
void retention_sample(struct delivery *d);

#endif
