/* The files that a run writes beside its text: -json, -trace-out, -report, -junit, -sarif. */
#ifndef DC_CLI_OUTPUTS_H
#define DC_CLI_OUTPUTS_H

#include "cli/options.h"
#include "report/report.h"

/* False: some file could not be written; standard error says which. The others are written all the same. */
bool outputs_write(const struct options *, const char *spec, const struct report_check *const *, uint32_t n,
                   const struct report_run *);
bool outputs_wanted(const struct options *); /* some file is, so that there must be one spec */

/* How standard output shows reports: colour, width, the form of traces. */
struct report_style report_style_of(const struct options *);

#endif
