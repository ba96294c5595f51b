/* SPDX-License-Identifier: MIT */
/* conn_status: reasons in words, and the exit statuses that follow from them. */
#include "server/conn_status.h"
#include "process/diag.h"
#include "said.h"

#include <errno.h>

/* By the table of exit statuses: 69 never reached, 75 run again, 76 no memcached, 77 not allowed,
 * 71 here. */
static const struct {
    enum conn_status peer;
    int status, status_reached;
    bool hopeless, by_errno;
} CASE[] = {
    {CONN_STOPPED, 0, 0, true, false},          {CONN_NO_HOST, 69, 75, true, false},
    {CONN_UNRESOLVED, 69, 75, false, false},    {CONN_UNREACHABLE, 69, 75, false, true},
    {CONN_SILENT, 69, 75, false, false},        {CONN_FULL, 69, 75, false, false},
    {CONN_OUT_OF_MEMORY, 75, 75, false, false}, {CONN_NO_FENCE, 75, 75, true, false},
    {CONN_HELD, 75, 75, false, false},          {CONN_OTHER_PROTOCOL, 76, 76, true, false},
    {CONN_BEHIND, 69, 75, false, false},        {CONN_SERVER_FAILED, 75, 75, true, false},
    {CONN_NOT_MEMCACHED, 76, 76, true, false},  {CONN_PROTOCOL, 76, 76, true, false},
    {CONN_AUTH, 77, 77, true, false},           {CONN_DENIED, 77, 77, true, true},
    {CONN_NO_RESOURCES, 71, 71, true, true},
};

enum { COUNT = sizeof CASE / sizeof *CASE };

static void test_table(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        errno = ECONNREFUSED;
        const char *text = conn_strerror(CASE[i].peer);
        ok(*text, "%d: %s", CASE[i].peer, text);
        ok((strcmp(text, strerror(ECONNREFUSED)) == 0) == CASE[i].by_errno,
           "... are its words errno's?");
        is_u64((uint64_t)conn_exit_status(CASE[i].peer, false), (uint64_t)CASE[i].status,
               "... its status, never reached");
        is_u64((uint64_t)conn_exit_status(CASE[i].peer, true), (uint64_t)CASE[i].status_reached,
               "... its status, reached");
        ok(conn_is_hopeless(CASE[i].peer) == CASE[i].hopeless, "... is another try in vain?");
    }
}

static void test_words_differ(void)
{
    size_t same = 0;

    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i; j++)
            same += !CASE[i].by_errno &&
                    strcmp(conn_strerror(CASE[i].peer), conn_strerror(CASE[j].peer)) == 0;
    is_u64(same, 0, "every reason has words of its own");
}

/* The reason and the hint stand in one line, so the second begins where the first ends. */
static void test_hints(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        errno = EIO;
        const char *hint = conn_hint(CASE[i].peer);
        ok(*hint == '\0' || strncmp(hint, ": ", 2) == 0, "a hint%s", hint);
    }
    /* memcached -Z closes a connection that begins with anything but TLS, without an answer. */
    ok(strstr(conn_hint(CONN_LOST), "TLS"), "closed%s", conn_hint(CONN_LOST));
    errno = ECONNREFUSED;
    is_str(conn_hint(CONN_UNREACHABLE), ": is memcached running there?", "nobody listens");
    errno = ENOENT;
    ok(strstr(conn_hint(CONN_UNREACHABLE), "socket"), "no socket%s", conn_hint(CONN_UNREACHABLE));
    errno = EHOSTUNREACH;
    is_str(conn_hint(CONN_UNREACHABLE), "", "the network's own reason says it all");
}

static void test_may_pass(void)
{
    static const enum conn_status PASSING[] = {CONN_SILENT, CONN_BEHIND, CONN_LOST};
    size_t passing = 0, expected = sizeof PASSING / sizeof *PASSING;

    for (size_t i = 0; i < expected; i++)
        ok(conn_may_pass(PASSING[i]), "a new connection may help: %s", conn_strerror(PASSING[i]));
    for (enum conn_status peer = CONN_OK; peer <= CONN_NO_RESOURCES; peer++)
        passing += conn_may_pass(peer);
    is_u64(passing, expected, "... and with nothing else");
}

static void test_report(void)
{
    scratch_enter();
    diag_prefix("t", NULL);
    listen_begin();
    errno = ECONNREFUSED;
    conn_report("h:1", CONN_UNREACHABLE, 30000, NULL);
    conn_report("h:1", CONN_NO_HOST, 30000, NULL);
    conn_report("h:1", CONN_SILENT, 0, NULL);
    conn_report("h:1", CONN_OUT_OF_MEMORY, 30000, NULL);
    conn_report("h:1", CONN_HELD, 30000, "und");
    said(
        "t: h:1: given up after 30s: Connection refused: is memcached running there?\n"
        "t: h:1: no such host: is the name right?\n"
        "t: h:1: no answer in time: is it overloaded, stopped, or at its connection limit "
        "(memcached -c)?\n"
        "t: h:1: out of memory; the old values of the refused keys are dropped: give it more "
        "(memcached -m)\n"
        "t: h:1: given up after 30s: still holds the connection that broke, so what was on its way "
        "cannot be sent again safely: load this input again; the server closes such connections "
        "itself with memcached -o idle_timeout=SECONDS; undelivered records go to und\n",
        "how long it was tried is said where another try could have helped");
}

int main(void)
{
    test_report();
    test_table();
    test_words_differ();
    test_hints();
    test_may_pass();
    ok(conn_exit_status(CONN_OK, false) == 0 && conn_exit_status(CONN_OK, true) == 0 &&
           !conn_is_hopeless(CONN_OK),
       "all is well");
    ok(conn_exit_status(CONN_LOST, true) == 75 && !conn_is_hopeless(CONN_LOST),
       "a lost connection: 75, and tried again");
    ok(conn_exit_status(CONN_LOST, false) == 69,
       "one that was lost before any record got through: never reached, 69");
    return done_testing();
}
