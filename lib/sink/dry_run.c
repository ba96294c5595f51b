/* SPDX-License-Identifier: MIT */
#include "sink/dry_run.h"

#include "io/outbuf.h"
#include "record/encode.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct dry_run {
    struct outbuf *out;
    const char *server;
    char *line; /* room for the longest */
};

/* In a file, each write of whole lines has its own place. In a pipe a lock keeps them apart, which
 * belongs to an open file: so each process opens the pipe itself. */
static struct outbuf *open_stdout(void)
{
    struct stat info;
    bool is_pipe = fstat(STDOUT_FILENO, &info) == 0 && S_ISFIFO(info.st_mode);
    int own = is_pipe ? open("/dev/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    int fd = own >= 0 ? own : dup(STDOUT_FILENO);

    return fd >= 0 ? outbuf_open(fd, own >= 0) : NULL;
}

struct dry_run *dry_run_open(const char *server, size_t max_line)
{
    struct dry_run *out = calloc(1, sizeof *out);

    if (!out)
        return NULL;
    out->server = server;
    out->line =
        malloc(strlen(server) + sizeof " -  -> " + RECORD_KEY_MAX + encode_text_max(max_line));
    out->out = open_stdout();
    if (out->line && out->out)
        return out;
    dry_run_close(out);
    return NULL;
}

static char *put(char *at, struct slice piece)
{
    memcpy(at, piece.at, piece.len);
    return at + piece.len;
}

void dry_run_record(struct dry_run *out, struct slice key, const struct record *record)
{
    char *at = put(out->line, slice_of(out->server));

    at = put(at, slice_of(" - "));
    at = put(at, key);
    at = put(at, slice_of(" -> "));
    at += encode_text(record, at);
    outbuf_line(out->out, (struct slice){out->line, (size_t)(at - out->line)});
}

void dry_run_text(struct dry_run *out, struct slice key, struct slice text)
{
    outbuf_piece(out->out, slice_of(out->server), false);
    outbuf_piece(out->out, slice_of(" - "), false);
    outbuf_piece(out->out, key, false);
    outbuf_piece(out->out, slice_of(" -> "), false);
    outbuf_piece(out->out, text, true);
}

void dry_run_flush(struct dry_run *out)
{
    outbuf_flush(out->out);
}

bool dry_run_pending(const struct dry_run *out)
{
    return outbuf_pending(out->out);
}

int dry_run_close(struct dry_run *out)
{
    if (!out)
        return 0;
    int error = outbuf_close(out->out);
    free(out->line);
    free(out);
    return error;
}
