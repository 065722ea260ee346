/* The C generator: expressions. */
#include <stdlib.h>
#include <string.h>

#include "compiler/cgen.h"

/* ---- expressions ---- */

/* Two operands, the left one first wherever order could be seen. */
static void two(struct gen *g, const struct ir *n, const char *before, const char *between, const char *after) {
    bool ordered = n->kid[0]->total || n->kid[1]->total;
    if (ordered) {
        PUT("%s", before);
        cgen_x(g, n->kid[0]);
        PUT("%s", between);
        cgen_x(g, n->kid[1]);
        PUT("%s", after);
        return;
    }
    uint32_t l = g->labels++;
    const char *kind = n->kid[0]->type->words ? "const uint64_t *" : "uint64_t ";
    PUT("({ %sa%u = ", kind, l);
    cgen_x(g, n->kid[0]);
    PUT("; %sb%u = ", n->kid[1]->type->words ? "const uint64_t *" : "uint64_t ", l);
    cgen_x(g, n->kid[1]);
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
    cgen_x(g, n->kid[0]);
    PUT("; int64_t b%u = (int64_t)", l);
    cgen_x(g, n->kid[1]);
    PUT("; int64_t c%u = 0; ", l);
    const char *name = n->op == IR_ADD ? "add" : n->op == IR_SUB ? "sub" : "mul";
    if (n->op == IR_ADD || n->op == IR_SUB || n->op == IR_MUL) {
        PUT("if (__builtin_%s_overflow(a%u, b%u, &c%u)) ", name, l, l, l);
        cgen_fail(g, DC_OVERFLOW, n);
    } else if (n->op == IR_DIV || n->op == IR_MOD) {
        PUT("if (!b%u) ", l);
        cgen_fail(g, DC_DIVISION, n);
        PUT(" if (b%u == -1 && a%u == INT64_MIN) ", l, l);
        cgen_fail(g, DC_OVERFLOW, n);
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
        cgen_x(g, n->kid[0]);
        return;
    }
    PUT("({ int64_t a%u = (int64_t)", l);
    cgen_x(g, n->kid[0]);
    PUT("; ");
    if (t->mode == RANGE_SATURATING) {
        PUT("if (a%u < %lldLL) a%u = %lldLL; if (a%u > %lldLL) a%u = %lldLL;", l, (long long)t->lo, l, (long long)t->lo,
            l, (long long)t->hi, l, (long long)t->hi);
    } else {
        PUT("if (a%u < %lldLL || a%u > %lldLL) ", l, (long long)t->lo, l, (long long)t->hi);
        cgen_fail(g, t->mode == RANGE_CUT ? DC_STOP_CUT : DC_RANGE, n);
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
            PUT(" | (uint64_t)"); /* a comparison is an int in C */
            cgen_packed(g, n->kid[i], f->type);
            PUT(" << %u", f->at);
        }
        PUT(")");
        return;
    }
    uint32_t l = cgen_temp(g, t);
    PUT("({ dc_zero(t%u, %u); ", l, type_slot_words(t));
    if (t->kind == T_UNION) {
        if (t->words) PUT("t%u[0] = %lld; ", l, (long long)n->imm);
        else if (t->payload < 64) PUT("t%u[0] = UINT64_C(%llu); ", l, (ull)n->imm << t->payload);
    }
    for (uint32_t i = 0; i < n->n; i++) {
        const struct field *f = &t->fields[first + i];
        if (f->type->words) {
            PUT("dc_copy(t%u + %u, ", l, f->at / 64);
            cgen_x(g, n->kid[i]);
            PUT(", %u); ", f->type->words);
        } else {
            uint32_t word = t->words ? f->at / 64 : 0, shift = t->words ? f->at % 64 : f->at;
            PUT("{ uint64_t y = ");
            cgen_packed(g, n->kid[i], f->type);
            PUT("; t%u[%u] |= y << %u; } ", l, word, f->type->bits ? shift : 0);
        }
    }
    cgen_result(g, t, l);
    PUT(" })");
}

void cgen_field(struct gen *g, const struct ir *n) {
    const struct type *t = n->kid[0]->type;
    const struct field *f =
        &t->fields[n->op == IR_FIELD ? (uint32_t)n->imm : t->variants[n->slot].first + (uint32_t)n->imm];
    char *v;
    size_t len;
    FILE *out = g->out;
    g->out = mem_stream_open(&v, &len);
    cgen_x(g, n->kid[0]);
    mem_stream_close(g->out, &v);
    g->out = out;
    if (n->op == IR_PAYLOAD && g->p->foreign) {
        char name[24];
        uint32_t l = g->labels++;
        snprintf(name, sizeof name, "v%u", l);
        PUT("({ %s%s = %s; ", t->words ? "const uint64_t *" : "uint64_t ", name, v);
        cgen_tag_check(g, n, name);
        cgen_field_text(out, t, f, name);
        PUT("; })");
    } else {
        cgen_field_text(out, t, f, v);
    }
    free(v);
}

static void index_of(struct gen *g, const struct ir *n) {
    const struct type *t = n->kid[0]->type, *e = t->elem;
    uint32_t l = g->labels++;
    if (t->kind == T_MAP) {
        bool simple = n->kid[0]->total || n->kid[1]->total;
        if (!simple) { /* base first */
            PUT("({ %sm%u = ", t->words ? "const uint64_t *" : "uint64_t ", l);
            cgen_x(g, n->kid[0]);
            PUT("; ");
        }
        if (e->words) PUT("(");
        else cgen_unpack_open(g->out, e);
        if (e->words) PUT("(");
        else if (t->words) PUT("dc_array_get(");
        else PUT("dc_get(");
        if (simple) cgen_x(g, n->kid[0]);
        else PUT("m%u", l);
        if (e->words) PUT(") + ");
        else if (t->words) PUT(", %u, ", type_elem_bits(e));
        else PUT(", (unsigned)(");
        cgen_key(g, n, t);
        if (e->words) PUT(" * %u)", e->words);
        else if (t->words) PUT(")");
        else PUT(" * %u), %u)", type_elem_bits(e), type_elem_bits(e));
        if (!e->words) cgen_unpack_close(g->out, e);
        if (!simple) PUT("; })");
        return;
    }
    PUT("({ ");
    if (t->words) PUT("const uint64_t *m%u = ", l);
    else PUT("const uint64_t m%u[1] = {", l);
    cgen_x(g, n->kid[0]);
    PUT("%s; int64_t i%u = (int64_t)", t->words ? "" : "}", l);
    cgen_x(g, n->kid[1]);
    PUT(" - %d; if (i%u < 0 || i%u >= (int64_t)dc_list_len(m%u, ", t->base1, l, l, l);
    cgen_list_geometry(g->out, t);
    PUT(")) ");
    cgen_fail(g, DC_INDEX, n);
    if (e->words) {
        PUT(" dc_list_at(m%u, (unsigned)i%u, %u); })", l, l, e->words);
    } else {
        PUT(" ");
        cgen_unpack_open(g->out, e);
        PUT("dc_list_get(m%u, (unsigned)i%u, ", l, l);
        cgen_list_geometry(g->out, t);
        PUT(")");
        cgen_unpack_close(g->out, e);
        PUT("; })");
    }
}

static void set_index(struct gen *g, const struct ir *n) {
    const struct type *t = n->type, *e = t->elem;
    uint32_t l = cgen_temp(g, t);
    PUT("({ dc_copy(t%u, ", l);
    cgen_pointer(g, n->kid[0]);
    PUT(", %u); ", type_slot_words(t));
    if (t->kind == T_MAP) {
        PUT("uint64_t k%u = ", l);
        cgen_key(g, n, t);
        if (e->words) {
            PUT("; dc_copy(t%u + k%u * %u, ", l, l, e->words);
            cgen_x(g, n->kid[2]);
            PUT(", %u); ", e->words);
        } else {
            PUT("; dc_array_put(t%u, %u, k%u, ", l, type_elem_bits(e), l);
            cgen_packed(g, n->kid[2], e);
            PUT("); ");
        }
    } else {
        PUT("int64_t i%u = (int64_t)", l);
        cgen_x(g, n->kid[1]);
        PUT(" - %d; uint64_t y%u[%u]; ", t->base1, l, type_slot_words(e));
        if (e->words) {
            PUT("dc_copy(y%u, ", l);
            cgen_x(g, n->kid[2]);
            PUT(", %u); ", e->words);
        } else {
            PUT("y%u[0] = ", l);
            cgen_packed(g, n->kid[2], e);
            PUT("; ");
        }
        PUT("if (i%u < 0 || i%u >= (int64_t)dc_list_len(t%u, ", l, l, l);
        cgen_list_geometry(g->out, t);
        PUT(")) ");
        cgen_fail(g, DC_INDEX, n);
        PUT(" dc_list_write(t%u, (unsigned)i%u, y%u, ", l, l, l);
        cgen_list_geometry(g->out, t);
        PUT("); ");
    }
    cgen_result(g, t, l);
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
            cgen_fail(g, DC_CAPACITY, n);
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
    cgen_pointer(g, n->kid[0]);
    PUT("; const uint64_t *b%u = ", l);
    cgen_pointer(g, n->kid[1]);
    PUT("; ");
    if (n->op == IR_SUBSETEQ) {
        if (t->bitset) PUT("(uint64_t)dc_bits_subset(a%u, b%u, %u); })", l, l, t->words);
        else {
            PUT("(uint64_t)dc_list_subset(a%u, b%u, ", l, l);
            cgen_list_geometry(g->out, t);
            PUT("); })");
        }
        return;
    }
    uint32_t d = cgen_temp(g, t);
    if (t->bitset) {
        const char *op = n->op == IR_UNION ? "|" : n->op == IR_INTER ? "&" : "& ~";
        PUT("for (unsigned i = 0; i < %u; i++) t%u[i] = a%u[i] %s b%u[i]; ", t->words, d, l, op, l);
        if (n->op == IR_UNION && n->type->checked) {
            PUT("if (dc_bits_size(t%u, %u) > %u) ", d, t->words, n->type->max);
            cgen_fail(g, DC_CAPACITY, n);
        }
    } else {
        PUT("if (!dc_list_combine(%d, t%u, a%u, b%u, ", n->op == IR_UNION ? 0 : n->op == IR_INTER ? 1 : 2, d, l, l);
        cgen_list_geometry(g->out, t);
        PUT(")) ");
        cgen_fail(g, DC_CAPACITY, n);
    }
    PUT(" ");
    cgen_result(g, t, d);
    PUT(" })");
}

static void copy_first(struct gen *g, const struct ir *n, uint32_t l) {
    PUT("({ dc_copy(t%u, ", l);
    cgen_pointer(g, n->kid[0]);
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
        cgen_unpack_open(g->out, e);
        PUT("dc_list_get(m%u, i, ", l);
        cgen_list_geometry(g->out, st);
        PUT(")");
        cgen_unpack_close(g->out, e);
        PUT(" - UINT64_C(%llu)}; ", cgen_offset(te) ? (ull)te->lo : 0);
    }
    if (n->type->kind == T_SET && n->type->bitset) {
        char v[32];
        snprintf(v, sizeof v, e->words ? "y" : "(y[0] + UINT64_C(%llu))", cgen_offset(te) ? (ull)te->lo : 0);
        cgen_need_rank(g, te);
        PUT("uint64_t k = ");
        cgen_rank_text(g, g->out, te, v);
        PUT("; t%u[k / 64] |= UINT64_C(1) << (k %% 64); } ", l);
        return;
    }
    PUT("if (!%s(t%u, y, %s", how, l, n->type->kind == T_SET ? "false, " : "");
    cgen_list_geometry(g->out, n->type);
    PUT(")) ");
    cgen_fail(g, DC_CAPACITY, n);
    PUT(" } ");
}

static void source_list(struct gen *g, const struct ir *src, uint32_t l, bool declare) {
    if (src->type->words) {
        PUT(declare ? "const uint64_t *m%u = " : "m%u = ", l);
        cgen_x(g, src);
        PUT("; ");
    } else {
        uint32_t k = cgen_temp(g, src->type);
        PUT("t%u[0] = ", k);
        cgen_x(g, src);
        PUT(declare ? "; const uint64_t *m%u = t%u; " : "; m%u = t%u; ", l, k);
    }
}

static void sequence(struct gen *g, const struct ir *n) {
    const struct ir *src = n->kid[0];
    uint32_t l = cgen_temp(g, n->type);
    char len[96];
    PUT("({ ");
    source_list(g, src, l, true);
    snprintf(len, sizeof len, "dc_list_len(m%u, %u, %u, %u, %d)", l, type_elem_bits(src->type->elem),
             src->type->elem->words, src->type->cap, src->type->words == 0);
    if (n->op == IR_SLICE) {
        PUT("int64_t lo%u = (int64_t)", l);
        cgen_x(g, n->kid[1]);
        PUT(" - %d; int64_t hi%u = (int64_t)", src->type->base1, l);
        cgen_x(g, n->kid[2]);
        PUT(" - %d; if (lo%u < 0 || hi%u > (int64_t)%s) ", src->type->base1, l, l, len);
        cgen_fail(g, DC_INDEX, n);
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
    cgen_result(g, n->type, l);
    PUT(" })");
}

static void checked_size(struct gen *g, const struct ir *n, uint32_t l) {
    const struct type *t = n->type;
    if (!t->checked || !t->bitset) return;
    PUT("if (dc_bits_size(t%u, %u) > %u) ", l, type_slot_words(t), t->max);
    cgen_fail(g, DC_CAPACITY, n);
    PUT(" ");
}

static void list_op(struct gen *g, const struct ir *n) {
    const struct type *t = n->type;
    switch (n->op) {
    case IR_INSERT: {
        if (t->bitset && !t->words && !t->checked) {
            PUT("(");
            cgen_x(g, n->kid[0]);
            PUT(" | UINT64_C(1) << ");
            cgen_rank(g, n->kid[1], t->elem);
            PUT(")");
            return;
        }
        uint32_t l = cgen_temp(g, t);
        copy_first(g, n, l);
        cgen_set_add(g, n, t, l, n->kid[1]);
        checked_size(g, n, l);
        cgen_result(g, t, l);
        PUT(" })");
        return;
    }
    case IR_APPEND:
    case IR_BAGADD:
    case IR_BAGREMOVE: {
        uint32_t l = cgen_temp(g, t);
        copy_first(g, n, l);
        if (n->op != IR_BAGREMOVE) PUT("if (!");
        else PUT("(void)");
        PUT("%s(t%u, ",
            n->op == IR_APPEND   ? "dc_list_append"
            : n->op == IR_BAGADD ? "dc_list_insert"
                                 : "dc_list_remove",
            l);
        cgen_element(g, n->kid[1], t->elem);
        PUT(n->op == IR_BAGADD ? ", true, " : ", ");
        cgen_list_geometry(g->out, t);
        if (n->op != IR_BAGREMOVE) {
            PUT(")) ");
            cgen_fail(g, DC_CAPACITY, n);
        } else {
            PUT(");");
        }
        PUT(" ");
        cgen_result(g, t, l);
        PUT(" })");
        return;
    }
    case IR_BAGCOUNT: {
        const struct type *bt = n->kid[0]->type;
        uint32_t l = g->labels++;
        PUT("({ const uint64_t *a%u = ", l);
        cgen_pointer(g, n->kid[0]);
        PUT("; (uint64_t)dc_list_copies(a%u, ", l);
        cgen_element(g, n->kid[1], bt->elem);
        PUT(", ");
        cgen_list_geometry(g->out, bt);
        PUT("); })");
        return;
    }
    case IR_TAIL: {
        uint32_t l = cgen_temp(g, t);
        copy_first(g, n, l);
        PUT("if (!dc_list_len(t%u, ", l);
        cgen_list_geometry(g->out, t);
        PUT(")) ");
        cgen_fail(g, DC_EMPTY, n);
        PUT(" dc_list_tail(t%u, ", l);
        cgen_list_geometry(g->out, t);
        PUT("); ");
        cgen_result(g, t, l);
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
            cgen_rank(g, n->kid[i], t->elem);
        }
        PUT(")");
        return;
    }
    uint32_t l = cgen_temp(g, t);
    PUT("({ dc_zero(t%u, %u); ", l, type_slot_words(t));
    for (uint32_t i = 0; i < n->n; i++) {
        if (n->op == IR_SETLIT) {
            cgen_set_add(g, n, t, l, n->kid[i]);
            continue;
        }
        PUT("if (!%s(t%u, ", n->op == IR_SEQLIT ? "dc_list_append" : "dc_list_insert", l);
        cgen_element(g, n->kid[i], t->elem);
        PUT(n->op == IR_SEQLIT ? ", " : ", true, ");
        cgen_list_geometry(g->out, t);
        PUT(")) ");
        cgen_fail(g, DC_CAPACITY, n);
        PUT(" ");
    }
    if (n->op == IR_SETLIT) checked_size(g, n, l);
    cgen_result(g, t, l);
    PUT(" })");
}

static void closure(struct gen *g, const struct ir *n) {
    uint32_t l = cgen_temp(g, n->type);
    ull u = (ull)n->type->elem->fields[0].type->universe;
    copy_first(g, n, l);
    PUT("for (uint64_t k = 0; k < %llu; k++) for (uint64_t i = 0; i < %llu; i++) if (dc_has(t%u, i * %llu + k)) for "
        "(uint64_t j = 0; j < %llu; j++) "
        "if (dc_has(t%u, k * %llu + j)) t%u[(i * %llu + j) / 64] |= UINT64_C(1) << ((i * %llu + j) %% 64); ",
        u, u, l, u, u, l, u, l, u, u);
    cgen_result(g, n->type, l);
    PUT(" })");
}

static void option(struct gen *g, const struct ir *n) {
    const struct type *t = n->kid[0]->type, *e = t->elem;
    uint32_t l = g->labels++;
    if (n->op == IR_ISSOME) {
        PUT("(");
        cgen_x(g, n->kid[0]);
        PUT(t->words ? "[0] != 0)" : " != 0)");
        return;
    }
    PUT("({ %sa%u = ", t->words ? "const uint64_t *" : "uint64_t ", l);
    cgen_x(g, n->kid[0]);
    PUT("; ");
    if (!n->imm || g->p->foreign) {
        PUT(t->words ? "if (!a%u[0]) " : "if (!a%u) ", l);
        cgen_fail(g, DC_NONE, n);
    }
    if (e->words) PUT(" a%u + 1; })", l);
    else
        PUT(t->words ? " a%u[1] + UINT64_C(%llu); })" : " a%u - 1 + UINT64_C(%llu); })", l,
            cgen_offset(e) ? (ull)e->lo : 0);
}

static void some(struct gen *g, const struct ir *n) {
    const struct type *t = n->type, *e = t->elem;
    if (!t->words) {
        PUT("(");
        cgen_packed(g, n->kid[0], e);
        PUT(" + 1)");
        return;
    }
    uint32_t l = cgen_temp(g, t);
    PUT("({ dc_zero(t%u, %u); t%u[0] = 1; ", l, t->words, l);
    if (e->words) {
        PUT("dc_copy(t%u + 1, ", l);
        cgen_x(g, n->kid[0]);
        PUT(", %u); ", e->words);
    } else {
        PUT("t%u[1] = ", l);
        cgen_packed(g, n->kid[0], e);
        PUT("; ");
    }
    cgen_result(g, t, l);
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

void cgen_x(struct gen *g, const struct ir *n) {
    switch (n->op) {
    case IR_CONST: constant(g, n); return;
    case IR_LOCAL:
        cgen_slot(g, n->slot);
        PUT("l%u", n->slot);
        return;
    case IR_STATE: {
        const char *s = n->imm ? "next" : g->state;
        const struct type *t = n->type;
        if (t->words) {
            PUT("(%s + %u)", s, n->var->word);
            return;
        }
        cgen_unpack_open(g->out, t);
        if (t->bits) PUT("dc_get(%s[%u], %u, %u)", s, n->var->word, n->var->shift, t->bits);
        else PUT("UINT64_C(0)");
        cgen_unpack_close(g->out, t);
        return;
    }
    case IR_FIELD:
    case IR_PAYLOAD: cgen_field(g, n); return;
    case IR_ISTAG: {
        const struct type *t = n->kid[0]->type;
        PUT("(");
        cgen_x(g, n->kid[0]);
        if (t->words) PUT("[0] == %lld)", (long long)n->imm);
        else if (t->payload >= 64) PUT(", %d)", n->imm == 0);
        else PUT(" >> %u == %lld)", t->payload, (long long)n->imm);
        return;
    }
    case IR_CONS: cons(g, n); return;
    case IR_SETFIELD: {
        const struct type *t = n->type;
        const struct field *f = &t->fields[n->imm];
        uint32_t l = cgen_temp(g, t);
        copy_first(g, n, l);
        if (f->type->words) {
            PUT("dc_copy(t%u + %u, ", l, f->at / 64);
            cgen_x(g, n->kid[1]);
            PUT(", %u); ", f->type->words);
        } else {
            uint32_t word = t->words ? f->at / 64 : 0, shift = t->words ? f->at % 64 : f->at;
            PUT("{ uint64_t y = ");
            cgen_packed(g, n->kid[1], f->type);
            if (f->type->bits)
                PUT("; t%u[%u] = dc_put(t%u[%u], %u, %u, y); } ", l, word, l, word, shift, f->type->bits);
            else PUT("; (void)y; } ");
        }
        cgen_result(g, t, l);
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
        cgen_x(g, n->kid[0]);
        PUT(")");
        return;
    case IR_AND:
    case IR_OR:
        PUT("(");
        for (uint32_t i = 0; i < n->n; i++) {
            if (i) PUT(n->op == IR_AND ? " && " : " || ");
            cgen_x(g, n->kid[i]);
        }
        PUT(")");
        return;
    case IR_IF:
        PUT("(");
        cgen_x(g, n->kid[0]);
        PUT(" ? ");
        cgen_x(g, n->kid[1]);
        PUT(" : ");
        cgen_x(g, n->kid[2]);
        PUT(")");
        return;
    case IR_LET:
        PUT("({ ");
        cgen_assign_local(g, n->slot, n->kid[0]);
        PUT(" ");
        cgen_x(g, n->kid[1]);
        PUT("; })");
        return;
    case IR_MEMBER: {
        const struct type *t = n->kid[1]->type;
        uint32_t l = g->labels++;
        if (t->bitset) {
            const struct type *e = t->elem, *k = n->kid[0]->type;
            PUT("({ uint64_t a%u = ", l);
            cgen_rank(g, n->kid[0], e);
            PUT("; ");
            if (e->kind == T_RANGE && (k->lo < e->lo || k->hi > e->hi)) PUT("a%u < %llu && ", l, (ull)e->universe);
            if (t->words) {
                PUT("(uint64_t)dc_has(");
                cgen_x(g, n->kid[1]);
                PUT(", a%u); })", l);
            } else {
                PUT("(");
                cgen_x(g, n->kid[1]);
                PUT(" >> a%u & 1); })", l);
            }
            return;
        }
        const struct type *e = t->elem;
        PUT("({ %sa%u = ", e->words ? "const uint64_t *" : "uint64_t ", l);
        cgen_packed(g, n->kid[0], e);
        PUT("; (uint64_t)dc_list_has(");
        cgen_pointer(g, n->kid[1]);
        PUT(", %sa%u, ", e->words ? "" : "&", l);
        cgen_list_geometry(g->out, t);
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
            cgen_x(g, n->kid[0]);
            if (t->words) PUT(", %u)", t->words);
            else PUT(")");
            return;
        }
        PUT("(uint64_t)dc_list_len(");
        cgen_pointer(g, n->kid[0]);
        PUT(", ");
        cgen_list_geometry(g->out, t);
        PUT(")");
        return;
    }
    case IR_CLOSURE: closure(g, n); return;
    case IR_REDUCE: cgen_reduce(g, n); return;
    case IR_FAIL: {
        PUT("({ ");
        cgen_fail(g, (enum dc_error)n->imm, n);
        PUT(n->type && n->type->words ? " (const uint64_t *)0; })" : " UINT64_C(0); })");
        return;
    }
    case IR_TEMPORAL: PUT("UINT64_C(0)"); return;
    default: list_op(g, n);
    }
}
