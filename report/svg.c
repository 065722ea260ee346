#include "report/svg.h"

#include <string.h>

#include "report/assets.h"
#include "report/export.h"

/* pixels */
enum { LEFT = 64, TOP = 52, ROW = 34, EXTRA = 26, LETTER = 7, NARROW = 140, WIDE = 200, BOX = 22 };

struct drawing {
    const struct sequence *q;
    struct arena arena;
    uint32_t lane; /* distance of the lifelines */
    uint32_t *y;   /* by event */
    uint32_t height, width;
    FILE *out;
};

static uint32_t x_of(const struct drawing *d, int lane) { return LEFT + d->lane / 2 + (uint32_t)lane * d->lane; }

static uint32_t distance(int a, int b) { return (uint32_t)(a < b ? b - a : a - b); }

/* The rows: one for each event, and more where several arrows begin or end without a receipt. */
static void lay_out(struct drawing *d, const struct sequence *q) {
    uint32_t lane = NARROW, y = TOP + ROW;
    for (uint32_t i = 0; i < q->arrows.n; i++) {
        const struct sequence_arrow *x = &q->arrows.at[i];
        uint32_t want = text_width(x->text) * LETTER + 40;
        if (x->from >= 0 && x->to >= 0 && x->from != x->to) want /= distance(x->from, x->to);
        if (want > lane) lane = want;
    }
    for (uint32_t i = 0; i < q->marks.n; i++) {
        uint32_t want = text_width(q->marks.at[i].text) * LETTER + 24;
        if (q->marks.at[i].lane >= 0 && want > lane) lane = want;
    }
    for (uint32_t i = 0; i < q->lanes.n; i++) {
        uint32_t want = text_width(sequence_name(q, (int)i)) * (LETTER + 1) + 16;
        if (want > lane) lane = want;
    }
    d->q = q;
    d->lane = lane > WIDE ? WIDE : lane;
    d->y = arena_alloc(&d->arena, (q->events + 1) * sizeof *d->y);
    for (uint32_t i = 0, arrow = 0; i < q->events; i++) {
        uint32_t extra = 0;
        d->y[i] = y;
        for (; arrow < q->arrows.n && q->arrows.at[arrow].at == i; arrow++)
            extra += q->arrows.at[arrow].end != ARROW_RECEIVED;
        y += ROW + extra * EXTRA;
    }
    d->height = y + 8;
    d->width = LEFT + d->lane * (q->lanes.n ? q->lanes.n : 1) + 16;
}

static void draw_text(const struct drawing *d, const char *class, const char *anchor, uint32_t x, uint32_t y,
                      const char *text) {
    fprintf(d->out, "<text class=\"%s\" text-anchor=\"%s\" x=\"%u\" y=\"%u\">", class, anchor, x, y);
    xml_text(d->out, text);
    fputs("</text>\n", d->out);
}

static void draw_line(const struct drawing *d, const char *class, uint32_t x1, uint32_t y1, uint32_t x2, uint32_t y2) {
    fprintf(d->out, "<line class=\"%s\" x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\"/>\n", class, x1, y1, x2, y2);
}

/* A lifeline is broken while its process is down. */
static void draw_lane(const struct drawing *d, int lane) {
    uint32_t x = x_of(d, lane), from = TOP;
    bool down = false;
    for (uint32_t i = 0; i < d->q->marks.n; i++) {
        const struct sequence_mark *m = &d->q->marks.at[i];
        bool falls = m->kind == EVENT_CRASH || m->torn, rises = m->kind == EVENT_RECOVER;
        if (m->lane != lane || !(falls || rises)) continue;
        draw_line(d, down ? "life down" : "life", x, from, x, d->y[m->at]);
        from = d->y[m->at];
        down = falls;
    }
    draw_line(d, down ? "life down" : "life", x, from, x, d->height - 8);
    uint32_t half = d->lane / 2 - 6;
    fprintf(d->out, "<rect class=\"head\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"26\" rx=\"5\"/>\n", x - half,
            (unsigned)TOP - 26, 2 * half);
    draw_text(d, "name", "middle", x, TOP - 8, sequence_name(d->q, lane));
}

static const char *mark_class(const struct sequence_mark *m) {
    if (m->kind == EVENT_START || m->kind == EVENT_TICK) return "mark quiet";
    bool fault = m->kind == EVENT_CRASH || m->kind == EVENT_FAULT || m->lie || m->torn;
    return fault ? "mark fault" : "mark";
}

static void draw_mark(struct drawing *d, const struct sequence_mark *m) {
    bool own = m->lane >= 0;
    uint32_t room = own ? d->lane - 12 : d->width - LEFT - 16;
    const char *sign = m->kind == EVENT_CRASH ? "✕ " : m->kind == EVENT_FAULT ? "! " : m->lie ? "! lie: " : "";
    const char *text = arena_printf(&d->arena, "%s%s%s", sign, m->text, m->torn ? " ✕ crashes" : "");
    const char *cut = sequence_short(&d->arena, text, (room - 12) / LETTER, "…");
    uint32_t width = own ? text_width(cut) * LETTER + 14 : room, y = d->y[m->at];
    uint32_t middle = own ? x_of(d, m->lane) : LEFT + room / 2;
    if (width > room) width = room;
    fprintf(d->out, "<g class=\"%s\"><title>", mark_class(m));
    xml_text(d->out, text);
    fprintf(d->out, "</title><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\"/>\n", middle - width / 2,
            y - BOX / 2, width, (unsigned)BOX);
    draw_text(d, "label", "middle", middle, y + 4, cut);
    fputs("</g>\n", d->out);
}

/* The tip of an arrow at (x, y): a triangle, a cross, or an open end. */
static void draw_tip(const struct drawing *d, enum arrow_end end, bool right, uint32_t x, uint32_t y) {
    int back = right ? -9 : 9, px = (int)x;
    if (end == ARROW_RECEIVED) fprintf(d->out, "<path class=\"tip\" d=\"M%d %u l%d -4 v8 z\"/>\n", px, y, back);
    else if (end == ARROW_LOST)
        fprintf(d->out, "<path class=\"cross\" d=\"M%d %d l10 10 m0 -10 l-10 10\"/>\n", px - 5, (int)y - 5);
    else fprintf(d->out, "<circle class=\"open\" cx=\"%u\" cy=\"%u\" r=\"4\"/>\n", x, y);
}

struct route {
    uint32_t x1, y1, x2, y2;
};

/* False: both ends are unknown. An end in nowhere, or an arrow to itself, stays beside the lifeline. */
static bool route(const struct drawing *d, const struct sequence_arrow *x, uint32_t down, struct route *r) {
    bool received = x->end == ARROW_RECEIVED, known = x->from >= 0 && x->to >= 0;
    int to = x->to >= 0 ? x->to : x->from, from = x->from >= 0 ? x->from : x->to;
    if (to < 0) return false;
    uint32_t beside = d->lane * 2 / 5;
    r->x1 = x_of(d, from);
    r->x2 = x_of(d, to);
    r->y2 = d->y[x->at] + (received ? 0 : down);
    r->y1 = received && x->from >= 0 ? d->y[x->sent] : r->y2;
    bool right = r->x2 > r->x1 || (r->x2 == r->x1 && from + 1 < (int)d->q->lanes.n);
    if (known && from != to) {
        uint32_t reach = (right ? r->x2 - r->x1 : r->x1 - r->x2) * 3 / 4;
        if (!received) r->x2 = right ? r->x1 + reach : r->x1 - reach;
    } else if (x->from < 0) {
        r->x1 = right ? r->x2 - beside : r->x2 + beside;
    } else if (!received || from != to) {
        r->x2 = right ? r->x1 + beside : r->x1 - beside;
    }
    return true;
}

static const char *arrow_text(struct drawing *d, const struct sequence_arrow *x) {
    if (x->fate) return arena_printf(&d->arena, "%s, %s", x->text, x->fate);
    if (!x->sent || x->sent + 1 == x->at) return x->text;
    return arena_printf(&d->arena, "%s, sent at %u", x->text, x->sent + 1);
}

static void draw_shaft(struct drawing *d, const struct sequence_arrow *x, const struct route *r) {
    if (r->x1 == r->x2) fprintf(d->out, "<path class=\"shaft\" d=\"M%u %u h26 V%u h-17\"/>\n", r->x1, r->y1, r->y2);
    else draw_line(d, "shaft", r->x1, r->y1, r->x2, r->y2);
    draw_tip(d, x->end, r->x2 > r->x1, r->x2, r->y2);
}

static void draw_words(struct drawing *d, const struct sequence_arrow *x, const struct route *r) {
    bool right = r->x2 > r->x1, itself = r->x1 == r->x2,
         stub = !itself && (x->from < 0 || x->to < 0 || x->from == x->to);
    uint32_t wide = right ? r->x2 - r->x1 : r->x1 - r->x2;
    uint32_t room = itself || stub ? d->lane - 20 : wide > 16 ? wide - 16 : 0;
    uint32_t foot = x->from < 0 ? r->x2 : r->x1; /* of a stub: the lifeline that it belongs to */
    const char *text = sequence_short(&d->arena, x->text, room / LETTER, "…");
    if (itself) draw_text(d, "label", "start", r->x1 + 32, r->y2 - 4, text);
    else if (stub && right == (x->from >= 0)) draw_text(d, "label", "start", foot + 8, r->y2 - 6, text);
    else if (stub) draw_text(d, "label", "end", foot - 8, r->y2 - 6, text);
    else if (right) draw_text(d, "label", "end", r->x2 - 12, r->y2 - 6, text);
    else draw_text(d, "label", "start", r->x2 + 12, r->y2 - 6, text);
}

static void draw_arrow(struct drawing *d, const struct sequence_arrow *x, uint32_t down, bool words) {
    static const char *const classes[] = {"arrow", "arrow lost", "arrow waiting"};
    struct route r;
    if (!route(d, x, down, &r)) return;
    fprintf(d->out, "<g class=\"%s\"><title>", classes[x->end]);
    xml_text(d->out, arrow_text(d, x));
    fputs("</title>", d->out);
    if (words) draw_words(d, x, &r);
    else draw_shaft(d, x, &r);
    fputs("</g>\n", d->out);
}

static void draw_arrows(struct drawing *d, uint32_t at, uint32_t *arrow, bool words) {
    uint32_t down = 0;
    for (; *arrow < d->q->arrows.n && d->q->arrows.at[*arrow].at == at; ++*arrow) {
        const struct sequence_arrow *x = &d->q->arrows.at[*arrow];
        if (x->end != ARROW_RECEIVED) down += EXTRA;
        draw_arrow(d, x, down, words);
    }
}

/* All lines first, so that no text is crossed out. */
static void draw_lines(struct drawing *d, uint32_t at, uint32_t *arrow) {
    uint32_t end = at + 1 < d->q->events ? d->y[at + 1] : d->height;
    fprintf(d->out, "<g class=\"step\" data-step=\"%u\">\n", at);
    fprintf(d->out, "<rect class=\"band\" x=\"0\" y=\"%u\" width=\"%u\" height=\"%u\"/>\n", d->y[at] - ROW / 2,
            d->width, end - d->y[at]);
    draw_arrows(d, at, arrow, false);
    fputs("</g>\n", d->out);
}

static void draw_event(struct drawing *d, uint32_t at, uint32_t *mark, uint32_t *arrow) {
    char number[16];
    snprintf(number, sizeof number, "%u", at + 1);
    fprintf(d->out, "<g class=\"step\" data-step=\"%u\">\n", at);
    draw_text(d, "number", "end", 30, d->y[at] + 4, number);
    for (; *mark < d->q->marks.n && d->q->marks.at[*mark].at == at; ++*mark) draw_mark(d, &d->q->marks.at[*mark]);
    draw_arrows(d, at, arrow, true);
    fputs("</g>\n", d->out);
}

static void draw_cycle(const struct drawing *d) {
    if (!d->q->lasso || d->q->loop + 1 >= d->q->events) return;
    uint32_t top = d->y[d->q->loop + 1] - 12, bottom = d->y[d->q->events - 1] + 12, middle = (top + bottom) / 2;
    fprintf(
        d->out,
        "<g class=\"cycle\"><title>these steps repeat for ever</title><path class=\"bracket\" d=\"M56 %u H44 V%u "
        "H56\"/><path class=\"tip\" d=\"M58 %u l-9 -4 v8 z\"/>\n"
        "<text class=\"label\" text-anchor=\"middle\" transform=\"translate(40 %u) rotate(-90)\">for ever</text></g>\n",
        bottom, top, top, middle);
}

void svg_open(const struct sequence *q, const char *id, const char *label, FILE *out) {
    struct drawing d = {.out = out};
    lay_out(&d, q);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"%s\" class=\"sequence\" role=\"img\" width=\"%u\" "
            "height=\"%u\" viewBox=\"0 0 %u %u\" aria-label=\"",
            id, d.width, d.height, d.width, d.height);
    xml_text(out, label);
    fputs("\">\n", out);
    arena_free(&d.arena);
}

void svg_body(const struct sequence *q, FILE *out) {
    struct drawing d = {.out = out};
    uint32_t mark = 0, arrow = 0, line = 0;
    lay_out(&d, q);
    fprintf(out, "<rect class=\"paper\" width=\"%u\" height=\"%u\"/>\n", d.width, d.height);
    for (uint32_t i = 0; i < q->events; i++) draw_lines(&d, i, &line);
    for (uint32_t i = 0; i < q->lanes.n; i++) draw_lane(&d, (int)i);
    for (uint32_t i = 0; i < q->events; i++) draw_event(&d, i, &mark, &arrow);
    draw_cycle(&d);
    arena_free(&d.arena);
}

void svg_close(FILE *out) { fputs("</svg>\n", out); }

void export_svg(const struct report_check *r, const struct report_trace *t, FILE *out) {
    struct sequence q;
    (void)r;
    sequence_make(&q, t, true);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
    svg_open(&q, "sequence", t->headline, out);
    fprintf(out, "<style>\n%s</style>\n<title>", asset_sequence_css);
    xml_text(out, t->headline);
    fputs("</title>\n", out);
    svg_body(&q, out);
    svg_close(out);
    sequence_free(&q);
}
