#include "rejects.h"

#include "diag.h"
#include "record.h"

#include <inttypes.h>

void rejects_init(struct rejects *rejects, const char *type, bool verbose)
{
    *rejects = (struct rejects){.type = type, .verbose = verbose, .blank_so_far = true};
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

static void complain(struct rejects *rejects, uint64_t number, const char *reason)
{
    if (diag_may_repeat(&rejects->complaints) || rejects->verbose)
        diag("%s%sline %" PRIu64 ": %s", type_of(rejects), space_after_type(rejects), number,
             reason);
}

void rejects_line(struct rejects *rejects, struct slice line, uint64_t number, const char *reason)
{
    report_line(&rejects->report, line);
    complain(rejects, number, reason);
}

enum overlong rejects_overlong(struct rejects *rejects, const struct line *line, uint64_t number)
{
    bool blank = rejects->blank_so_far && record_is_blank(line->text);

    rejects->blank_so_far = blank || line->ends;
    if (line->ends && blank) {
        report_cancel(&rejects->report);
        return OVERLONG_BLANK;
    }
    report_piece(&rejects->report, line->text, line->ends);
    if (!line->ends)
        return OVERLONG_GOES_ON;
    complain(rejects, number, "longer than --max-line");
    return OVERLONG_REJECTED;
}

bool rejects_cut(struct rejects *rejects, const struct line *line)
{
    report_cancel(&rejects->report);
    return record_is_blank(line->text) && (!line->overlong || rejects->blank_so_far);
}

int rejects_close(struct rejects *rejects)
{
    if (rejects->complaints > DIAG_REPEATS && !rejects->verbose)
        diag("%s%s%" PRIu64 " more bad lines, not shown", type_of(rejects),
             space_after_type(rejects), rejects->complaints - DIAG_REPEATS);
    return report_close(&rejects->report);
}
