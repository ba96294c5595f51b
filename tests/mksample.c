/*
 * mksample: writes a sample of tracer lines, dev_type TAB dev_id TAB lat TAB lon TAB app,app,...
 *
 * Same seed and options, same bytes, on any machine: all arithmetic is in integers. Random numbers
 * come from splitmix64 (Sebastiano Vigna, 2015, public domain,
 * https://prng.di.unimi.it/splitmix64.c), which is the generator of: Guy L. Steele Jr., Doug Lea,
 * Christine H. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. Every line has
 * a stream of its own, started from the seed and the line's number: a line depends neither on
 * --lines (but for --sorted) nor on what became of the lines before it, so --bad and --odd replace
 * some lines and leave the others as they were.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
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
    ID_MAX_DIGITS = 245,        /* a key is "idfa:" and this, at most 250 bytes */
    APP_TABLE_SIZE = 1 << 16,   /* numbers below this are written from a table */
    FLUSH_BYTES = 1 << 20,      /* output is written in pieces of about this size */
    LINE_FIXED_BYTES = 1024,    /* more than a line's fields take without its apps */
    APP_MAX_BYTES = 11,         /* 4294967295 and its comma */
    LINE_LIMIT_BYTES = 1 << 20, /* the loader's own default: longer lines are invalid */
    SHARE_ONE = 1000000000      /* shares are counted in billionths */
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

struct counts {
    uint64_t lines, blank, unknown, overlong, apps_dropped;
    uint64_t invalid[TYPE_COUNT];
    uint64_t good[TYPE_COUNT];
};

/* ---- random numbers */

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15U;

    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

/* The start of the stream of number INDEX among those of one seed and one use. */
static uint64_t stream_of(uint64_t seed, uint64_t use, uint64_t index)
{
    uint64_t state = seed;
    uint64_t start = splitmix64(&state) ^ use;

    start = splitmix64(&start) + index;
    return splitmix64(&start);
}

/* Uniform below LIMIT, 1 to 2^32, from 32 random bits. */
static uint32_t scaled(uint64_t bits32, uint64_t limit)
{
    return (uint32_t)(((bits32 & UINT32_MAX) * limit) >> 32);
}

static uint32_t below(uint64_t *state, uint64_t limit)
{
    return scaled(splitmix64(state) >> 32, limit);
}

/* ---- fields: each function writes at AT and returns the end */

static char *put_bytes(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static char *put_unsigned(char *at, uint64_t value)
{
    char digits[20];
    size_t first = sizeof digits;

    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return put_bytes(at, digits + first, sizeof digits - first);
}

static char *put_id(char *at, const struct options *options, uint64_t *state)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t own = options->keys == 0
                       ? *state
                       : stream_of(options->seed, 2, splitmix64(state) % options->keys);
    uint64_t bits = 0;

    for (uint64_t digit = 0; digit < options->id_digits; digit++) {
        if (digit % 16 == 0) {
            bits = splitmix64(&own);
        }
        *at++ = hex[bits >> 60];
        bits <<= 4;
    }
    if (options->keys == 0) {
        *state = own;
    }
    return at;
}

/*
 * A point and FRACTION / UNIT, UNIT being a power of ten, in at most PLACES significant digits and
 * with no trailing zero: with no digit left, no point either. SIGNIFICANT: so are its first zeros.
 */
static char *put_fraction(char *at, uint64_t fraction, uint64_t unit, uint64_t places,
                          bool significant)
{
    char *end = at;

    *at++ = '.';
    for (; unit > 1 && places > 0; at++) {
        unit /= 10;
        *at = (char)('0' + fraction / unit);
        fraction %= unit;
        significant = significant || *at != '0';
        places -= significant ? 1 : 0;
        end = *at != '0' ? at + 1 : end;
    }
    return end;
}

/*
 * Uniform in ±range with at most options->digits significant digits and no trailing zero, as
 * printf's "%.12g" writes 12 of them, but never with an exponent. The magnitude is drawn in units
 * of 10^-n, as fine as 64 bits allow.
 */
static char *put_coordinate(char *at, const struct options *options, uint64_t *state)
{
    uint64_t unit = 1;
    uint64_t bits = splitmix64(state);
    uint64_t places = options->digits;

    while (unit <= (uint64_t)INT64_MAX / 10 / options->range) {
        unit *= 10;
    }
    uint64_t magnitude = (bits >> 1) % (options->range * unit + 1);
    uint64_t whole = magnitude / unit;
    if ((bits & 1) != 0 && magnitude != 0) {
        *at++ = '-';
    }
    at = put_unsigned(at, whole);
    for (uint64_t left = whole; left != 0 && places != 0; left /= 10) {
        places--;
    }
    return put_fraction(at, magnitude % unit, unit, places, whole != 0);
}

/* The digits of a number below APP_TABLE_SIZE and a comma, to be copied as eight bytes at once. */
struct app_text {
    char bytes[7];
    unsigned char length;
};

static struct app_text app_table[APP_TABLE_SIZE];

static void fill_app_table(void)
{
    for (uint64_t app = 0; app < APP_TABLE_SIZE; app++) {
        char *end = put_unsigned(app_table[app].bytes, app);

        *end++ = ',';
        app_table[app].length = (unsigned char)(end - app_table[app].bytes);
    }
}

static char *put_app(char *at, uint32_t app)
{
    if (app >= APP_TABLE_SIZE) {
        at = put_unsigned(at, app);
        *at++ = ',';
        return at;
    }
    memcpy(at, &app_table[app], sizeof app_table[app]);
    return at + app_table[app].length;
}

static char *put_apps(char *at, const struct options *options, uint64_t *state)
{
    uint64_t count = options->min_apps + below(state, options->max_apps - options->min_apps + 1);

    for (; count > 1; count -= 2) {
        uint64_t bits = splitmix64(state);

        at = put_app(at, scaled(bits, options->app_limit));
        at = put_app(at, scaled(bits >> 32, options->app_limit));
    }
    if (count == 1) {
        at = put_app(at, below(state, options->app_limit));
    }
    return at - 1; /* the last comma */
}

/* ---- lines: a bad or odd one is a good one with something replaced or added */

struct text {
    const char *bytes; /* NULL: as in a good line */
    size_t length;
};

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define TEN "xxxxxxxxxx"
#define FORTY TEN TEN TEN TEN

enum outcome { GOOD, INVALID, UNKNOWN, BLANK };

struct twist {
    enum outcome outcome;
    uint64_t apps_dropped;
    struct text head, type, id, lat, lon, apps, tail;
    struct text id_end; /* instead of the id's last digits */
    struct text whole;  /* the whole line */
};

static const struct twist bad_twists[] = {
    {.outcome = UNKNOWN, .type = TEXT("IDFA")},
    {.outcome = UNKNOWN, .type = TEXT("idfb")},
    {.outcome = UNKNOWN, .type = TEXT("idf")},
    {.outcome = UNKNOWN, .type = TEXT("")},
    {.outcome = UNKNOWN, .type = TEXT("gaid\0")},
    {.outcome = UNKNOWN, .whole = TEXT("no tab at all")},
    {.outcome = INVALID, .id = TEXT("")},
    {.outcome = INVALID, .id = TEXT("two words")},
    {.outcome = INVALID, .id = TEXT("control\001byte")},
    {.outcome = INVALID, .id = TEXT("delete\177")},
    {.outcome = INVALID, .id = TEXT(FORTY FORTY FORTY FORTY FORTY FORTY "246...")},
    {.outcome = INVALID, .lat = TEXT("")},
    {.outcome = INVALID, .lat = TEXT("nan")},
    {.outcome = INVALID, .lat = TEXT("-inf")},
    {.outcome = INVALID, .lat = TEXT("1e400")},
    {.outcome = INVALID, .lat = TEXT("12.5N")},
    {.outcome = INVALID, .lon = TEXT("0x1p3")},
    {.outcome = INVALID, .lon = TEXT("1,5")},
    {.outcome = INVALID, .lon = TEXT("1_0.5")},
    {.outcome = INVALID, .lon = TEXT(".")},
    {.outcome = INVALID, .apps = TEXT("")},
    {.outcome = INVALID, .lon = TEXT(""), .apps = TEXT("")},
    {.outcome = INVALID, .tail = TEXT("\tsixth")},
    {.outcome = INVALID, .tail = TEXT("\0")},
    {.outcome = INVALID, .apps = TEXT("1,\0002,3")},
};

static const struct twist odd_twists[] = {
    {.outcome = BLANK, .whole = TEXT("")},
    {.outcome = BLANK, .whole = TEXT(" \t\v\f \r")},
    {.outcome = GOOD, .tail = TEXT("\r")},
    {.outcome = GOOD, .head = TEXT("  "), .tail = TEXT(" \t")},
    {.outcome = GOOD, .lat = TEXT(" .5 "), .lon = TEXT("\v5.")},
    {.outcome = GOOD, .lat = TEXT("-0.0"), .lon = TEXT("+1.25E+2")},
    {.outcome = GOOD, .lat = TEXT("5e-324"), .lon = TEXT("0.1000000000000000055511151231257827")},
    {.outcome = GOOD, .lat = TEXT("1e-400"), .lon = TEXT("1.7976931348623157e308")},
    {.outcome = GOOD, .id_end = TEXT("caf\303\251\377")},
    {.outcome = GOOD,
     .apps_dropped = 8,
     .apps = TEXT("1,abc,-5,+5,1.0,,4294967296,7, 8 ,1_000,007,")},
    {.outcome = GOOD, .apps_dropped = 1, .apps = TEXT("x")},
    {.outcome = GOOD, .apps_dropped = 2, .apps = TEXT(",")},
    {.outcome = GOOD, .apps = TEXT("0,4294967295,0000000000004294967295")},
};

static const struct twist no_twist = {.outcome = GOOD};

static char *put_text(char *at, const struct text *text)
{
    return text->bytes == NULL ? at : put_bytes(at, text->bytes, text->length);
}

/* The last digits become these bytes, as far as there are digits: the id keeps its length. */
static void replace_end(char *start, char *end, const struct text *text)
{
    size_t length = (size_t)(end - start) < text->length ? (size_t)(end - start) : text->length;

    if (length > 0) {
        memcpy(end - length, text->bytes, length);
    }
}

/* What is replaced is drawn first all the same, so that a line's other fields stay as they were. */
static char *put_record(char *at, const struct options *options, const struct twist *twist,
                        size_t type, uint64_t *state)
{
    char *start = put_text(at, &twist->head);

    at = twist->type.bytes != NULL ? put_text(start, &twist->type)
                                   : put_bytes(start, type_names[type], 4);
    *at++ = '\t';
    start = at;
    at = put_id(start, options, state);
    replace_end(start, at, &twist->id_end);
    at = twist->id.bytes != NULL ? put_text(start, &twist->id) : at;
    *at++ = '\t';
    start = at;
    at = put_coordinate(start, options, state);
    at = twist->lat.bytes != NULL ? put_text(start, &twist->lat) : at;
    *at++ = '\t';
    start = at;
    at = put_coordinate(start, options, state);
    at = twist->lon.bytes != NULL ? put_text(start, &twist->lon) : at;
    *at++ = '\t';
    at = twist->apps.bytes != NULL ? put_text(at, &twist->apps) : put_apps(at, options, state);
    return put_text(at, &twist->tail);
}

static const struct twist *choose_twist(const struct options *options, uint64_t line)
{
    uint64_t state = stream_of(options->seed, 3, line);
    uint64_t share = below(&state, SHARE_ONE);

    if (share < options->bad_share) {
        return &bad_twists[below(&state, sizeof bad_twists / sizeof *bad_twists)];
    }
    if (share < options->bad_share + options->odd_share) {
        return &odd_twists[below(&state, sizeof odd_twists / sizeof *odd_twists)];
    }
    return &no_twist;
}

/* line * type_count / lines, which could overflow */
static size_t sorted_type(const struct options *options, uint64_t line)
{
    size_t index = 0;

    while (index + 1 < options->type_count &&
           line >= options->lines / options->type_count * (index + 1)) {
        index++;
    }
    return index;
}

static void count_line(struct counts *counts, const struct twist *twist, size_t type, size_t length)
{
    counts->lines++;
    if (twist->outcome == BLANK) {
        counts->blank++;
    } else if (length > LINE_LIMIT_BYTES) {
        counts->overlong++;
    } else if (twist->outcome == UNKNOWN) {
        counts->unknown++;
    } else if (twist->outcome == INVALID) {
        counts->invalid[type]++;
    } else {
        counts->good[type]++;
        counts->apps_dropped += twist->apps_dropped;
    }
}

static char *put_line(char *at, const struct options *options, uint64_t line, struct counts *counts)
{
    bool twisted = options->bad_share + options->odd_share != 0;
    const struct twist *twist = twisted ? choose_twist(options, line) : &no_twist;
    uint64_t state = stream_of(options->seed, 1, line);
    size_t drawn = below(&state, options->type_count);
    size_t type = options->types[options->sorted ? sorted_type(options, line) : drawn];
    char *end;

    if (twist->whole.bytes != NULL) {
        end = put_text(at, &twist->whole);
    } else {
        end = put_record(at, options, twist, type, &state);
    }
    count_line(counts, twist, type, (size_t)(end - at));
    *end++ = '\n';
    return end;
}

static int write_lines(const struct options *options, struct counts *counts)
{
    size_t line_bytes = LINE_FIXED_BYTES + (size_t)options->max_apps * APP_MAX_BYTES;
    char *buffer = malloc(FLUSH_BYTES + line_bytes);
    char *at = buffer;

    if (buffer == NULL) {
        perror("mksample: no memory for a line");
        return STATUS_OS;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    for (uint64_t line = 0; line < options->lines; line++) {
        at = put_line(at, options, line, counts);
        if (at - buffer < FLUSH_BYTES && line + 1 < options->lines) {
            continue;
        }
        if (fwrite(buffer, 1, (size_t)(at - buffer), stdout) != (size_t)(at - buffer)) {
            perror("mksample: unable to write the sample");
            free(buffer);
            return STATUS_IO;
        }
        at = buffer;
    }
    free(buffer);
    return 0;
}

/* ---- what is known of the sample */

static void print_by_type(FILE *file, const char *name, const uint64_t *first,
                          const uint64_t *second)
{
    fprintf(file, "\"%s\":{", name);
    for (size_t type = 0; type < TYPE_COUNT; type++) {
        fprintf(file, "%s\"%s\":%" PRIu64, type == 0 ? "" : ",", type_names[type],
                first[type] + (second != NULL ? second[type] : 0));
    }
    fprintf(file, "}");
}

static int write_expectation(const char *path, const struct counts *counts)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        fprintf(stderr, "mksample: unable to create %s: %s\n", path, strerror(errno));
        return STATUS_CREATE;
    }
    fprintf(file,
            "{\"lines\":%" PRIu64 ",\"blank\":%" PRIu64 ",\"unknown\":%" PRIu64
            ",\"overlong\":%" PRIu64 ",",
            counts->lines, counts->blank, counts->unknown, counts->overlong);
    print_by_type(file, "routed", counts->good, counts->invalid);
    fprintf(file, ",");
    print_by_type(file, "invalid", counts->invalid, NULL);
    fprintf(file, ",");
    print_by_type(file, "good", counts->good, NULL);
    fprintf(file, ",\"apps_dropped\":%" PRIu64 "}\n", counts->apps_dropped);
    if (ferror(file) != 0 || fclose(file) != 0) {
        fprintf(stderr, "mksample: unable to write %s\n", path);
        return STATUS_IO;
    }
    return 0;
}

/* ---- options */

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

int main(int argc, char **argv)
{
    struct options options = {
        .seed = 1,
        .lines = 100000,
        .id_digits = 32,
        .range = 180,
        .digits = 12,
        .min_apps = 1,
        .max_apps = 100,
        .app_limit = 10000,
        .types = {0, 1, 2, 3},
        .type_count = TYPE_COUNT,
    };
    struct counts counts = {0};
    int status;

    parse_options(argc, argv, &options);
    fill_app_table();
    status = write_lines(&options, &counts);
    if (status == 0 && options.expect_path != NULL) {
        status = write_expectation(options.expect_path, &counts);
    }
    return status;
}
