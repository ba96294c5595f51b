/* SPDX-License-Identifier: MIT */
/* stop: signals, each case in a child of its own; how the child ends is what is checked. */
#include "process/signals.h"

#include "process/timing.h"
#include "scratch.h"
#include "tap.h"

#include <poll.h>
#include <signal.h>

enum { BY_SIGNAL = 128 };

/* A child's exit status of a check; 128 + n if signal n ended it. */
static void child_ends(int (*check)(void), int expected, const char *name)
{
    pid_t pid = fork_child();

    if (pid == 0)
        _exit(check());
    is_u64((uint64_t)wait_child(pid), (uint64_t)expected, "%s", name);
}

static int quiet(void)
{
    signals_prepare();
    return signals_stopped_by() == 0 ? 0 : 1;
}

static int first_signal(void)
{
    signals_prepare();
    raise(SIGTERM);
    if (signals_stopped_by() != SIGTERM)
        return 1;
    errno = 0;
    if (signals_poll(NULL, -1) != -1 || errno != EINTR)
        return 2;
    signals_sleep(1000000); /* ends at once, or the test would not end */
    return 0;
}

static int second_signal(void)
{
    signals_prepare();
    raise(SIGINT);
    raise(SIGTERM);
    return 0;
}

/* timeout(1) signals its child, and then the group with the child in it. */
static int repeated_signal(void)
{
    signals_prepare();
    raise(SIGTERM);
    raise(SIGTERM);
    return signals_stopped_by() == SIGTERM ? 0 : 1;
}

/* How that ends within the 50 ms, of which the clock may miss some. A child that was slower is no
 * answer. */
static int repeated_signal_in_time(void)
{
    for (;;) {
        int64_t began_ms = timing_now_ms();
        pid_t pid = fork_child();
        if (pid == 0)
            _exit(repeated_signal());
        int end = wait_child(pid);
        if (timing_now_ms() - began_ms < 40)
            return end;
    }
}

static int second_signal_after_forgiving(void)
{
    signals_prepare();
    raise(SIGHUP);
    signals_forgive();
    if (signals_stopped_by() != 0 || signals_poll(NULL, 0) != 0)
        return 1;
    poll(NULL, 0, 100); /* a repeat at once would be the same one */
    raise(SIGHUP);
    return 2;
}

static int ignored_hup_and_int(void)
{
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signals_prepare();
    raise(SIGHUP);
    raise(SIGINT);
    return signals_stopped_by() == 0 ? 0 : 1;
}

static int ignored_term(void)
{
    signal(SIGTERM, SIG_IGN);
    signals_prepare();
    raise(SIGTERM);
    return signals_stopped_by() == SIGTERM ? 0 : 1;
}

static int blocked_by_the_parent(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signals_prepare();
    raise(SIGTERM);
    return signals_stopped_by() == SIGTERM ? 0 : 1;
}

static int pipe_ignored(void)
{
    int end[2];

    signals_prepare();
    make_pipe(end);
    close(end[0]);
    return write(end[1], "x", 1) < 0 && errno == EPIPE ? 0 : 1;
}

/* A signal that comes while it waits: sent by the child's own child. */
static int signal_while_waiting(void)
{
    int end[2];
    struct pollfd one;
    pid_t target = getpid();

    signals_prepare();
    make_pipe(end);
    one = (struct pollfd){.fd = end[0], .events = POLLIN};
    if (fork_child() == 0)
        _exit(kill(target, SIGINT) == 0 ? 0 : 1);
    int result = signals_poll(&one, -1);
    return result == -1 && errno == EINTR && signals_stopped_by() == SIGINT ? 0 : 1;
}

static int plain_poll(void)
{
    int end[2];
    struct pollfd one;

    signals_prepare();
    make_pipe(end);
    one = (struct pollfd){.fd = end[0], .events = POLLIN};
    if (signals_poll(&one, 0) != 0)
        return 1;
    put_all(end[1], "x", 1);
    if (signals_poll(&one, -1) != 1 || !(one.revents & POLLIN))
        return 2;
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    return sigismember(&mask, SIGTERM) ? 3 : 0;
}

static int raised_again(void)
{
    signals_prepare();
    raise(SIGTERM);
    signals_raise(signals_stopped_by());
}

static int raised_though_ignored(void)
{
    signal(SIGHUP, SIG_IGN);
    signals_prepare();
    signals_raise(SIGHUP);
}

int main(void)
{
    scratch_enter();
    child_ends(quiet, 0, "no signal, no request");
    child_ends(first_signal, 0, "the first signal is a request, and ends waits");
    child_ends(repeated_signal_in_time, 0, "the same signal twice at once is one");
    child_ends(second_signal, BY_SIGNAL + SIGTERM, "the second ends the process");
    child_ends(second_signal_after_forgiving, BY_SIGNAL + SIGHUP,
               "... also after the first was dealt with");
    child_ends(ignored_hup_and_int, 0, "HUP and INT that are ignored at start stay so");
    child_ends(ignored_term, 0, "TERM does not");
    child_ends(blocked_by_the_parent, 0, "a parent's mask does not hold them back");
    child_ends(pipe_ignored, 0, "a pipe without reader is an error, no signal");
    child_ends(signal_while_waiting, 0, "a signal wakes an endless wait");
    child_ends(plain_poll, 0, "without signals it polls, and leaves none blocked");
    child_ends(raised_again, BY_SIGNAL + SIGTERM, "the signal is raised again");
    child_ends(raised_though_ignored, BY_SIGNAL + SIGHUP, "... even an ignored one");
    return done_testing();
}
