/* The value runtime: random programs on lists and bit sets against plain arrays, for many geometries. */
#include "tests/unit/test.h"

#include "model/rt.h"

enum { CAP = 40, WORDS = 8, ELEMENT = 3 };

struct geometry {
    unsigned b, ew, cap;
    bool narrow;
};

/* The reference: elements of up to ELEMENT words. */
struct plain {
    dc_word at[CAP + 1][ELEMENT];
    unsigned n;
};

static int compare(const dc_word *x, const dc_word *y, const struct geometry *g) {
    for (unsigned i = 0; i < (g->b ? 1 : g->ew); i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

static unsigned place_of(const struct plain *p, const dc_word *x, const struct geometry *g) {
    unsigned i = 0;
    while (i < p->n && compare(p->at[i], x, g) < 0) i++;
    return i;
}

#define G g->b, g->ew, g->cap, g->narrow

/* Equal contents, and the one encoding: what appending the elements to an empty list gives, zero beyond. */
static void agree(const dc_word *list, const struct plain *p, const struct geometry *g, unsigned words) {
    dc_word fresh[1 + CAP * ELEMENT] = {0};
    assert_int_equal(dc_list_len(list, G), p->n);
    for (unsigned i = 0; i < p->n; i++) {
        if (g->b) assert_int_equal(dc_list_get(list, i, G), p->at[i][0]);
        else assert_memory_equal(dc_list_at(list, i, g->ew), p->at[i], g->ew * sizeof(dc_word));
        assert_true(dc_list_append(fresh, p->at[i], G));
    }
    assert_memory_equal(list, fresh, words * sizeof(dc_word));
    assert_true(dc_same(list, fresh, words));
}

static void random_element(dc_word *x, const struct geometry *g, uint64_t *random, unsigned variety) {
    for (unsigned i = 0; i < ELEMENT; i++) x[i] = 0;
    uint64_t r = next_random(random);
    if (g->b) {
        x[0] = (r % 4 ? r >> 8 & (variety - 1) : r >> 8) & dc_mask(g->b);
        if (r % 16 == 0) x[0] = dc_mask(g->b);
    } else {
        for (unsigned i = 0; i < g->ew; i++) x[i] = r >> (8 * i) & (r & 0x80000000u ? 1 : variety - 1);
        if (r % 16 == 0) x[g->ew - 1] = UINT64_MAX;
    }
}

static void run_program(const struct geometry *g, bool sorted, uint64_t seed) {
    dc_word list[1 + CAP * ELEMENT + 1] = {0}, x[ELEMENT];
    struct plain p = {.n = 0};
    uint64_t random = seed;
    unsigned words = dc_list_words(G);
    assert_true(words <= 1 + CAP * ELEMENT);
    const dc_word guard = 0xA5A5A5A5A5A5A5A5u;
    list[words] = guard; /* nobody writes beyond the end */
    for (int step = 0; step < 600; step++) {
        random_element(x, g, &random, 8);
        unsigned what = (unsigned)(next_random(&random) >> 33) % 8, at = place_of(&p, x, g);
        bool there = at < p.n && compare(p.at[at], x, g) == 0;
        if (!sorted) {
            if (what < 5) {
                bool fits = p.n < g->cap;
                assert_int_equal(dc_list_append(list, x, G), fits);
                if (fits) memcpy(p.at[p.n++], x, sizeof x);
            } else if (what == 5 && p.n) {
                unsigned i = (unsigned)(next_random(&random) % p.n);
                dc_list_write(list, i, x, G);
                memcpy(p.at[i], x, sizeof x);
            } else if (p.n) {
                dc_list_tail(list, G);
                memmove(p.at[0], p.at[1], --p.n * sizeof p.at[0]);
            }
        } else {
            bool again = what % 2;
            if (what < 4) {
                bool fits = p.n < g->cap || (there && !again);
                assert_int_equal(dc_list_insert(list, x, again, G), fits);
                if (fits && (again || !there)) {
                    memmove(p.at[at + 1], p.at[at], (p.n - at) * sizeof p.at[0]);
                    memcpy(p.at[at], x, sizeof x);
                    p.n++;
                }
            } else if (what < 7) {
                if (p.n && what == 6) memcpy(x, p.at[next_random(&random) % p.n], sizeof x);
                at = place_of(&p, x, g);
                there = at < p.n && compare(p.at[at], x, g) == 0;
                assert_int_equal(dc_list_remove(list, x, G), there);
                if (there) memmove(p.at[at], p.at[at + 1], (--p.n - at) * sizeof p.at[0]);
            }
            at = place_of(&p, x, g);
            unsigned copies = 0;
            while (at + copies < p.n && compare(p.at[at + copies], x, g) == 0) copies++;
            assert_int_equal(dc_list_find(list, x, G), at);
            assert_int_equal(dc_list_has(list, x, G), copies > 0);
            assert_int_equal(dc_list_copies(list, x, G), copies);
        }
        agree(list, &p, g, words);
        assert_true(list[words] == guard);
    }
}

static void lists(void **state) {
    (void)state;
    static const struct geometry all[] = {
        {1, 0, 1, true},   {1, 0, 40, true},   {3, 0, 19, true},  {8, 0, 7, true},    {20, 0, 3, true},
        {62, 0, 1, true},  {63, 0, 1, true},   {7, 0, 8, true},   {1, 0, 40, false},  {5, 0, 33, false},
        {8, 0, 40, false}, {21, 0, 40, false}, {32, 0, 9, false}, {33, 0, 12, false}, {63, 0, 5, false},
        {64, 0, 6, false}, {0, 1, 4, false},   {0, 2, 9, false},  {0, 3, 40, false},  {0, 3, 1, false},
    };
    for (size_t i = 0; i < COUNT(all); i++)
        for (uint64_t seed = 1; seed <= 12; seed++) {
            run_program(&all[i], false, 1000 * i + seed);
            run_program(&all[i], true, 5000000 + 1000 * i + seed);
        }
}

static void empty_list_of_none(void **state) {
    (void)state;
    struct geometry of = {5, 0, 0, true}, *g = &of;
    dc_word list[2] = {0}, x = 3;
    assert_int_equal(dc_list_words(G), 1);
    assert_int_equal(dc_list_len(list, G), 0);
    assert_false(dc_list_append(list, &x, G));
    assert_false(dc_list_insert(list, &x, true, G));
    assert_false(dc_list_has(list, &x, G));
    assert_false(dc_list_remove(list, &x, G));
    assert_int_equal(list[0], 0);
}

static void bit_sets(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 200; seed++) {
        uint64_t random = seed;
        unsigned words = 1 + (unsigned)(next_random(&random) % WORDS);
        dc_word a[WORDS] = {0}, b[WORDS] = {0};
        bool in_a[64 * WORDS] = {0}, in_b[64 * WORDS] = {0}, subset = true;
        unsigned end = 64 * words - (unsigned)(next_random(&random) % 64), size = 0,
                 one_in = 1 + (unsigned)(next_random(&random) % 90);
        for (unsigned i = 0; i < end; i++) {
            in_a[i] = next_random(&random) % one_in == 0;
            in_b[i] = next_random(&random) % 3 == 0 || (seed % 2 && in_a[i]);
            a[i / 64] |= (dc_word)in_a[i] << i % 64;
            b[i / 64] |= (dc_word)in_b[i] << i % 64;
            size += in_a[i];
            subset &= !in_a[i] || in_b[i];
        }
        assert_int_equal(dc_bits_size(a, words), size);
        assert_int_equal(dc_bits_subset(a, b, words), subset);
        for (unsigned i = 0; i < end; i++) assert_int_equal(dc_has(a, i), in_a[i]);
        for (unsigned from = 0; from <= end; from++) {
            unsigned next = from;
            while (next < end && !in_a[next]) next++;
            assert_int_equal(dc_bits_next(a, from, end), next);
            unsigned n = (unsigned)(next_random(&random) % (end - from + 1));
            assert_int_equal(dc_bits_any(a, from, n), next < from + n);
        }
    }
}

static void arrays(void **state) {
    (void)state;
    for (unsigned b = 1; b <= 64; b++) {
        dc_word packed[64] = {0}, plain[64] = {0};
        uint64_t random = b;
        for (int i = 0; i < 2000; i++) {
            unsigned k = (unsigned)(next_random(&random) % 60);
            plain[k] = next_random(&random) & dc_mask(b);
            dc_array_put(packed, b, k, plain[k]);
            for (unsigned j = 0; i % 50 == 0 && j < 60; j++) assert_true(dc_array_get(packed, b, j) == plain[j]);
        }
    }
    for (unsigned shift = 0; shift < 64; shift++)
        for (unsigned bits = 1; shift + bits <= 64; bits++) {
            dc_word w = dc_put(0xAAAAAAAAAAAAAAAAu, shift, bits, dc_mask(bits) & 0x1234567812345678u);
            assert_true(dc_get(w, shift, bits) == (dc_mask(bits) & 0x1234567812345678u));
            dc_word kept = ~(dc_mask(bits) << shift);
            assert_true((w & kept) == (0xAAAAAAAAAAAAAAAAu & kept));
        }
}

static void division(void **state) {
    (void)state;
    static const int64_t some[] = {0,         1,         -1, 2, -2, 3, -3, 7, -7, 10, -10, INT64_MAX, INT64_MIN + 1,
                                   INT64_MIN, 1000000007};
    for (size_t i = 0; i < COUNT(some); i++)
        for (size_t j = 0; j < COUNT(some); j++) {
            int64_t a = some[i], b = some[j];
            if (b == 0 || (a == INT64_MIN && b == -1)) continue; /* the caller's to check */
            int64_t q = dc_div(a, b), r = dc_mod(a, b);
            assert_true(r >= 0);
            assert_true(b == INT64_MIN || r < (b < 0 ? -b : b));
            assert_true((__int128)q * b + r == a);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),  cmocka_unit_test(empty_list_of_none), cmocka_unit_test(bit_sets),
        cmocka_unit_test(arrays), cmocka_unit_test(division),
    };
    return cmocka_run_group_tests_name("rt", tests, NULL, NULL);
}
