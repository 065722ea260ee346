/* Drives the generated grammar: feeds it tokens, words its errors, gathers declarations under their headers. */
#include <string.h>

#include "parser/adapter.h"
#include "parser/ast.h"
#include "parser/grammar.h"

static const int to_bison[TOK_COUNT] = {
#define TOKEN(name, spelling, flags) [TOK_##name] = name,
#include "lexer/tokens.def"
#undef TOKEN
};

int grammar_token(enum token_kind k) { return to_bison[k]; }

int grammar_lex(GRAMMAR_STYPE *value, struct span *span, struct parse *p) {
    const struct token *t = &p->tokens->list.at[p->next];
    if (t->kind != TOK_END) p->next++;
    value->token = t;
    *span = t->span;
    return to_bison[t->kind];
}

/* Only called where the parser's stack is full (10,000 levels): syntax errors are worded below. */
void grammar_error(const struct span *span, struct parse *p, const char *text) {
    (void)text;
    ast_too_deep(p, *span);
}

/* The mistakes that people coming from other languages make most often. */
static const char *hint_for(const struct token *t, const char *found) {
    if (!strcmp(found, "=")) return "`=` defines, `==` compares, `:=` updates";
    if (!strcmp(found, ":=")) return "`:=` updates a variable inside a step; a definition is written with `=`";
    if (!strcmp(found, "end of line")) return "a line ends a statement; inside ( ) it may go on";
    if (t->kind == TOK_IDENT && (!strcmp(t->text, "while") || !strcmp(t->text, "return")))
        return "a step has no loops but `for x in S { }`, and ends at its last statement";
    if (t->kind == TOK_IDENT && !strcmp(t->text, "bool")) return NULL;
    return NULL;
}

void grammar_unexpected(struct parse *p, const struct span *span, const char *found, const char *expected) {
    const struct token *t = NULL;
    for (uint32_t i = p->next; i-- > 0 && !t;)
        if (p->tokens->list.at[i].span.begin == span->begin) t = &p->tokens->list.at[i];
    struct diag *d;
    const char *shown = found;
    if (t && (t->kind == TOK_IDENT)) shown = t->text;
    if (expected)
        d = diag_add(p->diags, DIAG_ERROR, DIAG_SYNTAX, *span, "`%s` is not expected here; expected %s", shown,
                     expected);
    else d = diag_add(p->diags, DIAG_ERROR, DIAG_SYNTAX, *span, "`%s` is not expected here", shown);
    const char *hint = t ? hint_for(t, found) : NULL;
    if (hint) diag_hint(p->diags, d, "%s", hint);
}

enum ast_target send_target(const struct ast *e) {
    if (e->kind != AST_NAME) return TARGET_ONE;
    return !strcmp(e->text, "all") ? TARGET_ALL : !strcmp(e->text, "others") ? TARGET_OTHERS : TARGET_ONE;
}

struct ast *parse_number(struct parse *p, const struct token *t) {
    const char *text = arena_printf(p->arena, "%lld", (long long)t->value);
    return ast_node(p, AST_WORD, t->span, text, TOK_NUMBER, 0);
}

struct ast *parse_source(struct arena *arena, struct diags *diags, const struct tokens *tokens) {
    struct parse p = {.arena = arena, .diags = diags, .tokens = tokens};
    (void)grammar_parse(&p); /* how it ends is in the diagnostics */
    struct span start = {tokens->list.at[0].span.source, 0, 0};
    struct ast *units = ast_node(&p, AST_LIST, start, NULL, 0, 0);
    struct ast *unit = NULL;
    for (uint32_t i = 0; p.root && i < p.root->n; i++) {
        struct ast *d = p.root->kid[i];
        if (d->kind == AST_UNIT) {
            unit = d;
            ast_push(&p, units, unit);
        } else if (unit) {
            ast_push(&p, unit->kid[0], d);
        } else if (!diags->errors) { /* after another error the header may have been lost with it */
            struct diag *x = diag_add(diags, DIAG_ERROR, DIAG_SYNTAX, d->span, "a file begins with its header");
            diag_hint(diags, x, "write `spec NAME`, `module NAME` or `network module NAME` above this line");
            break;
        }
    }
    if (!units->n && !diags->errors) {
        struct diag *x = diag_add(diags, DIAG_ERROR, DIAG_SYNTAX, start, "this file declares nothing");
        diag_hint(diags, x, "a spec begins with `spec NAME`");
    }
    return units;
}
