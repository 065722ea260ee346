/* A sweep: -D N=2..5 runs the checks for each value of a constant, -D N=2,3,5 for each of a list; several such, for all
 * combinations, of which the last changes fastest.
 *
 * A list is always a sweep, for no expression has a comma outside of brackets. A range is one if the constant is a
 * number; of a constant that is a set, `2..5` is the set. */
#ifndef DC_CLI_SWEEP_H
#define DC_CLI_SWEEP_H

#include "cli/options.h"
#include "compiler/compile.h"

/* Whether the command line asks for a sweep of this spec. */
bool sweep_wanted(struct front *, const struct options *);
/* Runs it, prints and writes everything; returns the exit code. The checks are those from first to last - 1. */
int sweep_run(struct front *, const struct options *, const char *path, const struct ast **checks, uint32_t first,
              uint32_t last);

/* From what is known of smaller runs. `x` and `states` are of the last runs before along one constant, the nearest
 * first; 0: nobody knows. */
double sweep_forecast(const double *x, const double *states, uint32_t n, double next);

#endif
