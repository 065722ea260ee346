/* Declarations: scopes, constants, types, processes, messages, networks, and what a check changes in them. */
#include <stdarg.h>
#include <string.h>

#include "compiler/elab.h"

struct diag *error_at(struct compile *c, struct span span, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return diag_add(c->diags, DIAG_ERROR, DIAG_TYPE, span, "%s", text);
}

void hint(struct compile *c, struct diag *d, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diag_hint(c->diags, d, "%s", text);
}

static struct scope *scope_new(struct compile *c, struct scope *parent, const struct unit *u) {
    struct scope *s = arena_alloc(c->arena, sizeof *s);
    s->parent = parent;
    s->process = -1;
    s->network = -1;
    s->unit = u;
    ARENA_PUSH(c, c->modules, s);
    return s;
}

struct symbol *scope_find(struct scope *s, const char *name) {
    for (uint32_t i = 0; i < s->symbols.n; i++)
        if (!strcmp(s->symbols.at[i]->name, name)) return s->symbols.at[i];
    for (uint32_t i = 0; i < s->open.n; i++)
        for (uint32_t k = 0; k < s->open.at[i]->symbols.n; k++)
            if (!strcmp(s->open.at[i]->symbols.at[k]->name, name)) return s->open.at[i]->symbols.at[k];
    return NULL;
}

struct symbol *lookup(struct scope *s, const char *name) {
    for (; s; s = s->parent) {
        struct symbol *found = scope_find(s, name);
        if (found) return found;
    }
    return NULL;
}

struct symbol *declare(struct compile *c, struct scope *s, enum symbol_kind kind, const char *name,
                       const struct ast *decl) {
    for (struct scope *up = s; up; up = up->parent)
        for (uint32_t i = 0; i < up->symbols.n; i++) {
            struct symbol *old = up->symbols.at[i];
            if (old->name != name) continue;
            bool apart = kind == SYM_ACTION ||
                         old->kind == SYM_ACTION; /* an action may share its name with an enum or a variable */
            if (apart && (kind != SYM_ACTION || old->kind != SYM_ACTION)) continue;
            struct diag *d = error_at(c, decl->span, "`%s` is declared twice", name);
            if (old->decl) {
                const struct source *src = &c->front->sources.files.at[old->decl->span.source];
                hint(c, d, "the other one is at %s:%u; nothing may hide anything", src->path,
                     source_place(src, old->decl->span.begin).line);
            }
            break;
        }
    struct symbol *new = arena_alloc(c->arena, sizeof *new);
    *new = (struct symbol){.kind = kind, .name = name, .decl = decl, .scope = s, .index = -1};
    ARENA_PUSH(c, s->symbols, new);
    return new;
}

struct cx cx_const(struct compile *c, struct scope *s) {
    (void)c;
    return (struct cx){.scope = s, .process = -1, .flags = CX_CONST};
}

/* ---- types ---- */

static const struct type *type_error(struct compile *c, const struct ast *a, const char *text) {
    error_at(c, a->span, "%s", text);
    return P(c)->types.error;
}

static const struct type *range_type(struct compile *c, struct scope *s, const struct ast *a, enum range_mode mode) {
    int64_t lo, hi;
    while (a->kind == AST_TUPLE && a->n == 1) a = a->kid[0];
    if (a->kind != AST_BINARY || a->value != TOK_DOTDOT)
        return type_error(c, a, "only a range, `lo..hi`, may be cut or saturating");
    if (!const_int(c, s, a->kid[0], &lo) || !const_int(c, s, a->kid[1], &hi)) return P(c)->types.error;
    if (lo > hi) {
        error_at(c, a->span, "the range %lld..%lld is empty", (long long)lo, (long long)hi);
        return P(c)->types.error;
    }
    return type_range(&P(c)->types, lo, hi, mode);
}

static const char **name_list(struct compile *c, const struct ast *a, uint32_t *n) {
    const char **names = arena_alloc(&P(c)->arena, (a->n + 1) * sizeof *names);
    *n = a->n;
    for (uint32_t i = 0; i < a->n; i++) {
        names[i] = a->kid[i]->kind == AST_NAME ? a->kid[i]->text : "?";
        if (a->kid[i]->kind != AST_NAME) error_at(c, a->kid[i]->span, "a name is wanted here");
        for (uint32_t k = 0; k < i; k++)
            if (names[k] == names[i]) error_at(c, a->kid[i]->span, "`%s` is listed twice", names[i]);
    }
    return names;
}

static bool fields_of(struct compile *c, struct scope *s, const struct ast *list, uint32_t from, struct field *f) {
    for (uint32_t i = from; i < list->n; i++) {
        const struct ast *a = list->kid[i];
        f[i - from] = (struct field){
            .name = a->text, .type = elab_type(c, s, a->kid[0], NULL), .ghost = a->kind == AST_FIELD && a->value};
        if (f[i - from].type->kind == T_ERROR) return false;
        for (uint32_t k = from; k < i; k++)
            if (f[k - from].name == a->text) {
                error_at(c, a->span, "the field `%s` is declared twice", a->text);
                return false;
            }
    }
    return true;
}

static const struct type *union_type(struct compile *c, struct scope *s, const struct ast *a, const char *name) {
    struct variant *v = arena_alloc(c->arena, a->n * sizeof *v);
    VEC(struct field) all = {0};
    bool ok = true;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct ast *k = a->kid[i], *tag = k->kind == AST_CALL ? k->kid[0] : k;
        if (tag->kind != AST_NAME) {
            error_at(c, k->span, "an alternative is a name, or a name with fields: `Read(k: Key)`");
            ok = false;
            continue;
        }
        uint32_t n = k->kind == AST_CALL ? k->n - 1 : 0;
        v[i] = (struct variant){.name = tag->text, .first = all.n, .n = n};
        struct field *f = arena_alloc(c->arena, (n + 1) * sizeof *f);
        for (uint32_t j = 0; j < n; j++)
            if (k->kid[j + 1]->kind != AST_ARG) {
                error_at(c, k->kid[j + 1]->span, "a field is written `name: Type`");
                ok = false;
            }
        if (ok && n) ok = fields_of(c, s, k, 1, f);
        for (uint32_t j = 0; j < n; j++) ARENA_PUSH(c, all, f[j]);
    }
    const struct type *t = ok ? type_union(&P(c)->types, name, v, a->n, all.at, all.n) : P(c)->types.error;
    all.n = all.cap = 0;
    return t;
}

static const struct type *collection(struct compile *c, struct scope *s, const struct ast *a) {
    struct types *ts = &P(c)->types;
    const char *what = a->kid[0]->kind == AST_NAME ? a->kid[0]->text : "";
    const struct type *e = elab_type(c, s, a->kid[1], NULL);
    int64_t n = 0, base = 0;
    const struct ast *size = a->kid[2];
    if (size && size->kind == AST_CALL && size->n == 2 && size->kid[0]->kind == AST_NAME &&
        !strcmp(size->kid[0]->text, "max"))
        size = size->kid[1];
    if (size && !const_int(c, s, size, &n)) return ts->error;
    if (size && (n < 0 || n > 4096)) return type_error(c, size, "a capacity lies between 0 and 4096");
    if (a->kid[3] && !const_int(c, s, a->kid[3], &base)) return ts->error;
    if (base != 0 && base != 1) return type_error(c, a->kid[3], "a sequence counts from 0 or from 1");
    if (e->kind == T_ERROR) return e;
    if (type_is_int(e) && !e->universe) return type_error(c, a->kid[1], "an int that is stored has a range: `lo..hi`");
    if (!strcmp(what, "set")) return type_set(ts, e, (uint32_t)n);
    if (!strcmp(what, "seq") || !strcmp(what, "bag")) {
        if (!size) {
            struct diag *d = error_at(c, a->span, "a %s says how many it may hold", what);
            hint(c, d, "write `%s[%s, 4]`", what, type_name(c->arena, e));
            return ts->error;
        }
        return what[0] == 's' ? type_seq(ts, e, (uint32_t)n, base == 1) : type_bag(ts, e, (uint32_t)n);
    }
    error_at(c, a->kid[0]->span, "`%s` is no collection; there are set, seq, bag and map", what);
    return ts->error;
}

static const struct type *make_type(struct compile *c, struct scope *s, const struct ast *a, const char *name) {
    struct types *ts = &P(c)->types;
    switch (a->kind) {
    case AST_NAME: {
        struct symbol *y = lookup(s, a->text);
        if (!y && !strcmp(a->text, "bool")) return ts->boolean;
        if (!y && !strcmp(a->text, "int")) return ts->integer;
        if (y && y->kind == SYM_TYPE) {
            resolve_symbol(c, y);
            return y->type ? y->type : ts->error;
        }
        const char *all[300];
        uint32_t n = 0;
        all[n++] = "bool";
        for (struct scope *up = s; up; up = up->parent)
            for (uint32_t i = 0; i < up->symbols.n && n < 300; i++)
                if (up->symbols.at[i]->kind == SYM_TYPE) all[n++] = up->symbols.at[i]->name;
        struct diag *d = error_at(c, a->span, y ? "`%s` is not a type" : "the type `%s` is not declared", a->text);
        const char *near = nearest_name(a->text, all, n);
        if (near && !y) hint(c, d, "did you mean `%s`?", near);
        return ts->error;
    }
    case AST_DOT: {
        struct symbol *m = a->kid[0]->kind == AST_NAME ? lookup(s, a->kid[0]->text) : NULL;
        struct symbol *y = m && m->kind == SYM_MODULE ? scope_find(m->inner, a->text) : NULL;
        if (!y || y->kind != SYM_TYPE) return type_error(c, a, "this is not a type");
        resolve_symbol(c, y);
        return y->type ? y->type : ts->error;
    }
    case AST_BINARY: return range_type(c, s, a, RANGE_CLAIM);
    case AST_CUTTYPE: return range_type(c, s, a->kid[0], RANGE_CUT);
    case AST_SATTYPE: return range_type(c, s, a->kid[0], RANGE_SATURATING);
    case AST_OPTIONAL: {
        const struct type *e = elab_type(c, s, a->kid[0], NULL);
        if (type_is_int(e) && !e->universe) return type_error(c, a, "an int that is stored has a range: `lo..hi`");
        return type_option(ts, e);
    }
    case AST_ENUM: {
        uint32_t n;
        const char **names = name_list(c, a, &n);
        return type_enum(ts, name, names, n);
    }
    case AST_SYMMETRIC: {
        const struct ast *k = a->kid[0];
        if (k->kind == AST_SET) {
            uint32_t n;
            const char **names = name_list(c, k, &n);
            if (!n) return type_error(c, a, "a symmetric type needs at least one value");
            return type_symmetric(ts, name, names, n);
        }
        int64_t n;
        if (!const_int(c, s, k, &n)) return ts->error;
        if (n < 1 || n > 64) return type_error(c, k, "a symmetric type has 1 to 64 values");
        return type_symmetric(ts, name, NULL, (uint32_t)n);
    }
    case AST_TUPLE: {
        if (a->n == 1) return elab_type(c, s, a->kid[0], name);
        const struct type **parts = arena_alloc(c->arena, a->n * sizeof *parts);
        for (uint32_t i = 0; i < a->n; i++)
            if ((parts[i] = elab_type(c, s, a->kid[i], NULL))->kind == T_ERROR) return ts->error;
        return type_tuple(ts, parts, a->n);
    }
    case AST_RECORD: {
        struct field *f = arena_alloc(c->arena, (a->n + 1) * sizeof *f);
        return fields_of(c, s, a, 0, f) ? type_record(ts, name, f, a->n) : ts->error;
    }
    case AST_VARIANTS: return union_type(c, s, a, name);
    case AST_CALL: { /* a union of one alternative: type T = Only(x: X) */
        if (a->n > 1 && a->kid[1]->kind == AST_ARG && name) {
            struct ast one = {.kind = AST_VARIANTS, .n = 1, .span = a->span};
            struct ast *kid = (struct ast *)(uintptr_t)a;
            one.kid = &kid;
            return union_type(c, s, &one, name);
        }
        return type_error(c, a, "this is not a type");
    }
    case AST_INDEX: return collection(c, s, a);
    case AST_INDEXMAP: {
        if (a->kid[0]->kind != AST_NAME || strcmp(a->kid[0]->text, "map"))
            return type_error(c, a, "`[K -> V]` belongs to `map`");
        const struct type *k = elab_type(c, s, a->kid[1], NULL), *v = elab_type(c, s, a->kid[2], NULL);
        if (k->kind == T_ERROR || v->kind == T_ERROR) return ts->error;
        if (!k->universe || k->universe > 65536) {
            error_at(c, a->kid[1]->span, "%s has too many values for the keys of a map", type_name(c->arena, k));
            return ts->error;
        }
        if (type_is_int(v) && !v->universe)
            return type_error(c, a->kid[2], "an int that is stored has a range: `lo..hi`");
        return type_map(ts, k, v);
    }
    default: return type_error(c, a, "this is not a type");
    }
}

const struct type *elab_type(struct compile *c, struct scope *s, const struct ast *a, const char *name) {
    if (++c->depth > 800) {
        c->depth--;
        return type_error(c, a, "this type is nested too deep");
    }
    const struct type *t = make_type(c, s, a, name);
    c->depth--;
    if (t->depth > MAX_TYPE_DEPTH) return type_error(c, a, "this type is nested too deep");
    if (t->words > MAX_VALUE_WORDS) return type_error(c, a, "a value of this type is too large (over 512 KiB)");
    return t;
}

/* ---- constants and types on demand ---- */

static void resolve_const(struct compile *c, struct symbol *s) {
    const struct ast *value = s->override ? s->override : s->decl->kid[1];
    struct scope *from = s->override && s->override_scope ? s->override_scope : s->scope;
    const struct type *t = s->decl->kid[0] ? elab_type(c, s->scope, s->decl->kid[0], NULL) : NULL;
    if (!value) {
        struct diag *d = error_at(c, s->decl->span, "the constant `%s` has no value", s->name);
        hint(c, d, "give it one here, in the import, in a check, or with -D %s=...", s->name);
        s->value = bad(c, s->decl->span);
        return;
    }
    if (value->kind == AST_ANY) return; /* lowered to a variable that never changes */
    struct cx x = cx_const(c, from);
    struct ir *v = t ? elab_as(c, &x, value, t) : elab(c, &x, value, NULL);
    if (!is_bad(v) && v->op != IR_CONST) {
        if (P(c)->folded < FOLD_WORK) /* else compile says so */
            error_at(c, value->span, "the value of `%s` cannot be computed", s->name);
        v = bad(c, value->span);
    }
    if (!is_bad(v) && t && type_is_int(t) && (v->imm < t->lo || v->imm > t->hi)) {
        error_at(c, value->span, "%lld is outside %s", (long long)v->imm, type_name(c->arena, t));
        v = bad(c, value->span);
    }
    s->value = v;
}

void resolve_symbol(struct compile *c, struct symbol *s) {
    if (s->state == 2) return;
    if (s->state == 1) {
        error_at(c, s->decl->span, "`%s` is defined through itself", s->name);
        s->state = 2;
        s->value = bad(c, s->decl->span);
        s->type = P(c)->types.error;
        return;
    }
    s->state = 1;
    if (s->kind == SYM_CONST) resolve_const(c, s);
    if (s->kind == SYM_TYPE) {
        if (s->override) s->type = elab_type(c, s->override_scope, s->override, NULL);
        else if (s->decl->kid[0]) s->type = elab_type(c, s->scope, s->decl->kid[0], s->name);
        else {
            error_at(c, s->decl->span, "the type `%s` is a parameter of its module and was given none", s->name);
            s->type = P(c)->types.error;
        }
    }
    s->state = 2;
    if (s->kind == SYM_CONST && !s->value && !s->var) s->value = bad(c, s->decl->span);
}

/* ---- scopes ---- */

static void declare_unit(struct compile *c, struct scope *s, const struct ast *decls);

static struct scope *instantiate(struct compile *c, const struct unit *u, const char *alias, const struct ast *bindings,
                                 struct scope *from, struct scope *parent) {
    struct scope *s = scope_new(c, parent, u);
    s->alias = alias;
    s->decls = u->tree->kid[0];
    declare_unit(c, s, u->tree->kid[0]);
    for (uint32_t i = 0; bindings && i < bindings->n; i++) {
        const struct ast *b = bindings->kid[i];
        struct symbol *y = scope_find(s, b->text);
        if (!y) {
            error_at(c, b->span, "module %s has no parameter `%s`", u->name, b->text);
            continue;
        }
        y->override = b->kid[0];
        y->override_scope = from;
    }
    return s;
}

struct scope *module_instance(struct compile *c, const struct unit *u, const char *alias, const struct ast *bindings,
                              struct scope *from) {
    uint32_t before = c->modules.n;
    struct scope *s = instantiate(c, u, alias, bindings, from, NULL);
    for (uint32_t i = before; i < c->modules.n; i++) ARENA_PUSH(c, c->detached, c->modules.at[i]);
    c->modules.n = before;
    return s;
}

static void declare_import(struct compile *c, struct scope *s, const struct ast *a) {
    const struct unit *u = front_unit(c->front, a->text, a->span);
    if (!u) return;
    if (u->kind == UNIT_NETWORK) {
        error_at(c, a->span, "`%s` is a network; choose it with `network %s`", a->text, a->text);
        return;
    }
    for (struct scope *up = s; up; up = up->parent)
        if (up->unit->tree == u->tree) {
            error_at(c, a->span, "module %s imports itself", a->text);
            return;
        }
    enum { MAX_IMPORTS = 24, MAX_MODULES = 4096 };
    if (c->modules.n >= MAX_MODULES) {
        struct diag *d = error_at(c, a->span, "the imports make too many modules (over %d)", MAX_MODULES);
        hint(c, d, "each import is a module of its own, and so are the imports in it");
        return;
    }
    if (c->importing >= MAX_IMPORTS) {
        struct diag *d = error_at(c, a->span, "the imports of module %s go in a circle", a->text);
        hint(c, d, "move what both modules need into a third");
        return;
    }
    const char *alias = a->kid[1] ? a->kid[1]->text : a->text;
    c->importing++;
    struct scope *inner = instantiate(c, u, alias, a->kid[0], s, NULL);
    c->importing--;
    struct symbol *m = declare(c, s, SYM_MODULE, alias, a);
    m->inner = inner;
    if (!a->kid[1]) ARENA_PUSH(c, s->open, inner);
}

static void declare_unit(struct compile *c, struct scope *s, const struct ast *decls) {
    static const struct {
        enum ast_kind ast;
        enum symbol_kind kind;
    } map[] = {{AST_CONST, SYM_CONST},     {AST_TYPE, SYM_TYPE},     {AST_DEF, SYM_DEF},
               {AST_VAR, SYM_VAR},         {AST_PROC, SYM_PROC},     {AST_PROCESS, SYM_PROCESS},
               {AST_MESSAGE, SYM_MESSAGE}, {AST_ACTION, SYM_ACTION}, {AST_TIMER, SYM_VAR}};
    for (uint32_t i = 0; i < decls->n; i++) {
        const struct ast *d = decls->kid[i];
        if (d->kind == AST_IMPORT) declare_import(c, s, d);
        for (uint32_t k = 0; k < sizeof map / sizeof *map; k++)
            if (map[k].ast == d->kind) declare(c, s, map[k].kind, d->text, d);
        if (d->kind == AST_PREDICATE && d->text) declare(c, s, SYM_PREDICATE, d->text, d);
        if (d->kind == AST_NETWORK && s->unit->kind == UNIT_MODULE && s->unit != c->front->root)
            declare(c, s, SYM_NETWORK, d->kid[3] ? d->kid[3]->text : d->text, d);
    }
}

static void apply_setting(struct compile *c, const char *module, const char *name, const struct ast *value,
                          struct span span, bool command_line) {
    struct scope *s = c->root;
    if (module) {
        struct symbol *m = scope_find(s, module);
        s = m && m->kind == SYM_MODULE ? m->inner : NULL;
        for (uint32_t i = 0; !s && i < c->networks.n; i++)
            if (c->networks.at[i].name == module) s = c->networks.at[i].scope;
    }
    struct symbol *y = s ? scope_find(s, name) : NULL;
    bool settable = y && (y->kind == SYM_CONST || y->kind == SYM_TYPE || (y->kind == SYM_DEF && !y->decl->kid[0]->n));
    if (!settable) {
        const char *all[200];
        uint32_t n = 0;
        for (uint32_t i = 0; s && i < s->symbols.n && n < 200; i++)
            if (s->symbols.at[i]->kind == SYM_CONST) all[n++] = s->symbols.at[i]->name;
        struct diag *d = diag_add(c->diags, DIAG_ERROR, command_line ? DIAG_USAGE : DIAG_TYPE, span,
                                  "there is no constant `%s` to set", name);
        const char *near = nearest_name(name, all, n);
        if (near) hint(c, d, "did you mean `%s`?", near);
        return;
    }
    y->override = value;
    y->override_scope = c->root;
}

static void apply_settings(struct compile *c) {
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; check && i < check->n; i++) {
        const struct ast *k = check->kid[i];
        if (k->kind == AST_WITH && k->n > 1) {
            struct symbol *m = scope_find(c->root, k->kid[1]->text);
            if (m && m->kind == SYM_MODULE) apply_setting(c, k->kid[1]->text, k->text, k->kid[0], k->span, false);
        } else if (k->kind == AST_WITH) {
            apply_setting(c, NULL, k->text, k->kid[0], k->span, false);
        }
        if (k->kind == AST_WITHFAULTS) c->faults = k->kid[0];
    }
    for (uint32_t i = 0; i < c->options->defines.n; i++) {
        struct setting *s = &c->options->defines.at[i];
        apply_setting(c, s->module, s->name, s->value, s->value->span, true);
    }
}

/* ---- processes ---- */

static void declare_processes(struct compile *c, struct scope *s) {
    for (uint32_t i = 0; i < s->symbols.n; i++) {
        struct symbol *y = s->symbols.at[i];
        if (y->kind != SYM_PROCESS || y->index >= 0) continue;
        if (y->override) { /* a parameter of a module: one of the importer's */
            struct symbol *given = y->override->kind == AST_NAME ? lookup(y->override_scope, y->override->text) : NULL;
            if (!given || given->kind != SYM_PROCESS) {
                error_at(c, y->override->span, "a process is wanted for `%s`", y->name);
                continue;
            }
            y->index = given->index;
            continue;
        }
        if (!y->decl->kid[1]) {
            error_at(c, y->decl->span, "the process `%s` has no body", y->name);
            continue;
        }
        struct process_info info = {.decl = y->decl, .symbol = y, .n = 1};
        const struct ast *binder = y->decl->kid[0];
        if (binder) {
            struct gens g = {0};
            struct ir *v;
            struct cx x = cx_const(c, s);
            if (binder->n != 2 || binder->kid[0]->kind != AST_NAME) {
                error_at(c, binder->span, "a process is declared `%s[p in Ids]`", y->name);
                continue;
            }
            if (!gen_from(c, &x, &g, binder->kid[1], GEN_CANONICAL, &v)) continue;
            bool all = g.list.n == 1 && g.list.at[0].kind == G_VALUES && !g.cond;
            g.list.n = g.list.cap = 0;
            if (!all || type_wide(v->type) || v->type->universe > 4096) {
                struct diag *d = error_at(c, binder->span, "the ids of a process are all values of a type");
                hint(c, d, "declare `type Ids = 1..N` and write `%s[p in Ids]`", y->name);
                continue;
            }
            info.id = v->type;
            info.n = (uint32_t)v->type->universe;
        }
        y->index = (int)c->processes.n;
        info.scope = scope_new(c, s, s->unit);
        info.scope->process = y->index;
        info.scope->alias = s->alias;
        info.scope->decls = y->decl->kid[1];
        y->inner = info.scope;
        VEC_PUSH(c->processes, info);
        declare_unit(c, info.scope, y->decl->kid[1]);
        struct ir_process ip = {.name = y->name, .id = info.id, .n = info.n, .span = y->decl->span};
        VEC_PUSH(P(c)->processes, ip);
    }
}

/* extend P[i] { ... }: more variables and steps of a process, in a scope of their own under the module that says so. */
static void declare_extensions(struct compile *c, struct scope *s) {
    for (uint32_t i = 0; s->process < 0 && i < s->decls->n; i++) {
        const struct ast *d = s->decls->kid[i];
        if (d->kind != AST_EXTEND) continue;
        struct symbol *y = lookup(s, d->text);
        if (!y || y->kind != SYM_PROCESS || y->index < 0) {
            error_at(c, d->span, "there is no process `%s` to extend", d->text);
            continue;
        }
        struct process_info *pi = &c->processes.at[y->index];
        if ((pi->id != NULL) != (d->kid[0] != NULL)) {
            struct diag *x =
                error_at(c, d->span, pi->id ? "`%s` has several instances" : "`%s` has one instance", d->text);
            hint(c, x, pi->id ? "write `extend %s[i] { ... }`" : "write `extend %s { ... }`", d->text);
            continue;
        }
        struct scope *inner = scope_new(c, s, s->unit);
        inner->process = y->index;
        inner->decls = d->kid[1];
        if (d->kid[0]) declare(c, inner, SYM_VALUE, d->kid[0]->text, d->kid[0])->state = 2;
        declare_unit(c, inner, d->kid[1]);
        ARENA_PUSH(c, pi->scope->open, inner);
    }
}

static void make_process_type(struct compile *c) {
    uint32_t n = c->processes.n;
    struct variant *v = arena_alloc(c->arena, (n + 1) * sizeof *v);
    struct field *f = arena_alloc(c->arena, (n + 1) * sizeof *f);
    uint32_t nf = 0;
    for (uint32_t i = 0; i < n; i++) {
        v[i] =
            (struct variant){.name = c->processes.at[i].symbol->name, .first = nf, .n = c->processes.at[i].id != NULL};
        if (c->processes.at[i].id)
            f[nf++] = (struct field){.name = intern(&c->front->names, "id", 2), .type = c->processes.at[i].id};
    }
    v[n] = (struct variant){.name = "everyone", .first = nf};
    P(c)->process_type = type_union(&P(c)->types, "Process", v, n + 1, f, nf);
}

/* ---- networks and messages ---- */

static bool called_by(const struct ast *decl, const char *name) {
    return (decl->kid[3] ? decl->kid[3]->text : decl->text) == name;
}

/* What a check replaces must be there. */
static void check_replaced(struct compile *c, const struct ast *decls, uint32_t n) {
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; check && i < check->n; i++) {
        if (check->kid[i]->kind != AST_WITHNETWORK) continue;
        const struct ast *name = check->kid[i]->kid[0]->kid[3];
        bool found = !name && n == 1;
        for (uint32_t k = 0; name && k < decls->n; k++)
            found |= decls->kid[k]->kind == AST_NETWORK && called_by(decls->kid[k], name->text);
        if (found) continue;
        if (name) error_at(c, name->span, "there is no network `%s` to replace", name->text);
        else if (!n) error_at(c, check->kid[i]->span, "there is no network to replace");
        else {
            struct diag *d = error_at(c, check->kid[i]->span, "there are several networks; say which one to replace");
            hint(c, d, "write `with network NAME = ...`");
        }
    }
}

static const struct ast *network_of_check(struct compile *c, const struct ast *decl, bool only) {
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; check && i < check->n; i++) {
        if (check->kid[i]->kind != AST_WITHNETWORK) continue;
        const struct ast *n = check->kid[i]->kid[0];
        bool named = n->kid[3] != NULL;
        if ((!named && only) || (named && called_by(decl, n->kid[3]->text))) return n;
    }
    return decl;
}

static void declare_network(struct compile *c, const struct ast *decl, const char *name) {
    const struct unit *u = front_unit(c->front, decl->text, decl->span);
    if (!u) return;
    if (u->kind != UNIT_NETWORK) {
        struct diag *d = error_at(c, decl->span, "`%s` is no network module", decl->text);
        hint(c, d, "a network module begins with `network module %s`", decl->text);
        return;
    }
    struct network_info info = {.decl = decl, .name = name, .full = (enum ast_full)decl->value};
    info.scope = instantiate(c, u, name, decl->kid[2], c->root, NULL);
    info.scope->network = (int)c->networks.n;
    VEC_PUSH(c->networks, info);
    struct symbol *y = declare(c, c->root, SYM_NETWORK, name, decl);
    y->inner = info.scope;
    y->index = (int)c->networks.n - 1;
    static const char *const required[] = {"messages", "room", "post", "deliverable", "consume"};
    for (int i = 0; i < 5; i++)
        if (!scope_find(info.scope, required[i])) {
            struct diag *d =
                error_at(c, u->tree->span, "the network module %s does not define `%s`", u->name, required[i]);
            hint(c, d, "a network defines messages, room(m), post(m), deliverable(p) and consume(m, p)");
        }
}

static void declare_networks(struct compile *c) {
    const struct ast *decls = c->root->unit->tree->kid[0];
    uint32_t n = 0;
    for (uint32_t i = 0; i < decls->n; i++) n += decls->kid[i]->kind == AST_NETWORK;
    check_replaced(c, decls, n);
    for (uint32_t i = 0; i < decls->n; i++) {
        const struct ast *d = decls->kid[i];
        if (d->kind != AST_NETWORK) continue;
        const struct ast *use = network_of_check(c, d, n == 1);
        declare_network(c, use, d->kid[3] ? d->kid[3]->text : d->text);
    }
}

/* `network net` in a module is a parameter: one of the importer's networks, or the only one that there is. */
static void bind_network(struct compile *c, struct symbol *y) {
    if (y->index >= 0) return;
    const struct ast *given = y->override;
    struct symbol *net = given && given->kind == AST_NAME ? lookup(y->override_scope, given->text) : NULL;
    if (net && net->kind == SYM_NETWORK) bind_network(c, net);
    if (!given && c->networks.n == 1) net = scope_find(c->root, c->networks.at[0].name);
    if (net && net->kind == SYM_NETWORK) {
        y->index = net->index;
        y->inner = net->inner;
        return;
    }
    struct diag *d = error_at(c, given ? given->span : y->decl->span, "a network is wanted for `%s`", y->name);
    if (c->networks.n) hint(c, d, "import the module `with %s = %s`", y->name, c->networks.at[0].name);
    else hint(c, d, "the spec has none: add `network %s = unordered max 8`", y->name);
}

static void bind_networks(struct compile *c) {
    for (uint32_t m = 0; m < c->modules.n; m++)
        for (uint32_t i = 0; i < c->modules.at[m]->symbols.n; i++)
            if (c->modules.at[m]->symbols.at[i]->kind == SYM_NETWORK) bind_network(c, c->modules.at[m]->symbols.at[i]);
}

/* The network that `via` names, a parameter of the module or one of the spec; the only one there is without `via`. */
static int network_of_message(struct compile *c, struct scope *s, const struct ast *via) {
    if (!via) return c->networks.n == 1 ? 0 : -1;
    struct symbol *y = lookup(s, via->text);
    if (y && y->kind == SYM_NETWORK) return y->index;
    y = scope_find(c->root, via->text);
    return y && y->kind == SYM_NETWORK ? y->index : -1;
}

static bool add_process(struct compile *c, struct scope *s, const struct ast *a, int *index) {
    struct symbol *y = lookup(s, a->text);
    if (y && y->kind == SYM_PROCESS && y->index >= 0) {
        *index = y->index;
        return true;
    }
    const char *all[64];
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->processes.n && n < 64; i++) all[n++] = c->processes.at[i].symbol->name;
    struct diag *d = error_at(c, a->span, "there is no process `%s`", a->text);
    const char *near = nearest_name(a->text, all, n);
    if (near) hint(c, d, "did you mean `%s`?", near);
    return false;
}

static const struct type *end_type(struct compile *c, const int *list, uint32_t n) {
    if (n > 1) return P(c)->process_type;
    return n == 1 ? c->processes.at[list[0]].id : NULL;
}

static bool mentions(const struct ast *a, enum ast_kind kind, const char *text) {
    if (!a) return false;
    if (a->kind == kind && !strcmp(a->text, text)) return true;
    for (uint32_t i = 0; i < a->n; i++)
        if (mentions(a->kid[i], kind, text)) return true;
    return false;
}

/* A network that goes by receivers, but never by `everyone`, delivers no message that has none. */
static bool serves_everyone(const struct unit *network) {
    return !mentions(network->tree, AST_DOT, "to") || mentions(network->tree, AST_NAME, "everyone");
}

static void declare_message(struct compile *c, struct symbol *y) {
    const struct ast *a = y->decl;
    struct message_info m = {.decl = a, .from_field = -1, .to_field = -1};
    m.network = network_of_message(c, y->scope, a->kid[3]);
    if (a->kid[3] && m.network < 0) {
        error_at(c, a->kid[3]->span, "there is no network `%s`", a->kid[3]->text);
        return;
    }
    if (!c->networks.n) {
        struct diag *d = error_at(c, a->span, "a spec with messages says how they travel");
        hint(c, d, "add `network persistent`, `network unordered max 8` or `network ordered max 4`");
        return;
    }
    if (m.network < 0) {
        struct diag *d = error_at(c, a->span, "there are several networks; say which one carries `%s`", a->text);
        hint(c, d, "add `via %s`", c->networks.at[0].name);
        return;
    }
    for (uint32_t i = 0; i < a->kid[1]->n; i++) {
        int k;
        if (!add_process(c, y->scope, a->kid[1]->kid[i], &k)) return;
        ARENA_PUSH(c, m.senders, k);
    }
    for (uint32_t i = 0; a->kid[2] && i < a->kid[2]->n; i++) {
        int k;
        if (!add_process(c, y->scope, a->kid[2]->kid[i], &k)) return;
        ARENA_PUSH(c, m.receivers, k);
    }
    if (!m.receivers.n && !serves_everyone(c->networks.at[m.network].scope->unit)) {
        struct diag *d =
            error_at(c, a->span, "`%s` has no receiver, and this network delivers none without one", a->text);
        hint(c, d, "write `: sender -> receiver`, or use a network such as `persistent`");
        return;
    }
    const struct type *from = end_type(c, m.senders.at, m.senders.n), *to = end_type(c, m.receivers.at, m.receivers.n);
    const struct ast *fields = a->kid[0];
    struct field *f = arena_alloc(c->arena, (fields->n + 2) * sizeof *f);
    uint32_t n = 0;
    if (from) {
        m.from_field = (int)n;
        f[n++] = (struct field){.name = intern(&c->front->names, "from", 4), .type = from};
    }
    if (to) {
        m.to_field = (int)n;
        f[n++] = (struct field){.name = intern(&c->front->names, "to", 2), .type = to};
    }
    for (uint32_t i = 0; i < fields->n; i++)
        if (!strcmp(fields->kid[i]->text, "from") || !strcmp(fields->kid[i]->text, "to")) {
            struct diag *d =
                error_at(c, fields->kid[i]->span, "every message has a `%s` of its own", fields->kid[i]->text);
            hint(c, d, "choose another name for this field");
            return;
        }
    if (!fields_of(c, y->scope, fields, 0, f + n)) return;
    n += fields->n;
    m.record = type_record(&P(c)->types, a->text, f, n);
    m.variant = c->networks.at[m.network].messages.n;
    y->index = (int)c->messages.n;
    VEC_PUSH(c->networks.at[m.network].messages, y->index);
    VEC_PUSH(c->messages, m);
}

static void make_message_types(struct compile *c) {
    for (uint32_t k = 0; k < c->networks.n; k++) {
        struct network_info *net = &c->networks.at[k];
        uint32_t nv = net->messages.n, nf = 0;
        for (uint32_t i = 0; i < nv; i++) nf += c->messages.at[net->messages.at[i]].record->n;
        struct variant *v = arena_alloc(c->arena, (nv + 1) * sizeof *v);
        struct field *f = arena_alloc(c->arena, (nf + 1) * sizeof *f);
        nf = 0;
        for (uint32_t i = 0; i < nv; i++) {
            const struct type *r = c->messages.at[net->messages.at[i]].record;
            v[i] = (struct variant){.name = r->name, .first = nf, .n = r->n};
            memcpy(f + nf, r->fields, r->n * sizeof *f);
            nf += r->n;
        }
        if (!nv) v[nv++] = (struct variant){.name = "Nothing"};
        net->message = type_union(&P(c)->types, "Message", v, nv, f, nf);
        if (!P(c)->message_type) P(c)->message_type = net->message;
        struct symbol *y = declare(c, net->scope, SYM_TYPE, intern(&c->front->names, "Message", 7), net->decl);
        y->type = net->message;
        y->state = 2;
        y = declare(c, net->scope, SYM_TYPE, intern(&c->front->names, "Process", 7), net->decl);
        y->type = P(c)->process_type;
        y->state = 2;
        y = declare(c, net->scope, SYM_CONST, intern(&c->front->names, "Max", 3), net->decl);
        y->state = 2;
        int64_t max = 0;
        if (net->decl->kid[0] && !const_int(c, c->root, net->decl->kid[0], &max)) max = 1;
        if (net->decl->kid[0] && (max < 1 || max > 255))
            error_at(c, net->decl->kid[0]->span, "`max` lies between 1 and 255");
        y->value = ir_const(P(c), type_range(&P(c)->types, max, max, RANGE_CLAIM), max, net->decl->span);
        y = declare(c, net->scope, SYM_CONST, intern(&c->front->names, "PerLink", 7), net->decl);
        y->state = 2;
        y->value = ir_bool(P(c), net->decl->kid[1] != NULL, net->decl->span);
    }
}

/* ---- faults ---- */

static void declare_fault(struct compile *c, const struct ast *f) {
    enum ast_fault kind = (enum ast_fault)(f->value & 255);
    if (kind == FAULT_NAMED) {
        struct budget b = {.limit = -1};
        const struct ast *path = f->kid[2];
        b.action = path->text;
        b.module = path->kind == AST_DOT ? path->kid[0]->text : f->kid[4] ? f->kid[4]->text : NULL;
        if (f->kid[0] && !const_int(c, c->root, f->kid[0], &b.limit)) return;
        if (f->kid[0] && b.limit < 0) error_at(c, f->kid[0]->span, "a budget is not negative");
        VEC_PUSH(c->budgets, b);
        return;
    }
    int k;
    struct ast name = {.kind = AST_NAME, .text = f->text, .span = f->span};
    if (!add_process(c, c->root, &name, &k)) return;
    struct process_info *pi = &c->processes.at[k];
    switch (kind) {
    case FAULT_CRASH:
        pi->crash = f;
        pi->crashes = true;
        pi->atomic = (f->value & FAULT_ATOMIC) != 0;
        break;
    case FAULT_RECOVER:
        pi->recover = f;
        pi->recovers = true;
        break;
    case FAULT_BYZANTINE:
        pi->byzantine = f;
        pi->lies = true;
        break;
    default:
        pi->partition = f;
        pi->partitioned = true;
        if (!pi->id) error_at(c, f->span, "a single process cannot be partitioned from itself");
    }
}

static void declare_faults(struct compile *c) {
    const struct ast *decls = c->root->unit->tree->kid[0];
    for (uint32_t i = 0; i < decls->n && !c->faults; i++)
        if (decls->kid[i]->kind == AST_FAULTS) c->faults = decls->kid[i];
    for (uint32_t i = 0; c->faults && i < c->faults->n; i++) declare_fault(c, c->faults->kid[i]);
    for (uint32_t i = 0; i < c->processes.n; i++) {
        struct process_info *pi = &c->processes.at[i];
        if (pi->recovers && !pi->crashes) {
            error_at(c, pi->recover->span, "process %s recovers but never crashes", pi->symbol->name);
            pi->recovers = false;
            pi->recover = NULL;
        }
    }
}

static void check_assumes(struct compile *c, struct scope *s) {
    const struct ast *decls = s->decls;
    for (uint32_t i = 0; s->process < 0 && i < decls->n; i++) {
        if (decls->kid[i]->kind != AST_ASSUME) continue;
        struct cx x = cx_const(c, s);
        struct ir *e = elab_bool(c, &x, decls->kid[i]->kid[0]);
        if (is_bad(e)) continue;
        struct ir_pred a = {
            .name = "assume", .kind = DC_INITIALLY, .body = e, .span = decls->kid[i]->span, .module = "assume"};
        if (e->op == IR_CONST && !e->imm) VEC_PUSH(P(c)->preds, a);
        if (e->op != IR_CONST) error_at(c, decls->kid[i]->span, "an assumption is about constants");
    }
}

/* Settings of a network's parameters, now that it exists. */
static void apply_network_settings(struct compile *c) {
    const struct ast *check = c->options->check;
    for (uint32_t i = 0; check && i < check->n; i++) {
        const struct ast *k = check->kid[i];
        if (k->kind != AST_WITH || k->n < 2) continue;
        struct symbol *y = scope_find(c->root, k->kid[1]->text);
        if (y && y->kind == SYM_NETWORK) apply_setting(c, y->name, k->text, k->kid[0], k->span, false);
        if (!y || (y->kind != SYM_NETWORK && y->kind != SYM_MODULE))
            error_at(c, k->kid[1]->span, "there is no module or network `%s`", k->kid[1]->text);
    }
}

void lower_declare(struct compile *c) {
    c->root = scope_new(c, NULL, c->front->root);
    c->root->decls = c->root->unit->tree->kid[0];
    declare_unit(c, c->root, c->root->unit->tree->kid[0]);
    apply_settings(c);
    for (uint32_t i = 0; i < c->modules.n; i++)
        if (c->modules.at[i]->process < 0) declare_processes(c, c->modules.at[i]);
    for (uint32_t i = 0, n = c->modules.n; i < n; i++) declare_extensions(c, c->modules.at[i]);
    make_process_type(c);
    declare_networks(c);
    bind_networks(c);
    apply_network_settings(c);
    for (uint32_t m = 0; m < c->modules.n; m++)
        for (uint32_t i = 0; i < c->modules.at[m]->symbols.n; i++)
            if (c->modules.at[m]->symbols.at[i]->kind == SYM_MESSAGE)
                declare_message(c, c->modules.at[m]->symbols.at[i]);
    make_message_types(c);
    declare_faults(c);
    for (uint32_t m = 0; m < c->modules.n; m++) check_assumes(c, c->modules.at[m]);
}
