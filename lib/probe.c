#include "probe.h"

#include "patience.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEADER_BYTES = 24, MAGIC_RESPONSE = 0x81, OPCODE_VERSION = 0x0b, VERSION_BYTES_MAX = 31 };

static const char VERSION_REQUEST[HEADER_BYTES] = {'\x80',
                                                   OPCODE_VERSION, [22] = '\r', [23] = '\n'};

static enum peer peer_of_errno(int error)
{
    errno = error;
    if (error == EACCES || error == EPERM)
        return PEER_DENIED;
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS)
        return PEER_NO_RESOURCES;
    return error == ETIMEDOUT || error == EAGAIN ? PEER_SILENT : PEER_UNREACHABLE;
}

/* Waits for the socket; an absolute limit, so that a server of one byte a second does not renew it.
 */
static enum peer wait_for(int fd, short events, struct patience *patience)
{
    struct pollfd ready = {.fd = fd, .events = events};
    enum { SLICE_MS = 100 };

    for (;;) {
        int count = stop_poll(&ready, patience_slice(patience, SLICE_MS));
        if (count > 0)
            return PEER_OK;
        if (stop_signal())
            return PEER_STOPPED;
        if (!patience_step(patience, 2 * SLICE_MS))
            return PEER_SILENT;
    }
}

static enum peer connect_to(int fd, const struct sockaddr *to, socklen_t len,
                            struct patience *patience)
{
    int error = 0;
    socklen_t size = sizeof error;

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, to, len) == 0)
        return PEER_OK;
    if (errno != EINPROGRESS)
        return peer_of_errno(errno);
    enum peer peer = wait_for(fd, POLLOUT, patience);
    if (peer != PEER_OK)
        return peer;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error ? peer_of_errno(error) : PEER_OK;
}

/* Reads until `enough` bytes, or an LF where the answer is text. *len tells how many came. */
static enum peer read_answer(int fd, char *answer, size_t size, size_t enough, size_t *len,
                             struct patience *patience)
{
    *len = 0;
    while (*len < enough) {
        enum peer peer = wait_for(fd, POLLIN, patience);
        if (peer != PEER_OK)
            return peer;
        ssize_t got = recv(fd, answer + *len, size - *len, 0);
        if (got <= 0 && *len > 0)
            return PEER_OK;
        if (got <= 0)
            return got == 0 ? PEER_LOST : peer_of_errno(errno);
        *len += (size_t)got;
        if ((unsigned char)answer[0] != MAGIC_RESPONSE && memchr(answer, '\n', *len))
            return PEER_OK;
    }
    return PEER_OK;
}

static bool begins(const char *answer, size_t len, const char *text)
{
    return len >= strlen(text) && memcmp(answer, text, strlen(text)) == 0;
}

/* A peer that answers in text: a memcached without binary, or something else? */
static enum peer judge_text(int fd, char *answer, size_t size, size_t len,
                            struct patience *patience)
{
    static const char REQUEST[] = "version\r\n";

    if (begins(answer, len, "ERROR Too many open connections"))
        return PEER_FULL;
    if (begins(answer, len, "CLIENT_ERROR unauthenticated"))
        return PEER_AUTH;
    if (!begins(answer, len, "ERROR") && !begins(answer, len, "CLIENT_ERROR"))
        return PEER_NOT_MEMCACHED;
    if (send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) != (ssize_t)sizeof REQUEST - 1 ||
        read_answer(fd, answer, size, size, &len, patience) != PEER_OK)
        return PEER_NOT_MEMCACHED;
    if (begins(answer, len, "CLIENT_ERROR unauthenticated"))
        return PEER_AUTH;
    return begins(answer, len, "VERSION ") ? PEER_TEXT_ONLY : PEER_NOT_MEMCACHED;
}

static enum peer ask_version(int fd, struct patience *patience)
{
    char answer[256];
    size_t len;

    if (send(fd, VERSION_REQUEST, HEADER_BYTES, MSG_NOSIGNAL) != HEADER_BYTES)
        return peer_of_errno(errno);
    enum peer peer = read_answer(fd, answer, sizeof answer, HEADER_BYTES, &len, patience);
    if (peer != PEER_OK)
        return peer;
    const unsigned char *header = (const unsigned char *)answer;
    if (header[0] != MAGIC_RESPONSE)
        return judge_text(fd, answer, sizeof answer, len, patience);
    if (len < HEADER_BYTES)
        return PEER_LOST;
    unsigned long body = (unsigned long)header[8] << 24 | (unsigned long)header[9] << 16 |
                         (unsigned long)header[10] << 8 | header[11];
    bool good = header[1] == OPCODE_VERSION && header[6] == 0 && header[7] == 0 && body > 0 &&
                body <= VERSION_BYTES_MAX;
    return good ? PEER_OK : PEER_NOT_MEMCACHED;
}

static enum peer probe_at(int family, const struct sockaddr *to, socklen_t len, int timeout_ms)
{
    struct patience patience = patience_start(timeout_ms);
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd < 0)
        return peer_of_errno(errno);
    enum peer peer = connect_to(fd, to, len, &patience);
    if (peer == PEER_OK)
        peer = ask_version(fd, &patience);
    int saved = errno;
    close(fd);
    errno = saved;
    return peer;
}

static enum peer probe_local(const struct address *address, int timeout_ms)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    memcpy(to.sun_path, address->host, strlen(address->host) + 1);
    return probe_at(AF_UNIX, (const struct sockaddr *)&to, sizeof to, timeout_ms);
}

enum peer probe(const struct address *address, int timeout_ms)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    char port[8];
    enum peer peer = PEER_NO_HOST;

    if (address_is_local_socket(address))
        return probe_local(address, timeout_ms);
    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    int failed = getaddrinfo(address->host, port, &hints, &list);
    if (failed == EAI_SYSTEM || failed == EAI_MEMORY)
        return failed == EAI_SYSTEM ? peer_of_errno(errno) : peer_of_errno(ENOMEM);
    if (failed)
        return failed == EAI_AGAIN ? PEER_UNRESOLVED : PEER_NO_HOST;
    for (struct addrinfo *each = list; each; each = each->ai_next) {
        peer = probe_at(each->ai_family, each->ai_addr, each->ai_addrlen, timeout_ms);
        if (peer == PEER_OK || peer == PEER_STOPPED)
            break;
    }
    int saved = errno;
    freeaddrinfo(list);
    errno = saved;
    return peer;
}
