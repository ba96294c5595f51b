#include "route/fifos.h"

#include "io/descriptors.h"
#include "io/outbuf.h"
#include "record/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool set_path(struct outlet *outlet, const struct route_options *options, enum devtype type)
{
    const char *path = options->path[type];
    int len = path ? snprintf(outlet->path, sizeof outlet->path, "%s", path)
                   : snprintf(outlet->path, sizeof outlet->path, "%s/%s", options->directory,
                              devtype_name(type));

    errno = ENAMETOOLONG;
    return len >= 0 && (size_t)len < sizeof outlet->path;
}

static bool make_fifo(const char *path)
{
    mode_t mode = S_IRUSR | S_IWUSR;

    if (mkfifo(path, mode) < 0) {
        struct stat info;
        if (errno != EEXIST || lstat(path, &info) < 0)
            return false;
        errno = ELOOP; /* whoever put a link there would get what was meant for a private FIFO */
        return !S_ISLNK(info.st_mode);
    }
    return chmod(path, mode) == 0; /* whatever the umask */
}

/* The outlet that is open on the same pipe already, whatever path led there. */
static struct outlet *find_shared(struct outlets *outlets, const struct stat *pipe)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        struct outlet *outlet = &outlets->outlet[type];
        if (outlet->out && outlet->device == pipe->st_dev && outlet->inode == pipe->st_ino)
            return outlet;
    }
    return NULL;
}

static enum outfile_result close_with(int fd, enum outfile_result result)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return result;
}

static enum outfile_result open_one(struct outlets *outlets, enum devtype type, int64_t wait_ms)
{
    struct outlet *outlet = &outlets->outlet[type];
    struct stat pipe;
    int fd;

    enum outfile_result result = outfile_open_fifo(outlet->path, wait_ms, &fd);
    if (result != OUTFILE_OK)
        return result;
    if (fstat(fd, &pipe) < 0)
        return close_with(fd, OUTFILE_ERRNO);
    outlets->of[type] = find_shared(outlets, &pipe);
    if (outlets->of[type])
        return close_with(fd, OUTFILE_OK);
    outlet->device = pipe.st_dev;
    outlet->inode = pipe.st_ino;
    outlet->out = outbuf_open(fd, true);
    if (!outlet->out)
        return close_with(fd, OUTFILE_ERRNO);
    outlets->of[type] = outlet;
    return OUTFILE_OK;
}

/* What messages call it: the number of a descriptor that was handed over tells a reader nothing. */
static const char *name_of(const struct outlets *outlets, enum devtype type)
{
    const char *path = outlets->outlet[type].path;

    return descriptors_named(path) < 0 ? path : devtype_name(type);
}

enum outfile_result outlets_open(struct outlets *outlets, const struct route_options *options,
                                 struct route_tally *tally, const char **name)
{
    enum outfile_result result = OUTFILE_OK;

    memset(outlets, 0, sizeof *outlets);
    outlets->tally = tally;
    /* All FIFOs first: readers may wait for the last one before they open the first. */
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        bool fits = set_path(&outlets->outlet[type], options, (enum devtype)type);
        *name = name_of(outlets, (enum devtype)type);
        if (!fits || (options->make_fifos && options->only & 1u << type &&
                      !make_fifo(outlets->outlet[type].path)))
            return OUTFILE_ERRNO;
    }
    for (int type = 0; type < DEVTYPE_COUNT && result == OUTFILE_OK; type++) {
        if (!(options->only & 1u << type))
            continue;
        *name = name_of(outlets, (enum devtype)type);
        result = open_one(outlets, (enum devtype)type, options->common.wait_ms);
    }
    return result;
}

/* Lines that were called routed when they were gathered, and were not written in the end. */
static void take_back(struct outlets *outlets, const struct outlet *outlet)
{
    struct slice rest = outbuf_unwritten(outlet->out);
    enum devtype type;

    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        if (!record_type(line, &type))
            continue;
        outlets->tally->routed[type]--;
        outlets->tally->undelivered++;
    }
}

void outlets_put(struct outlets *outlets, enum devtype type, struct slice line)
{
    struct outlet *outlet = outlets->of[type];
    bool failed_before = outbuf_error(outlet->out);

    if (outbuf_line(outlet->out, line)) {
        outlets->tally->routed[type]++;
        return;
    }
    outlets->tally->undelivered++;
    if (!failed_before)
        take_back(outlets, outlet);
}

void outlets_flush(struct outlets *outlets)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        struct outlet *outlet = &outlets->outlet[type];
        if (outlet->out && !outbuf_error(outlet->out) && !outbuf_flush(outlet->out))
            take_back(outlets, outlet);
    }
}

bool outlets_pending(const struct outlets *outlets)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++)
        if (outlets->outlet[type].out && outbuf_pending(outlets->outlet[type].out))
            return true;
    return false;
}

const char *outlets_failure(struct outlets *outlets, int *error)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        struct outlet *outlet = &outlets->outlet[type];
        if (!outlet->out || outlet->told || !outbuf_error(outlet->out))
            continue;
        outlet->told = true;
        *error = outbuf_error(outlet->out);
        return name_of(outlets, (enum devtype)type);
    }
    return NULL;
}

void outlets_close(struct outlets *outlets)
{
    outlets_flush(outlets);
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        outbuf_close(outlets->outlet[type].out);
        outlets->outlet[type].out = NULL;
    }
}
