/* How many different values a stream has: exactly while they are few, then an estimate.
 *
 * The estimate is HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog: the analysis of a near-optimal
 * cardinality estimation algorithm", 2007) with 2^12 registers, whose standard error is 1.04 / 2^6, 1.6 %. Values are
 * given as 64-bit hashes; two sketches can be joined. 128 KiB at most while exact, then 4 KiB.
 *
 * Ownership: a sketch of zeros is empty; sketch_free lets go of its memory. Not thread-safe. */
#ifndef DC_BASE_SKETCH_H
#define DC_BASE_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

enum { SKETCH_EXACT = 4096 };

struct sketch {
    uint64_t *exact; /* open addressing, 0 empty; NULL once it is an estimate */
    uint32_t n, slots;
    bool zero;     /* the hash 0 was there */
    uint8_t *rank; /* registers */
};

void sketch_add(struct sketch *, uint64_t hash);
void sketch_join(struct sketch *, const struct sketch *from);
double sketch_count(const struct sketch *);
static inline bool sketch_is_exact(const struct sketch *s) { return !s->rank; }
void sketch_free(struct sketch *);

#endif
