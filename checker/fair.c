#include "checker/fair.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "checker/space.h"

/* ---- obligations ---- */

struct claim { /* label l is an instance of entry `fair` */
    uint32_t label;
    struct obligation o;
};

static int by_obligation(const void *x, const void *y) {
    const struct claim *a = x, *b = y;
    if (a->o.fair != b->o.fair) return a->o.fair < b->o.fair ? -1 : 1;
    if (a->o.process != b->o.process) return a->o.process < b->o.process ? -1 : 1;
    return a->o.key < b->o.key ? -1 : a->o.key > b->o.key;
}

void fair_rules_build(struct fair_rules *r, const struct dc_model *m, const struct graph *g,
                      const struct fair_trial *trial) {
    memset(r, 0, sizeof *r);
    VEC(struct claim) claims = {0};
    uint32_t n_fairs = m->n_fairs + (trial->extra ? 1 : 0);
    r->first = mem_alloc((g->n_labels + 2) * sizeof *r->first);
    r->dropped = mem_alloc(g->n_labels + 1);
    for (uint32_t l = 0; l < g->n_labels; l++) {
        const struct graph_label *x = &g->labels[l];
        const struct dc_action *a = &m->actions[x->action];
        r->dropped[l] = trial->without && a->fault_name && !strcmp(a->fault_name, trial->without);
        for (uint32_t f = 0; f < n_fairs; f++) {
            const struct dc_fair *e = f < m->n_fairs ? &m->fairs[f] : trial->extra;
            bool mine = false;
            for (uint32_t k = 0; k < e->n; k++) mine |= e->actions[k] == x->action;
            if (!mine) continue;
            struct claim c = {l, {f, e->strong || f == trial->strong, x->process, e->per_key ? x->key : 0}};
            VEC_PUSH(claims, c);
            r->first[l + 1]++;
        }
    }
    for (uint32_t l = 0; l < g->n_labels; l++) r->first[l + 1] += r->first[l];
    r->list = mem_alloc((claims.n + 1) * sizeof *r->list);
    uint32_t *at = mem_alloc((g->n_labels + 1) * sizeof *at);
    memcpy(at, r->first, g->n_labels * sizeof *at);
    if (claims.n) qsort(claims.at, claims.n, sizeof *claims.at, by_obligation);
    for (uint32_t i = 0; i < claims.n; i++) {
        if (!i || by_obligation(&claims.at[i - 1], &claims.at[i])) VEC_PUSH(r->obligations, claims.at[i].o);
        r->list[at[claims.at[i].label]++] = r->obligations.n - 1;
    }
    mem_free(at);
    VEC_FREE(claims);
}

void fair_rules_free(struct fair_rules *r) {
    VEC_FREE(r->obligations);
    mem_free(r->first);
    mem_free(r->list);
    mem_free(r->dropped);
    memset(r, 0, sizeof *r);
}

/* ---- a cycle ---- */

enum need { FREE, WEAK_OPEN, STRONG_OPEN, MET };

struct tour {
    const struct space *space;
    const uint32_t *component;
    uint32_t number;
    uint8_t *need; /* by obligation */
    uint32_t n_open;
    uint64_t untils_open;
    bool visit_open;
    struct marks seen;
    uint32_t *prev, *via, *stamp, now; /* of the breadth-first searches */
    VEC(uint32_t) queue;
};

static void meet(struct tour *t, uint32_t o) {
    if (t->need[o] == WEAK_OPEN || t->need[o] == STRONG_OPEN) t->n_open--;
    t->need[o] = MET;
}

static void see_strong(void *self, uint32_t o) {
    struct tour *t = self;
    if (t->need[o] != FREE || !t->space->rules->obligations.at[o].strong) return;
    t->need[o] = STRONG_OPEN;
    t->n_open++;
}

/* What being at a node settles: weak obligations that it does not enable; strong ones that it does are called for. */
static void arrive(struct tour *t, uint32_t node) {
    const struct space *s = t->space;
    space_enabled(s, node, &t->seen, see_strong, t);
    for (uint32_t o = 0; o < s->rules->obligations.n; o++)
        if (t->need[o] == WEAK_OPEN && t->seen.at[o] != t->seen.now) meet(t, o);
    if (s->visit && s->visit[node]) t->visit_open = false;
}

static void walk(struct tour *t, uint32_t label) {
    const struct space *s = t->space;
    if (s->postponed) t->untils_open &= s->postponed[label];
    uint32_t l = space_label(s, label);
    if (l == GRAPH_NONE) return;
    for (uint32_t k = s->rules->first[l]; k < s->rules->first[l + 1]; k++) meet(t, s->rules->list[k]);
}

/* Would this step settle anything that is open? */
static bool helps(struct tour *t, uint32_t to, uint32_t label) {
    const struct space *s = t->space;
    if (s->postponed && (t->untils_open & ~s->postponed[label])) return true;
    if (t->visit_open && s->visit[to]) return true;
    uint32_t l = space_label(s, label);
    for (uint32_t k = l == GRAPH_NONE ? 0 : s->rules->first[l]; l != GRAPH_NONE && k < s->rules->first[l + 1]; k++) {
        uint8_t need = t->need[s->rules->list[k]];
        if (need == WEAK_OPEN || need == STRONG_OPEN) return true;
    }
    bool weak = false;
    for (uint32_t o = 0; o < s->rules->obligations.n && !weak; o++) weak = t->need[o] == WEAK_OPEN;
    if (!weak) return false;
    space_enabled(s, to, &t->seen, NULL, NULL);
    for (uint32_t o = 0; o < s->rules->obligations.n; o++)
        if (t->need[o] == WEAK_OPEN && t->seen.at[o] != t->seen.now) return true;
    return false;
}

/* Goes from the end of the cycle to the nearest step that helps, or (home) to `target`. */
static void go(struct tour *t, struct cycle *c, bool home, uint32_t target) {
    const struct space *s = t->space;
    uint32_t from = c->nodes.at[c->nodes.n - 1], last = GRAPH_NONE, last_label = 0, end = GRAPH_NONE;
    t->now++;
    t->queue.n = 0;
    VEC_PUSH(t->queue, from);
    t->stamp[from] = t->now;
    for (uint32_t i = 0; i < t->queue.n && last == GRAPH_NONE; i++) {
        uint32_t v = t->queue.at[i];
        for (struct graph_edges e = graph_edges(s->steps, v); space_next(s, v, &e);) {
            if (t->component[e.to] != t->number) continue;
            if (home ? e.to == target : helps(t, e.to, e.label)) {
                last = v;
                last_label = e.label;
                end = e.to;
                break;
            }
            if (t->stamp[e.to] == t->now) continue;
            t->stamp[e.to] = t->now;
            t->prev[e.to] = v;
            t->via[e.to] = e.label;
            VEC_PUSH(t->queue, e.to);
        }
    }
    if (last == GRAPH_NONE) panic("a fair component without a fair cycle");
    uint32_t at = c->nodes.n, n = 0;
    for (uint32_t v = last; v != from; v = t->prev[v]) n++;
    for (uint32_t i = 0; i < n; i++) {
        VEC_PUSH(c->nodes, 0);
        VEC_PUSH(c->labels, 0);
    }
    for (uint32_t v = last, i = n; v != from; v = t->prev[v]) {
        i--;
        c->nodes.at[at + i] = v;
        c->labels.at[at - 1 + i] = t->via[v];
    }
    VEC_PUSH(c->labels, last_label);
    for (uint32_t i = 0; i <= n; i++) {
        walk(t, c->labels.at[at - 1 + i]);
        arrive(t, i < n ? c->nodes.at[at + i] : end);
    }
    if (!home) VEC_PUSH(c->nodes, end);
}

void fair_cycle(const struct space *s, const uint32_t *component, uint32_t from, struct cycle *c) {
    uint32_t n = s->steps->n, k = s->rules->obligations.n;
    struct tour t = {.space = s, .component = component, .number = component[from]};
    t.need = mem_alloc(k + 1);
    t.seen.at = mem_alloc((k + 1) * sizeof *t.seen.at);
    t.prev = mem_alloc((n + 1) * sizeof *t.prev);
    t.via = mem_alloc((n + 1) * sizeof *t.via);
    t.stamp = mem_alloc((n + 1) * sizeof *t.stamp);
    t.untils_open = s->untils;
    t.visit_open = s->visit != NULL;
    for (uint32_t o = 0; o < k; o++)
        if (!s->rules->obligations.at[o].strong) {
            t.need[o] = WEAK_OPEN;
            t.n_open++;
        }
    c->nodes.n = c->labels.n = 0;
    VEC_PUSH(c->nodes, from);
    arrive(&t, from);
    while (t.n_open || t.untils_open || t.visit_open) go(&t, c, false, 0);
    uint32_t here = c->nodes.at[c->nodes.n - 1];
    bool closed = here == from && c->nodes.n > 1;
    if (closed) c->nodes.n--;
    else if (here != from || s->state_of) { /* in the graph itself, a state where all is settled stutters */
        go(&t, c, true, from);
        while (t.n_open) { /* the way home called for more: another round */
            VEC_PUSH(c->nodes, from);
            go(&t, c, false, 0);
            if (c->nodes.at[c->nodes.n - 1] == from) c->nodes.n--;
            else go(&t, c, true, from);
        }
    }
    mem_free(t.need);
    mem_free(t.seen.at);
    mem_free(t.prev);
    mem_free(t.via);
    mem_free(t.stamp);
    VEC_FREE(t.queue);
}
