#include "compiler/walk.h"

#include <string.h>

#include "compiler/teller.h"

struct walk {
    struct teller teller, look; /* look: has an interpreter of its own, for what is asked while steps are enumerated */
    struct dc_story story, looked;
    struct walk_steps *out;
    uint32_t ordinal;
};

static void open_teller(struct teller *t, const struct program *p, const struct sources *sources, struct dc_story *s) {
    *t = (struct teller){.p = p, .sources = sources, .story = s, .tell = true};
    t->flight = (struct flight){.p = p, .story = s};
    t->e = eval_open(p);
    t->e->target = mem_alloc(p->state_words * sizeof *t->e->target);
    t->e->record = &t->record;
}

static void clear_teller(struct teller *t) {
    arena_free(&t->story->arena);
    arena_free(&t->record.arena);
    t->flight.kinds.n = 0;
}

static void close_teller(struct teller *t) {
    clear_teller(t);
    VEC_FREE(t->flight.kinds);
    VEC_FREE(t->record.sent);
    VEC_FREE(t->record.sent_value);
    mem_free(t->e->target);
    t->e->target = NULL;
    eval_close(t->e);
}

struct walk *walk_open(const struct program *p, const struct sources *sources) {
    struct walk *w = mem_alloc(sizeof *w);
    open_teller(&w->teller, p, sources, &w->story);
    open_teller(&w->look, p, sources, &w->looked);
    return w;
}

void walk_clear(struct walk *w) {
    clear_teller(&w->teller);
    clear_teller(&w->look);
}

void walk_close(struct walk *w) {
    if (!w) return;
    close_teller(&w->teller);
    close_teller(&w->look);
    mem_free(w);
}

static void on_step(void *self, struct eval *e, enum dc_error error) {
    struct walk *w = self;
    struct teller *t = &w->teller;
    const struct ir_action *a = &t->p->actions.at[t->action];
    struct step s = {0};
    tell_describe(t, e, a, &s, error);
    struct walk_step x = {.title = s.event.title,
                          .note = s.event.note,
                          .action = t->action,
                          .ordinal = w->ordinal++,
                          .actor = s.event.actor,
                          .error = error,
                          .to = s.to};
    x.idle = s.to && !memcmp(s.to, e->state, t->p->state_words * sizeof *s.to);
    VEC_PUSH(w->out->list, x);
    VEC_FREE(s.key);
    VEC_FREE(s.event.sent);
}

void walk_from(struct walk *w, const uint64_t *state, struct walk_steps *out) {
    struct teller *t = &w->teller;
    w->out = out;
    w->ordinal = 0;
    for (t->action = 0; t->action < t->p->actions.n; t->action++) {
        t->e->state = state;
        eval_action(t->e, &t->p->actions.at[t->action], on_step, w);
    }
}

static void on_start(void *self, struct eval *e, enum dc_error error) {
    struct walk *w = self;
    struct walk_step x = {
        .title = "initial state", .action = UINT32_MAX, .ordinal = w->ordinal++, .actor = -1, .error = error};
    if (!error) {
        uint64_t *to = arena_alloc(&w->story.arena, w->teller.p->state_words * sizeof *to);
        memcpy(to, e->target, w->teller.p->state_words * sizeof *to);
        x.to = to;
    }
    VEC_PUSH(w->out->list, x);
}

void walk_start(struct walk *w, struct walk_steps *out) {
    uint64_t *zero = mem_alloc(w->teller.p->state_words * sizeof *zero);
    w->out = out;
    w->ordinal = 0;
    w->teller.e->state = zero;
    eval_action(w->teller.e, NULL, on_start, w);
    mem_free(zero);
}

void walk_values(struct walk *w, const uint64_t *state, const uint64_t *before, struct dc_event *out) {
    tell_states(&w->look, out, state, before);
}

static void free_values(struct dc_event *e) {
    VEC_FREE(e->state);
    VEC_FREE(e->changes);
    VEC_FREE(e->watched);
}

static bool pinned(const struct dc_pins *pins, const struct dc_event *other) {
    for (uint32_t i = 0; i < pins->n; i++)
        for (uint32_t k = 0; k < other->state.n; k++)
            if (!strcmp(other->state.at[k].name, pins->at[i].name) &&
                strcmp(other->state.at[k].text, pins->at[i].text) != 0)
                return true;
    return false;
}

void walk_pins(struct walk *w, const struct walk_steps *steps, const char *title, const uint64_t *to,
               struct arena *arena, struct dc_pins *pins) {
    size_t bytes = w->teller.p->state_words * sizeof *to;
    struct dc_event mine = {0};
    for (uint32_t i = 0; i < steps->list.n; i++) {
        const struct walk_step *x = &steps->list.at[i];
        if (!x->to || strcmp(x->title, title) != 0 || !memcmp(x->to, to, bytes)) continue;
        if (!mine.state.n) walk_values(w, to, NULL, &mine);
        struct dc_event other = {0};
        walk_values(w, x->to, NULL, &other);
        for (uint32_t k = 0; k < mine.state.n && !pinned(pins, &other); k++) {
            const struct dc_value *v = &mine.state.at[k];
            if (!strcmp(v->text, other.state.at[k].text)) continue;
            struct dc_value pin = {.name = arena_strdup(arena, v->name, strlen(v->name)),
                                   .text = arena_strdup(arena, v->text, strlen(v->text))};
            VEC_PUSH(*pins, pin);
        }
        free_values(&other);
    }
    free_values(&mine);
}
