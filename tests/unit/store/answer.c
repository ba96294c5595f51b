/* SPDX-License-Identifier: MIT */
/* answer: what each line means, by memcached's doc/protocol.txt and twemproxy's own words. */
#include "store/answer.h"
#include "tap.h"

static const struct {
    const char *line;
    enum answer_kind kind;
    enum conn_status why; /* of RETRY and FAILED */
    const char *key;      /* of HD */
} CASE[] = {
    {"MN", ANSWER_BARRIER, CONN_OK, NULL},
    {"VERSION 1.6.18", ANSWER_VERSION, CONN_OK, NULL},
    {"VERSION", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"HD kkey", ANSWER_STORED, CONN_OK, "key"},
    {"HD kidfa:1", ANSWER_STORED, CONN_OK, "idfa:1"},
    {"HD k", ANSWER_STORED, CONN_OK, ""},
    {"STORED", ANSWER_STORED, CONN_OK, NULL},
    {"SERVER_ERROR object too large for cache", ANSWER_TOO_LARGE, CONN_OK, NULL},
    {"SERVER_ERROR out of memory storing object", ANSWER_RETRY, CONN_OUT_OF_MEMORY, NULL},
    {"SERVER_ERROR Connection refused", ANSWER_RETRY, CONN_BEHIND, NULL},
    {"SERVER_ERROR Connection timed out", ANSWER_FAILED, CONN_SERVER_FAILED, NULL},
    {"SERVER_ERROR Connection reset by peer", ANSWER_FAILED, CONN_SERVER_FAILED, NULL},
    {"SERVER_ERROR out of memory reading request", ANSWER_FAILED, CONN_SERVER_FAILED, NULL},
    {"SERVER_ERROR unknown", ANSWER_FAILED, CONN_SERVER_FAILED, NULL},
    {"SERVER_ERROR", ANSWER_FAILED, CONN_SERVER_FAILED, NULL},
    {"CLIENT_ERROR unauthenticated", ANSWER_FAILED, CONN_AUTH, NULL},
    {"CLIENT_ERROR bad data chunk", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"CLIENT_ERROR bad command line format", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"SERVER_ERRORS", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"ERROR", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"ERROR Too many open connections", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"NS", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"NS kkey", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"NF", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"EX kkey", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"EN", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"HD", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"HD ", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"HD O12", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"MN ", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"MNN", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"mn", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"NOT_STORED", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"EXISTS", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"STORED ", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"STORE", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"HTTP/1.1 400 Bad Request", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"\x81\x01", ANSWER_FAILED, CONN_PROTOCOL, NULL},
    {"", ANSWER_FAILED, CONN_PROTOCOL, NULL},
};

int main(void)
{
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct answer answer = answer_of(slice_of(CASE[i].line));
        bool has_key = answer.key.at != NULL;
        ok(answer.kind == CASE[i].kind && answer.why == CASE[i].why, "\"%s\"", CASE[i].line);
        ok(has_key == (CASE[i].key != NULL) &&
               (!has_key || slice_equal(answer.key, slice_of(CASE[i].key))),
           "... its key");
    }
    ok(answer_of((struct slice){"MN\0", 3}).kind == ANSWER_FAILED, "a NUL behind a word");
    ok(answer_of((struct slice){NULL, 0}).kind == ANSWER_FAILED, "nothing");
    return done_testing();
}
