/* Where the workers meet. The last one to arrive does what must be done alone: it merges what was found, opens the next
 * level, grows the table, takes over a faster model, and does whole levels that are too small to share. */
#include <stdlib.h>
#include <string.h>

#include "checker/bfs.h"
#include "model/rt.h"

uint64_t tell_inserted(struct worker *w) {
    uint64_t mine = w->untold;
    w->untold = 0;
    return atomic_fetch_add_explicit(&w->bfs->inserted, mine, memory_order_relaxed) + mine;
}

/* Of the table, what a small search never touched takes no memory: each state touches one page at most. */
uint64_t set_bytes(const struct bfs *b) {
    enum { PAGE = 4096 };
    uint64_t touched = PAGE * atomic_load_explicit(&b->inserted, memory_order_relaxed);
    return touched < b->set.size_bytes ? touched : b->set.size_bytes;
}

uint64_t memory_now(const struct bfs *b) {
    uint64_t blocks = 0;
    for (uint32_t i = 0; i < b->n_workers; i++) blocks += b->workers[i].blocks_live;
    return set_bytes(b) + blocks * block_memory(&b->shape) + (b->parents ? parents_bytes(b->parents) : 0) +
           (b->recorder ? recorder_bytes(b->recorder) : 0);
}

/* Of the tables too; they change at the gate only. */
static void show_tables(struct bfs *b) {
    uint64_t bytes = b->parents ? parents_bytes(b->parents) : set_bytes(b);
    if (b->recorder) bytes += recorder_bytes(b->recorder);
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

/* How large the set should become. Moving costs time for each entry that is there, room costs memory: so by much while
 * levels grow, for then at least as much is to come as there is; and where they shrink, by what is to come if they go
 * on like that. */
static uint64_t next_slots(const struct bfs *b, uint64_t have) {
    enum { FREELY = 1 << 22 };
    if (have < FREELY) return 2 * have;
    double last = (double)atomic_load(&b->recent[0]), taken = 0, now = 0;
    for (uint32_t i = 0; i < b->n_workers; i++) {
        const struct share *s = &b->shares[i];
        uint32_t next = atomic_load(&s->next);
        taken += (next < s->end ? next : s->end) - atomic_load(&s->begin);
        now += (double)b->workers[i].distinct;
    }
    double all = now, expanded = b->level.n ? taken / b->level.n : 1;
    now -= (double)b->leveled;
    if (expanded <= 0 || last <= 0) return have + have / 4;
    double level = now / expanded, factor = level / last; /* of this level when it is complete; over the last one */
    if (factor > 1.5) return 2 * have;
    if (factor > 1.1) return have + have / 2;
    double wanted = 1.25;
    if (factor < 0.95) {
        double more = level - now + level * factor / (1 - factor);
        wanted = 1.02 * (all + more) / (fpset_load(&b->set) * (double)have);
    }
    return (uint64_t)((wanted < 1.08 ? 1.08 : wanted > 1.25 ? 1.25 : wanted) * (double)have);
}

/* `helped`: all wait at the gate. */
static void grow(struct bfs *b, bool helped) {
    atomic_store(&b->want_growth, false);
    bool full = atomic_exchange(&b->full, false);
    struct fpset_crew crew = {.n = b->n_workers, .self = b, .all = all_help};
    uint64_t have = fpset_capacity(&b->set), want = next_slots(b, have), slot = 64 / b->set.per_line; /* bytes */
    bool fits = !b->o->memory_bytes || memory_now(b) + slot * (want - have) <= b->o->memory_bytes;
    if (!fits) { /* then less of it */
        want = have + have / 8;
        fits = memory_now(b) + slot * (want - have) <= b->o->memory_bytes;
    }
    const struct fpset_crew *all = helped ? &crew : NULL;
    uint64_t most = want + ((uint64_t)b->set.per_line << b->set.line_bits); /* it grows by whole multiples of that */
    if (fits && b->recorder) fits = recorder_reserve(b->recorder, most);
    if (fits && fpset_grow(&b->set, want, all)) return;
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
        struct share *s = &b->shares[i];
        s->begin = (uint32_t)((uint64_t)b->level.n * i / b->n_workers);
        s->end = (uint32_t)((uint64_t)b->level.n * (i + 1) / b->n_workers);
        atomic_store(&s->next, s->begin);
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

bool turn_level(struct bfs *b) {
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
void small_levels(struct worker *w) {
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

void gate(struct worker *w, bool growth) {
    struct bfs *b = w->bfs;
    tell_inserted(w);
    if (w->alone) {
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
                w->alone = true;
                if (turn_level(b)) small_levels(w);
                w->alone = false;
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
