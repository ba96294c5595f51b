/* SPDX-License-Identifier: MIT */
/*
 * options: the options that both filters have.
 *
 * Each program adds its own: route_options, sink_options. Parsing opens and contacts
 * nothing. On OPTIONS_BAD, `error` says in one line which option is wrong and why.
 */
#ifndef MEMC_OPTIONS_H
#define MEMC_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_BAD };

struct options_error {
    char text[256];
};

/* Inputs that may follow each other, and be named. */
enum { LABELS_MAX = 256 };

/* The strings point into argv. */
struct common_options {
    const char *label;              /* the last of --label; with marks the first */
    const char *labels[LABELS_MAX]; /* all of them, in order; NULL behind the last */
    size_t label_count;
    bool marks; /* several inputs follow each other, and a mark ends each: see linebuf */
    const char *rejects;
    const char *stats;
    int64_t linger_ms;
    int64_t wait_ms;
    size_t max_line; /* bytes before the LF */
    int nice;        /* added to the process's own niceness */
    bool progress, quiet, verbose, append;
    bool silent; /* -q twice: no message for a bad line */
    bool mute;   /* -q three times: nor one about a server with which all is well */
};

/* Codes of long options without a letter. Those of one program begin at OPTION_OWN. */
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

void options_default(struct common_options *common, int nice);

/* Sets one option of COMMON_LONG, as an options_set_fn. */
enum options_result options_set_common(int code, char **argv, struct common_options *common,
                                       struct options_error *error);

/* Sets what one option says; optarg is its value. OPTIONS_RUN: go on with the next one. */
typedef enum options_result options_set_fn(int code, char **argv, void *options,
                                           struct options_error *error);

/* Hands each option to `set`; behind the last one optind is the first operand. */
enum options_result options_parse(int argc, char **argv, const char *letters,
                                  const struct option *list, options_set_fn *set, void *options,
                                  struct options_error *error);

/* Marks are expected; called when all options are set. */
void options_expect_marks(struct common_options *common);

/* The label of the input of this number, from 0; NULL: it has none. */
const char *options_label(const struct common_options *common, size_t input);

/* Writes the error's text; returns OPTIONS_BAD. */
enum options_result options_fail(struct options_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Parses optarg as the duration of the option `name`, in milliseconds between `least` and `most`.
 */
enum options_result options_duration(const char *name, int64_t least, int64_t most, int64_t *ms,
                                     struct options_error *error);

/* Writes the text and an LF to standard output and reports a failure. Returns 0 or the exit status.
 */
int options_print(const char *text);

/*
 * For all results but OPTIONS_RUN: prints the help, or the version ("PROGRAM 1.1.1"),
 * or the error. Returns the exit status.
 */
int options_answer(enum options_result result, const char *program, const char *help,
                   const struct options_error *error);

#endif
