/* SPDX-License-Identifier: MIT */
/*
 * fuzz_dial.h - the three functions of lib/server/dial.h once more, so that a server's
 * answers are the input's and no socket is needed. The linker takes these and
 * leaves lib/server/dial.c in its archive.
 *
 * The input is
 *
 *     piece  silent  first answer  [0xff 0x00  second answer  [0xff 0x00  third answer ...]]
 *
 * Each question has its answer, which comes in pieces of `piece` bytes (0: as
 * many as are asked for); then the connection is silent or, by default, closed.
 */
#ifndef FUZZ_DIAL_H
#define FUZZ_DIAL_H

#include "fuzz.h"
#include "server/dial.h"

enum { DIAL_QUESTIONS_MAX = 5 };

static struct {
    struct slice answers[DIAL_QUESTIONS_MAX];
    size_t asked; /* questions so far */
    size_t piece; /* 0: all that fits */
    bool silent;  /* after the answer */
    struct slice now;
} dialled;

enum conn_status dial(const struct address *address, int timeout_ms, int *fd)
{
    must(address && timeout_ms > 0);
    *fd = -1; /* close(-1) is harmless */
    return CONN_OK;
}

enum conn_status dial_send(int fd, const char *bytes, size_t len)
{
    must(fd == -1 && bytes && len > 0);
    must(dialled.asked < DIAL_QUESTIONS_MAX);
    dialled.now = dialled.answers[dialled.asked++];
    return CONN_OK;
}

enum conn_status dial_receive(int fd, char *bytes, size_t size, size_t *len,
                              struct budget *patience)
{
    struct slice *now = &dialled.now;
    size_t most = dialled.piece > 0 && dialled.piece < size ? dialled.piece : size;

    must(fd == -1 && patience && size > 0);
    if (now->len == 0 && dialled.silent)
        return CONN_SILENT;
    *len = now->len < most ? now->len : most;
    if (*len > 0)
        memcpy(bytes, now->at, *len);
    now->at += *len;
    now->len -= *len;
    return CONN_OK;
}

/* Takes the input apart. */
static void dial_prepare(struct slice input)
{
    dialled.piece = fuzz_byte(&input);
    dialled.silent = fuzz_byte(&input) & 1;
    dialled.asked = 0;
    for (size_t n = 0; n < DIAL_QUESTIONS_MAX; n++) {
        const char *end = NULL;
        for (size_t i = 0; !end && n + 1 < DIAL_QUESTIONS_MAX && i + 1 < input.len; i++)
            if (memcmp(input.at + i, "\xff", 2) == 0)
                end = input.at + i;
        dialled.answers[n] = (struct slice){input.at, end ? (size_t)(end - input.at) : input.len};
        size_t used = dialled.answers[n].len + (end ? 2 : 0);
        input.at += used;
        input.len -= used;
    }
}

#endif
