/* SPDX-License-Identifier: MIT */
/*
 * dial: a plain connection to a server, and waiting on it with a limit.
 *
 * For short questions on connections of their own. Their answers are not
 * trusted, and each wait for them has a limit.
 */
#ifndef MEMC_DIAL_H
#define MEMC_DIAL_H

#include "process/timing.h"
#include "server/address.h"
#include "server/conn_status.h"

#include <stddef.h>

/*
 * Connects within timeout_ms, of which each address of the name but the last gets half of what is
 * left. On CONN_OK *fd is a
 * non-blocking socket, which the caller closes; otherwise errno is set if the reason
 * has one.
 */
enum conn_status dial(const struct address *address, int timeout_ms, int *fd);

/* Sends all bytes of a short request. */
enum conn_status dial_send(int fd, const char *bytes, size_t len);

/* Reads what there is, at least one byte, at most size; *len is 0 at the end of the connection. */
enum conn_status dial_receive(int fd, char *bytes, size_t size, size_t *len, struct budget *budget);

#endif
