/* Fairness: what the declarations and the check say about steps, as entries of the program (struct ir_fair). */
#include <string.h>

#include "compiler/elab.h"

static struct ir_fair *add_entry(struct compile *c, const char *name, bool strong, bool per_key) {
    struct ir_fair f = {.name = name, .strong = strong, .per_key = per_key};
    VEC_PUSH(P(c)->fairs, f);
    return &P(c)->fairs.at[P(c)->fairs.n - 1];
}

static void add_member(struct compile *c, struct ir_fair *f, uint32_t action) {
    uint32_t *more = arena_alloc(&P(c)->arena, (f->n + 1) * sizeof *more);
    if (f->n) memcpy(more, f->actions, f->n * sizeof *more);
    more[f->n++] = action;
    f->actions = more;
}

const char *action_module(struct compile *c, uint32_t action) {
    const struct scope *s = c->action_scopes.at[action];
    return s->alias || !s->parent ? s->alias
                                  : s->parent->alias; /* `extend` has a scope of its own inside the module's */
}

bool action_shares_name(struct compile *c, uint32_t action) {
    const struct ir_action *a = &P(c)->actions.at[action];
    const char *home = action_module(c, action);
    for (uint32_t i = 0; home && i < P(c)->actions.n; i++) {
        const struct ir_action *b = &P(c)->actions.at[i];
        const char *other = action_module(c, i);
        if (other && strcmp(home, other) != 0 && a->process == b->process && !strcmp(a->name, b->name)) return true;
    }
    return false;
}

static const char *title(struct compile *c, uint32_t action) {
    const struct ir_action *a = &P(c)->actions.at[action];
    const char *who = a->process >= 0 ? P(c)->processes.at[a->process].name : "",
               *on = a->kind == ACT_HANDLER ? "on " : "";
    bool shared = action_shares_name(c, action);
    return arena_printf(&P(c)->arena, "%s%s%s%s%s%s", who, *who ? ": " : "", on, shared ? action_module(c, action) : "",
                        shared ? "." : "", a->name);
}

/* A step on its own: handlers for each message, actions for each process, unless each binding counts. */
static void one_step(struct compile *c, uint32_t i, bool strong) {
    const struct ir_action *a = &P(c)->actions.at[i];
    add_member(c, add_entry(c, title(c, i), strong, a->kind == ACT_HANDLER || a->fair_each), i);
}

static bool can_be_fair(const struct ir_action *a) { return !a->fault && !a->torn && !a->byzantine; }

static bool called(const struct ir_action *a, const char *name) {
    return !strcmp(a->name, name) || (a->kind == ACT_TIMEOUT && !strcmp(a->name + strlen("timeout "), name));
}

/* Does `step`, standing in scope s, name action i? In a check (`anywhere`) plain names reach into every process. */
static bool names_action(struct compile *c, struct scope *s, const struct ast *step, uint32_t i, bool anywhere) {
    const struct ir_action *a = &P(c)->actions.at[i];
    const struct scope *home = c->action_scopes.at[i];
    if (!can_be_fair(a) || !called(a, step->text)) return false;
    if (step->kind == AST_NAME) return anywhere || home == s;
    const char *base = step->kid[0]->text;
    if (a->process >= 0 && !strcmp(P(c)->processes.at[a->process].name, base)) return true;
    const char *module = action_module(c, i);
    return module && !strcmp(module, base);
}

static void unknown(struct compile *c, const struct ast *step, bool anywhere) {
    struct diag *d = error_at(
        c, step->span, anywhere ? "there is no action or handler `%s`" : "there is no action or handler `%s` here",
        step->text);
    const char *all[128];
    uint32_t n = 0;
    for (uint32_t i = 0; i < P(c)->actions.n && n < 128; i++)
        if (can_be_fair(&P(c)->actions.at[i])) all[n++] = P(c)->actions.at[i].name;
    const char *near = nearest_name(step->text, all, n);
    if (near) hint(c, d, "did you mean `%s`?", near);
}

static void fair_group(struct compile *c, struct scope *s, const struct ast *d) {
    struct ir_fair *f = add_entry(c, d->text, (d->value & MOD_STRONG) != 0, false);
    if (s->process >= 0) f->name = arena_printf(&P(c)->arena, "%s: %s", P(c)->processes.at[s->process].name, d->text);
    for (uint32_t k = 0; k < d->n; k++) {
        uint32_t before = f->n;
        for (uint32_t i = 0; i < P(c)->actions.n; i++)
            if (names_action(c, s, d->kid[k], i, false)) add_member(c, f, i);
        if (f->n == before) unknown(c, d->kid[k], false);
    }
}

static void declared(struct compile *c) {
    for (uint32_t i = 0; i < P(c)->actions.n; i++) {
        const struct ir_action *a = &P(c)->actions.at[i];
        if (a->fair && can_be_fair(a)) one_step(c, i, a->strong);
    }
    for (uint32_t m = 0; m < c->modules.n; m++) {
        struct scope *s = c->modules.at[m];
        for (uint32_t k = 0; k < s->decls->n; k++) {
            const struct ast *d = s->decls->kid[k];
            if (d->kind == AST_FAIRGROUP) fair_group(c, s, d);
            if (d->kind != AST_FAIRTICK) continue;
            for (uint32_t i = 0; i < P(c)->actions.n; i++)
                if (P(c)->actions.at[i].kind == ACT_TICK) one_step(c, i, (d->value & MOD_STRONG) != 0);
        }
    }
}

static void assume(struct compile *c, const struct ast *a) {
    bool strong = (a->value & ASSUME_STRONG) != 0;
    switch (a->value & ~(int64_t)ASSUME_STRONG) {
    case ASSUME_NONE: P(c)->fairs.n = 0; break;
    case ASSUME_DELIVERY:
    case ASSUME_ALL:
        for (uint32_t i = 0; i < P(c)->actions.n; i++) {
            const struct ir_action *x = &P(c)->actions.at[i];
            bool meant = (a->value & ~(int64_t)ASSUME_STRONG) == ASSUME_ALL || x->kind == ACT_HANDLER;
            if (meant && can_be_fair(x)) one_step(c, i, strong);
        }
        break;
    default:
        for (uint32_t k = 0; k < a->n; k++) {
            bool any = false;
            for (uint32_t i = 0; i < P(c)->actions.n; i++) {
                if (!names_action(c, c->root, a->kid[k], i, true)) continue;
                one_step(c, i, strong);
                any = true;
            }
            if (!any) unknown(c, a->kid[k], true);
        }
    }
}

/* The same obligation twice costs twice: a weak one beside a strong one, or one that is there already, goes. */
static void drop_doubles(struct compile *c) {
    struct program *p = P(c);
    bool *needed = arena_alloc(c->arena, p->fairs.n + 1);
    for (uint32_t i = 0; i < p->fairs.n; i++) {
        const struct ir_fair *f = &p->fairs.at[i];
        needed[i] = f->n > 0;
        for (uint32_t k = 0; k < p->fairs.n && needed[i]; k++) {
            const struct ir_fair *g = &p->fairs.at[k];
            bool same = k != i && f->n == 1 && g->n == 1 && f->actions[0] == g->actions[0] && f->per_key == g->per_key;
            if (same && (g->strong > f->strong || (g->strong == f->strong && k < i))) needed[i] = false;
        }
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->fairs.n; i++)
        if (needed[i]) p->fairs.at[n++] = p->fairs.at[i];
    p->fairs.n = n;
}

void lower_fairness(struct compile *c) {
    const struct ast *check = c->options->check;
    declared(c);
    for (uint32_t i = 0; check && i < check->n; i++)
        for (uint32_t k = 0; check->kid[i]->kind == AST_ASSUMES && k < check->kid[i]->n; k++)
            assume(c, check->kid[i]->kid[k]);
    drop_doubles(c);
}
