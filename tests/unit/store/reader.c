/* SPDX-License-Identifier: MIT */
/* reader: what it makes of a server's answers, which stand in a socket before it asks. */
#include "store/reader.h"
#include "tap.h"

#include <sys/socket.h>
#include <unistd.h>

/* It asks for a = "1", b = "22", a = "1". A letter each: Missing, Same, Differs. */
static const struct {
    const char *name;
    enum protocol protocol;
    enum { READ, LOOK, LOOK_ON_DISK, LOOK_UNKNOWN } how;
    const char *answers;
    enum conn_status conn;
    const char *told;
} CASE[] = {
    {"values", PROTOCOL_META, READ, "VA 1 ka\r\n1\r\nVA 2 kb\r\n23\r\nVA 1 ka\r\n1\r\nMN\r\n",
     CONN_OK, "SDS"},
    {"none is there", PROTOCOL_META, READ, "EN ka\r\nEN kb\r\nEN ka\r\nMN\r\n", CONN_OK, "MMM"},
    {"older versions do not name it", PROTOCOL_META, READ, "EN\r\nVA 2 kb\r\n22\r\nEN\r\nMN\r\n",
     CONN_OK, "MSM"},
    {"keys", PROTOCOL_META, LOOK, "HD ka\r\nEN kb\r\nHD ka\r\nMN\r\n", CONN_OK, "SMS"},
    {"keys, with a disk: the values", PROTOCOL_META, LOOK_ON_DISK,
     "VA 1 ka\r\n1\r\nEN kb\r\nVA 1 ka\r\n1\r\nMN\r\n", CONN_OK, "SMS"},
    {"... a key is not enough", PROTOCOL_META, LOOK_ON_DISK, "HD ka\r\n", CONN_PROTOCOL, ""},
    {"keys, without counters: the values", PROTOCOL_META, LOOK_UNKNOWN,
     "VA 1 ka\r\n1\r\nEN kb\r\nVA 1 ka\r\n1\r\nMN\r\n", CONN_OK, "SMS"},
    {"stale keys", PROTOCOL_META, READ, "VA 1 ka X W\r\n1\r\nEN kb\r\nVA 1 ka X Z\r\n1\r\nMN\r\n",
     CONN_OK, "SMS"},
    {"other words behind the key", PROTOCOL_META, LOOK, "HD ka X Q\r\n", CONN_PROTOCOL, ""},
    {"another key's value", PROTOCOL_META, READ, "VA 2 kb\r\n22\r\n", CONN_PROTOCOL, ""},
    {"another key is there", PROTOCOL_META, LOOK, "HD ka\r\nHD ka\r\n", CONN_PROTOCOL, "S"},
    {"another key is missing", PROTOCOL_META, READ, "EN kb\r\n", CONN_PROTOCOL, ""},
    {"no key", PROTOCOL_META, READ, "VA 1\r\n1\r\n", CONN_PROTOCOL, ""},
    {"the end before the last answer", PROTOCOL_META, LOOK, "HD ka\r\nMN\r\n", CONN_PROTOCOL, "S"},
    {"an answer too many", PROTOCOL_META, LOOK, "HD ka\r\nHD kb\r\nHD ka\r\nEN\r\n", CONN_PROTOCOL,
     "SSS"},
    {"a longer value", PROTOCOL_META, READ, "VA 1 ka\r\n12\r\n", CONN_PROTOCOL, ""},
    {"a value without its end", PROTOCOL_META, READ, "VA 1 ka\r\n1\n\r", CONN_PROTOCOL, ""},
    {"a cut value", PROTOCOL_META, READ, "VA 1 ka\r\n1\r", CONN_LOST, ""},
    {"classic text", PROTOCOL_TEXT, READ,
     "VALUE a 0 1\r\n1\r\nEND\r\nEND\r\nVALUE a 0 1\r\n2\r\nEND\r\n", CONN_OK, "SMD"},
    {"classic: another key", PROTOCOL_TEXT, READ, "VALUE b 0 2\r\n22\r\nEND\r\n", CONN_PROTOCOL,
     ""},
    {"classic: a longer value", PROTOCOL_TEXT, READ, "VALUE a 0 1\r\n12\r\nEND\r\n", CONN_PROTOCOL,
     ""},
};

static struct batch batch;

static bool tell(void *context, enum reader_found found, const struct batch_record *record)
{
    char *told = context;

    (void)record;
    told[strlen(told)] = "MSD"[found];
    return true;
}

static enum conn_status read_answers(size_t n, char *told)
{
    static struct server server;
    static struct channel channel;
    size_t cursor = 0;
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) != 0)
        return CONN_NO_RESOURCES;
    server.counters = COUNTERS_UNKNOWN;
    if (CASE[n].how != LOOK_UNKNOWN)
        server.counters.pid = 1;
    if (CASE[n].how == LOOK_ON_DISK)
        server.counters.ext_evicted = 0;
    channel.server = &server;
    channel.protocol = CASE[n].protocol;
    connection_start(&channel.connection, fd[0], 10000);
    send(fd[1], CASE[n].answers, strlen(CASE[n].answers), 0);
    shutdown(fd[1], SHUT_WR);
    enum conn_status conn = CASE[n].how >= LOOK
                                ? reader_look(&channel, &batch, &cursor, tell, told)
                                : reader_read(&channel, &batch, &cursor, tell, told);
    connection_close(&channel.connection);
    close(fd[1]);
    return conn;
}

int main(void)
{
    static const char *const RECORD[][2] = {{"a", "1"}, {"b", "22"}, {"a", "1"}};

    for (; batch.count < 3; batch.count++)
        batch.record[batch.count] = (struct batch_record){
            .key = slice_of(RECORD[batch.count][0]), .value = slice_of(RECORD[batch.count][1])};
    for (size_t n = 0; n < sizeof CASE / sizeof *CASE; n++) {
        char told[8] = "";
        enum conn_status conn = read_answers(n, told);
        ok(conn == CASE[n].conn, "%s", CASE[n].name);
        is_str(told, CASE[n].told, "... what it tells");
    }
    return done_testing();
}
