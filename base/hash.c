#include "base/hash_inline.h"

uint64_t hash_bytes(const void *data, size_t n) { return XXH3_64bits(data, n); }
uint64_t hash_state(const uint64_t *words, size_t n_words) { return hash_state_inline(words, n_words); }
struct hash128 hash_state128(const uint64_t *words, size_t n_words) {
    return hash_state128_inline(words, n_words);
}
