/* dry_run: the records as text, one a line, whole lines whatever standard output is. */
#include "sink/dry_run.h"
#include "scratch.h"
#include "tap.h"

static uint32_t APPS[] = {1, 300, 4294967295u};

/* Prints two records to descriptor 1, which is `out` meanwhile. */
static int print_two(int out)
{
    const struct record record[] = {
        {.type = DEVTYPE_IDFA, .lat = 0.5, .lon = -1, .apps = APPS, .apps_count = 3},
        {.type = DEVTYPE_DVID, .lat = 1e300, .lon = 0.1, .apps = APPS, .apps_count = 0}};
    int kept, error;

    fflush(stdout);
    kept = dup(STDOUT_FILENO);
    dup2(out, STDOUT_FILENO);
    struct dry_run *dry_run = dry_run_open("127.0.0.1:33013", 1000);
    if (!dry_run)
        scratch_bail("dry_run_open");
    dry_run_record(dry_run, slice_of("idfa:a"), &record[0]);
    bool pending = dry_run_pending(dry_run);
    dry_run_flush(dry_run);
    pending = pending && !dry_run_pending(dry_run);
    dry_run_record(dry_run, slice_of("dvid:b"), &record[1]);
    error = dry_run_close(dry_run);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ok(pending, "a record waits until it is flushed");
    return error;
}

/* The form of the program that memc_load replaced: the text format of protobuf on one line. */
static const char TWO[] = "127.0.0.1:33013 - idfa:a -> apps: 1 apps: 300 apps: 4294967295 lat: 0.5 "
                          "lon: -1\n"
                          "127.0.0.1:33013 - dvid:b -> lat: 1e+300 lon: 0.1\n";

int main(void)
{
    char bytes[512];
    int end[2];

    scratch_enter();
    int file = scratch_open("out", O_WRONLY | O_CREAT);
    is_u64((uint64_t)print_two(file), 0, "to a file");
    is_bytes(bytes, scratch_read("out", bytes, sizeof bytes), TWO, sizeof TWO - 1, "two lines");
    make_pipe(end);
    is_u64((uint64_t)print_two(end[1]), 0, "to a pipe");
    close(end[1]);
    is_bytes(bytes, get_all(end[0], bytes, sizeof bytes), TWO, sizeof TWO - 1, "two lines");
    close(end[0]);
    int full = scratch_open("/dev/full", O_WRONLY);
    is_u64((uint64_t)print_two(full), ENOSPC, "what cannot be written is told in the end");
    close(full);
    close(file);
    ok(dry_run_close(NULL) == 0, "nothing to close");
    return done_testing();
}
