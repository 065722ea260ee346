/* The value runtime: what generated code and the interpreter both use to work on packed values.
 *
 * Values (docs/internals/values.md). Every type has a fixed width. A value of at most 64 bits is *narrow*: one
 * register. A wider one is a block of 64-bit words, reached by pointer. Each value has exactly one encoding, so
 * equality is word equality. Integers of a range lo..hi are kept as themselves in registers and as v - lo inside other
 * values.
 *
 * A *list* is the common layout of sequences, bags and large sets: up to `cap` elements, zero beyond its length.
 *   narrow list : element i at bit i*b, the length above the last element
 *   wide list   : word 0 is the length, then the elements: 64/b to a word, or ew words each if they are wide (b = 0)
 * Bags and sets keep their elements in ascending order (bags with repetition).
 *
 * Everything here is inline and takes its geometry as arguments, so that in generated code all of it is constant.
 * Thread-safe (no state); no allocation; O(length) at most. */
#ifndef DC_MODEL_RT_H
#define DC_MODEL_RT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DC_INLINE static inline __attribute__((always_inline, unused))
typedef uint64_t dc_word;

/* Mixes a word into a 64-bit key; for one word alone it is a bijection (the finaliser of SplitMix64: Steele, Lea,
 * Flood, "Fast splittable pseudorandom number generators", 2014). */
DC_INLINE uint64_t dc_mix(uint64_t h, uint64_t w) {
    h = (h ^ w) + UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

DC_INLINE dc_word dc_mask(unsigned bits) { return bits >= 64 ? ~(dc_word)0 : ((dc_word)1 << bits) - 1; }
DC_INLINE dc_word dc_get(dc_word w, unsigned shift, unsigned bits) { return (w >> shift) & dc_mask(bits); }
DC_INLINE dc_word dc_put(dc_word w, unsigned shift, unsigned bits, dc_word v) {
    return (w & ~(dc_mask(bits) << shift)) | v << shift;
}
DC_INLINE unsigned dc_count(dc_word w) { return (unsigned)__builtin_popcountll(w); }
DC_INLINE unsigned dc_first(dc_word w) { return (unsigned)__builtin_ctzll(w); }

/* arrays: element i of b bits (packed code) */
DC_INLINE dc_word dc_array_get(const dc_word *a, unsigned b, dc_word i) {
    unsigned per = 64 / b; /* NOLINT(clang-analyzer-core.DivideZero): an element has at least one bit */
    return dc_get(a[i / per], (unsigned)(i % per) * b, b);
}
DC_INLINE void dc_array_put(dc_word *a, unsigned b, dc_word i, dc_word v) {
    unsigned per = 64 / b;
    a[i / per] = dc_put(a[i / per], (unsigned)(i % per) * b, b, v);
}

/* blocks */
DC_INLINE bool dc_same(const dc_word *a, const dc_word *b, unsigned words) {
    dc_word d = 0;
    for (unsigned i = 0; i < words; i++) d |= a[i] ^ b[i];
    return d == 0;
}
DC_INLINE int dc_compare(const dc_word *a, const dc_word *b, unsigned words) {
    for (unsigned i = 0; i < words; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}
DC_INLINE void dc_copy(dc_word *to, const dc_word *from, unsigned words) {
    for (unsigned i = 0; i < words; i++) to[i] = from[i];
}
DC_INLINE void dc_zero(dc_word *to, unsigned words) {
    for (unsigned i = 0; i < words; i++) to[i] = 0;
}

/* bit sets of any width */
DC_INLINE bool dc_has(const dc_word *s, dc_word i) { return s[i / 64] >> (i % 64) & 1; }
DC_INLINE unsigned dc_bits_size(const dc_word *s, unsigned words) {
    unsigned n = 0;
    for (unsigned i = 0; i < words; i++) n += dc_count(s[i]);
    return n;
}
DC_INLINE bool dc_bits_subset(const dc_word *a, const dc_word *b, unsigned words) {
    dc_word d = 0;
    for (unsigned i = 0; i < words; i++) d |= a[i] & ~b[i];
    return d == 0;
}
/* The least member >= from and < end, or end. */
DC_INLINE dc_word dc_bits_next(const dc_word *s, dc_word from, dc_word end) {
    while (from < end) {
        dc_word w = s[from / 64] >> (from % 64);
        if (w) {
            from += dc_first(w);
            return from < end ? from : end;
        }
        from = (from / 64 + 1) * 64;
    }
    return end;
}
/* Whether any member lies in from .. from+n-1: the bit slice behind a quantifier with equalities. */
DC_INLINE bool dc_bits_any(const dc_word *s, dc_word from, dc_word n) {
    return dc_bits_next(s, from, from + n) < from + n;
}

/* lists; geometry: b bits an element (0: wide, ew words each), cap elements, narrow or not */
#define DC_LIST unsigned b, unsigned ew, unsigned cap, bool narrow
#define DC_G b, ew, cap, narrow
DC_INLINE unsigned dc_list_words(DC_LIST) {
    if (narrow) return 1;
    return 1 + (b ? (cap + 64 / b - 1) / (64 / b) : cap * ew);
}
DC_INLINE unsigned dc_list_len(const dc_word *l, DC_LIST) {
    (void)ew;
    return (unsigned)(narrow ? (cap * b >= 64 ? 0 : l[0] >> (cap * b)) : l[0]);
}
DC_INLINE void dc_list_set_len(dc_word *l, unsigned n, DC_LIST) {
    (void)ew;
    if (narrow) l[0] = (l[0] & dc_mask(cap * b)) | (dc_word)n << (cap * b);
    else l[0] = n;
}
DC_INLINE dc_word dc_list_get(const dc_word *l, unsigned i, DC_LIST) { /* narrow elements */
    (void)ew;
    (void)cap;
    return narrow ? dc_get(l[0], i * b, b) : dc_array_get(l + 1, b, i);
}
DC_INLINE void dc_list_put(dc_word *l, unsigned i, dc_word v, DC_LIST) {
    (void)ew;
    (void)cap;
    if (narrow) l[0] = dc_put(l[0], i * b, b, v);
    else dc_array_put(l + 1, b, i, v);
}
DC_INLINE const dc_word *dc_list_at(const dc_word *l, unsigned i, unsigned ew) {
    return l + 1 + (size_t)i * ew;
} /* wide */
/* x points to the element: its packed code, or its ew words. */
DC_INLINE void dc_list_write(dc_word *l, unsigned i, const dc_word *x, DC_LIST) {
    if (b) dc_list_put(l, i, x[0], DC_G);
    else dc_copy(l + 1 + (size_t)i * ew, x, ew);
}
DC_INLINE int dc_list_compare(const dc_word *l, unsigned i, const dc_word *x, DC_LIST) {
    if (!b) return dc_compare(dc_list_at(l, i, ew), x, ew);
    dc_word e = dc_list_get(l, i, DC_G);
    return e < x[0] ? -1 : e > x[0];
}
/* First index whose element is >= x (binary search would not pay: lists are short). */
DC_INLINE unsigned dc_list_find(const dc_word *l, const dc_word *x, DC_LIST) {
    unsigned n = dc_list_len(l, DC_G), i = 0;
    while (i < n && dc_list_compare(l, i, x, DC_G) < 0) i++;
    return i;
}
DC_INLINE bool dc_list_has(const dc_word *l, const dc_word *x, DC_LIST) {
    unsigned i = dc_list_find(l, x, DC_G);
    return i < dc_list_len(l, DC_G) && dc_list_compare(l, i, x, DC_G) == 0;
}
/* Moves elements i.. one up or down and sets the new length. */
DC_INLINE void dc_list_open(dc_word *l, unsigned i, DC_LIST) {
    unsigned n = dc_list_len(l, DC_G);
    for (unsigned k = n; k > i; k--) {
        if (b) dc_list_put(l, k, dc_list_get(l, k - 1, DC_G), DC_G);
        else dc_copy(l + 1 + (size_t)k * ew, dc_list_at(l, k - 1, ew), ew);
    }
    dc_list_set_len(l, n + 1, DC_G);
}
DC_INLINE void dc_list_close(dc_word *l, unsigned i, DC_LIST) {
    unsigned n = dc_list_len(l, DC_G);
    for (unsigned k = i; k + 1 < n; k++) {
        if (b) dc_list_put(l, k, dc_list_get(l, k + 1, DC_G), DC_G);
        else dc_copy(l + 1 + (size_t)k * ew, dc_list_at(l, k + 1, ew), ew);
    }
    if (b) dc_list_put(l, n - 1, 0, DC_G);
    else dc_zero(l + 1 + (size_t)(n - 1) * ew, ew);
    dc_list_set_len(l, n - 1, DC_G);
}
/* Sorted insertion; `again` allows repetition (bags). False: no room. */
DC_INLINE bool dc_list_insert(dc_word *l, const dc_word *x, bool again, DC_LIST) {
    unsigned n = dc_list_len(l, DC_G), i = dc_list_find(l, x, DC_G);
    if (!again && i < n && dc_list_compare(l, i, x, DC_G) == 0) return true;
    if (n == cap) return false;
    dc_list_open(l, i, DC_G);
    dc_list_write(l, i, x, DC_G);
    return true;
}
/* Removes one occurrence, if there is one. */
DC_INLINE bool dc_list_remove(dc_word *l, const dc_word *x, DC_LIST) {
    unsigned n = dc_list_len(l, DC_G), i = dc_list_find(l, x, DC_G);
    if (i == n || dc_list_compare(l, i, x, DC_G) != 0) return false;
    dc_list_close(l, i, DC_G);
    return true;
}
DC_INLINE bool dc_list_append(dc_word *l, const dc_word *x, DC_LIST) {
    unsigned n = dc_list_len(l, DC_G);
    if (n == cap) return false;
    dc_list_set_len(l, n + 1, DC_G);
    dc_list_write(l, n, x, DC_G);
    return true;
}
/* Drops the first element of a sequence: one shift where the list is narrow. */
DC_INLINE void dc_list_tail(dc_word *l, DC_LIST) {
    if (narrow) {
        unsigned n = dc_list_len(l, DC_G);
        l[0] = (l[0] & dc_mask(cap * b)) >> b;
        dc_list_set_len(l, n - 1, DC_G);
    } else {
        dc_list_close(l, 0, DC_G);
    }
}
DC_INLINE unsigned dc_list_copies(const dc_word *l, const dc_word *x, DC_LIST) {
    unsigned n = dc_list_len(l, DC_G), i = dc_list_find(l, x, DC_G), k = 0;
    while (i + k < n && dc_list_compare(l, i + k, x, DC_G) == 0) k++;
    return k;
}

/* set operations on sorted lists: 0 union, 1 intersection, 2 difference; to must not overlap. False: no room. */
DC_INLINE bool dc_list_combine(int op, dc_word *to, const dc_word *x, const dc_word *y, DC_LIST) {
    unsigned n = dc_list_len(x, DC_G), words = dc_list_words(DC_G);
    if (op == 0) dc_copy(to, y, words);
    else dc_zero(to, words);
    for (unsigned i = 0; i < n; i++) {
        dc_word code = b ? dc_list_get(x, i, DC_G) : 0;
        const dc_word *e = b ? &code : dc_list_at(x, i, ew);
        bool in = op == 0 || dc_list_has(y, e, DC_G) == (op == 1);
        if (in && !dc_list_insert(to, e, false, DC_G)) return false;
    }
    return true;
}
DC_INLINE bool dc_list_subset(const dc_word *x, const dc_word *y, DC_LIST) {
    unsigned n = dc_list_len(x, DC_G);
    for (unsigned i = 0; i < n; i++) {
        dc_word code = b ? dc_list_get(x, i, DC_G) : 0;
        if (!dc_list_has(y, b ? &code : dc_list_at(x, i, ew), DC_G)) return false;
    }
    return true;
}
/* n <= 64 bits of a bit set from position `from`. */
DC_INLINE dc_word dc_window(const dc_word *s, dc_word from, unsigned n) {
    unsigned shift = (unsigned)(from % 64);
    dc_word w = s[from / 64] >> shift;
    if (shift && shift + n > 64) w |= s[from / 64 + 1] << (64 - shift);
    return w & dc_mask(n);
}

/* checked 64-bit arithmetic; Euclidean division: the remainder is never negative */
DC_INLINE int64_t dc_div(int64_t a, int64_t b) {
    int64_t q = a / b, r = a % b;
    return r < 0 ? (b > 0 ? q - 1 : q + 1) : q;
}
DC_INLINE int64_t dc_mod(int64_t a, int64_t b) {
    int64_t r = a % b;
    return r < 0 ? (b > 0 ? r + b : r - b) : r;
}

/* The choices of one run of a body: an odometer, whose last wheel turns fastest. */
enum { DC_CHOICES = 256 };
struct dc_choices {
    uint32_t choice[DC_CHOICES], of[DC_CHOICES], n, depth;
};
DC_INLINE uint32_t dc_choose(struct dc_choices *c, uint32_t of) {
    uint32_t d = c->depth++;
    if (d < c->n) return c->choice[d];
    c->choice[d] = 0;
    c->of[d] = of;
    c->n = d + 1;
    return 0;
}
DC_INLINE bool dc_turn(struct dc_choices *c) {
    if (c->n > c->depth) c->n = c->depth;
    while (c->n > 0) {
        if (++c->choice[c->n - 1] < c->of[c->n - 1]) return true;
        c->n--;
    }
    return false;
}

#endif
