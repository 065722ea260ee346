#include "checker/lasso.h"

#include "base/mem.h"
#include "checker/fair.h"
#include "checker/ltl.h"
#include "model/out.h"
#include "model/rt.h"

/* What one state enables, and what leads from it to the next one of the cycle. */
struct enabled {
    const struct dc_model *model;
    const uint64_t *from, *to;
    VEC(struct obligation) enabled, taken;
};

static bool member(const struct obligation *list, uint32_t n, const struct obligation *o) {
    for (uint32_t i = 0; i < n; i++)
        if (list[i].fair == o->fair && list[i].process == o->process && list[i].key == o->key) return true;
    return false;
}

static void note_enabled(struct dc_out *out) {
    struct enabled *e = out->self;
    const struct dc_model *m = e->model;
    uint32_t words = m->state_words;
    for (uint32_t i = 0; i < out->n; i++) {
        const struct dc_step *s = &out->steps[i];
        const uint64_t *t = out->states + (size_t)i * words, *key = out->keys + 2 * (size_t)i;
        bool cut = s->error == DC_STOP_CUT; /* enabled, but leads nowhere */
        if (!cut && (s->error || dc_same(t, e->from, words))) continue;
        for (uint32_t f = 0; f < m->n_fairs; f++)
            for (uint32_t k = 0; k < m->fairs[f].n; k++) {
                if (m->fairs[f].actions[k] != s->action) continue;
                struct obligation o = {f, m->fairs[f].strong, key[0], m->fairs[f].per_key ? key[1] : 0};
                if (!member(e->enabled.at, e->enabled.n, &o)) VEC_PUSH(e->enabled, o);
                if (!cut && dc_same(t, e->to, words) && !member(e->taken.at, e->taken.n, &o)) VEC_PUSH(e->taken, o);
            }
    }
    out->n = 0;
}

struct positions {
    const struct dc_model *model;
    uint64_t *atoms;
    uint32_t words;
    bool has_can;
};

static bool holds_at(void *self, uint32_t position, const struct formula *f) {
    struct positions *p = self;
    if (f->op == FORMULA_ATOM) return p->atoms[(size_t)position * p->words + f->atom / 64] >> (f->atom % 64) & 1;
    p->has_can = true;
    return false;
}

static bool violates(const struct dc_model *m, struct dc_worker *w, const struct finding *f, uint32_t n) {
    struct positions p = {.model = m, .words = (m->n_atoms + 63) / 64};
    p.atoms = mem_alloc((size_t)n * (p.words + 1) * sizeof *p.atoms);
    bool known = true;
    for (uint32_t i = 0; i < n && known; i++) {
        uint32_t atom, site;
        known = !m->atoms(m, w, f->states + (size_t)i * m->state_words, p.atoms + (size_t)i * p.words, &atom, &site);
    }
    bool ok = known && !lasso_satisfies(m->preds[f->pred].formula, n, f->loop, holds_at, &p);
    mem_free(p.atoms);
    return ok || p.has_can; /* whether a `can` holds only the graph knows */
}

bool lasso_account(const struct dc_model *m, const struct finding *f, enum lasso_fairness *how, uint32_t *at) {
    uint32_t words = m->state_words, last = f->length - 1;
    bool stays = f->loop == last;
    uint32_t n = stays ? f->length : last; /* positions: the last state is the first of the cycle again */
    if (!stays && !dc_same(f->states + (size_t)f->loop * words, f->states + (size_t)last * words, words)) return false;
    struct dc_worker *w = m->open(m);
    bool ok = violates(m, w, f, n);
    struct enabled *steps = mem_alloc((n + 1) * sizeof *steps);
    struct dc_out out;
    for (uint32_t i = f->loop; i < n && ok; i++) {
        steps[i].model = m;
        steps[i].from = f->states + (size_t)i * words;
        steps[i].to = stays ? steps[i].from : f->states + (size_t)(i + 1) * words;
        out_open(&out, words, true, note_enabled, &steps[i]);
        m->expand(m, w, steps[i].from, 1, &out);
        note_enabled(&out);
        out_close(&out);
    }
    m->close(m, w);
    for (uint32_t e = 0; e < m->n_fairs; e++) {
        how[e] = LASSO_NEVER;
        at[e] = f->loop;
    }
    for (uint32_t i = f->loop; i < n && ok; i++)
        for (uint32_t k = 0; k < steps[i].enabled.n && ok; k++) {
            const struct obligation *o = &steps[i].enabled.at[k];
            uint32_t taken = GRAPH_NONE, off = GRAPH_NONE;
            for (uint32_t j = f->loop; j < n; j++) {
                if (taken == GRAPH_NONE && member(steps[j].taken.at, steps[j].taken.n, o)) taken = j;
                if (off == GRAPH_NONE && !member(steps[j].enabled.at, steps[j].enabled.n, o)) off = j;
            }
            ok = taken != GRAPH_NONE || (!o->strong && off != GRAPH_NONE);
            if (how[o->fair] == LASSO_TAKEN && taken != GRAPH_NONE) continue;
            how[o->fair] = taken != GRAPH_NONE ? LASSO_TAKEN : LASSO_DISABLED;
            at[o->fair] = taken != GRAPH_NONE ? taken + 1 : off;
        }
    for (uint32_t i = 0; i <= n; i++) {
        VEC_FREE(steps[i].enabled);
        VEC_FREE(steps[i].taken);
    }
    mem_free(steps);
    return ok;
}
