/* SPDX-License-Identifier: MIT */
/*
 * ring_store: records over a connection of our own, in meta or classic text.
 *
 * Quiet sets: the server answers only a set that it does not store, and the
 * barrier behind a batch; so the barrier's answer, with nothing before it,
 * says that all of the batch are stored. A failure does not say whose it is:
 * then the answers to all that is on its way are awaited, and everything from
 * the first unsettled record on is sent again, in order, each set answered by
 * itself. The states, and why it is exact: docs/protocols.md.
 */
#ifndef MEMC_RING_STORE_H
#define MEMC_RING_STORE_H

#include "store/channel.h"

extern const struct store_calls RING_STORE;

/* On a connected channel, which must outlive it. NULL: out of memory. */
void *ring_store_open(struct channel *channel, const struct store_options *options);

#endif
