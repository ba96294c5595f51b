#include "sink/query_counters.h"

#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "server/server.h"
#include "server/server_stats.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* An earlier line. */
struct since {
    struct counters counters;
    int64_t stored; /* by the load in between, 0 if the line does not say */
};

enum { LINE_BYTES = 64 * 1024 };

/* Reads all of a file that is small; *len bytes. False: errno is set. */
static bool read_small(const char *path, char *text, size_t size, size_t *len)
{
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    *len = fread(text, 1, size, file);
    bool good = !ferror(file);
    int saved = errno;
    fclose(file);
    errno = saved;
    return good;
}

/* An empty file is a reading that failed: nothing is known. */
static int read_since(const char *path, struct since *since)
{
    static char text[LINE_BYTES];
    size_t len;

    *since = (struct since){COUNTERS_UNKNOWN, 0};
    if (!read_small(path, text, sizeof text, &len)) {
        diag("%s: %s", path, strerror(errno));
        return STATUS_NOINPUT;
    }
    struct slice line = slice_strip((struct slice){text, len});
    if (line.len == 0)
        return STATUS_OK;
    static const char BEGIN[] = "{\"server\":";
    if (line.len < sizeof BEGIN || memcmp(line.at, BEGIN, sizeof BEGIN - 1) != 0) {
        diag("%s: not a line of memc_sink --counters", path);
        return STATUS_DATAERR;
    }
    for (const struct counter *each = COUNTERS; each->member; each++)
        json_find_count(line, each->member, counters_place(&since->counters, each));
    json_find_count(line, "stored", &since->stored);
    return STATUS_OK;
}

static void write_counters(const struct sink_options *options, const struct counters *c,
                           const struct since *since, struct json *json)
{
    json_begin(json);
    json_string(json, "server", options->address.text);
    for (const struct counter *each = COUNTERS; each->member; each++)
        json_count_or_null(json, each->member, counters_value(c, each));
    if (options->since) {
        enum doubt doubt =
            counters_doubt(&since->counters, c, (uint64_t)since->stored, options->allow_evictions);
        json_string(json, "doubt", doubt_name(doubt));
    }
}

int query_counters(const struct sink_options *options, struct json *json)
{
    struct server server;
    struct since since;
    int status = options->since ? read_since(options->since, &since) : STATUS_OK;

    json->used = 0;
    if (status != STATUS_OK)
        return status;
    server_init(&server, &options->address, options->timeout_ms, options->retry_ms);
    enum conn_status conn = server_connect(&server, CONN_OK, false);
    if (conn == CONN_STOPPED)
        return STATUS_SIGNAL + signals_stopped_by();
    server_drop(&server);
    if (conn == CONN_OK || options->since)
        write_counters(options, &server.counters, &since, json);
    if (conn != CONN_OK) {
        conn_report(options->address.text, conn, options->retry_ms, NULL);
        return conn_exit_status(conn, false);
    }
    if (options->common.verbose) {
        ask_list(options, "stats", "stats", json);
        ask_list(options, "settings", "stats settings", json);
    }
    return STATUS_OK;
}
