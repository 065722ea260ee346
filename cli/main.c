/* dcheck: reads specs, runs their checks, prints what was found. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/outputs.h"
#include "cli/tla.h"
#include "compiler/irtext.h"
#include "compiler/native.h"

#ifndef DC_SHARE
#define DC_SHARE "/usr/local/share/dcheck"
#endif

/* The standard library: beside the binary (a source tree), in ../share/dcheck (an installed one), or where it was
 * installed. */
static void library_paths(struct front *f) {
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = 0;
        char *folder = dirname(self);
        VEC_PUSH(f->search, arena_printf(&f->arena, "%s/stdlib", folder));
        VEC_PUSH(f->search, arena_printf(&f->arena, "%s/../share/dcheck/stdlib", folder));
        VEC_PUSH(f->search, arena_printf(&f->arena, "%s/../../stdlib", folder)); /* build/asan/dcheck and its like */
    }
    VEC_PUSH(f->search, DC_SHARE "/stdlib");
}

static int diag_code(const struct diags *d) {
    int code = 0;
    for (uint32_t i = 0; i < d->list.n; i++) {
        if (d->list.at[i].level != DIAG_ERROR) continue;
        int c = d->list.at[i].class == DIAG_SYNTAX  ? EXIT_SYNTAX
                : d->list.at[i].class == DIAG_USAGE ? EXIT_USAGE
                                                    : EXIT_TYPE;
        if (!code || c == EXIT_SYNTAX) code = c;
    }
    return code ? code : EXIT_TYPE;
}

static int dump(struct front *f, const struct ast *check, const struct options *o) {
    const char *what = o->dump;
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
    define_settings(f, o, &how);
    struct program *p = f->diags.errors ? NULL : compile(f, &how);
    VEC_FREE(how.defines);
    if (!p) return diag_code(&f->diags);
    if (what[0] == 'i') program_write(p, stdout);
    else cgen_write(p, stdout);
    program_free(p);
    mem_free(p);
    return EXIT_OK;
}

/* Prints and writes what `done` checks have found; returns the exit code of the first that is not as expected. */
static int finish(const struct options *o, const char *path, struct report_check *results, uint32_t done, int code) {
    const struct report_check **list = mem_alloc((done + 1) * sizeof *list);
    for (uint32_t i = 0; i < done; i++) {
        list[i] = &results[i];
        if (!code) code = results[i].code;
    }
    if (!outputs_write(o, path, list, done)) code = EXIT_SYSTEM;
    for (uint32_t i = 0; i < done; i++) report_free(&results[i]);
    mem_free(list);
    return code;
}

static bool utf8_locale(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *v = getenv(names[i]);
        if (v && *v) return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
    }
    return false;
}

static uint32_t terminal_width(void) {
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    long n = columns ? strtol(columns, NULL, 10) : 0;
    if (n <= 0 && ioctl(1, TIOCGWINSZ, &size) == 0) n = size.ws_col;
    return n >= 20 && n <= 10000 ? (uint32_t)n : 80;
}

static void print_check(const struct options *o, const struct report_check *r, bool again) {
    struct report_style style = {.colour = o->colour == 1 || (o->colour < 0 && isatty(1)),
                                 .quiet = o->quiet,
                                 .explain = o->explain,
                                 .trace = o->trace,
                                 .utf8 = utf8_locale(),
                                 .width = terminal_width()};
    if (o->json && !strcmp(o->json, "-")) return;
    if (again) fputc('\n', stdout);
    report_text(r, &style, stdout);
    fflush(stdout);
}

/* A program in its text form: FILE.ir, as -dump ir prints it. */
static int run_text(struct front *f, const struct options *o, const char *path) {
    int source = source_read(&f->sources, path);
    const char *error;
    size_t offset;
    if (o->tla) {
        fprintf(stderr, "dcheck: error: -tla wants a spec; %s is a program that was made from one\n", path);
        return EXIT_USAGE;
    }
    if (source < 0) {
        fprintf(stderr, "dcheck: error: %s: %s\n", path, strerror(errno));
        return EXIT_SYSTEM;
    }
    const struct source s = f->sources.files.at[source];
    struct program *p = program_read(s.text, s.n, &error, &offset);
    if (!p) {
        struct span at = {(uint32_t)source, (uint32_t)offset, (uint32_t)offset + 1};
        diag_add(&f->diags, DIAG_ERROR, DIAG_SYNTAX, at, "this is not the text of a program: %s", error);
        return EXIT_SYNTAX;
    }
    f->sources.files.n = 0; /* its spans point into the spec that it came from */
    int code = EXIT_OK;
    if (o->dump) {
        if (!strcmp(o->dump, "c")) cgen_write(p, stdout);
        else program_write(p, stdout);
    } else {
        struct report_check r;
        run_ir(f, p, path, o, &r);
        print_check(o, &r, false);
        return finish(o, path, &r, 1, EXIT_OK);
    }
    program_free(p);
    mem_free(p);
    return code;
}

static int run_checks(struct front *f, const struct options *o, const char *path) {
    const struct ast **checks;
    uint32_t n = front_checks(f, &checks), first = 0, last = 1;
    if (o->all) last = n;
    if (o->check) {
        const char *names[256];
        uint32_t known = 0;
        for (first = 0; first < n && (!checks[first]->text || strcmp(checks[first]->text, o->check)); first++)
            if (checks[first]->text && known < 256) names[known++] = checks[first]->text;
        if (first == n) {
            const char *near = nearest_name(o->check, names, known);
            fprintf(stderr, "dcheck: error: %s has no check `%s`%s%s%s\n", path, o->check,
                    near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
            return EXIT_USAGE;
        }
        last = first + 1;
    }
    if (o->dump) return dump(f, checks[first], o);
    if (o->tla) {
        int code = EXIT_OK;
        for (uint32_t i = first; i < last && !code; i++) code = tla_export(f, checks[i], o);
        return f->diags.errors ? diag_code(&f->diags) : code;
    }
    struct report_check *results = mem_alloc(n * sizeof *results);
    uint32_t done = 0;
    bool ok = true;
    for (uint32_t i = first; i < last && ok; i++) {
        ok = run_check(f, checks[i], o, &results[done]);
        if (ok) print_check(o, &results[done++], i > first);
    }
    int code = finish(o, path, results, done, ok ? EXIT_OK : diag_code(&f->diags));
    mem_free(results);
    return code;
}

static int run_file(const struct options *o, const char *path) {
    struct front f = {0};
    int code = EXIT_OK;
    size_t length = strlen(path);
    if (length > 3 && !strcmp(path + length - 3, ".ir")) {
        code = run_text(&f, o, path);
    } else if (!front_load(&f, path)) {
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
    if (o.completion) {
        if (!options_completion(o.completion, stdout)) code = EXIT_USAGE;
    } else if (o.help) {
        options_help(stdout);
    } else if (o.version) {
        printf("dcheck %s\n", DC_VERSION);
    } else if (!o.files.n) {
        options_help(stderr);
        code = EXIT_USAGE;
    } else if (outputs_wanted(&o) && o.files.n > 1) {
        fputs("dcheck: error: -json, -trace-out, -report, -junit and -sarif want one spec file\n", stderr);
        code = EXIT_USAGE;
    } else if (o.tla && outputs_wanted(&o)) {
        fputs("dcheck: error: -tla does not search, so that there is no result to write\n", stderr);
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
