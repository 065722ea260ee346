/* The behaviour graph: what a search records so that questions about whole behaviours can be answered afterwards.
 *
 * While a search runs, each worker appends what it finds to streams of its own; graph_build then numbers the states in
 * the order in which one worker alone would have met them, which no race can change, and packs the edges. Steps that
 * change nothing are left out; every state may stutter. An edge keeps a label: the action, the process and a key, so
 * that fairness can be told per instance.
 *
 * Packed edges of a state, in the order of its steps: how many, then for each the difference to the one before (first:
 * to the state itself) and the label, all as variable-length integers: some 4 bytes an edge. An edge from a state to
 * itself stands for steps that leave what was explored (a cut): they are enabled, but lead nowhere.
 *
 * Threads: recorder_* may be called by many workers, each with its own index; recorder_grow and the rest by one alone.
 * Ownership: a graph owns its arrays. Errors: functions that return bool return false for lack of memory. */
#ifndef DC_CHECKER_GRAPH_H
#define DC_CHECKER_GRAPH_H

#include <stdatomic.h>
#include <stddef.h>

#include "model/model.h"

#define GRAPH_NONE UINT32_MAX
#define GRAPH_OPEN UINT64_MAX

struct graph_label {
    uint32_t action;
    uint64_t process, key;
};

struct graph {
    uint32_t n, n_initial;
    uint64_t n_edges;
    uint64_t *fp;   /* by state */
    uint64_t *at;   /* by state: where its edges begin in bytes; GRAPH_OPEN: it was not expanded */
    uint8_t *bytes; /* packed edges */
    uint64_t n_bytes;
    uint64_t *atoms; /* atom_words a state */
    uint32_t atom_words;
    bool partial; /* something was not explored */
    struct graph_label *labels;
    uint32_t n_labels;
};

struct recorder;
struct recorder *recorder_new(uint32_t workers, uint32_t n_atoms);
void recorder_free(struct recorder *);
uint64_t recorder_bytes(const struct recorder *);
uint64_t recorder_capacity(const struct recorder *);
bool recorder_grow(struct recorder *, uint64_t slots);
void recorder_prefetch(const struct recorder *, uint64_t fp);

/* Whether the state is new, and its number for the recorder. `atoms` is called for by recorder_atoms then. */
bool recorder_insert(struct recorder *, uint32_t worker, uint64_t fp, uint32_t level, uint32_t *id);
uint64_t *recorder_atoms(struct recorder *, uint32_t worker); /* of the state inserted last: to be filled */

/* The steps of one state, between begin and end. */
void recorder_begin(struct recorder *, uint32_t worker, uint32_t id);
void recorder_edge(struct recorder *, uint32_t worker, uint32_t to, uint32_t action, const uint64_t key[2]);
void recorder_out(struct recorder *, uint32_t worker, uint32_t action, const uint64_t key[2]); /* beyond a cut */
void recorder_end(struct recorder *, uint32_t worker);

/* Alone, after the search. Takes the recorder apart. */
void graph_build(struct recorder *, struct graph *);
void graph_free(struct graph *);
uint64_t graph_bytes(const struct graph *);

static inline uint64_t graph_varint(const uint8_t **p) {
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t b = *(*p)++;
        v |= (uint64_t)(b & 127) << shift;
        if (b < 128) return v;
    }
}

/* for (struct graph_edges e = graph_edges(g, s); graph_next(&e);) ... e.to, e.label */
struct graph_edges {
    const uint8_t *p;
    uint32_t left, to, label;
};
static inline struct graph_edges graph_edges(const struct graph *g, uint32_t s) {
    struct graph_edges e = {.to = s};
    if (g->at[s] == GRAPH_OPEN) return e;
    e.p = g->bytes + g->at[s];
    e.left = (uint32_t)graph_varint(&e.p);
    return e;
}
static inline bool graph_next(struct graph_edges *e) {
    if (!e->left) return false;
    e->left--;
    uint64_t d = graph_varint(&e->p);
    e->to += (uint32_t)((d >> 1) ^ -(d & 1));
    e->label = (uint32_t)graph_varint(&e->p);
    return true;
}
static inline bool graph_atom(const struct graph *g, uint32_t s, uint32_t atom) {
    return g->atoms[(size_t)s * g->atom_words + atom / 64] >> (atom % 64) & 1;
}

#endif
