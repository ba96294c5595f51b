/* SPDX-License-Identifier: MIT */
#include "route/route_tally.h"

#include "filter/summary.h"
#include "process/version.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t route_tally_routed(const struct route_tally *t)
{
    uint64_t sum = 0;

    for (int type = 0; type < DEVTYPE_COUNT; type++)
        sum += t->routed[type];
    return sum;
}

bool route_tally_holds(const struct route_tally *t)
{
    return t->lines ==
           t->blank + t->invalid + t->unknown + t->skipped + t->undelivered + route_tally_routed(t);
}

void route_tally_json(const struct route_tally *t, struct json *json)
{
    json_begin(json);
    json_string(json, "tool", "memc_route");
    json_string(json, "version", MEMC_VERSION);
    json_string(json, "label", t->label);
    json_uint(json, "lines", t->lines);
    json_uint(json, "blank", t->blank);
    json_uint(json, "invalid", t->invalid);
    json_uint(json, "unknown", t->unknown);
    json_uint(json, "skipped", t->skipped);
    json_uint(json, "undelivered", t->undelivered);
    json_open_object(json, "routed");
    for (int type = 0; type < DEVTYPE_COUNT; type++)
        json_uint(json, devtype_name((enum devtype)type), t->routed[type]);
    json_close_object(json);
    json_uint(json, "zero_bytes", t->zero_bytes);
    json_uint(json, "bytes_in", t->bytes_in);
    json_seconds(json, "seconds", t->ms);
    json_seconds(json, "start", t->start_ms);
    json_seconds(json, "end", t->end_ms);
    json_count_or_null(json, "exit", t->exit);
    if (t->reasons)
        reasons_json(t->reasons, json);
}

void route_tally_text(const struct route_tally *t, char *text, size_t size)
{
    snprintf(text, size,
             "%" PRIu64 " lines: %" PRIu64 " routed (idfa %" PRIu64 ", gaid %" PRIu64
             ", adid %" PRIu64 ", dvid %" PRIu64 "), %" PRIu64 " unknown, %" PRIu64
             " invalid, %" PRIu64 " skipped, %" PRIu64 " blank, %" PRIu64 " undelivered; %" PRIu64
             " bytes in; %.1f s, %" PRIu64 " lines/s",
             t->lines, route_tally_routed(t), t->routed[DEVTYPE_IDFA], t->routed[DEVTYPE_GAID],
             t->routed[DEVTYPE_ADID], t->routed[DEVTYPE_DVID], t->unknown, t->invalid, t->skipped,
             t->blank, t->undelivered, t->bytes_in, summary_seconds(t->ms),
             summary_per_second(t->lines, t->ms));
}
