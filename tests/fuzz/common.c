#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checker/search.h"
#include "compiler/eval.h"
#include "compiler/explain.h"
#include "compiler/irtext.h"
#include "compiler/native.h"

/* Instead of libc's: base/mem.c ends the process with it when memory is refused. */
void _exit(int code) {
    if (code == DC_EXIT_SYSTEM) abort();
    syscall(SYS_exit_group, code);
    __builtin_unreachable();
}

FILE *fuzz_null(void) {
    static FILE *out;
    if (!out) out = fopen("/dev/null", "w");
    if (!out) abort();
    return out;
}

void fuzz_diags(const struct diags *d, const struct sources *s) { diags_print(d, s, fuzz_null(), true); }

/* ---- what one step may cost ----
 *
 * A spec may well ask for more than anybody can wait for. So an upper bound of the work is computed from the types; it
 * decides how many steps are made. */

enum { WORK = 1500000, MOST_STEPS = 300, MOST_STATE_WORDS = 4096 };

static double cost(const struct program *, const struct ir *);

static double turns(const struct program *p, const struct ir_gen *g) {
    const struct type *t = g->kind == G_SLICE ? g->elem : p->slots.at[g->slot], *s = g->src ? g->src->type : t;
    switch (g->kind) {
    case G_LET: return 1;
    case G_RANGE: return fmax((double)g->src2->type->hi - (double)g->src->type->lo + 1, 1);
    case G_SUBSETS: return exp2((double)s->elem->universe);
    case G_VALUES: return (double)t->universe;
    default: return s->bitset ? (double)s->elem->universe : s->cap;
    }
}

static double gens_cost(const struct program *p, const struct ir_gen *g, uint32_t n, double *times) {
    double sum = 1;
    *times = 1;
    for (uint32_t i = 0; i < n; i++) {
        sum += *times * (cost(p, g[i].src) + cost(p, g[i].src2));
        for (uint32_t k = 0; k < g[i].n_fields; k++) sum += *times * cost(p, g[i].fixed[k]);
        *times *= turns(p, &g[i]);
        sum += *times * (1 + cost(p, g[i].cond));
    }
    return sum;
}

static double cost(const struct program *p, const struct ir *e) {
    double sum = 1, times;
    if (!e) return 0;
    if (e->type) sum += e->type->words + e->type->cap;
    for (uint32_t i = 0; i < e->n; i++) sum += cost(p, e->kid[i]);
    for (uint32_t i = 0; i < e->n; i++)
        if (e->kid[i] && e->kid[i]->type) sum += e->kid[i]->type->words + e->kid[i]->type->cap;
    if (e->op == IR_CLOSURE) sum += pow((double)e->type->elem->fields[0].type->universe, 3);
    if (!e->n_gens) return sum;
    double loop = gens_cost(p, e->gens, e->n_gens, &times);
    return loop + sum * fmax(times, 1);
}

/* In how many ways a statement can go. */
static double ways(const struct program *p, const struct ir *e) {
    double n = e->op == IR_EITHER ? 0 : 1, times;
    switch (e->op) {
    case IR_BLOCK:
        for (uint32_t i = 0; i < e->n; i++) n *= ways(p, e->kid[i]);
        return n;
    case IR_EITHER:
        for (uint32_t i = 0; i < e->n; i++) n += ways(p, e->kid[i]);
        return n;
    case IR_WHEN: return fmax(ways(p, e->kid[1]), e->kid[2] ? ways(p, e->kid[2]) : 1);
    case IR_FOR: gens_cost(p, e->gens, e->n_gens, &times); return pow(ways(p, e->kid[0]), times);
    case IR_PICK: gens_cost(p, e->gens, e->n_gens, &times); return fmax(times, 1);
    case IR_SENDS: return ways(p, e->kid[1]);
    default: return 1;
    }
}

static double step_cost(const struct program *p) {
    double sum = ways(p, p->init) * (cost(p, p->init) + p->state_words), times;
    for (uint32_t i = 0; i < p->actions.n; i++) {
        const struct ir_action *a = &p->actions.at[i];
        sum += gens_cost(p, a->gens, a->n_gens, &times);
        sum += times * ways(p, a->body) * (cost(p, a->body) + p->state_words);
    }
    for (uint32_t i = 0; i < p->preds.n; i++) sum += cost(p, p->preds.at[i].body);
    return sum;
}

/* ---- a model that goes only so far ---- */

struct bounded {
    struct dc_model model;
    const struct dc_model *inner;
    uint32_t steps, left;
};

static struct bounded *self_of(const struct dc_model *m) { return m->self; }

static struct dc_worker *open_worker(const struct dc_model *m) {
    const struct dc_model *i = self_of(m)->inner;
    return i->open(i);
}
static void close_worker(const struct dc_model *m, struct dc_worker *w) {
    const struct dc_model *i = self_of(m)->inner;
    i->close(i, w);
}
static void init(const struct dc_model *m, struct dc_worker *w, struct dc_out *out) {
    struct bounded *b = self_of(m);
    b->left = b->steps; /* the run that finds the traces goes as far as the first */
    b->inner->init(b->inner, w, out);
}
/* Beyond the bound each state has one step, which is cut. */
static void expand(const struct dc_model *m, struct dc_worker *w, const uint64_t *states, uint32_t n,
                   struct dc_out *out) {
    struct bounded *b = self_of(m);
    uint32_t most = n < b->left ? n : b->left;
    b->left -= most;
    b->inner->expand(b->inner, w, states, most, out);
    for (uint32_t i = most; i < n; i++) {
        if (out->n == out->cap) out->flush(out);
        out->steps[out->n++] = (struct dc_step){.from = i, .error = DC_STOP_CUT};
    }
}
static enum dc_error test_step(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, const uint64_t *t,
                               uint64_t want, uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct dc_model *i = self_of(m)->inner;
    return i->test_step(i, w, s, t, want, holds, pred, site);
}
static enum dc_error test(const struct dc_model *m, struct dc_worker *w, const uint64_t *s, uint64_t want,
                          uint64_t *holds, uint32_t *pred, uint32_t *site) {
    const struct dc_model *i = self_of(m)->inner;
    return i->test(i, w, s, want, holds, pred, site);
}

static void bound(struct bounded *b, const struct dc_model *inner, uint32_t steps) {
    b->inner = inner;
    b->steps = steps;
    b->model = *inner;
    b->model.self = b;
    b->model.open = open_worker;
    b->model.close = close_worker;
    b->model.init = init;
    b->model.expand = expand;
    b->model.test = test;
    b->model.test_step = test_step;
}

/* ---- runs ---- */

/* As add_trace of cli/check.c asks for it. */
static void tell(const struct program *p, const struct sources *sources, const struct finding *x) {
    struct dc_story story;
    struct explain_trace e = {.length = x->length,
                              .states = x->states,
                              .ordinals = x->ordinals,
                              .step = x->step,
                              .ordinal = x->ordinal,
                              .pred = x->kind == FOUND_STOP || x->pred == UINT32_MAX ? -1 : (int)x->pred,
                              .error = x->error,
                              .stop = x->kind == FOUND_STOP,
                              .reorder = true};
    if (!explain(p, sources, &e, &story)) abort();
    for (uint32_t i = 0; i < story.why.n; i++) fputs(story.why.at[i], fuzz_null());
    story_free(&story);
}

static void search(const struct program *p, const struct sources *sources, uint32_t steps) {
    struct dc_model *interpreted = eval_model(p);
    struct bounded b;
    struct search_result found;
    uint64_t preds = 0;
    for (uint32_t i = 0; i < p->preds.n && i < 64; i++)
        if (!p->preds.at[i].temporal) preds |= (uint64_t)1 << i;
    struct search_options o = {.workers = 1,
                               .keep_going = true,
                               .stops = true,
                               .traces = true,
                               .preds = preds,
                               .memory_bytes = 1 << 28,
                               .small_set = 1 << 10,
                               .walks = 2,
                               .walk_depth = steps < 40 ? steps : 40};
    bound(&b, interpreted, steps);
    search_run(&b.model, &o, &found);
    for (uint32_t i = 0; i < found.n_findings && i < 3; i++) tell(p, sources, &found.findings[i]);
    search_free(&found);
    search_simulate(&b.model, &o, &found);
    for (uint32_t i = 0; i < found.n_findings; i++) tell(p, sources, &found.findings[i]);
    search_free(&found);
    eval_model_free(interpreted);
}

static char *text_of(const struct program *p, size_t *n) {
    char *text = NULL;
    FILE *f = mem_stream_open(&text, n);
    program_write(p, f);
    mem_stream_close(f, &text);
    return text;
}

/* What one program is as text is a program again, and the same text. */
static void there_and_back(const struct program *p) {
    size_t n, m, offset;
    const char *error;
    char *text = text_of(p, &n);
    struct program *again = program_read(text, n, &error, &offset);
    if (!again) panic(error);
    char *second = text_of(again, &m);
    if (n != m || memcmp(text, second, n)) panic("the text of the program is another one the second time");
    free(text);
    free(second);
    program_free(again);
    mem_free(again);
}

void fuzz_program(const struct program *p, const struct sources *sources) {
    cgen_write(p, fuzz_null());
    there_and_back(p);
    double each = step_cost(p);
    if (p->state_words <= MOST_STATE_WORDS && each <= WORK) search(p, sources, (uint32_t)fmin(WORK / each, MOST_STEPS));
}
