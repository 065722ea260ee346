/* Source texts, spans in them, and diagnostics for people.
 *
 * A span is a byte range of one source; line and column are derived only when something is printed. Diagnostics are
 * collected, many a run; nothing here prints by itself or ends the process. The list owns its texts. */
#ifndef DC_BASE_DIAG_H
#define DC_BASE_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/mem.h"

struct span {
    uint32_t source;     /* index in struct sources */
    uint32_t begin, end; /* bytes */
};

struct source {
    const char *path; /* as shown to people */
    const char *text; /* NUL-terminated, n bytes */
    uint32_t n;
};

struct sources {
    struct arena arena;
    VEC(struct source) files;
};

/* Both return the index of the source; source_read returns -1 and sets errno if the file can't be read. */
int source_add(struct sources *, const char *path, const char *text, size_t n);
int source_read(struct sources *, const char *path);
void sources_free(struct sources *);

struct place {
    uint32_t line, column; /* from 1; columns count Unicode code points */
};
struct place source_place(const struct source *, uint32_t offset);

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

/* Which exit code an error asks for (docs/verdicts.md): syntax 150, types 120, constants 151. */
enum diag_class { DIAG_SYNTAX, DIAG_TYPE, DIAG_USAGE };

struct diag {
    enum diag_level level;
    enum diag_class class;
    struct span span;
    const char *text;
    const char *hint; /* or NULL: what to write instead */
};

struct diags {
    struct arena arena;
    VEC(struct diag) list;
    uint32_t errors; /* of level DIAG_ERROR */
};

enum { DIAG_MAX_ERRORS = 40 }; /* after that many, further ones are only counted */

/* One error a position: a second error at the same place is dropped, it is most often an echo of the first. */
struct diag *diag_add(struct diags *, enum diag_level, enum diag_class, struct span, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void diag_hint(struct diags *, struct diag *, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diags_print(const struct diags *, const struct sources *, FILE *, bool colour);
void diags_free(struct diags *);

/* The candidate nearest to `name` by edit distance, or NULL if none is near enough to be a likely typo. */
const char *nearest_name(const char *name, const char *const *candidates, uint32_t n);

#endif
