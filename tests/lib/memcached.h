/* SPDX-License-Identifier: MIT */
/*
 * memcached.h - real servers for the unit tests, and a reader of their own
 * that shares no code with the library under test: the text protocol over a
 * plain socket. Include scratch.h and tap.h first.
 *
 * A server listens on a socket in the scratch folder or on a loopback port
 * that the kernel chose, and dies with the test, however that ends.
 */
#ifndef MEMCACHED_H
#define MEMCACHED_H

#include "server/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

enum { SERVER_ARGS_MAX = 12 };

struct test_server {
    pid_t pid;
    char text[300]; /* HOST:PORT or the path */
    struct address address;
    const char *arg[SERVER_ARGS_MAX]; /* more of them, ended by NULL */
};

static inline void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* A connection to it; -1: nobody listens. */
static inline int server_dial(const struct address *address)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    bool is_local = address_is_local_socket(address);
    int fd = socket(is_local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    snprintf(local.sun_path, sizeof local.sun_path, "%.100s", address->host);
    const struct sockaddr *to =
        is_local ? (const struct sockaddr *)&local : (const struct sockaddr *)&remote;
    if (fd >= 0 && connect(fd, to, is_local ? sizeof local : sizeof remote) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static inline void set_address(struct test_server *server)
{
    const char *reason;

    if (!address_parse(server->text, &server->address, &reason))
        scratch_bail(reason);
}

/* The port that memcached wrote down, once it listens. */
static inline void await_port(struct test_server *server)
{
    unsigned port = 0;

    while (port == 0) {
        FILE *file = fopen("server.port", "r");
        if (file && fscanf(file, "TCP INET: %u\n", &port) != 1)
            port = 0;
        if (file)
            fclose(file);
        if (waitpid(server->pid, NULL, WNOHANG) != 0)
            scratch_bail("memcached does not start");
        nap();
    }
    unlink("server.port");
    snprintf(server->text, sizeof server->text, "127.0.0.1:%u", port);
}

/* What a server with a small -I needs. memcached 1.6.18 takes bytes, newer versions take kilobytes
 * and refuse so many. */
static inline const char *chunks_of_4k(void)
{
    bool in_bytes = system("memcached -o slab_chunk_max=4096 -h >/dev/null 2>&1") == 0;

    return in_bytes ? "slab_chunk_max=4096" : "slab_chunk_max=4";
}

__attribute__((noreturn)) static inline void exec_server(const struct test_server *server,
                                                         bool local)
{
    char port[16];
    char *argv[SERVER_ARGS_MAX + 16];
    const char *first[] = {"memcached",
                           "-u",
                           "root",
                           "-t",
                           "2",
                           "-m",
                           "64",
                           "-U",
                           "0",
                           local ? "-s" : "-l",
                           local ? server->text : "127.0.0.1",
                           local ? "-a" : "-p",
                           local ? "600" : port};
    size_t count = 0, all = sizeof first / sizeof *first;

    snprintf(port, sizeof port, "%d", *server->text ? server->address.port : -1);
    for (size_t i = 0; i < all; i++)
        argv[count++] = strdup(first[i]);
    for (size_t i = 0; server->arg[i]; i++)
        argv[count++] = strdup(server->arg[i]);
    argv[count] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(scratch_open("server.log", O_WRONLY | O_CREAT | O_APPEND), STDERR_FILENO);
    setenv("MEMCACHED_PORT_FILENAME", "server.port", 1);
    execvp(argv[0], argv);
    _exit(127);
}

/* Starts it, at the address that it had before if there is one, and waits until it answers. */
static inline void server_start(struct test_server *server, bool local)
{
    int fd;

    if (local && !*server->text)
        snprintf(server->text, sizeof server->text, "%s/server.sock", scratch_folder);
    if (local)
        set_address(server);
    server->pid = fork_child();
    if (server->pid == 0)
        exec_server(server, local);
    if (!local)
        await_port(server);
    set_address(server);
    while ((fd = server_dial(&server->address)) < 0) {
        if (waitpid(server->pid, NULL, WNOHANG) != 0)
            scratch_bail("memcached does not start");
        nap();
    }
    close(fd);
}

static inline void server_kill(struct test_server *server)
{
    kill(server->pid, SIGKILL);
    wait_child(server->pid);
}

/* One line of an answer, without its CRLF. */
static inline void read_answer_line(FILE *from, char *line, size_t size)
{
    if (!fgets(line, (int)size, from))
        *line = '\0';
    line[strcspn(line, "\r\n")] = '\0';
}

static inline FILE *ask(const struct test_server *server, const char *question)
{
    int fd = server_dial(&server->address);
    FILE *conversation = fd < 0 ? NULL : fdopen(fd, "r");

    if (!conversation)
        scratch_bail("no conversation with memcached");
    put_all(fd, question, strlen(question));
    return conversation;
}

/* The value of one line of `stats`, or of `stats settings`; -1: there is none. */
static inline long long server_stat(const struct test_server *server, const char *group,
                                    const char *name)
{
    char line[512], wanted[128];
    long long value = -1;

    snprintf(line, sizeof line, "stats%s%s\r\n", *group ? " " : "", group);
    snprintf(wanted, sizeof wanted, "STAT %s ", name);
    FILE *answer = ask(server, line);
    do {
        read_answer_line(answer, line, sizeof line);
        if (strncmp(line, wanted, strlen(wanted)) == 0)
            value = strtoll(line + strlen(wanted), NULL, 10);
    } while (*line && strcmp(line, "END") != 0);
    fclose(answer);
    return value;
}

static inline void server_say(const struct test_server *server, const char *command, char *line,
                              size_t size)
{
    FILE *answer = ask(server, command);

    read_answer_line(answer, line, size);
    fclose(answer);
}

/* Is exactly this the value of the key, with flags 0? Keys here have no white space. */
static inline bool server_holds(FILE *conversation, const char *key, const char *value, size_t len)
{
    static char got[2 * 1024 * 1024];
    char line[512], head[400];

    snprintf(line, sizeof line, "get %s\r\n", key);
    put_all(fileno(conversation), line, strlen(line));
    read_answer_line(conversation, line, sizeof line);
    snprintf(head, sizeof head, "VALUE %s 0 %zu", key, len);
    if (strcmp(line, head) != 0) {
        printf("# %s: expected %.60s, got %.60s\n", key, head, line);
        if (strncmp(line, "VALUE", 5) == 0) /* what else comes is in the way of the next question */
            scratch_bail("another value");
        return false;
    }
    bool same = fread(got, 1, len + 2, conversation) == len + 2 && memcmp(got, value, len) == 0;
    read_answer_line(conversation, line, sizeof line);
    return same && strcmp(line, "END") == 0;
}

#endif
