/* Statements as actions. A body is executed symbolically: a cell holds what a variable is by now, as an expression over
 * the state before the step; writes replace it, and at the end each variable is set once. A choice becomes \E, a
 * disjunction, or, where more follows, a set of possible results over which the rest is quantified. A loop whose turns
 * touch one key each becomes a function; any other one a recursive function over the set of what is still to do. */
#include <string.h>

#include "compiler/tla_cx.h"

enum mode {
    M_STEP,  /* v' = e /\ ... */
    M_INIT,  /* v = e /\ ... */
    M_CUTS,  /* some run of the body leads beyond a bound */
    M_SET,   /* the set of possible values of the wanted cells */
    M_VALUE, /* the one value; of bodies without choices */
};

struct sink {
    enum mode mode;
    const uint32_t *cells;
    uint32_t n;
};

struct list { /* statements still to come */
    const struct ir *node;
    const struct list *next;
};

static struct tla *walk(struct tla_cx *, const struct list *, const struct sink *);

/* ---- what statements do ---- */

static bool empty(const struct ir *n) {
    if (!n) return true;
    if (n->op != IR_BLOCK) return false;
    for (uint32_t i = 0; i < n->n; i++)
        if (!empty(n->kid[i])) return false;
    return true;
}

static bool is_cut(const struct ir *e) { return e->op == IR_TORANGE && e->type->mode == RANGE_CUT; }

bool tla_may_cut(const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_CUT || is_cut(e)) return true;
    for (uint32_t i = 0; i < e->n; i++)
        if (tla_may_cut(e->kid[i])) return true;
    for (uint32_t i = 0; i < e->n_gens; i++)
        if (tla_may_cut(e->gens[i].src) || tla_may_cut(e->gens[i].cond)) return true;
    return false;
}

/* One outcome, whatever happens. */
static bool certain(const struct ir *n) {
    if (!n) return true;
    if (n->op == IR_PICK || n->op == IR_EITHER || n->op == IR_REQUIRE || n->op == IR_CUT || is_cut(n)) return false;
    for (uint32_t i = 0; i < n->n; i++)
        if (!certain(n->kid[i])) return false;
    return true;
}

static bool blocks(const struct list *l) {
    for (; l; l = l->next)
        if (!certain(l->node)) return true;
    return false;
}

static void written(struct tla_cx *c, const struct ir *n, bool *cells) {
    if (!n) return;
    if (n->op == IR_STORE) {
        const struct ir *root = n->kid[0];
        while (root->op != IR_STATE) root = root->kid[0];
        cells[root->var->index] = true;
        return;
    }
    if (n->op == IR_BIND) cells[c->n_variables + n->slot] = true;
    for (uint32_t i = 0; i < n->n; i++) written(c, n->kid[i], cells);
}

static bool reads(const struct tla_cx *c, const struct ir *e, uint32_t cell);

static bool gens_read(const struct tla_cx *c, const struct ir *e, uint32_t cell) {
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        if (reads(c, g->src, cell) || reads(c, g->src2, cell) || reads(c, g->cond, cell)) return true;
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (reads(c, g->fixed[k], cell)) return true;
    }
    return false;
}

/* The variable below which a store writes is not read by it. */
static bool reads(const struct tla_cx *c, const struct ir *e, uint32_t cell) {
    if (!e) return false;
    if (e->op == IR_STATE) return !e->imm && e->var->index == cell;
    if (e->op == IR_LOCAL) return c->n_variables + e->slot == cell;
    if (e->op == IR_STORE) {
        for (const struct ir *place = e->kid[0]; place->op != IR_STATE; place = place->kid[0])
            if (place->n > 1 && reads(c, place->kid[1], cell)) return true;
        return reads(c, e->kid[1], cell);
    }
    for (uint32_t i = 0; i < e->n; i++)
        if (reads(c, e->kid[i], cell)) return true;
    return gens_read(c, e, cell);
}

static bool read_later(const struct tla_cx *c, const struct list *l, uint32_t cell) {
    for (; l; l = l->next)
        if (reads(c, l->node, cell)) return true;
    return false;
}

/* ---- the cells ---- */

static struct tla **fork_cells(struct tla_cx *c) {
    struct tla **old = c->cell;
    c->cell = arena_alloc(c->a, c->n_cells * sizeof(struct tla *));
    memcpy(c->cell, old, c->n_cells * sizeof(struct tla *));
    return old;
}

static const char *cell_name(struct tla_cx *c, uint32_t cell) {
    if (cell < c->n_variables) return c->variables[cell];
    const char *name = c->p->slot_names.at[cell - c->n_variables];
    if (name) return name;
    switch (c->p->slots.at[cell - c->n_variables]->kind) {
    case T_BOOL: return "lost"; /* of the names that a spec does not give, the flag of a step that is cut short */
    case T_SET: return "all";
    default: return "value";
    }
}

/* Names of fields; cells are few, so that their own names will do. */
static struct tla *results(struct tla_cx *c, const struct sink *s) {
    if (s->n == 1) return c->cell[s->cells[0]];
    struct tla **kids = arena_alloc(c->a, (s->n + 1) * sizeof(struct tla *));
    for (uint32_t i = 0; i < s->n; i++)
        kids[i] = tla_form(c->a, arena_printf(c->a, "%s |-> %%", cell_name(c, s->cells[i])), 1, c->cell[s->cells[i]]);
    return s->n ? tla_list(c->a, "[", kids, s->n, "]") : tla_bool(c->a, true);
}

static void take_results(struct tla_cx *c, const struct sink *s, struct tla *from) {
    for (uint32_t i = 0; i < s->n; i++)
        c->cell[s->cells[i]] =
            s->n == 1 ? from : tla_after(c->a, arena_printf(c->a, "%%.%s", cell_name(c, s->cells[i])), 1, from);
}

static const char *results_name(struct tla_cx *c, const struct sink *s) {
    return tla_local(c, s->n == 1 ? cell_name(c, s->cells[0]) : "so_far");
}

static struct tla *assignments(struct tla_cx *c, const struct sink *s) {
    struct arena *a = c->a;
    struct tla *all = tla_bool(a, true), **same = arena_alloc(a, (s->n + 1) * sizeof(struct tla *));
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        struct tla *v = tla_text(a, c->variables[s->cells[i]]), *e = c->cell[s->cells[i]];
        if (s->mode == M_STEP && tla_is(e, v->text)) same[n++] = v;
        else all = tla_and(a, all, tla_equal(a, s->mode == M_STEP ? tla_after(a, "%'", 1, v) : v, e));
    }
    if (n == 1) all = tla_and(a, all, tla_form(a, "UNCHANGED %", 1, same[0]));
    if (n > 1) all = tla_and(a, all, tla_form(a, "UNCHANGED %", 1, tla_list(a, "<<", same, n, ">>")));
    return all;
}

static struct tla *deliver(struct tla_cx *c, const struct sink *s) {
    switch (s->mode) {
    case M_CUTS: return tla_bool(c->a, false);
    case M_SET: return tla_form(c->a, "{%}", 1, results(c, s));
    case M_VALUE: return results(c, s);
    default: return assignments(c, s);
    }
}

/* ---- conditions ---- */

static bool formula(const struct sink *s) { return s->mode == M_STEP || s->mode == M_INIT || s->mode == M_CUTS; }

/* False: this successor does not exist. */
static struct tla *demand(struct tla_cx *c, const struct sink *s, struct tla *cond, struct tla *rest) {
    if (formula(s)) return tla_and(c->a, tla_guard(c->a, cond), rest);
    return tla_is(cond, "TRUE") ? rest : tla_if(c->a, cond, rest, tla_text(c->a, "{}"));
}

/* False: an error. */
static struct tla *check(struct tla_cx *c, const struct sink *s, struct tla *cond, struct tla *why, struct tla *rest) {
    if (tla_is(cond, "TRUE")) return rest;
    if (s->mode == M_CUTS) return tla_and(c->a, tla_guard(c->a, cond), rest);
    if (formula(s)) return tla_and(c->a, tla_form(c->a, "Assert(%, %)", 2, cond, why), rest);
    return tla_if(c->a, cond, rest, tla_call(c, HELP_ERROR, 1, why));
}

/* Only with the condition; without it the search ends here. */
static struct tla *within(struct tla_cx *c, const struct sink *s, struct tla *cond, struct tla *rest) {
    if (s->mode == M_CUTS) return tla_or(c->a, tla_not(c->a, cond), rest);
    return demand(c, s, cond, rest);
}

/* Cut ranges that are surely evaluated. */
static void cut_ranges(struct tla_cx *c, const struct ir *e) {
    if (!e) return;
    if (is_cut(e)) VEC_PUSH(c->guarded, e);
    bool first_only = e->op == IR_AND || e->op == IR_OR || e->op == IR_IF || e->op == IR_LET;
    if (e->op == IR_REDUCE) return;
    for (uint32_t i = 0; i < (first_only && e->n ? 1 : e->n); i++) cut_ranges(c, e->kid[i]);
}

static struct tla *range_condition(struct tla_cx *c, const struct ir *e) {
    struct tla *set = tla_infix(c->a, TLA_RANGE, tla_number(c, e->type->lo), "..", tla_number(c, e->type->hi));
    return tla_infix(c->a, TLA_COMPARE, tla_expr(c, e->kid[0]), " \\in ", set);
}

/* Wraps what follows the evaluation of e in what its cut ranges ask for; `before`: of c->guarded, when it began. */
static struct tla *within_ranges(struct tla_cx *c, const struct sink *s, uint32_t before, struct tla **conds,
                                 struct tla *rest) {
    for (uint32_t i = c->guarded.n; i-- > before;) rest = within(c, s, conds[i - before], rest);
    c->guarded.n = before;
    return rest;
}

static struct tla **range_conditions(struct tla_cx *c, const struct ir *e, uint32_t before) {
    cut_ranges(c, e);
    struct tla **conds = arena_alloc(c->a, (c->guarded.n - before + 1) * sizeof(struct tla *));
    for (uint32_t i = before; i < c->guarded.n; i++) conds[i - before] = range_condition(c, c->guarded.at[i]);
    return conds;
}

/* ---- writes ---- */

/* [old EXCEPT path = new]; joined with the one that made `old`. */
static struct tla *except(struct tla_cx *c, struct tla *old, struct tla *path, struct tla *new) {
    struct tla *one = tla_form(c->a, "% = %", 2, path, new);
    bool again = old->kind == TLA_FORM && old->n >= 2 && !strcmp(old->parts[1], " EXCEPT ");
    if (!again) return tla_form(c->a, "[% EXCEPT %]", 2, old, one);
    struct tla *t = arena_alloc(c->a, sizeof *t);
    *t = *old;
    t->n = old->n + 1;
    t->kid = arena_alloc(c->a, (t->n + 1) * sizeof(struct tla *));
    t->parts = arena_alloc(c->a, (t->n + 1) * sizeof *t->parts);
    memcpy(t->kid, old->kid, old->n * sizeof(struct tla *));
    memcpy(t->parts, old->parts, old->n * sizeof *t->parts);
    t->kid[old->n] = one;
    t->parts[old->n] = ", ";
    t->parts[t->n] = "]";
    return t;
}

struct target {
    struct tla *path;       /* ![k].f, or NULL: the whole variable */
    struct tla *value;      /* what stands there now */
    struct tla *cond, *why; /* of an index or tag that may be wrong */
};

static struct target place_of(struct tla_cx *c, const struct ir *n) {
    struct arena *a = c->a;
    struct target p = {.cond = tla_bool(a, true)};
    if (n->op == IR_STATE) {
        p.value = c->cell[n->var->index];
        return p;
    }
    const struct type *t = n->kid[0]->type;
    bool point = n->op == IR_INDEX && n->kid[0]->op == IR_STATE && c->pointwise && c->pointwise[n->kid[0]->var->index];
    if (point) {
        p.value = c->cell[n->kid[0]->var->index];
        return p;
    }
    p = place_of(c, n->kid[0]);
    struct tla *path = p.path ? p.path : tla_text(a, "!"), *here = p.value;
    if (n->op == IR_INDEX) {
        struct tla *k = tla_expr(c, n->kid[1]);
        if (t->kind == T_SEQ && !t->base1) k = tla_infix(a, TLA_ADD, k, " + ", tla_number(c, 1));
        if (t->kind == T_SEQ) {
            struct tla *all = tla_infix(a, TLA_RANGE, tla_number(c, 1), "..", tla_form(a, "Len(%)", 1, here));
            p.cond = tla_and(a, p.cond, tla_infix(a, TLA_COMPARE, k, " \\in ", all));
            p.why = tla_why(c, "an index lies outside the sequence", n->span);
        }
        p.path = tla_after(a, "%[%]", 2, path, k);
        p.value = tla_after(a, "%[%]", 2, here, k);
        return p;
    }
    uint32_t variant = n->op == IR_PAYLOAD ? n->slot : 0, field = (uint32_t)n->imm;
    if (n->op == IR_PAYLOAD) {
        p.cond = tla_and(a, p.cond, tla_is_kind(c, t, here, variant));
        p.why = tla_why(c, "no case of the match fits", n->span);
    }
    p.value = tla_select(c, t, variant, field, here);
    if (t->kind == T_TUPLE) p.path = tla_after(a, arena_printf(a, "%%[%u]", field + 1), 1, path);
    else p.path = tla_after(a, arena_printf(a, "%%.%s", tla_field(c, t, variant, field)), 1, path);
    return p;
}

/* The flags of the IR, and what it cannot know: that to take from a bag what is not there leaves it as it is. */
static bool total(const struct ir *e) {
    if (e->op != IR_BAGREMOVE) return e->total;
    return total(e->kid[0]) && total(e->kid[1]);
}

/* Gives a cell its new value, under a name if it is read again or must be evaluated now; then the rest. */
static struct tla *set_cell(struct tla_cx *c, uint32_t cell, struct tla *new, bool sure, const struct list *rest,
                            const struct sink *s) {
    bool force = !sure && blocks(rest), named = !tla_simple(new) && (force || read_later(c, rest, cell));
    if (cell >= c->n_variables && !sure && !read_later(c, rest, cell)) force = named = true;
    if (!named) {
        c->cell[cell] = new;
        struct tla *t = walk(c, rest, s);
        return force && formula(s) ? tla_and(c->a, tla_call(c, HELP_EVALUATED, 1, new), t) : t;
    }
    const char *name = tla_local(c, cell < c->n_variables ? c->variables[cell] : cell_name(c, cell));
    c->cell[cell] = tla_text(c->a, name);
    struct tla *t = walk(c, rest, s);
    if (force && formula(s)) t = tla_and(c->a, tla_call(c, HELP_EVALUATED, 1, tla_text(c->a, name)), t);
    return tla_let(c->a, tla_text(c->a, name), new, t);
}

static struct tla *store(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *s) {
    uint32_t before = c->guarded.n;
    const struct ir *root = n->kid[0];
    while (root->op != IR_STATE) root = root->kid[0];
    uint32_t cell = root->var->index;
    struct tla **conds = range_conditions(c, n->kid[1], before);
    struct tla *value = tla_expr(c, n->kid[1]);
    struct target at = place_of(c, n->kid[0]);
    struct tla *new = at.path ? except(c, c->cell[cell], at.path, value) : value;
    uint32_t inner = c->guarded.n;
    struct tla *t = set_cell(c, cell, new, total(n->kid[1]) && !at.why, rest, s);
    c->guarded.n = inner;
    if (at.why) t = check(c, s, at.cond, at.why, t);
    return within_ranges(c, s, before, conds, t);
}

static struct tla *bind(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *s) {
    uint32_t before = c->guarded.n;
    struct tla **conds = range_conditions(c, n->kid[0], before);
    struct tla *value = tla_expr(c, n->kid[0]);
    uint32_t inner = c->guarded.n;
    struct tla *t = set_cell(c, c->n_variables + n->slot, value, total(n->kid[0]), rest, s);
    c->guarded.n = inner;
    return within_ranges(c, s, before, conds, t);
}

/* ---- statements with several outcomes, and something behind them ---- */

static struct sink wanted(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *outer,
                          enum mode mode) {
    bool *cells = arena_alloc(c->a, c->n_cells + 1);
    written(c, n, cells);
    uint32_t *list = arena_alloc(c->a, (c->n_cells + 1) * sizeof *list), k = 0;
    for (uint32_t i = 0; i < c->n_cells; i++) {
        bool slot = i >= c->n_variables, later = read_later(c, rest, i);
        for (uint32_t j = 0; j < outer->n && slot; j++) later |= outer->cells[j] == i;
        if (cells[i] && (!slot || later)) list[k++] = i;
    }
    return (struct sink){.mode = mode, .cells = list, .n = k};
}

static struct tla *alone(struct tla_cx *c, const struct ir *n, const struct sink *s) {
    struct list one = {.node = n};
    struct tla **old = fork_cells(c);
    struct tla *t = walk(c, &one, s);
    c->cell = old;
    return t;
}

static struct tla *union_over(struct tla_cx *c, const char *name, struct tla *set, struct tla *body) {
    struct tla *each = tla_form(c->a, arena_printf(c->a, "{%% : %s \\in %%}", name), 2, body, set);
    return tla_prefix(c->a, TLA_SET, "UNION ", each);
}

/* The rest for each of a set of outcomes. */
static struct tla *for_outcomes(struct tla_cx *c, const struct sink *of, struct tla *set, const struct list *rest,
                                const struct sink *s) {
    const char *name = results_name(c, of);
    take_results(c, of, tla_text(c->a, name));
    struct tla *t = walk(c, rest, s);
    if (!formula(s)) return union_over(c, name, set, t);
    return tla_is(t, "FALSE") ? t : tla_bind(c->a, "\\E", name, set, t);
}

/* The rest with the one outcome. */
static struct tla *for_value(struct tla_cx *c, const struct sink *of, struct tla *value, const struct list *rest,
                             const struct sink *s) {
    if (of->n == 1) return set_cell(c, of->cells[0], value, true, rest, s);
    const char *name = results_name(c, of);
    take_results(c, of, tla_text(c->a, name));
    return tla_let(c->a, tla_text(c->a, name), value, walk(c, rest, s));
}

static struct tla *join(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *s) {
    struct tla *first = tla_bool(c->a, false);
    if (s->mode == M_CUTS) first = alone(c, n, s);
    bool one = certain(n);
    struct sink of = wanted(c, n, rest, s, one ? M_VALUE : M_SET);
    struct tla *outcome = alone(c, n, &of);
    struct tla *then = one ? for_value(c, &of, outcome, rest, s) : for_outcomes(c, &of, outcome, rest, s);
    return s->mode == M_CUTS ? tla_or(c->a, first, then) : then;
}

static struct tla *either(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *s) {
    if (rest) return join(c, n, rest, s);
    struct tla *all = NULL;
    for (uint32_t i = 0; i < n->n; i++) {
        struct tla *t = alone(c, n->kid[i], s);
        all = !all ? t : formula(s) ? tla_or(c->a, all, t) : tla_infix(c->a, TLA_SET, all, " \\cup ", t);
    }
    return all;
}

static const struct ir *only(const struct ir *n) { /* the one statement of a block */
    while (n && n->op == IR_BLOCK && n->n == 1) n = n->kid[0];
    return n;
}

static bool is_op(const struct ir *n, enum ir_op op) {
    n = only(n);
    return n && n->op == op;
}

static struct tla *failure(struct tla_cx *c, const struct ir *n) {
    n = only(n);
    if (n->text) return tla_why(c, arena_printf(c->a, "the network %s is full", n->text), n->span);
    return tla_error(c, (enum dc_error)n->imm, n)->kid[0];
}

static struct tla *when(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *s) {
    struct tla *cond = tla_expr(c, n->kid[0]);
    const struct ir *yes = n->kid[1], *no = n->kid[2];
    if (empty(yes) && is_op(no, IR_FAIL)) return check(c, s, cond, failure(c, no), walk(c, rest, s));
    if (empty(no) && is_op(yes, IR_FAIL)) return check(c, s, tla_not(c->a, cond), failure(c, yes), walk(c, rest, s));
    if (empty(yes) && is_op(no, IR_CUT)) return within(c, s, cond, walk(c, rest, s));
    if (empty(no) && is_op(yes, IR_CUT)) return within(c, s, tla_not(c->a, cond), walk(c, rest, s));
    struct sink of = wanted(c, n, rest, s, M_VALUE);
    if (rest && of.n) return join(c, n, rest, s);
    struct list then = {yes, rest}, otherwise = {no, rest};
    struct tla **old = fork_cells(c);
    struct tla *x = walk(c, yes ? &then : rest, s);
    memcpy(c->cell, old, c->n_cells * sizeof(struct tla *));
    struct tla *y = walk(c, no ? &otherwise : rest, s);
    c->cell = old;
    if (formula(s) && tla_is(y, "FALSE")) return tla_and(c->a, tla_guard(c->a, cond), x);
    if (formula(s) && tla_is(x, "FALSE")) return tla_and(c->a, tla_guard(c->a, tla_not(c->a, cond)), y);
    return tla_if(c->a, cond, x, y);
}

struct picking {
    const struct list *rest;
    const struct sink *sink;
};

static struct tla *pick_rest(struct tla_cx *c, void *self) {
    struct picking *p = self;
    return walk(c, p->rest, p->sink);
}

static struct tla *pick(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *s) {
    struct picking p = {rest, s};
    if (formula(s)) return tla_exists(c, n->gens, n->n_gens, true, pick_rest, &p);
    return tla_unite(c, n->gens, n->n_gens, pick_rest, &p);
}

/* ---- loops ---- */

/* Does e use variables that the loop writes only at its own key? */
static bool own_key(struct tla_cx *c, const struct ir *e, const bool *cells, uint32_t slot) {
    if (!e) return true;
    if (e->op == IR_STATE) return e->imm || !cells[e->var->index];
    if (e->op == IR_INDEX && e->kid[0]->op == IR_STATE && e->kid[1]->op == IR_LOCAL && e->kid[1]->slot == slot &&
        e->kid[0]->type->kind == T_MAP)
        return true;
    if (e->op == IR_FOR || e->op == IR_ASSERT || e->op == IR_FAIL) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (!own_key(c, e->kid[i], cells, slot)) return false;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        if (!own_key(c, g->src, cells, slot) || !own_key(c, g->src2, cells, slot) || !own_key(c, g->cond, cells, slot))
            return false;
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (!own_key(c, g->fixed[k], cells, slot)) return false;
    }
    return true;
}

static const struct type *map_of(struct tla_cx *c, uint32_t variable, const struct ir *n) {
    if (!n) return NULL;
    if (n->op == IR_STATE && n->var->index == variable) return n->type;
    for (uint32_t i = 0; i < n->n; i++) {
        const struct type *t = map_of(c, variable, n->kid[i]);
        if (t) return t;
    }
    return NULL;
}

/* Each turn writes only at its own key, and so the order does not matter: a function for each variable. */
static bool pointwise(struct tla_cx *c, const struct ir_gen *g, const struct ir *body, const struct sink *of,
                      struct tla **value) {
    bool plain = g->kind == G_VALUES || g->kind == G_SET || g->kind == G_RANGE;
    if (!plain || c->pointwise || !of->n) return false;
    bool *cells = arena_alloc(c->a, c->n_cells + 1);
    for (uint32_t i = 0; i < of->n; i++) {
        if (of->cells[i] >= c->n_variables) return false;
        cells[of->cells[i]] = true;
    }
    if (!certain(body) || !own_key(c, body, cells, g->slot)) return false;
    for (uint32_t i = 0; i < of->n; i++) {
        uint32_t v = of->cells[i];
        const struct type *t = map_of(c, v, body);
        if (!t || t->kind != T_MAP || t->key->kind != c->p->slots.at[g->slot]->kind) return false;
        struct tla **old = fork_cells(c), *also;
        struct ir_gen bare = *g;
        const char *name;
        bare.cond = NULL;
        struct tla *set = tla_domain(c, &bare, &name, &also, false), *x = tla_text(c->a, name);
        struct tla *at = tla_after(c->a, "%[%]", 2, old[v], x), *keys = tla_set_of(c, t->key);
        for (uint32_t k = 0; k < of->n; k++) c->cell[of->cells[k]] = tla_after(c->a, "%[%]", 2, old[of->cells[k]], x);
        c->pointwise = cells;
        struct sink one = {.mode = M_VALUE, .cells = &v, .n = 1};
        struct list list = {.node = body};
        struct tla *new = walk(c, &list, &one);
        c->pointwise = NULL;
        c->cell = old;
        bool whole = g->kind == G_VALUES && c->p->slots.at[g->slot] == t->key;
        if (!whole) new = tla_if(c->a, tla_infix(c->a, TLA_COMPARE, x, " \\in ", set), new, at);
        value[i] = tla_form(c->a, arena_printf(c->a, "[%s \\in %% |-> %%]", name), 2, keys, new);
    }
    return true;
}

struct turn {
    const struct ir *body;
    const struct sink *of;
};

static struct tla *next_turn(struct tla_cx *c, void *self, struct tla *so_far) {
    struct turn *t = self;
    struct tla **old = fork_cells(c);
    const char *name = results_name(c, t->of);
    struct list list = {.node = t->body};
    take_results(c, t->of, tla_text(c->a, name));
    struct tla *x = walk(c, &list, t->of);
    c->cell = old;
    return t->of->mode == M_SET ? union_over(c, name, so_far, x) : tla_let(c->a, tla_text(c->a, name), so_far, x);
}

/* A loop that writes nothing: what it demands, of each turn. */
static struct tla *demands(struct tla_cx *c, const struct ir_gen *g, const struct ir *body, const struct list *rest,
                           const struct sink *s) {
    struct sink nothing = {.mode = s->mode == M_CUTS ? M_CUTS : M_STEP};
    const char *name;
    struct tla *also, **old = fork_cells(c), *set = tla_domain(c, g, &name, &also, false);
    struct list list = {.node = body};
    struct tla *each = walk(c, &list, &nothing);
    c->cell = old;
    if (s->mode == M_CUTS) {
        struct tla *some = tla_is(each, "FALSE") ? each : tla_bind(c->a, "\\E", name, set, tla_and(c->a, also, each));
        return tla_or(c->a, some, walk(c, rest, s));
    }
    struct tla *all = tla_bind(c->a, "\\A", name, set, tla_implies(c->a, also, each));
    return tla_is(each, "TRUE") ? walk(c, rest, s) : demand(c, s, all, walk(c, rest, s));
}

static struct ir *nested(struct tla_cx *c, const struct ir *n) {
    struct ir *inner = arena_alloc(c->a, sizeof *inner);
    if (n->n_gens == 1) inner = n->kid[0];
    else {
        *inner = *n;
        inner->gens = n->gens + 1;
        inner->n_gens = n->n_gens - 1;
    }
    if (!n->gens->cond) return inner;
    struct ir *test = arena_alloc(c->a, sizeof *test);
    *test = (struct ir){.op = IR_WHEN, .n = 3, .span = n->span};
    test->kid = arena_alloc(c->a, 3 * sizeof(struct ir *));
    test->kid[0] = n->gens->cond;
    test->kid[1] = inner;
    return test;
}

static struct tla *loop(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *s) {
    struct ir_gen g = *n->gens;
    struct ir *body = nested(c, n);
    g.cond = NULL;
    if (g.kind == G_LET) {
        struct ir *b = arena_alloc(c->a, sizeof *b);
        *b = (struct ir){.op = IR_BIND, .slot = g.slot, .n = 1, .span = n->span};
        b->kid = arena_alloc(c->a, sizeof(struct ir *));
        b->kid[0] = g.src;
        struct list then = {body, rest}, first = {b, &then};
        return walk(c, &first, s);
    }
    bool one = certain(body);
    struct sink of = wanted(c, body, rest, s, one ? M_VALUE : M_SET);
    if (!of.n) return demands(c, &g, body, rest, s);
    struct tla **value = arena_alloc(c->a, of.n * sizeof(struct tla *));
    if (pointwise(c, &g, body, &of, value)) {
        if (of.n == 1) return set_cell(c, of.cells[0], value[0], true, rest, s);
        for (uint32_t i = 0; i < of.n; i++) c->cell[of.cells[i]] = value[i];
        return walk(c, rest, s);
    }
    if (s->mode == M_CUTS && tla_may_cut(body))
        tla_note(c,
                 "%s: turns of this loop may leave the bounds of the search; in a state from which all steps do, "
                 "NoDeadlock is false, though dcheck sees no deadlock there",
                 tla_where(c, n->span));
    struct turn turn = {body, &of};
    struct tla *start = one ? results(c, &of) : tla_form(c->a, "{%}", 1, results(c, &of));
    struct tla **old = fork_cells(c);
    struct tla *all = tla_recursion(c, &g, 1, "Loop", true, start, next_turn, &turn);
    c->cell = old;
    return one ? for_value(c, &of, all, rest, s) : for_outcomes(c, &of, all, rest, s);
}

/* ---- the walk ---- */

static struct tla *block(struct tla_cx *c, const struct ir *n, const struct list *rest, const struct sink *s) {
    struct list *links = arena_alloc(c->a, (n->n + 1) * sizeof *links);
    const struct list *at = rest;
    for (uint32_t i = n->n; i-- > 0;) {
        if (empty(n->kid[i])) continue;
        links[i] = (struct list){n->kid[i], at};
        at = &links[i];
    }
    return walk(c, at, s);
}

static struct tla *walk(struct tla_cx *c, const struct list *l, const struct sink *s) {
    if (!l) return deliver(c, s);
    const struct ir *n = l->node;
    switch (n->op) {
    case IR_BLOCK: return block(c, n, l->next, s);
    case IR_STORE: return store(c, n, l->next, s);
    case IR_BIND: return bind(c, n, l->next, s);
    case IR_WHEN: return when(c, n, l->next, s);
    case IR_FOR: return loop(c, n, l->next, s);
    case IR_PICK: return pick(c, n, l->next, s);
    case IR_EITHER: return either(c, n, l->next, s);
    case IR_SENDS: {
        struct list posted = {n->kid[1], l->next};
        return walk(c, &posted, s);
    }
    case IR_ASSERT: {
        struct tla *cond = tla_expr(c, n->kid[0]),
                   *why = tla_why(c, n->text ? n->text : "the assertion is false", n->span);
        return check(c, s, cond, why, walk(c, l->next, s));
    }
    case IR_REQUIRE: {
        struct tla *cond = tla_expr(c, n->kid[0]);
        return demand(c, s, cond, walk(c, l->next, s));
    }
    case IR_CUT:
        if (s->mode == M_CUTS) return tla_bool(c->a, true);
        return formula(s) ? tla_bool(c->a, false) : tla_text(c->a, "{}");
    case IR_FAIL:
        if (s->mode == M_CUTS) return tla_bool(c->a, false);
        return tla_call(c, HELP_ERROR, 1, failure(c, n));
    default: panic("not a statement");
    }
}

static struct tla *run(struct tla_cx *c, const struct ir *statement, const struct sink *s) {
    struct list list = {.node = statement};
    struct tla **old = fork_cells(c);
    struct tla *t = walk(c, empty(statement) ? NULL : &list, s);
    c->cell = old;
    return t;
}

struct tla *tla_init(struct tla_cx *c, const struct ir *statement, const uint32_t *vars, uint32_t n) {
    struct sink s = {.mode = M_INIT, .cells = vars, .n = n};
    return run(c, statement, &s);
}

struct tla *tla_step(struct tla_cx *c, const struct ir *statement, const uint32_t *vars, uint32_t n) {
    struct sink s = {.mode = M_STEP, .cells = vars, .n = n};
    return run(c, statement, &s);
}

struct tla *tla_cuts(struct tla_cx *c, const struct ir *statement) {
    struct sink s = {.mode = M_CUTS};
    return run(c, statement, &s);
}

void tla_assign(struct tla_cx *c, const struct ir *statement) {
    if (!statement) return;
    for (uint32_t i = 0; i < statement->n && statement->op == IR_BLOCK; i++) tla_assign(c, statement->kid[i]);
    if (statement->op != IR_STORE) return;
    c->cell[statement->kid[0]->var->index] = tla_expr(c, statement->kid[1]);
}
