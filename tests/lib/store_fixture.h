/* SPDX-License-Identifier: MIT */
/*
 * store_fixture.h - what the tests of store share: a store whose outcomes are
 * noted, records that follow from their numbers, and a look at what a server
 * holds. Include scratch.h, tap.h and memcached.h first.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "store/store.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { RECORDS_MAX = 6000, VALUE_MAX = 1048576, TIMEOUT_MS = 5000 };

/* What came back. */
struct outcomes {
    uint64_t next; /* the number that must come */
    bool in_order;
    uint64_t count[3];
    char of[RECORDS_MAX];
};

static struct outcomes outcomes;
static struct server server;

static char bytes[VALUE_MAX + 100];

/* What the next store speaks; PROTOCOL_AUTO: what it finds. */
static enum protocol protocol;

/* Called with the outcome of this record, to make things happen between two others. */
static uint64_t on_number;
static void (*at_number)(void);

static inline void fill_bytes(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)((i * 2654435761u) >> 13);
}

static inline void note(void *context, enum store_outcome outcome,
                        const struct batch_record *record)
{
    struct outcomes *o = context;
    char line[32];
    int len = snprintf(line, sizeof line, "line %" PRIu64, record->number);

    o->in_order = o->in_order && record->number == o->next &&
                  slice_equal(record->line, (struct slice){line, (size_t)len});
    o->next++;
    o->count[outcome]++;
    if (record->number < RECORDS_MAX)
        o->of[record->number] = "SRU"[outcome];
    if (on_number && record->number == on_number)
        at_number();
}

static inline struct store *open_store(const struct test_server *at, size_t batch, int64_t retry_ms)
{
    struct store_options options = {
        .protocol = protocol, .batch_records = batch, .on_outcome = note, .context = &outcomes};

    outcomes = (struct outcomes){.in_order = true};
    on_number = 0;
    server_init(&server, &at->address, TIMEOUT_MS, retry_ms);
    return store_open(&server, &options);
}

static inline void put(struct store *store, uint64_t number, const char *key, size_t value_offset,
                       size_t value_len)
{
    char line[32];
    int len = snprintf(line, sizeof line, "line %" PRIu64, number);
    struct batch_record record = {
        slice_of(key), {bytes + value_offset, value_len}, {line, (size_t)len}, number, 0, 0};

    store_put(store, &record);
}

static inline void ended(uint64_t stored, uint64_t refused, uint64_t undelivered, const char *name)
{
    ok(outcomes.in_order, "%s: outcomes in order, one for each, with their lines", name);
    ok(outcomes.count[0] == stored && outcomes.count[1] == refused &&
           outcomes.count[2] == undelivered,
       "%s: %" PRIu64 " stored, %" PRIu64 " refused, %" PRIu64 " undelivered", name,
       outcomes.count[0], outcomes.count[1], outcomes.count[2]);
}

/* Key and value follow from the number. */
static inline void put_number(struct store *store, uint64_t number)
{
    char key[32];

    snprintf(key, sizeof key, "key:%" PRIu64, number);
    put(store, number, key, number % 50, number % 90);
}

static inline size_t wrong_numbers(const struct test_server *at, uint64_t from, uint64_t to)
{
    FILE *conversation = ask(at, "");
    size_t wrong = 0;
    char key[32];

    for (uint64_t number = from; number < to && wrong < 5; number++) {
        snprintf(key, sizeof key, "key:%" PRIu64, number);
        wrong += !server_holds(conversation, key, bytes + number % 50, number % 90);
    }
    fclose(conversation);
    return wrong;
}

#endif
