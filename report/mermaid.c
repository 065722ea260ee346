/* A sequenceDiagram of Mermaid. Its characters with a meaning are written as #number; entities. */
#include <string.h>

#include "report/export.h"
#include "report/sequence.h"

static void text(FILE *out, const char *s) {
    for (; *s; s++) {
        if (strchr("#;%<>@\"&\\", *s)) fprintf(out, "#%d;", *s);
        else if ((unsigned char)*s < ' ') fputc(' ', out);
        else fputc(*s, out);
    }
}

static void write_mark(const struct sequence *q, const struct sequence_mark *m, FILE *out) {
    if (m->lane >= 0) fprintf(out, "    Note over p%d: %u ", m->lane, m->at + 1);
    else if (q->lanes.n > 1) fprintf(out, "    Note over p0,p%u: %u ", q->lanes.n - 1, m->at + 1);
    else fprintf(out, "    Note over p0: %u ", m->at + 1);
    text(out, m->text);
    sequence_mark_end(m, out);
}

static void write_arrow(const struct sequence_arrow *x, FILE *out) {
    static const char *const heads[] = {[ARROW_RECEIVED] = "->>", [ARROW_LOST] = "--x", [ARROW_WAITING] = "--)"};
    if (x->from >= 0 && x->to >= 0) fprintf(out, "    p%d%sp%d: %u ", x->from, heads[x->end], x->to, x->at + 1);
    else
        fprintf(out, "    Note over p%d: %u %s",
                x->from >= 0 ? x->from
                : x->to >= 0 ? x->to
                             : 0,
                x->at + 1, x->from >= 0 ? "sends " : "receives ");
    text(out, x->text);
    sequence_arrow_end(x, out);
}

static void write_event(const struct sequence *q, uint32_t at, FILE *out) {
    for (uint32_t i = 0; i < q->marks.n; i++)
        if (q->marks.at[i].at == at && at) write_mark(q, &q->marks.at[i], out);
    for (uint32_t i = 0; i < q->arrows.n; i++)
        if (q->arrows.at[i].at == at) write_arrow(&q->arrows.at[i], out);
}

void export_mermaid(const struct report_check *r, const struct report_trace *t, FILE *out) {
    struct sequence q;
    sequence_make(&q, t, true);
    fputs("%% ", out);
    text(out, export_title(&q.arena, r, t));
    fputs("\nsequenceDiagram\n", out);
    for (uint32_t i = 0; i < q.lanes.n; i++) {
        fprintf(out, "    participant p%u as ", i);
        text(out, sequence_name(&q, (int)i));
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < q.events; i++) {
        if (q.lasso && i == q.loop + 1) fputs("    loop for ever\n", out);
        write_event(&q, i, out);
    }
    if (q.lasso && q.loop + 1 < q.events) fputs("    end\n", out);
    sequence_free(&q);
}
