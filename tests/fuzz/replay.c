/* SPDX-License-Identifier: MIT */
/*
 * replay: runs a fuzz target over files instead of libFuzzer, and reports in
 * TAP for prove(1). A target without a fuzzer is a test like any other.
 *
 *     build/release/fuzz/record.t               the target's corpus
 *     build/release/fuzz/record.t FILE|FOLDER…  these
 *
 * A broken invariant aborts; the last line on standard output names the file.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1024 * 1024 };

static size_t replayed;

__attribute__((noreturn)) static void bail(const char *path)
{
    printf("not ok - the test cannot go on: %s: %s\n", path, strerror(errno));
    exit(1);
}

/* The target gets a copy of exactly the size, as libFuzzer has it. */
static void replay_bytes(const uint8_t *bytes, size_t size)
{
    uint8_t *data = fuzz_memory(size);

    memcpy(data, bytes, size);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static void replay_file(const char *path)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rb");

    if (!file)
        bail(path);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    printf("# %s\n", path);
    fflush(stdout);
    replay_bytes(bytes, size);
    replayed++;
}

static void replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    char name[4096];

    if (!folder)
        bail(path);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        replay_file(name);
    }
    closedir(folder);
}

static void replay(const char *path)
{
    struct stat info;

    if (stat(path, &info) < 0)
        bail(path);
    if (S_ISDIR(info.st_mode))
        replay_folder(path);
    else
        replay_file(path);
}

int main(int argc, char **argv)
{
    alarm(600); /* a wait that never ends shall not keep other tests waiting */
    replay_bytes((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    if (argc == 1)
        replay(CORPUS);
    printf("%s 1 - %zu inputs keep every invariant\n1..1\n", replayed > 0 ? "ok" : "not ok",
           replayed);
    return replayed > 0 ? 0 : 1;
}
