/* SPDX-License-Identifier: MIT */
/*
 * signals: a clean end by INT, TERM or HUP.
 *
 * The first of these signals sets a flag: reading ends, and requests that are
 * on their way get their answers. The second one ends the process at once. The
 * same signal again within 50 ms does not count as a second one, because
 * timeout(1) signals first its child and then the child's group. INT and HUP stay
 * ignored if they were ignored at start (nohup, a background job). SIGPIPE and
 * SIGXFSZ are ignored, so that write(2) fails with EPIPE (no reader) or EFBIG
 * (file too large) instead.
 *
 * USR1 asks for the counters. It is blocked except in signals_poll and
 * signals_sleep, because several interruptions make libmemcached wait for ever.
 */
#ifndef MEMC_SIGNALS_H
#define MEMC_SIGNALS_H

#include <stdbool.h>

struct pollfd;

/* Installs the handlers; once, at start. */
void signals_prepare(void);

/* The signal that asked for the end, 0 if none did. */
int signals_stopped_by(void);

/* True if USR1 has come since the last call. Several at once count as one. */
bool signals_counters_asked(void);

/* True if a signal asked for the end more than limit_ms ago: stop waiting for answers. */
bool signals_stop_is_overdue(int limit_ms);

/* What is left of limit_ms since a stop was asked for; all of it if none was. */
int signals_stop_left(int limit_ms);

/* Clears the flag, so that waits work again. A second signal still ends the process. */
void signals_forgive(void);

/*
 * poll(2) on one descriptor that cannot sleep past a signal: the handlers run
 * only inside the wait, so none slips in between the look at the flag and the
 * sleep. timeout_ms < 0: no limit. Returns poll's result, or -1 with EINTR
 * when a stop was asked for before or meanwhile, or USR1 came.
 */
int signals_poll(struct pollfd *one, int timeout_ms);

/* Sleeps; a signal ends it early. */
void signals_sleep(int ms);

/* After the clean end: raises the signal again with its default action. Does not return. */
void signals_raise(int signal_number) __attribute__((noreturn));

#endif
