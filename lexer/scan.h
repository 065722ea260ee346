/* Between the generated scanner and the layout pass; private to lexer/. */
#ifndef DC_LEXER_SCAN_H
#define DC_LEXER_SCAN_H

#include "lexer/lexer.h"

void scan_text(struct scan *, const char *text, uint32_t n);
void scan_emit(struct scan *, enum token_kind, const char *text, uint32_t n);
void scan_word(struct scan *, const char *text, uint32_t n);
void scan_number(struct scan *, const char *text, uint32_t n);
void scan_string(struct scan *, const char *text, uint32_t n);
void scan_junctor(struct scan *, enum token_kind); /* a TLA+ junctor: dropped where it begins a bulleted list */
void scan_semicolon(struct scan *);
void scan_doc(struct scan *, const char *text, uint32_t n);
void scan_error(struct scan *, uint32_t n, const char *text);

#endif
