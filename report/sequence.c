#include "report/sequence.h"

#include <ctype.h>
#include <string.h>

uint32_t text_width(const char *s) {
    uint32_t n = 0;
    for (; *s; s++) n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

/* Report(v: Vote(x: 0)) -> Report(Vote(0)); names before a colon in round brackets only. */
static char *without_names(struct arena *a, const char *text) {
    size_t n = strlen(text), depth = 0;
    char *out = arena_alloc(a, n + 1), *to = out, *open = arena_alloc(a, n + 1);
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '(' || c == '[' || c == '{') open[depth++] = c;
        if ((c == ')' || c == ']' || c == '}') && depth) depth--;
        *to++ = c;
        bool first = c == '(' || (c == ' ' && i && text[i - 1] == ',');
        if (!first || !depth || open[depth - 1] != '(') continue;
        size_t k = i + 1;
        while (isalnum((unsigned char)text[k]) || text[k] == '_') k++;
        if (k > i + 1 && text[k] == ':' && text[k + 1] == ' ') i = k + 1;
    }
    return out;
}

const char *sequence_short(struct arena *a, const char *text, uint32_t width, const char *ellipsis) {
    uint32_t dots = text_width(ellipsis);
    if (text_width(text) <= width) return text;
    char *s = without_names(a, text);
    if (text_width(s) <= width) return s;
    if (width <= dots) return "";
    char *end = s;
    for (uint32_t n = 0; *end; end++) /* the start of the character behind the last that stays */
        if (((unsigned char)*end & 0xC0) != 0x80 && n++ == width - dots) break;
    *end = 0;
    return arena_printf(a, "%s%s", s, ellipsis);
}

const char *sequence_name(const struct sequence *q, int lane) { return q->story->processes.at[q->lanes.at[lane]].name; }

static int lane_of(const struct sequence *q, int process) {
    for (uint32_t i = 0; i < q->lanes.n; i++)
        if (q->lanes.at[i] == process) return (int)i;
    return -1;
}

static int sender(const struct dc_story *s, const struct dc_message *m) {
    return m->from >= 0 || !m->sent || m->copy_of >= 0 ? m->from : s->events.at[m->sent].actor;
}

static bool shown(const struct dc_message *m) { return m->sent || m->received || m->lost; }

static void make_lanes(struct sequence *q, bool idle) {
    const struct dc_story *s = q->story;
    bool *used = arena_alloc(&q->arena, (s->processes.n + 1) * sizeof *used);
    for (uint32_t i = 0; i < s->events.n; i++)
        if (s->events.at[i].actor >= 0) used[s->events.at[i].actor] = true;
    for (uint32_t i = 0; i < s->messages.n; i++) {
        const struct dc_message *m = &s->messages.at[i];
        int from = sender(s, m);
        if (!shown(m)) continue;
        if (from >= 0) used[from] = true;
        if (m->to >= 0) used[m->to] = true;
    }
    for (uint32_t i = 0; i < s->processes.n; i++)
        if (idle || used[i]) VEC_PUSH(q->lanes, (int)i);
}

static const char *fate_of(const struct dc_event *e) {
    return e->kind == EVENT_CRASH || e->torn ? "dropped by the crash" : e->fault ? "lost" : "removed";
}

static void add_arrow(struct sequence *q, int message, uint32_t at, enum arrow_end end) {
    const struct dc_story *s = q->story;
    const struct dc_message *m = &s->messages.at[message];
    struct sequence_arrow x = {.message = message, .sent = m->sent, .at = at, .end = end, .text = m->text};
    x.copy = m->copy_of >= 0;
    x.from = lane_of(q, sender(s, m));
    x.to = lane_of(q, end == ARROW_RECEIVED ? s->events.at[at].actor : m->to);
    for (uint32_t i = 0; i < q->arrows.n; i++)
        x.again |= q->arrows.at[i].message == message && q->arrows.at[i].end == ARROW_RECEIVED;
    if (end == ARROW_LOST) x.fate = fate_of(&s->events.at[at]);
    if (end == ARROW_WAITING) x.fate = "not received";
    VEC_PUSH(q->arrows, x);
}

static void add_mark(struct sequence *q, uint32_t at) {
    const struct dc_event *e = &q->story->events.at[at];
    struct sequence_mark m = {.at = at, .kind = e->kind, .lane = lane_of(q, e->actor), .torn = e->torn};
    m.lie = e->note && !strcmp(e->note, "lie");
    m.text = e->kind == EVENT_START     ? e->title
             : e->kind == EVENT_CRASH   ? "crashes"
             : e->kind == EVENT_RECOVER ? "recovers"
             : e->kind == EVENT_TICK    ? "time passes"
                                        : e->label;
    VEC_PUSH(q->marks, m);
}

void sequence_make(struct sequence *q, const struct report_trace *t, bool idle) {
    const struct dc_story *s = &t->story;
    memset(q, 0, sizeof *q);
    q->story = s;
    q->events = s->events.n;
    q->lasso = t->lasso;
    q->loop = t->loop;
    make_lanes(q, idle);
    for (uint32_t i = 0; i < s->events.n; i++) {
        const struct dc_event *e = &s->events.at[i];
        bool received = e->taken >= 0;
        if (!received || e->torn) add_mark(q, i);
        if (received) add_arrow(q, e->taken, i, ARROW_RECEIVED);
        for (uint32_t k = 0; i && k < s->messages.n; k++) {
            const struct dc_message *m = &s->messages.at[k];
            if (m->lost == i && !m->received) add_arrow(q, (int)k, i, ARROW_LOST);
            if (m->sent == i && !m->received && !m->lost) add_arrow(q, (int)k, i, ARROW_WAITING);
        }
    }
}

void sequence_free(struct sequence *q) {
    VEC_FREE(q->lanes);
    VEC_FREE(q->marks);
    VEC_FREE(q->arrows);
    arena_free(&q->arena);
}

void sequence_mark_end(const struct sequence_mark *m, FILE *out) {
    fputs(m->lie ? " (a lie)" : m->kind == EVENT_FAULT ? " (fault)" : "", out);
    fputs(m->torn ? ", crashes in the middle of it\n" : "\n", out);
}

void sequence_arrow_end(const struct sequence_arrow *x, FILE *out) {
    if (x->fate) fprintf(out, " (%s)", x->fate);
    else if (x->sent + 1 != x->at)
        fprintf(out, " (sent at %u%s)", x->sent + 1, x->again ? ", again" : x->copy ? ", a copy" : "");
    fputc('\n', out);
}
