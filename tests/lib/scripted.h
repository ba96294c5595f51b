/* SPDX-License-Identifier: MIT */
/*
 * scripted.h - a small server of meta and classic text that fails where its
 * script says, and stores what it acknowledges: a child. Include
 * scratch.h and tap.h first.
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include "peer.h"

#include <poll.h>

enum { CLIENTS_MAX = 32, ITEMS_MAX = 16 };

/* Sets of this key are not counted. */
#define WARM_KEY "warm"

/* What goes wrong, once unless said otherwise. */
struct script {
    const char *line;   /* in place of a set's answer; NULL: none */
    size_t at;          /* of this set, the first one is 1 */
    size_t times;       /* how many sets, from that one on */
    size_t also_len;    /* and of a set whose value has this length, once; 0: none */
    const char *always; /* this key is always too large */
    long cut_requests; /* the connection ends after these bytes, from the first set on; -1: never */
    long cut_answers;  /* ... or after these bytes of answers to sets */
    bool reset;
    bool no_stats; /* it tells no counters */
    int delay_ms;  /* before each request, those that are not answered too */
};

struct client {
    int fd;
    bool has_sets;
    size_t used;
    size_t skip; /* bytes of a value that it does not take */
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
    size_t large; /* sets of values that it cannot hold */
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
    bool also = len == fake.script.also_len && len > 0;
    if (also)
        fake.script.also_len = 0;
    if (fake.script.line &&
        (also || (fake.sets >= fake.script.at && fake.sets < fake.script.at + fake.script.times)))
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
        if (len > sizeof fake.item->value) {
            *more = there < len + 2 ? there : len + 2;
            client->skip = len + 2 - *more;
            say(client, fake.large++ == 0 ? "SERVER_ERROR out of memory storing object\r\n"
                                          : "SERVER_ERROR object too large for cache\r\n");
            return true;
        }
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
    size_t skipped = (size_t)got < client->skip ? (size_t)got : client->skip;
    client->skip -= skipped;
    got -= (ssize_t)skipped;
    memmove(client->bytes + client->used, client->bytes + client->used + skipped, (size_t)got);
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

__attribute__((noreturn)) static void serve_script(int listener)
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

static inline void scripted_start(struct test_server *at, const struct script *script)
{
    int listener = listen_somewhere(at, 16);

    fake.script = *script;
    at->pid = fork_child();
    if (at->pid == 0)
        serve_script(listener);
    close(listener);
}

#endif
