/* What becomes of the successors of a block, batch by batch. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "checker/bfs.h"
#include "checker/words.h"
#include "model/formula.h"
#include "model/rt.h"

#define INLINE static inline __attribute__((always_inline))

/* ---- findings ---- */

static void keep(struct worker *w, uint32_t rank, const struct finding *f, const uint64_t *state) {
    struct finding *best = &w->best[rank];
    uint32_t words = w->model->state_words;
    if (best->length) {
        int order = dc_compare(state, best->state, words);
        if (order > 0 || (order == 0 && f->ordinal >= best->ordinal)) return;
    }
    uint64_t *copy = best->state ? best->state : mem_alloc(words * sizeof *copy);
    memcpy(copy, state, words * sizeof *copy);
    *best = *f;
    best->state = copy;
    best->length = 1;
}

/* With a reduction: nothing that was found means anything. */
static bool asymmetric(struct bfs *b, enum dc_error error, uint32_t site) {
    if (error != DC_AMBIGUOUS) return false;
    if (!atomic_exchange(&b->asymmetric, true)) b->r->asymmetric = site;
    atomic_store(&b->over, true);
    return true;
}

static void found_on_step(struct worker *w, const struct dc_step *s, enum finding_kind kind, uint32_t pred,
                          enum dc_error error, uint32_t site) {
    const uint64_t *state = w->source + (size_t)s->from * w->model->state_words;
    if (asymmetric(w->bfs, error, site)) return;
    struct finding f = {.kind = kind,
                        .pred = pred,
                        .error = error,
                        .site = site,
                        .action = s->action,
                        .step = true,
                        .ordinal = s->ordinal,
                        .level = w->bfs->depth};
    keep(w, rank_of(w->bfs, kind, pred), &f, state);
}

/* Tests a new state. Returns whether it is to be expanded.
 * `affected`: the predicates that the step into it may have changed; the parent has passed all, so the rest still
 * holds. */
static bool judge(struct worker *w, const uint64_t *state, uint32_t level, uint64_t affected) {
    struct bfs *b = w->bfs;
    uint64_t state_kinds = b->state_preds | (w->initial ? b->initial_preds : 0), holds;
    uint32_t pred = 0, site = 0;
    uint64_t want = b->want & state_kinds & affected;
    if (!want) return true;
    struct finding f = {.kind = FOUND_PRED, .site = site, .action = UINT32_MAX, .level = level};
    while (want) { /* a predicate without a value leaves the others to be judged */
        enum dc_error error = w->model->test(w->model, w->scratch, state, want, &holds, &pred, &site);
        if (!error) break;
        if (asymmetric(b, error, site)) return false;
        struct finding e = {
            .kind = FOUND_ERROR, .error = error, .pred = pred, .site = site, .action = UINT32_MAX, .level = level};
        keep(w, 0, &e, state);
        want &= ~((uint64_t)1 << pred);
    }
    bool expand = true;
    for (uint64_t rest = want; rest; rest &= rest - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(rest);
        enum dc_kind k = b->model->preds[i].kind;
        bool is = holds >> i & 1;
        if (k == DC_CUT) {
            if (is) expand = false;
        } else if (is == (k == DC_REACHABLE)) {
            f.pred = i;
            keep(w, 1 + i, &f, state);
        }
    }
    if (!expand) w->cut_states++;
    return expand;
}

/* ---- recording ---- */

static uint32_t pred_of_atom(const struct dc_model *m, uint32_t atom) {
    for (uint32_t i = 0; i < m->n_preds; i++)
        if (m->preds[i].formula && formula_mentions(m->preds[i].formula, atom)) return i;
    return UINT32_MAX;
}

static void record_atoms(struct worker *w, const uint64_t *state, uint32_t id, uint32_t level) {
    uint32_t atom = 0, site = 0;
    const struct dc_model *m = w->model;
    if (!m->n_atoms) return;
    enum dc_error error = m->atoms(m, w->scratch, state, recorder_atoms(w->bfs->recorder, id), &atom, &site);
    if (!error) return;
    struct finding f = {.kind = FOUND_ERROR,
                        .error = error,
                        .pred = pred_of_atom(m, atom),
                        .site = site,
                        .action = UINT32_MAX,
                        .level = level};
    keep(w, 0, &f, state);
}

/* ---- steps ---- */

static uint32_t next_level(const struct worker *w) { return w->initial ? 1 : w->bfs->depth + 1; }

static const uint64_t *source_of(const struct worker *w, const struct dc_step *s) {
    return w->source + (size_t)s->from * w->model->state_words;
}

/* A step that leads to no state: beyond a bound, or into an error. */
static void no_state(struct worker *w, const struct dc_step *s) {
    if (s->error == DC_STOP_CUT) {
        w->cut_steps++;
        if (!w->initial) w->moves[s->from] |= w->bfs->moving[s->action];
    } else if (!w->initial) {
        w->moves[s->from] = 1;
        found_on_step(w, s, FOUND_ERROR, UINT32_MAX, (enum dc_error)s->error, s->site);
    } else if (!asymmetric(w->bfs, (enum dc_error)s->error, s->site)) {
        struct finding f = {.kind = FOUND_ERROR,
                            .pred = UINT32_MAX,
                            .error = (enum dc_error)s->error,
                            .site = s->site,
                            .action = UINT32_MAX,
                            .ordinal = s->ordinal};
        uint64_t *zero = mem_alloc(w->model->state_words * sizeof *zero);
        keep(w, 0, &f, zero);
        mem_free(zero);
    }
}

/* Counts the steps of a batch and leaves in `index` those that lead to a state; says which sources move. */
INLINE uint32_t sort_out_words(struct worker *w, uint32_t words) {
    const struct dc_step *steps = w->out.steps;
    const uint64_t *source = w->source, *states = w->out.states; /* what is stored below might be these, for all that */
    const uint8_t *moving = w->bfs->moving;                      /* the compiler knows, unless they are locals */
    uint8_t *moves = w->moves;
    uint64_t *fired = w->fired;
    uint16_t *index = w->index;
    uint32_t kept = 0, n = w->out.n;
    bool initial = w->initial;
    for (uint32_t i = 0; i < n; i++) {
        const struct dc_step *s = &steps[i];
        if (__builtin_expect(s->error, 0)) {
            no_state(w, s);
            continue;
        }
        index[kept++] = (uint16_t)i;
        if (initial) continue;
        fired[s->action]++;
        if (words <= 4 || !moves[s->from]) { /* small states are compared faster than the answer is guessed */
            bool changes = !dc_same(source + (size_t)s->from * words, states + (size_t)i * words, words);
            moves[s->from] |= changes & moving[s->action];
        }
    }
    w->generated += kept;
    return kept;
}

static uint32_t sort_out(struct worker *w) { WITH_WORDS(w->model->state_words, return sort_out_words(w, WORDS)); }

/* Properties of steps. */
static void judge_steps(struct worker *w, uint32_t n) {
    const struct bfs *b = w->bfs;
    uint32_t words = w->model->state_words;
    uint64_t steps = b->step_preds & b->want, holds;
    if (!steps || w->initial || b->parents) return;
    for (uint32_t k = 0; k < n; k++) {
        const struct dc_step *s = &w->out.steps[w->index[k]];
        const uint64_t *from = source_of(w, s), *to = w->out.states + (size_t)w->index[k] * words;
        uint32_t pred, site;
        if (dc_same(from, to, words)) continue;
        enum dc_error error = w->model->test_step(w->model, w->scratch, from, to, steps, &holds, &pred, &site);
        if (error) {
            found_on_step(w, s, FOUND_ERROR, pred, error, site);
            continue;
        }
        for (uint64_t bad = steps & ~holds; bad; bad &= bad - 1)
            found_on_step(w, s, FOUND_PRED, (uint32_t)__builtin_ctzll(bad), DC_OK, 0);
    }
}

/* ---- new states ---- */

static void queue(struct worker *w, const uint64_t *state, uint32_t id) {
    const struct block_shape *shape = &w->bfs->shape;
    struct block *k = w->made.n ? w->made.at[w->made.n - 1] : NULL;
    if (!k || !block_has_room(shape, k)) {
        k = w->free;
        if (k) {
            w->free = k->next;
        } else {
            k = block_new(shape);
            w->blocks_live++;
        }
        k->n = k->bytes = 0;
        memset(w->last, 0, w->model->state_words * sizeof *w->last);
        VEC_PUSH(w->made, k);
    }
    block_add(shape, k, state, w->last, id);
}

/* State i of the batch is new. */
static void welcome(struct worker *w, uint32_t i, uint32_t id) {
    const uint64_t *state = w->out.states + (size_t)i * w->model->state_words, everything = UINT64_MAX;
    uint32_t action = w->out.steps[i].action;
    if (!w->initial) w->found_new[action]++;
    bool expand = judge(w, state, next_level(w), w->initial ? everything : w->model->actions[action].affects);
    lap(w, ENGINE_PREDICATES);
    if (expand) queue(w, state, id);
    lap(w, ENGINE_FRONTIER);
}

/* With a reduction: every state by its representative, unless it is one of those met lately. */
static uint32_t represent(struct worker *w, uint32_t n) {
    uint32_t words = w->model->state_words, kept = 0;
    bool all = w->bfs->parents != NULL;
    for (uint32_t k = 0; k < n; k++) {
        uint64_t *t = w->out.states + (size_t)w->index[k] * words;
        if (!all && kernel_met(w->recent, hash_state128(t, words))) continue;
        if (!w->model->canonical(w->model, w->scratch, t, NULL)) w->regular++;
        w->print[kept] = hash_state128(t, words);
        w->index[kept++] = w->index[k];
    }
    return kept;
}

/* Whether it is new, and where its number is, if there are numbers. Where the fingerprint has no place, all wait for
 * the table to grow; without memory for that, the search ends. */
static bool insert(struct worker *w, struct hash128 h, _Atomic uint32_t **number) {
    struct bfs *b = w->bfs;
    for (;;) {
        enum fpset_told told = b->kernel->enter_one(&b->set, h, number);
        if (told != FPSET_FULL) return told == FPSET_NEW;
        if (atomic_load(&b->over) && b->r->end == END_MEMORY) {
            *number = NULL;
            return false;
        }
        atomic_store(&b->full, true);
        atomic_store(&b->want_growth, true);
        gate(w, true);
    }
}

/* ---- a batch, by what is kept of the states ---- */

static uint64_t insert_prints(struct worker *w, uint32_t n) {
    struct bfs *b = w->bfs;
    if (b->reduces) {
        n = represent(w, n);
        lap(w, ENGINE_SYMMETRY);
    } else {
        n = b->kernel->sift(w->out.states, w->model->state_words, w->index, n, w->recent, w->print);
    }
    b->kernel->fetch(&b->set, w->print, n);
    lap(w, ENGINE_HASHING);
    uint32_t later, last, fresh = b->kernel->enter(&b->set, w->index, w->print, n, &later, &last);
    lap(w, ENGINE_SET);
    for (uint32_t k = 0; k < fresh; k++) welcome(w, w->index[k], 0);
    for (uint32_t k = later; k < last; k++) { /* hardly any: their first lines are full */
        _Atomic uint32_t *none;
        bool is_new = insert(w, w->print[k], &none);
        lap(w, ENGINE_SET);
        if (!is_new) continue;
        welcome(w, w->index[k], 0);
        fresh++;
    }
    return fresh;
}

static uint64_t insert_parents(struct worker *w, uint32_t n) {
    struct bfs *b = w->bfs;
    uint32_t words = w->model->state_words;
    if (b->reduces) represent(w, n);
    b->kernel->hash(w->out.states, words, w->out.n, w->fp);
    for (uint32_t k = 0; k < n; k++) parents_prefetch(b->parents, w->fp[w->index[k]]);
    uint64_t fresh = 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = w->index[k];
        uint64_t from = w->initial ? 0 : hash_state(source_of(w, &w->out.steps[i]), words);
        if (!parents_insert(b->parents, w->fp[i], from, next_level(w))) continue;
        welcome(w, i, 0);
        fresh++;
    }
    return fresh;
}

/* State i of the batch is new, and has got a number. */
static void record(struct worker *w, uint32_t i, uint32_t number) {
    const uint64_t *state = w->out.states + (size_t)i * w->model->state_words;
    record_atoms(w, state, number - 1, next_level(w));
    lap(w, ENGINE_SET);
    welcome(w, i, number - 1);
}

/* One whose first lines have no room. True: it is new. */
static bool number_state(struct worker *w, uint32_t i, struct hash128 h) {
    struct recorder *r = w->bfs->recorder;
    _Atomic uint32_t *place;
    bool is_new = insert(w, h, &place);
    uint32_t number = 0; /* no memory for it: the step leads out of what is explored */
    if (is_new) {
        number = recorder_room(r, w->worker).next;
        recorder_states(r, w->worker, &h, 1, w->initial);
        atomic_store_explicit(place, number, memory_order_relaxed);
    } else if (place) {
        number = kernel_await(place);
    }
    w->number[i] = number;
    kernel_know(w->known, h, number);
    return is_new;
}

static uint64_t insert_recorded(struct worker *w, uint32_t n) {
    struct bfs *b = w->bfs;
    const struct dc_out *out = &w->out;
    uint64_t fresh = 0;
    n = b->kernel->recall(out->states, w->model->state_words, w->index, n, w->known, w->print, w->number);
    b->kernel->fetch(&b->set, w->print, n);
    lap(w, ENGINE_HASHING);
    n = b->kernel->seek(&b->set, w->index, w->print, n, w->known, w->number);
    for (uint32_t k = 0; k < n;) { /* in order: with one worker, numbers are those in which states are found */
        uint16_t *index = w->index + k;
        struct hash128 *print = w->print + k;
        struct kernel_room room = recorder_room(b->recorder, w->worker);
        uint32_t made, done = b->kernel->number(&b->set, index, print, n - k, w->known, w->number, room, &made);
        recorder_states(b->recorder, w->worker, print, made, w->initial);
        for (uint32_t j = 0; j < made; j++) record(w, index[j], room.next + j);
        fresh += made;
        k += done;
        if (k == n || room.next + made == room.last) continue;
        uint32_t i = w->index[k];
        if (number_state(w, i, w->print[k])) {
            record(w, i, w->number[i]);
            fresh++;
        }
        k++;
    }
    lap(w, ENGINE_SET);
    if (!w->initial) recorder_steps(b->recorder, w->worker, out->steps, out->keys, w->number, out->n);
    lap(w, ENGINE_RECORDING);
    return fresh;
}

/* A counter that all write is worth asking now and then only. */
static void count_inserted(struct worker *w, uint64_t fresh) {
    struct bfs *b = w->bfs;
    uint64_t capacity = fpset_capacity(&b->set);
    w->untold += fresh;
    if (w->untold < UNTOLD && 64 * b->n_workers * w->untold < capacity) return;
    uint64_t total = tell_inserted(w), margin = (uint64_t)b->n_workers * (BATCH + UNTOLD);
    if ((double)(total + margin) > fpset_load(&b->set) * (double)capacity)
        atomic_store_explicit(&b->want_growth, true, memory_order_relaxed);
}

void flush_batch(struct dc_out *out) {
    struct worker *w = out->self;
    struct bfs *b = w->bfs;
    lap(w, ENGINE_SUCCESSORS);
    uint32_t n = sort_out(w);
    judge_steps(w, n);
    uint64_t fresh = b->recorder ? insert_recorded(w, n) : b->parents ? insert_parents(w, n) : insert_prints(w, n);
    w->distinct += fresh;
    out->n = 0;
    if (fresh && !b->parents) count_inserted(w, fresh);
    if (atomic_load_explicit(&b->want_growth, memory_order_relaxed)) gate(w, true);
}

/* ---- a block ---- */

/* Copies that a report reads while the search goes on. */
static void show_counts(struct worker *w) {
    atomic_store_explicit(&w->shown_distinct, w->distinct, memory_order_relaxed);
    atomic_store_explicit(&w->shown_generated, w->generated, memory_order_relaxed);
    atomic_store_explicit(&w->shown_blocks, w->blocks_live, memory_order_relaxed);
}

/* Nothing changes this state, but for harm: may it stand still? */
static void judge_stop(struct worker *w, const uint64_t *state) {
    struct bfs *b = w->bfs;
    uint64_t finals = 0, holds = 0;
    uint32_t pred = 0, site = 0;
    for (uint32_t p = 0; p < b->model->n_preds && p < 64; p++)
        if (b->model->preds[p].kind == DC_FINAL) finals |= (uint64_t)1 << p;
    w->stops_seen++;
    enum dc_error error = finals ? w->model->test(w->model, w->scratch, state, finals, &holds, &pred, &site) : DC_OK;
    if (asymmetric(b, error, site)) return;
    struct finding f = {.kind = error ? FOUND_ERROR : FOUND_STOP,
                        .error = error,
                        .pred = pred,
                        .site = site,
                        .action = UINT32_MAX,
                        .level = b->depth};
    if (error || !holds) keep(w, error ? 0 : b->n_ranks - 1, &f, state);
}

void expand_block(struct worker *w, struct block *k) {
    struct bfs *b = w->bfs;
    block_unpack(&b->shape, k, w->unpacked);
    lap(w, ENGINE_FRONTIER);
    w->source = w->unpacked;
    memset(w->moves, 0, k->n * sizeof *w->moves);
    if (b->recorder) recorder_open(b->recorder, w->worker, k->ids);
    w->model->expand(w->model, w->scratch, w->source, k->n, &w->out);
    flush_batch(&w->out);
    if (b->recorder) recorder_close(b->recorder, w->worker, k->n);
    for (uint32_t i = 0; i < k->n && b->o->stops && !b->parents; i++)
        if (!w->moves[i]) judge_stop(w, w->source + (size_t)i * w->model->state_words);
    k->next = w->free;
    w->free = k;
    show_counts(w);
}
