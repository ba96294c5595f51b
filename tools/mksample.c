/* SPDX-License-Identifier: MIT */
/*
 * mksample: writes a sample of tracer lines, dev_type TAB dev_id TAB lat TAB lon TAB app,app,...
 *
 * Same seed and options, same bytes, on any machine. Its parts are headers (options, fields,
 * lines), so that one command compiles it where there is no Makefile: cc -o mksample mksample.c
 */
#include "mksample_lines.h"

#include <inttypes.h>

enum {
    FLUSH_BYTES = 1 << 20,   /* output is written in pieces of about this size */
    LINE_FIXED_BYTES = 1024, /* more than a line's fields take without its apps */
    APP_MAX_BYTES = 11       /* 4294967295 and its comma */
};

static int write_lines(const struct options *options, struct counts *counts)
{
    size_t line_bytes = LINE_FIXED_BYTES + (size_t)options->max_apps * APP_MAX_BYTES;
    char *buffer = malloc(FLUSH_BYTES + line_bytes);
    char *at = buffer;

    if (buffer == NULL) {
        perror("mksample: no memory for a line");
        return STATUS_OS;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    for (uint64_t line = 0; line < options->lines; line++) {
        at = put_line(at, options, line, counts);
        if (at - buffer < FLUSH_BYTES && line + 1 < options->lines) {
            continue;
        }
        if (fwrite(buffer, 1, (size_t)(at - buffer), stdout) != (size_t)(at - buffer)) {
            perror("mksample: unable to write the sample");
            free(buffer);
            return STATUS_IO;
        }
        at = buffer;
    }
    free(buffer);
    return 0;
}

static void print_by_type(FILE *file, const char *name, const uint64_t *first,
                          const uint64_t *second)
{
    fprintf(file, "\"%s\":{", name);
    for (size_t type = 0; type < TYPE_COUNT; type++) {
        fprintf(file, "%s\"%s\":%" PRIu64, type == 0 ? "" : ",", type_names[type],
                first[type] + (second != NULL ? second[type] : 0));
    }
    fprintf(file, "}");
}

static int write_expectation(const char *path, const struct counts *counts)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        fprintf(stderr, "mksample: unable to create %s: %s\n", path, strerror(errno));
        return STATUS_CREATE;
    }
    fprintf(file,
            "{\"lines\":%" PRIu64 ",\"blank\":%" PRIu64 ",\"unknown\":%" PRIu64
            ",\"overlong\":%" PRIu64 ",",
            counts->lines, counts->blank, counts->unknown, counts->overlong);
    print_by_type(file, "routed", counts->good, counts->invalid);
    fprintf(file, ",");
    print_by_type(file, "invalid", counts->invalid, NULL);
    fprintf(file, ",");
    print_by_type(file, "good", counts->good, NULL);
    fprintf(file, ",\"apps_dropped\":%" PRIu64 "}\n", counts->apps_dropped);
    if (ferror(file) != 0 || fclose(file) != 0) {
        fprintf(stderr, "mksample: unable to write %s\n", path);
        return STATUS_IO;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {
        .seed = 1,
        .lines = 100000,
        .id_digits = 32,
        .range = 180,
        .digits = 12,
        .min_apps = 1,
        .max_apps = 100,
        .app_limit = 10000,
        .types = {0, 1, 2, 3},
        .type_count = TYPE_COUNT,
    };
    struct counts counts = {0};
    int status;

    parse_options(argc, argv, &options);
    fill_app_table();
    status = write_lines(&options, &counts);
    if (status == 0 && options.expect_path != NULL) {
        status = write_expectation(options.expect_path, &counts);
    }
    return status;
}
