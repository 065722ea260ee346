/* The seam, implemented by the interpreter: one eval for each thread. */
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "compiler/eval.h"
#include "compiler/orbit.h"
#include "compiler/refined.h"
#include "compiler/temporal.h"
#include "model/rt.h"

struct interpreted {
    uint64_t *counts; /* of coverage, or NULL */
    struct eval_watch watch;
    double *seconds; /* by action, if it is watched */
    pthread_mutex_t lock;
    struct dc_model model;
    const struct program *program;
    struct dc_action *actions;
    struct dc_pred *preds;
    struct dc_fair *fairs;
    struct orbits *orbits;
};

static const struct program *program_of(const struct dc_model *m) {
    return ((const struct interpreted *)m->self)->program;
}

/* Predicates are tested while an expansion is under way (its buffer is full), so each has an interpreter of its own. */
struct dc_worker {
    struct eval *steps, *tests;
    struct refined *refined;
    struct orbit_job *orbits;
    void *context; /* of who watches, or NULL */
    double *seconds, flushing;
};

static struct dc_worker *open_worker(const struct dc_model *m) {
    struct dc_worker *w = mem_alloc(sizeof *w);
    w->steps = eval_open(program_of(m));
    w->tests = eval_open(program_of(m));
    if (program_of(m)->refines.n) w->refined = refined_open(program_of(m));
    if (program_of(m)->points.n) {
        w->steps->counts = mem_alloc(2 * program_of(m)->points.n * sizeof *w->steps->counts);
        w->tests->counts = mem_alloc(2 * program_of(m)->points.n * sizeof *w->tests->counts);
    }
    struct interpreted *i = m->self;
    if (i->orbits) w->orbits = orbit_open(i->orbits);
    if (i->watch.see) {
        w->context = i->watch.open(i->watch.self);
        w->seconds = mem_alloc((m->n_actions + 1) * sizeof *w->seconds);
    }
    w->steps->target = mem_alloc(m->state_words * sizeof *w->steps->target);
    return w;
}

static void add_counts(struct interpreted *i, struct eval *e) {
    if (!e->counts) return;
    pthread_mutex_lock(&i->lock);
    for (uint32_t k = 0; k < 2 * i->program->points.n; k++) i->counts[k] += e->counts[k];
    pthread_mutex_unlock(&i->lock);
    mem_free(e->counts);
}

static void stop_watching(struct interpreted *i, struct dc_worker *w) {
    if (!w->context) return;
    i->watch.close(i->watch.self, w->context);
    pthread_mutex_lock(&i->lock);
    for (uint32_t k = 0; k < i->model.n_actions; k++) i->seconds[k] += w->seconds[k];
    pthread_mutex_unlock(&i->lock);
    mem_free(w->seconds);
}

const double *eval_model_seconds(const struct dc_model *m) { return ((const struct interpreted *)m->self)->seconds; }

const uint64_t *eval_model_counts(const struct dc_model *m) { return ((const struct interpreted *)m->self)->counts; }

static void close_worker(const struct dc_model *m, struct dc_worker *w) {
    if (!w) return;
    add_counts(m->self, w->steps);
    add_counts(m->self, w->tests);
    stop_watching(m->self, w);
    mem_free(w->steps->target);
    eval_close(w->steps);
    eval_close(w->tests);
    refined_close(w->refined);
    orbit_close(w->orbits);
    mem_free(w);
}

struct emit {
    struct dc_out *out;
    struct dc_worker *worker; /* if it is watched */
    uint16_t action;
};

static void write_keys(struct eval *e, const struct ir_action *a, uint64_t *out) {
    enum { CAP = 64 };
    const struct ir *key[CAP];
    uint32_t n = temporal_key(a, key, CAP);
    bool many = a->process >= 0 && e->program->processes.at[a->process].id;
    out[0] = many ? e->locals[e->slot_at[a->self]] : 0;
    out[1] = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct type *t = key[i]->type;
        size_t top = e->top;
        uint64_t v = 0;
        if (eval_expr(e, key[i], &v)) break; /* only in a program read from its text */
        const uint64_t *words = (const uint64_t *)(uintptr_t)v;
        for (uint32_t k = 0; k < t->words; k++) out[1] = dc_mix(out[1], words[k]);
        if (!t->words) out[1] = dc_mix(out[1], v);
        e->top = top;
    }
}

static void emit(void *self, struct eval *e, enum dc_error error) {
    struct emit *m = self;
    struct dc_out *out = m->out;
    if (out->n == out->cap) {
        double began = m->worker ? seconds_now() : 0;
        out->flush(out);
        if (m->worker) m->worker->flushing += seconds_now() - began;
    }
    uint32_t words = e->program->state_words;
    if (!error) memcpy(out->states + (size_t)out->n * words, e->target, words * sizeof *e->target);
    if ((!error || error == DC_STOP_CUT) && out->keys && m->action != UINT16_MAX)
        write_keys(e, &e->program->actions.at[m->action], out->keys + 2 * (size_t)out->n);
    out->steps[out->n++] = (struct dc_step){.from = out->from,
                                            .ordinal = out->ordinal,
                                            .action = m->action,
                                            .error = (uint16_t)error,
                                            .site = error ? e->at->site : 0};
    out->ordinal++;
}

static void init(const struct dc_model *m, struct dc_worker *w, struct dc_out *out) {
    struct eval *e = w->steps;
    uint64_t *zero = mem_alloc(m->state_words * sizeof *zero);
    struct emit how = {.out = out, .action = UINT16_MAX};
    out->from = out->ordinal = 0;
    e->state = zero;
    eval_action(e, NULL, emit, &how);
    mem_free(zero);
}

static void watched(struct dc_worker *w, struct eval *e, const struct ir_action *a, struct emit *how, double *clock) {
    how->worker = w;
    w->flushing = 0;
    eval_action(e, a, emit, how);
    double end = seconds_now();
    w->seconds[how->action] += end - *clock - w->flushing;
    *clock = end;
}

static void expand(const struct dc_model *m, struct dc_worker *w, const uint64_t *states, uint32_t n,
                   struct dc_out *out) {
    struct eval *e = w->steps;
    const struct program *p = program_of(m);
    for (uint32_t i = 0; i < n; i++) {
        out->from = i;
        out->ordinal = 0;
        if (w->context) ((struct interpreted *)m->self)->watch.see(w->context, states + (size_t)i * m->state_words);
        double clock = w->context ? seconds_now() : 0;
        for (uint32_t a = 0; a < p->actions.n; a++) {
            struct emit how = {.out = out, .action = (uint16_t)a};
            e->state = states + (size_t)i * m->state_words;
            if (w->context) watched(w, e, &p->actions.at[a], &how, &clock);
            else eval_action(e, &p->actions.at[a], emit, &how);
        }
    }
}

static enum dc_error test_both(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, const uint64_t *t,
                               uint64_t want, uint64_t *holds, uint32_t *pred, uint32_t *site) {
    struct eval *e = w->tests;
    const struct program *p = program_of(m);
    *holds = 0;
    e->state = s;
    e->next = t;
    for (uint32_t i = 0; i < p->preds.n && i < 64; i++) {
        uint64_t value = 0;
        if (!(want >> i & 1)) continue;
        enum dc_error error;
        if (p->preds.at[i].refine) {
            bool allowed;
            error = refined_allows(w->refined, p->preds.at[i].refine, s, t, &allowed, site);
            value = allowed;
        } else {
            eval_reset(e);
            error = eval_expr(e, p->preds.at[i].test ? p->preds.at[i].test : p->preds.at[i].body, &value);
            if (error) *site = e->at->site;
        }
        if (error) {
            *pred = i;
            return error;
        }
        if (value) *holds |= (uint64_t)1 << i;
    }
    return DC_OK;
}

static enum dc_error test(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, uint64_t want,
                          uint64_t *holds, uint32_t *pred, uint32_t *site) {
    return test_both(m, w, s, NULL, want, holds, pred, site);
}

static enum dc_error atoms(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, uint64_t *bits,
                           uint32_t *atom, uint32_t *site) {
    struct eval *e = w->tests;
    const struct program *p = program_of(m);
    e->state = s;
    e->next = NULL;
    for (uint32_t i = 0; i < p->atoms.n; i++) {
        uint64_t value = 0;
        eval_reset(e);
        enum dc_error error = eval_expr(e, p->atoms.at[i], &value);
        if (error) {
            *atom = i;
            *site = e->at->site;
            return error;
        }
        if (i % 64 == 0) bits[i / 64] = 0;
        bits[i / 64] |= (value & 1) << i % 64;
    }
    return DC_OK;
}

static bool canonical(const struct dc_model *m, struct dc_worker *w, uint64_t *state, uint8_t *perm) {
    (void)m;
    return orbit_canonical(w->orbits, state, perm);
}

static void permute(const struct dc_model *m, struct dc_worker *w, const uint64_t *from, const uint8_t *perm,
                    uint64_t *to) {
    (void)m;
    orbit_permute(w->orbits, from, perm, to);
}

static bool brings_back(const struct ir_action *a) {
    return a->fault_name && (!strcmp(a->fault_name, "recover") || !strcmp(a->fault_name, "heal"));
}

static char *action_title(const struct program *p, const struct ir_action *a) {
    const char *who = a->process >= 0 ? p->processes.at[a->process].name : "",
               *on = a->kind == ACT_HANDLER ? "on " : "";
    size_t n = strlen(who) + strlen(on) + strlen(a->name) + 3;
    char *text = mem_alloc(n);
    snprintf(text, n, "%s%s%s%s", who, *who ? ": " : "", on, a->name);
    return text;
}

struct dc_model *eval_model(const struct program *p) {
    struct interpreted *i = mem_alloc(sizeof *i);
    i->program = p;
    pthread_mutex_init(&i->lock, NULL);
    if (p->points.n) i->counts = mem_alloc(2 * p->points.n * sizeof *i->counts);
    i->actions = mem_alloc((p->actions.n + 1) * sizeof *i->actions);
    i->preds = mem_alloc((p->preds.n + 1) * sizeof *i->preds);
    for (uint32_t k = 0; k < p->actions.n; k++) {
        const struct ir_action *a = &p->actions.at[k];
        i->actions[k] = (struct dc_action){.name = a->name,
                                           .process = a->process >= 0 ? p->processes.at[a->process].name : NULL,
                                           .fault = a->fault,
                                           .harm = a->fault && !brings_back(a),
                                           .title = action_title(p, a),
                                           .received = a->kind == ACT_HANDLER,
                                           .fault_name = a->fault_name,
                                           .fairable = !a->fault && !a->torn && !a->byzantine,
                                           .affects = program_affects(p, k)};
    }
    for (uint32_t k = 0; k < p->preds.n; k++)
        i->preds[k] = (struct dc_pred){
            .name = p->preds.at[k].name, .kind = p->preds.at[k].kind, .formula = p->preds.at[k].formula};
    i->fairs = mem_alloc((p->fairs.n + 1) * sizeof *i->fairs);
    for (uint32_t k = 0; k < p->fairs.n; k++) {
        const struct ir_fair *f = &p->fairs.at[k];
        i->fairs[k] = (struct dc_fair){
            .name = f->name, .strong = f->strong, .per_key = f->per_key, .actions = f->actions, .n = f->n};
    }
    i->model = (struct dc_model){.abi = DC_ABI,
                                 .state_words = p->state_words,
                                 .n_actions = p->actions.n,
                                 .n_preds = p->preds.n,
                                 .actions = i->actions,
                                 .preds = i->preds,
                                 .self = i,
                                 .open = open_worker,
                                 .close = close_worker,
                                 .init = init,
                                 .expand = expand,
                                 .test = test,
                                 .test_step = test_both,
                                 .n_atoms = p->atoms.n,
                                 .n_fairs = p->fairs.n,
                                 .fairs = i->fairs,
                                 .atoms = atoms,
                                 .canonical = canonical,
                                 .permute = permute};
    if (p->symmetric.n) i->orbits = orbits_new(p);
    if (i->orbits) {
        i->model.elements = orbit_elements(i->orbits);
        i->model.first_alike = orbit_first(i->orbits);
    }
    return &i->model;
}

struct dc_model *eval_model_watched(const struct program *p, const struct eval_watch *watch) {
    struct dc_model *m = eval_model(p);
    struct interpreted *i = m->self;
    i->watch = *watch;
    i->seconds = mem_alloc((m->n_actions + 1) * sizeof *i->seconds);
    return m;
}

void eval_model_free(struct dc_model *m) {
    if (!m) return;
    struct interpreted *i = m->self;
    for (uint32_t k = 0; k < m->n_actions; k++) mem_free((void *)(uintptr_t)i->actions[k].title);
    mem_free(i->actions);
    mem_free(i->preds);
    mem_free(i->fairs);
    orbits_free(i->orbits);
    mem_free(i->counts);
    mem_free(i->seconds);
    pthread_mutex_destroy(&i->lock);
    mem_free(i);
}
