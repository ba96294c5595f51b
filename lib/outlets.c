#include "outlets.h"

#include "outbuf.h"
#include "record.h"

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

    if (mkfifo(path, mode) < 0)
        return errno == EEXIST;
    return chmod(path, mode) == 0; /* whatever the umask */
}

/* The outlet that is open on the same pipe already, if there is one. */
static struct outlet *find_shared(struct outlets *outlets, enum devtype type)
{
    for (int other = 0; other < (int)type; other++)
        if (outlets->of[other] && strcmp(outlets->of[other]->path, outlets->outlet[type].path) == 0)
            return outlets->of[other];
    return NULL;
}

static enum outfile_result open_one(struct outlets *outlets, const struct route_options *options,
                                    enum devtype type)
{
    struct outlet *outlet = &outlets->outlet[type];
    int fd;

    if (!set_path(outlet, options, type))
        return OUTFILE_ERRNO;
    outlets->of[type] = find_shared(outlets, type);
    if (outlets->of[type])
        return OUTFILE_OK;
    if (options->make_fifos && !make_fifo(outlet->path))
        return OUTFILE_ERRNO;
    enum outfile_result result = outfile_open_fifo(outlet->path, options->common.wait_ms, &fd);
    if (result != OUTFILE_OK)
        return result;
    outlet->out = outbuf_open(fd, true);
    if (!outlet->out) {
        close(fd);
        errno = ENOMEM;
        return OUTFILE_ERRNO;
    }
    outlets->of[type] = outlet;
    return OUTFILE_OK;
}

enum outfile_result outlets_open(struct outlets *outlets, const struct route_options *options,
                                 struct route_tally *tally, const char **path)
{
    enum outfile_result result = OUTFILE_OK;

    memset(outlets, 0, sizeof *outlets);
    outlets->tally = tally;
    for (unsigned type = 0; type < DEVTYPE_COUNT && result == OUTFILE_OK; type++) {
        if (!(options->only & 1u << type))
            continue;
        result = open_one(outlets, options, (enum devtype)type);
        *path = outlets->outlet[type].path;
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
        if (!devtype_find(record_first_field(line), &type))
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
        return outlet->path;
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
