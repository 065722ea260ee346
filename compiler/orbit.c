#include "compiler/orbit.h"

#include <string.h>

#include "compiler/eval.h"
#include "model/rt.h"

#define WORDS(v) ((uint64_t *)(uintptr_t)(v))
#define ADDRESS(p) ((uint64_t)(uintptr_t)(p))
#define GEOMETRY(t) type_elem_bits((t)->elem), (t)->elem->words, (t)->cap, (t)->words == 0

/* An occurrence of an element in a value: exchanging it for another adds their distance times `weight` to the number
 * of the value (its rank, or its packed code), for both are sums over the parts. */
struct atom {
    uint8_t element;
    uint64_t weight;
};
struct leaf {
    uint64_t shape; /* of the value without its elements */
    uint32_t first, n;
};

/* What is known of a type. `ranks` and `codes` list the atoms of all its values, by rank and by packed code, where it
 * has so few values, and they are no collections, that this is possible. */
struct node {
    const struct type *type;
    bool has, flat;
    int base; /* first element if the type itself is reduced, else -1 */
    struct leaf *ranks, *codes;
    uint32_t entry; /* elements that one entry of a value can mention: 0, 1, 2 for more */
    uint32_t deep;  /* the same for the whole value */
};

struct located {
    const struct ir_var *var;
    const struct node *node, *key; /* key: of a map with elements in its keys, else NULL */
    const uint32_t *cells;         /* ranks of the keys that are there, or NULL: all */
    uint32_t *cell_of;             /* the other way round */
    uint64_t salt;
};

enum { LEAVES_MAX = 4096 };

struct orbits {
    const struct program *p;
    struct node *nodes; /* by id of the type */
    VEC(struct atom) atoms;
    VEC(struct located) places;
    uint32_t n, words;             /* elements; of a state */
    uint8_t first[ORBIT_ELEMENTS]; /* of its type, by element */
    uint8_t last[ORBIT_ELEMENTS];
    bool plain; /* no entry mentions two elements: elements of one colour can be exchanged */
    uint32_t spare_words;
};

struct orbit_job {
    const struct orbits *o;
    uint64_t colour[ORBIT_ELEMENTS], mark[ORBIT_ELEMENTS];
    uint8_t perm[ORBIT_ELEMENTS], best_perm[ORBIT_ELEMENTS];
    uint64_t *best, *tried; /* states */
    const uint64_t *state;
    uint32_t leaves;
    bool cut;
    uint64_t *spare; /* for wide values under way */
    uint32_t spare_used;
    uint64_t *levels; /* colours, saved for each depth of the search */
};

static const struct node *node_of(const struct orbits *o, const struct type *t) { return &o->nodes[t->id]; }

/* ---- atoms ---- */

struct atoms {
    struct orbits *o;
    bool codes; /* weights in packed codes, not ranks */
    uint64_t fixed;
};

static void add_atoms(struct atoms *a, const struct type *t, uint64_t v, uint64_t weight);

static void add_fields(struct atoms *a, const struct type *t, uint64_t v, uint32_t first, uint32_t n, uint64_t weight) {
    uint64_t below = weight;
    for (uint32_t i = first + n; i-- > first;) {
        const struct field *f = &t->fields[i];
        add_atoms(a, f->type, value_field(t, v, f), a->codes ? weight << f->at : below);
        below *= f->type->universe;
    }
}

static void add_atoms(struct atoms *a, const struct type *t, uint64_t v, uint64_t weight) {
    const struct node *n = node_of(a->o, t);
    if (!n->has) return;
    switch (t->kind) {
    case T_SYM: {
        struct atom x = {.element = (uint8_t)((uint64_t)n->base + v), .weight = weight};
        VEC_PUSH(a->o->atoms, x);
        a->fixed += v * weight;
        return;
    }
    case T_RECORD:
    case T_TUPLE: add_fields(a, t, v, 0, t->n, weight); return;
    case T_UNION: {
        const struct variant *x = &t->variants[value_tag(t, v)];
        add_fields(a, t, v, x->first, x->n, weight);
        return;
    }
    default: /* an option */
        if (t->words) {
            if (WORDS(v)[0]) add_atoms(a, t->elem, value_load(t->elem, WORDS(v), 1, 0), weight);
        } else if (v) {
            add_atoms(a, t->elem, t->elem->kind == T_RANGE ? v - 1 + (uint64_t)t->elem->lo : v - 1, weight);
        }
    }
}

static struct leaf leaf_of(struct orbits *o, const struct type *t, uint64_t v, uint64_t number, bool codes) {
    struct atoms a = {.o = o, .codes = codes};
    struct leaf leaf = {.first = o->atoms.n};
    add_atoms(&a, t, v, 1);
    leaf.n = o->atoms.n - leaf.first;
    leaf.shape = dc_mix(0, number - a.fixed);
    const struct atom *x = o->atoms.at + leaf.first;
    for (uint32_t i = 0; i < leaf.n; i++) /* which of them are the same */
        for (uint32_t k = 0; k < i; k++)
            if (x[i].element == x[k].element) leaf.shape = dc_mix(leaf.shape, (uint64_t)i << 32 | k);
    return leaf;
}

/* ---- what there is to know of types ---- */

static bool flat_kind(const struct type *t) {
    return t->kind == T_RANGE || t->kind == T_BOOL || t->kind == T_ENUM || t->kind == T_SYM || t->kind == T_RECORD ||
           t->kind == T_TUPLE || t->kind == T_UNION || t->kind == T_OPTION;
}

static uint32_t more(uint32_t a, uint32_t b) { return a + b > 2 ? 2 : a + b; }

static uint32_t fields_entry(const struct orbits *o, const struct type *t, uint32_t first, uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t i = first; i < first + n; i++) sum = more(sum, node_of(o, t->fields[i].type)->deep);
    return sum;
}

/* Types are in the order of their creation, so parts come before wholes. */
static void know(struct orbits *o, struct node *n) {
    const struct type *t = n->type;
    n->flat = flat_kind(t);
    if (t->elem) n->has |= node_of(o, t->elem)->has, n->flat &= node_of(o, t->elem)->flat;
    if (t->key) n->has |= node_of(o, t->key)->has;
    for (uint32_t i = 0; t->fields && i < t->n; i++) {
        n->has |= node_of(o, t->fields[i].type)->has;
        n->flat &= node_of(o, t->fields[i].type)->flat;
    }
    if (t->kind == T_SYM) n->has = n->base >= 0, n->entry = n->deep = n->has;
    if (!n->has) return;
    switch (t->kind) {
    case T_RECORD:
    case T_TUPLE: n->entry = n->deep = fields_entry(o, t, 0, t->n); break;
    case T_UNION:
        for (uint32_t v = 0; v < t->n_variants; v++) {
            uint32_t e = fields_entry(o, t, t->variants[v].first, t->variants[v].n);
            if (e > n->entry) n->entry = n->deep = e;
        }
        break;
    case T_OPTION: n->entry = n->deep = node_of(o, t->elem)->deep; break;
    case T_MAP:
        n->entry = more(node_of(o, t->key)->deep, node_of(o, t->elem)->deep);
        n->deep = 2;
        break;
    case T_SET:
    case T_SEQ:
    case T_BAG:
        n->entry = node_of(o, t->elem)->deep;
        n->deep = 2;
        break;
    default: break;
    }
}

/* By rank where it is an element of a bit set or a key of a map; by code where it is stored by itself. */
static void list_atoms(struct orbits *o, struct node *n) {
    const struct type *t = n->type;
    if (!n->has || !n->flat || !t->universe || t->universe > LEAVES_MAX) return;
    uint64_t *words = mem_alloc((t->words + 1) * sizeof *words);
    bool codes = !t->words && t->max_code < LEAVES_MAX;
    n->ranks = mem_alloc(t->universe * sizeof *n->ranks);
    if (codes) n->codes = mem_alloc((t->max_code + 1) * sizeof *n->codes);
    for (uint64_t r = 0; r < t->universe; r++) {
        uint64_t v = value_unrank(t, r, words);
        n->ranks[r] = leaf_of(o, t, v, r, false);
        if (codes) n->codes[v] = leaf_of(o, t, v, v, true); /* no range has elements, so the code is the value */
    }
    mem_free(words);
}

/* ---- colours ---- */

static uint64_t leaf_hash(const struct orbit_job *j, const struct leaf *l) {
    uint64_t h = l->shape;
    const struct atom *a = j->o->atoms.at + l->first;
    for (uint32_t i = 0; i < l->n; i++) h = dc_mix(h, j->colour[a[i].element]);
    return h;
}

/* Adds to the marks of its elements; of a single one the colour is its own affair. */
static void leaf_mark(struct orbit_job *j, const struct leaf *l, uint64_t context) {
    const struct atom *a = j->o->atoms.at + l->first;
    if (l->n == 1) {
        j->mark[a->element] += dc_mix(context, l->shape);
        return;
    }
    if (l->n) context = dc_mix(context, leaf_hash(j, l));
    for (uint32_t i = 0; i < l->n; i++) j->mark[a[i].element] += dc_mix(context, i + 1);
}

static uint64_t hash_value(struct orbit_job *, const struct node *, uint64_t v);

static uint64_t hash_plain(const struct type *t, uint64_t v) {
    uint64_t h = 1;
    if (!t->words) return dc_mix(h, v);
    for (uint32_t i = 0; i < t->words; i++) h = dc_mix(h, WORDS(v)[i]);
    return h;
}

static uint64_t hash_fields(struct orbit_job *j, const struct type *t, uint64_t v, uint32_t first, uint32_t n) {
    uint64_t h = first;
    for (uint32_t i = first; i < first + n; i++)
        h = dc_mix(h, hash_value(j, node_of(j->o, t->fields[i].type), value_field(t, v, &t->fields[i])));
    return h;
}

static bool option_value(const struct type *t, uint64_t v, uint64_t *inside) {
    if (t->words ? !WORDS(v)[0] : !v) return false;
    if (t->words) *inside = value_load(t->elem, WORDS(v), 1, 0);
    else *inside = t->elem->kind == T_RANGE ? v - 1 + (uint64_t)t->elem->lo : v - 1;
    return true;
}

static uint64_t *spare(struct orbit_job *j, uint32_t words) {
    uint64_t *p = j->spare + j->spare_used;
    j->spare_used += words;
    return p;
}

/* A key or an element of a bit set, by rank. */
static uint64_t hash_rank(struct orbit_job *j, const struct node *n, uint64_t rank) {
    if (n->ranks) return leaf_hash(j, &n->ranks[rank]);
    if (!n->has) return dc_mix(2, rank);
    uint32_t used = j->spare_used;
    uint64_t h = hash_value(j, n, value_unrank(n->type, rank, spare(j, n->type->words)));
    j->spare_used = used;
    return h;
}

static uint64_t hash_value(struct orbit_job *j, const struct node *n, uint64_t v) {
    const struct type *t = n->type;
    uint64_t h = 3, inside;
    if (!n->has) return hash_plain(t, v);
    if (n->codes) return leaf_hash(j, &n->codes[v]);
    const struct node *e = t->elem ? node_of(j->o, t->elem) : NULL;
    switch (t->kind) {
    case T_SYM: return j->colour[(uint64_t)n->base + v];
    case T_RECORD:
    case T_TUPLE: return hash_fields(j, t, v, 0, t->n);
    case T_UNION: {
        const struct variant *x = &t->variants[value_tag(t, v)];
        return hash_fields(j, t, v, x->first, x->n);
    }
    case T_OPTION: return option_value(t, v, &inside) ? dc_mix(4, hash_value(j, e, inside)) : h;
    case T_MAP: {
        const struct node *k = node_of(j->o, t->key);
        for (uint32_t i = 0; i < t->cap; i++)
            h += dc_mix(hash_rank(j, k, i), hash_value(j, e, value_element(t, v, i, NULL)));
        return h;
    }
    case T_SEQ:
        for (uint32_t i = 0, n_elem = value_size(t, v); i < n_elem; i++)
            h = dc_mix(h, hash_value(j, e, value_element(t, v, i, NULL)));
        return h;
    default:
        if (t->kind == T_SET && t->bitset) {
            const uint64_t *bits = t->words ? WORDS(v) : &v;
            uint64_t u = t->elem->universe;
            for (uint64_t r = dc_bits_next(bits, 0, u); r < u; r = dc_bits_next(bits, r + 1, u))
                h += dc_mix(5, hash_rank(j, e, r));
            return h;
        }
        for (uint32_t i = 0, n_elem = value_size(t, v); i < n_elem; i++)
            h += dc_mix(5, hash_value(j, e, value_element(t, v, i, NULL)));
        return h;
    }
}

static void mark_value(struct orbit_job *, const struct node *, uint64_t v, uint64_t context);

static void mark_rank(struct orbit_job *j, const struct node *n, uint64_t rank, uint64_t context) {
    if (n->ranks) {
        leaf_mark(j, &n->ranks[rank], context);
    } else if (n->has) {
        uint32_t used = j->spare_used;
        uint64_t v = value_unrank(n->type, rank, spare(j, n->type->words));
        mark_value(j, n, v, dc_mix(context, hash_value(j, n, v)));
        j->spare_used = used;
    }
}

static void mark_fields(struct orbit_job *j, const struct type *t, uint64_t v, uint32_t first, uint32_t n,
                        uint64_t context) {
    for (uint32_t i = first; i < first + n; i++) {
        const struct node *f = node_of(j->o, t->fields[i].type);
        if (f->has) mark_value(j, f, value_field(t, v, &t->fields[i]), dc_mix(context, i));
    }
}

static void mark_bits(struct orbit_job *j, const struct node *e, const uint64_t *bits, uint64_t u, uint64_t context) {
    for (uint64_t r = dc_bits_next(bits, 0, u); r < u; r = dc_bits_next(bits, r + 1, u)) mark_rank(j, e, r, context);
}

/* Adds to the mark of each element in the value what it is there: its place, among what. */
static void mark_value(struct orbit_job *j, const struct node *n, uint64_t v, uint64_t context) {
    const struct type *t = n->type;
    uint64_t inside;
    if (!n->has) return;
    if (n->codes) {
        leaf_mark(j, &n->codes[v], context);
        return;
    }
    const struct node *e = t->elem ? node_of(j->o, t->elem) : NULL;
    switch (t->kind) {
    case T_SYM: j->mark[(uint64_t)n->base + v] += dc_mix(context, 1); return;
    case T_RECORD:
    case T_TUPLE: mark_fields(j, t, v, 0, t->n, dc_mix(context, hash_value(j, n, v))); return;
    case T_UNION: {
        const struct variant *x = &t->variants[value_tag(t, v)];
        mark_fields(j, t, v, x->first, x->n, dc_mix(context, hash_value(j, n, v)));
        return;
    }
    case T_OPTION:
        if (option_value(t, v, &inside)) mark_value(j, e, inside, context);
        return;
    case T_MAP: {
        const struct node *k = node_of(j->o, t->key);
        for (uint32_t i = 0; i < t->cap; i++) {
            uint64_t x = value_element(t, v, i, NULL);
            uint64_t c = dc_mix(context, hash_value(j, e, x));
            if (!k->ranks || k->ranks[i].n > 1 || e->has) c = dc_mix(c, hash_rank(j, k, i));
            mark_rank(j, k, i, c);
            mark_value(j, e, x, c);
        }
        return;
    }
    case T_SEQ:
        for (uint32_t i = 0, n_elem = value_size(t, v); i < n_elem; i++)
            mark_value(j, e, value_element(t, v, i, NULL), dc_mix(context, i));
        return;
    default:
        if (t->kind == T_SET && t->bitset) {
            mark_bits(j, e, t->words ? WORDS(v) : &v, t->elem->universe, context);
            return;
        }
        for (uint32_t i = 0, n_elem = value_size(t, v); i < n_elem; i++) {
            uint64_t x = value_element(t, v, i, NULL);
            mark_value(j, e, x, dc_mix(context, hash_value(j, e, x)));
        }
    }
}

static uint64_t load(const struct ir_var *v, const uint64_t *state) {
    return value_load(v->type, state, v->word, v->shift);
}

static void mark_state(struct orbit_job *j, const uint64_t *state) {
    const struct orbits *o = j->o;
    memset(j->mark, 0, o->n * sizeof *j->mark);
    for (uint32_t i = 0; i < o->places.n; i++) {
        const struct located *p = &o->places.at[i];
        uint64_t v = load(p->var, state);
        if (!p->key) {
            mark_value(j, p->node, v, p->salt);
            continue;
        }
        const struct type *t = p->var->type;
        const struct node *e = node_of(o, t->elem);
        for (uint32_t k = 0; k < t->cap; k++) {
            uint64_t x = value_element(t, v, k, NULL), rank = p->cells ? p->cells[k] : k;
            uint64_t c = dc_mix(p->salt, e->has ? hash_value(j, e, x) : hash_plain(t->elem, x));
            if (!p->key->ranks || p->key->ranks[rank].n > 1 || e->has) c = dc_mix(c, hash_rank(j, p->key, rank));
            mark_rank(j, p->key, rank, c);
            mark_value(j, e, x, c);
        }
    }
}

/* ---- renaming ---- */

static uint64_t leaf_moved(const struct orbit_job *j, const struct leaf *l, const uint8_t *perm, uint64_t number) {
    const struct atom *a = j->o->atoms.at + l->first;
    for (uint32_t i = 0; i < l->n; i++)
        number += (uint64_t)((int64_t)perm[a[i].element] - (int64_t)a[i].element) * a[i].weight;
    return number;
}

static uint64_t rename_value(struct orbit_job *, const struct node *, uint64_t v, const uint8_t *perm, uint64_t *to);

static uint64_t rename_rank(struct orbit_job *j, const struct node *n, uint64_t rank, const uint8_t *perm) {
    if (n->ranks) return leaf_moved(j, &n->ranks[rank], perm, rank);
    if (!n->has) return rank;
    uint32_t used = j->spare_used, words = n->type->words;
    uint64_t *was = spare(j, words), *is = spare(j, words);
    uint64_t moved = value_rank(n->type, rename_value(j, n, value_unrank(n->type, rank, was), perm, is));
    j->spare_used = used;
    return moved;
}

static uint64_t packed(const struct type *t, uint64_t v) {
    return t->kind == T_RANGE && t->universe ? v - (uint64_t)t->lo : v;
}

static uint64_t rename_fields(struct orbit_job *j, const struct type *t, uint64_t v, uint32_t first, uint32_t n,
                              const uint8_t *perm, uint64_t *to) {
    uint64_t r = v;
    if (t->words) memmove(to, WORDS(v), t->words * sizeof *to);
    for (uint32_t i = first; i < first + n; i++) {
        const struct field *f = &t->fields[i];
        const struct node *fn = node_of(j->o, f->type);
        if (!fn->has) continue;
        uint64_t *at = t->words ? to + f->at / 64 : NULL, was = value_field(t, v, f);
        uint64_t x = rename_value(j, fn, was, perm, at);
        if (f->type->words) continue;
        if (t->words) value_store(f->type, to, f->at / 64, f->at % 64, x);
        else r = dc_put(r, f->at, f->type->bits, packed(f->type, x));
    }
    return t->words ? ADDRESS(to) : r;
}

static uint64_t rename_map(struct orbit_job *j, const struct type *t, const struct node *key, const uint32_t *cells,
                           const uint32_t *cell_of, uint64_t v, const uint8_t *perm, uint64_t *to) {
    uint64_t narrow = 0;
    const struct node *e = node_of(j->o, t->elem);
    uint32_t b = type_elem_bits(t->elem), used = j->spare_used;
    if (t->words) memset(to, 0, t->words * sizeof *to);
    for (uint32_t i = 0; i < t->cap; i++) {
        uint64_t at = key ? rename_rank(j, key, cells ? cells[i] : i, perm) : i;
        if (cells) at = cell_of[at];
        uint64_t x = value_element(t, v, i, NULL);
        if (t->elem->words) {
            uint64_t *cell = to + at * t->elem->words;
            if (e->has) rename_value(j, e, x, perm, cell);
            else memcpy(cell, WORDS(x), t->elem->words * sizeof *cell);
        } else {
            if (e->has) x = rename_value(j, e, x, perm, NULL);
            dc_array_put(t->words ? to : &narrow, b, at, packed(t->elem, x));
        }
    }
    j->spare_used = used;
    return t->words ? ADDRESS(to) : narrow;
}

static uint64_t rename_list(struct orbit_job *j, const struct type *t, uint64_t v, const uint8_t *perm, uint64_t *to) {
    const struct node *e = node_of(j->o, t->elem);
    uint64_t narrow = 0, *out = t->words ? to : &narrow;
    uint32_t n = value_size(t, v), used = j->spare_used;
    if (t->words) memset(to, 0, t->words * sizeof *to);
    uint64_t *wide = spare(j, t->elem->words);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t x = rename_value(j, e, value_element(t, v, i, NULL), perm, wide);
        uint64_t code = packed(t->elem, x), *at = t->elem->words ? WORDS(x) : &code;
        if (t->kind == T_SEQ) dc_list_append(out, at, GEOMETRY(t));
        else dc_list_insert(out, at, t->kind == T_BAG, GEOMETRY(t));
    }
    j->spare_used = used;
    return t->words ? ADDRESS(to) : narrow;
}

/* Wide values go to `to`. */
static uint64_t rename_value(struct orbit_job *j, const struct node *n, uint64_t v, const uint8_t *perm, uint64_t *to) {
    const struct type *t = n->type;
    uint64_t inside;
    if (n->codes) return leaf_moved(j, &n->codes[v], perm, v);
    switch (t->kind) {
    case T_SYM: return (uint64_t)perm[(uint64_t)n->base + v] - (uint64_t)n->base;
    case T_RECORD:
    case T_TUPLE: return rename_fields(j, t, v, 0, t->n, perm, to);
    case T_UNION: {
        const struct variant *x = &t->variants[value_tag(t, v)];
        return rename_fields(j, t, v, x->first, x->n, perm, to);
    }
    case T_OPTION:
        if (t->words) memmove(to, WORDS(v), t->words * sizeof *to);
        if (!option_value(t, v, &inside)) return t->words ? ADDRESS(to) : v;
        inside = rename_value(j, node_of(j->o, t->elem), inside, perm, t->words ? to + 1 : NULL);
        if (!t->words) return packed(t->elem, inside) + 1;
        if (!t->elem->words) value_store(t->elem, to, 1, 0, inside);
        return ADDRESS(to);
    case T_MAP: return rename_map(j, t, node_of(j->o, t->key), NULL, NULL, v, perm, to);
    default: break;
    }
    if (t->kind != T_SET || !t->bitset) return rename_list(j, t, v, perm, to);
    const struct node *e = node_of(j->o, t->elem);
    const uint64_t *bits = t->words ? WORDS(v) : &v;
    uint64_t narrow = 0, *out = t->words ? to : &narrow, u = t->elem->universe;
    if (t->words) memset(to, 0, t->words * sizeof *to);
    for (uint64_t r = dc_bits_next(bits, 0, u); r < u; r = dc_bits_next(bits, r + 1, u)) {
        uint64_t m = rename_rank(j, e, r, perm);
        out[m / 64] |= (uint64_t)1 << m % 64;
    }
    return t->words ? ADDRESS(to) : narrow;
}

void orbit_permute(struct orbit_job *j, const uint64_t *from, const uint8_t *perm, uint64_t *to) {
    const struct orbits *o = j->o;
    memcpy(to, from, o->words * sizeof *to);
    for (uint32_t i = 0; i < o->places.n; i++) {
        const struct located *p = &o->places.at[i];
        const struct ir_var *var = p->var;
        uint64_t v = load(var, from), *at = to + var->word;
        uint64_t r = p->key ? rename_map(j, var->type, p->key, p->cells, p->cell_of, v, perm, at)
                            : rename_value(j, p->node, v, perm, at);
        if (!var->type->words) value_store(var->type, to, var->word, var->shift, r);
    }
}

/* ---- the representative ---- */

/* Refines until no class splits any more. Returns how many classes there are. */
static uint32_t classes(const struct orbit_job *j) {
    uint32_t n = 0, all = j->o->n;
    for (uint32_t i = 0; i < all; i++) {
        bool seen = false;
        for (uint32_t k = j->o->first[i]; k < i && !seen; k++) seen = j->colour[k] == j->colour[i];
        n += !seen;
    }
    return n;
}

static void recolour(struct orbit_job *j) {
    for (uint32_t i = 0; i < j->o->n; i++) j->colour[i] = dc_mix(j->colour[i], j->mark[i]);
}

static uint32_t refine(struct orbit_job *j) {
    uint32_t n = classes(j);
    while (n < j->o->n) {
        mark_state(j, j->state);
        recolour(j);
        uint32_t now = classes(j);
        if (now == n) break;
        n = now;
    }
    return n;
}

/* Elements of a type in the order of their colours; equal ones as they are numbered. */
static bool order(struct orbit_job *j) {
    const struct orbits *o = j->o;
    uint8_t sorted[ORBIT_ELEMENTS];
    bool moved = false;
    for (uint32_t i = 0; i < o->n; i++) {
        uint32_t k = i;
        for (; k > o->first[i] && j->colour[sorted[k - 1]] > j->colour[i]; k--) sorted[k] = sorted[k - 1];
        sorted[k] = (uint8_t)i;
    }
    for (uint32_t i = 0; i < o->n; i++) {
        j->perm[sorted[i]] = (uint8_t)i;
        moved |= sorted[i] != i;
    }
    return moved;
}

static void take_leaf(struct orbit_job *j) {
    uint32_t words = j->o->words;
    order(j);
    orbit_permute(j, j->state, j->perm, j->tried);
    if (j->leaves && dc_compare(j->tried, j->best, words) >= 0) {
        j->leaves++;
        return;
    }
    j->leaves++;
    memcpy(j->best, j->tried, words * sizeof *j->best);
    memcpy(j->best_perm, j->perm, j->o->n);
}

/* Exchanging two elements leaves the state as it is. */
static bool alike(struct orbit_job *j, uint32_t a, uint32_t b) {
    uint8_t swap[ORBIT_ELEMENTS];
    for (uint32_t i = 0; i < j->o->n; i++) swap[i] = (uint8_t)i;
    swap[a] = (uint8_t)b;
    swap[b] = (uint8_t)a;
    orbit_permute(j, j->state, swap, j->tried);
    return dc_same(j->tried, j->state, j->o->words);
}

/* The elements with the colour of i, if i is the first of them, else none. */
static uint32_t class_of(const struct orbit_job *j, uint32_t i, uint8_t *members) {
    uint32_t n = 0;
    for (uint32_t k = j->o->first[i]; k < i; k++)
        if (j->colour[k] == j->colour[i]) return 0;
    for (uint32_t k = i; k <= j->o->last[i]; k++)
        if (j->colour[k] == j->colour[i]) members[n++] = (uint8_t)k;
    return n;
}

static void search(struct orbit_job *j, uint32_t depth) {
    const struct orbits *o = j->o;
    uint8_t members[ORBIT_ELEMENTS];
    uint32_t n = 0, best = o->n;
    uint64_t least = 0;
    if (refine(j) == o->n) {
        take_leaf(j);
        return;
    }
    for (uint32_t i = 0; i < o->n; i++) { /* classes whose elements are alike need no order */
        if ((n = class_of(j, i, members)) < 2) continue;
        bool all = true;
        for (uint32_t k = 0; k + 1 < n && all; k++) all = alike(j, members[k], members[k + 1]);
        if (!all) continue;
        for (uint32_t k = 0; k < n; k++) j->colour[members[k]] = dc_mix(j->colour[members[k]], k + 1);
    }
    for (uint32_t i = 0; i < o->n; i++) /* the class with the least colour, whichever elements it has */
        if (class_of(j, i, members) > 1 && (best == o->n || j->colour[i] < least)) {
            best = i;
            least = j->colour[i];
        }
    if (best == o->n) {
        take_leaf(j);
        return;
    }
    n = class_of(j, best, members);
    uint64_t *saved = j->levels + (size_t)depth * o->n;
    memcpy(saved, j->colour, o->n * sizeof *saved);
    for (uint32_t k = 0; k < n; k++) {
        bool done = false; /* one that is alike has given the same states */
        for (uint32_t i = 0; i < k && !done; i++) done = alike(j, members[i], members[k]);
        if (done) continue;
        if (k && j->leaves >= ORBIT_LEAVES) {
            j->cut = true;
            break;
        }
        memcpy(j->colour, saved, o->n * sizeof *saved);
        j->colour[members[k]] = dc_mix(j->colour[members[k]], 1);
        search(j, depth + 1);
    }
}

bool orbit_canonical(struct orbit_job *j, uint64_t *state, uint8_t *perm) {
    const struct orbits *o = j->o;
    for (uint32_t i = 0; i < o->n; i++) j->colour[i] = o->first[i] + 1;
    j->state = state;
    j->cut = false;
    mark_state(j, state);
    recolour(j);
    bool moved = true;
    if (o->plain || classes(j) == o->n) {
        moved = order(j);
        if (perm) memcpy(perm, j->perm, o->n);
        if (moved) orbit_permute(j, state, j->perm, j->best);
    } else {
        j->leaves = 0;
        search(j, 0);
        if (perm) memcpy(perm, j->best_perm, o->n);
    }
    if (moved) memcpy(state, j->best, o->words * sizeof *state);
    return !j->cut;
}

/* ---- making and ending ---- */

static uint32_t deepest_words(const struct program *p) {
    uint64_t words = 0;
    for (uint32_t i = 0; i < p->types.list.n; i++) words += 2 * (uint64_t)p->types.list.at[i]->words;
    return (uint32_t)words + 8;
}

static void know_types(struct orbits *o) {
    const struct program *p = o->p;
    o->nodes = mem_alloc((p->types.list.n + 1) * sizeof *o->nodes);
    for (uint32_t i = 0; i < p->types.list.n; i++) o->nodes[i] = (struct node){.type = p->types.list.at[i], .base = -1};
    for (uint32_t i = 0; i < p->symmetric.n; i++) {
        const struct ir_symmetric *s = &p->symmetric.at[i];
        if (s->why) continue;
        o->nodes[s->type->id].base = (int)o->n;
        for (uint32_t k = 0; k < s->type->n; k++) {
            o->first[o->n + k] = (uint8_t)o->n;
            o->last[o->n + k] = (uint8_t)(o->n + s->type->n - 1);
        }
        o->n += s->type->n;
    }
    for (uint32_t i = 0; i < p->types.list.n; i++) know(o, &o->nodes[i]);
}

static struct located place_of(struct orbits *o, const struct ir_var *v, uint32_t index) {
    struct located p = {.var = v, .node = node_of(o, v->type), .salt = dc_mix(7, index)};
    const struct type *map = v->cells ? v->cell_map : v->type;
    if (map->kind != T_MAP || !node_of(o, map->key)->has) return p;
    p.key = node_of(o, map->key);
    p.cells = v->cells;
    if (!v->cells) return p;
    p.cell_of = mem_alloc(map->cap * sizeof *p.cell_of);
    for (uint32_t i = 0; i < v->type->cap; i++) p.cell_of[v->cells[i]] = i;
    return p;
}

struct orbits *orbits_new(const struct program *p) {
    struct orbits *o = mem_alloc(sizeof *o);
    o->p = p;
    o->words = p->state_words;
    know_types(o);
    o->spare_words = deepest_words(p);
    o->plain = true;
    for (uint32_t i = 0; i < p->vars.n && o->n; i++) {
        const struct ir_var *v = p->vars.at[i];
        struct located at = place_of(o, v, i);
        if (!at.key && !at.node->has) continue;
        uint32_t entry = at.key ? more(at.key->deep, node_of(o, v->type->elem)->deep) : at.node->entry;
        if (entry > 1) o->plain = false;
        VEC_PUSH(o->places, at);
    }
    for (uint32_t i = 0; i < p->types.list.n && o->n; i++) list_atoms(o, &o->nodes[i]);
    if (o->n) return o;
    orbits_free(o);
    return NULL;
}

void orbits_free(struct orbits *o) {
    if (!o) return;
    for (uint32_t i = 0; i < o->p->types.list.n; i++) {
        mem_free(o->nodes[i].ranks);
        mem_free(o->nodes[i].codes);
    }
    for (uint32_t i = 0; i < o->places.n; i++) mem_free(o->places.at[i].cell_of);
    VEC_FREE(o->places);
    VEC_FREE(o->atoms);
    mem_free(o->nodes);
    mem_free(o);
}

uint32_t orbit_elements(const struct orbits *o) { return o->n; }
const uint8_t *orbit_first(const struct orbits *o) { return o->first; }

struct orbit_job *orbit_open(const struct orbits *o) {
    struct orbit_job *j = mem_alloc(sizeof *j);
    j->o = o;
    j->best = mem_alloc((o->words + 1) * sizeof *j->best);
    j->tried = mem_alloc((o->words + 1) * sizeof *j->tried);
    j->spare = mem_alloc(o->spare_words * sizeof *j->spare);
    j->levels = mem_alloc((size_t)o->n * (o->n + 1) * sizeof *j->levels);
    return j;
}

void orbit_close(struct orbit_job *j) {
    if (!j) return;
    mem_free(j->best);
    mem_free(j->tried);
    mem_free(j->spare);
    mem_free(j->levels);
    mem_free(j);
}

/* ---- questions of the analysis ---- */

/* The exchange of element i of a type with the next one. */
static void exchange(const struct orbits *o, uint32_t i, uint8_t *perm) {
    for (uint32_t k = 0; k < o->n; k++) perm[k] = (uint8_t)k;
    perm[i] = (uint8_t)(i + 1);
    perm[i + 1] = (uint8_t)i;
}

bool orbit_keeps(struct orbit_job *j, const struct ir *constant, const struct type *sym) {
    const struct orbits *o = j->o;
    const struct type *t = constant->type;
    const struct node *n = node_of(o, t);
    int base = node_of(o, sym)->base;
    uint64_t v = t->words ? ADDRESS(constant->words) : (uint64_t)constant->imm;
    uint8_t perm[ORBIT_ELEMENTS];
    if (!n->has || base < 0) return true;
    for (uint32_t i = 0; i + 1 < sym->n; i++) { /* neighbours generate all permutations */
        exchange(o, (uint32_t)base + i, perm);
        uint32_t used = j->spare_used;
        bool same = value_same(t, v, rename_value(j, n, v, perm, spare(j, t->words)));
        j->spare_used = used;
        if (!same) return false;
    }
    return true;
}

bool orbit_is_cell_table(const struct ir_var *v, const struct ir *constant) {
    const struct type *t = constant->type;
    if (t->kind != T_MAP || t->key != v->cell_map->key || t->elem->kind != T_RANGE) return false;
    uint64_t table = t->words ? ADDRESS(constant->words) : (uint64_t)constant->imm;
    for (uint32_t i = 0; i < v->type->cap; i++)
        if (value_element(t, table, v->cells[i], NULL) != i) return false;
    return true;
}

bool orbit_cells_closed(struct orbit_job *j, const struct ir_var *v) {
    const struct orbits *o = j->o;
    const struct node *key = node_of(o, v->cell_map->key);
    uint8_t perm[ORBIT_ELEMENTS];
    bool closed = true, *live = mem_alloc(v->cell_map->cap * sizeof *live);
    for (uint32_t i = 0; i < v->type->cap; i++) live[v->cells[i]] = true;
    for (uint32_t e = 0; e + 1 < o->n && closed; e++) {
        if (o->first[e] != o->first[e + 1]) continue;
        exchange(o, e, perm);
        for (uint32_t i = 0; i < v->type->cap && closed; i++) closed = live[rename_rank(j, key, v->cells[i], perm)];
    }
    mem_free(live);
    return closed;
}
