/* Whether states and steps of a program are those of the module that it refines, by the interpreter.
 *
 * A step (s, t) is allowed if the mapped variables of M do not change, or if some action of M leads from those of s to
 * those of t. Pairs that were found to be allowed are remembered by a 64-bit hash.
 *
 * Ownership: one for each thread. Errors: an error in the mapping or in M is returned, with its site; M's own ranges
 * are claims too. Complexity: one evaluation of the mapping a state, one expansion of M for each new pair. */
#ifndef DC_COMPILER_REFINED_H
#define DC_COMPILER_REFINED_H

#include "compiler/eval.h"

struct refined *refined_open(const struct program *);
void refined_close(struct refined *);

/* refine: number in the program, from 1. t NULL: is s an initial state of M? */
enum dc_error refined_allows(struct refined *, uint32_t refine, const uint64_t *s, const uint64_t *t, bool *allowed,
                             uint32_t *site);

/* The state with M's variables behind it (state_words + words of the refinement); valid until the next call. */
enum dc_error refined_values(struct refined *, uint32_t refine, const uint64_t *s, const uint64_t **values);

#endif
