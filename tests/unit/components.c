/* Fair cycles of larger random graphs: what several workers find together against what one finds alone. COMPONENT_CASES
 * sets the number of graphs. */
#include "tests/unit/test.h"

#include "checker/fair.h"

enum { MOST = 400, LABELS = 12, OBLIGATIONS = 5, WORKERS = 4 };

/* A graph whose steps lead mostly a little forward, as those of a search do, and sometimes back, so that there are
 * components of all sizes; and label l is an instance of the obligations in the bits of mask[l]. */
struct field {
    struct graph graph;
    struct fair_rules rules;
    bool dropped[LABELS];
    uint32_t first[LABELS + 1], list[LABELS * OBLIGATIONS];
    struct obligation obligations[OBLIGATIONS];
    uint8_t in[MOST], roots[MOST], visit[MOST];
    struct space space;
};

static uint32_t roll(uint64_t *random, uint32_t n) { return (uint32_t)(next_random(random) % n); }

static void make_graph(struct graph *g, uint32_t n, uint32_t back, uint64_t *random) {
    struct edge_writer w = {0};
    *g = (struct graph){.n = n, .n_states = n, .n_initial = 1, .n_labels = LABELS};
    graph_reserve(g, n);
    for (uint32_t v = 0; v < n; v++) {
        edges_begin(&w, v);
        for (uint32_t k = 1 + roll(random, 4); k > 0; k--) {
            uint32_t to = roll(random, back) ? v + 1 + roll(random, 30) : v - roll(random, v + 1 < 60 ? v + 1 : 60);
            if (to < n && to != v) edges_add(&w, to, roll(random, LABELS));
        }
        g->chunks[v / GRAPH_CHUNK]->steps[v % GRAPH_CHUNK] = edges_end(&w);
    }
    graph_add_pages(g, &w);
}

static void make(struct field *d, uint64_t *random) {
    static const uint32_t backs[] = {3, 10, 40, 1000};
    uint32_t n = 20 + roll(random, MOST - 20), obligations = 1 + roll(random, OBLIGATIONS), most = 0;
    memset(d, 0, sizeof *d);
    make_graph(&d->graph, n, backs[roll(random, 4)], random);
    uint32_t weak = roll(random, 2), dense = 2 + roll(random, 6);
    for (uint32_t o = 0; o < obligations; o++) d->obligations[o].strong = !weak || roll(random, 3) == 0;
    for (uint32_t l = 0; l < LABELS; l++) {
        d->dropped[l] = roll(random, 20) == 0;
        for (uint32_t o = 0; o < obligations; o++)
            if (o == 0 ? roll(random, 3) != 0 : roll(random, dense) == 0) d->list[most++] = o;
        d->first[l + 1] = most;
    }
    d->rules.obligations.at = d->obligations;
    d->rules.obligations.n = obligations;
    d->rules.first = d->first;
    d->rules.list = d->list;
    d->rules.dropped = d->dropped;
    d->space = (struct space){.steps = &d->graph, .base = &d->graph, .rules = &d->rules, .in = d->in};
    uint32_t holes = 2 + roll(random, 30), few = 1 + roll(random, 40);
    for (uint32_t v = 0; v < n; v++) {
        struct graph_edges e = graph_edges(&d->graph, v);
        d->in[v] = roll(random, holes) != 0 && (graph_next(&e) || roll(random, 200) == 0); /* an end is a fair one */
        d->roots[v] = d->in[v] && roll(random, few) == 0;
        d->visit[v] = roll(random, few) == 0;
    }
    if (roll(random, 2)) d->space.roots = d->roots;
    if (roll(random, 3) == 0) d->space.visit = d->visit;
}

static void workers_agree_with_one(void **state) {
    (void)state;
    const char *cases = getenv("COMPONENT_CASES");
    uint32_t n = cases ? (uint32_t)atoi(cases) : 1000, found = 0;
    static struct field d;
    uint64_t random = 11;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t at = random;
        make(&d, &random);
        uint32_t *component = fair_components(&d.space);
        found += component != NULL;
        for (uint32_t workers = 1; workers <= WORKERS; workers++) {
            d.space.workers = workers;
            if (fair_exists(&d.space) == (component != NULL)) continue;
            print_error("graph from %llu, %u workers: one alone finds %s\n", (unsigned long long)at, workers,
                        component ? "a fair cycle" : "none");
            fail();
        }
        mem_free(component);
        graph_free(&d.graph);
    }
    print_message("%u of %u have a fair cycle\n", found, n);
    assert_true(found > n / 10 && found < n - n / 10); /* both answers occur */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(workers_agree_with_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
