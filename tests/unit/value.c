/* Types and how their values are packed: for every value of many types, number -> value -> number; one encoding each;
 * the order of codes is the order of values where a type says that it is ordered. Also how types and values are
 * written. */
#include "tests/unit/test.h"

#include "compiler/eval.h"

enum { MOST = 60000, WORDS = 64 };

struct all {
    struct arena arena;
    struct types types;
    VEC(const struct type *) list;
};

static const char *const colours[] = {"red", "green", "blue"};

static const struct type *add(struct all *a, const struct type *t) {
    VEC_PUSH(a->list, t);
    return t;
}

static struct field field(const char *name, const struct type *t) { return (struct field){.name = name, .type = t}; }

static void make_types(struct all *a) {
    struct types *s = &a->types;
    memset(a, 0, sizeof *a);
    types_init(s, &a->arena);
    const struct type *simple[] = {
        type_range(s, 0, 0, RANGE_CLAIM),
        type_range(s, 0, 1, RANGE_CLAIM),
        type_range(s, -3, 4, RANGE_CLAIM),
        type_range(s, 5, 9, RANGE_CUT),
        type_range(s, 0, 200, RANGE_SATURATING),
        type_range(s, -40000, -1, RANGE_CLAIM),
        s->boolean,
        type_enum(s, "Colour", colours, 3),
        type_enum(s, "One", colours, 1),
        type_symmetric(s, "Id", NULL, 5),
        type_symmetric(s, "Named", colours, 2),
    };
    for (size_t i = 0; i < COUNT(simple); i++) {
        add(a, simple[i]);
        add(a, type_option(s, simple[i]));
    }
    const struct type *bit = s->boolean, *digit = type_range(s, 0, 9, RANGE_CLAIM),
                      *few = type_range(s, -1, 2, RANGE_CLAIM), *unit = simple[0];
    const struct type *pair_of[] = {few, digit}, *pair = add(a, type_tuple(s, pair_of, 2));
    const struct type *triple_of[] = {bit, pair, type_option(s, few)}, *triple = add(a, type_tuple(s, triple_of, 3));
    struct field vote[] = {field("bal", digit), field("val", type_option(s, few)), field("empty", unit)};
    const struct type *record = add(a, type_record(s, "Vote", vote, 3));
    add(a, type_option(s, record));
    add(a, type_option(s, triple));

    /* sets: none, narrow, exactly one word, several words */
    add(a, type_set(s, unit, 0));
    add(a, type_set(s, digit, 0));
    add(a, type_set(s, few, 2));
    const struct type *flags = add(a, type_set(s, type_range(s, 1, 12, RANGE_CLAIM), 0));
    add(a, type_option(s, type_set(s, few, 0)));

    /* maps: narrow, wide because of many keys, wide because of wide values, of nothing */
    const struct type *map = add(a, type_map(s, few, bit));
    add(a, type_map(s, simple[9], few));
    add(a, type_map(s, unit, pair));
    add(a, type_map(s, digit, unit));
    add(a, type_map(s, type_range(s, 0, 100, RANGE_CLAIM), unit)); /* many keys, one value */
    add(a, type_map(s, bit, type_option(s, flags)));
    add(a, type_map(s, pair, unit));

    /* sequences: narrow, wide, of nothing, of wide elements */
    const struct type *word = add(a, type_seq(s, few, 5, false));
    add(a, type_seq(s, bit, 12, true));
    add(a, type_seq(s, unit, 70, false)); /* wide: 70 elements of one bit each */
    add(a, type_seq(s, digit, 0, false));
    const struct type *words = add(a, type_seq(s, type_seq(s, bit, 2, false), 4, false));
    add(a, type_option(s, words));

    /* wide records: a field of exactly 64 bits is their neighbour */
    const struct type *big_of[] = {type_set(s, type_range(s, 0, 63, RANGE_CLAIM), 0), bit};
    const struct type *wide_unit = type_map(s, type_range(s, 0, 69, RANGE_CLAIM), unit);
    assert_true(type_wide(wide_unit));
    assert_true(type_wide(type_tuple(s, big_of, 2)));
    struct field mixed[] = {field("a", few), field("w", wide_unit), field("b", digit), field("c", wide_unit),
                            field("d", bit)};
    const struct type *mixture = add(a, type_record(s, "Mixture", mixed, 5));
    add(a, type_option(s, mixture));
    add(a, type_seq(s, mixture, 2, false));
    add(a, type_map(s, bit, mixture));
    struct field spread[] = {field("m", type_map(s, few, bit)), field("s", word), field("n", wide_unit)};
    add(a, type_record(s, "Spread", spread, 3));

    /* unions: tags only, narrow, wide, with variants of very different size */
    struct variant tags[] = {{"A", 0, 0, 0}, {"B", 0, 0, 0}, {"C", 0, 0, 0}};
    add(a, type_union(s, "Tags", tags, 3, NULL, 0));
    struct field op[] = {field("k", digit), field("k", digit), field("v", few), field("e", unit)};
    struct variant ops[] = {{"Read", 0, 1, 0}, {"Write", 1, 2, 0}, {"Nop", 3, 0, 0}, {"Last", 3, 1, 0}};
    const struct type *operation = add(a, type_union(s, "Op", ops, 4, op, 4));
    add(a, type_option(s, operation));
    add(a, type_seq(s, operation, 2, false));
    struct field large[] = {field("x", bit), field("m", mixture), field("y", few)};
    struct variant sizes[] = {{"Small", 0, 1, 0}, {"Large", 1, 2, 0}, {"None", 3, 0, 0}};
    const struct type *uneven = add(a, type_union(s, "Uneven", sizes, 3, large, 3));
    add(a, type_option(s, uneven));
    add(a, type_map(s, bit, uneven));
    struct variant alone[] = {{"Only", 0, 1, 0}};
    add(a, type_union(s, "Alone", alone, 1, large, 1));
    const struct type *nested_of[] = {map, operation, word};
    add(a, type_tuple(s, nested_of, 2));
}

static void free_types(struct all *a) {
    VEC_FREE(a->list);
    types_free(&a->types);
    arena_free(&a->arena);
}

/* As the language compares two values of an ordered narrow type. */
static bool less(const struct type *t, uint64_t x, uint64_t y) {
    return t->kind == T_RANGE ? (int64_t)x < (int64_t)y : x < y;
}

static void round_trips(void **state) {
    (void)state;
    struct all a;
    make_types(&a);
    uint32_t covered = 0;
    for (uint32_t i = 0; i < a.list.n; i++) {
        const struct type *t = a.list.at[i];
        uint64_t words[WORDS], before[WORDS] = {0}, last = 0;
        assert_true(t->universe > 0);
        assert_true(t->words <= WORDS && t->bits <= 64);
        uint64_t stride = t->universe / MOST + 1;
        for (uint64_t r = 0; r < t->universe;
             r += r + stride < t->universe || r + 1 == t->universe ? stride : t->universe - 1 - r) {
            memset(words, 0xFF, sizeof words);
            uint64_t v = value_unrank(t, r, words);
            if (value_rank(t, v) != r)
                fail_msg("%s: value %llu comes back as %llu", type_name(&a.arena, t), (unsigned long long)r,
                         (unsigned long long)value_rank(t, v));
            if (t->words) {
                assert_ptr_equal((void *)(uintptr_t)v, words);
                assert_true(t->words == WORDS || words[t->words] == UINT64_MAX); /* nothing beyond its width */
                if (r) assert_memory_not_equal(words, before, t->words * sizeof *words);
                memcpy(before, words, sizeof words);
                assert_true(value_same(t, v, (uint64_t)(uintptr_t)before));
            } else {
                uint64_t code = t->kind == T_RANGE ? v - (uint64_t)t->lo : v;
                assert_true(code <= t->max_code);
                assert_true(t->bits == 64 || code >> t->bits == 0);
                if (r && t->ordered) assert_true(less(t, last, v));
                if (r) assert_true(v != last);
                last = v;
            }
            /* stored between other things, and loaded again */
            uint64_t place[WORDS + 2];
            memset(place, 0x55, sizeof place);
            uint32_t shift = t->words ? 0 : (uint32_t)(r % (65 - (t->bits ? t->bits : 1)));
            value_store(t, place, 1, shift, v);
            uint64_t back = value_load(t, place, 1, shift);
            assert_true(value_same(t, v, back));
            assert_true(place[0] == 0x5555555555555555u);
            assert_true(place[(t->words ? t->words : 1) + 1] == 0x5555555555555555u);
            if (!t->words && t->bits && t->bits < 64) {
                uint64_t mask = ((((uint64_t)1 << t->bits) - 1) << shift);
                assert_true((place[1] & ~mask) == (0x5555555555555555u & ~mask));
            }
            if (r + 1 == t->universe) break;
        }
        covered++;
    }
    assert_true(covered > 55);
    free_types(&a);
}

/* Lists as sets and bags have no numbers; sets by bits are counted here. */
static void sizes(void **state) {
    (void)state;
    struct all a;
    make_types(&a);
    struct types *s = &a.types;
    const struct type *digit = type_range(s, 0, 9, RANGE_CLAIM);
    assert_int_equal(digit->bits, 4);
    assert_int_equal(type_range(s, 7, 7, RANGE_CLAIM)->bits, 0);
    assert_int_equal(type_range(s, -8, 7, RANGE_CLAIM)->bits, 4);
    assert_int_equal(type_option(s, digit)->bits, 4); /* ten digits and none fit in 4 bits */
    assert_int_equal(type_option(s, type_range(s, 0, 15, RANGE_CLAIM))->bits, 5);
    assert_int_equal(type_set(s, digit, 0)->bits, 10);
    assert_int_equal(type_set(s, type_range(s, 1, 64, RANGE_CLAIM), 0)->bits, 64);
    assert_int_equal(type_set(s, type_range(s, 1, 65, RANGE_CLAIM), 0)->words, 2);
    assert_true(type_set(s, type_range(s, 0, 4095, RANGE_CLAIM), 0)->bitset);
    assert_false(type_set(s, type_range(s, 0, 4096, RANGE_CLAIM), 0)->bitset);
    assert_true(type_set(s, type_range(s, 0, 4096, RANGE_CLAIM), 3)->checked);
    assert_true(type_set(s, digit, 3)->checked);
    assert_false(type_set(s, digit, 10)->checked);
    assert_int_equal(type_seq(s, digit, 3, false)->bits, 3 * 4 + 2);
    assert_int_equal(type_bag(s, digit, 15)->bits, 15 * 4 + 4);
    assert_int_equal(type_bag(s, digit, 16)->words, 2);
    assert_int_equal(type_map(s, digit, s->boolean)->bits, 10);
    assert_int_equal(s->integer->universe, 0);
    /* equal types are one type; nominal ones never */
    assert_ptr_equal(type_seq(s, digit, 3, false), type_seq(s, type_range(s, 0, 9, RANGE_CLAIM), 3, false));
    assert_ptr_not_equal(type_seq(s, digit, 3, false), type_seq(s, digit, 3, true));
    assert_ptr_not_equal(type_range(s, 0, 9, RANGE_CUT), digit);
    assert_ptr_not_equal(type_enum(s, NULL, colours, 3), type_enum(s, NULL, colours, 3));
    const struct type *pair[] = {digit, s->boolean};
    assert_ptr_equal(type_tuple(s, pair, 2), type_tuple(s, pair, 2));
    assert_ptr_equal(type_option(s, type_option(s, digit)), type_option(s, digit));
    /* too many values to count */
    assert_int_equal(type_set(s, type_range(s, 1, 62, RANGE_CLAIM), 0)->universe, 0);
    assert_int_equal(type_map(s, type_range(s, 0, 63, RANGE_CLAIM), s->boolean)->universe, 0);
    assert_int_equal(type_range(s, 0, ((int64_t)1 << 62) - 2, RANGE_CLAIM)->universe, ((uint64_t)1 << 62) - 1);
    assert_true(type_has_symmetric(type_map(s, digit, type_set(s, type_symmetric(s, "S", NULL, 2), 0))));
    assert_false(type_has_symmetric(type_map(s, digit, type_set(s, digit, 0))));
    free_types(&a);
}

static void names(void **state) {
    (void)state;
    struct all a;
    make_types(&a);
    struct types *s = &a.types;
    const struct type *digit = type_range(s, 0, 9, RANGE_CLAIM), *two[] = {digit, s->boolean};
    assert_string_equal(type_name(&a.arena, s->integer), "int");
    assert_string_equal(type_name(&a.arena, type_range(s, -2, 5, RANGE_CUT)), "-2..5 cut");
    assert_string_equal(type_name(&a.arena, type_range(s, 0, 5, RANGE_SATURATING)), "0..5 saturating");
    assert_string_equal(type_name(&a.arena, type_enum(s, NULL, colours, 3)), "enum {red, green, blue}");
    assert_string_equal(type_name(&a.arena, type_symmetric(s, NULL, NULL, 4)), "symmetric 4");
    assert_string_equal(type_name(&a.arena, type_map(s, digit, type_option(s, type_tuple(s, two, 2)))),
                        "map[0..9 -> (0..9, bool)?]");
    assert_string_equal(type_name(&a.arena, type_seq(s, type_set(s, digit, 2), 3, false)), "seq[set[0..9, max 2], 3]");
    assert_string_equal(type_name(&a.arena, type_bag(s, s->boolean, 3)), "bag[bool, 3]");
    free_types(&a);
}

static const char *text(struct all *a, const struct type *t, uint64_t rank) {
    struct program p = {0};
    uint64_t words[WORDS];
    char *out;
    size_t n;
    value_print(&p, t, value_unrank(t, rank, words), &a->arena, &out, &n);
    assert_int_equal(strlen(out), n);
    return out;
}

static void values_as_text(void **state) {
    (void)state;
    struct all a;
    make_types(&a);
    struct types *s = &a.types;
    const struct type *few = type_range(s, -1, 2, RANGE_CLAIM), *two[] = {few, s->boolean};
    assert_string_equal(text(&a, few, 0), "-1");
    assert_string_equal(text(&a, s->boolean, 1), "true");
    assert_string_equal(text(&a, type_option(s, few), 0), "none");
    assert_string_equal(text(&a, type_option(s, few), 4), "2");
    assert_string_equal(text(&a, type_enum(s, "Colour", colours, 3), 2), "blue");
    assert_string_equal(text(&a, type_symmetric(s, "Id", NULL, 3), 0), "Id1");
    assert_string_equal(text(&a, type_symmetric(s, "Named", colours, 2), 1), "green");
    assert_string_equal(text(&a, type_tuple(s, two, 2), 7), "(2, true)");
    assert_string_equal(text(&a, type_set(s, few, 0), 0), "{}");
    assert_string_equal(text(&a, type_set(s, few, 0), 9), "{-1, 2}");
    assert_string_equal(text(&a, type_seq(s, few, 3, false), 0), "[]");
    assert_string_equal(text(&a, type_seq(s, few, 3, false), 1 + 4 + 6), "[0, 1]");
    assert_string_equal(text(&a, type_map(s, s->boolean, few), 1), "[false: -1, true: 0]");
    struct field f[] = {field("k", few), field("b", s->boolean), field("one", few)};
    struct variant v[] = {{"Both", 0, 2, 0}, {"Nop", 2, 0, 0}, {"Single", 2, 1, 0}};
    const struct type *u = type_union(s, "U", v, 3, f, 3);
    assert_string_equal(text(&a, u, 1), "Both(k: -1, b: true)");
    assert_string_equal(text(&a, u, 8), "Nop");
    assert_string_equal(text(&a, u, 9), "Single(-1)");
    assert_string_equal(text(&a, type_record(s, "R", f, 2), 7), "R(k: 2, b: true)");
    free_types(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trips), cmocka_unit_test(sizes), cmocka_unit_test(names),
                                       cmocka_unit_test(values_as_text)};
    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
