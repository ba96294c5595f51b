/*
 * item_sizes: what a dry run tells beyond the counters: how large the items would
 * be in the server, and why lines are bad.
 */
#ifndef MEMC_ITEM_SIZES_H
#define MEMC_ITEM_SIZES_H

#include "bytes/json.h"

/*
 * Sizes are counted in classes: multiples of 8 bytes, as memcached's own
 * chunks, up to 1 KiB, and 32 classes an octave above. What is over 2 GiB
 * counts as 2 GiB.
 */
enum { ITEM_SIZES_CLASSES = 128 + 32 * 21, ITEM_SIZES_REASONS_MAX = 16 };

struct item_sizes {
    uint64_t items[ITEM_SIZES_CLASSES];
    struct {
        const char *text;
        uint64_t count;
    } reasons[ITEM_SIZES_REASONS_MAX];
};

void item_sizes_add(struct item_sizes *item_sizes, size_t bytes);

/* reason: a string that outlives the census; more than ITEM_SIZES_REASONS_MAX are counted with the
 * last. */
void item_sizes_reason(struct item_sizes *item_sizes, const char *reason);

/*
 * Two members: `items`, the count of each class that has some, by its largest
 * size in bytes; `reasons`, the count of each.
 */
void item_sizes_json(const struct item_sizes *item_sizes, struct json *json);

#endif
