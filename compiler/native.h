/* Generated C: the same program as machine code, behind the same seam.
 *
 * cgen_write prints the C text, deterministic byte for byte. native_start begins to build it in the background with the
 * system compiler (environment CC, else cc), or finds the result of an earlier build in the cache, whose key is a hash
 * of text, compiler and runtime. native_ready says whether it can be used now. Errors: without a compiler, or if it
 * fails, there is no model and native_trouble says why in one line; nothing else changes. */
#ifndef DC_COMPILER_NATIVE_H
#define DC_COMPILER_NATIVE_H

#include "compiler/ir.h"

void cgen_write(const struct program *, FILE *);

struct native;
struct native *native_start(const struct program *, const struct dc_model *interpreted);
const struct dc_model *native_ready(struct native *); /* NULL: not yet, or never */
const struct dc_model *native_wait(struct native *);
const char *native_trouble(const struct native *); /* NULL: none */
void native_close(struct native *);

#endif
