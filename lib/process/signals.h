/*
 * signals: a clean end by INT, TERM or HUP.
 *
 * The first of them sets a flag: reading ends, what is in flight is settled.
 * The second ends the process at once; the same one again
 * within 50 ms is no second (timeout(1) signals its child, then the child's group). INT or HUP
 * ignored at start (nohup, a background job) stay ignored. SIGPIPE and SIGXFSZ are ignored: a dead
 * reader is EPIPE, a file too large EFBIG.
 *
 * USR1 asks for the counters. It is blocked but in signals_poll and signals_sleep,
 * since libmemcached's calls do not bear interruptions.
 */
#ifndef MEMC_SIGNALS_H
#define MEMC_SIGNALS_H

#include <stdbool.h>

struct pollfd;

/* Installs the handlers; once, at start. */
void signals_prepare(void);

/* The signal that asked for the end, 0 if none did. */
int signals_stopped_by(void);

/* True once for each time, or several, that USR1 asked for the counters. */
bool signals_counters_asked(void);

/* True if a stop was asked for more than limit_ms ago: what is in flight has had its time. */
bool signals_stop_is_overdue(int limit_ms);

/* Takes the request as dealt with: waits work again. A second signal still ends the process. */
void signals_forgive(void);

/*
 * poll(2) on one descriptor that cannot sleep past a signal: the handlers run
 * only inside the wait, so none slips in between the look at the flag and the
 * sleep. timeout_ms < 0: no limit. Returns poll's result, or -1 with EINTR
 * when a stop was asked for before or meanwhile, or USR1 came.
 */
int signals_poll(struct pollfd *one, int timeout_ms);

/* Sleeps; ends early by a signal. */
void signals_sleep(int ms);

/* After the clean end: raises the signal again with its default action. Does not return. */
void signals_raise(int signal_number) __attribute__((noreturn));

#endif
