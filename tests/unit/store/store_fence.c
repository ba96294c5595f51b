/* SPDX-License-Identifier: MIT */
/*
 * store: a connection that breaks with sets on their way. The peer between
 * here and the server takes the first of them and closes; everything else it
 * passes on. So the server lives, none of the sets was answered, and no
 * connection that it lists is ours: nothing proves that they are gone.
 */
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include "memcached.h"
#include "store_fixture.h"

#include <poll.h>

enum { PAIRS_MAX = 16, SETS = 20, PATIENT_MS = 60000 };

static struct test_server at;    /* the real one */
static struct test_server front; /* what the store talks to */

static bool is_set(const char *bytes_sent, size_t len)
{
    return len > 4 && (memcmp(bytes_sent, "\x80\x01", 2) == 0 ||
                       memcmp(bytes_sent, "ms ", 3) == 0 || memcmp(bytes_sent, "set ", 4) == 0);
}

/* Passes on what one side says to the other. False: it has ended, or a set is swallowed. */
static bool pass_on(int from, int to, bool *swallow)
{
    char chunk[65536];
    ssize_t got = read(from, chunk, sizeof chunk);

    if (got <= 0)
        return false;
    if (*swallow && is_set(chunk, (size_t)got)) {
        *swallow = false;
        return false;
    }
    put_all(to, chunk, (size_t)got);
    return true;
}

__attribute__((noreturn)) static void serve(int listener)
{
    struct pollfd side[2 * PAIRS_MAX + 1];
    nfds_t count = 1;
    bool swallow = true;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    side[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    while (poll(side, count, -1) > 0) {
        for (nfds_t i = 1; i < count; i += 2) {
            if ((side[i].revents && !pass_on(side[i].fd, side[i + 1].fd, &swallow)) ||
                (side[i + 1].revents && !pass_on(side[i + 1].fd, side[i].fd, &(bool){false}))) {
                close(side[i].fd);
                close(side[i + 1].fd);
                side[i].fd = side[i + 1].fd = -1;
            }
        }
        if (side[0].revents && count < 2 * PAIRS_MAX) {
            side[count++] = (struct pollfd){.fd = accept(listener, NULL, NULL), .events = POLLIN};
            side[count++] = (struct pollfd){.fd = server_dial(&at.address), .events = POLLIN};
        }
    }
    _exit(0);
}

static int listen_at(bool local)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET};
    socklen_t len = sizeof port;
    int listener = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    strcpy(path.sun_path, "front.sock");
    if (bind(listener, local ? (struct sockaddr *)&path : (struct sockaddr *)&port,
             local ? sizeof path : sizeof port) < 0 ||
        listen(listener, 8) < 0)
        scratch_bail("bind");
    getsockname(listener, (struct sockaddr *)&port, &len);
    if (local)
        snprintf(front.text, sizeof front.text, "./front.sock");
    else
        snprintf(front.text, sizeof front.text, "127.0.0.1:%u", ntohs(port.sin_port));
    set_address(&front);
    return listener;
}

static void start(bool local)
{
    at = (struct test_server){.pid = 0};
    server_start(&at, local);
    int listener = listen_at(local);
    front.pid = fork_child();
    if (front.pid == 0)
        serve(listener);
    close(listener);
}

static void test_no_fence(bool local)
{
    char line[64];

    start(local);
    struct store *store = open_store(&front, SETS, PATIENT_MS);
    for (uint64_t number = 0; number < SETS; number++)
        put_number(store, number);
    store_flush(store);
    enum conn_status peer = store_finish(store);
    ok(peer == CONN_NO_FENCE, "%s: broken with sets on their way, and no proof (%d)",
       local ? "local" : "translated", peer);
    ended(0, 0, SETS, "no fence");
    server_say(&at, "get key:1\r\n", line, sizeof line);
    is_str(line, "END", "... nothing was sent a second time");
    put_number(store, SETS);
    ok(outcomes.count[STORE_UNDELIVERED] == SETS + 1, "... and nothing more is sent");
    store_close(store);
    server_kill(&front);
    server_kill(&at);
    unlink("front.sock");
}

/* Seconds that a key has left by the server's own word; -1: it stays for ever. */
static long long seconds_left(const char *key)
{
    char line[64];

    snprintf(line, sizeof line, "mg %s t\r\n", key);
    server_say(&at, line, line, sizeof line);
    return strncmp(line, "HD t", 4) == 0 ? strtoll(line + 4, NULL, 10) : -2;
}

/* An expiry of more than 30 days would be taken for a date. A minute may pass between here and
 * there. */
static void test_expiry(void)
{
    static const int64_t TTL[] = {60, 3600, 30 * 86400, 30 * 86400 + 1, 31 * 86400, 365 * 86400};
    struct store_options options = {.batch_records = 1, .on_outcome = note, .context = &outcomes};

    at = (struct test_server){.pid = 0};
    server_start(&at, true);
    struct store *store = open_store(&at, 1, 0);
    put(store, 0, "for-ever", 0, 10);
    ok(store_finish(store) == CONN_OK && seconds_left("for-ever") == -1, "without an expiry");
    store_close(store);
    for (size_t i = 0; i < COUNT(TTL); i++) {
        outcomes = (struct outcomes){.in_order = true};
        options.protocol = protocol;
        options.ttl_seconds = TTL[i];
        server_init(&server, &at.address, TIMEOUT_MS, 0);
        store = store_open(&server, &options);
        put(store, 0, "expiring", 0, 10);
        enum conn_status peer = store_finish(store);
        long long left = seconds_left("expiring");
        ok(peer == CONN_OK && left > TTL[i] - 60 && left <= TTL[i] + 1,
           "an expiry of %" PRId64 " s: %lld left", TTL[i], left);
        store_close(store);
    }
    server_kill(&at);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    fill_bytes();
    for (protocol = PROTOCOL_META; protocol <= PROTOCOL_TEXT; protocol++) {
        note_case("by %s", protocol_name(protocol));
        test_no_fence(true);
        test_no_fence(false);
        test_expiry();
    }
    return done_testing();
}
