#include "checker/fair.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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

/* ---- walking a space ---- */

static uint32_t state_of(const struct space *s, uint32_t node) { return s->state_of ? s->state_of[node] : node; }
static uint32_t label_of(const struct space *s, uint32_t label) { return s->label_of ? s->label_of[label] : label; }

/* The next step that exists inside the space. */
static bool step(const struct space *s, uint32_t from, struct graph_edges *e) {
    while (graph_next(e)) {
        if (e->to == from && !s->state_of) continue; /* leads out of what was explored */
        uint32_t l = label_of(s, e->label);
        if (l != GRAPH_NONE && s->rules->dropped[l]) continue;
        if (s->in[e->to]) return true;
    }
    return false;
}

/* Sets of obligations as stamps: a member has the current number. */
struct marks {
    uint32_t *at, now;
};

static void enabled_at(const struct space *s, uint32_t node, struct marks *m, void (*each)(void *, uint32_t),
                       void *self) {
    const struct fair_rules *r = s->rules;
    m->now++;
    for (struct graph_edges e = graph_edges(s->base, state_of(s, node)); graph_next(&e);) {
        if (r->dropped[e.label]) continue;
        for (uint32_t k = r->first[e.label]; k < r->first[e.label + 1]; k++) {
            uint32_t o = r->list[k];
            if (m->at[o] == m->now) continue;
            m->at[o] = m->now;
            if (each) each(self, o);
        }
    }
}

/* ---- components ---- */

/* By node: when it was entered (from 1 on) while it is on the stack, or one of these. */
enum { FREE_NODE = 0 };
static const uint32_t GONE = UINT32_MAX;       /* its component is known, or it is outside the space */
static const uint32_t INSIDE = UINT32_MAX - 1; /* of the component that is being judged */
static const uint32_t WAITS = UINT32_MAX - 2;  /* of a region to be searched later */

struct frame {            /* of the depth-first search: there may be as many as nodes */
    const uint32_t *next; /* step of `node` */
    uint32_t node;
    uint32_t low; /* the earliest node on the stack that is known to be reached */
};

struct search {
    const struct space *space;
    uint32_t *at; /* one word a node: what the search costs is looking it up (Pearce, "A space-efficient algorithm for
                     finding strongly connected components", 2016) */
    uint32_t *component;
    uint32_t n_components, time;
    VEC(uint32_t) stack;
    VEC(struct frame) frames;
    VEC(uint32_t) waiting; /* nodes of regions still to be searched, each region ended by GRAPH_NONE */
    struct marks seen;
    uint32_t *count; /* by obligation: states of the component that enable it */
    uint8_t *taken;
    VEC(uint32_t) touched;
    uint32_t open, n_strong, strong_taken; /* of a component: obligations that the last node keeps open */
};

static void touch(struct search *x, uint32_t o) {
    if (!x->count[o] && !x->taken[o]) VEC_PUSH(x->touched, o);
}

static void count_enabled(void *self, uint32_t o) {
    struct search *x = self;
    touch(x, o);
    x->count[o]++;
}

struct strong_failure {
    const struct search *x;
    bool any;
};
static void enables_failed(void *self, uint32_t o) {
    struct strong_failure *f = self;
    f->any |= f->x->taken[o] == 2;
}

static void take(struct search *x, uint32_t label) {
    const struct fair_rules *r = x->space->rules;
    for (uint32_t k = r->first[label]; k < r->first[label + 1]; k++) {
        touch(x, r->list[k]);
        x->taken[r->list[k]] = 1;
    }
}

/* It is taken inside. One that was not met while it was open, here or before, makes no difference any more. */
static void settle(struct search *x, uint32_t o, uint32_t i) {
    if (x->taken[o] || !x->count[o]) return;
    x->taken[o] = 1;
    if (x->count[o] == i + 1) x->open--;
    if (x->space->rules->obligations.at[o].strong) x->strong_taken++;
}

/* What the i-th node of a component says about obligations that are still open: strong ones that are not taken inside,
 * and weak ones that all nodes before enable. Whether a step stays inside is looked up for those only: it is what
 * costs. */
static void survey(struct search *x, uint32_t node, uint32_t i) {
    const struct space *s = x->space;
    const struct fair_rules *r = s->rules;
    x->open = 0;
    for (struct graph_edges e = graph_edges(s->steps, node); graph_next(&e);) {
        uint32_t k = r->first[e.label], end = r->first[e.label + 1];
        bool open = false;
        if (k == end || r->dropped[e.label]) continue;
        for (; k < end; k++) {
            uint32_t o = r->list[k];
            if (x->taken[o] || (!r->obligations.at[o].strong && x->count[o] < i)) continue;
            open = true;
            touch(x, o);
            if (x->count[o] != i + 1) x->open++;
            x->count[o] = i + 1;
        }
        if (!open || e.to == node || x->at[e.to] != INSIDE) continue;
        for (k = r->first[e.label]; k < end; k++) settle(x, r->list[k], i);
    }
}

/* The same in a product, whose nodes enable what their states enable. */
static bool survey_product(struct search *x, uint32_t node, uint64_t *kept) {
    const struct space *s = x->space;
    bool inside = false;
    enabled_at(s, node, &x->seen, count_enabled, x);
    for (struct graph_edges e = graph_edges(s->steps, node); step(s, node, &e);) {
        if (x->at[e.to] != INSIDE) continue;
        inside = true;
        *kept |= ~s->postponed[e.label];
        uint32_t l = label_of(s, e.label);
        if (l != GRAPH_NONE) take(x, l);
    }
    return inside;
}

/* A strongly connected set of nodes: fair, hopeless, or fair after some states are taken out. */
static void judge(struct search *x, const uint32_t *nodes, uint32_t n) {
    const struct space *s = x->space;
    uint64_t kept = 0;
    bool inside = false, visited = !s->visit, weak_ok = true, strong_ok = true, all = false;
    for (uint32_t i = 0; i < n && !visited; i++) visited = s->visit[nodes[i]];
    if (!visited) return;
    x->touched.n = x->strong_taken = 0;
    for (uint32_t i = 0; i < n && !all; i++) {
        if (s->state_of) {
            inside |= survey_product(x, nodes[i], &kept);
        } else { /* until nothing is open: what was not enabled once needs not be taken */
            survey(x, nodes[i], i);
            all = !x->open && x->strong_taken == x->n_strong;
        }
    }
    for (uint32_t i = 0; i < x->touched.n; i++) {
        uint32_t o = x->touched.at[i];
        if (x->taken[o]) continue;
        if (s->rules->obligations.at[o].strong) {
            strong_ok = false;
            x->taken[o] = 2;
        } else if (x->count[o] == n) {
            weak_ok = false;
        }
    }
    bool cycle = inside || !s->state_of; /* in the graph itself a state may stutter */
    bool hopeless = !cycle || !weak_ok || (s->untils & ~kept);
    if (!hopeless && strong_ok) {
        x->n_components++;
        if (!x->component) x->component = mem_alloc(((size_t)s->steps->n + 1) * sizeof *x->component);
        for (uint32_t i = 0; i < n; i++) x->component[nodes[i]] = x->n_components;
    } else if (!hopeless) {
        for (uint32_t i = 0; i < n; i++) {
            struct strong_failure f = {.x = x};
            enabled_at(s, nodes[i], &x->seen, enables_failed, &f);
            if (f.any) continue;
            x->at[nodes[i]] = WAITS;
            VEC_PUSH(x->waiting, nodes[i]);
        }
        VEC_PUSH(x->waiting, GRAPH_NONE);
    }
    for (uint32_t i = 0; i < x->touched.n; i++) x->count[x->touched.at[i]] = x->taken[x->touched.at[i]] = 0;
}

static bool given_up(const struct search *x) { return x->space->watch && x->space->watch->stopped; }

static void enter(struct search *x, uint32_t node) {
    enum { OFTEN = 1 << 14 };
    struct fair_watch *watch = x->space->watch;
    if (watch && x->time % OFTEN == 0) {
        atomic_store_explicit(&watch->visited, x->time, memory_order_relaxed);
        watch->stopped |= watch->stop && atomic_load_explicit(watch->stop, memory_order_relaxed);
    }
    x->at[node] = ++x->time;
    VEC_PUSH(x->stack, node);
    struct graph_edges e = graph_edges(x->space->steps, node);
    struct frame f = {.next = e.p, .node = node, .low = x->time};
    VEC_PUSH(x->frames, f);
    while (graph_next(&e)) __builtin_prefetch(&x->at[e.to], 1);
}

/* Tarjan's algorithm from one node, without recursion. */
static void components_from(struct search *x, uint32_t root) {
    const struct space *s = x->space;
    enter(x, root);
    while (x->frames.n && !given_up(x)) {
        struct frame *f = &x->frames.at[x->frames.n - 1];
        uint32_t v = f->node, low = f->low, next = GRAPH_NONE;
        struct graph_edges e = {.p = f->next, .from = v};
        while (graph_next(&e)) {
            uint32_t w = x->at[e.to];
            if (w >= WAITS) continue;
            uint32_t l = label_of(s, e.label);
            if (l != GRAPH_NONE && s->rules->dropped[l]) continue;
            if (w == FREE_NODE) {
                next = e.to;
                break;
            }
            if (w < low) low = w;
        }
        f->next = e.p;
        f->low = low;
        if (next != GRAPH_NONE) {
            enter(x, next);
            continue;
        }
        x->frames.n--;
        if (x->frames.n && low < f[-1].low) f[-1].low = low;
        if (low != x->at[v]) continue;
        uint32_t first = x->stack.n;
        do {
            first--;
            x->at[x->stack.at[first]] = INSIDE;
        } while (x->stack.at[first] != v);
        judge(x, x->stack.at + first, x->stack.n - first);
        for (uint32_t i = first; i < x->stack.n; i++)
            if (x->at[x->stack.at[i]] == INSIDE) x->at[x->stack.at[i]] = GONE;
        x->stack.n = first;
    }
}

/* ---- what is in no cycle ---- */

/* States from which nothing leads on inside the space, and that owe something, are in no fair behaviour; without them
 * others are. Found in parallel, from the back, where a search has put what it reached last; how much of it is found
 * depends on the race and changes no answer. */
struct peeling {
    struct search *x;
    _Atomic uint32_t block; /* the next one, counted from the back */
    _Atomic uint32_t peeled;
};

static uint32_t look_at(const struct search *x, uint32_t node) {
    return __atomic_load_n(&x->at[node], __ATOMIC_RELAXED);
}

static bool hopeless_end(const struct search *x, uint32_t node) {
    const struct space *s = x->space;
    const struct fair_rules *r = s->rules;
    bool owes = s->visit && !s->visit[node];
    for (struct graph_edges e = graph_edges(s->steps, node); graph_next(&e);) {
        if (r->dropped[e.label]) continue;
        if (e.to != node && look_at(x, e.to) == FREE_NODE) return false;
        owes |= r->first[e.label] != r->first[e.label + 1];
    }
    return owes;
}

static void *peel(void *self) {
    struct peeling *p = self;
    uint32_t n = p->x->space->steps->n, blocks = n / GRAPH_CHUNK + 1, k, peeled = 0;
    while ((k = atomic_fetch_add_explicit(&p->block, 1, memory_order_relaxed)) < blocks) {
        uint32_t begin = (blocks - 1 - k) * GRAPH_CHUNK, end = n - begin < GRAPH_CHUNK ? n : begin + GRAPH_CHUNK;
        for (uint32_t v = end; v-- > begin;) {
            if (look_at(p->x, v) != FREE_NODE || !hopeless_end(p->x, v)) continue;
            __atomic_store_n(&p->x->at[v], GONE, __ATOMIC_RELAXED);
            peeled++;
        }
    }
    atomic_fetch_add_explicit(&p->peeled, peeled, memory_order_relaxed);
    return NULL;
}

static void peel_all(struct search *x, uint32_t nodes) {
    enum { WORTH = 8, MOST_WORKERS = 64 };
    pthread_t threads[MOST_WORKERS];
    uint32_t workers = x->space->workers < MOST_WORKERS ? x->space->workers : MOST_WORKERS;
    for (uint32_t left = nodes, peeled = nodes; peeled > left / WORTH && left;) { /* until little comes of it */
        struct peeling p = {.x = x};
        uint32_t started = 0;
        while (started + 1 < workers && pthread_create(&threads[started], NULL, peel, &p) == 0) started++;
        peel(&p);
        while (started) pthread_join(threads[--started], NULL);
        peeled = atomic_load(&p.peeled);
        left -= peeled;
    }
}

uint32_t *fair_components(const struct space *s) {
    uint32_t n = s->steps->n, obligations = s->rules->obligations.n + 1, nodes = 0;
    struct search x = {.space = s};
    x.at = mem_alloc(((size_t)n + 1) * sizeof *x.at);
    x.seen.at = mem_alloc(obligations * sizeof *x.seen.at);
    x.count = mem_alloc(obligations * sizeof *x.count);
    x.taken = mem_alloc(obligations);
    for (uint32_t i = 0; i + 1 < obligations; i++) x.n_strong += s->rules->obligations.at[i].strong;
    for (uint32_t i = 0; i < n; i++) {
        bool free_ = s->in[i] && graph_expanded(s->base, state_of(s, i));
        if (!free_) x.at[i] = GONE;
        nodes += free_;
    }
    if (!s->state_of) peel_all(&x, nodes);
    for (uint32_t i = 0; i < n; i++)
        if (x.at[i] == FREE_NODE && (!s->roots || s->roots[i]) && !given_up(&x)) components_from(&x, i);
    while (x.waiting.n && !given_up(&x)) {
        uint32_t end = --x.waiting.n, begin = end;
        while (begin && x.waiting.at[begin - 1] != GRAPH_NONE) begin--;
        uint32_t *region = mem_alloc((end - begin + 1) * sizeof *region);
        if (end > begin) memcpy(region, x.waiting.at + begin, (end - begin) * sizeof *region);
        x.waiting.n = begin;
        for (uint32_t i = 0; i < end - begin; i++) x.at[region[i]] = FREE_NODE;
        for (uint32_t i = 0; i < end - begin; i++)
            if (x.at[region[i]] == FREE_NODE) components_from(&x, region[i]);
        mem_free(region);
    }
    mem_free(x.at);
    mem_free(x.seen.at);
    mem_free(x.count);
    mem_free(x.taken);
    VEC_FREE(x.stack);
    VEC_FREE(x.frames);
    VEC_FREE(x.waiting);
    VEC_FREE(x.touched);
    return x.component;
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
    enabled_at(s, node, &t->seen, see_strong, t);
    for (uint32_t o = 0; o < s->rules->obligations.n; o++)
        if (t->need[o] == WEAK_OPEN && t->seen.at[o] != t->seen.now) meet(t, o);
    if (s->visit && s->visit[node]) t->visit_open = false;
}

static void walk(struct tour *t, uint32_t label) {
    const struct space *s = t->space;
    if (s->postponed) t->untils_open &= s->postponed[label];
    uint32_t l = label_of(s, label);
    if (l == GRAPH_NONE) return;
    for (uint32_t k = s->rules->first[l]; k < s->rules->first[l + 1]; k++) meet(t, s->rules->list[k]);
}

/* Would this step settle anything that is open? */
static bool helps(struct tour *t, uint32_t to, uint32_t label) {
    const struct space *s = t->space;
    if (s->postponed && (t->untils_open & ~s->postponed[label])) return true;
    if (t->visit_open && s->visit[to]) return true;
    uint32_t l = label_of(s, label);
    for (uint32_t k = l == GRAPH_NONE ? 0 : s->rules->first[l]; l != GRAPH_NONE && k < s->rules->first[l + 1]; k++) {
        uint8_t need = t->need[s->rules->list[k]];
        if (need == WEAK_OPEN || need == STRONG_OPEN) return true;
    }
    bool weak = false;
    for (uint32_t o = 0; o < s->rules->obligations.n && !weak; o++) weak = t->need[o] == WEAK_OPEN;
    if (!weak) return false;
    enabled_at(s, to, &t->seen, NULL, NULL);
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
        for (struct graph_edges e = graph_edges(s->steps, v); step(s, v, &e);) {
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
