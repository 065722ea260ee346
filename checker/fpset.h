/* The fingerprint set: which states have been seen.
 *
 * An open-addressing table of 64-bit fingerprints, eight to a cache line; 0 is an empty slot. Insertion is lock-free:
 * one compare-and-swap on the first empty slot of the probe sequence, so of several threads that insert one fingerprint
 * exactly one is told that it was new. Nothing is ever removed. Growing is done by one thread while no other is inside.
 *
 * Missing a state needs two states with one fingerprint: with n states the expected number of such pairs is at most
 * n(n-1)/2^65 (Stern and Dill, "Improved probabilistic verification by hash compaction", 1995, for the idea).
 *
 * Ownership: the table owns its memory. Errors: fpset_init and fpset_grow return false when memory is refused, and then
 * leave the set as it was. Complexity: O(1) expected an insertion, O(capacity) to grow. */
#ifndef DC_CHECKER_FPSET_H
#define DC_CHECKER_FPSET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fpset {
    _Atomic uint64_t *slots;
    uint64_t n_lines; /* of eight slots */
    size_t size_bytes;
};

bool fpset_init(struct fpset *, uint64_t slots);
void fpset_free(struct fpset *);
static inline uint64_t fpset_capacity(const struct fpset *s) { return 8 * s->n_lines; }

static inline uint64_t fpset_line(const struct fpset *s, uint64_t fp) {
    return (uint64_t)(((unsigned __int128)fp * s->n_lines) >> 64);
}
static inline void fpset_prefetch(const struct fpset *s, uint64_t fp) {
    __builtin_prefetch((const void *)(s->slots + 8 * fpset_line(s, fp)), 1);
}

/* True: fp was not in the set and is now. The caller keeps the set below 7/8 full (fpset_capacity). */
static inline bool fpset_insert(struct fpset *s, uint64_t fp) {
    uint64_t line = fpset_line(s, fp);
    for (;;) {
        _Atomic uint64_t *slots = s->slots + 8 * line;
        for (unsigned i = 0; i < 8; i++) {
            /* relaxed: a fingerprint is the whole message, no other memory is published with it */
            uint64_t v = atomic_load_explicit(&slots[i], memory_order_relaxed);
            if (v == fp) return false;
            if (v) continue;
            if (atomic_compare_exchange_strong_explicit(&slots[i], &v, fp, memory_order_relaxed, memory_order_relaxed))
                return true;
            if (v == fp) return false;
        }
        if (++line == s->n_lines) line = 0;
    }
}

/* Alone: doubles the capacity. */
bool fpset_grow(struct fpset *, uint64_t slots);
bool fpset_has(const struct fpset *, uint64_t fp);

#endif
