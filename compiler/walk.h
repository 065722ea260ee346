/* The steps of one state, by the titles under which traces show them.
 *
 * A walk owns what it hands out: until walk_clear, which keeps nothing. Not thread-safe. */
#ifndef DC_COMPILER_WALK_H
#define DC_COMPILER_WALK_H

#include "compiler/compile.h"
#include "model/story.h"

struct walk_step {
    const char *title, *note; /* note: "fault", "lie" or NULL */
    uint32_t action, ordinal; /* of an initial state: UINT32_MAX, and which */
    int actor;                /* process, or -1 */
    enum dc_error error;      /* then `to` is NULL */
    bool idle;                /* it changes nothing */
    const uint64_t *to;
};

struct walk_steps {
    VEC(struct walk_step) list; /* freed by the caller */
};

struct walk;
struct walk *walk_open(const struct program *, const struct sources *);
void walk_close(struct walk *);
void walk_clear(struct walk *);
/* All successors of a state, or the initial states, in the order of the searches. Steps whose error is DC_STOP_CUT
 * leave the bounds of the search. */
void walk_from(struct walk *, const uint64_t *state, struct walk_steps *);
void walk_start(struct walk *, struct walk_steps *);
/* The values of a state as traces print them, and what has changed in it, unless `before` is NULL. The vectors are the
 * caller's. */
void walk_values(struct walk *, const uint64_t *state, const uint64_t *before, struct dc_event *);
/* What tells `to` from every other state in the list that a step of this title leads to: values of variables, pushed to
 * `pins`; their texts live in `arena`. */
void walk_pins(struct walk *, const struct walk_steps *, const char *title, const uint64_t *to, struct arena *arena,
               struct dc_pins *pins);

#endif
