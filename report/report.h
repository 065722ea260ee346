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

/* A symmetric type of the spec, and why it does not reduce the search (NULL: it does). */
struct report_symmetry {
    const char *name, *why;
    uint32_t ids;
};
/* Where the states of a check come from (-profile). */
struct report_profile_action {
    const char *name;
    uint64_t successors, fresh; /* fresh: they led to a state for the first time */
    double seconds;
};
struct report_profile_part {
    const char *name, *kind;               /* "variable", "network", "each of", "field", "message", "its field" */
    bool ghost, values_exact, times_exact; /* else estimated */
    double values;
    double times; /* states, as a multiple of those without this part; 0: not asked of it */
};
struct report_profile {
    struct arena arena;
    uint64_t states;
    double seconds;
    bool whole;
    VEC(struct report_profile_action) actions;
    VEC(struct report_profile_part) parts;
    const char *advice;
};
void report_profile_text(const struct report_profile *, FILE *);
void report_profile_free(struct report_profile *);
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
    bool stops;         /* deadlocks were looked for */
    int code;           /* exit code (docs/verdicts.md) */
    const char *reason; /* of an inconclusive verdict, or of an unmet expectation; NULL if none */
    const char *property, *kind;
    VEC(struct report_property) properties;
    VEC(struct report_trace) traces;
    VEC(const char *) warnings;
    uint32_t unhappened;       /* warnings about actions that never happened */
    VEC(const char *) actions; /* "acceptor: Prepare" and the like, by action */
    VEC(struct span) places;   /* of their names, by action */
    VEC(struct report_symmetry) symmetry;
    const struct sources *sources;
    struct search_result result;
    uint32_t workers;
    const char *execution; /* "interpreter", "native", "interpreter, then native" */
    uint64_t seed;
    struct report_profile *profile; /* or NULL */
    void *owner;                    /* what the texts above live in; let go by report_free */
    void (*release)(void *owner);
};

/* Of all checks that ran, together (-coverage). */
struct report_covered {
    const char *what; /* "branches" */
    uint32_t all, reached;
};
struct report_coverage {
    uint32_t checks, partial; /* partial: not searched to the end, or cut */
    uint64_t states;
    VEC(struct report_covered) kinds;
    VEC(struct diag) findings; /* the texts are the front's */
    const struct sources *sources;
};

/* A sweep (cli/sweep.h): one row for each check and each combination of values. */
enum { REPORT_SWEPT = 16 };
struct report_sweep_row {
    const char *check, *values[REPORT_SWEPT];
    const char *verdict, *why; /* why: the reason for the verdict, or NULL; no verdict: it was not run, and why not */
    int code;
    uint64_t distinct, generated, memory_bytes;
    uint32_t depth;
    bool whole, full;       /* all states were seen; the memory was not enough */
    double seconds, growth; /* growth: times the states of the row before; 0: there is none */
    double expected, expected_seconds, expected_bytes; /* forecast before it ran; 0: nobody knew */
};
struct report_sweep {
    const char *spec;
    const char *const *names;
    uint32_t n_names, n_rows;
    const struct report_sweep_row *rows;
};
void report_sweep_line(const struct report_sweep *, uint32_t row, FILE *); /* with a heading where a check begins */
void report_sweep_end(const struct report_sweep *, FILE *);
void report_sweep_csv(const struct report_sweep *, FILE *); /* RFC 4180 */

/* What belongs to the run and to none of its checks; what is NULL was not asked for. */
struct report_run {
    const struct report_coverage *coverage;
    const struct report_sweep *sweep;
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
                       FILE *); /* one step, from 0 */
/* The trace of what the verdict is about (r->property), else of the first violation; NULL: there is none. */
const struct report_trace *report_main_trace(const struct report_check *);
void report_trace_text(const struct report_trace *, FILE *); /* the steps of one trace */
/* All checks of a run as one document (docs/json.md). False: it could not be written. */
bool report_json(const struct report_check *const *, uint32_t n, const struct report_run *, const char *spec,
                 const char *version, FILE *);
void report_coverage_text(const struct report_coverage *, FILE *);
void report_free(struct report_check *);
void print_count(FILE *, uint64_t);                  /* 1,234,567 */
void print_count_right(uint64_t, int width, FILE *); /* the same, with blanks before it */

#endif
