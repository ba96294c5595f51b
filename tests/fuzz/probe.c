/*
 * fuzz: is there a memcached? The input is that of fuzz_dial.h: the answers to the
 * binary VERSION, to `get` in text, and to VERSION again.
 *
 * It speaks binary exactly if the first 24 bytes are a good header with a
 * length that libmemcached can trust, however they are cut into pieces. It
 * speaks text only if the second answer says so, and the first was "no".
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

/* Before its end came a whole line, or enough for a judgement. */
static bool is_whole(struct slice answer)
{
    return answer.len >= 24 ||
           (!begins(answer, "\x81") && answer.len > 0 && memchr(answer.at, '\n', answer.len));
}

static bool is_refusal(struct slice answer)
{
    return begins(answer, "ERROR") || begins(answer, "CLIENT_ERROR") ||
           begins(answer, "SERVER_ERROR");
}

/* Closed without an answer, or within a header. */
static bool is_lost(struct slice answer)
{
    return answer.len == 0 || (begins(answer, "\x81") && answer.len < 24);
}

/* Each verdict has its question, and an answer that allows it. */
static void check_verdict(enum conn_status peer, struct slice first, struct slice last)
{
    switch (peer) {
    case CONN_OK:
        must(dialled.asked != 2 && is_good_header(last));
        break;
    case CONN_LOST:
        must(!dialled.silent && dialled.asked == 2 && !is_whole(last));
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
        must(dialled.asked == 2 && begins(last, "SERVER_ERROR"));
        break;
    case CONN_TEXT_ONLY:
        must(is_whole(dialled.answers[1]));
        must(begins(dialled.answers[1], "END") || begins(dialled.answers[1], "VALUE " PROBE_KEY));
        must(dialled.asked == (is_lost(first) ? 3 : 2));
        must(dialled.asked == 2 || !is_good_header(last));
        break;
    default:
        must(peer == CONN_NOT_MEMCACHED && last.len > 0);
    }
}

static void check(enum conn_status peer)
{
    struct slice first = dialled.answers[0], last = dialled.answers[dialled.asked - 1];

    must((peer == CONN_OK && dialled.asked == 1) == is_good_header(first));
    must(dialled.asked == 1 || is_lost(first) || is_refusal(first));
    check_verdict(peer, first, last);
    if (first.len >= 24 && begins(first, "\x81"))
        must(peer == CONN_OK || peer == CONN_NOT_MEMCACHED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct address ADDRESS = {.text = "127.0.0.1:1", .host = "127.0.0.1", .port = 1};

    dial_prepare((struct slice){(const char *)data, size});
    check(probe(&ADDRESS, 1000));
    return 0;
}
