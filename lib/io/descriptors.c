/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "io/descriptors.h"

#include "bytes/number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

bool descriptors_reserve(bool *stdin_closed)
{
    *stdin_closed = fcntl(STDIN_FILENO, F_GETFD) < 0;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* In the wrong direction, so that reading from 0 and writing to 1 and 2 fail. */
        int way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", way) != fd)
            return false;
    }
    return true;
}

int descriptors_named(const char *path)
{
    static const char FOLDER[] = "/dev/fd/";
    static const char *const STANDARD[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    uint32_t number;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (strcmp(path, STANDARD[fd]) == 0)
            return fd;
    if (strncmp(path, FOLDER, strlen(FOLDER)) == 0 &&
        number_u32(slice_of(path + strlen(FOLDER)), &number) && number <= INT_MAX)
        return (int)number;
    return -1;
}

void descriptors_widen_pipe(int fd)
{
    enum { PIPE_BYTES = 1024 * 1024 };

    fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

void descriptors_close(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

bool descriptors_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}
