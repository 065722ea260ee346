/* The searches: level-synchronous parallel breadth-first search, and simulation.
 *
 * Whatever the number of workers, and whichever provider computes the successors, one spec gives one result: the same
 * counts, the same violation and the same trace. A level is finished before a violation in it is reported; among the
 * violations of that level the least is chosen, by (rank of the property, packed state, ordinal). The trace then comes
 * from a second run in which every state keeps the least fingerprint among its parents of the level before.
 *
 * Threads: search_run starts its own and joins them. `stop` may be set by a signal handler at any time.
 * Ownership: the result owns its arrays, freed with search_free. Errors: lack of memory is an outcome, not a failure.
 */
#ifndef DC_CHECKER_SEARCH_H
#define DC_CHECKER_SEARCH_H

#include <stdatomic.h>

#include "model/model.h"

enum search_end {
    END_EXHAUSTED,
    END_VIOLATION,
    END_DEPTH,
    END_MEMORY,
    END_INTERRUPTED,
    END_SAMPLED,
    END_ASYMMETRIC, /* the order of a symmetric type shows (at `asymmetric`): nothing is known, search without it */
};

/* What was found. Ranks order the kinds: an error in the spec comes before any property, a stop after all. */
enum finding_kind { FOUND_ERROR, FOUND_PRED, FOUND_STOP };

enum { SEARCH_ADVICE = 4 };
struct finding {
    enum finding_kind kind;
    uint32_t pred; /* FOUND_PRED; FOUND_ERROR in a predicate: its index, else UINT32_MAX */
    enum dc_error error;
    uint32_t site, action;
    bool step;               /* the last state of the trace has a failing or violating step `ordinal` out of it */
    uint32_t ordinal, level; /* level of the state, from 1 */
    bool lasso;              /* of a temporal property: the trace goes back to `loop`, or stays there for ever */
    uint32_t loop;           /* index of a state; the last state is that state again, unless it is the last itself */
    uint64_t *state;
    /* the trace: states[0] initial; actions[i], ordinals[i] lead to states[i] (actions[0] is UINT32_MAX) */
    uint32_t length;
    uint64_t *states;
    uint32_t *actions, *ordinals;
    char *advice[SEARCH_ADVICE]; /* of a lasso: single assumptions that would rule out every violation; NULL: no more */
};

/* Of a predicate about behaviours. */
enum outcome { OUTCOME_NONE, OUTCOME_HOLDS, OUTCOME_VIOLATED, OUTCOME_UNKNOWN, OUTCOME_VACUOUS };

/* While the search runs: `queue` states are in the level, of which `expanded` are done. `recent` are the sizes of the
 * last levels that are complete, the newest first; 0 where there were not so many. */
enum { SEARCH_RECENT = 4 };
struct search_progress {
    uint64_t distinct, generated, queue, expanded, memory_bytes, memory_limit;
    uint64_t recent[SEARCH_RECENT];
    uint32_t level;
    double seconds;
};

/* Behaviours: properties decided, of how many; and of the one at hand, states looked at. */
struct search_phase {
    uint32_t done, all;
    uint64_t states, visited;
};

/* Where the time of the workers goes (-profile-engine). */
enum engine_phase {
    ENGINE_SUCCESSORS, /* the model computes */
    ENGINE_SYMMETRY,   /* representatives */
    ENGINE_HASHING,    /* and asking for the lines of the set */
    ENGINE_SET,
    ENGINE_PREDICATES,
    ENGINE_FRONTIER,  /* packing and unpacking states */
    ENGINE_RECORDING, /* steps, for behaviours */
    ENGINE_GROWING,
    ENGINE_WAITING, /* for other workers */
    ENGINE_PHASES,
};
const char *engine_phase_name(enum engine_phase);

struct search_options {
    uint32_t workers;
    uint32_t depth;  /* levels, 0: no bound */
    bool keep_going; /* -continue: one finding for each property */
    bool stops;      /* look for stops */
    bool traces;
    bool profile;          /* engine_seconds are wanted */
    uint64_t preds;        /* which predicates are tested (bits) */
    uint64_t formulas;     /* which of those that have formulas; then the behaviour graph is kept */
    uint64_t memory_bytes; /* limit for the set and the frontier */
    uint32_t small_set;    /* tests: initial slots, 0 for the default */
    const atomic_int *stop;
    void (*progress)(void *self, const struct search_progress *);
    void (*phase)(void *self, const struct search_phase *); /* the same while behaviours are looked at */
    void *progress_self;
    double progress_seconds;
    const struct dc_model *(*next_model)(void *self); /* at a level barrier: another provider to go on with, or NULL */
    void *self;
    /* simulation */
    uint64_t seed, walks;
    uint32_t walk_depth;
};

struct search_result {
    enum search_end end;
    uint64_t distinct, generated, cut_states, cut_steps, unexpanded, stops_seen;
    uint32_t depth; /* levels, the initial one is 1 */
    double seconds;
    double engine_seconds[ENGINE_PHASES]; /* of all workers together */
    uint64_t memory_bytes, set_bytes;
    uint32_t fingerprint_bits; /* by which states are told apart; 0: they were not kept */
    uint64_t *levels;          /* by level: distinct states first found there; their sum is `distinct` */
    uint32_t n_levels;
    uint64_t *fired;          /* by action: successors */
    uint64_t *found_new;      /* by action: distinct states first reached by it; depends on the race, for people only */
    struct finding *findings; /* in rank order; witnesses of DC_REACHABLE are findings too */
    uint32_t n_findings;
    uint64_t walks, steps;
    enum outcome outcome[64]; /* by predicate, of those in `formulas` */
    uint64_t graph_bytes, graph_edges;
    double graph_seconds; /* spent on behaviours, after the search */
    uint64_t regular;     /* states whose orbit may have several representatives (model.h, canonical) */
    uint32_t asymmetric;  /* site */
    const char *untraced; /* why the findings have no traces though they were asked for; NULL: they have */
};

void search_run(const struct dc_model *, const struct search_options *, struct search_result *);
void search_simulate(const struct dc_model *, const struct search_options *, struct search_result *);
void search_free(struct search_result *);

#endif
