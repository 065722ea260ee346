/* Text to trees: the parser, its messages, and the tree as text. */
#include "tests/fuzz/fuzz.h"

#include "parser/ast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct sources sources = {0};
    struct intern names = {0};
    struct diags diags = {0};
    struct arena arena = {0};
    struct tokens tokens = {0};
    int source = source_add(&sources, "input", (const char *)data, n);
    lex_source(&sources, (uint32_t)source, &names, &diags, &tokens);
    struct ast *tree = parse_source(&arena, &diags, &tokens);
    tokens_free(&tokens);
    ast_dump(tree, fuzz_null(), 0);
    fuzz_diags(&diags, &sources);
    arena_free(&arena);
    diags_free(&diags);
    intern_free(&names);
    sources_free(&sources);
    return 0;
}
