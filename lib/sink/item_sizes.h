/* SPDX-License-Identifier: MIT */
/*
 * item_sizes: how large the items of a dry run would be in the server, counted.
 */
#ifndef MEMC_ITEM_SIZES_H
#define MEMC_ITEM_SIZES_H

#include "bytes/json.h"

/*
 * Sizes are counted in classes: multiples of 8 bytes, as memcached's own
 * chunks, up to 1 KiB, and 32 classes an octave above. What is over 2 GiB
 * counts as 2 GiB.
 */
enum { ITEM_SIZES_CLASSES = 128 + 32 * 21 };

struct item_sizes {
    uint64_t items[ITEM_SIZES_CLASSES];
};

void item_sizes_add(struct item_sizes *item_sizes, size_t bytes);

/* A member `items`: the count of each class that has some, by its largest size in bytes. */
void item_sizes_json(const struct item_sizes *item_sizes, struct json *json);

#endif
