/* Asks once what does not depend on the loop: made for quorums.
 *
 * Specs ask whether there is a quorum q such that something holds for all members of q: taken literally, a loop over
 * all sets, and in it one over their members, and in it one over messages. Requires: no layout yet. Leaves, with the
 * same values and the same errors:
 *
 *   (1) `let L = {m in S where C} in ... exists m in L : D`     as    `... exists m in S : C and D`
 *       where L is only gone through: no set is made, and what D fixes is looked up in S itself;
 *   (2) `let x = V in A and B`                                  as    `A and (let x = V in B)`
 *       where A does not mention x;
 *   (3) `x in q`                                                as    `true`            in a loop over x in q;
 *   (4) `exists q in subsets(U) : C(q) and (forall x in q : P(x)) and R(q)`     as
 *       `let M = {x where P(x)} in exists q in subsets(U intersect M) : C(q) and R(q)`
 *       where P and C cannot fail; over other sets of sets with `q subseteq M` as a condition.
 *
 * The tests of properties become trees of their own (ir_pred.test), so that what explains them keeps the words of the
 * spec. */
#include <string.h>

#include "compiler/compile.h"

typedef struct ir *change(struct program *, struct ir *, void *self);

/* The same node with its kids and generators changed. */
static struct ir *change_inside(struct program *p, struct ir *e, change *each, void *self) {
    struct ir **kids = arena_alloc(&p->arena, (e->n + 1) * sizeof *kids);
    bool changed = false;
    for (uint32_t i = 0; i < e->n; i++) {
        kids[i] = e->kid[i] ? each(p, e->kid[i], self) : NULL;
        changed |= kids[i] != e->kid[i];
    }
    struct ir_gen *gens = arena_alloc(&p->arena, (e->n_gens + 1) * sizeof *gens);
    for (uint32_t i = 0; i < e->n_gens; i++) {
        struct ir_gen *g = &gens[i];
        *g = e->gens[i];
        if (g->src) g->src = each(p, g->src, self);
        if (g->src2) g->src2 = each(p, g->src2, self);
        if (g->cond) g->cond = each(p, g->cond, self);
        if (g->n_fields) {
            g->fixed = arena_alloc(&p->arena, g->n_fields * sizeof *g->fixed);
            for (uint32_t k = 0; k < g->n_fields; k++) {
                struct ir *old = e->gens[i].fixed[k];
                g->fixed[k] = old ? each(p, old, self) : NULL;
                changed |= g->fixed[k] != old;
            }
        }
        changed |= g->src != e->gens[i].src || g->src2 != e->gens[i].src2 || g->cond != e->gens[i].cond;
    }
    return changed ? ir_with_gens(p, e, kids, gens, e->n_gens) : e;
}

static uint32_t parts_of(const struct ir *e, enum ir_op op) { return e->op == op ? e->n : 1; }
static struct ir *part(struct ir *e, enum ir_op op, uint32_t i) { return e->op == op ? e->kid[i] : e; }

static bool is_local(const struct ir *e, uint32_t slot) { return e && e->op == IR_LOCAL && e->slot == slot; }

/* ---- (1) ---- */

struct fusion {
    uint32_t slot;        /* of the set */
    const struct ir *set; /* what it is: a REDUCE with one slice */
};

/* {m in S where C}: the elements of S themselves, field by field. */
static bool selects(const struct ir *e) {
    if (e->op != IR_REDUCE || e->imm != R_SET || e->whole || !e->total || e->n_gens != 1) return false;
    const struct ir_gen *g = &e->gens[0];
    const struct ir *element = e->kid[0];
    if (g->kind != G_SLICE || element->op != IR_CONS || element->n != g->n_fields) return false;
    for (uint32_t k = 0; k < g->n_fields; k++)
        if (!is_local(element->kid[k], g->field_slots[k])) return false;
    return true;
}

/* Is this slice over L one over S? */
static bool fits(const struct fusion *f, const struct ir_gen *use) {
    const struct ir_gen *g = &f->set->gens[0];
    if (use->kind != G_SLICE || !is_local(use->src, f->slot) || use->n_fields != g->n_fields) return false;
    const struct ir *element = f->set->kid[0];
    if (element->type->kind == T_UNION && use->variant != (uint32_t)element->imm) return false;
    for (uint32_t k = 0; k < g->n_fields; k++)
        if (element->kid[k]->type !=
                g->elem->fields[(g->elem->kind == T_UNION ? g->elem->variants[g->variant].first : 0) + k].type ||
            (use->fixed[k] && !ir_cheap(use->fixed[k])))
            return false;
    return true;
}

/* Is L used for nothing else than to go through it? */
static bool only_gone_through(const struct fusion *f, const struct ir *e) {
    if (!e) return true;
    if (is_local(e, f->slot)) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (!only_gone_through(f, e->kid[i])) return false;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        bool use = is_local(g->src, f->slot);
        if (use ? e->whole || !fits(f, g) : !only_gone_through(f, g->src)) return false;
        if (!only_gone_through(f, g->src2) || !only_gone_through(f, g->cond)) return false;
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (!only_gone_through(f, g->fixed[k])) return false;
    }
    return true;
}

static struct ir_gen fused(struct program *p, const struct fusion *f, const struct ir_gen *use) {
    const struct ir_gen *g = &f->set->gens[0];
    struct ir_gen r = *g;
    struct ir *cond = g->cond;
    r.field_slots = use->field_slots;
    r.fixed = arena_alloc(&p->arena, (r.n_fields + 1) * sizeof *r.fixed);
    for (uint32_t k = 0; k < r.n_fields; k++) {
        struct ir *mine = use->fixed[k], *local = ir_local(p, use->field_slots[k], f->set->span);
        r.fixed[k] = mine ? mine : g->fixed[k];
        if (cond) cond = ir_subst(p, cond, g->field_slots[k], mine ? mine : local);
        if (mine && g->fixed[k] && !ir_same(mine, g->fixed[k])) {
            struct ir *same = ir_eq(p, local, g->fixed[k], f->set->span);
            cond = cond ? ir_and(p, cond, same) : same;
        }
    }
    r.cond = cond && use->cond ? ir_and(p, cond, use->cond) : cond ? cond : use->cond;
    return r;
}

static struct ir *fuse(struct program *p, struct ir *e, void *self) {
    const struct fusion *f = self;
    if (!ir_mentions(e, f->slot)) return e;
    struct ir copy = *e;
    copy.gens = arena_alloc(&p->arena, (e->n_gens + 1) * sizeof *copy.gens);
    bool uses = false;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        bool use = is_local(e->gens[i].src, f->slot);
        copy.gens[i] = use ? fused(p, f, &e->gens[i]) : e->gens[i];
        uses |= use;
    }
    if (!uses) return change_inside(p, e, fuse, self);
    struct ir *r = arena_alloc(&p->arena, sizeof *r);
    *r = copy;
    struct ir *done = change_inside(p, r, fuse, self);
    return done != r ? done : ir_with_gens(p, r, r->kid, r->gens, r->n_gens);
}

/* ---- (2) ---- */

static struct ir *sink(struct program *p, struct ir *let) {
    struct ir *body = let->kid[1];
    enum ir_op op = body->op;
    uint32_t out = 0;
    if (!let->kid[0]->total || (op != IR_AND && op != IR_OR)) return let;
    while (out < body->n && !ir_mentions(body->kid[out], let->slot)) out++;
    if (!out || out == body->n) return let;
    struct ir *first = body->kid[0], *rest = body->kid[out];
    for (uint32_t i = 1; i < out; i++)
        first = op == IR_AND ? ir_and(p, first, body->kid[i]) : ir_or(p, first, body->kid[i]);
    for (uint32_t i = out + 1; i < body->n; i++)
        rest = op == IR_AND ? ir_and(p, rest, body->kid[i]) : ir_or(p, rest, body->kid[i]);
    struct ir *kids[2] = {let->kid[0], rest}, *inner = ir_with(p, let, kids);
    return op == IR_AND ? ir_and(p, first, inner) : ir_or(p, first, inner);
}

/* ---- (3) ---- */

struct membership {
    uint32_t element, set;
};

static struct ir *members_known(struct program *p, struct ir *e, void *self) {
    const struct membership *m = self;
    if (e->op == IR_MEMBER && is_local(e->kid[0], m->element) && is_local(e->kid[1], m->set))
        return ir_bool(p, true, e->span);
    return ir_mentions(e, m->element) && ir_mentions(e, m->set) ? change_inside(p, e, members_known, self) : e;
}

static struct ir *use_membership(struct program *p, struct ir *e) {
    for (uint32_t i = 0; i < e->n_gens && e->op == IR_REDUCE; i++) {
        const struct ir_gen *g = &e->gens[i];
        if (g->kind != G_SET || g->src->op != IR_LOCAL) continue;
        struct membership m = {g->slot, g->src->slot};
        e = change_inside(p, e, members_known, &m);
    }
    return e;
}

/* ---- (4) ---- */

/* forall x in q : P(x), with q in this slot. */
static bool about_members(const struct program *p, const struct ir *e, uint32_t q) {
    if (e->op != IR_REDUCE || e->imm != R_FORALL || e->whole || e->n_gens != 1 || !e->total) return false;
    const struct ir_gen *g = &e->gens[0];
    const struct type *set = p->slots.at[q];
    return g->kind == G_SET && is_local(g->src, q) && set->bitset && !set->words && p->slots.at[g->slot] == set->elem &&
           !ir_mentions(e->kid[0], q) && !(g->cond && ir_mentions(g->cond, q));
}

/* The generators with one more before `at`, which makes the set of those that may be members. */
static struct ir_gen *with_members(struct program *p, const struct ir_gen *gens, uint32_t n, uint32_t at,
                                   uint32_t number) {
    struct ir *cond = gens[at].cond, *all = part(cond, IR_AND, number), *rest = NULL;
    const struct ir_gen *loop = &all->gens[0];
    const struct type *set = type_set(&p->types, p->slots.at[loop->slot], 0);
    if (set->words || !set->bitset) return NULL;
    struct ir_gen *r = arena_alloc(&p->arena, (n + 1) * sizeof *r);
    memcpy(r, gens, at * sizeof *r);
    memcpy(r + at + 1, gens + at, (n - at) * sizeof *r);
    for (uint32_t k = at + 1; k <= n; k++) /* what a generator looks back to lies one further away */
        if (r[k].distinct && k - r[k].distinct <= at) r[k].distinct++;
    struct ir_gen *members = arena_alloc(&p->arena, sizeof *members);
    *members = (struct ir_gen){.kind = G_VALUES, .slot = loop->slot};
    members->cond = loop->cond ? ir_or(p, ir_not(p, loop->cond), all->kid[0]) : all->kid[0];
    uint32_t slot = ir_slot(p, set);
    struct ir *element = ir_local(p, loop->slot, all->span);
    r[at] = (struct ir_gen){.kind = G_LET, .slot = slot};
    r[at].src = ir_reduce(p, R_SET, set, members, 1, element, NULL, all->span);
    struct ir *made = ir_local(p, slot, all->span);
    struct ir_gen *q = &r[at + 1];
    if (q->kind == G_SUBSETS && q->src->type == set) {
        q->src = ir_new(p, IR_INTER, set, all->span, 2, q->src, made);
    } else {
        rest = ir_new(p, IR_SUBSETEQ, p->types.boolean, all->span, 2, ir_local(p, q->slot, all->span), made);
    }
    for (uint32_t i = 0; i < parts_of(cond, IR_AND); i++)
        if (i != number) rest = rest ? ir_and(p, rest, part(cond, IR_AND, i)) : part(cond, IR_AND, i);
    q->cond = rest;
    return r;
}

static bool lift_members(struct program *p, struct ir_gen **gens, uint32_t *n) {
    for (uint32_t at = 0; at < *n; at++) {
        struct ir_gen *g = &(*gens)[at];
        if ((g->kind != G_SUBSETS && g->kind != G_SET) || !g->cond || !g->src->total) continue;
        for (uint32_t i = 0; i < parts_of(g->cond, IR_AND); i++) {
            struct ir *c = part(g->cond, IR_AND, i);
            if (!c->total) break; /* it might fail for a set that is left out */
            if (!about_members(p, c, g->slot)) continue;
            struct ir_gen *more = with_members(p, *gens, *n, at, i);
            if (!more) continue;
            *gens = more;
            ++*n;
            return true;
        }
    }
    return false;
}

static struct ir *lift(struct program *p, struct ir *e) {
    if (e->op != IR_REDUCE || e->whole || e->imm == R_MAP) return e;
    struct ir_gen *gens = e->gens;
    uint32_t n = e->n_gens;
    while (n < 32 && lift_members(p, &gens, &n)) {}
    return n == e->n_gens ? e : ir_with_gens(p, e, e->kid, gens, n);
}

/* ---- all of it ---- */

static struct ir *hoisted(struct program *p, struct ir *e, void *self) {
    if (!e || e->constant || e->op == IR_LOCAL || e->op == IR_STATE) return e;
    e = change_inside(p, e, hoisted, self);
    if (e->op == IR_LET && selects(e->kid[0])) {
        struct fusion f = {e->slot, e->kid[0]};
        if (ir_mentions(e->kid[1], e->slot) && only_gone_through(&f, e->kid[1]))
            return hoisted(p, fuse(p, e->kid[1], &f), self);
    }
    if (e->op == IR_LET) return sink(p, e);
    return lift(p, use_membership(p, e));
}

void hoist(struct program *p) {
    for (uint32_t i = 0; i < p->actions.n; i++) {
        struct ir_action *a = &p->actions.at[i];
        for (uint32_t k = 0; k < a->n_gens; k++) {
            struct ir_gen *g = &a->gens[k];
            if (g->src) g->src = hoisted(p, g->src, NULL);
            if (g->cond) g->cond = hoisted(p, g->cond, NULL);
        }
        a->body = hoisted(p, a->body, NULL);
    }
    for (uint32_t i = 0; i < p->preds.n; i++)
        if (!p->preds.at[i].temporal && p->preds.at[i].body)
            p->preds.at[i].test = hoisted(p, p->preds.at[i].body, NULL);
}
