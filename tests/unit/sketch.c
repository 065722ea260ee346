/* Sketches against the number of values that were really given. */
#include "tests/unit/test.h"

#include <math.h>

#include "base/sketch.h"

static uint64_t hash(uint64_t x) { /* splitmix64 */
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static void fill(struct sketch *s, uint64_t from, uint64_t to) {
    for (int again = 0; again < 2; again++)
        for (uint64_t i = from; i < to; i++) sketch_add(s, hash(i));
}

static void exact_while_few(void **state) {
    (void)state;
    for (uint64_t n = 0; n <= SKETCH_EXACT; n = n ? 4 * n : 1) {
        struct sketch s = {0};
        fill(&s, 0, n);
        assert_true(sketch_is_exact(&s));
        assert_int_equal((uint64_t)sketch_count(&s), n);
        sketch_free(&s);
    }
    struct sketch zero = {0};
    sketch_add(&zero, 0);
    sketch_add(&zero, 0);
    assert_int_equal((uint64_t)sketch_count(&zero), 1);
    sketch_free(&zero);
}

static void near_when_many(void **state) {
    (void)state;
    for (uint64_t n = SKETCH_EXACT + 1; n < 2000000; n = 3 * n) {
        struct sketch s = {0};
        fill(&s, n, 2 * n);
        assert_false(sketch_is_exact(&s));
        assert_true(fabs(sketch_count(&s) / (double)n - 1) < 0.06); /* nearly four standard errors */
        sketch_free(&s);
    }
}

static void joined(void **state) {
    (void)state;
    static const uint64_t sizes[] = {10, 3000, 100000};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) { /* half of the smaller one is in both */
            struct sketch a = {0}, b = {0}, all = {0};
            uint64_t n = sizes[i], m = sizes[k], from = n / 2;
            fill(&a, 0, n);
            fill(&b, from, from + m);
            fill(&all, 0, n > from + m ? n : from + m);
            sketch_join(&a, &b);
            assert_true(fabs(sketch_count(&a) - sketch_count(&all)) < 1e-6 * sketch_count(&all) + 1e-9);
            sketch_free(&a);
            sketch_free(&b);
            sketch_free(&all);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_while_few),
        cmocka_unit_test(near_when_many),
        cmocka_unit_test(joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
