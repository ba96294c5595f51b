/* SPDX-License-Identifier: MIT */
/*
 * said.h - what a module says on descriptor 2, kept in a file of the scratch folder:
 *
 *     listen_begin(); …; said("t: …\n", "name of the check");
 */
#ifndef SAID_H
#define SAID_H

#include "scratch.h"
#include "tap.h"

static int said_kept;

/* From here to listen_end descriptor 2 is a new file. */
static inline void listen_begin(void)
{
    int fd = scratch_open("said", O_WRONLY | O_CREAT | O_TRUNC);

    said_kept = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
}

/* What was said, as a string; valid until the next call. */
static inline const char *listen_end(void)
{
    static char text[8192];

    dup2(said_kept, STDERR_FILENO);
    close(said_kept);
    text[scratch_read("said", text, sizeof text - 1)] = '\0';
    return text;
}

static inline void said(const char *expected, const char *name)
{
    is_str(listen_end(), expected, "%s", name);
}

#endif
