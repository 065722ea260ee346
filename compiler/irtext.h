/* The IR as text, and back: S-expressions, lossless, the same bytes for the same program.
 *
 * program_write prints all of a program: types, slots, processes, variables, trees. program_read builds it again and
 * checks it (ir_check), so that any text either gives a program that the interpreter and the C generator can run, or an
 * error. */
#ifndef DC_COMPILER_IRTEXT_H
#define DC_COMPILER_IRTEXT_H

#include "compiler/ir.h"

void program_write(const struct program *, FILE *);
/* NULL: the text is no program; *error says why, *offset where (bytes). The caller frees the program. */
struct program *program_read(const char *text, size_t n, const char **error, size_t *offset);
/* NULL, or what is wrong with the program: arity, types, slots and variables of every node. */
const char *program_check(const struct program *);

#endif
