/* SPDX-License-Identifier: MIT */
#include "route/router.h"

#include "bytes/number.h"
#include "io/descriptors.h"
#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "record/guess.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static void merge_status(struct router *router, int status)
{
    router->status = status_merge(router->status, status);
}

void router_init(struct router *router, struct route_options *options)
{
    *router = (struct router){.options = options};
    rejects_init(&router->rejects, NULL, options->common.verbose);
    router->rejects.silent = options->common.silent;
    router->tally.label = options->common.label;
    router->tally.reasons = &router->rejects.reasons;
}

static int fifo_failed(const struct router *router, const char *name, enum outfile_result result)
{
    int status = outfile_open_status(result);
    char wait[NUMBER_DURATION_BYTES];

    if (result == OUTFILE_NO_READER)
        diag("%s: no reader came within %s: is its memc_sink running?", name,
             number_duration_text(router->options->common.wait_ms, wait));
    else if (result == OUTFILE_ERRNO && errno == ENOENT)
        diag("%s: %s: %s", name, strerror(errno),
             router->options->make_fifos ? "make its folder first"
                                         : "--mkfifo makes missing FIFOs");
    else
        diag("%s: %s", name, outfile_strerror(result));
    return status;
}

int router_open(struct router *router)
{
    struct common_options *common = &router->options->common;
    const char *name = NULL;

    int status = rejects_open(&router->rejects, common->rejects, common->append, common->wait_ms,
                              STDIN_FILENO);
    status = status_merge(status,
                          summary_check_file(common, STDIN_FILENO, &router->rejects.lines, NULL));
    if (status != STATUS_OK)
        return status;
    descriptors_widen_pipe(STDIN_FILENO);
    router->in = linebuf_open(STDIN_FILENO, common->max_line);
    if (!router->in)
        return diag_fail("input buffer", strerror(ENOMEM), STATUS_OSERR);
    if (common->marks)
        linebuf_expect_marks(router->in, slice_of(router->options->mark));
    if (router->options->rate > 0) {
        pace_start(&router->pace, router->options->rate, timing_now_us());
        linebuf_read_at_most(router->in, pace_read_bytes(&router->pace));
    }
    enum outfile_result result = fifos_open(&router->fifos, router->options, &router->tally, &name);
    if (result == OUTFILE_OK || result == OUTFILE_STOPPED)
        return STATUS_OK;
    return fifo_failed(router, name, result);
}

static void untyped_line(struct router *router, const struct line *line)
{
    enum record_result reason = record_has_mark(line->text) ? RECORD_BYTE_ORDER_MARK : RECORD_TYPE;

    if (record_is_blank(line->text)) {
        router->tally.blank++;
        return;
    }
    router->tally.unknown++;
    rejects_line(&router->rejects, line->text, line->place, guess_reason(line->text, reason));
}

void router_line(struct router *router, const struct line *line)
{
    enum devtype type;

    if (line->overlong) {
        rejects_overlong(&router->rejects, line, &router->tally.counts);
        return;
    }
    router->tally.lines++;
    if (!record_type(line->text, &type))
        untyped_line(router, line);
    else if (!(router->options->only & 1u << type))
        router->tally.skipped++;
    else
        fifos_put(&router->fifos, type, line->text);
}

static void report_failures(struct router *router)
{
    const char *name;
    int error;

    while ((name = fifos_failure(&router->fifos, &error))) {
        if (error == EPIPE)
            diag("%s: its reader has gone; what it did not take is undelivered: "
                 "run this input again when it is back",
                 name);
        else
            diag("%s: unable to write: %s", name, strerror(error));
        merge_status(router, error == EPIPE ? STATUS_TEMPFAIL : STATUS_IOERR);
    }
}

static void report_cut(uint64_t whole_lines)
{
    diag("the input was cut after line %" PRIu64 ": its end is missing", whole_lines);
}

/* A mark ends the input: what stands before it is its unterminated last line. */
static void mark(struct router *router, const struct line *line)
{
    router->input_cut = line->mark == LINE_MARK_CUT;
    if (router->input_cut)
        report_cut(line->place.number - 1);
    if (line_has_rest(line)) {
        if (router->input_cut)
            rejects_cut(&router->rejects, line, &router->tally.counts);
        else
            router_line(router, line);
    }
    fifos_mark(&router->fifos);
}

static void flush(void *self)
{
    struct router *router = self;

    fifos_flush(&router->fifos);
    rejects_flush(&router->rejects);
    report_failures(router);
}

/* Waits as --rate has it, unless a signal asks for the end. What was taken is written first. */
static void keep_pace(struct router *router)
{
    uint64_t lines = router->tally.lines - router->paced_lines;
    int64_t wait_ms = pace_wait_us(&router->pace, lines, timing_now_us()) / 1000;

    router->paced_lines += lines;
    if (wait_ms == 0 || signals_stopped_by())
        return;
    flush(router);
    signals_sleep(wait_ms < INT32_MAX ? (int)wait_ms : INT32_MAX);
}

static bool take(void *self)
{
    struct router *router = self;
    struct line line;
    bool marked = false;

    while (!marked && linebuf_next(router->in, &line)) {
        marked = line.mark != LINE_NO_MARK;
        if (marked)
            mark(router, &line);
        else
            router_line(router, &line);
    }
    report_failures(router);
    if (router->options->rate > 0)
        keep_pace(router);
    return marked;
}

/* What the last input lost stays in the exit status. */
static void next(void *self)
{
    struct router *router = self;

    if (router->tally.undelivered > 0)
        merge_status(router, STATUS_TEMPFAIL);
    rejects_next(&router->rejects);
    router->input++;
    router->paced_lines = 0;
    router->input_cut = false;
    router->tally =
        (struct route_tally){.label = options_label(&router->options->common, router->input),
                             .reasons = &router->rejects.reasons};
    diag_prefix("memc_route", router->tally.label);
}

static bool is_pending(const void *self)
{
    const struct router *router = self;

    return fifos_pending(&router->fifos) || rejects_pending(&router->rejects);
}

static void tell(void *self, const struct loop_counts *counts, char *text, struct json *json)
{
    const struct router *router = self;
    struct route_tally *tally = &((struct router *)self)->tally;

    tally->bytes_in = counts->bytes_in;
    tally->ms = counts->ms;
    tally->start_ms = counts->start_ms;
    tally->end_ms = counts->end_ms;
    tally->zero_bytes = router->rejects.zero_bytes;
    tally->exit = router->input_cut ? STATUS_IOERR : counts->exit;
    if (tally->exit == STATUS_OK && tally->zero_bytes > 0)
        tally->exit = STATUS_IOERR;
    route_tally_text(tally, text, SUMMARY_BYTES);
    if (json)
        route_tally_json(tally, json);
}

/* What stands after the last LF: a line too, unless the input was cut there. */
static int rest(void *self)
{
    struct router *router = self;
    bool cut = router->options->sentinel && !linebuf_take_sentinel(router->in);
    struct line line;

    if (cut)
        report_cut(linebuf_number(router->in));
    if (linebuf_rest(router->in, &line)) {
        if (cut)
            rejects_cut(&router->rejects, &line, &router->tally.counts);
        else
            router_line(router, &line);
    }
    return cut ? STATUS_IOERR : STATUS_OK;
}

const struct loop_calls ROUTER_CALLS = {.take = take,
                                        .next = next,
                                        .is_pending = is_pending,
                                        .flush = flush,
                                        .tell = tell,
                                        .rest = rest};

int router_end(struct router *router)
{
    fifos_close(&router->fifos);
    merge_status(router, rejects_close(&router->rejects));
    if (router->tally.undelivered > 0)
        merge_status(router, STATUS_TEMPFAIL);
    if (!route_tally_holds(&router->tally)) {
        diag("the sum of the outcomes is not the number of lines: a bug, please report it");
        merge_status(router, STATUS_SOFTWARE);
    }
    return router->status;
}

void router_close(struct router *router)
{
    linebuf_close(router->in);
    router->in = NULL;
}
