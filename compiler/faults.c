/* Faults as plain actions: crash, recovery, partition, and what a module calls one. */
#include <string.h>

#include "compiler/elab.h"

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
            struct ir *to = stmt_who(c, m, v, false, span);
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
                                      .slot = ir_slot(p, p->types.integer),
                                      .src = ir_const(p, t, 1, span),
                                      .src2 = ir_local(p, copies, span)};
            struct ir *how = bind_slot(
                c, copies, coerce(c, module_call(c, (int)k, "copies", args, 1, span, 0), p->types.integer, span));
            struct ir *inner = stmt_loop(c, IR_FOR, &each[1], 1,
                                         net_proc(c, (int)k, network_has(c, (int)k, "removed") ? "removed" : "consume",
                                                  args, network_has(c, (int)k, "removed") ? 1 : 2, span),
                                         span);
            ARENA_PUSH(c, out, stmt_loop(c, IR_FOR, each, loops, stmt_two(c, how, inner), span));
        } else {
            ARENA_PUSH(c, out,
                       stmt_loop(c, IR_FOR, each, loops,
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
    if (!v) return stmt_nothing(c, span);
    struct ir *now = ir_state(p, v, false, span);
    struct ir *next = ir_new(p, IR_ADD, type_range(&p->types, 0, v->type->hi + 1, RANGE_CLAIM), span, 2, now,
                             ir_const(p, type_range(&p->types, 1, 1, RANGE_CLAIM), 1, span));
    return stmt_store(c, now, ir_new(p, IR_TORANGE, v->type, span, 1, next), span);
}

struct ir *crash_effects(struct compile *c, int process, struct ir *self, struct span span) {
    struct process_info *pi = &c->processes.at[process];
    VEC(struct ir *) out = {0};
    ARENA_PUSH(c, out, stmt_store(c, var_of(c, pi->up, self, span), ir_bool(P(c), false, span), span));
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
        struct ir *body = stmt_loop(c, IR_FOR, each, 1, stmt_store(c, var_of(c, pi->side, id, span), to, span), span);
        draft_done(c, &d, heal ? body : stmt_two(c, count_up(c, pi->partition_count, span), body));
    }
}

void lower_faults(struct compile *c) {
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
            ARENA_PUSH(c, out, stmt_store(c, var_of(c, pi->up, self, span), ir_bool(p, true, span), span));
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
