#include "server/probe.h"

#include "bytes/slice.h"
#include "server/dial.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_BYTES = 24, MAGIC_RESPONSE = 0x81, OPCODE_VERSION = 0x0b, VERSION_BYTES_MAX = 31 };

static const char VERSION_REQUEST[HEADER_BYTES] = {'\x80',
                                                   OPCODE_VERSION, [22] = '\r', [23] = '\n'};

/* An answer: a header, a line, or what came of either before the peer closed. */
struct answer {
    char bytes[256];
    size_t len;
};

static bool is_whole(const struct answer *answer)
{
    bool binary = answer->len > 0 && (unsigned char)answer->bytes[0] == MAGIC_RESPONSE;

    return answer->len >= HEADER_BYTES || (!binary && memchr(answer->bytes, '\n', answer->len));
}

/* PEER_LOST: closed without a byte. */
static enum peer read_answer(int fd, struct answer *answer, struct patience *patience)
{
    size_t got;

    for (answer->len = 0; !is_whole(answer); answer->len += got) {
        enum peer peer = dial_receive(fd, answer->bytes + answer->len,
                                      sizeof answer->bytes - answer->len, &got, patience);
        if (peer == PEER_SILENT || peer == PEER_STOPPED)
            return peer;
        if (peer != PEER_OK || got == 0)
            return answer->len == 0 ? PEER_LOST : PEER_OK;
    }
    return PEER_OK;
}

static enum peer ask(const struct address *address, int timeout_ms, struct slice request,
                     struct answer *answer)
{
    int fd;

    enum peer peer = dial(address, timeout_ms, &fd);
    if (peer != PEER_OK)
        return peer;
    struct patience patience = patience_start(timeout_ms);
    peer = dial_send(fd, request.at, request.len);
    if (peer == PEER_OK)
        peer = read_answer(fd, answer, &patience);
    int saved = errno;
    close(fd);
    errno = saved;
    return peer;
}

static bool begins(const struct answer *answer, const char *text)
{
    return answer->len >= strlen(text) && memcmp(answer->bytes, text, strlen(text)) == 0;
}

static enum peer judge_header(const struct answer *answer)
{
    const unsigned char *header = (const unsigned char *)answer->bytes;

    if (answer->len < HEADER_BYTES)
        return PEER_LOST;
    unsigned long body = (unsigned long)header[8] << 24 | (unsigned long)header[9] << 16 |
                         (unsigned long)header[10] << 8 | header[11];
    bool good = header[1] == OPCODE_VERSION && header[6] == 0 && header[7] == 0 && body > 0 &&
                body <= VERSION_BYTES_MAX;
    return good ? PEER_OK : PEER_NOT_MEMCACHED;
}

/* What a line says beside what it was asked for; PEER_OK: nothing. */
static enum peer judge_trouble(const struct answer *answer)
{
    if (begins(answer, "ERROR Too many open connections"))
        return PEER_FULL;
    return begins(answer, "CLIENT_ERROR unauthenticated") ? PEER_AUTH : PEER_OK;
}

/* PEER_TEXT_ONLY: it may be, as it knows the words for "no". */
static enum peer ask_in_binary(const struct address *address, int timeout_ms)
{
    struct answer answer = {.len = 0};

    enum peer peer =
        ask(address, timeout_ms, (struct slice){VERSION_REQUEST, HEADER_BYTES}, &answer);
    if (peer != PEER_OK)
        return peer;
    if ((unsigned char)answer.bytes[0] == MAGIC_RESPONSE)
        return judge_header(&answer);
    peer = judge_trouble(&answer);
    if (peer != PEER_OK)
        return peer;
    bool refuses = begins(&answer, "ERROR") || begins(&answer, "CLIENT_ERROR") ||
                   begins(&answer, "SERVER_ERROR");
    return refuses ? PEER_TEXT_ONLY : PEER_NOT_MEMCACHED;
}

static enum peer ask_in_text(const struct address *address, int timeout_ms)
{
    struct answer answer = {.len = 0};

    enum peer peer = ask(address, timeout_ms, slice_of("get " PROBE_KEY "\r\n"), &answer);
    if (peer == PEER_OK && !is_whole(&answer))
        return PEER_LOST;
    if (peer == PEER_OK)
        peer = judge_trouble(&answer);
    if (peer != PEER_OK)
        return peer;
    if (begins(&answer, "SERVER_ERROR"))
        return PEER_BEHIND;
    return begins(&answer, "END") || begins(&answer, "VALUE " PROBE_KEY " ") ? PEER_TEXT_ONLY
                                                                             : PEER_NOT_MEMCACHED;
}

enum peer probe(const struct address *address, int timeout_ms)
{
    enum peer binary = ask_in_binary(address, timeout_ms);

    if (binary != PEER_TEXT_ONLY && binary != PEER_LOST)
        return binary;
    enum peer text = ask_in_text(address, timeout_ms);
    if (text != PEER_TEXT_ONLY || binary == PEER_TEXT_ONLY)
        return text;
    /* A proxy closes on binary, but so does a server that was just ending. */
    binary = ask_in_binary(address, timeout_ms);
    return binary == PEER_LOST ? PEER_TEXT_ONLY : binary;
}
