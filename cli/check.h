/* Runs one check from source to verdict. */
#ifndef DC_CLI_CHECK_H
#define DC_CLI_CHECK_H

#include <stdatomic.h>

#include "cli/options.h"
#include "compiler/compile.h"
#include "report/report.h"

#include <stdatomic.h>

/* False: the spec has errors (in front->diags). `judged`: an expectation counts (-check, -all, or a default check). */
bool run_check(struct front *, const struct ast *check, const struct options *, struct report_check *);
/* The same for a program that was read from its text (compiler/irtext.h); report_free then frees it. */
void run_ir(struct front *, struct program *, const char *path, const struct options *, struct report_check *);
/* -D, parsed; errors go to the diagnostics. */
void define_settings(struct front *, const struct options *, struct compile_options *);
void catch_interrupts(void);
/* Whether this check looks for deadlocks. */
bool stops_wanted(const struct ast *check, const struct options *);
extern atomic_int interrupted; /* not 0 once SIGINT or SIGTERM has come */

/* "N = 3, B = 2" */
const char *check_constants(struct front *, const struct ast *check, const struct options *);
/* "file:line:col: ", or nothing where the source is not at hand (a program read from its text). */
const char *source_position(struct front *, struct span);
void start_report(struct report_check *, const char *path, const struct options *);
void release_program(void *);

/* Runs a scenario. `alone`: it was asked for (-check), and its run is told; else its run is told only where it should
 * not be, and -D sets only constants that have no value otherwise. False: the spec has errors. */
bool run_scenario(struct front *, const struct ast *scenario, const struct options *, bool alone,
                  struct report_check *);
/* The settings of a check and of -D, as a scenario writes them behind its name. */
const char *scenario_settings(struct front *, const struct ast *check, const struct options *);

/* The constants of the spec with the values they have in this check, as text; "": there are none. */
const char *check_constants(struct front *, const struct ast *check, const struct options *);
bool check_allows_deadlock(const struct ast *check);

#endif
