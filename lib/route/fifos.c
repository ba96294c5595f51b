/* SPDX-License-Identifier: MIT */
#include "route/fifos.h"

#include "io/descriptors.h"
#include "io/outbuf.h"
#include "record/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool set_path(struct fifo *fifo, const struct route_options *options, enum devtype type)
{
    const char *path = options->path[type];
    int len = path ? snprintf(fifo->path, sizeof fifo->path, "%s", path)
                   : snprintf(fifo->path, sizeof fifo->path, "%s/%s", options->directory,
                              devtype_name(type));

    errno = ENAMETOOLONG;
    return len >= 0 && (size_t)len < sizeof fifo->path;
}

static bool make_fifo(const char *path)
{
    mode_t mode = S_IRUSR | S_IWUSR;

    if (mkfifo(path, mode) < 0) {
        struct stat info;
        if (errno != EEXIST || lstat(path, &info) < 0)
            return false;
        errno = ELOOP; /* a link could lead the lines to a FIFO of another user */
        return !S_ISLNK(info.st_mode);
    }
    return chmod(path, mode) == 0; /* whatever the umask */
}

/* The FIFO that is open on the same pipe already, by whatever path. */
static struct fifo *find_shared(struct fifos *fifos, const struct stat *pipe)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        struct fifo *fifo = &fifos->fifo[type];
        if (fifo->out && descriptors_same_file(&fifo->pipe, pipe))
            return fifo;
    }
    return NULL;
}

static enum outfile_result open_one(struct fifos *fifos, enum devtype type, int64_t wait_ms)
{
    struct fifo *fifo = &fifos->fifo[type];
    int fd;

    enum outfile_result result = outfile_open_fifo(fifo->path, wait_ms, &fd);
    if (result != OUTFILE_OK)
        return result;
    if (fstat(fd, &fifo->pipe) == 0) {
        fifos->of[type] = find_shared(fifos, &fifo->pipe);
        if (!fifos->of[type] && (fifo->out = outbuf_open(fd, true)))
            fifos->of[type] = fifo;
    }
    if (!fifo->out) /* shared, or it failed */
        descriptors_close(fd);
    return fifos->of[type] ? OUTFILE_OK : OUTFILE_ERRNO;
}

/* The name for messages: the type instead of /dev/fd/N, which would say nothing to the user. */
static const char *name_of(const struct fifos *fifos, enum devtype type)
{
    const char *path = fifos->fifo[type].path;

    return descriptors_named(path) < 0 ? path : devtype_name(type);
}

enum outfile_result fifos_open(struct fifos *fifos, const struct route_options *options,
                               struct route_tally *tally, const char **name)
{
    enum outfile_result result = OUTFILE_OK;

    memset(fifos, 0, sizeof *fifos);
    fifos->tally = tally;
    /* All FIFOs first: readers may wait for the last one before they open the first. */
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        bool fits = set_path(&fifos->fifo[type], options, (enum devtype)type);
        *name = name_of(fifos, (enum devtype)type);
        if (!fits || (options->make_fifos && options->only & 1u << type &&
                      !make_fifo(fifos->fifo[type].path)))
            return OUTFILE_ERRNO;
    }
    for (int type = 0; type < DEVTYPE_COUNT && result == OUTFILE_OK; type++) {
        if (!(options->only & 1u << type))
            continue;
        *name = name_of(fifos, (enum devtype)type);
        result = open_one(fifos, (enum devtype)type, options->common.wait_ms);
    }
    return result;
}

/* After a failure: gathered lines were counted as routed, but were not written. Counts them as
 * undelivered. */
static void take_back(struct fifos *fifos, const struct fifo *fifo)
{
    struct slice rest = outbuf_unwritten(fifo->out);
    enum devtype type;

    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        if (!record_type(line, &type))
            continue;
        fifos->tally->routed[type]--;
        fifos->tally->undelivered++;
    }
}

void fifos_put(struct fifos *fifos, enum devtype type, struct slice line)
{
    struct fifo *fifo = fifos->of[type];
    bool failed_before = outbuf_error(fifo->out);

    if (outbuf_line(fifo->out, line)) {
        fifos->tally->routed[type]++;
        return;
    }
    fifos->tally->undelivered++;
    if (!failed_before)
        take_back(fifos, fifo);
}

void fifos_flush(struct fifos *fifos)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        struct fifo *fifo = &fifos->fifo[type];
        if (fifo->out && !outbuf_error(fifo->out) && !outbuf_flush(fifo->out))
            take_back(fifos, fifo);
    }
}

void fifos_mark(struct fifos *fifos)
{
    static const struct slice MARK = {"", 1};

    fifos_flush(
        fifos); /* lines that fail later must not be taken back from the next input's counters */
    for (int type = 0; type < DEVTYPE_COUNT; type++)
        if (fifos->fifo[type].out)
            outbuf_line(fifos->fifo[type].out, MARK);
}

bool fifos_pending(const struct fifos *fifos)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++)
        if (fifos->fifo[type].out && outbuf_pending(fifos->fifo[type].out))
            return true;
    return false;
}

const char *fifos_failure(struct fifos *fifos, int *error)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        struct fifo *fifo = &fifos->fifo[type];
        if (!fifo->out || fifo->reported || !outbuf_error(fifo->out))
            continue;
        fifo->reported = true;
        *error = outbuf_error(fifo->out);
        return name_of(fifos, (enum devtype)type);
    }
    return NULL;
}

void fifos_close(struct fifos *fifos)
{
    fifos_flush(fifos);
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        outbuf_close(fifos->fifo[type].out);
        fifos->fifo[type].out = NULL;
    }
}
