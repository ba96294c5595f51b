/* SPDX-License-Identifier: MIT */
/* query: the object of memc_sink --counters, of a real server; the expected values are
 * what a client of the test's own is told. */
#include "sink/query.h"
#include "process/diag.h"
#include "said.h"

#include <signal.h>

#include "memcached.h"

static struct json json;

/* Its status; the text is that of json, "" if nothing was written. */
static int query(const struct test_server *at, const char *since, bool verbose, const char **text)
{
    struct sink_options options = {.common = {.verbose = verbose},
                                   .mode = SINK_COUNTERS,
                                   .address = at->address,
                                   .since = since,
                                   .timeout_ms = 5000};

    listen_begin();
    int status = query_counters(&options, &json);
    *text = json.used > 0 ? json_end(&json) : "";
    return status;
}

/* The object has this member; the name is that of `stats`. */
static void tells(const struct test_server *at, const char *text, const char *stat,
                  const char *member)
{
    char expected[128];

    snprintf(expected, sizeof expected, "\"%s\":%lld,", member, server_stat(at, "", stat));
    ok(strstr(text, expected) != NULL, "... %s", expected);
}

static void test_server(const struct test_server *at)
{
    char expected[400];
    const char *text;

    is_u64((uint64_t)query(at, NULL, false, &text), 0, "a server");
    said("", "... nothing is said");
    snprintf(expected, sizeof expected, "{\"server\":\"%s\",\"pid\":%d,\"start\":", at->text,
             (int)at->pid);
    ok(strncmp(text, expected, strlen(expected)) == 0, "... begins with %s", expected);
    tells(at, text, "evictions", "evictions");
    tells(at, text, "cmd_flush", "cmd_flush");
    tells(at, text, "total_items", "total_items");
    ok(strstr(text, "\"item_size_max\":1048576,") != NULL, "... and its largest item, 1 MiB");
    ok(strstr(text, "\"extstore_objects_evicted\":null,") != NULL, "... null is what it has not");
    ok(!strchr(text, '\n') && !strstr(text, "doubt") && !strstr(text, "settings"),
       "... no more than that, on one line");
}

static void test_verbose(const struct test_server *at)
{
    char expected[64];
    const char *text;

    is_u64((uint64_t)query(at, NULL, true, &text), 0, "with --verbose");
    said("", "... nothing is said");
    snprintf(expected, sizeof expected, "\"stats\":{\"pid\":\"%d\",", (int)at->pid);
    ok(strstr(text, expected) != NULL, "... all of `stats`, as text: %s", expected);
    ok(strstr(text, "\"settings\":{\"maxbytes\":\"67108864\",") != NULL, "... and its settings");
    ok(strcmp(text + strlen(text) - 3, "\"}}") == 0, "... to their end");
}

/* The end of the text, from the doubt on. */
static void doubts(int status, const char *text, const char *expected, const char *name)
{
    const char *from = strstr(text, "\"doubt\":");

    is_u64((uint64_t)status, 0, "%s", name);
    said("", "... nothing is said");
    is_str(from, expected, "... the doubt");
}

static void test_since(const struct test_server *at)
{
    const char *text;
    char line[64];

    query(at, NULL, false, &text);
    listen_end();
    scratch_write("before", text, strlen(text));
    int status = query(at, "before", false, &text);
    doubts(status, text, "\"doubt\":null}", "since then nothing happened");
    server_say(at, "flush_all\r\n", line, sizeof line);
    status = query(at, "before", false, &text);
    doubts(status, text, "\"doubt\":\"flushed\"}", "since then it was flushed");
    scratch_write("empty", "", 0);
    status = query(at, "empty", false, &text);
    doubts(status, text, "\"doubt\":\"unproven\"}", "an earlier reading that failed");
}

static void test_wrong_since(const struct test_server *at)
{
    const char *text;

    is_u64((uint64_t)query(at, "none", false, &text), 66, "an earlier line that is not there");
    said("t: none: No such file or directory\n", "... is named");
    is_str(text, "", "... and no object is written");
    scratch_write("other", "{\"tool\":\"memc_sink\"}\n", 21);
    is_u64((uint64_t)query(at, "other", false, &text), 65, "an earlier line that is none");
    said("t: other: not a line of memc_sink --counters\n", "... is named");
    is_str(text, "", "... and no object is written");
}

static void test_gone(const struct test_server *at)
{
    const char *text;
    char expected[400];

    snprintf(expected, sizeof expected, "t: %s: Connection refused: is memcached running there?\n",
             at->text);
    is_u64((uint64_t)query(at, NULL, false, &text), 69, "no server");
    said(expected, "... is said");
    is_str(text, "", "... and no object is written");
    is_u64((uint64_t)query(at, "before", false, &text), 69, "no server any more");
    said(expected, "... is said");
    ok(strstr(text, "\"pid\":null,") && strstr(text, "\"doubt\":\"unproven\"}"),
       "... the object says that nothing is known");
}

int main(void)
{
    struct test_server at = {.pid = 0};

    scratch_enter();
    diag_prefix("t", NULL);
    server_start(&at, false);
    test_server(&at);
    test_verbose(&at);
    test_since(&at);
    test_wrong_since(&at);
    server_kill(&at);
    test_gone(&at);
    return done_testing();
}
