/*
 * memc_sink: stores a log's lines in one memcached server, each acknowledged.
 *
 *     memc_sink -T idfa 127.0.0.1:33013 run/idfa
 *
 * The map:
 *   lib/io/infile.c      standard input, a FIFO or a file, locked
 *   lib/io/linebuf.c     its lines, in bounded memory
 *   lib/record/record.c      a line's fields; lib/record/apps.c its list of apps,
 * lib/record/apps_avx2.c many at a time lib/record/encode.c      a record's key and protobuf value
 *   lib/sink/sink.c        what becomes of one line
 *   lib/store/store.c       batches, two on their way, every record acknowledged
 *   lib/store/wire.c        their sets and answers; lib/store/text_set.c: one, to a server of text
 *   lib/store/verify.c      reading back and comparing instead
 *   lib/server/server.c      the connection, made anew when it breaks
 *   lib/server/fence.c       the end of the broken one, waited for
 *   lib/server/probe.c       is it a memcached at all, and lib/server/server_stats.c its counters
 *   lib/filter/rejects.c     bad lines: given back, complained about
 *   lib/io/linefile.c      a file of lines given back
 *   lib/sink/verdict.c     what is said in the end
 *   lib/sink/query_counters.c         --counters: what a server says of itself
 *   lib/sink/sink_tally.c the counters, their sum and their two forms; lib/filter/summary.c
 * tells them lib/process/signals.c        a clean end by signal
 *
 * Memory is bounded: the input's buffer holds one longest line and a read; the
 * store holds two batches of records with their lines until they are
 * acknowledged. While the server is slow or away, no input is read, so the
 * writer of the FIFO waits too.
 */
#include "filter/stats_file.h"
#include "filter/summary.h"
#include "io/descriptors.h"
#include "io/infile.h"
#include "io/outbuf.h"
#include "io/outfile.h"
#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "process/timing.h"
#include "process/version.h"
#include "record/encode.h"
#include "sink/query_counters.h"
#include "sink/sink.h"
#include "sink/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct run {
    struct sink_options options;
    struct infile file;
    struct linebuf *in;
    struct sink sink;
    struct linger_timer linger;
    struct progress progress;
    int64_t start_ms;
    int status;
};

static void worsen(struct run *run, int status)
{
    run->status = status_merge(run->status, status);
}

static int fail(const char *object, const char *reason, int status)
{
    diag("%s: %s", object, reason);
    return status;
}

static int print(const char *text)
{
    return outfile_print(text) == OUTFILE_OK
               ? STATUS_OK
               : fail("standard output", strerror(errno), STATUS_IOERR);
}

static const char *input_name(const struct run *run)
{
    return run->options.input ? run->options.input : "standard input";
}

static int open_input(struct run *run, bool stdin_closed)
{
    const char *path = run->options.input;
    bool standard = !path || strcmp(path, "-") == 0 || descriptors_named(path) == STDIN_FILENO;

    if (standard && stdin_closed)
        return fail("standard input", "is closed", STATUS_NOINPUT);
    if (standard && isatty(STDIN_FILENO)) {
        diag("standard input is a terminal; try: memc_sink SERVER FILE (memc_sink --help)");
        return STATUS_USAGE;
    }
    enum infile_result result = infile_open(path, run->options.keep_open, &run->file);
    if (result != INFILE_OK)
        return fail(input_name(run), infile_strerror(result), infile_status(result));
    run->in = linebuf_open(run->file.fd, run->options.common.max_line);
    return run->in ? STATUS_OK : fail("input buffer", strerror(ENOMEM), STATUS_OSERR);
}

static int open_reports(struct run *run)
{
    const struct common_options *common = &run->options.common;
    struct sink *sink = &run->sink;

    int status = rejects_open(&sink->rejects, common->rejects, common->append, common->wait_ms,
                              run->file.fd);
    if (status == STATUS_OK)
        status = linefile_open(&sink->undelivered, run->options.undelivered, common->append,
                               common->wait_ms, run->file.fd);
    int stats =
        stats_file_check(common->stats, run->file.fd, &sink->rejects.report, &sink->undelivered);
    if (stats != STATUS_OK)
        run->options.common.stats = NULL; /* nor in the end */
    return status_merge(status, stats);
}

/* The input first, since its lock says whether this sink may be at all; then the server; then the
 * wait for a writer. */
static int open_all(struct run *run, bool stdin_closed)
{
    int status = open_input(run, stdin_closed);

    if (status == STATUS_OK)
        status = open_reports(run);
    else if (stats_file_is(run->options.common.stats, run->options.input))
        run->options.common.stats = NULL; /* another's input is not written over either */
    if (status == STATUS_OK && !sink_open(&run->sink, run->in))
        status = fail("batch buffers", strerror(errno), STATUS_OSERR);
    return status;
}

static void wait_for_writer(struct run *run)
{
    char wait[NUMBER_DURATION_BYTES];
    enum infile_result result =
        infile_wait_writer(&run->file, run->in, run->options.common.wait_ms);

    if (result == INFILE_OK || result == INFILE_STOPPED)
        return;
    if (result == INFILE_NO_WRITER)
        diag("%s: no writer came within %s: is its memc_route running?", input_name(run),
             number_duration_text(run->options.common.wait_ms, wait));
    else
        diag("%s: %s", input_name(run), infile_strerror(result));
    worsen(run, infile_status(result));
}

static void take_stock(struct run *run)
{
    run->sink.tally.retries = run->sink.server.reconnects;
    run->sink.tally.bytes_in = run->in ? linebuf_bytes(run->in) : 0;
    run->sink.tally.ms = timing_now_ms() - run->start_ms;
}

/* exit -1: the run goes on. */
static void tell_tally(struct run *run, int exit)
{
    static struct json json;
    struct sink_tally *tally = &run->sink.tally;
    char text[SUMMARY_BYTES];

    tally->exit = exit;
    sink_tally_text(tally, text, sizeof text);
    sink_tally_json(tally, &json);
    worsen(run, summary_tell(&run->options.common, exit < 0, text, json_end(&json)));
}

static void show_progress(struct run *run)
{
    enum summary_occasion occasion = summary_due(&run->progress);
    char text[SUMMARY_BYTES];

    if (occasion == SUMMARY_NOT_NOW)
        return;
    take_stock(run);
    if (occasion == SUMMARY_ASKED) {
        tell_tally(run, -1);
    } else {
        sink_tally_text(&run->sink.tally, text, sizeof text);
        summary_show(text);
    }
}

static void flush(struct run *run)
{
    sink_flush(&run->sink);
    linger_timer_reset(&run->linger);
}

/* Without a place for what cannot be delivered any more, there is no use in reading on. */
static bool is_over(const struct run *run)
{
    return sink_failure(&run->sink) != CONN_OK && !run->options.undelivered;
}

static void take_lines(struct run *run)
{
    struct line line;

    while (!is_over(run) && linebuf_next(run->in, &line))
        sink_take(&run->sink, &line);
}

/* Takes lines until the input ends, breaks or a signal comes; returns which. */
static enum linebuf_result take_all(struct run *run)
{
    enum linebuf_result result;

    do {
        take_lines(run);
        int wait_ms = linger_timer_left(&run->linger, sink_pending(&run->sink));
        if (wait_ms == 0)
            flush(run);
        if (is_over(run))
            return LINEBUF_END;
        result = linebuf_fill(run->in, wait_ms == 0 ? -1 : wait_ms);
        if (result == LINEBUF_IDLE)
            flush(run);
        show_progress(run);
    } while (linebuf_goes_on(result));
    return result;
}

/*
 * A standing sink's end by TERM. While others hold the FIFO it reads to the LF
 * of the line it has begun, so that its successor finds a whole one; if nobody
 * does, there is an end, and everything before it would be lost with this sink.
 */
static enum linebuf_result end_standing(struct run *run)
{
    struct budget budget = budget_start(run->options.timeout_ms);
    bool goes_on;

    signals_forgive();
    infile_let_go(&run->file);
    while (infile_is_abandoned(&run->file)) {
        enum linebuf_result result = linebuf_fill(run->in, 0);
        take_lines(run);
        if (result == LINEBUF_END || result == LINEBUF_ERROR)
            return result;
    }
    do {
        goes_on = linebuf_finish(run->in, &budget);
        take_lines(run);
    } while (goes_on);
    return LINEBUF_STOPPED;
}

/* What stands after the last LF: a line too, unless the input was cut there. */
static void take_rest(struct run *run)
{
    struct line line;

    if (is_over(run) || !linebuf_rest(run->in, &line))
        return;
    if (!run->options.whole_lines) {
        sink_take(&run->sink, &line);
        return;
    }
    sink_take_cut(&run->sink, &line);
    diag("the input was cut in its %s%sline %" PRIu64 ": no LF at its end",
         run->sink.tally.type ? run->sink.tally.type : "", run->sink.tally.type ? " " : "",
         linebuf_number(run->in));
    worsen(run, STATUS_IOERR);
}

static int read_failed(const struct run *run)
{
    diag("%s: unable to read after line %" PRIu64 ": %s", input_name(run), linebuf_number(run->in),
         strerror(errno));
    return STATUS_IOERR;
}

static void load(struct run *run)
{
    enum linebuf_result how = LINEBUF_STOPPED;

    if (!signals_stopped_by())
        how = take_all(run);
    if (how == LINEBUF_STOPPED && run->options.keep_open && signals_stopped_by() == SIGTERM)
        how = end_standing(run);
    if (how == LINEBUF_END)
        take_rest(run);
    if (how == LINEBUF_ERROR)
        worsen(run, read_failed(run));
    flush(run);
}

static void take_in_verified(struct sink *sink)
{
    sink->tally.verified = sink->verified.verified;
    sink->tally.missing = sink->verified.missing;
    sink->tally.differing = sink->verified.differing;
    sink->tally.undelivered += sink->verified.undelivered;
}

static void close_printout(struct run *run)
{
    int error = dry_run_close(run->sink.dry_run);

    run->sink.dry_run = NULL;
    if (error)
        worsen(run, fail("standard output", strerror(error), STATUS_IOERR));
}

static void finish(struct run *run)
{
    struct sink *sink = &run->sink;

    if (sink->store)
        store_finish(sink->store);
    if (run->options.keep_open && signals_stopped_by() == SIGTERM)
        signals_forgive(); /* the end of a standing sink is no failure, whatever it was doing */
    worsen(run, verdict_on_server(sink));
    worsen(run, verdict_on_retention(sink));
    take_in_verified(sink);
    close_printout(run);
    worsen(run, rejects_close(&sink->rejects));
    worsen(run, linefile_close(&sink->undelivered));
    take_stock(run);
    worsen(run, verdict_on_tally(sink));
    if (signals_stopped_by())
        worsen(run, STATUS_SIGNAL + signals_stopped_by());
    tell_tally(run, run->status);
    sink_close(sink);
    linebuf_close(run->in);
}

static int run_load(struct run *run, bool stdin_closed)
{
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + run->options.common.nice);
    run->start_ms = timing_now_ms();
    run->linger = (struct linger_timer){run->options.common.linger_ms, -1};
    run->progress = (struct progress){run->options.common.progress, run->start_ms};
    sink_init(&run->sink, &run->options);
    run->status = open_all(run, stdin_closed);
    if (run->status == STATUS_OK &&
        (sink_connect(&run->sink) == CONN_OK || run->options.undelivered))
        wait_for_writer(run);
    if (run->status == STATUS_OK && !is_over(run))
        load(run);
    finish(run);
    return run->status;
}

static int run_counters(const struct run *run)
{
    static struct json json;
    int status = query_counters(&run->options, &json);

    return status == STATUS_OK ? print(json_end(&json)) : status;
}

static int run_test(void)
{
    if (!encode_self_test())
        return fail("protobuf round trip", "the sample does not come back as it was",
                    STATUS_SOFTWARE);
    return print("protobuf round trip: ok");
}

int main(int argc, char **argv)
{
    static struct run run;
    struct options_error error;
    bool stdin_closed;
    int status;

    diag_prefix("memc_sink", NULL);
    if (!descriptors_reserve(&stdin_closed))
        return fail("/dev/null", strerror(errno), STATUS_OSERR);
    signals_prepare();
    switch (sink_options_parse(argc, argv, &run.options, &error)) {
    case OPTIONS_HELP:
        return print(SINK_HELP);
    case OPTIONS_VERSION:
        return print("memc_sink " MEMC_VERSION);
    case OPTIONS_BAD:
        diag("%s; try: memc_sink --help", error.text);
        return STATUS_USAGE;
    case OPTIONS_RUN:
        break;
    }
    diag_prefix("memc_sink", run.options.common.label);
    if (run.options.mode == SINK_TEST)
        status = run_test();
    else if (run.options.mode == SINK_COUNTERS)
        status = run_counters(&run);
    else
        status = run_load(&run, stdin_closed);
    if (status > STATUS_SIGNAL)
        signals_raise(status - STATUS_SIGNAL);
    return status;
}
