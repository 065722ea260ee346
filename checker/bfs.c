/* Level-synchronous breadth-first search.
 *
 * A level is a list of blocks of packed states. Each worker takes those of its share, then helps the others; it expands
 * them and inserts the successors batch by batch. New states go to blocks of the worker; at the gate the blocks of all
 * workers become the next level. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checker/bfs.h"
#include "checker/liveness.h"

const char *engine_phase_name(enum engine_phase p) {
    static const char *const names[] = {"successors", "symmetry",  "hashing", "set",    "predicates",
                                        "frontier",   "recording", "growing", "waiting"};
    return names[p];
}

void use_model(struct worker *w) {
    if (w->model == w->bfs->model) return;
    if (w->model) w->model->close(w->model, w->scratch);
    w->model = w->bfs->model;
    w->scratch = w->model->open(w->model);
}

static uint32_t take_block(struct worker *w) {
    struct bfs *b = w->bfs;
    for (uint32_t k = 0; k < b->n_workers; k++) {
        struct share *s = &b->shares[(w->worker + k) % b->n_workers];
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
    w->alone = true;
    b->depth = 0;
    w->model->init(w->model, w->scratch, &w->out);
    flush_batch(&w->out);
    tell_inserted(w);
    w->initial = false;
    if (turn_level(b)) small_levels(w);
    w->alone = false;
}

static void report_progress(void *self) {
    struct bfs *b = self;
    struct search_progress p = {.seconds = seconds_now() - b->started,
                                .level = atomic_load(&b->shown_level),
                                .memory_bytes = atomic_load(&b->shown_tables)};
    for (uint32_t i = 0; i < b->n_workers; i++) {
        struct worker *w = &b->workers[i];
        p.distinct += atomic_load_explicit(&w->shown_distinct, memory_order_relaxed);
        p.generated += atomic_load_explicit(&w->shown_generated, memory_order_relaxed);
        p.memory_bytes += atomic_load_explicit(&w->shown_blocks, memory_order_relaxed) * block_memory(&b->shape);
    }
    p.queue = atomic_load(&b->open_states);
    p.memory_limit = b->o->memory_bytes;
    uint64_t blocks = atomic_load(&b->open_blocks), taken = 0;
    for (uint32_t i = 0; i < b->n_workers; i++) taken += atomic_load(&b->shares[i].next) - b->shares[i].begin;
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

/* What one worker writes all the time, in no cache line of what another one writes: jemalloc aligns such sizes to
 * themselves. */
static void *own(size_t bytes) {
    size_t size = 128;
    while (size < bytes) size *= 2;
    return mem_alloc(size);
}

static void open_workers(struct bfs *b) {
    uint32_t words = b->model->state_words;
    for (uint32_t i = 0; i < b->n_workers; i++) {
        struct worker *w = &b->workers[i];
        w->bfs = b;
        w->timed = b->o->profile && !b->parents;
        w->since = b->first_tick;
        w->out = (struct dc_out){.cap = BATCH, .flush = flush_batch, .self = w};
        w->out.states = own((size_t)BATCH * words * sizeof(uint64_t));
        w->out.steps = own(BATCH * sizeof *w->out.steps);
        if (b->recorder) w->out.keys = own(2 * BATCH * sizeof *w->out.keys);
        w->worker = i;
        w->index = own(BATCH * sizeof *w->index);
        if (b->parents) w->fp = own(BATCH * sizeof *w->fp);
        w->print = own(BATCH * sizeof *w->print);
        if (b->recorder) w->known = own(KERNEL_RECENT * sizeof *w->known);
        if (b->recorder) w->number = own(BATCH * sizeof *w->number);
        if (!b->parents && !b->recorder) w->recent = own(KERNEL_RECENT * sizeof *w->recent);
        w->moves = own(b->shape.states * sizeof *w->moves);
        w->last = own(words * sizeof *w->last);
        w->unpacked = own(((size_t)b->shape.states + 1) * words * sizeof *w->unpacked);
        w->fired = own((b->model->n_actions + 1) * sizeof *w->fired);
        w->found_new = own((b->model->n_actions + 1) * sizeof *w->found_new);
        w->best = own(b->n_ranks * sizeof *w->best);
    }
}

static void close_workers(struct bfs *b) {
    double per_tick = (seconds_now() - b->started) / ((double)(ticks() - b->first_tick) + 1);
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
            block_free(k);
        }
        for (uint32_t k = 0; k < w->made.n; k++) block_free(w->made.at[k]);
        VEC_FREE(w->made);
        mem_free(w->out.states);
        mem_free(w->out.steps);
        mem_free(w->out.keys);
        mem_free(w->index);
        mem_free(w->fp);
        mem_free(w->print);
        mem_free(w->recent);
        mem_free(w->known);
        mem_free(w->number);
        mem_free(w->moves);
        mem_free(w->last);
        mem_free(w->unpacked);
        mem_free(w->fired);
        mem_free(w->found_new);
        for (uint32_t k = 0; k < b->n_ranks; k++) mem_free(w->best[k].state);
        mem_free(w->best);
    }
    for (uint32_t k = 0; k < b->level.n; k++)
        if (atomic_load(&b->shares[0].next) == 0) block_free(b->level.at[k]); /* never handed out */
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
/* One breadth-first run; with `parents`, the one that finds traces, down to `last_level`; with `graph`, one that
 * records the behaviour graph. */
static void run(const struct dc_model *m, const struct search_options *o, struct search_result *r,
                struct parents *parents, uint32_t last_level, struct graph *graph) {
    struct bfs b = {.model = m, .o = o, .r = r, .parents = parents, .last_level = last_level, .started = seconds_now()};
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
    b.shape = block_shape(m->state_words, graph != NULL);
    b.kernel = kernel_best();
    b.reduces = m->elements && !graph;
    b.moving = mem_alloc(m->n_actions + 1);
    for (uint32_t i = 0; i < m->n_actions; i++) b.moving[i] = !m->actions[i].harm;
    pthread_mutex_init(&b.lock, NULL);
    pthread_cond_init(&b.turn, NULL);
    if (!parents) {
        uint64_t slots = o->small_set ? o->small_set : FIRST_SLOTS;
        while (o->memory_bytes && slots > 64 && 8 * slots > o->memory_bytes / 4) slots /= 2;
        if (!fpset_init(&b.set, slots, o->memory_bytes)) mem_exhausted();
        if (graph) {
            fpset_number(&b.set);
            if (!recorder_reserve(b.recorder, fpset_capacity(&b.set))) mem_exhausted();
        }
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
    mem_free(b.moving);
    mem_free(b.shares);
    pthread_mutex_destroy(&b.lock);
    pthread_cond_destroy(&b.turn);
    r->seconds = seconds_now() - b.started;
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
