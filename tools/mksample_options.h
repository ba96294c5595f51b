/* SPDX-License-Identifier: MIT */
/*
 * mksample_options.h - mksample's command line. A mistake in it ends mksample.
 */
#ifndef MKSAMPLE_OPTIONS_H
#define MKSAMPLE_OPTIONS_H

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATUS_USAGE = 64,
    STATUS_OS = 71,
    STATUS_CREATE = 73,
    STATUS_IO = 74,
    TYPE_COUNT = 4,
    ID_MAX_DIGITS = 245,   /* a key is "idfa:" and this, at most 250 bytes */
    SHARE_ONE = 1000000000 /* shares are counted in billionths */
};

static const char *const type_names[TYPE_COUNT] = {"idfa", "gaid", "adid", "dvid"};

struct options {
    uint64_t seed;
    uint64_t lines;
    uint64_t keys; /* 0: every line has an id of its own */
    uint64_t id_digits;
    uint64_t range;
    uint64_t digits;
    uint64_t min_apps;
    uint64_t max_apps;
    uint64_t app_limit;
    uint64_t bad_share;
    uint64_t odd_share;
    size_t types[TYPE_COUNT];
    size_t type_count;
    bool sorted;
    const char *expect_path;
};

static const char help_text[] =
    "usage: mksample [options] > FILE.tsv\n"
    "\n"
    "Writes lines dev_type TAB dev_id TAB lat TAB lon TAB app,app,... on standard output.\n"
    "\n"
    "  -n, --lines N        how many lines (default 100000)\n"
    "  -S, --seed N         another seed, another sample (default 1)\n"
    "      --id-digits N    hexadecimal digits of an id, 1 to 245 (default 32)\n"
    "      --keys N         draw ids from only N distinct ones (default: as many as there are)\n"
    "      --range N        lat and lon are uniform in +-N, 1 to 1000000 (default 180)\n"
    "      --digits N       significant digits of lat and lon, 1 to 17 (default 12)\n"
    "      --min-apps N     fewest apps of a line, at least 1 (default 1)\n"
    "      --max-apps N     most apps of a line, up to 10000000 (default 100)\n"
    "      --app-limit N    apps are below N, up to 4294967296 (default 10000)\n"
    "      --types LIST     device types that occur, equally likely (default idfa,gaid,adid,dvid)\n"
    "      --sorted         all lines of a type together, in the list's order\n"
    "      --bad SHARE      share of lines that are no records: unknown type, invalid field, NUL, "
    "... (default 0)\n"
    "      --odd SHARE      share of lines that are strange and harmless: blank, CRLF, no valid "
    "app, ... (default 0)\n"
    "      --expect FILE    write what a loader must count as one JSON line (for lines up to 1 "
    "MiB)\n"
    "  -h, --help           this text\n";

static void usage_error(const char *what, const char *text)
{
    fprintf(stderr, "mksample: %s: %s (see --help)\n", what, text);
    exit(STATUS_USAGE);
}

static uint64_t parse_count(const char *name, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < least || value > most) {
        usage_error(name, text);
    }
    return value;
}

/* A decimal from 0 to 1 in billionths; no floating point: a share means the same everywhere. */
static uint64_t parse_share(const char *name, const char *text)
{
    const char *at = text;
    uint64_t share = 0;
    uint64_t unit = SHARE_ONE;

    for (; *at >= '0' && *at <= '9' && share <= 1; at++) {
        share = share * 10 + (uint64_t)(*at - '0');
    }
    share *= unit;
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9' && unit > 1; at++) {
            unit /= 10;
            share += unit * (uint64_t)(*at - '0');
        }
    }
    if (at == text || *at != '\0' || share > SHARE_ONE) {
        usage_error(name, text);
    }
    return share;
}

static void parse_types(const char *list, struct options *options)
{
    const char *at = list;

    options->type_count = 0;
    for (;;) {
        size_t length = strcspn(at, ",");
        size_t type = 0;

        while (type < TYPE_COUNT && (length != 4 || strncmp(at, type_names[type], 4) != 0)) {
            type++;
        }
        if (type == TYPE_COUNT || options->type_count == TYPE_COUNT) {
            usage_error("--types", list);
        }
        options->types[options->type_count++] = type;
        if (at[length] == '\0') {
            return;
        }
        at += length + 1;
    }
}

enum {
    OPT_ID_DIGITS = 256,
    OPT_KEYS,
    OPT_RANGE,
    OPT_DIGITS,
    OPT_MIN_APPS,
    OPT_MAX_APPS,
    OPT_APP_LIMIT,
    OPT_TYPES,
    OPT_SORTED,
    OPT_BAD,
    OPT_ODD,
    OPT_EXPECT
};

static const struct option long_options[] = {
    {"lines", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 'S'},
    {"id-digits", required_argument, NULL, OPT_ID_DIGITS},
    {"keys", required_argument, NULL, OPT_KEYS},
    {"range", required_argument, NULL, OPT_RANGE},
    {"digits", required_argument, NULL, OPT_DIGITS},
    {"min-apps", required_argument, NULL, OPT_MIN_APPS},
    {"max-apps", required_argument, NULL, OPT_MAX_APPS},
    {"app-limit", required_argument, NULL, OPT_APP_LIMIT},
    {"types", required_argument, NULL, OPT_TYPES},
    {"sorted", no_argument, NULL, OPT_SORTED},
    {"bad", required_argument, NULL, OPT_BAD},
    {"odd", required_argument, NULL, OPT_ODD},
    {"expect", required_argument, NULL, OPT_EXPECT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take_count(int option, const char *text, struct options *options)
{
    const struct {
        int option;
        const char *name;
        uint64_t *value, least, most;
    } counts[] = {
        {'n', "--lines", &options->lines, 0, UINT64_MAX},
        {'S', "--seed", &options->seed, 0, UINT64_MAX},
        {OPT_ID_DIGITS, "--id-digits", &options->id_digits, 1, ID_MAX_DIGITS},
        {OPT_KEYS, "--keys", &options->keys, 1, UINT64_MAX},
        {OPT_RANGE, "--range", &options->range, 1, 1000000},
        {OPT_DIGITS, "--digits", &options->digits, 1, 17},
        {OPT_MIN_APPS, "--min-apps", &options->min_apps, 1, 10000000},
        {OPT_MAX_APPS, "--max-apps", &options->max_apps, 1, 10000000},
        {OPT_APP_LIMIT, "--app-limit", &options->app_limit, 1, 4294967296U},
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (option == counts[i].option) {
            *counts[i].value = parse_count(counts[i].name, text, counts[i].least, counts[i].most);
            return true;
        }
    }
    return false;
}

static void take_option(int option, const char *value, struct options *options)
{
    if (take_count(option, value, options)) {
        return;
    }
    switch (option) {
    case OPT_TYPES:
        parse_types(value, options);
        break;
    case OPT_SORTED:
        options->sorted = true;
        break;
    case OPT_BAD:
        options->bad_share = parse_share("--bad", value);
        break;
    case OPT_ODD:
        options->odd_share = parse_share("--odd", value);
        break;
    case OPT_EXPECT:
        options->expect_path = value;
        break;
    case 'h':
        exit(fputs(help_text, stdout) < 0 || fflush(stdout) != 0 ? STATUS_IO : 0);
    default:
        exit(STATUS_USAGE); /* getopt_long has said why */
    }
}

static void parse_options(int argc, char **argv, struct options *options)
{
    int option;

    while ((option = getopt_long(argc, argv, "n:S:h", long_options, NULL)) != -1) {
        take_option(option, optarg, options);
    }
    if (optind < argc) {
        usage_error("takes no argument", argv[optind]);
    }
    if (options->min_apps > options->max_apps) {
        usage_error("--min-apps", "more than --max-apps");
    }
    if (options->bad_share + options->odd_share > SHARE_ONE) {
        usage_error("--bad and --odd", "more than 1 together");
    }
}

#endif
