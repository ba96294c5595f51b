/*
 * probe: is there a memcached at this address, and does it speak binary?
 *
 * Asked on connections of its own, before libmemcached trusts the peer with
 * its memory: the library follows the lengths of any answer. The request is
 * the binary protocol's VERSION; its last field, a CAS that VERSION ignores,
 * ends with CR LF, so that a server of lines (a memcached of text, HTTP, Redis)
 * answers at once too. A peer that refuses it by an error in text, or by
 * closing, as twemproxy does, is asked for a key in text: every memcached and
 * every proxy of some knows `get`, and not all of them `version`.
 * Source of the formats: memcached's doc/protocol-binary.txt, doc/protocol.txt.
 */
#ifndef MEMC_PROBE_H
#define MEMC_PROBE_H

#include "server/address.h"
#include "server/conn_status.h"

/* No record has it: there is no colon. */
#define PROBE_KEY "memc_sink"

/*
 * CONN_OK: it speaks binary; CONN_TEXT_ONLY: text. Each of at most three questions waits at most
 * timeout_ms for the connection to each address of the name, and as long for the answer.
 */
enum conn_status probe(const struct address *address, int timeout_ms);

#endif
