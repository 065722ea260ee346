/* A counterexample as people and tools want to see it: plain texts, filled by the interpreter's replay, read by
 * report/. All of it lives in one arena of the story. */
#ifndef DC_MODEL_STORY_H
#define DC_MODEL_STORY_H

#include "base/mem.h"

#include <stdbool.h>

struct dc_value {
    const char *name, *text;
    const char *before; /* of a change: what it was; NULL in a full state */
    bool hidden;        /* bookkeeping of faults, or the inside of a network: in JSON, not in the text */
};

struct dc_sent {
    const char *message, *to;
};

struct dc_event {
    const char *action, *process; /* process: server[1], or NULL */
    const char *title;            /* one line: who did what */
    const char *note;             /* a mark such as "fault", or NULL */
    bool fault;
    const char *received, *from;
    VEC(struct dc_sent) sent;
    VEC(struct dc_value) changes;
    VEC(struct dc_value) state;
    VEC(struct dc_value) watched;
};

struct dc_story {
    struct arena arena;
    VEC(struct dc_event) events; /* the first is the initial state */
    VEC(const char *) why;       /* which conjunct failed, with witnesses; what blocks each process; who filled it */
    VEC(const char *) ends;      /* of a lasso: where it goes back, why it is fair, what would rule it out */
    const char *failed_step;     /* the step that has no successor, or breaks a property of steps */
    bool reordered;
};

void story_free(struct dc_story *);

#endif
