/* What the parts of the TLA+ writer share; see compiler/tla.h for what it does. */
#ifndef DC_COMPILER_TLA_CX_H
#define DC_COMPILER_TLA_CX_H

#include "compiler/tla.h"
#include "compiler/tla_tree.h"

/* Operators of the module that are written only where something uses them; texts in tla.c. */
enum tla_helper {
    HELP_ERROR,
    HELP_EVALUATED,
    HELP_CHECKED,
    HELP_VALUE,
    HELP_COPIES,
    HELP_MIN,
    HELP_MAX,
    HELP_SMALLER,
    HELP_LARGER,
    HELP_CLAMP,
    HELP_AT_MOST,
    HELP_SHORT,
    HELP_SMALL_BAG,
    HELP_SLICE,
    HELP_CLOSURE,
    HELP_SEQUENCES,
    HELP_BAGS,
    HELP_COUNT
};

struct tla_type {
    const char *set;   /* name of the definition of all its values, or NULL */
    const char *rank;  /* name of the function that numbers its values, or NULL */
    const char *below; /* name of its order, or NULL */
    bool used, ranked; /* something refers to it */
    const char **ids;  /* symmetric: its constants */
};

struct tla_slice {
    const struct ir_gen *gen;
    struct tla *element;
};

/* One definition is being written at a time; a cell is a variable of the state (by index) or, behind them, a slot. */
struct tla_cx {
    const struct program *p;
    const struct sources *sources;
    struct arena *a;

    VEC(const char *) globals, locals, notes; /* notes: what cannot be said, or differs */
    struct tla_type *types;                   /* by id */
    const char **variables;                   /* by index; behind them those of refinements */
    uint32_t n_variables;
    struct tla **cell; /* n_variables and then one for each slot; NULL: not bound */
    uint32_t n_cells;
    VEC(struct tla_slice) slices;   /* what generators over slices are bound to */
    uint32_t *tags;                 /* of slots: 1 + the only kind that a condition around allows, or 0 */
    VEC(const struct ir *) guarded; /* cut ranges that a condition in front has seen to */
    const bool *pointwise;          /* variables whose cell is the value at the loop's own key; NULL: no such loop */
    bool helpers[HELP_COUNT];
    bool none; /* the constant None is used */
};

/* Names: unique among globals, and in the definition being written. */
const char *tla_global(struct tla_cx *, const char *wish);
const char *tla_local(struct tla_cx *, const char *wish);
void tla_forget_locals(struct tla_cx *);
/* Says once, in the module and to the user, what is left out or differs. */
void tla_note(struct tla_cx *, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct tla *tla_call(struct tla_cx *, enum tla_helper, uint32_t n, ...);
struct tla *tla_error(struct tla_cx *, enum dc_error, const struct ir *at);
struct tla *tla_why(struct tla_cx *, const char *what, struct span);
const char *tla_where(struct tla_cx *, struct span); /* file:line */
struct tla *tla_place(struct tla_cx *, struct span); /* the same, as a string of TLA+ */
struct tla *tla_number(struct tla_cx *, int64_t);

/* Types and values. */
void tla_types(struct tla_cx *);
struct tla *tla_kind_set(struct tla_cx *, const struct type *, uint32_t variant);
struct tla *tla_set_of(struct tla_cx *, const struct type *);          /* all its values */
struct tla *tla_type_definition(struct tla_cx *, const struct type *); /* of a named one */
struct tla *tla_rank_definition(struct tla_cx *, const struct type *);
struct tla *tla_below_definition(struct tla_cx *, const struct type *, const char **head);
struct tla *tla_is_value(struct tla_cx *, const struct type *, struct tla *); /* for TypeOK */
struct tla *tla_value(struct tla_cx *, const struct type *, uint64_t);        /* a constant */
struct tla *tla_zero(struct tla_cx *, const struct type *);
struct tla *tla_below(struct tla_cx *, const struct type *, struct tla *, struct tla *);       /* a < b */
const char *tla_field(struct tla_cx *, const struct type *, uint32_t variant, uint32_t field); /* field: within it */
const char *tla_tag(struct tla_cx *, const struct type *);
struct tla *tla_least(struct tla_cx *, const struct type *, struct tla *set, bool greatest);

/* Expressions. */
struct tla *tla_expr(struct tla_cx *, const struct ir *);
struct tla *tla_is_kind(struct tla_cx *, const struct type *, struct tla *, uint32_t variant);
struct tla *tla_select(struct tla_cx *, const struct type *, uint32_t variant, uint32_t field, struct tla *);
typedef struct tla *tla_body(struct tla_cx *, void *);
/* \E over the generators, with what `body` makes of the innermost; `action`: it is a part of one. */
struct tla *tla_exists(struct tla_cx *, const struct ir_gen *, uint32_t n, bool action, tla_body *, void *self);
/* UNION over them. */
struct tla *tla_unite(struct tla_cx *, const struct ir_gen *, uint32_t n, tla_body *, void *self);
/* Goes through the bindings one by one: Loop[todo] is the result of those in `todo`, the last of them outermost;
 * `ordered`: in the order of the language. `next` makes the result with one more binding. */
typedef struct tla *tla_next(struct tla_cx *, void *, struct tla *so_far);
struct tla *tla_recursion(struct tla_cx *, const struct ir_gen *, uint32_t n, const char *wish, bool ordered,
                          struct tla *start, tla_next *, void *self);
/* The generators bound to these names, one for each that has a set. */
struct tla *tla_bound(struct tla_cx *, const struct ir_gen *, uint32_t n, struct tla *const *names, tla_body *,
                      void *self);
/* What a generator runs over; binds its slot to a new name. *also: conditions besides its own. */
struct tla *tla_domain(struct tla_cx *, const struct ir_gen *, const char **name, struct tla **also, bool copies);
struct tla *tla_slice_element(struct tla_cx *, const struct ir_gen *);
struct tla *tla_slot(const struct tla_cx *, uint32_t slot);
void tla_set_slot(struct tla_cx *, uint32_t slot, struct tla *);
const char *tla_slot_name(struct tla_cx *, uint32_t slot);
const struct type *tla_gen_type(const struct tla_cx *, const struct ir_gen *);
bool tla_simple(const struct tla *); /* may be repeated instead of named */

/* Steps. */
struct tla *tla_init(struct tla_cx *, const struct ir *statement, const uint32_t *vars, uint32_t n);
struct tla *tla_step(struct tla_cx *, const struct ir *statement, const uint32_t *vars, uint32_t n);
/* Some run of the statement leads beyond a bound. */
struct tla *tla_cuts(struct tla_cx *, const struct ir *statement);
bool tla_may_cut(const struct ir *);
/* Values in place of M's variables: for refinements. */
void tla_assign(struct tla_cx *, const struct ir *statement);

#endif
