#include "checker/trace.h"

#include <sched.h>

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "model/out.h"
#include "model/rt.h"

struct entry {
    _Atomic uint64_t fp, parent; /* parent 0: none yet; an initial state keeps 0 */
    _Atomic uint32_t level;      /* 0: being written */
};

struct parents {
    uint64_t n;
    struct entry at[];
};

struct parents *parents_new(uint64_t states) {
    uint64_t n = states + states / 2 + 64;
    struct parents *p = mem_try_alloc(sizeof *p + n * sizeof p->at[0]);
    if (p) p->n = n;
    return p;
}

void parents_free(struct parents *p) { mem_free(p); }
uint64_t parents_bytes(const struct parents *p) { return p->n * sizeof p->at[0]; }

static uint64_t home(const struct parents *p, uint64_t fp) { return (uint64_t)(((unsigned __int128)fp * p->n) >> 64); }

void parents_prefetch(const struct parents *p, uint64_t fp) { __builtin_prefetch(&p->at[home(p, fp)], 1); }

bool parents_insert(struct parents *p, uint64_t fp, uint64_t parent, uint32_t level) {
    for (uint64_t i = home(p, fp);; i = i + 1 == p->n ? 0 : i + 1) {
        struct entry *e = &p->at[i];
        uint64_t v = atomic_load_explicit(&e->fp, memory_order_relaxed);
        bool mine = false;
        if (!v)
            mine = atomic_compare_exchange_strong_explicit(&e->fp, &v, fp, memory_order_relaxed, memory_order_relaxed);
        if (mine) atomic_store_explicit(&e->level, level, memory_order_release); /* pairs with the acquire below */
        else if (v != fp) continue;
        uint32_t at;
        while (!(at = atomic_load_explicit(&e->level, memory_order_acquire))) sched_yield();
        if (at == level) {
            uint64_t old = atomic_load_explicit(&e->parent, memory_order_relaxed);
            while ((!old || parent < old) && parent &&
                   !atomic_compare_exchange_weak_explicit(&e->parent, &old, parent, memory_order_relaxed,
                                                          memory_order_relaxed)) {}
        }
        return mine;
    }
}

static const struct entry *find(const struct parents *p, uint64_t fp) {
    for (uint64_t i = home(p, fp);; i = i + 1 == p->n ? 0 : i + 1) {
        uint64_t v = atomic_load_explicit(&p->at[i].fp, memory_order_relaxed);
        if (v == fp) return &p->at[i];
        if (!v) return NULL;
    }
}

/* ---- replay ---- */

struct replay {
    const struct dc_model *model;
    struct dc_worker *worker;
    struct dc_out out;
    uint64_t wanted;            /* fingerprint of the representative, or */
    const uint64_t *wanted_all; /* the state itself, or */
    bool numbered;              /* the step of this number */
    uint32_t wanted_ordinal;
    bool found;
    uint64_t *state; /* that was found: its representative */
    uint64_t *one;
    uint8_t *perm; /* what its elements became in it */
    uint32_t action, ordinal;
};

static void look(struct dc_out *out) {
    struct replay *r = out->self;
    uint32_t words = r->model->state_words;
    for (uint32_t i = 0; i < out->n && !r->found; i++) {
        const uint64_t *s = out->states + (size_t)i * words;
        if (out->steps[i].error) continue;
        if (r->numbered) {
            r->found = out->steps[i].ordinal == r->wanted_ordinal;
            if (r->found) memcpy(r->state, s, words * sizeof *s);
        } else if (r->wanted_all) {
            r->found = dc_same(s, r->wanted_all, words) && out->steps[i].action == r->action;
        } else {
            memcpy(r->one, s, words * sizeof *s);
            if (r->model->elements) r->model->canonical(r->model, r->worker, r->one, r->perm);
            r->found = hash_state(r->one, words) == r->wanted;
            if (r->found) memcpy(r->state, r->one, words * sizeof *s);
        }
        if (!r->found) continue;
        r->action = out->steps[i].action;
        r->ordinal = out->steps[i].ordinal;
    }
    out->n = 0;
}

/* Looks among the successors of the state, or, if that is NULL, the initial states. */
static void step(struct replay *r, const uint64_t *from) {
    r->found = false;
    if (from) r->model->expand(r->model, r->worker, from, 1, &r->out);
    else r->model->init(r->model, r->worker, &r->out);
    look(&r->out);
    if (!r->found) panic("a trace cannot be replayed");
}

static void replay_open(struct replay *r, const struct dc_model *m) {
    *r = (struct replay){.model = m, .worker = m->open(m)};
    out_open(&r->out, m->state_words, false, look, r);
    r->one = mem_alloc(m->state_words * sizeof *r->one);
}

static void replay_close(struct replay *r) {
    r->model->close(r->model, r->worker);
    out_close(&r->out);
    mem_free(r->one);
}

/* From representatives to one run. Of state i the trace has the representative r[i]; some successor of r[i] became
 * r[i+1] by the renaming perms[i+1]. With t[n-1] the identity and t[i] = t[i+1] after perms[i+1], the states t[i](r[i])
 * follow each other, and the last is the representative, in which the violation was found. */
static void join_states(struct replay *r, struct finding *f, const uint8_t *perms) {
    uint32_t words = r->model->state_words, elements = r->model->elements, n = f->length;
    uint8_t t[UINT8_MAX], next[UINT8_MAX];
    for (uint32_t e = 0; e < elements; e++) t[e] = (uint8_t)e;
    for (uint32_t i = n - 1; i-- > 0;) {
        uint64_t *s = f->states + (size_t)i * words;
        const uint8_t *perm = perms + (size_t)(i + 1) * elements;
        for (uint32_t e = 0; e < elements; e++) next[e] = t[perm[e]];
        memcpy(t, next, elements);
        r->model->permute(r->model, r->worker, s, t, r->one);
        memcpy(s, r->one, words * sizeof *s);
    }
}

/* All renamings, one after the other; 0: too many to try. */
enum { MOST_RENAMINGS = 5040 };
static uint32_t renamings(const struct dc_model *m, uint8_t **list) {
    uint64_t n = 1;
    uint32_t elements = m->elements;
    for (uint32_t e = 0; e < elements && n <= MOST_RENAMINGS; e++) n *= e - m->first_alike[e] + 1;
    *list = NULL;
    if (n > MOST_RENAMINGS) return 0;
    *list = mem_alloc(n * elements);
    for (uint64_t k = 0; k < n; k++) { /* k in mixed radix: with which one before it each element is exchanged */
        uint8_t *perm = *list + k * elements;
        uint64_t rest = k;
        for (uint32_t e = 0; e < elements; e++) {
            uint32_t first = m->first_alike[e], with = first + (uint32_t)(rest % (e - first + 1));
            rest /= e - first + 1;
            perm[e] = perm[with];
            perm[with] = (uint8_t)e;
        }
    }
    return (uint32_t)n;
}

struct best_step {
    struct replay *r;
    const bool *out;         /* renamings no longer considered */
    const uint64_t *renamed; /* what is looked for, under all of them */
    uint32_t n;
    uint32_t error, site; /* of a step that has no successor */
    bool found;
    uint32_t ordinal;
    uint64_t *to;
};

static void look_best(struct dc_out *out) {
    struct best_step *b = out->self;
    uint32_t words = b->r->model->state_words;
    for (uint32_t i = 0; i < out->n && !b->found; i++) {
        const struct dc_step *s = &out->steps[i];
        if (s->action != b->r->action || s->error != b->error) continue;
        if (b->error) b->found = s->site == b->site;
        for (uint32_t k = 0; k < b->n && !b->found && !b->error; k++)
            b->found = !b->out[k] && dc_same(b->renamed + (size_t)k * words, out->states + (size_t)i * words, words);
        b->ordinal = s->ordinal;
        if (b->found && b->to) memcpy(b->to, out->states + (size_t)i * words, words * sizeof *b->to);
    }
    out->n = 0;
}

/* Of all ways to name the elements in the whole run the one whose steps have the least ordinals, the first first: so
 * that Node1 acts before Node2, as far as there is a choice. */
static void name_elements(struct replay *r, struct finding *f, const uint8_t *perms, uint32_t n) {
    const struct dc_model *m = r->model;
    uint32_t words = m->state_words;
    bool no_state = f->step && f->kind == FOUND_ERROR && f->pred == UINT32_MAX, *out = mem_alloc(n);
    uint64_t *renamed = mem_alloc((size_t)n * words * sizeof *renamed), *last = mem_alloc(words * sizeof *last);
    struct best_step b = {.r = r, .out = out, .renamed = renamed, .n = n, .site = f->site};
    struct dc_out buffer = r->out;
    buffer.flush = look_best;
    buffer.self = &b;
    if (f->step && !no_state) { /* the step that is wrong leads here */
        r->numbered = true;
        r->wanted_ordinal = f->ordinal;
        r->state = last;
        step(r, f->state);
        r->numbered = false;
    }
    for (uint32_t i = 0; i < f->length + (f->step ? 1 : 0); i++) {
        bool end = i == f->length;
        const uint64_t *s = end ? last : f->states + (size_t)i * words;
        b.found = false;
        b.error = end && no_state ? f->error : DC_OK;
        b.to = end ? NULL : f->states + (size_t)i * words;
        for (uint32_t k = 0; k < n && !b.error; k++)
            if (!out[k]) m->permute(m, r->worker, s, perms + (size_t)k * m->elements, renamed + (size_t)k * words);
        r->action = end ? f->action : i ? f->actions[i] : UINT16_MAX;
        if (i) m->expand(m, r->worker, f->states + (size_t)(i - 1) * words, 1, &buffer);
        else m->init(m, r->worker, &buffer);
        look_best(&buffer);
        if (!b.found) panic("a run cannot be renamed");
        if (end) f->ordinal = b.ordinal;
        else f->ordinals[i] = b.ordinal;
        for (uint32_t k = 0; k < n && !end; k++) out[k] |= !dc_same(renamed + (size_t)k * words, b.to, words);
    }
    memcpy(f->state, f->states + (size_t)(f->length - 1) * words, words * sizeof *f->state);
    mem_free(out);
    mem_free(renamed);
    mem_free(last);
}

/* With names as they come: only the ordinals have to be found again. */
static void number_steps(struct replay *r, struct finding *f) {
    uint32_t words = r->model->state_words;
    for (uint32_t i = 0; i < f->length; i++) {
        r->wanted_all = f->states + (size_t)i * words;
        r->action = i ? f->actions[i] : UINT16_MAX;
        step(r, i ? f->states + (size_t)(i - 1) * words : NULL);
        f->ordinals[i] = r->ordinal;
    }
}

void trace_build(const struct dc_model *m, const struct parents *p, struct finding *f) {
    uint32_t words = m->state_words, n = f->level;
    if (!n) return;
    uint64_t *chain = mem_alloc(n * sizeof *chain), fp = hash_state(f->state, words);
    for (uint32_t i = n; i-- > 0;) {
        const struct entry *e = find(p, fp);
        chain[i] = fp;
        if (!e || (i > 0 && !e->parent)) panic("a trace leads nowhere");
        fp = e->parent; /* cppcheck-suppress nullPointerRedundantCheck ; panic does not return */
    }
    f->length = n;
    f->states = mem_alloc((size_t)n * words * sizeof *f->states);
    f->actions = mem_alloc(n * sizeof *f->actions);
    f->ordinals = mem_alloc(n * sizeof *f->ordinals);
    uint8_t *perms = mem_alloc((size_t)n * m->elements + 1);
    struct replay r;
    replay_open(&r, m);
    for (uint32_t i = 0; i < n; i++) {
        r.wanted = chain[i];
        r.state = f->states + (size_t)i * words;
        r.perm = perms + (size_t)i * m->elements;
        step(&r, i ? f->states + (size_t)(i - 1) * words : NULL);
        f->actions[i] = i ? r.action : UINT32_MAX;
        f->ordinals[i] = r.ordinal;
    }
    if (m->elements) {
        uint8_t *list;
        join_states(&r, f, perms);
        uint32_t ways = renamings(m, &list);
        if (ways) name_elements(&r, f, list, ways);
        else number_steps(&r, f);
        mem_free(list);
    }
    replay_close(&r);
    mem_free(perms);
    mem_free(chain);
}
