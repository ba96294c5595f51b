/* SPDX-License-Identifier: MIT */
/*
 * fuzz: what a server answers in meta or classic text. The input is
 *
 *     way  piece  answers
 *
 * First each line of the answers is judged by itself. Then all of them answer a
 * reader that asked for three records, in meta with values or without, or in
 * classic text; they come in pieces of `piece` bytes (0: at once), and then the
 * server ends the connection.
 *
 * The reader finds what a plain reading of the whole text finds, however it is
 * cut, and hands out the values' own bytes.
 */
#include "store/answer.h"
#include "store/reader.h"

#include "plain.h"

#include <sys/socket.h>
#include <unistd.h>

enum { RECORDS = 3, PIECES_MAX = 64, ANSWERS_MAX = 4096, WORDS = 4 };
enum way { VALUES, KEYS, CLASSIC, WAYS };

static const char *const KEY[RECORDS] = {"a", "idfa:1", "a"}, *const VALUE[RECORDS] = {"", "xyz",
                                                                                       "x"};

static const char *const REQUESTS[WAYS] = {"mg a v k\r\nmg idfa:1 v k\r\nmg a v k\r\nmn\r\n",
                                           "mg a k\r\nmg idfa:1 k\r\nmg a k\r\nmn\r\n",
                                           "get a\r\nget idfa:1\r\nget a\r\n"};

/* What a reader told. */
struct told {
    enum reader_found found[RECORDS];
    size_t count;
    char value[ANSWERS_MAX];
    size_t value_bytes;
};

static bool is(struct slice text, const char *word)
{
    return text.len == strlen(word) && (text.len == 0 || memcmp(text.at, word, text.len) == 0);
}

static bool begins(struct slice text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.at, word, strlen(word)) == 0;
}

/* ---- one line */

static enum conn_status plain_trouble(struct slice line)
{
    if (is(line, "SERVER_ERROR") || begins(line, "SERVER_ERROR ")) {
        if (begins(line, "SERVER_ERROR object too large"))
            return CONN_OK;
        if (begins(line, "SERVER_ERROR out of memory storing"))
            return CONN_OUT_OF_MEMORY;
        for (; line.len > 0; line.at++, line.len--)
            if (begins(line, "Connection refused"))
                return CONN_BEHIND;
        return CONN_SERVER_FAILED;
    }
    return begins(line, "CLIENT_ERROR unauthenticated") ? CONN_AUTH : CONN_PROTOCOL;
}

static void check_line(struct slice line)
{
    struct answer answer = answer_of(line);
    enum conn_status why = plain_trouble(line);

    must((answer.kind == ANSWER_BARRIER) == is(line, "MN"));
    must((answer.kind == ANSWER_VERSION) == begins(line, "VERSION "));
    must((answer.kind == ANSWER_STORED) == (is(line, "STORED") || begins(line, "HD k")));
    must((answer.key.at != NULL) == begins(line, "HD k"));
    if (answer.key.at)
        must(answer.key.at == line.at + 4 && answer.key.len == line.len - 4);
    must((answer.kind == ANSWER_TOO_LARGE) == (why == CONN_OK));
    must((answer.kind == ANSWER_RETRY) == (why == CONN_OUT_OF_MEMORY || why == CONN_BEHIND));
    if (answer.kind == ANSWER_RETRY || answer.kind == ANSWER_FAILED)
        must(answer.why == why);
}

/* The next line, without its end. False: there is no whole one. */
static bool plain_line(struct slice *text, struct slice *line)
{
    size_t len = 0;

    while (len < text->len && text->at[len] != '\n')
        len++;
    if (len == text->len)
        return false;
    *line = (struct slice){text->at, len > 0 && text->at[len - 1] == '\r' ? len - 1 : len};
    text->at += len + 1;
    text->len -= len + 1;
    return true;
}

/* ---- all of them, by a plain reading */

/* The words between single spaces; at most four, else 0. */
static size_t plain_words(struct slice line, struct slice word[WORDS])
{
    size_t count = 0;

    for (size_t i = 0, from = 0; i <= line.len; i++) {
        if (i < line.len && line.at[i] != ' ')
            continue;
        if (count == WORDS)
            return 0;
        word[count++] = (struct slice){line.at + from, i - from};
        from = i + 1;
    }
    return count;
}

static void plain_tell(struct told *told, enum reader_found found)
{
    told->found[told->count++] = found;
}

/* The value and its line end. */
static enum conn_status plain_value(struct told *told, struct slice *text, struct slice size,
                                    enum reader_found *found)
{
    uint64_t len;

    if (!plain_unsigned(size, SIZE_MAX / 2, &len))
        return CONN_PROTOCOL;
    size_t there = text->len < len ? text->len : (size_t)len;
    if (there > 0)
        memcpy(told->value + told->value_bytes, text->at, there);
    told->value_bytes += there;
    for (size_t i = 0; i < 2 && len + i < text->len; i++)
        if (text->at[len + i] != (i == 0 ? '\r' : '\n'))
            return CONN_PROTOCOL;
    if (text->len < len + 2)
        return CONN_LOST;
    *found = is((struct slice){text->at, (size_t)len}, VALUE[told->count]) ? READER_SAME
                                                                           : READER_DIFFERS;
    text->at += len + 2;
    text->len -= (size_t)len + 2;
    return CONN_OK;
}

static enum conn_status plain_refusal(struct slice line)
{
    enum conn_status why = plain_trouble(line);

    return why == CONN_OK ? CONN_PROTOCOL : why;
}

/* Each answer is for the next key, and names it; only one that is missing need not. */
static enum conn_status plain_meta(struct told *told, enum way way, struct slice text)
{
    struct slice line, word[WORDS];

    while (plain_line(&text, &line)) {
        size_t words = plain_words(line, word);
        bool over = told->count == RECORDS;
        bool value = way == VALUES && begins(line, "VA ");
        bool missing = is(line, "EN") || begins(line, "EN ");
        enum conn_status conn = CONN_OK;
        enum reader_found found = missing ? READER_MISSING : READER_SAME;
        if (over && is(line, "MN"))
            return CONN_OK;
        if (over || !(missing || value || (way == KEYS && begins(line, "HD "))))
            return plain_refusal(line);
        struct slice key = words == (value ? 3 : 2) ? word[words - 1] : (struct slice){0};
        if (!is(line, "EN") &&
            !(begins(key, "k") && is((struct slice){key.at + 1, key.len - 1}, KEY[told->count])))
            return CONN_PROTOCOL;
        if (value)
            conn = plain_value(told, &text, word[1], &found);
        if (conn != CONN_OK)
            return conn;
        plain_tell(told, found);
    }
    return CONN_LOST;
}

static enum conn_status plain_classic(struct told *told, struct slice text)
{
    enum reader_found found = READER_MISSING;
    struct slice line, word[WORDS];

    while (told->count < RECORDS) {
        if (!plain_line(&text, &line))
            return CONN_LOST;
        if (is(line, "END")) {
            plain_tell(told, found);
            found = READER_MISSING;
        } else if (begins(line, "VALUE ")) {
            if (found != READER_MISSING || plain_words(line, word) != 4 ||
                !is(word[1], KEY[told->count]))
                return CONN_PROTOCOL;
            enum conn_status conn = plain_value(told, &text, word[3], &found);
            if (conn != CONN_OK)
                return conn;
        } else {
            return plain_refusal(line);
        }
    }
    return CONN_OK;
}

/* ---- and by the reader */

static bool on_found(void *context, enum reader_found found, const struct batch_record *record)
{
    struct told *told = context;

    must(told->count < RECORDS && record->number == told->count);
    told->found[told->count++] = found;
    return true;
}

static void on_value(void *context, struct slice piece)
{
    struct told *told = context;

    must(told->value_bytes + piece.len <= sizeof told->value);
    memcpy(told->value + told->value_bytes, piece.at, piece.len);
    told->value_bytes += piece.len;
}

/* Each piece is a packet: one receive gets it. */
static void answer_in_pieces(int fd, struct slice answers, size_t piece)
{
    if (piece < answers.len / PIECES_MAX + 1)
        piece = piece == 0 ? ANSWERS_MAX : answers.len / PIECES_MAX + 1;
    while (answers.len > 0) {
        size_t len = answers.len < piece ? answers.len : piece;
        must(send(fd, answers.at, len, MSG_DONTWAIT) == (ssize_t)len);
        answers.at += len;
        answers.len -= len;
    }
    must(shutdown(fd, SHUT_WR) == 0);
}

/* It asked as it should, unless the answers came before the question. */
static void check_requests(int fd, enum way way)
{
    char got[256];
    ssize_t len = recv(fd, got, sizeof got, MSG_DONTWAIT);

    if (len > 0)
        must(is((struct slice){got, (size_t)len}, REQUESTS[way]));
}

static enum conn_status read_all(struct told *told, enum way way, size_t piece,
                                 struct slice answers)
{
    static struct batch batch;
    static struct server server = {.counters.ext_evicted = -1}; /* no disk: keys are enough */
    static struct channel channel;
    size_t cursor = 0;
    int fd[2];

    for (size_t i = 0; batch.count < RECORDS; i++)
        batch.record[batch.count++] = (struct batch_record){
            .key = slice_of(KEY[i]), .value = slice_of(VALUE[i]), .number = i};
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd) == 0);
    channel.server = &server;
    channel.protocol = way == CLASSIC ? PROTOCOL_TEXT : PROTOCOL_META;
    connection_start(&channel.connection, fd[0], 10000);
    answer_in_pieces(fd[1], answers, piece);
    enum conn_status conn = way == KEYS
                                ? reader_look(&channel, &batch, &cursor, on_found, told)
                                : reader_get(&channel, &batch, &cursor, on_value, on_found, told);
    check_requests(fd[1], way);
    connection_close(&channel.connection);
    close(fd[1]);
    must(cursor == told->count);
    return conn;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct told plain, told;
    struct slice text = {(const char *)data, size};
    enum way way = (enum way)(fuzz_byte(&text) % WAYS);
    size_t piece = fuzz_byte(&text);
    struct slice rest = text, line;

    if (text.len > ANSWERS_MAX)
        return 0;
    while (plain_line(&rest, &line))
        check_line(line);
    check_line(rest);
    plain = told = (struct told){0};
    enum conn_status expected =
        way == CLASSIC ? plain_classic(&plain, text) : plain_meta(&plain, way, text);
    enum conn_status conn = read_all(&told, way, piece, text);
    /* A line behind the end may have come with it; then it was seen. */
    must(conn == expected || expected == CONN_OK);
    must((conn == CONN_OK) <= (told.count == RECORDS));
    must(told.count == plain.count);
    must(memcmp(told.found, plain.found, told.count * sizeof *told.found) == 0);
    must(told.value_bytes == plain.value_bytes &&
         memcmp(told.value, plain.value, told.value_bytes) == 0);
    return 0;
}
