/* The engine without a front end: two-phase commit written by hand against model/model.h, and small graphs whose shape
 * is known. Counts, findings and traces must be the same for any number of workers and any first size of the table. */
#include "tests/unit/two_phase.h"

/* ---- what must not depend on the workers ---- */

static void same_findings(const struct search_result *a, const struct search_result *b, uint32_t words) {
    assert_int_equal(a->n_findings, b->n_findings);
    for (uint32_t i = 0; i < a->n_findings; i++) {
        const struct finding *x = &a->findings[i], *y = &b->findings[i];
        assert_int_equal(x->kind, y->kind);
        assert_int_equal(x->pred, y->pred);
        assert_int_equal(x->error, y->error);
        assert_int_equal(x->action, y->action);
        assert_int_equal(x->step, y->step);
        assert_int_equal(x->level, y->level);
        assert_int_equal(x->length, y->length);
        if (x->step) assert_int_equal(x->ordinal, y->ordinal);
        assert_memory_equal(x->state, y->state, words * 8);
        if (!x->length) continue;
        assert_memory_equal(x->states, y->states, (size_t)x->length * words * 8);
        assert_memory_equal(x->actions, y->actions, x->length * sizeof *x->actions);
        assert_memory_equal(x->ordinals, y->ordinals, x->length * sizeof *x->ordinals);
    }
}

static void same_result(const struct search_result *a, const struct search_result *b, const struct dc_model *m) {
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->distinct, b->distinct);
    assert_int_equal(a->generated, b->generated);
    assert_int_equal(a->depth, b->depth);
    assert_int_equal(a->cut_states, b->cut_states);
    assert_int_equal(a->cut_steps, b->cut_steps);
    assert_int_equal(a->unexpanded, b->unexpanded);
    assert_int_equal(a->stops_seen, b->stops_seen);
    assert_memory_equal(a->fired, b->fired, m->n_actions * sizeof *a->fired);
    same_findings(a, b, m->state_words);
}

/* The table must have room for what the workers put into it before one of them sees that it is too small. */
#ifdef DC_SMALL
enum { SMALL_SET = 32 };
#else
enum { SMALL_SET = 2048 };
#endif

/* Runs with 1, 2, 3 and 8 workers and several first sizes, twice each; all must agree. The result of the first. */
static void run_all(const struct dc_model *m, struct search_options o, struct search_result *out) {
    static const uint32_t workers[] = {1, 2, 3, 8};
    o.workers = 1;
    search_run(m, &o, out);
    for (uint32_t i = 0; i < out->n_findings; i++)
        if (out->findings[i].length) is_a_run(m, &out->findings[i]);
    for (size_t i = 0; i < COUNT(workers); i++)
        for (uint32_t small = 0; small < 3; small++) {
            struct search_result r;
            o.workers = workers[i];
            o.small_set = small == 0 ? 0 : SMALL_SET * small;
            search_run(m, &o, &r);
            same_result(out, &r, m);
            search_free(&r);
        }
}

static void counts(void **state) {
    (void)state;
    static const struct {
        unsigned n;
        uint64_t distinct, generated;
        uint32_t depth;
    } rows[] = {{3, 288, 1146, 11}, {5, 8832, 58146, 17}, {6, 50816, 402306, 20}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct two_phase t;
        struct search_result r;
        two_phase(&t, rows[i].n, DC_INVARIANT);
        run_all(&t.model, options(1), &r);
        assert_int_equal(r.end, END_EXHAUSTED);
        assert_int_equal(r.distinct, rows[i].distinct);
        assert_int_equal(r.generated, rows[i].generated);
        assert_int_equal(r.depth, rows[i].depth);
        uint64_t fired = 1; /* the initial state */
        for (int k = 0; k < N_ACTIONS; k++) fired += r.fired[k];
        assert_int_equal(fired, r.generated);
        assert_int_equal(r.n_findings, 1);
        const struct finding *f = finding(&r, FOUND_PRED, P_COMMITTED);
        assert_non_null(f);
        assert_int_equal(f->level, 3 * rows[i].n + 2); /* prepare, hear, commit, receive */
        assert_int_equal(f->length, f->level);
        search_free(&r);
    }
}

static void a_violation(void **state) {
    (void)state;
    struct two_phase t;
    struct search_result r;
    struct search_options o = options(1);
    two_phase(&t, 4, DC_INVARIANT); /* fewer than two have aborted: broken by two who give up */
    o.preds = ALL_PREDS;
    run_all(&t.model, o, &r);
    assert_int_equal(r.end, END_VIOLATION);
    const struct finding *f = finding(&r, FOUND_PRED, P_EXTRA);
    assert_non_null(f);
    assert_int_equal(f->length, 3);
    assert_int_equal(f->actions[0], UINT32_MAX);
    assert_int_equal(f->actions[1], A_GIVE_UP);
    assert_int_equal(f->actions[2], A_GIVE_UP);
    assert_int_equal(r.depth, 3);
    search_free(&r);
    /* going on after it: everything is explored, the shortest trace stays */
    o.keep_going = true;
    run_all(&t.model, o, &r);
    assert_int_equal(r.end, END_EXHAUSTED);
    f = finding(&r, FOUND_PRED, P_EXTRA);
    assert_non_null(f);
    assert_int_equal(f->length, 3);
    assert_non_null(finding(&r, FOUND_PRED, P_COMMITTED));
    search_free(&r);
    /* no traces wanted */
    o.traces = false;
    search_run(&t.model, &o, &r);
    f = finding(&r, FOUND_PRED, P_EXTRA);
    assert_non_null(f);
    assert_int_equal(f->length, 0);
    assert_int_equal(f->level, 3);
    search_free(&r);
}

static void a_step_property(void **state) {
    (void)state;
    struct two_phase t;
    struct search_result r;
    struct search_options o = options(1);
    two_phase(&t, 3, DC_STEP); /* nobody goes from prepared to committed: wrong on the first `on Commit` */
    o.preds = ALL_PREDS;
    run_all(&t.model, o, &r);
    assert_int_equal(r.end, END_VIOLATION);
    const struct finding *f = finding(&r, FOUND_PRED, P_EXTRA);
    assert_non_null(f);
    assert_true(f->step);
    assert_int_equal(f->length, 3 + 3 + 1 + 1); /* up to the commit; the step itself is beyond */
    assert_int_equal(f->action, A_ON_COMMIT);
    search_free(&r);
}

static void errors(void **state) {
    (void)state;
    struct two_phase t;
    struct search_result r;
    two_phase(&t, 3, DC_INVARIANT);
    t.failing_action = A_ABORT;
    run_all(&t.model, options(1), &r);
    assert_int_equal(r.end, END_VIOLATION);
    const struct finding *f = finding(&r, FOUND_ERROR, UINT32_MAX);
    assert_non_null(f);
    assert_int_equal(f->error, DC_RANGE);
    assert_int_equal(f->action, A_ABORT);
    assert_int_equal(f->site, 3);
    assert_true(f->step);
    assert_int_equal(f->length, 4);
    search_free(&r);
    two_phase(&t, 3, DC_INVARIANT);
    t.failing_pred = P_CONSISTENT;
    run_all(&t.model, options(1), &r);
    f = finding(&r, FOUND_ERROR, P_CONSISTENT);
    assert_non_null(f);
    assert_int_equal(f->error, DC_NONE);
    assert_int_equal(f->site, 9);
    assert_int_equal(f->length, 3 + 3 + 1 + 2 + 1);
    search_free(&r);
}

static void bounds(void **state) {
    (void)state;
    struct two_phase t;
    struct search_result r;
    struct search_options o = options(1);
    two_phase(&t, 4, DC_CUT); /* two have aborted: not expanded */
    o.preds = ALL_PREDS;
    run_all(&t.model, o, &r);
    assert_int_equal(r.end, END_EXHAUSTED);
    assert_true(r.cut_states > 0);
    assert_true(r.distinct < 1568);
    search_free(&r);
    two_phase(&t, 4, DC_INVARIANT);
    o = options(1);
    o.depth = 5;
    run_all(&t.model, o, &r);
    assert_int_equal(r.end, END_DEPTH);
    assert_true(r.unexpanded > 0);
    search_free(&r);
    o = options(1);
    o.memory_bytes = 1 << 16; /* less than 7 managers need */
    o.small_set = SMALL_SET;
    two_phase(&t, 7, DC_INVARIANT);
    search_run(&t.model, &o, &r);
    assert_int_equal(r.end, END_MEMORY);
    assert_true(r.unexpanded > 0);
    assert_true(r.distinct > 16 && r.distinct < 296448);
    search_free(&r);
}

/* ---- another provider takes over at a level ---- */

struct relay {
    struct dc_model other;
    uint32_t turns, at;
};

static const struct dc_model *take_over(void *self) {
    struct relay *r = self;
    return ++r->turns == r->at ? &r->other : NULL;
}

static void another_provider(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 8; workers *= 2)
        for (uint32_t at = 1; at < 17; at += 5) {
            struct two_phase t;
            struct search_result want, r;
            struct search_options o = options(workers);
            two_phase(&t, 5, DC_INVARIANT);
            search_run(&t.model, &o, &want);
            struct relay relay = {t.model, 0, at};
            o.next_model = take_over;
            o.self = &relay;
            search_run(&t.model, &o, &r);
            same_result(&want, &r, &t.model);
            search_free(&want);
            search_free(&r);
        }
}

/* ---- small graphs: one word, successors from a table ---- */

enum { NODES = 12, EDGES = 6 };
struct graph {
    struct dc_model model;
    struct dc_pred pred;
    int n_initial, initial[4];
    int to[NODES][EDGES]; /* 0 ends the list; nodes from 1 */
    int bad, final;
};

static const struct dc_action one_action = {.name = "go", .affects = UINT64_MAX};

static void put_node(struct dc_out *out, int node) {
    if (out->n == out->cap) out->flush(out);
    out->states[out->n] = (uint64_t)node;
    out->steps[out->n++] = (struct dc_step){.from = out->from, .ordinal = out->ordinal++};
}
static void g_init(const struct dc_model *m, struct dc_worker *w, struct dc_out *out) {
    const struct graph *g = m->self;
    (void)w;
    out->from = out->ordinal = 0;
    for (int i = 0; i < g->n_initial; i++) put_node(out, g->initial[i]);
}
static void g_expand(const struct dc_model *m, struct dc_worker *w, const uint64_t *states, uint32_t n,
                     struct dc_out *out) {
    const struct graph *g = m->self;
    (void)w;
    for (uint32_t i = 0; i < n; i++) {
        out->from = i;
        out->ordinal = 0;
        for (int k = 0; k < EDGES && g->to[states[i]][k]; k++) put_node(out, g->to[states[i]][k]);
    }
}
static enum dc_error g_test(const struct dc_model *m, struct dc_worker *w, const uint64_t *state, uint64_t want,
                            uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct graph *g = m->self;
    (void)w, (void)pred, (void)site;
    bool value = g->pred.kind == DC_FINAL ? (int)*state == g->final : (int)*state != g->bad;
    *holds = want & (value ? 1 : 0);
    return DC_OK;
}
static void graph(struct graph *g, enum dc_kind kind) {
    g->pred = (struct dc_pred){.name = "P", .kind = kind};
    g->model = (struct dc_model){.abi = DC_ABI,
                                 .state_words = 1,
                                 .n_actions = 1,
                                 .n_preds = 1,
                                 .actions = &one_action,
                                 .preds = &g->pred,
                                 .self = g,
                                 .open = open_worker,
                                 .close = close_worker,
                                 .init = g_init,
                                 .expand = g_expand,
                                 .test = g_test};
}

static void stops(void **state) {
    (void)state;
    struct search_result r;
    struct search_options o = options(1);
    o.preds = 1;
    /* 1 -> 2 -> 3; 2 only loops elsewhere; 3 has a loop to itself and nothing else: a stop, although it has a successor
     */
    struct graph g = {.n_initial = 1, .initial = {1}, .to = {[1] = {2}, [2] = {1, 3}, [3] = {3, 3}}};
    graph(&g, DC_INVARIANT);
    run_all(&g.model, o, &r);
    const struct finding *f = finding(&r, FOUND_STOP, 0);
    assert_non_null(f);
    assert_int_equal(f->length, 3);
    assert_int_equal(f->state[0], 3);
    assert_int_equal(r.distinct, 3);
    assert_int_equal(r.generated, 1 + 1 + 2 + 2);
    search_free(&r);
    graph(&g, DC_FINAL);
    g.final = 3;
    run_all(&g.model, o, &r);
    assert_int_equal(r.end, END_EXHAUSTED);
    assert_int_equal(r.n_findings, 0);
    assert_int_equal(r.stops_seen, 1);
    search_free(&r);
    g.final = 2;
    o.stops = false;
    run_all(&g.model, o, &r);
    assert_int_equal(r.n_findings, 0);
    search_free(&r);
}

static void shortest(void **state) {
    (void)state;
    struct search_result r;
    struct search_options o = options(1);
    o.preds = 1;
    o.stops = false;
    /* 9 is 5 steps from 1 and 2 steps from 4; several initial states, one of them twice, one leads to another */
    struct graph g = {
        .n_initial = 4,
        .initial = {1, 4, 1, 2},
        .bad = 9,
        .to = {[1] = {2}, [2] = {3}, [3] = {5}, [5] = {6}, [6] = {9}, [4] = {7, 8}, [7] = {9}, [8] = {9}}};
    graph(&g, DC_INVARIANT);
    run_all(&g.model, o, &r);
    const struct finding *f = finding(&r, FOUND_PRED, 0);
    assert_non_null(f);
    assert_int_equal(f->length, 3);
    assert_int_equal(f->states[0], 4);
    assert_int_equal(f->states[2], 9);
    assert_int_equal(f->ordinals[0], 1); /* the second initial state */
    assert_int_equal(r.depth, 3);
    assert_int_equal(r.generated,
                     4 + 1 + 2 + 1 + 1 + 1 +
                         1); /* the whole last level: 3, 7, 8 of level 2 are expanded, their successors generated */
    search_free(&r);
    g.bad = 1; /* an initial state is bad */
    run_all(&g.model, o, &r);
    f = finding(&r, FOUND_PRED, 0);
    assert_non_null(f);
    assert_int_equal(f->length, 1);
    assert_int_equal(r.depth, 1);
    assert_int_equal(r.distinct, 3);
    search_free(&r);
    g.n_initial = 0; /* none at all */
    run_all(&g.model, o, &r);
    assert_int_equal(r.end, END_EXHAUSTED);
    assert_int_equal(r.distinct, 0);
    assert_int_equal(r.depth, 0);
    search_free(&r);
}

/* ---- random walks ---- */

static void walks(void **state) {
    (void)state;
    struct two_phase t;
    two_phase(&t, 5, DC_INVARIANT);
    for (uint64_t seed = 1; seed < 4; seed++)
        for (int violated = 0; violated < 2; violated++) {
            struct search_result one, many;
            struct search_options o = options(1);
            o.seed = seed;
            o.walks = 300;
            o.walk_depth = 40;
            if (violated) o.preds = ALL_PREDS;
            search_simulate(&t.model, &o, &one);
            assert_int_equal(one.end, violated ? END_VIOLATION : END_SAMPLED);
            for (uint32_t workers = 2; workers <= 8; workers *= 2) {
                o.workers = workers;
                search_simulate(&t.model, &o, &many);
                assert_int_equal(one.end, many.end);
                assert_int_equal(one.walks, many.walks);
                if (!violated) assert_int_equal(one.steps, many.steps);
                same_findings(&one, &many, WORDS);
                search_free(&many);
            }
            if (violated) is_a_run(&t.model, &one.findings[0]);
            search_free(&one);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),   cmocka_unit_test(a_violation),      cmocka_unit_test(a_step_property),
        cmocka_unit_test(errors),   cmocka_unit_test(bounds),           cmocka_unit_test(stops),
        cmocka_unit_test(shortest), cmocka_unit_test(another_provider), cmocka_unit_test(walks),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
