#include "compiler/explain.h"

#include <string.h>

#include "compiler/apalache.h"
#include "compiler/escape.h"
#include "compiler/refined.h"
#include "compiler/teller.h"
#include "compiler/tree.h"
#include "compiler/walk.h"
#include "parser/ast.h"

const char *error_text(enum dc_error e) {
    static const char *const texts[] = {[DC_OK] = "no error",
                                        [DC_RANGE] = "a value lies outside the range it is stored in",
                                        [DC_CAPACITY] = "more is stored than there is room for",
                                        [DC_INDEX] = "an index lies outside the sequence",
                                        [DC_EMPTY] = "something is chosen from nothing",
                                        [DC_NONE] = "`none` is used as a value",
                                        [DC_DIVISION] = "division by zero",
                                        [DC_OVERFLOW] = "a number leaves 64 bits",
                                        [DC_ASSERT] = "the assertion is false",
                                        [DC_MATCH] = "no case of the match fits",
                                        [DC_AMBIGUOUS] = "the order of a symmetric type shows",
                                        [DC_STOP_CUT] = "the step leaves the bounds of the search",
                                        [DC_BLOCKED] = "the step does not exist"};
    return texts[e];
}

const char *tell_value(struct teller *t, const struct type *type, uint64_t v) {
    char *s;
    size_t n;
    value_print(t->p, type, v, &t->story->arena, &s, &n);
    return s;
}

const char *tell_snippet(struct teller *t, struct span span) {
    if (span.source >= t->sources->files.n || span.end <= span.begin) return "this";
    const struct source *s = &t->sources->files.at[span.source];
    char *text = arena_strdup(&t->story->arena, s->text + span.begin, span.end - span.begin);
    char *to = text;
    for (char *from = text; *from; from++) { /* one line */
        bool blank = *from == '\n' || *from == '\t' || *from == ' ' || *from == '\r';
        if (!blank) *to++ = *from;
        else if (to > text && to[-1] != ' ') *to++ = ' ';
    }
    *to = 0;
    return text;
}

const char *tell_place(struct teller *t, struct span span) {
    if (span.source >= t->sources->files.n) return "";
    const struct source *s = &t->sources->files.at[span.source];
    struct place p = source_place(s, span.begin);
    return arena_printf(&t->story->arena, "%s:%u:%u", s->path, p.line, p.column);
}

const char *tell_process(struct teller *t, int process, uint64_t self) {
    const struct ir_process *pr = &t->p->processes.at[process];
    if (!pr->id) return pr->name;
    return arena_printf(&t->story->arena, "%s[%s]", pr->name, tell_value(t, pr->id, self));
}

/* ---- one step ---- */

static void add_key(struct step *s, const struct type *type, uint64_t v) {
    if (!type->words) {
        VEC_PUSH(s->key, v);
        return;
    }
    for (uint32_t i = 0; i < type->words; i++) VEC_PUSH(s->key, ((const uint64_t *)(uintptr_t)v)[i]);
}

/* The ends of a message, as texts; NULL where it has none. */
const char *tell_end(struct teller *t, const struct type *mt, uint64_t m, const char *end) {
    const struct variant *v = &mt->variants[value_tag(mt, m)];
    for (uint32_t i = 0; i < v->n && i < 2; i++) {
        const struct field *f = &mt->fields[v->first + i];
        if (strcmp(f->name, end)) continue;
        const char *id = tell_value(t, f->type, value_field(mt, m, f));
        if (f->type == t->p->process_type) return id;
        for (uint32_t k = 0; k < t->p->messages.n; k++) {
            const struct ir_message *x = &t->p->messages.at[k];
            int who = x->type == mt && x->variant == value_tag(mt, m) ? (!strcmp(end, "from") ? x->from : x->to) : -1;
            if (who >= 0) return arena_printf(&t->story->arena, "%s[%s]", t->p->processes.at[who].name, id);
        }
        return id;
    }
    return NULL;
}

const char *tell_message(struct teller *t, const struct type *mt, uint64_t m) {
    const struct variant *v = &mt->variants[value_tag(mt, m)];
    const char *text = v->name;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        const struct field *f = &mt->fields[v->first + i];
        if (!strcmp(f->name, "from") || !strcmp(f->name, "to")) continue;
        text = arena_printf(&t->story->arena, "%s%s%s: %s", text, shown++ ? ", " : "(", f->name,
                            tell_value(t, f->type, value_field(mt, m, f)));
    }
    return shown ? arena_printf(&t->story->arena, "%s)", text) : text;
}

static const char *step_title(struct teller *t, const struct ir_action *a, const struct step *s, const char *bindings) {
    struct arena *ar = &t->story->arena;
    const char *who = s->event.process;
    switch (a->kind) {
    case ACT_HANDLER: {
        const char *from = s->event.from ? arena_printf(ar, " from %s", s->event.from) : "";
        return arena_printf(ar, "%s receives %s%s%s%s", who, s->event.received, from, a->byzantine ? " (a lie)" : "",
                            bindings);
    }
    case ACT_TICK: return "time passes";
    case ACT_FAULT:
        if (who && a->fault_name && !strcmp(a->fault_name, "crash")) return arena_printf(ar, "%s crashes", who);
        if (who && a->fault_name && !strcmp(a->fault_name, "recover")) return arena_printf(ar, "%s recovers", who);
        return arena_printf(ar, "%s%s%s%s", who ? who : "", who ? ": " : "", a->name, bindings);
    default: return arena_printf(ar, "%s%s%s%s", who ? who : "", who ? ": " : "", a->name, bindings);
    }
}

static const char *flight_text(void *t, const struct type *type, uint64_t m) { return tell_message(t, type, m); }

static enum dc_event_kind kind_of(const struct ir_action *a) {
    if (a->kind == ACT_HANDLER) return EVENT_RECEIVE;
    if (a->kind == ACT_TICK) return EVENT_TICK;
    if (a->kind != ACT_FAULT) return EVENT_STEP;
    if (a->process < 0 || !a->fault_name) return EVENT_FAULT;
    return !strcmp(a->fault_name, "crash")     ? EVENT_CRASH
           : !strcmp(a->fault_name, "recover") ? EVENT_RECOVER
                                               : EVENT_FAULT;
}

/* What reports other than the text want to know of a step. */
static void mark_step(struct teller *t, const struct ir_action *a, struct step *s, const char *bindings) {
    struct dc_event *ev = &s->event;
    ev->kind = kind_of(a);
    ev->rule = t->action;
    ev->span = a->span;
    ev->torn = a->torn;
    ev->actor = a->process < 0 ? DC_NOBODY : flight_process(t->p, a->process, s->self);
    ev->label = ev->received ? ev->received : arena_printf(&t->story->arena, "%s%s", a->name, bindings);
}

static void tell_step(struct teller *t, struct eval *e, const struct ir_action *a, struct step *s) {
    struct dc_event *ev = &s->event;
    const struct type *mt = a->message ? a->message->type : NULL;
    uint64_t v;
    ev->action = a->name;
    ev->fault = a->fault || a->byzantine;
    ev->taken = DC_NO_MESSAGE;
    if (a->process >= 0) ev->process = tell_process(t, a->process, s->self);
    if (a->message && eval_expr(e, a->message, &v) == DC_OK) {
        ev->received = tell_message(t, mt, v);
        ev->from = tell_end(t, mt, v, "from");
        ev->taken = flight_kind(&t->flight, mt, v);
    }
    const char *list = "";
    for (uint32_t i = 0; i < a->n_bindings; i++)
        if (eval_expr(e, a->bindings[i].value, &v) == DC_OK)
            list = arena_printf(&t->story->arena, "%s%s%s = %s", list, *list ? ", " : "", a->bindings[i].name,
                                tell_value(t, a->bindings[i].value->type, v));
    if (*list) list = arena_printf(&t->story->arena, a->kind == ACT_HANDLER ? ", with %s" : "(%s)", list);
    for (uint32_t i = 0; i < t->record.sent.n; i++) {
        const struct type *st = t->record.sent.at[i]->kid[0]->type;
        uint64_t m = st->words ? (uint64_t)(uintptr_t)t->record.sent_value.at[i] : t->record.sent_value.at[i][0];
        struct dc_sent sent = {.message = tell_message(t, st, m), .to = tell_end(t, st, m, "to")};
        sent.id = flight_kind(&t->flight, st, m);
        VEC_PUSH(ev->sent, sent);
    }
    mark_step(t, a, s, list);
    ev->title = step_title(t, a, s, list);
    if (a->torn) ev->title = arena_printf(&t->story->arena, "%s, and crashes in the middle of it", ev->title);
    ev->note = a->byzantine ? "lie" : a->fault ? "fault" : NULL;
}

void tell_describe(struct teller *t, struct eval *e, const struct ir_action *a, struct step *s, enum dc_error error) {
    s->action = t->action;
    s->exists = true;
    s->error = error;
    s->at = error ? e->at : NULL;
    uint64_t v;
    if (a->process >= 0 && t->p->processes.at[a->process].id) {
        s->self_type = t->p->processes.at[a->process].id;
        s->self = e->locals[e->slot_at[a->self]];
        VEC_PUSH(s->key, s->self);
    }
    if (a->message && eval_expr(e, a->message, &v) == DC_OK) add_key(s, a->message->type, v);
    for (uint32_t i = 0; i < a->n_bindings; i++)
        if (eval_expr(e, a->bindings[i].value, &v) == DC_OK) add_key(s, a->bindings[i].value->type, v);
    for (uint32_t i = 0; i < e->n_choices && i < e->depth; i++) VEC_PUSH(s->key, e->choice[i]);
    if (!error) {
        s->to = arena_alloc(&t->story->arena, t->p->state_words * sizeof *s->to);
        memcpy(s->to, e->target, t->p->state_words * sizeof *s->to);
    }
    if (t->tell) tell_step(t, e, a, s);
}

static bool same_step(const struct step *a, const struct step *b) {
    return a->action == b->action && a->key.n == b->key.n &&
           (!a->key.n || !memcmp(a->key.at, b->key.at, a->key.n * sizeof *a->key.at));
}

static bool same_state(const struct teller *t, const uint64_t *a, const uint64_t *b) {
    return !memcmp(a, b, t->p->state_words * sizeof *a);
}

static void on_emit(void *self, struct eval *e, enum dc_error error) {
    struct teller *t = self;
    const struct ir_action *a = &t->p->actions.at[t->action];
    bool by_ordinal = !t->want && t->ordinal == t->want_ordinal;
    t->ordinal++;
    if (t->got->exists) return;
    if (by_ordinal) {
        tell_describe(t, e, a, t->got, error);
    } else if (t->want && !error) {
        struct step s = {0};
        bool tell = t->tell;
        t->tell = false;
        tell_describe(t, e, a, &s, error);
        t->tell = tell;
        if (same_step(&s, t->want) && (!tell || same_state(t, s.to, t->want->to))) {
            VEC_FREE(s.key);
            tell_describe(t, e, a, t->got, error);
        } else {
            VEC_FREE(s.key);
        }
    }
}

/* The step `ordinal` of the state, or the one that is like `want`. */
static bool take(struct teller *t, const uint64_t *from, uint32_t ordinal, const struct step *want, bool tell,
                 struct step *got) {
    memset(got, 0, sizeof *got);
    t->ordinal = 0;
    t->want_ordinal = ordinal;
    t->want = want;
    t->got = got;
    t->tell = tell;
    for (uint32_t a = 0; a < t->p->actions.n && !got->exists; a++) {
        if (want && a != want->action) continue;
        t->action = a;
        t->e->state = from;
        eval_action(t->e, &t->p->actions.at[a], on_emit, t);
    }
    return got->exists;
}

/* ---- states and changes ---- */

static void add_value(struct dc_event *ev, bool change, const char *name, const char *text, const char *before,
                      bool hidden) {
    struct dc_value v = {.name = name, .text = text, .before = before, .hidden = hidden};
    if (change) VEC_PUSH(ev->changes, v);
    else VEC_PUSH(ev->state, v);
}

/* Walks a value down to map keys and record fields; says what is there, or what has changed. */
static void walk(struct teller *t, struct dc_event *ev, const char *name, const struct type *type, uint64_t now,
                 const uint64_t *before, bool hidden) {
    if (before && value_same(type, *before, now)) return;
    if (before && type->kind == T_MAP && type->key->words == 0) {
        for (uint32_t i = 0; i < type->cap; i++) {
            uint64_t key = value_unrank(type->key, i, NULL), b = value_element(type, *before, i, NULL);
            const char *part = arena_printf(&t->story->arena, "%s[%s]", name, tell_value(t, type->key, key));
            walk(t, ev, part, type->elem, value_element(type, now, i, NULL), &b, hidden);
        }
        return;
    }
    if (before && type->kind == T_RECORD) {
        for (uint32_t i = 0; i < type->n; i++) {
            uint64_t b = value_field(type, *before, &type->fields[i]);
            const char *part = arena_printf(&t->story->arena, "%s.%s", name, type->fields[i].name);
            walk(t, ev, part, type->fields[i].type, value_field(type, now, &type->fields[i]), &b, hidden);
        }
        return;
    }
    add_value(ev, before != NULL, name, tell_value(t, type, now), before ? tell_value(t, type, *before) : NULL, hidden);
}

void tell_states(struct teller *t, struct dc_event *ev, const uint64_t *now, const uint64_t *before) {
    for (uint32_t i = 0; i < t->p->vars.n; i++) {
        const struct ir_var *v = t->p->vars.at[i];
        uint64_t a = value_load(v->type, now, v->word, v->shift);
        for (uint32_t k = 0; v->cells && k < v->type->cap; k++) { /* under the keys that the spec knows */
            uint64_t key[64];
            const char *name =
                arena_printf(&t->story->arena, "%s[%s]", v->name,
                             tell_value(t, v->cell_map->key, value_unrank(v->cell_map->key, v->cells[k], key)));
            walk(t, ev, name, v->type->elem, value_element(v->type, a, k, NULL), NULL, v->hidden);
            if (before) {
                uint64_t b = value_element(v->type, value_load(v->type, before, v->word, v->shift), k, NULL);
                walk(t, ev, name, v->type->elem, value_element(v->type, a, k, NULL), &b, v->hidden);
            }
        }
        if (v->cells) continue;
        if (!v->per_instance) {
            walk(t, ev, v->name, v->type, a, NULL, v->hidden);
            if (before) {
                uint64_t b = value_load(v->type, before, v->word, v->shift);
                walk(t, ev, v->name, v->type, a, &b, v->hidden);
            }
            continue;
        }
        const struct ir_process *pr = &t->p->processes.at[v->process];
        for (uint32_t k = 0; k < pr->n; k++) {
            const char *name = arena_printf(&t->story->arena, "%s[%s].%s", pr->name,
                                            tell_value(t, pr->id, value_unrank(pr->id, k, NULL)), v->member);
            uint64_t x = value_element(v->type, a, k, NULL);
            bool liar = v->hidden && x && !strcmp(v->member, "liar"); /* who lies is said from the start */
            walk(t, ev, name, v->type->elem, x, NULL, v->hidden && !liar);
            if (before) {
                uint64_t b = value_element(v->type, value_load(v->type, before, v->word, v->shift), k, NULL);
                walk(t, ev, name, v->type->elem, x, &b, v->hidden);
            }
        }
    }
    for (uint32_t i = 0; i < t->p->watches.n; i++) {
        uint64_t v;
        t->e->state = now;
        eval_reset(t->e);
        if (eval_expr(t->e, t->p->watches.at[i], &v) != DC_OK) continue;
        struct dc_value w = {.name = t->p->watches.at[i]->text, .text = tell_value(t, t->p->watches.at[i]->type, v)};
        VEC_PUSH(ev->watched, w);
    }
}

static void trees(struct teller *t, struct dc_event *ev, const uint64_t *state) {
    for (uint32_t i = 0; i < t->p->vars.n; i++)
        VEC_PUSH(ev->trees, variable_tree(t->p, t->p->vars.at[i], state, &t->story->arena));
}

/* ---- why a formula is false ---- */

static void say(struct teller *t, const char *text) { VEC_PUSH(t->story->why, text); }

bool tell_truth(struct teller *t, const struct ir *n, bool *known) {
    uint64_t v = 0;
    *known = eval_expr(t->e, n, &v) == DC_OK;
    return v != 0;
}

static bool stop_when_false(struct eval *e, void *self) {
    uint64_t v;
    return eval_expr(e, self, &v) != DC_OK || !v;
}
static bool stop_at_once(struct eval *e, void *self) {
    (void)e;
    (void)self;
    return true;
}

static void bindings_of(struct teller *t, const struct ir *n, const char *lead) {
    const char *list = "";
    for (uint32_t i = 0; i < n->n_gens; i++) {
        const struct ir_gen *g = &n->gens[i];
        uint32_t count = g->kind == G_SLICE ? g->n_fields : 1;
        for (uint32_t k = 0; k < count; k++) {
            uint32_t slot = g->kind == G_SLICE ? g->field_slots[k] : g->slot;
            const char *name = slot < t->p->slot_names.n ? t->p->slot_names.at[slot] : NULL;
            const struct type *type = t->p->slots.at[slot];
            if (!name) continue;
            const uint64_t *at = t->e->locals + t->e->slot_at[slot];
            list = arena_printf(&t->story->arena, "%s%s%s = %s", list, *list ? ", " : "", name,
                                tell_value(t, type, type->words ? (uint64_t)(uintptr_t)at : *at));
        }
    }
    if (*list) say(t, arena_printf(&t->story->arena, "%s %s", lead, list));
}

/* Runs the generators of n in the interpreter's own error frame. */
bool tell_gens(struct teller *t, const struct ir *n, bool (*body)(struct eval *, void *), void *self) {
    jmp_buf escape, *outer = t->e->escape;
    bool stop = false;
    t->e->escape = &escape;
    if (setjmp(escape) == 0) stop = eval_gens(t->e, n->gens, n->n_gens, body, self);
    t->e->escape = outer;
    return stop;
}

static bool primed(const struct ir *n) {
    if (n->op == IR_STATE) return n->imm != 0;
    for (uint32_t i = 0; i < n->n; i++)
        if (primed(n->kid[i])) return true;
    return false;
}

static void why_leaf(struct teller *t, const struct ir *n, bool wanted) {
    const char *text = tell_snippet(t, n->span), *values = "";
    struct span whole = n->span;
    if (n->text == IR_INVERTED) wanted = !wanted;
    if (n->op == IR_NOT) n = n->kid[0]; /* a != b */
    if (n->op == IR_EQ || n->op == IR_LT || n->op == IR_LE || n->op == IR_MEMBER || n->op == IR_ISSOME)
        for (uint32_t i = 0; i < n->n; i++) {
            uint64_t v;
            bool told =
                n->kid[i]->span.begin == whole.begin && n->kid[i]->span.end == whole.end; /* made from the whole */
            if (told || n->kid[i]->op == IR_CONST || eval_expr(t->e, n->kid[i], &v) != DC_OK) continue;
            const char *part = tell_snippet(t, n->kid[i]->span);
            if (n->kid[i]->op == IR_LOCAL && t->p->slot_names.at[n->kid[i]->slot])
                part = t->p->slot_names.at[n->kid[i]->slot];
            else if (primed(n->kid[i]) && !strchr(part, '\''))
                part = arena_printf(&t->story->arena, strchr(part, ' ') ? "(%s)'" : "%s'", part);
            values = arena_printf(&t->story->arena, "%s%s%s = %s", values, *values ? ", " : "", part,
                                  tell_value(t, n->kid[i]->type, v));
        }
    say(t, arena_printf(&t->story->arena, "`%s` is %s%s%s", text, wanted ? "false" : "true", *values ? ", where " : "",
                        values));
}

void tell_why(struct teller *t, const struct ir *n, bool wanted, int depth) {
    bool known;
    if (depth > 12) return;
    if (n->text == IR_INVERTED) {
        why_leaf(t, n, wanted);
        return;
    }
    if (n->op == IR_NOT && !n->imm) {
        tell_why(t, n->kid[0], !wanted, depth + 1);
        return;
    }
    if ((n->op == IR_AND && wanted) || (n->op == IR_OR && !wanted)) { /* the first part that decides */
        for (uint32_t i = 0; i < n->n; i++)
            if (tell_truth(t, n->kid[i], &known) != wanted && known) {
                tell_why(t, n->kid[i], wanted, depth + 1);
                return;
            }
    }
    if ((n->op == IR_OR && wanted) || (n->op == IR_AND && !wanted)) { /* all parts decide together */
        for (uint32_t i = 0; i < n->n && i < 4; i++) tell_why(t, n->kid[i], wanted, depth + 1);
        return;
    }
    if (n->op == IR_REDUCE && n->imm == R_FORALL && wanted) {
        if (tell_gens(t, n, stop_when_false, n->kid[0])) {
            bindings_of(t, n, "for");
            tell_why(t, n->kid[0], true, depth + 1);
            return;
        }
    }
    if (n->op == IR_REDUCE && n->imm == R_EXISTS && !wanted) {
        if (tell_gens(t, n, stop_at_once, NULL)) bindings_of(t, n, "there is");
    }
    if (n->op == IR_LET) {
        uint64_t v;
        if (eval_expr(t->e, n, &v) == DC_OK) { /* leaves the name bound */
            tell_why(t, n->kid[1], wanted, depth + 1);
            return;
        }
    }
    why_leaf(t, n, wanted);
}

/* ---- what blocks each process ---- */

static bool any_binding(struct eval *e, void *self) {
    (void)e;
    *(bool *)self = true;
    return true;
}

struct able { /* whether a process has a step that changes something; in a stop it has none */
    const struct teller *t;
    const struct ir_action *action;
    uint64_t self;
    bool yes;
};

static void on_able(void *self, struct eval *e, enum dc_error error) {
    struct able *x = self;
    bool many = x->action->process >= 0 && x->t->p->processes.at[x->action->process].id;
    if (error || (many && e->locals[e->slot_at[x->action->self]] != x->self)) return;
    x->yes |= !same_state(x->t, e->target, e->state);
}

static bool able(struct teller *t, const struct ir_action *a) {
    struct able x = {.t = t, .action = a};
    if (a->process >= 0 && t->p->processes.at[a->process].id) x.self = t->e->locals[t->e->slot_at[a->self]];
    eval_action(t->e, a, on_able, &x);
    return x.yes;
}

static const char POSSIBLE[] = "possible";

const char *tell_block(struct teller *t, const struct ir_action *a) {
    const struct ir_gen *g = &a->gens[0];
    bool own =
        a->process < 0 || t->p->processes.at[a->process].id || g->kind == G_LET; /* its names are bound already */
    const struct ir *cond = own ? g->cond : NULL;
    uint32_t parts = !cond ? 0 : cond->op == IR_AND ? cond->n : 1;
    bool known;
    for (uint32_t i = 0; i < parts; i++) {
        const struct ir *c = cond->op == IR_AND ? cond->kid[i] : cond;
        if (!tell_truth(t, c, &known) && known)
            return arena_printf(&t->story->arena, "`%s` is %s", tell_snippet(t, c->span),
                                c->text == IR_INVERTED ? "true" : "false");
    }
    bool any = false;
    struct ir rest = {.gens = a->gens + own, .n_gens = a->n_gens - own};
    tell_gens(t, &rest, any_binding, &any);
    if (any && able(t, a)) return POSSIBLE;
    if (any) return a->body ? "it would change nothing, or its message has no room" : "";
    if (a->kind == ACT_HANDLER) return "there is no such message that it takes";
    return a->n_gens > 1 ? "no choice satisfies its guard" : "its guard is false";
}

/* The hidden flag of a process: up, or liar. `none` where there is no such flag. */
bool tell_flag(const struct teller *t, const char *flag, int process, uint32_t instance, const uint64_t *state,
               bool none) {
    for (uint32_t i = 0; i < t->p->vars.n; i++) {
        const struct ir_var *v = t->p->vars.at[i];
        if (!v->hidden || v->process != process || strcmp(v->member, flag)) continue;
        uint64_t value = value_load(v->type, state, v->word, v->shift);
        return (v->per_instance ? value_element(v->type, value, instance, NULL) : value) != 0;
    }
    return none;
}

static void blocked(struct teller *t, const uint64_t *state) {
    const struct program *p = t->p;
    t->e->state = state;
    for (uint32_t k = 0; k < p->processes.n; k++) {
        const struct ir_process *pr = &p->processes.at[k];
        for (uint32_t i = 0; i < pr->n; i++) {
            uint64_t self = pr->id ? value_unrank(pr->id, i, NULL) : 0;
            const char *who = tell_process(t, (int)k, self), *list = "";
            bool down = !tell_flag(t, "up", (int)k, i, state, true),
                 liar = tell_flag(t, "liar", (int)k, i, state, false);
            if (down || liar) {
                say(t, arena_printf(&t->story->arena,
                                    down ? "%s is down" : "%s is Byzantine and takes no steps of its own", who));
                continue;
            }
            bool some = false;
            for (uint32_t a = 0; a < p->actions.n; a++) {
                const struct ir_action *act = &p->actions.at[a];
                if (act->process != (int)k || act->fault || act->byzantine || !act->n_gens) continue;
                if (pr->id) t->e->locals[t->e->slot_at[act->self]] = self;
                const char *reason = tell_block(t, act);
                some |= reason == POSSIBLE;
                list = arena_printf(&t->story->arena, "%s%s%s%s: %s", list, *list ? "; " : "",
                                    act->kind == ACT_HANDLER ? "on " : "", act->name, reason);
            }
            if (*list)
                say(t, arena_printf(&t->story->arena, some ? "%s can go on: %s" : "%s is blocked: %s", who, list));
        }
    }
}

static void blocked_alone(struct teller *t) {
    for (uint32_t a = 0; a < t->p->actions.n; a++) {
        const struct ir_action *act = &t->p->actions.at[a];
        if (act->process >= 0 || act->fault || !act->n_gens) continue;
        const char *reason = tell_block(t, act);
        say(t, reason == POSSIBLE ? arena_printf(&t->story->arena, "%s is possible", act->name)
                                  : arena_printf(&t->story->arena, "%s is blocked: %s", act->name, reason));
    }
}

/* ---- the whole ---- */

static int actor(const struct teller *t, const struct step *s) {
    const struct ir_action *a = &t->p->actions.at[s->action];
    return a->process < 0 ? -1 : a->process * 65536 + (int)(s->self & 0xFFFF);
}

/* Swaps steps i and i+1 if the result is the same: the state after both. */
static bool swap(struct teller *t, const uint64_t *start, struct step *s, uint32_t i) {
    const uint64_t *from = i ? s[i - 1].to : start;
    struct step b, a = {0};
    if (!take(t, from, 0, &s[i + 1], false, &b)) return false;
    bool ok = !b.error && take(t, b.to, 0, &s[i], false, &a);
    if (ok) ok = !a.error && !memcmp(a.to, s[i + 1].to, t->p->state_words * sizeof *a.to);
    if (!ok) {
        VEC_FREE(a.key);
        VEC_FREE(b.key);
        return false;
    }
    VEC_FREE(s[i].key);
    VEC_FREE(s[i + 1].key);
    s[i] = b;
    s[i + 1] = a;
    return true;
}

/* Fewer changes of the acting process: a step moves up to its process's last one where it commutes with all between. */
static bool reorder(struct teller *t, const uint64_t *start, struct step *s, uint32_t n) {
    bool any = false;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t home = i;
        while (home > 0 && actor(t, &s[home - 1]) != actor(t, &s[i])) home--;
        if (home == 0 || home == i) continue;
        uint32_t at = i;
        while (at > home && swap(t, start, s, at - 1)) at--;
        if (at != home)
            for (; at < i; at++) /* half way is no gain: back again */
                if (!swap(t, start, s, at)) return any;
        any |= at == home && at != i;
    }
    return any;
}

/* Who filled a network: every message in it, with its ends. */
static void tell_messages(struct teller *t, const struct type *type, uint64_t v, uint32_t *shown) {
    enum { MOST = 12 };
    if (type->kind == T_UNION && type->n && type != t->p->process_type) {
        const char *from = tell_end(t, type, v, "from"), *to = tell_end(t, type, v, "to");
        if (++*shown > MOST) return;
        say(t, arena_printf(&t->story->arena, "in it: %s%s%s%s%s", tell_message(t, type, v), from ? " from " : "",
                            from ? from : "", to ? " to " : "", to ? to : ""));
        return;
    }
    if (type->kind == T_TUPLE && type->n) {
        tell_messages(t, type->fields[0].type, value_field(type, v, &type->fields[0]), shown);
        return;
    }
    if (type->kind != T_MAP && type->kind != T_SET && type->kind != T_SEQ && type->kind != T_BAG) return;
    uint64_t *words = mem_alloc(type_slot_words(type->elem) * sizeof *words);
    for (uint32_t i = 0, n = value_size(type, v); i < n; i++)
        tell_messages(t, type->elem, value_element(type, v, i, words), shown);
    mem_free(words);
}

static void tell_network(struct teller *t, const char *network, const uint64_t *state) {
    size_t n = strlen(network);
    uint32_t shown = 0;
    for (uint32_t i = 0; i < t->p->vars.n; i++) {
        const struct ir_var *v = t->p->vars.at[i];
        if (v->hidden && !strncmp(v->name, network, n) && v->name[n] == '.')
            tell_messages(t, v->type, value_load(v->type, state, v->word, v->shift), &shown);
    }
}

/* The step, or the initial state, in the words of the module that is refined. */
static void tell_refined(struct teller *t, uint32_t refine, const uint64_t *from, const uint64_t *to) {
    const struct program *p = t->p;
    const struct ir_refine *f = &p->refines.at[refine - 1];
    struct arena *ar = &t->story->arena;
    uint32_t words = p->state_words + f->words;
    struct refined *r = refined_open(p);
    uint64_t *before = arena_alloc(ar, words * sizeof *before);
    const uint64_t *values;
    bool ok = !refined_values(r, refine, from, &values);
    memcpy(before, values, words * sizeof *before);
    if (to) ok = ok && !refined_values(r, refine, to, &values);
    for (uint32_t i = 0; ok && i < f->vars.n; i++) {
        const struct ir_var *v = f->vars.at[i];
        const char *old = tell_value(t, v->type, value_load(v->type, before, v->word, v->shift));
        if (!to) {
            say(t, arena_printf(ar, "%s = %s", v->name, old));
            continue;
        }
        const char *new = tell_value(t, v->type, value_load(v->type, values, v->word, v->shift));
        if (strcmp(old, new)) say(t, arena_printf(ar, "%s: %s -> %s", v->name, old, new));
    }
    say(t, to ? arena_printf(ar, "no step of %s does this", f->module)
              : arena_printf(ar, "this is no initial state of %s", f->module));
    refined_close(r);
}

/* A behaviour that is wrong already where the trace ends: what should always hold there, or at the start, and does not.
 */
static bool tell_prefix(struct teller *t, const struct ir *n, bool now) {
    if (n->op == IR_TEMPORAL && n->imm == TOK_ALWAYS) return tell_prefix(t, n->kid[0], true);
    if (n->op == IR_AND) {
        for (uint32_t i = 0; i < n->n; i++)
            if (tell_prefix(t, n->kid[i], now)) return true;
        return false;
    }
    uint64_t holds;
    if (!now || ir_temporal(n) || eval_expr(t->e, n, &holds) != DC_OK || holds) return false;
    tell_why(t, n, true, 0);
    return true;
}

/* A scenario that is made of this trace shall mean it and nothing else. */
static void pin_step(struct teller *t, struct walk *w, const uint64_t *from, const char *title, const uint64_t *to,
                     struct dc_pins *pins) {
    struct walk_steps steps = {0};
    if (!w || !to) return;
    if (from) walk_from(w, from, &steps);
    else walk_start(w, &steps);
    walk_pins(w, &steps, title, to, &t->story->arena, pins);
    VEC_FREE(steps.list);
    walk_clear(w);
}

static void failure(struct teller *t, struct walk *walk, const struct explain_trace *x, const uint64_t *last) {
    const struct program *p = t->p;
    struct step s;
    struct arena *ar = &t->story->arena;
    if (x->step) {
        if (!take(t, last, x->ordinal, NULL, true, &s)) return;
        t->story->failed_step = s.event.title;
        t->story->failed_error = s.error != DC_OK;
        pin_step(t, walk, last, s.event.title, s.to, &t->story->failed_pins);
        for (uint32_t i = 0; i < s.event.sent.n; i++)
            say(t,
                arena_printf(ar, "it has sent %s%s%s", s.event.sent.at[i].message, s.event.sent.at[i].to ? " to " : "",
                             s.event.sent.at[i].to ? s.event.sent.at[i].to : ""));
        if (s.at) {
            const char *what = s.at->op == IR_ASSERT && s.at->text ? s.at->text : error_text(s.error);
            if (s.at->op == IR_FAIL && s.at->text) what = arena_printf(ar, "the network `%s` is full", s.at->text);
            say(t, arena_printf(ar, "%s: %s", tell_place(t, s.at->span), what));
            say(t, arena_printf(ar, "in `%s`", tell_snippet(t, s.at->span)));
            if (s.at->op == IR_FAIL && s.at->text) tell_network(t, s.at->text, last);
        }
        if (x->pred >= 0 && s.to) {
            t->e->state = last;
            t->e->next = s.to;
            struct dc_event ev = {0};
            tell_states(t, &ev, s.to, last);
            for (uint32_t i = 0; i < ev.changes.n; i++)
                if (!ev.changes.at[i].hidden)
                    say(t, arena_printf(ar, "%s: %s -> %s", ev.changes.at[i].name, ev.changes.at[i].before,
                                        ev.changes.at[i].text));
            VEC_FREE(ev.changes);
            VEC_FREE(ev.state);
            VEC_FREE(ev.watched);
            if (p->preds.at[x->pred].refine && !x->error) tell_refined(t, p->preds.at[x->pred].refine, last, s.to);
            t->e->state = last;
        }
        VEC_FREE(s.key);
        VEC_FREE(s.event.sent);
    }
    t->e->state = last;
    eval_reset(t->e);
    if (x->pred >= 0 && p->preds.at[x->pred].refine) {
        if (!x->step && !x->error) tell_refined(t, p->preds.at[x->pred].refine, last, NULL);
    } else if (x->pred >= 0 && x->error) {
        uint64_t v;
        if (eval_expr(t->e, p->preds.at[x->pred].body, &v))
            say(t, arena_printf(ar, "%s: %s, in `%s`", tell_place(t, t->e->at->span), error_text(x->error),
                                tell_snippet(t, t->e->at->span)));
    } else if (x->pred >= 0 && p->preds.at[x->pred].kind != DC_REACHABLE && !p->preds.at[x->pred].temporal) {
        tell_why(t, p->preds.at[x->pred].body, true, 0);
    } else if (x->pred >= 0 && p->preds.at[x->pred].kind == DC_TEMPORAL && !x->lasso) {
        tell_prefix(t, p->preds.at[x->pred].body, x->length == 1);
    }
    if (x->stop) {
        blocked(t, last);
        blocked_alone(t);
    }
}

static const char *other_title(struct teller *t, const uint64_t *from, uint32_t ordinal) {
    struct walk *walk = walk_open(t->p, t->sources);
    struct walk_steps steps = {0};
    const char *title = "another step";
    walk_from(walk, from, &steps);
    for (uint32_t i = 0; i < steps.list.n; i++)
        if (steps.list.at[i].ordinal == ordinal) title = arena_printf(&t->story->arena, "%s", steps.list.at[i].title);
    VEC_FREE(steps.list);
    walk_close(walk);
    return title;
}

/* Of a violated invariant or property of steps. */
static void tell_escape(struct teller *t, const struct explain_trace *x, const struct step *steps, uint32_t n) {
    const struct ir_pred *pred = x->pred >= 0 && !x->error ? &t->p->preds.at[x->pred] : NULL;
    struct arena *a = &t->story->arena;
    if (!pred || x->lasso || x->stop || (pred->kind != DC_INVARIANT && pred->kind != DC_STEP)) return;
    const uint64_t **states = arena_alloc(a, (n + 1) * sizeof(const uint64_t *));
    struct escape e;
    states[0] = x->states;
    for (uint32_t i = 0; i < n; i++) states[i + 1] = steps[i].to;
    escape_find(t->p, states, n + 1, x->step, (uint32_t)x->pred, &e);
    const char *title = e.outcome == ESCAPE_NONE ? "" : other_title(t, states[e.at], e.ordinal);
    switch (e.outcome) {
    case ESCAPE_FOUND:
        t->story->escape =
            arena_printf(a,
                         "Step %u was the last at which it could be avoided. Had `%s` come instead, %s could not be "
                         "violated any more, whatever follows (%u state%s).",
                         e.at + 2, title, pred->name, e.states, e.states == 1 ? "" : "s");
        break;
    case ESCAPE_NONE:
        t->story->escape = arena_printf(a,
                                        "No other step would have avoided it: in place of every step of this run, each "
                                        "other one but faults leaves a violation of %s possible.",
                                        pred->name);
        break;
    default:
        t->story->escape = arena_printf(a,
                                        "At which step it could be avoided last is unknown: too much lies behind `%s` "
                                        "in place of step %u.",
                                        title, e.at + 2);
    }
}

bool explain(const struct program *p, const struct sources *sources, const struct explain_trace *x,
             struct dc_story *story) {
    struct teller t = {.p = p, .sources = sources, .story = story};
    t.flight = (struct flight){.p = p, .story = story, .text = flight_text, .self = &t};
    uint32_t words = p->state_words, n = x->length ? x->length - 1 : 0;
    bool ok = true;
    memset(story, 0, sizeof *story);
    t.e = eval_open(p);
    t.e->target = mem_alloc(words * sizeof *t.e->target);
    t.e->record = &t.record;
    struct step *steps = mem_alloc((n + 1) * sizeof *steps);
    for (uint32_t i = 0; i < n && ok; i++) {
        const uint64_t *from = x->states + (size_t)i * words;
        ok = take(&t, from, x->ordinals[i + 1], NULL, false, &steps[i]) && !steps[i].error &&
             !memcmp(steps[i].to, from + words, words * sizeof *from);
    }
    if (ok && x->reorder) story->reordered = reorder(&t, x->states, steps, n);
    const uint64_t *at = x->states;
    struct walk *walk = x->pins ? walk_open(p, sources) : NULL;
    if (ok && x->length) {
        struct dc_event start = {.title = "initial state", .actor = DC_NOBODY, .taken = -1, .rule = UINT32_MAX};
        for (uint32_t i = 0; i < p->vars.n; i++) {
            VEC_PUSH(story->variables, p->vars.at[i]->name);
            VEC_PUSH(story->types, apalache_variable(p, p->vars.at[i], &story->arena));
        }
        tell_states(&t, &start, at, NULL);
        trees(&t, &start, at);
        flight_open(&t.flight, at);
        pin_step(&t, walk, NULL, start.title, at, &start.pins);
        VEC_PUSH(story->events, start);
    }
    for (uint32_t i = 0; i < n && ok; i++) { /* told from a second execution, in the order that is shown */
        struct step told;
        ok =
            take(&t, at, 0, &steps[i], true, &told) && !told.error && !memcmp(told.to, steps[i].to, words * sizeof *at);
        if (!ok) break;
        tell_states(&t, &told.event, told.to, at);
        trees(&t, &told.event, told.to);
        flight_step(&t.flight, &told.event, i + 1, told.to);
        pin_step(&t, walk, at, told.event.title, told.to, &told.event.pins);
        VEC_PUSH(story->events, told.event);
        at = told.to;
        VEC_FREE(told.key);
    }
    if (ok && x->length) failure(&t, walk, x, at);
    if (ok && x->length && x->escape) tell_escape(&t, x, steps, n);
    walk_close(walk);
    flight_close(&t.flight);
    for (uint32_t i = 0; i < n; i++) VEC_FREE(steps[i].key);
    mem_free(steps);
    VEC_FREE(t.record.sent);
    VEC_FREE(t.record.sent_value);
    arena_free(&t.record.arena);
    mem_free(t.e->target);
    t.e->target = NULL;
    eval_close(t.e);
    return ok;
}
