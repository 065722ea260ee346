/* Walking a space (fair.h), for what looks for components and for cycles in it. */
#ifndef DC_CHECKER_SPACE_H
#define DC_CHECKER_SPACE_H

#include "checker/fair.h"

static inline uint32_t space_state(const struct space *s, uint32_t node) {
    return s->state_of ? s->state_of[node] : node;
}

/* The label of the base; GRAPH_NONE: stuttering. */
static inline uint32_t space_label(const struct space *s, uint32_t label) {
    return s->label_of ? s->label_of[label] : label;
}

/* Whether a step from `from` exists and leads to a node. */
static inline bool space_leads(const struct space *s, uint32_t from, const struct graph_edges *e) {
    if (e->to == from && !s->state_of) return false; /* leads out of what was explored */
    uint32_t l = space_label(s, e->label);
    return l == GRAPH_NONE || !s->rules->dropped[l];
}

/* The next step that exists inside the space. */
static inline bool space_next(const struct space *s, uint32_t from, struct graph_edges *e) {
    while (graph_next(e))
        if (space_leads(s, from, e) && s->in[e->to]) return true;
    return false;
}

/* Sets of obligations as stamps: a member has the current number. */
struct marks {
    uint32_t *at, now;
};

/* The obligations that a node enables; `each`, if not NULL, is called once for each. */
static inline void space_enabled(const struct space *s, uint32_t node, struct marks *m, void (*each)(void *, uint32_t),
                                 void *self) {
    const struct fair_rules *r = s->rules;
    m->now++;
    for (struct graph_edges e = graph_edges(s->base, space_state(s, node)); graph_next(&e);) {
        if (r->dropped[e.label]) continue;
        for (uint32_t k = r->first[e.label]; k < r->first[e.label + 1]; k++) {
            uint32_t o = r->list[k];
            if (m->at[o] == m->now) continue;
            m->at[o] = m->now;
            if (each) each(self, o);
        }
    }
}

#endif
