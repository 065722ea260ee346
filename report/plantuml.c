/* A sequence diagram of PlantUML. What its markup would take for its own is written as &#number; entities. */
#include <string.h>

#include "report/export.h"
#include "report/sequence.h"

static void text(FILE *out, const char *s) {
    for (char before = 0; *s; before = *s++) {
        bool twice = *s == before && strchr("[]-*_/\"", *s);
        if (strchr("<>~&\\\"", *s) || twice) fprintf(out, "&#%d;", *s);
        else if ((unsigned char)*s < ' ') fputc(' ', out);
        else fputc(*s, out);
    }
}

static void write_mark(const struct sequence_mark *m, FILE *out) {
    if (m->lane >= 0) fprintf(out, "note over p%d : %u ", m->lane, m->at + 1);
    else fprintf(out, "note across : %u ", m->at + 1);
    text(out, m->text);
    sequence_mark_end(m, out);
}

static void write_arrow(const struct sequence_arrow *x, FILE *out) {
    static const char *const heads[] = {[ARROW_RECEIVED] = "->", [ARROW_LOST] = "-->x", [ARROW_WAITING] = "-->>"};
    if (x->from >= 0 && x->to >= 0) fprintf(out, "p%d %s p%d : %u ", x->from, heads[x->end], x->to, x->at + 1);
    else if (x->from >= 0) fprintf(out, "p%d %s] : %u ", x->from, heads[x->end], x->at + 1);
    else if (x->to >= 0) fprintf(out, "[%s p%d : %u ", heads[x->end], x->to, x->at + 1);
    else fprintf(out, "note across : %u ", x->at + 1);
    text(out, x->text);
    sequence_arrow_end(x, out);
}

void export_plantuml(const struct report_check *r, const struct report_trace *t, FILE *out) {
    struct sequence q;
    uint32_t mark = 0, arrow = 0;
    sequence_make(&q, t, true);
    fputs("@startuml\n' ", out);
    text(out, export_title(&q.arena, r, t));
    fputs("\nhide footbox\n", out);
    for (uint32_t i = 0; i < q.lanes.n; i++) {
        fputs("participant \"", out);
        text(out, sequence_name(&q, (int)i));
        fprintf(out, "\" as p%u\n", i);
    }
    for (uint32_t i = 0; i < q.events; i++) {
        if (q.lasso && i == q.loop + 1) fputs("loop for ever\n", out);
        for (; mark < q.marks.n && q.marks.at[mark].at == i; mark++)
            if (i) write_mark(&q.marks.at[mark], out);
        for (; arrow < q.arrows.n && q.arrows.at[arrow].at == i; arrow++) write_arrow(&q.arrows.at[arrow], out);
    }
    if (q.lasso && q.loop + 1 < q.events) fputs("end\n", out);
    fputs("@enduml\n", out);
    sequence_free(&q);
}
