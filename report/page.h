/* The parts of the page that -report writes (report/html.h). Every text goes through xml_text. */
#ifndef DC_REPORT_PAGE_H
#define DC_REPORT_PAGE_H

#include "report/report.h"

struct page {
    const struct report_check *const *list;
    uint32_t n;
    FILE *out;
};

/* A trace: diagram, steps, reasons. `id` is a prefix for the ids in it. */
void page_trace(const struct page *, const struct report_check *, const struct report_trace *, const char *id);
/* How many states each level of the search has, as bars. */
void page_levels(const struct page *, const struct search_result *);
/* All files of the spec, with the counts of each check in the margin. */
void page_source(const struct page *);
bool page_has_source(const struct page *);

/* The lines of an action: from its name to the brace that ends it. False: its text is not at hand. */
bool source_lines(const struct report_check *, struct span, uint32_t *first, uint32_t *last);
void page_line(FILE *, const struct source *, uint32_t line); /* its text, escaped; lines count from 1 */

#endif
