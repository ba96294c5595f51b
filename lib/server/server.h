/* SPDX-License-Identifier: MIT */
/*
 * server: connects to one memcached server, reconnects, and gives up.
 *
 * It has the time limits, the pauses, the fence and the messages about them. It
 * knows no protocol: a link makes the connection and speaks over it.
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
    /* One try: CONN_OK, or why there is no connection, with errno. Each step waits at most
     * timeout_ms.
     */
    enum conn_status (*open)(void *self, int timeout_ms);
    /* The port of our end of the connection; 0: it has none. */
    in_port_t (*local_port)(const void *self);
    /* Ends the connection at once and sends nothing more. Keeps errno. */
    void (*drop)(void *self);
    /* A connection that the server can be asked over for its counters; -1: there is none. */
    int (*descriptor)(const void *self);
};

struct server {
    const struct address *address;
    int timeout_ms;   /* longest silence of a server that has to answer */
    int64_t retry_ms; /* longest time of reconnecting without an acknowledged record */
    const struct server_link *link;
    void *self; /* of the link */
    bool connected;
    int plain_fd;               /* of the link that server_init gives: a probed connection, or -1 */
    enum conn_status broken_by; /* what ended the last connection */
    bool left_on_way; /* given up with requests on their way, for which there was no fence yet */
    in_port_t local_port; /* of the last connection */
    bool retry_runs;      /* since a failure, or the start, no record was acknowledged */
    struct budget retry;  /* while it runs: what is left of retry_ms */
    int pause_ms;         /* before the next try */
    bool connected_before;
    enum conn_status failure; /* given up: why, with errno */
    int failure_errno;
    uint64_t reconnects;
    unsigned slow_answers;    /* in a row */
    bool trouble_told;        /* a message said that it is tried again, or waited for */
    bool silence_told;        /* the last such message said that an answer is waited for */
    bool ever_acknowledged;   /* a record was acknowledged */
    struct counters counters; /* read at the first connection, over it where that is possible */
    struct counters other;    /* of the first connection to another process than that, if any */
    bool met_other;
    bool mute;               /* it does not answer what it is asked for its counters */
    int64_t clock_ahead_s;   /* of ours, at that time; 0: unknown */
    const char *undelivered; /* where records go that it is not given; NULL: nowhere */
    bool comes_back;         /* once given up, it is tried again */
    bool told_given_up;      /* and not yet that it is back */
    bool resuming;           /* the next connection is one single try */
    int64_t resume_ms;       /* not before this time */
    int resume_pause_ms;     /* after another failure */
};

/* The connection is made by server_connect; address must outlive the server. */
void server_init(struct server *server, const struct address *address, int timeout_ms,
                 int64_t retry_ms);

/* From now on it connects by this link, which must outlive it; before, it only probes. */
void server_use(struct server *server, const struct server_link *link, void *self);

/*
 * Makes a connection, with growing, jittered pauses between the tries, until
 * retry_ms have been spent since the first failure after an acknowledged record.
 *
 * The last connection, if there was one, must have been ended: see server_lost.
 *
 * sent: requests were on their way when it broke. Then, and if it was given up with
 * such requests, it waits until the server has closed the old connection, so that none
 * of them is executed after its replay.
 * A server without counters, or behind a proxy, cannot show that: CONN_NO_FENCE.
 *
 * When a server that was connected goes away, one message says so, and one more when
 * it takes records again. Another one says when a new process answers in its place. One that is
 * not there at the start is reported after some seconds.
 */
enum conn_status server_connect(struct server *server, bool sent);

/*
 * Reads the counters of the server that the connection leads to, which must owe nothing: behind a
 * balancer, a new connection may lead to another. Where the connection cannot be asked, of the
 * address. Not CONN_OK: the connection is dropped.
 */
enum conn_status server_counters(struct server *server, struct counters *counters);

/* To be called while an answer is waited for, with how long that has taken: reports it, once. */
void server_report_silence(struct server *server, int64_t waited_ms);

/* Reports that the server takes records again. */
void server_report_back(struct server *server);

/* Call it for each acknowledged record. */
static inline void server_is_well(struct server *server)
{
    server->retry_runs = false;
    server->ever_acknowledged = true;
    if (server->trouble_told)
        server_report_back(server);
}

/*
 * For the code that speaks to the server: gives it up. `why` and errno are kept until
 * server_init or server_resume. on_way: requests without an answer were sent. Reported
 * at once if other records go to `undelivered`, since the input may go on for days.
 */
void server_give_up(struct server *server, enum conn_status why, bool on_way);

/*
 * True if it is time to try a server again that was given up: then it is given up no
 * longer, and server_connect makes one try. The pauses between these grow to a minute.
 */
bool server_resume(struct server *server);

/* CONN_OK, or why it was given up; then errno is set as it was at that time, for conn_strerror. */
enum conn_status server_failure(const struct server *server);

/* Call it before requests are sent, so that idle time does not count as time of reconnecting. */
void server_skip_idle_time(struct server *server);

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

/*
 * The same, and remembers what broke it: the next server_connect is a reconnect. CONN_OK if
 * it was ended because it was idle, which is none.
 */
void server_lost(struct server *server, enum conn_status why);

#endif
