/* Fair cycles in a behaviour graph: emptiness of Streett conditions on strongly connected components.
 *
 * Fairness never enters a formula. A component (Tarjan, 1972) is fair if each weak obligation is either taken by a step
 * inside or not enabled in some state, and each strong one is taken or enabled nowhere; where a strong one fails, the
 * states that enable it are taken out and the rest is searched again (Emerson and Lei, "Modalities for model checking",
 * 1987). k obligations cost O(k) rounds at most, usually one to three, not 2^k. Every state may stutter, so a state
 * that enables no obligation is a fair component by itself.
 *
 * The same search serves products with an automaton: a space then has labels of its own, with marks, and its steps that
 * stay in place are real.
 *
 * Ownership: what *_build fills is let go by *_free; the result of fair_components is the caller's (mem_free). */
#ifndef DC_CHECKER_FAIR_H
#define DC_CHECKER_FAIR_H

#include "base/mem.h"
#include "checker/graph.h"

struct obligation {
    uint32_t fair; /* index of the entry */
    bool strong;
    uint64_t process, key;
};

struct fair_rules {
    VEC(struct obligation) obligations;
    uint32_t *first, *list; /* obligations of label l: list[first[l] .. first[l + 1]] */
    bool *dropped;          /* by label: this step does not exist (an assumption) */
};

/* The obligations of the model's entries on the labels of a graph. `extra` (or NULL) is one entry more, to try it;
 * `strong` makes entry number that strong (n_fairs or more: none); steps of the fault `without` (or NULL) are dropped.
 */
struct fair_trial {
    const struct dc_fair *extra;
    uint32_t strong;
    const char *without;
};
void fair_rules_build(struct fair_rules *, const struct dc_model *, const struct graph *, const struct fair_trial *);
void fair_rules_free(struct fair_rules *);

/* What others may look at, and ask, while components are searched for. */
struct fair_watch {
    const atomic_int *stop; /* or NULL; not 0: give up */
    _Atomic uint64_t visited;
    bool stopped; /* it gave up: what it returned means nothing */
};

struct space {
    const struct graph *steps, *base; /* base: the behaviour graph; the same as steps unless this is a product */
    const struct fair_rules *rules;   /* by label of the base */
    const uint32_t *state_of;         /* product: state of the base, by node */
    const uint32_t *label_of;         /* product: label of the base, by label; GRAPH_NONE: stuttering */
    const uint64_t *postponed;        /* product: by label */
    uint64_t untils;                  /* product: each must again and again not be postponed */
    const uint8_t *in;                /* by node: belongs to the space */
    const uint8_t *roots;             /* by node, or NULL, for all: cycles that can be reached from these inside */
    const uint8_t *visit;             /* by node, or NULL: one of these must be in the cycle */
    struct fair_watch *watch;         /* or NULL */
    uint32_t workers;                 /* threads, for fair_exists; 0 counts as 1 */
};

/* Whether there is a fair cycle: by several workers, from the back (components.c). */
bool fair_exists(const struct space *);

/* By node: 0, or the number of the fair component to which it belongs. NULL: there is none. By one thread, in an order
 * that depends on the numbers only. O(steps) a round. */
uint32_t *fair_components(const struct space *);

/* A cycle in the component of `from`, from it and back, that honours every obligation. nodes[0] is `from`; labels[i]
 * leads from nodes[i] to nodes[i + 1], the last one back to `from`. No labels at all: `from` for ever. */
struct cycle {
    VEC(uint32_t) nodes;
    VEC(uint32_t) labels;
};
void fair_cycle(const struct space *, const uint32_t *component, uint32_t from, struct cycle *);

#endif
