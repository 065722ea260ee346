/* refines M as A with x = e, ...: M's variables, computed from this spec's; its initial states, steps and properties.
 */
#include <string.h>

#include "compiler/elab.h"

static bool only_variables_and_steps(struct compile *c, const struct unit *u, struct span span) {
    const struct ast *decls = u->tree->kid[0];
    for (uint32_t i = 0; i < decls->n; i++) {
        enum ast_kind k = decls->kid[i]->kind;
        if (k != AST_PROCESS && k != AST_MESSAGE && k != AST_NETWORK && k != AST_ONTICK && k != AST_FAULTS) continue;
        struct diag *d =
            error_at(c, span, "%s has processes, messages, faults or time, and cannot be refined", u->name);
        hint(c, d, "what is refined has constants, variables and actions; see docs/temporal.md");
        return false;
    }
    return true;
}

/* The instance of M: constants and types as given, variables with what they are mapped to. */
static struct scope *instance(struct compile *c, const struct ast *a, const struct unit *u) {
    struct ast constants = *a->kid[0];
    struct ast **kids = arena_alloc(c->arena, (a->kid[0]->n + 1) * sizeof *kids);
    constants.kid = kids;
    constants.n = 0;
    const struct ast *list = a->kid[0], *decls = u->tree->kid[0];
    for (uint32_t i = 0; i < list->n; i++) {
        bool variable = false;
        for (uint32_t k = 0; k < decls->n; k++)
            variable |= decls->kid[k]->kind == AST_VAR && decls->kid[k]->text == list->kid[i]->text;
        if (!variable) kids[constants.n++] = list->kid[i];
    }
    struct scope *m = module_instance(c, u, a->kid[1]->text, &constants, c->root);
    const char *missing = "";
    for (uint32_t k = 0; k < m->symbols.n; k++) {
        struct symbol *y = m->symbols.at[k];
        if (y->kind != SYM_VAR || y->decl->kind != AST_VAR) continue;
        for (uint32_t i = 0; i < list->n; i++)
            if (list->kid[i]->text == y->name) y->mapping = list->kid[i]->kid[0];
        if (!y->mapping) missing = arena_printf(c->arena, "%s%s%s", missing, *missing ? ", " : "", y->name);
    }
    if (*missing) {
        struct diag *d = error_at(c, a->span, "these variables of %s are not mapped: %s", u->name, missing);
        hint(c, d, "add `with NAME = expression` for each");
        return NULL;
    }
    return m;
}

static void shadow_vars(struct compile *c, struct scope *m, struct ir_refine *r) {
    struct program *p = P(c);
    uint32_t before = p->vars.n;
    declare_vars(c, m);
    for (uint32_t i = before; i < p->vars.n; i++) VEC_PUSH(r->vars, p->vars.at[i]);
    p->vars.n = before;
    for (uint32_t k = 0; k < m->symbols.n; k++)
        if (m->symbols.at[k]->var) m->symbols.at[k]->type = m->symbols.at[k]->var->type;
}

static void shadow_values(struct compile *c, struct scope *m, struct ir_refine *r, const struct ast *a) {
    struct cx here = {.scope = c->root, .process = -1, .flags = CX_PROPERTY | CX_GHOST};
    struct cx there = {.scope = m, .process = -1, .flags = CX_BODY | CX_INIT};
    VEC(struct ir *) map = {0}, init = {0};
    for (uint32_t k = 0; k < m->symbols.n; k++) {
        struct symbol *y = m->symbols.at[k];
        if (y->var) ARENA_PUSH(c, init, init_var(c, &there, y));
        if (!y->var || !y->mapping) continue;
        struct ir *e = elab_as(c, &here, y->mapping, y->type);
        if (!is_bad(e)) ARENA_PUSH(c, map, stmt_store(c, var_of(c, y->var, NULL, a->span), e, y->mapping->span));
    }
    for (uint32_t i = 0; i < m->decls->n; i++)
        if (m->decls->kid[i]->kind == AST_INIT) ARENA_PUSH(c, init, elab_block(c, &there, m->decls->kid[i]->kid[0]));
    r->map = statements(c, map.at, map.n, a->span);
    r->init = statements(c, init.at, init.n, a->span);
}

static void shadow_steps(struct compile *c, struct scope *m, struct ir_refine *r) {
    struct program *p = P(c);
    uint32_t before = p->actions.n;
    for (uint32_t i = 0; i < m->decls->n; i++)
        if (m->decls->kid[i]->kind == AST_ACTION && !(m->decls->kid[i]->value & MOD_FAULT))
            lower_action(c, m, -1, m->decls->kid[i]);
    for (uint32_t i = before; i < p->actions.n; i++) VEC_PUSH(r->actions, p->actions.at[i]);
    p->actions.n = c->action_scopes.n = before;
}

/* What M promises, of this spec: its properties with every variable replaced by what it is mapped to. */
static void properties(struct compile *c, struct scope *m) {
    struct program *p = P(c);
    uint32_t before = p->preds.n;
    c->mapped = true;
    for (uint32_t i = 0; i < m->decls->n; i++) {
        const struct ast *d = m->decls->kid[i];
        bool promise = d->kind == AST_PREDICATE && (d->value == TOK_INVARIANT || d->value == TOK_INITIALLY ||
                                                    d->value == TOK_STEP || d->value == TOK_PROPERTY);
        if (promise) lower_pred(c, m, d);
    }
    c->mapped = false;
    for (uint32_t i = before; i < p->preds.n; i++)
        p->preds.at[i].name = arena_printf(&p->arena, "%s.%s", m->alias, p->preds.at[i].name);
}

void lower_refines(struct compile *c, const struct ast *a) {
    struct program *p = P(c);
    const struct unit *u = front_unit(c->front, a->text, a->span);
    if (!u || !only_variables_and_steps(c, u, a->span)) return;
    struct ir_refine r = {.name = a->kid[1]->text, .module = u->name};
    struct scope *m = instance(c, a, u);
    if (!m) return;
    shadow_vars(c, m, &r);
    if (c->diags->errors) {
        VEC_FREE(r.vars);
        return;
    }
    shadow_values(c, m, &r, a);
    shadow_steps(c, m, &r);
    for (uint32_t i = 0; i < r.vars.n; i++) r.vars.at[i]->index = p->vars.n + i;
    VEC_PUSH(p->refines, r);
    for (int step = 0; step < 2 && wanted(c, r.name, NULL); step++) {
        struct ir_pred pred = {.name = r.name,
                               .kind = step ? DC_STEP : DC_INITIALLY,
                               .body = ir_bool(p, true, a->span),
                               .span = a->span,
                               .refine = p->refines.n};
        VEC_PUSH(p->preds, pred);
    }
    properties(c, m);
}
