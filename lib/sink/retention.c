/* SPDX-License-Identifier: MIT */
#include "sink/retention.h"

#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "process/timing.h"
#include "store/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

struct read_back {
    enum conn_status conn;    /* CONN_OK, or why not all of this is known; then errno is set */
    struct counters counters; /* of the server that was asked */
    uint64_t asked, missing;  /* keys; 0 and 0 unless all answers came */
};

/* ---- asking */

/* The keys of a batch fit into a socket's buffer: libmemcached sends them all before it reads. */
enum { KEY_BYTES_MAX = 16 * 1024, BATCH_BYTES = 2 * KEY_BYTES_MAX };

static bool count_key(void *context, enum reader_found found, const struct batch_record *record)
{
    struct read_back *result = context;

    (void)record;
    result->asked++;
    result->missing += found == READER_MISSING;
    return true;
}

static enum conn_status ask_for_batch(struct channel *channel, struct batch *batch,
                                      struct read_back *result)
{
    size_t cursor = 0;

    enum conn_status conn = reader_look(channel, batch, &cursor, count_key, result);
    batch_clear(batch);
    return conn;
}

/* Whether they are there, not what they hold: a value may be another writer's. */
static enum conn_status ask_for_keys(struct channel *channel, const struct sample *sample,
                                     struct read_back *result)
{
    static struct batch batch;
    enum conn_status conn = CONN_OK;

    batch_init(&batch, BATCH_BYTES);
    for (size_t i = 0; conn == CONN_OK && i < sample_count(sample); i++) {
        struct batch_record record = {.key = sample_key(sample, i)};
        if (batch.payload + record.key.len > KEY_BYTES_MAX || !batch_has_room(&batch, &record))
            conn = ask_for_batch(channel, &batch, result);
        if (conn == CONN_OK && !batch_add(&batch, &record))
            conn = CONN_NO_RESOURCES;
    }
    if (conn == CONN_OK)
        conn = ask_for_batch(channel, &batch, result);
    int saved = errno;
    batch_free(&batch);
    errno = saved;
    return conn;
}

/* Over the connection, all of it or nothing; sample: NULL asks for the counters alone. */
static struct read_back ask_connected(struct channel *channel, const struct sample *sample)
{
    struct read_back result = {CONN_OK, COUNTERS_UNKNOWN, 0, 0};

    if (sample)
        result.conn = ask_for_keys(channel, sample, &result);
    if (result.conn == CONN_OK)
        result.conn = server_counters(channel->server, &result.counters);
    if (result.conn != CONN_OK) {
        result.asked = result.missing = 0;
        server_lost(channel->server, result.conn);
    }
    return result;
}

/*
 * Asks the server that stores: over its connection, or if that has ended, over a new one, for which
 * lib/server checks that it goes to the same process. Keeps trying for retry_ms. If the keys
 * cannot be read, only the counters are.
 */
static struct read_back read_back(struct channel *channel, int64_t retry_ms,
                                  const struct sample *sample)
{
    enum { TRIES_CONNECTED = 3 };
    struct server *server = channel->server;
    struct read_back result = {CONN_OK, COUNTERS_UNKNOWN, 0, 0};

    server->retry_ms = retry_ms;
    for (int tries = 0; tries < TRIES_CONNECTED; tries++) {
        if (!server->connected)
            result.conn = server_connect(server, false);
        if (!server->connected)
            return result;
        result = ask_connected(channel, sample);
        if (!conn_may_pass(result.conn))
            return result;
    }
    return sample ? read_back(channel, retry_ms, NULL) : result;
}

/* ---- the messages */

/* What is printed behind "SERVER: ". NULL: it needs figures. */
static const char *const DOUBT_TEXT[] = {
    [DOUBT_RESTARTED] = "was restarted meanwhile: what was stored before is gone; load it again",
    [DOUBT_FLUSHED] = "was flushed meanwhile: what was stored may be gone; load it again",
    [DOUBT_RESET] = "its counters went back (stats reset?): unproven whether it kept what was "
                    "stored; --verify tells",
    [DOUBT_UNREADABLE] = "its counters cannot be read: unproven whether it kept what was stored; "
                         "--verify tells",
};

/* What to do about evictions. */
static const char *eviction_hint(const struct counters *before, const struct counters *after)
{
    if (before->ext_bad < after->ext_bad)
        return "extstore's disk loses data (memcached -o ext_path)";
    if (before->evictions == after->evictions &&
        (before->ext_evicted < after->ext_evicted || before->ext_lost < after->ext_lost ||
         before->ext_skipped < after->ext_skipped))
        return "give extstore more disk (memcached -o ext_path)";
    return "give it more memory (memcached -m)";
}

static void tell_evicted(const struct sink_tally *tally, const struct counters *before,
                         const struct counters *after)
{
    char figure[24] = "";

    if (tally->evictions > 0)
        snprintf(figure, sizeof figure, "%" PRId64 " ", tally->evictions);
    diag("%sevictions on %s meanwhile: what was stored may be gone; %s", figure, tally->server,
         eviction_hint(before, after));
}

static void tell_doubt(const struct sink_tally *tally, const struct counters *before,
                       const struct counters *after)
{
    switch (tally->doubt) {
    case DOUBT_NONE:
    case DOUBT_LOST:
        break;
    case DOUBT_EVICTED:
        tell_evicted(tally, before, after);
        break;
    case DOUBT_OTHER_SERVER:
        diag("%s: the last counters are those of another server (process %" PRId64
             ", up for %" PRId64 " s) than the first (process %" PRId64 "): %s",
             tally->server, after->pid, after->uptime, before->pid,
             counters_same_start(before, after)
                 ? "was it restarted with its memory (memcached -e), or is it a balancer? "
                   "Unproven; --verify tells"
                 : "is it a balancer? Unproven; load each server by its own address");
        break;
    case DOUBT_RESTARTED:
    case DOUBT_FLUSHED:
    case DOUBT_RESET:
    case DOUBT_UNREADABLE:
        diag("%s: %s", tally->server, DOUBT_TEXT[tally->doubt]);
        break;
    }
}

enum { REASONS_BYTES = 320 };

/* Writes ": REASONS do that", those that this server may have had. Where the counters tell the
 * reason, another message does. */
static void reasons_of_missing(char *text, const struct delivery *d, const struct counters *after)
{
    const struct counters *before = &d->server.counters;
    enum doubt told = counters_doubt(before, after, 0, false);
    bool deletes = before->delete_hits >= 0 && after->delete_hits > before->delete_hits;
    char deleted[96] = "";

    *text = '\0';
    if (told == DOUBT_RESTARTED || told == DOUBT_FLUSHED || told == DOUBT_EVICTED)
        return;
    if (deletes)
        snprintf(deleted, sizeof deleted, " (its clients deleted %" PRId64 " items meanwhile)",
                 after->delete_hits - before->delete_hits);
    snprintf(text, REASONS_BYTES,
             ": %s%s%sa delayed flush_all, deletes or a short expiry by other clients%s do that",
             after->pid < 0 ? "evictions, a restart, " : "",
             after->ext_evicted < 0 ? "" : "a full or broken disk of extstore, ",
             d->options->ttl_seconds > 0 ? "a short --ttl, " : "", deleted);
}

static void tell_missing(const struct delivery *d, const struct counters *after)
{
    const struct sink_tally *t = d->tally;
    char reasons[REASONS_BYTES];

    if (t->sample_missing == 0)
        return;
    reasons_of_missing(reasons, d, after);
    diag("%s: of %" PRIu64 " keys that it stored, a sample of all, %" PRIu64
         " are not there%s; --verify finds them all",
         t->server, t->sampled, t->sample_missing, reasons);
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
static struct read_back look_again(struct delivery *d, const struct sample *sample)
{
    const struct sink_options *options = d->options;
    struct channel *channel = store_channel(d->store);
    bool hurry = signals_stopped_by() || d->server.failure != CONN_OK || options->retry_ms == 0;
    char limit[NUMBER_DURATION_BYTES];

    d->server.retry_runs = false;
    /* Nothing is stored any more, so nothing can be overwritten, and this is no retry. */
    d->server.left_on_way = false;
    d->server.broken_by = CONN_OK;
    struct read_back seen = read_back(channel, 0, sample);
    if (hurry || seen.conn == CONN_OK || conn_is_hopeless(seen.conn))
        return seen;
    diag("%s: %s; asking for up to %s whether it kept what it stored", options->address.text,
         conn_strerror(seen.conn), number_duration_text(options->retry_ms, limit));
    d->server.retry_runs = false;
    d->server.trouble_told = true; /* by the message above */
    return read_back(channel, options->retry_ms, sample);
}

/* Nothing to read back after a stop, or where the server is gone, or nothing may be there. */
static const struct sample *sample_to_read(const struct delivery *d)
{
    bool useful = sample_count(&d->sample) > 0 && !signals_stopped_by() &&
                  d->server.failure == CONN_OK && !may_have_expired(d);

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
    tell_missing(d, &seen->counters);
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
    struct server server;
    static struct channel channel;
    server_init(&server, &d->options->address, d->options->timeout_ms, 0);
    channel_init(&channel, &server, d->options->protocol);
    struct read_back seen = read_back(&channel, 0, sample);
    server_drop(&server);
    if (!counters_restarted(&d->server.counters, &seen.counters))
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
    if (!signals_stopped_by() || d->server.failure == CONN_OK)
        seen = look_again(d, sample_to_read(d));
    if (seen.conn == CONN_NO_RESOURCES)
        return STATUS_OSERR;
    if (d->server.met_other)
        seen.counters = d->server.other;
    d->tally->evictions = counters_evicted(before, &seen.counters);
    if (stored == 0)
        return STATUS_OK;
    count_sample(d, &seen);
    d->tally->doubt = doubt_of(d, stored, &seen);
    tell_doubt(d->tally, before, &seen.counters);
    return d->tally->doubt == DOUBT_NONE ? STATUS_OK : STATUS_DATAERR;
}
