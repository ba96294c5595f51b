#include "ask.h"

#include "server.h"
#include "status.h"
#include "stop.h"
#include "verdict.h"

int ask_counters(const struct sink_options *options, struct json *json)
{
    struct server server;
    const struct counters *c = &server.counters;

    server_init(&server, &options->address, options->timeout_ms, options->retry_ms);
    enum peer peer = server_connect(&server, PEER_OK, false);
    if (peer == PEER_STOPPED)
        return STATUS_SIGNAL + stop_signal();
    if (peer != PEER_OK) {
        verdict_tell_peer(options, peer);
        return peer_status(peer, false);
    }
    server_close(&server);
    json_begin(json);
    json_string(json, "server", options->address.text);
    json_count_or_null(json, "pid", c->pid);
    json_count_or_null(json, "start", c->start);
    json_count_or_null(json, "evictions", c->evictions);
    json_count_or_null(json, "nomem", c->nomem);
    json_count_or_null(json, "cmd_flush", c->cmd_flush);
    json_count_or_null(json, "item_size_max", c->item_size_max);
    return STATUS_OK;
}
