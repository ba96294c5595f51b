#include "server/probe.h"

#include "bytes/slice.h"
#include "io/descriptors.h"
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

/* CONN_LOST: closed without a byte. */
static enum conn_status read_answer(int fd, struct answer *answer, struct budget *budget)
{
    size_t got;

    for (answer->len = 0; !is_whole(answer); answer->len += got) {
        enum conn_status conn = dial_receive(fd, answer->bytes + answer->len,
                                             sizeof answer->bytes - answer->len, &got, budget);
        if (conn == CONN_SILENT || conn == CONN_STOPPED)
            return conn;
        if (conn != CONN_OK || got == 0)
            return answer->len == 0 ? CONN_LOST : CONN_OK;
    }
    return CONN_OK;
}

static enum conn_status ask(const struct address *address, int timeout_ms, struct slice request,
                            struct answer *answer)
{
    int fd;

    enum conn_status conn = dial(address, timeout_ms, &fd);
    if (conn != CONN_OK)
        return conn;
    struct budget budget = budget_start(timeout_ms);
    conn = dial_send(fd, request.at, request.len);
    if (conn == CONN_OK)
        conn = read_answer(fd, answer, &budget);
    descriptors_close(fd);
    return conn;
}

static bool begins(const struct answer *answer, const char *text)
{
    return answer->len >= strlen(text) && memcmp(answer->bytes, text, strlen(text)) == 0;
}

static enum conn_status judge_header(const struct answer *answer)
{
    const unsigned char *header = (const unsigned char *)answer->bytes;

    if (answer->len < HEADER_BYTES)
        return CONN_LOST;
    unsigned long body = (unsigned long)header[8] << 24 | (unsigned long)header[9] << 16 |
                         (unsigned long)header[10] << 8 | header[11];
    bool good = header[1] == OPCODE_VERSION && header[6] == 0 && header[7] == 0 && body > 0 &&
                body <= VERSION_BYTES_MAX;
    return good ? CONN_OK : CONN_NOT_MEMCACHED;
}

/* What a line says beside what it was asked for; CONN_OK: nothing. */
static enum conn_status judge_trouble(const struct answer *answer)
{
    if (begins(answer, "ERROR Too many open connections"))
        return CONN_FULL;
    return begins(answer, "CLIENT_ERROR unauthenticated") ? CONN_AUTH : CONN_OK;
}

/* CONN_TEXT_ONLY: it may be, as it knows the words for "no". */
static enum conn_status ask_in_binary(const struct address *address, int timeout_ms)
{
    struct answer answer = {.len = 0};

    enum conn_status conn =
        ask(address, timeout_ms, (struct slice){VERSION_REQUEST, HEADER_BYTES}, &answer);
    if (conn != CONN_OK)
        return conn;
    if ((unsigned char)answer.bytes[0] == MAGIC_RESPONSE)
        return judge_header(&answer);
    conn = judge_trouble(&answer);
    if (conn != CONN_OK)
        return conn;
    bool refuses = begins(&answer, "ERROR") || begins(&answer, "CLIENT_ERROR") ||
                   begins(&answer, "SERVER_ERROR");
    return refuses ? CONN_TEXT_ONLY : CONN_NOT_MEMCACHED;
}

static enum conn_status ask_in_text(const struct address *address, int timeout_ms)
{
    struct answer answer = {.len = 0};

    enum conn_status conn = ask(address, timeout_ms, slice_of("get " PROBE_KEY "\r\n"), &answer);
    if (conn == CONN_OK && !is_whole(&answer))
        return CONN_LOST;
    if (conn == CONN_OK)
        conn = judge_trouble(&answer);
    if (conn != CONN_OK)
        return conn;
    if (begins(&answer, "SERVER_ERROR"))
        return CONN_BEHIND;
    return begins(&answer, "END") || begins(&answer, "VALUE " PROBE_KEY " ") ? CONN_TEXT_ONLY
                                                                             : CONN_NOT_MEMCACHED;
}

enum conn_status probe(const struct address *address, int timeout_ms)
{
    enum conn_status binary = ask_in_binary(address, timeout_ms);

    if (binary != CONN_TEXT_ONLY && binary != CONN_LOST)
        return binary;
    enum conn_status text = ask_in_text(address, timeout_ms);
    if (text != CONN_TEXT_ONLY || binary == CONN_TEXT_ONLY)
        return text;
    /* A proxy closes on binary, but so does a server that was just ending. */
    binary = ask_in_binary(address, timeout_ms);
    return binary == CONN_LOST ? CONN_TEXT_ONLY : binary;
}
