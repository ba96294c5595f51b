/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* tdestroy */
#include "sink/verify.h"

#include "io/spool.h"
#include "process/diag.h"
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
    uint64_t since;   /* lines before this place in the spool were found equal later */
    struct slice key; /* its bytes stand behind the struct */
};

enum { NODE_BYTES = 64 }; /* of the search tree, beside the key: about */

struct verify {
    struct channel channel;
    struct verify_counts *counts;
    verify_back_fn *on_back;
    void *context;
    size_t batch_records;
    struct batch batch;
    size_t cursor; /* records from here on are still to be compared */
    size_t key_bytes;
    void *differing; /* tsearch(3) tree of struct differing */
    size_t differing_bytes;
    struct spool spool;
    bool lost_lines; /* not all could be given back */
};

struct verify *verify_open(struct server *server, enum protocol protocol, size_t batch_records,
                           struct verify_counts *counts, verify_back_fn *on_back, void *context)
{
    struct verify *verify = calloc(1, sizeof *verify);

    if (!verify)
        return NULL;
    channel_init(&verify->channel, server, protocol);
    verify->batch_records = batch_records ? batch_records : BATCH_RECORDS_MAX;
    verify->counts = counts;
    verify->on_back = on_back;
    verify->context = context;
    batch_init(&verify->batch, MEMORY_BYTES_USUAL);
    return verify;
}

/* ---- keys that differ */

static int compare_keys(const void *a, const void *b)
{
    const struct differing *x = a, *y = b;

    if (x->key.len != y->key.len)
        return x->key.len < y->key.len ? -1 : 1;
    return memcmp(x->key.at, y->key.at, x->key.len);
}

/* NULL: it does not differ. */
static struct differing *find_differing(struct verify *verify, struct slice key)
{
    struct differing wanted = {.key = key};
    struct differing **found = tfind(&wanted, &verify->differing, compare_keys);

    return found ? *found : NULL;
}

static struct differing *new_differing(struct verify *verify, struct slice key)
{
    struct differing *entry = malloc(sizeof *entry + key.len);

    if (!entry)
        return NULL;
    memcpy(entry + 1, key.at, key.len);
    *entry = (struct differing){.since = verify->spool.count,
                                .key = {(const char *)(entry + 1), key.len}};
    if (tsearch(entry, &verify->differing, compare_keys)) {
        verify->differing_bytes += key.len + NODE_BYTES;
        return entry;
    }
    free(entry);
    return NULL;
}

/* False: there is no room for more of them. */
static bool note_differing(struct verify *verify, struct slice key)
{
    struct differing *entry = find_differing(verify, key);

    if (!entry)
        entry = new_differing(verify, key);
    if (entry)
        entry->lines++;
    return entry && verify->differing_bytes <= VERIFY_DIFFERING_BYTES;
}

/* The key is found equal: its earlier lines were overwritten, as they should be. */
static void clear_differing(struct verify *verify, struct slice key)
{
    struct differing *entry = find_differing(verify, key);

    if (!entry)
        return;
    verify->counts->differing -= entry->lines;
    verify->counts->verified += entry->lines;
    verify->differing_bytes -= key.len + NODE_BYTES;
    tdelete(entry, &verify->differing, compare_keys);
    free(entry);
}

/* ---- lines to give back */

static bool fail_to_keep(struct verify *verify)
{
    diag("the temporary file of lines that differ: %s", strerror(errno));
    verify->lost_lines = true;
    return false;
}

/* Those of the spool whose keys still differ. Nothing is compared after this, or nothing differs.
 */
static void give_back(struct verify *verify)
{
    struct spool_line each;

    for (uint64_t place = 0; spool_next(&verify->spool, &each); place++) {
        const struct differing *entry = find_differing(verify, each.key);
        if (each.kind == VERIFY_MISSING || (entry && place >= entry->since))
            verify->on_back(verify->context, (enum verify_why)each.kind,
                            &(struct batch_record){
                                .line = each.line, .number = each.number, .offset = each.offset});
    }
    if (errno != 0)
        fail_to_keep(verify);
}

/* A line that is missing has to wait, too, if others wait already: the order must stay. */
static bool keep_line(struct verify *verify, enum verify_why why, const struct batch_record *record)
{
    struct spool_line line = {why, record->number, record->offset, record->key, record->line};

    if (record->line.len == 0)
        return true;
    if (why == VERIFY_MISSING && verify->spool.count == 0) {
        verify->on_back(verify->context, why, record);
        return true;
    }
    return spool_add(&verify->spool, &line) || fail_to_keep(verify);
}

static bool keep_differing(struct verify *verify, const struct batch_record *record)
{
    bool noted = note_differing(verify, record->key);

    if (!keep_line(verify, VERIFY_DIFFERING, record))
        return false;
    if (!noted) {
        diag("too many keys differ: %d MiB of them are remembered, and no more are compared",
             VERIFY_DIFFERING_BYTES >> 20);
        errno = ENOMEM;
    }
    return noted;
}

static void leave_undelivered(struct verify *verify, const struct batch_record *record)
{
    verify->counts->undelivered++;
    verify->on_back(verify->context, VERIFY_UNDELIVERED, record);
}

static void give_up(struct verify *verify, enum conn_status why)
{
    server_give_up(verify->channel.server, why, false);
    give_back(verify);
    for (; verify->cursor < verify->batch.count; verify->cursor++)
        leave_undelivered(verify, &verify->batch.record[verify->cursor]);
}

static bool count_found(void *context, enum reader_found found, const struct batch_record *record)
{
    struct verify *verify = context;

    switch (found) {
    case READER_MISSING:
        verify->counts->missing++;
        return keep_line(verify, VERIFY_MISSING, record);
    case READER_DIFFERS:
        verify->counts->differing++;
        return keep_differing(verify, record);
    case READER_SAME:
        break;
    }
    verify->counts->verified++;
    if (verify->differing)
        clear_differing(verify, record->key);
    return true;
}

/* ---- */

enum conn_status verify_connect(struct verify *verify)
{
    enum conn_status conn = verify->channel.server->failure;

    if (conn == CONN_OK)
        conn = server_connect(verify->channel.server, false);
    if (conn != CONN_OK && verify->channel.server->failure == CONN_OK)
        give_up(verify, conn);
    return conn;
}

void verify_flush(struct verify *verify)
{
    if (verify->cursor < verify->batch.count)
        channel_renew(&verify->channel);
    while (verify->channel.server->failure == CONN_OK && verify->cursor < verify->batch.count) {
        if (!verify->channel.server->connected && verify_connect(verify) != CONN_OK)
            break;
        enum conn_status conn =
            reader_read(&verify->channel, &verify->batch, &verify->cursor, count_found, verify);
        if (conn == CONN_OK)
            continue;
        server_lost(verify->channel.server, conn);
        if (!conn_may_pass(conn))
            give_up(verify, conn);
    }
    batch_clear(&verify->batch);
    verify->cursor = 0;
    verify->key_bytes = 0;
    if (!verify->differing)
        give_back(verify);
}

bool verify_finish(struct verify *verify)
{
    verify_flush(verify);
    give_back(verify);
    return !verify->lost_lines;
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

void verify_close(struct verify *verify)
{
    if (!verify)
        return;
    verify_finish(verify);
    server_drop(verify->channel.server);
    spool_close(&verify->spool);
    tdestroy(verify->differing, free);
    batch_free(&verify->batch);
    free(verify);
}
