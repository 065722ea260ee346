/* A search that is too plain to be wrong, to compare the engine with: reference FILE [limit=N] [continue]
 *
 * Full states in a hash table, a queue, one thread, every predicate on every state; nothing of checker/. States and
 * their successors come from the model of eval_model, as the interpreter computes them. Prints `key value` lines;
 * `depth_limit D` says that only D levels were looked at, as with -depth D, because more than N states, or 50 N steps,
 * lie within one level more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/eval.h"

enum { BATCH = 64, ERROR_RANK = 0, STOP_RANK = 65, RANKS = 66 }; /* of findings; predicate i has rank 1 + i */

struct finding {
    bool found, fresh; /* fresh: in the level that is being looked at */
    uint64_t *state;
    uint32_t ordinal, length; /* states of the trace */
    enum dc_error error;
    uint32_t pred;
    const char *in;
};

struct count {
    uint64_t distinct, generated, cut_states, cut_steps;
};

static const struct dc_model *model;
static const struct program *program;
static struct dc_worker *worker;
static size_t words;
static uint64_t *states; /* distinct ones, in the order in which they were found: the queue, too */
static bool *expand;     /* not beyond a cut */
static size_t n_states, cap_states, next;
static size_t *table, n_table;
static struct count now;
static struct finding findings[RANKS];
static uint32_t level; /* of the state being expanded; 0: none yet */
static bool moves, allow_deadlock;
static uint64_t *source;
static bool done[64]; /* by predicate: it has been found in an earlier level */

static void *grow(void *p, size_t bytes) {
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q) exit(153);
    return q;
}

static uint64_t mix(const uint64_t *s) {
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < words; i++) {
        h = (h ^ s[i]) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return h;
}

static bool insert(const uint64_t *s) {
    if (4 * (n_states + 1) > 3 * n_table) {
        n_table = n_table ? 2 * n_table : 1024;
        table = grow(table, n_table * sizeof *table);
        memset(table, 0, n_table * sizeof *table);
        for (size_t i = 0; i < n_states; i++) {
            size_t at = mix(states + i * words) % n_table;
            while (table[at]) at = (at + 1) % n_table;
            table[at] = i + 1;
        }
    }
    size_t at = mix(s) % n_table;
    for (; table[at]; at = (at + 1) % n_table)
        if (!memcmp(states + (table[at] - 1) * words, s, words * sizeof *s)) return false;
    if (n_states == cap_states) {
        cap_states = cap_states ? 2 * cap_states : 1024;
        states = grow(states, cap_states * words * sizeof *states);
        expand = grow(expand, cap_states * sizeof *expand);
    }
    memcpy(states + n_states * words, s, words * sizeof *s);
    expand[n_states] = true;
    table[at] = ++n_states;
    return true;
}

/* Of the findings of one level and rank the one with the least state counts, then with the least ordinal. */
static void found(uint32_t rank, const uint64_t *state, uint32_t ordinal, uint32_t length, enum dc_error error,
                  uint32_t pred, const char *in) {
    struct finding *f = &findings[rank];
    if (f->found && !f->fresh) return;
    if (f->found) {
        int order = 0;
        for (size_t i = 0; i < words && !order; i++) order = state[i] < f->state[i] ? -1 : state[i] > f->state[i];
        if (order > 0 || (order == 0 && ordinal >= f->ordinal)) return;
    }
    f->state = grow(f->state, words * sizeof *state);
    memcpy(f->state, state, words * sizeof *state);
    f->found = f->fresh = true;
    f->ordinal = ordinal;
    f->length = length;
    f->error = error;
    f->pred = pred;
    f->in = in;
}

/* Whether predicate i holds; an error in it is a finding. */
static bool holds(uint32_t i, const uint64_t *s, const uint64_t *t, uint32_t ordinal, uint32_t length, bool *error) {
    uint64_t bits = 0;
    uint32_t pred = 0, site = 0;
    enum dc_error e = t ? model->test_step(model, worker, s, t, (uint64_t)1 << i, &bits, &pred, &site)
                        : model->test(model, worker, s, (uint64_t)1 << i, &bits, &pred, &site);
    *error = e != DC_OK;
    if (e) found(ERROR_RANK, s, ordinal, length, e, i, model->preds[i].name);
    return bits >> i & 1;
}

/* Tests the predicates of these kinds. If one has no value, that is all that is found. */
static bool judge(const uint64_t *s, const uint64_t *t, uint32_t kinds, uint32_t ordinal, uint32_t length) {
    bool yes[64] = {false}, tested[64] = {false}, out = false, error;
    for (uint32_t i = 0; i < model->n_preds && i < 64; i++) {
        tested[i] = !program->preds.at[i].temporal && !done[i] && (kinds >> model->preds[i].kind & 1);
        if (tested[i]) yes[i] = holds(i, s, t, ordinal, length, &error);
        if (tested[i] && error) return false;
    }
    for (uint32_t i = 0; i < 64; i++) {
        if (!tested[i]) continue;
        if (model->preds[i].kind == DC_CUT) out |= yes[i];
        else if (yes[i] == (model->preds[i].kind == DC_REACHABLE))
            found(1 + i, s, ordinal, length, DC_OK, i, model->preds[i].name);
    }
    return out;
}

static void take(struct dc_out *out) {
    for (uint32_t i = 0; i < out->n; i++) {
        const struct dc_step *st = &out->steps[i];
        const uint64_t *t = out->states + i * words;
        if (st->error == DC_STOP_CUT) {
            now.cut_steps++;
            moves |= level && !model->actions[st->action].harm;
            continue;
        }
        if (st->error) {
            moves = true;
            const char *in = level ? model->actions[st->action].name : "init";
            found(ERROR_RANK, source, st->ordinal, level, (enum dc_error)st->error, UINT32_MAX, in);
            continue;
        }
        now.generated++;
        bool same = level && !memcmp(source, t, words * sizeof *t);
        moves |= !same && level && !model->actions[st->action].harm;
        if (level && !same) judge(source, t, 1 << DC_STEP, st->ordinal, level);
        if (insert(t)) {
            now.distinct++;
            bool cut =
                judge(t, NULL, 1 << DC_INVARIANT | 1 << DC_REACHABLE | 1 << DC_CUT | (level ? 0 : 1 << DC_INITIALLY), 0,
                      level + 1);
            expand[n_states - 1] = !cut;
            now.cut_states += cut;
        }
    }
    out->n = 0;
}

static void stop_at(const uint64_t *s) {
    bool final = false;
    if (allow_deadlock) return;
    for (uint32_t i = 0; i < model->n_preds && i < 64; i++) {
        bool error;
        if (model->preds[i].kind != DC_FINAL) continue;
        final |= holds(i, s, NULL, 0, level, &error);
        if (error) return;
    }
    if (!final) found(STOP_RANK, s, 0, level, DC_OK, 0, "deadlock");
}

static void print(const struct count *c, uint32_t depth, uint32_t limit) {
    printf("distinct %llu\ngenerated %llu\ndepth %u\n", (unsigned long long)c->distinct,
           (unsigned long long)c->generated, depth);
    printf("cut_states %llu\ncut_steps %llu\n", (unsigned long long)c->cut_states, (unsigned long long)c->cut_steps);
    if (limit) printf("depth_limit %u\n", limit);
    for (uint32_t r = 0; r < RANKS; r++) {
        const struct finding *f = &findings[r];
        if (!f->found) continue;
        bool step = r != ERROR_RANK && r != STOP_RANK && model->preds[f->pred].kind == DC_STEP;
        const char *kind = r == STOP_RANK    ? "deadlock"
                           : r == ERROR_RANK ? (f->error == DC_ASSERT ? "assert" : "error")
                           : step            ? "step"
                                             : (const char *[]){"invariant", "initially", "step",    "reachable",
                                                                "final",     "cut",       "property"}[model->preds[f->pred].kind];
        printf("found %s %s %u\n", kind, f->in, f->length);
    }
}

/* ---- orbits: what the reduction by symmetric types must leave ---- */

static uint64_t *least, *renamed;
static size_t n_orbits;
static bool closed = true;

static bool known(const uint64_t *s) {
    for (size_t at = mix(s) % n_table; table[at]; at = (at + 1) % n_table)
        if (!memcmp(states + (table[at] - 1) * words, s, words * sizeof *s)) return true;
    return false;
}

static int order(const uint64_t *a, const uint64_t *b) {
    for (size_t i = 0; i < words; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Goes through all renamings, type by type, place by place; each must lead to a state that was reached, too. */
static void rename_all(const struct dc_model *m, struct dc_worker *w, const struct program *p, uint32_t type,
                       uint32_t base, uint32_t at, uint8_t *perm, const uint64_t *s) {
    while (type < p->symmetric.n && p->symmetric.at[type].why) type++;
    if (type == p->symmetric.n) {
        m->permute(m, w, s, perm, renamed);
        closed &= known(renamed);
        if (order(renamed, least) < 0) memcpy(least, renamed, words * sizeof *least);
        return;
    }
    uint32_t n = p->symmetric.at[type].type->n;
    if (at + 1 >= n) {
        rename_all(m, w, p, type + 1, base + n, 0, perm, s);
        return;
    }
    for (uint32_t i = at; i < n; i++) {
        uint8_t x = perm[base + at];
        perm[base + at] = perm[base + i];
        perm[base + i] = x;
        rename_all(m, w, p, type, base, at + 1, perm, s);
        perm[base + i] = perm[base + at];
        perm[base + at] = x;
    }
}

/* A state counts if it is the least of its orbit. */
static void count_orbits(struct front *f, const struct ast *check) {
    struct compile_options how = {.check = check, .reduce = true};
    struct program *p = compile(f, &how);
    struct dc_model *m = p ? eval_model(p) : NULL;
    uint8_t perm[256];
    if (!m || !m->elements || m->state_words != words) return;
    struct dc_worker *w = m->open(m);
    least = grow(NULL, (words + 1) * sizeof *least);
    renamed = grow(NULL, (words + 1) * sizeof *renamed);
    for (size_t i = 0; i < n_states; i++) {
        for (uint32_t e = 0; e < m->elements; e++) perm[e] = (uint8_t)e;
        memcpy(least, states + i * words, words * sizeof *least);
        rename_all(m, w, p, 0, 0, 0, perm, states + i * words);
        n_orbits += order(least, states + i * words) == 0;
    }
    printf("orbits %zu\nclosed %d\n", n_orbits, closed);
}

int main(int argc, char **argv) {
    uint64_t limit = UINT64_MAX;
    bool keep_going = false;
    struct front front = {0};
    if (argc < 2 || !front_load(&front, argv[1])) return 153;
    for (int i = 2; i < argc; i++) {
        if (!strncmp(argv[i], "limit=", 6)) limit = strtoull(argv[i] + 6, NULL, 10);
        if (!strcmp(argv[i], "continue")) keep_going = true;
    }
    VEC_PUSH(front.search, "stdlib");
    const struct ast **checks = NULL;
    struct program *p = NULL;
    if (!front.diags.errors) {
        front_checks(&front, &checks);
        struct compile_options how = {.check = checks[0]};
        p = compile(&front, &how);
    }
    diags_print(&front.diags, &front.sources, stderr, false);
    if (!p) return 120;
    for (uint32_t i = 0; i < checks[0]->n; i++) allow_deadlock |= checks[0]->kid[i]->kind == AST_ALLOWDEADLOCK;
    struct dc_model *m = eval_model(p);
    model = m;
    program = p;
    words = m->state_words;
    worker = m->open(m);
    struct dc_out out = {.cap = BATCH, .flush = take};
    out.states = grow(NULL, BATCH * words * sizeof *out.states);
    out.steps = grow(NULL, BATCH * sizeof *out.steps);
    source = grow(NULL, (words + 1) * sizeof *source);
    memset(source, 0, (words + 1) * sizeof *source);
    struct count before = {0};
    struct finding kept[RANKS];
    uint32_t depth = 0, bound = 0;
    for (level = 0;; level++) { /* level 0 makes the initial states, which are level 1 */
        before = now;
        memcpy(kept, findings, sizeof kept);
        for (uint32_t r = 0; r < RANKS; r++)
            if (kept[r].found) {
                kept[r].state = grow(NULL, words * sizeof(uint64_t));
                memcpy(kept[r].state, findings[r].state, words * sizeof(uint64_t));
            }
        size_t end = n_states;
        if (!level) {
            m->init(m, worker, &out);
            take(&out);
        }
        for (; level && next < end && now.distinct <= limit && now.generated / 50 <= limit; next++) {
            if (!expand[next]) continue;
            memcpy(source, states + next * words, words * sizeof *source);
            moves = false;
            m->expand(m, worker, source, 1, &out);
            take(&out);
            if (!moves) stop_at(source);
        }
        if (level && (now.distinct > limit ||
                      now.generated / 50 > limit)) { /* this level is too large: as if it had not been begun */
            now = before;
            memcpy(findings, kept, sizeof kept);
            bound = level;
            depth = level;
            break;
        }
        bool violated = false, open = false;
        for (uint32_t r = 0; r < RANKS; r++) {
            bool witness =
                r != ERROR_RANK && r != STOP_RANK && findings[r].found && model->preds[r - 1].kind == DC_REACHABLE;
            violated |= findings[r].found && !witness;
            findings[r].fresh = false;
            if (findings[r].found && r != ERROR_RANK && r != STOP_RANK) done[r - 1] = true;
        }
        for (size_t i = next; i < n_states; i++) open |= expand[i];
        depth = level;
        if (violated && !keep_going) depth += open;
        if ((violated && !keep_going) || !open) break;
    }
    if (!depth && now.generated) depth = 1;
    print(&now, depth, bound);
    if (!bound) count_orbits(&front, checks[0]);
    for (size_t i = 0; i < RANKS; i++) free(findings[i].state);
    return 0;
}
