/*
 * peer: how it stands with a server, and what that means for a load.
 */
#ifndef MEMC_PEER_H
#define MEMC_PEER_H

#include <stdbool.h>

enum peer {
    PEER_OK,
    PEER_TEXT_ONLY,     /* likewise: a memcached, or a proxy of some, without the binary protocol */
    PEER_STOPPED,       /* a signal asked for the end */
    PEER_NO_HOST,       /* the name does not resolve */
    PEER_UNRESOLVED,    /* the resolver could not tell now */
    PEER_UNREACHABLE,   /* errno tells */
    PEER_SILENT,        /* no answer in time */
    PEER_FULL,          /* its connection limit is reached */
    PEER_OUT_OF_MEMORY, /* stores are refused for lack of memory */
    PEER_BEHIND,        /* it is a proxy that does not reach a server behind it */
    PEER_LOST,          /* the connection broke */
    PEER_NO_FENCE,      /* broke with requests on their way, and nothing tells when they are done */
    PEER_SERVER_FAILED, /* it, or a server behind it, failed; the record may yet be stored */
    PEER_NOT_MEMCACHED,
    PEER_PROTOCOL,     /* an answer that no plain set may get */
    PEER_AUTH,         /* demands authentication */
    PEER_DENIED,       /* the socket's permissions */
    PEER_NO_RESOURCES, /* memory or descriptors, here: errno tells */
};

/* The reason in words; for those with errno that one's. */
const char *peer_strerror(enum peer peer);

/* What to look at or to do, to be put behind the reason; it begins with ": ", or is empty. */
const char *peer_hint(enum peer peer);

/* True if another try cannot help. */
bool peer_is_hopeless(enum peer peer);

/* True for trouble on a connection in use that a new connection may end. */
bool peer_may_pass(enum peer peer);

/* The exit status for a load that ended so; reached: a record had been acknowledged before. */
int peer_status(enum peer peer, bool reached);

#endif
