/* Lets loops run only over the values for which their conditions can hold, and looks up what depends on one small name.
 *
 * Requires: sparse maps; no layout yet. Leaves: (1) `q in T where C` in the parameters of an action as `q in S[y] where
 * C`, with a constant set for each value of y, another parameter or the process, if C is false in every state for the
 * rest. So a receiver looks only at the queues that lead to it: the others are left out of the map, hence constant. The
 * order of the values and the condition stay. (2) Where a table is looked up with a key that depends on a single name
 * with few values, such as the cell of the queue from a process to the next one, a table from that name.
 *
 * Which values these are is found by putting them into C and simplifying. */
#include "compiler/compile.h"
#include "compiler/eval.h"

enum { MOST_VALUES = 64, MOST_PAIRS = 4096 };

static bool small(const struct type *t) { return !t->words && t->universe && t->universe <= MOST_VALUES; }

static struct ir *value_of(struct program *p, const struct type *t, uint64_t rank, struct span span) {
    return ir_const(p, t, (int64_t)value_unrank(t, rank, NULL), span);
}

static bool is_false(const struct ir *e) { return e->op == IR_CONST && !e->imm; }

/* Has the condition a table to look things up in? Else it is not worth trying. */
static bool has_table(const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_INDEX && e->kid[0]->op == IR_CONST) return true;
    for (uint32_t i = 0; i < e->n; i++)
        if (has_table(e->kid[i])) return true;
    return false;
}

static uint64_t possible(struct program *p, const struct ir_gen *g, struct ir *cond) {
    const struct type *t = p->slots.at[g->slot];
    uint64_t set = 0;
    for (uint64_t i = 0; i < t->universe; i++)
        if (!is_false(ir_subst(p, cond, g->slot, value_of(p, t, i, cond->span)))) set |= (uint64_t)1 << i;
    return set;
}

/* The slot before this generator on which the condition depends; UINT32_MAX: on none, and UINT32_MAX - 1: no good one.
 */
static uint32_t partner(struct program *p, const struct ir_action *a, uint32_t at) {
    const struct ir_gen *g = &a->gens[at];
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i <= at; i++) {
        uint32_t slot = i < at ? a->gens[i].slot : a->self;
        bool bound = i < at ? a->gens[i].kind != G_SLICE : a->process >= 0 && p->processes.at[a->process].id != NULL;
        if (!bound || slot == found || !small(p->slots.at[slot]) || !ir_mentions(g->cond, slot)) continue;
        if (found != UINT32_MAX) return UINT32_MAX - 1;
        found = slot;
    }
    return found;
}

/* A constant map from a small type: an entry for each value of the key, by rank. */
struct table {
    const struct type *key, *value;
    uint64_t entries[MOST_VALUES];
};

/* NULL: there is no such map type, or its values are wide. */
static struct ir *table_lookup(struct program *p, const struct table *t, uint32_t slot, struct span span) {
    const struct type *type = type_map(&p->types, t->key, t->value);
    if (type->kind == T_ERROR || t->value->words) return NULL;
    struct ir *c = ir_const(p, type, 0, span);
    uint64_t *words = arena_alloc(&p->arena, (type->words + 1) * sizeof *words);
    uint32_t bits = type_elem_bits(t->value), per = 64 / bits;
    for (uint32_t k = 0; k < t->key->universe; k++)
        value_store(t->value, words, k / per, k % per * bits, t->entries[k]);
    if (type->words) c->words = words;
    else c->imm = (int64_t)words[0];
    return ir_index(p, c, ir_local(p, slot, span), span);
}

static void subst_behind(struct program *p, struct ir_action *a, uint32_t at, uint32_t slot, struct ir *value) {
    for (uint32_t i = at; i < a->n_gens; i++) {
        struct ir_gen *g = &a->gens[i];
        if (i > at && g->src) g->src = ir_subst(p, g->src, slot, value);
        if (i > at && g->src2) g->src2 = ir_subst(p, g->src2, slot, value);
        if (g->cond) g->cond = ir_subst(p, g->cond, slot, value);
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (g->fixed[k]) g->fixed[k] = ir_subst(p, g->fixed[k], slot, value);
        if (i > at && g->distinct == i - at) g->distinct = 0; /* one value: nothing can come twice */
    }
    a->body = ir_subst(p, a->body, slot, value);
    if (a->message) a->message = ir_subst(p, a->message, slot, value);
    for (uint32_t i = 0; i < a->n_bindings; i++) a->bindings[i].value = ir_subst(p, a->bindings[i].value, slot, value);
}

static void narrow_gen(struct program *p, struct ir_action *a, uint32_t at) {
    struct ir_gen *g = &a->gens[at];
    const struct type *t = g->kind == G_VALUES ? p->slots.at[g->slot] : NULL;
    if (!t || !small(t) || !has_table(g->cond)) return;
    uint32_t other = partner(p, a, at);
    if (other == UINT32_MAX - 1) return;
    struct span span = g->cond->span;
    const struct type *set = type_set(&p->types, t, 0);
    uint64_t all = t->universe == 64 ? UINT64_MAX : ((uint64_t)1 << t->universe) - 1;
    if (set->words) return;
    if (other == UINT32_MAX) {
        uint64_t only = possible(p, g, g->cond);
        if (only == all) return;
        g->src = ir_const(p, set, (int64_t)only, span);
        g->kind = G_SET;
        return;
    }
    struct table sets = {.key = p->slots.at[other], .value = set};
    struct table first = {.key = sets.key, .value = t};
    if (sets.key->universe * t->universe > MOST_PAIRS) return;
    bool narrower = false, single = true;
    for (uint64_t k = 0; k < sets.key->universe; k++) {
        uint64_t only = possible(p, g, ir_subst(p, g->cond, other, value_of(p, sets.key, k, span)));
        narrower |= only != all;
        single &= !(only & (only - 1)); /* where there is none, the condition is false of any */
        sets.entries[k] = only;
        first.entries[k] = value_unrank(t, only ? (uint64_t)__builtin_ctzll(only) : 0, NULL);
    }
    struct ir *src = narrower ? table_lookup(p, single ? &first : &sets, other, span) : NULL;
    if (!src) return;
    g->src = src;
    g->kind = single ? G_LET : G_SET;
    if (single) subst_behind(p, a, at, g->slot, src);
}

/* ---- what depends on one small name, looked up ---- */

enum { MOST_INSIDE = 8 };
struct locals {
    uint32_t slot; /* the one on which it all depends; UINT32_MAX: none yet */
    uint32_t inside[MOST_INSIDE], n_inside;
};

/* Does e depend on one small local only, apart from those that it binds itself? */
static bool only_local(struct program *p, const struct ir *e, struct locals *l) {
    if (!e) return true;
    if (e->op == IR_LOCAL) {
        for (uint32_t i = 0; i < l->n_inside; i++)
            if (l->inside[i] == e->slot) return true;
        if (l->slot == UINT32_MAX) l->slot = e->slot;
        return l->slot == e->slot && small(p->slots.at[e->slot]);
    }
    if (e->n_gens || e->op == IR_STATE) return false;
    for (uint32_t i = 0; i < e->n; i++) {
        if (!only_local(p, e->kid[i], l)) return false;
        if (i || e->op != IR_LET) continue;
        if (l->n_inside == MOST_INSIDE) return false;
        l->inside[l->n_inside++] = e->slot;
    }
    return true;
}

static bool is_lookup(const struct ir *e) {
    return e->op == IR_INDEX && e->kid[0]->op == IR_CONST && e->kid[1]->op == IR_LOCAL;
}

/* A table of what e is; of integers, with no more range than they need. */
static struct ir *as_lookup(struct program *p, struct ir *e) {
    struct locals l = {.slot = UINT32_MAX};
    if (!e->stateless || !e->total || !e->type || e->type->words || e->op == IR_CONS || is_lookup(e)) return NULL;
    if (!has_table(e) || !only_local(p, e, &l) || l.slot == UINT32_MAX) return NULL;
    struct table t = {.key = p->slots.at[l.slot], .value = e->type};
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    for (uint64_t k = 0; k < t.key->universe; k++) {
        const struct ir *v = ir_subst(p, e, l.slot, value_of(p, t.key, k, e->span));
        if (v->op != IR_CONST || v->words) return NULL;
        t.entries[k] = (uint64_t)v->imm;
        if (v->imm < lo) lo = v->imm;
        if (v->imm > hi) hi = v->imm;
    }
    if (lo == hi) return ir_const(p, e->type, lo, e->span);
    if (type_is_int(e->type)) t.value = type_range(&p->types, lo, hi, RANGE_CLAIM);
    return table_lookup(p, &t, l.slot, e->span);
}

static void count_bindings(const struct ir *e, uint32_t slot, uint32_t *n) {
    if (!e) return;
    *n += (e->op == IR_BIND || e->op == IR_LET) && e->slot == slot;
    for (uint32_t i = 0; i < e->n; i++) count_bindings(e->kid[i], slot, n);
}

static struct ir *tabulate(struct program *p, struct ir *e) {
    if (!e || e->constant || e->op == IR_LOCAL) return e;
    struct ir *found = as_lookup(p, e);
    if (found) return found;
    struct ir **kids = arena_alloc(&p->arena, (e->n + 1) * sizeof *kids);
    bool changed = false;
    for (uint32_t i = 0; i < e->n; i++) {
        kids[i] = tabulate(p, e->kid[i]);
        if (!i && e->op == IR_LET && is_lookup(kids[0])) return tabulate(p, ir_subst(p, e->kid[1], e->slot, kids[0]));
        changed |= kids[i] != e->kid[i];
    }
    return changed ? ir_with(p, e, kids) : e;
}

/* `let` statements about one small name: put into what follows, so that it depends on that name alone. */
static struct ir *inline_lets(struct program *p, struct ir *body, const struct ir *e) {
    if (!e) return body;
    if (e->op == IR_BIND && e->kid[0]->stateless && e->kid[0]->total && !e->kid[0]->constant &&
        !e->kid[0]->type->words) {
        struct locals l = {.slot = UINT32_MAX};
        uint32_t bindings = 0;
        count_bindings(body, e->slot, &bindings);
        if (bindings == 1 && only_local(p, e->kid[0], &l) && l.slot != e->slot)
            return ir_subst(p, body, e->slot, e->kid[0]);
    }
    for (uint32_t i = 0; i < e->n; i++) {
        struct ir *after = inline_lets(p, body, e->kid[i]);
        if (after != body) return after;
    }
    return body;
}

void narrow(struct program *p) {
    for (uint32_t i = 0; i < p->actions.n; i++) {
        struct ir_action *a = &p->actions.at[i];
        for (uint32_t k = 0; k < a->n_gens; k++) narrow_gen(p, a, k);
        for (uint32_t k = 0; k < a->n_gens; k++) {
            a->gens[k].src = tabulate(p, a->gens[k].src);
            a->gens[k].cond = tabulate(p, a->gens[k].cond);
        }
        if (!has_table(a->body)) continue;
        for (struct ir *before = NULL; before != a->body;) {
            before = a->body;
            a->body = inline_lets(p, a->body, a->body);
        }
        a->body = tabulate(p, a->body);
    }
}
