/* Types of the language and how their values are packed (model/rt.h has the picture).
 *
 * Types are hash-consed: equal types, equal pointers, so that `==` compares them. Records, unions, enums and symmetric
 * types are nominal: each declaration makes a new one. All types of one compilation live in its arena. */
#ifndef DC_COMPILER_TYPE_H
#define DC_COMPILER_TYPE_H

#include "base/mem.h"

#include <stdbool.h>

enum type_kind {
    T_ERROR, /* of an expression that is already reported: fits everywhere */
    T_RANGE, /* lo..hi; `int` is the range of all 64-bit integers */
    T_BOOL,
    T_ENUM,
    T_SYM, /* symmetric: interchangeable ids */
    T_RECORD,
    T_TUPLE,
    T_UNION,
    T_OPTION,
    T_SET,
    T_MAP,
    T_SEQ,
    T_BAG,
    T_NONE,   /* the literal `none` before its type is known */
    T_EMPTY,  /* {} [] {||} before their type is known */
    T_STRING, /* texts of assert */
};

enum range_mode { RANGE_CLAIM, RANGE_CUT, RANGE_SATURATING };

struct type;
struct field {
    const char *name; /* NULL in tuples */
    const struct type *type;
    bool ghost;
    uint32_t at; /* bit position: narrow owner: shift; wide owner: 64 * word + shift */
};
struct variant {
    const char *name;
    uint32_t first, n; /* its fields in type.fields */
    uint64_t rank;     /* rank of its first value */
};

struct type {
    enum type_kind kind;
    enum range_mode mode;
    const char *name; /* nominal types, else NULL */
    uint32_t id;      /* distinguishes nominal types; order of creation */
    int64_t lo, hi;
    const char *const *names; /* enum and named symmetric */
    uint32_t n;               /* number of names, ids, fields */
    struct field *fields;
    struct variant *variants;
    uint32_t n_variants;
    const struct type *elem, *key;
    uint32_t max; /* capacity of seq, bag, array-like set (0: not given) */
    bool checked; /* set with a declared maximum below its universe: more is an error */
    bool base1;   /* sequence indexed from 1 */
    /* derived */
    uint64_t universe; /* number of values; 0: too many to count (over 2^62) */
    uint32_t bits;     /* width if narrow */
    uint32_t words;    /* 0: narrow */
    uint64_t max_code; /* greatest packed code if narrow */
    bool bitset;       /* sets: by rank of the element; else a list */
    uint32_t payload;  /* unions: bits below the tag if narrow */
    uint32_t cap;      /* elements of list-like types */
    uint32_t depth;    /* of types inside each other */
    bool ordered;
};

enum {
    SET_BITS_MAX = 4096,   /* universes up to this are bit sets */
    SET_LIST_DEFAULT = 48, /* capacity of a larger set whose declaration gives none */
    MAX_VALUE_WORDS = 1 << 16,
    MAX_TYPE_DEPTH = 800
};

struct types {
    struct arena *arena;
    VEC(struct type *) list;
    const struct type *error, *integer, *boolean, *none, *empty, *string;
};

void types_init(struct types *, struct arena *);
void types_free(struct types *);
const struct type *type_range(struct types *, int64_t lo, int64_t hi, enum range_mode);
const struct type *type_enum(struct types *, const char *name, const char *const *names, uint32_t n);
const struct type *type_symmetric(struct types *, const char *name, const char *const *names, uint32_t n);
const struct type *type_record(struct types *, const char *name, const struct field *, uint32_t n);
const struct type *type_tuple(struct types *, const struct type *const *, uint32_t n);
const struct type *type_union(struct types *, const char *name, const struct variant *, uint32_t n_variants,
                              const struct field *, uint32_t n_fields);
const struct type *type_option(struct types *, const struct type *);
const struct type *type_set(struct types *, const struct type *elem, uint32_t max); /* max 0: none given */
const struct type *type_map(struct types *, const struct type *key, const struct type *value);
const struct type *type_seq(struct types *, const struct type *elem, uint32_t max, bool base1);
const struct type *type_bag(struct types *, const struct type *elem, uint32_t max);

static inline bool type_is_int(const struct type *t) { return t->kind == T_RANGE; }
static inline bool type_wide(const struct type *t) { return t->words != 0; }
/* Words that a temporary of this type takes: 1 if narrow. */
static inline uint32_t type_slot_words(const struct type *t) { return t->words ? t->words : 1; }
static inline uint32_t type_elem_bits(const struct type *e) { return e->words ? 0 : e->bits ? e->bits : 1; }
const char *type_name(struct arena *, const struct type *); /* for people */
/* Whether a value of the type mentions this symmetric type (NULL: any). */
bool type_mentions(const struct type *, const struct type *sym);
bool type_has_symmetric(const struct type *);

#endif
