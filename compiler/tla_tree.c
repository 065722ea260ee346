#include "compiler/tla_tree.h"

#include <stdarg.h>
#include <string.h>

enum { WIDTH = 100 };

static struct tla *node(struct arena *a, enum tla_kind kind, enum tla_level level, uint32_t n) {
    struct tla *t = arena_alloc(a, sizeof *t);
    t->kind = kind;
    t->level = level;
    t->n = n;
    t->kid = arena_alloc(a, (n + 1) * sizeof(struct tla *));
    return t;
}

struct tla *tla_text(struct arena *a, const char *text) {
    struct tla *t = node(a, TLA_TEXT, TLA_ATOM, 0);
    t->text = text;
    if (*text == '-') t->level = TLA_ADD;
    return t;
}

struct tla *tla_format(struct arena *a, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return tla_text(a, arena_strdup(a, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1));
}

static struct tla *pattern_node(struct arena *a, enum tla_kind kind, const char *pattern, uint32_t n, va_list args) {
    struct tla *t = node(a, kind, kind == TLA_FORM ? TLA_ATOM : TLA_POSTFIX, n);
    t->parts = arena_alloc(a, (n + 1) * sizeof *t->parts);
    for (uint32_t i = 0; i <= n; i++) {
        size_t part = strcspn(pattern, "%");
        t->parts[i] = arena_strdup(a, pattern, part);
        pattern += part + (pattern[part] != 0);
        if (i < n) t->kid[i] = va_arg(args, struct tla *);
    }
    return t;
}

struct tla *tla_form(struct arena *a, const char *pattern, uint32_t n, ...) {
    va_list args;
    va_start(args, n);
    struct tla *t = pattern_node(a, TLA_FORM, pattern, n, args);
    va_end(args);
    return t;
}

struct tla *tla_after(struct arena *a, const char *pattern, uint32_t n, ...) {
    va_list args;
    va_start(args, n);
    struct tla *t = pattern_node(a, TLA_AFTER, pattern, n, args);
    va_end(args);
    return t;
}

struct tla *tla_list(struct arena *a, const char *open, struct tla *const *kids, uint32_t n, const char *close) {
    if (!n)
        return tla_text(a, *open == '[' ? "<<>>"
                                        : arena_printf(a, "%s%s", open, close)); /* no fields: the empty function */
    struct tla *t = node(a, TLA_FORM, TLA_ATOM, n);
    t->parts = arena_alloc(a, (n + 1) * sizeof *t->parts);
    for (uint32_t i = 0; i < n; i++) {
        t->parts[i] = i ? ", " : open;
        t->kid[i] = kids[i];
    }
    t->parts[n] = close;
    return t;
}

struct tla *tla_infix(struct arena *a, enum tla_level level, struct tla *x, const char *op, struct tla *y) {
    struct tla *t = node(a, TLA_INFIX, level, 2);
    t->text = op;
    t->kid[0] = x;
    t->kid[1] = y;
    return t;
}

struct tla *tla_prefix(struct arena *a, enum tla_level level, const char *op, struct tla *x) {
    struct tla *t = node(a, TLA_PREFIX, level, 1);
    t->text = op;
    t->kid[0] = x;
    return t;
}

bool tla_is(const struct tla *t, const char *text) { return t->kind == TLA_TEXT && !strcmp(t->text, text); }
struct tla *tla_bool(struct arena *a, bool b) {
    return tla_text(a, b ? "TRUE" : "FALSE");
}

static struct tla *junction(struct arena *a, enum tla_kind kind, struct tla *x, struct tla *y) {
    const char *neutral = kind == TLA_AND ? "TRUE" : "FALSE", *final = kind == TLA_AND ? "FALSE" : "TRUE";
    if (tla_is(x, neutral)) return y;
    if (tla_is(y, neutral) || tla_is(x, final)) return x;
    uint32_t nx = x->kind == kind ? x->n : 1, ny = y->kind == kind ? y->n : 1;
    struct tla *t = node(a, kind, TLA_JUNCTION, nx + ny);
    for (uint32_t i = 0; i < nx; i++) t->kid[i] = x->kind == kind ? x->kid[i] : x;
    for (uint32_t i = 0; i < ny; i++) t->kid[nx + i] = y->kind == kind ? y->kid[i] : y;
    return t;
}

struct tla *tla_and(struct arena *a, struct tla *x, struct tla *y) {
    return junction(a, TLA_AND, x, y);
}
struct tla *tla_or(struct arena *a, struct tla *x, struct tla *y) {
    return junction(a, TLA_OR, x, y);
}

struct tla *tla_not(struct arena *a, struct tla *x) {
    if (tla_is(x, "TRUE") || tla_is(x, "FALSE")) return tla_bool(a, tla_is(x, "FALSE"));
    if (x->kind == TLA_PREFIX && !strcmp(x->text, "~")) return x->kid[0];
    static const char *const opposite[][2] = {{" = ", " # "}, {" \\in ", " \\notin "}};
    for (int i = 0; i < 2 && x->kind == TLA_INFIX; i++)
        for (int k = 0; k < 2; k++)
            if (!strcmp(x->text, opposite[i][k]))
                return tla_infix(a, TLA_COMPARE, x->kid[0], opposite[i][1 - k], x->kid[1]);
    return tla_prefix(a, TLA_NOT, "~", x);
}

struct tla *tla_implies(struct arena *a, struct tla *x, struct tla *y) {
    if (tla_is(x, "TRUE") || tla_is(y, "TRUE")) return y;
    if (tla_is(y, "FALSE")) return tla_not(a, x);
    return tla_infix(a, TLA_IMPLIES, x, " => ", y);
}

struct tla *tla_equal(struct arena *a, struct tla *x, struct tla *y) {
    return tla_infix(a, TLA_COMPARE, x, " = ", y);
}

struct tla *tla_let(struct arena *a, struct tla *head, struct tla *definition, struct tla *body) {
    if (tla_is(body, "TRUE") || tla_is(body, "FALSE")) return body;
    struct tla *t = node(a, TLA_LET, TLA_OPEN, 3);
    t->kid[0] = head;
    t->kid[1] = definition;
    t->kid[2] = body;
    return t;
}

struct tla *tla_if(struct arena *a, struct tla *c, struct tla *x, struct tla *y) {
    if (tla_is(c, "TRUE")) return x;
    if (tla_is(c, "FALSE")) return y;
    if (tla_is(y, "FALSE")) return tla_and(a, c, x);
    if (tla_is(x, "FALSE")) return tla_and(a, tla_not(a, c), y);
    if (tla_is(x, "TRUE")) return tla_or(a, c, y);
    struct tla *t = node(a, TLA_IF, TLA_OPEN, 3);
    t->kid[0] = c;
    t->kid[1] = x;
    t->kid[2] = y;
    return t;
}

struct tla *tla_bind(struct arena *a, const char *quantifier, const char *name, struct tla *set, struct tla *body) {
    struct tla *t = node(a, TLA_BIND, TLA_OPEN, 2);
    t->text = quantifier;
    t->parts = arena_alloc(a, sizeof *t->parts);
    t->parts[0] = name;
    t->kid[0] = set;
    t->kid[1] = body;
    return t;
}

static struct tla *with_last(struct arena *a, const struct tla *t, struct tla *last) {
    struct tla *u = node(a, t->kind, t->level, t->n);
    u->text = t->text;
    u->parts = t->parts;
    memcpy(u->kid, t->kid, t->n * sizeof(struct tla *));
    u->kid[t->n - 1] = last;
    return u;
}

struct tla *tla_guard(struct arena *a, struct tla *t) {
    switch (t->kind) {
    case TLA_OR: {
        struct tla *all = tla_guard(a, t->kid[t->n - 1]);
        for (uint32_t i = t->n - 1; i-- > 0;) all = tla_implies(a, tla_not(a, t->kid[i]), all);
        return all;
    }
    case TLA_AND: {
        struct tla *all = tla_bool(a, true);
        for (uint32_t i = 0; i < t->n; i++) all = tla_and(a, all, tla_guard(a, t->kid[i]));
        return all;
    }
    case TLA_LET: return with_last(a, t, tla_guard(a, t->kid[2]));
    case TLA_BIND: return strcmp(t->text, "\\E") ? t : with_last(a, t, tla_guard(a, t->kid[1]));
    case TLA_IF: {
        struct tla *u = with_last(a, t, tla_guard(a, t->kid[2]));
        u->kid[1] = tla_guard(a, t->kid[1]);
        return u;
    }
    default: return t;
    }
}

/* ---- layout ---- */

struct page {
    FILE *out;
    uint32_t column;
};

static bool wrapped(const struct tla *kid, enum tla_level parent) { return kid->level <= parent; }

/* The level that a kid must exceed to stand without parentheses. -1: it stands between delimiters. */
static int bound_of(const struct tla *t, uint32_t i) {
    switch (t->kind) {
    case TLA_AFTER: return i ? -1 : TLA_MUL;
    case TLA_INFIX: return (int)t->level;
    case TLA_PREFIX: return t->level == TLA_NOT ? TLA_COMPARE : TLA_MUL;
    case TLA_AND:
    case TLA_OR: return TLA_JUNCTION;
    case TLA_BIND: return i + 1 < t->n ? TLA_OPEN : -1;
    default: return -1;
    }
}

static bool parens(const struct tla *t, uint32_t i) {
    int bound = bound_of(t, i);
    if (t->kind == TLA_INFIX && (t->kid[i]->kind == TLA_AND || t->kid[i]->kind == TLA_OR)) return true; /* bullets */
    return bound >= 0 && wrapped(t->kid[i], (enum tla_level)bound);
}

/* Characters on one line, or more than `most`. */
static uint32_t flat_width(const struct tla *t, uint32_t most) {
    uint32_t n = t->text ? (uint32_t)strlen(t->text) : 0;
    if (t->kind == TLA_LET) n = 12;
    if (t->kind == TLA_IF) n = 15;
    if (t->kind == TLA_BIND) n += 9 + (uint32_t)strlen(t->parts[0]);
    if (t->kind == TLA_AND || t->kind == TLA_OR) n = 4 * (t->n - 1);
    for (uint32_t i = 0; (t->kind == TLA_FORM || t->kind == TLA_AFTER) && i <= t->n; i++)
        n += (uint32_t)strlen(t->parts[i]);
    for (uint32_t i = 0; i < t->n && n <= most; i++) n += flat_width(t->kid[i], most - n) + (parens(t, i) ? 2 : 0);
    return n;
}

static void put(struct page *p, const char *text) {
    fputs(text, p->out);
    p->column += (uint32_t)strlen(text);
}

static void new_line(struct page *p, uint32_t column) {
    fputc('\n', p->out);
    for (uint32_t i = 0; i < column; i++) fputc(' ', p->out);
    p->column = column;
}

static void print(struct page *, const struct tla *, bool flat);

static void print_kid(struct page *p, const struct tla *t, uint32_t i, bool flat) {
    bool with = parens(t, i);
    if (with) put(p, "(");
    print(p, t->kid[i], flat);
    if (with) put(p, ")");
}

static bool fits(const struct page *p, const struct tla *t) { return p->column + flat_width(t, WIDTH) <= WIDTH; }

/* One of the pieces between the kids; then a new line at `column`, if that is not 0. */
static void print_piece(struct page *p, const char *piece, uint32_t column) {
    size_t n = strlen(piece);
    while (column && n && piece[n - 1] == ' ') n--;
    fprintf(p->out, "%.*s", (int)n, piece);
    p->column += (uint32_t)n;
    if (column) new_line(p, column);
}

static void print_pieces(struct page *p, const struct tla *t, bool flat) {
    uint32_t start = p->column;
    for (uint32_t i = 0; i <= t->n; i++) {
        const char *piece = t->parts[i];
        uint32_t after = p->column + (uint32_t)strlen(piece), column = 0;
        if (!flat && i && i < t->n && after + flat_width(t->kid[i], WIDTH) > WIDTH) {
            bool comma = !strncmp(piece, ", ", 2);
            if (comma) column = start + (uint32_t)strlen(t->parts[0]);
            else if (after > start + 20) column = start + 4;
            if (comma && piece[2]) { /* ", name |-> " */
                print_piece(p, ",", column);
                piece += 2;
                column = 0;
            }
        }
        print_piece(p, piece, column);
        if (i < t->n) print_kid(p, t, i, flat);
    }
}

static void print_list(struct page *p, const struct tla *t) {
    uint32_t start = p->column;
    for (uint32_t i = 0; i < t->n; i++) {
        if (i) new_line(p, start);
        put(p, t->kind == TLA_AND ? "/\\ " : "\\/ ");
        print(p, t->kid[i], false);
    }
}

static void print_let(struct page *p, const struct tla *t, bool flat) {
    uint32_t start = p->column;
    put(p, "LET ");
    for (bool first = true;; t = t->kid[2], first = false) {
        if (!first && flat) put(p, " ");
        if (!first && !flat) new_line(p, start + 4);
        print(p, t->kid[0], true);
        put(p, " ==");
        if (flat || fits(p, t->kid[1])) put(p, " ");
        else new_line(p, start + 8);
        print(p, t->kid[1], flat);
        if (t->kid[2]->kind != TLA_LET) break;
    }
    if (flat) put(p, " IN ");
    else {
        new_line(p, start);
        put(p, "IN  ");
    }
    print(p, t->kid[2], flat);
}

/* A chain of ELSE IF keeps its column. */
static void print_if(struct page *p, const struct tla *t, bool flat) {
    uint32_t start = p->column;
    for (;; t = t->kid[2]) {
        put(p, "IF ");
        print(p, t->kid[0], flat);
        if (flat) put(p, " ");
        else new_line(p, start + 3);
        put(p, "THEN ");
        print(p, t->kid[1], flat);
        bool chain = t->kid[2]->kind == TLA_IF;
        if (flat) put(p, " ");
        else new_line(p, chain ? start : start + 3);
        put(p, "ELSE ");
        if (!chain) break;
    }
    print(p, t->kid[2], flat);
}

static void print_bind(struct page *p, const struct tla *t, bool flat) {
    uint32_t start = p->column;
    put(p, t->text);
    put(p, " ");
    put(p, t->parts[0]);
    put(p, " \\in ");
    print_kid(p, t, 0, flat);
    put(p, " :");
    if (flat || fits(p, t->kid[1])) put(p, " ");
    else new_line(p, start + 4);
    print_kid(p, t, 1, flat);
}

static void print_infix(struct page *p, const struct tla *t, bool flat) {
    uint32_t start = p->column;
    print_kid(p, t, 0, flat);
    bool same_line = flat || fits(p, t->kid[1]) || (p->column - start < 40 && t->level == TLA_COMPARE);
    if (!same_line) new_line(p, start + 2);
    put(p, same_line || *t->text != ' ' ? t->text : t->text + 1);
    print_kid(p, t, 1, flat);
}

static void print(struct page *p, const struct tla *t, bool flat) {
    if (!flat) flat = fits(p, t);
    switch (t->kind) {
    case TLA_TEXT: put(p, t->text); break;
    case TLA_FORM:
    case TLA_AFTER: print_pieces(p, t, flat); break;
    case TLA_INFIX: print_infix(p, t, flat); break;
    case TLA_PREFIX:
        put(p, t->text);
        print_kid(p, t, 0, flat);
        break;
    case TLA_AND:
    case TLA_OR:
        if (!flat) {
            print_list(p, t);
            break;
        }
        for (uint32_t i = 0; i < t->n; i++) {
            if (i) put(p, t->kind == TLA_AND ? " /\\ " : " \\/ ");
            print_kid(p, t, i, true);
        }
        break;
    case TLA_LET: print_let(p, t, flat); break;
    case TLA_IF: print_if(p, t, flat); break;
    case TLA_BIND: print_bind(p, t, flat); break;
    }
}

uint32_t tla_print(const struct tla *t, uint32_t column, FILE *out) {
    struct page p = {.out = out, .column = column};
    print(&p, t, false);
    return p.column;
}
