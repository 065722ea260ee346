/* -profile: a second search of a check, by the interpreter, that is watched. */
#ifndef DC_CLI_PROFILE_H
#define DC_CLI_PROFILE_H

#include "cli/options.h"
#include "report/report.h"

/* Sets r->profile. Nothing is done where the check itself was not searched. */
void profile_check(const struct options *, struct report_check *r);

#endif
