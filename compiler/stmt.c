/* Statements: places, assignments, choices, calls of procs. */
#include <string.h>

#include "compiler/cover.h"

/* ---- small builders ---- */

struct ir *statements(struct compile *c, struct ir **list, uint32_t n, struct span span) {
    struct ir *b = ir_new(P(c), IR_BLOCK, NULL, span, 0);
    b->kid = arena_alloc(&P(c)->arena, (n + 1) * sizeof *b->kid);
    b->total = true;
    for (uint32_t i = 0; i < n; i++)
        if (list[i] && !(list[i]->op == IR_BLOCK && !list[i]->n)) {
            b->kid[b->n++] = list[i];
            b->total &= list[i]->total;
        }
    b->constant = b->stateless = false;
    return b->n == 1 ? b->kid[0] : b;
}

struct ir *stmt_nothing(struct compile *c, struct span span) {
    return statements(c, NULL, 0, span);
}

struct ir *stmt_two(struct compile *c, struct ir *a, struct ir *b) {
    struct ir *list[2] = {a, b};
    return statements(c, list, 2, a->span);
}

struct ir *stmt_store(struct compile *c, struct ir *place, struct ir *value, struct span span) {
    return ir_new(P(c), IR_STORE, NULL, span, 2, place, value);
}

struct ir *bind_slot(struct compile *c, uint32_t slot, struct ir *value) {
    struct ir *b = ir_new(P(c), IR_BIND, NULL, value->span, 1, value);
    b->slot = slot;
    return b;
}

struct ir *stmt_when(struct compile *c, struct ir *cond, struct ir *then, struct ir *otherwise, struct span span) {
    return ir_new(P(c), IR_WHEN, NULL, span, 3, cond, then, otherwise);
}

struct ir *fail_node(struct compile *c, enum dc_error error, struct span span, const char *text) {
    struct ir *f = ir_new(P(c), IR_FAIL, NULL, span, 0);
    f->imm = error;
    f->text = text;
    return f;
}

struct ir *stmt_loop(struct compile *c, enum ir_op op, struct ir_gen *gens, uint32_t n, struct ir *body,
                     struct span span) {
    struct ir model = {.op = op, .span = span, .n = body ? 1 : 0, .gens = gens, .n_gens = n};
    return ir_with(P(c), &model, &body);
}

/* A loop over all ids of a process; *id is the loop's value. */
struct ir_gen *id_gen(struct compile *c, const struct type *t, struct ir **id, struct span span) {
    struct ir_gen *g = arena_alloc(&P(c)->arena, sizeof *g);
    *g = (struct ir_gen){.kind = G_VALUES, .slot = ir_slot(P(c), t)};
    *id = ir_local(P(c), g->slot, span);
    return g;
}

struct ir *var_of(struct compile *c, const struct ir_var *v, struct ir *id, struct span span) {
    struct ir *e = ir_state(P(c), v, false, span);
    return v->per_instance ? ir_index(P(c), e, id, span) : e;
}

struct cx process_cx(struct compile *c, int process, struct ir *self, uint32_t flags) {
    struct process_info *pi = &c->processes.at[process];
    return (struct cx){.scope = pi->scope, .self = self, .own_self = self, .process = process, .flags = flags};
}

void bind_self(struct compile *c, struct cx *x, int process) {
    struct process_info *pi = &c->processes.at[process];
    if (!pi->id) return;
    const struct ast *pat = pi->decl->kid[0]->kid[0];
    /* the process's own name for its id is seen in all its declarations */
    struct symbol *old = scope_find(pi->scope, pat->text);
    if (old && old->kind == SYM_VALUE) {
        old->value = x->self;
        return;
    }
    struct symbol *y = declare(c, pi->scope, SYM_VALUE, pat->text, pat);
    y->value = x->self;
    y->state = 2;
}

/* ---- places ---- */

struct ir *elab_place(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    while (a->kind == AST_TUPLE && a->n == 1) a = a->kid[0];
    if (a->kind == AST_NAME || a->kind == AST_DOT) {
        struct symbol *s = NULL;
        if (a->kind == AST_NAME) {
            for (struct env *e = x->env; e; e = e->up)
                if (e->name == a->text) {
                    struct diag *d = error_at(c, a->span, "`%s` is a value, not a variable", a->text);
                    hint(c, d, "declare it with `var` to change it, or use `let` for a new name");
                    return bad(c, a->span);
                }
            s = lookup(x->scope, a->text);
            if (!s) {
                struct ir *e = elab(c, x, a, NULL); /* says that it is not declared, or it is a literal */
                if (!is_bad(e)) error_at(c, a->span, "`%s` is a value, not a variable", a->text);
                return bad(c, a->span);
            }
        } else if (a->kid[0]->kind == AST_NAME || a->kid[0]->kind == AST_INDEX) {
            const struct ast *base = a->kid[0]->kind == AST_INDEX ? a->kid[0]->kid[0] : a->kid[0];
            struct symbol *b = base->kind == AST_NAME ? lookup(x->scope, base->text) : NULL;
            for (struct env *e = x->env; e; e = e->up)
                if (base->kind == AST_NAME && e->name == base->text) b = NULL;
            if (b && (b->kind == SYM_PROCESS || b->kind == SYM_MODULE)) {
                struct diag *d = error_at(c, a->span,
                                          b->kind == SYM_PROCESS ? "a step may not write `%s` of a process from outside"
                                                                 : "`%s` of a module may be read here, not written",
                                          a->text);
                hint(c, d,
                     b->kind == SYM_PROCESS ? "send it a message, or share a global variable"
                                            : "call one of its procs");
                return bad(c, a->span);
            }
        }
        if (s && s->kind != SYM_VAR) {
            error_at(c, a->span, "`%s` is not a variable", s->name);
            return bad(c, a->span);
        }
        if (s) {
            if (!s->var) return bad(c, a->span);
            if (s->scope->alias && s->scope != x->scope && s->scope != x->scope->parent) {
                error_at(c, a->span, "`%s` belongs to module %s and may only be read here", s->name, s->scope->alias);
                return bad(c, a->span);
            }
            if (s->var->per_instance && !x->self) return bad(c, a->span);
            struct ir *e = ir_state(p, s->var, false, a->span);
            return s->var->per_instance ? ir_index(p, e, x->self, a->span) : e;
        }
        struct ir *base = elab_place(c, x, a->kid[0]);
        if (is_bad(base)) return base;
        for (uint32_t i = 0; base->type->kind == T_RECORD && i < base->type->n; i++)
            if (base->type->fields[i].name == a->text) return ir_field(p, base, i, a->span);
        error_at(c, a->span, "%s has no field `%s` that could be changed", type_name(c->arena, base->type), a->text);
        return bad(c, a->span);
    }
    if (a->kind == AST_INDEX) {
        struct ir *base = elab_place(c, x, a->kid[0]);
        if (is_bad(base)) return base;
        if (base->type->kind != T_MAP && base->type->kind != T_SEQ) {
            error_at(c, a->span, "%s cannot be changed at an index", type_name(c->arena, base->type));
            return bad(c, a->span);
        }
        struct ir *k = elab_as(c, x, a->kid[1], base->type->kind == T_MAP ? base->type->key : P(c)->types.integer);
        return is_bad(k) ? k : ir_index(p, base, k, a->span);
    }
    struct diag *d = error_at(c, a->span, "this cannot be assigned to");
    hint(c, d, "the left side of `:=` is a variable, an element of one, or a field of one");
    return bad(c, a->span);
}

/* ---- statements ---- */

static struct ir *branch(struct compile *c, struct cx *x, const struct ast *block) {
    struct cx y = *x;
    struct point p = {.kind = POINT_BRANCH, .span = block->span, .whole = block->span};
    return cover_before(c, p, elab_block(c, &y, block));
}

static struct ir_gen *stmt_gens(struct compile *c, struct cx *x, const struct ast *binders, const struct ast *where,
                                bool snapshot, uint32_t *n, struct ir **before) {
    struct gens g = {0};
    struct cx outer = *x;
    if (!gen_binders(c, x, &g, binders, where, GEN_DISTINCT)) return NULL;
    bool stateful = g.cond && !g.cond->stateless;
    for (uint32_t i = 0; i < g.list.n; i++)
        stateful |=
            (g.list.at[i].src && !g.list.at[i].src->stateless) || (g.list.at[i].src2 && !g.list.at[i].src2->stateless);
    *before = NULL;
    if (snapshot && stateful && binders->n == 1 &&
        binders->kid[0]->n == 2) { /* the body may change what the loop goes over */
        g.list.n = g.list.cap = 0;
        struct gens plain = {0};
        struct cx y = outer;
        const struct ast *group = binders->kid[0];
        struct ir *v, *set, *rest[1];
        struct cx z = outer;
        if (!gen_from(c, &y, &plain, group->kid[1], GEN_FREE, &v) || !bind_pattern(c, &z, group->kid[0], v))
            return NULL;
        struct ir *cond = where ? elab_bool(c, &z, where) : NULL;
        if (cond && is_bad(cond)) return NULL;
        const struct type *st = type_set(&P(c)->types, v->type, 0);
        if (!st->bitset) st = type_set(&P(c)->types, v->type, 255);
        rest[0] = v;
        struct ir_gen *gens = gens_finish(c, &plain, cond, rest, 1, n);
        set = ir_reduce(P(c), R_SET, st, gens, *n, rest[0], NULL, group->span);
        uint32_t slot = ir_slot(P(c), st);
        *before = bind_slot(c, slot, set);
        *x = outer;
        struct ir_gen *over = arena_alloc(&P(c)->arena, sizeof *over);
        *over =
            (struct ir_gen){.kind = G_SET, .slot = ir_slot(P(c), v->type), .src = ir_local(P(c), slot, group->span)};
        if (!bind_pattern(c, x, group->kid[0], ir_local(P(c), over->slot, group->span))) return NULL;
        *n = 1;
        return over;
    }
    uint32_t names = 0, k = 0; /* what the names stand for may be rewritten with the loop */
    for (struct env *e = x->env; e != outer.env; e = e->up) names++;
    struct ir **values = arena_alloc(c->arena, (names + 1) * sizeof *values);
    for (struct env *e = x->env; e != outer.env; e = e->up) values[k++] = e->value;
    struct ir_gen *gens = gens_finish(c, &g, NULL, values, names, n);
    k = 0;
    for (struct env *e = x->env; e != outer.env; e = e->up) e->value = values[k++];
    return gens;
}

static struct ir *call_proc(struct compile *c, struct cx *x, const struct ast *a) {
    const struct ast *callee = a->kind == AST_CALL ? a->kid[0] : a;
    struct symbol *s = NULL;
    struct cx y = *x;
    if (callee->kind == AST_NAME) s = lookup(x->scope, callee->text);
    if (callee->kind == AST_DOT && callee->kid[0]->kind == AST_NAME) {
        struct symbol *m = lookup(x->scope, callee->kid[0]->text);
        if (m && m->inner) s = scope_find(m->inner, callee->text);
    }
    if (a->kind != AST_CALL || !s || s->kind != SYM_PROC) {
        struct diag *d = error_at(c, a->span, "this does nothing: a statement is expected here");
        if (a->kind == AST_BINARY && a->value == TOK_EQ) hint(c, d, "`==` compares; write `:=` to update");
        else if (a->kind == AST_CALL) hint(c, d, "only a `proc` can be called as a statement");
        else hint(c, d, "write `x := e`, `send ...`, `if`, `for`, `pick`, `assert` or a call of a proc");
        return stmt_nothing(c, a->span);
    }
    const struct ast *params = s->decl->kid[0];
    if (params->n != a->n - 1) {
        error_at(c, a->span, "`%s` wants %u arguments, this gives %u", s->name, params->n, a->n - 1);
        return stmt_nothing(c, a->span);
    }
    if (x->inlined > 40) {
        struct diag *d = error_at(c, a->span, "`%s` calls itself, or too many procs deep", s->name);
        hint(c, d, "there is no recursion");
        c->work = MAX_WORK;
        return stmt_nothing(c, a->span);
    }
    VEC(struct ir *) out = {0};
    y.scope = s->scope;
    y.env = NULL;
    y.inlined++;
    for (uint32_t i = 0; i < params->n; i++) {
        const struct ast *param = params->kid[i];
        const struct type *t = param->kid[0] ? elab_type(c, s->scope, param->kid[0], NULL) : NULL;
        struct ir *v = t ? elab_as(c, x, a->kid[i + 1], t) : elab(c, x, a->kid[i + 1], NULL);
        if (is_bad(v)) {
            out.n = out.cap = 0;
            return stmt_nothing(c, a->span);
        }
        if (v->type->kind != T_NONE && v->type->kind != T_EMPTY && !(ir_cheap(v) && v->stateless)) {
            uint32_t slot = ir_slot(P(c), v->type);
            ARENA_PUSH(c, out, bind_slot(c, slot, v));
            v = ir_local(P(c), slot, a->kid[i + 1]->span);
        }
        env_push(c, &y, param->text, v, param->span);
    }
    ARENA_PUSH(c, out, elab_block(c, &y, s->decl->kid[1]));
    struct ir *r = statements(c, out.at, out.n, a->span);
    out.n = out.cap = 0;
    return r;
}

struct ir *pick_any(struct compile *c, struct cx *x, const struct ast *any, struct ir *where, const struct type *t,
                    struct span span) {
    struct ir_gen *g;
    struct ir *v;
    uint32_t n = 1;
    if (any->kid[0]) {
        struct gens list = {0};
        if (!gen_from(c, x, &list, any->kid[0], GEN_DISTINCT, &v)) return stmt_nothing(c, span);
        v = coerce(c, v, t, span);
        if (is_bad(v)) return stmt_nothing(c, span);
        struct ir *rest[1] = {v};
        g = gens_finish(c, &list, NULL, rest, 1, &n);
        v = rest[0];
    } else {
        if (!t->universe || t->universe > ((uint64_t)1 << 32)) {
            error_at(c, span, "%s has too many values to try them all", type_name(c->arena, t));
            return stmt_nothing(c, span);
        }
        g = id_gen(c, t, &v, span);
    }
    return stmt_two(c, stmt_loop(c, IR_PICK, g, n, NULL, span), stmt_store(c, where, v, span));
}

static struct ir *statement(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    if (!elab_goes_on(c, a->span)) return stmt_nothing(c, a->span);
    switch (a->kind) {
    case AST_BLOCK: {
        struct cx y = *x;
        return elab_block(c, &y, a);
    }
    case AST_ASSIGN: {
        struct ir *to = elab_place(c, x, a->kid[0]);
        if (is_bad(to)) return stmt_nothing(c, a->span);
        if (a->kid[1]->kind == AST_ANY) return pick_any(c, x, a->kid[1], to, to->type, a->span);
        struct cx y = *x;
        const struct ir *root = to;
        while (root->op != IR_STATE) root = root->kid[0];
        if (root->var->ghost) y.flags |= CX_GHOST;
        struct ir *v = elab_as(c, &y, a->kid[1], to->type);
        return is_bad(v) ? stmt_nothing(c, a->span) : stmt_store(c, to, v, a->span);
    }
    case AST_DO: return call_proc(c, x, a->kid[0]);
    case AST_IFS: {
        struct ir *cond = elab_bool(c, x, a->kid[0]);
        struct cx z = *x;
        struct ir *then = branch(c, x, a->kid[1]);
        struct ir *otherwise = !a->kid[2]                     ? NULL
                               : a->kid[2]->kind == AST_BLOCK ? branch(c, x, a->kid[2])
                                                              : statement(c, &z, a->kid[2]);
        return is_bad(cond) ? stmt_nothing(c, a->span) : stmt_when(c, cond, then, otherwise, a->span);
    }
    case AST_FORS: {
        struct cx y = *x;
        uint32_t n;
        struct ir *before;
        struct ir_gen *g = stmt_gens(c, &y, a->kid[0], a->kid[1], true, &n, &before);
        if (!g) return stmt_nothing(c, a->span);
        struct ir *f = stmt_loop(c, IR_FOR, g, n, branch(c, &y, a->kid[2]), a->span);
        return before ? stmt_two(c, before, f) : f;
    }
    case AST_PICK: {
        uint32_t n;
        struct ir *before;
        struct ir_gen *g = stmt_gens(c, x, a->kid[0], a->kid[1], false, &n, &before);
        return g ? stmt_loop(c, IR_PICK, g, n, NULL, a->span) : stmt_nothing(c, a->span);
    }
    case AST_EITHER: {
        struct ir **kids = arena_alloc(c->arena, a->n * sizeof *kids);
        for (uint32_t i = 0; i < a->n; i++) kids[i] = branch(c, x, a->kid[i]);
        struct ir model = {.op = IR_EITHER, .span = a->span, .n = a->n};
        return ir_with(p, &model, kids);
    }
    case AST_ASSERT: {
        struct ir *cond = elab_bool(c, x, a->kid[0]);
        if (is_bad(cond)) return stmt_nothing(c, a->span);
        struct ir *s = ir_new(p, IR_ASSERT, NULL, a->span, 1, cond);
        s->text = a->kid[1] ? a->kid[1]->text : NULL;
        return s;
    }
    case AST_LETS: {
        struct ir *v = elab(c, x, a->kid[0], NULL);
        if (is_bad(v)) return stmt_nothing(c, a->span);
        if (v->type->kind == T_NONE || v->type->kind == T_EMPTY || (ir_cheap(v) && v->stateless)) {
            env_push(c, x, a->text, v, a->span);
            return stmt_nothing(c, a->span);
        }
        uint32_t slot = ir_slot(p, v->type);
        env_push(c, x, a->text, ir_local(p, slot, a->span), a->span);
        return bind_slot(c, slot, v);
    }
    case AST_SEND: return elab_send(c, x, a);
    case AST_START:
    case AST_STOP: {
        struct symbol *s = lookup(x->scope, a->text);
        if (!s || s->kind != SYM_VAR || s->decl->kind != AST_TIMER) {
            struct diag *d = error_at(c, a->span, "there is no timer `%s`", a->text);
            hint(c, d, "declare it in the process: `timer %s`", a->text);
            return stmt_nothing(c, a->span);
        }
        return stmt_store(c, var_of(c, s->var, x->self, a->span), ir_bool(p, a->kind == AST_START, a->span), a->span);
    }
    default: error_at(c, a->span, "a statement is wanted here"); return stmt_nothing(c, a->span);
    }
}

struct ir *elab_block(struct compile *c, struct cx *x, const struct ast *a) {
    VEC(struct ir *) out = {0};
    for (uint32_t i = 0; i < a->n; i++) ARENA_PUSH(c, out, statement(c, x, a->kid[i]));
    struct ir *s = statements(c, out.at, out.n, a->span);
    out.n = out.cap = 0;
    return s;
}
