/* Types that fit: the common type of two, and the conversion of a value to a wanted one. */
#include <string.h>

#include "compiler/elab.h"

/* ---- types that fit ---- */

/* Of two enums with the same names, in the same order, such as those of a spec and of a module that it refines. */
static bool same_names(const struct type *a, const struct type *b) {
    bool same = a->kind == T_ENUM && b->kind == T_ENUM && a->n == b->n;
    for (uint32_t i = 0; same && i < a->n; i++) same = a->names[i] == b->names[i];
    return same;
}

const struct type *unify(struct compile *c, const struct type *a, const struct type *b) {
    struct types *ts = &P(c)->types;
    if (a == b || b->kind == T_ERROR) return a;
    if (a->kind == T_ERROR) return b;
    if (a->kind == T_RANGE && b->kind == T_RANGE) {
        if (a->mode == RANGE_CLAIM && a->lo <= b->lo && a->hi >= b->hi) return a;
        if (b->mode == RANGE_CLAIM && b->lo <= a->lo && b->hi >= a->hi) return b;
        return type_range(ts, a->lo < b->lo ? a->lo : b->lo, a->hi > b->hi ? a->hi : b->hi, RANGE_CLAIM);
    }
    if (a->kind == T_NONE) return b->kind == T_EMPTY ? NULL : type_option(ts, b);
    if (b->kind == T_NONE) return a->kind == T_EMPTY ? NULL : type_option(ts, a);
    if (a->kind == T_OPTION || b->kind == T_OPTION) {
        const struct type *e = unify(c, a->kind == T_OPTION ? a->elem : a, b->kind == T_OPTION ? b->elem : b);
        return e ? type_option(ts, e) : NULL;
    }
    if (a->kind == T_EMPTY && (b->kind == T_SET || b->kind == T_SEQ || b->kind == T_BAG || b->kind == T_EMPTY))
        return b;
    if (b->kind == T_EMPTY && (a->kind == T_SET || a->kind == T_SEQ || a->kind == T_BAG)) return a;
    if (a->kind != b->kind) return NULL;
    if (same_names(a, b)) return b;
    const struct type *e;
    switch (a->kind) {
    case T_SET:
        e = unify(c, a->elem, b->elem);
        return e ? type_set(ts, e, a->max && b->max ? (a->max > b->max ? a->max : b->max) : 0) : NULL;
    case T_SEQ:
        e = unify(c, a->elem, b->elem);
        return e && a->base1 == b->base1 ? type_seq(ts, e, a->max > b->max ? a->max : b->max, a->base1) : NULL;
    case T_BAG: e = unify(c, a->elem, b->elem); return e ? type_bag(ts, e, a->max > b->max ? a->max : b->max) : NULL;
    case T_MAP: e = a->key == b->key ? unify(c, a->elem, b->elem) : NULL; return e ? type_map(ts, a->key, e) : NULL;
    case T_TUPLE: {
        if (a->n != b->n) return NULL;
        const struct type **parts = arena_alloc(c->arena, a->n * sizeof *parts);
        for (uint32_t i = 0; i < a->n; i++)
            if (!(parts[i] = unify(c, a->fields[i].type, b->fields[i].type))) return NULL;
        return type_tuple(ts, parts, a->n);
    }
    default: return NULL;
    }
}

bool fits_range(const struct type *from, const struct type *to) { return from->lo >= to->lo && from->hi <= to->hi; }

static struct ir *mismatch(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    struct diag *d = error_at(c, span, "this is %s, but %s is wanted here", tname(c, e->type), tname(c, t));
    if (e->type->kind == T_OPTION && e->type->elem == t) hint(c, d, "write `x ?? default`, or test `x != none` first");
    if (t->kind == T_BOOL && type_is_int(e->type)) hint(c, d, "write a comparison, such as `!= 0`");
    return bad(c, span);
}

/* Rebuilds a collection element by element, each converted. */
static struct ir *convert_each(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    struct program *p = P(c);
    struct ir_gen *g = arena_alloc(&p->arena, sizeof *g);
    uint32_t slot = ir_slot(p, t->kind == T_MAP ? t->key : e->type->elem);
    if (t->kind == T_MAP) {
        *g = (struct ir_gen){.kind = G_VALUES, .slot = slot};
        uint32_t whole = ir_slot(p, e->type);
        struct ir *src = ir_cheap(e) ? e : ir_local(p, whole, span);
        struct ir *v = coerce(c, ir_index(p, src, ir_local(p, slot, span), span), t->elem, span);
        if (is_bad(v)) return v;
        struct ir *map = ir_reduce(p, R_MAP, t, g, 1, v, NULL, span);
        if (ir_cheap(e)) return map;
        struct ir *kids[2] = {e, map};
        struct ir let = {.op = IR_LET, .type = t, .span = span, .slot = whole, .n = 2};
        return ir_with(p, &let, kids);
    }
    *g = (struct ir_gen){.kind = t->kind == T_BAG ? G_BAGALL : G_SET, .slot = slot, .src = e};
    struct ir *v = coerce(c, ir_local(p, slot, span), t->elem, span);
    if (is_bad(v)) return v;
    return ir_reduce(p, t->kind == T_BAG ? R_BAG : R_SET, t, g, 1, v, NULL, span);
}

struct ir *with_let(struct compile *c, struct ir *e,
                    struct ir *(*use)(struct compile *, struct ir *, const struct type *, struct span),
                    const struct type *t, struct span span) {
    if (ir_cheap(e)) return use(c, e, t, span);
    uint32_t slot = ir_slot(P(c), e->type);
    struct ir *body = use(c, ir_local(P(c), slot, span), t, span);
    if (is_bad(body)) return body;
    struct ir *kids[2] = {e, body};
    struct ir let = {.op = IR_LET, .type = body->type, .span = span, .slot = slot, .n = 2};
    return ir_with(P(c), &let, kids);
}

static struct ir *convert_option(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    struct program *p = P(c);
    struct ir *inner = ir_new(p, IR_UNWRAP, e->type->elem, span, 1, e);
    if (inner->op == IR_UNWRAP) {
        inner->imm = 1;
        inner->total = e->total;
    }
    inner = coerce(c, inner, t->elem, span);
    if (is_bad(inner)) return inner;
    struct ir *some = ir_new(p, IR_SOME, t, span, 1, inner);
    return ir_new(p, IR_IF, t, span, 3, ir_new(p, IR_ISSOME, BOOL(c), span, 1, e), some, ir_const(p, t, 0, span));
}

static struct ir *convert_tuple(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    struct ir **parts = arena_alloc(c->arena, t->n * sizeof *parts);
    for (uint32_t i = 0; i < t->n; i++) {
        parts[i] = coerce(c, ir_field(P(c), e, i, span), t->fields[i].type, span);
        if (is_bad(parts[i])) return parts[i];
    }
    return ir_cons(P(c), t, 0, parts, t->n, span);
}

static struct ir *convert_enum(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    struct program *p = P(c);
    struct ir *result = ir_const(p, t, t->n - 1, span);
    for (uint32_t i = t->n - 1; i-- > 0;)
        result = ir_new(p, IR_IF, t, span, 3, ir_eq(p, e, ir_const(p, e->type, i, span), span), ir_const(p, t, i, span),
                        result);
    return result;
}

struct ir *coerce(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    struct program *p = P(c);
    const struct type *u = e->type;
    if (u == t || u->kind == T_ERROR || t->kind == T_ERROR) return e;
    if (t->kind == T_RANGE && u->kind == T_RANGE) {
        if (fits_range(u, t)) return e;
        if (e->op == IR_CONST && (e->imm < t->lo || e->imm > t->hi) && t->mode == RANGE_CLAIM && t->universe) {
            if (c->inlined) { /* perhaps in a branch that these arguments never take */
                struct ir *fail = ir_new(p, IR_FAIL, t, span, 0);
                fail->imm = DC_RANGE;
                return fail;
            }
            error_at(c, span, "%lld is outside %s", (long long)e->imm, tname(c, t));
            return bad(c, span);
        }
        return ir_new(p, IR_TORANGE, t, span, 1, e);
    }
    if (t->kind == T_OPTION) {
        if (u->kind == T_NONE) return ir_const(p, t, 0, span);
        if (u->kind == T_OPTION) return with_let(c, e, convert_option, t, span);
        struct ir *inner = coerce(c, e, t->elem, span);
        return is_bad(inner) ? inner : ir_new(p, IR_SOME, t, span, 1, inner);
    }
    if (u->kind == T_OPTION) { /* a checked conversion: none here is a reported error */
        if (!unify(c, u->elem, t)) return mismatch(c, e, t, span);
        return coerce(c, ir_new(p, IR_UNWRAP, u->elem, span, 1, e), t, span);
    }
    if (u->kind == T_EMPTY && (t->kind == T_SET || t->kind == T_SEQ || t->kind == T_BAG))
        return ir_const(p, t, 0, span);
    if (same_names(u, t)) return with_let(c, e, convert_enum, t, span);
    if (u->kind != t->kind || !unify(c, u, t)) return mismatch(c, e, t, span);
    switch (t->kind) {
    case T_SET:
        if (u->elem == t->elem && u->bitset) {
            if (!t->checked) return e;
            return ir_new(p, IR_UNION, t, span, 2, e, ir_const(p, t, 0, span));
        }
        return convert_each(c, e, t, span);
    case T_BAG:
    case T_MAP: return convert_each(c, e, t, span);
    case T_SEQ:
        if (u->elem != t->elem &&
            !(u->elem->kind == T_RANGE && t->elem->kind == T_RANGE && fits_range(u->elem, t->elem)))
            return mismatch(c, e, t, span);
        return ir_new(p, IR_CONCAT, t, span, 2, e, ir_const(p, t, 0, span));
    case T_TUPLE: return with_let(c, e, convert_tuple, t, span);
    default: return mismatch(c, e, t, span);
    }
}

struct ir *elab_as(struct compile *c, struct cx *x, const struct ast *a, const struct type *t) {
    struct ir *e = elab(c, x, a, t);
    uint32_t outer = c->inlined;
    c->inlined = x->inlined;
    e = coerce(c, e, t, a->span);
    c->inlined = outer;
    return e;
}

struct ir *elab_bool(struct compile *c, struct cx *x, const struct ast *a) {
    return elab_as(c, x, a, BOOL(c));
}

bool const_int(struct compile *c, struct scope *s, const struct ast *a, int64_t *out) {
    struct cx x = cx_const(c, s);
    struct ir *e = elab_as(c, &x, a, INT(c));
    if (is_bad(e)) return false;
    if (e->op != IR_CONST) {
        if (P(c)->folded < FOLD_WORK) /* else compile says so */
            error_at(c, a->span, "this must be known before the run; it may use constants only");
        return false;
    }
    *out = e->imm;
    return true;
}
