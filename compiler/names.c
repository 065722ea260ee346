/* What a name means where it stands: locals, literals, declarations, members of processes, modules and messages. */
#include <string.h>

#include "compiler/elab.h"

/* ---- names ---- */

struct ir *var_read(struct compile *c, struct cx *x, const struct ir_var *v, struct ir *self, struct span span) {
    if (x->flags & CX_CONST) {
        struct diag *d = error_at(c, span, "`%s` is a variable; here only constants may be used", v->member);
        hint(c, d, "sizes, budgets and types must be known before the run");
        return bad(c, span);
    }
    if (c->starting && v->index >= c->starting->index && !v->hidden) {
        struct diag *d =
            error_at(c, span, "`%s` has no value yet: variables start in the order of their declaration", v->member);
        hint(c, d, "declare it before, or set the other one in `init { }`");
        return bad(c, span);
    }
    if (v->ghost && !(x->flags & (CX_PROPERTY | CX_GHOST))) {
        struct diag *d = error_at(c, span, "`%s` is a ghost: only properties and other ghosts may read it", v->member);
        hint(c, d, "drop `ghost` from its declaration if the protocol needs it");
        return bad(c, span);
    }
    struct ir *e = ir_state(P(c), v, x->primed, span);
    return v->per_instance && self ? ir_index(P(c), e, self, span) : e;
}

struct ir *process_value(struct compile *c, int process, struct ir *id, struct span span) {
    return ir_cons(P(c), P(c)->process_type, (uint32_t)process, &id, c->processes.at[process].id ? 1 : 0, span);
}

struct ir *process_up(struct compile *c, struct cx *x, int process, struct ir *id, struct span span) {
    struct process_info *pi = &c->processes.at[process];
    if (!pi->up) return ir_bool(P(c), true, span);
    struct ir *e = ir_state(P(c), pi->up, x->primed, span);
    return pi->up->per_instance ? ir_index(P(c), e, id, span) : e;
}

static struct ir *unknown(struct compile *c, struct cx *x, const struct ast *a) {
    const char *all[512];
    uint32_t n = 0;
    for (struct env *e = x->env; e && n < 500; e = e->up) all[n++] = e->name;
    for (struct scope *s = x->scope; s; s = s->parent)
        for (uint32_t i = 0; i < s->symbols.n && n < 500; i++) all[n++] = s->symbols.at[i]->name;
    for (uint32_t i = 0; i < P(c)->types.list.n; i++) {
        const struct type *t = P(c)->types.list.at[i];
        for (uint32_t k = 0; t->names && k < t->n && n < 510; k++) all[n++] = t->names[k];
    }
    struct diag *d = error_at(c, a->span, "`%s` is not declared", a->text);
    const char *near = nearest_name(a->text, all, n);
    if (near) hint(c, d, "did you mean `%s`?", near);
    return bad(c, a->span);
}

struct ir *literal_of(struct compile *c, const struct type *t, const char *name, struct span span) {
    if (!t) return NULL;
    if (t->kind == T_OPTION || t->kind == T_SET) t = t->elem;
    if (t->kind == T_OPTION) t = t->elem;
    if (t->kind == T_ENUM || (t->kind == T_SYM && t->names))
        for (uint32_t i = 0; i < t->n; i++)
            if (t->names[i] == name) {
                if (t->kind == T_SYM) {
                    struct diag *d = error_at(
                        c, span, "`%s` of the symmetric type %s may not be named: its values are interchangeable", name,
                        tname(c, t));
                    hint(c, d, "declare the type as an enum if this value is special");
                }
                return ir_const(P(c), t, i, span);
            }
    if (t->kind == T_UNION)
        for (uint32_t i = 0; i < t->n_variants; i++)
            if (t->variants[i].name == name && t->variants[i].n == 0) return ir_cons(P(c), t, i, NULL, 0, span);
    return NULL;
}

static const struct type *literal_type(struct compile *c, const char *name, uint32_t *index) {
    const struct type *found = NULL;
    for (uint32_t i = 0; i < P(c)->types.list.n; i++) {
        const struct type *t = P(c)->types.list.at[i];
        if (t->kind == T_ENUM || t->kind == T_SYM)
            for (uint32_t k = 0; t->names && k < t->n; k++)
                if (t->names[k] == name) {
                    if (found) return NULL;
                    found = t;
                    *index = k;
                }
        if (t->kind == T_UNION && t != P(c)->process_type)
            for (uint32_t k = 0; k < t->n_variants; k++)
                if (t->variants[k].name == name && !t->variants[k].n) {
                    if (found) return NULL;
                    found = t;
                    *index = k;
                }
    }
    return found;
}

static struct ir *no_self(struct compile *c, struct span span, const char *member, int process) {
    struct diag *d = error_at(c, span, "`%s` belongs to a process; say whose", member);
    hint(c, d, "write `%s[...].%s`", c->processes.at[process].symbol->name, member);
    return bad(c, span);
}

/* The value of a declared thing, in the context of the scope it lives in. */
struct ir *member_value(struct compile *c, struct cx *x, struct symbol *s, const struct ast *at) {
    struct program *p = P(c);
    switch (s->kind) {
    case SYM_CONST:
        resolve_symbol(c, s);
        if (s->var) {
            struct cx y = *x;
            return var_read(c, &y, s->var, NULL, at->span);
        }
        return s->value ? s->value : bad(c, at->span);
    case SYM_VALUE: return s->scope->process >= 0 && x->own_self ? x->own_self : s->value ? s->value : bad(c, at->span);
    case SYM_VAR:
        if (c->mapped && s->mapping) {
            struct cx y = {.scope = c->root, .process = -1, .flags = CX_PROPERTY | CX_GHOST, .primed = x->primed};
            return elab_as(c, &y, s->mapping, s->type);
        }
        if (!s->var) {
            if (x->flags & CX_CONST)
                error_at(c, at->span, "`%s` is a variable; here only constants may be used", s->name);
            return bad(c, at->span);
        }
        if (s->var->per_instance && !x->own_self) return no_self(c, at->span, s->name, s->var->process);
        return var_read(c, x, s->var, x->own_self, at->span);
    case SYM_DEF: {
        const struct ast *body = def_body(s);
        if (!body) {
            if (s->decl->kid[0]->n) {
                struct diag *d = error_at(c, at->span, "`%s` wants %u arguments", s->name, s->decl->kid[0]->n);
                hint(c, d, "call it as %s(...)", s->name);
            } else {
                error_at(c, at->span, "`%s` is a parameter of its module and was given no value", s->name);
            }
            return bad(c, at->span);
        }
        if (too_deep(c, x, at->span, s->name)) return bad(c, at->span);
        struct cx y = inside(x, s);
        struct scope *home = s->scope;
        if (home->process >= 0 && c->processes.at[home->process].id && !x->own_self)
            return no_self(c, at->span, s->name, home->process);
        const struct type *t = s->decl->kid[1] ? elab_type(c, s->scope, s->decl->kid[1], NULL) : NULL;
        return t ? elab_as(c, &y, body, t) : elab(c, &y, body, NULL);
    }
    case SYM_TYPE: resolve_symbol(c, s); return full_set(c, s->type, at->span);
    case SYM_PROCESS:
        if (s->index < 0) return bad(c, at->span); /* its declaration is in error */
        if (!c->processes.at[s->index].id) return process_value(c, s->index, NULL, at->span);
        {
            struct diag *d = error_at(c, at->span, "`%s` has several instances; say which", s->name);
            hint(c, d, "write `%s[...]`", s->name);
        }
        return bad(c, at->span);
    case SYM_MESSAGE: {
        struct gens g = {0};
        struct ir *v;
        if (s->index < 0 || !gen_messages(c, x, &g, s->index, &v, at->span))
            return bad(c, at->span); /* its declaration is in error */
        return make_reduce(c, &g, R_SET, type_set(&p->types, v->type, 0), NULL, v, NULL, at->span);
    }
    case SYM_PREDICATE: {
        if (too_deep(c, x, at->span, s->name)) return bad(c, at->span);
        struct cx y = inside(x, s);
        return elab_bool(c, &y, s->decl->kid[0]);
    }
    default: {
        static const char *const what[] = {"a constant",  "a type",     "a definition", "a variable",
                                           "a procedure", "a process",  "a message",    "an action",
                                           "a module",    "a property", "a network",    "a value"};
        error_at(c, at->span, "`%s` is %s and has no value", s->name, what[s->kind]);
        return bad(c, at->span);
    }
    }
}

struct ir *elab_name(struct compile *c, struct cx *x, const struct ast *a, const struct type *expected) {
    for (struct env *e = x->env; e; e = e->up)
        if (e->name == a->text) return e->value;
    struct ir *lit = literal_of(c, expected, a->text, a->span);
    if (lit) return lit;
    struct symbol *s = lookup(x->scope, a->text);
    if (s) return member_value(c, x, s, a);
    if (!strcmp(a->text, "everyone") && P(c)->process_type) {
        const struct type *t = P(c)->process_type;
        return ir_cons(P(c), t, t->n_variants - 1, NULL, 0, a->span);
    }
    if (!strcmp(a->text, "messages") && c->networks.n == 1) {
        struct gens g = {0};
        struct ir *v;
        if (!module_gens(c, &g, 0, "messages", NULL, 0, GEN_FREE, &v, a->span)) return bad(c, a->span);
        return make_reduce(c, &g, R_SET, type_set(&P(c)->types, v->type, 0), NULL, v, NULL, a->span);
    }
    if (!strcmp(a->text, "bool")) return full_set(c, BOOL(c), a->span);
    uint32_t index;
    const struct type *t = literal_type(c, a->text, &index);
    if (t) {
        lit = literal_of(c, t, a->text, a->span);
        if (lit) return lit;
    }
    return unknown(c, x, a);
}

/* ---- process references: p[i].x, and what up() and friends want ---- */

bool process_ref(struct compile *c, struct cx *x, const struct ast *a, int *process, struct ir **id) {
    while (a->kind == AST_TUPLE && a->n == 1) a = a->kid[0];
    const struct ast *base = a->kind == AST_INDEX && !a->kid[2] ? a->kid[0] : a;
    struct symbol *s = NULL;
    if (base->kind == AST_NAME) {
        for (struct env *e = x->env; e; e = e->up)
            if (e->name == base->text) return false;
        s = lookup(x->scope, base->text);
    }
    if (!s || s->kind != SYM_PROCESS || s->index < 0) return false;
    struct process_info *pi = &c->processes.at[s->index];
    if ((a->kind == AST_INDEX) != (pi->id != NULL)) return false;
    *process = s->index;
    *id = pi->id ? elab_as(c, x, a->kid[1], pi->id) : NULL;
    return true;
}

struct scope *module_ref(struct cx *x, const struct ast *a) {
    if (a->kind != AST_NAME) return NULL;
    for (struct env *e = x->env; e; e = e->up)
        if (e->name == a->text) return NULL;
    struct symbol *s = lookup(x->scope, a->text);
    bool network = s && s->kind == SYM_NETWORK && (x->flags & CX_PROPERTY);
    return s && (s->kind == SYM_MODULE || network) ? s->inner : NULL;
}

static struct ir *process_member(struct compile *c, struct cx *x, const struct ast *a, int process, struct ir *id) {
    struct process_info *pi = &c->processes.at[process];
    struct symbol *s = scope_find(pi->scope, a->text);
    if (id && is_bad(id)) return id;
    if (!s) {
        const char *all[256];
        uint32_t n = 0;
        for (uint32_t i = 0; i < pi->scope->symbols.n && n < 256; i++) all[n++] = pi->scope->symbols.at[i]->name;
        struct diag *d = error_at(c, a->span, "process %s has no `%s`", pi->symbol->name, a->text);
        const char *near = nearest_name(a->text, all, n);
        if (near) hint(c, d, "did you mean `%s`?", near);
        return bad(c, a->span);
    }
    bool own = x->process == process &&
               (!id || !x->self || (id->op == IR_LOCAL && x->self->op == IR_LOCAL && id->slot == x->self->slot));
    if (!own && !(x->flags & (CX_PROPERTY | CX_CONST | CX_INIT))) {
        struct diag *d = error_at(c, a->span, "a step of one process may not read `%s` of another", a->text);
        hint(c, d, "let %s send it in a message, or mark the step `oracle`", pi->symbol->name);
        return bad(c, a->span);
    }
    struct cx y = *x;
    y.own_self = id;
    y.scope = pi->scope;
    return member_value(c, &y, s, a);
}

/* m.from and m.to of a Message: the process, whatever the kind. */
static struct ir *envelope(struct compile *c, struct ir *e, int network, bool from, struct span span) {
    struct network_info *n = &c->networks.at[network];
    const struct type *pt = P(c)->process_type;
    struct ir *result = NULL;
    for (uint32_t i = n->messages.n; i-- > 0;) {
        struct message_info *m = &c->messages.at[n->messages.at[i]];
        int field = from ? m->from_field : m->to_field;
        struct ir *part = field >= 0 ? ir_payload(P(c), e, m->variant, (uint32_t)field, span) : NULL;
        struct ir *v;
        if (part && part->type == pt) v = part;
        else if (from) v = process_value(c, m->senders.at[0], part, span);
        else if (!m->receivers.n) v = ir_cons(P(c), pt, pt->n_variants - 1, NULL, 0, span);
        else v = process_value(c, m->receivers.at[0], part, span);
        result = result ? ir_new(P(c), IR_IF, pt, span, 3, ir_istag(P(c), e, m->variant, span), v, result) : v;
    }
    return result ? result : bad(c, span);
}

static struct ir *envelope_let(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    (void)t;
    for (uint32_t i = 0; i < c->networks.n; i++)
        if (c->networks.at[i].message == e->type) return envelope(c, e, (int)i, true, span);
    return bad(c, span);
}
static struct ir *envelope_to_let(struct compile *c, struct ir *e, const struct type *t, struct span span) {
    (void)t;
    for (uint32_t i = 0; i < c->networks.n; i++)
        if (c->networks.at[i].message == e->type) return envelope(c, e, (int)i, false, span);
    return bad(c, span);
}

static struct ir *field_of(struct compile *c, struct ir *e, const struct ast *a) {
    const struct type *t = e->type;
    if (is_bad(e)) return e;
    if (t->kind == T_OPTION) return field_of(c, ir_new(P(c), IR_UNWRAP, t->elem, a->span, 1, e), a);
    if (t->kind == T_RECORD) {
        for (uint32_t i = 0; i < t->n; i++)
            if (t->fields[i].name == a->text) return ir_field(P(c), e, i, a->span);
        for (uint32_t k = 0; k < c->messages.n; k++) { /* a constant part of a message's envelope */
            struct message_info *m = &c->messages.at[k];
            if (m->record != t) continue;
            if (!strcmp(a->text, "from")) return process_value(c, m->senders.at[0], NULL, a->span);
            if (!strcmp(a->text, "to") && m->receivers.n) return process_value(c, m->receivers.at[0], NULL, a->span);
        }
    }
    if (t->kind == T_UNION) {
        for (uint32_t k = 0; k < c->networks.n; k++)
            if (c->networks.at[k].message == t) {
                if (!strcmp(a->text, "from")) return with_let(c, e, envelope_let, NULL, a->span);
                if (!strcmp(a->text, "to")) return with_let(c, e, envelope_to_let, NULL, a->span);
            }
        int found = -1, index = 0;
        for (uint32_t v = 0; v < t->n_variants; v++)
            for (uint32_t i = 0; i < t->variants[v].n; i++)
                if (t->fields[t->variants[v].first + i].name == a->text) {
                    found = found == -1 ? (int)v : -2;
                    index = (int)i;
                }
        if (found >= 0) {
            struct ir *fail =
                ir_new(P(c), IR_FAIL, t->fields[t->variants[found].first + (uint32_t)index].type, a->span, 0);
            fail->imm = DC_MATCH;
            struct ir *get = ir_payload(P(c), e, (uint32_t)found, (uint32_t)index, a->span);
            return ir_new(P(c), IR_IF, get->type, a->span, 3, ir_istag(P(c), e, (uint32_t)found, a->span), get, fail);
        }
        if (found == -2) {
            struct diag *d = error_at(c, a->span, "several kinds of %s have a field `%s`", tname(c, t), a->text);
            hint(c, d, "take it apart with `match e { Kind(x) -> ... }`");
            return bad(c, a->span);
        }
    }
    const char *all[64];
    uint32_t n = 0;
    for (uint32_t i = 0; t->fields && i < t->n && n < 64; i++)
        if (t->fields[i].name) all[n++] = t->fields[i].name;
    struct diag *d = error_at(c, a->span, "%s has no field `%s`", tname(c, t), a->text);
    const char *near = nearest_name(a->text, all, n);
    if (near) hint(c, d, "did you mean `%s`?", near);
    return bad(c, a->span);
}

struct ir *elab_dot(struct compile *c, struct cx *x, const struct ast *a) {
    int process;
    struct ir *id;
    struct scope *module = module_ref(x, a->kid[0]);
    if (module) {
        struct symbol *s = scope_find(module, a->text);
        if (!s) {
            error_at(c, a->span, "module %s has no `%s`", a->kid[0]->text, a->text);
            return bad(c, a->span);
        }
        struct cx y = *x;
        y.scope = module;
        return member_value(c, &y, s, a);
    }
    if (process_ref(c, x, a->kid[0], &process, &id)) return process_member(c, x, a, process, id);
    return field_of(c, elab(c, x, a->kid[0], NULL), a);
}
