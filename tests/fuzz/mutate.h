/* Changes by words, for the targets that read structured texts: a LLVMFuzzerCustomMutator. */
#ifndef DC_TESTS_FUZZ_MUTATE_H
#define DC_TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);
size_t fuzz_mutate(uint8_t *data, size_t n, size_t max, unsigned seed);

#endif
