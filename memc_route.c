/* SPDX-License-Identifier: MIT */
/*
 * memc_route: writes each line of a log to the FIFO of its device type.
 *
 *     zcat f.gz | memc_route -d run      run/idfa, run/gaid, run/adid, run/dvid
 *
 * The map, in the order in which a line passes:
 *
 *     filter/loop      reads, passes the lines on, flushes, reports the counters
 *     io/linebuf       standard input as lines, in bounded memory
 *     route/router     what becomes of one line
 *     record/record    the device type in the first field
 *     route/fifos      the FIFOs, and which lines were written to them
 *     io/outbuf        writes whole lines, under a lock
 *     filter/rejects   bad lines: to the file of --rejects, and their messages
 *     route/route_tally, filter/summary   the counters, and their two forms
 *     process/signals  a clean end by signal
 *
 * Lines are written unchanged, so any text tool can stand at either end of a FIFO.
 * Memory is bounded: one line of the greatest length, the bytes of one read, and
 * 64 KiB for each FIFO. When the reader of a FIFO is slow, the router waits, and so
 * does the program that feeds it.
 */
#include "filter/loop.h"
#include "io/descriptors.h"
#include "io/infile.h"
#include "process/diag.h"
#include "process/signals.h"
#include "process/status.h"
#include "route/router.h"

#include <errno.h>
#include <string.h>

static int run(struct route_options *options, bool stdin_closed)
{
    static struct router router;
    struct loop loop;

    int status = infile_check_stdin(stdin_closed, "zcat FILE.tsv.gz | memc_route", "memc_route");
    if (status != STATUS_OK)
        return status;
    router_init(&router, options);
    loop_start(&loop, &options->common, &ROUTER_CALLS, &router);
    loop_merge_status(&loop, router_open(&router));
    if (loop.status == STATUS_OK)
        loop_run(&loop, router.in, "standard input");
    loop_merge_status(&loop, router_end(&router));
    status = loop_end(&loop);
    router_close(&router);
    return status;
}

int main(int argc, char **argv)
{
    static struct route_options options;
    struct options_error error;
    bool stdin_closed;

    diag_prefix("memc_route", NULL);
    if (!descriptors_reserve(&stdin_closed))
        return diag_fail("/dev/null", strerror(errno), STATUS_OSERR);
    signals_prepare();
    enum options_result result = route_options_parse(argc, argv, &options, &error);
    if (result != OPTIONS_RUN)
        return options_answer(result, "memc_route", ROUTE_HELP, &error);
    diag_prefix("memc_route", options.common.label);
    int status = run(&options, stdin_closed);
    if (status > STATUS_SIGNAL)
        signals_raise(status - STATUS_SIGNAL);
    return status;
}
