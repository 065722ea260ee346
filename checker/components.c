/* Which cycles of a space are fair: Tarjan's algorithm, by several workers at once where only the answer counts.
 *
 * Nodes are numbered as a breadth-first search has met them, so that most steps lead to higher numbers. The search for
 * an answer therefore begins at the back: what a node leads to is mostly settled when its turn comes, the searches in
 * depth stay short, and memory is read in order. Workers take blocks of nodes and search each for itself; they share
 * what is settled (Renault, Duret-Lutz, Kordon and Poitrenaud, "Parallel explicit model checking for generalized Büchi
 * automata", 2015). Where several meet in one component, each has entered a part of it, and one of them has to enter
 * the others' parts, too: the one whose turn it is. The others wait for what it settles, so hardly any node is
 * entered more than twice, however many workers there are. Who settles a component first has seen it whole. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crew.h"
#include "base/mem.h"
#include "checker/space.h"

#ifdef DC_SMALL /* and workers interrupt each other all the time */
#define INTERRUPT() sched_yield()
enum { BLOCK = 4, ALONE = 8 };
#else
#define INTERRUPT() (void)0
enum { BLOCK = 1024, ALONE = 1 << 14 }; /* nodes; fewer than ALONE are not worth a second thread */
#endif
enum { OFTEN = 1 << 14, FEW = 8 }; /* nodes between two looks at the watch; less than one in FEW are few roots */

/* By node, shared by all workers. OUTSIDE: of the space, or settled; INNER: inside; REACHED: from the roots; ALIVE:
 * that too, and with what it leads to: searches begin there; ENTERED: by some worker, who will settle it if nobody else
 * does.
 */
enum { OUTSIDE, INNER, REACHED, ALIVE, ENTERED };

/* By node, of one worker, who looks there first: what others write has to be fetched from them. */
enum { FRESH, STACKED, INSIDE, GONE }; /* INSIDE: of the component that is being judged; GONE: known to be OUTSIDE */

struct field {
    const struct space *space;
    uint32_t n, n_strong;
    uint8_t *alive;
    bool *owes;                /* by label: some obligation is on it */
    struct crew_blocks blocks; /* of nodes */
    _Atomic uint32_t n_inside, n_alive;
    atomic_bool found, over;
    atomic_bool turn;        /* somebody has it: may enter what others have entered */
    struct search *searches; /* by worker */
    uint32_t n_searches;
};

struct frame {            /* of the depth-first search: there may be as many as nodes */
    const uint32_t *next; /* step of `node` */
    uint32_t node;
    uint32_t low; /* the earliest node on the stack that is known to be reached */
    /* Steps to what others have entered are SKIPPED; if it is not settled in the end, they are taken in a LAST round.
     */
    enum { ALL, SKIPPED, LAST } round;
};

struct search {
    struct field *field;
    const struct space *space;
    uint8_t *alive, *mine; /* by node */
    uint32_t *at;        /* by node, if stacked: when it was entered. Not read before it is written, for that would map
                            a page twice, and stop all workers */
    uint32_t *component; /* NULL: only whether there is one */
    uint32_t n_components, time;
    uint32_t turn; /* not 0: it has the turn, until the node that was entered then is settled */
    uint32_t waited;
    VEC(uint32_t) stack;
    VEC(struct frame) frames;
    VEC(uint32_t) waiting; /* nodes of regions still to be searched, each region ended by GRAPH_NONE */
    struct marks seen;
    uint32_t *count; /* by obligation: states of the component that enable it */
    uint8_t *taken;
    VEC(uint32_t) touched;
    uint32_t open, strong_taken; /* of a component: obligations that the last node keeps open */
    char apart[128];             /* in no cache line of the next worker's */
};

static uint8_t look_at(const uint8_t *alive, uint32_t node) { return __atomic_load_n(&alive[node], __ATOMIC_RELAXED); }
static void mark(uint8_t *alive, uint32_t node, uint8_t as) { __atomic_store_n(&alive[node], as, __ATOMIC_RELAXED); }

/* ---- one component ---- */

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
        if (!open || e.to == node || x->mine[e.to] != INSIDE) continue;
        for (k = r->first[e.label]; k < end; k++) settle(x, r->list[k], i);
    }
}

/* The same in a product, whose nodes enable what their states enable. */
static bool survey_product(struct search *x, uint32_t node, uint64_t *kept) {
    const struct space *s = x->space;
    bool inside = false;
    space_enabled(s, node, &x->seen, count_enabled, x);
    for (struct graph_edges e = graph_edges(s->steps, node); space_next(s, node, &e);) {
        if (x->mine[e.to] != INSIDE) continue;
        inside = true;
        *kept |= ~s->postponed[e.label];
        uint32_t l = space_label(s, e.label);
        if (l != GRAPH_NONE) take(x, l);
    }
    return inside;
}

static void fair_one(struct search *x, const uint32_t *nodes, uint32_t n) {
    atomic_store_explicit(&x->field->found, true, memory_order_relaxed);
    if (!x->component) return;
    x->n_components++;
    for (uint32_t i = 0; i < n; i++) x->component[nodes[i]] = x->n_components;
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
            all = !x->open && x->strong_taken == x->field->n_strong;
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
        fair_one(x, nodes, n);
    } else if (!hopeless) {
        for (uint32_t i = 0; i < n; i++) {
            struct strong_failure f = {.x = x};
            space_enabled(s, nodes[i], &x->seen, enables_failed, &f);
            if (!f.any) VEC_PUSH(x->waiting, nodes[i]);
        }
        VEC_PUSH(x->waiting, GRAPH_NONE);
    }
    for (uint32_t i = 0; i < x->touched.n; i++) x->count[x->touched.at[i]] = x->taken[x->touched.at[i]] = 0;
}

/* A single state, of the graph itself, is fair if it may stand still: it owes nothing. */
static bool owes(const struct search *x, uint32_t node) {
    const struct space *s = x->space;
    if (s->visit && !s->visit[node]) return true;
    for (struct graph_edges e = graph_edges(s->steps, node); graph_next(&e);)
        if (x->field->owes[e.label]) return true;
    return false;
}

/* ---- in depth ---- */

static bool given_up(const struct search *x) {
    return atomic_load_explicit(&x->field->over, memory_order_relaxed) ||
           (!x->component && atomic_load_explicit(&x->field->found, memory_order_relaxed));
}

static void report_to(struct search *x, uint32_t nodes) {
    struct fair_watch *watch = x->space->watch;
    if (!watch) return;
    atomic_fetch_add_explicit(&watch->visited, nodes, memory_order_relaxed);
    if (watch->stop && atomic_load_explicit(watch->stop, memory_order_relaxed)) atomic_store(&x->field->over, true);
}

static void enter(struct search *x, uint32_t node) {
    INTERRUPT();
    x->at[node] = ++x->time;
    x->mine[node] = STACKED;
    mark(x->alive, node, ENTERED);
    if (x->time % OFTEN == 0) report_to(x, OFTEN);
    VEC_PUSH(x->stack, node);
    struct graph_edges e = graph_edges(x->space->steps, node);
    struct frame f = {.next = e.p, .node = node, .low = x->time};
    VEC_PUSH(x->frames, f);
    while (graph_next(&e)) { /* one of them is the next to be entered */
        __builtin_prefetch(&x->mine[e.to], 1);
        __builtin_prefetch(&x->space->steps->chunks[e.to / GRAPH_CHUNK]->steps[e.to % GRAPH_CHUNK]);
    }
}

static void settle_node(struct search *x, uint32_t node) {
    INTERRUPT();
    mark(x->alive, node, OUTSIDE);
    x->mine[node] = GONE;
}

/* The nodes from stack[first] on are a component. Those that another worker has settled meanwhile are in no need of a
 * judge. */
static void leave(struct search *x, uint32_t first) {
    const uint32_t *nodes = x->stack.at + first;
    uint32_t n = x->stack.n - first;
    if (look_at(x->alive, nodes[0]) != OUTSIDE) {
        if (n == 1 && !x->space->state_of) {
            if (!owes(x, nodes[0])) fair_one(x, nodes, 1);
        } else {
            judge(x, nodes, n);
        }
    }
    for (uint32_t i = 0; i < n; i++) settle_node(x, nodes[i]);
    x->stack.n = first;
}

/* Whether the last frame may enter what others have entered; if not, a moment has passed, and it is to look again. */
static bool take_turn(struct search *x, uint32_t node) {
    enum { PATIENCE = 64 }; /* looks before it sleeps */
    static const struct timespec moment = {.tv_nsec = 20 * 1000};
    bool taken = false;
    if (x->turn) return true;
    if (atomic_compare_exchange_strong(&x->field->turn, &taken, true)) {
        x->turn = x->at[node];
        return true;
    }
    if (++x->waited % PATIENCE) sched_yield();
    else nanosleep(&moment, NULL);
    return false;
}

static void give_turn(struct search *x) {
    if (x->turn) atomic_store(&x->field->turn, false);
    x->turn = 0;
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
            uint8_t mine = x->mine[e.to], as;
            if (mine == GONE || !space_leads(s, v, &e)) continue;
            if (mine == STACKED) {
                if (x->at[e.to] < low) low = x->at[e.to];
            } else if ((as = look_at(x->alive, e.to)) == OUTSIDE) {
                x->mine[e.to] = GONE;
            } else if (as != ENTERED || f->round == LAST) {
                next = e.to;
                break;
            } else {
                f->round = SKIPPED;
            }
        }
        f->next = e.p;
        f->low = low;
        if (next == GRAPH_NONE && f->round == SKIPPED && look_at(x->alive, v) != OUTSIDE) {
            f->round = take_turn(x, v) ? LAST : ALL;
            f->next = graph_steps(s->steps, v);
            continue;
        }
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
            x->mine[x->stack.at[first]] = INSIDE;
        } while (x->stack.at[first] != v);
        leave(x, first);
        if (x->turn >= x->at[v]) give_turn(x);
    }
    give_turn(x);
}

/* Regions that wait, one after the other; more may come. Nothing else is alive. */
static void search_waiting(struct search *x) {
    while (x->waiting.n && !given_up(x)) {
        uint32_t end = --x->waiting.n, begin = end;
        while (begin && x->waiting.at[begin - 1] != GRAPH_NONE) begin--;
        uint32_t n = end - begin, *region = mem_alloc((n + 1) * sizeof *region);
        if (n) memcpy(region, x->waiting.at + begin, n * sizeof *region);
        x->waiting.n = begin;
        for (uint32_t i = 0; i < n; i++) {
            x->alive[region[i]] = ALIVE;
            x->mine[region[i]] = FRESH;
        }
        for (uint32_t i = 0; i < n; i++)
            if (x->alive[region[i]] == ALIVE) components_from(x, region[i]);
        mem_free(region);
    }
}

/* ---- phases, by all workers ---- */

static void phase(struct field *d, void (*work)(void *, uint32_t)) {
    atomic_store(&d->blocks.taken, 0);
    crew_run(d->n_searches, work, d);
}

static void lay_out(void *self, uint32_t worker) {
    struct field *d = self;
    const struct space *s = d->space;
    uint32_t inside = 0, alive = 0;
    (void)worker;
    for (struct crew_block b; crew_take(&d->blocks, false, &b);)
        for (uint32_t v = b.begin; v < b.end; v++) {
            if (!s->in[v] || !graph_expanded(s->base, space_state(s, v))) continue;
            d->alive[v] = !s->roots || s->roots[v] ? ALIVE : INNER;
            inside++;
            alive += d->alive[v] == ALIVE;
        }
    atomic_fetch_add(&d->n_inside, inside);
    atomic_fetch_add(&d->n_alive, alive);
}

/* What can be reached from the roots, or most of it, so that there are more places to begin at: forwards through all
 * blocks, and at once where a step leads back. What one worker marks when another one has passed stays as it is: a
 * search comes there in depth. */
static void reach(void *self, uint32_t worker) {
    struct field *d = self;
    const struct space *s = d->space;
    VEC(uint32_t) back = {0};
    (void)worker;
    for (struct crew_block b; crew_take(&d->blocks, false, &b);)
        for (uint32_t i = b.begin; i < b.end; i++) {
            if (look_at(d->alive, i) != REACHED && !(s->roots[i] && look_at(d->alive, i) == ALIVE)) continue;
            VEC_PUSH(back, i);
            while (back.n) {
                uint32_t v = back.at[--back.n];
                mark(d->alive, v, ALIVE);
                for (struct graph_edges e = graph_edges(s->steps, v); graph_next(&e);) {
                    if (look_at(d->alive, e.to) != INNER || !space_leads(s, v, &e)) continue;
                    mark(d->alive, e.to, REACHED);
                    if (e.to < i) VEC_PUSH(back, e.to);
                }
            }
        }
    VEC_FREE(back);
}

/* What is outside from the beginning. */
static void prepare(struct search *x) {
    for (uint32_t v = 0; v < x->field->n; v++) x->mine[v] = look_at(x->alive, v) == OUTSIDE ? GONE : FRESH;
}

/* Whether all that a node leads to is settled: it is a component by itself. */
static bool is_alone(struct search *x, uint32_t v) {
    for (struct graph_edges e = graph_edges(x->space->steps, v); graph_next(&e);) {
        if (x->mine[e.to] != GONE && look_at(x->alive, e.to) == OUTSIDE) x->mine[e.to] = GONE;
        if (x->mine[e.to] != GONE && space_leads(x->space, v, &e)) return false;
    }
    return true;
}

static void search_blocks(void *self, uint32_t worker) {
    struct field *d = self;
    struct search *x = &d->searches[worker];
    uint32_t alone = 0;
    prepare(x);
    for (struct crew_block b; !given_up(x) && crew_take(&d->blocks, true, &b);)
        for (uint32_t v = b.end; v-- > b.begin && !given_up(x);) {
            if (look_at(d->alive, v) != ALIVE) continue;
            if (!is_alone(x, v)) {
                components_from(x, v);
                continue;
            }
            if (++alone % OFTEN == 0) report_to(x, OFTEN);
            if (!x->space->state_of && !owes(x, v)) fair_one(x, &v, 1);
            settle_node(x, v);
        }
    report_to(x, x->time % OFTEN + alone % OFTEN);
}

/* ---- all of it ---- */

static void field_open(struct field *d, const struct space *s, uint32_t workers) {
    uint32_t n = s->steps->n, obligations = s->rules->obligations.n + 1;
    *d = (struct field){.space = s, .n = n, .blocks = {.n = n, .size = BLOCK}};
    d->alive = mem_alloc((size_t)n + 1);
    d->owes = mem_alloc(s->base->n_labels + 1);
    for (uint32_t l = 0; l < s->base->n_labels; l++)
        d->owes[l] = s->rules->first[l] != s->rules->first[l + 1] && !s->rules->dropped[l];
    for (uint32_t o = 0; o + 1 < obligations; o++) d->n_strong += s->rules->obligations.at[o].strong;
    d->n_searches = n < ALONE || !workers ? 1 : workers;
    d->searches = mem_alloc(d->n_searches * sizeof *d->searches);
    for (uint32_t i = 0; i < d->n_searches; i++) {
        struct search *x = &d->searches[i];
        *x = (struct search){.field = d, .space = s, .alive = d->alive};
        x->mine = mem_alloc((size_t)n + 1);
        x->at = mem_alloc(((size_t)n + 1) * sizeof *x->at);
        x->seen.at = mem_alloc(obligations * sizeof *x->seen.at);
        x->count = mem_alloc(obligations * sizeof *x->count);
        x->taken = mem_alloc(obligations);
    }
    phase(d, lay_out);
}

static void field_close(struct field *d) {
    if (d->space->watch && atomic_load(&d->over)) d->space->watch->stopped = true;
    for (uint32_t i = 0; i < d->n_searches; i++) {
        struct search *x = &d->searches[i];
        mem_free(x->mine);
        mem_free(x->at);
        mem_free(x->seen.at);
        mem_free(x->count);
        mem_free(x->taken);
        VEC_FREE(x->stack);
        VEC_FREE(x->frames);
        VEC_FREE(x->waiting);
        VEC_FREE(x->touched);
    }
    mem_free(d->searches);
    mem_free(d->alive);
    mem_free(d->owes);
}

bool fair_exists(const struct space *s) {
    struct field d;
    field_open(&d, s, s->workers);
    if (atomic_load(&d.n_alive) < atomic_load(&d.n_inside) / FEW) phase(&d, reach);
    phase(&d, search_blocks);
    for (uint32_t i = 0; i < d.n_searches; i++) search_waiting(&d.searches[i]);
    bool found = atomic_load(&d.found);
    field_close(&d);
    return found;
}

uint32_t *fair_components(const struct space *s) {
    struct field d;
    struct space all = *s;
    all.roots = NULL;
    field_open(&d, &all, 1);
    struct search *x = d.searches;
    uint32_t *component = x->component = mem_alloc(((size_t)d.n + 1) * sizeof *component);
    prepare(x);
    for (uint32_t v = 0; v < d.n; v++)
        if (d.alive[v] == ALIVE && (!s->roots || s->roots[v]) && !given_up(x)) components_from(x, v);
    for (uint32_t v = 0; v < d.n; v++) d.alive[v] = OUTSIDE;
    search_waiting(x);
    bool found = atomic_load(&d.found);
    field_close(&d);
    if (found) return component;
    mem_free(component);
    return NULL;
}
