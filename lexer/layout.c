/* From raw tokens to the token array that the grammar reads.
 *
 * Layout (docs/language.md): inside ( ) and [ ] newlines mean nothing. Elsewhere a newline ends a statement unless the
 * token before it cannot end one, or the next token continues it: an infix operator, one of a few words, `{` or `}`. */
#include <stdlib.h>
#include <string.h>

#include "lexer/scan.h"

enum { E = 1, I = 2, W = 4, C = 8, K = 16 };

static const struct {
    const char *spelling;
    int flags;
} table[TOK_COUNT] = {
#define TOKEN(name, spelling, flags) [TOK_##name] = {spelling, flags},
#include "lexer/tokens.def"
#undef TOKEN
};

const char *token_spelling(enum token_kind k) { return table[k].spelling; }

bool token_is_name(enum token_kind k) { return k == TOK_IDENT || (table[k].flags & W); }

static struct token *push(struct scan *s, enum token_kind kind, uint32_t n) {
    struct token t = {.kind = kind, .span = {s->source, s->offset - n, s->offset}, .doc = s->doc};
    if (kind != TOK_NL) s->doc = NULL;
    VEC_PUSH(s->out->list, t);
    return &s->out->list.at[s->out->list.n - 1];
}

void scan_emit(struct scan *s, enum token_kind kind, const char *text, uint32_t n) {
    push(s, kind, n)->text = intern(s->names, text, n);
}

void scan_word(struct scan *s, const char *text, uint32_t n) {
    for (int k = TOK_AND; k < TOK_COUNT; k++)
        if (k != TOK_NOTIN && k != TOK_TO_SET && strlen(table[k].spelling) == n &&
            !memcmp(table[k].spelling, text, n)) {
            scan_emit(s, (enum token_kind)k, text, n);
            return;
        }
    scan_emit(s, TOK_IDENT, text, n);
}

void scan_number(struct scan *s, const char *text, uint32_t n) {
    int64_t value = 0;
    bool big = false;
    for (uint32_t i = 0; i < n; i++) {
        if (text[i] == '_') continue;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text[i] - '0', &value))
            big = true;
    }
    if (big) scan_error(s, n, "this number does not fit into 64 bits");
    push(s, TOK_NUMBER, n)->value = big ? 0 : value;
}

void scan_string(struct scan *s, const char *text, uint32_t n) {
    char *plain = mem_alloc(n + 1);
    uint32_t k = 0;
    for (uint32_t i = 1; i + 1 < n; i++) {
        if (text[i] == '\\' && i + 2 < n) i++;
        plain[k++] = text[i];
    }
    push(s, TOK_STRING, n)->text = intern(s->names, plain, k);
    mem_free(plain);
}

static bool can_end(const struct tokens *t) { return t->list.n && (table[t->list.at[t->list.n - 1].kind].flags & E); }

void scan_junctor(struct scan *s, enum token_kind kind) {
    struct tokens *t = s->out;
    uint32_t i = t->list.n;
    while (i > 0 && t->list.at[i - 1].kind == TOK_NL) i--;
    struct tokens before = {.list = {t->list.at, i, i}};
    if (can_end(&before)) push(s, kind, kind == TOK_AND || kind == TOK_OR ? 2 : 1)->text = "";
}

void scan_semicolon(struct scan *s) { push(s, TOK_NL, 1)->value = 1; }

void scan_doc(struct scan *s, const char *text, uint32_t n) {
    while (n && *text == ' ') text++, n--;
    if (!s->doc) {
        s->doc = intern(s->names, text, n);
        return;
    }
    size_t old = strlen(s->doc);
    char *joined = mem_alloc(old + n + 2);
    memcpy(joined, s->doc, old);
    joined[old] = '\n';
    memcpy(joined + old + 1, text, n);
    s->doc = intern(s->names, joined, old + 1 + n);
    mem_free(joined);
}

void scan_error(struct scan *s, uint32_t n, const char *text) {
    struct span span = {s->source, s->offset - n, s->offset};
    diag_add(s->diags, DIAG_ERROR, DIAG_SYNTAX, span, "%s", text);
}

/* Whether a newline before token `next` is only white space. */
static bool continues(const struct token *next, enum token_kind first, bool in_scenario) {
    int f = table[next->kind].flags;
    if (next->kind == TOK_LBRACE || next->kind == TOK_RBRACE || next->kind == TOK_END) return true;
    if (f & (I | K)) return !(next->kind == TOK_FROM && first == TOK_END);
    return !in_scenario && (f & C) && (first == TOK_CHECK || first == TOK_SCENARIO || first == TOK_IMPOSSIBLE);
}

static void layout(struct tokens *raw, struct tokens *out) {
    VEC(enum token_kind) open = {0};
    VEC(enum token_kind) firsts = {0}; /* the first token of the statement, saved over each brace */
    enum token_kind first = TOK_END;
    for (uint32_t i = 0; i < raw->list.n; i++) {
        struct token t = raw->list.at[i];
        enum token_kind inside = open.n ? open.at[open.n - 1] : TOK_LBRACE;
        if (t.kind == TOK_NL) {
            uint32_t j = i + 1;
            bool semicolon = t.value == 1;
            while (j < raw->list.n && raw->list.at[j].kind == TOK_NL) semicolon |= raw->list.at[j++].value == 1;
            if (inside != TOK_LBRACE || !can_end(out) || j == raw->list.n) continue;
            if (raw->list.at[j].kind == TOK_RBRACE || raw->list.at[j].kind == TOK_END) continue;
            enum token_kind outer = firsts.n ? firsts.at[firsts.n - 1] : TOK_END;
            bool in_scenario = outer == TOK_SCENARIO || outer == TOK_IMPOSSIBLE; /* whose lines begin with any name */
            if (!semicolon && continues(&raw->list.at[j], first, in_scenario)) continue;
            if (out->list.n && out->list.at[out->list.n - 1].kind == TOK_NL) continue;
            VEC_PUSH(out->list, t);
            first = TOK_END;
            continue;
        }
        if (first == TOK_END) first = t.kind;
        switch (t.kind) {
        case TOK_LPAREN:
        case TOK_LBRACK:
        case TOK_LBAG: VEC_PUSH(open, t.kind); break;
        case TOK_LBRACE:
            VEC_PUSH(open, t.kind);
            VEC_PUSH(firsts, first);
            first = TOK_END;
            break;
        case TOK_RPAREN:
        case TOK_RBRACK:
        case TOK_RBAG:
            if (open.n && inside != TOK_LBRACE) open.n--;
            break;
        case TOK_RBRACE:
            while (open.n && open.at[open.n - 1] != TOK_LBRACE) open.n--; /* a missing `)` ends with its block */
            if (open.n) open.n--;
            if (firsts.n) first = firsts.at[--firsts.n];
            break;
        default: break;
        }
        struct token *last = out->list.n ? &out->list.at[out->list.n - 1] : NULL;
        if (last && last->kind == TOK_NOT && t.kind == TOK_IN) { /* `x not in S` */
            bool infix = out->list.n > 1 && (table[out->list.at[out->list.n - 2].kind].flags & E);
            if (infix) {
                last->kind = TOK_NOTIN;
                last->span.end = t.span.end;
                continue;
            }
        }
        if (last && last->kind == TOK_TO && t.kind == TOK_IDENT && !strcmp(t.text, "set")) {
            last->kind = TOK_TO_SET;
            continue;
        }
        VEC_PUSH(out->list, t);
    }
    VEC_FREE(open);
    VEC_FREE(firsts);
}

void lex_source(const struct sources *sources, uint32_t index, struct intern *names, struct diags *diags,
                struct tokens *out) {
    const struct source *src = &sources->files.at[index];
    struct tokens raw = {0};
    struct scan s = {.source = index, .names = names, .diags = diags, .out = &raw};
    scan_text(&s, src->text, src->n);
    s.offset = src->n;
    push(&s, TOK_END, 0);
    layout(&raw, out);
    VEC_FREE(raw.list);
}

void tokens_dump(const struct tokens *t, const struct sources *sources, FILE *out) {
    for (uint32_t i = 0; i < t->list.n; i++) {
        const struct token *k = &t->list.at[i];
        const struct source *s = &sources->files.at[k->span.source];
        struct place p = source_place(s, k->span.begin);
        fprintf(out, "%u:%u %s", p.line, p.column, token_spelling(k->kind));
        if (k->kind == TOK_NUMBER) fprintf(out, " %lld", (long long)k->value);
        if (k->kind == TOK_IDENT || k->kind == TOK_STRING) fprintf(out, " %s", k->text);
        fputc('\n', out);
    }
}

void tokens_free(struct tokens *t) { VEC_FREE(t->list); }
