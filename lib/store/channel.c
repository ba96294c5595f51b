/* SPDX-License-Identifier: MIT */
#include "store/channel.h"

#include "io/descriptors.h"
#include "process/diag.h"
#include "store/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

static enum conn_status open_channel(void *self, int timeout_ms)
{
    struct channel *channel = self;
    const struct address *address = channel->server->address;
    enum protocol found;
    int fd;

    enum conn_status conn = probe(address, timeout_ms, channel->wanted, &found, &fd);
    if (conn != CONN_OK)
        return conn;
    if (found == PROTOCOL_BINARY) {
        descriptors_close(fd);
        conn = wire_connect(address, timeout_ms, channel->server->timeout_ms, &channel->memc, &fd);
    }
    if (conn != CONN_OK)
        return conn;
    connection_start(&channel->connection, fd, channel->server->timeout_ms);
    channel->protocol = channel->wanted = found;
    return CONN_OK;
}

static in_port_t channel_port(const void *self)
{
    const struct channel *channel = self;

    return channel->memc ? wire_port(channel->memc) : connection_port(channel->connection.fd);
}

static int channel_descriptor(const void *self)
{
    const struct channel *channel = self;

    return channel->memc ? -1 : channel->connection.fd;
}

static void drop_channel(void *self)
{
    struct channel *channel = self;
    int saved = errno;

    connection_close(&channel->connection);
    if (channel->memc)
        wire_disconnect(channel->memc);
    channel->memc = NULL;
    errno = saved;
}

void channel_init(struct channel *channel, struct server *server, enum protocol wanted)
{
    static const struct server_link LINK = {open_channel, channel_port, drop_channel,
                                            channel_descriptor};

    channel->server = server;
    channel->wanted = wanted;
    channel->protocol = PROTOCOL_AUTO;
    channel->memc = NULL;
    connection_init(&channel->connection);
    server_use(server, &LINK, channel);
}

void channel_renew(struct channel *channel)
{
    if (channel->server->connected && connection_is_stale(&channel->connection))
        server_lost(channel->server, CONN_OK);
}

bool channel_is_quiet(const struct channel *channel)
{
    return channel->protocol == PROTOCOL_META && channel->server->counters.pid >= 0;
}

void channel_report(const struct channel *channel)
{
    const char *server = channel->server->address->text;

    if (channel->protocol == PROTOCOL_BINARY)
        diag("%s: speaks no meta protocol (memcached before 1.6.10, or -B binary): "
             "records go by the binary protocol, which is slower",
             server);
    else if (channel->protocol == PROTOCOL_TEXT)
        diag("%s: speaks classic text only: each record is answered, which is slower", server);
    else if (!channel_is_quiet(channel))
        diag("%s: a proxy, or a server that tells no counters: each record is answered, which is "
             "slower",
             server);
}

const char *channel_protocol(const struct channel *channel)
{
    return channel->protocol == PROTOCOL_AUTO ? NULL : protocol_name(channel->protocol);
}

/* Beyond, memcached takes an expiry as Unix time. */
static const int64_t RELATIVE_TTL_MAX = INT64_C(30) * 24 * 60 * 60;

void store_report_clock(const struct server *server, int64_t ttl_seconds)
{
    enum { INEXACT_S = 5 }; /* memcached's clock steps by seconds, and the answer takes its time */
    int64_t ahead = server->clock_ahead_s;

    if (ttl_seconds > RELATIVE_TTL_MAX && (ahead > INEXACT_S || ahead < -INEXACT_S))
        diag("%s: its clock is %" PRId64 " s %s this one; --ttl is reckoned by it",
             server->address->text, ahead < 0 ? -ahead : ahead, ahead < 0 ? "behind" : "ahead of");
}

int64_t store_expiry(const struct server *server, int64_t ttl_seconds)
{
    if (ttl_seconds <= RELATIVE_TTL_MAX)
        return ttl_seconds;
    return time(NULL) + server->clock_ahead_s + ttl_seconds;
}
