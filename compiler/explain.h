/* The slow side of the seam: replays a trace with the interpreter and says in words what happens and why it is wrong.
 */
#ifndef DC_COMPILER_EXPLAIN_H
#define DC_COMPILER_EXPLAIN_H

#include "compiler/compile.h"
#include "model/story.h"

struct explain_trace {
    uint32_t length;
    const uint64_t *states;
    const uint32_t *ordinals;
    bool step; /* a further step, `ordinal`, out of the last state */
    uint32_t ordinal;
    int pred; /* what is violated, or -1 */
    enum dc_error error;
    bool stop;    /* say what blocks each process */
    bool lasso;   /* of a temporal property: no single state is to blame */
    bool escape;  /* say which step was the last that could have been another (escape.h) */
    bool pins;    /* say what tells each step from others of its title */
    bool reorder; /* bring the steps of one process together where that changes nothing */
};

/* Replays every step by itself. False: some step could not be repeated, and then nothing may be printed. */
bool explain(const struct program *, const struct sources *, const struct explain_trace *, struct dc_story *);
const char *error_text(enum dc_error);

#endif
