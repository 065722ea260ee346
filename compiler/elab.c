/* Expressions: the switch over what the parser read, and the first parts of the compilation of one. */
#include <string.h>

#include "compiler/cover.h"

enum { MAX_DEPTH = 1600 };

struct ir *bad(struct compile *c, struct span span) {
    struct ir *e = arena_alloc(&P(c)->arena, sizeof *e);
    *e = (struct ir){.op = IR_CONST, .type = P(c)->types.error, .span = span, .total = true, .stateless = true};
    return e;
}

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

/* ---- the switch ---- */

static struct ir *tuple(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    if (a->n == 1) return elab(c, x, a->kid[0], expected);
    if (expected && expected->kind == T_OPTION) expected = expected->elem;
    const struct type *want = expected && expected->kind == T_TUPLE && expected->n == a->n ? expected : NULL;
    struct ir **parts = arena_alloc(c->arena, a->n * sizeof *parts);
    const struct type **types = arena_alloc(c->arena, a->n * sizeof *types);
    bool fit = want != NULL;
    for (uint32_t i = 0; i < a->n; i++) {
        parts[i] = elab(c, x, a->kid[i], want ? want->fields[i].type : NULL);
        if (is_bad(parts[i])) return parts[i];
        if (want && unify(c, want->fields[i].type, parts[i]->type) == want->fields[i].type)
            parts[i] = coerce(c, parts[i], want->fields[i].type, a->kid[i]->span);
        if (is_bad(parts[i])) return parts[i];
        types[i] = parts[i]->type;
        if (want && types[i] != want->fields[i].type &&
            !(types[i]->kind == T_RANGE && want->fields[i].type->kind == T_RANGE &&
              fits_range(types[i], want->fields[i].type)))
            fit = false;
        if (types[i]->kind == T_NONE || types[i]->kind == T_EMPTY) {
            error_at(c, a->kid[i]->span, "the type of this part is not known here");
            return bad(c, a->span);
        }
    }
    return ir_cons(P(c), fit ? want : type_tuple(&P(c)->types, types, a->n), 0, parts, a->n, a->span);
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
    struct ir *whole =
        ir_new(P(c), IR_IF, u, a->span, 3, cond, coerce(c, t, u, a->kid[1]->span), coerce(c, e, u, a->kid[2]->span));
    return cover_cases(c, whole, a->kid[1], a->kid[2]->kind == AST_IF ? NULL : a->kid[2]);
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
    case AST_NAME: return elab_name(c, x, a, expected);
    case AST_DOT: return elab_dot(c, x, a);
    case AST_CALL: return elab_call(c, x, a, expected);
    case AST_CALLGEN: return elab_call_gen(c, x, a);
    case AST_INDEX: return indexed(c, x, a);
    case AST_BINARY: return elab_binary(c, x, a, expected);
    case AST_UNARY: return elab_unary(c, x, a);
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
    case AST_MATCH: return elab_match(c, x, a, expected);
    case AST_QUANTIFIER: return elab_quantifier(c, x, a);
    case AST_CHOOSE: return elab_choose(c, x, a);
    case AST_EXTREME: return elab_extreme(c, x, a);
    case AST_FOLD: return elab_fold(c, x, a, expected);
    case AST_TUPLE: return tuple(c, x, a, expected);
    case AST_SET:
    case AST_SEQ:
    case AST_BAG: return elab_literal(c, x, a, expected);
    case AST_SETFILTER:
    case AST_SETFOR:
    case AST_BAGFOR: return elab_comprehension(c, x, a, expected);
    case AST_MAPFOR: return elab_map_literal(c, x, a, expected);
    case AST_WITHFIELDS: return elab_with_fields(c, x, a, expected);
    case AST_WITHINDEX: return elab_with_index(c, x, a, expected);
    case AST_SENT: return elab_sent(c, x, a);
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

bool elab_goes_on(struct compile *c, struct span span) {
    if (c->work < MAX_WORK) {
        c->work++;
        return true;
    }
    if (!c->diags->errors) {
        struct diag *d = error_at(c, span, "the definitions expand to too much here (over %d parts)", MAX_WORK);
        hint(c, d, "name what is used several times with `let`");
    }
    return false;
}

struct ir *elab(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    if (!a) return bad(c, (struct span){0});
    if (!elab_goes_on(c, a->span)) return bad(c, a->span);
    if (++c->depth > MAX_DEPTH) {
        c->depth--;
        error_at(c, a->span, "this is nested too deep");
        return bad(c, a->span);
    }
    struct ir *e = dispatch(c, x, a, expected);
    c->depth--;
    bool deep = e->type && e->type->depth > MAX_TYPE_DEPTH, large = e->type && e->type->words > MAX_VALUE_WORDS;
    if (is_bad(e) || (!deep && !large)) return e;
    error_at(c, a->span, deep ? "the type of this is nested too deep" : "this value may be too large (over 512 KiB)");
    return bad(c, a->span);
}
