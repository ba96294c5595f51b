/* SPDX-License-Identifier: MIT */
/*
 * probe: real servers of all modes, and small peers that answer something
 * else: each a child of its own that serves one kind of answer.
 */
#include "server/probe.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include <poll.h>
#include <signal.h>

#include "peer.h"

enum { PATIENT_MS = 60000, IMPATIENT_MS = 300, NOBODY = 65534 };

#define BYTES(literal) literal, sizeof(literal) - 1
#define HEAD(opcode, status, body) "\x81" opcode "\0\0\0\0" status body "\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct peer_script SCRIPT[] = {
    {"a good answer", BYTES(HEAD("\x0b", "\0\0", "\0\0\0\x06") "1.6.18"), false, false, PATIENT_MS,
     CONN_OK},
    {"... byte by byte", BYTES(HEAD("\x0b", "\0\0", "\0\0\0\x06") "1.6.18"), true, false,
     PATIENT_MS, CONN_OK},
    {"... then closed", BYTES(HEAD("\x0b", "\0\0", "\0\0\0\x06") "1.6.18"), false, true, PATIENT_MS,
     CONN_OK},
    {"HTTP", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), false, true, PATIENT_MS,
     CONN_NOT_MEMCACHED},
    {"HTTP, byte by byte", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), true, true, PATIENT_MS,
     CONN_NOT_MEMCACHED},
    {"Redis", BYTES("-ERR unknown command\r\n"), false, false, PATIENT_MS, CONN_NOT_MEMCACHED},
    {"a mail server", BYTES("220 mail ready\r\n"), false, false, PATIENT_MS, CONN_NOT_MEMCACHED},
    {"TLS", BYTES("\x15\x03\x01\0\x02\x02\x46"), false, true, PATIENT_MS, CONN_NOT_MEMCACHED},
    {"ERROR to everything", BYTES("ERROR\r\n"), false, false, PATIENT_MS, CONN_NOT_MEMCACHED},
    {"ERROR, then closed", BYTES("ERROR\r\n"), false, true, PATIENT_MS, CONN_NOT_MEMCACHED},
    {"too many connections", BYTES("ERROR Too many open connections\r\n"), false, true, PATIENT_MS,
     CONN_FULL},
    {"authentication", BYTES("CLIENT_ERROR unauthenticated\r\n"), false, false, PATIENT_MS,
     CONN_AUTH},
    {"the request's magic",
     BYTES("\x80\x0b\0\0\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\0\0\0\0\0"
           "1.6.18"),
     false, false, PATIENT_MS, CONN_NOT_MEMCACHED},
    {"another opcode", BYTES(HEAD("\x0a", "\0\0", "\0\0\0\x06") "1.6.18"), false, false, PATIENT_MS,
     CONN_NOT_MEMCACHED},
    {"a failure", BYTES(HEAD("\x0b", "\0\x81", "\0\0\0\x06") "1.6.18"), false, false, PATIENT_MS,
     CONN_NOT_MEMCACHED},
    {"a version of no bytes", BYTES(HEAD("\x0b", "\0\0", "\0\0\0\0")), false, false, PATIENT_MS,
     CONN_NOT_MEMCACHED},
    {"a version of 33 bytes",
     BYTES(HEAD("\x0b", "\0\0", "\0\0\0\x21") "123456789012345678901234567890123"), false, false,
     PATIENT_MS, CONN_NOT_MEMCACHED},
    {"a version of 64 KiB", BYTES(HEAD("\x0b", "\0\0", "\0\x01\0\0") "1"), false, false, PATIENT_MS,
     CONN_NOT_MEMCACHED},
    {"a version of 4 GiB", BYTES(HEAD("\x0b", "\0\0", "\xff\xff\xff\xff") "1"), false, false,
     PATIENT_MS, CONN_NOT_MEMCACHED},
    {"half a header", BYTES("\x81\x0b\0\0\0\0\0\0\0\0\0\x06"), false, true, PATIENT_MS, CONN_LOST},
    {"half a header that stays", BYTES("\x81\x0b\0\0\0\0\0\0\0\0\0\x06"), false, false,
     IMPATIENT_MS, CONN_SILENT},
    {"silence", BYTES(""), false, false, IMPATIENT_MS, CONN_SILENT},
};

/* The protocol that was found last; the connection is closed. */
static enum protocol found;

static enum conn_status probe_by(const struct address *address, int timeout_ms,
                                 enum protocol wanted)
{
    int fd = -1;
    enum conn_status conn = probe(address, timeout_ms, wanted, &found, &fd);
    int saved = errno;

    if (conn == CONN_OK)
        close(fd);
    errno = saved;
    return conn;
}

static enum conn_status probe_any(const struct address *address, int timeout_ms)
{
    return probe_by(address, timeout_ms, PROTOCOL_AUTO);
}

static void test_scripts(void)
{
    for (size_t i = 0; i < sizeof SCRIPT / sizeof *SCRIPT; i++) {
        struct test_server peer = {.pid = 0};
        peer_start(&peer, &SCRIPT[i]);
        is_peer(probe_any(&peer.address, SCRIPT[i].timeout_ms), SCRIPT[i].expected, SCRIPT[i].name);
        server_kill(&peer);
    }
}

/* Says back what it hears. */
static void test_echo(void)
{
    struct test_server peer = {.pid = 0};
    int listener = listen_somewhere(&peer, 8);
    char heard[4096];

    peer.pid = fork_child();
    if (peer.pid == 0) {
        for (;;) {
            int fd = accept(listener, NULL, NULL);
            for (ssize_t got; (got = read(fd, heard, sizeof heard)) > 0;)
                put_all(fd, heard, (size_t)got);
            close(fd);
        }
    }
    close(listener);
    is_peer(probe_any(&peer.address, PATIENT_MS), CONN_NOT_MEMCACHED, "an echo");
    server_kill(&peer);
}

/* Closes each connection unheard: a reset or an end of file, whichever is first. */
static void test_closing(void)
{
    struct test_server peer = {.pid = 0};
    int listener = listen_somewhere(&peer, 8);

    peer.pid = fork_child();
    if (peer.pid == 0)
        for (;;)
            close(accept(listener, NULL, NULL));
    close(listener);
    enum conn_status got = probe_any(&peer.address, PATIENT_MS);
    ok(got == CONN_LOST || got == CONN_UNREACHABLE, "a peer that closes at once: %s",
       conn_strerror(got));
    ok(!conn_is_hopeless(got), "... may be tried again");
    server_kill(&peer);
}

static void test_servers(void)
{
    static const struct {
        const char *name;
        const char *arg[3];
        enum protocol wanted;
        enum conn_status expected;
        enum protocol found;
    } CASE[] = {
        {"memcached", {NULL}, PROTOCOL_AUTO, CONN_OK, PROTOCOL_META},
        {"... by binary", {NULL}, PROTOCOL_BINARY, CONN_OK, PROTOCOL_BINARY},
        {"... by text", {NULL}, PROTOCOL_TEXT, CONN_OK, PROTOCOL_TEXT},
        {"binary only", {"-B", "binary", NULL}, PROTOCOL_AUTO, CONN_OK, PROTOCOL_BINARY},
        {"... by meta", {"-B", "binary", NULL}, PROTOCOL_META, CONN_OTHER_PROTOCOL, 0},
        {"... by text", {"-B", "binary", NULL}, PROTOCOL_TEXT, CONN_SILENT, 0},
        {"text only", {"-B", "ascii", NULL}, PROTOCOL_AUTO, CONN_OK, PROTOCOL_META},
        {"... by binary", {"-B", "ascii", NULL}, PROTOCOL_BINARY, CONN_OTHER_PROTOCOL, 0},
        {"with a file of passwords", {"-Y", "passwords", NULL}, PROTOCOL_AUTO, CONN_AUTH, 0},
    };

    scratch_write("passwords", "user:password\n", 14);
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        for (int local = 0; local < 2; local++) {
            struct test_server at = {
                .arg = {CASE[i].arg[0], CASE[i].arg[0] ? CASE[i].arg[1] : NULL}};
            server_start(&at, local);
            int timeout_ms = CASE[i].expected == CONN_SILENT ? IMPATIENT_MS : PATIENT_MS;
            is_peer(probe_by(&at.address, timeout_ms, CASE[i].wanted), CASE[i].expected,
                    CASE[i].name);
            ok(CASE[i].expected != CONN_OK || found == CASE[i].found, "... speaks %s",
               protocol_name(CASE[i].found));
            server_kill(&at);
        }
    }
}

static void check_failure(const char *text, enum conn_status expected, int error)
{
    struct test_server peer = {.pid = 0};

    snprintf(peer.text, sizeof peer.text, "%s", text);
    set_address(&peer);
    errno = 0;
    enum conn_status got = probe_any(&peer.address, PATIENT_MS);
    int saved = errno;
    is_peer(got, expected, text);
    is_u64((uint64_t)saved, (uint64_t)error, "... its errno");
}

static void test_nobody(void)
{
    struct test_server peer = {.pid = 0};
    const char *reason;
    struct address nowhere;

    close(listen_somewhere(&peer, 1));
    check_failure(peer.text, CONN_UNREACHABLE, ECONNREFUSED);
    check_failure("./missing.sock", CONN_UNREACHABLE, ENOENT);
    scratch_write("plain", "", 0);
    check_failure("./plain", CONN_UNREACHABLE, ECONNREFUSED);
    address_parse("no.such.host.invalid:1", &nowhere, &reason);
    enum conn_status got = probe_any(&nowhere, PATIENT_MS);
    ok(got == CONN_NO_HOST || got == CONN_UNRESOLVED, "an unknown name: %s", conn_strerror(got));
}

static void test_denied(void)
{
    struct test_server at = {.pid = 0};

    server_start(&at, true);
    chmod(scratch_folder, 0755);
    pid_t pid = fork_child();
    if (pid == 0)
        _exit((geteuid() != 0 || setuid(NOBODY) == 0) &&
                      probe_any(&at.address, PATIENT_MS) == CONN_DENIED
                  ? 0
                  : 1);
    if (geteuid() == 0)
        is_u64((uint64_t)wait_child(pid), 0, "a socket of 0600 is denied to others");
    else
        ok(wait_child(pid) >= 0, "a socket of 0600 # skip not root");
    server_kill(&at);
}

static void test_stop(void)
{
    struct test_server peer = {.pid = 0};
    int listener = listen_somewhere(&peer, 1);

    pid_t pid = fork_child();
    if (pid == 0) {
        poll(NULL, 0, 200);
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    is_peer(probe_any(&peer.address, PATIENT_MS), CONN_STOPPED, "a signal");
    wait_child(pid);
    signals_forgive();
    close(listener);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    test_scripts();
    test_echo();
    test_closing();
    test_servers();
    test_nobody();
    test_denied();
    test_stop();
    return done_testing();
}
