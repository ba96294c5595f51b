#define _GNU_SOURCE /* ppoll */
#include "stop.h"

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
static volatile sig_atomic_t stopped_once; /* the first signal, also after stop_forgive */
static volatile int64_t stopped_at_ms; /* written by the first signal only, before stopped_once */

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

void stop_prepare(void)
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
                NULL); /* a parent's mask is not a wish of the user's */
}

int stop_signal(void)
{
    return (int)stopped_by;
}

bool stop_is_overdue(int limit_ms)
{
    return stopped_by && now_ms() - stopped_at_ms > limit_ms;
}

void stop_forgive(void)
{
    stopped_by = 0;
}

int stop_poll(struct pollfd *one, int timeout_ms)
{
    struct timespec limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    sigset_t stoppers, before;
    int result = -1;

    sigemptyset(&stoppers);
    for (size_t i = 0; i < STOPPER_COUNT; i++)
        sigaddset(&stoppers, STOPPERS[i]);
    sigprocmask(SIG_BLOCK, &stoppers, &before);
    if (stopped_by)
        errno = EINTR;
    else
        result = ppoll(one, one != NULL, timeout_ms < 0 ? NULL : &limit, &before);
    int saved = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return result;
}

void stop_sleep(int ms)
{
    stop_poll(NULL, ms);
}

void stop_raise(int signal_number)
{
    sigset_t one;

    signal(signal_number, SIG_DFL);
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    raise(signal_number);
    /* The first process of a container comes here: no default action ends it. */
    /* cppcheck-suppress unreachableCode ; it takes raise for a function that never returns */
    exit(128 + signal_number);
}
