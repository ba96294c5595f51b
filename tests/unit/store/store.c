/* SPDX-License-Identifier: MIT */
/*
 * store: against real servers. What a server holds afterwards is read back by
 * the text protocol. Every record must have exactly one outcome, in order.
 */
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include "memcached.h"
#include "store_fixture.h"

/* So many records by batches of so many, whether they fill batches exactly or not. */
static void test_counts(struct test_server *at)
{
    static const size_t BATCH[] = {1, 2, 3, 255, 256, 1024};
    char name[64], line[64];

    for (size_t b = 0; b < COUNT(BATCH); b++) {
        const size_t n[] = {0,
                            1,
                            BATCH[b] - 1,
                            BATCH[b],
                            BATCH[b] + 1,
                            2 * BATCH[b],
                            2 * BATCH[b] + 1,
                            5 * BATCH[b] + 2};
        for (size_t i = 0; i < COUNT(n); i++) {
            server_say(at, "flush_all\r\n", line, sizeof line);
            struct store *store = open_store(at, BATCH[b], 0);
            for (size_t number = 0; number < n[i]; number++)
                put_number(store, number);
            store_flush(store);
            bool none = store_pending(store) == 0;
            bool good = store_finish(store) == CONN_OK && none && outcomes.in_order &&
                        outcomes.count[0] == n[i] && wrong_numbers(at, 0, n[i]) == 0;
            snprintf(name, sizeof name, "%zu records by batches of %zu", n[i], BATCH[b]);
            ok(good && outcomes.next == n[i], "%s", name);
            store_close(store);
        }
    }
}

/* The last of a key is what stays. */
static void test_duplicates(struct test_server *at)
{
    static const size_t BATCH[] = {1, 2, 7, 1024};

    for (size_t b = 0; b < COUNT(BATCH); b++) {
        struct store *store = open_store(at, BATCH[b], 0);
        for (uint64_t number = 0; number < 1000; number++)
            put(store, number, number % 3 ? "same" : "other", number, 100);
        ok(store_finish(store) == CONN_OK, "1,000 records of two keys, by batches of %zu",
           BATCH[b]);
        ended(1000, 0, 0, "two keys");
        FILE *conversation = ask(at, "");
        ok(server_holds(conversation, "same", bytes + 998, 100) &&
               server_holds(conversation, "other", bytes + 999, 100),
           "... the last values stay");
        fclose(conversation);
        store_close(store);
    }
}

/* On the wire a record takes 24 + 8 + key + value; the library's buffer has 8,196 bytes. */
static void test_buffer_edges(struct test_server *at)
{
    enum { KEY = 8, HEAD = 32 };
    static const size_t MULTIPLE[] = {8196, 16392, 24588, 65536, 131072};
    size_t wrong = 0, number = 0;
    char key[32];
    struct store *store = open_store(at, 3, 0);

    for (size_t m = 0; m < COUNT(MULTIPLE); m++) {
        for (size_t wire = MULTIPLE[m] - 40; wire <= MULTIPLE[m] + 40; wire++, number++) {
            snprintf(key, sizeof key, "%0*zu", KEY, number);
            put(store, number, key, number % 64, wire - HEAD - KEY);
            if (number % 2)
                store_flush(store);
        }
    }
    ok(store_finish(store) == CONN_OK, "values around the multiples of 8,196");
    ended(number, 0, 0, "buffer edges");
    FILE *conversation = ask(at, "");
    for (size_t i = 0; i < number; i++) {
        size_t wire = MULTIPLE[i / 81] - 40 + i % 81;
        snprintf(key, sizeof key, "%0*zu", KEY, i);
        wrong += !server_holds(conversation, key, bytes + i % 64, wire - HEAD - KEY);
    }
    fclose(conversation);
    is_u64(wrong, 0, "... all of them whole");
    store_close(store);
}

/* Records larger than a batch's bytes, between small ones; and empty values. */
static void test_large(struct test_server *at)
{
    static const size_t LEN[] = {10, 300000, 0,     10, 700000,  700000,
                                 1,  262144, 65536, 0,  1000000, 5};
    struct store *store = open_store(at, 256, 0);
    FILE *conversation = ask(at, "");
    size_t wrong = 0;
    char key[32];

    for (size_t i = 0; i < COUNT(LEN); i++) {
        snprintf(key, sizeof key, "large%zu", i);
        put(store, i, key, i, LEN[i]);
    }
    ok(store_finish(store) == CONN_OK, "large records between small ones");
    ended(COUNT(LEN), 0, 0, "large records");
    for (size_t i = 0; i < COUNT(LEN); i++) {
        snprintf(key, sizeof key, "large%zu", i);
        wrong += !server_holds(conversation, key, bytes + i, LEN[i]);
    }
    is_u64(wrong, 0, "... all of them whole");
    fclose(conversation);
    store_close(store);
}

/* A key of 250 bytes, and bytes that a text protocol could not take. */
static void test_keys(struct test_server *at)
{
    char key[251];
    struct store *store = open_store(at, 10, 0);

    memset(key, 'k', 250);
    key[250] = '\0';
    put(store, 0, key, 0, 10);
    key[249] = '\0';
    put(store, 1, key, 1, 10);
    put(store, 2, "\xff\x80", 2, 10);
    ok(store_finish(store) == CONN_OK, "keys of 250 bytes and of bytes above 0x7f");
    ended(3, 0, 0, "keys");
    FILE *conversation = ask(at, "");
    bool shorter = server_holds(conversation, key, bytes + 1, 10);
    key[249] = 'k';
    ok(shorter && server_holds(conversation, key, bytes, 10) &&
           server_holds(conversation, "\xff\x80", bytes + 2, 10),
       "... are there");
    fclose(conversation);
    store_close(store);
}

/* found: what is spoken then. */
static void test_all(bool local, const char *mode, enum protocol wanted, const char *found)
{
    struct test_server at = {.arg = {"-m", "256", "-I", "2m", "-B", mode}};

    note_case("%s, -B %s: %s", local ? "local" : "TCP", mode, found);
    protocol = wanted;
    server_start(&at, local);
    test_counts(&at);
    test_duplicates(&at);
    test_buffer_edges(&at);
    test_large(&at);
    test_keys(&at);
    struct store *store = open_store(&at, 1, 0);
    ok(!store_protocol(store) && store_connect(store) == CONN_OK,
       "the protocol is not known before");
    is_str(store_protocol(store), found, "... and then it is");
    store_close(store);
    server_kill(&at);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    fill_bytes();
    for (int local = 0; local < 2; local++) {
        test_all(local, "auto", PROTOCOL_AUTO, "meta");
        test_all(local, "ascii", PROTOCOL_AUTO, "meta");
        test_all(local, "auto", PROTOCOL_BINARY, "binary");
        test_all(local, "ascii", PROTOCOL_TEXT, "text");
    }
    store_close(NULL);
    return done_testing();
}
