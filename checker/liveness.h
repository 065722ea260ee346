/* Decides what is said about behaviours (temporal formulas under fairness) and about possibility (`can`) on a behaviour
 * graph, and finds the lassos and traces that show it.
 *
 * The usual forms (always, eventually, always eventually, eventually always, leads to) are searched for on the graph
 * itself; any other formula on its product with the automaton of its negation (ltl.h). On a graph that is not whole a
 * violation is real, and its absence is inconclusive.
 *
 * `stop` in the options and the memory limit are honoured: what is then undecided is OUTCOME_UNKNOWN, and r->end says
 * why.
 *
 * Ownership: findings go into the result, as all others do. Thread-safe: no. Complexity: linear in the graph for each
 * property and each round of strong fairness; the product multiplies by the automaton. */
#ifndef DC_CHECKER_LIVENESS_H
#define DC_CHECKER_LIVENESS_H

#include "checker/fair.h"
#include "checker/graph.h"
#include "checker/search.h"

/* How far it is, for another thread to read. */
struct liveness_watch {
    struct fair_watch components;
    _Atomic uint32_t done, all;
    _Atomic uint64_t states;
};

/* Sets r->outcome of every predicate in o->formulas and adds the findings. */
void liveness_check(const struct dc_model *, const struct search_options *, const struct graph *,
                    struct liveness_watch *, struct search_result *);

#endif
