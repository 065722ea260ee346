/* Whether a program makes sense: of one read from text nothing is known.
 *
 * What passes is well typed in this sense: every place only ever gets values of its own type, so that ranks, indexes
 * and tags lie where the interpreter and generated code expect them, and every name is bound where it is used. What
 * depends on the run is checked then: the tag under a payload and keys of maps (struct program, `foreign`), and what
 * the language checks anyway. */
#include "compiler/eval.h"
#include "compiler/irtext.h"
#include "compiler/temporal.h"
#include "parser/ast.h"

struct check {
    const struct program *p;
    const char *wrong;
    bool primed;         /* the next state may be read */
    bool *bound;         /* by slot */
    bool aside;          /* in what only reports compute: it must leave names as they are */
    VEC(uint32_t) scope; /* slots in the order in which they were bound */
};

static bool no(struct check *c, const char *why) {
    if (!c->wrong) c->wrong = why;
    return false;
}

static bool check_tree(struct check *, struct ir *, bool statement);

/* They can be compared: equal, or two ranges. */
static bool fits(const struct type *a, const struct type *b) {
    return a == b || (a && b && type_is_int(a) && type_is_int(b));
}

/* Every value of a is one of b. */
static bool within(const struct type *a, const struct type *b) {
    return a == b || (a && b && type_is_int(a) && type_is_int(b) && a->lo >= b->lo && a->hi <= b->hi);
}

static bool holds(const struct type *t, int64_t lo, int64_t hi) { return type_is_int(t) && t->lo <= lo && t->hi >= hi; }

static bool slot_is(const struct check *c, uint32_t s, const struct type *t) {
    return s < c->p->slots.n && c->p->slots.at[s] == t;
}

static void bind(struct check *c, uint32_t slot) {
    if (c->bound[slot] && c->aside) no(c, "a message binds a name anew");
    if (c->bound[slot]) return;
    c->bound[slot] = true;
    VEC_PUSH(c->scope, slot);
}

/* Forgets what was bound since the scope had n names. */
static void leave(struct check *c, uint32_t n) {
    while (c->scope.n > n) c->bound[c->scope.at[--c->scope.n]] = false;
}

static bool bind_as(struct check *c, uint32_t s, const struct type *t) {
    if (s >= c->p->slots.n || !within(t, c->p->slots.at[s])) return false;
    bind(c, s);
    return true;
}

static bool check_slice(struct check *c, const struct ir_gen *g) {
    const struct type *s = g->src ? g->src->type : NULL, *e = g->elem;
    if (!s || s->kind != T_SET || !s->bitset || e != s->elem) return no(c, "a slice of no bit set");
    if (e->kind != T_UNION && e->kind != T_RECORD && e->kind != T_TUPLE) return no(c, "a slice of no records");
    if (e->kind == T_UNION && g->variant >= e->n_variants) return no(c, "a slice of no variant");
    uint32_t first = e->kind == T_UNION ? e->variants[g->variant].first : 0,
             nf = e->kind == T_UNION ? e->variants[g->variant].n : e->n;
    if (g->n_fields != nf) return no(c, "a slice has other fields");
    for (uint32_t k = 0; k < nf; k++) {
        const struct type *t = e->fields[first + k].type;
        if (!slot_is(c, g->field_slots[k], t)) return no(c, "a slice binds no slot");
        if (g->fixed[k] && (!check_tree(c, g->fixed[k], false) || !fits(g->fixed[k]->type, t)))
            return no(c, "a slice fixes a field to another type");
    }
    for (uint32_t k = 0; k < nf; k++) bind(c, g->field_slots[k]);
    return true;
}

static bool check_gen(struct check *c, const struct ir_gen *g) {
    const struct type *t = g->slot < c->p->slots.n ? c->p->slots.at[g->slot] : NULL, *s = g->src ? g->src->type : NULL;
    if (g->kind == G_SLICE) return check_slice(c, g);
    if (!t) return no(c, "a loop binds no slot");
    switch (g->kind) {
    case G_VALUES: return t->universe || no(c, "a loop has no end");
    case G_SET: return (s && s->kind == T_SET && s->elem == t) || no(c, "a loop goes over no set");
    case G_BAG:
    case G_BAGALL: return (s && s->kind == T_BAG && s->elem == t) || no(c, "a loop goes over no bag");
    case G_RANGE:
        return (s && g->src2 && type_is_int(s) && type_is_int(g->src2->type) && type_is_int(t) &&
                (s->lo > g->src2->type->hi || holds(t, s->lo, g->src2->type->hi))) ||
               no(c, "a loop goes over no range");
    case G_SUBSETS:
        return (s && s->kind == T_SET && s->bitset && !s->words && s == t) || no(c, "subsets of no small set");
    default: return (s && within(s, t)) || no(c, "a name is bound to another type");
    }
}

/* Leaves their names bound. */
static bool check_gens(struct check *c, struct ir_gen *gens, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct ir_gen *g = &gens[i];
        if (g->src && !check_tree(c, g->src, false)) return false;
        if (g->src2 && !check_tree(c, g->src2, false)) return false;
        if (g->distinct > i) return no(c, "a loop is compared with one that is not there");
        if (!check_gen(c, g)) return false;
        if (g->kind != G_SLICE) bind(c, g->slot);
        if (g->cond && (!check_tree(c, g->cond, false) || g->cond->type->kind != T_BOOL))
            return no(c, "a condition is no truth value");
    }
    return true;
}

static bool list_like(const struct type *t) {
    return t->kind == T_SEQ || t->kind == T_BAG || (t->kind == T_SET && !t->bitset);
}

static bool check_place(const struct ir *e) {
    for (; e->op != IR_STATE; e = e->kid[0]) {
        bool ok = e->op == IR_FIELD || e->op == IR_PAYLOAD ||
                  (e->op == IR_INDEX && (e->kid[0]->type->kind == T_MAP || e->kid[0]->type->kind == T_SEQ));
        if (!ok) return false;
    }
    return e->imm == 0;
}

/* A narrow value of a range is kept as itself. */
static bool check_const(const struct ir *e) {
    if (e->n || (e->type->words != 0) != (e->words != NULL)) return false;
    return value_valid(e->type, e->words ? (uint64_t)(uintptr_t)e->words : (uint64_t)e->imm);
}

/* The same bit sets, or lists of the same geometry. */
static bool same_sets(const struct type *a, const struct type *b) {
    return a->kind == T_SET && b->kind == T_SET && a->elem == b->elem && a->cap == b->cap;
}

static bool check_parts(const struct ir *e, const struct type *t) {
    for (uint32_t i = 0; i < e->n; i++)
        if (!within(e->kid[i]->type, t)) return false;
    return true;
}

static bool check_cons(const struct ir *e) {
    const struct type *t = e->type;
    uint32_t first = 0, n = t->n;
    if (t->kind == T_UNION) {
        if (e->imm < 0 || e->imm >= (int64_t)t->n_variants) return false;
        first = t->variants[e->imm].first;
        n = t->variants[e->imm].n;
    } else if (t->kind != T_RECORD && t->kind != T_TUPLE) {
        return false;
    }
    if (e->n != n) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!within(e->kid[i]->type, t->fields[first + i].type)) return false;
    return true;
}

static bool check_arithmetic(const struct ir *e) {
    int64_t lo, hi;
    if (e->n != 2 || !type_is_int(e->kid[0]->type) || !type_is_int(e->kid[1]->type)) return false;
    ir_interval(e->op, e->kid[0]->type, e->kid[1]->type, &lo, &hi);
    return holds(e->type, lo, hi);
}

static bool check_index(const struct ir *e, const struct type *a, const struct type *b) {
    if (e->n != (e->op == IR_INDEX ? 2 : 3) || (a->kind != T_MAP && a->kind != T_SEQ)) return false;
    if (a->kind == T_MAP ? !fits(b, a->key) : !type_is_int(b)) return false;
    return e->op == IR_INDEX ? a->elem == e->type : a == e->type && within(e->kid[2]->type, a->elem);
}

/* How many bindings loops make at most. */
static uint64_t count_of(const struct check *c, const struct ir *e) {
    enum { MANY = 40 };
    uint64_t n = 1;
    for (uint32_t i = 0; i < e->n_gens; i++) {
        const struct ir_gen *g = &e->gens[i];
        const struct type *t = g->kind == G_SLICE ? g->elem : c->p->slots.at[g->slot];
        uint64_t k = g->kind == G_LET ? 1 : g->kind == G_BAG || g->kind == G_BAGALL ? g->src->type->cap : t->universe;
        for (uint32_t f = 0; g->kind == G_SLICE && f < g->n_fields; f++)
            if (g->fixed[f]) k /= c->p->slots.at[g->field_slots[f]]->universe;
        if (g->kind != G_LET && g->kind != G_SLICE && !k) k = (uint64_t)1 << MANY;
        if (__builtin_mul_overflow(n, k, &n) || n > (uint64_t)1 << MANY) n = (uint64_t)1 << MANY;
    }
    return n;
}

static bool check_reduce(struct check *c, const struct ir *e, const struct type *a, const struct type *b) {
    const struct type *t = e->type;
    if (!e->n_gens) return false;
    switch (e->imm) {
    case R_EXISTS:
    case R_FORALL: return e->n == 1 && t->kind == T_BOOL && a->kind == T_BOOL;
    case R_COUNT: return e->n == 0 && holds(t, 0, (int64_t)count_of(c, e));
    case R_SUM: return e->n == 1 && type_is_int(a) && holds(t, INT64_MIN, INT64_MAX);
    case R_SET: return e->n == 1 && t->kind == T_SET && within(a, t->elem);
    case R_BAG: return e->n == 1 && t->kind == T_BAG && within(a, t->elem);
    case R_MAP:
        return e->n == 1 && t->kind == T_MAP && within(a, t->elem) && e->gens[0].kind == G_VALUES &&
               slot_is(c, e->gens[0].slot, t->key);
    case R_FOLD: return e->n == 2 && within(a, t) && within(b, t);
    case R_CHOOSE: return e->n == 1 && within(a, t);
    case R_MIN:
    case R_MAX: return e->n == 1 && within(a, t) && !t->words;
    case R_ARGMIN:
    case R_ARGMAX: return e->n == 2 && within(a, t) && !b->words;
    default: return false;
    }
}

/* Sets, sequences and bags. */
static bool check_collection(const struct ir *e, const struct type *a, const struct type *b) {
    const struct type *t = e->type;
    switch (e->op) {
    case IR_MEMBER: return e->n == 2 && t->kind == T_BOOL && b->kind == T_SET && fits(a, b->elem);
    case IR_SUBSETEQ: return e->n == 2 && t->kind == T_BOOL && same_sets(a, b);
    case IR_UNION:
    case IR_INTER:
    case IR_DIFF: return e->n == 2 && same_sets(a, b) && same_sets(a, t);
    case IR_INSERT: return e->n == 2 && same_sets(a, t) && within(b, t->elem);
    case IR_SIZE:
        if (e->n != 1 || (a->kind != T_SET && !list_like(a))) return false;
        return holds(t, 0, a->kind == T_SET && a->bitset ? (int64_t)a->elem->universe : (int64_t)a->cap);
    case IR_SETLIT: return t->kind == T_SET && check_parts(e, t->elem);
    case IR_SEQLIT: return t->kind == T_SEQ && check_parts(e, t->elem);
    case IR_BAGLIT: return t->kind == T_BAG && check_parts(e, t->elem);
    case IR_APPEND: return e->n == 2 && t->kind == T_SEQ && a == t && within(b, t->elem);
    case IR_TAIL: return e->n == 1 && t->kind == T_SEQ && a == t;
    case IR_CONCAT:
        return e->n == 2 && t->kind == T_SEQ && a->kind == T_SEQ && b->kind == T_SEQ && within(a->elem, t->elem) &&
               within(b->elem, t->elem);
    case IR_SLICE: return e->n == 3 && t->kind == T_SEQ && a == t && type_is_int(b) && type_is_int(e->kid[2]->type);
    case IR_BAGADD: return e->n == 2 && t->kind == T_BAG && a == t && within(b, t->elem);
    case IR_BAGREMOVE: return e->n == 2 && t->kind == T_BAG && a == t && fits(b, t->elem);
    case IR_BAGCOUNT: return e->n == 2 && a->kind == T_BAG && fits(b, a->elem) && holds(t, 0, a->cap);
    case IR_ELEMENTS:
        return e->n == 1 && t->kind == T_SET && list_like(a) && a->kind != T_SET && within(a->elem, t->elem);
    default: /* IR_CLOSURE */
        return e->n == 1 && a == t && t->kind == T_SET && t->bitset && t->elem->kind == T_TUPLE && t->elem->n == 2 &&
               t->elem->fields[0].type == t->elem->fields[1].type;
    }
}

/* Number of kids and what they are, by operation. */
static bool check_node(struct check *c, const struct ir *e) {
    const struct type *t = e->type, *a = e->n > 0 ? e->kid[0]->type : NULL, *b = e->n > 1 ? e->kid[1]->type : NULL;
    bool boolean = t->kind == T_BOOL;
    if (!e->n && e->op != IR_CONST && e->op != IR_LOCAL && e->op != IR_STATE && e->op != IR_FAIL &&
        e->op != IR_REDUCE && e->op != IR_CONS && e->op != IR_SETLIT && e->op != IR_SEQLIT && e->op != IR_BAGLIT)
        return false;
    switch (e->op) {
    case IR_CONST: return check_const(e);
    case IR_LOCAL: return e->n == 0 && slot_is(c, e->slot, t) && c->bound[e->slot];
    case IR_STATE: return e->n == 0 && e->var && e->var->type == t && (e->imm == 0 || (e->imm == 1 && c->primed));
    case IR_FIELD:
    case IR_SETFIELD:
        if ((a->kind != T_RECORD && a->kind != T_TUPLE) || e->imm < 0 || e->imm >= (int64_t)a->n) return false;
        if (e->op == IR_FIELD) return e->n == 1 && a->fields[e->imm].type == t;
        return e->n == 2 && a == t && within(b, a->fields[e->imm].type);
    case IR_PAYLOAD:
        return e->n == 1 && a->kind == T_UNION && e->slot < a->n_variants && e->imm >= 0 &&
               e->imm < (int64_t)a->variants[e->slot].n && a->fields[a->variants[e->slot].first + e->imm].type == t;
    case IR_ISTAG: return e->n == 1 && boolean && a->kind == T_UNION && e->imm >= 0 && e->imm < (int64_t)a->n_variants;
    case IR_CONS: return check_cons(e);
    case IR_INDEX:
    case IR_SETINDEX: return check_index(e, a, b);
    case IR_SOME: return e->n == 1 && t->kind == T_OPTION && within(a, t->elem);
    case IR_ISSOME: return e->n == 1 && boolean && a->kind == T_OPTION;
    case IR_UNWRAP: return e->n == 1 && a->kind == T_OPTION && a->elem == t;
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_DIV:
    case IR_MOD:
    case IR_MIN2:
    case IR_MAX2: return check_arithmetic(e);
    case IR_TORANGE: return e->n == 1 && type_is_int(a) && type_is_int(t);
    case IR_EQ:
        if (e->n == 2 && a->kind == T_SET && b->kind == T_SET) /* a claim on the size apart, the same type */
            return boolean && a->elem == b->elem && a->bitset == b->bitset && a->cap == b->cap;
        return e->n == 2 && boolean && fits(a, b);
    case IR_LT:
    case IR_LE: return e->n == 2 && boolean && fits(a, b) && !a->words;
    case IR_NOT: return e->n == 1 && boolean && a->kind == T_BOOL;
    case IR_AND:
    case IR_OR: return boolean && check_parts(e, t);
    case IR_IF: return e->n == 3 && a->kind == T_BOOL && within(b, t) && within(e->kid[2]->type, t);
    case IR_LET: return e->n == 2 && within(b, t);
    case IR_FAIL: return e->n == 0 && e->imm > DC_OK && e->imm <= DC_MATCH;
    case IR_TEMPORAL:
        if (e->imm == TOK_LEADSTO || e->imm == TOK_UNTIL)
            return e->n == 2 && boolean && a->kind == T_BOOL && b->kind == T_BOOL;
        return (e->imm == TOK_ALWAYS || e->imm == TOK_EVENTUALLY || e->imm == TOK_CAN) && e->n == 1 && boolean &&
               a->kind == T_BOOL;
    case IR_REDUCE: return check_reduce(c, e, a, b);
    case IR_BLOCK:
    case IR_STORE:
    case IR_BIND:
    case IR_WHEN:
    case IR_FOR:
    case IR_PICK:
    case IR_EITHER:
    case IR_ASSERT:
    case IR_REQUIRE:
    case IR_SENDS:
    case IR_CUT:
    case IR_PROBE: /* only a program that was just compiled has points to count */
    case IR_MARK:
    case IR_COUNT: return false;
    default: return check_collection(e, a, b);
    }
}

static bool check_statement(struct check *c, struct ir *e) {
    uint32_t names = c->scope.n;
    switch (e->op) {
    case IR_BLOCK:
    case IR_EITHER:
        for (uint32_t i = 0; i < e->n; i++) {
            if (!e->kid[i] || !check_tree(c, e->kid[i], true))
                return no(c, "a block holds something else than statements");
            if (e->op == IR_EITHER) leave(c, names);
        }
        return e->op == IR_BLOCK || e->n > 0 || no(c, "a choice of nothing");
    case IR_STORE:
        return (e->n == 2 && e->kid[0] && e->kid[1] && check_tree(c, e->kid[0], false) &&
                check_tree(c, e->kid[1], false) && check_place(e->kid[0]) &&
                within(e->kid[1]->type, e->kid[0]->type)) ||
               no(c, "an assignment is wrong");
    case IR_BIND:
        return (e->n == 1 && e->kid[0] && check_tree(c, e->kid[0], false) && bind_as(c, e->slot, e->kid[0]->type)) ||
               no(c, "a binding is wrong");
    case IR_WHEN:
        if (e->n != 3 || !e->kid[0] || !e->kid[1] || !check_tree(c, e->kid[0], false) ||
            e->kid[0]->type->kind != T_BOOL)
            return no(c, "a condition is wrong");
        for (uint32_t i = 1; i < 3; i++) {
            if (e->kid[i] && !check_tree(c, e->kid[i], true)) return false;
            leave(c, names);
        }
        return true;
    case IR_FOR:
        if (e->n != 1 || !e->kid[0] || !e->n_gens || !check_gens(c, e->gens, e->n_gens) ||
            !check_tree(c, e->kid[0], true))
            return no(c, "a loop is wrong");
        leave(c, names);
        return true;
    case IR_PICK: return (e->n == 0 && e->n_gens && check_gens(c, e->gens, e->n_gens)) || no(c, "a choice is wrong");
    case IR_ASSERT:
    case IR_REQUIRE:
        return (e->n == 1 && e->kid[0] && check_tree(c, e->kid[0], false) && e->kid[0]->type->kind == T_BOOL) ||
               no(c, "an assertion is wrong");
    case IR_SENDS:
        if (e->n != 2 || !e->kid[0] || !e->kid[1]) return no(c, "a message is wrong");
        c->aside = true;
        if (!check_tree(c, e->kid[0], false) || e->kid[0]->type->kind != T_UNION) return no(c, "a message is wrong");
        c->aside = false;
        return check_tree(c, e->kid[1], true);
    case IR_CUT: return e->n == 0 || no(c, "a cut is wrong");
    case IR_FAIL: return (e->n == 0 && e->imm > DC_OK && e->imm <= DC_MATCH) || no(c, "a failure is wrong");
    default: return no(c, "this is no statement");
    }
}

static bool check_kid(struct check *c, struct ir *e, uint32_t i) {
    return (i < e->n && e->kid[i] && check_tree(c, e->kid[i], false)) || no(c, "a part of an expression is missing");
}

/* The parts in the order in which they are computed, which is that in which names are bound. */
static bool check_kids(struct check *c, struct ir *e) {
    bool fold = e->op == IR_REDUCE && e->imm == R_FOLD;
    if (fold && (!check_kid(c, e, 1) || !slot_is(c, e->slot, e->type))) return no(c, "a fold is wrong");
    if (fold) bind(c, e->slot);
    if (!check_gens(c, e->gens, e->n_gens)) return false;
    for (uint32_t i = 0; i < e->n; i++) {
        if (fold && i == 1) continue;
        if (!check_kid(c, e, i)) return false;
        if (e->op == IR_LET && i == 0 && !bind_as(c, e->slot, e->kid[0]->type)) return no(c, "a binding is wrong");
    }
    return true;
}

static bool check_tree(struct check *c, struct ir *e, bool statement) {
    uint32_t names = c->scope.n;
    if (e->site >= c->p->sites.n) return no(c, "a site is not there");
    if (statement) return check_statement(c, e);
    if (!e->type || e->type->kind == T_ERROR || e->type->kind == T_NONE || e->type->kind == T_EMPTY ||
        e->type->kind == T_STRING)
        return no(c, "an expression has no type");
    if (!check_kids(c, e)) return false;
    if (!check_node(c, e)) return no(c, "an expression does not fit together");
    leave(c, names);
    return true;
}

static bool check_action(struct check *c, const struct ir_action *a) {
    const struct program *p = c->p;
    if (!a->body || !check_gens(c, a->gens, a->n_gens) || !check_tree(c, a->body, true))
        return no(c, "an action has no body");
    const struct type *id = a->process >= 0 ? p->processes.at[a->process].id : NULL;
    if (id && (!slot_is(c, a->self, id) || !c->bound[a->self])) return no(c, "an action belongs to no process");
    if (a->message && (!check_tree(c, a->message, false) || a->message->type->kind != T_UNION))
        return no(c, "a handler takes no message");
    for (uint32_t k = 0; k < a->n_bindings; k++)
        if (!a->bindings[k].value || !check_tree(c, a->bindings[k].value, false))
            return no(c, "a binding has no value");
    return true;
}

static bool check_pred(struct check *c, const struct ir_pred *q) {
    c->primed = q->kind == DC_STEP;
    bool right = q->body && check_tree(c, q->body, false) && q->body->type->kind == T_BOOL;
    c->primed = false;
    if (!right) return no(c, "a predicate is no truth value");
    bool behaviours = q->kind == DC_TEMPORAL;
    if (q->temporal ? !temporal_shape(q->body, behaviours) : ir_temporal(q->body))
        return no(c, "a temporal operator where none can stand");
    if (behaviours && !q->temporal) return no(c, "a property without a formula");
    return !q->refine || q->kind == DC_STEP || q->kind == DC_INITIALLY ||
           no(c, "a refinement tells of steps and initial states only");
}

static bool check_refinement(struct check *c, const struct ir_refine *r) {
    if (!r->map || !r->init || !check_tree(c, r->map, true)) return no(c, "a refinement without a mapping");
    leave(c, 0);
    if (!check_tree(c, r->init, true)) return false;
    leave(c, 0);
    for (uint32_t i = 0; i < r->actions.n; i++) {
        if (!check_action(c, &r->actions.at[i])) return false;
        leave(c, 0);
    }
    return true;
}

static bool check_program(struct check *c) {
    const struct program *p = c->p;
    if (!p->init || !check_tree(c, p->init, true)) return no(c, "there is no initial state");
    leave(c, 0);
    for (uint32_t i = 0; i < p->actions.n; i++) {
        if (!check_action(c, &p->actions.at[i])) return false;
        leave(c, 0);
    }
    for (uint32_t i = 0; i < p->refines.n; i++)
        if (!check_refinement(c, &p->refines.at[i])) return false;
    for (uint32_t i = 0; i < p->preds.n; i++)
        if (!check_pred(c, &p->preds.at[i])) return false;
    for (uint32_t i = 0; i < p->watches.n; i++)
        if (!p->watches.at[i] || !p->watches.at[i]->text || !check_tree(c, p->watches.at[i], false))
            return no(c, "a watch has no value");
    return true;
}

const char *program_check(const struct program *p) {
    struct check c = {.p = p, .bound = mem_alloc(p->slots.n + 1)};
    bool right = check_program(&c) && !c.wrong;
    mem_free(c.bound);
    VEC_FREE(c.scope);
    return right ? NULL : c.wrong;
}
