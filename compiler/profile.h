/* A profile: how many different values each part of the state takes, and what the states would be without it.
 *
 * It watches a model of the interpreter (eval.h), which hands it every state that is expanded, once. */
#ifndef DC_COMPILER_PROFILE_H
#define DC_COMPILER_PROFILE_H

#include "base/sketch.h"
#include "compiler/eval.h"

enum part_kind {
    PART_VARIABLE, /* a whole variable: of a process, that of all its instances together */
    PART_NETWORK,  /* the same, and messages lie in it */
    PART_CELL,     /* of a variable of each process, of a map: the values in any of its places */
    PART_FIELD,    /* of a record */
    PART_MESSAGE,  /* a kind of message: what there is of it in all networks */
    PART_MESSAGE_FIELD,
};

struct part {
    const char *name;
    enum part_kind kind;
    bool ghost;
    struct sketch values;
    struct sketch without; /* of variables, networks, kinds of message: the states, if they did not have it */
};

struct profile;
struct profile *profile_open(const struct program *);
struct eval_watch profile_watch(struct profile *); /* valid while the profile is */
/* After the model is closed: the parts, in the order of the spec, and how many states were seen. */
const struct part *profile_parts(const struct profile *, uint32_t *n, uint64_t *states);
void profile_close(struct profile *);

#endif
