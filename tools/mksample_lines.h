/* SPDX-License-Identifier: MIT */
/*
 * mksample_lines.h - a line: good, bad or odd, and counted as a loader must.
 *
 * Every line has a random stream of its own, started from the seed and the line's number: a line
 * depends neither on --lines (but for --sorted) nor on what became of the lines before it, so --bad
 * and --odd replace some lines and leave the others as they were.
 */
#ifndef MKSAMPLE_LINES_H
#define MKSAMPLE_LINES_H

#include "mksample_fields.h"

enum { LINE_LIMIT_BYTES = 1 << 20 }; /* the loader's own default: longer lines are invalid */

struct counts {
    uint64_t lines, blank, unknown, overlong, apps_dropped;
    uint64_t invalid[TYPE_COUNT];
    uint64_t good[TYPE_COUNT];
};

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

/* A bad or odd line is a good one with something replaced or added. */
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

#endif
