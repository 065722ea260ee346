#include "compiler/refined.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "model/rt.h"

struct mapped {                  /* of one refinement */
    uint64_t *from, *to, *start; /* a state and M's variables behind it; start: M's variables alone, for its steps */
    bool known;                  /* from is that of the source asked for last */
    uint64_t *allowed;           /* hashes of pairs, open addressing */
    uint64_t n, cap;
    uint64_t *recent; /* direct mapped: hash of a state, M's variables */
};

enum { RECENT = 1 << 13 };

struct refined {
    const struct program *program;
    struct mapped *of;
    struct eval **eval; /* one for each refinement, with its number of words */
};

struct refined *refined_open(const struct program *p) {
    struct refined *r = mem_alloc(sizeof *r);
    r->program = p;
    r->of = mem_alloc((p->refines.n + 1) * sizeof *r->of);
    r->eval = mem_alloc((p->refines.n + 1) * sizeof *r->eval);
    for (uint32_t i = 0; i < p->refines.n; i++) {
        uint32_t words = p->state_words + p->refines.at[i].words;
        struct mapped *m = &r->of[i];
        m->from = mem_alloc(words * sizeof *m->from);
        m->to = mem_alloc(words * sizeof *m->to);
        m->start = mem_alloc(words * sizeof *m->start);
        m->cap = 1024;
        m->allowed = mem_alloc(m->cap * sizeof *m->allowed);
        m->recent = mem_alloc((size_t)RECENT * (p->refines.at[i].words + 1) * sizeof *m->recent);
        r->eval[i] = eval_open(p);
        r->eval[i]->words = words;
        r->eval[i]->target = mem_alloc(words * sizeof *r->eval[i]->target);
    }
    return r;
}

void refined_close(struct refined *r) {
    if (!r) return;
    for (uint32_t i = 0; i < r->program->refines.n; i++) {
        mem_free(r->of[i].from);
        mem_free(r->of[i].to);
        mem_free(r->of[i].start);
        mem_free(r->of[i].allowed);
        mem_free(r->of[i].recent);
        mem_free(r->eval[i]->target);
        eval_close(r->eval[i]);
    }
    mem_free(r->of);
    mem_free(r->eval);
    mem_free(r);
}

/* ---- remembered pairs ---- */

static bool remembered(const struct mapped *m, uint64_t hash) {
    for (uint64_t i = hash & (m->cap - 1); m->allowed[i]; i = (i + 1) & (m->cap - 1))
        if (m->allowed[i] == hash) return true;
    return false;
}

static void put(struct mapped *m, uint64_t hash) {
    uint64_t i = hash & (m->cap - 1);
    while (m->allowed[i]) i = (i + 1) & (m->cap - 1);
    m->allowed[i] = hash;
}

static void remember(struct mapped *m, uint64_t hash) {
    if (2 * ++m->n > m->cap) {
        uint64_t *old = m->allowed, n = m->cap;
        m->cap *= 2;
        m->allowed = mem_alloc(m->cap * sizeof *m->allowed);
        for (uint64_t i = 0; i < n; i++)
            if (old[i]) put(m, old[i]);
        mem_free(old);
    }
    put(m, hash);
}

/* ---- evaluation ---- */

struct capture {
    uint64_t *to;
    enum dc_error error;
    const struct ir *at;
};

static void keep(void *self, struct eval *e, enum dc_error error) {
    struct capture *c = self;
    c->error = error;
    c->at = error ? e->at : NULL;
    if (!error) memcpy(c->to, e->target, e->words * sizeof *c->to);
}

static enum dc_error map(struct refined *r, uint32_t i, const uint64_t *s, uint64_t *to, uint32_t *site) {
    const struct ir_refine *f = &r->program->refines.at[i];
    uint32_t words = r->program->state_words;
    struct ir_action act = {.body = f->map};
    struct capture c = {.to = to};
    struct eval *e = r->eval[i];
    uint64_t hash = hash_state(s, words) | 1;
    uint64_t *recent = r->of[i].recent + (size_t)(hash >> 32 & (RECENT - 1)) * (f->words + 1);
    memcpy(to, s, words * sizeof *to);
    if (recent[0] == hash) {
        memcpy(to + words, recent + 1, f->words * sizeof *to);
        return DC_OK;
    }
    memset(to + words, 0, f->words * sizeof *to);
    e->state = to;
    eval_action(e, &act, keep, &c);
    if (c.error) {
        *site = c.at->site;
        return c.error;
    }
    recent[0] = hash;
    memcpy(recent + 1, to + words, f->words * sizeof *to);
    return DC_OK;
}

struct looking {
    const uint64_t *wanted;
    uint32_t first, words;
    bool found;
    enum dc_error error;
    uint32_t site;
};

static void look(void *self, struct eval *e, enum dc_error error) {
    struct looking *l = self;
    if (error && error != DC_STOP_CUT && !l->error) {
        l->error = error;
        l->site = e->at->site;
    }
    if (!error && !l->found)
        l->found = !memcmp(e->target + l->first, l->wanted + l->first, l->words * sizeof *l->wanted);
}

enum dc_error refined_allows(struct refined *r, uint32_t refine, const uint64_t *s, const uint64_t *t, bool *allowed,
                             uint32_t *site) {
    uint32_t i = refine - 1, words = r->program->state_words;
    const struct ir_refine *f = &r->program->refines.at[i];
    struct mapped *m = &r->of[i];
    struct eval *e = r->eval[i];
    *allowed = true;
    if (!m->known || !dc_same(m->from, s, words)) {
        m->known = false;
        enum dc_error error = map(r, i, s, m->from, site);
        if (error) return error;
        m->known = true;
    }
    struct looking l = {.first = words, .words = f->words};
    if (!t) {
        struct ir_action act = {.body = f->init};
        l.wanted = m->from;
        memset(m->start, 0, (words + f->words) * sizeof *m->start);
        e->state = m->start;
        eval_action(e, &act, look, &l);
        *allowed = l.found;
        return DC_OK;
    }
    enum dc_error error = map(r, i, t, m->to, site);
    if (error) return error;
    if (!memcmp(m->from + words, m->to + words, f->words * sizeof *m->to)) return DC_OK;
    /* twice: dc_mix alone does not tell a step from its reverse */
    uint64_t hash = dc_mix(dc_mix(0, hash_state(m->from + words, f->words)), hash_state(m->to + words, f->words)) | 1;
    if (remembered(m, hash)) return DC_OK;
    memset(m->start, 0, words * sizeof *m->start);
    memcpy(m->start + words, m->from + words, f->words * sizeof *m->start);
    l.wanted = m->to;
    for (uint32_t k = 0; k < f->actions.n && !l.found; k++) {
        e->state = m->start;
        eval_action(e, &f->actions.at[k], look, &l);
    }
    *allowed = l.found;
    if (l.found) remember(m, hash);
    else if (l.error) *site = l.site;
    return l.found ? DC_OK : l.error;
}

enum dc_error refined_values(struct refined *r, uint32_t refine, const uint64_t *s, const uint64_t **values) {
    uint32_t site;
    *values = r->of[refine - 1].to;
    return map(r, refine - 1, s, r->of[refine - 1].to, &site);
}
