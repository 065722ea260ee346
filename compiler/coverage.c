#include "compiler/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/cover.h"

/* ---- while a program is made ---- */

/* Modules of the standard library are not the user's to mend. */
static bool own(struct compile *c, struct span span) {
    const struct front *f = c->front;
    const char *path = span.source < f->sources.files.n ? f->sources.files.at[span.source].path : "-D";
    if (span.source == f->root->source) return true;
    if (!strcmp(path, "-D")) return false;
    for (uint32_t i = f->library; f->library && i < f->search.n; i++) {
        size_t n = strlen(f->search.at[i]);
        if (!strncmp(path, f->search.at[i], n) && path[n] == '/') return false;
    }
    return true;
}

/* The texts outlive the program: they are the front's. */
static uint32_t new_point(struct compile *c, struct point p) {
    struct arena *a = &c->front->arena;
    if (p.text) p.text = arena_strdup(a, p.text, strlen(p.text));
    if (p.in) p.in = arena_strdup(a, p.in, strlen(p.in));
    VEC_PUSH(P(c)->points, p);
    return P(c)->points.n - 1;
}

bool cover_wanted(struct compile *c, struct span span) { return c->options->coverage && own(c, span); }

void cover_note(struct compile *c, struct point p) {
    if (cover_wanted(c, p.span)) new_point(c, p);
}

struct ir *cover_before(struct compile *c, struct point p, struct ir *body) {
    if (!cover_wanted(c, p.span)) return body;
    struct ir *mark = ir_new(P(c), IR_MARK, NULL, p.span, 0);
    mark->imm = 2 * (int64_t)new_point(c, p);
    return stmt_two(c, mark, body);
}

static struct ir *probe(struct compile *c, struct point p, struct ir *e, bool each) {
    struct ir *node = ir_new(P(c), IR_PROBE, e->type, e->span, 1, e);
    node->imm = 2 * (int64_t)new_point(c, p) + each;
    return node;
}

struct ir *cover_truth(struct compile *c, struct point p, struct ir *e) {
    if (is_bad(e) || ir_temporal(e) || !cover_wanted(c, p.span)) return e;
    return probe(c, p, e, false);
}

struct ir *cover_each(struct compile *c, struct point p, struct ir *e) {
    if (is_bad(e) || ir_temporal(e) || !cover_wanted(c, p.span)) return e;
    return probe(c, p, e, true);
}

static const struct ast *bare(const struct ast *a) {
    while (a->kind == AST_TUPLE && a->n == 1) a = a->kid[0];
    return a;
}

struct ir *cover_guard(struct compile *c, struct cx *x, const struct ast *guard) {
    const struct ast *a = bare(guard);
    if (c->options->coverage && a->kind == AST_BINARY && a->value == TOK_AND) {
        struct ir *l = cover_guard(c, x, a->kid[0]), *r = cover_guard(c, x, a->kid[1]);
        if (is_bad(l) || is_bad(r)) return is_bad(l) ? l : r;
        return ir_and(P(c), l, r);
    }
    struct point p = {.kind = POINT_GUARD, .span = a->span, .whole = a->span};
    return cover_truth(c, p, elab_bool(c, x, guard));
}

void cover_implies(struct compile *c, const struct ast *a, struct ir **left, struct ir **right) {
    struct point p = {.kind = POINT_IMPLIES,
                      .span = bare(a->kid[0])->span,
                      .whole = a->kid[1]->span,
                      .in = c->claim,
                      .steps = c->claim_steps};
    if (!c->claim) return;
    /* the right side is computed where the left is true: so loops can still make use of the left */
    if (!ir_temporal(*right)) *right = cover_each(c, p, *right);
    else *left = cover_truth(c, p, *left);
}

struct ir *cover_forall(struct compile *c, const struct ast *a, struct ir *body) {
    const struct ast *inner = bare(a->kid[2]);
    bool counted = (inner->kind == AST_BINARY && inner->value == TOK_IMPLIES) ||
                   (inner->kind == AST_QUANTIFIER && inner->value != TOK_EXISTS);
    if (!c->claim || counted) return body; /* what is inside tells as much */
    struct point p = {.kind = POINT_FORALL,
                      .span = a->kid[0]->span,
                      .whole = a->kid[2]->span,
                      .in = c->claim,
                      .steps = c->claim_steps};
    return cover_each(c, p, body);
}

struct ir *cover_leadsto(struct compile *c, const struct ast *a, struct ir *left) {
    struct point p = {.kind = POINT_LEADSTO,
                      .span = bare(a->kid[0])->span,
                      .whole = a->kid[0]->span,
                      .in = c->claim,
                      .steps = c->claim_steps};
    return c->claim ? cover_truth(c, p, left) : left;
}

struct ir *cover_cases(struct compile *c, struct ir *e, const struct ast *first, const struct ast *second) {
    if (e->op != IR_IF || !c->options->coverage) return e; /* decided by the constants */
    struct ir *kids[3] = {e->kid[0], e->kid[1], e->kid[2]};
    const struct ast *of[2] = {first, second};
    for (int i = 0; i < 2; i++) {
        if (!of[i]) continue;
        struct point p = {.kind = POINT_BRANCH, .span = of[i]->span, .whole = of[i]->span};
        kids[i + 1] = cover_each(c, p, kids[i + 1]);
    }
    return ir_with(P(c), e, kids);
}

void coverage_flatten(struct program *p) {
    struct span none = {UINT32_MAX, 0, 0};
    for (uint32_t i = 0; i < p->preds.n; i++) {
        struct ir_pred *q = &p->preds.at[i];
        if (!q->temporal) continue;
        /* never true, but every atom is computed: each stands before an `or true` that is not simplified */
        VEC(const struct formula *) open = {0};
        struct ir *all = ir_bool(p, true, none);
        VEC_PUSH(open, q->formula);
        while (open.n) {
            const struct formula *f = open.at[--open.n];
            if (f->op == FORMULA_ATOM) {
                struct ir *yes = ir_new(p, IR_PROBE, p->types.boolean, none, 1, ir_bool(p, true, none));
                yes->imm = COVER_NOTHING;
                all = ir_and(p, all, ir_or(p, p->atoms.at[f->atom], yes));
            }
            for (int k = 0; k < 2; k++)
                if (f->kid[k]) VEC_PUSH(open, f->kid[k]);
        }
        VEC_FREE(open);
        q->body = ir_not(p, all);
        q->kind = DC_REACHABLE;
        q->temporal = false;
        q->formula = NULL;
    }
    p->atoms.n = 0;
}

/* ---- afterwards ---- */

static bool same_point(const struct point *a, const struct point *b) {
    return a->kind == b->kind && a->span.source == b->span.source && a->span.begin == b->span.begin &&
           a->span.end == b->span.end && (!a->in || !b->in || !strcmp(a->in, b->in));
}

void coverage_add(struct coverage *c, const struct program *p, const uint64_t *counts) {
    for (uint32_t i = 0; i < p->points.n; i++) {
        struct point *x = NULL;
        for (uint32_t k = 0; k < c->points.n && !x; k++)
            if (same_point(&c->points.at[k], &p->points.at[i])) x = &c->points.at[k];
        if (!x) {
            VEC_PUSH(c->points, p->points.at[i]);
            x = &c->points.at[c->points.n - 1];
            x->yes = x->no = 0;
        }
        x->yes += counts[2 * i];
        x->no += counts[2 * i + 1];
    }
}

void coverage_count(const struct coverage *c, enum point_kind kind, uint32_t *all, uint32_t *reached) {
    *all = *reached = 0;
    for (uint32_t i = 0; i < c->points.n; i++) {
        if (c->points.at[i].kind != kind) continue;
        ++*all;
        *reached += c->points.at[i].yes > 0;
    }
}

static bool never(const struct point *p) {
    if (p->kind == POINT_GUARD) return !p->yes && p->no;
    return !p->yes;
}

static bool covers(const struct point *outer, const struct point *p) {
    const struct span *w = &outer->whole;
    return outer != p && w->source == p->span.source && w->begin <= p->span.begin && p->span.end <= w->end &&
           (w->end - w->begin > p->whole.end - p->whole.begin || outer->kind == POINT_STEP);
}

static const struct point *message_point(const struct coverage *c, enum point_kind kind, const char *name) {
    for (uint32_t i = 0; name && i < c->points.n; i++)
        if (c->points.at[i].kind == kind && !strcmp(c->points.at[i].text, name)) return &c->points.at[i];
    return NULL;
}

/* What follows from something else that is reported. */
static bool follows(const struct coverage *c, const struct point *p) {
    for (uint32_t i = 0; i < c->points.n; i++) {
        const struct point *q = &c->points.at[i];
        bool block =
            q->kind == POINT_STEP || q->kind == POINT_BRANCH || q->kind == POINT_IMPLIES || q->kind == POINT_FORALL;
        if (block && never(q) && covers(q, p)) return true;
    }
    if (p->kind == POINT_RECEIVED) {
        const struct point *sent = message_point(c, POINT_SENT, p->text);
        return sent && never(sent);
    }
    if (p->kind == POINT_STEP && p->in) {
        const struct point *received = message_point(c, POINT_RECEIVED, p->in);
        return received && never(received);
    }
    return false;
}

static const char *text_of(struct front *f, struct span span) {
    const struct source *s = &f->sources.files.at[span.source];
    return arena_strdup(&f->arena, s->text + span.begin, span.end - span.begin);
}

static void warn(const struct point *p, struct front *f) {
    struct diags *d = &f->diags;
    struct span at = p->span;
    const char *text = text_of(f, at);
    switch (p->kind) {
    case POINT_STEP: diag_add(d, DIAG_WARNING, DIAG_TYPE, at, "`%s` never happens", p->text); return;
    case POINT_SENT: diag_add(d, DIAG_WARNING, DIAG_TYPE, at, "`%s` is never sent", p->text); return;
    case POINT_RECEIVED: diag_add(d, DIAG_WARNING, DIAG_TYPE, at, "`%s` is sent but never received", p->text); return;
    case POINT_GUARD: diag_add(d, DIAG_WARNING, DIAG_TYPE, at, "this condition is never true"); return;
    case POINT_BRANCH: diag_add(d, DIAG_WARNING, DIAG_TYPE, at, "this branch is never entered"); return;
    case POINT_FORALL:
        diag_add(d, DIAG_WARNING, DIAG_TYPE, at, "there is never anything to go through, so `%s` claims nothing here",
                 p->in);
        return;
    case POINT_CUT: diag_add(d, DIAG_WARNING, DIAG_TYPE, at, "this cut never holds"); return;
    default:
        if (p->steps)
            diag_add(d, DIAG_WARNING, DIAG_TYPE, at,
                     "`%s` is true at no step that changes something, so `%s` claims nothing here", text, p->in);
        else diag_add(d, DIAG_WARNING, DIAG_TYPE, at, "`%s` is never true, so `%s` claims nothing here", text, p->in);
    }
}

static int by_place(const void *x, const void *y) {
    const struct point *a = x, *b = y;
    if (a->span.source != b->span.source) return a->span.source < b->span.source ? -1 : 1;
    if (a->span.begin != b->span.begin) return a->span.begin < b->span.begin ? -1 : 1;
    return (int)a->kind - (int)b->kind;
}

uint32_t coverage_report(struct coverage *c, struct front *f) {
    uint32_t warnings = 0;
    if (c->points.n) qsort(c->points.at, c->points.n, sizeof *c->points.at, by_place);
    for (uint32_t i = 0; i < c->points.n; i++) {
        const struct point *p = &c->points.at[i];
        if (never(p) && !follows(c, p)) {
            warn(p, f);
            warnings++;
        } else if (p->kind == POINT_GUARD && p->yes && !p->no) {
            diag_add(&f->diags, DIAG_NOTE, DIAG_TYPE, p->span, "this condition is never false");
        }
    }
    return warnings;
}

void coverage_free(struct coverage *c) { VEC_FREE(c->points); }
