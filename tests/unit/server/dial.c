/* SPDX-License-Identifier: MIT */
/* dial: a connection that waits no longer than it is told. The other side is the test itself. */
#include "server/dial.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { PATIENT_MS = 60000, SHORT_MS = 50 };

static struct address address_of(const char *text)
{
    struct address address;
    const char *reason;

    if (!address_parse(text, &address, &reason))
        scratch_bail(reason);
    return address;
}

static int listen_on(int family, struct sockaddr *here, socklen_t len)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, here, len) < 0 || listen(fd, 5) < 0)
        scratch_bail("listen");
    return fd;
}

static int listen_tcp(struct address *address)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t size = sizeof here;
    char text[32];

    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = listen_on(AF_INET, (struct sockaddr *)&here, sizeof here);
    if (getsockname(fd, (struct sockaddr *)&here, &size) < 0)
        scratch_bail("getsockname");
    snprintf(text, sizeof text, "127.0.0.1:%u", ntohs(here.sin_port));
    *address = address_of(text);
    return fd;
}

static int listen_local(struct address *address)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX, .sun_path = "sock"};

    *address = address_of("./sock");
    return listen_on(AF_UNIX, (struct sockaddr *)&here, sizeof here);
}

static void test_conversation(int listener, const struct address *address, const char *name)
{
    struct budget budget = budget_start(PATIENT_MS);
    char bytes[8];
    size_t len = 99;
    int fd;

    ok(dial(address, PATIENT_MS, &fd) == CONN_OK, "%s: connected", name);
    ok(fcntl(fd, F_GETFL) & O_NONBLOCK, "... it does not block");
    ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "... and is not passed on");
    int other = accept(listener, NULL, NULL);
    ok(dial_send(fd, "ping", 4) == CONN_OK, "... a request is sent");
    is_bytes(bytes, (size_t)read(other, bytes, sizeof bytes), "ping", 4, "... as it is");
    put_all(other, "abcdefghij", 10);
    ok(dial_receive(fd, bytes, sizeof bytes, &len, &budget) == CONN_OK, "... an answer");
    is_bytes(bytes, len, "abcdefgh", 8, "... as far as there is room");
    ok(dial_receive(fd, bytes, sizeof bytes, &len, &budget) == CONN_OK && len == 2, "... the rest");
    budget = budget_start(SHORT_MS);
    ok(dial_receive(fd, bytes, sizeof bytes, &len, &budget) == CONN_SILENT, "... then silence");
    close(other);
    budget = budget_start(PATIENT_MS);
    ok(dial_receive(fd, bytes, sizeof bytes, &len, &budget) == CONN_OK && len == 0, "... the end");
    close(fd);
    close(listener);
}

static void test_nobody(const struct address *address, int error, const char *name)
{
    int fd = -5;

    errno = 0;
    enum conn_status got = dial(address, PATIENT_MS, &fd);
    int saved = errno;
    ok(got == CONN_UNREACHABLE && saved == error && fd == -5, "%s: errno %d", name, saved);
}

/* A clean end still settles what is in flight, so it may ask; probe's test has the other case. */
static void test_stopped_before(const struct address *address, int listener)
{
    struct budget budget = budget_start(SHORT_MS);
    char byte;
    size_t len;
    int fd;

    raise(SIGTERM);
    ok(dial(address, PATIENT_MS, &fd) == CONN_OK, "connected after a signal asked for the end");
    ok(dial_receive(fd, &byte, 1, &len, &budget) == CONN_SILENT, "... it waits as long as before");
    signals_forgive();
    close(fd);
    close(listener);
}

int main(void)
{
    struct address tcp, local, gone;

    scratch_enter();
    signals_prepare();
    int listener = listen_tcp(&tcp);
    test_conversation(listener, &tcp, "TCP");
    test_nobody(&tcp, ECONNREFUSED, "nobody listens");
    listener = listen_local(&local);
    test_conversation(listener, &local, "a Unix socket");
    test_nobody(&local, ECONNREFUSED, "a socket that nobody listens on");
    gone = address_of("./none");
    test_nobody(&gone, ENOENT, "no socket");
    listener = listen_tcp(&tcp);
    test_stopped_before(&tcp, listener);
    return done_testing();
}
