/* Temporal properties of a program, made ready for the checker: formulas over numbered atoms (model/formula.h). */
#ifndef DC_COMPILER_TEMPORAL_H
#define DC_COMPILER_TEMPORAL_H

#include "compiler/ir.h"

/* Fills p->atoms and the formulas of the predicates that have temporal parts. Equal atoms share a number. Requires: all
 * passes done. Idempotent. */
void temporal_formulas(struct program *);

/* Whether temporal operators stand only under each other and under and, or, not, iff and if; under `can`, and where not
 * `behaviours`, only `can`. */
bool temporal_shape(const struct ir *, bool behaviours);

/* What distinguishes the instances of a fair step, in order: its message, or the names that it binds. Returns how many;
 * NULL pointers are not written. The process itself is not among them. */
uint32_t temporal_key(const struct ir_action *, const struct ir **out, uint32_t cap);

#endif
