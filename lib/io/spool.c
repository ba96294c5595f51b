/* SPDX-License-Identifier: MIT */
#include "io/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool write_slice(struct spool *spool, struct slice bytes)
{
    return bytes.len == 0 || fwrite(bytes.at, bytes.len, 1, spool->file) == 1;
}

bool spool_add(struct spool *spool, const struct spool_line *line)
{
    if (!spool->file)
        spool->file = tmpfile();
    spool->count++;
    return spool->file && fwrite(line, sizeof *line, 1, spool->file) == 1 &&
           write_slice(spool, line->key) && write_slice(spool, line->line);
}

/* The pointers in the file are old; the lengths hold. */
static bool read_line(struct spool *spool, struct spool_line *line)
{
    if (fread(line, sizeof *line, 1, spool->file) != 1)
        return false;
    size_t len = line->key.len + line->line.len;
    char *bytes = realloc(spool->bytes, len + 1);
    if (!bytes)
        return false;
    spool->bytes = bytes;
    line->key.at = bytes;
    line->line.at = bytes + line->key.len;
    return len == 0 || fread(bytes, len, 1, spool->file) == 1;
}

static void empty(struct spool *spool)
{
    int saved = errno;

    if (spool->file)
        fclose(spool->file);
    spool->file = NULL;
    spool->count = spool->taken = 0;
    errno = saved;
}

bool spool_next(struct spool *spool, struct spool_line *line)
{
    bool more = spool->taken < spool->count;

    errno = 0;
    if (more && spool->taken == 0)
        more = spool->file && fflush(spool->file) == 0 && fseek(spool->file, 0, SEEK_SET) == 0;
    if (more && read_line(spool, line)) {
        spool->taken++;
        return true;
    }
    if (spool->taken < spool->count && errno == 0)
        errno = EIO;
    empty(spool);
    return false;
}

void spool_close(struct spool *spool)
{
    empty(spool);
    free(spool->bytes);
    spool->bytes = NULL;
}
