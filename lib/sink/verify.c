#define _GNU_SOURCE /* tdestroy */
#include "sink/verify.h"

#include "store/channel.h"
#include "store/reader.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/*
 * The keys of a batch fit into the socket's buffer: libmemcached sends them all
 * before it reads, and a server may wait for us to read its answers.
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
    struct channel channel;
    struct verify_counts *counts;
    verify_undelivered_fn *on_undelivered;
    void *context;
    size_t batch_records;
    struct batch batch;
    size_t cursor; /* records from here on are still to be compared */
    size_t key_bytes;
    void *differing; /* tsearch(3) tree of struct differing */
    size_t differing_bytes;
    enum conn_status broken_by; /* what ended the last connection */
};

struct verify *verify_open(struct server *server, enum protocol protocol, size_t batch_records,
                           struct verify_counts *counts, verify_undelivered_fn *on_undelivered,
                           void *context)
{
    struct verify *verify = calloc(1, sizeof *verify);

    if (!verify)
        return NULL;
    channel_init(&verify->channel, server, protocol);
    verify->batch_records = batch_records ? batch_records : BATCH_RECORDS_MAX;
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
    server_give_up(verify->channel.server, why);
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

static bool count_found(void *context, enum reader_found found, const struct batch_record *record)
{
    struct verify *verify = context;

    switch (found) {
    case READER_MISSING:
        verify->counts->missing++;
        return true;
    case READER_DIFFERS:
        verify->counts->differing++;
        return note_differing(verify, record->key);
    case READER_SAME:
        break;
    }
    verify->counts->verified++;
    return !verify->differing || clear_differing(verify, record->key);
}

enum conn_status verify_connect(struct verify *verify)
{
    enum conn_status conn = verify->channel.server->failure;

    if (conn == CONN_OK)
        conn = server_connect(verify->channel.server, verify->broken_by, false);
    if (conn != CONN_OK && verify->channel.server->failure == CONN_OK)
        give_up(verify, conn);
    return conn;
}

void verify_flush(struct verify *verify)
{
    while (verify->channel.server->failure == CONN_OK && verify->cursor < verify->batch.count) {
        if (!verify->channel.server->connected && verify_connect(verify) != CONN_OK)
            break;
        enum conn_status conn =
            reader_read(&verify->channel, &verify->batch, &verify->cursor, count_found, verify);
        if (conn == CONN_OK)
            continue;
        verify->broken_by = conn;
        server_drop(verify->channel.server);
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
    if (verify->channel.server->failure == CONN_OK && !batch_add(batch, record)) {
        errno = ENOMEM;
        give_up(verify, CONN_NO_RESOURCES);
    }
    if (verify->channel.server->failure != CONN_OK) {
        leave_undelivered(verify, record);
        return;
    }
    verify->key_bytes += record->key.len;
    if (batch->count == verify->batch_records ||
        verify->key_bytes + batch->count * HEADER_BYTES > REQUESTS_BYTES_MAX)
        verify_flush(verify);
}

size_t verify_pending(const struct verify *verify)
{
    return verify->batch.count - verify->cursor;
}

const char *verify_protocol(const struct verify *verify)
{
    return channel_protocol(&verify->channel);
}

enum conn_status verify_failure(const struct verify *verify)
{
    return server_failure(verify->channel.server);
}

void verify_close(struct verify *verify)
{
    if (!verify)
        return;
    verify_flush(verify);
    server_drop(verify->channel.server);
    tdestroy(verify->differing, free);
    batch_free(&verify->batch);
    free(verify);
}
