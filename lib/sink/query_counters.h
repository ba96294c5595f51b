/*
 * query_counters: memc_sink --counters: prints the counters of a server as JSON.
 */
#ifndef MEMC_QUERY_COUNTERS_H
#define MEMC_QUERY_COUNTERS_H

#include "bytes/json.h"
#include "sink/sink_options.h"

/*
 * Connects, with retries, and writes the object without its end. With --verbose it
 * adds the answers to `stats` and `stats settings`, as text; with --since the doubt,
 * and then it writes the object even if nothing could be read. Returns 0 or the exit
 * status; json->used is 0 if nothing was written.
 */
int query_counters(const struct sink_options *options, struct json *json);

#endif
