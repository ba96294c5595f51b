/* SPDX-License-Identifier: MIT */
/* dry_run: the lines on descriptor 1, which is that of a child here: ours has the report. */
#include "sink/dry_run.h"
#include "record/apps.h"
#include "record/encode.h"
#include "scratch.h"
#include "tap.h"

enum { MAX_LINE = 1048576, LINES = 20000 };

static void print_line(struct dry_run *out, const char *text, size_t len)
{
    static uint32_t apps[MAX_LINE];
    char key[RECORD_KEY_MAX];
    struct record record;

    if (record_parse((struct slice){text, len}, apps, &record) != RECORD_OK)
        _exit(98);
    dry_run_record(out, (struct slice){key, encode_key(&record, key)}, &record);
}

/* What a child prints there goes into `path`, or for NULL to what descriptor 1 is; its status is
 * dry_run_close's. */
static int print_to(const char *path, void (*print)(struct dry_run *out, const char *server),
                    const char *server)
{
    if (path)
        dup2(scratch_open(path, O_WRONLY | O_CREAT | O_APPEND), STDOUT_FILENO);
    struct dry_run *out = dry_run_open(server, MAX_LINE);
    if (!out)
        return 99;
    print(out, server);
    return dry_run_close(out);
}

static int run_child(const char *path, void (*print)(struct dry_run *out, const char *server))
{
    pid_t child = fork_child();

    if (child == 0)
        _exit(print_to(path, print, "127.0.0.1:33013"));
    return wait_child(child);
}

static void print_four(struct dry_run *out, const char *server)
{
    static const char *const LINE[] = {"idfa\tabc\t0.5\t-1\t1,300,4294967295",
                                       "gaid\t\xff\t-0\t1e2\tx,4294967295", "dvid\tno-app\t1\t2\tx",
                                       "dvid\tb\t1e300\t0.1\tx"};

    (void)server;
    for (size_t i = 0; i < 4; i++)
        print_line(out, LINE[i], strlen(LINE[i]));
}

/* By hand: the form of the program that memc_load replaced, the text format of protobuf on one
 * line. */
static void test_form(void)
{
    static const char EXPECTED[] =
        "127.0.0.1:33013 - idfa:abc -> apps: 1 apps: 300 apps: 4294967295 lat: 0.5 lon: -1\n"
        "127.0.0.1:33013 - gaid:\xff -> apps: 4294967295 lat: -0 lon: 100\n"
        "127.0.0.1:33013 - dvid:no-app -> lat: 1 lon: 2\n"
        "127.0.0.1:33013 - dvid:b -> lat: 1e+300 lon: 0.1\n";
    char got[1024];

    is_u64((uint64_t)run_child("out", print_four), 0, "four records are printed");
    size_t len = scratch_read("out", got, sizeof got);
    is_bytes(got, len, EXPECTED, sizeof EXPECTED - 1, "each is a line");
}

static void print_gathered(struct dry_run *out, const char *server)
{
    struct stat info;

    (void)server;
    if (dry_run_pending(out))
        _exit(90);
    print_line(out, "idfa\ta\t1\t2\t3", 12);
    if (!dry_run_pending(out) || fstat(STDOUT_FILENO, &info) < 0 || info.st_size != 0)
        _exit(91);
    dry_run_flush(out);
    if (dry_run_pending(out) || fstat(STDOUT_FILENO, &info) < 0 || info.st_size == 0)
        _exit(92);
}

/* The longest text that a line of this length can have: an app of one digit has two bytes there,
 * and 8 here. */
static void print_longest(struct dry_run *out, const char *server)
{
    static char line[MAX_LINE];
    size_t head = (size_t)snprintf(line, sizeof line, "idfa\ta\t1\t2\t");

    (void)server;
    for (size_t i = head; i < sizeof line; i++)
        line[i] = (i - head) % 2 == 0 ? '1' : ',';
    print_line(out, line, sizeof line);
}

static void test_buffers(void)
{
    struct stat info;

    is_u64((uint64_t)run_child("gathered", print_gathered), 0,
           "a record waits for company, and a flush sends it");
    is_u64((uint64_t)run_child("longest", print_longest), 0, "the longest line");
    /* 11 bytes before the list, then 1,048,565 bytes of "1," without the last comma */
    uint64_t apps = (MAX_LINE - 11 + 1) / 2;
    uint64_t head = strlen("127.0.0.1:33013 - idfa:a -> "), end = strlen("lat: 1 lon: 2\n");
    ok(stat("longest", &info) == 0 && (uint64_t)info.st_size == head + apps * 8 + end,
       "... is printed whole");
    is_u64((uint64_t)dry_run_close(NULL), 0, "nothing to close");
}

static void test_full(void)
{
    is_u64((uint64_t)run_child("/dev/full", print_four), ENOSPC,
           "a full device is told at the end");
}

static void print_many(struct dry_run *out, const char *server)
{
    char line[64];

    for (int i = 0; i < LINES; i++) {
        int len = snprintf(line, sizeof line, "idfa\t%s-%d\t1\t2\t3", server, i);
        print_line(out, line, (size_t)len);
        if (i % 300 == 0)
            dry_run_flush(out);
    }
}

/* True if the line is the next one of its process: s0 or s1. */
static bool is_next(const char *line, int next[2])
{
    char expected[128];
    int process = line[0] == 's' ? line[1] - '0' : 9;

    if (process != 0 && process != 1)
        return false;
    snprintf(expected, sizeof expected, "s%d - idfa:s%d-%d -> apps: 3 lat: 1 lon: 2\n", process,
             process, next[process]++);
    return strcmp(line, expected) == 0;
}

/* Two processes at the same time, each by its own open file, as two jobs of a shell have. */
static void test_shared(const char *name, bool pipe_between)
{
    static const char *const SERVER[] = {"s0", "s1"};
    int ends[2], next[2] = {0, 0};
    size_t wrong = 0;
    pid_t child[2];
    char line[256];

    make_pipe(ends);
    for (int i = 0; i < 2; i++) {
        child[i] = fork_child();
        if (child[i] == 0) {
            close(ends[0]);
            if (pipe_between)
                dup2(ends[1], STDOUT_FILENO);
            _exit(print_to(pipe_between ? NULL : "shared", print_many, SERVER[i]));
        }
    }
    close(ends[1]);
    if (!pipe_between)
        is_u64((uint64_t)wait_child(child[0]) + (uint64_t)wait_child(child[1]), 0, "%s: both end",
               name);
    FILE *from = pipe_between ? fdopen(ends[0], "r") : fopen("shared", "r");
    while (from && fgets(line, sizeof line, from))
        wrong += !is_next(line, next);
    if (pipe_between)
        is_u64((uint64_t)wait_child(child[0]) + (uint64_t)wait_child(child[1]), 0, "%s: both end",
               name);
    ok(wrong == 0 && next[0] == LINES && next[1] == LINES,
       "%s: all lines are whole, and those of each in order: %zu wrong", name, wrong);
    if (from)
        fclose(from);
}

int main(void)
{
    scratch_enter();
    test_form();
    test_buffers();
    test_full();
    test_shared("a file", false);
    test_shared("a pipe", true);
    return done_testing();
}
