/* Names, types and lowering; private to compiler/. elab.c: expressions; lower.c: statements and declarations. */
#ifndef DC_COMPILER_ELAB_H
#define DC_COMPILER_ELAB_H

#include "compiler/compile.h"

enum symbol_kind {
    SYM_CONST,
    SYM_TYPE,
    SYM_DEF,
    SYM_VAR,
    SYM_PROC,
    SYM_PROCESS,
    SYM_MESSAGE,
    SYM_ACTION,
    SYM_MODULE,
    SYM_PREDICATE,
    SYM_NETWORK,
    SYM_VALUE,
};

struct scope;
struct symbol {
    enum symbol_kind kind;
    const char *name;
    const struct ast *decl;
    struct scope *scope; /* where its text is to be understood */
    int state;           /* 0 not yet, 1 being resolved, 2 done */
    const struct type *type;
    struct ir *value; /* constants; SYM_VALUE */
    struct ir_var *var;
    int index;                  /* process, message kind, network */
    struct scope *inner;        /* modules and processes */
    const struct ast *mapping;  /* of a variable of a module that is refined: what it is in this spec */
    const struct ast *override; /* from a check, -D or an import */
    struct scope *override_scope;
};

struct scope {
    struct scope *parent;
    VEC(struct symbol *) symbols;
    VEC(struct scope *) open; /* imports whose definitions are visible unqualified */
    int process;              /* index, or -1 */
    int network;              /* index, or -1: inside a network module */
    const struct unit *unit;
    const struct ast *decls; /* what it declares */
    const char *alias;       /* of a module instance, or NULL */
};

/* Local names. A value may be a record element of a message set, a slot, any cheap expression. */
struct env {
    struct env *up;
    const char *name;
    struct ir *value;
    struct span span;
};

enum cx_flags {
    CX_PROPERTY = 1, /* may read everything */
    CX_TWO_STATE = 2,
    CX_TEMPORAL = 4, /* always, eventually, ... */
    CX_CAN = 512,
    CX_BODY = 8, /* statements that write */
    CX_GHOST = 16,
    CX_CONST = 32, /* no state */
    CX_INIT = 64,
    CX_TORN = 128, /* a crash cuts the step: each send may be left out */
    CX_RECOVER = 256,
};

struct cx {
    struct scope *scope;
    struct env *env;
    struct ir *self;     /* id of the running process, NULL for single ones */
    int process;         /* whose step this is, -1 */
    struct ir *own_self; /* self of the scope whose member is read (differs from self in oracle reads) */
    uint32_t flags;
    bool primed;
    uint32_t inlined; /* depth of definitions */
    uint32_t torn_slot;
};

struct process_info {
    const struct ast *decl;
    struct scope *scope;
    struct symbol *symbol;
    const struct type *id;
    uint32_t n;
    bool crashes, recovers, atomic, lies, partitioned;
    struct ir_var *up, *down_count, *liar, *side, *crash_count, *recover_count, *partition_count;
    const struct ast *crash, *recover, *byzantine, *partition;
};

struct message_info {
    const struct ast *decl;
    int network;
    VEC(int) senders;
    VEC(int) receivers; /* empty: everyone */
    const struct type *record;
    uint32_t variant;         /* in its network's Message */
    int from_field, to_field; /* field indices, -1: constant */
    bool read;                /* some handler or expression takes it */
};

struct network_info {
    const struct ast *decl; /* AST_NETWORK */
    const char *name;       /* alias, or the module's name */
    struct scope *scope;
    const struct type *message;
    VEC(int) messages;
    enum ast_full full;
};

struct budget {
    const char *action; /* name of a fault action */
    const char *module; /* or NULL: any */
    struct ir_var *used;
    int64_t limit; /* -1: unbounded */
    bool hit;
};

struct compile {
    struct front *front;
    struct program *p;
    struct arena *arena;
    struct diags *diags;
    struct compile_options *options;
    struct scope *root;
    VEC(struct process_info) processes;
    VEC(struct message_info) messages;
    VEC(struct network_info) networks;
    VEC(struct budget) budgets;
    VEC(struct scope *) modules;
    VEC(struct scope *) detached; /* instances that are only looked at: targets of refines */
    VEC(struct setting) settings;
    VEC(struct scope *) action_scopes; /* by action: where it is declared */
    const struct ast *faults;
    uint32_t inlined;              /* of the text whose value is being converted: how many definitions deep */
    bool mapped;                   /* variables that have a mapping stand for it */
    const struct ir_var *starting; /* whose initial value is being elaborated: only earlier ones can be read */
    const char *claim;             /* name of the property being elaborated, where coverage asks whether it is empty */
    bool claim_steps;              /* and it is one of steps */
    uint32_t depth, importing;
    uint32_t work; /* nodes elaborated: definitions that double each other end in an error, not in a hang */
    VEC(struct {
        const struct ast *place;
        struct scope *scope;
        struct ir_var *var;
    })
    pending;
};

/* diagnostics */
struct diag *error_at(struct compile *, struct span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void hint(struct compile *, struct diag *, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct ir *bad(struct compile *, struct span);
static inline bool is_bad(const struct ir *e) { return e->type->kind == T_ERROR; }

/* names */
struct symbol *scope_find(struct scope *, const char *name); /* this scope and its opened imports only */
struct symbol *lookup(struct scope *, const char *name);
struct symbol *declare(struct compile *, struct scope *, enum symbol_kind, const char *name, const struct ast *);
struct env *env_push(struct compile *, struct cx *, const char *name, struct ir *value, struct span);
struct cx cx_const(struct compile *, struct scope *);
void resolve_symbol(struct compile *, struct symbol *);

/* expressions */
enum { MAX_WORK = 3000000 };
bool elab_goes_on(struct compile *, struct span); /* false: too much was elaborated already */
struct ir *elab(struct compile *, struct cx *, const struct ast *, const struct type *expected);
struct ir *elab_as(struct compile *, struct cx *, const struct ast *, const struct type *); /* converted to the type */
struct ir *elab_bool(struct compile *, struct cx *, const struct ast *);
struct ir *coerce(struct compile *, struct ir *, const struct type *, struct span);
const struct type *elab_type(struct compile *, struct scope *, const struct ast *, const char *name);
bool const_int(struct compile *, struct scope *, const struct ast *, int64_t *out);
struct ir *full_set(struct compile *, const struct type *, struct span);

enum gen_mode { GEN_FREE, GEN_DISTINCT, GEN_CANONICAL };
struct gens {
    VEC(struct ir_gen) list;
    struct ir *cond;
    const struct type *wanted; /* of the elements, where a declaration says so; an empty set needs it */
};
/* Adds the generators for `pattern in set` and binds the pattern. False: an error was reported. */
bool gen_from(struct compile *, struct cx *, struct gens *, const struct ast *set, enum gen_mode, struct ir **value);
bool gen_binders(struct compile *, struct cx *, struct gens *, const struct ast *binders, const struct ast *where,
                 enum gen_mode);
bool bind_pattern(struct compile *, struct cx *, const struct ast *pattern, struct ir *value);
struct ir_gen *gens_finish(struct compile *, struct gens *, struct ir *extra, struct ir **rest, uint32_t n_rest,
                           uint32_t *n);

/* processes and messages */
int process_of(const struct ir *who); /* of a Process whose kind is known: which; else -1 */
struct ir *process_value(struct compile *, int process, struct ir *id, struct span);
struct ir *message_value(struct compile *, int kind, struct ir *from, struct ir *to, struct ir **fields, struct span);
struct ir *process_up(struct compile *, struct cx *, int process, struct ir *id, struct span);
/* A message written as a call: kind and field values. False: not one (an error is reported). */
bool message_template(struct compile *, struct cx *, const struct ast *, int *kind, struct ir ***fields);
struct ir *var_read(struct compile *, struct cx *, const struct ir_var *, struct ir *self, struct span);
struct ir *module_call(struct compile *, int network, const char *def, struct ir **args, uint32_t n, struct span,
                       uint32_t flags);
bool module_gens(struct compile *, struct gens *, int network, const char *def, struct ir **args, uint32_t n,
                 enum gen_mode, struct ir **value, struct span);
bool network_has(struct compile *, int network, const char *def);
struct ir *member_value(struct compile *, struct cx *, struct symbol *, const struct ast *at);

void declare_vars(struct compile *, struct scope *);
struct ir *init_var(struct compile *, struct cx *, struct symbol *);
void lower_pred(struct compile *, struct scope *, const struct ast *);
void lower_refines(struct compile *, const struct ast *);
const char *action_module(struct compile *, uint32_t action); /* name of the instance that it belongs to, or NULL */
/* Has the step of another instance of a module the same name in the same process? Then reports add the instance's. */
bool action_shares_name(struct compile *, uint32_t action);
void lower_fairness(struct compile *); /* after the actions: fills fairs of the program */

/* statements and declarations */
struct ir *elab_block(struct compile *, struct cx *, const struct ast *);
struct ir *statements(struct compile *, struct ir **, uint32_t n, struct span);
struct scope *module_instance(struct compile *, const struct unit *, const char *alias, const struct ast *bindings,
                              struct scope *from);
void lower_declare(struct compile *);
void lower_program(struct compile *);

/* between the files of the elaboration */
#define P(c) ((c)->p)
#define INT(c) ((c)->p->types.integer)
#define BOOL(c) ((c)->p->types.boolean)
static inline const char *tname(struct compile *c, const struct type *t) { return type_name(c->arena, t); }

struct draft { /* an action being put together */
    struct ir_action act;
    struct gens g;
    struct cx x;
    VEC(struct ir_binding) bindings;
    const char *received; /* of a handler: the kind of message */
};

struct tick {
    struct ir *guard;
    VEC(struct ir *) body;
    bool any, fair;
    struct span span;
};

bool fits_range(const struct type *from, const struct type *to);
bool gen_call(struct compile *c, struct cx *x, struct gens *g, const struct ast *set, enum gen_mode mode,
              struct ir **value, bool *done);
/* Goes over the messages of one kind: gen_kind as they are in the network, gen_messages as records of that kind. */
bool gen_kind(struct compile *, struct cx *, struct gens *, int kind, struct ir **value, struct span);
bool gen_messages(struct compile *c, struct cx *x, struct gens *g, int kind, struct ir **value, struct span span);
bool process_ref(struct compile *c, struct cx *x, const struct ast *a, int *process, struct ir **id);
bool receives(struct message_info *m, int process);
bool too_deep(struct compile *c, struct cx *x, struct span span, const char *name);
bool wanted(struct compile *c, const char *module, const char *name); /* by `only`; name NULL: a refinement */
const struct type *unify(struct compile *c, const struct type *a, const struct type *b);
struct ast *def_body(struct symbol *s);
struct cx inside(struct cx *x, struct symbol *s);
struct cx process_cx(struct compile *c, int process, struct ir *self, uint32_t flags);
struct ir *elab_arithmetic(struct compile *c, enum ir_op op, struct ir *a, struct ir *b, struct span span);
struct ir *as_int(struct compile *c, struct ir *e, struct span span);
struct ir *elab_binary(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *bind_slot(struct compile *c, uint32_t slot, struct ir *value);
struct ir *elab_call(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *elab_call_gen(struct compile *c, struct cx *x, const struct ast *a);
struct ir *elab_choose(struct compile *c, struct cx *x, const struct ast *a);
struct ir *elab_comprehension(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *crash_effects(struct compile *c, int process, struct ir *self, struct span span);
struct ir *elab_dot(struct compile *c, struct cx *x, const struct ast *a);
struct ir *elab_extreme(struct compile *c, struct cx *x, const struct ast *a);
struct ir *fail_node(struct compile *c, enum dc_error error, struct span span, const char *text);
struct ir *elab_fold(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *init_process(struct compile *c, int process, struct ir *self, bool again, bool blocks);
struct ir *elab_literal(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *literal_of(struct compile *c, const struct type *t, const char *name, struct span span);
struct ir *stmt_loop(struct compile *c, enum ir_op op, struct ir_gen *gens, uint32_t n, struct ir *body,
                     struct span span);
struct ir *make_reduce(struct compile *c, struct gens *g, enum reduce op, const struct type *t, struct ir *extra,
                       struct ir *k0, struct ir *k1, struct span span);
struct ir *elab_map_literal(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *elab_match(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *may_crash(struct compile *c, int process, struct span span);
struct ir *elab_name(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *net_proc(struct compile *c, int network, const char *name, struct ir **args, uint32_t n, struct span span);
struct ir *no_common(struct compile *c, struct ir *l, struct ir *r, struct span span);
struct ir *stmt_nothing(struct compile *c, struct span span);
struct ir *pick_any(struct compile *c, struct cx *x, const struct ast *any, struct ir *where, const struct type *t,
                    struct span span);
struct ir *elab_place(struct compile *c, struct cx *x, const struct ast *a);
struct ir *push_gen(struct compile *c, struct gens *g, struct ir_gen gen, const struct type *t, struct span span);
struct ir *elab_quantifier(struct compile *c, struct cx *x, const struct ast *a);
struct ir *elab_send(struct compile *c, struct cx *x, const struct ast *a);
struct ir *elab_sent(struct compile *c, struct cx *x, const struct ast *a);
struct ir *stmt_store(struct compile *c, struct ir *place, struct ir *value, struct span span);
struct ir *stmt_two(struct compile *c, struct ir *a, struct ir *b);
struct ir *elab_unary(struct compile *c, struct cx *x, const struct ast *a);
struct ir *elab_used(struct compile *c, struct cx *x, const struct ast *a);
struct ir *var_of(struct compile *c, const struct ir_var *v, struct ir *id, struct span span);
struct ir *stmt_when(struct compile *c, struct ir *cond, struct ir *then, struct ir *otherwise, struct span span);
struct ir *stmt_who(struct compile *c, struct message_info *m, struct ir *msg, bool from, struct span span);
struct ir *elab_with_fields(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *elab_with_index(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected);
struct ir *with_let(struct compile *c, struct ir *e,
                    struct ir *(*use)(struct compile *, struct ir *, const struct type *, struct span),
                    const struct type *t, struct span span);
struct ir_gen *id_gen(struct compile *c, const struct type *t, struct ir **id, struct span span);
struct scope *module_ref(struct cx *x, const struct ast *a);
void add_cond(struct compile *c, struct gens *g, struct ir *cond);
void add_guard(struct compile *c, struct draft *d, struct ir *cond);
void add_tick(struct compile *c, struct tick *t, struct scope *s, int process, const struct ast *a);
void bind_self(struct compile *c, struct cx *x, int process);
void draft_done(struct compile *c, struct draft *d, struct ir *body);
void lower_action(struct compile *c, struct scope *s, int process, const struct ast *a);
void lower_fault_action(struct compile *c, struct scope *s, const struct ast *a);
void lower_faults(struct compile *c);
void lower_on(struct compile *c, struct scope *s, int process, const struct ast *a, const char *kind, struct span span);
void lower_timeout(struct compile *c, struct scope *s, int process, const struct ast *a);

#endif
