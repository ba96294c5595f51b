/* SPDX-License-Identifier: MIT */
/*
 * fuzz: the command lines. The input is a byte that chooses the program, and
 * its arguments, each ended by a NUL.
 *
 * What is accepted keeps every limit, and its strings are those of argv; what is
 * refused has a reason; the same arguments again, as getopt_long(3) has ordered
 * them, give the same.
 */
#include "route/route_options.h"
#include "sink/sink_options.h"

#include "fuzz.h"
#include "store/batch.h"

enum { ARGS_MAX = 64 };

struct command {
    char *text; /* all arguments, each with its NUL */
    size_t len;
    char *argv[ARGS_MAX + 1];
    int argc;
};

static void cut_arguments(struct slice input, struct command *command)
{
    static char program[] = "program";

    command->text = fuzz_memory(input.len + 1);
    command->len = input.len + 1;
    memcpy(command->text, input.at, input.len);
    command->text[input.len] = '\0';
    command->argv[command->argc++] = program;
    for (char *at = command->text; at < command->text + input.len && command->argc < ARGS_MAX;
         at += strlen(at) + 1)
        command->argv[command->argc++] = at;
}

static bool is_own(const struct command *command, const char *string)
{
    return !string || (string >= command->text && string < command->text + command->len);
}

static void check_common(const struct command *command, const struct common_options *o)
{
    must(is_own(command, o->label) && is_own(command, o->rejects) && is_own(command, o->stats));
    must(o->linger_ms >= 0 && o->linger_ms <= INT32_MAX && o->wait_ms >= 0);
    must(o->max_line >= 1 && o->max_line <= SIZE_MAX / 8);
}

static void check_route(const struct command *command, const struct route_options *o)
{
    check_common(command, &o->common);
    must(is_own(command, o->directory) || strcmp(o->directory, ".") == 0);
    for (int type = 0; type < DEVTYPE_COUNT; type++)
        must(is_own(command, o->path[type]));
    must(o->only > 0 && o->only < 1u << DEVTYPE_COUNT);
}

static void check_sink(const struct command *command, const struct sink_options *o)
{
    check_common(command, &o->common);
    must(is_own(command, o->input) && is_own(command, o->undelivered));
    must(o->any_type || o->type < DEVTYPE_COUNT);
    must(o->batch <= BATCH_RECORDS_MAX); /* 0: as many as its protocol wants */
    must(o->timeout_ms >= 300 && o->retry_ms >= 0);
    must(o->ttl_seconds >= 0 && o->ttl_seconds <= INT32_MAX);
    must(o->error_rate.denominator > 0);
    must(o->mode == SINK_TEST || o->mode == SINK_GET || !o->keep_open || o->input);
    must(o->mode == SINK_TEST || (o->address.host[0] != '\0' && is_own(command, o->address.text)));
}

static void check_refusal(enum options_result result, const struct options_error *error)
{
    must(result <= OPTIONS_BAD);
    must(result != OPTIONS_BAD || (error->text[0] && memchr(error->text, '\0', sizeof *error)));
}

static void try_route(struct command *command)
{
    struct route_options first, second;
    struct options_error error = {""};

    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    enum options_result result = route_options_parse(command->argc, command->argv, &first, &error);
    check_refusal(result, &error);
    must(route_options_parse(command->argc, command->argv, &second, &error) == result);
    if (result != OPTIONS_RUN)
        return;
    check_route(command, &first);
    must(first.directory == second.directory && first.only == second.only &&
         first.make_fifos == second.make_fifos && first.sentinel == second.sentinel &&
         memcmp(first.path, second.path, sizeof first.path) == 0 &&
         first.common.label == second.common.label &&
         first.common.wait_ms == second.common.wait_ms);
}

static void try_sink(struct command *command)
{
    static struct sink_options first, second;
    struct options_error error = {""};

    enum options_result result = sink_options_parse(command->argc, command->argv, &first, &error);
    check_refusal(result, &error);
    must(sink_options_parse(command->argc, command->argv, &second, &error) == result);
    if (result != OPTIONS_RUN)
        return;
    check_sink(command, &first);
    must(first.mode == second.mode && first.input == second.input &&
         first.address.text == second.address.text && first.type == second.type &&
         first.batch == second.batch && first.ttl_seconds == second.ttl_seconds &&
         first.keep_open == second.keep_open && first.retry_ms == second.retry_ms &&
         first.undelivered == second.undelivered && first.common.stats == second.common.stats);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct command command = {.argc = 0};

    bool sink = fuzz_byte(&input) & 1;
    cut_arguments(input, &command);
    if (sink)
        try_sink(&command);
    else
        try_route(&command);
    free(command.text);
    return 0;
}
