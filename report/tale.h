/* A trace in sentences: who did what, and what each process can know of the others (-explain). */
#ifndef DC_REPORT_TALE_H
#define DC_REPORT_TALE_H

#include "report/report.h"

void tale_print(const struct report_trace *, FILE *);

#endif
