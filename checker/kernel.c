#include "checker/kernel.h"

#include "base/hash_inline.h"

#if defined __AVX2__ && !defined __SANITIZE_THREAD__
#include <immintrin.h>
#endif

#ifndef KERNEL /* the Makefile names the variants */
#define KERNEL kernel_plain
#endif
#define KERNEL_TEXT_(x) #x
#define KERNEL_TEXT(x) KERNEL_TEXT_(x)

extern const struct kernel KERNEL;

#define INLINE static inline __attribute__((always_inline))

/* ---- hashing ---- */

INLINE uint32_t sift_words(const uint64_t *states, uint32_t words, uint16_t *index, uint32_t n, uint64_t *recent,
                           struct hash128 *print) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) { /* without a branch: half of them are met, at random */
        uint16_t at = index[i];
        struct hash128 h = hash_state128_inline(states + (size_t)at * words, words);
        print[kept] = h;
        index[kept] = at;
        kept += !kernel_met(recent, h);
    }
    return kept;
}

/* flatten: so that hashing is one piece of code with a constant length */
__attribute__((flatten)) static uint32_t sift(const uint64_t *states, uint32_t words, uint16_t *index, uint32_t n,
                                              uint64_t *recent, struct hash128 *print) {
    switch (words) {
    case 1: return sift_words(states, 1, index, n, recent, print);
    case 2: return sift_words(states, 2, index, n, recent, print);
    case 3: return sift_words(states, 3, index, n, recent, print);
    case 4: return sift_words(states, 4, index, n, recent, print);
    case 5: return sift_words(states, 5, index, n, recent, print);
    case 6: return sift_words(states, 6, index, n, recent, print);
    case 7: return sift_words(states, 7, index, n, recent, print);
    case 8: return sift_words(states, 8, index, n, recent, print);
    default: return sift_words(states, words, index, n, recent, print);
    }
}

INLINE void hash_words(const uint64_t *states, uint32_t words, uint32_t n, uint64_t *fp) {
    for (uint32_t i = 0; i < n; i++) fp[i] = hash_state_inline(states + (size_t)i * words, words);
}

__attribute__((flatten)) static void hash(const uint64_t *states, uint32_t words, uint32_t n, uint64_t *fp) {
    switch (words) {
    case 1: hash_words(states, 1, n, fp); break;
    case 2: hash_words(states, 2, n, fp); break;
    case 3: hash_words(states, 3, n, fp); break;
    case 4: hash_words(states, 4, n, fp); break;
    case 5: hash_words(states, 5, n, fp); break;
    case 6: hash_words(states, 6, n, fp); break;
    case 7: hash_words(states, 7, n, fp); break;
    case 8: hash_words(states, 8, n, fp); break;
    default: hash_words(states, words, n, fp);
    }
}

/* ---- the set ---- */

/* Which of the eight slots of a line hold `want`, and which nothing: as bits. A slot is written once, from 0, so it
 * does not matter at which moment each is read; vector loads of aligned words are not torn on the processors that have
 * them.
 */
struct match {
    unsigned same, empty;
};
INLINE struct match match(const _Atomic uint64_t *slots, uint64_t want) {
#if defined __SANITIZE_THREAD__ || !defined __AVX2__
    struct match m = {0, 0};
    for (unsigned i = 0; i < 8; i++) {
        uint64_t v = atomic_load_explicit(&slots[i], memory_order_relaxed);
        m.same |= (unsigned)(v == want) << i;
        m.empty |= (unsigned)(v == 0) << i;
    }
    return m;
#elif defined __AVX512F__
    __m512i line = _mm512_load_si512((const void *)slots);
    return (struct match){_mm512_cmpeq_epi64_mask(line, _mm512_set1_epi64((long long)want)),
                          _mm512_testn_epi64_mask(line, line)};
#else
    __m256i a = _mm256_load_si256((const __m256i *)(const void *)slots),
            b = _mm256_load_si256((const __m256i *)(const void *)slots + 1);
    __m256i w = _mm256_set1_epi64x((long long)want), none = _mm256_setzero_si256();
#define BITS(x) (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(x))
    return (struct match){BITS(_mm256_cmpeq_epi64(a, w)) | BITS(_mm256_cmpeq_epi64(b, w)) << 4,
                          BITS(_mm256_cmpeq_epi64(a, none)) | BITS(_mm256_cmpeq_epi64(b, none)) << 4};
#undef BITS
#endif
}

static void fetch(const struct fpset *s, const struct hash128 *print, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) fpset_prefetch(s, print[i]);
}

/* What came of asking a line. */
enum told { KNOWN, NEW, FULL };

INLINE enum told enter_line(_Atomic uint64_t *slots, uint64_t want) {
    for (;;) {
        struct match m = match(slots, want);
        if (m.same) return KNOWN;
        if (!m.empty) return FULL;
        uint64_t none = 0;
        if (atomic_compare_exchange_strong_explicit(&slots[__builtin_ctz(m.empty)], &none, want, memory_order_relaxed,
                                                    memory_order_relaxed))
            return NEW; /* else another worker was faster: look again */
    }
}

INLINE void swap(uint16_t *index, struct hash128 *print, uint32_t i, uint32_t k) {
    struct hash128 h = print[i];
    uint16_t at = index[i];
    print[i] = print[k];
    index[i] = index[k];
    print[k] = h;
    index[k] = at;
}

/* Three rounds, each with the lines that it looks at on their way since the one before: which are not in their first
 * line; entering these; and the second lines of those whose first one is full. */
static uint32_t enter(struct fpset *s, uint16_t *index, struct hash128 *print, uint32_t n, uint32_t *later,
                      uint32_t *last) {
    uint32_t unknown = 0, fresh = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct match m = match(fpset_first(s, print[i]), fpset_remainder(print[i]) | 1);
        print[unknown] = print[i];
        index[unknown] = index[i];
        if (!(m.same | m.empty)) fpset_prefetch_second(s, print[i]);
        unknown += !m.same;
    }
    uint32_t i = 0, full = unknown;
    while (i < full) {
        enum told told = enter_line(fpset_first(s, print[i]), fpset_remainder(print[i]) | 1);
        if (told == FULL) {
            swap(index, print, i, --full);
            continue;
        }
        if (told == NEW) index[fresh++] = index[i];
        i++;
    }
    uint32_t end = unknown;
    while (i < end) {
        enum told told = enter_line(fpset_second(s, print[i]), fpset_remainder(print[i]) | 2);
        if (told == FULL) {
            swap(index, print, i, --end);
            continue;
        }
        if (told == NEW) index[fresh++] = index[i];
        i++;
    }
    *later = end;
    *last = unknown;
    return fresh;
}

const struct kernel KERNEL = {KERNEL_TEXT(KERNEL), sift, fetch, enter, hash};
