/* SPDX-License-Identifier: MIT */
#include "process/status.h"

#include <errno.h>
#include <stddef.h>

static size_t rank(int status)
{
    static const int ORDER[] = {STATUS_USAGE,     STATUS_SOFTWARE,    STATUS_OSERR,
                                STATUS_CANTCREAT, STATUS_IOERR,       STATUS_NOPERM,
                                STATUS_PROTOCOL,  STATUS_UNAVAILABLE, STATUS_NOINPUT,
                                STATUS_TEMPFAIL,  STATUS_DATAERR,     STATUS_OK};
    size_t i = 0;

    if (status > STATUS_SIGNAL)
        return 0;
    while (i < sizeof ORDER / sizeof *ORDER && ORDER[i] != status)
        i++;
    return i + 1;
}

int status_merge(int a, int b)
{
    return rank(b) < rank(a) ? b : a;
}

int status_of_errno(int error, int otherwise)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM ? STATUS_OSERR : otherwise;
}
