#include "sink/retention.h"

#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "process/timing.h"
#include "sink/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

struct read_back {
    enum conn_status conn;    /* CONN_OK, or why not all of this is known; then errno is set */
    struct counters counters; /* of the server that was asked */
    uint64_t asked, missing;  /* keys; 0 and 0 unless all answers came */
};

/* ---- asking */

static void ignore_line(void *context, enum verify_why why, const struct batch_record *record)
{
    (void)context;
    (void)why;
    (void)record;
}

/* A value differs from the empty one that is asked for: the key is there. */
static void ask_for_keys(struct verify *verify, const struct sample *sample)
{
    for (size_t i = 0; i < sample_count(sample); i++) {
        struct batch_record record = {.key = sample_key(sample, i)};
        verify_put(verify, &record);
    }
    verify_flush(verify);
}

/*
 * Asks for the counters, then whether the keys of the sample are there: not
 * what they hold, since a value may be another writer's. Keeps trying for
 * retry_ms. sample: NULL asks for the counters alone.
 */
static struct read_back read_back(const struct sink_options *options, int64_t retry_ms,
                                  const struct sample *sample)
{
    struct read_back result = {CONN_OK, COUNTERS_UNKNOWN, 0, 0};
    struct verify_counts counts = {0};
    struct server server;

    server_init(&server, &options->address, options->timeout_ms, retry_ms);
    struct verify *verify =
        verify_open(&server, options->protocol, options->batch, &counts, ignore_line, NULL);
    if (!verify) {
        result.conn = CONN_NO_RESOURCES;
        return result;
    }
    result.conn = verify_connect(verify);
    if (result.conn == CONN_OK && sample) {
        ask_for_keys(verify, sample);
        result.conn = verify_failure(verify);
    }
    result.counters = server.counters;
    if (result.conn == CONN_OK && sample) {
        result.asked = sample_count(sample);
        result.missing = counts.missing;
    }
    int saved = errno;
    verify_close(verify);
    errno = saved;
    return result;
}

/* ---- telling */

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

/* A loss of every hundredth key or more is told as a share. */
static void tell_missing(const struct sink_tally *t, const struct counters *before,
                         const struct counters *after)
{
    char deletes[96] = "";

    if (t->sample_missing == 0)
        return;
    if (before->delete_hits >= 0 && after->delete_hits > before->delete_hits)
        snprintf(deletes, sizeof deletes, " (its clients deleted %" PRId64 " items meanwhile)",
                 after->delete_hits - before->delete_hits);
    diag("%s: of %" PRIu64 " keys that it stored, a sample of all, %" PRIu64
         " are not there: extstore's disk too small, a delayed flush_all or deletes of other "
         "clients%s do that; --verify finds them all",
         t->server, t->sampled, t->sample_missing, deletes);
}

/* Whether what expires is expected to be there yet, with the seconds by which clocks are inexact.
 */
static bool may_have_expired(const struct delivery *d)
{
    enum { INEXACT_S = 2 };
    int64_t ttl = d->options->ttl_seconds;

    return ttl > 0 && timing_now_ms() - d->connected_ms >= (ttl - INEXACT_S) * INT64_C(1000);
}

/* The last look at the server. A clean end has no patience, nor is there any for one that was given
 * up. */
static struct read_back look_again(const struct delivery *d, const struct sample *sample)
{
    const struct sink_options *options = d->options;
    bool hurry = signals_stopped_by() || d->to->failure(d) != CONN_OK || options->retry_ms == 0;
    char limit[NUMBER_DURATION_BYTES];

    struct read_back seen = read_back(options, 0, sample);
    if (hurry || seen.conn == CONN_OK || conn_is_hopeless(seen.conn))
        return seen;
    diag("%s: %s; asking for up to %s whether it kept what it stored", options->address.text,
         conn_strerror(seen.conn), number_duration_text(options->retry_ms, limit));
    return read_back(options, options->retry_ms, sample);
}

/* Nothing to read back after a stop, or where the server is gone, or nothing may be there. */
static const struct sample *sample_to_read(const struct delivery *d)
{
    bool useful = sample_count(&d->sample) > 0 && !signals_stopped_by() &&
                  d->to->failure(d) == CONN_OK && !may_have_expired(d);

    return useful ? &d->sample : NULL;
}

static void count_sample(struct delivery *d, const struct read_back *seen)
{
    struct sink_tally *t = d->tally;

    t->sampled = t->sample_missing = 0;
    if (may_have_expired(d))
        return;
    t->sampled = seen->asked;
    t->sample_missing = seen->missing;
    tell_missing(t, &d->server.counters, &seen->counters);
}

static enum doubt doubt_of(const struct delivery *d, uint64_t stored, const struct read_back *seen)
{
    const struct sink_tally *t = d->tally;
    bool allow = d->options->allow_evictions;

    enum doubt doubt = counters_doubt(&d->server.counters, &seen->counters, stored, allow);
    if (t->sample_missing > 0 && !allow)
        return doubt_merge(doubt, DOUBT_LOST);
    if (doubt == DOUBT_UNREADABLE && t->sampled > 0) {
        if (!d->options->common.silent)
            diag(
                "%s: its counters cannot be read; that it kept what it stored rests on a sample of "
                "%" PRIu64 " keys, all of them there",
                t->server, t->sampled);
        return DOUBT_NONE;
    }
    return doubt;
}

void retention_sample(struct delivery *d)
{
    enum { PAUSE_MS = 60000 };
    int64_t now = timing_now_ms();
    const struct sample *sample = sample_to_read(d);

    if (!sample || (d->sampled_ms > 0 && now - d->sampled_ms < PAUSE_MS))
        return;
    d->sampled_ms = now;
    struct read_back seen = read_back(d->options, 0, sample);
    count_sample(d, &seen);
}

int retention_verdict(struct delivery *d, uint64_t earlier_stored)
{
    uint64_t stored = earlier_stored + d->tally->stored;
    const struct sink_options *options = d->options;
    const struct counters *before = &d->server.counters;

    if (options->mode != SINK_LOAD || !d->server.connected_before)
        return STATUS_OK;
    struct read_back seen = {.counters = COUNTERS_UNKNOWN};
    if (!signals_stopped_by() || d->to->failure(d) == CONN_OK)
        seen = look_again(d, sample_to_read(d));
    if (seen.conn == CONN_NO_RESOURCES)
        return STATUS_OSERR;
    d->tally->evictions = counters_evicted(before, &seen.counters);
    if (stored == 0)
        return STATUS_OK;
    count_sample(d, &seen);
    d->tally->doubt = doubt_of(d, stored, &seen);
    tell_doubt(d->tally, before, &seen.counters);
    return d->tally->doubt == DOUBT_NONE ? STATUS_OK : STATUS_DATAERR;
}
