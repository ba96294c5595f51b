#include "server/conn_status.h"

#include "process/status.h"

#include <errno.h>
#include <string.h>

enum { PEER_COUNT = PEER_NO_RESOURCES + 1 };

/* Those without words are told by errno. */
static const char *const WORDS[PEER_COUNT] = {
    [PEER_OK] = "success",
    [PEER_TEXT_ONLY] = "speaks text only",
    [PEER_STOPPED] = "stopped by a signal",
    [PEER_NO_HOST] = "no such host",
    [PEER_UNRESOLVED] = "the name could not be resolved now",
    [PEER_SILENT] = "no answer in time",
    [PEER_FULL] = "too many open connections",
    [PEER_OUT_OF_MEMORY] = "out of memory; the old values of the refused keys are dropped",
    [PEER_BEHIND] = "does not reach a server behind it",
    [PEER_LOST] = "connection lost",
    [PEER_NO_FENCE] = ("connection lost with records on their way; sending them again could "
                       "overwrite newer values"),
    [PEER_SERVER_FAILED] = ("it, or a server behind it, failed with a record on its way; sending "
                            "it again could overwrite newer values"),
    [PEER_NOT_MEMCACHED] = "is not a memcached server",
    [PEER_PROTOCOL] = "protocol error: an answer that no set may get",
    [PEER_AUTH] = "demands authentication",
};

static const char *const HINT[PEER_COUNT] = {
    [PEER_NO_HOST] = ": is the name right?",
    [PEER_SILENT] = ": is it overloaded, stopped, or at its connection limit (memcached -c)?",
    [PEER_FULL] = ": raise the server's limit (memcached -c)",
    [PEER_OUT_OF_MEMORY] = ": give it more (memcached -m)",
    [PEER_BEHIND] = ": are all servers of this proxy running?",
    [PEER_NO_FENCE] = ": load this input again",
    [PEER_SERVER_FAILED] = ": load this input again",
    [PEER_NOT_MEMCACHED] = ": is the port right?",
    [PEER_AUTH] = ": only servers without it are supported",
    [PEER_DENIED] = ": may this user connect there (memcached -a, its folder's mode)?",
};

const char *peer_strerror(enum peer peer)
{
    return WORDS[peer] ? WORDS[peer] : strerror(errno);
}

static const char *hint_of_errno(void)
{
    if (errno == ECONNREFUSED)
        return ": is memcached running there?";
    return errno == ENOENT ? ": is memcached listening on that socket (memcached -s)?" : "";
}

const char *peer_hint(enum peer peer)
{
    if (peer == PEER_UNREACHABLE)
        return hint_of_errno();
    return HINT[peer] ? HINT[peer] : "";
}

bool peer_is_hopeless(enum peer peer)
{
    return peer == PEER_STOPPED || peer == PEER_NO_HOST || peer >= PEER_NO_FENCE;
}

bool peer_may_pass(enum peer peer)
{
    return peer == PEER_LOST || peer == PEER_SILENT || peer == PEER_BEHIND;
}

int peer_status(enum peer peer, bool reached)
{
    switch (peer) {
    case PEER_OK:
    case PEER_TEXT_ONLY:
    case PEER_STOPPED:
        return STATUS_OK;
    case PEER_AUTH:
    case PEER_DENIED:
        return STATUS_NOPERM;
    case PEER_NOT_MEMCACHED:
    case PEER_PROTOCOL:
        return STATUS_PROTOCOL;
    case PEER_NO_RESOURCES:
        return STATUS_OSERR;
    case PEER_OUT_OF_MEMORY:
    case PEER_NO_FENCE:
    case PEER_SERVER_FAILED:
        return STATUS_TEMPFAIL;
    case PEER_NO_HOST:
    case PEER_UNRESOLVED:
    case PEER_UNREACHABLE:
    case PEER_SILENT:
    case PEER_FULL:
    case PEER_BEHIND:
    case PEER_LOST:
        break;
    }
    return reached ? STATUS_TEMPFAIL : STATUS_UNAVAILABLE;
}
