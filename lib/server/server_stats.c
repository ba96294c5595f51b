/* SPDX-License-Identifier: MIT */
#include "server/server_stats.h"

#include "io/descriptors.h"
#include "server/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A list of 100,000 connections has 30 MB; a server that never ends it has no more of our time than
 * that. */
enum { BUFFER_BYTES = 4096, LIST_BYTES_MAX = 64 * 1024 * 1024 };

enum list_state { LIST_GOES_ON, LIST_ENDS, LIST_BROKEN };

static enum list_state take_line(struct slice line, stats_fn *each, void *context)
{
    line = slice_strip(line);
    if (slice_equal(line, slice_of("END")))
        return LIST_ENDS;
    if (!slice_equal(slice_cut(&line, ' '), slice_of("STAT")) || !line.at)
        return LIST_BROKEN;
    struct slice name = slice_cut(&line, ' ');
    each(context, name, line.at ? line : (struct slice){"", 0});
    return LIST_GOES_ON;
}

/* Takes the whole lines off the front of the buffer; *used is what is left. */
static enum list_state take_lines(char *buffer, size_t *used, stats_fn *each, void *context)
{
    struct slice rest = {buffer, *used};
    enum list_state state = LIST_GOES_ON;

    while (state == LIST_GOES_ON && rest.len > 0 && memchr(rest.at, '\n', rest.len))
        state = take_line(slice_cut(&rest, '\n'), each, context);
    memmove(buffer, rest.at ? rest.at : buffer, rest.len);
    *used = rest.len;
    return *used == BUFFER_BYTES ? LIST_BROKEN : state;
}

static enum conn_status read_list(int fd, int timeout_ms, stats_fn *each, void *context)
{
    struct budget budget = budget_start(timeout_ms);
    char buffer[BUFFER_BYTES];
    size_t used = 0, got;

    for (size_t all = 0; all < LIST_BYTES_MAX; all += got) {
        enum conn_status conn =
            dial_receive(fd, buffer + used, sizeof buffer - used, &got, &budget);
        if (conn != CONN_OK)
            return conn;
        if (got == 0)
            return CONN_LOST;
        used += got;
        enum list_state state = take_lines(buffer, &used, each, context);
        if (state != LIST_GOES_ON)
            return state == LIST_ENDS ? CONN_OK : CONN_PROTOCOL;
    }
    return CONN_PROTOCOL;
}

enum conn_status stats_ask(int fd, const char *command, int timeout_ms, stats_fn *each,
                           void *context)
{
    char request[64];
    int len = snprintf(request, sizeof request, "%s\r\n", command);

    enum conn_status conn = dial_send(fd, request, (size_t)len);
    return conn == CONN_OK ? read_list(fd, timeout_ms, each, context) : conn;
}

enum conn_status stats_read(const struct address *address, const char *command, int timeout_ms,
                            stats_fn *each, void *context)
{
    int fd;

    enum conn_status conn = dial(address, timeout_ms, &fd);
    if (conn != CONN_OK)
        return conn;
    conn = stats_ask(fd, command, timeout_ms, each, context);
    descriptors_close(fd);
    return conn;
}
