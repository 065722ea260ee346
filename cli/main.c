/* dcheck: reads specs, runs their checks, prints what was found. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/check.h"
#include "compiler/native.h"

#ifndef DC_VERSION
#define DC_VERSION "0.1.0"
#endif
#ifndef DC_SHARE
#define DC_SHARE "/usr/local/share/dcheck"
#endif

/* The standard library: beside the binary (a source tree), in ../share/dcheck (an installed one), or where it was installed. */
static void library_paths(struct front *f) {
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = 0;
        char *folder = dirname(self);
        VEC_PUSH(f->search, arena_printf(&f->arena, "%s/stdlib", folder));
        VEC_PUSH(f->search, arena_printf(&f->arena, "%s/../share/dcheck/stdlib", folder));
    }
    VEC_PUSH(f->search, DC_SHARE "/stdlib");
}

static int diag_code(const struct diags *d) {
    int code = 0;
    for (uint32_t i = 0; i < d->list.n; i++) {
        if (d->list.at[i].level != DIAG_ERROR) continue;
        int c = d->list.at[i].class == DIAG_SYNTAX ? EXIT_SYNTAX : d->list.at[i].class == DIAG_USAGE ? EXIT_USAGE : EXIT_TYPE;
        if (!code || c == EXIT_SYNTAX) code = c;
    }
    return code ? code : EXIT_TYPE;
}

static int dump(struct front *f, const struct ast *check, const char *what) {
    if (!strcmp(what, "tokens")) {
        struct tokens t = {0};
        lex_source(&f->sources, f->root->source, &f->names, &f->diags, &t);
        tokens_dump(&t, &f->sources, stdout);
        tokens_free(&t);
        return EXIT_OK;
    }
    if (!strcmp(what, "ast")) {
        ast_dump(f->root->tree, stdout, 0);
        return EXIT_OK;
    }
    if (strcmp(what, "ir") && strcmp(what, "c")) {
        fprintf(stderr, "dcheck: error: -dump knows tokens, ast, ir and c, not `%s`\n", what);
        return EXIT_USAGE;
    }
    struct compile_options how = {.check = check};
    struct program *p = compile(f, &how);
    if (!p) return diag_code(&f->diags);
    if (what[0] == 'i') program_dump(p, stdout);
    else cgen_write(p, stdout);
    program_free(p);
    mem_free(p);
    return EXIT_OK;
}

static int run_checks(struct front *f, const struct options *o, const char *path) {
    const struct ast **checks;
    uint32_t n = front_checks(f, &checks), first = 0, last = 1;
    bool colour = o->colour == 1 || (o->colour < 0 && isatty(1));
    if (o->all) last = n;
    if (o->check) {
        const char *names[256];
        uint32_t known = 0;
        for (first = 0; first < n && (!checks[first]->text || strcmp(checks[first]->text, o->check)); first++)
            if (checks[first]->text && known < 256) names[known++] = checks[first]->text;
        if (first == n) {
            const char *near = nearest_name(o->check, names, known);
            fprintf(stderr, "dcheck: error: %s has no check `%s`%s%s%s\n", path, o->check, near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
            return EXIT_USAGE;
        }
        last = first + 1;
    }
    if (o->dump) return dump(f, checks[first], o->dump);
    struct report_check *results = mem_alloc(n * sizeof *results);
    const struct report_check **list = mem_alloc(n * sizeof *list);
    uint32_t done = 0;
    int code = EXIT_OK;
    bool json_only = o->json && !strcmp(o->json, "-"), ok = true;
    struct report_style style = {.colour = colour, .full = o->full, .quiet = o->quiet, .trace = !o->no_trace};
    for (uint32_t i = first; i < last && ok; i++) {
        ok = run_check(f, checks[i], o, &results[done]);
        if (!ok) break;
        if (!json_only) {
            if (done) fputc('\n', stdout);
            report_text(&results[done], &style, stdout);
            fflush(stdout);
        }
        if (!code) code = results[done].code;
        list[done] = &results[done];
        done++;
    }
    if (!ok) code = diag_code(&f->diags);
    if (o->json && ok) {
        FILE *out = json_only ? stdout : fopen(o->json, "w");
        bool written = out && report_json(list, done, path, DC_VERSION, out);
        if (out && !json_only && fclose(out) != 0) written = false;
        if (!written) {
            fprintf(stderr, "dcheck: error: %s: %s\n", o->json, strerror(errno));
            code = EXIT_SYSTEM;
        }
    }
    for (uint32_t i = 0; i < done; i++) report_free(&results[i]);
    mem_free(results);
    mem_free(list);
    return code;
}

static int run_file(const struct options *o, const char *path) {
    struct front f = {0};
    int code = EXIT_OK;
    if (!front_load(&f, path)) {
        fprintf(stderr, "dcheck: error: %s: %s\n", path, strerror(errno));
        code = EXIT_SYSTEM;
    } else {
        for (uint32_t i = 0; i < o->includes.n; i++) VEC_PUSH(f.search, o->includes.at[i]);
        library_paths(&f);
        if (f.diags.errors) code = diag_code(&f.diags);
        else code = run_checks(&f, o, path);
    }
    fflush(stdout);
    diags_print(&f.diags, &f.sources, stderr, o->colour == 1 || (o->colour < 0 && isatty(2)));
    front_free(&f);
    return code;
}

int main(int argc, char **argv) {
    struct options o;
    int code = EXIT_OK;
    if (!options_parse(&o, argc, argv)) {
        options_free(&o);
        return EXIT_USAGE;
    }
    if (o.help) {
        options_help(stdout);
    } else if (o.version) {
        printf("dcheck %s\n", DC_VERSION);
    } else if (!o.files.n) {
        options_help(stderr);
        code = EXIT_USAGE;
    } else if (o.json && o.files.n > 1) {
        fputs("dcheck: error: -json wants one file\n", stderr);
        code = EXIT_USAGE;
    } else {
        catch_interrupts();
        for (uint32_t i = 0; i < o.files.n; i++) {
            int c = run_file(&o, o.files.at[i]);
            if (!code) code = c;
            if (i + 1 < o.files.n && !o.json) fputc('\n', stdout);
        }
        if (ferror(stdout) || fflush(stdout)) code = EXIT_SYSTEM;
    }
    options_free(&o);
    return code;
}
