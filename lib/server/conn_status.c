/* SPDX-License-Identifier: MIT */
#include "server/conn_status.h"

#include "bytes/number.h"
#include "process/diag.h"
#include "process/status.h"

#include <errno.h>
#include <string.h>

enum { CONN_COUNT = CONN_NO_RESOURCES + 1 };

/* For those without words, errno has the reason. */
static const char *const WORDS[CONN_COUNT] = {
    [CONN_OK] = "success",
    [CONN_STOPPED] = "stopped by a signal",
    [CONN_NO_HOST] = "no such host",
    [CONN_UNRESOLVED] = "the name could not be resolved now",
    [CONN_SILENT] = "no answer in time",
    [CONN_FULL] = "too many open connections",
    [CONN_OUT_OF_MEMORY] = "out of memory; the old values of the refused keys are dropped",
    [CONN_BEHIND] = "does not reach a server behind it",
    [CONN_LOST] = "connection lost",
    [CONN_HELD] = ("still holds the connection that broke, so what was on its way cannot be sent "
                   "again safely"),
    [CONN_NO_FENCE] = ("connection lost with records on their way; sending them again could "
                       "overwrite newer values"),
    [CONN_SERVER_FAILED] = ("it, or a server behind it, failed with a record on its way; sending "
                            "it again could overwrite newer values"),
    [CONN_NOT_MEMCACHED] = "is not a memcached server",
    [CONN_OTHER_PROTOCOL] =
        "does not speak the protocol that --protocol names, or that it spoke before",
    [CONN_PROTOCOL] = "protocol error: an answer that no set may get",
    [CONN_AUTH] = "demands authentication",
};

static const char *const HINT[CONN_COUNT] = {
    [CONN_NO_HOST] = ": is the name right?",
    [CONN_SILENT] = ": is it overloaded, stopped, or at its connection limit (memcached -c)?",
    [CONN_FULL] = ": raise the server's limit (memcached -c)",
    [CONN_LOST] = ": does it crash, or demand TLS, which is not supported?",
    [CONN_OUT_OF_MEMORY] = ": give it more (memcached -m)",
    [CONN_BEHIND] = ": are all servers of this proxy running?",
    [CONN_HELD] = (": load this input again; the server closes such connections itself with "
                   "memcached -o idle_timeout=SECONDS"),
    [CONN_NO_FENCE] = ": load this input again",
    [CONN_SERVER_FAILED] = ": load this input again",
    [CONN_NOT_MEMCACHED] = ": is the port right?",
    [CONN_AUTH] = ": only servers without it are supported",
    [CONN_DENIED] = ": may this user connect there (memcached -a, its folder's mode)?",
};

const char *conn_strerror(enum conn_status conn)
{
    return WORDS[conn] ? WORDS[conn] : strerror(errno);
}

static const char *hint_of_errno(void)
{
    if (errno == ECONNREFUSED)
        return ": is memcached running there?";
    return errno == ENOENT ? ": is memcached listening on that socket (memcached -s)?" : "";
}

const char *conn_hint(enum conn_status conn)
{
    if (conn == CONN_UNREACHABLE)
        return hint_of_errno();
    return HINT[conn] ? HINT[conn] : "";
}

bool conn_is_hopeless(enum conn_status conn)
{
    return conn == CONN_STOPPED || conn == CONN_NO_HOST || conn >= CONN_NO_FENCE;
}

bool conn_may_pass(enum conn_status conn)
{
    return conn == CONN_LOST || conn == CONN_SILENT || conn == CONN_BEHIND;
}

int conn_exit_status(enum conn_status conn, bool reached)
{
    switch (conn) {
    case CONN_OK:
    case CONN_STOPPED:
        return STATUS_OK;
    case CONN_AUTH:
    case CONN_DENIED:
        return STATUS_NOPERM;
    case CONN_NOT_MEMCACHED:
    case CONN_OTHER_PROTOCOL:
    case CONN_PROTOCOL:
        return STATUS_PROTOCOL;
    case CONN_NO_RESOURCES:
        return STATUS_OSERR;
    case CONN_OUT_OF_MEMORY:
    case CONN_HELD:
    case CONN_NO_FENCE:
    case CONN_SERVER_FAILED:
        return STATUS_TEMPFAIL;
    case CONN_NO_HOST:
    case CONN_UNRESOLVED:
    case CONN_UNREACHABLE:
    case CONN_SILENT:
    case CONN_FULL:
    case CONN_BEHIND:
    case CONN_LOST:
        break;
    }
    return reached ? STATUS_TEMPFAIL : STATUS_UNAVAILABLE;
}

void conn_report(const char *server, enum conn_status conn, int64_t retry_ms,
                 const char *undelivered)
{
    bool tried = retry_ms > 0 && !conn_is_hopeless(conn) && conn != CONN_OUT_OF_MEMORY;
    char limit[NUMBER_DURATION_BYTES];
    const char *reason = conn_strerror(conn), *hint = conn_hint(conn);

    number_duration_text(retry_ms, limit);
    diag("%s: %s%s%s%s%s%s%s", server, tried ? "given up after " : "", tried ? limit : "",
         tried ? ": " : "", reason, hint, undelivered ? "; undelivered records go to " : "",
         undelivered ? undelivered : "");
}
