/* The C generator, private to compiler/: cgen.c statements and functions, cgen_expr.c, cgen_loops.c, cgen_types.c. */
#ifndef DC_COMPILER_CGEN_H
#define DC_COMPILER_CGEN_H

#include "compiler/native.h"

struct gen {
    const struct program *p;
    FILE *out; /* the function being printed */
    FILE *decls, *prelude;
    const char *state; /* what variables are read from: s, or t in a body */
    uint32_t labels;
    bool *declared;               /* slots of this function */
    unsigned char *rank, *unrank; /* by type id: helper printed */
    uint32_t types;
    bool body;
    /* characters that unrolled loops come to beyond the text: of the loop at hand, of all */
    uint64_t weight, unrolled, may_unroll;
};

typedef unsigned long long ull;
#define PUT(...) fprintf(g->out, __VA_ARGS__)

typedef void body_printer(struct gen *, const void *);

bool cgen_offset(const struct type *t);
uint32_t cgen_temp(struct gen *g, const struct type *t);
void cgen_assign_local(struct gen *g, uint32_t s, const struct ir *v);
void cgen_assign_unranked(struct gen *g, uint32_t s, const char *r);
void cgen_element(struct gen *g, const struct ir *e, const struct type *t);
void cgen_fail(struct gen *g, enum dc_error error, const struct ir *at);
void cgen_field(struct gen *g, const struct ir *n);
void cgen_field_text(FILE *out, const struct type *owner, const struct field *f, const char *v);
void cgen_gens(struct gen *g, const struct ir_gen *list, uint32_t n, body_printer *body, const void *self);
void cgen_key(struct gen *g, const struct ir *n, const struct type *map);
void cgen_list_geometry(FILE *out, const struct type *t);
void cgen_need_rank(struct gen *g, const struct type *t);
void cgen_packed(struct gen *g, const struct ir *e, const struct type *t);
void cgen_pointer(struct gen *g, const struct ir *e);
void cgen_rank(struct gen *g, const struct ir *e, const struct type *t);
void cgen_rank_text(struct gen *g, FILE *out, const struct type *t, const char *v);
void cgen_reduce(struct gen *g, const struct ir *n);
void cgen_result(struct gen *g, const struct type *t, uint32_t n);
void cgen_seen(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t *labels);
void cgen_set_add(struct gen *g, const struct ir *at, const struct type *t, uint32_t n, const struct ir *v);
void cgen_slot(struct gen *g, uint32_t s);
void cgen_tag_check(struct gen *g, const struct ir *n, const char *v);
void cgen_unpack_close(FILE *out, const struct type *t);
void cgen_unpack_open(FILE *out, const struct type *t);
void cgen_x(struct gen *g, const struct ir *n);

#endif
