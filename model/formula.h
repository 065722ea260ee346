/* Formulas of linear temporal logic over numbered atoms, and possibility (`can`), as the checker sees them.
 *
 * Nodes live in the arena of the program and are immutable. Meaning: that of TLA+ (Lamport, "Specifying Systems", 2002,
 * chapter 8) for behaviours that may stop, without the next-time operator, so that stuttering changes nothing.
 * FORMULA_CAN is a formula about one state: some path from here, by any steps, reaches a state that satisfies its kid.
 */
#ifndef DC_MODEL_FORMULA_H
#define DC_MODEL_FORMULA_H

#include <stdbool.h>
#include <stdint.h>

enum formula_op {
    FORMULA_TRUE,
    FORMULA_FALSE,
    FORMULA_ATOM,
    FORMULA_NOT,
    FORMULA_AND,
    FORMULA_OR,
    FORMULA_ALWAYS,
    FORMULA_EVENTUALLY,
    FORMULA_LEADSTO, /* kid[0] leads to kid[1] */
    FORMULA_UNTIL,   /* kid[0] holds until kid[1] does, and it does */
    FORMULA_CAN,
};

struct formula {
    enum formula_op op;
    uint32_t atom;
    const struct formula *kid[2];
};

static inline bool formula_mentions(const struct formula *f, uint32_t atom) {
    if (!f) return false;
    if (f->op == FORMULA_ATOM) return f->atom == atom;
    return formula_mentions(f->kid[0], atom) || formula_mentions(f->kid[1], atom);
}

#endif
