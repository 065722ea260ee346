/* The fingerprint set against a sorted array, while it grows, and with many threads that insert the same keys. */
#include "tests/unit/test.h"

#include <pthread.h>

#include "checker/fpset.h"

struct sorted {
    uint64_t *at;
    size_t n, cap;
};

static bool sorted_insert(struct sorted *s, uint64_t x) {
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (s->at[mid] < x) low = mid + 1;
        else high = mid;
    }
    if (low < s->n && s->at[low] == x) return false;
    if (s->n == s->cap) s->at = realloc(s->at, (s->cap = 2 * s->cap + 16) * sizeof *s->at);
    memmove(s->at + low + 1, s->at + low, (s->n - low) * sizeof *s->at);
    s->at[low] = x;
    s->n++;
    return true;
}

/* Fingerprints of few bits: equal keys, equal fingerprints, and the other way round. Kinds: spread, few different ones,
 * all of one first line, of the last one (probing goes round in its block), of both ends of the table. */
static uint64_t mixed(uint64_t x) { return next_random(&x); }

static struct hash128 fingerprint(uint64_t x, unsigned kind) {
    struct hash128 h = {.hi = mixed(x), .lo = mixed(x) << 20 | x << 5};
    if (kind == 2) h.hi = (uint64_t)0x80 << 56;
    if (kind == 3) h.hi = UINT64_MAX;
    if (kind == 4) h.hi = x % 2 ? UINT64_MAX : 0;
    return h;
}

static uint64_t key(uint64_t *random, unsigned kind) {
    uint64_t x = next_random(random) % (1 << 15);
    return kind == 1 ? x % 50 : kind ? x % 3000 : x;
}

static void grow(struct fpset *set, const struct sorted *ref, unsigned kind) {
    uint64_t before = fpset_capacity(set);
    assert_true(fpset_grow(set, before + before / 2, NULL));
    assert_true(fpset_capacity(set) > before);
    assert_int_equal(set->size_bytes, fpset_capacity(set) * 8);
    for (size_t k = 0; k < ref->n; k++) assert_true(fpset_has(set, fingerprint(ref->at[k], kind)));
}

static void like_a_sorted_array(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < 5; kind++) {
        struct fpset set;
        struct sorted ref = {0};
        uint64_t random = 77 + kind;
        assert_true(fpset_init(&set, 1, (uint64_t)1 << 28));
        assert_true(fpset_capacity(&set) >= 16);
        assert_int_equal(fpset_bits(&set), 60);
        for (int i = 0; i < 20000; i++) {
            uint64_t x = key(&random, kind);
            struct hash128 h = fingerprint(x, kind);
            if (ref.n + 1 > fpset_capacity(&set) / 8 * 7) grow(&set, &ref, kind);
            enum fpset_told told;
            bool had = fpset_has(&set, h), is_new = sorted_insert(&ref, x);
            assert_int_equal(had, !is_new);
            while ((told = fpset_insert(&set, h)) == FPSET_FULL) {
                struct sorted others = {0};
                for (size_t k = 0; k < ref.n; k++)
                    if (ref.at[k] != x) sorted_insert(&others, ref.at[k]);
                grow(&set, &others, kind);
                free(others.at);
            }
            assert_int_equal(told, is_new ? FPSET_NEW : FPSET_KNOWN);
            assert_true(fpset_has(&set, h));
        }
        for (int i = 0; i < 5000; i++) {
            uint64_t x = key(&random, 0);
            bool in = false;
            size_t low = 0;
            for (size_t high = ref.n; low < high && !in;) {
                size_t mid = (low + high) / 2;
                if (ref.at[mid] == x) in = true;
                else if (ref.at[mid] < x) low = mid + 1;
                else high = mid;
            }
            assert_int_equal(fpset_has(&set, fingerprint(x, kind)), in);
        }
        fpset_free(&set);
        free(ref.at);
    }
}

enum { THREADS = 8, KEYS = 60000 };

struct crowd {
    struct fpset *set;
    const uint64_t *keys;
    uint32_t *order;
    unsigned char *told_new; /* by key */
    pthread_barrier_t *start;
};

static void *insert_all(void *self) {
    struct crowd *c = self;
    pthread_barrier_wait(c->start);
    for (int i = 0; i < KEYS; i++)
        if (fpset_insert(c->set, fingerprint(c->keys[c->order[i]], 0)) == FPSET_NEW) c->told_new[c->order[i]]++;
    return NULL;
}

/* Every thread inserts every key, each in its own order or all in the same one. */
static void one_thread_is_told(void **state) {
    (void)state;
    for (int same_order = 0; same_order < 2; same_order++) {
        struct fpset set;
        uint64_t *keys = malloc(KEYS * sizeof *keys), random = 5;
        struct crowd c[THREADS];
        pthread_t threads[THREADS];
        pthread_barrier_t start;
        assert_true(fpset_init(&set, KEYS / 7 * 8 + 64, 0));
        for (int i = 0; i < KEYS; i++) keys[i] = (next_random(&random) & 0xfff) << 16 | (uint64_t)i; /* all different */
        pthread_barrier_init(&start, NULL, THREADS);
        for (int t = 0; t < THREADS; t++) {
            c[t] = (struct crowd){&set, keys, malloc(KEYS * sizeof(uint32_t)), calloc(KEYS, 1), &start};
            for (uint32_t i = 0; i < KEYS; i++) c[t].order[i] = i;
            for (uint32_t i = KEYS; !same_order && i-- > 1;) {
                uint32_t k = (uint32_t)(next_random(&random) % (i + 1)), other = c[t].order[k];
                c[t].order[k] = c[t].order[i];
                c[t].order[i] = other;
            }
            assert_int_equal(pthread_create(&threads[t], NULL, insert_all, &c[t]), 0);
        }
        for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
        for (int i = 0; i < KEYS; i++) {
            int told = 0;
            for (int t = 0; t < THREADS; t++) told += c[t].told_new[i];
            assert_int_equal(told, 1);
            assert_true(fpset_has(&set, fingerprint(keys[i], 0)));
        }
        for (int t = 0; t < THREADS; t++) {
            free(c[t].order);
            free(c[t].told_new);
        }
        uint64_t slots = 0;
        for (uint64_t i = 0; i < fpset_capacity(&set); i++) slots += atomic_load(&set.slots[i]) != 0;
        assert_int_equal(slots, KEYS);
        assert_true(fpset_grow(&set, 4 * KEYS, NULL));
        for (int i = 0; i < KEYS; i++) assert_int_equal(fpset_insert(&set, fingerprint(keys[i], 0)), FPSET_KNOWN);
        pthread_barrier_destroy(&start);
        fpset_free(&set);
        free(keys);
    }
}

static void refused_memory_leaves_it(void **state) {
    (void)state;
    struct fpset set;
    assert_true(fpset_init(&set, 16, (uint64_t)1 << 20));
    assert_int_equal(fpset_insert(&set, fingerprint(42, 0)), FPSET_NEW);
    struct fpset before = set;
    assert_false(fpset_grow(&set, (uint64_t)1 << 20, NULL)); /* beyond the room that was asked for */
    assert_false(fpset_grow(&set, (uint64_t)1 << 58, NULL));
    assert_memory_equal(&set, &before, sizeof set);
    assert_true(fpset_has(&set, fingerprint(42, 0)));
    assert_false(fpset_has(&set, fingerprint(43, 0)));
    fpset_free(&set);
}

struct helper {
    pthread_t thread;
    void (*work)(void *job, unsigned i);
    void *job;
    unsigned i;
};
static void *help(void *self) {
    struct helper *h = self;
    h->work(h->job, h->i);
    return NULL;
}
static void all(void *self, void (*work)(void *job, unsigned i), void *job) {
    struct helper h[THREADS];
    ++*(int *)self;
    for (unsigned i = 0; i < THREADS; i++) {
        h[i] = (struct helper){.work = work, .job = job, .i = i};
        assert_int_equal(pthread_create(&h[i].thread, NULL, help, &h[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) pthread_join(h[i].thread, NULL);
}

/* A crew leaves the table as one alone would: everything is there, nothing else, and each in one place. */
static void grown_by_many(void **state) {
    (void)state;
    enum { MANY = 700000 };
    struct fpset set;
    int waves = 0;
    struct fpset_crew crew = {.n = THREADS, .self = &waves, .all = all};
    assert_true(fpset_init(&set, 1 << 20, 0));
    for (uint64_t i = 0; i < MANY; i++) assert_int_equal(fpset_insert(&set, fingerprint(i, 0)), FPSET_NEW);
    for (uint64_t growth = 2; growth < 6; growth++) {
        assert_true(fpset_grow(&set, growth << 20, &crew));
        uint64_t slots = 0;
        for (uint64_t i = 0; i < fpset_capacity(&set); i++) slots += atomic_load(&set.slots[i]) != 0;
        assert_int_equal(slots + set.n_strays, MANY);
        for (uint64_t i = 0; i < MANY; i++) assert_true(fpset_has(&set, fingerprint(i, 0)));
        assert_false(fpset_has(&set, fingerprint(MANY + growth, 0)));
    }
    assert_true(waves > 4);
    fpset_free(&set);
}

/* 76 bits with the first size of a search, however it grows, and few fingerprints far from where they belong. */
static void bits_and_load(void **state) {
    (void)state;
    struct fpset set;
    uint64_t random = 1, n = 0;
    assert_true(fpset_init(&set, 1 << 20, 0));
    assert_int_equal(fpset_bits(&set), 76);
    while (n < 2000000) {
        struct hash128 h = {.hi = next_random(&random), .lo = next_random(&random)};
        assert_int_equal(fpset_insert(&set, h), FPSET_NEW);
        if (++n > fpset_capacity(&set) / 5 * 4) assert_true(fpset_grow(&set, fpset_capacity(&set) / 2 * 3, NULL));
    }
    assert_int_equal(fpset_bits(&set), 76);
    uint64_t far = 0;
    for (uint64_t i = 0; i < fpset_capacity(&set); i++) far += (atomic_load(&set.slots[i]) & 31) > 8;
    assert_true(far < n / 1000);
    fpset_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_a_sorted_array),
        cmocka_unit_test(one_thread_is_told),
        cmocka_unit_test(refused_memory_leaves_it),
        cmocka_unit_test(grown_by_many),
        cmocka_unit_test(bits_and_load),
    };
    return cmocka_run_group_tests_name("fpset", tests, NULL, NULL);
}
