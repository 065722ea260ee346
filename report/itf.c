/* ITF, the JSON of Apalache and Quint (its ADR 015): one value for each variable in each state. */
#include <string.h>

#include "report/export.h"
#include "report/json_text.h"
#include "report/json_tree.h"

static json_t *value(const struct dc_tree *t);

static json_t *wrap(const char *key, json_t *inner) {
    json_t *o = json_object();
    json_object_set_new(o, key, inner);
    return o;
}

static json_t *pairs(const struct dc_tree *t) {
    json_t *a = json_array();
    for (uint32_t i = 0; i + 1 < t->n; i += 2) {
        json_t *pair = json_array();
        json_array_append_new(pair, value(t->kids[i]));
        json_array_append_new(pair, value(t->kids[i + 1]));
        json_array_append_new(a, pair);
    }
    return a;
}

static json_t *nothing(void) { return wrap("#tup", json_array()); }

static json_t *value(const struct dc_tree *t) {
    char number[32];
    switch (t->kind) {
    case TREE_BOOL: return json_boolean(t->number != 0);
    case TREE_INT:
        snprintf(number, sizeof number, "%lld", (long long)t->number);
        return wrap("#bigint", json_text(number));
    case TREE_NAME: return json_text(t->text);
    case TREE_SET: return wrap("#set", json_list(t, value));
    case TREE_SEQ: return json_list(t, value);
    case TREE_TUPLE: return wrap("#tup", json_list(t, value));
    case TREE_MAP:
    case TREE_BAG: return wrap("#map", pairs(t));
    case TREE_RECORD: return json_fields(t, value);
    case TREE_VARIANT: return json_variant(t->text, t->n ? json_fields(t, value) : nothing());
    case TREE_SOME: return json_variant("Some", value(t->kids[0]));
    default: return json_variant("None", nothing());
    }
}

static json_t *state(const struct dc_story *s, uint32_t at) {
    const struct dc_event *e = &s->events.at[at];
    json_t *o = json_object(), *meta = json_object();
    json_object_set_new(meta, "index", json_integer(at));
    json_object_set_new(meta, "step", json_text(e->title));
    json_object_set_new(meta, "action", json_text(e->action));
    json_object_set_new(meta, "process", json_text(e->process));
    json_object_set_new(o, "#meta", meta);
    for (uint32_t i = 0; i < s->variables.n; i++) json_object_set_new(o, s->variables.at[i], value(e->trees.at[i]));
    return o;
}

void export_itf(const struct report_check *r, const struct report_trace *t, FILE *out) {
    const struct dc_story *s = &t->story;
    json_prepare();
    json_t *o = json_object(), *meta = json_object(), *vars = json_array(), *states = json_array();
    json_object_set_new(meta, "format", json_text("ITF"));
    json_object_set_new(meta, "format-description", json_text("https://apalache-mc.org/docs/adr/015adr-trace.html"));
    json_object_set_new(meta, "source", json_text(r->spec));
    json_object_set_new(meta, "check", json_text(r->check));
    json_object_set_new(meta, "constants", json_text(r->constants));
    json_object_set_new(meta, "status", json_text(t->witness ? "ok" : "violation"));
    json_object_set_new(meta, "description", json_text(t->headline));
    json_t *types = json_object();
    for (uint32_t i = 0; i < s->variables.n; i++)
        json_object_set_new(types, s->variables.at[i], json_text(s->types.at[i]));
    json_object_set_new(meta, "varTypes", types);
    json_object_set_new(o, "#meta", meta);
    for (uint32_t i = 0; i < s->variables.n; i++) json_array_append_new(vars, json_text(s->variables.at[i]));
    json_object_set_new(o, "vars", vars);
    /* the last state of a cycle is the one to which it goes back, and is not written twice */
    uint32_t n = s->events.n - (t->lasso && t->loop + 1 < s->events.n);
    for (uint32_t i = 0; i < n && i < s->events.n; i++) json_array_append_new(states, state(s, i));
    json_object_set_new(o, "states", states);
    if (t->lasso) json_object_set_new(o, "loop", json_integer(t->loop));
    json_write_lines(o, 2, out);
}
