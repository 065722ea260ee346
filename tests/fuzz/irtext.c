/* The reader of programs as text (files named *.ir): it refuses, or what it returns can be run. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

#include "compiler/irtext.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed) {
    return fuzz_mutate(data, n, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct sources none = {0};
    const char *error;
    size_t offset;
    struct program *p = program_read((const char *)data, n, &error, &offset);
    if (!p) {
        fprintf(fuzz_null(), "%zu: %s", offset, error);
        return 0;
    }
    fuzz_program(p, &none);
    program_free(p);
    mem_free(p);
    return 0;
}
