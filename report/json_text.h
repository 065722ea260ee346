/* What the writers of JSON share. */
#ifndef DC_REPORT_JSON_TEXT_H
#define DC_REPORT_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct report_sweep;
struct report_profile;
json_t *json_profile(const struct report_profile *);
json_t *json_sweep(const struct report_sweep *);
json_t *json_text(const char *);   /* NULL becomes null; bytes that are no UTF-8 become `?` */
void json_prepare(void);           /* lack of memory ends the program instead of leaving something out */
bool json_write(json_t *, FILE *); /* gives the document up */
/* The same; what lies deeper than that takes one line each, so that a state is a line. */
void json_write_lines(json_t *, int depth, FILE *);

#endif
