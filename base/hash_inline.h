/* The functions of base/hash.h for a loop over many states: short code where the number of words is a constant. */
#ifndef DC_BASE_HASH_INLINE_H
#define DC_BASE_HASH_INLINE_H

#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static inline uint64_t hash_state_inline(const uint64_t *words, size_t n_words) {
    uint64_t h = XXH3_64bits(words, 8 * n_words);
    return h ? h : 1;
}

static inline struct hash128 hash_state128_inline(const uint64_t *words, size_t n_words) {
    XXH128_hash_t h = XXH3_128bits(words, 8 * n_words);
    return (struct hash128){.hi = h.high64, .lo = h.low64};
}

#endif
