#define _GNU_SOURCE /* tdestroy */
#include "store/verify.h"

#include "process/signals.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/*
 * The keys of a batch fit into the socket's buffer, so that sending them never
 * waits for a server that waits for us to read its answers.
 */
enum { REQUESTS_BYTES_MAX = 32 * 1024, HEADER_BYTES = 24, MEMORY_BYTES_USUAL = 256 * 1024 };

/* A key whose value differed, and how many lines found it so. */
struct differing {
    uint64_t lines;
    size_t len;
    char key[];
};

enum { NODE_BYTES = 64 }; /* of the search tree, beside the key: about */

struct verify {
    struct server *server;
    struct verify_counts *counts;
    verify_undelivered_fn *on_undelivered;
    void *context;
    size_t batch_records;
    struct batch batch;
    size_t cursor;                      /* records from here on are still to be compared */
    const char *key[BATCH_RECORDS_MAX]; /* of the batch, as libmemcached wants them */
    size_t key_len[BATCH_RECORDS_MAX];
    size_t key_bytes;
    void *differing; /* tsearch(3) tree of struct differing */
    size_t differing_bytes;
    enum conn_status broken_by; /* what ended the last connection */
    enum conn_status failure;   /* given up */
    int failure_errno;
};

struct verify *verify_open(struct server *server, size_t batch_records,
                           struct verify_counts *counts, verify_undelivered_fn *on_undelivered,
                           void *context)
{
    struct verify *verify = calloc(1, sizeof *verify);

    if (!verify)
        return NULL;
    verify->server = server;
    verify->batch_records = batch_records;
    verify->counts = counts;
    verify->on_undelivered = on_undelivered;
    verify->context = context;
    batch_init(&verify->batch, MEMORY_BYTES_USUAL);
    return verify;
}

static void leave_undelivered(struct verify *verify, const struct batch_record *record)
{
    verify->counts->undelivered++;
    verify->on_undelivered(verify->context, record->line);
}

static void give_up(struct verify *verify, enum conn_status why)
{
    verify->failure = why;
    verify->failure_errno = errno;
    for (; verify->cursor < verify->batch.count; verify->cursor++)
        leave_undelivered(verify, &verify->batch.record[verify->cursor]);
}

static int compare_keys(const void *a, const void *b)
{
    const struct differing *x = a, *y = b;

    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return memcmp(x->key, y->key, x->len);
}

static struct differing *new_differing(struct slice key)
{
    struct differing *entry = malloc(sizeof *entry + key.len);

    if (!entry)
        return NULL;
    *entry = (struct differing){.len = key.len};
    memcpy(entry->key, key.at, key.len);
    return entry;
}

/* False: no memory for it. */
static bool note_differing(struct verify *verify, struct slice key)
{
    struct differing *entry = new_differing(key);
    struct differing **found = entry ? tsearch(entry, &verify->differing, compare_keys) : NULL;

    if (!found) {
        free(entry);
        return false;
    }
    (*found)->lines++;
    if (*found != entry)
        free(entry);
    else
        verify->differing_bytes += key.len + NODE_BYTES;
    return verify->differing_bytes <= VERIFY_DIFFERING_BYTES;
}

/* The key is found equal: its earlier lines were overwritten, as they should be. */
static bool clear_differing(struct verify *verify, struct slice key)
{
    struct differing *wanted = new_differing(key);

    if (!wanted)
        return false;
    struct differing **found = tfind(wanted, &verify->differing, compare_keys);
    if (found) {
        struct differing *entry = *found;
        verify->counts->differing -= entry->lines;
        verify->counts->verified += entry->lines;
        verify->differing_bytes -= key.len + NODE_BYTES;
        tdelete(entry, &verify->differing, compare_keys);
        free(entry);
    }
    free(wanted);
    return true;
}

static bool compare_value(struct verify *verify, struct slice stored)
{
    struct slice key = verify->batch.record[verify->cursor].key;
    bool same = slice_equal(stored, verify->batch.record[verify->cursor].value);

    verify->cursor++;
    if (!same) {
        verify->counts->differing++;
        return note_differing(verify, key);
    }
    verify->counts->verified++;
    return !verify->differing || clear_differing(verify, key);
}

/* The records that are asked for together. A proxy of text has no order among its servers. */
static size_t end_of_request(const struct verify *verify)
{
    return verify->server->text_only ? verify->cursor + 1 : verify->batch.count;
}

/* Answers come in the order of the requests; a key that is not there has none. */
static enum conn_status take_answer(struct verify *verify, size_t end,
                                    const memcached_result_st *result)
{
    struct slice key = {memcached_result_key_value(result), memcached_result_key_length(result)};
    struct slice value = {memcached_result_value(result), memcached_result_length(result)};

    while (verify->cursor < end && !slice_equal(verify->batch.record[verify->cursor].key, key)) {
        verify->counts->missing++;
        verify->cursor++;
    }
    if (verify->cursor == end)
        return CONN_PROTOCOL;
    server_is_well(verify->server);
    if (compare_value(verify, value))
        return CONN_OK;
    errno = ENOMEM;
    return CONN_NO_RESOURCES;
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
    case MEMCACHED_SERVER_ERROR:
        return CONN_BEHIND;
    case MEMCACHED_AUTH_FAILURE:
    case MEMCACHED_AUTH_PROBLEM:
        return CONN_AUTH;
    default:
        return CONN_LOST;
    }
}

/* Reads the answers to the end, also after one that is wrong; errno is that of the first failure.
 */
static enum conn_status take_answers(struct verify *verify, size_t end, memcached_result_st *result)
{
    enum conn_status conn = CONN_OK;
    memcached_return_t rc;
    int64_t since_ms = timing_now_ms();
    int saved = 0;

    for (;;) {
        result->count = 1; /* else a failure would read as "not found" */
        if (!memcached_fetch_result(verify->server->memc, result, &rc))
            break;
        if (server_is_too_slow(verify->server, &since_ms))
            return CONN_SILENT;
        if (signals_stop_is_overdue(verify->server->timeout_ms))
            return CONN_STOPPED;
        if (conn == CONN_OK) {
            conn = take_answer(verify, end, result);
            saved = errno;
        }
    }
    errno = saved;
    return conn == CONN_OK ? judge_failure(rc) : conn;
}

/* Asks for the records at the cursor and moves it behind them; those without an answer are missing.
 */
static enum conn_status exchange(struct verify *verify)
{
    size_t end = end_of_request(verify);
    memcached_result_st result;

    server_works(verify->server);
    memcached_return_t rc = memcached_mget(verify->server->memc, verify->key + verify->cursor,
                                           verify->key_len + verify->cursor, end - verify->cursor);
    if (rc != MEMCACHED_SUCCESS && rc != MEMCACHED_BUFFERED)
        return judge_failure(rc) == CONN_OK ? CONN_LOST : judge_failure(rc);
    memcached_result_create(verify->server->memc, &result);
    enum conn_status conn = take_answers(verify, end, &result);
    memcached_result_free(&result);
    if (conn == CONN_OK) {
        verify->counts->missing += end - verify->cursor;
        verify->cursor = end;
    }
    return conn;
}

enum conn_status verify_connect(struct verify *verify)
{
    enum conn_status conn = verify->failure;

    if (conn == CONN_OK)
        conn = server_connect(verify->server, verify->broken_by, false);
    if (conn != CONN_OK && verify->failure == CONN_OK)
        give_up(verify, conn);
    return conn;
}

void verify_flush(struct verify *verify)
{
    while (verify->failure == CONN_OK && verify->cursor < verify->batch.count) {
        if (!verify->server->memc && verify_connect(verify) != CONN_OK)
            break;
        enum conn_status conn = exchange(verify);
        if (conn == CONN_OK)
            continue;
        int saved = errno;
        verify->broken_by = conn;
        server_drop(verify->server);
        errno = saved;
        if (!conn_may_pass(conn))
            give_up(verify, conn);
    }
    batch_clear(&verify->batch);
    verify->cursor = 0;
    verify->key_bytes = 0;
}

void verify_put(struct verify *verify, const struct batch_record *record)
{
    struct batch *batch = &verify->batch;

    if (!batch_has_room(batch, record))
        verify_flush(verify);
    if (verify->failure == CONN_OK && !batch_add(batch, record)) {
        errno = ENOMEM;
        give_up(verify, CONN_NO_RESOURCES);
    }
    if (verify->failure != CONN_OK) {
        leave_undelivered(verify, record);
        return;
    }
    verify->key[batch->count - 1] = batch->record[batch->count - 1].key.at;
    verify->key_len[batch->count - 1] = record->key.len;
    verify->key_bytes += record->key.len;
    if (batch->count == verify->batch_records ||
        verify->key_bytes + batch->count * HEADER_BYTES > REQUESTS_BYTES_MAX)
        verify_flush(verify);
}

size_t verify_pending(const struct verify *verify)
{
    return verify->batch.count - verify->cursor;
}

enum conn_status verify_failure(const struct verify *verify)
{
    errno = verify->failure_errno;
    return verify->failure;
}

void verify_close(struct verify *verify)
{
    if (!verify)
        return;
    verify_flush(verify);
    server_close(verify->server);
    tdestroy(verify->differing, free);
    batch_free(&verify->batch);
    free(verify);
}
