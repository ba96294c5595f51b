/* SPDX-License-Identifier: MIT */
/*
 * infile: what memc_sink reads: standard input, a FIFO or a plain file.
 *
 * A named file is locked (flock(2)) for the life of the process, because two
 * readers of one FIFO would each get only some of its lines.
 */
#ifndef MEMC_INFILE_H
#define MEMC_INFILE_H

#include "io/linebuf.h"

enum infile_result {
    INFILE_OK,
    INFILE_ERRNO,     /* errno is set */
    INFILE_LOCKED,    /* another process reads it */
    INFILE_NOT_FIFO,  /* it is no FIFO, which keep_open needs */
    INFILE_NO_WRITER, /* no process opened the FIFO for writing within the wait */
    INFILE_STOPPED,   /* a signal asked for the end */
};

struct infile {
    int fd;
    int own_writer; /* keep_open: a write end of our own, so that the FIFO never ends; else -1 */
    bool waits;     /* a FIFO by name that may have no writer yet */
};

const char *infile_strerror(enum infile_result result);

/* The exit status for a result. */
int infile_status(enum infile_result result);

/*
 * Reports that standard input cannot be read: it was closed at start, or it is a
 * terminal. For a terminal the message shows `example`. Returns 0 or the exit status.
 */
int infile_check_stdin(bool closed, const char *example, const char *program);

/* path NULL or "-": standard input. Does not wait for a writer. */
enum infile_result infile_open(const char *path, bool keep_open, struct infile *file);

/* Waits at most wait_ms for the first writer of a FIFO (file->waits). Bytes that it reads meanwhile
 * go into `in`. */
enum infile_result infile_wait_writer(const struct infile *file, struct linebuf *in,
                                      int64_t wait_ms);

/* Closes file->own_writer. */
void infile_close_own_writer(struct infile *file);

/* True if no process has the FIFO open for writing: its content is lost with this reader. */
bool infile_has_no_writer(const struct infile *file);

#endif
