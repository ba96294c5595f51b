/*
 * text_set: what each answer to a set means. The peer is a child that speaks
 * text only: "get" is not found, statistics are unknown, and a set is answered
 * by the case's bytes.
 */
#include "store/text_set.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include "memcached.h"

enum { PATIENT_MS = 60000, IMPATIENT_MS = 300 };

struct script {
    const char *answer;
    bool closes; /* after it */
    int timeout_ms;
    enum conn_status expected;
    bool stored, undone;
};

static const struct script SCRIPT[] = {
    {"STORED\r\n", false, PATIENT_MS, CONN_OK, true, false},
    {"STORED\r\n", true, PATIENT_MS, CONN_OK, true, false},
    {"SERVER_ERROR object too large for cache\r\n", false, PATIENT_MS, CONN_OK, false, false},
    {"SERVER_ERROR out of memory storing object\r\n", false, PATIENT_MS, CONN_OUT_OF_MEMORY, false,
     true},
    {"SERVER_ERROR Connection refused\r\n", false, PATIENT_MS, CONN_BEHIND, false, true},
    {"SERVER_ERROR Connection timed out\r\n", false, PATIENT_MS, CONN_SERVER_FAILED, false, false},
    {"SERVER_ERROR Connection reset by peer\r\n", false, PATIENT_MS, CONN_SERVER_FAILED, false,
     false},
    {"SERVER_ERROR unknown\r\n", false, PATIENT_MS, CONN_SERVER_FAILED, false, false},
    {"SERVER_ERROR\r\n", false, PATIENT_MS, CONN_SERVER_FAILED, false, false},
    {"NOT_STORED\r\n", false, PATIENT_MS, CONN_PROTOCOL, false, false},
    {"EXISTS\r\n", false, PATIENT_MS, CONN_PROTOCOL, false, false},
    {"NOT_FOUND\r\n", false, PATIENT_MS, CONN_PROTOCOL, false, false},
    {"ERROR\r\n", false, PATIENT_MS, CONN_PROTOCOL, false, false},
    {"CLIENT_ERROR bad data chunk\r\n", false, PATIENT_MS, CONN_PROTOCOL, false, false},
    {"HTTP/1.1 400 Bad Request\r\n", true, PATIENT_MS, CONN_PROTOCOL, false, false},
    {"\x81\x01\r\n", false, PATIENT_MS, CONN_PROTOCOL, false, false},
    {"", true, PATIENT_MS, CONN_LOST, false, false},
    {"STOR", true, PATIENT_MS, CONN_LOST, false, false},
    {"", false, IMPATIENT_MS, CONN_SILENT, false, false},
    {"STOR", false, IMPATIENT_MS, CONN_SILENT, false, false},
};

/* One request a read: they are short, and each waits for the answer to the one before. */
static const char *reply_to(const char *request, const struct script *script)
{
    if (strncmp(request, "get ", 4) == 0)
        return "END\r\n";
    return strncmp(request, "set ", 4) == 0 ? script->answer : "ERROR\r\n";
}

static void converse(int fd, const struct script *script)
{
    char request[4096];
    ssize_t got;

    while ((got = read(fd, request, sizeof request - 1)) > 0) {
        request[got] = '\0';
        const char *reply = reply_to(request, script);
        put_all(fd, reply, strlen(reply));
        if (reply == script->answer && script->closes)
            return;
    }
}

/* A child a connection: statistics are asked for beside the sets. */
__attribute__((noreturn)) static void serve(int listener, const struct script *script)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fork_child() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            converse(fd, script);
            _exit(0);
        }
        close(fd);
    }
}

static void start(struct test_server *peer, const struct script *script)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 8) < 0 ||
        getsockname(listener, (struct sockaddr *)&at, &len) < 0)
        scratch_bail("listen");
    snprintf(peer->text, sizeof peer->text, "127.0.0.1:%u", ntohs(at.sin_port));
    set_address(peer);
    peer->pid = fork_child();
    if (peer->pid == 0)
        serve(listener, script);
    close(listener);
}

static void test_script(const struct script *script)
{
    static const struct batch_record RECORD = {.key = {"key", 3}, .value = {"value", 5}};
    struct test_server peer = {.pid = 0};
    struct server server;
    bool stored = true;
    int len = (int)strcspn(script->answer, "\r\n");

    start(&peer, script);
    server_init(&server, &peer.address, script->timeout_ms, 0);
    ok(server_connect(&server, CONN_OK, false) == CONN_OK && server.text_only,
       "a peer that speaks text only");
    ok(server.counters.pid == -1 && server.local_port != 0,
       "... connected, and its counters are unknown");
    enum conn_status got = text_set(&server, &RECORD, 0, &stored);
    ok(got == script->expected && stored == script->stored, "\"%.*s\"%s: %s", len, script->answer,
       script->closes ? ", closed" : "", conn_strerror(got));
    ok(text_set_is_undone(got) == script->undone, "... may it be sent again?");
    server_drop(&server);
    ok(server_connect(&server, CONN_LOST, true) == CONN_NO_FENCE && !server.memc,
       "... nothing would tell when an unanswered one is done");
    server_kill(&peer);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    for (size_t i = 0; i < sizeof SCRIPT / sizeof *SCRIPT; i++)
        test_script(&SCRIPT[i]);
    return done_testing();
}
