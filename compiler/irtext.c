#include "compiler/irtext.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/temporal.h"
#include "parser/ast.h"

/* ---- writing ---- */

static void text(FILE *out, const char *s) {
    if (!s) {
        fputs(" -", out);
        return;
    }
    fputs(" \"", out);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') fputc('\\', out);
        if (*s == '\n') fputs("\\n", out);
        else fputc(*s, out);
    }
    fputc('"', out);
}

static void span(FILE *out, struct span s) { fprintf(out, " %u %u %u", s.source, s.begin, s.end); }
static void line(FILE *out, int indent) { fprintf(out, "\n%*s", indent, ""); }
static void tree(FILE *, const struct ir *, int indent);

static void gen(FILE *out, const struct ir_gen *g, int indent) {
    line(out, indent);
    fprintf(out, "(gen %d %u %u %u %d", g->kind, g->slot, g->distinct, g->variant, g->elem ? (int)g->elem->id : -1);
    fprintf(out, " (fields");
    for (uint32_t i = 0; i < g->n_fields; i++) {
        fprintf(out, " %u", g->field_slots[i]);
        tree(out, g->fixed[i], indent + 1);
    }
    fputc(')', out);
    tree(out, g->src, indent + 1);
    tree(out, g->src2, indent + 1);
    tree(out, g->cond, indent + 1);
    fputc(')', out);
}

static void gens(FILE *out, const struct ir_gen *g, uint32_t n, int indent) {
    fputs(" (", out);
    for (uint32_t i = 0; i < n; i++) gen(out, &g[i], indent + 1);
    fputc(')', out);
}

/* (op type imm slot site span [var] [text] [words] [gens] kids...) */
static void tree(FILE *out, const struct ir *e, int indent) {
    if (!e) {
        fputs(" -", out);
        return;
    }
    if (indent > 120) indent = 120;
    line(out, indent);
    fprintf(out, "(%s %d %lld %u %u", ir_op_name(e->op), e->type ? (int)e->type->id : -1, (long long)e->imm, e->slot,
            e->site);
    span(out, e->span);
    if (e->var) fprintf(out, " (var %u)", e->var->index);
    if (e->text) {
        fputs(" (text", out);
        text(out, e->text);
        fputc(')', out);
    }
    if (e->words) {
        fputs(" (words", out);
        for (uint32_t i = 0; i < e->type->words; i++) fprintf(out, " %llu", (unsigned long long)e->words[i]);
        fputc(')', out);
    }
    if (e->n_gens) {
        fputs(" (gens", out);
        gens(out, e->gens, e->n_gens, indent + 1);
        fputc(')', out);
    }
    for (uint32_t i = 0; i < e->n; i++) tree(out, e->kid[i], indent + 1);
    fputc(')', out);
}

static void write_type(FILE *out, const struct type *t) {
    fprintf(out, "\n (type %d %d", t->kind, t->mode);
    text(out, t->name);
    fprintf(out, " %lld %lld %u %u %d %d %d (names", (long long)t->lo, (long long)t->hi, t->n, t->max, t->base1,
            t->elem ? (int)t->elem->id : -1, t->key ? (int)t->key->id : -1);
    for (uint32_t i = 0; t->names && i < t->n; i++) text(out, t->names[i]);
    fputs(") (fields", out);
    for (uint32_t i = 0; t->fields && i < t->n; i++) {
        text(out, t->fields[i].name);
        fprintf(out, " %u %d", t->fields[i].type->id, t->fields[i].ghost);
    }
    fputs(") (variants", out);
    for (uint32_t i = 0; i < t->n_variants; i++) {
        text(out, t->variants[i].name);
        fprintf(out, " %u %u", t->variants[i].first, t->variants[i].n);
    }
    fputs("))", out);
}

static void write_action(FILE *out, const struct ir_action *a) {
    fputs("\n (action", out);
    text(out, a->name);
    text(out, a->doc);
    text(out, a->fault_name);
    fprintf(out, " %d %d %u %d %d %d %d %d %d", a->kind, a->process, a->self, a->fault, a->strong, a->fair,
            a->fair_each, a->torn, a->byzantine);
    span(out, a->span);
    gens(out, a->gens, a->n_gens, 2);
    tree(out, a->body, 2);
    tree(out, a->message, 2);
    for (uint32_t i = 0; i < a->n_bindings; i++) {
        fputs(" (bind", out);
        text(out, a->bindings[i].name);
        tree(out, a->bindings[i].value, 3);
        fputc(')', out);
    }
    fputc(')', out);
}

static void write_variable(FILE *out, const struct ir_var *v) {
    fputs("\n (variable", out);
    text(out, v->name);
    text(out, v->member);
    fprintf(out, " %u %d %d %d %d %d", v->type->id, v->process, v->per_instance, v->ghost, v->hidden, v->stable);
    span(out, v->span);
    fputc(')', out);
}

static void write_refinement(FILE *out, const struct ir_refine *r) {
    fputs("\n (refines", out);
    text(out, r->name);
    text(out, r->module);
    for (uint32_t i = 0; i < r->vars.n; i++) write_variable(out, r->vars.at[i]);
    fputs("\n (map", out);
    tree(out, r->map, 2);
    fputs(")\n (init", out);
    tree(out, r->init, 2);
    fputc(')', out);
    for (uint32_t i = 0; i < r->actions.n; i++) write_action(out, &r->actions.at[i]);
    fputc(')', out);
}

void program_write(const struct program *p, FILE *out) {
    fprintf(out, "(program 1 %d %d\n (types", p->process_type ? (int)p->process_type->id : -1,
            p->message_type ? (int)p->message_type->id : -1);
    for (uint32_t i = 0; i < p->types.list.n; i++) write_type(out, p->types.list.at[i]);
    fputs(")\n (slots", out);
    for (uint32_t i = 0; i < p->slots.n; i++) {
        fprintf(out, " %u", p->slots.at[i]->id);
        text(out, p->slot_names.at[i]);
    }
    fputs(")\n (sites", out);
    for (uint32_t i = 0; i < p->sites.n; i++) span(out, p->sites.at[i]);
    fputc(')', out);
    for (uint32_t i = 0; i < p->processes.n; i++) {
        const struct ir_process *x = &p->processes.at[i];
        fputs("\n (process", out);
        text(out, x->name);
        fprintf(out, " %d %u", x->id ? (int)x->id->id : -1, x->n);
        span(out, x->span);
        fputc(')', out);
    }
    for (uint32_t i = 0; i < p->vars.n; i++) write_variable(out, p->vars.at[i]);
    fputs("\n (init", out);
    tree(out, p->init, 2);
    fputc(')', out);
    for (uint32_t i = 0; i < p->actions.n; i++) write_action(out, &p->actions.at[i]);
    for (uint32_t i = 0; i < p->refines.n; i++) write_refinement(out, &p->refines.at[i]);
    for (uint32_t i = 0; i < p->preds.n; i++) {
        const struct ir_pred *q = &p->preds.at[i];
        fputs("\n (predicate", out);
        text(out, q->name);
        text(out, q->doc);
        text(out, q->module);
        fprintf(out, " %d %d %u", q->kind, q->temporal, q->refine);
        span(out, q->span);
        tree(out, q->body, 2);
        fputc(')', out);
    }
    for (uint32_t i = 0; i < p->messages.n; i++) {
        const struct ir_message *m = &p->messages.at[i];
        fprintf(out, "\n (message %u %u %d %d)", m->type->id, m->variant, m->from, m->to);
    }
    for (uint32_t i = 0; i < p->fairs.n; i++) {
        const struct ir_fair *f = &p->fairs.at[i];
        fputs("\n (fair", out);
        text(out, f->name);
        fprintf(out, " %d %d", f->strong, f->per_key);
        for (uint32_t k = 0; k < f->n; k++) fprintf(out, " %u", f->actions[k]);
        fputc(')', out);
    }
    fputs("\n (watches", out);
    for (uint32_t i = 0; i < p->watches.n; i++) tree(out, p->watches.at[i], 2);
    fputs("))\n", out);
}

/* ---- reading ---- */

struct reader {
    const char *at, *begin, *end;
    const char *error;
    struct program *p;
    struct ir_refine *refine; /* whose trees are being read, or NULL */
    struct arena *arena;      /* of the program */
    uint32_t depth;           /* of trees and loops inside each other: as deep as the interpreter will have to go */
    jmp_buf escape;
};

enum { MAX_READ_DEPTH = 2000, MAX_COUNT = 1 << 20, MAX_GENS = 64, MAX_SLOT_WORDS = 1 << 24 };

static _Noreturn void refuse(struct reader *r, const char *why) {
    r->error = why;
    longjmp(r->escape, 1);
}

static void blank(struct reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) r->at++;
}
static bool peek(struct reader *r, char c) {
    blank(r);
    return r->at < r->end && *r->at == c;
}
static void expect(struct reader *r, char c) {
    if (!peek(r, c)) refuse(r, c == '(' ? "`(` is expected" : "`)` is expected");
    r->at++;
}

static size_t word(struct reader *r, const char **start) {
    blank(r);
    *start = r->at;
    while (r->at < r->end && *r->at != ' ' && *r->at != '(' && *r->at != ')' && *r->at != '\n' && *r->at != '\t' &&
           *r->at != '\r')
        r->at++;
    return (size_t)(r->at - *start);
}

static bool open(struct reader *r, const char *name) {
    const char *back = r->at, *start;
    if (peek(r, '(')) {
        r->at++;
        size_t n = word(r, &start);
        if (n == strlen(name) && !memcmp(start, name, n)) return true;
    }
    r->at = back;
    return false;
}
static void must_open(struct reader *r, const char *name) {
    if (!open(r, name)) refuse(r, "another form is expected here");
}

static int64_t number(struct reader *r, int64_t lo, int64_t hi) {
    const char *start;
    size_t n = word(r, &start);
    if (!n || n > 20) refuse(r, "a number is expected");
    bool minus = *start == '-';
    uint64_t v = 0;
    for (size_t i = minus; i < n; i++) {
        if (start[i] < '0' || start[i] > '9') refuse(r, "a number is expected");
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(start[i] - '0'), &v))
            refuse(r, "the number is too large");
    }
    if (n == 1 && minus) refuse(r, "a number is expected");
    if (minus ? v > (uint64_t)1 << 63 : v > (uint64_t)INT64_MAX) refuse(r, "the number is too large");
    int64_t x = minus ? (int64_t)(0 - v) : (int64_t)v;
    if (x < lo || x > hi) refuse(r, "the number is out of its range");
    return x;
}
static uint32_t small(struct reader *r) { return (uint32_t)number(r, 0, UINT32_MAX); }
static bool flag(struct reader *r) { return number(r, 0, 1) != 0; }

static uint64_t word64(struct reader *r) {
    const char *start;
    size_t n = word(r, &start);
    uint64_t v = 0;
    if (!n || n > 20) refuse(r, "a number is expected");
    for (size_t i = 0; i < n; i++)
        if (start[i] < '0' || start[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(start[i] - '0'), &v))
            refuse(r, "a number is expected");
    return v;
}

static const char *string(struct reader *r) {
    blank(r);
    if (peek(r, '-')) {
        r->at++;
        return NULL;
    }
    expect(r, '"');
    const char *start = r->at;
    while (r->at < r->end && *r->at != '"') r->at += *r->at == '\\' && r->at + 1 < r->end ? 2 : 1;
    if (r->at >= r->end) refuse(r, "a text does not end");
    char *s = arena_alloc(&r->p->arena, (size_t)(r->at - start) + 1), *to = s;
    for (const char *c = start; c < r->at; c++) {
        if (*c == '\\' && c + 1 < r->at) {
            c++;
            *to++ = *c == 'n' ? '\n' : *c;
        } else {
            *to++ = *c;
        }
    }
    r->at++;
    return s;
}
static const char *required(struct reader *r) {
    const char *s = string(r);
    if (!s) refuse(r, "a text is expected");
    return s;
}

static struct span read_span(struct reader *r) {
    struct span s;
    s.source = small(r);
    s.begin = small(r);
    s.end = small(r);
    return s;
}

static const struct type *read_type_id(struct reader *r, bool may_lack) {
    int64_t id = number(r, -1, (int64_t)r->p->types.list.n - 1);
    if (id < 0) {
        if (!may_lack) refuse(r, "a type is expected");
        return NULL;
    }
    return r->p->types.list.at[id];
}

static bool stored(const struct type *t) {
    return t->kind != T_ERROR && t->kind != T_NONE && t->kind != T_EMPTY && t->kind != T_STRING;
}

static void read_type(struct reader *r, uint32_t index) {
    struct types *ts = &r->p->types;
    enum type_kind kind = (enum type_kind)number(r, 0, T_STRING);
    enum range_mode mode = (enum range_mode)number(r, 0, RANGE_SATURATING);
    const char *name = string(r);
    int64_t lo = number(r, INT64_MIN, INT64_MAX), hi = number(r, INT64_MIN, INT64_MAX);
    uint32_t n = (uint32_t)number(r, 0, 4096), max = (uint32_t)number(r, 0, 65536);
    bool base1 = flag(r);
    const struct type *elem = read_type_id(r, true), *key = read_type_id(r, true), *t = NULL;
    const char **names = NULL;
    must_open(r, "names");
    uint32_t k = 0;
    if (!peek(r, ')')) names = arena_alloc(&r->p->arena, (n + 1) * sizeof *names);
    while (!peek(r, ')')) {
        if (k == n) refuse(r, "too many names");
        names[k++] = required(r);
    }
    if (names && k != n) refuse(r, "too few names");
    expect(r, ')');
    struct field *fields = arena_alloc(&r->p->arena, (n + 1) * sizeof *fields);
    uint32_t nf = 0;
    must_open(r, "fields");
    while (!peek(r, ')')) {
        if (nf == n) refuse(r, "too many fields");
        fields[nf].name = string(r);
        fields[nf].type = read_type_id(r, false);
        if (!stored(fields[nf].type)) refuse(r, "a field of no type");
        fields[nf++].ghost = flag(r);
    }
    expect(r, ')');
    VEC(struct variant) variants = {0};
    uint32_t sum = 0; /* the variants share the fields out, in order */
    must_open(r, "variants");
    while (!peek(r, ')')) {
        struct variant v = {.name = required(r)};
        v.first = (uint32_t)number(r, 0, n);
        v.n = (uint32_t)number(r, 0, n);
        if (v.first != sum || v.n > nf - sum || variants.n > 4096) refuse(r, "a variant has other fields");
        sum += v.n;
        ARENA_PUSH(r, variants, v);
    }
    expect(r, ')');
    bool inner = elem && stored(elem);
    switch (kind) {
    case T_ERROR: t = ts->error; break;
    case T_BOOL: t = ts->boolean; break;
    case T_NONE: t = ts->none; break;
    case T_EMPTY: t = ts->empty; break;
    case T_STRING: t = ts->string; break;
    case T_RANGE:
        if (lo <= hi) t = type_range(ts, lo, hi, mode);
        break;
    case T_ENUM:
        if (n && names) t = type_enum(ts, name, names, n);
        break;
    case T_SYM:
        if (n && n <= 64) t = type_symmetric(ts, name, names, n);
        break;
    case T_RECORD:
        if (nf == n && name) t = type_record(ts, name, fields, n);
        for (uint32_t i = 0; t && i < n; i++)
            if (!fields[i].name) t = NULL;
        break;
    case T_TUPLE:
        if (nf == n && n) {
            const struct type **parts = arena_alloc(&r->p->arena, n * sizeof *parts);
            for (uint32_t i = 0; i < n; i++) parts[i] = fields[i].type;
            t = type_tuple(ts, parts, n);
        }
        break;
    case T_UNION:
        if (nf == n && sum == n && variants.n) t = type_union(ts, name, variants.at, variants.n, fields, n);
        for (uint32_t i = 0; t && i < n; i++)
            if (!fields[i].name) t = NULL;
        break;
    case T_OPTION:
        if (inner && elem->kind != T_OPTION) t = type_option(ts, elem);
        break;
    case T_SET:
        if (inner) t = type_set(ts, elem, max);
        break;
    case T_MAP:
        if (inner && key && stored(key) && key->universe && key->universe <= 65536) t = type_map(ts, key, elem);
        break;
    case T_SEQ:
        if (inner && max <= 4096) t = type_seq(ts, elem, max, base1);
        break;
    case T_BAG:
        if (inner && max <= 4096) t = type_bag(ts, elem, max);
        break;
    }
    if (!t || t->id != index || t->words > MAX_VALUE_WORDS || t->depth > MAX_TYPE_DEPTH) refuse(r, "this is no type");
}

static struct ir *read_tree(struct reader *r);

static void deeper(struct reader *r, uint32_t n) {
    r->depth += n;
    if (r->depth > MAX_READ_DEPTH) refuse(r, "this is nested too deep");
}

/* What follows is inside of these loops: the caller restores the depth. */
static void read_gens(struct reader *r, struct ir_gen **out, uint32_t *n) {
    VEC(struct ir_gen) list = {0};
    expect(r, '(');
    while (open(r, "gen")) {
        struct ir_gen g = {.kind = (enum gen_kind)number(r, 0, G_SLICE)};
        g.slot = small(r);
        g.distinct = small(r);
        g.variant = small(r);
        g.elem = read_type_id(r, true);
        must_open(r, "fields");
        VEC(uint32_t) slots = {0};
        VEC(struct ir *) fixed = {0};
        while (!peek(r, ')')) {
            uint32_t slot = small(r);
            struct ir *value = read_tree(r);
            ARENA_PUSH(r, slots, slot);
            ARENA_PUSH(r, fixed, value);
        }
        expect(r, ')');
        g.n_fields = slots.n;
        g.field_slots = slots.at;
        g.fixed = fixed.at;
        deeper(r, 1 + slots.n);
        g.src = read_tree(r);
        g.src2 = read_tree(r);
        g.cond = read_tree(r);
        expect(r, ')');
        if (list.n == MAX_GENS) refuse(r, "too many loops");
        ARENA_PUSH(r, list, g);
    }
    expect(r, ')');
    *n = list.n;
    *out = list.at;
}

static struct ir *read_tree(struct reader *r) {
    blank(r);
    if (peek(r, '-')) {
        r->at++;
        return NULL;
    }
    uint32_t depth = r->depth;
    deeper(r, 1);
    expect(r, '(');
    const char *name;
    size_t len = word(r, &name);
    struct ir *e = arena_alloc(&r->p->arena, sizeof *e);
    uint32_t op = 0;
    while (op < IR_COUNT &&
           (strlen(ir_op_name((enum ir_op)op)) != len || memcmp(ir_op_name((enum ir_op)op), name, len)))
        op++;
    if (op == IR_COUNT) refuse(r, "there is no such operation");
    e->op = (enum ir_op)op;
    e->type = read_type_id(r, true);
    e->imm = number(r, INT64_MIN, INT64_MAX);
    e->slot = small(r);
    e->site = small(r);
    e->span = read_span(r);
    if (open(r, "var")) {
        uint32_t own = r->p->vars.n, more = r->refine ? r->refine->vars.n : 0;
        uint32_t i = own + more ? (uint32_t)number(r, 0, (int64_t)own + more - 1) : 0;
        e->var = i < own ? r->p->vars.at[i] : i < own + more ? r->refine->vars.at[i - own] : NULL;
        expect(r, ')');
    }
    if (open(r, "text")) {
        e->text = required(r);
        expect(r, ')');
    }
    if (open(r, "words")) {
        if (!e->type || !e->type->words) refuse(r, "this type has no words");
        uint64_t *w = arena_alloc(&r->p->arena, e->type->words * sizeof *w);
        for (uint32_t i = 0; i < e->type->words; i++) w[i] = word64(r);
        e->words = w;
        expect(r, ')');
    }
    if (open(r, "gens")) {
        read_gens(r, &e->gens, &e->n_gens);
        expect(r, ')');
    }
    VEC(struct ir *) kids = {0};
    while (!peek(r, ')')) {
        struct ir *k = read_tree(r);
        ARENA_PUSH(r, kids, k);
        if (kids.n > MAX_COUNT) refuse(r, "too many parts");
    }
    expect(r, ')');
    e->n = kids.n;
    e->kid = kids.at;
    r->depth = depth;
    return e;
}

static void read_action(struct reader *r) {
    struct ir_action a = {.name = required(r)};
    a.doc = string(r);
    a.fault_name = string(r);
    a.kind = (enum action_kind)number(r, 0, ACT_FAULT);
    a.process = (int)number(r, -1, (int64_t)r->p->processes.n - 1);
    a.self = small(r);
    a.fault = flag(r);
    a.strong = flag(r);
    a.fair = flag(r);
    a.fair_each = flag(r);
    a.torn = flag(r);
    a.byzantine = flag(r);
    a.span = read_span(r);
    uint32_t depth = r->depth;
    read_gens(r, &a.gens, &a.n_gens);
    a.body = read_tree(r);
    r->depth = depth;
    a.message = read_tree(r);
    VEC(struct ir_binding) list = {0};
    while (open(r, "bind")) {
        struct ir_binding b = {.name = required(r)};
        b.value = read_tree(r);
        expect(r, ')');
        ARENA_PUSH(r, list, b);
    }
    a.n_bindings = list.n;
    a.bindings = list.at;
    if (r->p->actions.n == UINT16_MAX) refuse(r, "too many actions"); /* dc_step.action */
    VEC_PUSH(r->p->actions, a);
}

static struct ir_var *read_variable(struct reader *r) {
    struct program *p = r->p;
    struct ir_var *v = arena_alloc(&p->arena, sizeof *v);
    v->name = required(r);
    v->member = required(r);
    v->type = read_type_id(r, false);
    if (!stored(v->type)) refuse(r, "a variable of no type");
    v->process = (int)number(r, -1, (int64_t)p->processes.n - 1);
    v->per_instance = flag(r);
    v->ghost = flag(r);
    v->hidden = flag(r);
    v->stable = flag(r);
    v->span = read_span(r);
    if (v->per_instance && (v->process < 0 || v->type->kind != T_MAP || v->type->key != p->processes.at[v->process].id))
        refuse(r, "a variable is no map over its process");
    expect(r, ')');
    return v;
}

static void read_refinement(struct reader *r) {
    struct program *p = r->p;
    struct ir_refine f = {.name = required(r)};
    f.module = required(r);
    VEC_PUSH(p->refines, f);
    struct ir_refine *to = r->refine = &p->refines.at[p->refines.n - 1];
    while (open(r, "variable")) {
        struct ir_var *v = read_variable(r);
        if (v->per_instance) refuse(r, "a variable of a refined module belongs to a process");
        v->index = p->vars.n + to->vars.n;
        VEC_PUSH(to->vars, v);
    }
    must_open(r, "map");
    to->map = read_tree(r);
    expect(r, ')');
    must_open(r, "init");
    to->init = read_tree(r);
    expect(r, ')');
    uint32_t before = p->actions.n;
    while (open(r, "action")) {
        read_action(r);
        expect(r, ')');
    }
    for (uint32_t i = before; i < p->actions.n; i++) VEC_PUSH(to->actions, p->actions.at[i]);
    p->actions.n = before;
    r->refine = NULL;
}

static const struct type *union_at(struct reader *r, int64_t id) {
    if (id < 0) return NULL;
    if (id >= (int64_t)r->p->types.list.n || r->p->types.list.at[id]->kind != T_UNION) refuse(r, "this is no union");
    return r->p->types.list.at[id];
}

static void read_program(struct reader *r) {
    struct program *p = r->p;
    uint64_t slot_words = 0;
    must_open(r, "program");
    if (number(r, 0, 1000) != 1) refuse(r, "this version of the text is not known");
    int64_t process = number(r, -1, MAX_COUNT), message = number(r, -1, MAX_COUNT);
    must_open(r, "types");
    for (uint32_t i = 0; open(r, "type"); i++) {
        read_type(r, i);
        expect(r, ')');
    }
    expect(r, ')');
    p->process_type = union_at(r, process);
    p->message_type = union_at(r, message);
    must_open(r, "slots");
    while (!peek(r, ')')) {
        const struct type *t = read_type_id(r, false);
        const char *name = string(r);
        if (!stored(t) || p->slots.n > MAX_COUNT) refuse(r, "a slot of no type");
        slot_words += type_slot_words(t);
        if (slot_words > MAX_SLOT_WORDS) refuse(r, "the slots are too large");
        VEC_PUSH(p->slots, t);
        VEC_PUSH(p->slot_names, name);
    }
    expect(r, ')');
    must_open(r, "sites");
    while (!peek(r, ')')) {
        struct span s = read_span(r);
        VEC_PUSH(p->sites, s);
    }
    expect(r, ')');
    while (open(r, "process")) {
        struct ir_process x = {.name = required(r)};
        x.id = read_type_id(r, true);
        x.n = (uint32_t)number(r, 1, 4096);
        x.span = read_span(r);
        if (x.id && (x.id->words || x.id->universe != x.n)) refuse(r, "a process has other ids");
        expect(r, ')');
        VEC_PUSH(p->processes, x);
    }
    while (open(r, "variable")) {
        struct ir_var *v = read_variable(r);
        v->index = p->vars.n;
        VEC_PUSH(p->vars, v);
    }
    must_open(r, "init");
    p->init = read_tree(r);
    expect(r, ')');
    while (open(r, "action")) {
        read_action(r);
        expect(r, ')');
    }
    while (open(r, "refines")) {
        read_refinement(r);
        expect(r, ')');
    }
    while (open(r, "predicate")) {
        struct ir_pred q = {.name = required(r)};
        q.doc = string(r);
        q.module = string(r);
        q.kind = (enum dc_kind)number(r, 0, DC_TEMPORAL);
        q.temporal = flag(r);
        q.refine = (uint32_t)number(r, 0, (int64_t)p->refines.n);
        q.span = read_span(r);
        q.body = read_tree(r);
        expect(r, ')');
        VEC_PUSH(p->preds, q);
    }
    while (open(r, "message")) {
        struct ir_message m = {.type = read_type_id(r, false)};
        if (m.type->kind != T_UNION || !m.type->n_variants) refuse(r, "a message of no kind");
        m.variant = (uint32_t)number(r, 0, (int64_t)m.type->n_variants - 1);
        m.from = (int)number(r, -1, (int64_t)p->processes.n - 1);
        m.to = (int)number(r, -1, (int64_t)p->processes.n - 1);
        expect(r, ')');
        VEC_PUSH(p->messages, m);
    }
    while (open(r, "fair")) {
        struct ir_fair f = {.name = required(r)};
        f.strong = flag(r);
        f.per_key = flag(r);
        f.actions = arena_alloc(&p->arena, (p->actions.n + 1) * sizeof *f.actions);
        while (!peek(r, ')')) {
            if (!p->actions.n || f.n == p->actions.n) refuse(r, "this names more actions than there are");
            f.actions[f.n++] = (uint32_t)number(r, 0, p->actions.n - 1);
        }
        expect(r, ')');
        VEC_PUSH(p->fairs, f);
    }
    must_open(r, "watches");
    while (!peek(r, ')')) {
        struct ir *w = read_tree(r);
        VEC_PUSH(p->watches, w);
    }
    expect(r, ')');
    expect(r, ')');
}

struct program *program_read(const char *source, size_t n, const char **error, size_t *offset) {
    struct reader r = {.at = source, .begin = source, .end = source + n};
    r.p = mem_alloc(sizeof *r.p);
    r.p->foreign = true;
    r.arena = &r.p->arena;
    types_init(&r.p->types, &r.p->arena);
    if (setjmp(r.escape) == 0) {
        read_program(&r);
        const char *wrong = program_check(r.p);
        if (wrong) refuse(&r, wrong);
        if (!layout(r.p)) refuse(&r, "a state is too large");
        temporal_formulas(r.p);
        return r.p;
    }
    *error = r.error;
    *offset = (size_t)(r.at - r.begin);
    program_free(r.p);
    mem_free(r.p);
    return NULL;
}
