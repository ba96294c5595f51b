#include "sink/verdict.h"

#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"

#include <inttypes.h>

static int verdict_on_server(const struct sink *sink)
{
    enum conn_status conn = sink_failure(sink);

    if (conn == CONN_STOPPED)
        return sink->delivery.server.connected_before ? STATUS_OK : STATUS_UNAVAILABLE;
    if (conn != CONN_OK)
        conn_report(sink->options->address.text, conn, sink->options->retry_ms);
    return conn_exit_status(conn, sink->delivery.server.connected_before);
}

/* What is printed behind "SERVER: ". NULL: it needs figures. */
static const char *const DOUBT_TEXT[] = {
    [DOUBT_RESTARTED] = "was restarted meanwhile: what was stored before is gone; load it again",
    [DOUBT_FLUSHED] = "was flushed meanwhile: what was stored may be gone; load it again",
    [DOUBT_RESET] = "its counters went back (stats reset?): unproven whether it kept what was "
                    "stored; --verify tells",
    [DOUBT_UNREADABLE] = "its counters cannot be read: unproven whether it kept what was stored; "
                         "--verify tells",
};

static void tell_doubt(const struct sink_tally *tally, const struct counters *before,
                       const struct counters *after)
{
    switch (tally->doubt) {
    case DOUBT_NONE:
    case DOUBT_LOST:
        break;
    case DOUBT_EVICTED:
        if (tally->evictions > 0)
            diag("%" PRId64 " evictions on %s meanwhile: what was stored may be gone; "
                 "give it more memory (memcached -m)",
                 tally->evictions, tally->server);
        else
            diag("evictions on %s meanwhile: what was stored may be gone; "
                 "give it more memory (memcached -m)",
                 tally->server);
        break;
    case DOUBT_OTHER_SERVER:
        diag("%s: the last counters are those of another server (process %" PRId64
             ", up for %" PRId64 " s) than the first (process %" PRId64
             "): is it a balancer? Unproven; load each server by its own address",
             tally->server, after->pid, after->uptime, before->pid);
        break;
    case DOUBT_RESTARTED:
    case DOUBT_FLUSHED:
    case DOUBT_RESET:
    case DOUBT_UNREADABLE:
        diag("%s: %s", tally->server, DOUBT_TEXT[tally->doubt]);
        break;
    }
}

static int verdict_on_retention(struct sink *sink)
{
    uint64_t stored = sink->earlier_stored + sink->tally.stored;
    const struct sink_options *options = sink->options;
    const struct counters *before = &sink->delivery.server.counters;
    enum conn_status conn = CONN_OK;

    if (options->mode != SINK_LOAD || !sink->delivery.server.connected_before)
        return STATUS_OK;
    struct counters after = COUNTERS_UNKNOWN;
    /* A clean end has no time for asking a server that was given up. */
    if (!signals_stopped_by() || sink_failure(sink) == CONN_OK)
        conn = counters_read(&options->address, options->timeout_ms, &after);
    if (conn == CONN_NO_RESOURCES)
        return STATUS_OSERR;
    sink->tally.evictions = counters_evicted(before, &after);
    if (stored == 0)
        return STATUS_OK;
    sink->tally.doubt = counters_doubt(before, &after, stored, options->allow_evictions);
    tell_doubt(&sink->tally, before, &after);
    return sink->tally.doubt == DOUBT_NONE ? STATUS_OK : STATUS_DATAERR;
}

int verdict_on_tally(const struct sink *sink)
{
    const struct sink_tally *t = &sink->tally;
    const struct ratio *limit = sink->options->limited ? &sink->options->error_rate : NULL;
    uint64_t errors = t->invalid + t->refused;
    uint64_t good = t->stored + t->verified + t->missing + t->differing;
    int status = t->undelivered > 0 ? STATUS_TEMPFAIL : STATUS_OK;

    if (t->missing + t->differing > 0)
        status = status_merge(status, STATUS_DATAERR);
    if (!sink_tally_rate_passes(errors, good, limit)) {
        diag("error rate too high: %" PRIu64 " bad lines to %" PRIu64 " good ones; "
             "--rejects keeps the bad ones, --max-error-rate is the limit",
             errors, good);
        status = status_merge(status, STATUS_DATAERR);
    }
    if (!sink_tally_holds(t)) {
        diag("the sum of the outcomes is not the number of lines: a bug, please report it");
        status = STATUS_SOFTWARE;
    }
    return status;
}

int verdict(struct sink *sink)
{
    int status = verdict_on_server(sink);

    status = status_merge(status, verdict_on_retention(sink));
    return status_merge(status, verdict_on_tally(sink));
}
