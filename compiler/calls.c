/* Calls: definitions are inlined, constructors build, the rest is built in. */
#include <string.h>

#include "compiler/elab.h"

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
        e = ir_not(p, liar->per_instance ? ir_index(p, e, id[0], a->span) : e);
        if (e->op == IR_NOT) e->imm = 1;
        return e;
    }
    struct ir_var *side = c->processes.at[process[0]].side;
    if (!side || process[0] != process[1]) return ir_bool(p, true, a->span);
    struct ir *e = ir_state(p, side, x->primed, a->span);
    return ir_eq(p, ir_index(p, e, id[0], a->span), ir_index(p, e, id[1], a->span), a->span);
}

struct ir *elab_used(struct compile *c, struct cx *x, const struct ast *a) {
    if (a->n == 2 && a->kid[1]->kind == AST_NAME)
        for (uint32_t i = 0; i < c->budgets.n; i++)
            if (!strcmp(c->budgets.at[i].action, a->kid[1]->text) && c->budgets.at[i].used)
                return ir_state(P(c), c->budgets.at[i].used, x->primed, a->span);
    bool unlimited = false;
    for (uint32_t i = 0; a->n == 2 && i < c->budgets.n; i++)
        unlimited |= a->kid[1]->kind == AST_NAME && !strcmp(c->budgets.at[i].action, a->kid[1]->text);
    for (uint32_t m = 0; !unlimited && a->n == 2 && a->kid[1]->kind == AST_NAME && m < c->modules.n; m++) {
        struct scope *in = c->modules.at[m];
        for (uint32_t i = 0; i < in->symbols.n; i++) {
            struct symbol *y = in->symbols.at[i];
            if (y->kind == SYM_ACTION && (y->decl->value & MOD_FAULT) &&
                y->name == a->kid[1]->text) /* not in this check */
                return ir_const(P(c), type_range(&P(c)->types, 0, 0, RANGE_CLAIM), 0, a->span);
        }
    }
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
        e = e ? elab_arithmetic(c, max ? IR_MAX2 : IR_MIN2, e, v, a->span) : v;
    }
    return e ? e : bad(c, a->span);
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
            if (!gen_kind(c, x, &g, s->index, &v, a->span)) return bad(c, a->span);
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
    if (!strcmp(f, "used")) return elab_used(c, x, a);
    if (!strcmp(f, "enabled")) return enabled(c, x, a);
    if (!strcmp(f, "room")) return room(c, x, a);
    if (!strcmp(f, "min") || !strcmp(f, "max")) return extremes(c, x, a, f[1] == 'a');
    if (!strcmp(f, "abs")) {
        if (!arity(c, a, 1)) return bad(c, a->span);
        struct ir *v = as_int(c, elab(c, x, a->kid[1], NULL), a->span);
        if (is_bad(v)) return v;
        struct ir *neg =
            elab_arithmetic(c, IR_SUB, ir_const(p, type_range(ts, 0, 0, RANGE_CLAIM), 0, a->span), v, a->span);
        return elab_arithmetic(c, IR_MAX2, v, neg, a->span);
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
            at = elab_arithmetic(c, IR_ADD, ir_new(p, IR_SIZE, lt, a->span, 1, s),
                                 ir_const(p, type_range(ts, base - 1, base - 1, RANGE_CLAIM), base - 1, a->span),
                                 a->span);
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

struct ir *elab_call(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
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
        if (s && s->kind == SYM_TYPE) {
            resolve_symbol(c, s);
            if (s->type->kind == T_RECORD) return construct(c, x, a, s->type, 0, 0, s->type->n, s->name);
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
    if (!s && !strcmp(callee->text, "count") && a->n > 1) { /* count(x in S): no condition */
        struct ast *list = arena_alloc(c->arena, sizeof *list), *whole = arena_alloc(c->arena, sizeof *whole);
        *list = (struct ast){.kind = AST_LIST, .n = a->n - 1, .span = a->span, .kid = a->kid + 1};
        *whole = (struct ast){.kind = AST_CALLGEN, .n = 4, .span = a->span};
        whole->kid = arena_alloc(c->arena, 4 * sizeof *whole->kid);
        whole->kid[0] = a->kid[0];
        whole->kid[1] = list;
        return elab_call_gen(c, x, whole);
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

struct ir *elab_call_gen(struct compile *c, struct cx *x, const struct ast *a) {
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
        struct ir *cond = a->kid[3] ? elab_bool(c, &y, a->kid[3]) : ir_bool(P(c), true, a->span);
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

struct ir *elab_sent(struct compile *c, struct cx *x, const struct ast *a) {
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
    bool may = false;
    for (uint32_t i = 0; i < m->senders.n; i++) may |= m->senders.at[i] == x->process;
    if (!may) {
        struct diag *d = error_at(c, a->span, "process %s does not send `%s`", c->processes.at[x->process].symbol->name,
                                  m->record->name);
        hint(c, d, "write `exists m in %s : ...`", m->record->name);
        return bad(c, a->span);
    }
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
