/* SPDX-License-Identifier: MIT */
#include "io/linefile.h"

#include "io/descriptors.h"
#include "io/outbuf.h"
#include "io/outfile.h"
#include "process/diag.h"
#include "process/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_file(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && (S_ISREG(x.st_mode) || S_ISFIFO(x.st_mode)) &&
           descriptors_same_file(&x, &y);
}

static int fail(struct linefile *file, int status, const char *reason)
{
    diag("%s: %s", file->path, reason);
    file->status = status;
    return status;
}

int linefile_open(struct linefile *file, const char *path, bool append, int64_t wait_ms,
                  int input_fd)
{
    int fd;

    *file = (struct linefile){.path = path};
    if (!path)
        return STATUS_OK;
    enum outfile_result result = outfile_open(path, append, wait_ms, &fd);
    if (result == OUTFILE_STOPPED)
        return file->status = STATUS_OK;
    if (result != OUTFILE_OK)
        return fail(file, outfile_open_status(result), outfile_strerror(result));
    if (is_same_file(fd, input_fd)) {
        close(fd);
        return fail(file, STATUS_CANTCREAT, "is the input itself: name another file");
    }
    file->out = outbuf_open(fd, true); /* other sinks may append to the same file */
    return file->out ? STATUS_OK : fail(file, STATUS_OSERR, strerror(errno));
}

static char *why_path(const char *path)
{
    static const char SUFFIX[] = ".why";
    size_t len = strlen(path);
    char *result = malloc(len + sizeof SUFFIX);

    if (result) {
        memcpy(result, path, len);
        memcpy(result + len, SUFFIX, sizeof SUFFIX);
    }
    return result;
}

int linefile_open_why(struct linefile *why, const struct linefile *file, bool append,
                      int64_t wait_ms, int input_fd)
{
    struct stat info;

    *why = (struct linefile){0};
    if (!linefile_is_file(file))
        return STATUS_OK;
    char *path = why_path(file->path);
    if (!path)
        return diag_fail(file->path, strerror(ENOMEM), STATUS_OSERR);
    /* An existing FILE.why belongs to an earlier FILE. */
    if (!append && lstat(path, &info) == 0 && S_ISREG(info.st_mode))
        unlink(path);
    int status = linefile_open(why, path, append, wait_ms, input_fd);
    why->own_path = path;
    return status;
}

void linefile_why(struct linefile *why, uint64_t number, uint64_t offset, const char *reason)
{
    char text[256];

    snprintf(text, sizeof text, "%" PRIu64 "\t%" PRIu64 "\t%s", number, offset, reason);
    linefile_line(why, slice_of(text));
}

static void fail_to_write(struct linefile *file, int error)
{
    diag("%s: unable to write: %s; the file is incomplete", file->path, strerror(error));
    file->status = STATUS_IOERR;
}

static void check(struct linefile *file, bool written)
{
    if (!written && !file->status)
        fail_to_write(file, outbuf_error(file->out));
}

void linefile_piece(struct linefile *file, struct slice piece, bool ends)
{
    if (file->out)
        check(file, outbuf_piece(file->out, piece, ends));
}

void linefile_line(struct linefile *file, struct slice line)
{
    if (file->out)
        check(file, outbuf_line(file->out, line));
}

void linefile_cancel(struct linefile *file)
{
    if (file->out)
        check(file, outbuf_cancel(file->out));
}

void linefile_flush(struct linefile *file)
{
    if (file->out)
        check(file, outbuf_flush(file->out));
}

bool linefile_pending(const struct linefile *file)
{
    return file->out && outbuf_pending(file->out);
}

bool linefile_is_file(const struct linefile *file)
{
    struct stat info;

    return file->out && strcmp(file->path, "-") != 0 && descriptors_named(file->path) < 0 &&
           fstat(linefile_descriptor(file), &info) == 0 && S_ISREG(info.st_mode);
}

int linefile_descriptor(const struct linefile *file)
{
    return outbuf_descriptor(file->out);
}

int linefile_close(struct linefile *file)
{
    int error = outbuf_close(file->out);

    file->out = NULL;
    if (error && !file->status)
        fail_to_write(file, error);
    if (file->own_path)
        file->path = NULL;
    free(file->own_path);
    file->own_path = NULL;
    return file->status;
}
