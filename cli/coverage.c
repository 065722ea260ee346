#include "cli/coverage.h"

#include "checker/search.h"
#include "cli/check.h"
#include "cli/progress.h"
#include "compiler/eval.h"

static void search(struct program *p, const struct options *o, bool stops, struct coverage *all,
                   struct search_result *out) {
    struct dc_model *m = eval_model(p);
    struct search_options so = {.workers = o->workers,
                                .depth = o->depth,
                                .keep_going = o->keep_going,
                                .stops = stops,
                                /* cppcheck-suppress nullPointerRedundantCheck ; panic does not return */
                                .preds = p->preds.n < 64 ? ((uint64_t)1 << p->preds.n) - 1 : UINT64_MAX,
                                .memory_bytes = o->memory_bytes,
                                .stop = &interrupted};
    struct progress progress;
    progress_open(&progress, o->quiet);
    progress_options(&progress, &so);
    search_run(m, &so, out);
    progress_close(&progress);
    if (p->points.n) coverage_add(all, p, eval_model_counts(m));
    eval_model_free(m);
}

void coverage_check(struct coverage_run *run, struct front *f, const struct ast *check, const struct options *o,
                    const struct report_check *r) {
    struct compile_options how = {.check = check, .coverage = true};
    uint32_t said = f->diags.list.n;
    run->told.checks++;
    if (!r->result.distinct) return;
    define_settings(f, o, &how);
    struct program *p = compile(f, &how);
    VEC_FREE(how.defines);
    f->diags.list.n = said; /* the front end has said it already */
    if (!p) panic("a spec compiles, but not with coverage");
    coverage_flatten(p);
    struct search_result found;
    search(p, o, stops_wanted(check, o), &run->all, &found);
    bool whole = found.end == END_EXHAUSTED && !found.cut_states && !found.cut_steps;
    if (whole && r->result.end == END_EXHAUSTED && found.distinct != r->result.distinct)
        panic("the search for coverage has other states than the search");
    if (!whole) run->told.partial++;
    run->told.states += found.distinct;
    search_free(&found);
    program_free(p);
    mem_free(p);
}

static void tell(struct coverage_run *run, const char *what, enum point_kind kind) {
    struct report_covered x = {.what = what};
    coverage_count(&run->all, kind, &x.all, &x.reached);
    if (x.all) VEC_PUSH(run->told.kinds, x);
}

void coverage_end(struct coverage_run *run, struct front *f) {
    uint32_t first = f->diags.list.n;
    tell(run, "actions and handlers", POINT_STEP);
    tell(run, "messages sent", POINT_SENT);
    tell(run, "messages received", POINT_RECEIVED);
    tell(run, "conditions of guards", POINT_GUARD);
    tell(run, "branches", POINT_BRANCH);
    tell(run, "implications in properties", POINT_IMPLIES);
    tell(run, "quantifiers in properties", POINT_FORALL);
    tell(run, "leads-to in properties", POINT_LEADSTO);
    tell(run, "cuts", POINT_CUT);
    coverage_report(&run->all, f);
    run->told.sources = &f->sources;
    for (uint32_t i = first; i < f->diags.list.n; i++) VEC_PUSH(run->told.findings, f->diags.list.at[i]);
}

void coverage_close(struct coverage_run *run) {
    coverage_free(&run->all);
    VEC_FREE(run->told.kinds);
    VEC_FREE(run->told.findings);
}
