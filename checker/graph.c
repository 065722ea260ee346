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

static void put_varint(struct bytes *b, uint64_t v) {
    reserve(b, 10);
    for (; v >= 128; v >>= 7) b->at[b->n++] = (uint8_t)(v | 128);
    b->at[b->n++] = (uint8_t)v;
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
    struct bytes edges;  /* source, number, (to, label)... as varints */
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
        if (!v && atomic_compare_exchange_strong_explicit(&t->fp[i], &v, fp, memory_order_relaxed,
                                                          memory_order_relaxed)) {
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

static uint64_t label_hash(const struct graph_label *l) { return dc_mix(dc_mix(l->action, l->process), l->key); }

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
    struct label_cache *c = &s->cache[hash >> 32 & (CACHE - 1)];
    if (!c->id || !same_label(&c->label, &l)) *c = (struct label_cache){l, shared_label(r, &l, hash)};
    struct edge e = {to, c->id - 1};
    VEC_PUSH(s->now, e);
}

void recorder_out(struct recorder *r, uint32_t worker, uint32_t action, const uint64_t key[2]) {
    recorder_edge(r, worker, r->streams[worker].source, action, key);
}

void recorder_end(struct recorder *r, uint32_t worker) {
    struct stream *s = &r->streams[worker];
    put_varint(&s->edges, s->source);
    put_varint(&s->edges, s->now.n);
    for (uint32_t i = 0; i < s->now.n; i++) {
        put_varint(&s->edges, zigzag((int64_t)s->now.at[i].to - (int64_t)s->source));
        put_varint(&s->edges, s->now.at[i].label);
    }
}

/* ---- from the streams to the graph ---- */

static int by_level_and_fp(const void *x, const void *y) {
    const struct state_record *a = x, *b = y;
    if (a->level != b->level) return a->level < b->level ? -1 : 1;
    return a->fp < b->fp ? -1 : a->fp > b->fp;
}

/* Sorts the records of one level by fingerprint: radix sort, least significant digit first. */
static void sort_level(struct state_record *at, struct state_record *spare, uint32_t n) {
    enum { DIGITS = 1 << 11, SMALL = 4096 };
    if (n < SMALL) {
        qsort(at, n, sizeof *at, by_level_and_fp);
        return;
    }
    struct state_record *from = at, *to = spare;
    for (unsigned shift = 0; shift < 66; shift += 11) {
        uint32_t count[DIGITS] = {0}, sum = 0;
        for (uint32_t i = 0; i < n; i++) count[from[i].fp >> shift & (DIGITS - 1)]++;
        for (uint32_t d = 0; d < DIGITS; d++) {
            uint32_t c = count[d];
            count[d] = sum;
            sum += c;
        }
        for (uint32_t i = 0; i < n; i++) to[count[from[i].fp >> shift & (DIGITS - 1)]++] = from[i];
        struct state_record *swap = from;
        from = to;
        to = swap;
    }
    if (from != at) memcpy(at, from, n * sizeof *at);
}

static int by_label(const void *x, const void *y) {
    const struct graph_label *a = x, *b = y;
    if (a->action != b->action) return a->action < b->action ? -1 : 1;
    if (a->process != b->process) return a->process < b->process ? -1 : 1;
    return a->key < b->key ? -1 : a->key > b->key;
}

static void sort_edges(struct edge *e, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) { /* few of them, and nearly in order */
        struct edge x = e[i];
        uint32_t k = i;
        for (; k && (e[k - 1].to > x.to || (e[k - 1].to == x.to && e[k - 1].label > x.label)); k--) e[k] = e[k - 1];
        e[k] = x;
    }
}

static int by_edge(const void *x, const void *y) {
    const struct edge *a = x, *b = y;
    if (a->to != b->to) return a->to < b->to ? -1 : 1;
    return a->label < b->label ? -1 : a->label > b->label;
}

struct build {
    struct recorder *r;
    struct graph *g;
    uint32_t *number;    /* of a recorder's id */
    uint32_t *new_label; /* of a recorder's label */
    VEC(struct edge) edges;
};

static void number_states(struct build *b) {
    struct graph *g = b->g;
    struct recorder *r = b->r;
    uint32_t levels = 0;
    for (uint32_t w = 0; w < r->n_workers; w++) {
        const struct stream *s = &r->streams[w];
        g->n += s->states.n;
        for (uint32_t i = 0; i < s->states.n; i++)
            if (s->states.at[i].level > levels) levels = s->states.at[i].level;
    }
    g->n_levels = levels;
    g->level_first = mem_alloc((levels + 2) * sizeof *g->level_first);
    uint32_t *next = mem_alloc((levels + 2) * sizeof *next);
    for (uint32_t w = 0; w < r->n_workers; w++)
        for (uint32_t i = 0; i < r->streams[w].states.n; i++) g->level_first[r->streams[w].states.at[i].level]++;
    uint32_t sum = 0, most = 0;
    for (uint32_t l = 0; l <= levels; l++) { /* levels count from 1; level_first from 0 */
        uint32_t n = g->level_first[l];
        if (n > most) most = n;
        next[l] = sum;
        if (l) g->level_first[l - 1] = sum;
        sum += n;
    }
    g->level_first[levels] = sum;
    struct state_record *all = mem_alloc((g->n + 1) * sizeof *all), *spare = mem_alloc((most + 1) * sizeof *spare);
    for (uint32_t w = 0; w < r->n_workers; w++)
        for (uint32_t i = 0; i < r->streams[w].states.n; i++) {
            const struct state_record *s = &r->streams[w].states.at[i];
            all[next[s->level]++] = *s;
        }
    for (uint32_t l = 0; l < levels; l++)
        sort_level(all + g->level_first[l], spare, g->level_first[l + 1] - g->level_first[l]);
    g->n_initial = levels ? g->level_first[1] : 0;
    g->fp = mem_alloc((g->n + 1) * sizeof *g->fp);
    b->number = mem_alloc((atomic_load(&r->next_id) + 1) * sizeof *b->number);
    for (uint32_t i = 0; i < g->n; i++) {
        g->fp[i] = all[i].fp;
        b->number[all[i].id] = i;
    }
    mem_free(next);
    mem_free(all);
    mem_free(spare);
    g->atom_words = r->atom_words;
    g->atoms = mem_alloc((size_t)(g->n + 1) * (g->atom_words + 1) * sizeof *g->atoms);
    for (uint32_t w = 0; w < r->n_workers; w++) {
        struct stream *s = &r->streams[w];
        for (uint32_t i = 0; i < s->states.n; i++)
            memcpy(g->atoms + (size_t)b->number[s->states.at[i].id] * g->atom_words,
                   s->atoms.at + (size_t)i * g->atom_words, g->atom_words * sizeof *g->atoms);
        VEC_FREE(s->states);
        VEC_FREE(s->atoms);
    }
    table_free(&r->table);
    r->table = (struct slot_table){0};
}

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

/* Reads one record; its edges, with final numbers, sorted and without doubles. */
static uint32_t read_record(struct build *b, const uint8_t **p) {
    uint32_t source = (uint32_t)graph_varint(p), n = (uint32_t)graph_varint(p), k = 0;
    b->edges.n = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t d = graph_varint(p);
        uint32_t to = source + (uint32_t)((d >> 1) ^ -(d & 1));
        struct edge e = {b->number[to], b->new_label[graph_varint(p)]};
        VEC_PUSH(b->edges, e);
    }
    enum { MANY = 32 };
    if (n > MANY) qsort(b->edges.at, n, sizeof *b->edges.at, by_edge);
    else sort_edges(b->edges.at, n);
    for (uint32_t i = 0; i < n; i++)
        if (!k || by_edge(&b->edges.at[i], &b->edges.at[k - 1])) b->edges.at[k++] = b->edges.at[i];
    b->edges.n = k;
    return b->number[source];
}

static void pack(struct bytes *out, uint32_t source, const struct edge *e, uint32_t n) {
    out->n = 0;
    put_varint(out, n);
    for (uint32_t i = 0; i < n; i++) {
        put_varint(out, i ? e[i].to - e[i - 1].to : zigzag((int64_t)e[i].to - (int64_t)source));
        put_varint(out, e[i].label);
    }
}

static void pack_edges(struct build *b) {
    struct graph *g = b->g;
    struct bytes one = {0};
    g->at = mem_alloc(((size_t)g->n + 2) * sizeof *g->at);
    g->open = mem_alloc(g->n + 1);
    memset(g->open, 1, g->n);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t w = 0; w < b->r->n_workers; w++) {
            struct bytes *s = &b->r->streams[w].edges;
            for (const uint8_t *p = s->at, *end = s->at + s->n; p < end;) {
                uint32_t state = read_record(b, &p);
                pack(&one, state, b->edges.at, b->edges.n);
                if (pass) {
                    memcpy(g->bytes + g->at[state], one.at, one.n);
                } else {
                    g->at[state + 1] = one.n;
                    g->open[state] = 0;
                    for (uint32_t i = 0; i < b->edges.n; i++) g->partial |= b->edges.at[i].to == state;
                    g->n_edges += b->edges.n;
                }
            }
        }
        if (pass) break;
        for (uint32_t i = 0; i < g->n; i++) {
            g->at[i + 1] += g->at[i];
            g->n_open += g->open[i];
        }
        g->partial |= g->n_open > 0;
        g->bytes = mem_alloc(g->at[g->n] + 1);
    }
    mem_free(one.at);
    VEC_FREE(b->edges);
}

bool graph_build(struct recorder *r, struct graph *g) {
    memset(g, 0, sizeof *g);
    struct build b = {.r = r, .g = g};
    number_states(&b);
    number_labels(&b);
    pack_edges(&b);
    mem_free(b.number);
    mem_free(b.new_label);
    return true;
}

void graph_free(struct graph *g) {
    mem_free(g->fp);
    mem_free(g->at);
    mem_free(g->bytes);
    mem_free(g->atoms);
    mem_free(g->open);
    mem_free(g->level_first);
    mem_free(g->labels);
    memset(g, 0, sizeof *g);
}

uint64_t graph_bytes(const struct graph *g) {
    return g->n ? g->at[g->n] + (uint64_t)g->n * (17 + 8 * g->atom_words) : 0;
}
