/* Writes a random small spec, well-typed by construction: generate SEED [VARIANT]
 *
 * One seed, one spec, whatever the compiler or machine. With VARIANT > 0 the same spec is written in other words:
 * numbers as sums with a variable that is always 0, `and` by De Morgan, guards as picks, `let` around expressions.
 * Whatever the variant, the counts and the verdict must be the same; only the names of what is found in a step may move
 * with it. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- chance: splitmix64 (Steele, Lea, Flood), one stream for the spec and one for its wording ---- */

static uint64_t stream[2];
static int variant;

static uint64_t next(uint64_t *s) {
    uint64_t z = *s += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
static int roll(int n) { return (int)(next(&stream[0]) % (uint64_t)n); } /* 0 .. n-1 */
static bool chance(int percent) { return roll(100) < percent; }
static int between(int lo, int hi) { return lo + roll(hi - lo + 1); }
static bool twist(int percent) { return variant && (int)(next(&stream[1]) % 100) < percent; }

/* ---- texts: never freed, the process is short ---- */

static const char *f(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *f(const char *format, ...) {
    va_list a, b;
    va_start(a, format);
    va_copy(b, a);
    int n = vsnprintf(NULL, 0, format, a);
    char *s = malloc((size_t)n + 1);
    if (!s) abort();
    vsnprintf(s, (size_t)n + 1, format, b);
    va_end(a);
    va_end(b);
    return s;
}

static int names;
static const char *fresh(const char *stem) { return f("%s%d", stem, ++names); }

/* ---- types ---- */

enum kind { BOOL, RANGE, ENUM, SYM, RECORD, UNION, TUPLE, OPTION, SET, MAP, SEQ, BAG, MESSAGE };
enum { PARTS = 6 };

struct type;
struct part {
    const char *name;
    const struct type *type;
};
struct alternative {
    const char *name;
    int n;
    struct part parts[2];
};
struct type {
    enum kind kind;
    const char *same, *text, *alias, *helper; /* same: equal for equal types, whatever they are called; helper: a
                                                 definition that makes any expression be of this type */
    int lo, hi, max, n, number;
    bool claim, base1, symmetric, ordered;
    const char *names[PARTS];
    struct part parts[PARTS];
    struct alternative alternatives[3];
    const struct type *elem, *key;
    double values;
};

static struct type *types[400];
static int n_types;

static const char *spell(const struct type *t) { return t->alias ? t->alias : t->text; }

static struct type *type_of(struct type t) {
    if (!t.same) t.same = t.text;
    for (int i = 0; i < n_types; i++)
        if (!strcmp(types[i]->same, t.same)) return types[i];
    if (n_types == 400) abort();
    struct type *new = malloc(sizeof *new);
    if (!new) abort();
    *new = t;
    new->number = n_types;
    return types[n_types++] = new;
}

static double power(double base, int n) {
    double r = 1;
    for (int i = 0; i < n && r < 1e30; i++) r *= base;
    return r;
}

static struct type *boolean_type(void) {
    return type_of((struct type){.kind = BOOL, .text = "bool", .values = 2, .ordered = true});
}

static struct type *range_type(int lo, int hi, const char *mode) {
    return type_of((struct type){.kind = RANGE,
                                 .text = f("%d..%d%s", lo, hi, mode),
                                 .lo = lo,
                                 .hi = hi,
                                 .claim = !*mode,
                                 .values = hi - lo + 1,
                                 .ordered = true});
}

static struct type *option_type(const struct type *e) {
    if (e->kind == OPTION) abort();
    bool name = e->alias != NULL;
    return type_of((struct type){.kind = OPTION,
                                 .same = f("option %d", e->number),
                                 .text = f(name ? "%s?" : "(%s)?", spell(e)),
                                 .elem = e,
                                 .values = e->values + 1,
                                 .ordered = e->ordered,
                                 .symmetric = e->symmetric});
}

static struct type *set_type(const struct type *e, int max) {
    const char *text = max ? f("set[%s, max %d]", spell(e), max) : f("set[%s]", spell(e));
    return type_of((struct type){.kind = SET,
                                 .same = f("set %d %d", e->number, max),
                                 .text = text,
                                 .elem = e,
                                 .max = max,
                                 .values = power(2, e->values > 60 ? 99 : (int)e->values),
                                 .symmetric = e->symmetric});
}

static struct type *seq_type(const struct type *e, int max, bool base1) {
    return type_of((struct type){.kind = SEQ,
                                 .same = f("seq %d %d %d", e->number, max, base1),
                                 .text = f("seq[%s, %d%s]", spell(e), max, base1 ? " from 1" : ""),
                                 .elem = e,
                                 .max = max,
                                 .base1 = base1,
                                 .values = power(e->values + 1, max),
                                 .symmetric = e->symmetric});
}

static struct type *bag_type(const struct type *e, int max) {
    return type_of((struct type){.kind = BAG,
                                 .same = f("bag %d %d", e->number, max),
                                 .text = f("bag[%s, %d]", spell(e), max),
                                 .elem = e,
                                 .max = max,
                                 .values = power(e->values + 1, max),
                                 .symmetric = e->symmetric});
}

static struct type *map_type(const struct type *k, const struct type *v) {
    return type_of((struct type){.kind = MAP,
                                 .same = f("map %d %d", k->number, v->number),
                                 .text = f("map[%s -> %s]", spell(k), spell(v)),
                                 .key = k,
                                 .elem = v,
                                 .values = power(v->values, (int)k->values),
                                 .symmetric = k->symmetric || v->symmetric});
}

static struct type *tuple_type(const struct type *a, const struct type *b) {
    struct type t = {.kind = TUPLE,
                     .same = f("tuple %d %d", a->number, b->number),
                     .text = f("(%s, %s)", spell(a), spell(b)),
                     .n = 2,
                     .parts = {{NULL, a}, {NULL, b}},
                     .values = a->values * b->values};
    t.ordered = a->ordered && b->ordered;
    t.symmetric = a->symmetric || b->symmetric;
    return type_of(t);
}

static const char *declared = ""; /* the declarations so far */
static void declare(const char *text) { declared = f("%s%s\n", declared, text); }

static struct type *scalars[24]; /* small types to build with; symmetric ones apart */
static int n_scalars;

static struct type *scalar(void) { return scalars[roll(n_scalars)]; }

static struct type *small_range(void) {
    int lo = chance(80) ? 0 : chance(50) ? 1 : -1;
    return range_type(lo, lo + between(1, 3), "");
}

static void give_alias(struct type *t) {
    if (t->alias) return;
    t->alias = fresh("T");
    declare(f("type %s = %s", t->alias, t->text));
}

static struct type *enum_type(void) {
    struct type t = {.kind = ENUM, .n = between(2, 4), .ordered = true};
    const char *list = "";
    for (int i = 0; i < t.n; i++) {
        t.names[i] = fresh("e");
        list = f("%s%s%s", list, i ? ", " : "", t.names[i]);
    }
    t.values = t.n;
    t.text = f("enum {%s}", list);
    struct type *new = type_of(t);
    give_alias(new);
    return new;
}

static struct type *record_type(void) {
    struct type t = {.kind = RECORD, .n = between(1, 3), .values = 1, .ordered = true};
    const char *list = "";
    for (int i = 0; i < t.n; i++) {
        struct type *p = scalar();
        t.parts[i] = (struct part){fresh("f"), p};
        t.values *= p->values;
        t.ordered &= p->ordered;
        list = f("%s%s%s: %s", list, i ? ", " : "", t.parts[i].name, spell(p));
    }
    t.text = f("{%s}", list);
    struct type *new = type_of(t);
    give_alias(new);
    return new;
}

static struct type *union_type(void) {
    struct type t = {.kind = UNION, .n = between(2, 3)};
    const char *list = "";
    for (int i = 0; i < t.n; i++) {
        struct alternative *a = &t.alternatives[i];
        a->name = fresh("A");
        a->n = roll(3);
        double values = 1;
        list = f("%s%s%s%s", list, i ? " | " : "", a->name, a->n ? "(" : "");
        for (int k = 0; k < a->n; k++) {
            a->parts[k] = (struct part){fresh("f"), scalar()};
            values *= a->parts[k].type->values;
            list = f("%s%s%s: %s", list, k ? ", " : "", a->parts[k].name, spell(a->parts[k].type));
        }
        if (a->n) list = f("%s)", list);
        t.values += values;
    }
    t.text = list;
    struct type *new = type_of(t);
    give_alias(new);
    return new;
}

static struct type *symmetrics[2];
static int n_symmetrics;

static struct type *symmetric_type(void) {
    int n = between(2, 3);
    struct type t = {.kind = SYM, .values = n, .symmetric = true};
    t.text = chance(50) ? f("symmetric %d", n)
             : n == 2   ? f("symmetric {%s, %s}", fresh("y"), fresh("y"))
                        : f("symmetric {%s, %s, %s}", fresh("y"), fresh("y"), fresh("y"));
    if (chance(50) && n_symmetrics) return symmetrics[0];
    for (int i = 0; i < n_types; i++)
        if (!strcmp(types[i]->text, t.text)) return types[i];
    struct type *new = type_of(t);
    give_alias(new);
    if (n_symmetrics < 2) symmetrics[n_symmetrics++] = new;
    return new;
}

/* A type that a variable may have. */
static struct type *any_type(int depth) {
    struct type *e;
    if (depth > 0 && n_symmetrics && chance(15)) {
        e = symmetrics[roll(n_symmetrics)];
        switch (roll(3)) {
        case 0: return set_type(e, 0);
        case 1: return option_type(e);
        default: return map_type(e, scalar());
        }
    }
    if (depth <= 0 || chance(45)) return scalar();
    switch (roll(12)) {
    case 0:
    case 1: return option_type(scalar());
    case 2: return set_type(scalar(), 0);
    case 3: e = scalar(); return e->values > 2 ? set_type(e, 2) : set_type(e, 0);
    case 4: {
        struct type *k = scalar(), *v = any_type(depth - 1);
        if (v->kind == RANGE && !v->claim) give_alias(v);
        return map_type(k, v);
    }
    case 5: e = scalar(); return seq_type(e, between(1, 3), chance(30));
    case 6: e = scalar(); return bag_type(e, between(1, 3));
    case 7: {
        struct type *a = scalar(), *b = scalar();
        return tuple_type(a, b);
    }
    case 8: {
        struct type *a = scalar(), *b = scalar();
        return chance(50) ? set_type(tuple_type(a, b), 0) : option_type(tuple_type(a, b));
    }
    case 9:
        return chance(60) ? set_type(range_type(0, between(60, 90), ""), 0)
                          : set_type(tuple_type(range_type(0, 9, ""), range_type(1, 9, "")), 0);
    case 10:
        return chance(50) ? set_type(tuple_type(range_type(0, 99, ""), range_type(0, 99, "")), between(2, 4))
                          : seq_type(range_type(0, 200, ""), between(6, 12), false);
    default: return chance(50) ? range_type(0, between(1, 5), chance(50) ? " cut" : " saturating") : small_range();
    }
}

/* ---- what is in sight ---- */

struct value {
    const char *text, *tail; /* text[key]tail */
    const char *initial;     /* what a variable starts with, or NULL */
    const struct type *type, *key;
    int process; /* whose variable, or -1 */
    bool outer;  /* p[k].v, from outside */
    bool place, ghost, fixed, state;
};
static struct value env[600];
static int n_env;

static struct {
    int process;
    bool property, ghost, two_state, oracle, constant, init;
    int hidden; /* the process's names before this one are not in sight: an extension has a scope of its own */
} cx = {.process = -1};

static void see(struct value v) {
    if (n_env == 600) abort();
    env[n_env++] = v;
}
static void see_local(const char *name, const struct type *t) {
    see((struct value){.text = name, .tail = "", .type = t, .process = -1});
}

static bool in_sight(const struct value *v) {
    if (cx.constant && !v->fixed) return false;
    if (v->ghost && !cx.ghost) return false;
    if (v->process < 0) return true;
    if (v->outer) return cx.property || cx.oracle;
    return v->process == cx.process && v - env >= cx.hidden;
}

struct process {
    const char *name, *self;
    struct type *id; /* NULL: a single one */
    const char *actions[4];
    int n_actions;
    bool blocks[4];
    const char *timers[2];
    int n_timers;
    bool crashes, lies, partitioned, ticks;
    const char *body;
};
static struct process processes[3];
static int n_processes;

struct network {
    const char *name, *decl;
    bool persistent, ordered, loses, duplicates, block;
};
static struct network networks[2];
static int n_networks;

struct message {
    const char *name;
    int n, senders[2], n_senders, receivers[2], n_receivers, network;
    struct part parts[PARTS];
    struct type *type;
};
static struct message messages[4];
static int n_messages;

struct def {
    const char *name;
    const struct type *type, *params[2];
    int n, process;
};
static struct def defs[12];
static int n_defs;

static struct def procs[6]; /* of processes; no type */
static int n_procs;

static const char *budget_names[6];
static int n_budgets;

/* ---- expressions ---- */

/* A message that may be looked at here: in a step of a process one that it receives. NULL: none. */
static const struct message *message_in_sight(void) {
    if (!n_messages || cx.constant || cx.init) return NULL;
    const struct message *m = &messages[roll(n_messages)];
    if (cx.property || cx.oracle || !m->n_receivers) return m;
    for (int r = 0; r < m->n_receivers; r++)
        if (m->receivers[r] == cx.process) return m;
    return NULL;
}

static const char *expr(const struct type *, int d);
static const char *by_kind(const struct type *, int d);
static const char *boolean(int d);
static const char *integer(int d);
static const char *binder(const struct type **t, const char **name, int d);

static const char *number(int n) {
    const char *s = n < 0 ? f("(-%d)", -n) : f("%d", n);
    return !cx.constant && twist(30) ? f("(%s + zz)", s) : s;
}

static const char *prime(const struct value *v) { return cx.two_state && v->state && chance(40) ? "'" : ""; }

static const char *value_text(const struct value *v, int d) {
    if (!v->key) return f("%s%s%s", v->text, v->tail, prime(v));
    const char *k = expr(v->key, d > 0 ? d - 1 : 0);
    return f("%s[%s]%s%s", v->text, k, v->tail, prime(v));
}

static bool fits(const struct type *have, const struct type *want) {
    if (have == want) return true;
    return have->kind == RANGE && want->kind == RANGE && have->lo >= want->lo && have->hi <= want->hi &&
           !(have->lo == have->hi);
}

static bool can_make(const struct type *t) { /* a symmetric value comes from somewhere */
    if (t->kind != SYM) return true;
    for (int i = 0; i < n_env; i++)
        if (env[i].type == t && in_sight(&env[i]) && (!env[i].key || env[i].key->kind != SYM)) return true;
    return false;
}

static bool reachable_value(const struct value *v) { return in_sight(v) && (!v->key || can_make(v->key)); }

/* Something in sight of this type, or NULL: a name, a field of one, an element of a map. `exact`: ranges may not be
 * narrower. */
static bool no_constants;
static int avoided = -1, latest = -1; /* a value that path leaves alone; the one that any_path took last */

static const char *path(const struct type *t, int d, bool exact) {
    struct {
        int value, part;
    } found[128];
    int n = 0;
    for (int i = 0; i < n_env && n < 120; i++) {
        const struct value *v = &env[i];
        if (!reachable_value(v) || (no_constants && v->fixed) || i == avoided) continue;
        if (exact ? v->type == t : fits(v->type, t)) {
            if (v->fixed && t->kind == RANGE && exact) continue;
            found[n].value = i;
            found[n++].part = -1;
        }
        if (v->type->kind == RECORD || v->type->kind == MESSAGE)
            for (int k = 0; k < v->type->n && n < 120; k++)
                if (exact ? v->type->parts[k].type == t : fits(v->type->parts[k].type, t)) {
                    found[n].value = i;
                    found[n++].part = k;
                }
        if (v->type->kind == MAP && d > 0 && can_make(v->type->key) &&
            (exact ? v->type->elem == t : fits(v->type->elem, t))) {
            found[n].value = i;
            found[n++].part = 100;
        }
    }
    if (!n) return NULL;
    int k = roll(n);
    const struct value *v = &env[found[k].value];
    const char *text = value_text(v, d);
    if (found[k].part == 100) {
        const char *key = expr(v->type->key, d - 1);
        return f("%s[%s]", text, key);
    }
    return found[k].part < 0 ? text : f("%s.%s", text, v->type->parts[found[k].part].name);
}

/* An expression whose type is known without help: a path, or through a definition. */
static const char *typed(const struct type *t, int d) {
    const char *p = chance(70) ? path(t, d, true) : NULL;
    if (p) return p;
    const char *e = expr(t, d);
    if (t->kind == BOOL || t->kind == ENUM || t->kind == SYM || t->kind == RECORD) return e;
    struct type *own = (struct type *)(uintptr_t)t;
    if (!own->helper) own->helper = fresh("as_");
    return f("%s(%s)", own->helper, e);
}

static const char *any_path(const struct type **t, int d) {
    int n = 0, at[600];
    for (int i = 0; i < n_env; i++)
        if (reachable_value(&env[i]) && !env[i].fixed) at[n++] = i;
    if (!n) return NULL;
    latest = at[roll(n)];
    const int taken = latest;
    const struct value *v = &env[latest];
    *t = v->type;
    const char *text = value_text(v, d);
    latest = taken;
    if ((v->type->kind == RECORD || v->type->kind == MESSAGE) && v->type->n && chance(70)) {
        int k = roll(v->type->n);
        *t = v->type->parts[k].type;
        return f("%s.%s", text, v->type->parts[k].name);
    }
    if (v->type->kind == MAP && can_make(v->type->key) && chance(80)) {
        *t = v->type->elem;
        const char *key = expr(v->type->key, d - 1);
        latest = taken;
        return f("%s[%s]", text, key);
    }
    return text;
}

/* Not the value that any_path took last. */
static const char *other(const struct type *t, int d) {
    int was = avoided;
    avoided = latest;
    const char *e = expr(t, d);
    avoided = was;
    return e;
}

static const char *both(const char *a, const char *b) {
    return twist(40) ? f("(not ((not %s) or (not %s)))", a, b) : f("(%s and %s)", a, b);
}
static const char *either_of(const char *a, const char *b) {
    return twist(40) ? f("(not ((not %s) and (not %s)))", a, b) : f("(%s or %s)", a, b);
}

static const char *choice(const char *c, const char *a, const char *b) {
    if (twist(30)) return f("(if not %s then %s else %s)", c, b, a);
    return f("(if %s then %s else %s)", c, a, b);
}

static const char *compare(const char *a, const char *op, const char *b) {
    if (twist(30)) {
        static const char *const pairs[][2] = {{"==", "!="}, {"!=", "=="}, {"<", ">="},
                                               {"<=", ">"},  {">", "<="},  {">=", "<"}};
        for (int i = 0; i < 6; i++)
            if (!strcmp(pairs[i][0], op)) return f("(not (%s %s %s))", a, pairs[i][1], b);
    }
    return f("(%s %s %s)", a, op, b);
}

static const char *order(void) {
    static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">="};
    return ops[roll(6)];
}

static int mark(void) { return n_env; }
static void forget(int m) { n_env = m; }

/* The type as a set of all its values: a range, bool, or a name. */
static const char *domain_text(const struct type *t) {
    if (!t->alias && t->kind != BOOL && !(t->kind == RANGE && t->claim)) give_alias((struct type *)(uintptr_t)t);
    return t->alias || t->text[0] != '-' ? spell(t) : f("(%s)", t->text);
}

/* Something that a binder can go over: its text, and the type of the elements. */
static const char *domain(const struct type **t, int d) {
    for (int tries = 0; tries < 4; tries++) {
        const struct type *v;
        switch (roll(12)) {
        case 0:
        case 1: *t = scalar(); return domain_text(*t);
        case 2: {
            int p = n_processes ? roll(n_processes) : 0;
            if (!processes[p].id) break;
            *t = processes[p].id;
            return domain_text(*t);
        }
        case 3: {
            int a = roll(3), b = between(1, 3);
            *t = range_type(a < b ? a : b, a < b ? b : a, "");
            if (a >= b) break;
            return f("%d..%d", a, b);
        }
        case 4: {
            *t = scalar();
            const char *p = path(set_type(*t, 0), d, true);
            if (p) return p;
            break;
        }
        case 5: {
            const struct message *m = message_in_sight();
            if (!m) break;
            *t = m->type;
            return m->name;
        }
        case 6:
        case 7: { /* any collection in sight */
            const char *p = any_path(&v, d);
            if (!p) break;
            if (v->kind == SET) {
                *t = v->elem;
                return p;
            }
            if (v->kind == BAG || v->kind == SEQ) {
                *t = v->elem;
                return f("elements(%s)", p);
            }
            if (v->kind == MAP) {
                *t = v->key;
                return f("keys(%s)", p);
            }
            break;
        }
        case 8: {
            const char *p = any_path(&v, d);
            if (!p || v->kind != SEQ) break;
            *t = range_type(v->base1, v->max - 1 + v->base1, "");
            return f("indices(%s)", p);
        }
        case 9: {
            const char *p = any_path(&v, d);
            if (!p || v->kind != SET || v->elem->values > 4) break;
            *t = set_type(v->elem, 0);
            return f("subsets(%s)", p);
        }
        case 10: {
            if (d <= 0) break;
            *t = scalar();
            return typed(set_type(*t, 0), d - 1);
        }
        default: {
            const struct type *k = scalar(), *e = scalar();
            if (power(e->values, (int)k->values) > 27) break;
            *t = map_type(k, e);
            const char *a = domain_text(k), *b = domain_text(e);
            return f("maps(%s, %s)", a, b);
        }
        }
    }
    *t = boolean_type();
    return "bool";
}

/* `x in S`: the text without `where`; x is in sight until forget. */
static const char *binder(const struct type **t, const char **name, int d) {
    const char *s = domain(t, d);
    if ((*t)->kind == TUPLE && chance(40)) {
        const char *a = fresh("x"), *b = fresh("x");
        see_local(a, (*t)->parts[0].type);
        see_local(b, (*t)->parts[1].type);
        if (name) *name = NULL;
        return f("(%s, %s) in %s", a, b, s);
    }
    const char *x = fresh("x");
    see_local(x, *t);
    if (name) *name = x;
    return f("%s in %s", x, s);
}

static const char *where(int d, int percent) {
    if (!chance(percent)) return "";
    const char *b = boolean(d);
    return f(" where %s", b);
}

static const char *quantifier(int d) {
    int m = mark();
    const struct type *t;
    bool all = chance(50);
    const char *b = binder(&t, NULL, d - 1);
    if (chance(20)) {
        const char *b2 = binder(&t, NULL, d - 2);
        b = f("%s, %s", b, b2);
    }
    const char *w = where(d - 2, 30), *body = boolean(d - 1);
    forget(m);
    if (twist(40)) return f("(not (%s %s%s : not %s))", all ? "exists" : "forall", b, w, body);
    return f("(%s %s%s : %s)", all ? "forall" : "exists", b, w, body);
}

static const char *fields_of(const struct part *parts, int n, int d, bool may_name) {
    const char *values[PARTS], *list = "";
    for (int i = 0; i < n; i++) values[i] = expr(parts[i].type, d);
    bool named = may_name && n && (variant ? twist(50) : false);
    for (int i = 0; i < n; i++)
        list = named ? f("%s%s%s: %s", list, i ? ", " : "", parts[i].name, values[i])
                     : f("%s%s%s", list, i ? ", " : "", values[i]);
    return list;
}

static const char *sent_by(int d) {
    int n = 0, at[4];
    for (int i = 0; i < n_messages; i++)
        for (int k = 0; k < messages[i].n_senders; k++)
            if (messages[i].senders[k] == cx.process) at[n++] = i;
    if (cx.process < 0 || !n || cx.property || cx.init || cx.constant) return NULL;
    const struct message *m = &messages[at[roll(n)]];
    const char *list = fields_of(m->parts, m->n, d - 1, false);
    return m->n ? f("(sent %s(%s))", m->name, list) : f("(sent %s)", m->name);
}

static const char *process_text(int p, int d) {
    if (!processes[p].id) return processes[p].name;
    const char *k = expr(processes[p].id, d);
    return f("%s[%s]", processes[p].name, k);
}

static const char *about_process(int d) {
    int p = n_processes ? roll(n_processes) : 0;
    if (!n_processes || !(cx.property || cx.oracle) || cx.init || (processes[p].id && !can_make(processes[p].id)))
        return NULL;
    switch (roll(5)) {
    case 0: {
        const char *a = process_text(p, d);
        return f("up(%s)", a);
    }
    case 1: {
        const char *a = process_text(p, d);
        return f("honest(%s)", a);
    }
    case 2: {
        const char *a = process_text(p, d), *b = process_text(p, d);
        return f("connected(%s, %s)", a, b);
    }
    case 3: {
        if (!processes[p].n_actions) return NULL;
        int k = roll(processes[p].n_actions);
        if (processes[p].blocks[k]) return NULL;
        const char *a = process_text(p, d);
        return f("enabled(%s.%s)", a, processes[p].actions[k]);
    }
    default:
        if (!n_budgets) return NULL;
        return f("(used(%s) > %d)", budget_names[roll(n_budgets)], roll(2));
    }
}

/* That a variable has, or has not, its initial value any more. */
static const char *left(int d, bool yes) {
    int n = 0, at[600];
    for (int i = 0; i < n_env; i++)
        if (env[i].initial && reachable_value(&env[i])) at[n++] = i;
    if (!n || cx.constant) return NULL;
    const struct value *v = &env[at[roll(n)]];
    const char *text = value_text(v, d - 1);
    return compare(text, yes ? "!=" : "==", v->initial);
}

/* Something to say about a value in sight. */
static const char *fact(int d) {
    if (chance(20)) {
        const char *l = left(d, chance(40));
        if (l) return l;
    }
    const struct type *t;
    const char *p = any_path(&t, d);
    if (!p) return NULL;
    switch (t->kind) {
    case BOOL: return chance(50) ? p : f("(not %s)", p);
    case RANGE: {
        const char *op = order();
        if (chance(25)) {
            int was = avoided;
            avoided = latest;
            const char *e = integer(d - 1);
            avoided = was;
            return compare(p, op, e);
        }
        const char *k = number(between(t->lo, t->hi));
        return compare(p, op, k);
    }
    case SYM: {
        if (!can_make(t)) return NULL;
        int was = avoided;
        avoided = latest;
        const char *q = path(t, d - 1, true);
        avoided = was;
        return q ? compare(p, chance(50) ? "==" : "!=", q) : NULL;
    }
    case MESSAGE: return NULL;
    case UNION:
        if (chance(60)) {
            const struct alternative *a = &t->alternatives[roll(t->n)];
            if (!a->n || chance(50)) return f("(%s is %s)", p, a->name);
            int k = roll(a->n);
            const char *e = expr(a->parts[k].type, d - 1);
            return f("(%s is %s and %s.%s == %s)", p, a->name, p, a->parts[k].name, e);
        }
        break;
    case OPTION:
        if (chance(60)) return f("(%s %s none)", p, chance(50) ? "==" : "!=");
        break;
    case SET:
        switch (roll(5)) {
        case 0: return f("(%s %s {})", p, chance(50) ? "==" : "!=");
        case 1: {
            const char *op = order();
            const char *k = number(roll(3));
            return compare(f("size(%s)", p), op, k);
        }
        case 2: {
            const char *e = expr(set_type(t->elem, 0), d - 1);
            return chance(50) ? f("(%s subset %s)", p, e) : f("(%s subset %s)", e, p);
        }
        case 3: {
            if (t->elem->kind != TUPLE || t->elem->parts[0].type != t->elem->parts[1].type || t->elem->values > 100)
                return NULL;
            const char *e = expr(t->elem, d - 1);
            return f("(%s in closure(%s))", e, p);
        }
        default: {
            if (!can_make(t->elem)) return NULL;
            const char *e = expr(t->elem, d - 1);
            return f("(%s %s %s)", e, chance(50) ? "in" : "not in", p);
        }
        }
    case SEQ:
        switch (roll(3)) {
        case 0: return f("(%s %s [])", p, chance(50) ? "==" : "!=");
        case 1: {
            const char *op = order();
            const char *k = number(roll(3));
            return compare(f("len(%s)", p), op, k);
        }
        default: {
            const char *e = expr(t->elem, d - 1);
            return f("(%s != [] and %s(%s) == %s)", p, chance(50) ? "head" : "last", p, e);
        }
        }
    case BAG: {
        const char *op = order();
        if (chance(50)) {
            const char *k = number(roll(3));
            return compare(f("size(%s)", p), op, k);
        }
        const char *e = expr(t->elem, d - 1), *k = number(roll(3));
        return compare(chance(50) ? f("copies(%s, %s)", p, e) : f("%s[%s]", p, e), op, k);
    }
    default: break;
    }
    const char *op = t->ordered && !t->symmetric ? order() : chance(50) ? "==" : "!=";
    const char *e = other(t, d - 1);
    return compare(p, op, e);
}

static const char *plain_boolean(int d) {
    if (d < -2) return chance(50) ? "true" : "false";
    for (int tries = 0; tries < 3; tries++) {
        const char *r = NULL;
        switch (d <= 0 ? roll(6) : roll(15)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4: r = fact(d); break;
        case 5: r = about_process(d); break;
        case 6: {
            const char *a = boolean(d - 1), *b = boolean(d - 1);
            r = both(a, b);
            break;
        }
        case 7: {
            const char *a = boolean(d - 1), *b = boolean(d - 1);
            r = either_of(a, b);
            break;
        }
        case 8: {
            const char *a = boolean(d - 1), *b = boolean(d - 1);
            r = chance(60)  ? (twist(50) ? f("((not %s) or %s)", a, b) : f("(%s implies %s)", a, b))
                : twist(50) ? f("(%s == %s)", a, b)
                            : f("(%s iff %s)", a, b);
            break;
        }
        case 9: {
            const char *a = boolean(d - 1);
            r = f("(not %s)", a);
            break;
        }
        case 10:
        case 11: r = cx.constant ? NULL : quantifier(d); break;
        case 12: r = sent_by(d); break;
        case 13: {
            const struct message *m = message_in_sight();
            if (!m) break;
            r = chance(50) ? f("(%s %s {})", m->name, chance(50) ? "==" : "!=")
                           : f("(size(%s) < %d)", m->name, between(1, 3));
            break;
        }
        default: {
            const char *a = integer(d - 1);
            const char *op = order();
            const char *b = integer(d - 1);
            r = compare(a, op, b);
        }
        }
        if (r) return r;
    }
    return !cx.constant && twist(50) ? f("(zz == %d)", roll(3) == 0) : roll(3) ? "true" : "false";
}

static const char *boolean(int d) {
    const char *b = plain_boolean(d);
    return !cx.constant && !cx.two_state && twist(5) ? f("(if zz == 0 then %s else %s)", b, b) : b;
}

/* A sum, a count, a size. */
static const char *plain_integer(int d) {
    const struct type *t;
    if (d <= 0) {
        const char *p = path(range_type(-9, 999, ""), 0, false);
        return p && chance(80) ? p : number(roll(4));
    }
    switch (roll(12)) {
    case 0: return number(roll(4));
    case 1: {
        const char *a = integer(d - 1), *b = integer(d - 1);
        return f("(%s + %s)", a, b);
    }
    case 2: {
        const char *a = integer(d - 1), *b = integer(d - 1);
        return f("(%s - %s)", a, b);
    }
    case 3: {
        const char *a = integer(d - 1), *b = integer(d - 2);
        return f("(%s * %s)", a, b);
    }
    case 4: {
        const char *a = integer(d - 1);
        bool by = chance(50);
        return f("(%s %s %d)", a, by ? "div" : "mod", between(1, 3));
    }
    case 5: {
        const char *a = integer(d - 1), *b = integer(d - 1);
        return f("%s(%s, %s)", chance(50) ? "min" : "max", a, b);
    }
    case 6: {
        const char *a = integer(d - 1);
        return f("abs(%s)", a);
    }
    case 7:
    case 8: {
        const char *p = any_path(&t, d);
        if (p && (t->kind == SET || t->kind == BAG))
            return twist(50) && t->kind == SET ? f("count(%s in %s where true)", fresh("c"), p) : f("size(%s)", p);
        if (p && t->kind == SEQ) return f("len(%s)", p);
        const struct message *m = message_in_sight();
        return m ? f("size(%s)", m->name) : number(roll(3));
    }
    case 9: {
        int m = mark();
        const char *b = binder(&t, NULL, d - 1), *w = boolean(d - 1);
        forget(m);
        return f("count(%s where %s)", b, w);
    }
    case 10: {
        int m = mark();
        const char *b = binder(&t, NULL, d - 1), *w = where(d - 2, 40), *e = integer(d - 1);
        forget(m);
        return f("sum(%s for %s%s)", e, b, w);
    }
    default: {
        const char *p = path(range_type(-9, 999, ""), d, false);
        return p ? p : number(roll(4));
    }
    }
}

static const char *integer(int d) { return plain_integer(d); }

static const char *in_range(const struct type *t, int d) {
    int lo = t->lo, hi = t->hi;
    if (d > 0) switch (roll(9)) {
        case 0:
        case 1: {
            const char *e = integer(d - 1);
            if (cx.constant) break;
            return lo ? f("(%s + %s mod %d)", number(lo), e, hi - lo + 1) : f("(%s mod %d)", e, hi - lo + 1);
        }
        case 2: {
            const char *e = integer(d - 1), *a = number(lo), *b = number(hi);
            return f("min(%s, max(%s, %s))", b, a, e);
        }
        case 3: { /* may leave the range: a finding */
            if (cx.constant || (t->claim && !chance(12))) break;
            no_constants = true;
            const char *p = path(range_type(-9, 999, ""), d - 1, false);
            no_constants = false;
            return p ? f("(%s %s 1)", p, chance(70) ? "+" : "-") : number(between(lo, hi));
        }
        case 4: { /* the largest of a set */
            const char *s = path(set_type(t, 0), d - 1, true);
            if (!s) break;
            const char *e = expr(t, d - 1);
            return choice(f("(%s == {})", s), e, f("%s(%s)", chance(50) ? "min" : "max", s));
        }
        case 5: {
            if (cx.constant) break;
            int m = mark();
            const struct type *u;
            const char *start = number(between(lo, hi)), *b = binder(&u, NULL, d - 1), *acc = fresh("acc");
            see_local(acc, range_type(-9, 999, ""));
            const char *e = integer(d - 1);
            forget(m);
            if (u->symmetric) return start;
            return f("min(%d, max(%d, fold(%s, %s = %s : (%s + %s) mod 7)))", hi, lo, b, acc, start, acc, e);
        }
        default: break;
        }
    return number(between(lo, hi));
}

static const char *set_expr(const struct type *t, int d) {
    const struct type *e = t->elem, *u;
    const struct type *plain = set_type(e, 0);
    if (t->max) { /* never more than it may hold, most of the time */
        const char *p = path(t, d - 1, true), *x = expr(e, d - 1);
        if (!p || chance(30)) return chance(30) ? "{}" : f("{%s}", x);
        if (chance(5)) return f("(%s union {%s})", p, x);
        if (chance(30)) return f("(%s minus {%s})", p, x);
        return choice(f("(size(%s) < %d)", p, t->max), f("(%s union {%s})", p, x), f("{%s}", x));
    }
    bool make = can_make(e);
    if (d > 0) switch (roll(10)) {
        case 0:
        case 1: {
            static const char *const ops[] = {"union", "intersect", "minus"};
            int op = roll(3);
            const char *a = typed(t, d - 1), *b = expr(t, d - 1);
            if (twist(40) && e->values <= 100) {
                const char *x = fresh("z");
                const char *c = op == 0   ? f("((%s in %s) or (%s in %s))", x, a, x, b)
                                : op == 1 ? f("((%s in %s) and (%s in %s))", x, a, x, b)
                                          : f("((%s in %s) and (%s not in %s))", x, a, x, b);
                return f("{%s in %s where %s}", x, domain_text(e), c);
            }
            return f("(%s %s %s)", a, ops[op], b);
        }
        case 2:
        case 3: {
            int m = mark();
            const char *from = e->values <= 100 && (!e->symmetric || e->kind == SYM) && chance(50)
                                   ? domain_text(e)
                                   : path(plain, d - 1, true),
                       *x = fresh("x");
            if (!from) break;
            see_local(x, e);
            const char *w = boolean(d - 1);
            forget(m);
            return f("{%s in %s where %s}", x, from, w);
        }
        case 4:
        case 5: {
            int m = mark();
            if (cx.constant) break;
            const char *b = binder(&u, NULL, d - 1), *w = where(d - 2, 40), *v = can_make(e) ? expr(e, d - 1) : NULL;
            forget(m);
            if (!v) break;
            return f("{%s for %s%s}", v, b, w);
        }
        case 6: {
            const char *p = any_path(&u, d - 1);
            if (p && (u->kind == SEQ || u->kind == BAG) && u->elem == e) return f("elements(%s)", p);
            if (p && u->kind == MAP && u->elem == e) return f("values(%s)", p);
            if (p && u->kind == MAP && u->key == e) return f("keys(%s)", p);
            break;
        }
        case 7:
            if (e->values <= 6) return f("(%s)", domain_text(e));
            break;
        default: break;
        }
    int n = make ? roll(3) : 0;
    if (!n) return "{}";
    const char *a = expr(e, d - 1);
    if (n == 1) return f("{%s}", a);
    const char *b = expr(e, d - 1);
    return f("{%s, %s}", a, b);
}

static const char *seq_expr(const struct type *t, int d) {
    const char *p = d > 0 ? path(t, d - 1, true) : NULL;
    if (p) switch (roll(6)) {
        case 0:
        case 1: {
            const char *x = expr(t->elem, d - 1);
            if (chance(6)) return f("append(%s, %s)", p, x);
            return choice(f("(len(%s) < %d)", p, t->max), f("append(%s, %s)", p, x), chance(50) ? p : "[]");
        }
        case 2: return choice(f("(%s == [])", p), "[]", f("tail(%s)", p));
        case 3: {
            const char *q = expr(t, d - 1);
            return choice(f("(len(%s) == 0)", p), q, f("(tail(%s) ++ [head(%s)])", p, p));
        }
        case 4: return f("slice(%s, %s, len(%s))", p, number(t->base1), p);
        default: {
            const char *x = expr(t->elem, d - 1), *i = number(t->base1);
            return choice(f("(len(%s) > 0)", p), f("(%s with [%s: %s])", p, i, x), p);
        }
        }
    int n = roll(t->max < 2 ? 2 : 3);
    if (!n) return "[]";
    const char *a = expr(t->elem, d - 1);
    if (n == 1) return f("[%s]", a);
    const char *b = expr(t->elem, d - 1);
    return f("[%s, %s]", a, b);
}

static const char *bag_expr(const struct type *t, int d) {
    const char *p = d > 0 ? path(t, d - 1, true) : NULL;
    if (p) switch (roll(4)) {
        case 0:
        case 1: {
            const char *x = expr(t->elem, d - 1);
            if (chance(6)) return f("add(%s, %s)", p, x);
            return choice(f("(size(%s) < %d)", p, t->max), f("add(%s, %s)", p, x), chance(50) ? p : "{||}");
        }
        case 2: {
            const char *x = expr(t->elem, d - 1);
            return f("remove(%s, %s)", p, x);
        }
        default: {
            int m = mark();
            const char *x = fresh("x");
            see_local(x, t->elem);
            const char *w = where(d - 1, 60), *e = chance(50) ? x : expr(t->elem, d - 1);
            forget(m);
            return f("{|%s for %s in %s%s|}", e, x, p, w);
        }
        }
    int n = roll(t->max < 2 ? 2 : 3);
    if (!n) return "{||}";
    const char *a = expr(t->elem, d - 1);
    return n == 1 ? f("{|%s|}", a) : f("{|%s, %s|}", a, a);
}

static const char *map_expr(const struct type *t, int d) {
    const char *p = d > 0 && chance(60) && can_make(t->key) ? path(t, d - 1, true) : NULL;
    if (p) {
        const char *k = expr(t->key, d - 1), *v = expr(t->elem, d - 1);
        return f("(%s with [%s: %s])", p, k, v);
    }
    int m = mark();
    const char *x = fresh("x");
    see_local(x, t->key);
    const char *v = expr(t->elem, d - 1);
    forget(m);
    return f("[%s in %s -> %s]", x, domain_text(t->key), v);
}

static const char *match_expr(const struct type *t, int d) {
    const struct type *u;
    const char *p = any_path(&u, d - 1);
    if (!p || cx.constant) return NULL;
    int m = mark();
    if (u->kind == OPTION) {
        const char *a = expr(t, d - 1), *x = fresh("x");
        see_local(x, u->elem);
        const char *b = expr(t, d - 1);
        forget(m);
        return f("(match %s { none -> %s, %s -> %s })", p, a, x, b);
    }
    if (u->kind != UNION && u->kind != ENUM) return NULL;
    const char *arms = "";
    int last = chance(40) ? u->n - 1 : u->n;
    for (int i = 0; i < last; i++) {
        if (u->kind == ENUM) {
            const char *e = expr(t, d - 1);
            arms = f("%s%s -> %s, ", arms, u->names[i], e);
            continue;
        }
        const struct alternative *a = &u->alternatives[i];
        const char *pats = "";
        for (int k = 0; k < a->n; k++) {
            const char *x = chance(75) ? fresh("x") : "_";
            if (x[0] != '_') see_local(x, a->parts[k].type);
            pats = f("%s%s%s", pats, k ? ", " : "", x);
        }
        const char *e = expr(t, d - 1);
        forget(m);
        arms = a->n ? f("%s%s(%s) -> %s, ", arms, a->name, pats, e) : f("%s%s -> %s, ", arms, a->name, e);
    }
    if (last < u->n) {
        const char *e = expr(t, d - 1);
        arms = f("%s_ -> %s, ", arms, e);
    }
    return f("(match %s { %s})", p, f("%.*s ", (int)strlen(arms) - 2, arms));
}

static const char *call_def(const struct type *t, int d) {
    for (int tries = 0; tries < 4 && n_defs; tries++) {
        const struct def *x = &defs[roll(n_defs)];
        if (x->type != t || cx.constant || cx.init) continue;
        bool own = x->process < 0 || x->process == cx.process;
        if (!own && !(cx.property || cx.oracle)) continue;
        if (!own && processes[x->process].id && !can_make(processes[x->process].id)) continue;
        if (x->process >= 0 && cx.two_state) continue;
        const char *args = "";
        for (int i = 0; i < x->n; i++) {
            const char *e = expr(x->params[i], d - 1);
            args = f("%s%s%s", args, i ? ", " : "", e);
        }
        const char *of = own ? "" : f("%s.", process_text(x->process, 0));
        return x->n ? f("%s%s(%s)", of, x->name, args) : f("%s%s", of, x->name);
    }
    return NULL;
}

static const char *by_kind(const struct type *t, int d) {
    switch (t->kind) {
    case BOOL: return boolean(d);
    case RANGE: return in_range(t, d);
    case ENUM: return t->names[roll(t->n)];
    case SYM: {
        const char *p = path(t, 0, true);
        if (p) return p;
        return f("(choose %s in %s)", fresh("x"), domain_text(t));
    }
    case RECORD: {
        const char *p = d > 0 && chance(40) ? path(t, d - 1, true) : NULL;
        if (p) {
            int k = roll(t->n);
            const char *e = expr(t->parts[k].type, d - 1);
            return f("(%s with {%s: %s})", p, t->parts[k].name, e);
        }
        const char *list = fields_of(t->parts, t->n, d - 1, true);
        return f("%s(%s)", t->alias, list);
    }
    case UNION: {
        const struct alternative *a = &t->alternatives[roll(t->n)];
        const char *list = fields_of(a->parts, a->n, d - 1, true);
        return a->n ? f("%s(%s)", a->name, list) : a->name;
    }
    case TUPLE: {
        const char *a = expr(t->parts[0].type, d - 1), *b = expr(t->parts[1].type, d - 1);
        return f("(%s, %s)", a, b);
    }
    case OPTION: return (chance(35) && d < 3) || !can_make(t->elem) ? "none" : expr(t->elem, d - 1);
    case SET: return set_expr(t, d);
    case MAP: return map_expr(t, d);
    case SEQ: return seq_expr(t, d);
    case BAG: return bag_expr(t, d);
    default: abort();
    }
}

static const char *plain_expr(const struct type *t, int d) {
    if (chance(d <= 0 ? 60 : 35)) {
        const char *p = path(t, d, false);
        if (p) return p;
    }
    if (d > 0 && t->kind != SYM) {
        const char *p = NULL;
        switch (roll(14)) {
        case 0: {
            const char *c = boolean(d - 1), *a = expr(t, d - 1), *b = expr(t, d - 1);
            return choice(c, a, b);
        }
        case 1: {
            int m = mark();
            const struct type *u = chance(50) ? t : scalar();
            const char *x = fresh("l"), *v = typed(u, d - 1);
            see_local(x, u);
            const char *b = expr(t, d - 1);
            forget(m);
            return f("(let %s = %s : %s)", x, v, b);
        }
        case 2: p = match_expr(t, d); break;
        case 3:
            if (t->kind == OPTION) break;
            p = path(option_type(t), d - 1, true);
            if (!p) break;
            if (chance(3)) return p; /* none is an error there */
            const char *e = expr(t, d - 1);
            return f("(%s ?? %s)", p, e);
        case 4:
        case 5: p = call_def(t, d); break;
        case 6: {
            const char *s = t->values > 100 || t->symmetric ? NULL : path(set_type(t, 0), d - 1, true);
            if (!s) break;
            int m = mark();
            const char *x = fresh("x"), *none = expr(t, d - 1);
            see_local(x, t);
            const char *w = chance(50) && t->kind == RANGE ? f(" where %s >= %d", x, t->lo) : "";
            forget(m);
            return choice(f("(%s != {})", s), f("(choose %s in %s%s)", x, s, w), none);
        }
        case 7: {
            const char *s = t->values > 100 || t->symmetric ? NULL : path(set_type(t, 0), d - 1, true);
            if (!s) break;
            int m = mark();
            const char *x = fresh("x"), *none = expr(t, d - 1);
            see_local(x, t);
            const char *k = integer(d - 1);
            forget(m);
            return choice(f("(%s == {})", s), none, f("(%s %s in %s by %s)", chance(50) ? "max" : "min", x, s, k));
        }
        default: break;
        }
        if (p) return p;
    }
    return by_kind(t, d);
}

static const char *expr(const struct type *t, int d) {
    const char *e = plain_expr(t, d);
    if (cx.constant || cx.two_state || t->kind == SYM || !twist(4)) return e;
    return f("(if zz == 0 then %s else %s)", e, e);
}

/* ---- statements ---- */

static const char *indent(int n) { return f("%*s", 4 * n, ""); }

static const char *block(int d, int level, int most);

struct place {
    const char *text;
    const struct type *type;
};

static bool place(struct place *p, bool ghost) {
    int n = 0, at[600];
    for (int i = 0; i < n_env; i++)
        if (env[i].place && !env[i].outer && in_sight(&env[i]) && env[i].ghost == ghost) at[n++] = i;
    if (!n) return false;
    const struct value *v = &env[at[roll(n)]];
    p->text = v->text;
    p->type = v->type;
    if (v->type->kind == MAP && can_make(v->type->key) && chance(80)) {
        const char *k = expr(v->type->key, 1);
        p->text = f("%s[%s]", p->text, k);
        p->type = v->type->elem;
    }
    if (p->type->kind == RECORD && chance(60)) {
        int k = roll(p->type->n);
        p->text = f("%s.%s", p->text, p->type->parts[k].name);
        p->type = p->type->parts[k].type;
    }
    return p->type->kind != SYM || can_make(p->type);
}

/* A value that differs from the present one. */
static const char *moved(const char *p, const struct type *t) {
    switch (t->kind) {
    case BOOL: return f("not %s", p);
    case RANGE: {
        const char *one = number(1);
        if (!t->claim && chance(70)) return f("%s + %s", p, one);
        if (chance(50)) return choice(f("(%s < %d)", p, t->hi), f("(%s + %s)", p, one), p);
        return t->lo ? f("%d + (%s - %s + %s) mod %d", t->lo, p, number(t->lo), one, t->hi - t->lo + 1)
                     : f("(%s + %s) mod %d", p, one, t->hi + 1);
    }
    case ENUM: {
        const char *list = t->names[0];
        for (int i = t->n - 2; i >= 0; i--) list = choice(f("(%s == %s)", p, t->names[i]), t->names[i + 1], list);
        return list;
    }
    case OPTION: {
        const char *e = expr(t->elem, 1);
        return choice(f("(%s == none)", p), e, "none");
    }
    case SET: {
        if (t->max || !can_make(t->elem)) return NULL;
        const char *e = expr(t->elem, 1);
        return chance(60) ? f("%s union {%s}", p, e)
                          : choice(f("(%s in %s)", e, p), f("(%s minus {%s})", p, e), f("(%s union {%s})", p, e));
    }
    case SEQ: {
        const char *e = expr(t->elem, 1);
        return choice(f("(len(%s) < %d)", p, t->max), f("append(%s, %s)", p, e), chance(50) ? "[]" : f("tail(%s)", p));
    }
    case BAG: {
        const char *e = expr(t->elem, 1);
        return choice(f("(size(%s) < %d)", p, t->max), f("add(%s, %s)", p, e), f("remove(%s, %s)", p, e));
    }
    default: return NULL;
    }
}

static const char *assignment(int level) {
    struct place p;
    bool ghost = chance(10), was = cx.ghost;
    if (!place(&p, ghost)) {
        ghost = false;
        if (!place(&p, ghost)) return NULL;
    }
    cx.ghost = ghost;
    if (p.type->kind == SEQ && chance(30)) {
        const char *e = expr(p.type->elem, 1), *i = number(p.type->base1);
        cx.ghost = was;
        return f("%sif len(%s) > 0 { %s[%s] := %s }\n", indent(level), p.text, p.text, i, e);
    }
    if (chance(5) && p.type->values <= 3 && !p.type->symmetric && p.type->kind != BAG) {
        cx.ghost = was;
        return f("%s%s := any\n", indent(level), p.text);
    }
    const char *e = chance(45) ? moved(p.text, p.type) : NULL;
    if (!e) e = expr(p.type, 2);
    cx.ghost = was;
    if (!ghost && twist(25)) {
        struct type *own = (struct type *)(uintptr_t)p.type;
        if (!own->helper) own->helper = fresh("as_");
        return f("%sif zz == 0 { %s := %s(%s) } else { %s := %s }\n", indent(level), p.text, own->helper, e, p.text,
                 p.text);
    }
    return f("%s%s := %s\n", indent(level), p.text, e);
}

static bool in_for, has_pick; /* has_pick: the body decides whether the step is possible */

static const char *send(int level) {
    int n = 0, at[4];
    for (int i = 0; i < n_messages; i++)
        for (int k = 0; k < messages[i].n_senders; k++)
            if (messages[i].senders[k] == cx.process) at[n++] = i;
    if (!n || cx.process < 0) return NULL;
    if (in_for && processes[cx.process].crashes) return NULL; /* a crash may leave out any of them: too many subsets */
    const struct message *m = &messages[at[roll(n)]];
    const char *list = fields_of(m->parts, m->n, 1, false), *to = "";
    if (m->n) list = f("(%s)", list);
    if (m->n_receivers == 1 && processes[m->receivers[0]].id) {
        const struct type *id = processes[m->receivers[0]].id;
        switch (roll(5)) {
        case 0: to = " to all"; break;
        case 1: to = " to others"; break;
        case 2: {
            const char *s = expr(set_type(id, 0), 1);
            to = f(" to set %s", s);
            break;
        }
        default:
            if (!can_make(id)) to = " to all";
            else {
                const char *q = expr(id, 1);
                to = f(" to %s", q);
            }
        }
    } else if (m->n_receivers > 1) {
        int r = m->receivers[roll(2)];
        if (chance(40) || (processes[r].id && !can_make(processes[r].id))) to = " to all";
        else {
            const char *q = process_text(r, 1);
            to = f(" to %s", q);
        }
    } else if (m->n_receivers == 1 && chance(30)) {
        to = chance(50) ? f(" to %s", processes[m->receivers[0]].name) : " to all";
    }
    for (int i = 0; i < n_networks; i++) has_pick |= networks[i].block; /* as the compiler sees it */
    return f("%ssend %s%s%s%s\n", indent(level), chance(12) ? "once " : "", m->name, list, to);
}

static const char *meter; /* the name of an instance of a module, or NULL */

static const char *statement(int d, int level) {
    for (int tries = 0; tries < 3; tries++) {
        const char *s = NULL;
        const struct type *t;
        int m = mark();
        switch (d <= 0 ? roll(9) : roll(17)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4: s = assignment(level); break;
        case 5:
        case 6:
        case 7: s = send(level); break;
        case 8: {
            if (meter && chance(60) && !cx.init) {
                const char *e = number(between(1, 2));
                s = f("%s%s.bump(%s)\n", indent(level), meter, e);
                break;
            }
            if (cx.process < 0 || !processes[cx.process].n_timers) break;
            s = f("%s%s %s\n", indent(level), chance(70) ? "start" : "stop",
                  processes[cx.process].timers[roll(processes[cx.process].n_timers)]);
            break;
        }
        case 9:
        case 10: {
            const char *c = boolean(2), *a = block(d - 1, level, 2);
            if (chance(40)) s = f("%sif %s %s\n", indent(level), c, a);
            else if (chance(70)) {
                const char *b = block(d - 1, level, 2);
                s = twist(30) ? f("%sif not %s %s else %s\n", indent(level), c, b, a)
                              : f("%sif %s %s else %s\n", indent(level), c, a, b);
            } else {
                const char *c2 = boolean(1), *b = block(d - 1, level, 1), *e = block(d - 1, level, 1);
                s = f("%sif %s %s else if %s %s else %s\n", indent(level), c, a, c2, b, e);
            }
            break;
        }
        case 11: {
            if (in_for) break;
            const char *b = binder(&t, NULL, 1);
            if (t->symmetric || t->kind == MESSAGE) {
                forget(m);
                break;
            }
            const char *w = where(1, 40);
            in_for = true;
            const char *a = block(d - 1, level, 1);
            in_for = false;
            forget(m);
            s = f("%sfor %s%s %s\n", indent(level), b, w, a);
            break;
        }
        case 12: {
            if (in_for && !chance(20)) break;
            has_pick = true;
            const char *b = binder(&t, NULL, 1), *w = where(1, 40); /* stays in sight */
            return f("%spick %s%s\n", indent(level), b, w);
        }
        case 13: {
            const char *a = block(d - 1, level, 2), *b = block(d - 1, level, 2);
            s = f("%seither %s or %s\n", indent(level), a, b);
            if (chance(20)) {
                const char *e = block(d - 1, level, 1);
                s = f("%seither %s or %s or %s\n", indent(level), a, b, e);
            }
            break;
        }
        case 14: {
            const struct type *u = chance(50) ? scalar() : any_type(1);
            if (!can_make(u)) break;
            const char *x = fresh("l"), *e = typed(u, 2);
            see_local(x, u);
            return f("%slet %s = %s\n", indent(level), x, e);
        }
        case 15: {
            if (!chance(30)) break;
            const char *a = boolean(1), *b = boolean(1);
            if (chance(60)) s = f("%sassert %s or not %s, \"a text\"\n", indent(level), a, a);
            else {
                const char *e = boolean(1);
                s = f("%sassert %s\n", indent(level), either_of(a, either_of(b, e)));
            }
            break;
        }
        default: {
            int n = 0, at[6];
            for (int i = 0; i < n_procs; i++)
                if (procs[i].process == cx.process && cx.process >= 0) at[n++] = i;
            if (!n) break;
            const struct def *x = &procs[at[roll(n)]];
            const char *args = "";
            for (int i = 0; i < x->n; i++) {
                const char *e = expr(x->params[i], 1);
                args = f("%s%s%s", args, i ? ", " : "", e);
            }
            has_pick = true; /* it may have one */
            s = f("%s%s(%s)\n", indent(level), x->name, args);
        }
        }
        if (s) {
            forget(m);
            return twist(8) ? f("%sif zz == 0 {\n%s%s}\n", indent(level), s, indent(level)) : s;
        }
        forget(m);
    }
    return NULL;
}

static const char *statements(int d, int level, int most) {
    const char *list = "";
    int n = between(1, most);
    for (int i = 0; i < n; i++) {
        const char *s = statement(d, level);
        if (s) list = f("%s%s", list, s);
    }
    return list;
}

static const char *block(int d, int level, int most) {
    int m = mark();
    const char *s = statements(d, level + 1, most);
    forget(m);
    return *s ? f("{\n%s%s}", s, indent(level)) : "{ }";
}

/* ---- variables and processes ---- */

static const char *initial(const struct type *t) {
    bool was = cx.constant;
    if ((chance(8) && t->values <= 4 && t->kind != BAG) || (t->kind == SYM)) return "any";
    if (chance(4) && t->kind == RANGE && !t->symmetric) return f("any {%d, %d}", t->lo, t->hi);
    cx.constant = true;
    const char *e = expr(t, chance(80) ? 0 : 1);
    cx.constant = was;
    return e;
}

static const char *variable(int process, int level) {
    struct type *t = any_type(2);
    bool ghost = chance(7), stable = process >= 0 && processes[process].crashes && chance(40);
    const char *x = fresh("v"), *e = initial(t);
    struct value v = {
        .text = x, .tail = "", .type = t, .process = process, .place = true, .ghost = ghost, .state = true};
    if (strncmp(e, "any", 3) != 0) v.initial = e;
    if (process >= 0) {
        const struct process *p = &processes[process];
        struct value outer = v;
        outer.outer = true;
        outer.place = false;
        outer.text = p->id ? p->name : f("%s.%s", p->name, x);
        outer.tail = p->id ? f(".%s", x) : "";
        outer.key = p->id;
        see(outer);
    }
    see(v);
    return f("%s%svar %s : %s := %s\n", indent(level), ghost ? "ghost " : stable ? "stable " : "", x, spell(t), e);
}

static const char *when(int percent, int d) {
    if (!chance(percent)) return "";
    const char *b = boolean(d);
    return f(" when %s", b);
}

static const char *fairness(void) {
    static const char *const words[] = {"fair ", "strong fair ", "fair each "};
    return chance(15) ? words[roll(3)] : "";
}

/* A step of this kind is possible at the start, and changes something. */
static const char *progress(int level) {
    struct place p;
    if (!place(&p, false)) return NULL;
    const char *e = moved(p.text, p.type);
    if (!e) e = expr(p.type, 2);
    return f("%s%s := %s\n", indent(level), p.text, e);
}

static const char *action(int process, int level, bool *blocks, bool easy) {
    const struct type *t;
    int m = mark();
    const char *name = fresh("a"), *bind = "";
    cx.oracle = process >= 0 && chance(8);
    bool fault = !cx.oracle && process < 0 && chance(8);
    if (chance(35)) {
        const char *b = binder(&t, NULL, 1), *w = where(1, 30);
        bind = f("(%s%s)", b, w);
    }
    bool guarded = chance(easy ? 40 : 75);
    const char *guard = !guarded ? "" : easy ? left(1, false) : chance(50) ? fact(1) : boolean(2);
    if (!guard) guard = boolean(1);
    has_pick = false;
    in_for = false;
    const char *body = block(2, level, easy ? 2 : 3),
               *first = process >= 0 && blocks && chance(40) ? send(level + 1) : NULL,
               *moving = easy ? progress(level + 1) : NULL;
    if (moving) first = f("%s%s", moving, first ? first : "");
    if (first) body = f("{\n%s%s", first, body[1] == '\n' ? body + 2 : f("%s}", indent(level)));
    forget(m);
    const char *mods = fault ? "fault " : cx.oracle ? "oracle " : "";
    if (!fault) mods = f("%s%s", mods, fairness());
    cx.oracle = false;
    if (blocks) *blocks = has_pick;
    if (guarded) {
        const char *x = twist(25) && blocks == NULL ? fresh("z") : NULL;
        if (x) body = f("{\n%spick %s in {0} where %s\n%s", indent(level + 1), x, guard, body + 1 + (body[1] == '\n'));
        guard = x ? "" : f(" when %s", guard);
    }
    return f("%s%saction %s%s%s %s\n", indent(level), mods, name, bind, guard, body);
}

static const char *handler(int process, const struct message *m, int level) {
    int mk = mark();
    const struct type *t;
    const char *head = f("on %s", m->name), *mods = fairness();
    if (!strcmp(mods, "fair each ")) mods = "fair ";
    if (chance(7)) return f("%signore %s\n", indent(level), m->name);
    cx.process = process;
    if (chance(20)) {
        const char *x = fresh("m");
        head = f("%s %s", head, x);
        see_local(x, m->type);
    } else if (m->n && chance(85)) {
        const char *pats = "";
        for (int i = 0; i < m->n; i++) {
            const char *x = chance(80) ? fresh("x") : "_";
            if (x[0] != '_') see_local(x, m->parts[i].type);
            pats = f("%s%s%s", pats, i ? ", " : "", x);
        }
        head = f("%s(%s)", head, pats);
    }
    if (m->n_senders == 1 && processes[m->senders[0]].id && chance(60)) {
        const char *x = fresh("q");
        see_local(x, processes[m->senders[0]].id);
        head = f("%s from %s", head, x);
    }
    if (chance(10)) {
        const char *b = binder(&t, NULL, 1);
        head = f("%s, %s", head, b);
    }
    const char *guard = when(25, 2), *body;
    in_for = false;
    body = block(2, level, 3);
    forget(mk);
    return f("%s%s%s%s %s\n", indent(level), mods, head, guard, body);
}

static void make_def(int process) {
    if (n_defs == 12) return;
    struct def x = {.name = fresh("d"), .process = process, .n = chance(60) ? between(1, 2) : 0};
    int m = mark();
    const char *params = "";
    for (int i = 0; i < x.n; i++) {
        x.params[i] = scalar();
        const char *p = fresh("p");
        see_local(p, x.params[i]);
        params = f("%s%s%s: %s", params, i ? ", " : "", p, spell(x.params[i]));
    }
    x.type = chance(50) ? boolean_type() : scalar();
    const char *body = x.type->kind == BOOL ? boolean(2) : expr(x.type, 2);
    forget(m);
    const char *text = x.n ? f("def %s(%s) : %s = %s", x.name, params, spell(x.type), body)
                           : f("def %s : %s = %s", x.name, spell(x.type), body);
    if (process < 0) declare(text);
    else processes[process].body = f("%s    %s\n", processes[process].body, text);
    defs[n_defs++] = x;
}

static void make_proc(int process) {
    if (n_procs == 6) return;
    struct def x = {.name = fresh("s"), .process = process, .n = roll(3)};
    int m = mark();
    const char *params = "";
    for (int i = 0; i < x.n; i++) {
        x.params[i] = scalar();
        const char *p = fresh("p");
        see_local(p, x.params[i]);
        params = f("%s%s%s: %s", params, i ? ", " : "", p, spell(x.params[i]));
    }
    const char *body = block(1, 1, 2);
    forget(m);
    processes[process].body = f("%s    proc %s(%s) %s\n", processes[process].body, x.name, params, body);
    procs[n_procs++] = x;
}

static void process_head(int i) {
    struct process *p = &processes[i];
    *p = (struct process){.name = fresh("P"), .body = ""};
    if (!chance(75)) return;
    switch (roll(5)) {
    case 0: p->id = enum_type(); break;
    case 1: p->id = symmetric_type(); break;
    default: {
        int lo = roll(2);
        p->id = range_type(lo, lo + (chance(70) ? 1 : 2), "");
    }
    }
    if (p->id->values > 3) p->id = range_type(1, 2, "");
    if (chance(40)) give_alias(p->id);
    p->self = fresh("i");
    see((struct value){.text = p->self, .tail = "", .type = p->id, .process = i});
}

static void process_variables(int i) {
    struct process *p = &processes[i];
    int n = between(1, 3);
    cx.process = i;
    for (int k = 0; k < n; k++) {
        const char *v = variable(i, 1);
        p->body = f("%s%s", p->body, v);
    }
    if (chance(20)) {
        p->timers[p->n_timers++] = fresh("tm");
        p->body = f("%s    timer %s\n", p->body, p->timers[0]);
    }
    cx.process = -1;
}

static void process_steps(int i) {
    struct process *p = &processes[i];
    cx.process = i;
    if (chance(40)) make_def(i);
    if (chance(30)) make_proc(i);
    if (chance(15)) {
        bool was = cx.init;
        cx.init = true;
        const char *b = block(1, 1, 2);
        cx.init = was;
        p->body = f("%s    init %s\n", p->body, b);
    }
    int n = between(1, 2);
    for (int k = 0; k < n; k++) {
        bool blocks;
        p->actions[p->n_actions] = f("a%d", names + 1); /* as action names it */
        const char *a = action(i, 1, &blocks, k == 0);
        p->blocks[p->n_actions++] = blocks;
        p->body = f("%s%s", p->body, a);
    }
    for (int k = 0; k < n_messages; k++) {
        const struct message *m = &messages[k];
        bool takes = !m->n_receivers;
        for (int r = 0; r < m->n_receivers; r++) takes |= m->receivers[r] == i;
        if (!takes || chance(8)) continue;
        int handlers = chance(20) ? 2 : 1;
        for (int h = 0; h < handlers; h++) {
            const char *t = handler(i, m, 1);
            p->body = f("%s%s", p->body, t);
        }
    }
    if (n_messages && chance(6)) {
        bool any = false;
        for (int k = 0; k < n_messages; k++) {
            any |= !messages[k].n_receivers;
            for (int r = 0; r < messages[k].n_receivers; r++) any |= messages[k].receivers[r] == i;
        }
        const char *b = block(1, 1, 2);
        if (any) p->body = f("%s    on any %s %s\n", p->body, fresh("m"), b);
    }
    for (int k = 0; k < p->n_timers; k++) {
        const char *g = when(40, 1), *b = block(1, 1, 2);
        p->body = f("%s    on timeout %s%s %s\n", p->body, p->timers[k], g, b);
    }
    if (chance(15)) {
        const char *g = when(80, 2), *b = block(1, 1, 2);
        p->body = f("%s    %son tick%s %s\n", p->body, chance(20) ? "fair " : "", g, b);
        p->ticks = true;
    }
    cx.process = -1;
}

/* ---- networks, messages, faults ---- */

static bool own_network; /* the spec's own network module follows it in the file */
static const char *const OWN_NETWORK =
    "\nnetwork module lossy\n\n"
    "const Twice = false\n"
    "var waiting : set[Message] := {}\n"
    "var lost : 0..2 saturating := 0\n\n"
    "def  messages       = waiting\n"
    "def  room(m)        = size(waiting) < Max\n"
    "proc post(m)        { if m in waiting { lost := lost + 1 } else { waiting := waiting union {m} } }\n"
    "def  deliverable(p) = {m in waiting where m.to == p}\n"
    "proc consume(m, p)  { if not Twice { waiting := waiting minus {m} } }\n"
    "proc removed(m)     { waiting := waiting minus {m} }\n\n"
    "fault action lose(m in waiting) { waiting := waiting minus {m} }\n";

static void make_network(int i, int of) {
    struct network *n = &networks[i];
    static const char *const full[] = {"",
                                       " when full error",
                                       " when full block",
                                       " when full block",
                                       " when full drop",
                                       " when full drop",
                                       " when full cut"};
    *n = (struct network){.name = of > 1 ? fresh("n") : NULL};
    const char *name = n->name ? f("%s = ", n->name) : "";
    int policy = roll(7);
    n->block = policy == 2 || policy == 3;
    switch (roll(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        n->persistent = true;
        n->decl = f("network %spersistent", name);
        break;
    case 6:
        n->decl =
            f("network %slossy max %d%s%s", name, between(1, 3), full[policy], chance(30) ? " (Twice = true)" : "");
        n->loses = own_network = true;
        break;
    case 7:
        n->decl = f("network %sbounded_delay max %d%s (D = %d%s)", name, between(1, 3), full[policy], roll(3),
                    chance(30) ? ", Eventually = true" : "");
        break;
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
        n->ordered = n->loses = true;
        n->decl = f("network %sordered max %d%s", name, between(1, 3), full[policy]);
        break;
    default:
        n->loses = n->duplicates = true;
        n->decl = f("network %sunordered max %d%s", name, between(1, 3), full[policy]);
    }
    if (!n->name)
        n->name = n->persistent   ? "persistent"
                  : n->ordered    ? "ordered"
                  : n->duplicates ? "unordered"
                  : n->loses      ? "lossy"
                                  : "bounded_delay";
    declare(n->decl);
}

static void make_message(int i) {
    struct message *m = &messages[i];
    *m = (struct message){.name = fresh("M"), .network = roll(n_networks)};
    struct network *net = &networks[m->network];
    m->senders[m->n_senders++] = roll(n_processes);
    if (n_processes > 1 && chance(12)) {
        m->senders[1] = (m->senders[0] + 1) % n_processes;
        m->n_senders = 2;
    }
    bool everyone = net->persistent && chance(60);
    if (!everyone) {
        m->receivers[m->n_receivers++] = roll(n_processes);
        if (n_processes > 1 && chance(10)) {
            m->receivers[1] = (m->receivers[0] + 1) % n_processes;
            m->n_receivers = 2;
        }
    }
    m->n = roll(3);
    const char *list = "";
    for (int k = 0; k < m->n; k++) {
        struct type *t = chance(80) ? scalar() : chance(50) ? option_type(scalar()) : set_type(scalar(), 0);
        if (n_symmetrics && chance(15)) t = symmetrics[roll(n_symmetrics)];
        if (chance(4)) t = range_type(0, between(70, 5000), "");
        m->parts[k] = (struct part){fresh("f"), t};
        list = f("%s%s%s: %s", list, k ? ", " : "", m->parts[k].name, spell(t));
    }
    struct type t = {.kind = MESSAGE, .text = m->name, .n = m->n, .values = 1e9};
    memcpy(t.parts, m->parts, sizeof t.parts);
    if (m->n_senders == 1 && processes[m->senders[0]].id)
        t.parts[t.n++] = (struct part){"from", processes[m->senders[0]].id};
    if (m->n_receivers == 1 && processes[m->receivers[0]].id)
        t.parts[t.n++] = (struct part){"to", processes[m->receivers[0]].id};
    m->type = type_of(t);
    const char *from = processes[m->senders[0]].name, *to = "";
    if (m->n_senders > 1) from = f("%s, %s", from, processes[m->senders[1]].name);
    if (m->n_receivers) to = f(" -> %s", processes[m->receivers[0]].name);
    if (m->n_receivers > 1) to = f("%s, %s", to, processes[m->receivers[1]].name);
    declare(f("message %s%s : %s%s%s", m->name, m->n ? f("(%s)", list) : "", from, to,
              n_networks > 1 ? f(" via %s", net->name) : ""));
}

static const char *up_to(int percent, int n) { return chance(percent) ? f(" up to %d", n) : ""; }

static const char *faults(void) {
    const char *list = "";
    for (int i = 0; i < n_processes; i++) {
        struct process *p = &processes[i];
        if (p->crashes) {
            list = chance(25)
                       ? f("%s    crash %s in all %d%s\n", list, p->name, between(1, 2), chance(50) ? " atomic" : "")
                       : f("%s    crash %s up to 1%s\n", list, p->name, chance(50) ? " atomic" : "");
            if (chance(45)) {
                const char *n = up_to(30, 1);
                list = f("%s    recover %s%s\n", list, p->name, n);
            }
        }
        if (p->partitioned) {
            const char *n = up_to(80, 1);
            list = f("%s    partition %s%s\n", list, p->name, n);
        }
        if (!p->lies) continue;
        const struct message *only = NULL;
        int sends = 0;
        for (int k = 0; k < n_messages; k++)
            for (int s = 0; s < messages[k].n_senders; s++)
                if (messages[k].senders[s] == i && messages[k].n_senders == 1) only = &messages[k], sends++;
        const char *what = "";
        if (sends == 1 && chance(50)) {
            const char *x = fresh("m");
            int mk = mark();
            bool was = cx.property;
            cx.property = true;
            see_local(x, only->type);
            const char *b = boolean(1);
            cx.property = was;
            forget(mk);
            what = f(" sends %s where %s", x, b);
        }
        list = f("%s    byzantine %s up to 1%s\n", list, p->name, what);
    }
    for (int i = 0; i < n_networks && n_messages; i++) {
        const char *which = n_networks > 1 ? f(" %s", networks[i].name) : "";
        if (networks[i].loses && chance(25)) {
            list = f("%s    lose%s up to %d\n", list, which, between(1, 2));
            budget_names[n_budgets++] = "lose";
        }
        if (networks[i].duplicates && chance(20)) {
            list = f("%s    duplicate%s up to 1\n", list, which);
            budget_names[n_budgets++] = "duplicate";
        }
    }
    return list;
}

/* ---- properties ---- */

/* Several equations at once: seldom true, so that a violation lies deep. */
static const char *rare(void) {
    bool was = cx.two_state;
    cx.two_state = false;
    const char *list = left(1, true);
    cx.two_state = was;
    int n = between(1, 4);
    for (int i = 0; i < n; i++) {
        const char *x = fact(1);
        if (x) list = list ? both(list, x) : x;
    }
    return list ? list : "false";
}

static const char *property(int kind) {
    int m = mark();
    const char *name = fresh("I"), *b;
    const struct type *t;
    cx.property = true;
    cx.ghost = chance(30);
    switch (kind) {
    case 0: /* an invariant */
        if (chance(45)) b = f("not %s", rare());
        else if (chance(50)) {
            const char *p = boolean(2);
            b = f("%s or not %s", p, p);
        } else {
            int mk = mark();
            const char *x = binder(&t, NULL, 1), *y = rare();
            forget(mk);
            b = f("forall %s : not %s", x, y);
        }
        b = f("invariant %s = %s", name, b);
        break;
    case 1:
        b = boolean(1);
        b = f("initially %s = %s", name, chance(70) ? f("%s or true", b) : b);
        break;
    case 2:
        cx.two_state = true;
        b = rare();
        cx.two_state = false;
        b = f("step %s = not %s", name, b);
        break;
    case 3:
        b = rare();
        b = f("reachable %s = %s", name, b);
        break;
    case 4:
        b = boolean(2);
        b = f("final %s = %s", name, b);
        break;
    case 5:
        b = rare();
        b = f("cut %s", b);
        break;
    case 6: { /* about behaviours: the reference does not decide it, but all executions must say the same */
        static const char *const forms[] = {"always eventually (%s or %s)",
                                            "(%s) leadsto (%s)",
                                            "(eventually always (%s)) or (eventually (%s))",
                                            "(always eventually (%s)) implies (always eventually (%s))",
                                            "not ((%s) until (%s))",
                                            "eventually (%s and %s)"};
        name = fresh("B");
        const char *form = forms[roll(6)], *p = boolean(1), *q = chance(50) ? rare() : boolean(1);
        b = chance(15) ? f("invariant %s = can (%s or %s)", name, p, q) : f(f("property %s = %s", name, form), p, q);
        break;
    }
    default: {
        b = boolean(1);
        b = f("watch %s", b);
    }
    }
    cx.property = cx.ghost = false;
    forget(m);
    return b;
}

static const char *const METER =
    "\nmodule meter\n\n"
    "const Top : 1..9\n"
    "var count : 0..Top := 0\n"
    "var marks : set[0..Top] := {}\n\n"
    "def full = count == Top\n"
    "proc bump(n) { if not full { count := count + min(n, Top - count) } else { marks := marks union {count} } }\n\n"
    "action reset when full and Top not in marks { count := 0; marks := marks union {Top} }\n\n"
    "invariant Counted = count in 0..Top\n";

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    uint64_t seed = strtoull(argv[1], NULL, 10);
    variant = argc > 2 ? atoi(argv[2]) : 0;
    stream[0] = seed * 0xD1342543DE82EF95u + 1;
    stream[1] = stream[0] ^ ((uint64_t)variant << 32);
    next(&stream[0]);
    next(&stream[1]);

    for (int i = 0; i < 4; i++) {
        struct type *t = i == 0 ? boolean_type() : i < 3 ? small_range() : enum_type();
        scalars[n_scalars++] = t;
    }
    if (chance(50)) give_alias(scalars[1]);
    if (chance(30)) {
        struct type *t = range_type(0, between(2, 4), chance(50) ? " cut" : " saturating");
        give_alias(t);
        scalars[n_scalars++] = t;
    }
    if (chance(50)) {
        struct type *t = record_type();
        scalars[n_scalars++] = t;
    }
    if (chance(50)) {
        struct type *t = union_type();
        scalars[n_scalars++] = t;
    }
    for (int i = 0; i < 2; i++) {
        const struct type *t = scalars[roll(n_scalars)];
        if (t->kind == BOOL) continue;
        const char *name = fresh("C"), *e;
        cx.constant = true;
        if (chance(25) && t->values <= 4) {
            declare(f("const %s : %s = any", name, spell(t)));
            see((struct value){.text = name, .tail = "", .type = t, .process = -1});
        } else {
            e = by_kind(t, 0);
            declare(f("const %s : %s = %s", name, spell(t), e));
            see((struct value){.text = name, .tail = "", .type = t, .process = -1, .fixed = true});
        }
        cx.constant = false;
    }
    n_processes = chance(55) ? 1 : chance(70) ? 2 : 3;
    for (int i = 0; i < n_processes; i++) process_head(i);
    bool with_faults = chance(45);
    for (int i = 0; i < n_processes && with_faults; i++) {
        processes[i].crashes = chance(45);
        processes[i].partitioned = processes[i].id && chance(15);
        processes[i].lies = chance(12);
    }
    n_networks = chance(88) ? (chance(85) ? 1 : 2) : 0;
    for (int i = 0; i < n_networks; i++) make_network(i, n_networks);
    n_messages = n_networks ? between(1, 3) : 0;
    for (int i = 0; i < n_messages; i++) make_message(i);
    for (int i = 0; i < n_processes; i++) /* lies go through all values */
        for (int k = 0; k < n_messages; k++)
            for (int j = 0; j < messages[k].n; j++)
                if (messages[k].parts[j].type->values > 20) processes[i].lies = false;
    int globals = roll(3);
    for (int i = 0; i < globals; i++) {
        const char *v = variable(-1, 0);
        declare(f("%.*s", (int)strlen(v) - 1, v));
    }
    if (chance(12)) {
        int top = between(1, 3);
        meter = chance(50) ? "mt" : "meter";
        declare(f("import meter with Top = %d%s", top, !strcmp(meter, "mt") ? " as mt" : ""));
        see((struct value){.text = f("%s.count", meter),
                           .tail = "",
                           .type = range_type(0, top, ""),
                           .process = -1,
                           .state = true,
                           .initial = "0"});
        see((struct value){.text = f("%s.full", meter), .tail = "", .type = boolean_type(), .process = -1});
    }
    for (int i = 0; i < n_processes; i++) process_variables(i);
    const char *fault_text = with_faults ? faults() : "";
    if (*fault_text) declare(f("faults {\n%s}", fault_text));
    int n = roll(3);
    for (int i = 0; i < n; i++) make_def(-1);
    for (int i = 0; i < n_processes; i++) process_steps(i);
    bool any_global = false;
    for (int i = 0; i < n_env; i++) any_global |= env[i].place && env[i].process < 0;
    if (any_global && chance(40)) {
        const char *a = action(-1, 0, NULL, chance(50));
        declare(a);
    }
    if (any_global && chance(8)) {
        const char *g = when(80, 1), *b = block(1, 0, 1);
        declare(f("on tick%s %s", g, b));
    }
    for (int i = 0; i < n_processes; i++) {
        const struct process *p = &processes[i];
        const char *head = p->id ? f("[%s in %s]", p->self, domain_text(p->id)) : "";
        declare(f("\nprocess %s%s {\n%s}", p->name, head, p->body));
        if (!chance(8)) continue;
        const char *before = p->body, *x = fresh("w"); /* an extension: a scope of its own */
        int timers = p->n_timers, some_procs = n_procs, some_defs = n_defs, m = mark();
        cx.process = i;
        cx.hidden = m;
        n_procs = n_defs = processes[i].n_timers = 0;
        if (p->id) see((struct value){.text = x, .tail = "", .type = p->id, .process = i});
        const char *v = variable(i, 1), *a = action(i, 1, NULL, chance(50));
        n_procs = some_procs;
        n_defs = some_defs;
        processes[i].n_timers = timers;
        processes[i].body = before;
        cx.process = -1;
        cx.hidden = 0;
        declare(f("\nextend %s%s {\n%s%s}", p->name, p->id ? f("[%s]", x) : "", v, a));
    }
    declare("");
    int invariants = roll(3);
    for (int i = 0; i < invariants; i++) declare(property(0));
    if (chance(10)) declare(property(1));
    if (chance(20)) declare(property(2));
    if (chance(30)) declare(property(3));
    if (chance(25)) declare(property(4));
    if (chance(8)) declare(property(5));
    for (int i = chance(40) ? between(1, 2) : 0; i > 0; i--) declare(property(6));
    if (chance(15)) declare(property(7));
    if (n_networks == 1 && n_messages && chance(10)) declare("invariant Few = size(messages) < 99");
    const char *clauses = "";
    if (chance(75)) clauses = " allow deadlock";
    if (*fault_text && chance(8) && !n_budgets) clauses = f(" with faults { }%s", clauses);
    printf("spec seed_%llu\n\n", (unsigned long long)seed);
    if (variant) puts("var zz : 0..1 := 0");
    fputs(declared, stdout);
    for (int i = 0; i < n_types; i++)
        if (types[i]->helper) printf("def %s(x: %s) : %s = x\n", types[i]->helper, spell(types[i]), spell(types[i]));
    printf("\ncheck%s\n", clauses);
    if (own_network) fputs(OWN_NETWORK, stdout);
    if (meter) fputs(METER, stdout);
    return 0;
}
