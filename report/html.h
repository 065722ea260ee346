/* The one-file page of -report: everything about a run, for a browser, without a network. */
#ifndef DC_REPORT_HTML_H
#define DC_REPORT_HTML_H

#include "report/report.h"

/* Errors stay in the stream. */
void report_html(const struct report_check *const *, uint32_t n, const char *spec, const char *version, FILE *);

#endif
