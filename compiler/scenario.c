#include "compiler/scenario.h"

#include <string.h>

#include "compiler/elab.h"
#include "compiler/eval.h"

struct reader { /* of one line */
    struct compile *c;
    struct scenario *s;
    const struct ast *line;
    uint32_t at, end; /* words */
    struct line *out;
};

static const struct ast *word(const struct reader *r, uint32_t ahead) {
    return r->at + ahead < r->end ? r->line->kid[r->at + ahead] : NULL;
}

static bool is(const struct reader *r, uint32_t ahead, int token, const char *text) {
    const struct ast *w = word(r, ahead);
    return w && w->value == token && (!text || !strcmp(w->text, text));
}

static struct span here(const struct reader *r) {
    if (r->at < r->end) return r->line->kid[r->at]->span;
    struct span last = r->line->kid[r->line->n - 1]->span;
    last.begin = last.end - 1;
    return last;
}

static struct span from_to(struct span a, struct span b) {
    a.end = b.end;
    return a;
}

/* Words from .. to-1 without blanks: as values are compared. */
static const char *squeezed(struct reader *r, uint32_t from, uint32_t to) {
    const char *text = "";
    for (uint32_t i = from; i < to; i++) text = arena_printf(&P(r->c)->arena, "%s%s", text, r->line->kid[i]->text);
    return text;
}

/* Opening and closing tokens change the depth. */
static int turn(const struct ast *w) {
    switch (w->value) {
    case TOK_LPAREN:
    case TOK_LBRACK:
    case TOK_LBRACE:
    case TOK_LBAG: return 1;
    case TOK_RPAREN:
    case TOK_RBRACK:
    case TOK_RBRACE:
    case TOK_RBAG: return -1;
    default: return 0;
    }
}

/* The first word outside brackets that is this token; r->end if there is none. */
static uint32_t find(const struct reader *r, int token) {
    int depth = 0;
    for (uint32_t i = r->at; i < r->end; i++) {
        if (depth == 0 && r->line->kid[i]->value == token) return i;
        depth += turn(r->line->kid[i]);
    }
    return r->end;
}

/* Behind the bracket that closes the one at r->at. */
static uint32_t closing(const struct reader *r) {
    int depth = 0;
    for (uint32_t i = r->at; i < r->end; i++) {
        depth += turn(r->line->kid[i]);
        if (depth == 0) return i + 1;
    }
    return r->end;
}

static void no_step(struct reader *r) {
    struct diag *d = error_at(r->c, here(r), "this is not the title of a step");
    hint(r->c, d,
         "write it as a trace does: `server[1]: timeout`, `server[2] receives Vote(term: 1) from server[1]`, "
         "`server[1] crashes`");
}

/* a.b.c, the name of a process or step */
static const char *path(struct reader *r) {
    uint32_t first = r->at;
    if (!is(r, 0, TOK_IDENT, NULL)) return NULL;
    r->at++;
    while (is(r, 0, TOK_DOT, NULL) && is(r, 1, TOK_IDENT, NULL)) r->at += 2;
    return squeezed(r, first, r->at);
}

/* Of a type whose values can be listed: NULL, or the text as it is printed. */
enum { LISTED = 4096 };
static bool listed(const struct type *t) { return !t->words && t->universe && t->universe <= LISTED; }

static const char *blankless(struct arena *a, const char *text) {
    char *s = arena_strdup(a, text, strlen(text)), *to = s;
    for (const char *from = s; *from; from++)
        if (*from != ' ') *to++ = *from;
    *to = 0;
    return s;
}

static bool has_value(struct compile *c, const struct type *t, const char *text, const char **some) {
    *some = "";
    for (uint64_t i = 0; i < t->universe; i++) {
        char *s;
        size_t n;
        value_print(P(c), t, value_unrank(t, i, NULL), c->arena, &s, &n);
        if (!strcmp(blankless(c->arena, s), text)) return true;
        if (i < 4) *some = arena_printf(c->arena, "%s%s`%s`", *some, i ? ", " : "", s);
    }
    return false;
}

/* A value as it is printed: a constant of the spec stands for its value. */
static const char *value_text(struct compile *c, const struct type *t, const char *text, struct span span) {
    const char *some = "";
    if (t && listed(t) && has_value(c, t, text, &some)) return text;
    struct symbol *y = scope_find(c->root, intern(&c->front->names, text, strlen(text)));
    if (y && y->kind == SYM_CONST && y->value && y->value->op == IR_CONST) {
        const struct ir *k = y->value;
        char *s;
        size_t n;
        value_print(P(c), k->type, k->type->words ? (uint64_t)(uintptr_t)k->words : (uint64_t)k->imm, &P(c)->arena, &s,
                    &n);
        text = blankless(&P(c)->arena, s);
        if (t && listed(t) && has_value(c, t, text, &some)) return text;
    }
    if (t && listed(t)) {
        struct diag *d = error_at(c, span, "`%s` is no value of %s", text, tname(c, t));
        hint(c, d, "its values are %s%s", some, t->universe > 4 ? ", and so on" : "");
    }
    return text;
}

static const struct ir_process *process_at(struct reader *r, int process) { return &P(r->c)->processes.at[process]; }

/* name or name[id]. False: an error was reported. *process -1: there is no such process, and r is where it was. */
static bool process_title(struct reader *r, int *process, const char **id) {
    uint32_t first = r->at;
    const char *name = path(r);
    *process = -1;
    *id = NULL;
    for (uint32_t i = 0; name && i < P(r->c)->processes.n; i++)
        if (!strcmp(P(r->c)->processes.at[i].name, name)) *process = (int)i;
    if (*process < 0) {
        r->at = first;
        return true;
    }
    if (!is(r, 0, TOK_LBRACK, NULL)) return true;
    uint32_t end = closing(r);
    struct span span = from_to(here(r), r->line->kid[end - 1]->span);
    const struct type *t = process_at(r, *process)->id;
    if (!t) {
        struct diag *d = error_at(r->c, span, "there is one `%s` only", name);
        hint(r->c, d, "write `%s` without an index", name);
        return false;
    }
    if (end < r->at + 3) {
        no_step(r);
        return false;
    }
    uint32_t errors = r->c->diags->errors;
    *id = value_text(r->c, t, squeezed(r, r->at + 1, end - 1), span);
    r->at = end;
    return errors == r->c->diags->errors;
}

static void push_value(struct reader *r, struct line_value **list, uint32_t *n, struct line_value v) {
    struct line_value *more = arena_alloc(&P(r->c)->arena, (*n + 1) * sizeof *more);
    if (*n) memcpy(more, *list, *n * sizeof *more);
    more[(*n)++] = v;
    *list = more;
}

/* name = value, name: value, …, up to `stop`. */
static bool values(struct reader *r, uint32_t stop, struct line_value **list, uint32_t *n) {
    while (r->at < stop) {
        struct reader one = *r;
        one.end = stop;
        uint32_t end = find(&one, TOK_COMMA);
        bool named = is(r, 0, TOK_IDENT, NULL) && (is(r, 1, TOK_DEFINE, NULL) || is(r, 1, TOK_COLON, NULL));
        if (!named || end < r->at + 3) {
            struct diag *d = error_at(r->c, here(r), "a name and its value are wanted here");
            hint(r->c, d,
                 "write `Vote(term: 1)` for the fields of a message, `propose(v = 1)` for the choices of a step");
            return false;
        }
        struct line_value v = {.name = r->line->kid[r->at]->text,
                               .text = squeezed(r, r->at + 2, end),
                               .span = from_to(here(r), r->line->kid[end - 1]->span)};
        push_value(r, list, n, v);
        r->at = end + (end < stop);
    }
    return true;
}

static bool values_in_parentheses(struct reader *r, struct line_value **list, uint32_t *n) {
    uint32_t end = closing(r);
    r->at++;
    if (!values(r, end - 1, list, n)) return false;
    r->at = end;
    return true;
}

/* Which actions may be meant is narrowed down word by word; where none is left, what is missing is said. */
static uint32_t keep(struct reader *r, bool (*fits)(const struct ir_action *, const void *), const void *what) {
    uint32_t left = 0;
    for (uint32_t a = 0; a < P(r->c)->actions.n; a++) {
        r->out->actions[a] = r->out->actions[a] && fits(&P(r->c)->actions.at[a], what);
        left += r->out->actions[a];
    }
    return left;
}

static bool of_process(const struct ir_action *a, const void *what) { return a->process == *(const int *)what; }
static bool is_plain(const struct ir_action *a, const void *what) {
    bool fault = a->fault_name && (!strcmp(a->fault_name, "crash") || !strcmp(a->fault_name, "recover"));
    return a->kind != ACT_HANDLER && a->kind != ACT_TICK && (!what || !strcmp(a->name, what)) &&
           !(a->process >= 0 && a->kind == ACT_FAULT && fault);
}
static bool is_tick(const struct ir_action *a, const void *what) {
    (void)what;
    return a->kind == ACT_TICK;
}
/* Where two instances of a module share a name, the instance stands before it; titles name the message alone. */
static bool takes(const struct ir_action *a, const void *what) {
    const char *dot = strrchr(a->name, '.'), *name = dot ? dot + 1 : a->name;
    return a->kind == ACT_HANDLER && (!what || !strcmp(name, what));
}
static bool is_fault(const struct ir_action *a, const void *what) {
    return a->kind == ACT_FAULT && a->fault_name && !strcmp(a->fault_name, what);
}
static bool is_torn(const struct ir_action *a, const void *what) { return a->torn == *(const bool *)what; }
static bool is_lie(const struct ir_action *a, const void *what) { return a->byzantine == *(const bool *)what; }

static const char *nearest_action(struct reader *r, const char *name, int process, bool handlers) {
    const char *all[256];
    uint32_t n = 0;
    for (uint32_t i = 0; i < P(r->c)->actions.n && n < 256; i++) {
        const struct ir_action *a = &P(r->c)->actions.at[i];
        if (a->process == process && (handlers ? takes(a, NULL) : is_plain(a, NULL))) all[n++] = a->name;
    }
    return nearest_name(name, all, n);
}

static void no_action(struct reader *r, struct span span, const char *name, int process, bool handlers) {
    const char *who = process < 0 ? "" : process_at(r, process)->name;
    struct diag *d = process < 0 ? error_at(r->c, span, "there is no process or step `%s` in this check", name)
                     : handlers  ? error_at(r->c, span, "`%s` takes no message `%s`", who, name)
                                 : error_at(r->c, span, "`%s` has no step `%s` in this check", who, name);
    const char *near = nearest_action(r, name, process, handlers), *all[128];
    uint32_t n = 0;
    for (uint32_t i = 0; process < 0 && i < P(r->c)->processes.n && n < 128; i++)
        all[n++] = P(r->c)->processes.at[i].name;
    if (!near) near = nearest_name(name, all, n);
    if (near) hint(r->c, d, "did you mean `%s`?", near);
}

static const struct ir_action *first_action(const struct reader *r) {
    for (uint32_t i = 0; i < P(r->c)->actions.n; i++)
        if (r->out->actions[i]) return &P(r->c)->actions.at[i];
    return NULL;
}

/* The fields that a title may name are those of the message; the choices those of some action that is meant. */
static void check_fields(struct reader *r) {
    const struct ir_action *a = first_action(r);
    const struct type *mt = a->message->type;
    const struct variant *v = NULL;
    for (uint32_t i = 0; i < mt->n_variants; i++)
        if (!strcmp(mt->variants[i].name, r->out->message)) v = &mt->variants[i];
    for (uint32_t i = 0; v && i < r->out->n_fields; i++) {
        struct line_value *x = &r->out->fields[i];
        const char *names[64];
        uint32_t n = 0;
        const struct type *t = NULL;
        for (uint32_t k = 0; k < v->n; k++) {
            const struct field *f = &mt->fields[v->first + k];
            if (!strcmp(f->name, "from") || !strcmp(f->name, "to")) continue;
            if (n < 64) names[n++] = f->name;
            if (!strcmp(f->name, x->name)) t = f->type;
        }
        if (!t) {
            struct diag *d = error_at(r->c, x->span, "`%s` has no field `%s`", v->name, x->name);
            const char *near = nearest_name(x->name, names, n);
            if (near) hint(r->c, d, "did you mean `%s`?", near);
            continue;
        }
        x->text = value_text(r->c, t, x->text, x->span);
    }
}

static void check_bindings(struct reader *r) {
    for (uint32_t i = 0; i < r->out->n_bindings; i++) {
        struct line_value *x = &r->out->bindings[i];
        const struct type *t = NULL;
        const char *names[64];
        uint32_t n = 0;
        for (uint32_t k = 0; k < P(r->c)->actions.n; k++) {
            const struct ir_action *a = &P(r->c)->actions.at[k];
            for (uint32_t j = 0; r->out->actions[k] && j < a->n_bindings; j++) {
                if (n < 64) names[n++] = a->bindings[j].name;
                if (!strcmp(a->bindings[j].name, x->name)) t = a->bindings[j].value->type;
            }
        }
        if (!t) {
            struct diag *d = error_at(r->c, x->span, "this step makes no choice `%s`", x->name);
            const char *near = nearest_name(x->name, names, n);
            if (near) hint(r->c, d, "did you mean `%s`?", near);
            continue;
        }
        x->text = value_text(r->c, t, x->text, x->span);
    }
}

/* What may end a title: who lies, choices of a handler, a crash in the middle. */
static bool title_end(struct reader *r, bool handler) {
    bool lie = false, torn = false;
    struct span span = here(r);
    if (handler && is(r, 0, TOK_LPAREN, NULL) && is(r, 1, TOK_IDENT, "a") && is(r, 2, TOK_IDENT, "lie") &&
        is(r, 3, TOK_RPAREN, NULL)) {
        lie = true;
        r->at += 4;
    }
    if (handler && keep(r, is_lie, &lie) == 0) {
        struct diag *d = error_at(r->c, span, "nobody lies to it in this check");
        hint(r->c, d, "a scenario may begin with settings: `scenario x with faults { byzantine p up to 1 } { ... }`");
        return false;
    }
    if (handler && is(r, 0, TOK_COMMA, NULL) && is(r, 1, TOK_WITH, NULL)) {
        uint32_t stop = r->end;
        for (uint32_t i = r->at + 1; i + 1 < r->end; i++)
            if (r->line->kid[i]->value == TOK_COMMA && r->line->kid[i + 1]->value == TOK_AND) stop = i;
        r->at += 2;
        if (!values(r, stop, &r->out->bindings, &r->out->n_bindings)) return false;
    }
    span = here(r);
    if (is(r, 0, TOK_COMMA, NULL) && is(r, 1, TOK_AND, NULL) && is(r, 2, TOK_IDENT, "crashes")) {
        torn = true;
        r->at = r->end;
    }
    if (r->at < r->end) {
        no_step(r);
        return false;
    }
    if (keep(r, is_torn, &torn) == 0) {
        struct diag *d = error_at(r->c, span, "no crash cuts this step in this check");
        hint(r->c, d,
             "crashes come with `with faults { crash p up to 1 }`; steps that send nothing and those of atomic "
             "crashes are not cut");
        return false;
    }
    return true;
}

static bool sends(struct reader *r, int process, const char *message) {
    for (uint32_t i = 0; i < r->c->messages.n; i++) {
        const struct message_info *m = &r->c->messages.at[i];
        if (strcmp(m->record->name, message) != 0) continue;
        for (uint32_t k = 0; k < m->senders.n; k++)
            if (m->senders.at[k] == process) return true;
    }
    return false;
}

static bool receipt_title(struct reader *r) {
    struct span span = here(r);
    struct line *l = r->out;
    if (!is(r, 0, TOK_IDENT, NULL)) {
        no_step(r);
        return false;
    }
    l->message = r->line->kid[r->at++]->text;
    if (keep(r, takes, l->message) == 0) {
        no_action(r, span, l->message, l->process, true);
        return false;
    }
    bool lie = is(r, 0, TOK_LPAREN, NULL) && is(r, 1, TOK_IDENT, "a") && is(r, 2, TOK_IDENT, "lie");
    if (!lie && is(r, 0, TOK_LPAREN, NULL) && !values_in_parentheses(r, &l->fields, &l->n_fields)) return false;
    check_fields(r);
    if (is(r, 0, TOK_IDENT, "from")) {
        r->at++;
        span = here(r);
        if (!process_title(r, &l->from, &l->from_id)) return false;
        if (l->from < 0) {
            error_at(r->c, span, "a process is wanted here: who has sent it");
            return false;
        }
        if (!sends(r, l->from, l->message)) {
            error_at(r->c, span, "`%s` does not send `%s`", process_at(r, l->from)->name, l->message);
            return false;
        }
    }
    return title_end(r, true);
}

static bool step_title(struct reader *r, int process) {
    struct span span = here(r);
    const char *name = path(r);
    if (!name) {
        no_step(r);
        return false;
    }
    if (keep(r, is_plain, name) == 0) {
        no_action(r, span, name, process, false);
        return false;
    }
    if (is(r, 0, TOK_LPAREN, NULL) && !values_in_parentheses(r, &r->out->bindings, &r->out->n_bindings)) return false;
    return title_end(r, false);
}

static bool fault_title(struct reader *r, const char *fault) {
    struct span span = here(r);
    r->at++;
    bool torn = false; /* those are steps that a crash cuts */
    if (keep(r, is_fault, fault) == 0 || keep(r, is_torn, &torn) == 0) {
        const char *who = process_at(r, r->out->process)->name;
        struct diag *d = error_at(r->c, span, "`%s` does not %s in this check", who, fault);
        hint(r->c, d, "a scenario may begin with settings: `scenario x with faults { %s %s up to 1 } { ... }`", fault,
             who);
        return false;
    }
    if (r->at < r->end) no_step(r);
    return r->at == r->end;
}

static bool title(struct reader *r) {
    struct line *l = r->out;
    l->kind = LINE_STEP;
    l->process = l->from = -1;
    l->actions = arena_alloc(&P(r->c)->arena, P(r->c)->actions.n + 1);
    memset(l->actions, 1, P(r->c)->actions.n);
    if (is(r, 0, TOK_IDENT, "time") && is(r, 1, TOK_IDENT, "passes") && r->end == r->at + 2) {
        if (keep(r, is_tick, NULL)) return true;
        error_at(r->c, here(r), "no time passes in this spec: it has no `on tick`");
        return false;
    }
    if (!process_title(r, &l->process, &l->id)) return false;
    keep(r, of_process, &l->process);
    if (l->process < 0) return step_title(r, -1);
    if (is(r, 0, TOK_COLON, NULL)) {
        r->at++;
        return step_title(r, l->process);
    }
    if (is(r, 0, TOK_IDENT, "receives")) {
        r->at++;
        return receipt_title(r);
    }
    if (is(r, 0, TOK_IDENT, "crashes")) return fault_title(r, "crash");
    if (is(r, 0, TOK_IDENT, "recovers")) return fault_title(r, "recover");
    no_step(r);
    return false;
}

/* ---- what stands below a title ---- */

static bool detail(struct reader *r, struct line_detail *d) {
    uint32_t arrow = find(r, TOK_ARROW), equal = find(r, TOK_DEFINE), colon = find(r, TOK_COLON),
             with = find(r, TOK_WITH), last = r->end;
    d->span = r->line->span;
    if (is(r, 0, TOK_IDENT, "sends") && is(r, 1, TOK_IDENT, NULL)) {
        d->kind = DETAIL_SENDS;
        r->at++;
        for (uint32_t i = r->at; i < r->end; i++)
            if (r->line->kid[i]->value == TOK_IDENT && !strcmp(r->line->kid[i]->text, "to")) last = i;
        d->name = squeezed(r, r->at, last);
        d->text = last < r->end ? squeezed(r, last + 1, r->end) : NULL;
        return true;
    }
    if (colon < arrow && arrow < r->end) {
        d->kind = DETAIL_CHANGE;
        d->name = squeezed(r, r->at, colon);
        d->before = squeezed(r, colon + 1, arrow);
        d->text = squeezed(r, arrow + 1, r->end);
        return true;
    }
    if (equal < r->end && with == r->end && colon > equal) {
        d->kind = DETAIL_VALUE;
        d->name = squeezed(r, r->at, equal);
        d->text = squeezed(r, equal + 1, r->end);
        return true;
    }
    return false;
}

static void add_detail(struct reader *r, const struct line_detail *d) {
    struct line *of = r->s->n ? &r->s->lines[r->s->n - 1] : NULL;
    if (r->c->diags->errors) return; /* the title above may be what is wrong */
    if (!of || of->kind == LINE_ANY || of->kind == LINE_EXPECT) {
        struct diag *x = error_at(r->c, r->line->span, "this belongs below the title of a step");
        hint(r->c, x, "what must hold of a state is written `expect e`");
        return;
    }
    struct line_detail *more = arena_alloc(&P(r->c)->arena, (of->n_details + 1) * sizeof *more);
    if (of->n_details) memcpy(more, of->details, of->n_details * sizeof *more);
    more[of->n_details++] = *d;
    of->details = more;
}

/* ---- lines ---- */

static bool apart(const struct reader *r, uint32_t word) { /* a blank stands before it */
    return word && r->line->kid[word]->span.begin > r->line->kid[word - 1]->span.end;
}

/* A pasted title has its number before it and a mark behind it. */
static void strip(struct reader *r) {
    if (is(r, 0, TOK_NUMBER, NULL) && r->end > r->at + 1) r->at++;
    const struct ast *const *w = (const struct ast *const *)r->line->kid;
    if (r->end >= r->at + 4 && w[r->end - 1]->value == TOK_RBRACK && w[r->end - 3]->value == TOK_LBRACK &&
        apart(r, r->end - 3) && (!strcmp(w[r->end - 2]->text, "fault") || !strcmp(w[r->end - 2]->text, "Byzantine")))
        r->end -= 3;
    if (r->end >= r->at + 2 && w[r->end - 1]->value == TOK_IDENT && !strcmp(w[r->end - 1]->text, "fails") &&
        w[r->end - 2]->value != TOK_COLON) {
        r->out->fails = true;
        r->end--;
    }
}

static void read_words(struct reader *r) {
    struct line *l = r->out;
    struct line_detail d = {0};
    r->end = r->line->n;
    strip(r);
    if (r->end == r->at + 2 && is(r, 0, TOK_IDENT, "initial") && is(r, 1, TOK_IDENT, "state")) {
        l->kind = LINE_START;
        if (r->s->n) {
            error_at(r->c, l->span, "the initial state stands before everything else");
            return;
        }
    } else if (detail(r, &d)) {
        add_detail(r, &d);
        return;
    } else if (!title(r)) {
        return;
    } else {
        check_bindings(r);
        l->number = ++r->s->steps;
    }
    r->s->lines[r->s->n++] = *l;
}

static void read_line(struct compile *c, struct scenario *s, const struct ast *a) {
    struct line l = {.span = a->span, .kind = LINE_ANY};
    struct reader r = {.c = c, .s = s, .line = a, .out = &l};
    if (s->n && s->lines[s->n - 1].fails) {
        struct diag *d = error_at(c, a->span, "a step that fails is the last");
        hint(c, d, "leave out what stands behind it");
        return;
    }
    if (a->kind == AST_TITLE) {
        read_words(&r);
        return;
    }
    if (a->kind == AST_EXPECTS) {
        struct cx x = {.scope = c->root, .process = -1, .flags = CX_PROPERTY | CX_GHOST};
        struct ir *e = elab_bool(c, &x, a->kid[0]);
        if (is_bad(e)) return;
        l.kind = LINE_EXPECT;
        l.expected = P(c)->expects.n;
        VEC_PUSH(P(c)->expects, e);
    }
    s->lines[s->n++] = l;
}

/* What a check may say and a scenario may not, and its name. */
static void check_clauses(struct compile *c, const struct ast *a) {
    const struct ast *decls = c->root->decls;
    for (uint32_t i = 0; i < a->n; i++) {
        enum ast_kind k = a->kid[i]->kind;
        if (k != AST_EXPECT && k != AST_ASSUMES && k != AST_ALLOWDEADLOCK) continue;
        struct diag *d = error_at(c, a->kid[i]->span, "a scenario has settings only: with, without and only");
        hint(c, d, "it is expected to be possible; `impossible scenario %s` says the opposite", a->text);
    }
    for (uint32_t i = 0; i < decls->n && decls->kid[i] != a; i++) {
        const struct ast *d = decls->kid[i];
        if ((d->kind == AST_SCENARIO || d->kind == AST_CHECK) && d->text == a->text)
            error_at(c, a->span, "there is a check or scenario `%s` already", a->text);
    }
}

void scenario_lower(struct compile *c, const struct ast *lines) {
    if (c->options->check && c->options->check->kind == AST_SCENARIO) check_clauses(c, c->options->check);
    struct scenario *s = arena_alloc(&P(c)->arena, sizeof *s);
    s->lines = arena_alloc(&P(c)->arena, (lines->n + 1) * sizeof *s->lines);
    for (uint32_t i = 0; i < lines->n; i++) read_line(c, s, lines->kid[i]);
    for (uint32_t i = 0; i < s->n; i++) { /* as written, in one line */
        const struct source *src = &c->front->sources.files.at[s->lines[i].span.source];
        char *text = arena_strdup(&P(c)->arena, src->text + s->lines[i].span.begin,
                                  s->lines[i].span.end - s->lines[i].span.begin);
        for (char *t = text; *t; t++)
            if (*t == '\n' || *t == '\t' || *t == '\r') *t = ' ';
        s->lines[i].text = text;
    }
    P(c)->scenario = s;
}
