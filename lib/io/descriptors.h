/*
 * descriptors: 0, 1 and 2 are taken before anything else is opened, so that a
 * closed standard error never becomes the server's socket.
 */
#ifndef MEMC_DESCRIPTORS_H
#define MEMC_DESCRIPTORS_H

#include <stdbool.h>

/*
 * Fills those that are closed so that using them still fails with EBADF.
 * False: impossible, errno tells. *stdin_closed: there is nothing to read.
 */
bool descriptors_reserve(bool *stdin_closed);

/*
 * The N of a path that names an open descriptor of this process: /dev/fd/N,
 * /dev/stdin, /dev/stdout, /dev/stderr. -1 for any other path.
 */
int descriptors_named(const char *path);

/*
 * Enlarges a pipe, so that its two ends wait for each other less often; best
 * effort: refused beyond a user's share, and of no effect on anything else.
 */
void descriptors_widen_pipe(int fd);

#endif
