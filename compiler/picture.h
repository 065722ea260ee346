/* The state graph of a small program, by the interpreter: all states up to a number, in the order of the search. */
#ifndef DC_COMPILER_PICTURE_H
#define DC_COMPILER_PICTURE_H

#include "compiler/ir.h"
#include "model/picture.h"

/* Goes on behind violations. Time and memory are linear in what is drawn. `stops`: states that can do nothing and are
 * no final ones are wrong. */
void picture_make(struct dc_picture *, const struct program *, uint32_t most_states, bool stops);
void picture_free(struct dc_picture *);

#endif
