/* The innermost loops of the search: every variant that this processor runs, against the plain meaning. */
#include "tests/unit/test.h"

#include "checker/kernel.h"

enum { BATCH = 200, ROUNDS = 400, WORDS = 6, ROOM = 77 };

struct batch {
    uint64_t states[BATCH * WORDS], recent[KERNEL_RECENT];
    uint16_t index[BATCH];
    struct hash128 print[BATCH];
};

/* Few different values, so that many states are alike. */
static void fill(struct batch *b, uint32_t words, uint64_t *random, uint64_t different) {
    for (uint32_t i = 0; i < BATCH; i++)
        for (uint32_t k = 0; k < words; k++)
            b->states[i * words + k] = k ? b->states[i * words] * k : next_random(random) % different;
}

/* Some of the states only, in order. */
static uint32_t choose(struct batch *b, uint64_t *random) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < BATCH; i++)
        if (next_random(random) % 8) b->index[n++] = (uint16_t)i;
    return n;
}

static void hashes_are_those_of_states(void **state) {
    (void)state;
    const struct kernel *all[KERNELS];
    uint32_t kernels = kernel_all(all);
    struct batch b = {0};
    uint64_t random = 5, fp[BATCH];
    for (uint32_t words = 1; words <= WORDS; words++) {
        fill(&b, words, &random, UINT64_MAX);
        for (uint32_t k = 0; k < kernels; k++) {
            all[k]->hash(b.states, words, BATCH, fp);
            for (uint32_t i = 0; i < BATCH; i++) assert_true(fp[i] == hash_state(b.states + i * words, words));
        }
    }
}

static void sifting_leaves_out_what_was_met(void **state) {
    (void)state;
    const struct kernel *all[KERNELS];
    uint32_t kernels = kernel_all(all);
    for (uint32_t k = 0; k < kernels; k++)
        for (uint32_t words = 1; words <= WORDS; words++) {
            struct batch b = {0};
            uint64_t random = 7 + words, *recent = calloc(KERNEL_RECENT, sizeof *recent), left_out = 0;
            for (int round = 0; round < ROUNDS / 10; round++) {
                uint16_t before[BATCH];
                fill(&b, words, &random, 1000);
                uint32_t n = choose(&b, &random);
                memcpy(before, b.index, sizeof before);
                uint32_t kept = all[k]->sift(b.states, words, b.index, n, b.recent, b.print), at = 0;
                for (uint32_t i = 0; i < n; i++) {
                    struct hash128 h = hash_state128(b.states + before[i] * words, words);
                    if (kernel_met(recent, h)) continue;
                    assert_true(at < kept && b.index[at] == before[i]);
                    assert_true(b.print[at].hi == h.hi && b.print[at].lo == h.lo);
                    at++;
                }
                assert_int_equal(at, kept);
                left_out += n - kept;
            }
            assert_true(left_out > 0);
            free(recent);
        }
}

/* Enters it, and has the set grow until there is a place for it. */
static enum fpset_told enter_growing(enum fpset_told (*enter)(struct fpset *, struct hash128, _Atomic uint32_t **),
                                     struct fpset *s, struct hash128 h, _Atomic uint32_t **number) {
    enum fpset_told told;
    while ((told = enter(s, h, number)) == FPSET_FULL) assert_true(fpset_grow(s, 2 * fpset_capacity(s), NULL));
    return told;
}

/* One table by the kernel, one by fpset_enter: the same fingerprints are new, also where lines are full. */
static void entering_is_inserting(void **state) {
    (void)state;
    const struct kernel *all[KERNELS];
    uint32_t kernels = kernel_all(all);
    for (uint32_t k = 0; k < kernels; k++) {
        struct fpset mine, plain;
        struct batch b = {0};
        uint64_t random = 99, full = 0, again = 0;
        assert_true(fpset_init(&mine, 1 << 12, (uint64_t)1 << 28));
        assert_true(fpset_init(&plain, 1 << 12, (uint64_t)1 << 28));
        uint64_t inserted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            fill(&b, 2, &random, 20000);
            uint32_t n = choose(&b, &random);
            bool is_new[BATCH] = {false};
            _Atomic uint32_t *place;
            for (uint32_t i = 0; i < n; i++) {
                struct hash128 h = b.print[i] = hash_state128(b.states + 2 * b.index[i], 2);
                is_new[b.index[i]] = enter_growing(fpset_enter, &plain, h, &place) == FPSET_NEW;
            }
            uint32_t later, last, fresh = all[k]->enter(&mine, b.index, b.print, n, &later, &last), expected = 0;
            /* of several that are alike in a batch any may be the new one: count, and look at the table */
            for (uint32_t i = 0; i < BATCH; i++) expected += is_new[i];
            full += last - later;
            for (uint32_t i = later; i < last; i++)
                fresh += enter_growing(fpset_enter, &mine, b.print[i], &place) == FPSET_NEW;
            assert_int_equal(fresh, expected);
            for (uint32_t i = 0; i < BATCH; i++)
                if (is_new[i]) assert_true(fpset_has(&mine, hash_state128(b.states + 2 * i, 2)));
            inserted += fresh;
            again += n - fresh;
            if (inserted > fpset_capacity(&mine) / 10 * 9) {
                assert_true(fpset_grow(&mine, 2 * fpset_capacity(&mine), NULL));
                assert_true(fpset_grow(&plain, 2 * fpset_capacity(&plain), NULL));
            }
        }
        assert_true(full > 0 && again > 0);
        fpset_free(&mine);
        fpset_free(&plain);
    }
}

static uint32_t number_by(enum fpset_told told, _Atomic uint32_t *place, uint32_t *count) {
    if (told == FPSET_NEW) atomic_store(place, ++*count);
    return atomic_load(place);
}

/* Numbers by recall, seek, number and enter_one, and by fpset_enter alone: the same, while the table fills up and
 * grows. */
static void seeking_finds_numbers(void **state) {
    (void)state;
    const struct kernel *all[KERNELS];
    uint32_t kernels = kernel_all(all);
    for (uint32_t k = 0; k < kernels; k++) {
        struct fpset mine, plain;
        struct batch b = {0};
        struct known *known = calloc(KERNEL_RECENT, sizeof *known);
        uint64_t random = 4, recalled = 0, sought = 0, beyond = 0;
        uint32_t number[BATCH], count = 0, plain_count = 0;
        assert_true(fpset_init(&mine, 1 << 12, (uint64_t)1 << 28) && fpset_init(&plain, 1 << 12, (uint64_t)1 << 28));
        fpset_number(&mine);
        fpset_number(&plain);
        for (int round = 0; round < ROUNDS; round++) {
            uint16_t before[BATCH];
            fill(&b, 3, &random, 20000);
            uint32_t n = choose(&b, &random);
            memcpy(before, b.index, sizeof before);
            uint32_t asked = all[k]->recall(b.states, 3, b.index, n, known, b.print, number);
            uint32_t left = all[k]->seek(&mine, b.index, b.print, asked, known, number);
            recalled += n - asked;
            sought += asked - left;
            for (uint32_t i = 0; i < left;) {
                struct kernel_room room = {count + 1, count / ROOM * ROOM + ROOM + 1};
                uint16_t at[BATCH];
                memcpy(at, b.index, sizeof at);
                uint32_t made,
                    done = all[k]->number(&mine, b.index + i, b.print + i, left - i, known, number, room, &made);
                for (uint32_t j = 0; j < made; j++) assert_int_equal(number[b.index[i + j]], count + 1 + j);
                count += made;
                i += done;
                if (i == left || room.next + made == room.last) continue;
                _Atomic uint32_t *place;
                enum fpset_told told = enter_growing(all[k]->enter_one, &mine, b.print[i], &place);
                assert_int_equal(b.index[i], at[i]);
                number[b.index[i++]] = number_by(told, place, &count);
                beyond++;
            }
            for (uint32_t i = 0; i < n; i++) {
                _Atomic uint32_t *place;
                struct hash128 h = hash_state128(b.states + 3 * before[i], 3);
                enum fpset_told told = enter_growing(fpset_enter, &plain, h, &place);
                assert_int_equal(number[before[i]], number_by(told, place, &plain_count));
            }
            if (count > fpset_capacity(&mine) / 10 * 9) {
                assert_true(fpset_grow(&mine, fpset_capacity(&mine) / 4 * 5, NULL));
                assert_true(fpset_grow(&plain, fpset_capacity(&plain) / 2 * 3, NULL));
            }
        }
        assert_true(recalled > 0 && sought > 0 && beyond > 0 && count > 10000);
        assert_int_equal(count, plain_count);
        fpset_free(&mine);
        fpset_free(&plain);
        free(known);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_states),
        cmocka_unit_test(sifting_leaves_out_what_was_met),
        cmocka_unit_test(entering_is_inserting),
        cmocka_unit_test(seeking_finds_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
