/* Messages: the calls into a network module, templates, and `send`. The meaning is that of docs/networks.md. */
#include <string.h>

#include "compiler/cover.h"
#include "compiler/eval.h"

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

struct ir *net_proc(struct compile *c, int network, const char *name, struct ir **args, uint32_t n, struct span span) {
    struct symbol *s = net_symbol(c, network, name);
    if (!s) return stmt_nothing(c, span);
    if (s->kind != SYM_PROC) {
        error_at(c, s->decl->span, "a network's `%s` is a proc", name);
        return stmt_nothing(c, span);
    }
    struct cx x = net_cx(c, network, CX_BODY);
    if (!net_args(c, &x, s, s->decl->kid[0], args, n, span)) return stmt_nothing(c, span);
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
        parts[k++] = t == P(c)->process_type ? who : ir_payload(P(c), who, (uint32_t)process_of(who), 0, span);
    }
    for (uint32_t i = k; i < n; i++) parts[i] = fields[i - k];
    return ir_cons(P(c), c->networks.at[m->network].message, m->variant, parts, n, span);
}

int process_of(const struct ir *who) {
    if (who->op == IR_CONS) return (int)who->imm;
    if (who->op == IR_CONST && !who->type->words) return (int)value_tag(who->type, (uint64_t)who->imm);
    return -1;
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
    if (is_bad(room)) return stmt_nothing(c, span);
    struct ir *put = net_proc(c, m->network, "post", &msg, 1, span);
    put = cover_before(c, cover_sent(m), put);
    put = ir_new(p, IR_SENDS, NULL, span, 2, msg, put);
    put->imm = m->network;
    switch (c->networks.at[m->network].full) {
    case FULL_BLOCK: put = stmt_two(c, ir_new(p, IR_REQUIRE, NULL, span, 1, room), put); break;
    case FULL_DROP: put = stmt_when(c, room, put, NULL, span); break;
    case FULL_CUT:
        put = stmt_two(c, stmt_when(c, room, stmt_nothing(c, span), ir_new(p, IR_CUT, NULL, span, 0), span), put);
        break;
    default:
        put = stmt_two(c,
                       stmt_when(c, room, stmt_nothing(c, span),
                                 fail_node(c, DC_CAPACITY, span, c->networks.at[m->network].name), span),
                       put);
    }
    if (receiver >= 0 && c->processes.at[receiver].crashes && !c->processes.at[receiver].recovers) {
        struct cx y = *x;
        y.primed = false;
        put = stmt_when(c, process_up(c, &y, receiver, to_id, span), put, NULL, span);
    }
    if (once) {
        struct gens g = {0};
        struct ir *v, *rest[1];
        if (!module_gens(c, &g, m->network, "messages", NULL, 0, GEN_FREE, &v, span)) return stmt_nothing(c, span);
        rest[0] = ir_bool(p, true, span);
        uint32_t n;
        struct ir_gen *gens = gens_finish(c, &g, ir_eq(p, v, msg, span), rest, 1, &n);
        put = stmt_when(c, ir_reduce(p, R_EXISTS, BOOL(c), gens, n, rest[0], NULL, span), stmt_nothing(c, span), put,
                        span);
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
    return stmt_loop(c, IR_FOR, gens, n, body, span);
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
        return stmt_nothing(c, a->span);
    }
    if (m->receivers.n == 1 && c->processes.at[m->receivers.at[0]].id) {
        int r = m->receivers.at[0];
        struct process_info *pi = &c->processes.at[r];
        struct ir *q = elab(c, x, to, pi->id);
        if (is_bad(q)) return stmt_nothing(c, a->span);
        if (q->type == p->process_type && process_of(q) == r) q = ir_payload(p, q, (uint32_t)r, 0, to->span);
        q = coerce(c, q, pi->id, to->span);
        if (is_bad(q)) return stmt_nothing(c, a->span);
        struct ir *before = NULL;
        if (!ir_cheap(q) || !q->stateless) {
            uint32_t slot = ir_slot(p, pi->id);
            before = bind_slot(c, slot, q);
            q = ir_local(p, slot, to->span);
        }
        struct ir *put = post(c, x, kind, r, q, process_value(c, r, q, a->span), fields, once, a->span);
        return before ? stmt_two(c, before, put) : put;
    }
    struct ir *q = elab_as(c, x, to, p->process_type); /* several kinds of receiver: a Process */
    if (is_bad(q)) return stmt_nothing(c, a->span);
    uint32_t slot = ir_slot(p, p->process_type);
    struct ir *before = bind_slot(c, slot, q), *all = NULL;
    q = ir_local(p, slot, to->span);
    for (uint32_t i = m->receivers.n; i-- > 0;) {
        int r = m->receivers.at[i];
        struct ir *id = c->processes.at[r].id ? ir_payload(p, q, (uint32_t)r, 0, a->span) : NULL;
        struct ir *put = post(c, x, kind, r, id, process_value(c, r, id, a->span), fields, once, a->span);
        all = stmt_when(c, ir_istag(p, q, (uint32_t)r, a->span), put, all, a->span);
    }
    return stmt_two(c, before, all);
}

struct ir *elab_send(struct compile *c, struct cx *x, const struct ast *a) {
    struct program *p = P(c);
    int kind;
    struct ir **fields;
    bool once = (a->value & TARGET_ONCE) != 0;
    if (x->process < 0) {
        struct diag *d = error_at(c, a->span, "only a process sends");
        hint(c, d, "put this step into a `process`");
        return stmt_nothing(c, a->span);
    }
    if (!message_template(c, x, a->kid[0], &kind, &fields)) return stmt_nothing(c, a->span);
    struct message_info *m = &c->messages.at[kind];
    bool may = false;
    for (uint32_t i = 0; i < m->senders.n; i++) may |= m->senders.at[i] == x->process;
    if (!may) {
        struct diag *d = error_at(c, a->span, "process %s does not send `%s`", c->processes.at[x->process].symbol->name,
                                  m->record->name);
        hint(c, d, "it is declared for %s", c->processes.at[m->senders.at[0]].symbol->name);
        return stmt_nothing(c, a->span);
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
