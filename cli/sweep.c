#include "cli/sweep.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check.h"
#include "cli/outputs.h"

enum { MOST_VALUES = 1000, MOST_RUNS = 10000, MOST_CONSTANTS = 16 };

struct axis {
    const char *name;
    VEC(const char *) values;
    bool numbers; /* all of them, and each greater than the one before: then it can be forecast */
};

struct sweep {
    struct front *f;
    const struct options *o;
    VEC(struct axis) axes;
    VEC(const char *) fixed; /* the other definitions */
    VEC(struct report_check) results;
    VEC(struct report_sweep_row) rows;
    uint32_t runs; /* combinations */
    int code;
};

/* ---- what is a sweep ---- */

static bool integer(const char **s, int64_t *out) {
    char *end;
    while (**s == ' ') ++*s;
    if (!isdigit((unsigned char)**s) && **s != '-') return false;
    errno = 0;
    *out = strtoll(*s, &end, 10);
    if (errno || end == *s) return false;
    for (*s = end; **s == ' ';) ++*s;
    return true;
}

static bool bare_range(const char *s, int64_t *lo, int64_t *hi) {
    if (!integer(&s, lo) || s[0] != '.' || s[1] != '.') return false;
    s += 2;
    return integer(&s, hi) && !*s;
}

static bool bare_list(const char *s) {
    int depth = 0;
    for (; *s; s++) {
        if (strchr("([{", *s)) depth++;
        if (strchr(")]}", *s)) depth--;
        if (*s == ',' && depth == 0) return true;
    }
    return false;
}

static const struct ast *declared(const struct front *f, const char *name, size_t n) {
    const struct ast *decls = f->root->tree->kid[0];
    for (uint32_t i = 0; i < decls->n; i++) {
        const struct ast *d = decls->kid[i];
        bool kind = d->kind == AST_CONST || d->kind == AST_TYPE || d->kind == AST_DEF;
        if (kind && d->text && strlen(d->text) == n && !strncmp(d->text, name, n)) return d;
    }
    return NULL;
}

/* Whether the text of a value, or (type) of a type, is that of numbers. */
static bool numeric(const struct front *f, const struct ast *a, bool type, int depth) {
    if (!a || depth > 20) return false;
    switch (a->kind) {
    case AST_NUMBER: return !type;
    case AST_UNARY: return !type && a->value == TOK_MINUS;
    case AST_CUTTYPE:
    case AST_SATTYPE: return true;
    case AST_BINARY:
        if (a->value == TOK_DOTDOT) return type;
        return a->value == TOK_PLUS || a->value == TOK_MINUS || a->value == TOK_STAR || a->value == TOK_DIV ||
               a->value == TOK_MOD;
    case AST_TUPLE: return a->n == 1 && numeric(f, a->kid[0], type, depth + 1);
    case AST_IF: return numeric(f, a->kid[1], type, depth + 1) && numeric(f, a->kid[2], type, depth + 1);
    case AST_NAME: {
        if (!strcmp(a->text, "int")) return type;
        const struct ast *d = declared(f, a->text, strlen(a->text));
        if (!d) return false;
        if (type) return d->kind == AST_TYPE && numeric(f, d->kid[0], true, depth + 1);
        if (d->kind != AST_CONST) return false;
        return d->kid[0] ? numeric(f, d->kid[0], true, depth + 1) : numeric(f, d->kid[1], false, depth + 1);
    }
    default: return false;
    }
}

static bool number_constant(const struct front *f, const char *name, size_t n) {
    const struct ast *d = declared(f, name, n);
    if (!d || d->kind != AST_CONST) return false;
    if (d->kid[0]) return numeric(f, d->kid[0], true, 0);
    return !d->kid[1] || numeric(f, d->kid[1], false, 0); /* without either, nothing says that it is a set */
}

static bool is_sweep(const struct front *f, const char *define) {
    const char *equal = strchr(define, '=');
    int64_t lo, hi;
    if (!equal) return false;
    return bare_list(equal + 1) ||
           (bare_range(equal + 1, &lo, &hi) && number_constant(f, define, (size_t)(equal - define)));
}

bool sweep_wanted(struct front *f, const struct options *o) {
    for (uint32_t i = 0; i < o->defines.n; i++)
        if (is_sweep(f, o->defines.at[i])) return true;
    return false;
}

static bool trouble(const char *define, const char *why) {
    fprintf(stderr, "dcheck: error: -D %s: %s\n", define, why);
    return false;
}

static void split(struct front *f, struct axis *a, const char *s) {
    int depth = 0;
    const char *from = s;
    for (;; s++) {
        if (*s && strchr("([{", *s)) depth++;
        if (*s && strchr(")]}", *s)) depth--;
        if (*s && (*s != ',' || depth)) continue;
        while (*from == ' ') from++;
        VEC_PUSH(a->values, arena_strdup(&f->arena, from, (size_t)(s - from)));
        if (!*s) return;
        from = s + 1;
    }
}

static bool read_axis(struct front *f, const char *define, struct axis *a) {
    const char *equal = strchr(define, '=');
    int64_t lo, hi, before = 0;
    a->name = arena_strdup(&f->arena, define, (size_t)(equal - define));
    if (bare_range(equal + 1, &lo, &hi)) {
        if (hi < lo) return trouble(define, "this range is empty");
        if (hi - lo >= MOST_VALUES) return trouble(define, "these are too many values (over 1000)");
        for (int64_t i = lo; i <= hi; i++) VEC_PUSH(a->values, arena_printf(&f->arena, "%lld", (long long)i));
    } else {
        split(f, a, equal + 1);
    }
    if (a->values.n > MOST_VALUES) return trouble(define, "these are too many values (over 1000)");
    a->numbers = true;
    for (uint32_t i = 0; i < a->values.n; i++) {
        const char *s = a->values.at[i];
        if (!*s) return trouble(define, "a value is missing between the commas");
        bool is = integer(&s, &lo) && !*s;
        a->numbers &= is && (!i || lo > before);
        before = lo;
    }
    return true;
}

static bool read_axes(struct sweep *s) {
    uint64_t runs = 1;
    for (uint32_t i = 0; i < s->o->defines.n; i++) {
        const char *define = s->o->defines.at[i];
        if (!is_sweep(s->f, define)) {
            VEC_PUSH(s->fixed, define);
            continue;
        }
        struct axis a = {0};
        VEC_PUSH(s->axes, a);
        if (!read_axis(s->f, define, &s->axes.at[s->axes.n - 1])) return false;
        for (uint32_t k = 0; k + 1 < s->axes.n; k++)
            if (!strcmp(s->axes.at[k].name, s->axes.at[s->axes.n - 1].name))
                return trouble(define, "this constant is swept already");
        runs *= s->axes.at[s->axes.n - 1].values.n;
        if (runs > MOST_RUNS || s->axes.n > MOST_CONSTANTS)
            return trouble(define, "these are too many combinations (over 10 000)");
    }
    s->runs = (uint32_t)runs;
    return true;
}

/* ---- forecasts ---- */

double sweep_forecast(const double *x, const double *states, uint32_t n, double next) {
    if (n < 2 || states[0] <= 0 || states[1] <= 0 || x[0] <= x[1]) return 0;
    double each = log(states[0] / states[1]) / (x[0] - x[1]), more = 0;
    bool even = n > 2 && states[2] > 0 && fabs((x[1] - x[2]) - (x[0] - x[1])) < 1e-9;
    if (even) { /* growth may itself grow, or settle */
        more = each - log(states[1] / states[2]) / (x[1] - x[2]);
        if (more > log(4)) more = log(4);
        if (more < -each / 2) more = -each / 2;
    }
    return states[0] * exp((each + more) * (next - x[0]));
}

static uint32_t digit(const struct sweep *s, uint32_t run, uint32_t axis) {
    for (uint32_t k = s->axes.n; k-- > axis + 1;) run /= s->axes.at[k].values.n;
    return run % s->axes.at[axis].values.n;
}

static uint32_t stride(const struct sweep *s, uint32_t axis) {
    uint32_t n = 1;
    for (uint32_t k = axis + 1; k < s->axes.n; k++) n *= s->axes.at[k].values.n;
    return n;
}

/* The largest of what its predecessors along each constant say; `by` is the nearest of them. */
static double forecast(const struct sweep *s, uint32_t base, uint32_t run, const struct report_sweep_row **by) {
    double best = 0;
    for (uint32_t a = 0; a < s->axes.n; a++) {
        double x[3], states[3];
        uint32_t at = digit(s, run, a), n = 0;
        if (!s->axes.at[a].numbers) continue;
        for (; n < 3 && n < at; n++) {
            const struct report_sweep_row *r = &s->rows.at[base + run - (n + 1) * stride(s, a)];
            if (!r->whole) break;
            x[n] = strtod(s->axes.at[a].values.at[at - n - 1], NULL);
            states[n] = (double)r->distinct;
        }
        double f = sweep_forecast(x, states, n, strtod(s->axes.at[a].values.at[at], NULL));
        if (f <= best) continue;
        best = f;
        *by = &s->rows.at[base + run - stride(s, a)];
    }
    return best;
}

/* The last run along some constant that did not fit, or was not tried: what is larger does not, either. */
static bool beyond(const struct sweep *s, uint32_t base, uint32_t run) {
    for (uint32_t a = 0; a < s->axes.n; a++) {
        if (!digit(s, run, a) || !s->axes.at[a].numbers) continue;
        const struct report_sweep_row *r = &s->rows.at[base + run - stride(s, a)];
        if (!r->verdict || r->full) return true;
    }
    return false;
}

/* A small search touches a page for each state; a large one needs about this much. */
static double memory_each(const struct report_sweep_row *r) {
    enum { LARGE = 1000000, LEAST = 16 };
    double each = r->distinct ? (double)r->memory_bytes / (double)r->distinct : LEAST;
    return r->distinct >= LARGE && each > LEAST ? each : LEAST;
}

/* ---- running ---- */

/* Times the states of the row before, where the last constant goes on. */
static double growth(const struct sweep *s, uint32_t base, uint32_t run) {
    if (!digit(s, run, s->axes.n - 1)) return 0;
    const struct report_sweep_row *now = &s->rows.at[base + run], *before = &s->rows.at[base + run - 1];
    return now->whole && before->whole ? (double)now->distinct / (double)before->distinct : 0;
}

static void set_options(struct sweep *s, uint32_t run, struct options *o) {
    *o = *s->o;
    memset(&o->defines, 0, sizeof o->defines);
    for (uint32_t i = 0; i < s->fixed.n; i++) VEC_PUSH(o->defines, s->fixed.at[i]);
    for (uint32_t a = 0; a < s->axes.n; a++)
        VEC_PUSH(o->defines,
                 arena_printf(&s->f->arena, "%s=%s", s->axes.at[a].name, s->axes.at[a].values.at[digit(s, run, a)]));
    o->trace = TRACE_NONE; /* one run by itself prints them */
}

static void fill_row(struct report_sweep_row *row, const struct report_check *r) {
    const struct search_result *x = &r->result;
    row->verdict = verdict_word(r->verdict);
    row->code = r->code;
    row->why = r->reason;
    row->distinct = x->distinct;
    row->generated = x->generated;
    row->depth = x->depth;
    row->seconds = x->seconds + x->graph_seconds;
    row->memory_bytes = x->memory_bytes;
    row->full = x->end == END_MEMORY;
    row->whole = x->end == END_EXHAUSTED && x->distinct;
}

static void warn_ahead(const struct sweep *s, const struct report_sweep_row *row) {
    enum { LONG_SECONDS = 5 };
    if (row->expected_seconds < LONG_SECONDS || s->o->quiet) return;
    fputs("next: about ", stderr);
    print_count(stderr, (uint64_t)row->expected);
    fprintf(stderr, " states, %.0f s, %.0f MiB\n", row->expected_seconds, row->expected_bytes / (1 << 20));
}

/* One run of one check. False: the spec is wrong for these constants. */
static bool one(struct sweep *s, const struct ast *check, uint32_t base, uint32_t run) {
    struct report_sweep_row row = {.check = check->text};
    const struct report_sweep_row *by = NULL;
    for (uint32_t a = 0; a < s->axes.n; a++) row.values[a] = s->axes.at[a].values.at[digit(s, run, a)];
    row.expected = forecast(s, base, run, &by);
    if (by) {
        row.expected_seconds = by->distinct ? row.expected / (double)by->distinct * by->seconds : 0;
        row.expected_bytes = row.expected * memory_each(by);
    }
    bool fits = !s->o->memory_bytes || row.expected_bytes <= (double)s->o->memory_bytes;
    if (atomic_load(&interrupted)) row.why = "interrupted";
    else if (!fits) row.why = "would not fit into the memory";
    else if (beyond(s, base, run)) row.why = "a smaller one did not fit";
    bool ok = true;
    if (!row.why) {
        struct options o;
        struct report_check r;
        set_options(s, run, &o);
        warn_ahead(s, &row);
        ok = run_check(s->f, check, &o, &r);
        VEC_FREE(o.defines);
        if (ok) {
            VEC_PUSH(s->results, r);
            fill_row(&row, &r);
        }
    }
    if (!row.verdict) row.code = EXIT_INCONCLUSIVE;
    if (!s->code) s->code = row.code;
    VEC_PUSH(s->rows, row);
    s->rows.at[base + run].growth = growth(s, base, run);
    return ok;
}

static void finish(struct sweep *s, const struct report_sweep *told, const char *path) {
    const struct report_check **list = mem_alloc((s->results.n + 1) * sizeof *list);
    for (uint32_t i = 0; i < s->results.n; i++) list[i] = &s->results.at[i];
    struct report_run run = {.sweep = told};
    if (!outputs_write(s->o, path, list, s->results.n, &run)) s->code = EXIT_SYSTEM;
    mem_free(list);
}

static void close_sweep(struct sweep *s) {
    for (uint32_t i = 0; i < s->results.n; i++) report_free(&s->results.at[i]);
    for (uint32_t i = 0; i < s->axes.n; i++) VEC_FREE(s->axes.at[i].values);
    VEC_FREE(s->axes);
    VEC_FREE(s->fixed);
    VEC_FREE(s->results);
    VEC_FREE(s->rows);
}

int sweep_run(struct front *f, const struct options *o, const char *path, const struct ast **checks, uint32_t first,
              uint32_t last) {
    struct sweep s = {.f = f, .o = o};
    int code = EXIT_USAGE;
    if (read_axes(&s)) {
        const char *names[MOST_CONSTANTS];
        for (uint32_t a = 0; a < s.axes.n; a++) names[a] = s.axes.at[a].name;
        struct report_sweep told = {.spec = path, .names = names, .n_names = s.axes.n};
        bool text = !o->json || strcmp(o->json, "-"), ok = true;
        for (uint32_t i = first; i < last && ok; i++) {
            uint32_t base = s.rows.n;
            for (uint32_t run = 0; run < s.runs && ok; run++) {
                ok = one(&s, checks[i], base, run);
                told.rows = s.rows.at;
                told.n_rows = s.rows.n;
                if (text && ok) report_sweep_line(&told, s.rows.n - 1, stdout);
                fflush(stdout);
            }
        }
        if (!ok) s.rows.n--; /* it did not run at all */
        told.n_rows = s.rows.n;
        if (text && !o->quiet) report_sweep_end(&told, stdout);
        finish(&s, &told, path);
        code = ok ? s.code : -1;
    }
    close_sweep(&s);
    return code;
}
