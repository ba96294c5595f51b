/* SPDX-License-Identifier: MIT */
/*
 * memc_sink: stores the lines of a log in one memcached server, each acknowledged.
 *
 *     memc_sink -T idfa 127.0.0.1:33013 run/idfa
 *
 * The map, in the order in which a line passes:
 *
 *     filter/loop      reads, passes the lines on, flushes, reports the counters
 *     io/infile        standard input, a FIFO or a file, locked
 *     io/linebuf       its lines, in bounded memory
 *     sink/sink        what becomes of one line
 *     record/record    a line's fields; record/apps, apps_avx2: its list of apps
 *     record/encode    a record's key and protobuf value
 *     sink/delivery    where valid records go: store, verify or dry run
 *     sink/verify      reading back and comparing instead
 *     store/store      every record acknowledged, by one of two stores:
 *     store/ring_store by meta or classic text; store/window: what is on its way;
 *                      store/ring, store/answer: the bytes of both directions
 *     store/binary_store   by libmemcached; store/wire: its sets and answers
 *     store/reader     keys read back; store/channel: the connection for all these
 *     server/server    the connection, made again when it breaks
 *     server/fence     the end of the broken one, waited for
 *     server/probe     is it a memcached at all; server/server_stats: its counters
 *     filter/rejects   bad lines: to the file of --rejects, and their messages
 *     io/linefile      a file that lines are written back to
 *     sink/verdict     whether the load succeeded
 *     sink/query       --counters, --get: what the server is asked instead
 *     sink/sink_tally, filter/summary   the counters, and their two forms
 *     process/signals  a clean end by signal
 *     process/notify   reports a standing sink to a service manager
 *
 * Memory is bounded: the input buffer holds one line of the greatest length and one
 * read; the store holds nine batches of records, with their lines, until they are
 * acknowledged. While the server is slow or away, no input is read, so the writer of
 * the FIFO waits, too.
 */
#include "filter/loop.h"
#include "io/descriptors.h"
#include "io/infile.h"
#include "process/diag.h"
#include "process/notify.h"
#include "process/signals.h"
#include "process/status.h"
#include "record/encode.h"
#include "sink/query.h"
#include "sink/sink.h"
#include "sink/verdict.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct run {
    struct sink_options options;
    struct sink sink;
    struct infile file;
    struct linebuf *in;
    struct loop loop;
};

static const char *input_name(const struct run *run)
{
    return run->options.input ? run->options.input : "standard input";
}

static int open_input(struct run *run, bool stdin_closed)
{
    const char *path = run->options.input;
    int status = STATUS_OK;

    if (!path || strcmp(path, "-") == 0 || descriptors_named(path) == STDIN_FILENO)
        status = infile_check_stdin(stdin_closed, "memc_sink SERVER FILE", "memc_sink");
    if (status != STATUS_OK)
        return status;
    enum infile_result result = infile_open(path, run->options.keep_open, &run->file);
    if (result != INFILE_OK)
        return diag_fail(input_name(run), infile_strerror(result), infile_status(result));
    run->in = linebuf_open(run->file.fd, run->options.common.max_line);
    return run->in ? STATUS_OK : diag_fail("input buffer", strerror(ENOMEM), STATUS_OSERR);
}

/* The order: first the input, because its lock shows whether another sink reads it already; then
 * the server; then the wait for a writer. */
static int open_all(struct run *run, bool stdin_closed)
{
    int status = open_input(run, stdin_closed);

    if (status == STATUS_OK)
        return sink_open(&run->sink, &run->file, run->in);
    if (summary_file_is(run->options.common.stats, run->options.input))
        run->options.common.stats = NULL; /* do not overwrite an input that another sink reads */
    return status;
}

static int wait_for_writer(struct run *run)
{
    int64_t wait_ms = run->options.common.wait_ms;
    char wait[NUMBER_DURATION_BYTES];

    enum infile_result result = infile_wait_writer(&run->file, run->in, wait_ms);
    if (result == INFILE_NO_WRITER)
        diag("%s: no writer came within %s: is its memc_route running?", input_name(run),
             number_duration_text(wait_ms, wait));
    else if (result != INFILE_OK && result != INFILE_STOPPED)
        diag("%s: %s", input_name(run), infile_strerror(result));
    return infile_status(result);
}

/* Ends everything, decides on success, reports the counters. Returns the exit status. */
static int finish(struct run *run)
{
    loop_merge_status(&run->loop, sink_finish(&run->sink));
    loop_merge_status(&run->loop, sink_end_files(&run->sink));
    loop_merge_status(&run->loop, verdict(&run->sink));
    int status = loop_end(&run->loop);
    sink_close(&run->sink);
    linebuf_close(run->in);
    return status;
}

static int run_load(struct run *run, bool stdin_closed)
{
    struct loop *loop = &run->loop;

    if (run->options.keep_open)
        notify_open();
    sink_init(&run->sink, &run->options);
    loop_start(loop, &run->options.common, &SINK_CALLS, &run->sink);
    loop_merge_status(loop, open_all(run, stdin_closed));
    if (loop->status == STATUS_OK &&
        (sink_connect(&run->sink) == CONN_OK || run->options.undelivered))
        loop_merge_status(loop, wait_for_writer(run));
    if (loop->status == STATUS_OK && !sink_is_over(&run->sink)) {
        notify_ready();
        loop_run(loop, run->in, input_name(run));
    }
    notify_stopping();
    return finish(run);
}

static int run_counters(const struct run *run)
{
    static struct json json;
    int status = query_counters(&run->options, &json);

    return json.used > 0 ? status_merge(status, options_print(json_end(&json))) : status;
}

static int run_test(void)
{
    if (!encode_self_test())
        return diag_fail("protobuf round trip", "encoding and decoding changed the sample",
                         STATUS_SOFTWARE);
    return options_print("protobuf round trip: ok");
}

static int run_mode(struct run *run, bool stdin_closed)
{
    switch (run->options.mode) {
    case SINK_TEST:
        return run_test();
    case SINK_COUNTERS:
        return run_counters(run);
    case SINK_GET:
        return query_records(&run->options);
    case SINK_LOAD:
    case SINK_VERIFY:
    case SINK_DRY_RUN:
        break;
    }
    return run_load(run, stdin_closed);
}

int main(int argc, char **argv)
{
    static struct run run;
    struct options_error error;
    bool stdin_closed;

    diag_prefix("memc_sink", NULL);
    if (!descriptors_reserve(&stdin_closed))
        return diag_fail("/dev/null", strerror(errno), STATUS_OSERR);
    signals_prepare();
    enum options_result result = sink_options_parse(argc, argv, &run.options, &error);
    if (result != OPTIONS_RUN)
        return options_answer(result, "memc_sink", SINK_HELP, &error);
    diag_prefix("memc_sink", run.options.common.label);
    int status = run_mode(&run, stdin_closed);
    if (status > STATUS_SIGNAL)
        signals_raise(status - STATUS_SIGNAL);
    return status;
}
