/* SPDX-License-Identifier: MIT */
#include "store/wire.h"

#include "io/descriptors.h"
#include "server/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIBRARY_BUFFER_BYTES = 8196 }; /* libmemcached's write buffer */

static void set(memcached_st *memc, memcached_behavior_t behavior, uint64_t value)
{
    memcached_behavior_set(memc, behavior, value);
}

/* A handle for the address, not yet connected. NULL: out of memory. */
static memcached_st *open_handle(const struct address *address, int timeout_ms)
{
    memcached_st *memc = memcached_create(NULL);

    if (!memc)
        return NULL;
    set(memc, MEMCACHED_BEHAVIOR_BINARY_PROTOCOL, 1);
    set(memc, MEMCACHED_BEHAVIOR_BUFFER_REQUESTS, 1);
    set(memc, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    set(memc, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, (uint64_t)timeout_ms);
    set(memc, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, (uint64_t)timeout_ms);
    /* Never a back-off of the library's own: it would hide the real reason. */
    set(memc, MEMCACHED_BEHAVIOR_SERVER_TIMEOUT_LIMIT, UINT32_MAX);
    /* The library must not read answers on its own while it sends: it would throw them away. */
    set(memc, MEMCACHED_BEHAVIOR_IO_MSG_WATERMARK, UINT32_MAX);
    set(memc, MEMCACHED_BEHAVIOR_IO_BYTES_WATERMARK, UINT32_MAX);
    memcached_return_t rc = address_is_local_socket(address)
                                ? memcached_server_add_unix_socket(memc, address->host)
                                : memcached_server_add(memc, address->host, address->port);
    if (rc != MEMCACHED_SUCCESS) {
        memcached_free(memc);
        return NULL;
    }
    return memc;
}

static const memcached_instance_st *instance_of(const memcached_st *memc)
{
    return memcached_server_instance_by_position(memc, 0);
}

/* The descriptor that the next socket gets. */
static int next_descriptor(void)
{
    int fd = dup(STDERR_FILENO);

    descriptors_close(fd);
    return fd;
}

/* The library does not tell its socket: it has the descriptor that was the next one before. */
static int duplicate_socket(const struct address *address, const memcached_st *memc, int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    bool found = getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
                 (address_is_local_socket(address) ? peer.ss_family == AF_UNIX
                                                   : connection_port(fd) == wire_port(memc));

    return found ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
}

enum conn_status wire_connect(const struct address *address, int connect_ms, int timeout_ms,
                              memcached_st **memc, int *fd)
{
    int next = next_descriptor();

    *fd = -1;
    *memc = open_handle(address, connect_ms);
    if (!*memc) {
        errno = ENOMEM;
        return CONN_NO_RESOURCES;
    }
    if (memcached_version(*memc) == MEMCACHED_SUCCESS) {
        set(*memc, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, (uint64_t)timeout_ms);
        *fd = duplicate_socket(address, *memc, next);
        return CONN_OK;
    }
    wire_disconnect(*memc);
    *memc = NULL;
    return CONN_LOST;
}

in_port_t wire_port(const memcached_st *memc)
{
    return memcached_server_srcport(instance_of(memc));
}

/* Takes answers, whatever they say, for as long as each fetch finds one. */
static void discard_answers(memcached_st *memc)
{
    memcached_result_st result;
    uint32_t owed, left = memcached_server_response_count(instance_of(memc));

    memcached_result_create(memc, &result);
    do {
        memcached_return_t rc;
        owed = left;
        result.count = 1;
        memcached_fetch_result(memc, &result, &rc);
        left = memcached_server_response_count(instance_of(memc));
    } while (left > 0 && left < owed);
    memcached_result_free(&result);
}

void wire_disconnect(memcached_st *memc)
{
    /* With no time to wait, a fetch takes what has come, then times out and closes the socket
     * unflushed. */
    set(memc, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, 0);
    if (memcached_server_response_count(instance_of(memc)) > 0)
        discard_answers(memc);
    if (memcached_server_response_count(instance_of(memc)) == 0)
        memcached_free(memc);
}

void wire_open(struct wire *wire, memcached_st *memc)
{
    wire->memc = memc;
    wire->instance = instance_of(memc);
    wire->owed = 0;
    wire->unflushed = 0;
    memcached_result_create(memc, &wire->result);
}

void wire_close(struct wire *wire)
{
    memcached_result_free(&wire->result);
    wire->owed = 0;
}

size_t wire_bytes(const struct batch_record *record)
{
    return WIRE_HEADER_BYTES + record->key.len + record->value.len;
}

static bool is_in_step(const struct wire *wire)
{
    return wire->owed == memcached_server_response_count(wire->instance);
}

static enum conn_status flush_library(struct wire *wire)
{
    wire->unflushed = 0;
    return memcached_flush_buffers(wire->memc) == MEMCACHED_SUCCESS ? CONN_OK : CONN_LOST;
}

enum conn_status wire_send(struct wire *wire, const struct batch_record *record, time_t expiry)
{
    size_t bytes = wire_bytes(record);

    /* A flush with nothing left in the buffer leaves the last piece corked for 200 ms: never fill
     * it exactly. */
    if ((wire->unflushed + bytes) % LIBRARY_BUFFER_BYTES == 0 && flush_library(wire) != CONN_OK)
        return CONN_LOST;
    wire->unflushed += bytes;
    memcached_return_t rc = memcached_set(wire->memc, record->key.at, record->key.len,
                                          record->value.at, record->value.len, expiry, 0);
    wire->owed++;
    if (rc != MEMCACHED_BUFFERED)
        return rc == MEMCACHED_TIMEOUT ? CONN_SILENT : CONN_LOST;
    return is_in_step(wire) ? CONN_OK : CONN_PROTOCOL;
}

enum conn_status wire_flush(struct wire *wire)
{
    enum conn_status conn = CONN_OK;

    if (wire->unflushed > 0)
        conn = flush_library(wire);
    return conn == CONN_OK && !is_in_step(wire) ? CONN_LOST : conn;
}

static enum conn_status judge_failure(const struct wire *wire, memcached_return_t rc)
{
    switch (rc) {
    case MEMCACHED_TIMEOUT:
        return CONN_SILENT;
    case MEMCACHED_ERRNO:
    case MEMCACHED_CONNECTION_FAILURE:
        return CONN_LOST;
    case MEMCACHED_AUTH_FAILURE:
    case MEMCACHED_AUTH_PROBLEM:
        return CONN_AUTH;
    case MEMCACHED_MEMORY_ALLOCATION_FAILURE:
        /* The server's answer leaves no error in the handle; our own lack of memory does. */
        if (memcached_last_error(wire->memc) == MEMCACHED_SUCCESS)
            return CONN_OUT_OF_MEMORY;
        errno = ENOMEM;
        return CONN_NO_RESOURCES;
    default: /* MEMCACHED_END too: an answer was owed, and the library has swallowed it */
        return CONN_PROTOCOL;
    }
}

static bool fetch(struct wire *wire, memcached_return_t *rc)
{
    /* With a count of 0 the library would call every refusal NOTFOUND. */
    wire->result.count = 1;
    return memcached_fetch_result(wire->memc, &wire->result, rc) != NULL;
}

enum conn_status wire_answer(struct wire *wire, bool *stored)
{
    memcached_return_t rc;

    *stored = fetch(wire, &rc) && rc == MEMCACHED_SUCCESS;
    if (!*stored && rc != MEMCACHED_E2BIG)
        return judge_failure(wire, rc);
    wire->owed--;
    return is_in_step(wire) ? CONN_OK : CONN_PROTOCOL;
}

void wire_stop_waiting(struct wire *wire)
{
    memcached_behavior_set(wire->memc, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, 0);
}

size_t wire_owed(const struct wire *wire)
{
    return is_in_step(wire) ? wire->owed : 0;
}

bool wire_has_unowed_answer(struct wire *wire)
{
    memcached_return_t rc;

    return fetch(wire, &rc);
}
