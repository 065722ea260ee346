/* Level-synchronous breadth-first search.
 *
 * A level is a list of blocks of packed states. Workers take blocks by a shared counter, expand them, and insert the
 * successors batch by batch: hash all and prefetch, then insert. New states go to blocks of the worker; at the barrier
 * (the gate) the blocks of all workers become the next level. The last worker to arrive at the gate does what must be
 * done alone: merge findings, grow the table, take over a faster model, and whole levels too small to share. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/mem.h"
#include "checker/fpset.h"
#include "checker/graph.h"
#include "checker/liveness.h"
#include "checker/search.h"
#include "checker/trace.h"
#include "model/formula.h"
#include "model/rt.h"

#ifdef DC_SMALL /* debug builds give bugs a chance */
enum { BLOCK = 4, BATCH = 3, ALONE = 8, FIRST_SLOTS = 16, RECENT = 4, BLOCK_DATA = 64, UNTOLD = 2 };
#else
enum {
    BLOCK = 1024,
    BATCH = 256,
    ALONE = 512,
    FIRST_SLOTS = 1 << 20,
    RECENT = 1 << 15,
    BLOCK_DATA = 4096,
    UNTOLD = 1024
};
#endif

/* Of a level: some states (at most b->block_states), each packed as its difference to the one before (below). */
struct block {
    uint32_t n, bytes;
    struct block *next;
    uint32_t *ids; /* of the recorder; NULL without one */
    uint8_t data[];
};

struct known {
    uint64_t fp;
    uint32_t id;
};

/* Of a level, adjacent blocks that one worker takes first; the others help when they have done theirs. */
struct share {
    _Atomic uint32_t next;
    uint32_t end;
    char apart[120]; /* each worker writes a cache line of its own */
};

struct worker {
    struct bfs *bfs;
    bool timed;
    uint64_t since, spent[ENGINE_PHASES]; /* ticks */
    pthread_t thread;
    const struct dc_model *model;
    struct dc_worker *scratch;
    struct dc_out out;
    uint64_t *fp;          /* of a batch; with the set alone: whether to ask it */
    struct hash128 *print; /* with the set alone */
    struct known *known;   /* with a recorder: of what it was asked for lately, the numbers */
    uint64_t *recent; /* what it was asked for lately, by other bits than are kept here: most duplicates are near */
    VEC(struct block *) made; /* of the next level */
    uint64_t *last;           /* the last state pushed */
    uint64_t *unpacked;       /* the block being expanded */
    uint64_t *raw;            /* with a reduction: the states of a batch as they were */
    struct block *free;
    const uint64_t *source;    /* states being expanded */
    const struct block *block; /* with a recorder: where they are */
    uint32_t index, recording; /* recording: which of them has its steps recorded now */
    bool *moves;               /* by source state: some step changes it that is no harm */
    uint64_t *fired, *found_new;
    uint64_t distinct, generated, cut_states, cut_steps, blocks_live, stops_seen, regular;
    uint64_t untold;      /* states that it has inserted and not yet added to those of all */
    struct finding *best; /* by rank; length 0: none */
    bool initial;
    _Atomic uint64_t shown_distinct, shown_generated, shown_blocks; /* copies, for reports meanwhile */
    char apart[128]; /* what one worker counts is in no cache line of the next one */
};

struct bfs {
    const struct dc_model *model;
    const struct search_options *o;
    struct search_result *r;
    struct fpset set;
    struct parents *parents;   /* not NULL: a trace run */
    struct recorder *recorder; /* not NULL: the set, and what is known of the steps */
    uint32_t last_level;       /* of a trace run */
    VEC(struct block *) level; /* being expanded */
    struct share *shares;      /* by worker: which of them it takes first */
    uint32_t depth; /* of the states being expanded */
    struct worker *workers;
    uint32_t n_workers, n_ranks;
    _Atomic uint64_t inserted;
    atomic_bool want_growth, full, over,
        interrupted;      /* over: expand nothing more; full: some fingerprint has no place */
    atomic_bool finished; /* set at the gate only: every worker leaves after one and the same turn */
    uint64_t want;        /* predicates still to be tested */
    uint64_t state_preds, initial_preds, step_preds; /* by kind */
    /* the gate */
    pthread_mutex_t lock;
    pthread_cond_t turn;
    uint32_t at_level, at_growth, level_turns, growth_turns;
    bool led;                            /* somebody does what is to be done alone, or leads a task */
    void (*task)(void *job, unsigned i); /* for all who wait there */
    void *task_job;
    uint32_t task_turn, task_left, task_taken;
    atomic_bool asymmetric; /* and the first to say so has set r->asymmetric */
    double started;
    uint64_t first_tick;
    uint64_t leveled; /* states of the levels that are closed */
    /* for reports meanwhile: sizes of the last of these, and of the level at hand */
    _Atomic uint64_t recent[SEARCH_RECENT], open_states, open_blocks, shown_tables, shown_level;
    uint64_t block_bytes, block_data; /* of a block: all, and packed states */
    uint32_t block_states;            /* at most */
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- where the time goes ---- */

const char *engine_phase_name(enum engine_phase p) {
    static const char *const names[] = {"successors", "symmetry", "hashing", "set",
                                        "predicates", "frontier", "growing", "waiting"};
    return names[p];
}

static uint64_t ticks(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
#endif
}

/* What has passed since the last lap went into this. */
static inline void lap(struct worker *w, enum engine_phase p) {
    if (__builtin_expect(!w->timed, 1)) return;
    uint64_t t = ticks();
    w->spent[p] += t - w->since;
    w->since = t;
}

/* ---- findings ---- */

static uint32_t rank_of(const struct bfs *b, enum finding_kind kind, uint32_t pred) {
    return kind == FOUND_ERROR ? 0 : kind == FOUND_PRED ? 1 + pred : b->n_ranks - 1;
}

static void keep(struct worker *w, uint32_t rank, const struct finding *f, const uint64_t *state) {
    struct finding *best = &w->best[rank];
    uint32_t words = w->model->state_words;
    if (best->length) {
        int order = dc_compare(state, best->state, words);
        if (order > 0 || (order == 0 && f->ordinal >= best->ordinal)) return;
    }
    uint64_t *copy = best->state ? best->state : mem_alloc(words * sizeof *copy);
    memcpy(copy, state, words * sizeof *copy);
    *best = *f;
    best->state = copy;
    best->length = 1;
}

/* With a reduction: nothing that was found means anything. */
static bool asymmetric(struct bfs *b, enum dc_error error, uint32_t site) {
    if (error != DC_AMBIGUOUS) return false;
    if (!atomic_exchange(&b->asymmetric, true)) b->r->asymmetric = site;
    atomic_store(&b->over, true);
    return true;
}

static void found_on_step(struct worker *w, const struct dc_step *s, enum finding_kind kind, uint32_t pred,
                          enum dc_error error, uint32_t site) {
    const uint64_t *state = w->source + (size_t)s->from * w->model->state_words;
    if (asymmetric(w->bfs, error, site)) return;
    struct finding f = {.kind = kind,
                        .pred = pred,
                        .error = error,
                        .site = site,
                        .action = s->action,
                        .step = true,
                        .ordinal = s->ordinal,
                        .level = w->bfs->depth};
    keep(w, rank_of(w->bfs, kind, pred), &f, state);
}

/* Tests a new state. Returns whether it is to be expanded. */
/* `affected`: the predicates that the step into it may have changed; the parent has passed all, so the rest still
 * holds. */
static bool judge(struct worker *w, const uint64_t *state, uint32_t level, uint64_t affected) {
    struct bfs *b = w->bfs;
    uint64_t state_kinds = b->state_preds | (w->initial ? b->initial_preds : 0), holds;
    uint32_t pred = 0, site = 0;
    uint64_t want = b->want & state_kinds & affected;
    if (!want) return true;
    struct finding f = {.kind = FOUND_PRED, .site = site, .action = UINT32_MAX, .level = level};
    while (want) { /* a predicate without a value leaves the others to be judged */
        enum dc_error error = w->model->test(w->model, w->scratch, state, want, &holds, &pred, &site);
        if (!error) break;
        if (asymmetric(b, error, site)) return false;
        struct finding e = {
            .kind = FOUND_ERROR, .error = error, .pred = pred, .site = site, .action = UINT32_MAX, .level = level};
        keep(w, 0, &e, state);
        want &= ~((uint64_t)1 << pred);
    }
    bool expand = true;
    for (uint64_t rest = want; rest; rest &= rest - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(rest);
        enum dc_kind k = b->model->preds[i].kind;
        bool is = holds >> i & 1;
        if (k == DC_CUT) {
            if (is) expand = false;
        } else if (is == (k == DC_REACHABLE)) {
            f.pred = i;
            keep(w, 1 + i, &f, state);
        }
    }
    if (!expand) w->cut_states++;
    return expand;
}

/* ---- the frontier ---- */

/* A word differs from that of the state before in some adjacent bytes: where they begin and how many, in one byte, and
 * then these. Neighbours in a level have much in common: the speed models take 0.3 to 0.7 of the room. */
enum { PACKED_WORD = 9, PAST = 8 }; /* bytes at most; and bytes behind the data that may be read and written */

static uint8_t *pack(uint8_t *p, const uint64_t *state, uint64_t *last, uint32_t words) {
    for (uint32_t i = 0; i < words; i++) {
        uint64_t x = state[i] ^ last[i];
        unsigned skip = x ? (unsigned)__builtin_ctzll(x) / 8 : 0;
        unsigned n = x ? 8 - (unsigned)__builtin_clzll(x) / 8 - skip : 0;
        *p++ = (uint8_t)(skip << 4 | n);
        x >>= 8 * skip;
        memcpy(p, &x, sizeof x);
        p += n;
        last[i] = state[i];
    }
    return p;
}

static void unpack(const struct block *k, uint64_t *states, uint32_t words) {
    const uint8_t *p = k->data;
    const uint64_t *before = NULL;
    for (uint32_t s = 0; s < k->n; s++, before = states, states += words)
        for (uint32_t i = 0; i < words; i++) {
            unsigned skip = *p >> 4, n = *p & 15;
            uint64_t x;
            memcpy(&x, ++p, sizeof x);
            p += n;
            x = n == 8 ? x : x & (((uint64_t)1 << 8 * n) - 1);
            states[i] = x << 8 * skip ^ (before ? before[i] : 0);
        }
}

static struct block *new_block(struct worker *w) {
    struct block *k = w->free;
    if (k) {
        w->free = k->next;
    } else {
        k = mem_alloc(w->bfs->block_bytes);
        if (w->bfs->recorder) k->ids = mem_alloc(w->bfs->block_states * sizeof *k->ids);
        w->blocks_live++;
    }
    k->n = k->bytes = 0;
    memset(w->last, 0, w->model->state_words * sizeof *w->last);
    VEC_PUSH(w->made, k);
    return k;
}

static void free_block(struct block *k) {
    mem_free(k->ids);
    mem_free(k);
}

static void push(struct worker *w, const uint64_t *state, uint32_t id) {
    struct block *k = w->made.n ? w->made.at[w->made.n - 1] : NULL;
    uint32_t words = w->model->state_words;
    if (!k || k->n == w->bfs->block_states || k->bytes + (uint64_t)PACKED_WORD * words > w->bfs->block_data)
        k = new_block(w);
    if (k->ids) k->ids[k->n] = id;
    k->bytes = (uint32_t)(pack(k->data + k->bytes, state, w->last, words) - k->data);
    k->n++;
}

/* ---- recording ---- */

/* The records of a batch come in the order of their sources; those between had no step. */
static void record_source(struct worker *w, uint32_t from) {
    while (w->recording < from) {
        recorder_end(w->bfs->recorder, w->index);
        recorder_begin(w->bfs->recorder, w->index, w->block->ids[++w->recording]);
    }
}

static uint32_t pred_of_atom(const struct dc_model *m, uint32_t atom) {
    for (uint32_t i = 0; i < m->n_preds; i++)
        if (m->preds[i].formula && formula_mentions(m->preds[i].formula, atom)) return i;
    return UINT32_MAX;
}

static void record_atoms(struct worker *w, const uint64_t *state, uint32_t id, uint32_t level) {
    uint32_t atom = 0, site = 0;
    const struct dc_model *m = w->model;
    if (!m->n_atoms) return;
    enum dc_error error = m->atoms(m, w->scratch, state, recorder_atoms(w->bfs->recorder, id), &atom, &site);
    if (!error) return;
    struct finding f = {.kind = FOUND_ERROR,
                        .error = error,
                        .pred = pred_of_atom(m, atom),
                        .site = site,
                        .action = UINT32_MAX,
                        .level = level};
    keep(w, 0, &f, state);
}

/* ---- the gate ---- */

static void gate(struct worker *, bool growth);

static uint64_t capacity(const struct bfs *b) {
    return b->recorder ? recorder_capacity(b->recorder) : fpset_capacity(&b->set);
}

/* Adds what this worker has inserted to the count of all. */
static uint64_t tell_inserted(struct worker *w) {
    uint64_t mine = w->untold;
    w->untold = 0;
    return atomic_fetch_add_explicit(&w->bfs->inserted, mine, memory_order_relaxed) + mine;
}

/* Where the fingerprint has no place, all wait for the table to grow; without memory for that, the search ends. */
static bool insert(struct worker *w, struct hash128 h) {
    struct bfs *b = w->bfs;
    for (;;) {
        enum fpset_told told = fpset_insert(&b->set, h);
        if (told != FPSET_FULL) return told == FPSET_NEW;
        if (atomic_load(&b->over) && b->r->end == END_MEMORY) return false;
        atomic_store(&b->full, true);
        atomic_store(&b->want_growth, true);
        gate(w, true);
    }
}

static bool record_state(struct worker *w, uint64_t fp, uint32_t *id) {
    struct known *k = &w->known[fp & (RECENT - 1)];
    bool is_new = false;
    if (k->fp != fp) {
        is_new = recorder_insert(w->bfs->recorder, w->index, fp, w->initial, &k->id);
        k->fp = fp;
    }
    *id = k->id;
    return is_new;
}

/* Whether it is among what this worker asked the set for last; it is from now on. */
static inline bool met_lately(struct worker *w, struct hash128 h) {
    uint64_t *recent = &w->recent[h.hi & (RECENT - 1)];
    bool met = *recent == h.lo;
    *recent = h.lo;
    return met;
}

/* With a reduction: every state of the batch by its representative, unless it is one of those met lately. */
static void represent(struct worker *w) {
    struct dc_out *out = &w->out;
    uint32_t words = w->model->state_words;
    memcpy(w->raw, out->states, (size_t)out->n * words * sizeof *w->raw);
    for (uint32_t i = 0; i < out->n; i++) {
        uint64_t *t = out->states + (size_t)i * words;
        if (out->steps[i].error) continue;
        if (!w->bfs->parents) {
            w->fp[i] = !met_lately(w, hash_state128(t, words));
            if (!w->fp[i]) continue;
        }
        if (!w->model->canonical(w->model, w->scratch, t, NULL)) w->regular++;
        w->print[i] = hash_state128(t, words);
    }
}

static void insert_batch(struct worker *w) {
    struct bfs *b = w->bfs;
    struct dc_out *out = &w->out;
    uint32_t words = w->model->state_words, n = out->n, level = w->initial ? 1 : b->depth + 1;
    lap(w, ENGINE_SUCCESSORS);
    if (w->raw) {
        represent(w);
        lap(w, ENGINE_SYMMETRY);
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *t = out->states + (size_t)i * words;
        if (out->steps[i].error) continue;
        if (w->raw && !b->parents) {
            if (w->fp[i]) fpset_prefetch(&b->set, w->print[i]);
            continue;
        }
        if (b->parents || b->recorder) {
            w->fp[i] = hash_state(t, words);
            if (b->parents) parents_prefetch(b->parents, w->fp[i]);
            else if (w->known[w->fp[i] & (RECENT - 1)].fp != w->fp[i]) recorder_prefetch(b->recorder, w->fp[i]);
            continue;
        }
        struct hash128 h = w->print[i] = hash_state128(t, words);
        w->fp[i] = !met_lately(w, h);
        if (w->fp[i]) fpset_prefetch(&b->set, h);
    }
    lap(w, ENGINE_HASHING);
    for (uint32_t i = 0; i < n && !b->parents && !b->recorder; i++)
        if (!out->steps[i].error && w->fp[i]) w->fp[i] = !fpset_glance(&b->set, w->print[i]);
    uint64_t fresh = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct dc_step *s = &out->steps[i];
        const uint64_t *t = out->states + (size_t)i * words, *raw = w->raw ? w->raw + (size_t)i * words : t;
        const uint64_t *key = out->keys ? out->keys + 2 * (size_t)i : NULL;
        if (b->recorder && !w->initial) record_source(w, s->from);
        if (b->recorder && !w->initial && s->error == DC_STOP_CUT) recorder_out(b->recorder, w->index, s->action, key);
        if (s->error == DC_STOP_CUT) {
            w->cut_steps++;
            if (!w->initial && !w->model->actions[s->action].harm) w->moves[s->from] = true;
            continue;
        }
        if (s->error) {
            if (!w->initial) {
                w->moves[s->from] = true;
                found_on_step(w, s, FOUND_ERROR, UINT32_MAX, (enum dc_error)s->error, s->site);
            } else if (!asymmetric(b, (enum dc_error)s->error, s->site)) {
                struct finding f = {.kind = FOUND_ERROR,
                                    .pred = UINT32_MAX,
                                    .error = (enum dc_error)s->error,
                                    .site = s->site,
                                    .action = UINT32_MAX,
                                    .level = 0,
                                    .ordinal = s->ordinal};
                uint64_t *zero = mem_alloc(words * sizeof *zero);
                keep(w, 0, &f, zero);
                mem_free(zero);
            }
            continue;
        }
        w->generated++;
        if (!w->initial) {
            const uint64_t *u = w->source + (size_t)s->from * words;
            w->fired[s->action]++;
            if (!w->moves[s->from] && !w->model->actions[s->action].harm) w->moves[s->from] = !dc_same(u, raw, words);
            if (b->want && b->o->preds) {
                uint64_t steps = b->step_preds & b->want, holds;
                uint32_t pred, site;
                if (steps && !b->parents && !dc_same(u, raw, words)) {
                    enum dc_error error =
                        w->model->test_step(w->model, w->scratch, u, raw, steps, &holds, &pred, &site);
                    if (error) found_on_step(w, s, FOUND_ERROR, pred, error, site);
                    else
                        for (uint64_t bad = steps & ~holds; bad; bad &= bad - 1)
                            found_on_step(w, s, FOUND_PRED, (uint32_t)__builtin_ctzll(bad), DC_OK, 0);
                }
            }
        }
        bool is_new;
        uint32_t id = 0;
        if (b->recorder) {
            is_new = record_state(w, w->fp[i], &id);
            if (is_new) record_atoms(w, t, id, level);
            if (!w->initial && !dc_same(w->source + (size_t)s->from * words, t, words))
                recorder_edge(b->recorder, w->index, id, s->action, key);
        } else if (b->parents) {
            uint64_t from = w->initial ? 0 : hash_state(w->source + (size_t)s->from * words, words);
            is_new = parents_insert(b->parents, w->fp[i], from, level);
        } else {
            is_new = w->fp[i] && insert(w, w->print[i]);
        }
        if (!is_new) continue;
        fresh++;
        lap(w, ENGINE_SET);
        if (!w->initial) w->found_new[s->action]++;
        bool expand = judge(w, t, level, w->initial ? UINT64_MAX : w->model->actions[s->action].affects);
        lap(w, ENGINE_PREDICATES);
        if (expand) push(w, t, id);
        lap(w, ENGINE_FRONTIER);
    }
    lap(w, ENGINE_SET);
    w->distinct += fresh;
    out->n = 0;
    if (b->parents || !fresh) return;
    w->untold += fresh;
    if (w->untold < UNTOLD && 64 * b->n_workers * w->untold < capacity(b))
        return; /* a counter that all write is worth asking now and then only */
    uint64_t total = tell_inserted(w), margin = (uint64_t)b->n_workers * (BATCH + UNTOLD);
    if (total + margin > (b->recorder ? capacity(b) / 4 * 3 : capacity(b) / 5 * 4))
        atomic_store_explicit(&b->want_growth, true, memory_order_relaxed);
}

static void flush(struct dc_out *out) {
    struct worker *w = out->self;
    insert_batch(w);
    if (atomic_load_explicit(&w->bfs->want_growth, memory_order_relaxed)) gate(w, true);
}

static void use_model(struct worker *w) {
    if (w->model == w->bfs->model) return;
    if (w->model) w->model->close(w->model, w->scratch);
    w->model = w->bfs->model;
    w->scratch = w->model->open(w->model);
}

/* Copies that a report reads while the search goes on. */
static void show_counts(struct worker *w) {
    atomic_store_explicit(&w->shown_distinct, w->distinct, memory_order_relaxed);
    atomic_store_explicit(&w->shown_generated, w->generated, memory_order_relaxed);
    atomic_store_explicit(&w->shown_blocks, w->blocks_live, memory_order_relaxed);
}

static void expand_block(struct worker *w, struct block *k) {
    struct bfs *b = w->bfs;
    uint32_t words = w->model->state_words;
    unpack(k, w->unpacked, words);
    lap(w, ENGINE_FRONTIER);
    w->source = w->unpacked;
    memset(w->moves, 0, k->n * sizeof *w->moves);
    if (b->recorder) {
        w->block = k;
        w->recording = 0;
        recorder_begin(b->recorder, w->index, k->ids[0]);
    }
    w->model->expand(w->model, w->scratch, w->source, k->n, &w->out);
    flush(&w->out);
    if (b->recorder) {
        record_source(w, k->n - 1);
        recorder_end(b->recorder, w->index);
    }
    if (b->o->stops && !b->parents) {
        for (uint32_t i = 0; i < k->n; i++) {
            if (w->moves[i]) continue;
            const uint64_t *s = w->source + (size_t)i * words;
            uint64_t finals = 0, holds = 0;
            uint32_t pred = 0, site = 0;
            for (uint32_t p = 0; p < b->model->n_preds && p < 64; p++)
                if (b->model->preds[p].kind == DC_FINAL) finals |= (uint64_t)1 << p;
            w->stops_seen++;
            enum dc_error error =
                finals ? w->model->test(w->model, w->scratch, s, finals, &holds, &pred, &site) : DC_OK;
            if (asymmetric(b, error, site)) continue;
            struct finding f = {.kind = error ? FOUND_ERROR : FOUND_STOP,
                                .error = error,
                                .pred = pred,
                                .site = site,
                                .action = UINT32_MAX,
                                .level = b->depth};
            if (error || !holds) keep(w, error ? 0 : b->n_ranks - 1, &f, s);
        }
    }
    k->next = w->free;
    w->free = k;
    show_counts(w);
}

/* Of the table, what a small search never touched takes no memory: each state touches one page at most. */
static uint64_t set_bytes(const struct bfs *b) {
    enum { PAGE = 4096 };
    uint64_t touched = PAGE * atomic_load_explicit(&b->inserted, memory_order_relaxed);
    return touched < b->set.size_bytes ? touched : b->set.size_bytes;
}

static uint64_t block_memory(const struct bfs *b) {
    return b->block_bytes + (b->recorder ? b->block_states * sizeof(uint32_t) : 0);
}

static uint64_t memory_now(const struct bfs *b) {
    uint64_t blocks = 0;
    for (uint32_t i = 0; i < b->n_workers; i++) blocks += b->workers[i].blocks_live;
    return set_bytes(b) + blocks * block_memory(b) + (b->parents ? parents_bytes(b->parents) : 0) +
           (b->recorder ? recorder_bytes(b->recorder) : 0);
}

/* Of the tables too; they change at the gate only. */
static void show_tables(struct bfs *b) {
    uint64_t bytes = b->recorder ? recorder_bytes(b->recorder) : b->parents ? parents_bytes(b->parents) : set_bytes(b);
    atomic_store_explicit(&b->shown_tables, bytes, memory_order_relaxed);
}

/* Has all who wait at the gate do a part of a task; called by the one who has the lock. */
static void all_help(void *self, void (*task)(void *job, unsigned i), void *job) {
    struct bfs *b = self;
    b->task = task;
    b->task_job = job;
    b->task_left = b->n_workers - 1;
    b->task_taken = 0;
    b->task_turn++;
    pthread_cond_broadcast(&b->turn);
    pthread_mutex_unlock(&b->lock);
    task(job, b->n_workers - 1); /* the helpers are the others, in the order in which they wake */
    pthread_mutex_lock(&b->lock);
    while (b->task_left) pthread_cond_wait(&b->turn, &b->lock);
}

/* `helped`: all wait at the gate. */
static void grow(struct bfs *b, bool helped) {
    atomic_store(&b->want_growth, false);
    bool full = atomic_exchange(&b->full, false);
    struct fpset_crew crew = {.n = b->n_workers, .self = b, .all = all_help};
    uint64_t have = capacity(b), want = have + have / 3, more = 8 * (want - have);
    if (b->recorder) { /* needs the old and the new one at the same time */
        want = have < (1 << 24) ? 2 * have : have + have / 2;
        more = 13 * want;
    }
    bool fits = !b->o->memory_bytes || memory_now(b) + more <= b->o->memory_bytes;
    const struct fpset_crew *all = helped ? &crew : NULL;
    if (fits && (b->recorder ? recorder_grow(b->recorder, want, all) : fpset_grow(&b->set, want, all))) return;
    if (!full && atomic_load(&b->inserted) + (uint64_t)b->n_workers * (4 * BATCH + UNTOLD) < have / 8 * 7)
        return; /* use what is left of it */
    b->r->end = END_MEMORY;
    atomic_store(&b->over, true);
}

static bool merge_findings(struct bfs *b) {
    bool violated = false;
    for (uint32_t k = 0; k < b->n_ranks; k++) {
        struct finding *best = NULL;
        uint32_t words = b->model->state_words;
        for (uint32_t i = 0; i < b->n_workers; i++) {
            struct finding *f = &b->workers[i].best[k];
            if (!f->length) continue;
            int order = best ? dc_compare(f->state, best->state, words) : -1;
            if (order < 0 || (order == 0 && f->ordinal < best->ordinal)) best = f;
        }
        if (!best) continue;
        bool again = false;
        for (uint32_t i = 0; i < b->r->n_findings; i++)
            again |= rank_of(b, b->r->findings[i].kind, b->r->findings[i].pred) == k;
        if (!again) {
            b->r->findings = mem_grow(b->r->findings, b->r->n_findings * sizeof *b->r->findings,
                                      (b->r->n_findings + 1) * sizeof *b->r->findings);
            struct finding *f = &b->r->findings[b->r->n_findings++];
            *f = *best;
            f->length = 0;
            f->state = mem_alloc(words * sizeof *f->state);
            memcpy(f->state, best->state, words * sizeof *f->state);
        }
        bool witness = best->kind == FOUND_PRED && b->model->preds[best->pred].kind == DC_REACHABLE;
        if (best->kind == FOUND_PRED || (best->kind == FOUND_ERROR && best->pred < 64))
            b->want &= ~((uint64_t)1 << best->pred);
        if (!witness) violated = true;
        for (uint32_t i = 0; i < b->n_workers; i++) b->workers[i].best[k].length = 0;
    }
    return violated;
}

static void note_level(struct bfs *b) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < b->n_workers; i++) all += b->workers[i].distinct;
    uint64_t fresh = all - b->leveled;
    if (!fresh) return;
    b->leveled = all;
    struct search_result *r = b->r;
    if ((r->n_levels & (r->n_levels - 1)) == 0) /* room for a power of two */
        r->levels = mem_grow(r->levels, r->n_levels * sizeof *r->levels,
                             (r->n_levels ? 2 * (size_t)r->n_levels : 1) * sizeof *r->levels);
    r->levels[r->n_levels++] = fresh;
    for (int i = SEARCH_RECENT; --i > 0;) atomic_store(&b->recent[i], atomic_load(&b->recent[i - 1]));
    atomic_store(&b->recent[0], fresh);
}

/* Alone, all others waiting: closes a level and opens the next. False: the search is over. */
static bool close_level(struct bfs *b) {
    note_level(b);
    show_tables(b);
    bool violated = merge_findings(b);
    b->level.n = 0;
    uint64_t queued = 0;
    for (uint32_t i = 0; i < b->n_workers; i++) {
        struct worker *w = &b->workers[i];
        for (uint32_t k = 0; k < w->made.n; k++) {
            VEC_PUSH(b->level, w->made.at[k]);
            queued += w->made.at[k]->n;
        }
        w->made.n = 0;
    }
    for (uint32_t i = 0; i < b->n_workers; i++) {
        atomic_store(&b->shares[i].next, (uint32_t)((uint64_t)b->level.n * i / b->n_workers));
        b->shares[i].end = (uint32_t)((uint64_t)b->level.n * (i + 1) / b->n_workers);
    }
    atomic_store(&b->open_states, queued);
    atomic_store(&b->shown_level, b->depth + 1);
    atomic_store(&b->open_blocks, b->level.n);
    if (atomic_load(&b->over)) {
        if (atomic_load(&b->interrupted)) b->r->end = END_INTERRUPTED;
        if (atomic_load(&b->asymmetric)) b->r->end = END_ASYMMETRIC;
        b->r->unexpanded = queued;
        return false;
    }
    if (atomic_load(&b->asymmetric)) b->r->end = END_ASYMMETRIC;
    else if (violated && !b->o->keep_going) b->r->end = END_VIOLATION;
    else if (b->o->stop && atomic_load(b->o->stop)) b->r->end = END_INTERRUPTED;
    else if (!queued) b->r->end = END_EXHAUSTED;
    else if (b->o->depth && b->depth + 1 >= b->o->depth) b->r->end = END_DEPTH;
    else if (b->parents && b->depth + 1 >= b->last_level) b->r->end = END_DEPTH;
    else {
        b->depth++;
        if (b->o->next_model && !b->parents) {
            const struct dc_model *m = b->o->next_model(b->o->self);
            if (m) b->model = m;
        }
        b->r->unexpanded = queued;
        return true;
    }
    b->r->unexpanded = queued;
    atomic_store(&b->over, true);
    return false;
}

static bool turn_level(struct bfs *b) {
    bool goes_on = close_level(b);
    if (!goes_on) atomic_store(&b->finished, true);
    return goes_on;
}

static uint64_t level_size(const struct bfs *b) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < b->level.n; i++) n += b->level.at[i]->n;
    return n;
}

/* Levels too small to be worth waking the others are done by one worker. */
static void small_levels(struct worker *w) {
    struct bfs *b = w->bfs;
    while (!atomic_load(&b->finished) && level_size(b) < ALONE) {
        for (uint32_t i = 0; i < b->level.n; i++) {
            use_model(w);
            expand_block(w, b->level.at[i]);
        }
        tell_inserted(w);
        if (atomic_load(&b->want_growth)) {
            grow(b, false);
            lap(w, ENGINE_GROWING);
        }
        if (!turn_level(b)) return;
        lap(w, ENGINE_WAITING);
    }
}

static _Thread_local bool alone;

static void gate(struct worker *w, bool growth) {
    struct bfs *b = w->bfs;
    tell_inserted(w);
    if (alone) {
        if (growth) grow(b, false);
        lap(w, ENGINE_GROWING);
        return;
    }
    pthread_mutex_lock(&b->lock);
    lap(w, ENGINE_WAITING);
    uint32_t turn = growth ? b->growth_turns : b->level_turns, helped = b->task_turn;
    if (growth) b->at_growth++;
    else b->at_level++;
    for (;;) {
        if ((growth ? b->growth_turns : b->level_turns) != turn) break;
        if (b->task_turn != helped) {
            helped = b->task_turn;
            unsigned place = b->task_taken++;
            pthread_mutex_unlock(&b->lock);
            b->task(b->task_job, place);
            lap(w, ENGINE_GROWING);
            pthread_mutex_lock(&b->lock);
            if (!--b->task_left) pthread_cond_broadcast(&b->turn);
            continue;
        }
        if (b->at_level + b->at_growth == b->n_workers && !b->led) {
            b->led = true;
            if (b->at_growth) {
                if (atomic_load(&b->want_growth)) grow(b, b->n_workers > 1);
                lap(w, ENGINE_GROWING);
                b->at_growth = 0;
                b->growth_turns++;
            } else {
                alone = true;
                if (turn_level(b)) small_levels(w);
                alone = false;
                b->at_level = 0;
                b->level_turns++;
            }
            b->led = false;
            helped = b->task_turn; /* the tasks that this worker led */
            pthread_cond_broadcast(&b->turn);
            continue;
        }
        pthread_cond_wait(&b->turn, &b->lock);
        lap(w, ENGINE_WAITING);
    }
    pthread_mutex_unlock(&b->lock);
    lap(w, ENGINE_WAITING);
}

static uint32_t take_block(struct worker *w) {
    struct bfs *b = w->bfs;
    for (uint32_t k = 0; k < b->n_workers; k++) {
        struct share *s = &b->shares[(w->index + k) % b->n_workers];
        if (atomic_load_explicit(&s->next, memory_order_relaxed) >= s->end) continue;
        uint32_t i = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed);
        if (i < s->end) return i;
    }
    return UINT32_MAX;
}

static void *work(void *self) {
    struct worker *w = self;
    struct bfs *b = w->bfs;
    lap(w, ENGINE_WAITING);
    while (!atomic_load(&b->finished)) {
        use_model(w);
        uint32_t i;
        while ((i = take_block(w)) != UINT32_MAX) {
            if (b->o->stop && atomic_load_explicit(b->o->stop, memory_order_relaxed)) {
                atomic_store(&b->interrupted, true);
                atomic_store(&b->over, true);
            }
            if (atomic_load_explicit(&b->over,
                                     memory_order_relaxed)) { /* not expanded: stays in the count of open states */
                VEC_PUSH(w->made, b->level.at[i]);
                continue;
            }
            expand_block(w, b->level.at[i]);
        }
        gate(w, false);
    }
    return NULL;
}

static void start_states(struct bfs *b) {
    struct worker *w = &b->workers[0];
    use_model(w);
    w->initial = true;
    alone = true;
    b->depth = 0;
    w->model->init(w->model, w->scratch, &w->out);
    flush(&w->out);
    tell_inserted(w);
    w->initial = false;
    if (turn_level(b)) small_levels(w);
    alone = false;
}

static void report_progress(void *self) {
    struct bfs *b = self;
    struct search_progress p = {.seconds = now() - b->started,
                                .level = atomic_load(&b->shown_level),
                                .memory_bytes = atomic_load(&b->shown_tables)};
    for (uint32_t i = 0; i < b->n_workers; i++) {
        struct worker *w = &b->workers[i];
        p.distinct += atomic_load_explicit(&w->shown_distinct, memory_order_relaxed);
        p.generated += atomic_load_explicit(&w->shown_generated, memory_order_relaxed);
        p.memory_bytes += atomic_load_explicit(&w->shown_blocks, memory_order_relaxed) * block_memory(b);
    }
    p.queue = atomic_load(&b->open_states);
    p.memory_limit = b->o->memory_bytes;
    uint64_t blocks = atomic_load(&b->open_blocks), taken = 0;
    p.expanded = blocks ? p.queue * (taken < blocks ? taken : blocks) / blocks : 0;
    for (int i = 0; i < SEARCH_RECENT; i++) p.recent[i] = atomic_load(&b->recent[i]);
    b->o->progress(b->o->progress_self, &p);
}

static void run_threads(struct bfs *b) {
    for (uint32_t i = 1; i < b->n_workers; i++)
        if (pthread_create(&b->workers[i].thread, NULL, work, &b->workers[i])) panic("cannot start a thread");
    work(&b->workers[0]);
    for (uint32_t i = 1; i < b->n_workers; i++) pthread_join(b->workers[i].thread, NULL);
}

static void open_workers(struct bfs *b) {
    uint32_t words = b->model->state_words;
    for (uint32_t i = 0; i < b->n_workers; i++) {
        struct worker *w = &b->workers[i];
        w->bfs = b;
        w->timed = b->o->profile && !b->parents;
        w->since = b->first_tick;
        w->out = (struct dc_out){.cap = BATCH, .flush = flush, .self = w};
        w->out.states = mem_alloc((size_t)BATCH * words * sizeof(uint64_t));
        w->out.steps = mem_alloc(BATCH * sizeof *w->out.steps);
        if (b->recorder) w->out.keys = mem_alloc(2 * BATCH * sizeof *w->out.keys);
        w->index = i;
        w->fp = mem_alloc(BATCH * sizeof *w->fp);
        w->print = mem_alloc(BATCH * sizeof *w->print);
        if (b->recorder) w->known = mem_alloc(RECENT * sizeof *w->known);
        if (!b->parents && !b->recorder) w->recent = mem_alloc(RECENT * sizeof *w->recent);
        w->moves = mem_alloc(BLOCK * sizeof *w->moves);
        w->last = mem_alloc(words * sizeof *w->last);
        w->unpacked = mem_alloc((size_t)b->block_states * words * sizeof *w->unpacked);
        if (b->model->elements && !b->recorder) w->raw = mem_alloc((size_t)BATCH * words * sizeof *w->raw);
        w->fired = mem_alloc((b->model->n_actions + 1) * sizeof *w->fired);
        w->found_new = mem_alloc((b->model->n_actions + 1) * sizeof *w->found_new);
        w->best = mem_alloc(b->n_ranks * sizeof *w->best);
    }
}

static void close_workers(struct bfs *b) {
    double per_tick = (now() - b->started) / ((double)(ticks() - b->first_tick) + 1);
    for (uint32_t i = 0; i < b->n_workers; i++) {
        struct worker *w = &b->workers[i];
        struct search_result *r = b->r;
        r->distinct += w->distinct;
        r->generated += w->generated;
        r->cut_states += w->cut_states;
        r->cut_steps += w->cut_steps;
        r->stops_seen += w->stops_seen;
        r->regular += w->regular;
        for (int k = 0; k < ENGINE_PHASES; k++) r->engine_seconds[k] += (double)w->spent[k] * per_tick;
        for (uint32_t k = 0; k < b->model->n_actions; k++) {
            r->fired[k] += w->fired[k];
            r->found_new[k] += w->found_new[k];
        }
        if (w->model) w->model->close(w->model, w->scratch);
        for (struct block *k = w->free, *next; k; k = next) {
            next = k->next;
            free_block(k);
        }
        for (uint32_t k = 0; k < w->made.n; k++) free_block(w->made.at[k]);
        VEC_FREE(w->made);
        mem_free(w->out.states);
        mem_free(w->out.steps);
        mem_free(w->out.keys);
        mem_free(w->fp);
        mem_free(w->print);
        mem_free(w->recent);
        mem_free(w->known);
        mem_free(w->moves);
        mem_free(w->last);
        mem_free(w->unpacked);
        mem_free(w->raw);
        mem_free(w->fired);
        mem_free(w->found_new);
        for (uint32_t k = 0; k < b->n_ranks; k++) mem_free(w->best[k].state);
        mem_free(w->best);
    }
    for (uint32_t k = 0; k < b->level.n; k++)
        if (atomic_load(&b->shares[0].next) == 0) free_block(b->level.at[k]); /* never handed out */
    VEC_FREE(b->level);
    mem_free(b->workers);
}

/* A thread that reports now and then. */
struct monitor {
    void (*tick)(void *self);
    void *self;
    double every_seconds;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool over, runs;
};

static void *watch(void *self) {
    struct monitor *m = self;
    double s = m->every_seconds > 0 ? m->every_seconds : 3;
    pthread_mutex_lock(&m->lock);
    while (!m->over) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_sec += (time_t)s;
        t.tv_nsec += (long)((s - (double)(time_t)s) * 1e9);
        if (t.tv_nsec >= 1000000000) {
            t.tv_nsec -= 1000000000;
            t.tv_sec++;
        }
        if (pthread_cond_timedwait(&m->done, &m->lock, &t) != 0 && !m->over) m->tick(m->self);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

static void monitor_start(struct monitor *m, void (*tick)(void *), void *self, double every_seconds) {
    *m = (struct monitor){.tick = tick, .self = self, .every_seconds = every_seconds};
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->done, NULL);
    m->runs = pthread_create(&m->thread, NULL, watch, m) == 0;
}

static void monitor_stop(struct monitor *m) {
    if (m->runs) {
        pthread_mutex_lock(&m->lock);
        m->over = true;
        pthread_cond_signal(&m->done);
        pthread_mutex_unlock(&m->lock);
        pthread_join(m->thread, NULL);
    }
    pthread_mutex_destroy(&m->lock);
    pthread_cond_destroy(&m->done);
}

/* One breadth-first run; with `parents`, the one that finds traces, down to `last_level`; with `graph`, one that
 * records the behaviour graph. */
static void run(const struct dc_model *m, const struct search_options *o, struct search_result *r,
                struct parents *parents, uint32_t last_level, struct graph *graph) {
    struct bfs b = {.model = m, .o = o, .r = r, .parents = parents, .last_level = last_level, .started = now()};
    b.n_workers = o->workers ? o->workers : 1;
    b.first_tick = ticks();
    if (graph) b.recorder = recorder_new(b.n_workers, m->n_atoms);
    b.n_ranks = m->n_preds + 2;
    b.want = parents ? 0 : o->preds;
    if (parents) /* cuts shape the graph, so they count in both runs */
        for (uint32_t i = 0; i < m->n_preds && i < 64; i++)
            if (m->preds[i].kind == DC_CUT) b.want |= o->preds & ((uint64_t)1 << i);
    for (uint32_t i = 0; i < m->n_preds && i < 64; i++) {
        enum dc_kind k = m->preds[i].kind;
        uint64_t bit = (uint64_t)1 << i;
        if (k == DC_INVARIANT || k == DC_REACHABLE || k == DC_CUT) b.state_preds |= bit;
        if (k == DC_INITIALLY) b.initial_preds |= bit;
        if (k == DC_STEP) b.step_preds |= bit;
    }
    b.block_states = m->state_words <= 4 ? BLOCK : m->state_words <= 16 ? (BLOCK + 1) / 2 : (BLOCK + 3) / 4;
    b.block_data = BLOCK_DATA;
    if (b.block_data < (uint64_t)4 * PACKED_WORD * m->state_words)
        b.block_data = (uint64_t)4 * PACKED_WORD * m->state_words;
    b.block_bytes = sizeof(struct block) + b.block_data + PAST;
    pthread_mutex_init(&b.lock, NULL);
    pthread_cond_init(&b.turn, NULL);
    if (!parents && !graph) {
        uint64_t slots = o->small_set ? o->small_set : FIRST_SLOTS;
        while (o->memory_bytes && slots > 64 && 8 * slots > o->memory_bytes / 4) slots /= 2;
        if (!fpset_init(&b.set, slots, o->memory_bytes)) mem_exhausted();
        r->fingerprint_bits = fpset_bits(&b.set);
    } else {
        r->fingerprint_bits = 64;
    }
    b.workers = mem_alloc(b.n_workers * sizeof *b.workers);
    b.shares = mem_alloc(b.n_workers * sizeof *b.shares);
    r->fired = mem_alloc((m->n_actions + 1) * sizeof *r->fired);
    r->found_new = mem_alloc((m->n_actions + 1) * sizeof *r->found_new);
    open_workers(&b);
    struct monitor monitor = {0};
    bool watched = o->progress && !parents;
    if (watched) monitor_start(&monitor, report_progress, &b, o->progress_seconds);
    start_states(&b);
    if (!atomic_load(&b.finished)) run_threads(&b);
    if (watched) monitor_stop(&monitor);
    r->depth = b.depth + (b.r->unexpanded && r->end != END_INTERRUPTED && r->end != END_MEMORY ? 1 : 0);
    if (r->depth == 0) r->depth = r->generated ? 1 : 0;
    r->memory_bytes = memory_now(&b);
    r->set_bytes = set_bytes(&b);
    close_workers(&b);
    fpset_free(&b.set);
    if (graph) graph_build(b.recorder, graph);
    recorder_free(b.recorder);
    pthread_mutex_destroy(&b.lock);
    pthread_cond_destroy(&b.turn);
    r->seconds = now() - b.started;
}

static int by_rank(const void *x, const void *y) {
    const struct finding *a = x, *b = y;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->pred != b->pred) return a->pred < b->pred ? -1 : 1;
    return 0;
}

struct behaviours {
    const struct search_options *options;
    struct liveness_watch watch;
};

static void report_phase(void *self) {
    struct behaviours *b = self;
    struct search_phase p = {.done = atomic_load(&b->watch.done),
                             .all = atomic_load(&b->watch.all),
                             .states = atomic_load(&b->watch.states),
                             .visited = atomic_load(&b->watch.components.visited)};
    b->options->phase(b->options->progress_self, &p);
}

static void check_behaviours(const struct dc_model *m, const struct search_options *o, const struct graph *g,
                             struct search_result *r) {
    struct behaviours b = {.options = o};
    struct monitor monitor = {0};
    if (o->phase) monitor_start(&monitor, report_phase, &b, o->progress_seconds);
    liveness_check(m, o, g, &b.watch, r);
    if (o->phase) monitor_stop(&monitor);
}

void search_run(const struct dc_model *m, const struct search_options *o, struct search_result *r) {
    memset(r, 0, sizeof *r);
    struct graph graph = {0};
    bool behaviours = o->formulas != 0;
    run(m, o, r, NULL, 0, behaviours ? &graph : NULL);
    bool errors = false; /* then nobody knows what is enabled */
    for (uint32_t i = 0; i < r->n_findings; i++) errors |= r->findings[i].kind == FOUND_ERROR;
    if (behaviours && r->end != END_VIOLATION && r->end != END_ASYMMETRIC && !errors) check_behaviours(m, o, &graph, r);
    graph_free(&graph);
    if (r->end == END_ASYMMETRIC) return;
    if (r->n_findings > 1) qsort(r->findings, r->n_findings, sizeof *r->findings, by_rank);
    uint32_t last = 0;
    for (uint32_t i = 0; i < r->n_findings; i++)
        if (!r->findings[i].length && r->findings[i].level > last) last = r->findings[i].level;
    enum { PATIENCE_SECONDS = 2 };
    bool hurry = r->end == END_INTERRUPTED && r->seconds > PATIENCE_SECONDS;
    if (!o->traces || !last) return;
    if (hurry) {
        r->untraced = "the steps that lead there were not sought: the search was interrupted";
        return;
    }
    struct parents *p = parents_new(r->distinct);
    if (!p) {
        r->untraced = "the steps that lead there are missing: there was no memory to recover them";
        return;
    }
    struct search_options again = *o;
    struct search_result second = {0};
    again.keep_going = true;
    again.stops = false;
    again.stop = NULL; /* asked to stop once already, or not at all; the second signal ends the process */
    run(m, &again, &second, p, last, NULL);
    for (uint32_t i = 0; i < r->n_findings; i++)
        if (!r->findings[i].length) trace_build(m, p, &r->findings[i]);
    parents_free(p);
    search_free(&second);
}

void search_free(struct search_result *r) {
    for (uint32_t i = 0; i < r->n_findings; i++) {
        mem_free(r->findings[i].state);
        mem_free(r->findings[i].states);
        mem_free(r->findings[i].actions);
        mem_free(r->findings[i].ordinals);
        for (uint32_t k = 0; k < SEARCH_ADVICE; k++) mem_free(r->findings[i].advice[k]);
    }
    mem_free(r->findings);
    mem_free(r->levels);
    mem_free(r->fired);
    mem_free(r->found_new);
    memset(r, 0, sizeof *r);
}
