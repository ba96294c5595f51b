/*
 * options: the command lines of memc_route and memc_sink.
 *
 * Nothing is opened or contacted here. On OPTIONS_BAD `error` says in one line
 * which option is wrong and why.
 */
#ifndef MEMC_OPTIONS_H
#define MEMC_OPTIONS_H

#include "bytes/number.h"
#include "record/devtype.h"
#include "server/address.h"

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_BAD };

struct options_error {
    char text[256];
};

/* What both have. Strings are those of argv. */
struct common_options {
    const char *label;
    const char *rejects;
    const char *stats;
    int64_t linger_ms;
    int64_t wait_ms;
    size_t max_line; /* bytes before the LF */
    int nice;        /* added to the process's own niceness */
    bool progress, quiet, verbose, append;
};

struct route_options {
    struct common_options common;
    const char *directory;
    const char *path[DEVTYPE_COUNT]; /* NULL: in the directory */
    unsigned only;                   /* set of types, bit 1 << type */
    bool make_fifos;
    bool sentinel;
};

enum sink_mode { SINK_LOAD, SINK_DRY_RUN, SINK_VERIFY, SINK_COUNTERS, SINK_TEST };

struct sink_options {
    struct common_options common;
    enum sink_mode mode;
    struct address address;
    const char *input; /* NULL: standard input */
    const char *undelivered;
    bool any_type;
    enum devtype type; /* unless any_type */
    size_t batch;      /* records */
    int timeout_ms;
    int64_t retry_ms;
    int64_t ttl_seconds; /* 0: none */
    bool limited;        /* by error_rate */
    struct ratio error_rate;
    bool keep_open, whole_lines, allow_evictions;
};

enum options_result route_options_parse(int argc, char **argv, struct route_options *options,
                                        struct options_error *error);
enum options_result sink_options_parse(int argc, char **argv, struct sink_options *options,
                                       struct options_error *error);

/* What --help prints. */
extern const char ROUTE_HELP[];
extern const char SINK_HELP[];

#endif
