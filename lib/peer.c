#include "peer.h"

#include "status.h"

#include <errno.h>
#include <string.h>

const char *peer_strerror(enum peer peer)
{
    switch (peer) {
    case PEER_OK:
        return "success";
    case PEER_TEXT_ONLY:
        return "speaks text only";
    case PEER_STOPPED:
        return "stopped by a signal";
    case PEER_NO_HOST:
        return "no such host";
    case PEER_UNRESOLVED:
        return "the name could not be resolved now";
    case PEER_SILENT:
        return "no answer in time";
    case PEER_FULL:
        return "too many open connections";
    case PEER_OUT_OF_MEMORY:
        return "out of memory; the old values of the refused keys are dropped";
    case PEER_BEHIND:
        return "does not reach a server behind it";
    case PEER_LOST:
        return "connection lost";
    case PEER_NO_FENCE:
        return "connection lost with records on their way; sending them again could overwrite "
               "newer values";
    case PEER_SERVER_FAILED:
        return "it, or a server behind it, failed with a record on its way; sending it again could "
               "overwrite newer values";
    case PEER_NOT_MEMCACHED:
        return "is not a memcached server";
    case PEER_PROTOCOL:
        return "protocol error: an answer that no set may get";
    case PEER_AUTH:
        return "demands authentication";
    case PEER_UNREACHABLE:
    case PEER_DENIED:
    case PEER_NO_RESOURCES:
        break;
    }
    return strerror(errno);
}

static const char *hint_of_errno(void)
{
    if (errno == ECONNREFUSED)
        return ": is memcached running there?";
    return errno == ENOENT ? ": is memcached listening on that socket (memcached -s)?" : "";
}

const char *peer_hint(enum peer peer)
{
    switch (peer) {
    case PEER_NO_HOST:
        return ": is the name right?";
    case PEER_SILENT:
        return ": is it overloaded, stopped, or at its connection limit (memcached -c)?";
    case PEER_FULL:
        return ": raise the server's limit (memcached -c)";
    case PEER_OUT_OF_MEMORY:
        return ": give it more (memcached -m)";
    case PEER_NOT_MEMCACHED:
        return ": is the port right?";
    case PEER_BEHIND:
        return ": are all servers of this proxy running?";
    case PEER_AUTH:
        return ": only servers without it are supported";
    case PEER_NO_FENCE:
    case PEER_SERVER_FAILED:
        return ": load this input again";
    case PEER_DENIED:
        return ": may this user connect there (memcached -a, its folder's mode)?";
    case PEER_UNREACHABLE:
        return hint_of_errno();
    default:
        return "";
    }
}

bool peer_is_hopeless(enum peer peer)
{
    return peer == PEER_STOPPED || peer == PEER_NO_HOST || peer >= PEER_NO_FENCE;
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
