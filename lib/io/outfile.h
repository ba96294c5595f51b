/* SPDX-License-Identifier: MIT */
/*
 * outfile: opens what the programs write: FIFOs, and files by the project's rule.
 *
 * No existing file is ever truncated. A path is opened first, and then the open
 * descriptor is examined by fstat(2), so the file cannot be exchanged in between.
 */
#ifndef MEMC_OUTFILE_H
#define MEMC_OUTFILE_H

#include <stdbool.h>
#include <stdint.h>

enum outfile_result {
    OUTFILE_OK,
    OUTFILE_ERRNO,     /* errno is set */
    OUTFILE_EXISTS,    /* there is a regular file already */
    OUTFILE_NOT_FIFO,  /* neither FIFO nor pipe */
    OUTFILE_NO_READER, /* no process opened the FIFO for reading within the wait */
    OUTFILE_STOPPED,   /* a signal asked for the end */
};

/* The reason in words; for OUTFILE_ERRNO, strerror(errno). */
const char *outfile_strerror(enum outfile_result result);

/*
 * The exit status for a file that is written at the end of the run. An errno is
 * then a failure to write; all other results mean that it cannot be created.
 */
int outfile_status(enum outfile_result result);

/* The same for a file that could not be opened at the start. */
int outfile_open_status(enum outfile_result result);

/*
 * Opens a FIFO, or a pipe by /dev/fd/N, for writing. Waits at most wait_ms for a
 * reader (< 0: no limit). The descriptor is blocking; its pipe is enlarged where
 * the system allows it.
 */
enum outfile_result outfile_open_fifo(const char *path, int64_t wait_ms, int *fd);

/*
 * Opens a file for lines. `-` is standard output, /dev/fd/N that descriptor. A new
 * file is created exclusively, with mode 0600 whatever the umask is. An existing
 * FIFO (with a wait as above) or device is written to. An existing regular file,
 * or a link to one, is opened only with `append`.
 */
enum outfile_result outfile_open(const char *path, bool append, int64_t wait_ms, int *fd);

/*
 * A file that is replaced as a whole at the end of the run. outfile_replace writes
 * the text and an LF to a temporary file in the same folder and renames that. A path
 * that is no regular file is written to, with a wait as above. outfile_replace_check,
 * called at the start, reports whether that will be possible.
 */
enum outfile_result outfile_replace_check(const char *path);
enum outfile_result outfile_replace(const char *path, const char *text, int64_t wait_ms);

/* True if outfile_replace would rename: the path is a regular file, or does not exist. */
bool outfile_is_replaceable(const char *path);

/* Writes the text and an LF to standard output, as --help does. */
enum outfile_result outfile_print(const char *text);

#endif
