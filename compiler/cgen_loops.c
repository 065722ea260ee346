/* The C generator: generators as nested loops, and what is computed over them. */
#include <stdlib.h>
#include <string.h>

#include "compiler/cgen.h"

/* ---- generators ---- */

static void gens_from(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t i, body_printer *body,
                      const void *self);

static void gens_rest(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t i, body_printer *body,
                      const void *self) {
    if (list[i].cond) {
        PUT("if (");
        cgen_x(g, list[i].cond);
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
        cgen_need_rank(g, t);
        char name[24];
        snprintf(name, sizeof name, "l%u", gen->field_slots[k]);
        cgen_rank_text(g, g->out, t, name);
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
        cgen_assign_unranked(g, gen->field_slots[k], r);
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
        cgen_assign_unranked(g, gen->field_slots[j], r);
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
        cgen_assign_local(g, gen->field_slots[k], gen->fixed[k]);
        PUT("\n");
        if (t->kind == T_RANGE && u->kind == T_RANGE && (u->lo < t->lo || u->hi > t->hi)) {
            PUT("if ((int64_t)l%u >= %lldLL && (int64_t)l%u <= %lldLL) {\n", gen->field_slots[k], (long long)t->lo,
                gen->field_slots[k], (long long)t->hi);
            open++;
        }
    }
    if (gen->src->type->words) PUT("const uint64_t *v%u = ", label);
    else PUT("uint64_t v%u = ", label);
    cgen_x(g, gen->src);
    PUT(";\nuint64_t r%u_0 = 0;\n", label);
    slice_from(g, list, n, i, 0, label, body, self);
    while (open--) PUT("}\n");
}

void cgen_seen(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t *labels) {
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].kind != G_LET || !list[i].distinct) continue;
        uint64_t cap = 1;
        for (uint32_t k = i - list[i].distinct; k < i; k++) {
            const struct ir_gen *o = &list[k];
            uint64_t u = o->kind == G_LET                          ? 1
                         : o->kind == G_VALUES                     ? g->p->slots.at[o->slot]->universe
                         : o->kind == G_BAG || o->kind == G_BAGALL ? o->src->type->cap
                                                                   : 4096;
            cap = cap * u > 16384 ? 16384 : cap * u;
        }
        labels[i] = g->labels++;
        fprintf(g->decls, "    uint64_t seen%u[%llu];\n    unsigned seen%u_n = 0;\n", labels[i],
                (ull)cap * type_slot_words(g->p->slots.at[list[i].slot]), labels[i]);
    }
}

/* The loop over all values of a small type, whose name is then a constant in each turn if the compiler unrolls it:
 * shifts and table look-ups vanish. It does so when asked; and is asked only where the text that results is short.
 * `weight` counts the characters that come on top of the text. */
static void values_loop(struct gen *g, const struct ir_gen *list, uint32_t n, uint32_t i, body_printer *body,
                        const void *self) {
    enum { MOST_TURNS = 16, MOST_WEIGHT = 50000 };
    uint32_t s = list[i].slot, label = g->labels++;
    uint64_t universe = g->p->slots.at[s]->universe;
    char r[40], *text;
    size_t size;
    FILE *outer = g->out;
    uint64_t before = g->weight;
    g->weight = 0;
    g->out = mem_stream_open(&text, &size);
    snprintf(r, sizeof r, "i%u", label);
    cgen_assign_unranked(g, s, r);
    PUT("\n");
    gens_rest(g, list, n, i, body, self);
    mem_stream_close(g->out, &text);
    g->out = outer;
    uint64_t once = size + g->weight, more = once * (universe - 1);
    bool unroll = universe <= MOST_TURNS && once * universe <= MOST_WEIGHT && g->unrolled + more <= g->may_unroll;
    if (unroll) {
        PUT("\n#pragma GCC unroll %llu\n", (ull)universe);
        g->weight += more;
        g->unrolled += more;
    }
    PUT("for (uint64_t i%u = 0; i%u < %llu; i%u++) {\n%s}\n", label, label, (ull)universe, label, text);
    g->weight += before;
    free(text);
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
    for (uint32_t k = i; k < n && k < 64; k++)
        if (list[k].distinct && k - list[k].distinct == i) PUT("seen%u_n = 0;\n", current_seen->at[k]);
    const struct ir_gen *gen = &list[i];
    if (gen->kind == G_SLICE) {
        slice(g, list, n, i, body, self);
        return;
    }
    if (gen->kind == G_VALUES) {
        cgen_slot(g, gen->slot);
        values_loop(g, list, n, i, body, self);
        return;
    }
    uint32_t s = gen->slot, label = g->labels++;
    const struct type *t = g->p->slots.at[s];
    char r[40];
    cgen_slot(g, s);
    switch (gen->kind) {
    case G_RANGE:
        PUT("{ int64_t lo%u = (int64_t)", label);
        cgen_x(g, gen->src);
        PUT("; int64_t hi%u = (int64_t)", label);
        cgen_x(g, gen->src2);
        PUT(";\nfor (int64_t i%u = lo%u; i%u <= hi%u; i%u++) {\nl%u = (uint64_t)i%u;\n", label, label, label, label,
            label, s, label);
        gens_rest(g, list, n, i, body, self);
        if (gen->src2->type->hi == INT64_MAX) PUT("if (i%u == INT64_MAX) break;\n", label);
        PUT("}}\n");
        return;
    case G_LET:
        PUT("{\n");
        cgen_assign_local(g, s, gen->src);
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
        cgen_x(g, gen->src);
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
            cgen_x(g, gen->src);
            PUT("; b%u; b%u &= b%u - 1) {\n", label, label, label);
            snprintf(r, sizeof r, "dc_first(b%u)", label);
        } else {
            PUT("{ const uint64_t *v%u = ", label);
            cgen_x(g, gen->src);
            PUT(";\nfor (uint64_t b%u = dc_bits_next(v%u, 0, %llu); b%u < %llu; b%u = dc_bits_next(v%u, b%u + 1, "
                "%llu)) {\n",
                label, label, (ull)t->universe, label, (ull)t->universe, label, label, label, (ull)t->universe);
            snprintf(r, sizeof r, "b%u", label);
        }
        cgen_assign_unranked(g, s, r);
        PUT("\n");
        gens_rest(g, list, n, i, body, self);
        PUT(st->words ? "}}\n" : "}\n");
        return;
    }
    PUT("{ ");
    if (st->words) {
        PUT("const uint64_t *v%u = ", label);
        cgen_x(g, gen->src);
        PUT(";\n");
    } else {
        PUT("const uint64_t v%u[1] = {", label);
        cgen_x(g, gen->src);
        PUT("};\n");
    }
    PUT("unsigned n%u = dc_list_len(v%u, ", label, label);
    cgen_list_geometry(g->out, st);
    PUT(");\nfor (unsigned i%u = 0; i%u < n%u; i%u++) {\n", label, label, label, label);
    if (t->words) PUT("const uint64_t *e%u = dc_list_at(v%u, i%u, %u);\n", label, label, label, t->words);
    else {
        PUT("uint64_t e%u = dc_list_get(v%u, i%u, ", label, label, label);
        cgen_list_geometry(g->out, st);
        PUT(");\n");
    }
    if (gen->kind == G_BAG) {
        PUT("if (i%u > 0 && dc_list_compare(v%u, i%u - 1, %se%u, ", label, label, label, t->words ? "" : "&", label);
        cgen_list_geometry(g->out, st);
        PUT(") == 0) continue;\n");
    }
    if (t->words) PUT("dc_copy(l%u, e%u, %u);\n", s, label, t->words);
    else PUT("l%u = e%u + UINT64_C(%llu);\n", s, label, cgen_offset(t) ? (ull)t->lo : 0);
    gens_rest(g, list, n, i, body, self);
    PUT("}}\n");
}

void cgen_gens(struct gen *g, const struct ir_gen *list, uint32_t n, body_printer *body, const void *self) {
    struct seen_labels labels = {0};
    const struct seen_labels *outer = current_seen;
    cgen_seen(g, list, n < 64 ? n : 64, labels.at);
    current_seen = &labels;
    gens_from(g, list, n, 0, body, self);
    current_seen = outer;
}

/* ---- reductions ---- */

struct reduction {
    const struct ir *node;
    uint32_t label;
};

void cgen_set_add(struct gen *g, const struct ir *at, const struct type *t, uint32_t n, const struct ir *v) {
    if (t->bitset) {
        PUT("{ uint64_t k = ");
        cgen_rank(g, v, t->elem);
        PUT("; t%u[k / 64] |= UINT64_C(1) << (k %% 64); }\n", n);
        return;
    }
    PUT("if (!dc_list_insert(t%u, ", n);
    cgen_element(g, v, t->elem);
    PUT(", false, ");
    cgen_list_geometry(g->out, t);
    PUT(")) ");
    cgen_fail(g, DC_CAPACITY, at);
    PUT("\n");
}

static void less_text(struct gen *g, const struct type *t, const char *a, const char *b) {
    if (t->kind == T_RANGE) PUT("(int64_t)%s < (int64_t)%s", a, b);
    else PUT("%s < %s", a, b);
}

static void keep_value(struct gen *g, const struct ir *n, uint32_t label) {
    if (n->type->words) {
        PUT("dc_copy(t%u, ", label);
        cgen_x(g, n->kid[0]);
        PUT(", %u);", n->type->words);
    } else {
        PUT("t%u[0] = ", label);
        cgen_x(g, n->kid[0]);
        PUT(";");
    }
}

/* Of a whole one: whether this value is another one than that which was kept. */
static void compare_value(struct gen *g, const struct ir *n, uint32_t label) {
    if (n->type->words) {
        PUT("if (!dc_same(t%u, ", label);
        cgen_x(g, n->kid[0]);
        PUT(", %u)) x%u = 1; ", n->type->words, label);
    } else {
        PUT("if (t%u[0] != ", label);
        cgen_x(g, n->kid[0]);
        PUT(") x%u = 1; ", label);
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
        cgen_x(g, n->kid[0]);
        if (n->whole) PUT(")) q%u = %d;\n", l, n->imm == R_EXISTS);
        else PUT(")) { q%u = %d; goto done%u; }\n", l, n->imm == R_EXISTS, l);
        break;
    case R_COUNT: PUT("q%u++;\n", l); break;
    case R_SUM:
        PUT("{ int64_t y = (int64_t)");
        cgen_x(g, n->kid[0]);
        PUT("; if (__builtin_add_overflow((int64_t)q%u, y, &y)) ", l);
        cgen_fail(g, DC_OVERFLOW, n);
        PUT(" q%u = (uint64_t)y; }\n", l);
        break;
    case R_SET: cgen_set_add(g, n, n->type, l, n->kid[0]); break;
    case R_BAG:
        PUT("if (!dc_list_insert(t%u, ", l);
        cgen_element(g, n->kid[0], n->type->elem);
        PUT(", true, ");
        cgen_list_geometry(g->out, n->type);
        PUT(")) ");
        cgen_fail(g, DC_CAPACITY, n);
        PUT("\n");
        break;
    case R_MAP: {
        const struct type *kt = g->p->slots.at[n->gens[0].slot], *vt = n->type->elem;
        char key[24];
        snprintf(key, sizeof key, "l%u", n->gens[0].slot);
        cgen_need_rank(g, kt);
        PUT("{ uint64_t k = ");
        cgen_rank_text(g, g->out, kt, key);
        if (vt->words) {
            PUT("; dc_copy(t%u + k * %u, ", l, vt->words);
            cgen_x(g, n->kid[0]);
            PUT(", %u); }\n", vt->words);
        } else {
            PUT("; dc_array_put(t%u, %u, k, ", l, type_elem_bits(vt));
            cgen_packed(g, n->kid[0], vt);
            PUT("); }\n");
        }
        break;
    }
    case R_FOLD:
        cgen_assign_local(g, n->slot, n->kid[0]);
        PUT("\n");
        break;
    case R_CHOOSE:
        if (n->whole) {
            PUT("if (q%u) { ", l);
            compare_value(g, n, l);
            PUT("} else { ");
        }
        keep_value(g, n, l);
        if (n->whole) PUT(" q%u = 1; }\n", l);
        else PUT(" q%u = 1; goto done%u;\n", l, l);
        break;
    case R_MIN:
    case R_MAX:
        snprintf(a, sizeof a, "y%u", l);
        snprintf(b, sizeof b, "t%u[0]", l);
        PUT("{ uint64_t y%u = ", l);
        cgen_x(g, n->kid[0]);
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
        cgen_x(g, n->kid[1]);
        PUT("; if (!q%u || ", l);
        if (n->imm == R_ARGMIN) less_text(g, n->kid[1]->type, a, b);
        else less_text(g, n->kid[1]->type, b, a);
        PUT(") { ");
        keep_value(g, n, l);
        PUT(" k%u = y%u; ", l, l);
        if (n->whole) {
            PUT("x%u = 0; } else if (y%u == k%u) { ", l, l, l);
            compare_value(g, n, l);
        }
        PUT("} q%u = 1; }\n", l);
        break;
    }
}

void cgen_reduce(struct gen *g, const struct ir *n) {
    struct reduction r = {.node = n};
    enum reduce op = (enum reduce)n->imm;
    const struct type *t = n->type;
    bool uses_temp = op == R_SET || op == R_BAG || op == R_MAP || op >= R_CHOOSE;
    r.label = uses_temp ? cgen_temp(g, t) : g->labels++;
    uint32_t l = r.label;
    PUT("({ __label__ done%u; uint64_t q%u = %d; (void)q%u;\n", l, l, op == R_FORALL, l);
    if (uses_temp) PUT("dc_zero(t%u, %u);\n", l, type_slot_words(t));
    if (op == R_ARGMIN || op == R_ARGMAX) PUT("uint64_t k%u = 0;\n", l);
    if (n->whole && uses_temp) PUT("uint64_t x%u = 0;\n", l);
    if (op == R_FOLD) {
        cgen_assign_local(g, n->slot, n->kid[1]);
        PUT("\n");
    }
    cgen_gens(g, n->gens, n->n_gens, reduce_body, &r);
    PUT("goto done%u; done%u:;\n", l, l);
    if (op >= R_CHOOSE) {
        PUT("if (!q%u) ", l);
        cgen_fail(g, DC_EMPTY, n);
        PUT("\n");
        if (n->whole) {
            PUT("if (x%u) ", l);
            cgen_fail(g, DC_AMBIGUOUS, n);
            PUT("\n");
        }
    }
    if (op == R_SET && t->checked && t->bitset) {
        PUT("if (dc_bits_size(t%u, %u) > %u) ", l, type_slot_words(t), t->max);
        cgen_fail(g, DC_CAPACITY, n);
        PUT("\n");
    }
    if (op == R_FOLD) {
        if (t->words) {
            uint32_t copy = cgen_temp(g, t);
            PUT("dc_copy(t%u, l%u, %u); (const uint64_t *)t%u;", copy, n->slot, t->words, copy);
        } else {
            PUT("l%u;", n->slot);
        }
    } else if (uses_temp) {
        cgen_result(g, t, l);
    } else {
        PUT("q%u;", l);
    }
    PUT(" })");
}
