/* Packed values by type: ranks, parts, and how they are written for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/eval.h"
#include "model/rt.h"

#define WORDS(v) ((uint64_t *)(uintptr_t)(v))
#define GEOMETRY(t) type_elem_bits((t)->elem), (t)->elem->words, (t)->cap, (t)->words == 0

static uint64_t pack(const struct type *t, uint64_t v) {
    return t->kind == T_RANGE && t->universe ? v - (uint64_t)t->lo : v;
}
static uint64_t unpack(const struct type *t, uint64_t c) {
    return t->kind == T_RANGE && t->universe ? c + (uint64_t)t->lo : c;
}

uint64_t value_load(const struct type *t, const uint64_t *words, uint32_t word, uint32_t shift) {
    if (t->words) return (uint64_t)(uintptr_t)(words + word);
    return unpack(t, t->bits ? dc_get(words[word], shift, t->bits) : 0);
}

void value_store(const struct type *t, uint64_t *words, uint32_t word, uint32_t shift, uint64_t v) {
    if (t->words) memmove(words + word, WORDS(v), t->words * sizeof *words);
    else if (t->bits) words[word] = dc_put(words[word], shift, t->bits, pack(t, v));
}

bool value_same(const struct type *t, uint64_t a, uint64_t b) {
    return t->words ? dc_same(WORDS(a), WORDS(b), t->words) : a == b;
}

uint64_t value_field(const struct type *owner, uint64_t v, const struct field *f) {
    if (owner->words) return value_load(f->type, WORDS(v), f->at / 64, f->at % 64);
    return unpack(f->type, f->type->bits ? dc_get(v, f->at, f->type->bits) : 0);
}

uint32_t value_tag(const struct type *t, uint64_t v) {
    if (t->words) return (uint32_t)WORDS(v)[0];
    return t->payload >= 64 ? 0 : (uint32_t)(v >> t->payload);
}

uint32_t value_size(const struct type *t, uint64_t v) {
    if (t->kind == T_SET && t->bitset) return t->words ? dc_bits_size(WORDS(v), t->words) : dc_count(v);
    if (t->kind == T_MAP) return t->cap;
    return dc_list_len(t->words ? WORDS(v) : &v, GEOMETRY(t));
}

uint64_t value_element(const struct type *t, uint64_t v, uint32_t i, uint64_t *words) {
    const struct type *e = t->elem;
    const uint64_t *base = t->words ? WORDS(v) : &v;
    if (t->kind == T_SET && t->bitset) {
        uint64_t at = dc_bits_next(base, 0, e->universe);
        while (i--) at = dc_bits_next(base, at + 1, e->universe);
        return value_unrank(e, at, words);
    }
    if (t->kind == T_MAP) {
        if (e->words) return (uint64_t)(uintptr_t)(base + (size_t)i * e->words);
        return unpack(e, dc_array_get(base, type_elem_bits(e), i));
    }
    if (e->words) return (uint64_t)(uintptr_t)dc_list_at(base, i, e->words);
    return unpack(e, dc_list_get(base, i, GEOMETRY(t)));
}

static uint64_t fields_rank(const struct type *owner, uint64_t v, uint32_t first, uint32_t n) {
    uint64_t r = 0;
    for (uint32_t i = first; i < first + n; i++) {
        const struct field *f = &owner->fields[i];
        r = r * f->type->universe + value_rank(f->type, value_field(owner, v, f));
    }
    return r;
}

uint64_t value_rank(const struct type *t, uint64_t v) {
    switch (t->kind) {
    case T_RANGE: return pack(t, v);
    case T_RECORD:
    case T_TUPLE: return fields_rank(t, v, 0, t->n);
    case T_UNION: {
        const struct variant *x = &t->variants[value_tag(t, v)];
        return x->rank + fields_rank(t, v, x->first, x->n);
    }
    case T_OPTION:
        if (t->words) {
            if (!WORDS(v)[0]) return 0;
            return 1 + value_rank(t->elem, value_load(t->elem, WORDS(v), 1, 0));
        }
        return v ? 1 + value_rank(t->elem, unpack(t->elem, v - 1)) : 0;
    case T_MAP: {
        uint64_t r = 0;
        for (uint32_t i = 0; i < t->cap; i++)
            r = r * t->elem->universe + value_rank(t->elem, value_element(t, v, i, NULL));
        return r;
    }
    case T_SEQ: { /* shorter ones first */
        uint64_t base = 0, power = 1, r = 0;
        uint32_t n = value_size(t, v);
        for (uint32_t i = 0; i < n; i++) {
            base += power;
            power *= t->elem->universe;
            r = r * t->elem->universe + value_rank(t->elem, value_element(t, v, i, NULL));
        }
        return base + r;
    }
    default: return v;
    }
}

static uint64_t fields_unrank(const struct type *owner, uint32_t first, uint32_t n, uint64_t rank, uint64_t start,
                              uint64_t *words) {
    uint64_t v = start;
    for (uint32_t i = first + n; i-- > first;) {
        const struct field *f = &owner->fields[i];
        uint64_t u = f->type->universe, x = value_unrank(f->type, rank % u, owner->words ? words + f->at / 64 : NULL);
        rank /= u;
        if (f->type->words) continue; /* in its place already */
        if (owner->words) value_store(f->type, words, f->at / 64, f->at % 64, x);
        else if (f->type->bits) v |= pack(f->type, x) << f->at;
    }
    return v;
}

uint64_t value_unrank(const struct type *t, uint64_t rank, uint64_t *words) {
    if (t->words) memset(words, 0, t->words * sizeof *words);
    uint64_t v = t->words ? (uint64_t)(uintptr_t)words : 0;
    switch (t->kind) {
    case T_RANGE: return unpack(t, rank);
    case T_RECORD:
    case T_TUPLE: return fields_unrank(t, 0, t->n, rank, v, words);
    case T_UNION: {
        uint32_t k = 0;
        while (k + 1 < t->n_variants && rank >= t->variants[k + 1].rank) k++;
        const struct variant *x = &t->variants[k];
        if (t->words) words[0] = k;
        else if (t->payload < 64) v = (uint64_t)k << t->payload;
        return fields_unrank(t, x->first, x->n, rank - x->rank, v, words);
    }
    case T_OPTION:
        if (!rank) return v;
        if (t->words) {
            words[0] = 1;
            uint64_t x = value_unrank(t->elem, rank - 1, words + 1);
            if (!t->elem->words) value_store(t->elem, words, 1, 0, x);
            return v;
        }
        return pack(t->elem, value_unrank(t->elem, rank - 1, NULL)) + 1;
    case T_MAP: {
        uint64_t u = t->elem->universe, *base = t->words ? words : &v;
        for (uint32_t i = t->cap; i-- > 0;) {
            uint64_t x = value_unrank(t->elem, rank % u, base + (size_t)i * t->elem->words);
            rank /= u;
            if (!t->elem->words) dc_array_put(base, type_elem_bits(t->elem), i, pack(t->elem, x));
        }
        return v;
    }
    case T_SEQ: {
        uint64_t power = 1, *base = t->words ? words : &v;
        uint32_t n = 0;
        while (rank >= power) {
            rank -= power;
            power *= t->elem->universe;
            n++;
        }
        dc_list_set_len(base, n, GEOMETRY(t));
        for (uint32_t i = n; i-- > 0;) {
            uint64_t x = value_unrank(t->elem, rank % t->elem->universe, base + 1 + (size_t)i * t->elem->words);
            rank /= t->elem->universe;
            if (!t->elem->words) dc_list_put(base, i, pack(t->elem, x), GEOMETRY(t));
        }
        return v;
    }
    default: return rank;
    }
}

/* ---- what comes from outside ---- */

static bool all_zero(const uint64_t *w, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (w[i]) return false;
    return true;
}

/* Each takes the parts that it finds valid out of `rest`, a copy of the value: what is left must be zero, so that there
 * is one encoding only. */
static bool fields_valid(const struct type *t, uint64_t v, uint32_t first, uint32_t n, uint64_t *rest) {
    for (uint32_t i = first; i < first + n; i++) {
        const struct field *f = &t->fields[i];
        if (!value_valid(f->type, value_field(t, v, f))) return false;
        uint64_t *at = rest + (t->words ? f->at / 64 : 0);
        if (f->type->words) memset(at, 0, f->type->words * sizeof *at);
        else if (f->type->bits) *at = dc_put(*at, t->words ? f->at % 64 : f->at, f->type->bits, 0);
    }
    return true;
}

static bool union_valid(const struct type *t, uint64_t v, uint64_t *rest) {
    uint32_t tag = value_tag(t, v);
    if ((t->words && rest[0] != tag) || tag >= t->n_variants) return false;
    if (t->words) rest[0] = 0;
    else if (t->payload < 64) rest[0] &= dc_mask(t->payload);
    return fields_valid(t, v, t->variants[tag].first, t->variants[tag].n, rest);
}

static bool list_valid(const struct type *t, uint64_t v, uint64_t *rest) {
    const struct type *e = t->elem;
    const uint64_t *l = t->words ? WORDS(v) : &v;
    uint32_t n = value_size(t, v);
    if ((t->words && l[0] != n) || n > t->cap) return false;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t x = value_element(t, v, i, NULL), code = e->words ? 0 : pack(e, x), none[1] = {0};
        int order = i && t->kind != T_SEQ ? dc_list_compare(l, i - 1, e->words ? WORDS(x) : &code, GEOMETRY(t)) : -1;
        if (!value_valid(e, x) || order > 0 || (order == 0 && t->kind == T_SET)) return false;
        if (e->words) memset(rest + 1 + (size_t)i * e->words, 0, e->words * sizeof *rest);
        else dc_list_write(rest, i, none, GEOMETRY(t));
    }
    dc_list_set_len(rest, 0, GEOMETRY(t));
    return true;
}

static bool map_valid(const struct type *t, uint64_t v, uint64_t *rest) {
    const struct type *e = t->elem;
    for (uint32_t i = 0; i < t->cap; i++) {
        if (!value_valid(e, value_element(t, v, i, NULL))) return false;
        if (e->words) memset(rest + (size_t)i * e->words, 0, e->words * sizeof *rest);
        else dc_array_put(rest, type_elem_bits(e), i, 0);
    }
    return true;
}

static bool option_valid(const struct type *t, uint64_t v, uint64_t *rest) {
    if (!t->words) {
        rest[0] = 0;
        return !v || (v - 1 <= t->elem->max_code && value_valid(t->elem, unpack(t->elem, v - 1)));
    }
    if (!rest[0]) return true;
    if (rest[0] != 1 || !value_valid(t->elem, value_load(t->elem, WORDS(v), 1, 0))) return false;
    memset(rest, 0, t->words * sizeof *rest);
    return true;
}

static bool bits_valid(const struct type *t, uint64_t v, uint64_t *rest) {
    uint64_t u = t->elem->universe;
    for (uint64_t i = 0; i < u; i++) rest[i / 64] &= ~((uint64_t)1 << (i % 64));
    return !t->checked || value_size(t, v) <= t->max;
}

static bool parts_valid(const struct type *t, uint64_t v, uint64_t *rest) {
    switch (t->kind) {
    case T_RECORD:
    case T_TUPLE: return fields_valid(t, v, 0, t->n, rest);
    case T_UNION: return union_valid(t, v, rest);
    case T_OPTION: return option_valid(t, v, rest);
    case T_MAP: return map_valid(t, v, rest);
    case T_SET:
        if (t->bitset) return bits_valid(t, v, rest);
        return list_valid(t, v, rest);
    default: return list_valid(t, v, rest);
    }
}

bool value_valid(const struct type *t, uint64_t v) {
    switch (t->kind) {
    case T_RANGE: return (int64_t)v >= t->lo && (int64_t)v <= t->hi;
    case T_BOOL: return v <= 1;
    case T_ENUM:
    case T_SYM: return v < t->n;
    default: break;
    }
    uint32_t n = type_slot_words(t);
    uint64_t *rest = mem_alloc(n * sizeof *rest);
    memcpy(rest, t->words ? WORDS(v) : &v, n * sizeof *rest);
    bool valid = parts_valid(t, v, rest) && all_zero(rest, n);
    mem_free(rest);
    return valid;
}

struct text {
    char *at;
    size_t n, cap;
};

static void put(struct text *s, const char *piece) {
    size_t n = strlen(piece);
    if (s->n + n + 1 > s->cap) {
        size_t cap = 2 * (s->n + n + 1) + 64;
        s->at = mem_grow(s->at, s->cap, cap);
        s->cap = cap;
    }
    memcpy(s->at + s->n, piece, n + 1);
    s->n += n;
}

static void print(const struct program *p, const struct type *t, uint64_t v, struct text *s);

static void print_fields(const struct program *p, const struct type *t, uint64_t v, uint32_t first, uint32_t n,
                         struct text *s) {
    bool any = false;
    for (uint32_t i = first; i < first + n; i++) {
        const struct field *f = &t->fields[i];
        if (t == p->message_type && i < first + 2 && (!strcmp(f->name, "from") || !strcmp(f->name, "to"))) continue;
        put(s, any ? ", " : "(");
        any = true;
        if (f->name && t->kind != T_TUPLE && n > 1) {
            put(s, f->name);
            put(s, ": ");
        }
        print(p, f->type, value_field(t, v, f), s);
    }
    if (any) put(s, ")");
}

static void print_list(const struct program *p, const struct type *t, uint64_t v, const char *open, const char *close,
                       struct text *s) {
    uint64_t *words = t->elem->words ? mem_alloc(t->elem->words * sizeof *words) : NULL;
    put(s, open);
    uint32_t n = value_size(t, v);
    for (uint32_t i = 0; i < n; i++) {
        if (i) put(s, ", ");
        print(p, t->elem, value_element(t, v, i, words), s);
    }
    put(s, close);
    mem_free(words);
}

static void print_map(const struct program *p, const struct type *t, uint64_t v, struct text *s) {
    uint64_t *words = t->key->words ? mem_alloc(t->key->words * sizeof *words) : NULL;
    put(s, "[");
    for (uint32_t i = 0; i < t->cap; i++) {
        if (i) put(s, ", ");
        print(p, t->key, value_unrank(t->key, i, words), s);
        put(s, ": ");
        print(p, t->elem, value_element(t, v, i, NULL), s);
    }
    put(s, "]");
    mem_free(words);
}

static void print(const struct program *p, const struct type *t, uint64_t v, struct text *s) {
    char number[64];
    switch (t->kind) {
    case T_RANGE:
        snprintf(number, sizeof number, "%lld", (long long)v);
        put(s, number);
        break;
    case T_BOOL: put(s, v ? "true" : "false"); break;
    case T_ENUM: put(s, v < t->n ? t->names[v] : "?"); break;
    case T_SYM:
        if (t->names) {
            put(s, v < t->n ? t->names[v] : "?");
        } else {
            put(s, t->name ? t->name : "id");
            snprintf(number, sizeof number, "%llu", (unsigned long long)v + 1);
            put(s, number);
        }
        break;
    case T_RECORD:
        put(s, t->name);
        print_fields(p, t, v, 0, t->n, s);
        break;
    case T_TUPLE: print_fields(p, t, v, 0, t->n, s); break;
    case T_UNION: {
        uint32_t tag = value_tag(t, v);
        if (tag >= t->n_variants) {
            put(s, "?");
            break;
        }
        const struct variant *x = &t->variants[tag];
        put(s, x->name);
        if (t == p->process_type) {
            if (!x->n) break;
            put(s, "[");
            print(p, t->fields[x->first].type, value_field(t, v, &t->fields[x->first]), s);
            put(s, "]");
        } else {
            print_fields(p, t, v, x->first, x->n, s);
        }
        break;
    }
    case T_OPTION: {
        bool some = t->words ? WORDS(v)[0] != 0 : v != 0;
        if (!some) put(s, "none");
        else print(p, t->elem, t->words ? value_load(t->elem, WORDS(v), 1, 0) : unpack(t->elem, v - 1), s);
        break;
    }
    case T_SET: print_list(p, t, v, "{", "}", s); break;
    case T_SEQ: print_list(p, t, v, "[", "]", s); break;
    case T_BAG: print_list(p, t, v, "{|", "|}", s); break;
    case T_MAP: print_map(p, t, v, s); break;
    default: put(s, "?");
    }
}

void value_print(const struct program *p, const struct type *t, uint64_t v, struct arena *a, char **text, size_t *n) {
    struct text s = {0};
    put(&s, "");
    print(p, t, v, &s);
    *text = arena_strdup(a, s.at, s.n);
    *n = s.n;
    mem_free(s.at);
}
