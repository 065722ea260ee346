#include "model/story.h"

void story_free(struct dc_story *s) {
    for (uint32_t i = 0; i < s->events.n; i++) {
        VEC_FREE(s->events.at[i].sent);
        VEC_FREE(s->events.at[i].copied);
        VEC_FREE(s->events.at[i].changes);
        VEC_FREE(s->events.at[i].state);
        VEC_FREE(s->events.at[i].watched);
        VEC_FREE(s->events.at[i].trees);
        VEC_FREE(s->events.at[i].pins);
    }
    VEC_FREE(s->processes);
    VEC_FREE(s->messages);
    VEC_FREE(s->variables);
    VEC_FREE(s->types);
    VEC_FREE(s->events);
    VEC_FREE(s->why);
    VEC_FREE(s->ends);
    VEC_FREE(s->failed_pins);
    arena_free(&s->arena);
}
