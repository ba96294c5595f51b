/* SPDX-License-Identifier: MIT */
#include "record/apps_avx2.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

enum { WINDOW = 64, DIGITS = 4, STRIDE = WINDOW - DIGITS, LANES = 8 };

bool apps_avx2_runs_here(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

AVX2 static inline __m256i load(const void *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

/* Loads the first `count` of eight numbers; the others are not read and become 0. */
AVX2 static inline __m256i load_some(const uint32_t *at, size_t count)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i some = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lane);

    return _mm256_maskload_epi32((const int *)(const void *)at, some);
}

AVX2 static inline void store(__m256i lanes, void *at)
{
    _mm256_storeu_si256((__m256i *)at, lanes);
}

AVX2 static inline uint64_t bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)_mm256_movemask_epi8(high) << 32;
}

/* What is known about 64 bytes, one bit for each. */
struct window {
    const char *at;
    uint64_t commas; /* from the first byte of interest on */
    bool is_usual;   /* from there on there are only commas and runs of one to four digits; the last
                        run may continue behind the window */
};

/*
 * Examines 64 bytes at a time: which are commas, and is everything usual? The bytes
 * before `first` (4 to 63) are not of interest: the list begins at `first`, or they
 * were examined with another window.
 *
 * An example, of 16 bytes; bit i of each mask is about byte i, and `.` is 0:
 *
 *     byte    0 1 2 3 4 5 6 7 8 9 ...
 *     text    4 3 , 5 6 7 , , 1 2 3 4 5 , 8 x
 *     commas  . . 1 . . . 1 1 . . . . . 1 . .
 *     others  . . . . . . . . . . . . . . . 1   the x: neither digit nor comma
 *     empty   . . . . . . . 1 . . . . . . . .   a comma behind a comma
 *     two     1 . . 1 1 . . . 1 1 1 1 . . 1 .   no comma here and in the next byte
 *     five    . . . . . . . . 1 . . . . . . .   no comma in five bytes: 12345
 *
 * A bit in `others`, `empty` or `five` means that the window is not usual. A run of
 * five that begins up to four bytes before `first` reaches into the bytes of
 * interest, so `five` counts from there on. For `two` and `five`, the bytes behind
 * the window count as commas.
 */
AVX2 static inline struct window scan_window(const char *at, size_t first, bool begins_list)
{
    const __m256i zero = _mm256_set1_epi8('0'), nine = _mm256_set1_epi8(9);
    const __m256i comma = _mm256_set1_epi8(',');
    __m256i low = load(at), high = load(at + WINDOW / 2);
    __m256i low_value = _mm256_sub_epi8(low, zero), high_value = _mm256_sub_epi8(high, zero);
    uint64_t commas = bits(_mm256_cmpeq_epi8(low, comma), _mm256_cmpeq_epi8(high, comma));
    uint64_t digits = bits(_mm256_cmpeq_epi8(_mm256_min_epu8(low_value, nine), low_value),
                           _mm256_cmpeq_epi8(_mm256_min_epu8(high_value, nine), high_value));
    uint64_t others = ~(commas | digits), within = UINT64_MAX << first;

    commas |= (uint64_t)begins_list << (first - 1);
    uint64_t empty = commas & commas << 1;
    uint64_t two = ~commas & ~commas >> 1;
    uint64_t five = two & two >> 2 & ~commas >> DIGITS;
    bool is_usual = (((others | empty) & within) | (five & within >> DIGITS)) == 0;
    return (struct window){at, commas & within, is_usual};
}

/* Returns the four bytes before the first comma, and removes that comma from the set. If there is
 * none: the last four bytes of the window. */
AVX2 static inline int32_t take(const char *at, uint64_t *commas)
{
    int32_t text;

    memcpy(&text, at + _tzcnt_u64(*commas) - DIGITS, sizeof text);
    *commas = _blsr_u64(*commas);
    return text;
}

AVX2 static inline __m256i take_eight(const char *at, uint64_t *commas)
{
    int32_t t0 = take(at, commas), t1 = take(at, commas), t2 = take(at, commas);
    int32_t t3 = take(at, commas), t4 = take(at, commas), t5 = take(at, commas);
    int32_t t6 = take(at, commas), t7 = take(at, commas);

    return _mm256_setr_epi32(t0, t1, t2, t3, t4, t5, t6, t7);
}

/*
 * Converts each lane of four bytes: the digits behind its last non-digit are the
 * number. That non-digit is a comma, or the TAB before the list; unlike digits,
 * neither has the bit 0x10. An example, the lane `7,43`, first byte left:
 *
 *     text    7 , 4 3
 *     none    . 1 . .   then also all bytes before it: 1 1 . .
 *     digits  0 0 4 3
 *     pairs   0*10 + 0 = 0, 4*10 + 3 = 43
 *     number  0*100 + 43 = 43
 */
AVX2 static inline __m256i numbers(__m256i text)
{
    __m256i none = _mm256_andnot_si256(text, _mm256_set1_epi8(0x10));

    none = _mm256_or_si256(none, _mm256_srli_epi32(none, 8));
    none = _mm256_or_si256(none, _mm256_srli_epi32(none, 16));
    __m256i run = _mm256_cmpeq_epi8(none, _mm256_setzero_si256());
    __m256i digits = _mm256_and_si256(_mm256_and_si256(text, _mm256_set1_epi8(0x0f)), run);
    __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(1 << 8 | 10));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi32(1 << 16 | 100));
}

/* Writes the first `count` ids of a window; numbers up to the next multiple of 16 are overwritten.
 */
AVX2 static inline void read_ids(struct window window, size_t count, uint32_t **next)
{
    uint64_t commas = window.commas;

    for (size_t i = 0; i < count; i += (size_t)2 * LANES) {
        store(numbers(take_eight(window.at, &commas)), *next + i);
        store(numbers(take_eight(window.at, &commas)), *next + i + LANES);
    }
    *next += count;
}

/* Reads the last bytes of a list, at most STRIDE, with the window that ends with them. False: they
 * are left for the plain loop. */
AVX2 static inline bool read_last(struct slice rest, const char *line, bool begins_list,
                                  uint32_t **next)
{
    const char *end = rest.at + rest.len;

    if (rest.len == 0 || rest.len > STRIDE || end - line < WINDOW || end[-1] == ',')
        return false;
    struct window window = scan_window(end - WINDOW, WINDOW - rest.len, begins_list);
    if (window.is_usual) /* one more than commas: the last id has none */
        read_ids(window, (size_t)_mm_popcnt_u64(window.commas) + 1, next);
    return window.is_usual;
}

AVX2 void apps_avx2_read(struct slice *list, const char *line, uint32_t **next)
{
    const char *at = list->at, *end = at + list->len;
    bool begins_list = true;

    for (; end - at > STRIDE; at += STRIDE, begins_list = false) {
        struct window window = scan_window(at - DIGITS, DIGITS, begins_list);
        if (!window.is_usual)
            break;
        read_ids(window, (size_t)_mm_popcnt_u64(window.commas), next);
    }
    if (read_last((struct slice){at, (size_t)(end - at)}, line, begins_list, next)) {
        list->at = NULL;
        return;
    }
    while (at > list->at && at[-1] != ',')
        at--;
    *list = (struct slice){at, (size_t)(end - at)};
}

/* For each set of lanes whose varint has two bytes: which bytes of the four lanes are kept. */
static const int8_t KEPT[1 << LANES / 2][sizeof(__m128i)] = {
    {0, 1, 4, 5, 8, 9, 12, 13},
    {0, 1, 2, 4, 5, 8, 9, 12, 13},
    {0, 1, 4, 5, 6, 8, 9, 12, 13},
    {0, 1, 2, 4, 5, 6, 8, 9, 12, 13},
    {0, 1, 4, 5, 8, 9, 10, 12, 13},
    {0, 1, 2, 4, 5, 8, 9, 10, 12, 13},
    {0, 1, 4, 5, 6, 8, 9, 10, 12, 13},
    {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13},
    {0, 1, 4, 5, 8, 9, 12, 13, 14},
    {0, 1, 2, 4, 5, 8, 9, 12, 13, 14},
    {0, 1, 4, 5, 6, 8, 9, 12, 13, 14},
    {0, 1, 2, 4, 5, 6, 8, 9, 12, 13, 14},
    {0, 1, 4, 5, 8, 9, 10, 12, 13, 14},
    {0, 1, 2, 4, 5, 8, 9, 10, 12, 13, 14},
    {0, 1, 4, 5, 6, 8, 9, 10, 12, 13, 14},
    {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14},
};

/* Each lane holds a tag and a varint of one or two bytes. Writes the first `count` of the four. */
AVX2 static inline char *encode_four(__m128i lanes, unsigned two, size_t count, char *at)
{
    __m128i which = _mm_loadu_si128((const __m128i *)(const void *)KEPT[two]);

    _mm_storeu_si128((__m128i *)(void *)at, _mm_shuffle_epi8(lanes, which));
    return at + 2 * count + (size_t)_mm_popcnt_u32(two);
}

/*
 * Writes the first `count` of eight ids. Returns their end; NULL: not all of them are
 * usual. An example, the lanes 567, 43, 3 and 7; 567 is 4 * 128 + 55:
 *
 *     low     0x37 << 8 = 0x003700   the low seven bits become the varint's first byte
 *     high    0x200 << 9 = 0x040000  the high seven bits become its second byte
 *     more    0x8000                 set in the first byte, since there is a second
 *     lane    0x04b708               with the tag 0x08; its bytes: 08 b7 04 00
 *     lanes   08 b7 04 00, 08 2b 00 00, 08 03 00 00, 08 07 00 00
 *     two     binary 0001            only the first of these four has two bytes
 *     kept    08 b7 04 08 2b 08 03 08 07: by KEPT[1], 2 * 4 + 1 bytes
 */
AVX2 static inline char *encode_eight(__m256i app, size_t count, char *at)
{
    const __m256i zero = _mm256_setzero_si256();
    unsigned within = (1u << count) - 1;
    size_t first = count < LANES / 2 ? count : LANES / 2;
    __m256i low = _mm256_and_si256(app, _mm256_set1_epi32(0x7f));
    __m256i high = _mm256_and_si256(app, _mm256_set1_epi32(0x3f80));
    __m256i is_usual = _mm256_cmpeq_epi32(_mm256_or_si256(low, high), app);
    __m256i is_one = _mm256_cmpeq_epi32(high, zero);

    if (~(unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(is_usual)) & within)
        return NULL;
    unsigned two = ~(unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(is_one)) & within;
    __m256i more = _mm256_andnot_si256(is_one, _mm256_set1_epi32(0x8000));
    low = _mm256_or_si256(_mm256_slli_epi32(low, 8), _mm256_set1_epi32(APPS_TAG));
    high = _mm256_or_si256(_mm256_slli_epi32(high, 9), more);
    __m256i lanes = _mm256_or_si256(low, high);
    at = encode_four(_mm256_castsi256_si128(lanes), two & 0xf, first, at);
    return encode_four(_mm256_extracti128_si256(lanes, 1), two >> 4, count - first, at);
}

AVX2 char *apps_avx2_encode(const uint32_t **next, const uint32_t *end, char *at)
{
    char *behind;

    for (; end - *next >= LANES; *next += LANES, at = behind)
        if (!(behind = encode_eight(load(*next), LANES, at)))
            return at;
    size_t left = (size_t)(end - *next);
    if (left > 0 && (behind = encode_eight(load_some(*next, left), left, at))) {
        *next = end;
        at = behind;
    }
    return at;
}

#else

bool apps_avx2_runs_here(void)
{
    return false;
}

void apps_avx2_read(struct slice *list, const char *line, uint32_t **next)
{
    (void)list;
    (void)line;
    (void)next;
}

char *apps_avx2_encode(const uint32_t **next, const uint32_t *end, char *at)
{
    (void)next;
    (void)end;
    return at;
}

#endif
