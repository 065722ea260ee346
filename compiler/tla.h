/* A check as a TLA+ module and a model for TLC, so that another checker can confirm the result.
 *
 * The writer walks the IR, like the interpreter and the C generator, and means the same: docs/tla.md says how each
 * construct is translated and what differs. It wants the program of compile_options.plain, without the maps and loops
 * that were made smaller for the search. */
#ifndef DC_COMPILER_TLA_H
#define DC_COMPILER_TLA_H

#include "compiler/ir.h"

struct tla_options {
    const char *module;    /* its name, an identifier */
    const char *origin;    /* file and check, for the head */
    const char *doc;       /* of the spec, or NULL */
    const char *constants; /* and their values, or "" */
    const char *expected;  /* what the check expects */
    bool stops;            /* look for deadlocks */
    FILE *notes;           /* says there what TLA+ cannot express or TLC would do differently */
    const char *path;      /* of the spec, for these notes */
};

/* False: the name of the module is none that TLA+ has room for. */
bool tla_module_name(const char *);
void tla_write(const struct program *, const struct sources *, const struct tla_options *, FILE *module, FILE *config);

#endif
