#include "compiler/profile.h"

#include <pthread.h>
#include <string.h>

#include "model/rt.h"

#define WORDS(v) ((const uint64_t *)(uintptr_t)(v))

enum { DEEPEST = 3, MOST_PARTS = 512 };

/* What a value is made of; `part` is where its values are counted, or -1. */
struct shape {
    const struct type *type;
    int part;
    uint32_t n;
    struct shape **kids; /* record: by field; map: one, of the elements */
};

struct profile {
    const struct program *p;
    struct arena arena;
    VEC(struct part) parts;
    struct shape **vars;
    bool *messages;       /* by variable: whether messages lie in it */
    int *kinds, **fields; /* by message: its part, and those of its fields */
    pthread_mutex_t lock;
    uint64_t states;
};

/* Of one worker. */
struct watcher {
    struct profile *profile;
    struct part *parts;
    uint64_t *held, *hashes; /* by message kind, by variable: of the state at hand */
    uint64_t states;
};

/* ---- parts ---- */

static int new_part(struct profile *f, enum part_kind kind, const char *name, bool ghost) {
    if (f->parts.n == MOST_PARTS) return -1;
    struct part p = {.name = name, .kind = kind, .ghost = ghost};
    VEC_PUSH(f->parts, p);
    return (int)f->parts.n - 1;
}

static struct shape *shape_of(struct profile *f, const struct type *t, const char *name, enum part_kind kind,
                              bool ghost, int depth) {
    struct shape *s = arena_alloc(&f->arena, sizeof *s);
    *s = (struct shape){.type = t, .part = new_part(f, kind, name, ghost)};
    if (depth == DEEPEST) return s;
    if (t->kind == T_RECORD) {
        s->n = t->n;
        s->kids = arena_alloc(&f->arena, (t->n + 1) * sizeof(struct shape *));
        for (uint32_t i = 0; i < t->n; i++) {
            const char *field = arena_printf(&f->arena, "%s.%s", name, t->fields[i].name);
            s->kids[i] = shape_of(f, t->fields[i].type, field, PART_FIELD, ghost || t->fields[i].ghost, depth + 1);
        }
    } else if (t->kind == T_MAP) {
        s->n = 1;
        s->kids = arena_alloc(&f->arena, sizeof(struct shape *));
        s->kids[0] = shape_of(f, t->elem, arena_printf(&f->arena, "%s[..]", name), PART_CELL, ghost, depth + 1);
    }
    return s;
}

static int message_of(const struct program *p, const struct type *t, uint32_t tag) {
    for (uint32_t i = 0; i < p->messages.n; i++)
        if (p->messages.at[i].type == t && p->messages.at[i].variant == tag) return (int)i;
    return -1;
}

static bool is_message(const struct program *p, const struct type *t) {
    return t->kind == T_UNION && message_of(p, t, 0) >= 0;
}

static bool holds_messages(const struct program *p, const struct type *t, int depth) {
    if (!t || depth > MAX_TYPE_DEPTH) return false;
    if (is_message(p, t)) return true;
    for (uint32_t i = 0; i < t->n && (t->kind == T_RECORD || t->kind == T_TUPLE); i++)
        if (holds_messages(p, t->fields[i].type, depth + 1)) return true;
    return holds_messages(p, t->elem, depth + 1);
}

static void message_parts(struct profile *f) {
    const struct program *p = f->p;
    f->kinds = arena_alloc(&f->arena, (p->messages.n + 1) * sizeof *f->kinds);
    f->fields = arena_alloc(&f->arena, (p->messages.n + 1) * sizeof *f->fields);
    for (uint32_t i = 0; i < p->messages.n; i++) {
        const struct type *t = p->messages.at[i].type;
        const struct variant *v = &t->variants[p->messages.at[i].variant];
        f->kinds[i] = new_part(f, PART_MESSAGE, v->name, false);
        f->fields[i] = arena_alloc(&f->arena, (v->n + 1) * sizeof **f->fields);
        for (uint32_t k = 0; k < v->n; k++) {
            const struct field *field = &t->fields[v->first + k];
            f->fields[i][k] =
                new_part(f, PART_MESSAGE_FIELD, arena_printf(&f->arena, "%s.%s", v->name, field->name), field->ghost);
        }
    }
}

struct profile *profile_open(const struct program *p) {
    struct profile *f = mem_alloc(sizeof *f);
    f->p = p;
    pthread_mutex_init(&f->lock, NULL);
    f->vars = arena_alloc(&f->arena, (p->vars.n + 1) * sizeof(struct shape *));
    f->messages = arena_alloc(&f->arena, p->vars.n + 1);
    for (uint32_t i = 0; i < p->vars.n; i++) {
        const struct ir_var *v = p->vars.at[i];
        f->messages[i] = holds_messages(p, v->type, 0);
        f->vars[i] = shape_of(f, v->type, v->name, f->messages[i] ? PART_NETWORK : PART_VARIABLE, v->ghost,
                              f->messages[i] ? DEEPEST : 0);
    }
    message_parts(f);
    return f;
}

/* ---- one state ---- */

static uint64_t hash_of(const struct type *t, uint64_t v, uint64_t salt) {
    uint64_t h = dc_mix(0x70726f66, salt);
    if (!t->words) return dc_mix(h, v);
    for (uint32_t i = 0; i < t->words; i++) h = dc_mix(h, WORDS(v)[i]);
    return h;
}

static void see_value(struct watcher *w, const struct shape *s, uint64_t v) {
    if (s->part >= 0) sketch_add(&w->parts[s->part].values, hash_of(s->type, v, 0));
    if (!s->n) return;
    if (s->type->kind == T_RECORD) {
        for (uint32_t i = 0; i < s->n; i++) see_value(w, s->kids[i], value_field(s->type, v, &s->type->fields[i]));
        return;
    }
    for (uint32_t i = 0; i < s->type->cap; i++) see_value(w, s->kids[0], value_element(s->type, v, i, NULL));
}

static void see_message(struct watcher *w, const struct type *t, uint64_t v, uint64_t path) {
    const struct profile *f = w->profile;
    uint32_t tag = value_tag(t, v);
    int m = message_of(f->p, t, tag);
    if (m < 0) return;
    w->held[m] += hash_of(t, v, path);
    for (uint32_t k = 0; k < t->variants[tag].n; k++) {
        const struct field *field = &t->fields[t->variants[tag].first + k];
        if (f->fields[m][k] >= 0)
            sketch_add(&w->parts[f->fields[m][k]].values, hash_of(field->type, value_field(t, v, field), 0));
    }
}

/* `path`: where in the networks, as far as it matters there. */
static void see_messages(struct watcher *w, const struct type *t, uint64_t v, uint64_t path) {
    if (is_message(w->profile->p, t)) {
        see_message(w, t, v, path);
        return;
    }
    if (t->kind == T_RECORD || t->kind == T_TUPLE) {
        for (uint32_t i = 0; i < t->n; i++)
            see_messages(w, t->fields[i].type, value_field(t, v, &t->fields[i]), dc_mix(path, i));
        return;
    }
    bool ordered = t->kind == T_MAP || t->kind == T_SEQ;
    if (!ordered && t->kind != T_SET && t->kind != T_BAG) return;
    uint64_t *words = mem_alloc(type_slot_words(t->elem) * sizeof *words);
    for (uint32_t i = 0, n = value_size(t, v); i < n; i++)
        see_messages(w, t->elem, value_element(t, v, i, words), ordered ? dc_mix(path, i) : path);
    mem_free(words);
}

/* A state is the sum of its parts: taking one away is a subtraction. Where messages lie, the kinds are the parts of the
 * one sum and the whole variable that of the other. */
static void see(void *self, const uint64_t *state) {
    struct watcher *w = self;
    const struct profile *f = w->profile;
    uint64_t rest = 0, networks = 0, kinds = 0;
    w->states++;
    memset(w->held, 0, f->p->messages.n * sizeof *w->held);
    for (uint32_t i = 0; i < f->p->vars.n; i++) {
        const struct ir_var *v = f->p->vars.at[i];
        uint64_t x = value_load(v->type, state, v->word, v->shift);
        see_value(w, f->vars[i], x);
        w->hashes[i] = hash_of(v->type, x, i + 1);
        if (f->messages[i]) {
            networks += w->hashes[i];
            see_messages(w, v->type, x, i);
        } else {
            rest += w->hashes[i];
        }
    }
    for (uint32_t i = 0; i < f->p->vars.n; i++)
        if (f->vars[i]->part >= 0)
            sketch_add(&w->parts[f->vars[i]->part].without, dc_mix(0, rest + networks - w->hashes[i]));
    for (uint32_t i = 0; i < f->p->messages.n; i++) kinds += w->held[i] = dc_mix(w->held[i], i);
    for (uint32_t i = 0; i < f->p->messages.n; i++) {
        if (f->kinds[i] < 0) continue;
        struct part *p = &w->parts[f->kinds[i]];
        sketch_add(&p->values, w->held[i]);
        sketch_add(&p->without, dc_mix(0, rest + kinds - w->held[i]));
    }
}

/* ---- workers ---- */

static void *watcher_open(void *self) {
    struct profile *f = self;
    struct watcher *w = mem_alloc(sizeof *w);
    w->profile = f;
    w->parts = mem_alloc((f->parts.n + 1) * sizeof *w->parts);
    w->held = mem_alloc((f->p->messages.n + 1) * sizeof *w->held);
    w->hashes = mem_alloc((f->p->vars.n + 1) * sizeof *w->hashes);
    return w;
}

static void watcher_close(void *self, void *watcher) {
    struct profile *f = self;
    struct watcher *w = watcher;
    pthread_mutex_lock(&f->lock);
    f->states += w->states;
    for (uint32_t i = 0; i < f->parts.n; i++) {
        sketch_join(&f->parts.at[i].values, &w->parts[i].values);
        sketch_join(&f->parts.at[i].without, &w->parts[i].without);
    }
    pthread_mutex_unlock(&f->lock);
    for (uint32_t i = 0; i < f->parts.n; i++) {
        sketch_free(&w->parts[i].values);
        sketch_free(&w->parts[i].without);
    }
    mem_free(w->parts);
    mem_free(w->held);
    mem_free(w->hashes);
    mem_free(w);
}

struct eval_watch profile_watch(struct profile *f) {
    return (struct eval_watch){.self = f, .open = watcher_open, .see = see, .close = watcher_close};
}

const struct part *profile_parts(const struct profile *f, uint32_t *n, uint64_t *states) {
    *n = f->parts.n;
    *states = f->states;
    return f->parts.at;
}

void profile_close(struct profile *f) {
    for (uint32_t i = 0; i < f->parts.n; i++) {
        sketch_free(&f->parts.at[i].values);
        sketch_free(&f->parts.at[i].without);
    }
    VEC_FREE(f->parts);
    arena_free(&f->arena);
    pthread_mutex_destroy(&f->lock);
    mem_free(f);
}
