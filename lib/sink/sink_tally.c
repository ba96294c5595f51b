/* SPDX-License-Identifier: MIT */
#include "sink/sink_tally.h"

#include "filter/summary.h"
#include "process/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_verify(const struct sink_tally *t)
{
    return strcmp(t->mode, "verify") == 0;
}

bool sink_tally_holds(const struct sink_tally *t)
{
    return t->lines == t->blank + t->invalid + t->refused + t->stored + t->verified + t->missing +
                           t->differing + t->undelivered;
}

static void json_limit(struct json *json, const char *key, const uint64_t *value)
{
    if (value)
        json_uint(json, key, *value);
    else
        json_count_or_null(json, key, -1);
}

static void json_outcomes(const struct sink_tally *t, struct json *json)
{
    json_uint(json, "lines", t->lines);
    json_uint(json, "blank", t->blank);
    json_uint(json, "stored", t->stored);
    json_uint(json, "invalid", t->invalid);
    json_uint(json, "refused", t->refused);
    json_uint(json, "undelivered", t->undelivered);
    if (!is_verify(t))
        return;
    json_uint(json, "verified", t->verified);
    json_uint(json, "missing", t->missing);
    json_uint(json, "differing", t->differing);
}

void sink_tally_json(const struct sink_tally *t, struct json *json)
{
    json_begin(json);
    json_string(json, "tool", "memc_sink");
    json_string(json, "version", MEMC_VERSION);
    json_string(json, "mode", t->mode);
    json_string(json, "label", t->label);
    json_string(json, "type", t->type);
    json_string(json, "server", t->server);
    json_string(json, "protocol", t->protocol);
    json_outcomes(t, json);
    json_uint(json, "apps_dropped", t->apps_dropped);
    json_uint(json, "apps_dropped_records", t->apps_dropped_records);
    json_uint(json, "retries", t->retries);
    json_count_or_null(json, "evictions", t->evictions);
    json_string(json, "doubt", doubt_name(t->doubt));
    json_uint(json, "sampled", t->sampled);
    json_uint(json, "sample_missing", t->sample_missing);
    json_uint(json, "zero_bytes", t->zero_bytes);
    json_uint(json, "bytes_in", t->bytes_in);
    json_uint(json, "bytes_out", t->bytes_out);
    json_seconds(json, "seconds", t->ms);
    json_seconds(json, "start", t->start_ms);
    json_seconds(json, "end", t->end_ms);
    json_uint(json, "timeout_ms", (uint64_t)t->timeout_ms);
    json_limit(json, "limit_numerator", t->limit ? &t->limit->numerator : NULL);
    json_limit(json, "limit_denominator", t->limit ? &t->limit->denominator : NULL);
    json_count_or_null(json, "exit", t->exit);
    if (t->reasons)
        reasons_json(t->reasons, json);
    if (t->item_sizes)
        item_sizes_json(t->item_sizes, json);
}

void sink_tally_text(const struct sink_tally *t, char *text, size_t size)
{
    char outcome[128], evictions[24] = "unknown", sampled[80] = "", dropped[48] = "";

    if (t->evictions >= 0)
        snprintf(evictions, sizeof evictions, "%" PRId64, t->evictions);

    if (t->apps_dropped_records > 0)
        snprintf(dropped, sizeof dropped, " in %" PRIu64 " records", t->apps_dropped_records);
    if (t->sampled > 0)
        snprintf(sampled, sizeof sampled, ", %" PRIu64 " of %" PRIu64 " sampled keys missing",
                 t->sample_missing, t->sampled);
    if (is_verify(t))
        snprintf(outcome, sizeof outcome,
                 "%" PRIu64 " verified, %" PRIu64 " missing, %" PRIu64 " differing", t->verified,
                 t->missing, t->differing);
    else
        snprintf(outcome, sizeof outcome, "%" PRIu64 " %s", t->stored,
                 strcmp(t->mode, "dry-run") == 0 ? "encoded (dry run, none stored)" : "stored");
    snprintf(text, size,
             "%s%s%s: %" PRIu64 " lines: %s, %" PRIu64 " refused, %" PRIu64 " invalid, %" PRIu64
             " blank, %" PRIu64 " undelivered; %" PRIu64 " apps dropped%s, %" PRIu64
             " retries, %s evictions%s; %" PRIu64 " bytes in, %" PRIu64 " out; %.1f s, %" PRIu64
             " records/s",
             t->type ? t->type : "", t->type ? " -> " : "", t->server, t->lines, outcome,
             t->refused, t->invalid, t->blank, t->undelivered, t->apps_dropped, dropped, t->retries,
             evictions, sampled, t->bytes_in, t->bytes_out, summary_seconds(t->ms),
             summary_per_second(t->stored + t->verified, t->ms));
}

bool sink_tally_rate_passes(uint64_t errors, uint64_t stored, const struct ratio *limit)
{
    __extension__ typedef unsigned __int128 wide; /* 64 bits times 64 bits, exactly */

    if (errors == 0 || !limit)
        return true;
    return (wide)errors * limit->denominator < (wide)limit->numerator * stored;
}
