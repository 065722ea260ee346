/* The JSON form (docs/json.md; docs/dcheck.schema.json), written with jansson. */
#include <string.h>

#include "report/json_text.h"
#include "report/report.h"

/* JSON is UTF-8; a byte that is none (in a path, say) becomes `?`, so that the document stays whole. */
json_t *json_text(const char *s) {
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
    json_object_set_new(o, "action", json_text(e->action));
    json_object_set_new(o, "process", json_text(e->process));
    json_object_set_new(o, "fault", json_boolean(e->fault));
    json_object_set_new(o, "text", json_text(e->title));
    for (uint32_t i = 0; i < e->sent.n; i++) {
        json_t *m = json_object();
        json_object_set_new(m, "message", json_text(e->sent.at[i].message));
        json_object_set_new(m, "to", json_text(e->sent.at[i].to));
        json_array_append_new(sent, m);
    }
    json_object_set_new(o, "sent", sent);
    if (e->received) {
        json_t *m = json_object();
        json_object_set_new(m, "message", json_text(e->received));
        json_object_set_new(m, "from", json_text(e->from));
        json_object_set_new(o, "received", m);
    } else {
        json_object_set_new(o, "received", json_null());
    }
    for (uint32_t i = 0; i < e->state.n; i++)
        json_object_set_new(state, e->state.at[i].name, json_text(e->state.at[i].text));
    json_object_set_new(o, "state", state);
    return o;
}

static json_t *symmetry(const struct report_check *r) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < r->symmetry.n; i++) {
        const struct report_symmetry *x = &r->symmetry.at[i];
        json_t *o = json_object();
        json_object_set_new(o, "type", json_text(x->name));
        json_object_set_new(o, "ids", json_integer(x->ids));
        json_object_set_new(o, "reduced", json_boolean(!x->why));
        json_object_set_new(o, "why", json_text(x->why));
        json_array_append_new(list, o);
    }
    return list;
}

/* Null unless it was asked for. */
static json_t *engine(const struct search_result *s) {
    double all = 0;
    for (int i = 0; i < ENGINE_PHASES; i++) all += s->engine_seconds[i];
    if (all <= 0) return json_null();
    json_t *o = json_object();
    for (int i = 0; i < ENGINE_PHASES; i++)
        json_object_set_new(o, engine_phase_name((enum engine_phase)i), json_real(s->engine_seconds[i]));
    return o;
}

static json_t *check(const struct report_check *r) {
    json_t *o = json_object(), *properties = json_array(), *trace = json_array(), *why = json_array(),
           *warnings = json_array(), *witnesses = json_array();
    const struct search_result *s = &r->result;
    json_object_set_new(o, "spec", json_text(r->spec));
    json_object_set_new(o, "check", json_text(r->check));
    json_object_set_new(o, "constants", json_text(r->constants));
    json_object_set_new(o, "verdict", json_text(verdict_word(r->verdict)));
    json_object_set_new(o, "expected", json_boolean(r->expected));
    json_object_set_new(o, "code", json_integer(r->code));
    json_object_set_new(o, "reason", json_text(r->reason));
    json_object_set_new(o, "property", json_text(r->property));
    json_object_set_new(o, "kind", json_text(r->kind));
    for (uint32_t i = 0; i < r->properties.n; i++) {
        json_t *q = json_object();
        json_object_set_new(q, "name", json_text(r->properties.at[i].name));
        json_object_set_new(q, "kind", json_text(r->properties.at[i].kind));
        json_object_set_new(q, "verdict", json_text(verdict_word(r->properties.at[i].verdict)));
        json_array_append_new(properties, q);
    }
    json_object_set_new(o, "properties", properties);
    json_object_set_new(o, "distinct", json_integer((json_int_t)s->distinct));
    json_object_set_new(o, "generated", json_integer((json_int_t)s->generated));
    json_object_set_new(o, "depth", json_integer(s->depth));
    json_t *levels = json_array();
    for (uint32_t i = 0; i < s->n_levels; i++) json_array_append_new(levels, json_integer((json_int_t)s->levels[i]));
    json_object_set_new(o, "levels", levels);
    json_object_set_new(o, "seconds", json_real(s->seconds));
    json_object_set_new(o, "workers", json_integer(r->workers));
    json_object_set_new(o, "execution", json_text(r->execution));
    json_object_set_new(o, "memory_bytes", json_integer((json_int_t)s->memory_bytes));
    json_object_set_new(o, "fingerprint_bits", json_integer(s->fingerprint_bits));
    json_object_set_new(o, "symmetry", symmetry(r));
    json_object_set_new(o, "engine", engine(s));
    json_t *loop = json_null();
    for (uint32_t t = 0; t < r->traces.n; t++) {
        const struct report_trace *x = &r->traces.at[t];
        json_t *steps = json_array(), *because = json_array();
        for (uint32_t i = 0; i < x->story.ends.n; i++) json_array_append_new(because, json_text(x->story.ends.at[i]));
        for (uint32_t i = 0; i < x->story.why.n; i++) json_array_append_new(because, json_text(x->story.why.at[i]));
        for (uint32_t i = 0; i < x->story.events.n; i++) json_array_append_new(steps, event(&x->story.events.at[i], i));
        if (x == report_main_trace(r)) {
            if (x->lasso) loop = json_integer(x->loop);
            json_array_extend(why, because);
            json_array_extend(trace, steps);
            json_decref(because);
            json_decref(steps);
            json_object_set_new(o, "failed_step", json_text(x->story.failed_step));
        } else {
            json_t *w = json_object();
            json_object_set_new(w, "property", json_text(x->property));
            json_object_set_new(w, "kind", json_text(x->kind));
            json_object_set_new(w, "trace", steps);
            json_object_set_new(w, "why", because);
            json_object_set_new(w, "loop", x->lasso ? json_integer(x->loop) : json_null());
            json_array_append_new(witnesses, w);
        }
    }
    json_object_set_new(o, "trace", trace);
    json_object_set_new(o, "why", why);
    json_object_set_new(o, "loop", loop);
    json_object_set_new(o, "further_traces", witnesses);
    for (uint32_t i = 0; i < r->warnings.n; i++) json_array_append_new(warnings, json_text(r->warnings.at[i]));
    json_object_set_new(o, "warnings", warnings);
    if (r->profile) json_object_set_new(o, "profile", json_profile(r->profile));
    return o;
}

static json_t *texts(const char *const *list, uint32_t n) {
    json_t *o = json_array();
    for (uint32_t i = 0; i < n; i++) json_array_append_new(o, json_text(list[i]));
    return o;
}

static json_t *scenario(const struct report_check *r) {
    static const char *const outcomes[] = {"possible", "blocked", "not decided"};
    const struct report_scenario *s = r->scenario;
    json_t *o = json_object(), *trace = json_array();
    json_object_set_new(o, "spec", json_text(r->spec));
    json_object_set_new(o, "scenario", json_text(r->check));
    json_object_set_new(o, "constants", json_text(r->constants));
    json_object_set_new(o, "declared", json_text(s->impossible ? "impossible" : "possible"));
    json_object_set_new(o, "outcome", json_text(outcomes[s->outcome]));
    json_object_set_new(o, "expected", json_boolean(r->expected));
    json_object_set_new(o, "code", json_integer(r->code));
    json_object_set_new(o, "steps", json_integer(s->steps));
    json_object_set_new(o, "step", s->step ? json_integer(s->step) : json_null());
    json_object_set_new(o, "line", json_text(s->line));
    json_object_set_new(o, "place", json_text(s->place));
    json_object_set_new(o, "why", texts(s->why.at, s->why.n));
    json_object_set_new(o, "instead", texts(s->instead.at, s->instead.n));
    json_object_set_new(o, "pairs", json_integer((json_int_t)s->pairs));
    json_object_set_new(o, "seconds", json_real(r->result.seconds));
    for (uint32_t i = 0; r->traces.n && i < r->traces.at[0].story.events.n; i++)
        json_array_append_new(trace, event(&r->traces.at[0].story.events.at[i], i));
    json_object_set_new(o, "trace", trace);
    return o;
}

static void *allocate(size_t n) { return mem_alloc(n); }

void json_prepare(void) { json_set_alloc_funcs(allocate, mem_free); }

static void lines(json_t *j, int depth, int level, FILE *out) {
    size_t i = 0, n = json_is_object(j) ? json_object_size(j) : json_is_array(j) ? json_array_size(j) : 0;
    const char *key;
    json_t *one;
    if (!n || level == depth) {
        json_dumpf(j, out, JSON_ENCODE_ANY);
        return;
    }
    fprintf(out, json_is_object(j) ? "{\n" : "[\n");
    if (json_is_object(j)) {
        json_object_foreach(j, key, one) {
            json_t *name = json_string(key);
            fprintf(out, "%*s", 2 * level + 2, "");
            json_dumpf(name, out, JSON_ENCODE_ANY);
            json_decref(name);
            fputs(": ", out);
            lines(one, depth, level + 1, out);
            fputs(++i < n ? ",\n" : "\n", out);
        }
    } else {
        json_array_foreach(j, i, one) {
            fprintf(out, "%*s", 2 * level + 2, "");
            lines(one, depth, level + 1, out);
            fputs(i + 1 < n ? ",\n" : "\n", out);
        }
    }
    fprintf(out, json_is_object(j) ? "%*s}" : "%*s]", 2 * level, "");
}

void json_write_lines(json_t *o, int depth, FILE *out) {
    lines(o, depth, 0, out);
    fputc('\n', out);
    json_decref(o);
}

bool json_write(json_t *o, FILE *out) {
    bool ok = json_dumpf(o, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF && fflush(out) == 0;
    json_decref(o);
    return ok;
}

static json_t *coverage(const struct report_coverage *c) {
    json_t *o = json_object(), *kinds = json_array(), *findings = json_array();
    json_object_set_new(o, "checks", json_integer(c->checks));
    json_object_set_new(o, "partial", json_integer(c->partial));
    for (uint32_t i = 0; i < c->kinds.n; i++) {
        json_t *k = json_object();
        json_object_set_new(k, "what", json_text(c->kinds.at[i].what));
        json_object_set_new(k, "all", json_integer(c->kinds.at[i].all));
        json_object_set_new(k, "reached", json_integer(c->kinds.at[i].reached));
        json_array_append_new(kinds, k);
    }
    for (uint32_t i = 0; i < c->findings.n; i++) {
        const struct diag *d = &c->findings.at[i];
        const struct source *s = &c->sources->files.at[d->span.source];
        struct place at = source_place(s, d->span.begin);
        json_t *x = json_object();
        json_object_set_new(x, "file", json_text(s->path));
        json_object_set_new(x, "line", json_integer(at.line));
        json_object_set_new(x, "column", json_integer(at.column));
        json_object_set_new(x, "level", json_text(d->level == DIAG_WARNING ? "warning" : "note"));
        json_object_set_new(x, "text", json_text(d->text));
        json_array_append_new(findings, x);
    }
    json_object_set_new(o, "kinds", kinds);
    json_object_set_new(o, "findings", findings);
    return o;
}

bool report_json(const struct report_check *const *list, uint32_t n, const struct report_run *run, const char *spec,
                 const char *version, FILE *out) {
    json_prepare();
    json_t *o = json_object(), *checks = json_array(), *scenarios = json_array();
    json_object_set_new(o, "dcheck", json_text(version));
    json_object_set_new(o, "spec", json_text(spec));
    for (uint32_t i = 0; i < n; i++) {
        if (list[i]->scenario) json_array_append_new(scenarios, scenario(list[i]));
        else json_array_append_new(checks, check(list[i]));
    }
    json_object_set_new(o, "checks", checks);
    if (run->coverage) json_object_set_new(o, "coverage", coverage(run->coverage));
    if (run->sweep) json_object_set_new(o, "sweep", json_sweep(run->sweep));
    json_object_set_new(o, "scenarios", scenarios);
    return json_write(o, out);
}
