#include "slice.h"

#include <string.h>

struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool slice_is_white(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f' || byte == '\r';
}

struct slice slice_strip(struct slice s)
{
    while (s.len > 0 && slice_is_white(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && slice_is_white(s.at[s.len - 1]))
        s.len--;
    return s;
}

struct slice slice_cut(struct slice *rest, char byte)
{
    struct slice head = *rest;
    const char *found = rest->len > 0 ? memchr(rest->at, byte, rest->len) : NULL;

    if (found) {
        head.len = (size_t)(found - rest->at);
        rest->at = found + 1;
        rest->len -= head.len + 1;
    } else {
        *rest = (struct slice){NULL, 0};
    }
    return head;
}
