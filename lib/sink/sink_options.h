/* SPDX-License-Identifier: MIT */
/*
 * sink_options: the command line of memc_sink.
 */
#ifndef MEMC_SINK_OPTIONS_H
#define MEMC_SINK_OPTIONS_H

#include "bytes/number.h"
#include "filter/options.h"
#include "record/devtype.h"
#include "server/address.h"
#include "server/probe.h"

enum sink_mode { SINK_LOAD, SINK_DRY_RUN, SINK_VERIFY, SINK_COUNTERS, SINK_GET, SINK_TEST };

/* Strings are those of argv. */
struct sink_options {
    struct common_options common;
    enum sink_mode mode;
    struct address address;
    const char *input; /* NULL: standard input */
    const char *undelivered;
    char **keys; /* of --get, key_count of them */
    size_t key_count;
    const char *since; /* an earlier line of --counters; NULL: none */
    bool any_type;
    enum devtype type; /* unless any_type */
    enum protocol protocol;
    size_t batch;  /* records; 0: the best of the protocol */
    size_t sample; /* keys read back at the end, about */
    int timeout_ms;
    int64_t retry_ms;
    int64_t ttl_seconds; /* 0: none */
    bool limited;        /* by error_rate */
    struct ratio error_rate;
    bool keep_open, whole_lines, allow_evictions;
};

enum options_result sink_options_parse(int argc, char **argv, struct sink_options *options,
                                       struct options_error *error);

/* What --help prints. */
extern const char SINK_HELP[];

#endif
