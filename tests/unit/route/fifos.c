/* SPDX-License-Identifier: MIT */
/* outlets: memc_route's FIFOs; here the test itself reads them. */
#include "route/fifos.h"
#include "process/signals.h"
#include "scratch.h"
#include "tap.h"

static struct fifos outlets; /* it holds four paths */

static struct route_options options_for(unsigned only)
{
    return (struct route_options){.directory = ".", .only = only};
}

/* A reader of its own for each of the four FIFOs. */
static int reader_of(const char *path)
{
    if (mkfifo(path, 0600) < 0 && errno != EEXIST)
        scratch_bail(path);
    return scratch_open(path, O_RDONLY | O_NONBLOCK);
}

static void gives(int reader, const char *expected, const char *name)
{
    char got[512];

    is_bytes(got, get_all(reader, got, sizeof got), expected, strlen(expected), "%s", name);
}

static void test_four(void)
{
    struct route_options options = options_for(15);
    struct route_tally tally = {0};
    const char *path = NULL;
    int reader[DEVTYPE_COUNT], error;

    for (unsigned i = 0; i < DEVTYPE_COUNT; i++)
        reader[i] = reader_of(devtype_name((enum devtype)i));
    ok(fifos_open(&outlets, &options, &tally, &path) == OUTFILE_OK, "four FIFOs");
    ok(!fifos_pending(&outlets), "nothing is gathered");
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\t1"));
    fifos_put(&outlets, DEVTYPE_DVID, slice_of("dvid\t2"));
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("  idfa \t3\r"));
    ok(fifos_pending(&outlets), "lines are gathered");
    fifos_flush(&outlets);
    ok(!fifos_pending(&outlets) && !fifos_failure(&outlets, &error), "... and written");
    gives(reader[DEVTYPE_IDFA], "idfa\t1\n  idfa \t3\r\n", "the lines of idfa, byte for byte");
    gives(reader[DEVTYPE_DVID], "dvid\t2\n", "those of dvid");
    gives(reader[DEVTYPE_GAID], "", "none of gaid");
    fifos_close(&outlets);
    ok(tally.routed[DEVTYPE_IDFA] == 2 && tally.routed[DEVTYPE_DVID] == 1 &&
           route_tally_routed(&tally) == 3 && tally.undelivered == 0,
       "counted as routed");
    for (unsigned i = 0; i < DEVTYPE_COUNT; i++)
        close(reader[i]);
}

/* The readers of some die: their lines are undelivered, each once, and the others go on. */
static void test_dead_reader(void)
{
    struct route_options options = options_for(3);
    struct route_tally tally = {0};
    const char *path = NULL;
    int idfa = reader_of("idfa"), gaid = reader_of("gaid"), error = 0;
    static char long_line[70000];

    ok(fifos_open(&outlets, &options, &tally, &path) == OUTFILE_OK, "two of them");
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\tread"));
    fifos_flush(&outlets);
    gives(idfa, "idfa\tread\n", "one line gets through");
    for (int i = 0; i < 5; i++)
        fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\tlost"));
    fifos_put(&outlets, DEVTYPE_GAID, slice_of("gaid\tread"));
    close(idfa);
    is_u64(tally.routed[DEVTYPE_IDFA], 6, "gathered lines count as routed");
    fifos_flush(&outlets);
    is_u64(tally.routed[DEVTYPE_IDFA], 1, "... until their reader is found dead");
    is_u64(tally.undelivered, 5, "... then they are undelivered");
    path = fifos_failure(&outlets, &error);
    is_str(path, "./idfa", "the failure is told");
    is_u64((uint64_t)error, EPIPE, "... with its reason");
    ok(!fifos_failure(&outlets, &error), "... once");
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\tlater"));
    memset(long_line, 'x', sizeof long_line);
    memcpy(long_line, "idfa\t", 5);
    fifos_put(&outlets, DEVTYPE_IDFA, (struct slice){long_line, sizeof long_line});
    fifos_put(&outlets, DEVTYPE_GAID, slice_of("gaid\ttoo"));
    fifos_flush(&outlets);
    is_u64(tally.undelivered, 7, "later lines are undelivered at once");
    gives(gaid, "gaid\tread\ngaid\ttoo\n", "the other reader has all of its lines");
    fifos_close(&outlets);
    ok(tally.routed[DEVTYPE_IDFA] == 1 && tally.routed[DEVTYPE_GAID] == 2 && tally.undelivered == 7,
       "the sum holds");
    close(gaid);
}

/* A line longer than the buffer is the one that finds the reader dead. */
static void test_dead_reader_long_line(void)
{
    struct route_options options = options_for(1);
    struct route_tally tally = {0};
    const char *path = NULL;
    int idfa = reader_of("idfa");
    static char long_line[70000];

    memset(long_line, 'x', sizeof long_line);
    fifos_open(&outlets, &options, &tally, &path);
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\t1"));
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\t2"));
    close(idfa);
    fifos_put(&outlets, DEVTYPE_IDFA, (struct slice){long_line, sizeof long_line});
    ok(tally.routed[DEVTYPE_IDFA] == 0 && tally.undelivered == 3,
       "a long line and two gathered ones");
    fifos_close(&outlets);
    ok(tally.routed[DEVTYPE_IDFA] == 0 && tally.undelivered == 3,
       "... closing counts none of them again");
}

/* Both types' lines in the order of the input, and each type's count is its own when they are lost.
 */
static void test_shared(void)
{
    struct route_options options = options_for(3);
    struct route_tally tally = {0};
    const char *path = NULL;
    int shared = reader_of("shared");

    options.path[DEVTYPE_IDFA] = options.path[DEVTYPE_GAID] = "shared";
    ok(fifos_open(&outlets, &options, &tally, &path) == OUTFILE_OK, "two types on one path");
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\t1"));
    fifos_put(&outlets, DEVTYPE_GAID, slice_of("gaid\t2"));
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\t3"));
    fifos_flush(&outlets);
    gives(shared, "idfa\t1\ngaid\t2\nidfa\t3\n", "their lines stay in order");
    fifos_put(&outlets, DEVTYPE_IDFA, slice_of("idfa\t4"));
    fifos_put(&outlets, DEVTYPE_GAID, slice_of("gaid\t5"));
    close(shared);
    fifos_close(&outlets);
    ok(tally.routed[DEVTYPE_IDFA] == 2 && tally.routed[DEVTYPE_GAID] == 1 && tally.undelivered == 2,
       "closing takes back what nobody read");
}

/* Whoever handed a descriptor over does not know it by its number. */
static void test_descriptor(void)
{
    struct route_options options = options_for(2);
    struct route_tally tally = {0};
    const char *name = NULL;
    char path[32];
    int ends[2], error = 0;

    ok(pipe(ends) == 0, "a pipe");
    snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    options.path[DEVTYPE_GAID] = path;
    ok(fifos_open(&outlets, &options, &tally, &name) == OUTFILE_OK, "handed over");
    close(ends[0]);
    fifos_put(&outlets, DEVTYPE_GAID, slice_of("gaid\tlost"));
    fifos_flush(&outlets);
    is_str(fifos_failure(&outlets, &error), "gaid", "its failure names the type");
    fifos_close(&outlets);
    close(ends[1]);
    ok(fifos_open(&outlets, &options, &tally, &name) == OUTFILE_ERRNO, "closed");
    is_str(name, "gaid", "... so does that");
    fifos_close(&outlets);
}

static void test_refusals(void)
{
    struct route_options options = options_for(8);
    struct route_tally tally = {0};
    const char *path = NULL;
    struct stat info;

    scratch_write("plain", "old", 3);
    options.path[DEVTYPE_DVID] = "plain";
    ok(fifos_open(&outlets, &options, &tally, &path) == OUTFILE_NOT_FIFO, "a plain file");
    is_str(path, "plain", "... is named");
    fifos_close(&outlets);
    options.path[DEVTYPE_DVID] = "made";
    ok(fifos_open(&outlets, &options, &tally, &path) == OUTFILE_ERRNO && errno == ENOENT,
       "a missing FIFO");
    fifos_close(&outlets);
    options.make_fifos = true;
    mode_t before = umask(0777);
    ok(fifos_open(&outlets, &options, &tally, &path) == OUTFILE_NO_READER,
       "made, it has no reader");
    umask(before);
    fifos_close(&outlets);
    ok(stat("made", &info) == 0 && info.st_mode == (S_IFIFO | 0600),
       "... is a FIFO, 0600, and stays");
    options.path[DEVTYPE_DVID] = "plain";
    ok(fifos_open(&outlets, &options, &tally, &path) == OUTFILE_NOT_FIFO,
       "--mkfifo does not touch a file");
    fifos_close(&outlets);
    options.path[DEVTYPE_DVID] = NULL;
    options.directory = "missing";
    ok(fifos_open(&outlets, &options, &tally, &path) == OUTFILE_ERRNO && errno == ENOENT,
       "a missing folder");
    is_str(path, "missing/dvid", "... is named");
    fifos_close(&outlets);
}

int main(void)
{
    scratch_enter();
    signals_prepare(); /* SIGPIPE is ignored */
    test_four();
    test_dead_reader();
    test_dead_reader_long_line();
    test_shared();
    test_descriptor();
    test_refusals();
    return done_testing();
}
