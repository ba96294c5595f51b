/* SPDX-License-Identifier: MIT */
#include "filter/loop.h"

#include "process/diag.h"
#include "process/notify.h"
#include "process/signals.h"
#include "process/status.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

void loop_start(struct loop *loop, const struct common_options *options,
                const struct loop_calls *calls, void *self)
{
    int64_t now_ms = timing_now_ms();

    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + options->nice);
    *loop = (struct loop){
        .options = options,
        .calls = calls,
        .self = self,
        .linger = {options->linger_ms, -1},
        .progress = {options->progress, now_ms},
        .start_ms = now_ms,
        .start_unix_ms = timing_unix_ms(),
    };
}

void loop_merge_status(struct loop *loop, int status)
{
    loop->status = status_merge(loop->status, status);
}

static bool is_over(const struct loop *loop)
{
    return loop->calls->is_over && loop->calls->is_over(loop->self);
}

static void flush(struct loop *loop)
{
    loop->calls->flush(loop->self);
    linger_timer_reset(&loop->linger);
}

static uint64_t bytes_in(const struct loop *loop, bool at_mark)
{
    if (!loop->in)
        return 0;
    return at_mark ? linebuf_input_bytes(loop->in) : linebuf_bytes(loop->in);
}

static void tell(struct loop *loop, int exit, bool at_mark, char *text, struct json *json)
{
    struct loop_counts counts = {
        .bytes_in = bytes_in(loop, at_mark),
        .ms = timing_now_ms() - loop->start_ms,
        .start_ms = loop->start_unix_ms,
        .end_ms = timing_unix_ms(),
        .exit = exit,
    };

    loop->calls->tell(loop->self, &counts, text, json);
}

/* exit -1: the run goes on. */
static void report(struct loop *loop, int exit)
{
    static struct json json;
    char text[SUMMARY_BYTES];

    tell(loop, exit, false, text, &json);
    const char *end = json_end(&json);
    if (exit >= 0)
        linefile_line(&loop->rows, slice_of(end));
    loop_merge_status(loop, summary_report(loop->options, exit < 0, text, end));
}

/* A mark has ended an input: each of its lines gets its outcome, and its counters are reported. */
static void end_input(struct loop *loop)
{
    static struct json json;
    char text[SUMMARY_BYTES];

    flush(loop);
    tell(loop, STATUS_OK, true, text, &json);
    linefile_line(&loop->rows, slice_of(json_end(&json)));
    if (!loop->options->quiet)
        diag("%s", text);
    loop->calls->next(loop->self);
    linebuf_next_input(loop->in);
    loop->start_ms = timing_now_ms();
    loop->start_unix_ms = timing_unix_ms();
}

static void show_progress(struct loop *loop)
{
    char text[SUMMARY_BYTES];

    switch (summary_due(&loop->progress)) {
    case SUMMARY_NOT_NOW:
        break;
    case SUMMARY_ASKED:
        report(loop, -1);
        break;
    case SUMMARY_LIVE:
        tell(loop, -1, false, text, NULL);
        summary_show(text);
        break;
    }
}

/* Reports the counters to a service manager, at most once a second, and soon after the last line.
 * Returns how long to wait for input, at most wait_ms (< 0: no limit). */
static int tell_status(struct loop *loop, int wait_ms)
{
    enum { PERIOD_MS = 1000 };
    int64_t left_ms = loop->status_ms + PERIOD_MS - timing_now_ms();
    char text[SUMMARY_BYTES];

    if (linebuf_bytes(loop->in) == loop->status_bytes)
        return wait_ms;
    if (left_ms > 0)
        return wait_ms < 0 || left_ms < wait_ms ? (int)left_ms : wait_ms;
    tell(loop, -1, false, text, NULL);
    notify_status(text);
    loop->status_ms = timing_now_ms();
    if (!loop->calls->is_pending(loop->self))
        loop->status_bytes = linebuf_bytes(loop->in); /* else the outcomes are reported later */
    return wait_ms;
}

/* Reads until the input ends, breaks or a signal comes; returns which. */
static enum linebuf_result read_all(struct loop *loop)
{
    enum linebuf_result result;

    do {
        while (loop->calls->take(loop->self))
            end_input(loop);
        int wait_ms =
            linger_timer_left(&loop->linger, loop->calls->is_pending(loop->self), timing_now_ms());
        if (wait_ms == 0)
            flush(loop);
        if (is_over(loop))
            return LINEBUF_END;
        int linger_ms = wait_ms == 0 ? -1 : wait_ms;
        wait_ms = notify_is_on() ? tell_status(loop, linger_ms) : linger_ms;
        result = linebuf_fill(loop->in, wait_ms);
        loop->read_error = errno;
        notify_alive();
        if (result == LINEBUF_IDLE && wait_ms == linger_ms)
            flush(loop);
        show_progress(loop);
    } while (linebuf_goes_on(result));
    return result;
}

static bool open_rows(struct loop *loop, int input_fd)
{
    const struct common_options *options = loop->options;

    if (!options->marks)
        return true;
    loop_merge_status(loop, linefile_open(&loop->rows, options->stats, options->append,
                                          options->wait_ms, input_fd));
    return loop->status == STATUS_OK;
}

void loop_run(struct loop *loop, struct linebuf *in, const char *name)
{
    enum linebuf_result how = LINEBUF_STOPPED;

    if (!open_rows(loop, linebuf_descriptor(in)))
        return;
    loop->in = in;
    if (!signals_stopped_by())
        how = read_all(loop);
    if (how == LINEBUF_STOPPED && loop->calls->stopping) {
        how = loop->calls->stopping(loop->self);
        loop->read_error = errno;
    }
    if (how == LINEBUF_END && !is_over(loop))
        loop_merge_status(loop, loop->calls->rest(loop->self));
    if (how == LINEBUF_ERROR) {
        diag("%s: unable to read after line %" PRIu64 ": %s", name, linebuf_number(in),
             strerror(loop->read_error));
        loop_merge_status(loop, STATUS_IOERR);
    }
    flush(loop);
}

int loop_end(struct loop *loop)
{
    if (signals_stopped_by())
        loop_merge_status(loop, STATUS_SIGNAL + signals_stopped_by());
    report(loop, loop->status);
    loop_merge_status(loop, linefile_close(&loop->rows));
    return loop->status;
}
