/* What explain.c knows of telling steps and states, for its neighbour that runs scenarios; private to compiler/. Texts
 * live in the arena of the story that the teller writes. */
#ifndef DC_COMPILER_TELLER_H
#define DC_COMPILER_TELLER_H

#include "compiler/eval.h"
#include "compiler/explain.h"
#include "compiler/flight.h"

struct step { /* one step, in a form that can be looked for from another state */
    uint32_t action;
    uint64_t self;
    const struct type *self_type;
    VEC(uint64_t) key; /* message, bindings and choices, as words */
    uint64_t *to;
    enum dc_error error;
    const struct ir *at;
    bool exists;
    struct dc_event event;
};

struct teller {
    const struct program *p;
    const struct sources *sources;
    struct dc_story *story;
    struct eval *e;
    struct eval_record record;
    struct flight flight;
    /* one search among the successors of a state */
    uint32_t action, ordinal, want_ordinal;
    const struct step *want;
    struct step *got;
    bool tell; /* and then it leads where the wanted one does: two steps may be named alike */
};

const char *tell_value(struct teller *, const struct type *, uint64_t value);
const char *tell_message(struct teller *, const struct type *, uint64_t message);
const char *tell_end(struct teller *, const struct type *, uint64_t message, const char *end); /* "from" or "to" */
const char *tell_process(struct teller *, int process, uint64_t self);
const char *tell_snippet(struct teller *, struct span); /* of the source, in one line */
const char *tell_place(struct teller *, struct span);   /* file:line:col */
/* The step that the interpreter has just made. With t->tell: in words. */
void tell_describe(struct teller *, struct eval *, const struct ir_action *, struct step *, enum dc_error);
/* The values of a state, and where `before` is given what has changed. */
void tell_states(struct teller *, struct dc_event *, const uint64_t *now, const uint64_t *before);
bool tell_truth(struct teller *, const struct ir *, bool *known);
void tell_why(struct teller *, const struct ir *, bool wanted, int depth); /* adds to the story's reasons */
/* Why an action of the process whose id is bound does nothing here. */
const char *tell_block(struct teller *, const struct ir_action *);
bool tell_flag(const struct teller *, const char *flag, int process, uint32_t instance, const uint64_t *state,
               bool none);
bool tell_gens(struct teller *, const struct ir *, bool (*body)(struct eval *, void *), void *self);

#endif
