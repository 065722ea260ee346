/* Canonical representatives under exchange of the values of symmetric types.
 *
 * Values that may be exchanged are *elements*, numbered through over all reduced types. A permutation maps each to one
 * of the same type. The representative of a state is the state itself with its elements renamed:
 *
 *   1. each element gets a colour: a hash of where it occurs, in which other elements count by their colour only;
 *      repeated until no more colours appear (colour refinement);
 *   2. elements of equal colour which can be exchanged without changing the state need no order;
 *   3. of what is left, one element after the other is singled out and refined again, as in a canonical labelling of
 *      graphs (McKay, "Practical graph isomorphism", 1981); the least state of all that come out is the representative.
 *
 * So all states of an orbit have one representative, unless a state is so regular that step 3 would take more than
 * ORBIT_LEAVES states; then the branches that are left are not tried, which is sound and may keep several
 * representatives of one orbit. A collision of two colours does no more harm than that.
 *
 * Memory: a fixed amount for each job. Time: O(size of the state) for most states. Thread-safe with a job for each. */
#ifndef DC_COMPILER_ORBIT_H
#define DC_COMPILER_ORBIT_H

#include "compiler/ir.h"

enum { ORBIT_ELEMENTS = 255, ORBIT_LEAVES = 512 };

struct orbits;
struct orbit_job;

/* For the reduced types of p->symmetric, laid out; NULL if there are none. */
struct orbits *orbits_new(const struct program *);
void orbits_free(struct orbits *);
uint32_t orbit_elements(const struct orbits *);
const uint8_t *orbit_first(const struct orbits *); /* by element: the first of its type */

struct orbit_job *orbit_open(const struct orbits *);
void orbit_close(struct orbit_job *);
/* Replaces the state by its representative; `perm` (or NULL) gets what every element became. False: not tried out. */
bool orbit_canonical(struct orbit_job *, uint64_t *state, uint8_t *perm);
/* to := from with every element renamed; they must not overlap. */
void orbit_permute(struct orbit_job *, const uint64_t *from, const uint8_t *perm, uint64_t *to);

/* Questions of the analysis (symmetry.c), before there is a layout: whether no exchange of two values of the type
 * changes the constant; whether a constant maps the keys of a map to its live cells; and live cells go to live cells.
 */
bool orbit_keeps(struct orbit_job *, const struct ir *constant, const struct type *sym);
bool orbit_is_cell_table(const struct ir_var *, const struct ir *constant);
bool orbit_cells_closed(struct orbit_job *, const struct ir_var *);

#endif
