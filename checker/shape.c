#include "checker/shape.h"

#include "checker/ltl.h"

const struct formula *shape(struct arena *m, enum formula_op op, const struct formula *a, const struct formula *b) {
    struct formula *f = arena_alloc(m, sizeof *f);
    *f = (struct formula){.op = op, .kid = {a, b}};
    return f;
}

const struct formula *shape_opposite(struct arena *m, const struct formula *f) {
    return f->op == FORMULA_NOT ? f->kid[0] : shape(m, FORMULA_NOT, f, NULL);
}

/* neg: of the opposite. */
static const struct formula *plain(struct arena *m, const struct formula *f, bool neg) {
    if (formula_is_state(f)) return neg ? shape_opposite(m, f) : f;
    switch (f->op) {
    case FORMULA_NOT: return plain(m, f->kid[0], !neg);
    case FORMULA_AND:
    case FORMULA_OR:
        return shape(m, (f->op == FORMULA_AND) != neg ? FORMULA_AND : FORMULA_OR, plain(m, f->kid[0], neg),
                     plain(m, f->kid[1], neg));
    case FORMULA_ALWAYS:
    case FORMULA_EVENTUALLY:
        return shape(m, (f->op == FORMULA_ALWAYS) != neg ? FORMULA_ALWAYS : FORMULA_EVENTUALLY,
                     plain(m, f->kid[0], neg), NULL);
    case FORMULA_LEADSTO:
        if (neg) {
            const struct formula *never = shape(m, FORMULA_ALWAYS, plain(m, f->kid[1], true), NULL);
            return shape(m, FORMULA_EVENTUALLY, shape(m, FORMULA_AND, plain(m, f->kid[0], false), never), NULL);
        }
        return shape(m, FORMULA_LEADSTO, plain(m, f->kid[0], false), plain(m, f->kid[1], false));
    default: return neg ? shape(m, FORMULA_NOT, f, NULL) : f;
    }
}

const struct formula *shape_plain(struct arena *m, const struct formula *f) { return plain(m, f, false); }

static bool is_op(const struct formula *f, enum formula_op op) { return f->op == op; }

struct problem shape_problem(struct arena *m, const struct formula *f) {
    struct problem p = {0};
    if (formula_is_state(f)) return (struct problem){.all = f, .initially = true};
    const struct formula *a = f->kid[0], *b = f->kid[1];
    if (is_op(f, FORMULA_EVENTUALLY)) {
        if (is_op(a, FORMULA_EVENTUALLY)) return shape_problem(m, a);
        if (formula_is_state(a)) return (struct problem){.stay = shape_opposite(m, a)};
        if (is_op(a, FORMULA_ALWAYS) && formula_is_state(a->kid[0]))
            return (struct problem){.anywhere = true, .visit = shape_opposite(m, a->kid[0])};
    }
    if (is_op(f, FORMULA_ALWAYS)) {
        if (formula_is_state(a)) return (struct problem){.all = a};
        if (is_op(a, FORMULA_ALWAYS)) return shape_problem(m, a);
        if (is_op(a, FORMULA_EVENTUALLY) && formula_is_state(a->kid[0]))
            return (struct problem){.anywhere = true, .stay = shape_opposite(m, a->kid[0])};
        if (is_op(a, FORMULA_EVENTUALLY) && is_op(a->kid[0], FORMULA_ALWAYS)) return shape_problem(m, a);
        if (is_op(a, FORMULA_OR)) {
            const struct formula *x = a->kid[0], *y = a->kid[1];
            if (formula_is_state(y) && is_op(x, FORMULA_EVENTUALLY)) {
                const struct formula *swap = x;
                x = y;
                y = swap;
            }
            if (formula_is_state(x) && is_op(y, FORMULA_EVENTUALLY) && formula_is_state(y->kid[0]))
                return (struct problem){.start = shape_opposite(m, x), .stay = shape_opposite(m, y->kid[0])};
        }
    }
    if (is_op(f, FORMULA_LEADSTO)) {
        while (is_op(b, FORMULA_EVENTUALLY)) b = b->kid[0];
        while (is_op(a, FORMULA_EVENTUALLY)) a = a->kid[0];
        if (formula_is_state(a) && formula_is_state(b))
            return (struct problem){.start = a, .stay = shape_opposite(m, b)};
    }
    p.general = f;
    return p;
}
