#include "sink/query_counters.h"

#include "process/signals.h"
#include "process/status.h"
#include "server/server.h"
#include "server/server_stats.h"

#include <stdio.h>

static void take_line(void *context, struct slice name, struct slice value)
{
    char name_text[64], value_text[256];

    snprintf(name_text, sizeof name_text, "%.*s", (int)name.len, name.at);
    snprintf(value_text, sizeof value_text, "%.*s", (int)value.len, value.at);
    json_string(context, name_text, value_text);
}

/* An incomplete list is not told. */
static void ask_list(const struct sink_options *options, const char *member, const char *command,
                     struct json *json)
{
    static struct json before;

    before = *json;
    json_open_object(json, member);
    if (stats_read(&options->address, command, options->timeout_ms, take_line, json) == CONN_OK)
        json_close_object(json);
    else
        *json = before;
}

int query_counters(const struct sink_options *options, struct json *json)
{
    struct server server;

    server_init(&server, &options->address, options->timeout_ms, options->retry_ms);
    enum conn_status conn = server_connect(&server, CONN_OK, false);
    if (conn == CONN_STOPPED)
        return STATUS_SIGNAL + signals_stopped_by();
    if (conn != CONN_OK) {
        conn_report(options->address.text, conn, options->retry_ms);
        return conn_exit_status(conn, false);
    }
    server_close(&server);
    json_begin(json);
    json_string(json, "server", options->address.text);
    for (const struct counter *each = COUNTERS; each->member; each++)
        json_count_or_null(json, each->member, counters_value(&server.counters, each));
    if (options->common.verbose) {
        ask_list(options, "stats", "stats", json);
        ask_list(options, "settings", "stats settings", json);
    }
    return STATUS_OK;
}
