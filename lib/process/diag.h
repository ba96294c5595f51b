/*
 * diag: messages for people, on descriptor 2.
 *
 * A message is one line and one write(2), so that lines of several processes
 * that share a terminal or a log do not mix. Control bytes in it become '?'.
 * A message names files, lines, servers and reasons, never a record's bytes.
 */
#ifndef MEMC_DIAG_H
#define MEMC_DIAG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Set once at start: every message begins with "PROGRAM: ", and with
 * "PROGRAM: LABEL: " when there is a label (NULL: none). Both strings must
 * outlive the process.
 */
void diag_prefix(const char *program, const char *label);

/* Writes one message; no newline at the end of the format. Keeps errno. */
void diag(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes one plain line without prefix: a summary. */
void diag_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Replaces the live line of --progress; an empty text ends it. A message that
 * comes meanwhile begins on a line of its own.
 */
void diag_live(const char *text);

/*
 * A cap for messages that repeat with the input: true for the first ten calls
 * on one counter. The caller tells at the end what was passed over.
 */
#define DIAG_REPEATS 10
bool diag_may_repeat(uint64_t *shown);

#endif
