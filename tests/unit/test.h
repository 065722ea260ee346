/* For all unit tests: cmocka and a small generator of random numbers, the same numbers in every run. */
#ifndef DC_TESTS_UNIT_TEST_H
#define DC_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* xorshift64* (Marsaglia, Vigna) */
static inline uint64_t next_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545F4914F6CDD1Du;
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

#endif
