/* Literals, comprehensions, quantifiers, fold, match. */
#include <string.h>

#include "compiler/cover.h"
#include "compiler/eval.h"

/* ---- literals and comprehensions ---- */

struct ir *elab_literal(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
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
    bool any_int = want && type_is_int(want->elem) && !want->elem->universe; /* no range is wanted */
    if (want && !any_int) { /* the wanted element type holds, unless these are integers of which some lie outside it */
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

struct ir *elab_comprehension(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
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

struct ir *elab_map_literal(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
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

struct ir *elab_with_fields(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
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

struct ir *elab_with_index(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
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

static struct ir *constant_of(struct compile *c, const struct type *t, uint64_t rank, struct span span) {
    struct ir *e = ir_const(P(c), t, 0, span);
    uint64_t *words = arena_alloc(&P(c)->arena, (t->words + 1) * sizeof *words), v = value_unrank(t, rank, words);
    if (type_wide(t)) e->words = words;
    else e->imm = (int64_t)v;
    return e;
}

/* A quantifier over a temporal formula stands for the formulas of its values, one by one: binder k of group i on. */
static struct ir *unfold(struct compile *c, struct cx *x, const struct ast *a, uint32_t i, uint32_t k) {
    struct program *p = P(c);
    const struct ast *binders = a->kid[0];
    bool all = a->value != TOK_EXISTS;
    if (i == binders->n) {
        struct ir *body = elab_bool(c, x, a->kid[2]), *cond = a->kid[1] ? elab_bool(c, x, a->kid[1]) : NULL;
        if (!cond || is_bad(body) || is_bad(cond)) return body;
        return all ? ir_or(p, ir_not(p, cond), body) : ir_and(p, cond, body);
    }
    const struct ast *group = binders->kid[i], *set = group->kid[group->n - 1];
    if (k + 1 == group->n) return unfold(c, x, a, i + 1, 0);
    struct gens g = {0};
    struct ir *v, *among = NULL;
    if (!gen_from(c, x, &g, set, GEN_FREE, &v)) return bad(c, a->span);
    enum { MOST = 4096 };
    const struct type *t = v->type;
    if (!t->universe || t->universe > MOST) {
        error_at(c, set->span, "%s has too many values for a quantifier over a temporal formula", tname(c, t));
        return bad(c, a->span);
    }
    bool plain = g.list.n == 1 && g.list.at[0].kind == G_VALUES && !g.cond;
    if (!plain) {
        among = elab_as(c, x, set, type_set(&p->types, t, 0));
        if (is_bad(among)) return among;
    }
    struct ir *whole = ir_bool(p, all, a->span);
    for (uint64_t r = 0; r < t->universe; r++) {
        struct cx y = *x;
        struct ir *one = constant_of(c, t, r, group->kid[k]->span), *is = NULL;
        if (among) is = ir_new(p, IR_MEMBER, BOOL(c), set->span, 2, one, among);
        if (is && is->op == IR_CONST && !is->imm) continue;
        if (!bind_pattern(c, &y, group->kid[k], one)) return bad(c, a->span);
        struct ir *rest = unfold(c, &y, a, i, k + 1);
        if (is_bad(rest)) return rest;
        if (is) rest = all ? ir_or(p, ir_not(p, is), rest) : ir_and(p, is, rest);
        whole = all ? ir_and(p, whole, rest) : ir_or(p, whole, rest);
    }
    return whole;
}

struct ir *elab_quantifier(struct compile *c, struct cx *x, const struct ast *a) {
    struct gens g = {0};
    struct cx y = *x;
    if (!gen_binders(c, &y, &g, a->kid[0], a->kid[1], GEN_FREE)) return bad(c, a->span);
    struct ir *body = elab_bool(c, &y, a->kid[2]);
    if (is_bad(body)) return body;
    if (ir_temporal(body)) {
        g.list.n = g.list.cap = 0;
        return unfold(c, x, a, 0, 0);
    }
    if (a->value == TOK_EXISTS) {
        return make_reduce(c, &g, R_EXISTS, BOOL(c), body, ir_bool(P(c), true, a->span), NULL, a->span);
    }
    return make_reduce(c, &g, R_FORALL, BOOL(c), NULL, cover_forall(c, a, body), NULL, a->span);
}

struct ir *elab_choose(struct compile *c, struct cx *x, const struct ast *a) {
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

struct ir *elab_extreme(struct compile *c, struct cx *x, const struct ast *a) {
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

struct ir *elab_fold(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
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

struct ir *elab_match(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    struct program *p = P(c);
    struct ir *subject = elab(c, x, a->kid[0], NULL);
    if (is_bad(subject)) return subject;
    uint32_t slot = ir_slot(p, subject->type);
    struct ir *s = ir_cheap(subject) ? subject : ir_local(p, slot, a->span);
    const struct type *t = subject->type, *rt = NULL;
    struct ir **conds = arena_alloc(c->arena, a->n * sizeof *conds),
              **bodies = arena_alloc(c->arena, a->n * sizeof *bodies);
    bool all = false, none_seen = false, some_seen = false;
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
            if (some_seen) all = true;
        } else if (t->kind == T_OPTION && !arm->kid[0]) {
            struct ir *v = ir_new(p, IR_UNWRAP, t->elem, arm->span, 1, s);
            if (v->op == IR_UNWRAP) {
                v->imm = 1;
                v->total = true;
            }
            conds[n] = ir_new(p, IR_ISSOME, BOOL(c), arm->span, 1, s);
            env_push(c, &y, arm->text, v, arm->span);
            some_seen = true;
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
    for (uint32_t i = n - 1; i-- > 0;) {
        result = ir_new(p, IR_IF, rt, a->span, 3, conds[i], coerce(c, bodies[i], rt, a->span), result);
        result = cover_cases(c, result, a->kid[i + 1], i + 2 == n ? a->kid[n] : NULL);
    }
    if (s == subject) return result;
    struct ir *kids[2] = {subject, result};
    struct ir let = {.op = IR_LET, .type = rt, .span = a->span, .slot = slot, .n = 2};
    return ir_with(p, &let, kids);
}
