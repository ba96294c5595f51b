/* SPDX-License-Identifier: MIT */
/*
 * conn_status: the state of the connection to a server, and what it means for a load.
 */
#ifndef MEMC_CONN_STATUS_H
#define MEMC_CONN_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum conn_status {
    CONN_OK,
    CONN_STOPPED,       /* a signal asked for the end */
    CONN_NO_HOST,       /* the name does not resolve */
    CONN_UNRESOLVED,    /* the resolver failed, perhaps only now */
    CONN_UNREACHABLE,   /* errno is set */
    CONN_SILENT,        /* no answer in time */
    CONN_FULL,          /* its connection limit is reached */
    CONN_OUT_OF_MEMORY, /* stores are refused for lack of memory */
    CONN_BEHIND,        /* it is a proxy that does not reach a server behind it */
    CONN_LOST,          /* the connection broke */
    CONN_HELD,          /* it broke with requests on their way, and the server does not close it */
    CONN_NO_FENCE,      /* it broke with requests on their way, and the fence is not possible */
    CONN_SERVER_FAILED, /* it, or a server behind it, failed; the record may still be stored later
                         */
    CONN_NOT_MEMCACHED,
    CONN_OTHER_PROTOCOL, /* a memcached that does not speak the protocol that is wanted */
    CONN_PROTOCOL,       /* an answer that is none to a set */
    CONN_AUTH,           /* demands authentication */
    CONN_DENIED,         /* the socket's permissions */
    CONN_NO_RESOURCES,   /* this process has no memory or descriptors: errno is set */
};

/* The reason in words; if errno is set for it, strerror(errno). */
const char *conn_strerror(enum conn_status conn);

/* What the user can check or do, to be appended to the reason: begins with ": ", or is empty. */
const char *conn_hint(enum conn_status conn);

/* True if another try cannot help. */
bool conn_is_hopeless(enum conn_status conn);

/* True for a failure of a connection in use after which a new connection may work. */
bool conn_may_pass(enum conn_status conn);

/* The exit status for a load that ended with it; reached: a record had been acknowledged before. */
int conn_exit_status(enum conn_status conn, bool reached);

/*
 * Reports why a server was given up or could not be reached, and what the user can
 * check. retry_ms: how long it was tried. undelivered: where its records go; NULL: nowhere.
 */
void conn_report(const char *server, enum conn_status conn, int64_t retry_ms,
                 const char *undelivered);

#endif
