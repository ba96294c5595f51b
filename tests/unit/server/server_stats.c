/* SPDX-License-Identifier: MIT */
/*
 * server_stats: a list is known to its END, or not known. The peer is a child that
 * answers one request by the case's bytes and closes, or stays silent.
 */
#include "server/server_stats.h"
#include "scratch.h"
#include "tap.h"

#include "memcached.h"

enum { PATIENT_MS = 60000, IMPATIENT_MS = 2000 };

static char lines[512];

static void note(void *context, struct slice name, struct slice value)
{
    size_t len = strlen(lines);

    ok(context == lines, "the context is passed on");
    snprintf(lines + len, sizeof lines - len, "%.*s=%.*s;", (int)name.len, name.at, (int)value.len,
             value.at);
}

static int listen_somewhere(struct test_server *peer)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t size = sizeof here;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) < 0 || listen(fd, 5) < 0 ||
        getsockname(fd, (struct sockaddr *)&here, &size) < 0)
        scratch_bail("listen");
    snprintf(peer->text, sizeof peer->text, "127.0.0.1:%u", ntohs(here.sin_port));
    set_address(peer);
    return fd;
}

/* Answers the first request; the child ends when the other side has closed. */
static pid_t answer_once(int listener, const char *answer, bool closes)
{
    char request[64] = "", rest;
    pid_t pid = fork_child();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = accept(listener, NULL, NULL);
    while (!strchr(request, '\n')) {
        size_t len = strlen(request);
        if (read(fd, request + len, sizeof request - 1 - len) <= 0)
            _exit(1);
    }
    put_all(fd, answer, strlen(answer));
    if (closes)
        close(fd);
    else
        while (read(fd, &rest, 1) > 0)
            ;
    _exit(strcmp(request, "stats settings\r\n") == 0 ? 0 : 2);
}

static const struct {
    const char *answer, *lines;
    bool closes;
    int timeout_ms;
    enum conn_status expected;
} CASE[] = {
    {"STAT pid 7\r\nSTAT evictions 0\r\nEND\r\n", "pid=7;evictions=0;", false, PATIENT_MS, CONN_OK},
    {"END\r\n", "", false, PATIENT_MS, CONN_OK},
    {"STAT version 1.6.18 x\r\nEND\r\n", "version=1.6.18 x;", false, PATIENT_MS, CONN_OK},
    {"STAT pid 7\r\n", "pid=7;", true, PATIENT_MS, CONN_LOST},
    {"STAT pid 7", "", true, PATIENT_MS, CONN_LOST},
    {"", "", true, PATIENT_MS, CONN_LOST},
    {"ERROR\r\n", "", false, PATIENT_MS, CONN_PROTOCOL},
    {"STAT pid 7\r\n", "pid=7;", false, IMPATIENT_MS, CONN_SILENT},
};

static void test_lists(void)
{
    struct test_server peer = {.pid = 0};
    int listener = listen_somewhere(&peer);

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        pid_t pid = answer_once(listener, CASE[i].answer, CASE[i].closes);
        lines[0] = '\0';
        enum conn_status got =
            stats_read(&peer.address, "stats settings", CASE[i].timeout_ms, note, lines);
        is_u64(got, CASE[i].expected, "case %zu", i);
        is_str(lines, CASE[i].lines, "... its lines");
        is_u64((uint64_t)wait_child(pid), 0, "... the command is sent as it is");
    }
    close(listener);
    lines[0] = '\0';
    ok(stats_read(&peer.address, "stats", PATIENT_MS, note, lines) == CONN_UNREACHABLE &&
           errno == ECONNREFUSED,
       "nobody listens");
}

int main(void)
{
    scratch_enter();
    test_lists();
    return done_testing();
}
