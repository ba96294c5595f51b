/*
 * memc_route: fans a log's lines out to four FIFOs by device type.
 *
 *     zcat f.gz | memc_route -d run      run/idfa, run/gaid, run/adid, run/dvid
 *
 * The map:
 *   lib/io/linebuf.c     standard input as lines, in bounded memory
 *   lib/record/record.c      what a line's first field is
 *   lib/route/fifos.c     the FIFOs, and which lines they took
 *   lib/io/outbuf.c      whole lines out, under a lock, whoever else writes there
 *   lib/filter/rejects.c     bad lines: given back, complained about
 *   lib/route/route_tally.c the counters, their sum and their two forms; lib/filter/summary.c
 * tells them lib/process/signals.c        a clean end by signal
 *
 * Lines go out as they came: a FIFO carries the input's own bytes, so that any
 * text tool can stand at either end. Memory is bounded: one line at most, a
 * read's worth of bytes, and 64 KiB gathered for each FIFO. When a FIFO's
 * reader is slow, the router waits, and so does whoever feeds it.
 */
#include "filter/options.h"
#include "filter/rejects.h"
#include "filter/stats_file.h"
#include "filter/summary.h"
#include "io/descriptors.h"
#include "io/linebuf.h"
#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "process/timing.h"
#include "process/version.h"
#include "record/record.h"
#include "route/fifos.h"
#include "route/route_tally.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct router {
    struct route_options options;
    struct linebuf *in;
    struct fifos fifos;
    struct rejects rejects;
    struct route_tally tally;
    struct linger_timer linger;
    struct progress progress;
    int64_t start_ms;
    int status;
};

static void worsen(struct router *r, int status)
{
    r->status = status_merge(r->status, status);
}

static void take_overlong(struct router *r, const struct line *line)
{
    enum overlong what = rejects_overlong(&r->rejects, line, linebuf_place(r->in));

    r->tally.lines += what != OVERLONG_GOES_ON;
    r->tally.blank += what == OVERLONG_BLANK;
    r->tally.invalid += what == OVERLONG_REJECTED;
}

static void take_untyped(struct router *r, struct slice text)
{
    enum record_result reason = record_has_mark(text) ? RECORD_BYTE_ORDER_MARK : RECORD_TYPE;

    if (record_is_blank(text)) {
        r->tally.blank++;
        return;
    }
    r->tally.unknown++;
    rejects_line(&r->rejects, text, linebuf_place(r->in), record_strerror(reason));
}

static void take_line(struct router *r, const struct line *line)
{
    enum devtype type;

    if (line->overlong) {
        take_overlong(r, line);
        return;
    }
    r->tally.lines++;
    if (!record_type(line->text, &type))
        take_untyped(r, line->text);
    else if (!(r->options.only & 1u << type))
        r->tally.skipped++;
    else
        fifos_put(&r->fifos, type, line->text);
}

static void tell_failures(struct router *r)
{
    const char *name;
    int error;

    while ((name = fifos_failure(&r->fifos, &error))) {
        if (error == EPIPE)
            diag("%s: its reader has gone; what it did not take is undelivered: "
                 "run this input again when it is back",
                 name);
        else
            diag("%s: unable to write: %s", name, strerror(error));
        worsen(r, error == EPIPE ? STATUS_TEMPFAIL : STATUS_IOERR);
    }
}

static void take_stock(struct router *r)
{
    r->tally.bytes_in = r->in ? linebuf_bytes(r->in) : 0;
    r->tally.ms = timing_now_ms() - r->start_ms;
}

/* exit -1: the run goes on. */
static void tell_tally(struct router *r, int exit)
{
    static struct json json;
    struct route_tally *tally = &r->tally;
    char text[SUMMARY_BYTES];

    tally->exit = exit;
    route_tally_text(tally, text, sizeof text);
    route_tally_json(tally, &json);
    worsen(r, summary_tell(&r->options.common, exit < 0, text, json_end(&json)));
}

static void show_progress(struct router *r)
{
    enum summary_occasion occasion = summary_due(&r->progress);
    char text[SUMMARY_BYTES];

    if (occasion == SUMMARY_NOT_NOW)
        return;
    take_stock(r);
    if (occasion == SUMMARY_ASKED) {
        tell_tally(r, -1);
    } else {
        route_tally_text(&r->tally, text, sizeof text);
        summary_show(text);
    }
}

static void flush(struct router *r)
{
    fifos_flush(&r->fifos);
    rejects_flush(&r->rejects);
    linger_timer_reset(&r->linger);
}

static bool is_pending(const struct router *r)
{
    return fifos_pending(&r->fifos) || rejects_pending(&r->rejects);
}

/* Reads and routes until the input ends, breaks or a signal comes; returns which. */
static enum linebuf_result route_all(struct router *r)
{
    enum linebuf_result result;
    struct line line;

    do {
        while (linebuf_next(r->in, &line))
            take_line(r, &line);
        int wait_ms = linger_timer_left(&r->linger, is_pending(r));
        if (wait_ms == 0)
            flush(r);
        result = linebuf_fill(r->in, wait_ms == 0 ? -1 : wait_ms);
        if (result == LINEBUF_IDLE)
            flush(r);
        tell_failures(r);
        show_progress(r);
    } while (linebuf_goes_on(result));
    return result;
}

/* What stands after the last LF: a line too, unless the input was cut there. */
static void take_rest(struct router *r)
{
    bool cut = r->options.sentinel && !linebuf_take_sentinel(r->in);
    struct line line;

    if (cut) {
        diag("the input was cut after line %" PRIu64 ": no NUL at its end (--sentinel)",
             linebuf_number(r->in));
        worsen(r, STATUS_IOERR);
    }
    if (!linebuf_rest(r->in, &line))
        return;
    if (!cut) {
        take_line(r, &line);
        return;
    }
    r->tally.lines++;
    if (rejects_cut(&r->rejects, &line))
        r->tally.blank++;
    else
        r->tally.invalid++;
}

static void finish_input(struct router *r, enum linebuf_result how)
{
    if (how == LINEBUF_END)
        take_rest(r);
    if (how == LINEBUF_ERROR) {
        diag("unable to read the input after line %" PRIu64 ": %s", linebuf_number(r->in),
             strerror(errno));
        worsen(r, STATUS_IOERR);
    }
    fifos_flush(&r->fifos);
    tell_failures(r);
}

static int open_failed(const char *object, const char *reason, int status)
{
    diag("%s: %s", object, reason);
    return status;
}

static int outlet_failed(const struct router *r, const char *name, enum outfile_result result)
{
    int status = outfile_open_status(result);
    char wait[NUMBER_DURATION_BYTES];

    if (result == OUTFILE_NO_READER)
        diag("%s: no reader came within %s: is its memc_sink running?", name,
             number_duration_text(r->options.common.wait_ms, wait));
    else if (result == OUTFILE_ERRNO && errno == ENOENT)
        diag("%s: %s: %s", name, strerror(errno),
             r->options.make_fifos ? "make its folder first" : "--mkfifo makes missing FIFOs");
    else
        diag("%s: %s", name, outfile_strerror(result));
    return status;
}

/* Everything that the run needs; returns 0 or the exit status. */
static int open_all(struct router *r)
{
    const struct common_options *common = &r->options.common;
    const char *name = NULL;

    int status =
        rejects_open(&r->rejects, common->rejects, common->append, common->wait_ms, STDIN_FILENO);
    int stats = stats_file_check(common->stats, STDIN_FILENO, &r->rejects.report, NULL);
    if (stats != STATUS_OK)
        r->options.common.stats = NULL; /* nor in the end */
    if (status || stats)
        return status_merge(status, stats);
    descriptors_widen_pipe(STDIN_FILENO);
    r->in = linebuf_open(STDIN_FILENO, common->max_line);
    if (!r->in)
        return open_failed("input buffer", strerror(ENOMEM), STATUS_OSERR);
    enum outfile_result result = fifos_open(&r->fifos, &r->options, &r->tally, &name);
    if (result == OUTFILE_OK || result == OUTFILE_STOPPED)
        return STATUS_OK;
    return outlet_failed(r, name, result);
}

/* Closes all, proves the sum, tells the counters; returns the exit status. */
static int finish(struct router *r)
{
    fifos_close(&r->fifos);
    worsen(r, rejects_close(&r->rejects));
    take_stock(r);
    if (r->tally.undelivered > 0)
        worsen(r, STATUS_TEMPFAIL);
    if (!route_tally_holds(&r->tally)) {
        diag("the sum of the outcomes is not the number of lines: a bug, please report it");
        worsen(r, STATUS_SOFTWARE);
    }
    if (signals_stopped_by())
        worsen(r, STATUS_SIGNAL + signals_stopped_by());
    tell_tally(r, r->status);
    linebuf_close(r->in);
    return r->status;
}

static int run(struct router *r, bool stdin_closed)
{
    if (stdin_closed)
        return open_failed("standard input", "is closed", STATUS_NOINPUT);
    if (isatty(STDIN_FILENO)) {
        diag(
            "standard input is a terminal; try: zcat FILE.tsv.gz | memc_route (memc_route --help)");
        return STATUS_USAGE;
    }
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + r->options.common.nice);
    r->start_ms = timing_now_ms();
    r->linger = (struct linger_timer){r->options.common.linger_ms, -1};
    r->progress = (struct progress){r->options.common.progress, r->start_ms};
    rejects_init(&r->rejects, NULL, r->options.common.verbose);
    r->tally.label = r->options.common.label;
    worsen(r, open_all(r));
    if (r->status == STATUS_OK)
        finish_input(r, signals_stopped_by() ? LINEBUF_STOPPED : route_all(r));
    return finish(r);
}

int main(int argc, char **argv)
{
    static struct router router;
    struct options_error error;
    bool stdin_closed;

    diag_prefix("memc_route", NULL);
    if (!descriptors_reserve(&stdin_closed))
        return open_failed("/dev/null", strerror(errno), STATUS_OSERR);
    signals_prepare();
    switch (route_options_parse(argc, argv, &router.options, &error)) {
    case OPTIONS_HELP:
        return outfile_print(ROUTE_HELP) == OUTFILE_OK ? STATUS_OK : STATUS_IOERR;
    case OPTIONS_VERSION:
        return outfile_print("memc_route " MEMC_VERSION) == OUTFILE_OK ? STATUS_OK : STATUS_IOERR;
    case OPTIONS_BAD:
        diag("%s; try: memc_route --help", error.text);
        return STATUS_USAGE;
    case OPTIONS_RUN:
        break;
    }
    diag_prefix("memc_route", router.options.common.label);
    int status = run(&router, stdin_closed);
    if (status > STATUS_SIGNAL)
        signals_raise(status - STATUS_SIGNAL);
    return status;
}
