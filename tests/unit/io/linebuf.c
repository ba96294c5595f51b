/* SPDX-License-Identifier: MIT */
/* linebuf: lines in pieces. Expected are the lines that were put together, never those that were
 * read. */
#include "io/linebuf.h"
#include "scratch.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { SHOWN_BYTES = 256, CHUNK_BYTES = 256 * 1024 };

/* What was read, one line behind the other: [text] or, of an over-long one, <text>. */
struct reading {
    char shown[SHOWN_BYTES];
    size_t used;
    bool open;  /* an over-long line has begun */
    bool sound; /* only over-long lines come in pieces, each of them marked so */
    bool sentinel, rest;
};

static void show(struct reading *r, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && r->used + 1 < sizeof r->shown; i++)
        r->shown[r->used++] = bytes[i] == '\0' ? '0' : bytes[i];
    r->shown[r->used] = '\0';
}

static void note_line(struct reading *r, const struct line *line)
{
    if ((!line->ends || r->open) && !line->overlong)
        r->sound = false;
    if (!r->open)
        show(r, line->overlong ? "<" : "[", 1);
    show(r, line->text.at, line->text.len);
    if (line->ends)
        show(r, line->overlong ? ">" : "]", 1);
    r->open = !line->ends;
}

static void note_lines(struct reading *r, struct linebuf *in)
{
    struct line line;

    while (linebuf_next(in, &line))
        note_line(r, &line);
}

/* '0' stands for a NUL. */
static void put_piece(int fd, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put_all(fd, text[i] == '0' ? "" : text + i, 1);
}

/* The input written in pieces, each read before the next is written; then the end of file. */
static void read_pieces(struct reading *r, const char *input, const size_t *cut, size_t cuts,
                        bool sentinel)
{
    size_t from = 0, len = strlen(input);
    struct line line;
    int end[2];

    *r = (struct reading){.sound = true};
    make_pipe(end);
    struct linebuf *in = linebuf_open(end[0], 4);
    for (size_t i = 0; i <= cuts; i++) {
        size_t to = i < cuts ? cut[i] : len;
        put_piece(end[1], input + from, to - from);
        while (to > from && linebuf_fill(in, 0) == LINEBUF_FILLED)
            note_lines(r, in);
        from = to;
    }
    close(end[1]);
    r->sound = r->sound && linebuf_fill(in, -1) == LINEBUF_END;
    r->sentinel = sentinel && linebuf_take_sentinel(in);
    r->rest = linebuf_rest(in, &line);
    if (r->rest)
        note_line(r, &line);
    linebuf_close(in);
    close(end[0]);
}

/* Here max_line is 4 and '0' in an input stands for a NUL. */
static const struct {
    const char *input;
    bool ask; /* for a sentinel */
    bool sentinel, rest;
    const char *lines;
} INPUT[] = {
    {"", false, false, false, ""},
    {"\n", false, false, false, "[]"},
    {"a", false, false, true, "[a]"},
    {"a\n", false, false, false, "[a]"},
    {"\n\na\n\n", false, false, false, "[][][a][]"},
    {"abc\nabcd\nabcde\nabcdef\n", false, false, false, "[abc][abcd]<abcde><abcdef>"},
    {"abcd", false, false, true, "[abcd]"},
    {"abcde", false, false, true, "<abcde>"},
    {"ab\nabcdefghijk", false, false, true, "[ab]<abcdefghijk>"},
    {"abcdefghijk\nx\nabcdefghijk\n\n", false, false, false, "<abcdefghijk>[x]<abcdefghijk>[]"},
    {"a0b\n0\n00", false, false, true, "[a0b][0][00]"},
    {"0000\n00000\n", false, false, false, "[0000]<00000>"},
    {"\r\n\t\n a \r\n", false, false, false, "[\r][\t][ a \r]"},
    {"", true, false, false, ""},
    {"0", true, true, false, ""},
    {"a\n", true, false, false, "[a]"},
    {"a\n0", true, true, false, "[a]"},
    {"a\nb", true, false, true, "[a][b]"},
    {"a\nb0", true, true, true, "[a][b]"},
    {"a\nb00", true, true, true, "[a][b0]"},
    {"a\n00", true, true, true, "[a][0]"},
    {"a\n0\n", true, false, false, "[a][0]"},
    {"abc0", true, true, true, "[abc]"},
    {"abcd0", true, true, true, "[abcd]"},
    {"abcde0", true, true, true, "<abcde>"},
    {"abcdefghi0", true, true, true, "<abcdefghi>"},
    {"abcdefghi\n0", true, true, false, "<abcdefghi>"},
    {"00000", true, true, true, "[0000]"},
};

static bool as_expected(size_t i, const size_t *cut, size_t cuts)
{
    struct reading r;

    read_pieces(&r, INPUT[i].input, cut, cuts, INPUT[i].ask);
    if (r.sound && !r.open && r.sentinel == INPUT[i].sentinel && r.rest == INPUT[i].rest &&
        strcmp(r.shown, INPUT[i].lines) == 0)
        return true;
    printf("# got %s, %s, sentinel %d, rest %d; expected %s\n", r.shown,
           r.sound ? "sound" : "not sound", r.sentinel, r.rest, INPUT[i].lines);
    return false;
}

static void test_splits(void)
{
    for (size_t i = 0; i < COUNT(INPUT); i++) {
        size_t len = strlen(INPUT[i].input), cut[64], wrong = 0;
        for (cut[0] = 0; cut[0] <= len; cut[0]++)
            for (cut[1] = cut[0]; cut[1] <= len; cut[1]++)
                wrong += !as_expected(i, cut, 2);
        is_u64(wrong, 0, "input %zu in up to three pieces", i);
        for (size_t at = 0; at < len; at++)
            cut[at] = at;
        ok(as_expected(i, cut, len), "input %zu byte by byte", i);
    }
}

/* Line i is made of the letter 'a' + i; the lengths end with a 0; `cut`: the last has no LF. */
struct long_case {
    size_t max_line;
    size_t len[7];
    bool cut;
};

static void write_long(const char *path, const struct long_case *c)
{
    FILE *file = fopen(path, "wb");

    if (!file)
        scratch_bail(path);
    for (size_t i = 0; c->len[i]; i++) {
        for (size_t at = 0; at < c->len[i]; at++)
            putc((int)('a' + i), file);
        if (!c->cut || c->len[i + 1])
            putc('\n', file);
    }
    fclose(file);
}

static bool right_piece(const struct line *line, size_t number, const struct long_case *c)
{
    for (size_t i = 0; i < line->text.len; i++)
        if (line->text.at[i] != (char)('a' + number))
            return false;
    return line->overlong == (c->len[number] > c->max_line) && (line->ends || line->overlong);
}

/* The next piece, from wherever it comes. */
static bool read_piece(struct linebuf *in, struct line *line)
{
    while (!linebuf_next(in, line)) {
        enum linebuf_result result = linebuf_fill(in, -1);
        if (result == LINEBUF_END)
            return linebuf_rest(in, line);
        if (result != LINEBUF_FILLED)
            return false;
    }
    return true;
}

static bool read_long(struct linebuf *in, const struct long_case *c)
{
    size_t number = 0, got = 0;
    struct line line;

    while (read_piece(in, &line)) {
        got += line.text.len;
        if (!c->len[number] || !right_piece(&line, number, c) || linebuf_number(in) != number + 1)
            return false;
        if (line.ends && got != c->len[number])
            return false;
        number += line.ends;
        got = line.ends ? 0 : got;
    }
    return got == 0 && c->len[number] == 0;
}

static void test_long_lines(void)
{
    enum { M = 1024 * 1024, C = CHUNK_BYTES };
    static const struct long_case CASE[] = {
        {M, {M - 1, 3, M, 5}, false},
        {M, {M, M + 1, M + 2, M + 3, 2}, false},
        {M, {5 * M, 1, 5 * M + 1, 1}, false},
        {M, {7, M - 1}, true},
        {M, {7, M}, true},
        {M, {7, M + 1}, true},
        {M, {7, M + 2}, true},
        {M, {7, 3 * M + C - 1}, true},
        {C, {C - 1, C, C + 1, C - 2, C + 2, 1}, false},
        {C, {C - 2, 1, C - 2, C - 1, C}, true},
        {100, {C, C + 1, C - 1, 2 * C, 100, 101}, false},
        {100, {99, 100, 101, 102, 103, C}, true},
        {1, {1, 2, 3, 4, C, 1}, false},
        {C - 1, {C - 2, C - 1, C, C + 1, 3 * C}, true},
        {5000, {C - 4999, 5000, C - 5001, 5000, 4096, 1}, false},
    };

    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct stat info;
        write_long("long", &CASE[i]);
        int fd = scratch_open("long", O_RDONLY);
        struct linebuf *in = linebuf_open(fd, CASE[i].max_line);
        ok(read_long(in, &CASE[i]), "long lines, case %zu", i);
        fstat(fd, &info);
        is_u64(linebuf_bytes(in), (uint64_t)info.st_size, "... all bytes of them");
        linebuf_close(in);
        close(fd);
    }
}

int main(void)
{
    scratch_enter();
    test_splits();
    test_long_lines();
    ok(linebuf_open(0, SIZE_MAX) == NULL, "no buffer for lines as long as memory");
    linebuf_close(NULL);
    return done_testing();
}
