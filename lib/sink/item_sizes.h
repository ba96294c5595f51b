/*
 * census: what a dry run tells beyond the counters: how large the items would
 * be in the server, and why lines are bad.
 */
#ifndef MEMC_CENSUS_H
#define MEMC_CENSUS_H

#include "bytes/json.h"

/*
 * Sizes are counted in classes: multiples of 8 bytes, as memcached's own
 * chunks, up to 1 KiB, and 32 classes an octave above. What is over 2 GiB
 * counts as 2 GiB.
 */
enum { CENSUS_CLASSES = 128 + 32 * 21, CENSUS_REASONS_MAX = 16 };

struct census {
    uint64_t items[CENSUS_CLASSES];
    struct {
        const char *text;
        uint64_t count;
    } reasons[CENSUS_REASONS_MAX];
};

void census_item(struct census *census, size_t bytes);

/* reason: a string that outlives the census; more than CENSUS_REASONS_MAX are counted with the
 * last. */
void census_reason(struct census *census, const char *reason);

/*
 * Two members: `items`, the count of each class that has some, by its largest
 * size in bytes; `reasons`, the count of each.
 */
void census_json(const struct census *census, struct json *json);

#endif
