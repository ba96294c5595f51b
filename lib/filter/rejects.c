/* SPDX-License-Identifier: MIT */
#include "filter/rejects.h"

#include "process/diag.h"
#include "process/status.h"
#include "record/record.h"

#include <inttypes.h>
#include <string.h>

void rejects_init(struct rejects *rejects, const char *type, bool verbose)
{
    *rejects = (struct rejects){.type = type, .verbose = verbose, .blank_so_far = true};
}

int rejects_open(struct rejects *rejects, const char *path, bool append, int64_t wait_ms,
                 int input_fd)
{
    int status = linefile_open(&rejects->lines, path, append, wait_ms, input_fd);

    if (status != STATUS_OK)
        return status;
    return linefile_open_why(&rejects->reasons_file, &rejects->lines, append, wait_ms, input_fd);
}

/* "idfa " before "line 7", or nothing. */
static const char *type_of(const struct rejects *rejects)
{
    return rejects->type ? rejects->type : "";
}

static const char *space_after_type(const struct rejects *rejects)
{
    return rejects->type ? " " : "";
}

static void complain(struct rejects *rejects, struct place place, const char *reason)
{
    reasons_add(&rejects->reasons, reason);
    linefile_why(&rejects->reasons_file, place.number, place.offset, reason);
    if ((!rejects->silent && diag_may_repeat(&rejects->complaints)) || rejects->verbose)
        diag("%s%sline %" PRIu64 ": %s", type_of(rejects), space_after_type(rejects), place.number,
             reason);
}

/* Good lines have no zero byte, so only bad ones come here. A line may come in pieces. */
static void count_zeros(struct rejects *rejects, struct slice piece, uint64_t number, bool ends)
{
    if (!memchr(piece.at, '\0', piece.len)) {
        rejects->zero_run = 0;
        return;
    }
    for (size_t i = 0; i < piece.len; i++) {
        rejects->zero_run = piece.at[i] == '\0' ? rejects->zero_run + 1 : 0;
        if (rejects->zero_run == REJECTS_ZERO_RUN && rejects->zero_bytes == 0)
            rejects->zero_line = number;
        if (rejects->zero_run == REJECTS_ZERO_RUN)
            rejects->zero_bytes += REJECTS_ZERO_RUN;
        else if (rejects->zero_run > REJECTS_ZERO_RUN)
            rejects->zero_bytes++;
    }
    if (ends)
        rejects->zero_run = 0;
}

void rejects_line(struct rejects *rejects, struct slice line, struct place place,
                  const char *reason)
{
    count_zeros(rejects, line, place.number, true);
    linefile_line(&rejects->lines, line);
    complain(rejects, place, reason);
}

static void count(struct line_counts *counts, bool blank)
{
    counts->lines++;
    counts->blank += blank;
    counts->invalid += !blank;
}

void rejects_overlong(struct rejects *rejects, const struct line *line, struct line_counts *counts)
{
    bool blank = rejects->blank_so_far && record_is_blank(line->text);

    rejects->blank_so_far = blank || line->ends;
    count_zeros(rejects, line->text, line->place.number, line->ends);
    if (line->ends)
        count(counts, blank);
    if (line->ends && blank) {
        linefile_cancel(&rejects->lines);
        return;
    }
    linefile_piece(&rejects->lines, line->text, line->ends);
    if (line->ends)
        complain(rejects, line->place, "longer than --max-line");
}

void rejects_cut(struct rejects *rejects, const struct line *line, struct line_counts *counts)
{
    bool blank = record_is_blank(line->text) && (!line->overlong || rejects->blank_so_far);

    count_zeros(rejects, line->text, line->place.number, true);
    linefile_cancel(&rejects->lines);
    if (!blank)
        reasons_add(&rejects->reasons, "cut off before its LF");
    count(counts, blank);
}

void rejects_flush(struct rejects *rejects)
{
    linefile_flush(&rejects->lines);
    linefile_flush(&rejects->reasons_file);
}

bool rejects_pending(const struct rejects *rejects)
{
    return linefile_pending(&rejects->lines) || linefile_pending(&rejects->reasons_file);
}

static void report_suppressed(const struct rejects *rejects)
{
    if (rejects->complaints > DIAG_REPEATS && !rejects->verbose)
        diag("%s%s%" PRIu64 " more bad lines, not shown", type_of(rejects),
             space_after_type(rejects), rejects->complaints - DIAG_REPEATS);
}

static void report_zeros(const struct rejects *rejects)
{
    if (rejects->zero_bytes > 0)
        diag("damaged: %" PRIu64 " zero bytes where lines should be, from %s%sline %" PRIu64
             " on: a power cut leaves such files",
             rejects->zero_bytes, type_of(rejects), space_after_type(rejects), rejects->zero_line);
}

void rejects_next(struct rejects *rejects)
{
    report_suppressed(rejects);
    report_zeros(rejects);
    rejects->zero_run = rejects->zero_bytes = 0;
    rejects->complaints = 0;
    rejects->reasons = (struct reasons){0};
    rejects->blank_so_far = true;
}

int rejects_close(struct rejects *rejects)
{
    report_suppressed(rejects);
    report_zeros(rejects);
    int status =
        status_merge(linefile_close(&rejects->lines), linefile_close(&rejects->reasons_file));
    if (rejects->zero_bytes > 0)
        status = status_merge(status, STATUS_IOERR);
    return status;
}
