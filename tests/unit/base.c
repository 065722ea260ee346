/* Memory, interned names, sources, diagnostics. */
#include "tests/unit/test.h"

#include "base/diag.h"
#include "base/hash.h"

static void arenas(void **state) {
    (void)state;
    struct arena a = {0};
    char *all[2000];
    uint64_t random = 3;
    for (int i = 0; i < 2000; i++) {
        size_t n = i % 100 == 0 ? 100000 : next_random(&random) % 100;
        all[i] = arena_alloc(&a, n);
        assert_int_equal((uintptr_t)all[i] % 16, 0);
        for (size_t k = 0; k < n; k++) assert_int_equal(all[i][k], 0);
        memset(all[i], i % 127, n);
    }
    random = 3;
    for (int i = 0; i < 2000; i++) { /* none lies over another */
        size_t n = i % 100 == 0 ? 100000 : next_random(&random) % 100;
        for (size_t k = 0; k < n; k++) assert_int_equal(all[i][k], i % 127);
    }
    assert_string_equal(arena_strdup(&a, "abcdef", 3), "abc");
    assert_string_equal(arena_strdup(&a, "", 0), "");
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 12), "x-12");
    arena_free(&a);
    assert_null(a.chunks);
}

static void vectors(void **state) {
    (void)state;
    VEC(uint32_t) v = {0};
    for (uint32_t i = 0; i < 10000; i++) VEC_PUSH(v, i * i);
    assert_int_equal(v.n, 10000);
    for (uint32_t i = 0; i < v.n; i++) assert_int_equal(v.at[i], i * i);
    VEC_FREE(v);
    assert_null(v.at);
    assert_int_equal(v.n, 0);
}

static void interned(void **state) {
    (void)state;
    struct intern t = {0};
    const char *first[3000];
    char name[32];
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "name%d", i * 7919 % 3000);
        first[i] = intern(&t, name, strlen(name));
        assert_string_equal(first[i], name);
    }
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "name%dx", i * 7919 % 3000);
        assert_ptr_equal(intern(&t, name, strlen(name) - 1), first[i]); /* n bytes, not up to the NUL */
    }
    assert_ptr_not_equal(intern(&t, "name1", 5), intern(&t, "name12", 6));
    assert_ptr_equal(intern(&t, "", 0), intern(&t, "x", 0));
    intern_free(&t);
}

static void hashes(void **state) {
    (void)state;
    uint64_t words[4] = {1, 2, 3, 4}, other[4] = {1, 2, 3, 5};
    assert_true(hash_state(words, 4) == hash_state(words, 4));
    assert_true(hash_state(words, 4) != hash_state(other, 4));
    assert_true(hash_state(words, 3) == hash_state(other, 3));
    uint64_t random = 9;
    for (int i = 0; i < 100000; i++) {
        uint64_t w = next_random(&random);
        assert_true(hash_state(&w, 1) != 0);
    }
}

static void places(void **state) {
    (void)state;
    struct sources s = {0};
    static const char text[] = "one\nzwö ∀x\r\n\n\tend";
    int k = source_add(&s, "file", text, sizeof text - 1);
    assert_int_equal(k, 0);
    static const struct {
        uint32_t offset, line, column;
    } want[] = {{0, 1, 1}, {2, 1, 3},  {4, 2, 1},  {6, 2, 3},  {8, 2, 4},
                {9, 2, 5}, {12, 2, 6}, {15, 3, 1}, {16, 4, 1}, {17, 4, 2}};
    for (size_t i = 0; i < COUNT(want); i++) {
        struct place p = source_place(&s.files.at[0], want[i].offset);
        assert_int_equal(p.line, want[i].line);
        if (want[i].offset != 15) assert_int_equal(p.column, want[i].column);
    }
    assert_int_equal(source_read(&s, "/nonexistent/file"), -1);
    assert_int_equal(source_read(&s, "/"), -1);
    sources_free(&s);
}

static char *printed(struct diags *d, struct sources *s) {
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    diags_print(d, s, f, false);
    fclose(f);
    return text;
}

static void diagnostics(void **state) {
    (void)state;
    struct sources s = {0};
    struct diags d = {0};
    static const char text[] = "var x\nlet ä = ∀y\n\tz";
    source_add(&s, "a.dspec", text, sizeof text - 1);
    const char *at = strstr(text, "∀y");
    struct span span = {0, (uint32_t)(at - text), (uint32_t)(at - text) + 4},
                tab = {0, sizeof text - 2, sizeof text - 1};
    struct span none = {UINT32_MAX, 0, 0}, past = {0, 5000, 5001}, over_two_lines = {0, 4, 12};
    struct diag *x = diag_add(&d, DIAG_ERROR, DIAG_TYPE, span, "no %s", "good");
    diag_hint(&d, x, "write %d", 7);
    diag_add(&d, DIAG_WARNING, DIAG_TYPE, tab, "odd");
    diag_add(&d, DIAG_ERROR, DIAG_USAGE, none, "somewhere");
    char *got = printed(&d, &s);
    assert_string_equal(got, "a.dspec:2:9: error: no good\n    2 | let ä = ∀y\n      |         ^^\n      = write 7\n"
                             "a.dspec:3:2: warning: odd\n    3 |  z\n      |  ^\n"
                             "dcheck: error: somewhere\n");
    free(got);
    /* a second error at one place is most often an echo */
    diag_hint(&d, diag_add(&d, DIAG_ERROR, DIAG_TYPE, span, "echo"), "also dropped");
    assert_int_equal(d.list.n, 3);
    diag_add(&d, DIAG_WARNING, DIAG_TYPE, span, "no echo");
    assert_int_equal(d.list.n, 4);
    diag_add(&d, DIAG_ERROR, DIAG_SYNTAX, past, "past the end");
    diag_add(&d, DIAG_ERROR, DIAG_SYNTAX, over_two_lines, "long");
    got = printed(&d, &s);
    assert_non_null(strstr(got, "error: past the end\n"));
    assert_non_null(strstr(got, "a.dspec:1:5: error: long\n    1 | var x\n      |     ^\n"));
    free(got);
    diags_free(&d);
    /* many */
    memset(&d, 0, sizeof d);
    for (uint32_t i = 0; i < 100; i++) diag_add(&d, DIAG_ERROR, DIAG_SYNTAX, (struct span){7, i, i + 1}, "error %u", i);
    assert_int_equal(d.errors, 100);
    assert_int_equal(d.list.n, DIAG_MAX_ERRORS);
    got = printed(&d, &s);
    assert_non_null(strstr(got, "60 further errors are not shown"));
    free(got);
    diags_free(&d);
    sources_free(&s);
}

static void nearest(void **state) {
    (void)state;
    static const char *const names[] = {"Agreement", "Validity", "Termination", "x",
                                        "state",     "stale",    "server",      "élan"};
    static const struct {
        const char *name, *want;
    } rows[] = {
        {"Agrement", "Agreement"},
        {"agreement", "Agreement"},
        {"Terminatoin", "Termination"},
        {"Tarmenetion", "Termination"},
        {"servers", "server"},
        {"xx", "x"},
        {"Valdty", "Validity"},
        {"zzzzzz", NULL},
        {"Consistent", NULL},
        {"abc", NULL},
        {"stafe", "state"},
        {"", "x"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *found = nearest_name(rows[i].name, names, COUNT(names));
        if (!rows[i].want) assert_null(found);
        else assert_string_equal(found, rows[i].want);
    }
    assert_null(nearest_name("state", names + 4, 1)); /* itself is no suggestion */
    assert_null(nearest_name("anything", names, 0));
    char endless[400];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    const char *const one[] = {endless};
    assert_null(nearest_name(endless + 1, one, 1));
    assert_null(nearest_name("a", one, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas), cmocka_unit_test(vectors),     cmocka_unit_test(interned), cmocka_unit_test(hashes),
        cmocka_unit_test(places), cmocka_unit_test(diagnostics), cmocka_unit_test(nearest),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
