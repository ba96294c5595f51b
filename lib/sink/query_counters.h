/*
 * query_counters: memc_sink --counters: what a server says of itself, as JSON.
 */
#ifndef MEMC_QUERY_COUNTERS_H
#define MEMC_QUERY_COUNTERS_H

#include "bytes/json.h"
#include "sink/sink_options.h"

/*
 * Connects, patiently, and writes the object but for its end; with --verbose
 * also all that the server says to `stats` and `stats settings`, as text; with
 * --since also the doubt, and then the object even if nothing could be read.
 * Returns 0 or the exit status; json->used is 0 if nothing was written.
 */
int query_counters(const struct sink_options *options, struct json *json);

#endif
