#include "apps_avx2.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

enum { WINDOW = 64, DIGITS = 4 };

bool apps_avx2_runs_here(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

/* 64 bytes, a bit each: those that are commas, and those that are neither comma nor digit. */
struct window {
    uint64_t commas, others;
};

AVX2 static inline __m256i load(const void *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

AVX2 static inline uint64_t bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)_mm256_movemask_epi8(high) << 32;
}

/* Of bytes from which '0' was taken. */
AVX2 static inline __m256i are_digits(__m256i values)
{
    return _mm256_cmpeq_epi8(_mm256_min_epu8(values, _mm256_set1_epi8(9)), values);
}

AVX2 static inline struct window look(const char *at)
{
    const __m256i zero = _mm256_set1_epi8('0'), comma = _mm256_set1_epi8(',');
    __m256i low = load(at), high = load(at + WINDOW / 2);
    uint64_t commas = bits(_mm256_cmpeq_epi8(low, comma), _mm256_cmpeq_epi8(high, comma));
    uint64_t digits =
        bits(are_digits(_mm256_sub_epi8(low, zero)), are_digits(_mm256_sub_epi8(high, zero)));

    return (struct window){commas, ~(commas | digits)};
}

/* The list's last bytes, fewer than a window has, as if a comma stood behind them. */
AVX2 static inline struct window look_last(const char *end, size_t len)
{
    struct window window = look(end - WINDOW);

    window.commas = window.commas >> (WINDOW - len) | UINT64_C(1) << len;
    window.others >>= WINDOW - len;
    return window;
}

/* Nothing but runs of one to four digits and a comma behind each. `within`: up to the last comma of
 * interest. */
AVX2 static inline bool is_usual(struct window window, uint64_t within)
{
    uint64_t empty = window.commas & (window.commas << 1 | 1);
    uint64_t two = ~window.commas & ~window.commas >> 1;
    uint64_t five = two & two >> 2 & ~window.commas >> DIGITS;

    return ((window.others | empty | five) & within) == 0;
}

/* The four bytes before the first of the commas. */
AVX2 static inline int32_t before(const char *at, uint64_t commas)
{
    int32_t text;

    memcpy(&text, at + _tzcnt_u64(commas) - DIGITS, sizeof text);
    return text;
}

/* Without the first; near the list's end the last one stays. */
AVX2 static inline uint64_t later(uint64_t commas, bool last)
{
    uint64_t rest = _blsr_u64(commas);

    return last && rest == 0 ? commas : rest;
}

/* In each lane four bytes before a comma; what stands before its last run of digits counts nothing.
 */
AVX2 static inline __m256i numbers(__m256i text)
{
    __m256i values = _mm256_sub_epi8(text, _mm256_set1_epi8('0'));
    __m256i run = are_digits(values);

    run = _mm256_and_si256(
        run, _mm256_or_si256(_mm256_srli_epi32(run, 8), _mm256_set1_epi32((int)0xff000000)));
    run = _mm256_and_si256(
        run, _mm256_or_si256(_mm256_srli_epi32(run, 16), _mm256_set1_epi32((int)0xffff0000)));
    values = _mm256_and_si256(values, run);
    values = _mm256_maddubs_epi16(values, _mm256_set1_epi16(1 << 8 | 10));
    return _mm256_madd_epi16(values, _mm256_set1_epi32(1 << 16 | 100));
}

/* Reads the ids before the first eight commas, or, of the last window, before all it has. Returns
 * the bytes they take with the last comma; 0: not all of them are usual. */
AVX2 static inline size_t read_eight(const char *at, struct window window, bool last,
                                     uint32_t *apps)
{
    uint64_t c0 = window.commas, c1 = later(c0, last), c2 = later(c1, last), c3 = later(c2, last);
    uint64_t c4 = later(c3, last), c5 = later(c4, last), c6 = later(c5, last), c7 = later(c6, last);

    if (c7 == 0 || !is_usual(window, _blsmsk_u64(c7)))
        return 0;
    __m256i text =
        _mm256_setr_epi32(before(at, c0), before(at, c1), before(at, c2), before(at, c3),
                          before(at, c4), before(at, c5), before(at, c6), before(at, c7));
    _mm256_storeu_si256((__m256i *)(void *)apps, numbers(text));
    return _tzcnt_u64(c7) + 1;
}

/* Of the last window: how many ids read_eight reads. */
AVX2 static inline size_t ids_in(struct window window)
{
    size_t commas = (size_t)_mm_popcnt_u64(window.commas);

    return commas < APPS_AVX2_LANES ? commas : APPS_AVX2_LANES;
}

AVX2 void apps_avx2_read(struct slice *list, uint32_t **next)
{
    const char *end = list->at + list->len;
    size_t left = list->len, taken;

    if (left < WINDOW)
        return;
    for (; left >= WINDOW; left -= taken, *next += APPS_AVX2_LANES) {
        taken = read_eight(end - left, look(end - left), false, *next);
        if (taken == 0)
            break;
    }
    while (left > 0 && left < WINDOW) {
        struct window window = look_last(end, left);
        taken = read_eight(end - left, window, true, *next);
        if (taken == 0)
            break;
        *next += ids_in(window);
        if (taken > left) {
            list->at = NULL;
            return;
        }
        left -= taken;
    }
    *list = (struct slice){end - left, left};
}

AVX2 char *apps_avx2_put(const uint32_t **next, const uint32_t *end, char *at)
{
    enum { TAG = 1 << 3, HALF_BYTES = 3 * APPS_AVX2_LANES / 2 };
    const __m256i joined = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
                                            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);

    for (; end - *next >= APPS_AVX2_LANES; *next += APPS_AVX2_LANES) {
        __m256i app = load(*next);
        __m256i two_bytes = _mm256_and_si256(_mm256_cmpgt_epi32(app, _mm256_set1_epi32(0x7f)),
                                             _mm256_cmpgt_epi32(_mm256_set1_epi32(0x4000), app));
        if (_mm256_movemask_epi8(two_bytes) != -1)
            break;
        __m256i low = _mm256_slli_epi32(_mm256_and_si256(app, _mm256_set1_epi32(0x7f)), 8);
        __m256i high = _mm256_slli_epi32(_mm256_and_si256(app, _mm256_set1_epi32(0x3f80)), 9);
        __m256i put = _mm256_or_si256(_mm256_or_si256(low, high), _mm256_set1_epi32(0x8000 | TAG));
        put = _mm256_shuffle_epi8(put, joined);
        _mm_storeu_si128((__m128i *)(void *)at, _mm256_castsi256_si128(put));
        at += HALF_BYTES;
        _mm_storeu_si128((__m128i *)(void *)at, _mm256_extracti128_si256(put, 1));
        at += HALF_BYTES;
    }
    return at;
}

#else

bool apps_avx2_runs_here(void)
{
    return false;
}

void apps_avx2_read(struct slice *list, uint32_t **next)
{
    (void)list;
    (void)next;
}

char *apps_avx2_put(const uint32_t **next, const uint32_t *end, char *at)
{
    (void)next;
    (void)end;
    return at;
}

#endif
