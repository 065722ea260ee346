/* Operators: comparisons, membership, sets, arithmetic with its intervals, temporal words. */
#include <string.h>

#include "compiler/cover.h"

/* ---- operators ---- */

static bool mixes(const struct ast *kid, int64_t a, int64_t b) {
    return kid->kind == AST_BINARY && (kid->value == a || kid->value == b);
}

static struct ir *check_mix(struct compile *c, const struct ast *a) {
    for (uint32_t i = 0; i < 2; i++) {
        const struct ast *k = a->kid[i];
        bool wrong = (a->value == TOK_AND && mixes(k, TOK_OR, TOK_OR)) ||
                     (a->value == TOK_OR && mixes(k, TOK_AND, TOK_AND)) ||
                     (a->value == TOK_IMPLIES && i == 0 && mixes(k, TOK_AND, TOK_OR));
        if (!wrong) continue;
        struct diag *d = error_at(c, k->span, "`%s` and `%s` are mixed without parentheses",
                                  token_spelling((enum token_kind)k->value), token_spelling((enum token_kind)a->value));
        hint(c, d, "write ( ) around this part to say how it is meant");
        return bad(c, a->span);
    }
    return NULL;
}

static const struct type *interval(struct compile *c, enum ir_op op, const struct type *a, const struct type *b) {
    int64_t lo, hi;
    ir_interval(op, a, b, &lo, &hi);
    return type_range(&P(c)->types, lo, hi, RANGE_CLAIM);
}

struct ir *as_int(struct compile *c, struct ir *e, struct span span) {
    if (is_bad(e) || type_is_int(e->type)) return e;
    if (e->type->kind == T_SYM) {
        struct diag *d =
            error_at(c, span, "values of the symmetric type %s have no order and no arithmetic", tname(c, e->type));
        hint(c, d, "declare it as a range, such as `1..3`, if the protocol compares ids");
        return bad(c, span);
    }
    return coerce(c, e, INT(c), span);
}

struct ir *elab_arithmetic(struct compile *c, enum ir_op op, struct ir *a, struct ir *b, struct span span) {
    if (is_bad(a) || is_bad(b)) return bad(c, span);
    return ir_new(P(c), op, interval(c, op, a->type, b->type), span, 2, a, b);
}

static bool bare(const struct ast *a) { /* a literal whose type the other side must tell */
    while (a->kind == AST_TUPLE && a->n == 1) a = a->kid[0];
    if (a->kind == AST_SET || a->kind == AST_SEQ || a->kind == AST_BAG) {
        for (uint32_t i = 0; i < a->n; i++)
            if (!bare(a->kid[i])) return false;
        return true;
    }
    return a->kind == AST_NONE || a->kind == AST_NAME;
}

/* Elaborates both sides of an operator so that either may tell the other's type. */
/* What one side tells about the other: names and tags, but not ranges, for those of one are no claim on the other. */
static const struct type *hint_from(struct compile *c, const struct type *t) {
    bool list = t->kind == T_SET || t->kind == T_BAG;
    if (t->kind == T_SEQ && type_is_int(t->elem)) return type_seq(&P(c)->types, P(c)->types.integer, t->max, t->base1);
    return list && type_is_int(t->elem) ? NULL : t;
}

static bool both(struct compile *c, struct cx *x, const struct ast *a, struct ir **l, struct ir **r,
                 const struct type *expected) {
    bool swap = !expected && bare(a->kid[0]) && !bare(a->kid[1]);
    if (!expected && bare(a->kid[0]) && a->kid[0]->kind == AST_NAME) { /* a name that is declared tells its own type */
        swap = false;
        bool known = lookup(x->scope, a->kid[0]->text) != NULL;
        for (struct env *e = x->env; e; e = e->up) known |= e->name == a->kid[0]->text;
        if (!known) swap = true;
    }
    if (swap) {
        *r = elab(c, x, a->kid[1], NULL);
        *l = elab(c, x, a->kid[0], hint_from(c, (*r)->type));
    } else {
        *l = elab(c, x, a->kid[0], expected);
        *r = elab(c, x, a->kid[1], expected ? expected : hint_from(c, (*l)->type));
    }
    return !is_bad(*l) && !is_bad(*r);
}

struct ir *no_common(struct compile *c, struct ir *l, struct ir *r, struct span span) {
    error_at(c, span, "the two sides do not fit: %s and %s", tname(c, l->type), tname(c, r->type));
    return bad(c, span);
}

static struct ir *compare(struct compile *c, struct cx *x, const struct ast *a) {
    struct ir *l, *r;
    if (!both(c, x, a, &l, &r, NULL)) return bad(c, a->span);
    bool equal = a->value == TOK_EQ || a->value == TOK_NE;
    const struct type *t = unify(c, l->type, r->type);
    if (!t || t->kind == T_NONE || t->kind == T_EMPTY) return no_common(c, l, r, a->span);
    if (!equal) {
        const struct type *sym = t;
        while (sym->kind == T_OPTION) sym = sym->elem;
        if (sym->kind == T_SYM) return as_int(c, sym == t ? l : ir_const(P(c), sym, 0, a->span), a->span);
        if (!t->ordered) {
            struct diag *d = error_at(c, a->span, "%s has no order", tname(c, t));
            if (t->kind == T_SET) hint(c, d, "sets are compared with `subset`");
            return bad(c, a->span);
        }
    }
    if (t->kind != T_RANGE) {
        l = coerce(c, l, t, a->kid[0]->span);
        r = coerce(c, r, t, a->kid[1]->span);
        if (is_bad(l) || is_bad(r)) return bad(c, a->span);
    }
    switch (a->value) {
    case TOK_EQ:
    case TOK_NE: {
        struct ir *e = ir_eq(P(c), l, r, a->span);
        if (a->value == TOK_NE) e = ir_not(P(c), e);
        if (e->op == IR_NOT) e->imm = 1; /* written as one comparison: reports keep it whole */
        if (e->op == IR_NOT || e->op == IR_ISSOME) e->span = a->span;
        return e;
    }
    case TOK_LT: return ir_new(P(c), IR_LT, BOOL(c), a->span, 2, l, r);
    case TOK_LE: return ir_new(P(c), IR_LE, BOOL(c), a->span, 2, l, r);
    case TOK_GT: return ir_new(P(c), IR_LT, BOOL(c), a->span, 2, r, l);
    default: return ir_new(P(c), IR_LE, BOOL(c), a->span, 2, r, l);
    }
}

static struct ir *membership(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    const struct ast *set = a->kid[1];
    while (set->kind == AST_TUPLE && set->n == 1) set = set->kid[0];
    struct ir *v = elab(c, x, a->kid[0], NULL), *in = NULL;
    if (is_bad(v)) return v;
    if (set->kind == AST_BINARY && set->value == TOK_DOTDOT) { /* no set need be made */
        struct ir *lo = elab_as(c, x, set->kid[0], INT(c)), *hi = elab_as(c, x, set->kid[1], INT(c));
        v = as_int(c, v, a->kid[0]->span);
        if (is_bad(v) || is_bad(lo) || is_bad(hi)) return bad(c, a->span);
        struct ir *again = v;
        uint32_t slot = 0;
        if (!ir_cheap(v)) {
            slot = ir_slot(p, v->type);
            again = ir_local(p, slot, a->span);
        }
        in = ir_and(p, ir_new(p, IR_LE, BOOL(c), a->span, 2, lo, again),
                    ir_new(p, IR_LE, BOOL(c), a->span, 2, again, hi));
        if (again != v) {
            struct ir *kids[2] = {v, in};
            struct ir let = {.op = IR_LET, .type = BOOL(c), .span = a->span, .slot = slot, .n = 2};
            in = ir_with(p, &let, kids);
        }
    } else {
        const struct type *hint_type = v->type->kind == T_NONE ? NULL : type_set(&p->types, v->type, 0);
        struct ir *s = elab(c, x, set, hint_type);
        if (is_bad(s)) return s;
        if (s->type->kind == T_EMPTY) return ir_bool(p, a->value == TOK_NOTIN, a->span);
        if (s->type->kind != T_SET) {
            struct diag *d = error_at(c, set->span, "this is %s, but a set is wanted here", tname(c, s->type));
            if (s->type->kind == T_SEQ || s->type->kind == T_BAG) hint(c, d, "write `elements(...)`");
            return bad(c, a->span);
        }
        const struct type *et = unify(c, v->type, s->type->elem);
        if (!et) return no_common(c, v, s, a->span);
        if (et->kind == T_RANGE && !fits_range(v->type, s->type->elem)) { /* outside the element type: not a member */
            const struct type *u = s->type->elem;
            if (!ir_cheap(v)) {
                uint32_t slot = ir_slot(p, v->type);
                struct ir *again = ir_local(p, slot, a->span);
                struct ir *inside_ =
                    ir_and(p, ir_new(p, IR_LE, BOOL(c), a->span, 2, ir_const(p, u, u->lo, a->span), again),
                           ir_new(p, IR_LE, BOOL(c), a->span, 2, again, ir_const(p, u, u->hi, a->span)));
                in = ir_and(p, inside_, ir_new(p, IR_MEMBER, BOOL(c), a->span, 2, again, s));
                struct ir *kids[2] = {v, in};
                struct ir let = {.op = IR_LET, .type = BOOL(c), .span = a->span, .slot = slot, .n = 2};
                in = ir_with(p, &let, kids);
            } else {
                struct ir *inside_ = ir_and(p, ir_new(p, IR_LE, BOOL(c), a->span, 2, ir_const(p, u, u->lo, a->span), v),
                                            ir_new(p, IR_LE, BOOL(c), a->span, 2, v, ir_const(p, u, u->hi, a->span)));
                in = ir_and(p, inside_, ir_new(p, IR_MEMBER, BOOL(c), a->span, 2, v, s));
            }
        } else {
            const struct type *st = et == s->type->elem || et->kind == T_RANGE ? s->type : type_set(&p->types, et, 0);
            s = coerce(c, s, st, set->span);
            if (et->kind != T_RANGE) v = coerce(c, v, st->elem, a->kid[0]->span);
            if (is_bad(v) || is_bad(s)) return bad(c, a->span);
            in = ir_new(p, IR_MEMBER, BOOL(c), a->span, 2, v, s);
        }
    }
    if (a->value != TOK_NOTIN) return in;
    struct ir *out = ir_not(p, in);
    if (out->op == IR_NOT) out->imm = 1; /* one comparison for reports */
    return out;
}

static struct ir *set_operator(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    static const struct {
        enum token_kind token;
        enum ir_op op;
    } map[] = {{TOK_UNION, IR_UNION}, {TOK_INTERSECT, IR_INTER}, {TOK_SETMINUS, IR_DIFF}, {TOK_SUBSET, IR_SUBSETEQ}};
    enum ir_op op = IR_UNION;
    for (int i = 0; i < 4; i++)
        if ((int64_t)map[i].token == a->value) op = map[i].op;
    struct ir *l, *r;
    const struct type *want = expected && expected->kind == T_SET ? expected : NULL;
    if (!both(c, x, a, &l, &r, want)) return bad(c, a->span);
    const struct type *t = unify(c, l->type, r->type);
    if (op == IR_UNION && expected && expected->kind == T_SET && t && unify(c, t, expected) == expected) t = expected;
    if (!t || (t->kind != T_SET && t->kind != T_EMPTY)) {
        if (!t) return no_common(c, l, r, a->span);
        error_at(c, a->span, "`%s` wants sets, this is %s", token_spelling((enum token_kind)a->value), tname(c, t));
        return bad(c, a->span);
    }
    if (t->kind == T_EMPTY) {
        if (op == IR_SUBSETEQ) return ir_bool(P(c), true, a->span);
        return l;
    }
    if (!t->bitset && op == IR_UNION && !(expected && expected == t))
        t = type_set(&P(c)->types, t->elem, t->max ? t->max : 0);
    const struct type *plain = t->bitset && op != IR_UNION ? type_set(&P(c)->types, t->elem, 0) : t;
    l = coerce(c, l, plain, a->kid[0]->span);
    r = coerce(c, r, plain, a->kid[1]->span);
    if (is_bad(l) || is_bad(r)) return bad(c, a->span);
    return ir_new(P(c), op, op == IR_SUBSETEQ ? BOOL(c) : plain, a->span, 2, l, r);
}

static struct ir *coalesce(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct program *p = P(c);
    struct ir *e = elab(c, x, a->kid[0], expected ? type_option(&p->types, expected) : NULL);
    if (is_bad(e)) return e;
    if (e->type->kind != T_OPTION) {
        error_at(c, a->kid[0]->span, "this is %s and never none, so it needs no default", tname(c, e->type));
        return bad(c, a->span);
    }
    struct ir *d = elab(c, x, a->kid[1], e->type->elem);
    const struct type *t = unify(c, e->type->elem, d->type);
    if (is_bad(d)) return d;
    if (!t) return no_common(c, e, d, a->span);
    uint32_t slot = ir_slot(p, e->type);
    struct ir *again = ir_cheap(e) ? e : ir_local(p, slot, a->span);
    struct ir *value = ir_new(p, IR_UNWRAP, e->type->elem, a->span, 1, again);
    if (value->op == IR_UNWRAP) {
        value->imm = 1;
        value->total = again->total;
    }
    struct ir *body = ir_new(p, IR_IF, t, a->span, 3, ir_new(p, IR_ISSOME, BOOL(c), a->span, 1, again),
                             coerce(c, value, t, a->span), coerce(c, d, t, a->span));
    if (again == e) return body;
    struct ir *kids[2] = {e, body};
    struct ir let = {.op = IR_LET, .type = t, .span = a->span, .slot = slot, .n = 2};
    return ir_with(p, &let, kids);
}

static struct ir *temporal(struct compile *c, struct cx *x, const struct ast *a) {
    const char *word = token_spelling((enum token_kind)a->value);
    struct cx inside = *x;
    if (a->value == TOK_CAN) inside.flags &= ~(uint32_t)CX_TEMPORAL; /* it is about states */
    if (!(x->flags & (a->value == TOK_CAN ? CX_CAN : CX_TEMPORAL))) {
        struct diag *d =
            error_at(c, a->span, "`%s` says something about behaviours, and this is about one state", word);
        hint(c, d,
             a->value == TOK_CAN ? "`can` may stand in invariant, initially, reachable and property"
                                 : "declare it as a `property`");
        return bad(c, a->span);
    }
    struct ir *kids[2] = {0};
    for (uint32_t i = 0; i < a->n; i++) {
        kids[i] = elab_bool(c, &inside, a->kid[i]);
        if (is_bad(kids[i])) return kids[i];
    }
    if (a->value == TOK_LEADSTO) kids[0] = cover_leadsto(c, a, kids[0]);
    struct ir t = {.op = IR_TEMPORAL, .type = BOOL(c), .span = a->span, .imm = a->value, .n = a->n};
    return ir_with(P(c), &t, kids);
}

struct ir *elab_binary(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct program *p = P(c);
    switch (a->value) {
    case TOK_AND:
    case TOK_OR:
    case TOK_IMPLIES:
    case TOK_IFF: {
        struct ir *mixed = check_mix(c, a);
        if (mixed) return mixed;
        struct ir *l = elab_bool(c, x, a->kid[0]), *r = elab_bool(c, x, a->kid[1]);
        if (is_bad(l) || is_bad(r)) return bad(c, a->span);
        if (a->value == TOK_IMPLIES) cover_implies(c, a, &l, &r);
        if (a->value == TOK_AND) return ir_and(p, l, r);
        if (a->value == TOK_OR) return ir_or(p, l, r);
        if (a->value == TOK_IFF) return ir_eq(p, l, r, a->span);
        return ir_or(p, ir_not(p, l), r);
    }
    case TOK_LEADSTO:
    case TOK_UNTIL: return temporal(c, x, a);
    case TOK_EQ:
    case TOK_NE:
    case TOK_LT:
    case TOK_LE:
    case TOK_GT:
    case TOK_GE: return compare(c, x, a);
    case TOK_IN:
    case TOK_NOTIN: return membership(c, x, a);
    case TOK_UNION:
    case TOK_INTERSECT:
    case TOK_SETMINUS:
    case TOK_SUBSET: return set_operator(c, x, a, expected);
    case TOK_COALESCE: return coalesce(c, x, a, expected);
    case TOK_DOTDOT: {
        struct gens g = {0};
        struct ir *v;
        if (!gen_from(c, x, &g, a, GEN_FREE, &v)) return bad(c, a->span);
        return make_reduce(c, &g, R_SET, type_set(&p->types, v->type, 0), NULL, v, NULL, a->span);
    }
    case TOK_CONCAT: {
        struct ir *l, *r;
        if (!both(c, x, a, &l, &r, expected && expected->kind == T_SEQ ? expected : NULL)) return bad(c, a->span);
        const struct type *t = unify(c, l->type, r->type);
        if (!t || t->kind != T_SEQ) return no_common(c, l, r, a->span);
        if (expected && expected->kind == T_SEQ && unify(c, t, expected)) t = expected;
        else t = type_seq(&p->types, t->elem, l->type->max + r->type->max, t->base1);
        return ir_new(p, IR_CONCAT, t, a->span, 2, l->type->kind == T_EMPTY ? coerce(c, l, t, a->span) : l,
                      r->type->kind == T_EMPTY ? coerce(c, r, t, a->span) : r);
    }
    default: {
        enum ir_op op = a->value == TOK_PLUS    ? IR_ADD
                        : a->value == TOK_MINUS ? IR_SUB
                        : a->value == TOK_STAR  ? IR_MUL
                        : a->value == TOK_DIV   ? IR_DIV
                                                : IR_MOD;
        struct ir *l = as_int(c, elab(c, x, a->kid[0], NULL), a->kid[0]->span),
                  *r = as_int(c, elab(c, x, a->kid[1], NULL), a->kid[1]->span);
        return elab_arithmetic(c, op, l, r, a->span);
    }
    }
}

struct ir *elab_unary(struct compile *c, struct cx *x, const struct ast *a) {
    if (a->value == TOK_NOT) {
        struct ir *e = elab_bool(c, x, a->kid[0]);
        if (is_bad(e)) return e;
        struct ir *r = ir_not(P(c), e);
        if (r->op == IR_NOT) r->span = a->span;
        return r;
    }
    if (a->value == TOK_MINUS) {
        struct ir *e = as_int(c, elab(c, x, a->kid[0], NULL), a->kid[0]->span);
        if (is_bad(e)) return e;
        struct ir *zero = ir_const(P(c), type_range(&P(c)->types, 0, 0, RANGE_CLAIM), 0, a->span);
        return elab_arithmetic(c, IR_SUB, zero, e, a->span);
    }
    return temporal(c, x, a);
}
