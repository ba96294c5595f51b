/* SPDX-License-Identifier: MIT */
/*
 * scratch.h - a temporary folder of a test's own, and what tests do with files.
 *
 * scratch_enter makes the folder and changes into it; at exit it is removed
 * with all that is in it. A helper that fails ends the test with a message:
 * prove then sees that the plan is missing.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "bytes/slice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch_folder[256];
static pid_t scratch_owner;

/* Ends this test only: TAP's "Bail out!" would end the whole run. */
__attribute__((noreturn)) static inline void scratch_bail(const char *what)
{
    printf("not ok - the test cannot go on: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    exit(1);
}

/* Flat folders only: the tests make no deeper ones. */
static inline void scratch_empty(const char *folder)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;

    while (directory && (entry = readdir(directory)) != NULL)
        if (unlinkat(dirfd(directory), entry->d_name, 0) < 0)
            unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
    if (directory)
        closedir(directory);
}

/* A child that ends must not take its parent's folder away. */
static inline void scratch_leave(void)
{
    if (getpid() != scratch_owner || chdir("/") < 0)
        return;
    scratch_empty(scratch_folder);
    rmdir(scratch_folder);
}

static inline void scratch_enter(void)
{
    const char *base = getenv("TMPDIR");
    struct rlimit files;

    /* A write that never ends shall end the test, not fill the disk. */
    getrlimit(RLIMIT_FSIZE, &files);
    files.rlim_cur = 64 * 1024 * 1024;
    setrlimit(RLIMIT_FSIZE, &files);
    alarm(600); /* nor shall a wait that never ends keep other tests waiting */

    snprintf(scratch_folder, sizeof scratch_folder, "%s/memc-unit.XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(scratch_folder) || chdir(scratch_folder) < 0)
        scratch_bail(scratch_folder);
    scratch_owner = getpid();
    atexit(scratch_leave);
}

/* A file's bytes, at most `size` of them; its length. */
static inline size_t scratch_read(const char *path, char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        scratch_bail(path);
    size_t len = fread(bytes, 1, size, file);
    fclose(file);
    return len;
}

static inline void scratch_write(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
        scratch_bail(path);
}

static inline int scratch_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd < 0)
        scratch_bail(path);
    return fd;
}

/* Writes all of it to a descriptor that takes it. */
static inline void put_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0)
            scratch_bail("write");
        bytes += put;
        len -= (size_t)put;
    }
}

/* Reads until the end of file, or until the memory is full; the number of bytes. */
static inline size_t get_all(int fd, char *bytes, size_t size)
{
    size_t used = 0;
    ssize_t got = 1;

    while (used < size && got > 0) {
        got = read(fd, bytes + used, size - used);
        used += got > 0 ? (size_t)got : 0;
    }
    return used;
}

static inline void make_pipe(int end[2])
{
    if (pipe(end) < 0)
        scratch_bail("pipe");
}

/* fork(2) with nothing in the child's output buffer. */
static inline pid_t fork_child(void)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        scratch_bail("fork");
    return pid;
}

/* The exit status of a child; 128 + n if signal n ended it. */
static inline int wait_child(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            scratch_bail("waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A copy of exactly these bytes, to be freed: a sanitizer sees a look beyond its end. */
static inline struct slice exact_copy(struct slice bytes)
{
    char *copy = malloc(bytes.len > 0 ? bytes.len : 1);

    if (!copy)
        scratch_bail("malloc");
    if (bytes.len > 0)
        memcpy(copy, bytes.at, bytes.len);
    return (struct slice){copy, bytes.len};
}

/* Frees what exact_copy made. */
static inline void exact_free(struct slice bytes)
{
    union {
        const char *read;
        char *own;
    } at = {bytes.at};

    free(at.own);
}

#endif
