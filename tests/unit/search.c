/* The engine without a front end: two-phase commit written by hand against model/model.h, and small graphs whose shape is
 * known. Counts, findings and traces must be the same for any number of workers and any first size of the table. */
#include "tests/unit/test.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "checker/search.h"

/* ---- two-phase commit (Gray and Lamport), N resource managers, one packed word and a second one that never changes ---- */

enum { WORDS = 2, MANY = 64 };
enum { WORKING, PREPARED, COMMITTED, ABORTED };   /* of a manager, two bits each from bit 0 */
enum { UNDECIDED, COMMIT, ABORT };                /* bits 32, 33 */
enum { AT_DECISION = 32, AT_HEARD = 34, AT_SENT = 44, AT_COMMIT = 54, AT_ABORT = 55 };
enum { A_PREPARE, A_GIVE_UP, A_ON_COMMIT, A_ON_ABORT, A_ON_PREPARED, A_COMMIT, A_ABORT, N_ACTIONS };
enum { P_CONSISTENT, P_COMMITTED, P_DECIDED, P_EXTRA, N_PREDS };

struct two_phase {
    struct dc_model model;
    unsigned n;
    struct dc_pred preds[N_PREDS];
    int failing_action;   /* this action has no value once all are prepared, or -1 */
    int failing_pred;
};

static const struct dc_action actions[N_ACTIONS] = {
    {.name = "prepare", .process = "rm", .affects = UINT64_MAX},          {.name = "give_up", .process = "rm", .affects = UINT64_MAX},
    {.name = "on Commit", .process = "rm", .affects = UINT64_MAX},        {.name = "on Abort", .process = "rm", .affects = UINT64_MAX},
    {.name = "on Prepared", .process = "coordinator", .affects = UINT64_MAX}, {.name = "commit", .process = "coordinator", .affects = UINT64_MAX},
    {.name = "abort", .process = "coordinator", .affects = UINT64_MAX},
};

static const struct two_phase *self_of(const struct dc_model *m) { return m->self; }
static unsigned rm_of(uint64_t s, unsigned r) { return s >> 2 * r & 3; }
static uint64_t with_rm(uint64_t s, unsigned r, uint64_t v) { return (s & ~((uint64_t)3 << 2 * r)) | v << 2 * r; }

static void emit(struct dc_out *out, unsigned action, uint64_t first, enum dc_error error) {
    if (out->n == out->cap) out->flush(out);
    out->states[(size_t)out->n * WORDS] = first;
    out->states[(size_t)out->n * WORDS + 1] = 0xC0FFEE;
    out->steps[out->n++] = (struct dc_step){.from = out->from, .ordinal = out->ordinal++, .action = (uint16_t)action, .error = (uint16_t)error, .site = error ? 3 : 0};
}

static struct dc_worker *open_worker(const struct dc_model *m) {
    (void)m;
    return malloc(1);
}
static void close_worker(const struct dc_model *m, struct dc_worker *w) {
    (void)m;
    free(w);
}

static void tp_init(const struct dc_model *m, struct dc_worker *w, struct dc_out *out) {
    (void)m;
    (void)w;
    out->from = out->ordinal = 0;
    emit(out, 0, 0, DC_OK);
}

static void tp_expand(const struct dc_model *m, struct dc_worker *w, const uint64_t *states, uint32_t n, struct dc_out *out) {
    const struct two_phase *t = self_of(m);
    (void)w;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t s = states[(size_t)i * WORDS], all = ((uint64_t)1 << t->n) - 1, heard = s >> AT_HEARD & all;
        unsigned decision = s >> AT_DECISION & 3, prepared = 0;
        assert_true(states[(size_t)i * WORDS + 1] == 0xC0FFEE);
        out->from = i;
        out->ordinal = 0;
        for (unsigned r = 0; r < t->n; r++) prepared += rm_of(s, r) == PREPARED;
        for (unsigned r = 0; r < t->n; r++)
            if (rm_of(s, r) == WORKING) emit(out, A_PREPARE, with_rm(s, r, PREPARED) | (uint64_t)1 << (AT_SENT + r), DC_OK);
        for (unsigned r = 0; r < t->n; r++)
            if (rm_of(s, r) == WORKING) emit(out, A_GIVE_UP, with_rm(s, r, ABORTED), DC_OK);
        for (unsigned r = 0; r < t->n; r++)
            if (s >> AT_COMMIT & 1) emit(out, A_ON_COMMIT, with_rm(s, r, COMMITTED), DC_OK);
        for (unsigned r = 0; r < t->n; r++)
            if (s >> AT_ABORT & 1) emit(out, A_ON_ABORT, with_rm(s, r, ABORTED), DC_OK);
        for (unsigned r = 0; r < t->n; r++)
            if (decision == UNDECIDED && s >> (AT_SENT + r) & 1) emit(out, A_ON_PREPARED, s | (uint64_t)1 << (AT_HEARD + r), DC_OK);
        if (decision == UNDECIDED && heard == all)
            emit(out, A_COMMIT, s | (uint64_t)COMMIT << AT_DECISION | (uint64_t)1 << AT_COMMIT, t->failing_action == A_COMMIT ? DC_DIVISION : DC_OK);
        if (decision == UNDECIDED)
            emit(out, A_ABORT, s | (uint64_t)ABORT << AT_DECISION | (uint64_t)1 << AT_ABORT, t->failing_action == A_ABORT && prepared == t->n ? DC_RANGE : DC_OK);
    }
}

static enum dc_error tp_test(const struct dc_model *m, struct dc_worker *w, const uint64_t *state, uint64_t want, uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct two_phase *t = self_of(m);
    uint64_t s = *state;
    unsigned committed = 0, aborted = 0;
    (void)w;
    for (unsigned r = 0; r < t->n; r++) {
        committed += rm_of(s, r) == COMMITTED;
        aborted += rm_of(s, r) == ABORTED;
    }
    bool value[N_PREDS] = {[P_CONSISTENT] = !committed || !aborted, [P_COMMITTED] = committed == t->n, [P_DECIDED] = committed + aborted == t->n, [P_EXTRA] = aborted < 2};
    if (t->preds[P_EXTRA].kind == DC_CUT) value[P_EXTRA] = aborted >= 2;
    *holds = 0;
    for (uint32_t i = 0; i < N_PREDS; i++) {
        if (!(want >> i & 1)) continue;
        if ((int)i == t->failing_pred && committed == 2) {
            *pred = i;
            *site = 9;
            return DC_NONE;
        }
        *holds |= (uint64_t)value[i] << i;
    }
    return DC_OK;
}

/* The extra predicate as one of steps: a manager that has aborted stays so. */
static enum dc_error tp_test_step(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, const uint64_t *u, uint64_t want, uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct two_phase *t = self_of(m);
    bool stays = true;
    (void)w, (void)pred, (void)site;
    for (unsigned r = 0; r < t->n; r++) stays &= rm_of(*s, r) != PREPARED || rm_of(*u, r) != COMMITTED;
    *holds = want & (stays ? ~(uint64_t)0 : ~((uint64_t)1 << P_EXTRA));
    return DC_OK;
}

static void two_phase(struct two_phase *t, unsigned n, enum dc_kind extra) {
    memset(t, 0, sizeof *t);
    t->n = n;
    t->failing_action = t->failing_pred = -1;
    t->preds[P_CONSISTENT] = (struct dc_pred){"Consistent", DC_INVARIANT};
    t->preds[P_COMMITTED] = (struct dc_pred){"Committed", DC_REACHABLE};
    t->preds[P_DECIDED] = (struct dc_pred){"Decided", DC_FINAL};
    t->preds[P_EXTRA] = (struct dc_pred){"Extra", extra};
    t->model = (struct dc_model){.abi = DC_ABI, .state_words = WORDS, .n_actions = N_ACTIONS, .n_preds = N_PREDS, .meaning = 1, .actions = actions, .preds = t->preds,
                                 .self = t, .open = open_worker, .close = close_worker, .init = tp_init, .expand = tp_expand, .test = tp_test, .test_step = tp_test_step};
}

enum { ONLY_CONSISTENT = 1 << P_CONSISTENT | 1 << P_COMMITTED | 1 << P_DECIDED, ALL_PREDS = ONLY_CONSISTENT | 1 << P_EXTRA };

static struct search_options options(uint32_t workers) {
    return (struct search_options){.workers = workers, .stops = true, .traces = true, .preds = ONLY_CONSISTENT, .progress_seconds = 1};
}

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

/* A trace is one: it begins with an initial state, and each next state is the successor with its action and ordinal. */
struct look {
    const uint64_t *wanted;
    uint32_t words, action, ordinal;
    bool found;
};

static void look(struct dc_out *out) {
    struct look *l = out->self;
    for (uint32_t i = 0; i < out->n; i++)
        if (out->steps[i].ordinal == l->ordinal && (l->action == UINT32_MAX || out->steps[i].action == l->action) &&
            !memcmp(out->states + (size_t)i * l->words, l->wanted, l->words * 8))
            l->found = true;
    out->n = 0;
}

static void is_a_run(const struct dc_model *m, const struct finding *f) {
    uint64_t states[8 * WORDS];
    struct dc_step steps[8];
    assert_true(m->state_words <= WORDS);
    struct dc_worker *w = m->open(m);
    assert_true(f->length == f->level);
    for (uint32_t i = 0; i < f->length; i++) {
        struct look l = {f->states + (size_t)i * m->state_words, m->state_words, f->actions[i], f->ordinals[i], false};
        struct dc_out out = {.states = states, .steps = steps, .cap = 8, .flush = look, .self = &l};
        if (i == 0) m->init(m, w, &out);
        else m->expand(m, w, f->states + (size_t)(i - 1) * m->state_words, 1, &out);
        look(&out);
        assert_true(l.found);
    }
    assert_memory_equal(f->states + (size_t)(f->length - 1) * m->state_words, f->state, m->state_words * 8);
    m->close(m, w);
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

static const struct finding *finding(const struct search_result *r, enum finding_kind kind, uint32_t pred) {
    for (uint32_t i = 0; i < r->n_findings; i++)
        if (r->findings[i].kind == kind && (kind == FOUND_STOP || r->findings[i].pred == pred)) return &r->findings[i];
    return NULL;
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
    atomic_int stop = 1; /* at once */
    o = options(2);
    o.stop = &stop;
    search_run(&t.model, &o, &r);
    assert_int_equal(r.end, END_INTERRUPTED);
    search_free(&r);
}

/* ---- interrupted in the middle, with a witness found before ---- */

struct switcher {
    atomic_int *stop;
    uint32_t turns, at;
};

static const struct dc_model *stop_at(void *self) {
    struct switcher *s = self;
    if (++s->turns == s->at) atomic_store(s->stop, 1);
    return NULL;
}

static void interrupted_after_a_witness(void **state) {
    (void)state;
    struct two_phase t;
    two_phase(&t, 5, DC_REACHABLE); /* fewer than two have aborted: reached at once */
    for (uint32_t workers = 1; workers <= 8; workers *= 2)
        for (uint32_t at = 1; at < 15; at += 3) {
            struct search_result r;
            struct search_options o = options(workers);
            atomic_int stop = 0;
            struct switcher s = {&stop, 0, at};
            o.preds = ALL_PREDS;
            o.stop = &stop;
            o.next_model = stop_at;
            o.self = &s;
            search_run(&t.model, &o, &r);
            assert_int_equal(r.end, END_INTERRUPTED);
            const struct finding *f = finding(&r, FOUND_PRED, P_EXTRA);
            assert_non_null(f);
            assert_int_equal(f->level, 1);
            if (f->length) is_a_run(&t.model, f);
            search_free(&r);
        }
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
static void g_expand(const struct dc_model *m, struct dc_worker *w, const uint64_t *states, uint32_t n, struct dc_out *out) {
    const struct graph *g = m->self;
    (void)w;
    for (uint32_t i = 0; i < n; i++) {
        out->from = i;
        out->ordinal = 0;
        for (int k = 0; k < EDGES && g->to[states[i]][k]; k++) put_node(out, g->to[states[i]][k]);
    }
}
static enum dc_error g_test(const struct dc_model *m, struct dc_worker *w, const uint64_t *state, uint64_t want, uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct graph *g = m->self;
    (void)w, (void)pred, (void)site;
    bool value = g->pred.kind == DC_FINAL ? (int)*state == g->final : (int)*state != g->bad;
    *holds = want & (value ? 1 : 0);
    return DC_OK;
}
static void graph(struct graph *g, enum dc_kind kind) {
    g->pred = (struct dc_pred){"P", kind};
    g->model = (struct dc_model){.abi = DC_ABI, .state_words = 1, .n_actions = 1, .n_preds = 1, .actions = &one_action, .preds = &g->pred, .self = g,
                                 .open = open_worker, .close = close_worker, .init = g_init, .expand = g_expand, .test = g_test};
}

static void stops(void **state) {
    (void)state;
    struct search_result r;
    struct search_options o = options(1);
    o.preds = 1;
    /* 1 -> 2 -> 3; 2 only loops elsewhere; 3 has a loop to itself and nothing else: a stop, although it has a successor */
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
    struct graph g = {.n_initial = 4, .initial = {1, 4, 1, 2}, .bad = 9, .to = {[1] = {2}, [2] = {3}, [3] = {5}, [5] = {6}, [6] = {9}, [4] = {7, 8}, [7] = {9}, [8] = {9}}};
    graph(&g, DC_INVARIANT);
    run_all(&g.model, o, &r);
    const struct finding *f = finding(&r, FOUND_PRED, 0);
    assert_non_null(f);
    assert_int_equal(f->length, 3);
    assert_int_equal(f->states[0], 4);
    assert_int_equal(f->states[2], 9);
    assert_int_equal(f->ordinals[0], 1); /* the second initial state */
    assert_int_equal(r.depth, 3);
    assert_int_equal(r.generated, 4 + 1 + 2 + 1 + 1 + 1 + 1); /* the whole last level: 3, 7, 8 of level 2 are expanded, their successors generated */
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
        cmocka_unit_test(counts), cmocka_unit_test(a_violation), cmocka_unit_test(a_step_property), cmocka_unit_test(errors),
        cmocka_unit_test(bounds), cmocka_unit_test(stops), cmocka_unit_test(shortest), cmocka_unit_test(another_provider), cmocka_unit_test(walks),
        cmocka_unit_test(interrupted_after_a_witness), /* last: it may end the process */
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
