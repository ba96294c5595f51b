#include "sink/item_sizes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

void census_item(struct census *census, size_t bytes)
{
    size_t low = 0, high = CENSUS_CLASSES - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (class_bytes(middle) < bytes)
            low = middle + 1;
        else
            high = middle;
    }
    census->items[low]++;
}

void census_reason(struct census *census, const char *reason)
{
    size_t i = 0;

    while (i < CENSUS_REASONS_MAX - 1 && census->reasons[i].text &&
           strcmp(census->reasons[i].text, reason) != 0)
        i++;
    if (!census->reasons[i].text)
        census->reasons[i].text = reason;
    census->reasons[i].count++;
}

void census_json(const struct census *census, struct json *json)
{
    char bytes[24];

    json_open_object(json, "reasons");
    for (size_t i = 0; i < CENSUS_REASONS_MAX && census->reasons[i].text; i++)
        json_uint(json, census->reasons[i].text, census->reasons[i].count);
    json_close_object(json);
    json_open_object(json, "items");
    for (size_t class = 0; class < CENSUS_CLASSES; class ++) {
        if (census->items[class] == 0)
            continue;
        snprintf(bytes, sizeof bytes, "%zu", class_bytes(class));
        json_uint(json, bytes, census->items[class]);
    }
    json_close_object(json);
}
