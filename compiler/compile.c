/* The pass list: what turns the trees of a front into the program of one check. */
#include <string.h>

#include "compiler/elab.h"
#include "compiler/scenario.h"
#include "compiler/symmetry.h"
#include "compiler/temporal.h"

/* Every node that can fail gets a site, by which a search reports where in the spec an error lies. */
static void number_sites(struct program *p, struct ir *e) {
    if (!e) return;
    if (!e->site) {
        VEC_PUSH(p->sites, e->span);
        e->site = p->sites.n - 1;
    }
    for (uint32_t i = 0; i < e->n; i++) number_sites(p, e->kid[i]);
    for (uint32_t i = 0; i < e->n_gens; i++) {
        number_sites(p, e->gens[i].src);
        number_sites(p, e->gens[i].src2);
        number_sites(p, e->gens[i].cond);
        for (uint32_t k = 0; k < e->gens[i].n_fields; k++) number_sites(p, e->gens[i].fixed[k]);
    }
}

static void sites(struct program *p) {
    struct span none = {UINT32_MAX, 0, 0};
    VEC_PUSH(p->sites, none);
    number_sites(p, p->init);
    for (uint32_t i = 0; i < p->actions.n; i++) {
        struct ir gens = {.gens = p->actions.at[i].gens, .n_gens = p->actions.at[i].n_gens, .site = 1};
        number_sites(p, &gens);
        number_sites(p, p->actions.at[i].body);
    }
    for (uint32_t i = 0; i < p->preds.n; i++) {
        number_sites(p, p->preds.at[i].body);
        number_sites(p, p->preds.at[i].test);
    }
    for (uint32_t i = 0; i < p->refines.n; i++) {
        struct ir_refine *r = &p->refines.at[i];
        number_sites(p, r->map);
        number_sites(p, r->init);
        for (uint32_t k = 0; k < r->actions.n; k++) {
            struct ir gens = {.gens = r->actions.at[k].gens, .n_gens = r->actions.at[k].n_gens, .site = 1};
            number_sites(p, &gens);
            number_sites(p, r->actions.at[k].body);
        }
    }
}

static void envelopes(struct compile *c) {
    for (uint32_t i = 0; i < c->messages.n; i++) {
        const struct message_info *m = &c->messages.at[i];
        struct ir_message x = {.type = c->networks.at[m->network].message,
                               .variant = m->variant,
                               .from = m->senders.n == 1 ? m->senders.at[0] : -1,
                               .to = m->receivers.n == 1 ? m->receivers.at[0] : -1};
        VEC_PUSH(P(c)->messages, x);
    }
}

struct program *compile(struct front *f, struct compile_options *options) {
    struct program *p = mem_alloc(sizeof *p);
    struct arena scratch = {0};
    types_init(&p->types, &p->arena);
    struct compile c = {.front = f, .p = p, .arena = &scratch, .diags = &f->diags, .options = options};
    lower_declare(&c);
    lower_program(&c);
    const struct ast *lines = options->lines ? options->lines : scenario_lines(options->check);
    if (lines && !f->diags.errors) scenario_lower(&c, lines);
    if (options->value && !f->diags.errors) {
        struct cx x = {.scope = c.root, .process = -1, .flags = CX_PROPERTY | CX_GHOST};
        struct ir *e = elab(&c, &x, options->value, NULL);
        if (!is_bad(e)) VEC_PUSH(p->expects, e);
    }
    if (p->folded == FOLD_WORK) {
        struct diag *d =
            error_at(&c, p->costly, "this goes through too many values (over %d million)", FOLD_WORK >> 20);
        hint(&c, d, "what depends on nothing is computed before the run; smaller ranges and sets help");
    }
    bool ok = !f->diags.errors;
    if (ok) {
        if (!options->plain) sparse(p);
        if (options->reduce) symmetry(p, options->ambiguous.at, options->ambiguous.n);
        if (!options->plain) narrow(p);
        if (!options->plain && !options->coverage) hoist(p);
        ok = layout(p);
        if (!ok) error_at(&c, f->root->tree->span, "a state of this spec is too large (over 8 MiB)");
        sites(p);
        temporal_formulas(p);
        envelopes(&c);
    }
    VEC_FREE(c.processes);
    VEC_FREE(c.messages);
    for (uint32_t i = 0; i < c.networks.n; i++) VEC_FREE(c.networks.at[i].messages);
    VEC_FREE(c.networks);
    VEC_FREE(c.budgets);
    arena_free(&scratch);
    if (ok) return p;
    program_free(p);
    mem_free(p);
    return NULL;
}
