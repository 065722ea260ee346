/* Linear temporal logic: formulas as automata, and their meaning on a lasso.
 *
 * Automata are generalised Büchi automata with the acceptance on the transitions, built by expanding formulas (Gerth,
 * Peled, Vardi, Wolper, "Simple on-the-fly automatic verification of linear temporal logic", 1995; promises on
 * transitions as in Couvreur, "On-the-fly verification of linear temporal logic", 1999). A state of the automaton is
 * the set of formulas that the rest of a behaviour has to satisfy. Parts without temporal operators are propositions:
 * the caller says which hold.
 *
 * Ownership: an automaton owns what it hands out, until automaton_free. Not thread-safe: states are expanded on demand.
 * Complexity: exponential in the number of temporal operators; formulas of more than 64 parts are refused. */
#ifndef DC_CHECKER_LTL_H
#define DC_CHECKER_LTL_H

#include "model/formula.h"

enum { AUTOMATON_PROPOSITIONS = 32 };

struct automaton_move {
    uint32_t yes, no;   /* propositions that must hold, and that must not, now */
    uint32_t next;      /* state */
    uint64_t postponed; /* untils whose promise is put off; each must be kept again and again */
};

struct automaton {
    const struct formula *propositions[AUTOMATON_PROPOSITIONS];
    uint32_t n_propositions;
    uint64_t untils; /* those that there are */
    struct tableau *tableau;
};

/* Of the behaviours that satisfy the formula, or (negated) violate it. False: the formula is too large. */
bool automaton_build(struct automaton *, const struct formula *, bool negated);
void automaton_free(struct automaton *);
/* The start is state 0. The moves stay valid until another state is asked for the first time. */
const struct automaton_move *automaton_moves(struct automaton *, uint32_t state, uint32_t *n);

/* Whether a part has no temporal operator but `can`. */
bool formula_is_state(const struct formula *);

/* The formula on the lasso of n positions that goes back from the last to `loop`. `holds` tells atoms and cans. */
typedef bool lasso_holds(void *self, uint32_t position, const struct formula *atom_or_can);
bool lasso_satisfies(const struct formula *, uint32_t n, uint32_t loop, lasso_holds *, void *self);

#endif
