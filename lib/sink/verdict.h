/*
 * verdict: what a sink says when its input has ended: whether the server kept
 * what it acknowledged, whether the errors are few enough, and the exit status.
 */
#ifndef MEMC_VERDICT_H
#define MEMC_VERDICT_H

#include "sink/sink.h"

/* Says why a server was given up, or could not be reached, and what to look at. */
void verdict_tell_peer(const struct sink_options *options, enum conn_status conn);

/* The server was given up: says why. Returns the exit status of it. */
int verdict_on_server(const struct sink *sink);

/*
 * Reads the server's counters again and compares them with those at the
 * first connection. Fills the tally's evictions and doubt; returns the exit status.
 */
int verdict_on_retention(struct sink *sink);

/* Of the tally as it stands: sum, error rate, undelivered, differences. Returns the exit status. */
int verdict_on_tally(const struct sink *sink);

#endif
