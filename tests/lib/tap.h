/* SPDX-License-Identifier: MIT */
/*
 * tap.h - checks for the unit tests in C, reported in the Test Anything Protocol for prove(1).
 *
 * A test is one program: it includes this file once, calls the checks and returns done_testing()
 * from main. Each check prints one line, takes a printf format for its name, and returns whether it
 * held.
 */
#ifndef TAP_H
#define TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_count;
static int tap_failed;

__attribute__((format(printf, 2, 0))) static inline bool tap_report(bool passed, const char *format,
                                                                    va_list names)
{
    tap_count++;
    tap_failed += passed ? 0 : 1;
    printf("%s %d - ", passed ? "ok" : "not ok", tap_count);
    vprintf(format, names);
    putchar('\n');
    fflush(stdout); /* what was checked must be seen even if the next call crashes */
    if (!passed)
        /* prove(1) passes stderr through */
        fprintf(stderr, "# %s: not ok %d\n", __BASE_FILE__, tap_count);
    return passed;
}

/* The check's name is the format and what follows it; it may not be empty. */
__attribute__((format(printf, 2, 3))) static inline bool ok(bool passed, const char *format, ...)
{
    va_list names;

    va_start(names, format);
    tap_report(passed, format, names);
    va_end(names);
    return passed;
}

__attribute__((format(printf, 3, 4))) static inline bool is_u64(uint64_t got, uint64_t expected,
                                                                const char *format, ...)
{
    va_list names;

    va_start(names, format);
    tap_report(got == expected, format, names);
    va_end(names);
    if (got != expected) {
        fprintf(stderr, "#      got: %" PRIu64 "\n# expected: %" PRIu64 "\n", got, expected);
    }
    return got == expected;
}

/* Bytes as a C string literal, so that a report stays on one line whatever they are. */
static inline void tap_print_bytes(const char *title, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;

    fprintf(stderr, "# %s: %zu bytes \"", title, length);
    for (size_t i = 0; i < length && i < 200; i++) {
        if (at[i] >= 0x20 && at[i] < 0x7f && at[i] != '"' && at[i] != '\\') {
            fputc(at[i], stderr);
        } else {
            fprintf(stderr, "\\%03o", at[i]);
        }
    }
    fprintf(stderr, "\"%s\n", length > 200 ? " ..." : "");
}

__attribute__((format(printf, 5, 6))) static inline bool
is_bytes(const void *got, size_t got_length, const void *expected, size_t expected_length,
         const char *format, ...)
{
    bool equal = got_length == expected_length &&
                 (got_length == 0 || memcmp(got, expected, got_length) == 0);
    va_list names;

    va_start(names, format);
    tap_report(equal, format, names);
    va_end(names);
    if (!equal) {
        tap_print_bytes("     got", got, got_length);
        tap_print_bytes("expected", expected, expected_length);
    }
    return equal;
}

/* NULL equals NULL only. */
__attribute__((format(printf, 3, 4))) static inline bool
is_str(const char *got, const char *expected, const char *format, ...)
{
    bool equal = got != NULL && expected != NULL ? strcmp(got, expected) == 0 : got == expected;
    va_list names;

    va_start(names, format);
    tap_report(equal, format, names);
    va_end(names);
    if (!equal) {
        fprintf(stderr, "#      got: %s\n# expected: %s\n", got != NULL ? got : "(null)",
                expected != NULL ? expected : "(null)");
    }
    return equal;
}

/* Doubles bit for bit: -0.0 differs from 0.0 and a NaN equals itself. */
__attribute__((format(printf, 3, 4))) static inline bool is_double(double got, double expected,
                                                                   const char *format, ...)
{
    bool equal = memcmp(&got, &expected, sizeof got) == 0;
    va_list names;

    va_start(names, format);
    tap_report(equal, format, names);
    va_end(names);
    if (!equal) {
        fprintf(stderr, "#      got: %.17g (%a)\n# expected: %.17g (%a)\n", got, got, expected,
                expected);
    }
    return equal;
}

/* Prints the plan; the program's exit status. A test that checked nothing has failed. */
/* What the next lines are about. */
__attribute__((format(printf, 1, 2))) static inline void note_case(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    printf("# ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

static inline int done_testing(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed == 0 && tap_count > 0 ? 0 : 1;
}

#endif
