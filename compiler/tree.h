/* A packed value as a tree of its parts (model/story.h). Lives in the arena; cannot fail. */
#ifndef DC_COMPILER_TREE_H
#define DC_COMPILER_TREE_H

#include "compiler/ir.h"
#include "model/story.h"

const struct dc_tree *value_tree(const struct program *, const struct type *, uint64_t value, struct arena *);
/* Of a variable in a state; a map without its dead cells comes with the keys that it had. */
const struct dc_tree *variable_tree(const struct program *, const struct ir_var *, const uint64_t *state,
                                    struct arena *);

#endif
