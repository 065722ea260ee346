/* Runs one check from source to verdict. */
#ifndef DC_CLI_CHECK_H
#define DC_CLI_CHECK_H

#include "cli/options.h"
#include "compiler/compile.h"
#include "report/report.h"

/* False: the spec has errors (in front->diags). `judged`: an expectation counts (-check, -all, or a default check). */
bool run_check(struct front *, const struct ast *check, const struct options *, struct report_check *);
/* The same for a program that was read from its text (compiler/irtext.h); report_free then frees it. */
void run_ir(struct front *, struct program *, const char *path, const struct options *, struct report_check *);
/* -D, parsed; errors go to the diagnostics. */
void define_settings(struct front *, const struct options *, struct compile_options *);
void catch_interrupts(void);

/* The constants of the spec with the values they have in this check, as text; "": there are none. */
const char *check_constants(struct front *, const struct ast *check, const struct options *);
bool check_allows_deadlock(const struct ast *check);

#endif
