/* SPDX-License-Identifier: MIT */
/*
 * diag: messages for people, on descriptor 2.
 *
 * A message is one line, written by one write(2), so that the lines of several
 * processes that share a terminal or a log do not mix. Control bytes become '?'.
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

/* Writes "OBJECT: REASON"; returns the status, for the caller to return. */
int diag_fail(const char *object, const char *reason, int status);

/*
 * Replaces the live line of --progress; an empty text ends it. A message that
 * comes while a live line is shown begins on a new line.
 */
void diag_live(const char *text);

/*
 * Limits messages that repeat with the input: true for the first DIAG_REPEATS
 * calls on one counter. The caller reports at the end how many were suppressed.
 */
#define DIAG_REPEATS 10
bool diag_may_repeat(uint64_t *shown);

#endif
