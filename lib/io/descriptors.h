/* SPDX-License-Identifier: MIT */
/*
 * descriptors: 0, 1 and 2 are opened before anything else, so that a closed
 * standard error never becomes the server's socket.
 */
#ifndef MEMC_DESCRIPTORS_H
#define MEMC_DESCRIPTORS_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Opens those of 0, 1 and 2 that are closed, in such a way that using them still
 * fails with EBADF. False: not possible, errno is set. *stdin_closed: standard
 * input was closed.
 */
bool descriptors_reserve(bool *stdin_closed);

/*
 * The N of a path that names an open descriptor of this process: /dev/fd/N,
 * /dev/stdin, /dev/stdout, /dev/stderr. -1 for any other path.
 */
int descriptors_named(const char *path);

/*
 * Enlarges a pipe, so that its two ends wait for each other less often. Does
 * nothing if the system refuses it or the descriptor is no pipe.
 */
void descriptors_widen_pipe(int fd);

/* Closes; errno stays that of the failure before. */
void descriptors_close(int fd);

/* True if both are the same file, by whatever paths or descriptors they were found. */
bool descriptors_same_file(const struct stat *a, const struct stat *b);

#endif
