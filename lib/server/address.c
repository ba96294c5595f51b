/* SPDX-License-Identifier: MIT */
#include "server/address.h"

#include "bytes/number.h"

#include <string.h>

static bool fail(const char **reason, const char *text)
{
    *reason = text;
    return false;
}

static bool set_host(struct address *address, struct slice host, size_t limit)
{
    if (host.len == 0 || host.len > limit)
        return false;
    memcpy(address->host, host.at, host.len);
    address->host[host.len] = '\0';
    return true;
}

bool address_parse(const char *text, struct address *address, const char **reason)
{
    struct address result = {.text = text};
    struct slice host = slice_of(text);
    const char *colon = strrchr(text, ':');
    uint32_t port;

    if (strchr(text, '/')) {
        if (!set_host(&result, host, ADDRESS_PATH_MAX))
            return fail(reason, "the path of a Unix socket has at most 107 bytes");
        *address = result;
        return true;
    }
    if (!colon)
        return fail(reason, "the port is missing: HOST:PORT");
    if (!number_u32(slice_of(colon + 1), &port) || port < 1 || port > UINT16_MAX)
        return fail(reason, "the port is a number from 1 to 65535");
    host.len = (size_t)(colon - text);
    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']' &&
        memchr(host.at, ':', host.len))
        host = (struct slice){host.at + 1, host.len - 2};
    else if (memchr(host.at, ':', host.len) || memchr(host.at, '[', host.len))
        return fail(reason, "an IPv6 address stands in brackets: [V6]:PORT");
    if (!set_host(&result, host, ADDRESS_HOST_MAX))
        return fail(reason, "the host is missing or longer than 255 bytes");
    result.port = (uint16_t)port;
    *address = result;
    return true;
}

bool address_is_local_socket(const struct address *address)
{
    return address->port == 0;
}
