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
    uint32_t depth;
    jmp_buf escape;
};

enum { MAX_READ_DEPTH = 2000, MAX_COUNT = 1 << 20 };

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
    must_open(r, "variants");
    while (!peek(r, ')')) {
        struct variant v = {.name = required(r)};
        v.first = (uint32_t)number(r, 0, n);
        v.n = (uint32_t)number(r, 0, n);
        if (v.first + v.n > nf || variants.n > 4096) refuse(r, "a variant has fields that are not there");
        VEC_PUSH(variants, v);
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
        if (nf == n && variants.n) t = type_union(ts, name, variants.at, variants.n, fields, n);
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
    VEC_FREE(variants);
    if (!t || t->id != index || t->words > 1 << 16) refuse(r, "this is no type");
}

static struct ir *read_tree(struct reader *r);

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
            VEC_PUSH(slots, small(r));
            VEC_PUSH(fixed, read_tree(r));
        }
        expect(r, ')');
        g.n_fields = slots.n;
        g.field_slots = arena_alloc(&r->p->arena, (slots.n + 1) * sizeof *g.field_slots);
        g.fixed = arena_alloc(&r->p->arena, (slots.n + 1) * sizeof *g.fixed);
        if (slots.n) memcpy(g.field_slots, slots.at, slots.n * sizeof *slots.at);
        if (slots.n) memcpy(g.fixed, fixed.at, slots.n * sizeof(struct ir *));
        VEC_FREE(slots);
        VEC_FREE(fixed);
        g.src = read_tree(r);
        g.src2 = read_tree(r);
        g.cond = read_tree(r);
        expect(r, ')');
        VEC_PUSH(list, g);
    }
    expect(r, ')');
    *n = list.n;
    *out = arena_alloc(&r->p->arena, (list.n + 1) * sizeof **out);
    if (list.n) memcpy(*out, list.at, list.n * sizeof *list.at);
    VEC_FREE(list);
}

static struct ir *read_tree(struct reader *r) {
    blank(r);
    if (peek(r, '-')) {
        r->at++;
        return NULL;
    }
    if (++r->depth > MAX_READ_DEPTH) refuse(r, "this is nested too deep");
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
        VEC_PUSH(kids, k);
        if (kids.n > MAX_COUNT) refuse(r, "too many parts");
    }
    expect(r, ')');
    e->n = kids.n;
    e->kid = arena_alloc(&r->p->arena, (kids.n + 1) * sizeof *e->kid);
    if (kids.n) memcpy(e->kid, kids.at, kids.n * sizeof(struct ir *));
    VEC_FREE(kids);
    r->depth--;
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
    read_gens(r, &a.gens, &a.n_gens);
    a.body = read_tree(r);
    a.message = read_tree(r);
    VEC(struct ir_binding) list = {0};
    while (open(r, "bind")) {
        struct ir_binding b = {.name = required(r)};
        b.value = read_tree(r);
        expect(r, ')');
        VEC_PUSH(list, b);
    }
    a.n_bindings = list.n;
    a.bindings = arena_alloc(&r->p->arena, (list.n + 1) * sizeof *a.bindings);
    if (list.n) memcpy(a.bindings, list.at, list.n * sizeof *list.at);
    VEC_FREE(list);
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

static void read_program(struct reader *r) {
    struct program *p = r->p;
    must_open(r, "program");
    if (number(r, 0, 1000) != 1) refuse(r, "this version of the text is not known");
    int64_t process = number(r, -1, MAX_COUNT), message = number(r, -1, MAX_COUNT);
    must_open(r, "types");
    for (uint32_t i = 0; open(r, "type"); i++) {
        read_type(r, i);
        expect(r, ')');
    }
    expect(r, ')');
    if (process >= (int64_t)p->types.list.n || message >= (int64_t)p->types.list.n) refuse(r, "a type is not there");
    if (process >= 0) p->process_type = p->types.list.at[process];
    if (message >= 0) p->message_type = p->types.list.at[message];
    must_open(r, "slots");
    while (!peek(r, ')')) {
        const struct type *t = read_type_id(r, false);
        const char *name = string(r);
        if (!stored(t) || p->slots.n > MAX_COUNT) refuse(r, "a slot of no type");
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
    types_init(&r.p->types, &r.p->arena);
    if (setjmp(r.escape) == 0) {
        read_program(&r);
        const char *wrong = program_check(r.p);
        if (wrong) refuse(&r, wrong);
        layout(r.p);
        temporal_formulas(r.p);
        return r.p;
    }
    *error = r.error;
    *offset = (size_t)(r.at - r.begin);
    program_free(r.p);
    mem_free(r.p);
    return NULL;
}

/* ---- checking ---- */

struct check {
    const struct program *p;
    const char *wrong;
};

static bool no(struct check *c, const char *why) {
    if (!c->wrong) c->wrong = why;
    return false;
}

static bool check_tree(struct check *, struct ir *, bool statement);

static bool slot_ok(const struct check *c, uint32_t s, const struct type *t) {
    return s < c->p->slots.n && (!t || c->p->slots.at[s] == t || (type_is_int(t) && type_is_int(c->p->slots.at[s])));
}

static bool fits(const struct type *a, const struct type *b) { return a == b || (type_is_int(a) && type_is_int(b)); }

static bool check_gens(struct check *c, struct ir_gen *gens, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct ir_gen *g = &gens[i];
        if (g->src && !check_tree(c, g->src, false)) return false;
        if (g->src2 && !check_tree(c, g->src2, false)) return false;
        if (g->cond && (!check_tree(c, g->cond, false) || g->cond->type->kind != T_BOOL))
            return no(c, "a condition is no truth value");
        const struct type *t = g->kind != G_SLICE && g->slot < c->p->slots.n ? c->p->slots.at[g->slot] : NULL,
                          *s = g->src ? g->src->type : NULL;
        if (g->kind != G_SLICE && !t) return no(c, "a loop binds no slot");
        if (g->distinct > i) return no(c, "a loop is compared with one that is not there");
        switch (g->kind) {
        case G_VALUES:
            if (!t->universe) return no(c, "a loop has no end");
            break;
        case G_SET:
            if (!s || s->kind != T_SET || !fits(s->elem, t)) return no(c, "a loop goes over no set");
            break;
        case G_BAG:
        case G_BAGALL:
            if (!s || s->kind != T_BAG || !fits(s->elem, t)) return no(c, "a loop goes over no bag");
            break;
        case G_RANGE:
            if (!s || !g->src2 || !type_is_int(s) || !type_is_int(g->src2->type) || !type_is_int(t))
                return no(c, "a loop goes over no range");
            break;
        case G_SUBSETS:
            if (!s || s->kind != T_SET || !s->bitset || s->words || s != t) return no(c, "subsets of no small set");
            break;
        case G_LET:
            if (!s || !fits(s, t)) return no(c, "a name is bound to another type");
            break;
        case G_SLICE: {
            if (!s || s->kind != T_SET || !s->bitset || g->elem != s->elem) return no(c, "a slice of no bit set");
            const struct type *e = g->elem;
            if (e->kind != T_UNION && e->kind != T_RECORD && e->kind != T_TUPLE) return no(c, "a slice of no records");
            if (e->kind == T_UNION && g->variant >= e->n_variants) return no(c, "a slice of no variant");
            uint32_t first = e->kind == T_UNION ? e->variants[g->variant].first : 0,
                     nf = e->kind == T_UNION ? e->variants[g->variant].n : e->n;
            if (g->n_fields != nf) return no(c, "a slice has other fields");
            for (uint32_t k = 0; k < nf; k++) {
                const struct type *ft = e->fields[first + k].type;
                if (g->field_slots[k] >= c->p->slots.n || c->p->slots.at[g->field_slots[k]] != ft || ft->words > 64)
                    return no(c, "a slice binds no slot");
                if (g->fixed[k] && (!check_tree(c, g->fixed[k], false) || !fits(g->fixed[k]->type, ft)))
                    return no(c, "a slice fixes a field to another type");
            }
        }
        }
    }
    return true;
}

static bool list_like(const struct type *t) {
    return t->kind == T_SEQ || t->kind == T_BAG || (t->kind == T_SET && !t->bitset);
}

static bool check_place(const struct ir *e) {
    for (; e->op != IR_STATE; e = e->kid[0]) {
        bool ok = e->op == IR_FIELD || e->op == IR_PAYLOAD ||
                  (e->op == IR_INDEX && (e->kid[0]->type->kind == T_MAP || e->kid[0]->type->kind == T_SEQ));
        if (!ok) return false;
    }
    return e->imm == 0;
}

/* Number of kids and what they are, by operation. */
static bool check_node(struct check *c, const struct ir *e) {
    const struct type *t = e->type, *a = e->n > 0 && e->kid[0] ? e->kid[0]->type : NULL,
                      *b = e->n > 1 && e->kid[1] ? e->kid[1]->type : NULL;
    bool set = a && a->kind == T_SET, boolean = t && t->kind == T_BOOL;
    switch (e->op) {
    case IR_CONST: return t->words ? e->words != NULL && e->n == 0 : e->n == 0;
    case IR_LOCAL: return e->n == 0 && slot_ok(c, e->slot, t);
    case IR_STATE: return e->n == 0 && e->var && e->var->type == t && (e->imm == 0 || e->imm == 1);
    case IR_FIELD:
    case IR_SETFIELD: {
        bool owner = a && (a->kind == T_RECORD || a->kind == T_TUPLE) && e->imm >= 0 && e->imm < (int64_t)a->n;
        if (e->op == IR_FIELD) return owner && e->n == 1 && fits(a->fields[e->imm].type, t);
        return owner && e->n == 2 && a == t && b && fits(a->fields[e->imm].type, b);
    }
    case IR_PAYLOAD:
        return e->n == 1 && a && a->kind == T_UNION && e->slot < a->n_variants && e->imm >= 0 &&
               e->imm < (int64_t)a->variants[e->slot].n && fits(a->fields[a->variants[e->slot].first + e->imm].type, t);
    case IR_ISTAG:
        return e->n == 1 && boolean && a && a->kind == T_UNION && e->imm >= 0 && e->imm < (int64_t)a->n_variants;
    case IR_CONS: {
        uint32_t first = 0, n = t->n;
        if (t->kind == T_UNION) {
            if (e->imm < 0 || e->imm >= (int64_t)t->n_variants) return false;
            first = t->variants[e->imm].first;
            n = t->variants[e->imm].n;
        } else if (t->kind != T_RECORD && t->kind != T_TUPLE) {
            return false;
        }
        if (e->n != n) return false;
        for (uint32_t i = 0; i < n; i++)
            if (!fits(e->kid[i]->type, t->fields[first + i].type)) return false;
        return true;
    }
    case IR_INDEX:
        return e->n == 2 && a && (a->kind == T_MAP || a->kind == T_SEQ) && fits(a->elem, t) &&
               (a->kind == T_SEQ ? type_is_int(b) : fits(b, a->key));
    case IR_SETINDEX:
        return e->n == 3 && a && a == t && (a->kind == T_MAP || a->kind == T_SEQ) &&
               (a->kind == T_SEQ ? type_is_int(b) : fits(b, a->key)) && fits(e->kid[2]->type, a->elem);
    case IR_SOME: return e->n == 1 && t->kind == T_OPTION && fits(a, t->elem);
    case IR_ISSOME: return e->n == 1 && boolean && a->kind == T_OPTION;
    case IR_UNWRAP: return e->n == 1 && a->kind == T_OPTION && fits(a->elem, t);
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_DIV:
    case IR_MOD:
    case IR_MIN2:
    case IR_MAX2: return e->n == 2 && type_is_int(a) && type_is_int(b) && type_is_int(t);
    case IR_TORANGE: return e->n == 1 && type_is_int(a) && type_is_int(t);
    case IR_EQ:
        if (e->n == 2 && set && b->kind == T_SET) /* a claim on the size apart, the same type */
            return boolean && a->elem == b->elem && a->bitset == b->bitset && a->cap == b->cap;
        return e->n == 2 && boolean && fits(a, b);
    case IR_LT:
    case IR_LE: return e->n == 2 && boolean && fits(a, b) && !a->words;
    case IR_NOT: return e->n == 1 && boolean && a->kind == T_BOOL;
    case IR_AND:
    case IR_OR:
        for (uint32_t i = 0; i < e->n; i++)
            if (e->kid[i]->type->kind != T_BOOL) return false;
        return e->n > 0 && boolean;
    case IR_IF: return e->n == 3 && a->kind == T_BOOL && fits(b, t) && fits(e->kid[2]->type, t);
    case IR_LET: return e->n == 2 && slot_ok(c, e->slot, a) && fits(b, t);
    case IR_MEMBER: return e->n == 2 && boolean && b->kind == T_SET && fits(a, b->elem);
    case IR_SUBSETEQ:
        return e->n == 2 && boolean && set && b->kind == T_SET && a->elem == b->elem && a->bitset == b->bitset &&
               a->cap == b->cap;
    case IR_UNION:
    case IR_INTER:
    case IR_DIFF:
        return e->n == 2 && set && t->kind == T_SET && a->elem == b->elem && a->elem == t->elem && b->kind == T_SET &&
               a->cap == b->cap && a->cap == t->cap;
    case IR_INSERT:
        return e->n == 2 && set && t->kind == T_SET && a->elem == t->elem && a->cap == t->cap && fits(b, t->elem);
    case IR_SIZE: return e->n == 1 && type_is_int(t) && (set || a->kind == T_SEQ || a->kind == T_BAG);
    case IR_SETLIT:
    case IR_SEQLIT:
    case IR_BAGLIT:
        if (t->kind != (e->op == IR_SETLIT ? T_SET : e->op == IR_SEQLIT ? T_SEQ : T_BAG)) return false;
        for (uint32_t i = 0; i < e->n; i++)
            if (!fits(e->kid[i]->type, t->elem)) return false;
        return true;
    case IR_APPEND: return e->n == 2 && t->kind == T_SEQ && a == t && fits(b, t->elem);
    case IR_TAIL: return e->n == 1 && t->kind == T_SEQ && a == t;
    case IR_CONCAT:
        return e->n == 2 && t->kind == T_SEQ && a->kind == T_SEQ && b->kind == T_SEQ && fits(a->elem, t->elem) &&
               fits(b->elem, t->elem);
    case IR_SLICE: return e->n == 3 && t->kind == T_SEQ && a == t && type_is_int(b) && type_is_int(e->kid[2]->type);
    case IR_BAGADD:
    case IR_BAGREMOVE: return e->n == 2 && t->kind == T_BAG && a == t && fits(b, t->elem);
    case IR_BAGCOUNT: return e->n == 2 && a->kind == T_BAG && fits(b, a->elem) && type_is_int(t);
    case IR_ELEMENTS:
        return e->n == 1 && t->kind == T_SET && list_like(a) && a->kind != T_SET && fits(a->elem, t->elem);
    case IR_CLOSURE:
        return e->n == 1 && set && a == t && t->bitset && t->elem->kind == T_TUPLE && t->elem->n == 2 &&
               t->elem->fields[0].type == t->elem->fields[1].type;
    case IR_FAIL: return e->n == 0 && e->imm > DC_OK && e->imm < DC_STOP_CUT;
    case IR_TEMPORAL:
        if (e->imm == TOK_LEADSTO || e->imm == TOK_UNTIL)
            return e->n == 2 && boolean && a->kind == T_BOOL && b->kind == T_BOOL;
        return (e->imm == TOK_ALWAYS || e->imm == TOK_EVENTUALLY || e->imm == TOK_CAN) && e->n == 1 && boolean &&
               a->kind == T_BOOL;
    case IR_REDUCE:
        if (!e->n_gens) return false;
        switch (e->imm) {
        case R_EXISTS:
        case R_FORALL: return e->n == 1 && boolean && a->kind == T_BOOL;
        case R_COUNT: return e->n == 0 && type_is_int(t);
        case R_SUM: return e->n == 1 && type_is_int(t) && type_is_int(a);
        case R_SET: return e->n == 1 && t->kind == T_SET && fits(a, t->elem);
        case R_BAG: return e->n == 1 && t->kind == T_BAG && fits(a, t->elem);
        case R_MAP:
            return e->n == 1 && t->kind == T_MAP && fits(a, t->elem) && e->gens[0].kind == G_VALUES &&
                   c->p->slots.at[e->gens[0].slot] == t->key;
        case R_FOLD: return e->n == 2 && fits(a, t) && fits(b, t) && slot_ok(c, e->slot, t);
        case R_CHOOSE: return e->n == 1 && fits(a, t);
        case R_MIN:
        case R_MAX: return e->n == 1 && fits(a, t) && !t->words;
        case R_ARGMIN:
        case R_ARGMAX: return e->n == 2 && fits(a, t) && !b->words;
        default: return false;
        }
    default: return false;
    }
}

static bool check_statement(struct check *c, struct ir *e) {
    switch (e->op) {
    case IR_BLOCK:
    case IR_EITHER:
        for (uint32_t i = 0; i < e->n; i++)
            if (!e->kid[i] || !check_tree(c, e->kid[i], true))
                return no(c, "a block holds something else than statements");
        return e->op == IR_BLOCK || e->n > 0 || no(c, "a choice of nothing");
    case IR_STORE:
        return (e->n == 2 && e->kid[0] && e->kid[1] && check_tree(c, e->kid[0], false) &&
                check_tree(c, e->kid[1], false) && check_place(e->kid[0]) && fits(e->kid[0]->type, e->kid[1]->type)) ||
               no(c, "an assignment is wrong");
    case IR_BIND:
        return (e->n == 1 && e->kid[0] && check_tree(c, e->kid[0], false) && slot_ok(c, e->slot, e->kid[0]->type)) ||
               no(c, "a binding is wrong");
    case IR_WHEN:
        return (e->n == 3 && e->kid[0] && e->kid[1] && check_tree(c, e->kid[0], false) &&
                e->kid[0]->type->kind == T_BOOL && check_tree(c, e->kid[1], true) &&
                (!e->kid[2] || check_tree(c, e->kid[2], true))) ||
               no(c, "a condition is wrong");
    case IR_FOR:
        return (e->n == 1 && e->kid[0] && e->n_gens && check_gens(c, e->gens, e->n_gens) &&
                check_tree(c, e->kid[0], true)) ||
               no(c, "a loop is wrong");
    case IR_PICK: return (e->n == 0 && e->n_gens && check_gens(c, e->gens, e->n_gens)) || no(c, "a choice is wrong");
    case IR_ASSERT:
    case IR_REQUIRE:
        return (e->n == 1 && e->kid[0] && check_tree(c, e->kid[0], false) && e->kid[0]->type->kind == T_BOOL) ||
               no(c, "an assertion is wrong");
    case IR_SENDS:
        return (e->n == 2 && e->kid[0] && e->kid[1] && check_tree(c, e->kid[0], false) &&
                e->kid[0]->type->kind == T_UNION && check_tree(c, e->kid[1], true)) ||
               no(c, "a message is wrong");
    case IR_CUT: return e->n == 0 || no(c, "a cut is wrong");
    case IR_FAIL: return (e->n == 0 && e->imm > DC_OK && e->imm < DC_STOP_CUT) || no(c, "a failure is wrong");
    default: return no(c, "this is no statement");
    }
}

static bool check_tree(struct check *c, struct ir *e, bool statement) {
    if (e->site >= c->p->sites.n) return no(c, "a site is not there");
    if (statement) return check_statement(c, e);
    if (!e->type || e->type->kind == T_ERROR || e->type->kind == T_NONE || e->type->kind == T_EMPTY ||
        e->type->kind == T_STRING)
        return no(c, "an expression has no type");
    for (uint32_t i = 0; i < e->n; i++)
        if (!e->kid[i] || !check_tree(c, e->kid[i], false)) return no(c, "a part of an expression is missing");
    if (e->n_gens && !check_gens(c, e->gens, e->n_gens)) return false;
    return check_node(c, e) || no(c, "an expression does not fit together");
}

static const char *check_action(struct check *c, struct ir_action *a) {
    const struct program *p = c->p;
    if (!a->body || !check_gens(c, a->gens, a->n_gens) || !check_tree(c, a->body, true))
        return c->wrong ? c->wrong : "an action has no body";
    bool own = a->process >= 0 && p->processes.at[a->process].id;
    if (own && (a->self >= p->slots.n || p->slots.at[a->self] != p->processes.at[a->process].id))
        return "an action belongs to no process";
    if (a->message && (!check_tree(c, a->message, false) || a->message->type->kind != T_UNION))
        return "a handler takes no message";
    for (uint32_t k = 0; k < a->n_bindings; k++)
        if (!a->bindings[k].value || !check_tree(c, a->bindings[k].value, false)) return "a binding has no value";
    return NULL;
}

static const char *check_refinement(struct check *c, const struct ir_refine *r) {
    if (!r->map || !r->init || !check_tree(c, r->map, true) || !check_tree(c, r->init, true))
        return c->wrong ? c->wrong : "a refinement without a mapping";
    for (uint32_t i = 0; i < r->actions.n; i++) {
        const char *wrong = check_action(c, &r->actions.at[i]);
        if (wrong) return wrong;
    }
    return NULL;
}

const char *program_check(const struct program *p) {
    struct check c = {.p = p};
    if (!p->init || !check_tree(&c, p->init, true)) return c.wrong ? c.wrong : "there is no initial state";
    for (uint32_t i = 0; i < p->actions.n; i++) {
        const char *wrong = check_action(&c, &p->actions.at[i]);
        if (wrong) return wrong;
    }
    for (uint32_t i = 0; i < p->refines.n; i++) {
        const char *wrong = check_refinement(&c, &p->refines.at[i]);
        if (wrong) return wrong;
    }
    for (uint32_t i = 0; i < p->preds.n; i++)
        if (!p->preds.at[i].body || !check_tree(&c, p->preds.at[i].body, false) ||
            p->preds.at[i].body->type->kind != T_BOOL)
            return c.wrong ? c.wrong : "a predicate is no truth value";
    for (uint32_t i = 0; i < p->preds.n; i++)
        if (p->preds.at[i].temporal ? !temporal_shape(p->preds.at[i].body, p->preds.at[i].kind == DC_TEMPORAL)
                                    : ir_temporal(p->preds.at[i].body))
            return "a temporal operator where none can stand";
        else if (p->preds.at[i].kind == DC_TEMPORAL && !p->preds.at[i].temporal) return "a property without a formula";
        else if (p->preds.at[i].refine && p->preds.at[i].kind != DC_STEP && p->preds.at[i].kind != DC_INITIALLY)
            return "a refinement tells of steps and initial states only";
    for (uint32_t i = 0; i < p->watches.n; i++)
        if (!p->watches.at[i] || !check_tree(&c, p->watches.at[i], false)) return "a watch has no value";
    return NULL;
}
