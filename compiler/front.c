/* Files to trees: the spec, the modules that it names, and the folders where they are looked for. */
#include <errno.h>
#include <string.h>

#include "compiler/compile.h"

static bool load_source(struct front *f, int source) {
    struct tokens tokens = {0};
    lex_source(&f->sources, (uint32_t)source, &f->names, &f->diags, &tokens);
    struct ast *tree = parse_source(&f->arena, &f->diags, &tokens);
    tokens_free(&tokens);
    for (uint32_t i = 0; i < tree->n; i++) {
        struct unit u = {.name = tree->kid[i]->text,
                         .kind = (enum ast_unit)tree->kid[i]->value,
                         .tree = tree->kid[i],
                         .source = (uint32_t)source};
        VEC_PUSH(f->units, u);
    }
    return true;
}

bool front_load(struct front *f, const char *path) {
    int source = source_read(&f->sources, path);
    if (source < 0) return false;
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_strdup(&f->arena, path, (size_t)(slash - path)) : ".";
    VEC_PUSH(f->search, folder);
    uint32_t first = f->units.n;
    load_source(f, source);
    if (!f->root && f->units.n > first) {
        uint32_t at = first;
        for (uint32_t i = first; i < f->units.n; i++)
            if (f->units.at[i].kind == UNIT_SPEC) {
                at = i;
                break;
            }
        struct unit *copy = arena_alloc(&f->arena, sizeof *copy); /* the vector may move */
        *copy = f->units.at[at];
        f->root = copy;
    }
    return true;
}

void front_free(struct front *f) {
    VEC_FREE(f->units);
    VEC_FREE(f->search);
    diags_free(&f->diags);
    intern_free(&f->names);
    sources_free(&f->sources);
    arena_free(&f->arena);
}

const struct unit *front_unit(struct front *f, const char *name, struct span asked_by) {
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < f->units.n; i++)
            if (f->units.at[i].name == name) {
                struct unit *copy = arena_alloc(&f->arena, sizeof *copy);
                *copy = f->units.at[i];
                return copy;
            }
        for (uint32_t i = 0; i < f->search.n && !pass; i++) {
            char path[4096];
            if (snprintf(path, sizeof path, "%s/%s.dspec", f->search.at[i], name) >= (int)sizeof path) continue;
            int source = source_read(&f->sources, path);
            if (source < 0) continue;
            load_source(f, source);
            break;
        }
    }
    struct diag *d = diag_add(&f->diags, DIAG_ERROR, DIAG_TYPE, asked_by, "there is no module `%s`", name);
    diag_hint(&f->diags, d,
              "it is looked for as %s.dspec beside the spec, in the folders given with -I, and in the standard library",
              name);
    return NULL;
}

const struct ast *front_define(struct front *f, const char *text) {
    const char *equal = strchr(text, '=');
    if (!equal || equal == text) return NULL;
    char *file = arena_printf(&f->arena, "spec define\nconst %s\n", text);
    int source = source_add(&f->sources, "-D", file, strlen(file));
    struct tokens tokens = {0};
    lex_source(&f->sources, (uint32_t)source, &f->names, &f->diags, &tokens);
    struct ast *tree = parse_source(&f->arena, &f->diags, &tokens);
    tokens_free(&tokens);
    if (tree->n != 1 || tree->kid[0]->kid[0]->n != 1) return NULL;
    const struct ast *d = tree->kid[0]->kid[0]->kid[0];
    return d->kind == AST_CONST && d->kid[1] && !d->kid[0] ? d : NULL;
}

/* The first declaration of this kind in a text with something before and behind it. */
static const struct ast *parse_one(struct front *f, const char *path, const char *before, const char *text,
                                   const char *after, enum ast_kind kind) {
    char *whole = arena_printf(&f->arena, "%s%s%s\n", before, text, after);
    int source = source_add(&f->sources, path, whole, strlen(whole));
    struct tokens tokens = {0};
    uint32_t errors = f->diags.errors;
    lex_source(&f->sources, (uint32_t)source, &f->names, &f->diags, &tokens);
    struct ast *tree = parse_source(&f->arena, &f->diags, &tokens);
    tokens_free(&tokens);
    const struct ast *decls = tree->n && f->diags.errors == errors ? tree->kid[0]->kid[0] : NULL;
    for (uint32_t i = 0; decls && i < decls->n; i++)
        if (decls->kid[i]->kind == kind) return decls->kid[i];
    return NULL;
}

const struct ast *front_expression(struct front *f, const char *text) {
    const struct ast *a = parse_one(f, "eval", "spec eval; watch (\n", text, "\n)", AST_PREDICATE);
    return a && a->value == TOK_WATCH ? a->kid[0] : NULL;
}

const struct ast *front_scenario(struct front *f, const char *path, const char *text) {
    return parse_one(f, path, "spec scenario_file; ", text, "", AST_SCENARIO);
}

uint32_t front_scenarios(struct front *f, const struct ast ***scenarios) {
    const struct ast *decls = f->root->tree->kid[0];
    const struct ast **list = arena_alloc(&f->arena, (decls->n + 1) * sizeof *list);
    uint32_t n = 0;
    for (uint32_t i = 0; i < decls->n; i++)
        if (decls->kid[i]->kind == AST_SCENARIO) list[n++] = decls->kid[i];
    *scenarios = list;
    return n;
}

const struct ast *scenario_lines(const struct ast *check) {
    return check && check->kind == AST_SCENARIO ? check->kid[check->n - 1] : NULL;
}

uint32_t front_checks(struct front *f, const struct ast ***checks) {
    const struct ast *decls = f->root->tree->kid[0];
    uint32_t n = 0;
    const struct ast **list = arena_alloc(&f->arena, (decls->n + 1) * sizeof *list);
    for (uint32_t i = 0; i < decls->n; i++)
        if (decls->kid[i]->kind == AST_CHECK) list[n++] = decls->kid[i];
    if (!n) {
        struct ast *made = arena_alloc(&f->arena, sizeof *made);
        *made = (struct ast){.kind = AST_CHECK, .span = f->root->tree->span};
        list[n++] = made;
    }
    *checks = list;
    return n;
}
