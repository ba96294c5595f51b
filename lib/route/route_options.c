#include "route/route_options.h"

const char ROUTE_HELP[] =
    "Usage: memc_route [options] < TSV\n"
    "Fans lines of `dev_type dev_id lat lon app,app,...` out to a FIFO a device type.\n"
    "\n"
    "  -d, --dir DIR         FIFOs DIR/idfa, DIR/gaid, DIR/adid, DIR/dvid (default .)\n"
    "      --idfa PATH       this type's FIFO or /dev/fd/N instead; --gaid, --adid,\n"
    "                        --dvid likewise\n"
    "  -o, --only TYPE,...   route these types only; the others are skipped\n"
    "  -m, --mkfifo          make the FIFOs that are missing\n"
    "  -w, --wait DURATION   longest wait for a FIFO's reader (default 30s)\n"
    "  -E, --sentinel        a NUL byte must end the input, else it was cut\n"
    "  -r, --rejects FILE    unknown and over-long lines, as they were\n"
    "  -s, --stats FILE      counters as one JSON line (- is standard output)\n"
    "  -p, --progress        a live line on standard error\n"
    "      --linger DURATION longest wait of a line for company (default 100ms)\n"
    "      --max-line SIZE   longest line (default 1M)\n"
    "      --label NAME      names the input in messages and counters\n"
    "      --append          add to FILEs that exist\n"
    "      --nice N          run nicer by N, 0 to 19 (default 10)\n"
    "  -q, --quiet           no summary        -v, --verbose  say more\n"
    "  -h, --help            this text         -V, --version\n"
    "\n"
    "Exit: 0 done, 64 usage, 73 no FIFO or reader, 74 input cut, 75 a reader died.";

enum { OPTION_FIFO = OPTION_OWN }; /* + type */

/* Nicer than the decompressor, less nice than the sinks: nobody breaks in on who feeds them. */
enum { NICE = 10 };

static const struct option LONG[] = {{"dir", required_argument, NULL, 'd'},
                                     {"idfa", required_argument, NULL, OPTION_FIFO + DEVTYPE_IDFA},
                                     {"gaid", required_argument, NULL, OPTION_FIFO + DEVTYPE_GAID},
                                     {"adid", required_argument, NULL, OPTION_FIFO + DEVTYPE_ADID},
                                     {"dvid", required_argument, NULL, OPTION_FIFO + DEVTYPE_DVID},
                                     {"only", required_argument, NULL, 'o'},
                                     {"mkfifo", no_argument, NULL, 'm'},
                                     {"sentinel", no_argument, NULL, 'E'},
                                     COMMON_LONG,
                                     {NULL, 0, NULL, 0}};

static enum options_result take(int code, char **argv, struct route_options *options,
                                struct options_error *error)
{
    if (code >= OPTION_FIFO && code < OPTION_FIFO + DEVTYPE_COUNT) {
        options->path[code - OPTION_FIFO] = optarg;
        return OPTIONS_RUN;
    }
    switch (code) {
    case 'd':
        options->directory = optarg;
        return OPTIONS_RUN;
    case 'm':
        options->make_fifos = true;
        return OPTIONS_RUN;
    case 'E':
        options->sentinel = true;
        return OPTIONS_RUN;
    case 'o':
        if (devtype_set(slice_of(optarg), &options->only))
            return OPTIONS_RUN;
        return options_fail(error, "--only: '%s' is no list of idfa, gaid, adid, dvid", optarg);
    default:
        return options_take(code, argv, &options->common, error);
    }
}

enum options_result route_options_parse(int argc, char **argv, struct route_options *options,
                                        struct options_error *error)
{
    enum options_result result = OPTIONS_RUN;
    int code;

    *options = (struct route_options){.directory = ".", .only = (1u << DEVTYPE_COUNT) - 1};
    options_default(&options->common, NICE);
    opterr = 0;
    optind = 0; /* also from the start for another argv, as glibc has it */
    while (result == OPTIONS_RUN &&
           (code = getopt_long(argc, argv, COMMON_SHORT "d:o:mE", LONG, NULL)) != -1)
        result = take(code, argv, options, error);
    if (result == OPTIONS_RUN && optind < argc)
        return options_fail(error, "'%s' is too much: the input is standard input", argv[optind]);
    return result;
}
