/*
 * outfile: opening what the tools write: FIFOs, and files by the house rule.
 *
 * Nothing that stands on disk is ever truncated: a path is opened first and
 * judged by fstat(2) then, so nobody can change it in between.
 */
#ifndef MEMC_OUTFILE_H
#define MEMC_OUTFILE_H

#include <stdbool.h>
#include <stdint.h>

enum outfile_result {
    OUTFILE_OK,
    OUTFILE_ERRNO,     /* errno tells */
    OUTFILE_EXISTS,    /* a regular file stands there */
    OUTFILE_NOT_FIFO,  /* neither FIFO nor pipe */
    OUTFILE_NO_READER, /* within the wait nobody opened the FIFO for reading */
    OUTFILE_STOPPED,   /* a signal asked for the end */
};

/* The reason in words; for OUTFILE_ERRNO that of errno. */
const char *outfile_strerror(enum outfile_result result);

/*
 * The exit status for a file that was to be written when all was done. An
 * errno by then is one of writing; the rest is impossible to create.
 */
int outfile_status(enum outfile_result result);

/* The same for a file that could not be opened at the start. */
int outfile_open_status(enum outfile_result result);

/*
 * A FIFO, or a pipe by /dev/fd/N, for writing; waits at most wait_ms for a
 * reader (< 0: no limit). The
 * descriptor blocks; its pipe is made large where the system allows it.
 */
enum outfile_result outfile_open_fifo(const char *path, int64_t wait_ms, int *fd);

/*
 * A file for lines. `-` is standard output, /dev/fd/N that descriptor. A new
 * file is created exclusively, mode 0600 whatever the umask; an existing FIFO
 * (with a wait as above) or device is written to; an existing regular file,
 * also behind a link, only with `append`.
 */
enum outfile_result outfile_open(const char *path, bool append, int64_t wait_ms, int *fd);

/*
 * A file that is replaced as a whole when all is known. _begin finds out early
 * whether that will be possible. outfile_replace writes the text and an LF to
 * a temporary file beside it and renames; what is no regular file is written
 * to, with a wait as above.
 */
/* True if the path is such a file, or nothing yet. */
bool outfile_is_replaceable(const char *path);

enum outfile_result outfile_replace_check(const char *path);
enum outfile_result outfile_replace(const char *path, const char *text, int64_t wait_ms);

/* The text and an LF to standard output: for --help and the like. */
enum outfile_result outfile_print(const char *text);

#endif
