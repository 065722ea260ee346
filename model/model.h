/* The seam: everything that a search knows of a spec, and nothing else.
 *
 * Three providers implement it: generated C, the interpreter, and models written by hand in C for the engine's tests.
 * A state is `state_words` 64-bit words, packed and canonical: equal states, equal words. Successors of a state have
 * one defined order, the same for all providers; the ordinal in it identifies a step for replay.
 *
 * Threads: a model is immutable; each thread works with its own dc_worker from `open`.
 * Ownership: the search owns all state memory; the model appends to a dc_out and calls its `flush` when it is full. */
#ifndef DC_MODEL_MODEL_H
#define DC_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct formula; /* model/formula.h */

enum { DC_ABI = 6 };

enum dc_kind { DC_INVARIANT, DC_INITIALLY, DC_STEP, DC_REACHABLE, DC_FINAL, DC_CUT, DC_TEMPORAL };

/* How a step or a predicate can fail to have a value. The order is part of the text form of the IR. */
enum dc_error {
    DC_OK,
    DC_RANGE,    /* a value outside the range it is stored in */
    DC_CAPACITY, /* more elements than a sequence, bag or set may hold */
    DC_INDEX,    /* an index outside a sequence */
    DC_EMPTY,    /* choose, min, max or head of nothing */
    DC_NONE,     /* `none` used as a value */
    DC_DIVISION, /* by zero */
    DC_OVERFLOW, /* beyond 64 bits */
    DC_ASSERT,
    DC_MATCH,     /* no arm of a match fits */
    DC_AMBIGUOUS, /* not an error of the spec: which of several is meant shows the order of a symmetric type */
    DC_STOP_CUT,  /* not an error: the step leaves the bounds of the search */
    DC_BLOCKED,   /* not an error: this successor does not exist */
};

struct dc_pred {
    const char *name;
    enum dc_kind kind;
    const struct formula *formula; /* not NULL: about behaviours or possibility, decided on the graph */
};

struct dc_action {
    const char *name, *process, *title, *fault_name; /* title: server: on Vote; fault_name: crash, lose, ... or NULL */
    bool harm;                                       /* a fault that takes something away: no way out of a stop */
    bool fault, fairable, received; /* fairable: an assumption of fairness may name it; received: it takes a message */
    uint64_t
        affects; /* predicates (bits) that read what this action writes: the others keep their value over its steps */
};

/* Fairness: one obligation for each process that the actions have, or (per_key) for each of their keys. Weak: not for
 * ever able without doing; strong: not for ever again able without doing. */
struct dc_fair {
    const char *name;
    bool strong, per_key;
    const uint32_t *actions;
    uint32_t n;
};

/* One record a successor, in step with the states: `ordinal` counts the successors of one state from 0. */
struct dc_step {
    uint32_t from; /* index of the expanded state in the call */
    uint32_t ordinal;
    uint16_t action;
    uint16_t error; /* enum dc_error; DC_STOP_CUT: beyond a bound, else no successor state */
    uint32_t site;  /* index of the place in the spec */
};

struct dc_out {
    uint64_t *states;
    struct dc_step *steps;
    uint64_t
        *keys; /* NULL: not wanted; else two a record, of steps with a successor or beyond a bound: which process, and a
                  mix of what distinguishes the instances of the action (its message, or the names that it binds) */
    uint32_t n, cap;
    uint32_t from, ordinal;         /* of the next record; the model counts ordinal up and resets it for each state */
    void (*flush)(struct dc_out *); /* takes all n records and sets n to 0 */
    void *self;
};

struct dc_worker; /* scratch memory of one thread, private to the provider */

struct dc_model {
    uint32_t abi, state_words, n_actions, n_preds;
    uint64_t meaning; /* hash of the IR: providers of one spec agree */
    const struct dc_action *actions;
    const struct dc_pred *preds; /* at most 64 that a search tests */
    void *self;
    struct dc_worker *(*open)(const struct dc_model *);
    void (*close)(const struct dc_model *, struct dc_worker *);
    void (*init)(const struct dc_model *, struct dc_worker *, struct dc_out *);
    /* All successors of the n states, in order; steps without a value are records with an error. */
    void (*expand)(const struct dc_model *, struct dc_worker *, const uint64_t *states, uint32_t n, struct dc_out *);
    /* Tests the predicates in `want` (bits by index) on one state: *holds gets the bits that hold. On failure returns
     * the error of the first that has no value, with its index and site. */
    enum dc_error (*test)(const struct dc_model *, struct dc_worker *, const uint64_t *state, uint64_t want,
                          uint64_t *holds, uint32_t *pred, uint32_t *site);
    /* The same for predicates of two states (DC_STEP). */
    enum dc_error (*test_step)(const struct dc_model *, struct dc_worker *, const uint64_t *s, const uint64_t *t,
                               uint64_t want, uint64_t *holds, uint32_t *pred, uint32_t *site);
    /* The atoms of temporal formulas that hold of a state: n_atoms bits, in whole words. */
    uint32_t n_atoms, n_fairs;
    const struct dc_fair *fairs;
    enum dc_error (*atoms)(const struct dc_model *, struct dc_worker *, const uint64_t *state, uint64_t *bits,
                           uint32_t *atom, uint32_t *site); /* on failure: which atom has no value, and where */
    /* Reduction by symmetric types, unless `elements` is 0: of these, those of a type may be exchanged for each other.
     * canonical: replaces the state by the representative of all that come from it by exchange; `perm` (elements, or
     * NULL) gets what every element became; false: one of several representatives. permute: renames accordingly. */
    uint32_t elements;
    const uint8_t *first_alike; /* by element: the first of its type */
    bool (*canonical)(const struct dc_model *, struct dc_worker *, uint64_t *state, uint8_t *perm);
    void (*permute)(const struct dc_model *, struct dc_worker *, const uint64_t *from, const uint8_t *perm,
                    uint64_t *to);
};

#endif
