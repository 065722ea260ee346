/* The behaviour graph: what a search records so that questions about whole behaviours can be answered afterwards.
 *
 * While a search runs, each worker packs the steps of the states that it expands into pages of its own; graph_build
 * only gathers them. Which state has which number then depends on the race, so a graph as built serves to decide, and
 * graph_order makes the one that is shown: its numbers are those that one worker alone would have given. Steps that
 * change nothing are left out; every state may stutter. A step keeps a label: the action, the process and a key, so
 * that fairness can be told per instance.
 *
 * Packed steps of a state, in order: for each the label + 1 and the difference of its target to the one before (first:
 * to the state itself), as variable-length integers, then 0: some 4 bytes a step. A step from a state to itself stands
 * for what leaves the explored part (a cut): it is enabled, but leads nowhere.
 *
 * Threads: recorder_* may be called by many workers, each with its own index; recorder_grow and the rest by one alone,
 * whom a crew may help. Ownership: a graph owns its arrays. Errors: functions that return bool return false for lack of
 * memory. */
#ifndef DC_CHECKER_GRAPH_H
#define DC_CHECKER_GRAPH_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/mem.h"
#include "checker/fpset.h"
#include "model/model.h"

#define GRAPH_NONE UINT32_MAX

#ifdef DC_SMALL
enum { GRAPH_CHUNK = 4 };
#else
enum { GRAPH_CHUNK = 1024 };
#endif

struct graph_label {
    uint32_t action;
    uint64_t process, key;
};

/* Of GRAPH_CHUNK states with adjacent numbers. */
struct graph_chunk {
    const uint8_t *steps[GRAPH_CHUNK]; /* NULL: not expanded */
    uint64_t fp[GRAPH_CHUNK];          /* 0: this number stands for no state; unused in a product */
    uint64_t atoms[];                  /* atom_words a state */
};

struct graph {
    uint32_t n, n_states, n_initial; /* numbers lie below n; the first n_initial are the initial states */
    uint64_t n_edges, n_bytes;
    struct graph_chunk **chunks;
    uint32_t n_chunks, atom_words;
    bool partial; /* something was not explored */
    bool ordered; /* numbered as one worker would */
    struct graph_label *labels;
    uint32_t n_labels;
    VEC(uint8_t *) pages; /* the packed steps */
};

struct recorder;
struct recorder *recorder_new(uint32_t workers, uint32_t n_atoms);
void recorder_free(struct recorder *);
uint64_t recorder_bytes(const struct recorder *);
uint64_t recorder_capacity(const struct recorder *);
bool recorder_grow(struct recorder *, uint64_t slots, const struct fpset_crew *); /* NULL: alone */
void recorder_prefetch(const struct recorder *, uint64_t fp);

/* Whether the state is new, and its number. Initial states are inserted by worker 0 before all others. */
bool recorder_insert(struct recorder *, uint32_t worker, uint64_t fp, bool initial, uint32_t *id);
uint64_t *recorder_atoms(struct recorder *, uint32_t id); /* of a state that this worker inserted: to be filled */

/* The steps of one state, between begin and end. */
void recorder_begin(struct recorder *, uint32_t worker, uint32_t id);
void recorder_edge(struct recorder *, uint32_t worker, uint32_t to, uint32_t action, const uint64_t key[2]);
void recorder_out(struct recorder *, uint32_t worker, uint32_t action, const uint64_t key[2]); /* beyond a cut */
void recorder_end(struct recorder *, uint32_t worker);

/* Alone, after the search. Takes the recorder apart. */
void graph_build(struct recorder *, struct graph *);
void graph_order(const struct graph *, struct graph *ordered);
void graph_free(struct graph *);
uint64_t graph_bytes(const struct graph *);

/* Packs the steps of one node after the other; the pages are then the graph's. */
struct edge_writer {
    uint8_t *at, *end, *begin; /* begin: of the node's */
    VEC(uint8_t *) pages;
    uint64_t n_bytes, n_edges, page_bytes;
    uint32_t last;
};
void edges_begin(struct edge_writer *, uint32_t node);
void edges_add(struct edge_writer *, uint32_t to, uint32_t label);
const uint8_t *edges_end(struct edge_writer *);
void graph_add_pages(struct graph *, struct edge_writer *);

/* Makes room for numbers below n. */
void graph_reserve(struct graph *, uint32_t n);

static inline const uint8_t *graph_steps(const struct graph *g, uint32_t s) {
    return g->chunks[s / GRAPH_CHUNK]->steps[s % GRAPH_CHUNK];
}
static inline bool graph_expanded(const struct graph *g, uint32_t s) { return graph_steps(g, s) != NULL; }
static inline uint64_t graph_fp(const struct graph *g, uint32_t s) {
    return g->chunks[s / GRAPH_CHUNK]->fp[s % GRAPH_CHUNK];
}
static inline bool graph_exists(const struct graph *g, uint32_t s) { return graph_fp(g, s) != 0; }

static inline uint64_t graph_varint(const uint8_t **p) {
    uint64_t v = *(*p)++;
    if (v < 128) return v;
    v &= 127;
    for (unsigned shift = 7;; shift += 7) {
        uint8_t b = *(*p)++;
        v |= (uint64_t)(b & 127) << shift;
        if (b < 128) return v;
    }
}

/* for (struct graph_edges e = graph_edges(g, s); graph_next(&e);) ... e.to, e.label */
struct graph_edges {
    const uint8_t *p;
    uint32_t to, label;
};
static inline struct graph_edges graph_edges(const struct graph *g, uint32_t s) {
    static const uint8_t none = 0;
    const uint8_t *p = graph_steps(g, s);
    return (struct graph_edges){.p = p ? p : &none, .to = s};
}
static inline bool graph_next(struct graph_edges *e) {
    uint64_t label = graph_varint(&e->p);
    if (!label) {
        e->p--; /* asked again, it says no again */
        return false;
    }
    uint64_t d = graph_varint(&e->p);
    e->to += (uint32_t)((d >> 1) ^ -(d & 1));
    e->label = (uint32_t)label - 1;
    return true;
}
static inline bool graph_atom(const struct graph *g, uint32_t s, uint32_t atom) {
    const struct graph_chunk *c = g->chunks[s / GRAPH_CHUNK];
    return c->atoms[(size_t)(s % GRAPH_CHUNK) * g->atom_words + atom / 64] >> (atom % 64) & 1;
}

#endif
