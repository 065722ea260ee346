#include "cli/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "compiler/picture.h"
#include "report/export.h"
#include "report/graph.h"
#include "report/html.h"

static bool failed(const char *path) {
    fprintf(stderr, "dcheck: error: %s: %s\n", path, strerror(errno ? errno : EIO));
    return false;
}

static FILE *begin(const char *path) {
    errno = 0;
    FILE *out = fopen(path, "w");
    if (!out) failed(path);
    return out;
}

static bool end(FILE *out, const char *path, bool ok) {
    ok = ok && !ferror(out) && fflush(out) == 0;
    int error = errno;
    if (fclose(out) != 0 && ok) return failed(path);
    errno = error;
    return ok ? true : failed(path);
}

static bool write_json(const char *path, const char *spec, const struct report_check *const *list, uint32_t n,
                       const struct report_run *run) {
    if (!strcmp(path, "-")) return report_json(list, n, run, spec, DC_VERSION, stdout) || failed("standard output");
    FILE *out = begin(path);
    return out && end(out, path, report_json(list, n, run, spec, DC_VERSION, out));
}

static void draw(const struct options *o, const struct report_check *r, const char *path, FILE *out) {
    struct dc_picture picture;
    const struct search_result *s = &r->result;
    picture_make(&picture, r->owner, o->graph_most, r->stops);
    bool known = s->end == END_EXHAUSTED && s->distinct >= picture.states.n;
    uint64_t left_out = picture.whole || !known ? 0 : s->distinct - picture.states.n;
    const char *title =
        arena_printf(&picture.arena, "%s%s%s", r->spec, r->check ? ", check " : "", r->check ? r->check : "");
    graph_write(o->graph_format, &picture, title, left_out, out);
    if (!o->json || strcmp(o->json, "-") != 0) {
        printf("%s: %u states, %u steps", path, picture.states.n, picture.steps.n);
        if (left_out) {
            fputs("; ", stdout);
            print_count(stdout, left_out);
        }
        puts(picture.whole ? ""
             : left_out    ? " states are left out (-graph-max)"
                           : "; further states are left out (-graph-max)");
    }
    picture_free(&picture);
}

/* a/b.itf.json, 2 -> a/b-2.itf.json: the number stands before the end that names the format. */
static const char *numbered(struct arena *a, const char *path, uint32_t number) {
    const char *name = strrchr(path, '/'), *dot;
    name = name ? name + 1 : path;
    size_t n = strlen(name);
    if (number == 1) return path;
    if (n > 9 && (!strcmp(name + n - 9, ".itf.json") || !strcmp(name + n - 9, ".tlc.json"))) dot = name + n - 9;
    else dot = strrchr(name, '.');
    if (!dot || dot == name) return arena_printf(a, "%s-%u", path, number);
    return arena_printf(a, "%.*s-%u%s", (int)(dot - path), path, number, dot);
}

static bool write_trace(const struct options *o, const struct report_check *r, const struct report_trace *t,
                        uint32_t number, struct arena *a) {
    const char *path = numbered(a, o->trace_out, number);
    FILE *out = begin(path);
    if (!out) return false;
    export_trace(o->format, r, t, out);
    if (!end(out, path, true)) return false;
    if (o->json && !strcmp(o->json, "-")) return true;
    printf("%s: %s%s%s\n", path, t->headline, r->check ? ", check " : "", r->check ? r->check : "");
    return true;
}

/* Violations first, then runs to reachable states; each in the order of the checks. */
static bool write_traces(const struct options *o, const struct report_check *const *list, uint32_t n) {
    struct arena a = {0};
    uint32_t number = 0;
    bool ok = true;
    for (int witness = 0; witness < 2; witness++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t k = 0; k < list[i]->traces.n; k++) {
                const struct report_trace *t = &list[i]->traces.at[k];
                if (t->witness != (bool)witness || !t->story.events.n) continue;
                ok &= write_trace(o, list[i], t, ++number, &a);
            }
    if (!number) fprintf(stderr, "dcheck: note: there is no trace, %s is not written\n", o->trace_out);
    arena_free(&a);
    return ok;
}

static bool write_graphs(const struct options *o, const struct report_check *const *list, uint32_t n) {
    struct arena a = {0};
    bool ok = true;
    for (uint32_t i = 0, number = 0; i < n; i++) {
        if (list[i]->verdict == VERDICT_ERROR) continue; /* nothing was run */
        const char *path = numbered(&a, o->graph, ++number);
        FILE *out = begin(path);
        if (out) draw(o, list[i], path, out);
        ok &= out && end(out, path, true);
    }
    arena_free(&a);
    return ok;
}

bool outputs_wanted(const struct options *o) {
    return o->json || o->trace_out || o->report || o->junit || o->sarif || o->graph;
}

bool outputs_write(const struct options *o, const char *spec, const struct report_check *const *list, uint32_t n,
                   const struct report_run *run) {
    bool ok = true;
    FILE *out;
    if (o->csv && run->sweep) {
        out = begin(o->csv);
        if (out) report_sweep_csv(run->sweep, out);
        ok &= out && end(out, o->csv, true);
    }
    if (!n) return ok;
    if (o->json) ok &= write_json(o->json, spec, list, n, run);
    if (o->trace_out) ok &= write_traces(o, list, n);
    if (o->graph) ok &= write_graphs(o, list, n);
    if (o->report) {
        out = begin(o->report);
        if (out) report_html(list, n, spec, DC_VERSION, out);
        ok &= out && end(out, o->report, true);
    }
    if (o->junit) {
        out = begin(o->junit);
        if (out) export_junit(list, n, out);
        ok &= out && end(out, o->junit, true);
    }
    if (o->sarif) {
        out = begin(o->sarif);
        if (out) export_sarif(list, n, DC_VERSION, out);
        ok &= out && end(out, o->sarif, true);
    }
    return ok;
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

struct report_style report_style_of(const struct options *o) {
    return (struct report_style){.colour = o->colour == 1 || (o->colour < 0 && isatty(1)),
                                 .quiet = o->quiet,
                                 .explain = o->explain,
                                 .trace = o->trace,
                                 .utf8 = utf8_locale(),
                                 .width = terminal_width()};
}
