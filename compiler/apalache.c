#include "compiler/apalache.h"

static const char *fields(const struct program *p, const struct type *t, uint32_t first, uint32_t n, bool names,
                          struct arena *a) {
    const char *list = "";
    for (uint32_t i = 0; i < n; i++) {
        const struct field *f = &t->fields[first + i];
        const char *name = !names ? "" : f->name ? f->name : arena_printf(a, "%u", i + 1);
        list =
            arena_printf(a, "%s%s%s%s%s", list, i ? ", " : "", name, names ? ": " : "", apalache_type(p, f->type, a));
    }
    return list;
}

static const char *variants(const struct program *p, const struct type *t, struct arena *a) {
    const char *list = "";
    for (uint32_t i = 0; i < t->n_variants; i++) {
        const struct variant *v = &t->variants[i];
        const char *inner = v->n ? arena_printf(a, "{ %s }", fields(p, t, v->first, v->n, true, a)) : "UNIT";
        list = arena_printf(a, "%s%s%s(%s)", list, i ? " | " : "", v->name, inner);
    }
    return list;
}

static const char *function(const struct program *p, const struct type *key, const struct type *value,
                            struct arena *a) {
    return arena_printf(a, "(%s -> %s)", apalache_type(p, key, a), apalache_type(p, value, a));
}

const char *apalache_type(const struct program *p, const struct type *t, struct arena *a) {
    switch (t->kind) {
    case T_RANGE: return "Int";
    case T_BOOL: return "Bool";
    case T_RECORD: return arena_printf(a, "{ %s }", fields(p, t, 0, t->n, true, a));
    case T_TUPLE: return arena_printf(a, "<<%s>>", fields(p, t, 0, t->n, false, a));
    case T_UNION: return variants(p, t, a);
    case T_OPTION: return arena_printf(a, "None(UNIT) | Some(%s)", apalache_type(p, t->elem, a));
    case T_SET: return arena_printf(a, "Set(%s)", apalache_type(p, t->elem, a));
    case T_SEQ: return arena_printf(a, "Seq(%s)", apalache_type(p, t->elem, a));
    case T_BAG: return arena_printf(a, "(%s -> Int)", apalache_type(p, t->elem, a));
    case T_MAP: return function(p, t->key, t->elem, a);
    default: return "Str";
    }
}

const char *apalache_variable(const struct program *p, const struct ir_var *v, struct arena *a) {
    if (v->cells) return function(p, v->cell_map->key, v->type->elem, a);
    if (v->per_instance) return function(p, p->processes.at[v->process].id, v->type->elem, a);
    return apalache_type(p, v->type, a);
}
