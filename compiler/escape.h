/* The last step of a run that could have been another one, after which what went wrong cannot happen any more.
 *
 * For each state of the run, from the end on, each other step but faults is tried: a breadth-first search behind it, by
 * the interpreter, looks for a violation of the same property. Whole states are kept, so that "none" is exact. All
 * searches together look at ESCAPE_STATES states at most; beyond that the answer is unknown. */
#ifndef DC_COMPILER_ESCAPE_H
#define DC_COMPILER_ESCAPE_H

#include "compiler/compile.h"

enum { ESCAPE_STATES = 100000 };

struct escape {
    enum { ESCAPE_NONE, ESCAPE_FOUND, ESCAPE_UNKNOWN } outcome; /* none: whatever else is done, it stays possible */
    uint32_t at;      /* index of the state in the run that the other step goes out of */
    uint32_t ordinal; /* of that step; unknown: of the first that is not decided */
    uint32_t states;  /* found: that lie behind it */
};

/* `states`: n of the run, in order; `pred`: an invariant or a property of steps that is violated at its end. `step`: by
 * a further step out of the last state. */
void escape_find(const struct program *, const uint64_t *const *states, uint32_t n, bool step, uint32_t pred,
                 struct escape *);

#endif
