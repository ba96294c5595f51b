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

static int fail(struct report *report, int status, const char *reason)
{
    diag("%s: %s", report->path, reason);
    report->status = status;
    return status;
}

int report_open(struct report *report, const char *path, bool append, int64_t wait_ms, int input_fd)
{
    int fd;

    *report = (struct report){.path = path};
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

static void fail_to_write(struct report *report, int error)
{
    diag("%s: unable to write: %s; it is not whole", report->path, strerror(error));
    report->status = STATUS_IOERR;
}

static void check(struct report *report, bool written)
{
    if (!written && !report->status)
        fail_to_write(report, outbuf_error(report->out));
}

void report_piece(struct report *report, struct slice piece, bool ends)
{
    if (report->out)
        check(report, outbuf_piece(report->out, piece, ends));
}

void report_line(struct report *report, struct slice line)
{
    if (report->out)
        check(report, outbuf_line(report->out, line));
}

void report_cancel(struct report *report)
{
    if (report->out)
        check(report, outbuf_cancel(report->out));
}

void report_flush(struct report *report)
{
    if (report->out)
        check(report, outbuf_flush(report->out));
}

bool report_pending(const struct report *report)
{
    return report->out && outbuf_pending(report->out);
}

bool report_is_file(const struct report *report)
{
    struct stat info;

    return report->out && strcmp(report->path, "-") != 0 && descriptors_named(report->path) < 0 &&
           fstat(report_descriptor(report), &info) == 0 && S_ISREG(info.st_mode);
}

int report_descriptor(const struct report *report)
{
    return outbuf_descriptor(report->out);
}

int report_close(struct report *report)
{
    int error = outbuf_close(report->out);

    report->out = NULL;
    if (error && !report->status)
        fail_to_write(report, error);
    return report->status;
}
