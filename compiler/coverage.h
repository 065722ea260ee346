/* Coverage: points of the spec whose execution is counted in a run of the interpreter.
 *
 * A program compiled with options->coverage has, at each point, a node that counts: MARK is a statement, PROBE passes
 * on the value of an expression. Nothing else changes, so that such a program has the same states as the usual one; but
 * it is simplified less, and only the interpreter counts. A program compiled without has no such nodes.
 *
 * What a step does is counted when it has a successor: a step that a `pick` without a value or a full network blocks
 * did not happen. Points are told apart by kind and place, so that several programs of one spec (its checks; a module
 * that is imported twice; a step and its cut by a crash) can be added up. */
#ifndef DC_COMPILER_COVERAGE_H
#define DC_COMPILER_COVERAGE_H

#include "compiler/compile.h"

enum point_kind {
    POINT_STEP,     /* an action, a handler, a timeout or a tick */
    POINT_SENT,     /* a kind of message */
    POINT_RECEIVED, /* the same, by a handler */
    POINT_GUARD,    /* a conjunct of a `when`; counts how often true, how often false */
    POINT_BRANCH,   /* of an if, a match, an either; the body of a loop */
    POINT_IMPLIES,  /* in a property: what stands left of `implies` was true */
    POINT_FORALL,   /* in a property: there was something to claim it of */
    POINT_LEADSTO,  /* in a property: what stands left of `leadsto` was true */
    POINT_CUT,      /* a `cut` held */
};

struct point {
    enum point_kind kind;
    struct span span;  /* what a report shows */
    struct span whole; /* what cannot be reached without it: points inside are not reported, too */
    const char *text;  /* its name */
    const char *in;    /* of a property: its name */
    bool steps;        /* of a property about steps: it is asked where something changes */
    uint64_t yes, no;  /* of an expression that is no truth value, and of a statement, `no` stays 0 */
};

/* What the checks of a spec have counted so far; owned by the caller. */
struct coverage {
    VEC(struct point) points;
};

/* Adds what a model of the interpreter has counted to `c`; the model's workers are closed. */
void coverage_add(struct coverage *, const struct program *, const uint64_t *counts);

/* How many points of a kind (or two) there are, and how many were reached. */
void coverage_count(const struct coverage *, enum point_kind, uint32_t *all, uint32_t *reached);

/* Adds warnings about what was never reached, in the order of the text. Returns how many. */
uint32_t coverage_report(struct coverage *, struct front *);
void coverage_free(struct coverage *);

/* Makes a temporal property one of states, whose parts are evaluated in every state, as they are for the graph of
 * behaviours: what is true nowhere is found out without that. */
void coverage_flatten(struct program *);

#endif
