/* SPDX-License-Identifier: MIT */
/*
 * address: where a server listens.
 */
#ifndef MEMC_ADDRESS_H
#define MEMC_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_HOST_MAX = 255, ADDRESS_PATH_MAX = 107 };

struct address {
    const char *text;                /* as it was given: the caller's string, for messages */
    char host[ADDRESS_HOST_MAX + 1]; /* name or number, without brackets; or the socket's path */
    uint16_t port;                   /* 0: a Unix socket */
};

/*
 * HOST:PORT, [V6]:PORT with a port of 1 to 65535, or a path, which has a '/'.
 * False: none of these; then *reason says in words what is wrong.
 */
bool address_parse(const char *text, struct address *address, const char **reason);

bool address_is_local_socket(const struct address *address);

#endif
