/* Statements, and the lowering of processes, networks, faults and time to plain actions.
 * The meaning of send, on, crash, lies and partition is that of docs/language.md, "Lowering". */
#include <string.h>

#include "compiler/elab.h"

#define P(c) ((c)->p)
#define BOOL(c) ((c)->p->types.boolean)

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

static struct ir *nothing(struct compile *c, struct span span) { return statements(c, NULL, 0, span); }

static struct ir *two(struct compile *c, struct ir *a, struct ir *b) {
    struct ir *list[2] = {a, b};
    return statements(c, list, 2, a->span);
}

static struct ir *store(struct compile *c, struct ir *place, struct ir *value, struct span span) {
    return ir_new(P(c), IR_STORE, NULL, span, 2, place, value);
}

static struct ir *bind_slot(struct compile *c, uint32_t slot, struct ir *value) {
    struct ir *b = ir_new(P(c), IR_BIND, NULL, value->span, 1, value);
    b->slot = slot;
    return b;
}

static struct ir *when(struct compile *c, struct ir *cond, struct ir *then, struct ir *otherwise, struct span span) {
    return ir_new(P(c), IR_WHEN, NULL, span, 3, cond, then, otherwise);
}

static struct ir *fail_node(struct compile *c, enum dc_error error, struct span span, const char *text) {
    struct ir *f = ir_new(P(c), IR_FAIL, NULL, span, 0);
    f->imm = error;
    f->text = text;
    return f;
}

static struct ir *loop(struct compile *c, enum ir_op op, struct ir_gen *gens, uint32_t n, struct ir *body,
                       struct span span) {
    struct ir model = {.op = op, .span = span, .n = body ? 1 : 0, .gens = gens, .n_gens = n};
    return ir_with(P(c), &model, &body);
}

/* A loop over all ids of a process; *id is the loop's value. */
static struct ir_gen *id_gen(struct compile *c, const struct type *t, struct ir **id, struct span span) {
    struct ir_gen *g = arena_alloc(&P(c)->arena, sizeof *g);
    *g = (struct ir_gen){.kind = G_VALUES, .slot = ir_slot(P(c), t)};
    *id = ir_local(P(c), g->slot, span);
    return g;
}

static struct ir *var_of(struct compile *c, const struct ir_var *v, struct ir *id, struct span span) {
    struct ir *e = ir_state(P(c), v, false, span);
    return v->per_instance ? ir_index(P(c), e, id, span) : e;
}

static struct cx process_cx(struct compile *c, int process, struct ir *self, uint32_t flags) {
    struct process_info *pi = &c->processes.at[process];
    return (struct cx){.scope = pi->scope, .self = self, .own_self = self, .process = process, .flags = flags};
}

static void bind_self(struct compile *c, struct cx *x, int process) {
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

/* ---- network modules ---- */

static struct symbol *net_symbol(struct compile *c, int network, const char *def) {
    return scope_find(c->networks.at[network].scope, def);
}

bool network_has(struct compile *c, int network, const char *def) { return net_symbol(c, network, def) != NULL; }

static struct cx net_cx(struct compile *c, int network, uint32_t flags) {
    return (struct cx){.scope = c->networks.at[network].scope, .process = -1, .flags = flags};
}

static bool net_args(struct compile *c, struct cx *x, struct symbol *s, const struct ast *params, struct ir **args,
                     uint32_t n, struct span span) {
    if (params->n != n) {
        struct diag *d = error_at(c, s->decl->span, "a network's `%s` takes %u parameters", s->name, n);
        hint(c, d, "see docs/networks.md for the interface");
        return false;
    }
    for (uint32_t i = 0; i < n; i++) env_push(c, x, params->kid[i]->text, args[i], span);
    return true;
}

struct ir *module_call(struct compile *c, int network, const char *def, struct ir **args, uint32_t n, struct span span,
                       uint32_t flags) {
    struct symbol *s = net_symbol(c, network, def);
    if (!s || s->kind != SYM_DEF || !s->decl->kid[2]) return bad(c, span);
    struct cx x = net_cx(c, network, flags & (CX_PROPERTY | CX_TWO_STATE));
    if (!net_args(c, &x, s, s->decl->kid[0], args, n, span)) return bad(c, span);
    return elab(c, &x, s->decl->kid[2], NULL);
}

bool module_gens(struct compile *c, struct gens *g, int network, const char *def, struct ir **args, uint32_t n,
                 enum gen_mode mode, struct ir **value, struct span span) {
    struct symbol *s = net_symbol(c, network, def);
    if (!s || s->kind != SYM_DEF || !s->decl->kid[2]) return false;
    struct cx x = net_cx(c, network, 0);
    if (!net_args(c, &x, s, s->decl->kid[0], args, n, span)) return false;
    if (!gen_from(c, &x, g, s->decl->kid[2], mode, value)) return false;
    if ((*value)->type != c->networks.at[network].message) {
        if (!is_bad(*value)) error_at(c, s->decl->span, "`%s` must be a set of messages", def);
        return false;
    }
    return true;
}

static struct ir *net_proc(struct compile *c, int network, const char *name, struct ir **args, uint32_t n,
                           struct span span) {
    struct symbol *s = net_symbol(c, network, name);
    if (!s) return nothing(c, span);
    if (s->kind != SYM_PROC) {
        error_at(c, s->decl->span, "a network's `%s` is a proc", name);
        return nothing(c, span);
    }
    struct cx x = net_cx(c, network, CX_BODY);
    if (!net_args(c, &x, s, s->decl->kid[0], args, n, span)) return nothing(c, span);
    x.inlined = 1;
    return elab_block(c, &x, s->decl->kid[1]);
}

struct ir *message_value(struct compile *c, int kind, struct ir *from, struct ir *to, struct ir **fields,
                         struct span span) {
    struct message_info *m = &c->messages.at[kind];
    uint32_t n = m->record->n, k = 0;
    struct ir **parts = arena_alloc(c->arena, (n + 1) * sizeof *parts);
    for (int end = 0; end < 2; end++) {
        int field = end ? m->to_field : m->from_field;
        struct ir *who = end ? to : from;
        if (field < 0) continue;
        const struct type *t = m->record->fields[field].type;
        parts[k++] = t == P(c)->process_type ? who : ir_payload(P(c), who, (uint32_t)who->imm, 0, span);
    }
    for (uint32_t i = k; i < n; i++) parts[i] = fields[i - k];
    return ir_cons(P(c), c->networks.at[m->network].message, m->variant, parts, n, span);
}

/* ---- messages as templates ---- */

bool message_template(struct compile *c, struct cx *x, const struct ast *a, int *kind, struct ir ***fields) {
    while (a->kind == AST_TUPLE && a->n == 1) a = a->kid[0];
    const struct ast *callee = a->kind == AST_CALL ? a->kid[0] : a;
    struct symbol *s = callee->kind == AST_NAME ? lookup(x->scope, callee->text) : NULL;
    if (s && s->kind == SYM_DEF && s->decl->kid[2]) { /* def entry(i) = Append(...) */
        const struct ast *params = s->decl->kid[0];
        uint32_t given = a->kind == AST_CALL ? a->n - 1 : 0;
        if (params->n != given || x->inlined > 40) {
            error_at(c, a->span, "`%s` wants %u arguments, this gives %u", s->name, params->n, given);
            return false;
        }
        struct cx y = *x;
        y.scope = s->scope;
        y.env = NULL;
        y.inlined++;
        for (uint32_t i = 0; i < given; i++) {
            struct ir *v = elab(c, x, a->kid[i + 1], NULL);
            if (is_bad(v)) return false;
            env_push(c, &y, params->kid[i]->text, v, a->kid[i + 1]->span);
        }
        return message_template(c, &y, s->decl->kid[2], kind, fields);
    }
    if (!s || s->kind != SYM_MESSAGE || s->index < 0) {
        if (s && s->kind == SYM_MESSAGE) return false; /* its declaration is in error */
        const char *all[128];
        uint32_t n = 0;
        for (uint32_t i = 0; i < c->messages.n && n < 128; i++) all[n++] = c->messages.at[i].record->name;
        struct diag *d = error_at(c, a->span, "a message is wanted here");
        const char *near = callee->kind == AST_NAME ? nearest_name(callee->text, all, n) : NULL;
        if (near) hint(c, d, "did you mean `%s`?", near);
        return false;
    }
    struct message_info *m = &c->messages.at[s->index];
    uint32_t skip = (m->from_field >= 0) + (m->to_field >= 0), n = m->record->n - skip,
             given = a->kind == AST_CALL ? a->n - 1 : 0;
    if (given != n) {
        struct diag *d = error_at(c, a->span, "`%s` has %u fields, this gives %u", s->name, n, given);
        const char *list = "";
        for (uint32_t i = 0; i < n; i++)
            list = arena_printf(c->arena, "%s%s%s", list, i ? ", " : "", m->record->fields[skip + i].name);
        if (n) hint(c, d, "they are: %s", list);
        return false;
    }
    struct ir **f = arena_alloc(c->arena, (n + 1) * sizeof *f);
    for (uint32_t i = 0; i < n; i++) {
        const struct ast *arg = a->kid[i + 1];
        uint32_t k = i;
        if (arg->kind == AST_ARG) {
            for (k = 0; k < n && m->record->fields[skip + k].name != arg->text; k++) {}
            if (k == n) {
                error_at(c, arg->span, "`%s` has no field `%s`", s->name, arg->text);
                return false;
            }
            arg = arg->kid[0];
        }
        uint32_t ghost = m->record->fields[skip + k].ghost ? CX_GHOST : 0;
        struct cx y = *x;
        y.flags |= ghost;
        f[k] = elab_as(c, &y, arg, m->record->fields[skip + k].type);
        if (is_bad(f[k])) return false;
    }
    *kind = s->index;
    *fields = f;
    return true;
}

/* ---- send ---- */

/* Posts one message to one receiver: room, policy, the dead, and what a torn step leaves out. */
static struct ir *post(struct compile *c, struct cx *x, int kind, int receiver, struct ir *to_id, struct ir *to,
                       struct ir **fields, bool once, struct span span) {
    struct program *p = P(c);
    struct message_info *m = &c->messages.at[kind];
    struct ir *from = process_value(c, x->process, x->self, span);
    struct ir *msg = message_value(c, kind, from, to, fields, span);
    struct ir *room = module_call(c, m->network, "room", &msg, 1, span, 0);
    if (is_bad(room)) return nothing(c, span);
    struct ir *put = net_proc(c, m->network, "post", &msg, 1, span);
    put = ir_new(p, IR_SENDS, NULL, span, 2, msg, put);
    put->imm = m->network;
    switch (c->networks.at[m->network].full) {
    case FULL_BLOCK: put = two(c, ir_new(p, IR_REQUIRE, NULL, span, 1, room), put); break;
    case FULL_DROP: put = when(c, room, put, NULL, span); break;
    case FULL_CUT: put = two(c, when(c, room, nothing(c, span), ir_new(p, IR_CUT, NULL, span, 0), span), put); break;
    default:
        put = two(
            c, when(c, room, nothing(c, span), fail_node(c, DC_CAPACITY, span, c->networks.at[m->network].name), span),
            put);
    }
    if (receiver >= 0 && c->processes.at[receiver].crashes && !c->processes.at[receiver].recovers) {
        struct cx y = *x;
        y.primed = false;
        put = when(c, process_up(c, &y, receiver, to_id, span), put, NULL, span);
    }
    if (once) {
        struct gens g = {0};
        struct ir *v, *rest[1];
        if (!module_gens(c, &g, m->network, "messages", NULL, 0, GEN_FREE, &v, span)) return nothing(c, span);
        rest[0] = ir_bool(p, true, span);
        uint32_t n;
        struct ir_gen *gens = gens_finish(c, &g, ir_eq(p, v, msg, span), rest, 1, &n);
        put = when(c, ir_reduce(p, R_EXISTS, BOOL(c), gens, n, rest[0], NULL, span), nothing(c, span), put, span);
    }
    if (x->flags & CX_TORN) {
        struct ir *lost = bind_slot(c, x->torn_slot, ir_bool(p, true, span));
        put = ir_new(p, IR_EITHER, NULL, span, 2, put, lost);
    }
    return put;
}

static struct ir *post_all(struct compile *c, struct cx *x, int kind, int receiver, struct ir_gen *gens, uint32_t n,
                           struct ir *id, struct ir **fields, bool once, struct span span) {
    struct ir *body = post(c, x, kind, receiver, id, process_value(c, receiver, id, span), fields, once, span);
    return loop(c, IR_FOR, gens, n, body, span);
}

static int find_receiver(struct compile *c, struct message_info *m, const char *name) {
    for (uint32_t i = 0; i < m->receivers.n; i++)
        if (!strcmp(c->processes.at[m->receivers.at[i]].symbol->name, name)) return m->receivers.at[i];
    return -1;
}

static struct ir *send_one(struct compile *c, struct cx *x, const struct ast *a, int kind, struct ir **fields,
                           bool once) {
    struct message_info *m = &c->messages.at[kind];
    const struct ast *to = a->kid[1];
    struct program *p = P(c);
    if (to->kind == AST_NAME) {
        int r = find_receiver(c, m, to->text);
        if (r >= 0 && !c->processes.at[r].id)
            return post(c, x, kind, r, NULL, process_value(c, r, NULL, a->span), fields, once, a->span);
    }
    if (!m->receivers.n) {
        struct diag *d = error_at(c, to->span, "`%s` has no receiver: it is posted for everyone", m->record->name);
        hint(c, d, "drop the `to`, or declare the message `: sender -> receiver`");
        return nothing(c, a->span);
    }
    if (m->receivers.n == 1 && c->processes.at[m->receivers.at[0]].id) {
        int r = m->receivers.at[0];
        struct process_info *pi = &c->processes.at[r];
        struct ir *q = elab(c, x, to, pi->id);
        if (is_bad(q)) return nothing(c, a->span);
        if (q->type == p->process_type && q->op == IR_CONS && q->imm == r) q = q->kid[0];
        q = coerce(c, q, pi->id, to->span);
        if (is_bad(q)) return nothing(c, a->span);
        struct ir *before = NULL;
        if (!ir_cheap(q) || !q->stateless) {
            uint32_t slot = ir_slot(p, pi->id);
            before = bind_slot(c, slot, q);
            q = ir_local(p, slot, to->span);
        }
        struct ir *put = post(c, x, kind, r, q, process_value(c, r, q, a->span), fields, once, a->span);
        return before ? two(c, before, put) : put;
    }
    struct ir *q = elab_as(c, x, to, p->process_type); /* several kinds of receiver: a Process */
    if (is_bad(q)) return nothing(c, a->span);
    uint32_t slot = ir_slot(p, p->process_type);
    struct ir *before = bind_slot(c, slot, q), *all = NULL;
    q = ir_local(p, slot, to->span);
    for (uint32_t i = m->receivers.n; i-- > 0;) {
        int r = m->receivers.at[i];
        struct ir *id = c->processes.at[r].id ? ir_payload(p, q, (uint32_t)r, 0, a->span) : NULL;
        struct ir *put = post(c, x, kind, r, id, process_value(c, r, id, a->span), fields, once, a->span);
        all = when(c, ir_istag(p, q, (uint32_t)r, a->span), put, all, a->span);
    }
    return two(c, before, all);
}

static struct ir *send(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    int kind;
    struct ir **fields;
    bool once = (a->value & TARGET_ONCE) != 0;
    if (x->process < 0) {
        struct diag *d = error_at(c, a->span, "only a process sends");
        hint(c, d, "put this step into a `process`");
        return nothing(c, a->span);
    }
    if (!message_template(c, x, a->kid[0], &kind, &fields)) return nothing(c, a->span);
    struct message_info *m = &c->messages.at[kind];
    bool may = false;
    for (uint32_t i = 0; i < m->senders.n; i++) may |= m->senders.at[i] == x->process;
    if (!may) {
        struct diag *d = error_at(c, a->span, "process %s does not send `%s`", c->processes.at[x->process].symbol->name,
                                  m->record->name);
        hint(c, d, "it is declared for %s", c->processes.at[m->senders.at[0]].symbol->name);
        return nothing(c, a->span);
    }
    VEC(struct ir *) out = {0};
    uint32_t skip = (m->from_field >= 0) + (m->to_field >= 0);
    for (uint32_t i = skip; i < m->record->n; i++) { /* fields are evaluated once, before anything is posted */
        struct ir **f = &fields[i - skip];
        if (ir_cheap(*f) && (*f)->stateless) continue;
        uint32_t slot = ir_slot(p, m->record->fields[i].type);
        ARENA_PUSH(c, out, bind_slot(c, slot, *f));
        *f = ir_local(p, slot, (*f)->span);
    }
    int one = m->receivers.n == 1 ? m->receivers.at[0] : -1;
    struct ir *put = NULL;
    switch (a->value & 255) {
    case TARGET_ONE: put = send_one(c, x, a, kind, fields, once); break;
    case TARGET_NONE:
        if (!m->receivers.n) {
            const struct type *pt = p->process_type;
            put =
                post(c, x, kind, -1, NULL, ir_cons(p, pt, pt->n_variants - 1, NULL, 0, a->span), fields, once, a->span);
        } else if (one >= 0 && !c->processes.at[one].id) {
            put = post(c, x, kind, one, NULL, process_value(c, one, NULL, a->span), fields, once, a->span);
        } else {
            struct diag *d = error_at(c, a->span, "`%s` has several possible receivers", m->record->name);
            hint(c, d, "write `send %s(...) to q`, `to all`, `to others` or `to set S`", m->record->name);
        }
        break;
    case TARGET_ALL:
    case TARGET_OTHERS: {
        if (!m->receivers.n) error_at(c, a->span, "`%s` is posted for everyone already", m->record->name);
        for (uint32_t i = 0; i < m->receivers.n; i++) {
            int r = m->receivers.at[i];
            struct ir *id = NULL;
            if (!c->processes.at[r].id) {
                ARENA_PUSH(c, out,
                           post(c, x, kind, r, NULL, process_value(c, r, NULL, a->span), fields, once, a->span));
                continue;
            }
            struct ir_gen *g = id_gen(c, c->processes.at[r].id, &id, a->span);
            if ((a->value & 255) == TARGET_OTHERS && r == x->process)
                g->cond = ir_not(p, ir_eq(p, id, x->self, a->span));
            ARENA_PUSH(c, out, post_all(c, x, kind, r, g, 1, id, fields, once, a->span));
        }
        break;
    }
    default: { /* to set S */
        if (one < 0 || !c->processes.at[one].id) {
            error_at(c, a->span, "`to set` needs one kind of receiver with ids");
            break;
        }
        const struct type *st = type_set(&p->types, c->processes.at[one].id, 0);
        struct ir *s = elab_as(c, x, a->kid[1], st);
        if (is_bad(s)) break;
        uint32_t slot = ir_slot(p, st);
        ARENA_PUSH(c, out, bind_slot(c, slot, s));
        struct ir_gen *g = arena_alloc(&p->arena, sizeof *g);
        *g = (struct ir_gen){.kind = G_SET, .slot = ir_slot(p, st->elem), .src = ir_local(p, slot, a->span)};
        put = post_all(c, x, kind, one, g, 1, ir_local(p, g->slot, a->span), fields, once, a->span);
    }
    }
    if (put) ARENA_PUSH(c, out, put);
    struct ir *s = statements(c, out.at, out.n, a->span);
    out.n = out.cap = 0;
    return s;
}

/* ---- places ---- */

static struct ir *place(struct compile *c, struct cx *x, const struct ast *a) {
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
            if (!s) return elab(c, x, a, NULL); /* says that it is not declared */
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
        struct ir *base = place(c, x, a->kid[0]);
        if (is_bad(base)) return base;
        for (uint32_t i = 0; base->type->kind == T_RECORD && i < base->type->n; i++)
            if (base->type->fields[i].name == a->text) return ir_field(p, base, i, a->span);
        error_at(c, a->span, "%s has no field `%s` that could be changed", type_name(c->arena, base->type), a->text);
        return bad(c, a->span);
    }
    if (a->kind == AST_INDEX) {
        struct ir *base = place(c, x, a->kid[0]);
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
    return gens_finish(c, &g, NULL, NULL, 0, n);
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
        return nothing(c, a->span);
    }
    const struct ast *params = s->decl->kid[0];
    if (params->n != a->n - 1) {
        error_at(c, a->span, "`%s` wants %u arguments, this gives %u", s->name, params->n, a->n - 1);
        return nothing(c, a->span);
    }
    if (x->inlined > 40) {
        struct diag *d = error_at(c, a->span, "`%s` calls itself, or too many procs deep", s->name);
        hint(c, d, "there is no recursion");
        return nothing(c, a->span);
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
            return nothing(c, a->span);
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

static struct ir *pick_any(struct compile *c, struct cx *x, const struct ast *any, struct ir *where,
                           const struct type *t, struct span span) {
    struct ir_gen *g;
    struct ir *v;
    uint32_t n = 1;
    if (any->kid[0]) {
        struct gens list = {0};
        if (!gen_from(c, x, &list, any->kid[0], GEN_DISTINCT, &v)) return nothing(c, span);
        v = coerce(c, v, t, span);
        if (is_bad(v)) return nothing(c, span);
        struct ir *rest[1] = {v};
        g = gens_finish(c, &list, NULL, rest, 1, &n);
        v = rest[0];
    } else {
        if (!t->universe || t->universe > ((uint64_t)1 << 32)) {
            error_at(c, span, "%s has too many values to try them all", type_name(c->arena, t));
            return nothing(c, span);
        }
        g = id_gen(c, t, &v, span);
    }
    return two(c, loop(c, IR_PICK, g, n, NULL, span), store(c, where, v, span));
}

static struct ir *statement(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    switch (a->kind) {
    case AST_BLOCK: {
        struct cx y = *x;
        return elab_block(c, &y, a);
    }
    case AST_ASSIGN: {
        struct ir *to = place(c, x, a->kid[0]);
        if (is_bad(to)) return nothing(c, a->span);
        if (a->kid[1]->kind == AST_ANY) return pick_any(c, x, a->kid[1], to, to->type, a->span);
        struct cx y = *x;
        const struct ir *root = to;
        while (root->op != IR_STATE) root = root->kid[0];
        if (root->var->ghost) y.flags |= CX_GHOST;
        struct ir *v = elab_as(c, &y, a->kid[1], to->type);
        return is_bad(v) ? nothing(c, a->span) : store(c, to, v, a->span);
    }
    case AST_DO: return call_proc(c, x, a->kid[0]);
    case AST_IFS: {
        struct ir *cond = elab_bool(c, x, a->kid[0]);
        struct cx y = *x, z = *x;
        struct ir *then = elab_block(c, &y, a->kid[1]);
        struct ir *otherwise = !a->kid[2]                     ? NULL
                               : a->kid[2]->kind == AST_BLOCK ? elab_block(c, &z, a->kid[2])
                                                              : statement(c, &z, a->kid[2]);
        return is_bad(cond) ? nothing(c, a->span) : when(c, cond, then, otherwise, a->span);
    }
    case AST_FORS: {
        struct cx y = *x;
        uint32_t n;
        struct ir *before;
        struct ir_gen *g = stmt_gens(c, &y, a->kid[0], a->kid[1], true, &n, &before);
        if (!g) return nothing(c, a->span);
        struct ir *f = loop(c, IR_FOR, g, n, elab_block(c, &y, a->kid[2]), a->span);
        return before ? two(c, before, f) : f;
    }
    case AST_PICK: {
        uint32_t n;
        struct ir *before;
        struct ir_gen *g = stmt_gens(c, x, a->kid[0], a->kid[1], false, &n, &before);
        return g ? loop(c, IR_PICK, g, n, NULL, a->span) : nothing(c, a->span);
    }
    case AST_EITHER: {
        struct ir **kids = arena_alloc(c->arena, a->n * sizeof *kids);
        for (uint32_t i = 0; i < a->n; i++) {
            struct cx y = *x;
            kids[i] = elab_block(c, &y, a->kid[i]);
        }
        struct ir model = {.op = IR_EITHER, .span = a->span, .n = a->n};
        return ir_with(p, &model, kids);
    }
    case AST_ASSERT: {
        struct ir *cond = elab_bool(c, x, a->kid[0]);
        if (is_bad(cond)) return nothing(c, a->span);
        struct ir *s = ir_new(p, IR_ASSERT, NULL, a->span, 1, cond);
        s->text = a->kid[1] ? a->kid[1]->text : NULL;
        return s;
    }
    case AST_LETS: {
        struct ir *v = elab(c, x, a->kid[0], NULL);
        if (is_bad(v)) return nothing(c, a->span);
        if (v->type->kind == T_NONE || v->type->kind == T_EMPTY || (ir_cheap(v) && v->stateless)) {
            env_push(c, x, a->text, v, a->span);
            return nothing(c, a->span);
        }
        uint32_t slot = ir_slot(p, v->type);
        env_push(c, x, a->text, ir_local(p, slot, a->span), a->span);
        return bind_slot(c, slot, v);
    }
    case AST_SEND: return send(c, x, a);
    case AST_START:
    case AST_STOP: {
        struct symbol *s = lookup(x->scope, a->text);
        if (!s || s->kind != SYM_VAR || s->decl->kind != AST_TIMER) {
            struct diag *d = error_at(c, a->span, "there is no timer `%s`", a->text);
            hint(c, d, "declare it in the process: `timer %s`", a->text);
            return nothing(c, a->span);
        }
        return store(c, var_of(c, s->var, x->self, a->span), ir_bool(p, a->kind == AST_START, a->span), a->span);
    }
    default: error_at(c, a->span, "a statement is wanted here"); return nothing(c, a->span);
    }
}

struct ir *elab_block(struct compile *c, struct cx *x, const struct ast *a) {
    VEC(struct ir *) out = {0};
    for (uint32_t i = 0; i < a->n; i++) ARENA_PUSH(c, out, statement(c, x, a->kid[i]));
    struct ir *s = statements(c, out.at, out.n, a->span);
    out.n = out.cap = 0;
    return s;
}

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

static void declare_vars(struct compile *c, struct scope *s) {
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
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; check && i < check->n; i++) {
        const struct ast *k = check->kid[i];
        if (k->kind != AST_WITHOUT || k->kid[0]->kind != AST_DOT || k->kid[0]->kid[0]->kind != AST_NAME) continue;
        if (s->process < 0 || strcmp(c->processes.at[s->process].symbol->name, k->kid[0]->kid[0]->text)) continue;
        struct symbol *y = scope_find(s, k->kid[0]->text);
        if (!y || !y->var || !y->var->stable)
            error_at(c, k->kid[0]->span, "there is no stable variable `%s`", k->kid[0]->text);
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

static struct ir *init_var(struct compile *c, struct cx *x, struct symbol *y) {
    const struct ast *a = y->decl->kind == AST_TIMER ? NULL : y->override ? y->override : y->decl->kid[1];
    if (!y->var) return nothing(c, y->decl->span);
    struct ir *to = var_of(c, y->var, x->self, y->decl->span);
    if (y->decl->kind == AST_TIMER) return store(c, to, ir_bool(P(c), false, y->decl->span), y->decl->span);
    if (!a) {
        struct diag *d = error_at(c, y->decl->span, "the variable `%s` has no initial value", y->name);
        hint(c, d, "add `:= e`, or `:= any` to start with every value");
        return nothing(c, y->decl->span);
    }
    if (a->kind == AST_ANY) return pick_any(c, x, a, to, to->type, a->span);
    struct cx z = *x;
    if (y->var->ghost) z.flags |= CX_GHOST;
    struct ir *v = elab_as(c, &z, a, to->type);
    return is_bad(v) ? nothing(c, a->span) : store(c, to, v, a->span);
}

/* The start of one instance: its variables, or only those that do not survive, then its init blocks. */
static struct ir *init_process(struct compile *c, int process, struct ir *self, bool again, bool blocks) {
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
    return loop(c, IR_FOR, g, 1, make(c, process, self, false, blocks), c->processes.at[process].decl->span);
}

static struct ir *init_liars(struct compile *c, struct process_info *pi) {
    struct program *p = P(c);
    struct span span = pi->byzantine->span;
    int64_t most = 1;
    if (pi->byzantine->kid[0]) const_int(c, c->root, pi->byzantine->kid[0], &most);
    if (!pi->id) {
        if (most < 1) return nothing(c, span);
        return ir_new(p, IR_EITHER, NULL, span, 2, nothing(c, span),
                      store(c, ir_state(p, pi->liar, false, span), ir_bool(p, true, span), span));
    }
    struct ir_gen *g = arena_alloc(&p->arena, sizeof *g);
    struct ir *all = full_set(c, pi->id, span), *id;
    *g = (struct ir_gen){.kind = G_SUBSETS, .slot = ir_slot(p, all->type), .src = all};
    struct ir *s = ir_local(p, g->slot, span);
    const struct type *count = type_range(&p->types, 0, pi->n, RANGE_CLAIM);
    g->cond = ir_new(p, IR_LE, BOOL(c), span, 2, ir_new(p, IR_SIZE, count, span, 1, s),
                     ir_const(p, p->types.integer, most, span));
    struct ir_gen *each = id_gen(c, pi->id, &id, span);
    struct ir *set = store(c, ir_index(p, ir_state(p, pi->liar, false, span), id, span),
                           ir_new(p, IR_MEMBER, BOOL(c), span, 2, id, s), span);
    return two(c, loop(c, IR_PICK, g, 1, NULL, span), loop(c, IR_FOR, each, 1, set, span));
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
            struct ir *s =
                store(c, var_of(c, pi->up, id, pi->crash->span), ir_bool(p, true, pi->crash->span), pi->crash->span);
            ARENA_PUSH(c, out, g ? loop(c, IR_FOR, g, 1, s, pi->crash->span) : s);
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

/* ---- actions ---- */

struct draft { /* an action being put together */
    struct ir_action act;
    struct gens g;
    struct cx x;
    VEC(struct ir_binding) bindings;
};

static void add_guard(struct compile *c, struct draft *d, struct ir *cond) {
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

static void draft_done(struct compile *c, struct draft *d, struct ir *body) {
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
static struct ir *crash_effects(struct compile *c, int process, struct ir *self, struct span span);

static struct ir *may_crash(struct compile *c, int process, struct span span) {
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

/* Both forms of a step with a block: whole, and cut by a crash. `before` is what precedes the block (consume). */
static void finish_step(struct compile *c, struct draft *d, const struct ast *block, struct ir *before) {
    struct draft torn;
    struct process_info *pi = d->act.process >= 0 ? &c->processes.at[d->act.process] : NULL;
    bool cuts = pi && pi->crashes && !pi->atomic && !d->act.fault;
    if (cuts) draft_fork(c, d, &torn);
    struct cx x = d->x;
    struct ir *body = elab_block(c, &x, block);
    bool sends = sends_anything(body);
    draft_done(c, d, before ? two(c, before, body) : body);
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

static void lower_action(struct compile *c, struct scope *s, int process, const struct ast *a) {
    struct draft d = draft_new(c, s, process, a->text, a);
    bool ok = true;
    if (a->kid[0]) ok = gen_binders(c, &d.x, &d.g, a->kid[0], a->kid[1], GEN_DISTINCT);
    for (uint32_t i = 0; ok && a->kid[0] && i < a->kid[0]->n; i++)
        for (uint32_t k = 0; k + 1 < a->kid[0]->kid[i]->n; k++) note_bindings(c, &d, a->kid[0]->kid[i]->kid[k]);
    if (ok && a->kid[2]) {
        struct cx x = d.x;
        add_guard(c, &d, elab_bool(c, &x, a->kid[2]));
    }
    if (d.act.fault) d.act.kind = ACT_FAULT;
    finish_step(c, &d, a->kid[3], NULL);
}

/* A fault action of a module: only where a budget names it. */
static void lower_fault_action(struct compile *c, struct scope *s, const struct ast *a) {
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
        count = store(c, used, ir_new(p, IR_TORANGE, b->used->type, a->span, 1, next), a->span);
    }
    struct cx x = d.x;
    struct ir *body = elab_block(c, &x, a->kid[3]);
    draft_done(c, &d, count ? two(c, count, body) : body);
}

/* ---- handlers ---- */

static struct ir *who(struct compile *c, struct message_info *m, struct ir *msg, bool from, struct span span) {
    int field = from ? m->from_field : m->to_field;
    if (field >= 0) return ir_payload(P(c), msg, m->variant, (uint32_t)field, span);
    return process_value(c, from ? m->senders.at[0] : m->receivers.at[0], NULL, span);
}

static struct ir *linked(struct compile *c, struct message_info *m, struct ir *msg, int process, struct ir *self,
                         struct span span) {
    struct process_info *pi = &c->processes.at[process];
    if (!pi->side || m->senders.n != 1 || m->senders.at[0] != process) return ir_bool(P(c), true, span);
    struct ir *side = ir_state(P(c), pi->side, false, span);
    return ir_eq(P(c), ir_index(P(c), side, who(c, m, msg, true, span), span), ir_index(P(c), side, self, span), span);
}

/* Binds what the handler names of the message, and finishes guard and body. */
static void handler_rest(struct compile *c, struct draft *d, const struct ast *a, struct message_info *m,
                         struct ir *msg, struct ir *before) {
    struct program *p = P(c);
    struct span span = a->span;
    uint32_t skip = (m->from_field >= 0) + (m->to_field >= 0), n = m->record->n - skip;
    d->act.message = msg;
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
            if (m->record->fields[skip + i].ghost &&
                strcmp(a->kid[0]->kid[i]->text ? a->kid[0]->kid[i]->text : "", "_") && !(d->x.flags & CX_GHOST)) {}
            if (!bind_pattern(c, &d->x, a->kid[0]->kid[i], v)) return;
        }
    }
    if (a->kind != AST_IGNORE) {
        const struct ast *from = a->kid[1], *more = a->kid[2], *guard = a->kid[3];
        if (from && !bind_pattern(c, &d->x, from, who(c, m, msg, true, span))) return;
        if (more && !gen_binders(c, &d->x, &d->g, more, NULL, GEN_DISTINCT)) return;
        for (uint32_t i = 0; more && i < more->n; i++)
            for (uint32_t k = 0; k + 1 < more->kid[i]->n; k++) note_bindings(c, d, more->kid[i]->kid[k]);
        if (guard) {
            struct cx x = d->x;
            add_guard(c, d, elab_bool(c, &x, guard));
        }
        finish_step(c, d, a->kid[4], before);
        return;
    }
    draft_done(c, d, before);
}

static bool receives(struct message_info *m, int process) {
    for (uint32_t i = 0; i < m->receivers.n; i++)
        if (m->receivers.at[i] == process) return true;
    return !m->receivers.n;
}

/* The lies that a Byzantine sender may tell this process: always there, never stored. */
static void lower_lies(struct compile *c, struct scope *s, int process, const struct ast *a, int kind,
                       const char *name) {
    struct program *p = P(c);
    struct message_info *m = &c->messages.at[kind];
    if (m->senders.n != 1 || !c->processes.at[m->senders.at[0]].liar) return;
    struct process_info *from = &c->processes.at[m->senders.at[0]];
    const struct ast *sends = from->byzantine->kid[2];
    struct draft d = draft_new(c, s, process, name, a);
    d.act.kind = ACT_HANDLER;
    d.act.byzantine = true;
    d.act.fair = d.act.strong = d.act.fair_each = false;
    uint32_t n = m->record->n;
    struct ir **parts = arena_alloc(c->arena, (n + 1) * sizeof *parts);
    for (uint32_t i = 0; i < n; i++) {
        if ((int)i == m->to_field) {
            parts[i] =
                m->record->fields[i].type == p->process_type ? process_value(c, process, d.x.self, a->span) : d.x.self;
            continue;
        }
        struct ir_gen g = {.kind = G_VALUES, .slot = ir_slot(p, m->record->fields[i].type)};
        ARENA_PUSH(c, d.g.list, g);
        parts[i] = ir_local(p, g.slot, a->span);
    }
    struct ir *msg = ir_cons(p, c->networks.at[m->network].message, m->variant, parts, n, a->span);
    add_guard(c, &d, var_of(c, from->liar, m->from_field >= 0 ? parts[m->from_field] : NULL, a->span));
    if (sends && from->byzantine->kid[3]) {
        struct cx x = {.scope = c->root, .process = -1, .flags = CX_PROPERTY};
        struct ir *record = ir_cons(p, m->record, 0, parts, n, a->span);
        env_push(c, &x, sends->text, record, sends->span);
        add_guard(c, &d, elab_bool(c, &x, from->byzantine->kid[3]));
    }
    add_guard(c, &d, linked(c, m, msg, process, d.x.self, a->span));
    handler_rest(c, &d, a, m, msg, nothing(c, a->span));
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
    lower_lies(c, s, process, a, kind, name);
}

static void lower_on(struct compile *c, struct scope *s, int process, const struct ast *a, const char *kind,
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

static void lower_timeout(struct compile *c, struct scope *s, int process, const struct ast *a) {
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
        add_guard(c, &d, elab_bool(c, &x, a->kid[0]));
    }
    finish_step(c, &d, a->kid[1], store(c, armed, ir_bool(P(c), false, a->span), a->span));
}

/* ---- time ---- */

struct tick {
    struct ir *guard;
    VEC(struct ir *) body;
    bool any, fair;
    struct span span;
};

static void add_tick(struct compile *c, struct tick *t, struct scope *s, int process, const struct ast *a) {
    struct program *p = P(c);
    struct cx x = {.scope = s, .process = process, .flags = CX_BODY};
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
        if (pi->up) up = process_up(c, &x, process, x.self, a->span);
    }
    if (a->kid[0]) {
        struct cx y = x;
        struct ir *guard = elab_bool(c, &y, a->kid[0]);
        if (is_bad(guard)) return;
        if (up) guard = ir_or(p, ir_not(p, up), guard);
        if (g) {
            struct ir_gen *copy = arena_alloc(&p->arena, sizeof *copy);
            *copy = *g;
            guard = ir_reduce(p, R_FORALL, BOOL(c), copy, 1, guard, NULL, a->span);
        }
        t->guard = t->guard ? ir_and(p, t->guard, guard) : guard;
    }
    if (process >= 0 && g) { /* its own slot for the body: loops may not share one */
        g = id_gen(c, c->processes.at[process].id, &x.self, a->span);
        x.own_self = x.self;
        bind_self(c, &x, process);
        if (up) up = process_up(c, &x, process, x.self, a->span);
    }
    struct ir *body = elab_block(c, &x, a->kid[1]);
    if (up) body = when(c, up, body, NULL, a->span);
    ARENA_PUSH(c, t->body, g ? loop(c, IR_FOR, g, 1, body, a->span) : body);
}

/* ---- faults ---- */

static struct ir *clear_messages(struct compile *c, int process, struct ir *self, struct span span) {
    struct program *p = P(c);
    VEC(struct ir *) out = {0};
    struct ir *me = process_value(c, process, self, span);
    for (uint32_t k = 0; k < c->networks.n; k++) {
        struct network_info *net = &c->networks.at[k];
        struct gens g = {0};
        struct ir *v;
        bool any = false;
        for (uint32_t i = 0; i < net->messages.n; i++) {
            struct message_info *m = &c->messages.at[net->messages.at[i]];
            for (uint32_t j = 0; j < m->receivers.n; j++) any |= m->receivers.at[j] == process;
        }
        if (!any || !module_gens(c, &g, (int)k, "messages", NULL, 0, GEN_FREE, &v, span)) continue;
        struct ir *cond = NULL;
        for (uint32_t i = 0; i < net->messages.n; i++) { /* m.to == me, kind by kind */
            struct message_info *m = &c->messages.at[net->messages.at[i]];
            bool mine = false;
            for (uint32_t j = 0; j < m->receivers.n; j++) mine |= m->receivers.at[j] == process;
            if (!mine) continue;
            struct ir *to = who(c, m, v, false, span);
            struct ir *is = ir_istag(p, v, m->variant, span);
            struct ir *same = to->type == p->process_type ? ir_eq(p, to, me, span) : ir_eq(p, to, self, span);
            is = ir_and(p, is, same);
            cond = cond ? ir_or(p, cond, is) : is;
        }
        const struct type *st = type_set(&p->types, net->message, 0);
        if (!st->bitset) st = type_set(&p->types, net->message, 255);
        struct ir *rest[1] = {v};
        uint32_t n, slot = ir_slot(p, st);
        struct ir_gen *gens = gens_finish(c, &g, cond, rest, 1, &n);
        ARENA_PUSH(c, out, bind_slot(c, slot, ir_reduce(p, R_SET, st, gens, n, rest[0], NULL, span)));
        struct ir_gen *each = arena_alloc(&p->arena, 2 * sizeof *each);
        each[0] = (struct ir_gen){.kind = G_SET, .slot = ir_slot(p, net->message), .src = ir_local(p, slot, span)};
        struct ir *args[2] = {ir_local(p, each[0].slot, span), me};
        uint32_t loops = 1;
        if (network_has(c, (int)k, "copies")) {
            const struct type *t = type_range(&p->types, 1, 255, RANGE_CLAIM);
            uint32_t copies = ir_slot(p, p->types.integer);
            each[1] = (struct ir_gen){.kind = G_RANGE,
                                      .slot = ir_slot(p, t),
                                      .src = ir_const(p, t, 1, span),
                                      .src2 = ir_local(p, copies, span)};
            struct ir *how = bind_slot(
                c, copies, coerce(c, module_call(c, (int)k, "copies", args, 1, span, 0), p->types.integer, span));
            struct ir *inner = loop(c, IR_FOR, &each[1], 1,
                                    net_proc(c, (int)k, network_has(c, (int)k, "removed") ? "removed" : "consume", args,
                                             network_has(c, (int)k, "removed") ? 1 : 2, span),
                                    span);
            ARENA_PUSH(c, out, loop(c, IR_FOR, each, loops, two(c, how, inner), span));
        } else {
            ARENA_PUSH(c, out,
                       loop(c, IR_FOR, each, loops,
                            net_proc(c, (int)k, network_has(c, (int)k, "removed") ? "removed" : "consume", args,
                                     network_has(c, (int)k, "removed") ? 1 : 2, span),
                            span));
        }
    }
    struct ir *s = statements(c, out.at, out.n, span);
    out.n = out.cap = 0;
    return s;
}

static struct ir *count_up(struct compile *c, const struct ir_var *v, struct span span) {
    struct program *p = P(c);
    if (!v) return nothing(c, span);
    struct ir *now = ir_state(p, v, false, span);
    struct ir *next = ir_new(p, IR_ADD, type_range(&p->types, 0, v->type->hi + 1, RANGE_CLAIM), span, 2, now,
                             ir_const(p, type_range(&p->types, 1, 1, RANGE_CLAIM), 1, span));
    return store(c, now, ir_new(p, IR_TORANGE, v->type, span, 1, next), span);
}

static struct ir *crash_effects(struct compile *c, int process, struct ir *self, struct span span) {
    struct process_info *pi = &c->processes.at[process];
    VEC(struct ir *) out = {0};
    ARENA_PUSH(c, out, store(c, var_of(c, pi->up, self, span), ir_bool(P(c), false, span), span));
    ARENA_PUSH(c, out, count_up(c, pi->crash_count, span));
    if (!pi->recovers) ARENA_PUSH(c, out, clear_messages(c, process, self, span));
    struct ir *me = process_value(c, process, self, span);
    for (uint32_t k = 0; k < c->networks.n; k++)
        if (network_has(c, (int)k, "crashed")) ARENA_PUSH(c, out, net_proc(c, (int)k, "crashed", &me, 1, span));
    struct ir *s = statements(c, out.at, out.n, span);
    out.n = out.cap = 0;
    return s;
}

static struct draft fault_draft(struct compile *c, int process, const char *name, const struct ast *a) {
    struct process_info *pi = &c->processes.at[process];
    struct draft d = {
        .act = {
            .name = name, .process = process, .span = a->span, .kind = ACT_FAULT, .fault = true, .fault_name = name}};
    d.x = (struct cx){.scope = pi->scope, .process = process, .flags = CX_BODY | CX_PROPERTY};
    struct ir_gen g = {.kind = G_LET, .src = ir_bool(P(c), true, a->span)};
    if (pi->id) {
        g = (struct ir_gen){.kind = G_VALUES, .slot = ir_slot(P(c), pi->id)};
        d.x.self = d.x.own_self = ir_local(P(c), g.slot, a->span);
        d.act.self = g.slot;
    } else {
        g.slot = ir_slot(P(c), BOOL(c));
    }
    ARENA_PUSH(c, d.g.list, g);
    return d;
}

static void lower_partition(struct compile *c, int process) {
    struct program *p = P(c);
    struct process_info *pi = &c->processes.at[process];
    const struct ast *a = pi->partition;
    struct span span = a->span;
    struct ir *all = full_set(c, pi->id, span), *id;
    struct ir *none_apart;
    struct ir_gen *every = id_gen(c, pi->id, &id, span);
    none_apart = ir_reduce(p, R_FORALL, BOOL(c), every, 1, ir_not(p, var_of(c, pi->side, id, span)), NULL, span);
    for (int heal = 0; heal < 2; heal++) {
        struct draft d = {
            .act = {
                .name = heal ? "heal" : "partition", .process = -1, .span = span, .kind = ACT_FAULT, .fault = true}};
        d.act.fault_name = d.act.name;
        d.x = (struct cx){.scope = c->root, .process = -1};
        struct ir_gen g = {.kind = G_LET, .slot = ir_slot(p, BOOL(c)), .src = ir_bool(p, true, span)};
        if (!heal) g = (struct ir_gen){.kind = G_SUBSETS, .slot = ir_slot(p, all->type), .src = all};
        ARENA_PUSH(c, d.g.list, g);
        struct ir *s = ir_local(p, g.slot, span);
        if (!heal) { /* one of the two ways to name the halves: the first id stays on the side called false */
            const struct type *t = type_range(&p->types, 0, pi->n, RANGE_CLAIM);
            add_guard(c, &d,
                      ir_new(p, IR_LT, BOOL(c), span, 2, ir_const(p, t, 0, span), ir_new(p, IR_SIZE, t, span, 1, s)));
            struct ir *first = ir_const(p, pi->id, pi->id->kind == T_RANGE ? pi->id->lo : 0, span);
            add_guard(c, &d, ir_not(p, ir_new(p, IR_MEMBER, BOOL(c), span, 2, first, s)));
            struct ir_binding b = {.name = "apart", .value = s};
            ARENA_PUSH(c, d.bindings, b);
        }
        add_guard(c, &d, heal ? ir_not(p, none_apart) : none_apart);
        if (!heal && pi->partition_count)
            add_guard(c, &d,
                      ir_new(p, IR_LT, BOOL(c), span, 2, ir_state(p, pi->partition_count, false, span),
                             ir_const(p, p->types.integer, pi->partition_count->type->hi, span)));
        struct ir_gen *each = id_gen(c, pi->id, &id, span);
        struct ir *to = heal ? ir_bool(p, false, span) : ir_new(p, IR_MEMBER, BOOL(c), span, 2, id, s);
        struct ir *body = loop(c, IR_FOR, each, 1, store(c, var_of(c, pi->side, id, span), to, span), span);
        draft_done(c, &d, heal ? body : two(c, count_up(c, pi->partition_count, span), body));
    }
}

static void lower_faults(struct compile *c) {
    struct program *p = P(c);
    for (uint32_t i = 0; i < c->processes.n; i++) {
        struct process_info *pi = &c->processes.at[i];
        if (pi->crash) {
            struct draft d = fault_draft(c, (int)i, "crash", pi->crash);
            add_guard(c, &d, process_up(c, &d.x, (int)i, d.x.self, pi->crash->span));
            if (pi->liar) add_guard(c, &d, ir_not(p, var_of(c, pi->liar, d.x.self, pi->crash->span)));
            add_guard(c, &d, may_crash(c, (int)i, pi->crash->span));
            struct ir *self = d.x.self;
            draft_done(c, &d, crash_effects(c, (int)i, self, pi->crash->span));
        }
        if (pi->recover) {
            struct span span = pi->recover->span;
            struct draft d = fault_draft(c, (int)i, "recover", pi->recover);
            add_guard(c, &d, ir_not(p, process_up(c, &d.x, (int)i, d.x.self, span)));
            if (pi->recover_count)
                add_guard(c, &d,
                          ir_new(p, IR_LT, BOOL(c), span, 2, ir_state(p, pi->recover_count, false, span),
                                 ir_const(p, p->types.integer, pi->recover_count->type->hi, span)));
            struct ir *self = d.x.self, *me = process_value(c, (int)i, self, span);
            VEC(struct ir *) out = {0};
            ARENA_PUSH(c, out, store(c, var_of(c, pi->up, self, span), ir_bool(p, true, span), span));
            ARENA_PUSH(c, out, count_up(c, pi->recover_count, span));
            ARENA_PUSH(c, out, init_process(c, (int)i, self, true, true));
            for (uint32_t k = 0; k < c->networks.n; k++)
                if (network_has(c, (int)k, "recovered"))
                    ARENA_PUSH(c, out, net_proc(c, (int)k, "recovered", &me, 1, span));
            draft_done(c, &d, statements(c, out.at, out.n, span));
            out.n = out.cap = 0;
        }
        if (pi->side) lower_partition(c, (int)i);
    }
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

static bool has_temporal(const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_TEMPORAL) return true;
    for (uint32_t i = 0; i < e->n; i++)
        if (has_temporal(e->kid[i])) return true;
    return false;
}

static bool wanted(struct compile *c, const char *name) {
    const struct ast *check = c->options->check;
    bool only = false;
    for (uint32_t i = 0; check && i < check->n; i++) {
        if (check->kid[i]->kind != AST_ONLY) continue;
        only = true;
        for (uint32_t k = 0; k < check->kid[i]->n; k++)
            if (name && !strcmp(check->kid[i]->kid[k]->text, name)) return true;
    }
    return !only;
}

static void lower_pred(struct compile *c, struct scope *s, const struct ast *a) {
    static const struct {
        enum token_kind token;
        enum dc_kind kind;
        uint32_t flags;
    } map[] = {{TOK_INVARIANT, DC_INVARIANT, CX_TEMPORAL},
               {TOK_INITIALLY, DC_INITIALLY, CX_TEMPORAL},
               {TOK_STEP, DC_STEP, CX_TWO_STATE},
               {TOK_REACHABLE, DC_REACHABLE, CX_TEMPORAL},
               {TOK_FINAL, DC_FINAL, 0},
               {TOK_CUT, DC_CUT, 0},
               {TOK_PROPERTY, DC_TEMPORAL, CX_TEMPORAL}};
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
        struct ir *e = elab_bool(c, &x, a->kid[0]);
        if (is_bad(e)) return;
        bool kept = map[i].kind == DC_FINAL || map[i].kind == DC_CUT || wanted(c, a->text);
        struct ir_pred pred = {.name = a->text ? a->text : "cut",
                               .doc = a->doc,
                               .kind = map[i].kind,
                               .body = e,
                               .span = a->span,
                               .module = s->alias};
        pred.temporal = has_temporal(e) || map[i].kind == DC_TEMPORAL;
        if (kept) VEC_PUSH(P(c)->preds, pred);
    }
}

static void check_names(struct compile *c) {
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; check && i < check->n; i++) {
        const struct ast *k = check->kid[i];
        const struct ast *list[1] = {NULL};
        if (k->kind == AST_EXPECT && k->value == EXPECT_VIOLATED && k->kid[0] && k->kid[0]->kind == AST_NAME)
            list[0] = k->kid[0];
        uint32_t n = k->kind == AST_ONLY ? k->n : list[0] ? 1 : 0;
        for (uint32_t j = 0; j < n; j++) {
            const struct ast *name = k->kind == AST_ONLY ? k->kid[j] : list[0];
            bool found = false;
            const char *all[128];
            uint32_t na = 0;
            for (uint32_t m = 0; m < c->modules.n; m++)
                for (uint32_t s = 0; s < c->modules.at[m]->symbols.n; s++) {
                    struct symbol *y = c->modules.at[m]->symbols.at[s];
                    if (y->kind != SYM_PREDICATE) continue;
                    found |= y->name == name->text;
                    if (na < 128) all[na++] = y->name;
                }
            if (found) continue;
            struct diag *d = error_at(c, name->span, "there is no property `%s`", name->text);
            const char *near = nearest_name(name->text, all, na);
            if (near) hint(c, d, "did you mean `%s`?", near);
        }
    }
}

/* refines M as A with x = e, ...: every variable of M is mapped, to an expression of its type over this spec. */
static void check_refines(struct compile *c, const struct ast *a) {
    const struct unit *u = front_unit(c->front, a->text, a->span);
    if (!u) return;
    struct ast given = *a->kid[0];
    given.n = 0;
    struct scope *m = module_instance(c, u, a->kid[1]->text, &given, c->root);
    const struct ast *list = a->kid[0];
    const char *missing = "";
    for (uint32_t i = 0; i < list->n; i++) {
        struct symbol *y = scope_find(m, list->kid[i]->text);
        if (!y) error_at(c, list->kid[i]->span, "module %s has no `%s` to map", u->name, list->kid[i]->text);
        else if (y->kind != SYM_VAR) {
            y->override = list->kid[i]->kid[0];
            y->override_scope = c->root;
        }
    }
    for (uint32_t k = 0; k < m->symbols.n; k++) {
        struct symbol *y = m->symbols.at[k];
        const struct ast *e = NULL;
        if (y->kind != SYM_VAR || y->decl->kind != AST_VAR) continue;
        for (uint32_t i = 0; i < list->n; i++)
            if (list->kid[i]->text == y->name) e = list->kid[i]->kid[0];
        if (!e) {
            missing = arena_printf(c->arena, "%s%s%s", missing, *missing ? ", " : "", y->name);
            continue;
        }
        const struct type *t = elab_type(c, m, y->decl->kid[0], NULL);
        struct cx x = {.scope = c->root, .process = -1, .flags = CX_PROPERTY | CX_GHOST};
        if (t->kind != T_ERROR) (void)elab_as(c, &x, e, t);
    }
    if (!*missing) return;
    struct diag *d = error_at(c, a->span, "these variables of %s are not mapped: %s", u->name, missing);
    hint(c, d, "add `with NAME = expression` for each");
}

static bool names_step(struct scope *s, const char *name) {
    for (uint32_t i = 0; i < s->decls->n; i++) {
        const struct ast *d = s->decls->kid[i];
        bool step = d->kind == AST_ACTION || d->kind == AST_ON || d->kind == AST_ONWHOLE || d->kind == AST_ONTIMEOUT ||
                    d->kind == AST_FAIRGROUP;
        if (step && d->text && !strcmp(d->text, name)) return true;
    }
    return false;
}

static void check_fairness(struct compile *c, struct scope *s) {
    for (uint32_t i = 0; i < s->decls->n; i++) {
        const struct ast *d = s->decls->kid[i];
        if (d->kind != AST_FAIRGROUP) continue;
        for (uint32_t k = 0; k < d->n; k++)
            if (!names_step(s, d->kid[k]->text))
                error_at(c, d->kid[k]->span, "there is no action or handler `%s` here", d->kid[k]->text);
    }
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; s == c->root && check && i < check->n; i++) {
        if (check->kid[i]->kind != AST_ASSUMES) continue;
        for (uint32_t k = 0; k < check->kid[i]->n; k++)
            for (uint32_t j = 0; j < check->kid[i]->kid[k]->n; j++) {
                const struct ast *name = check->kid[i]->kid[k]->kid[j];
                bool found = false;
                for (uint32_t m = 0; m < c->modules.n; m++) found |= names_step(c->modules.at[m], name->text);
                if (!found) error_at(c, name->span, "there is no action or handler `%s`", name->text);
            }
    }
}

static void lower_preds(struct compile *c) {
    for (uint32_t m = 0; m < c->modules.n; m++) check_fairness(c, c->modules.at[m]);
    for (uint32_t m = 0; m < c->modules.n; m++) {
        struct scope *s = c->modules.at[m];
        const struct ast *decls = s->process < 0 ? s->decls : NULL;
        for (uint32_t i = 0; decls && i < decls->n; i++) {
            const struct ast *a = decls->kid[i];
            if (a->kind == AST_PREDICATE) lower_pred(c, s, a);
            if (a->kind == AST_REFINES && s == c->root && wanted(c, a->kid[1]->text)) {
                check_refines(c, a);
                struct ir_pred pred = {.name = a->kid[1]->text,
                                       .kind = DC_TEMPORAL,
                                       .body = ir_bool(P(c), true, a->span),
                                       .span = a->span,
                                       .temporal = true};
                VEC_PUSH(P(c)->preds, pred);
            }
        }
    }
    check_names(c);
}

void lower_program(struct compile *c) {
    for (uint32_t m = 0; m < c->modules.n; m++) declare_vars(c, c->modules.at[m]);
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
    lower_preds(c);
    for (uint32_t i = 0; i < c->messages.n && !c->diags->errors; i++) {
        const struct message_info *m = &c->messages.at[i];
        if (m->read) continue;
        struct diag *d = diag_add(c->diags, DIAG_WARNING, DIAG_TYPE, m->decl->span,
                                  "nobody takes `%s`, and no property looks at it", m->record->name);
        if (m->receivers.n)
            hint(c, d,
                 "add a handler `on %s` or `ignore %s` to %s; in an ordered network it blocks what comes after it",
                 m->record->name, m->record->name, c->processes.at[m->receivers.at[0]].symbol->name);
    }
}
