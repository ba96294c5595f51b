#include "report.h"

#include "diag.h"
#include "outbuf.h"
#include "outfile.h"
#include "status.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_file(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
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
        return fail(report, STATUS_CANTCREAT, outfile_strerror(result));
    if (is_same_file(fd, input_fd)) {
        close(fd);
        return fail(report, STATUS_CANTCREAT, "is the input itself");
    }
    report->out = outbuf_open(fd, false);
    return report->out ? STATUS_OK : fail(report, STATUS_OSERR, strerror(errno));
}

void report_piece(struct report *report, struct slice piece, bool ends)
{
    if (!report->out || report->status)
        return;
    if (!outbuf_piece(report->out, piece, ends))
        fail(report, STATUS_IOERR, strerror(outbuf_error(report->out)));
}

int report_close(struct report *report)
{
    int error = outbuf_close(report->out);

    report->out = NULL;
    if (error && !report->status)
        fail(report, STATUS_IOERR, strerror(error));
    return report->status;
}
