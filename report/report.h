/* What a person or a tool reads of one check: text and JSON from the same record. Nothing here computes a verdict. */
#ifndef DC_REPORT_REPORT_H
#define DC_REPORT_REPORT_H

#include <stdio.h>

#include "base/diag.h"
#include "checker/search.h"
#include "model/story.h"

enum verdict { VERDICT_PROVED, VERDICT_VIOLATED, VERDICT_INCONCLUSIVE, VERDICT_SAMPLED, VERDICT_ERROR };

struct report_property {
    const char *name, *kind; /* "invariant", "reachable", "deadlock", … */
    struct span span;        /* in the sources of the check; a source of UINT32_MAX: nowhere */
    enum verdict verdict;
    const char *note; /* or NULL: "a witness of 7 states", "not evaluated by this version" */
    bool found;       /* it has a trace */
};

struct report_trace {
    const char *property, *kind, *headline; /* headline: "invariant Agreement is violated" */
    bool witness, lasso;
    uint32_t loop;     /* of a lasso: index of the state to which it goes back, or of the last, where it stays */
    const char *claim; /* what holds of its last state, as an expression of the spec; or NULL */
    struct dc_story story;
};

/* What became of a scenario; its run is a trace of the report. */
enum scenario_outcome { SCENARIO_POSSIBLE, SCENARIO_BLOCKED, SCENARIO_UNDECIDED };
struct report_scenario {
    bool impossible; /* as it is declared */
    enum scenario_outcome outcome;
    uint32_t steps;    /* of the run that was found */
    uint32_t step;     /* at which it is blocked, from 1; 0: at a line that is no step */
    const char *line;  /* and that line; NULL: none */
    const char *place; /* its file:line:col */
    struct span span;
    VEC(const char *) why;     /* by what */
    VEC(const char *) instead; /* steps that are possible there */
    uint64_t pairs;            /* of a state and a line that were looked at */
};

struct report_check {
    const char *spec, *check;         /* check: its name, or NULL */
    struct report_scenario *scenario; /* NULL: it is a check */
    const char *settings;             /* of the check, as a scenario would write them; NULL: not asked for */
    const char *constants;            /* "N = 3, B = 2" */
    enum verdict verdict;
    bool expected;
    int code;           /* exit code (docs/verdicts.md) */
    const char *reason; /* of an inconclusive verdict, or of an unmet expectation; NULL if none */
    const char *property, *kind;
    VEC(struct report_property) properties;
    VEC(struct report_trace) traces;
    VEC(const char *) warnings;
    VEC(const char *) actions; /* "acceptor: Prepare" and the like, by action */
    VEC(struct span) places;   /* of their names, by action */
    const struct sources *sources;
    struct search_result result;
    uint32_t workers;
    const char *execution; /* "interpreter", "native", "interpreter, then native" */
    uint64_t seed;
    void *owner; /* what the texts above live in; let go by report_free */
    void (*release)(void *owner);
};

const char *verdict_word(enum verdict);

enum trace_form { TRACE_STEPS, TRACE_CHART, TRACE_FULL, TRACE_NONE };

struct report_style {
    bool colour, quiet, utf8, explain; /* explain: a story in sentences follows each trace */
    enum trace_form trace;
    uint32_t width; /* columns, for charts */
};
void report_scenario_line(const struct report_check *, const struct report_style *, FILE *); /* its outcome */
void report_text(const struct report_check *, const struct report_style *, FILE *);
void report_event_text(const struct dc_event *, uint32_t number, const struct report_style *,
                       FILE *);                              /* one step, from 0 */
void report_trace_text(const struct report_trace *, FILE *); /* the steps of one trace */
/* All checks of a run as one document (docs/json.md). False: it could not be written. */
bool report_json(const struct report_check *const *, uint32_t n, const char *spec, const char *version, FILE *);
void report_free(struct report_check *);
void print_count(FILE *, uint64_t); /* 1,234,567 */

#endif
