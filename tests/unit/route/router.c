/* SPDX-License-Identifier: MIT */
/* router: the one outcome of each line, and where the line is then. */
#include "route/router.h"
#include "process/diag.h"
#include "process/signals.h"
#include "said.h"

static struct router router;

/* The counters that are not 0, in the order of the sum. */
static const char *outcomes(void)
{
    static char text[128];
    const struct route_tally *t = &router.tally;
    const struct {
        char letter;
        uint64_t count;
    } OF[] = {{'b', t->blank},
              {'i', t->invalid},
              {'u', t->unknown},
              {'s', t->skipped},
              {'r', route_tally_routed(t)},
              {'l', t->undelivered}};
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < sizeof OF / sizeof *OF; i++)
        if (OF[i].count > 0)
            len += (size_t)snprintf(text + len, sizeof text - len, "%c%" PRIu64, OF[i].letter,
                                    OF[i].count);
    return text;
}

static int readers[DEVTYPE_COUNT];

static void open_readers(void)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++) {
        const char *path = devtype_name((enum devtype)type);
        if (mkfifo(path, 0600) < 0 && errno != EEXIST)
            scratch_bail(path);
        readers[type] = scratch_open(path, O_RDONLY | O_NONBLOCK);
    }
}

static void close_readers(void)
{
    for (int type = 0; type < DEVTYPE_COUNT; type++)
        close(readers[type]);
}

/* The whole of a run; returns its exit status. What is said is listened to. */
static int route(const char *input, size_t len, struct route_options options)
{
    struct loop loop;
    int kept = dup(STDIN_FILENO), fd;

    scratch_write("input", input, len);
    fd = scratch_open("input", O_RDONLY);
    dup2(fd, STDIN_FILENO);
    close(fd);
    unlink("rejects");
    unlink("rejects.why");
    listen_begin();
    router_init(&router, &options);
    loop_start(&loop, &options.common, &ROUTER_CALLS, &router);
    loop_merge_status(&loop, router_open(&router));
    if (loop.status == 0)
        loop_run(&loop, router.in, "standard input");
    loop_merge_status(&loop, router_end(&router));
    int status = loop_end(&loop);
    router_close(&router);
    dup2(kept, STDIN_FILENO);
    close(kept);
    return status;
}

#define ALL ((1u << DEVTYPE_COUNT) - 1)

static const struct {
    const char *input, *outcomes, *rejects;
    unsigned only;
    bool sentinel;
    int status;
} CASE[] = {
    {"", "", "", ALL, false, 0},
    {"idfa\t1\ngaid\t2\nadid\t3\ndvid\t4\n", "r4", "", ALL, false, 0},
    {"idfa\t1", "r1", "", ALL, false, 0},
    {" \t\r\n\n", "b2", "", ALL, false, 0},
    {"xfa\t1\nidfa\t1\n", "u1r1", "xfa\t1\n", ALL, false, 0},
    {"\xEF\xBB\xBFidfa\t1\n", "u1", "\xEF\xBB\xBFidfa\t1\n", ALL, false, 0},
    {"idfa\t1\ngaid\t2\nx\n", "u1s1r1", "x\n", 1u << DEVTYPE_IDFA, false, 0},
    {"idfa\t12345678901234567890\n", "i1", "idfa\t12345678901234567890\n", ALL, false, 0},
    {"                          \n", "b1", "", ALL, false, 0},
    {"idfa\t1\n", "r1", "", ALL, true, 74},
    {"idfa\t1\nga", "i1r1", "", ALL, true, 74},
    {"idfa\t1\n  ", "b1r1", "", ALL, true, 74},
};

static void test_cases(void)
{
    char rejects[256];

    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct route_options options = {
            .common = {.max_line = 20, .quiet = true, .rejects = "rejects"},
            .directory = ".",
            .only = CASE[i].only,
            .sentinel = CASE[i].sentinel};
        open_readers();
        int status = route(CASE[i].input, strlen(CASE[i].input), options);
        listen_end();
        is_u64((uint64_t)status, (uint64_t)CASE[i].status, "case %zu", i);
        is_str(outcomes(), CASE[i].outcomes, "... its outcomes");
        is_bytes(rejects, scratch_read("rejects", rejects, sizeof rejects), CASE[i].rejects,
                 strlen(CASE[i].rejects), "... what is given back");
        close_readers();
    }
}

static void test_sentinel(void)
{
    struct route_options options = {
        .common = {.max_line = 20, .quiet = true}, .directory = ".", .only = ALL, .sentinel = true};
    char got[64];

    open_readers();
    is_u64((uint64_t)route("idfa\t1\ndvid\t2\0", 14, options), 0, "a sentinel ends the input");
    said("", "... nothing to say");
    is_str(outcomes(), "r2", "... and the line before it is whole");
    is_bytes(got, get_all(readers[DEVTYPE_DVID], got, sizeof got), "dvid\t2\n", 7,
             "... it is routed with an LF and no NUL");
    close_readers();
}

static void test_lost_reader(void)
{
    struct route_options options = {
        .common = {.max_line = 20, .quiet = true}, .directory = ".", .only = 1u << DEVTYPE_IDFA};

    int end[2];
    char path[32];

    make_pipe(end);
    close(end[0]);
    snprintf(path, sizeof path, "/dev/fd/%d", end[1]);
    options.path[DEVTYPE_IDFA] = path;
    is_u64((uint64_t)route("idfa\t1\nidfa\t2\ngaid\t3\n", 21, options), 75,
           "a reader that is gone");
    said("t: idfa: its reader has gone; what it did not take is undelivered: run this input again "
         "when it is back\n",
         "... is told once, by its type");
    is_str(outcomes(), "s1l2", "... and its lines are undelivered");
    close(end[1]);
}

static void test_no_reader(void)
{
    struct route_options options = {
        .common = {.max_line = 20, .quiet = true}, .directory = "none", .only = 1u << DEVTYPE_IDFA};

    is_u64((uint64_t)route("idfa\t1\n", 7, options), 73, "no folder");
    said("t: none/idfa: No such file or directory: --mkfifo makes missing FIFOs\n", "... is told");
    is_str(outcomes(), "", "... before anything is read");
}

int main(void)
{
    scratch_enter();
    diag_prefix("t", NULL);
    signals_prepare();
    test_cases();
    test_sentinel();
    test_lost_reader();
    test_no_reader();
    return done_testing();
}
