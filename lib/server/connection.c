/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* CLOCK_BOOTTIME, MSG_NOSIGNAL */
#include "server/connection.h"

#include "io/descriptors.h"
#include "process/signals.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

enum { KEEPALIVE_IDLE_S = 30, KEEPALIVE_INTERVAL_S = 10, KEEPALIVE_COUNT = 3 };
enum { STALE_MS = 5000 };

/* Goes on while the machine sleeps, which ends connections behind our back. */
static int64_t boot_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void connection_init(struct connection *connection)
{
    connection->fd = -1;
    connection->read = connection->used = 0;
}

/* They fail on a Unix socket, where they are not needed. */
static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } OPTION[] = {{IPPROTO_TCP, TCP_NODELAY, 1},
                  {SOL_SOCKET, SO_KEEPALIVE, 1},
                  {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
                  {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
                  {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT}};

    for (size_t i = 0; i < sizeof OPTION / sizeof *OPTION; i++)
        setsockopt(fd, OPTION[i].level, OPTION[i].name, &OPTION[i].value, sizeof OPTION[i].value);
}

void connection_start(struct connection *connection, int fd, int timeout_ms)
{
    connection->fd = fd;
    connection->timeout_ms = timeout_ms;
    connection->read = connection->used = 0;
    connection_moves(connection);
    connection_rests(connection);
    set_options(fd);
}

/*
 * What the peer's kernel has not acknowledged is dropped by a reset. Else our own kernel would go
 * on sending it, for minutes, and it could arrive behind newer values.
 */
static void drop_unsent(int fd)
{
    static const struct linger RESET = {.l_onoff = 1, .l_linger = 0};
    int unsent, saved = errno;

    if (ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent > 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &RESET, sizeof RESET);
    errno = saved;
}

void connection_close(struct connection *connection)
{
    if (connection->fd >= 0) {
        drop_unsent(connection->fd);
        descriptors_close(connection->fd);
    }
    connection_init(connection);
}

in_port_t connection_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } at = {.any.sa_family = AF_UNSPEC};
    socklen_t len = sizeof at;

    if (getsockname(fd, &at.any, &len) != 0)
        return 0;
    if (at.any.sa_family == AF_INET6)
        return ntohs(at.v6.sin6_port);
    return at.any.sa_family == AF_INET ? ntohs(at.v4.sin_port) : 0;
}

enum conn_status connection_receive(struct connection *connection)
{
    size_t left = connection->used - connection->read;

    if (left == CONNECTION_BUFFER_BYTES)
        return CONN_PROTOCOL;
    if (left > 0 && connection->read > 0)
        memmove(connection->bytes, connection->bytes + connection->read, left);
    connection->read = 0;
    connection->used = left;
    ssize_t got = recv(connection->fd, connection->bytes + left, CONNECTION_BUFFER_BYTES - left, 0);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CONN_OK : CONN_LOST;
    connection->used += (size_t)got;
    return got > 0 ? CONN_OK : CONN_LOST;
}

bool connection_line(struct connection *connection, struct slice *line)
{
    struct slice rest = {connection->bytes + connection->read, connection->used - connection->read};

    if (rest.len == 0 || !memchr(rest.at, '\n', rest.len))
        return false;
    *line = slice_cut(&rest, '\n');
    connection->read += line->len + 1;
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

struct slice connection_piece(struct connection *connection, size_t most)
{
    size_t there = connection->used - connection->read;
    struct slice piece = {connection->bytes + connection->read, there < most ? there : most};

    connection->read += piece.len;
    return piece;
}

enum conn_status connection_send(struct connection *connection, struct slice bytes, size_t *sent)
{
    ssize_t put = send(connection->fd, bytes.at, bytes.len, MSG_NOSIGNAL);

    if (put < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CONN_OK : CONN_LOST;
    *sent += (size_t)put;
    if (put > 0)
        connection_moves(connection);
    return CONN_OK;
}

void connection_moves(struct connection *connection)
{
    connection->silence.left_ms = connection->timeout_ms;
}

int64_t connection_waited_ms(const struct connection *connection)
{
    return connection->timeout_ms - connection->silence.left_ms;
}

enum conn_status connection_await(struct connection *connection, bool to_send)
{
    enum { STEP_MS = 100, SLOW_MS = 2 * STEP_MS };
    struct pollfd ready = {.fd = connection->fd,
                           .events = (short)(to_send ? POLLIN | POLLOUT : POLLIN)};

    connection->silence.since_ms = timing_now_ms();
    poll(&ready, 1, budget_slice(&connection->silence, STEP_MS));
    /* A step that took much longer: this process was stopped (Ctrl-Z), or had no core. The server
     * is not to blame. */
    bool held_up = timing_now_ms() - connection->silence.since_ms > SLOW_MS;
    bool left = budget_spend(&connection->silence, held_up ? 0 : SLOW_MS);
    if (signals_stop_is_overdue(connection->timeout_ms))
        return CONN_STOPPED;
    return left ? CONN_OK : CONN_SILENT;
}

enum conn_status connection_look(const struct connection *connection)
{
    char byte;

    if (connection->fd < 0)
        return CONN_OK;
    ssize_t got = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0)
        return CONN_PROTOCOL;
    bool nothing = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return nothing ? CONN_OK : CONN_LOST;
}

bool connection_is_stale(const struct connection *connection)
{
    return boot_ms() - connection->used_ms > STALE_MS;
}

void connection_rests(struct connection *connection)
{
    connection->used_ms = boot_ms();
}
