#include "checker/liveness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crew.h"
#include "base/hash.h"
#include "base/mem.h"
#include "checker/fair.h"
#include "checker/ltl.h"
#include "checker/shape.h"
#include "model/out.h"
#include "model/rt.h"

/* ---- values of state formulas ---- */

/* For each state: whether a formula surely holds, and whether it may hold; they differ for `can` on a partial graph. */
struct truth {
    const struct formula *formula;
    uint8_t *sure, *maybe; /* by state */
};

struct live {
    const struct dc_model *model;
    const struct search_options *options;
    const struct graph *graph;
    struct graph ordered; /* made when something is to be shown */
    struct liveness_watch *watch;
    struct search_result *result;
    VEC(struct truth) cans;
    uint32_t *back_first, *back; /* predecessors, built when `can` needs them */
};

/* Asked now and then, with a number that counts up: has the user had enough? */
static bool stopped(struct live *l, uint32_t tick) {
    enum { OFTEN = 1 << 14 };
    struct fair_watch *w = &l->watch->components;
    if (tick % OFTEN == 0 && w->stop && atomic_load_explicit(w->stop, memory_order_relaxed)) w->stopped = true;
    return w->stopped;
}

static const struct truth *can_of(struct live *, const struct formula *);

static bool holds(struct live *l, const struct formula *f, uint32_t s, bool maybe) {
    switch (f->op) {
    case FORMULA_TRUE: return true;
    case FORMULA_FALSE: return false;
    case FORMULA_ATOM: return graph_atom(l->graph, s, f->atom);
    case FORMULA_NOT: return !holds(l, f->kid[0], s, !maybe);
    case FORMULA_AND: return holds(l, f->kid[0], s, maybe) && holds(l, f->kid[1], s, maybe);
    case FORMULA_OR: return holds(l, f->kid[0], s, maybe) || holds(l, f->kid[1], s, maybe);
    case FORMULA_CAN: {
        const struct truth *t = can_of(l, f);
        return maybe ? t->maybe[s] : t->sure[s];
    }
    default: panic("a formula about behaviours, asked of a state");
    }
}

static void link_back(struct live *l) {
    const struct graph *g = l->graph;
    if (l->back_first) return;
    l->back_first = mem_alloc(((size_t)g->n + 2) * sizeof *l->back_first);
    for (uint32_t s = 0; s < g->n; s++)
        for (struct graph_edges e = graph_edges(g, s); graph_next(&e);) l->back_first[e.to + 1]++;
    for (uint32_t s = 0; s < g->n; s++) l->back_first[s + 1] += l->back_first[s];
    l->back = mem_alloc((g->n_edges + 1) * sizeof *l->back);
    uint32_t *at = mem_alloc(((size_t)g->n + 1) * sizeof *at);
    memcpy(at, l->back_first, g->n * sizeof *at);
    for (uint32_t s = 0; s < g->n; s++)
        for (struct graph_edges e = graph_edges(g, s); graph_next(&e);) l->back[at[e.to]++] = s;
    mem_free(at);
}

/* All from which a member can be reached. */
static void close_backwards(struct live *l, uint8_t *set) {
    const struct graph *g = l->graph;
    VEC(uint32_t) queue = {0};
    link_back(l);
    for (uint32_t s = 0; s < g->n; s++)
        if (set[s]) VEC_PUSH(queue, s);
    while (queue.n) {
        uint32_t s = queue.at[--queue.n];
        for (uint32_t i = l->back_first[s]; i < l->back_first[s + 1]; i++) {
            uint32_t p = l->back[i];
            if (set[p]) continue;
            set[p] = 1;
            VEC_PUSH(queue, p);
        }
    }
    VEC_FREE(queue);
}

static bool leads_out(const struct graph *g, uint32_t s) {
    if (!graph_expanded(g, s)) return true;
    for (struct graph_edges e = graph_edges(g, s); graph_next(&e);)
        if (e.to == s) return true;
    return false;
}

static const struct truth *can_of(struct live *l, const struct formula *f) {
    for (uint32_t i = 0; i < l->cans.n; i++)
        if (l->cans.at[i].formula == f) return &l->cans.at[i];
    const struct graph *g = l->graph;
    struct truth t = {f, mem_alloc(g->n + 1), mem_alloc(g->n + 1)};
    for (uint32_t s = 0; s < g->n; s++) {
        if (!graph_exists(g, s)) continue;
        t.sure[s] = holds(l, f->kid[0], s, false);
        t.maybe[s] = holds(l, f->kid[0], s, true) || (g->partial && leads_out(g, s));
    }
    close_backwards(l, t.sure);
    close_backwards(l, t.maybe);
    VEC_PUSH(l->cans, t);
    return &l->cans.at[l->cans.n - 1];
}

/* ---- solving ---- */

struct answer {
    enum outcome outcome;
    struct cycle stem;  /* nodes from an initial state to the first of the cycle; labels between them */
    struct cycle cycle; /* as fair_cycle leaves it; of a single state, empty */
    bool lasso, too_large;
};

static void answer_free(struct answer *a) {
    VEC_FREE(a->stem.nodes);
    VEC_FREE(a->stem.labels);
    VEC_FREE(a->cycle.nodes);
    VEC_FREE(a->cycle.labels);
}

/* Breadth-first over (phase, node): phase 0 goes anywhere, phase 1 stays inside. Goes on to the nearest goal. */
struct route {
    const struct space *space; /* phase 1 */
    uint32_t n, *prev, *via;   /* prev: of phase * n + node, or GRAPH_NONE for a beginning */
    uint8_t *seen;
    VEC(uint32_t) queue;
};

static void route_add(struct route *r, uint32_t at, uint32_t prev, uint32_t via) {
    if (r->seen[at]) return;
    r->seen[at] = 1;
    r->prev[at] = prev;
    r->via[at] = via;
    VEC_PUSH(r->queue, at);
}

static void route_free(struct route *r) {
    mem_free(r->prev);
    mem_free(r->via);
    mem_free(r->seen);
    VEC_FREE(r->queue);
}

static void stem_to(const struct route *r, uint32_t end, struct cycle *stem) {
    uint32_t k = 0;
    for (uint32_t at = end; at != GRAPH_NONE; at = r->prev[at]) k += r->via[at] != GRAPH_NONE;
    stem->nodes.n = stem->labels.n = 0;
    for (uint32_t i = 0; i <= k; i++) VEC_PUSH(stem->nodes, 0);
    for (uint32_t i = 0; i < k; i++) VEC_PUSH(stem->labels, 0);
    for (uint32_t at = end; at != GRAPH_NONE; at = r->prev[at]) {
        stem->nodes.at[k] = at % r->n;
        if (r->via[at] != GRAPH_NONE) stem->labels.at[--k] = r->via[at];
    }
}

/* From the fair components to the answer: the shortest stem, and of the components equally near the shortest cycle. */
static void lasso_from(struct route *r, const uint32_t *component, const uint8_t *starts, bool initial,
                       uint32_t n_initial, struct answer *a) {
    enum { TRIES = 16 };
    const struct space *s = r->space;
    uint32_t n = r->n, best = GRAPH_NONE, best_length = 0, tried = 0,
             *depth = mem_alloc((2 * (size_t)n + 1) * sizeof *depth);
    struct cycle c = {0};
    for (uint32_t i = 0; i < n_initial && i < n; i++) {
        if (!initial) route_add(r, i, GRAPH_NONE, GRAPH_NONE);
        else if (s->in[i]) route_add(r, n + i, GRAPH_NONE, GRAPH_NONE);
    }
    for (uint32_t i = 0; i < r->queue.n; i++) {
        uint32_t at = r->queue.at[i], v = at % n;
        bool inside = at >= n;
        if (r->prev[at] != GRAPH_NONE) depth[at] = depth[r->prev[at]] + (r->via[at] != GRAPH_NONE);
        if (best != GRAPH_NONE && depth[at] > depth[best]) break;
        if (inside && component[v]) {
            fair_cycle(s, component, v, &c);
            uint32_t length = c.labels.n;
            if (best == GRAPH_NONE || length < best_length) {
                best = at;
                best_length = length;
                struct cycle old = a->cycle;
                a->cycle = c;
                c = old;
            }
            if (++tried == TRIES || !best_length) break;
        }
        if (!inside && starts[v] && s->in[v] && !r->seen[n + v]) { /* the same state, now inside: before all others */
            route_add(r, n + v, at, GRAPH_NONE);
            r->queue.n--;
            memmove(r->queue.at + i + 2, r->queue.at + i + 1, (r->queue.n - i - 1) * sizeof *r->queue.at);
            r->queue.at[i + 1] = n + v;
            r->queue.n++;
        }
        for (struct graph_edges e = graph_edges(s->steps, v); graph_next(&e);) {
            if (e.to == v && !s->state_of) continue;
            uint32_t l = s->label_of ? s->label_of[e.label] : e.label;
            if (l != GRAPH_NONE && s->rules->dropped[l]) continue;
            if (!inside) route_add(r, e.to, at, e.label);
            else if (s->in[e.to]) route_add(r, n + e.to, at, e.label);
        }
    }
    VEC_FREE(c.nodes);
    VEC_FREE(c.labels);
    if (best == GRAPH_NONE) panic("a fair component that cannot be reached");
    mem_free(depth);
    stem_to(r, best, &a->stem);
    a->lasso = true;
}

/* What can be reached from the initial states without dropped steps. */
static uint8_t *reached(const struct graph *g, const struct fair_rules *rules) {
    uint8_t *set = mem_alloc(g->n + 1);
    VEC(uint32_t) queue = {0};
    for (uint32_t i = 0; i < g->n_initial; i++) {
        set[i] = 1;
        VEC_PUSH(queue, i);
    }
    for (uint32_t i = 0; i < queue.n; i++)
        for (struct graph_edges e = graph_edges(g, queue.at[i]); graph_next(&e);) {
            if (rules->dropped[e.label] || set[e.to]) continue;
            set[e.to] = 1;
            VEC_PUSH(queue, e.to);
        }
    VEC_FREE(queue);
    return set;
}

static bool drops_any(const struct graph *g, const struct fair_rules *rules) {
    for (uint32_t i = 0; i < g->n_labels; i++)
        if (rules->dropped[i]) return true;
    return false;
}

/* The sets of states that a closed form speaks of, by all workers. */
struct sets {
    struct live *live;
    const struct problem *problem;
    uint8_t *in, *starts, *visit; /* `in` holds already what there is */
    struct crew_blocks blocks;
};

static void fill_sets(void *self, uint32_t worker) {
    struct sets *t = self;
    struct live *l = t->live;
    const struct problem *p = t->problem;
    const struct graph *g = l->graph;
    (void)worker;
    for (struct crew_block b; crew_take(&t->blocks, false, &b);)
        for (uint32_t s = b.begin; s < b.end; s++) {
            if (!t->in[s] || !graph_exists(g, s)) {
                t->in[s] = 0;
                continue;
            }
            t->in[s] = !p->stay || holds(l, p->stay, s, false);
            t->starts[s] = t->in[s] && (p->anywhere || (p->start ? holds(l, p->start, s, false) : s < g->n_initial));
            if (t->visit) t->visit[s] = holds(l, p->visit, s, false);
        }
}

/* A violation of the closed forms. `find`: its lasso too, not only whether there is one. What `can` means in it is
 * known: `uncertain` has asked. */
static void solve_closed(struct live *l, const struct problem *p, const struct fair_rules *rules, bool find,
                         struct answer *a) {
    const struct graph *g = l->graph;
    struct sets sets = {.live = l, .problem = p, .blocks = {.n = g->n, .size = GRAPH_CHUNK}};
    sets.in = drops_any(g, rules) ? reached(g, rules) : NULL;
    if (!sets.in) {
        sets.in = mem_alloc(g->n + 1);
        memset(sets.in, 1, g->n);
    }
    sets.starts = mem_alloc(g->n + 1);
    if (p->visit) sets.visit = mem_alloc(g->n + 1);
    crew_run(g->n / GRAPH_CHUNK ? l->options->workers : 1, fill_sets, &sets);
    struct space space = {.steps = g,
                          .base = g,
                          .rules = rules,
                          .in = sets.in,
                          .visit = sets.visit,
                          .watch = &l->watch->components,
                          .workers = l->options->workers};
    if (!p->anywhere) space.roots = sets.starts;
    bool any = fair_exists(&space);
    uint32_t *component = any && find ? fair_components(&space) : NULL;
    any &= !find || component;
    a->outcome = any ? OUTCOME_VIOLATED : g->partial ? OUTCOME_UNKNOWN : OUTCOME_HOLDS;
    if (component) {
        struct route r = {.space = &space, .n = g->n};
        r.prev = mem_alloc((2 * (size_t)g->n + 1) * sizeof *r.prev);
        r.via = mem_alloc((2 * (size_t)g->n + 1) * sizeof *r.via);
        r.seen = mem_alloc(2 * (size_t)g->n + 1);
        lasso_from(&r, component, sets.starts, !p->start && !p->anywhere, g->n_initial, a);
        route_free(&r);
    }
    mem_free(component);
    mem_free(sets.in);
    mem_free(sets.starts);
    mem_free(sets.visit);
}

/* The shortest way to a state that violates `all`. */
static void solve_all(struct live *l, const struct problem *p, const struct fair_rules *rules, struct answer *a) {
    const struct graph *g = l->graph;
    uint32_t n = p->initially ? g->n_initial : g->n, *prev = mem_alloc((g->n + 1) * sizeof *prev),
             *via = mem_alloc((g->n + 1) * sizeof *via), bad = GRAPH_NONE;
    uint8_t *seen = mem_alloc(g->n + 1);
    bool unsure = false;
    VEC(uint32_t) queue = {0};
    for (uint32_t i = 0; i < g->n_initial; i++) {
        seen[i] = 1;
        prev[i] = GRAPH_NONE;
        VEC_PUSH(queue, i);
    }
    for (uint32_t i = 0; i < queue.n && bad == GRAPH_NONE && !stopped(l, i); i++) {
        uint32_t s = queue.at[i];
        if (s < n && !holds(l, p->all, s, true)) bad = s;
        unsure |= s < n && !holds(l, p->all, s, false);
        for (struct graph_edges e = graph_edges(g, s); bad == GRAPH_NONE && graph_next(&e);) {
            if (seen[e.to] || rules->dropped[e.label]) continue;
            seen[e.to] = 1;
            prev[e.to] = s;
            via[e.to] = e.label;
            VEC_PUSH(queue, e.to);
        }
    }
    VEC_FREE(queue);
    bool whole = p->initially || !g->partial;
    a->outcome = bad != GRAPH_NONE ? OUTCOME_VIOLATED : unsure || !whole ? OUTCOME_UNKNOWN : OUTCOME_HOLDS;
    if (bad != GRAPH_NONE) {
        uint32_t k = 0;
        for (uint32_t s = bad; prev[s] != GRAPH_NONE; s = prev[s]) k++;
        for (uint32_t i = 0; i <= k; i++) VEC_PUSH(a->stem.nodes, 0);
        for (uint32_t i = 0; i < k; i++) VEC_PUSH(a->stem.labels, 0);
        for (uint32_t s = bad;; s = prev[s]) {
            a->stem.nodes.at[k] = s;
            if (prev[s] == GRAPH_NONE) break;
            a->stem.labels.at[--k] = via[s];
        }
    }
    mem_free(prev);
    mem_free(via);
    mem_free(seen);
}

/* ---- the product with an automaton ---- */

struct product {
    struct graph graph; /* edges only */
    uint32_t *state_of, *label_of;
    uint64_t *postponed;
    uint32_t n_initial;
};

struct product_node {
    uint32_t state, q;
};
struct product_label {
    uint32_t label;
    uint64_t postponed;
};

struct growing {
    struct product *p;
    VEC(struct product_node) nodes;
    VEC(struct product_label) labels;
    uint32_t *slots, cap;
};

static uint32_t grow_node(struct growing *w, uint32_t state, uint32_t q) {
    if (2 * (w->nodes.n + 1) > w->cap) {
        uint32_t cap = w->cap ? 2 * w->cap : 1024;
        uint32_t *slots = mem_alloc((size_t)cap * sizeof *slots);
        for (uint32_t i = 0; i < w->nodes.n; i++) {
            uint32_t k = (uint32_t)dc_mix(w->nodes.at[i].state, w->nodes.at[i].q) & (cap - 1);
            while (slots[k]) k = (k + 1) & (cap - 1);
            slots[k] = i + 1;
        }
        mem_free(w->slots);
        w->slots = slots;
        w->cap = cap;
    }
    uint32_t k = (uint32_t)dc_mix(state, q) & (w->cap - 1);
    for (; w->slots[k]; k = (k + 1) & (w->cap - 1))
        if (w->nodes.at[w->slots[k] - 1].state == state && w->nodes.at[w->slots[k] - 1].q == q) return w->slots[k] - 1;
    uint32_t i = w->nodes.n;
    struct product_node new = {state, q};
    VEC_PUSH(w->nodes, new);
    w->slots[k] = i + 1;
    return i;
}

static uint32_t grow_label(struct growing *w, uint32_t label, uint64_t postponed) {
    for (uint32_t i = w->labels.n; i-- > 0;) /* the last ones are the likely ones */
        if (w->labels.at[i].label == label && w->labels.at[i].postponed == postponed) return i;
    struct product_label new = {label, postponed};
    VEC_PUSH(w->labels, new);
    return w->labels.n - 1;
}

static void product_build(struct live *l, struct automaton *m, const struct fair_rules *rules, struct product *p) {
    const struct graph *g = l->graph;
    struct growing w = {.p = p};
    struct edge_writer edges = {0};
    memset(p, 0, sizeof *p);
    for (uint32_t i = 0; i < g->n_initial; i++) grow_node(&w, i, 0);
    p->n_initial = w.nodes.n;
    for (uint32_t v = 0; v < w.nodes.n && !stopped(l, v); v++) {
        uint32_t s = w.nodes.at[v].state, n, yes = 0;
        graph_reserve(&p->graph, v + 1);
        for (uint32_t i = 0; i < m->n_propositions; i++)
            if (holds(l, m->propositions[i], s, false)) yes |= 1u << i;
        const struct automaton_move *a = automaton_moves(m, w.nodes.at[v].q, &n);
        edges_begin(&edges, v);
        for (uint32_t i = 0; i < n && graph_expanded(g, s); i++) {
            if ((a[i].yes & ~yes) || (a[i].no & yes)) continue;
            edges_add(&edges, grow_node(&w, s, a[i].next), grow_label(&w, GRAPH_NONE, a[i].postponed));
            for (struct graph_edges e = graph_edges(g, s); graph_next(&e);) {
                if (e.to == s || rules->dropped[e.label]) continue;
                edges_add(&edges, grow_node(&w, e.to, a[i].next), grow_label(&w, e.label, a[i].postponed));
            }
        }
        p->graph.chunks[v / GRAPH_CHUNK]->steps[v % GRAPH_CHUNK] = edges_end(&edges);
    }
    graph_reserve(&p->graph, w.nodes.n);
    p->graph.n = w.nodes.n;
    graph_add_pages(&p->graph, &edges);
    p->state_of = mem_alloc((w.nodes.n + 1) * sizeof *p->state_of);
    for (uint32_t i = 0; i < w.nodes.n; i++) p->state_of[i] = w.nodes.at[i].state;
    p->label_of = mem_alloc((w.labels.n + 1) * sizeof *p->label_of);
    p->postponed = mem_alloc((w.labels.n + 1) * sizeof *p->postponed);
    for (uint32_t i = 0; i < w.labels.n; i++) {
        p->label_of[i] = w.labels.at[i].label;
        p->postponed[i] = w.labels.at[i].postponed;
    }
    VEC_FREE(w.nodes);
    VEC_FREE(w.labels);
    mem_free(w.slots);
}

static void product_free(struct product *p) {
    graph_free(&p->graph);
    mem_free(p->state_of);
    mem_free(p->label_of);
    mem_free(p->postponed);
}

/* From nodes of the product to states: steps in place are stuttering and go. */
static void project(const struct product *p, struct cycle *c, bool closed) {
    uint32_t n = 0, last = c->labels.n;
    VEC(uint32_t) nodes = {0};
    for (uint32_t i = 0; i < c->nodes.n; i++) {
        uint32_t s = p->state_of[c->nodes.at[i]];
        if (!nodes.n) VEC_PUSH(nodes, s);
        if (i < last && (i + 1 < c->nodes.n || closed)) {
            uint32_t label = p->label_of[c->labels.at[i]];
            if (label == GRAPH_NONE) continue;
            c->labels.at[n++] = label;
            if (i + 1 < c->nodes.n) VEC_PUSH(nodes, p->state_of[c->nodes.at[i + 1]]);
        }
    }
    c->labels.n = n;
    while (closed && nodes.n > (n ? n : 1)) nodes.n--; /* the way back was stuttering */
    VEC_FREE(c->nodes);
    c->nodes.at = nodes.at;
    c->nodes.n = nodes.n;
    c->nodes.cap = nodes.cap;
}

static void solve_general(struct live *l, const struct formula *f, const struct fair_rules *rules, bool find,
                          struct answer *a) {
    struct automaton m;
    if (!automaton_build(&m, f, true)) {
        a->outcome = OUTCOME_UNKNOWN;
        a->too_large = true;
        return;
    }
    struct product p;
    product_build(l, &m, rules, &p);
    uint32_t n = p.graph.n;
    uint8_t *in = mem_alloc(n + 1);
    memset(in, 1, n);
    struct space space = {.steps = &p.graph,
                          .base = l->graph,
                          .rules = rules,
                          .state_of = p.state_of,
                          .label_of = p.label_of,
                          .postponed = p.postponed,
                          .untils = m.untils,
                          .in = in,
                          .watch = &l->watch->components,
                          .workers = l->options->workers};
    bool any = fair_exists(&space);
    uint32_t *component = any && find ? fair_components(&space) : NULL;
    any &= !find || component;
    a->outcome = any ? OUTCOME_VIOLATED : l->graph->partial ? OUTCOME_UNKNOWN : OUTCOME_HOLDS;
    if (component) {
        struct route r = {.space = &space, .n = n};
        r.prev = mem_alloc((2 * (size_t)n + 1) * sizeof *r.prev);
        r.via = mem_alloc((2 * (size_t)n + 1) * sizeof *r.via);
        r.seen = mem_alloc(2 * (size_t)n + 1);
        lasso_from(&r, component, in, true, p.n_initial, a);
        route_free(&r);
        project(&p, &a->stem, false);
        project(&p, &a->cycle, true);
    }
    mem_free(component);
    mem_free(in);
    product_free(&p);
    automaton_free(&m);
}

/* `can` whose truth is unknown somewhere makes a formula about behaviours unknown. */
static bool uncertain(struct live *l, const struct formula *f) {
    if (!f) return false;
    if (f->op == FORMULA_CAN) {
        const struct truth *t = can_of(l, f);
        return memcmp(t->sure, t->maybe, l->graph->n) != 0;
    }
    return uncertain(l, f->kid[0]) || uncertain(l, f->kid[1]);
}

/* The conjuncts one by one: the first violated one gives the answer. */
static void solve(struct live *l, struct arena *m, const struct formula *f, const struct fair_rules *rules, bool find,
                  struct answer *a) {
    if (f->op == FORMULA_AND ||
        (f->op == FORMULA_ALWAYS && f->kid[0]->op == FORMULA_AND && !formula_is_state(f->kid[0]))) {
        const struct formula *both = f->op == FORMULA_AND ? f : f->kid[0];
        enum outcome worst = OUTCOME_HOLDS;
        for (int i = 0; i < 2; i++) {
            const struct formula *k = both->kid[i];
            if (f->op == FORMULA_ALWAYS) k = shape(m, FORMULA_ALWAYS, k, NULL);
            solve(l, m, k, rules, find, a);
            if (a->outcome == OUTCOME_VIOLATED) return;
            if (a->outcome == OUTCOME_UNKNOWN) worst = OUTCOME_UNKNOWN;
        }
        a->outcome = worst;
        return;
    }
    struct problem p = shape_problem(m, f);
    if (p.all) solve_all(l, &p, rules, a);
    else if (uncertain(l, f)) a->outcome = OUTCOME_UNKNOWN;
    else if (p.general) solve_general(l, f, rules, find, a);
    else solve_closed(l, &p, rules, find, a);
}

/* Does a formula about one state hold (neg: fail) nowhere? */
static bool never(struct live *l, const struct formula *f, bool neg) {
    for (uint32_t s = 0; s < l->graph->n; s++)
        if (graph_exists(l->graph, s) && holds(l, f, s, !neg) != neg) return false;
    return true;
}

/* Whether what calls for something never comes about: P in `P leadsto Q`, and in `always (P implies Q)`. */
static bool vacuous(struct live *l, const struct formula *f, bool everywhere) {
    const struct formula *a = f->kid[0], *b = f->kid[1];
    switch (f->op) {
    case FORMULA_AND: return vacuous(l, a, everywhere) && vacuous(l, b, everywhere);
    case FORMULA_ALWAYS: return vacuous(l, a, true);
    case FORMULA_OR: /* an implication, either way round */
        return everywhere && ((formula_is_state(a) && !formula_is_state(b) && never(l, a, true)) ||
                              (formula_is_state(b) && !formula_is_state(a) && never(l, b, true)));
    case FORMULA_LEADSTO: return formula_is_state(a) && never(l, a, false);
    default: return false;
    }
}

/* ---- from numbers to states ---- */

struct seek {
    const struct dc_model *model;
    uint64_t wanted;
    const struct graph_label *label;
    bool found;
    uint64_t *state;
    uint32_t action, ordinal;
};

static void look(struct dc_out *out) {
    struct seek *k = out->self;
    uint32_t words = k->model->state_words;
    for (uint32_t i = 0; i < out->n && !k->found; i++) {
        const uint64_t *s = out->states + (size_t)i * words, *key = out->keys + 2 * (size_t)i;
        uint64_t lo = hash_state128(s, words).lo;
        if (out->steps[i].error || (lo ? lo : 1) != k->wanted) continue;
        if (k->label &&
            (out->steps[i].action != k->label->action || key[0] != k->label->process || key[1] != k->label->key))
            continue;
        memcpy(k->state, s, words * sizeof *s);
        k->action = out->steps[i].action;
        k->ordinal = out->steps[i].ordinal;
        k->found = true;
    }
    out->n = 0;
}

/* Fills in the trace along states ids[0..n) of the graph; label i leads to state i + 1. */
static void replay(struct live *l, const uint32_t *ids, const uint32_t *labels, uint32_t n, struct finding *f) {
    const struct dc_model *m = l->model;
    uint32_t words = m->state_words;
    f->length = n;
    f->states = mem_alloc((size_t)n * words * sizeof *f->states);
    f->actions = mem_alloc(n * sizeof *f->actions);
    f->ordinals = mem_alloc(n * sizeof *f->ordinals);
    struct seek k = {.model = m};
    struct dc_out out;
    out_open(&out, words, true, look, &k);
    struct dc_worker *w = m->open(m);
    for (uint32_t i = 0; i < n; i++) {
        k.wanted = graph_fp(l->graph, ids[i]);
        k.label = i ? &l->graph->labels[labels[i - 1]] : NULL;
        k.found = false;
        k.state = f->states + (size_t)i * words;
        if (!i) m->init(m, w, &out);
        else m->expand(m, w, f->states + (size_t)(i - 1) * words, 1, &out);
        look(&out);
        if (!k.found) panic("a behaviour cannot be replayed");
        f->actions[i] = i ? k.action : UINT32_MAX;
        f->ordinals[i] = k.ordinal;
    }
    m->close(m, w);
    out_close(&out);
    f->level = n;
    f->state = mem_alloc(words * sizeof *f->state);
    memcpy(f->state, f->states + (size_t)(n - 1) * words, words * sizeof *f->state);
}

static struct finding *add_finding(struct live *l, uint32_t pred) {
    struct search_result *r = l->result;
    r->findings = mem_grow(r->findings, r->n_findings * sizeof *r->findings, (r->n_findings + 1) * sizeof *r->findings);
    struct finding *f = &r->findings[r->n_findings++];
    *f = (struct finding){.kind = FOUND_PRED, .pred = pred, .action = UINT32_MAX};
    return f;
}

static struct finding *record(struct live *l, uint32_t pred, const struct answer *a) {
    struct finding *f = add_finding(l, pred);
    VEC(uint32_t) ids = {0}, labels = {0};
    for (uint32_t i = 0; i < a->stem.nodes.n; i++) VEC_PUSH(ids, a->stem.nodes.at[i]);
    for (uint32_t i = 0; i < a->stem.labels.n; i++) VEC_PUSH(labels, a->stem.labels.at[i]);
    f->lasso = a->lasso;
    f->loop = ids.n - 1;
    for (uint32_t i = 0; a->lasso && i < a->cycle.labels.n; i++) {
        VEC_PUSH(labels, a->cycle.labels.at[i]);
        VEC_PUSH(ids, a->cycle.nodes.at[i + 1 == a->cycle.labels.n ? 0 : i + 1]);
    }
    replay(l, ids.at, labels.at, ids.n, f);
    VEC_FREE(ids);
    VEC_FREE(labels);
    return f;
}

/* ---- advice ---- */

static char *text_of(const char *format, const char *name) {
    int n = snprintf(NULL, 0, format, name);
    char *text = mem_alloc((size_t)n + 1);
    snprintf(text, (size_t)n + 1, format, name);
    return text;
}

struct advisor {
    struct live *live;
    struct arena *shapes;
    const struct formula *formula;
    struct finding *finding;
    uint32_t n;
    uint64_t budget; /* edges that may still be looked at: a bound that does not depend on the machine */
};

/* Does one assumption more leave no violation? */
static bool cures(struct advisor *v, const struct fair_trial *t) {
    struct fair_rules rules;
    struct answer a = {0};
    if (v->budget < v->live->graph->n_edges || v->n == SEARCH_ADVICE) return false;
    v->budget -= v->live->graph->n_edges;
    fair_rules_build(&rules, v->live->model, v->live->graph, t);
    solve(v->live, v->shapes, v->formula, &rules, false, &a);
    fair_rules_free(&rules);
    answer_free(&a);
    return a.outcome == OUTCOME_HOLDS;
}

static void advise(struct advisor *v) {
    const struct dc_model *m = v->live->model;
    for (int strong = 0; strong < 2; strong++)
        for (uint32_t i = 0; i < m->n_actions; i++) {
            const struct dc_action *a = &m->actions[i];
            struct dc_fair e = {.name = a->title, .strong = strong, .per_key = a->received, .actions = &i, .n = 1};
            struct fair_trial t = {.extra = &e, .strong = UINT32_MAX};
            bool there = false;
            for (uint32_t k = 0; k < m->n_fairs; k++) /* what is assumed already */
                for (uint32_t j = 0; j < m->fairs[k].n; j++)
                    there |= m->fairs[k].actions[j] == i && m->fairs[k].strong >= strong;
            if (!a->fairable || there || v->n || !cures(v, &t)) continue;
            v->finding->advice[v->n++] = text_of(strong ? "%s were strongly fair" : "%s were fair", a->title);
        }
    for (uint32_t i = 0; i < m->n_actions; i++) {
        const char *fault = m->actions[i].fault_name;
        struct fair_trial t = {.strong = UINT32_MAX, .without = fault};
        for (uint32_t k = 0; fault && k < i; k++)
            if (m->actions[k].fault_name && !strcmp(m->actions[k].fault_name, fault)) fault = NULL;
        if (!fault || !cures(v, &t)) continue;
        v->finding->advice[v->n++] = text_of("there were no %s", fault);
    }
}

/* ---- one predicate after the other ---- */

static void forget(struct live *l) {
    for (uint32_t i = 0; i < l->cans.n; i++) {
        mem_free(l->cans.at[i].sure);
        mem_free(l->cans.at[i].maybe);
    }
    VEC_FREE(l->cans);
    mem_free(l->back_first);
    mem_free(l->back);
    l->back_first = l->back = NULL;
}

static const struct fair_trial NO_TRIAL = {.strong = UINT32_MAX};

/* From now on work on the graph whose numbers no race can change. */
static void order(struct live *l) {
    if (l->graph->ordered) return;
    forget(l);
    graph_order(l->graph, &l->ordered);
    l->graph = &l->ordered;
}

/* What is violated is decided once more, to be shown: on that graph. False: it is not to be shown. */
static bool begin_again(struct live *l, struct fair_rules *rules, struct answer *a) {
    if (a->outcome != OUTCOME_VIOLATED || !l->options->traces || l->watch->components.stopped) return false;
    order(l);
    fair_rules_free(rules);
    answer_free(a);
    *a = (struct answer){0};
    fair_rules_build(rules, l->model, l->graph, &NO_TRIAL);
    return true;
}

/* Two searches for the same must agree. */
static void expect_violated(const struct live *l, const struct answer *a) {
    if (a->outcome != OUTCOME_VIOLATED && !l->watch->components.stopped) panic("a violation that is not found again");
}

static void check_temporal(struct live *l, uint32_t pred) {
    enum { ADVICE_EDGES = 200 * 1000 * 1000 };
    struct arena m = {0};
    const struct formula *f = shape_plain(&m, l->model->preds[pred].formula);
    struct fair_rules rules;
    struct answer a = {0};
    fair_rules_build(&rules, l->model, l->graph, &NO_TRIAL);
    solve(l, &m, f, &rules, false, &a);
    if (begin_again(l, &rules, &a)) {
        solve(l, &m, f, &rules, true, &a);
        expect_violated(l, &a);
    }
    if (a.outcome == OUTCOME_HOLDS && vacuous(l, f, false)) a.outcome = OUTCOME_VACUOUS;
    if (l->watch->components.stopped) a.outcome = OUTCOME_UNKNOWN;
    l->result->outcome[pred] = a.outcome;
    if (a.outcome == OUTCOME_VIOLATED) {
        if (l->options->traces) {
            struct finding *found = record(l, pred, &a);
            struct advisor v = {l, &m, f, found, 0, ADVICE_EDGES};
            if (found->lasso && !l->graph->partial) advise(&v);
        } else {
            add_finding(l, pred)->level = 1;
        }
    }
    fair_rules_free(&rules);
    answer_free(&a);
    arena_free(&m);
}

/* invariant, initially and reachable with `can` inside. */
static void check_state(struct live *l, uint32_t pred) {
    const struct dc_pred *q = &l->model->preds[pred];
    bool witness = q->kind == DC_REACHABLE;
    struct arena m = {0};
    struct problem p = {.all = witness ? shape_opposite(&m, q->formula) : q->formula,
                        .initially = q->kind == DC_INITIALLY};
    struct fair_rules rules;
    struct answer a = {0};
    fair_rules_build(&rules, l->model, l->graph, &NO_TRIAL);
    solve_all(l, &p, &rules, &a);
    if (!l->graph->ordered && begin_again(l, &rules, &a)) { /* else the way that is shown is known already */
        solve_all(l, &p, &rules, &a);
        expect_violated(l, &a);
    }
    if (l->watch->components.stopped) a.outcome = OUTCOME_UNKNOWN;
    if (a.outcome == OUTCOME_VIOLATED && l->options->traces) record(l, pred, &a);
    else if (a.outcome == OUTCOME_VIOLATED) add_finding(l, pred)->level = a.stem.nodes.n;
    l->result->outcome[pred] = !witness                        ? a.outcome
                               : a.outcome == OUTCOME_VIOLATED ? OUTCOME_HOLDS
                               : a.outcome == OUTCOME_HOLDS    ? OUTCOME_VIOLATED
                                                               : OUTCOME_UNKNOWN;
    fair_rules_free(&rules);
    answer_free(&a);
    arena_free(&m);
}

/* For each state: what the search for components keeps at most, when it goes through all of them in depth, and flags;
 * and for each worker. */
enum { WORKING_BYTES = 72, WORKER_BYTES = 5 };

void liveness_check(const struct dc_model *m, const struct search_options *o, const struct graph *g,
                    struct liveness_watch *watch, struct search_result *r) {
    struct live l = {.model = m, .options = o, .graph = g, .watch = watch, .result = r};
    double began = seconds_now();
    uint64_t bytes = graph_bytes(g) + (uint64_t)g->n * (WORKING_BYTES + WORKER_BYTES * o->workers);
    bool fits = !o->memory_bytes || bytes <= o->memory_bytes;
    if (bytes > r->memory_bytes) r->memory_bytes = bytes;
    watch->components.stop = o->stop;
    atomic_store(&watch->all, (uint32_t)__builtin_popcountll(o->formulas));
    atomic_store(&watch->states, g->n_states);
    for (uint32_t i = 0; i < m->n_preds && i < 64; i++) {
        if (!(o->formulas >> i & 1)) continue;
        atomic_store(&watch->components.visited, 0);
        if (!fits || watch->components.stopped) r->outcome[i] = OUTCOME_UNKNOWN;
        else if (m->preds[i].kind == DC_TEMPORAL) check_temporal(&l, i);
        else check_state(&l, i);
        atomic_fetch_add(&watch->done, 1);
    }
    if (!fits) r->end = END_MEMORY;
    if (watch->components.stopped) r->end = END_INTERRUPTED;
    forget(&l);
    graph_free(&l.ordered);
    r->graph_bytes = graph_bytes(g);
    r->graph_edges = g->n_edges;
    r->graph_seconds = seconds_now() - began;
    r->seconds += r->graph_seconds;
}
