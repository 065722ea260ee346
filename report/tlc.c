/* TLC's JSON counterexample (-dumpTrace json): numbered states, and edges between them; the edge that leads back closes
 * a cycle. Values as TLC's module Json writes them. */
#include <stdlib.h>

#include "report/export.h"
#include "report/json_text.h"
#include "report/json_tree.h"

/* In TLA+, as the name of a field. */
static void name_of(const struct dc_tree *t, bool inside, FILE *out) {
    static const char *const marks[][2] = {
        [TREE_SET] = {"{", "}"},    [TREE_SEQ] = {"<<", ">>"}, [TREE_TUPLE] = {"<<", ">>"},
        [TREE_RECORD] = {"[", "]"}, [TREE_MAP] = {"(", ")"},   [TREE_BAG] = {"(", ")"}};
    switch (t->kind) {
    case TREE_BOOL: fputs(t->number ? "TRUE" : "FALSE", out); return;
    case TREE_INT: fprintf(out, "%lld", (long long)t->number); return;
    case TREE_NAME: fprintf(out, inside ? "\"%s\"" : "%s", t->text); return;
    case TREE_NONE: fputs("None", out); return;
    case TREE_SOME: name_of(t->kids[0], inside, out); return;
    case TREE_VARIANT:
        fputs(t->text, out);
        for (uint32_t i = 0; i < t->n; i++) {
            fputs(i ? ", " : "(", out);
            name_of(t->kids[i], true, out);
        }
        if (t->n) fputc(')', out);
        return;
    default: break;
    }
    bool pairs = t->kind == TREE_MAP || t->kind == TREE_BAG;
    fputs(marks[t->kind][0], out);
    for (uint32_t i = 0; i < t->n; i++) {
        if (i) fputs(!pairs ? ", " : i % 2 ? " :> " : " @@ ", out);
        if (t->kind == TREE_RECORD) fprintf(out, "%s |-> ", t->names[i]);
        name_of(t->kids[i], true, out);
    }
    fputs(marks[t->kind][1], out);
}

static json_t *value(const struct dc_tree *t);

/* A function on 1..n is a sequence for TLA+. */
static json_t *function(const struct dc_tree *t) {
    bool sequence = true;
    for (uint32_t i = 0; i + 1 < t->n; i += 2)
        sequence &= t->kids[i]->kind == TREE_INT && t->kids[i]->number == (int64_t)i / 2 + 1;
    json_t *o = sequence ? json_array() : json_object();
    for (uint32_t i = 0; i + 1 < t->n; i += 2) {
        char *name;
        size_t n;
        if (sequence) {
            json_array_append_new(o, value(t->kids[i + 1]));
            continue;
        }
        FILE *text = mem_stream_open(&name, &n);
        name_of(t->kids[i], false, text);
        mem_stream_close(text, &name);
        json_object_set_new(o, name, value(t->kids[i + 1]));
        free(name);
    }
    return o;
}

static json_t *value(const struct dc_tree *t) {
    switch (t->kind) {
    case TREE_BOOL: return json_boolean(t->number != 0);
    case TREE_INT: return json_integer(t->number);
    case TREE_NAME: return json_text(t->text);
    case TREE_SET:
    case TREE_SEQ:
    case TREE_TUPLE: return json_list(t, value);
    case TREE_MAP:
    case TREE_BAG: return function(t);
    case TREE_RECORD: return json_fields(t, value);
    case TREE_VARIANT: return json_variant(t->text, t->n ? json_fields(t, value) : json_text("U_OF_UNIT"));
    case TREE_SOME: return json_variant("Some", value(t->kids[0]));
    default: return json_variant("None", json_text("U_OF_UNIT"));
    }
}

static json_t *state(const struct dc_story *s, uint32_t at) {
    json_t *pair = json_array(), *o = json_object();
    for (uint32_t i = 0; i < s->variables.n; i++)
        json_object_set_new(o, s->variables.at[i], value(s->events.at[at].trees.at[i]));
    json_array_append_new(pair, json_integer(at + 1));
    json_array_append_new(pair, o);
    return pair;
}

static json_t *action(const struct report_check *r, const struct dc_event *e) {
    json_t *o = json_object(), *at = json_object();
    const char *path;
    struct place from, to;
    json_object_set_new(o, "name", json_text(e ? e->action : "Stuttering"));
    if (e && report_place(r, e->span, &path, &from, &to)) {
        json_object_set_new(at, "beginLine", json_integer(from.line));
        json_object_set_new(at, "beginColumn", json_integer(from.column));
        json_object_set_new(at, "endLine", json_integer(to.line));
        json_object_set_new(at, "endColumn", json_integer(to.column));
        json_object_set_new(at, "module", json_text(path));
    }
    json_object_set_new(o, "location", at);
    if (e) json_object_set_new(o, "step", json_text(e->title));
    return o;
}

static json_t *edge(const struct report_check *r, const struct dc_story *s, uint32_t from, uint32_t to,
                    const struct dc_event *e) {
    json_t *a = json_array();
    json_array_append_new(a, state(s, from));
    json_array_append_new(a, action(r, e));
    json_array_append_new(a, state(s, to));
    return a;
}

void export_tlc(const struct report_check *r, const struct report_trace *t, FILE *out) {
    const struct dc_story *s = &t->story;
    json_prepare();
    json_t *o = json_object(), *example = json_object(), *states = json_array(), *actions = json_array(),
           *vars = json_array();
    bool cycle = t->lasso && t->loop + 1 < s->events.n;
    uint32_t n = s->events.n - cycle;
    for (uint32_t i = 0; i < n; i++) json_array_append_new(states, state(s, i));
    for (uint32_t i = 1; i < n; i++) json_array_append_new(actions, edge(r, s, i - 1, i, &s->events.at[i]));
    if (cycle) json_array_append_new(actions, edge(r, s, n - 1, t->loop, &s->events.at[n]));
    else if (t->lasso && n) json_array_append_new(actions, edge(r, s, n - 1, n - 1, NULL));
    json_object_set_new(example, "state", states);
    json_object_set_new(example, "action", actions);
    json_object_set_new(o, "counterexample", example);
    for (uint32_t i = 0; i < s->variables.n; i++) json_array_append_new(vars, json_text(s->variables.at[i]));
    json_object_set_new(o, "vars", vars);
    json_write_lines(o, 3, out);
}
