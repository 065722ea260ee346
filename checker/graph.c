#include "checker/graph.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/rt.h"

/* ---- what is recorded ---- */

struct bytes {
    uint8_t *at;
    size_t n, cap;
};

static void reserve(struct bytes *b, size_t more) {
    if (b->n + more <= b->cap) return;
    size_t cap = b->cap ? 2 * b->cap : 4096;
    while (cap < b->n + more) cap *= 2;
    b->at = mem_grow(b->at, b->cap, cap);
    b->cap = cap;
}

enum { VARINT = 10 }; /* bytes at most */

/* Into memory that was reserved. */
static void put_varint(struct bytes *b, uint64_t v) {
    uint8_t *p = b->at + b->n;
    for (; v >= 128; v >>= 7) *p++ = (uint8_t)(v | 128);
    *p++ = (uint8_t)v;
    b->n = (size_t)(p - b->at);
}

static uint64_t zigzag(int64_t d) { return (uint64_t)d << 1 ^ (uint64_t)(d >> 63); }

struct edge {
    uint32_t to, label;
};

struct state_record {
    uint64_t fp;
    uint32_t id, level;
};

struct label_cache { /* of one worker, direct mapped */
    struct graph_label label;
    uint32_t id; /* 0: empty */
};

enum { CACHE = 1024, CHUNK = 64 };

struct stream {
    VEC(struct state_record) states;
    VEC(uint64_t) atoms; /* atom_words a state */
    struct bytes edges;  /* source, bytes that follow, number, (to, label)...: all as varints */
    struct bytes record;
    VEC(struct edge) now;
    uint32_t source, level, next_id, last_id;
    struct label_cache cache[CACHE];
};

struct slot_table {
    _Atomic uint64_t *fp;
    _Atomic uint32_t *id; /* 0: being written */
    uint64_t n;
};

struct recorder {
    struct slot_table table;
    uint32_t n_workers, atom_words;
    struct stream *streams;
    _Atomic uint32_t next_id;
    pthread_mutex_t lock; /* of the labels */
    VEC(struct graph_label) labels;
    uint32_t *label_slots; /* open addressing, 0: empty, else index + 1 */
    uint32_t label_cap;
};

static bool table_new(struct slot_table *t, uint64_t n) {
    t->n = n;
    t->fp = mem_try_alloc(n * sizeof *t->fp);
    t->id = t->fp ? mem_try_alloc(n * sizeof *t->id) : NULL;
    if (t->id) return true;
    mem_free((void *)t->fp);
    return false;
}

static void table_free(struct slot_table *t) {
    mem_free((void *)t->fp);
    mem_free((void *)t->id);
}

struct recorder *recorder_new(uint32_t workers, uint32_t n_atoms) {
    enum { FIRST = 1 << 12 };
    struct recorder *r = mem_alloc(sizeof *r);
    if (!table_new(&r->table, FIRST)) mem_exhausted();
    r->n_workers = workers;
    r->atom_words = (n_atoms + 63) / 64;
    r->streams = mem_alloc(workers * sizeof *r->streams);
    atomic_store(&r->next_id, 1);
    pthread_mutex_init(&r->lock, NULL);
    r->label_cap = 64;
    r->label_slots = mem_alloc(r->label_cap * sizeof *r->label_slots);
    return r;
}

static void stream_free(struct stream *s) {
    VEC_FREE(s->states);
    VEC_FREE(s->atoms);
    VEC_FREE(s->now);
    mem_free(s->edges.at);
    mem_free(s->record.at);
}

void recorder_free(struct recorder *r) {
    if (!r) return;
    table_free(&r->table);
    for (uint32_t i = 0; i < r->n_workers; i++) stream_free(&r->streams[i]);
    mem_free(r->streams);
    mem_free(r->label_slots);
    VEC_FREE(r->labels);
    pthread_mutex_destroy(&r->lock);
    mem_free(r);
}

uint64_t recorder_capacity(const struct recorder *r) { return r->table.n; }

/* Read while others write, for progress and the memory limit: approximate. */
uint64_t recorder_bytes(const struct recorder *r) {
    uint64_t n = r->table.n * 12;
    for (uint32_t i = 0; i < r->n_workers; i++) {
        const struct stream *s = &r->streams[i];
        n += s->edges.cap + s->states.cap * sizeof *s->states.at + s->atoms.cap * sizeof *s->atoms.at;
    }
    return n;
}

static uint64_t home(uint64_t fp, uint64_t n) { return (uint64_t)(((unsigned __int128)fp * n) >> 64); }

void recorder_prefetch(const struct recorder *r, uint64_t fp) {
    uint64_t i = home(fp, r->table.n);
    __builtin_prefetch((const void *)&r->table.fp[i], 1);
    __builtin_prefetch((const void *)&r->table.id[i], 1);
}

bool recorder_grow(struct recorder *r, uint64_t slots) {
    struct slot_table new;
    if (!table_new(&new, slots)) return false;
    for (uint64_t i = 0; i < r->table.n; i++) {
        uint64_t fp = atomic_load_explicit(&r->table.fp[i], memory_order_relaxed);
        if (!fp) continue;
        uint64_t k = home(fp, slots);
        while (atomic_load_explicit(&new.fp[k], memory_order_relaxed)) k = k + 1 == slots ? 0 : k + 1;
        atomic_store_explicit(&new.fp[k], fp, memory_order_relaxed);
        atomic_store_explicit(&new.id[k], atomic_load_explicit(&r->table.id[i], memory_order_relaxed),
                              memory_order_relaxed);
    }
    table_free(&r->table);
    r->table = new;
    return true;
}

static uint32_t fresh_id(struct recorder *r, struct stream *s, uint64_t fp, uint32_t level) {
    if (s->next_id == s->last_id) {
        s->next_id = atomic_fetch_add_explicit(&r->next_id, CHUNK, memory_order_relaxed);
        s->last_id = s->next_id + CHUNK;
        if (s->last_id < s->next_id) panic("more states than a behaviour graph can hold");
    }
    struct state_record new = {fp, s->next_id++, level};
    VEC_PUSH(s->states, new);
    for (uint32_t i = 0; i < r->atom_words; i++) VEC_PUSH(s->atoms, 0);
    return new.id;
}

bool recorder_insert(struct recorder *r, uint32_t worker, uint64_t fp, uint32_t level, uint32_t *id) {
    struct slot_table *t = &r->table;
    for (uint64_t i = home(fp, t->n);; i = i + 1 == t->n ? 0 : i + 1) {
        uint64_t v = atomic_load_explicit(&t->fp[i], memory_order_relaxed);
        if (!v &&
            atomic_compare_exchange_strong_explicit(&t->fp[i], &v, fp, memory_order_relaxed, memory_order_relaxed)) {
            *id = fresh_id(r, &r->streams[worker], fp, level);
            atomic_store_explicit(&t->id[i], *id, memory_order_release); /* pairs with the acquire below */
            return true;
        }
        if (v != fp) continue;
        while (!(*id = atomic_load_explicit(&t->id[i], memory_order_acquire))) sched_yield();
        return false;
    }
}

uint64_t *recorder_atoms(struct recorder *r, uint32_t worker) {
    struct stream *s = &r->streams[worker];
    return s->atoms.at + s->atoms.n - r->atom_words;
}

void recorder_begin(struct recorder *r, uint32_t worker, uint32_t id) {
    struct stream *s = &r->streams[worker];
    s->source = id;
    s->now.n = 0;
}

static uint64_t label_hash(const struct graph_label *l) { /* the key is mixed already */
    uint64_t h = (l->key + l->action * UINT64_C(0xd6e8feb86659fd93)) ^ l->process * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static bool same_label(const struct graph_label *a, const struct graph_label *b) {
    return a->action == b->action && a->process == b->process && a->key == b->key;
}

static uint32_t shared_label(struct recorder *r, const struct graph_label *l, uint64_t hash) {
    pthread_mutex_lock(&r->lock);
    uint32_t i = (uint32_t)hash & (r->label_cap - 1), id;
    for (; r->label_slots[i]; i = (i + 1) & (r->label_cap - 1))
        if (same_label(&r->labels.at[r->label_slots[i] - 1], l)) break;
    id = r->label_slots[i];
    if (!id) {
        VEC_PUSH(r->labels, *l);
        id = r->label_slots[i] = r->labels.n;
        if (2 * r->labels.n > r->label_cap) {
            uint32_t cap = 2 * r->label_cap;
            uint32_t *slots = mem_alloc(cap * sizeof *slots);
            for (uint32_t k = 0; k < r->labels.n; k++) {
                uint32_t j = (uint32_t)label_hash(&r->labels.at[k]) & (cap - 1);
                while (slots[j]) j = (j + 1) & (cap - 1);
                slots[j] = k + 1;
            }
            mem_free(r->label_slots);
            r->label_slots = slots;
            r->label_cap = cap;
        }
    }
    pthread_mutex_unlock(&r->lock);
    return id;
}

void recorder_edge(struct recorder *r, uint32_t worker, uint32_t to, uint32_t action, const uint64_t key[2]) {
    struct stream *s = &r->streams[worker];
    struct graph_label l = {action, key[0], key[1]};
    uint64_t hash = label_hash(&l);
    struct label_cache *c = &s->cache[hash >> 20 & (CACHE - 1)];
    if (!c->id || !same_label(&c->label, &l)) *c = (struct label_cache){l, shared_label(r, &l, hash)};
    struct edge e = {to, c->id - 1};
    VEC_PUSH(s->now, e);
}

void recorder_out(struct recorder *r, uint32_t worker, uint32_t action, const uint64_t key[2]) {
    recorder_edge(r, worker, r->streams[worker].source, action, key);
}

void recorder_end(struct recorder *r, uint32_t worker) {
    struct stream *s = &r->streams[worker];
    s->record.n = 0;
    reserve(&s->record, (2 * (size_t)s->now.n + 1) * VARINT);
    put_varint(&s->record, s->now.n);
    for (uint32_t i = 0; i < s->now.n; i++) {
        put_varint(&s->record, zigzag((int64_t)s->now.at[i].to - (int64_t)s->source));
        put_varint(&s->record, s->now.at[i].label);
    }
    reserve(&s->edges, s->record.n + 2 * (size_t)VARINT);
    put_varint(&s->edges, s->source);
    put_varint(&s->edges, s->record.n);
    memcpy(s->edges.at + s->edges.n, s->record.at, s->record.n);
    s->edges.n += s->record.n;
}

/* ---- from the streams to the graph ---- */

static int by_label(const void *x, const void *y) {
    const struct graph_label *a = x, *b = y;
    if (a->action != b->action) return a->action < b->action ? -1 : 1;
    if (a->process != b->process) return a->process < b->process ? -1 : 1;
    return a->key < b->key ? -1 : a->key > b->key;
}

struct build {
    struct recorder *r;
    struct graph *g;
    uint32_t *number;     /* of a recorder's id; GRAPH_NONE: not met yet */
    uint32_t *id;         /* and back */
    const uint8_t **from; /* by id: its record behind the number of bytes, or NULL: not expanded */
    uint32_t *new_label;  /* of a recorder's label */
    struct bytes out;
};

static void number_labels(struct build *b) {
    struct recorder *r = b->r;
    struct graph *g = b->g;
    g->n_labels = r->labels.n;
    g->labels = mem_alloc((g->n_labels + 1) * sizeof *g->labels);
    b->new_label = mem_alloc((g->n_labels + 1) * sizeof *b->new_label);
    if (g->n_labels) memcpy(g->labels, r->labels.at, g->n_labels * sizeof *g->labels);
    if (g->n_labels) qsort(g->labels, g->n_labels, sizeof *g->labels, by_label);
    for (uint32_t i = 0; i < g->n_labels; i++) {
        const struct graph_label *at = bsearch(&r->labels.at[i], g->labels, g->n_labels, sizeof *g->labels, by_label);
        b->new_label[i] = (uint32_t)(at - g->labels);
    }
}

static void find_records(struct build *b) {
    struct recorder *r = b->r;
    b->from = mem_alloc((atomic_load(&r->next_id) + 1) * sizeof *b->from);
    for (uint32_t w = 0; w < r->n_workers; w++) {
        const struct bytes *in = &r->streams[w].edges;
        for (const uint8_t *p = in->at, *end = in->at + in->n; p < end;) {
            uint32_t source = (uint32_t)graph_varint(&p);
            uint64_t bytes = graph_varint(&p);
            b->from[source] = p;
            p += bytes;
        }
        b->g->n += r->streams[w].states.n;
    }
}

static uint32_t meet(struct build *b, uint32_t id, uint32_t *met) {
    if (b->number[id] == GRAPH_NONE) {
        b->id[*met] = id;
        b->number[id] = (*met)++;
    }
    return b->number[id];
}

/* Packs the steps of state s, and numbers the states to which they lead for the first time. */
static void pack(struct build *b, uint32_t s, uint32_t *met) {
    struct graph *g = b->g;
    uint32_t source = b->id[s], last = s;
    const uint8_t *p = b->from[source];
    if (!p) {
        g->at[s] = GRAPH_OPEN;
        g->partial = true;
        return;
    }
    uint64_t n = graph_varint(&p);
    g->at[s] = b->out.n;
    reserve(&b->out, (2 * n + 1) * VARINT);
    put_varint(&b->out, n);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t d = graph_varint(&p);
        uint32_t to = meet(b, source + (uint32_t)((d >> 1) ^ -(d & 1)), met);
        g->partial |= to == s;
        put_varint(&b->out, zigzag((int64_t)to - (int64_t)last));
        put_varint(&b->out, b->new_label[graph_varint(&p)]);
        last = to;
    }
    g->n_edges += n;
}

static void copy_states(struct build *b) {
    struct graph *g = b->g;
    struct recorder *r = b->r;
    g->fp = mem_alloc((g->n + 1) * sizeof *g->fp);
    g->atom_words = r->atom_words;
    g->atoms = mem_alloc((size_t)(g->n + 1) * (g->atom_words + 1) * sizeof *g->atoms);
    for (uint32_t w = 0; w < r->n_workers; w++) {
        struct stream *t = &r->streams[w];
        for (uint32_t i = 0; i < t->states.n; i++) {
            uint32_t s = b->number[t->states.at[i].id];
            if (s == GRAPH_NONE) panic("a state that nothing leads to");
            g->fp[s] = t->states.at[i].fp;
            memcpy(g->atoms + (size_t)s * g->atom_words, t->atoms.at + (size_t)i * g->atom_words,
                   g->atom_words * sizeof *g->atoms);
        }
        VEC_FREE(t->states);
        VEC_FREE(t->atoms);
    }
}

void graph_build(struct recorder *r, struct graph *g) {
    memset(g, 0, sizeof *g);
    struct build b = {.r = r, .g = g};
    uint32_t ids = atomic_load(&r->next_id), met = 0;
    table_free(&r->table);
    r->table = (struct slot_table){0};
    number_labels(&b);
    find_records(&b);
    b.number = mem_alloc((ids + 1) * sizeof *b.number);
    memset(b.number, 0xff, ids * sizeof *b.number);
    b.id = mem_alloc((g->n + 1) * sizeof *b.id);
    g->at = mem_alloc(((size_t)g->n + 1) * sizeof *g->at);
    for (uint32_t i = 0; i < r->streams[0].states.n && r->streams[0].states.at[i].level == 1; i++)
        meet(&b, r->streams[0].states.at[i].id, &met); /* one worker alone finds the initial states, in order */
    g->n_initial = met;
    for (uint32_t s = 0; s < met; s++) pack(&b, s, &met);
    g->bytes = b.out.at;
    g->n_bytes = b.out.n;
    copy_states(&b);
    mem_free(b.number);
    mem_free(b.id);
    mem_free(b.from);
    mem_free(b.new_label);
}

void graph_free(struct graph *g) {
    mem_free(g->fp);
    mem_free(g->at);
    mem_free(g->bytes);
    mem_free(g->atoms);
    mem_free(g->labels);
    memset(g, 0, sizeof *g);
}

uint64_t graph_bytes(const struct graph *g) { return g->n_bytes + (uint64_t)g->n * (16 + 8 * g->atom_words); }
