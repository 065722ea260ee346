/* Types as sets of TLA+, and constants as its values.
 *
 *   ranges        integers             records    [a |-> 1, b |-> 2]
 *   bool          TRUE, FALSE          unions     records with the kind in the field `tag`
 *   enums         strings              tuples     <<1, 2>>
 *   symmetric     model values         sets       sets
 *   T?            T, or None           maps       functions
 *   seq           sequences            bags       those of the module Bags: functions to the number of copies */
#include <string.h>

#include "compiler/eval.h"
#include "compiler/tla_cx.h"

static struct tla_type *entry(struct tla_cx *c, const struct type *t) { return &c->types[t->id]; }

static bool has_set(const struct type *t) {
    return t->name && (t->kind == T_ENUM || t->kind == T_SYM || t->kind == T_RECORD || t->kind == T_UNION);
}

void tla_types(struct tla_cx *c) {
    c->types = arena_alloc(c->a, (c->p->types.list.n + 1) * sizeof *c->types);
    for (uint32_t i = 0; i < c->p->types.list.n; i++) {
        const struct type *t = c->p->types.list.at[i];
        if (t->kind == T_SYM) {
            c->types[i].ids = arena_alloc(c->a, (t->n + 1) * sizeof *c->types[i].ids);
            for (uint32_t k = 0; k < t->n; k++) {
                const char *wish = t->names ? t->names[k] : arena_printf(c->a, "%s%u", t->name ? t->name : "id", k + 1);
                c->types[i].ids[k] = tla_global(c, wish);
            }
        }
        if (has_set(t) || t->kind == T_SYM) c->types[i].set = tla_global(c, t->name ? t->name : "Ids");
    }
}

/* ---- fields ---- */

static const struct field *field_of(const struct type *t, uint32_t variant, uint32_t field) {
    return &t->fields[(t->kind == T_UNION ? t->variants[variant].first : 0) + field];
}

/* Can TLC compare any value of the one with any of the other? */
static bool comparable(const struct type *a, const struct type *b) {
    if (a == b || a->kind == T_SYM || b->kind == T_SYM) return true;
    if (a->kind == T_OPTION) return comparable(a->elem, b);
    if (b->kind == T_OPTION) return comparable(a, b->elem);
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case T_RANGE:
    case T_BOOL:
    case T_ENUM: return true;
    case T_SET:
    case T_SEQ: return comparable(a->elem, b->elem);
    default: return false;
    }
}

static const char *const reserved[] = {
    "ASSUME",    "ASSUMPTION",  "AXIOM",     "BOOLEAN", "CASE",      "CHOOSE",    "CONSTANT", "CONSTANTS", "DOMAIN",
    "ELSE",      "ENABLED",     "EXCEPT",    "EXTENDS", "FALSE",     "IF",        "IN",       "INSTANCE",  "LAMBDA",
    "LET",       "LOCAL",       "MODULE",    "OTHER",   "RECURSIVE", "STRING",    "SUBSET",   "THEN",      "THEOREM",
    "LEMMA",     "TRUE",        "UNCHANGED", "UNION",   "VARIABLE",  "VARIABLES", "WITH",     "PROOF",     "BY",
    "OBVIOUS",   "OMITTED",     "QED",       "DEF",     "DEFS",      "DEFINE",    "HAVE",     "HIDE",      "NEW",
    "PICK",      "PROVE",       "STATE",     "ACTION",  "TEMPORAL",  "SUFFICES",  "TAKE",     "USE",       "WITNESS",
    "COROLLARY", "PROPOSITION", "ONLY"};

static bool is_reserved(const char *name) {
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcmp(reserved[i], name)) return true;
    return !strncmp(name, "WF_", 3) || !strncmp(name, "SF_", 3);
}

const char *tla_tag(struct tla_cx *c, const struct type *t) {
    (void)c;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->fields[i].name && !strcmp(t->fields[i].name, "tag")) return "tag_";
    return "tag";
}

const char *tla_field(struct tla_cx *c, const struct type *t, uint32_t variant, uint32_t field) {
    const struct field *f = field_of(t, variant, field);
    if (t->kind != T_UNION) return is_reserved(f->name) ? arena_printf(c->a, "%s_", f->name) : f->name;
    for (uint32_t v = 0; v < t->n_variants; v++)
        for (uint32_t i = 0; i < t->variants[v].n; i++) {
            const struct field *g = field_of(t, v, i);
            if (v == variant || strcmp(f->name, g->name) || comparable(f->type, g->type)) continue;
            return arena_printf(c->a, "%s_%s", f->name, t->variants[variant].name);
        }
    return is_reserved(f->name) ? arena_printf(c->a, "%s_", f->name) : f->name;
}

struct tla *tla_select(struct tla_cx *c, const struct type *t, uint32_t variant, uint32_t field, struct tla *of) {
    const char *how = t->kind == T_TUPLE ? arena_printf(c->a, "%%[%u]", field + 1)
                                         : arena_printf(c->a, "%%.%s", tla_field(c, t, variant, field));
    return tla_after(c->a, how, 1, of);
}

struct tla *tla_is_kind(struct tla_cx *c, const struct type *t, struct tla *of, uint32_t variant) {
    return tla_equal(c->a, tla_after(c->a, arena_printf(c->a, "%%.%s", tla_tag(c, t)), 1, of),
                     tla_format(c->a, "\"%s\"", t->variants[variant].name));
}

/* ---- sets ---- */

static struct tla *strings(struct tla_cx *c, const char *const *names, uint32_t n) {
    struct tla **kids = arena_alloc(c->a, (n + 1) * sizeof(struct tla *));
    for (uint32_t i = 0; i < n; i++) kids[i] = tla_format(c->a, "\"%s\"", names[i]);
    return tla_list(c->a, "{", kids, n, "}");
}

struct tla *tla_kind_set(struct tla_cx *c, const struct type *t, uint32_t variant) {
    uint32_t n = t->kind == T_UNION ? t->variants[variant].n : t->n, k = 0;
    struct tla **kids = arena_alloc(c->a, (n + 2) * sizeof(struct tla *));
    if (t->kind == T_UNION) kids[k++] = tla_format(c->a, "%s : {\"%s\"}", tla_tag(c, t), t->variants[variant].name);
    for (uint32_t i = 0; i < n; i++)
        kids[k++] = tla_form(c->a, arena_printf(c->a, "%s : %%", tla_field(c, t, variant, i)), 1,
                             tla_set_of(c, field_of(t, variant, i)->type));
    return k ? tla_list(c->a, "[", kids, k, "]") : tla_text(c->a, "{<<>>}");
}

struct tla *tla_type_definition(struct tla_cx *c, const struct type *t) {
    if (t->kind == T_ENUM) return strings(c, t->names, t->n);
    if (t->kind == T_RECORD) return tla_kind_set(c, t, 0);
    if (t->kind == T_SYM) {
        struct tla **kids = arena_alloc(c->a, (t->n + 1) * sizeof(struct tla *));
        for (uint32_t i = 0; i < t->n; i++) kids[i] = tla_text(c->a, entry(c, t)->ids[i]);
        return tla_list(c->a, "{", kids, t->n, "}");
    }
    struct tla *all = NULL;
    for (uint32_t v = 0; v < t->n_variants; v++) {
        struct tla *one = tla_kind_set(c, t, v);
        all = all ? tla_infix(c->a, TLA_SET, all, " \\cup ", one) : one;
    }
    return all ? all : tla_text(c->a, "{}");
}

struct tla *tla_set_of(struct tla_cx *c, const struct type *t) {
    struct arena *a = c->a;
    if (entry(c, t)->set) {
        entry(c, t)->used = true;
        return tla_text(a, entry(c, t)->set);
    }
    switch (t->kind) {
    case T_RANGE:
        if (!t->universe) return tla_text(a, "Int");
        if (t->lo == t->hi) return tla_form(a, "{%}", 1, tla_number(c, t->lo));
        return tla_infix(a, TLA_RANGE, tla_number(c, t->lo), "..", tla_number(c, t->hi));
    case T_BOOL: return tla_text(a, "BOOLEAN");
    case T_ENUM: return strings(c, t->names, t->n);
    case T_OPTION:
        c->none = true;
        return tla_infix(a, TLA_SET, tla_set_of(c, t->elem), " \\cup ", tla_text(a, "{None}"));
    case T_TUPLE: {
        struct tla *all = NULL;
        if (t->n == 1) return tla_form(a, "{<<x>> : x \\in %}", 1, tla_set_of(c, t->fields[0].type));
        for (uint32_t i = 0; i < t->n; i++) {
            struct tla *s = tla_set_of(c, t->fields[i].type);
            if (s->level < TLA_ATOM) s = tla_form(a, "(%)", 1, s);
            all = all ? tla_form(a, "% \\X %", 2, all, s) : s;
        }
        all->level = TLA_SET;
        return all;
    }
    case T_SET: {
        struct tla *s = tla_prefix(a, TLA_SET, "SUBSET ", tla_set_of(c, t->elem));
        if (!t->checked) return s;
        const char *x = tla_local(c, "s");
        return tla_form(a, arena_printf(a, "{%s \\in %% : Cardinality(%s) <= %u}", x, x, t->bitset ? t->max : t->cap),
                        1, s);
    }
    case T_MAP: return tla_form(a, "[% -> %]", 2, tla_set_of(c, t->key), tla_set_of(c, t->elem));
    case T_SEQ: return tla_call(c, HELP_SEQUENCES, 2, tla_set_of(c, t->elem), tla_number(c, t->cap));
    case T_BAG: return tla_call(c, HELP_BAGS, 2, tla_set_of(c, t->elem), tla_number(c, t->cap));
    default: return tla_text(a, "{}");
    }
}

static bool holds_bags(const struct type *t) {
    if (t->kind == T_BAG) return true;
    if (t->elem && holds_bags(t->elem)) return true;
    for (uint32_t i = 0; t->fields && i < t->n; i++)
        if (holds_bags(t->fields[i].type)) return true;
    return false;
}

/* x is a value of the type, in a form that TLC tests without listing them all. */
struct tla *tla_is_value(struct tla_cx *c, const struct type *t, struct tla *x) {
    struct arena *a = c->a;
    switch (t->kind) {
    case T_BAG:
        return tla_and(
            a, tla_infix(a, TLA_COMPARE, tla_form(a, "BagToSet(%)", 1, x), " \\subseteq ", tla_set_of(c, t->elem)),
            tla_infix(a, TLA_COMPARE, tla_form(a, "BagCardinality(%)", 1, x), " <= ", tla_number(c, t->cap)));
    case T_SEQ:
        return tla_and(a, tla_infix(a, TLA_COMPARE, x, " \\in ", tla_form(a, "Seq(%)", 1, tla_set_of(c, t->elem))),
                       tla_infix(a, TLA_COMPARE, tla_form(a, "Len(%)", 1, x), " <= ", tla_number(c, t->cap)));
    case T_SET: {
        struct tla *in = tla_infix(a, TLA_COMPARE, x, " \\subseteq ", tla_set_of(c, t->elem));
        if (!t->checked) return in;
        return tla_and(a, in,
                       tla_infix(a, TLA_COMPARE, tla_form(a, "Cardinality(%)", 1, x),
                                 " <= ", tla_number(c, t->bitset ? t->max : t->cap)));
    }
    case T_MAP:
        if (t->elem->kind == T_BAG || t->elem->kind == T_SEQ || t->elem->kind == T_SET || t->elem->kind == T_MAP) {
            const char *k = tla_local(c, "k");
            struct tla *each = tla_is_value(c, t->elem, tla_after(a, "%[%]", 2, x, tla_text(a, k)));
            return tla_and(a, tla_equal(a, tla_prefix(a, TLA_POSTFIX, "DOMAIN ", x), tla_set_of(c, t->key)),
                           tla_bind(a, "\\A", k, tla_set_of(c, t->key), each));
        }
        break;
    default: break;
    }
    if (holds_bags(t)) return tla_bool(a, true);
    return tla_infix(a, TLA_COMPARE, x, " \\in ", tla_set_of(c, t));
}

/* ---- order ---- */

static struct tla *below(struct tla_cx *, const struct type *, struct tla *, struct tla *);

struct tla *tla_rank_definition(struct tla_cx *c, const struct type *t) {
    struct tla **kids = arena_alloc(c->a, (t->n + 1) * sizeof(struct tla *));
    if (t->kind == T_ENUM) {
        for (uint32_t i = 0; i < t->n; i++) kids[i] = tla_format(c->a, "\"%s\" :> %u", t->names[i], i);
    } else {
        for (uint32_t i = 0; i < t->n; i++) kids[i] = tla_format(c->a, "%s :> %u", entry(c, t)->ids[i], i);
    }
    struct tla *all = kids[0];
    for (uint32_t i = 1; i < t->n; i++) all = tla_infix(c->a, TLA_PAIR, all, " @@ ", kids[i]);
    for (uint32_t i = 0; i < t->n; i++) kids[i]->level = TLA_ATOM;
    return all;
}

static struct tla *rank(struct tla_cx *c, const struct type *t, struct tla *x) {
    if (!entry(c, t)->ranked) {
        entry(c, t)->ranked = true;
        entry(c, t)->rank = tla_global(c, arena_printf(c->a, "%sRank", t->name ? t->name : "Name"));
    }
    return tla_after(c->a, arena_printf(c->a, "%s[%%]", entry(c, t)->rank), 1, x);
}

static struct tla *fields_below(struct tla_cx *c, const struct type *t, uint32_t variant, uint32_t n, struct tla *x,
                                struct tla *y) {
    struct arena *a = c->a;
    struct tla *all = tla_bool(a, false);
    for (uint32_t i = n; i-- > 0;) {
        struct tla *u = tla_select(c, t, variant, i, x), *v = tla_select(c, t, variant, i, y);
        struct tla *rest = tla_is(all, "FALSE") ? all : tla_and(a, tla_equal(a, u, v), all);
        all = tla_or(a, tla_below(c, field_of(t, variant, i)->type, u, v), rest);
    }
    return all;
}

/* One of a type with a name has an operator for it. */
struct tla *tla_below(struct tla_cx *c, const struct type *t, struct tla *x, struct tla *y) {
    if (t->kind != T_UNION && !(t->kind == T_RECORD && t->name)) return below(c, t, x, y);
    if (!entry(c, t)->below) entry(c, t)->below = tla_global(c, arena_printf(c->a, "%sBelow", t->name));
    return tla_form(c->a, arena_printf(c->a, "%s(%%, %%)", entry(c, t)->below), 2, x, y);
}

struct tla *tla_below_definition(struct tla_cx *c, const struct type *t, const char **head) {
    const char *x = tla_local(c, "x"), *y = tla_local(c, "y");
    *head = arena_printf(c->a, "%s(%s, %s)", entry(c, t)->below, x, y);
    return below(c, t, tla_text(c->a, x), tla_text(c->a, y));
}

static struct tla *below(struct tla_cx *c, const struct type *t, struct tla *x, struct tla *y) {
    struct arena *a = c->a;
    switch (t->kind) {
    case T_RANGE: return tla_infix(a, TLA_COMPARE, x, " < ", y);
    case T_BOOL: return tla_and(a, tla_not(a, x), y);
    case T_ENUM:
    case T_SYM: return tla_infix(a, TLA_COMPARE, rank(c, t, x), " < ", rank(c, t, y));
    case T_RECORD:
    case T_TUPLE: return fields_below(c, t, 0, t->n, x, y);
    case T_OPTION: {
        c->none = true;
        struct tla *none = tla_text(a, "None"), *first = tla_equal(a, x, none),
                   *second = tla_infix(a, TLA_COMPARE, y, " # ", none);
        return tla_and(a, second, tla_or(a, first, tla_below(c, t->elem, x, y)));
    }
    case T_UNION: {
        struct tla *all = tla_bool(a, false);
        for (uint32_t v = 0; v < t->n_variants; v++) {
            struct tla *later = tla_bool(a, false);
            for (uint32_t w = v + 1; w < t->n_variants; w++) later = tla_or(a, later, tla_is_kind(c, t, y, w));
            struct tla *same = fields_below(c, t, v, t->variants[v].n, x, y);
            if (!tla_is(same, "FALSE")) same = tla_and(a, tla_is_kind(c, t, y, v), same);
            struct tla *here = tla_or(a, same, later);
            if (!tla_is(here, "FALSE")) all = tla_or(a, all, tla_and(a, tla_is_kind(c, t, x, v), here));
        }
        return all;
    }
    case T_MAP: { /* the first key at which they differ decides */
        const char *k = tla_local(c, "k"), *j = tla_local(c, "j");
        struct tla *K = tla_text(a, k), *J = tla_text(a, j), *keys = tla_set_of(c, t->key);
        struct tla *same = tla_equal(a, tla_after(a, "%[%]", 2, x, J), tla_after(a, "%[%]", 2, y, J));
        struct tla *before = tla_bind(a, "\\A", j, keys, tla_implies(a, tla_below(c, t->key, J, K), same));
        struct tla *less = tla_below(c, t->elem, tla_after(a, "%[%]", 2, x, K), tla_after(a, "%[%]", 2, y, K));
        return tla_bind(a, "\\E", k, keys, tla_and(a, less, before));
    }
    case T_SEQ: {
        const char *k = tla_local(c, "k"), *j = tla_local(c, "j");
        struct tla *K = tla_text(a, k), *J = tla_text(a, j), *keys = tla_form(a, "1..Len(%)", 1, x);
        struct tla *same = tla_equal(a, tla_after(a, "%[%]", 2, x, J), tla_after(a, "%[%]", 2, y, J));
        struct tla *before = tla_bind(a, "\\A", j, tla_form(a, "1..(% - 1)", 1, K), same);
        struct tla *less = tla_below(c, t->elem, tla_after(a, "%[%]", 2, x, K), tla_after(a, "%[%]", 2, y, K));
        struct tla *lx = tla_form(a, "Len(%)", 1, x), *ly = tla_form(a, "Len(%)", 1, y);
        keys->level = TLA_RANGE;
        before->kid[0]->level = TLA_RANGE;
        return tla_or(a, tla_infix(a, TLA_COMPARE, lx, " < ", ly),
                      tla_and(a, tla_equal(a, lx, ly), tla_bind(a, "\\E", k, keys, tla_and(a, less, before))));
    }
    case T_SET: { /* the greatest element that only one of them has decides */
        const char *k = tla_local(c, "k"), *j = tla_local(c, "j");
        struct tla *K = tla_text(a, k), *J = tla_text(a, j), *only = tla_form(a, "% \\ %", 2, y, x),
                   *other = tla_form(a, "% \\ %", 2, x, y);
        only->level = other->level = TLA_SET;
        return tla_bind(a, "\\E", k, only, tla_bind(a, "\\A", j, other, tla_below(c, t->elem, J, K)));
    }
    default:
        tla_note(c, "the order of bags is not exported; where it decides, the order of TLC's own CHOOSE is taken");
        return tla_bool(a, false);
    }
}

/* The least or greatest element; of nothing it has no value, and TLC says so. */
struct tla *tla_least(struct tla_cx *c, const struct type *t, struct tla *set, bool greatest) {
    struct arena *a = c->a;
    if (t->kind == T_RANGE) return tla_call(c, greatest ? HELP_MAX : HELP_MIN, 1, set);
    const char *x = tla_local(c, "first"), *y = tla_local(c, "other"), *s = NULL;
    struct tla *X = tla_text(a, x), *Y = tla_text(a, y), *from = set;
    if (!tla_simple(set)) {
        s = tla_local(c, "all");
        from = tla_text(a, s);
    }
    struct tla *less = greatest ? tla_below(c, t, Y, X) : tla_below(c, t, X, Y);
    struct tla *all = tla_bind(a, "\\A", y, from, tla_or(a, tla_equal(a, X, Y), less));
    struct tla *e = tla_bind(a, "CHOOSE", x, from, all);
    return s ? tla_let(a, tla_text(a, s), set, e) : e;
}

/* ---- constants ---- */

static struct tla *record_value(struct tla_cx *c, const struct type *t, uint32_t variant, uint64_t v) {
    uint32_t n = t->kind == T_UNION ? t->variants[variant].n : t->n, k = 0;
    struct tla **kids = arena_alloc(c->a, (n + 2) * sizeof(struct tla *));
    bool tuple = t->kind == T_TUPLE;
    if (t->kind == T_UNION) kids[k++] = tla_format(c->a, "%s |-> \"%s\"", tla_tag(c, t), t->variants[variant].name);
    for (uint32_t i = 0; i < n; i++) {
        const struct field *f = field_of(t, variant, i);
        struct tla *x = tla_value(c, f->type, value_field(t, v, f));
        kids[k++] = tuple ? x : tla_form(c->a, arena_printf(c->a, "%s |-> %%", tla_field(c, t, variant, i)), 1, x);
    }
    return tla_list(c->a, tuple ? "<<" : "[", kids, k, tuple ? ">>" : "]");
}

static uint64_t element(struct tla_cx *c, const struct type *t, uint64_t v, uint32_t i) {
    return value_element(t, v, i, arena_alloc(c->a, type_slot_words(t->elem) * sizeof(uint64_t)));
}

static struct tla *set_value(struct tla_cx *c, const struct type *t, uint64_t v) {
    uint32_t n = value_size(t, v);
    const struct type *e = t->elem;
    if (n > 1 && n == e->universe) return tla_set_of(c, e);
    if (n > 2 && e->kind == T_RANGE) {
        int64_t lo = (int64_t)element(c, t, v, 0), hi = (int64_t)element(c, t, v, n - 1);
        if (hi - lo + 1 == (int64_t)n) return tla_infix(c->a, TLA_RANGE, tla_number(c, lo), "..", tla_number(c, hi));
    }
    struct tla **kids = arena_alloc(c->a, (n + 1) * sizeof(struct tla *));
    for (uint32_t i = 0; i < n; i++) kids[i] = tla_value(c, e, element(c, t, v, i));
    return tla_list(c->a, "{", kids, n, "}");
}

static struct tla *map_value(struct tla_cx *c, const struct type *t, uint64_t v) {
    struct arena *a = c->a;
    bool same = true;
    for (uint32_t i = 1; i < t->cap && same; i++) same = value_same(t->elem, element(c, t, v, 0), element(c, t, v, i));
    if (same)
        return tla_form(a, arena_printf(a, "[%s \\in %% |-> %%]", tla_local(c, "k")), 2, tla_set_of(c, t->key),
                        tla_value(c, t->elem, element(c, t, v, 0)));
    struct tla **kids = arena_alloc(a, (t->cap + 1) * sizeof(struct tla *));
    for (uint32_t i = 0; i < t->cap; i++) kids[i] = tla_value(c, t->elem, element(c, t, v, i));
    if (t->key->kind == T_RANGE && t->key->lo == 1) return tla_list(a, "<<", kids, t->cap, ">>");
    struct tla *all = NULL;
    for (uint32_t i = 0; i < t->cap; i++) {
        uint64_t *words = arena_alloc(a, type_slot_words(t->key) * sizeof *words);
        struct tla *one = tla_form(a, "% :> %", 2, tla_value(c, t->key, value_unrank(t->key, i, words)), kids[i]);
        one->level = TLA_ATOM;
        if (kids[i]->level <= TLA_PAIR) one->kid[1] = tla_form(a, "(%)", 1, kids[i]);
        all = all ? tla_infix(a, TLA_PAIR, all, " @@ ", one) : one;
    }
    if (all) all->level = TLA_PAIR; /* with no keys at all, all elements were the same */
    return all;
}

static struct tla *list_value(struct tla_cx *c, const struct type *t, uint64_t v) {
    uint32_t n = value_size(t, v);
    struct tla **kids = arena_alloc(c->a, (n + 1) * sizeof(struct tla *));
    for (uint32_t i = 0; i < n; i++) kids[i] = tla_value(c, t->elem, element(c, t, v, i));
    if (t->kind == T_SEQ) return tla_list(c->a, "<<", kids, n, ">>");
    struct tla *bag = tla_text(c->a, "EmptyBag");
    for (uint32_t i = 0; i < n; i++)
        bag = tla_infix(c->a, TLA_ADD, bag, " (+) ", tla_form(c->a, "SetToBag({%})", 1, kids[i]));
    return bag;
}

struct tla *tla_value(struct tla_cx *c, const struct type *t, uint64_t v) {
    const uint64_t *words = t->words ? (const uint64_t *)(uintptr_t)v : NULL;
    switch (t->kind) {
    case T_RANGE: return tla_number(c, (int64_t)v);
    case T_BOOL: return tla_bool(c->a, v != 0);
    case T_ENUM: return tla_format(c->a, "\"%s\"", t->names[v]);
    case T_SYM: entry(c, t)->used = true; return tla_text(c->a, entry(c, t)->ids[v]);
    case T_RECORD:
    case T_TUPLE: return record_value(c, t, 0, v);
    case T_UNION: return record_value(c, t, value_tag(t, v), v);
    case T_OPTION:
        if (words ? words[0] != 0 : v != 0) {
            const struct type *e = t->elem;
            uint64_t x = words ? value_load(e, words, 1, 0) : v - 1;
            return tla_value(c, e, !words && e->kind == T_RANGE && e->universe ? x + (uint64_t)e->lo : x);
        }
        c->none = true;
        return tla_text(c->a, "None");
    case T_SET: return set_value(c, t, v);
    case T_MAP: return map_value(c, t, v);
    default: return list_value(c, t, v);
    }
}

struct tla *tla_zero(struct tla_cx *c, const struct type *t) {
    if (!t->words) return tla_value(c, t, t->kind == T_RANGE && t->universe ? (uint64_t)t->lo : 0);
    return tla_value(c, t, (uint64_t)(uintptr_t)arena_alloc(c->a, t->words * sizeof(uint64_t)));
}

/* ---- names ---- */

static bool taken(struct tla_cx *c, const char *name) {
    if (is_reserved(name)) return true;
    for (uint32_t i = 0; i < c->globals.n; i++)
        if (!strcmp(c->globals.at[i], name)) return true;
    for (uint32_t i = 0; i < c->locals.n; i++)
        if (!strcmp(c->locals.at[i], name)) return true;
    return false;
}

static const char *unique(struct tla_cx *c, const char *wish) {
    char *name = arena_printf(c->a, "%s", wish);
    bool letter = false;
    for (char *s = name; *s; s++) {
        bool alpha = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
        letter |= alpha;
        if (!alpha && !(*s >= '0' && *s <= '9')) *s = '_';
    }
    if (!letter || !strncmp(name, "WF_", 3) || !strncmp(name, "SF_", 3)) name = arena_printf(c->a, "x%s", name);
    if (is_reserved(name)) name = arena_printf(c->a, "%s_", name);
    const char *found = name;
    for (uint32_t i = 2; taken(c, found); i++) found = arena_printf(c->a, "%s_%u", name, i);
    return found;
}

const char *tla_global(struct tla_cx *c, const char *wish) {
    const char *name = unique(c, wish);
    VEC_PUSH(c->globals, name);
    return name;
}

const char *tla_local(struct tla_cx *c, const char *wish) {
    const char *name = unique(c, wish);
    VEC_PUSH(c->locals, name);
    return name;
}

void tla_forget_locals(struct tla_cx *c) { c->locals.n = 0; }

bool tla_module_name(const char *name) {
    static const char *const standard[] = {"Naturals", "Integers", "Reals",  "Sequences",     "FiniteSets", "Bags",
                                           "TLC",      "Json",     "TLCExt", "Randomization", "RealTime",   "Toolbox"};
    bool letter = false;
    for (const char *s = name; *s; s++) {
        bool alpha = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
        letter |= alpha;
        if (!alpha && !(*s >= '0' && *s <= '9') && *s != '_') return false;
    }
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        if (!strcmp(standard[i], name)) return false;
    return letter && !is_reserved(name);
}
