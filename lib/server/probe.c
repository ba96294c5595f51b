/* SPDX-License-Identifier: MIT */
#include "server/probe.h"

#include "bytes/slice.h"
#include "io/descriptors.h"
#include "server/dial.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_BYTES = 24, MAGIC_RESPONSE = 0x81, OPCODE_VERSION = 0x0b, VERSION_BYTES_MAX = 31 };

static const char META_REQUEST[] = "version\r\nmg " PROBE_KEY_BASE64 " b\r\nmn\r\n";
enum { META_LINES = 3 };

static const char VERSION_REQUEST[HEADER_BYTES] = {'\x80',
                                                   OPCODE_VERSION, [22] = '\r', [23] = '\n'};

const char *protocol_name(enum protocol protocol)
{
    static const char *const NAME[] = {"auto", "meta", "binary", "text"};

    return NAME[protocol];
}

/* An answer: a header, lines, or what came of either before the peer closed. */
struct answer {
    char bytes[256];
    size_t len;
    size_t lines; /* that are awaited where the first one is VERSION */
    int fd;       /* the connection; -1: closed */
};

static bool begins(const struct answer *answer, const char *text)
{
    return answer->len >= strlen(text) && memcmp(answer->bytes, text, strlen(text)) == 0;
}

static size_t count_lines(const struct answer *answer)
{
    size_t lines = 0;

    for (size_t i = 0; i < answer->len; i++)
        lines += answer->bytes[i] == '\n';
    return lines;
}

static bool is_header(const struct answer *answer)
{
    return answer->len > 0 && (unsigned char)answer->bytes[0] == MAGIC_RESPONSE;
}

static bool is_whole(const struct answer *answer)
{
    if (begins(answer, "VERSION ") && answer->len < sizeof answer->bytes)
        return count_lines(answer) >= answer->lines;
    return answer->len >= HEADER_BYTES || (!is_header(answer) && count_lines(answer) > 0);
}

/* CONN_LOST: closed without a byte. */
static enum conn_status read_answer(int fd, struct answer *answer, struct budget *budget)
{
    size_t got;

    for (answer->len = 0; !is_whole(answer); answer->len += got) {
        enum conn_status conn = dial_receive(fd, answer->bytes + answer->len,
                                             sizeof answer->bytes - answer->len, &got, budget);
        bool has_lines = !is_header(answer) && count_lines(answer) > 0;
        if (conn == CONN_STOPPED || (conn == CONN_SILENT && !has_lines))
            return conn;
        if (conn != CONN_OK || got == 0)
            return answer->len == 0 ? CONN_LOST : CONN_OK;
    }
    return CONN_OK;
}

static void hang_up(struct answer *answer)
{
    if (answer->fd >= 0)
        descriptors_close(answer->fd);
    answer->fd = -1;
}

/* The connection stays open when there is an answer. */
static enum conn_status ask(const struct address *address, int timeout_ms, struct slice request,
                            struct answer *answer)
{
    enum conn_status conn = dial(address, timeout_ms, &answer->fd);
    if (conn != CONN_OK)
        return conn;
    struct budget budget = budget_start(timeout_ms);
    conn = dial_send(answer->fd, request.at, request.len);
    if (conn == CONN_OK)
        conn = read_answer(answer->fd, answer, &budget);
    return conn;
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

/* CONN_OTHER_PROTOCOL: it may speak another one. CONN_LOST: closed, as a server of binary does. */
static enum conn_status ask_in_meta(const struct address *address, int timeout_ms,
                                    struct answer *answer)
{
    answer->lines = META_LINES;
    enum conn_status conn = ask(address, timeout_ms, slice_of(META_REQUEST), answer);
    if (conn == CONN_OK)
        conn = judge_trouble(answer);
    if (conn != CONN_OK)
        return conn;
    struct slice rest = {answer->bytes, answer->len};
    struct slice first = slice_cut(&rest, '\n');
    bool good = begins(answer, "VERSION ") && rest.at && first.len > 0 &&
                slice_equal(rest, slice_of("EN\r\nMN\r\n"));
    return good ? CONN_OK : CONN_OTHER_PROTOCOL;
}

/* CONN_OTHER_PROTOCOL: it may speak text, as it knows the words for "no". */
static enum conn_status ask_in_binary(const struct address *address, int timeout_ms,
                                      struct answer *answer)
{
    enum conn_status conn =
        ask(address, timeout_ms, (struct slice){VERSION_REQUEST, HEADER_BYTES}, answer);
    if (conn != CONN_OK)
        return conn;
    if (is_header(answer))
        return judge_header(answer);
    conn = judge_trouble(answer);
    if (conn != CONN_OK)
        return conn;
    bool refuses =
        begins(answer, "ERROR") || begins(answer, "CLIENT_ERROR") || begins(answer, "SERVER_ERROR");
    return refuses ? CONN_OTHER_PROTOCOL : CONN_NOT_MEMCACHED;
}

static enum conn_status ask_in_text(const struct address *address, int timeout_ms,
                                    struct answer *answer)
{
    enum conn_status conn = ask(address, timeout_ms, slice_of("get " PROBE_KEY "\r\n"), answer);
    if (conn == CONN_OK && !is_whole(answer))
        return CONN_LOST;
    if (conn == CONN_OK)
        conn = judge_trouble(answer);
    if (conn != CONN_OK)
        return conn;
    if (begins(answer, "SERVER_ERROR"))
        return CONN_BEHIND;
    if (begins(answer, "END"))
        return CONN_OK;
    if (!begins(answer, "VALUE " PROBE_KEY " "))
        return CONN_NOT_MEMCACHED;
    hang_up(answer); /* somebody stored it after all; its value is still to come */
    return dial(address, timeout_ms, &answer->fd);
}

typedef enum conn_status ask_fn(const struct address *address, int timeout_ms,
                                struct answer *answer);

/* Only with CONN_OK the connection stays. */
static enum conn_status try(ask_fn *ask_in, const struct address *address, int timeout_ms, int *fd)
{
    struct answer answer = {.lines = 1, .fd = -1};

    enum conn_status conn = ask_in(address, timeout_ms, &answer);
    if (conn == CONN_OK)
        *fd = answer.fd;
    else
        hang_up(&answer);
    return conn;
}

/* The answer leaves it open whether the peer speaks another protocol. */
static bool is_open(enum conn_status conn)
{
    return conn == CONN_OTHER_PROTOCOL || conn == CONN_LOST;
}

/*
 * A peer that closes on a question may not know it, and then closes each time;
 * but so does a server that was just ending. Asks it once more, and takes the
 * new connection in place of *fd where it is answered now.
 */
static enum conn_status ask_again(ask_fn *ask_in, const struct address *address, int timeout_ms,
                                  int *fd)
{
    int second;

    enum conn_status conn = try(ask_in, address, timeout_ms, &second);
    if (is_open(conn))
        return conn;
    descriptors_close(*fd);
    if (conn == CONN_OK)
        *fd = second;
    return conn;
}

static enum conn_status find_older(const struct address *address, int timeout_ms,
                                   enum protocol *found, int *fd)
{
    enum conn_status binary = try(ask_in_binary, address, timeout_ms, fd);

    *found = PROTOCOL_BINARY;
    if (!is_open(binary))
        return binary;
    *found = PROTOCOL_TEXT;
    enum conn_status text = try(ask_in_text, address, timeout_ms, fd);
    if (text != CONN_OK || binary == CONN_OTHER_PROTOCOL)
        return text;
    binary = ask_again(ask_in_binary, address, timeout_ms, fd);
    if (is_open(binary))
        return CONN_OK;
    *found = PROTOCOL_BINARY;
    return binary;
}

static enum conn_status find_any(const struct address *address, int timeout_ms,
                                 enum protocol *found, int *fd)
{
    enum conn_status meta = try(ask_in_meta, address, timeout_ms, fd);

    *found = PROTOCOL_META;
    if (!is_open(meta))
        return meta;
    enum conn_status older = find_older(address, timeout_ms, found, fd);
    if (older != CONN_OK || *found != PROTOCOL_BINARY || meta == CONN_OTHER_PROTOCOL)
        return older;
    meta = ask_again(ask_in_meta, address, timeout_ms, fd);
    if (is_open(meta))
        return CONN_OK;
    *found = PROTOCOL_META;
    return meta;
}

enum conn_status probe(const struct address *address, int timeout_ms, enum protocol wanted,
                       enum protocol *found, int *fd)
{
    enum conn_status conn;

    if (wanted == PROTOCOL_TEXT) {
        *found = PROTOCOL_TEXT;
        return try(ask_in_text, address, timeout_ms, fd);
    }
    if (wanted == PROTOCOL_BINARY)
        conn = find_older(address, timeout_ms, found, fd);
    else
        conn = find_any(address, timeout_ms, found, fd);
    if (conn != CONN_OK || wanted == PROTOCOL_AUTO || wanted == *found)
        return conn;
    descriptors_close(*fd);
    return CONN_OTHER_PROTOCOL;
}
