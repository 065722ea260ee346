#include "checker/graph.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- packed steps ---- */

#ifdef DC_SMALL
enum { FIRST_PAGE = 16, LAST_PAGE = 64, NEAR = 4, SHORT_LABEL = 3 };
#else
enum { FIRST_PAGE = 1 << 12, LAST_PAGE = 1 << 18, NEAR = 1 << 23, SHORT_LABEL = GRAPH_LONG - 1 }; /* pages: words */
#endif
enum { LONGEST = 3 }; /* words of a step */

/* A new page, which takes over what there is of the node's steps. */
static void turn_page(struct edge_writer *w, size_t words) {
    size_t begun = (size_t)(w->at - w->begin), size = w->page_words ? 2 * w->page_words : FIRST_PAGE;
    if (size > LAST_PAGE) size = LAST_PAGE;
    w->page_words = size;
    while (size < 2 * begun + words) size *= 2;
    uint32_t *page = mem_alloc(size * sizeof *page);
    if (begun) memcpy(page, w->begin, begun * sizeof *page);
    VEC_PUSH(w->pages, page);
    w->begin = page;
    w->at = page + begun;
    w->end = page + size;
}

static inline void room(struct edge_writer *w, size_t words) {
    if ((size_t)(w->end - w->at) < words) turn_page(w, words);
}

void edges_begin(struct edge_writer *w, uint32_t node) {
    w->begin = w->at;
    w->node = node;
}

/* Where there is room. */
static inline uint32_t *pack(uint32_t *at, uint32_t from, uint32_t to, uint32_t label) {
    int64_t d = (int64_t)to - (int64_t)from;
    if (__builtin_expect(label < SHORT_LABEL && d >= -NEAR && d < NEAR, 1)) {
        *at++ = (label + 1) | (uint32_t)d << 8;
    } else {
        *at++ = GRAPH_LONG;
        *at++ = label;
        *at++ = to;
    }
    return at;
}

void edges_add(struct edge_writer *w, uint32_t to, uint32_t label) {
    room(w, LONGEST);
    w->at = pack(w->at, w->node, to, label);
    w->n_edges++;
}

const uint32_t *edges_end(struct edge_writer *w) {
    room(w, 1);
    *w->at++ = 0;
    w->n_bytes += (uint64_t)(w->at - w->begin) * sizeof *w->at;
    return w->begin;
}

void graph_add_pages(struct graph *g, struct edge_writer *w) {
    for (uint32_t i = 0; i < w->pages.n; i++) VEC_PUSH(g->pages, w->pages.at[i]);
    VEC_FREE(w->pages);
    g->n_edges += w->n_edges;
    g->n_bytes += w->n_bytes;
}

/* ---- what is recorded ---- */

struct label_cache { /* of one worker */
    struct graph_label label;
    uint32_t id; /* 0: empty */
};

enum { CACHE = 1024, WAYS = 4 }; /* where a label may be: WAYS places in a row; one that finds none takes the last */

struct stream {
    struct edge_writer edges;
    const uint32_t *ids; /* of the block that is being expanded */
    uint32_t source;     /* of its states, the one whose steps come now */
    uint32_t next_id, last_id, n_states, n_expanded;
    bool cut;
    struct label_cache cache[CACHE + WAYS];
    char apart[128]; /* in no cache line of the next worker's */
};

struct recorder {
    struct graph_chunk **chunks;
    uint32_t chunk_cap, n_workers, atom_words, n_initial;
    _Atomic uint32_t n_chunks;
    struct stream *streams;
    pthread_mutex_t lock; /* of the labels */
    VEC(struct graph_label) labels;
    uint32_t *label_slots; /* open addressing, 0: empty, else index + 1 */
    uint32_t label_cap;
};

bool recorder_reserve(struct recorder *r, uint64_t states) {
    uint64_t want = states / GRAPH_CHUNK + r->n_workers + 2; /* each worker has one begun, and there are strays */
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
    r->atom_words = (n_atoms + 63) / 64;
    r->streams = mem_alloc(workers * sizeof *r->streams);
    pthread_mutex_init(&r->lock, NULL);
    r->label_cap = 64;
    r->label_slots = mem_alloc(r->label_cap * sizeof *r->label_slots);
    return r;
}

void recorder_free(struct recorder *r) {
    if (!r) return;
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

static size_t chunk_bytes(uint32_t atom_words) {
    return sizeof(struct graph_chunk) + sizeof(uint64_t) * GRAPH_CHUNK * atom_words;
}

/* Read while others write, for progress and the memory limit: approximate. */
uint64_t recorder_bytes(const struct recorder *r) {
    uint64_t n = atomic_load_explicit(&r->n_chunks, memory_order_relaxed) * chunk_bytes(r->atom_words);
    for (uint32_t i = 0; i < r->n_workers; i++) n += r->streams[i].edges.n_bytes;
    return n;
}

struct kernel_room recorder_room(struct recorder *r, uint32_t worker) {
    struct stream *s = &r->streams[worker];
    if (s->next_id == s->last_id) {
        uint32_t c = atomic_fetch_add_explicit(&r->n_chunks, 1, memory_order_relaxed);
        if (c >= r->chunk_cap) panic("more states than a behaviour graph can hold");
        r->chunks[c] = mem_alloc(chunk_bytes(r->atom_words));
        s->next_id = c * GRAPH_CHUNK;
        s->last_id = s->next_id + GRAPH_CHUNK;
    }
    return (struct kernel_room){s->next_id + 1, s->last_id + 1};
}

void recorder_states(struct recorder *r, uint32_t worker, const struct hash128 *print, uint32_t n, bool initial) {
    struct stream *s = &r->streams[worker];
    if (!n) return;
    uint64_t *fp = r->chunks[s->next_id / GRAPH_CHUNK]->fp + s->next_id % GRAPH_CHUNK;
    for (uint32_t i = 0; i < n; i++) fp[i] = print[i].lo ? print[i].lo : 1;
    s->next_id += n;
    s->n_states += n;
    if (initial) r->n_initial += n; /* not otherwise: all read this line */
}

uint64_t *recorder_atoms(struct recorder *r, uint32_t id) {
    return r->chunks[id / GRAPH_CHUNK]->atoms + (size_t)(id % GRAPH_CHUNK) * r->atom_words;
}

static uint64_t label_hash(const struct graph_label *l) { /* the key is mixed already */
    uint64_t h = (l->key + l->action * UINT64_C(0xd6e8feb86659fd93)) ^ l->process * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static bool same_label(const struct graph_label *a, const struct graph_label *b) {
    return !((a->action ^ b->action) | (a->process ^ b->process) | (a->key ^ b->key)); /* one branch */
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

static __attribute__((noinline)) uint32_t other_label(struct recorder *r, struct label_cache *c,
                                                      const struct graph_label *l, uint64_t hash) {
    struct label_cache *last = c + WAYS - 1;
    while (c < last && c->id && !same_label(&c->label, l)) c++;
    if (!c->id || !same_label(&c->label, l)) *c = (struct label_cache){*l, shared_label(r, l, hash)};
    return c->id - 1;
}

static inline uint32_t label_of(struct recorder *r, struct stream *s, uint32_t action, const uint64_t key[2]) {
    struct graph_label l = {action, key[0], key[1]};
    uint64_t hash = label_hash(&l);
    struct label_cache *c = &s->cache[hash >> 20 & (CACHE - 1)];
    if (__builtin_expect(same_label(&c->label, &l) && c->id, 1)) return c->id - 1;
    return other_label(r, c, &l, hash);
}

void recorder_open(struct recorder *r, uint32_t worker, const uint32_t *ids) {
    struct stream *s = &r->streams[worker];
    s->ids = ids;
    s->source = 0;
    edges_begin(&s->edges, ids[0]);
}

static inline void end_source(struct recorder *r, struct stream *s) {
    uint32_t id = s->ids[s->source];
    r->chunks[id / GRAPH_CHUNK]->steps[id % GRAPH_CHUNK] = edges_end(&s->edges);
    s->n_expanded++;
}

/* Steps come in the order of their sources; those between had none. */
static void turn_to(struct recorder *r, struct stream *s, uint32_t source) {
    while (s->source < source) {
        end_source(r, s);
        edges_begin(&s->edges, s->ids[++s->source]);
    }
}

void recorder_steps(struct recorder *r, uint32_t worker, const struct dc_step *steps, const uint64_t *keys,
                    const uint32_t *numbers, uint32_t n) {
    struct stream *s = &r->streams[worker];
    uint32_t i = 0;
    while (i < n) { /* the steps of one source after the other */
        turn_to(r, s, steps[i].from);
        room(&s->edges, (size_t)LONGEST * (n - i));
        uint32_t from = steps[i].from, source = s->edges.node, *at = s->edges.at, kept = 0;
        for (; i < n && steps[i].from == from; i++) {
            uint32_t to = numbers[i] - 1;
            if (__builtin_expect(steps[i].error || !numbers[i], 0)) {
                if (steps[i].error && steps[i].error != DC_STOP_CUT) continue;
                s->cut = true;
                to = source;
            } else if (to == source) {
                continue;
            }
            at = pack(at, source, to, label_of(r, s, steps[i].action, keys + 2 * (size_t)i));
            kept++;
        }
        s->edges.at = at;
        s->edges.n_edges += kept;
    }
}

void recorder_close(struct recorder *r, uint32_t worker, uint32_t sources) {
    struct stream *s = &r->streams[worker];
    turn_to(r, s, sources - 1);
    end_source(r, s);
}

/* ---- the graph ---- */

void graph_build(struct recorder *r, struct graph *g) {
    memset(g, 0, sizeof *g);
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
