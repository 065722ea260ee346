/* Text to tokens. The scanner (flex) knows nothing of the parser; lex_source runs it and then the layout pass, which
 * decides where a line ends a statement (docs/language.md, "Layout"). Errors go to the diagnostics; the token array is
 * always complete and ends with TOK_END. Complexity: linear in the text. */
#ifndef DC_LEXER_LEXER_H
#define DC_LEXER_LEXER_H

#include "base/diag.h"

enum token_kind {
#define TOKEN(name, spelling, flags) TOK_##name,
#include "lexer/tokens.def"
#undef TOKEN
    TOK_COUNT
};

struct token {
    enum token_kind kind;
    struct span span;
    const char *text; /* interned: identifiers and words; strings without quotes and escapes undone */
    int64_t value;    /* numbers */
    const char *doc;  /* documentation comment that stands before this token, or NULL */
};

struct tokens {
    VEC(struct token) list;
};

const char *token_spelling(enum token_kind);
bool token_is_name(enum token_kind); /* an identifier, or a word that may be one */

void lex_source(const struct sources *, uint32_t source, struct intern *, struct diags *, struct tokens *out);
void tokens_dump(const struct tokens *, const struct sources *, FILE *);
void tokens_free(struct tokens *);

/* For the scanner only: append one token. */
struct scan {
    uint32_t source, offset;
    struct intern *names;
    struct diags *diags;
    struct tokens *out;
    const char *doc;
};

#endif
