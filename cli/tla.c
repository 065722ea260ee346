#include "cli/tla.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/check.h"
#include "compiler/tla.h"

static const char *ending = ".tla";

static bool names_file(const char *path) {
    size_t n = strlen(path);
    return n > 4 && !strcmp(path + n - 4, ending);
}

static int refuse(const char *path, const char *why) {
    fprintf(stderr, "dcheck: error: -tla %s: %s\n", path, why);
    return EXIT_USAGE;
}

static int failed(const char *path) {
    fprintf(stderr, "dcheck: error: %s: %s\n", path, strerror(errno ? errno : EIO));
    return EXIT_SYSTEM;
}

/* FILE.tla as given, or DIR/SPEC_CHECK.tla. */
static const char *module_path(struct front *f, const struct ast *check, const char *given) {
    if (names_file(given)) return given;
    const char *spec = f->root->name, *slash = given[strlen(given) - 1] == '/' ? "" : "/";
    return arena_printf(&f->arena, "%s%s%s%s%s.tla", given, slash, spec, check->text ? "_" : "",
                        check->text ? check->text : "");
}

static const char *module_of(struct front *f, const char *path) {
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    return arena_strdup(&f->arena, name, strlen(name) - strlen(ending));
}

static const char *expectation(struct front *f, const struct ast *check) {
    static const char *const words[] = {"ok", "violated", "deadlock", "error", "cut"};
    for (uint32_t i = 0; i < check->n; i++) {
        const struct ast *e = check->kid[i];
        if (e->kind != AST_EXPECT) continue;
        const struct ast *path = e->kid[0];
        const char *module = path && path->kind == AST_DOT ? path->kid[0]->text : "";
        const char *name = path ? arena_printf(&f->arena, "%s%s%s", module, *module ? "." : "", path->text) : "";
        if (e->value == EXPECT_VIOLATED) return arena_printf(&f->arena, "%s violated", name);
        return arena_printf(&f->arena, "%s%s%s", words[e->value], *name ? " in " : "", name);
    }
    return words[EXPECT_OK];
}

static int write_files(struct front *f, const struct program *p, const struct tla_options *how, const char *path) {
    const char *model = arena_printf(&f->arena, "%.*s.cfg", (int)(strlen(path) - strlen(ending)), path);
    errno = 0;
    FILE *module = fopen(path, "w");
    if (!module) return failed(path);
    FILE *config = fopen(model, "w");
    if (!config) {
        fclose(module);
        return failed(model);
    }
    tla_write(p, &f->sources, how, module, config);
    bool wrong = ferror(module) || fflush(module);
    wrong |= fclose(module) != 0;
    if (wrong) {
        fclose(config);
        return failed(path);
    }
    wrong = ferror(config) || fflush(config);
    wrong |= fclose(config) != 0;
    if (wrong) return failed(model);
    printf("%s: written, with %s\n", path, model);
    return EXIT_OK;
}

int tla_export(struct front *f, const struct ast *check, const struct options *o) {
    const char *spec = f->sources.files.at[f->root->source].path;
    if ((o->all || o->files.n > 1) && names_file(o->tla))
        return refuse(o->tla, "with -all or several specs it wants a folder, for a module each");
    if (!names_file(o->tla) && mkdir(o->tla, 0777) && errno != EEXIST) return failed(o->tla);
    const char *path = module_path(f, check, o->tla), *module = module_of(f, path);
    if (!tla_module_name(module))
        return refuse(path,
                      "the name of the file is that of the module: letters, digits and _, and none of TLA+'s own");
    struct compile_options how = {.check = check, .plain = true};
    define_settings(f, o, &how);
    struct program *p = f->diags.errors ? NULL : compile(f, &how);
    VEC_FREE(how.defines);
    if (!p) return EXIT_OK; /* the diagnostics have a code of their own */
    const char *expected = expectation(f, check);
    struct tla_options t = {.module = module,
                            .origin = arena_printf(&f->arena, "%s%s%s", spec, check->text ? ", check " : "",
                                                   check->text ? check->text : ""),
                            .doc = f->root->tree->doc,
                            .constants = check_constants(f, check, o),
                            .expected = expected,
                            .stops = !o->no_deadlock && !check_allows_deadlock(check),
                            .notes = stderr,
                            .path = path};
    int code = write_files(f, p, &t, path);
    program_free(p);
    mem_free(p);
    return code;
}
