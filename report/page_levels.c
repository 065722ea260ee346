/* The states of each level as bars: where the search widens and where it comes to an end. */
#include "report/page.h"

enum { BARS = 120, HIGH = 100, WIDE = 6, GAP = 1 };

struct bar {
    uint32_t first, last; /* levels, from 1 */
    uint64_t states;      /* of all of them */
};

/* Levels side by side share a bar where there are more than BARS. */
static uint32_t gather(const struct search_result *s, struct bar *bars) {
    uint32_t each = (s->n_levels + BARS - 1) / BARS, n = 0;
    for (uint32_t i = 0; i < s->n_levels; i += each, n++) {
        uint32_t end = i + each < s->n_levels ? i + each : s->n_levels;
        bars[n] = (struct bar){.first = i + 1, .last = end};
        for (uint32_t k = i; k < end; k++) bars[n].states += s->levels[k];
    }
    return n;
}

static void level_names(FILE *out, const struct bar *b) {
    if (b->first == b->last) fprintf(out, "level %u", b->first);
    else fprintf(out, "levels %u to %u", b->first, b->last);
}

void page_levels(const struct page *p, const struct search_result *s) {
    struct bar bars[BARS];
    uint32_t n = s->n_levels > 1 ? gather(s, bars) : 0, widest = 0;
    if (!n) return;
    for (uint32_t i = 1; i < n; i++)
        if (bars[i].states > bars[widest].states) widest = i;
    fprintf(p->out,
            "<details class=\"levels\"><summary>states of each level</summary>\n<figure>\n<svg viewBox=\"0 0 %u %d\" "
            "width=\"%u\" height=\"%d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
            n * (WIDE + GAP), HIGH, n * (WIDE + GAP), HIGH);
    fprintf(p->out, "New states by level: %u levels, most in ", s->n_levels);
    level_names(p->out, &bars[widest]);
    fputs("\">\n", p->out);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t high = (uint32_t)(HIGH * (double)bars[i].states / (double)bars[widest].states);
        if (!high) high = 1;
        fprintf(p->out, "<rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%u\"><title>", i * (WIDE + GAP), HIGH - high,
                WIDE, high);
        level_names(p->out, &bars[i]);
        fputs(": ", p->out);
        print_count(p->out, bars[i].states);
        fputs("</title></rect>\n", p->out);
    }
    fputs("</svg>\n<figcaption>", p->out);
    fprintf(p->out, "%u levels; most new states in ", s->n_levels);
    level_names(p->out, &bars[widest]);
    fputs(": ", p->out);
    print_count(p->out, bars[widest].states);
    fputs("</figcaption>\n</figure></details>\n", p->out);
}
