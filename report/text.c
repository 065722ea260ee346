#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/chart.h"
#include "report/report.h"
#include "report/tale.h"

const char *verdict_word(enum verdict v) {
    static const char *const words[] = {"proved", "violated", "inconclusive", "sampled", "error"};
    return words[v];
}

void print_count(FILE *out, uint64_t n) {
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) fputc(',', out);
        fputc(digits[i], out);
    }
}

void print_count_right(uint64_t n, int width, FILE *out) {
    int digits = 1;
    for (uint64_t x = n; x > 9; x /= 10) digits++;
    digits += (digits - 1) / 3;
    fprintf(out, "%*s", digits < width ? width - digits : 0, "");
    print_count(out, n);
}

struct paint {
    const char *bold, *red, *green, *yellow, *dim, *cyan, *plain;
};

static struct paint paint(bool colour) {
    if (!colour) return (struct paint){"", "", "", "", "", "", ""};
    return (struct paint){"\033[1m", "\033[1;31m", "\033[1;32m", "\033[1;33m", "\033[2m", "\033[36m", "\033[0m"};
}

/* Watched values are shown at first and where they change. */
static void print_watched(const struct dc_event *e, const struct dc_event *before, const struct paint *p, FILE *out) {
    for (uint32_t i = 0; i < e->watched.n; i++) {
        const struct dc_value *w = &e->watched.at[i];
        bool same = before && i < before->watched.n && !strcmp(before->watched.at[i].text, w->text);
        if (!same) fprintf(out, "         %swatch %s = %s%s\n", p->dim, w->name, w->text, p->plain);
    }
}

static void print_event(const struct dc_event *e, uint32_t number, const struct report_style *style,
                        const struct paint *p, FILE *out) {
    const char *tint = e->fault ? p->red : number ? p->bold : p->dim;
    fprintf(out, "%5u  %s%s%s%s\n", number + 1, tint, e->title, p->plain,
            e->note ? (!strcmp(e->note, "lie") ? "   [Byzantine]" : "   [fault]") : "");
    for (uint32_t i = 0; i < e->sent.n; i++)
        fprintf(out, "         %ssends %s%s%s%s\n", p->cyan, e->sent.at[i].message, e->sent.at[i].to ? " to " : "",
                e->sent.at[i].to ? e->sent.at[i].to : "", p->plain);
    if (number == 0 || style->trace == TRACE_FULL) {
        for (uint32_t i = 0; i < e->state.n; i++)
            if (!e->state.at[i].hidden) fprintf(out, "         %s = %s\n", e->state.at[i].name, e->state.at[i].text);
    } else {
        for (uint32_t i = 0; i < e->changes.n; i++)
            if (!e->changes.at[i].hidden)
                fprintf(out, "         %s: %s -> %s\n", e->changes.at[i].name, e->changes.at[i].before,
                        e->changes.at[i].text);
    }
    print_watched(e, number ? e - 1 : NULL, p, out);
}

void report_event_text(const struct dc_event *e, uint32_t number, const struct report_style *style, FILE *out) {
    struct paint p = paint(style->colour);
    print_event(e, number, style, &p, out);
}

static void print_trace(const struct report_trace *t, const struct report_style *style, const struct paint *p,
                        FILE *out) {
    fprintf(out, "\n%s%s%s\n", t->witness ? p->green : p->red, t->headline, p->plain);
    struct chart_style chart = {.width = style->width, .utf8 = style->utf8, .colour = style->colour};
    uint32_t lanes;
    bool charted = style->trace == TRACE_CHART && t->story.events.n && chart_print(t, &chart, &lanes, out);
    if (style->trace == TRACE_CHART && t->story.events.n && !charted)
        fprintf(out, "  (no chart: %u processes do not fit into %u columns)\n", lanes, style->width);
    for (uint32_t i = 0; i < t->story.events.n && !charted; i++) print_event(&t->story.events.at[i], i, style, p, out);
    for (uint32_t i = 0; i < t->story.ends.n; i++)
        fprintf(out, "       %s%s%s\n", i ? p->dim : p->red, t->story.ends.at[i], p->plain);
    if (t->story.failed_step) fprintf(out, "%5s  %s%s%s\n", "then", p->red, t->story.failed_step, p->plain);
    for (uint32_t i = 0; i < t->story.why.n; i++)
        fprintf(out, "       %s%s%s\n", p->yellow, t->story.why.at[i], p->plain);
}

void report_trace_text(const struct report_trace *t, FILE *out) {
    struct report_style style = {.trace = TRACE_STEPS};
    struct paint p = paint(false);
    print_trace(t, &style, &p, out);
}

static void print_properties(const struct report_check *r, const struct paint *p, FILE *out) {
    for (uint32_t i = 0; i < r->properties.n; i++) {
        const struct report_property *q = &r->properties.at[i];
        const char *tint = q->verdict == VERDICT_PROVED     ? p->green
                           : q->verdict == VERDICT_VIOLATED ? p->red
                                                            : p->yellow;
        const char *word = !strcmp(q->kind, "reachable") ? (q->found                         ? "reached"
                                                            : q->verdict == VERDICT_VIOLATED ? "unreachable"
                                                            : q->verdict == VERDICT_SAMPLED  ? "sampled"
                                                                                             : "not reached")
                                                         : verdict_word(q->verdict);
        fprintf(out, "  %-10s %-20s %s%s%s%s%s\n", q->kind, q->name, tint, word, p->plain, q->note ? ": " : "",
                q->note ? q->note : "");
    }
}

static void print_counts(const struct report_check *r, FILE *out) {
    const struct search_result *s = &r->result;
    fputs("  ", out);
    if (r->verdict == VERDICT_SAMPLED || s->walks) {
        print_count(out, s->walks);
        fputs(" walks, ", out);
        if (s->steps) {
            print_count(out, s->steps);
            fputs(" steps, ", out);
        }
        fprintf(out, "seed %llu", (unsigned long long)r->seed);
    } else {
        print_count(out, s->distinct);
        fputs(" distinct states, ", out);
        print_count(out, s->generated);
        fprintf(out, " generated, depth %u", s->depth);
    }
    fprintf(out, "; %.2f s, %u worker%s, %s", s->seconds, r->workers, r->workers == 1 ? "" : "s", r->execution);
    if (s->seconds > 0.1 && s->distinct) {
        fputs("; ", out);
        print_count(out, (uint64_t)((double)s->distinct / s->seconds));
        fputs(" distinct/s, ", out);
        print_count(out, (uint64_t)((double)s->generated / s->seconds));
        fputs(" generated/s", out);
    }
    fputc('\n', out);
    if (!s->distinct) return;
    /* pairs of states with one fingerprint of b bits, expected: n(n-1)/2^(b+1) */
    double n = (double)s->distinct;
    fprintf(out, "  memory %.1f MiB (set %.1f); chance that a state was missed at most %.1e (%u-bit fingerprints)\n",
            (double)s->memory_bytes / (1 << 20), (double)s->set_bytes / (1 << 20),
            n * (n - 1) / ldexp(2.0, (int)s->fingerprint_bits), s->fingerprint_bits);
    if (!s->graph_bytes) return;
    fputs("  behaviours: ", out);
    print_count(out, s->graph_edges);
    fprintf(out, " steps kept, %.1f bytes each; %.2f s\n",
            s->graph_edges ? (double)s->graph_bytes / (double)s->graph_edges : 0.0, s->graph_seconds);
}

static int by_seconds(const void *x, const void *y) {
    const double a = *(const double *)x, b = *(const double *)y;
    return a < b ? 1 : a > b ? -1 : 0;
}

/* Of the workers' time, the largest part first. */
static void print_engine(const struct report_check *r, FILE *out) {
    const struct search_result *s = &r->result;
    double all = 0, sorted[ENGINE_PHASES];
    bool told[ENGINE_PHASES] = {false};
    for (int i = 0; i < ENGINE_PHASES; i++) all += sorted[i] = s->engine_seconds[i];
    if (all <= 0 || !s->generated) return;
    qsort(sorted, ENGINE_PHASES, sizeof *sorted, by_seconds);
    fprintf(out, "  engine: %.0f ns a generated state:", 1e9 * all / (double)s->generated);
    for (int i = 0; i < ENGINE_PHASES; i++)
        for (int k = 0; k < ENGINE_PHASES; k++) {
            if (told[k] || s->engine_seconds[k] < sorted[i] || sorted[i] <= 0) continue;
            told[k] = true;
            fprintf(out, "%s %s %.0f %%", i ? "," : "", engine_phase_name((enum engine_phase)k), 100 * sorted[i] / all);
            break;
        }
    fputc('\n', out);
}

static void print_symmetry(const struct report_check *r, FILE *out) {
    const char *before = "  up to renaming of ";
    for (uint32_t i = 0; i < r->symmetry.n; i++) {
        if (r->symmetry.at[i].why) continue;
        fprintf(out, "%s%s (%u)", before, r->symmetry.at[i].name, r->symmetry.at[i].ids);
        before = ", ";
    }
    if (*before == ',') {
        if (r->result.regular) {
            fputs("; ", out);
            print_count(out, r->result.regular);
            fputs(" very regular states were met, of which several may stand for the same", out);
        }
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < r->symmetry.n; i++)
        if (r->symmetry.at[i].why)
            fprintf(out, "  not reduced by %s: %s\n", r->symmetry.at[i].name, r->symmetry.at[i].why);
}

static void print_actions(const struct report_check *r, FILE *out) {
    size_t width = 0;
    for (uint32_t i = 0; i < r->actions.n; i++)
        if (strlen(r->actions.at[i]) > width) width = strlen(r->actions.at[i]);
    for (uint32_t i = 0; i < r->actions.n && r->result.fired; i++) {
        fprintf(out, "  %-*s ", (int)width, r->actions.at[i]);
        print_count(out, r->result.fired[i]);
        fputc('\n', out);
    }
}

void report_scenario_line(const struct report_check *r, const struct report_style *style, FILE *out) {
    const struct report_scenario *s = r->scenario;
    struct paint p = paint(style->colour);
    const char *tint = r->expected ? p.green : r->verdict == VERDICT_INCONCLUSIVE ? p.yellow : p.red;
    fprintf(out, "scenario %s: %s%s%s\n", r->check, tint, r->reason, p.plain);
    if (r->expected || s->outcome != SCENARIO_BLOCKED) return;
    if (s->place) fprintf(out, "    %s\n", s->place);
    for (uint32_t i = 0; i < s->instead.n; i++)
        fprintf(out, "%s%s", i ? "; " : "    possible there: ", s->instead.at[i]);
    if (s->instead.n) fputc('\n', out);
}

void report_text(const struct report_check *r, const struct report_style *style, FILE *out) {
    struct paint p = paint(style->colour);
    fprintf(out, "%s%s%s%s%s%s%s%s\n", p.bold, r->spec,
            !r->check     ? ""
            : r->scenario ? ", scenario "
                          : ", check ",
            r->check ? r->check : "", p.plain, *r->constants ? " (" : "", r->constants, *r->constants ? ")" : "");
    bool traces = style->trace != TRACE_NONE;
    for (uint32_t i = 0; i < r->traces.n && (traces || style->explain); i++) {
        if (traces) print_trace(&r->traces.at[i], style, &p, out);
        if (style->explain && !traces) fprintf(out, "\n%s\n", r->traces.at[i].headline);
        if (style->explain) tale_print(&r->traces.at[i], out);
    }
    if ((traces || style->explain) && r->traces.n) fputc('\n', out);
    if (r->scenario) {
        report_scenario_line(r, style, out);
        return;
    }
    if (!style->quiet) {
        print_properties(r, &p, out);
        print_counts(r, out);
        print_symmetry(r, out);
        print_engine(r, out);
        print_actions(r, out);
    }
    for (uint32_t i = 0; i < r->warnings.n; i++)
        fprintf(out, "  %swarning:%s %s\n", p.yellow, p.plain, r->warnings.at[i]);
    const char *tint = r->verdict == VERDICT_PROVED                                    ? p.green
                       : r->verdict == VERDICT_VIOLATED || r->verdict == VERDICT_ERROR ? p.red
                                                                                       : p.yellow;
    const char *word = r->verdict == VERDICT_PROVED ? "OK, proved" : verdict_word(r->verdict);
    fprintf(out, "%s%s%s%s%s%s\n", tint, word, p.plain, r->reason ? ": " : "", r->reason ? r->reason : "",
            r->expected && r->verdict != VERDICT_PROVED ? ", as expected"
            : !r->expected && r->code == 1              ? ", NOT as expected"
                                                        : "");
}

void report_coverage_text(const struct report_coverage *c, FILE *out) {
    fprintf(out, "\ncoverage of %u check%s%s\n", c->checks, c->checks == 1 ? "" : "s",
            c->partial ? "" : ", each searched to the end");
    for (uint32_t i = 0; i < c->kinds.n; i++) {
        const struct report_covered *k = &c->kinds.at[i];
        fprintf(out, "  %-26s %u of %u\n", k->what, k->reached, k->all);
    }
    if (c->partial)
        fprintf(out, "  %u of them %s not searched to the end: what is missing may be reached later\n", c->partial,
                c->partial == 1 ? "was" : "were");
}

const struct report_trace *report_main_trace(const struct report_check *r) {
    const struct report_trace *main = NULL;
    for (uint32_t i = 0; i < r->traces.n; i++) {
        const struct report_trace *t = &r->traces.at[i];
        if (t->witness) continue;
        bool about = r->property && r->kind && !strcmp(t->property, r->property) && !strcmp(t->kind, r->kind);
        if (about) return t;
        if (!main) main = t;
    }
    return main;
}

void report_free(struct report_check *r) {
    for (uint32_t i = 0; i < r->traces.n; i++) story_free(&r->traces.at[i].story);
    VEC_FREE(r->traces);
    VEC_FREE(r->properties);
    VEC_FREE(r->warnings);
    VEC_FREE(r->actions);
    VEC_FREE(r->places);
    VEC_FREE(r->symmetry);
    report_profile_free(r->profile);
    search_free(&r->result);
    if (r->scenario) {
        VEC_FREE(r->scenario->why);
        VEC_FREE(r->scenario->instead);
        mem_free(r->scenario);
    }
    if (r->release) r->release(r->owner);
}
