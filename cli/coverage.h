/* -coverage: a second search of each check, by the interpreter, whose program counts what is reached. */
#ifndef DC_CLI_COVERAGE_H
#define DC_CLI_COVERAGE_H

#include "cli/options.h"
#include "compiler/coverage.h"
#include "report/report.h"

struct coverage_run {
    struct coverage all;
    struct report_coverage told; /* for the reports; filled by coverage_end */
};

/* After a check: searches once more. Nothing is done where the check itself was not searched. */
void coverage_check(struct coverage_run *, struct front *, const struct ast *check, const struct options *,
                    const struct report_check *);
/* After the last check: warnings go to the diagnostics. */
void coverage_end(struct coverage_run *, struct front *);
void coverage_close(struct coverage_run *);

#endif
