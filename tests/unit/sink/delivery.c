/* SPDX-License-Identifier: MIT */
/* delivery: what became of records that go to a server, which is real here, and looked at by a
 * client of the test's own. */
#include "sink/delivery.h"
#include "process/diag.h"
#include "process/signals.h"
#include "said.h"

#include "memcached.h"

static struct sink_options options;
static struct sink_tally tally;
static struct rejects rejects;
static struct delivery delivery;

static void begin(const struct test_server *at, enum sink_mode mode)
{
    options = (struct sink_options){.common = {.max_line = 1000, .rejects = "rejects"},
                                    .mode = mode,
                                    .address = at->address,
                                    .undelivered = "undelivered",
                                    .any_type = true,
                                    .batch = 2,
                                    .timeout_ms = 5000};
    tally = (struct sink_tally){.server = at->text, .evictions = -1};
    unlink("rejects");
    unlink("rejects.why");
    unlink("undelivered");
    listen_begin();
    rejects_init(&rejects, NULL, true);
    rejects_open(&rejects, options.common.rejects, false, 0, -1);
    delivery_init(&delivery, &options, &tally, &rejects);
    linefile_open(&delivery.undelivered, options.undelivered, false, 0, -1);
    if (!delivery.to->open(&delivery))
        scratch_bail("open");
}

static void put(const char *key, const char *value, size_t len, const char *line, uint64_t number)
{
    struct record record = {.type = DEVTYPE_IDFA};
    struct batch_record put = {slice_of(key), {value, len}, slice_of(line), number, 7, 0};

    delivery.to->put(&delivery, &put, &record);
}

/* Returns what was said. */
static const char *end(void)
{
    delivery.to->finish(&delivery);
    delivery.to->close(&delivery);
    rejects_close(&rejects);
    linefile_close(&delivery.undelivered);
    return listen_end();
}

static void has(const char *path, const char *expected)
{
    char bytes[256];

    is_bytes(bytes, scratch_read(path, bytes, sizeof bytes), expected, strlen(expected), "... %s",
             path);
}

static void test_store(const struct test_server *at)
{
    begin(at, SINK_LOAD);
    is_str(tally.mode, "load", "to store");
    ok(delivery.to->connect(&delivery) == CONN_OK && !delivery_pending(&delivery), "... connected");
    put("a", "1", 1, "line a", 1);
    ok(delivery_pending(&delivery) && tally.stored == 0, "... a record waits for company");
    put("b", "22", 2, "line b", 2);
    put("a", "333", 3, "line a again", 3);
    delivery_flush(&delivery);
    ok(!delivery_pending(&delivery) && tally.stored == 3, "... until it is flushed");
    is_u64(tally.bytes_out, 6, "... bytes of the values");
    ok(!delivery_is_over(&delivery) && server_failure(&delivery.server) == CONN_OK,
       "... all is well");
    is_str(end(), "", "... nothing is said");
    FILE *conversation = ask(at, "");
    ok(server_holds(conversation, "a", "333", 3) && server_holds(conversation, "b", "22", 2),
       "... the server has the last value of each key");
    fclose(conversation);
    has("rejects", "");
    has("undelivered", "");
}

/* The server's own limit is 1 MiB. */
static void test_too_large(const struct test_server *at, enum sink_mode mode)
{
    static char value[1024 * 1024];

    begin(at, mode);
    delivery.to->connect(&delivery);
    put("b", value, sizeof value, "line large", 5);
    ok(tally.refused == 1 && tally.stored == 0, "an item larger than the server's limit");
    is_str(end(), "t: line 5: larger than the server's item_size_max (memcached -I); not sent\n",
           "... is told");
    has("rejects", "line large\n");
    has("rejects.why", "5\t7\tlarger than the server's item_size_max (memcached -I); not sent\n");
    FILE *conversation = ask(at, "");
    ok(server_holds(conversation, "b", "22", 2), "... and the key keeps its value");
    fclose(conversation);
}

static void test_verify(const struct test_server *at)
{
    begin(at, SINK_VERIFY);
    is_str(tally.mode, "verify", "to verify");
    ok(delivery.to->connect(&delivery) == CONN_OK, "... connected");
    put("a", "1", 1, "line a", 1);
    put("b", "22", 2, "line b", 2);
    put("c", "4", 1, "line c", 3);
    delivery_flush(&delivery);
    delivery.to->count(&delivery);
    ok(tally.verified == 1 && tally.differing == 1 && tally.missing == 1,
       "... equal, older and missing, while it runs");
    put("a", "333", 3, "line a again", 4);
    end();
    ok(tally.verified == 3 && tally.differing == 0 && tally.missing == 1,
       "... an older one counts as verified once a later one is equal");
    is_u64(tally.stored, 0, "... nothing is stored");
}

static void test_lost(struct test_server *at, enum sink_mode mode)
{
    server_kill(at);
    begin(at, mode);
    ok(delivery.to->connect(&delivery) == CONN_UNREACHABLE, "a server that is gone");
    ok(!delivery_is_over(&delivery), "... the rest of the input can still be given back");
    put("a", "1", 1, "line a", 1);
    delivery_flush(&delivery);
    is_u64(tally.undelivered, 1, "... the record is undelivered");
    errno = 0;
    ok(server_failure(&delivery.server) == CONN_UNREACHABLE && errno != 0,
       "... and it is known why");
    options.undelivered = NULL;
    ok(delivery_is_over(&delivery), "... without a file for them there is no use in reading on");
    end();
    has("undelivered", "line a\n");
    server_start(at, true);
}

static void test_lines_kept(void)
{
    options.undelivered = NULL;
    ok(!delivery_keeps_no_lines(&delivery), "rejects need the lines");
    options.common.rejects = NULL;
    ok(delivery_keeps_no_lines(&delivery), "nobody does");
    options.undelivered = "undelivered";
    ok(!delivery_keeps_no_lines(&delivery), "the undelivered ones do");
}

int main(void)
{
    struct test_server at = {.pid = 0};

    scratch_enter();
    diag_prefix("t", NULL);
    signals_prepare();
    server_start(&at, true);
    test_store(&at);
    test_too_large(&at, SINK_LOAD);
    test_too_large(&at, SINK_VERIFY);
    test_verify(&at);
    test_lost(&at, SINK_LOAD);
    test_lost(&at, SINK_VERIFY);
    test_lines_kept();
    server_kill(&at);
    return done_testing();
}
