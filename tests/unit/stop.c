/* Interruption: `stop` may be set at any moment, and the search ends soon, with what it has found so far. A search that
 * hangs is ended by SIGALRM, one that panics by SIGABRT: both end this program. */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/two_phase.h"

static void before_the_start(void **state) {
    (void)state;
    struct two_phase t;
    two_phase(&t, 5, DC_INVARIANT);
    for (uint32_t workers = 1; workers <= 8; workers++) {
        struct search_result r;
        struct search_options o = options(workers);
        atomic_int stop = 1;
        o.stop = &stop;
        search_run(&t.model, &o, &r);
        assert_int_equal(r.end, END_INTERRUPTED);
        search_free(&r);
    }
}

/* ---- interrupted in the middle, with a witness found before ---- */

struct switcher {
    atomic_int *stop;
    uint32_t turns, at;
};

static const struct dc_model *stop_at(void *self) {
    struct switcher *s = self;
    if (++s->turns == s->at) atomic_store(s->stop, 1);
    return NULL;
}

static void interrupted_after_a_witness(void **state) {
    (void)state;
    struct two_phase t;
    two_phase(&t, 5, DC_REACHABLE); /* two have aborted */
    for (uint32_t workers = 1; workers <= 8; workers *= 2)
        for (uint32_t at = 4; at < 16; at++) {
            struct search_result r;
            struct search_options o = options(workers);
            atomic_int stop = 0;
            struct switcher s = {&stop, 0, at};
            o.preds = ALL_PREDS;
            o.stop = &stop;
            o.next_model = stop_at;
            o.self = &s;
            search_run(&t.model, &o, &r);
            assert_int_equal(r.end, END_INTERRUPTED);
            const struct finding *f = finding(&r, FOUND_PRED, P_EXTRA);
            assert_non_null(f);
            assert_int_equal(f->level, 3);
            if (f->length) is_a_run(&t.model, f);
            search_free(&r);
        }
}

static void *stop_later(void *self) {
    struct timespec t = {0, 3000000};
    nanosleep(&t, NULL);
    atomic_store((atomic_int *)self, 1);
    return NULL;
}

static void in_the_middle(void **state) {
    (void)state;
    struct two_phase t;
    two_phase(&t, 7, DC_INVARIANT);
    for (int round = 0; round < 40; round++) {
        struct search_result r;
        struct search_options o = options(1 + (uint32_t)round % 8);
        atomic_int stop = 0;
        pthread_t other;
        o.stop = &stop;
        assert_int_equal(pthread_create(&other, NULL, stop_later, &stop), 0);
        search_run(&t.model, &o, &r);
        pthread_join(other, NULL);
        assert_true(r.end == END_INTERRUPTED || (r.end == END_EXHAUSTED && r.distinct == 296448));
        if (r.end == END_INTERRUPTED) assert_true(r.unexpanded > 0);
        search_free(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(before_the_start),
                                       cmocka_unit_test(interrupted_after_a_witness), cmocka_unit_test(in_the_middle)};
    alarm(30);
    return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
