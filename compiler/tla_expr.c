/* Expressions of the IR as expressions of TLA+. What the interpreter does eagerly and in ascending order is kept where
 * a result depends on it; see docs/tla.md for what is left. */
#include <stdarg.h>
#include <string.h>

#include "compiler/eval.h"
#include "compiler/tla_cx.h"
#include "parser/ast.h"

static struct tla *reduce(struct tla_cx *, const struct ir *);

struct tla *tla_number(struct tla_cx *c, int64_t n) {
    return tla_format(c->a, "%lld", (long long)n);
}

struct tla *tla_slot(const struct tla_cx *c, uint32_t slot) {
    return c->cell[c->n_variables + slot];
}
void tla_set_slot(struct tla_cx *c, uint32_t slot, struct tla *t) { c->cell[c->n_variables + slot] = t; }

bool tla_simple(const struct tla *t) {
    if (t->kind == TLA_TEXT) return true;
    return t->kind == TLA_AFTER && t->n == 1 && tla_simple(t->kid[0]);
}

static char initial(const struct type *t) {
    char first = t->name ? t->name[0] : 0;
    if (first >= 'A' && first <= 'Z') return (char)(first - 'A' + 'a');
    return first >= 'a' && first <= 'z' ? first : t->kind == T_SET ? 's' : t->kind == T_BOOL ? 'b' : 'x';
}

const char *tla_slot_name(struct tla_cx *c, uint32_t slot) {
    const char *name = c->p->slot_names.at[slot];
    if (name) return tla_local(c, name);
    return tla_local(c, arena_printf(c->a, "%c", initial(c->p->slots.at[slot])));
}

static struct tla *infix(struct tla_cx *c, enum tla_level level, const struct ir *e, const char *op) {
    struct tla *x = tla_expr(c, e->kid[0]);
    return tla_infix(c->a, level, x, op, tla_expr(c, e->kid[1]));
}

/* Not more elements than there is room for. */
static struct tla *bounded(struct tla_cx *c, const struct ir *e, struct tla *x) {
    const struct type *t = e->type;
    bool set = t->kind == T_SET;
    if (set && !t->checked) return x;
    uint32_t max = set && t->bitset ? t->max : t->cap;
    if ((e->op == IR_SETLIT || e->op == IR_SEQLIT || e->op == IR_BAGLIT) && e->n <= max) return x;
    if (e->op == IR_ELEMENTS && (e->kid[0]->type->kind == T_SET || e->kid[0]->type->cap <= max)) return x;
    if (e->op == IR_CONCAT && e->kid[0]->type->cap + e->kid[1]->type->cap <= max) return x;
    if (e->op == IR_SLICE && e->kid[0]->type->cap <= max) return x;
    return tla_call(c,
                    set                ? HELP_AT_MOST
                    : t->kind == T_SEQ ? HELP_SHORT
                                       : HELP_SMALL_BAG,
                    3, tla_number(c, max), x, tla_place(c, e->span));
}

/* x + n, with the constants of x and n as one. */
static struct tla *plus(struct tla_cx *c, const struct ir *x, int64_t n) {
    if (x->op == IR_CONST) return tla_number(c, x->imm + n);
    if ((x->op == IR_ADD || x->op == IR_SUB) && x->kid[1]->op == IR_CONST)
        return plus(c, x->kid[0], x->op == IR_ADD ? n + x->kid[1]->imm : n - x->kid[1]->imm);
    struct tla *t = tla_expr(c, x);
    if (!n) return t;
    return tla_infix(c->a, TLA_ADD, t, n > 0 ? " + " : " - ", tla_number(c, n > 0 ? n : -n));
}

static struct tla *index_key(struct tla_cx *c, const struct type *t, const struct ir *key) {
    return t->kind == T_MAP || t->base1 ? tla_expr(c, key) : plus(c, key, 1);
}

static struct tla *in_range(struct tla_cx *c, const struct ir *e) {
    struct tla *x = tla_expr(c, e->kid[0]),
               *set = tla_infix(c->a, TLA_RANGE, tla_number(c, e->type->lo), "..", tla_number(c, e->type->hi));
    for (uint32_t i = 0; i < c->guarded.n; i++)
        if (c->guarded.at[i] == e) return x;
    if (!e->type->universe) return x;
    if (e->type->mode == RANGE_CUT)
        tla_note(c, "%s: a range that cuts the search, inside an expression, is an error in the module",
                 tla_where(c, e->span));
    if (e->type->mode == RANGE_SATURATING)
        return tla_call(c, HELP_CLAMP, 3, x, tla_number(c, e->type->lo), tla_number(c, e->type->hi));
    return tla_call(c, HELP_CHECKED, 3, x, set, tla_place(c, e->span));
}

static struct tla *construct(struct tla_cx *c, const struct ir *e) {
    const struct type *t = e->type;
    struct tla **kids = arena_alloc(c->a, (e->n + 2) * sizeof(struct tla *));
    uint32_t k = 0, variant = t->kind == T_UNION ? (uint32_t)e->imm : 0;
    if (t->kind == T_UNION) kids[k++] = tla_format(c->a, "%s |-> \"%s\"", tla_tag(c, t), t->variants[variant].name);
    for (uint32_t i = 0; i < e->n; i++) {
        struct tla *x = tla_expr(c, e->kid[i]);
        if (t->kind == T_TUPLE) kids[k++] = x;
        else kids[k++] = tla_form(c->a, arena_printf(c->a, "%s |-> %%", tla_field(c, t, variant, i)), 1, x);
    }
    return tla_list(c->a, t->kind == T_TUPLE ? "<<" : "[", kids, k, t->kind == T_TUPLE ? ">>" : "]");
}

static struct tla *payload(struct tla_cx *c, const struct ir *e) {
    return tla_select(c, e->kid[0]->type, e->slot, (uint32_t)e->imm, tla_expr(c, e->kid[0]));
}

static struct tla *literal(struct tla_cx *c, const struct ir *e) {
    struct tla **kids = arena_alloc(c->a, (e->n + 1) * sizeof(struct tla *));
    for (uint32_t i = 0; i < e->n; i++) kids[i] = tla_expr(c, e->kid[i]);
    if (e->op == IR_SETLIT) return tla_list(c->a, "{", kids, e->n, "}");
    if (e->op == IR_SEQLIT) return tla_list(c->a, "<<", kids, e->n, ">>");
    struct tla *bag = tla_text(c->a, "EmptyBag");
    for (uint32_t i = 0; i < e->n; i++) {
        struct tla *one = tla_form(c->a, "SetToBag({%})", 1, kids[i]);
        bag = i ? tla_infix(c->a, TLA_ADD, bag, " (+) ", one) : one;
    }
    return bag;
}

static struct tla *let(struct tla_cx *c, const struct ir *e) {
    struct tla *x = tla_expr(c, e->kid[0]), *before = tla_slot(c, e->slot), *body;
    if (tla_simple(x)) {
        tla_set_slot(c, e->slot, x);
        body = tla_expr(c, e->kid[1]);
    } else {
        const char *name = tla_slot_name(c, e->slot);
        tla_set_slot(c, e->slot, tla_text(c->a, name));
        body = tla_expr(c, e->kid[1]);
        body = tla_let(c->a, tla_text(c->a, name), x, body);
    }
    tla_set_slot(c, e->slot, before);
    return body;
}

static struct tla *size(struct tla_cx *c, const struct ir *e) {
    struct tla *x = tla_expr(c, e->kid[0]);
    switch (e->kid[0]->type->kind) {
    case T_SET: return tla_form(c->a, "Cardinality(%)", 1, x);
    case T_BAG: return tla_form(c->a, "BagCardinality(%)", 1, x);
    default: return tla_form(c->a, "Len(%)", 1, x);
    }
}

static struct tla *elements(struct tla_cx *c, const struct ir *e) {
    struct tla *x = tla_expr(c, e->kid[0]);
    if (e->kid[0]->type->kind == T_BAG) return tla_form(c->a, "BagToSet(%)", 1, x);
    const char *i = tla_local(c, "i");
    return tla_form(c->a, arena_printf(c->a, "{%%[%s] : %s \\in 1..Len(%%)}", i, i), 2, x, x);
}

static struct tla *slice(struct tla_cx *c, const struct ir *e) {
    bool base1 = e->kid[0]->type->base1;
    struct tla *s = tla_expr(c, e->kid[0]), *from = plus(c, e->kid[1], base1 ? 0 : 1),
               *to = plus(c, e->kid[2], base1 ? -1 : 0);
    return tla_call(c, HELP_SLICE, 4, s, from, to, tla_place(c, e->span));
}

static struct tla *temporal(struct tla_cx *c, const struct ir *e) {
    switch (e->imm) {
    case TOK_ALWAYS: return tla_prefix(c->a, TLA_NOT, "[]", tla_expr(c, e->kid[0]));
    case TOK_EVENTUALLY: return tla_prefix(c->a, TLA_NOT, "<>", tla_expr(c, e->kid[0]));
    case TOK_LEADSTO: return infix(c, TLA_LEADS, e, " ~> ");
    default: panic("this formula is not one of TLA+");
    }
}

static struct tla *many(struct tla_cx *c, const struct ir *e, bool all) {
    struct tla *t = tla_bool(c->a, all);
    for (uint32_t i = 0; i < e->n; i++) {
        struct tla *x = tla_expr(c, e->kid[i]);
        t = all ? tla_and(c->a, t, x) : tla_or(c->a, t, x);
    }
    return t;
}

/* Both are formulas about behaviours: `iff` and `if` in their own words. */
static struct tla *boolean_if(struct tla_cx *c, const struct ir *e) {
    struct tla *t = tla_expr(c, e->kid[0]), *x = tla_expr(c, e->kid[1]), *y = tla_expr(c, e->kid[2]);
    if (!ir_temporal(e)) return tla_if(c->a, t, x, y);
    return tla_and(c->a, tla_implies(c->a, t, x), tla_implies(c->a, tla_not(c->a, t), y));
}

static bool empty_constant(const struct ir *e) {
    return e->op == IR_CONST && !value_size(e->type, e->words ? (uint64_t)(uintptr_t)e->words : (uint64_t)e->imm);
}

struct tla *tla_expr(struct tla_cx *c, const struct ir *e) {
    struct arena *a = c->a;
    switch (e->op) {
    case IR_CONST: return tla_value(c, e->type, e->words ? (uint64_t)(uintptr_t)e->words : (uint64_t)e->imm);
    case IR_LOCAL: {
        struct tla *x = tla_slot(c, e->slot);
        if (!x) panic("a name without a value");
        return x;
    }
    case IR_STATE:
        if (e->imm) return tla_after(a, "%'", 1, tla_text(a, c->variables[e->var->index]));
        return c->cell[e->var->index];
    case IR_FIELD: return tla_select(c, e->kid[0]->type, 0, (uint32_t)e->imm, tla_expr(c, e->kid[0]));
    case IR_PAYLOAD: return payload(c, e);
    case IR_ISTAG:
        if (e->kid[0]->op == IR_LOCAL && c->tags[e->kid[0]->slot])
            return tla_bool(a, c->tags[e->kid[0]->slot] == (uint32_t)e->imm + 1);
        return tla_is_kind(c, e->kid[0]->type, tla_expr(c, e->kid[0]), (uint32_t)e->imm);
    case IR_CONS: return construct(c, e);
    case IR_SETFIELD: {
        struct tla *x = tla_expr(c, e->kid[0]);
        const char *how = e->type->kind == T_TUPLE
                              ? arena_printf(a, "[%% EXCEPT ![%u] = %%]", (unsigned)e->imm + 1)
                              : arena_printf(a, "[%% EXCEPT !.%s = %%]", tla_field(c, e->type, 0, (uint32_t)e->imm));
        return tla_form(a, how, 2, x, tla_expr(c, e->kid[1]));
    }
    case IR_INDEX: {
        bool own = e->kid[0]->op == IR_STATE && !e->kid[0]->imm && c->pointwise && c->pointwise[e->kid[0]->var->index];
        if (own) return c->cell[e->kid[0]->var->index];
        struct tla *x = tla_expr(c, e->kid[0]);
        return tla_after(a, "%[%]", 2, x, index_key(c, e->kid[0]->type, e->kid[1]));
    }
    case IR_SETINDEX: {
        struct tla *x = tla_expr(c, e->kid[0]), *k = index_key(c, e->type, e->kid[1]);
        return tla_form(a, "[% EXCEPT ![%] = %]", 3, x, k, tla_expr(c, e->kid[2]));
    }
    case IR_SOME: return tla_expr(c, e->kid[0]);
    case IR_ISSOME:
        c->none = true;
        return tla_infix(a, TLA_COMPARE, tla_expr(c, e->kid[0]), " # ", tla_text(a, "None"));
    case IR_UNWRAP:
        if (e->imm) return tla_expr(c, e->kid[0]);
        c->none = true;
        return tla_call(c, HELP_VALUE, 2, tla_expr(c, e->kid[0]), tla_place(c, e->span));
    case IR_ADD:
    case IR_SUB:
        if (e->kid[1]->op == IR_CONST) return plus(c, e, 0);
        return infix(c, TLA_ADD, e, e->op == IR_ADD ? " + " : " - ");
    case IR_MUL: return infix(c, TLA_MUL, e, " * ");
    case IR_DIV: return infix(c, TLA_MUL, e, " \\div ");
    case IR_MOD: return infix(c, TLA_ADD, e, " % ");
    case IR_MIN2:
    case IR_MAX2: {
        struct tla *x = tla_expr(c, e->kid[0]);
        return tla_call(c, e->op == IR_MIN2 ? HELP_SMALLER : HELP_LARGER, 2, x, tla_expr(c, e->kid[1]));
    }
    case IR_TORANGE: return in_range(c, e);
    case IR_EQ:
        if (ir_temporal(e)) return infix(c, TLA_LEADS, e, " <=> ");
        return infix(c, TLA_COMPARE, e, " = ");
    case IR_LT: {
        struct tla *x = tla_expr(c, e->kid[0]);
        return tla_below(c, e->kid[0]->type, x, tla_expr(c, e->kid[1]));
    }
    case IR_LE: {
        if (e->kid[0]->type->kind == T_RANGE) return infix(c, TLA_COMPARE, e, " <= ");
        struct tla *x = tla_expr(c, e->kid[0]);
        return tla_not(a, tla_below(c, e->kid[0]->type, tla_expr(c, e->kid[1]), x));
    }
    case IR_NOT: return tla_not(a, tla_expr(c, e->kid[0]));
    case IR_AND: return many(c, e, true);
    case IR_OR: return many(c, e, false);
    case IR_IF: return boolean_if(c, e);
    case IR_LET: return let(c, e);
    case IR_MEMBER: return infix(c, TLA_COMPARE, e, " \\in ");
    case IR_SUBSETEQ: return infix(c, TLA_COMPARE, e, " \\subseteq ");
    case IR_UNION: return bounded(c, e, infix(c, TLA_SET, e, " \\cup "));
    case IR_INTER: return infix(c, TLA_SET, e, " \\cap ");
    case IR_DIFF: return infix(c, TLA_SET, e, " \\ ");
    case IR_INSERT: {
        struct tla *x = tla_expr(c, e->kid[0]);
        return bounded(c, e, tla_infix(a, TLA_SET, x, " \\cup ", tla_form(a, "{%}", 1, tla_expr(c, e->kid[1]))));
    }
    case IR_SIZE: return size(c, e);
    case IR_SETLIT:
    case IR_SEQLIT:
    case IR_BAGLIT: return bounded(c, e, literal(c, e));
    case IR_APPEND: {
        struct tla *x = tla_expr(c, e->kid[0]);
        return bounded(c, e, tla_form(a, "Append(%, %)", 2, x, tla_expr(c, e->kid[1])));
    }
    case IR_TAIL: return tla_form(a, "Tail(%)", 1, tla_expr(c, e->kid[0]));
    case IR_CONCAT:
        for (uint32_t i = 0; i < 2; i++)
            if (empty_constant(e->kid[i]) && e->kid[1 - i]->type->cap <= e->type->cap)
                return tla_expr(c, e->kid[1 - i]);
        return bounded(c, e, infix(c, TLA_MUL, e, " \\o "));
    case IR_SLICE: return bounded(c, e, slice(c, e));
    case IR_BAGADD:
    case IR_BAGREMOVE: {
        struct tla *x = tla_expr(c, e->kid[0]), *one = tla_form(a, "SetToBag({%})", 1, tla_expr(c, e->kid[1]));
        x = tla_infix(a, TLA_ADD, x, e->op == IR_BAGADD ? " (+) " : " (-) ", one);
        return e->op == IR_BAGADD ? bounded(c, e, x) : x;
    }
    case IR_BAGCOUNT: {
        struct tla *x = tla_expr(c, e->kid[0]);
        return tla_form(a, "CopiesIn(%, %)", 2, tla_expr(c, e->kid[1]), x);
    }
    case IR_ELEMENTS: return bounded(c, e, elements(c, e));
    case IR_CLOSURE: return tla_call(c, HELP_CLOSURE, 1, tla_expr(c, e->kid[0]));
    case IR_REDUCE: return reduce(c, e);
    case IR_FAIL: return tla_error(c, (enum dc_error)e->imm, e);
    case IR_TEMPORAL: return temporal(c, e);
    default: panic("a statement where an expression is wanted");
    }
}

/* ---- generators ---- */

const struct type *tla_gen_type(const struct tla_cx *c, const struct ir_gen *g) {
    return g->kind == G_SLICE ? g->elem : c->p->slots.at[g->slot];
}

struct tla *tla_domain(struct tla_cx *c, const struct ir_gen *g, const char **name, struct tla **also, bool copies) {
    struct arena *a = c->a;
    struct tla *set = NULL;
    *also = tla_bool(a, true);
    switch (g->kind) {
    case G_VALUES: set = tla_set_of(c, c->p->slots.at[g->slot]); break;
    case G_SET: set = tla_expr(c, g->src); break;
    case G_RANGE: {
        struct tla *lo = tla_expr(c, g->src);
        set = tla_infix(a, TLA_RANGE, lo, "..", tla_expr(c, g->src2));
        break;
    }
    case G_BAG: set = tla_form(a, "BagToSet(%)", 1, tla_expr(c, g->src)); break;
    case G_BAGALL:
        if (copies) {
            set = tla_call(c, HELP_COPIES, 1, tla_expr(c, g->src));
            *name = tla_slot_name(c, g->slot);
            tla_set_slot(c, g->slot, tla_after(a, "%[1]", 1, tla_text(a, *name)));
            return set;
        }
        set = tla_form(a, "BagToSet(%)", 1, tla_expr(c, g->src));
        break;
    case G_SUBSETS: set = tla_prefix(a, TLA_SET, "SUBSET ", tla_expr(c, g->src)); break;
    case G_SLICE: {
        set = tla_expr(c, g->src);
        struct tla **fixed = arena_alloc(a, (g->n_fields + 1) * sizeof(struct tla *));
        for (uint32_t i = 0; i < g->n_fields; i++) fixed[i] = g->fixed[i] ? tla_expr(c, g->fixed[i]) : NULL;
        *name = tla_local(c, "m");
        struct tla *m = tla_text(a, *name);
        struct tla_slice here = {g, m};
        VEC_PUSH(c->slices, here);
        if (g->elem->kind == T_UNION) *also = tla_is_kind(c, g->elem, m, g->variant);
        for (uint32_t i = 0; i < g->n_fields; i++) {
            struct tla *f = tla_select(c, g->elem, g->variant, i, m);
            if (fixed[i]) *also = tla_and(a, *also, tla_equal(a, f, fixed[i]));
            tla_set_slot(c, g->field_slots[i], f);
        }
        return set;
    }
    default: panic("a generator without a set");
    }
    *name = tla_slot_name(c, g->slot);
    tla_set_slot(c, g->slot, tla_text(a, *name));
    return set;
}

/* A name for the one value of a G_LET; NULL: it needs none. */
static struct tla *let_gen(struct tla_cx *c, const struct ir_gen *g, struct tla **definition) {
    *definition = tla_expr(c, g->src);
    if (tla_simple(*definition)) {
        tla_set_slot(c, g->slot, *definition);
        return NULL;
    }
    struct tla *name = tla_text(c->a, tla_slot_name(c, g->slot));
    tla_set_slot(c, g->slot, name);
    return name;
}

static struct tla *condition(struct tla_cx *c, const struct ir_gen *g) {
    return g->cond ? tla_expr(c, g->cond) : tla_bool(c->a, true);
}

/* The kinds that a condition leaves for the names in it. */
void tla_know(struct tla_cx *c, const struct ir *cond, bool on) {
    if (!cond) return;
    if (cond->op == IR_ISTAG && cond->kid[0]->op == IR_LOCAL)
        c->tags[cond->kid[0]->slot] = on ? (uint32_t)cond->imm + 1 : 0;
    for (uint32_t i = 0; i < cond->n && cond->op == IR_AND; i++) tla_know(c, cond->kid[i], on);
}

struct tla *tla_exists(struct tla_cx *c, const struct ir_gen *gens, uint32_t n, bool action, tla_body *body,
                       void *self) {
    if (!n) return body(c, self);
    if (gens->kind == G_LET) {
        struct tla *definition, *name = let_gen(c, gens, &definition), *cond = condition(c, gens);
        if (action) cond = tla_guard(c->a, cond);
        tla_know(c, gens->cond, true);
        struct tla *rest = tla_and(c->a, cond, tla_exists(c, gens + 1, n - 1, action, body, self));
        tla_know(c, gens->cond, false);
        return name ? tla_let(c->a, name, definition, rest) : rest;
    }
    const char *name;
    struct tla *also, *set = tla_domain(c, gens, &name, &also, false);
    struct tla *cond = tla_and(c->a, also, condition(c, gens));
    if (action) cond = tla_guard(c->a, cond);
    tla_know(c, gens->cond, true);
    struct tla *rest = tla_and(c->a, cond, tla_exists(c, gens + 1, n - 1, action, body, self));
    tla_know(c, gens->cond, false);
    if (tla_is(rest, "FALSE")) return rest;
    return tla_bind(c->a, "\\E", name, set, rest);
}

struct tla *tla_bound(struct tla_cx *c, const struct ir_gen *gens, uint32_t n, struct tla *const *names, tla_body *body,
                      void *self) {
    if (!n) return body(c, self);
    if (gens->kind == G_LET) {
        struct tla *definition, *name = let_gen(c, gens, &definition);
        tla_know(c, gens->cond, true);
        struct tla *rest = tla_bound(c, gens + 1, n - 1, names, body, self);
        tla_know(c, gens->cond, false);
        return name ? tla_let(c->a, name, definition, rest) : rest;
    }
    if (gens->kind != G_SLICE) tla_set_slot(c, gens->slot, *names);
    for (uint32_t i = 0; i < gens->n_fields; i++)
        tla_set_slot(c, gens->field_slots[i], tla_select(c, gens->elem, gens->variant, i, *names));
    tla_know(c, gens->cond, true);
    struct tla *rest = tla_bound(c, gens + 1, n - 1, names + 1, body, self);
    tla_know(c, gens->cond, false);
    return rest;
}

static struct tla *for_all(struct tla_cx *c, const struct ir_gen *gens, uint32_t n, const struct ir *e) {
    if (!n) return tla_expr(c, e);
    if (gens->kind == G_LET) {
        struct tla *definition, *name = let_gen(c, gens, &definition), *cond = condition(c, gens);
        struct tla *rest = tla_implies(c->a, cond, for_all(c, gens + 1, n - 1, e));
        return name ? tla_let(c->a, name, definition, rest) : rest;
    }
    const char *name;
    struct tla *also, *set = tla_domain(c, gens, &name, &also, false);
    struct tla *cond = tla_and(c->a, also, condition(c, gens));
    struct tla *rest = tla_implies(c->a, cond, for_all(c, gens + 1, n - 1, e));
    if (tla_is(rest, "TRUE")) return rest;
    return tla_bind(c->a, "\\A", name, set, rest);
}

static struct tla *kid_of(struct tla_cx *c, void *e) { return tla_expr(c, e); }

struct tla *tla_unite(struct tla_cx *c, const struct ir_gen *gens, uint32_t n, tla_body *leaf, void *self) {
    struct arena *a = c->a;
    if (!n) return leaf(c, self);
    if (gens->kind == G_LET) {
        struct tla *definition, *name = let_gen(c, gens, &definition), *cond = condition(c, gens);
        struct tla *rest = tla_unite(c, gens + 1, n - 1, leaf, self);
        if (!tla_is(cond, "TRUE")) rest = tla_if(a, cond, rest, tla_text(a, "{}"));
        return name ? tla_let(a, name, definition, rest) : rest;
    }
    const char *name;
    struct tla *also, *set = tla_domain(c, gens, &name, &also, false);
    struct tla *cond = tla_and(a, also, condition(c, gens));
    if (!tla_is(cond, "TRUE")) set = tla_form(a, arena_printf(a, "{%s \\in %% : %%}", name), 2, set, cond);
    struct tla *rest = tla_unite(c, gens + 1, n - 1, leaf, self);
    return tla_prefix(a, TLA_SET, "UNION ", tla_form(a, arena_printf(a, "{%% : %s \\in %%}", name), 2, rest, set));
}

/* {leaf : generators}. */
static struct tla *set_of(struct tla_cx *c, const struct ir_gen *gens, uint32_t n, bool copies, tla_body *leaf,
                          void *self) {
    struct arena *a = c->a;
    if (!n) return tla_form(a, "{%}", 1, leaf(c, self));
    if (gens->kind == G_LET) {
        struct tla *definition, *name = let_gen(c, gens, &definition), *cond = condition(c, gens);
        struct tla *rest = set_of(c, gens + 1, n - 1, copies, leaf, self);
        if (!tla_is(cond, "TRUE")) rest = tla_if(a, cond, rest, tla_text(a, "{}"));
        return name ? tla_let(a, name, definition, rest) : rest;
    }
    const char *name;
    struct tla *also, *set = tla_domain(c, gens, &name, &also, copies);
    struct tla *cond = tla_and(a, also, condition(c, gens));
    if (!tla_is(cond, "TRUE")) set = tla_form(a, arena_printf(a, "{%s \\in %% : %%}", name), 2, set, cond);
    if (n == 1) {
        struct tla *x = leaf(c, self);
        return tla_is(x, name) ? set : tla_form(a, arena_printf(a, "{%% : %s \\in %%}", name), 2, x, set);
    }
    struct tla *rest = set_of(c, gens + 1, n - 1, copies, leaf, self);
    return tla_prefix(a, TLA_SET, "UNION ", tla_form(a, arena_printf(a, "{%% : %s \\in %%}", name), 2, rest, set));
}

struct tla *tla_slice_element(struct tla_cx *c, const struct ir_gen *g) {
    for (uint32_t i = c->slices.n; i-- > 0;)
        if (c->slices.at[i].gen == g) return c->slices.at[i].element;
    panic("a slice without its element");
}

/* The bindings of generators as values: one if there is one free name, else a tuple of them. */
struct bindings {
    const struct ir_gen *gens;
    uint32_t n;
    struct tla **names; /* of generators with a set; NULL for the others */
    uint32_t free;
};

static struct tla *binding(struct tla_cx *c, void *self) {
    struct bindings *b = self;
    struct tla **kids = arena_alloc(c->a, (b->n + 1) * sizeof(struct tla *));
    uint32_t k = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct ir_gen *g = &b->gens[i];
        if (g->kind == G_LET) continue;
        struct tla *x = g->kind == G_SLICE ? tla_slice_element(c, g) : tla_slot(c, g->slot);
        kids[k++] = g->kind == G_BAGALL ? x->kid[0] : x;
    }
    b->free = k;
    return k == 1 ? kids[0] : tla_list(c->a, "<<", kids, k, ">>");
}

/* Binds the slots to the parts of one binding; the conditions hold of it. Returns what `leaf` makes of it. */
static struct tla *with_binding(struct tla_cx *c, const struct ir_gen *gens, uint32_t n, struct tla *of, uint32_t free,
                                uint32_t at, bool copies, tla_body *leaf, void *self) {
    if (!n) return leaf(c, self);
    if (gens->kind == G_LET) {
        struct tla *definition, *name = let_gen(c, gens, &definition);
        struct tla *rest = with_binding(c, gens + 1, n - 1, of, free, at, copies, leaf, self);
        return name ? tla_let(c->a, name, definition, rest) : rest;
    }
    struct tla *x = free == 1 ? of : tla_after(c->a, arena_printf(c->a, "%%[%u]", at + 1), 1, of);
    if (gens->kind == G_SLICE) {
        for (uint32_t i = 0; i < gens->n_fields; i++)
            tla_set_slot(c, gens->field_slots[i], tla_select(c, gens->elem, gens->variant, i, x));
    } else {
        tla_set_slot(c, gens->slot, gens->kind == G_BAGALL && copies ? tla_after(c->a, "%[1]", 1, x) : x);
    }
    return with_binding(c, gens + 1, n - 1, of, free, at + 1, copies, leaf, self);
}

/* Two bindings in the order of the language: by their parts, from the left. */
static struct tla *binding_below(struct tla_cx *c, const struct ir_gen *gens, uint32_t n, struct tla *x, struct tla *y,
                                 uint32_t free) {
    struct arena *a = c->a;
    struct tla *all = tla_bool(a, false);
    uint32_t at = free;
    for (uint32_t i = n; i-- > 0;) {
        if (gens[i].kind == G_LET) continue;
        at--;
        struct tla *u = free == 1 ? x : tla_after(a, arena_printf(a, "%%[%u]", at + 1), 1, x),
                   *v = free == 1 ? y : tla_after(a, arena_printf(a, "%%[%u]", at + 1), 1, y);
        struct tla *less;
        if (gens[i].kind == G_BAGALL)
            less = tla_below(c, tla_gen_type(c, &gens[i]), tla_after(a, "%[1]", 1, u), tla_after(a, "%[1]", 1, v));
        else less = tla_below(c, tla_gen_type(c, &gens[i]), u, v);
        all = tla_or(a, less, tla_is(all, "FALSE") ? all : tla_and(a, tla_equal(a, u, v), all));
    }
    return all;
}

static bool mentioned(const struct ir_gen *gens, uint32_t n, const struct ir *k0, const struct ir *k1, uint32_t slot) {
    struct ir loop = {.op = IR_FOR, .gens = (struct ir_gen *)(uintptr_t)gens, .n_gens = n};
    return ir_mentions(&loop, slot) || (k0 && ir_mentions(k0, slot)) || (k1 && ir_mentions(k1, slot));
}

/* A distinct generator and those since the one where its values begin are one generator: the set of these values. */
static const struct ir_gen *distinct(struct tla_cx *c, const struct ir *e, uint32_t *n) {
    uint32_t at = e->n_gens;
    for (uint32_t i = 0; i < e->n_gens; i++)
        if (e->gens[i].distinct) at = i;
    *n = e->n_gens;
    if (at == e->n_gens) return e->gens;
    uint32_t first = at - e->gens[at].distinct, left = e->n_gens - at - 1;
    const struct ir *k0 = e->n > 0 ? e->kid[0] : NULL, *k1 = e->n > 1 ? e->kid[1] : NULL;
    for (uint32_t i = first; i < at; i++) {
        const struct ir_gen *g = &e->gens[i];
        uint32_t count = g->kind == G_SLICE ? g->n_fields : 1;
        for (uint32_t k = 0; k < count; k++)
            if (mentioned(e->gens + at + 1, left, k0, k1, g->kind == G_SLICE ? g->field_slots[k] : g->slot) ||
                (e->gens[at].cond && ir_mentions(e->gens[at].cond, g->kind == G_SLICE ? g->field_slots[k] : g->slot)))
                tla_note(c, "%s: values that come up twice are counted each time", tla_where(c, e->span));
    }
    struct ir *set = arena_alloc(c->a, sizeof *set);
    *set = (struct ir){.op = IR_REDUCE,
                       .imm = R_SET,
                       .type = NULL,
                       .gens = e->gens + first,
                       .n_gens = at - first,
                       .n = 1,
                       .span = e->span};
    set->kid = arena_alloc(c->a, sizeof(struct ir *));
    set->kid[0] = e->gens[at].src;
    struct ir_gen *gens = arena_alloc(c->a, (e->n_gens + 1) * sizeof *gens);
    memcpy(gens, e->gens, first * sizeof *gens);
    gens[first] = e->gens[at];
    gens[first].kind = G_SET;
    gens[first].distinct = 0;
    gens[first].src = set;
    memcpy(gens + first + 1, e->gens + at + 1, left * sizeof *gens);
    *n = first + 1 + left;
    return gens;
}

static struct tla *add_next(struct tla_cx *c, void *self, struct tla *so_far) {
    const struct ir *e = self;
    struct tla *x = tla_expr(c, e->kid[0]);
    if (e->imm == R_BAG) return tla_infix(c->a, TLA_ADD, so_far, " (+) ", tla_form(c->a, "SetToBag({%})", 1, x));
    return tla_infix(c->a, TLA_ADD, so_far, " + ", x);
}

static struct tla *fold_next(struct tla_cx *c, void *self, struct tla *so_far) {
    const struct ir *e = self;
    const char *name = tla_slot_name(c, e->slot);
    tla_set_slot(c, e->slot, tla_text(c->a, name));
    struct tla *x = tla_expr(c, e->kid[0]);
    return tla_let(c->a, tla_text(c->a, name), so_far, x);
}

struct step_of {
    tla_next *next;
    void *self;
    struct tla *so_far;
};

static struct tla *next_of(struct tla_cx *c, void *self) {
    struct step_of *s = self;
    return s->next(c, s->self, s->so_far);
}

struct tla *tla_recursion(struct tla_cx *c, const struct ir_gen *gens, uint32_t n, const char *wish, bool ordered,
                          struct tla *start, tla_next *next, void *self) {
    struct arena *a = c->a;
    struct bindings b = {.gens = gens, .n = n};
    struct tla *all = set_of(c, gens, n, true, binding, &b);
    const char *loop = tla_local(c, wish), *todo = tla_local(c, "todo"), *it = tla_local(c, "last"), *set = NULL;
    struct tla *from = all, *todo_text = tla_text(a, todo), *it_text = tla_text(a, it);
    if (!tla_simple(all)) {
        set = tla_local(c, "all");
        from = tla_text(a, set);
    }
    struct tla *last;
    if (!ordered) {
        last = tla_bind(a, "CHOOSE", tla_local(c, "any"), todo_text, tla_bool(a, true));
    } else if (b.free == 1 && gens[0].kind != G_BAGALL && n == 1) {
        last = tla_least(c, tla_gen_type(c, &gens[0]), todo_text, true);
    } else {
        const char *x = tla_local(c, "one"), *y = tla_local(c, "other");
        struct tla *X = tla_text(a, x), *Y = tla_text(a, y);
        last = tla_bind(
            a, "CHOOSE", x, todo_text,
            tla_bind(a, "\\A", y, todo_text, tla_or(a, tla_equal(a, X, Y), binding_below(c, gens, n, Y, X, b.free))));
    }
    struct tla *so_far = tla_form(a, arena_printf(a, "%s[%s \\ {%s}]", loop, todo, it), 0);
    struct step_of how = {.next = next, .self = self, .so_far = so_far};
    struct tla *body = with_binding(c, gens, n, it_text, b.free, 0, true, next_of, &how);
    body = tla_let(a, it_text, last, body);
    body = tla_if(a, tla_format(a, "%s = {}", todo), start, body);
    struct tla *head = tla_form(a, arena_printf(a, "%s[%s \\in SUBSET %%]", loop, todo), 1, from);
    struct tla *result = tla_let(a, head, body, tla_after(a, arena_printf(a, "%s[%%]", loop), 1, from));
    return set ? tla_let(a, tla_text(a, set), all, result) : result;
}

static struct tla *first_binding(struct tla_cx *c, const struct ir *e, const struct ir_gen *gens, uint32_t n) {
    struct arena *a = c->a;
    struct bindings b = {.gens = gens, .n = n};
    struct tla *all = set_of(c, gens, n, false, binding, &b);
    bool arg = e->imm == R_ARGMIN || e->imm == R_ARGMAX;
    struct tla *found;
    if (!b.free) return tla_expr(c, e->kid[0]);
    if (!arg && b.free == 1 && n == 1) {
        found = tla_least(c, tla_gen_type(c, &gens[0]), all, false);
    } else {
        const char *s = tla_local(c, "all"), *x = tla_local(c, "best"), *y = tla_local(c, "other");
        struct tla *S = tla_text(a, s), *X = tla_text(a, x), *Y = tla_text(a, y);
        struct tla *better = binding_below(c, gens, n, X, Y, b.free);
        if (arg) {
            struct tla *kx = with_binding(c, gens, n, X, b.free, 0, false, kid_of, e->kid[1]),
                       *ky = with_binding(c, gens, n, Y, b.free, 0, false, kid_of, e->kid[1]);
            const struct type *t = e->kid[1]->type;
            struct tla *less = e->imm == R_ARGMIN ? tla_below(c, t, kx, ky) : tla_below(c, t, ky, kx);
            better = tla_or(a, less, tla_and(a, tla_equal(a, kx, ky), better));
        }
        struct tla *all_of = tla_bind(a, "\\A", y, S, tla_or(a, tla_equal(a, X, Y), better));
        found = tla_let(a, S, all, tla_bind(a, "CHOOSE", x, S, all_of));
    }
    if (n == 1 && gens->kind != G_SLICE && e->kid[0]->op == IR_LOCAL && e->kid[0]->slot == gens->slot) return found;
    const char *it = tla_local(c, "chosen");
    struct tla *IT = tla_text(a, it);
    struct tla *body = with_binding(c, gens, n, IT, b.free, 0, false, kid_of, e->kid[0]);
    return tla_let(a, IT, found, body);
}

static struct tla *map_of(struct tla_cx *c, const struct ir *e) {
    const struct ir_gen *g = &e->gens[0];
    const char *name;
    struct tla *also, *set = tla_domain(c, g, &name, &also, false);
    return tla_form(c->a, arena_printf(c->a, "[%s \\in %% |-> %%]", name), 2, set, tla_expr(c, e->kid[0]));
}

static struct tla *reduce(struct tla_cx *c, const struct ir *e) {
    struct arena *a = c->a;
    enum reduce op = (enum reduce)e->imm;
    uint32_t n = e->n_gens;
    const struct ir_gen *gens = e->gens;
    if (op == R_COUNT || op == R_SUM || op == R_BAG || op == R_FOLD) gens = distinct(c, e, &n);
    switch (op) {
    case R_EXISTS: return tla_exists(c, gens, n, false, kid_of, e->kid[0]);
    case R_FORALL: return for_all(c, gens, n, e->kid[0]);
    case R_COUNT: {
        struct bindings b = {.gens = gens, .n = n};
        return tla_form(a, "Cardinality(%)", 1, set_of(c, gens, n, true, binding, &b));
    }
    case R_SET: {
        struct tla *s = set_of(c, gens, n, false, kid_of, e->kid[0]);
        return e->type ? bounded(c, e, s) : s;
    }
    case R_SUM: return tla_recursion(c, gens, n, "Sum", false, tla_number(c, 0), add_next, (void *)(uintptr_t)e);
    case R_BAG:
        return bounded(
            c, e, tla_recursion(c, gens, n, "Bag", false, tla_text(a, "EmptyBag"), add_next, (void *)(uintptr_t)e));
    case R_FOLD: {
        struct tla *start = tla_expr(c, e->kid[1]);
        return tla_recursion(c, gens, n, "Fold", true, start, fold_next, (void *)(uintptr_t)e);
    }
    case R_MAP: return map_of(c, e);
    case R_MIN:
    case R_MAX: return tla_least(c, e->type, set_of(c, gens, n, false, kid_of, e->kid[0]), op == R_MAX);
    default: return first_binding(c, e, gens, n);
    }
}
