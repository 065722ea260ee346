/* Gives each variable its place in the packed state.
 * Requires: all variables known, none placed. Leaves: word, shift and state_words set; no field across a word boundary.
 */
#include <stdlib.h>

#include "compiler/compile.h"

/* First fit, widest first: the words fill up, and a variable stays inside one word. Returns how many words there are.
 */
static uint64_t place(struct ir_var **vars, uint32_t n, uint32_t first) {
    uint64_t words = first;
    uint32_t *used = mem_alloc((n + 1) * sizeof *used), *of = mem_alloc((n + 1) * sizeof *of), n_words = 0;
    for (uint32_t width = 64; width-- > 0;) {
        for (uint32_t i = 0; i < n; i++) {
            struct ir_var *v = vars[i];
            if (type_wide(v->type) || v->type->bits != width + 1) continue;
            uint32_t k = 0;
            while (k < n_words && used[k] + v->type->bits > 64) k++;
            if (k == n_words) {
                used[n_words] = 0;
                of[n_words++] = (uint32_t)words++;
            }
            v->word = of[k];
            v->shift = used[k];
            used[k] += v->type->bits;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        struct ir_var *v = vars[i];
        if (!type_wide(v->type)) continue;
        v->word = (uint32_t)words;
        v->shift = 0;
        words += v->type->words;
    }
    mem_free(used);
    mem_free(of);
    return words - first;
}

enum { MAX_STATE_WORDS = 1 << 20 };

bool layout(struct program *p) {
    uint64_t words = place(p->vars.at, p->vars.n, 0);
    bool fits = words <= MAX_STATE_WORDS;
    p->state_words = words ? (uint32_t)words : 1;
    for (uint32_t i = 0; i < p->refines.n; i++) {
        struct ir_refine *r = &p->refines.at[i];
        words = place(r->vars.at, r->vars.n, p->state_words);
        fits &= words <= MAX_STATE_WORDS;
        r->words = (uint32_t)words;
    }
    return fits;
}
