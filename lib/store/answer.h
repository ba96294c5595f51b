/* SPDX-License-Identifier: MIT */
/*
 * answer: what a line says that comes back for sets in meta or classic text.
 *
 * Pure: which request a line belongs to, and whether it may come now, is not
 * known here. Source of the lines: memcached's doc/protocol.txt, proto_text.c;
 * twemproxy's nc_message.c.
 */
#ifndef MEMC_ANSWER_H
#define MEMC_ANSWER_H

#include "bytes/slice.h"
#include "server/conn_status.h"

enum answer_kind {
    ANSWER_BARRIER,   /* MN */
    ANSWER_STORED,    /* HD with a key, or STORED without one */
    ANSWER_TOO_LARGE, /* the server will never take this item */
    ANSWER_RETRY, /* not stored for this time, and it will not be: sending it again is harmless */
    ANSWER_FAILED /* what follows is unknown */
};

struct answer {
    enum answer_kind kind;
    struct slice key;     /* of HD; else {NULL, 0} */
    enum conn_status why; /* of RETRY and FAILED */
};

/* line: without its CR LF. */
struct answer answer_of(struct slice line);

#endif
