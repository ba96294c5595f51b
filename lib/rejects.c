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

/* Its bytes are gone to the report before it can be known whether it is blank to its end. */
enum overlong rejects_overlong(struct rejects *rejects, const struct line *line, uint64_t number)
{
    bool blank = rejects->blank_so_far && record_is_blank(line->text);

    report_piece(&rejects->report, line->text, line->ends);
    rejects->blank_so_far = blank || line->ends;
    if (!line->ends)
        return OVERLONG_GOES_ON;
    if (blank)
        return OVERLONG_BLANK;
    complain(rejects, number, "longer than --max-line");
    return OVERLONG_REJECTED;
}

bool rejects_cut_is_blank(const struct rejects *rejects, const struct line *line)
{
    return record_is_blank(line->text) && (!line->overlong || rejects->blank_so_far);
}

int rejects_close(struct rejects *rejects)
{
    if (rejects->complaints > DIAG_REPEATS && !rejects->verbose)
        diag("%s%s%" PRIu64 " more bad lines, not shown", type_of(rejects),
             space_after_type(rejects), rejects->complaints - DIAG_REPEATS);
    return report_close(&rejects->report);
}
