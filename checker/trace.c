#include "checker/trace.h"

#include <sched.h>

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
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
    uint64_t wanted;
    uint32_t words;
    bool found;
    uint64_t *state;
    uint32_t action, ordinal;
};

static void look(struct dc_out *out) {
    struct replay *r = out->self;
    for (uint32_t i = 0; i < out->n && !r->found; i++) {
        const uint64_t *s = out->states + (size_t)i * r->words;
        if (out->steps[i].error || hash_state(s, r->words) != r->wanted) continue;
        memcpy(r->state, s, r->words * sizeof *s);
        r->action = out->steps[i].action;
        r->ordinal = out->steps[i].ordinal;
        r->found = true;
    }
    out->n = 0;
}

void trace_build(const struct dc_model *m, const struct parents *p, struct finding *f) {
    enum { CAP = 64 };
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
    struct replay r = {.words = words};
    struct dc_out out = {.cap = CAP, .flush = look, .self = &r};
    out.states = mem_alloc((size_t)CAP * words * sizeof *out.states);
    out.steps = mem_alloc(CAP * sizeof *out.steps);
    struct dc_worker *w = m->open(m);
    for (uint32_t i = 0; i < n; i++) {
        r.wanted = chain[i];
        r.found = false;
        r.state = f->states + (size_t)i * words;
        if (i == 0) m->init(m, w, &out);
        else m->expand(m, w, f->states + (size_t)(i - 1) * words, 1, &out);
        look(&out);
        if (!r.found) panic("a trace cannot be replayed");
        f->actions[i] = i ? r.action : UINT32_MAX;
        f->ordinals[i] = r.ordinal;
    }
    m->close(m, w);
    mem_free(out.states);
    mem_free(out.steps);
    mem_free(chain);
}
