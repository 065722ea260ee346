/* Temporal formulas brought into the form in which they are decided.
 *
 * Ownership: what is made lives in the arena. No failure (base/mem.h). */
#ifndef DC_CHECKER_SHAPE_H
#define DC_CHECKER_SHAPE_H

#include "base/mem.h"
#include "model/formula.h"

const struct formula *shape(struct arena *, enum formula_op, const struct formula *, const struct formula *);
const struct formula *shape_opposite(struct arena *, const struct formula *);
/* Negation pushed inwards as far as operators have a dual here; until keeps its own. */
const struct formula *shape_plain(struct arena *, const struct formula *);

/* A violation is a behaviour that, from a state in `start` on (NULL: an initial one; anywhere: any), stays in `stay`
 * for ever and visits `visit` again and again; or a reachable state outside `all`; or, of none of these forms, one that
 * violates `general`. */
struct problem {
    const struct formula *start, *stay, *visit;
    bool anywhere;
    const struct formula *all; /* of every state, or (initially) of the first ones */
    bool initially;
    const struct formula *general;
};
/* Of a plain formula that is no conjunction. */
struct problem shape_problem(struct arena *, const struct formula *);

#endif
