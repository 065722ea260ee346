/* Expressions of TLA+ as trees, and how they are laid out on a page.
 *
 * Nodes live in an arena and are not changed once made; they may be shared. The printer puts in the parentheses that
 * the precedences of TLA+ ask for (Lamport, "Specifying Systems", 2002, table 6), keeps what fits on one line, and
 * breaks the rest: conjunctions and disjunctions into bulleted lists, LET, IF and quantifiers behind their heads. */
#ifndef DC_COMPILER_TLA_TREE_H
#define DC_COMPILER_TLA_TREE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/mem.h"

/* How tight a node holds together: a kid that holds no tighter than its parent gets parentheses. */
enum tla_level {
    TLA_OPEN, /* quantifiers, IF, LET, CHOOSE: they reach as far right as they can */
    TLA_IMPLIES,
    TLA_LEADS,
    TLA_JUNCTION,
    TLA_NOT,
    TLA_COMPARE,
    TLA_PAIR, /* :> and @@ */
    TLA_SET,
    TLA_RANGE,
    TLA_ADD,
    TLA_MUL,
    TLA_POSTFIX,
    TLA_ATOM
};

enum tla_kind {
    TLA_TEXT,  /* text */
    TLA_FORM,  /* parts[0] kid[0] parts[1] ... parts[n]: kids between delimiters */
    TLA_AFTER, /* the same, but kid[0] is what the rest applies to: f[x], r.a, x' */
    TLA_INFIX, /* kids joined by text */
    TLA_PREFIX,
    TLA_AND,
    TLA_OR,
    TLA_LET,  /* kid[0] is the head, kid[1] its definition, kid[2] what follows */
    TLA_IF,   /* three kids */
    TLA_BIND, /* text x \in kid[0], y \in kid[1], ... : last kid; names in parts */
};

struct tla {
    enum tla_kind kind;
    enum tla_level level;
    uint32_t n;
    const char *text;
    const char **parts;
    struct tla **kid;
};

struct tla *tla_text(struct arena *, const char *);
struct tla *tla_format(struct arena *, const char *, ...) __attribute__((format(printf, 2, 3)));
/* `pattern` with a % for each of the n kids that follow; tla_after: the first stands alone in front. */
struct tla *tla_form(struct arena *, const char *pattern, uint32_t n, ...);
struct tla *tla_after(struct arena *, const char *pattern, uint32_t n, ...);
struct tla *tla_list(struct arena *, const char *open, struct tla *const *kids, uint32_t n, const char *close);
struct tla *tla_infix(struct arena *, enum tla_level, struct tla *, const char *op, struct tla *);
struct tla *tla_prefix(struct arena *, enum tla_level, const char *op, struct tla *);
/* Joins, flattens, and drops what is TRUE or FALSE. */
struct tla *tla_and(struct arena *, struct tla *, struct tla *);
struct tla *tla_or(struct arena *, struct tla *, struct tla *);
struct tla *tla_not(struct arena *, struct tla *);
struct tla *tla_implies(struct arena *, struct tla *, struct tla *);
struct tla *tla_equal(struct arena *, struct tla *, struct tla *);
struct tla *tla_let(struct arena *, struct tla *head, struct tla *definition, struct tla *body);
struct tla *tla_if(struct arena *, struct tla *, struct tla *, struct tla *);
struct tla *tla_bind(struct arena *, const char *quantifier, const char *name, struct tla *set, struct tla *body);
/* The same condition for use in an action: TLC takes a disjunction there for a choice and goes on to the second part
 * though the first is true, where it may have no value; A \/ B becomes ~A => B. */
struct tla *tla_guard(struct arena *, struct tla *);
struct tla *tla_bool(struct arena *, bool);
bool tla_is(const struct tla *, const char *text); /* this text and nothing else */

/* Prints at the given column; returns the column after it. */
uint32_t tla_print(const struct tla *, uint32_t column, FILE *);

#endif
