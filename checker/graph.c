#include "checker/graph.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- packed steps ---- */

enum { VARINT = 10 }; /* bytes at most */
#ifdef DC_SMALL
enum { FIRST_PAGE = 64, LAST_PAGE = 256, FIRST_LINES = 16, FEW_LINES = 32 };
#else
enum { FIRST_PAGE = 1 << 14, LAST_PAGE = 1 << 20, FIRST_LINES = 1 << 14, FEW_LINES = 1 << 13 };
#endif

static uint8_t *put_varint(uint8_t *p, uint64_t v) {
    for (; v >= 128; v >>= 7) *p++ = (uint8_t)(v | 128);
    *p++ = (uint8_t)v;
    return p;
}

static uint64_t zigzag(int64_t d) { return (uint64_t)d << 1 ^ -(uint64_t)(d < 0); }

/* A new page, which takes over what there is of the node's steps. */
static void turn_page(struct edge_writer *w) {
    size_t begun = (size_t)(w->at - w->begin), size = w->page_bytes ? 2 * w->page_bytes : FIRST_PAGE;
    if (size > LAST_PAGE) size = LAST_PAGE;
    w->page_bytes = size;
    while (size < 2 * begun + 4 * (size_t)VARINT) size *= 2;
    uint8_t *page = mem_alloc(size);
    if (begun) memcpy(page, w->begin, begun);
    VEC_PUSH(w->pages, page);
    w->begin = page;
    w->at = page + begun;
    w->end = page + size;
}

static inline void room(struct edge_writer *w, size_t bytes) {
    if ((size_t)(w->end - w->at) < bytes) turn_page(w);
}

void edges_begin(struct edge_writer *w, uint32_t node) {
    w->begin = w->at;
    w->last = node;
    if (!w->at) turn_page(w);
}

void edges_add(struct edge_writer *w, uint32_t to, uint32_t label) {
    room(w, 2 * VARINT);
    uint8_t *p = put_varint(w->at, (uint64_t)label + 1);
    w->at = put_varint(p, zigzag((int64_t)to - (int64_t)w->last));
    w->last = to;
    w->n_edges++;
}

const uint8_t *edges_end(struct edge_writer *w) {
    room(w, 1);
    *w->at++ = 0;
    w->n_bytes += (uint64_t)(w->at - w->begin);
    return w->begin;
}

void graph_add_pages(struct graph *g, struct edge_writer *w) {
    for (uint32_t i = 0; i < w->pages.n; i++) VEC_PUSH(g->pages, w->pages.at[i]);
    VEC_FREE(w->pages);
    g->n_edges += w->n_edges;
    g->n_bytes += w->n_bytes;
}

/* ---- what is recorded ---- */

struct label_cache { /* of one worker, direct mapped */
    struct graph_label label;
    uint32_t id; /* 0: empty */
};

enum { CACHE = 1024 };

struct stream {
    struct edge_writer edges;
    uint32_t source, next_id, last_id, n_states, n_expanded;
    bool cut;
    struct label_cache cache[CACHE];
};

enum { PER_LINE = 5 };
struct line { /* of a cache */
    _Atomic uint64_t fp[PER_LINE];
    _Atomic uint32_t id[PER_LINE]; /* the number + 1; 0: being written */
    uint32_t unused;
};

struct recorder {
    struct line *lines;
    uint64_t n_lines;
    struct graph_chunk **chunks;
    uint32_t chunk_cap, n_workers, atom_words, n_initial;
    _Atomic uint32_t n_chunks;
    struct stream *streams;
    pthread_mutex_t lock; /* of the labels */
    VEC(struct graph_label) labels;
    uint32_t *label_slots; /* open addressing, 0: empty, else index + 1 */
    uint32_t label_cap;
};

static struct line *lines_new(uint64_t n) {
    enum { HUGE_PAGE = 2 << 20 };
    void *p = mmap(NULL, n * sizeof(struct line), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
#ifdef MADV_HUGEPAGE
    if (n * sizeof(struct line) >= HUGE_PAGE) (void)madvise(p, n * sizeof(struct line), MADV_HUGEPAGE);
#endif
    return p;
}

static void lines_free(struct line *l, uint64_t n) {
    if (l) munmap(l, n * sizeof *l);
}

/* As many chunks as states fit, and one more begun by each worker. */
static bool reserve_chunks(struct recorder *r, uint64_t lines) {
    uint64_t want = lines * PER_LINE / GRAPH_CHUNK + r->n_workers + 1;
    if (want > UINT32_MAX / GRAPH_CHUNK) want = UINT32_MAX / GRAPH_CHUNK;
    struct graph_chunk **new = mem_try_alloc(want * sizeof *new);
    if (!new) return false;
    if (r->chunks) memcpy(new, r->chunks, r->chunk_cap * sizeof *new);
    mem_free(r->chunks);
    r->chunks = new;
    r->chunk_cap = (uint32_t)want;
    return true;
}

struct recorder *recorder_new(uint32_t workers, uint32_t n_atoms) {
    struct recorder *r = mem_alloc(sizeof *r);
    r->n_workers = workers;
    r->n_lines = FIRST_LINES;
    r->lines = lines_new(FIRST_LINES);
    if (!r->lines || !reserve_chunks(r, FIRST_LINES)) mem_exhausted();
    r->atom_words = (n_atoms + 63) / 64;
    r->streams = mem_alloc(workers * sizeof *r->streams);
    pthread_mutex_init(&r->lock, NULL);
    r->label_cap = 64;
    r->label_slots = mem_alloc(r->label_cap * sizeof *r->label_slots);
    return r;
}

void recorder_free(struct recorder *r) {
    if (!r) return;
    lines_free(r->lines, r->n_lines);
    for (uint32_t i = 0; r->chunks && i < atomic_load(&r->n_chunks); i++) mem_free(r->chunks[i]);
    for (uint32_t i = 0; i < r->n_workers; i++) {
        for (uint32_t k = 0; k < r->streams[i].edges.pages.n; k++) mem_free(r->streams[i].edges.pages.at[k]);
        VEC_FREE(r->streams[i].edges.pages);
    }
    mem_free(r->chunks);
    mem_free(r->streams);
    mem_free(r->label_slots);
    VEC_FREE(r->labels);
    pthread_mutex_destroy(&r->lock);
    mem_free(r);
}

uint64_t recorder_capacity(const struct recorder *r) { return r->n_lines * PER_LINE; }

static size_t chunk_bytes(uint32_t atom_words) {
    return sizeof(struct graph_chunk) + sizeof(uint64_t) * GRAPH_CHUNK * atom_words;
}

/* Read while others write, for progress and the memory limit: approximate. */
uint64_t recorder_bytes(const struct recorder *r) {
    uint64_t n = r->n_lines * sizeof *r->lines +
                 atomic_load_explicit(&r->n_chunks, memory_order_relaxed) * chunk_bytes(r->atom_words);
    for (uint32_t i = 0; i < r->n_workers; i++) n += r->streams[i].edges.n_bytes;
    return n;
}

static uint64_t home(uint64_t fp, uint64_t n) { return (uint64_t)(((unsigned __int128)fp * n) >> 64); }

void recorder_prefetch(const struct recorder *r, uint64_t fp) {
    __builtin_prefetch((const void *)&r->lines[home(fp, r->n_lines)], 1);
}

/* Moving to more lines: each of those who help takes its part of the old ones. */
struct move {
    const struct line *from;
    struct line *to;
    uint64_t n_from, n_to;
    unsigned parts;
};

static void move_part(void *job, unsigned part) {
    const struct move *m = job;
    uint64_t begin = m->n_from / m->parts * part;
    uint64_t end = part + 1 == m->parts ? m->n_from : m->n_from / m->parts * (part + 1);
    for (uint64_t i = begin; i < end; i++)
        for (uint32_t k = 0; k < PER_LINE; k++) {
            uint64_t fp = atomic_load_explicit(&m->from[i].fp[k], memory_order_relaxed), none = 0;
            if (!fp) continue;
            uint64_t at = home(fp, m->n_to);
            uint32_t j = 0;
            while (atomic_load_explicit(&m->to[at].fp[j], memory_order_relaxed) ||
                   !atomic_compare_exchange_strong_explicit(&m->to[at].fp[j], &none, fp, memory_order_relaxed,
                                                            memory_order_relaxed)) {
                none = 0;
                if (++j == PER_LINE) {
                    j = 0;
                    at = at + 1 == m->n_to ? 0 : at + 1;
                }
            }
            uint32_t id = atomic_load_explicit(&m->from[i].id[k], memory_order_relaxed);
            atomic_store_explicit(&m->to[at].id[j], id, memory_order_relaxed);
        }
}

bool recorder_grow(struct recorder *r, uint64_t slots, const struct fpset_crew *crew) {
    uint64_t n = slots / PER_LINE + 1;
    struct line *new = lines_new(n);
    if (!new || !reserve_chunks(r, n)) {
        lines_free(new, n);
        return false;
    }
    bool few = r->n_lines < FEW_LINES; /* not worth waking the others */
    struct move m = {.from = r->lines, .to = new, .n_from = r->n_lines, .n_to = n, .parts = crew && !few ? crew->n : 1};
    if (crew && !few) crew->all(crew->self, move_part, &m);
    else move_part(&m, 0);
    lines_free(r->lines, r->n_lines);
    r->lines = new;
    r->n_lines = n;
    return true;
}

static uint32_t fresh_id(struct recorder *r, struct stream *s, uint64_t fp) {
    if (s->next_id == s->last_id) {
        uint32_t c = atomic_fetch_add_explicit(&r->n_chunks, 1, memory_order_relaxed);
        if (c >= r->chunk_cap) panic("more states than a behaviour graph can hold");
        r->chunks[c] = mem_alloc(chunk_bytes(r->atom_words));
        s->next_id = c * GRAPH_CHUNK;
        s->last_id = s->next_id + GRAPH_CHUNK;
    }
    uint32_t id = s->next_id++;
    r->chunks[id / GRAPH_CHUNK]->fp[id % GRAPH_CHUNK] = fp;
    s->n_states++;
    return id;
}

bool recorder_insert(struct recorder *r, uint32_t worker, uint64_t fp, bool initial, uint32_t *id) {
    for (uint64_t i = home(fp, r->n_lines);; i = i + 1 == r->n_lines ? 0 : i + 1) {
        struct line *l = &r->lines[i];
        for (uint32_t k = 0; k < PER_LINE; k++) {
            uint64_t v = atomic_load_explicit(&l->fp[k], memory_order_relaxed);
            if (!v && atomic_compare_exchange_strong_explicit(&l->fp[k], &v, fp, memory_order_relaxed,
                                                              memory_order_relaxed)) {
                *id = fresh_id(r, &r->streams[worker], fp);
                if (initial) r->n_initial++;
                atomic_store_explicit(&l->id[k], *id + 1, memory_order_release); /* pairs with the acquire below */
                return true;
            }
            if (v != fp) continue;
            uint32_t known;
            while (!(known = atomic_load_explicit(&l->id[k], memory_order_acquire))) sched_yield();
            *id = known - 1;
            return false;
        }
    }
}

uint64_t *recorder_atoms(struct recorder *r, uint32_t id) {
    return r->chunks[id / GRAPH_CHUNK]->atoms + (size_t)(id % GRAPH_CHUNK) * r->atom_words;
}

void recorder_begin(struct recorder *r, uint32_t worker, uint32_t id) {
    struct stream *s = &r->streams[worker];
    s->source = id;
    edges_begin(&s->edges, id);
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
    edges_add(&s->edges, to, c->id - 1);
}

void recorder_out(struct recorder *r, uint32_t worker, uint32_t action, const uint64_t key[2]) {
    r->streams[worker].cut = true;
    recorder_edge(r, worker, r->streams[worker].source, action, key);
}

void recorder_end(struct recorder *r, uint32_t worker) {
    struct stream *s = &r->streams[worker];
    r->chunks[s->source / GRAPH_CHUNK]->steps[s->source % GRAPH_CHUNK] = edges_end(&s->edges);
    s->n_expanded++;
}

/* ---- the graph ---- */

void graph_build(struct recorder *r, struct graph *g) {
    memset(g, 0, sizeof *g);
    lines_free(r->lines, r->n_lines);
    r->lines = NULL;
    g->n_chunks = atomic_load(&r->n_chunks);
    g->n = g->n_chunks * GRAPH_CHUNK;
    g->n_initial = r->n_initial;
    g->chunks = r->chunks;
    r->chunks = NULL;
    g->atom_words = r->atom_words;
    g->n_labels = r->labels.n;
    g->labels = r->labels.at;
    r->labels.at = NULL;
    uint32_t expanded = 0;
    for (uint32_t i = 0; i < r->n_workers; i++) {
        struct stream *s = &r->streams[i];
        graph_add_pages(g, &s->edges);
        g->n_states += s->n_states;
        expanded += s->n_expanded;
        g->partial |= s->cut;
    }
    g->partial |= expanded < g->n_states;
    g->ordered = r->n_workers == 1;
}

void graph_reserve(struct graph *g, uint32_t n) {
    uint32_t want = n / GRAPH_CHUNK + 1;
    if (want <= g->n_chunks) return;
    uint32_t cap = want + want / 2;
    g->chunks = mem_grow(g->chunks, g->n_chunks * sizeof *g->chunks, cap * sizeof *g->chunks);
    for (; g->n_chunks < cap; g->n_chunks++) g->chunks[g->n_chunks] = mem_alloc(chunk_bytes(g->atom_words));
}

static uint32_t meet(uint32_t *number, uint32_t *old, uint32_t *met, uint32_t s) {
    if (number[s] == GRAPH_NONE) {
        old[*met] = s;
        number[s] = (*met)++;
    }
    return number[s];
}

void graph_order(const struct graph *g, struct graph *o) {
    uint32_t *number = mem_alloc(((size_t)g->n + 1) * sizeof *number),
             *old = mem_alloc(((size_t)g->n_states + 1) * sizeof *old), met = 0;
    struct edge_writer w = {0};
    *o = (struct graph){.n = g->n_states,
                        .n_states = g->n_states,
                        .n_initial = g->n_initial,
                        .atom_words = g->atom_words,
                        .partial = g->partial,
                        .ordered = true,
                        .n_labels = g->n_labels};
    o->n_chunks = g->n_states / GRAPH_CHUNK + 1;
    o->chunks = mem_alloc(o->n_chunks * sizeof *o->chunks);
    for (uint32_t i = 0; i < o->n_chunks; i++) o->chunks[i] = mem_alloc(chunk_bytes(g->atom_words));
    o->labels = mem_alloc((g->n_labels + 1) * sizeof *o->labels);
    if (g->n_labels) memcpy(o->labels, g->labels, g->n_labels * sizeof *o->labels);
    memset(number, 0xff, (size_t)g->n * sizeof *number);
    for (uint32_t i = 0; i < g->n_initial; i++) meet(number, old, &met, i);
    for (uint32_t s = 0; s < met; s++) {
        struct graph_chunk *to = o->chunks[s / GRAPH_CHUNK];
        const struct graph_chunk *from = g->chunks[old[s] / GRAPH_CHUNK];
        to->fp[s % GRAPH_CHUNK] = from->fp[old[s] % GRAPH_CHUNK];
        memcpy(to->atoms + (size_t)(s % GRAPH_CHUNK) * g->atom_words,
               from->atoms + (size_t)(old[s] % GRAPH_CHUNK) * g->atom_words, g->atom_words * sizeof *to->atoms);
        if (!graph_expanded(g, old[s])) continue;
        edges_begin(&w, s);
        for (struct graph_edges e = graph_edges(g, old[s]); graph_next(&e);)
            edges_add(&w, meet(number, old, &met, e.to), e.label);
        to->steps[s % GRAPH_CHUNK] = edges_end(&w);
    }
    if (met != g->n_states) panic("a state that nothing leads to");
    graph_add_pages(o, &w);
    mem_free(number);
    mem_free(old);
}

void graph_free(struct graph *g) {
    for (uint32_t i = 0; i < g->n_chunks; i++) mem_free(g->chunks[i]);
    for (uint32_t i = 0; i < g->pages.n; i++) mem_free(g->pages.at[i]);
    mem_free(g->chunks);
    mem_free(g->labels);
    VEC_FREE(g->pages);
    memset(g, 0, sizeof *g);
}

uint64_t graph_bytes(const struct graph *g) { return g->n_bytes + (uint64_t)g->n_states * (16 + 8 * g->atom_words); }
