/* Runs a scenario: breadth first over pairs of a state and the line that comes next. A line `...` leaves the pair where
 * it is for every step, and also lets it go on at once; `expect` drops the states where it is false. */
#include <string.h>

#include "base/hash.h"
#include "compiler/scenario.h"
#include "compiler/teller.h"
#include "compiler/walk.h"

struct pair {
    uint32_t line, from;  /* from: the pair before it, or UINT32_MAX */
    uint32_t action, nth; /* the step that led here, and the how manieth of its action it was */
    bool dead;            /* what is expected is false of it */
};

enum { NOBODY = UINT32_MAX };

struct runner {
    const struct program *p;
    const struct scenario *s;
    const atomic_int *stop;
    struct replay *out;
    struct walk *walk;
    struct teller t;
    struct dc_story story;
    VEC(struct pair) pairs;
    uint64_t *states; /* of the pairs */
    size_t state_cap;
    uint32_t *table; /* pair + 1, or 0 */
    uint32_t table_cap;
    uint64_t successors;
    uint32_t expanding, action, nth; /* what is being enumerated */
    const struct line *line;         /* the title that steps must fit; NULL: any step */
    uint32_t found;                  /* the pair that has no line left */
    bool failed;                     /* and then the last line failed, with `error` */
    enum dc_error error;
    uint32_t dead, dead_line, dead_count; /* a pair whose state `expect` refuses; the furthest line where that was */
    const char *doubt;                    /* why nothing can be called impossible */
};

static uint64_t *state_of(const struct runner *r, uint32_t pair) {
    return r->states + (size_t)pair * r->p->state_words;
}

static void doubt(struct runner *r, const char *why) {
    if (!r->doubt) r->doubt = why;
}

/* ---- whether a step is meant by a title ---- */

static bool same_text(const char *shown, const char *wanted) { /* shown: with blanks */
    for (; *shown; shown++) {
        if (*shown == ' ') continue;
        if (*shown != *wanted++) return false;
    }
    return !*wanted;
}

static bool same_value(struct teller *t, const struct type *type, uint64_t v, const char *wanted) {
    return same_text(tell_value(t, type, v), wanted);
}

static bool fits_message(struct runner *r, const struct line *l, const struct ir_action *a, struct eval *e) {
    const struct type *mt = a->message->type;
    uint64_t m;
    if (eval_expr(e, a->message, &m) != DC_OK) return false;
    const struct variant *v = &mt->variants[value_tag(mt, m)];
    if (l->message && strcmp(v->name, l->message) != 0) return false;
    for (uint32_t i = 0; i < l->n_fields; i++)
        for (uint32_t k = 0; k < v->n; k++) {
            const struct field *f = &mt->fields[v->first + k];
            if (strcmp(f->name, l->fields[i].name) != 0) continue;
            if (!same_value(&r->t, f->type, value_field(mt, m, f), l->fields[i].text)) return false;
        }
    if (l->from < 0) return true;
    const char *name = r->p->processes.at[l->from].name, *from = tell_end(&r->t, mt, m, "from");
    if (!from) return true; /* it can come from one process only */
    size_t n = strlen(name);
    if (strncmp(from, name, n) != 0 || (from[n] && from[n] != '[')) return false;
    return !l->from_id || same_text(from + n, arena_printf(&r->story.arena, "[%s]", l->from_id));
}

static bool fits_title(struct runner *r, const struct line *l, const struct ir_action *a, struct eval *e) {
    uint64_t v;
    if (l->id && !same_value(&r->t, r->p->processes.at[l->process].id, e->locals[e->slot_at[a->self]], l->id))
        return false;
    if (a->message && !fits_message(r, l, a, e)) return false;
    for (uint32_t i = 0; i < l->n_bindings; i++) {
        bool found = false;
        for (uint32_t k = 0; k < a->n_bindings && !found; k++)
            found = !strcmp(a->bindings[k].name, l->bindings[i].name) &&
                    eval_expr(e, a->bindings[k].value, &v) == DC_OK &&
                    same_value(&r->t, a->bindings[k].value->type, v, l->bindings[i].text);
        if (!found) return false;
    }
    return true;
}

static bool has_detail(const struct line_detail *d, const struct dc_event *sent, const struct dc_event *values) {
    if (d->kind == DETAIL_SENDS) {
        for (uint32_t i = 0; i < sent->sent.n; i++)
            if (same_text(sent->sent.at[i].message, d->name) &&
                (d->text ? sent->sent.at[i].to && same_text(sent->sent.at[i].to, d->text) : true))
                return true;
        return false;
    }
    uint32_t n = d->kind == DETAIL_CHANGE ? values->changes.n : values->state.n;
    const struct dc_value *list = d->kind == DETAIL_CHANGE ? values->changes.at : values->state.at;
    for (uint32_t i = 0; i < n; i++)
        if (same_text(list[i].name, d->name) && same_text(list[i].text, d->text) &&
            (d->kind == DETAIL_VALUE || same_text(list[i].before, d->before)))
            return true;
    for (uint32_t i = 0; d->kind == DETAIL_VALUE && i < values->watched.n; i++)
        if (!strncmp(d->name, "watch", 5) && same_text(values->watched.at[i].name, d->name + 5) &&
            same_text(values->watched.at[i].text, d->text))
            return true;
    return false;
}

/* NULL: all that stands below the title is so; else the first that is not. a NULL: of an initial state. */
static const struct line_detail *unfit(struct runner *r, const struct line *l, const struct ir_action *a,
                                       struct eval *e) {
    const struct line_detail *lacks = NULL;
    if (!l->n_details) return NULL;
    struct step s = {0};
    struct dc_event values = {0};
    if (a) {
        r->t.action = r->action;
        tell_describe(&r->t, e, a, &s, DC_OK);
    }
    walk_values(r->walk, e->target, a ? e->state : NULL, &values);
    for (uint32_t i = 0; i < l->n_details && !lacks; i++)
        if (!has_detail(&l->details[i], &s.event, &values)) lacks = &l->details[i];
    VEC_FREE(s.key);
    VEC_FREE(s.event.sent);
    VEC_FREE(values.state);
    VEC_FREE(values.changes);
    VEC_FREE(values.watched);
    return lacks;
}

/* ---- pairs ---- */

static uint64_t pair_hash(const struct runner *r, const uint64_t *state, uint32_t line) {
    return hash_bytes(state, r->p->state_words * sizeof *state) + line * 0x9E3779B97F4A7C15u;
}

static void place_pair(struct runner *r, uint32_t pair) {
    uint32_t at = (uint32_t)pair_hash(r, state_of(r, pair), r->pairs.at[pair].line) & (r->table_cap - 1);
    while (r->table[at]) at = (at + 1) & (r->table_cap - 1);
    r->table[at] = pair + 1;
}

static bool known(const struct runner *r, const uint64_t *state, uint32_t line) {
    uint32_t at = (uint32_t)pair_hash(r, state, line) & (r->table_cap - 1);
    for (; r->table[at]; at = (at + 1) & (r->table_cap - 1))
        if (r->pairs.at[r->table[at] - 1].line == line &&
            !memcmp(state_of(r, r->table[at] - 1), state, r->p->state_words * sizeof *state))
            return true;
    return false;
}

static uint32_t push_pair(struct runner *r, const uint64_t *state, uint32_t line, uint32_t from) {
    size_t words = r->p->state_words, need = ((size_t)r->pairs.n + 1) * words;
    struct pair x = {.line = line, .from = from, .action = r->action, .nth = r->nth};
    if (need > r->state_cap) {
        size_t cap = r->state_cap ? 2 * r->state_cap : 64 * words;
        r->states = mem_grow(r->states, r->state_cap * sizeof *state, cap * sizeof *state);
        r->state_cap = cap;
    }
    memcpy(r->states + (size_t)r->pairs.n * words, state, words * sizeof *state);
    VEC_PUSH(r->pairs, x);
    return r->pairs.n - 1;
}

static bool full(const struct runner *r) {
    return r->pairs.n >= SCENARIO_PAIRS || (uint64_t)r->pairs.n * r->p->state_words * 8 >= SCENARIO_BYTES;
}

static void add_pair(struct runner *r, const uint64_t *state, uint32_t line, uint32_t from) {
    if (known(r, state, line)) return;
    if (full(r)) {
        doubt(r, arena_printf(&r->out->arena, "%u pairs of a state and a line were tried", r->pairs.n));
        return;
    }
    uint32_t pair = push_pair(r, state, line, from);
    if (line == r->s->n && r->found == NOBODY) r->found = pair;
    if (2 * r->pairs.n > r->table_cap) {
        mem_free(r->table);
        r->table_cap *= 2;
        r->table = mem_alloc(r->table_cap * sizeof *r->table);
        for (uint32_t i = 0; i < pair; i++)
            if (!r->pairs.at[i].dead) place_pair(r, i);
    }
    place_pair(r, pair);
}

/* A state before `line`: past what it expects, and where any steps may follow, at the line behind, too. */
static void reach(struct runner *r, const uint64_t *state, uint32_t line, uint32_t from) {
    for (; r->found == NOBODY; line++) {
        const struct line *l = line < r->s->n ? &r->s->lines[line] : NULL;
        if (l && l->kind == LINE_EXPECT) {
            uint64_t holds = 0;
            struct eval *e = r->t.e;
            const uint64_t *old = e->state;
            size_t top = e->top;
            e->state = state;
            enum dc_error error = eval_expr(e, r->p->expects.at[l->expected], &holds);
            e->state = old;
            e->top = top;
            if (error)
                doubt(r,
                      arena_printf(&r->out->arena, "`%s` has no value in some state: %s", l->text, error_text(error)));
            if (error || !holds) {
                if (r->dead == NOBODY || line > r->dead_line) {
                    r->dead = push_pair(r, state, line, from);
                    r->pairs.at[r->dead].dead = true;
                    r->dead_line = line;
                    r->dead_count = 0;
                }
                r->dead_count += line == r->dead_line;
                return;
            }
        } else if (l && l->kind == LINE_ANY) {
            add_pair(r, state, line, from);
        } else if (!l || l->kind == LINE_STEP) {
            add_pair(r, state, line, from);
            return;
        }
    }
}

/* ---- steps ---- */

static void on_start(void *self, struct eval *e, enum dc_error error) {
    struct runner *r = self;
    const struct line *first = r->s->n ? &r->s->lines[0] : NULL;
    if (!error && !(first && first->kind == LINE_START && unfit(r, first, NULL, e))) {
        uint64_t *to = arena_alloc(&r->story.arena, r->p->state_words * sizeof *to);
        memcpy(to, e->target, r->p->state_words * sizeof *to);
        reach(r, to, 0, NOBODY);
    }
    r->nth++;
}

static void on_step(void *self, struct eval *e, enum dc_error error) {
    struct runner *r = self;
    const struct line *l = r->line;
    const struct ir_action *a = &r->p->actions.at[r->action];
    uint32_t pair = r->expanding;
    r->successors++;
    if (r->found != NOBODY || r->failed) return;
    bool meant = !l || fits_title(r, l, a, e);
    if (meant && error == DC_STOP_CUT) {
        doubt(r, "a step leaves the bounds of the search");
    } else if (meant && l && l->fails && error) {
        r->failed = true;
        r->error = error;
        r->found = pair;
        return;
    } else if (meant && !error && !(l && (l->fails || unfit(r, l, a, e)))) {
        reach(r, e->target, r->pairs.at[pair].line + (l != NULL), pair);
    }
    r->nth++;
}

static bool beyond_cut(struct runner *r, const uint64_t *state) {
    for (uint32_t i = 0; i < r->p->preds.n; i++) {
        uint64_t v = 0;
        if (r->p->preds.at[i].kind != DC_CUT) continue;
        r->t.e->state = state;
        eval_reset(r->t.e);
        if (eval_expr(r->t.e, r->p->preds.at[i].body, &v) == DC_OK && v) return true;
    }
    return false;
}

static void expand(struct runner *r, uint32_t pair) {
    const struct line *l = &r->s->lines[r->pairs.at[pair].line];
    uint64_t *state = arena_alloc(&r->story.arena, r->p->state_words * sizeof *state); /* pairs may move */
    memcpy(state, state_of(r, pair), r->p->state_words * sizeof *state);
    if (beyond_cut(r, state)) {
        doubt(r, "a state lies beyond the cut");
        return;
    }
    r->expanding = pair;
    r->line = l->kind == LINE_ANY ? NULL : l;
    for (r->action = 0; r->action < r->p->actions.n && r->found == NOBODY; r->action++) {
        if (r->line && !l->actions[r->action]) continue;
        r->nth = 0;
        r->t.e->state = state;
        eval_action(r->t.e, &r->p->actions.at[r->action], on_step, r);
    }
    if (r->failed) r->action--; /* the one that failed */
}

static void clear(struct runner *r) {
    arena_free(&r->story.arena);
    arena_free(&r->t.record.arena);
    r->t.flight.kinds.n = 0;
    walk_clear(r->walk);
}

static void search(struct runner *r) {
    uint64_t *zero = mem_alloc(r->p->state_words * sizeof *zero);
    r->action = NOBODY;
    r->t.e->state = zero;
    eval_action(r->t.e, NULL, on_start, r);
    mem_free(zero);
    for (uint32_t i = 0; i < r->pairs.n && r->found == NOBODY; i++) {
        if (r->pairs.at[i].dead) continue;
        if (r->successors > SCENARIO_SUCCESSORS)
            doubt(r, arena_printf(&r->out->arena, "%llu steps were tried", (unsigned long long)r->successors));
        if (r->stop && atomic_load_explicit(r->stop, memory_order_relaxed)) doubt(r, "interrupted");
        if (r->successors > SCENARIO_SUCCESSORS || (r->stop && *r->stop)) return;
        expand(r, i);
        clear(r);
    }
}

/* ---- the run that was found, or the longest that fits ---- */

struct counter {
    uint32_t n;
};
static void count(void *self, struct eval *e, enum dc_error error) {
    (void)e;
    (void)error;
    ((struct counter *)self)->n++;
}

static uint32_t ordinal_of(struct runner *r, const uint64_t *from, uint32_t action, uint32_t nth) {
    struct counter c = {0};
    if (action == NOBODY) return nth;
    for (uint32_t a = 0; a < action; a++) {
        r->t.e->state = from;
        eval_action(r->t.e, &r->p->actions.at[a], count, &c);
    }
    return c.n + nth;
}

static void take_run(struct runner *r, uint32_t last) {
    struct replay *out = r->out;
    uint32_t words = r->p->state_words;
    out->length = 0;
    for (uint32_t i = last; i != NOBODY; i = r->pairs.at[i].from) out->length++;
    out->states = mem_alloc((size_t)out->length * words * sizeof *out->states);
    out->ordinals = mem_alloc(out->length * sizeof *out->ordinals);
    for (uint32_t i = last, at = out->length; i != NOBODY; i = r->pairs.at[i].from)
        memcpy(out->states + (size_t)--at * words, state_of(r, i), words * sizeof *out->states);
    for (uint32_t i = last, at = out->length; i != NOBODY; i = r->pairs.at[i].from) {
        at--;
        const struct pair *x = &r->pairs.at[i];
        out->ordinals[at] = ordinal_of(r, at ? out->states + (size_t)(at - 1) * words : NULL, x->action, x->nth);
    }
}

/* ---- what blocks it ---- */

struct guard { /* the first condition that is false of the choices that a title names */
    struct runner *r;
    const struct line *line;
    const struct ir_action *action;
    const char *reason;
};

static const char *reasons(struct runner *r, uint32_t first) {
    const char *text = "";
    for (uint32_t i = first; i < r->story.why.n; i++)
        text = arena_printf(&r->out->arena, "%s%s%s", text, *text ? ", " : "", r->story.why.at[i]);
    r->story.why.n = first;
    return *text ? text : NULL;
}

static bool at_binding(struct eval *e, void *self) {
    struct guard *g = self;
    if (!fits_title(g->r, g->line, g->action, e)) return false;
    for (uint32_t i = 0; i < g->action->n_gens; i++) {
        const struct ir *c = g->action->gens[i].cond;
        uint32_t parts = !c ? 0 : c->op == IR_AND ? c->n : 1;
        for (uint32_t k = 0; k < parts; k++) {
            const struct ir *part = c->op == IR_AND ? c->kid[k] : c;
            bool known_value, holds = tell_truth(&g->r->t, part, &known_value);
            if (holds && known_value) continue;
            uint32_t first = g->r->story.why.n;
            if (known_value) tell_why(&g->r->t, part, true, 0);
            g->reason = reasons(g->r, first);
            if (!g->reason) g->reason = "its guard is false";
            return false; /* another message like it may do */
        }
    }
    g->reason = "a network has no room for what it sends, or something that it picks from is empty";
    return true;
}

static const char *guard_reason(struct runner *r, const struct line *l, const struct ir_action *a) {
    enum { MOST = 20000 };
    struct guard g = {.r = r, .line = l, .action = a};
    struct ir_gen *gens = arena_alloc(&r->story.arena, (a->n_gens + 1) * sizeof *gens);
    for (uint32_t i = 0; i < a->n_gens; i++) {
        gens[i] = a->gens[i];
        gens[i].cond = NULL;
    }
    struct ir loop = {.gens = gens, .n_gens = a->n_gens};
    r->t.e->fuel = MOST;
    tell_gens(&r->t, &loop, at_binding, &g);
    bool all = r->t.e->fuel != 0; /* else there were too many to go through for an explanation */
    r->t.e->fuel = 0;
    if (g.reason) return g.reason;
    if (!all) return "it is not possible";
    if (a->kind == ACT_HANDLER) return a->byzantine ? "nobody can lie so" : "there is no such message";
    return a->n_bindings ? "there is no such choice" : "it is not possible";
}

struct trial { /* how near a state comes to a title */
    struct runner *r;
    const struct line *line;
    const struct line_detail *missing;
    enum dc_error error;
    const char *at;
    bool title, whole;
};

static void on_trial(void *self, struct eval *e, enum dc_error error) {
    struct trial *x = self;
    const struct ir_action *a = &x->r->p->actions.at[x->r->action];
    if (!fits_title(x->r, x->line, a, e)) return;
    if (error) {
        x->error = error;
        x->at = tell_place(&x->r->t, e->at->span);
        return;
    }
    x->title = true;
    if (x->line->fails) return;
    const struct line_detail *d = unfit(x->r, x->line, a, e);
    if (d) x->missing = d;
    else x->whole = true;
}

static const char *down(struct runner *r, const struct line *l, const uint64_t *state) {
    if (l->process < 0) return NULL;
    const struct ir_process *pr = &r->p->processes.at[l->process];
    for (uint32_t i = 0; i < pr->n; i++) {
        uint64_t id = pr->id ? value_unrank(pr->id, i, NULL) : 0;
        if (pr->id && pr->n > 1 && (!l->id || !same_value(&r->t, pr->id, id, l->id))) continue;
        const char *who = tell_process(&r->t, l->process, id);
        if (!tell_flag(&r->t, "up", l->process, i, state, true)) return arena_printf(&r->out->arena, "%s is down", who);
        if (tell_flag(&r->t, "liar", l->process, i, state, false))
            return arena_printf(&r->out->arena, "%s is Byzantine and takes no steps of its own", who);
    }
    return NULL;
}

static const char *reason_at(struct runner *r, const struct line *l, const uint64_t *state) {
    struct arena *ar = &r->out->arena;
    struct trial x = {.r = r, .line = l};
    const char *why = down(r, l, state);
    bool fault = true;
    for (uint32_t a = 0; a < r->p->actions.n; a++) fault &= !l->actions[a] || r->p->actions.at[a].kind == ACT_FAULT;
    if (why && !fault) return why;
    for (r->action = 0; r->action < r->p->actions.n; r->action++) {
        if (!l->actions[r->action]) continue;
        r->t.e->state = state;
        eval_action(r->t.e, &r->p->actions.at[r->action], on_trial, &x);
    }
    if (x.title && l->fails) return "the step does not fail";
    if (x.missing)
        return arena_printf(ar, "the step is possible, but without `%s`", tell_snippet(&r->t, x.missing->span));
    if (x.error == DC_STOP_CUT) return "the step leaves the bounds of the search";
    if (x.error) return arena_printf(ar, "the step fails: %s (%s)", error_text(x.error), x.at);
    if (why) return why;
    for (uint32_t a = 0; a < r->p->actions.n; a++) {
        if (!l->actions[a]) continue;
        r->t.e->state = state;
        eval_reset(r->t.e);
        const char *other = guard_reason(r, l, &r->p->actions.at[a]);
        bool vague = !strncmp(other, "there is no ", 12) || !strcmp(other, "it is not possible");
        if (!why || !vague) why = other;
        if (!vague) break;
    }
    return why;
}

static void instead(struct runner *r, const struct line *l, const uint64_t *state) {
    enum { MOST = 8 };
    struct walk_steps steps = {0};
    walk_from(r->walk, state, &steps);
    for (int own = 1; own >= 0 && !r->out->instead.n; own--)
        for (uint32_t i = 0; i < steps.list.n; i++) {
            const struct walk_step *x = &steps.list.at[i];
            if (x->error || x->idle) continue;
            const struct ir_process *pr = l->process < 0 ? NULL : &r->p->processes.at[l->process];
            size_t n = pr ? strlen(pr->name) : 0;
            if (own && (!pr || strncmp(x->title, pr->name, n) != 0)) continue;
            if (own && l->id) {
                const char *who = arena_printf(&r->out->arena, "[%s]", l->id);
                if (strncmp(x->title + n, who, strlen(who)) != 0) continue;
            }
            bool twice = false;
            for (uint32_t k = 0; k < r->out->instead.n; k++) twice |= !strcmp(r->out->instead.at[k], x->title);
            if (twice) continue;
            if (r->out->instead.n == MOST) break;
            VEC_PUSH(r->out->instead, arena_strdup(&r->out->arena, x->title, strlen(x->title)));
        }
    VEC_FREE(steps.list);
}

/* Of the states that wait at a title, how many lack what; the most frequent first. */
static void tally(struct runner *r, uint32_t line) {
    enum { STATES = 500, SHOWN = 3 };
    struct {
        const char *text;
        uint32_t n;
    } list[32];
    uint32_t n = 0, seen = 0;
    struct replay *out = r->out;
    for (uint32_t i = 0; i < r->pairs.n && seen < STATES; i++) {
        if (r->pairs.at[i].line != line || r->pairs.at[i].dead) continue;
        const char *why = reason_at(r, &r->s->lines[line], state_of(r, i));
        uint32_t k = 0;
        while (k < n && strcmp(list[k].text, why) != 0) k++;
        if (k == n && n < 32) {
            list[n].text = arena_strdup(&out->arena, why, strlen(why));
            list[n++].n = 0;
        }
        if (k < n) list[k].n++;
        seen++;
        clear(r);
    }
    for (uint32_t shown = 0; shown < SHOWN && shown < n; shown++) {
        uint32_t best = shown;
        for (uint32_t k = shown + 1; k < n; k++)
            if (list[k].n > list[best].n) best = k;
        const char *text = list[best].text;
        const char *why = n == 1 ? text : arena_printf(&out->arena, "in %u of %u states: %s", list[best].n, seen, text);
        VEC_PUSH(out->why, why);
        list[best] = list[shown];
        list[shown].text = text;
    }
}

static void blocked(struct runner *r) {
    struct replay *out = r->out;
    uint32_t furthest = NOBODY;
    for (uint32_t i = 0; i < r->pairs.n; i++) {
        if (r->pairs.at[i].dead || r->s->lines[r->pairs.at[i].line].kind != LINE_STEP) continue;
        if (furthest == NOBODY || r->pairs.at[i].line > r->pairs.at[furthest].line) furthest = i;
    }
    bool expected = r->dead != NOBODY && (furthest == NOBODY || r->dead_line > r->pairs.at[furthest].line);
    if (expected) furthest = r->dead;
    if (furthest == NOBODY) { /* not even a first state */
        out->line = 0;
        VEC_PUSH(out->why, "no initial state is like this");
        return;
    }
    out->line = r->pairs.at[furthest].line;
    for (uint32_t i = 0; i < r->pairs.n; i++) out->waiting += r->pairs.at[i].line == out->line;
    take_run(r, furthest);
    if (expected) {
        out->waiting = r->dead_count;
        r->t.e->state = state_of(r, furthest);
        eval_reset(r->t.e);
        tell_why(&r->t, r->p->expects.at[r->s->lines[out->line].expected], true, 0);
        const char *why = reasons(r, 0);
        if (out->waiting > 1)
            why = arena_printf(&out->arena, "it is false in %u states; in one of them %s", out->waiting,
                               why ? why : "too");
        if (why) VEC_PUSH(out->why, why);
        return;
    }
    instead(r, &r->s->lines[out->line], state_of(r, furthest));
    tally(r, out->line);
}

void scenario_run(const struct program *p, const struct sources *sources, const atomic_int *stop, struct replay *out) {
    struct runner r = {.p = p, .s = p->scenario, .stop = stop, .out = out, .found = NOBODY, .dead = NOBODY};
    memset(out, 0, sizeof *out);
    r.t = (struct teller){.p = p, .sources = sources, .story = &r.story, .tell = true};
    r.t.flight = (struct flight){.p = p, .story = &r.story};
    r.t.e = eval_open(p);
    r.t.e->target = mem_alloc(p->state_words * sizeof *r.t.e->target);
    r.t.e->record = &r.t.record;
    r.walk = walk_open(p, sources);
    r.table_cap = 1024;
    r.table = mem_alloc(r.table_cap * sizeof *r.table);
    search(&r);
    out->pairs = r.pairs.n;
    out->line = r.s->n;
    if (r.found != NOBODY) {
        uint32_t action = r.action, nth = r.nth;
        take_run(&r, r.found);
        out->step = r.failed;
        out->error = r.error;
        if (r.failed) out->ordinal = ordinal_of(&r, state_of(&r, r.found), action, nth);
    } else {
        out->end = r.doubt ? REPLAY_UNDECIDED : REPLAY_BLOCKED;
        blocked(&r);
        if (r.doubt) {
            out->why.n = 0;
            VEC_PUSH(out->why, r.doubt);
        }
    }
    clear(&r);
    walk_close(r.walk);
    VEC_FREE(r.story.why);
    VEC_FREE(r.t.flight.kinds);
    VEC_FREE(r.t.record.sent);
    VEC_FREE(r.t.record.sent_value);
    mem_free(r.t.e->target);
    r.t.e->target = NULL;
    eval_close(r.t.e);
    VEC_FREE(r.pairs);
    mem_free(r.states);
    mem_free(r.table);
}

void replay_free(struct replay *x) {
    mem_free(x->states);
    mem_free(x->ordinals);
    VEC_FREE(x->why);
    VEC_FREE(x->instead);
    arena_free(&x->arena);
}
