/* SPDX-License-Identifier: MIT */
/*
 * blast: the least a sender can do, to see what the servers can take.
 *
 *     blast HOST:PORT FILE [HOST:PORT FILE]...
 *
 * Each FILE holds requests of memcached's binary protocol, ready to be sent (samples.py makes
 * them). They go to all servers at once, as fast as these read; every answer is read and must be a
 * success, one a request. Numeric IPv4 addresses only. Prints the number of answers.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TARGETS_MAX = 16, ANSWER_BYTES = 24, STATUS_AT = 6, LENGTH_AT = 8 };

struct target {
    int fd;
    const char *next, *end; /* what is still to be sent of the mapped file */
    unsigned char partial[ANSWER_BYTES];
    size_t partial_bytes;
    uint64_t requests, answers;
};

static _Noreturn void die(const char *what, const char *object)
{
    fprintf(stderr, "blast: unable to %s %s: %s\n", what, object, strerror(errno));
    exit(69);
}

static uint32_t load32(const unsigned char *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

static uint64_t count_requests(const char *at, const char *end)
{
    uint64_t count = 0;

    for (; at < end; count++) {
        at += ANSWER_BYTES + load32((const unsigned char *)at + LENGTH_AT);
    }
    return count;
}

static void map_file(struct target *target, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    void *bytes = NULL;

    if (fd < 0 || fstat(fd, &info) != 0) {
        die("open", path);
    }
    if (info.st_size > 0) {
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (bytes == MAP_FAILED) {
            die("map", path);
        }
    }
    close(fd);
    target->next = bytes;
    target->end = bytes == NULL ? NULL : target->next + info.st_size;
    target->requests = count_requests(target->next, target->end);
}

static void connect_to(struct target *target, const char *address)
{
    struct sockaddr_in server = {.sin_family = AF_INET};
    const char *colon = strrchr(address, ':');
    char host[INET_ADDRSTRLEN];
    int one = 1;

    errno = EINVAL;
    if (colon == NULL || (size_t)(colon - address) >= sizeof host) {
        die("read the address", address);
    }
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    server.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    target->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, host, &server.sin_addr) != 1 || target->fd < 0 ||
        connect(target->fd, (struct sockaddr *)&server, sizeof server) != 0 ||
        setsockopt(target->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        fcntl(target->fd, F_SETFL, O_NONBLOCK) != 0) {
        die("connect to", address);
    }
}

static void send_some(struct target *target)
{
    ssize_t sent = send(target->fd, target->next, (size_t)(target->end - target->next), 0);

    if (sent > 0) {
        target->next += sent;
    } else if (errno != EAGAIN && errno != EINTR) {
        die("send to", "a server");
    }
}

/* A successful set is answered by a header alone. */
static void check_answer(struct target *target)
{
    unsigned status =
        (unsigned)target->partial[STATUS_AT] << 8 | (unsigned)target->partial[STATUS_AT + 1];

    if (target->partial[0] != 0x81 || status != 0 || load32(target->partial + LENGTH_AT) != 0) {
        fprintf(stderr, "blast: a server refused a record: status %u\n", status);
        exit(65);
    }
    target->answers++;
    target->partial_bytes = 0;
}

static void take_answers(struct target *target, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        size_t room = ANSWER_BYTES - target->partial_bytes;
        size_t taken = length < room ? length : room;

        memcpy(target->partial + target->partial_bytes, bytes, taken);
        target->partial_bytes += taken;
        bytes += taken;
        length -= taken;
        if (target->partial_bytes == ANSWER_BYTES) {
            check_answer(target);
        }
    }
}

static void receive_some(struct target *target)
{
    static unsigned char buffer[1 << 16];
    ssize_t received = recv(target->fd, buffer, sizeof buffer, 0);

    if (received > 0) {
        take_answers(target, buffer, (size_t)received);
    } else if (received == 0) {
        errno = ECONNRESET;
        die("receive from", "a server");
    } else if (errno != EAGAIN && errno != EINTR) {
        die("receive from", "a server");
    }
}

static bool blast(struct target *targets, size_t count)
{
    struct pollfd polls[TARGETS_MAX];
    bool open = false;

    for (size_t i = 0; i < count; i++) {
        bool done = targets[i].answers == targets[i].requests;
        bool sending = targets[i].next < targets[i].end;

        polls[i].fd = done ? -1 : targets[i].fd;
        polls[i].events = (short)(sending ? POLLIN | POLLOUT : POLLIN);
        open = open || !done;
    }
    if (!open || (poll(polls, (nfds_t)count, -1) < 0 && errno != EINTR)) {
        return open;
    }
    for (size_t i = 0; i < count; i++) {
        if (polls[i].fd >= 0 && (polls[i].revents & POLLOUT) != 0) {
            send_some(&targets[i]);
        }
        if (polls[i].fd >= 0 && (polls[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            receive_some(&targets[i]);
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct target targets[TARGETS_MAX];
    size_t count = (size_t)(argc - 1) / 2;
    uint64_t answers = 0;

    if (argc < 3 || argc % 2 == 0 || count > TARGETS_MAX) {
        fputs("usage: blast HOST:PORT FILE [HOST:PORT FILE]...\n", stderr);
        return 64;
    }
    for (size_t i = 0; i < count; i++) {
        map_file(&targets[i], argv[2 * i + 2]);
        connect_to(&targets[i], argv[2 * i + 1]);
    }
    while (blast(targets, count)) {
    }
    for (size_t i = 0; i < count; i++) {
        answers += targets[i].answers;
    }
    return printf("%ju\n", (uintmax_t)answers) < 0 || fflush(stdout) != 0 ? 74 : 0;
}
