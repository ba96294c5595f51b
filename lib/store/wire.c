#include "store/wire.h"

#include <errno.h>

enum { LIBRARY_BUFFER_BYTES = 8196 }; /* libmemcached's write buffer */

void wire_open(struct wire *wire, struct server *server)
{
    wire->server = server;
    wire->instance = memcached_server_instance_by_position(server->memc, 0);
    wire->owed = 0;
    wire->unflushed = 0;
    memcached_result_create(server->memc, &wire->result);
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
    return memcached_flush_buffers(wire->server->memc) == MEMCACHED_SUCCESS ? CONN_OK : CONN_LOST;
}

enum conn_status wire_send(struct wire *wire, const struct batch_record *record, time_t expiry)
{
    size_t bytes = wire_bytes(record);

    /* A flush with nothing left in the buffer leaves the last piece corked for 200 ms: never fill
     * it exactly. */
    if ((wire->unflushed + bytes) % LIBRARY_BUFFER_BYTES == 0 && flush_library(wire) != CONN_OK)
        return CONN_LOST;
    wire->unflushed += bytes;
    memcached_return_t rc = memcached_set(wire->server->memc, record->key.at, record->key.len,
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
        if (memcached_last_error(wire->server->memc) == MEMCACHED_SUCCESS)
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
    return memcached_fetch_result(wire->server->memc, &wire->result, rc) != NULL;
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

void wire_hurry(struct wire *wire)
{
    memcached_behavior_set(wire->server->memc, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, 0);
}

size_t wire_owed(const struct wire *wire)
{
    return is_in_step(wire) ? wire->owed : 0;
}

bool wire_has_stray(struct wire *wire)
{
    memcached_return_t rc;

    return fetch(wire, &rc);
}
