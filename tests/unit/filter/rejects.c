/* SPDX-License-Identifier: MIT */
/* rejects: bad lines given back, and complaints on descriptor 2, which is a file here. */
#include "filter/rejects.h"
#include "process/diag.h"
#include "said.h"

static void open_rejects(struct rejects *rejects, const char *path, const char *type, bool verbose)
{
    rejects_init(rejects, type, verbose);
    rejects_open(rejects, path, false, 0, STDIN_FILENO);
}

static void test_lines(void)
{
    struct rejects rejects;

    listen_begin();
    open_rejects(&rejects, "lines", NULL, false);
    rejects_line(&rejects, slice_of("secret\r"), (struct place){7, 120},
                 "not five TAB-separated fields");
    rejects_line(&rejects, (struct slice){"a\0b", 3}, (struct place){UINT64_MAX, UINT64_MAX},
                 "NUL byte");
    int status = rejects_close(&rejects);
    said("t: line 7: not five TAB-separated fields\nt: line 18446744073709551615: NUL byte\n",
         "number and reason, no byte of the line");
    is_u64((uint64_t)status, 0, "closed");
    char bytes[32];
    is_bytes(bytes, scratch_read("lines", bytes, sizeof bytes), "secret\r\na\0b\n", 12,
             "the lines, byte for byte");
    static const char WHY[] = "7\t120\tnot five TAB-separated fields\n"
                              "18446744073709551615\t18446744073709551615\tNUL byte\n";
    char why[128];
    is_bytes(why, scratch_read("lines.why", why, sizeof why), WHY, sizeof WHY - 1,
             "lines.why: number, offset and reason");
    listen_begin();
    open_rejects(&rejects, NULL, "idfa", false);
    rejects_line(&rejects, slice_of("x"), (struct place){1, 0}, "reason");
    rejects_close(&rejects);
    said("t: idfa line 1: reason\n", "a sink of one type counts that type's lines, and says so");
}

static void test_cap(void)
{
    char ten[1100], all[1024];
    struct rejects rejects;
    size_t used = 0;

    for (unsigned i = 1; i <= 25; i++) {
        used += (size_t)snprintf(all + used, sizeof all - used, "t: line %u: r\n", i);
        if (i == 10)
            snprintf(ten, sizeof ten, "%st: 15 more bad lines, not shown\n", all);
    }
    for (int verbose = 0; verbose < 2; verbose++) {
        listen_begin();
        open_rejects(&rejects, NULL, NULL, verbose);
        for (uint64_t i = 1; i <= 25; i++)
            rejects_line(&rejects, slice_of("x"), (struct place){i, 0}, "r");
        rejects_close(&rejects);
        said(verbose ? all : ten,
             verbose ? "--verbose tells all" : "ten are told, the others counted");
    }
    listen_begin();
    open_rejects(&rejects, NULL, NULL, false);
    for (uint64_t i = 1; i <= 10; i++)
        rejects_line(&rejects, slice_of("x"), (struct place){i, 0}, "r");
    rejects_close(&rejects);
    ten[strstr(ten, "t: 15") - ten] = '\0';
    said(ten, "ten of ten: no others");
}

static struct line_counts counts;

static bool counted(uint64_t lines, uint64_t blank, uint64_t invalid)
{
    bool as_expected = counts.lines == lines && counts.blank == blank && counts.invalid == invalid;

    counts = (struct line_counts){0};
    return as_expected;
}

/* True if it counts as so many lines, blank ones and invalid ones. */
static bool piece(struct rejects *rejects, const char *text, bool ends, uint64_t blank,
                  uint64_t invalid)
{
    struct line line = {slice_of(text), true, ends, {3, 44}, LINE_NO_MARK};

    rejects_overlong(rejects, &line, &counts);
    return counted(blank + invalid, blank, invalid);
}

/* True if it is the one line counted, as blank or as invalid. */
static bool cut(struct rejects *rejects, const char *text, bool overlong, bool blank)
{
    struct line line = {slice_of(text), overlong, true, {0, 0}, LINE_NO_MARK};

    rejects_cut(rejects, &line, &counts);
    return counted(1, blank, !blank);
}

static void test_overlong(void)
{
    struct rejects rejects;

    listen_begin();
    open_rejects(&rejects, "overlong", NULL, false);
    bool text = piece(&rejects, "  ", false, 0, 0) && piece(&rejects, "x", false, 0, 0) &&
                piece(&rejects, "  ", true, 0, 1);
    bool blank = piece(&rejects, "  ", false, 0, 0) && piece(&rejects, "\t", true, 1, 0);
    bool again = piece(&rejects, "y", false, 0, 0) && piece(&rejects, "", true, 0, 1);
    rejects_close(&rejects);
    said("t: line 3: longer than --max-line\nt: line 3: longer than --max-line\n",
         "each is told once");
    ok(text, "a line with text somewhere is rejected");
    ok(blank, "one of white space is blank");
    ok(again, "... and leaves nothing behind for the next one");
    static char bytes[64];
    size_t len = scratch_read("overlong", bytes, sizeof bytes);
    ok(len >= 8 && memcmp(bytes, "  x  \n", 6) == 0 && memcmp(bytes + len - 2, "y\n", 2) == 0,
       "the rejected ones are given back");
}

static void test_cut(void)
{
    static const struct {
        const char *text;
        bool overlong, blank;
    } CASE[] = {{"", false, true},
                {" \t", false, true},
                {"x", false, false},
                {"  ", true, true},
                {"x", true, false}};
    struct rejects rejects;

    open_rejects(&rejects, NULL, NULL, false);
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++)
        ok(cut(&rejects, CASE[i].text, CASE[i].overlong, CASE[i].blank), "a cut line, case %zu", i);
    piece(&rejects, "x", false, 0, 0);
    ok(cut(&rejects, "  ", true, false), "a cut line that began with text is not blank");
    rejects_close(&rejects);
}

int main(void)
{
    scratch_enter();
    diag_prefix("t", NULL);
    test_lines();
    test_cap();
    test_overlong();
    test_cut();
    return done_testing();
}
