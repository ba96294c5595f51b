/* SPDX-License-Identifier: MIT */
/*
 * notify: reports the program's state to a service manager, by the protocol of sd_notify(3):
 * a datagram to the Unix socket that NOTIFY_SOCKET names, which may be abstract (@).
 *
 * Before notify_open, and without that variable, the functions do nothing. A
 * message that cannot be sent, READY and STOPPING within a second, is dropped.
 */
#ifndef MEMC_NOTIFY_H
#define MEMC_NOTIFY_H

#include <stdbool.h>

/* Reads the environment: NOTIFY_SOCKET, and WATCHDOG_USEC and WATCHDOG_PID for notify_alive. */
void notify_open(void);

bool notify_is_on(void);

/* It works from now on. */
void notify_ready(void);

/* A line for people. */
void notify_status(const char *text);

/* It ends. Sent once, however often it is called. */
void notify_stopping(void);

/*
 * WATCHDOG=1, if half of the manager's limit has passed since the last one. Every
 * wait of signals_poll calls it, so that a wait, however long, is no hang.
 */
void notify_alive(void);

/* wait_ms (< 0: no limit), but at most until notify_alive is due. */
int notify_slice(int wait_ms);

#endif
