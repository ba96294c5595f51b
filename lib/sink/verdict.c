/* SPDX-License-Identifier: MIT */
#include "sink/verdict.h"

#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "sink/retention.h"

#include <inttypes.h>

static int verdict_on_server(const struct sink *sink)
{
    enum conn_status conn = sink_failure(sink);

    if (conn == CONN_STOPPED)
        return sink->delivery.server.connected_before ? STATUS_OK : STATUS_UNAVAILABLE;
    if (conn != CONN_OK && !sink->delivery.server.told_given_up)
        conn_report(sink->options->address.text, conn, sink->options->retry_ms, NULL);
    return conn_exit_status(conn, sink->delivery.server.connected_before);
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

    status = status_merge(status, retention_verdict(&sink->delivery, sink->earlier_stored));
    return status_merge(status, verdict_on_tally(sink));
}
