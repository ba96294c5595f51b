/* SPDX-License-Identifier: MIT */
/*
 * answer: the meaning of a line that answers sets in meta or classic text, and of what stands
 * behind a key.
 *
 * Pure: this module does not know which request a line belongs to, or whether
 * it may come now. Source of the lines: memcached's doc/protocol.txt, proto_text.c;
 * twemproxy's nc_message.c.
 */
#ifndef MEMC_ANSWER_H
#define MEMC_ANSWER_H

#include "bytes/slice.h"
#include "server/conn_status.h"

enum answer_kind {
    ANSWER_BARRIER,   /* MN */
    ANSWER_VERSION,   /* VERSION, of a barrier, too */
    ANSWER_STORED,    /* HD with a key, or STORED without one */
    ANSWER_TOO_LARGE, /* the server will never take this item */
    ANSWER_RETRY,     /* not stored, and it will not be later: sending it again is harmless */
    ANSWER_FAILED     /* it is unknown what will become of the record */
};

struct answer {
    enum answer_kind kind;
    struct slice key;     /* of HD; else {NULL, 0} */
    enum conn_status why; /* of RETRY and FAILED */
};

/* line: without its CR LF. */
struct answer answer_of(struct slice line);

/*
 * What stands behind a key that a client marked as stale (`md … I`): X; W or Z: whether this reader
 * shall renew it. Also true for nothing.
 */
bool answer_are_stale_marks(struct slice words);

#endif
