#include "parser/ast.h"

#include <stdarg.h>
#include <string.h>

static const char *const names[AST_COUNT] = {
#define NODE(name, kids) #name,
#include "parser/ast.def"
#undef NODE
};

const char *ast_kind_name(enum ast_kind k) { return names[k]; }

void ast_too_deep(struct parse *p, struct span span) {
    diag_add(p->diags, DIAG_ERROR, DIAG_SYNTAX, span,
             "this is nested more than %d levels deep; name a part of it with `def`", AST_MAX_DEPTH);
}

static void deeper(struct parse *p, struct ast *parent, const struct ast *kid) {
    if (!kid || kid->depth < parent->depth) return;
    parent->depth = kid->depth + 1;
    if (parent->depth == AST_MAX_DEPTH) ast_too_deep(p, parent->span);
}

struct ast *ast_push(struct parse *p, struct ast *list, struct ast *kid) {
    if (list->n == list->cap) {
        uint32_t cap = list->cap ? 2 * list->cap : 4;
        struct ast **kids = arena_alloc(p->arena, cap * sizeof *kids);
        if (list->n) memcpy(kids, list->kid, list->n * sizeof *kids);
        list->kid = kids;
        list->cap = cap;
    }
    list->kid[list->n++] = kid;
    deeper(p, list, kid);
    return list;
}

struct ast *ast_join(struct parse *p, struct ast *to, const struct ast *from) {
    for (uint32_t i = 0; from && i < from->n; i++) ast_push(p, to, from->kid[i]);
    return to;
}

struct ast *ast_node(struct parse *p, enum ast_kind kind, struct span span, const char *text, int64_t value, uint32_t n,
                     ...) {
    struct ast *a = arena_alloc(p->arena, sizeof *a);
    *a = (struct ast){.kind = kind, .span = span, .text = text, .value = value};
    va_list kids;
    va_start(kids, n);
    for (uint32_t i = 0; i < n; i++) ast_push(p, a, va_arg(kids, struct ast *));
    va_end(kids);
    return a;
}

void ast_dump(const struct ast *a, FILE *out, int indent) {
    fprintf(out, "%*s", indent, "");
    if (!a) {
        fputs("-\n", out);
        return;
    }
    fprintf(out, "%s", names[a->kind]);
    if (a->text) fprintf(out, " %s", a->text);
    if (a->value) {
        if (a->kind == AST_BINARY || a->kind == AST_UNARY || a->kind == AST_QUANTIFIER || a->kind == AST_PREDICATE)
            fprintf(out, " `%s`", token_spelling((enum token_kind)a->value));
        else fprintf(out, " %lld", (long long)a->value);
    }
    fputc('\n', out);
    if (a->depth >= AST_MAX_DEPTH) return;
    for (uint32_t i = 0; i < a->n; i++) ast_dump(a->kid[i], out, indent + 2);
}
