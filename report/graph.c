#include "report/graph.h"

#include <string.h>

#include "report/report.h"

/* Graphviz reads texts of up to 16384 bytes, and nobody reads longer ones. */
enum { LONGEST_LINE = 160, MOST_LINES = 60 };

static bool continues(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

/* How much of a line is shown. */
static size_t shown(const char *s) {
    size_t n = strlen(s);
    if (n <= LONGEST_LINE) return n;
    for (n = LONGEST_LINE; n && continues(s[n]);) n--;
    return n;
}

static uint32_t lines_shown(const struct dc_picture_state *s) {
    return s->lines.n > MOST_LINES ? MOST_LINES : s->lines.n;
}

static bool ends_in(const char *s, const char *end) {
    size_t n = strlen(s), k = strlen(end);
    return n >= k && !strcmp(s + n - k, end);
}

bool graph_format_of(const char *path, enum graph_format *out) {
    *out = ends_in(path, ".mmd") ? GRAPH_MERMAID : GRAPH_DOT;
    return ends_in(path, ".mmd") || ends_in(path, ".dot") || ends_in(path, ".gv");
}

static void left_out_text(const struct dc_picture *p, uint64_t left_out, FILE *out) {
    if (p->whole) return;
    if (left_out) {
        fputs("; ", out);
        print_count(out, left_out);
        fputs(" states are left out", out);
    } else {
        fputs("; further states are left out", out);
    }
}

/* ---- Graphviz ---- */

static void dot_text(const char *s, FILE *out) {
    size_t n = shown(s);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '"' || s[i] == '\\') fputc('\\', out);
        fputc((unsigned char)s[i] < ' ' ? ' ' : s[i], out);
    }
    if (s[n]) fputs("...", out);
}

static void dot_state(const struct dc_picture_state *s, uint32_t i, FILE *out) {
    fprintf(out, "  s%u [label=\"%u\\l", i, i + 1);
    for (uint32_t k = 0; k < lines_shown(s); k++) {
        dot_text(s->lines.at[k], out);
        fputs("\\l", out);
    }
    if (s->lines.n > MOST_LINES) fprintf(out, "and %u more\\l", s->lines.n - MOST_LINES);
    if (s->wrong) {
        fputs("violated: ", out);
        dot_text(s->wrong, out);
        fputs("\\l", out);
    }
    fputs(s->cut ? "cut\\l\"" : "\"", out);
    if (s->wrong) fputs(", color=\"#a1160d\", fillcolor=\"#fde8e6\"", out);
    else if (s->level == 1) fputs(", fillcolor=\"#dff5e3\"", out);
    if (s->level == 1) fputs(", penwidth=2", out);
    if (s->final) fputs(", peripheries=2", out);
    if (s->open) fputs(", style=\"rounded,filled,dashed\"", out);
    fputs("];\n", out);
}

static void dot_ranks(const struct dc_picture *p, FILE *out) {
    uint32_t level = 0;
    for (uint32_t i = 0; i < p->states.n; i++) {
        if (p->states.at[i].level != level) fprintf(out, "%s  { rank=same;", level ? " }\n" : "");
        level = p->states.at[i].level;
        fprintf(out, " s%u;", i);
    }
    if (level) fputs(" }\n", out);
}

static void write_dot(const struct dc_picture *p, const char *title, uint64_t left_out, FILE *out) {
    fputs("digraph states {\n  label=\"", out);
    dot_text(title, out);
    fprintf(out, ": %u states, %u steps", p->states.n, p->steps.n);
    left_out_text(p, left_out, out);
    fputs("\";\n  labelloc=t;\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"monospace\"];\n"
          "  edge [fontname=\"sans-serif\"];\n",
          out);
    for (uint32_t i = 0; i < p->states.n; i++) dot_state(&p->states.at[i], i, out);
    dot_ranks(p, out);
    for (uint32_t i = 0; i < p->steps.n; i++) {
        const struct dc_picture_step *x = &p->steps.at[i];
        fprintf(out, "  s%u -> s%u [label=\"", x->from, x->to);
        dot_text(x->label, out);
        fputc('"', out);
        /* ranks come from the steps that lead one level down: all others would only be in Graphviz's way */
        if (p->states.at[x->to].level != p->states.at[x->from].level + 1) fputs(", constraint=false", out);
        if (x->wrong) fputs(", color=\"#a1160d\", fontcolor=\"#a1160d\", penwidth=2", out);
        else if (x->fault) fputs(", color=\"#a1160d\", style=dashed", out);
        fputs("];\n", out);
    }
    fputs("}\n", out);
}

/* ---- Mermaid ---- */

/* Characters with a meaning are written as #number; entities. */
static void mermaid_text(const char *s, FILE *out) {
    size_t n = shown(s);
    for (size_t i = 0; i < n; i++) {
        if (strchr("#;:%<>@\"&\\{}[]", s[i])) fprintf(out, "#%d;", s[i]);
        else fputc((unsigned char)s[i] < ' ' ? ' ' : s[i], out);
    }
    if (s[n]) fputs("...", out);
}

static void write_mermaid(const struct dc_picture *p, const char *title, uint64_t left_out, FILE *out) {
    fputs("%% ", out);
    mermaid_text(title, out);
    fprintf(out, ": %u states, %u steps", p->states.n, p->steps.n);
    left_out_text(p, left_out, out);
    fputs("\nstateDiagram-v2\n    classDef violated stroke:#a1160d,fill:#fde8e6\n    classDef final stroke-width:3px\n",
          out);
    for (uint32_t i = 0; i < p->states.n; i++) {
        const struct dc_picture_state *s = &p->states.at[i];
        fprintf(out, "    s%u : %u\n", i, i + 1);
        for (uint32_t k = 0; k < lines_shown(s); k++) {
            fprintf(out, "    s%u : ", i);
            mermaid_text(s->lines.at[k], out);
            fputc('\n', out);
        }
        if (s->lines.n > MOST_LINES) fprintf(out, "    s%u : and %u more\n", i, s->lines.n - MOST_LINES);
        if (s->wrong) {
            fprintf(out, "    s%u : violated ", i);
            mermaid_text(s->wrong, out);
            fprintf(out, "\n    class s%u violated\n", i);
        } else if (s->final) {
            fprintf(out, "    class s%u final\n", i);
        }
        if (s->level == 1) fprintf(out, "    [*] --> s%u\n", i);
    }
    for (uint32_t i = 0; i < p->steps.n; i++) {
        fprintf(out, "    s%u --> s%u : ", p->steps.at[i].from, p->steps.at[i].to);
        mermaid_text(p->steps.at[i].label, out);
        fputs(p->steps.at[i].wrong ? " (violates a step property)\n" : p->steps.at[i].fault ? " (fault)\n" : "\n", out);
    }
}

void graph_write(enum graph_format f, const struct dc_picture *p, const char *title, uint64_t left_out, FILE *out) {
    if (f == GRAPH_DOT) write_dot(p, title, left_out, out);
    else write_mermaid(p, title, left_out, out);
}
