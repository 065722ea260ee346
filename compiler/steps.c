/* Steps: actions, handlers, timeouts and the tick as plain actions, whole and cut by a crash. */
#include <string.h>

#include "compiler/cover.h"

/* ---- actions ---- */

void add_guard(struct compile *c, struct draft *d, struct ir *cond) {
    if (!is_bad(cond)) d->g.cond = d->g.cond ? ir_and(P(c), d->g.cond, cond) : cond;
}

static struct draft draft_new(struct compile *c, struct scope *s, int process, const char *name, const struct ast *a) {
    struct draft d = {.act = {.name = name, .process = process, .span = a->span, .doc = a->doc}};
    int64_t mods = a->value;
    d.act.fault = (mods & MOD_FAULT) != 0;
    d.act.strong = (mods & MOD_STRONG) != 0;
    d.act.fair = (mods & MOD_FAIR) != 0;
    d.act.fair_each = (mods & MOD_EACH) != 0;
    uint32_t flags = CX_BODY | (mods & MOD_ORACLE ? CX_PROPERTY : 0) | (mods & MOD_GHOST ? CX_GHOST : 0);
    d.x = (struct cx){.scope = s, .process = process, .flags = flags};
    if (mods & MOD_STRONG && !(mods & MOD_FAIR)) {
        struct diag *x = error_at(c, a->span, "`strong` says how fair a step is");
        hint(c, x, "write `strong fair`");
    }
    if (process < 0) return d;
    struct process_info *pi = &c->processes.at[process];
    if (pi->id) {
        struct ir_gen self = {.kind = G_VALUES, .slot = ir_slot(P(c), pi->id)};
        ARENA_PUSH(c, d.g.list, self);
        d.act.self = self.slot;
        d.x.self = d.x.own_self = ir_local(P(c), self.slot, a->span);
    }
    bind_self(c, &d.x, process);
    if (pi->up) add_guard(c, &d, process_up(c, &d.x, process, d.x.self, a->span));
    if (pi->liar) add_guard(c, &d, ir_not(P(c), var_of(c, pi->liar, d.x.self, a->span)));
    return d;
}

void draft_done(struct compile *c, struct draft *d, struct ir *body) {
    uint32_t nb = d->bindings.n, k = 0;
    struct ir **rest = arena_alloc(c->arena, (nb + 3) * sizeof *rest);
    rest[k++] = body;
    if (d->act.message) rest[k++] = d->act.message;
    for (uint32_t i = 0; i < nb; i++) rest[k++] = d->bindings.at[i].value;
    d->act.gens = gens_finish(c, &d->g, NULL, rest, k, &d->act.n_gens);
    k = 0;
    d->act.body = rest[k++];
    if (d->act.message) d->act.message = rest[k++];
    d->act.bindings = arena_alloc(&P(c)->arena, (nb + 1) * sizeof *d->act.bindings);
    d->act.n_bindings = nb;
    for (uint32_t i = 0; i < nb; i++) {
        d->act.bindings[i] = d->bindings.at[i];
        d->act.bindings[i].value = rest[k++];
    }
    d->bindings.n = d->bindings.cap = 0;
    for (uint32_t i = 0; i < d->act.n_gens; i++) { /* a guard that is constantly false: the action never happens */
        struct ir *cond = d->act.gens[i].cond;
        if (cond && cond->op == IR_CONST && cond->imm) d->act.gens[i].cond = NULL;
    }
    VEC_PUSH(P(c)->actions, d->act);
    ARENA_PUSH(c, c->action_scopes, d->x.scope);
}

static void note_bindings(struct compile *c, struct draft *d, const struct ast *pattern) {
    if (pattern->kind == AST_TUPLE) {
        for (uint32_t i = 0; i < pattern->n; i++) note_bindings(c, d, pattern->kid[i]);
        return;
    }
    for (struct env *e = d->x.env; e; e = e->up)
        if (e->name == pattern->text) {
            struct ir_binding b = {.name = e->name, .value = e->value};
            ARENA_PUSH(c, d->bindings, b);
            return;
        }
}

/* Runs `finish` for the step itself and, where a crash may cut it, for the cut step. */

struct ir *may_crash(struct compile *c, int process, struct span span) {
    struct process_info *pi = &c->processes.at[process];
    struct program *p = P(c);
    int64_t most = -1;
    if (pi->crash_count) {
        struct ir *used = ir_state(p, pi->crash_count, false, span);
        return ir_new(p, IR_LT, BOOL(c), span, 2, used, ir_const(p, p->types.integer, pi->crash_count->type->hi, span));
    }
    if (pi->crash->kid[0] && !const_int(c, c->root, pi->crash->kid[0], &most)) return ir_bool(p, false, span);
    if (most < 0 && !pi->crash->kid[0]) return ir_bool(p, true, span);
    if (most <= 0) return ir_bool(p, false, span);
    if (!pi->id || most >= (int64_t)pi->n) return ir_bool(p, true, span);
    struct ir *id;
    struct ir_gen *g = id_gen(c, pi->id, &id, span);
    g->cond = ir_not(p, var_of(c, pi->up, id, span));
    const struct type *t = type_range(&p->types, 0, pi->n, RANGE_CLAIM);
    struct ir *down = ir_reduce(p, R_COUNT, t, g, 1, NULL, NULL, span);
    return ir_new(p, IR_LT, BOOL(c), span, 2, down,
                  ir_const(p, type_range(&p->types, most, most, RANGE_CLAIM), most, span));
}

static bool sends_anything(const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_SENDS) return true;
    for (uint32_t i = 0; i < e->n; i++)
        if (sends_anything(e->kid[i])) return true;
    return false;
}

static struct ir *torn_body(struct compile *c, struct cx *x, const struct ast *block, struct ir *before) {
    struct program *p = P(c);
    struct cx y = *x;
    y.flags |= CX_TORN;
    y.torn_slot = ir_slot(p, BOOL(c));
    struct ir *list[5];
    list[0] = bind_slot(c, y.torn_slot, ir_bool(p, false, block->span));
    list[1] = before;
    list[2] = elab_block(c, &y, block);
    list[3] = ir_new(p, IR_REQUIRE, NULL, block->span, 1, ir_local(p, y.torn_slot, block->span));
    list[4] = crash_effects(c, x->process, x->self, block->span);
    return statements(c, list, 5, block->span);
}

static void draft_fork(struct compile *c, struct draft *d, struct draft *copy) {
    *copy = *d;
    memset(&copy->g.list, 0, sizeof copy->g.list);
    memset(&copy->bindings, 0, sizeof copy->bindings);
    for (uint32_t i = 0; i < d->g.list.n; i++) ARENA_PUSH(c, copy->g.list, d->g.list.at[i]);
    for (uint32_t i = 0; i < d->bindings.n; i++) ARENA_PUSH(c, copy->bindings, d->bindings.at[i]);
    (void)c;
}

static struct point step_point(struct compile *c, const struct ir_action *act, const struct ast *block,
                               const char *message) {
    const char *who = act->process >= 0 ? c->processes.at[act->process].symbol->name : NULL;
    return (struct point){.kind = POINT_STEP,
                          .span = act->span,
                          .whole = block->span,
                          .in = message,
                          .text = arena_printf(&P(c)->arena, "%s%s%s%s", who ? who : "", who ? ": " : "",
                                               act->kind == ACT_HANDLER ? "on " : "", act->name)};
}

/* Both forms of a step with a block: whole, and cut by a crash. `before` is what precedes the block (consume). */
static void finish_step(struct compile *c, struct draft *d, const struct ast *block, struct ir *before) {
    struct draft torn;
    struct process_info *pi = d->act.process >= 0 ? &c->processes.at[d->act.process] : NULL;
    bool cuts = pi && pi->crashes && !pi->atomic && !d->act.fault;
    if (cuts) draft_fork(c, d, &torn);
    struct cx x = d->x;
    struct ir *body = elab_block(c, &x, block);
    bool sends = sends_anything(body);
    body = cover_before(c, step_point(c, &d->act, block, d->received), body);
    draft_done(c, d, before ? stmt_two(c, before, body) : body);
    if (!cuts) return;
    if (!sends) {
        torn.g.list.n = torn.g.list.cap = 0;
        torn.bindings.n = torn.bindings.cap = 0;
        return;
    }
    torn.act.torn = true;
    torn.act.fault = true;
    torn.act.fair = torn.act.strong = torn.act.fair_each = false;
    torn.act.fault_name = "crash";
    add_guard(c, &torn, may_crash(c, d->act.process, block->span));
    x = torn.x;
    draft_done(c, &torn, torn_body(c, &x, block, before));
}

void lower_action(struct compile *c, struct scope *s, int process, const struct ast *a) {
    struct draft d = draft_new(c, s, process, a->text, a);
    bool ok = true;
    if (a->kid[0]) ok = gen_binders(c, &d.x, &d.g, a->kid[0], a->kid[1], GEN_DISTINCT);
    for (uint32_t i = 0; ok && a->kid[0] && i < a->kid[0]->n; i++)
        for (uint32_t k = 0; k + 1 < a->kid[0]->kid[i]->n; k++) note_bindings(c, &d, a->kid[0]->kid[i]->kid[k]);
    if (ok && a->kid[2]) {
        struct cx x = d.x;
        add_guard(c, &d, cover_guard(c, &x, a->kid[2]));
    }
    if (d.act.fault) d.act.kind = ACT_FAULT;
    finish_step(c, &d, a->kid[3], NULL);
}

/* A fault action of a module: only where a budget names it. */
void lower_fault_action(struct compile *c, struct scope *s, const struct ast *a) {
    struct program *p = P(c);
    struct budget *b = NULL;
    for (uint32_t i = 0; i < c->budgets.n; i++)
        if (!strcmp(c->budgets.at[i].action, a->text) &&
            (!c->budgets.at[i].module || (s->alias && !strcmp(c->budgets.at[i].module, s->alias))))
            b = &c->budgets.at[i];
    if (b) b->hit = true;
    if (s != c->root && !b) return;
    struct draft d = draft_new(c, s, -1, a->text, a);
    d.act.kind = ACT_FAULT;
    d.act.fault_name = a->text;
    bool ok = true;
    if (a->kid[0]) ok = gen_binders(c, &d.x, &d.g, a->kid[0], a->kid[1], GEN_DISTINCT);
    for (uint32_t i = 0; ok && a->kid[0] && i < a->kid[0]->n; i++)
        for (uint32_t k = 0; k + 1 < a->kid[0]->kid[i]->n; k++) note_bindings(c, &d, a->kid[0]->kid[i]->kid[k]);
    if (!d.g.list.n) { /* a loop of one, so that guards have a place */
        struct ir_gen one = {.kind = G_LET, .slot = ir_slot(p, BOOL(c)), .src = ir_bool(p, true, a->span)};
        ARENA_PUSH(c, d.g.list, one);
    }
    if (ok && a->kid[2]) {
        struct cx x = d.x;
        add_guard(c, &d, elab_bool(c, &x, a->kid[2]));
    }
    struct ir *count = NULL;
    if (b && b->used) {
        struct ir *used = ir_state(p, b->used, false, a->span);
        add_guard(c, &d, ir_new(p, IR_LT, BOOL(c), a->span, 2, used, ir_const(p, p->types.integer, b->limit, a->span)));
        struct ir *next = ir_new(p, IR_ADD, type_range(&p->types, 0, b->limit + 1, RANGE_CLAIM), a->span, 2, used,
                                 ir_const(p, type_range(&p->types, 1, 1, RANGE_CLAIM), 1, a->span));
        count = stmt_store(c, used, ir_new(p, IR_TORANGE, b->used->type, a->span, 1, next), a->span);
    }
    struct cx x = d.x;
    struct ir *body = elab_block(c, &x, a->kid[3]);
    draft_done(c, &d, count ? stmt_two(c, count, body) : body);
}

/* ---- handlers ---- */

struct ir *stmt_who(struct compile *c, struct message_info *m, struct ir *msg, bool from, struct span span) {
    int field = from ? m->from_field : m->to_field;
    if (field >= 0) return ir_payload(P(c), msg, m->variant, (uint32_t)field, span);
    return process_value(c, from ? m->senders.at[0] : m->receivers.at[0], NULL, span);
}

static struct ir *linked(struct compile *c, struct message_info *m, struct ir *msg, int process, struct ir *self,
                         struct span span) {
    struct process_info *pi = &c->processes.at[process];
    if (!pi->side || m->senders.n != 1 || m->senders.at[0] != process) return ir_bool(P(c), true, span);
    struct ir *side = ir_state(P(c), pi->side, false, span);
    return ir_eq(P(c), ir_index(P(c), side, stmt_who(c, m, msg, true, span), span), ir_index(P(c), side, self, span),
                 span);
}

/* Binds what the handler names of the message, and finishes guard and body. */
static void handler_rest(struct compile *c, struct draft *d, const struct ast *a, struct message_info *m,
                         struct ir *msg, struct ir *before) {
    struct program *p = P(c);
    struct span span = a->span;
    uint32_t skip = (m->from_field >= 0) + (m->to_field >= 0), n = m->record->n - skip;
    d->act.message = msg;
    d->received = m->record->name;
    if (a->kind == AST_ONWHOLE) {
        struct ir **parts = arena_alloc(c->arena, (m->record->n + 1) * sizeof *parts);
        for (uint32_t i = 0; i < m->record->n; i++) parts[i] = ir_payload(p, msg, m->variant, i, span);
        env_push(c, &d->x, a->kid[0]->text, ir_cons(p, m->record, 0, parts, m->record->n, span), span);
    } else if (a->kind == AST_ON && a->kid[0]) {
        if (a->kid[0]->n != n) {
            struct diag *x = error_at(c, a->kid[0]->span, "`%s` has %u fields, this handler names %u", m->record->name,
                                      n, a->kid[0]->n);
            hint(c, x, "write `_` for those that are not needed");
            return;
        }
        for (uint32_t i = 0; i < n; i++) {
            struct ir *v = ir_payload(p, msg, m->variant, skip + i, span);
            const char *as = a->kid[0]->kid[i]->text;
            if (m->record->fields[skip + i].ghost && (!as || strcmp(as, "_")) && !(d->x.flags & CX_GHOST)) {
                struct diag *x = error_at(c, a->kid[0]->kid[i]->span,
                                          "`%s` is a ghost field: only properties and ghost handlers may read it",
                                          m->record->fields[skip + i].name);
                hint(c, x, "write `_` here");
                return;
            }
            if (!bind_pattern(c, &d->x, a->kid[0]->kid[i], v)) return;
        }
    }
    if (a->kind != AST_IGNORE) {
        const struct ast *from = a->kid[1], *more = a->kid[2], *guard = a->kid[3];
        if (from && !bind_pattern(c, &d->x, from, stmt_who(c, m, msg, true, span))) return;
        if (more && !gen_binders(c, &d->x, &d->g, more, NULL, GEN_DISTINCT)) return;
        for (uint32_t i = 0; more && i < more->n; i++)
            for (uint32_t k = 0; k + 1 < more->kid[i]->n; k++) note_bindings(c, d, more->kid[i]->kid[k]);
        if (guard) {
            struct cx x = d->x;
            add_guard(c, d, cover_guard(c, &x, guard));
        }
        struct point received = {
            .kind = POINT_RECEIVED, .span = m->decl->span, .whole = m->decl->span, .text = m->record->name};
        finish_step(c, d, a->kid[4], cover_before(c, received, before));
        return;
    }
    draft_done(c, d, before);
}

bool receives(struct message_info *m, int process) {
    for (uint32_t i = 0; i < m->receivers.n; i++)
        if (m->receivers.at[i] == process) return true;
    return !m->receivers.n;
}

/* The lies that a Byzantine sender may tell this process: always there, never stored. */
static void lower_lies(struct compile *c, struct scope *s, int process, const struct ast *a, int kind, const char *name,
                       int sender) {
    struct program *p = P(c);
    struct message_info *m = &c->messages.at[kind];
    struct process_info *from = &c->processes.at[sender];
    const struct ast *sends = from->byzantine->kid[2];
    struct draft d = draft_new(c, s, process, name, a);
    d.act.kind = ACT_HANDLER;
    d.act.byzantine = true;
    d.act.fair = d.act.strong = d.act.fair_each = false;
    uint32_t n = m->record->n;
    struct ir *id = NULL;
    struct ir **parts = arena_alloc(c->arena, (n + 1) * sizeof *parts);
    for (uint32_t i = 0; i < n; i++) {
        if ((int)i == m->to_field) {
            parts[i] =
                m->record->fields[i].type == p->process_type ? process_value(c, process, d.x.self, a->span) : d.x.self;
            continue;
        }
        const struct type *t = (int)i == m->from_field ? from->id : m->record->fields[i].type;
        if (!t) { /* a single process among several kinds of sender */
            parts[i] = process_value(c, sender, NULL, a->span);
            continue;
        }
        struct ir_gen g = {.kind = G_VALUES, .slot = ir_slot(p, t)};
        ARENA_PUSH(c, d.g.list, g);
        parts[i] = ir_local(p, g.slot, a->span);
        if ((int)i == m->from_field) id = parts[i];
        if ((int)i == m->from_field && m->record->fields[i].type == p->process_type)
            parts[i] = process_value(c, sender, id, a->span);
    }
    struct ir *msg = ir_cons(p, c->networks.at[m->network].message, m->variant, parts, n, a->span);
    add_guard(c, &d, var_of(c, from->liar, id, a->span));
    if (sends && from->byzantine->kid[3]) {
        struct cx x = {.scope = c->root, .process = -1, .flags = CX_PROPERTY};
        struct ir *record = ir_cons(p, m->record, 0, parts, n, a->span);
        env_push(c, &x, sends->text, record, sends->span);
        add_guard(c, &d, elab_bool(c, &x, from->byzantine->kid[3]));
    }
    add_guard(c, &d, linked(c, m, msg, process, d.x.self, a->span));
    handler_rest(c, &d, a, m, msg, stmt_nothing(c, a->span));
}

static void lower_handler(struct compile *c, struct scope *s, int process, const struct ast *a, int kind) {
    struct program *p = P(c);
    struct message_info *m = &c->messages.at[kind];
    const char *name = m->record->name;
    if (!receives(m, process)) {
        struct diag *x =
            error_at(c, a->span, "process %s does not receive `%s`", c->processes.at[process].symbol->name, name);
        hint(c, x, "declare it `message %s ... -> %s`", name, c->processes.at[process].symbol->name);
        return;
    }
    struct draft d = draft_new(c, s, process, name, a);
    d.act.kind = ACT_HANDLER;
    m->read = true;
    struct ir *me = process_value(c, process, d.x.self, a->span), *msg;
    if (!module_gens(c, &d.g, m->network, "deliverable", &me, 1, GEN_DISTINCT, &msg, a->span)) {
        d.g.list.n = d.g.list.cap = 0;
        return;
    }
    add_guard(c, &d, ir_istag(p, msg, m->variant, a->span));
    add_guard(c, &d, linked(c, m, msg, process, d.x.self, a->span));
    struct ir *args[2] = {msg, me};
    struct ir *consume = net_proc(c, m->network, "consume", args, 2, a->span);
    if (!d.g.list.n) return;
    handler_rest(c, &d, a, m, msg, consume);
    for (uint32_t i = 0; i < m->senders.n; i++)
        if (c->processes.at[m->senders.at[i]].liar) lower_lies(c, s, process, a, kind, name, m->senders.at[i]);
}

void lower_on(struct compile *c, struct scope *s, int process, const struct ast *a, const char *kind,
              struct span span) {
    if (!kind) { /* on any m */
        for (uint32_t k = 0; k < c->messages.n; k++)
            if (receives(&c->messages.at[k], process)) lower_handler(c, s, process, a, (int)k);
        return;
    }
    struct symbol *y = lookup(s, kind);
    if (!y || y->kind != SYM_MESSAGE) {
        const char *all[128];
        uint32_t n = 0;
        for (uint32_t i = 0; i < c->messages.n && n < 128; i++) all[n++] = c->messages.at[i].record->name;
        struct diag *d = error_at(c, span, "there is no message `%s`", kind);
        const char *near = nearest_name(kind, all, n);
        if (near) hint(c, d, "did you mean `%s`?", near);
        return;
    }
    if (y->index >= 0) lower_handler(c, s, process, a, y->index);
}

void lower_timeout(struct compile *c, struct scope *s, int process, const struct ast *a) {
    struct symbol *y = lookup(s, a->text);
    if (!y || y->kind != SYM_VAR || y->decl->kind != AST_TIMER || !y->var) {
        struct diag *d = error_at(c, a->span, "there is no timer `%s`", a->text);
        hint(c, d, "declare it: `timer %s`", a->text);
        return;
    }
    struct draft d = draft_new(c, s, process, arena_printf(&P(c)->arena, "timeout %s", a->text), a);
    d.act.kind = ACT_TIMEOUT;
    struct ir *armed = var_of(c, y->var, d.x.self, a->span);
    if (!d.g.list.n) {
        struct ir_gen one = {.kind = G_LET, .slot = ir_slot(P(c), BOOL(c)), .src = ir_bool(P(c), true, a->span)};
        ARENA_PUSH(c, d.g.list, one);
    }
    add_guard(c, &d, armed);
    if (a->kid[0]) {
        struct cx x = d.x;
        add_guard(c, &d, cover_guard(c, &x, a->kid[0]));
    }
    finish_step(c, &d, a->kid[1], stmt_store(c, armed, ir_bool(P(c), false, a->span), a->span));
}

/* ---- time ---- */

/* Of a process that may be down, or lie: whether time runs for it. NULL: it always does. */
static struct ir *takes_part(struct compile *c, struct cx *x, int process, struct span span) {
    struct process_info *pi = &c->processes.at[process];
    struct ir *up = pi->up ? process_up(c, x, process, x->self, span) : NULL;
    struct ir *honest = pi->liar ? ir_not(P(c), var_of(c, pi->liar, x->self, span)) : NULL;
    return up && honest ? ir_and(P(c), up, honest) : up ? up : honest;
}

void add_tick(struct compile *c, struct tick *t, struct scope *s, int process, const struct ast *a) {
    struct program *p = P(c);
    uint32_t more = (a->value & MOD_ORACLE ? CX_PROPERTY : 0) | (a->value & MOD_GHOST ? CX_GHOST : 0);
    struct cx x = {.scope = s, .process = process, .flags = CX_BODY | more};
    struct ir_gen *g = NULL;
    struct ir *up = NULL;
    t->any = true;
    t->fair |= (a->value & MOD_FAIR) != 0;
    if (!t->span.end) t->span = a->span;
    if (process >= 0) {
        struct process_info *pi = &c->processes.at[process];
        if (pi->id) g = id_gen(c, pi->id, &x.self, a->span);
        x.own_self = x.self;
        bind_self(c, &x, process);
        up = takes_part(c, &x, process, a->span);
    }
    if (a->kid[0]) {
        struct cx y = x;
        struct ir *guard = elab_bool(c, &y, a->kid[0]);
        if (is_bad(guard)) return;
        if (up) guard = ir_or(p, ir_not(p, up), guard);
        if (g) {
            struct ir_gen *copy = arena_alloc(&p->arena, sizeof *copy);
            *copy = *g;
            guard = ir_reduce(p, R_FORALL, BOOL(c), copy, 1, guard, NULL, a->kid[0]->span);
        }
        t->guard = t->guard ? ir_and(p, t->guard, guard) : guard;
    }
    if (process >= 0 && g) { /* its own slot for the body: loops may not share one */
        g = id_gen(c, c->processes.at[process].id, &x.self, a->span);
        x.own_self = x.self;
        bind_self(c, &x, process);
        up = takes_part(c, &x, process, a->span);
    }
    struct ir *body = elab_block(c, &x, a->kid[1]);
    const char *who = process >= 0 ? arena_printf(&p->arena, "%s: ", c->processes.at[process].symbol->name) : "";
    struct point point = {.kind = POINT_STEP,
                          .span = a->span,
                          .whole = a->kid[1]->span,
                          .text = arena_printf(&p->arena, "%son tick", who)};
    body = cover_before(c, point, body);
    if (up) body = stmt_when(c, up, body, NULL, a->span);
    ARENA_PUSH(c, t->body, g ? stmt_loop(c, IR_FOR, g, 1, body, a->span) : body);
}
