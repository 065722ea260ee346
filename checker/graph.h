/* The behaviour graph: what a search records so that questions about whole behaviours can be answered afterwards.
 *
 * While a search runs, each worker packs the steps of the states that it expands into pages of its own; graph_build
 * only gathers them. Which state has which number then depends on the race, so a graph as built serves to decide, and
 * graph_order makes the one that is shown: its numbers are those that one worker alone would have given. Steps that
 * change nothing are left out; every state may stutter. A step keeps a label: the action, the process and a key, so
 * that fairness can be told per instance.
 *
 * Packed steps of a state, in order: for each a word with the label + 1 in its low byte and above it the difference of
 * its target to the state, then 0; where that is too small, three words: GRAPH_LONG, the label, the target. A step from
 * a state to itself stands for what leaves the explored part (a cut): it is enabled, but leads nowhere.
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
#include "checker/kernel.h"
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
    const uint32_t *steps[GRAPH_CHUNK]; /* NULL: not expanded */
    uint64_t fp[GRAPH_CHUNK];           /* 0: this number stands for no state; unused in a product */
    uint64_t atoms[];                   /* atom_words a state */
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
    VEC(uint32_t *) pages; /* the packed steps */
};

struct recorder;
struct recorder *recorder_new(uint32_t workers, uint32_t n_atoms);
void recorder_free(struct recorder *);
uint64_t recorder_bytes(const struct recorder *);

/* Room for so many states: before the first one, and again, alone, before there are more. */
bool recorder_reserve(struct recorder *, uint64_t states);

/* Numbers for new states, each one more than the number in the graph: at least one, in a row. Initial states come
 * first, all by worker 0. */
struct kernel_room recorder_room(struct recorder *, uint32_t worker);
/* The next n numbers of the room are those of new states with these fingerprints. */
void recorder_states(struct recorder *, uint32_t worker, const struct hash128 *print, uint32_t n, bool initial);
uint64_t *recorder_atoms(struct recorder *, uint32_t id); /* of a state of this worker: to be filled */

/* The steps of the states ids[0..sources), in the order of these, between open and close, in any number of portions.
 * numbers[i]: one more than the number of the state to which step i leads, or 0 if that is not explored; not read for
 * steps with an error, of which only those beyond a cut are kept. keys: two a step. */
void recorder_open(struct recorder *, uint32_t worker, const uint32_t *ids);
void recorder_steps(struct recorder *, uint32_t worker, const struct dc_step *steps, const uint64_t *keys,
                    const uint32_t *numbers, uint32_t n);
void recorder_close(struct recorder *, uint32_t worker, uint32_t sources);

/* Alone, after the search. Takes the recorder apart. */
void graph_build(struct recorder *, struct graph *);
void graph_order(const struct graph *, struct graph *ordered);
void graph_free(struct graph *);
uint64_t graph_bytes(const struct graph *);

/* Packs the steps of one node after the other; the pages are then the graph's. */
struct edge_writer {
    uint32_t *at, *end, *begin; /* begin: of the node's */
    VEC(uint32_t *) pages;
    uint64_t n_bytes, n_edges, page_words;
    uint32_t node;
};
void edges_begin(struct edge_writer *, uint32_t node);
void edges_add(struct edge_writer *, uint32_t to, uint32_t label);
const uint32_t *edges_end(struct edge_writer *);
void graph_add_pages(struct graph *, struct edge_writer *);

/* Makes room for numbers below n. */
void graph_reserve(struct graph *, uint32_t n);

static inline const uint32_t *graph_steps(const struct graph *g, uint32_t s) {
    return g->chunks[s / GRAPH_CHUNK]->steps[s % GRAPH_CHUNK];
}
static inline bool graph_expanded(const struct graph *g, uint32_t s) { return graph_steps(g, s) != NULL; }
static inline uint64_t graph_fp(const struct graph *g, uint32_t s) {
    return g->chunks[s / GRAPH_CHUNK]->fp[s % GRAPH_CHUNK];
}
static inline bool graph_exists(const struct graph *g, uint32_t s) { return graph_fp(g, s) != 0; }

/* for (struct graph_edges e = graph_edges(g, s); graph_next(&e);) ... e.to, e.label */
enum { GRAPH_LONG = 255 };
struct graph_edges {
    const uint32_t *p;
    uint32_t from, to, label;
};
static inline struct graph_edges graph_edges(const struct graph *g, uint32_t s) {
    static const uint32_t none = 0;
    const uint32_t *p = graph_steps(g, s);
    return (struct graph_edges){.p = p ? p : &none, .from = s};
}
static inline bool graph_next(struct graph_edges *e) {
    uint32_t step = *e->p, code = step & 255;
    if (!code) return false; /* asked again, it says no again */
    e->p++;
    if (__builtin_expect(code != GRAPH_LONG, 1)) {
        e->label = code - 1;
        e->to = e->from + (uint32_t)((int32_t)step >> 8);
    } else {
        e->label = *e->p++;
        e->to = *e->p++;
    }
    return true;
}
static inline bool graph_atom(const struct graph *g, uint32_t s, uint32_t atom) {
    const struct graph_chunk *c = g->chunks[s / GRAPH_CHUNK];
    return c->atoms[(size_t)(s % GRAPH_CHUNK) * g->atom_words + atom / 64] >> (atom % 64) & 1;
}

#endif
