/* Leaves out the cells of a map that never change.
 *
 * Requires: lowered actions; no layout yet. Leaves: for each variable of map type of which some cells provably keep
 * their initial value, a smaller map over the live cells and a constant table from keys to them; reads of a dead cell
 * become its constant. A network that keeps a queue for every pair of processes so costs only the pairs that talk.
 *
 * A cell can only change through an assignment `v[k] := e`. Its keys are enumerated: names bound to all values of a
 * type (process ids, loops) take each of them, names bound by `let` their value; whatever depends on the state may be
 * any key. `v[k] := tail(v[k])` makes no cell live: of the empty sequence it has no successor but an error. Should the
 * analysis ever be wrong, the assignment to a dead cell is a reported error (the index lies outside the table), never a
 * lost write. */
#include <string.h>

#include "compiler/compile.h"
#include "compiler/eval.h"

enum { MAX_COMBINATIONS = 1 << 16, MIN_CELLS = 8 };

struct pass {
    struct program *p;
    const struct ir_var *v; /* the candidate */
    bool unfit;             /* it is used as a whole somewhere */
    bool *live;             /* by rank of the key */
    const struct ir_action *act;
    const struct ir *body;   /* of the action, for its bindings */
    struct ir_var *to;       /* rewriting: the smaller map */
    struct ir *table, *dead; /* key -> cell; value of dead cells */
    uint32_t n_live;
};

static bool is_cell(const struct pass *s, const struct ir *e) {
    return e && e->op == IR_INDEX && e->kid[0]->op == IR_STATE && e->kid[0]->var == s->v;
}

static struct ir *place_root(struct ir *e) {
    while (e->op != IR_STATE && e->kid[0]->op != IR_STATE) e = e->kid[0];
    return e; /* the first step below the variable, or the variable itself */
}

/* ---- which keys an expression can be ---- */

struct names {
    uint32_t slot[8];
    uint64_t choices[8];
    const struct ir *value[8]; /* bound by a statement: computed from the others */
    uint32_t n;
};

static const struct ir *only_binding(const struct ir *e, uint32_t slot, uint32_t *count) {
    const struct ir *found = NULL;
    if (!e) return NULL;
    if ((e->op == IR_BIND || e->op == IR_LET) && e->slot == slot) {
        ++*count;
        found = e->kid[0];
    }
    for (uint32_t i = 0; i < e->n; i++) {
        const struct ir *f = only_binding(e->kid[i], slot, count);
        if (f) found = f;
    }
    return found;
}

/* Gathers the names that e depends on, those that others depend on first. False: too many, or not to be enumerated. */
static bool gather(struct pass *s, const struct ir *e, struct names *names) {
    if (!e) return true;
    if (e->op == IR_STATE) return false;
    if (e->op == IR_LOCAL) {
        for (uint32_t i = 0; i < names->n; i++)
            if (names->slot[i] == e->slot) return true;
        uint32_t count = 0;
        const struct ir *value = only_binding(s->body, e->slot, &count);
        if (count > 1) return false;
        if (value && (!value->stateless || !gather(s, value, names))) return false;
        const struct type *t = s->p->slots.at[e->slot];
        if (names->n == 8 || (!value && (!t->universe || t->words || t->universe > 4096))) return false;
        names->slot[names->n] = e->slot;
        names->value[names->n] = value;
        names->choices[names->n++] = value ? 1 : t->universe;
        return true;
    }
    for (uint32_t i = 0; i < e->n; i++)
        if (!gather(s, e->kid[i], names)) return false;
    return e->n_gens == 0;
}

static void all_live(struct pass *s) { memset(s->live, 1, s->v->type->cap); }

static void mark(struct pass *s, const struct ir *key) {
    struct names names = {.n = 0};
    uint64_t total = 1;
    bool ok = gather(s, key, &names);
    for (uint32_t i = 0; i < names.n && ok; i++) {
        total *= names.choices[i];
        ok = total <= MAX_COMBINATIONS;
    }
    if (!ok) {
        all_live(s);
        return;
    }
    struct eval *e = eval_open(s->p);
    for (uint64_t k = 0; k < total; k++) {
        uint64_t rest = k, v;
        bool valid = true;
        for (uint32_t i = 0; i < names.n && valid; i++) {
            const struct type *t = s->p->slots.at[names.slot[i]];
            uint64_t *at = e->locals + e->slot_at[names.slot[i]];
            if (names.value[i]) {
                eval_reset(e);
                valid = eval_expr(e, names.value[i], &v) == DC_OK && !t->words;
                if (valid) *at = v;
            } else {
                *at = value_unrank(t, rest % names.choices[i], NULL);
                rest /= names.choices[i];
            }
        }
        eval_reset(e);
        if (!valid) continue; /* the binding fails before anything is written */
        if (eval_expr(e, key, &v) == DC_OK) s->live[value_rank(s->v->type->key, v)] = true;
    }
    eval_close(e);
}

static bool same_tree(const struct ir *a, const struct ir *b) {
    if (a == b) return true;
    if (!a || !b || a->op != b->op || a->type != b->type || a->imm != b->imm || a->slot != b->slot ||
        a->var != b->var || a->n != b->n || a->n_gens || b->n_gens || a->words || b->words)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!same_tree(a->kid[i], b->kid[i])) return false;
    return true;
}

/* ---- looking ---- */

static void look(struct pass *s, struct ir *e);

static void look_gens(struct pass *s, struct ir_gen *gens, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        look(s, gens[i].src);
        look(s, gens[i].src2);
        look(s, gens[i].cond);
        for (uint32_t k = 0; k < gens[i].n_fields; k++) look(s, gens[i].fixed[k]);
    }
}

static void look(struct pass *s, struct ir *e) {
    if (!e || s->unfit) return;
    if (e->op == IR_STORE) {
        struct ir *first = place_root(e->kid[0]), *root = first->op == IR_STATE ? first : first->kid[0];
        if (root->var == s->v) {
            if (first->op != IR_INDEX) {
                s->unfit = true;
                return;
            }
            const struct ir *v = e->kid[1];
            bool shrinks = first == e->kid[0] && v->op == IR_TAIL && is_cell(s, v->kid[0]) &&
                           same_tree(v->kid[0]->kid[1], first->kid[1]);
            if (!shrinks) mark(s, first->kid[1]);
            look(s, first->kid[1]);
            for (struct ir *x = e->kid[0]; x != first; x = x->kid[0])
                if (x->n > 1) look(s, x->kid[1]);
            look(s, e->kid[1]);
            return;
        }
    }
    if (is_cell(s, e)) {
        look(s, e->kid[1]);
        return;
    }
    if (e->op == IR_STATE && e->var == s->v) s->unfit = true;
    for (uint32_t i = 0; i < e->n; i++) look(s, e->kid[i]);
    look_gens(s, e->gens, e->n_gens);
}

/* The constant that init gives the variable, if that is the only mention of it there. */
static const struct ir *initial(struct pass *s, const struct ir *e, uint32_t *mentions) {
    const struct ir *found = NULL;
    if (!e) return NULL;
    if (e->op == IR_STORE && e->kid[0]->op == IR_STATE && e->kid[0]->var == s->v) {
        ++*mentions;
        return e->kid[1]->op == IR_CONST ? e->kid[1] : NULL;
    }
    if (e->op == IR_STATE && e->var == s->v) *mentions += 2;
    for (uint32_t i = 0; i < e->n; i++) {
        const struct ir *f = initial(s, e->kid[i], mentions);
        if (f) found = f;
    }
    return found;
}

/* ---- rewriting ---- */

static struct ir *rewrite(struct pass *s, struct ir *e);

static struct ir *cell_index(struct pass *s, struct ir *key) {
    return ir_index(s->p, s->table, rewrite(s, key), key->span);
}

static struct ir *read_cell(struct pass *s, struct ir *e) {
    struct program *p = s->p;
    struct ir *at = cell_index(s, e->kid[1]);
    const struct type *bt = p->types.boolean;
    struct ir *whole = ir_state(p, s->to, e->kid[0]->imm != 0, e->span);
    if (at->op == IR_CONST) return at->imm == (int64_t)s->n_live ? s->dead : ir_index(p, whole, at, e->span);
    uint32_t slot = ir_slot(p, at->type);
    struct ir *local = ir_local(p, slot, e->span);
    struct ir *is_live = ir_new(p, IR_LT, bt, e->span, 2, local, ir_const(p, at->type, s->n_live, e->span));
    struct ir *value = ir_new(p, IR_IF, e->type, e->span, 3, is_live, ir_index(p, whole, local, e->span), s->dead);
    struct ir *kids[2] = {at, value};
    struct ir let = {.op = IR_LET, .type = e->type, .span = e->span, .slot = slot, .n = 2};
    return ir_with(p, &let, kids);
}

static struct ir *place(struct pass *s, struct ir *e) {
    struct program *p = s->p;
    if (is_cell(s, e)) {
        struct ir *at = ir_new(p, IR_TORANGE, type_range(&p->types, 0, (int64_t)s->n_live - 1, RANGE_CLAIM), e->span, 1,
                               cell_index(s, e->kid[1]));
        return ir_index(p, ir_state(p, s->to, false, e->span), at, e->span);
    }
    if (e->op == IR_STATE) return e;
    struct ir *kids[2] = {place(s, e->kid[0]), e->n > 1 ? rewrite(s, e->kid[1]) : NULL};
    return ir_with(p, e, kids);
}

static void rewrite_gens(struct pass *s, struct ir_gen *gens, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        gens[i].src = rewrite(s, gens[i].src);
        gens[i].src2 = rewrite(s, gens[i].src2);
        gens[i].cond = rewrite(s, gens[i].cond);
        for (uint32_t k = 0; k < gens[i].n_fields; k++) gens[i].fixed[k] = rewrite(s, gens[i].fixed[k]);
    }
}

static bool mentions(const struct pass *s, const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_STATE) return e->var == s->v;
    for (uint32_t i = 0; i < e->n; i++)
        if (mentions(s, e->kid[i])) return true;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        if (mentions(s, g->src) || mentions(s, g->src2) || mentions(s, g->cond)) return true;
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (mentions(s, g->fixed[k])) return true;
    }
    return false;
}

static struct ir *rewrite(struct pass *s, struct ir *e) {
    struct program *p = s->p;
    if (!e || !mentions(s, e)) return e;
    if (is_cell(s, e)) return read_cell(s, e);
    struct ir **kids = arena_alloc(&p->arena, (e->n + 1) * sizeof *kids);
    if (e->op == IR_STORE) {
        kids[0] = place(s, e->kid[0]);
        kids[1] = rewrite(s, e->kid[1]);
        return ir_with(p, e, kids);
    }
    for (uint32_t i = 0; i < e->n; i++) kids[i] = rewrite(s, e->kid[i]);
    struct ir model = *e;
    if (e->n_gens) {
        model.gens = arena_alloc(&p->arena, e->n_gens * sizeof *model.gens);
        memcpy(model.gens, e->gens, e->n_gens * sizeof *model.gens);
        rewrite_gens(s, model.gens, e->n_gens);
    }
    return ir_with(p, &model, kids);
}

/* ---- one variable ---- */

static bool dead_value(struct pass *s, const struct ir *start, struct ir **dead) {
    const struct type *t = s->v->type;
    uint64_t whole = start->words ? (uint64_t)(uintptr_t)start->words : (uint64_t)start->imm, first = 0;
    bool any = false;
    for (uint32_t i = 0; i < t->cap; i++) {
        if (s->live[i]) continue;
        uint64_t v = value_element(t, whole, i, NULL);
        if (any && !value_same(t->elem, first, v)) return false;
        if (!any) first = v;
        any = true;
    }
    if (!any) return false;
    struct ir *c = ir_const(s->p, t->elem, 0, start->span);
    if (t->elem->words) {
        uint64_t *w = arena_alloc(&s->p->arena, t->elem->words * sizeof *w);
        memcpy(w, (const uint64_t *)(uintptr_t)first, t->elem->words * sizeof *w);
        c->words = w;
    } else {
        c->imm = (int64_t)first;
    }
    *dead = c;
    return true;
}

static struct ir *constant_map(struct program *p, const struct type *t, struct span span) {
    struct ir *c = ir_const(p, t, 0, span);
    if (t->words) c->words = arena_alloc(&p->arena, t->words * sizeof *c->words);
    return c;
}

static void set_cell(struct ir *map, uint32_t i, uint64_t v) {
    const struct type *t = map->type;
    uint32_t b = type_elem_bits(t->elem), per = b ? 64 / b : 1;
    uint64_t narrow = (uint64_t)map->imm, *words = t->words ? (uint64_t *)(uintptr_t)map->words : &narrow;
    if (t->elem->words) value_store(t->elem, words, i * t->elem->words, 0, v);
    else value_store(t->elem, words, i / per, i % per * b, v);
    if (!t->words) map->imm = (int64_t)narrow;
}

static struct ir *replace_start(struct pass *s, struct ir *e, struct ir *start) {
    if (!e || !mentions(s, e)) return e;
    if (e->op == IR_STORE)
        return ir_new(s->p, IR_STORE, NULL, e->span, 2, ir_state(s->p, s->to, false, e->span), start);
    struct ir **kids = arena_alloc(&s->p->arena, (e->n + 1) * sizeof *kids);
    for (uint32_t i = 0; i < e->n; i++) kids[i] = replace_start(s, e->kid[i], start);
    return ir_with(s->p, e, kids);
}

static void shrink(struct pass *s, const struct ir *start) {
    struct program *p = s->p;
    const struct type *t = s->v->type;
    const struct type *cells = type_range(&p->types, 0, s->n_live ? (int64_t)s->n_live - 1 : 0, RANGE_CLAIM);
    struct ir_var *to = arena_alloc(&p->arena, sizeof *to);
    *to = *s->v;
    to->type = type_map(&p->types, cells, t->elem);
    uint32_t *keys = arena_alloc(&p->arena, (s->n_live + 1) * sizeof *keys);
    to->cells = keys;
    to->cell_map = t;
    s->to = to;
    s->table =
        constant_map(p, type_map(&p->types, t->key, type_range(&p->types, 0, s->n_live, RANGE_CLAIM)), start->span);
    struct ir *small = constant_map(p, to->type, start->span);
    uint64_t whole = start->words ? (uint64_t)(uintptr_t)start->words : (uint64_t)start->imm;
    for (uint32_t i = 0, k = 0; i < t->cap; i++) {
        set_cell(s->table, i, s->live[i] ? k : s->n_live);
        if (!s->live[i]) continue;
        set_cell(small, k, value_element(t, whole, i, NULL));
        keys[k++] = i;
    }
    p->init = replace_start(s, p->init, small);
    for (uint32_t i = 0; i < p->actions.n; i++) {
        struct ir_action *a = &p->actions.at[i];
        rewrite_gens(s, a->gens, a->n_gens);
        a->body = rewrite(s, a->body);
        a->message = rewrite(s, a->message);
        for (uint32_t k = 0; k < a->n_bindings; k++) a->bindings[k].value = rewrite(s, a->bindings[k].value);
    }
    for (uint32_t i = 0; i < p->preds.n; i++) p->preds.at[i].body = rewrite(s, p->preds.at[i].body);
    for (uint32_t i = 0; i < p->refines.n; i++) p->refines.at[i].map = rewrite(s, p->refines.at[i].map);
    for (uint32_t i = 0; i < p->watches.n; i++) {
        const char *text = p->watches.at[i]->text;
        p->watches.at[i] = rewrite(s, p->watches.at[i]);
        p->watches.at[i]->text = text;
    }
    for (uint32_t i = 0; i < p->expects.n; i++) p->expects.at[i] = rewrite(s, p->expects.at[i]);
    p->vars.at[s->v->index] = to;
}

void sparse(struct program *p) {
    for (uint32_t k = 0; k < p->vars.n; k++) {
        struct pass s = {.p = p, .v = p->vars.at[k]};
        const struct type *t = s.v->type;
        uint32_t mentioned = 0;
        if (t->kind != T_MAP || s.v->per_instance || t->cap < MIN_CELLS || t->key->words) continue;
        const struct ir *start = initial(&s, p->init, &mentioned);
        if (!start || mentioned != 1) continue;
        s.live = mem_alloc(t->cap);
        for (uint32_t i = 0; i < p->actions.n && !s.unfit; i++) {
            struct ir_action *a = &p->actions.at[i];
            s.act = a;
            s.body = a->body;
            look_gens(&s, a->gens, a->n_gens);
            look(&s, a->body);
            look(&s, a->message);
            for (uint32_t j = 0; j < a->n_bindings; j++) look(&s, a->bindings[j].value);
        }
        for (uint32_t i = 0; i < p->preds.n; i++) look(&s, p->preds.at[i].body);
        for (uint32_t i = 0; i < p->refines.n; i++) look(&s, p->refines.at[i].map);
        for (uint32_t i = 0; i < p->watches.n; i++) look(&s, p->watches.at[i]);
        for (uint32_t i = 0; i < p->expects.n; i++) look(&s, p->expects.at[i]);
        for (uint32_t i = 0; i < t->cap; i++) s.n_live += s.live[i];
        if (!s.unfit && 4 * s.n_live <= 3 * t->cap && s.n_live && dead_value(&s, start, &s.dead)) shrink(&s, start);
        mem_free(s.live);
    }
}
