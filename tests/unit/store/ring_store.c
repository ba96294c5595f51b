/* SPDX-License-Identifier: MIT */
/*
 * ring_store: against a server that fails where the test says: a set is
 * refused, a line comes that no set may get, the connection ends after any byte
 * of the requests or of the answers. It stores what it acknowledges, so what
 * counts as stored must be there, with its last value.
 */
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include "scripted.h"
#include "store_fixture.h"

/*
 * Seven records by batches of three. Before them come three that make a
 * connection known as fast: only then a quiet batch has more than one set.
 */
enum { WARM = 3, SETS = 7, ALL = WARM + SETS, BATCH = 3, VALUE_BYTES = 10 };
enum { PATIENT_MS = 60000 };

static struct test_server at;

/* Keys of records 0 to 6: the last value of each must stand. */
static const char *const KEY[SETS] = {"a", "b", "a", "c", "b", "a", "d"};

static size_t last_stored(const char *key)
{
    size_t last = SETS;

    for (size_t i = 0; i < SETS; i++)
        if (strcmp(KEY[i], key) == 0 && outcomes.of[WARM + i] == 'S')
            last = i;
    return last;
}

/* Loads the seven records in batches of three; true if every outcome holds. */
static enum conn_status load(const struct script *script, bool *holds)
{
    static const char *const KEYS[] = {"a", "b", "c", "d"};

    scripted_start(&at, script);
    struct store *store = open_store(&at, BATCH, PATIENT_MS);
    for (size_t i = 0; i < WARM; i++) {
        put(store, i, WARM_KEY, i, 10);
        if (i == 0 || i == 2)
            store_flush(store);
    }
    for (size_t i = 0; i < SETS; i++)
        put(store, WARM + i, KEY[i], i, VALUE_BYTES + i);
    enum conn_status conn = store_finish(store);
    *holds = outcomes.in_order && outcomes.next == ALL;
    store_close(store);
    FILE *conversation = ask(&at, "");
    bool all_stored = conn == CONN_OK && outcomes.count[STORE_STORED] == ALL;
    for (size_t k = 0; all_stored && k < COUNT(KEYS); k++) {
        size_t last = last_stored(KEYS[k]);
        *holds = *holds && server_holds(conversation, KEYS[k], bytes + last, VALUE_BYTES + last);
    }
    fclose(conversation);
    server_kill(&at);
    return conn;
}

static const struct script NOTHING = {.cut_requests = -1, .cut_answers = -1};

/* A failure at each set, of so many sets in a row: all are stored in the end, the last value last.
 */
static void test_refused_once(const char *line, bool no_stats)
{
    size_t wrong = 0;

    for (size_t at_set = 1; at_set <= SETS + 2; at_set++) {
        for (size_t times = 1; times <= 2; times++) {
            struct script script = NOTHING;
            bool holds;
            script.line = line;
            script.at = at_set;
            script.times = times;
            script.no_stats = no_stats;
            enum conn_status conn = load(&script, &holds);
            bool all = conn == CONN_OK && outcomes.count[STORE_STORED] == ALL;
            bool given_up = conn == CONN_OUT_OF_MEMORY && times == 2;
            if (!holds || !(all || given_up)) {
                note_case("set %zu, %zu times: %s, %" PRIu64 " stored", at_set, times,
                          conn_strerror(conn), outcomes.count[STORE_STORED]);
                wrong++;
            }
        }
    }
    is_u64(wrong, 0, "%.*s, at each set: the last values stand", (int)strcspn(line, "\r"), line);
}

/* A set of each of two batches that are on their way together. */
static void test_refused_in_both(const char *line, bool no_stats)
{
    size_t wrong = 0;

    for (size_t first = 1; first <= BATCH; first++) {
        for (size_t second = BATCH + 1; second <= 2 * BATCH; second++) {
            struct script script = NOTHING;
            bool holds;
            script.line = line;
            script.at = first;
            script.times = 1;
            script.also_len = VALUE_BYTES + second - 1;
            script.no_stats = no_stats;
            wrong +=
                load(&script, &holds) != CONN_OK || !holds || outcomes.count[STORE_STORED] != ALL;
        }
    }
    is_u64(wrong, 0, "a failure in both batches: the last values stand");
}

static void test_too_large(bool no_stats)
{
    struct script script = NOTHING;
    bool holds;

    script.no_stats = no_stats;
    for (size_t i = 0; i < SETS; i++) {
        size_t same = 0;
        script.always = KEY[i];
        for (size_t k = 0; k < SETS; k++)
            same += strcmp(KEY[k], KEY[i]) == 0;
        enum conn_status conn = load(&script, &holds);
        ok(conn == CONN_OK && holds && outcomes.count[STORE_REFUSED] == same &&
               outcomes.of[WARM + i] == 'R',
           "key %s is too large: these are refused, and no others", KEY[i]);
    }
}

/* Lines that no set may get, at each set: what was not answered before is undelivered. */
static void test_bad_lines(bool no_stats)
{
    static const struct {
        const char *line;
        enum conn_status expected;
    } LINE[] = {
        {"ERROR\r\n", CONN_PROTOCOL},
        {"CLIENT_ERROR bad data chunk\r\n", CONN_PROTOCOL},
        {"NS\r\n", CONN_PROTOCOL},
        {"HD kother\r\n", CONN_PROTOCOL},
        {"EN\r\n", CONN_PROTOCOL},
        {"\x81\x01\r\n", CONN_PROTOCOL},
        {"SERVER_ERROR Connection timed out\r\n", CONN_SERVER_FAILED},
        {"CLIENT_ERROR unauthenticated\r\n", CONN_AUTH},
    };

    for (size_t l = 0; l < COUNT(LINE); l++) {
        size_t wrong = 0;
        for (size_t at_set = 1; at_set <= SETS; at_set++) {
            struct script script = NOTHING;
            bool holds;
            script.line = LINE[l].line;
            script.at = at_set;
            script.times = 1;
            script.no_stats = no_stats;
            enum conn_status conn = load(&script, &holds);
            wrong += conn != LINE[l].expected || !holds ||
                     outcomes.count[STORE_STORED] >= WARM + at_set ||
                     outcomes.count[STORE_STORED] + outcomes.count[STORE_UNDELIVERED] != ALL;
        }
        is_u64(wrong, 0, "%.*s, at each set: given up, none is taken for stored",
               (int)strcspn(LINE[l].line, "\r"), LINE[l].line);
    }
}

/* An answer too many is found at the latest by the last question. */
static void test_surplus(bool no_stats)
{
    static const char *const LINE[] = {"MN\r\n", "HD ka\r\nHD ka\r\n", "STORED\r\nSTORED\r\n"};
    struct script script = NOTHING;
    bool holds;

    script.no_stats = no_stats;
    script.at = SETS;
    script.times = 1;
    for (size_t i = 0; i < COUNT(LINE); i++) {
        script.line = LINE[i];
        enum conn_status conn = load(&script, &holds);
        ok(conn == CONN_PROTOCOL && holds, "an answer too many at the last set");
    }
}

/* An answer too many that comes while nothing is stored, for longer than a connection is kept. */
static void test_surplus_in_rest(const char *line)
{
    enum { REST_MS = 6000 };

    scripted_start(&at, &NOTHING);
    struct store *store = open_store(&at, BATCH, PATIENT_MS);
    put(store, 0, "a", 0, 10);
    store_flush(store);
    struct connection *connection = &store_channel(store)->connection;
    memcpy(connection->bytes + connection->used, line, strlen(line));
    connection->used += strlen(line);
    connection->used_ms -= REST_MS;
    put(store, 1, "b", 1, 10);
    store_flush(store);
    bool found = outcomes.count[STORE_STORED] == 1 && outcomes.count[STORE_UNDELIVERED] == 1;
    ok(store_finish(store) == CONN_PROTOCOL && found, "an answer too many during a rest: %.*s",
       (int)strcspn(line, "\r"), line);
    store_close(store);
    server_kill(&at);
}

/* The connection ends behind this byte. With a fence all is sent again, without one nothing is. */
static bool holds_when_cut(bool answers, bool no_stats, bool reset, long cut)
{
    struct script script = NOTHING;
    bool holds;

    *(answers ? &script.cut_answers : &script.cut_requests) = cut;
    script.reset = reset;
    script.no_stats = no_stats;
    enum conn_status conn = load(&script, &holds);
    bool all = conn == CONN_OK && outcomes.count[STORE_STORED] == ALL;
    bool kept = no_stats && conn == CONN_NO_FENCE &&
                outcomes.count[STORE_STORED] + outcomes.count[STORE_UNDELIVERED] == ALL;
    if (holds && (all || kept))
        return true;
    note_case("cut at %ld, reset %d: %s, %" PRIu64 " stored", cut, reset, conn_strerror(conn),
              outcomes.count[STORE_STORED]);
    return false;
}

/* Each case pauses before it connects again, so several children share them. */
static void test_cuts(bool answers, bool no_stats)
{
    enum { BYTES = 3 * 64, ANSWER_BYTES = 32, CHILDREN = 8 };
    pid_t child[CHILDREN];
    size_t wrong = 0;

    for (long n = 0; n < CHILDREN; n++) {
        child[n] = fork_child();
        if (child[n] > 0)
            continue;
        for (long i = n; i < 2 * (answers ? ANSWER_BYTES : BYTES); i += CHILDREN)
            wrong += !holds_when_cut(answers, no_stats, i % 2 != 0, i / 2);
        fflush(NULL);
        _exit(wrong > 0);
    }
    for (size_t n = 0; n < CHILDREN; n++)
        wrong += wait_child(child[n]) != 0;
    is_u64(wrong, 0, "the connection ends behind each byte of the %s",
           answers ? "answers" : "requests");
}

/*
 * A server that needs 100 ms a request, with a timeout of 1 s: a whole batch
 * would take longer. It works, so nothing is lost and nothing sent again.
 */
static void test_slow(bool no_stats)
{
    enum { RECORDS = 40, DELAY_MS = 100, SHORT_MS = 1000 };
    struct script script = NOTHING;

    script.delay_ms = DELAY_MS;
    script.no_stats = no_stats;
    scripted_start(&at, &script);
    struct store *store = open_store(&at, 0, PATIENT_MS);
    server.timeout_ms = SHORT_MS;
    for (size_t i = 0; i < RECORDS; i++)
        put(store, i, KEY[i % SETS], i, 10);
    ok(store_finish(store) == CONN_OK && server.reconnects == 0,
       "a slow server is not a silent one");
    ended(RECORDS, 0, 0, "slow");
    store_close(store);
    server_kill(&at);
}

/*
 * The refusal comes before the value was read, which the sockets' buffers do
 * not hold. The first one is worth another try, which must wait for the rest.
 */
static void test_refused_at_once(bool no_stats)
{
    enum { LARGE_BYTES = 12 * 1024 * 1024 };
    static char value[LARGE_BYTES];
    struct batch_record large = {
        slice_of("large"), {value, sizeof value}, slice_of("line 1"), 1, 0, 0};
    struct script script = NOTHING;

    script.no_stats = no_stats;
    scripted_start(&at, &script);
    struct store *store = open_store(&at, BATCH, PATIENT_MS);
    put(store, 0, "a", 0, 10);
    store_put(store, &large);
    put(store, 2, "b", 2, 10);
    ok(store_finish(store) == CONN_OK && server.reconnects == 0 && outcomes.in_order,
       "12 MB are refused before they were read");
    is_str(outcomes.of, "SRS", "... and what stands before and behind them is stored");
    store_close(store);
    server_kill(&at);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    fill_bytes();
    for (int way = 0; way < 3; way++) {
        bool no_stats = way == 1;
        protocol = way == 2 ? PROTOCOL_TEXT : PROTOCOL_META;
        note_case("%s", way == 0 ? "quiet meta" : way == 1 ? "meta with answers" : "classic text");
        bool holds;
        struct script script = NOTHING;
        script.no_stats = no_stats;
        ok(load(&script, &holds) == CONN_OK && holds && outcomes.count[0] == ALL,
           "nothing goes wrong");
        test_refused_once("SERVER_ERROR out of memory storing object\r\n", no_stats);
        test_refused_once("SERVER_ERROR Connection refused\r\n", no_stats);
        test_refused_in_both("SERVER_ERROR out of memory storing object\r\n", no_stats);
        test_too_large(no_stats);
        test_refused_at_once(no_stats);
        test_bad_lines(no_stats);
        test_surplus(no_stats);
        test_slow(no_stats);
        test_cuts(false, no_stats);
        test_cuts(true, no_stats);
    }
    protocol = PROTOCOL_META;
    test_surplus_in_rest("MN\r\n");
    test_surplus_in_rest("HD ka\r\n");
    protocol = PROTOCOL_TEXT;
    test_surplus_in_rest("STORED\r\n");
    return done_testing();
}
