/* SPDX-License-Identifier: MIT */
#include "store/reader.h"

#include "bytes/number.h"
#include "process/signals.h"
#include "store/answer.h"
#include "store/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The keys of a batch, with what stands around them: see verify's bound on their bytes. */
enum { REQUEST_BYTES_MAX = 16, BARRIER_BYTES = 8, LINE_END_BYTES = 2 };

struct reader {
    struct channel *channel;
    const struct batch *batch;
    size_t *cursor;
    reader_fn *each;
    reader_value_fn *value; /* NULL: values are not handed out */
    void *context;
    size_t value_len;
    size_t value_at; /* bytes of a value and its line end that have come */
    bool keys_only;  /* by meta: no values are asked for */
    bool in_value, same;
    bool answered; /* classic: a value came for the record at the cursor; its END is due */
    bool ended;    /* MN came */
};

static const struct batch_record *record_at(const struct reader *reader)
{
    return &reader->batch->record[*reader->cursor];
}

static bool is_done(const struct reader *reader)
{
    return *reader->cursor == reader->batch->count;
}

static enum conn_status tell(struct reader *reader, enum reader_found found)
{
    const struct batch_record *record = record_at(reader);

    ++*reader->cursor;
    if (found != READER_MISSING)
        server_is_well(reader->channel->server);
    return reader->each(reader->context, found, record) ? CONN_OK : CONN_NO_RESOURCES;
}

static enum conn_status tell_missing_until(struct reader *reader, size_t index)
{
    enum conn_status conn = CONN_OK;

    while (conn == CONN_OK && *reader->cursor < index)
        conn = tell(reader, READER_MISSING);
    return conn;
}

/* ---- over our own socket */

static char *append(char *at, struct slice bytes)
{
    memcpy(at, bytes.at, bytes.len);
    return at + bytes.len;
}

/* All requests, malloced. NULL: out of memory. */
static char *make_requests(const struct reader *reader, size_t *len)
{
    const struct batch *batch = reader->batch;
    bool meta = reader->channel->protocol == PROTOCOL_META;
    const char *wanted = meta && !reader->keys_only ? " v" : "";
    size_t bytes = BARRIER_BYTES;

    for (size_t i = *reader->cursor; i < batch->count; i++)
        bytes += REQUEST_BYTES_MAX + batch->record[i].key.len;
    char *all = malloc(bytes), *at = all;
    if (!all)
        return NULL;
    for (size_t i = *reader->cursor; i < batch->count; i++) {
        at = append(at, slice_of(meta ? "mg " : "get "));
        at = append(at, batch->record[i].key);
        at = append(at, slice_of(wanted));
        at = append(at, slice_of(meta ? " k\r\n" : "\r\n"));
    }
    if (meta)
        at = append(at, slice_of("mn\r\n"));
    *len = (size_t)(at - all);
    return all;
}

static enum conn_status begin_value(struct reader *reader, struct slice size)
{
    uint64_t len;

    if (!number_u64(size, &len) || len > SIZE_MAX / 2)
        return CONN_PROTOCOL;
    reader->value_len = (size_t)len;
    reader->value_at = 0;
    reader->in_value = true;
    reader->same = len == record_at(reader)->value.len;
    return CONN_OK;
}

/* kKEY of the record whose answer is due. */
static bool is_its_key(const struct reader *reader, struct slice word)
{
    return word.len > 0 && word.at[0] == 'k' &&
           slice_equal((struct slice){word.at + 1, word.len - 1}, record_at(reader)->key);
}

/* VA LEN kKEY, HD kKEY or EN [kKEY], behind the first word. */
static enum conn_status take_meta(struct reader *reader, struct slice word, struct slice rest)
{
    bool value = slice_equal(word, slice_of("VA")), missing = slice_equal(word, slice_of("EN"));

    if (missing && !rest.at)
        return tell(reader, READER_MISSING);
    struct slice size = value ? slice_cut(&rest, ' ') : rest;
    struct slice key = slice_cut(&rest, ' ');
    if (!is_its_key(reader, key) || !answer_are_stale_marks(rest))
        return CONN_PROTOCOL;
    if (value)
        return begin_value(reader, size);
    return tell(reader, missing ? READER_MISSING : READER_SAME);
}

/* VALUE KEY FLAGS LEN, behind VALUE */
static enum conn_status begin_classic_value(struct reader *reader, struct slice rest)
{
    struct slice key = slice_cut(&rest, ' ');

    if (reader->answered || !slice_equal(key, record_at(reader)->key) || !rest.at)
        return CONN_PROTOCOL;
    slice_cut(&rest, ' ');
    reader->answered = true;
    return rest.at ? begin_value(reader, rest) : CONN_PROTOCOL;
}

static enum conn_status end_classic(struct reader *reader)
{
    enum reader_found found = reader->same ? READER_SAME : READER_DIFFERS;

    found = reader->answered ? found : READER_MISSING;
    reader->answered = false;
    return tell(reader, found);
}

static enum conn_status take_trouble(struct slice line)
{
    struct answer answer = answer_of(line);

    return answer.kind == ANSWER_RETRY || answer.kind == ANSWER_FAILED ? answer.why : CONN_PROTOCOL;
}

static enum conn_status take_line(struct reader *reader, struct slice line)
{
    bool meta = reader->channel->protocol == PROTOCOL_META;
    struct slice rest = line, word = slice_cut(&rest, ' ');

    if (is_done(reader)) {
        reader->ended = meta && slice_equal(line, slice_of("MN"));
        return reader->ended ? CONN_OK : take_trouble(line);
    }
    if (meta && (slice_equal(word, slice_of(reader->keys_only ? "HD" : "VA")) ||
                 slice_equal(word, slice_of("EN"))))
        return take_meta(reader, word, rest);
    if (!meta && slice_equal(word, slice_of("VALUE")) && rest.at)
        return begin_classic_value(reader, rest);
    if (!meta && slice_equal(line, slice_of("END")))
        return end_classic(reader);
    return take_trouble(line);
}

static size_t value_left(const struct reader *reader)
{
    return reader->value_len + LINE_END_BYTES - reader->value_at;
}

/* Compares what has come of a value, and its line end. */
static enum conn_status take_value(struct reader *reader)
{
    struct slice piece = connection_piece(&reader->channel->connection, value_left(reader));
    struct slice wanted = record_at(reader)->value;
    size_t at = reader->value_at;
    size_t left = at < reader->value_len ? reader->value_len - at : 0;
    size_t compared = piece.len < left ? piece.len : left;

    if (reader->same && compared > 0)
        reader->same = memcmp(piece.at, wanted.at + at, compared) == 0;
    if (reader->value && compared > 0)
        reader->value(reader->context, (struct slice){piece.at, compared});
    reader->value_at += piece.len;
    for (size_t i = compared; i < piece.len; i++)
        if (piece.at[i] != "\r\n"[at + i - reader->value_len])
            return CONN_PROTOCOL;
    return CONN_OK;
}

static enum conn_status take_answers(struct reader *reader)
{
    struct connection *connection = &reader->channel->connection;
    enum conn_status conn = CONN_OK;
    struct slice line;

    while (conn == CONN_OK) {
        if (reader->in_value) {
            conn = take_value(reader);
            if (conn != CONN_OK || value_left(reader) > 0)
                return conn;
            reader->in_value = false;
            if (reader->channel->protocol == PROTOCOL_META)
                conn = tell(reader, reader->same ? READER_SAME : READER_DIFFERS);
        } else if (connection_line(connection, &line)) {
            conn = take_line(reader, line);
        } else {
            return CONN_OK;
        }
        connection_moves(connection);
    }
    return conn;
}

static bool is_over(const struct reader *reader)
{
    return is_done(reader) && (reader->ended || reader->channel->protocol != PROTOCOL_META);
}

static enum conn_status converse(struct reader *reader, struct slice requests)
{
    struct connection *connection = &reader->channel->connection;
    size_t sent = 0;

    connection_moves(connection);
    for (;;) {
        enum conn_status ended = connection_receive(connection);
        enum conn_status conn = take_answers(reader);
        if (conn != CONN_OK || is_over(reader))
            return conn;
        conn = ended;
        if (conn == CONN_OK && sent < requests.len)
            conn = connection_send(connection,
                                   (struct slice){requests.at + sent, requests.len - sent}, &sent);
        if (conn == CONN_OK)
            conn = connection_await(connection, sent < requests.len);
        if (conn != CONN_OK)
            return conn;
        server_report_silence(reader->channel->server, connection_waited_ms(connection));
    }
}

static enum conn_status read_directly(struct reader *reader)
{
    size_t len;
    char *requests = make_requests(reader, &len);

    if (!requests) {
        errno = ENOMEM;
        return CONN_NO_RESOURCES;
    }
    enum conn_status conn = converse(reader, (struct slice){requests, len});
    int saved = errno;
    free(requests);
    errno = saved;
    return conn;
}

/* ---- by libmemcached */

/* Answers come in the order of the requests; a key that is not there has none. */
static enum conn_status take_result(struct reader *reader, const memcached_result_st *result)
{
    struct slice key = {memcached_result_key_value(result), memcached_result_key_length(result)};
    struct slice value = {memcached_result_value(result), memcached_result_length(result)};
    size_t index = *reader->cursor;

    while (index < reader->batch->count && !slice_equal(reader->batch->record[index].key, key))
        index++;
    if (index == reader->batch->count)
        return CONN_PROTOCOL;
    enum conn_status conn = tell_missing_until(reader, index);
    if (conn != CONN_OK)
        return conn;
    if (reader->value)
        reader->value(reader->context, value);
    return tell(reader,
                slice_equal(value, record_at(reader)->value) ? READER_SAME : READER_DIFFERS);
}

static enum conn_status judge_failure(memcached_return_t rc)
{
    switch (rc) {
    case MEMCACHED_END:
    case MEMCACHED_NOTFOUND:
    case MEMCACHED_SUCCESS:
        return CONN_OK;
    case MEMCACHED_TIMEOUT:
        return CONN_SILENT;
    case MEMCACHED_AUTH_FAILURE:
    case MEMCACHED_AUTH_PROBLEM:
        return CONN_AUTH;
    default:
        return CONN_LOST;
    }
}

/* Reads the answers to the end, also after one that is wrong; errno is that of the first failure.
 */
static enum conn_status take_results(struct reader *reader, memcached_result_st *result)
{
    struct server *server = reader->channel->server;
    enum conn_status conn = CONN_OK;
    memcached_return_t rc;
    int64_t since_ms = timing_now_ms();
    int saved = 0;

    for (;;) {
        result->count = 1; /* else a failure would read as "not found" */
        if (!memcached_fetch_result(reader->channel->memc, result, &rc))
            break;
        enum conn_status answered = server_answered(server, &since_ms);
        if (answered != CONN_OK)
            return answered;
        if (conn == CONN_OK) {
            conn = take_result(reader, result);
            saved = errno;
        }
    }
    errno = saved;
    return conn == CONN_OK ? judge_failure(rc) : conn;
}

static enum conn_status read_by_library(struct reader *reader)
{
    memcached_st *memc = reader->channel->memc;
    const char *key[BATCH_RECORDS_MAX];
    size_t len[BATCH_RECORDS_MAX], count = 0;
    memcached_result_st result;

    for (size_t i = *reader->cursor; i < reader->batch->count; i++, count++) {
        key[count] = reader->batch->record[i].key.at;
        len[count] = reader->batch->record[i].key.len;
    }
    memcached_return_t rc = memcached_mget(memc, key, len, count);
    if (rc != MEMCACHED_SUCCESS && rc != MEMCACHED_BUFFERED)
        return judge_failure(rc) == CONN_OK ? CONN_LOST : judge_failure(rc);
    memcached_result_create(memc, &result);
    enum conn_status conn = take_results(reader, &result);
    memcached_result_free(&result);
    return conn == CONN_OK ? tell_missing_until(reader, reader->batch->count) : conn;
}

static enum conn_status run(struct reader *reader)
{
    server_skip_idle_time(reader->channel->server);
    enum conn_status conn = reader->channel->memc ? read_by_library(reader) : read_directly(reader);
    if (conn == CONN_OK)
        connection_rests(&reader->channel->connection);
    return conn;
}

enum conn_status reader_get(struct channel *channel, const struct batch *batch, size_t *cursor,
                            reader_value_fn *value, reader_fn *each, void *context)
{
    struct reader reader = {.channel = channel,
                            .batch = batch,
                            .cursor = cursor,
                            .value = value,
                            .each = each,
                            .context = context};

    return run(&reader);
}

enum conn_status reader_read(struct channel *channel, const struct batch *batch, size_t *cursor,
                             reader_fn *each, void *context)
{
    return reader_get(channel, batch, cursor, NULL, each, context);
}

/* With a disk (extstore), the memory has a header for each item; whether the disk gives the value
 * back is not known before it is read. Nor is it known of a server that reports no counters. */
static bool has_values_in_memory(const struct counters *counters)
{
    return counters->pid >= 0 && counters->ext_evicted < 0;
}

enum conn_status reader_look(struct channel *channel, const struct batch *batch, size_t *cursor,
                             reader_fn *each, void *context)
{
    struct reader reader = {.channel = channel,
                            .batch = batch,
                            .cursor = cursor,
                            .keys_only = has_values_in_memory(&channel->server->counters),
                            .each = each,
                            .context = context};

    return run(&reader);
}
