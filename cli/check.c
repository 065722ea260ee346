#include "cli/check.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "checker/lasso.h"
#include "checker/liveness.h"
#include "checker/search.h"
#include "compiler/eval.h"
#include "compiler/explain.h"
#include "cli/progress.h"
#include "compiler/native.h"

atomic_int interrupted;

static void on_signal(int number) {
    (void)number;
    if (atomic_exchange(&interrupted, 1)) _exit(130); /* the second Ctrl-C means it */
}

void catch_interrupts(void) {
    struct sigaction a = {.sa_handler = on_signal};
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    progress_on_signal();
}

struct session {
    struct native *native;
    const struct program *program;
    const struct dc_model *interpreted;
    const struct options *o;
    double started;
    bool switched, waited;
    uint32_t level;
};

static const double NATIVE_AFTER_SECONDS = 0.05; /* of search, before a compiler is worth its time */

static const struct dc_model *next_model(void *self) {
    struct session *s = self;
    if (s->switched || s->o->interpret) return NULL;
    if (!s->native) {
        if (seconds_now() - s->started < NATIVE_AFTER_SECONDS) return NULL;
        s->native = native_start(s->program, s->interpreted);
    }
    const struct dc_model *m = native_ready(s->native);
    if (m) s->switched = true;
    return m;
}

static const char *word_of(enum dc_kind k) {
    static const char *const words[] = {"invariant", "initially", "step", "reachable", "final", "cut", "property"};
    return words[k];
}

static const char *kind_word(const struct ir_pred *q) { return q->refine ? "refines" : word_of(q->kind); }

const char *check_constants(struct front *f, const struct ast *check, const struct options *o) {
    const char *text = "";
    const struct ast *decls = f->root->tree->kid[0];
    for (uint32_t i = 0; i < decls->n; i++) {
        const struct ast *d = decls->kid[i], *value = NULL;
        const char *given = NULL;
        if (d->kind != AST_CONST && d->kind != AST_DEF) continue;
        if (d->kind == AST_CONST) value = d->kid[1];
        for (uint32_t k = 0; check && k < check->n; k++)
            if (check->kid[k]->kind == AST_WITH && check->kid[k]->n == 1 && check->kid[k]->text == d->text)
                value = check->kid[k]->kid[0];
        for (uint32_t k = 0; k < o->defines.n; k++) {
            size_t n = strlen(d->text);
            if (!strncmp(o->defines.at[k], d->text, n) && o->defines.at[k][n] == '=') given = o->defines.at[k] + n + 1;
        }
        if (!value && !given) continue;
        if (!given) {
            const struct source *s = &f->sources.files.at[value->span.source];
            given = arena_strdup(&f->arena, s->text + value->span.begin, value->span.end - value->span.begin);
        }
        text = arena_printf(&f->arena, "%s%s%s = %s", text, *text ? ", " : "", d->text, given);
    }
    return text;
}

struct expectation {
    enum ast_expect kind;
    const char *name, *module; /* of a path m.P */
    bool given;
};

static struct expectation expected_of(const struct ast *check) {
    struct expectation e = {.kind = EXPECT_OK};
    for (uint32_t i = 0; check && i < check->n; i++)
        if (check->kid[i]->kind == AST_EXPECT) {
            e.kind = (enum ast_expect)check->kid[i]->value;
            const struct ast *path = check->kid[i]->kid[0];
            e.name = path ? path->text : NULL;
            e.module = path && path->kind == AST_DOT ? path->kid[0]->text : NULL;
            e.given = true;
        }
    return e;
}

bool check_allows_deadlock(const struct ast *check) {
    for (uint32_t i = 0; check && i < check->n; i++)
        if (check->kid[i]->kind == AST_ALLOWDEADLOCK) return true;
    return false;
}

bool stops_wanted(const struct ast *check, const struct options *o) {
    return !o->no_deadlock && !check_allows_deadlock(check);
}

static bool is_witness(const struct program *p, const struct finding *f) {
    return f->kind == FOUND_PRED && p->preds.at[f->pred].kind == DC_REACHABLE;
}

/* Why the behaviour is fair, entry by entry, and what would rule it out. Nothing of a lasso is printed that the
 * interpreter does not confirm from the definition. */
static void explain_lasso(const struct dc_model *m, const struct finding *x, struct report_trace *t) {
    struct arena *a = &t->story.arena;
    enum lasso_fairness *how = arena_alloc(a, (m->n_fairs + 1) * sizeof *how);
    uint32_t *at = arena_alloc(a, (m->n_fairs + 1) * sizeof *at), last = x->length - 1;
    if (!lasso_account(m, x, how, at)) panic("the interpreter does not confirm the behaviour that the search found");
    bool stays = x->loop == last;
    const char *end = stays ? "and then nothing happens for ever"
                            : arena_printf(a, "back to step %u, and so on for ever", x->loop + 1);
    VEC_PUSH(t->story.ends, end);
    for (uint32_t i = 0; i < m->n_fairs; i++) {
        const struct dc_fair *e = &m->fairs[i];
        const char *word = e->strong ? "strongly fair" : "fair";
        const char *why = how[i] == LASSO_NEVER
                              ? arena_printf(a, "this is %s to %s: never enabled in the cycle", word, e->name)
                          : how[i] == LASSO_TAKEN
                              ? arena_printf(a, "this is %s to %s: taken at step %u", word, e->name, at[i] + 1)
                              : arena_printf(a, "this is %s to %s: not enabled at step %u", word, e->name, at[i] + 1);
        if (stays) why = arena_printf(a, "this is %s to %s: not enabled", word, e->name);
        VEC_PUSH(t->story.ends, why);
    }
    for (uint32_t i = 0; i < SEARCH_ADVICE && x->advice[i]; i++)
        VEC_PUSH(t->story.ends, arena_printf(a, "it could not happen if %s", x->advice[i]));
}

/* What the end of the trace shows, in words that the spec may use: for a scenario. */
static const char *claim_of(struct front *f, const struct program *p, const struct finding *x) {
    const struct ir_pred *q = x->kind == FOUND_PRED && !x->step ? &p->preds.at[x->pred] : NULL;
    if (!q || q->refine || q->temporal || q->module || x->lasso) return NULL;
    if (q->kind == DC_REACHABLE) return q->name;
    return q->kind == DC_INVARIANT || q->kind == DC_INITIALLY ? arena_printf(&f->arena, "not %s", q->name) : NULL;
}

static void add_trace(struct front *f, const struct program *p, const struct dc_model *m, bool explained,
                      const struct finding *x, struct report_check *r) {
    struct report_trace t = {.witness = is_witness(p, x)};
    struct arena *a = &f->arena;
    switch (x->kind) {
    case FOUND_STOP:
        t.property = t.kind = "deadlock";
        t.headline = arena_printf(a, "deadlock: nothing changes any more, and this is no final state");
        break;
    case FOUND_PRED:
        t.property = p->preds.at[x->pred].name;
        t.kind = kind_word(&p->preds.at[x->pred]);
        t.headline = t.witness ? arena_printf(a, "%s is reachable: a shortest run of %u states", t.property, x->length)
                               : arena_printf(a, "%s %s is violated", t.kind, t.property);
        break;
    default:
        t.kind = x->error == DC_ASSERT ? "assert" : "error";
        t.property = x->pred != UINT32_MAX      ? p->preds.at[x->pred].name
                     : x->action < p->actions.n ? p->actions.at[x->action].name
                                                : "init";
        t.headline = arena_printf(a, "%s in %s: %s", t.kind, t.property, error_text(x->error));
    }
    struct explain_trace e = {.length = x->length,
                              .states = x->states,
                              .ordinals = x->ordinals,
                              .step = x->step,
                              .ordinal = x->ordinal,
                              .pred = x->kind == FOUND_PRED || x->pred != UINT32_MAX ? (int)x->pred : -1,
                              .error = x->error,
                              .stop = x->kind == FOUND_STOP,
                              .reorder = !x->lasso,
                              .pins = r->settings != NULL,
                              .escape = explained,
                              .lasso = x->lasso};
    if (x->kind == FOUND_STOP) e.pred = -1;
    if (!explain(p, &f->sources, &e, &t.story))
        panic("the interpreter does not repeat the trace that the search found");
    if (x->lasso) explain_lasso(m, x, &t);
    t.claim = claim_of(f, p, x);
    t.lasso = x->lasso;
    t.loop = x->loop;
    if (!x->length && r->result.untraced) VEC_PUSH(t.story.why, r->result.untraced);
    else if (x->kind == FOUND_ERROR && !x->length && x->site && x->site < p->sites.n &&
             p->sites.at[x->site].source < f->sources.files.n) {
        const struct source *s = &f->sources.files.at[p->sites.at[x->site].source];
        struct place at = source_place(s, p->sites.at[x->site].begin);
        const char *line = arena_printf(&t.story.arena, "%s:%u:%u: %s, in an initial state", s->path, at.line,
                                        at.column, error_text(x->error));
        VEC_PUSH(t.story.why, line);
    }
    VEC_PUSH(r->traces, t);
}

static void add_properties(struct front *f, const struct program *p, struct report_check *r, bool stops,
                           bool exhausted) {
    for (uint32_t i = 0; i < p->preds.n; i++) {
        const struct ir_pred *q = &p->preds.at[i];
        if (q->kind == DC_FINAL || q->kind == DC_CUT || (q->module && !strcmp(q->module, "assume"))) continue;
        struct report_property x = {.name = q->name,
                                    .kind = kind_word(q),
                                    .span = q->span,
                                    .verdict = exhausted ? VERDICT_PROVED : VERDICT_INCONCLUSIVE};
        if (q->kind == DC_REACHABLE) x.verdict = exhausted ? VERDICT_VIOLATED : VERDICT_INCONCLUSIVE;
        if (r->result.walks) x.verdict = VERDICT_SAMPLED;
        if (r->result.walks && q->kind == DC_REACHABLE) x.note = "walks do not look for witnesses";
        if (q->temporal) {
            bool holds = r->result.outcome[i] == OUTCOME_HOLDS || r->result.outcome[i] == OUTCOME_VACUOUS;
            if (!r->result.distinct) holds = false; /* of no behaviour at all */
            x.verdict = holds                                      ? VERDICT_PROVED
                        : r->result.outcome[i] == OUTCOME_VIOLATED ? VERDICT_VIOLATED
                                                                   : VERDICT_INCONCLUSIVE;
            if (r->result.walks) x.note = "about behaviours; walks do not decide it";
            else if (r->result.outcome[i] == OUTCOME_NONE)
                x.note = "about behaviours; not decided, for the search ended before";
            else if (r->result.outcome[i] == OUTCOME_UNKNOWN)
                x.note = "about behaviours; not decided on what was explored";
            else if (r->result.outcome[i] == OUTCOME_VACUOUS)
                x.note = "vacuously: what should lead to something never happens";
        }
        for (uint32_t k = 0; k < r->result.n_findings; k++) {
            const struct finding *y = &r->result.findings[k];
            if (y->kind == FOUND_ERROR && y->pred == i) {
                x.verdict = VERDICT_ERROR;
                x.note = error_text(y->error);
            }
            if (y->kind != FOUND_PRED || y->pred != i) continue;
            x.found = true;
            x.verdict = q->kind == DC_REACHABLE ? VERDICT_PROVED : VERDICT_VIOLATED;
            if (y->lasso && y->loop + 1 == y->length)
                x.note = arena_printf(&f->arena, "a behaviour that stops for ever after %u states", y->length);
            else if (y->lasso)
                x.note = arena_printf(&f->arena, "a behaviour of %u states that goes back to state %u for ever",
                                      y->length - 1, y->loop + 1);
            else
                x.note = arena_printf(&f->arena, "a %s of %u states", q->kind == DC_REACHABLE ? "run" : "trace",
                                      y->level + (y->step ? 1 : 0));
        }
        struct report_property *before = r->properties.n ? &r->properties.at[r->properties.n - 1] : NULL;
        if (q->refine && before &&
            !strcmp(before->name, q->name)) { /* its initial states, and then its steps: one claim */
            bool worse = x.verdict == VERDICT_VIOLATED || x.verdict == VERDICT_ERROR;
            if (before->verdict == VERDICT_PROVED || (worse && !before->found)) *before = x;
            continue;
        }
        VEC_PUSH(r->properties, x);
    }
    if (!stops) return;
    struct report_property x = {.name = "no deadlock",
                                .kind = "deadlock",
                                .span = {UINT32_MAX, 0, 0},
                                .verdict = r->result.walks ? VERDICT_SAMPLED
                                           : exhausted     ? VERDICT_PROVED
                                                           : VERDICT_INCONCLUSIVE};
    for (uint32_t k = 0; k < r->result.n_findings; k++)
        if (r->result.findings[k].kind == FOUND_STOP) {
            x.verdict = VERDICT_VIOLATED;
            x.found = true;
            x.note = arena_printf(&f->arena, "a trace of %u state%s", r->result.findings[k].level,
                                  r->result.findings[k].level == 1 ? "" : "s");
        }
    VEC_PUSH(r->properties, x);
}

static int code_of(const struct program *p, const struct finding *f) {
    if (f->kind == FOUND_STOP) return EXIT_DEADLOCK;
    if (f->kind == FOUND_ERROR) return f->error == DC_ASSERT ? EXIT_ASSERT : EXIT_EVALUATION;
    return p->preds.at[f->pred].kind == DC_TEMPORAL ? EXIT_TEMPORAL : EXIT_SAFETY;
}

/* Where two instances of a module have the same name, it stands behind that of the instance. */
static bool ends_in(const char *whole, const char *name) {
    size_t n = strlen(whole), k = strlen(name);
    return n >= k && !strcmp(whole + n - k, name) && (n == k || whole[n - k - 1] == '.');
}

/* A property of a refined module has its whole name; one of an imported module its own, and the module's beside it. */
static bool called(const struct ir_pred *q, const struct expectation *e) {
    if (!e->module) return q->apart ? ends_in(q->name, e->name) : !strcmp(q->name, e->name);
    size_t n = strlen(e->module);
    if (!strncmp(q->name, e->module, n) && q->name[n] == '.') return !strcmp(q->name + n + 1, e->name);
    return q->module && !strcmp(q->module, e->module) && !strcmp(q->name, e->name);
}

static bool meets(const struct program *p, const struct expectation *e, const struct finding *f) {
    const char *in = f->action < p->actions.n ? p->actions.at[f->action].name : NULL;
    switch (e->kind) {
    case EXPECT_VIOLATED: return f->kind == FOUND_PRED && e->name && called(&p->preds.at[f->pred], e);
    case EXPECT_DEADLOCK: return f->kind == FOUND_STOP;
    case EXPECT_ERROR: {
        if (f->kind != FOUND_ERROR) return false;
        if (!e->name) return true;
        if (in && ends_in(in, e->name)) return true;
        if (f->action < p->actions.n && p->actions.at[f->action].process >= 0 &&
            !strcmp(p->processes.at[p->actions.at[f->action].process].name, e->name))
            return true;
        return f->pred != UINT32_MAX && !strcmp(p->preds.at[f->pred].name, e->name);
    }
    default: return false;
    }
}

/* From what was found to verdict, code and reason. */
static void judge(struct front *f, const struct program *p, const struct ast *check, struct report_check *r) {
    struct expectation want = expected_of(check);
    const struct search_result *s = &r->result;
    const struct finding *first = NULL, *met = NULL;
    const char *missing = NULL, *temporal = NULL;
    bool missing_unwanted = false;
    for (uint32_t i = 0; i < s->n_findings; i++) {
        const struct finding *x = &s->findings[i];
        if (is_witness(p, x)) continue;
        if (!first) first = x;
        if (!met && meets(p, &want, x)) met = x;
    }
    if (met) first = met;
    for (uint32_t i = 0; i < r->properties.n; i++) {
        const struct report_property *q = &r->properties.at[i];
        bool lacks = !strcmp(q->kind, "reachable") && q->verdict == VERDICT_VIOLATED;
        bool wanted = lacks && want.kind == EXPECT_VIOLATED && want.name && !strcmp(want.name, q->name);
        if (lacks && (!missing || !missing_unwanted)) { /* one that nobody expects to lack comes first */
            missing = q->name;
            missing_unwanted = !wanted;
        }
        if (q->verdict == VERDICT_INCONCLUSIVE && q->note && !temporal) temporal = q->name;
    }
    bool cut = s->cut_states || s->cut_steps;
    if (first) {
        r->verdict = VERDICT_VIOLATED;
        r->kind = first->kind == FOUND_STOP    ? "deadlock"
                  : first->kind == FOUND_ERROR ? (first->error == DC_ASSERT ? "assert" : "error")
                                               : kind_word(&p->preds.at[first->pred]);
        r->property = first->kind == FOUND_STOP      ? "deadlock"
                      : first->kind == FOUND_PRED    ? p->preds.at[first->pred].name
                      : first->pred != UINT32_MAX    ? p->preds.at[first->pred].name
                      : first->action < p->actions.n ? p->actions.at[first->action].name
                                                     : "init";
        r->reason = arena_printf(&f->arena, "%s %s", r->kind, strcmp(r->kind, "deadlock") ? r->property : "found");
        r->expected = met != NULL;
        r->code = met ? EXIT_OK : code_of(p, first);
        return;
    }
    if (s->end == END_SAMPLED) {
        r->verdict = VERDICT_SAMPLED;
        r->code = EXIT_INCONCLUSIVE;
        r->reason = "no violation in these walks, which proves nothing";
        return;
    }
    bool nothing = !s->distinct && !s->walks;
    if (s->end != END_EXHAUSTED || cut || temporal || nothing) {
        r->verdict = VERDICT_INCONCLUSIVE;
        r->code = EXIT_INCONCLUSIVE;
        r->reason =
            s->end == END_DEPTH
                ? arena_printf(&f->arena, "no violation within %u levels; %llu states were not expanded", s->depth,
                               (unsigned long long)s->unexpanded)
            : s->end == END_MEMORY
                ? arena_printf(&f->arena,
                               "the memory limit is reached; no violation so far, %llu states were not expanded",
                               (unsigned long long)s->unexpanded)
            : s->end == END_INTERRUPTED
                ? arena_printf(&f->arena, "interrupted; no violation so far, at least %llu states were not expanded",
                               (unsigned long long)s->unexpanded)
            : nothing && !cut ? "there is no initial state, so nothing was checked"
            : cut             ? arena_printf(&f->arena, "none within the cut (%llu states and %llu steps cut)",
                                             (unsigned long long)s->cut_states, (unsigned long long)s->cut_steps)
                              : arena_printf(&f->arena, "%s is not decided; everything else holds", temporal);
        if (want.kind == EXPECT_CUT && s->end == END_EXHAUSTED && cut) {
            r->expected = true;
            r->code = EXIT_OK;
        }
        return;
    }
    if (missing) {
        r->verdict = VERDICT_VIOLATED;
        r->kind = "reachable";
        r->property = missing;
        r->reason = arena_printf(&f->arena, "no state satisfies %s", missing);
        r->expected = want.kind == EXPECT_VIOLATED && want.name && !strcmp(want.name, missing);
        r->code = r->expected ? EXIT_OK : EXIT_UNEXPECTED;
        return;
    }
    r->verdict = VERDICT_PROVED;
    r->expected = want.kind == EXPECT_OK;
    r->code = r->expected ? EXIT_OK : EXIT_UNEXPECTED;
    if (!r->expected)
        r->reason = want.kind == EXPECT_VIOLATED
                        ? arena_printf(&f->arena, "but the check expects a violation of %s", want.name)
                    : want.kind == EXPECT_DEADLOCK ? "but the check expects a deadlock"
                    : want.kind == EXPECT_CUT      ? "but the check expects the search to be cut"
                                                   : "but the check expects an error";
}

/* "file:line:col: ", or nothing where the source is not at hand (a program read from its text). */
const char *source_position(struct front *f, struct span span) {
    if (span.source >= f->sources.files.n) return "";
    const struct source *s = &f->sources.files.at[span.source];
    struct place at = source_place(s, span.begin);
    return arena_printf(&f->arena, "%s:%u:%u: ", s->path, at.line, at.column);
}

static void add_actions(struct front *f, const struct program *p, const struct options *o, struct report_check *r) {
    for (uint32_t i = 0; i < p->actions.n; i++) {
        const struct ir_action *a = &p->actions.at[i];
        const char *who = a->process >= 0 ? p->processes.at[a->process].name : NULL;
        const char *name = arena_printf(&f->arena, "%s%s%s%s%s", who ? who : "", who ? ": " : "",
                                        a->kind == ACT_HANDLER ? "on " : "", a->name,
                                        a->torn        ? " (cut by a crash)"
                                        : a->byzantine ? " (a lie)"
                                        : a->fault     ? " (fault)"
                                                       : "");
        VEC_PUSH(r->actions, name);
        VEC_PUSH(r->places, a->span);
        bool never = r->verdict == VERDICT_PROVED && r->result.fired && !r->result.fired[i] && !a->torn &&
                     !a->byzantine && !a->fault;
        if (!never || o->coverage) continue; /* coverage asks all checks together */
        r->unhappened++;
        VEC_PUSH(r->warnings, arena_printf(&f->arena, "%s%s never happens", source_position(f, a->span), name));
    }
}

static bool broken_assumption(struct front *f, const struct program *p, struct report_check *r) {
    for (uint32_t i = 0; i < p->preds.n; i++) {
        const struct ir_pred *q = &p->preds.at[i];
        if (!q->module || strcmp(q->module, "assume")) continue;
        const struct source *s = q->span.source < f->sources.files.n ? &f->sources.files.at[q->span.source] : NULL;
        r->verdict = VERDICT_ERROR;
        r->kind = "assume";
        r->property = "assume";
        r->code = EXIT_ASSUMPTION;
        r->execution = "nothing was run";
        r->reason =
            arena_printf(&f->arena, "%sthe assumption `%.*s` is false of these constants", source_position(f, q->span),
                         s ? (int)(q->span.end - q->span.begin) : 1, s ? s->text + q->span.begin : "?");
        return true;
    }
    return false;
}

void define_settings(struct front *f, const struct options *o, struct compile_options *out) {
    for (uint32_t i = 0; i < o->defines.n; i++) {
        const char *text = o->defines.at[i], *equal = strchr(text, '=');
        const struct ast *d = front_define(f, text);
        if (!d) {
            struct span none = {UINT32_MAX, 0, 0};
            struct diag *x = diag_add(&f->diags, DIAG_ERROR, DIAG_USAGE, none, "-D %s is no definition", text);
            if (!equal) diag_hint(&f->diags, x, "write -D NAME=EXPR");
            continue;
        }
        struct setting s = {.name = d->text, .value = d->kid[1]};
        VEC_PUSH(out->defines, s);
    }
}

static void run_program(struct front *f, struct program *p, const struct ast *check, const struct options *o,
                        struct report_check *r) {
    r->owner = p; /* names in the report are the program's */
    r->release = release_program;
    r->sources = &f->sources;
    bool stops = r->stops = stops_wanted(check, o);
    if (!broken_assumption(f, p, r)) {
        struct dc_model *interpreted = eval_model(p);
        struct session session = {.program = p, .interpreted = interpreted, .o = o, .started = seconds_now()};
        const struct dc_model *model = interpreted;
        if (o->native) {
            session.native = native_start(p, interpreted);
            const struct dc_model *m = native_wait(session.native);
            if (m) {
                model = m;
                session.switched = session.waited = true;
            }
        }
        uint64_t preds = 0, formulas = 0;
        for (uint32_t i = 0; i < p->preds.n && i < 64; i++)
            *(p->preds.at[i].temporal ? &formulas : &preds) |= (uint64_t)1 << i;
        struct search_options so = {.workers = o->workers,
                                    .depth = o->depth,
                                    .keep_going = o->keep_going,
                                    .stops = stops,
                                    .traces = options_want_traces(o),
                                    .profile = o->profile_engine,
                                    .preds = preds,
                                    .formulas = formulas,
                                    .memory_bytes = o->memory_bytes,
                                    .stop = &interrupted,
                                    .next_model = next_model,
                                    .self = &session,
                                    .seed = o->seed,
                                    .walks = o->walks,
                                    .walk_depth = o->walk_depth ? o->walk_depth : 1};
        struct progress progress;
        progress_open(&progress, o->quiet);
        progress_options(&progress, &so);
        if (o->simulate) search_simulate(model, &so, &r->result);
        else search_run(model, &so, &r->result);
        progress_close(&progress);
        r->execution = session.waited ? "native" : session.switched ? "interpreter, then native" : "interpreter";
        if (session.native && native_trouble(session.native) && !session.switched)
            VEC_PUSH(r->warnings,
                     arena_strdup(&f->arena, native_trouble(session.native), strlen(native_trouble(session.native))));
        bool exhausted =
            r->result.end == END_EXHAUSTED && r->result.distinct && !r->result.cut_states && !r->result.cut_steps;
        if (r->result.end != END_ASYMMETRIC) { /* else nothing is known, and it is searched again */
            add_properties(f, p, r, stops, exhausted);
            for (uint32_t i = 0; i < r->result.n_findings && options_want_traces(o); i++)
                add_trace(f, p, interpreted, o->explain, &r->result.findings[i], r);
            judge(f, p, check, r);
            add_actions(f, p, o, r);
        }
        native_close(session.native);
        eval_model_free(interpreted);
    }
}

void release_program(void *p) {
    program_free(p);
    mem_free(p);
}

void start_report(struct report_check *r, const char *path, const struct options *o) {
    memset(r, 0, sizeof *r);
    r->spec = path;
    r->workers = o->workers;
    r->seed = o->seed;
    r->constants = "";
}

static void add_symmetry(struct front *f, const struct program *p, struct report_check *r) {
    for (uint32_t i = 0; i < p->symmetric.n; i++) {
        const struct ir_symmetric *s = &p->symmetric.at[i];
        struct report_symmetry x = {.name = type_name(&f->arena, s->type), .ids = s->type->n};
        if (s->why) x.why = arena_printf(&f->arena, "%s%s", source_position(f, s->span), s->why);
        VEC_PUSH(r->symmetry, x);
    }
}

bool run_check(struct front *f, const struct ast *check, const struct options *o, struct report_check *r) {
    struct compile_options how = {.check = check, .reduce = !o->no_symmetry && !o->simulate};
    struct program *p = NULL;
    define_settings(f, o, &how);
    for (bool again = true; again;) {
        start_report(r, f->sources.files.at[f->root->source].path, o);
        r->check = check->text;
        p = f->diags.errors ? NULL : compile(f, &how);
        if (!p) break;
        r->constants = check_constants(f, check, o);
        if (options_want_scenarios(o)) r->settings = scenario_settings(f, check, o);
        add_symmetry(f, p, r);
        run_program(f, p, check, o, r);
        again = r->result.end == END_ASYMMETRIC;
        if (again) { /* known only now: once more, without the types of this choice */
            how.reduce = r->result.asymmetric < p->sites.n && how.ambiguous.n < p->sites.n;
            if (how.reduce) VEC_PUSH(how.ambiguous, p->sites.at[r->result.asymmetric]);
            report_free(r);
        }
    }
    VEC_FREE(how.ambiguous);
    VEC_FREE(how.defines);
    return p != NULL;
}

void run_ir(struct front *f, struct program *p, const char *path, const struct options *o, struct report_check *r) {
    start_report(r, path, o);
    run_program(f, p, NULL, o, r);
}
