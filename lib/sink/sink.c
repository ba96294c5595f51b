#include "sink/sink.h"

#include "record/apps.h"
#include "record/encode.h"
#include "record/record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_outcome(void *context, enum store_outcome outcome, const struct batch_record *record)
{
    struct sink *sink = context;

    switch (outcome) {
    case STORE_STORED:
        sink->tally.stored++;
        sink->tally.bytes_out += record->value.len;
        break;
    case STORE_REFUSED:
        sink->tally.refused++;
        rejects_line(&sink->rejects, record->line, (struct place){record->number, record->offset},
                     "the server refused it as too large and dropped the key's old value");
        break;
    case STORE_UNDELIVERED:
        sink->tally.undelivered++;
        linefile_line(&sink->undelivered, record->line);
        break;
    }
}

static void give_back(void *context, struct slice line)
{
    struct sink *sink = context;

    linefile_line(&sink->undelivered, line);
}

void sink_init(struct sink *sink, const struct sink_options *options)
{
    static const char *const MODE[] = {
        [SINK_LOAD] = "load", [SINK_DRY_RUN] = "dry-run", [SINK_VERIFY] = "verify"};

    *sink = (struct sink){.options = options};
    sink->tally.mode = MODE[options->mode];
    sink->tally.server = options->address.text;
    sink->tally.label = options->common.label;
    sink->tally.type = options->any_type ? NULL : devtype_name(options->type);
    sink->tally.evictions = -1;
    if (options->mode == SINK_DRY_RUN)
        sink->tally.item_sizes = &sink->item_sizes;
    rejects_init(&sink->rejects, sink->tally.type, options->common.verbose);
    server_init(&sink->server, &options->address, options->timeout_ms, options->retry_ms);
}

static bool open_verify(struct sink *sink)
{
    sink->verify =
        verify_open(&sink->server, sink->options->batch, &sink->verified, give_back, sink);
    return sink->verify;
}

static bool open_printout(struct sink *sink)
{
    const struct sink_options *options = sink->options;

    sink->dry_run = dry_run_open(options->address.text, options->common.max_line);
    return sink->dry_run;
}

bool sink_open(struct sink *sink, const struct linebuf *in)
{
    const struct sink_options *options = sink->options;
    struct store_options store_options = {options->batch, options->ttl_seconds, on_outcome, sink};
    bool whole;

    sink->in = in;
    sink->apps = malloc(apps_room(options->common.max_line) * sizeof *sink->apps);
    sink->value = malloc(encode_value_max(options->common.max_line));
    whole = sink->apps && sink->value;
    if (options->mode == SINK_LOAD)
        whole = (sink->store = store_open(&sink->server, &store_options)) && whole;
    if (options->mode == SINK_VERIFY)
        whole = open_verify(sink) && whole;
    if (options->mode == SINK_DRY_RUN && options->common.verbose)
        whole = open_printout(sink) && whole;
    return whole;
}

void sink_close(struct sink *sink)
{
    store_close(sink->store);
    verify_close(sink->verify);
    free(sink->apps);
    free(sink->value);
}

enum conn_status sink_connect(struct sink *sink)
{
    if (sink->store)
        return store_connect(sink->store);
    return sink->verify ? verify_connect(sink->verify) : CONN_OK;
}

static void reject(struct sink *sink, struct slice line, const char *reason)
{
    sink->tally.invalid++;
    item_sizes_reason(&sink->item_sizes, reason);
    rejects_line(&sink->rejects, line, linebuf_place(sink->in), reason);
}

static void take_overlong(struct sink *sink, const struct line *line)
{
    enum overlong what = rejects_overlong(&sink->rejects, line, linebuf_place(sink->in));

    sink->tally.lines += what != OVERLONG_GOES_ON;
    sink->tally.blank += what == OVERLONG_BLANK;
    sink->tally.invalid += what == OVERLONG_REJECTED;
    if (what == OVERLONG_REJECTED)
        item_sizes_reason(&sink->item_sizes, REJECTS_OVERLONG);
}

/* Encodes a valid record and hands it to the mode's own end. */
static void deliver(struct sink *sink, struct slice line, const struct record *record)
{
    char key_bytes[RECORD_KEY_MAX];
    struct slice key = {key_bytes, encode_key(record, key_bytes)};
    struct slice value = {sink->value, encode_value(record, sink->value)};
    struct place place = linebuf_place(sink->in);
    struct batch_record put = {key, value, line, place.number, place.offset};

    if (!sink->options->undelivered && !sink->options->common.rejects)
        put.line.len = 0; /* nobody is given it back: no need to keep it */

    sink->tally.apps_dropped += record->apps_dropped;
    if (sink->options->mode == SINK_DRY_RUN) {
        sink->tally.stored++;
        sink->tally.bytes_out += value.len;
        item_sizes_add(&sink->item_sizes, server_item_bytes(key.len, value.len));
        if (sink->dry_run)
            dry_run_record(sink->dry_run, key, record);
    } else if (server_would_refuse(&sink->server, key.len, value.len)) {
        sink->tally.refused++;
        rejects_line(&sink->rejects, line, place,
                     "larger than the server's item_size_max (memcached -I); not sent");
    } else if (sink->options->mode == SINK_VERIFY) {
        sink->tally.bytes_out += value.len;
        verify_put(sink->verify, &put);
    } else {
        store_put(sink->store, &put);
    }
}

void sink_take(struct sink *sink, const struct line *line)
{
    struct record record;

    if (line->overlong) {
        take_overlong(sink, line);
        return;
    }
    sink->tally.lines++;
    enum record_result result = record_parse(line->text, sink->apps, &record);
    if (result == RECORD_OK && !sink->options->any_type && record.type != sink->options->type)
        reject(sink, line->text, "another device type than --type");
    else if (result == RECORD_OK)
        deliver(sink, line->text, &record);
    else if (result == RECORD_BLANK)
        sink->tally.blank++;
    else
        reject(sink, line->text, record_strerror(result));
}

void sink_take_cut(struct sink *sink, const struct line *line)
{
    sink->tally.lines++;
    if (rejects_cut(&sink->rejects, line)) {
        sink->tally.blank++;
    } else {
        sink->tally.invalid++;
        item_sizes_reason(&sink->item_sizes, "cut off before its LF");
    }
}

void sink_flush(struct sink *sink)
{
    if (sink->store)
        store_flush(sink->store);
    if (sink->verify)
        verify_flush(sink->verify);
    if (sink->dry_run)
        dry_run_flush(sink->dry_run);
    rejects_flush(&sink->rejects);
    linefile_flush(&sink->undelivered);
}

bool sink_pending(const struct sink *sink)
{
    return (sink->store && store_pending(sink->store) > 0) ||
           (sink->verify && verify_pending(sink->verify) > 0) ||
           (sink->dry_run && dry_run_pending(sink->dry_run)) || rejects_pending(&sink->rejects) ||
           linefile_pending(&sink->undelivered);
}

enum conn_status sink_failure(const struct sink *sink)
{
    if (sink->store)
        return store_failure(sink->store);
    return sink->verify ? verify_failure(sink->verify) : CONN_OK;
}
