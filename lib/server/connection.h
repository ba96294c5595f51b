/* SPDX-License-Identifier: MIT */
/*
 * connection: our own socket to a server while records go over it.
 *
 * Non-blocking: connection_receive and connection_send do what is possible
 * now, only connection_await waits. Its waits spend one budget, --timeout.
 * The budget starts again with each whole answer and with each byte that the
 * kernel takes (connection_moves); single bytes of an answer do not renew it. Answers are
 * lines; the bytes of a value can be had in pieces between two lines.
 * Of libmemcached's connection it has a duplicate of the socket, to wait and to look, never to
 * read.
 */
#ifndef MEMC_CONNECTION_H
#define MEMC_CONNECTION_H

#include "bytes/slice.h"
#include "process/timing.h"
#include "server/conn_status.h"

#include <netinet/in.h>

enum { CONNECTION_BUFFER_BYTES = 16 * 1024 }; /* a longer line is no answer */

struct connection {
    int fd; /* -1: none, or unknown */
    int timeout_ms;
    struct budget silence;
    int64_t used_ms;   /* CLOCK_BOOTTIME, when it was last used */
    size_t read, used; /* bytes [read, used) are still to be taken */
    char bytes[CONNECTION_BUFFER_BYTES];
};

/* Nothing is connected. */
void connection_init(struct connection *connection);

/* Takes the socket over: no delay, keepalive. timeout_ms: the longest silence. */
void connection_start(struct connection *connection, int fd, int timeout_ms);

/* Ends it at once; what the peer's kernel has not acknowledged is not sent again. errno stays. */
void connection_close(struct connection *connection);

/* The port of our end of a socket; 0: it has none, as a Unix socket. */
in_port_t connection_port(int fd);

/*
 * Reads what has come, without waiting. CONN_LOST: the server ended the
 * connection, or it broke; lines that came before can still be taken.
 * CONN_PROTOCOL: a line is longer than the buffer.
 */
enum conn_status connection_receive(struct connection *connection);

/* The next whole line, without its CR LF (or LF); valid until the next receive. */
bool connection_line(struct connection *connection, struct slice *line);

/* At most `most` bytes that have come, whatever they are; valid until the next receive. */
struct slice connection_piece(struct connection *connection, size_t most);

/* Hands bytes to the kernel, as many as it takes now; *sent grows by their number. */
enum conn_status connection_send(struct connection *connection, struct slice bytes, size_t *sent);

/* The server answered, or took bytes: its silence begins again. */
void connection_moves(struct connection *connection);

/* How long answers were waited for since connection_moves. */
int64_t connection_waited_ms(const struct connection *connection);

/*
 * Waits a moment until there is something to read, or with to_send until bytes can be sent.
 * CONN_OK: look again. CONN_SILENT: the budget is spent. CONN_STOPPED: a
 * signal asked for the end, longer than the timeout ago.
 */
enum conn_status connection_await(struct connection *connection, bool to_send);

/*
 * Looks at a connection that owes nothing, without reading. CONN_LOST: it has ended. CONN_PROTOCOL:
 * something came to no question.
 */
enum conn_status connection_look(const struct connection *connection);

/* Unused for so long that something on the way may have forgotten it. */
bool connection_is_stale(const struct connection *connection);

/* To be called when nothing is owed any more. */
void connection_rests(struct connection *connection);

#endif
