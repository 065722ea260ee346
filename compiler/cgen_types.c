/* The C generator: ranks and parts of packed values, by type; the small pieces that the rest is made of. */
#include <stdlib.h>
#include <string.h>

#include "compiler/cgen.h"

/* ---- helpers by type ---- */

bool cgen_offset(const struct type *t) { return t->kind == T_RANGE && t->universe && t->lo != 0; }

void cgen_list_geometry(FILE *out, const struct type *t) {
    fprintf(out, "%u, %u, %u, %d", type_elem_bits(t->elem), t->elem->words, t->cap, t->words == 0);
}

void cgen_unpack_open(FILE *out, const struct type *t) {
    if (cgen_offset(t)) fputc('(', out);
}
void cgen_unpack_close(FILE *out, const struct type *t) {
    if (cgen_offset(t)) fprintf(out, " + UINT64_C(%llu))", (ull)t->lo);
}

static bool plain_rank(const struct type *t) {
    return t->kind == T_BOOL || t->kind == T_ENUM || t->kind == T_SYM || t->kind == T_SET ||
           (t->kind == T_RANGE && !cgen_offset(t));
}

static void need_unrank(struct gen *, const struct type *);

/* The value of field f of v, as C text into out. */
void cgen_field_text(FILE *out, const struct type *owner, const struct field *f, const char *v) {
    const struct type *t = f->type;
    if (t->words) {
        fprintf(out, "(%s + %u)", v, f->at / 64);
        return;
    }
    cgen_unpack_open(out, t);
    if (!t->bits) fputs("UINT64_C(0)", out);
    else if (owner->words) fprintf(out, "dc_get((%s)[%u], %u, %u)", v, f->at / 64, f->at % 64, t->bits);
    else fprintf(out, "dc_get(%s, %u, %u)", v, f->at, t->bits);
    cgen_unpack_close(out, t);
}

/* In programs read from text nobody has looked at the tag for sure. v: the name of the union, or of its words. */
void cgen_tag_check(struct gen *g, const struct ir *n, const char *v) {
    const struct type *t = n->kid[0]->type;
    if (!t->words && t->payload >= 64) return; /* there is one variant only */
    if (t->words) PUT("if (%s[0] != %u) ", v, n->slot);
    else PUT("if (%s >> %u != %u) ", v, t->payload, n->slot);
    cgen_fail(g, DC_MATCH, n);
    PUT(" ");
}

void cgen_rank_text(struct gen *g, FILE *out, const struct type *t, const char *v) {
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
        FILE *f = mem_stream_open(&v, &len);
        cgen_field_text(f, t, &t->fields[i], "v");
        mem_stream_close(f, &v);
        fprintf(out, "    r = r * UINT64_C(%llu) + ", (ull)t->fields[i].type->universe);
        cgen_rank_text(g, out, t->fields[i].type, v);
        fputs(";\n", out);
        free(v);
    }
}

void cgen_need_rank(struct gen *g, const struct type *t) {
    if (plain_rank(t) || t->kind == T_RANGE || t->id >= g->types || g->rank[t->id]) return;
    g->rank[t->id] = 1;
    for (uint32_t i = 0; t->fields && i < t->n; i++) cgen_need_rank(g, t->fields[i].type);
    if (t->elem) cgen_need_rank(g, t->elem);
    char *text;
    size_t n;
    FILE *out = mem_stream_open(&text, &n);
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
            if (!e->words) fprintf(out, "    uint64_t w = v[1] + UINT64_C(%llu);\n", cgen_offset(e) ? (ull)e->lo : 0);
        } else {
            fprintf(out, "    if (!v) return 0;\n    uint64_t w = v - 1 + UINT64_C(%llu);\n",
                    cgen_offset(e) ? (ull)e->lo : 0);
        }
        fputs("    return 1 + ", out);
        cgen_rank_text(g, out, e, inner);
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
            cgen_list_geometry(out, t);
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
            cgen_unpack_open(out, e);
            if (t->kind == T_SEQ) {
                fputs("dc_list_get(p, i, ", out);
                cgen_list_geometry(out, t);
                fputs(")", out);
            } else {
                fprintf(out, "dc_array_get(p, %u, i)", type_elem_bits(e));
            }
            cgen_unpack_close(out, e);
            fputs(";\n", out);
        }
        fprintf(out, "        r = r * UINT64_C(%llu) + ", (ull)e->universe);
        cgen_rank_text(g, out, e, "w");
        fprintf(out, ";\n    }\n%s", t->kind == T_SEQ ? "    return base + r;\n" : "");
        break;
    }
    default: break;
    }
    fputs("    return r;\n}\n", out);
    mem_stream_close(out, &text);
    fputs(text, g->prelude);
    free(text);
}

/* Stores v, a value of type t, at bit `at` of the words `to` (wide owner) or into the register expression (narrow). */
static void store_text(FILE *out, const struct type *t, const char *to, uint32_t at, const char *v) {
    if (t->words) fprintf(out, "    dc_copy(%s + %u, %s, %u);\n", to, at / 64, v, t->words);
    else if (t->bits)
        fprintf(out, "    %s[%u] = dc_put(%s[%u], %u, %u, (%s) - UINT64_C(%llu));\n", to, at / 64, to, at / 64, at % 64,
                t->bits, v, cgen_offset(t) ? (ull)t->lo : 0);
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
        FILE *f = mem_stream_open(&v, &len);
        char rank[64], temp[16];
        snprintf(rank, sizeof rank, "r %% UINT64_C(%llu)", (ull)ft->universe);
        snprintf(temp, sizeof temp, "f%u", i);
        unrank_text(f, ft, rank, temp);
        mem_stream_close(f, &v);
        fprintf(out, "    {\n    uint64_t f%u[%u] = {0};\n    (void)f%u;\n", i, type_slot_words(ft), i);
        if (ft->words) fprintf(out, "    const uint64_t *y = %s;\n", v);
        else fprintf(out, "    uint64_t y = %s;\n", v);
        fprintf(out, "    r /= UINT64_C(%llu);\n", (ull)ft->universe);
        if (t->words) store_text(out, ft, "w", t->fields[i].at, "y");
        else if (ft->bits)
            fprintf(out, "    v |= (y - UINT64_C(%llu)) << %u;\n", cgen_offset(ft) ? (ull)ft->lo : 0, t->fields[i].at);
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
    FILE *out = mem_stream_open(&text, &n);
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
            fprintf(out, "    v = y - UINT64_C(%llu) + 1;\n", cgen_offset(e) ? (ull)e->lo : 0);
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
            cgen_list_geometry(out, t);
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
        if (!e->words) fprintf(out, "    y -= UINT64_C(%llu);\n", cgen_offset(e) ? (ull)e->lo : 0);
        if (t->kind == T_SEQ) {
            fprintf(out, "    dc_list_write(p, i, %sy, ", e->words ? "" : "&");
            cgen_list_geometry(out, t);
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
    mem_stream_close(out, &text);
    fputs(text, g->prelude);
    free(text);
}

/* ---- small pieces ---- */

void cgen_slot(struct gen *g, uint32_t s) {
    if (g->declared[s]) return;
    g->declared[s] = true;
    const struct type *t = g->p->slots.at[s];
    if (t->words) fprintf(g->decls, "    uint64_t l%u[%u]%s;\n", s, t->words, g->p->foreign ? " = {0}" : "");
    else fprintf(g->decls, "    uint64_t l%u = UINT64_C(%llu);\n", s, cgen_offset(t) ? (ull)t->lo : 0);
}

uint32_t cgen_temp(struct gen *g, const struct type *t) {
    uint32_t n = g->labels++;
    fprintf(g->decls, "    uint64_t t%u[%u];\n", n, type_slot_words(t));
    return n;
}

/* The words of a value: for functions that take pointers. */
void cgen_pointer(struct gen *g, const struct ir *e) {
    if (type_wide(e->type)) {
        cgen_x(g, e);
    } else {
        PUT("(const uint64_t[]){");
        cgen_x(g, e);
        PUT("}");
    }
}

void cgen_packed(struct gen *g, const struct ir *e, const struct type *t) {
    if (cgen_offset(t)) PUT("(");
    cgen_x(g, e);
    if (cgen_offset(t)) PUT(" - UINT64_C(%llu))", (ull)t->lo);
}

/* A pointer to the element as the list functions want it. */
void cgen_element(struct gen *g, const struct ir *e, const struct type *t) {
    if (t->words) {
        cgen_x(g, e);
    } else {
        PUT("(const uint64_t[]){");
        cgen_packed(g, e, t);
        PUT("}");
    }
}

void cgen_rank(struct gen *g, const struct ir *e, const struct type *t) {
    cgen_need_rank(g, t);
    if (plain_rank(t)) {
        PUT("(");
        cgen_x(g, e);
        PUT(")");
    } else if (t->kind == T_RANGE) {
        PUT("(");
        cgen_x(g, e);
        PUT(" - UINT64_C(%llu))", (ull)t->lo);
    } else {
        PUT("rank_%u(", t->id);
        cgen_x(g, e);
        PUT(")");
    }
}

/* The rank of key k1. The compiler has compared it before where it may lie outside the keys. */
void cgen_key(struct gen *g, const struct ir *n, const struct type *map) {
    const struct type *k = n->kid[1]->type, *t = map->key;
    bool checked = g->p->foreign && t->kind == T_RANGE && (k->lo < t->lo || k->hi > t->hi);
    uint32_t l = g->labels;
    if (checked) PUT("({ uint64_t r%u = ", g->labels++);
    cgen_rank(g, n->kid[1], t);
    if (!checked) return;
    PUT("; if (r%u >= %u) ", l, map->cap);
    cgen_fail(g, DC_RANGE, n);
    PUT(" r%u; })", l);
}

void cgen_fail(struct gen *g, enum dc_error error, const struct ir *at) { PUT("FAIL(%d, %u);", error, at->site); }

void cgen_result(struct gen *g, const struct type *t, uint32_t n) {
    PUT(t->words ? "(const uint64_t *)t%u;" : "t%u[0];", n);
}

void cgen_assign_local(struct gen *g, uint32_t s, const struct ir *v) {
    const struct type *t = g->p->slots.at[s];
    cgen_slot(g, s);
    if (t->words) {
        PUT("dc_copy(l%u, ", s);
        cgen_x(g, v);
        PUT(", %u);", t->words);
    } else {
        PUT("l%u = ", s);
        cgen_x(g, v);
        PUT(";");
    }
}

void cgen_assign_unranked(struct gen *g, uint32_t s, const char *r) {
    const struct type *t = g->p->slots.at[s];
    cgen_slot(g, s);
    need_unrank(g, t);
    if (t->words) {
        PUT("(void)unrank_%u(%s, l%u);", t->id, r, s);
    } else {
        PUT("l%u = ", s);
        unrank_text(g->out, t, r, "NULL");
        PUT(";");
    }
}
