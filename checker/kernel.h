/* What the breadth-first search does for every generated state: hash it, leave out what was met lately, ask the set.
 *
 * These loops decide the speed of the search, so they are compiled once for each set of instructions that is worth it
 * (kernel.c, Makefile), with the number of words of a state a constant where it is small; kernel_best chooses at run
 * time. All variants compute the same.
 *
 * Threads: the set may be shared; everything else that is passed in belongs to the caller. No allocation, no failure.
 */
#ifndef DC_CHECKER_KERNEL_H
#define DC_CHECKER_KERNEL_H

#include <sched.h>

#include "base/hash.h"
#include "checker/fpset.h"

#ifdef DC_SMALL /* debug builds give bugs a chance */
enum { KERNEL_RECENT = 4 };
#else
enum { KERNEL_RECENT = 1 << 15 };
#endif

/* What was asked for lately, with its number in a numbered set; 0: nothing. */
struct known {
    uint64_t lo;
    uint32_t number;
};

/* Numbers to be given: next .. last-1. */
struct kernel_room {
    uint32_t next, last;
};

struct kernel {
    const char *name;
    /* Of the states index[0..n): leaves in `index` those that are not among the last that were asked for (`recent`:
     * KERNEL_RECENT words, 0 at first), with their hashes in `print`, and returns how many they are. */
    uint32_t (*sift)(const uint64_t *states, uint32_t words, uint16_t *index, uint32_t n, uint64_t *recent,
                     struct hash128 *print);
    /* Has the lines fetched where they are looked for. */
    void (*fetch)(const struct fpset *, const struct hash128 *print, uint32_t n);
    /* Inserts them. Leaves in `index` the new ones, and returns how many. Those whose first lines are full come back in
     * `index` and `print` from *later to *last: they are to be inserted one by one. */
    uint32_t (*enter)(struct fpset *, uint16_t *index, struct hash128 *print, uint32_t n, uint32_t *later,
                      uint32_t *last);
    /* fpset_enter. */
    enum fpset_told (*enter_one)(struct fpset *, struct hash128, _Atomic uint32_t **number);
    /* The same with numbers: number[i] becomes that of state i where it is in `known` (KERNEL_RECENT of them); the
     * others are left in `index` and `print`. */
    uint32_t (*recall)(const uint64_t *states, uint32_t words, uint16_t *index, uint32_t n, const struct known *known,
                       struct hash128 *print, uint32_t *number);
    /* Looks into the first line only: those with a number there get it, the others are left, in order. */
    uint32_t (*seek)(const struct fpset *, uint16_t *index, struct hash128 *print, uint32_t n, struct known *known,
                     uint32_t *number);
    /* Asks for what `seek` has left, and enters it, in order, as far as the first two lines have room and `room` has
     * numbers; returns how many. number[i] becomes that of state i. The new ones, which got the next numbers of the
     * room, are then the first in `index` and `print`, in order: *fresh of them. */
    uint32_t (*number)(struct fpset *, uint16_t *index, struct hash128 *print, uint32_t n, struct known *known,
                       uint32_t *number, struct kernel_room room, uint32_t *fresh);
    /* fp[i]: hash_state of state i. */
    void (*hash)(const uint64_t *states, uint32_t words, uint32_t n, uint64_t *fp);
};

const struct kernel *kernel_best(void);
/* All that this processor can run, the best one first; how many. For tests. */
enum { KERNELS = 3 };
uint32_t kernel_all(const struct kernel *all[KERNELS]);

static inline void kernel_know(struct known *known, struct hash128 h, uint32_t number) {
    struct known *k = &known[h.hi & (KERNEL_RECENT - 1)];
    k->lo = h.lo;
    k->number = number;
}

/* The number in a place that another worker may be writing just now. A number is all that it tells: no order is needed.
 */
static inline uint32_t kernel_await(const _Atomic uint32_t *place) {
    uint32_t number;
    while (!(number = atomic_load_explicit(place, memory_order_relaxed))) sched_yield();
    return number;
}

/* Whether it is among what was asked for last; it is from now on. The low bits of `lo` are not kept by the set, those
 * of `hi` neither, so the two together decide; 0 is nothing. */
static inline bool kernel_met(uint64_t *recent, struct hash128 h) {
    uint64_t *at = &recent[h.hi & (KERNEL_RECENT - 1)];
    bool met = *at == h.lo;
    *at = h.lo;
    return met;
}

#endif
