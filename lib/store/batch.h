/* SPDX-License-Identifier: MIT */
/*
 * batch: records that go to a server together, with their bytes; and what becomes of one.
 *
 * Memory is one block a batch, of the usual size but for a single larger
 * record; nothing is allocated per record.
 */
#ifndef MEMC_BATCH_H
#define MEMC_BATCH_H

#include "bytes/slice.h"

#include <stdint.h>

enum { BATCH_RECORDS_MAX = 1024 };

struct batch_record {
    struct slice key; /* 1 to 250 bytes */
    struct slice value;
    struct slice line; /* the input's bytes, which --rejects and -u write; empty without these */
    uint64_t number;   /* of the line, for messages */
    uint64_t offset;   /* of its first byte in the input */
    uint64_t tag;      /* the caller's own; it comes back with the outcome */
};

enum store_outcome { STORE_STORED, STORE_REFUSED, STORE_UNDELIVERED };

/* The record's slices are valid during the call. */
typedef void store_outcome_fn(void *context, enum store_outcome outcome,
                              const struct batch_record *record);

struct batch {
    size_t usual_bytes; /* of memory */
    size_t count;
    size_t payload; /* bytes of keys and values */
    char *bytes;
    size_t used, capacity;
    struct batch_record record[BATCH_RECORDS_MAX];
};

/* An empty batch. usual_bytes hold as many records as should ordinarily fit. */
void batch_init(struct batch *batch, size_t usual_bytes);

/* True if the record finds room beside those that are there; into an empty batch any record fits.
 */
bool batch_has_room(const struct batch *batch, const struct batch_record *record);

/* Copies the record; batch_has_room must hold. False: out of memory, for a large one. */
bool batch_add(struct batch *batch, const struct batch_record *record);

/* Forgets the records; their bytes are no longer valid. */
void batch_clear(struct batch *batch);
void batch_free(struct batch *batch);

#endif
