/* SARIF 2.1.0: what is wrong, with the trace as a code flow that has one thread for each process. */
#include <stdlib.h>
#include <string.h>

#include "report/export.h"
#include "report/json_text.h"

static json_t *message(const char *text) {
    json_t *o = json_object();
    json_object_set_new(o, "text", json_text(text));
    return o;
}

/* A path as a URI: a relative one stays relative. */
static json_t *uri(const char *path) {
    char *text;
    size_t n;
    FILE *out = mem_stream_open(&text, &n);
    fputs(*path == '/' ? "file://" : "", out);
    for (const unsigned char *s = (const unsigned char *)path; *s; s++) {
        bool plain =
            (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("-._~/", *s);
        fprintf(out, plain ? "%c" : "%%%02X", *s);
    }
    mem_stream_close(out, &text);
    json_t *j = json_text(text);
    free(text);
    return j;
}

static json_t *location(const struct report_check *r, struct span at, const char *text) {
    json_t *o = json_object(), *physical = json_object(), *artifact = json_object(), *region = json_object();
    const char *path = r->spec;
    struct place from, to;
    if (report_place(r, at, &path, &from, &to)) {
        json_object_set_new(region, "startLine", json_integer(from.line));
        json_object_set_new(region, "startColumn", json_integer(from.column));
        json_object_set_new(region, "endLine", json_integer(to.line));
        json_object_set_new(region, "endColumn", json_integer(to.column));
    } else {
        json_object_set_new(region, "startLine", json_integer(1));
    }
    json_object_set_new(artifact, "uri", uri(path));
    json_object_set_new(physical, "artifactLocation", artifact);
    json_object_set_new(physical, "region", region);
    json_object_set_new(o, "physicalLocation", physical);
    if (text) json_object_set_new(o, "message", message(text));
    return o;
}

/* One thread: the steps of a process, or of none; executionOrder is that of the whole trace. */
static json_t *thread(const struct report_check *r, const struct dc_story *s, int process) {
    json_t *o = json_object(), *list = json_array();
    struct span none = {UINT32_MAX, 0, 0};
    for (uint32_t i = 0; i < s->events.n; i++) {
        const struct dc_event *e = &s->events.at[i];
        if (e->actor != process) continue;
        json_t *step = json_object();
        json_object_set_new(step, "location", location(r, i ? e->span : none, e->title));
        json_object_set_new(step, "executionOrder", json_integer(i + 1));
        json_object_set_new(step, "importance", json_text(e->fault ? "essential" : "important"));
        json_array_append_new(list, step);
    }
    json_object_set_new(o, "id", json_text(process >= 0 ? s->processes.at[process].name : "network"));
    json_object_set_new(o, "locations", list);
    if (json_array_size(list)) return o;
    json_decref(o);
    return NULL;
}

static json_t *code_flows(const struct report_check *r, const struct report_trace *t) {
    json_t *flows = json_array(), *flow = json_object(), *threads = json_array();
    for (int i = DC_NOBODY; i < (int)t->story.processes.n; i++) {
        json_t *one = thread(r, &t->story, i);
        if (one) json_array_append_new(threads, one);
    }
    json_object_set_new(flow, "message", message(t->headline));
    json_object_set_new(flow, "threadFlows", threads);
    json_array_append_new(flows, flow);
    return flows;
}

static json_t *result(const struct report_check *r, const char *rule, const char *level, const char *text,
                      struct span at) {
    json_t *o = json_object(), *locations = json_array();
    json_object_set_new(o, "ruleId", json_text(rule));
    json_object_set_new(o, "level", json_text(level));
    json_object_set_new(o, "message", message(text));
    json_array_append_new(locations, location(r, at, NULL));
    json_object_set_new(o, "locations", locations);
    return o;
}

static struct span place_of(const struct report_check *r, const struct report_trace *t) {
    struct span none = {UINT32_MAX, 0, 0};
    for (uint32_t i = 0; i < r->properties.n; i++)
        if (!strcmp(r->properties.at[i].name, t->property)) return r->properties.at[i].span;
    return none;
}

static char *sentence(const struct report_check *r, const struct report_trace *t) {
    char *text;
    size_t n;
    struct arena a = {0};
    FILE *out = mem_stream_open(&text, &n);
    fputs(export_title(&a, r, t), out);
    arena_free(&a);
    fputs(r->expected ? ", as expected" : "", out);
    for (uint32_t i = 0; i < t->story.ends.n; i++) fprintf(out, "\n%s", t->story.ends.at[i]);
    if (t->story.failed_step) fprintf(out, "\nthen %s", t->story.failed_step);
    for (uint32_t i = 0; i < t->story.why.n; i++) fprintf(out, "\n%s", t->story.why.at[i]);
    mem_stream_close(out, &text);
    return text;
}

static void add_results(const struct report_check *r, json_t *results) {
    struct span none = {UINT32_MAX, 0, 0};
    uint32_t before = (uint32_t)json_array_size(results);
    for (uint32_t i = 0; i < r->traces.n; i++) {
        const struct report_trace *t = &r->traces.at[i];
        if (t->witness) continue;
        char *text = sentence(r, t);
        json_t *o = result(r, t->kind, r->expected ? "note" : "error", text, place_of(r, t));
        if (t->story.events.n) json_object_set_new(o, "codeFlows", code_flows(r, t));
        json_array_append_new(results, o);
        free(text);
    }
    if (json_array_size(results) == before && r->code) /* no trace shows it */
        json_array_append_new(results, result(r, r->kind ? r->kind : verdict_word(r->verdict),
                                              r->code == 2 ? "warning" : "error", r->reason ? r->reason : "", none));
    for (uint32_t i = 0; i < r->warnings.n; i++)
        json_array_append_new(results, result(r, "warning", "warning", r->warnings.at[i], none));
}

static json_t *rules_of(const json_t *results) {
    json_t *rules = json_array(), *one, *seen = json_object();
    size_t i;
    json_array_foreach(results, i, one) {
        const char *id = json_string_value(json_object_get(one, "ruleId"));
        if (json_object_get(seen, id)) continue;
        json_object_set_new(seen, id, json_true());
        json_t *rule = json_object();
        json_object_set_new(rule, "id", json_text(id));
        json_array_append_new(rules, rule);
    }
    json_decref(seen);
    return rules;
}

void export_sarif(const struct report_check *const *list, uint32_t n, const char *version, FILE *out) {
    json_prepare();
    json_t *o = json_object(), *runs = json_array(), *run = json_object(), *tool = json_object(),
           *driver = json_object(), *results = json_array();
    for (uint32_t i = 0; i < n; i++) add_results(list[i], results);
    json_object_set_new(driver, "name", json_text("dcheck"));
    json_object_set_new(driver, "version", json_text(version));
    json_object_set_new(driver, "rules", rules_of(results));
    json_object_set_new(tool, "driver", driver);
    json_object_set_new(run, "tool", tool);
    json_object_set_new(run, "columnKind", json_text("unicodeCodePoints"));
    json_object_set_new(run, "results", results);
    json_array_append_new(runs, run);
    json_object_set_new(o, "version", json_text("2.1.0"));
    json_object_set_new(o, "$schema", json_text("https://json.schemastore.org/sarif-2.1.0.json"));
    json_object_set_new(o, "runs", runs);
    json_write(o, out);
}
