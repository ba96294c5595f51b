/* SPDX-License-Identifier: MIT */
/*
 * ring_store: against a small server of meta and classic text that fails where
 * the test says: a set is refused, a line comes that no set may get, the
 * connection ends after any byte of the requests or of the answers. It stores
 * what it acknowledges, so what counts as stored must be there, with its last
 * value.
 */
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include "memcached.h"
#include "store_fixture.h"

#include <poll.h>

/*
 * Seven records by batches of three. Before them come three that make a
 * connection known as fast: only then a quiet batch has more than one set.
 */
enum { CLIENTS_MAX = 32, ITEMS_MAX = 16, WARM = 3, SETS = 7, ALL = WARM + SETS, BATCH = 3 };
enum { PATIENT_MS = 60000 };

#define WARM_KEY "warm"

/* What goes wrong, once unless said otherwise. */
struct script {
    const char *line;   /* in place of a set's answer; NULL: none */
    size_t at;          /* of this set, the first one is 1 */
    size_t times;       /* of so many sets from there on */
    const char *always; /* this key is always too large */
    long
        cut_requests; /* the connection ends after so many bytes from the first set on; -1: never */
    long cut_answers; /* ... or after so many bytes of answers to these */
    bool reset;
    bool no_stats; /* it tells no counters */
    int delay_ms;  /* before each request, those that are not answered too */
};

struct client {
    int fd;
    bool has_sets;
    size_t used;
    char bytes[65536];
};

struct item {
    char key[32], value[256];
    size_t len;
};

static struct {
    struct script script;
    struct client client[CLIENTS_MAX];
    struct item item[ITEMS_MAX];
    size_t items, sets;
} fake;

static void end_client(struct client *client, bool reset)
{
    struct linger now = {1, 0};

    if (reset)
        setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(client->fd);
    client->fd = -1;
}

/* Answers to sets, and to what follows them, are counted. False: the connection has ended. */
static bool answer_client(struct client *client, const char *bytes_out, size_t len)
{
    long *left = &fake.script.cut_answers;

    if (client->has_sets && *left >= 0 && (size_t)*left <= len) {
        len = (size_t)*left;
        *left = -1;
        if (len > 0)
            send(client->fd, bytes_out, len, MSG_NOSIGNAL);
        end_client(client, fake.script.reset);
        return false;
    }
    if (client->has_sets && *left >= 0)
        *left -= (long)len;
    send(client->fd, bytes_out, len, MSG_NOSIGNAL);
    return true;
}

static bool say(struct client *client, const char *line)
{
    return answer_client(client, line, strlen(line));
}

static struct item *find_item(const char *key)
{
    for (size_t i = 0; i < fake.items; i++)
        if (strcmp(fake.item[i].key, key) == 0)
            return &fake.item[i];
    return NULL;
}

static void keep_item(const char *key, const char *value, size_t len)
{
    struct item *item = find_item(key);

    if (!item)
        item = &fake.item[fake.items++];
    snprintf(item->key, sizeof item->key, "%s", key);
    memcpy(item->value, value, len);
    item->len = len;
}

static bool do_set(struct client *client, const char *key, char flag, const char *value, size_t len)
{
    char line[64];

    fake.sets += strcmp(key, WARM_KEY) != 0;
    if (fake.script.always && strcmp(key, fake.script.always) == 0)
        return say(client, "SERVER_ERROR object too large for cache\r\n");
    if (fake.script.line && fake.sets >= fake.script.at &&
        fake.sets < fake.script.at + fake.script.times)
        return say(client, fake.script.line);
    keep_item(key, value, len);
    if (flag == 'q')
        return true;
    snprintf(line, sizeof line, "HD k%s\r\n", key);
    return say(client, flag == 'k' ? line : "STORED\r\n");
}

static bool do_stats(struct client *client, const char *line)
{
    static char list[4096];
    struct sockaddr_in peer;
    size_t used = 0;

    if (fake.script.no_stats)
        return say(client, "ERROR\r\n");
    if (strcmp(line, "stats") == 0)
        return say(client, "STAT pid 7\r\nSTAT uptime 5\r\nSTAT time 100\r\nSTAT evictions 0\r\n"
                           "STAT cmd_flush 0\r\nEND\r\n");
    for (size_t i = 0; i < CLIENTS_MAX && strcmp(line, "stats conns") == 0; i++) {
        socklen_t len = sizeof peer;
        if (fake.client[i].fd >= 0 &&
            getpeername(fake.client[i].fd, (struct sockaddr *)&peer, &len) == 0)
            used += (size_t)snprintf(list + used, sizeof list - used,
                                     "STAT %zu:addr tcp:127.0.0.1:%u\r\n", i, ntohs(peer.sin_port));
    }
    snprintf(list + used, sizeof list - used, "END\r\n");
    return say(client, list);
}

static bool do_get(struct client *client, const char *key)
{
    static char answer[512];
    const struct item *item = find_item(key);
    int used = 0;

    if (item) {
        used = snprintf(answer, sizeof answer, "VALUE %s 0 %zu\r\n", key, item->len);
        memcpy(answer + used, item->value, item->len);
        used += (int)item->len;
        used += snprintf(answer + used, sizeof answer - (size_t)used, "\r\n");
    }
    used += snprintf(answer + used, sizeof answer - (size_t)used, "END\r\n");
    return answer_client(client, answer, (size_t)used);
}

/* One command with its line; value: what stands behind it. Sets *more to the bytes of its value. */
static bool do_command(struct client *client, const char *line, const char *value, size_t there,
                       size_t *more)
{
    char key[32], rest[64];
    size_t len;
    if (client->has_sets && fake.script.delay_ms > 0)
        poll(NULL, 0, fake.script.delay_ms);
    bool meta = sscanf(line, "ms %31s %zu %63[^\n]", key, &len, rest) == 3;

    if (meta || sscanf(line, "set %31s 0 0 %zu", key, &len) == 2) {
        client->has_sets |= strcmp(key, WARM_KEY) != 0;
        if (there < len + 2)
            return false;
        *more = len + 2;
        do_set(client, key, meta ? rest[strlen(rest) - 1] : 's', value, len);
    } else if (strcmp(line, "version") == 0) {
        say(client, "VERSION 1.6.18\r\n");
    } else if (strcmp(line, "mn") == 0) {
        say(client, "MN\r\n");
    } else if (strncmp(line, "mg ", 3) == 0) {
        say(client, "EN\r\n");
    } else if (strncmp(line, "get ", 4) == 0) {
        do_get(client, line + 4);
    } else if (strncmp(line, "stats", 5) == 0) {
        do_stats(client, line);
    } else {
        say(client, "ERROR\r\n");
    }
    return true;
}

/* All whole commands that have come. */
static void do_commands(struct client *client)
{
    char *end, line[256];

    while (client->fd >= 0 && (end = memchr(client->bytes, '\n', client->used)) != NULL) {
        size_t head = (size_t)(end - client->bytes) + 1, more = 0;
        snprintf(line, sizeof line, "%.*s", (int)strcspn(client->bytes, "\r\n"), client->bytes);
        if (!do_command(client, line, end + 1, client->used - head, &more))
            return;
        client->used -= head + more;
        memmove(client->bytes, client->bytes + head + more, client->used);
    }
}

/* Requests are counted from the first set on: what is beyond the cut was never received. */
static void hear_client(struct client *client)
{
    ssize_t got =
        recv(client->fd, client->bytes + client->used, sizeof client->bytes - 1 - client->used, 0);
    long *left = &fake.script.cut_requests;

    if (got <= 0) {
        end_client(client, false);
        return;
    }
    const char *new = client->bytes + client->used;
    client->bytes[client->used + (size_t)got] = '\0';
    bool begins = strncmp(new, "ms ", 3) == 0 || strncmp(new, "set ", 4) == 0;
    bool sets = client->has_sets || (begins && !strstr(new, WARM_KEY));
    bool cut = sets && *left >= 0 && got >= *left;
    client->used += cut ? (size_t)*left : (size_t)got;
    client->bytes[client->used] = '\0';
    if (sets && *left >= 0)
        *left = cut ? -1 : *left - got;
    do_commands(client);
    if (cut && client->fd >= 0)
        end_client(client, fake.script.reset);
}

__attribute__((noreturn)) static void serve(int listener)
{
    struct pollfd side[CLIENTS_MAX + 1];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        fake.client[i].fd = -1;
    for (;;) {
        for (size_t i = 0; i < CLIENTS_MAX; i++)
            side[i] = (struct pollfd){.fd = fake.client[i].fd, .events = POLLIN};
        side[CLIENTS_MAX] = (struct pollfd){.fd = listener, .events = POLLIN};
        poll(side, CLIENTS_MAX + 1, -1);
        for (size_t i = 0; i < CLIENTS_MAX; i++)
            if (side[i].fd >= 0 && side[i].revents)
                hear_client(&fake.client[i]);
        for (size_t i = 0; side[CLIENTS_MAX].revents && i < CLIENTS_MAX; i++) {
            if (fake.client[i].fd < 0) {
                fake.client[i] = (struct client){.fd = accept(listener, NULL, NULL)};
                break;
            }
        }
    }
}

static struct test_server at;

static void start(const struct script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 16) < 0 || getsockname(listener, (struct sockaddr *)&address, &len) < 0)
        scratch_bail("listen");
    snprintf(at.text, sizeof at.text, "127.0.0.1:%u", ntohs(address.sin_port));
    set_address(&at);
    fake.script = *script;
    at.pid = fork_child();
    if (at.pid == 0)
        serve(listener);
    close(listener);
}

/* Keys of records 0 to 6: the last value of each must stand. */
static const char *const KEY[SETS] = {"a", "b", "a", "c", "b", "a", "d"};

static size_t last_stored(const char *key)
{
    size_t last = SETS;

    for (size_t i = 0; i < SETS; i++)
        if (strcmp(KEY[i], key) == 0 && outcomes.of[WARM + i] == 'S')
            last = i;
    return last;
}

/* Loads the seven records in batches of three; true if every outcome holds. */
static enum conn_status load(const struct script *script, bool *holds)
{
    static const char *const KEYS[] = {"a", "b", "c", "d"};

    start(script);
    struct store *store = open_store(&at, BATCH, PATIENT_MS);
    for (size_t i = 0; i < WARM; i++) {
        put(store, i, WARM_KEY, i, 10);
        if (i == 0 || i == 2)
            store_flush(store);
    }
    for (size_t i = 0; i < SETS; i++)
        put(store, WARM + i, KEY[i], i, 10 + i);
    enum conn_status conn = store_finish(store);
    *holds = outcomes.in_order && outcomes.next == ALL;
    store_close(store);
    FILE *conversation = ask(&at, "");
    bool all_stored = conn == CONN_OK && outcomes.count[STORE_STORED] == ALL;
    for (size_t k = 0; all_stored && k < COUNT(KEYS); k++) {
        size_t last = last_stored(KEYS[k]);
        *holds = *holds && server_holds(conversation, KEYS[k], bytes + last, 10 + last);
    }
    fclose(conversation);
    server_kill(&at);
    return conn;
}

static const struct script NOTHING = {.cut_requests = -1, .cut_answers = -1};

/* A failure at each set, of so many sets in a row: all are stored in the end, the last value last.
 */
static void test_refused_once(const char *line, bool no_stats)
{
    size_t wrong = 0;

    for (size_t at_set = 1; at_set <= SETS + 2; at_set++) {
        for (size_t times = 1; times <= 2; times++) {
            struct script script = NOTHING;
            bool holds;
            script.line = line;
            script.at = at_set;
            script.times = times;
            script.no_stats = no_stats;
            enum conn_status conn = load(&script, &holds);
            bool all = conn == CONN_OK && outcomes.count[STORE_STORED] == ALL;
            bool given_up = conn == CONN_OUT_OF_MEMORY && times == 2;
            if (!holds || !(all || given_up)) {
                note_case("set %zu, %zu times: %s, %" PRIu64 " stored", at_set, times,
                          conn_strerror(conn), outcomes.count[STORE_STORED]);
                wrong++;
            }
        }
    }
    is_u64(wrong, 0, "%.*s, at each set: the last values stand", (int)strcspn(line, "\r"), line);
}

static void test_too_large(bool no_stats)
{
    struct script script = NOTHING;
    bool holds;

    script.no_stats = no_stats;
    for (size_t i = 0; i < SETS; i++) {
        size_t same = 0;
        script.always = KEY[i];
        for (size_t k = 0; k < SETS; k++)
            same += strcmp(KEY[k], KEY[i]) == 0;
        enum conn_status conn = load(&script, &holds);
        ok(conn == CONN_OK && holds && outcomes.count[STORE_REFUSED] == same &&
               outcomes.of[WARM + i] == 'R',
           "key %s is too large: these are refused, and no others", KEY[i]);
    }
}

/* Lines that no set may get, at each set: what was not answered before is undelivered. */
static void test_bad_lines(bool no_stats)
{
    static const struct {
        const char *line;
        enum conn_status expected;
    } LINE[] = {
        {"ERROR\r\n", CONN_PROTOCOL},
        {"CLIENT_ERROR bad data chunk\r\n", CONN_PROTOCOL},
        {"NS\r\n", CONN_PROTOCOL},
        {"HD kother\r\n", CONN_PROTOCOL},
        {"EN\r\n", CONN_PROTOCOL},
        {"\x81\x01\r\n", CONN_PROTOCOL},
        {"SERVER_ERROR Connection timed out\r\n", CONN_SERVER_FAILED},
        {"CLIENT_ERROR unauthenticated\r\n", CONN_AUTH},
    };

    for (size_t l = 0; l < COUNT(LINE); l++) {
        size_t wrong = 0;
        for (size_t at_set = 1; at_set <= SETS; at_set++) {
            struct script script = NOTHING;
            bool holds;
            script.line = LINE[l].line;
            script.at = at_set;
            script.times = 1;
            script.no_stats = no_stats;
            enum conn_status conn = load(&script, &holds);
            wrong += conn != LINE[l].expected || !holds ||
                     outcomes.count[STORE_STORED] >= WARM + at_set ||
                     outcomes.count[STORE_STORED] + outcomes.count[STORE_UNDELIVERED] != ALL;
        }
        is_u64(wrong, 0, "%.*s, at each set: given up, none is taken for stored",
               (int)strcspn(LINE[l].line, "\r"), LINE[l].line);
    }
}

/* An answer too many is found at the latest by the last question. */
static void test_surplus(bool no_stats)
{
    static const char *const LINE[] = {"MN\r\n", "HD ka\r\nHD ka\r\n", "STORED\r\nSTORED\r\n"};
    struct script script = NOTHING;
    bool holds;

    script.no_stats = no_stats;
    script.at = SETS;
    script.times = 1;
    for (size_t i = 0; i < COUNT(LINE); i++) {
        script.line = LINE[i];
        enum conn_status conn = load(&script, &holds);
        ok(conn == CONN_PROTOCOL && holds, "an answer too many at the last set");
    }
}

/* The connection ends behind this byte. With a fence all is sent again, without one nothing is. */
static bool holds_when_cut(bool answers, bool no_stats, bool reset, long cut)
{
    struct script script = NOTHING;
    bool holds;

    *(answers ? &script.cut_answers : &script.cut_requests) = cut;
    script.reset = reset;
    script.no_stats = no_stats;
    enum conn_status conn = load(&script, &holds);
    bool all = conn == CONN_OK && outcomes.count[STORE_STORED] == ALL;
    bool kept = no_stats && conn == CONN_NO_FENCE &&
                outcomes.count[STORE_STORED] + outcomes.count[STORE_UNDELIVERED] == ALL;
    if (holds && (all || kept))
        return true;
    note_case("cut at %ld, reset %d: %s, %" PRIu64 " stored", cut, reset, conn_strerror(conn),
              outcomes.count[STORE_STORED]);
    return false;
}

/* Each case pauses before it connects again, so several children share them. */
static void test_cuts(bool answers, bool no_stats)
{
    enum { BYTES = 3 * 64, ANSWER_BYTES = 32, CHILDREN = 8 };
    pid_t child[CHILDREN];
    size_t wrong = 0;

    for (long n = 0; n < CHILDREN; n++) {
        child[n] = fork_child();
        if (child[n] > 0)
            continue;
        for (long i = n; i < 2 * (answers ? ANSWER_BYTES : BYTES); i += CHILDREN)
            wrong += !holds_when_cut(answers, no_stats, i % 2 != 0, i / 2);
        fflush(NULL);
        _exit(wrong > 0);
    }
    for (size_t n = 0; n < CHILDREN; n++)
        wrong += wait_child(child[n]) != 0;
    is_u64(wrong, 0, "the connection ends behind each byte of the %s",
           answers ? "answers" : "requests");
}

/*
 * A server that needs 100 ms a request, with a timeout of 1 s: a whole batch
 * would take longer. It works, so nothing is lost and nothing sent again.
 */
static void test_slow(bool no_stats)
{
    enum { RECORDS = 40, DELAY_MS = 100, SHORT_MS = 1000 };
    struct script script = NOTHING;

    script.delay_ms = DELAY_MS;
    script.no_stats = no_stats;
    start(&script);
    struct store *store = open_store(&at, 0, PATIENT_MS);
    server.timeout_ms = SHORT_MS;
    for (size_t i = 0; i < RECORDS; i++)
        put(store, i, KEY[i % SETS], i, 10);
    ok(store_finish(store) == CONN_OK && server.reconnects == 0,
       "a slow server is not a silent one");
    ended(RECORDS, 0, 0, "slow");
    store_close(store);
    server_kill(&at);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    fill_bytes();
    for (int way = 0; way < 3; way++) {
        bool no_stats = way == 1;
        protocol = way == 2 ? PROTOCOL_TEXT : PROTOCOL_META;
        note_case("%s", way == 0 ? "quiet meta" : way == 1 ? "meta with answers" : "classic text");
        bool holds;
        struct script script = NOTHING;
        script.no_stats = no_stats;
        ok(load(&script, &holds) == CONN_OK && holds && outcomes.count[0] == ALL,
           "nothing goes wrong");
        test_refused_once("SERVER_ERROR out of memory storing object\r\n", no_stats);
        test_refused_once("SERVER_ERROR Connection refused\r\n", no_stats);
        test_too_large(no_stats);
        test_bad_lines(no_stats);
        test_surplus(no_stats);
        test_slow(no_stats);
        test_cuts(false, no_stats);
        test_cuts(true, no_stats);
    }
    return done_testing();
}
