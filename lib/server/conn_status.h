/*
 * conn_status: how it stands with a server, and what that means for a load.
 */
#ifndef MEMC_CONN_STATUS_H
#define MEMC_CONN_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum conn_status {
    CONN_OK,
    CONN_STOPPED,       /* a signal asked for the end */
    CONN_NO_HOST,       /* the name does not resolve */
    CONN_UNRESOLVED,    /* the resolver could not tell now */
    CONN_UNREACHABLE,   /* errno tells */
    CONN_SILENT,        /* no answer in time */
    CONN_FULL,          /* its connection limit is reached */
    CONN_OUT_OF_MEMORY, /* stores are refused for lack of memory */
    CONN_BEHIND,        /* it is a proxy that does not reach a server behind it */
    CONN_LOST,          /* the connection broke */
    CONN_NO_FENCE,      /* broke with requests on their way, and nothing tells when they are done */
    CONN_SERVER_FAILED, /* it, or a server behind it, failed; the record may yet be stored */
    CONN_NOT_MEMCACHED,
    CONN_OTHER_PROTOCOL, /* a memcached that does not speak the protocol that is wanted */
    CONN_PROTOCOL,       /* an answer that no plain set may get */
    CONN_AUTH,           /* demands authentication */
    CONN_DENIED,         /* the socket's permissions */
    CONN_NO_RESOURCES,   /* memory or descriptors, here: errno tells */
};

/* The reason in words; for those with errno that one's. */
const char *conn_strerror(enum conn_status conn);

/* What to look at or to do, to be put behind the reason; it begins with ": ", or is empty. */
const char *conn_hint(enum conn_status conn);

/* True if another try cannot help. */
bool conn_is_hopeless(enum conn_status conn);

/* True for trouble on a connection in use that a new connection may end. */
bool conn_may_pass(enum conn_status conn);

/* The exit status for a load that ended so; reached: a record had been acknowledged before. */
int conn_exit_status(enum conn_status conn, bool reached);

/*
 * Says why a server was given up, or could not be reached, and what to look at.
 * retry_ms: how long it was tried.
 */
void conn_report(const char *server, enum conn_status conn, int64_t retry_ms);

#endif
