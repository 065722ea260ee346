/* The fingerprint set: which states have been seen.
 *
 * A state stands for 128 bits of hash, of which 76 are kept in 8 bytes (with the usual first size): the top bits choose
 * one of 2^line_bits first lines, and the slot keeps the next 59 and the number of its probe. From the place and the
 * probe number the line that an entry belongs to can be told, so nothing of the 76 bits is lost when the table grows
 * (quotienting: Cleary, "Compact hash tables using bidirectional linear probing", 1984; here with double hashing within
 * a block of lines). Lines are those of a cache: eight slots; 0 is an empty slot.
 *
 * Insertion is lock-free: one compare-and-swap on the first empty slot of the probe sequence, so of several threads
 * that insert one fingerprint exactly one is told that it was new. Nothing is ever removed. The table grows in place,
 * block by block from the end, by one thread while no other is inside: the memory is touched once.
 *
 * Missing a state needs two states with the same bits: with n states and b bits the expected number of such pairs is
 * at most n(n-1)/2^(b+1) (Stern and Dill, "Improved probabilistic verification by hash compaction", 1995, for the
 * idea).
 *
 * Ownership: the table owns its memory. Errors: fpset_init and fpset_grow return false when memory is refused, and then
 * leave the set as it was. Complexity: O(1) expected an insertion, O(capacity) to grow. */
#ifndef DC_CHECKER_FPSET_H
#define DC_CHECKER_FPSET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

enum { FPSET_LINE = 8, FPSET_NUMBERED = 5 /* slots of a line */ };
enum { FPSET_PROBES = 31, FPSET_NEAR = 4, FPSET_FAR = 24, FPSET_REMAINDER = 59, FPSET_BLOCK = 256 };

/* What found no place when the table grew: hardly ever anything. All its probes are full, so it is asked for last. */
struct fpset_stray {
    uint64_t first_line, remainder;
    _Atomic uint32_t number;
};

struct fpset {
    _Atomic uint64_t *slots;
    unsigned per_line; /* slots of a line: 8, or 5 with their numbers behind them */
    unsigned line_bits;
    uint32_t block_lines;          /* first lines of a block */
    uint64_t growth;               /* lines for each first line */
    uint64_t step_range;           /* of probes: lines of a block, less one */
    size_t size_bytes, room_bytes; /* in use; reserved address space */
    struct fpset_stray *strays;
    uint32_t n_strays;
};

enum fpset_told { FPSET_KNOWN, FPSET_NEW, FPSET_FULL }; /* full: this fingerprint has no place before the table grows */

/* At least so many slots at first, and address space for at most so many bytes (0: as much as the machine has). */
bool fpset_init(struct fpset *, uint64_t slots, uint64_t most_bytes);
void fpset_free(struct fpset *);
/* From now on each fingerprint has room for a number, 0 at first. While the set is empty. */
static inline void fpset_number(struct fpset *s) { s->per_line = FPSET_NUMBERED; }
static inline uint64_t fpset_lines(const struct fpset *s) { return s->growth << s->line_bits; }
static inline uint64_t fpset_capacity(const struct fpset *s) { return s->per_line * fpset_lines(s); }
/* So many fingerprints are found fast, in their first two lines nearly all; with more the set should grow. */
static inline double fpset_load(const struct fpset *s) { return s->per_line == FPSET_LINE ? 0.85 : 0.65; }
static inline unsigned fpset_bits(const struct fpset *s) { return s->line_bits + FPSET_REMAINDER; }

/* Where a fingerprint is looked for: lines of its block, from home on. */
struct fpset_probe {
    uint64_t block, at, step; /* block: its first line; at: the line in it */
    uint64_t lines;           /* of a block */
};

/* How wide the jumps of a fingerprint are: growing has to find its way back by the same. Slots keep these bits. */
static inline uint64_t fpset_step(uint64_t remainder, uint64_t step_range) {
    return 1 + (((remainder >> 5 & 0x7ffffff) * step_range) >> 27);
}

static inline struct fpset_probe fpset_start(const struct fpset *s, uint64_t first_line, uint64_t remainder) {
    struct fpset_probe p = {.lines = s->step_range + 1};
    uint64_t in_block = first_line & (s->block_lines - 1);
    p.block = (first_line - in_block) * s->growth;
    p.at = in_block * s->growth + (uint64_t)(((unsigned __int128)remainder * s->growth) >> 64);
    p.step = fpset_step(remainder, s->step_range);
    return p;
}

/* From probe k to probe k + 1: line by line, for what is near is fetched soon; then in jumps, for full lines cluster;
 * and at last line by line again, so that a block of few lines is searched whole. */
static inline void fpset_next(struct fpset_probe *p, unsigned k) {
    p->at += k >= FPSET_NEAR && k < FPSET_FAR ? p->step : 1;
    if (p->at >= p->lines) p->at -= p->lines;
}

static inline uint64_t fpset_first_line(const struct fpset *s, struct hash128 h) { return h.hi >> (64 - s->line_bits); }
static inline uint64_t fpset_remainder(struct hash128 h) { return h.lo & ~(uint64_t)31; }

/* The line where it is looked for first. */
static inline _Atomic uint64_t *fpset_first(const struct fpset *s, struct hash128 h) {
    struct fpset_probe p = fpset_start(s, fpset_first_line(s, h), fpset_remainder(h));
    return s->slots + 8 * (p.block + p.at);
}

static inline _Atomic uint64_t *fpset_second(const struct fpset *s, struct hash128 h) {
    struct fpset_probe p = fpset_start(s, fpset_first_line(s, h), fpset_remainder(h));
    fpset_next(&p, 1);
    return s->slots + 8 * (p.block + p.at);
}

/* always_inline: gcc takes a function that only prefetches for one without an effect, and drops calls of it. */
__attribute__((always_inline)) static inline void fpset_prefetch(const struct fpset *s, struct hash128 h) {
    __builtin_prefetch((const void *)fpset_first(s, h), 1);
}
__attribute__((always_inline)) static inline void fpset_prefetch_second(const struct fpset *s, struct hash128 h) {
    __builtin_prefetch((const void *)fpset_second(s, h), 1);
}

/* Of a numbered set: where slot i of a line has its number. The line is the unit: both come with one access. */
static inline _Atomic uint32_t *fpset_number_of(_Atomic uint64_t *line, unsigned i) {
    return (_Atomic uint32_t *)(void *)(line + FPSET_NUMBERED) + i;
}

/* NULL if it is no stray. */
struct fpset_stray *fpset_strayed(const struct fpset *, uint64_t first_line, uint64_t remainder);

/* number: where the fingerprint has its number, if the set is numbered; else nothing to be looked at. */
static inline enum fpset_told fpset_enter(struct fpset *s, struct hash128 h, _Atomic uint32_t **number) {
    uint64_t remainder = fpset_remainder(h);
    struct fpset_probe p = fpset_start(s, fpset_first_line(s, h), remainder);
    for (unsigned k = 1; k <= FPSET_PROBES; fpset_next(&p, k++)) {
        _Atomic uint64_t *slots = s->slots + 8 * (p.block + p.at);
        uint64_t want = remainder | k;
        for (unsigned i = 0; i < s->per_line; i++) {
            *number = fpset_number_of(slots, i);
            /* relaxed: a fingerprint is the whole message, no other memory is published with it */
            uint64_t v = atomic_load_explicit(&slots[i], memory_order_relaxed);
            if (v == want) return FPSET_KNOWN;
            if (v) continue;
            if (atomic_compare_exchange_strong_explicit(&slots[i], &v, want, memory_order_relaxed,
                                                        memory_order_relaxed))
                return FPSET_NEW;
            if (v == want) return FPSET_KNOWN;
        }
    }
    struct fpset_stray *stray = fpset_strayed(s, fpset_first_line(s, h), remainder);
    if (stray) *number = &stray->number;
    return stray ? FPSET_KNOWN : FPSET_FULL;
}

static inline enum fpset_told fpset_insert(struct fpset *s, struct hash128 h) {
    _Atomic uint32_t *number;
    return fpset_enter(s, h, &number);
}

/* Others who help: `all` has work(job, i) run at the same time for each i below n, and returns when all have returned.
 */
struct fpset_crew {
    unsigned n;
    void *self;
    void (*all)(void *self, void (*work)(void *job, unsigned i), void *job);
};

/* At least so many slots. Alone, but for the crew (or NULL). */
bool fpset_grow(struct fpset *, uint64_t slots, const struct fpset_crew *);
bool fpset_has(const struct fpset *, struct hash128);

#endif
