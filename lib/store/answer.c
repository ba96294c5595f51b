/* SPDX-License-Identifier: MIT */
#include "store/answer.h"

static bool begins(struct slice line, const char *text)
{
    size_t len = strlen(text);

    return line.len >= len && memcmp(line.at, text, len) == 0;
}

static bool contains(struct slice line, const char *text)
{
    for (; line.len > 0; line.at++, line.len--)
        if (begins(line, text))
            return true;
    return false;
}

/*
 * A proxy answers SERVER_ERROR with what strerror(3) says of its own
 * connection. Refused: the set has never left it. Whatever else it says (timed
 * out, reset by peer), the server behind it may execute the set yet, after a
 * newer one of the same key.
 */
static struct answer server_error(struct slice line)
{
    if (begins(line, "SERVER_ERROR object too large"))
        return (struct answer){.kind = ANSWER_TOO_LARGE};
    if (begins(line, "SERVER_ERROR out of memory storing"))
        return (struct answer){.kind = ANSWER_RETRY, .why = CONN_OUT_OF_MEMORY};
    if (contains(line, "Connection refused"))
        return (struct answer){.kind = ANSWER_RETRY, .why = CONN_BEHIND};
    return (struct answer){.kind = ANSWER_FAILED, .why = CONN_SERVER_FAILED};
}

struct answer answer_of(struct slice line)
{
    if (slice_equal(line, slice_of("MN")))
        return (struct answer){.kind = ANSWER_BARRIER};
    if (begins(line, "VERSION "))
        return (struct answer){.kind = ANSWER_VERSION};
    if (begins(line, "HD k"))
        return (struct answer){.kind = ANSWER_STORED, .key = {line.at + 4, line.len - 4}};
    if (slice_equal(line, slice_of("STORED")))
        return (struct answer){.kind = ANSWER_STORED};
    if (slice_equal(line, slice_of("SERVER_ERROR")) || begins(line, "SERVER_ERROR "))
        return server_error(line);
    if (begins(line, "CLIENT_ERROR unauthenticated"))
        return (struct answer){.kind = ANSWER_FAILED, .why = CONN_AUTH};
    return (struct answer){.kind = ANSWER_FAILED, .why = CONN_PROTOCOL};
}

bool answer_are_stale_marks(struct slice words)
{
    bool good = true;

    while (words.at) {
        struct slice mark = slice_cut(&words, ' ');
        good &= mark.len == 1 && memchr("WXZ", mark.at[0], 3);
    }
    return good;
}
