/* The whole program: variables, initial states, actions, properties. */
#include <string.h>

#include "compiler/cover.h"
#include "compiler/temporal.h"

/* ---- variables ---- */

static struct ir_var *add_var(struct compile *c, const char *owner, const char *member, const struct type *t,
                              int process, struct span span) {
    struct ir_var *v = arena_alloc(&P(c)->arena, sizeof *v);
    const struct type *id = process >= 0 ? c->processes.at[process].id : NULL;
    *v = (struct ir_var){.name = owner ? arena_printf(&P(c)->arena, "%s.%s", owner, member) : member,
                         .member = member,
                         .process = process,
                         .span = span};
    v->per_instance = id != NULL;
    v->type = id ? type_map(&P(c)->types, id, t) : t;
    v->index = P(c)->vars.n;
    VEC_PUSH(P(c)->vars, v);
    return v;
}

static struct ir_var *hidden_var(struct compile *c, const char *owner, const char *member, const struct type *t,
                                 int process, struct span span) {
    struct ir_var *v = add_var(c, owner, member, t, process, span);
    v->hidden = true;
    return v;
}

void declare_vars(struct compile *c, struct scope *s) {
    struct types *ts = &P(c)->types;
    for (uint32_t i = 0; i < s->symbols.n; i++) {
        struct symbol *y = s->symbols.at[i];
        const struct type *t;
        if (y->kind == SYM_CONST && y->decl->kind == AST_CONST && !y->var) {
            const struct ast *value = y->override ? y->override : y->decl->kid[1];
            if (value && value->kind == AST_ANY && y->state == 0) {
                if (!y->decl->kid[0]) {
                    error_at(c, y->decl->span, "a constant that may be `any` value needs a type");
                    continue;
                }
                t = elab_type(c, s, y->decl->kid[0], NULL);
                if (t->kind != T_ERROR) y->var = add_var(c, s->alias, y->name, t, -1, y->decl->span);
                y->state = 2;
                if (!y->var) y->value = bad(c, y->decl->span);
            } else {
                resolve_symbol(c, y);
            }
            continue;
        }
        if (y->kind == SYM_TYPE) resolve_symbol(c, y);
        if (y->kind != SYM_VAR) continue;
        const char *owner = s->process >= 0 ? c->processes.at[s->process].symbol->name : s->alias;
        t = y->decl->kind == AST_TIMER ? ts->boolean : elab_type(c, s, y->decl->kid[0], NULL);
        if (t->kind == T_ERROR) continue;
        if (type_is_int(t) && !t->universe) {
            struct diag *d = error_at(c, y->decl->kid[0]->span, "a variable that holds an int says its range");
            hint(c, d, "write `var %s : 0..9`", y->name);
            continue;
        }
        y->var = add_var(c, owner, y->name, t, s->process, y->decl->span);
        y->var->ghost = y->decl->kind == AST_VAR && (y->decl->value & MOD_GHOST);
        y->var->hidden = s->network >= 0;
        y->var->stable = y->decl->kind == AST_VAR && (y->decl->value & MOD_STABLE);
    }
}

/* without stable p.x: x may also be a variable that a module gives to p. */
static void forget_stable(struct compile *c) {
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; check && i < check->n; i++) {
        if (check->kid[i]->kind != AST_WITHOUT) continue;
        const struct ast *a = check->kid[i]->kid[0];
        struct symbol *p = a->kind == AST_DOT && a->kid[0]->kind == AST_NAME ? lookup(c->root, a->kid[0]->text) : NULL;
        if (!p || p->kind != SYM_PROCESS || p->index < 0) {
            struct diag *d = error_at(c, a->span, "`without stable` names a variable of a process");
            hint(c, d, "write `without stable p.x`, where p is declared with `process p`");
            continue;
        }
        struct symbol *y = scope_find(c->processes.at[p->index].scope, a->text);
        if (!y || !y->var || !y->var->stable) error_at(c, a->span, "there is no stable variable `%s`", a->text);
        else y->var->stable = false;
    }
}

static void declare_fault_vars(struct compile *c) {
    struct types *ts = &P(c)->types;
    for (uint32_t i = 0; i < c->processes.n; i++) {
        struct process_info *pi = &c->processes.at[i];
        const char *name = pi->symbol->name;
        int64_t k;
        if (pi->crash) {
            pi->up = hidden_var(c, name, "up", ts->boolean, (int)i, pi->crash->span);
            if (pi->crash->kid[1] && const_int(c, c->root, pi->crash->kid[1], &k) && k >= 0)
                pi->crash_count =
                    hidden_var(c, name, "crashes", type_range(ts, 0, k, RANGE_CLAIM), -1, pi->crash->span);
        }
        if (pi->recover && pi->recover->kid[0] && const_int(c, c->root, pi->recover->kid[0], &k) && k >= 0)
            pi->recover_count =
                hidden_var(c, name, "recoveries", type_range(ts, 0, k, RANGE_CLAIM), -1, pi->recover->span);
        if (pi->lies) pi->liar = hidden_var(c, name, "liar", ts->boolean, (int)i, pi->byzantine->span);
        if (pi->partitioned && pi->id) {
            pi->side = hidden_var(c, name, "side", ts->boolean, (int)i, pi->partition->span);
            if (pi->partition->kid[0] && const_int(c, c->root, pi->partition->kid[0], &k) && k >= 0)
                pi->partition_count =
                    hidden_var(c, name, "partitions", type_range(ts, 0, k, RANGE_CLAIM), -1, pi->partition->span);
        }
    }
    for (uint32_t i = 0; i < c->budgets.n; i++) {
        struct budget *b = &c->budgets.at[i];
        if (b->limit >= 0)
            b->used = hidden_var(c, "used", b->action, type_range(ts, 0, b->limit, RANGE_CLAIM), -1, c->faults->span);
    }
}

/* ---- initial states ---- */

struct ir *init_var(struct compile *c, struct cx *x, struct symbol *y) {
    const struct ast *a = y->decl->kind == AST_TIMER ? NULL : y->override ? y->override : y->decl->kid[1];
    if (!y->var) return stmt_nothing(c, y->decl->span);
    struct ir *to = var_of(c, y->var, x->self, y->decl->span);
    if (y->decl->kind == AST_TIMER) return stmt_store(c, to, ir_bool(P(c), false, y->decl->span), y->decl->span);
    if (!a) {
        struct diag *d = error_at(c, y->decl->span, "the variable `%s` has no initial value", y->name);
        hint(c, d, "add `:= e`, or `:= any` to start with every value");
        return stmt_nothing(c, y->decl->span);
    }
    c->starting = y->var;
    if (a->kind == AST_ANY) {
        struct ir *picked = pick_any(c, x, a, to, to->type, a->span);
        c->starting = NULL;
        return picked;
    }
    struct cx z = *x;
    if (y->var->ghost) z.flags |= CX_GHOST;
    struct ir *v = elab_as(c, &z, a, to->type);
    c->starting = NULL;
    return is_bad(v) ? stmt_nothing(c, a->span) : stmt_store(c, to, v, a->span);
}

/* The start of one instance: its variables, or only those that do not survive, then its init blocks. */
struct ir *init_process(struct compile *c, int process, struct ir *self, bool again, bool blocks) {
    struct process_info *pi = &c->processes.at[process];
    struct cx x = process_cx(c, process, self, CX_BODY | CX_INIT);
    bind_self(c, &x, process);
    VEC(struct ir *) out = {0};
    for (uint32_t m = 0; m < c->modules.n; m++) {
        struct scope *s = c->modules.at[m];
        for (uint32_t i = 0; s->process == process && i < s->symbols.n; i++) {
            struct symbol *y = s->symbols.at[i];
            if (y->kind != SYM_VAR || (again && y->var && y->var->stable) || (!again && blocks)) continue;
            struct cx z = x;
            z.scope = s;
            ARENA_PUSH(c, out, init_var(c, &z, y));
        }
    }
    for (uint32_t m = 0; blocks && m < c->modules.n; m++) { /* its own, then those of its extensions */
        const struct scope *s = c->modules.at[m];
        for (uint32_t i = 0; s->process == process && i < s->decls->n; i++)
            if (s->decls->kid[i]->kind == AST_INIT) {
                struct cx y = x;
                y.scope = c->modules.at[m];
                ARENA_PUSH(c, out, elab_block(c, &y, s->decls->kid[i]->kid[0]));
            }
    }
    struct ir *s = statements(c, out.at, out.n, pi->decl->span);
    out.n = out.cap = 0;
    return s;
}

static struct ir *each_instance(struct compile *c, int process,
                                struct ir *(*make)(struct compile *, int, struct ir *, bool, bool), bool blocks) {
    const struct type *id = c->processes.at[process].id;
    if (!id) return make(c, process, NULL, false, blocks);
    struct ir *self;
    struct ir_gen *g = id_gen(c, id, &self, c->processes.at[process].decl->span);
    return stmt_loop(c, IR_FOR, g, 1, make(c, process, self, false, blocks), c->processes.at[process].decl->span);
}

static struct ir *init_liars(struct compile *c, struct process_info *pi) {
    struct program *p = P(c);
    struct span span = pi->byzantine->span;
    int64_t most = 1;
    if (pi->byzantine->kid[0]) const_int(c, c->root, pi->byzantine->kid[0], &most);
    if (!pi->id) {
        if (most < 1) return stmt_nothing(c, span);
        return ir_new(p, IR_EITHER, NULL, span, 2, stmt_nothing(c, span),
                      stmt_store(c, ir_state(p, pi->liar, false, span), ir_bool(p, true, span), span));
    }
    struct ir_gen *g = arena_alloc(&p->arena, sizeof *g);
    struct ir *all = full_set(c, pi->id, span), *id;
    *g = (struct ir_gen){.kind = G_SUBSETS, .slot = ir_slot(p, all->type), .src = all};
    struct ir *s = ir_local(p, g->slot, span);
    const struct type *count = type_range(&p->types, 0, pi->n, RANGE_CLAIM);
    g->cond = ir_new(p, IR_LE, BOOL(c), span, 2, ir_new(p, IR_SIZE, count, span, 1, s),
                     ir_const(p, p->types.integer, most, span));
    struct ir_gen *each = id_gen(c, pi->id, &id, span);
    struct ir *set = stmt_store(c, ir_index(p, ir_state(p, pi->liar, false, span), id, span),
                                ir_new(p, IR_MEMBER, BOOL(c), span, 2, id, s), span);
    return stmt_two(c, stmt_loop(c, IR_PICK, g, 1, NULL, span), stmt_loop(c, IR_FOR, each, 1, set, span));
}

static void lower_init(struct compile *c) {
    struct program *p = P(c);
    VEC(struct ir *) out = {0};
    for (uint32_t m = 0; m < c->modules.n; m++) {
        struct scope *s = c->modules.at[m];
        if (s->process >= 0) continue;
        struct cx x = {.scope = s, .process = -1, .flags = CX_BODY | CX_INIT};
        for (uint32_t i = 0; i < s->symbols.n; i++) {
            struct symbol *y = s->symbols.at[i];
            if (y->kind == SYM_VAR || (y->kind == SYM_CONST && y->var)) ARENA_PUSH(c, out, init_var(c, &x, y));
        }
    }
    for (uint32_t i = 0; i < c->processes.n; i++) {
        struct process_info *pi = &c->processes.at[i];
        ARENA_PUSH(c, out, each_instance(c, (int)i, init_process, false));
        if (pi->up) {
            struct ir *id = NULL;
            struct ir_gen *g = pi->id ? id_gen(c, pi->id, &id, pi->crash->span) : NULL;
            struct ir *s = stmt_store(c, var_of(c, pi->up, id, pi->crash->span), ir_bool(p, true, pi->crash->span),
                                      pi->crash->span);
            ARENA_PUSH(c, out, g ? stmt_loop(c, IR_FOR, g, 1, s, pi->crash->span) : s);
        }
        if (pi->liar) ARENA_PUSH(c, out, init_liars(c, pi));
    }
    for (uint32_t m = 0; m < c->modules.n; m++) {
        struct scope *s = c->modules.at[m];
        const struct ast *decls = s->process < 0 ? s->decls : NULL;
        for (uint32_t i = 0; decls && i < decls->n; i++)
            if (decls->kid[i]->kind == AST_INIT) {
                struct cx x = {.scope = s, .process = -1, .flags = CX_BODY | CX_INIT};
                ARENA_PUSH(c, out, elab_block(c, &x, decls->kid[i]->kid[0]));
            }
    }
    for (uint32_t i = 0; i < c->processes.n; i++) ARENA_PUSH(c, out, each_instance(c, (int)i, init_process, true));
    p->init = statements(c, out.at, out.n, c->root->unit->tree->span);
    out.n = out.cap = 0;
}

/* ---- the whole program ---- */

static void lower_decls(struct compile *c, struct scope *s, int process, const struct ast *decls, struct tick *tick) {
    for (uint32_t i = 0; i < decls->n; i++) {
        const struct ast *a = decls->kid[i];
        switch (a->kind) {
        case AST_ACTION:
            if ((a->value & MOD_FAULT) && process < 0) lower_fault_action(c, s, a);
            else lower_action(c, s, process, a);
            break;
        case AST_ON:
        case AST_ONWHOLE:
            if (process < 0) {
                struct diag *d = error_at(c, a->span, "only a process receives messages");
                hint(c, d, "put this handler into a `process`");
            } else {
                lower_on(c, s, process, a, a->text, a->span);
            }
            break;
        case AST_IGNORE:
            for (uint32_t k = 0; process >= 0 && k < a->n; k++)
                lower_on(c, s, process, a, a->kid[k]->text, a->kid[k]->span);
            break;
        case AST_ONTIMEOUT:
            if (process < 0) error_at(c, a->span, "only a process has timers");
            else lower_timeout(c, s, process, a);
            break;
        case AST_ONTICK: add_tick(c, tick, s, process, a); break;
        case AST_SCENARIO:
            if (process >= 0) error_at(c, a->span, "a scenario stands outside of processes");
            break;
        default: break;
        }
    }
}

static void lower_actions(struct compile *c) {
    struct program *p = P(c);
    struct tick tick = {0};
    for (uint32_t m = 0; m < c->modules.n; m++) {
        struct scope *s = c->modules.at[m];
        lower_decls(c, s, s->process, s->decls, &tick);
    }
    if (tick.any) {
        struct ir_action act = {.name = "tick", .kind = ACT_TICK, .process = -1, .span = tick.span, .fair = tick.fair};
        struct ir_gen *g = arena_alloc(&p->arena, sizeof *g);
        *g = (struct ir_gen){
            .kind = G_LET, .slot = ir_slot(p, BOOL(c)), .src = ir_bool(p, true, tick.span), .cond = tick.guard};
        act.gens = g;
        act.n_gens = 1;
        act.body = statements(c, tick.body.at, tick.body.n, tick.span);
        VEC_PUSH(p->actions, act);
        ARENA_PUSH(c, c->action_scopes, c->root);
        tick.body.n = tick.body.cap = 0;
    }
    lower_faults(c);
    for (uint32_t i = 0; i < c->budgets.n; i++) {
        struct budget *b = &c->budgets.at[i];
        if (b->hit) continue;
        struct diag *d = error_at(c, c->faults->span, "no module here has a fault action `%s`", b->action);
        hint(c, d,
             "the faults of a network are its `fault action`s: unordered and ordered have `lose`, unordered has "
             "`duplicate`");
    }
}

/* Whether a name in a check (`P`, or `m.P`) means property P of module m, or m itself (P NULL). */
static bool means(const struct ast *path, const char *module, const char *name) {
    if (path->kind == AST_DOT)
        return name && module && path->kid[0]->kind == AST_NAME && !strcmp(path->kid[0]->text, module) &&
               !strcmp(path->text, name);
    return !strcmp(path->text, name ? name : module);
}

bool wanted(struct compile *c, const char *module, const char *name) {
    const struct ast *check = c->options->check;
    bool only = false;
    for (uint32_t i = 0; check && i < check->n; i++) {
        if (check->kid[i]->kind != AST_ONLY) continue;
        only = true;
        for (uint32_t k = 0; k < check->kid[i]->n; k++)
            if (means(check->kid[i]->kid[k], module, name)) return true;
    }
    return !only;
}

void lower_pred(struct compile *c, struct scope *s, const struct ast *a) {
    static const struct {
        enum token_kind token;
        enum dc_kind kind;
        uint32_t flags;
    } map[] = {{TOK_INVARIANT, DC_INVARIANT, CX_CAN},
               {TOK_INITIALLY, DC_INITIALLY, CX_CAN},
               {TOK_STEP, DC_STEP, CX_TWO_STATE},
               {TOK_REACHABLE, DC_REACHABLE, CX_CAN},
               {TOK_FINAL, DC_FINAL, 0},
               {TOK_CUT, DC_CUT, 0},
               {TOK_PROPERTY, DC_TEMPORAL, CX_TEMPORAL | CX_CAN}};
    struct cx x = {.scope = s, .process = -1, .flags = CX_PROPERTY | CX_GHOST};
    if (a->value == TOK_WATCH) {
        struct ir *e = elab(c, &x, a->kid[0], NULL);
        if (!is_bad(e)) {
            const struct source *src = &c->front->sources.files.at[a->kid[0]->span.source];
            e->text = arena_strdup(&P(c)->arena, src->text + a->kid[0]->span.begin,
                                   a->kid[0]->span.end - a->kid[0]->span.begin);
            VEC_PUSH(P(c)->watches, e);
        }
        return;
    }
    for (uint32_t i = 0; i < sizeof map / sizeof *map; i++) {
        if ((int64_t)map[i].token != a->value) continue;
        x.flags |= map[i].flags;
        uint32_t points = P(c)->points.n;
        enum dc_kind kind = map[i].kind;
        c->claim = kind == DC_REACHABLE || kind == DC_FINAL || kind == DC_CUT ? NULL : a->text;
        c->claim_steps = kind == DC_STEP;
        struct ir *e = elab_bool(c, &x, a->kid[0]);
        c->claim = NULL;
        if (is_bad(e)) return;
        struct point cut = {.kind = POINT_CUT, .span = a->kid[0]->span, .whole = a->kid[0]->span};
        if (kind == DC_CUT) e = cover_truth(c, cut, e);
        if (!temporal_shape(e, map[i].kind == DC_TEMPORAL)) {
            struct diag *d =
                error_at(c, a->kid[0]->span, "a temporal formula stands here inside an expression of states");
            hint(c, d, "combine temporal formulas with and, or, not, implies and iff; write `let`s and arguments out");
            return;
        }
        bool kept = map[i].kind == DC_FINAL || map[i].kind == DC_CUT || (a->text && wanted(c, s->alias, a->text)) ||
                    (c->mapped && wanted(c, s->alias, NULL));
        struct ir_pred pred = {.name = a->text ? a->text : "cut",
                               .doc = a->doc,
                               .kind = map[i].kind,
                               .body = e,
                               .span = a->span,
                               .module = s->alias};
        pred.temporal = ir_temporal(e) || map[i].kind == DC_TEMPORAL;
        if (kept) VEC_PUSH(P(c)->preds, pred);
        else P(c)->points.n = points; /* nobody evaluates it */
    }
}

static void check_names(struct compile *c) {
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; check && i < check->n; i++) {
        const struct ast *k = check->kid[i];
        bool violated = k->kind == AST_EXPECT && k->value == EXPECT_VIOLATED && k->kid[0];
        for (uint32_t j = 0; violated ? j < 1 : k->kind == AST_ONLY && j < k->n; j++) {
            const struct ast *name = violated ? k->kid[0] : k->kid[j];
            bool found = false;
            const char *all[128];
            uint32_t na = 0;
            for (uint32_t m = 0; m < c->modules.n + c->detached.n; m++) {
                const struct scope *in = m < c->modules.n ? c->modules.at[m] : c->detached.at[m - c->modules.n];
                bool refined = m >= c->modules.n;
                for (uint32_t s = 0; s < in->symbols.n; s++) {
                    const struct symbol *y = in->symbols.at[s];
                    if (y->kind != SYM_PREDICATE || (refined && name->kind == AST_NAME)) continue;
                    found |= means(name, in->alias, y->name);
                    if (na < 128) all[na++] = y->name;
                }
                found |= refined && means(name, in->alias, NULL);
            }
            if (found) continue;
            struct diag *d = error_at(
                c, name->span, "there is no property `%s`",
                name->kind == AST_DOT ? arena_printf(c->arena, "%s.%s", name->kid[0]->text, name->text) : name->text);
            const char *near = nearest_name(name->text, all, na);
            if (near) hint(c, d, "did you mean `%s`?", near);
        }
    }
}

static void lower_preds(struct compile *c) {
    for (uint32_t m = 0; m < c->modules.n; m++) {
        struct scope *s = c->modules.at[m];
        const struct ast *decls = s->process < 0 ? s->decls : NULL;
        for (uint32_t i = 0; decls && i < decls->n; i++) {
            const struct ast *a = decls->kid[i];
            if (a->kind == AST_PREDICATE) lower_pred(c, s, a);
            bool coverage = c->options->coverage; /* what is refined is covered when it is checked itself */
            c->options->coverage = false;
            if (a->kind == AST_REFINES && s == c->root) lower_refines(c, a);
            c->options->coverage = coverage;
        }
    }
    check_names(c);
    if (P(c)->preds.n > 64) /* a search keeps them in one word */
        error_at(c, P(c)->preds.at[64].span, "a check has at most 64 properties; choose some with `only`");
}

/* What two instances of a module have in common is told apart by the name of the instance. */
static void tell_apart(struct compile *c) {
    struct program *p = P(c);
    bool *shared = arena_alloc(c->arena, (p->actions.n + 1) * sizeof *shared);
    for (uint32_t i = 0; i < p->actions.n; i++) shared[i] = action_shares_name(c, i);
    for (uint32_t i = 0; i < p->actions.n; i++)
        if (shared[i])
            p->actions.at[i].name = arena_printf(&p->arena, "%s.%s", action_module(c, i), p->actions.at[i].name);
    for (uint32_t i = 0; i < p->preds.n; i++)
        for (uint32_t k = i + 1; k < p->preds.n; k++) {
            struct ir_pred *a = &p->preds.at[i], *b = &p->preds.at[k];
            if (strcmp(a->name, b->name) != 0 || !a->module || !b->module || !strcmp(a->module, b->module)) continue;
            const char *name = a->name;
            for (uint32_t j = p->preds.n; j-- > i;) {
                struct ir_pred *q = &p->preds.at[j];
                if (!q->module || q->apart || strcmp(q->name, name) != 0) continue;
                q->name = arena_printf(&p->arena, "%s.%s", q->module, name);
                q->apart = true;
            }
        }
}

void lower_program(struct compile *c) {
    for (uint32_t m = 0; m < c->modules.n; m++) declare_vars(c, c->modules.at[m]);
    forget_stable(c);
    declare_fault_vars(c);
    if (c->diags->errors) {
        /* go on: later passes find further errors, but see no half-made variables */
        for (uint32_t m = 0; m < c->modules.n; m++)
            for (uint32_t i = 0; i < c->modules.at[m]->symbols.n; i++)
                if (c->modules.at[m]->symbols.at[i]->kind == SYM_CONST && !c->modules.at[m]->symbols.at[i]->value &&
                    !c->modules.at[m]->symbols.at[i]->var)
                    c->modules.at[m]->symbols.at[i]->value = bad(c, c->modules.at[m]->symbols.at[i]->decl->span);
    }
    lower_actions(c);
    lower_init(c);
    lower_fairness(c);
    lower_preds(c);
    tell_apart(c);
    for (uint32_t i = 0; i < c->messages.n && !c->diags->errors; i++) {
        const struct message_info *m = &c->messages.at[i];
        cover_note(c, cover_sent(m));
        if (m->read) continue;
        struct diag *d = diag_add(c->diags, DIAG_WARNING, DIAG_TYPE, m->decl->span,
                                  "nobody takes `%s`, and no property looks at it", m->record->name);
        if (m->receivers.n)
            hint(c, d,
                 "add a handler `on %s` or `ignore %s` to %s; in an ordered network it blocks what comes after it",
                 m->record->name, m->record->name, c->processes.at[m->receivers.at[0]].symbol->name);
    }
}
