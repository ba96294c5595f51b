/* SPDX-License-Identifier: MIT */
/* wire: libmemcached's connection, ended whatever has come over it. */
#include "store/wire.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

#include "memcached.h"

#include <sys/ioctl.h>

enum { TIMEOUT_MS = 5000 };

/* The last of our sockets that stand in a connection; -1: there is none. */
static int find_connection(void)
{
    struct sockaddr_storage peer;
    int found = -1;

    for (int fd = 3; fd < 256; fd++) {
        socklen_t len = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0)
            found = fd;
    }
    return found;
}

/* Values that are too large: the answers have come, and none of them is a success. */
static void test_drop_of_refusals(bool local)
{
    enum { BYTES = 10000, RECORDS = 10, HEADER_BYTES = 24 };
    static char value[BYTES];
    struct test_server at = {.arg = {"-I", "8k", "-o", chunks_of_4k()}};
    bool sent = true;
    int come = 0, fd;

    server_start(&at, local);
    memcached_st *memc;
    ok(wire_connect(&at.address, TIMEOUT_MS, TIMEOUT_MS, &memc, &fd) == CONN_OK, "connected");
    int found = find_connection();
    ok(fd == found && close(fd) == 0 && find_connection() >= 0, "... a duplicate of its socket");
    for (int i = 0; i < RECORDS; i++)
        sent = sent && memcached_set(memc, "key", 3, value, BYTES, 0, 0) == MEMCACHED_BUFFERED;
    ok(sent && memcached_flush_buffers(memc) == MEMCACHED_SUCCESS, "too large values");
    for (int i = 0; i < 2000 && come <= RECORDS * HEADER_BYTES; i++) {
        nap();
        ioctl(find_connection(), FIONREAD, &come);
    }
    ok(come > RECORDS * HEADER_BYTES, "... are refused (%d bytes of answers)", come);
    wire_disconnect(memc);
    ok(find_connection() < 0, "... a drop ends the connection whatever the answers are");
    server_kill(&at);
}

int main(void)
{
    scratch_enter();
    signals_prepare();
    test_drop_of_refusals(true);
    test_drop_of_refusals(false);
    return done_testing();
}
