/* SPDX-License-Identifier: MIT */
#include "store/batch.h"

#include <stdlib.h>
#include <string.h>

void batch_init(struct batch *batch, size_t usual_bytes)
{
    batch->usual_bytes = usual_bytes;
    batch->bytes = NULL;
    batch->capacity = 0;
    batch_clear(batch);
}

static size_t memory_of(const struct batch_record *record)
{
    return record->key.len + record->value.len + record->line.len;
}

bool batch_has_room(const struct batch *batch, const struct batch_record *record)
{
    return batch->count == 0 ||
           (batch->count < BATCH_RECORDS_MAX && batch->used + memory_of(record) <= batch->capacity);
}

/* The first record decides: the usual block, or a larger one for itself, given back after it. */
static bool fit_block(struct batch *batch, size_t needed)
{
    size_t capacity = needed > batch->usual_bytes ? needed : batch->usual_bytes;

    if (batch->capacity == capacity)
        return true;
    char *bytes = realloc(batch->bytes, capacity);
    if (!bytes)
        return false;
    batch->bytes = bytes;
    batch->capacity = capacity;
    return true;
}

static struct slice copy(struct batch *batch, struct slice bytes)
{
    struct slice result = {batch->bytes + batch->used, bytes.len};

    if (bytes.len > 0)
        memcpy(batch->bytes + batch->used, bytes.at, bytes.len);
    batch->used += bytes.len;
    return result;
}

bool batch_add(struct batch *batch, const struct batch_record *record)
{
    if (batch->count == 0 && !fit_block(batch, memory_of(record)))
        return false;
    struct batch_record *added = &batch->record[batch->count++];
    *added = *record;
    added->key = copy(batch, record->key);
    added->value = copy(batch, record->value);
    added->line = copy(batch, record->line);
    batch->payload += record->key.len + record->value.len;
    return true;
}

void batch_clear(struct batch *batch)
{
    batch->count = 0;
    batch->payload = 0;
    batch->used = 0;
}

void batch_free(struct batch *batch)
{
    free(batch->bytes);
}
