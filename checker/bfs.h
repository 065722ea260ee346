/* What the parts of the breadth-first search share; for them alone (the interface is search.h).
 *
 *   bfs.c       starts and ends it, and has each worker take blocks of a level
 *   batch.c     what becomes of the successors of a block: judged, inserted, queued, recorded
 *   kernel.c    the innermost loops of that
 *   frontier.c  blocks of packed states
 *   gate.c      where the workers meet: levels end, tables grow
 */
#ifndef DC_CHECKER_BFS_H
#define DC_CHECKER_BFS_H

#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "checker/fpset.h"
#include "checker/frontier.h"
#include "checker/graph.h"
#include "checker/kernel.h"
#include "checker/search.h"
#include "checker/trace.h"

#ifdef DC_SMALL /* debug builds give bugs a chance */
enum { BATCH = 3, ALONE = 8, FIRST_SLOTS = 16, UNTOLD = 2 };
#else
enum { BATCH = 256, ALONE = 512, FIRST_SLOTS = 1 << 20, UNTOLD = 1024 };
#endif

/* Of a level, adjacent blocks that one worker takes first: mostly those that it has made. The others help when they
 * have done theirs. Workers far from each other in a level meet each other's states less. */
struct share {
    _Atomic uint32_t next, begin; /* begin: read for reports too */
    uint32_t end;
    char apart[116]; /* in no cache line of the next one */
};

struct worker {
    struct bfs *bfs;
    bool timed;
    uint64_t since, spent[ENGINE_PHASES]; /* ticks */
    pthread_t thread;
    const struct dc_model *model;
    struct dc_worker *scratch;
    struct dc_out out;
    uint16_t *index;       /* of a batch: the states at hand */
    struct hash128 *print; /* their hashes */
    uint64_t *recent;      /* with the set alone: what it was asked for lately (kernel.h); most duplicates are near */
    uint64_t *fp;          /* of a trace run: by state of a batch */
    struct known *known;   /* with a recorder: what it was asked for lately, with its number */
    uint32_t *number;      /* with a recorder: by state of a batch */
    VEC(struct block *) made; /* of the next level */
    uint64_t *last;           /* the last state queued */
    uint64_t *unpacked;       /* the block being expanded */
    struct block *free;
    const uint64_t *source; /* states being expanded */
    uint32_t worker;        /* which one this is */
    uint8_t *moves;         /* by source state: some step changes it that is no harm */
    uint64_t *fired, *found_new;
    uint64_t distinct, generated, cut_states, cut_steps, blocks_live, stops_seen, regular;
    uint64_t untold;      /* states that it has inserted and not yet added to those of all */
    struct finding *best; /* by rank; length 0: none */
    bool initial;
    bool alone; /* the others wait, and this one does whole levels */
    _Atomic uint64_t shown_distinct, shown_generated, shown_blocks; /* copies, for reports meanwhile */
    char apart[128]; /* what one worker counts is in no cache line of the next one */
};

struct bfs {
    const struct dc_model *model;
    const struct search_options *o;
    struct search_result *r;
    const struct kernel *kernel;
    struct fpset set;
    struct parents *parents;   /* not NULL: a trace run */
    struct recorder *recorder; /* not NULL: keeps the steps, of states that have numbers in the set */
    uint32_t last_level;       /* of a trace run */
    bool reduces;              /* states stand for their orbits */
    uint8_t *moving;           /* by action: 1, or 0 if it is harm */
    VEC(struct block *) level; /* being expanded */
    struct share *shares;      /* by worker */
    struct block_shape shape;
    uint32_t depth; /* of the states being expanded */
    struct worker *workers;
    uint32_t n_workers, n_ranks;
    uint64_t want;                                   /* predicates still to be tested */
    uint64_t state_preds, initial_preds, step_preds; /* by kind */
    double started;
    uint64_t first_tick;
    uint64_t leveled; /* states of the levels that are closed */
    char apart[128];  /* what is above is read all the time, what is below is written by all */
    _Atomic uint64_t inserted;
    atomic_bool want_growth, full, over,
        interrupted;        /* over: expand nothing more; full: some fingerprint has no place */
    atomic_bool finished;   /* set at the gate only: every worker leaves after one and the same turn */
    atomic_bool asymmetric; /* and the first to say so has set r->asymmetric */
    /* the gate */
    pthread_mutex_t lock;
    pthread_cond_t turn;
    uint32_t at_level, at_growth, level_turns, growth_turns;
    bool led;                            /* somebody does what is to be done alone, or leads a task */
    void (*task)(void *job, unsigned i); /* for all who wait there */
    void *task_job;
    uint32_t task_turn, task_left, task_taken;
    /* for reports meanwhile: sizes of the last levels, and of the one at hand */
    _Atomic uint64_t recent[SEARCH_RECENT], open_states, open_blocks, shown_tables, shown_level;
};

/* ---- bfs.c ---- */

void use_model(struct worker *);

static inline uint64_t ticks(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return (uint64_t)(1e9 * seconds_now());
#endif
}

/* What has passed since the last lap went into this. */
static inline void lap(struct worker *w, enum engine_phase p) {
    if (__builtin_expect(!w->timed, 1)) return;
    uint64_t t = ticks();
    w->spent[p] += t - w->since;
    w->since = t;
}

static inline uint32_t rank_of(const struct bfs *b, enum finding_kind kind, uint32_t pred) {
    return kind == FOUND_ERROR ? 0 : kind == FOUND_PRED ? 1 + pred : b->n_ranks - 1;
}

/* ---- batch.c ---- */

void expand_block(struct worker *, struct block *);
void flush_batch(struct dc_out *); /* the flush of every dc_out of the search */

/* ---- gate.c ---- */

uint64_t tell_inserted(struct worker *); /* adds what this worker has inserted to the count of all, which is returned */
uint64_t set_bytes(const struct bfs *);
uint64_t memory_now(const struct bfs *);
/* Where workers wait for each other, at the end of a level or because a table must grow. */
void gate(struct worker *, bool growth);
bool turn_level(struct bfs *);      /* alone: closes a level and opens the next; false: the search is over */
void small_levels(struct worker *); /* alone */

#endif
