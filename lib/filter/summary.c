/* SPDX-License-Identifier: MIT */
#include "filter/summary.h"

#include "io/descriptors.h"
#include "io/outfile.h"
#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"

#include <sys/stat.h>

static bool is_same_file(const char *path, int fd)
{
    struct stat x, y;

    return stat(path, &x) == 0 && fstat(fd, &y) == 0 && S_ISREG(x.st_mode) &&
           descriptors_same_file(&x, &y);
}

static bool is_report(const char *path, const struct linefile *report)
{
    return report && report->out && is_same_file(path, linefile_descriptor(report));
}

static int check_file(const char *path, int input_fd, const struct linefile *one,
                      const struct linefile *other)
{
    if (!path)
        return STATUS_OK;
    if (is_same_file(path, input_fd) || is_report(path, one) || is_report(path, other))
        return diag_fail(path, "is the input or a report itself: name another file for --stats",
                         STATUS_CANTCREAT);
    enum outfile_result result = outfile_replace_check(path);
    if (result != OUTFILE_OK)
        diag("%s: %s", path, outfile_strerror(result));
    return outfile_open_status(result);
}

int summary_check_file(struct common_options *options, int input_fd, const struct linefile *one,
                       const struct linefile *other)
{
    /* The rows of several inputs are a file of lines, which loop opens. */
    int status = options->marks ? STATUS_OK : check_file(options->stats, input_fd, one, other);

    if (status != STATUS_OK)
        options->stats = NULL;
    return status;
}

bool summary_file_is(const char *path, const char *other)
{
    struct stat x, y;

    return path && other && stat(path, &x) == 0 && stat(other, &y) == 0 &&
           descriptors_same_file(&x, &y);
}

enum summary_occasion summary_due(struct progress *progress)
{
    if (signals_counters_asked())
        return SUMMARY_ASKED;
    return progress_is_due(progress) ? SUMMARY_LIVE : SUMMARY_NOT_NOW;
}

void summary_show(const char *text)
{
    diag_live(text);
}

static int write_file(const char *path, const char *json, int64_t wait_ms)
{
    enum outfile_result result = outfile_replace(path, json, wait_ms);

    if (result != OUTFILE_OK)
        diag("%s: unable to write the counters: %s", path, outfile_strerror(result));
    return outfile_status(result);
}

int summary_report(const struct common_options *options, bool goes_on, const char *text,
                   const char *json)
{
    const char *path = options->stats;

    diag_live("");
    if (!options->quiet)
        diag("%s", text);
    if (!path || options->marks || (goes_on && !outfile_is_replaceable(path)))
        return STATUS_OK;
    return write_file(path, json, goes_on ? 0 : options->wait_ms);
}
