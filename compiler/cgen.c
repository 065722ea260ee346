/* The C generator: prints the tree that the interpreter walks. One function an action, nested loops for its generators,
 * statement expressions (GNU C) for what is no C expression. The order of everything is that of eval.c: successors,
 * choices and errors come in one sequence in both. */
#include <stdlib.h>
#include <string.h>

#include "compiler/cgen.h"
#include "compiler/rt_text.h"
#include "compiler/temporal.h"

static void statement(struct gen *, const struct ir *);

/* ---- statements ---- */

/* Prints the place of an assignment as `uint64_t *w<l>` and `unsigned h<l>`, the words and the shift in the first one.
 */
static void place(struct gen *g, const struct ir *n, uint32_t l) {
    if (n->op == IR_STATE) {
        PUT("uint64_t *w%u = t + %u; unsigned h%u = %u;\n", l, n->var->word, l, n->var->shift);
        return;
    }
    place(g, n->kid[0], l);
    const struct type *t = n->kid[0]->type;
    if (n->op == IR_PAYLOAD && g->p->foreign) {
        char name[24];
        uint32_t k = g->labels++;
        snprintf(name, sizeof name, t->words ? "w%u" : "v%u", t->words ? l : k);
        if (!t->words) PUT("uint64_t v%u = dc_get(w%u[0], h%u, %u);\n", k, l, l, t->bits);
        cgen_tag_check(g, n, name);
    }
    if (n->op == IR_FIELD || n->op == IR_PAYLOAD) {
        const struct field *f =
            &t->fields[n->op == IR_FIELD ? (uint32_t)n->imm : t->variants[n->slot].first + (uint32_t)n->imm];
        if (!t->words) PUT("h%u += %u;\n", l, f->at);
        else PUT("w%u += %u; h%u = %u;\n", l, f->at / 64, l, f->at % 64);
        return;
    }
    const struct type *e = t->elem;
    uint32_t k = g->labels++;
    if (t->kind == T_MAP) {
        PUT("uint64_t i%u = ", k);
        cgen_key(g, n, t);
        PUT(";\n");
    } else {
        PUT("uint64_t i%u = ", k);
        cgen_x(g, n->kid[1]);
        PUT(" - %d;\n{ ", t->base1);
        if (t->words) PUT("const uint64_t *m = w%u; ", l);
        else PUT("const uint64_t m[1] = {dc_get(w%u[0], h%u, %u)}; ", l, l, t->bits);
        PUT("if (i%u >= dc_list_len(m, ", k);
        cgen_list_geometry(g->out, t);
        PUT(")) ");
        cgen_fail(g, DC_INDEX, n);
        PUT(" }\n");
        if (t->words) PUT("w%u++;\n", l);
    }
    if (!t->words) PUT("h%u += (unsigned)i%u * %u;\n", l, k, type_elem_bits(e));
    else if (e->words) PUT("w%u += i%u * %u;\n", l, k, e->words);
    else
        PUT("w%u += i%u / %u; h%u = (unsigned)(i%u %% %u) * %u;\n", l, k, 64 / type_elem_bits(e), l, k,
            64 / type_elem_bits(e), type_elem_bits(e));
}

static void store(struct gen *g, const struct ir *n) {
    const struct ir *to = n->kid[0], *v = n->kid[1];
    const struct type *t = to->type;
    uint32_t l = g->labels++;
    if (v->op == IR_INSERT && to->op == IR_STATE && v->kid[0]->op == IR_STATE && v->kid[0]->var == to->var &&
        !v->kid[0]->imm && t->bitset && t->words && !t->checked) {
        PUT("{ uint64_t k = ");
        cgen_rank(g, v->kid[1], t->elem);
        PUT("; t[%u + k / 64] |= UINT64_C(1) << (k %% 64); }\n", to->var->word);
        return;
    }
    PUT("{ ");
    if (t->words) PUT("const uint64_t *y%u = ", l);
    else PUT("uint64_t y%u = ", l);
    if (t->words) cgen_x(g, v);
    else cgen_packed(g, v, t);
    PUT(";\n");
    place(g, to, l);
    if (t->words) PUT("(void)h%u; dc_copy(w%u, y%u, %u); }\n", l, l, l, t->words);
    else if (t->bits) PUT("w%u[0] = dc_put(w%u[0], h%u, %u, y%u); }\n", l, l, l, t->bits, l);
    else PUT("(void)w%u; (void)h%u; (void)y%u; }\n", l, l, l);
}

static void print_statement(struct gen *g, const void *self) { statement(g, self); }
static void print_count(struct gen *g, const void *self) { PUT("c%u++;\n", *(const uint32_t *)self); }
static void print_pick(struct gen *g, const void *self) {
    uint32_t l = *(const uint32_t *)self;
    PUT("if (k%u-- == 0) goto picked%u;\n", l, l);
}

static void pick(struct gen *g, const struct ir *n) {
    uint32_t l = g->labels++;
    PUT("{ __label__ picked%u; uint32_t k%u, c%u = 0;\nif (choices.depth < choices.n) k%u = dc_choose(&choices, "
        "0);\nelse {\n",
        l, l, l, l);
    cgen_gens(g, n->gens, n->n_gens, print_count, &l);
    PUT("if (!c%u) goto next;\nif (choices.depth == DC_CHOICES) ", l);
    cgen_fail(g, DC_CAPACITY, n);
    PUT("\nk%u = dc_choose(&choices, c%u);\n}\n", l, l);
    cgen_gens(g, n->gens, n->n_gens, print_pick, &l);
    PUT("picked%u:; }\n", l);
}

static void statement(struct gen *g, const struct ir *n) {
    switch (n->op) {
    case IR_BLOCK:
        for (uint32_t i = 0; i < n->n; i++) statement(g, n->kid[i]);
        return;
    case IR_STORE: store(g, n); return;
    case IR_BIND:
        cgen_assign_local(g, n->slot, n->kid[0]);
        PUT("\n");
        return;
    case IR_WHEN:
        PUT("if (");
        cgen_x(g, n->kid[0]);
        PUT(") {\n");
        statement(g, n->kid[1]);
        if (n->kid[2]) {
            PUT("} else {\n");
            statement(g, n->kid[2]);
        }
        PUT("}\n");
        return;
    case IR_FOR: cgen_gens(g, n->gens, n->n_gens, print_statement, n->kid[0]); return;
    case IR_PICK: pick(g, n); return;
    case IR_EITHER:
        PUT("if (choices.depth == DC_CHOICES) ");
        cgen_fail(g, DC_CAPACITY, n);
        PUT("\nswitch (dc_choose(&choices, %u)) {\n", n->n);
        for (uint32_t i = 0; i < n->n; i++) {
            PUT("case %u: {\n", i);
            statement(g, n->kid[i]);
            PUT("} break;\n");
        }
        PUT("}\n");
        return;
    case IR_ASSERT:
        PUT("if (!");
        cgen_x(g, n->kid[0]);
        PUT(") ");
        cgen_fail(g, DC_ASSERT, n);
        PUT("\n");
        return;
    case IR_REQUIRE:
        PUT("if (!");
        cgen_x(g, n->kid[0]);
        PUT(") goto next;\n");
        return;
    case IR_SENDS: statement(g, n->kid[1]); return;
    case IR_CUT: PUT("FAIL(%d, %u);\n", DC_STOP_CUT, n->site); return;
    case IR_FAIL:
        cgen_fail(g, (enum dc_error)n->imm, n);
        PUT("\n");
        return;
    default: panic("not a statement");
    }
}

/* ---- functions ---- */

/* Which process, and which instance of the action: only behaviours need to know. */
static void action_keys(struct gen *g, const struct ir_action *a) {
    enum { CAP = 64 };
    const struct ir *key[CAP];
    uint32_t n = temporal_key(a, key, CAP);
    PUT("if (o->keys) {\nuint64_t *k = o->keys + 2 * (size_t)o->n, h = 0;\nk[0] = ");
    if (a->process >= 0 && g->p->processes.at[a->process].id) PUT("l%u", a->self);
    else PUT("0");
    PUT(";\n");
    for (uint32_t i = 0; i < n; i++) {
        const struct type *t = key[i]->type;
        if (t->words) {
            PUT("{ const uint64_t *y = ");
            cgen_x(g, key[i]);
            PUT("; for (uint32_t i = 0; i < %u; i++) h = dc_mix(h, y[i]); }\n", t->words);
        } else {
            PUT("h = dc_mix(h, (uint64_t)(");
            cgen_x(g, key[i]);
            PUT("));\n");
        }
    }
    PUT("k[1] = h;\n}\n");
}

/* A name inside a comment, which it must not end. */
static void name_text(FILE *out, const char *s) {
    for (; *s; s++) fputc(*s == '*' || *s == '\\' ? '?' : *s, out);
}

static void action_body(struct gen *g, const void *self) {
    const struct ir_action *a = self;
    PUT("choices.n = 0;\ndo {\nif (o->n == o->cap) o->flush(o);\nuint64_t *t = o->states + (size_t)o->n * "
        "WORDS;\ndc_copy(t, s, WORDS);\nchoices.depth = 0;\n");
    PUT("#undef FAIL\n#define FAIL(e, at) do { dc_record(o, ACTION, e, at); if (e != %d) return; goto next; } while "
        "(0)\n",
        DC_STOP_CUT);
    if (g->p->atoms.n) action_keys(g, a); /* first, for a step that leaves the bounds has them too */
    g->state = "t";
    statement(g, a->body);
    g->state = "s";
    PUT("dc_record(o, ACTION, 0, 0);\ngoto next;\nnext:;\n");
    PUT("#undef FAIL\n#define FAIL(e, at) do { dc_record(o, ACTION, e, at); return; } while (0)\n");
    PUT("} while (dc_turn(&choices));\n");
}

static void print_function(struct gen *g, FILE *all, const char *head, const char *tail,
                           void (*body)(struct gen *, const void *), const void *self) {
    char *text, *decls;
    size_t n, m;
    g->out = mem_stream_open(&text, &n);
    g->decls = mem_stream_open(&decls, &m);
    memset(g->declared, 0, g->p->slots.n + 1);
    g->labels = 0;
    body(g, self);
    mem_stream_close(g->out, &text);
    mem_stream_close(g->decls, &decls);
    fprintf(all, "%s%s%s%s", head, decls, text, tail);
    free(text);
    free(decls);
}

static void whole_action(struct gen *g, const void *self) {
    const struct ir_action *a = self;
    cgen_gens(g, a->gens, a->n_gens, action_body, a);
}

static void whole_pred(struct gen *g, const void *self) {
    const struct ir_pred *q = self;
    PUT("    *value = ");
    cgen_x(g, q->test ? q->test : q->body);
    PUT(";\n");
}

static void whole_atom(struct gen *g, const void *self) {
    PUT("    *value = ");
    cgen_x(g, self);
    PUT(";\n");
}

static void print_atoms(const struct program *p, FILE *file) {
    fputs("int dc_atoms(const uint64_t *s, uint64_t *bits, uint32_t *atom, uint32_t *site) {\n    uint64_t v = 0;\n    "
          "int e = 0;\n    "
          "(void)v; (void)e; (void)s; (void)bits; (void)atom; (void)site;\n",
          file);
    for (uint32_t i = 0; i < p->atoms.n; i++)
        fprintf(file,
                "    e = q%u(s, NULL, &v, site);\n    if (e) { *atom = %u; return e; }\n    bits[%u] %s (uint64_t)(v & "
                "1) << %u;\n",
                i, i, i / 64, i % 64 ? "|=" : "=", i % 64);
    fputs("    return 0;\n}\n", file);
}

/* `unroll`: how many characters unrolled loops may come to. */
static void write_with(const struct program *p, FILE *file, uint64_t unroll) {
    struct gen g = {.p = p, .state = "s", .types = p->types.list.n, .may_unroll = unroll};
    char *prelude, *functions;
    size_t n, m;
    FILE *all;
    g.declared = mem_alloc(p->slots.n + 1);
    g.rank = mem_alloc(g.types + 1);
    g.unrank = mem_alloc(g.types + 1);
    g.prelude = mem_stream_open(&prelude, &n);
    all = mem_stream_open(&functions, &m);
    for (uint32_t i = 0; i < p->actions.n; i++) {
        const struct ir_action *a = &p->actions.at[i];
        char *head;
        size_t len;
        FILE *h = mem_stream_open(&head, &len);
        fputs("\n/* ", h);
        if (a->process >= 0) name_text(h, p->processes.at[a->process].name);
        if (a->process >= 0) fputs(": ", h);
        name_text(h, a->name);
        fprintf(h,
                " */\n#define ACTION %u\nstatic void a%u(const uint64_t *s, struct dc_out *o) {\n    struct dc_choices "
                "choices;\n",
                i, i);
        mem_stream_close(h, &head);
        fprintf(all, "#undef FAIL\n#define FAIL(e, at) do { dc_record(o, ACTION, e, at); return; } while (0)\n");
        print_function(&g, all, head, "}\n#undef ACTION\n", whole_action, a);
        free(head);
    }
    fprintf(all, "#undef FAIL\n#define FAIL(e, at) do { *site = at; return e; } while (0)\n");
    for (uint32_t i = 0; i < p->preds.n && i < 64; i++) {
        char head[160];
        if (p->preds.at[i].temporal) continue;
        snprintf(head, sizeof head,
                 "\nstatic int p%u(const uint64_t *s, const uint64_t *next, uint64_t *value, uint32_t *site) {\n    "
                 "(void)s; (void)next; (void)site;\n",
                 i);
        print_function(&g, all, head, "    return 0;\n}\n", whole_pred, &p->preds.at[i]);
    }
    for (uint32_t i = 0; i < p->atoms.n; i++) {
        char head[160];
        snprintf(head, sizeof head,
                 "\nstatic int q%u(const uint64_t *s, const uint64_t *next, uint64_t *value, uint32_t *site) {\n    "
                 "(void)s; (void)next; (void)site;\n",
                 i);
        print_function(&g, all, head, "    return 0;\n}\n", whole_atom, p->atoms.at[i]);
    }
    mem_stream_close(all, &functions);
    mem_stream_close(g.prelude, &prelude);
    fprintf(file, "%s\n%s\n#define WORDS %u\n", dc_rt_text, dc_model_text, p->state_words);
    fputs(
        "static inline void dc_record(struct dc_out *o, unsigned action, int error, uint32_t site) {\n"
        "    if (o->n == o->cap) o->flush(o);\n"
        "    o->steps[o->n++] = (struct dc_step){o->from, o->ordinal++, (uint16_t)action, (uint16_t)error, site};\n}\n",
        file);
    fputs(prelude, file);
    fputs(functions, file);
    fputs("\nvoid dc_expand(const uint64_t *states, uint32_t n, struct dc_out *o) {\n    for (uint32_t i = 0; i < n; "
          "i++) {\n        const uint64_t *s = states + (size_t)i * WORDS;\n        "
          "o->from = i;\n        o->ordinal = 0;\n",
          file);
    for (uint32_t i = 0; i < p->actions.n; i++) fprintf(file, "        a%u(s, o);\n", i);
    fputs("    }\n}\nint dc_test(const uint64_t *s, const uint64_t *next, uint64_t want, uint64_t *holds, uint32_t "
          "*pred, uint32_t *site) {\n    uint64_t v = 0;\n    int e = 0;\n    (void)v; (void)e; (void)s; (void)next; "
          "(void)want; (void)pred; (void)site;\n    *holds = 0;\n",
          file);
    for (uint32_t i = 0; i < p->preds.n && i < 64; i++)
        if (!p->preds.at[i].temporal)
            fprintf(file,
                    "    if (want >> %u & 1) {\n        e = p%u(s, next, &v, site);\n        if (e) { *pred = %u; "
                    "return e; }\n        if (v) *holds |= UINT64_C(1) << %u;\n    }\n",
                    i, i, i, i);
    fputs("    return 0;\n}\n", file);
    print_atoms(p, file);
    free(prelude);
    free(functions);
    mem_free(g.declared);
    mem_free(g.rank);
    mem_free(g.unrank);
}

/* Compiling takes as long as the text is, with what unrolled loops come to: so a long one unrolls less. */
void cgen_write(const struct program *p, FILE *file) {
    enum { LONG = 160000, MOST_UNROLLED = 80000 };
    char *text;
    size_t size;
    FILE *plain = mem_stream_open(&text, &size);
    write_with(p, plain, 0);
    mem_stream_close(plain, &text);
    if (size < LONG) write_with(p, file, LONG - size < MOST_UNROLLED ? LONG - size : MOST_UNROLLED);
    else fwrite(text, 1, size, file);
    free(text);
}
