/*
 * common_options: the part of the command line that both filters share; used
 * by route_options.c and sink_options.c only.
 */
#ifndef MEMC_COMMON_OPTIONS_H
#define MEMC_COMMON_OPTIONS_H

#include "filter/options.h"

#include <getopt.h>

/* Codes of long options without a letter; the two programs' own begin at OPTION_OWN. */
enum {
    OPTION_LINGER = 1000,
    OPTION_MAX_LINE,
    OPTION_LABEL,
    OPTION_APPEND,
    OPTION_NICE,
    OPTION_OWN
};

#define COMMON_SHORT ":r:s:w:pqvhV"
#define COMMON_LONG                                                                                \
    {"rejects", required_argument, NULL, 'r'}, {"stats", required_argument, NULL, 's'},            \
        {"wait", required_argument, NULL, 'w'}, {"progress", no_argument, NULL, 'p'},              \
        {"quiet", no_argument, NULL, 'q'}, {"verbose", no_argument, NULL, 'v'},                    \
        {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},                     \
        {"linger", required_argument, NULL, OPTION_LINGER},                                        \
        {"max-line", required_argument, NULL, OPTION_MAX_LINE},                                    \
        {"label", required_argument, NULL, OPTION_LABEL},                                          \
        {"append", no_argument, NULL, OPTION_APPEND},                                              \
    {                                                                                              \
        "nice", required_argument, NULL, OPTION_NICE                                               \
    }

void common_options_default(struct common_options *common, int nice);

/* Takes an option of the list above. OPTIONS_RUN: done, go on. */
enum options_result common_option(int code, char **argv, struct common_options *common,
                                  struct options_error *error);

/* Writes the error's text; returns OPTIONS_BAD. */
enum options_result options_fail(struct options_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The values of options, by optarg. `least` is in milliseconds. */
enum options_result option_duration(const char *name, int64_t least, int64_t most, int64_t *ms,
                                    struct options_error *error);

#endif
