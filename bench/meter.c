/* SPDX-License-Identifier: MIT */
/*
 * meter: runs a command and notes what it took.
 *
 *     meter FILE NAME COMMAND [ARG...]
 *
 * Appends one JSON line to FILE and ends with the command's status. The CPU seconds include those
 * of the command's own children. A program of its own rather than os.wait4 of the benchmark, for
 * two reasons: a process inherits the peak memory of whatever forked it until it replaces its
 * program, so below Python everything seems to need what Python needs; and it can stand in a
 * script's PATH in the place of the command that it runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "meter: unable to %s: %s\n", what, strerror(errno));
    exit(71);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static pid_t start(char **command)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0) {
        die("fork");
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* the command ends with the meter */
        if (getppid() == parent) {
            execvp(command[0], command);
        }
        die(command[0]);
    }
    return pid;
}

/* One write: several meters append to one file. */
static void note(const char *path, const char *name, double wall, const struct rusage *usage,
                 int status)
{
    char line[512];
    int length = snprintf(line, sizeof line,
                          "{\"name\":\"%s\",\"wall\":%.6f,\"user\":%.6f,\"system\":%.6f,"
                          "\"peak_kib\":%ld,\"voluntary\":%ld,\"involuntary\":%ld,\"status\":%d}\n",
                          name, wall, seconds(usage->ru_utime), seconds(usage->ru_stime),
                          usage->ru_maxrss, usage->ru_nvcsw, usage->ru_nivcsw, status);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || length < 0 || (size_t)length >= sizeof line ||
        write(fd, line, (size_t)length) != length) {
        die("note the usage");
    }
}

int main(int argc, char **argv)
{
    struct rusage usage;
    double began = now();
    int status;
    pid_t pid;

    if (argc < 4) {
        fputs("usage: meter FILE NAME COMMAND [ARG...]\n", stderr);
        return 64;
    }
    pid = start(argv + 3);
    while (wait4(pid, &status, 0, &usage) < 0) {
        if (errno != EINTR) {
            die("wait");
        }
    }
    status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    note(argv[1], argv[2], now() - began, &usage, status);
    return status;
}
