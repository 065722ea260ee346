/* dcheck: reads specs, runs their checks, prints what was found. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/coverage.h"
#include "cli/explore.h"
#include "cli/outputs.h"
#include "cli/profile.h"
#include "cli/sweep.h"
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
    uint32_t own = f->search.n;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = 0;
        char *folder = dirname(self);
        VEC_PUSH(f->search, arena_printf(&f->arena, "%s/stdlib", folder));
        VEC_PUSH(f->search, arena_printf(&f->arena, "%s/../share/dcheck/stdlib", folder));
        VEC_PUSH(f->search, arena_printf(&f->arena, "%s/../../stdlib", folder)); /* build/asan/dcheck and its like */
    }
    VEC_PUSH(f->search, DC_SHARE "/stdlib");
    f->library = own;
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
static int finish(const struct options *o, const char *path, struct report_check *results, uint32_t done,
                  const struct report_run *run, int code) {
    const struct report_check **list = mem_alloc((done + 1) * sizeof *list);
    int later = EXIT_OK;
    uint32_t n = 0;
    for (uint32_t i = 0; i < done; i++) {
        bool undecided = results[i].scenario && results[i].code == EXIT_INCONCLUSIVE;
        if (undecided) later = EXIT_INCONCLUSIVE; /* it must not hide what a check finds */
        else if (!code) code = results[i].code;
    }
    for (int scenario = 0; scenario < 2; scenario++) /* checks come first in every file */
        for (uint32_t i = 0; i < done; i++)
            if ((results[i].scenario != NULL) == (scenario == 1)) list[n++] = &results[i];
    if (!code) code = later;
    if (!outputs_write(o, path, list, done, run)) code = EXIT_SYSTEM;
    for (uint32_t i = 0; i < done; i++) report_free(&results[i]);
    mem_free(list);
    return code;
}

static bool quiet_output(const struct options *o) { return o->json && !strcmp(o->json, "-"); }

/* -strict: what is a warning otherwise makes the run one that is not as expected. */
static int strict_code(struct front *f, uint32_t warnings) {
    for (uint32_t i = 0; i < f->diags.list.n; i++) warnings += f->diags.list.at[i].level == DIAG_WARNING;
    return warnings ? EXIT_UNEXPECTED : EXIT_OK;
}

static void print_check(const struct options *o, const struct report_check *r, bool again) {
    struct report_style style = report_style_of(o);
    if (quiet_output(o)) return;
    if (again) fputc('\n', stdout);
    report_text(r, &style, stdout);
    fflush(stdout);
}

static void print_profile(const struct options *o, struct report_check *r) {
    profile_check(o, r);
    if (!r->profile || quiet_output(o)) return;
    report_profile_text(r->profile, stdout);
    fflush(stdout);
}

/* A scenario beside a check is one line, unless it is not as declared. */
static void print_scenario(const struct options *o, const struct report_check *r) {
    struct report_style style = report_style_of(o);
    if (quiet_output(o) || (o->quiet && r->expected)) return;
    if (r->traces.n) report_text(r, &style, stdout);
    else report_scenario_line(r, &style, stdout);
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
        if (o->profile) print_profile(o, &r);
        struct report_run run = {0};
        return finish(o, path, &r, 1, &run, EXIT_OK);
    }
    program_free(p);
    mem_free(p);
    return code;
}

/* The check of that name, or a scenario; -1: there is none, and standard error says so. */
static int find_check(const struct options *o, const char *path, const struct ast *const *checks, uint32_t n) {
    const char *names[256];
    uint32_t known = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!checks[i]->text) continue;
        if (!strcmp(checks[i]->text, o->check)) return (int)i;
        if (known < 256) names[known++] = checks[i]->text;
    }
    const char *near = nearest_name(o->check, names, known);
    fprintf(stderr, "dcheck: error: %s has no check `%s`%s%s%s\n", path, o->check, near ? "; did you mean `" : "",
            near ? near : "", near ? "`?" : "");
    return -1;
}

/* Scenarios first, since they take no time; or the one that -check names, and nothing else. */
static int run_checks(struct front *f, const struct options *o, const char *path) {
    const struct ast **checks, **scenarios, **all;
    uint32_t n = front_checks(f, &checks), n_scenarios = front_scenarios(f, &scenarios), first = 0, last = 1;
    all = arena_alloc(&f->arena, (n + n_scenarios) * sizeof(const struct ast *));
    memcpy(all, checks, n * sizeof *checks);
    memcpy(all + n, scenarios, n_scenarios * sizeof *scenarios);
    if (o->all) last = n;
    if (o->check) {
        int found = find_check(o, path, all, n + n_scenarios);
        if (found < 0) return EXIT_USAGE;
        first = (uint32_t)found;
        last = first + 1;
    }
    bool alone = first >= n; /* one scenario */
    if (o->tla) {
        if (alone) {
            fputs("dcheck: error: -tla writes checks, and this is a scenario\n", stderr);
            return EXIT_USAGE;
        }
        int code = EXIT_OK;
        for (uint32_t i = first; i < last && !code; i++) code = tla_export(f, all[i], o);
        return f->diags.errors ? diag_code(&f->diags) : code;
    }
    if (!alone && sweep_wanted(f, o)) {
        if (o->dump || o->coverage || o->profile || o->simulate || o->explore) {
            fputs("dcheck: error: a sweep (-D NAME=2..5) excludes -dump, -coverage, -profile, -simulate and -i\n",
                  stderr);
            return EXIT_USAGE;
        }
        int code = sweep_run(f, o, path, checks, first, last);
        return code < 0 ? diag_code(&f->diags) : code;
    }
    if (o->csv) {
        fprintf(stderr, "dcheck: error: -csv writes the table of a sweep, and nothing is swept: see -D\n");
        return EXIT_USAGE;
    }
    if (o->dump) return dump(f, all[first], o);
    if (o->explore) return explore(f, all[first], o) ? EXIT_OK : diag_code(&f->diags);
    struct report_check *results = mem_alloc((n + n_scenarios) * sizeof *results);
    uint32_t done = 0, warnings = 0;
    bool ok = true;
    struct coverage_run coverage = {0};
    for (uint32_t i = 0; i < n_scenarios && ok && !alone; i++) {
        ok = run_scenario(f, scenarios[i], o, false, &results[done]);
        if (ok) print_scenario(o, &results[done++]);
    }
    for (uint32_t i = first; i < last && ok; i++) {
        ok = alone ? run_scenario(f, all[i], o, true, &results[done]) : run_check(f, all[i], o, &results[done]);
        if (!ok) break;
        print_check(o, &results[done], i > first);
        if (o->profile && !alone) print_profile(o, &results[done]);
        if (o->coverage && !alone) coverage_check(&coverage, f, all[i], o, &results[done]);
        warnings += results[done++].unhappened;
    }
    struct report_run run = {.coverage = o->coverage ? &coverage.told : NULL};
    if (ok && o->coverage) coverage_end(&coverage, f);
    if (ok && o->coverage && !o->quiet && !quiet_output(o)) report_coverage_text(&coverage.told, stdout);
    int code = finish(o, path, results, done, &run, ok ? EXIT_OK : diag_code(&f->diags));
    coverage_close(&coverage);
    if (!code && o->strict) code = strict_code(f, warnings);
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
    } else if (o.explore && o.files.n > 1) {
        fputs("dcheck: error: -i wants one spec file\n", stderr);
        code = EXIT_USAGE;
    } else if (outputs_wanted(&o) && o.files.n > 1) {
        fputs("dcheck: error: -json, -trace-out, -report, -junit, -sarif and -graph want one spec file\n", stderr);
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
