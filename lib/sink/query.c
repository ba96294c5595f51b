/* SPDX-License-Identifier: MIT */
#include "sink/query.h"

#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "record/encode.h"
#include "server/server.h"
#include "server/server_stats.h"
#include "sink/dry_run.h"
#include "store/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- counters */

static void take_line(void *context, struct slice name, struct slice value)
{
    char name_text[64], value_text[256];

    snprintf(name_text, sizeof name_text, "%.*s", (int)name.len, name.at);
    snprintf(value_text, sizeof value_text, "%.*s", (int)value.len, value.at);
    json_string(context, name_text, value_text);
}

/* An incomplete list is not printed. */
static void ask_list(const struct sink_options *options, const char *member, const char *command,
                     struct json *json)
{
    static struct json before;

    before = *json;
    json_open_object(json, member);
    if (stats_read(&options->address, command, options->timeout_ms, take_line, json) == CONN_OK)
        json_close_object(json);
    else
        *json = before;
}

/* An earlier line. */
struct since {
    struct counters counters;
    int64_t stored;  /* by the load in between; -1: the line does not say */
    int64_t sampled; /* number of its keys that were read back; all were there */
};

enum { LINE_BYTES = 64 * 1024 };

/* Reads all of a file that is small; *len bytes. False: errno is set. */
static bool read_small(const char *path, char *text, size_t size, size_t *len)
{
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    *len = fread(text, 1, size, file);
    bool good = !ferror(file);
    int saved = errno;
    fclose(file);
    errno = saved;
    return good;
}

/* An empty file is a reading that failed: nothing is known. */
static int read_since(const char *path, struct since *since)
{
    static char text[LINE_BYTES];
    size_t len;

    *since = (struct since){COUNTERS_UNKNOWN, -1, 0};
    if (!read_small(path, text, sizeof text, &len)) {
        diag("%s: %s", path, strerror(errno));
        return STATUS_NOINPUT;
    }
    struct slice line = slice_strip((struct slice){text, len});
    if (line.len == 0)
        return STATUS_OK;
    static const char BEGIN[] = "{\"server\":";
    if (line.len < sizeof BEGIN || memcmp(line.at, BEGIN, sizeof BEGIN - 1) != 0) {
        diag("%s: not a line of memc_sink --counters", path);
        return STATUS_DATAERR;
    }
    for (const struct counter *each = COUNTERS; each->member; each++)
        json_find_count(line, each->member, counters_place(&since->counters, each));
    json_find_count(line, "stored", &since->stored);
    json_find_count(line, "sampled", &since->sampled);
    return STATUS_OK;
}

/* The keys that were read back speak for a server that answers without counters, not for one that
 * is gone. */
static void write_counters(const struct sink_options *options, const struct counters *c,
                           const struct since *since, bool is_there, struct json *json)
{
    json_begin(json);
    json_string(json, "server", options->address.text);
    for (const struct counter *each = COUNTERS; each->member; each++)
        json_count_or_null(json, each->member, counters_value(c, each));
    if (options->since) {
        uint64_t stored = since->stored > 0 ? (uint64_t)since->stored : 0;
        enum doubt doubt = counters_doubt(&since->counters, c, stored, options->allow_evictions);
        if (doubt == DOUBT_UNREADABLE && (since->stored == 0 || (is_there && since->sampled > 0)))
            doubt = DOUBT_NONE;
        json_string(json, "doubt", doubt_name(doubt));
    }
}

int query_counters(const struct sink_options *options, struct json *json)
{
    struct server server;
    struct since since;
    int status = options->since ? read_since(options->since, &since) : STATUS_OK;

    json->used = 0;
    if (status != STATUS_OK)
        return status;
    server_init(&server, &options->address, options->timeout_ms, options->retry_ms);
    enum conn_status conn = server_connect(&server, false);
    if (conn == CONN_STOPPED)
        return STATUS_SIGNAL + signals_stopped_by();
    server_drop(&server);
    if (conn == CONN_OK || options->since)
        write_counters(options, &server.counters, &since, conn == CONN_OK, json);
    if (conn != CONN_OK) {
        conn_report(options->address.text, conn, options->retry_ms, NULL);
        return conn_exit_status(conn, false);
    }
    if (options->common.verbose) {
        ask_list(options, "stats", "stats", json);
        ask_list(options, "settings", "stats settings", json);
    }
    return STATUS_OK;
}

/* ---- records */

/* The keys of a batch fit into the socket's buffer: see verify. */
enum { KEYS_AT_ONCE = 100, VALUE_BYTES_USUAL = 4096 };

struct get {
    const struct sink_options *options;
    struct server server;
    struct channel channel;
    struct batch batch;
    struct dry_run *out;
    char *value; /* what has come of the one that is being read */
    size_t len, capacity;
    bool no_memory;
    uint64_t bad; /* keys without a record */
};

static void take_value(void *context, struct slice piece)
{
    struct get *get = context;
    size_t wanted = get->len + piece.len;

    if (get->no_memory)
        return;
    if (wanted > get->capacity) {
        size_t capacity = wanted + wanted / 2 + VALUE_BYTES_USUAL;
        char *larger = realloc(get->value, capacity);
        get->no_memory = !larger;
        if (!larger)
            return;
        get->value = larger;
        get->capacity = capacity;
    }
    memcpy(get->value + get->len, piece.at, piece.len);
    get->len += piece.len;
}

/* The key is named by its place: it is a device id. */
static void complain(struct get *get, const struct batch_record *record, const char *what)
{
    const struct common_options *common = &get->options->common;

    if (diag_may_repeat(&get->bad) || common->verbose)
        diag("key %" PRIu64 " of %zu: %s", record->number, get->options->key_count, what);
}

static bool print_record(struct get *get, const struct batch_record *record)
{
    size_t len;
    char *text = encode_value_text((struct slice){get->value, get->len}, &len);

    if (text)
        dry_run_text(get->out, record->key, (struct slice){text, len});
    else if (errno == EBADMSG)
        complain(get, record, "its value is no UserApps message");
    else
        return false;
    free(text);
    return true;
}

static bool take_record(void *context, enum reader_found found, const struct batch_record *record)
{
    struct get *get = context;
    bool good = !get->no_memory;

    if (found == READER_MISSING)
        complain(get, record, "missing");
    else if (good)
        good = print_record(get, record);
    get->len = 0;
    if (!good)
        errno = ENOMEM;
    return good;
}

/* If a connection breaks, the rest is asked for over a new one. */
static enum conn_status get_batch(struct get *get)
{
    enum conn_status conn = CONN_OK;
    size_t cursor = 0;

    while (conn == CONN_OK && cursor < get->batch.count) {
        if (!get->server.connected)
            conn = server_connect(&get->server, false);
        if (conn != CONN_OK)
            break;
        get->len = 0;
        conn = reader_get(&get->channel, &get->batch, &cursor, take_value, take_record, get);
        if (conn == CONN_OK)
            continue;
        server_lost(&get->server, conn);
        if (conn_may_pass(conn))
            conn = CONN_OK;
    }
    return conn;
}

static enum conn_status get_all(struct get *get)
{
    const struct sink_options *options = get->options;
    enum conn_status conn = CONN_OK;

    for (size_t i = 0; conn == CONN_OK && i < options->key_count;) {
        batch_clear(&get->batch);
        for (; i < options->key_count && get->batch.count < KEYS_AT_ONCE; i++)
            if (!batch_add(&get->batch, &(struct batch_record){.key = slice_of(options->keys[i]),
                                                               .number = i + 1})) {
                errno = ENOMEM;
                return CONN_NO_RESOURCES;
            }
        conn = get_batch(get);
    }
    return conn;
}

static int judge_records(const struct get *get, enum conn_status conn)
{
    const struct sink_options *options = get->options;
    int status = get->bad > 0 ? STATUS_DATAERR : STATUS_OK;

    if (get->bad > DIAG_REPEATS && !options->common.verbose)
        diag("%" PRIu64 " keys of %zu have no record here", get->bad, options->key_count);
    if (conn == CONN_STOPPED)
        return status_merge(status, STATUS_SIGNAL + signals_stopped_by());
    if (conn != CONN_OK)
        conn_report(options->address.text, conn, options->retry_ms, NULL);
    return status_merge(status, conn_exit_status(conn, get->server.connected_before));
}

int query_records(const struct sink_options *options)
{
    static struct get get;

    get = (struct get){.options = options, .out = dry_run_open(options->address.text, 0)};
    if (!get.out)
        return diag_fail("standard output", strerror(errno), STATUS_OSERR);
    server_init(&get.server, &options->address, options->timeout_ms, options->retry_ms);
    channel_init(&get.channel, &get.server, options->protocol);
    batch_init(&get.batch, (size_t)KEYS_AT_ONCE * RECORD_KEY_MAX);
    int status = judge_records(&get, get_all(&get));
    server_drop(&get.server);
    batch_free(&get.batch);
    free(get.value);
    int error = dry_run_close(get.out);
    return error ? diag_fail("standard output", strerror(error), STATUS_IOERR) : status;
}
