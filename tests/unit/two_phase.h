/* Two-phase commit written by hand against model/model.h, for the tests of the engine. */
#ifndef DC_TESTS_UNIT_TWO_PHASE_H
#define DC_TESTS_UNIT_TWO_PHASE_H

#include <stdatomic.h>

#include "tests/unit/test.h"

#include "base/mem.h"
#include "checker/search.h"

/* ---- two-phase commit (Gray and Lamport), N resource managers, one packed word and a second one that never changes
 * ---- */

enum { WORDS = 2, MANY = 64 };
enum { WORKING, PREPARED, COMMITTED, ABORTED }; /* of a manager, two bits each from bit 0 */
enum { UNDECIDED, COMMIT, ABORT };              /* bits 32, 33 */
enum { AT_DECISION = 32, AT_HEARD = 34, AT_SENT = 44, AT_COMMIT = 54, AT_ABORT = 55 };
enum { A_PREPARE, A_GIVE_UP, A_ON_COMMIT, A_ON_ABORT, A_ON_PREPARED, A_COMMIT, A_ABORT, N_ACTIONS };
enum { P_CONSISTENT, P_COMMITTED, P_DECIDED, P_EXTRA, N_PREDS };

struct two_phase {
    struct dc_model model;
    unsigned n;
    struct dc_pred preds[N_PREDS];
    int failing_action; /* this action has no value once all are prepared, or -1 */
    int failing_pred;
};

static const struct dc_action two_phase_actions[N_ACTIONS] = {
    {.name = "prepare", .process = "rm", .affects = UINT64_MAX},
    {.name = "give_up", .process = "rm", .affects = UINT64_MAX},
    {.name = "on Commit", .process = "rm", .affects = UINT64_MAX},
    {.name = "on Abort", .process = "rm", .affects = UINT64_MAX},
    {.name = "on Prepared", .process = "coordinator", .affects = UINT64_MAX},
    {.name = "commit", .process = "coordinator", .affects = UINT64_MAX},
    {.name = "abort", .process = "coordinator", .affects = UINT64_MAX},
};

static const struct two_phase *self_of(const struct dc_model *m) { return m->self; }
static unsigned rm_of(uint64_t s, unsigned r) { return s >> 2 * r & 3; }
static uint64_t with_rm(uint64_t s, unsigned r, uint64_t v) { return (s & ~((uint64_t)3 << 2 * r)) | v << 2 * r; }

static void emit(struct dc_out *out, unsigned action, uint64_t first, enum dc_error error) {
    if (out->n == out->cap) out->flush(out);
    out->states[(size_t)out->n * WORDS] = first;
    out->states[(size_t)out->n * WORDS + 1] = 0xC0FFEE;
    out->steps[out->n++] = (struct dc_step){.from = out->from,
                                            .ordinal = out->ordinal++,
                                            .action = (uint16_t)action,
                                            .error = (uint16_t)error,
                                            .site = error ? 3 : 0};
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

static void tp_expand(const struct dc_model *m, struct dc_worker *w, const uint64_t *states, uint32_t n,
                      struct dc_out *out) {
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
            if (rm_of(s, r) == WORKING)
                emit(out, A_PREPARE, with_rm(s, r, PREPARED) | (uint64_t)1 << (AT_SENT + r), DC_OK);
        for (unsigned r = 0; r < t->n; r++)
            if (rm_of(s, r) == WORKING) emit(out, A_GIVE_UP, with_rm(s, r, ABORTED), DC_OK);
        for (unsigned r = 0; r < t->n; r++)
            if (s >> AT_COMMIT & 1) emit(out, A_ON_COMMIT, with_rm(s, r, COMMITTED), DC_OK);
        for (unsigned r = 0; r < t->n; r++)
            if (s >> AT_ABORT & 1) emit(out, A_ON_ABORT, with_rm(s, r, ABORTED), DC_OK);
        for (unsigned r = 0; r < t->n; r++)
            if (decision == UNDECIDED && s >> (AT_SENT + r) & 1)
                emit(out, A_ON_PREPARED, s | (uint64_t)1 << (AT_HEARD + r), DC_OK);
        if (decision == UNDECIDED && heard == all)
            emit(out, A_COMMIT, s | (uint64_t)COMMIT << AT_DECISION | (uint64_t)1 << AT_COMMIT,
                 t->failing_action == A_COMMIT ? DC_DIVISION : DC_OK);
        if (decision == UNDECIDED)
            emit(out, A_ABORT, s | (uint64_t)ABORT << AT_DECISION | (uint64_t)1 << AT_ABORT,
                 t->failing_action == A_ABORT && prepared == t->n ? DC_RANGE : DC_OK);
    }
}

static enum dc_error tp_test(const struct dc_model *m, struct dc_worker *w, const uint64_t *state, uint64_t want,
                             uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct two_phase *t = self_of(m);
    uint64_t s = *state;
    unsigned committed = 0, aborted = 0;
    (void)w;
    for (unsigned r = 0; r < t->n; r++) {
        committed += rm_of(s, r) == COMMITTED;
        aborted += rm_of(s, r) == ABORTED;
    }
    bool value[N_PREDS] = {[P_CONSISTENT] = !committed || !aborted,
                           [P_COMMITTED] = committed == t->n,
                           [P_DECIDED] = committed + aborted == t->n,
                           [P_EXTRA] = aborted < 2};
    if (t->preds[P_EXTRA].kind == DC_CUT || t->preds[P_EXTRA].kind == DC_REACHABLE) value[P_EXTRA] = aborted >= 2;
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
static enum dc_error tp_test_step(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, const uint64_t *u,
                                  uint64_t want, uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct two_phase *t = self_of(m);
    bool stays = true;
    (void)w, (void)pred, (void)site;
    for (unsigned r = 0; r < t->n; r++) stays &= rm_of(*s, r) != PREPARED || rm_of(*u, r) != COMMITTED;
    *holds = want & (stays ? ~(uint64_t)0 : ~((uint64_t)1 << P_EXTRA));
    return DC_OK;
}

static inline void two_phase(struct two_phase *t, unsigned n, enum dc_kind extra) {
    memset(t, 0, sizeof *t);
    t->n = n;
    t->failing_action = t->failing_pred = -1;
    t->preds[P_CONSISTENT] = (struct dc_pred){.name = "Consistent", .kind = DC_INVARIANT};
    t->preds[P_COMMITTED] = (struct dc_pred){.name = "Committed", .kind = DC_REACHABLE};
    t->preds[P_DECIDED] = (struct dc_pred){.name = "Decided", .kind = DC_FINAL};
    t->preds[P_EXTRA] = (struct dc_pred){.name = "Extra", .kind = extra};
    t->model = (struct dc_model){.abi = DC_ABI,
                                 .state_words = WORDS,
                                 .n_actions = N_ACTIONS,
                                 .n_preds = N_PREDS,
                                 .meaning = 1,
                                 .actions = two_phase_actions,
                                 .preds = t->preds,
                                 .self = t,
                                 .open = open_worker,
                                 .close = close_worker,
                                 .init = tp_init,
                                 .expand = tp_expand,
                                 .test = tp_test,
                                 .test_step = tp_test_step};
}

enum {
    ONLY_CONSISTENT = 1 << P_CONSISTENT | 1 << P_COMMITTED | 1 << P_DECIDED,
    ALL_PREDS = ONLY_CONSISTENT | 1 << P_EXTRA
};

static inline struct search_options options(uint32_t workers) {
    return (struct search_options){
        .workers = workers, .stops = true, .traces = true, .preds = ONLY_CONSISTENT, .progress_seconds = 1};
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

static inline void is_a_run(const struct dc_model *m, const struct finding *f) {
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

static inline const struct finding *finding(const struct search_result *r, enum finding_kind kind, uint32_t pred) {
    for (uint32_t i = 0; i < r->n_findings; i++)
        if (r->findings[i].kind == kind && (kind == FOUND_STOP || r->findings[i].pred == pred)) return &r->findings[i];
    return NULL;
}

#endif
