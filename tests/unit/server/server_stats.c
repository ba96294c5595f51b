/* server_stats: the list of a real server, and lists that are odd, broken, cut or without an end.
 */
#include "server/server_stats.h"
#include "scratch.h"
#include "tap.h"

#include <signal.h>

#include "peer.h"

#define BYTES(literal) literal, sizeof(literal) - 1

enum { PATIENT_MS = 60000, IMPATIENT_MS = 300, TEXT_BYTES = 8192 };

/* What was told, as "name=value;" each. */
struct told {
    char text[TEXT_BYTES];
    size_t used, count;
};

static void note(void *context, struct slice name, struct slice value)
{
    struct told *told = context;

    told->count++;
    if (told->used + name.len + value.len + 3 < sizeof told->text)
        told->used +=
            (size_t)snprintf(told->text + told->used, sizeof told->text - told->used, "%.*s=%.*s;",
                             (int)name.len, name.at, (int)value.len, value.at);
}

static const struct {
    struct peer_script script;
    const char *told;
} CASE[] = {
    {{"an empty list", BYTES("END\r\n"), false, false, PATIENT_MS, CONN_OK}, ""},
    {{"a list", BYTES("STAT pid 12\r\nSTAT version 1.6.18\r\nEND\r\n"), false, false, PATIENT_MS,
      CONN_OK},
     "pid=12;version=1.6.18;"},
    {{"... byte by byte", BYTES("STAT pid 12\r\nSTAT version 1.6.18\r\nEND\r\n"), true, false,
      PATIENT_MS, CONN_OK},
     "pid=12;version=1.6.18;"},
    {{"... with LF alone", BYTES("STAT a 1\nSTAT b 2\nEND\n"), false, false, PATIENT_MS, CONN_OK},
     "a=1;b=2;"},
    {{"values with blanks", BYTES("STAT 30:addr tcp:1.2.3.4:5 x\r\nEND\r\n"), false, false,
      PATIENT_MS, CONN_OK},
     "30:addr=tcp:1.2.3.4:5 x;"},
    {{"no value", BYTES("STAT inter \r\nSTAT none\r\nEND\r\n"), false, false, PATIENT_MS, CONN_OK},
     "inter=;none=;"},
    {{"what comes behind the end", BYTES("STAT a 1\r\nEND\r\nSTAT b 2\r\n"), false, false,
      PATIENT_MS, CONN_OK},
     "a=1;"},
    {{"an error", BYTES("ERROR\r\n"), false, false, PATIENT_MS, CONN_PROTOCOL}, ""},
    {{"an error in the list", BYTES("STAT a 1\r\nSERVER_ERROR out of memory\r\n"), false, false,
      PATIENT_MS, CONN_PROTOCOL},
     "a=1;"},
    {{"another word", BYTES("STATISTICS a 1\r\nEND\r\n"), false, false, PATIENT_MS, CONN_PROTOCOL},
     ""},
    {{"a line without a name", BYTES("STAT\r\nEND\r\n"), false, false, PATIENT_MS, CONN_PROTOCOL},
     ""},
    {{"an empty line", BYTES("\r\nEND\r\n"), false, false, PATIENT_MS, CONN_PROTOCOL}, ""},
    {{"a list that is cut", BYTES("STAT a 1\r\n"), false, true, PATIENT_MS, CONN_LOST}, "a=1;"},
    {{"a list that is cut in its end", BYTES("STAT a 1\r\nEN"), false, true, PATIENT_MS, CONN_LOST},
     "a=1;"},
    {{"nothing", BYTES(""), false, true, PATIENT_MS, CONN_LOST}, ""},
    {{"a list that stays open", BYTES("STAT a 1\r\n"), false, false, IMPATIENT_MS, CONN_SILENT},
     "a=1;"},
    {{"silence", BYTES(""), false, false, IMPATIENT_MS, CONN_SILENT}, ""},
};

static void test_lists(void)
{
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        const struct peer_script *script = &CASE[i].script;
        struct test_server peer = {.pid = 0};
        struct told told = {.used = 0};
        peer_start(&peer, script);
        is_peer(stats_read(&peer.address, "stats", script->timeout_ms, note, &told),
                script->expected, script->name);
        is_str(told.text, CASE[i].told, "... what it told");
        server_kill(&peer);
    }
}

/* A line of 4096 bytes with its CRLF is the longest: no server's has a tenth of that. */
static void test_long_lines(void)
{
    static char answer[5000];
    struct peer_script script = {.name = "a long line", .answer = answer};

    for (size_t len = 4094; len <= 4096; len++) {
        struct test_server peer = {.pid = 0};
        struct told told = {.used = 0};
        memset(answer, 'v', len);
        memcpy(answer, "STAT n ", 7);
        memcpy(answer + len, "\r\nEND\r\n", 7);
        script.len = len + 7;
        peer_start(&peer, &script);
        enum conn_status conn = stats_read(&peer.address, "stats", PATIENT_MS, note, &told);
        if (len < 4095)
            ok(conn == CONN_OK && told.used == 2 + len - 7 + 1, "a line of %zu bytes", len);
        else
            ok(conn == CONN_PROTOCOL, "a line of %zu bytes is none: %s", len, conn_strerror(conn));
        server_kill(&peer);
    }
}

/* A server that would never end its list. */
static void test_endless(void)
{
    static char lines[60000];
    struct test_server peer = {.pid = 0};
    struct told told = {.used = 0};
    int listener = listen_somewhere(&peer, 8);

    for (size_t at = 0; at < sizeof lines; at += 10)
        memcpy(lines + at, "STAT n 1\r\n", 10);
    peer.pid = fork_child();
    if (peer.pid == 0) {
        int fd = accept(listener, NULL, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (send(fd, lines, sizeof lines, MSG_NOSIGNAL) > 0)
            ;
        _exit(0);
    }
    close(listener);
    is_peer(stats_read(&peer.address, "stats", PATIENT_MS, note, &told), CONN_PROTOCOL,
            "a list without an end");
    ok(told.count >= 1000000, "... of which much was read: %zu lines", told.count);
    wait_child(peer.pid);
}

static void test_server(void)
{
    struct test_server server = {.pid = 0};
    struct told told = {.used = 0};
    char pid[32];

    server_start(&server, false);
    is_peer(stats_read(&server.address, "stats", PATIENT_MS, note, &told), CONN_OK, "memcached");
    snprintf(pid, sizeof pid, "pid=%d;", (int)server.pid);
    ok(strncmp(told.text, pid, strlen(pid)) == 0, "... tells its process: %s", pid);
    ok(strstr(told.text, ";curr_items=0;") != NULL, "... and its items");
    told = (struct told){.used = 0};
    is_peer(stats_read(&server.address, "stats settings", PATIENT_MS, note, &told), CONN_OK,
            "its settings");
    ok(strncmp(told.text, "maxbytes=67108864;", 18) == 0, "... begin with -m 64");
    server_kill(&server);
    is_peer(stats_read(&server.address, "stats", PATIENT_MS, note, &told), CONN_UNREACHABLE,
            "when it has gone");
}

int main(void)
{
    scratch_enter();
    test_lists();
    test_long_lines();
    test_endless();
    test_server();
    return done_testing();
}
