/* SPDX-License-Identifier: MIT */
/*
 * reasons: counts bad lines by reason.
 */
#ifndef MEMC_REASONS_H
#define MEMC_REASONS_H

#include "bytes/json.h"

enum { REASONS_MAX = 32 };

struct reasons {
    struct {
        const char *text;
        uint64_t count;
    } of[REASONS_MAX];
};

/* text must outlive the counts. After REASONS_MAX different reasons, others count as the last one.
 */
void reasons_add(struct reasons *reasons, const char *text);

/* A member `reasons`: an object with the count of each. */
void reasons_json(const struct reasons *reasons, struct json *json);

#endif
