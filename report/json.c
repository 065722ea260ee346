/* The JSON form (docs/json.md; docs/dcheck.schema.json), written with jansson. */
#include <jansson.h>
#include <string.h>

#include "report/report.h"

/* JSON is UTF-8; a byte that is none (in a path, say) becomes `?`, so that the document stays whole. */
static json_t *text(const char *s) {
    if (!s) return json_null();
    json_t *j = json_string(s);
    if (j) return j;
    size_t n = strlen(s);
    char *plain = mem_alloc(n + 1);
    for (size_t i = 0; i < n; i++) plain[i] = (unsigned char)s[i] < 0x80 ? s[i] : '?';
    j = json_string(plain);
    mem_free(plain);
    return j;
}

static json_t *event(const struct dc_event *e, uint32_t number) {
    json_t *o = json_object(), *sent = json_array(), *state = json_object();
    json_object_set_new(o, "step", json_integer(number));
    json_object_set_new(o, "action", text(e->action));
    json_object_set_new(o, "process", text(e->process));
    json_object_set_new(o, "fault", json_boolean(e->fault));
    json_object_set_new(o, "text", text(e->title));
    for (uint32_t i = 0; i < e->sent.n; i++) {
        json_t *m = json_object();
        json_object_set_new(m, "message", text(e->sent.at[i].message));
        json_object_set_new(m, "to", text(e->sent.at[i].to));
        json_array_append_new(sent, m);
    }
    json_object_set_new(o, "sent", sent);
    if (e->received) {
        json_t *m = json_object();
        json_object_set_new(m, "message", text(e->received));
        json_object_set_new(m, "from", text(e->from));
        json_object_set_new(o, "received", m);
    } else {
        json_object_set_new(o, "received", json_null());
    }
    for (uint32_t i = 0; i < e->state.n; i++)
        json_object_set_new(state, e->state.at[i].name, text(e->state.at[i].text));
    json_object_set_new(o, "state", state);
    return o;
}

static json_t *check(const struct report_check *r) {
    json_t *o = json_object(), *properties = json_array(), *trace = json_array(), *why = json_array(),
           *warnings = json_array(), *witnesses = json_array();
    const struct search_result *s = &r->result;
    json_object_set_new(o, "spec", text(r->spec));
    json_object_set_new(o, "check", text(r->check));
    json_object_set_new(o, "constants", text(r->constants));
    json_object_set_new(o, "verdict", text(verdict_word(r->verdict)));
    json_object_set_new(o, "expected", json_boolean(r->expected));
    json_object_set_new(o, "code", json_integer(r->code));
    json_object_set_new(o, "reason", text(r->reason));
    json_object_set_new(o, "property", text(r->property));
    json_object_set_new(o, "kind", text(r->kind));
    for (uint32_t i = 0; i < r->properties.n; i++) {
        json_t *q = json_object();
        json_object_set_new(q, "name", text(r->properties.at[i].name));
        json_object_set_new(q, "kind", text(r->properties.at[i].kind));
        json_object_set_new(q, "verdict", text(verdict_word(r->properties.at[i].verdict)));
        json_array_append_new(properties, q);
    }
    json_object_set_new(o, "properties", properties);
    json_object_set_new(o, "distinct", json_integer((json_int_t)s->distinct));
    json_object_set_new(o, "generated", json_integer((json_int_t)s->generated));
    json_object_set_new(o, "depth", json_integer(s->depth));
    json_object_set_new(o, "seconds", json_real(s->seconds));
    json_object_set_new(o, "workers", json_integer(r->workers));
    json_object_set_new(o, "execution", text(r->execution));
    json_object_set_new(o, "memory_bytes", json_integer((json_int_t)s->memory_bytes));
    bool first = true;
    json_t *loop = json_null();
    for (uint32_t t = 0; t < r->traces.n; t++) {
        const struct report_trace *x = &r->traces.at[t];
        json_t *steps = json_array();
        for (uint32_t i = 0; i < x->story.events.n; i++) json_array_append_new(steps, event(&x->story.events.at[i], i));
        if (!x->witness && first) {
            if (x->lasso) loop = json_integer(x->loop);
            for (uint32_t i = 0; i < x->story.ends.n; i++) json_array_append_new(why, text(x->story.ends.at[i]));
            for (uint32_t i = 0; i < x->story.why.n; i++) json_array_append_new(why, text(x->story.why.at[i]));
            json_array_extend(trace, steps);
            json_decref(steps);
            json_object_set_new(o, "failed_step", text(x->story.failed_step));
            first = false;
        } else {
            json_t *w = json_object();
            json_object_set_new(w, "property", text(x->property));
            json_object_set_new(w, "kind", text(x->kind));
            json_object_set_new(w, "trace", steps);
            json_array_append_new(witnesses, w);
        }
    }
    json_object_set_new(o, "trace", trace);
    json_object_set_new(o, "why", why);
    json_object_set_new(o, "loop", loop);
    json_object_set_new(o, "further_traces", witnesses);
    for (uint32_t i = 0; i < r->warnings.n; i++) json_array_append_new(warnings, text(r->warnings.at[i]));
    json_object_set_new(o, "warnings", warnings);
    return o;
}

static void *allocate(size_t n) { return mem_alloc(n); }

bool report_json(const struct report_check *const *list, uint32_t n, const char *spec, const char *version, FILE *out) {
    json_set_alloc_funcs(allocate, mem_free); /* jansson would leave out what it has no memory for */
    json_t *o = json_object(), *checks = json_array();
    json_object_set_new(o, "dcheck", text(version));
    json_object_set_new(o, "spec", text(spec));
    for (uint32_t i = 0; i < n; i++) json_array_append_new(checks, check(list[i]));
    json_object_set_new(o, "checks", checks);
    bool ok = json_dumpf(o, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF && fflush(out) == 0;
    json_decref(o);
    return ok;
}
