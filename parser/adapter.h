/* Between the token array and bison; private to parser/. */
#ifndef DC_PARSER_ADAPTER_H
#define DC_PARSER_ADAPTER_H

#include "parser/ast.h"

union GRAMMAR_STYPE;
int grammar_lex(union GRAMMAR_STYPE *, struct span *, struct parse *);
int grammar_token(enum token_kind); /* bison's number for a token */
void grammar_error(const struct span *, struct parse *, const char *text);
void grammar_unexpected(struct parse *, const struct span *, const char *found, const char *expected);
struct ast *parse_number(struct parse *, const struct token *); /* a WORD */
enum ast_target send_target(const struct ast *);                /* `to all`, `to others`, or one receiver */

#endif
