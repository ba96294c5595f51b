/* SPDX-License-Identifier: MIT */
/*
 * query: what memc_sink asks a server instead of storing: its counters as JSON
 * (--counters), or records, in the form of a dry run (--get).
 */
#ifndef MEMC_QUERY_H
#define MEMC_QUERY_H

#include "bytes/json.h"
#include "sink/sink_options.h"

/*
 * Connects, with retries, and writes the object without its end. With --verbose it
 * adds the answers to `stats` and `stats settings`, as text; with --since the doubt,
 * and then it writes the object even if nothing could be read. Returns 0 or the exit
 * status; json->used is 0 if nothing was written.
 */
int query_counters(const struct sink_options *options, struct json *json);

/*
 * Connects, with retries, and prints the records of options->keys that are there on
 * standard output, in the order of the keys. Messages give the position of each
 * missing key. Returns 0 or the exit status: 65 if a key is missing, or its value
 * is another message.
 */
int query_records(const struct sink_options *options);

#endif
