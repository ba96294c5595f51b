/*
 * reasons: how many lines are bad for which reason.
 */
#ifndef MEMC_REASONS_H
#define MEMC_REASONS_H

#include "bytes/json.h"

enum { REASONS_MAX = 16 };

struct reasons {
    struct {
        const char *text;
        uint64_t count;
    } of[REASONS_MAX];
};

/* text: a string that outlives the counts. More than REASONS_MAX are counted with the last. */
void reasons_add(struct reasons *reasons, const char *text);

/* A member `reasons`: an object with the count of each. */
void reasons_json(const struct reasons *reasons, struct json *json);

#endif
