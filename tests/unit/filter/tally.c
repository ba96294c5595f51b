/* SPDX-License-Identifier: MIT */
/* tally: sums, the limit of the error rate, and both forms of telling. */
#include "route/route_tally.h"
#include "sink/sink_tally.h"
#include "tap.h"

#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* errors / stored < numerator / denominator; the products were multiplied out by hand. */
static void test_rate(void)
{
    static const struct {
        uint64_t errors, stored, numerator, denominator;
        bool passes;
    } CASE[] = {
        {0, 0, 1, 100, true},
        {0, 0, 0, 1, true}, /* no error always passes */
        {0, 1000, 0, 1, true},
        {1, 0, 1, 100, false}, /* errors with nothing stored fail */
        {1, 0, 100, 1, false},
        {1, 99, 1, 100, false},
        {1, 100, 1, 100, false}, /* equal is not below */
        {1, 101, 1, 100, true},
        {9, 901, 1, 100, true},
        {10, 1000, 1, 100, false},
        {10, 1001, 1, 100, true},
        {1, 3, 333, 1000, false}, /* 1000 < 999 */
        {1, 3, 334, 1000, true},  /* 1000 < 1002 */
        {1, 1, 1, 1, false},
        {1, 2, 1, 1, true},
        {5, 2, 3, 1, true},
        {6, 2, 3, 1, false},
        {1, 1000000, 0, 1, false},
        /* 2^63 / (2^64 - 1) lies above 1/2 by half of a 2^64th; 2^63 - 1 over it below. */
        {UINT64_C(1) << 63, UINT64_MAX, 1, 2, false},
        {(UINT64_C(1) << 63) - 1, UINT64_MAX, 1, 2, true},
        {UINT64_MAX, UINT64_MAX, 1, 1, false},
        {UINT64_MAX - 1, UINT64_MAX, 1, 1, true},
        {UINT64_MAX, 1, UINT64_MAX, 1, false},
        {UINT64_MAX - 1, 1, UINT64_MAX, 1, true},
        {UINT64_MAX, UINT64_MAX, UINT64_C(10000000000000000000), UINT64_C(10000000000000000000),
         false},
        {UINT64_MAX - 1, UINT64_MAX, UINT64_C(10000000000000000000), UINT64_C(10000000000000000000),
         true},
        /* 10^17 errors of 10^19 stored are 1% exactly. */
        {UINT64_C(100000000000000000), UINT64_C(10000000000000000000), 1, 100, false},
        {UINT64_C(99999999999999999), UINT64_C(10000000000000000000), 1, 100, true},
        {UINT64_C(100000000000000000), UINT64_C(10000000000000000001), 1, 100, true},
    };

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct ratio limit = {CASE[i].numerator, CASE[i].denominator};
        ok(sink_tally_rate_passes(CASE[i].errors, CASE[i].stored, &limit) == CASE[i].passes,
           "%" PRIu64 " / %" PRIu64 " is %sbelow %" PRIu64 " / %" PRIu64, CASE[i].errors,
           CASE[i].stored, CASE[i].passes ? "" : "not ", CASE[i].numerator, CASE[i].denominator);
    }
    ok(sink_tally_rate_passes(1, 0, NULL) && sink_tally_rate_passes(UINT64_MAX, 1, NULL),
       "without a limit all pass");
}

static const struct route_tally ROUTE = {.label = "a \"b\"",
                                         .lines = 1000,
                                         .blank = 1,
                                         .invalid = 2,
                                         .unknown = 3,
                                         .skipped = 4,
                                         .undelivered = 5,
                                         .routed = {100, 200, 300, 385},
                                         .zero_bytes = 8192,
                                         .bytes_in = 123456,
                                         .ms = 1234,
                                         .start_ms = 1700000000005,
                                         .end_ms = 1700000001239,
                                         .exit = 75};

static void test_route(void)
{
    static struct json json;
    struct route_tally t = ROUTE;
    struct reasons reasons = {.of = {{"odd", 3}, {"cut", 2}}};
    char text[512];

    is_u64(route_tally_routed(&t), 985, "100 + 200 + 300 + 385");
    ok(route_tally_holds(&t), "1 + 2 + 3 + 4 + 5 + 985 = 1000");
    uint64_t *const PART[] = {&t.lines,   &t.blank,       &t.invalid,   &t.unknown,
                              &t.skipped, &t.undelivered, &t.routed[0], &t.routed[3]};
    for (size_t i = 0; i < COUNT(PART); i++) {
        ++*PART[i];
        ok(!route_tally_holds(&t), "one more in part %zu: it does not hold", i);
        --*PART[i];
    }
    route_tally_json(&t, &json);
    const char *got = json_end(&json);
    const char *from = strstr(got, ",\"label\"");
    ok(strncmp(got, "{\"tool\":\"memc_route\",\"version\":\"", 32) == 0 && from,
       "JSON says whose it is");
    is_str(from,
           ",\"label\":\"a "
           "\\\"b\\\"\",\"lines\":1000,\"blank\":1,\"invalid\":2,\"unknown\":3,\"skipped\":4,"
           "\"undelivered\":5,\"routed\":{\"idfa\":100,\"gaid\":200,\"adid\":300,\"dvid\":385},"
           "\"zero_bytes\":8192,\"bytes_in\":123456,\"seconds\":1.234,\"start\":1700000000.005,"
           "\"end\":1700000001.239,"
           "\"exit\":75}",
           "JSON has all counters");
    t.reasons = &reasons;
    route_tally_json(&t, &json);
    ok(strstr(json_end(&json), "\"exit\":75,\"reasons\":{\"odd\":3,\"cut\":2}}"), "and reasons");
    route_tally_text(&t, text, sizeof text);
    is_str(text,
           "1000 lines: 985 routed (idfa 100, gaid 200, adid 300, dvid 385), 3 unknown, 2 invalid, "
           "4 skipped, 1 blank, 5 undelivered; 123456 bytes in; 1.2 s, 810 lines/s",
           "words: 1000 / 1.234 is 810.4");
}

static const struct ratio PERCENT = {1, 100};

static const struct sink_tally SINK = {.mode = "load",
                                       .type = "idfa",
                                       .server = "127.0.0.1:33013",
                                       .lines = 100,
                                       .blank = 1,
                                       .stored = 90,
                                       .invalid = 2,
                                       .refused = 3,
                                       .undelivered = 4,
                                       .apps_dropped = 7,
                                       .apps_dropped_records = 2,
                                       .retries = 8,
                                       .evictions = -1,
                                       .doubt = DOUBT_EVICTED,
                                       .sampled = 11,
                                       .sample_missing = 3,
                                       .bytes_in = 5000,
                                       .bytes_out = 4000,
                                       .ms = 60001,
                                       .start_ms = 1700000000000,
                                       .end_ms = 1700000060001,
                                       .timeout_ms = 5000,
                                       .limit = &PERCENT,
                                       .exit = 65};

static void test_sink(void)
{
    static struct json json;
    struct sink_tally t = SINK;
    struct reasons reasons = {.of = {{"odd", 2}}};

    ok(sink_tally_holds(&t), "1 + 90 + 2 + 3 + 4 = 100");
    uint64_t *const PART[] = {&t.lines,       &t.blank,    &t.stored,  &t.invalid,  &t.refused,
                              &t.undelivered, &t.verified, &t.missing, &t.differing};
    for (size_t i = 0; i < COUNT(PART); i++) {
        ++*PART[i];
        ok(!sink_tally_holds(&t), "one more in part %zu: it does not hold", i);
        --*PART[i];
    }
    sink_tally_json(&t, &json);
    const char *got = json_end(&json);
    const char *from = strstr(got, ",\"mode\"");
    ok(strncmp(got, "{\"tool\":\"memc_sink\",\"version\":\"", 31) == 0 && from,
       "JSON says whose it is");
    is_str(from,
           ",\"mode\":\"load\",\"label\":null,\"type\":\"idfa\",\"server\":\"127.0.0.1:33013\","
           "\"protocol\":null,"
           "\"lines\":100,"
           "\"blank\":1,\"stored\":90,\"invalid\":2,\"refused\":3,\"undelivered\":4,\"apps_"
           "dropped\":7,\"apps_dropped_records\":2,"
           "\"retries\":8,\"evictions\":null,\"doubt\":\"evicted\",\"sampled\":11,\"sample_"
           "missing\":3,\"zero_bytes\":0,\"bytes_in\":5000,\"bytes_out\":"
           "4000,"
           "\"seconds\":60.001,\"start\":1700000000.000,\"end\":1700000060.001,"
           "\"timeout_ms\":5000,\"limit_numerator\":1,\"limit_denominator\":100,\"exit\":65}",
           "JSON has all counters");
    t.reasons = &reasons;
    sink_tally_json(&t, &json);
    ok(strstr(json_end(&json), "\"exit\":65,\"reasons\":{\"odd\":2}}"), "and reasons");
}

#define HEAD "idfa -> 127.0.0.1:33013: 100 lines: "
#define TAIL                                                                                       \
    ", 3 refused, 2 invalid, 1 blank, 4 undelivered; 7 apps dropped in 2 records, 8 retries, "     \
    "unknown evictions, 3 of 11 sampled keys missing; 5000 bytes in, 4000 out; 60.0 s, 1 "         \
    "records/s"

static void test_sink_words(void)
{
    struct sink_tally t = SINK;
    char text[512];

    sink_tally_text(&t, text, sizeof text);
    is_str(text, HEAD "90 stored" TAIL, "words: 90 / 60.001 is 1.5");
    t.mode = "dry-run";
    sink_tally_text(&t, text, sizeof text);
    is_str(text, HEAD "90 encoded (dry run, none stored)" TAIL,
           "words never call a dry run's records stored");
    t.evictions = 12;
    t.ms = 0;
    t.type = NULL;
    sink_tally_text(&t, text, sizeof text);
    is_str(text,
           "127.0.0.1:33013: 100 lines: 90 encoded (dry run, none stored), 3 refused, 2 invalid, "
           "1 blank, 4 undelivered; 7 apps dropped in 2 records, 8 retries, 12 evictions, 3 of 11 "
           "sampled keys missing; 5000 bytes in, "
           "4000 out; 0.0 s, 90 records/s",
           "words without a type, in no time");
}

static void test_sink_verified(void)
{
    static struct json json;
    struct sink_tally t = {
        .mode = "verify", .server = "s", .lines = 6, .verified = 1, .missing = 2, .differing = 3};
    char text[512];

    sink_tally_text(&t, text, sizeof text);
    is_str(text,
           "s: 6 lines: 1 verified, 2 missing, 3 differing, 0 refused, 0 invalid, 0 blank, "
           "0 undelivered; 0 apps dropped, 0 retries, 0 evictions; 0 bytes in, 0 out; 0.0 s, "
           "1 records/s",
           "words of a verification");
    sink_tally_json(&t, &json);
    is_str(strstr(json_end(&json), ",\"mode\""),
           ",\"mode\":\"verify\",\"label\":null,\"type\":null,\"server\":\"s\",\"protocol\":null,"
           "\"lines\":6,"
           "\"blank\":0,\"stored\":0,\"invalid\":0,\"refused\":0,\"undelivered\":0,"
           "\"verified\":1,\"missing\":2,\"differing\":3,"
           "\"apps_dropped\":0,\"apps_dropped_records\":0,\"retries\":0,\"evictions\":0,\"doubt\":"
           "null,\"sampled\":0,\"sample_missing\":0,\"zero_bytes\":0,\"bytes_in\":0,"
           "\"bytes_out\":0,\"seconds\":0.000,\"start\":0.000,\"end\":0.000,\"timeout_ms\":0,"
           "\"limit_numerator\":null,\"limit_denominator\":null,\"exit\":0}",
           "JSON of a verification");
}

/* The largest numbers in all places, with little room. */
static void test_text_limits(void)
{
    struct sink_tally t;
    struct route_tally r;
    char text[40];

    memset(&t, 0xff, sizeof t);
    t.label = t.mode = "verify";
    t.type = t.server = "a rather long name of a server, longer than the text";
    t.ms = 1;
    t.doubt = DOUBT_NONE;
    sink_tally_text(&t, text, sizeof text);
    is_u64(strlen(text), sizeof text - 1, "a sink's words are cut at the size");
    memset(&r, 0xff, sizeof r);
    r.ms = 0;
    route_tally_text(&r, text, sizeof text);
    is_u64(strlen(text), sizeof text - 1, "a router's too");
}

int main(void)
{
    test_rate();
    test_route();
    test_sink();
    test_sink_words();
    test_sink_verified();
    test_text_limits();
    return done_testing();
}
