/* The one place where hashing happens: XXH3 (xxHash, Yann Collet). Pure, thread-safe, O(n). */
#ifndef DC_BASE_HASH_H
#define DC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t n);
/* Fingerprint of a packed state: never 0, because 0 marks an empty slot of a table. */
uint64_t hash_state(const uint64_t *words, size_t n_words);

/* 128 bits of the same, for the fingerprint set. */
struct hash128 {
    uint64_t hi, lo;
};
struct hash128 hash_state128(const uint64_t *words, size_t n_words);

#endif
