/* Runs the scenarios of a spec, and says what became of them. */
#include "compiler/scenario.h"

#include <string.h>

#include "base/clock.h"
#include "cli/check.h"
#include "compiler/explain.h"

/* ---- settings ---- */

static const char *text_at(struct front *f, struct span span) {
    const struct source *s = &f->sources.files.at[span.source];
    return arena_printf(&f->arena, "%.*s", (int)(span.end - span.begin), s->text + span.begin);
}

static const char *name_of(struct front *f, const struct ast *path) {
    if (path->kind != AST_DOT) return path->text;
    return arena_printf(&f->arena, "%s.%s", path->kid[0]->text, path->text);
}

static bool defined(const struct options *o, const char *name) {
    size_t n = strlen(name);
    for (uint32_t i = 0; i < o->defines.n; i++)
        if (!strncmp(o->defines.at[i], name, n) && o->defines.at[i][n] == '=') return true;
    return false;
}

const char *scenario_settings(struct front *f, const struct ast *check, const struct options *o) {
    const char *with = "", *rest = "";
    struct arena *a = &f->arena;
    for (uint32_t i = 0; check && i < check->n; i++) {
        const struct ast *k = check->kid[i];
        const char *item = NULL;
        if (k->kind == AST_WITH && k->n == 1 && !defined(o, k->text))
            item = arena_printf(a, "%s = %s", k->text, text_at(f, k->kid[0]->span));
        if (k->kind == AST_WITH && k->n > 1)
            item = arena_printf(a, "%s.%s = %s", k->kid[1]->text, k->text, text_at(f, k->kid[0]->span));
        if (k->kind == AST_WITHNETWORK || k->kind == AST_WITHFAULTS) item = text_at(f, k->span);
        if (item) with = arena_printf(a, "%s%s%s", with, *with ? ", " : " with ", item);
        if (k->kind == AST_WITHOUT) rest = arena_printf(a, "%s %s", rest, text_at(f, k->span));
        if (k->kind != AST_ONLY) continue;
        for (uint32_t j = 0; j < k->n; j++)
            rest = arena_printf(a, "%s%s%s", rest, j ? ", " : " only ", name_of(f, k->kid[j]));
    }
    for (uint32_t i = 0; i < o->defines.n; i++) {
        const char *d = o->defines.at[i], *equal = strchr(d, '=');
        if (equal)
            with = arena_printf(a, "%s%s%.*s = %s", with, *with ? ", " : " with ", (int)(equal - d), d, equal + 1);
    }
    return arena_printf(a, "%s%s", with, rest);
}

/* Scenarios that are run beside a check speak of the spec's own constants: of -D they get only what has no value
 * otherwise. */
static struct options own_constants(const struct front *f, const struct ast *scenario, const struct options *o) {
    struct options mine = *o;
    const struct ast *decls = f->root->tree->kid[0];
    memset(&mine.defines, 0, sizeof mine.defines);
    for (uint32_t i = 0; i < o->defines.n; i++) {
        const char *d = o->defines.at[i], *equal = strchr(d, '=');
        size_t n = equal ? (size_t)(equal - d) : strlen(d);
        bool lacks = false;
        for (uint32_t k = 0; k < decls->n; k++) {
            const struct ast *x = decls->kid[k];
            bool constant = (x->kind == AST_CONST && !x->kid[1]) || (x->kind == AST_TYPE && !x->kid[0]);
            lacks |= constant && strlen(x->text) == n && !strncmp(x->text, d, n);
        }
        for (uint32_t k = 0; k < scenario->n; k++)
            if (scenario->kid[k]->kind == AST_WITH && scenario->kid[k]->n == 1 && strlen(scenario->kid[k]->text) == n &&
                !strncmp(scenario->kid[k]->text, d, n))
                lacks = false;
        if (lacks) VEC_PUSH(mine.defines, d);
    }
    return mine;
}

/* ---- the run and what is said of it ---- */

static const char *kept(struct front *f, const char *s) { return arena_strdup(&f->arena, s, strlen(s)); }

static void take_outcome(struct front *f, const struct program *p, const struct replay *x, struct report_check *r) {
    struct report_scenario *s = r->scenario;
    const struct scenario *of = p->scenario;
    s->outcome = x->end == REPLAY_POSSIBLE  ? SCENARIO_POSSIBLE
                 : x->end == REPLAY_BLOCKED ? SCENARIO_BLOCKED
                                            : SCENARIO_UNDECIDED;
    s->pairs = x->pairs;
    s->steps = x->end == REPLAY_POSSIBLE ? x->length - 1 + x->step : 0;
    if (x->end == REPLAY_BLOCKED && x->line < of->n) {
        const struct line *l = &of->lines[x->line];
        const char *at = source_position(f, l->span);
        s->step = l->kind == LINE_STEP ? l->number : 0;
        s->line = kept(f, l->text);
        s->span = l->span;
        s->place = arena_strdup(&f->arena, at, strlen(at) > 2 ? strlen(at) - 2 : 0);
    }
    for (uint32_t i = 0; i < x->why.n; i++) VEC_PUSH(s->why, kept(f, x->why.at[i]));
    for (uint32_t i = 0; i < x->instead.n; i++) VEC_PUSH(s->instead, kept(f, x->instead.at[i]));
}

static const char *sentence(struct front *f, const struct report_scenario *s) {
    struct arena *a = &f->arena;
    const char *text = "";
    if (s->outcome == SCENARIO_POSSIBLE)
        return arena_printf(a, "possible, %u step%s%s", s->steps, s->steps == 1 ? "" : "s",
                            s->impossible ? ", but it is declared impossible" : "");
    if (s->outcome == SCENARIO_UNDECIDED) text = "not decided";
    else if (s->step) text = arena_printf(a, "blocked at step %u: %s", s->step, s->line);
    else text = s->line ? arena_printf(a, "blocked at `%s`", s->line) : "blocked at the start";
    uint32_t told =
        s->outcome == SCENARIO_BLOCKED && s->impossible && s->why.n ? 1 : s->why.n; /* the rest is in the JSON */
    for (uint32_t i = 0; i < told; i++) text = arena_printf(a, "%s%s%s", text, i ? "; " : ": ", s->why.at[i]);
    return s->outcome == SCENARIO_BLOCKED && s->impossible ? arena_printf(a, "impossible, as declared: %s", text)
                                                           : text;
}

static void judge(struct front *f, struct report_check *r) {
    struct report_scenario *s = r->scenario;
    enum scenario_outcome wanted = s->impossible ? SCENARIO_BLOCKED : SCENARIO_POSSIBLE;
    r->expected = s->outcome == wanted;
    r->verdict = s->outcome == SCENARIO_UNDECIDED ? VERDICT_INCONCLUSIVE
                 : r->expected                    ? VERDICT_PROVED
                                                  : VERDICT_VIOLATED;
    r->code = r->expected ? EXIT_OK : s->outcome == SCENARIO_UNDECIDED ? EXIT_INCONCLUSIVE : EXIT_UNEXPECTED;
    r->reason = sentence(f, s);
    if (r->verdict == VERDICT_VIOLATED) {
        r->kind = "scenario";
        r->property = r->check;
    }
}

static void tell_run(struct front *f, const struct program *p, const struct replay *x, struct report_check *r) {
    const struct report_scenario *s = r->scenario;
    struct report_trace t = {.property = r->check, .kind = "scenario", .witness = r->expected};
    struct explain_trace e = {.length = x->length,
                              .states = x->states,
                              .ordinals = x->ordinals,
                              .step = x->step,
                              .ordinal = x->ordinal,
                              .pred = -1,
                              .error = x->error,
                              .pins = r->settings != NULL};
    if (!x->length) return;
    t.headline = s->outcome == SCENARIO_POSSIBLE
                     ? arena_printf(&f->arena, "scenario %s: %s of %u step%s", r->check,
                                    s->impossible ? "declared impossible, and here is a run" : "a run", s->steps,
                                    s->steps == 1 ? "" : "s")
                     : arena_printf(&f->arena, "scenario %s: as far as it gets", r->check);
    if (!explain(p, &f->sources, &e, &t.story)) panic("the interpreter does not repeat the run of a scenario");
    VEC_PUSH(r->traces, t);
}

static bool assumption_holds(const struct program *p) {
    for (uint32_t i = 0; i < p->preds.n; i++)
        if (p->preds.at[i].module && !strcmp(p->preds.at[i].module, "assume")) return false;
    return true;
}

bool run_scenario(struct front *f, const struct ast *a, const struct options *o, bool alone, struct report_check *r) {
    struct options mine = alone ? *o : own_constants(f, a, o);
    struct compile_options how = {.check = a};
    struct replay x;
    double started = seconds_now();
    start_report(r, f->sources.files.at[f->root->source].path, o);
    r->check = a->text;
    define_settings(f, &mine, &how);
    struct program *p = f->diags.errors ? NULL : compile(f, &how);
    VEC_FREE(how.defines);
    if (p) {
        r->owner = p;
        r->release = release_program;
        r->sources = &f->sources;
        r->execution = "interpreter";
        r->constants = check_constants(f, a, &mine);
        if (options_want_scenarios(o)) r->settings = scenario_settings(f, a, &mine);
        r->scenario = mem_alloc(sizeof *r->scenario);
        r->scenario->impossible = a->value == 1;
        r->scenario->span = a->span;
        if (assumption_holds(p)) scenario_run(p, &f->sources, &interrupted, &x);
        else x = (struct replay){.end = REPLAY_UNDECIDED};
        if (!assumption_holds(p)) VEC_PUSH(x.why, "an assumption is false of these constants");
        take_outcome(f, p, &x, r);
        judge(f, r);
        if (alone || r->verdict == VERDICT_VIOLATED)
            if (alone || r->scenario->outcome == SCENARIO_POSSIBLE) tell_run(f, p, &x, r);
        r->result.seconds = seconds_now() - started;
        replay_free(&x);
    }
    if (!alone) VEC_FREE(mine.defines);
    return p != NULL;
}
