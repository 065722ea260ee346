/* Pictures of state graphs, for Graphviz and for Mermaid. Errors stay in the stream. */
#ifndef DC_REPORT_GRAPH_H
#define DC_REPORT_GRAPH_H

#include <stdio.h>

#include "model/picture.h"

enum graph_format { GRAPH_DOT, GRAPH_MERMAID };

/* By the end of the path: .dot or .gv, and .mmd. False: it is neither. */
bool graph_format_of(const char *path, enum graph_format *);
/* `title`: what it is a picture of; `left_out`: how many states are not in it, where that is known. */
void graph_write(enum graph_format, const struct dc_picture *, const char *title, uint64_t left_out, FILE *);

#endif
