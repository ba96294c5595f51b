/* SPDX-License-Identifier: MIT */
/*
 * fuzz: a server's address. The input is the text, up to a NUL.
 *
 * What is accepted is what the rules say, read here from behind; put together
 * again it is the same address; what is refused has a reason and writes nothing.
 */
#include "server/address.h"
#include "plain.h"

static bool has(struct slice text, char byte)
{
    return text.len > 0 && memchr(text.at, byte, text.len);
}

/* The text behind the last colon, and *host before it. */
static bool plain_port(const char *text, struct slice *host, uint64_t *port)
{
    size_t len = strlen(text), digits = 0;

    while (digits < len && plain_is_digit(text[len - 1 - digits]))
        digits++;
    if (digits == len || text[len - 1 - digits] != ':')
        return false;
    *host = (struct slice){text, len - 1 - digits};
    return plain_unsigned((struct slice){text + len - digits, digits}, 65535, port) && *port > 0;
}

static bool plain_host(struct slice *host)
{
    if (host->len >= 2 && host->at[0] == '[' && host->at[host->len - 1] == ']' && has(*host, ':'))
        *host = (struct slice){host->at + 1, host->len - 2};
    else if (has(*host, ':') || has(*host, '['))
        return false;
    return host->len >= 1 && host->len <= 255;
}

static bool plain_address(const char *text, struct slice *host, uint64_t *port)
{
    *port = 0;
    *host = (struct slice){text, strlen(text)};
    if (has(*host, '/'))
        return host->len <= 107;
    return plain_port(text, host, port) && plain_host(host);
}

static void check_again(const struct address *address)
{
    char text[ADDRESS_HOST_MAX + 16];
    struct address again;
    const char *reason;
    bool v6 = strchr(address->host, ':') != NULL;

    snprintf(text, sizeof text, v6 ? "[%s]:%u" : "%s:%u", address->host, (unsigned)address->port);
    if (address_is_local_socket(address))
        snprintf(text, sizeof text, "%s", address->host);
    must(address_parse(text, &again, &reason));
    must(strcmp(again.host, address->host) == 0 && again.port == address->port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string((struct slice){(const char *)data, size});
    struct address address = {.text = "untouched", .port = 42};
    const char *reason = NULL;
    struct slice host;
    uint64_t port;
    bool good = plain_address(text, &host, &port);

    must(address_parse(text, &address, &reason) == good);
    if (good) {
        must(address.text == text && address.port == port && !reason);
        must(slice_equal(slice_of(address.host), host));
        check_again(&address);
    } else {
        must(reason && strcmp(address.text, "untouched") == 0 && address.port == 42);
    }
    free(text);
    return 0;
}
