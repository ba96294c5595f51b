/* SPDX-License-Identifier: MIT */
/*
 * spool: lines put aside, until it is known which of them are wanted.
 *
 * They stand in a temporary file without a name, which is made for the first one,
 * so that memory does not grow with them.
 */
#ifndef MEMC_SPOOL_H
#define MEMC_SPOOL_H

#include "bytes/slice.h"

#include <stdint.h>
#include <stdio.h>

struct spool_line {
    uint64_t kind; /* the caller's */
    uint64_t number, offset;
    struct slice key, line;
};

/* All zero: nothing is in it. */
struct spool {
    FILE *file;
    uint64_t count; /* lines in it */
    uint64_t taken; /* by spool_next */
    char *bytes;    /* of the line that was read last */
};

/* Appends a copy. False: errno is set, and this line, and maybe earlier ones, are lost. */
bool spool_add(struct spool *spool, const struct spool_line *line);

/*
 * Reads the lines, from the first on, each valid until the next call. False: all
 * were read, and nothing is in it any more; if errno is not 0, the rest of them
 * could not be read.
 */
bool spool_next(struct spool *spool, struct spool_line *line);

void spool_close(struct spool *spool);

#endif
