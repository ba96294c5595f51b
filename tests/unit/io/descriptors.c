/* SPDX-License-Identifier: MIT */
/* descriptors: 0 to 2 closed in all eight combinations, each in a child of its own. */
#include "io/descriptors.h"
#include "scratch.h"
#include "tap.h"

/* Those of 0, 1 and 2 that the mask names are closed; returns 0, or the number of what is wrong. */
static int check(unsigned closed)
{
    bool stdin_closed = !(closed & 1);
    char byte = 'x';

    for (int fd = 0; fd <= 2; fd++)
        dup2(scratch_open("/dev/zero", O_RDWR), fd);
    for (int fd = 0; fd <= 2; fd++)
        if (closed & 1u << fd)
            close(fd);
    if (!descriptors_reserve(&stdin_closed) || stdin_closed != (closed & 1))
        return 1;
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            return 2;
    if (scratch_open("/dev/null", O_RDONLY) <= 2)
        return 3;
    if ((closed & 1) && (read(0, &byte, 1) >= 0 || errno != EBADF))
        return 4;
    for (int fd = 1; fd <= 2; fd++)
        if ((write(fd, &byte, 1) == 1) != !(closed & 1u << fd))
            return 5;
    return closed & 1 || read(0, &byte, 1) == 1 ? 0 : 6;
}

static void test_named(void)
{
    static const struct {
        const char *path;
        int fd;
    } CASE[] = {
        {"/dev/stdin", 0},
        {"/dev/stdout", 1},
        {"/dev/stderr", 2},
        {"/dev/fd/0", 0},
        {"/dev/fd/63", 63},
        {"/dev/fd/2147483647", 2147483647},
        {"/dev/fd/2147483648", -1},
        {"/dev/fd/", -1},
        {"/dev/fd/x", -1},
        {"/dev/fd/-1", -1},
        {"/dev/fd/1/2", -1},
        {"/dev/fd", -1},
        {"/dev/fd/99999999999", -1},
        {"/dev/stdin2", -1},
        {"/dev/null", -1},
        {"-", -1},
        {"", -1},
        {"dev/fd/1", -1},
    };

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++)
        ok(descriptors_named(CASE[i].path) == CASE[i].fd, "\"%s\" names %d", CASE[i].path,
           CASE[i].fd);
}

int main(void)
{
    scratch_enter();
    test_named();
    for (unsigned closed = 0; closed < 8; closed++) {
        pid_t pid = fork_child();
        if (pid == 0)
            _exit(check(closed));
        is_u64((uint64_t)wait_child(pid), 0, "closed: %s%s%s", closed & 1 ? "0" : "-",
               closed & 2 ? "1" : "-", closed & 4 ? "2" : "-");
    }
    return done_testing();
}
