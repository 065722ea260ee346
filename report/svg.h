/* The sequence diagram as SVG. Everything of event i is in two groups with data-step="i". */
#ifndef DC_REPORT_SVG_H
#define DC_REPORT_SVG_H

#include "report/sequence.h"

/* `id`: of the element; `label`: what it shows, for those who cannot see it. */
void svg_open(const struct sequence *, const char *id, const char *label, FILE *);
void svg_body(const struct sequence *, FILE *);
void svg_close(FILE *);

#endif
