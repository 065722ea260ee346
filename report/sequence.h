/* A trace as a sequence diagram: lanes, marks and arrows, the one model behind the chart, Mermaid, PlantUML and SVG.
 *
 * Refers to the story of the trace, which must outlive it; what is its own lives in its arena until sequence_free. */
#ifndef DC_REPORT_SEQUENCE_H
#define DC_REPORT_SEQUENCE_H

#include "report/report.h"

enum arrow_end {
    ARROW_RECEIVED,
    ARROW_LOST,    /* removed by something else than its receipt */
    ARROW_WAITING, /* nobody receives it in this trace */
};

struct sequence_arrow {
    int message;        /* of the story */
    int from, to;       /* lanes; -1: unknown, or everyone */
    uint32_t sent;      /* the event, 0: there from the start */
    uint32_t at;        /* the event in which it ends, or begins if it is waiting */
    enum arrow_end end; /* */
    bool again;         /* it was received before */
    bool copy;          /* a fault made it; `sent` is that event */
    const char *text;   /* Vote(term: 1) */
    const char *fate;   /* "lost", "dropped by the crash", "not received", …; NULL if it is received */
};

struct sequence_mark { /* of an event that is no mere receipt */
    uint32_t at;
    int lane; /* -1: of no process */
    enum dc_event_kind kind;
    bool lie, torn;
    const char *text; /* "begin", "crashes", "time passes" */
};

struct sequence {
    struct arena arena;
    const struct dc_story *story;
    uint32_t events;
    VEC(int) lanes;                    /* the process of each */
    VEC(struct sequence_mark) marks;   /* by event */
    VEC(struct sequence_arrow) arrows; /* by event */
    bool lasso;                        /* events loop+1 … events-1 repeat for ever; none: it stays where it is */
    uint32_t loop;
};

/* `idle`: with lanes for processes that take no part, too. */
void sequence_make(struct sequence *, const struct report_trace *, bool idle);
void sequence_free(struct sequence *);
const char *sequence_name(const struct sequence *, int lane);

/* Ends a line about a mark or an arrow: " (a lie)", " (sent at 3, again)", and so on. */
void sequence_mark_end(const struct sequence_mark *, FILE *);
void sequence_arrow_end(const struct sequence_arrow *, FILE *);

/* At most `width` characters of a message or action: first without the names of its fields, then cut. */
const char *sequence_short(struct arena *, const char *text, uint32_t width, const char *ellipsis);
uint32_t text_width(const char *); /* characters, not bytes */

#endif
