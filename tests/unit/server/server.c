/* SPDX-License-Identifier: MIT */
/* server: connecting, counters, and the largest item, against real servers. */
#include "server/server.h"
#include "process/signals.h"
#include "scratch.h"
#include "server/doubt.h"
#include "tap.h"

#include "memcached.h"

enum { TIMEOUT_MS = 5000, PATIENT_MS = 60000 };

static struct server server;

static struct counters read_counters(const struct address *address)
{
    struct counters c;

    counters_read(address, TIMEOUT_MS, &c);
    return c;
}

/* The counters as `stats` tells them over a plain socket. */
static void test_counters(bool local)
{
    struct test_server at = {.arg = {"-I", "2m"}};
    char line[64];

    server_start(&at, local);
    struct counters c = read_counters(&at.address);
    ok(c.pid == at.pid && c.pid == server_stat(&at, "", "pid"), "the server's pid");
    ok(c.item_size_max == 2097152, "its largest item");
    ok(c.total_items == server_stat(&at, "", "total_items") && c.total_items == 0, "its items");
    ok(c.time - c.uptime == c.start, "its clock");
    ok(c.ext_evicted == -1 && c.ext_lost == -1, "no counter of a disk that it does not have");
    ok(c.evictions == 0 && c.cmd_flush == 0, "nothing was evicted or flushed");
    ok(c.nomem == server_stat(&at, "", "slab_reassign_evictions_nomem"),
       "a counter that newer versions do not have: as the server says");
    ok(counters_known(&c), "... it is not needed");
    long long start = server_stat(&at, "", "time") - server_stat(&at, "", "uptime");
    ok(c.start - start <= 1 && start - c.start <= 1,
       "its start, but for a clock that ticks between two readings");
    server_say(&at, "flush_all\r\n", line, sizeof line);
    struct counters after = read_counters(&at.address);
    ok(after.cmd_flush == 1 && counters_doubt(&c, &after, 0, true) == DOUBT_FLUSHED,
       "a flush is seen");
    server_kill(&at);
    c = read_counters(&at.address);
    ok(memcmp(&c, &COUNTERS_UNKNOWN, sizeof c) == 0, "of a dead server nothing is known");
}

/* A small server that is overfilled by the text protocol: the counter is the server's own. */
static void test_evictions(void)
{
    enum { ITEMS = 200, BYTES = 100000 };
    static char value[BYTES + 2];
    struct test_server at = {.arg = {"-m", "8"}};
    char line[64];

    server_start(&at, true);
    struct counters before = read_counters(&at.address);
    memset(value, 'x', BYTES);
    memcpy(value + BYTES, "\r\n", 2);
    FILE *conversation = ask(&at, "");
    for (int i = 0; i < ITEMS; i++) {
        snprintf(line, sizeof line, "set k%d 0 0 %d\r\n", i, BYTES);
        put_all(fileno(conversation), line, strlen(line));
        put_all(fileno(conversation), value, sizeof value);
        read_answer_line(conversation, line, sizeof line);
    }
    fclose(conversation);
    struct counters after = read_counters(&at.address);
    long long evictions = server_stat(&at, "", "evictions"),
              nomem = server_stat(&at, "", "slab_reassign_evictions_nomem");
    ok(evictions > 0 && after.evictions == evictions && after.nomem == nomem, "%lld evictions",
       evictions);
    ok(counters_evicted(&before, &after) == evictions + (nomem < 0 ? 0 : nomem), "... are told");
    ok(counters_doubt(&before, &after, ITEMS, false) == DOUBT_EVICTED, "... and leave a doubt");
    server_kill(&at);
}

static enum conn_status connect_after(enum conn_status why, bool sent)
{
    server_lost(&server, why);
    return server_connect(&server, sent);
}

static void test_connect(bool local)
{
    struct test_server at = {.pid = 0};

    server_start(&at, local);
    server_init(&server, &at.address, TIMEOUT_MS, 0);
    ok(!server.connected && !server.ever_acknowledged && server.reconnects == 0,
       "not connected at first");
    server_drop(&server);
    server_drop(&server);
    ok(connect_after(CONN_OK, false) == CONN_OK && server.connected, "connected");
    ok(server.counters.pid == at.pid && server.reconnects == 0 && server.connected_before,
       "... its counters are read");
    ok((server.local_port != 0) == !local, "... with a port of its own over TCP");
    server_drop(&server);
    ok(!server.connected, "dropped");
    ok(connect_after(CONN_SILENT, false) == CONN_SILENT && !server.connected,
       "nothing was acknowledged and no time is left: what ended the connection is the reason");
    server_is_well(&server);
    ok(connect_after(CONN_LOST, false) == CONN_OK && server.reconnects == 1,
       "after an acknowledged record it connects again");
    server_drop(&server);
    ok(server_connect(&server, false) == CONN_OK && server.reconnects == 1,
       "a new connection after one that did not break is no reconnect");
    server_drop(&server);
    ok(!server.connected, "closed");
    server_drop(&server);
    server_kill(&at);
}

/* Requests were on their way: over TCP it waits for the server, a local socket proves nothing. */
static void test_fence(bool local)
{
    struct test_server at = {.pid = 0};

    server_start(&at, local);
    server_init(&server, &at.address, TIMEOUT_MS, PATIENT_MS);
    connect_after(CONN_OK, false);
    server_drop(&server);
    ok(connect_after(CONN_LOST, true) == (local ? CONN_NO_FENCE : CONN_OK),
       "requests were on their way");
    ok(server.connected == !local, "... is it connected?");
    server_drop(&server);
    server_kill(&at);
    server_start(&at, local);
    ok(connect_after(CONN_LOST, true) == CONN_OK, "a new server process proves all");
    server_drop(&server);
    server_kill(&at);
}

static void test_nobody(void)
{
    struct test_server at = {.pid = 0};

    server_start(&at, true);
    server_kill(&at);
    server_init(&server, &at.address, TIMEOUT_MS, 0);
    ok(connect_after(CONN_LOST, false) == CONN_UNREACHABLE && errno == ECONNREFUSED,
       "nobody listens, no patience");
    ok(!server.connected && !server.connected_before, "... not connected");
    server_init(&server, &at.address, TIMEOUT_MS, INT64_C(3600000));
    raise(SIGTERM);
    ok(connect_after(CONN_LOST, false) == CONN_STOPPED, "a signal ends an hour's patience");
    signals_forgive();
    unlink(at.text);
    scratch_write("passwords", "user:password\n", 14);
    at.arg[0] = "-Y";
    at.arg[1] = "passwords";
    server_start(&at, true);
    server_init(&server, &at.address, TIMEOUT_MS, INT64_C(3600000));
    ok(connect_after(CONN_LOST, false) == CONN_AUTH, "what is hopeless is not tried again");
    server_kill(&at);
}

/* It comes up while it is waited for. */
static void test_patience(void)
{
    struct test_server at = {.pid = 0};

    server_start(&at, true);
    server_kill(&at);
    server_init(&server, &at.address, TIMEOUT_MS, PATIENT_MS);
    pid_t child = fork_child();
    if (child == 0) {
        for (int i = 0; i < 50; i++)
            nap();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        server_start(&at, true);
        pause();
        _exit(0);
    }
    ok(connect_after(CONN_LOST, false) == CONN_OK && server.connected,
       "a server that comes up is waited for");
    ok(server.retry_runs && !server.ever_acknowledged, "... its patience goes on");
    server_is_well(&server);
    ok(!server.retry_runs && server.ever_acknowledged, "... until a record is acknowledged");
    server_drop(&server);
    kill(child, SIGKILL);
    wait_child(child);
}

/* 56 + key + 1 + value + 2 bytes, at most 1,048,576. */
static void test_would_refuse(void)
{
    enum { LIMIT = 1048576 };

    server.counters.item_size_max = LIMIT;
    ok(!server_would_refuse(&server, 10, LIMIT - 56 - 10 - 3), "the largest item");
    ok(server_would_refuse(&server, 10, LIMIT - 56 - 10 - 2), "one byte more in the value");
    ok(server_would_refuse(&server, 11, LIMIT - 56 - 10 - 3), "... or in the key");
    ok(!server_would_refuse(&server, 250, 0) && server_would_refuse(&server, 1, 2 * LIMIT),
       "small and large");
    server.counters.item_size_max = 0;
    ok(server_would_refuse(&server, 1, 0), "a limit of nothing");
    server.counters.item_size_max = -1;
    ok(!server_would_refuse(&server, 250, (size_t)1 << 40), "an unknown limit refuses nothing");
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    for (int local = 0; local < 2; local++) {
        test_counters(local);
        test_connect(local);
        test_fence(local);
    }
    test_evictions();
    test_nobody();
    test_patience();
    test_would_refuse();
    return done_testing();
}
