/* SPDX-License-Identifier: MIT */
#include "sink/sink.h"

#include "process/diag.h"
#include "process/notify.h"
#include "process/signals.h"
#include "process/status.h"
#include "record/apps.h"
#include "record/encode.h"
#include "record/guess.h"
#include "sink/retention.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sink_init(struct sink *sink, struct sink_options *options)
{
    *sink = (struct sink){.options = options};
    sink->tally.server = options->address.text;
    sink->tally.label = options->common.label;
    sink->tally.type = options->any_type ? NULL : devtype_name(options->type);
    sink->tally.evictions = -1;
    sink->tally.reasons = &sink->rejects.reasons;
    sink->tally.timeout_ms = options->timeout_ms;
    sink->tally.limit = options->limited ? &options->error_rate : NULL;
    rejects_init(&sink->rejects, sink->tally.type, options->common.verbose);
    sink->rejects.silent = options->common.silent;
    delivery_init(&sink->delivery, options, &sink->tally, &sink->rejects);
}

static int open_files(struct sink *sink, int input_fd)
{
    struct common_options *common = &sink->options->common;
    struct linefile *undelivered = &sink->delivery.undelivered;

    int status =
        rejects_open(&sink->rejects, common->rejects, common->append, common->wait_ms, input_fd);
    if (status == STATUS_OK)
        status = linefile_open(undelivered, sink->options->undelivered, common->append,
                               common->wait_ms, input_fd);
    if (status == STATUS_OK && sink->options->mode == SINK_VERIFY)
        status = linefile_open_why(&sink->delivery.why, undelivered, common->append,
                                   common->wait_ms, input_fd);
    return status_merge(status,
                        summary_check_file(common, input_fd, &sink->rejects.lines, undelivered));
}

static bool open_buffers(struct sink *sink)
{
    size_t max_line = sink->options->common.max_line;

    sink->apps = malloc(apps_room(max_line) * sizeof *sink->apps);
    sink->value = malloc(encode_value_max(max_line));
    return sink->apps && sink->value && sink->delivery.to->open(&sink->delivery);
}

int sink_open(struct sink *sink, struct infile *file, struct linebuf *in)
{
    int status = open_files(sink, file->fd);

    sink->file = file;
    sink->in = in;
    if (sink->options->common.marks)
        linebuf_expect_marks(in, (struct slice){NULL, 0});
    if (status == STATUS_OK && !open_buffers(sink))
        status = diag_fail("batch buffers", strerror(errno), STATUS_OSERR);
    return status;
}

enum conn_status sink_connect(struct sink *sink)
{
    return sink->delivery.to->connect(&sink->delivery);
}

static void reject(struct sink *sink, const struct line *line, const char *reason)
{
    sink->tally.invalid++;
    rejects_line(&sink->rejects, line->text, line->place, reason);
}

/* The record is stored all the same, so it is no bad line, but its sender should know. */
static void count_dropped(struct sink *sink, const struct line *line, uint64_t elements)
{
    struct sink_tally *tally = &sink->tally;

    if (tally->apps_dropped_records < SINK_DROPPED_LINES)
        sink->dropped_line[tally->apps_dropped_records] = line->place.number;
    tally->apps_dropped_records++;
    tally->apps_dropped += elements;
}

static void report_dropped(const struct sink *sink)
{
    const struct sink_tally *tally = &sink->tally;
    uint64_t records = tally->apps_dropped_records;
    char lines[SINK_DROPPED_LINES * 24] = "";
    size_t used = 0;

    if (records == 0 || sink->options->common.silent)
        return;
    for (size_t i = 0; i < SINK_DROPPED_LINES && i < records; i++)
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%s%" PRIu64, i ? ", " : "",
                                 sink->dropped_line[i]);
    diag("%" PRIu64 " elements of the lists of apps, in %" PRIu64
         " records, are no app ids and were left out; %s%sline%s %s%s",
         tally->apps_dropped, records, tally->type ? tally->type : "", tally->type ? " " : "",
         records > 1 ? "s" : "", lines, records > SINK_DROPPED_LINES ? ", ..." : "");
}

/* Encodes a valid record and hands it to its destination. */
static void deliver(struct sink *sink, const struct line *line, const struct record *record)
{
    char key_bytes[RECORD_KEY_MAX];
    struct slice key = {key_bytes, encode_key(record, key_bytes)};
    struct slice value = {sink->value, encode_value(record, sink->value)};
    struct batch_record put = {.key = key,
                               .value = value,
                               .line = line->text,
                               .number = line->place.number,
                               .offset = line->place.offset};

    if (delivery_keeps_no_lines(&sink->delivery))
        put.line.len = 0;
    if (record->apps_dropped > 0)
        count_dropped(sink, line, record->apps_dropped);
    sink->delivery.to->put(&sink->delivery, &put, record);
}

void sink_line(struct sink *sink, const struct line *line)
{
    struct record record;

    if (line->overlong) {
        rejects_overlong(&sink->rejects, line, &sink->tally.counts);
        return;
    }
    sink->tally.lines++;
    enum record_result result = record_parse(line->text, sink->apps, &record);
    if (result == RECORD_OK && !sink->options->any_type && record.type != sink->options->type)
        reject(sink, line, "another device type than --type");
    else if (result == RECORD_OK)
        deliver(sink, line, &record);
    else if (result == RECORD_BLANK)
        sink->tally.blank++;
    else
        reject(sink, line, guess_reason(line->text, result));
}

static bool take(void *self)
{
    struct sink *sink = self;
    struct line line;

    while (!delivery_is_over(&sink->delivery) && linebuf_next(sink->in, &line)) {
        if (line.mark != LINE_NO_MARK)
            return true;
        sink_line(sink, &line);
    }
    return false;
}

/* Connection and batches stay; the counters start again. */
static void next(void *self)
{
    struct sink *sink = self;
    struct sink_tally *tally = &sink->tally;

    rejects_next(&sink->rejects);
    report_dropped(sink);
    sink->earlier_stored += tally->stored;
    sink->input++;
    *tally = (struct sink_tally){
        .label = options_label(&sink->options->common, sink->input),
        .mode = tally->mode,
        .type = tally->type,
        .server = tally->server,
        .reasons = tally->reasons,
        .timeout_ms = tally->timeout_ms,
        .limit = tally->limit,
        .evictions = -1,
    };
    diag_prefix("memc_sink", tally->label);
}

bool sink_is_over(const void *self)
{
    const struct sink *sink = self;

    return delivery_is_over(&sink->delivery);
}

static bool is_pending(const void *self)
{
    const struct sink *sink = self;

    return delivery_pending(&sink->delivery) || rejects_pending(&sink->rejects);
}

static void flush(void *self)
{
    struct sink *sink = self;

    delivery_flush(&sink->delivery);
    rejects_flush(&sink->rejects);
}

static void tell(void *self, const struct loop_counts *counts, char *text, struct json *json)
{
    struct sink *sink = self;
    struct sink_tally *tally = &sink->tally;

    sink->delivery.to->count(&sink->delivery);
    tally->retries = sink->delivery.server.reconnects;
    tally->bytes_in = counts->bytes_in;
    tally->ms = counts->ms;
    tally->start_ms = counts->start_ms;
    tally->end_ms = counts->end_ms;
    tally->zero_bytes = sink->rejects.zero_bytes;
    tally->exit = counts->exit;
    if (tally->exit == STATUS_OK && tally->zero_bytes > 0)
        tally->exit = STATUS_IOERR;
    if (json && counts->exit < 0 && sink->options->keep_open)
        retention_sample(&sink->delivery);
    sink_tally_text(tally, text, SUMMARY_BYTES);
    if (json)
        sink_tally_json(tally, json);
}

static int rest(void *self)
{
    struct sink *sink = self;
    const char *type = sink->tally.type;
    struct line line;

    if (!linebuf_rest(sink->in, &line))
        return STATUS_OK;
    if (!sink->options->whole_lines) {
        sink_line(sink, &line);
        return STATUS_OK;
    }
    rejects_cut(&sink->rejects, &line, &sink->tally.counts); /* the input was cut: no record */
    diag("the input was cut in its %s%sline %" PRIu64 ": no LF at its end", type ? type : "",
         type ? " " : "", line.place.number);
    return STATUS_IOERR;
}

/* True at the end of a standing sink by TERM. */
static bool is_standing_end(const struct sink *sink)
{
    return sink->options->keep_open && signals_stopped_by() == SIGTERM;
}

/*
 * TERM ends a standing sink. While another process has the FIFO open, the sink
 * reads to the LF of the line it has begun, so that the next sink finds a whole
 * line. Otherwise it reads to the end: the FIFO's content would be lost with it.
 */
static enum linebuf_result stopping(void *self)
{
    struct sink *sink = self;
    struct budget budget = budget_start(sink->options->timeout_ms);
    bool goes_on;

    notify_stopping();
    if (!is_standing_end(sink))
        return LINEBUF_STOPPED;
    signals_forgive();
    infile_close_own_writer(sink->file);
    while (infile_has_no_writer(sink->file)) {
        enum linebuf_result result = linebuf_fill(sink->in, 0);
        if (result == LINEBUF_END || result == LINEBUF_ERROR)
            return result;
        take(sink);
    }
    do {
        goes_on = linebuf_finish(sink->in, &budget);
        take(sink);
    } while (goes_on);
    return LINEBUF_STOPPED;
}

const struct loop_calls SINK_CALLS = {.take = take,
                                      .next = next,
                                      .is_over = sink_is_over,
                                      .is_pending = is_pending,
                                      .flush = flush,
                                      .tell = tell,
                                      .stopping = stopping,
                                      .rest = rest};

enum conn_status sink_failure(const struct sink *sink)
{
    return server_failure(&sink->delivery.server);
}

int sink_finish(struct sink *sink)
{
    int status = sink->delivery.to->finish(&sink->delivery);

    if (is_standing_end(sink))
        signals_forgive(); /* its end is no failure, whatever it was doing */
    return status;
}

int sink_end_files(struct sink *sink)
{
    struct delivery *d = &sink->delivery;

    report_dropped(sink);
    int status = status_merge(linefile_close(&d->undelivered), linefile_close(&d->why));
    return status_merge(rejects_close(&sink->rejects), status);
}

void sink_close(struct sink *sink)
{
    sink->delivery.to->close(&sink->delivery);
    free(sink->apps);
    free(sink->value);
}
