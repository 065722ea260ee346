/* The C generator: prints the tree that the interpreter walks. One function an action, nested loops for its generators,
 * statement expressions (GNU C) for what is no C expression. The order of everything is that of eval.c: successors,
 * choices and errors come in one sequence in both. */
#include <stdlib.h>
#include <string.h>

#include "compiler/native.h"
#include "compiler/rt_text.h"

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
};

typedef unsigned long long ull;
#define PUT(...) fprintf(g->out, __VA_ARGS__)

static void x(struct gen *, const struct ir *);
static void statement(struct gen *, const struct ir *);

/* ---- helpers by type ---- */

static bool offset(const struct type *t) { return t->kind == T_RANGE && t->universe && t->lo != 0; }

static void list_geometry(FILE *out, const struct type *t) {
    fprintf(out, "%u, %u, %u, %d", type_elem_bits(t->elem), t->elem->words, t->cap, t->words == 0);
}

static void unpack_open(FILE *out, const struct type *t) {
    if (offset(t)) fputc('(', out);
}
static void unpack_close(FILE *out, const struct type *t) {
    if (offset(t)) fprintf(out, " + UINT64_C(%llu))", (ull)t->lo);
}

static bool plain_rank(const struct type *t) {
    return t->kind == T_BOOL || t->kind == T_ENUM || t->kind == T_SYM || t->kind == T_SET ||
           (t->kind == T_RANGE && !offset(t));
}

static void need_rank(struct gen *, const struct type *);
static void need_unrank(struct gen *, const struct type *);

static char *buffer(FILE **f, char **text, size_t *n) {
    *f = open_memstream(text, n);
    if (!*f) mem_exhausted();
    return NULL;
}

/* The value of field f of v, as C text into out. */
static void field_text(FILE *out, const struct type *owner, const struct field *f, const char *v) {
    const struct type *t = f->type;
    if (t->words) {
        fprintf(out, "(%s + %u)", v, f->at / 64);
        return;
    }
    unpack_open(out, t);
    if (!t->bits) fputs("UINT64_C(0)", out);
    else if (owner->words) fprintf(out, "dc_get((%s)[%u], %u, %u)", v, f->at / 64, f->at % 64, t->bits);
    else fprintf(out, "dc_get(%s, %u, %u)", v, f->at, t->bits);
    unpack_close(out, t);
}

static void rank_text(struct gen *g, FILE *out, const struct type *t, const char *v) {
    (void)g;
    if (plain_rank(t)) fprintf(out, "(%s)", v);
    else if (t->kind == T_RANGE) fprintf(out, "((%s) - UINT64_C(%llu))", v, (ull)t->lo);
    else fprintf(out, "rank_%u(%s)", t->id, v);
}

static void rank_fields(struct gen *g, FILE *out, const struct type *t, uint32_t first, uint32_t n) {
    fputs("    r = 0;\n", out);
    for (uint32_t i = first; i < first + n; i++) {
        char *v;
        size_t len;
        FILE *f;
        buffer(&f, &v, &len);
        field_text(f, t, &t->fields[i], "v");
        fclose(f);
        fprintf(out, "    r = r * UINT64_C(%llu) + ", (ull)t->fields[i].type->universe);
        rank_text(g, out, t->fields[i].type, v);
        fputs(";\n", out);
        free(v);
    }
}

static void need_rank(struct gen *g, const struct type *t) {
    if (plain_rank(t) || t->kind == T_RANGE || t->id >= g->types || g->rank[t->id]) return;
    g->rank[t->id] = 1;
    for (uint32_t i = 0; t->fields && i < t->n; i++) need_rank(g, t->fields[i].type);
    if (t->elem) need_rank(g, t->elem);
    char *text;
    size_t n;
    FILE *out;
    buffer(&out, &text, &n);
    fprintf(out, "DC_INLINE uint64_t rank_%u(%s v) {\n    uint64_t r = 0;\n", t->id,
            t->words ? "const uint64_t *" : "uint64_t");
    switch (t->kind) {
    case T_RECORD:
    case T_TUPLE: rank_fields(g, out, t, 0, t->n); break;
    case T_UNION:
        if (t->words) fputs("    switch (v[0]) {\n", out);
        else if (t->payload >= 64) fputs("    switch (0) {\n", out);
        else fprintf(out, "    switch (v >> %u) {\n", t->payload);
        for (uint32_t k = 0; k < t->n_variants; k++) {
            fprintf(out, "    case %u:\n", k);
            rank_fields(g, out, t, t->variants[k].first, t->variants[k].n);
            fprintf(out, "    return r + UINT64_C(%llu);\n", (ull)t->variants[k].rank);
        }
        fputs("    }\n", out);
        break;
    case T_OPTION: {
        const struct type *e = t->elem;
        const char *inner = t->words ? (e->words ? "v + 1" : "w") : "w";
        if (t->words) {
            fputs("    if (!v[0]) return 0;\n", out);
            if (!e->words) fprintf(out, "    uint64_t w = v[1] + UINT64_C(%llu);\n", offset(e) ? (ull)e->lo : 0);
        } else {
            fprintf(out, "    if (!v) return 0;\n    uint64_t w = v - 1 + UINT64_C(%llu);\n",
                    offset(e) ? (ull)e->lo : 0);
        }
        fputs("    return 1 + ", out);
        rank_text(g, out, e, inner);
        fputs(";\n", out);
        break;
    }
    case T_MAP:
    case T_SEQ: {
        const struct type *e = t->elem;
        if (!t->words) fputs("    const uint64_t *p = &v;\n", out);
        else fputs("    const uint64_t *p = v;\n", out);
        if (t->kind == T_SEQ) {
            fputs("    uint64_t base = 0, power = 1, n = dc_list_len(p, ", out);
            list_geometry(out, t);
            fputs(");\n", out);
        } else {
            fprintf(out, "    uint64_t n = %u;\n", t->cap);
        }
        fputs("    for (unsigned i = 0; i < n; i++) {\n", out);
        if (t->kind == T_SEQ) fprintf(out, "        base += power; power *= UINT64_C(%llu);\n", (ull)e->universe);
        if (e->words) {
            if (t->kind == T_SEQ) fprintf(out, "        const uint64_t *w = dc_list_at(p, i, %u);\n", e->words);
            else fprintf(out, "        const uint64_t *w = p + (size_t)i * %u;\n", e->words);
        } else {
            fputs("        uint64_t w = ", out);
            unpack_open(out, e);
            if (t->kind == T_SEQ) {
                fputs("dc_list_get(p, i, ", out);
                list_geometry(out, t);
                fputs(")", out);
            } else {
                fprintf(out, "dc_array_get(p, %u, i)", type_elem_bits(e));
            }
            unpack_close(out, e);
            fputs(";\n", out);
        }
        fprintf(out, "        r = r * UINT64_C(%llu) + ", (ull)e->universe);
        rank_text(g, out, e, "w");
        fprintf(out, ";\n    }\n%s", t->kind == T_SEQ ? "    return base + r;\n" : "");
        break;
    }
    default: break;
    }
    fputs("    return r;\n}\n", out);
    fclose(out);
    fputs(text, g->prelude);
    free(text);
}

/* Stores v, a value of type t, at bit `at` of the words `to` (wide owner) or into the register expression (narrow). */
static void store_text(FILE *out, const struct type *t, const char *to, uint32_t at, const char *v) {
    if (t->words) fprintf(out, "    dc_copy(%s + %u, %s, %u);\n", to, at / 64, v, t->words);
    else if (t->bits)
        fprintf(out, "    %s[%u] = dc_put(%s[%u], %u, %u, (%s) - UINT64_C(%llu));\n", to, at / 64, to, at / 64, at % 64,
                t->bits, v, offset(t) ? (ull)t->lo : 0);
}

static void unrank_text(FILE *out, const struct type *t, const char *r, const char *words) {
    if (plain_rank(t)) fprintf(out, "(%s)", r);
    else if (t->kind == T_RANGE) fprintf(out, "((%s) + UINT64_C(%llu))", r, (ull)t->lo);
    else fprintf(out, "unrank_%u(%s, %s)", t->id, r, words);
}

static void unrank_fields(struct gen *g, FILE *out, const struct type *t, uint32_t first, uint32_t n) {
    (void)g;
    for (uint32_t i = first + n; i-- > first;) {
        const struct type *ft = t->fields[i].type;
        char *v;
        size_t len;
        FILE *f;
        buffer(&f, &v, &len);
        char rank[64], temp[16];
        snprintf(rank, sizeof rank, "r %% UINT64_C(%llu)", (ull)ft->universe);
        snprintf(temp, sizeof temp, "f%u", i);
        unrank_text(f, ft, rank, temp);
        fclose(f);
        fprintf(out, "    {\n    uint64_t f%u[%u] = {0};\n    (void)f%u;\n", i, type_slot_words(ft), i);
        if (ft->words) fprintf(out, "    const uint64_t *y = %s;\n", v);
        else fprintf(out, "    uint64_t y = %s;\n", v);
        fprintf(out, "    r /= UINT64_C(%llu);\n", (ull)ft->universe);
        if (t->words) store_text(out, ft, "w", t->fields[i].at, "y");
        else if (ft->bits)
            fprintf(out, "    v |= (y - UINT64_C(%llu)) << %u;\n", offset(ft) ? (ull)ft->lo : 0, t->fields[i].at);
        fputs("    }\n", out);
        free(v);
    }
}

static void need_unrank(struct gen *g, const struct type *t) {
    if (plain_rank(t) || t->kind == T_RANGE || t->id >= g->types || g->unrank[t->id]) return;
    g->unrank[t->id] = 1;
    for (uint32_t i = 0; t->fields && i < t->n; i++) need_unrank(g, t->fields[i].type);
    if (t->elem) need_unrank(g, t->elem);
    char *text;
    size_t n;
    FILE *out;
    buffer(&out, &text, &n);
    fprintf(out, "DC_INLINE %s unrank_%u(uint64_t r, uint64_t *w) {\n    uint64_t v = 0;\n    (void)v;\n    (void)w;\n",
            t->words ? "const uint64_t *" : "uint64_t", t->id);
    if (t->words) fprintf(out, "    dc_zero(w, %u);\n", t->words);
    switch (t->kind) {
    case T_RECORD:
    case T_TUPLE: unrank_fields(g, out, t, 0, t->n); break;
    case T_UNION:
        for (uint32_t k = t->n_variants; k-- > 0;) {
            fprintf(out, "    %sif (r >= UINT64_C(%llu)) {\n    r -= UINT64_C(%llu);\n",
                    k + 1 < t->n_variants ? "else " : "", (ull)t->variants[k].rank, (ull)t->variants[k].rank);
            if (t->words) fprintf(out, "    w[0] = %u;\n", k);
            else if (t->payload < 64) fprintf(out, "    v = UINT64_C(%u) << %u;\n", k, t->payload);
            unrank_fields(g, out, t, t->variants[k].first, t->variants[k].n);
            fputs("    }\n", out);
        }
        break;
    case T_OPTION: {
        const struct type *e = t->elem;
        fprintf(out, "    if (r) {\n    uint64_t f[%u] = {0};\n    (void)f;\n", type_slot_words(e));
        if (e->words) fputs("    const uint64_t *y = ", out);
        else fputs("    uint64_t y = ", out);
        unrank_text(out, e, "r - 1", "f");
        fputs(";\n", out);
        if (t->words) {
            fputs("    w[0] = 1;\n", out);
            store_text(out, e, "w", 64, "y");
        } else {
            fprintf(out, "    v = y - UINT64_C(%llu) + 1;\n", offset(e) ? (ull)e->lo : 0);
        }
        fputs("    }\n", out);
        break;
    }
    case T_MAP:
    case T_SEQ: {
        const struct type *e = t->elem;
        fprintf(out, "    uint64_t *p = %s;\n", t->words ? "w" : "&v");
        if (t->kind == T_SEQ) {
            fprintf(out,
                    "    uint64_t power = 1;\n    unsigned n = 0;\n    while (r >= power) { r -= power; power *= "
                    "UINT64_C(%llu); n++; }\n    dc_list_set_len(p, n, ",
                    (ull)e->universe);
            list_geometry(out, t);
            fputs(");\n", out);
        } else {
            fprintf(out, "    unsigned n = %u;\n", t->cap);
        }
        fprintf(out,
                "    for (unsigned i = n; i-- > 0;) {\n    uint64_t f[%u] = {0};\n    (void)f;\n    uint64_t k = r %% "
                "UINT64_C(%llu);\n    r /= UINT64_C(%llu);\n",
                type_slot_words(e), (ull)e->universe, (ull)e->universe);
        if (e->words) fputs("    const uint64_t *y = ", out);
        else fputs("    uint64_t y = ", out);
        unrank_text(out, e, "k", "f");
        fputs(";\n", out);
        if (!e->words) fprintf(out, "    y -= UINT64_C(%llu);\n", offset(e) ? (ull)e->lo : 0);
        if (t->kind == T_SEQ) {
            fprintf(out, "    dc_list_write(p, i, %sy, ", e->words ? "" : "&");
            list_geometry(out, t);
            fputs(");\n", out);
        } else if (e->words) {
            fprintf(out, "    dc_copy(p + (size_t)i * %u, y, %u);\n", e->words, e->words);
        } else {
            fprintf(out, "    dc_array_put(p, %u, i, y);\n", type_elem_bits(e));
        }
        fputs("    }\n", out);
        break;
    }
    default: fputs("    v = r;\n", out);
    }
    fprintf(out, "    return %s;\n}\n", t->words ? "w" : "v");
    fclose(out);
    fputs(text, g->prelude);
    free(text);
}

/* ---- small pieces ---- */

static void slot(struct gen *g, uint32_t s) {
    if (g->declared[s]) return;
    g->declared[s] = true;
    const struct type *t = g->p->slots.at[s];
    if (t->words) fprintf(g->decls, "    uint64_t l%u[%u];\n", s, t->words);
    else fprintf(g->decls, "    uint64_t l%u = 0;\n", s);
}

static uint32_t temp(struct gen *g, const struct type *t) {
    uint32_t n = g->labels++;
    fprintf(g->decls, "    uint64_t t%u[%u];\n", n, type_slot_words(t));
    return n;
}

/* The words of a value: for functions that take pointers. */
static void pointer(struct gen *g, const struct ir *e) {
    if (type_wide(e->type)) {
        x(g, e);
    } else {
        PUT("(const uint64_t[]){");
        x(g, e);
        PUT("}");
    }
}

static void packed(struct gen *g, const struct ir *e, const struct type *t) {
    if (offset(t)) PUT("(");
    x(g, e);
    if (offset(t)) PUT(" - UINT64_C(%llu))", (ull)t->lo);
}

/* A pointer to the element as the list functions want it. */
static void element(struct gen *g, const struct ir *e, const struct type *t) {
    if (t->words) {
        x(g, e);
    } else {
        PUT("(const uint64_t[]){");
        packed(g, e, t);
        PUT("}");
    }
}

static void rank(struct gen *g, const struct ir *e, const struct type *t) {
    need_rank(g, t);
    if (plain_rank(t)) {
        PUT("(");
        x(g, e);
        PUT(")");
    } else if (t->kind == T_RANGE) {
        PUT("(");
        x(g, e);
        PUT(" - UINT64_C(%llu))", (ull)t->lo);
    } else {
        PUT("rank_%u(", t->id);
        x(g, e);
        PUT(")");
    }
}

static void fail(struct gen *g, enum dc_error error, const struct ir *at) { PUT("FAIL(%d, %u);", error, at->site); }

static void result(struct gen *g, const struct type *t, uint32_t n) {
    PUT(t->words ? "(const uint64_t *)t%u;" : "t%u[0];", n);
}

static void assign_local(struct gen *g, uint32_t s, const struct ir *v) {
    const struct type *t = g->p->slots.at[s];
    slot(g, s);
    if (t->words) {
        PUT("dc_copy(l%u, ", s);
        x(g, v);
        PUT(", %u);", t->words);
    } else {
        PUT("l%u = ", s);
        x(g, v);
        PUT(";");
    }
}

static void assign_unranked(struct gen *g, uint32_t s, const char *r) {
    const struct type *t = g->p->slots.at[s];
    slot(g, s);
    need_unrank(g, t);
    if (t->words) {
        PUT("(void)unrank_%u(%s, l%u);", t->id, r, s);
    } else {
        PUT("l%u = ", s);
        unrank_text(g->out, t, r, "NULL");
        PUT(";");
    }
}

/* ---- generators ---- */

typedef void body_printer(struct gen *, const void *);

static void gens_from(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t i, body_printer *body,
                      const void *self);

static void gens_rest(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t i, body_printer *body,
                      const void *self) {
    if (list[i].cond) {
        PUT("if (");
        x(g, list[i].cond);
        PUT(") {\n");
    }
    gens_from(g, list, n, i + 1, body, self);
    if (list[i].cond) PUT("}\n");
}

/* Fields from k on; the rank so far is in r<label>_<k>. */
static void slice_from(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t i, uint32_t k, uint32_t label,
                       body_printer *body, const void *self) {
    const struct ir_gen *gen = &list[i];
    const struct type *et = gen->elem;
    uint32_t first = et->kind == T_UNION ? et->variants[gen->variant].first : 0;
    ull base = et->kind == T_UNION ? (ull)et->variants[gen->variant].rank : 0;
    bool narrow = !gen->src->type->words;
    if (k == gen->n_fields) {
        if (narrow) PUT("if (v%u >> (r%u_%u + %llu) & 1) {\n", label, label, k, base);
        else PUT("if (dc_has(v%u, r%u_%u + %llu)) {\n", label, label, k, base);
        gens_rest(g, list, n, i, body, self);
        PUT("}\n");
        return;
    }
    const struct type *t = et->fields[first + k].type;
    if (gen->fixed[k]) {
        PUT("uint64_t r%u_%u = r%u_%u * %llu + ", label, k + 1, label, k, (ull)t->universe);
        need_rank(g, t);
        char name[24];
        snprintf(name, sizeof name, "l%u", gen->field_slots[k]);
        rank_text(g, g->out, t, name);
        PUT(";\n");
        slice_from(g, list, n, i, k + 1, label, body, self);
        return;
    }
    uint64_t block = 1;
    bool run_of_bits = true;
    for (uint32_t j = k; j < gen->n_fields; j++) {
        block *= et->fields[first + j].type->universe;
        run_of_bits &= !gen->fixed[j];
    }
    if (!run_of_bits) {
        char r[40];
        PUT("for (uint64_t i%u_%u = 0; i%u_%u < %llu; i%u_%u++) {\n", label, k, label, k, (ull)t->universe, label, k);
        snprintf(r, sizeof r, "i%u_%u", label, k);
        assign_unranked(g, gen->field_slots[k], r);
        PUT("\nuint64_t r%u_%u = r%u_%u * %llu + i%u_%u;\n", label, k + 1, label, k, (ull)t->universe, label, k);
        slice_from(g, list, n, i, k + 1, label, body, self);
        PUT("}\n");
        return;
    }
    bool window = block <= 64;
    if (narrow) {
        PUT("for (uint64_t b%u = v%u >> (r%u_%u * %llu + %llu) & dc_mask(%llu); b%u; b%u &= b%u - 1) {\nuint64_t i%u = "
            "dc_first(b%u);\n",
            label, label, label, k, (ull)block, base, (ull)block, label, label, label, label, label);
    } else if (window) {
        PUT("for (uint64_t b%u = dc_window(v%u, r%u_%u * %llu + %llu, %llu); b%u; b%u &= b%u - 1) {\nuint64_t i%u = "
            "dc_first(b%u);\n",
            label, label, label, k, (ull)block, base, (ull)block, label, label, label, label, label);
    } else {
        PUT("uint64_t from%u = r%u_%u * %llu + %llu;\n", label, label, k, (ull)block, base);
        PUT("for (uint64_t b%u = dc_bits_next(v%u, from%u, from%u + %llu); b%u < from%u + %llu; b%u = "
            "dc_bits_next(v%u, b%u + 1, from%u + %llu)) {\nuint64_t i%u = b%u - from%u;\n",
            label, label, label, label, (ull)block, label, label, (ull)block, label, label, label, label, (ull)block,
            label, label, label);
    }
    PUT("(void)i%u;\n", label);
    uint64_t below = 1;
    for (uint32_t j = gen->n_fields; j-- > k;) {
        uint64_t u = et->fields[first + j].type->universe;
        char r[80];
        snprintf(r, sizeof r, "i%u / %llu %% %llu", label, (ull)below, (ull)u);
        assign_unranked(g, gen->field_slots[j], r);
        PUT("\n");
        below *= u;
    }
    gens_rest(g, list, n, i, body, self);
    PUT("}\n");
}

static void slice(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t i, body_printer *body,
                  const void *self) {
    const struct ir_gen *gen = &list[i];
    uint32_t label = g->labels++, first = gen->elem->kind == T_UNION ? gen->elem->variants[gen->variant].first : 0,
             open = 1;
    PUT("{\n");
    for (uint32_t k = 0; k < gen->n_fields; k++) {
        if (!gen->fixed[k]) continue;
        const struct type *t = gen->elem->fields[first + k].type, *u = gen->fixed[k]->type;
        assign_local(g, gen->field_slots[k], gen->fixed[k]);
        PUT("\n");
        if (t->kind == T_RANGE && u->kind == T_RANGE && (u->lo < t->lo || u->hi > t->hi)) {
            PUT("if ((int64_t)l%u >= %lldLL && (int64_t)l%u <= %lldLL) {\n", gen->field_slots[k], (long long)t->lo,
                gen->field_slots[k], (long long)t->hi);
            open++;
        }
    }
    if (gen->src->type->words) PUT("const uint64_t *v%u = ", label);
    else PUT("uint64_t v%u = ", label);
    x(g, gen->src);
    PUT(";\nuint64_t r%u_0 = 0;\n", label);
    slice_from(g, list, n, i, 0, label, body, self);
    while (open--) PUT("}\n");
}

static void seen(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t *labels) {
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].kind != G_LET || !list[i].distinct) continue;
        uint64_t cap = 1;
        for (uint32_t k = 0; k < i; k++) {
            const struct ir_gen *o = &list[k];
            uint64_t u = o->kind == G_LET                          ? 1
                         : o->kind == G_VALUES                     ? g->p->slots.at[o->slot]->universe
                         : o->kind == G_BAG || o->kind == G_BAGALL ? o->src->type->cap
                                                                   : 4096;
            cap = cap * u > 4096 ? 4096 : cap * u;
        }
        labels[i] = g->labels++;
        fprintf(g->decls, "    uint64_t seen%u[%llu];\n    unsigned seen%u_n = 0;\n", labels[i],
                (ull)(cap * type_slot_words(g->p->slots.at[list[i].slot])), labels[i]);
        PUT("seen%u_n = 0;\n", labels[i]);
    }
}

struct seen_labels {
    uint32_t at[64];
};
static _Thread_local const struct seen_labels *current_seen;

static void gens_from(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t i, body_printer *body,
                      const void *self) {
    if (i == n) {
        body(g, self);
        return;
    }
    const struct ir_gen *gen = &list[i];
    if (gen->kind == G_SLICE) {
        slice(g, list, n, i, body, self);
        return;
    }
    uint32_t s = gen->slot, label = g->labels++;
    const struct type *t = g->p->slots.at[s];
    char r[40];
    slot(g, s);
    switch (gen->kind) {
    case G_VALUES:
        PUT("for (uint64_t i%u = 0; i%u < %llu; i%u++) {\n", label, label, (ull)t->universe, label);
        snprintf(r, sizeof r, "i%u", label);
        assign_unranked(g, s, r);
        PUT("\n");
        gens_rest(g, list, n, i, body, self);
        PUT("}\n");
        return;
    case G_RANGE:
        PUT("{ int64_t lo%u = (int64_t)", label);
        x(g, gen->src);
        PUT("; int64_t hi%u = (int64_t)", label);
        x(g, gen->src2);
        PUT(";\nfor (int64_t i%u = lo%u; i%u <= hi%u; i%u++) {\nl%u = (uint64_t)i%u;\n", label, label, label, label,
            label, s, label);
        gens_rest(g, list, n, i, body, self);
        PUT("}}\n");
        return;
    case G_LET:
        PUT("{\n");
        assign_local(g, s, gen->src);
        PUT("\n");
        if (gen->distinct && i < 64) {
            uint32_t k = current_seen->at[i], w = type_slot_words(t);
            const char *ref = t->words ? "" : "&";
            PUT("bool new%u = true;\nfor (unsigned k = 0; k < seen%u_n && new%u; k++) new%u = !dc_same(seen%u + k * "
                "%u, %sl%u, %u);\n",
                label, k, label, label, k, w, ref, s, w);
            PUT("if (new%u) {\nif (seen%u_n < sizeof seen%u / sizeof *seen%u / %u) dc_copy(seen%u + seen%u_n++ * %u, "
                "%sl%u, %u);\n",
                label, k, k, k, w, k, k, w, ref, s, w);
            gens_rest(g, list, n, i, body, self);
            PUT("}\n");
        } else {
            gens_rest(g, list, n, i, body, self);
        }
        PUT("}\n");
        return;
    case G_SUBSETS:
        PUT("{ uint64_t mask%u = ", label);
        x(g, gen->src);
        PUT("; uint64_t sub%u = 0;\ndo {\nl%u = sub%u;\n", label, s, label);
        gens_rest(g, list, n, i, body, self);
        PUT("sub%u = (sub%u - mask%u) & mask%u;\n} while (sub%u); }\n", label, label, label, label, label);
        return;
    default: break;
    }
    const struct type *st = gen->src->type;
    if (st->kind == T_SET && st->bitset) {
        if (!st->words) {
            PUT("for (uint64_t b%u = ", label);
            x(g, gen->src);
            PUT("; b%u; b%u &= b%u - 1) {\n", label, label, label);
            snprintf(r, sizeof r, "dc_first(b%u)", label);
        } else {
            PUT("{ const uint64_t *v%u = ", label);
            x(g, gen->src);
            PUT(";\nfor (uint64_t b%u = dc_bits_next(v%u, 0, %llu); b%u < %llu; b%u = dc_bits_next(v%u, b%u + 1, "
                "%llu)) {\n",
                label, label, (ull)t->universe, label, (ull)t->universe, label, label, label, (ull)t->universe);
            snprintf(r, sizeof r, "b%u", label);
        }
        assign_unranked(g, s, r);
        PUT("\n");
        gens_rest(g, list, n, i, body, self);
        PUT(st->words ? "}}\n" : "}\n");
        return;
    }
    PUT("{ ");
    if (st->words) {
        PUT("const uint64_t *v%u = ", label);
        x(g, gen->src);
        PUT(";\n");
    } else {
        PUT("const uint64_t v%u[1] = {", label);
        x(g, gen->src);
        PUT("};\n");
    }
    PUT("unsigned n%u = dc_list_len(v%u, ", label, label);
    list_geometry(g->out, st);
    PUT(");\nfor (unsigned i%u = 0; i%u < n%u; i%u++) {\n", label, label, label, label);
    if (t->words) PUT("const uint64_t *e%u = dc_list_at(v%u, i%u, %u);\n", label, label, label, t->words);
    else {
        PUT("uint64_t e%u = dc_list_get(v%u, i%u, ", label, label, label);
        list_geometry(g->out, st);
        PUT(");\n");
    }
    if (gen->kind == G_BAG) {
        PUT("if (i%u > 0 && dc_list_compare(v%u, i%u - 1, %se%u, ", label, label, label, t->words ? "" : "&", label);
        list_geometry(g->out, st);
        PUT(") == 0) continue;\n");
    }
    if (t->words) PUT("dc_copy(l%u, e%u, %u);\n", s, label, t->words);
    else PUT("l%u = e%u + UINT64_C(%llu);\n", s, label, offset(t) ? (ull)t->lo : 0);
    gens_rest(g, list, n, i, body, self);
    PUT("}}\n");
}

static void gens(struct gen *g, const struct ir_gen *list, uint32_t n, body_printer *body, const void *self) {
    struct seen_labels labels;
    const struct seen_labels *outer = current_seen;
    seen(g, list, n < 64 ? n : 64, labels.at);
    current_seen = &labels;
    gens_from(g, list, n, 0, body, self);
    current_seen = outer;
}

/* ---- reductions ---- */

struct reduction {
    const struct ir *node;
    uint32_t label;
};

static void set_add(struct gen *g, const struct ir *at, const struct type *t, uint32_t n, const struct ir *v) {
    if (t->bitset) {
        PUT("{ uint64_t k = ");
        rank(g, v, t->elem);
        PUT("; t%u[k / 64] |= UINT64_C(1) << (k %% 64); }\n", n);
        return;
    }
    PUT("if (!dc_list_insert(t%u, ", n);
    element(g, v, t->elem);
    PUT(", false, ");
    list_geometry(g->out, t);
    PUT(")) ");
    fail(g, DC_CAPACITY, at);
    PUT("\n");
}

static void less_text(struct gen *g, const struct type *t, const char *a, const char *b) {
    if (t->kind == T_RANGE) PUT("(int64_t)%s < (int64_t)%s", a, b);
    else PUT("%s < %s", a, b);
}

static void keep_value(struct gen *g, const struct ir *n, uint32_t label) {
    if (n->type->words) {
        PUT("dc_copy(t%u, ", label);
        x(g, n->kid[0]);
        PUT(", %u);", n->type->words);
    } else {
        PUT("t%u[0] = ", label);
        x(g, n->kid[0]);
        PUT(";");
    }
}

static void reduce_body(struct gen *g, const void *self) {
    const struct reduction *r = self;
    const struct ir *n = r->node;
    uint32_t l = r->label;
    char a[24], b[24];
    switch ((enum reduce)n->imm) {
    case R_EXISTS:
    case R_FORALL:
        PUT("if (%s", n->imm == R_FORALL ? "!(" : "(");
        x(g, n->kid[0]);
        PUT(")) { q%u = %d; goto done%u; }\n", l, n->imm == R_EXISTS, l);
        break;
    case R_COUNT: PUT("q%u++;\n", l); break;
    case R_SUM:
        PUT("{ int64_t y = (int64_t)");
        x(g, n->kid[0]);
        PUT("; if (__builtin_add_overflow((int64_t)q%u, y, &y)) ", l);
        fail(g, DC_OVERFLOW, n);
        PUT(" q%u = (uint64_t)y; }\n", l);
        break;
    case R_SET: set_add(g, n, n->type, l, n->kid[0]); break;
    case R_BAG:
        PUT("if (!dc_list_insert(t%u, ", l);
        element(g, n->kid[0], n->type->elem);
        PUT(", true, ");
        list_geometry(g->out, n->type);
        PUT(")) ");
        fail(g, DC_CAPACITY, n);
        PUT("\n");
        break;
    case R_MAP: {
        const struct type *kt = g->p->slots.at[n->gens[0].slot], *vt = n->type->elem;
        char key[24];
        snprintf(key, sizeof key, "l%u", n->gens[0].slot);
        need_rank(g, kt);
        PUT("{ uint64_t k = ");
        rank_text(g, g->out, kt, key);
        if (vt->words) {
            PUT("; dc_copy(t%u + k * %u, ", l, vt->words);
            x(g, n->kid[0]);
            PUT(", %u); }\n", vt->words);
        } else {
            PUT("; dc_array_put(t%u, %u, k, ", l, type_elem_bits(vt));
            packed(g, n->kid[0], vt);
            PUT("); }\n");
        }
        break;
    }
    case R_FOLD:
        assign_local(g, n->slot, n->kid[0]);
        PUT("\n");
        break;
    case R_CHOOSE:
        keep_value(g, n, l);
        PUT(" q%u = 1; goto done%u;\n", l, l);
        break;
    case R_MIN:
    case R_MAX:
        snprintf(a, sizeof a, "y%u", l);
        snprintf(b, sizeof b, "t%u[0]", l);
        PUT("{ uint64_t y%u = ", l);
        x(g, n->kid[0]);
        PUT("; if (!q%u || ", l);
        if (n->imm == R_MIN) less_text(g, n->type, a, b);
        else less_text(g, n->type, b, a);
        PUT(") t%u[0] = y%u; q%u = 1; }\n", l, l, l);
        break;
    case R_ARGMIN:
    case R_ARGMAX:
        snprintf(a, sizeof a, "y%u", l);
        snprintf(b, sizeof b, "k%u", l);
        PUT("{ uint64_t y%u = ", l);
        x(g, n->kid[1]);
        PUT("; if (!q%u || ", l);
        if (n->imm == R_ARGMIN) less_text(g, n->kid[1]->type, a, b);
        else less_text(g, n->kid[1]->type, b, a);
        PUT(") { ");
        keep_value(g, n, l);
        PUT(" k%u = y%u; } q%u = 1; }\n", l, l, l);
        break;
    }
}

static void reduce(struct gen *g, const struct ir *n) {
    struct reduction r = {.node = n};
    enum reduce op = (enum reduce)n->imm;
    const struct type *t = n->type;
    bool uses_temp = op == R_SET || op == R_BAG || op == R_MAP || op >= R_CHOOSE;
    r.label = uses_temp ? temp(g, t) : g->labels++;
    uint32_t l = r.label;
    PUT("({ __label__ done%u; uint64_t q%u = %d; (void)q%u;\n", l, l, op == R_FORALL, l);
    if (uses_temp) PUT("dc_zero(t%u, %u);\n", l, type_slot_words(t));
    if (op == R_ARGMIN || op == R_ARGMAX) PUT("uint64_t k%u = 0;\n", l);
    if (op == R_FOLD) {
        assign_local(g, n->slot, n->kid[1]);
        PUT("\n");
    }
    gens(g, n->gens, n->n_gens, reduce_body, &r);
    PUT("goto done%u; done%u:;\n", l, l);
    if (op >= R_CHOOSE) {
        PUT("if (!q%u) ", l);
        fail(g, DC_EMPTY, n);
        PUT("\n");
    }
    if (op == R_SET && t->checked && t->bitset) {
        PUT("if (dc_bits_size(t%u, %u) > %u) ", l, type_slot_words(t), t->max);
        fail(g, DC_CAPACITY, n);
        PUT("\n");
    }
    if (op == R_FOLD) {
        if (t->words) {
            uint32_t copy = temp(g, t);
            PUT("dc_copy(t%u, l%u, %u); (const uint64_t *)t%u;", copy, n->slot, t->words, copy);
        } else {
            PUT("l%u;", n->slot);
        }
    } else if (uses_temp) {
        result(g, t, l);
    } else {
        PUT("q%u;", l);
    }
    PUT(" })");
}

/* ---- expressions ---- */

/* Two operands, the left one first wherever order could be seen. */
static void two(struct gen *g, const struct ir *n, const char *before, const char *between, const char *after) {
    bool ordered = n->kid[0]->total || n->kid[1]->total;
    if (ordered) {
        PUT("%s", before);
        x(g, n->kid[0]);
        PUT("%s", between);
        x(g, n->kid[1]);
        PUT("%s", after);
        return;
    }
    uint32_t l = g->labels++;
    const char *kind = n->kid[0]->type->words ? "const uint64_t *" : "uint64_t ";
    PUT("({ %sa%u = ", kind, l);
    x(g, n->kid[0]);
    PUT("; %sb%u = ", n->kid[1]->type->words ? "const uint64_t *" : "uint64_t ", l);
    x(g, n->kid[1]);
    PUT("; %sa%u%sb%u%s; })", before, l, between, l, after);
}

static void arithmetic(struct gen *g, const struct ir *n) {
    uint32_t l = g->labels++;
    if (n->total) {
        switch (n->op) {
        case IR_ADD: two(g, n, "(", " + ", ")"); return;
        case IR_SUB: two(g, n, "(", " - ", ")"); return;
        case IR_MUL: two(g, n, "(", " * ", ")"); return;
        case IR_MOD:
        case IR_DIV:
            if (n->kid[0]->type->lo >= 0 && n->kid[1]->type->lo > 0)
                two(g, n, "(", n->op == IR_MOD ? " % " : " / ", ")");
            else
                two(g, n, n->op == IR_MOD ? "(uint64_t)dc_mod((int64_t)" : "(uint64_t)dc_div((int64_t)", ", (int64_t)",
                    ")");
            return;
        default: break;
        }
    }
    PUT("({ int64_t a%u = (int64_t)", l);
    x(g, n->kid[0]);
    PUT("; int64_t b%u = (int64_t)", l);
    x(g, n->kid[1]);
    PUT("; int64_t c%u = 0; ", l);
    const char *name = n->op == IR_ADD ? "add" : n->op == IR_SUB ? "sub" : "mul";
    if (n->op == IR_ADD || n->op == IR_SUB || n->op == IR_MUL) {
        PUT("if (__builtin_%s_overflow(a%u, b%u, &c%u)) ", name, l, l, l);
        fail(g, DC_OVERFLOW, n);
    } else if (n->op == IR_DIV || n->op == IR_MOD) {
        PUT("if (!b%u) ", l);
        fail(g, DC_DIVISION, n);
        PUT(" if (b%u == -1 && a%u == INT64_MIN) ", l, l);
        fail(g, DC_OVERFLOW, n);
        PUT(" c%u = dc_%s(a%u, b%u);", l, n->op == IR_DIV ? "div" : "mod", l, l);
    } else {
        PUT("c%u = a%u %s b%u ? a%u : b%u;", l, l, n->op == IR_MIN2 ? "<" : ">", l, l, l);
    }
    PUT(" (uint64_t)c%u; })", l);
}

static void to_range(struct gen *g, const struct ir *n) {
    const struct type *t = n->type;
    uint32_t l = g->labels++;
    if (n->total && t->mode != RANGE_SATURATING) {
        x(g, n->kid[0]);
        return;
    }
    PUT("({ int64_t a%u = (int64_t)", l);
    x(g, n->kid[0]);
    PUT("; ");
    if (t->mode == RANGE_SATURATING) {
        PUT("if (a%u < %lldLL) a%u = %lldLL; if (a%u > %lldLL) a%u = %lldLL;", l, (long long)t->lo, l, (long long)t->lo,
            l, (long long)t->hi, l, (long long)t->hi);
    } else {
        PUT("if (a%u < %lldLL || a%u > %lldLL) ", l, (long long)t->lo, l, (long long)t->hi);
        fail(g, t->mode == RANGE_CUT ? DC_STOP_CUT : DC_RANGE, n);
    }
    PUT(" (uint64_t)a%u; })", l);
}

static void cons(struct gen *g, const struct ir *n) {
    const struct type *t = n->type;
    uint32_t first = t->kind == T_UNION ? t->variants[n->imm].first : 0;
    uint32_t failing = 0;
    for (uint32_t i = 0; i < n->n; i++) failing += !n->kid[i]->total;
    if (!t->words && failing <= 1) {
        ull tag = t->kind == T_UNION && t->payload < 64 ? (ull)n->imm << t->payload : 0;
        PUT("(UINT64_C(%llu)", tag);
        for (uint32_t i = 0; i < n->n; i++) {
            const struct field *f = &t->fields[first + i];
            if (!f->type->bits && n->kid[i]->total) continue;
            PUT(" | ");
            packed(g, n->kid[i], f->type);
            PUT(" << %u", f->at);
        }
        PUT(")");
        return;
    }
    uint32_t l = temp(g, t);
    PUT("({ dc_zero(t%u, %u); ", l, type_slot_words(t));
    if (t->kind == T_UNION) {
        if (t->words) PUT("t%u[0] = %lld; ", l, (long long)n->imm);
        else if (t->payload < 64) PUT("t%u[0] = UINT64_C(%llu); ", l, (ull)n->imm << t->payload);
    }
    for (uint32_t i = 0; i < n->n; i++) {
        const struct field *f = &t->fields[first + i];
        if (f->type->words) {
            PUT("dc_copy(t%u + %u, ", l, f->at / 64);
            x(g, n->kid[i]);
            PUT(", %u); ", f->type->words);
        } else {
            uint32_t word = t->words ? f->at / 64 : 0, shift = t->words ? f->at % 64 : f->at;
            PUT("{ uint64_t y = ");
            packed(g, n->kid[i], f->type);
            PUT("; t%u[%u] |= y << %u; } ", l, word, f->type->bits ? shift : 0);
        }
    }
    result(g, t, l);
    PUT(" })");
}

static void field(struct gen *g, const struct ir *n) {
    const struct type *t = n->kid[0]->type;
    const struct field *f =
        &t->fields[n->op == IR_FIELD ? (uint32_t)n->imm : t->variants[n->slot].first + (uint32_t)n->imm];
    char *v;
    size_t len;
    FILE *out = g->out;
    buffer(&g->out, &v, &len);
    x(g, n->kid[0]);
    fclose(g->out);
    g->out = out;
    field_text(out, t, f, v);
    free(v);
}

static void index_of(struct gen *g, const struct ir *n) {
    const struct type *t = n->kid[0]->type, *e = t->elem;
    uint32_t l = g->labels++;
    if (t->kind == T_MAP) {
        bool simple = n->kid[0]->total || n->kid[1]->total;
        if (!simple) { /* base first */
            PUT("({ %sm%u = ", t->words ? "const uint64_t *" : "uint64_t ", l);
            x(g, n->kid[0]);
            PUT("; ");
        }
        if (e->words) PUT("(");
        else unpack_open(g->out, e);
        if (e->words) PUT("(");
        else if (t->words) PUT("dc_array_get(");
        else PUT("dc_get(");
        if (simple) x(g, n->kid[0]);
        else PUT("m%u", l);
        if (e->words) PUT(") + ");
        else if (t->words) PUT(", %u, ", type_elem_bits(e));
        else PUT(", (unsigned)(");
        rank(g, n->kid[1], t->key);
        if (e->words) PUT(" * %u)", e->words);
        else if (t->words) PUT(")");
        else PUT(" * %u), %u)", type_elem_bits(e), type_elem_bits(e));
        if (!e->words) unpack_close(g->out, e);
        if (!simple) PUT("; })");
        return;
    }
    PUT("({ ");
    if (t->words) PUT("const uint64_t *m%u = ", l);
    else PUT("const uint64_t m%u[1] = {", l);
    x(g, n->kid[0]);
    PUT("%s; int64_t i%u = (int64_t)", t->words ? "" : "}", l);
    x(g, n->kid[1]);
    PUT(" - %d; if (i%u < 0 || i%u >= (int64_t)dc_list_len(m%u, ", t->base1, l, l, l);
    list_geometry(g->out, t);
    PUT(")) ");
    fail(g, DC_INDEX, n);
    if (e->words) {
        PUT(" dc_list_at(m%u, (unsigned)i%u, %u); })", l, l, e->words);
    } else {
        PUT(" ");
        unpack_open(g->out, e);
        PUT("dc_list_get(m%u, (unsigned)i%u, ", l, l);
        list_geometry(g->out, t);
        PUT(")");
        unpack_close(g->out, e);
        PUT("; })");
    }
}

static void set_index(struct gen *g, const struct ir *n) {
    const struct type *t = n->type, *e = t->elem;
    uint32_t l = temp(g, t);
    PUT("({ dc_copy(t%u, ", l);
    pointer(g, n->kid[0]);
    PUT(", %u); ", type_slot_words(t));
    if (t->kind == T_MAP) {
        PUT("uint64_t k%u = ", l);
        rank(g, n->kid[1], t->key);
        if (e->words) {
            PUT("; dc_copy(t%u + k%u * %u, ", l, l, e->words);
            x(g, n->kid[2]);
            PUT(", %u); ", e->words);
        } else {
            PUT("; dc_array_put(t%u, %u, k%u, ", l, type_elem_bits(e), l);
            packed(g, n->kid[2], e);
            PUT("); ");
        }
    } else {
        PUT("int64_t i%u = (int64_t)", l);
        x(g, n->kid[1]);
        PUT(" - %d; uint64_t y%u[%u]; ", t->base1, l, type_slot_words(e));
        if (e->words) {
            PUT("dc_copy(y%u, ", l);
            x(g, n->kid[2]);
            PUT(", %u); ", e->words);
        } else {
            PUT("y%u[0] = ", l);
            packed(g, n->kid[2], e);
            PUT("; ");
        }
        PUT("if (i%u < 0 || i%u >= (int64_t)dc_list_len(t%u, ", l, l, l);
        list_geometry(g->out, t);
        PUT(")) ");
        fail(g, DC_INDEX, n);
        PUT(" dc_list_write(t%u, (unsigned)i%u, y%u, ", l, l, l);
        list_geometry(g->out, t);
        PUT("); ");
    }
    result(g, t, l);
    PUT(" })");
}

static void set_binary(struct gen *g, const struct ir *n) {
    const struct type *t = n->kid[0]->type;
    uint32_t l = g->labels++;
    if (t->bitset && !t->words) {
        if (n->op == IR_UNION && n->type->checked) {
            PUT("({ uint64_t a%u = ", l);
            two(g, n, "(", " | ", ")");
            PUT("; if (dc_count(a%u) > %u) ", l, n->type->max);
            fail(g, DC_CAPACITY, n);
            PUT(" a%u; })", l);
            return;
        }
        if (n->op == IR_UNION) two(g, n, "(", " | ", ")");
        if (n->op == IR_INTER) two(g, n, "(", " & ", ")");
        if (n->op == IR_DIFF) two(g, n, "(", " & ~", ")");
        if (n->op == IR_SUBSETEQ) two(g, n, "((", " & ~", ") == 0)");
        return;
    }
    PUT("({ const uint64_t *a%u = ", l);
    pointer(g, n->kid[0]);
    PUT("; const uint64_t *b%u = ", l);
    pointer(g, n->kid[1]);
    PUT("; ");
    if (n->op == IR_SUBSETEQ) {
        if (t->bitset) PUT("(uint64_t)dc_bits_subset(a%u, b%u, %u); })", l, l, t->words);
        else {
            PUT("(uint64_t)dc_list_subset(a%u, b%u, ", l, l);
            list_geometry(g->out, t);
            PUT("); })");
        }
        return;
    }
    uint32_t d = temp(g, t);
    if (t->bitset) {
        const char *op = n->op == IR_UNION ? "|" : n->op == IR_INTER ? "&" : "& ~";
        PUT("for (unsigned i = 0; i < %u; i++) t%u[i] = a%u[i] %s b%u[i]; ", t->words, d, l, op, l);
        if (n->op == IR_UNION && n->type->checked) {
            PUT("if (dc_bits_size(t%u, %u) > %u) ", d, t->words, n->type->max);
            fail(g, DC_CAPACITY, n);
        }
    } else {
        PUT("if (!dc_list_combine(%d, t%u, a%u, b%u, ", n->op == IR_UNION ? 0 : n->op == IR_INTER ? 1 : 2, d, l, l);
        list_geometry(g->out, t);
        PUT(")) ");
        fail(g, DC_CAPACITY, n);
    }
    PUT(" ");
    result(g, t, d);
    PUT(" })");
}

static void copy_first(struct gen *g, const struct ir *n, uint32_t l) {
    PUT("({ dc_copy(t%u, ", l);
    pointer(g, n->kid[0]);
    PUT(", %u); ", type_slot_words(n->type));
}

/* One by one: appends the elements from..to of a value to t<l>. */
static void append_all(struct gen *g, const struct ir *n, const struct ir *src, uint32_t l, const char *from,
                       const char *to, const char *how) {
    const struct type *st = src->type, *e = st->elem, *te = n->type->elem;
    PUT("for (unsigned i = %s; i < %s; i++) { ", from, to);
    if (e->words) {
        PUT("const uint64_t *y = dc_list_at(m%u, i, %u); ", l, e->words);
    } else {
        PUT("uint64_t y[1] = {");
        unpack_open(g->out, e);
        PUT("dc_list_get(m%u, i, ", l);
        list_geometry(g->out, st);
        PUT(")");
        unpack_close(g->out, e);
        PUT(" - UINT64_C(%llu)}; ", offset(te) ? (ull)te->lo : 0);
    }
    if (n->type->kind == T_SET && n->type->bitset) {
        char v[32];
        snprintf(v, sizeof v, e->words ? "y" : "(y[0] + UINT64_C(%llu))", offset(te) ? (ull)te->lo : 0);
        need_rank(g, te);
        PUT("uint64_t k = ");
        rank_text(g, g->out, te, v);
        PUT("; t%u[k / 64] |= UINT64_C(1) << (k %% 64); } ", l);
        return;
    }
    PUT("if (!%s(t%u, y, %s", how, l, n->type->kind == T_SET ? "false, " : "");
    list_geometry(g->out, n->type);
    PUT(")) ");
    fail(g, DC_CAPACITY, n);
    PUT(" } ");
}

static void source_list(struct gen *g, const struct ir *src, uint32_t l, bool declare) {
    if (src->type->words) {
        PUT(declare ? "const uint64_t *m%u = " : "m%u = ", l);
        x(g, src);
        PUT("; ");
    } else {
        uint32_t k = temp(g, src->type);
        PUT("t%u[0] = ", k);
        x(g, src);
        PUT(declare ? "; const uint64_t *m%u = t%u; " : "; m%u = t%u; ", l, k);
    }
}

static void sequence(struct gen *g, const struct ir *n) {
    const struct ir *src = n->kid[0];
    uint32_t l = temp(g, n->type);
    char len[96];
    PUT("({ ");
    source_list(g, src, l, true);
    snprintf(len, sizeof len, "dc_list_len(m%u, %u, %u, %u, %d)", l, type_elem_bits(src->type->elem),
             src->type->elem->words, src->type->cap, src->type->words == 0);
    if (n->op == IR_SLICE) {
        PUT("int64_t lo%u = (int64_t)", l);
        x(g, n->kid[1]);
        PUT(" - %d; int64_t hi%u = (int64_t)", src->type->base1, l);
        x(g, n->kid[2]);
        PUT(" - %d; if (lo%u < 0 || hi%u > (int64_t)%s) ", src->type->base1, l, l, len);
        fail(g, DC_INDEX, n);
    }
    PUT(" dc_zero(t%u, %u); ", l, type_slot_words(n->type));
    if (n->op == IR_SLICE) {
        char from[24], to[64];
        snprintf(from, sizeof from, "(unsigned)lo%u", l);
        snprintf(to, sizeof to, "(unsigned)(hi%u > lo%u ? hi%u : lo%u)", l, l, l, l);
        append_all(g, n, src, l, from, to, "dc_list_append");
    } else {
        append_all(g, n, src, l, "0", len, n->op == IR_CONCAT ? "dc_list_append" : "dc_list_insert");
        if (n->op == IR_CONCAT) {
            const struct ir *second = n->kid[1];
            source_list(g, second, l, false);
            snprintf(len, sizeof len, "dc_list_len(m%u, %u, %u, %u, %d)", l, type_elem_bits(second->type->elem),
                     second->type->elem->words, second->type->cap, second->type->words == 0);
            append_all(g, n, second, l, "0", len, "dc_list_append");
        }
    }
    result(g, n->type, l);
    PUT(" })");
}

static void checked_size(struct gen *g, const struct ir *n, uint32_t l) {
    const struct type *t = n->type;
    if (!t->checked || !t->bitset) return;
    PUT("if (dc_bits_size(t%u, %u) > %u) ", l, type_slot_words(t), t->max);
    fail(g, DC_CAPACITY, n);
    PUT(" ");
}

static void list_op(struct gen *g, const struct ir *n) {
    const struct type *t = n->type;
    switch (n->op) {
    case IR_INSERT: {
        if (t->bitset && !t->words && !t->checked) {
            PUT("(");
            x(g, n->kid[0]);
            PUT(" | UINT64_C(1) << ");
            rank(g, n->kid[1], t->elem);
            PUT(")");
            return;
        }
        uint32_t l = temp(g, t);
        copy_first(g, n, l);
        set_add(g, n, t, l, n->kid[1]);
        checked_size(g, n, l);
        result(g, t, l);
        PUT(" })");
        return;
    }
    case IR_APPEND:
    case IR_BAGADD:
    case IR_BAGREMOVE: {
        uint32_t l = temp(g, t);
        copy_first(g, n, l);
        if (n->op != IR_BAGREMOVE) PUT("if (!");
        else PUT("(void)");
        PUT("%s(t%u, ",
            n->op == IR_APPEND   ? "dc_list_append"
            : n->op == IR_BAGADD ? "dc_list_insert"
                                 : "dc_list_remove",
            l);
        element(g, n->kid[1], t->elem);
        PUT(n->op == IR_BAGADD ? ", true, " : ", ");
        list_geometry(g->out, t);
        if (n->op != IR_BAGREMOVE) {
            PUT(")) ");
            fail(g, DC_CAPACITY, n);
        } else {
            PUT(");");
        }
        PUT(" ");
        result(g, t, l);
        PUT(" })");
        return;
    }
    case IR_BAGCOUNT: {
        const struct type *bt = n->kid[0]->type;
        uint32_t l = g->labels++;
        PUT("({ const uint64_t *a%u = ", l);
        pointer(g, n->kid[0]);
        PUT("; (uint64_t)dc_list_copies(a%u, ", l);
        element(g, n->kid[1], bt->elem);
        PUT(", ");
        list_geometry(g->out, bt);
        PUT("); })");
        return;
    }
    case IR_TAIL: {
        uint32_t l = temp(g, t);
        copy_first(g, n, l);
        PUT("if (!dc_list_len(t%u, ", l);
        list_geometry(g->out, t);
        PUT(")) ");
        fail(g, DC_EMPTY, n);
        PUT(" dc_list_tail(t%u, ", l);
        list_geometry(g->out, t);
        PUT("); ");
        result(g, t, l);
        PUT(" })");
        return;
    }
    case IR_CONCAT:
    case IR_SLICE:
    case IR_ELEMENTS: sequence(g, n); return;
    default: break;
    }
    if (n->op == IR_SETLIT && t->bitset && !t->words && !t->checked && n->total) {
        PUT("(UINT64_C(0)");
        for (uint32_t i = 0; i < n->n; i++) {
            PUT(" | UINT64_C(1) << ");
            rank(g, n->kid[i], t->elem);
        }
        PUT(")");
        return;
    }
    uint32_t l = temp(g, t);
    PUT("({ dc_zero(t%u, %u); ", l, type_slot_words(t));
    for (uint32_t i = 0; i < n->n; i++) {
        if (n->op == IR_SETLIT) {
            set_add(g, n, t, l, n->kid[i]);
            continue;
        }
        PUT("if (!%s(t%u, ", n->op == IR_SEQLIT ? "dc_list_append" : "dc_list_insert", l);
        element(g, n->kid[i], t->elem);
        PUT(n->op == IR_SEQLIT ? ", " : ", true, ");
        list_geometry(g->out, t);
        PUT(")) ");
        fail(g, DC_CAPACITY, n);
        PUT(" ");
    }
    if (n->op == IR_SETLIT) checked_size(g, n, l);
    result(g, t, l);
    PUT(" })");
}

static void closure(struct gen *g, const struct ir *n) {
    uint32_t l = temp(g, n->type);
    ull u = (ull)n->type->elem->fields[0].type->universe;
    copy_first(g, n, l);
    PUT("for (uint64_t k = 0; k < %llu; k++) for (uint64_t i = 0; i < %llu; i++) if (dc_has(t%u, i * %llu + k)) for "
        "(uint64_t j = 0; j < %llu; j++) "
        "if (dc_has(t%u, k * %llu + j)) t%u[(i * %llu + j) / 64] |= UINT64_C(1) << ((i * %llu + j) %% 64); ",
        u, u, l, u, u, l, u, l, u, u);
    result(g, n->type, l);
    PUT(" })");
}

static void option(struct gen *g, const struct ir *n) {
    const struct type *t = n->kid[0]->type, *e = t->elem;
    uint32_t l = g->labels++;
    if (n->op == IR_ISSOME) {
        PUT("(");
        x(g, n->kid[0]);
        PUT(t->words ? "[0] != 0)" : " != 0)");
        return;
    }
    PUT("({ %sa%u = ", t->words ? "const uint64_t *" : "uint64_t ", l);
    x(g, n->kid[0]);
    PUT("; ");
    if (!n->imm) {
        PUT(t->words ? "if (!a%u[0]) " : "if (!a%u) ", l);
        fail(g, DC_NONE, n);
    }
    if (e->words) PUT(" a%u + 1; })", l);
    else
        PUT(t->words ? " a%u[1] + UINT64_C(%llu); })" : " a%u - 1 + UINT64_C(%llu); })", l, offset(e) ? (ull)e->lo : 0);
}

static void some(struct gen *g, const struct ir *n) {
    const struct type *t = n->type, *e = t->elem;
    if (!t->words) {
        PUT("(");
        packed(g, n->kid[0], e);
        PUT(" + 1)");
        return;
    }
    uint32_t l = temp(g, t);
    PUT("({ dc_zero(t%u, %u); t%u[0] = 1; ", l, t->words, l);
    if (e->words) {
        PUT("dc_copy(t%u + 1, ", l);
        x(g, n->kid[0]);
        PUT(", %u); ", e->words);
    } else {
        PUT("t%u[1] = ", l);
        packed(g, n->kid[0], e);
        PUT("; ");
    }
    result(g, t, l);
    PUT(" })");
}

static void constant(struct gen *g, const struct ir *n) {
    if (!n->words) {
        PUT("UINT64_C(%llu)", (ull)n->imm);
        return;
    }
    uint32_t l = g->labels++;
    fprintf(g->decls, "    static const uint64_t k%u[] = {", l);
    for (uint32_t i = 0; i < n->type->words; i++)
        fprintf(g->decls, "%sUINT64_C(%llu)", i ? ", " : "", (ull)n->words[i]);
    fputs("};\n", g->decls);
    PUT("k%u", l);
}

static void x(struct gen *g, const struct ir *n) {
    switch (n->op) {
    case IR_CONST: constant(g, n); return;
    case IR_LOCAL:
        slot(g, n->slot);
        PUT("l%u", n->slot);
        return;
    case IR_STATE: {
        const char *s = n->imm ? "next" : g->state;
        const struct type *t = n->type;
        if (t->words) {
            PUT("(%s + %u)", s, n->var->word);
            return;
        }
        unpack_open(g->out, t);
        if (t->bits) PUT("dc_get(%s[%u], %u, %u)", s, n->var->word, n->var->shift, t->bits);
        else PUT("UINT64_C(0)");
        unpack_close(g->out, t);
        return;
    }
    case IR_FIELD:
    case IR_PAYLOAD: field(g, n); return;
    case IR_ISTAG: {
        const struct type *t = n->kid[0]->type;
        PUT("(");
        x(g, n->kid[0]);
        if (t->words) PUT("[0] == %lld)", (long long)n->imm);
        else if (t->payload >= 64) PUT(", %d)", n->imm == 0);
        else PUT(" >> %u == %lld)", t->payload, (long long)n->imm);
        return;
    }
    case IR_CONS: cons(g, n); return;
    case IR_SETFIELD: {
        const struct type *t = n->type;
        const struct field *f = &t->fields[n->imm];
        uint32_t l = temp(g, t);
        copy_first(g, n, l);
        if (f->type->words) {
            PUT("dc_copy(t%u + %u, ", l, f->at / 64);
            x(g, n->kid[1]);
            PUT(", %u); ", f->type->words);
        } else {
            uint32_t word = t->words ? f->at / 64 : 0, shift = t->words ? f->at % 64 : f->at;
            PUT("{ uint64_t y = ");
            packed(g, n->kid[1], f->type);
            if (f->type->bits)
                PUT("; t%u[%u] = dc_put(t%u[%u], %u, %u, y); } ", l, word, l, word, shift, f->type->bits);
            else PUT("; (void)y; } ");
        }
        result(g, t, l);
        PUT(" })");
        return;
    }
    case IR_INDEX: index_of(g, n); return;
    case IR_SETINDEX: set_index(g, n); return;
    case IR_SOME: some(g, n); return;
    case IR_ISSOME:
    case IR_UNWRAP: option(g, n); return;
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_DIV:
    case IR_MOD:
    case IR_MIN2:
    case IR_MAX2: arithmetic(g, n); return;
    case IR_TORANGE: to_range(g, n); return;
    case IR_EQ:
        if (n->kid[0]->type->words) {
            char after[32];
            snprintf(after, sizeof after, ", %u)", n->kid[0]->type->words);
            two(g, n, "(uint64_t)dc_same(", ", ", after);
        } else {
            two(g, n, "(", " == ", ")");
        }
        return;
    case IR_LT:
    case IR_LE: {
        const struct type *t = n->kid[0]->type;
        const char *op = n->op == IR_LT ? " < " : " <= ";
        if (t->kind == T_RANGE || n->kid[1]->type->kind == T_RANGE) {
            char between[32];
            snprintf(between, sizeof between, "%s(int64_t)", op);
            two(g, n, "((int64_t)", between, ")");
        } else {
            two(g, n, "(", op, ")");
        }
        return;
    }
    case IR_NOT:
        PUT("(!");
        x(g, n->kid[0]);
        PUT(")");
        return;
    case IR_AND:
    case IR_OR:
        PUT("(");
        for (uint32_t i = 0; i < n->n; i++) {
            if (i) PUT(n->op == IR_AND ? " && " : " || ");
            x(g, n->kid[i]);
        }
        PUT(")");
        return;
    case IR_IF:
        PUT("(");
        x(g, n->kid[0]);
        PUT(" ? ");
        x(g, n->kid[1]);
        PUT(" : ");
        x(g, n->kid[2]);
        PUT(")");
        return;
    case IR_LET:
        PUT("({ ");
        assign_local(g, n->slot, n->kid[0]);
        PUT(" ");
        x(g, n->kid[1]);
        PUT("; })");
        return;
    case IR_MEMBER: {
        const struct type *t = n->kid[1]->type;
        uint32_t l = g->labels++;
        if (t->bitset) {
            PUT("({ uint64_t a%u = ", l);
            rank(g, n->kid[0], t->elem);
            PUT("; ");
            if (t->words) {
                PUT("(uint64_t)dc_has(");
                x(g, n->kid[1]);
                PUT(", a%u); })", l);
            } else {
                x(g, n->kid[1]);
                PUT(" >> a%u & 1; })", l);
            }
            return;
        }
        const struct type *e = t->elem;
        PUT("({ %sa%u = ", e->words ? "const uint64_t *" : "uint64_t ", l);
        packed(g, n->kid[0], e);
        PUT("; (uint64_t)dc_list_has(");
        pointer(g, n->kid[1]);
        PUT(", %sa%u, ", e->words ? "" : "&", l);
        list_geometry(g->out, t);
        PUT("); })");
        return;
    }
    case IR_SUBSETEQ:
    case IR_UNION:
    case IR_INTER:
    case IR_DIFF: set_binary(g, n); return;
    case IR_SIZE: {
        const struct type *t = n->kid[0]->type;
        if (t->kind == T_SET && t->bitset) {
            if (t->words) PUT("(uint64_t)dc_bits_size(");
            else PUT("(uint64_t)dc_count(");
            x(g, n->kid[0]);
            if (t->words) PUT(", %u)", t->words);
            else PUT(")");
            return;
        }
        PUT("(uint64_t)dc_list_len(");
        pointer(g, n->kid[0]);
        PUT(", ");
        list_geometry(g->out, t);
        PUT(")");
        return;
    }
    case IR_CLOSURE: closure(g, n); return;
    case IR_REDUCE: reduce(g, n); return;
    case IR_FAIL: {
        PUT("({ ");
        fail(g, (enum dc_error)n->imm, n);
        PUT(n->type && n->type->words ? " (const uint64_t *)0; })" : " UINT64_C(0); })");
        return;
    }
    case IR_TEMPORAL: PUT("UINT64_C(0)"); return;
    default: list_op(g, n);
    }
}

/* ---- statements ---- */

/* Prints the place of an assignment as `uint64_t *w<l>` and `unsigned h<l>`, the words and the shift in the first one.
 */
static void place(struct gen *g, const struct ir *n, uint32_t l) {
    if (n->op == IR_STATE) {
        PUT("uint64_t *w%u = t + %u; unsigned h%u = %u;\n", l, n->var->word, l, n->var->shift);
        return;
    }
    place(g, n->kid[0], l);
    const struct type *t = n->kid[0]->type;
    if (n->op == IR_FIELD || n->op == IR_PAYLOAD) {
        const struct field *f =
            &t->fields[n->op == IR_FIELD ? (uint32_t)n->imm : t->variants[n->slot].first + (uint32_t)n->imm];
        if (!t->words) PUT("h%u += %u;\n", l, f->at);
        else PUT("w%u += %u; h%u = %u;\n", l, f->at / 64, l, f->at % 64);
        return;
    }
    const struct type *e = t->elem;
    uint32_t k = g->labels++;
    if (t->kind == T_MAP) {
        PUT("uint64_t i%u = ", k);
        rank(g, n->kid[1], t->key);
        PUT(";\n");
    } else {
        PUT("uint64_t i%u = ", k);
        x(g, n->kid[1]);
        PUT(" - %d;\n{ ", t->base1);
        if (t->words) PUT("const uint64_t *m = w%u; ", l);
        else PUT("const uint64_t m[1] = {dc_get(w%u[0], h%u, %u)}; ", l, l, t->bits);
        PUT("if (i%u >= dc_list_len(m, ", k);
        list_geometry(g->out, t);
        PUT(")) ");
        fail(g, DC_INDEX, n);
        PUT(" }\n");
        if (t->words) PUT("w%u++;\n", l);
    }
    if (!t->words) PUT("h%u += (unsigned)i%u * %u;\n", l, k, type_elem_bits(e));
    else if (e->words) PUT("w%u += i%u * %u;\n", l, k, e->words);
    else
        PUT("w%u += i%u / %u; h%u = (unsigned)(i%u %% %u) * %u;\n", l, k, 64 / type_elem_bits(e), l, k,
            64 / type_elem_bits(e), type_elem_bits(e));
}

static void store(struct gen *g, const struct ir *n) {
    const struct ir *to = n->kid[0], *v = n->kid[1];
    const struct type *t = to->type;
    uint32_t l = g->labels++;
    if (v->op == IR_INSERT && to->op == IR_STATE && v->kid[0]->op == IR_STATE && v->kid[0]->var == to->var &&
        !v->kid[0]->imm && t->bitset && t->words && !t->checked) {
        PUT("{ uint64_t k = ");
        rank(g, v->kid[1], t->elem);
        PUT("; t[%u + k / 64] |= UINT64_C(1) << (k %% 64); }\n", to->var->word);
        return;
    }
    PUT("{ ");
    if (t->words) PUT("const uint64_t *y%u = ", l);
    else PUT("uint64_t y%u = ", l);
    if (t->words) x(g, v);
    else packed(g, v, t);
    PUT(";\n");
    place(g, to, l);
    if (t->words) PUT("(void)h%u; dc_copy(w%u, y%u, %u); }\n", l, l, l, t->words);
    else if (t->bits) PUT("w%u[0] = dc_put(w%u[0], h%u, %u, y%u); }\n", l, l, l, t->bits, l);
    else PUT("(void)w%u; (void)h%u; (void)y%u; }\n", l, l, l);
}

static void print_statement(struct gen *g, const void *self) { statement(g, self); }
static void print_count(struct gen *g, const void *self) { PUT("c%u++;\n", *(const uint32_t *)self); }
static void print_pick(struct gen *g, const void *self) {
    uint32_t l = *(const uint32_t *)self;
    PUT("if (k%u-- == 0) goto picked%u;\n", l, l);
}

static void pick(struct gen *g, const struct ir *n) {
    uint32_t l = g->labels++;
    PUT("{ __label__ picked%u; uint32_t k%u, c%u = 0;\nif (choices.depth < choices.n) k%u = dc_choose(&choices, "
        "0);\nelse {\n",
        l, l, l, l);
    gens(g, n->gens, n->n_gens, print_count, &l);
    PUT("if (!c%u) goto next;\nif (choices.depth == DC_CHOICES) ", l);
    fail(g, DC_CAPACITY, n);
    PUT("\nk%u = dc_choose(&choices, c%u);\n}\n", l, l);
    gens(g, n->gens, n->n_gens, print_pick, &l);
    PUT("picked%u:; }\n", l);
}

static void statement(struct gen *g, const struct ir *n) {
    switch (n->op) {
    case IR_BLOCK:
        for (uint32_t i = 0; i < n->n; i++) statement(g, n->kid[i]);
        return;
    case IR_STORE: store(g, n); return;
    case IR_BIND:
        assign_local(g, n->slot, n->kid[0]);
        PUT("\n");
        return;
    case IR_WHEN:
        PUT("if (");
        x(g, n->kid[0]);
        PUT(") {\n");
        statement(g, n->kid[1]);
        if (n->kid[2]) {
            PUT("} else {\n");
            statement(g, n->kid[2]);
        }
        PUT("}\n");
        return;
    case IR_FOR: gens(g, n->gens, n->n_gens, print_statement, n->kid[0]); return;
    case IR_PICK: pick(g, n); return;
    case IR_EITHER:
        PUT("if (choices.depth == DC_CHOICES) ");
        fail(g, DC_CAPACITY, n);
        PUT("\nswitch (dc_choose(&choices, %u)) {\n", n->n);
        for (uint32_t i = 0; i < n->n; i++) {
            PUT("case %u: {\n", i);
            statement(g, n->kid[i]);
            PUT("} break;\n");
        }
        PUT("}\n");
        return;
    case IR_ASSERT:
        PUT("if (!");
        x(g, n->kid[0]);
        PUT(") ");
        fail(g, DC_ASSERT, n);
        PUT("\n");
        return;
    case IR_REQUIRE:
        PUT("if (!");
        x(g, n->kid[0]);
        PUT(") goto next;\n");
        return;
    case IR_SENDS: statement(g, n->kid[1]); return;
    case IR_CUT: PUT("FAIL(%d, %u);\n", DC_STOP_CUT, n->site); return;
    case IR_FAIL:
        fail(g, (enum dc_error)n->imm, n);
        PUT("\n");
        return;
    default: panic("not a statement");
    }
}

/* ---- functions ---- */

static void action_body(struct gen *g, const void *self) {
    const struct ir_action *a = self;
    PUT("choices.n = 0;\ndo {\nif (o->n == o->cap) o->flush(o);\nuint64_t *t = o->states + (size_t)o->n * "
        "WORDS;\ndc_copy(t, s, WORDS);\nchoices.depth = 0;\n");
    PUT("#undef FAIL\n#define FAIL(e, at) do { dc_record(o, ACTION, e, at); if (e != %d) return; goto next; } while "
        "(0)\n",
        DC_STOP_CUT);
    g->state = "t";
    statement(g, a->body);
    g->state = "s";
    PUT("dc_record(o, ACTION, 0, 0);\ngoto next;\nnext:;\n");
    PUT("#undef FAIL\n#define FAIL(e, at) do { dc_record(o, ACTION, e, at); return; } while (0)\n");
    PUT("} while (dc_turn(&choices));\n");
}

static void print_function(struct gen *g, FILE *all, const char *head, const char *tail,
                           void (*body)(struct gen *, const void *), const void *self) {
    char *text, *decls;
    size_t n, m;
    buffer(&g->out, &text, &n);
    buffer(&g->decls, &decls, &m);
    memset(g->declared, 0, g->p->slots.n + 1);
    g->labels = 0;
    body(g, self);
    fclose(g->out);
    fclose(g->decls);
    fprintf(all, "%s%s%s%s", head, decls, text, tail);
    free(text);
    free(decls);
}

static void whole_action(struct gen *g, const void *self) {
    const struct ir_action *a = self;
    gens(g, a->gens, a->n_gens, action_body, a);
}

static void whole_pred(struct gen *g, const void *self) {
    const struct ir_pred *q = self;
    PUT("    *value = ");
    x(g, q->body);
    PUT(";\n");
}

void cgen_write(const struct program *p, FILE *file) {
    struct gen g = {.p = p, .state = "s", .types = p->types.list.n};
    char *prelude, *functions;
    size_t n, m;
    FILE *all;
    g.declared = mem_alloc(p->slots.n + 1);
    g.rank = mem_alloc(g.types + 1);
    g.unrank = mem_alloc(g.types + 1);
    buffer(&g.prelude, &prelude, &n);
    buffer(&all, &functions, &m);
    for (uint32_t i = 0; i < p->actions.n; i++) {
        const struct ir_action *a = &p->actions.at[i];
        char *head;
        size_t len;
        FILE *h;
        buffer(&h, &head, &len);
        fprintf(h,
                "\n/* %s%s%s */\n#define ACTION %u\nstatic void a%u(const uint64_t *s, struct dc_out *o) {\n    struct "
                "dc_choices choices;\n",
                a->process >= 0 ? p->processes.at[a->process].name : "", a->process >= 0 ? ": " : "", a->name, i, i);
        fclose(h);
        fprintf(all, "#undef FAIL\n#define FAIL(e, at) do { dc_record(o, ACTION, e, at); return; } while (0)\n");
        print_function(&g, all, head, "}\n#undef ACTION\n", whole_action, a);
        free(head);
    }
    fprintf(all, "#undef FAIL\n#define FAIL(e, at) do { *site = at; return e; } while (0)\n");
    for (uint32_t i = 0; i < p->preds.n && i < 64; i++) {
        char head[160];
        if (p->preds.at[i].temporal) continue;
        snprintf(head, sizeof head,
                 "\nstatic int p%u(const uint64_t *s, const uint64_t *next, uint64_t *value, uint32_t *site) {\n    "
                 "(void)s; (void)next; (void)site;\n",
                 i);
        print_function(&g, all, head, "    return 0;\n}\n", whole_pred, &p->preds.at[i]);
    }
    fclose(all);
    fclose(g.prelude);
    fprintf(file, "%s\n%s\n#define WORDS %u\n", dc_rt_text, dc_model_text, p->state_words);
    fputs(
        "static inline void dc_record(struct dc_out *o, unsigned action, int error, uint32_t site) {\n"
        "    if (o->n == o->cap) o->flush(o);\n"
        "    o->steps[o->n++] = (struct dc_step){o->from, o->ordinal++, (uint16_t)action, (uint16_t)error, site};\n}\n",
        file);
    fputs(prelude, file);
    fputs(functions, file);
    fputs("\nvoid dc_expand(const uint64_t *states, uint32_t n, struct dc_out *o) {\n    for (uint32_t i = 0; i < n; "
          "i++) {\n        const uint64_t *s = states + (size_t)i * WORDS;\n        "
          "o->from = i;\n        o->ordinal = 0;\n",
          file);
    for (uint32_t i = 0; i < p->actions.n; i++) fprintf(file, "        a%u(s, o);\n", i);
    fputs("    }\n}\nint dc_test(const uint64_t *s, const uint64_t *next, uint64_t want, uint64_t *holds, uint32_t "
          "*pred, uint32_t *site) {\n    uint64_t v = 0;\n    int e = 0;\n    (void)v; (void)e; (void)s; (void)next; "
          "(void)want; (void)pred; (void)site;\n    *holds = 0;\n",
          file);
    for (uint32_t i = 0; i < p->preds.n && i < 64; i++)
        if (!p->preds.at[i].temporal)
            fprintf(file,
                    "    if (want >> %u & 1) {\n        e = p%u(s, next, &v, site);\n        if (e) { *pred = %u; "
                    "return e; }\n        if (v) *holds |= UINT64_C(1) << %u;\n    }\n",
                    i, i, i, i);
    fputs("    return 0;\n}\n", file);
    free(prelude);
    free(functions);
    mem_free(g.declared);
    mem_free(g.rank);
    mem_free(g.unrank);
}
