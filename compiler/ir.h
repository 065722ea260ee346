/* The IR: one tree for expressions and statements, the only definition of what a spec means. The interpreter
 * (eval.c) and the C generator (cgen.c) both walk it; ir_dump writes it as S-expressions, ir_read reads them back.
 *
 * Nodes live in the arena of the program and are immutable once a pass has returned them; passes rebuild.
 *
 *   CONST imm or words        LOCAL slot                STATE var, imm 1: the next state (primed)
 *   FIELD k0.imm              PAYLOAD field imm of variant slot of k0 (its tag is known)
 *   ISTAG k0 is variant imm   CONS kids: record, tuple, or variant imm of a union
 *   SETFIELD k0 with field imm := k1
 *   INDEX k0[k1]   SETINDEX k0 with [k1] := k2          maps and sequences
 *   SOME k0   ISSOME k0   UNWRAP k0 (imm 1: known to be there)
 *   ADD SUB MUL DIV MOD MIN2 MAX2 TORANGE LT LE EQ NOT AND(kids) OR(kids) IF
 *   LET slot := k0 in k1      MEMBER k0 in k1     SUBSETEQ UNION INTER DIFF     INSERT k0 with element k1
 *   SIZE of a set, bag or sequence       SETLIT SEQLIT BAGLIT kids
 *   APPEND k0, k1   TAIL   CONCAT   SLICE k0 from k1 to k2 (exclusive)
 *   BAGADD BAGREMOVE BAGCOUNT (bag k0, element k1)      ELEMENTS of a bag or sequence, as a set
 *   CLOSURE of a relation: transitive, k0 a set of pairs
 *   REDUCE imm = enum reduce, generators, kids by operation (below)
 *   FAIL imm = enum dc_error: an expression that has no value
 *   TEMPORAL imm = token: always eventually leadsto until can; typed here, evaluated on the behaviour graph
 *   BLOCK kids     STORE place k0 := k1     BIND slot := k0    WHEN k0 then k1 else k2
 *   FOR generators do k0     PICK generators (a choice; blocks if there is none)     EITHER kids
 *   ASSERT k0, text    REQUIRE k0 (else this successor does not exist)
 *   SENDS message k0 by statement k1 (for reports; imm = network)      CUT: the search ends here
 *   PROBE k0, MARK: counted, as point imm / 2 of coverage (coverage.h); never in a program as text */
#ifndef DC_COMPILER_IR_H
#define DC_COMPILER_IR_H

#include <stdio.h>

#include "base/diag.h"
#include "compiler/type.h"
#include "model/formula.h"
#include "model/model.h"

enum ir_op {
#define IR(name, text, flags) IR_##name,
#include "compiler/ir.def"
#undef IR
    IR_COUNT
};

enum reduce {
    R_EXISTS, /* k0 */
    R_FORALL, /* k0 */
    R_COUNT,  /* no kid: how many bindings */
    R_SUM,    /* k0 */
    R_SET,    /* the set of all k0 */
    R_BAG,    /* the bag of all k0 */
    R_MAP,    /* generator 0 runs over the key type; value k0 */
    R_FOLD,   /* slot: accumulator; k0 next value, k1 start */
    R_CHOOSE, /* k0 of the first binding; none is an error */
    R_MIN,    /* least k0 */
    R_MAX,
    R_ARGMIN, /* k0 of the binding with the least k1, the first among equals */
    R_ARGMAX,
};

enum gen_kind {
    G_VALUES,  /* all values of the slot's type */
    G_SET,     /* elements of src, ascending */
    G_RANGE,   /* src .. src2 */
    G_BAG,     /* elements of the bag src, each once */
    G_BAGALL,  /* with repetition */
    G_SUBSETS, /* subsets of src */
    G_LET,     /* the one value src */
    G_SLICE,   /* those elements of the bit set src that are variant `variant` with the given fields */
};

struct ir_gen {
    enum gen_kind kind;
    uint32_t slot;     /* G_SLICE: none */
    uint32_t distinct; /* G_LET, not 0: skip a value had before since the generator this many places earlier began */
    struct ir *src, *src2;
    struct ir *cond; /* or NULL: tested as soon as the slot is bound */
    uint32_t variant, n_fields;
    uint32_t *field_slots; /* bound by the loop where fixed[i] is NULL */
    struct ir **fixed;
    const struct type *elem; /* G_SLICE: the element type */
};

struct ir_var;
struct scenario;
struct ir {
    enum ir_op op;
    bool total;     /* cannot fail */
    bool constant;  /* no state, no locals */
    bool stateless; /* no state */
    bool whole;     /* REDUCE: looks at all bindings, and it is an error if which comes first shows (symmetry.h) */
    uint32_t n, n_gens, slot, site;
    const struct type *type; /* NULL: a statement */
    struct span span;
    int64_t imm;
    struct ir **kid;
    struct ir_gen *gens;
    const struct ir_var *var;
    const uint64_t *words;
    const char *text;
};

struct ir_var {
    const char *name; /* as people see it: server.term */
    const char *member;
    const struct type *type; /* of per-process variables: map[Id -> T] */
    int process;             /* index, or -1 */
    bool per_instance, ghost, hidden, stable;
    uint32_t index, word, shift;
    struct span span;
    const uint32_t *cells;       /* a map without its dead cells: ranks of the keys that are left */
    const struct type *cell_map; /* and the type that it had */
};

struct ir_process {
    const char *name;
    const struct type *id; /* NULL: a single process */
    uint32_t n;
    struct span span;
};

enum action_kind { ACT_STEP, ACT_HANDLER, ACT_TIMEOUT, ACT_TICK, ACT_FAULT };
struct ir_binding {
    const char *name;
    struct ir *value;
};
struct ir_action {
    const char *name, *doc;
    enum action_kind kind;
    int process;
    uint32_t self;                                        /* slot, if the process has instances */
    bool fault, strong, fair, fair_each, torn, byzantine; /* fair: as declared; what holds in a check is in fairs */
    struct span span;
    struct ir_gen *gens;
    uint32_t n_gens;
    struct ir *body;
    struct ir *message;          /* handlers: what is received */
    struct ir_binding *bindings; /* for reports */
    uint32_t n_bindings;
    const char *fault_name; /* "crash", "lose", … */
};

struct ir_pred {
    const char *name, *doc;
    enum dc_kind kind;
    struct ir *body;
    struct ir *test; /* the same as what is quick to compute, or NULL; derived, not part of the text form */
    struct span span;
    const char *module;
    bool apart;      /* another instance of its module has the same, so the name begins with the module's */
    bool temporal;   /* contains temporal operators or `can` */
    uint32_t refine; /* not 0: number of a refinement, of whose steps or initial states this tells */
    const struct formula *formula; /* of a temporal one; derived (temporal.h), not part of the text form */
};

/* Who sends and who may receive a kind of message: index of the process, or -1 for several kinds. For reports. */
struct ir_message {
    const struct type *type; /* the union of its network */
    uint32_t variant;
    int from, to;
};

/* refines M as A: the variables of M live in words of their own behind the state, where `map` (a statement) computes
 * them from it; `init` and the actions are those of M on these words. */
struct ir_refine {
    const char *name, *module;
    VEC(struct ir_var *) vars;
    uint32_t words;
    struct ir *map, *init;
    VEC(struct ir_action) actions;
};

/* One entry of fairness; an obligation for each process, or for each message or binding (docs/language.md). */
struct ir_fair {
    const char *name; /* as a report calls it: server: on Vote */
    bool strong, per_key;
    uint32_t *actions;
    uint32_t n;
};

/* A symmetric type of the state; it reduces the search unless `why` says what forbids it. */
struct ir_symmetric {
    const struct type *type;
    const char *why;
    struct span span;
};

enum { FOLD_WORK = 1 << 23 };

struct point;
struct program {
    struct arena arena;
    struct types types;
    VEC(const struct type *) slots;
    VEC(const char *) slot_names; /* as the spec calls them, or NULL; for reports */
    VEC(struct ir_var *) vars;
    VEC(struct ir_process) processes;
    VEC(struct ir_action) actions;
    VEC(struct ir_pred) preds;
    VEC(struct ir *) watches;
    VEC(struct ir *) expects;  /* of the lines of a scenario */
    struct scenario *scenario; /* or NULL; scenario.h. Neither is part of the text form */
    VEC(struct span) sites;
    struct ir *init; /* statement: from the zero state to an initial one */
    const struct type *process_type, *message_type;
    uint32_t state_words;
    VEC(struct ir_message) messages;
    VEC(struct ir_refine) refines;
    VEC(struct ir_fair) fairs;
    VEC(struct ir *) atoms;             /* of temporal predicates; derived */
    VEC(struct ir_symmetric) symmetric; /* derived, by symmetry() */
    uint32_t folded;                    /* loops evaluated while nodes were built: bindings made, at most FOLD_WORK */
    struct span costly;                 /* where that was reached */
    VEC(struct point) points;           /* of coverage (coverage.h) */
    bool foreign;                       /* read from text: tags and names are checked where they are used */
};

const char *ir_op_name(enum ir_op);
/* As text of a node: it is false where what stands in the spec is true. A NOT with imm 1 stands there as one
 * comparison. */
extern const char IR_INVERTED[];
void program_free(struct program *);
uint32_t ir_slot(struct program *, const struct type *);

/* Constructors simplify what is known: constants, tags, fields of what was just built. */
struct ir *ir_new(struct program *, enum ir_op, const struct type *, struct span, uint32_t n, ...);
struct ir *ir_const(struct program *, const struct type *, int64_t, struct span);
struct ir *ir_bool(struct program *, bool, struct span);
struct ir *ir_local(struct program *, uint32_t slot, struct span);
struct ir *ir_state(struct program *, const struct ir_var *, bool primed, struct span);
struct ir *ir_with(struct program *, const struct ir *model, struct ir **kids); /* same node, other kids, simplified */
/* The same with other generators, too, which may be more or fewer. */
struct ir *ir_with_gens(struct program *, const struct ir *model, struct ir **kids, struct ir_gen *, uint32_t n_gens);
struct ir *ir_and(struct program *, struct ir *, struct ir *);
struct ir *ir_or(struct program *, struct ir *, struct ir *);
struct ir *ir_not(struct program *, struct ir *);
struct ir *ir_eq(struct program *, struct ir *, struct ir *, struct span);
struct ir *ir_field(struct program *, struct ir *, uint32_t field, struct span);
struct ir *ir_payload(struct program *, struct ir *, uint32_t variant, uint32_t field, struct span);
struct ir *ir_istag(struct program *, struct ir *, uint32_t variant, struct span);
struct ir *ir_cons(struct program *, const struct type *, uint32_t variant, struct ir **, uint32_t n, struct span);
struct ir *ir_index(struct program *, struct ir *, struct ir *, struct span);
struct ir *ir_reduce(struct program *, enum reduce, const struct type *, struct ir_gen *, uint32_t n, struct ir *k0,
                     struct ir *k1, struct span);
/* What an arithmetic operation on two ranges may give: all integers where that is not known. */
void ir_interval(enum ir_op, const struct type *a, const struct type *b, int64_t *lo, int64_t *hi);
/* Adds what must hold to the loop: each conjunct as early as its slots are bound, unless it might fail. */
void ir_constrain(struct program *, struct ir_gen *, uint32_t n, struct ir *cond);
/* Turns generators over sets of records and unions into slices where conjuncts fix the tag or fields.
 * `rest` are the expressions that use the slots (replaced in place). */
void ir_slice(struct program *, struct ir_gen *, uint32_t n, struct ir **rest, uint32_t n_rest);
/* Replaces slot by value everywhere in the tree. */
struct ir *ir_subst(struct program *, struct ir *, uint32_t slot, struct ir *value);
bool ir_mentions(const struct ir *, uint32_t slot);
bool ir_temporal(const struct ir *);                /* has a temporal operator or `can` inside */
bool ir_same(const struct ir *, const struct ir *); /* the same tree */
bool ir_cheap(const struct ir *);                   /* may be repeated instead of bound */
bool ir_temporal(const struct ir *);                /* has a temporal operator or `can` inside */
bool ir_same(const struct ir *, const struct ir *); /* the same tree */

/* Read and write sets: which variables a tree reads or assigns, one bool each by index of the variable. */
void ir_reads(const struct ir *, bool *vars);
void ir_writes(const struct ir *, bool *vars);
/* Predicates (bits, the first 64) that read a variable which the action may write. */
uint64_t program_affects(const struct program *, uint32_t action);

#endif
