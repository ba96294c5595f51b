/* SPDX-License-Identifier: MIT */
#include "sink/item_sizes.h"

#include <inttypes.h>
#include <stdio.h>

enum { ALIGNMENT = 8, ALIGNED_CLASSES = 128, OCTAVE_CLASSES = 32 };

/* The largest size that a class takes. */
static size_t class_bytes(size_t class)
{
    if (class < ALIGNED_CLASSES)
        return (class + 1) * ALIGNMENT;
    size_t above = class - ALIGNED_CLASSES;
    size_t octave = (size_t)ALIGNED_CLASSES * ALIGNMENT << above / OCTAVE_CLASSES;
    return octave + octave / OCTAVE_CLASSES * (above % OCTAVE_CLASSES + 1);
}

void item_sizes_add(struct item_sizes *item_sizes, size_t bytes)
{
    size_t low = 0, high = ITEM_SIZES_CLASSES - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (class_bytes(middle) < bytes)
            low = middle + 1;
        else
            high = middle;
    }
    item_sizes->items[low]++;
}

void item_sizes_json(const struct item_sizes *item_sizes, struct json *json)
{
    char bytes[24];

    json_open_object(json, "items");
    for (size_t class = 0; class < ITEM_SIZES_CLASSES; class ++) {
        if (item_sizes->items[class] == 0)
            continue;
        snprintf(bytes, sizeof bytes, "%zu", class_bytes(class));
        json_uint(json, bytes, item_sizes->items[class]);
    }
    json_close_object(json);
}
