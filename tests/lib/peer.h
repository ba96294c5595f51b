/* SPDX-License-Identifier: MIT */
/*
 * peer.h - small peers of a test's own that answer something else than a server would: each a
 * child that serves one kind of answer on a port of the kernel's choice. Include scratch.h and
 * tap.h first.
 */
#ifndef PEER_H
#define PEER_H

#include "memcached.h"

#include "server/conn_status.h"

/* An answer: sent when the first bytes of a request have come. */
struct peer_script {
    const char *name;
    const char *answer;
    size_t len;
    bool slowly; /* byte by byte */
    bool closes; /* after the answer; else it stays, and says the same again to whatever comes */
    int timeout_ms;
    enum conn_status expected;
};

__attribute__((noreturn)) static inline void serve(int listener, const struct peer_script *script)
{
    char request[4096];
    ssize_t got = 1;

    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        while ((got = read(fd, request, sizeof request)) > 0) {
            size_t step = script->slowly ? 1 : script->len, put = 0;
            while (put < script->len && send(fd, script->answer + put, step, MSG_NOSIGNAL) > 0) {
                put += step;
                if (script->slowly)
                    nap();
            }
            if (script->closes)
                break;
        }
        shutdown(fd, SHUT_WR);
        close(fd);
    }
}

/* A socket that listens on a port of the kernel's choice. */
static inline int listen_somewhere(struct test_server *peer, int backlog)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, backlog) < 0 ||
        getsockname(listener, (struct sockaddr *)&at, &len) < 0)
        scratch_bail("listen");
    snprintf(peer->text, sizeof peer->text, "127.0.0.1:%u", ntohs(at.sin_port));
    set_address(peer);
    return listener;
}

/* A child that serves this; peer->address is where. */
static inline void peer_start(struct test_server *peer, const struct peer_script *script)
{
    int listener = listen_somewhere(peer, 8);

    peer->pid = fork_child();
    if (peer->pid == 0)
        serve(listener, script);
    close(listener);
}

static inline void is_peer(enum conn_status got, enum conn_status expected, const char *name)
{
    ok(got == expected, "%s: %s (got: %s)", name, conn_strerror(expected), conn_strerror(got));
}

#endif
