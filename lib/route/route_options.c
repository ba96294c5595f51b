/* SPDX-License-Identifier: MIT */
#include "route/route_options.h"

#include "bytes/number.h"
#include "io/linebuf.h"
#include "route/pace.h"

#include <string.h>

const char ROUTE_HELP[] =
    "Usage: memc_route [options] < TSV\n"
    "Writes lines of `dev_type dev_id lat lon app,app,...` to one FIFO a device type.\n"
    "\n"
    "  -d, --dir DIR         the FIFOs are DIR/idfa, DIR/gaid, DIR/adid and DIR/dvid\n"
    "                        (default .)\n"
    "      --idfa PATH, --gaid PATH, --adid PATH, --dvid PATH\n"
    "                        another FIFO, or /dev/fd/N, for this type\n"
    "  -o, --only TYPE,...   route these types only; skip the others\n"
    "  -m, --mkfifo          make the FIFOs that are missing\n"
    "  -w, --wait DURATION   longest wait for the reader of a FIFO (default 30s)\n"
    "      --linger DURATION write gathered lines after DURATION (default 100ms)\n"
    "      --rate N          at most N lines a second; 5K is 5,000, 1M a million\n"
    "  -E, --sentinel        the input must end with a NUL byte, else it was cut\n"
    "      --mark TOKEN      several inputs follow each other, a mark ends each\n"
    "  -r, --rejects FILE    write bad lines to FILE, the reasons to FILE.why\n"
    "      --append          add to these FILEs if they exist\n"
    "      --max-line SIZE   longest line (default 1M)\n"
    "      --nice N          be nicer to other programs by N, 0 to 19 (default 10)\n"
    "\n"
    "What it prints:\n"
    "  -s, --stats FILE      write the counters to FILE as JSON (-: stdout)\n"
    "  -p, --progress        show the counters once a second\n"
    "      --label NAME      name of the input in messages and counters\n"
    "  -q, --quiet           no summary at the end; messages are still printed\n"
    "  -v, --verbose         a message for every bad line, not only the first ten\n"
    "  -h, --help            print this text\n"
    "  -V, --version         print the version\n"
    "\n"
    "Exit: 0 done, 64 usage, 73 no FIFO or reader, 74 input cut, 75 a reader died.";

enum {
    OPTION_FIFO = OPTION_OWN /* + type */,
    OPTION_MARK = OPTION_FIFO + DEVTYPE_COUNT,
    OPTION_RATE
};

/* Nicer than the decompressor, less nice than the sinks: so that a program that wakes up does not
 * take the core from the one that feeds it. */
enum { NICE = 10 };

static const struct option LONG[] = {{"dir", required_argument, NULL, 'd'},
                                     {"idfa", required_argument, NULL, OPTION_FIFO + DEVTYPE_IDFA},
                                     {"gaid", required_argument, NULL, OPTION_FIFO + DEVTYPE_GAID},
                                     {"adid", required_argument, NULL, OPTION_FIFO + DEVTYPE_ADID},
                                     {"dvid", required_argument, NULL, OPTION_FIFO + DEVTYPE_DVID},
                                     {"only", required_argument, NULL, 'o'},
                                     {"mkfifo", no_argument, NULL, 'm'},
                                     {"rate", required_argument, NULL, OPTION_RATE},
                                     {"sentinel", no_argument, NULL, 'E'},
                                     {"mark", required_argument, NULL, OPTION_MARK},
                                     COMMON_LONG,
                                     {NULL, 0, NULL, 0}};

static enum options_result set_rate(uint64_t *rate, struct options_error *error)
{
    uint64_t value;

    if (!number_count(slice_of(optarg), &value) || value < 1 || value > PACE_RATE_MAX)
        return options_fail(error,
                            "--rate: '%s' is no number of lines a second: a whole number, "
                            "with K or M for thousands or millions",
                            optarg);
    *rate = value;
    return OPTIONS_RUN;
}

static enum options_result set_option(int code, char **argv, void *self,
                                      struct options_error *error)
{
    struct route_options *options = self;
    if (code >= OPTION_FIFO && code < OPTION_FIFO + DEVTYPE_COUNT) {
        options->path[code - OPTION_FIFO] = optarg;
        return OPTIONS_RUN;
    }
    switch (code) {
    case 'd':
        if (optarg[0] == '\0')
            return options_fail(error, "--dir: it is empty; . is the working directory");
        options->directory = optarg;
        return OPTIONS_RUN;
    case 'm':
        options->make_fifos = true;
        return OPTIONS_RUN;
    case 'E':
        options->sentinel = true;
        return OPTIONS_RUN;
    case OPTION_MARK:
        if (optarg[0] == '\0' || strlen(optarg) > LINEBUF_TOKEN_MAX)
            return options_fail(error, "--mark: a token of 1 to %d bytes", LINEBUF_TOKEN_MAX);
        options->mark = optarg;
        return OPTIONS_RUN;
    case OPTION_RATE:
        return set_rate(&options->rate, error);
    case 'o':
        if (devtype_set(slice_of(optarg), &options->only))
            return OPTIONS_RUN;
        return options_fail(error, "--only: '%s' is not a list of idfa, gaid, adid, dvid", optarg);
    default:
        return options_set_common(code, argv, &options->common, error);
    }
}

enum options_result route_options_parse(int argc, char **argv, struct route_options *options,
                                        struct options_error *error)
{
    *options = (struct route_options){.directory = ".", .only = (1u << DEVTYPE_COUNT) - 1};
    options_default(&options->common, NICE);
    enum options_result result =
        options_parse(argc, argv, COMMON_SHORT "d:o:mE", LONG, set_option, options, error);
    if (result == OPTIONS_RUN && optind < argc)
        return options_fail(error, "unexpected argument '%s': the input is standard input",
                            argv[optind]);
    if (result == OPTIONS_RUN && options->mark)
        options_expect_marks(&options->common);
    return result;
}
