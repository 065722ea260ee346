#include "compiler/temporal.h"

#include <string.h>

#include "base/mem.h"
#include "parser/ast.h"

bool temporal_shape(const struct ir *e, bool behaviours) {
    if (!ir_temporal(e)) return true;
    bool boolean = e->op == IR_EQ ? e->n == 2 && e->kid[0]->type->kind == T_BOOL : e->op == IR_IF ? e->n == 3 : true;
    if (!boolean || (e->op != IR_AND && e->op != IR_OR && e->op != IR_NOT && e->op != IR_EQ && e->op != IR_IF &&
                     e->op != IR_TEMPORAL))
        return false;
    bool can = e->op == IR_TEMPORAL && e->imm == TOK_CAN;
    if (e->op == IR_TEMPORAL && !can && !behaviours) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (!temporal_shape(e->kid[i], behaviours && !can)) return false;
    return true;
}

static const struct formula *make(struct program *p, enum formula_op op, const struct formula *a,
                                  const struct formula *b) {
    struct formula *f = arena_alloc(&p->arena, sizeof *f);
    *f = (struct formula){.op = op, .kid = {a, b}};
    return f;
}

static const struct formula *negate(struct program *p, const struct formula *f) {
    if (f->op == FORMULA_NOT) return f->kid[0];
    if (f->op == FORMULA_TRUE || f->op == FORMULA_FALSE)
        return make(p, f->op == FORMULA_TRUE ? FORMULA_FALSE : FORMULA_TRUE, NULL, NULL);
    return make(p, FORMULA_NOT, f, NULL);
}

static const struct formula *atom(struct program *p, struct ir *e) {
    struct formula *f = arena_alloc(&p->arena, sizeof *f);
    f->op = FORMULA_ATOM;
    for (f->atom = 0; f->atom < p->atoms.n; f->atom++)
        if (ir_same(p->atoms.at[f->atom], e)) return f;
    VEC_PUSH(p->atoms, e);
    return f;
}

static const struct formula *formula_of(struct program *p, struct ir *e) {
    if (e->op == IR_CONST) return make(p, e->imm ? FORMULA_TRUE : FORMULA_FALSE, NULL, NULL);
    if (e->op == IR_NOT) return negate(p, formula_of(p, e->kid[0]));
    if (!ir_temporal(e)) return atom(p, e);
    const struct formula *k[3] = {0};
    for (uint32_t i = 0; i < e->n && i < 3; i++) k[i] = formula_of(p, e->kid[i]);
    switch (e->op) {
    case IR_AND:
    case IR_OR: {
        const struct formula *f = k[0];
        for (uint32_t i = 1; i < e->n; i++)
            f = make(p, e->op == IR_AND ? FORMULA_AND : FORMULA_OR, f, i < 3 ? k[i] : formula_of(p, e->kid[i]));
        return f;
    }
    case IR_EQ: /* iff */
        return make(p, FORMULA_OR, make(p, FORMULA_AND, k[0], k[1]),
                    make(p, FORMULA_AND, negate(p, k[0]), negate(p, k[1])));
    case IR_IF:
        return make(p, FORMULA_OR, make(p, FORMULA_AND, k[0], k[1]), make(p, FORMULA_AND, negate(p, k[0]), k[2]));
    case IR_TEMPORAL:
        switch (e->imm) {
        case TOK_ALWAYS: return make(p, FORMULA_ALWAYS, k[0], NULL);
        case TOK_EVENTUALLY: return make(p, FORMULA_EVENTUALLY, k[0], NULL);
        case TOK_LEADSTO: return make(p, FORMULA_LEADSTO, k[0], k[1]);
        case TOK_UNTIL: return make(p, FORMULA_UNTIL, k[0], k[1]);
        default: return make(p, FORMULA_CAN, k[0], NULL);
        }
    default: panic("a temporal formula in a place where none can stand");
    }
}

void temporal_formulas(struct program *p) {
    p->atoms.n = 0;
    for (uint32_t i = 0; i < p->preds.n; i++) {
        struct ir_pred *q = &p->preds.at[i];
        q->formula = q->temporal ? formula_of(p, q->body) : NULL;
    }
}

uint32_t temporal_key(const struct ir_action *a, const struct ir **out, uint32_t cap) {
    uint32_t n = 0;
    if (a->message && n < cap) out[n++] = a->message;
    for (uint32_t i = 0; i < a->n_bindings && n < cap && (a->kind != ACT_HANDLER || a->fair_each); i++)
        out[n++] = a->bindings[i].value;
    return n;
}
