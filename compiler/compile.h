/* From files to a program: the front end's one entrance for everybody else.
 *
 *   front_load   reads and parses the files, and the modules that they import, once
 *   compile      resolves names, types and lowers one check of the spec to a program (IR)
 *   layout       gives each variable its place in the packed state
 *
 * Nothing here prints or ends the process; whatever is wrong with a spec is in the diagnostics. A front may be compiled
 * many times, once for each check. The front owns its trees, a program owns its IR. */
#ifndef DC_COMPILER_COMPILE_H
#define DC_COMPILER_COMPILE_H

#include "compiler/ir.h"
#include "parser/ast.h"

struct unit {
    const char *name;
    enum ast_unit kind;
    const struct ast *tree;
    uint32_t source;
};

struct front {
    struct sources sources;
    struct intern names;
    struct arena arena;
    struct diags diags;
    VEC(struct unit) units;
    VEC(const char *) search; /* folders for modules, in order */
    uint32_t library;         /* from here on they are those of the standard library */
    const struct unit *root;  /* the first spec of the first file */
};

/* False: the file could not be read (errno); syntax errors are in front->diags. */
bool front_load(struct front *, const char *path);
void front_free(struct front *);
const struct unit *front_unit(struct front *, const char *name, struct span asked_by); /* loads it if need be */
/* Parses `NAME=EXPR`; NULL if it is none. */
const struct ast *front_define(struct front *, const char *text);

/* Parses an expression, or a file's text with a scenario in it; NULL: errors are in front->diags, or it holds none. */
const struct ast *front_expression(struct front *, const char *text);
const struct ast *front_scenario(struct front *, const char *path, const char *text);

struct setting {
    const char *name, *module; /* module: alias or NULL */
    const struct ast *value;
    bool used;
};

struct compile_options {
    const struct ast *check;     /* AST_CHECK, AST_SCENARIO, or NULL: defaults */
    VEC(struct setting) defines; /* -D */
    bool reduce;                 /* by symmetric types, where that is sound */
    VEC(struct span) ambiguous;  /* what has shown the order of a symmetric type in a search before this one */
    bool coverage;               /* with points that count (coverage.h) */
    const struct ast *value;     /* an expression of any type, or NULL: then it is the first of the program's expects */
    const struct ast *lines;     /* AST_LINES, or NULL: those of `check`, if it is a scenario */
    bool plain;                  /* as written: no smaller maps and loops for the search */
};

/* The program of one check, laid out; NULL if there were errors (in front->diags). */
struct program *compile(struct front *, struct compile_options *);
void sparse(struct program *); /* leaves out cells of maps that never change */
void narrow(struct program *); /* loops only over the values for which their conditions can hold */
void hoist(struct program *);  /* asks once what does not depend on a loop */
bool layout(struct program *); /* false: a state would be too large (over 8 MiB) */
/* The lines of a scenario; NULL: it is a check. */
const struct ast *scenario_lines(const struct ast *check);
/* The scenarios of the root, in order. */
uint32_t front_scenarios(struct front *, const struct ast ***list);
/* The checks of the root, in order: at least one (a check without a name is made up if there is none). */
uint32_t front_checks(struct front *, const struct ast ***checks);

#endif
