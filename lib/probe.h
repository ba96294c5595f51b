/*
 * probe: is there a memcached at this address, and does it speak binary?
 *
 * Asked on a connection of its own, before libmemcached trusts the peer with
 * its memory: the library follows the lengths of any answer. The request is
 * the binary protocol's VERSION; its last field, a CAS that VERSION ignores,
 * ends with CR LF, so that a server of lines (a memcached of text, HTTP, Redis)
 * answers at once too.
 * Source of the format: memcached's doc/protocol-binary.txt.
 */
#ifndef MEMC_PROBE_H
#define MEMC_PROBE_H

#include "address.h"
#include "peer.h"

/* Waits at most timeout_ms for the connection to each address of the name, and for the answer. */
enum peer probe(const struct address *address, int timeout_ms);

#endif
