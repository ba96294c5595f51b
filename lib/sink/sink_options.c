/* SPDX-License-Identifier: MIT */
#include "sink/sink_options.h"

#include "record/record.h"
#include "record/sample.h"
#include "store/batch.h"

#include <string.h>

const char SINK_HELP[] =
    "Usage: memc_sink [options] HOST:PORT|[V6]:PORT|/SOCKET [FILE]\n"
    "Stores lines of `dev_type dev_id lat lon app,app,...` in one memcached server.\n"
    "\n"
    "  -T, --type TYPE          accept only one type: idfa, gaid, adid or dvid\n"
    "  -e, --max-error-rate R   fail if the share of bad lines reaches R: 0.01 (the\n"
    "                           default), 1%, none\n"
    "      --max-line SIZE      longest line (default 1M)\n"
    "  -r, --rejects FILE       write bad lines to FILE, the reasons to FILE.why\n"
    "  -u, --undelivered FILE   write lines that were never acknowledged to FILE;\n"
    "                           to verify also those that are missing or differ\n"
    "      --append             add to these FILEs if they exist\n"
    "  -b, --batch N            records a batch, 1 to 1024 (default: by protocol)\n"
    "      --linger DURATION    send a partial batch after DURATION (default 100ms)\n"
    "      --protocol NAME      auto (default), meta, binary or text\n"
    "      --ttl DURATION       the server drops the records after DURATION\n"
    "  -t, --timeout DURATION   longest silence of the server (default 5s)\n"
    "  -R, --retry-for DURATION keep reconnecting for DURATION (default 30s)\n"
    "  -w, --wait DURATION      longest wait for a FIFO's first writer (default 30s)\n"
    "  -k, --keep-open          FILE is a FIFO: go on when its writers close it\n"
    "      --sample N           read back about N keys at the end (default 1000)\n"
    "      --whole-lines        a last line without LF was cut: do not store it\n"
    "      --marks              a mark ends each of several inputs\n"
    "      --allow-evictions    do not fail when the server evicted records\n"
    "      --nice N             be nicer to other programs by N, 0 to 19 (default 15)\n"
    "\n"
    "Instead of storing:\n"
    "  -n, --dry-run            parse and encode only; with -v print the records\n"
    "      --verify             read the records back and compare them\n"
    "      --get                SERVER KEY...: print the records of these keys\n"
    "      --counters           print the server's counters as JSON\n"
    "      --since FILE         compare them with FILE, an earlier line of --counters\n"
    "      --test               encode and decode a built-in sample\n"
    "\n"
    "What it prints:\n"
    "  -s, --stats FILE         write the counters to FILE as JSON (-: stdout)\n"
    "  -p, --progress           show the counters once a second\n"
    "      --label NAME         name of the input in messages and counters\n"
    "  -q, --quiet              no summary at the end; messages are still printed\n"
    "  -v, --verbose            a message for every bad line, not only the first ten\n"
    "  -h, --help               print this text\n"
    "  -V, --version            print the version\n"
    "\n"
    "Exit: 0 stored, 65 failed (bad lines, evictions, ...), 69 no server, 75 some\n"
    "records undelivered: run again. The manual page has it all: memc_sink(1).";

enum {
    OPTION_TTL = OPTION_OWN,
    OPTION_PROTOCOL,
    OPTION_VERIFY,
    OPTION_ALLOW_EVICTIONS,
    OPTION_WHOLE_LINES,
    OPTION_MARKS,
    OPTION_COUNTERS,
    OPTION_GET,
    OPTION_SINCE,
    OPTION_SAMPLE,
    OPTION_TEST
};

enum {
    TIMEOUT_MS = 5000,
    TIMEOUT_LEAST_MS = 300,
    RETRY_MS = 30000,
    TTL_LEAST_MS = 1000,
    NICE = 15
};

static const struct option LONG[] = {{"type", required_argument, NULL, 'T'},
                                     {"batch", required_argument, NULL, 'b'},
                                     {"timeout", required_argument, NULL, 't'},
                                     {"retry-for", required_argument, NULL, 'R'},
                                     {"max-error-rate", required_argument, NULL, 'e'},
                                     {"ttl", required_argument, NULL, OPTION_TTL},
                                     {"protocol", required_argument, NULL, OPTION_PROTOCOL},
                                     {"undelivered", required_argument, NULL, 'u'},
                                     {"keep-open", no_argument, NULL, 'k'},
                                     {"dry-run", no_argument, NULL, 'n'},
                                     {"verify", no_argument, NULL, OPTION_VERIFY},
                                     {"allow-evictions", no_argument, NULL, OPTION_ALLOW_EVICTIONS},
                                     {"whole-lines", no_argument, NULL, OPTION_WHOLE_LINES},
                                     {"marks", no_argument, NULL, OPTION_MARKS},
                                     {"counters", no_argument, NULL, OPTION_COUNTERS},
                                     {"get", no_argument, NULL, OPTION_GET},
                                     {"sample", required_argument, NULL, OPTION_SAMPLE},
                                     {"since", required_argument, NULL, OPTION_SINCE},
                                     {"test", no_argument, NULL, OPTION_TEST},
                                     COMMON_LONG,
                                     {NULL, 0, NULL, 0}};

static enum options_result set_batch(size_t *batch, struct options_error *error)
{
    uint64_t value;

    if (!number_u64(slice_of(optarg), &value) || value < 1 || value > BATCH_RECORDS_MAX)
        return options_fail(error, "--batch: '%s' is not a number from 1 to %d", optarg,
                            BATCH_RECORDS_MAX);
    *batch = (size_t)value;
    return OPTIONS_RUN;
}

static enum options_result set_protocol(enum protocol *protocol, struct options_error *error)
{
    for (enum protocol each = PROTOCOL_AUTO; each <= PROTOCOL_TEXT; each++) {
        if (strcmp(optarg, protocol_name(each)) == 0) {
            *protocol = each;
            return OPTIONS_RUN;
        }
    }
    return options_fail(error, "--protocol: '%s' is none of auto, meta, binary, text", optarg);
}

static enum options_result set_sample(size_t *sample, struct options_error *error)
{
    uint64_t value;

    if (!number_u64(slice_of(optarg), &value) || value > SAMPLE_MAX)
        return options_fail(error, "--sample: '%s' is not a number from 0 to %d", optarg,
                            SAMPLE_MAX);
    *sample = (size_t)value;
    return OPTIONS_RUN;
}

static enum options_result set_rate(struct sink_options *options, struct options_error *error)
{
    options->limited = strcmp(optarg, "none") != 0;
    if (options->limited && !number_ratio(slice_of(optarg), &options->error_rate))
        return options_fail(
            error, "--max-error-rate: '%s' is not a fraction (0.01), a percentage (1%%) or none",
            optarg);
    return OPTIONS_RUN;
}

static enum options_result set_ttl(int64_t *seconds, struct options_error *error)
{
    int64_t ms;
    enum options_result result =
        options_duration("ttl", TTL_LEAST_MS, INT32_MAX * INT64_C(1000), &ms, error);

    if (result == OPTIONS_RUN && ms % 1000 != 0)
        return options_fail(error, "--ttl: '%s' is not a whole number of seconds", optarg);
    if (result == OPTIONS_RUN)
        *seconds = ms / 1000;
    return result;
}

static enum options_result set_timeout(int *timeout_ms, struct options_error *error)
{
    int64_t ms;
    enum options_result result =
        options_duration("timeout", TIMEOUT_LEAST_MS, INT32_MAX / 8, &ms, error);

    if (result == OPTIONS_RUN)
        *timeout_ms = (int)ms;
    return result;
}

/* SINK_LOAD: no option that asks for another mode. */
static enum sink_mode mode_of(int code)
{
    switch (code) {
    case 'n':
        return SINK_DRY_RUN;
    case OPTION_VERIFY:
        return SINK_VERIFY;
    case OPTION_COUNTERS:
        return SINK_COUNTERS;
    case OPTION_GET:
        return SINK_GET;
    case OPTION_TEST:
        return SINK_TEST;
    default:
        return SINK_LOAD;
    }
}

static enum options_result set_mode(enum sink_mode mode, struct sink_options *options,
                                    struct options_error *error)
{
    if (options->mode != SINK_LOAD && options->mode != mode)
        return options_fail(
            error, "only one of --dry-run, --verify, --get, --counters and --test can be given");
    options->mode = mode;
    return OPTIONS_RUN;
}

/* What an option without a value sets; NULL: it is no such option. */
static bool *flag_of(int code, struct sink_options *options)
{
    switch (code) {
    case 'k':
        return &options->keep_open;
    case OPTION_ALLOW_EVICTIONS:
        return &options->allow_evictions;
    case OPTION_MARKS:
        return &options->common.marks;
    case OPTION_WHOLE_LINES:
        return &options->whole_lines;
    default:
        return NULL;
    }
}

static enum options_result set_type(struct sink_options *options, struct options_error *error)
{
    options->any_type = false;
    if (devtype_find(slice_of(optarg), &options->type))
        return OPTIONS_RUN;
    return options_fail(error, "--type: '%s' is not one of idfa, gaid, adid, dvid", optarg);
}

static enum options_result set_option(int code, char **argv, void *self,
                                      struct options_error *error)
{
    struct sink_options *options = self;
    bool *flag = flag_of(code, options);

    if (flag) {
        *flag = true;
        return OPTIONS_RUN;
    }
    if (mode_of(code) != SINK_LOAD)
        return set_mode(mode_of(code), options, error);
    switch (code) {
    case 'T':
        return set_type(options, error);
    case 'b':
        return set_batch(&options->batch, error);
    case 't':
        return set_timeout(&options->timeout_ms, error);
    case 'R':
        return options_duration("retry-for", 0, INT64_MAX, &options->retry_ms, error);
    case 'e':
        return set_rate(options, error);
    case 'u':
        options->undelivered = optarg;
        return OPTIONS_RUN;
    case OPTION_SAMPLE:
        return set_sample(&options->sample, error);
    case OPTION_SINCE:
        options->since = optarg;
        return OPTIONS_RUN;
    case OPTION_PROTOCOL:
        return set_protocol(&options->protocol, error);
    case OPTION_TTL:
        return set_ttl(&options->ttl_seconds, error);
    default:
        return options_set_common(code, argv, &options->common, error);
    }
}

/* The protocols of lines can ask for no other. */
static bool is_key(struct slice key)
{
    bool good = key.len >= 1 && key.len <= RECORD_KEY_MAX;

    for (size_t i = 0; i < key.len; i++)
        good &= (unsigned char)key.at[i] > 0x20 && key.at[i] != 0x7f;
    return good;
}

static enum options_result set_keys(int argc, char **argv, struct sink_options *options,
                                    struct options_error *error)
{
    options->keys = argv + optind + 1;
    options->key_count = (size_t)(argc - optind - 1);
    if (options->key_count == 0)
        return options_fail(error, "--get: the keys are missing, such as idfa:ID");
    for (size_t i = 0; i < options->key_count; i++)
        if (!is_key(slice_of(options->keys[i])))
            return options_fail(
                error, "--get: key %zu is none: 1 to %d bytes without white space or control bytes",
                i + 1, RECORD_KEY_MAX);
    return OPTIONS_RUN;
}

static enum options_result set_operands(int argc, char **argv, struct sink_options *options,
                                        struct options_error *error)
{
    const char *reason;

    if (options->since && options->mode != SINK_COUNTERS)
        return options_fail(error, "--since needs --counters");
    if (options->mode == SINK_TEST)
        return OPTIONS_RUN;
    if (optind == argc)
        return options_fail(error, "the server is missing: HOST:PORT, [V6]:PORT or /SOCKET");
    if (!address_parse(argv[optind], &options->address, &reason))
        return options_fail(error, "server '%.100s': %s", argv[optind], reason);
    if (options->mode == SINK_GET)
        return set_keys(argc, argv, options, error);
    if (argc - optind > 2)
        return options_fail(error, "unexpected argument '%s': one server and one file",
                            argv[optind + 2]);
    if (argc - optind == 2)
        options->input = argv[optind + 1];
    if (options->keep_open && !options->input)
        return options_fail(error, "--keep-open needs a FILE, which is a FIFO");
    if (options->common.marks && (options->mode != SINK_LOAD || options->keep_open))
        return options_fail(error, "--marks: only to store, and not with --keep-open");
    if (options->common.marks)
        options_expect_marks(&options->common);
    return OPTIONS_RUN;
}

enum options_result sink_options_parse(int argc, char **argv, struct sink_options *options,
                                       struct options_error *error)
{
    *options = (struct sink_options){.any_type = true,
                                     .sample = SAMPLE_DEFAULT,
                                     .timeout_ms = TIMEOUT_MS,
                                     .retry_ms = RETRY_MS,
                                     .limited = true,
                                     .error_rate = {1, 100}};
    options_default(&options->common, NICE);
    enum options_result result =
        options_parse(argc, argv, COMMON_SHORT "T:b:t:R:e:u:kn", LONG, set_option, options, error);
    return result == OPTIONS_RUN ? set_operands(argc, argv, options, error) : result;
}
