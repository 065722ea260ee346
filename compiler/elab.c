/* Expressions: names are resolved, types inferred, definitions inlined, loops flattened. */
#include <string.h>

#include "compiler/elab.h"
#include "compiler/eval.h"

#define P(c) ((c)->p)
#define INT(c) ((c)->p->types.integer)
#define BOOL(c) ((c)->p->types.boolean)

enum { MAX_INLINE = 64, MAX_DEPTH = 1600 };

struct ir *bad(struct compile *c, struct span span) {
    struct ir *e = arena_alloc(&P(c)->arena, sizeof *e);
    *e = (struct ir){.op = IR_CONST, .type = P(c)->types.error, .span = span, .total = true, .stateless = true};
    return e;
}

static const char *tname(struct compile *c, const struct type *t) { return type_name(c->arena, t); }

struct env *env_push(struct compile *c, struct cx *x, const char *name, struct ir *value, struct span span) {
    if (!strcmp(name, "_")) return x->env;
    struct symbol *s = lookup(x->scope, name);
    if (s && s->kind != SYM_ACTION && s->kind != SYM_PREDICATE && s->kind != SYM_MODULE && s->scope &&
        s->scope->unit == x->scope->unit && !x->inlined) {
        struct diag *d = error_at(c, span, "`%s` already names something here, and nothing may hide anything", name);
        hint(c, d, "choose another name for this one");
    }
    if (value->op == IR_LOCAL && !P(c)->slot_names.at[value->slot]) P(c)->slot_names.at[value->slot] = name;
    struct env *e = arena_alloc(c->arena, sizeof *e);
    *e = (struct env){.up = x->env, .name = name, .value = value, .span = span};
    return x->env = e;
}

/* ---- types that fit ---- */

static const struct type *unify(struct compile *c, const struct type *a, const struct type *b) {
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

static bool fits_range(const struct type *from, const struct type *to) {
    return from->lo >= to->lo && from->hi <= to->hi;
}

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

static struct ir *with_let(struct compile *c, struct ir *e,
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

struct ir *coerce(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    struct program *p = P(c);
    const struct type *u = e->type;
    if (u == t || u->kind == T_ERROR || t->kind == T_ERROR) return e;
    if (t->kind == T_RANGE && u->kind == T_RANGE) {
        if (fits_range(u, t)) return e;
        if (e->op == IR_CONST && (e->imm < t->lo || e->imm > t->hi) && t->mode == RANGE_CLAIM && t->universe) {
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
    return coerce(c, elab(c, x, a, t), t, a->span);
}

struct ir *elab_bool(struct compile *c, struct cx *x, const struct ast *a) {
    return elab_as(c, x, a, BOOL(c));
}

bool const_int(struct compile *c, struct scope *s, const struct ast *a, int64_t *out) {
    struct cx x = cx_const(c, s);
    struct ir *e = elab_as(c, &x, a, INT(c));
    if (is_bad(e)) return false;
    if (e->op != IR_CONST) {
        error_at(c, a->span, "this must be known before the run; it may use constants only");
        return false;
    }
    *out = e->imm;
    return true;
}

/* ---- generators ---- */

struct ir *full_set(struct compile *c, const struct type *t, struct span span) {
    const struct type *st = type_set(&P(c)->types, t, 0);
    if (st->kind == T_ERROR) return bad(c, span);
    if (!st->bitset) {
        struct diag *d = error_at(c, span, "%s has too many values to be written out as a set", tname(c, t));
        hint(c, d, "sets of all values go up to %d elements; use it in a binder, `x in ...`", SET_BITS_MAX);
        return bad(c, span);
    }
    struct ir *e = ir_const(P(c), st, 0, span);
    if (st->words) {
        uint64_t *w = arena_alloc(&P(c)->arena, st->words * sizeof *w);
        for (uint64_t i = 0; i < t->universe; i++) w[i / 64] |= (uint64_t)1 << (i % 64);
        e->words = w;
    } else {
        e->imm = (int64_t)(t->universe >= 64 ? UINT64_MAX : ((uint64_t)1 << t->universe) - 1);
    }
    return e;
}

bool bind_pattern(struct compile *c, struct cx *x, const struct ast *pat, struct ir *v) {
    if (pat->kind == AST_NAME) {
        env_push(c, x, pat->text, v, pat->span);
        return true;
    }
    if (pat->kind == AST_TUPLE && v->type->kind == T_TUPLE && v->type->n == pat->n) {
        for (uint32_t i = 0; i < pat->n; i++)
            if (!bind_pattern(c, x, pat->kid[i], ir_field(P(c), v, i, pat->span))) return false;
        return true;
    }
    if (pat->kind == AST_TUPLE && pat->n == 1) return bind_pattern(c, x, pat->kid[0], v);
    if (!is_bad(v)) error_at(c, pat->span, "this pattern does not fit %s", tname(c, v->type));
    return false;
}

static struct ir *push_gen(struct compile *c, struct gens *g, struct ir_gen gen, const struct type *t,
                           struct span span) {
    gen.slot = ir_slot(P(c), t);
    ARENA_PUSH(c, g->list, gen);
    return ir_local(P(c), gen.slot, span);
}

static void add_cond(struct compile *c, struct gens *g, struct ir *cond) {
    g->cond = g->cond ? ir_and(P(c), g->cond, cond) : cond;
}

static bool gen_values(struct compile *c, struct gens *g, const struct type *t, struct ir **value, struct span span) {
    if (t->kind == T_ERROR) return false;
    if (!t->universe || t->universe > ((uint64_t)1 << 40)) {
        error_at(c, span, "%s has too many values to go through", tname(c, t));
        return false;
    }
    *value = push_gen(c, g, (struct ir_gen){.kind = G_VALUES}, t, span);
    return true;
}

static bool gen_messages(struct compile *c, struct cx *x, struct gens *g, int kind, struct ir **value,
                         struct span span) {
    struct message_info *m = &c->messages.at[kind];
    struct ir *v;
    m->read = true;
    if (!module_gens(c, g, m->network, "messages", NULL, 0, GEN_DISTINCT, &v, span)) return false;
    add_cond(c, g, ir_istag(P(c), v, m->variant, span));
    uint32_t n = m->record->n;
    struct ir **parts = arena_alloc(c->arena, (n + 1) * sizeof *parts);
    for (uint32_t i = 0; i < n; i++) parts[i] = ir_payload(P(c), v, m->variant, i, span);
    if (!(x->flags & CX_PROPERTY) && x->process >= 0 && m->to_field >= 0 &&
        m->receivers.n) { /* those that this process could take */
        const struct type *tt = m->record->fields[m->to_field].type;
        struct ir *me = tt == P(c)->process_type ? process_value(c, x->process, x->self, span) : x->self;
        bool mine = false;
        for (uint32_t i = 0; i < m->receivers.n; i++) mine |= m->receivers.at[i] == x->process;
        if (mine && me) add_cond(c, g, ir_eq(P(c), parts[m->to_field], me, span));
    }
    *value = ir_cons(P(c), m->record, 0, parts, n, span);
    return true;
}

static struct ast *def_body(struct symbol *s) {
    if (s->kind != SYM_DEF) return NULL;
    if (s->override) return (struct ast *)(uintptr_t)s->override;
    return s->decl->kind == AST_DEF && !s->decl->kid[0]->n ? s->decl->kid[2] : NULL;
}

static struct cx inside(struct cx *x, struct symbol *s) {
    struct cx y = *x;
    y.scope = s->override && s->override_scope ? s->override_scope : s->scope;
    y.env = NULL;
    y.inlined++;
    return y;
}

static bool too_deep(struct compile *c, struct cx *x, struct span span, const char *name) {
    if (x->inlined < MAX_INLINE) return false;
    struct diag *d = error_at(c, span, "`%s` is defined through itself, or too many definitions deep", name);
    hint(c, d, "there is no recursion; `fold` and `closure` serve");
    return true;
}

/* Materialises the set and goes through it in canonical order. */
static bool gen_plain(struct compile *c, struct cx *x, struct gens *g, const struct ast *set, struct ir **value) {
    struct ir *s = elab(c, x, set, NULL);
    if (is_bad(s)) return false;
    if (s->type->kind == T_OPTION && s->type->elem->kind == T_SET) s = coerce(c, s, s->type->elem, set->span);
    if (s->type->kind == T_EMPTY) s = ir_const(P(c), type_set(&P(c)->types, BOOL(c), 0), 0, set->span);
    if (s->type->kind != T_SET) {
        struct diag *d = error_at(c, set->span, "this is %s, but a set is wanted here", tname(c, s->type));
        if (s->type->kind == T_SEQ || s->type->kind == T_BAG)
            hint(c, d, "write `elements(...)` for the set of what is in it, or `indices(...)`");
        if (s->type->kind == T_MAP) hint(c, d, "write `keys(...)` or `values(...)`");
        return false;
    }
    *value = push_gen(c, g, (struct ir_gen){.kind = G_SET, .src = s}, s->type->elem, set->span);
    return true;
}

static bool gen_call(struct compile *c, struct cx *x, struct gens *g, const struct ast *set, enum gen_mode mode,
                     struct ir **value, bool *done) {
    const struct ast *callee = set->kid[0];
    *done = true;
    if (callee->kind == AST_NAME && set->n == 3 && !strcmp(callee->text, "maps") &&
        !lookup(x->scope, callee->text)) { /* one by one, no set is made */
        const struct type *t[2];
        for (int i = 0; i < 2; i++) {
            struct gens probe = {0};
            struct ir *v;
            bool ok = gen_from(c, x, &probe, set->kid[i + 1], GEN_CANONICAL, &v);
            probe.list.n = probe.list.cap = 0;
            if (!ok) return false;
            t[i] = v->type;
        }
        if (!t[0]->universe || t[0]->universe > 4096) {
            error_at(c, set->kid[1]->span, "%s has too many values for the keys of a map", tname(c, t[0]));
            return false;
        }
        return gen_values(c, g, type_map(&P(c)->types, t[0], t[1]), value, set->span);
    }
    if (callee->kind == AST_NAME && set->n == 2 && !lookup(x->scope, callee->text)) {
        const char *f = callee->text;
        if (!strcmp(f, "subsets")) {
            struct ir *s = elab(c, x, set->kid[1], NULL);
            if (is_bad(s)) return false;
            if (s->type->kind != T_SET || !s->type->bitset || s->type->words) {
                error_at(c, set->kid[1]->span, "subsets wants a set of at most 64 possible elements, this is %s",
                         tname(c, s->type));
                return false;
            }
            *value = push_gen(c, g, (struct ir_gen){.kind = G_SUBSETS, .src = s}, s->type, set->span);
            return true;
        }
        if (!strcmp(f, "elements")) {
            struct ir *b = elab(c, x, set->kid[1], NULL);
            if (is_bad(b)) return false;
            if (b->type->kind == T_BAG) {
                *value = push_gen(c, g, (struct ir_gen){.kind = G_BAG, .src = b}, b->type->elem, set->span);
                return true;
            }
        }
        if (!strcmp(f, "indices")) {
            struct ir *s = elab(c, x, set->kid[1], NULL);
            if (is_bad(s)) return false;
            if (s->type->kind == T_SEQ) {
                int64_t base = s->type->base1, last = base + (int64_t)s->type->cap - 1;
                const struct type *it = type_range(&P(c)->types, base, last < base ? base : last, RANGE_CLAIM);
                struct ir *len =
                    ir_new(P(c), IR_SIZE, type_range(&P(c)->types, 0, s->type->cap, RANGE_CLAIM), set->span, 1, s);
                struct ir *hi = ir_new(
                    P(c), IR_ADD, type_range(&P(c)->types, base - 1, last, RANGE_CLAIM), set->span, 2, len,
                    ir_const(P(c), type_range(&P(c)->types, base - 1, base - 1, RANGE_CLAIM), base - 1, set->span));
                *value = push_gen(
                    c, g, (struct ir_gen){.kind = G_RANGE, .src = ir_const(P(c), it, base, set->span), .src2 = hi}, it,
                    set->span);
                return true;
            }
        }
        if (!strcmp(f, "keys")) {
            struct ir *m = elab(c, x, set->kid[1], NULL);
            if (is_bad(m)) return false;
            if (m->type->kind == T_MAP) return gen_values(c, g, m->type->key, value, set->span);
        }
    }
    if (callee->kind == AST_NAME) {
        struct symbol *s = lookup(x->scope, callee->text);
        if (s && s->kind == SYM_DEF && s->decl->kind == AST_DEF && s->decl->kid[0]->n == set->n - 1 &&
            s->decl->kid[2]) {
            if (too_deep(c, x, set->span, s->name)) return false;
            struct cx y = inside(x, s);
            for (uint32_t i = 1; i < set->n; i++) {
                struct ir *arg = elab(c, x, set->kid[i], NULL);
                if (is_bad(arg)) return false;
                if (!ir_cheap(arg))
                    arg = push_gen(c, g, (struct ir_gen){.kind = G_LET, .src = arg}, arg->type, set->kid[i]->span);
                env_push(c, &y, s->decl->kid[0]->kid[i - 1]->text, arg, set->kid[i]->span);
            }
            return gen_from(c, &y, g, s->decl->kid[2], mode, value);
        }
    }
    *done = false;
    return true;
}

bool gen_from(struct compile *c, struct cx *x, struct gens *g, const struct ast *set, enum gen_mode mode,
              struct ir **value) {
    struct program *p = P(c);
    switch (set->kind) {
    case AST_TUPLE:
        if (set->n == 1) return gen_from(c, x, g, set->kid[0], mode, value);
        break;
    case AST_NAME: {
        for (struct env *e = x->env; e; e = e->up)
            if (e->name == set->text) return gen_plain(c, x, g, set, value);
        struct symbol *s = lookup(x->scope, set->text);
        if (!s) {
            if (!strcmp(set->text, "bool")) return gen_values(c, g, BOOL(c), value, set->span);
            break;
        }
        if (s->kind == SYM_TYPE) {
            resolve_symbol(c, s);
            return gen_values(c, g, s->type, value, set->span);
        }
        if (s->kind == SYM_MESSAGE) return s->index >= 0 && gen_messages(c, x, g, s->index, value, set->span);
        const struct ast *body = def_body(s);
        if (body) {
            if (too_deep(c, x, set->span, s->name)) return false;
            struct cx y = inside(x, s);
            return gen_from(c, &y, g, body, mode, value);
        }
        break;
    }
    case AST_BINARY:
        if (set->value == TOK_DOTDOT) {
            struct ir *lo = elab_as(c, x, set->kid[0], INT(c)), *hi = elab_as(c, x, set->kid[1], INT(c));
            if (is_bad(lo) || is_bad(hi)) return false;
            if (lo->op == IR_CONST && hi->op == IR_CONST && lo->imm <= hi->imm)
                return gen_values(c, g, type_range(&p->types, lo->imm, hi->imm, RANGE_CLAIM), value, set->span);
            int64_t a = lo->type->lo, b = hi->type->hi;
            const struct type *t = type_range(&p->types, a, b < a ? a : b, RANGE_CLAIM);
            *value = push_gen(c, g, (struct ir_gen){.kind = G_RANGE, .src = lo, .src2 = hi}, t, set->span);
            return true;
        }
        if (set->value == TOK_SETMINUS || set->value == TOK_INTERSECT) {
            if (!gen_from(c, x, g, set->kid[0], mode, value)) return false;
            const struct type *st = type_set(&p->types, (*value)->type, 0);
            struct ir *other = elab(c, x, set->kid[1], st);
            if (is_bad(other)) return false;
            other = coerce(c, other, st, set->kid[1]->span);
            if (is_bad(other)) return false;
            struct ir *in = ir_new(p, IR_MEMBER, BOOL(c), set->span, 2, *value, other);
            add_cond(c, g, set->value == TOK_SETMINUS ? ir_not(p, in) : in);
            return true;
        }
        break;
    case AST_SETFILTER: {
        const struct ast *in = set->kid[0];
        if (in->kind != AST_BINARY || in->value != TOK_IN) {
            struct diag *d = error_at(c, set->span, "a set with `where` begins with `x in S`");
            hint(c, d, "write `{x in S where P}`, or `{e for x in S where P}`");
            return false;
        }
        struct cx y = *x;
        if (!gen_from(c, x, g, in->kid[1], mode, value) || !bind_pattern(c, &y, in->kid[0], *value)) return false;
        struct ir *cond = elab_bool(c, &y, set->kid[1]);
        if (is_bad(cond)) return false;
        add_cond(c, g, cond);
        return true;
    }
    case AST_SETFOR: {
        if (mode == GEN_CANONICAL) break;
        struct cx y = *x;
        if (!gen_binders(c, &y, g, set->kid[1], set->kid[2], mode)) return false;
        struct ir *e = elab(c, &y, set->kid[0], NULL);
        if (is_bad(e)) return false;
        *value = e;
        if (mode == GEN_DISTINCT || !ir_cheap(e))
            *value = push_gen(
                c, g, (struct ir_gen){.kind = G_LET, .src = e, .distinct = mode == GEN_DISTINCT && e->op != IR_LOCAL},
                e->type, set->span);
        return true;
    }
    case AST_CALL: {
        bool done;
        if (!gen_call(c, x, g, set, mode, value, &done)) return false;
        if (done) return true;
        break;
    }
    case AST_OPTIONAL:
    case AST_ENUM:
    case AST_SYMMETRIC: {
        const struct type *t = elab_type(c, x->scope, set, NULL);
        return gen_values(c, g, t, value, set->span);
    }
    default: break;
    }
    return gen_plain(c, x, g, set, value);
}

bool gen_binders(struct compile *c, struct cx *x, struct gens *g, const struct ast *binders, const struct ast *where,
                 enum gen_mode mode) {
    for (uint32_t i = 0; i < binders->n; i++) {
        const struct ast *group = binders->kid[i], *set = group->kid[group->n - 1];
        struct cx outer = *x; /* the set does not see the group's own names */
        for (uint32_t k = 0; k + 1 < group->n; k++) {
            struct ir *v;
            if (!gen_from(c, &outer, g, set, mode, &v) || !bind_pattern(c, x, group->kid[k], v)) return false;
        }
    }
    if (where) {
        struct ir *cond = elab_bool(c, x, where);
        if (is_bad(cond)) return false;
        add_cond(c, g, cond);
    }
    return true;
}

struct ir_gen *gens_finish(struct compile *c, struct gens *g, struct ir *extra, struct ir **rest, uint32_t n_rest,
                           uint32_t *n) {
    struct program *p = P(c);
    if (!g->list.n && (g->cond || extra)) { /* a loop of one, so that the condition has a place */
        struct span span = g->cond ? g->cond->span : extra->span;
        struct ir_gen one = {.kind = G_LET, .slot = ir_slot(p, BOOL(c)), .src = ir_bool(p, true, span)};
        ARENA_PUSH(c, g->list, one);
    }
    *n = g->list.n;
    struct ir_gen *gens = arena_alloc(&p->arena, (*n + 1) * sizeof *gens);
    if (*n) memcpy(gens, g->list.at, *n * sizeof *gens);
    struct ir *cond = g->cond;
    if (extra) cond = cond ? ir_and(p, cond, extra) : extra;
    if (*n) ir_constrain(p, gens, *n, cond);
    g->list.n = g->list.cap = 0;
    ir_slice(p, gens, *n, rest, n_rest);
    return gens;
}

static struct ir *make_reduce(struct compile *c, struct gens *g, enum reduce op, const struct type *t, struct ir *extra,
                              struct ir *k0, struct ir *k1, struct span span) {
    struct ir *rest[2] = {k0, k1};
    uint32_t n;
    struct ir_gen *gens = gens_finish(c, g, extra, rest, k1 ? 2 : k0 ? 1 : 0, &n);
    return ir_reduce(P(c), op, t, gens, n, k0 ? rest[0] : NULL, k1 ? rest[1] : NULL, span);
}

/* ---- names ---- */

struct ir *var_read(struct compile *c, struct cx *x, const struct ir_var *v, struct ir *self, struct span span) {
    if (x->flags & CX_CONST) {
        struct diag *d = error_at(c, span, "`%s` is a variable; here only constants may be used", v->member);
        hint(c, d, "sizes, budgets and types must be known before the run");
        return bad(c, span);
    }
    if (v->ghost && !(x->flags & (CX_PROPERTY | CX_GHOST))) {
        struct diag *d = error_at(c, span, "`%s` is a ghost: only properties and other ghosts may read it", v->member);
        hint(c, d, "drop `ghost` from its declaration if the protocol needs it");
        return bad(c, span);
    }
    struct ir *e = ir_state(P(c), v, x->primed, span);
    return v->per_instance && self ? ir_index(P(c), e, self, span) : e;
}

struct ir *process_value(struct compile *c, int process, struct ir *id, struct span span) {
    return ir_cons(P(c), P(c)->process_type, (uint32_t)process, &id, c->processes.at[process].id ? 1 : 0, span);
}

struct ir *process_up(struct compile *c, struct cx *x, int process, struct ir *id, struct span span) {
    struct process_info *pi = &c->processes.at[process];
    if (!pi->up) return ir_bool(P(c), true, span);
    struct ir *e = ir_state(P(c), pi->up, x->primed, span);
    return pi->up->per_instance ? ir_index(P(c), e, id, span) : e;
}

static struct ir *unknown(struct compile *c, struct cx *x, const struct ast *a) {
    const char *all[512];
    uint32_t n = 0;
    for (struct env *e = x->env; e && n < 500; e = e->up) all[n++] = e->name;
    for (struct scope *s = x->scope; s; s = s->parent)
        for (uint32_t i = 0; i < s->symbols.n && n < 500; i++) all[n++] = s->symbols.at[i]->name;
    for (uint32_t i = 0; i < P(c)->types.list.n; i++) {
        const struct type *t = P(c)->types.list.at[i];
        for (uint32_t k = 0; t->names && k < t->n && n < 510; k++) all[n++] = t->names[k];
    }
    struct diag *d = error_at(c, a->span, "`%s` is not declared", a->text);
    const char *near = nearest_name(a->text, all, n);
    if (near) hint(c, d, "did you mean `%s`?", near);
    return bad(c, a->span);
}

static struct ir *literal_of(struct compile *c, const struct type *t, const char *name, struct span span) {
    if (!t) return NULL;
    if (t->kind == T_OPTION || t->kind == T_SET) t = t->elem;
    if (t->kind == T_OPTION) t = t->elem;
    if (t->kind == T_ENUM || (t->kind == T_SYM && t->names))
        for (uint32_t i = 0; i < t->n; i++)
            if (t->names[i] == name) {
                if (t->kind == T_SYM) {
                    struct diag *d = error_at(
                        c, span, "`%s` of the symmetric type %s may not be named: its values are interchangeable", name,
                        tname(c, t));
                    hint(c, d, "declare the type as an enum if this value is special");
                }
                return ir_const(P(c), t, i, span);
            }
    if (t->kind == T_UNION)
        for (uint32_t i = 0; i < t->n_variants; i++)
            if (t->variants[i].name == name && t->variants[i].n == 0) return ir_cons(P(c), t, i, NULL, 0, span);
    return NULL;
}

static const struct type *literal_type(struct compile *c, const char *name, uint32_t *index) {
    const struct type *found = NULL;
    for (uint32_t i = 0; i < P(c)->types.list.n; i++) {
        const struct type *t = P(c)->types.list.at[i];
        if (t->kind == T_ENUM || t->kind == T_SYM)
            for (uint32_t k = 0; t->names && k < t->n; k++)
                if (t->names[k] == name) {
                    if (found) return NULL;
                    found = t;
                    *index = k;
                }
        if (t->kind == T_UNION && t != P(c)->process_type)
            for (uint32_t k = 0; k < t->n_variants; k++)
                if (t->variants[k].name == name && !t->variants[k].n) {
                    if (found) return NULL;
                    found = t;
                    *index = k;
                }
    }
    return found;
}

static struct ir *no_self(struct compile *c, struct span span, const char *member, int process) {
    struct diag *d = error_at(c, span, "`%s` belongs to a process; say whose", member);
    hint(c, d, "write `%s[...].%s`", c->processes.at[process].symbol->name, member);
    return bad(c, span);
}

/* The value of a declared thing, in the context of the scope it lives in. */
struct ir *member_value(struct compile *c, struct cx *x, struct symbol *s, const struct ast *at) {
    struct program *p = P(c);
    switch (s->kind) {
    case SYM_CONST:
        resolve_symbol(c, s);
        if (s->var) {
            struct cx y = *x;
            return var_read(c, &y, s->var, NULL, at->span);
        }
        return s->value ? s->value : bad(c, at->span);
    case SYM_VALUE: return s->scope->process >= 0 && x->own_self ? x->own_self : s->value ? s->value : bad(c, at->span);
    case SYM_VAR:
        if (!s->var) return bad(c, at->span);
        if (s->var->per_instance && !x->own_self) return no_self(c, at->span, s->name, s->var->process);
        return var_read(c, x, s->var, x->own_self, at->span);
    case SYM_DEF: {
        const struct ast *body = def_body(s);
        if (!body) {
            if (s->decl->kid[0]->n) {
                struct diag *d = error_at(c, at->span, "`%s` wants %u arguments", s->name, s->decl->kid[0]->n);
                hint(c, d, "call it as %s(...)", s->name);
            } else {
                error_at(c, at->span, "`%s` is a parameter of its module and was given no value", s->name);
            }
            return bad(c, at->span);
        }
        if (too_deep(c, x, at->span, s->name)) return bad(c, at->span);
        struct cx y = inside(x, s);
        struct scope *home = s->scope;
        if (home->process >= 0 && c->processes.at[home->process].id && !x->own_self)
            return no_self(c, at->span, s->name, home->process);
        const struct type *t = s->decl->kid[1] ? elab_type(c, s->scope, s->decl->kid[1], NULL) : NULL;
        return t ? elab_as(c, &y, body, t) : elab(c, &y, body, NULL);
    }
    case SYM_TYPE: resolve_symbol(c, s); return full_set(c, s->type, at->span);
    case SYM_PROCESS:
        if (!c->processes.at[s->index].id) return process_value(c, s->index, NULL, at->span);
        {
            struct diag *d = error_at(c, at->span, "`%s` has several instances; say which", s->name);
            hint(c, d, "write `%s[...]`", s->name);
        }
        return bad(c, at->span);
    case SYM_MESSAGE: {
        struct gens g = {0};
        struct ir *v;
        if (s->index < 0 || !gen_messages(c, x, &g, s->index, &v, at->span))
            return bad(c, at->span); /* its declaration is in error */
        return make_reduce(c, &g, R_SET, type_set(&p->types, v->type, 0), NULL, v, NULL, at->span);
    }
    case SYM_PREDICATE: {
        if (too_deep(c, x, at->span, s->name)) return bad(c, at->span);
        struct cx y = inside(x, s);
        return elab_bool(c, &y, s->decl->kid[0]);
    }
    default: {
        static const char *const what[] = {"a constant",  "a type",     "a definition", "a variable",
                                           "a procedure", "a process",  "a message",    "an action",
                                           "a module",    "a property", "a network",    "a value"};
        error_at(c, at->span, "`%s` is %s and has no value", s->name, what[s->kind]);
        return bad(c, at->span);
    }
    }
}

static struct ir *name(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    for (struct env *e = x->env; e; e = e->up)
        if (e->name == a->text) return e->value;
    struct ir *lit = literal_of(c, expected, a->text, a->span);
    if (lit) return lit;
    struct symbol *s = lookup(x->scope, a->text);
    if (s) return member_value(c, x, s, a);
    if (!strcmp(a->text, "everyone") && P(c)->process_type) {
        const struct type *t = P(c)->process_type;
        return ir_cons(P(c), t, t->n_variants - 1, NULL, 0, a->span);
    }
    if (!strcmp(a->text, "messages") && c->networks.n == 1) {
        struct gens g = {0};
        struct ir *v;
        if (!module_gens(c, &g, 0, "messages", NULL, 0, GEN_FREE, &v, a->span)) return bad(c, a->span);
        return make_reduce(c, &g, R_SET, type_set(&P(c)->types, v->type, 0), NULL, v, NULL, a->span);
    }
    if (!strcmp(a->text, "bool")) return full_set(c, BOOL(c), a->span);
    uint32_t index;
    const struct type *t = literal_type(c, a->text, &index);
    if (t) {
        lit = literal_of(c, t, a->text, a->span);
        if (lit) return lit;
    }
    return unknown(c, x, a);
}

/* ---- process references: p[i].x, and what up() and friends want ---- */

static bool process_ref(struct compile *c, struct cx *x, const struct ast *a, int *process, struct ir **id) {
    while (a->kind == AST_TUPLE && a->n == 1) a = a->kid[0];
    const struct ast *base = a->kind == AST_INDEX && !a->kid[2] ? a->kid[0] : a;
    struct symbol *s = NULL;
    if (base->kind == AST_NAME) {
        for (struct env *e = x->env; e; e = e->up)
            if (e->name == base->text) return false;
        s = lookup(x->scope, base->text);
    }
    if (!s || s->kind != SYM_PROCESS || s->index < 0) return false;
    struct process_info *pi = &c->processes.at[s->index];
    if ((a->kind == AST_INDEX) != (pi->id != NULL)) return false;
    *process = s->index;
    *id = pi->id ? elab_as(c, x, a->kid[1], pi->id) : NULL;
    return true;
}

static struct scope *module_ref(struct cx *x, const struct ast *a) {
    if (a->kind != AST_NAME) return NULL;
    for (struct env *e = x->env; e; e = e->up)
        if (e->name == a->text) return NULL;
    struct symbol *s = lookup(x->scope, a->text);
    return s && s->kind == SYM_MODULE ? s->inner : NULL;
}

static struct ir *process_member(struct compile *c, struct cx *x, const struct ast *a, int process, struct ir *id) {
    struct process_info *pi = &c->processes.at[process];
    struct symbol *s = scope_find(pi->scope, a->text);
    if (id && is_bad(id)) return id;
    if (!s) {
        const char *all[256];
        uint32_t n = 0;
        for (uint32_t i = 0; i < pi->scope->symbols.n && n < 256; i++) all[n++] = pi->scope->symbols.at[i]->name;
        struct diag *d = error_at(c, a->span, "process %s has no `%s`", pi->symbol->name, a->text);
        const char *near = nearest_name(a->text, all, n);
        if (near) hint(c, d, "did you mean `%s`?", near);
        return bad(c, a->span);
    }
    bool own = x->process == process &&
               (!id || !x->self || (id->op == IR_LOCAL && x->self->op == IR_LOCAL && id->slot == x->self->slot));
    if (!own && !(x->flags & (CX_PROPERTY | CX_CONST)) && x->process >= 0) {
        struct diag *d = error_at(c, a->span, "a step of one process may not read `%s` of another", a->text);
        hint(c, d, "let %s send it in a message, or mark the step `oracle`", pi->symbol->name);
        return bad(c, a->span);
    }
    struct cx y = *x;
    y.own_self = id;
    y.scope = pi->scope;
    return member_value(c, &y, s, a);
}

/* m.from and m.to of a Message: the process, whatever the kind. */
static struct ir *envelope(struct compile *c, struct ir *e, int network, bool from, struct span span) {
    struct network_info *n = &c->networks.at[network];
    const struct type *pt = P(c)->process_type;
    struct ir *result = NULL;
    for (uint32_t i = n->messages.n; i-- > 0;) {
        struct message_info *m = &c->messages.at[n->messages.at[i]];
        int field = from ? m->from_field : m->to_field;
        struct ir *part = field >= 0 ? ir_payload(P(c), e, m->variant, (uint32_t)field, span) : NULL;
        struct ir *v;
        if (part && part->type == pt) v = part;
        else if (from) v = process_value(c, m->senders.at[0], part, span);
        else if (!m->receivers.n) v = ir_cons(P(c), pt, pt->n_variants - 1, NULL, 0, span);
        else v = process_value(c, m->receivers.at[0], part, span);
        result = result ? ir_new(P(c), IR_IF, pt, span, 3, ir_istag(P(c), e, m->variant, span), v, result) : v;
    }
    return result ? result : bad(c, span);
}

static struct ir *envelope_let(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    (void)t;
    for (uint32_t i = 0; i < c->networks.n; i++)
        if (c->networks.at[i].message == e->type) return envelope(c, e, (int)i, true, span);
    return bad(c, span);
}
static struct ir *envelope_to_let(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    (void)t;
    for (uint32_t i = 0; i < c->networks.n; i++)
        if (c->networks.at[i].message == e->type) return envelope(c, e, (int)i, false, span);
    return bad(c, span);
}

static struct ir *field_of(struct compile *c, struct ir *e, const struct ast *a) {
    const struct type *t = e->type;
    if (is_bad(e)) return e;
    if (t->kind == T_OPTION) return field_of(c, ir_new(P(c), IR_UNWRAP, t->elem, a->span, 1, e), a);
    if (t->kind == T_RECORD) {
        for (uint32_t i = 0; i < t->n; i++)
            if (t->fields[i].name == a->text) return ir_field(P(c), e, i, a->span);
        for (uint32_t k = 0; k < c->messages.n; k++) { /* a constant part of a message's envelope */
            struct message_info *m = &c->messages.at[k];
            if (m->record != t) continue;
            if (!strcmp(a->text, "from")) return process_value(c, m->senders.at[0], NULL, a->span);
            if (!strcmp(a->text, "to") && m->receivers.n) return process_value(c, m->receivers.at[0], NULL, a->span);
        }
    }
    if (t->kind == T_UNION) {
        for (uint32_t k = 0; k < c->networks.n; k++)
            if (c->networks.at[k].message == t) {
                if (!strcmp(a->text, "from")) return with_let(c, e, envelope_let, NULL, a->span);
                if (!strcmp(a->text, "to")) return with_let(c, e, envelope_to_let, NULL, a->span);
            }
        int found = -1, index = 0;
        for (uint32_t v = 0; v < t->n_variants; v++)
            for (uint32_t i = 0; i < t->variants[v].n; i++)
                if (t->fields[t->variants[v].first + i].name == a->text) {
                    found = found == -1 ? (int)v : -2;
                    index = (int)i;
                }
        if (found >= 0) {
            struct ir *fail =
                ir_new(P(c), IR_FAIL, t->fields[t->variants[found].first + (uint32_t)index].type, a->span, 0);
            fail->imm = DC_MATCH;
            struct ir *get = ir_payload(P(c), e, (uint32_t)found, (uint32_t)index, a->span);
            return ir_new(P(c), IR_IF, get->type, a->span, 3, ir_istag(P(c), e, (uint32_t)found, a->span), get, fail);
        }
        if (found == -2) {
            struct diag *d = error_at(c, a->span, "several kinds of %s have a field `%s`", tname(c, t), a->text);
            hint(c, d, "take it apart with `match e { Kind(x) -> ... }`");
            return bad(c, a->span);
        }
    }
    const char *all[64];
    uint32_t n = 0;
    for (uint32_t i = 0; t->fields && i < t->n && n < 64; i++)
        if (t->fields[i].name) all[n++] = t->fields[i].name;
    struct diag *d = error_at(c, a->span, "%s has no field `%s`", tname(c, t), a->text);
    const char *near = nearest_name(a->text, all, n);
    if (near) hint(c, d, "did you mean `%s`?", near);
    return bad(c, a->span);
}

static struct ir *dot(struct compile *c, struct cx *x, const struct ast *a) {
    int process;
    struct ir *id;
    struct scope *module = module_ref(x, a->kid[0]);
    if (module) {
        struct symbol *s = scope_find(module, a->text);
        if (!s) {
            error_at(c, a->span, "module %s has no `%s`", a->kid[0]->text, a->text);
            return bad(c, a->span);
        }
        struct cx y = *x;
        y.scope = module;
        return member_value(c, &y, s, a);
    }
    if (process_ref(c, x, a->kid[0], &process, &id)) return process_member(c, x, a, process, id);
    return field_of(c, elab(c, x, a->kid[0], NULL), a);
}

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

static int64_t clamp(__int128 v) { return v < INT64_MIN ? INT64_MIN : v > INT64_MAX ? INT64_MAX : (int64_t)v; }

static const struct type *interval(struct compile *c, enum ir_op op, const struct type *a, const struct type *b) {
    __int128 lo, hi;
    __int128 al = a->lo, ah = a->hi, bl = b->lo, bh = b->hi;
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
        if (!a->universe || !b->universe) return INT(c);
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
        if (m <= 0 || !b->universe) return INT(c);
        lo = 0;
        hi = m - 1;
        if (al >= 0 && ah < hi) hi = ah;
        break;
    }
    case IR_DIV:
        if (bl <= 0 || !a->universe) return INT(c);
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
    if (lo < INT64_MIN || hi > INT64_MAX) return INT(c);
    return type_range(&P(c)->types, clamp(lo), clamp(hi), RANGE_CLAIM);
}

static struct ir *as_int(struct compile *c, struct ir *e, struct span span) {
    if (is_bad(e) || type_is_int(e->type)) return e;
    if (e->type->kind == T_SYM) {
        struct diag *d =
            error_at(c, span, "values of the symmetric type %s have no order and no arithmetic", tname(c, e->type));
        hint(c, d, "declare it as a range, such as `1..3`, if the protocol compares ids");
        return bad(c, span);
    }
    return coerce(c, e, INT(c), span);
}

static struct ir *arithmetic(struct compile *c, enum ir_op op, struct ir *a, struct ir *b, struct span span) {
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
        *l = elab(c, x, a->kid[0], (*r)->type);
    } else {
        *l = elab(c, x, a->kid[0], expected);
        *r = elab(c, x, a->kid[1], expected ? expected : (*l)->type);
    }
    return !is_bad(*l) && !is_bad(*r);
}

static struct ir *no_common(struct compile *c, struct ir *l, struct ir *r, struct span span) {
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
    case TOK_EQ: return ir_eq(P(c), l, r, a->span);
    case TOK_NE: {
        struct ir *e = ir_not(P(c), ir_eq(P(c), l, r, a->span));
        if (e->op == IR_NOT) e->imm = 1; /* written as one comparison: reports keep it whole */
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
    return a->value == TOK_NOTIN ? ir_not(p, in) : in;
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
    if (!both(c, x, a, &l, &r, expected && expected->kind == T_SET ? expected : NULL)) return bad(c, a->span);
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
    if (!(x->flags & CX_TEMPORAL)) {
        struct diag *d =
            error_at(c, a->span, "`%s` says something about behaviours, and this is about one state", word);
        hint(c, d,
             a->value == TOK_CAN ? "`can` may stand in invariant, initially, reachable and property"
                                 : "declare it as a `property`");
        return bad(c, a->span);
    }
    struct ir *kids[2] = {0};
    for (uint32_t i = 0; i < a->n; i++) {
        kids[i] = elab_bool(c, x, a->kid[i]);
        if (is_bad(kids[i])) return kids[i];
    }
    struct ir t = {.op = IR_TEMPORAL, .type = BOOL(c), .span = a->span, .imm = a->value, .n = a->n};
    return ir_with(P(c), &t, kids);
}

static struct ir *binary(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
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
        return arithmetic(c, op, l, r, a->span);
    }
    }
}

static struct ir *unary(struct compile *c, struct cx *x, const struct ast *a) {
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
        return arithmetic(c, IR_SUB, zero, e, a->span);
    }
    return temporal(c, x, a);
}

/* ---- literals and comprehensions ---- */

static struct ir *literal(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct types *ts = &P(c)->types;
    enum type_kind kind = a->kind == AST_SET ? T_SET : a->kind == AST_SEQ ? T_SEQ : T_BAG;
    if (expected && expected->kind == T_OPTION) expected = expected->elem;
    const struct type *want = expected && expected->kind == kind ? expected : NULL;
    if (!a->n) return want ? ir_const(P(c), want, 0, a->span) : ir_const(P(c), ts->empty, 0, a->span);
    struct ir **kids = arena_alloc(c->arena, a->n * sizeof *kids);
    const struct type *e = NULL;
    for (uint32_t i = 0; i < a->n; i++) {
        kids[i] = elab(c, x, a->kid[i], want ? want->elem : e);
        if (is_bad(kids[i])) return kids[i];
        const struct type *u = e ? unify(c, e, kids[i]->type) : kids[i]->type;
        if (!u) {
            error_at(c, a->kid[i]->span, "this element is %s, those before it are %s", tname(c, kids[i]->type),
                     tname(c, e));
            return bad(c, a->span);
        }
        e = u;
    }
    if (want) { /* the wanted element type holds, unless these are integers of which some lie outside it */
        const struct type *u = unify(c, want->elem, e);
        if (u == want->elem) e = u;
        else if (u && kind != T_SET) e = want->elem;
    }
    if (e->kind == T_NONE || e->kind == T_EMPTY) {
        error_at(c, a->span, "the type of these elements is not known here");
        return bad(c, a->span);
    }
    for (uint32_t i = 0; i < a->n; i++) {
        kids[i] = coerce(c, kids[i], e, a->kid[i]->span);
        if (is_bad(kids[i])) return kids[i];
    }
    const struct type *t = want && want->elem == e ? want
                           : kind == T_SET         ? type_set(ts, e, 0)
                           : kind == T_SEQ         ? type_seq(ts, e, a->n, want && want->base1)
                                                   : type_bag(ts, e, a->n);
    if (kind == T_SET && e->universe == 0 && !t->max) t = type_set(ts, e, a->n);
    if (kind == T_SET && type_is_int(e) && !e->universe) {
        struct diag *d = error_at(c, a->span, "the numbers in this set have no known range");
        hint(c, d, "give the set a type with a range: `set[0..9]`");
        return bad(c, a->span);
    }
    struct ir model = {.op = kind == T_SET   ? IR_SETLIT
                             : kind == T_SEQ ? IR_SEQLIT
                                             : IR_BAGLIT,
                       .type = t,
                       .span = a->span,
                       .n = a->n};
    return ir_with(P(c), &model, kids);
}

/* How many elements a comprehension may have at most: for sets that are no bit sets. */
static uint32_t bound_of(const struct ir_gen *gens, uint32_t n) {
    uint64_t most = 1;
    for (uint32_t i = 0; i < n; i++) {
        const struct ir_gen *g = &gens[i];
        uint64_t k = 1;
        if (g->kind == G_BAG || g->kind == G_BAGALL) k = g->src->type->cap;
        else if (g->kind == G_SET) k = g->src->type->bitset ? g->src->type->elem->universe : g->src->type->cap;
        else if (g->kind == G_SUBSETS)
            k = (uint64_t)1 << (g->src->type->elem->universe < 20 ? g->src->type->elem->universe : 20);
        else if (g->kind == G_VALUES || g->kind == G_RANGE) k = 0;
        most = k ? most * k : most * 64;
        if (most > 4096) most = 4096;
    }
    return (uint32_t)most;
}

static struct ir *comprehension(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct types *ts = &P(c)->types;
    struct gens g = {0};
    struct ir *v;
    const struct type *want = expected && (expected->kind == T_SET || expected->kind == T_BAG) ? expected : NULL;
    if (a->kind == AST_SETFILTER) {
        if (!gen_from(c, x, &g, a, GEN_FREE, &v)) return bad(c, a->span);
    } else {
        struct cx y = *x;
        const struct ast *binders = a->kid[1];
        if (a->kind == AST_BAGFOR && binders->n == 1 &&
            binders->kid[0]->n == 2) { /* {|e for x in b|} keeps repetitions */
            struct ir *b = elab(c, x, binders->kid[0]->kid[1], NULL);
            if (is_bad(b)) return b;
            if (b->type->kind == T_BAG) {
                struct ir *el = push_gen(c, &g, (struct ir_gen){.kind = G_BAGALL, .src = b}, b->type->elem, a->span);
                if (!bind_pattern(c, &y, binders->kid[0]->kid[0], el)) return bad(c, a->span);
                if (a->kid[2]) {
                    struct ir *cond = elab_bool(c, &y, a->kid[2]);
                    if (is_bad(cond)) return cond;
                    add_cond(c, &g, cond);
                }
                binders = NULL;
            }
        }
        if (binders && !gen_binders(c, &y, &g, binders, a->kid[2], a->kind == AST_BAGFOR ? GEN_DISTINCT : GEN_FREE))
            return bad(c, a->span);
        v = elab(c, &y, a->kid[0], want ? want->elem : NULL);
    }
    if (is_bad(v)) return v;
    if (want) {
        const struct type *u = unify(c, want->elem, v->type);
        if (u == want->elem || (u && want->elem->kind == T_RANGE && a->kind != AST_SETFILTER))
            v = coerce(c, v, want->elem, a->span);
        if (is_bad(v)) return v;
    }
    if (type_is_int(v->type) && !v->type->universe) {
        struct diag *d = error_at(c, a->span, "the numbers in this set have no known range");
        hint(c, d, "give the set a type with a range: `set[0..9]`");
        return bad(c, a->span);
    }
    if (a->kind == AST_BAGFOR) {
        const struct type *t = want && want->kind == T_BAG && want->elem == v->type
                                   ? want
                                   : type_bag(ts, v->type, bound_of(g.list.at, g.list.n));
        return make_reduce(c, &g, R_BAG, t, NULL, v, NULL, a->span);
    }
    const struct type *t = type_set(ts, v->type, 0);
    if (want && want->kind == T_SET && want->elem == v->type) t = want;
    else if (!t->bitset) t = type_set(ts, v->type, bound_of(g.list.at, g.list.n));
    return make_reduce(c, &g, R_SET, t, NULL, v, NULL, a->span);
}

static struct ir *map_literal(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    const struct ast *k = a->kid[0];
    if (expected && expected->kind == T_OPTION) expected = expected->elem;
    const struct type *want = expected && expected->kind == T_MAP ? expected : NULL;
    struct program *p = P(c);
    struct gens g = {0};
    struct cx y = *x;
    const struct type *kt = want ? want->key : NULL;
    const struct ast *pat = k;
    if (k->kind == AST_BINARY && k->value == TOK_IN) {
        pat = k->kid[0];
        struct gens probe = {0};
        struct ir *v;
        if (!gen_from(c, x, &probe, k->kid[1], GEN_CANONICAL, &v)) return bad(c, a->span);
        probe.list.n = probe.list.cap = 0;
        if (!kt) kt = v->type;
        if (!unify(c, kt, v->type) || (v->type->universe != kt->universe)) {
            struct diag *d =
                error_at(c, k->span, "a map is total: its keys must be all of a type, here %s", tname(c, kt));
            hint(c, d, "use a map to `T?` and give `none` to the others");
            return bad(c, a->span);
        }
        if (kt->kind != T_RANGE && kt != v->type) return no_common(c, v, v, a->span);
    }
    if (!kt) {
        error_at(c, k->span, "the keys of this map are not known here; write `[k in K -> e]`");
        return bad(c, a->span);
    }
    if (!kt->universe || kt->universe > 65536) {
        error_at(c, k->span, "%s has too many values for the keys of a map", tname(c, kt));
        return bad(c, a->span);
    }
    struct ir *key = push_gen(c, &g, (struct ir_gen){.kind = G_VALUES}, kt, k->span);
    if (!bind_pattern(c, &y, pat, key)) return bad(c, a->span);
    struct ir *v = elab(c, &y, a->kid[1], want ? want->elem : NULL);
    if (want && !is_bad(v)) v = coerce(c, v, want->elem, a->kid[1]->span);
    if (is_bad(v)) return v;
    if (v->type->kind == T_NONE || v->type->kind == T_EMPTY || (type_is_int(v->type) && !v->type->universe)) {
        error_at(c, a->kid[1]->span, "the type of the map's values is not known here");
        return bad(c, a->span);
    }
    uint32_t n = g.list.n;
    struct ir_gen *gens = arena_alloc(&p->arena, n * sizeof *gens);
    memcpy(gens, g.list.at, n * sizeof *gens);
    g.list.n = g.list.cap = 0;
    return ir_reduce(p, R_MAP, want ? want : type_map(&p->types, kt, v->type), gens, n, v, NULL, a->span);
}

static struct ir *with_fields(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct ir *e = elab(c, x, a->kid[0], expected);
    if (is_bad(e)) return e;
    if (e->type->kind == T_OPTION) e = coerce(c, e, e->type->elem, a->span);
    for (uint32_t i = 1; i < a->n; i++) {
        const struct ast *arg = a->kid[i];
        uint32_t k = 0;
        while (e->type->kind == T_RECORD && k < e->type->n && e->type->fields[k].name != arg->text) k++;
        if (e->type->kind != T_RECORD || k == e->type->n) {
            error_at(c, arg->span, "%s has no field `%s`", tname(c, e->type), arg->text);
            return bad(c, a->span);
        }
        struct ir *v = elab_as(c, x, arg->kid[0], e->type->fields[k].type);
        if (is_bad(v)) return v;
        struct ir model = {.op = IR_SETFIELD, .type = e->type, .span = a->span, .imm = k, .n = 2};
        struct ir *kids[2] = {e, v};
        e = ir_with(P(c), &model, kids);
    }
    return e;
}

static struct ir *with_index(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct ir *e = elab(c, x, a->kid[0], expected);
    if (is_bad(e)) return e;
    if (e->type->kind != T_MAP && e->type->kind != T_SEQ) {
        error_at(c, a->span, "`with [ ]` changes a map or a sequence, this is %s", tname(c, e->type));
        return bad(c, a->span);
    }
    for (uint32_t i = 1; i + 1 < a->n; i += 2) {
        struct ir *k = elab_as(c, x, a->kid[i], e->type->kind == T_MAP ? e->type->key : INT(c));
        struct ir *v = elab_as(c, x, a->kid[i + 1], e->type->elem);
        if (is_bad(k) || is_bad(v)) return bad(c, a->span);
        e = ir_new(P(c), IR_SETINDEX, e->type, a->span, 3, e, k, v);
    }
    return e;
}

static struct ir *quantifier(struct compile *c, struct cx *x, const struct ast *a) {
    struct gens g = {0};
    struct cx y = *x;
    if (!gen_binders(c, &y, &g, a->kid[0], a->kid[1], GEN_FREE)) return bad(c, a->span);
    struct ir *body = elab_bool(c, &y, a->kid[2]);
    if (is_bad(body)) return body;
    if (a->value == TOK_EXISTS) {
        bool temporal_body = (x->flags & CX_TEMPORAL) != 0;
        if (temporal_body) return make_reduce(c, &g, R_EXISTS, BOOL(c), NULL, body, NULL, a->span);
        return make_reduce(c, &g, R_EXISTS, BOOL(c), body, ir_bool(P(c), true, a->span), NULL, a->span);
    }
    return make_reduce(c, &g, R_FORALL, BOOL(c), NULL, body, NULL, a->span);
}

static struct ir *choose(struct compile *c, struct cx *x, const struct ast *a) {
    struct gens g = {0};
    struct cx y = *x;
    const struct ast *group = a->kid[0]->kid[0];
    struct ir *v;
    if (!gen_from(c, x, &g, group->kid[group->n - 1], GEN_CANONICAL, &v) || !bind_pattern(c, &y, group->kid[0], v))
        return bad(c, a->span);
    if (group->n != 2) {
        error_at(c, group->span, "choose takes one name");
        return bad(c, a->span);
    }
    if (a->kid[1]) {
        struct ir *cond = elab_bool(c, &y, a->kid[1]);
        if (is_bad(cond)) return cond;
        add_cond(c, &g, cond);
    }
    return make_reduce(c, &g, R_CHOOSE, v->type, NULL, v, NULL, a->span);
}

static struct ir *extreme(struct compile *c, struct cx *x, const struct ast *a) {
    struct gens g = {0};
    struct cx y = *x;
    const struct ast *group = a->kid[0]->kid[0];
    struct ir *v;
    if (!gen_from(c, x, &g, group->kid[1], GEN_CANONICAL, &v) || !bind_pattern(c, &y, group->kid[0], v))
        return bad(c, a->span);
    if (a->kid[1]) {
        struct ir *cond = elab_bool(c, &y, a->kid[1]);
        if (is_bad(cond)) return cond;
        add_cond(c, &g, cond);
    }
    struct ir *key = elab(c, &y, a->kid[2], NULL);
    if (is_bad(key)) return key;
    if (!key->type->ordered) {
        if (key->type->kind == T_SYM) return as_int(c, key, a->kid[2]->span);
        error_at(c, a->kid[2]->span, "%s has no order", tname(c, key->type));
        return bad(c, a->span);
    }
    return make_reduce(c, &g, a->value == TOK_MAX ? R_ARGMAX : R_ARGMIN, v->type, NULL, v, key, a->span);
}

static struct ir *fold(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct program *p = P(c);
    struct gens g = {0};
    struct cx y = *x;
    if (!gen_binders(c, &y, &g, a->kid[0], a->kid[1], GEN_CANONICAL)) return bad(c, a->span);
    struct ir *start = elab(c, x, a->kid[2], expected);
    if (is_bad(start)) return start;
    const struct type *t =
        expected && expected->kind != T_ERROR && unify(c, expected, start->type) ? expected : start->type;
    if (type_is_int(t)) t = INT(c); /* the sum of a fold has no small range */
    start = coerce(c, start, t, a->span);
    if (t->kind == T_EMPTY || t->kind == T_NONE) {
        error_at(c, a->kid[2]->span, "the type of this start value is not known here");
        return bad(c, a->span);
    }
    uint32_t slot = ir_slot(p, t);
    env_push(c, &y, a->text, ir_local(p, slot, a->span), a->span);
    struct ir *next = elab_as(c, &y, a->kid[3], t);
    if (is_bad(next)) return next;
    struct ir *rest[1] = {next};
    uint32_t n;
    struct ir_gen *gens = gens_finish(c, &g, NULL, rest, 1, &n);
    struct ir *r = ir_reduce(p, R_FOLD, t, gens, n, rest[0], start, a->span);
    r->slot = slot;
    struct ir *kids[2] = {r->kid[0], r->kid[1]};
    return ir_with(p, r, kids);
}

static struct ir *match(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct program *p = P(c);
    struct ir *subject = elab(c, x, a->kid[0], NULL);
    if (is_bad(subject)) return subject;
    uint32_t slot = ir_slot(p, subject->type);
    struct ir *s = ir_cheap(subject) ? subject : ir_local(p, slot, a->span);
    const struct type *t = subject->type, *rt = NULL;
    struct ir **conds = arena_alloc(c->arena, a->n * sizeof *conds),
              **bodies = arena_alloc(c->arena, a->n * sizeof *bodies);
    bool all = false, none_seen = false;
    uint64_t seen = 0;
    uint32_t n = 0;
    for (uint32_t i = 1; i < a->n; i++) {
        const struct ast *arm = a->kid[i];
        struct cx y = *x;
        conds[n] = ir_bool(p, true, arm->span);
        if (!strcmp(arm->text, "_")) {
            all = true;
        } else if (t->kind == T_OPTION && !strcmp(arm->text, "none")) {
            conds[n] = ir_not(p, ir_new(p, IR_ISSOME, BOOL(c), arm->span, 1, s));
            none_seen = true;
        } else if (t->kind == T_OPTION && !arm->kid[0]) {
            struct ir *v = ir_new(p, IR_UNWRAP, t->elem, arm->span, 1, s);
            if (v->op == IR_UNWRAP) {
                v->imm = 1;
                v->total = true;
            }
            conds[n] = ir_new(p, IR_ISSOME, BOOL(c), arm->span, 1, s);
            env_push(c, &y, arm->text, v, arm->span);
            if (none_seen) all = true;
        } else if (t->kind == T_ENUM) {
            struct ir *lit = literal_of(c, t, arm->text, arm->span);
            if (!lit) {
                error_at(c, arm->span, "%s has no value `%s`", tname(c, t), arm->text);
                return bad(c, a->span);
            }
            conds[n] = ir_eq(p, s, lit, arm->span);
            seen |= (uint64_t)1 << lit->imm;
        } else {
            uint32_t v = 0;
            while (t->kind == T_UNION && v < t->n_variants && t->variants[v].name != arm->text) v++;
            if (t->kind != T_UNION || v == t->n_variants) {
                error_at(c, arm->span, "%s has no kind `%s`", tname(c, t), arm->text);
                return bad(c, a->span);
            }
            seen |= (uint64_t)1 << v;
            conds[n] = ir_istag(p, s, v, arm->span);
            uint32_t want = t->variants[v].n, got = arm->kid[0] ? arm->kid[0]->n : 0;
            if (arm->kid[0] && want != got) {
                error_at(c, arm->span, "`%s` has %u fields, this pattern has %u", arm->text, want, got);
                return bad(c, a->span);
            }
            for (uint32_t k = 0; k < got; k++)
                if (!bind_pattern(c, &y, arm->kid[0]->kid[k], ir_payload(p, s, v, k, arm->span)))
                    return bad(c, a->span);
        }
        bodies[n] = elab(c, &y, arm->kid[1], expected ? expected : rt);
        if (is_bad(bodies[n])) return bodies[n];
        const struct type *u = rt ? unify(c, rt, bodies[n]->type) : bodies[n]->type;
        if (!u) return no_common(c, bodies[0], bodies[n], arm->span);
        rt = u;
        n++;
    }
    uint32_t kinds = t->kind == T_UNION ? t->n_variants : t->kind == T_ENUM ? t->n : 65;
    if (kinds <= 64 && (uint32_t)__builtin_popcountll(seen) == kinds) all = true;
    if (!all) {
        struct diag *d = error_at(c, a->span, "this match does not say what happens in every case");
        hint(c, d, "add the missing kinds, or `_ -> ...`");
        return bad(c, a->span);
    }
    struct ir *result = coerce(c, bodies[n - 1], rt, a->span);
    for (uint32_t i = n - 1; i-- > 0;)
        result = ir_new(p, IR_IF, rt, a->span, 3, conds[i], coerce(c, bodies[i], rt, a->span), result);
    if (s == subject) return result;
    struct ir *kids[2] = {subject, result};
    struct ir let = {.op = IR_LET, .type = rt, .span = a->span, .slot = slot, .n = 2};
    return ir_with(p, &let, kids);
}

/* ---- calls ---- */

static struct ir *construct(struct compile *c, struct cx *x, const struct ast *a, const struct type *t,
                            uint32_t variant, uint32_t first, uint32_t n, const char *what) {
    struct ir **parts = arena_alloc(c->arena, (n + 1) * sizeof *parts);
    if (a->n - 1 != n) {
        struct diag *d = error_at(c, a->span, "`%s` has %u fields, this gives %u", what, n, a->n - 1);
        const char *list = "";
        for (uint32_t i = 0; i < n; i++)
            list = arena_printf(c->arena, "%s%s%s", list, i ? ", " : "", t->fields[first + i].name);
        if (n) hint(c, d, "they are: %s", list);
        return bad(c, a->span);
    }
    for (uint32_t i = 1; i < a->n; i++) {
        const struct ast *arg = a->kid[i];
        uint32_t k = i - 1;
        if (arg->kind == AST_ARG) {
            for (k = 0; k < n && t->fields[first + k].name != arg->text; k++) {}
            if (k == n) {
                error_at(c, arg->span, "`%s` has no field `%s`", what, arg->text);
                return bad(c, a->span);
            }
            arg = arg->kid[0];
        }
        if (parts[k]) {
            error_at(c, a->kid[i]->span, "the field `%s` is given twice", t->fields[first + k].name);
            return bad(c, a->span);
        }
        parts[k] = elab_as(c, x, arg, t->fields[first + k].type);
        if (is_bad(parts[k])) return parts[k];
    }
    return ir_cons(P(c), t, variant, parts, n, a->span);
}

static struct ir *call_def(struct compile *c, struct cx *x, const struct ast *a, struct symbol *s, struct cx *y) {
    const struct ast *params = s->decl->kid[0];
    if (too_deep(c, x, a->span, s->name)) return bad(c, a->span);
    if (params->n != a->n - 1) {
        error_at(c, a->span, "`%s` wants %u arguments, this gives %u", s->name, params->n, a->n - 1);
        return bad(c, a->span);
    }
    if (!s->decl->kid[2] && !s->override) {
        error_at(c, a->span, "`%s` is a parameter of its module and was given no value", s->name);
        return bad(c, a->span);
    }
    struct ir **inits = arena_alloc(c->arena, a->n * sizeof *inits);
    uint32_t *slots = arena_alloc(c->arena, a->n * sizeof *slots);
    struct ir **args = arena_alloc(c->arena, a->n * sizeof *args);
    for (uint32_t i = 1; i < a->n; i++) {
        const struct ast *param = params->kid[i - 1];
        const struct type *t = param->kid[0] ? elab_type(c, s->scope, param->kid[0], NULL) : NULL;
        struct ir *v = t ? elab_as(c, x, a->kid[i], t) : elab(c, x, a->kid[i], NULL);
        if (is_bad(v)) return v;
        inits[i] = NULL;
        if (!ir_cheap(v) && v->type->kind != T_NONE && v->type->kind != T_EMPTY) {
            inits[i] = v;
            slots[i] = ir_slot(P(c), v->type);
            v = ir_local(P(c), slots[i], a->kid[i]->span);
        }
        args[i] = v;
    }
    for (uint32_t i = 1; i < a->n; i++) env_push(c, y, params->kid[i - 1]->text, args[i], a->kid[i]->span);
    struct ir *e;
    if (s->override && s->override->kind == AST_NAME &&
        s->override_scope) { /* a definition given for a parameter: call it */
        struct symbol *given = lookup(s->override_scope, s->override->text);
        if (!given || given->kind != SYM_DEF || given->decl->kid[0]->n != params->n || !given->decl->kid[2]) {
            error_at(c, s->override->span, "`%s` must be a definition with %u parameters", s->override->text,
                     params->n);
            return bad(c, a->span);
        }
        struct cx z = *y;
        z.scope = given->scope;
        z.env = NULL;
        for (uint32_t i = 1; i < a->n; i++)
            env_push(c, &z, given->decl->kid[0]->kid[i - 1]->text, args[i], a->kid[i]->span);
        e = elab(c, &z, given->decl->kid[2], NULL);
    } else {
        const struct type *t = s->decl->kid[1] ? elab_type(c, s->scope, s->decl->kid[1], NULL) : NULL;
        e = t ? elab_as(c, y, s->decl->kid[2], t) : elab(c, y, s->decl->kid[2], NULL);
    }
    for (uint32_t i = a->n; i-- > 1 && !is_bad(e);)
        if (inits[i]) {
            struct ir *kids[2] = {inits[i], e};
            struct ir let = {.op = IR_LET, .type = e->type, .span = a->span, .slot = slots[i], .n = 2};
            e = ir_with(P(c), &let, kids);
        }
    return e;
}

static struct ir *about_process(struct compile *c, struct cx *x, const struct ast *a, const char *f) {
    struct program *p = P(c);
    if (!(x->flags & CX_PROPERTY)) {
        struct diag *d = error_at(c, a->span, "`%s` may be asked in properties and oracle steps only", f);
        hint(c, d, "a process cannot see this; use a failure detector, or mark the step `oracle`");
        return bad(c, a->span);
    }
    int process[2] = {-1, -1};
    struct ir *id[2] = {0};
    uint32_t want = !strcmp(f, "connected") ? 2 : 1;
    if (a->n != want + 1) {
        error_at(c, a->span, "`%s` wants %u process%s", f, want, want == 1 ? "" : "es");
        return bad(c, a->span);
    }
    for (uint32_t i = 0; i < want; i++)
        if (!process_ref(c, x, a->kid[i + 1], &process[i], &id[i])) {
            struct diag *d = error_at(c, a->kid[i + 1]->span, "`%s` wants a process", f);
            hint(c, d, "write it as `server[i]`");
            return bad(c, a->span);
        }
    if (!strcmp(f, "up")) return process_up(c, x, process[0], id[0], a->span);
    if (!strcmp(f, "honest")) {
        struct ir_var *liar = c->processes.at[process[0]].liar;
        if (!liar) return ir_bool(p, true, a->span);
        struct ir *e = ir_state(p, liar, x->primed, a->span);
        return ir_not(p, liar->per_instance ? ir_index(p, e, id[0], a->span) : e);
    }
    struct ir_var *side = c->processes.at[process[0]].side;
    if (!side || process[0] != process[1]) return ir_bool(p, true, a->span);
    struct ir *e = ir_state(p, side, x->primed, a->span);
    return ir_eq(p, ir_index(p, e, id[0], a->span), ir_index(p, e, id[1], a->span), a->span);
}

static struct ir *used(struct compile *c, struct cx *x, const struct ast *a) {
    if (a->n == 2 && a->kid[1]->kind == AST_NAME)
        for (uint32_t i = 0; i < c->budgets.n; i++)
            if (!strcmp(c->budgets.at[i].action, a->kid[1]->text) && c->budgets.at[i].used)
                return ir_state(P(c), c->budgets.at[i].used, x->primed, a->span);
    error_at(c, a->span, "`used` wants the name of a fault with a budget");
    return bad(c, a->span);
}

/* The message that a process would send to `q`, for room(q): its kind is the first of the network. */
static struct ir *room(struct compile *c, struct cx *x, const struct ast *a) {
    if (a->n != 2 || !c->networks.n || x->process < 0) {
        error_at(c, a->span, "`room(q)` is asked in a step of a process, about a receiver");
        return bad(c, a->span);
    }
    for (uint32_t k = 0; k < c->messages.n; k++) {
        struct message_info *m = &c->messages.at[k];
        bool mine = false;
        for (uint32_t i = 0; i < m->senders.n; i++) mine |= m->senders.at[i] == x->process;
        if (!mine || m->receivers.n != 1) continue;
        struct process_info *to = &c->processes.at[m->receivers.at[0]];
        struct ir *id = to->id ? elab_as(c, x, a->kid[1], to->id) : NULL;
        if (id && is_bad(id)) return id;
        uint32_t n = m->record->n;
        struct ir **fields = arena_alloc(c->arena, (n + 1) * sizeof *fields);
        for (uint32_t i = 0; i < n; i++)
            fields[i] =
                ir_const(P(c), m->record->fields[i].type,
                         m->record->fields[i].type->kind == T_RANGE ? m->record->fields[i].type->lo : 0, a->span);
        struct ir *from = process_value(c, x->process, x->self, a->span);
        struct ir *msg = message_value(c, (int)k, from, process_value(c, m->receivers.at[0], id, a->span),
                                       fields + (m->from_field >= 0) + (m->to_field >= 0), a->span);
        return module_call(c, m->network, "room", &msg, 1, a->span, x->flags);
    }
    error_at(c, a->span, "this process sends no message with one kind of receiver");
    return bad(c, a->span);
}

static bool may_block(const struct compile *c, const struct ast *a) {
    if (!a) return false;
    if (a->kind == AST_PICK) return true;
    for (uint32_t i = 0; a->kind == AST_SEND && i < c->networks.n; i++)
        if (c->networks.at[i].full == FULL_BLOCK) return true;
    for (uint32_t i = 0; i < a->n; i++)
        if (may_block(c, a->kid[i])) return true;
    return false;
}

/* enabled(p[i].a): some binding of the action's names satisfies its guard, and the process is up. */
static struct ir *enabled(struct compile *c, struct cx *x, const struct ast *a) {
    const struct ast *arg = a->n == 2 ? a->kid[1] : NULL;
    int process;
    struct ir *id;
    if (!arg || arg->kind != AST_DOT || !process_ref(c, x, arg->kid[0], &process, &id)) {
        struct diag *d = error_at(c, a->span, "`enabled` wants an action of a process");
        hint(c, d, "write `enabled(server[i].timeout)`");
        return bad(c, a->span);
    }
    if (!(x->flags & CX_PROPERTY)) {
        error_at(c, a->span, "`enabled` may be asked in properties and oracle steps only");
        return bad(c, a->span);
    }
    const struct ast *act = NULL;
    for (uint32_t i = 0; i < c->processes.at[process].scope->symbols.n; i++) {
        struct symbol *y = c->processes.at[process].scope->symbols.at[i];
        if (y->kind == SYM_ACTION && y->name == arg->text) act = y->decl;
    }
    if (!act) {
        error_at(c, arg->span, "process %s has no action `%s`", c->processes.at[process].symbol->name, arg->text);
        return bad(c, a->span);
    }
    if (may_block(c, act->kid[3])) {
        struct diag *d = error_at(
            c, a->span, "whether `%s` is enabled is decided inside its body, by a `pick` or a full network", arg->text);
        hint(c, d, "move what decides into its `when`");
        return bad(c, a->span);
    }
    struct cx y = *x;
    struct gens g = {0};
    y.scope = c->processes.at[process].scope;
    y.own_self = y.self = id;
    y.process = process;
    y.env = NULL;
    if (act->kid[0] && !gen_binders(c, &y, &g, act->kid[0], act->kid[1], GEN_FREE)) return bad(c, a->span);
    struct ir *cond = act->kid[2] ? elab_bool(c, &y, act->kid[2]) : ir_bool(P(c), true, a->span);
    if (is_bad(cond)) return cond;
    cond = ir_and(P(c), process_up(c, x, process, id, a->span), cond);
    if (!g.list.n) return cond;
    return make_reduce(c, &g, R_EXISTS, BOOL(c), cond, ir_bool(P(c), true, a->span), NULL, a->span);
}

static bool arity(struct compile *c, const struct ast *a, uint32_t n) {
    if (a->n - 1 == n) return true;
    error_at(c, a->span, "`%s` wants %u argument%s, this gives %u", a->kid[0]->text, n, n == 1 ? "" : "s", a->n - 1);
    return false;
}

static struct ir *wrong_kind(struct compile *c, const struct ast *a, struct ir *e, const char *want) {
    if (!is_bad(e)) error_at(c, a->span, "`%s` wants %s, this is %s", a->kid[0]->text, want, tname(c, e->type));
    return bad(c, a->span);
}

static struct ir *extremes(struct compile *c, struct cx *x, const struct ast *a, bool max) {
    struct program *p = P(c);
    if (a->n == 2) { /* of a set */
        struct gens g = {0};
        struct ir *v;
        if (!gen_from(c, x, &g, a->kid[1], GEN_FREE, &v)) return bad(c, a->span);
        if (v->type->kind == T_SYM) return as_int(c, v, a->span);
        if (!v->type->ordered) {
            error_at(c, a->span, "%s has no order", tname(c, v->type));
            return bad(c, a->span);
        }
        return make_reduce(c, &g, max ? R_MAX : R_MIN, v->type, NULL, v, NULL, a->span);
    }
    struct ir *e = NULL;
    for (uint32_t i = 1; i < a->n; i++) {
        struct ir *v = as_int(c, elab(c, x, a->kid[i], NULL), a->kid[i]->span);
        if (is_bad(v)) return v;
        e = e ? arithmetic(c, max ? IR_MAX2 : IR_MIN2, e, v, a->span) : v;
    }
    return e ? e : bad(c, a->span);
    (void)p;
}

static struct ir *size_of(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    if (a->kid[1]->kind == AST_NAME) { /* size(M): copies count */
        struct symbol *s = lookup(x->scope, a->kid[1]->text);
        if (s && s->kind == SYM_MESSAGE && s->index >= 0 &&
            network_has(c, c->messages.at[s->index].network, "copies")) {
            int network = c->messages.at[s->index].network;
            struct gens g = {0};
            struct ir *v;
            if (!module_gens(c, &g, network, "messages", NULL, 0, GEN_DISTINCT, &v, a->span)) return bad(c, a->span);
            add_cond(c, &g, ir_istag(p, v, c->messages.at[s->index].variant, a->span));
            struct ir *k = module_call(c, network, "copies", &v, 1, a->span, x->flags);
            return make_reduce(c, &g, R_SUM, INT(c), NULL, k, NULL, a->span);
        }
    }
    struct ir *e = elab(c, x, a->kid[1], NULL);
    if (e->type->kind == T_EMPTY) return ir_const(p, type_range(&p->types, 0, 0, RANGE_CLAIM), 0, a->span);
    if (e->type->kind != T_SET && e->type->kind != T_BAG && e->type->kind != T_SEQ)
        return wrong_kind(c, a, e, "a set, bag or sequence");
    int64_t most = e->type->kind == T_SET && e->type->bitset ? (int64_t)e->type->elem->universe : (int64_t)e->type->cap;
    return ir_new(p, IR_SIZE, type_range(&p->types, 0, most, RANGE_CLAIM), a->span, 1, e);
}

static struct ir *all_maps(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    const struct type *t[2];
    for (int i = 0; i < 2; i++) {
        struct gens g = {0};
        struct ir *v;
        if (!gen_from(c, x, &g, a->kid[i + 1], GEN_CANONICAL, &v)) return bad(c, a->span);
        g.list.n = g.list.cap = 0;
        t[i] = v->type;
    }
    return full_set(c, type_map(&p->types, t[0], t[1]), a->span);
}

static struct ir *permutations(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    struct ir *s = elab(c, x, a->kid[1], NULL);
    if (s->type->kind != T_SET || !s->type->bitset) return wrong_kind(c, a, s, "a set");
    uint32_t n = (uint32_t)s->type->elem->universe;
    const struct type *qt = type_seq(&p->types, s->type->elem, n, false);
    if (!qt->universe || qt->universe > 100000) {
        error_at(c, a->span, "the permutations of %s are too many", tname(c, s->type));
        return bad(c, a->span);
    }
    uint32_t factorial = 1;
    for (uint32_t i = 2; i <= n; i++) factorial *= i;
    struct gens g = {0};
    struct ir *q = push_gen(c, &g, (struct ir_gen){.kind = G_VALUES}, qt, a->span);
    const struct type *st = type_set(&p->types, s->type->elem, 0);
    struct ir *el = ir_new(p, IR_ELEMENTS, st, a->span, 1, q);
    const struct type *it = type_range(&p->types, 0, n, RANGE_CLAIM);
    struct ir *cond =
        ir_and(p, ir_eq(p, el, s, a->span),
               ir_eq(p, ir_new(p, IR_SIZE, it, a->span, 1, q), ir_new(p, IR_SIZE, it, a->span, 1, s), a->span));
    return make_reduce(c, &g, R_SET, type_set(&p->types, qt, factorial), cond, q, NULL, a->span);
}

static struct ir *builtin(struct compile *c, struct cx *x, const struct ast *a, const char *f,
                          const struct type *expected) {
    struct program *p = P(c);
    struct types *ts = &p->types;
    if (!strcmp(f, "up") || !strcmp(f, "honest") || !strcmp(f, "connected")) return about_process(c, x, a, f);
    if (!strcmp(f, "used")) return used(c, x, a);
    if (!strcmp(f, "enabled")) return enabled(c, x, a);
    if (!strcmp(f, "room")) return room(c, x, a);
    if (!strcmp(f, "min") || !strcmp(f, "max")) return extremes(c, x, a, f[1] == 'a');
    if (!strcmp(f, "abs")) {
        if (!arity(c, a, 1)) return bad(c, a->span);
        struct ir *v = as_int(c, elab(c, x, a->kid[1], NULL), a->span);
        if (is_bad(v)) return v;
        struct ir *neg = arithmetic(c, IR_SUB, ir_const(p, type_range(ts, 0, 0, RANGE_CLAIM), 0, a->span), v, a->span);
        return arithmetic(c, IR_MAX2, v, neg, a->span);
    }
    if (!strcmp(f, "size") || !strcmp(f, "len")) return arity(c, a, 1) ? size_of(c, x, a) : bad(c, a->span);
    if (!strcmp(f, "subsets") || !strcmp(f, "indices") || !strcmp(f, "keys") || !strcmp(f, "elements")) {
        if (!arity(c, a, 1)) return bad(c, a->span);
        if (!strcmp(f, "elements")) {
            struct ir *e = elab(c, x, a->kid[1], NULL);
            if (e->type->kind != T_BAG && e->type->kind != T_SEQ) return wrong_kind(c, a, e, "a bag or a sequence");
            const struct type *t = type_set(ts, e->type->elem, 0);
            if (!t->bitset) t = type_set(ts, e->type->elem, e->type->cap);
            return ir_new(p, IR_ELEMENTS, t, a->span, 1, e);
        }
        struct gens g = {0};
        struct ir *v;
        bool done;
        if (!gen_call(c, x, &g, a, GEN_FREE, &v, &done)) return bad(c, a->span);
        if (!done) {
            error_at(c, a->span, "`%s` does not fit its argument", f);
            return bad(c, a->span);
        }
        return make_reduce(c, &g, R_SET, type_set(ts, v->type, 0), NULL, v, NULL, a->span);
    }
    if (!strcmp(f, "values")) {
        if (!arity(c, a, 1)) return bad(c, a->span);
        struct ir *m = elab(c, x, a->kid[1], NULL);
        if (m->type->kind != T_MAP) return wrong_kind(c, a, m, "a map");
        struct gens g = {0};
        struct ir *k = push_gen(c, &g, (struct ir_gen){.kind = G_VALUES}, m->type->key, a->span);
        return make_reduce(c, &g, R_SET, type_set(ts, m->type->elem, 0), NULL, ir_index(p, m, k, a->span), NULL,
                           a->span);
    }
    if (!strcmp(f, "maps")) return arity(c, a, 2) ? all_maps(c, x, a) : bad(c, a->span);
    if (!strcmp(f, "permutations")) return arity(c, a, 1) ? permutations(c, x, a) : bad(c, a->span);
    if (!strcmp(f, "head") || !strcmp(f, "last") || !strcmp(f, "tail")) {
        if (!arity(c, a, 1)) return bad(c, a->span);
        struct ir *s = elab(c, x, a->kid[1], expected);
        if (s->type->kind != T_SEQ) return wrong_kind(c, a, s, "a sequence");
        if (f[0] == 't') return ir_new(p, IR_TAIL, s->type, a->span, 1, s);
        int64_t base = s->type->base1;
        struct ir *at = ir_const(p, type_range(ts, base, base, RANGE_CLAIM), base, a->span);
        if (f[0] == 'l') {
            const struct type *lt = type_range(ts, 0, s->type->cap, RANGE_CLAIM);
            at = arithmetic(c, IR_ADD, ir_new(p, IR_SIZE, lt, a->span, 1, s),
                            ir_const(p, type_range(ts, base - 1, base - 1, RANGE_CLAIM), base - 1, a->span), a->span);
        }
        return ir_index(p, s, at, a->span);
    }
    if (!strcmp(f, "append") || !strcmp(f, "add") || !strcmp(f, "remove") || !strcmp(f, "copies")) {
        if (!arity(c, a, 2)) return bad(c, a->span);
        bool seq = f[0] == 'a' && f[1] == 'p';
        struct ir *s = elab(c, x, a->kid[1], expected);
        if (s->type->kind == T_EMPTY && expected && (expected->kind == T_SEQ || expected->kind == T_BAG))
            s = coerce(c, s, expected, a->span);
        if (s->type->kind != (seq ? T_SEQ : T_BAG)) return wrong_kind(c, a, s, seq ? "a sequence" : "a bag");
        struct ir *v = elab_as(c, x, a->kid[2], s->type->elem);
        if (is_bad(v)) return v;
        if (f[0] == 'c') return ir_new(p, IR_BAGCOUNT, type_range(ts, 0, s->type->cap, RANGE_CLAIM), a->span, 2, s, v);
        return ir_new(p, seq ? IR_APPEND : f[0] == 'a' ? IR_BAGADD : IR_BAGREMOVE, s->type, a->span, 2, s, v);
    }
    if (!strcmp(f, "slice")) {
        if (!arity(c, a, 3)) return bad(c, a->span);
        struct ir *s = elab(c, x, a->kid[1], expected);
        if (s->type->kind != T_SEQ) return wrong_kind(c, a, s, "a sequence");
        struct ir *lo = elab_as(c, x, a->kid[2], INT(c)), *hi = elab_as(c, x, a->kid[3], INT(c));
        if (is_bad(lo) || is_bad(hi)) return bad(c, a->span);
        return ir_new(p, IR_SLICE, s->type, a->span, 3, s, lo, hi);
    }
    if (!strcmp(f, "closure")) {
        if (!arity(c, a, 1)) return bad(c, a->span);
        struct ir *s = elab(c, x, a->kid[1], NULL);
        const struct type *e = s->type->kind == T_SET ? s->type->elem : NULL;
        if (!e || e->kind != T_TUPLE || e->n != 2 || e->fields[0].type != e->fields[1].type || !s->type->bitset)
            return wrong_kind(c, a, s, "a set of pairs of one type");
        return ir_new(p, IR_CLOSURE, s->type, a->span, 1, s);
    }
    return NULL;
}

static const char *const builtin_names[] = {
    "size",    "len",      "min",    "max",       "abs",    "head",    "tail",   "last",    "append", "slice",
    "indices", "elements", "add",    "remove",    "copies", "keys",    "values", "subsets", "maps",   "permutations",
    "closure", "up",       "honest", "connected", "used",   "enabled", "room",   "count",   "sum"};

static struct ir *call(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    const struct ast *callee = a->kid[0];
    if (callee->kind == AST_DOT) {
        struct scope *module = module_ref(x, callee->kid[0]);
        int process;
        struct ir *id;
        struct symbol *s = NULL;
        struct cx y = *x;
        if (module) {
            s = scope_find(module, callee->text);
        } else if (process_ref(c, x, callee->kid[0], &process, &id)) {
            s = scope_find(c->processes.at[process].scope, callee->text);
            y.own_self = id;
        }
        if (s && s->kind == SYM_DEF) {
            y.scope = s->scope;
            y.env = NULL;
            y.inlined++;
            return call_def(c, x, a, s, &y);
        }
        error_at(c, callee->span, "there is no definition `%s` here", callee->text);
        return bad(c, a->span);
    }
    if (callee->kind != AST_NAME) {
        error_at(c, callee->span, "this cannot be called");
        return bad(c, a->span);
    }
    for (struct env *e = x->env; e; e = e->up)
        if (e->name == callee->text) {
            error_at(c, callee->span, "`%s` is a value and cannot be called", callee->text);
            return bad(c, a->span);
        }
    const struct type *u = expected;
    while (u && (u->kind == T_OPTION || u->kind == T_SET)) u = u->elem;
    for (uint32_t v = 0; u && u->kind == T_UNION && v < u->n_variants; v++)
        if (u->variants[v].name == callee->text)
            return construct(c, x, a, u, v, u->variants[v].first, u->variants[v].n, callee->text);
    struct symbol *s = lookup(x->scope, callee->text);
    if (s && s->kind == SYM_DEF) {
        struct cx y = inside(x, s);
        y.scope = s->scope;
        return call_def(c, x, a, s, &y);
    }
    if (s && s->kind == SYM_TYPE) {
        resolve_symbol(c, s);
        if (s->type->kind == T_RECORD) return construct(c, x, a, s->type, 0, 0, s->type->n, s->name);
    }
    if (s && s->kind == SYM_MESSAGE) {
        struct diag *d = error_at(c, a->span, "a message is not a value here");
        hint(c, d, "send it, or ask `sent %s(...)` or `exists m in %s : ...`", callee->text, callee->text);
        return bad(c, a->span);
    }
    if (s && s->kind == SYM_PROC) {
        struct diag *d = error_at(c, a->span, "`%s` is a procedure and has no value", s->name);
        hint(c, d, "a procedure is called as a statement; what has a value is written with `def`");
        return bad(c, a->span);
    }
    if (!s) {
        struct ir *e = builtin(c, x, a, callee->text, expected);
        if (e) return e;
        for (uint32_t i = 0; i < P(c)->types.list.n; i++) { /* a tag of some union */
            const struct type *t = P(c)->types.list.at[i];
            for (uint32_t v = 0; t->kind == T_UNION && t->name && v < t->n_variants; v++)
                if (t->variants[v].name == callee->text && t != P(c)->process_type)
                    return construct(c, x, a, t, v, t->variants[v].first, t->variants[v].n, callee->text);
        }
        const char *all[400];
        uint32_t n = 0;
        for (struct scope *sc = x->scope; sc; sc = sc->parent)
            for (uint32_t i = 0; i < sc->symbols.n && n < 300; i++) all[n++] = sc->symbols.at[i]->name;
        for (uint32_t i = 0; i < sizeof builtin_names / sizeof *builtin_names; i++) all[n++] = builtin_names[i];
        struct diag *d = error_at(c, callee->span, "`%s` is not declared", callee->text);
        const char *near = nearest_name(callee->text, all, n);
        if (near) hint(c, d, "did you mean `%s`?", near);
        return bad(c, a->span);
    }
    error_at(c, callee->span, "`%s` cannot be called", callee->text);
    return bad(c, a->span);
}

static struct ir *call_gen(struct compile *c, struct cx *x, const struct ast *a) {
    const struct ast *callee = a->kid[0], *list = a->kid[1];
    const char *f = callee->kind == AST_NAME ? callee->text : "";
    struct gens g = {0};
    struct cx y = *x;
    struct program *p = P(c);
    bool count = !strcmp(f, "count"), sum = !strcmp(f, "sum"), max = !strcmp(f, "max"), min = !strcmp(f, "min");
    if (!count && !sum && !max && !min) {
        struct diag *d = error_at(c, a->span, "only count, sum, min and max go over `for` or `where`");
        hint(c, d, "write a set, `%s({x in S where P})`", f);
        return bad(c, a->span);
    }
    struct ir *v = NULL;
    if (!a->kid[2]) { /* f(x in S, y in T where P) */
        for (uint32_t i = 0; i < list->n; i++) {
            const struct ast *in = list->kid[i];
            struct ir *el;
            if (in->kind != AST_BINARY || in->value != TOK_IN) {
                struct diag *d = error_at(c, in->span, "`%s` goes over `x in S`", f);
                hint(c, d, "write `%s(x in S where P)`", f);
                return bad(c, a->span);
            }
            if (!gen_from(c, &y, &g, in->kid[1], GEN_DISTINCT, &el) || !bind_pattern(c, &y, in->kid[0], el))
                return bad(c, a->span);
            v = el;
        }
        struct ir *cond = elab_bool(c, &y, a->kid[3]);
        if (is_bad(cond)) return cond;
        add_cond(c, &g, cond);
    } else {
        if (list->n != 1 || count) {
            error_at(c, a->span, "write `%s(%s)`", f, count ? "x in S where P" : "e for x in S");
            return bad(c, a->span);
        }
        if (!gen_binders(c, &y, &g, a->kid[2], a->kid[3], GEN_DISTINCT)) return bad(c, a->span);
        v = elab(c, &y, list->kid[0], NULL);
        if (is_bad(v)) return v;
    }
    if (count) {
        uint64_t most = 1;
        for (uint32_t i = 0; i < g.list.n; i++) {
            uint64_t u = g.list.at[i].kind == G_LET ? 1 : p->slots.at[g.list.at[i].slot]->universe;
            if (g.list.at[i].kind == G_BAG) u = g.list.at[i].src->type->cap;
            if (!u || __builtin_mul_overflow(most, u, &most) || most > (uint64_t)1 << 40) most = (uint64_t)1 << 40;
        }
        return make_reduce(c, &g, R_COUNT, type_range(&p->types, 0, (int64_t)most, RANGE_CLAIM), NULL, NULL, NULL,
                           a->span);
    }
    if (sum) {
        v = as_int(c, v, a->span);
        if (is_bad(v)) return v;
        return make_reduce(c, &g, R_SUM, INT(c), NULL, v, NULL, a->span);
    }
    if (!v->type->ordered) {
        if (v->type->kind == T_SYM) return as_int(c, v, a->span);
        error_at(c, a->span, "%s has no order", tname(c, v->type));
        return bad(c, a->span);
    }
    return make_reduce(c, &g, max ? R_MAX : R_MIN, v->type, NULL, v, NULL, a->span);
}

static struct ir *sent(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    int kind;
    struct ir **fields;
    if (x->process < 0) {
        struct diag *d =
            error_at(c, a->span, "`sent` asks what this process has sent, and this is no step of a process");
        hint(c, d, "write `exists m in M : ...`");
        return bad(c, a->span);
    }
    if (!message_template(c, x, a->kid[0], &kind, &fields)) return bad(c, a->span);
    struct message_info *m = &c->messages.at[kind];
    struct gens g = {0};
    struct ir *v;
    if (!module_gens(c, &g, m->network, "messages", NULL, 0, GEN_FREE, &v, a->span)) return bad(c, a->span);
    struct ir *cond = ir_istag(p, v, m->variant, a->span);
    if (m->from_field >= 0) {
        const struct type *ft = m->record->fields[m->from_field].type;
        struct ir *me = ft == p->process_type ? process_value(c, x->process, x->self, a->span) : x->self;
        cond = ir_and(p, cond, ir_eq(p, ir_payload(p, v, m->variant, (uint32_t)m->from_field, a->span), me, a->span));
    }
    uint32_t skip = (m->from_field >= 0) + (m->to_field >= 0);
    struct ir *wrap = NULL;
    for (uint32_t i = skip; i < m->record->n; i++) {
        struct ir *f = fields[i - skip];
        if (!f->total || !ir_cheap(f)) { /* evaluated once, before the loop */
            struct ir_gen let = {.kind = G_LET, .slot = ir_slot(p, f->type), .src = f};
            ARENA_PUSH(c, g.list, let);
            for (uint32_t k = g.list.n - 1; k > 0; k--) {
                struct ir_gen t = g.list.at[k];
                g.list.at[k] = g.list.at[k - 1];
                g.list.at[k - 1] = t;
            }
            f = ir_local(p, let.slot, f->span);
        }
        cond = ir_and(p, cond, ir_eq(p, ir_payload(p, v, m->variant, i, a->span), f, a->span));
    }
    (void)wrap;
    return make_reduce(c, &g, R_EXISTS, BOOL(c), cond, ir_bool(p, true, a->span), NULL, a->span);
}

/* ---- the switch ---- */

static struct ir *tuple(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    if (a->n == 1) return elab(c, x, a->kid[0], expected);
    if (expected && expected->kind == T_OPTION) expected = expected->elem;
    const struct type *want = expected && expected->kind == T_TUPLE && expected->n == a->n ? expected : NULL;
    struct ir **parts = arena_alloc(c->arena, a->n * sizeof *parts);
    const struct type **types = arena_alloc(c->arena, a->n * sizeof *types);
    for (uint32_t i = 0; i < a->n; i++) {
        parts[i] = want ? elab_as(c, x, a->kid[i], want->fields[i].type) : elab(c, x, a->kid[i], NULL);
        if (is_bad(parts[i])) return parts[i];
        types[i] = parts[i]->type;
        if (types[i]->kind == T_NONE || types[i]->kind == T_EMPTY) {
            error_at(c, a->kid[i]->span, "the type of this part is not known here");
            return bad(c, a->span);
        }
    }
    return ir_cons(P(c), want ? want : type_tuple(&P(c)->types, types, a->n), 0, parts, a->n, a->span);
}

static struct ir *indexed(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    int process;
    struct ir *id;
    if (process_ref(c, x, a, &process, &id)) return is_bad(id) ? id : process_value(c, process, id, a->span);
    struct ir *e = elab(c, x, a->kid[0], NULL);
    if (is_bad(e)) return e;
    if (e->type->kind == T_OPTION) e = coerce(c, e, e->type->elem, a->kid[0]->span);
    if (e->type->kind == T_MAP) {
        struct ir *k = elab_as(c, x, a->kid[1], e->type->key);
        return is_bad(k) ? k : ir_index(p, e, k, a->span);
    }
    if (e->type->kind == T_SEQ) {
        struct ir *k = elab_as(c, x, a->kid[1], INT(c));
        return is_bad(k) ? k : ir_index(p, e, k, a->span);
    }
    if (e->type->kind == T_BAG) {
        struct ir *k = elab_as(c, x, a->kid[1], e->type->elem);
        return is_bad(k)
                   ? k
                   : ir_new(p, IR_BAGCOUNT, type_range(&p->types, 0, e->type->cap, RANGE_CLAIM), a->span, 2, e, k);
    }
    error_at(c, a->span, "%s cannot be indexed", tname(c, e->type));
    return bad(c, a->span);
}

static struct ir *conditional(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct ir *cond = elab_bool(c, x, a->kid[0]);
    struct ir *t = elab(c, x, a->kid[1], expected), *e = elab(c, x, a->kid[2], expected ? expected : t->type);
    if (is_bad(cond) || is_bad(t) || is_bad(e)) return bad(c, a->span);
    const struct type *u = unify(c, t->type, e->type);
    if (!u) return no_common(c, t, e, a->span);
    if (u->kind == T_NONE || u->kind == T_EMPTY) {
        if (!expected) return t;
        u = expected;
    }
    return ir_new(P(c), IR_IF, u, a->span, 3, cond, coerce(c, t, u, a->kid[1]->span), coerce(c, e, u, a->kid[2]->span));
}

static struct ir *let_in(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct program *p = P(c);
    struct ir *init = elab(c, x, a->kid[0], NULL);
    if (is_bad(init)) return init;
    struct cx y = *x;
    if (init->type->kind == T_NONE || init->type->kind == T_EMPTY || ir_cheap(init)) {
        env_push(c, &y, a->text, init, a->span);
        return elab(c, &y, a->kid[1], expected);
    }
    uint32_t slot = ir_slot(p, init->type);
    env_push(c, &y, a->text, ir_local(p, slot, a->span), a->span);
    struct ir *body = elab(c, &y, a->kid[1], expected);
    if (is_bad(body)) return body;
    struct ir *kids[2] = {init, body};
    struct ir let = {.op = IR_LET, .type = body->type, .span = a->span, .slot = slot, .n = 2};
    return ir_with(p, &let, kids);
}

static struct ir *dispatch(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct program *p = P(c);
    switch (a->kind) {
    case AST_NUMBER: return ir_const(p, type_range(&p->types, a->value, a->value, RANGE_CLAIM), a->value, a->span);
    case AST_TRUE:
    case AST_FALSE: return ir_bool(p, a->kind == AST_TRUE, a->span);
    case AST_NONE:
        if (expected && expected->kind == T_OPTION) return ir_const(p, expected, 0, a->span);
        return ir_const(p, p->types.none, 0, a->span);
    case AST_NAME: return name(c, x, a, expected);
    case AST_DOT: return dot(c, x, a);
    case AST_CALL: return call(c, x, a, expected);
    case AST_CALLGEN: return call_gen(c, x, a);
    case AST_INDEX: return indexed(c, x, a);
    case AST_BINARY: return binary(c, x, a, expected);
    case AST_UNARY: return unary(c, x, a);
    case AST_PRIME: {
        if (!(x->flags & CX_TWO_STATE)) {
            struct diag *d = error_at(c, a->span, "the next state, `'`, may be named in `step` properties only");
            hint(c, d, "in an action write `x := e`");
            return bad(c, a->span);
        }
        struct cx y = *x;
        y.primed = true;
        return elab(c, &y, a->kid[0], expected);
    }
    case AST_IS: {
        struct ir *e = elab(c, x, a->kid[0], NULL);
        if (is_bad(e)) return e;
        for (uint32_t v = 0; e->type->kind == T_UNION && v < e->type->n_variants; v++)
            if (e->type->variants[v].name == a->text) return ir_istag(p, e, v, a->span);
        error_at(c, a->span, "%s has no kind `%s`", tname(c, e->type), a->text);
        return bad(c, a->span);
    }
    case AST_IF: return conditional(c, x, a, expected);
    case AST_LET: return let_in(c, x, a, expected);
    case AST_MATCH: return match(c, x, a, expected);
    case AST_QUANTIFIER: return quantifier(c, x, a);
    case AST_CHOOSE: return choose(c, x, a);
    case AST_EXTREME: return extreme(c, x, a);
    case AST_FOLD: return fold(c, x, a, expected);
    case AST_TUPLE: return tuple(c, x, a, expected);
    case AST_SET:
    case AST_SEQ:
    case AST_BAG: return literal(c, x, a, expected);
    case AST_SETFILTER:
    case AST_SETFOR:
    case AST_BAGFOR: return comprehension(c, x, a, expected);
    case AST_MAPFOR: return map_literal(c, x, a, expected);
    case AST_WITHFIELDS: return with_fields(c, x, a, expected);
    case AST_WITHINDEX: return with_index(c, x, a, expected);
    case AST_SENT: return sent(c, x, a);
    case AST_OPTIONAL:
    case AST_ENUM:
    case AST_SYMMETRIC: return full_set(c, elab_type(c, x->scope, a, NULL), a->span);
    case AST_ANY: {
        struct diag *d = error_at(c, a->span, "`any` is a choice, and an expression has one value");
        hint(c, d, "write `pick x in S` before, or use `any` as an initial value");
        return bad(c, a->span);
    }
    default: error_at(c, a->span, "an expression is wanted here"); return bad(c, a->span);
    }
}

struct ir *elab(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    if (!a) return bad(c, (struct span){0});
    if (++c->depth > MAX_DEPTH) {
        c->depth--;
        error_at(c, a->span, "this is nested too deep");
        return bad(c, a->span);
    }
    struct ir *e = dispatch(c, x, a, expected);
    c->depth--;
    return e;
}
