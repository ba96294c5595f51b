/*
 * infile: what memc_sink reads: standard input, a FIFO or a plain file.
 *
 * A named file is locked (flock(2)) for the life of the process: two readers
 * of one FIFO would split its lines between them.
 */
#ifndef MEMC_INFILE_H
#define MEMC_INFILE_H

#include "io/linebuf.h"

enum infile_result {
    INFILE_OK,
    INFILE_ERRNO,     /* errno tells */
    INFILE_LOCKED,    /* another process reads it */
    INFILE_NOT_FIFO,  /* and keep_open asks for one */
    INFILE_NO_WRITER, /* within the wait nobody opened the FIFO for writing */
    INFILE_STOPPED,   /* a signal asked for the end */
};

struct infile {
    int fd;
    int own_writer; /* a write end of our own: with it the FIFO never ends; or -1 */
    bool waits;     /* a FIFO by name: its writers may still have to come */
};

const char *infile_strerror(enum infile_result result);

/* The exit status of it. */
int infile_status(enum infile_result result);

/*
 * Says why standard input cannot be read: closed at start, or a terminal; then
 * `example` is what to try instead. Returns 0 or the exit status.
 */
int infile_check_stdin(bool closed, const char *example, const char *program);

/* path NULL or "-": standard input. Nothing waits here. */
enum infile_result infile_open(const char *path, bool keep_open, struct infile *file);

/* Waits at most wait_ms for a first writer, where one has to come. What it reads meanwhile stands
 * in `in`. */
enum infile_result infile_wait_writer(const struct infile *file, struct linebuf *in,
                                      int64_t wait_ms);

/* Closes the own writer. */
void infile_close_own_writer(struct infile *file);

/* True if nobody holds the FIFO for writing: what still stands in it would be lost with this
 * reader. */
bool infile_has_no_writer(const struct infile *file);

#endif
