#include "cli/profile.h"

#include <stdlib.h>
#include <string.h>

#include "checker/search.h"
#include "cli/check.h"
#include "cli/progress.h"
#include "compiler/profile.h"

static void search(const struct dc_model *m, const struct options *o, bool stops, struct search_result *out) {
    struct search_options so = {.workers = o->workers,
                                .depth = o->depth,
                                .keep_going = o->keep_going,
                                .stops = stops,
                                .memory_bytes = o->memory_bytes,
                                .stop = &interrupted};
    for (uint32_t i = 0; i < m->n_preds && i < 64; i++)
        if (!m->preds[i].formula) so.preds |= (uint64_t)1 << i;
    struct progress progress;
    progress_open(&progress, o->quiet);
    progress_options(&progress, &so);
    search_run(m, &so, out);
    progress_close(&progress);
}

static void add_actions(struct report_profile *x, const struct report_check *r, const struct search_result *s,
                        const double *seconds) {
    for (uint32_t i = 0; i < r->actions.n; i++) {
        struct report_profile_action a = {
            .name = r->actions.at[i], .successors = s->fired[i], .fresh = s->found_new[i], .seconds = seconds[i]};
        VEC_PUSH(x->actions, a);
    }
}

static const char *kind_word(const struct part *p) {
    static const char *const words[] = {"variable", "network", "each of", "field", "message", "its field"};
    return words[p->kind];
}

static void add_parts(struct report_profile *x, const struct part *parts, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const struct part *p = &parts[i];
        double values = sketch_count(&p->values), without = sketch_count(&p->without);
        if (values < 2) continue; /* a constant multiplies nothing */
        bool whole = p->kind == PART_VARIABLE || p->kind == PART_NETWORK || p->kind == PART_MESSAGE;
        if (whole && values > (double)x->states) values = (double)x->states; /* an estimate may lie above */
        struct report_profile_part y = {.name = arena_strdup(&x->arena, p->name, strlen(p->name)),
                                        .kind = kind_word(p),
                                        .ghost = p->ghost,
                                        .values = values,
                                        .values_exact = sketch_is_exact(&p->values)};
        if (without > 0) {
            y.times = (double)x->states / without;
            y.times_exact = sketch_is_exact(&p->without);
            if (y.times < 1) y.times = 1; /* an estimate may lie below */
        }
        VEC_PUSH(x->parts, y);
    }
}

static int by_times(const void *a, const void *b) {
    const struct report_profile_part *x = a, *y = b;
    if (x->times != y->times) return x->times > y->times ? -1 : 1;
    if (x->values != y->values) return x->values > y->values ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_new(const void *a, const void *b) {
    const struct report_profile_action *x = a, *y = b;
    if (x->successors != y->successors) return x->successors > y->successors ? -1 : 1;
    return strcmp(x->name, y->name);
}

static const struct report_profile_part *first_of(const struct report_profile *x, const char *kind) {
    for (uint32_t i = 0; i < x->parts.n; i++)
        if (!strcmp(x->parts.at[i].kind, kind)) return &x->parts.at[i];
    return NULL;
}

/* What is first in the list is where something can be won. */
static const char *advice(struct report_profile *x) {
    const struct report_profile_part *p = x->parts.n ? &x->parts.at[0] : NULL, *m = first_of(x, "message");
    if (!p || p->times < 1.5) return "no part of the state stands out: it is their combinations that are many";
    const char *text = arena_printf(&x->arena, "%s `%s` multiplies the states by %.3g", p->kind, p->name, p->times);
    if (!strcmp(p->kind, "network") && m && m->times >= 1.5)
        text = arena_printf(&x->arena, "%s, of its messages most `%s`, by %.3g", text, m->name, m->times);
    bool messages = !strcmp(p->kind, "network") || !strcmp(p->kind, "message");
    const char *how = messages   ? "send fewer of them, with fewer fields or values, or let them be forgotten earlier"
                      : p->ghost ? "only properties read it: a check without those does not need it"
                                 : "a smaller range, fewer processes, or a value that is reset earlier saves most";
    return arena_printf(&x->arena, "%s: %s", text, how);
}

void profile_check(const struct options *o, struct report_check *r) {
    const struct program *p = r->owner;
    if (!r->result.distinct) return;
    struct profile *f = profile_open(p);
    struct eval_watch watch = profile_watch(f);
    struct dc_model *m = eval_model_watched(p, &watch);
    struct search_result found;
    search(m, o, r->stops, &found);
    struct report_profile *x = r->profile = mem_alloc(sizeof *x);
    uint32_t n;
    const struct part *parts = profile_parts(f, &n, &x->states);
    x->seconds = found.seconds;
    x->whole = found.end == END_EXHAUSTED && !found.cut_states && !found.cut_steps;
    add_actions(x, r, &found, eval_model_seconds(m));
    add_parts(x, parts, n);
    if (x->parts.n) qsort(x->parts.at, x->parts.n, sizeof *x->parts.at, by_times);
    if (x->actions.n) qsort(x->actions.at, x->actions.n, sizeof *x->actions.at, by_new);
    x->advice = advice(x);
    search_free(&found);
    eval_model_free(m);
    profile_close(f);
}
