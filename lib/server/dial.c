#include "server/dial.h"

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

static enum peer peer_of_errno(int error)
{
    errno = error;
    if (error == EACCES || error == EPERM)
        return PEER_DENIED;
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS)
        return PEER_NO_RESOURCES;
    return error == ETIMEDOUT || error == EAGAIN ? PEER_SILENT : PEER_UNREACHABLE;
}

/*
 * Waits for the socket. The limit is not renewed by a byte now and then. A
 * stop ends the wait; one that was asked for before does not: what is asked
 * then belongs to the clean end.
 */
static enum peer wait_for(int fd, short events, struct patience *patience)
{
    enum { SLICE_MS = 100 };
    struct pollfd ready = {.fd = fd, .events = events};
    bool stopping = stop_signal() != 0;

    for (;;) {
        int slice_ms = patience_slice(patience, SLICE_MS);
        int count = stopping ? poll(&ready, 1, slice_ms) : stop_poll(&ready, slice_ms);
        if (count > 0)
            return patience_step(patience, 2 * SLICE_MS) ? PEER_OK : PEER_SILENT;
        if (!stopping && stop_signal())
            return PEER_STOPPED;
        if (!patience_step(patience, 2 * SLICE_MS))
            return PEER_SILENT;
    }
}

static enum peer connect_to(int fd, const struct sockaddr *to, socklen_t len, int timeout_ms)
{
    struct patience patience = patience_start(timeout_ms);
    int error = 0;
    socklen_t size = sizeof error;

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, to, len) == 0)
        return PEER_OK;
    if (errno != EINPROGRESS)
        return peer_of_errno(errno);
    enum peer peer = wait_for(fd, POLLOUT, &patience);
    if (peer != PEER_OK)
        return peer;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error ? peer_of_errno(error) : PEER_OK;
}

static enum peer dial_at(int family, const struct sockaddr *to, socklen_t len, int timeout_ms,
                         int *fd)
{
    int opened = socket(family, SOCK_STREAM, 0);

    if (opened < 0)
        return peer_of_errno(errno);
    enum peer peer = connect_to(opened, to, len, timeout_ms);
    if (peer == PEER_OK) {
        *fd = opened;
        return PEER_OK;
    }
    int saved = errno;
    close(opened);
    errno = saved;
    return peer;
}

static enum peer resolve(const struct address *address, struct addrinfo **list)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char port[8];

    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    switch (getaddrinfo(address->host, port, &hints, list)) {
    case 0:
        return PEER_OK;
    case EAI_SYSTEM:
        return peer_of_errno(errno);
    case EAI_MEMORY:
        return peer_of_errno(ENOMEM);
    case EAI_AGAIN:
        return PEER_UNRESOLVED;
    default:
        return PEER_NO_HOST;
    }
}

enum peer dial(const struct address *address, int timeout_ms, int *fd)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct addrinfo *list;

    if (address_is_local_socket(address)) {
        memcpy(local.sun_path, address->host, strlen(address->host) + 1);
        return dial_at(AF_UNIX, (const struct sockaddr *)&local, sizeof local, timeout_ms, fd);
    }
    enum peer peer = resolve(address, &list);
    if (peer != PEER_OK)
        return peer;
    for (struct addrinfo *each = list; each; each = each->ai_next) {
        peer = dial_at(each->ai_family, each->ai_addr, each->ai_addrlen, timeout_ms, fd);
        if (peer == PEER_OK || peer == PEER_STOPPED)
            break;
    }
    int saved = errno;
    freeaddrinfo(list);
    errno = saved;
    return peer;
}

enum peer dial_send(int fd, const char *bytes, size_t len)
{
    /* A fresh socket's buffer takes a short request at once. */
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len ? PEER_OK : peer_of_errno(errno);
}

enum peer dial_receive(int fd, char *bytes, size_t size, size_t *len, struct patience *patience)
{
    enum peer peer = wait_for(fd, POLLIN, patience);

    if (peer != PEER_OK)
        return peer;
    ssize_t got = recv(fd, bytes, size, 0);
    if (got < 0)
        return peer_of_errno(errno);
    *len = (size_t)got;
    return PEER_OK;
}
