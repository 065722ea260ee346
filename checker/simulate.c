/* Random walks. Walk i draws from (seed, i) only, so that the walks are the same for any number of workers; of several
 * walks that find something the one with the least number is reported. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "checker/search.h"
#include "model/out.h"
#include "model/rt.h"

struct walks {
    const struct dc_model *model;
    const struct search_options *o;
    struct search_result *r;
    _Atomic uint64_t next, best; /* walks handed out; least walk with a finding so far */
    _Atomic uint64_t steps, done, generated;
    pthread_mutex_t lock;
};

struct walker {
    struct walks *all;
    struct dc_worker *scratch;
    struct dc_out out;
    uint64_t *states; /* every successor of the current state, collected */
    struct dc_step *steps;
    uint32_t n, cap;
    uint64_t *path;
    uint32_t *actions, *ordinals, length;
    uint64_t *fired;
};

/* SplitMix64 (Steele, Lea, Flood 2014): a full-period generator of one word of state. */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void collect(struct dc_out *out) {
    struct walker *w = out->self;
    uint32_t words = w->all->model->state_words;
    if (w->n + out->n > w->cap) {
        uint32_t cap = 2 * (w->n + out->n);
        w->states = mem_grow(w->states, (size_t)w->cap * words * 8, (size_t)cap * words * 8);
        w->steps = mem_grow(w->steps, w->cap * sizeof *w->steps, cap * sizeof *w->steps);
        w->cap = cap;
    }
    if (out->n) {
        memcpy(w->states + (size_t)w->n * words, out->states, (size_t)out->n * words * 8);
        memcpy(w->steps + w->n, out->steps, out->n * sizeof *out->steps);
    }
    w->n += out->n;
    out->n = 0;
}

static void report(struct walker *w, uint64_t walk, struct finding f) {
    struct walks *a = w->all;
    uint32_t words = a->model->state_words;
    pthread_mutex_lock(&a->lock);
    if (walk < a->best) {
        a->best = walk;
        struct finding *slot = a->r->findings;
        if (!slot) slot = a->r->findings = mem_alloc(sizeof *slot);
        mem_free(slot->states);
        mem_free(slot->actions);
        mem_free(slot->ordinals);
        mem_free(slot->state);
        *slot = f;
        slot->length = slot->level = w->length;
        slot->state = mem_alloc(words * 8);
        if (w->length) memcpy(slot->state, w->path + (size_t)(w->length - 1) * words, words * 8);
        slot->states = mem_alloc((size_t)w->length * words * 8);
        slot->actions = mem_alloc(w->length * sizeof *slot->actions);
        slot->ordinals = mem_alloc(w->length * sizeof *slot->ordinals);
        memcpy(slot->states, w->path, (size_t)w->length * words * 8);
        memcpy(slot->actions, w->actions, w->length * sizeof *slot->actions);
        memcpy(slot->ordinals, w->ordinals, w->length * sizeof *slot->ordinals);
        a->r->n_findings = 1;
    }
    pthread_mutex_unlock(&a->lock);
}

static uint64_t kinds(const struct walks *a, uint32_t mask) {
    uint64_t m = 0;
    for (uint32_t i = 0; i < a->model->n_preds && i < 64; i++)
        if (mask >> a->model->preds[i].kind & 1) m |= (uint64_t)1 << i;
    return m & a->o->preds;
}

/* True: the walk ends here. */
static bool state_ends(struct walker *w, uint64_t walk, bool initial) {
    struct walks *a = w->all;
    const uint64_t *s = w->path + (size_t)(w->length - 1) * a->model->state_words;
    uint64_t safe = kinds(a, 1u << DC_INVARIANT | (initial ? 1u << DC_INITIALLY : 0)), cut = kinds(a, 1u << DC_CUT),
             holds = 0;
    uint32_t pred = 0, site = 0;
    enum dc_error error =
        safe | cut ? a->model->test(a->model, w->scratch, s, safe | cut, &holds, &pred, &site) : DC_OK;
    struct finding f = {
        .kind = error ? FOUND_ERROR : FOUND_PRED, .error = error, .pred = pred, .site = site, .action = UINT32_MAX};
    if (error) {
        report(w, walk, f);
        return true;
    }
    uint64_t bad = safe & ~holds;
    if (bad) {
        f.pred = (uint32_t)__builtin_ctzll(bad);
        report(w, walk, f);
        return true;
    }
    return (cut & holds) != 0;
}

static void append(struct walker *w, uint32_t pick, bool initial) {
    uint32_t words = w->all->model->state_words;
    memcpy(w->path + (size_t)w->length * words, w->states + (size_t)pick * words, words * 8);
    w->actions[w->length] = initial ? UINT32_MAX : w->steps[pick].action;
    w->ordinals[w->length] = w->steps[pick].ordinal;
    w->length++;
}

static bool step_ends(struct walker *w, uint64_t walk, uint64_t *rng) {
    struct walks *a = w->all;
    const struct dc_model *m = a->model;
    const uint64_t *s = w->path + (size_t)(w->length - 1) * m->state_words;
    uint64_t stepped = kinds(a, 1u << DC_STEP), finals = kinds(a, 1u << DC_FINAL), holds = 0;
    uint32_t pred = 0, site = 0, valid = 0;
    bool moves = false, harmless = false;
    w->n = 0;
    m->expand(m, w->scratch, s, 1, &w->out);
    collect(&w->out);
    a->generated += w->n;
    for (uint32_t i = 0; i < w->n; i++) {
        const struct dc_step *t = &w->steps[i];
        if (t->error && t->error != DC_STOP_CUT) {
            struct finding f = {.kind = FOUND_ERROR,
                                .pred = UINT32_MAX,
                                .error = (enum dc_error)t->error,
                                .site = t->site,
                                .action = t->action,
                                .step = true,
                                .ordinal = t->ordinal};
            report(w, walk, f);
            return true;
        }
        bool leaves = t->error || !dc_same(s, w->states + (size_t)i * m->state_words, m->state_words);
        moves |= leaves;
        harmless |= leaves && !m->actions[t->action].harm;
        valid += !t->error;
    }
    if (!harmless && a->o->stops) {
        enum dc_error error = finals ? m->test(m, w->scratch, s, finals, &holds, &pred, &site) : DC_OK;
        if (error || !holds) {
            struct finding f = {.kind = error ? FOUND_ERROR : FOUND_STOP,
                                .error = error,
                                .pred = pred,
                                .site = site,
                                .action = UINT32_MAX};
            report(w, walk, f);
            return true;
        }
    }
    if (!valid || !moves) return true;
    uint32_t k = (uint32_t)(draw(rng) % valid), pick = 0;
    for (;; pick++)
        if (!w->steps[pick].error && k-- == 0) break;
    const uint64_t *t = w->states + (size_t)pick * m->state_words;
    w->fired[w->steps[pick].action]++;
    if (stepped && !dc_same(s, t, m->state_words)) {
        enum dc_error error = m->test_step(m, w->scratch, s, t, stepped, &holds, &pred, &site);
        uint64_t bad = stepped & ~holds;
        if (error || bad) {
            struct finding f = {.kind = error ? FOUND_ERROR : FOUND_PRED,
                                .error = error,
                                .pred = error ? pred : (uint32_t)__builtin_ctzll(bad),
                                .site = site,
                                .action = w->steps[pick].action,
                                .step = true,
                                .ordinal = w->steps[pick].ordinal};
            report(w, walk, f);
            return true;
        }
    }
    append(w, pick, false);
    return false;
}

static void walk(struct walker *w, uint64_t number) {
    struct walks *a = w->all;
    uint64_t rng = a->o->seed * 0x9e3779b97f4a7c15u ^ number;
    draw(&rng);
    w->n = 0;
    w->length = 0;
    a->model->init(a->model, w->scratch, &w->out);
    collect(&w->out);
    uint32_t valid = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        if (w->steps[i].error) {
            struct finding f = {.kind = FOUND_ERROR,
                                .pred = UINT32_MAX,
                                .error = (enum dc_error)w->steps[i].error,
                                .site = w->steps[i].site,
                                .action = UINT32_MAX};
            report(w, number, f);
            return;
        }
        valid++;
    }
    if (!valid) return;
    append(w, (uint32_t)(draw(&rng) % valid), true);
    bool over = state_ends(w, number, true);
    while (!over && w->length < a->o->walk_depth && !(a->o->stop && atomic_load(a->o->stop))) {
        over = step_ends(w, number, &rng);
        if (!over) over = state_ends(w, number, false);
        a->steps++;
    }
}

static void *work(void *self) {
    struct walker *w = self;
    struct walks *a = w->all;
    const struct dc_model *m = a->model;
    w->scratch = m->open(m);
    out_open(&w->out, m->state_words, false, collect, w);
    w->path = mem_alloc((size_t)(a->o->walk_depth + 1) * m->state_words * 8);
    w->actions = mem_alloc((a->o->walk_depth + 1) * sizeof *w->actions);
    w->ordinals = mem_alloc((a->o->walk_depth + 1) * sizeof *w->ordinals);
    w->fired = mem_alloc((m->n_actions + 1) * sizeof *w->fired);
    for (;;) {
        uint64_t i = a->next++;
        if (i >= a->o->walks || i > a->best || (a->o->stop && atomic_load(a->o->stop))) break;
        walk(w, i);
        a->done++;
    }
    pthread_mutex_lock(&a->lock);
    for (uint32_t i = 0; i < m->n_actions; i++) a->r->fired[i] += w->fired[i];
    pthread_mutex_unlock(&a->lock);
    m->close(m, w->scratch);
    out_close(&w->out);
    mem_free(w->states);
    mem_free(w->steps);
    mem_free(w->path);
    mem_free(w->actions);
    mem_free(w->ordinals);
    mem_free(w->fired);
    return NULL;
}

void search_simulate(const struct dc_model *m, const struct search_options *o, struct search_result *r) {
    memset(r, 0, sizeof *r);
    struct walks a = {.model = m, .o = o, .r = r, .best = UINT64_MAX};
    uint32_t n = o->workers ? o->workers : 1;
    struct walker *w = mem_alloc(n * sizeof *w);
    pthread_t *threads = mem_alloc(n * sizeof *threads);
    struct timespec t0, t1;
    r->fired = mem_alloc((m->n_actions + 1) * sizeof *r->fired);
    r->found_new = mem_alloc((m->n_actions + 1) * sizeof *r->found_new);
    pthread_mutex_init(&a.lock, NULL);
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (uint32_t i = 0; i < n; i++) {
        w[i].all = &a;
        if (i && pthread_create(&threads[i], NULL, work, &w[i])) panic("cannot start a thread");
    }
    work(&w[0]);
    for (uint32_t i = 1; i < n; i++) pthread_join(threads[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    bool found = a.best != UINT64_MAX;
    r->walks = found ? a.best + 1 : a.done; /* of a run that found something: those that always happen */
    r->steps = found ? 0 : a.steps; /* of a run that found something, what else was walked depends on the workers */
    r->generated = found ? 0 : a.generated;
    r->end = found ? END_VIOLATION : o->stop && atomic_load(o->stop) ? END_INTERRUPTED : END_SAMPLED;
    r->seconds = (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
    pthread_mutex_destroy(&a.lock);
    mem_free(w);
    mem_free(threads);
}
