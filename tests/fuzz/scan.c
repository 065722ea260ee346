/* Text to tokens, through the scanner and the layout pass. Whatever the text: the tokens end with TOK_END, lie inside
 * the text, and none begins before the one before it. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lexer/lexer.h"

#ifdef FUZZ_PLANTED
/* Faults for the suite to find: an overflow that waits for an input, or the one that FUZZ_PLANT names. */
static void planted(const struct tokens *t) {
    static void *volatile lost;
    const char *which = getenv("FUZZ_PLANT");
    char *word = malloc(8);
    volatile uint32_t at = 0;
    for (uint32_t i = 1; i < t->list.n; i++)
        if (t->list.at[i].kind == TOK_LEADSTO && t->list.at[i - 1].kind == TOK_LEADSTO) at = 8;
    word[at] = 1;
    free(word);
    if (!which) return;
    if (!strcmp(which, "exit")) _exit(DC_EXIT_SYSTEM);
    if (!strcmp(which, "leak")) lost = malloc(8), lost = NULL;
    if (!strcmp(which, "number")) at = (uint32_t)(INT32_MAX + (int)t->list.n);
    while (!strcmp(which, "hang")) at = 0;
}
#endif

static void check(const struct tokens *t, uint32_t n) {
    uint32_t last = 0;
    for (uint32_t i = 0; i < t->list.n; i++) {
        const struct token *k = &t->list.at[i];
        if (k->span.begin < last || k->span.end < k->span.begin || k->span.end > n) abort();
        if ((k->kind == TOK_END) != (i + 1 == t->list.n)) abort();
        if (token_is_name(k->kind) && !k->text) abort();
        last = k->span.begin;
    }
    if (!t->list.n) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct sources sources = {0};
    struct intern names = {0};
    struct diags diags = {0};
    struct tokens tokens = {0};
    int source = source_add(&sources, "input", (const char *)data, n);
    lex_source(&sources, (uint32_t)source, &names, &diags, &tokens);
    check(&tokens, (uint32_t)n);
    if (n < 1024) tokens_dump(&tokens, &sources, fuzz_null()); /* its time grows with the square */
    fuzz_diags(&diags, &sources);
#ifdef FUZZ_PLANTED
    planted(&tokens);
#endif
    tokens_free(&tokens);
    diags_free(&diags);
    intern_free(&names);
    sources_free(&sources);
    return 0;
}
