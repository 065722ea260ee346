#include "checker/kernel.h"

#include "base/hash_inline.h"
#include "checker/words.h"

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
    WITH_WORDS(words, return sift_words(states, WORDS, index, n, recent, print));
}

INLINE uint32_t recall_words(const uint64_t *states, uint32_t words, uint16_t *index, uint32_t n,
                             const struct known *known, struct hash128 *print, uint32_t *number) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        print[i] = hash_state128_inline(states + (size_t)index[i] * words, words);
        __builtin_prefetch(&known[print[i].hi & (KERNEL_RECENT - 1)]);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint16_t at = index[i];
        struct hash128 h = print[i];
        const struct known *k = &known[h.hi & (KERNEL_RECENT - 1)];
        bool met = (k->lo == h.lo) & (k->number != 0);
        print[kept] = h;
        index[kept] = at;
        number[at] = k->number;
        kept += !met;
    }
    return kept;
}

__attribute__((flatten)) static uint32_t recall(const uint64_t *states, uint32_t words, uint16_t *index, uint32_t n,
                                                const struct known *known, struct hash128 *print, uint32_t *number) {
    WITH_WORDS(words, return recall_words(states, WORDS, index, n, known, print, number));
}

INLINE void hash_words(const uint64_t *states, uint32_t words, uint32_t n, uint64_t *fp) {
    for (uint32_t i = 0; i < n; i++) fp[i] = hash_state_inline(states + (size_t)i * words, words);
}

__attribute__((flatten)) static void hash(const uint64_t *states, uint32_t words, uint32_t n, uint64_t *fp) {
    WITH_WORDS(words, hash_words(states, WORDS, n, fp));
}

/* ---- the set ---- */

/* Which slots of a line hold `want`, and which nothing: as bits; `lanes`: ALL, or those of a numbered set. A slot is
 * written once, from 0, so it does not matter at which moment each is read; vector loads of aligned words are not torn
 * on the processors that have them. */
enum { ALL = (1 << FPSET_LINE) - 1, NUMBERED = (1 << FPSET_NUMBERED) - 1 };
struct match {
    unsigned same, empty;
};
INLINE struct match match(const _Atomic uint64_t *slots, uint64_t want, unsigned lanes) {
#if defined __SANITIZE_THREAD__ || !defined __AVX2__
    struct match m = {0, 0};
    for (unsigned i = 0; i < (lanes == ALL ? FPSET_LINE : FPSET_NUMBERED); i++) {
        uint64_t v = atomic_load_explicit(&slots[i], memory_order_relaxed);
        m.same |= (unsigned)(v == want) << i;
        m.empty |= (unsigned)(v == 0) << i;
    }
    return m;
#elif defined __AVX512F__
    __m512i line = _mm512_load_si512((const void *)slots);
    return (struct match){_mm512_cmpeq_epi64_mask(line, _mm512_set1_epi64((long long)want)) & lanes,
                          _mm512_testn_epi64_mask(line, line) & lanes};
#else
    __m256i a = _mm256_load_si256((const __m256i *)(const void *)slots),
            b = _mm256_load_si256((const __m256i *)(const void *)slots + 1);
    __m256i w = _mm256_set1_epi64x((long long)want), none = _mm256_setzero_si256();
#define BITS(x) (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(x))
    return (struct match){(BITS(_mm256_cmpeq_epi64(a, w)) | BITS(_mm256_cmpeq_epi64(b, w)) << 4) & lanes,
                          (BITS(_mm256_cmpeq_epi64(a, none)) | BITS(_mm256_cmpeq_epi64(b, none)) << 4) & lanes};
#undef BITS
#endif
}

INLINE uint32_t number_at(_Atomic uint64_t *line, uint64_t want) {
    struct match m = match(line, want, NUMBERED);
    unsigned i = (unsigned)__builtin_ctz(m.same ? m.same : 1U);
    uint32_t there = atomic_load_explicit(fpset_number_of(line, i), memory_order_acquire);
    return m.same ? there : 0; /* 0 also if it is being written just now */
}

INLINE bool is_full(const _Atomic uint64_t *line) { return !match(line, 0, NUMBERED).same; }

static uint32_t seek(const struct fpset *s, uint16_t *index, struct hash128 *print, uint32_t n, struct known *known,
                     uint32_t *number) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct hash128 h = print[i];
        uint16_t at = index[i];
        _Atomic uint64_t *first = fpset_first(s, h);
        uint32_t there = number_at(first, fpset_remainder(h) | 1);
        if (!there && is_full(first)) fpset_prefetch_second(s, h);
        number[at] = there;
        kernel_know(known, h, there);
        print[left] = h;
        index[left] = at;
        left += !there;
    }
    return left;
}

static void fetch(const struct fpset *s, const struct hash128 *print, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) fpset_prefetch(s, print[i]);
}

/* What came of asking a line. */
enum told { KNOWN, NEW, FULL };

INLINE enum told enter_line(_Atomic uint64_t *slots, uint64_t want, unsigned lanes, unsigned *slot) {
    for (;;) {
        struct match m = match(slots, want, lanes);
        if (!(m.same | m.empty)) return FULL;
        *slot = (unsigned)__builtin_ctz(m.same ? m.same : m.empty);
        if (m.same) return KNOWN;
        uint64_t none = 0;
        if (atomic_compare_exchange_strong_explicit(&slots[*slot], &none, want, memory_order_relaxed,
                                                    memory_order_relaxed))
            return NEW; /* else another worker was faster: look again */
    }
}

/* For what `enter` and `seek` have left. */
static enum fpset_told enter_one(struct fpset *s, struct hash128 h, _Atomic uint32_t **number) {
    for (unsigned k = 1; k <= 2; k++) {
        _Atomic uint64_t *line = k == 1 ? fpset_first(s, h) : fpset_second(s, h);
        unsigned slot;
        enum told told = enter_line(line, fpset_remainder(h) | k, s->per_line == FPSET_LINE ? ALL : NUMBERED, &slot);
        if (told == FULL) continue;
        *number = fpset_number_of(line, slot);
        return told == NEW ? FPSET_NEW : FPSET_KNOWN;
    }
    return fpset_enter(s, h, number);
}

/* Two rounds over a few at a time: an exclusive access waits for all stores before it, and those into `known` are slow.
 */
static uint32_t number(struct fpset *s, uint16_t *index, struct hash128 *print, uint32_t n, struct known *known,
                       uint32_t *numbers, struct kernel_room room, uint32_t *fresh) {
    enum { FEW = 64 };
    uint32_t done = 0, made = 0;
    bool full = false;
    while (done < n && !full && room.next < room.last) {
        uint64_t is_new = 0;
        uint32_t begin = done;
        for (; done < n && done - begin < FEW && room.next < room.last; done++) {
            struct hash128 h = print[done];
            unsigned slot;
            _Atomic uint64_t *line = fpset_first(s, h);
            enum told told = enter_line(line, fpset_remainder(h) | 1, NUMBERED, &slot);
            if (told == FULL) {
                line = fpset_second(s, h);
                told = enter_line(line, fpset_remainder(h) | 2, NUMBERED, &slot);
                full = told == FULL;
                if (full) break;
            }
            _Atomic uint32_t *place = fpset_number_of(line, slot);
            uint32_t its;
            if (told == NEW) {
                its = room.next++;
                atomic_store_explicit(place, its, memory_order_relaxed);
                is_new |= (uint64_t)1 << (done - begin);
            } else {
                its = kernel_await(place);
            }
            numbers[index[done]] = its;
        }
        for (uint32_t i = begin; i < done; i++) {
            struct hash128 h = print[i];
            uint16_t at = index[i];
            kernel_know(known, h, numbers[at]);
            index[made] = at;
            print[made] = h;
            made += is_new >> (i - begin) & 1;
        }
    }
    *fresh = made;
    return done;
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
    unsigned slot;
    for (uint32_t i = 0; i < n; i++) {
        struct match m = match(fpset_first(s, print[i]), fpset_remainder(print[i]) | 1, ALL);
        print[unknown] = print[i];
        index[unknown] = index[i];
        if (!(m.same | m.empty)) fpset_prefetch_second(s, print[i]);
        unknown += !m.same;
    }
    uint32_t i = 0, full = unknown;
    while (i < full) {
        enum told told = enter_line(fpset_first(s, print[i]), fpset_remainder(print[i]) | 1, ALL, &slot);
        if (told == FULL) {
            swap(index, print, i, --full);
            continue;
        }
        if (told == NEW) index[fresh++] = index[i];
        i++;
    }
    uint32_t end = unknown;
    while (i < end) {
        enum told told = enter_line(fpset_second(s, print[i]), fpset_remainder(print[i]) | 2, ALL, &slot);
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

const struct kernel KERNEL = {KERNEL_TEXT(KERNEL), sift, fetch, enter, enter_one, recall, seek, number, hash};
