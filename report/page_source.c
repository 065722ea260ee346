#include <string.h>

#include "report/export.h"
#include "report/page.h"

enum { MOST_ACTIONS = 4096 }; /* whose counts stand in the margin */

/* The end of a comment or text that begins at i, or i. */
static uint32_t skip(const struct source *s, uint32_t i) {
    const char *t = s->text;
    if (t[i] == '/' && t[i + 1] == '/')
        while (i + 1 < s->n && t[i + 1] != '\n') i++;
    else if (t[i] == '/' && t[i + 1] == '*') {
        const char *end = strstr(t + i + 2, "*/");
        return end ? (uint32_t)(end - t) + 1 : s->n - 1;
    } else if (t[i] == '"') {
        uint32_t k = i + 1;
        while (k < s->n && t[k] != '"' && t[k] != '\n') k += t[k] == '\\' && k + 1 < s->n ? 2 : 1;
        return k < s->n ? k : s->n - 1;
    }
    return i;
}

/* Braces may stand in a guard, too: the last group before the end of a line is the body. */
static uint32_t end_of_action(const struct source *s, uint32_t from) {
    uint32_t depth = 0, groups = 0;
    for (uint32_t i = from; i < s->n; i++) {
        i = skip(s, i);
        char c = s->text[i];
        if (c == '{') depth++;
        if (c == '}' && !depth) return groups ? i - 1 : from;
        if (c == '}' && !--depth) groups++;
        if (c == '\n' && !depth && groups) return i - 1;
    }
    return from;
}

bool source_lines(const struct report_check *r, struct span at, uint32_t *first, uint32_t *last) {
    const char *path;
    struct place from, to;
    if (!report_place(r, at, &path, &from, &to)) return false;
    const struct source *s = &r->sources->files.at[at.source];
    *first = from.line;
    *last = source_place(s, end_of_action(s, at.end)).line;
    return true;
}

void page_line(FILE *out, const struct source *s, uint32_t line) {
    const char *at = s->text;
    for (uint32_t i = 1; i < line; i++) {
        at = strchr(at, '\n');
        if (!at) return;
        at++;
    }
    const char *end = strchr(at, '\n');
    xml_bytes(out, at, end ? (size_t)(end - at) : strlen(at));
}

/* How often the actions that are named in this line happened, in one check. */
static void margin(const struct page *p, uint32_t check, uint32_t source, const uint32_t *all, uint32_t line) {
    const struct report_check *r = p->list[check];
    const uint32_t *lines = all + check * MOST_ACTIONS;
    uint64_t sum = 0;
    bool any = false;
    for (uint32_t i = 0; r->result.fired && i < r->places.n && i < MOST_ACTIONS; i++) {
        if (r->places.at[i].source != source || lines[i] != line) continue;
        sum += r->result.fired[i];
        any = true;
    }
    if (!any) return;
    fprintf(p->out, "<span class=\"count c%u%s\" title=\"", check, sum ? "" : " never");
    for (uint32_t i = 0; i < r->places.n && i < MOST_ACTIONS; i++) {
        if (r->places.at[i].source != source || lines[i] != line) continue;
        xml_text(p->out, r->actions.at[i]);
        fprintf(p->out, ": %llu\n", (unsigned long long)r->result.fired[i]);
    }
    fputs("\">", p->out);
    print_count(p->out, sum);
    fputs("</span>", p->out);
}

static void one_file(const struct page *p, const struct sources *all, uint32_t source, const uint32_t *lines) {
    const struct source *s = &all->files.at[source];
    const char *at = s->text;
    fputs("<h3>", p->out);
    xml_text(p->out, s->path);
    fprintf(p->out,
            "</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"source\"><pre class=\"source\">");
    for (uint32_t line = 1; *at; line++) {
        const char *end = strchr(at, '\n');
        fprintf(p->out, "<span class=\"line\" id=\"s%u-%u\"><span class=\"margin\">", source, line);
        for (uint32_t c = 0; c < p->n; c++) margin(p, c, source, lines, line);
        fprintf(p->out, "</span><span class=\"no\">%u</span>", line);
        xml_bytes(p->out, at, end ? (size_t)(end - at) : strlen(at));
        fputs("\n</span>", p->out);
        if (!end) break;
        at = end + 1;
    }
    fputs("</pre></div>\n", p->out);
}

static void choice(const struct page *p) {
    fputs("<p><label for=\"counted\">How often each action happened, in the margin: </label><select id=\"counted\">",
          p->out);
    for (uint32_t c = 0; c < p->n; c++) {
        fprintf(p->out, "<option value=\"%u\">", c);
        xml_text(p->out, p->list[c]->check ? p->list[c]->check : "the check");
        fputs("</option>", p->out);
    }
    fputs("</select></p>\n", p->out);
}

bool page_has_source(const struct page *p) { return p->n && p->list[0]->sources && p->list[0]->sources->files.n; }

void page_source(const struct page *p) {
    if (!page_has_source(p)) return;
    const struct sources *all = p->list[0]->sources;
    uint32_t *lines = mem_alloc((size_t)p->n * MOST_ACTIONS * sizeof *lines);
    for (uint32_t c = 0; c < p->n; c++)
        for (uint32_t i = 0; i < p->list[c]->places.n && i < MOST_ACTIONS; i++) {
            uint32_t last;
            source_lines(p->list[c], p->list[c]->places.at[i], &lines[c * MOST_ACTIONS + i], &last);
        }
    fputs("<section id=\"source\" aria-labelledby=\"source-title\">\n<h2 id=\"source-title\">The spec</h2>\n", p->out);
    choice(p);
    for (uint32_t i = 0; i < all->files.n; i++)
        if (strcmp(all->files.at[i].path, "-D")) one_file(p, all, i, lines); /* no file: what the command line says */
    fputs("</section>\n", p->out);
    mem_free(lines);
}
