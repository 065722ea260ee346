/* Symmetric types: which of them may reduce the search, and why others may not.
 *
 * A spec is symmetric in a type if exchanging two of its values everywhere in a state gives a state with the exchanged
 * steps and the same verdict (Ip and Dill, "Better verification through symmetry", 1996, who make this a matter of the
 * type, the scalarset). Typing already refuses to name a value, to order values and to compute with them. What is left
 * are places where the order in which a loop goes through them shows; they are found here.
 *
 * Not thread-safe: a pass over one program. */
#ifndef DC_COMPILER_SYMMETRY_H
#define DC_COMPILER_SYMMETRY_H

#include "compiler/ir.h"

/* Decides for each symmetric type of the program whether it reduces (p->symmetric; nothing is decided without a call).
 * Where a choice depends on the order only if there are several candidates, the node is marked `whole`: then it is an
 * error (DC_AMBIGUOUS) to have several, and the search must be done again without the reduction.
 * After `sparse`, before `narrow`: constants made there depend on the order and mean nothing. */
void symmetry(struct program *, const struct span *ambiguous, uint32_t n); /* known from searches before this one */

#endif
