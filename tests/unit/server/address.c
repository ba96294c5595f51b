/* SPDX-License-Identifier: MIT */
/* address: HOST:PORT, [V6]:PORT, or a path. */
#include "server/address.h"
#include "tap.h"

#include <stdlib.h>

static void test_good(void)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } CASE[] = {
        {"127.0.0.1:33013", "127.0.0.1", 33013},
        {"localhost:1", "localhost", 1},
        {"a.b-c.example:65535", "a.b-c.example", 65535},
        {"h:00080", "h", 80},
        {"[::1]:11211", "::1", 11211},
        {"[fe80::1%eth0]:11211", "fe80::1%eth0", 11211},
        {"/run/memcached.sock", "/run/memcached.sock", 0},
        {"./socket", "./socket", 0},
        {"folder/socket:11211", "folder/socket:11211", 0},
        {"/", "/", 0},
        {"[::1]/x:1", "[::1]/x:1", 0},
    };

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct address address;
        const char *reason = NULL;
        ok(address_parse(CASE[i].text, &address, &reason), "%s is an address", CASE[i].text);
        is_str(address.host, CASE[i].host, "... its host or path");
        is_u64(address.port, CASE[i].port, "... its port");
        ok(address.text == CASE[i].text, "... its own text");
        ok(address_is_local_socket(&address) == (CASE[i].port == 0), "... is it a local socket?");
    }
}

static void refuses(const char *text, const char *name)
{
    struct address address = {.host = "untouched"};
    const char *reason = NULL;

    ok(!address_parse(text, &address, &reason) && reason && *reason, "no address: %s (%s)", name,
       reason ? reason : "");
    is_str(address.host, "untouched", "... and nothing is written");
}

static void test_bad(void)
{
    static const char *const BAD[] = {
        "",        "localhost",   "127.0.0.1",  ":11211",       "h:",
        "h:0",     "h:65536",     "h:-1",       "h:+1",         "h: 1",
        "h:1 ",    "h:0x50",      "h:1.0",      "h:4294967297", "h:18446744073709551617",
        "h:http",  "::1:11211",   "::1",        "[::1]",        "[::1]11211",
        "[::1]:",  "[]:11211",    "[::1:11211", "h:1:2",        ":",
        "[::1]:0", "[::1]:65536",
    };

    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        refuses(BAD[i], BAD[i]);
}

/* A path of 107 bytes and its NUL fill sun_path; a host has at most 255. */
static void test_lengths(void)
{
    char text[400];
    struct address address;
    const char *reason;

    memset(text, 'p', sizeof text);
    text[0] = '/';
    text[107] = '\0';
    ok(address_parse(text, &address, &reason) && strlen(address.host) == 107,
       "a path of 107 bytes");
    text[107] = 'p';
    text[108] = '\0';
    refuses(text, "a path of 108 bytes");
    memset(text, 'h', sizeof text);
    strcpy(text + 255, ":1");
    ok(address_parse(text, &address, &reason) && strlen(address.host) == 255,
       "a host of 255 bytes");
    text[255] = 'h';
    strcpy(text + 256, ":1");
    refuses(text, "a host of 256 bytes");
}

int main(void)
{
    test_good();
    test_bad();
    test_lengths();
    return done_testing();
}
