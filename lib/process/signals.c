/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* ppoll */
#include "process/signals.h"

#include "process/notify.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static const int STOPPERS[] = {SIGINT, SIGTERM, SIGHUP};
enum { STOPPER_COUNT = sizeof STOPPERS / sizeof *STOPPERS };

static volatile sig_atomic_t stopped_by;
static volatile sig_atomic_t stopped_once; /* the first signal, also after signals_forgive */
static volatile int64_t stopped_at_ms; /* written by the first signal only, before stopped_once */

static volatile sig_atomic_t counters_asked;

enum { REPEAT_MS = 50 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now); /* async-signal-safe by POSIX */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_stop(int number)
{
    if (number == stopped_once && now_ms() - stopped_at_ms < REPEAT_MS)
        return;
    if (stopped_once) {
        signal(number, SIG_DFL);
        raise(number); /* delivered when this handler returns */
        return;
    }
    stopped_at_ms = now_ms();
    stopped_once = number;
    stopped_by = number;
}

static void on_question(int number)
{
    (void)number;
    counters_asked = 1;
}

static void only(sigset_t *set, int number)
{
    sigemptyset(set);
    sigaddset(set, number);
}

static void prepare_question(void)
{
    struct sigaction action = {.sa_handler = on_question};

    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    only(&action.sa_mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &action.sa_mask, NULL);
}

void signals_prepare(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    struct sigaction before;

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < STOPPER_COUNT; i++) {
        sigaction(STOPPERS[i], NULL, &before);
        if (before.sa_handler != SIG_IGN || STOPPERS[i] == SIGTERM)
            sigaction(STOPPERS[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < STOPPER_COUNT; i++)
        sigaddset(&action.sa_mask, STOPPERS[i]);
    sigprocmask(SIG_UNBLOCK, &action.sa_mask,
                NULL); /* a mask inherited from the parent is no wish of the user */
    prepare_question();
}

int signals_stopped_by(void)
{
    return (int)stopped_by;
}

bool signals_counters_asked(void)
{
    static const struct timespec NOW;
    bool asked = counters_asked;
    sigset_t question;

    counters_asked = 0;
    only(&question, SIGUSR1);
    return sigtimedwait(&question, NULL, &NOW) == SIGUSR1 || asked;
}

bool signals_stop_is_overdue(int limit_ms)
{
    return stopped_by && now_ms() - stopped_at_ms > limit_ms;
}

int signals_stop_left(int limit_ms)
{
    int64_t left_ms = stopped_by ? limit_ms - (now_ms() - stopped_at_ms) : limit_ms;

    return left_ms > 0 ? (int)left_ms : 0;
}

void signals_forgive(void)
{
    stopped_by = 0;
}

/* A service manager's watchdog is fed meanwhile. */
static int poll_slices(struct pollfd *one, int timeout_ms, const sigset_t *mask)
{
    for (;;) {
        notify_alive();
        int slice_ms = notify_slice(timeout_ms);
        struct timespec limit = {slice_ms / 1000, slice_ms % 1000 * 1000000L};
        int result = ppoll(one, one != NULL, slice_ms < 0 ? NULL : &limit, mask);
        if (result != 0 || slice_ms == timeout_ms)
            return result;
        if (timeout_ms > 0)
            timeout_ms -= slice_ms;
    }
}

int signals_poll(struct pollfd *one, int timeout_ms)
{
    sigset_t stoppers, before, inside;
    int result = -1;

    sigemptyset(&stoppers);
    for (size_t i = 0; i < STOPPER_COUNT; i++)
        sigaddset(&stoppers, STOPPERS[i]);
    sigprocmask(SIG_BLOCK, &stoppers, &before);
    inside = before;
    sigdelset(&inside, SIGUSR1);
    if (stopped_by)
        errno = EINTR;
    else
        result = poll_slices(one, timeout_ms, &inside);
    int saved = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return result;
}

void signals_sleep(int ms)
{
    signals_poll(NULL, ms);
}

void signals_raise(int signal_number)
{
    sigset_t one;

    signal(signal_number, SIG_DFL);
    only(&one, signal_number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    raise(signal_number);
    /* Reached only by process 1 of a container, which no default action ends. */
    /* cppcheck-suppress unreachableCode ; it takes raise for a function that never returns */
    exit(128 + signal_number);
}
