/* SPDX-License-Identifier: MIT */
#include "record/sample.h"

#include <stdlib.h>

enum { KEY_BYTES_MAX = 250, NONE = -1 };

struct entry {
    uint64_t hash;
    int32_t next; /* in its chain; NONE: the last */
    uint8_t len;
    char key[KEY_BYTES_MAX];
};

struct sample_keys {
    size_t most; /* keys: 2N */
    size_t count;
    size_t mask; /* of the chains: by the low bits of the hash */
    int32_t *chain;
    struct entry *entry;
};

bool sample_open(struct sample *sample, size_t size, uint64_t seed)
{
    size_t chains = 1;

    *sample = (struct sample){0, seed, NULL};
    if (size == 0)
        return true;
    while (chains < 4 * size)
        chains *= 2;
    struct sample_keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        return false;
    sample->keys = keys;
    *keys = (struct sample_keys){.most = 2 * size, .mask = chains - 1};
    keys->chain = malloc(chains * sizeof *keys->chain);
    keys->entry = malloc(keys->most * sizeof *keys->entry);
    if (!keys->chain || !keys->entry)
        return false;
    memset(keys->chain, 0xff, chains * sizeof *keys->chain);
    sample->bound = UINT64_MAX;
    return true;
}

void sample_close(struct sample *sample)
{
    if (!sample->keys)
        return;
    free(sample->keys->chain);
    free(sample->keys->entry);
    free(sample->keys);
    *sample = (struct sample){.bound = 0};
}

static struct slice key_of(const struct entry *entry)
{
    return (struct slice){entry->key, entry->len};
}

/* The link that leads to the key, or the end of its chain. */
static int32_t *find(const struct sample_keys *keys, uint64_t hash, struct slice key)
{
    int32_t *link = &keys->chain[hash & keys->mask];

    while (*link != NONE) {
        struct entry *entry = &keys->entry[*link];
        if (entry->hash == hash && slice_equal(key_of(entry), key))
            break;
        link = &entry->next;
    }
    return link;
}

/* Drops the upper half of the hashes. */
static void halve(struct sample *sample)
{
    struct sample_keys *keys = sample->keys;
    size_t kept = 0;

    sample->bound /= 2;
    memset(keys->chain, 0xff, (keys->mask + 1) * sizeof *keys->chain);
    for (size_t i = 0; i < keys->count; i++) {
        uint64_t hash = keys->entry[i].hash;
        if (hash >= sample->bound)
            continue;
        keys->entry[kept] = keys->entry[i];
        keys->entry[kept].next = keys->chain[hash & keys->mask];
        keys->chain[hash & keys->mask] = (int32_t)kept++;
    }
    keys->count = kept;
}

void sample_add(struct sample *sample, uint64_t hash, struct slice key)
{
    struct sample_keys *keys = sample->keys;
    int32_t *link = find(keys, hash, key);

    if (*link != NONE || key.len > KEY_BYTES_MAX)
        return;
    if (keys->count == keys->most) {
        halve(sample);
        if (hash < sample->bound)
            sample_add(sample, hash, key);
        return;
    }
    struct entry *entry = &keys->entry[keys->count];
    *link = (int32_t)keys->count++;
    *entry = (struct entry){.hash = hash, .next = NONE, .len = (uint8_t)key.len};
    memcpy(entry->key, key.at, key.len);
}

void sample_remove(struct sample *sample, uint64_t hash, struct slice key)
{
    struct sample_keys *keys = sample->keys;
    int32_t *link = find(keys, hash, key), gone = *link;

    if (gone == NONE)
        return;
    *link = keys->entry[gone].next;
    /* The last entry moves into the gap. */
    size_t last = --keys->count;
    if ((size_t)gone == last)
        return;
    *find(keys, keys->entry[last].hash, key_of(&keys->entry[last])) = gone;
    keys->entry[gone] = keys->entry[last];
}

size_t sample_count(const struct sample *sample)
{
    return sample->keys ? sample->keys->count : 0;
}

struct slice sample_key(const struct sample *sample, size_t index)
{
    return key_of(&sample->keys->entry[index]);
}
