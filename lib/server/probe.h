/* SPDX-License-Identifier: MIT */
/*
 * probe: is there a memcached at this address, and what does it speak?
 *
 * First it is asked in lines: `version`, then a key by `mg` with the flag b (new
 * in 1.6.10, the first version whose `ms` is as it is now), then `mn`. The
 * first word is one that a server with a password or with TLS answers at once;
 * all together have more than the 24 bytes that a server of binary waits for.
 * A peer that does not answer these by VERSION, EN and MN is asked in binary, on
 * a connection of its own, before libmemcached speaks to it: the library would
 * believe the lengths in any answer. That request is VERSION; its
 * last field, a CAS that VERSION ignores, ends with CR LF, so that a server that
 * reads lines (HTTP, Redis) answers at once, too. A peer that refuses it by an error
 * in text, or by closing, as twemproxy does, is asked for a key by `get`, which
 * every memcached and every proxy for memcached knows.
 * Source of the formats: memcached's doc/protocol.txt, doc/protocol-binary.txt.
 */
#ifndef MEMC_PROBE_H
#define MEMC_PROBE_H

#include "server/address.h"
#include "server/conn_status.h"

/* No record has this key: it has no colon. The second is the same in base64. */
#define PROBE_KEY "memc_sink"
#define PROBE_KEY_BASE64 "bWVtY19zaW5r"

enum protocol { PROTOCOL_AUTO, PROTOCOL_META, PROTOCOL_BINARY, PROTOCOL_TEXT };

/* "auto", "meta", "binary", "text". */
const char *protocol_name(enum protocol protocol);

/*
 * CONN_OK: *found is the first of META, BINARY and TEXT that the server speaks, and
 * *fd a connection to it on which no answer is due; the caller closes it.
 * wanted: AUTO, or the only protocol to look for. CONN_OTHER_PROTOCOL: a memcached
 * that does not speak the wanted one. Each of at most five questions waits at
 * most timeout_ms for the connection to each address of the name, and as long for the answer.
 */
enum conn_status probe(const struct address *address, int timeout_ms, enum protocol wanted,
                       enum protocol *found, int *fd);

#endif
