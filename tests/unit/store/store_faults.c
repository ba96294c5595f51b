/* SPDX-License-Identifier: MIT */
/*
 * store: servers that refuse, die, come back, or are cut off. Whatever
 * happens, every record has one outcome, in order, and each that counts as
 * stored was acknowledged.
 */
#include "process/signals.h"
#include "scratch.h"
#include "server/doubt.h"
#include "tap.h"

#include "memcached.h"
#include "store_fixture.h"

enum { RECORDS = 2000, BATCH = 64, PATIENT_MS = 60000 };

static struct test_server at;

static void start(bool local, const char *const *arg)
{
    at = (struct test_server){.pid = 0};
    for (size_t i = 0; arg && arg[i]; i++)
        at.arg[i] = arg[i];
    server_start(&at, local);
}

static void put_all_numbers(struct store *store)
{
    for (uint64_t number = 0; number < RECORDS; number++)
        put_number(store, number);
}

/* First stored ones, then undelivered ones, and no others. */
static bool is_cut_once(void)
{
    size_t i = 0;

    while (i < RECORDS && outcomes.of[i] == 'S')
        i++;
    while (i < RECORDS && outcomes.of[i] == 'U')
        i++;
    return i == RECORDS && outcomes.in_order && outcomes.next == RECORDS;
}

/* memcached's item: 56 bytes, the key, a NUL, the value, CRLF: at most item_size_max. */
static void test_too_large(bool local)
{
    const char *const SMALL[] = {"-I", "8k", "-o", chunks_of_4k(), NULL};
    enum { LIMIT = 8192 - 56 - 4 - 1 - 2 };
    static const size_t LEN[] = {10,        LIMIT,     LIMIT + 1, LIMIT - 1, LIMIT + 1,
                                 LIMIT + 1, LIMIT + 2, LIMIT,     300000,    5,
                                 LIMIT + 1, 900000,    900000,    7,         LIMIT + 1};
    char key[8], line[64];
    bool right = true, told = true;

    start(local, SMALL);
    struct store *store = open_store(&at, 4, 0);
    for (size_t i = 0; i < COUNT(LEN); i++) {
        snprintf(key, sizeof key, "k%03zu", i);
        put(store, i, key, 0, LEN[i]);
    }
    ok(store_finish(store) == CONN_OK, "values around the largest item");
    ended(6, 9, 0, "too large");
    is_u64((uint64_t)server.counters.item_size_max, 8192, "the server's limit is known");
    FILE *conversation = ask(&at, "");
    for (size_t i = 0; i < COUNT(LEN); i++) {
        snprintf(key, sizeof key, "k%03zu", i);
        right = right && outcomes.of[i] == (LEN[i] > LIMIT ? 'R' : 'S');
        right = right && (LEN[i] > LIMIT || server_holds(conversation, key, bytes, LEN[i]));
        told = told && server_would_refuse(&server, 4, LEN[i]) == (LEN[i] > LIMIT);
    }
    fclose(conversation);
    ok(right, "... each outcome belongs to its record");
    ok(told, "... and server_would_refuse tells it before");
    server_say(&at, "get k002\r\n", line, sizeof line);
    is_str(line, "END", "... a refused one is not there");
    store_close(store);
    server_kill(&at);
}

/* Sent but not settled, and that which is being filled. */
static size_t batches_on_way(void)
{
    return protocol == PROTOCOL_BINARY ? 2 : 9;
}

static void kill_server(void)
{
    server_kill(&at);
}

static void test_killed(bool local)
{
    start(local, NULL);
    struct store *store = open_store(&at, BATCH, 0);
    on_number = 700;
    at_number = kill_server;
    put_all_numbers(store);
    enum conn_status peer = store_finish(store);
    int error = errno;
    ok(is_cut_once() && outcomes.count[0] > 700 &&
           outcomes.count[0] <= 700 + batches_on_way() * BATCH,
       "killed at record 700: %" PRIu64 " stored, the others undelivered", outcomes.count[0]);
    ok(peer == CONN_UNREACHABLE && server_failure(&server) == peer, "... it is unreachable (%d)",
       peer);
    server_failure(&server);
    ok(errno == ECONNREFUSED, "... errno says why (%d, %d)", errno, error);
    put_number(store, RECORDS);
    ok(outcomes.next == RECORDS + 1 && outcomes.in_order && store_pending(store) == 0,
       "... later ones are undelivered at once");
    store_close(store);
}

static void restart_server(void)
{
    server_kill(&at);
    server_start(&at, at.address.port == 0);
}

/* Records that were not acknowledged by the first server are in the second. */
static void test_restarted(bool local)
{
    start(local, NULL);
    struct store *store = open_store(&at, BATCH, PATIENT_MS);
    on_number = 700;
    at_number = restart_server;
    put_all_numbers(store);
    ok(store_finish(store) == CONN_OK, "restarted at record 700");
    ended(RECORDS, 0, 0, "restarted");
    is_u64(server.reconnects, 1, "... one reconnect");
    is_u64(wrong_numbers(&at, 701 + batches_on_way() * BATCH, RECORDS), 0,
           "... the new server has the later ones");
    struct counters after;
    counters_read(&at.address, TIMEOUT_MS, &after);
    ok(counters_restarted(&server.counters, &after), "... and its counters tell that it is new");
    store_close(store);
    server_kill(&at);
}

/* Cuts our own connections to the server, which lives on. */
static void cut_connections(void)
{
    struct sockaddr_in peer;

    for (int fd = 3; fd < 256; fd++) {
        socklen_t len = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
            ntohs(peer.sin_port) == at.address.port)
            shutdown(fd, SHUT_RDWR);
    }
}

static void test_cut(size_t batch)
{
    start(false, NULL);
    struct store *store = open_store(&at, batch, PATIENT_MS);
    on_number = 700;
    at_number = cut_connections;
    put_all_numbers(store);
    ok(store_finish(store) == CONN_OK, "cut at record 700, by batches of %zu", batch);
    ended(RECORDS, 0, 0, "cut");
    /* With all records on their way the answers may all have come before the cut. */
    ok(server.reconnects == 1 || (server.reconnects == 0 && batches_on_way() * batch >= RECORDS),
       "... one reconnect");
    is_u64(wrong_numbers(&at, 0, RECORDS), 0, "... all are there");
    store_close(store);
    server_kill(&at);
}

/* The same key over and over, across the cut: the last value stays. */
static void test_order_across_cut(void)
{
    start(false, NULL);
    struct store *store = open_store(&at, 256, PATIENT_MS);
    on_number = 600;
    at_number = cut_connections;
    for (uint64_t number = 0; number < 1500; number++)
        put(store, number, "same", number, 50);
    ok(store_finish(store) == CONN_OK && outcomes.count[0] == 1500,
       "one key 1,500 times, cut at 600");
    FILE *conversation = ask(&at, "");
    ok(server_holds(conversation, "same", bytes + 1499, 50), "... the last value stays");
    fclose(conversation);
    store_close(store);
    server_kill(&at);
}

/* Returns when all of its threads have stopped. */
static void stop_server(void)
{
    kill(at.pid, SIGSTOP);
    if (waitpid(at.pid, NULL, WUNTRACED) != at.pid)
        scratch_bail("waitpid");
}

/* A stopped server: nothing was answered, nothing counts. */
static void test_silent(void)
{
    start(true, NULL);
    struct store *store = open_store(&at, BATCH, 0);
    put_number(store, 0);
    store_flush(store);
    server.timeout_ms = 300;
    stop_server();
    for (uint64_t number = 1; number < 11; number++)
        put_number(store, number);
    ok(store_finish(store) == CONN_SILENT, "a stopped server is silent");
    ended(1, 0, 10, "stopped");
    store_close(store);
    server_kill(&at);
}

/* Stopped for a while, longer than the timeout; over TCP it is waited for. */
static void test_continued(void)
{
    start(false, NULL);
    struct store *store = open_store(&at, BATCH, PATIENT_MS);
    put_number(store, 0);
    store_flush(store);
    server.timeout_ms = 300;
    stop_server();
    pid_t child = fork_child();
    if (child == 0) {
        for (int i = 0; i < 400; i++)
            nap();
        _exit(kill(at.pid, SIGCONT) == 0 ? 0 : 1);
    }
    for (uint64_t number = 1; number < RECORDS; number++)
        put_number(store, number);
    ok(store_finish(store) == CONN_OK, "stopped and continued");
    ended(RECORDS, 0, 0, "continued");
    is_u64(wrong_numbers(&at, 0, RECORDS), 0, "... all are there");
    wait_child(child);
    store_close(store);
    server_kill(&at);
}

/* -M: no room is made by evictions. One retry, then it gives up. */
static void test_out_of_memory(bool local)
{
    static const char *const FULL[] = {"-M", "-m", "8", NULL};
    size_t held = 0;
    char key[32], line[64];

    start(local, FULL);
    struct store *store = open_store(&at, 16, PATIENT_MS);
    for (uint64_t number = 0; number < RECORDS; number++) {
        snprintf(key, sizeof key, "key:%" PRIu64, number);
        put(store, number, key, 0, 50000);
    }
    enum conn_status peer = store_finish(store);
    ok(peer == CONN_OUT_OF_MEMORY, "a full server (%d)", peer);
    ok(is_cut_once() && outcomes.count[0] > 20, "... %" PRIu64 " stored, the others undelivered",
       outcomes.count[0]);
    for (uint64_t number = 0; number < outcomes.count[0]; number++) {
        snprintf(line, sizeof line, "mg key:%" PRIu64 "\r\n", number);
        server_say(&at, line, line, sizeof line);
        held += strncmp(line, "HD", 2) == 0;
    }
    is_u64(held, outcomes.count[0], "... all that count as stored are there");
    store_close(store);
    server_kill(&at);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    fill_bytes();
    for (protocol = PROTOCOL_META; protocol <= PROTOCOL_TEXT; protocol++) {
        note_case("by %s", protocol_name(protocol));
        for (int local = 0; local < 2; local++) {
            test_too_large(local);
            test_killed(local);
            test_restarted(local);
            test_out_of_memory(local);
        }
        test_cut(1);
        test_cut(BATCH);
        test_cut(1024);
        test_order_across_cut();
        test_silent();
        test_continued();
    }
    return done_testing();
}
