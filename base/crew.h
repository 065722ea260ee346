/* The same function on several threads at once, for phases that are worth it; returns when all are through.
 *
 * `work` is called with `self` and the numbers 0 .. n-1, where n is at most `workers` (0 counts as 1): where the system
 * refuses a thread, fewer take part, so the work is to be shared out by asking for more, not by number. */
#ifndef DC_BASE_CREW_H
#define DC_BASE_CREW_H

#include <stdbool.h>
#include <stdint.h>

/* 0 .. n-1, shared out in blocks: {.n = n, .size = size}; again from the start with .taken = 0. */
struct crew_blocks {
    uint32_t n, size;
    _Atomic uint32_t taken; /* blocks */
};
struct crew_block {
    uint32_t begin, end;
};

/* The next block; `from_back`: from the last one on. False: there is none left. Any number of threads at once. */
bool crew_take(struct crew_blocks *, bool from_back, struct crew_block *);

void crew_run(uint32_t workers, void (*work)(void *self, uint32_t worker), void *self);

#endif
