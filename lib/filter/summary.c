#include "filter/summary.h"

#include "filter/stats_file.h"
#include "process/diag.h"
#include "process/signals.h"

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

int summary_tell(const struct common_options *options, bool goes_on, const char *text,
                 const char *json)
{
    diag_live("");
    if (!options->quiet)
        diag("%s", text);
    return goes_on ? stats_file_write_so_far(options->stats, json)
                   : stats_file_write(options->stats, json, options->wait_ms);
}
