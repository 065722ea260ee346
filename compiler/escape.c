#include "compiler/escape.h"

#include <string.h>

#include "base/hash.h"
#include "compiler/eval.h"
#include "model/out.h"
#include "model/rt.h"

enum answer { SAFE, VIOLATED, UNDECIDED };

/* States, each once, in the order in which they came. */
struct states {
    VEC(uint64_t) words;
    uint32_t n, *slots, cap; /* slots: index + 1, or 0 */
};

struct hunt {
    const struct dc_model *model;
    struct dc_worker *worker;
    struct dc_out out;
    uint32_t words, pred, looked; /* looked: states of all searches */
    uint64_t pred_bit, cut_bits;
    struct states safe; /* behind which there is no violation */
    VEC(uint64_t) next; /* successors of the state at hand */
    VEC(struct dc_step) steps;
};

static void collect(struct dc_out *out) {
    struct hunt *h = out->self;
    for (uint32_t i = 0; i < out->n; i++) {
        VEC_PUSH(h->steps, out->steps[i]);
        for (uint32_t k = 0; k < h->words; k++) VEC_PUSH(h->next, out->states[(size_t)i * h->words + k]);
    }
    out->n = 0;
}

static void expand(struct hunt *h, const uint64_t *state) {
    h->next.n = h->steps.n = 0;
    h->model->expand(h->model, h->worker, state, 1, &h->out);
    collect(&h->out);
}

/* Where the state is, or would be. */
static uint32_t *slot_of(const struct hunt *h, struct states *s, const uint64_t *state) {
    uint32_t i = (uint32_t)hash_state(state, h->words) & (s->cap - 1);
    while (s->slots[i] && !dc_same(s->words.at + (size_t)(s->slots[i] - 1) * h->words, state, h->words))
        i = (i + 1) & (s->cap - 1);
    return &s->slots[i];
}

static bool add(const struct hunt *h, struct states *s, const uint64_t *state) {
    if (2 * (s->n + 1) > s->cap) {
        mem_free(s->slots);
        s->cap = s->cap ? 2 * s->cap : 64;
        s->slots = mem_alloc(s->cap * sizeof *s->slots);
        for (uint32_t i = 0; i < s->n; i++) *slot_of(h, s, s->words.at + (size_t)i * h->words) = i + 1;
    }
    uint32_t *slot = slot_of(h, s, state);
    if (*slot) return false;
    *slot = ++s->n;
    for (uint32_t k = 0; k < h->words; k++) VEC_PUSH(s->words, state[k]);
    return true;
}

static bool has(const struct hunt *h, struct states *s, const uint64_t *state) { return s->n && *slot_of(h, s, state); }

static void let_go(struct states *s) {
    VEC_FREE(s->words);
    mem_free(s->slots);
}

/* One state, or (from not NULL) the step to it. A predicate without a value counts as violated. */
static enum answer judge(const struct hunt *h, const uint64_t *from, const uint64_t *state) {
    uint64_t holds = 0;
    uint32_t pred, site;
    const struct dc_model *m = h->model;
    bool of_steps = m->preds[h->pred].kind == DC_STEP;
    enum dc_error error = of_steps ? m->test_step(m, h->worker, from, state, h->pred_bit, &holds, &pred, &site)
                                   : m->test(m, h->worker, state, h->pred_bit, &holds, &pred, &site);
    if (error || !holds) return VIOLATED;
    if (!h->cut_bits) return SAFE;
    error = m->test(m, h->worker, state, h->cut_bits, &holds, &pred, &site);
    return error || holds ? UNDECIDED : SAFE;
}

/* Whether the property can be violated by the step to `first`, or behind it. */
static enum answer behind(struct hunt *h, const uint64_t *from, const uint64_t *first, uint32_t *n) {
    struct states seen = {0};
    enum answer a = judge(h, from, first);
    uint64_t *at = mem_alloc(h->words * sizeof *at);
    if (a == SAFE && !has(h, &h->safe, first)) add(h, &seen, first);
    for (uint32_t i = 0; i < seen.n && a == SAFE; i++) {
        memcpy(at, seen.words.at + (size_t)i * h->words, h->words * sizeof *at);
        expand(h, at);
        for (uint32_t k = 0; k < h->steps.n && a == SAFE; k++) {
            const uint64_t *t = h->next.at + (size_t)k * h->words;
            if (h->steps.at[k].error) a = UNDECIDED; /* beyond a bound, or an error: what would come then? */
            else if (!dc_same(t, at, h->words)) a = judge(h, at, t);
            if (a != SAFE || h->steps.at[k].error || has(h, &h->safe, t) || !add(h, &seen, t)) continue;
            if (++h->looked > ESCAPE_STATES) a = UNDECIDED;
        }
    }
    for (uint32_t i = 0; i < seen.n && a == SAFE; i++) add(h, &h->safe, seen.words.at + (size_t)i * h->words);
    *n = seen.n;
    let_go(&seen);
    mem_free(at);
    return a;
}

/* Every other step out of states[i]. */
static enum answer try_state(struct hunt *h, const uint64_t *const *states, uint32_t n, uint32_t i, struct escape *e) {
    uint32_t words = h->words;
    enum answer all = VIOLATED;
    expand(h, states[i]);
    uint32_t count = h->steps.n;
    uint64_t *next = mem_alloc((size_t)count * words * sizeof *next + 1);
    struct dc_step *steps = mem_alloc(count * sizeof *steps + 1);
    if (count) memcpy(next, h->next.at, (size_t)count * words * sizeof *next);
    if (count) memcpy(steps, h->steps.at, count * sizeof *steps);
    for (uint32_t k = 0; k < count && all != SAFE; k++) {
        const uint64_t *t = next + (size_t)k * words;
        bool same = steps[k].error || dc_same(t, states[i], words) || (i + 1 < n && dc_same(t, states[i + 1], words));
        if (same || h->model->actions[steps[k].action].fault) continue;
        uint32_t found = 0;
        enum answer a = behind(h, states[i], t, &found);
        if (a == VIOLATED || (a == UNDECIDED && all == UNDECIDED)) continue;
        all = a;
        *e = (struct escape){.outcome = a == SAFE ? ESCAPE_FOUND : ESCAPE_UNKNOWN,
                             .at = i,
                             .ordinal = steps[k].ordinal,
                             .states = found};
    }
    mem_free(next);
    mem_free(steps);
    return all;
}

void escape_find(const struct program *p, const uint64_t *const *states, uint32_t n, bool step, uint32_t pred,
                 struct escape *e) {
    struct dc_model *m = eval_model(p);
    struct hunt h = {.model = m, .worker = m->open(m), .words = m->state_words, .pred = pred};
    h.pred_bit = (uint64_t)1 << pred;
    for (uint32_t i = 0; i < m->n_preds && i < 64; i++)
        if (m->preds[i].kind == DC_CUT) h.cut_bits |= (uint64_t)1 << i;
    out_open(&h.out, h.words, false, collect, &h);
    *e = (struct escape){.outcome = ESCAPE_NONE};
    for (uint32_t i = step ? n : n - 1; i-- > 0;)
        if (try_state(&h, states, n, i, e) != VIOLATED) break;
    out_close(&h.out);
    VEC_FREE(h.next);
    VEC_FREE(h.steps);
    let_go(&h.safe);
    m->close(m, h.worker);
    eval_model_free(m);
}
