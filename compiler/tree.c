#include "compiler/tree.h"

#include "compiler/eval.h"

typedef const struct dc_tree *tree;

static struct dc_tree *node(struct arena *a, enum dc_tree_kind kind, uint32_t n, tree **kids) {
    struct dc_tree *t = arena_alloc(a, sizeof *t);
    *kids = arena_alloc(a, (n + 1) * sizeof **kids);
    *t = (struct dc_tree){.kind = kind, .n = n, .kids = *kids};
    return t;
}

static tree leaf(struct arena *a, enum dc_tree_kind kind, int64_t number, const char *text) {
    struct dc_tree *t = arena_alloc(a, sizeof *t);
    *t = (struct dc_tree){.kind = kind, .number = number, .text = text};
    return t;
}

/* A name as value_print writes it: that of an enum, or an id. */
static tree named(const struct program *p, const struct type *t, uint64_t v, struct arena *a) {
    char *text;
    size_t n;
    value_print(p, t, v, a, &text, &n);
    return leaf(a, TREE_NAME, 0, text);
}

static struct dc_tree *fields(const struct program *p, const struct type *t, uint64_t v, uint32_t first, uint32_t n,
                              enum dc_tree_kind kind, struct arena *a) {
    tree *kids;
    struct dc_tree *out = node(a, kind, n, &kids);
    const char **names = arena_alloc(a, (n + 1) * sizeof *names);
    for (uint32_t i = 0; i < n; i++) {
        const struct field *f = &t->fields[first + i];
        names[i] = f->name ? f->name : arena_printf(a, "%u", i + 1);
        kids[i] = value_tree(p, f->type, value_field(t, v, f), a);
    }
    if (kind != TREE_TUPLE) out->names = names;
    return out;
}

static tree list(const struct program *p, const struct type *t, uint64_t v, enum dc_tree_kind kind, struct arena *a) {
    uint32_t n = value_size(t, v);
    uint64_t *words = mem_alloc(type_slot_words(t->elem) * sizeof *words);
    tree *kids, out = node(a, kind, n, &kids);
    for (uint32_t i = 0; i < n; i++) kids[i] = value_tree(p, t->elem, value_element(t, v, i, words), a);
    mem_free(words);
    return out;
}

/* Equal elements of a bag stand beside each other. */
static tree bag(const struct program *p, const struct type *t, uint64_t v, struct arena *a) {
    uint32_t n = value_size(t, v), kinds = 0;
    uint64_t before = 0;
    tree *kids;
    struct dc_tree *out = node(a, TREE_BAG, 2 * n, &kids);
    for (uint32_t i = 0, count = 0; i < n; i++) {
        uint64_t x = value_element(t, v, i, NULL);
        bool same = i && value_same(t->elem, before, x);
        if (!same) kids[2 * kinds++] = value_tree(p, t->elem, x, a);
        count = same ? count + 1 : 1;
        kids[2 * kinds - 1] = leaf(a, TREE_INT, count, NULL);
        before = x;
    }
    out->n = 2 * kinds;
    return out;
}

/* `cells`: the ranks of the keys that are there, or NULL: all. */
static tree map(const struct program *p, const struct type *t, const struct type *key, const uint32_t *cells,
                uint64_t v, struct arena *a) {
    uint64_t *words = mem_alloc(type_slot_words(key) * sizeof *words);
    tree *kids, out = node(a, TREE_MAP, 2 * t->cap, &kids);
    for (uint32_t i = 0; i < t->cap; i++) {
        kids[2 * i] = value_tree(p, key, value_unrank(key, cells ? cells[i] : i, words), a);
        kids[2 * i + 1] = value_tree(p, t->elem, value_element(t, v, i, NULL), a);
    }
    mem_free(words);
    return out;
}

static tree option(const struct program *p, const struct type *t, uint64_t v, struct arena *a) {
    const uint64_t *words = t->words ? (const uint64_t *)(uintptr_t)v : &v;
    if (!words[0]) return leaf(a, TREE_NONE, 0, NULL);
    uint64_t lo = t->elem->kind == T_RANGE && t->elem->universe ? (uint64_t)t->elem->lo : 0;
    uint64_t inner = t->words ? value_load(t->elem, words, 1, 0) : v - 1 + lo;
    tree *kids, out = node(a, TREE_SOME, 1, &kids);
    kids[0] = value_tree(p, t->elem, inner, a);
    return out;
}

tree value_tree(const struct program *p, const struct type *t, uint64_t v, struct arena *a) {
    switch (t->kind) {
    case T_RANGE: return leaf(a, TREE_INT, (int64_t)v, NULL);
    case T_BOOL: return leaf(a, TREE_BOOL, v != 0, NULL);
    case T_RECORD: return fields(p, t, v, 0, t->n, TREE_RECORD, a);
    case T_TUPLE: return fields(p, t, v, 0, t->n, TREE_TUPLE, a);
    case T_UNION: {
        uint32_t tag = value_tag(t, v);
        if (tag >= t->n_variants) return leaf(a, TREE_NAME, 0, "?");
        const struct variant *x = &t->variants[tag];
        struct dc_tree *out = fields(p, t, v, x->first, x->n, TREE_VARIANT, a);
        out->text = x->name;
        return out;
    }
    case T_OPTION: return option(p, t, v, a);
    case T_SET: return list(p, t, v, TREE_SET, a);
    case T_SEQ: return list(p, t, v, TREE_SEQ, a);
    case T_BAG: return bag(p, t, v, a);
    case T_MAP: return map(p, t, t->key, NULL, v, a);
    default: return named(p, t, v, a);
    }
}

tree variable_tree(const struct program *p, const struct ir_var *v, const uint64_t *state, struct arena *a) {
    uint64_t value = value_load(v->type, state, v->word, v->shift);
    if (v->cells) return map(p, v->type, v->cell_map->key, v->cells, value, a);
    if (v->per_instance) return map(p, v->type, p->processes.at[v->process].id, NULL, value, a);
    return value_tree(p, v->type, value, a);
}
