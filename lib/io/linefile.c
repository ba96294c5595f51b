#include "io/linefile.h"

#include "io/descriptors.h"
#include "io/outbuf.h"
#include "io/outfile.h"
#include "process/diag.h"
#include "process/status.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_file(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && (S_ISREG(x.st_mode) || S_ISFIFO(x.st_mode)) &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int fail(struct linefile *report, int status, const char *reason)
{
    diag("%s: %s", report->path, reason);
    report->status = status;
    return status;
}

int linefile_open(struct linefile *report, const char *path, bool append, int64_t wait_ms,
                  int input_fd)
{
    int fd;

    *report = (struct linefile){.path = path};
    if (!path)
        return STATUS_OK;
    enum outfile_result result = outfile_open(path, append, wait_ms, &fd);
    if (result == OUTFILE_STOPPED)
        return report->status = STATUS_OK;
    if (result != OUTFILE_OK)
        return fail(report, outfile_open_status(result), outfile_strerror(result));
    if (is_same_file(fd, input_fd)) {
        close(fd);
        return fail(report, STATUS_CANTCREAT, "is the input itself: name another file");
    }
    report->out = outbuf_open(fd, true); /* others may add to the same file */
    return report->out ? STATUS_OK : fail(report, STATUS_OSERR, strerror(errno));
}

static void fail_to_write(struct linefile *report, int error)
{
    diag("%s: unable to write: %s; it is not whole", report->path, strerror(error));
    report->status = STATUS_IOERR;
}

static void check(struct linefile *report, bool written)
{
    if (!written && !report->status)
        fail_to_write(report, outbuf_error(report->out));
}

void linefile_piece(struct linefile *report, struct slice piece, bool ends)
{
    if (report->out)
        check(report, outbuf_piece(report->out, piece, ends));
}

void linefile_line(struct linefile *report, struct slice line)
{
    if (report->out)
        check(report, outbuf_line(report->out, line));
}

void linefile_cancel(struct linefile *report)
{
    if (report->out)
        check(report, outbuf_cancel(report->out));
}

void linefile_flush(struct linefile *report)
{
    if (report->out)
        check(report, outbuf_flush(report->out));
}

bool linefile_pending(const struct linefile *report)
{
    return report->out && outbuf_pending(report->out);
}

bool linefile_is_file(const struct linefile *report)
{
    struct stat info;

    return report->out && strcmp(report->path, "-") != 0 && descriptors_named(report->path) < 0 &&
           fstat(linefile_descriptor(report), &info) == 0 && S_ISREG(info.st_mode);
}

int linefile_descriptor(const struct linefile *report)
{
    return outbuf_descriptor(report->out);
}

int linefile_close(struct linefile *report)
{
    int error = outbuf_close(report->out);

    report->out = NULL;
    if (error && !report->status)
        fail_to_write(report, error);
    return report->status;
}
