/* The module and the model: names, the order of definitions, Next, fairness, properties. */
#include "compiler/tla.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/explain.h"
#include "compiler/temporal.h"
#include "compiler/tla_cx.h"
#include "parser/ast.h"

static const struct {
    const char *name, *text;
} helpers[HELP_COUNT] = {
    [HELP_ERROR] = {"Error",
                    "\\* An expression without a value: TLC stops and prints why.\nError(why) == Assert(FALSE, why)"},
    [HELP_EVALUATED] = {"Evaluated",
                        "\\* The value is computed here, whether it is used or not.\nEvaluated(x) == x = x"},
    [HELP_CHECKED] = {"Checked", "Checked(x, S, at) ==\n    IF x \\in S THEN x ELSE Error(<<at, \"a value lies outside "
                                 "the range it is stored in\">>)"},
    [HELP_VALUE] = {"Value", "Value(x, at) == IF x = None THEN Error(<<at, \"none is used as a value\">>) ELSE x"},
    [HELP_COPIES] = {"Copies", "\\* The copies in a bag, told apart by numbers.\n"
                               "Copies(b) == UNION {{<<x, n>> : n \\in 1..b[x]} : x \\in BagToSet(b)}"},
    [HELP_MIN] = {"Min", "Min(S) == CHOOSE x \\in S : \\A y \\in S : x <= y"},
    [HELP_MAX] = {"Max", "Max(S) == CHOOSE x \\in S : \\A y \\in S : y <= x"},
    [HELP_SMALLER] = {"Smaller", "Smaller(x, y) == IF x < y THEN x ELSE y"},
    [HELP_LARGER] = {"Larger", "Larger(x, y) == IF x > y THEN x ELSE y"},
    [HELP_CLAMP] = {"Clamp", "Clamp(x, lo, hi) == IF x < lo THEN lo ELSE IF x > hi THEN hi ELSE x"},
    [HELP_AT_MOST] = {"AtMost", "AtMost(n, S, at) == IF Cardinality(S) <= n THEN S ELSE Error(<<at, \"no room\">>)"},
    [HELP_SHORT] = {"Short", "Short(n, s, at) == IF Len(s) <= n THEN s ELSE Error(<<at, \"no room\">>)"},
    [HELP_SMALL_BAG] = {"SmallBag",
                        "SmallBag(n, b, at) == IF BagCardinality(b) <= n THEN b ELSE Error(<<at, \"no room\">>)"},
    [HELP_SLICE] = {"Slice", "Slice(s, from, to, at) ==\n"
                             "    IF from >= 1 /\\ to <= Len(s) THEN SubSeq(s, from, to)\n"
                             "    ELSE Error(<<at, \"an index lies outside the sequence\">>)"},
    [HELP_CLOSURE] = {"Closure",
                      "\\* Transitive closure.\nRECURSIVE Closure(_)\n"
                      "Closure(R) ==\n"
                      "    LET joined == {<<p[1][1], p[2][2]>> : p \\in {q \\in R \\X R : q[1][2] = q[2][1]}}\n"
                      "    IN  IF joined \\subseteq R THEN R ELSE Closure(R \\cup joined)"},
    [HELP_SEQUENCES] = {"Sequences", "Sequences(S, n) == UNION {[1..k -> S] : k \\in 0..n}"},
    [HELP_BAGS] = {"BagsOf", "BagsOf(S, n) == {b \\in UNION {[D -> 1..n] : D \\in SUBSET S} : BagCardinality(b) <= n}"},
};

static const char *const standard[] = {
    "Nat",          "Int",        "Real",          "Seq",         "Len",         "Append",   "Head",
    "Tail",         "SubSeq",     "SelectSeq",     "Cardinality", "IsFiniteSet", "IsABag",   "BagToSet",
    "SetToBag",     "BagIn",      "EmptyBag",      "BagUnion",    "SubBag",      "BagOfAll", "BagCardinality",
    "CopiesIn",     "Print",      "PrintT",        "Assert",      "JavaTime",    "TLCGet",   "TLCSet",
    "Permutations", "SortSeq",    "RandomElement", "Any",         "ToString",    "TLCEval",  "Sum",
    "None",         "vars",       "TypeOK",        "Init",        "Next",        "Spec",     "Fairness",
    "WithinBound",  "FinalState", "Moves",         "CutStep",     "NoDeadlock",  "Infinity"};

/* ---- words ---- */

const char *tla_where(struct tla_cx *c, struct span span) {
    if (span.source >= c->sources->files.n) return "the spec";
    const struct source *s = &c->sources->files.at[span.source];
    const char *slash = strrchr(s->path, '/');
    return arena_printf(c->a, "%s:%u", slash ? slash + 1 : s->path, source_place(s, span.begin).line);
}

/* A string of TLA+. */
static struct tla *quoted(struct tla_cx *c, const char *text) {
    char *s = arena_printf(c->a, "\"%s\"", text);
    for (char *at = s + 1; at[1]; at++)
        if (*at == '"' || *at == '\\' || *at == '`') *at = '\'';
        else if ((unsigned char)*at < ' ' || (unsigned char)*at > '~') *at = '?';
    return tla_text(c->a, s);
}

struct tla *tla_place(struct tla_cx *c, struct span span) {
    return quoted(c, tla_where(c, span));
}

struct tla *tla_why(struct tla_cx *c, const char *what, struct span span) {
    return quoted(c, arena_printf(c->a, "%s: %s", tla_where(c, span), what));
}

struct tla *tla_call(struct tla_cx *c, enum tla_helper h, uint32_t n, ...) {
    struct tla *kids[4];
    va_list args;
    va_start(args, n);
    for (uint32_t i = 0; i < n; i++) kids[i] = va_arg(args, struct tla *);
    va_end(args);
    c->helpers[h] = true;
    if (strstr(helpers[h].text, " Error(")) c->helpers[HELP_ERROR] = true;
    return tla_list(c->a, arena_printf(c->a, "%s(", helpers[h].name), kids, n, ")");
}

struct tla *tla_error(struct tla_cx *c, enum dc_error error, const struct ir *at) {
    return tla_call(c, HELP_ERROR, 1, tla_why(c, at->text ? at->text : error_text(error), at->span));
}

void tla_note(struct tla_cx *c, const char *format, ...) {
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (uint32_t i = 0; i < c->notes.n; i++)
        if (!strcmp(c->notes.at[i], text)) return;
    const char *kept = arena_strdup(c->a, text, strlen(text));
    VEC_PUSH(c->notes, kept);
}

/* ---- definitions ---- */

static void comment(const char *text, FILE *out) {
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        fprintf(out, "\\* %.*s\n", (int)n, text);
        text += n + (text[n] != 0);
    }
}

static void define(struct tla_cx *c, const char *head, const struct tla *body, FILE *out) {
    char *text;
    size_t n;
    FILE *line = mem_stream_open(&text, &n);
    tla_print(body, (uint32_t)strlen(head) + 4, line);
    mem_stream_close(line, &text);
    fprintf(out, "%s ==", head);
    if (strlen(head) + 4 + n <= 100 && !strchr(text, '\n')) {
        fprintf(out, " %s\n\n", text);
    } else {
        fputs("\n    ", out);
        tla_print(body, 4, out);
        fputs("\n\n", out);
    }
    free(text);
    tla_forget_locals(c);
}

/* ---- actions ---- */

struct action {
    const struct ir_action *ir;
    const char *name, *body_name; /* body_name: of what follows the choice of message and parameters; NULL: not apart */
    struct ir_gen *gens;          /* without that of the process */
    uint32_t n_gens;
    struct ir *self_cond;
    const struct type *self; /* type of the parameter, or NULL */
};

struct step {
    struct tla_cx *c;
    const struct action *action;
    const uint32_t *all;
    bool cuts;
    struct tla *const *keys; /* the parts of the key must be these */
    uint32_t n_keys;
    VEC(struct tla *) names; /* of the generators with sets */
};

static const char *action_name(struct tla_cx *c, const struct ir_action *a) {
    const char *who = a->process >= 0 ? c->p->processes.at[a->process].name : NULL;
    return tla_global(c, arena_printf(c->a, "%s%s%s%s%s", who ? who : "", who ? "_" : "",
                                      a->kind == ACT_HANDLER ? "on_" : "", a->name,
                                      a->torn        ? "_cut_short"
                                      : a->byzantine ? "_lie"
                                                     : ""));
}

static void prepare(struct tla_cx *c, struct action *x, const struct ir_action *a) {
    x->ir = a;
    x->name = action_name(c, a);
    x->gens = arena_alloc(c->a, (a->n_gens + 1) * sizeof *x->gens);
    bool many = a->process >= 0 && c->p->processes.at[a->process].id;
    for (uint32_t i = 0; i < a->n_gens; i++) {
        bool self = many && !x->self && a->gens[i].kind == G_VALUES && a->gens[i].slot == a->self;
        if (!self) {
            x->gens[x->n_gens++] = a->gens[i];
            continue;
        }
        x->self = c->p->slots.at[a->self];
        x->self_cond = a->gens[i].cond;
    }
}

static struct tla *action_body(struct tla_cx *c, void *self) {
    struct step *s = self;
    if (s->cuts) return tla_cuts(c, s->action->ir->body);
    return tla_step(c, s->action->ir->body, s->all, c->p->vars.n);
}

/* The conditions of the process and \E over the rest; `leaf` is what is done then. */
static struct tla *chosen(struct tla_cx *c, const struct action *x, tla_body *leaf, void *self) {
    struct tla *cond = x->self_cond ? tla_expr(c, x->self_cond) : tla_bool(c->a, true);
    return tla_and(c->a, tla_guard(c->a, cond), tla_exists(c, x->gens, x->n_gens, true, leaf, self));
}

static const char *bind_self(struct tla_cx *c, const struct action *x) {
    if (!x->self) return NULL;
    const char *name = tla_slot_name(c, x->ir->self);
    tla_set_slot(c, x->ir->self, tla_text(c->a, name));
    return name;
}

static const char *head_of(struct tla_cx *c, const struct action *x, const char *self) {
    return self ? arena_printf(c->a, "%s(%s)", x->name, self) : x->name;
}

/* Calls the body with the names that the generators are bound to by now. */
static struct tla *call_body(struct tla_cx *c, void *self) {
    struct step *s = self;
    const struct action *x = s->action;
    struct tla **args = arena_alloc(c->a, (x->n_gens + 2) * sizeof(struct tla *)), *cond = tla_bool(c->a, true);
    uint32_t n = 0;
    if (x->self) args[n++] = tla_slot(c, x->ir->self);
    for (uint32_t i = 0; i < x->n_gens; i++)
        if (x->gens[i].kind == G_SLICE) args[n++] = tla_slice_element(c, &x->gens[i]);
        else if (x->gens[i].kind != G_LET) args[n++] = tla_slot(c, x->gens[i].slot);
    const struct ir *key[64];
    uint32_t keys = s->keys ? temporal_key(x->ir, key, 64) : 0;
    for (uint32_t i = 0; i < keys; i++) cond = tla_and(c->a, cond, tla_equal(c->a, s->keys[i], tla_expr(c, key[i])));
    struct tla *call =
        n ? tla_list(c->a, arena_printf(c->a, "%s(", x->body_name), args, n, ")") : tla_text(c->a, x->body_name);
    return tla_and(c->a, cond, call);
}

/* The body by itself, with the names of the generators as parameters. */
static void define_body(struct tla_cx *c, struct step *s, FILE *out) {
    const struct action *x = s->action;
    struct tla **names = arena_alloc(c->a, (x->n_gens + 1) * sizeof(struct tla *));
    const char *list = bind_self(c, x);
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->n_gens; i++) {
        if (x->gens[i].kind == G_LET) continue;
        const char *name = x->gens[i].kind == G_SLICE ? tla_local(c, "m") : tla_slot_name(c, x->gens[i].slot);
        names[n++] = tla_text(c->a, name);
        list = list ? arena_printf(c->a, "%s, %s", list, name) : name;
    }
    struct tla *t = tla_bound(c, x->gens, x->n_gens, names, action_body, s);
    define(c, list ? arena_printf(c->a, "%s(%s)", x->body_name, list) : x->body_name, t, out);
}

static void define_action(struct tla_cx *c, const struct action *x, const uint32_t *all, FILE *out) {
    struct step s = {.c = c, .action = x, .all = all};
    comment(x->ir->doc, out);
    if (x->ir->torn) comment("A crash in the middle of it: some of its messages are not sent.", out);
    if (x->ir->byzantine) comment("The message is a lie.", out);
    if (x->body_name) define_body(c, &s, out);
    const char *self = bind_self(c, x);
    struct tla *t = chosen(c, x, x->body_name ? call_body : action_body, &s);
    define(c, head_of(c, x, self), t, out);
}

static struct tla *call_action(struct tla_cx *c, const struct action *x, const char *self) {
    return self ? tla_format(c->a, "%s(%s)", x->name, self) : tla_text(c->a, x->name);
}

/* \E over the processes of each action. */
static struct tla *any_action(struct tla_cx *c, const struct action *list, uint32_t n, bool harm_too) {
    struct tla *all = tla_bool(c->a, false);
    for (uint32_t i = 0; i < n; i++) {
        const struct ir_action *a = list[i].ir;
        bool harm =
            a->fault && !(a->fault_name && (!strcmp(a->fault_name, "recover") || !strcmp(a->fault_name, "heal")));
        if (harm && !harm_too) continue;
        const char *self = list[i].self ? tla_local(c, "self") : NULL;
        struct tla *t = call_action(c, &list[i], self);
        all = tla_or(c->a, all, self ? tla_bind(c->a, "\\E", self, tla_set_of(c, list[i].self), t) : t);
        tla_forget_locals(c);
    }
    return all;
}

static struct tla *cut_steps(struct tla_cx *c, const struct action *list, uint32_t n) {
    struct tla *all = tla_bool(c->a, false);
    for (uint32_t i = 0; i < n; i++) {
        const struct ir_action *a = list[i].ir;
        bool harm =
            a->fault && !(a->fault_name && (!strcmp(a->fault_name, "recover") || !strcmp(a->fault_name, "heal")));
        if (harm || !tla_may_cut(a->body)) continue;
        struct step s = {.c = c, .action = &list[i], .cuts = true};
        const char *self = bind_self(c, &list[i]);
        struct tla *t = chosen(c, &list[i], action_body, &s);
        if (self && !tla_is(t, "FALSE")) t = tla_bind(c->a, "\\E", self, tla_set_of(c, list[i].self), t);
        all = tla_or(c->a, all, t);
    }
    return all;
}

/* ---- fairness ---- */

/* The kind of message that a handler takes, or all kinds. */
static const struct ir *tag_test(const struct ir *e, uint32_t slot) {
    if (!e) return NULL;
    if (e->op == IR_ISTAG && e->kid[0]->op == IR_LOCAL && e->kid[0]->slot == slot) return e;
    for (uint32_t i = 0; i < e->n && e->op == IR_AND; i++) {
        const struct ir *found = tag_test(e->kid[i], slot);
        if (found) return found;
    }
    return NULL;
}

static struct tla *key_set(struct tla_cx *c, const struct action *x, const struct ir *key) {
    const struct type *t = key->type;
    if (t->kind == T_UNION && key->op == IR_CONS) return tla_kind_set(c, t, (uint32_t)key->imm);
    for (uint32_t i = 0; i < x->n_gens && t->kind == T_UNION && key->op == IR_LOCAL; i++) {
        const struct ir *test = tag_test(x->gens[i].cond, key->slot);
        if (test) return tla_kind_set(c, t, (uint32_t)test->imm);
    }
    if (t->kind == T_UNION && key->op == IR_CONST) return tla_form(c->a, "{%}", 1, tla_expr(c, key));
    return tla_set_of(c, t);
}

static struct tla *fair_formula(struct tla_cx *c, bool strong, struct tla *action) {
    return tla_form(c->a, strong ? "SF_vars(%)" : "WF_vars(%)", 1, action);
}

static struct tla *fair_by_key(struct tla_cx *c, const struct action *x, bool strong) {
    const struct ir *key[64];
    uint32_t n = temporal_key(x->ir, key, 64);
    struct tla *names[64], *sets[64];
    const char *self = bind_self(c, x);
    for (uint32_t i = 0; i < n; i++) {
        names[i] = tla_text(c->a, tla_local(c, i || !x->ir->message ? "bound" : "message"));
        sets[i] = key_set(c, x, key[i]);
        if (!key[i]->type->universe || key[i]->type->universe > 10000)
            tla_note(c, "fairness to %s is for each of so many messages or bindings that TLC may not get through them",
                     x->name);
    }
    struct step s = {.c = c, .action = x, .keys = names, .n_keys = n};
    struct tla *t = fair_formula(c, strong, chosen(c, x, call_body, &s));
    for (uint32_t i = n; i-- > 0;) t = tla_bind(c->a, "\\A", names[i]->text, sets[i], t);
    return self ? tla_bind(c->a, "\\A", self, tla_set_of(c, x->self), t) : t;
}

/* One obligation for each process, for the union of these steps. */
static struct tla *fair_steps(struct tla_cx *c, bool strong, const struct action *list, const uint32_t *actions,
                              uint32_t n) {
    const struct type *self = list[actions[0]].self;
    const char *name = self ? tla_local(c, "self") : NULL;
    struct tla *any = tla_bool(c->a, false);
    for (uint32_t i = 0; i < n; i++) any = tla_or(c->a, any, call_action(c, &list[actions[i]], name));
    struct tla *t = fair_formula(c, strong, any);
    return name ? tla_bind(c->a, "\\A", name, tla_set_of(c, self), t) : t;
}

static struct tla *fair_entry(struct tla_cx *c, const struct ir_fair *f, const struct action *list) {
    if (f->per_key) {
        struct tla *all = tla_bool(c->a, true);
        for (uint32_t i = 0; i < f->n; i++) all = tla_and(c->a, all, fair_by_key(c, &list[f->actions[i]], f->strong));
        return all;
    }
    bool same = true;
    for (uint32_t i = 1; i < f->n; i++) same &= list[f->actions[i]].self == list[f->actions[0]].self;
    struct tla *all = tla_bool(c->a, true);
    if (!same) {
        tla_note(c, "fairness to %s joins steps of different processes; the module asks for fairness to each of them",
                 f->name);
        for (uint32_t i = 0; i < f->n; i++) all = tla_and(c->a, all, fair_steps(c, f->strong, list, &f->actions[i], 1));
        return all;
    }
    return fair_steps(c, f->strong, list, f->actions, f->n);
}

static bool define_fairness(struct tla_cx *c, const struct action *list, FILE *out) {
    const struct program *p = c->p;
    if (!p->fairs.n) return false;
    fputs("\\* Fairness, an obligation for each process, message or binding:\n", out);
    for (uint32_t i = 0; i < p->fairs.n; i++)
        fprintf(out, "\\*   %s: %s%s\n", p->fairs.at[i].strong ? "strong" : "weak", p->fairs.at[i].name,
                p->fairs.at[i].per_key ? ", each message or binding" : "");
    struct tla *all = tla_bool(c->a, true);
    for (uint32_t i = 0; i < p->fairs.n; i++) {
        all = tla_and(c->a, all, fair_entry(c, &p->fairs.at[i], list));
        tla_forget_locals(c);
    }
    define(c, "Fairness", all, out);
    return true;
}

/* ---- properties ---- */

struct config {
    VEC(const char *) invariants, properties, wanted;
    bool bound;
};

static bool has_operator(const struct ir *e, int64_t token) {
    if (!e) return false;
    if (e->op == IR_TEMPORAL && e->imm == token) return true;
    for (uint32_t i = 0; i < e->n; i++)
        if (has_operator(e->kid[i], token)) return true;
    return false;
}

static void leave_out(struct tla_cx *c, const struct ir_pred *q, FILE *out) {
    const char *word = has_operator(q->body, TOK_CAN) ? "can" : "until";
    tla_note(c, "%s uses `%s`, which TLA+ has no formula for; it is not in the module", q->name, word);
    comment(q->doc, out);
    fprintf(out, "\\* %s (%s) is left out: TLA+ has no formula for `%s`.\n\n", q->name, tla_where(c, q->span), word);
}

struct refined_step {
    const struct ir *body;
    const uint32_t *vars;
    uint32_t n;
};

static struct tla *refined_body(struct tla_cx *c, void *self) {
    struct refined_step *s = self;
    return tla_step(c, s->body, s->vars, s->n);
}

static void define_refinement(struct tla_cx *c, const struct ir_pred *q, struct config *f, FILE *out) {
    const struct ir_refine *r = &c->p->refines.at[q->refine - 1];
    uint32_t first = r->vars.n ? r->vars.at[0]->index : 0, *vars = arena_alloc(c->a, (r->vars.n + 1) * sizeof *vars);
    struct tla **names = arena_alloc(c->a, (r->vars.n + 1) * sizeof(struct tla *)), **before = c->cell;
    if (q->kind == DC_STEP) return; /* with the initial states */
    fprintf(out, "\\* Refinement: seen through these definitions, the spec behaves as %s.\n", r->module);
    c->cell = arena_alloc(c->a, c->n_cells * sizeof(struct tla *));
    memcpy(c->cell, before, c->n_cells * sizeof(struct tla *));
    tla_assign(c, r->map);
    for (uint32_t i = 0; i < r->vars.n; i++) {
        vars[i] = first + i;
        names[i] = tla_text(c->a, c->variables[first + i]);
        define(c, names[i]->text, c->cell[first + i], out);
    }
    for (uint32_t i = 0; i < r->vars.n; i++) c->cell[first + i] = tla_zero(c, r->vars.at[i]->type);
    const char *init = tla_global(c, arena_printf(c->a, "%s_Init", r->name));
    define(c, init, tla_init(c, r->init, vars, r->vars.n), out);
    for (uint32_t i = 0; i < r->vars.n; i++) c->cell[first + i] = names[i];
    struct tla *next = tla_bool(c->a, false);
    for (uint32_t i = 0; i < r->actions.n; i++) {
        struct action x = {.name = tla_global(c, arena_printf(c->a, "%s_%s", r->name, r->actions.at[i].name))};
        x.ir = &r->actions.at[i];
        comment(x.ir->doc, out);
        struct refined_step s = {x.ir->body, vars, r->vars.n};
        struct tla *t = tla_exists(c, x.ir->gens, x.ir->n_gens, true, refined_body, &s);
        define(c, x.name, t, out);
        next = tla_or(c->a, next, tla_text(c->a, x.name));
    }
    const char *name = tla_global(c, r->name);
    struct tla *tuple = tla_list(c->a, "<<", names, r->vars.n, ">>");
    struct tla *steps = tla_form(c->a, "[][%]_%", 2, next, tuple);
    define(c, name, tla_and(c->a, tla_text(c->a, init), steps), out);
    VEC_PUSH(f->properties, name);
    c->cell = before;
}

static void define_property(struct tla_cx *c, const struct ir_pred *q, struct config *f, FILE *out) {
    struct arena *a = c->a;
    if (q->refine) {
        define_refinement(c, q, f, out);
        return;
    }
    if (q->kind == DC_FINAL || q->kind == DC_CUT) return;
    if (has_operator(q->body, TOK_CAN) || has_operator(q->body, TOK_UNTIL)) {
        leave_out(c, q, out);
        return;
    }
    const char *name = tla_global(c, q->name);
    comment(q->doc, out);
    struct tla *t = tla_expr(c, q->body);
    if (q->kind == DC_STEP) t = tla_form(a, "[][%]_vars", 1, t);
    define(c, name, t, out);
    if (q->kind == DC_REACHABLE) {
        const char *never = tla_global(c, arena_printf(a, "Never%s", name));
        fputs("\\* Wanted: as an invariant it is violated, and TLC's trace is a run that leads there.\n", out);
        define(c, never, tla_not(a, tla_text(a, name)), out);
        VEC_PUSH(f->wanted, never);
    } else if (q->kind == DC_INVARIANT) {
        VEC_PUSH(f->invariants, name);
    } else {
        VEC_PUSH(f->properties, name);
    }
}

/* The states that are not expanded, and those where a stop is no deadlock. */
static struct tla *joined(struct tla_cx *c, enum dc_kind kind) {
    struct tla *all = tla_bool(c->a, false);
    for (uint32_t i = 0; i < c->p->preds.n; i++)
        if (c->p->preds.at[i].kind == kind) all = tla_or(c->a, all, tla_expr(c, c->p->preds.at[i].body));
    return all;
}

static void define_stops(struct tla_cx *c, const struct action *list, uint32_t n, struct config *f, FILE *out) {
    struct arena *a = c->a;
    struct tla *final = joined(c, DC_FINAL), *progress = any_action(c, list, n, false), *cuts = cut_steps(c, list, n);
    define(c, "Moves", progress, out);
    struct tla *all = f->bound ? tla_text(a, "~WithinBound") : tla_bool(a, false);
    if (!tla_is(final, "FALSE")) {
        define(c, "FinalState", final, out);
        all = tla_or(a, all, tla_text(a, "FinalState"));
    }
    all = tla_or(a, all, tla_text(a, "ENABLED <<Moves>>_vars"));
    if (!tla_is(cuts, "FALSE")) {
        fputs("\\* Some step leads beyond a bound of the search: it is no step of Next.\n", out);
        define(c, "CutStep", cuts, out);
        all = tla_or(a, all, tla_text(a, "CutStep"));
    }
    fputs("\\* A stop is a state in which no step changes anything; faults that only take away are no way out.\n", out);
    define(c, "NoDeadlock", all, out);
    VEC_PUSH(f->invariants, "NoDeadlock");
}

/* Which definitions of types others need: the used ones, and what these mention. */
static void need_types(struct tla_cx *c) {
    for (uint32_t i = c->p->types.list.n; i-- > 0;) {
        const struct type *t = c->p->types.list.at[i];
        const char *head;
        if (c->types[i].used && c->types[i].set) tla_type_definition(c, t);
        if (c->types[i].below) tla_below_definition(c, t, &head);
        tla_forget_locals(c);
    }
}

static void write_types(struct tla_cx *c, FILE *out) {
    need_types(c);
    for (uint32_t i = 0; i < c->p->types.list.n; i++) {
        const struct type *t = c->p->types.list.at[i];
        if (c->types[i].used && c->types[i].set) define(c, c->types[i].set, tla_type_definition(c, t), out);
        if (c->types[i].ranked) define(c, c->types[i].rank, tla_rank_definition(c, t), out);
        if (!c->types[i].below) continue;
        const char *head;
        struct tla *order = tla_below_definition(c, t, &head);
        define(c, head, order, out);
    }
}

static void write_constants(struct tla_cx *c, FILE *out, const char *between, bool config) {
    bool any = false;
    for (uint32_t i = 0; i <= c->p->types.list.n; i++) {
        bool none = i == c->p->types.list.n;
        const struct type *t = none ? NULL : c->p->types.list.at[i];
        if (none ? !c->none : !(t->kind == T_SYM && (c->types[i].used || c->types[i].ranked))) continue;
        for (uint32_t k = 0; k < (none ? 1 : t->n); k++) {
            const char *name = none ? "None" : c->types[i].ids[k];
            fprintf(out, "%s%s", any ? between : config ? "CONSTANTS\n    " : "CONSTANTS ", name);
            if (config) fprintf(out, " = %s", name);
            any = true;
        }
    }
    if (any) fputs(config ? "\n" : "\n\n", out);
}

static void write_type_ok(struct tla_cx *c, FILE *out) {
    struct tla *all = tla_bool(c->a, true);
    for (uint32_t i = 0; i < c->p->vars.n; i++)
        all = tla_and(c->a, all, tla_is_value(c, c->p->vars.at[i]->type, c->cell[i]));
    define(c, "TypeOK", all, out);
}

static void write_body(struct tla_cx *c, const struct tla_options *o, struct config *f, FILE *out) {
    const struct program *p = c->p;
    struct arena *a = c->a;
    uint32_t *all = arena_alloc(a, (p->vars.n + 1) * sizeof *all);
    struct tla **current = c->cell;
    for (uint32_t i = 0; i < p->vars.n; i++) all[i] = i;
    write_type_ok(c, out);
    VEC_PUSH(f->invariants, "TypeOK");
    c->cell = arena_alloc(a, c->n_cells * sizeof(struct tla *));
    for (uint32_t i = 0; i < p->vars.n; i++) c->cell[i] = tla_zero(c, p->vars.at[i]->type);
    define(c, "Init", tla_init(c, p->init, all, p->vars.n), out);
    c->cell = current;
    struct action *list = arena_alloc(a, (p->actions.n + 1) * sizeof *list);
    for (uint32_t i = 0; i < p->actions.n; i++) prepare(c, &list[i], &p->actions.at[i]);
    for (uint32_t i = 0; i < p->fairs.n; i++)
        for (uint32_t k = 0; k < p->fairs.at[i].n && p->fairs.at[i].per_key; k++) {
            struct action *x = &list[p->fairs.at[i].actions[k]];
            if (!x->body_name) x->body_name = tla_global(c, arena_printf(a, "%s_with", x->name));
        }
    for (uint32_t i = 0; i < p->actions.n; i++) define_action(c, &list[i], all, out);
    define(c, "Next", any_action(c, list, p->actions.n, true), out);
    bool fair = define_fairness(c, list, out);
    fprintf(out, "Spec == Init /\\ [][Next]_vars%s\n\n", fair ? " /\\ Fairness" : "");
    struct tla *cut = joined(c, DC_CUT);
    f->bound = !tla_is(cut, "FALSE");
    if (f->bound) {
        fputs("\\* States outside are found and tested, and nothing is tried from them.\n", out);
        define(c, "WithinBound", tla_not(a, cut), out);
    }
    for (uint32_t i = 0; i < p->preds.n; i++) {
        const struct ir_pred *q = &p->preds.at[i];
        if (q->module && !strcmp(q->module, "assume"))
            fprintf(out, "\\* The assumption at %s is false of these constants.\nASSUME FALSE\n\n",
                    tla_where(c, q->span));
        else define_property(c, q, f, out);
    }
    if (o->stops) define_stops(c, list, p->actions.n, f, out);
    for (uint32_t i = 0; i < p->watches.n; i++)
        define(c, tla_global(c, arena_printf(a, "Watch%u", i + 1)), tla_expr(c, p->watches.at[i]), out);
}

static void write_head(struct tla_cx *c, const struct tla_options *o, FILE *out) {
    size_t dashes = strlen(o->module) < 60 ? (70 - strlen(o->module)) / 2 : 4;
    for (size_t i = 0; i < dashes; i++) fputc('-', out);
    fprintf(out, " MODULE %s ", o->module);
    for (size_t i = 0; i < dashes; i++) fputc('-', out);
    fputc('\n', out);
    comment(o->doc, out);
    fprintf(out, "\\* Written by dcheck: %s%s%s%s.\n", o->origin, *o->constants ? " (" : "", o->constants,
            *o->constants ? ")" : "");
    fprintf(out, "\\* Expected: %s\n", o->expected);
    for (uint32_t i = 0; i < c->notes.n; i++) fprintf(out, "\\* Note: %s.\n", c->notes.at[i]);
    fputs("EXTENDS Integers, Sequences, FiniteSets, Bags, TLC\n\n", out);
}

static void write_list(const char *head, const char *const *names, uint32_t n, FILE *out) {
    if (n) fprintf(out, "%s\n", head);
    for (uint32_t i = 0; i < n; i++) fprintf(out, "    %s\n", names[i]);
}

static void write_config(struct tla_cx *c, const struct tla_options *o, const struct config *f, FILE *out) {
    fprintf(out, "\\* The model for %s.tla: %s. Expected: %s\n", o->module, o->origin, o->expected);
    fputs("SPECIFICATION Spec\n", out);
    write_constants(c, out, "\n    ", true);
    write_list("INVARIANTS", f->invariants.at, f->invariants.n, out);
    write_list("PROPERTIES", f->properties.at, f->properties.n, out);
    if (f->bound) fputs("CONSTRAINT\n    WithinBound\n", out);
    for (uint32_t i = 0; i < f->wanted.n; i++)
        fprintf(out, "\\* To see that it can be reached: INVARIANT %s\n", f->wanted.at[i]);
    fputs("\\* A stop is found by NoDeadlock, which knows the final states.\nCHECK_DEADLOCK FALSE\n", out);
}

static void name_variables(struct tla_cx *c) {
    const struct program *p = c->p;
    c->n_variables = p->vars.n;
    for (uint32_t i = 0; i < p->refines.n; i++) c->n_variables += p->refines.at[i].vars.n;
    uint32_t most = c->n_variables;
    for (uint32_t i = 0; i < p->refines.n; i++)
        for (uint32_t k = 0; k < p->refines.at[i].vars.n; k++)
            if (p->refines.at[i].vars.at[k]->index >= most) most = p->refines.at[i].vars.at[k]->index + 1;
    c->n_variables = most;
    c->n_cells = most + p->slots.n;
    c->tags = arena_alloc(c->a, (p->slots.n + 1) * sizeof *c->tags);
    c->variables = arena_alloc(c->a, (most + 1) * sizeof *c->variables);
    c->cell = arena_alloc(c->a, c->n_cells * sizeof(struct tla *));
    for (uint32_t i = 0; i < p->vars.n; i++) {
        c->variables[i] = tla_global(c, p->vars.at[i]->name);
        c->cell[i] = tla_text(c->a, c->variables[i]);
    }
    for (uint32_t i = 0; i < p->refines.n; i++)
        for (uint32_t k = 0; k < p->refines.at[i].vars.n; k++) {
            const struct ir_var *v = p->refines.at[i].vars.at[k];
            const char *wish =
                strchr(v->name, '.') ? v->name : arena_printf(c->a, "%s.%s", p->refines.at[i].name, v->name);
            c->variables[v->index] = tla_global(c, wish);
        }
}

static void write_variables(struct tla_cx *c, FILE *out) {
    uint32_t n = c->p->vars.n;
    fputs(n ? "VARIABLES\n" : "", out);
    for (uint32_t i = 0; i < n; i++) fprintf(out, "    %s%s\n", c->variables[i], i + 1 < n ? "," : "\n");
    struct tla **names = arena_alloc(c->a, (n + 1) * sizeof(struct tla *));
    for (uint32_t i = 0; i < n; i++) names[i] = tla_text(c->a, c->variables[i]);
    define(c, "vars", tla_list(c->a, "<<", names, n, ">>"), out);
}

void tla_write(const struct program *p, const struct sources *sources, const struct tla_options *o, FILE *module,
               FILE *config) {
    struct arena arena = {0};
    struct tla_cx c = {.p = p, .sources = sources, .a = &arena};
    struct config f = {.bound = false};
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++) VEC_PUSH(c.globals, standard[i]);
    for (uint32_t i = 0; i < HELP_COUNT; i++) VEC_PUSH(c.globals, helpers[i].name);
    VEC_PUSH(c.globals, o->module);
    tla_types(&c);
    name_variables(&c);
    char *body, *types;
    size_t n;
    FILE *out = mem_stream_open(&body, &n);
    write_body(&c, o, &f, out);
    mem_stream_close(out, &body);
    out = mem_stream_open(&types, &n);
    write_types(&c, out);
    mem_stream_close(out, &types);
    write_head(&c, o, module);
    write_constants(&c, module, ", ", false);
    for (uint32_t i = 0; i < HELP_COUNT; i++)
        if (c.helpers[i]) fprintf(module, "%s\n\n", helpers[i].text);
    fputs(types, module);
    write_variables(&c, module);
    fputs(body, module);
    fputs("================================================================================\n", module);
    write_config(&c, o, &f, config);
    for (uint32_t i = 0; i < c.notes.n; i++) fprintf(o->notes, "%s: note: %s\n", o->path, c.notes.at[i]);
    free(body);
    free(types);
    VEC_FREE(c.globals);
    VEC_FREE(c.locals);
    VEC_FREE(c.notes);
    VEC_FREE(c.slices);
    VEC_FREE(c.guarded);
    VEC_FREE(f.invariants);
    VEC_FREE(f.properties);
    VEC_FREE(f.wanted);
    arena_free(&arena);
}
