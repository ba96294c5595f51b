/* SPDX-License-Identifier: MIT */
/*
 * binary_store: records by libmemcached, in the binary protocol.
 *
 * For servers without meta. Two batches are on their way at a time; each set
 * is answered. The library hides much: docs/protocols.md says how to get exact
 * acknowledgements from it.
 */
#ifndef MEMC_BINARY_STORE_H
#define MEMC_BINARY_STORE_H

#include "store/channel.h"

extern const struct store_calls BINARY_STORE;

/* On a connected channel, which must outlive it. NULL: out of memory. */
void *binary_store_open(struct channel *channel, const struct store_options *options);

#endif
