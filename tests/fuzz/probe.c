/* SPDX-License-Identifier: MIT */
/*
 * fuzz: is there a memcached, and what does it speak? The input is that of fuzz_dial.h:
 * the answers to VERSION in binary, to `get` in text, to one of the two or to
 * the first question again, and, as the last one, to the first question: `version`,
 * `mg`, `mn` in lines.
 *
 * It speaks meta exactly if that one is VERSION, EN and MN; binary, if the
 * first 24 bytes are a good header with a length that libmemcached can trust,
 * however they are cut into pieces; text, if the answer to `get` says so, and the
 * answers before it were "no".
 */
#include "server/probe.h"

#include "fuzz_dial.h"

static bool begins(struct slice answer, const char *text)
{
    return answer.len >= strlen(text) && memcmp(answer.at, text, strlen(text)) == 0;
}

/* Magic, opcode, status, and a body of 1 to 31 bytes. */
static bool is_good_header(struct slice answer)
{
    return answer.len >= 24 && begins(answer, "\x81\x0b") &&
           memcmp(answer.at + 6, "\0\0", 2) == 0 && memcmp(answer.at + 8, "\0\0\0", 3) == 0 &&
           answer.at[11] >= 1 && answer.at[11] <= 31;
}

/* Before its end came a whole line, or enough for a judgement; of a version that is the line. */
static bool is_whole(struct slice answer)
{
    if (begins(answer, "VERSION ") && answer.len < 256)
        return memchr(answer.at, '\n', answer.len);
    return answer.len >= 24 ||
           (!begins(answer, "\x81") && answer.len > 0 && memchr(answer.at, '\n', answer.len));
}

static bool is_good_meta(struct slice answer)
{
    static const char END[] = "\nEN\r\nMN\r\n";
    size_t len = strlen(END);
    const char *line = answer.len > 0 ? memchr(answer.at, '\n', answer.len) : NULL;

    return begins(answer, "VERSION ") && line && answer.at + answer.len - line >= (ptrdiff_t)len &&
           memcmp(line, END, len) == 0;
}

static size_t lines_of(struct slice answer)
{
    size_t lines = 0;

    for (size_t i = 0; i < answer.len; i++)
        lines += answer.at[i] == '\n';
    return lines;
}

/* Each verdict has its question, and an answer that allows it. */
static void check_verdict(enum conn_status conn, enum protocol found, struct slice last)
{
    switch (conn) {
    case CONN_OK:
        must(found == PROTOCOL_META || found == PROTOCOL_BINARY || found == PROTOCOL_TEXT);
        break;
    case CONN_LOST:
        must(!dialled.silent && dialled.asked >= 3 && !is_whole(last));
        break;
    case CONN_SILENT:
        must(dialled.silent && !is_whole(last));
        break;
    case CONN_FULL:
        must(begins(last, "ERROR Too many open connections"));
        break;
    case CONN_AUTH:
        must(begins(last, "CLIENT_ERROR unauthenticated"));
        break;
    case CONN_BEHIND:
        must(dialled.asked == 3 && begins(last, "SERVER_ERROR"));
        break;
    default:
        must(conn == CONN_NOT_MEMCACHED && last.len > 0);
    }
}

static void check_found(enum protocol found)
{
    struct slice last = dialled.answers[dialled.asked - 1];
    struct slice text = dialled.answers[2];

    if (found == PROTOCOL_META)
        must(dialled.asked != 2 && is_good_meta(last));
    else if (found == PROTOCOL_BINARY)
        must(is_good_header(dialled.answers[dialled.asked >= 4 ? 3 : 1]));
    else
        must(dialled.asked >= 3 && is_whole(text) &&
             (begins(text, "END") || begins(text, "VALUE " PROBE_KEY)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct address ADDRESS = {.text = "127.0.0.1:1", .host = "127.0.0.1", .port = 1};
    enum protocol found = PROTOCOL_AUTO;
    int fd = -1;

    dial_prepare((struct slice){(const char *)data, size});
    struct slice meta = dialled.answers[DIAL_QUESTIONS_MAX - 1];
    for (size_t n = DIAL_QUESTIONS_MAX - 1; n > 0; n--)
        dialled.answers[n] = dialled.answers[n - 1];
    dialled.answers[0] = meta;
    enum conn_status conn = probe(&ADDRESS, 1000, PROTOCOL_AUTO, &found, &fd);
    /* More behind these lines may have been looked at or not. */
    bool is_meta = conn == CONN_OK && dialled.asked == 1;
    bool is_only_meta = is_good_meta(meta) && meta.len < 256 && lines_of(meta) == 3 &&
                        meta.at[meta.len - 1] == '\n';
    must(is_meta <= is_good_meta(meta) && is_only_meta <= is_meta);
    check_verdict(conn, found, dialled.answers[dialled.asked - 1]);
    if (conn == CONN_OK)
        check_found(found);
    return 0;
}
