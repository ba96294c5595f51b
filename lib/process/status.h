/* SPDX-License-Identifier: MIT */
/*
 * status: the exit statuses that the tools share, by sysexits(3).
 */
#ifndef MEMC_STATUS_H
#define MEMC_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_USAGE = 64,       /* wrong options */
    STATUS_DATAERR = 65,     /* finished, but failed */
    STATUS_NOINPUT = 66,     /* input cannot be opened */
    STATUS_UNAVAILABLE = 69, /* server never reached */
    STATUS_SOFTWARE = 70,    /* a sum does not add up */
    STATUS_OSERR = 71,       /* out of memory, descriptors */
    STATUS_CANTCREAT = 73,   /* FIFO, rejects, stats impossible */
    STATUS_IOERR = 74,       /* read or write error; input cut */
    STATUS_TEMPFAIL = 75,    /* records undelivered: run again */
    STATUS_PROTOCOL = 76,    /* the peer does not speak memcached */
    STATUS_NOPERM = 77,      /* authentication, or access to the socket */
    STATUS_SIGNAL = 128,     /* + n: ended by signal n */
};

/*
 * Where two statuses apply, the one to report. The order: signals, 64, 70, 71,
 * 73, 74, 77, 76, 69, 66, 75, 65, 0.
 */
int status_merge(int a, int b);

/* STATUS_OSERR if this errno means that memory or descriptors ran out, else `otherwise`. */
int status_of_errno(int error, int otherwise);

#endif
