/* -tla: one check as a TLA+ module and a model for TLC. Returns an exit code; errors in the spec are in front->diags,
 * all others are told on standard error. */
#ifndef DC_CLI_TLA_H
#define DC_CLI_TLA_H

#include "cli/options.h"
#include "compiler/compile.h"

int tla_export(struct front *, const struct ast *check, const struct options *);

#endif
