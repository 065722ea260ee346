#include "compiler/symmetry.h"

#include <string.h>

#include "compiler/orbit.h"

struct look {
    struct program *p;
    const struct span *ambiguous;
    uint32_t n_ambiguous;
    bool marking; /* what reduces is decided: mark the loops that must look at everything */
    struct orbit_job *orbits;
};

/* The order of the type's values shows here. The first place is reported. */
static void blame(struct look *l, const struct type *in, struct span span, const char *why) {
    for (uint32_t i = 0; i < l->p->symmetric.n; i++) {
        struct ir_symmetric *s = &l->p->symmetric.at[i];
        if (s->why || !type_mentions(in, s->type)) continue;
        s->why = why;
        s->span = span;
    }
}

static bool has_symmetric(const struct ir_gen *g, const struct program *p) {
    return type_has_symmetric(g->kind == G_SLICE ? g->elem : p->slots.at[g->slot]);
}

static bool any_symmetric(const struct program *p, const struct ir *e) {
    for (uint32_t i = 0; i < e->n_gens; i++)
        if (has_symmetric(&e->gens[i], p)) return true;
    return false;
}

static void blame_gens(struct look *l, const struct ir *e, const char *why) {
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        blame(l, g->kind == G_SLICE ? g->elem : l->p->slots.at[g->slot], e->span, why);
    }
}

/* ---- loops that assign ----
 *
 * The order of a loop does not show if its turns commute. That is so if, of each variable that the body assigns,
 * every turn has cells of its own (keyed by the loop's names), or all turns do to it one and the same thing that
 * commutes with itself, such as inserting, and none reads it otherwise. */

struct stores {
    const struct program *p;
    const struct ir *loop;
    VEC(const struct ir *) list;
    bool odd; /* something that is not understood */
};

static const struct ir_var *root(const struct ir *place) {
    while (place->op != IR_STATE) {
        if (!place->n) return NULL;
        place = place->kid[0];
    }
    return place->var;
}

static void gather(struct stores *s, const struct ir *e) {
    if (!e) return;
    if (e->op == IR_STORE) {
        if (!root(e->kid[0])) s->odd = true;
        VEC_PUSH(s->list, e);
    }
    for (uint32_t i = 0; i < e->n; i++) gather(s, e->kid[i]);
}

static bool assigned(const struct stores *s, const struct ir_var *v) {
    for (uint32_t i = 0; i < s->list.n; i++)
        if (root(s->list.at[i]->kid[0]) == v) return true;
    return false;
}

/* Whether the names that the loop binds can be read off the value, so that different turns have different ones. */
static bool names_turn(const struct ir *e, uint32_t slot) {
    if (!e) return false;
    if (e->op == IR_LOCAL) return e->slot == slot;
    if (e->op != IR_CONS && e->op != IR_SOME) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (names_turn(e->kid[i], slot)) return true;
    return false;
}

static bool turn_of(const struct stores *s, const struct ir *const *keys, uint32_t n) {
    for (uint32_t i = 0; i < s->loop->n_gens; i++) {
        const struct ir_gen *g = &s->loop->gens[i];
        if (g->kind == G_LET) continue; /* computed from the others */
        if (g->kind == G_SLICE) {
            for (uint32_t f = 0; f < g->n_fields; f++) {
                bool found = g->fixed[f] != NULL;
                for (uint32_t k = 0; k < n && !found; k++) found = names_turn(keys[k], g->field_slots[f]);
                if (!found) return false;
            }
            continue;
        }
        bool found = false;
        for (uint32_t k = 0; k < n && !found; k++) found = names_turn(keys[k], g->slot);
        if (!found) return false;
    }
    return true;
}

enum { KEYS = 16 };

/* The indices on the way to the place. */
static uint32_t keys_of(const struct ir *place, const struct ir **keys) {
    uint32_t n = 0;
    for (; place->op != IR_STATE && place->n; place = place->kid[0])
        if (place->op == IR_INDEX && n < KEYS) keys[n++] = place->kid[1];
    return n;
}

static const struct ir *value_of(const struct ir *store) {
    const struct ir *v = store->kid[1];
    while (v->op == IR_TORANGE) v = v->kid[0];
    return v;
}

/* The operand that a store combines its place with: v := v op operand; NULL if it is no such store. */
static const struct ir *operand(const struct ir *store) {
    const struct ir *v = value_of(store), *place = store->kid[0];
    switch (v->op) {
    case IR_INSERT:
    case IR_UNION:
    case IR_DIFF:
    case IR_INTER:
    case IR_BAGADD:
    case IR_BAGREMOVE:
    case IR_ADD:
    case IR_SUB:
    case IR_MIN2:
    case IR_MAX2: return ir_same(v->kid[0], place) ? v->kid[1] : NULL;
    default: return NULL;
    }
}

static bool store_keyed(const struct stores *s, const struct ir *store) {
    const struct ir *keys[KEYS + 1];
    uint32_t n = keys_of(store->kid[0], keys);
    const struct ir *v = value_of(store), *x = operand(store);
    bool element = v->op == IR_INSERT || v->op == IR_BAGADD || v->op == IR_BAGREMOVE;
    if (x && element) keys[n++] = x;
    if (x && (v->op == IR_DIFF || v->op == IR_UNION) && x->op == IR_SETLIT && x->n == 1) keys[n++] = x->kid[0];
    return turn_of(s, keys, n);
}

static bool all_keyed(const struct stores *s, const struct ir_var *v) {
    for (uint32_t i = 0; i < s->list.n; i++)
        if (root(s->list.at[i]->kid[0]) == v && !store_keyed(s, s->list.at[i])) return false;
    return true;
}

static bool reads_assigned(const struct stores *s, const struct ir *e);

/* Whether a read is of what belongs to this turn. */
static bool read_keyed(const struct stores *s, const struct ir *e) {
    const struct ir *keys[KEYS + 1];
    uint32_t n = 0;
    const struct ir *at = e;
    if (e->op == IR_BAGCOUNT || e->op == IR_MEMBER) {
        keys[n++] = e->kid[e->op == IR_MEMBER ? 0 : 1];
        at = e->kid[e->op == IR_MEMBER ? 1 : 0];
    }
    const struct ir_var *v = root(at);
    if (!v || (at->op != IR_STATE && at->op != IR_INDEX && at->op != IR_FIELD)) return false;
    n += keys_of(at, keys + n);
    for (uint32_t i = 0; i < n; i++)
        if (reads_assigned(s, keys[i])) return false;
    return turn_of(s, keys, n) && all_keyed(s, v);
}

static bool reads_assigned(const struct stores *s, const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_STATE) return assigned(s, e->var);
    if ((e->op == IR_INDEX || e->op == IR_BAGCOUNT || e->op == IR_MEMBER) && e->n == 2) {
        const struct ir_var *v = root(e->op == IR_MEMBER ? e->kid[1] : e->kid[0]);
        if (v && assigned(s, v) && read_keyed(s, e)) return false;
    }
    for (uint32_t i = 0; i < e->n; i++)
        if (reads_assigned(s, e->kid[i])) return true;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        if (reads_assigned(s, g->src) || reads_assigned(s, g->src2) || reads_assigned(s, g->cond)) return true;
        for (uint32_t k = 0; k < g->n_fields; k++)
            if (reads_assigned(s, g->fixed[k])) return true;
    }
    return false;
}

static bool mentions_turn(const struct stores *s, const struct ir *e) {
    for (uint32_t i = 0; i < s->loop->n_gens; i++) {
        const struct ir_gen *g = &s->loop->gens[i];
        if (g->kind != G_SLICE && ir_mentions(e, g->slot)) return true;
        for (uint32_t k = 0; g->kind == G_SLICE && k < g->n_fields; k++)
            if (!g->fixed[k] && ir_mentions(e, g->field_slots[k])) return true;
    }
    return false;
}

static bool binds(const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_LOCAL) return true;
    for (uint32_t i = 0; i < e->n; i++)
        if (binds(e->kid[i])) return true;
    return e->n_gens != 0;
}

/* Of a variable whose cells the turns share: all do the same, and it commutes. */
static bool shared_alike(const struct stores *s, const struct ir_var *v) {
    const struct ir *first = NULL;
    for (uint32_t i = 0; i < s->list.n; i++) {
        const struct ir *store = s->list.at[i];
        if (root(store->kid[0]) != v) continue;
        if (first && (value_of(first)->op != value_of(store)->op)) return false;
        const struct ir *x = operand(store), *keys[KEYS];
        uint32_t n = keys_of(store->kid[0], keys);
        for (uint32_t k = 0; k < n; k++)
            if (reads_assigned(s, keys[k])) return false;
        if (x) {
            if (reads_assigned(s, x)) return false;
        } else { /* v := e, the same in each turn */
            const struct ir *e = store->kid[1];
            if (reads_assigned(s, e) || mentions_turn(s, e) || binds(e) || store->kid[0]->op != IR_STATE) return false;
            if (first && !ir_same(first->kid[1], e)) return false;
        }
        if (!first) first = store;
    }
    return true;
}

/* A bag that only grows is full in the end or is not, in whichever order: `when full error` or `cut`. */
static bool tests_room(const struct stores *s, const struct ir *e) {
    if (e->op != IR_WHEN || !e->kid[0] || (e->kid[1] && e->kid[1]->op != IR_BLOCK) || (e->kid[1] && e->kid[1]->n))
        return false;
    const struct ir *test = e->kid[0], *no = e->n > 2 ? e->kid[2] : NULL;
    if (!no || (no->op != IR_CUT && no->op != IR_FAIL)) return false;
    if (test->op != IR_LT || test->kid[0]->op != IR_SIZE || test->kid[0]->kid[0]->op != IR_STATE ||
        !test->kid[1]->constant)
        return false;
    const struct ir_var *v = test->kid[0]->kid[0]->var;
    for (uint32_t i = 0; i < s->list.n; i++) {
        const struct ir *store = s->list.at[i];
        if (root(store->kid[0]) == v && (value_of(store)->op != IR_BAGADD || !operand(store))) return false;
    }
    return true;
}

static bool body_reads(const struct stores *s, const struct ir *e) {
    if (!e) return false;
    if (e->op == IR_SENDS) return body_reads(s, e->kid[1]) || reads_assigned(s, e->kid[0]);
    if (e->op == IR_STORE) {
        const struct ir_var *v = root(e->kid[0]);
        if (all_keyed(s, v)) {
            const struct ir *x = operand(e);
            return reads_assigned(s, x ? x : e->kid[1]);
        }
        return !shared_alike(s, v);
    }
    if (tests_room(s, e)) return false;
    if (e->op == IR_BLOCK || e->op == IR_WHEN || e->op == IR_EITHER || e->op == IR_FOR || e->op == IR_PICK) {
        for (uint32_t i = 0; i < e->n; i++) {
            bool statement = e->kid[i] && !e->kid[i]->type;
            if (statement ? body_reads(s, e->kid[i]) : reads_assigned(s, e->kid[i])) return true;
        }
        struct ir gens = {.gens = e->gens, .n_gens = e->n_gens};
        return reads_assigned(s, &gens);
    }
    return reads_assigned(s, e);
}

static bool commutes(const struct program *p, const struct ir *loop) {
    struct stores s = {.p = p, .loop = loop};
    gather(&s, loop->kid[0]);
    bool ok = !s.odd && !body_reads(&s, loop->kid[0]);
    VEC_FREE(s.list);
    return ok;
}

/* ---- expressions ---- */

static bool compares(const struct ir *e) {
    return e->op == IR_LT || e->op == IR_LE || e->op == IR_MIN2 || e->op == IR_MAX2 || e->op == IR_TORANGE ||
           e->op == IR_ADD || e->op == IR_SUB || e->op == IR_MUL || e->op == IR_DIV || e->op == IR_MOD;
}

/* A table that sparse() made, from the keys of a map to its live cells, does not count: it comes with the cells. */
static bool cell_table(const struct program *p, const struct ir *e) {
    for (uint32_t i = 0; i < p->vars.n; i++)
        if (p->vars.at[i]->cells && orbit_is_cell_table(p->vars.at[i], e)) return true;
    return false;
}

static void visit(struct look *l, struct ir *e);

static void visit_gens(struct look *l, struct ir_gen *gens, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        visit(l, gens[i].src);
        visit(l, gens[i].src2);
        visit(l, gens[i].cond);
        for (uint32_t k = 0; k < gens[i].n_fields; k++) visit(l, gens[i].fixed[k]);
    }
}

static bool over_reduced(const struct look *l, const struct ir *e) {
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        const struct type *t = g->kind == G_SLICE ? g->elem : l->p->slots.at[g->slot];
        for (uint32_t k = 0; k < l->p->symmetric.n; k++)
            if (!l->p->symmetric.at[k].why && type_mentions(t, l->p->symmetric.at[k].type)) return true;
    }
    return false;
}

/* Of a loop that looks for something: whether an error is met, and what is found, must not depend on the order. */
static void mark(const struct look *l, struct ir *e) {
    enum reduce op = (enum reduce)e->imm;
    bool seeks = op == R_CHOOSE || op == R_ARGMIN || op == R_ARGMAX;
    e->whole = (seeks || ((op == R_EXISTS || op == R_FORALL) && !e->total)) && over_reduced(l, e);
}

static void visit_reduce(struct look *l, struct ir *e) {
    if (l->marking) mark(l, e);
    if (l->marking || !any_symmetric(l->p, e)) return;
    switch ((enum reduce)e->imm) {
    case R_FOLD: blame_gens(l, e, "what `fold` makes of them may depend on their order"); break;
    case R_CHOOSE:
    case R_ARGMIN:
    case R_ARGMAX:
        for (uint32_t i = 0; i < l->n_ambiguous; i++)
            if (!memcmp(&l->ambiguous[i], &e->span, sizeof e->span))
                blame_gens(l, e, "there are several candidates, and their order decides");
        break;
    case R_MIN:
    case R_MAX: blame(l, e->type, e->span, "this compares them"); break;
    default: break;
    }
}

static void decide(struct look *l, const struct ir *e) {
    if (e->op == IR_CONST && type_has_symmetric(e->type) && !cell_table(l->p, e)) {
        for (uint32_t i = 0; i < l->p->symmetric.n; i++) {
            const struct type *t = l->p->symmetric.at[i].type;
            if (type_mentions(e->type, t) && !orbit_keeps(l->orbits, e, t))
                blame(l, t, e->span, "this singles some of them out");
        }
    }
    if (compares(e) && type_has_symmetric(e->kid[0]->type)) blame(l, e->kid[0]->type, e->span, "this compares them");
    if (e->op == IR_FOR && any_symmetric(l->p, e) && !commutes(l->p, e))
        blame_gens(l, e, "what this loop does may depend on their order");
}

static void visit(struct look *l, struct ir *e) {
    if (!e) return;
    if (!l->marking) decide(l, e);
    if (e->op == IR_REDUCE) visit_reduce(l, e);
    for (uint32_t i = 0; i < e->n; i++) visit(l, e->kid[i]);
    visit_gens(l, e->gens, e->n_gens);
}

static void visit_actions(struct look *l, struct ir_action *list, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        visit_gens(l, list[i].gens, list[i].n_gens);
        visit(l, list[i].body);
    }
}

static void find_types(struct program *p, const struct type *t) {
    if (t->kind == T_SYM && t->n > 1) {
        for (uint32_t i = 0; i < p->symmetric.n; i++)
            if (p->symmetric.at[i].type == t) return;
        VEC_PUSH(p->symmetric, ((struct ir_symmetric){.type = t}));
    }
    if (t->elem) find_types(p, t->elem);
    if (t->key) find_types(p, t->key);
    for (uint32_t i = 0; t->fields && i < t->n; i++) find_types(p, t->fields[i].type);
}

static void visit_all(struct look *l) {
    struct program *p = l->p;
    visit(l, p->init);
    visit_actions(l, p->actions.at, p->actions.n);
    for (uint32_t i = 0; i < p->preds.n; i++) visit(l, p->preds.at[i].body);
    for (uint32_t i = 0; i < p->refines.n; i++) {
        visit(l, p->refines.at[i].map);
        visit(l, p->refines.at[i].init);
        visit_actions(l, p->refines.at[i].actions.at, p->refines.at[i].actions.n);
    }
}

void symmetry(struct program *p, const struct span *ambiguous, uint32_t n) {
    struct look l = {.p = p, .ambiguous = ambiguous, .n_ambiguous = n};
    for (uint32_t i = 0; i < p->vars.n; i++)
        find_types(p, p->vars.at[i]->cell_map ? p->vars.at[i]->cell_map : p->vars.at[i]->type);
    if (!p->symmetric.n) return;
    for (uint32_t i = 0; i < p->preds.n; i++)
        if (p->preds.at[i].temporal)
            for (uint32_t k = 0; k < p->symmetric.n; k++) {
                p->symmetric.at[k].why = "a claim about behaviours tells them apart";
                p->symmetric.at[k].span = p->preds.at[i].span;
            }
    uint32_t elements = 0;
    for (uint32_t k = 0; k < p->symmetric.n; k++) {
        struct ir_symmetric *x = &p->symmetric.at[k];
        if (!x->why && elements + x->type->n > ORBIT_ELEMENTS) {
            x->why = "all such types together have too many values";
            x->span = (struct span){UINT32_MAX, 0, 0};
        }
        if (!x->why) elements += x->type->n;
    }
    struct orbits *o = orbits_new(p);
    if (!o) return;
    l.orbits = orbit_open(o);
    for (uint32_t i = 0; i < p->vars.n; i++)
        if (p->vars.at[i]->cells && !orbit_cells_closed(l.orbits, p->vars.at[i]))
            blame(&l, p->vars.at[i]->cell_map->key, p->vars.at[i]->span, "some of its cells never change, others do");
    visit_all(&l);
    l.marking = true;
    visit_all(&l);
    orbit_close(l.orbits);
    orbits_free(o);
}
