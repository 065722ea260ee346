#include <string.h>

#include "report/export.h"
#include "report/page.h"
#include "report/svg.h"

enum { MOST_VALUES = 30000 }; /* in the states of one trace; more would make a page that no browser likes */

static void element(FILE *out, const char *tag, const char *class, const char *text) {
    fprintf(out, *class ? "<%s class=\"%s\">" : "<%s>", tag, class);
    xml_text(out, text);
    fprintf(out, "</%s>", tag);
}

static bool changed(const struct dc_event *e, const char *name) {
    size_t n = strlen(name);
    for (uint32_t i = 0; i < e->changes.n; i++)
        if (!strncmp(e->changes.at[i].name, name, n) &&
            !strchr("_", e->changes.at[i].name[n] ? e->changes.at[i].name[n] : '.'))
            return true;
    return false;
}

static void messages(FILE *out, const struct dc_event *e) {
    if (!e->sent.n && !e->received) return;
    fputs("<ul class=\"messages\">\n", out);
    if (e->received) {
        fputs("<li>receives ", out);
        element(out, "code", "", e->received);
        if (e->from) {
            fputs(" from ", out);
            element(out, "b", "", e->from);
        }
        fputs("</li>\n", out);
    }
    for (uint32_t i = 0; i < e->sent.n; i++) {
        fputs("<li>sends ", out);
        element(out, "code", "", e->sent.at[i].message);
        if (e->sent.at[i].to) {
            fputs(" to ", out);
            element(out, "b", "", e->sent.at[i].to);
        }
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

static void changes(FILE *out, const struct dc_event *e, bool first) {
    bool any = false;
    for (uint32_t i = 0; i < e->changes.n; i++) {
        const struct dc_value *v = &e->changes.at[i];
        if (v->hidden) continue;
        if (!any)
            fputs("<div class=\"wide\"><table class=\"diff\"><thead><tr><th scope=\"col\">variable</th><th "
                  "scope=\"col\">before</th><th "
                  "scope=\"col\">after</th></tr></thead><tbody>\n",
                  out);
        any = true;
        fputs("<tr><th scope=\"row\">", out);
        xml_text(out, v->name);
        fputs("</th><td><del>", out);
        xml_text(out, v->before);
        fputs("</del></td><td><ins>", out);
        xml_text(out, v->text);
        fputs("</ins></td></tr>\n", out);
    }
    if (any) fputs("</tbody></table></div>\n", out);
    else if (!first) fputs("<p class=\"none\">No variable of the spec changes.</p>\n", out);
}

static void whole_state(FILE *out, const struct dc_event *e, bool open) {
    fprintf(out, "<details%s><summary>the whole state</summary>\n<div class=\"wide\"><table class=\"state\"><tbody>\n",
            open ? " open" : "");
    for (uint32_t i = 0; i < e->state.n; i++) {
        bool new = !open &&changed(e, e->state.at[i].name);
        if (e->state.at[i].hidden) continue;
        fprintf(out, "<tr%s><th scope=\"row\">", new ? " class=\"new\"" : "");
        xml_text(out, e->state.at[i].name);
        fputs("</th><td>", out);
        xml_text(out, e->state.at[i].text);
        fputs(new ? " <small>changed</small></td></tr>\n" : "</td></tr>\n", out);
    }
    for (uint32_t i = 0; i < e->watched.n; i++) {
        fputs("<tr><th scope=\"row\">watch ", out);
        xml_text(out, e->watched.at[i].name);
        fputs("</th><td>", out);
        xml_text(out, e->watched.at[i].text);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table></div></details>\n", out);
}

/* The text of the action, and where it stands below. */
static void code(FILE *out, const struct report_check *r, const struct dc_event *e) {
    uint32_t first, last;
    if (e->rule == UINT32_MAX || !source_lines(r, e->span, &first, &last)) return;
    const struct source *s = &r->sources->files.at[e->span.source];
    fprintf(out, "<p class=\"where\"><a href=\"#s%u-%u\" data-source=\"%u\" data-first=\"%u\" data-last=\"%u\">",
            e->span.source, first, e->span.source, first, last);
    xml_text(out, s->path);
    fprintf(out, ":%u</a></p>\n<div class=\"scroll\"><pre class=\"code\">", first);
    for (uint32_t i = first; i <= last && i < first + 40; i++) {
        fprintf(out, "<span class=\"no\">%u</span>", i);
        page_line(out, s, i);
        fputc('\n', out);
    }
    fputs("</pre></div>\n", out);
}

static void step(FILE *out, const struct report_check *r, const struct report_trace *t, const char *id, uint32_t i,
                 bool states) {
    const struct dc_event *e = &t->story.events.at[i];
    bool cycle = t->lasso && i > t->loop;
    fprintf(out, "<li class=\"step%s\" id=\"%s-s%u\" data-step=\"%u\" value=\"%u\">\n<h4>", cycle ? " cycling" : "", id,
            i + 1, i, i + 1);
    xml_text(out, e->title);
    if (e->note) fprintf(out, " <small class=\"tag\">%s</small>", !strcmp(e->note, "lie") ? "Byzantine" : "fault");
    if (cycle) fputs(" <small class=\"tag cycle\">in the cycle</small>", out);
    fputs("</h4>\n", out);
    messages(out, e);
    changes(out, e, i == 0);
    if (states) whole_state(out, e, i == 0);
    code(out, r, e);
    fputs("</li>\n", out);
}

static void reasons(FILE *out, const struct report_trace *t) {
    const struct dc_story *s = &t->story;
    if (!s->ends.n && !s->why.n && !s->failed_step) return;
    fprintf(out, "<div class=\"why\">\n<h4>%s</h4>\n", t->witness ? "At the end" : "Why");
    if (s->failed_step) {
        fputs("<p>then ", out);
        element(out, "b", "", s->failed_step);
        fputs("</p>\n", out);
    }
    fputs("<ul>\n", out);
    for (uint32_t i = 0; i < s->ends.n; i++) {
        element(out, "li", i ? "fair" : "cycle", s->ends.at[i]);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < s->why.n; i++) {
        element(out, "li", "", s->why.at[i]);
        fputc('\n', out);
    }
    fputs("</ul>\n</div>\n", out);
}

static void controls(FILE *out, const char *id, uint32_t n) {
    fprintf(out,
            "<div class=\"controls\" hidden>\n<button type=\"button\" class=\"back\" aria-label=\"one step "
            "back\">◀</button>\n"
            "<label for=\"%s-at\">step</label> <input id=\"%s-at\" type=\"range\" min=\"1\" max=\"%u\" value=\"1\">\n"
            "<output for=\"%s-at\">1 of %u</output>\n"
            "<button type=\"button\" class=\"on\" aria-label=\"one step on\">▶</button>\n"
            "<button type=\"button\" class=\"every\" aria-pressed=\"false\">all steps</button>\n</div>\n",
            id, id, n, id, n);
}

static void diagram(const struct page *p, const struct report_trace *t, const char *id) {
    struct sequence q;
    sequence_make(&q, t, false);
    const char *name = arena_printf(&q.arena, "%s-diagram", id);
    const char *label =
        arena_printf(&q.arena, "sequence diagram of %u steps; the list of steps says the same", q.events);
    fputs("<div class=\"picture scroll\" tabindex=\"0\" role=\"region\" aria-label=\"sequence diagram\">\n", p->out);
    if (q.lanes.n) {
        svg_open(&q, name, label, p->out);
        svg_body(&q, p->out);
        svg_close(p->out);
    }
    fputs("</div>\n", p->out);
    sequence_free(&q);
}

void page_trace(const struct page *p, const struct report_check *r, const struct report_trace *t, const char *id) {
    const struct dc_story *s = &t->story;
    uint64_t values = 0;
    for (uint32_t i = 0; i < s->events.n; i++) values += s->events.at[i].state.n;
    fprintf(p->out, "<section class=\"trace\" id=\"%s\" aria-labelledby=\"%s-title\">\n<h3 id=\"%s-title\">", id, id,
            id);
    xml_text(p->out, t->headline);
    fputs("</h3>\n", p->out);
    reasons(p->out, t);
    if (s->events.n) {
        controls(p->out, id, s->events.n);
        fputs("<div class=\"stage\">\n", p->out);
        diagram(p, t, id);
        fputs("<ol class=\"steps\">\n", p->out);
        for (uint32_t i = 0; i < s->events.n; i++) step(p->out, r, t, id, i, values <= MOST_VALUES);
        fputs("</ol>\n</div>\n", p->out);
        if (values > MOST_VALUES)
            fprintf(p->out, "<p>The whole states (%llu values) are left out; -json has them.</p>\n",
                    (unsigned long long)values);
    }
    fputs("</section>\n", p->out);
}
