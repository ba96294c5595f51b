/* SPDX-License-Identifier: MIT */
#include "filter/options.h"

#include "bytes/number.h"
#include "io/outfile.h"
#include "process/diag.h"
#include "process/status.h"
#include "process/version.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINGER_MS = 100, WAIT_MS = 30000, MAX_LINE_BYTES = 1024 * 1024, NICE_MOST = 19 };

enum options_result options_fail(struct options_error *error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return OPTIONS_BAD;
}

enum options_result options_duration(const char *name, int64_t least, int64_t most, int64_t *ms,
                                     struct options_error *error)
{
    int64_t value;

    if (!number_duration(slice_of(optarg), &value))
        return options_fail(error,
                            "--%s: invalid duration '%s': a whole number with ms, s, m, h or d",
                            name, optarg);
    if (value < least)
        return options_fail(error, "--%s: %s is less than %" PRId64 "%s", name, optarg,
                            least % 1000 ? least : least / 1000, least % 1000 ? "ms" : "s");
    if (value > most)
        return options_fail(error, "--%s: %s is more than %" PRId64 "d", name, optarg,
                            most / 86400000);
    *ms = value;
    return OPTIONS_RUN;
}

static enum options_result option_max_line(size_t *bytes, struct options_error *error)
{
    uint64_t value;

    if (!number_size(slice_of(optarg), &value) || value < 1 || value > SIZE_MAX / 8)
        return options_fail(error, "--max-line: invalid size '%s': a whole number with K, M or G",
                            optarg);
    *bytes = (size_t)value;
    return OPTIONS_RUN;
}

static enum options_result option_nice(int *increment, struct options_error *error)
{
    uint32_t value;

    if (!number_u32(slice_of(optarg), &value) || value > NICE_MOST)
        return options_fail(error, "--nice: '%s' is not a number from 0 to %d", optarg, NICE_MOST);
    *increment = (int)value;
    return OPTIONS_RUN;
}

static enum options_result option_label(struct common_options *common, struct options_error *error)
{
    if (common->label_count == LABELS_MAX)
        return options_fail(error, "--label: more than %d", LABELS_MAX);
    common->labels[common->label_count++] = optarg;
    common->label = optarg;
    return OPTIONS_RUN;
}

void options_expect_marks(struct common_options *common)
{
    common->marks = true;
    common->label = common->labels[0];
}

const char *options_label(const struct common_options *common, size_t input)
{
    return input < common->label_count ? common->labels[input] : NULL;
}

/* Says what getopt_long(3) found wrong. */
static enum options_result bad_option(int code, char **argv, struct options_error *error)
{
    if (code == ':')
        return options_fail(error, "option '%s' needs a value", argv[optind - 1]);
    const char *word = argv[optind - 1];
    bool with_value = strncmp(word, "--", 2) == 0 && strchr(word, '=');
    if (optopt > 0 && optopt < 256 && !with_value)
        return options_fail(error, "unknown option '-%c'", optopt);
    return options_fail(error, "option '%s' is unknown, ambiguous or takes no value",
                        argv[optind - 1]);
}

void options_default(struct common_options *common, int nice)
{
    *common = (struct common_options){
        .linger_ms = LINGER_MS, .wait_ms = WAIT_MS, .max_line = MAX_LINE_BYTES, .nice = nice};
}

/* The member that an option without a value sets to true; NULL: it is no such option. */
static bool *flag_of(int code, struct common_options *common)
{
    switch (code) {
    case 'p':
        return &common->progress;
    case 'q':
        return &common->quiet;
    case 'v':
        return &common->verbose;
    case OPTION_APPEND:
        return &common->append;
    default:
        return NULL;
    }
}

/* The member that takes the value of an option unchanged; NULL: it is no such option. */
static const char **text_of(int code, struct common_options *common)
{
    switch (code) {
    case 'r':
        return &common->rejects;
    case 's':
        return &common->stats;
    default:
        return NULL;
    }
}

enum options_result options_set_common(int code, char **argv, struct common_options *common,
                                       struct options_error *error)
{
    if (code == 'q') {
        common->mute = common->silent;
        common->silent = common->quiet;
    }
    bool *flag = flag_of(code, common);
    const char **text = text_of(code, common);

    if (flag)
        *flag = true;
    if (text)
        *text = optarg;
    if (flag || text)
        return OPTIONS_RUN;
    switch (code) {
    case 'h':
        return OPTIONS_HELP;
    case 'V':
        return OPTIONS_VERSION;
    case 'w':
        return options_duration("wait", 0, INT64_MAX, &common->wait_ms, error);
    case OPTION_LABEL:
        return option_label(common, error);
    case OPTION_LINGER:
        return options_duration("linger", 0, INT32_MAX, &common->linger_ms, error);
    case OPTION_MAX_LINE:
        return option_max_line(&common->max_line, error);
    case OPTION_NICE:
        return option_nice(&common->nice, error);
    default:
        return bad_option(code, argv, error);
    }
}

enum options_result options_parse(int argc, char **argv, const char *letters,
                                  const struct option *list, options_set_fn *set, void *options,
                                  struct options_error *error)
{
    enum options_result result = OPTIONS_RUN;
    int code;

    opterr = 0;
    optind = 0; /* also from the start for another argv, as glibc has it */
    while (result == OPTIONS_RUN && (code = getopt_long(argc, argv, letters, list, NULL)) != -1)
        result = set(code, argv, options, error);
    return result;
}

int options_print(const char *text)
{
    if (outfile_print(text) == OUTFILE_OK)
        return STATUS_OK;
    return diag_fail("standard output", strerror(errno), STATUS_IOERR);
}

int options_answer(enum options_result result, const char *program, const char *help,
                   const struct options_error *error)
{
    char version[64];

    switch (result) {
    case OPTIONS_HELP:
        return options_print(help);
    case OPTIONS_VERSION:
        snprintf(version, sizeof version, "%s %s", program, MEMC_VERSION);
        return options_print(version);
    case OPTIONS_BAD:
        diag("%s; try: %s --help", error->text, program);
        return STATUS_USAGE;
    case OPTIONS_RUN:
        break;
    }
    return STATUS_OK;
}
