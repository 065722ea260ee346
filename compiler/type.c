#include "compiler/type.h"

#include <stdio.h>
#include <string.h>

static const uint64_t UNIVERSE_LIMIT = (uint64_t)1 << 62;

static unsigned bit_length(uint64_t x) { return x ? 64 - (unsigned)__builtin_clzll(x) : 0; }

static uint64_t times(uint64_t a, uint64_t b) {
    uint64_t r;
    if (!a || !b || __builtin_mul_overflow(a, b, &r) || r > UNIVERSE_LIMIT) return 0;
    return r;
}

/* Sizes are computed in 64 bits; what is wider than this is refused by all who make types (MAX_VALUE_WORDS), so that it
 * need not be told apart. */
static uint32_t clamp_words(uint64_t words) { return words < UINT32_MAX / 64 ? (uint32_t)words : UINT32_MAX / 64; }

/* Places fields one after the other: into 64 bits if they fit, the first in the highest bits so that the order of codes
 * is the lexicographic one; else into words, none across a word boundary. Returns the width in bits or, if wide, sets
 * *words. */
static uint32_t place(struct field *f, uint32_t n, uint32_t *words) {
    uint64_t total = 0;
    bool wide = false;
    for (uint32_t i = 0; i < n; i++) {
        if (type_wide(f[i].type)) wide = true;
        else total += f[i].type->bits;
    }
    *words = 0;
    if (!wide && total <= 64) {
        uint32_t at = (uint32_t)total;
        for (uint32_t i = 0; i < n; i++) f[i].at = at -= f[i].type->bits;
        return (uint32_t)total;
    }
    uint64_t word = 0, used = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct type *t = f[i].type;
        if (type_wide(t)) {
            if (used) word++, used = 0;
            f[i].at = (uint32_t)(64 * word);
            word += t->words;
        } else {
            if (used + t->bits > 64) word++, used = 0;
            f[i].at = (uint32_t)(64 * word + used);
            used += t->bits;
        }
    }
    *words = clamp_words(word + (used != 0));
    if (!*words) *words = 1;
    return 0;
}

static void size_list(struct type *t) {
    uint32_t b = type_elem_bits(t->elem), len = bit_length(t->cap);
    if (b && (uint64_t)b * t->cap + len <= 64) {
        t->bits = b * t->cap + len;
        t->max_code = t->bits >= 64 ? UINT64_MAX : ((uint64_t)1 << t->bits) - 1;
    } else {
        t->words =
            clamp_words(1 + (b ? ((uint64_t)t->cap + 64 / b - 1) / (64 / b) : (uint64_t)t->cap * t->elem->words));
    }
}

static void size_set(struct type *t) {
    uint64_t u = t->elem->universe;
    t->bitset = u && u <= SET_BITS_MAX;
    if (t->bitset) {
        t->checked = t->max && t->max < u;
        if (u <= 64) {
            t->bits = (uint32_t)u;
            t->max_code = u >= 64 ? UINT64_MAX : ((uint64_t)1 << u) - 1;
        } else {
            t->words = (uint32_t)((u + 63) / 64);
        }
        t->universe = u <= 61 ? (uint64_t)1 << u : 0;
    } else {
        t->cap = t->max ? t->max : SET_LIST_DEFAULT;
        t->checked = true;
        size_list(t);
    }
}

static void size_struct(struct type *t) {
    t->universe = 1;
    t->ordered = true;
    for (uint32_t i = 0; i < t->n; i++) {
        t->universe = times(t->universe, t->fields[i].type->universe);
        t->ordered &= t->fields[i].type->ordered;
    }
    t->bits = place(t->fields, t->n, &t->words);
    if (!t->words)
        for (uint32_t i = 0; i < t->n; i++)
            t->max_code |= t->fields[i].type->bits ? t->fields[i].type->max_code << t->fields[i].at : 0;
    if (t->words) t->ordered = false;
}

static void size_union(struct type *t) {
    uint32_t payload = 0, words = 0;
    bool wide = false;
    t->universe = 0;
    bool countable = true;
    for (uint32_t v = 0; v < t->n_variants; v++) {
        struct variant *x = &t->variants[v];
        uint32_t w, bits = place(t->fields + x->first, x->n, &w);
        if (w) wide = true;
        if (bits > payload) payload = bits;
        uint64_t u = 1;
        for (uint32_t i = 0; i < x->n; i++) u = times(u, t->fields[x->first + i].type->universe);
        x->rank = t->universe;
        if (!u || t->universe + u > UNIVERSE_LIMIT) countable = false;
        t->universe += u;
    }
    if (!countable) t->universe = 0;
    uint32_t tag = bit_length(t->n_variants ? t->n_variants - 1 : 0);
    if (!wide && payload + tag <= 64) {
        t->payload = payload;
        t->bits = payload + tag;
        uint64_t last = payload >= 64 ? 0 : (uint64_t)(t->n_variants ? t->n_variants - 1 : 0) << payload;
        t->max_code = last | (payload ? (payload >= 64 ? UINT64_MAX : ((uint64_t)1 << payload) - 1) : 0);
        return;
    }
    /* wide: the tag has word 0 for itself, the payload follows */
    for (uint32_t v = 0; v < t->n_variants; v++) {
        struct variant *x = &t->variants[v];
        uint32_t w, bits = place(t->fields + x->first, x->n, &w);
        if (!w && bits) w = 1;
        for (uint32_t i = 0; i < x->n; i++) t->fields[x->first + i].at += 64;
        if (w > words) words = w;
    }
    t->words = 1 + words;
}

static void size(struct type *t) {
    switch (t->kind) {
    case T_RANGE: {
        uint64_t span = (uint64_t)t->hi - (uint64_t)t->lo;
        t->ordered = true;
        if (span >= UNIVERSE_LIMIT) {
            t->bits = 64;
            t->max_code = UINT64_MAX;
            break;
        }
        t->universe = span + 1;
        t->max_code = span;
        t->bits = bit_length(span);
        break;
    }
    case T_BOOL:
        t->universe = 2;
        t->max_code = 1;
        t->bits = 1;
        t->ordered = true;
        break;
    case T_ENUM:
    case T_SYM:
        t->universe = t->n;
        t->max_code = t->n ? t->n - 1 : 0;
        t->bits = bit_length(t->max_code);
        t->ordered = t->kind == T_ENUM;
        break;
    case T_RECORD:
    case T_TUPLE: size_struct(t); break;
    case T_UNION: size_union(t); break;
    case T_OPTION: {
        const struct type *e = t->elem;
        t->universe = e->universe ? e->universe + 1 : 0;
        t->ordered = e->ordered;
        if (!e->words && e->max_code != UINT64_MAX) {
            t->max_code = e->max_code + 1;
            t->bits = bit_length(t->max_code);
        } else {
            t->words = 1 + type_slot_words(e);
            t->ordered = false;
        }
        break;
    }
    case T_SET: size_set(t); break;
    case T_MAP: {
        uint64_t n = t->key->universe;
        uint32_t b = type_elem_bits(t->elem);
        t->universe = 1;
        if (n <= 64)
            for (uint64_t i = 0; i < n; i++) t->universe = times(t->universe, t->elem->universe);
        else t->universe = t->elem->universe == 1;
        t->cap = (uint32_t)n;
        if (b && n * b <= 64) {
            t->bits = (uint32_t)n * b;
            t->max_code = t->bits >= 64 ? UINT64_MAX : ((uint64_t)1 << t->bits) - 1;
        } else {
            t->words = clamp_words(b ? (n + 64 / b - 1) / (64 / b) : n * t->elem->words);
        }
        break;
    }
    case T_SEQ:
    case T_BAG:
        t->cap = t->max;
        size_list(t);
        break;
    default: t->bits = 64; break;
    }
    if (t->kind == T_SEQ && t->elem->universe) { /* sum of u^len, for keys and sets of short sequences */
        uint64_t sum = 0, power = 1;
        for (uint32_t i = 0; i <= t->cap && power; i++) {
            sum += power;
            if (sum > UNIVERSE_LIMIT) power = 0;
            if (i < t->cap) power = times(power, t->elem->universe);
        }
        t->universe = power ? sum : 0;
    }
}

static bool same(const struct type *a, const struct type *b) {
    if (a->kind != b->kind || a->mode != b->mode || a->lo != b->lo || a->hi != b->hi || a->elem != b->elem ||
        a->key != b->key || a->max != b->max || a->n != b->n || a->name != b->name || a->base1 != b->base1)
        return false;
    if (a->kind == T_ENUM || a->kind == T_SYM || a->kind == T_RECORD || a->kind == T_UNION) return false; /* nominal */
    for (uint32_t i = 0; a->kind == T_TUPLE && i < a->n; i++)
        if (a->fields[i].type != b->fields[i].type) return false;
    return true;
}

static const struct type *cons(struct types *ts, const struct type *t) {
    for (uint32_t i = 0; i < ts->list.n; i++)
        if (same(ts->list.at[i], t)) return ts->list.at[i];
    struct type *new = arena_alloc(ts->arena, sizeof *new);
    *new = *t;
    new->id = ts->list.n;
    if (t->n && t->fields) {
        new->fields = arena_alloc(ts->arena, t->n * sizeof *new->fields);
        memcpy(new->fields, t->fields, t->n * sizeof *new->fields);
    }
    if (t->n_variants) {
        new->variants = arena_alloc(ts->arena, t->n_variants * sizeof *new->variants);
        memcpy(new->variants, t->variants, t->n_variants * sizeof *new->variants);
    }
    size(new);
    if (t->elem) new->depth = t->elem->depth + 1;
    if (t->key && t->key->depth >= new->depth) new->depth = t->key->depth + 1;
    for (uint32_t i = 0; t->fields && i < t->n; i++)
        if (t->fields[i].type->depth >= new->depth) new->depth = t->fields[i].type->depth + 1;
    VEC_PUSH(ts->list, new);
    return new;
}

void types_init(struct types *ts, struct arena *arena) {
    memset(ts, 0, sizeof *ts);
    ts->arena = arena;
    ts->error = cons(ts, &(struct type){.kind = T_ERROR});
    ts->integer = type_range(ts, INT64_MIN, INT64_MAX, RANGE_CLAIM);
    ts->boolean = cons(ts, &(struct type){.kind = T_BOOL});
    ts->none = cons(ts, &(struct type){.kind = T_NONE});
    ts->empty = cons(ts, &(struct type){.kind = T_EMPTY});
    ts->string = cons(ts, &(struct type){.kind = T_STRING});
}

void types_free(struct types *ts) { VEC_FREE(ts->list); }

const struct type *type_range(struct types *ts, int64_t lo, int64_t hi, enum range_mode mode) {
    return cons(ts, &(struct type){.kind = T_RANGE, .lo = lo, .hi = hi, .mode = mode});
}
const struct type *type_enum(struct types *ts, const char *name, const char *const *names, uint32_t n) {
    return cons(ts, &(struct type){.kind = T_ENUM, .name = name, .names = names, .n = n});
}
const struct type *type_symmetric(struct types *ts, const char *name, const char *const *names, uint32_t n) {
    return cons(ts, &(struct type){.kind = T_SYM, .name = name, .names = names, .n = n});
}
const struct type *type_record(struct types *ts, const char *name, const struct field *f, uint32_t n) {
    return cons(ts, &(struct type){.kind = T_RECORD, .name = name, .fields = (struct field *)(uintptr_t)f, .n = n});
}
const struct type *type_tuple(struct types *ts, const struct type *const *elems, uint32_t n) {
    struct field *f = arena_alloc(ts->arena, n * sizeof *f);
    for (uint32_t i = 0; i < n; i++) f[i].type = elems[i];
    return cons(ts, &(struct type){.kind = T_TUPLE, .fields = f, .n = n});
}
const struct type *type_union(struct types *ts, const char *name, const struct variant *v, uint32_t nv,
                              const struct field *f, uint32_t nf) {
    return cons(ts, &(struct type){.kind = T_UNION,
                                   .name = name,
                                   .variants = (struct variant *)(uintptr_t)v,
                                   .n_variants = nv,
                                   .fields = (struct field *)(uintptr_t)f,
                                   .n = nf});
}
const struct type *type_option(struct types *ts, const struct type *e) {
    return e->kind == T_ERROR || e->kind == T_OPTION ? e : cons(ts, &(struct type){.kind = T_OPTION, .elem = e});
}
const struct type *type_set(struct types *ts, const struct type *e, uint32_t max) {
    return e->kind == T_ERROR ? e : cons(ts, &(struct type){.kind = T_SET, .elem = e, .max = max});
}
const struct type *type_map(struct types *ts, const struct type *k, const struct type *v) {
    return k->kind == T_ERROR || v->kind == T_ERROR ? ts->error
                                                    : cons(ts, &(struct type){.kind = T_MAP, .key = k, .elem = v});
}
const struct type *type_seq(struct types *ts, const struct type *e, uint32_t max, bool base1) {
    return e->kind == T_ERROR ? e : cons(ts, &(struct type){.kind = T_SEQ, .elem = e, .max = max, .base1 = base1});
}
const struct type *type_bag(struct types *ts, const struct type *e, uint32_t max) {
    return e->kind == T_ERROR ? e : cons(ts, &(struct type){.kind = T_BAG, .elem = e, .max = max});
}

const char *type_name(struct arena *a, const struct type *t) {
    if (t->name) return t->name;
    switch (t->kind) {
    case T_ERROR: return "?";
    case T_RANGE: {
        if (!t->universe) return "int";
        const char *mode = t->mode == RANGE_CUT ? " cut" : t->mode == RANGE_SATURATING ? " saturating" : "";
        return arena_printf(a, "%lld..%lld%s", (long long)t->lo, (long long)t->hi, mode);
    }
    case T_BOOL: return "bool";
    case T_ENUM:
    case T_SYM: {
        if (t->kind == T_SYM && !t->names) return arena_printf(a, "symmetric %u", t->n);
        const char *text = t->kind == T_ENUM ? "enum {" : "symmetric {";
        for (uint32_t i = 0; i < t->n; i++) text = arena_printf(a, "%s%s%s", text, i ? ", " : "", t->names[i]);
        return arena_printf(a, "%s}", text);
    }
    case T_TUPLE: {
        const char *text = "(";
        for (uint32_t i = 0; i < t->n; i++)
            text = arena_printf(a, "%s%s%s", text, i ? ", " : "", type_name(a, t->fields[i].type));
        return arena_printf(a, "%s)", text);
    }
    case T_OPTION: return arena_printf(a, "%s?", type_name(a, t->elem));
    case T_SET:
        return t->max ? arena_printf(a, "set[%s, max %u]", type_name(a, t->elem), t->max)
                      : arena_printf(a, "set[%s]", type_name(a, t->elem));
    case T_MAP: return arena_printf(a, "map[%s -> %s]", type_name(a, t->key), type_name(a, t->elem));
    case T_SEQ: return arena_printf(a, "seq[%s, %u]", type_name(a, t->elem), t->max);
    case T_BAG: return arena_printf(a, "bag[%s, %u]", type_name(a, t->elem), t->max);
    case T_NONE: return "none";
    case T_EMPTY: return "an empty set or sequence";
    case T_STRING: return "text";
    default: return "?";
    }
}

bool type_mentions(const struct type *t, const struct type *sym) {
    if (sym ? t == sym : t->kind == T_SYM) return true;
    if (t->elem && type_mentions(t->elem, sym)) return true;
    if (t->key && type_mentions(t->key, sym)) return true;
    for (uint32_t i = 0; t->fields && i < t->n; i++)
        if (type_mentions(t->fields[i].type, sym)) return true;
    return false;
}

bool type_has_symmetric(const struct type *t) { return type_mentions(t, NULL); }
