/* Nodes, and what can be simplified while they are built. */
#include "compiler/ir.h"

#include <stdarg.h>
#include <string.h>

#include "compiler/eval.h"

enum { F = 1, S = 2, B = 4 };
static const struct {
    const char *text;
    int flags;
} ops[IR_COUNT] = {
#define IR(name, text, flags) [IR_##name] = {text, flags},
#include "compiler/ir.def"
#undef IR
};

const char IR_INVERTED[] = "not";

const char *ir_op_name(enum ir_op op) { return ops[op].text; }

void program_free(struct program *p) {
    VEC_FREE(p->slots);
    VEC_FREE(p->slot_names);
    VEC_FREE(p->vars);
    VEC_FREE(p->processes);
    VEC_FREE(p->actions);
    VEC_FREE(p->preds);
    VEC_FREE(p->watches);
    VEC_FREE(p->expects);
    for (uint32_t i = 0; i < p->refines.n; i++) {
        VEC_FREE(p->refines.at[i].vars);
        VEC_FREE(p->refines.at[i].actions);
    }
    VEC_FREE(p->refines);
    VEC_FREE(p->messages);
    VEC_FREE(p->fairs);
    VEC_FREE(p->atoms);
    VEC_FREE(p->symmetric);
    VEC_FREE(p->sites);
    VEC_FREE(p->points);
    types_free(&p->types);
    arena_free(&p->arena);
}

uint32_t ir_slot(struct program *p, const struct type *t) {
    VEC_PUSH(p->slots, t);
    VEC_PUSH(p->slot_names, NULL);
    return p->slots.n - 1;
}

static void gen_flags(struct ir *e) {
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        const struct ir *parts[3] = {g->src, g->src2, g->cond};
        for (int k = 0; k < 3; k++)
            if (parts[k]) {
                e->total &= parts[k]->total;
                e->stateless &= parts[k]->stateless;
                e->constant &= parts[k]->constant;
            }
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (g->fixed[k]) {
                e->total &= g->fixed[k]->total;
                e->stateless &= g->fixed[k]->stateless;
                e->constant &= g->fixed[k]->constant;
            }
    }
}

static void flags(struct ir *e) {
    e->total = !(ops[e->op].flags & F);
    e->stateless = e->op != IR_STATE && e->op != IR_TEMPORAL;
    if (e->op == IR_PROBE) e->stateless = false; /* it is to be computed whenever the run comes there */
    e->constant = e->stateless && e->op != IR_LOCAL;
    for (uint32_t i = 0; i < e->n; i++) {
        if (!e->kid[i]) continue;
        e->total &= e->kid[i]->total;
        e->stateless &= e->kid[i]->stateless;
        e->constant &= e->kid[i]->constant;
    }
    gen_flags(e);
}

/* Operations that the table calls failing but that cannot fail here. */
static void sharpen(struct ir *e) {
    bool total = true;
    for (uint32_t i = 0; i < e->n; i++) total &= !e->kid[i] || e->kid[i]->total;
    switch (e->op) {
    case IR_INDEX:
        if (e->kid[0]->type->kind == T_MAP) e->total = total;
        break;
    case IR_SETINDEX:
        if (e->kid[0]->type->kind == T_MAP) e->total = total;
        break;
    case IR_UNWRAP:
        if (e->imm) e->total = total;
        break;
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
        if (e->type->universe) e->total = total; /* the interval of the result is known: no overflow */
        break;
    case IR_DIV:
    case IR_MOD:
        if (e->kid[1]->type->lo > 0 || e->kid[1]->type->hi < 0) e->total = total;
        break;
    case IR_UNION:
    case IR_INSERT:
    case IR_SETLIT:
        if (e->type->bitset) e->total = total;
        break;
    case IR_SEQLIT:
    case IR_BAGLIT: e->total = total && e->n <= e->type->cap; break;
    case IR_ELEMENTS: e->total = total && (e->type->bitset || e->type->cap >= e->kid[0]->type->cap); break;
    case IR_REDUCE:
        e->total = total;
        gen_flags(e);
        if (e->imm == R_CHOOSE || e->imm == R_MIN || e->imm == R_MAX || e->imm == R_ARGMIN || e->imm == R_ARGMAX ||
            e->imm == R_BAG || (e->imm == R_SET && !e->type->bitset) || (e->imm == R_SUM && !e->type->universe))
            e->total = false;
        break;
    case IR_TORANGE:
        if (e->type->mode != RANGE_CUT && (e->type->mode == RANGE_SATURATING ||
                                           (e->kid[0]->type->lo >= e->type->lo && e->kid[0]->type->hi <= e->type->hi)))
            e->total = total;
        break;
    default: break;
    }
}

static bool bound_inside(const struct ir *e, uint32_t slot) {
    if (!e) return false;
    if ((e->op == IR_LET || e->op == IR_BIND) && e->slot == slot) return true;
    if (e->op == IR_REDUCE && e->imm == R_FOLD && e->slot == slot) return true;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        if (e->gens[i].kind != G_SLICE && e->gens[i].slot == slot) return true;
        for (uint32_t k = 0; k < e->gens[i].n_fields; k++)
            if (e->gens[i].field_slots[k] == slot) return true;
        if (bound_inside(e->gens[i].src, slot) || bound_inside(e->gens[i].src2, slot) ||
            bound_inside(e->gens[i].cond, slot))
            return true;
        for (uint32_t k = 0; k < e->gens[i].n_fields; k++)
            if (bound_inside(e->gens[i].fixed[k], slot)) return true;
    }
    for (uint32_t i = 0; i < e->n; i++)
        if (bound_inside(e->kid[i], slot)) return true;
    return false;
}

static bool closed_in(const struct ir *e, const struct ir *root) {
    if (!e) return true;
    if (e->constant) return true;
    if (e->op == IR_LOCAL) return bound_inside(root, e->slot);
    for (uint32_t i = 0; i < e->n; i++)
        if (!closed_in(e->kid[i], root)) return false;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        if (!closed_in(g->src, root) || !closed_in(g->src2, root) || !closed_in(g->cond, root)) return false;
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (!closed_in(g->fixed[k], root)) return false;
    }
    return true;
}

static bool foldable(const struct ir *e) {
    return e->type && e->type->kind != T_ERROR && e->type->kind != T_NONE && e->type->kind != T_EMPTY &&
           e->type->kind != T_STRING && e->type->words <= MAX_VALUE_WORDS && e->op != IR_CONST &&
           e->op != IR_TEMPORAL && e->op != IR_FAIL && !(ops[e->op].flags & S);
}

/* A node without state and free locals is evaluated now, unless that fails: then it fails where it is needed. */
static struct ir *fold(struct program *p, struct ir *e) {
    if (!foldable(e)) return e;
    if (!e->constant) {
        if (!e->stateless || (e->op != IR_LET && e->op != IR_REDUCE) || !closed_in(e, e)) return e;
    }
    struct eval *ev = eval_open(p);
    uint64_t value, left = FOLD_WORK - p->folded;
    ev->fuel = left ? left : 1; /* at the end, only what has no loops is evaluated */
    if (eval_expr(ev, e, &value) == DC_OK) {
        struct ir *c = arena_alloc(&p->arena, sizeof *c);
        *c = (struct ir){
            .op = IR_CONST, .type = e->type, .span = e->span, .total = true, .constant = true, .stateless = true};
        if (type_wide(e->type)) {
            uint64_t *words = arena_alloc(&p->arena, e->type->words * sizeof *words);
            memcpy(words, (const uint64_t *)(uintptr_t)value, e->type->words * sizeof *words);
            c->words = words;
        } else {
            c->imm = (int64_t)value;
        }
        e = c;
    }
    p->folded += left ? left - ev->fuel : 0;
    if (left && !ev->fuel) p->costly = e->span;
    eval_close(ev);
    return e;
}

static struct ir *node(struct program *p, enum ir_op op, const struct type *t, struct span span, uint32_t n,
                       struct ir **kids) {
    struct ir *e = arena_alloc(&p->arena, sizeof *e);
    *e = (struct ir){.op = op, .type = t, .span = span, .n = n};
    if (n) {
        e->kid = arena_alloc(&p->arena, n * sizeof *e->kid);
        memcpy(e->kid, kids, n * sizeof *e->kid);
    }
    return e;
}

static struct ir *finish(struct program *p, struct ir *e) {
    flags(e);
    sharpen(e);
    return fold(p, e);
}

struct ir *ir_const(struct program *p, const struct type *t, int64_t v, struct span span) {
    struct ir *e = node(p, IR_CONST, t, span, 0, NULL);
    e->imm = v;
    if (type_wide(t)) e->words = arena_alloc(&p->arena, t->words * sizeof *e->words); /* all zero: empty */
    flags(e);
    return e;
}

struct ir *ir_bool(struct program *p, bool v, struct span span) {
    return ir_const(p, p->types.boolean, v, span);
}

struct ir *ir_local(struct program *p, uint32_t slot, struct span span) {
    struct ir *e = node(p, IR_LOCAL, p->slots.at[slot], span, 0, NULL);
    e->slot = slot;
    flags(e);
    return e;
}

struct ir *ir_state(struct program *p, const struct ir_var *v, bool primed, struct span span) {
    struct ir *e = node(p, IR_STATE, v->type, span, 0, NULL);
    e->var = v;
    e->imm = primed;
    flags(e);
    return e;
}

static bool is_bool(const struct ir *e, bool v) {
    return e->op == IR_CONST && e->type->kind == T_BOOL && (e->imm != 0) == v;
}

static struct ir *junction(struct program *p, enum ir_op op, struct ir *a, struct ir *b) {
    bool neutral = op == IR_AND;
    if (is_bool(a, neutral)) return b;
    if (is_bool(b, neutral)) return a;
    if (is_bool(a, !neutral)) return a;
    if (is_bool(b, !neutral) && a->total) return b;
    uint32_t n = (a->op == op ? a->n : 1) + (b->op == op ? b->n : 1), k = 0;
    struct ir **kids = arena_alloc(&p->arena, n * sizeof *kids);
    for (uint32_t i = 0; a->op == op && i < a->n; i++) kids[k++] = a->kid[i];
    if (a->op != op) kids[k++] = a;
    for (uint32_t i = 0; b->op == op && i < b->n; i++) kids[k++] = b->kid[i];
    if (b->op != op) kids[k++] = b;
    struct span span = a->span;
    if (b->span.source == span.source && b->span.end > span.end) span.end = b->span.end;
    if (b->span.source == span.source && b->span.begin < span.begin) span.begin = b->span.begin;
    return finish(p, node(p, op, p->types.boolean, span, n, kids));
}

struct ir *ir_and(struct program *p, struct ir *a, struct ir *b) {
    return junction(p, IR_AND, a, b);
}
struct ir *ir_or(struct program *p, struct ir *a, struct ir *b) {
    return junction(p, IR_OR, a, b);
}

struct ir *ir_not(struct program *p, struct ir *a) {
    if (a->op == IR_CONST) return ir_bool(p, !a->imm, a->span);
    if (a->op == IR_NOT && !a->imm) return a->kid[0];
    if (a->op == IR_NOT || a->text == IR_INVERTED) { /* its text in the spec says the opposite from now on, or again */
        struct ir *e = arena_alloc(&p->arena, sizeof *e);
        *e = a->op == IR_NOT ? *a->kid[0] : *a;
        e->text = a->op == IR_NOT ? IR_INVERTED : NULL;
        if (a->op == IR_NOT) return e;
        a = e;
        e = node(p, IR_NOT, p->types.boolean, a->span, 1, &a);
        e->imm = 1;
        return finish(p, e);
    }
    return finish(p, node(p, IR_NOT, p->types.boolean, a->span, 1, &a));
}

bool ir_temporal(const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_TEMPORAL) return true;
    for (uint32_t i = 0; i < e->n; i++)
        if (ir_temporal(e->kid[i])) return true;
    for (uint32_t i = 0; i < e->n_gens; i++)
        if (ir_temporal(e->gens[i].cond)) return true;
    return false;
}

static bool same_gens(const struct ir *a, const struct ir *b) {
    for (uint32_t i = 0; i < a->n_gens; i++) {
        const struct ir_gen *g = &a->gens[i], *h = &b->gens[i];
        bool plain = g->kind == h->kind && g->slot == h->slot && g->distinct == h->distinct &&
                     g->variant == h->variant && g->n_fields == h->n_fields && g->elem == h->elem;
        if (!plain || !ir_same(g->src, h->src) || !ir_same(g->src2, h->src2) || !ir_same(g->cond, h->cond))
            return false;
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (g->field_slots[k] != h->field_slots[k] || !ir_same(g->fixed[k], h->fixed[k])) return false;
    }
    return true;
}

bool ir_same(const struct ir *a, const struct ir *b) {
    if (a == b) return true;
    if (!a || !b || a->op != b->op || a->type != b->type || a->imm != b->imm || a->n != b->n ||
        a->n_gens != b->n_gens || a->slot != b->slot || a->var != b->var || !a->words != !b->words)
        return false;
    if (a->words && memcmp(a->words, b->words, a->type->words * sizeof *a->words)) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!ir_same(a->kid[i], b->kid[i])) return false;
    return same_gens(a, b);
}

bool ir_cheap(const struct ir *e) {
    switch (e->op) {
    case IR_CONST:
    case IR_LOCAL: return true;
    case IR_STATE: return true;
    case IR_FIELD:
    case IR_PAYLOAD: return ir_cheap(e->kid[0]);
    case IR_CONS:
    case IR_SOME:
        for (uint32_t i = 0; i < e->n; i++)
            if (!ir_cheap(e->kid[i])) return false;
        return true;
    default: return false;
    }
}

struct ir *ir_istag(struct program *p, struct ir *e, uint32_t variant, struct span span) {
    if (e->op == IR_CONS && e->type->kind == T_UNION) return ir_bool(p, (uint32_t)e->imm == variant, span);
    if (e->type->n_variants == 1) return ir_bool(p, true, span);
    struct ir *r = node(p, IR_ISTAG, p->types.boolean, span, 1, &e);
    r->imm = variant;
    return finish(p, r);
}

static struct ir *issome(struct program *p, struct ir *e) {
    if (e->op == IR_SOME) return ir_bool(p, true, e->span);
    return finish(p, node(p, IR_ISSOME, p->types.boolean, e->span, 1, &e));
}

struct ir *ir_eq(struct program *p, struct ir *a, struct ir *b, struct span span) {
    if (b->op == IR_CONS && a->op != IR_CONS) {
        struct ir *swap = a;
        a = b;
        b = swap;
    }
    if (a->op == IR_CONS && a->type == b->type && ir_cheap(b) &&
        (b->op == IR_CONS || b->op == IR_CONST || b->op == IR_LOCAL)) {
        bool union_ = a->type->kind == T_UNION;
        uint32_t variant = (uint32_t)a->imm;
        struct ir *all = union_ ? ir_istag(p, b, variant, span) : ir_bool(p, true, span);
        if (is_bool(all, false)) return all;
        for (uint32_t i = 0; i < a->n; i++) {
            struct ir *other = union_ ? ir_payload(p, b, variant, i, span) : ir_field(p, b, i, span);
            all = ir_and(p, all, ir_eq(p, a->kid[i], other, span));
        }
        return all;
    }
    if (a->op == IR_SOME && b->op == IR_SOME) return ir_eq(p, a->kid[0], b->kid[0], span);
    for (int i = 0; i < 2; i++) {
        struct ir *x = i ? b : a, *y = i ? a : b;
        if (x->op == IR_CONST && x->type->kind == T_OPTION && y->type == x->type) {
            bool none = x->words ? !x->words[0] : !x->imm;
            if (none) return ir_not(p, issome(p, y));
        }
        if (x->op == IR_CONST && x->type->kind == T_BOOL && y->type->kind == T_BOOL) return x->imm ? y : ir_not(p, y);
    }
    if (a->op == IR_LOCAL && b->op == IR_LOCAL && a->slot == b->slot) return ir_bool(p, true, span);
    struct ir *kids[2] = {a, b};
    return finish(p, node(p, IR_EQ, p->types.boolean, span, 2, kids));
}

struct ir *ir_field(struct program *p, struct ir *e, uint32_t i, struct span span) {
    if (e->op == IR_CONS) return e->kid[i];
    if (e->op == IR_SETFIELD) return (uint32_t)e->imm == i ? e->kid[1] : ir_field(p, e->kid[0], i, span);
    struct ir *r = node(p, IR_FIELD, e->type->fields[i].type, span, 1, &e);
    r->imm = i;
    return finish(p, r);
}

struct ir *ir_payload(struct program *p, struct ir *e, uint32_t variant, uint32_t i, struct span span) {
    if (e->op == IR_CONS && (uint32_t)e->imm == variant) return e->kid[i];
    struct ir *r = node(p, IR_PAYLOAD, e->type->fields[e->type->variants[variant].first + i].type, span, 1, &e);
    r->imm = i;
    r->slot = variant;
    return finish(p, r);
}

struct ir *ir_cons(struct program *p, const struct type *t, uint32_t variant, struct ir **kids, uint32_t n,
                   struct span span) {
    struct ir *r = node(p, IR_CONS, t, span, n, kids);
    r->imm = variant;
    return finish(p, r);
}

struct ir *ir_index(struct program *p, struct ir *e, struct ir *key, struct span span) {
    struct ir *kids[2] = {e, key};
    return finish(p, node(p, IR_INDEX, e->type->elem, span, 2, kids));
}

static struct ir *member(struct program *p, struct ir *x, struct ir *s, struct span span) {
    if (ir_cheap(x)) {
        if (s->op == IR_SETLIT && s->n <= 8) {
            struct ir *any = ir_bool(p, false, span);
            for (uint32_t i = 0; i < s->n; i++) any = ir_or(p, any, ir_eq(p, x, s->kid[i], span));
            return any;
        }
        if (s->op == IR_UNION && s->type->bitset)
            return ir_or(p, member(p, x, s->kid[0], span), member(p, x, s->kid[1], span));
        if (s->op == IR_DIFF) return ir_and(p, member(p, x, s->kid[0], span), ir_not(p, member(p, x, s->kid[1], span)));
        if (s->op == IR_CONST && s->type->bitset && x->total) {
            uint64_t u = s->type->elem->universe, n = 0;
            if (s->words)
                for (uint32_t i = 0; i < s->type->words; i++) n += (uint64_t)__builtin_popcountll(s->words[i]);
            else n = (uint64_t)__builtin_popcountll((uint64_t)s->imm);
            if (n == u) return ir_bool(p, true, span);
        }
    }
    struct ir *kids[2] = {x, s};
    return finish(p, node(p, IR_MEMBER, p->types.boolean, span, 2, kids));
}

static struct ir *let(struct program *p, const struct type *t, uint32_t slot, struct ir *init, struct ir *body,
                      struct span span) {
    if (ir_cheap(init)) return ir_subst(p, body, slot, init);
    if (init->total && !ir_mentions(body, slot)) return body;
    struct ir *kids[2] = {init, body};
    struct ir *r = node(p, IR_LET, t, span, 2, kids);
    r->slot = slot;
    return finish(p, r);
}

/* Simplifying construction by operation; the generic path is a plain node. */
static struct ir *build(struct program *p, const struct ir *m, struct ir **kids) {
    switch (m->op) {
    case IR_FIELD: return ir_field(p, kids[0], (uint32_t)m->imm, m->span);
    case IR_PAYLOAD: return ir_payload(p, kids[0], m->slot, (uint32_t)m->imm, m->span);
    case IR_ISTAG: return ir_istag(p, kids[0], (uint32_t)m->imm, m->span);
    case IR_CONS: return ir_cons(p, m->type, (uint32_t)m->imm, kids, m->n, m->span);
    case IR_INDEX: return ir_index(p, kids[0], kids[1], m->span);
    case IR_EQ: return ir_eq(p, kids[0], kids[1], m->span);
    case IR_NOT: return ir_not(p, kids[0]);
    case IR_AND:
    case IR_OR: {
        struct ir *all = kids[0];
        for (uint32_t i = 1; i < m->n; i++) all = junction(p, m->op, all, kids[i]);
        return all;
    }
    case IR_IF:
        if (kids[0]->op == IR_CONST) return kids[0]->imm ? kids[1] : kids[2];
        if (m->type->kind == T_BOOL) {
            if (is_bool(kids[2], false)) return ir_and(p, kids[0], kids[1]);
            if (is_bool(kids[1], true)) return ir_or(p, kids[0], kids[2]);
            if (is_bool(kids[1], false)) return ir_and(p, ir_not(p, kids[0]), kids[2]);
        }
        break;
    case IR_LET: return let(p, m->type, m->slot, kids[0], kids[1], m->span);
    case IR_ISSOME: return issome(p, kids[0]);
    case IR_UNWRAP:
        if (kids[0]->op == IR_SOME) return kids[0]->kid[0];
        break;
    case IR_MEMBER: return member(p, kids[0], kids[1], m->span);
    case IR_UNION:
        if (kids[1]->op == IR_SETLIT && kids[1]->n == 1 && kids[1]->type->elem == m->type->elem) {
            struct ir *pair[2] = {kids[0], kids[1]->kid[0]};
            return finish(p, node(p, IR_INSERT, m->type, m->span, 2, pair));
        }
        break;
    case IR_TORANGE:
        if (kids[0]->type == m->type) return kids[0];
        break;
    case IR_WHEN:
        if (kids[0]->op == IR_CONST) {
            if (kids[0]->imm) return kids[1];
            return kids[2] ? kids[2] : node(p, IR_BLOCK, NULL, m->span, 0, NULL);
        }
        break;
    case IR_REQUIRE:
        if (is_bool(kids[0], true)) return node(p, IR_BLOCK, NULL, m->span, 0, NULL);
        break;
    default: break;
    }
    struct ir *e = arena_alloc(&p->arena, sizeof *e);
    *e = *m;
    if (m->n) {
        e->kid = arena_alloc(&p->arena, m->n * sizeof *e->kid);
        memcpy(e->kid, kids, m->n * sizeof *e->kid);
    }
    return finish(p, e);
}

struct ir *ir_with(struct program *p, const struct ir *model, struct ir **kids) {
    return build(p, model, kids);
}

struct ir *ir_new(struct program *p, enum ir_op op, const struct type *t, struct span span, uint32_t n, ...) {
    struct ir **kids = arena_alloc(&p->arena, (n + 1) * sizeof *kids);
    va_list args;
    va_start(args, n);
    for (uint32_t i = 0; i < n; i++) kids[i] = va_arg(args, struct ir *);
    va_end(args);
    struct ir model = {.op = op, .type = t, .span = span, .n = n};
    return build(p, &model, kids);
}

bool ir_mentions(const struct ir *e, uint32_t slot) {
    if (!e) return false;
    if (e->op == IR_LOCAL) return e->slot == slot;
    for (uint32_t i = 0; i < e->n; i++)
        if (ir_mentions(e->kid[i], slot)) return true;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        if (ir_mentions(g->src, slot) || ir_mentions(g->src2, slot) || ir_mentions(g->cond, slot)) return true;
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (ir_mentions(g->fixed[k], slot)) return true;
    }
    return false;
}

static struct ir *subst(struct program *p, struct ir *e, uint32_t slot, struct ir *value) {
    return e ? ir_subst(p, e, slot, value) : NULL;
}

static void gen_subst(struct program *p, struct ir_gen *g, uint32_t slot, struct ir *value) {
    g->src = subst(p, g->src, slot, value);
    g->src2 = subst(p, g->src2, slot, value);
    g->cond = subst(p, g->cond, slot, value);
    if (g->n_fields) {
        struct ir **fixed = arena_alloc(&p->arena, g->n_fields * sizeof *fixed);
        for (uint32_t k = 0; k < g->n_fields; k++) fixed[k] = subst(p, g->fixed[k], slot, value);
        g->fixed = fixed;
    }
}

struct ir *ir_subst(struct program *p, struct ir *e, uint32_t slot, struct ir *value) {
    if (e->constant) return e;
    if (e->op == IR_LOCAL) return e->slot == slot ? value : e;
    if (!ir_mentions(e, slot)) return e;
    struct ir **kids = arena_alloc(&p->arena, (e->n + 1) * sizeof *kids);
    for (uint32_t i = 0; i < e->n; i++) kids[i] = subst(p, e->kid[i], slot, value);
    if (!e->n_gens) return build(p, e, kids);
    struct ir_gen *gens = arena_alloc(&p->arena, e->n_gens * sizeof *gens);
    memcpy(gens, e->gens, e->n_gens * sizeof *gens);
    for (uint32_t i = 0; i < e->n_gens; i++) gen_subst(p, &gens[i], slot, value);
    return ir_with_gens(p, e, kids, gens, e->n_gens);
}

struct ir *ir_with_gens(struct program *p, const struct ir *e, struct ir **kids, struct ir_gen *gens, uint32_t n) {
    if (e->op != IR_REDUCE) {
        struct ir model = *e;
        model.gens = gens;
        model.n_gens = n;
        return build(p, &model, kids);
    }
    struct ir *r = ir_reduce(p, (enum reduce)e->imm, e->type, gens, n, e->n > 0 ? kids[0] : NULL,
                             e->n > 1 ? kids[1] : NULL, e->span);
    if (r->op == IR_REDUCE) {
        r->slot = e->slot;
        r->whole = e->whole;
    }
    return r;
}

struct ir *ir_reduce(struct program *p, enum reduce op, const struct type *t, struct ir_gen *gens, uint32_t n,
                     struct ir *k0, struct ir *k1, struct span span) {
    for (uint32_t i = 0; i < n; i++) {
        struct ir_gen *g = &gens[i];
        if (g->cond && is_bool(g->cond, true)) g->cond = NULL;
        if (g->cond && is_bool(g->cond, false)) { /* nothing is bound, provided that what comes before can't fail */
            bool total = true;
            for (uint32_t k = 0; k <= i; k++) total &= !gens[k].src || gens[k].src->total;
            if (!total) continue;
            if (op == R_EXISTS) return ir_bool(p, false, span);
            if (op == R_FORALL) return ir_bool(p, true, span);
            if (op == R_COUNT) return ir_const(p, t, 0, span);
        }
    }
    if (op == R_EXISTS && k0 && is_bool(k0, false)) {
        bool total = true;
        for (uint32_t k = 0; k < n; k++)
            total &= (!gens[k].src || gens[k].src->total) && (!gens[k].cond || gens[k].cond->total);
        if (total) return k0;
    }
    struct ir *kids[2] = {k0, k1};
    struct ir *r = node(p, IR_REDUCE, t, span, k1 ? 2 : k0 ? 1 : 0, kids);
    r->imm = op;
    r->gens = gens;
    r->n_gens = n;
    if (op == R_FOLD) { /* the caller sets the accumulator's slot, so folding must wait */
        flags(r);
        sharpen(r);
        return r;
    }
    return finish(p, r);
}

static bool mentions_gen(const struct ir *e, const struct ir_gen *g) {
    if (g->kind != G_SLICE) return ir_mentions(e, g->slot);
    for (uint32_t k = 0; k < g->n_fields; k++)
        if (ir_mentions(e, g->field_slots[k])) return true;
    return false;
}

/* Where a conjunct may be tested: after the last generator that it mentions; not before an earlier conjunct or source
 * that might fail, unless it cannot fail itself. */
void ir_constrain(struct program *p, struct ir_gen *gens, uint32_t n, struct ir *cond) {
    if (!cond || !n) return;
    uint32_t parts = cond->op == IR_AND ? cond->n : 1;
    uint32_t floor = 0; /* no later conjunct goes before a failing one, so that the same errors show */
    for (uint32_t i = 0; i < parts; i++) {
        struct ir *c = cond->op == IR_AND ? cond->kid[i] : cond;
        uint32_t at = 0;
        for (uint32_t k = 0; k < n; k++)
            if (mentions_gen(c, &gens[k])) at = k;
        if (!c->total) at = n - 1;
        if (at < floor) at = floor;
        if (!c->total) floor = at;
        gens[at].cond = gens[at].cond ? ir_and(p, gens[at].cond, c) : c;
    }
}

static bool fixes(const struct ir *c, const struct ir_gen *gens, uint32_t n, uint32_t at, uint32_t slot,
                  struct ir **value) {
    if (c->op != IR_EQ) return false;
    for (int side = 0; side < 2; side++) {
        struct ir *x = c->kid[side], *e = c->kid[1 - side];
        if (x->op != IR_LOCAL || x->slot != slot || !e->total) continue;
        bool later = false;
        for (uint32_t k = at; k < n; k++) later |= mentions_gen(e, &gens[k]);
        if (later) continue;
        *value = e;
        return true;
    }
    return false;
}

static void slice_fields(struct program *p, struct ir_gen *gens, uint32_t n, uint32_t at) {
    struct ir_gen *g = &gens[at];
    for (uint32_t k = 0; k < g->n_fields; k++) {
        if (!g->cond) return;
        struct ir *all = g->cond, *rest = NULL, *value = NULL;
        uint32_t parts = all->op == IR_AND ? all->n : 1;
        for (uint32_t i = 0; i < parts; i++) {
            struct ir *c = all->op == IR_AND ? all->kid[i] : all;
            if (!value && fixes(c, gens, n, at, g->field_slots[k], &value)) continue;
            rest = rest ? ir_and(p, rest, c) : c;
        }
        if (!value) continue;
        g->fixed[k] = value;
        g->cond = rest;
    }
}

void ir_slice(struct program *p, struct ir_gen *gens, uint32_t n, struct ir **rest, uint32_t n_rest) {
    for (uint32_t at = 0; at < n; at++) {
        struct ir_gen *g = &gens[at];
        if (g->kind != G_SET || !g->src->type->bitset) continue;
        const struct type *t = g->src->type->elem;
        uint32_t variant = 0, slot = g->slot;
        if (t->kind == T_UNION) {
            bool found = false;
            uint32_t parts = !g->cond ? 0 : g->cond->op == IR_AND ? g->cond->n : 1;
            for (uint32_t i = 0; i < parts && !found; i++) {
                struct ir *c = g->cond->op == IR_AND ? g->cond->kid[i] : g->cond;
                if (c->op == IR_ISTAG && c->kid[0]->op == IR_LOCAL && c->kid[0]->slot == slot) {
                    found = true;
                    variant = (uint32_t)c->imm;
                }
            }
            if (t->n_variants == 1) found = true;
            if (!found) continue;
        } else if (t->kind != T_RECORD && t->kind != T_TUPLE) {
            continue;
        }
        uint32_t first = t->kind == T_UNION ? t->variants[variant].first : 0,
                 nf = t->kind == T_UNION ? t->variants[variant].n : t->n;
        struct ir **parts = arena_alloc(&p->arena, (nf + 1) * sizeof *parts);
        uint32_t *slots = arena_alloc(&p->arena, (nf + 1) * sizeof *slots);
        for (uint32_t k = 0; k < nf; k++) {
            slots[k] = ir_slot(p, t->fields[first + k].type);
            parts[k] = ir_local(p, slots[k], g->src->span);
        }
        struct ir *value = ir_cons(p, t, variant, parts, nf, g->src->span);
        struct ir *src = g->src;
        *g = (struct ir_gen){.kind = G_SLICE,
                             .src = src,
                             .cond = g->cond,
                             .variant = variant,
                             .n_fields = nf,
                             .field_slots = slots,
                             .elem = t};
        g->fixed = arena_alloc(&p->arena, (nf + 1) * sizeof *g->fixed);
        for (uint32_t k = at; k < n; k++) gen_subst(p, &gens[k], slot, value);
        for (uint32_t k = 0; k < n_rest; k++) rest[k] = subst(p, rest[k], slot, value);
        if (g->cond && is_bool(g->cond, true)) g->cond = NULL;
        slice_fields(p, gens, n, at);
    }
}

void ir_reads(const struct ir *e, bool *vars) {
    if (!e) return;
    if (e->op == IR_STATE) vars[e->var->index] = true;
    for (uint32_t i = 0; i < e->n; i++) ir_reads(e->kid[i], vars);
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        ir_reads(g->src, vars);
        ir_reads(g->src2, vars);
        ir_reads(g->cond, vars);
        for (uint32_t k = 0; k < g->n_fields; k++) ir_reads(g->fixed[k], vars);
    }
}

void ir_writes(const struct ir *e, bool *vars) {
    if (!e) return;
    if (e->op == IR_STORE) {
        const struct ir *root = e->kid[0];
        while (root->op != IR_STATE) root = root->kid[0];
        vars[root->var->index] = true;
        return;
    }
    for (uint32_t i = 0; i < e->n; i++) ir_writes(e->kid[i], vars);
}

uint64_t program_affects(const struct program *p, uint32_t action) {
    bool *written = mem_alloc(p->vars.n + 1), *read = mem_alloc(p->vars.n + 1);
    uint64_t bits = 0;
    ir_writes(p->actions.at[action].body, written);
    for (uint32_t i = 0; i < p->preds.n && i < 64; i++) {
        memset(read, 0, p->vars.n + 1);
        ir_reads(p->preds.at[i].body, read);
        for (uint32_t v = 0; v < p->vars.n; v++)
            if (read[v] && written[v]) bits |= (uint64_t)1 << i;
    }
    mem_free(written);
    mem_free(read);
    return bits;
}

void ir_interval(enum ir_op op, const struct type *a, const struct type *b, int64_t *from, int64_t *to) {
    __int128 lo, hi;
    __int128 al = a->lo, ah = a->hi, bl = b->lo, bh = b->hi;
    *from = INT64_MIN;
    *to = INT64_MAX;
    switch (op) {
    case IR_ADD:
        lo = al + bl;
        hi = ah + bh;
        break;
    case IR_SUB:
        lo = al - bh;
        hi = ah - bl;
        break;
    case IR_MUL: {
        if (!a->universe || !b->universe) return;
        __int128 v[4] = {al * bl, al * bh, ah * bl, ah * bh};
        lo = hi = v[0];
        for (int i = 1; i < 4; i++) {
            if (v[i] < lo) lo = v[i];
            if (v[i] > hi) hi = v[i];
        }
        break;
    }
    case IR_MOD: {
        __int128 m = bh > -bl ? bh : -bl;
        if (m <= 0 || !b->universe) return;
        lo = 0;
        hi = m - 1;
        if (al >= 0 && ah < hi) hi = ah;
        break;
    }
    case IR_DIV:
        if (bl <= 0 || !a->universe) return;
        lo = al < 0 ? al : al / bh;
        hi = ah < 0 ? ah / bh : ah / bl;
        if (al < 0 && hi < 0) hi = 0;
        break;
    case IR_MIN2:
        lo = al < bl ? al : bl;
        hi = ah < bh ? ah : bh;
        break;
    default: lo = al > bl ? al : bl; hi = ah > bh ? ah : bh;
    }
    if (lo < INT64_MIN || hi > INT64_MAX) return;
    *from = (int64_t)lo;
    *to = (int64_t)hi;
}
