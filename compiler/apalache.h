/* Types as Apalache writes them (its type system 1.2), for `varTypes` of ITF. */
#ifndef DC_COMPILER_APALACHE_H
#define DC_COMPILER_APALACHE_H

#include "compiler/ir.h"

/* Of the values that value_tree makes of this type: names of enums and ids are texts; kinds of a union, and `T?`, are
 * variants. The text lives in the arena. */
const char *apalache_type(const struct program *, const struct type *, struct arena *);
const char *apalache_variable(const struct program *, const struct ir_var *, struct arena *);

#endif
