#include "report/html.h"

#include <string.h>

#include "report/assets.h"
#include "report/export.h"
#include "report/page.h"

static const char *sign_of(enum verdict v) {
    return v == VERDICT_PROVED ? "✓" : v == VERDICT_VIOLATED || v == VERDICT_ERROR ? "✗" : "?";
}

static void verdict(FILE *out, enum verdict v, const char *word, const char *more) {
    fprintf(out, "<span class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> ", verdict_word(v), sign_of(v));
    xml_text(out, word);
    xml_text(out, more);
    fputs("</span>", out);
}

static const char *check_name(const struct report_check *r) { return r->check ? r->check : "the check"; }

static const char *verdict_of(const struct report_check *r) {
    static const char *const outcomes[] = {"possible", "blocked", "not decided"};
    return r->scenario ? outcomes[r->scenario->outcome] : verdict_word(r->verdict);
}

static const char *expectation(const struct report_check *r) {
    if (r->expected) return r->verdict == VERDICT_PROVED ? "" : ", as expected";
    return r->code == 1 ? ", not as expected" : "";
}

static int trace_of(const struct report_check *r, const struct report_property *q) {
    const char *name = strcmp(q->kind, "deadlock") ? q->name : "deadlock";
    for (uint32_t i = 0; i < r->traces.n; i++)
        if (!strcmp(r->traces.at[i].property, name)) return (int)i;
    return -1;
}

static const char *word_of(const struct report_property *q) {
    if (strcmp(q->kind, "reachable")) return verdict_word(q->verdict);
    return q->found ? "reached" : q->verdict == VERDICT_VIOLATED ? "unreachable" : verdict_word(q->verdict);
}

static void properties(FILE *out, const struct report_check *r, uint32_t number) {
    if (!r->properties.n) return;
    fputs("<div class=\"wide\"><table class=\"properties\">\n<caption>What is claimed</caption>\n<thead><tr><th "
          "scope=\"col\">kind</th><th "
          "scope=\"col\">property</th><th scope=\"col\">verdict</th><th scope=\"col\"></th></tr></thead><tbody>\n",
          out);
    for (uint32_t i = 0; i < r->properties.n; i++) {
        const struct report_property *q = &r->properties.at[i];
        int trace = trace_of(r, q);
        fprintf(out, "<tr><td>%s</td><th scope=\"row\">", q->kind);
        xml_text(out, q->name);
        fputs("</th><td>", out);
        verdict(out, q->verdict, word_of(q), "");
        fputs("</td><td>", out);
        if (trace >= 0) fprintf(out, "<a href=\"#c%u-t%d\">", number, trace + 1);
        xml_text(out, q->note ? q->note : trace >= 0 ? "its trace" : "");
        fputs(trace >= 0 ? "</a></td></tr>\n" : "</td></tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static void figure(FILE *out, const char *name, uint64_t n) {
    fprintf(out, "<div><dt>%s</dt><dd>", name);
    print_count(out, n);
    fputs("</dd></div>\n", out);
}

/* Lines with data-run are what differs between two equal runs. */
static void figures(FILE *out, const struct report_check *r) {
    const struct search_result *s = &r->result;
    fputs("<dl class=\"figures\">\n", out);
    if (s->walks) {
        figure(out, "walks", s->walks);
        figure(out, "steps", s->steps);
    } else {
        figure(out, "distinct states", s->distinct);
        figure(out, "generated", s->generated);
        figure(out, "depth", s->depth);
    }
    fprintf(out, "<div data-run><dt>time</dt><dd>%.2f s</dd></div>\n", s->seconds);
    fprintf(out, "<div data-run><dt>memory</dt><dd>%.1f MiB</dd></div>\n", (double)s->memory_bytes / (1 << 20));
    fprintf(out, "<div data-run><dt>run by</dt><dd>%u worker%s, %s</dd></div>\n</dl>\n", r->workers,
            r->workers == 1 ? "" : "s", r->execution);
}

static void actions(FILE *out, const struct report_check *r) {
    uint64_t most = 1;
    if (!r->result.fired || !r->actions.n) return;
    for (uint32_t i = 0; i < r->actions.n; i++)
        if (r->result.fired[i] > most) most = r->result.fired[i];
    fputs("<details class=\"actions\"><summary>how often each action happened</summary>\n<div "
          "class=\"wide\"><table><tbody>\n",
          out);
    for (uint32_t i = 0; i < r->actions.n; i++) {
        fputs("<tr><th scope=\"row\">", out);
        xml_text(out, r->actions.at[i]);
        fputs("</th><td class=\"number\">", out);
        print_count(out, r->result.fired[i]);
        fprintf(out, "</td><td class=\"bar\" aria-hidden=\"true\"><span style=\"width:%u%%\"></span></td></tr>\n",
                (unsigned)(100 * r->result.fired[i] / most));
    }
    fputs("</tbody></table></div></details>\n", out);
}

static void one_check(const struct page *p, uint32_t number) {
    const struct report_check *r = p->list[number - 1];
    char id[40];
    fprintf(p->out, "<section class=\"check\" id=\"c%u\" aria-labelledby=\"c%u-title\">\n<h2 id=\"c%u-title\">", number,
            number, number);
    fputs(r->scenario ? "scenario " : "", p->out);
    xml_text(p->out, check_name(r));
    fputs(" ", p->out);
    verdict(p->out, r->verdict, verdict_of(r), expectation(r));
    fputs("</h2>\n<p>", p->out);
    xml_text(p->out, r->reason ? r->reason : "");
    fputs("</p>\n", p->out);
    if (*r->constants) {
        fputs("<p class=\"constants\">", p->out);
        xml_text(p->out, r->constants);
        fputs("</p>\n", p->out);
    }
    if (!r->scenario) {
        properties(p->out, r, number);
        figures(p->out, r);
        page_levels(p, &r->result);
        actions(p->out, r);
    }
    for (uint32_t i = 0; i < r->warnings.n; i++) {
        fputs("<p class=\"warning\"><b>warning:</b> ", p->out);
        xml_text(p->out, r->warnings.at[i]);
        fputs("</p>\n", p->out);
    }
    for (uint32_t i = 0; i < r->traces.n; i++) {
        snprintf(id, sizeof id, "c%u-t%u", number, i + 1);
        page_trace(p, r, &r->traces.at[i], id);
    }
    fputs("</section>\n", p->out);
}

static void contents(const struct page *p) {
    fputs("<nav aria-label=\"checks\">\n<ul>\n", p->out);
    for (uint32_t i = 0; i < p->n; i++) {
        fprintf(p->out, "<li><a href=\"#c%u\">", i + 1);
        fputs(p->list[i]->scenario ? "scenario " : "", p->out);
        xml_text(p->out, check_name(p->list[i]));
        fputs("</a> ", p->out);
        verdict(p->out, p->list[i]->verdict, verdict_of(p->list[i]), expectation(p->list[i]));
        fputs("</li>\n", p->out);
    }
    if (page_has_source(p)) fputs("<li><a href=\"#source\">the spec</a></li>\n", p->out);
    fputs("</ul>\n</nav>\n", p->out);
}

static void head(const struct page *p, const char *spec) {
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
          "script-src "
          "'unsafe-inline'\">\n<title>",
          p->out);
    xml_text(p->out, spec);
    fprintf(p->out, " - dcheck</title>\n<style>\n%s%s", asset_sequence_css, asset_page_css);
    for (uint32_t i = 0; i < p->n; i++) fprintf(p->out, "[data-check=\"%u\"] .count.c%u { display: inline; }\n", i, i);
    fputs("</style>\n</head>\n<body data-check=\"0\">\n<a class=\"skip\" href=\"#main\">to the "
          "results</a>\n<header>\n<h1>",
          p->out);
    xml_text(p->out, spec);
    fputs("</h1>\n", p->out);
    contents(p);
    fputs("</header>\n<main id=\"main\">\n", p->out);
}

void report_html(const struct report_check *const *list, uint32_t n, const char *spec, const char *version, FILE *out) {
    struct page p = {.list = list, .n = n, .out = out};
    head(&p, spec);
    for (uint32_t i = 0; i < n; i++) one_check(&p, i + 1);
    page_source(&p);
    fprintf(out,
            "</main>\n<footer><p>dcheck %s. Arrow keys go through the steps of a "
            "trace.</p></footer>\n<script>\n%s</script>\n"
            "</body>\n</html>\n",
            version, asset_page_js);
}
