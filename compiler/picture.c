#include "compiler/picture.h"

#include <string.h>

#include "base/hash.h"
#include "compiler/eval.h"

struct artist {
    struct dc_picture *out;
    const struct program *p;
    struct program printed; /* the same, but messages are written with their ends: states differ by those */
    const struct dc_model *model;
    struct dc_worker *worker;
    struct eval *e;
    uint64_t *states; /* those that are drawn, one after the other */
    uint32_t *slots;  /* hash table: number of a state + 1 */
    uint32_t n_slots, most;
    /* the state being expanded */
    uint32_t from, action;
    bool stops, moves;
};

static const uint64_t *state_of(const struct artist *a, uint32_t i) {
    return a->states + (size_t)i * a->p->state_words;
}

static const char *text_of(struct artist *a, const struct type *t, uint64_t v) {
    char *s;
    size_t n;
    value_print(&a->printed, t, v, &a->out->arena, &s, &n);
    return s;
}

/* ---- labels of states ---- */

static void line(struct artist *a, struct dc_picture_state *s, const char *name, const struct type *t, uint64_t v,
                 const uint64_t *first) {
    if (first && value_same(t, *first, v)) return;
    const char *text = arena_printf(&a->out->arena, "%s = %s", name, text_of(a, t, v));
    VEC_PUSH(s->lines, text);
}

/* Element k of a map-like variable, in the state and in the first one. */
static void cell(struct artist *a, struct dc_picture_state *s, const char *name, const struct ir_var *v, uint32_t k,
                 uint64_t now, const uint64_t *first) {
    uint64_t before = first ? value_element(v->type, *first, k, NULL) : 0;
    line(a, s, name, v->type->elem, value_element(v->type, now, k, NULL), first ? &before : NULL);
}

static void describe_var(struct artist *a, struct dc_picture_state *s, const struct ir_var *v, const uint64_t *state,
                         const uint64_t *start) {
    struct arena *arena = &a->out->arena;
    uint64_t now = value_load(v->type, state, v->word, v->shift), at = 0, key[64];
    if (start) at = value_load(v->type, start, v->word, v->shift);
    const uint64_t *first = start ? &at : NULL;
    if (v->cells) {
        for (uint32_t k = 0; k < v->type->cap; k++) {
            const struct type *kt = v->cell_map->key;
            cell(a, s, arena_printf(arena, "%s[%s]", v->name, text_of(a, kt, value_unrank(kt, v->cells[k], key))), v, k,
                 now, first);
        }
    } else if (v->per_instance) {
        const struct ir_process *pr = &a->p->processes.at[v->process];
        for (uint32_t k = 0; k < pr->n; k++) {
            const char *id = text_of(a, pr->id, value_unrank(pr->id, k, NULL));
            cell(a, s, arena_printf(arena, "%s[%s].%s", pr->name, id, v->member), v, k, now, first);
        }
    } else {
        line(a, s, v->name, v->type, now, first);
    }
}

/* The first state is told in full, but for the bookkeeping of networks and faults; of the others, all that differs. */
static void describe(struct artist *a, uint32_t i) {
    struct dc_picture_state *s = &a->out->states.at[i];
    bool differs = s->level > 1;
    for (uint32_t k = 0; k < a->p->vars.n; k++) {
        const struct ir_var *v = a->p->vars.at[k];
        if (v->hidden && !differs) continue;
        describe_var(a, s, v, state_of(a, i), differs ? state_of(a, 0) : NULL);
    }
}

/* ---- states ---- */

static void judge(struct artist *a, uint32_t i) {
    struct dc_picture_state *s = &a->out->states.at[i];
    for (uint32_t k = 0; k < a->p->preds.n && k < 64; k++) {
        const struct ir_pred *q = &a->p->preds.at[k];
        uint64_t holds = 0, bit = (uint64_t)1 << k;
        uint32_t pred, site;
        bool asked = q->kind == DC_INVARIANT || q->kind == DC_FINAL || q->kind == DC_CUT ||
                     (q->kind == DC_INITIALLY && s->level == 1 && !q->refine);
        if (!asked || q->temporal) continue;
        bool fails = a->model->test(a->model, a->worker, state_of(a, i), bit, &holds, &pred, &site) != DC_OK;
        bool wrong = fails || ((q->kind == DC_INVARIANT || q->kind == DC_INITIALLY) && !holds);
        if (wrong) s->wrong = s->wrong ? arena_printf(&a->out->arena, "%s, %s", s->wrong, q->name) : q->name;
        s->final |= q->kind == DC_FINAL && holds;
        s->cut |= q->kind == DC_CUT && holds;
    }
}

/* The number of a state; UINT32_MAX: it is left out. */
static uint32_t number_of(struct artist *a, const uint64_t *state, uint32_t level) {
    uint32_t words = a->p->state_words, at = (uint32_t)hash_state(state, words) & (a->n_slots - 1);
    for (; a->slots[at]; at = (at + 1) & (a->n_slots - 1))
        if (!memcmp(state_of(a, a->slots[at] - 1), state, words * sizeof *state)) return a->slots[at] - 1;
    uint32_t i = a->out->states.n;
    if (i == a->most) {
        a->out->whole = false;
        return UINT32_MAX;
    }
    memcpy(a->states + (size_t)i * words, state, words * sizeof *state);
    a->slots[at] = i + 1;
    struct dc_picture_state s = {.level = level};
    VEC_PUSH(a->out->states, s);
    describe(a, i);
    judge(a, i);
    return i;
}

/* ---- steps ---- */

static void append(struct artist *a, const char **list, const char *name, const char *text) {
    *list = arena_printf(&a->out->arena, "%s%s%s%s%s", *list, **list ? ", " : "", name ? name : "", name ? " = " : "",
                         text);
}

/* The fields of a message but for its two ends, and what the step chooses by its names. */
static const char *details(struct artist *a, struct eval *e, const struct ir_action *act) {
    const char *list = "";
    uint64_t v;
    size_t top = e->top;
    if (act->message && eval_expr(e, act->message, &v) == DC_OK) {
        const struct type *t = act->message->type;
        const struct variant *x = &t->variants[value_tag(t, v)];
        for (uint32_t i = 0; i < x->n; i++) {
            const struct field *f = &t->fields[x->first + i];
            bool to = f->name && !strcmp(f->name, "to");
            if (!to) append(a, &list, f->name, text_of(a, f->type, value_field(t, v, f)));
        }
    }
    for (uint32_t i = 0; i < act->n_bindings; i++)
        if (eval_expr(e, act->bindings[i].value, &v) == DC_OK)
            append(a, &list, act->bindings[i].name, text_of(a, act->bindings[i].value->type, v));
    e->top = top;
    return list;
}

static const char *label(struct artist *a, struct eval *e, const struct ir_action *act) {
    struct arena *arena = &a->out->arena;
    const char *who = "", *with;
    const uint64_t *state = e->state;
    if (act->process >= 0) {
        const struct ir_process *pr = &a->p->processes.at[act->process];
        who = pr->id ? arena_printf(arena, "%s[%s]: ", pr->name, text_of(a, pr->id, e->locals[e->slot_at[act->self]]))
                     : arena_printf(arena, "%s: ", pr->name);
    }
    with = details(a, e, act);
    e->state = state;
    return arena_printf(arena, "%s%s%s%s%s%s%s", who, act->kind == ACT_HANDLER ? "on " : "", act->name,
                        *with ? "(" : "", with, *with ? ")" : "",
                        act->torn        ? " and crashes"
                        : act->byzantine ? " (a lie)"
                                         : "");
}

static bool breaks_step(struct artist *a, const uint64_t *from, const uint64_t *to) {
    for (uint32_t k = 0; k < a->p->preds.n && k < 64; k++) {
        uint64_t holds = 0;
        uint32_t pred, site;
        if (a->p->preds.at[k].kind != DC_STEP) continue;
        if (a->model->test_step(a->model, a->worker, from, to, (uint64_t)1 << k, &holds, &pred, &site) != DC_OK ||
            !holds)
            return true;
    }
    return false;
}

static void start(void *self, struct eval *e, enum dc_error error) {
    struct artist *a = self;
    if (error) return;
    number_of(a, e->target, 1);
}

static void step(void *self, struct eval *e, enum dc_error error) {
    struct artist *a = self;
    const struct ir_action *act = &a->p->actions.at[a->action];
    struct dc_picture_state *s = &a->out->states.at[a->from];
    const uint64_t *from = state_of(a, a->from);
    bool changes = error || memcmp(from, e->target, a->p->state_words * sizeof *from) != 0;
    bool harm = a->model->actions[a->action].harm;
    a->moves |= changes && !harm;
    if (error && error != DC_STOP_CUT) {
        const char *why = arena_printf(&a->out->arena, "error in %s", act->name);
        s->wrong = s->wrong ? arena_printf(&a->out->arena, "%s, %s", s->wrong, why) : why;
    }
    if (error) return;
    if (!changes) {
        a->out->same++;
        return;
    }
    uint32_t to = number_of(a, e->target, s->level + 1);
    if (to == UINT32_MAX) {
        a->out->states.at[a->from].open = true;
        return;
    }
    struct dc_picture_step x = {.from = a->from,
                                .to = to,
                                .label = label(a, e, act),
                                .fault = act->fault || act->byzantine,
                                .wrong = breaks_step(a, from, e->target)};
    for (uint32_t i = a->out->steps.n; i-- > 0 && a->out->steps.at[i].from == a->from;)
        if (a->out->steps.at[i].to == to && !strcmp(a->out->steps.at[i].label, x.label)) return;
    VEC_PUSH(a->out->steps, x);
}

static void expand(struct artist *a, uint32_t i) {
    a->from = i;
    a->moves = false;
    if (a->out->states.at[i].cut) return;
    for (a->action = 0; a->action < a->p->actions.n; a->action++) {
        a->e->state = state_of(a, i);
        eval_action(a->e, &a->p->actions.at[a->action], step, a);
    }
    struct dc_picture_state *s = &a->out->states.at[i];
    if (!a->stops || a->moves || s->final) return;
    s->wrong = s->wrong ? arena_printf(&a->out->arena, "%s, deadlock", s->wrong) : "deadlock";
}

void picture_make(struct dc_picture *out, const struct program *p, uint32_t most, bool stops) {
    struct dc_model *model = eval_model(p);
    struct artist a = {
        .out = out, .p = p, .printed = *p, .model = model, .e = eval_open(p), .most = most, .stops = stops};
    uint64_t *zero = mem_alloc((p->state_words + 1) * sizeof *zero);
    a.printed.message_type = NULL;
    memset(out, 0, sizeof *out);
    out->whole = true;
    for (a.n_slots = 16; a.n_slots < 2 * most;) a.n_slots *= 2;
    a.worker = model->open(model);
    a.states = mem_alloc(((size_t)most + 1) * p->state_words * sizeof *a.states);
    a.slots = mem_alloc(a.n_slots * sizeof *a.slots);
    a.e->target = mem_alloc((p->state_words + 1) * sizeof *a.e->target);
    a.e->state = zero;
    eval_action(a.e, NULL, start, &a);
    for (uint32_t i = 0; i < out->states.n; i++) expand(&a, i);
    mem_free(a.e->target);
    eval_close(a.e);
    model->close(model, a.worker);
    eval_model_free(model);
    mem_free(a.states);
    mem_free(a.slots);
    mem_free(zero);
}

void picture_free(struct dc_picture *p) {
    for (uint32_t i = 0; i < p->states.n; i++) VEC_FREE(p->states.at[i].lines);
    VEC_FREE(p->states);
    VEC_FREE(p->steps);
    arena_free(&p->arena);
}
