#include "cli/explore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/search.h"
#include "cli/outputs.h"
#include "compiler/eval.h"
#include "compiler/explain.h"
#include "compiler/scenario.h"
#include "compiler/walk.h"
#include "report/chart.h"
#include "report/export.h"

/* The run so far is kept as states and ordinals: with the ordinals it can be repeated in another program of the same
 * check, such as the one that has an expression to evaluate in it. */
struct explorer {
    struct front *front;
    const struct ast *check;
    const struct options *o;
    struct program *p;
    struct dc_model *model;
    struct walk *walk;
    struct report_style style;
    VEC(uint32_t) ordinals; /* of the states of the run; the first says which initial state */
    uint64_t *states;
    uint32_t state_cap;
    struct walk_steps steps; /* of the last state; before the first: the initial states */
    uint64_t seed;
    bool ended;
};

static uint32_t words(const struct explorer *x) { return x->p->state_words; }
static const uint64_t *state_at(const struct explorer *x, uint32_t i) { return x->states + (size_t)i * words(x); }
static const uint64_t *last_state(const struct explorer *x) {
    return x->ordinals.n ? state_at(x, x->ordinals.n - 1) : NULL;
}

static void push_state(struct explorer *x, const uint64_t *state, uint32_t ordinal) {
    uint32_t n = x->ordinals.n;
    if (n == x->state_cap) {
        uint32_t cap = x->state_cap ? 2 * x->state_cap : 64;
        size_t size = words(x) * sizeof *state;
        x->states = mem_grow(x->states, x->state_cap * size, cap * size);
        x->state_cap = cap;
    }
    memcpy(x->states + (size_t)n * words(x), state, words(x) * sizeof *state);
    VEC_PUSH(x->ordinals, ordinal);
}

static void find_steps(struct explorer *x) {
    walk_clear(x->walk);
    x->steps.list.n = 0;
    if (x->ordinals.n) walk_from(x->walk, last_state(x), &x->steps);
    else walk_start(x->walk, &x->steps);
}

/* ---- telling ---- */

/* The run from its state `first` on; with what is asked for in `how`. */
static void tell(struct explorer *x, uint32_t first, struct explain_trace how, struct dc_story *story) {
    how.length = x->ordinals.n - first;
    how.states = state_at(x, first);
    how.ordinals = x->ordinals.at + first;
    if (!explain(x->p, &x->front->sources, &how, story)) panic("the interpreter does not repeat a run of its own");
}

static void print_last(struct explorer *x, enum trace_form form) {
    struct explain_trace how = {.pred = -1};
    struct dc_story story;
    uint32_t n = x->ordinals.n;
    struct report_style style = x->style;
    if (!n) return;
    style.trace = form;
    tell(x, n > 1 ? n - 2 : 0, how, &story);
    report_event_text(&story.events.at[n > 1], n - 1, &style, stdout);
    story_free(&story);
}

static void print_trace(struct explorer *x) {
    struct explain_trace how = {.pred = -1};
    struct dc_story story;
    if (!x->ordinals.n) return;
    tell(x, 0, how, &story);
    for (uint32_t i = 0; i < story.events.n; i++) report_event_text(&story.events.at[i], i, &x->style, stdout);
    story_free(&story);
}

/* What tells two steps of one title apart. */
static void print_pins(struct explorer *x, const struct walk_step *s) {
    struct arena a = {0};
    struct dc_pins pins = {0};
    if (!s->to) return;
    walk_pins(x->walk, &x->steps, s->title, s->to, &a, &pins);
    for (uint32_t i = 0; i < pins.n; i++) printf("%s%s = %s", i ? ", " : ": ", pins.at[i].name, pins.at[i].text);
    VEC_FREE(pins);
    arena_free(&a);
}

static void print_step(struct explorer *x, uint32_t i) {
    const struct walk_step *s = &x->steps.list.at[i];
    printf("%6u  %s", i + 1, s->title);
    print_pins(x, s);
    if (s->note) fputs(!strcmp(s->note, "lie") ? "   [Byzantine]" : "   [fault]", stdout);
    if (s->idle) fputs("   (changes nothing)", stdout);
    if (s->error == DC_STOP_CUT) fputs("   (leaves the bounds of the search)", stdout);
    else if (s->error) printf("   (fails: %s)", error_text(s->error));
    putchar('\n');
}

static bool begins(const char *text, const char *with) { return !strncmp(text, with, strlen(with)); }

static void print_steps(struct explorer *x, const char *prefix) {
    enum { MOST = 40 };
    uint32_t shown = 0, all = 0;
    for (uint32_t i = 0; i < x->steps.list.n; i++) {
        if (!begins(x->steps.list.at[i].title, prefix)) continue;
        all++;
        if (shown < MOST) print_step(x, i), shown++;
    }
    if (all > shown) printf("        and %u more; `steps PREFIX` lists those that begin so\n", all - shown);
    if (!all) puts(*prefix ? "        no step begins so" : "        no step is possible");
}

static void print_broken(struct explorer *x) {
    struct dc_worker *w;
    uint64_t holds = 0, want = 0;
    uint32_t pred = 0, site = 0;
    for (uint32_t i = 0; i < x->p->preds.n && i < 64; i++)
        if (x->p->preds.at[i].kind == DC_INVARIANT && !x->p->preds.at[i].temporal && !x->p->preds.at[i].refine)
            want |= (uint64_t)1 << i;
    if (!want || !x->ordinals.n) return;
    w = x->model->open(x->model);
    enum dc_error error = x->model->test(x->model, w, last_state(x), want, &holds, &pred, &site);
    x->model->close(x->model, w);
    if (error) printf("        invariant %s has no value here: %s\n", x->p->preds.at[pred].name, error_text(error));
    for (uint32_t i = 0; !error && i < x->p->preds.n && i < 64; i++)
        if (want >> i & 1 && !(holds >> i & 1))
            printf("        invariant %s is violated here\n", x->p->preds.at[i].name);
}

/* Where we are now. */
static void arrive(struct explorer *x) {
    find_steps(x);
    print_last(x, TRACE_STEPS);
    print_broken(x);
    puts(x->ordinals.n ? "possible:" : "it may begin in:");
    print_steps(x, "");
}

/* ---- moving ---- */

static void take_step(struct explorer *x, uint32_t i) {
    const struct walk_step *s = &x->steps.list.at[i];
    if (s->to) {
        push_state(x, s->to, s->ordinal);
        arrive(x);
        return;
    }
    if (!x->ordinals.n) {
        printf("        this initial state has no value: %s\n", error_text(s->error));
        return;
    }
    struct explain_trace how = {.pred = -1, .step = true, .ordinal = s->ordinal, .error = s->error};
    struct dc_story story;
    tell(x, x->ordinals.n - 1, how, &story);
    printf("        %s\n", s->title);
    for (uint32_t k = 0; k < story.why.n; k++) printf("        %s\n", story.why.at[k]);
    story_free(&story);
}

static void go_to(struct explorer *x, uint32_t length) {
    x->ordinals.n = length;
    find_steps(x);
    if (!length && x->steps.list.n == 1 && x->steps.list.at[0].to) /* there is nothing to choose */
        push_state(x, x->steps.list.at[0].to, 0);
    arrive(x);
}

/* The run with these ordinals, from the start. */
static bool follow(struct explorer *x, const uint32_t *ordinals, uint32_t n) {
    x->ordinals.n = 0;
    for (uint32_t i = 0; i < n; i++) {
        find_steps(x);
        if (ordinals[i] >= x->steps.list.n || !x->steps.list.at[ordinals[i]].to) return false;
        push_state(x, x->steps.list.at[ordinals[i]].to, ordinals[i]);
    }
    return true;
}

static uint64_t draw(struct explorer *x) { /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = x->seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void walk_randomly(struct explorer *x, uint32_t n) {
    bool all = false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t open = 0;
        if (atomic_exchange(&interrupted, 0)) break;
        find_steps(x);
        for (uint32_t k = 0; k < x->steps.list.n; k++) open += x->steps.list.at[k].to && !x->steps.list.at[k].idle;
        if (!open) break;
        uint64_t chosen = draw(x) % open;
        for (uint32_t k = 0; k < x->steps.list.n; k++) {
            const struct walk_step *s = &x->steps.list.at[k];
            if (!s->to || s->idle || chosen--) continue;
            push_state(x, s->to, s->ordinal);
            break;
        }
        all = i + 1 == n;
        if (!all) print_last(x, TRACE_STEPS);
    }
    arrive(x);
    if (!all) puts("        nothing can change any more");
}

/* ---- programs of the same check ---- */

static void complain(struct explorer *x) {
    fflush(stdout);
    diags_print(&x->front->diags, &x->front->sources, stdout, x->style.colour);
    diags_free(&x->front->diags);
    memset(&x->front->diags, 0, sizeof x->front->diags);
}

static struct program *compiled(struct explorer *x, const struct ast *value, const struct ast *lines) {
    struct compile_options how = {.check = x->check, .value = value, .lines = lines};
    define_settings(x->front, x->o, &how);
    struct program *p = x->front->diags.errors ? NULL : compile(x->front, &how);
    VEC_FREE(how.defines);
    return p;
}

/* The last state as another program of this check writes it. */
static bool same_place(const struct ir_var *a, const struct ir_var *b) {
    return a->word == b->word && a->shift == b->shift && a->type->words == b->type->words &&
           a->type->cap == b->type->cap && !a->cells == !b->cells;
}

static const uint64_t *state_in(struct explorer *x, struct program *other, struct explorer *scratch) {
    bool same = other->state_words == x->p->state_words && other->vars.n == x->p->vars.n;
    for (uint32_t i = 0; same && i < other->vars.n; i++) same = same_place(other->vars.at[i], x->p->vars.at[i]);
    if (same) return last_state(x);
    scratch->p = other;
    scratch->walk = walk_open(other, &x->front->sources);
    return follow(scratch, x->ordinals.at, x->ordinals.n) ? last_state(scratch) : NULL;
}

static void release(struct explorer *x) {
    walk_close(x->walk);
    VEC_FREE(x->ordinals);
    VEC_FREE(x->steps.list);
    mem_free(x->states);
}

static void evaluate(struct explorer *x, const char *text) {
    struct explorer scratch = {0};
    if (!*text) {
        puts("        eval what? Any expression, such as `eval N` or the name of a property");
        return;
    }
    const struct ast *a = front_expression(x->front, text);
    struct program *p = a ? compiled(x, a, NULL) : NULL;
    const uint64_t *state = p && p->expects.n && x->ordinals.n ? state_in(x, p, &scratch) : NULL;
    complain(x);
    if (state) {
        struct eval *e = eval_open(p);
        struct arena text_arena = {0};
        const struct ir *what = p->expects.at[0];
        uint64_t v;
        char *shown;
        size_t n;
        e->state = state;
        enum dc_error error = eval_expr(e, what, &v);
        if (error) {
            diag_add(&x->front->diags, DIAG_ERROR, DIAG_TYPE, e->at->span, "%s", error_text(error));
            complain(x);
        } else {
            value_print(p, what->type, v, &text_arena, &shown, &n);
            printf("        %s\n", shown);
        }
        arena_free(&text_arena);
        eval_close(e);
    }
    release(&scratch);
    if (p) release_program(p);
}

/* ---- load and save ---- */

static void load_counterexample(struct explorer *x) {
    struct report_check r;
    struct options o = *x->o;
    const struct finding *found = NULL;
    o.trace = TRACE_STEPS;
    if (scenario_lines(x->check)) {
        puts("        a scenario has no counterexample; `load NAME` loads its run");
        return;
    }
    bool ok = run_check(x->front, x->check, &o, &r);
    atomic_store(&interrupted, 0);
    complain(x);
    if (!ok) return;
    printf("        %s%s%s\n", verdict_word(r.verdict), r.reason ? ": " : "", r.reason ? r.reason : "");
    for (uint32_t i = 0; i < r.result.n_findings && !found; i++) {
        const struct finding *f = &r.result.findings[i];
        bool witness = f->kind == FOUND_PRED && x->p->preds.at[f->pred].kind == DC_REACHABLE;
        if (f->length && (!witness || r.verdict == VERDICT_PROVED)) found = f;
    }
    if (found) {
        if (!follow(x, found->ordinals, found->length)) panic("the run of a search cannot be repeated");
        arrive(x);
    } else {
        puts("        there is no run to load");
    }
    report_free(&r);
}

static void load_lines(struct explorer *x, const struct ast *scenario) {
    struct program *p = compiled(x, NULL, scenario_lines(scenario));
    struct replay r;
    complain(x);
    if (!p) return;
    scenario_run(p, &x->front->sources, &interrupted, &r);
    atomic_store(&interrupted, 0);
    if (r.end == REPLAY_POSSIBLE) {
        printf("        scenario %s: possible, %u steps\n", scenario->text, r.length - 1 + r.step);
    } else {
        bool at = r.end == REPLAY_BLOCKED && r.line < p->scenario->n;
        printf("        scenario %s: %s%s%s", scenario->text, r.end == REPLAY_BLOCKED ? "blocked" : "not decided",
               at ? " at " : "", at ? p->scenario->lines[r.line].text : "");
        for (uint32_t i = 0; i < r.why.n; i++) printf("%s%s", i ? "; " : ": ", r.why.at[i]);
        putchar('\n');
    }
    if (r.length) {
        if (!follow(x, r.ordinals, r.length)) panic("the run of a scenario cannot be repeated");
        arrive(x);
    }
    replay_free(&r);
    release_program(p);
}

static void load(struct explorer *x, const char *name) {
    const struct ast **list;
    if (!strcmp(name, "counterexample")) {
        load_counterexample(x);
        return;
    }
    for (uint32_t i = 0, n = front_scenarios(x->front, &list); i < n; i++)
        if (!strcmp(list[i]->text, name)) {
            load_lines(x, list[i]);
            return;
        }
    struct sources files = {0};
    int source = source_read(&files, name);
    if (source < 0) {
        printf("        %s: %s\n", *name ? name : "load what? A file",
               *name ? strerror(errno) : "a scenario, or `counterexample`");
        sources_free(&files);
        return;
    }
    const struct ast *a =
        front_scenario(x->front, arena_strdup(&x->front->arena, name, strlen(name)), files.files.at[source].text);
    sources_free(&files);
    bool errors = x->front->diags.errors != 0;
    complain(x);
    if (a) load_lines(x, a);
    else if (!errors) printf("        there is no scenario in %s\n", name);
}

static void save(struct explorer *x, const char *path) {
    struct explain_trace how = {.pred = -1, .pins = true};
    struct report_trace t = {.property = "saved", .kind = "scenario", .headline = "a run that was made by hand"};
    struct report_check r = {.spec = x->front->sources.files.at[x->front->root->source].path,
                             .check = x->check->text,
                             .constants = check_constants(x->front, x->check, x->o),
                             .settings = scenario_settings(x->front, x->check, x->o)};
    if (!*path || !x->ordinals.n) {
        puts("        save where? `save FILE.scenario`");
        return;
    }
    FILE *out = fopen(path, "w");
    if (out) {
        tell(x, 0, how, &t.story);
        export_scenario(&r, &t, out);
        story_free(&t.story);
    }
    bool ok = out && !ferror(out);
    if (out && fclose(out)) ok = false;
    if (ok) printf("        %u steps written to %s\n", x->ordinals.n - 1, path);
    else printf("        %s: %s\n", path, strerror(errno));
}

/* ---- questions ---- */

static void print_chart(struct explorer *x) {
    struct explain_trace how = {.pred = -1};
    struct chart_style style = {.width = x->style.width, .utf8 = x->style.utf8, .colour = x->style.colour};
    struct report_trace t = {0};
    uint32_t lanes;
    if (!x->ordinals.n) return;
    tell(x, 0, how, &t.story);
    if (!chart_print(&t, &style, &lanes, stdout))
        printf("        %u processes do not fit into %u columns\n", lanes, style.width);
    story_free(&t.story);
}

static void print_blocked(struct explorer *x, const char *who) {
    struct explain_trace how = {.pred = -1, .stop = true};
    struct dc_story story;
    uint32_t shown = 0;
    if (!x->ordinals.n) return;
    tell(x, x->ordinals.n - 1, how, &story);
    for (uint32_t i = 0; i < story.why.n; i++) {
        const char *line = story.why.at[i];
        size_t n = strlen(who);
        if (n && (strncmp(line, who, n) != 0 || (line[n] != ' ' && line[n] != '['))) continue;
        printf("        %s\n", line);
        shown++;
    }
    if (!shown)
        puts(*who ? "        there is no such process, or it takes no steps"
                  : "        there is nothing that could be blocked");
    story_free(&story);
}

static void print_property(struct explorer *x, struct dc_worker *w, uint32_t i) {
    const struct ir_pred *q = &x->p->preds.at[i];
    static const char *const kinds[] = {"invariant", "initially", "step", "reachable", "final", "cut", "property"};
    uint64_t holds = 0, bit = (uint64_t)1 << i;
    uint32_t pred = 0, site = 0, n = x->ordinals.n;
    enum dc_error error = DC_OK;
    const char *name = q->kind == DC_CUT ? "" : q->name;
    if (q->temporal) {
        printf("        %s %s: about behaviours, not about one state\n", kinds[q->kind], name);
        return;
    }
    if (q->kind == DC_STEP && n < 2) return;
    if (q->kind == DC_INITIALLY && n != 1) return;
    if (q->kind == DC_STEP)
        error = x->model->test_step(x->model, w, state_at(x, n - 2), last_state(x), bit, &holds, &pred, &site);
    else error = x->model->test(x->model, w, last_state(x), bit, &holds, &pred, &site);
    printf("        %s%s%s: %s\n", kinds[q->kind], *name ? " " : "", name,
           error   ? error_text(error)
           : holds ? "true"
                   : "false");
    bool claim = q->kind == DC_INVARIANT || q->kind == DC_INITIALLY;
    if (error || holds || !claim || q->refine) return;
    struct explain_trace how = {.pred = (int)i};
    struct dc_story story;
    tell(x, n - 1, how, &story);
    for (uint32_t k = 0; k < story.why.n; k++) printf("          %s\n", story.why.at[k]);
    story_free(&story);
}

static void print_properties(struct explorer *x) {
    if (!x->ordinals.n) return;
    struct dc_worker *w = x->model->open(x->model);
    for (uint32_t i = 0; i < x->p->preds.n && i < 64; i++) print_property(x, w, i);
    if (!x->p->preds.n) puts("        this check has no properties");
    x->model->close(x->model, w);
}

static void print_help(void) {
    puts("        3                  take step 3 of the list; or write a title, as much of it as is needed\n"
         "        steps [PREFIX]     list the steps that are possible\n"
         "        undo [N]           take back the last step, or the last N\n"
         "        goto K             back to state K of the run; 0: choose an initial state\n"
         "        random [N]         take N steps at random\n"
         "        trace              the run so far\n"
         "        state [changes]    the whole state, or what the last step has changed\n"
         "        chart              the run as a message sequence chart\n"
         "        eval EXPR          the value of any expression here, properties by name\n"
         "        check              which properties hold here\n"
         "        why PROCESS        what blocks it; blocked: what blocks each\n"
         "        load FILE          the run of a scenario: of a file, or one of the spec by its name\n"
         "        load counterexample  run the check, and load what it finds\n"
         "        save FILE          write the run as a scenario\n"
         "        help, quit");
}

/* ---- commands ---- */

static bool number_in(const char *text, uint32_t otherwise, uint32_t *out) {
    char *end;
    *out = otherwise;
    if (!*text) return true;
    unsigned long v = strtoul(text, &end, 10);
    if (*end || *text == '-' || v > 1000000) return false;
    *out = (uint32_t)v;
    return true;
}

static void take_titled(struct explorer *x, const char *text) {
    uint32_t n = 0, whole = 0, at = 0, at_whole = 0;
    for (uint32_t i = 0; i < x->steps.list.n; i++) {
        const char *title = x->steps.list.at[i].title;
        if (!begins(title, text)) continue;
        n++;
        at = i;
        if (strcmp(title, text) != 0) continue;
        whole++;
        at_whole = i;
    }
    if (whole == 1) take_step(x, at_whole);
    else if (n == 1) take_step(x, at);
    else if (n) {
        puts("        which one?");
        print_steps(x, text);
    } else {
        printf("        no step and no command is called `%s`; `help` lists the commands\n", text);
    }
}

static void command(struct explorer *x, char *line) {
    char *rest = line + strcspn(line, " \t");
    size_t n = (size_t)(rest - line);
    uint32_t k = 0;
    rest += strspn(rest, " \t");
#define IS(name) (n == sizeof name - 1 && !strncmp(line, name, n))
    if (IS("quit") || IS("exit") || IS("q")) x->ended = true;
    else if (IS("help") || IS("?")) print_help();
    else if (IS("steps")) print_steps(x, rest);
    else if (IS("trace")) print_trace(x);
    else if (IS("state")) print_last(x, !strcmp(rest, "changes") ? TRACE_STEPS : TRACE_FULL);
    else if (IS("chart")) print_chart(x);
    else if (IS("check")) print_properties(x);
    else if (IS("eval")) evaluate(x, rest);
    else if (IS("load")) load(x, rest);
    else if (IS("save")) save(x, rest);
    else if (IS("blocked")) print_blocked(x, "");
    else if (IS("why")) print_blocked(x, rest);
    else if (IS("undo") && number_in(rest, 1, &k)) go_to(x, k < x->ordinals.n ? x->ordinals.n - k : 0);
    else if (IS("goto") && number_in(rest, 0, &k) && k <= x->ordinals.n) go_to(x, k);
    else if (IS("goto")) printf("        the run has %u states\n", x->ordinals.n);
    else if (IS("random") && number_in(rest, 1, &k)) walk_randomly(x, k);
    else if (number_in(line, 0, &k) && k >= 1 && k <= x->steps.list.n) take_step(x, k - 1);
    else take_titled(x, line);
#undef IS
}

static void session(struct explorer *x) {
    bool terminal = isatty(0);
    char *line = NULL;
    size_t cap = 0;
    while (!x->ended) {
        fputs("> ", stdout);
        fflush(stdout);
        ssize_t n = getline(&line, &cap, stdin);
        if (n < 0) {
            putchar('\n');
            break;
        }
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r' || line[n - 1] == ' ')) line[--n] = 0;
        char *text = line + strspn(line, " \t");
        if (!terminal) puts(text);
        if (*text) command(x, text);
    }
    free(line);
}

bool explore(struct front *f, const struct ast *check, const struct options *o) {
    struct explorer x = {.front = f, .check = check, .o = o, .seed = o->seed};
    const char *constants;
    x.p = compiled(&x, NULL, NULL);
    if (!x.p) return false;
    complain(&x);
    x.model = eval_model(x.p);
    x.walk = walk_open(x.p, &f->sources);
    x.style = report_style_of(o);
    constants = check_constants(f, check, o);
    bool scenario = scenario_lines(check) != NULL;
    printf("%s%s%s%s%s%s; `help` lists the commands\n", f->sources.files.at[f->root->source].path,
           !check->text ? ""
           : scenario   ? ", scenario "
                        : ", check ",
           check->text ? check->text : "", *constants ? " (" : "", constants, *constants ? ")" : "");
    if (scenario) load_lines(&x, check);
    if (!x.ordinals.n) go_to(&x, 0);
    session(&x);
    eval_model_free(x.model);
    release(&x);
    release_program(x.p);
    return true;
}
