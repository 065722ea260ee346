#include "compiler/flight.h"

#include "compiler/eval.h"

int flight_process(const struct program *p, int process, uint64_t self) {
    int at = 0;
    for (int i = 0; i < process; i++) at += (int)p->processes.at[i].n;
    const struct type *id = p->processes.at[process].id;
    return id ? at + (int)value_rank(id, self) : at;
}

/* Of a value of type Process: `everyone` is nobody in particular. */
static int process_at(const struct program *p, uint64_t v) {
    uint32_t tag = value_tag(p->process_type, v);
    if (tag >= p->processes.n) return DC_NOBODY;
    const struct variant *x = &p->process_type->variants[tag];
    const struct field *f = &p->process_type->fields[x->first];
    return flight_process(p, (int)tag, x->n ? value_field(p->process_type, v, f) : 0);
}

/* The kind of process at an end of a message: the one that its declaration names, or -1. */
static int declared_end(const struct program *p, const struct type *type, uint32_t variant, bool from) {
    for (uint32_t i = 0; i < p->messages.n; i++) {
        const struct ir_message *x = &p->messages.at[i];
        if (x->type == type && x->variant == variant) return from ? x->from : x->to;
    }
    return -1;
}

static int end_process(const struct program *p, const struct type *type, uint64_t m, bool from) {
    uint32_t tag = value_tag(type, m);
    const struct variant *v = &type->variants[tag];
    int who = declared_end(p, type, tag, from);
    for (uint32_t i = 0; i < v->n && i < 2; i++) {
        const struct field *f = &type->fields[v->first + i];
        if (strcmp(f->name, from ? "from" : "to")) continue;
        uint64_t id = value_field(type, m, f);
        if (f->type == p->process_type) return process_at(p, id);
        return who >= 0 ? flight_process(p, who, id) : DC_NOBODY;
    }
    return who >= 0 && !p->processes.at[who].id ? flight_process(p, who, 0) : DC_NOBODY;
}

int flight_kind(struct flight *f, const struct type *type, uint64_t m) {
    uint32_t n = type_slot_words(type);
    const uint64_t *words = type->words ? (const uint64_t *)(uintptr_t)m : &m;
    for (uint32_t i = 0; i < f->kinds.n; i++)
        if (f->kinds.at[i].type == type && !memcmp(f->kinds.at[i].words, words, n * sizeof *words)) return (int)i;
    uint64_t *kept = arena_alloc(&f->story->arena, n * sizeof *kept);
    memcpy(kept, words, n * sizeof *kept);
    struct flight_kind k = {.type = type, .words = kept};
    VEC_PUSH(f->kinds, k);
    return (int)f->kinds.n - 1;
}

static bool is_message(const struct flight *f, const struct type *type) {
    for (uint32_t i = 0; i < f->p->messages.n; i++)
        if (f->p->messages.at[i].type == type) return true;
    return false;
}

static void see(struct flight *f, const struct type *type) {
    for (uint32_t i = 0; i < f->seen.n; i++)
        if (f->seen.at[i] == type) return;
    VEC_PUSH(f->seen, type);
}

static void count(struct flight *f, const struct type *type, uint64_t v);

static void count_fields(struct flight *f, const struct type *type, uint64_t v) {
    for (uint32_t i = 0; i < type->n; i++) count(f, type->fields[i].type, value_field(type, v, &type->fields[i]));
}

static void count_elements(struct flight *f, const struct type *type, uint64_t v) {
    uint64_t *words = mem_alloc(type_slot_words(type->elem) * sizeof *words);
    for (uint32_t i = 0, n = value_size(type, v); i < n; i++) count(f, type->elem, value_element(type, v, i, words));
    mem_free(words);
}

static void count(struct flight *f, const struct type *type, uint64_t v) {
    int kind;
    switch (type->kind) {
    case T_UNION:
        if (!is_message(f, type)) return;
        see(f, type);
        kind = flight_kind(f, type, v);
        f->kinds.at[kind].now++;
        return;
    case T_RECORD:
    case T_TUPLE: count_fields(f, type, v); return;
    case T_SET:
    case T_SEQ:
    case T_BAG:
    case T_MAP: count_elements(f, type, v); return;
    default: return;
    }
}

static void count_state(struct flight *f, const uint64_t *state) {
    for (uint32_t i = 0; i < f->kinds.n; i++) {
        f->kinds.at[i].before = f->kinds.at[i].now;
        f->kinds.at[i].now = 0;
    }
    for (uint32_t i = 0; i < f->p->vars.n; i++) {
        const struct ir_var *v = f->p->vars.at[i];
        if (v->hidden) count(f, v->type, value_load(v->type, state, v->word, v->shift));
    }
}

static int add(struct flight *f, int kind, uint32_t event, int copy_of) {
    struct flight_kind *k = &f->kinds.at[kind];
    uint64_t value = k->type->words ? (uint64_t)(uintptr_t)k->words : k->words[0];
    struct dc_message m = {.text = f->text(f->self, k->type, value),
                           .from = end_process(f->p, k->type, value, true),
                           .to = end_process(f->p, k->type, value, false),
                           .sent = event,
                           .copy_of = copy_of};
    VEC_PUSH(f->story->messages, m);
    VEC_PUSH(f->types, k->type);
    VEC_PUSH(k->live, (int)f->story->messages.n - 1);
    return (int)f->story->messages.n - 1;
}

static void take_out(struct flight_kind *k, uint32_t at) {
    memmove(k->live.at + at, k->live.at + at + 1, (k->live.n - at - 1) * sizeof *k->live.at);
    k->live.n--;
}

/* Who was sent first is received first, of equal messages; one that stays may be received again. */
static uint32_t choose(const struct flight *f, const struct flight_kind *k) {
    for (uint32_t i = 0; i < k->live.n; i++)
        if (!f->story->messages.at[k->live.at[i]].received) return i;
    return k->live.n - 1;
}

/* What has become of the messages of one kind: `sent` new ones, at most one received. */
static void settle(struct flight *f, struct dc_event *ev, uint32_t number, int kind, uint32_t sent, bool taken) {
    struct flight_kind *k = &f->kinds.at[kind];
    uint32_t gone = k->before + sent > k->now ? k->before + sent - k->now : 0;
    uint32_t more = k->now > k->before + sent ? k->now - k->before - sent : 0;
    int first = DC_NO_MESSAGE;
    if (taken) {
        if (!k->live.n) add(f, kind, 0, DC_NO_MESSAGE);
        uint32_t at = choose(f, k);
        ev->taken = k->live.at[at];
        f->story->messages.at[ev->taken].received++;
        if (gone) {
            take_out(k, at);
            gone--;
        }
    }
    for (uint32_t i = 0; i < ev->sent.n; i++) {
        if (ev->sent.at[i].id != kind) continue;
        ev->sent.at[i].id = -2 - add(f, kind, number, DC_NO_MESSAGE); /* below zero: done */
    }
    k = &f->kinds.at[kind];
    if (k->live.n) first = k->live.at[k->live.n - 1];
    while (more--) VEC_PUSH(ev->copied, add(f, kind, number, first));
    if (sent && k->now) gone = 0; /* a set holds one of several equal messages */
    if (!k->now) gone = k->live.n;
    for (; gone && k->live.n; gone--) {
        f->story->messages.at[k->live.at[0]].lost = number;
        take_out(k, 0);
    }
}

void flight_open(struct flight *f, const uint64_t *state) {
    const struct program *p = f->p;
    struct arena *a = &f->story->arena;
    for (uint32_t i = 0; i < p->processes.n; i++) {
        const struct ir_process *pr = &p->processes.at[i];
        for (uint32_t k = 0; k < pr->n; k++) {
            struct dc_process x = {.name = pr->name, .kind = pr->name};
            if (pr->id) {
                char *id;
                size_t n;
                value_print(p, pr->id, value_unrank(pr->id, k, NULL), a, &id, &n);
                x.name = arena_printf(a, "%s[%s]", pr->name, id);
            }
            VEC_PUSH(f->story->processes, x);
        }
    }
    count_state(f, state);
    for (uint32_t i = 0; i < f->kinds.n; i++)
        for (uint32_t k = 0; k < f->kinds.at[i].now; k++) add(f, (int)i, 0, DC_NO_MESSAGE);
}

void flight_step(struct flight *f, struct dc_event *ev, uint32_t number, const uint64_t *after) {
    count_state(f, after);
    int taken = ev->taken;
    for (uint32_t i = 0; i < f->kinds.n; i++) {
        uint32_t sent = 0;
        for (uint32_t s = 0; s < ev->sent.n; s++) sent += ev->sent.at[s].id == (int)i;
        settle(f, ev, number, (int)i, sent, taken == (int)i);
    }
    for (uint32_t s = 0; s < ev->sent.n; s++) ev->sent.at[s].id = -2 - ev->sent.at[s].id;
}

void flight_close(struct flight *f) {
    for (uint32_t i = 0; i < f->kinds.n; i++) {
        struct flight_kind *k = &f->kinds.at[i];
        for (uint32_t m = 0; m < k->live.n; m++) f->story->messages.at[k->live.at[m]].pending = true;
        VEC_FREE(k->live);
    }
    for (uint32_t i = 0; i < f->types.n; i++) { /* a network that keeps them in a form of its own: losses are unknown */
        struct dc_message *m = &f->story->messages.at[i];
        bool seen = false;
        for (uint32_t s = 0; s < f->seen.n; s++) seen |= f->seen.at[s] == f->types.at[i];
        if (seen) continue;
        m->lost = 0;
        m->pending = !m->received;
    }
    VEC_FREE(f->kinds);
    VEC_FREE(f->seen);
    VEC_FREE(f->types);
}
