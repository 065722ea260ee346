/* Behaviours on small graphs: random graphs, fairness and formulas against a search of all short lassos by definition,
 * and the known traps by name. LIVENESS_CASES sets the number of random cases; LIVENESS_SEED where they begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "checker/lasso.h"
#include "checker/liveness.h"
#include "checker/ltl.h"

enum { STATES = 5, EDGES = 14, ACTIONS = 3, FAIRS = 3, ATOMS = 2, POSITIONS = 7, KEYS = 4 };

struct edge {
    unsigned from, to, action, key;
};

struct world {
    struct dc_model model;
    struct dc_pred pred;
    struct dc_action actions[ACTIONS];
    struct dc_fair fairs[FAIRS];
    uint32_t members[FAIRS][ACTIONS];
    unsigned n, n_initial, n_edges, value[STATES + 1]; /* states count from 1; value: atoms as bits */
    struct edge edges[EDGES];
    unsigned cut; /* a state that is not expanded, 0: none */
};

static struct dc_worker *nobody(const struct dc_model *m) {
    (void)m;
    return NULL;
}
static void nothing(const struct dc_model *m, struct dc_worker *w) { (void)m, (void)w; }

static void put(struct dc_out *out, unsigned to, unsigned action, unsigned process, unsigned key) {
    if (out->n == out->cap) out->flush(out);
    out->states[out->n] = to;
    if (out->keys) {
        out->keys[2 * out->n] = process;
        out->keys[2 * out->n + 1] = key;
    }
    out->steps[out->n++] = (struct dc_step){.from = out->from, .ordinal = out->ordinal++, .action = (uint16_t)action};
}

static void init(const struct dc_model *m, struct dc_worker *w, struct dc_out *out) {
    const struct world *x = m->self;
    (void)w;
    out->from = out->ordinal = 0;
    for (unsigned i = 1; i <= x->n_initial; i++) put(out, i, 0, 0, 0);
}

static void expand(const struct dc_model *m, struct dc_worker *w, const uint64_t *states, uint32_t n,
                   struct dc_out *out) {
    const struct world *x = m->self;
    (void)w;
    for (uint32_t i = 0; i < n; i++) {
        out->from = i;
        out->ordinal = 0;
        for (unsigned k = 0; k < x->n_edges; k++)
            if (x->edges[k].from == states[i]) put(out, x->edges[k].to, x->edges[k].action, 0, x->edges[k].key);
    }
}

static enum dc_error atoms(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, uint64_t *bits,
                           uint32_t *atom, uint32_t *site) {
    const struct world *x = m->self;
    (void)w, (void)atom, (void)site;
    bits[0] = x->value[*s];
    return DC_OK;
}

static enum dc_error test(const struct dc_model *m, struct dc_worker *w, const uint64_t *state, uint64_t want,
                          uint64_t *holds, uint32_t *pred, uint32_t *site) {
    (void)m, (void)w, (void)state, (void)pred, (void)site;
    *holds = want;
    return DC_OK;
}

static void world_ready(struct world *x, const struct formula *f, enum dc_kind kind, uint32_t n_fairs) {
    static const char *const names[ACTIONS] = {"a", "b", "c"};
    for (unsigned i = 0; i < ACTIONS; i++)
        x->actions[i] =
            (struct dc_action){.name = names[i], .title = names[i], .fairable = true, .affects = UINT64_MAX};
    for (uint32_t i = 0; i < n_fairs; i++) x->fairs[i].name = "entry";
    x->pred = (struct dc_pred){"P", kind, f};
    x->model = (struct dc_model){.abi = DC_ABI,
                                 .state_words = 1,
                                 .n_actions = ACTIONS,
                                 .n_preds = 1,
                                 .actions = x->actions,
                                 .preds = &x->pred,
                                 .self = x,
                                 .open = nobody,
                                 .close = nothing,
                                 .init = init,
                                 .expand = expand,
                                 .test = test,
                                 .test_step = NULL,
                                 .n_atoms = ATOMS,
                                 .n_fairs = n_fairs,
                                 .fairs = x->fairs,
                                 .atoms = atoms};
}

static void fair(struct world *x, unsigned i, bool strong, bool per_key, unsigned actions) {
    struct dc_fair *f = &x->fairs[i];
    *f = (struct dc_fair){.strong = strong, .per_key = per_key, .actions = x->members[i]};
    for (unsigned a = 0; a < ACTIONS; a++)
        if (actions >> a & 1) x->members[i][f->n++] = a;
}

static enum outcome run(struct world *x, uint32_t workers, uint32_t depth, struct search_result *r) {
    struct search_options o = {.workers = workers, .traces = true, .formulas = 1, .depth = depth};
    search_run(&x->model, &o, r);
    return r->outcome[0];
}

/* ---- the oracle ---- */

static bool in_fair(const struct dc_fair *f, unsigned action) {
    for (uint32_t i = 0; i < f->n; i++)
        if (f->actions[i] == action) return true;
    return false;
}

/* Whether obligation (f, key) is enabled at s, or (to not 0) taken by the step to `to`. */
static bool able(const struct world *x, const struct dc_fair *f, unsigned key, unsigned s, unsigned to) {
    for (unsigned i = 0; i < x->n_edges; i++) {
        const struct edge *e = &x->edges[i];
        if (e->from == s && e->to != s && (!to || e->to == to) && in_fair(f, e->action) &&
            (!f->per_key || e->key == key))
            return true;
    }
    return false;
}

static bool honoured(const struct world *x, const unsigned *path, unsigned n, unsigned loop) {
    for (uint32_t f = 0; f < x->model.n_fairs; f++)
        for (unsigned key = 0; key < KEYS; key++) {
            bool always = true, sometimes = false, taken = false;
            for (unsigned i = loop; i < n; i++) {
                unsigned to = i + 1 == n ? path[loop] : path[i + 1];
                bool is = able(x, &x->fairs[f], key, path[i], 0);
                always &= is;
                sometimes |= is;
                taken |= to != path[i] && able(x, &x->fairs[f], key, path[i], to);
            }
            if (!taken && (x->fairs[f].strong ? sometimes : always)) return false;
        }
    return true;
}

struct line {
    const struct world *world;
    const unsigned *path;
};
static bool value_at(void *self, uint32_t i, const struct formula *f) {
    const struct line *l = self;
    return l->world->value[l->path[i]] >> f->atom & 1;
}

static bool follows(const struct world *x, unsigned s, unsigned t) {
    if (s == t) return true; /* every state may stutter */
    for (unsigned i = 0; i < x->n_edges; i++)
        if (x->edges[i].from == s && x->edges[i].to == t) return true;
    return false;
}

/* A fair lasso of at most POSITIONS that violates the formula? */
static bool violated(const struct world *x, const struct formula *f, unsigned *path, unsigned n) {
    for (unsigned loop = 0; loop < n; loop++) {
        struct line l = {x, path};
        if (!follows(x, path[n - 1], path[loop])) continue;
        if (honoured(x, path, n, loop) && !lasso_satisfies(f, n, loop, value_at, &l)) return true;
    }
    for (unsigned t = 1; t <= x->n && n < POSITIONS; t++) {
        if (t == path[n - 1] || !follows(x, path[n - 1], t)) continue;
        path[n] = t;
        if (violated(x, f, path, n + 1)) return true;
    }
    return false;
}

static bool oracle(const struct world *x, const struct formula *f) {
    unsigned path[POSITIONS];
    for (unsigned i = 1; i <= x->n_initial; i++) {
        path[0] = i;
        if (violated(x, f, path, 1)) return true;
    }
    return false;
}

/* ---- random cases ---- */

static uint64_t seed;
static unsigned roll(unsigned n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

static struct formula pool[64];
static unsigned pooled;

static const struct formula *make(enum formula_op op, const struct formula *a, const struct formula *b) {
    struct formula *f = &pool[pooled++];
    *f = (struct formula){.op = op, .kid = {a, b}};
    return f;
}

static const struct formula *random_formula(unsigned depth) {
    static const enum formula_op ops[] = {FORMULA_NOT,    FORMULA_AND,        FORMULA_OR,
                                          FORMULA_ALWAYS, FORMULA_EVENTUALLY, FORMULA_LEADSTO,
                                          FORMULA_UNTIL,  FORMULA_ALWAYS,     FORMULA_EVENTUALLY};
    if (!depth || roll(6) == 0) {
        struct formula *f = (struct formula *)(uintptr_t)make(roll(20) ? FORMULA_ATOM : FORMULA_TRUE, NULL, NULL);
        f->atom = roll(ATOMS);
        return f;
    }
    enum formula_op op = ops[roll(sizeof ops / sizeof *ops)];
    bool two = op == FORMULA_AND || op == FORMULA_OR || op == FORMULA_LEADSTO || op == FORMULA_UNTIL;
    const struct formula *a = random_formula(depth - 1), *b = two ? random_formula(depth - 1) : NULL;
    return make(op, a, b);
}

static void print(const struct formula *f) {
    static const char *const words[] = {"true",    "false",       "atom",    "not ",  "and", "or",
                                        "always ", "eventually ", "leadsto", "until", "can "};
    if (f->op == FORMULA_ATOM) printf("p%u", f->atom);
    else if (!f->kid[0]) printf("%s", words[f->op]);
    else {
        printf("(");
        if (f->kid[1]) print(f->kid[0]), printf(" ");
        printf("%s", words[f->op]);
        if (f->kid[1]) printf(" ");
        print(f->kid[f->kid[1] ? 1 : 0]);
        printf(")");
    }
}

static void show(const struct world *x, const struct formula *f, unsigned number) {
    printf("case %u: ", number);
    print(f);
    for (unsigned i = 1; i <= x->n; i++)
        printf("; state %u: %u%s", i, x->value[i], i <= x->n_initial ? " initial" : "");
    for (unsigned i = 0; i < x->n_edges; i++)
        printf("; %u -%c%u-> %u", x->edges[i].from, 'a' + (int)x->edges[i].action, x->edges[i].key, x->edges[i].to);
    for (uint32_t i = 0; i < x->model.n_fairs; i++) {
        printf("; %s fair%s {", x->fairs[i].strong ? "strong" : "weak", x->fairs[i].per_key ? " each" : "");
        for (uint32_t k = 0; k < x->fairs[i].n; k++) printf("%c", 'a' + (int)x->fairs[i].actions[k]);
        printf("}");
    }
    printf("\n");
}

/* A run after which it is too late, whatever comes: also if nothing comes. */
static bool ends_badly(const struct world *x, const struct formula *f, const struct finding *a) {
    unsigned path[64], n = a->length;
    if (!n || n > 64) return false;
    for (unsigned i = 0; i < n; i++) path[i] = (unsigned)a->states[i];
    bool is_run = path[0] <= x->n_initial;
    for (unsigned i = 1; i < n; i++) is_run &= follows(x, path[i - 1], path[i]);
    struct line l = {x, path};
    return is_run && !lasso_satisfies(f, n, n - 1, value_at, &l);
}

static void random_worlds(void **state) {
    (void)state;
    const char *cases = getenv("LIVENESS_CASES"), *first = getenv("LIVENESS_SEED");
    unsigned n = cases ? (unsigned)atoi(cases) : 20000, begin = first ? (unsigned)atoi(first) : 1, wrong = 0, found = 0;
    for (unsigned number = begin; number < begin + n; number++) {
        struct world x = {0};
        seed = number * UINT64_C(0x9e3779b97f4a7c15);
        roll(2);
        x.n = 2 + roll(STATES - 1);
        x.n_initial = 1 + roll(x.n > 2 ? 2 : 1);
        x.n_edges = 1 + roll(x.n < 4 ? 8 : EDGES);
        for (unsigned i = 0; i < x.n_edges; i++)
            x.edges[i] = (struct edge){1 + roll(x.n), 1 + roll(x.n), roll(ACTIONS), roll(KEYS)};
        for (unsigned i = 1; i <= x.n; i++) x.value[i] = roll(1 << ATOMS);
        unsigned fairs = roll(FAIRS + 1);
        for (unsigned i = 0; i < fairs; i++) fair(&x, i, roll(2), roll(2), 1 + roll((1 << ACTIONS) - 1));
        pooled = 0;
        const struct formula *f = random_formula(3);
        world_ready(&x, f, DC_TEMPORAL, fairs);
        struct search_result r, s;
        enum outcome got = run(&x, 1, 0, &r), again = run(&x, 2, 0, &s);
        bool bad = oracle(&x, f), ok = (got == OUTCOME_VIOLATED) == bad;
        ok &= again == got && s.n_findings == r.n_findings;
        if (got == OUTCOME_VIOLATED) { /* the lasso is one, from the definition, and is the same for 2 workers */
            enum lasso_fairness how[FAIRS];
            uint32_t at[FAIRS];
            const struct finding *a = &r.findings[0], *b = &s.findings[0];
            bool real = a->lasso ? lasso_account(&x.model, a, how, at) : ends_badly(&x, f, a);
            found++;
            bool beyond =
                !a->lasso || a->length > POSITIONS; /* each state begins some fair behaviour, maybe a long one */
            if (!bad && real && beyond) ok = true;  /* longer than the oracle looks, but confirmed */
            ok &= real && a->length == b->length && a->loop == b->loop &&
                  !memcmp(a->states, b->states, a->length * sizeof *a->states);
        }
        if (!ok) {
            printf("got %d, again %d, oracle %d: ", got, again, bad);
            show(&x, f, number);
            wrong++;
        }
        search_free(&r);
        search_free(&s);
    }
    assert_int_equal(wrong, 0);
    assert_true(found > n / 20 && found < n - n / 20); /* both answers occur */
}

/* ---- the traps ---- */

static const struct formula P0 = {.op = FORMULA_ATOM, .atom = 0}, P1 = {.op = FORMULA_ATOM, .atom = 1};
static const struct formula EVENTUALLY_P0 = {.op = FORMULA_EVENTUALLY, .kid = {&P0}};
static const struct formula AGAIN_P0 = {.op = FORMULA_ALWAYS, .kid = {&EVENTUALLY_P0}};
static const struct formula LEADS = {.op = FORMULA_LEADSTO, .kid = {&P0, &P1}};
enum { A = 1, B = 2, C = 4 };

static enum outcome verdict(struct world *x, const struct formula *f, uint32_t fairs) {
    struct search_result r;
    world_ready(x, f, DC_TEMPORAL, fairs);
    enum outcome got = run(x, 1, 0, &r);
    assert_int_equal(got == OUTCOME_VIOLATED, oracle(x, f));
    search_free(&r);
    return got;
}

/* 1 -> 1 by nothing: without fairness a behaviour may stop before anything happens. */
static void stuttering_without_fairness(void **state) {
    (void)state;
    struct world x = {.n = 2, .n_initial = 1, .n_edges = 1, .edges = {{1, 2, 0, 0}}, .value = {[2] = 1}};
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 0), OUTCOME_VIOLATED);
    fair(&x, 0, false, false, A);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 1), OUTCOME_HOLDS);
}

/* Two actions do the same step: it counts for both. */
static void parallel_edges_count_for_both(void **state) {
    (void)state;
    struct world x = {.n = 3,
                      .n_initial = 1,
                      .n_edges = 4,
                      .edges = {{1, 2, 0, 0}, {1, 2, 1, 0}, {2, 1, 2, 0}, {1, 3, 1, 0}},
                      .value = {[3] = 1}};
    fair(&x, 0, true, false, B);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 1), OUTCOME_VIOLATED); /* 1 -> 2 is b as much as 1 -> 3 is */
}

/* An action whose only step changes nothing is not enabled, and taking it satisfies nothing. */
static void a_fair_action_that_stutters(void **state) {
    (void)state;
    struct world x = {.n = 2, .n_initial = 1, .n_edges = 2, .edges = {{1, 1, 0, 0}, {1, 2, 1, 0}}, .value = {[2] = 1}};
    fair(&x, 0, false, false, A);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 1), OUTCOME_VIOLATED);
    fair(&x, 0, false, false, A | B); /* the union is enabled by b, and a's step does not satisfy it */
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 1), OUTCOME_HOLDS);
}

/* On a cycle through a state that disables the action, weak fairness is content and strong fairness is not. */
static void strong_against_weak(void **state) {
    (void)state;
    struct world x = {
        .n = 3, .n_initial = 1, .n_edges = 3, .edges = {{1, 2, 0, 0}, {2, 1, 0, 0}, {1, 3, 1, 0}}, .value = {[3] = 1}};
    fair(&x, 0, false, false, A);
    fair(&x, 1, false, false, B);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 2), OUTCOME_VIOLATED);
    fair(&x, 1, true, false, B);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 2), OUTCOME_HOLDS);
}

/* After the states that enable a failing strong action are taken out, what is left may still be fair. */
static void strong_fairness_splits_a_component(void **state) {
    (void)state;
    struct world x = {.n = 4,
                      .n_initial = 1,
                      .n_edges = 6,
                      .edges = {{1, 2, 0, 0}, {2, 1, 0, 0}, {2, 3, 0, 0}, {3, 2, 0, 0}, {1, 4, 1, 0}, {4, 4, 2, 0}},
                      .value = {[4] = 1}};
    fair(&x, 0, true, false, B);
    fair(&x, 1, false, false, A);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 2), OUTCOME_VIOLATED); /* 2 <-> 3 never enables b */
}

/* 1 <-> 2 takes the second entry by a step that was looked at for the first one's sake; 3 <-> 4 must not profit by
 * that: there the second is enabled for ever and never taken. */
static void what_one_component_takes_is_not_taken_in_the_next(void **state) {
    (void)state;
    struct world x = {.n = 5,
                      .n_initial = 3,
                      .n_edges = 9,
                      .edges = {{1, 2, 0, 2},
                                {1, 5, 0, 0},
                                {1, 5, 0, 1},
                                {2, 1, 1, 0},
                                {2, 5, 0, 1},
                                {3, 4, 0, 3},
                                {4, 3, 0, 3},
                                {3, 5, 2, 0},
                                {4, 5, 2, 0}},
                      .value = {[5] = 1}};
    fair(&x, 0, false, true, A | B);
    fair(&x, 1, false, false, B | C);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 2), OUTCOME_HOLDS);
}

/* A step that leaves the component keeps the action enabled; that it is not taken is what makes the cycle unfair. */
static void enabled_by_a_step_that_leaves(void **state) {
    (void)state;
    struct world x = {.n = 3,
                      .n_initial = 1,
                      .n_edges = 4,
                      .edges = {{1, 2, 0, 0}, {2, 1, 0, 0}, {1, 3, 1, 0}, {2, 3, 1, 0}},
                      .value = {[3] = 1}};
    fair(&x, 0, false, false, B);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 1), OUTCOME_HOLDS);
}

/* Two states of one component that enable different keys of one action: each key is an obligation of its own. */
static void each_key_is_an_obligation(void **state) {
    (void)state;
    struct world x = {.n = 3,
                      .n_initial = 1,
                      .n_edges = 4,
                      .edges = {{1, 2, 0, 0}, {2, 1, 0, 0}, {1, 3, 1, 0}, {2, 3, 1, 1}},
                      .value = {[3] = 1}};
    fair(&x, 0, false, true, B);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 1), OUTCOME_VIOLATED); /* key 0 is off at 2, key 1 at 1 */
    fair(&x, 0, false, false, B);
    assert_int_equal(verdict(&x, &EVENTUALLY_P0, 1), OUTCOME_HOLDS);
}

static void leads_to_and_vacuity(void **state) {
    (void)state;
    struct world x = {
        .n = 3, .n_initial = 1, .n_edges = 2, .edges = {{1, 2, 0, 0}, {2, 3, 0, 0}}, .value = {[2] = 1, [3] = 2}};
    assert_int_equal(verdict(&x, &LEADS, 0), OUTCOME_VIOLATED);
    fair(&x, 0, false, false, A);
    assert_int_equal(verdict(&x, &LEADS, 1), OUTCOME_HOLDS);
    x.value[2] = 0;
    assert_int_equal(verdict(&x, &LEADS, 1), OUTCOME_VACUOUS);
}

/* Below a bound nothing is proved, but what is found is real. */
static void a_bound_proves_nothing(void **state) {
    (void)state;
    struct search_result r;
    struct world x = {.n = 3, .n_initial = 1, .n_edges = 2, .edges = {{1, 2, 0, 0}, {2, 3, 0, 0}}, .value = {[2] = 1}};
    fair(&x, 0, false, false, A);
    world_ready(&x, &EVENTUALLY_P0, DC_TEMPORAL, 1);
    assert_int_equal(run(&x, 1, 0, &r), OUTCOME_HOLDS);
    search_free(&r);
    assert_int_equal(run(&x, 1, 2, &r), OUTCOME_UNKNOWN);
    search_free(&r);
    world_ready(&x, &AGAIN_P0, DC_TEMPORAL, 0); /* stopping at 1 for ever is within the bound */
    assert_int_equal(run(&x, 1, 2, &r), OUTCOME_VIOLATED);
    search_free(&r);
}

static void possibility(void **state) {
    (void)state;
    static const struct formula can = {.op = FORMULA_CAN, .kid = {&P0}}, both = {.op = FORMULA_AND, .kid = {&can, &P1}};
    struct search_result r;
    struct world x = {.n = 4,
                      .n_initial = 1,
                      .n_edges = 3,
                      .edges = {{1, 2, 0, 0}, {2, 3, 0, 0}, {2, 4, 0, 0}},
                      .value = {[2] = 2, [3] = 1}};
    world_ready(&x, &can, DC_INVARIANT, 0);
    assert_int_equal(run(&x, 1, 0, &r), OUTCOME_VIOLATED); /* from 4 nothing leads to 3 */
    assert_int_equal(r.findings[0].length, 3);
    assert_int_equal(r.findings[0].states[2], 4);
    search_free(&r);
    assert_int_equal(run(&x, 1, 2, &r), OUTCOME_UNKNOWN); /* 3 and 4 are not expanded: 4 might reach more */
    search_free(&r);
    world_ready(&x, &can, DC_INITIALLY, 0);
    assert_int_equal(run(&x, 1, 0, &r), OUTCOME_HOLDS);
    search_free(&r);
    world_ready(&x, &both, DC_REACHABLE, 0);
    assert_int_equal(run(&x, 1, 0, &r), OUTCOME_HOLDS);
    assert_int_equal(r.findings[0].length, 2);
    search_free(&r);
}

/* More than a thousand conditions at once. */
static void a_thousand_conditions(void **state) {
    (void)state;
    enum { MANY = 1100 };
    static struct dc_fair fairs[MANY];
    static const uint32_t b[] = {1}, a[] = {0};
    struct world x = {
        .n = 3, .n_initial = 1, .n_edges = 3, .edges = {{1, 2, 0, 0}, {2, 1, 0, 0}, {1, 3, 1, 0}}, .value = {[3] = 1}};
    for (unsigned i = 0; i < MANY; i++)
        fairs[i] = (struct dc_fair){.name = "many", .strong = true, .actions = i % 2 ? b : a, .n = 1};
    world_ready(&x, &EVENTUALLY_P0, DC_TEMPORAL, 0);
    x.model.fairs = fairs;
    x.model.n_fairs = MANY;
    struct search_result r;
    assert_int_equal(run(&x, 1, 0, &r), OUTCOME_HOLDS);
    search_free(&r);
}

/* P in always (P implies eventually Q) counts as what should lead to something, too. */
static void vacuous_implication(void **state) {
    (void)state;
    static const struct formula not = {.op = FORMULA_NOT, .kid = {&P0}},
                                then = {.op = FORMULA_EVENTUALLY, .kid = {&P1}},
                                either = {.op = FORMULA_OR, .kid = {&not, &then}},
                                always = {.op = FORMULA_ALWAYS, .kid = {&either}};
    struct world x = {.n = 2, .n_initial = 1, .n_edges = 1, .edges = {{1, 2, 0, 0}}, .value = {[1] = 1, [2] = 2}};
    fair(&x, 0, false, false, A);
    assert_int_equal(verdict(&x, &always, 1), OUTCOME_HOLDS);
    x.value[1] = 0;
    assert_int_equal(verdict(&x, &always, 1), OUTCOME_VACUOUS);
}

/* Two states in a circle, as a search would record them. */
static void record_circle(struct graph *g) {
    static const uint64_t key[2] = {0};
    struct recorder *r = recorder_new(2, ATOMS);
    assert_true(recorder_reserve(r, 2));
    uint32_t ids[2];
    for (uint32_t i = 0; i < 2; i++) {
        struct hash128 print = {.lo = 11 * (i + 1)};
        ids[i] = recorder_room(r, i).next - 1;
        recorder_states(r, i, &print, 1, i == 0);
    }
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t number = ids[1 - i] + 1;
        struct dc_step step = {0};
        recorder_open(r, i, &ids[i]);
        recorder_steps(r, i, &step, key, &number, 1);
        recorder_close(r, i, 1);
    }
    graph_build(r, g);
    recorder_free(r);
}

/* The graph that is shown has the numbers of a search by one worker. */
static void order_of_numbers(void **state) {
    (void)state;
    struct graph g, o;
    record_circle(&g);
    assert_false(g.ordered);
    graph_order(&g, &o);
    assert_int_equal(o.n, 2);
    assert_int_equal(graph_fp(&o, 0), 11);
    assert_int_equal(graph_fp(&o, 1), 22);
    for (uint32_t s = 0; s < 2; s++) {
        struct graph_edges e = graph_edges(&o, s);
        assert_true(graph_next(&e));
        assert_int_equal(e.to, 1 - s);
        assert_false(graph_next(&e));
        assert_false(graph_next(&e));
    }
    graph_free(&g);
    graph_free(&o);
}

/* Asked to stop, or without memory to go on: nothing is said to hold. */
static void gives_up(void **state) {
    (void)state;
    const atomic_int stop = 1;
    struct graph g;
    struct world x = {0};
    world_ready(&x, &AGAIN_P0, DC_TEMPORAL, 0);
    record_circle(&g);
    for (int memory = 0; memory < 2; memory++) {
        struct search_options o = {
            .workers = 1, .formulas = 1, .stop = memory ? NULL : &stop, .memory_bytes = memory ? 10 : 0};
        struct search_result r = {0};
        struct liveness_watch watch = {0};
        liveness_check(&x.model, &o, &g, &watch, &r);
        assert_int_equal(r.outcome[0], OUTCOME_UNKNOWN);
        assert_int_equal(r.end, memory ? END_MEMORY : END_INTERRUPTED);
        search_free(&r);
    }
    graph_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_worlds),
        cmocka_unit_test(stuttering_without_fairness),
        cmocka_unit_test(parallel_edges_count_for_both),
        cmocka_unit_test(a_fair_action_that_stutters),
        cmocka_unit_test(strong_against_weak),
        cmocka_unit_test(strong_fairness_splits_a_component),
        cmocka_unit_test(enabled_by_a_step_that_leaves),
        cmocka_unit_test(what_one_component_takes_is_not_taken_in_the_next),
        cmocka_unit_test(each_key_is_an_obligation),
        cmocka_unit_test(leads_to_and_vacuity),
        cmocka_unit_test(a_bound_proves_nothing),
        cmocka_unit_test(possibility),
        cmocka_unit_test(a_thousand_conditions),
        cmocka_unit_test(vacuous_implication),
        cmocka_unit_test(order_of_numbers),
        cmocka_unit_test(gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
