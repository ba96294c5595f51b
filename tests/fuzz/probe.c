/*
 * fuzz: is there a memcached? The input is that of fuzz_dial.h: the answers to the
 * binary VERSION and, of a server of text, to `version`.
 *
 * It is a memcached exactly if the first 24 bytes are a good header with a
 * length that libmemcached can trust, however they are cut into pieces.
 */
#include "probe.h"

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

static void check(enum peer peer, struct slice first, struct slice second)
{
    bool binary = begins(first, "\x81");

    must((peer == PEER_OK) == is_good_header(first));
    switch (peer) {
    case PEER_OK:
        must(binary && dialled.asked == 1);
        break;
    case PEER_LOST:
        must(first.len == 0 || (binary && first.len < 24));
        must(!dialled.silent);
        break;
    case PEER_SILENT:
        must(dialled.silent);
        break;
    case PEER_FULL:
        must(begins(first, "ERROR Too many open connections"));
        break;
    case PEER_AUTH:
        must(begins(first, "CLIENT_ERROR") || (begins(first, "ERROR") && second.len > 0));
        break;
    case PEER_TEXT_ONLY:
        must(dialled.asked == 2 && (begins(first, "ERROR") || begins(first, "CLIENT_ERROR")));
        break;
    default:
        must(peer == PEER_NOT_MEMCACHED && first.len > 0);
    }
    if (first.len >= 24 && binary)
        must(peer == PEER_OK || peer == PEER_NOT_MEMCACHED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct address ADDRESS = {.text = "127.0.0.1:1", .host = "127.0.0.1", .port = 1};

    dial_prepare((struct slice){(const char *)data, size});
    enum peer peer = probe(&ADDRESS, 1000);
    check(peer, dialled.answers[0], dialled.answers[1]);
    return 0;
}
