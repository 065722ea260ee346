/* The counterexample as a sequence chart for a terminal: a column for each process, time runs downwards. */
#ifndef DC_REPORT_CHART_H
#define DC_REPORT_CHART_H

#include "report/report.h"

struct chart_style {
    uint32_t width; /* columns of the terminal */
    bool utf8, colour;
};

/* False: it has too many processes for this width; nothing is printed, *lanes says how many. */
bool chart_print(const struct report_trace *, const struct chart_style *, uint32_t *lanes, FILE *);

#endif
