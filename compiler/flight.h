/* Follows the messages of a trace: which receipt answers which send, what is lost, what is repeated. A network is only
 * known by the message values in its hidden variables; those are counted before and after each step.
 *
 * Messages live in the story that is told; the rest goes with flight_close. Not thread-safe; cannot fail. */
#ifndef DC_COMPILER_FLIGHT_H
#define DC_COMPILER_FLIGHT_H

#include "compiler/ir.h"
#include "model/story.h"

struct flight_kind { /* equal messages */
    const struct type *type;
    const uint64_t *words;
    uint32_t before, now; /* copies in the network */
    VEC(int) live;        /* messages of the story that are there, oldest first */
};

struct flight {
    const struct program *p;
    struct dc_story *story;
    const char *(*text)(void *self, const struct type *, uint64_t message);
    void *self;
    VEC(struct flight_kind) kinds;
    VEC(const struct type *) types; /* by message of the story: that of its network */
    VEC(const struct type *) seen;  /* networks that show their messages */
};

/* Fills story->processes, and counts what is in the network at the start. */
void flight_open(struct flight *, const uint64_t *state);
/* The kind of a message, for the fields `taken` and `sent[].id` of an event, which flight_step replaces. */
int flight_kind(struct flight *, const struct type *, uint64_t message);
int flight_process(const struct program *, int process, uint64_t self); /* index in story->processes */
void flight_step(struct flight *, struct dc_event *, uint32_t number, const uint64_t *after);
void flight_close(struct flight *); /* says what is pending */

#endif
