/* Scenarios: runs written down by the titles of their steps, as traces print them.
 *
 * Two parts. scenario_lower reads the lines of a scenario against the program of its check: which actions a title can
 * mean, which values it gives. scenario_run then looks for a run that fits, breadth first over pairs (state, line), and
 * so finds a shortest one. A pair is kept whole, so nothing rests on hashes: what is called impossible was tried.
 *
 * Lines live in the arena of the program. A title leaves out what it likes; texts of values are compared as they are
 * printed, without blanks, so that names which expressions refuse (of symmetric types) can be written. */
#ifndef DC_COMPILER_SCENARIO_H
#define DC_COMPILER_SCENARIO_H

#include <stdatomic.h>

#include "compiler/compile.h"

enum line_kind { LINE_START, LINE_STEP, LINE_ANY, LINE_EXPECT };
enum detail_kind { DETAIL_SENDS, DETAIL_CHANGE, DETAIL_VALUE };

struct line_value { /* name: value, both without blanks */
    const char *name, *text;
    struct span span;
};

struct line_detail { /* what stands below a title in a trace: it must be so too */
    enum detail_kind kind;
    const char *name, *before, *text; /* SENDS: the message; to whom, or NULL */
    struct span span;
};

struct line {
    enum line_kind kind;
    struct span span;
    const char *text;  /* as written */
    uint32_t number;   /* of the step, from 1 */
    uint32_t expected; /* LINE_EXPECT: index in program->expects */
    bool *actions;     /* LINE_STEP: which it can mean */
    bool fails;        /* the step has no end: an assertion or an error in it */
    int process;
    const char *id, *message;
    int from;            /* process, or -1: any */
    const char *from_id; /* or NULL: any */
    uint32_t n_fields, n_bindings, n_details;
    struct line_value *fields, *bindings;
    struct line_detail *details;
};

struct scenario {
    uint32_t n, steps; /* lines, and how many of them are steps */
    struct line *lines;
};

struct compile;
void scenario_lower(struct compile *, const struct ast *lines); /* fills scenario and expects of the program */

/* How much is tried before the answer is "not decided": pairs of state and line, successors, bytes of states. */
enum { SCENARIO_PAIRS = 1000000, SCENARIO_SUCCESSORS = 50000000 };
static const uint64_t SCENARIO_BYTES = 1ull << 30;

enum replay_end { REPLAY_POSSIBLE, REPLAY_BLOCKED, REPLAY_UNDECIDED };

struct replay {
    enum replay_end end;
    uint32_t length;    /* the run: to its end, or as far as one that fits gets */
    uint64_t *states;   /* length states */
    uint32_t *ordinals; /* ordinals[i] leads to states[i] */
    bool step;          /* the last line fails: `ordinal` out of the last state has the error */
    uint32_t ordinal;
    enum dc_error error;
    uint32_t line;    /* where no run gets further; the number of lines if there is none */
    uint32_t waiting; /* states that wait there */
    uint64_t pairs;
    struct arena arena;
    VEC(const char *) why;     /* by what it is blocked, or why it is not decided */
    VEC(const char *) instead; /* titles of steps that are possible there */
};

void scenario_run(const struct program *, const struct sources *, const atomic_int *stop, struct replay *);
void replay_free(struct replay *);

#endif
