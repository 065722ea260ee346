/* Generators: what `x in S` goes over, without making the set wherever that can be avoided. */
#include <string.h>

#include "compiler/elab.h"

enum { MAX_INLINE = 64 };

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

struct ir *push_gen(struct compile *c, struct gens *g, struct ir_gen gen, const struct type *t, struct span span) {
    gen.slot = ir_slot(P(c), t);
    ARENA_PUSH(c, g->list, gen);
    return ir_local(P(c), gen.slot, span);
}

void add_cond(struct compile *c, struct gens *g, struct ir *cond) {
    g->cond = g->cond ? ir_and(P(c), g->cond, cond) : cond;
}

static bool gen_values(struct compile *c, struct gens *g, const struct type *t, struct ir **value, struct span span) {
    if (t->kind == T_ERROR) return false;
    enum { MAX_VALUES = 1 << 24 };
    if (!t->universe || t->universe > MAX_VALUES) {
        struct diag *d = error_at(c, span, "%s has too many values to go through", tname(c, t));
        hint(c, d, "the limit is 2^24");
        return false;
    }
    *value = push_gen(c, g, (struct ir_gen){.kind = G_VALUES}, t, span);
    return true;
}

/* A step of a process sees only those messages of this kind that it could take; v is one of all. */
static bool see_own(struct compile *c, struct cx *x, struct gens *g, const struct message_info *m, struct ir *v,
                    struct span span) {
    if ((x->flags & CX_PROPERTY) || x->process < 0 || !m->receivers.n) return true;
    bool mine = false;
    for (uint32_t i = 0; i < m->receivers.n; i++) mine |= m->receivers.at[i] == x->process;
    if (!mine) {
        struct diag *d = error_at(c, span, "process %s does not receive `%s`", c->processes.at[x->process].symbol->name,
                                  m->record->name);
        hint(c, d, "a step sees the messages to its own process; mark it `oracle`, or ask `sent %s(...)` of its own",
             m->record->name);
        return false;
    }
    if (m->to_field < 0) return true;
    struct ir *to = ir_payload(P(c), v, m->variant, (uint32_t)m->to_field, span);
    struct ir *me = to->type == P(c)->process_type ? process_value(c, x->process, x->self, span) : x->self;
    if (me) add_cond(c, g, ir_eq(P(c), to, me, span));
    return true;
}

bool gen_kind(struct compile *c, struct cx *x, struct gens *g, int kind, struct ir **value, struct span span) {
    struct message_info *m = &c->messages.at[kind];
    m->read = true;
    if (!module_gens(c, g, m->network, "messages", NULL, 0, GEN_DISTINCT, value, span)) return false;
    add_cond(c, g, ir_istag(P(c), *value, m->variant, span));
    return see_own(c, x, g, m, *value, span);
}

bool gen_messages(struct compile *c, struct cx *x, struct gens *g, int kind, struct ir **value, struct span span) {
    const struct message_info *m = &c->messages.at[kind];
    struct ir *v;
    if (!gen_kind(c, x, g, kind, &v, span)) return false;
    uint32_t n = m->record->n;
    struct ir **parts = arena_alloc(c->arena, (n + 1) * sizeof *parts);
    for (uint32_t i = 0; i < n; i++) parts[i] = ir_payload(P(c), v, m->variant, i, span);
    *value = ir_cons(P(c), m->record, 0, parts, n, span);
    return true;
}

struct ast *def_body(struct symbol *s) {
    if (s->kind != SYM_DEF) return NULL;
    if (s->override) return (struct ast *)(uintptr_t)s->override;
    return s->decl->kind == AST_DEF && !s->decl->kid[0]->n ? s->decl->kid[2] : NULL;
}

struct cx inside(struct cx *x, struct symbol *s) {
    struct cx y = *x;
    y.scope = s->override && s->override_scope ? s->override_scope : s->scope;
    y.env = NULL;
    y.inlined++;
    return y;
}

bool too_deep(struct compile *c, struct cx *x, struct span span, const char *name) {
    if (x->inlined < MAX_INLINE) return false;
    struct diag *d = error_at(c, span, "`%s` is defined through itself, or too many definitions deep", name);
    hint(c, d, "there is no recursion; `fold` and `closure` serve");
    c->work = MAX_WORK; /* what follows would only say it again */
    return true;
}

/* Materialises the set and goes through it in canonical order. */
static bool gen_plain(struct compile *c, struct cx *x, struct gens *g, const struct ast *set, struct ir **value) {
    struct ir *s = elab(c, x, set, NULL);
    if (is_bad(s)) return false;
    if (s->type->kind == T_OPTION && s->type->elem->kind == T_SET) s = coerce(c, s, s->type->elem, set->span);
    if (s->type->kind == T_EMPTY)
        s = ir_const(P(c), type_set(&P(c)->types, g->wanted ? g->wanted : BOOL(c), 0), 0, set->span);
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

/* Goes over what a definition says, as if it stood here, but its declared type holds as at any call. *done is false if
 * the set must be made after all: its declared type limits its size. */
static bool gen_body(struct compile *c, struct cx *x, struct gens *g, struct symbol *s, const struct ast *body,
                     enum gen_mode mode, struct ir **value, bool *done) {
    const struct type *t = s->decl->kid[1] ? elab_type(c, s->scope, s->decl->kid[1], NULL) : NULL;
    *done = !t || (t->kind == T_SET && !t->max);
    if (!*done) return true;
    const struct type *outer = g->wanted;
    g->wanted = t ? t->elem : NULL;
    bool ok = gen_from(c, x, g, body, mode, value);
    g->wanted = outer;
    if (!ok || !t) return ok;
    struct ir *v = coerce(c, *value, t->elem, body->span);
    if (is_bad(v)) return false;
    if (!ir_cheap(v)) v = push_gen(c, g, (struct ir_gen){.kind = G_LET, .src = v}, v->type, body->span);
    *value = v;
    return true;
}

bool gen_call(struct compile *c, struct cx *x, struct gens *g, const struct ast *set, enum gen_mode mode,
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
                const struct ast *param = s->decl->kid[0]->kid[i - 1];
                const struct type *t = param->kid[0] ? elab_type(c, s->scope, param->kid[0], NULL) : NULL;
                struct ir *arg = t ? elab_as(c, x, set->kid[i], t) : elab(c, x, set->kid[i], NULL);
                if (is_bad(arg)) return false;
                if (!ir_cheap(arg))
                    arg = push_gen(c, g, (struct ir_gen){.kind = G_LET, .src = arg}, arg->type, set->kid[i]->span);
                env_push(c, &y, s->decl->kid[0]->kid[i - 1]->text, arg, set->kid[i]->span);
            }
            return gen_body(c, &y, g, s, s->decl->kid[2], mode, value, done);
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
            bool done;
            if (!gen_body(c, &y, g, s, body, mode, value, &done)) return false;
            if (done) return true;
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
        uint32_t start = g->list.n;
        const struct type *wanted = g->wanted;
        g->wanted = NULL;
        if (!gen_binders(c, &y, g, set->kid[1], set->kid[2], mode)) return false;
        g->wanted = wanted;
        struct ir *e = elab(c, &y, set->kid[0], NULL);
        if (is_bad(e)) return false;
        *value = e;
        if (mode == GEN_DISTINCT || !ir_cheap(e))
            *value = push_gen(
                c, g,
                (struct ir_gen){.kind = G_LET, .src = e, .distinct = mode == GEN_DISTINCT ? g->list.n - start : 0},
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

struct ir *make_reduce(struct compile *c, struct gens *g, enum reduce op, const struct type *t, struct ir *extra,
                       struct ir *k0, struct ir *k1, struct span span) {
    struct ir *rest[2] = {k0, k1};
    uint32_t n;
    struct ir_gen *gens = gens_finish(c, g, extra, rest, k1 ? 2 : k0 ? 1 : 0, &n);
    return ir_reduce(P(c), op, t, gens, n, k0 ? rest[0] : NULL, k1 ? rest[1] : NULL, span);
}
