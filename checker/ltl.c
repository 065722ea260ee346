#include "checker/ltl.h"

#include <string.h>

#include "base/mem.h"

bool formula_is_state(const struct formula *f) {
    if (!f) return true;
    switch (f->op) {
    case FORMULA_ALWAYS:
    case FORMULA_EVENTUALLY:
    case FORMULA_LEADSTO:
    case FORMULA_UNTIL: return false;
    case FORMULA_CAN: return true;
    default: return formula_is_state(f->kid[0]) && formula_is_state(f->kid[1]);
    }
}

/* ---- the tableau ---- */

enum node_op { NODE_TRUE, NODE_FALSE, NODE_PROP, NODE_AND, NODE_OR, NODE_UNTIL, NODE_RELEASE };
enum { MAX_NODES = 64 };

struct node {
    enum node_op op;
    uint32_t a, b; /* kids; of NODE_PROP: which, and 1 if negated */
};

struct state {
    uint64_t set;
    VEC(struct automaton_move) moves;
    bool expanded;
};

struct tableau {
    struct node nodes[MAX_NODES];
    uint32_t n;
    bool full;
    VEC(struct state) states;
};

static uint32_t node_of(struct tableau *t, enum node_op op, uint32_t a, uint32_t b) {
    if (op == NODE_AND && (t->nodes[a].op == NODE_FALSE || t->nodes[b].op == NODE_TRUE)) return a;
    if (op == NODE_AND && (t->nodes[b].op == NODE_FALSE || t->nodes[a].op == NODE_TRUE)) return b;
    if (op == NODE_OR && (t->nodes[a].op == NODE_TRUE || t->nodes[b].op == NODE_FALSE)) return a;
    if (op == NODE_OR && (t->nodes[b].op == NODE_TRUE || t->nodes[a].op == NODE_FALSE)) return b;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->nodes[i].op == op && t->nodes[i].a == a && t->nodes[i].b == b) return i;
    if (t->n == MAX_NODES) {
        t->full = true;
        return 0;
    }
    t->nodes[t->n] = (struct node){op, a, b};
    return t->n++;
}

static bool same_formula(const struct formula *f, const struct formula *g) {
    if (f == g) return true;
    if (!f || !g || f->op != g->op) return false;
    if (f->op == FORMULA_ATOM) return f->atom == g->atom;
    return same_formula(f->kid[0], g->kid[0]) && same_formula(f->kid[1], g->kid[1]);
}

static uint32_t proposition(struct automaton *a, const struct formula *f, bool negated) {
    uint32_t i = 0;
    while (i < a->n_propositions && !same_formula(a->propositions[i], f)) i++;
    if (i == AUTOMATON_PROPOSITIONS) {
        a->tableau->full = true;
        return 0;
    }
    if (i == a->n_propositions) a->propositions[a->n_propositions++] = f;
    return node_of(a->tableau, NODE_PROP, i, negated);
}

/* Into negation normal form. */
static uint32_t translate(struct automaton *m, const struct formula *f, bool neg) {
    struct tableau *t = m->tableau;
    if (t->full) return 0;
    if (f->op == FORMULA_TRUE || f->op == FORMULA_FALSE)
        return node_of(t, (f->op == FORMULA_TRUE) != neg ? NODE_TRUE : NODE_FALSE, 0, 0);
    if (f->op == FORMULA_NOT) return translate(m, f->kid[0], !neg);
    if (formula_is_state(f)) return proposition(m, f, neg);
    uint32_t yes = node_of(t, NODE_TRUE, 0, 0), no = node_of(t, NODE_FALSE, 0, 0);
    uint32_t a = translate(m, f->kid[0], f->op == FORMULA_LEADSTO ? !neg : neg);
    uint32_t b = f->kid[1] ? translate(m, f->kid[1], neg) : 0;
    switch (f->op) {
    case FORMULA_AND: return node_of(t, neg ? NODE_OR : NODE_AND, a, b);
    case FORMULA_OR: return node_of(t, neg ? NODE_AND : NODE_OR, a, b);
    case FORMULA_ALWAYS: return neg ? node_of(t, NODE_UNTIL, yes, a) : node_of(t, NODE_RELEASE, no, a);
    case FORMULA_EVENTUALLY: return neg ? node_of(t, NODE_RELEASE, no, a) : node_of(t, NODE_UNTIL, yes, a);
    case FORMULA_UNTIL: return node_of(t, neg ? NODE_RELEASE : NODE_UNTIL, a, b);
    case FORMULA_LEADSTO: /* always (not a or eventually b); a is negated already */
        if (neg) return node_of(t, NODE_UNTIL, yes, node_of(t, NODE_AND, a, node_of(t, NODE_RELEASE, no, b)));
        return node_of(t, NODE_RELEASE, no, node_of(t, NODE_OR, a, node_of(t, NODE_UNTIL, yes, b)));
    default: panic("no temporal operator");
    }
}

static uint32_t state_of(struct tableau *t, uint64_t set) {
    for (uint32_t i = 0; i < t->states.n; i++)
        if (t->states.at[i].set == set) return i;
    struct state s = {.set = set};
    VEC_PUSH(t->states, s);
    return t->states.n - 1;
}

struct branch {
    uint64_t todo, done, next, postponed;
    uint32_t yes, no;
};

static void add_move(struct tableau *t, struct state *s, const struct branch *b) {
    struct automaton_move m = {b->yes, b->no, 0, b->postponed};
    m.next = state_of(t, b->next); /* may move the states; s is a copy of the caller's */
    uint32_t k = 0;
    for (uint32_t i = 0; i < s->moves.n; i++) {
        const struct automaton_move *o = &s->moves.at[i];
        uint64_t theirs = t->states.at[o->next].set;
        if (!(o->yes & ~m.yes) && !(o->no & ~m.no) && !(o->postponed & ~m.postponed) && !(theirs & ~b->next)) return;
        bool weaker = !(m.yes & ~o->yes) && !(m.no & ~o->no) && !(m.postponed & ~o->postponed) && !(b->next & ~theirs);
        if (!weaker) s->moves.at[k++] = *o;
    }
    s->moves.n = k;
    VEC_PUSH(s->moves, m);
}

static void expand(struct tableau *t, struct state *s, struct branch b) {
    while (b.todo) {
        uint32_t i = (uint32_t)__builtin_ctzll(b.todo);
        uint64_t bit = (uint64_t)1 << i;
        const struct node *n = &t->nodes[i];
        b.todo &= ~bit;
        if (b.done & bit) continue;
        b.done |= bit;
        struct branch other = b;
        uint64_t ka = (uint64_t)1 << n->a, kb = (uint64_t)1 << n->b;
        switch (n->op) {
        case NODE_TRUE: break;
        case NODE_FALSE: return;
        case NODE_PROP:
            if (n->b) b.no |= 1u << n->a;
            else b.yes |= 1u << n->a;
            if (b.yes & b.no) return;
            break;
        case NODE_AND: b.todo |= ka | kb; break;
        case NODE_OR:
            other.todo |= kb;
            expand(t, s, other);
            b.todo |= ka;
            break;
        case NODE_UNTIL:
            other.todo |= ka;
            other.next |= bit;
            other.postponed |= bit;
            expand(t, s, other);
            b.todo |= kb;
            break;
        case NODE_RELEASE:
            other.todo |= kb;
            other.next |= bit;
            expand(t, s, other);
            b.todo |= ka | kb;
            break;
        }
    }
    add_move(t, s, &b);
}

bool automaton_build(struct automaton *m, const struct formula *f, bool negated) {
    memset(m, 0, sizeof *m);
    struct tableau *t = m->tableau = mem_alloc(sizeof *t);
    uint32_t root = translate(m, f, negated);
    for (uint32_t i = 0; i < t->n; i++)
        if (t->nodes[i].op == NODE_UNTIL) m->untils |= (uint64_t)1 << i;
    state_of(t, (uint64_t)1 << root);
    if (!t->full) return true;
    automaton_free(m);
    return false;
}

void automaton_free(struct automaton *m) {
    struct tableau *t = m->tableau;
    for (uint32_t i = 0; t && i < t->states.n; i++) VEC_FREE(t->states.at[i].moves);
    if (t) VEC_FREE(t->states);
    mem_free(t);
    m->tableau = NULL;
}

const struct automaton_move *automaton_moves(struct automaton *m, uint32_t state, uint32_t *n) {
    struct tableau *t = m->tableau;
    if (!t->states.at[state].expanded) {
        struct state s = t->states.at[state];
        expand(t, &s, (struct branch){.todo = s.set});
        s.expanded = true;
        t->states.at[state] = s;
    }
    *n = t->states.at[state].moves.n;
    return t->states.at[state].moves.at;
}

/* ---- the meaning, by definition ---- */

struct lasso {
    uint32_t n, loop;
    lasso_holds *holds;
    void *self;
};

static bool at(const struct lasso *l, const struct formula *f, uint32_t i);

/* Whether g holds at some position from i on, with f at all before it (f NULL: true). Twice around sees everything. */
static bool until(const struct lasso *l, const struct formula *f, const struct formula *g, uint32_t i) {
    for (uint32_t k = 0; k <= 2 * l->n; k++) {
        if (at(l, g, i)) return true;
        if (f && !at(l, f, i)) return false;
        i = i + 1 == l->n ? l->loop : i + 1;
    }
    return false;
}

static bool at(const struct lasso *l, const struct formula *f, uint32_t i) {
    switch (f->op) {
    case FORMULA_TRUE: return true;
    case FORMULA_FALSE: return false;
    case FORMULA_ATOM:
    case FORMULA_CAN: return l->holds(l->self, i, f);
    case FORMULA_NOT: return !at(l, f->kid[0], i);
    case FORMULA_AND: return at(l, f->kid[0], i) && at(l, f->kid[1], i);
    case FORMULA_OR: return at(l, f->kid[0], i) || at(l, f->kid[1], i);
    case FORMULA_EVENTUALLY: return until(l, NULL, f->kid[0], i);
    case FORMULA_UNTIL: return until(l, f->kid[0], f->kid[1], i);
    case FORMULA_ALWAYS:
        for (uint32_t k = 0; k <= 2 * l->n; k++) {
            if (!at(l, f->kid[0], i)) return false;
            i = i + 1 == l->n ? l->loop : i + 1;
        }
        return true;
    case FORMULA_LEADSTO:
        for (uint32_t k = 0; k <= 2 * l->n; k++) {
            if (at(l, f->kid[0], i) && !until(l, NULL, f->kid[1], i)) return false;
            i = i + 1 == l->n ? l->loop : i + 1;
        }
        return true;
    }
    return false;
}

bool lasso_satisfies(const struct formula *f, uint32_t n, uint32_t loop, lasso_holds *holds, void *self) {
    struct lasso l = {n, loop, holds, self};
    return at(&l, f, 0);
}
