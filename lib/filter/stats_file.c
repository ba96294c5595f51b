#include "filter/stats_file.h"

#include "io/outfile.h"
#include "process/diag.h"
#include "process/status.h"

#include <sys/stat.h>

static bool is_same_file(const char *path, int fd)
{
    struct stat x, y;

    return stat(path, &x) == 0 && fstat(fd, &y) == 0 && S_ISREG(x.st_mode) &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_report(const char *path, const struct linefile *report)
{
    return report && report->out && is_same_file(path, linefile_descriptor(report));
}

int stats_file_check(const char *path, int input_fd, const struct linefile *one,
                     const struct linefile *other)
{
    if (!path)
        return STATUS_OK;
    if (is_same_file(path, input_fd) || is_report(path, one) || is_report(path, other)) {
        diag("%s: is the input or a report itself: name another file for --stats", path);
        return STATUS_CANTCREAT;
    }
    enum outfile_result result = outfile_replace_check(path);
    if (result != OUTFILE_OK)
        diag("%s: %s", path, outfile_strerror(result));
    return outfile_open_status(result);
}

bool stats_file_is(const char *path, const char *other)
{
    struct stat x, y;

    return path && other && stat(path, &x) == 0 && stat(other, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

int stats_file_write_so_far(const char *path, const char *json)
{
    return path && outfile_is_replaceable(path) ? stats_file_write(path, json, 0) : STATUS_OK;
}

int stats_file_write(const char *path, const char *json, int64_t wait_ms)
{
    enum outfile_result result = path ? outfile_replace(path, json, wait_ms) : OUTFILE_OK;

    if (result != OUTFILE_OK)
        diag("%s: unable to write the counters: %s", path, outfile_strerror(result));
    return outfile_status(result);
}
