/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include "bytes/number.h"
#include "io/descriptors.h"
#include "process/diag.h"
#include "process/signals.h"
#include "server/connection.h"
#include "server/doubt.h"
#include "server/fence.h"
#include "server/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_FIRST_MS = 50, PAUSE_MAX_MS = 1000 };
enum { RESUME_FIRST_MS = 1000, RESUME_MAX_MS = 60000 };
enum { TELL_ABSENT_MS = 3000, TELL_SILENT_MS = 5000 };

/* The link of a server that nothing is sent to. */
static enum conn_status plain_open(void *self, int timeout_ms)
{
    struct server *server = self;
    enum protocol found;

    return probe(server->address, timeout_ms, PROTOCOL_AUTO, &found, &server->plain_fd);
}

static in_port_t plain_port(const void *self)
{
    const struct server *server = self;

    return connection_port(server->plain_fd);
}

static void plain_drop(void *self)
{
    struct server *server = self;

    descriptors_close(server->plain_fd);
    server->plain_fd = -1;
}

/* Its protocol may be the binary one. */
static int plain_descriptor(const void *self)
{
    (void)self;
    return -1;
}

static const struct server_link PLAIN = {plain_open, plain_port, plain_drop, plain_descriptor};

void server_init(struct server *server, const struct address *address, int timeout_ms,
                 int64_t retry_ms)
{
    *server = (struct server){.address = address,
                              .timeout_ms = timeout_ms,
                              .retry_ms = retry_ms,
                              .link = &PLAIN,
                              .self = server,
                              .plain_fd = -1,
                              .resume_pause_ms = RESUME_FIRST_MS,
                              .counters = COUNTERS_UNKNOWN};
    srandom((unsigned)getpid()); /* for the jitter only */
}

void server_use(struct server *server, const struct server_link *link, void *self)
{
    server->link = link;
    server->self = self;
}

/* After a stop there is only what is left of the time for a clean end. */
static enum conn_status connect_once(struct server *server)
{
    int left_ms = signals_stop_left(server->timeout_ms);
    enum conn_status conn = left_ms > 0 ? server->link->open(server->self, left_ms) : CONN_STOPPED;

    server->connected = conn == CONN_OK;
    return conn;
}

/* A server that does not report its counters does not list its connections either; a proxy lists
 * the wrong ones. */
static bool has_no_fence(const struct server *server)
{
    return server->counters.pid < 0;
}

/*
 * Makes a replay safe. On a Unix socket no port identifies a connection: there
 * only a new server process proves that the old requests are gone.
 */
static enum conn_status fence_off(struct server *server, in_port_t old_port)
{
    struct counters now;

    if (!address_is_local_socket(server->address))
        return fence_wait(server->address, old_port, server->link->local_port(server->self),
                          server->timeout_ms, &server->retry, &server->trouble_told);
    counters_read(server->address, server->timeout_ms, &now);
    return counters_restarted(&server->counters, &now) ? CONN_OK : CONN_NO_FENCE;
}

/*
 * After it was given up. What was on its way is undelivered then, so the fence only
 * keeps an old value from following a newer one. After a minute and more it is not waited
 * for: a server may list for ever a connection that the network forgot.
 */
static enum conn_status fence_if_possible(struct server *server, in_port_t old_port)
{
    bool long_ago = server->resume_pause_ms >= RESUME_MAX_MS;
    enum conn_status conn = has_no_fence(server) ? CONN_OK : fence_off(server, old_port);
    bool waits = conn == CONN_HELD || conn == CONN_SILENT;

    return conn == CONN_NO_FENCE || (waits && long_ago) ? CONN_OK : conn;
}

/* Doubles from try to try; a random half of it, so that many sinks do not come back at once. */
static int next_pause(struct server *server)
{
    int full = server->pause_ms;

    server->pause_ms = full * 2 < PAUSE_MAX_MS ? full * 2 : PAUSE_MAX_MS;
    return full / 2 + (int)(random() % (full / 2 + 1));
}

/* Do not report a reconnect that succeeds at the first try, nor a server that is just starting. */
static void report_trouble(struct server *server, enum conn_status why)
{
    bool soon =
        !server->connected_before && server->retry_ms - server->retry.left_ms < TELL_ABSENT_MS;
    char limit[NUMBER_DURATION_BYTES];

    if (soon || (server->trouble_told && !server->silence_told) || why == CONN_OK)
        return;
    server->trouble_told = true;
    server->silence_told = false;
    diag("%s: %s; trying again for %s", server->address->text, conn_strerror(why),
         number_duration_text(server->retry_ms, limit));
}

void server_report_silence(struct server *server, int64_t waited_ms)
{
    char limit[NUMBER_DURATION_BYTES];

    if (waited_ms < TELL_SILENT_MS || server->trouble_told)
        return;
    server->trouble_told = server->silence_told = true;
    diag("%s: no answer for %d s; waiting for up to %s", server->address->text,
         TELL_SILENT_MS / 1000, number_duration_text(server->timeout_ms, limit));
}

void server_report_back(struct server *server)
{
    server->trouble_told = server->silence_told = false;
    if (server->told_given_up)
        diag("%s: is back and takes records; the undelivered ones are in %s: to load it now puts "
             "older values over newer ones",
             server->address->text, server->undelivered);
    else
        diag("%s: is back", server->address->text);
    server->told_given_up = false;
    server->resume_pause_ms = RESUME_FIRST_MS;
}

/* Pauses before another try. CONN_OK: now; else `why`, since no time is left, or CONN_STOPPED. */
static enum conn_status pause_before_retry(struct server *server, enum conn_status why)
{
    int saved = errno;

    if (!budget_spend(&server->retry, 4 * server->timeout_ms))
        return why;
    report_trouble(server, why);
    signals_sleep(budget_slice(&server->retry, next_pause(server)));
    errno = saved;
    return signals_stopped_by() ? CONN_STOPPED : CONN_OK;
}

static enum conn_status connect_with_retries(struct server *server)
{
    for (;;) {
        enum conn_status conn = connect_once(server);
        /* A name that resolved once is not unknown: its resolver is in trouble. */
        bool hopeless =
            conn_is_hopeless(conn) && !(conn == CONN_NO_HOST && server->ever_acknowledged);
        if (conn == CONN_OK || hopeless)
            return conn;
        conn = pause_before_retry(server, conn);
        if (conn != CONN_OK)
            return conn;
    }
}

/* Starts the clock, or goes on with it; a server that connects and fails at once is no reason to
 * hurry. */
static enum conn_status begin_retry(struct server *server, enum conn_status why)
{
    if (server->retry_runs && why != CONN_OK && !server->resuming)
        return pause_before_retry(server, why);
    server->retry_runs = true;
    server->retry = budget_start(server->resuming ? 0 : server->retry_ms);
    server->pause_ms = PAUSE_FIRST_MS;
    return CONN_OK;
}

enum conn_status server_counters(struct server *server, struct counters *counters)
{
    int fd = server->link->descriptor(server->self);

    if (fd < 0)
        return counters_read(server->address, server->timeout_ms, counters);
    *counters = COUNTERS_UNKNOWN;
    enum conn_status conn = server->mute ? CONN_OK : counters_ask(fd, server->timeout_ms, counters);
    if (conn != CONN_OK)
        server_drop(server);
    return conn;
}

/* A proxy may end the connection on this question, or never answer: then it is not asked again. */
static enum conn_status ask_connected(struct server *server, struct counters *counters)
{
    enum conn_status conn = server_counters(server, counters);

    if (conn == CONN_OK || conn == CONN_NO_RESOURCES || conn == CONN_STOPPED)
        return conn;
    if (server->connected)
        return CONN_OK;
    server->mute = server->counters.pid < 0; /* else it has answered before */
    return connect_once(server);
}

static void report_other(const struct server *server)
{
    const char *what = "was restarted: what was stored before is gone";

    if (counters_doubt(&server->counters, &server->other, 0, true) == DOUBT_OTHER_SERVER)
        what = counters_same_start(&server->counters, &server->other)
                   ? "another process with the same start answers there now: was it restarted with "
                     "its memory (memcached -e), or is it a balancer?"
                   : "another server answers there now: is it a balancer?";
    diag("%s: %s", server->address->text, what);
}

/*
 * The first time, the counters are read; without them the verdict will be "unproven". Later,
 * whether it is still the same process.
 */
static enum conn_status note_connected(struct server *server, enum conn_status why)
{
    struct counters now;

    if (server->connected_before)
        server->reconnects += why != CONN_OK;
    /* By libmemcached, another connection is asked: only after trouble, since it may lead
     * elsewhere. */
    if (server->connected_before && why == CONN_OK && server->link->descriptor(server->self) < 0)
        return CONN_OK;
    enum conn_status conn = ask_connected(server, &now);
    if (!server->connected_before) {
        server->counters = now;
        if (now.time >= 0)
            server->clock_ahead_s = now.time - time(NULL);
    } else if (!server->met_other && counters_restarted(&server->counters, &now)) {
        server->met_other = true;
        server->other = now;
        if (server->ever_acknowledged)
            report_other(server);
    }
    server->connected_before = true;
    return conn;
}

enum conn_status server_connect(struct server *server, bool sent)
{
    in_port_t old_port = server->local_port;
    enum conn_status why = server->broken_by;

    sent |= server->left_on_way;
    if (sent && has_no_fence(server) && !server->resuming)
        return CONN_NO_FENCE;
    enum conn_status conn = begin_retry(server, why);
    if (conn == CONN_OK)
        conn = connect_with_retries(server);
    if (conn == CONN_OK && sent)
        conn = server->resuming ? fence_if_possible(server, old_port) : fence_off(server, old_port);
    server->resuming = false;
    if (conn == CONN_OK) {
        /* The last pause, too: one that always connects and then fails is not tried for ever. */
        budget_spend(&server->retry, 4 * server->timeout_ms);
        server->slow_answers = 0;
        server->left_on_way = false;
        server->broken_by = CONN_OK;
        conn = note_connected(server, why);
    }
    if (conn == CONN_OK)
        server->local_port = server->link->local_port(server->self);
    else
        server_drop(server);
    return conn;
}

void server_skip_idle_time(struct server *server)
{
    server->retry.since_ms = timing_now_ms();
}

enum conn_status server_answered(struct server *server, int64_t *since_ms)
{
    int64_t now = timing_now_ms();
    bool slow = now - *since_ms > server->timeout_ms;

    *since_ms = now;
    server->slow_answers = slow ? server->slow_answers + 1 : 0;
    if (signals_stop_is_overdue(server->timeout_ms))
        return CONN_STOPPED;
    return server->slow_answers > 1 ? CONN_SILENT : CONN_OK;
}

void server_give_up(struct server *server, enum conn_status why, bool on_way)
{
    server->left_on_way |= on_way;
    server->failure = why;
    server->failure_errno = errno;
    if (!server->undelivered || server->told_given_up || why == CONN_STOPPED)
        return;
    server->trouble_told = server->told_given_up = true;
    server->resume_ms = timing_now_ms() + server->resume_pause_ms;
    conn_report(server->address->text, why, server->retry_ms, server->undelivered);
    errno = server->failure_errno;
}

bool server_resume(struct server *server)
{
    int64_t now = timing_now_ms();
    int pause_ms = server->resume_pause_ms;

    if (!server->comes_back || now < server->resume_ms || signals_stopped_by() ||
        server->failure == CONN_STOPPED || server->failure == CONN_NO_RESOURCES)
        return false;
    server->resume_pause_ms = 2 * pause_ms < RESUME_MAX_MS ? 2 * pause_ms : RESUME_MAX_MS;
    server->resume_ms = now + server->resume_pause_ms;
    server->failure = CONN_OK;
    server->resuming = true;
    return true;
}

enum conn_status server_failure(const struct server *server)
{
    errno = server->failure_errno;
    return server->failure;
}

size_t server_item_bytes(size_t key_bytes, size_t value_bytes)
{
    enum { HEADER_BYTES = 56, NUL_BYTES = 1, CRLF_BYTES = 2 };

    return HEADER_BYTES + key_bytes + NUL_BYTES + value_bytes + CRLF_BYTES;
}

bool server_would_refuse(const struct server *server, size_t key_bytes, size_t value_bytes)
{
    int64_t limit = server->counters.item_size_max;

    return limit >= 0 && server_item_bytes(key_bytes, value_bytes) > (uint64_t)limit;
}

void server_drop(struct server *server)
{
    if (server->connected)
        server->link->drop(server->self);
    server->connected = false;
}

void server_lost(struct server *server, enum conn_status why)
{
    server->broken_by = why;
    server_drop(server);
}
