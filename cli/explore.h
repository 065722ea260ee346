/* dcheck -i: steps through a check by hand (docs/explore.md). Commands come from standard input, one a line; where that
 * is no terminal they are repeated in the output, so that a transcript reads like a session. */
#ifndef DC_CLI_EXPLORE_H
#define DC_CLI_EXPLORE_H

#include "cli/check.h"

/* False: the spec has errors (in front->diags). */
bool explore(struct front *, const struct ast *check, const struct options *);

#endif
