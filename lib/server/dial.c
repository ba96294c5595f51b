/* SPDX-License-Identifier: MIT */
#include "server/dial.h"

#include "io/descriptors.h"
#include "process/diag.h"
#include "process/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static enum conn_status conn_of_errno(int error)
{
    errno = error;
    if (error == EACCES || error == EPERM)
        return CONN_DENIED;
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS)
        return CONN_NO_RESOURCES;
    return error == ETIMEDOUT || error == EAGAIN ? CONN_SILENT : CONN_UNREACHABLE;
}

/*
 * Waits for the socket. The limit is not renewed by a byte now and then. A
 * stop ends the wait; one that was asked for before does not: what is asked
 * then belongs to the clean end.
 */
static enum conn_status wait_for(int fd, short events, struct budget *budget)
{
    enum { SLICE_MS = 100 };
    struct pollfd ready = {.fd = fd, .events = events};
    bool stopping = signals_stopped_by() != 0;

    for (;;) {
        int slice_ms = budget_slice(budget, SLICE_MS);
        int count = stopping ? poll(&ready, 1, slice_ms) : signals_poll(&ready, slice_ms);
        if (count > 0)
            return budget_spend(budget, 2 * SLICE_MS) ? CONN_OK : CONN_SILENT;
        if (!stopping && signals_stopped_by())
            return CONN_STOPPED;
        if (!budget_spend(budget, 2 * SLICE_MS))
            return CONN_SILENT;
    }
}

static enum conn_status connect_to(int fd, const struct sockaddr *to, socklen_t len, int timeout_ms)
{
    struct budget budget = budget_start(timeout_ms);
    int error = 0;
    socklen_t size = sizeof error;

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, to, len) == 0)
        return CONN_OK;
    if (errno != EINPROGRESS)
        return conn_of_errno(errno);
    enum conn_status conn = wait_for(fd, POLLOUT, &budget);
    if (conn != CONN_OK)
        return conn;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error ? conn_of_errno(error) : CONN_OK;
}

static enum conn_status dial_at(int family, const struct sockaddr *to, socklen_t len,
                                int timeout_ms, int *fd)
{
    int opened = socket(family, SOCK_STREAM, 0);

    if (opened < 0)
        return conn_of_errno(errno);
    enum conn_status conn = connect_to(opened, to, len, timeout_ms);
    if (conn == CONN_OK) {
        *fd = opened;
        return CONN_OK;
    }
    descriptors_close(opened);
    return conn;
}

static enum conn_status resolve(const struct address *address, struct addrinfo **list)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char port[8];

    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    switch (getaddrinfo(address->host, port, &hints, list)) {
    case 0:
        return CONN_OK;
    case EAI_SYSTEM:
        return conn_of_errno(errno);
    case EAI_MEMORY:
        return conn_of_errno(ENOMEM);
    case EAI_AGAIN:
        return CONN_UNRESOLVED;
    default:
        return CONN_NO_HOST;
    }
}

/*
 * A name may have several addresses, and the first ones may be dead: each has half of the time that
 * is left, the last one all of it. A silent address is reported, but only once in a process.
 */
static enum conn_status dial_each(const struct address *address, const struct addrinfo *list,
                                  int timeout_ms, int *fd)
{
    static bool told;
    enum conn_status conn = CONN_NO_HOST;

    for (const struct addrinfo *each = list; each; each = each->ai_next) {
        int limit_ms = each->ai_next ? timeout_ms / 2 : timeout_ms;
        conn = dial_at(each->ai_family, each->ai_addr, each->ai_addrlen, limit_ms, fd);
        if (conn == CONN_OK || conn == CONN_STOPPED || !each->ai_next)
            break;
        if (conn != CONN_SILENT)
            continue;
        timeout_ms -= limit_ms;
        if (!told)
            diag("%s: one of the addresses of this name does not answer; trying the next",
                 address->text);
        told = true;
    }
    return conn;
}

enum conn_status dial(const struct address *address, int timeout_ms, int *fd)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct addrinfo *list;

    if (address_is_local_socket(address)) {
        memcpy(local.sun_path, address->host, strlen(address->host) + 1);
        return dial_at(AF_UNIX, (const struct sockaddr *)&local, sizeof local, timeout_ms, fd);
    }
    enum conn_status conn = resolve(address, &list);
    if (conn != CONN_OK)
        return conn;
    conn = dial_each(address, list, timeout_ms, fd);
    int saved = errno;
    freeaddrinfo(list);
    errno = saved;
    return conn;
}

enum conn_status dial_send(int fd, const char *bytes, size_t len)
{
    /* A fresh socket's buffer takes a short request at once. */
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len ? CONN_OK : conn_of_errno(errno);
}

enum conn_status dial_receive(int fd, char *bytes, size_t size, size_t *len, struct budget *budget)
{
    enum conn_status conn = wait_for(fd, POLLIN, budget);

    if (conn != CONN_OK)
        return conn;
    ssize_t got = recv(fd, bytes, size, 0);
    if (got < 0)
        return conn_of_errno(errno);
    *len = (size_t)got;
    return CONN_OK;
}
