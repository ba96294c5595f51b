/*
 * server: the connection to one memcached server, made, lost, made anew and given up.
 *
 * Patience, pauses, the fence and what is said of all that; it knows no
 * protocol. How a connection is made, and what goes over it, is its link's
 * business.
 */
#ifndef MEMC_SERVER_H
#define MEMC_SERVER_H

#include "process/timing.h"
#include "server/address.h"
#include "server/conn_status.h"
#include "server/counters.h"
#include "server/doubt.h"

#include <netinet/in.h>

/* A way to connect; self is what server_use was given. */
struct server_link {
    /* One try: CONN_OK, or why there is no connection, with errno. Waits at most timeout_ms a step.
     */
    enum conn_status (*open)(void *self, int timeout_ms);
    /* Of our end of the connection; 0: it has none. */
    in_port_t (*local_port)(const void *self);
    /* Ends it at once and sends nothing more. errno stays. */
    void (*drop)(void *self);
};

struct server {
    const struct address *address;
    int timeout_ms;   /* longest silence of a server that owes an answer */
    int64_t retry_ms; /* longest time of reconnecting without an acknowledged record */
    const struct server_link *link;
    void *self; /* of the link */
    bool connected;
    int plain_fd;         /* of the link that server_init gives: a probed connection, or -1 */
    in_port_t local_port; /* of the last connection */
    bool retrying;        /* since a failure, or the start, no record was acknowledged */
    struct budget retry;  /* while retrying: what is left of retry_ms */
    int pause_ms;         /* before the next try */
    bool connected_before;
    enum conn_status failure; /* given up: why, with errno */
    int failure_errno;
    uint64_t reconnects;
    unsigned slow_answers;    /* in a row */
    bool in_trouble;          /* it was said that it is tried again */
    bool reached;             /* a record was acknowledged */
    struct counters counters; /* read at the first connection */
};

/* The connection is made by server_connect; address must outlive the server. */
void server_init(struct server *server, const struct address *address, int timeout_ms,
                 int64_t retry_ms);

/* From now on it connects by this link, which must outlive it; before, it only probes. */
void server_use(struct server *server, const struct server_link *link, void *self);

/*
 * Makes a connection, with growing, jittered pauses between the tries, until
 * retry_ms have been spent since the first failure after an acknowledged
 * record. why: what ended the last connection, which must have been dropped;
 * CONN_OK if there was none, or it was ended as unused: that is no reconnect. sent: requests were
 * on their way when it broke: then it waits until the server has let go of the old connection, so
 * that none of them can be executed after their replay. Nothing tells of a server without counters,
 * or behind a proxy, that it has: CONN_NO_FENCE. A server that has been connected and is away is
 * told of once, and once when it takes records again.
 */
enum conn_status server_connect(struct server *server, enum conn_status why, bool sent);

/* Says that the server takes records again. */
void server_tell_back(struct server *server);

/* To be called on each acknowledged record: the server is well. */
static inline void server_is_well(struct server *server)
{
    server->retrying = false;
    server->reached = true;
    if (server->in_trouble)
        server_tell_back(server);
}

/* Whoever speaks to the server gives it up: `why`, with errno, is kept until server_init. */
void server_give_up(struct server *server, enum conn_status why);

/* CONN_OK, or why it was given up; sets errno to that of the moment, for conn_strerror. */
enum conn_status server_failure(const struct server *server);

/* To be called before requests are sent: the time that was spent idle does not count as
 * reconnecting. */
void server_works(struct server *server);

/*
 * To be called after each answer with the time when the wait for it began, which
 * becomes now, when that for the next one begins. CONN_SILENT if the second in a
 * row took longer than the timeout: bytes that trickle in renew the library's own
 * timeout; after a stop (Ctrl-Z) one answer is late. CONN_STOPPED if a clean end
 * has had its time.
 */
enum conn_status server_answered(struct server *server, int64_t *since_ms);

/* memcached's item: a header with CAS, the key and a NUL, the value and CR LF. In bytes. */
size_t server_item_bytes(size_t key_bytes, size_t value_bytes);

/*
 * True if the server would answer that this item is too large for it: then
 * the key's old value would be gone. False also if its limit is unknown.
 */
bool server_would_refuse(const struct server *server, size_t key_bytes, size_t value_bytes);

/* Ends the connection by its link, if there is one. errno stays. */
void server_drop(struct server *server);

#endif
