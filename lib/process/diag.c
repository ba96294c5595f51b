/* SPDX-License-Identifier: MIT */
#include "process/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 2048 };

static const char *prefix_program = "memc";
static const char *prefix_label;
static bool live_line;

void diag_prefix(const char *program, const char *label)
{
    prefix_program = program;
    prefix_label = label;
}

/* A file name may hold a newline or an escape sequence: a message may not. */
static void make_printable(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
}

static void write_line(const char *lead, char *text, int len, size_t size)
{
    char out[MESSAGE_BYTES + 8];
    size_t used = len < 0 ? 0 : (size_t)len;

    if (used >= size)
        used = size - 1;
    make_printable(text, used);
    int total = snprintf(out, sizeof out, "%s%.*s\n", lead, (int)used, text);
    ssize_t written = write(STDERR_FILENO, out, (size_t)total);
    (void)written; /* if standard error fails, there is no other place to report it */
}

void diag(const char *format, ...)
{
    char text[MESSAGE_BYTES];
    int saved = errno;
    va_list args;

    int len = snprintf(text, sizeof text, "%s: %.256s%s", prefix_program,
                       prefix_label ? prefix_label : "", prefix_label ? ": " : "");
    if (len < 0 || (size_t)len >= sizeof text)
        len = (int)sizeof text - 1;
    errno = saved;
    va_start(args, format);
    len += vsnprintf(text + len, sizeof text - (size_t)len, format, args);
    va_end(args);
    write_line(live_line ? "\n" : "", text, len, sizeof text);
    live_line = false;
    errno = saved;
}

int diag_fail(const char *object, const char *reason, int status)
{
    diag("%s: %s", object, reason);
    return status;
}

void diag_live(const char *text)
{
    char out[MESSAGE_BYTES];

    if (*text == '\0' && !live_line)
        return;
    int len = snprintf(out, sizeof out, *text ? "\r%s\033[K" : "\n%s", text);
    if (len > 0 && (size_t)len < sizeof out) {
        ssize_t written = write(STDERR_FILENO, out, (size_t)len);
        (void)written;
    }
    live_line = *text != '\0';
}

bool diag_may_repeat(uint64_t *shown)
{
    return (*shown)++ < DIAG_REPEATS;
}
