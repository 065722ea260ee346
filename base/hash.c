#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const void *data, size_t n) { return XXH3_64bits(data, n); }

uint64_t hash_state(const uint64_t *words, size_t n_words) {
    uint64_t h = XXH3_64bits(words, 8 * n_words);
    return h ? h : 1;
}

struct hash128 hash_state128(const uint64_t *words, size_t n_words) {
    XXH128_hash_t h = XXH3_128bits(words, 8 * n_words);
    return (struct hash128){.hi = h.high64, .lo = h.low64};
}
