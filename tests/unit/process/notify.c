/* SPDX-License-Identifier: MIT */
/* notify: what a service manager gets; its socket is the test's own, with a name in a folder and an
 * abstract one. */
#define _GNU_SOURCE
#include "process/notify.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A socket for messages, by the name that NOTIFY_SOCKET has. */
static int listen_at(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    memcpy(at.sun_path, name, strlen(name));
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    if (bind(fd, (struct sockaddr *)&at,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) < 0)
        scratch_bail("bind");
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void got(int fd, const char *expected, const char *name)
{
    char text[1024];
    ssize_t len = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

    text[len > 0 ? len : 0] = '\0';
    is_str(text, expected, "%s", name);
}

/* In a child, since a process has one manager. Status 0: the test passed there. */
static void in_child(void (*test)(void), const char *name)
{
    pid_t child = fork_child();

    if (child == 0) {
        test();
        _exit(0);
    }
    ok(wait_child(child) == 0, "%s", name);
}

static void must(int good)
{
    if (!good)
        _exit(1);
}

static void must_get(int fd, const char *expected)
{
    char text[1024] = "";
    ssize_t len = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

    must(expected ? len == (ssize_t)strlen(expected) && memcmp(text, expected, (size_t)len) == 0
                  : len < 0);
}

/* An abstract one, of this process only. */
static int listen_abstractly(void)
{
    char name[64];

    snprintf(name, sizeof name, "@memc-notify-%d", (int)getpid());
    return listen_at(name);
}

static void test_abstract(void)
{
    int fd = listen_abstractly();

    notify_open();
    notify_ready();
    must_get(fd, "READY=1");
}

static void test_bad_names(void)
{
    static const char *const NAME[] = {"", "/", "@", "relative", "vsock:2:1"};

    for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++) {
        setenv("NOTIFY_SOCKET", NAME[i], 1);
        notify_open();
        must(!notify_is_on());
    }
    setenv("NOTIFY_SOCKET", "/nobody/listens", 1);
    notify_open();
    notify_ready(); /* to nobody: no harm */
}

/* A period that has passed already: half of the limit is a millisecond. */
static void test_watchdog(void)
{
    struct pollfd never = {.fd = -1};
    int fd = listen_abstractly();

    setenv("WATCHDOG_USEC", "2000", 1);
    notify_open();
    must(notify_slice(-1) >= 0 && notify_slice(-1) <= 3 && notify_slice(0) == 0);
    must(signals_poll(&never, 1000) == 0);
    must_get(fd, "WATCHDOG=1");
    must_get(fd, "WATCHDOG=1"); /* in one wait */
}

static void test_others_watchdog(void)
{
    int fd = listen_abstractly();

    setenv("WATCHDOG_USEC", "2000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    notify_open();
    must(notify_is_on() && notify_slice(-1) == -1);
    notify_alive();
    must_get(fd, NULL);
}

int main(void)
{
    char name[300];

    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    scratch_enter();
    notify_open();
    notify_ready();
    ok(!notify_is_on() && notify_slice(-1) == -1 && notify_slice(7) == 7, "without a manager");
    in_child(test_abstract, "an abstract socket");
    in_child(test_bad_names, "names that are none, and one where nobody listens");
    in_child(test_watchdog, "a watchdog is fed while a wait goes on");
    in_child(test_others_watchdog, "... but not that of another process");
    snprintf(name, sizeof name, "%s/socket", scratch_folder);
    int fd = listen_at(name);
    notify_open();
    ok(notify_is_on(), "with one");
    notify_ready();
    got(fd, "READY=1", "... READY");
    notify_status("two lines\nWATCHDOG=1");
    got(fd, "STATUS=two lines", "... a status, of one line");
    notify_alive();
    got(fd, "", "... no watchdog, nothing for it");
    notify_stopping();
    got(fd, "STOPPING=1", "... STOPPING");
    notify_stopping();
    got(fd, "", "... once");
    return done_testing();
}
