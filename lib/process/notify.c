/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "process/notify.h"

#include "bytes/number.h"
#include "process/timing.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { NO_WATCHDOG = -1, MESSAGE_BYTES = 640 };

static struct {
    bool on, stopping;
    int fd;
    struct sockaddr_un to;
    socklen_t to_len;
    int64_t period_ms; /* of notify_alive, or NO_WATCHDOG */
    int64_t alive_ms;  /* when it was sent last */
} manager;

static bool set_address(const char *path)
{
    size_t len = strlen(path);

    if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof manager.to.sun_path)
        return false;
    manager.to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(manager.to.sun_path, path, len);
    if (path[0] == '@')
        manager.to.sun_path[0] = '\0';
    manager.to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return true;
}

/* The limit may be meant for another process, which has started this one. */
static int64_t watchdog_period_ms(void)
{
    const char *limit = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t usec, meant;

    if (!limit || !number_u64(slice_of(limit), &usec) || usec < 2000 || usec > INT64_MAX)
        return NO_WATCHDOG;
    if (pid && (!number_u64(slice_of(pid), &meant) || meant != (uint64_t)getpid()))
        return NO_WATCHDOG;
    return (int64_t)usec / 2000;
}

void notify_open(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct timeval limit = {.tv_sec = 1};

    if (manager.on || !path || !set_address(path))
        return;
    manager.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (manager.fd < 0)
        return;
    setsockopt(manager.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    manager.on = true;
    manager.period_ms = watchdog_period_ms();
    manager.alive_ms = timing_now_ms();
}

bool notify_is_on(void)
{
    return manager.on;
}

/* wait: a message that is sent only once must not get lost while the manager is busy. */
static void tell(const char *message, bool wait)
{
    if (manager.on)
        sendto(manager.fd, message, strlen(message), MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT),
               (const struct sockaddr *)&manager.to, manager.to_len);
}

void notify_ready(void)
{
    tell("READY=1", true);
}

void notify_status(const char *text)
{
    char message[MESSAGE_BYTES];

    snprintf(message, sizeof message, "STATUS=%s", text);
    message[strcspn(message, "\n")] = '\0'; /* the next line would be another assignment */
    tell(message, false);
}

void notify_stopping(void)
{
    if (!manager.stopping)
        tell("STOPPING=1", true);
    manager.stopping = true;
}

void notify_alive(void)
{
    if (!manager.on || manager.period_ms == NO_WATCHDOG)
        return;
    int64_t now_ms = timing_now_ms();
    if (now_ms - manager.alive_ms < manager.period_ms)
        return;
    manager.alive_ms = now_ms;
    tell("WATCHDOG=1", false);
}

int notify_slice(int wait_ms)
{
    if (!manager.on || manager.period_ms == NO_WATCHDOG)
        return wait_ms;
    int64_t left_ms = manager.alive_ms + manager.period_ms - timing_now_ms();
    if (left_ms < 0)
        left_ms = 0;
    left_ms++; /* the clock is a coarse one */
    if (left_ms > INT_MAX)
        left_ms = INT_MAX;
    return wait_ms < 0 || left_ms < wait_ms ? (int)left_ms : wait_ms;
}
