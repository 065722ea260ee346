/* The interpreter: the reference meaning of the IR. It walks the tree; there is no other form to get out of step with.
 *
 * An evaluation error leaves through setjmp/longjmp inside this file and comes out as a value of enum dc_error.
 * A narrow value is passed as a word, a wide one as a pointer (cast) to words that live until eval_reset. */
#ifndef DC_COMPILER_EVAL_H
#define DC_COMPILER_EVAL_H

#include <setjmp.h>

#include "compiler/ir.h"

struct eval_record {            /* what a replay wants to know about one step */
    VEC(struct ir *) sent;      /* SENDS nodes, in order */
    VEC(uint64_t *) sent_value; /* their messages, copied */
    struct arena arena;
};

struct eval_seen {
    VEC(uint64_t) values; /* of a distinct generator, one after the other */
};

struct eval {
    const struct program *program;
    const uint64_t *state, *next; /* next: for primed variables */
    uint64_t *target;             /* the state being written by statements */
    uint32_t words;               /* of state and target */
    uint64_t *locals;             /* slot s at locals[slot_at[s]] */
    uint32_t *slot_at;
    uint64_t *scratch;
    size_t top, scratch_words;
    jmp_buf *escape;
    enum dc_error error;
    const struct ir *at; /* the node that failed */
    /* choices of the current run of a body: an odometer */
    uint32_t *choice, *choices;
    uint32_t n_choices, depth, choice_cap;
    uint64_t **bindings;        /* by wheel of a pick: the names of every binding, so that each costs O(1) */
    VEC(struct eval_seen) seen; /* a stack, as deep as loops with distinct generators are nested */
    uint32_t seen_used;
    uint64_t fuel; /* bindings that loops may still make, or 0: no bound */
    struct eval_record *record;
    struct eval *parent;
    /* coverage: how often each point was reached, two numbers a point; NULL: not wanted. What a step passes is counted
     * when it has its successor; until then it waits. */
    uint64_t *counts;
    VEC(uint32_t) waiting;
    bool in_step;
};

struct eval *eval_open(const struct program *);
void eval_close(struct eval *);
static inline void eval_reset(struct eval *e) {
    e->top = 0;
    e->seen_used = 0;
}

/* Evaluates a closed expression. Narrow: *out; wide: *out is a pointer into e's scratch. */
enum dc_error eval_expr(struct eval *, const struct ir *, uint64_t *out);

/* Calls `emit` for each successor that action `a` (or, if NULL, init) has from e->state, in order. The successor is in
 * e->target. An error ends the enumeration of this action and is passed to emit, with e->at. */
typedef void eval_emit(void *self, struct eval *, enum dc_error);
void eval_action(struct eval *, const struct ir_action *a, eval_emit *, void *self);

/* Runs the generators of a node, calling `body` for each binding until it returns true. */
bool eval_gens(struct eval *, const struct ir_gen *, uint32_t n, bool (*body)(struct eval *, void *), void *self);

/* A model (the seam) whose successors come from the interpreter. The program must outlive it. */
struct dc_model *eval_model(const struct program *);
/* Of a program with points of coverage: twice as many counts as points, complete when all workers are closed. */
const uint64_t *eval_model_counts(const struct dc_model *);
/* The same, watched: `see` gets every state that is expanded, from the worker to which `open` has given its context.
 * The time that each action takes, without that for what becomes of its successors, is measured. */
struct eval_watch {
    void *self;
    void *(*open)(void *self);
    void (*see)(void *context, const uint64_t *state);
    void (*close)(void *self, void *context); /* after the last state of the worker */
};
struct dc_model *eval_model_watched(const struct program *, const struct eval_watch *);
const double *eval_model_seconds(const struct dc_model *); /* by action, complete when all workers are closed */
void eval_model_free(struct dc_model *);

/* values by type */
uint64_t value_rank(const struct type *, uint64_t value);
uint64_t value_unrank(const struct type *, uint64_t rank, uint64_t *words); /* words: space if wide */
uint64_t value_load(const struct type *, const uint64_t *words, uint32_t word, uint32_t shift); /* wide: pointer */
void value_store(const struct type *, uint64_t *words, uint32_t word, uint32_t shift, uint64_t value);
bool value_same(const struct type *, uint64_t a, uint64_t b);
bool value_valid(const struct type *, uint64_t value); /* whether these bits are a value of the type */
uint64_t value_field(const struct type *owner, uint64_t value, const struct field *);
uint32_t value_tag(const struct type *, uint64_t value);
uint32_t value_size(const struct type *, uint64_t value);
/* Element i of a list-like value or map; sets by bits are walked with value_rank order. */
uint64_t value_element(const struct type *, uint64_t value, uint32_t i, uint64_t *words);
/* Writes the value as the language does. */
void value_print(const struct program *, const struct type *, uint64_t value, struct arena *, char **text, size_t *n);

#endif
