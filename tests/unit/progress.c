/* Estimates: what is left of a search, and how large the next run of a sweep is, on series that are known. */
#include "tests/unit/test.h"

#include <math.h>

#include "cli/progress.h"
#include "cli/sweep.h"

static struct search_progress at(uint64_t a, uint64_t b, uint64_t c, uint64_t done) {
    return (struct search_progress){.queue = a, .expanded = done, .recent = {a, b, c}};
}

static void none_while_it_grows(void **state) {
    (void)state;
    struct search_progress up = at(400, 200, 100, 0), top = at(300, 400, 200, 0), flat = at(997, 998, 999, 0),
                           first = at(1, 0, 0, 0);
    assert_true(progress_left(&up) <= 0);
    assert_true(progress_left(&top) <= 0);
    assert_true(progress_left(&flat) <= 0);
    assert_true(progress_left(&first) <= 0);
}

static void geometric(void **state) {
    (void)state;
    struct search_progress half = at(100, 200, 400, 0), later = at(100, 200, 400, 100);
    assert_true(progress_left(&half) > 199 && progress_left(&half) < 201); /* 100 + 50 + 25 + ... */
    assert_true(progress_left(&later) > 99 && progress_left(&later) < 101);
}

/* 2 phase commit: the levels bend further than a geometric series, so the estimate is never too small. */
static void never_below_a_bell(void **state) {
    (void)state;
    static const uint64_t levels[] = {1, 7, 21, 38, 50, 54, 49, 36, 21, 9, 2};
    for (int k = 2; k < 11; k++) {
        struct search_progress p = at(levels[k], levels[k - 1], levels[k - 2], 0);
        double left = 0, estimate = progress_left(&p);
        for (int i = k; i < 11; i++) left += (double)levels[i];
        if (estimate > 0) assert_true(estimate >= left && estimate < 4 * left);
        if (k >= 7) assert_true(estimate > 0);
    }
}

static void forecasts(void **state) {
    (void)state;
    static const double x[] = {5, 4, 3}, power[] = {8, 4, 2}, factorial[] = {120, 24, 6}, gap[] = {6, 3};
    assert_true(sweep_forecast(x, power, 1, 6) <= 0); /* of one run nobody knows */
    assert_true(fabs(sweep_forecast(x, power, 2, 6) - 16) < 1e-6);
    assert_true(fabs(sweep_forecast(x, power, 3, 6) - 16) < 1e-6);
    assert_true(fabs(sweep_forecast(x, power, 2, 8) - 64) < 1e-6); /* a list with a gap */
    assert_true(fabs(sweep_forecast(gap, power, 2, 9) - 16) < 1e-6);
    double f = sweep_forecast(x, factorial, 3, 6);
    assert_true(f > 700 && f < 800); /* 720: the factors grow */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_while_it_grows),
        cmocka_unit_test(geometric),
        cmocka_unit_test(never_below_a_bell),
        cmocka_unit_test(forecasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
