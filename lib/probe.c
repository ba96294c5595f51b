#include "probe.h"

#include "dial.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_BYTES = 24, MAGIC_RESPONSE = 0x81, OPCODE_VERSION = 0x0b, VERSION_BYTES_MAX = 31 };

static const char VERSION_REQUEST[HEADER_BYTES] = {'\x80',
                                                   OPCODE_VERSION, [22] = '\r', [23] = '\n'};

/* Reads until `enough` bytes, or an LF where the answer is text. *len tells how many came. */
static enum peer read_answer(int fd, char *answer, size_t size, size_t enough, size_t *len,
                             struct patience *patience)
{
    size_t got;

    for (*len = 0; *len < enough; *len += got) {
        enum peer peer = dial_receive(fd, answer + *len, size - *len, &got, patience);
        if (peer != PEER_OK && *len == 0)
            return peer;
        if (peer == PEER_OK && got == 0 && *len == 0)
            return PEER_LOST;
        if (peer != PEER_OK || got == 0)
            return peer == PEER_SILENT || peer == PEER_STOPPED ? peer : PEER_OK;
        if ((unsigned char)answer[0] != MAGIC_RESPONSE && memchr(answer, '\n', *len + got))
            enough = 0;
    }
    return PEER_OK;
}

static bool begins(const char *answer, size_t len, const char *text)
{
    return len >= strlen(text) && memcmp(answer, text, strlen(text)) == 0;
}

/* A peer that answers in text: a memcached without binary, or something else? */
static enum peer judge_text(int fd, char *answer, size_t size, size_t len,
                            struct patience *patience)
{
    static const char REQUEST[] = "version\r\n";

    if (begins(answer, len, "ERROR Too many open connections"))
        return PEER_FULL;
    if (begins(answer, len, "CLIENT_ERROR unauthenticated"))
        return PEER_AUTH;
    if (!begins(answer, len, "ERROR") && !begins(answer, len, "CLIENT_ERROR"))
        return PEER_NOT_MEMCACHED;
    if (dial_send(fd, REQUEST, sizeof REQUEST - 1) != PEER_OK ||
        read_answer(fd, answer, size, size, &len, patience) != PEER_OK)
        return PEER_NOT_MEMCACHED;
    if (begins(answer, len, "CLIENT_ERROR unauthenticated"))
        return PEER_AUTH;
    return begins(answer, len, "VERSION ") ? PEER_TEXT_ONLY : PEER_NOT_MEMCACHED;
}

static enum peer ask_version(int fd, struct patience *patience)
{
    char answer[256];
    size_t len;

    enum peer peer = dial_send(fd, VERSION_REQUEST, HEADER_BYTES);
    if (peer == PEER_OK)
        peer = read_answer(fd, answer, sizeof answer, HEADER_BYTES, &len, patience);
    if (peer != PEER_OK)
        return peer;
    const unsigned char *header = (const unsigned char *)answer;
    if (header[0] != MAGIC_RESPONSE)
        return judge_text(fd, answer, sizeof answer, len, patience);
    if (len < HEADER_BYTES)
        return PEER_LOST;
    unsigned long body = (unsigned long)header[8] << 24 | (unsigned long)header[9] << 16 |
                         (unsigned long)header[10] << 8 | header[11];
    bool good = header[1] == OPCODE_VERSION && header[6] == 0 && header[7] == 0 && body > 0 &&
                body <= VERSION_BYTES_MAX;
    return good ? PEER_OK : PEER_NOT_MEMCACHED;
}

enum peer probe(const struct address *address, int timeout_ms)
{
    int fd;

    enum peer peer = dial(address, timeout_ms, &fd);
    if (peer != PEER_OK)
        return peer;
    struct patience patience = patience_start(timeout_ms);
    peer = ask_version(fd, &patience);
    int saved = errno;
    close(fd);
    errno = saved;
    return peer;
}
