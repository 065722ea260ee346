/* The interpreter: one switch over the IR. */
#include "compiler/eval.h"

#include <stdlib.h>
#include <string.h>

#include "model/rt.h"

#define WORDS(v) ((uint64_t *)(uintptr_t)(v))
#define ADDRESS(p) ((uint64_t)(uintptr_t)(p))
#define GEOMETRY(t) type_elem_bits((t)->elem), (t)->elem->words, (t)->cap, (t)->words == 0

enum { SCRATCH_WORDS = 1 << 21 };

static uint64_t pack(const struct type *t, uint64_t v) {
    return t->kind == T_RANGE && t->universe ? v - (uint64_t)t->lo : v;
}
static uint64_t unpack(const struct type *t, uint64_t c) {
    return t->kind == T_RANGE && t->universe ? c + (uint64_t)t->lo : c;
}

static uint64_t ev(struct eval *, const struct ir *);
static void run(struct eval *, const struct ir *);

struct eval *eval_open(const struct program *p) {
    struct eval *e = mem_alloc(sizeof *e);
    e->program = p;
    e->words = p->state_words;
    e->slot_at = mem_alloc((p->slots.n + 1) * sizeof *e->slot_at);
    uint64_t at = 0;
    for (uint32_t i = 0; i < p->slots.n; i++) {
        e->slot_at[i] = (uint32_t)at;
        at += type_slot_words(p->slots.at[i]);
        if (at > UINT32_MAX) mem_exhausted();
    }
    e->locals = mem_alloc((at + 1) * sizeof *e->locals);
    for (uint32_t i = 0; i < p->slots.n; i++) /* zero is a value of every other type */
        if (p->slots.at[i]->kind == T_RANGE) e->locals[e->slot_at[i]] = unpack(p->slots.at[i], 0);
    return e;
}

void eval_close(struct eval *e) {
    if (!e) return;
    mem_free(e->slot_at);
    mem_free(e->locals);
    mem_free(e->scratch);
    mem_free(e->choice);
    mem_free(e->choices);
    for (uint32_t i = 0; i < e->choice_cap; i++) mem_free(e->bindings[i]);
    mem_free(e->bindings);
    for (uint32_t i = 0; i < e->seen.n; i++) VEC_FREE(e->seen.at[i].values);
    VEC_FREE(e->seen);
    VEC_FREE(e->waiting);
    mem_free(e);
}

static _Noreturn void fail(struct eval *e, enum dc_error error, const struct ir *at) {
    static const struct ir nowhere = {.span = {.source = UINT32_MAX}}; /* a loop over a type has no expression */
    e->error = error;
    e->at = at ? at : &nowhere;
    longjmp(*e->escape, 1);
}

static uint64_t *scratch(struct eval *e, const struct ir *at, uint32_t n) {
    if (!e->scratch) {
        e->scratch_words = SCRATCH_WORDS;
        e->scratch = mem_alloc(e->scratch_words * sizeof *e->scratch);
    }
    if (e->top + n > e->scratch_words) fail(e, DC_CAPACITY, at);
    uint64_t *p = e->scratch + e->top;
    e->top += n;
    return p;
}

static uint64_t *fresh(struct eval *e, const struct ir *at, const struct type *t) {
    uint64_t *p = scratch(e, at, type_slot_words(t));
    memset(p, 0, type_slot_words(t) * sizeof *p);
    return p;
}

static void bind(struct eval *e, uint32_t slot, const struct type *t, uint64_t v) {
    uint64_t *at = e->locals + e->slot_at[slot];
    if (t->words) memmove(at, WORDS(v), t->words * sizeof *at);
    else *at = v;
}

static void bind_unranked(struct eval *e, uint32_t slot, const struct type *t, uint64_t rank) {
    uint64_t *at = e->locals + e->slot_at[slot], v = value_unrank(t, rank, at);
    if (!t->words) *at = v;
}

static uint64_t local(struct eval *e, uint32_t slot, const struct type *t) {
    uint64_t *at = e->locals + e->slot_at[slot];
    return t->words ? ADDRESS(at) : *at;
}

static bool less(const struct type *t, uint64_t a, uint64_t b) {
    if (t->kind == T_RANGE) return (int64_t)a < (int64_t)b;
    return t->words ? dc_compare(WORDS(a), WORDS(b), t->words) < 0 : a < b;
}

/* The element as the list functions want it: its code, or its words. */
static const uint64_t *element(const struct type *t, uint64_t v, uint64_t *code) {
    if (t->words) return WORDS(v);
    *code = pack(t, v);
    return code;
}

static void set_add(struct eval *e, const struct ir *at, const struct type *t, uint64_t *set, uint64_t v) {
    if (t->bitset) {
        uint64_t r = value_rank(t->elem, v);
        set[r / 64] |= (uint64_t)1 << (r % 64);
        return;
    }
    uint64_t code;
    if (!dc_list_insert(set, element(t->elem, v, &code), false, GEOMETRY(t))) fail(e, DC_CAPACITY, at);
}

static bool set_has(const struct type *t, uint64_t set, uint64_t v) {
    const uint64_t *s = t->words ? WORDS(set) : &set;
    if (t->bitset) {
        uint64_t r = value_rank(t->elem, v);
        return r < t->elem->universe && dc_has(s, r); /* a number outside the element type is no member */
    }
    uint64_t code;
    return dc_list_has(s, element(t->elem, v, &code), GEOMETRY(t));
}

/* A fresh copy that may be written. */
static uint64_t *copy(struct eval *e, const struct ir *at, const struct type *t, uint64_t v) {
    uint64_t *p = scratch(e, at, type_slot_words(t));
    if (t->words) memcpy(p, WORDS(v), t->words * sizeof *p);
    else *p = v;
    return p;
}

static uint64_t result(const struct type *t, const uint64_t *p) { return t->words ? ADDRESS(p) : *p; }

/* Sequence index from 0; the language's may count from 1. */
static uint32_t seq_index(struct eval *e, const struct ir *at, const struct type *t, uint64_t seq, uint64_t index,
                          uint32_t limit) {
    (void)seq;
    int64_t i = (int64_t)index - (t->base1 ? 1 : 0);
    if (i < 0 || i >= (int64_t)limit) fail(e, DC_INDEX, at);
    return (uint32_t)i;
}

/* Rank of a key. Only where nobody has compared it before can a number lie outside the keys. */
static uint64_t map_key(struct eval *e, const struct ir *at, const struct type *t, uint64_t key) {
    uint64_t k = value_rank(t->key, key);
    if (k >= t->cap) fail(e, DC_RANGE, at);
    return k;
}

/* ---- coverage ---- */

static void count(struct eval *e, int64_t imm, bool holds) {
    uint64_t point = (uint64_t)imm / 2, at = 2 * point + (imm % 2 || holds ? 0 : 1);
    if (!e->counts || point >= e->program->points.n) return;
    if (e->in_step) VEC_PUSH(e->waiting, (uint32_t)at);
    else e->counts[at]++;
}

static void count_step(struct eval *e, bool happened) {
    for (uint32_t i = 0; happened && i < e->waiting.n; i++) e->counts[e->waiting.at[i]]++;
    e->waiting.n = 0;
    e->in_step = false;
}

/* ---- generators ---- */

struct loop {
    const struct ir_gen *gens;
    uint32_t n;
    bool (*body)(struct eval *, void *);
    void *self;
    bool distinct; /* some generator is */
    uint32_t seen; /* of generator i: e->seen.at[seen + i] */
};

static bool loop_from(struct eval *, struct loop *, uint32_t);

static bool loop_bound(struct eval *e, struct loop *l, uint32_t i) {
    const struct ir_gen *g = &l->gens[i];
    if (e->fuel && !--e->fuel) fail(e, DC_CAPACITY, NULL);
    if (g->cond && !ev(e, g->cond)) return false;
    return loop_from(e, l, i + 1);
}

static bool loop_value(struct eval *e, struct loop *l, uint32_t i, const struct type *t, uint64_t v) {
    size_t top = e->top;
    bind(e, l->gens[i].slot, t, v);
    bool stop = loop_bound(e, l, i);
    e->top = top;
    return stop;
}

static bool slice_from(struct eval *e, struct loop *l, uint32_t i, const uint64_t *set, uint32_t k, uint64_t rank) {
    const struct ir_gen *g = &l->gens[i];
    uint32_t first = g->elem->kind == T_UNION ? g->elem->variants[g->variant].first : 0;
    if (k == g->n_fields) {
        if (!dc_has(set, rank)) return false;
        size_t top = e->top;
        bool stop = loop_bound(e, l, i);
        e->top = top;
        return stop;
    }
    const struct type *t = g->elem->fields[first + k].type;
    if (g->fixed[k]) { /* its value is bound already */
        return slice_from(e, l, i, set, k + 1, rank * t->universe + value_rank(t, local(e, g->field_slots[k], t)));
    }
    uint64_t block = 1; /* what lies below this field, if nothing there is fixed: one run of bits */
    bool run_of_bits = true;
    for (uint32_t j = k; j < g->n_fields; j++) {
        block *= g->elem->fields[first + j].type->universe;
        run_of_bits &= !g->fixed[j];
    }
    if (run_of_bits) {
        uint64_t begin = rank * block;
        for (uint64_t at = dc_bits_next(set, begin, begin + block); at < begin + block;
             at = dc_bits_next(set, at + 1, begin + block)) {
            uint64_t rest = at - begin;
            for (uint32_t j = g->n_fields; j-- > k;) {
                const struct type *ft = g->elem->fields[first + j].type;
                bind_unranked(e, g->field_slots[j], ft, rest % ft->universe);
                rest /= ft->universe;
            }
            size_t top = e->top;
            bool stop = loop_bound(e, l, i);
            e->top = top;
            if (stop) return true;
        }
        return false;
    }
    for (uint64_t r = 0; r < t->universe; r++) {
        bind_unranked(e, g->field_slots[k], t, r);
        if (slice_from(e, l, i, set, k + 1, rank * t->universe + r)) return true;
    }
    return false;
}

static bool loop_slice(struct eval *e, struct loop *l, uint32_t i) {
    const struct ir_gen *g = &l->gens[i];
    uint32_t first = g->elem->kind == T_UNION ? g->elem->variants[g->variant].first : 0;
    uint64_t base = g->elem->kind == T_UNION ? g->elem->variants[g->variant].rank : 0;
    for (uint32_t k = 0; k < g->n_fields; k++) {
        if (!g->fixed[k]) continue;
        const struct type *t = g->elem->fields[first + k].type;
        uint64_t v = ev(e, g->fixed[k]);
        if (t->kind == T_RANGE && ((int64_t)v < t->lo || (int64_t)v > t->hi))
            return false; /* equal to no value of the field */
        bind(e, g->field_slots[k], t, v);
    }
    uint64_t src = ev(e, g->src), narrow = src;
    const uint64_t *set = g->src->type->words ? WORDS(src) : &narrow;
    uint64_t one[SET_BITS_MAX / 64 + 1];
    if (base) { /* shift the variant's bits down, so that ranks start at 0 */
        uint64_t total = 1;
        for (uint32_t k = 0; k < g->n_fields; k++) total *= g->elem->fields[first + k].type->universe;
        uint32_t w = (uint32_t)(base / 64), s = (uint32_t)(base % 64), words = (uint32_t)((total + 63) / 64);
        uint32_t have = type_slot_words(g->src->type);
        for (uint32_t k = 0; k < words; k++) {
            uint64_t low = w + k < have ? set[w + k] >> s : 0;
            uint64_t high = s && w + k + 1 < have ? set[w + k + 1] << (64 - s) : 0;
            one[k] = low | high;
        }
        one[words - 1] &= dc_mask((unsigned)((total - 1) % 64 + 1));
        set = one;
    }
    return slice_from(e, l, i, set, 0, 0);
}

static bool loop_distinct(struct eval *e, struct loop *l, uint32_t i, const struct type *t, uint64_t v) {
    uint32_t w = type_slot_words(t);
    const uint64_t *x = t->words ? WORDS(v) : &v;
    struct eval_seen *seen = &e->seen.at[l->seen + i];
    for (uint32_t k = 0; k + w <= seen->values.n; k += w)
        if (dc_same(seen->values.at + k, x, w)) return false;
    for (uint32_t k = 0; k < w; k++) VEC_PUSH(seen->values, x[k]);
    return loop_value(e, l, i, t, v);
}

static bool loop_from(struct eval *e, struct loop *l, uint32_t i) {
    if (i == l->n) return l->body(e, l->self);
    for (uint32_t k = i; l->distinct && k < l->n; k++)
        if (l->gens[k].distinct && k - l->gens[k].distinct == i) e->seen.at[l->seen + k].values.n = 0;
    const struct ir_gen *g = &l->gens[i];
    if (g->kind == G_SLICE) return loop_slice(e, l, i);
    const struct type *t = e->program->slots.at[g->slot];
    switch (g->kind) {
    case G_VALUES: {
        uint64_t *words = t->words ? fresh(e, g->src, t) : NULL;
        for (uint64_t r = 0; r < t->universe; r++)
            if (loop_value(e, l, i, t, value_unrank(t, r, words))) return true;
        return false;
    }
    case G_RANGE: {
        int64_t lo = (int64_t)ev(e, g->src), hi = (int64_t)ev(e, g->src2);
        for (int64_t x = lo; x <= hi; x++) {
            if (loop_value(e, l, i, t, (uint64_t)x)) return true;
            if (x == INT64_MAX) break;
        }
        return false;
    }
    case G_LET:
        if (g->distinct) return loop_distinct(e, l, i, t, ev(e, g->src));
        return loop_value(e, l, i, t, ev(e, g->src));
    case G_SUBSETS: {
        uint64_t mask = ev(e, g->src), sub = 0;
        do {
            if (loop_value(e, l, i, t, sub)) return true;
            sub = (sub - mask) & mask;
        } while (sub);
        return false;
    }
    default: break;
    }
    uint64_t v = ev(e, g->src), narrow = v;
    const struct type *st = g->src->type;
    const uint64_t *s = st->words ? WORDS(v) : &narrow;
    if (st->kind == T_SET && st->bitset) {
        uint64_t *words = t->words ? fresh(e, g->src, t) : NULL;
        for (uint64_t r = dc_bits_next(s, 0, t->universe); r < t->universe; r = dc_bits_next(s, r + 1, t->universe))
            if (loop_value(e, l, i, t, value_unrank(t, r, words))) return true;
        return false;
    }
    uint32_t n = dc_list_len(s, GEOMETRY(st));
    for (uint32_t k = 0; k < n; k++) {
        uint64_t x = t->words ? ADDRESS(dc_list_at(s, k, t->words)) : dc_list_get(s, k, GEOMETRY(st));
        if (g->kind == G_BAG && k > 0 && dc_list_compare(s, k - 1, t->words ? WORDS(x) : &x, GEOMETRY(st)) == 0)
            continue;
        if (loop_value(e, l, i, t, t->words ? x : unpack(t, x))) return true;
    }
    return false;
}

bool eval_gens(struct eval *e, const struct ir_gen *gens, uint32_t n, bool (*body)(struct eval *, void *), void *self) {
    struct loop l = {.gens = gens, .n = n, .body = body, .self = self, .seen = e->seen_used};
    for (uint32_t i = 0; i < n; i++) l.distinct |= gens[i].distinct != 0;
    if (l.distinct) {
        e->seen_used += n;
        while (e->seen.n < e->seen_used) VEC_PUSH(e->seen, (struct eval_seen){0});
        for (uint32_t i = 0; i < n; i++) e->seen.at[l.seen + i].values.n = 0;
    }
    bool stop = loop_from(e, &l, 0);
    e->seen_used = l.seen;
    return stop;
}

struct reduction {
    const struct ir *node;
    uint64_t value, key;
    uint64_t *words;
    bool any, tied; /* tied: of a whole one, several values are as good */
};

static bool differs(const struct reduction *r, uint64_t v) {
    const struct type *t = r->node->type;
    return !value_same(t, v, t->words ? ADDRESS(r->words) : r->value);
}

static bool reduce_step(struct eval *e, void *self) {
    struct reduction *r = self;
    const struct ir *n = r->node;
    switch ((enum reduce)n->imm) {
    case R_EXISTS:
        if (ev(e, n->kid[0])) r->value = 1;
        return r->value && !n->whole;
    case R_FORALL:
        if (!ev(e, n->kid[0])) r->value = 0;
        return !r->value && !n->whole;
    case R_COUNT: r->value++; return false;
    case R_SUM: {
        int64_t sum;
        if (__builtin_add_overflow((int64_t)r->value, (int64_t)ev(e, n->kid[0]), &sum)) fail(e, DC_OVERFLOW, n);
        r->value = (uint64_t)sum;
        return false;
    }
    case R_SET: set_add(e, n, n->type, r->words, ev(e, n->kid[0])); return false;
    case R_BAG: {
        uint64_t code;
        const uint64_t *x = element(n->type->elem, ev(e, n->kid[0]), &code);
        if (!dc_list_insert(r->words, x, true, GEOMETRY(n->type))) fail(e, DC_CAPACITY, n);
        return false;
    }
    case R_MAP: {
        const struct type *kt = e->program->slots.at[n->gens[0].slot], *vt = n->type->elem;
        uint64_t k = value_rank(kt, local(e, n->gens[0].slot, kt)), v = ev(e, n->kid[0]);
        if (vt->words) memcpy(r->words + k * vt->words, WORDS(v), vt->words * 8);
        else dc_array_put(r->words, type_elem_bits(vt), k, pack(vt, v));
        return false;
    }
    case R_FOLD: bind(e, n->slot, n->type, ev(e, n->kid[0])); return false;
    case R_CHOOSE: {
        uint64_t v = ev(e, n->kid[0]);
        if (r->any && differs(r, v)) r->tied = true;
        if (n->type->words) memcpy(r->words, WORDS(v), n->type->words * 8);
        else r->value = v;
        r->any = true;
        return !n->whole;
    }
    case R_MIN:
    case R_MAX: {
        uint64_t v = ev(e, n->kid[0]);
        if (!r->any || (n->imm == R_MIN ? less(n->type, v, r->value) : less(n->type, r->value, v))) r->value = v;
        r->any = true;
        return false;
    }
    case R_ARGMIN:
    case R_ARGMAX: {
        uint64_t k = ev(e, n->kid[1]);
        const struct type *kt = n->kid[1]->type;
        bool better = !r->any || (n->imm == R_ARGMIN ? less(kt, k, r->key) : less(kt, r->key, k));
        if (!better && n->whole && k == r->key && differs(r, ev(e, n->kid[0]))) r->tied = true;
        if (better) {
            uint64_t v = ev(e, n->kid[0]);
            r->tied = false;
            if (n->type->words) memcpy(r->words, WORDS(v), n->type->words * 8);
            else r->value = v;
            r->key = k;
        }
        r->any = true;
        return false;
    }
    }
    return false;
}

static uint64_t reduce(struct eval *e, const struct ir *n) {
    struct reduction r = {.node = n};
    enum reduce op = (enum reduce)n->imm;
    if (op == R_FORALL) r.value = 1;
    if (op == R_FOLD) bind(e, n->slot, n->type, ev(e, n->kid[1]));
    if (op == R_SET || op == R_BAG || op == R_MAP || n->type->words) r.words = fresh(e, n, n->type);
    size_t top = e->top;
    eval_gens(e, n->gens, n->n_gens, reduce_step, &r);
    e->top = top;
    switch (op) {
    case R_SET:
        if (n->type->checked && n->type->bitset && dc_bits_size(r.words, type_slot_words(n->type)) > n->type->max)
            fail(e, DC_CAPACITY, n);
        return result(n->type, r.words);
    case R_BAG:
    case R_MAP: return result(n->type, r.words);
    case R_FOLD: {
        uint64_t v = local(e, n->slot, n->type);
        return n->type->words ? ADDRESS(copy(e, n, n->type, v)) : v;
    }
    case R_CHOOSE:
    case R_MIN:
    case R_MAX:
    case R_ARGMIN:
    case R_ARGMAX:
        if (!r.any) fail(e, DC_EMPTY, n);
        if (r.tied) fail(e, DC_AMBIGUOUS, n);
        return n->type->words ? ADDRESS(r.words) : r.value;
    default: return r.value;
    }
}

/* ---- expressions ---- */

static uint64_t to_range(struct eval *e, const struct ir *n, int64_t v) {
    const struct type *t = n->type;
    if (v >= t->lo && v <= t->hi) return (uint64_t)v;
    if (t->mode == RANGE_SATURATING) return (uint64_t)(v < t->lo ? t->lo : t->hi);
    fail(e, t->mode == RANGE_CUT ? DC_STOP_CUT : DC_RANGE, n);
}

static uint64_t arithmetic(struct eval *e, const struct ir *n) {
    int64_t a = (int64_t)ev(e, n->kid[0]), b = (int64_t)ev(e, n->kid[1]), r = 0;
    bool over = false;
    switch (n->op) {
    case IR_ADD: over = __builtin_add_overflow(a, b, &r); break;
    case IR_SUB: over = __builtin_sub_overflow(a, b, &r); break;
    case IR_MUL: over = __builtin_mul_overflow(a, b, &r); break;
    case IR_DIV:
    case IR_MOD:
        if (!b) fail(e, DC_DIVISION, n);
        if (b == -1 && a == INT64_MIN) fail(e, DC_OVERFLOW, n);
        r = n->op == IR_DIV ? dc_div(a, b) : dc_mod(a, b);
        break;
    default: r = n->op == IR_MIN2 ? (a < b ? a : b) : (a > b ? a : b);
    }
    if (over) fail(e, DC_OVERFLOW, n);
    return (uint64_t)r;
}

static uint64_t cons(struct eval *e, const struct ir *n) {
    const struct type *t = n->type;
    uint32_t first = t->kind == T_UNION ? t->variants[n->imm].first : 0;
    if (!t->words) {
        uint64_t v = t->kind == T_UNION && t->payload < 64 ? (uint64_t)n->imm << t->payload : 0;
        for (uint32_t i = 0; i < n->n; i++) {
            const struct field *f = &t->fields[first + i];
            uint64_t x = ev(e, n->kid[i]);
            if (f->type->bits) v |= pack(f->type, x) << f->at;
        }
        return v;
    }
    uint64_t *w = fresh(e, n, t);
    if (t->kind == T_UNION) w[0] = (uint64_t)n->imm;
    for (uint32_t i = 0; i < n->n; i++) {
        const struct field *f = &t->fields[first + i];
        value_store(f->type, w, f->at / 64, f->at % 64, ev(e, n->kid[i]));
    }
    return ADDRESS(w);
}

static uint64_t index_of(struct eval *e, const struct ir *n) {
    const struct type *t = n->kid[0]->type, *et = t->elem;
    uint64_t base = ev(e, n->kid[0]), key = ev(e, n->kid[1]);
    const uint64_t *w = t->words ? WORDS(base) : &base;
    if (t->kind == T_MAP) {
        uint64_t k = map_key(e, n, t, key);
        if (et->words) return ADDRESS(w + k * et->words);
        return unpack(et, dc_array_get(w, type_elem_bits(et), k));
    }
    uint32_t i = seq_index(e, n, t, base, key, dc_list_len(w, GEOMETRY(t)));
    if (et->words) return ADDRESS(dc_list_at(w, i, et->words));
    return unpack(et, dc_list_get(w, i, GEOMETRY(t)));
}

static uint64_t set_index(struct eval *e, const struct ir *n) {
    const struct type *t = n->type, *et = t->elem;
    uint64_t *w = copy(e, n, t, ev(e, n->kid[0])), key = ev(e, n->kid[1]), v = ev(e, n->kid[2]), code;
    if (t->kind == T_MAP) {
        uint64_t k = map_key(e, n, t, key);
        if (et->words) memcpy(w + k * et->words, WORDS(v), et->words * 8);
        else dc_array_put(w, type_elem_bits(et), k, pack(et, v));
    } else {
        uint32_t i = seq_index(e, n, t, result(t, w), key, dc_list_len(w, GEOMETRY(t)));
        dc_list_write(w, i, element(et, v, &code), GEOMETRY(t));
    }
    return result(t, w);
}

static uint64_t set_binary(struct eval *e, const struct ir *n) {
    const struct type *t = n->kid[0]->type;
    uint64_t a = ev(e, n->kid[0]), b = ev(e, n->kid[1]);
    if (t->bitset) {
        if (!t->words) {
            switch (n->op) {
            case IR_UNION:
                if (n->type->checked && dc_count(a | b) > n->type->max) fail(e, DC_CAPACITY, n);
                return a | b;
            case IR_INTER: return a & b;
            case IR_DIFF: return a & ~b;
            default: return (a & ~b) == 0;
            }
        }
        const uint64_t *x = WORDS(a), *y = WORDS(b);
        if (n->op == IR_SUBSETEQ) return dc_bits_subset(x, y, t->words);
        uint64_t *w = scratch(e, n, t->words);
        for (uint32_t i = 0; i < t->words; i++)
            w[i] = n->op == IR_UNION ? x[i] | y[i] : n->op == IR_INTER ? x[i] & y[i] : x[i] & ~y[i];
        if (n->op == IR_UNION && n->type->checked && dc_bits_size(w, t->words) > n->type->max) fail(e, DC_CAPACITY, n);
        return ADDRESS(w);
    }
    const uint64_t *x = t->words ? WORDS(a) : &a;
    uint64_t *w = n->op == IR_UNION ? copy(e, n, t, b) : n->op == IR_SUBSETEQ ? NULL : fresh(e, n, t);
    uint32_t len = dc_list_len(x, GEOMETRY(t));
    for (uint32_t i = 0; i < len; i++) {
        uint64_t code = t->elem->words ? 0 : dc_list_get(x, i, GEOMETRY(t));
        const uint64_t *el = t->elem->words ? dc_list_at(x, i, t->elem->words) : &code;
        bool in = n->op == IR_UNION ? false : dc_list_has(t->words ? WORDS(b) : &b, el, GEOMETRY(t));
        if (n->op == IR_SUBSETEQ) {
            if (!in) return 0;
        } else if (n->op == IR_UNION || in == (n->op == IR_INTER)) {
            if (!dc_list_insert(w, el, false, GEOMETRY(t))) fail(e, DC_CAPACITY, n);
        }
    }
    return n->op == IR_SUBSETEQ ? 1 : result(t, w);
}

static uint64_t list_op(struct eval *e, const struct ir *n) {
    const struct type *t = n->type;
    uint64_t code;
    switch (n->op) {
    case IR_INSERT: {
        uint64_t *w = copy(e, n, t, ev(e, n->kid[0]));
        set_add(e, n, t, w, ev(e, n->kid[1]));
        if (t->checked && t->bitset && dc_bits_size(w, type_slot_words(t)) > t->max) fail(e, DC_CAPACITY, n);
        return result(t, w);
    }
    case IR_APPEND:
    case IR_BAGADD: {
        uint64_t *w = copy(e, n, t, ev(e, n->kid[0]));
        const uint64_t *x = element(t->elem, ev(e, n->kid[1]), &code);
        if (!(n->op == IR_APPEND ? dc_list_append(w, x, GEOMETRY(t)) : dc_list_insert(w, x, true, GEOMETRY(t))))
            fail(e, DC_CAPACITY, n);
        return result(t, w);
    }
    case IR_BAGREMOVE: {
        uint64_t *w = copy(e, n, t, ev(e, n->kid[0]));
        dc_list_remove(w, element(t->elem, ev(e, n->kid[1]), &code), GEOMETRY(t));
        return result(t, w);
    }
    case IR_BAGCOUNT: {
        const struct type *bt = n->kid[0]->type;
        uint64_t bag = ev(e, n->kid[0]);
        return dc_list_copies(bt->words ? WORDS(bag) : &bag, element(bt->elem, ev(e, n->kid[1]), &code), GEOMETRY(bt));
    }
    case IR_TAIL: {
        uint64_t *w = copy(e, n, t, ev(e, n->kid[0]));
        if (!dc_list_len(w, GEOMETRY(t))) fail(e, DC_EMPTY, n);
        dc_list_tail(w, GEOMETRY(t));
        return result(t, w);
    }
    case IR_CONCAT:
    case IR_SLICE: {
        const struct type *st = n->kid[0]->type;
        uint64_t a = ev(e, n->kid[0]);
        uint32_t from = 0, to = value_size(st, a);
        uint64_t *w = fresh(e, n, t);
        if (n->op == IR_SLICE) {
            int64_t lo = (int64_t)ev(e, n->kid[1]) - (st->base1 ? 1 : 0),
                    hi = (int64_t)ev(e, n->kid[2]) - (st->base1 ? 1 : 0);
            if (lo < 0 || hi > (int64_t)to) fail(e, DC_INDEX, n);
            from = (uint32_t)lo;
            to = hi > lo ? (uint32_t)hi : from;
        }
        for (uint32_t part = 0; part < 2; part++) {
            for (uint32_t i = from; i < to; i++)
                if (!dc_list_append(w, element(t->elem, value_element(st, a, i, NULL), &code), GEOMETRY(t)))
                    fail(e, DC_CAPACITY, n);
            if (n->op == IR_SLICE || part) break;
            st = n->kid[1]->type;
            a = ev(e, n->kid[1]);
            from = 0;
            to = value_size(st, a);
        }
        return result(t, w);
    }
    case IR_ELEMENTS: {
        const struct type *st = n->kid[0]->type;
        uint64_t a = ev(e, n->kid[0]);
        uint64_t *w = fresh(e, n, t);
        for (uint32_t i = 0, len = value_size(st, a); i < len; i++) set_add(e, n, t, w, value_element(st, a, i, NULL));
        return result(t, w);
    }
    default: { /* literals */
        uint64_t *w = fresh(e, n, t);
        for (uint32_t i = 0; i < n->n; i++) {
            uint64_t v = ev(e, n->kid[i]);
            if (n->op == IR_SETLIT) set_add(e, n, t, w, v);
            else if (!(n->op == IR_SEQLIT ? dc_list_append(w, element(t->elem, v, &code), GEOMETRY(t))
                                          : dc_list_insert(w, element(t->elem, v, &code), true, GEOMETRY(t))))
                fail(e, DC_CAPACITY, n);
        }
        if (n->op == IR_SETLIT && t->checked && t->bitset && dc_bits_size(w, type_slot_words(t)) > t->max)
            fail(e, DC_CAPACITY, n);
        return result(t, w);
    }
    }
}

static uint64_t closure(struct eval *e, const struct ir *n) {
    const struct type *t = n->type;
    uint64_t u = t->elem->fields[0].type->universe;
    uint64_t *w = copy(e, n, t, ev(e, n->kid[0]));
    for (uint64_t k = 0; k < u; k++)
        for (uint64_t i = 0; i < u; i++)
            if (dc_has(w, i * u + k))
                for (uint64_t j = 0; j < u; j++)
                    if (dc_has(w, k * u + j)) w[(i * u + j) / 64] |= (uint64_t)1 << ((i * u + j) % 64);
    return result(t, w);
}

static uint64_t option_value(struct eval *e, const struct ir *n) {
    const struct type *t = n->kid[0]->type;
    uint64_t v = ev(e, n->kid[0]);
    bool some = t->words ? WORDS(v)[0] != 0 : v != 0;
    if (n->op == IR_ISSOME) return some;
    if (!some) fail(e, DC_NONE, n);
    return t->words ? value_load(t->elem, WORDS(v), 1, 0) : unpack(t->elem, v - 1);
}

static uint64_t some(struct eval *e, const struct ir *n) {
    const struct type *t = n->type;
    uint64_t v = ev(e, n->kid[0]);
    if (!t->words) return pack(t->elem, v) + 1;
    uint64_t *w = fresh(e, n, t);
    w[0] = 1;
    value_store(t->elem, w, 1, 0, v);
    return ADDRESS(w);
}

static uint64_t ev(struct eval *e, const struct ir *n) {
    switch (n->op) {
    case IR_CONST: return n->words ? ADDRESS(n->words) : (uint64_t)n->imm;
    case IR_LOCAL: return local(e, n->slot, n->type);
    case IR_STATE: {
        const uint64_t *s = n->imm ? e->next : e->state;
        return value_load(n->type, s, n->var->word, n->var->shift);
    }
    case IR_FIELD: return value_field(n->kid[0]->type, ev(e, n->kid[0]), &n->kid[0]->type->fields[n->imm]);
    case IR_PAYLOAD: {
        const struct type *t = n->kid[0]->type;
        uint64_t v = ev(e, n->kid[0]);
        if (value_tag(t, v) != n->slot) fail(e, DC_MATCH, n); /* only where nobody has looked at the tag before */
        return value_field(t, v, &t->fields[t->variants[n->slot].first + (uint32_t)n->imm]);
    }
    case IR_ISTAG: return value_tag(n->kid[0]->type, ev(e, n->kid[0])) == (uint32_t)n->imm;
    case IR_CONS: return cons(e, n);
    case IR_SETFIELD: {
        uint64_t *w = copy(e, n, n->type, ev(e, n->kid[0]));
        const struct field *f = &n->type->fields[n->imm];
        value_store(f->type, w, f->at / 64, f->at % 64, ev(e, n->kid[1]));
        return result(n->type, w);
    }
    case IR_INDEX: return index_of(e, n);
    case IR_SETINDEX: return set_index(e, n);
    case IR_SOME: return some(e, n);
    case IR_ISSOME:
    case IR_UNWRAP: return option_value(e, n);
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_DIV:
    case IR_MOD:
    case IR_MIN2:
    case IR_MAX2: return arithmetic(e, n);
    case IR_TORANGE: return to_range(e, n, (int64_t)ev(e, n->kid[0]));
    case IR_EQ: {
        uint64_t a = ev(e, n->kid[0]);
        return value_same(n->kid[0]->type, a, ev(e, n->kid[1]));
    }
    case IR_LT: {
        uint64_t a = ev(e, n->kid[0]);
        return less(n->kid[0]->type, a, ev(e, n->kid[1]));
    }
    case IR_LE: {
        uint64_t a = ev(e, n->kid[0]);
        return !less(n->kid[0]->type, ev(e, n->kid[1]), a);
    }
    case IR_NOT: return !ev(e, n->kid[0]);
    case IR_AND:
        for (uint32_t i = 0; i < n->n; i++)
            if (!ev(e, n->kid[i])) return 0;
        return 1;
    case IR_OR:
        for (uint32_t i = 0; i < n->n; i++)
            if (ev(e, n->kid[i])) return 1;
        return 0;
    case IR_IF: return ev(e, n->kid[ev(e, n->kid[0]) ? 1 : 2]);
    case IR_LET: bind(e, n->slot, n->kid[0]->type, ev(e, n->kid[0])); return ev(e, n->kid[1]);
    case IR_MEMBER: {
        uint64_t x = ev(e, n->kid[0]);
        return set_has(n->kid[1]->type, ev(e, n->kid[1]), x);
    }
    case IR_SUBSETEQ:
    case IR_UNION:
    case IR_INTER:
    case IR_DIFF: return set_binary(e, n);
    case IR_SIZE: return value_size(n->kid[0]->type, ev(e, n->kid[0]));
    case IR_CLOSURE: return closure(e, n);
    case IR_REDUCE: return reduce(e, n);
    case IR_FAIL: fail(e, (enum dc_error)n->imm, n);
    case IR_TEMPORAL: return 0;
    case IR_PROBE: {
        uint64_t v = ev(e, n->kid[0]);
        count(e, n->imm, n->type->kind == T_BOOL && v);
        return v;
    }
    default: return list_op(e, n);
    }
}

enum dc_error eval_expr(struct eval *e, const struct ir *n, uint64_t *out) {
    jmp_buf escape, *outer = e->escape;
    e->escape = &escape;
    enum dc_error error = DC_OK;
    if (setjmp(escape) == 0) *out = ev(e, n);
    else error = e->error;
    e->escape = outer;
    return error;
}

/* ---- statements ---- */

struct location {
    uint64_t *words;
    uint32_t shift;
};

static struct location place_of(struct eval *e, const struct ir *n) {
    if (n->op == IR_STATE) return (struct location){e->target + n->var->word, n->var->shift};
    struct location p = place_of(e, n->kid[0]);
    const struct type *t = n->kid[0]->type;
    if (n->op == IR_PAYLOAD && value_tag(t, value_load(t, p.words, 0, p.shift)) != n->slot) fail(e, DC_MATCH, n);
    if (n->op == IR_FIELD || n->op == IR_PAYLOAD) {
        const struct field *f =
            &t->fields[n->op == IR_FIELD ? (uint32_t)n->imm : t->variants[n->slot].first + (uint32_t)n->imm];
        if (!t->words) return (struct location){p.words, p.shift + f->at};
        return (struct location){p.words + f->at / 64, f->at % 64};
    }
    const struct type *et = t->elem;
    uint64_t key = ev(e, n->kid[1]), i;
    uint64_t *base = p.words;
    if (t->kind == T_MAP) {
        i = map_key(e, n, t, key);
    } else {
        uint64_t whole = value_load(t, p.words, 0, p.shift);
        i = seq_index(e, n, t, whole, key, value_size(t, whole));
        if (t->words) base++;
    }
    if (!t->words) return (struct location){base, p.shift + (uint32_t)i * type_elem_bits(et)};
    if (et->words) return (struct location){base + i * et->words, 0};
    uint32_t b = type_elem_bits(et), per = 64 / b;
    return (struct location){base + i / per, (uint32_t)(i % per) * b};
}

/* The next choice among n: what the odometer says, or a new wheel. */
static uint32_t choose(struct eval *e, uint32_t n) {
    uint32_t d = e->depth++;
    if (d < e->n_choices) return e->choice[d];
    if (d == e->choice_cap) {
        uint32_t cap = d ? 2 * d : 8;
        e->choice = mem_grow(e->choice, d * sizeof *e->choice, cap * sizeof *e->choice);
        e->choices = mem_grow(e->choices, d * sizeof *e->choices, cap * sizeof *e->choices);
        e->bindings = mem_grow(e->bindings, d * sizeof *e->bindings, cap * sizeof *e->bindings);
        e->choice_cap = cap;
    }
    e->choice[d] = 0;
    e->choices[d] = n;
    e->n_choices = d + 1;
    return 0;
}

static bool odometer(struct eval *e) {
    if (e->n_choices > e->depth) e->n_choices = e->depth;
    while (e->n_choices > 0) {
        uint32_t d = e->n_choices - 1;
        if (++e->choice[d] < e->choices[d]) return true;
        e->n_choices = d;
    }
    return false;
}

/* All bindings of a pick, gathered once: its slots one after the other, in the wheel's own memory. */
struct picks {
    const struct ir *node;
    uint32_t width, n, cap;
    uint64_t **at;
};

static uint32_t each_slot(struct eval *e, const struct ir *n, uint64_t *save, const uint64_t *restore) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < n->n_gens; i++) {
        const struct ir_gen *g = &n->gens[i];
        uint32_t count = g->kind == G_SLICE ? g->n_fields : 1;
        for (uint32_t k = 0; k < count; k++) {
            uint32_t slot = g->kind == G_SLICE ? g->field_slots[k] : g->slot,
                     words = type_slot_words(e->program->slots.at[slot]);
            uint64_t *local_at = e->locals + e->slot_at[slot];
            if (save) memcpy(save + at, local_at, words * sizeof *save);
            if (restore) memcpy(local_at, restore + at, words * sizeof *restore);
            at += words;
        }
    }
    return at;
}

static bool gather_step(struct eval *e, void *self) {
    struct picks *p = self;
    if (p->n == p->cap) {
        uint32_t cap = p->cap ? 2 * p->cap : 8;
        *p->at = mem_grow(*p->at, (size_t)p->cap * p->width * sizeof **p->at, (size_t)cap * p->width * sizeof **p->at);
        p->cap = cap;
    }
    each_slot(e, p->node, *p->at + (size_t)p->n++ * p->width, NULL);
    return false;
}

static void pick(struct eval *e, const struct ir *n) {
    uint32_t width = each_slot(e, n, NULL, NULL);
    bool first = e->depth >= e->n_choices;
    choose(e, 1); /* if gathering fails, this wheel does not turn */
    uint32_t d = e->depth - 1;
    if (first) {
        struct picks p = {.node = n, .width = width, .at = &e->bindings[d]};
        mem_free(e->bindings[d]);
        e->bindings[d] = NULL;
        eval_gens(e, n->gens, n->n_gens, gather_step, &p);
        if (!p.n) fail(e, DC_BLOCKED, n);
        e->choices[d] = p.n;
    }
    each_slot(e, n, NULL, e->bindings[d] + (size_t)e->choice[d] * width);
}

static bool for_step(struct eval *e, void *self) {
    run(e, self);
    return false;
}

/* What is sent, for a report: it must not change what happens, so that a message without a value is left out. */
static void record(struct eval *e, const struct ir *n) {
    uint64_t v;
    if (!e->record || eval_expr(e, n->kid[0], &v) != DC_OK) return;
    const struct type *t = n->kid[0]->type;
    uint64_t *kept = arena_alloc(&e->record->arena, type_slot_words(t) * sizeof *kept);
    if (t->words) memcpy(kept, WORDS(v), t->words * sizeof *kept);
    else *kept = v;
    VEC_PUSH(e->record->sent, (struct ir *)(uintptr_t)n);
    VEC_PUSH(e->record->sent_value, kept);
}

static void run(struct eval *e, const struct ir *n) {
    size_t top = e->top;
    switch (n->op) {
    case IR_BLOCK:
        for (uint32_t i = 0; i < n->n; i++) run(e, n->kid[i]);
        return;
    case IR_STORE: {
        uint64_t v = ev(e, n->kid[1]);
        struct location p = place_of(e, n->kid[0]);
        value_store(n->kid[0]->type, p.words, 0, p.shift, v);
        break;
    }
    case IR_BIND: bind(e, n->slot, n->kid[0]->type, ev(e, n->kid[0])); break;
    case IR_WHEN:
        if (ev(e, n->kid[0])) run(e, n->kid[1]);
        else if (n->kid[2]) run(e, n->kid[2]);
        break;
    case IR_FOR: eval_gens(e, n->gens, n->n_gens, for_step, n->kid[0]); break;
    case IR_PICK: pick(e, n); break;
    case IR_EITHER: run(e, n->kid[choose(e, n->n)]); break;
    case IR_ASSERT:
        if (!ev(e, n->kid[0])) fail(e, DC_ASSERT, n);
        break;
    case IR_REQUIRE:
        if (!ev(e, n->kid[0])) fail(e, DC_BLOCKED, n);
        break;
    case IR_SENDS:
        record(e, n);
        run(e, n->kid[1]);
        break;
    case IR_CUT: fail(e, DC_STOP_CUT, n);
    case IR_MARK: count(e, n->imm, true); break;
    case IR_FAIL: fail(e, (enum dc_error)n->imm, n);
    default: panic("not a statement");
    }
    e->top = top;
}

struct action_run {
    const struct ir *body;
    const uint64_t *from;
    eval_emit *emit;
    void *self;
};

static bool run_body(struct eval *e, void *self) {
    struct action_run *a = self;
    uint32_t words = e->words;
    size_t top = e->top;
    jmp_buf *outer = e->escape;
    e->n_choices = 0;
    do {
        jmp_buf escape;
        memcpy(e->target, a->from, words * sizeof *e->target);
        e->state = e->target;
        e->depth = 0;
        e->top = top;
        if (e->record) e->record->sent.n = e->record->sent_value.n = 0;
        e->escape = &escape;
        enum dc_error error = DC_OK;
        e->in_step = e->counts != NULL;
        if (setjmp(escape) == 0) run(e, a->body);
        else error = e->error;
        if (e->counts) count_step(e, error != DC_BLOCKED);
        e->escape = outer;
        e->state = a->from;
        if (error == DC_BLOCKED) continue;
        if (error != DC_OK && error != DC_STOP_CUT) longjmp(*outer, 1);
        a->emit(a->self, e, error);
    } while (odometer(e));
    e->top = top;
    return false;
}

void eval_action(struct eval *e, const struct ir_action *act, eval_emit *emit, void *self) {
    jmp_buf escape, *outer = e->escape;
    const uint64_t *from = e->state;
    struct action_run a = {.body = act ? act->body : e->program->init, .from = from, .emit = emit, .self = self};
    e->escape = &escape;
    eval_reset(e);
    if (setjmp(escape) == 0) {
        if (act) eval_gens(e, act->gens, act->n_gens, run_body, &a);
        else run_body(e, &a);
    } else {
        e->state = from;
        emit(self, e, e->error);
    }
    e->state = from;
    e->escape = outer;
}
