/* Traces that do not depend on the number of workers.
 *
 * `parents` maps the fingerprint of a state to the least fingerprint among its parents one level up. Filling it while a
 * level is expanded is commutative (a minimum), so any interleaving of the workers gives one table. 24 bytes a state.
 */
#ifndef DC_CHECKER_TRACE_H
#define DC_CHECKER_TRACE_H

#include "checker/search.h"

struct parents;
struct parents *parents_new(uint64_t states); /* NULL: no memory */
void parents_free(struct parents *);
uint64_t parents_bytes(const struct parents *);
void parents_prefetch(const struct parents *, uint64_t fp);
/* True: fp was not there. Safe from many threads; `level` is that of the state itself. */
bool parents_insert(struct parents *, uint64_t fp, uint64_t parent, uint32_t level);

/* Follows the parents from f->state up to an initial state and replays the way down; fills the trace of f. */
void trace_build(const struct dc_model *, const struct parents *, struct finding *f);

#endif
