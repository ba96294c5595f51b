/* SPDX-License-Identifier: MIT */
/* verify: what is found equal, missing or different. The servers are filled by the text protocol.
 */
#include "sink/verify.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include "memcached.h"

enum { TIMEOUT_MS = 5000 };

static struct test_server at;
static struct server server;
static struct verify_counts counts;
static enum protocol protocol;
static char bytes[1000100];

static void set(const char *key, size_t offset, size_t len)
{
    char line[400];
    FILE *conversation = ask(&at, "");

    snprintf(line, sizeof line, "set %s 0 0 %zu\r\n", key, len);
    put_all(fileno(conversation), line, strlen(line));
    put_all(fileno(conversation), bytes + offset, len);
    put_all(fileno(conversation), "\r\n", 2);
    read_answer_line(conversation, line, sizeof line);
    fclose(conversation);
    if (strcmp(line, "STORED") != 0)
        scratch_bail("set");
}

static uint64_t given_back;

static void give_back(void *context, enum verify_why why, const struct batch_record *record)
{
    (void)context;
    given_back += why == VERIFY_UNDELIVERED && record->line.len > 0;
}

static struct verify *open_verify(size_t batch)
{
    counts = (struct verify_counts){0};
    given_back = 0;
    server_init(&server, &at.address, TIMEOUT_MS, 0);
    return verify_open(&server, protocol, batch, &counts, give_back, NULL);
}

static void put(struct verify *verify, const char *key, size_t offset, size_t len)
{
    struct batch_record record = {
        .key = slice_of(key), .value = {bytes + offset, len}, .line = slice_of("line")};

    verify_put(verify, &record);
}

static void counted(uint64_t verified, uint64_t missing, uint64_t differing, uint64_t undelivered,
                    const char *name)
{
    ok(counts.verified == verified && counts.missing == missing && counts.differing == differing &&
           counts.undelivered == undelivered,
       "%s: %" PRIu64 " verified, %" PRIu64 " missing, %" PRIu64 " differing, %" PRIu64
       " undelivered",
       name, counts.verified, counts.missing, counts.differing, counts.undelivered);
}

/* The line of keys, one letter each: e equal, m missing, d different, s shorter, l longer. */
static void check_line(const char *line, size_t batch)
{
    uint64_t expected[3] = {0}; /* equal, missing, different */
    struct verify *verify = open_verify(batch);
    char key[8] = "x:k";

    for (; *line; line++) {
        key[0] = *line;
        put(verify, key, *line == 'd' ? 1 : 0, *line == 's' ? 99 : *line == 'l' ? 101 : 100);
        expected[*line == 'e' ? 0 : *line == 'm' ? 1 : 2]++;
    }
    verify_flush(verify);
    ok(verify_pending(verify) == 0 && server_failure(&server) == CONN_OK,
       "batches of %zu: nothing is open", batch);
    /* Keys that differ once and are never equal stay so. */
    counted(expected[0], expected[1], expected[2], 0, "one letter a key");
    verify_close(verify);
}

static void test_lines(void)
{
    static const char *const LINE[] = {
        "", "e", "m", "d", "s", "l", "em", "me", "mmm", "emdslmemdslmee", "mmeemmddmm"};
    static const size_t BATCH[] = {1, 2, 3, 256, 1024};

    set("e:k", 0, 100);
    set("d:k", 0, 100);
    set("s:k", 0, 100);
    set("l:k", 0, 100);
    for (size_t i = 0; i < sizeof LINE / sizeof *LINE; i++)
        for (size_t b = 0; b < sizeof BATCH / sizeof *BATCH; b++)
            check_line(LINE[i], BATCH[b]);
}

/* Only the last value of a key is there; the lines before it were overwritten, as they should be.
 */
static void test_overwritten(void)
{
    static const size_t BATCH[] = {1, 2, 5, 1024};

    set("again", 7, 50);
    set("other", 8, 50);
    for (size_t b = 0; b < sizeof BATCH / sizeof *BATCH; b++) {
        struct verify *verify = open_verify(BATCH[b]);
        for (size_t i = 0; i < 7; i++)
            put(verify, "again", i, 50);
        verify_flush(verify);
        counted(0, 0, 7, 0, "seven old values");
        put(verify, "again", 7, 50);
        put(verify, "other", 1, 50);
        verify_flush(verify);
        counted(8, 0, 1, 0, "... and the last one");
        put(verify, "again", 3, 50);
        verify_flush(verify);
        counted(8, 0, 2, 0, "an old one behind it differs");
        put(verify, "again", 7, 50);
        put(verify, "other", 8, 50);
        verify_flush(verify);
        counted(12, 0, 0, 0, "... until it is equal again");
        verify_close(verify);
    }
}

static void test_sizes(void)
{
    static const size_t LEN[] = {0, 1, 8196, 65536, 300000, 1000000, 0, 5};
    struct verify *verify;
    char key[251];

    for (size_t i = 0; i < sizeof LEN / sizeof *LEN; i++) {
        snprintf(key, sizeof key, "size%zu", i);
        set(key, i, LEN[i]);
    }
    memset(key, 'k', 250);
    key[250] = '\0';
    set(key, 3, 3);
    verify = open_verify(256);
    for (size_t i = 0; i < sizeof LEN / sizeof *LEN; i++) {
        char name[16];
        snprintf(name, sizeof name, "size%zu", i);
        put(verify, name, i, LEN[i]);
    }
    put(verify, key, 3, 3);
    verify_flush(verify);
    counted(9, 0, 0, 0, "values of all sizes and a key of 250 bytes");
    verify_close(verify);
}

/* One key is the beginning of another: each has its own account. */
static void test_prefixes(void)
{
    struct verify *verify = open_verify(1);

    set("pre", 0, 10);
    set("prefix", 0, 10);
    put(verify, "prefix", 1, 10);
    put(verify, "pre", 1, 10);
    put(verify, "pre", 1, 10);
    put(verify, "prefix", 0, 10);
    verify_flush(verify);
    counted(2, 0, 2, 0, "the longer key is found equal in the end, the shorter one is not");
    verify_close(verify);
}

/* Many batches, every third key missing. */
static void test_many(void)
{
    enum { KEYS = 3000 };
    struct verify *verify = open_verify(256);
    char line[64], key[32];
    FILE *conversation = ask(&at, "");

    for (int i = 0; i < KEYS; i++) {
        if (i % 3 == 0)
            continue;
        snprintf(line, sizeof line, "set many:%d 0 0 1\r\n%c\r\n", i, bytes[i % 100]);
        put_all(fileno(conversation), line, strlen(line));
        read_answer_line(conversation, line, sizeof line);
    }
    fclose(conversation);
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "many:%d", i);
        put(verify, key, (size_t)i % 100, 1);
    }
    verify_flush(verify);
    counted(2000, 1000, 0, 0, "3,000 keys");
    verify_close(verify);
}

/* Keys of 250 bytes that differ: 8 MiB of them, 64 bytes beside each, are 26,715. */
static void test_too_many_differing(void)
{
    enum { KEYS = 27500 };
    struct verify *verify = open_verify(1024);
    static char line[400];
    FILE *conversation = ask(&at, "");

    for (int i = 0; i < KEYS; i++) {
        snprintf(line, sizeof line, "set %0250d 0 0 1 noreply\r\nx\r\n", i);
        put_all(fileno(conversation), line, strlen(line));
    }
    put_all(fileno(conversation), "version\r\n", 9);
    read_answer_line(conversation, line, sizeof line);
    fclose(conversation);
    for (int i = 0; i < KEYS; i++) {
        snprintf(line, sizeof line, "%0250d", i);
        struct batch_record record = {.key = slice_of(line), .value = slice_of("y")};
        verify_put(verify, &record);
    }
    verify_flush(verify);
    ok(server_failure(&server) == CONN_NO_RESOURCES, "too many keys that differ");
    is_u64((uint64_t)errno, ENOMEM, "... errno says so");
    ok(counts.differing > 20000 && counts.differing + counts.undelivered == KEYS,
       "... %" PRIu64 " of them, %" PRIu64 " were not looked at", counts.differing,
       counts.undelivered);
    verify_close(verify);
}

static void test_lost(void)
{
    struct verify *verify = open_verify(4);

    put(verify, "e:k", 0, 100);
    put(verify, "m:k", 0, 100);
    verify_flush(verify);
    server_kill(&at);
    for (int i = 0; i < 10; i++)
        put(verify, "e:k", 0, 100);
    verify_flush(verify);
    counted(1, 1, 0, 10, "the server was killed");
    ok(server_failure(&server) == CONN_UNREACHABLE && errno == ECONNREFUSED,
       "... it is unreachable");
    ok(verify_connect(verify) == CONN_UNREACHABLE && verify_pending(verify) == 0,
       "... and stays so");
    verify_close(verify);
    verify_close(NULL);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('A' + i % 26);
    for (protocol = PROTOCOL_META; protocol <= PROTOCOL_TEXT; protocol++) {
        note_case("by %s", protocol_name(protocol));
        for (int local = 0; local < 2; local++) {
            at = (struct test_server){.pid = 0};
            server_start(&at, local);
            test_lines();
            test_overwritten();
            test_sizes();
            test_prefixes();
            test_many();
            if (local)
                test_too_many_differing();
            test_lost();
        }
    }
    return done_testing();
}
