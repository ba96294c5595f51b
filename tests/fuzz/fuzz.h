/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is one file with one function, LLVMFuzzerTestOneInput. libFuzzer
 * calls it with inputs of its own making, replay.c with those of the corpus.
 * It says by must() what has to hold for every input, whatever its bytes.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "bytes/slice.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition)                                                                            \
    ((condition)                                                                                   \
         ? (void)0                                                                                 \
         : (fprintf(stderr, "%s:%d: must: %s\n", __FILE__, __LINE__, #condition), abort()))

/* The byte in front, taken off; 0 when there is none. */
static inline unsigned fuzz_byte(struct slice *input)
{
    if (input->len == 0)
        return 0;
    input->len--;
    return (unsigned char)*input->at++;
}

/* Memory of exactly this size, so that a sanitizer sees every step beyond it. */
static inline void *fuzz_memory(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);

    must(memory);
    return memory;
}

/* The bytes as a C string, to be freed; it ends at the first NUL among them. */
static inline char *fuzz_string(struct slice bytes)
{
    char *text = fuzz_memory(bytes.len + 1);

    if (bytes.len > 0)
        memcpy(text, bytes.at, bytes.len);
    text[bytes.len] = '\0';
    return text;
}

#endif
