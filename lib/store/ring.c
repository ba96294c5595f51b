/* SPDX-License-Identifier: MIT */
#include "store/ring.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES_MAX = 64 }; /* of a set, beside its key and value: words, numbers, line ends */

/* When so much memory is used and little of it is kept, the kept part moves to the front: so it
 * stays in the cache. */
enum { MOVE_BYTES = 256 * 1024 };

bool ring_init(struct ring *ring, size_t requests, size_t wire_bytes, size_t line_bytes)
{
    size_t count = 1;

    while (count < requests)
        count *= 2;
    *ring = (struct ring){
        .mask = count - 1, .wire = {.usual = wire_bytes}, .lines = {.usual = line_bytes}};
    ring->request = malloc(count * sizeof *ring->request);
    return ring->request;
}

void ring_free(struct ring *ring)
{
    free(ring->request);
    free(ring->wire.bytes);
    free(ring->lines.bytes);
}

static char *stream_at(const struct stream *stream, uint64_t position)
{
    return stream->bytes + (position - stream->base);
}

static void move_to_front(struct stream *stream, uint64_t keep)
{
    if (stream->end > keep)
        memmove(stream->bytes, stream_at(stream, keep), (size_t)(stream->end - keep));
    stream->base = keep;
}

static bool resize(struct stream *stream, size_t capacity)
{
    char *bytes = realloc(stream->bytes, capacity);

    if (!bytes)
        return false;
    stream->bytes = bytes;
    stream->capacity = capacity;
    return true;
}

/* Makes room for `bytes` more. Memory above the usual size is freed when the stream is empty. */
static bool make_room(struct stream *stream, uint64_t keep, size_t bytes)
{
    size_t used = (size_t)(stream->end - stream->base), kept = (size_t)(stream->end - keep);
    bool is_full = used + bytes >= stream->capacity; /* also when there is none yet */
    bool is_swollen = kept == 0 && stream->capacity > stream->usual;

    if (is_full || is_swollen || (used >= MOVE_BYTES && kept <= used / 4))
        move_to_front(stream, keep);
    else
        return true;
    size_t wanted = kept + bytes >= stream->usual ? kept + bytes + 1 : stream->usual;
    bool fits = kept + bytes < stream->capacity && !is_swollen;
    return fits || resize(stream, wanted);
}

size_t ring_set_bytes(const struct batch_record *record)
{
    return HEAD_BYTES_MAX + record->key.len + record->value.len;
}

static char *append(char *at, const char *bytes, size_t len)
{
    if (len > 0)
        memcpy(at, bytes, len);
    return at + len;
}

static char *append_number(char *at, uint64_t number)
{
    size_t digits = 1;

    for (uint64_t rest = number / 10; rest > 0; rest /= 10)
        digits++;
    for (size_t i = digits; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + digits;
}

/* ms KEY LEN [T<expiry>] q|k */
static char *append_meta_head(char *at, const struct batch_record *record, int64_t expiry,
                              bool quiet)
{
    at = append(at, "ms ", 3);
    at = append(at, record->key.at, record->key.len);
    *at++ = ' ';
    at = append_number(at, record->value.len);
    if (expiry > 0) {
        at = append(at, " T", 2);
        at = append_number(at, (uint64_t)expiry);
    }
    return append(at, quiet ? " q\r\n" : " k\r\n", 4);
}

/* set KEY 0 EXPIRY LEN */
static char *append_classic_head(char *at, const struct batch_record *record, int64_t expiry)
{
    at = append(at, "set ", 4);
    at = append(at, record->key.at, record->key.len);
    at = append(at, " 0 ", 3);
    at = append_number(at, (uint64_t)expiry);
    *at++ = ' ';
    at = append_number(at, record->value.len);
    return append(at, "\r\n", 2);
}

static uint64_t first_line_kept(const struct ring *ring)
{
    return ring->head == ring->put ? ring->lines.end : ring_at(ring, ring->head)->line;
}

bool ring_put_set(struct ring *ring, enum way way, const struct batch_record *record,
                  int64_t expiry, uint64_t keep)
{
    if (!make_room(&ring->wire, keep, ring_set_bytes(record)) ||
        !make_room(&ring->lines, first_line_kept(ring), record->line.len))
        return false;
    char *start = stream_at(&ring->wire, ring->wire.end);
    char *at = way == WAY_CLASSIC ? append_classic_head(start, record, expiry)
                                  : append_meta_head(start, record, expiry, way == WAY_QUIET);
    at = append(at, record->value.at, record->value.len);
    at = append(at, "\r\n", 2);
    append(stream_at(&ring->lines, ring->lines.end), record->line.at, record->line.len);
    *ring_at(ring, ring->put++) = (struct request){.begin = ring->wire.end,
                                                   .line = ring->lines.end,
                                                   .bytes = (uint32_t)(at - start),
                                                   .value_len = (uint32_t)record->value.len,
                                                   .line_len = (uint32_t)record->line.len,
                                                   .key_at = way == WAY_CLASSIC ? 4 : 3,
                                                   .key_len = (uint16_t)record->key.len,
                                                   .quiet = way == WAY_QUIET,
                                                   .number = record->number,
                                                   .offset = record->offset,
                                                   .tag = record->tag};
    ring->wire.end += (uint64_t)(at - start);
    ring->lines.end += record->line.len;
    return true;
}

bool ring_put_barrier(struct ring *ring, uint64_t keep)
{
    struct slice bytes = ring_barrier(ring->barriers);

    if (!make_room(&ring->wire, keep, bytes.len))
        return false;
    append(stream_at(&ring->wire, ring->wire.end), bytes.at, bytes.len);
    *ring_at(ring, ring->put++) = (struct request){.begin = ring->wire.end,
                                                   .line = ring->lines.end,
                                                   .bytes = (uint32_t)bytes.len,
                                                   .number = ring->barriers++};
    ring->wire.end += bytes.len;
    return true;
}

/* The flag is the last byte of the head. */
void ring_unquiet(struct ring *ring, uint64_t index)
{
    struct request *request = ring_at(ring, index);
    size_t behind_flag = 2 + request->value_len + 2;

    if (!request->quiet)
        return;
    *stream_at(&ring->wire, request->begin + request->bytes - behind_flag - 1) = 'k';
    request->quiet = false;
}

struct slice ring_key(const struct ring *ring, uint64_t index)
{
    const struct request *request = ring_at(ring, index);

    return (struct slice){stream_at(&ring->wire, request->begin) + request->key_at,
                          request->key_len};
}

struct batch_record ring_record(const struct ring *ring, uint64_t index)
{
    const struct request *request = ring_at(ring, index);
    uint64_t value = request->begin + request->bytes - 2 - request->value_len;

    return (struct batch_record){
        .key = ring_key(ring, index),
        .value = {stream_at(&ring->wire, value), request->value_len},
        .line = {stream_at(&ring->lines, request->line), request->line_len},
        .number = request->number,
        .offset = request->offset,
        .tag = request->tag};
}

struct slice ring_wire(const struct ring *ring, uint64_t from, uint64_t to)
{
    return (struct slice){stream_at(&ring->wire, from), (size_t)(to - from)};
}
