#include "store/text_set.h"

#include <errno.h>
#include <string.h>

/*
 * A proxy answers SERVER_ERROR with what strerror(3) says of its own
 * connection. Refused: the set has never left it. Whatever else it says (timed
 * out, reset by peer), the server behind it may execute the set yet, after a
 * newer one of the same key.
 */
static enum conn_status judge_server_error(const memcached_st *memc)
{
    const char *words = memcached_last_error_message(memc);

    return words && strstr(words, "Connection refused") ? CONN_BEHIND : CONN_SERVER_FAILED;
}

static enum conn_status judge_failure(const memcached_st *memc, memcached_return_t rc)
{
    switch (rc) {
    case MEMCACHED_TIMEOUT:
        return CONN_SILENT;
    case MEMCACHED_ERRNO:
    case MEMCACHED_CONNECTION_FAILURE:
    case MEMCACHED_WRITE_FAILURE:
        return CONN_LOST;
    case MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE:
        return CONN_OUT_OF_MEMORY;
    case MEMCACHED_SERVER_ERROR:
        return judge_server_error(memc);
    case MEMCACHED_MEMORY_ALLOCATION_FAILURE:
        errno = ENOMEM;
        return CONN_NO_RESOURCES;
    default:
        return CONN_PROTOCOL;
    }
}

enum conn_status text_set(struct server *server, const struct batch_record *record, time_t expiry,
                          bool *stored)
{
    memcached_return_t rc = memcached_set(server->memc, record->key.at, record->key.len,
                                          record->value.at, record->value.len, expiry, 0);

    *stored = rc == MEMCACHED_SUCCESS;
    if (*stored || rc == MEMCACHED_E2BIG)
        return CONN_OK;
    return judge_failure(server->memc, rc);
}

bool text_set_is_undone(enum conn_status conn)
{
    return conn == CONN_OUT_OF_MEMORY || conn == CONN_BEHIND;
}
