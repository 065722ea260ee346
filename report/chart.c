#include "report/chart.h"

#include <string.h>

#include "report/sequence.h"

enum { MARGIN = 8, BRACKET = 6, LEAST = 11, MOST = 36 }; /* columns: left of the first lane; of a lane */

struct glyphs {
    const char *life, *line, *dash, *right, *left, *open_right, *open_left, *leave_right, *leave_left, *lost, *top,
        *side, *bottom, *dots;
};
static const struct glyphs utf8 = {"│", "─", "╌", "▶", "◀", "▷", "◁", "├", "┤", "×", "╭", "│", "╰", "…"};
static const struct glyphs ascii = {"|", "-", ".", ">", "<", ">", "<", "+", "+", "x", "/", "|", "\\", ".."};

struct cell {
    char text[5];
    char tint; /* r, d, b or 0 */
};

struct chart {
    struct sequence q;
    const struct glyphs *g;
    bool colour;
    uint32_t width, lane_width;
    struct cell *row;
    bool number_due, old, lost, waiting; /* the step of this row is not numbered yet; what a legend must explain */
    FILE *out;
};

static uint32_t centre(const struct chart *c, int lane) {
    return MARGIN + (uint32_t)lane * c->lane_width + c->lane_width / 2;
}

static void put(struct chart *c, uint32_t x, const char *glyph, char tint) {
    if (x >= c->width) return;
    snprintf(c->row[x].text, sizeof c->row[x].text, "%s", glyph);
    c->row[x].tint = tint;
}

static void put_text(struct chart *c, uint32_t x, const char *s, char tint) {
    while (*s) {
        char one[5] = {0};
        uint32_t n = 1;
        while (n < 4 && ((unsigned char)s[n] & 0xC0) == 0x80) n++;
        memcpy(one, s, n);
        put(c, x++, one, tint);
        s += n;
    }
}

static void clear(struct chart *c, bool lives) {
    memset(c->row, 0, c->width * sizeof *c->row);
    for (uint32_t i = 0; lives && i < c->q.lanes.n; i++) put(c, centre(c, (int)i), c->g->life, 'd');
}

static const char *escape(char tint) {
    return tint == 'r' ? "\033[1;31m" : tint == 'd' ? "\033[2m" : tint == 'b' ? "\033[1m" : "\033[0m";
}

static void flush(struct chart *c) {
    uint32_t n = c->width;
    char tint = 0;
    while (n && !c->row[n - 1].text[0]) n--;
    for (uint32_t i = 0; i < n; i++) {
        if (c->colour && c->row[i].text[0] && c->row[i].tint != tint) {
            if (tint) fputs("\033[0m", c->out);
            if (c->row[i].tint) fputs(escape(c->row[i].tint), c->out);
            tint = c->row[i].tint;
        }
        fputs(c->row[i].text[0] ? c->row[i].text : " ", c->out);
    }
    fprintf(c->out, "%s\n", tint ? "\033[0m" : "");
}

/* A row of event `at`, with its number if it is the first, and the cycle at the margin. */
static void begin_row(struct chart *c, uint32_t at) {
    char number[16];
    clear(c, true);
    snprintf(number, sizeof number, "%5u", at + 1);
    if (c->number_due) put_text(c, 0, number, 0);
    if (c->q.lasso && at > c->q.loop)
        put(c, BRACKET, c->number_due && at == c->q.loop + 1 ? c->g->top : c->g->side, 'b');
    c->number_due = false;
}

static void centred(struct chart *c, uint32_t middle, uint32_t room, const char *text, char tint) {
    const char *s = sequence_short(&c->q.arena, text, room, c->g->dots);
    uint32_t n = text_width(s), x = middle > n / 2 ? middle - n / 2 : 0;
    if (x + n > c->width) x = c->width > n ? c->width - n : 0;
    put_text(c, x < MARGIN ? MARGIN : x, s, tint);
}

static void draw_mark(struct chart *c, const struct sequence_mark *m) {
    struct arena *a = &c->q.arena;
    bool fault = m->kind == EVENT_CRASH || m->kind == EVENT_FAULT || m->lie;
    const char *sign = m->kind == EVENT_CRASH ? c->g->lost : m->kind == EVENT_RECOVER ? "+" : fault ? "!" : "";
    const char *text = arena_printf(a, "%s%s%s%s", sign, *sign ? " " : "", m->text, m->lie ? " (a lie)" : "");
    char tint = fault ? 'r' : m->kind == EVENT_START ? 'd' : 'b';
    begin_row(c, m->at);
    if (m->lane >= 0) {
        centred(c, centre(c, m->lane), 2 * c->lane_width - 3, text, tint); /* between the lifelines beside */
    } else {
        uint32_t end = MARGIN + (uint32_t)c->q.lanes.n * c->lane_width;
        for (uint32_t x = MARGIN; m->kind != EVENT_START && x < end; x++) put(c, x, c->g->dash, 'd');
        centred(c, (MARGIN + end) / 2, end - MARGIN - 2, arena_printf(a, " %s ", text), tint);
    }
    flush(c);
}

static void draw_torn(struct chart *c, const struct sequence_mark *m) {
    begin_row(c, m->at);
    if (m->lane >= 0)
        centred(c, centre(c, m->lane), c->lane_width - 1, arena_printf(&c->q.arena, "%s crashes", c->g->lost), 'r');
    flush(c);
}

static const char *arrow_label(struct chart *c, const struct sequence_arrow *x, uint32_t room) {
    struct arena *a = &c->q.arena;
    bool old = x->end != ARROW_WAITING && x->sent + 1 != x->at && x->sent != x->at;
    const char *how = x->again ? " again" : x->copy ? " copy" : "";
    const char *note = old ? arena_printf(a, " @%u%s", x->sent + 1, how) : x->copy ? how : "";
    uint32_t n = text_width(note);
    c->old |= old;
    return arena_printf(a, "%s%s", sequence_short(a, x->text, room > n ? room - n : 0, c->g->dots), note);
}

/* From column x to column y, both lifelines; or, where one end is nobody, to a place beside the other. */
static void draw_line(struct chart *c, const struct sequence_arrow *x, uint32_t from, uint32_t to) {
    bool right = to > from;
    uint32_t lo = right ? from : to, hi = right ? to : from, stop = x->end == ARROW_RECEIVED ? 1 : 3;
    const char *line = x->end == ARROW_RECEIVED ? c->g->line : c->g->dash;
    const char *head = x->end == ARROW_LOST       ? c->g->lost
                       : x->end == ARROW_RECEIVED ? (right ? c->g->right : c->g->left)
                                                  : (right ? c->g->open_right : c->g->open_left);
    char tint = x->end == ARROW_LOST ? 'r' : x->end == ARROW_WAITING ? 'd' : 0;
    uint32_t first = right ? lo + 1 : lo + stop, last = right ? hi - stop : hi - 1; /* the stroke, with its head */
    for (uint32_t k = first; k <= last; k++) put(c, k, line, tint);
    if (x->from >= 0) put(c, from, right ? c->g->leave_right : c->g->leave_left, tint);
    put(c, right ? last : first, head, tint);
    if (last - first < 6) return;
    const char *s = arrow_label(c, x, last - first - 4);
    if (*s)
        centred(c, (right ? first + last - 1 : first + last + 1) / 2, c->width, arena_printf(&c->q.arena, " %s ", s),
                tint);
}

/* To everyone, or to somebody unknown: the text stands beside the lifeline, on the side with more room. */
static void draw_stub(struct chart *c, const struct sequence_arrow *x, uint32_t from) {
    bool right = 2 * from < c->width + MARGIN;
    uint32_t room = right ? c->width - from - 5 : from - MARGIN - 5;
    const char *s = sequence_short(&c->q.arena, x->text, room, c->g->dots);
    const char *head = x->end == ARROW_LOST ? c->g->lost : right ? c->g->open_right : c->g->open_left;
    char tint = x->end == ARROW_LOST ? 'r' : 'd';
    put(c, from, right ? c->g->leave_right : c->g->leave_left, tint);
    put(c, right ? from + 1 : from - 1, c->g->dash, tint);
    put(c, right ? from + 2 : from - 2, head, tint);
    put_text(c, right ? from + 4 : from - 3 - text_width(s), s, tint);
}

static void draw_arrow(struct chart *c, const struct sequence_arrow *x) {
    uint32_t beside = c->lane_width - 2;
    begin_row(c, x->at);
    c->lost |= x->end == ARROW_LOST;
    c->waiting |= x->end == ARROW_WAITING;
    if (x->from < 0 && x->to < 0) {
        centred(c, MARGIN, c->width - MARGIN, x->text, 0);
    } else if (x->from < 0) {
        uint32_t to = centre(c, x->to);
        draw_line(c, x, to > beside ? to - c->lane_width / 2 : 0, to);
    } else if (x->to < 0) {
        draw_stub(c, x, centre(c, x->from));
    } else if (x->from == x->to) {
        uint32_t at = centre(c, x->to);
        put(c, at, c->g->leave_right, 0);
        put(c, at + 1, x->end == ARROW_RECEIVED ? c->g->left : x->end == ARROW_LOST ? c->g->lost : c->g->open_left, 0);
        put_text(c, at + 3, sequence_short(&c->q.arena, x->text, c->width > at + 3 ? c->width - at - 3 : 0, c->g->dots),
                 0);
    } else {
        draw_line(c, x, centre(c, x->from), centre(c, x->to));
    }
    flush(c);
}

/* The end of a name tells more than its start: Acceptor1. */
static const char *tail(struct chart *c, const char *name, uint32_t room) {
    uint32_t n = text_width(name), dots = text_width(c->g->dots);
    if (n <= room) return name;
    for (uint32_t skip = n - (room - dots); skip; name++) /* to the start of the first character that stays */
        if (((unsigned char)name[1] & 0xC0) != 0x80) skip--;
    return arena_printf(&c->q.arena, "%s%s", c->g->dots, name);
}

/* The names, in two rows where they are too long for one: acceptor / [Acceptor1]. */
static void draw_head(struct chart *c) {
    uint32_t room = c->lane_width - 1, longest = 0, n = c->q.lanes.n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t width = text_width(sequence_name(&c->q, (int)i));
        if (width > longest) longest = width;
    }
    for (int line = longest > room ? 0 : 1; line < 2; line++) {
        clear(c, false);
        for (uint32_t i = 0; i < n; i++) {
            const char *name = sequence_name(&c->q, (int)i), *id = strchr(name, '[');
            if (longest > room)
                name = line ? (id ? id : "") : arena_printf(&c->q.arena, "%.*s", id ? (int)(id - name) : 999, name);
            centred(c, centre(c, (int)i), room, line ? tail(c, name, room) : name, 'b');
        }
        flush(c);
    }
}

static void draw_event(struct chart *c, uint32_t at, uint32_t *mark, uint32_t *arrow) {
    const struct sequence_mark *m =
        *mark < c->q.marks.n && c->q.marks.at[*mark].at == at ? &c->q.marks.at[*mark] : NULL;
    if (m) ++*mark;
    c->number_due = true;
    if (m && !(m->torn && m->kind == EVENT_RECEIVE)) draw_mark(c, m);
    for (; *arrow < c->q.arrows.n && c->q.arrows.at[*arrow].at == at; ++*arrow) draw_arrow(c, &c->q.arrows.at[*arrow]);
    if (m && m->torn) draw_torn(c, m);
    if (!c->number_due) return;
    begin_row(c, at);
    flush(c);
}

static void draw_end(struct chart *c) {
    bool cycle = c->q.lasso && c->q.loop + 1 < c->q.events;
    if (cycle) {
        clear(c, true);
        put(c, BRACKET, c->g->bottom, 'b');
        flush(c);
    }
    if (c->old) fprintf(c->out, "%*s@n: sent at step n\n", MARGIN - 1, "");
    if (c->waiting)
        fprintf(c->out, "%*s%s%s: in the network; no step of this run receives it\n", MARGIN - 1, "", c->g->dash,
                c->g->open_right);
    if (c->lost) fprintf(c->out, "%*s%s%s: lost\n", MARGIN - 1, "", c->g->dash, c->g->lost);
}

bool chart_print(const struct report_trace *t, const struct chart_style *style, uint32_t *lanes, FILE *out) {
    struct chart c = {.g = style->utf8 ? &utf8 : &ascii, .colour = style->colour, .out = out};
    c.width = style->width > 400 ? 400 : style->width;
    sequence_make(&c.q, t, true);
    if (MARGIN + c.q.lanes.n * LEAST > c.width) { /* those who do nothing are left out first */
        sequence_free(&c.q);
        sequence_make(&c.q, t, false);
    }
    *lanes = c.q.lanes.n;
    bool fits = c.q.lanes.n && MARGIN + c.q.lanes.n * LEAST <= c.width;
    if (fits) {
        uint32_t mark = 0, arrow = 0;
        c.lane_width = (c.width - MARGIN) / c.q.lanes.n;
        if (c.lane_width > MOST) c.lane_width = MOST;
        c.row = mem_alloc((c.width + 1) * sizeof *c.row);
        draw_head(&c);
        for (uint32_t i = 0; i < c.q.events; i++) draw_event(&c, i, &mark, &arrow);
        draw_end(&c);
        mem_free(c.row);
    }
    sequence_free(&c.q);
    return fits;
}
